#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# A gateway between several networks, some of them unprotected: each output gets
# the packet as its own policy wants it, the protected ones by keys of their own.
# Behind the other gateway receivers are found by IGMP, by a router that asks, and
# by a bridge that listens; with IPv6 by the bridge alone.
#
#	s - A - core - B - LAN of r and q
#	    |- core2 - c
#	    `- plain - p

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# configure DOWN UP: A protects what goes to core by group 7, to core2 by group 8;
# group DOWN is sent to by s, and UP by r
configure()
{
	local down=$1 up=$2 ns

	for ns in 7 8 9; do
		new_key "$TMP/key.$ns"
	done
	for ns in A B c; do
		gc_batch $ns <<-END
			group flush
			stats reset
			group add $([ $ns = c ] && echo 8 || echo 7)
		END
	done
	gc_batch A <<-END
		group add 8
		policy add group 7 dst $down dev core
		policy add group 7 dst $up dev core
		policy add group 8 dst $down dev core2
		policy add group 8 dst $up dev core2
		sa add group 7 spi 0x7001 dst $down dir out aead $GCM key file $TMP/key.7 sid 1 bits 8
		sa add group 7 spi 0x7001 dst $up dir in aead $GCM key file $TMP/key.7 sid-bits 8 replay sid
		sa add group 8 spi 0x8001 dst $down dir out aead $GCM key file $TMP/key.8 sid 1 bits 8
		sa add group 8 spi 0x8001 dst $up dir out aead $GCM key file $TMP/key.9 sid 1 bits 8
	END
	gc_batch B <<-END
		policy add group 7 dst $down dev core
		policy add group 7 dst $up dev core
		sa add group 7 spi 0x7001 dst $down dir in aead $GCM key file $TMP/key.7 sid-bits 8 replay sid
		sa add group 7 spi 0x7001 dst $up dir out aead $GCM key file $TMP/key.7 sid 2 bits 8
	END
	gc_batch c <<-END
		policy add group 8 dst $down dev eth0
		policy add group 8 dst $up dev eth0
		sa add group 8 spi 0x8001 dst $down dir in aead $GCM key file $TMP/key.8 sid-bits 8 replay sid
		sa add group 8 spi 0x8001 dst $up dir in aead $GCM key file $TMP/key.9 sid-bits 8 replay sid
	END
}

captures_start()
{
	capture_start core C br0
	capture_start core2 c eth0
	capture_start plain p eth0
	capture_start lan q eth0
}

captures_end()
{
	local name

	for name in core core2 plain lan; do
		capture_end $name
	done
}

# reaches FROM GROUP NS...
reaches()
{
	local from=$1 group=$2 ns status=0

	shift 2
	rm -f "$TMP/pace"
	for ns; do
		recv_start "$ns" "$ns" -v -p "$TMP/pace" -i "$(inside "$ns")" "$PORT" "$group"
	done
	recv_ready || return
	if [[ " $* " = *" r "* ]]; then
		wait_for snooped "$group" || return
	fi
	send "$from" -i eth0 -p "$TMP/pace" -n 100 -s 0-1200 -t 7 "$group" "$PORT" || status=1
	for ns; do
		recv_end "$ns" >"$TMP/$ns.all" || status=1
	done
	return $status
}

# The bridge has heard that r wants it.
snooped()
{
	bridge -n "$(ns_name LAN)" mdb show dev br0 | grep -q "port r.eth0 grp $1 "
}

inside()
{
	[ "$1" = A ] && echo lan || echo eth0
}

# crossed GROUP CORE2: what was seen on the way
crossed()
{
	local group=$1

	expect "$group: only ESP on the core" only_esp core "$group"
	expect "$group: only ESP on the other protected network" only_esp core2 "$group"
	expect_eq "$group: by an SA of its own each" "100 0 0 100" \
		"$(for name in core core2; do
			frames $name " proto=50 .* dst=$group .* spi=0x00007001 "
			frames $name " proto=50 .* dst=$group .* spi=0x00008001 "
		done | xargs)"
	expect_eq "$group: in the clear on the unprotected one" "0 100" \
		"$(frames plain " proto=50 ") $(frames plain " proto=17 .* dst=$group ")"
	expect_eq "$group: no spoof, no drop" "0 0 0" "$(count A in-spoof) $(count B in-spoof) $(count B in-policy)"
}

routes_by_igmp()
{
	ip -n "$(ns_name B)" maddr show dev core | grep -q "inet *$1\$"
}

# igmpproxy makes the kernel's route when it is asked, and forgets it in time. More come
# meanwhile than the kernel keeps.
routed()
{
	send s -i eth0 -n 1 -t 7 "$1" "$PORT" >/dev/null
	routes_multicast B "core,10.1.0.1,$1"
}

heard()
{
	[ "$(events B "^acquire group 7 .* dst $1 .*kind $2\$")" -ge "$3" ]
}

