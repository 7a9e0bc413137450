#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Module, namespaces and groups go away while packets of all kinds are on their
# way, again and again, and leave nothing behind. PARALLEL, RATE and ROUNDS are
# parallel-teardown.sh's.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

ROUNDS=${ROUNDS:-4}
SPI=24576

# configure NS SID: native IPv4 and IPv6, and a udp group to the other host
configure()
{
	local peer=10.0.0.2

	[ "$1" = s ] || peer=10.0.0.1
	gc_batch "$1" <<-END
		group add 4 ${PARALLEL:+parallel on}
		group add 6 ${PARALLEL:+parallel on}
		group add 8 encap udp ${PARALLEL:+parallel on}
		policy add group 4 dst 239.1.1.1 dev eth0
		policy add group 6 dst ff15::1 dev eth0 mode transport
		policy add group 8 dst 239.2.2.2 reinject rx dev eth0
		peer add group 8 to $peer
		sa add group 4 spi $SPI dst 239.1.1.1 dir both aead $GCM key file $TMP/key4 sid $2 bits 16 replay sid window 4096
		sa add group 6 spi $SPI dst ff15::1 dir both aead $GCM key file $TMP/key6 sid $2 bits 16 replay source limit seconds hard 1000
		sa add group 8 spi $SPI dir both aead $GCM key file $TMP/key8 sid $2 bits 16 replay sid
	END
}

new_keys()
{
	SPI=$((SPI + 1))
	new_key "$TMP/key4"
	new_key "$TMP/key6" 256
	new_key "$TMP/key8"
}

# A router between would be more than is needed: two hosts, each sends to all.
build()
{
	ns_add s a
	veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64
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

# All three ways are in full use.
in_use()
{
	local ns

	for ns in s a; do
		[ "$(gc $ns -j -s sa show | jq '[.[] | select(.in_packets > 100 and .out_packets > 100)] | length')" -eq 3 ] ||
			return
	done
}

# What senders and receivers saw; damage is never among it.
traffic_end()
{
	local ns way damaged=0

	for ns in s a; do
		for way in 4 6 8 g; do
			send_stop "$way.$ns" >/dev/null || :
		done
		recv_stop "recv.$ns" >"$TMP/seen" || :
		damaged=$((damaged + $(grep -c 'corrupt=[1-9]' "$TMP/seen" || :)))
	done
	expect_eq "$1: nothing damaged" 0 $damaged
}

traffic_kill()
{
	local name

	for name in "4.$1" "6.$1" "8.$1" "g.$1" "recv.$1"; do
		kill -KILL "${pid_of[$name]}"
	done
	for name in "4.$1" "6.$1" "8.$1" "g.$1" "recv.$1"; do
		in_background_end "$name" >/dev/null 2>&1 || :
	done
}

namespaces()
{
	[ "$(netns_count)" -le "$1" ]
}

module_unload()
{
	local round

	for round in $(seq $ROUNDS); do
		new_keys
		configure s 1
		configure a 2
		wait_for in_use
		expect "the module goes under traffic, $round" rmmod gemcast
		load_module
	done
}

group_flush()
{
	local round ns

	for round in $(seq $ROUNDS); do
		new_keys
		configure s 1
		configure a 2
		wait_for in_use
		for ns in s a; do
			gc $ns group flush
			expect_eq "groups go under traffic, $round, $ns" "0 0 0 0" \
				"$(for object in group policy sa peer; do
					gc $ns -j $object show | jq length
				done | xargs)"
		done
	done
}

namespace_delete()
{
	local round ns left

	for round in $(seq $ROUNDS); do
		build
		new_keys
		configure s 1
		configure a 2
		traffic_start
		wait_for in_use
		# a namespace goes with its last process; first one, then the other
		for ns in s a; do
			left=$(($(netns_count) - 1))
			ip netns del "$(ns_name $ns)"
			traffic_kill $ns
			expect "a namespace goes under traffic, $round, $ns" wait_for namespaces $left
		done
	done
}

load_module
keep_patched
namespace_delete
build
traffic_start
module_unload
group_flush
traffic_end "modules and groups gone and come"
