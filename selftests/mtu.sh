#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Path MTU: no size is lost in a black hole, at any MTU; what is cut is cut where
# policy says; and whose packet may not be cut is told how long it may be.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"


mtu_set()
{
	ip -n "$(ns_name s)" link set eth0 mtu "$1"
	ip -n "$(ns_name a)" link set eth0 mtu "$1"
}

# fragments CAPTURE PROTO: frames that are part of an outer packet
fragments()
{
	grep -e " proto=$2 " "$TMP/$1.list" | grep -vc ' frag=0 ' || :
}

# walk DESC GROUP PROTO CUT: all sizes; CUT says whether outer packets are in pieces
walk()
{
	local desc=$1 group=$2 proto=$3 cut=$4 found

	capture_start walk s eth0
	expect "$desc: every size" delivers s a "$group" -s "$sizes" -w 16
	capture_end walk
	found=$(fragments walk "$proto")
	if [ "$cut" = before ]; then
		expect_eq "$desc: no ESP packet is in pieces" 0 "$found"
	else
		expect "$desc: ESP packets are" [ "$found" -gt 0 ]
	fi
	expect_counts "$desc: none dropped" s out-too-big=0 out-malformed=0 out-no-memory=0
}

# walk_all MTU FAMILY GROUP PEER LARGEST LARGEST-TRANSPORT
walk_all()
{
	local mtu=$1 name="MTU $1, $2" group=$3 peer=$4 edges

	# about what is left of the MTU, and of two of them
	edges=0,1,$((mtu - 120))..$((mtu - 20)),$((2 * mtu - 200))..$((2 * mtu - 80)),20000
	sizes=$edges,$5
	native_group "$group"
	walk "$name, tunnel" "$group" 50 after
	native_group "$group" fragment before
	walk "$name, tunnel, cut before" "$group" 50 before
	udp_group "$group" "$peer"
	walk "$name, ESP-in-UDP" "$group" 17 after
	udp_group "$group" "$peer" fragment before
	walk "$name, ESP-in-UDP, cut before" "$group" 17 before
	expect "$name, ESP-in-UDP, cut before: batches" delivers s a "$group" -s $((mtu - 48)) -g 4 -n 40
	sizes=$edges,$6
	native_group "$group" mode transport
	walk "$name, transport" "$group" 50 after
}

# tells DESC GROUP SIZE TOO-LONG MTU WORD...: and counts
tells()
{
	local desc=$1 group=$2 size=$3 longer=$4 mtu=$5

	shift 5
	native_group "$group" "$*"
	expect "$desc: $size bytes" delivers s a "$group" -d do -s 20,"$size"
	expect_fail -e "error=EMSGSIZE mtu=$mtu\$" "$desc: $longer bytes are too long, and how much is not" \
		send s -i eth0 -e -d do -s "$longer" "$group" "$PORT"
	expect_counts "$desc: counted" s out-too-big=1
}

# A header that goes into every fragment leaves no room for anything else: such a
# packet is not cut, and takes no number that the next one has too.
long_header()
{
	native_group ff15::1 fragment before
	capture_start header s eth0
	expect_fail -e 'Message too long' "a header that no fragment has room for" \
		ns_exec s python3 - <<-'END'
			import socket
			s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
			s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("eth0"))
			# 8 + 8 * 0x91 bytes, of padding options
			header = b"\0\x91" + 4 * (b"\1\xf0" + bytes(240)) + b"\1\xc4" + bytes(0xc4)
			s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_HOPOPTS, header)
			s.sendto(bytes(20), ("ff15::1", 5000))
		END
	expect_counts "a header that no fragment has room for: counted" s out-too-big=1 out-packets=0
	expect "and what follows" delivers s a ff15::1 -s 20,20,20
	capture_end header
	expect_eq "each has a number of its own" "1 2 3" \
		"$(grep -o ' seq=[0-9]*' "$TMP/header.list" | cut -d= -f2 | xargs)"
}

# gateway GROUP WORD...: encrypts to the core, which the receiver is on
gateway()
{
	local group=$1

	shift
	new_key "$TMP/key"
	SPI=$((SPI + 1))
	gc_batch A <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $group dev core $*
		sa add group 7 spi $SPI dst $group dir out aead $GCM key file $TMP/key sid 1 bits 8
	END
	gc_batch r <<-END
		group flush
		group add 7
		policy add group 7 dst $group dev eth0
		sa add group 7 spi $SPI dst $group dir in aead $GCM key file $TMP/key sid-bits 8 replay sid
	END
}

