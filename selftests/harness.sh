#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The harness itself: the module comes and goes, and what lib.sh must notice is
# noticed.

. "$(dirname "$0")/lib.sh"

# in_test LINE...: the output of a test of these lines, its status at the end
in_test()
{
	{
		echo ". '$SELFTESTS/lib.sh'"
		printf '%s\n' "$@"
	} >"$TMP/inner.sh"
	bash "$TMP/inner.sh" >"$TMP/inner.out" 2>&1 && echo "status 0" >>"$TMP/inner.out" ||
		echo "status $?" >>"$TMP/inner.out"
	cat "$TMP/inner.out"
}

# says DESC REGEX LINE...
says()
{
	local desc=$1 regex=$2

	shift 2
	in_test "$@" >/dev/null
	expect "$desc" grep -Eq -e "$regex" "$TMP/inner.out"
}

load_and_unload()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		load_module && module_loaded || return
		unload_module && ! module_loaded || return
	done
}

traffic()
{
	veth_pair left eth0 192.0.2.1/24,2001:db8::1/64 right eth0 192.0.2.2/24,2001:db8::2/64
	ns_exec left busybox ping -c 1 -W 5 192.0.2.2 && ns_exec left busybox ping -c 1 -W 5 2001:db8::2
}

lan()
{
	lan_add lan left:lan0:198.51.100.1/24:2001:db8:1::1/64 right:lan0:198.51.100.2/24:2001:db8:1::2/64
	ns_exec right busybox ping -c 1 -W 5 198.51.100.1 && ns_exec right busybox ping -c 1 -W 5 2001:db8:1::1
}

expect "the module loads and unloads ten times" load_and_unload
ns_add left right
expect "a pair of interfaces carries IPv4 and IPv6" traffic
expect "a LAN carries IPv4 and IPv6" lan
expect "the module loads beside namespaces" load_module

says "a test that succeeds is a success" '^status 0$' 'expect works true'
says "a failing command is reported" '^not ok 1 works$' 'expect works ls /nonexistent'
says "with what it said" '^# .*nonexistent.*No such file' 'expect works ls /nonexistent'
says "and fails the test" '^status 1$' 'expect works false'
says "an unexpected success is a failure" '^not ok 1 refused$' 'expect_fail refused true'
says "so is the wrong exit status" 'exit status 1, not 2' 'expect_fail -s 2 refused false'
says "a command that fails on the way ends the test" 'at inner.sh:2: false' false 'pass unreached'
says "a result that is missing is a failure" '^# 2 of 3$' 'plan 2' 'pass one'
says "a test can be skipped" '^status 4$' 'skip_all "no reason"'
says "a deadline passes" '^not ok 1 waits' 'expect waits wait_for -t 1 false'
says "a warning in the kernel's log is a failure" '^# .*WARNING: from a test' \
	'echo "<4>WARNING: from a test" >/dev/kmsg'
# the line is not for the check of this test itself
dmesg --clear
echo "$test_mark" >/dev/kmsg
