# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What every shell test begins with:
#
#	#!/bin/bash
#	. "$(dirname "$0")/lib.sh"
#
# A test prints TAP 13. It runs under set -e: a command that fails and is not
# the condition of anything ends the test, as a failure. At its end, however it
# comes, the processes and namespaces that it made are removed, and the leak
# check runs.
#
#	plan N				how many results there will be, the leak check
#					apart (optional)
#	pass DESC / fail DESC [LINE]...	one result
#	skip DESC REASON		one result, not tested
#	skip_all REASON			end here, nothing tested
#	diag LINE...			or from standard input
#	expect DESC COMMAND...		COMMAND succeeds, or its output is shown
#	expect_fail [-s STATUS] [-e REGEX] DESC COMMAND...
#					it fails, with STATUS, printing REGEX
#	expect_eq DESC WANTED FOUND
#	wait_for [-t SECONDS] COMMAND...	poll until it succeeds
#
#	load_module [PARAM=VALUE]...	and unload_module, module_loaded
#
#	ns_add NAME...			namespaces with names of this test alone
#	ns_exec NAME COMMAND...
#	ns_name NAME			what others (ip -n, gemcast -n) call it
#	veth_pair NS IF ADDRS NS IF ADDRS	ADDRS: comma between, or empty
#	lan_add LAN NS:IF:ADDR4:ADDR6...	a bridge, in a namespace LAN
#	keep_patched			the kernel's code stays as hooks and tunnels have it
#
# $TMP is a directory that goes with the test.

set -euE

SELFTESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TEST_NAME=$(basename "$0" .sh)
TMP=$(mktemp -d)
NS_PREFIX=gc_$$_

test_count=0 test_failed=0 test_plan='' test_line='' test_skipped='' test_namespaces=()
test_mark="selftests: gemcast: $TEST_NAME begins ($$.$RANDOM$RANDOM)"

# --- results ------------------------------------------------------------------

plan()
{
	test_plan=$(($1 + 1))
	echo "1..$test_plan"
}

diag()
{
	if [ $# -gt 0 ]; then
		printf '%s\n' "$@"
	else
		cat
	fi | sed 's/^/# /'
}

pass()
{
	test_count=$((test_count + 1))
	echo "ok $test_count $*"
}

fail()
{
	test_count=$((test_count + 1)) test_failed=$((test_failed + 1))
	echo "not ok $test_count $1"
	shift
	[ $# -eq 0 ] || diag "$@"
}

skip()
{
	test_count=$((test_count + 1))
	echo "ok $test_count $1 # SKIP $2"
}

skip_all()
{
	test_skipped=1
	echo "1..0 # SKIP $*"
	exit 4
}

expect()
{
	local desc=$1 status=0

	shift
	"$@" >"$TMP/output" 2>&1 || status=$?
	if [ "$status" -eq 0 ]; then
		pass "$desc"
	else
		fail "$desc" "exit status $status: $*"
		diag <"$TMP/output"
	fi
}

expect_fail()
{
	local OPTIND option desc status=0 wanted='' regex=''

	while getopts s:e: option; do
		case $option in
		s) wanted=$OPTARG ;;
		e) regex=$OPTARG ;;
		*) return 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	desc=$1
	shift
	"$@" >"$TMP/output" 2>&1 || status=$?
	if [ "$status" -eq 0 ]; then
		fail "$desc" "succeeded: $*"
	elif [ -n "$wanted" ] && [ "$status" -ne "$wanted" ]; then
		fail "$desc" "exit status $status, not $wanted: $*"
	elif [ -n "$regex" ] && ! grep -Eq -e "$regex" "$TMP/output"; then
		fail "$desc" "exit status $status, but did not say '$regex': $*"
	else
		pass "$desc"
		return 0
	fi
	diag <"$TMP/output"
}

expect_eq()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "wanted: $2" "found:  $3"
	fi
}

wait_for()
{
	local OPTIND option seconds=15 deadline

	while getopts t: option; do
		case $option in
		t) seconds=$OPTARG ;;
		*) return 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	deadline=$((SECONDS + seconds))
	until "$@"; do
		if [ "$SECONDS" -ge "$deadline" ]; then
			diag "not so after $seconds s: $*"
			return 1
		fi
		sleep 0.1
	done
}

# --- the module ---------------------------------------------------------------

module_loaded()
{
	[ -d /sys/module/gemcast ]
}

# What the module depends on comes from the kernel; the module as it was built.
load_module()
{
	local ko dependency

	ko=${GEMCAST_KO:-$(modinfo -n gemcast)}
	for dependency in $(modinfo -F depends "$ko" | tr , ' '); do
		modprobe "$dependency"
	done
	insmod "$ko" "$@"
}

# Namespaces go away behind our back and may hold the module a moment longer.
unload_module()
{
	wait_for try_unload || {
		rmmod gemcast
		return 1
	}
}

try_unload()
{
	rmmod gemcast 2>/dev/null
}

# --- networks -----------------------------------------------------------------

ns_name()
{
	echo "$NS_PREFIX$1"
}

ns_exec()
{
	local ns=$NS_PREFIX$1

	shift
	ip netns exec "$ns" "$@"
}