too_big_messages()
{
	ns_exec h awk '$1 == "Icmp6InPktTooBigs" { print $2 }' /proc/net/snmp6
}

told_too_big()
{
	[ "$(too_big_messages)" -gt "$1" ]
}

# What a gateway may not cut: the sender of IPv6 learns, that of IPv4 cannot.
behind_a_gateway()
{
	local before words group=ff1e::2

	for words in 'df copy' 'df set'; do
		before=$(too_big_messages)
		gateway $group "$words"
		send_start h h -i eth0 -t 7 -s 1400 -n 0 -r 20 $group "$PORT"
		expect "gateway, IPv6, $words: Packet Too Big" wait_for told_too_big "$before"
		wait_for counted A out-packets 3
		send_stop h >/dev/null
		expect "gateway, IPv6, $words: counted" counted A out-too-big 1
		gc A stats reset
		recv_start r r -i eth0 "$PORT" $group
		recv_ready
		expect "gateway, IPv6, $words: the sender cuts" send h -i eth0 -t 7 -s 1400,1400,20 $group "$PORT"
		expect "gateway, IPv6, $words: and all arrives" recv_end r
		expect_counts "gateway, IPv6, $words: none too big" A out-too-big=0
		group=ff1e::3	# what the sender has learned it keeps
	done
	gateway 239.1.1.1 df copy
	send h -i eth0 -t 7 -d do -s 1418,1419 239.1.1.1 "$PORT" >/dev/null
	wait_for counted A out-too-big 1
	expect_counts "gateway, IPv4, df copy: only what fits" A out-packets=1 out-too-big=1
	for group in 239.1.1.1 ff1e::1; do
		for words in '' 'fragment before'; do
			gateway $group "$words"
			recv_start r r -i eth0 "$PORT" $group
			recv_ready
			send h -i eth0 -t 7 -s 0,1360..1480,4000 $group "$PORT" >/dev/null
			expect "gateway to $group, ${words:-fragment after}: all arrives" recv_end r
		done
	done
}

load_module
ns_add s a h A r
veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64
for mtu in 576 1280 1500 9000; do
	mtu_set $mtu
	walk_all $mtu IPv4 239.1.1.1 10.0.0.2 65507 65470
done
mtu_set 1500
# the kernel takes the addresses of IPv6 away below 1,280
ip -n "$(ns_name s)" addr add fd00::1/64 dev eth0 nodad
ip -n "$(ns_name a)" addr add fd00::2/64 dev eth0 nodad
for mtu in 1280 1500 9000; do
	mtu_set $mtu
	walk_all $mtu IPv6 ff15::1 fd00::2 65527 65490
done

mtu_set 1500
tells "IPv4, tunnel, df copy" 239.1.1.1 1418 1419 1446 df copy
tells "IPv4, tunnel, df set" 239.1.1.1 1418 1419 1446 df set
tells "IPv4, transport, df copy" 239.1.1.1 1438 1439 1466 df copy mode transport
tells "IPv6, tunnel, df copy" ff15::1 1378 1379 1426 df copy
tells "IPv6, transport, df copy" ff15::1 1418 1419 1466 df copy mode transport
mtu_set 1280
native_group ff15::1 df set
expect "IPv6, MTU 1280, df set: what a link must carry is cut" delivers s a ff15::1 -s 20,1180..1232

long_header

veth_pair h eth0 10.1.0.1/24,fd01::1/64 A lan 10.1.0.2/24,fd01::2/64
veth_pair A core 10.2.0.1/24,fd02::1/64 r eth0 10.2.0.2/24,fd02::2/64
ns_exec A sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
# the sender takes a router's word only where it has a route back
ip -n "$(ns_name h)" -6 route add default via fd01::2
route_multicast A lan,10.1.0.1,239.1.1.1,core lan,fd01::1,ff1e::1,core lan,fd01::1,ff1e::2,core \
	lan,fd01::1,ff1e::3,core
behind_a_gateway
