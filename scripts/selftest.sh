#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# selftest.sh [-k SERIES] [-t SECONDS] [TEST...]
#
# Build the module, user space and the tests, run all tests (or those named, with
# or without .sh) one after the other in one guest, and count the results.
#
#	-d	run selftests/demo.sh in the guest instead
#	-s	a shell in the guest instead

set -eu

. "$(dirname "$0")/paths.sh"
usage()
{
	sed -n 's/^# \(selftest.sh .*\)/usage: \1/p' "$0" >&2
	exit 2
}

series=6.1 limit=3600 what=tests
while getopts k:t:ds option; do
	case $option in
	k) series=$OPTARG ;;
	t) limit=$OPTARG ;;
	d) what=demo ;;
	s) what=shell ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))

ko=${GEMCAST_KO:-$("$tree/scripts/module.sh" "$series" CONFIG_GEMCAST_SELFTEST=y)}
if [ -e "$tree/userspace/Makefile" ]; then
	make -s -C "$tree/userspace" all >&2
fi
output=$build/selftests
mkdir -p "$output"
make -s -C "$tree/selftests" OUTPUT="$output" all >&2

guest=("$tree/selftests/guest/boot.sh" -k "$series"
	-e "GEMCAST_KO=$ko"
	-e "LD_LIBRARY_PATH=$tree/userspace/lib"
	-e "PATH=$tree/userspace/gemcast:$output/tools:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
cd "$tree/selftests"

case $what in
shell)
	exec "${guest[@]}" -i bash -l
	;;
demo)
	if [ ! -x demo.sh ]; then
		echo "selftests/demo.sh is missing" >&2
		exit 1
	fi
	exec "${guest[@]}" -t "$limit" ./demo.sh
	;;
esac

known=$(make -s OUTPUT="$output" emit_tests | sed -n 's/^gemcast://p')
if [ $# -eq 0 ]; then
	# shellcheck disable=SC2086
	set -- $known
fi
tests=()
for name; do
	name=$(echo "$known" | grep -Fx -e "$name" -e "$name.sh") || {
		echo "no such test: $name; there are:" $known >&2
		exit 2
	}
	if [ -e "$name" ]; then
		tests+=("$tree/selftests/$name")
	else
		tests+=("$output/$name")
	fi
done
if [ ${#tests[@]} -eq 0 ]; then
	echo "there is no test" >&2
	exit 1
fi

set +e
"${guest[@]}" -t "$limit" "$tree/selftests/guest/run-tests" "${tests[@]}" |
	awk -v skips="$tree/selftests/skips.txt" -f "$tree/scripts/tally.awk"
status=("${PIPESTATUS[@]}")
[ "${status[0]}" -eq 0 ] && [ "${status[1]}" -eq 0 ]
