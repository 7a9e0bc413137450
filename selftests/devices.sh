#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# Members by interfaces of all kinds: VLAN, macvlan, an interface of a VRF, a
# bridge that br_netfilter looks into. On each the group is read, and cleartext
# for it that comes in from there is not believed.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

SPI=20480

# configure NS DIR DEV: for IPv4 and IPv6, key of the case
configure()
{
	gc_batch "$1" <<-END
		group flush
		stats reset
		group add 4
		group add 6
		policy add group 4 dst 239.1.1.1 dev $3
		policy add group 6 dst ff15::1 dev $3
		sa add group 4 spi $SPI dst 239.1.1.1 dir $2 aead $GCM key file $TMP/key4 $4
		sa add group 6 spi $SPI dst ff15::1 dir $2 aead $GCM key file $TMP/key6 $4
	END
}

# member DESC DEV-AT-S DEV-AT-A: what s sends by its interface a reads on its own
member()
{
	local desc=$1 group

	SPI=$((SPI + 1))
	new_key "$TMP/key4"
	new_key "$TMP/key6"
	configure s out "$2" 'sid 1 bits 8'
	configure a in "$3" 'sid-bits 8 replay sid'
	for group in 239.1.1.1 ff15::1; do
		recv_start a a -i "$3" "$PORT" $group
		recv_ready
		send s -i "$2" -s 0,20,1400,3000 $group "$PORT" >/dev/null
		expect "$desc, $group: received" recv_end a
	done
	expect_counts "$desc: encrypted and decrypted" s out-packets=8
	expect_counts "$desc: all read" a in-packets=8 in-spoof=0
	gc s group flush
	for group in 239.1.1.1 ff15::1; do
		recv_start a a -n 0 -i "$3" "$PORT" $group
		recv_ready
		send s -i "$2" -s 100,100 $group "$PORT" >/dev/null
		wait_for counted a in-spoof 2
		expect "$desc, $group: cleartext is no group's" recv_stop a
		gc a stats reset
	done
	gc a group flush
}

addresses()
{
	ip -n "$(ns_name "$1")" addr add "10.$3.0.$4/24" dev "$2"
	ip -n "$(ns_name "$1")" addr add "fd$3::$4/64" dev "$2" nodad
	ip -n "$(ns_name "$1")" link set "$2" up
}

# A host that bridges, and is a member; behind it another one, for whom it is none.
bridge()
{
	local ns group

	ns_add c
	ip -n "$(ns_name a)" link add br0 type bridge mcast_snooping 0
	ip -n "$(ns_name a)" link set eth0 master br0
	veth_pair a lan0 192.0.2.1/32 c eth0 10.4.0.3/24,fd04::3/64
	ip -n "$(ns_name a)" link set lan0 master br0
	addresses a br0 04 2
	addresses s eth0 04 1
	ns_exec a sysctl -q net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
	member "bridge" eth0 br0

	SPI=$((SPI + 1))
	new_key "$TMP/key4"
	new_key "$TMP/key6"
	configure s out eth0 'sid 1 bits 8'
	configure a in br0 'sid-bits 8 replay sid'
	configure c in eth0 'sid-bits 8 replay sid'
	capture_start lan c eth0
	for group in 239.1.1.1 ff15::1; do
		recv_start a a -i br0 "$PORT" $group
		recv_start c c -i eth0 "$PORT" $group
		recv_ready
		send s -i eth0 -s 0,20,1400,3000 $group "$PORT" >/dev/null
		expect "bridge, $group: the bridge itself" recv_end a
		expect "bridge, $group: and who is behind it" recv_end c
	done
	capture_end lan
	for group in 239.1.1.1 ff15::1; do
		expect "bridge: what it forwards is ESP, $group" only_esp lan $group
	done
}

for module in 8021q macvlan vrf bridge br_netfilter; do
	expect "there is $module" modprobe "$module"
done
load_module
ns_add s a
veth_pair s eth0 10.9.0.1/24 a eth0 10.9.0.2/24

for ns in s a; do
	ip -n "$(ns_name $ns)" link add eth0.7 link eth0 type vlan id 7
done
addresses s eth0.7 01 1
addresses a eth0.7 01 2
member "VLAN" eth0.7 eth0.7

ip -n "$(ns_name s)" link add mac0 link eth0 type macvlan mode bridge
ip -n "$(ns_name a)" link add mac0 link eth0 type macvlan mode bridge
addresses s mac0 02 1
addresses a mac0 02 2
member "macvlan" mac0 mac0
ip -n "$(ns_name s)" link del mac0
ip -n "$(ns_name a)" link del mac0

ip -n "$(ns_name a)" link add vrf1 type vrf table 10
ip -n "$(ns_name a)" link set vrf1 up
ip -n "$(ns_name a)" link set eth0.7 master vrf1
ip -n "$(ns_name a)" addr add fd01::2/64 dev eth0.7 nodad
ns_exec a sysctl -q net.ipv4.udp_l3mdev_accept=1
member "VRF" eth0.7 eth0.7

bridge
