#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
# processes=host
#
# Parallel groups at hosts: two senders, a member and an attacker on a LAN. Order, batches,
# trains, a unicast tunnel, datagrams that are cut, rollover, replay, limits, full queues,
# and the option itself.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=1000 # datagrams of each sender
AHEAD=250 # of the receiver
GROUP=239.1.1.1

# parallel on|off: all hosts
parallel()
{
	local ns

	for ns in s s2 a; do
		# shellcheck disable=SC2086
		gc $ns group replace $id parallel "$1"
	done
}

# native GROUP WORD...
native()
{
	id=7
	native_group "$@"
	gc_batch s2 <<-END
		group flush
		group add 7
		policy add group 7 dst $1 dev eth0 ${*:2}
		sa add group 7 spi $SPI dst $1 dir out aead $GCM key file $TMP/key sid 2 bits 8
	END
	parallel on
}

# found ADDR: of what waits for an address little is kept
found()
{
	local ns

	for ns in s s2; do
		expect "$ns finds $1" ns_exec $ns busybox ping -c 1 -W 10 "$1"
	done
}

# by_udp GROUP PEER
by_udp()
{
	id='8 encap udp'
	udp_group "$@"
	gc_batch s2 <<-END
		group flush
		group add 8 encap udp
		policy add group 8 dst $1 dir send
		peer add group 8 to $2
		sa add group 8 spi $SPI dir out aead $GCM key file $TMP/key sid 2 bits 8
	END
	parallel on
	found "$2"
}

# shared NS: each CPU had some of the packets
shared()
{
	gc "$1" -s -j group show | jq -e --argjson cpus "$(nproc)" '.[0] |
		.parallel_cpus == $cpus and ($cpus == 1 or .parallel_busiest < .parallel_packets)'
}

# passes DESC GROUP ARG...
passes()
{
	local desc=$1

	shift
	expect "$desc: all arrives, each once, in order" delivers_both "s s2" a "$@"
	expect_counts "$desc: none is refused" a in-replay=0 in-queue-full=0 in-spoof=0 in-policy=0
	expect "$desc: by all CPUs of a sender" shared s
	expect "$desc: by all CPUs of the member" shared a
}

# unicast GROUP ADDR: the new header's destination is ADDR, the member's own
unicast()
{
	native "$1" preserve src remote "$2"
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	gc s sa add group 7 spi $SPI dst "$2" dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8
	gc s2 sa add group 7 spi $SPI dst "$2" dir out aead "$GCM" key file "$TMP/key" sid 2 bits 8
	gc a sa add group 7 spi $SPI dst "$2" dir in aead "$GCM" key file "$TMP/key" sid-bits 8 replay sid
	found "$2"
	passes "$1 to $2" "$1" -n $N -g 20 -s 600,100,1450
	expect_eq "$1 to $2: all by the SA of that address" $((2 * N)) "$(sa_count a $SPI in-packets)"
}

# trains GROUP: batches are together again at the member
trains()
{
	local before

	ns_exec a ethtool -K eth0 rx-udp-gro-forwarding on
	native "$1"
	before=$(delivered a "$1")
	passes "$1, trains on" "$1" -n $N -g 20 -s 600
	expect "$1, trains on: IP has less to deliver" [ $(($(delivered a "$1") - before)) -lt $((3 * N / 2)) ]
	ns_exec a ethtool -K eth0 rx-udp-gro-forwarding off
}

order()
{
	native $GROUP
	passes "IPv4, tunnel" $GROUP -n $N -s 0-1400
	native $GROUP mode transport
	passes "IPv4, transport" $GROUP -n $N -s 0-1400
	native ff15::1
	passes "IPv6, tunnel" ff15::1 -n $N -s 0-1400
	native ff15::1 mode transport
	passes "IPv6, transport" ff15::1 -n $N -s 0-1400
	native $GROUP fragment before
	passes "cut before" $GROUP -n $N -s 0-4000
	native $GROUP
	passes "cut afterwards" $GROUP -n $N -s 0-4000
	native $GROUP
	passes "batches" $GROUP -n $N -g 20 -s 600
	trains $GROUP
	trains ff15::1
	unicast $GROUP 10.0.0.3
	unicast ff15::1 fd00::3
	by_udp 239.2.2.2 10.0.0.3
	passes "UDP over IPv4" 239.2.2.2 -n $N -s 0-1300
	by_udp ff15::2 fd00::3
	passes "UDP over IPv6" ff15::2 -n $N -s 0-1300
	native $GROUP
	expect "a sender that is a member" delivers s "s a" $GROUP -n $N -s 0-1400
}

