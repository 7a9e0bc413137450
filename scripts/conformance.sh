#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Does all that Documentation/conformance.md names exist? Every function, file and
# test in its tables is looked for; what is missing is listed, and it fails.

set -eu

cd "$(dirname "$0")/.."
missing=0
rows=0

lost()
{
	echo "conformance.md: $1: no $2" >&2
	missing=1
}

is_in_code()
{
	grep -qrw --include='*.[ch]' --exclude-dir={tests,build} -- "$1" kmod include userspace/miked
}

while IFS='|' read -r _ id _ where test _; do
	id=${id//[[:space:]]/}
	rows=$((rows + 1))
	for name in $(grep -o '`[^`]*`' <<<"$where" | tr -d '`'); do
		case $name in
		*/*) [ -e "$name" ] || lost "$id" "file $name" ;;
		*) is_in_code "$name" || lost "$id" "$name in the code" ;;
		esac
	done
	while IFS='`(,)' read -r _ file _ functions; do
		for name in ${functions//[,)]/ }; do
			grep -qrw -- "$name" "userspace/miked/tests/${file#*/}" ||
				lost "$id" "$name in $file"
		done
	done < <(grep -o '`miked/[^`]*` ([^)]*)' <<<"$test")
	for name in $(grep -o '`[^`]*`' <<<"$test" | tr -d '`'); do
		case $name in
		selftest/*) [ -e "kmod/$name" ] || lost "$id" "test kmod/$name" ;;
		miked/*) [ -e "userspace/miked/tests/${name#*/}" ] || lost "$id" "test $name" ;;
		*) [ -e "selftests/$name" ] || lost "$id" "test selftests/$name" ;;
		esac
	done
done < <(grep -E '^\| [A-Za-z0-9-]+-[0-9.A]+-[0-9]+ \|.*\|.*\|.*\|$' Documentation/conformance.md)

[ "$rows" -gt 80 ] || lost "the tables" "rows: only $rows were read"
[ "$missing" -eq 0 ] && echo "conformance.md: $rows rows, all that they name is there"
exit "$missing"
