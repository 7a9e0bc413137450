#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Trains: what a batch's datagrams are when they come out of ESP where the interface has
# rx-udp-gro-forwarding or rx-gro-list on. Two senders, a member, and a gateway with a host behind it;
# then the same while interfaces, the module and namespaces go away.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=400		# datagrams of each sender
groups=(239.1.1.1 ff1e::1)

# trains off|on|listed: at the member and the gateway
trains()
{
	local ns forwarding=off list=off

	case $1 in
	on) forwarding=on ;;
	listed) list=on ;;
	esac
	for ns in a B; do
		ns_exec $ns ethtool -K eth0 rx-udp-gro-forwarding $forwarding rx-gro-list $list
	done >/dev/null
}

configure()
{
	local ns i sid

	SPI=$((SPI + 1))
	for ns in s t a B; do
		case $ns in
		s) sid='out sid 1 bits 8' ;;
		t) sid='out sid 2 bits 8' ;;
		*) sid='in sid-bits 8 replay sid' ;;
		esac
		{
			echo group flush
			for i in 0 1; do
				echo "group add $((i + 1))"
				echo "policy add group $((i + 1)) dst ${groups[i]} dev eth0"
				echo "sa add group $((i + 1)) spi $SPI dst ${groups[i]} dir $sid aead $GCM key file $TMP/key.$i"
			done
		} | gc_batch $ns
	done
}

new_keys()
{
	new_key "$TMP/key.0"
	new_key "$TMP/key.1"
	configure
}

merged()
{
	sed -n 's/^merged=//p' "$TMP/$1.all"
}

# arrives SIZES-OF-BATCHES SIZES-ONE-BY-ONE: of both senders, to all sockets of a and r
arrives()
{
	local name status=0 before

	rm -f "$TMP/pace"
	for name in a r; do
		recv_start $name.plain $name -c 2 -i eth0 -p "$TMP/pace" "$PORT" "$group"
		recv_start $name.gro $name -c 2 -g -i eth0 -p "$TMP/pace" "$PORT" "$group"
	done
	recv_ready
	before=$(delivered a "$group")
	send_start s s -i eth0 -t 8 -u 1 -n $N -g 20 -w 128 -s "$1" -p "$TMP/pace" "$group" "$PORT"
	send_start t t -i eth0 -t 8 -u 2 -n $N -w 128 -s "$2" -p "$TMP/pace" "$group" "$PORT"
	send_end s || status=1
	send_end t || status=1
	for name in a.plain a.gro r.plain r.gro; do
		if [ $status -eq 0 ]; then
			recv_end $name >"$TMP/$name.all" || status=1
		else
			recv_stop $name >"$TMP/$name.all" || :
		fi
		cat "$TMP/$name.all"
	done
	packets=$(($(delivered a "$group") - before))
	echo "IP delivered $packets packets"
	return $status
}

sizes()
{
	local long=3000

	# no router cuts IPv6
	[ "${group#*:}" = "$group" ] || long=1300
	expect "$1: batches, and others one by one" arrives 100,1000,21,64 100
	expect "$1: long, short and odd ones between" arrives 1300,1,700 "100,$long,0,64,1301,$long"
}

# each_family off|on|listed
each_family()
{
	for group in "${groups[@]}"; do
		trains "$1"
		sizes "$group, trains $1"
		case $1 in
		off) expect "$group: IP delivers each" [ "$packets" -ge $((2 * N)) ] ;;
		*) expect "$group, trains $1: IP has less to deliver" [ "$packets" -lt $((3 * N / 2)) ] ;;
		esac
		case $1 in
		on) expect "$group: a socket reads several at once" [ "$(merged a.gro)" -gt 0 ] ;;
		*) expect_eq "$group, trains $1: a socket reads one by one" 0 "$(merged a.gro)" ;;
		esac
		case $1 in
		off) expect_eq "$group: so does one behind the gateway" 0 "$(merged r.gro)" ;;
		*) expect "$group, trains $1: one behind the gateway reads several" [ "$(merged r.gro)" -gt 0 ] ;;
		esac
	done
}

traffic_start()
{
	recv_start a a -n 0 -i eth0 "$PORT" "${groups[@]}"
	recv_start r r -n 0 -i eth0 "$PORT" "${groups[@]}"
	recv_ready
	for group in "${groups[@]}"; do
		send_start "s.$group" s -i eth0 -t 8 -k -n 0 -r 600 -s 600 -g 20 -u 1 "$group" "$PORT"
		send_start "t.$group" t -i eth0 -t 8 -k -n 0 -r 300 -s 0-1300 -u 2 "$group" "$PORT"
	done
}

traffic_stop()
{
	local name damaged=0

	for group in "${groups[@]}"; do
		send_stop "s.$group" >/dev/null || :
		send_stop "t.$group" >/dev/null || :
	done
	for name in a r; do
		recv_stop $name >"$TMP/seen" || :
		damaged=$((damaged + $(grep -c '\(corrupt\|late\|duplicate\)=[1-9]' "$TMP/seen" || :)))
	done
	expect_eq "$1: nothing damaged" 0 $damaged
}

# Packets of both groups get to the member and to the gateway.
in_use()
{
	local ns

	for ns in a B; do
		[ "$(gc $ns -j -s sa show | jq '[.[] | select(.in_packets > 200)] | length')" -eq 2 ] || return
	done
}

namespaces()
{
	[ "$(netns_count)" -le "$1" ]
}

gone()
{
	local round

	for round in 1 2 3; do
		new_keys
		wait_for in_use
		ip -n "$(ns_name a)" link set eth0 down
		ip -n "$(ns_name B)" link set eth0 down
		ip -n "$(ns_name a)" link set eth0 up
		ip -n "$(ns_name B)" link set eth0 up
		new_keys
		wait_for in_use
		gc a group flush
		gc B group flush
		new_keys
		wait_for in_use
		expect "the module goes with trains on their way, $round" rmmod gemcast
		load_module
	done
}

build()
{
	ns_add s t a B r
	lan_add L s:eth0:10.0.0.1/24:fd00::1/64 t:eth0:10.0.0.4/24:fd00::4/64 \
		a:eth0:10.0.0.2/24:fd00::2/64 B:eth0:10.0.0.3/24:fd00::3/64
	veth_pair B lan 10.1.0.1/24,fd01::1/64 r eth0 10.1.0.2/24,fd01::2/64
	ns_exec B sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	route_multicast B eth0,10.0.0.1,239.1.1.1,lan eth0,10.0.0.4,239.1.1.1,lan \
		eth0,fd00::1,ff1e::1,lan eth0,fd00::4,ff1e::1,lan
	new_keys
}

expect "there is a program ethtool" command -v ethtool
expect "there is a program smcrouted" command -v smcrouted
load_module
keep_patched
build
each_family off
each_family listed
each_family on

traffic_start
gone
traffic_stop "interfaces, groups and modules gone and come"

new_keys
traffic_start
wait_for in_use
left=$(($(netns_count) - 1))
ip netns del "$(ns_name a)"
in_background_kill a
expect "a namespace goes with trains on their way" wait_for namespaces $left
