# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The way over gateways: S - A - B - R, a network of its own for each case; to be sourced
# by bench.sh.

GATEWAY_CASES=${GATEWAY_CASES-plain gemcast xfrm xfrm-link xfrm-unicast macsec wireguard}
GATEWAY_LOADS=${GATEWAY_LOADS-pktgen udp gso}

# The core between A and B, and what protects it, for each case.
core_plain()
{
	core=core
}

core_gemcast()
{
	core=core
	new_key "$TMP/key.$1"
	for ns in "A$1" "B$1"; do
		dir=in
		[ "$ns" = "B$1" ] || dir='out sid 1 bits 8'
		gc_batch "$ns" <<-END
			group add 7
			policy add group 7 dst $GROUP dev core
			sa add group 7 spi 4096 dst $GROUP dir $dir aead $GCM key file $TMP/key.$1
		END
	done
}

# The same in lanes; of one CPU it shows what they cost.
core_parallel()
{
	core_gemcast "$1"
	for ns in "A$1" "B$1"; do
		gc "$ns" group replace 7 parallel on
	done
}

# What is forwarded by multicast meets the policy as if by 0.0.0.0 and without ports.
xfrm_tunnel()
{
	local case=$1 to=$2 key ns dir

	core=core
	key=0x$(od -An -v -tx1 -N 20 /dev/urandom | tr -d ' \n')
	for ns in "A$case" "B$case"; do
		ip -n "$(ns_name "$ns")" xfrm state add src 10.2.0.1 dst "$to" proto esp \
			spi 0x1000 reqid 1 mode tunnel replay-window 64 \
			aead 'rfc4106(gcm(aes))' "$key" 128
		dir=out
		[ "$ns" = "A$case" ] || dir=fwd
		ip -n "$(ns_name "$ns")" xfrm policy add dst $GROUP dir $dir \
			tmpl src 10.2.0.1 dst "$to" proto esp reqid 1 mode tunnel
	done
}

# xfrm_group CASE GROUP: the tunnel goes to all that joined, as gemcast's does
xfrm_group()
{
	ip -n "$(ns_name "A$1")" route add "$2" dev core
	ip -n "$(ns_name "B$1")" address add "$2/32" dev core autojoin
	xfrm_tunnel "$@"
}

core_xfrm()
{
	xfrm_group "$1" 239.2.2.2
}

# A router does not look for a route of these.
core_xfrm-link()
{
	xfrm_group "$1" 224.0.0.200
}

core_xfrm-unicast()
{
	xfrm_tunnel "$1" 10.2.0.2
}

core_macsec()
{
	core=sec
	macsec_between "A$1" "B$1" core
}

# Packets that wait for that are few, the others are dropped.
shook_hands()
{
	[ "$(ns_exec "$1" wg show wg latest-handshakes | cut -f 2)" -gt 0 ]
}

core_wireguard()
{
	local ns other at

	core=wg
	for ns in "A$1" "B$1"; do
		(umask 077 && wg genkey >"$TMP/$ns.wg")
	done
	for ns in "A$1" "B$1"; do
		other=A at=10.2.0.1
		[ "$ns" = "B$1" ] || other=B at=10.2.0.2
		ip -n "$(ns_name "$ns")" link add wg type wireguard
		ns_exec "$ns" wg set wg listen-port 51820 private-key "$TMP/$ns.wg" \
			peer "$(wg pubkey <"$TMP/$other$1.wg")" allowed-ips 0.0.0.0/0 \
			endpoint "$at:51820" persistent-keepalive 25
		# all that IPv4 leaves of 1,500: 1,400 bytes are not to be cut
		ip -n "$(ns_name "$ns")" link set wg up mtu 1440 multicast on
	done
	wait_for shook_hands "A$1"
}

# What comes out of a batch may go on as one, where the interface is told so.
trains()
{
	ns_exec "B$1" ethtool -K core rx-udp-gro-forwarding "$2"
}

# neighbour NS DEV ADDRESS NS-OF-NEIGHBOUR ITS-DEV
neighbour()
{
	ip -n "$(ns_name "$1")" neigh replace "$3" dev "$2" nud permanent \
		lladdr "$(ns_exec "$4" cat "/sys/class/net/$5/address")"
}

gateways_up()
{
	local case=$1 ns

	ns_add "S$case" "A$case" "B$case" "R$case"
	veth_pair "S$case" eth0 10.1.0.2/24 "A$case" lan 10.1.0.1/24
	veth_pair "A$case" core 10.2.0.1/24 "B$case" core 10.2.0.2/24
	veth_pair "B$case" lan 10.3.0.1/24 "R$case" eth0 10.3.0.2/24
	for ns in "A$case" "B$case"; do
		ns_exec "$ns" sysctl -q net.ipv4.ip_forward=1
	done
	# what waits for an address to be resolved may be dropped
	neighbour "A$case" core 10.2.0.2 "B$case" core
	neighbour "B$case" core 10.2.0.1 "A$case" core
	"core_$case" "$case"
	route_multicast "A$case" "lan,10.1.0.2,$GROUP,$core"
	route_multicast "B$case" "$core,10.1.0.2,$GROUP,lan"
}

pktgen_up()
{
	local ns=S$1 word

	pktgen_set "$ns" kpktgend_0 'add_device eth0'
	for word in 'clone_skb 0' 'delay 0' "dst $GROUP" 'src_min 10.1.0.2' 'src_max 10.1.0.2' \
		    'dst_mac 01:00:5e:01:01:01' 'udp_dst_min 5000' 'udp_dst_max 5000' \
		    'udp_src_min 5000' 'udp_src_max 5000'; do
		pktgen_set "$ns" eth0 "$word"
	done
}

gateway_up()
{
	local case

	modprobe -a pktgen macsec wireguard
	for case in $GATEWAY_CASES; do
		gateways_up "$case"
		pktgen_up "$case"
	done
}

gateway_run()
{
	local case load=$1 payload=$2 round=$3 ns

	for case in $GATEWAY_CASES; do
		ns=S$case
		case $load in
		pktgen)
			pktgen_set "$ns" eth0 "pkt_size $((payload + 42))"
			pktgen_set "$ns" eth0 "count $PACKETS"
			set -- "$RX_PACKETS" -p
			;;
		udp) set -- "$NETSTAT" -i eth0 -g $GROUP -l "$payload" ;;
		gso)
			trains "$case" on
			set -- "$NETSTAT" -i eth0 -g $GROUP -l "$payload" -s $SEGMENTS
			;;
		esac
		# its queue holds 1,024 packets, and its workers wait for the CPU
		[ "$case" != wireguard ] || set -- "$@" -b 500
		measure gateway "$case" "$load" "$payload" "$round" "$PACKETS" \
			load_counted "R$case" "$1" "$ns" "${@:2}"
		trains "$case" off
	done
}

gateway_round()
{
	local load

	for load in $GATEWAY_LOADS; do
		gateway_run "$load" "$1" "$2"
	done
}