# No duplicate address detection, router solicitation or reverse path filter:
# an address works as soon as it is there, and nothing is sent but by the test.
ns_add()
{
	local name

	for name; do
		ip netns add "$NS_PREFIX$name"
		test_namespaces+=("$NS_PREFIX$name")
		ip -n "$NS_PREFIX$name" link set lo up
		ns_exec "$name" sysctl -q \
			net.ipv4.conf.{all,default}.rp_filter=0 \
			net.ipv6.conf.{all,default}.accept_dad=0 \
			net.ipv6.conf.{all,default}.router_solicitations=0
	done
}

# if_up NS IF ADDRESS...: the first interface of a namespace carries multicast
if_up()
{
	local ns=$NS_PREFIX$1 name=$2 address

	shift 2
	for address; do
		case $address in
		'') ;;
		*:*) ip -n "$ns" address add "$address" dev "$name" nodad ;;
		*) ip -n "$ns" address add "$address" brd + dev "$name" ;;
		esac
	done
	ip -n "$ns" link set "$name" up
	ip -n "$ns" route add 224.0.0.0/4 dev "$name" 2>/dev/null || :
}

veth_pair()
{
	ip link add "$2" netns "$NS_PREFIX$1" type veth peer name "$5" netns "$NS_PREFIX$4"
	# shellcheck disable=SC2086
	if_up "$1" "$2" ${3//,/ }
	# shellcheck disable=SC2086
	if_up "$4" "$5" ${6//,/ }
}

lan_add()
{
	local lan=$1 member ns name address4 address6

	shift
	ns_add "$lan"
	ip -n "$NS_PREFIX$lan" link add br0 type bridge mcast_snooping 0
	ip -n "$NS_PREFIX$lan" link set br0 up
	for member; do
		IFS=: read -r ns name address4 address6 <<<"$member"
		ip link add "$name" netns "$NS_PREFIX$ns" type veth \
			peer name "$ns.$name" netns "$NS_PREFIX$lan"
		ip -n "$NS_PREFIX$lan" link set "$ns.$name" master br0 up
		if_up "$ns" "$name" "$address4" "$address6"
	done
}

# The kernel patches its code when the first hook, or the first UDP tunnel, comes and the
# last goes. A CPU under QEMU's TCG has been seen to run the breakpoint that stands there
# meanwhile when all that is over, and to die of it (6.12, "Oops: int3"). What comes and
# goes under traffic has these beside it from before to after.
keep_patched()
{
	ns_add patched
	ns_exec patched nft -f - <<-END
		table inet patched {
			chain in { type filter hook prerouting priority 0; }
			chain through { type filter hook forward priority 0; }
			chain out { type filter hook output priority 0; }
		}
		table bridge patched {
			chain in { type filter hook input priority 0; }
		}
	END
	ip -n "$NS_PREFIX"patched link add tunnel type vxlan dstport 4789 external
	ip -n "$NS_PREFIX"patched link set tunnel up
}

# --- the end ------------------------------------------------------------------

# The network namespaces that the kernel holds, whether they have a name or not.
# It frees the last one to go only when another has gone, in its own time; and the
# cache counts free objects too, until it is shrunk.
netns_count()
{
	local slab=/sys/kernel/slab/net_namespace

	[ -e "$slab/objects" ] || return 0
	unshare --net true
	sleep 0.3
	echo 1 >"$slab/shrink"
	sed 's/ .*//' "$slab/objects"
}

netns_gone()
{
	local count

	count=$(netns_count)
	[ "${count:-0}" -le "${test_netns:-0}" ]
}

remove_all()
{
	local ns pids

	pids=$(jobs -p)
	for ns in "${test_namespaces[@]}"; do
		pids+=" $(ip netns pids "$ns" 2>/dev/null)"
	done
	# shellcheck disable=SC2086
	kill -9 $pids 2>/dev/null
	wait 2>/dev/null
	for ns in "${test_namespaces[@]}"; do
		ip netns del "$ns" 2>/dev/null
	done
}

leak_check()
{
	local desc="nothing is left behind"

	{
		ip netns list | grep "^$NS_PREFIX" | sed 's/^/namespace left: /'
		if module_loaded; then
			unload_module || echo "the module does not unload"
		fi
		wait_for netns_gone >/dev/null ||
			echo "the kernel holds $(netns_count) namespaces, $test_netns before"
		"$SELFTESTS/guest/kernel-log" "$test_mark"
	} >"$TMP/output" 2>&1
	if [ -s "$TMP/output" ]; then
		fail "$desc"
		diag <"$TMP/output"
	else
		pass "$desc"
	fi
}

finish()
{
	local status=$?

	trap - EXIT ERR
	set +eE
	if [ "$status" -ne 0 ] && [ -z "$test_skipped" ]; then
		fail "the test ran to its end" "exit status $status${test_line:+ at $test_line}"
	fi
	remove_all
	if [ -z "$test_skipped" ]; then
		leak_check
		if [ -z "$test_plan" ]; then
			echo "1..$test_count"
		elif [ "$test_plan" -ne "$test_count" ]; then
			fail "the results are as many as planned" "$test_count of $test_plan"
		fi
	fi
	rm -rf "$TMP"
	[ -z "$test_skipped" ] || exit 4
	exit $((test_failed != 0))
}

if [ "$(id -u)" -ne 0 ]; then
	rm -rf "$TMP"
	skip_all "needs root"
fi
test_netns=$(netns_count)
echo "$test_mark" >/dev/kmsg
trap 'test_line="${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
trap finish EXIT
trap 'exit 130' INT TERM HUP
echo "TAP version 13"
