#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bidirectional reliable multicast (RFC 5374 A.2): one key and SPI for what a
# sender multicasts, with anti-replay, and for what its receivers, one of them
# behind a gateway, send back to an address that the sender has for it, without.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

SPI=4096

# receiver NS SID DEV: a receiver, or the gateway of some
receiver()
{
	gc_batch "$1" <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $group/$whole proto udp dev $3 dir receive
		policy add group 7 dst $repair/$whole dev $3 dir send
		sa add group 7 spi $SPI dst $group dir in aead $GCM key file $TMP/key sid-bits 8 replay sid
		sa add group 7 spi $SPI dst $repair dir out aead $GCM key file $TMP/key sid $2 bits 8
	END
}

sender()
{
	gc_batch s <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $group/$whole proto udp dev eth0 dir send
		policy add group 7 dst $repair/$whole dev eth0 dir receive
		sa add group 7 spi $SPI dst $group dir out aead $GCM key file $TMP/key sid 1 bits 8
		sa add group 7 spi $SPI dst $repair dir in aead $GCM key file $TMP/key sid-bits 8 replay $1
	END
}

configure()
{
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	sender "$1"
	receiver a 2 eth0
	receiver b 3 eth0
	receiver G 4 core
}

# repairs ADDRESS: what a, b, and g behind its gateway send there
repairs()
{
	local to=$1 ns status=0

	rm -f "$TMP/pace"
	recv_start s s -c 3 -p "$TMP/pace" -i eth0 "$PORT" "$to"
	recv_ready
	for ns in a b g; do
		send_start "from.$ns" $ns -i eth0 -p "$TMP/pace" -n 100 -s 0-1200 "$to" "$PORT"
	done
	for ns in a b g; do
		send_end "from.$ns" || status=1
	done
	recv_end s || status=1
	return $status
}

# tcp FROM TO: a million bytes, and what answers in the clear
tcp()
{
	ns_exec "$2" timeout 60 python3 - "$repair" <<-'END' >"$TMP/tcp" &
		import socket, sys
		s = socket.create_server((sys.argv[1], 5001), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET)
		print("READY", flush=True)
		c = s.accept()[0]
		n = 0
		while (data := c.recv(65536)):
		    n += len(data)
		c.sendall(b"%d" % n)
	END
	wait_for grep -q READY "$TMP/tcp"
	ns_exec "$1" timeout 60 python3 - "$repair" <<-'END'
		import socket, sys
		s = socket.create_connection((sys.argv[1], 5001))
		s.sendall(bytes(1000000))
		s.shutdown(socket.SHUT_WR)
		sys.exit(s.recv(100) != b"1000000")
	END
	wait $!
}

# both_ways: in the clear nothing but what is not the group's
both_ways()
{
	configure none
	capture_start wire s eth0
	expect "$family: what the sender multicasts" delivers s "a b g" "$group" \
		-b "$plain" -n 100 -s 0-1200 -t 7
	expect "$family: what three receivers send back by the same key" repairs "$repair"
	capture_end wire
	expect "$family: multicast only as ESP" only_esp wire "$group"
	expect "$family: and what comes back" only_esp wire "$repair"
	expect_eq "$family: by one SPI" 0 \
		"$(grep ' proto=50 ' "$TMP/wire.list" | grep -vc " spi=$(printf 0x%08x $SPI) ")"
	expect_counts "$family: counted at the sender" s out-packets=100 in-packets=300 in-replay=0
	expect_counts "$family: and at a receiver" a out-packets=100 in-packets=100 in-replay=0

	capture_start wire s eth0
	expect "$family: another address of the sender is not the group's" repairs "$plain"
	capture_end wire
	expect_eq "$family: that went in the clear" 300 "$(frames wire " proto=17 .* dst=$plain ")"
	expect "$family: TCP, in batches" tcp a s
}

