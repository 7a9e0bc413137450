#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# symbols.sh LIBRARY.so LIBRARY.a HEADER MAP
#
# The library shows the functions of its header, all with a version, and nothing
# else; the archive has no name that does not begin with gemcast_. Prints TAP.

set -u
number=0 failed=0

# same DESC WANTED FOUND: two lists, one name a line
same()
{
	local difference

	number=$((number + 1))
	if difference=$(diff <(sort "$2") <(sort "$3")); then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		echo "$difference" | sed 's/^/# /'
		failed=1
	fi
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

grep -oE '\bgemcast_[a-z_]+\(' "$3" | tr -d '(' | sort -u >"$tmp/header"
nm -D --defined-only --with-symbol-versions "$1" |
	awk '$2 != "A" { print $3 }' >"$tmp/shown"
sed 's/$/@@GEMCAST_0/' "$tmp/header" >"$tmp/wanted"
same "the library shows the header's functions, with a version" "$tmp/wanted" "$tmp/shown"

sed -n 's/^\t\(gemcast_[a-z_]*\);$/\1/p' "$4" >"$tmp/map"
same "the version script has the header's functions" "$tmp/header" "$tmp/map"

nm --defined-only --extern-only "$2" | awk 'NF == 3 && $3 !~ /^gemcast_/ { print $3 }' >"$tmp/foreign"
: >"$tmp/none"
same "the archive has no foreign names" "$tmp/none" "$tmp/foreign"

objdump -p "$1" | awk '$1 == "SONAME" { print $2 }' >"$tmp/soname"
echo libgemcast.so.0 >"$tmp/wanted"
same "the library's name is libgemcast.so.0" "$tmp/wanted" "$tmp/soname"

echo "1..$number"
exit "$failed"
