#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh TEST...
#
# Run all, whatever fails, and say so in TAP: as many at one time as there are CPUs, with
# their output in the order in which they stand. The long ones should be the first.

set -u
export CMOCKA_MESSAGE_OUTPUT=TAP
out=build/check
rm -rf "$out"
mkdir -p "$out"

# run NUMBER COMMAND...
run()
{
	local number=$1

	shift
	"$@" >"$out/$number" 2>&1
	echo "$?" >"$out/$number.status"
}

set -- "$@" tests/options.sh tests/daemon.py tests/systemd.sh
running=0 number=0
for test; do
	if [ "$running" -eq "$(nproc)" ]; then
		wait -n
		running=$((running - 1))
	fi
	number=$((number + 1))
	case $test in
	tests/daemon.py | tests/systemd.sh) run "$number" "$test" ./miked & ;;
	*) run "$number" "$test" & ;;
	esac
	running=$((running + 1))
done
wait

failed=0 number=0
for test; do
	number=$((number + 1))
	cat "$out/$number"
	[ "$(cat "$out/$number.status")" -eq 0 ] || failed=1
done
exit "$failed"
