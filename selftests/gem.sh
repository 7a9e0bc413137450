#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# Udp groups: an EGM sends multicast by unicast ESP-in-UDP to DGMs, over a router
# that forwards no multicast.
#
#	s, l, E:lan0	the sender's LAN, l a member on it
#	E:wan - R - D1:wan D2:wan D3:wan
#	D1:lan0 - m1	and so on: the receivers' LANs

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=40
SPI=8192

# egm POLICY PEER...
egm()
{
	local policy=$1 peer

	shift
	new_key "$TMP/key"
	SPI=$((SPI + 1))
	{
		echo group flush
		echo stats reset
		echo group add 8 encap udp port 4500
		echo policy add group 8 dst "$group" "$policy" dir send
		for peer; do
			echo peer add group 8 to "$peer" port 4500
		done
		echo sa add group 8 spi $SPI dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8
	} | gc_batch E
}

# dgm NS WORDS [DST]
dgm()
{
	gc_batch "$1" <<-END
		group flush
		stats reset
		group add 8 encap udp port 4500
		policy add group 8 dst $group dir receive $2
		sa add group 8 spi $SPI ${3:+dst $3} dir in aead $GCM key file $TMP/key sid-bits 8 replay sid
	END
}

# What the router sees is ESP-in-UDP and no more.
router_capture_end()
{
	local seen

	capture_end router
	seen=$(grep -vc " proto=\(17 .* dport=4500 .* spi=\|1 \|58 \)\| ethertype=" "$TMP/router.list" || :)
	expect_eq "$1: the router saw only ESP-in-UDP" 0 "$seen"
	expect_eq "$1: one packet for each datagram and peer" "$2" \
		"$(frames router ' dport=4500 .* spi=')"
}

