#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Two gateways that route multicast and encrypt what goes over the core between
# them: sender - gateway A - core - gateway B - receiver. Fragments of others stay fragments.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# configure NS DIR MODE
configure()
{
	gc_batch "$1" <<-END
		group flush
		group add 7
		policy add group 7 dst $group dev core mode $3
		sa add group 7 spi $SPI dst $group dir $2 aead $GCM key file $TMP/key ${4-}
	END
}

# across GROUP SIZES TTL
across()
{
	group=$1
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	configure A out tunnel 'sid 9 bits 16'
	configure B in tunnel 'sid-bits 16 replay source'
	capture_start core C br0
	recv_start r r -v -i eth0 "$PORT" "$group"
	recv_ready
	send s -i eth0 -s "$2" -t "$3" "$group" "$PORT" >/dev/null
	recv_end r >"$TMP/r.all"
}

load_module
expect "there is a program smcrouted" command -v smcrouted
ns_add s A B r
lan_add C A:core:10.2.0.1/24:fd02::1/64 B:core:10.2.0.2/24:fd02::2/64
veth_pair s eth0 10.1.0.1/24,fd01::1/64 A lan 10.1.0.2/24,fd01::2/64
veth_pair B lan 10.3.0.1/24,fd03::1/64 r eth0 10.3.0.2/24,fd03::2/64
for ns in A B; do
	ns_exec $ns sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
route_multicast A lan,10.1.0.1,239.1.1.1,core lan,fd01::1,ff1e::1,core
route_multicast B core,10.1.0.1,239.1.1.1,lan core,fd01::1,ff1e::1,lan

SPI=4096
for group in 239.1.1.1 ff1e::1; do
	# about the core's MTU, less and more than what a tunnel leaves of it
	expect "tunnel to $group: all arrives" across "$group" 0,1,20..40,1370..1460 7
	expect_eq "tunnel to $group: TTL after two routers" 114 \
		"$(grep -c '^datagram .* dev=eth0 ttl=5 ' "$TMP/r.all")"
	capture_end core
	expect "tunnel to $group: only ESP on the core" only_esp core "$group"
	expect_eq "tunnel to $group: TTL on the core" 0 \
		"$(grep " dst=$group " "$TMP/core.list" | grep -vc ' ttl=6 ')"
	expect_counts "tunnel to $group: ESP made" A out-packets=114 out-forwarded=0
	expect_counts "tunnel to $group: ESP read" B in-packets=114 in-spoof=0

	new_key "$TMP/key"
	SPI=$((SPI + 1))
	configure A out transport 'sid 9 bits 16'
	gc A stats reset
	capture_start refused C br0
	send s -i eth0 -n 10 -t 7 "$group" "$PORT" >/dev/null
	wait_for counted A out-forwarded 10
	expect_counts "transport to $group: refused at the gateway" A out-packets=0 out-forwarded=10
	capture_end refused
	expect_eq "transport to $group: nothing on the core" 0 "$(frames refused " dst=$group ")"
	gc_batch A <<-END
		group flush
		stats reset
	END
	gc B stats reset
done

# What policies may speak of is put together; the rest goes on in its fragments. Of those that
# were put together for a hook, IPv6 has no count.
put_together()
{
	ns_exec "$1" awk '
		$1 == "Ip:" && !column { for (column = 2; $column != "ReasmOKs"; column++); next }
		$1 == "Ip:" { print $column }' /proc/net/snmp
}

put_together_are()
{
	[ "$(put_together "$1")" -eq "$2" ]
}

ip -n "$(ns_name s)" link set eth0 mtu 1280
ip -n "$(ns_name s)" route add 10.2.0.0/24 via 10.1.0.2
for group in 239.1.1.1 ff1e::1; do
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	configure A out tunnel 'sid 9 bits 16'
	before=$(put_together A) there=$(put_together B)
	send s -i eth0 -n 5 -s 2000 -t 7 10.2.0.2 9 >/dev/null
	wait_for put_together_are B $((there + 5))
	expect_eq "fragments to a host, and a policy for $group: forwarded as they are" \
		"$before" "$(put_together A)"
	gc A stats reset
	send s -i eth0 -n 5 -s 2000 -t 7 "$group" "$PORT" >/dev/null
	wait_for counted A out-packets 5
	expect_counts "fragments to $group: protected whole" A out-packets=5
done