# flow_start GROUP [AHEAD]: one sender, as fast as the member takes it
flow_start()
{
	pace=$TMP/pace.$((streams += 1))
	recv_start a a -i eth0 -p "$pace" "$PORT" "$1"
	recv_ready
	send_start s s -i eth0 -n 0 -s 0-1400 -p "$pace" -w "${2:-$AHEAD}" "$1" "$PORT"
}

flows()
{
	mcast await -w 60 "$pace" 1 "$1"
}

flow_end()
{
	local status=0

	send_stop s || status=1
	recv_end a || status=1
	return "$status"
}

rollover()
{
	local round

	native $GROUP
	flow_start $GROUP
	for round in 1 2 3 4 5; do
		flows $((round * 500))
		SPI=$((SPI + 1))
		new_key "$TMP/key"
		gc a sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/key" sid-bits 8 replay sid
		gc s sa add group 7 spi $SPI dst $GROUP dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8
		gc s sa del spi $((SPI - 1))
	done
	flows 3000
	expect "SAs roll over: all arrives, each once, in order" flow_end
}

switched()
{
	local round

	native $GROUP
	# a replay window takes what is overtaken by fewer than 64
	flow_start $GROUP 50
	for round in $(seq 8); do
		flows $((round * 100))
		parallel off
		flows $((round * 100 + 50))
		parallel on
	done
	# to another CPU, where a few may overtake others
	flow_end >"$TMP/switched" || :
	expect "off and on under traffic: all arrives, each once" \
		grep -q 'lost=0 late=[0-9]* duplicate=0 corrupt=0' "$TMP/switched"
	expect_counts "off and on: nothing refused" a in-replay=0 in-policy=0
}

judged()
{
	stats_read a
	[ $((stats[in-packets] + stats[in-replay] + stats[in-bad-icv] + stats[in-queue-full])) -ge "$1" ]
}

replayed()
{
	native $GROUP
	capture_start x x eth0 proto 50
	expect "recorded" delivers s a $GROUP -n $N -s 40-60 -w $AHEAD
	capture_end x
	recv_start again a -i eth0 -n 0 "$PORT" $GROUP
	recv_ready
	ns_exec x pcap send "$TMP/x.pcap" eth0 "1..$N"
	wait_for judged $((2 * N)) || :
	expect_counts "each replay is dropped" a in-packets=$N in-replay=$N in-bad-icv=0
	expect_eq "and counted at its SA" $N "$(sa_count a $SPI in-replays)"
	expect "and not delivered" recv_stop again

	# the same number twice at once: one of them is new
	gc a sa del spi $SPI
	gc a stats reset
	gc a sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/key" sid-bits 8 replay sid
	# shellcheck disable=SC2046
	ns_exec x pcap send "$TMP/x.pcap" eth0 $(seq $N | sed p)
	wait_for judged $((2 * N)) || :
	expect_counts "of two in a row one is new" a in-packets=$N in-replay=$N in-bad-icv=0

	new_key "$TMP/other"
	gc a sa del spi $SPI
	gc a stats reset
	gc a sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/other" sid-bits 8 replay sid
	ns_exec x pcap send "$TMP/x.pcap" eth0 "1..$N"
	wait_for judged $N || :
	expect_counts "each packet of another key is dropped" a in-packets=0 in-replay=0 in-bad-icv=$N
	expect_eq "and counted at its SA" $N "$(sa_count a $SPI in-bad-icv)"
}

# limited NS: its SA ends after 500 packets
limited()
{
	local limit='limit packets hard 500'

	native $GROUP
	new_key "$TMP/key"
	SPI=$((SPI + 1))
	gc_batch s <<-END
		sa flush
		sa add group 7 spi $SPI dst $GROUP dir out aead $GCM key file $TMP/key sid 1 bits 8 $([ "$1" = a ] || echo "$limit")
	END
	gc_batch a <<-END
		sa flush
		sa add group 7 spi $SPI dst $GROUP dir in aead $GCM key file $TMP/key sid-bits 8 replay sid $([ "$1" = s ] || echo "$limit")
	END
	recv_start a a -i eth0 -n 10000 "$PORT" $GROUP
	recv_ready
	send s -i eth0 -n $N -r 2000 -k -s 40-60 $GROUP "$PORT" >/dev/null || :
	wait_for limit_met "$1"
	recv_stop a >"$TMP/limited" || :
	expect_eq "the limit of an SA of $1: 500 are delivered, in order" "500 0" \
		"$(sed -n 's/.* received=\([0-9]*\) .* late=\([0-9]*\) .*/\1 \2/p' "$TMP/limited")"
}

