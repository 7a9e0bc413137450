#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DSCP and ECN of a tunnel: what the outer header takes over of the packet's, and
# the packet of the outer header's, as policy says (RFC 2983, RFC 6040).

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=10	# datagrams of each case
TOS=0x2a	# DSCP 10, ECT(0)

# the_case DESC WIRE RECEIVED PROTO: datagrams with these in the headers
the_case()
{
	capture_start wire s eth0
	recv_start a a -v -n $N -i eth0 "$PORT" "$group"
	recv_ready
	send s -i eth0 -n $N -q $TOS "$group" "$PORT" >/dev/null
	expect "$family, $1: all came" recv_end a
	cp "$TMP/a.out" "$TMP/a.all"
	capture_end wire
	expect_eq "$family, $1: outside $2" $N "$(frames wire " proto=$4 .* tos=$2 .* spi=$(printf 0x%08x "$SPI") ")"
	expect_eq "$family, $1: received with $3" $N "$(grep -c "^datagram .* tos=$3$" "$TMP/a.all")"
}

cases()
{
	native_group "$group"
	the_case "by default" 0x2a 0x2a 50
	native_group "$group" dscp 46
	the_case "dscp 46" 0xba 0x2a 50
	native_group "$group" dscp 0
	the_case "dscp 0" 0x02 0x2a 50
	native_group "$group" ecn clear
	the_case "ecn clear" 0x28 0x2a 50
	native_group "$group" dscp 46 ecn clear
	the_case "dscp 46 ecn clear" 0xb8 0x2a 50
	native_group "$group" decap-dscp outer
	the_case "decap-dscp outer" 0x2a 0x2a 50
	native_group "$group" dscp 46 decap-dscp outer
	the_case "dscp 46 decap-dscp outer" 0xba 0xba 50
	native_group "$group" mode transport
	the_case "transport mode" 0x2a 0x2a 50
	udp_group "$group" "$peer" dscp 46
	the_case "ESP-in-UDP, dscp 46" 0xba 0x2a 17
	udp_group "$group" "$peer" dscp 46 decap-dscp outer
	the_case "ESP-in-UDP, dscp 46 decap-dscp outer" 0xba 0xba 17
}

# marked RULE: a congested router on the way, that is, one that marks what it reads
marked()
{
	native_group "$group"
	ns_exec a nft -f - <<-END
		table netdev way {
			chain in {
				type filter hook ingress device eth0 priority 0
				$1 ecn set ce
			}
		}
	END
	recv_start a a -v -n $N -i eth0 "$PORT" "$group"
	recv_ready
	send s -i eth0 -n $N -q $TOS "$group" "$PORT" >/dev/null
	expect "$family, congestion on the way: all came" recv_end a
	expect_eq "$family, congestion on the way: the receiver knows" $N \
		"$(grep -c '^datagram .* tos=0x2b$' "$TMP/a.out")"

	# who cannot be told by a mark is told by a loss
	gc a stats reset
	send s -i eth0 -n $N -q 0x28 "$group" "$PORT" >/dev/null
	wait_for counted a in-ecn $N
	pass "$family, congestion on the way: without ECN it is dropped"
	ns_exec a nft delete table netdev way
}

load_module
expect "there is a program nft" command -v nft
ns_add s a
veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64

family=IPv4 group=239.1.1.1 peer=10.0.0.2
cases
marked "ip protocol esp ip"
family=IPv6 group=ff15::1 peer=fd00::2
cases
marked "ip6 nexthdr esp ip6"