# sending_host DESC OUTER...: E sends itself, to the DGMs at OUTER
sending_host()
{
	local desc=$1 address i=0

	shift
	egm "dev lan0" "$@"
	recv_start l l -n 0 -i eth0 "$PORT" "$group"
	for address; do
		i=$((i + 1))
		dgm "D$i" "reinject tx dev lan0" "$address"
		recv_start "m$i" "m$i" -i eth0 "$PORT" "$group"
	done
	recv_ready
	capture_start router R west
	send E -i lan0 -n $N -s 0-1400 "$group" "$PORT" >/dev/null
	for i in $(seq $#); do
		expect "$desc: receiver $i" recv_end "m$i"
	done
	router_capture_end "$desc" $((N * $#))
	expect "$desc: nothing in the clear on the sender's LAN" recv_stop l
	expect_counts "$desc: encrypted once" E out-packets=$N
}

# arriving DESC OUTER...: s sends, and E takes it from its LAN
arriving()
{
	local desc=$1 address i=0

	shift
	egm "dev lan0" "$@"
	recv_start l l -i eth0 "$PORT" "$group"
	for address; do
		i=$((i + 1))
		dgm "D$i" "reinject tx dev lan0"
		recv_start "m$i" "m$i" -i eth0 "$PORT" "$group"
	done
	recv_ready
	capture_start router R west
	send s -i eth0 -n $N -s 0-1400 "$group" "$PORT" >/dev/null
	for i in $(seq $#); do
		expect "$desc: receiver $i" recv_end "m$i"
	done
	router_capture_end "$desc" $((N * $#))
	expect "$desc: the sender's LAN has its cleartext" recv_end l
	expect_counts "$desc: encrypted once" E out-packets=$N
}

# reinject_rx DESC OUTER: the DGM is itself the receiver
reinject_rx()
{
	egm "" "$2"
	dgm D1 "reinject rx dev lan0"
	recv_start d D1 -v -i lan0 "$PORT" "$group"
	recv_start m m1 -n 0 -i eth0 "$PORT" "$group"
	recv_ready
	send E -i lan0 -n $N -s 0-1400 "$group" "$PORT" >/dev/null
	expect "$1: received on the DGM" recv_end d
	expect "$1: not sent out" recv_stop m
}

# on_the_port BYTES: to the DGM's port, by printf
on_the_port()
{
	# shellcheck disable=SC2016
	ns_exec E bash -c 'printf "$0" >/dev/udp/10.2.0.11/4500' "$1"
}

noise()
{
	local desc="noise on the port"

	group=239.2.2.2
	egm "" 10.2.0.11
	dgm D1 "reinject tx dev lan0"
	recv_start m m1 -i eth0 "$PORT" "$group"
	recv_ready
	on_the_port '\xff'
	on_the_port '\0\0\0\0IKE says hello'
	expect_counts "$desc: keepalives and IKE are not ESP" D1 in-packets=0 in-no-sa=0 in-truncated=0
	on_the_port '\x00\x00\x12\x34\0\0\0\1abcdefghabcdefghabcdefghabcdefgh'
	wait_for counted D1 in-no-sa 1 || :
	expect_counts "$desc: an unknown SPI" D1 in-packets=0 in-no-sa=1
	send E -i lan0 -n $N "$group" "$PORT" >/dev/null
	expect "$desc: the group goes on" recv_end m
	expect_counts "$desc: all else was read" D1 in-packets=$N in-no-sa=1 in-bad-icv=0
}

many_peers()
{
	local desc="64 peers" i addresses=()

	group=239.2.2.2
	for i in $(seq 101 164); do
		addresses+=("10.2.0.$i")
	done
	printf 'address add %s/24 dev wan\n' "${addresses[@]}" | ip -n "$(ns_name D1)" -b -
	egm "" "${addresses[@]}"
	{
		echo group flush
		echo stats reset
		echo group add 8 encap udp port 4500
		echo policy add group 8 dst "$group" dir receive reinject tx dev lan0
		for i in "${addresses[@]}"; do
			echo sa add group 8 spi $SPI dst "$i" dir in aead "$GCM" key file "$TMP/key" \
				sid-bits 8 replay sid
		done
	} | gc_batch D1
	send E -i lan0 -n $N -r 100 "$group" "$PORT" >/dev/null
	wait_for counted D1 in-packets $((64 * N)) || :
	expect_counts "$desc: all copies came" D1 in-packets=$((64 * N)) in-replay=0 in-no-sa=0
	expect_counts "$desc: encrypted once" E out-packets=$N
	expect_eq "$desc: each had each" "64 $N" \
		"$(gc D1 -j -s sa show | jq -r '"\(length) \([.[].in_packets] | unique | join(" "))"')"
	expect_eq "$desc: as the EGM counts" "64 $N" \
		"$(gc E -j -s peer show | jq -r '"\(length) \([.[].out_packets] | unique | join(" "))"')"
}

load_module
ns_add s l E R D1 D2 D3 m1 m2 m3
lan_add LAN s:eth0:10.1.0.2/24:fd01::2/64 l:eth0:10.1.0.3/24:fd01::3/64 E:lan0:10.1.0.1/24:fd01::1/64
veth_pair E wan 10.4.0.1/24,fd04::1/64 R west 10.4.0.2/24,fd04::2/64
lan_add W R:east:10.2.0.1/24:fd02::1/64 D1:wan:10.2.0.11/24:fd02::11/64 \
	D2:wan:10.2.0.12/24:fd02::12/64 D3:wan:10.2.0.13/24:fd02::13/64
ip -n "$(ns_name E)" route add default via 10.4.0.2
ip -n "$(ns_name E)" -6 route add default via fd04::2
ns_exec R sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for i in 1 2 3; do
	veth_pair "D$i" lan0 "10.3.$i.1/24,fd03:$i::1/64" "m$i" eth0 "10.3.$i.2/24,fd03:$i::2/64"
	ip -n "$(ns_name "D$i")" route add default via 10.2.0.1
	ip -n "$(ns_name "D$i")" -6 route add default via fd02::1
done

for inner in IPv4 IPv6; do
	if [ $inner = IPv4 ]; then
		group=239.2.2.2
	else
		group=ff1e::2
	fi
	for outer in IPv4 IPv6; do
		if [ $outer = IPv4 ]; then
			set -- 10.2.0.11 10.2.0.12 10.2.0.13
		else
			set -- fd02::11 fd02::12 fd02::13
		fi
		name="$inner in $outer"
		sending_host "$name, an EGM that sends, 1 peer" "$1"
		arriving "$name, an EGM on a LAN, 3 peers" "$@"
		reinject_rx "$name, reinject rx" "$1"
	done
done
group=239.2.2.2
sending_host "IPv4 in IPv4, an EGM that sends, 3 peers" 10.2.0.11 10.2.0.12 10.2.0.13
noise
many_peers