limit_met()
{
	[ "$(gc "$1" -j sa show | jq length)" -eq 0 ]
}

# starved COMMAND...: sends, packets come in, and no CPU is left for workers
starved()
{
	local cpu pid hogs=() status=0

	for pid in $(pgrep -x 'ksoftirqd/.*'); do
		chrt -f -p 65 "$pid"
	done
	for ((cpu = 1; cpu < $(nproc); cpu++)); do
		taskset -c $cpu chrt -f 50 bash -c 'while :; do :; done' &
		hogs+=($!)
	done
	taskset -c 0 chrt -f 60 "$@" || status=$?
	# without a name it would be all there are
	if [ ${#hogs[@]} -gt 0 ]; then
		kill -KILL "${hogs[@]}" || :
		wait "${hogs[@]}" 2>/dev/null || :
	fi
	for pid in $(pgrep -x 'ksoftirqd/.*'); do
		chrt -o -p 0 "$pid"
	done
	return "$status"
}

full()
{
	local n=4000 lost

	# a sender would wait for room in its buffer otherwise
	sysctl -q net.core.wmem_max=8388608
	native $GROUP
	capture_start x x eth0 proto 50
	recv_start a a -i eth0 -n 10000 "$PORT" $GROUP
	recv_ready
	starved ip netns exec "$(ns_name s)" mcast send -i eth0 -n $n -s 40 $GROUP "$PORT" >"$TMP/starved" || :
	wait_for judged $((n - $(count s out-queue-full))) || :
	lost=$(count s out-queue-full)
	expect "a full queue: some are dropped" [ "$lost" -gt 0 ]
	expect_counts "a full queue: the others are sent" s out-packets=$((n - lost))
	recv_stop a >"$TMP/full" || :
	expect "a full queue: received, in order" \
		grep -q "received=$((n - lost)) .* late=0 duplicate=0 corrupt=0" "$TMP/full"
	capture_end x

	n=4000
	gc a sa del spi $SPI
	gc a stats reset
	gc a sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/key" sid-bits 8 replay none
	starved ip netns exec "$(ns_name x)" pcap send "$TMP/x.pcap" eth0 1..500 1..500 1..500 1..500 \
		1..500 1..500 1..500 1..500
	wait_for judged $n || :
	lost=$(count a in-queue-full)
	expect "a full queue inbound: some are dropped" [ "$lost" -gt 0 ]
	expect_counts "a full queue inbound: the others are read" a in-packets=$((n - lost)) in-replay=0
}

shows()
{
	expect_eq "$1" "$2" "$(gc a -j group show 9 | jq -r '.[0].parallel') $(gc a group show 9)"
}

option()
{
	gc a group flush
	gc a group add 9
	shows "off by default" "off 9"
	gc a group replace 9 parallel on
	shows "switched on" "on 9 parallel on"
	gc a group replace 9
	shows "it stays if it is not named" "on 9 parallel on"
	expect_eq "nothing worked on yet" "0 0 0" \
		"$(gc a -s -j group show 9 | jq -r '.[0] | "\(.parallel_packets) \(.parallel_cpus) \(.parallel_busiest)"')"
	gc a group replace 9 parallel off
	shows "switched off" "off 9"
	gc a group del 9
	gc a group add 9 encap udp parallel on
	shows "a new group" "on 9 encap udp port 4500 parallel on"
	gc a group del 9
}

load_module
ns_add s s2 a x
lan_add lan s:eth0:10.0.0.1/24:fd00::1/64 s2:eth0:10.0.0.2/24:fd00::2/64 \
	a:eth0:10.0.0.3/24:fd00::3/64 x:eth0:10.0.0.4/24:fd00::4/64
option
order
rollover
switched
replayed
limited s
limited a
full
