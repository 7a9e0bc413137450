#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# What a policy protects never leaves in the clear for want of an SA, and is
# never read in the clear; unless the policy says so.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

SPI=16384

# sa_add NS DIR
sa_add()
{
	gc "$1" sa add group 7 spi $SPI dst "$group" dir "$2" aead "$GCM" key file "$TMP/key"
}

# policy_add NS WORD...
policy_add()
{
	local ns=$1

	shift
	gc_batch "$ns" <<-END
		group flush
		policy flush
		stats reset
		group add 7
		policy add group 7 dst $group dev eth0 $*
	END
}

nothing_seen()
{
	capture_end outside
	expect_eq "$1: nothing on the wire" 0 "$(frames outside " dst=$group ")"
}

no_sa()
{
	local desc="no SA, $group" began=$SECONDS seen

	policy_add s
	capture_start outside o eth0
	monitor_start events s all
	recv_start a a -n 0 -i eth0 "$PORT" "$group"
	recv_ready
	expect_fail -e 'sent=0 failed=100' "$desc: the sender is told" \
		send s -i eth0 -k -n 100 "$group" "$PORT"
	expect_counts "$desc: counted" s out-no-sa=100 out-packets=0 out-bypass=0
	expect "$desc: an acquire event" wait_for some_events events "acquire.*$group.* kind send"
	seen=$(events events "acquire.*$group.* kind send")
	expect "$desc: one a second at most, $seen" [ "$seen" -le $((SECONDS - began + 1)) ]
	in_background_kill events
	expect "$desc: nothing was received" recv_stop a
	nothing_seen "$desc"
}

bypass()
{
	local desc="no SA and on-no-sa bypass, $group"

	policy_add s on-no-sa bypass
	expect "$desc: received in the clear" delivers s a "$group" -n 20
	expect_counts "$desc: counted" s out-bypass=20 out-no-sa=0 out-packets=0
}

# The first match by priority decides.
actions()
{
	policy_add s prio 100
	gc s policy add dst "$group" dev eth0 proto udp dport "$PORT" action bypass prio 10
	expect "bypass before protect, $group" delivers s a "$group" -n 20
	gc s policy add dst "$group" dev eth0 proto udp dport 4990-5010 action discard prio 9
	capture_start outside o eth0
	expect_fail -e 'failed=20' "discard before bypass, $group: refused" \
		send s -i eth0 -k -n 20 "$group" "$PORT"
	nothing_seen "discard before bypass, $group"
	expect_counts "discard before bypass, $group: counted" s out-discard=20 out-packets=0 out-no-sa=0
	gc s policy del dst "$group" prio 9
	expect "bypass again, $group" delivers s a "$group" -n 20
}

esp_goes_on()
{
	counted s out-packets $(($1 + 1))
}

drops_go_on()
{
	counted s out-no-sa $(($1 + 1))
}

# SAs come and go under traffic.
flapping()
{
	local desc="SAs come and go, $group" verb

	policy_add s
	policy_add a
	capture_start outside o eth0
	send_start traffic s -i eth0 -k -n 0 -r 500 -s 100-2000 "$group" "$PORT"
	for verb in "del group 7 spi" "flush group 7 spi" "del group 7 spi" "flush group 7 spi"; do
		wait_for drops_go_on "$(count s out-no-sa)"
		SPI=$((SPI + 1))
		new_key "$TMP/key"
		sa_add a in
		sa_add s out
		wait_for esp_goes_on "$(count s out-packets)"
		# shellcheck disable=SC2086
		gc s sa $verb $SPI
		gc a sa flush
	done
	wait_for drops_go_on "$(count s out-no-sa)"
	send_stop traffic >/dev/null || :
	capture_end outside
	expect "$desc: only ESP" only_esp outside "$group"
	expect "$desc: all of it was read" counted a in-packets 1
	expect_counts "$desc: nothing came in the clear" a in-spoof=0
}

# spoof DESC: o sends what only the group should
spoof()
{
	local desc="$1, $group"

	gc a stats reset
	recv_start a a -n 0 -i eth0 "$PORT" "$group"
	recv_ready
	expect "$desc: an outsider sends" send o -i eth0 -n 30 "$group" "$PORT"
	wait_for counted a in-spoof 30 || :
	expect_counts "$desc: dropped and counted" a in-spoof=30
	expect "$desc: not received" recv_stop a
}

spoofs()
{
	local other=239.5.5.5

	[ "$group" = 239.1.1.1 ] || other=ff15::5
	policy_add a
	spoof "cleartext for a group without an SA"
	new_key "$TMP/key"
	SPI=$((SPI + 1))
	sa_add a in
	spoof "cleartext for a group with an SA"
	expect "cleartext for another group is received, $other" delivers o a "$other" -n 10
	policy_add a dir send
	expect "cleartext is received by a policy to send, $group" delivers o a "$group" -n 10
}

dummy()
{
	ip -n "$(ns_name s)" link add eth9 type dummy
	ip -n "$(ns_name s)" addr add 10.9.0.1/24 dev eth9
	ip -n "$(ns_name s)" addr add fd09::1/64 dev eth9 nodad
	ip -n "$(ns_name s)" link set eth9 up
}

# The interface that a policy names may go and come, and may change its name.
later_interface()
{
	local desc="an interface that came back, $group"

	dummy
	gc_batch s <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $group dev eth9
	END
	ip -n "$(ns_name s)" link del eth9
	dummy
	expect_fail -e 'sent=0 failed=5' "$desc: refused" send s -i eth9 -k -n 5 "$group" "$PORT"
	expect_counts "$desc: counted" s out-no-sa=5
	ip -n "$(ns_name s)" link set eth9 down
	ip -n "$(ns_name s)" link set eth9 name eth8
	ip -n "$(ns_name s)" link set eth8 up
	expect_fail -e 'sent=0 failed=5' "$desc: refused under its new name" \
		send s -i eth8 -k -n 5 "$group" "$PORT"
	expect_counts "$desc: counted" s out-no-sa=10
	expect_eq "$desc: the policy shows the new name" eth8 "$(gc s -j policy show | jq -r '.[].dev')"
	ip -n "$(ns_name s)" link del eth8
}

load_module
ns_add s a o
lan_add lan s:eth0:10.0.0.1/24:fd00::1/64 a:eth0:10.0.0.2/24:fd00::2/64 o:eth0:10.0.0.3/24:fd00::3/64
for group in 239.1.1.1 ff15::1; do
	no_sa
	gc_batch a <<<"group flush"
	bypass
	actions
	flapping
	gc_batch s <<<"group flush"
	spoofs
	gc_batch a <<<"group flush"
	later_interface
done
