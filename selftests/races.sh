#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Unloading, deleted namespaces, removed interfaces and flushed groups race against
# packets and against netlink commands from every CPU, for RACE_SECONDS (10). PARALLEL
# and RATE are parallel-races.sh's.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

SPI=36864
declare -A done_by=([unload]=0 [interface]=0 [flush]=0 [namespace]=0)
damaged=0
churns=()

# --- what races ------------------------------------------------------------------

link()
{
	veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64
}

# Both hosts have the same new keys; what was there before goes.
configure()
{
	local ns peer

	SPI=$((SPI + 1))
	new_key "$TMP/key4"
	new_key "$TMP/key6" 256
	new_key "$TMP/key8"
	for ns in s a; do
		peer=$([ $ns = s ] && echo 10.0.0.2 || echo 10.0.0.1)
		gc_batch $ns <<-END
			group flush
			group add 4 ${PARALLEL:+parallel on}
			group add 6 ${PARALLEL:+parallel on}
			group add 8 encap udp ${PARALLEL:+parallel on}
			policy add group 4 dst 239.1.1.1 dev eth0
			policy add group 6 dst ff15::1 dev eth0 mode transport
			policy add group 8 dst 239.2.2.2 reinject rx dev eth0
			peer add group 8 to $peer
			sa add group 4 spi $SPI dst 239.1.1.1 dir both aead $GCM key file $TMP/key4 sid ${peer##*.} bits 16 replay sid
			sa add group 6 spi $SPI dst ff15::1 dir both aead $GCM key file $TMP/key6 sid ${peer##*.} bits 16 replay source
			sa add group 8 spi $SPI dir both aead $GCM key file $TMP/key8 sid ${peer##*.} bits 16 replay sid
		END
	done
}

# churn NS CPU: commands without an end, whatever becomes of them
churn()
{
	local key=$TMP/key.$1 n=0

	taskset -p -c "$2" "$BASHPID" >/dev/null
	while :; do
		n=$((n + 1))
		new_key "$key"
		gc_batch "$1" <<-END || :
			group add 9 encap udp port 4509
			policy add group 9 dst 239.9.0.0/16 dir send
			policy add dst 239.1.1.1 src 10.0.0.9 action bypass prio 1
			peer add group 9 to 10.0.0.9
			sa add group 9 spi $((40960 + n)) dir out aead $GCM key file $key sid 1 bits 8 deactivate 900
			sa show
			policy show
			group show
			stats
			policy del dst 239.1.1.1 src 10.0.0.9 prio 1
			sa flush group 9
			group del 9
		END
		gc "$1" group del 9 || :
		[ -z "${PARALLEL-}" ] || gc "$1" group replace 4 parallel $( ((n % 2)) && echo off || echo on) || :
	done >/dev/null 2>&1
}

churn_start()
{
	local cpu=0 ns

	for ns in s a; do
		churn $ns $cpu &
		churns+=($!)
		cpu=$((($(nproc) - 1) * (1 - cpu)))
	done
}

churn_stop()
{
	kill -KILL "${churns[@]}"
	wait "${churns[@]}" 2>/dev/null || :
	churns=()
}

traffic_start()
{
	local ns

	for ns in s a; do
		recv_start "recv.$ns" $ns -n 0 -i eth0 "$PORT" 239.1.1.1 ff15::1 239.2.2.2
		send_start "4.$ns" $ns -i eth0 -k -n 0 -r ${RATE:-300} -s 0-3000 -u 4 239.1.1.1 "$PORT"
		send_start "6.$ns" $ns -i eth0 -k -n 0 -r ${RATE:-300} -s 0-3000 -u 6 ff15::1 "$PORT"
		send_start "8.$ns" $ns -i eth0 -k -n 0 -r ${RATE:-300} -s 0-3000 -u 8 239.2.2.2 "$PORT"
		send_start "g.$ns" $ns -i eth0 -k -n 0 -r ${RATE:-300} -s 600 -g 20 -u 5 239.1.1.1 "$PORT"
	done
	recv_ready
}

traffic_stop()
{
	local ns way

	for ns in s a; do
		for way in 4 6 8 g; do
			kill -KILL "${pid_of[$way.$ns]}"
		done
		recv_stop "recv.$ns" >"$TMP/seen" 2>&1 || :
		damaged=$((damaged + $(grep -c 'corrupt=[1-9]' "$TMP/seen" || :)))
		for way in 4 6 8 g; do
			in_background_end "$way.$ns" >/dev/null 2>&1 || :
		done
	done
}

# Packets of all groups come in at both.
in_use()
{
	local ns

	for ns in s a; do
		[ "$(gc $ns -j -s sa show | jq '[.[] | select(.in_packets > 20 and .out_packets > 20)] | length')" -eq 3 ] ||
			return
	done
}

# --- against what ------------------------------------------------------------------

unload()
{
	wait_for -t 60 try_unload
	load_module
	configure
}

interface()
{
	ip -n "$(ns_name s)" link del eth0
	traffic_stop
	link
	configure
	traffic_start
}

flush()
{
	gc s group flush &
	gc a group flush
	wait $!
	configure
}

# With its last process goes the namespace.
namespace()
{
	local ns

	for ns in s a; do
		ip netns del "$(ns_name $ns)"
	done
	churn_stop
	traffic_stop
	build
}

build()
{
	ns_add s a
	link
	configure
	churn_start
	traffic_start
}

load_module
keep_patched
build
END=$((SECONDS + ${RACE_SECONDS:-10}))
while [ $SECONDS -lt $END ]; do
	for event in $(shuf -e unload interface flush unload flush) namespace; do
		wait_for -t 60 in_use
		$event
		done_by[$event]=$((done_by[$event] + 1))
	done
done
wait_for -t 60 in_use
churn_stop
traffic_stop
for event in "${!done_by[@]}"; do
	expect "$event raced, ${done_by[$event]} times" [ "${done_by[$event]}" -gt 0 ]
done
expect_eq "nothing damaged" 0 $damaged