# The bridge knows who asks, and sends what nobody wants to its routers alone.
snoops()
{
	local before after=/sys/class/net/eth0/statistics/rx_packets

	before=$(ns_exec q cat $after)
	send B -i lan -n 3 -t 1 239.7.7.7 "$PORT" >/dev/null
	[ "$(ns_exec q cat $after)" -eq "$before" ]
}

dynamic()
{
	local down=239.1.1.1

	configure $down 239.1.1.2
	cat >"$TMP/igmpproxy.conf" <<-END
		quickleave
		phyint core upstream ratelimit 0 threshold 1
			altnet 10.0.0.0/8
		phyint lan downstream ratelimit 0 threshold 1
	END
	chmod 600 "$TMP/igmpproxy.conf"
	in_background igmpproxy B igmpproxy -n "$TMP/igmpproxy.conf"
	monitor_start B B acquire policy
	wait_for snoops

	captures_start
	expect "$down: to networks of both kinds" reaches s $down c p
	captures_end
	crossed $down
	expect_eq "$down: and to no LAN without a receiver" 0 "$(frames lan " dst=$down ")"

	recv_start hold r -n 0 -i eth0 "$((PORT + 1))" $down
	recv_ready
	expect "$down: a report makes a route" wait_for routes_by_igmp $down
	expect "$down: and an event" wait_for heard $down receive 1
	wait_for routed $down
	gc B stats reset
	captures_start
	# each report has it write the route anew, which is not whole meanwhile
	kill -STOP "${pid_of[igmpproxy]}"
	expect "$down: with a receiver behind the other gateway" reaches s $down c p r
	kill -CONT "${pid_of[igmpproxy]}"
	captures_end
	crossed $down
	expect_eq "$down: the addresses and the scope are kept" 100 \
		"$(grep -c "^datagram .* source=10.1.0.1 group=$down dev=eth0 ttl=5 " "$TMP/r.all")"
	expect_eq "$down: for that receiver's port alone" 0 "$(frames lan " dst=$down ")"

	recv_stop hold >/dev/null
	expect "$down: the last one's leave is told" wait_for -t 60 heard $down leave 1
	in_background_kill igmpproxy
}

# static DOWN UP SOURCE-DOWN SOURCE-UP
static()
{
	local down=$1 up=$2

	configure "$down" "$up"
	route_multicast B "core,$3,$down,lan" "lan,$4,$up,core"
	captures_start
	expect "$down: to networks of both kinds, and behind the other gateway" reaches s "$down" c p r
	captures_end
	crossed "$down"
	expect_eq "$down: the addresses and the scope are kept" 100 \
		"$(grep -c "^datagram .* source=$3 group=$down dev=eth0 ttl=5 " "$TMP/r.all")"
	expect_eq "$down: for that receiver's port alone" 0 "$(frames lan " dst=$down ")"
	captures_start
	expect "$up: from a LAN to networks of all kinds" reaches r "$up" s c p
	captures_end
	crossed "$up"
	in_background_kill smcroute.B
}

load_module
for program in smcrouted igmpproxy; do
	expect "there is a program $program" command -v $program
done
ns_add s A B c p r q
lan_add C A:core:10.2.0.1/24:fd02::1/64 B:core:10.2.0.2/24:fd02::2/64
lan_add LAN B:lan:10.3.0.1/24:fd03::1/64 r:eth0:10.3.0.2/24:fd03::2/64 q:eth0:10.3.0.3/24:fd03::3/64
veth_pair s eth0 10.1.0.1/24,fd01::1/64 A lan 10.1.0.2/24,fd01::2/64
veth_pair A core2 10.4.0.1/24,fd04::1/64 c eth0 10.4.0.2/24,fd04::2/64
veth_pair A plain 10.5.0.1/24,fd05::1/64 p eth0 10.5.0.2/24,fd05::2/64
for ns in A B; do
	ns_exec $ns sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
for ns in s c p r; do
	ip -n "$(ns_name $ns)" route add default dev eth0
done
ip -n "$(ns_name A)" route add 10.3.0.0/24 dev core
ip -n "$(ns_name B)" route add 10.1.0.0/24 dev core
# answers within half a second
ip -n "$(ns_name LAN)" link set br0 type bridge mcast_query_response_interval 50 \
	mcast_startup_query_interval 50 mcast_snooping 1 mcast_querier 1
route_multicast A lan,10.1.0.1,239.1.1.1,core,core2,plain core,10.3.0.2,239.1.1.2,lan,core2,plain \
	lan,fd01::1,ff1e::1,core,core2,plain core,fd03::2,ff1e::2,lan,core2,plain
# B is a router there, if it asks or not
ip -n "$(ns_name LAN)" link set B.lan type bridge_slave mcast_router 2
dynamic
static 239.1.1.1 239.1.1.2 10.1.0.1 10.3.0.2
static ff1e::1 ff1e::2 fd01::1 fd03::2
