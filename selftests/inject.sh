# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For tests that put forged packets before a receiver; to be sourced after
# traffic.sh. The attacker is namespace x, which has the keys too; the receiver is
# r. What is asked of each packet: is it counted, by the right counter and no other,
# and does nothing come out that should not.
#
#	inject_setup			namespaces, addresses, the key $TMP/key
#	watch GROUP..., unwatch		what r delivers at $PORT meanwhile is seen
#	strike DESC COUNTERS DELIVERED <PACKETS
#					PACKETS are lines for forge, by the words in
#					the array `forge'. COUNTERS is "" (counted
#					nowhere), a counter that has them all, or
#					COUNTER=N... in the order of `gemcast stats'. DELIVERED
#					is how many datagrams come out. Behind them goes a
#					good packet of the words in `good'.
#	strikes	<TABLE			lines of strike: DESC|COUNTERS|DELIVERED|PACKETS;
#					a semicolon stands between packets
#	log_begins, log_silent		in between no packet came into the kernel's log
#
# What came out is in $came_out.

good='' prefix='' marks=0 seen=0 forge=()
declare -A counted_before

inject_setup()
{
	local tool

	for tool in forge wire; do
		command -v "$tool" >/dev/null || { fail "there is a program $tool"; exit 1; }
	done
	ns_add x r
	veth_pair x eth0 10.0.0.1/24,fd00::1/64 r eth0 10.0.0.2/24,fd00::2/64
	new_key "$TMP/key"
}

# Sets changed to the counters of drops that went up since the last time. It runs
# for each strike, so without other programs than the one.
counters_changed()
{
	local json pair name value

	json=$(gc r -j stats)
	changed=''
	json=${json//[^a-z0-9_:,]/}
	for pair in ${json//,/ }; do
		name=${pair%:*} value=${pair#*:}
		case $name in
		in_packets | out_*) ;;
		in_*)
			[ "$value" = "${counted_before[$name]:-0}" ] ||
				changed+=" ${name//_/-}=$((value - ${counted_before[$name]:-0}))"
			counted_before[$name]=$value
			;;
		esac
	done
	changed=${changed# }
}

watch()
{
	recv_start watch r -v -n 0 -i eth0 "$PORT" "$@"
	recv_ready
	seen=1	# READY
}

# It counts as a failure of mcast that anything came.
unwatch()
{
	recv_stop watch >/dev/null || :
}

marked()
{
	[[ $(<"$TMP/watch.out") == *"datagram sender=99 seq=$marks "* ]]
}

strike()
{
	local desc=$1 counters=$2 delivered=$3 sent came=()

	marks=$((marks + 1))
	sent=$({ cat; echo "$good sender=99 n=$marks"; } |
		ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}") || {
		fail "$desc" "forge failed"
		return
	}
	sent=$((${sent#sent=} - 1))
	case $counters in
	'' | *=*) ;;
	*) counters=$counters=$sent ;;
	esac
	if ! wait_for marked; then
		counters_changed
		fail "$desc" "the good packet behind $sent did not come" "$changed"
		return
	fi
	counters_changed
	mapfile -t -s "$seen" came <"$TMP/watch.out"
	seen=$((seen + ${#came[@]}))
	unset "came[-1]"	# the good packet
	came_out=${came[*]}
	expect_eq "$desc ($sent)" "$counters; delivered $delivered" \
		"$changed; delivered ${#came[@]}"
}

strikes()
{
	local desc counters delivered packets

	while IFS='|' read -r desc counters delivered packets; do
		case $desc in
		'' | '#'*) continue ;;
		esac
		strike "$prefix$desc" "$counters" "$delivered" < <(tr ';' '\n' <<<"$packets")
	done
}

log_begins()
{
	log_before=$(dmesg | wc -l)
}

# But for interfaces that are said to be up, late.
# But for what a kernel says of interfaces that come up and of a slow machine.
log_silent()
{
	! dmesg | tail -n +$((log_before + 1)) |
		grep -vE 'ADDRCONF|interrupt took|clocksource|hogged CPU'
}