refused()
{
	gc s stats reset
	recv_start s s -n 0 -i eth0 "$PORT" "$repair"
	recv_ready
	send o -i eth0 -n 10 "$repair" "$PORT" >/dev/null
	wait_for counted s in-spoof 10
	expect "$family: cleartext from the network is not for the sender" recv_stop s

	# numbers that all three use: one window for all of them is no use
	configure sa
	recv_start s s -n 0 -i eth0 "$PORT" "$repair"
	recv_ready
	send a -i eth0 -n 10 "$repair" "$PORT" >/dev/null
	wait_for counted s in-packets 10
	send b -i eth0 -n 10 "$repair" "$PORT" >/dev/null
	wait_for counted s in-replay 10
	recv_stop s >/dev/null || :
	pass "$family: with anti-replay the second receiver's are dropped"

	gc a sa del group 7 spi $SPI dst "$repair"
	capture_start closed a eth0
	send a -i eth0 -k -n 10 "$repair" "$PORT" >/dev/null || :
	capture_end closed
	expect_eq "$family: without an SA nothing goes back" 0 "$(frames closed " dst=$repair ")"
	expect_counts "$family: counted" a out-no-sa=10

	recv_start s s -i eth0 "$PORT" "$repair"
	recv_ready
	send s -n 10 "$repair" "$PORT" >/dev/null
	expect "$family: what stays on the host is nobody's concern" recv_end s
}

long()
{
	configure none
	gc G policy replace group 7 dst "$repair/$whole" dev core dir send df copy
	expect "$family: a datagram longer than the MTU" delivers_back a "-s 4000"
	ns_exec g timeout 60 python3 - "$repair" <<-'END' >"$TMP/mtu"
		import socket, struct, sys
		v6 = ":" in sys.argv[1]
		s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
		level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
		s.setsockopt(level, 23 if v6 else 10, 2)	# MTU_DISCOVER, DO
		s.connect((sys.argv[1], 5000))
		s.settimeout(30)
		s.send(bytes(1440 if v6 else 1460))
		try:
		    s.recv(1)
		except OSError as e:
		    pass
		print(s.getsockopt(level, 24 if v6 else 14))
	END
	expect_eq "$family: a gateway tells how much its tunnel leaves" "$room" "$(cat "$TMP/mtu")"
}

# delivers_back NS ARGS
delivers_back()
{
	recv_start s s -i eth0 "$PORT" "$repair"
	recv_ready
	# shellcheck disable=SC2086
	send "$1" -i eth0 -n 3 $2 "$repair" "$PORT" || return
	recv_end s
}

load_module
expect "there is a program smcrouted" command -v smcrouted
ns_add s a b o G g
lan_add lan s:eth0:10.0.0.1/24:fd00::1/64 a:eth0:10.0.0.2/24:fd00::2/64 \
	b:eth0:10.0.0.3/24:fd00::3/64 o:eth0:10.0.0.4/24:fd00::4/64 G:core:10.0.0.5/24:fd00::5/64
veth_pair G lan 10.1.0.1/24,fd01::1/64 g eth0 10.1.0.2/24,fd01::2/64
ns_exec G sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip -n "$(ns_name g)" route add default via 10.1.0.1
ip -n "$(ns_name g)" route add default via fd01::1
for ns in s a b o; do
	ip -n "$(ns_name $ns)" route add 10.1.0.0/24 via 10.0.0.5
	ip -n "$(ns_name $ns)" route add fd01::/64 via fd00::5
done
ip -n "$(ns_name s)" addr add 10.0.0.100/24 dev eth0
ip -n "$(ns_name s)" addr add fd00::100/64 dev eth0 nodad
route_multicast G core,10.0.0.1,239.1.1.1,lan core,fd00::1,ff1e::1,lan

expect_fail -e 'neither multicast .* nor one host' "no prefix of unicast addresses" \
	gc s policy add dst 10.0.0.0/24 action bypass
expect_fail -e 'not the address of a host' "no broadcast" \
	gc s policy add dst 255.255.255.255/32 action bypass
gc s group add 8 encap udp
expect_fail -e 'udp group carries multicast alone' "not in a udp group" \
	gc s policy add group 8 dst 10.0.0.100/32
gc s group del 8

family=IPv4 whole=32 group=239.1.1.1 repair=10.0.0.100 plain=10.0.0.1 room=1446
both_ways
refused
long
family=IPv6 whole=128 group=ff1e::1 repair=fd00::100 plain=fd00::1 room=1426
both_ways
refused
long
