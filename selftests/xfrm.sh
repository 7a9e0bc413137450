#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Interoperation with Linux XFRM, in both directions: what gemcast sends XFRM
# reads, and the other way round. Multicast destinations, tunnel and transport
# mode, IPv4 and IPv6, every length of key and ICV, integrity alone, datagrams above
# the MTU; and
# ESP in UDP between two unicast addresses, with multicast inside.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# Up to what fits the MTU in each kind of packet, and above.
SIZES=0..3,19,100,1371..1380,1398..1402,1413..1418,1429..1434,1441..1446,1472,1473,4000,20000,64000
SPI_OUT=0x1001 SPI_IN=0x2001
aead=$GCM

# --- XFRM, in namespace x -----------------------------------------------------

# xfrm_state SRC DST SPI KEY [WORD...]
xfrm_state()
{
	local src=$1 dst=$2 spi=$3 key=$4

	shift 4
	echo "xfrm state add src $src dst $dst proto esp spi $spi reqid $((spi))" \
		"mode $mode replay-window 32 aead $aead 0x$(<"$key") $((icv * 8)) $*"
}

# xfrm_policy DIR SRC DST OUTER-SRC OUTER-DST SPI
xfrm_policy()
{
	echo "xfrm policy add src $2 dst $3 dir $1" \
		"tmpl src $4 dst $5 proto esp reqid $(($6)) mode $mode"
}

# xfrm_configure [WORD...]: it reads what comes from $peer to $group, and sends
# to $group; the words are for the states.
xfrm_configure()
{
	ns_exec x cat /proc/net/xfrm_stat >"$TMP/xfrm.before"
	{
		echo "xfrm state flush"
		echo "xfrm policy flush"
		xfrm_state "$outer_peer" "$outer_group" "$SPI_OUT" "$TMP/key.out" "$@"
		xfrm_policy in "$peer" "$group" "$outer_peer" "$outer_group" "$SPI_OUT"
		xfrm_state "$outer_own" "$outer_group_back" "$SPI_IN" "$TMP/key.in" "$@"
		xfrm_policy out "$own" "$group" "$outer_own" "$outer_group_back" "$SPI_IN"
	} | ip -n "$(ns_name x)" -batch -
}

# What XFRM complains of, since it was configured.
xfrm_errors()
{
	ns_exec x cat /proc/net/xfrm_stat >"$TMP/xfrm.now"
	diff "$TMP/xfrm.before" "$TMP/xfrm.now" | grep '^>'
}

# --- gemcast, in namespace g --------------------------------------------------

# gemcast_configure POLICY-WORD...
gemcast_configure()
{
	gc_batch g <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $group/$whole proto udp dev eth0 $*
		sa add group 7 spi $SPI_OUT dst $outer_group dir out aead $aead key file $TMP/key.out icv $icv sid 5 bits 8
		sa add group 7 spi $SPI_IN dst $outer_group_back dir in aead $aead key file $TMP/key.in icv $icv $replay
	END
}

# --- what is tested -----------------------------------------------------------

# Drop counters of gemcast that are not zero.
drops()
{
	gc g -j stats | jq -r '.[0] | del(.out_packets, .in_packets) |
		to_entries[] | select(.value > 0) | "\(.key)=\(.value)"' | xargs
}

new_keys()
{
	new_key "$TMP/key.out" "$bits"
	new_key "$TMP/key.in" "$bits"
}

# both_ways DESC: by the configuration that stands
both_ways()
{
	local desc=$1

	expect "$desc: gemcast to XFRM" \
		delivers g x "$group" -b "$peer" -l 0 -d dont -s "$SIZES"
	expect "$desc: XFRM to gemcast" \
		delivers x g "$group" -b "$own" -l 0 -d dont -s "$SIZES"
	expect_eq "$desc: neither dropped any" "" "$(drops)$(xfrm_errors)"
}

# --- the cases ----------------------------------------------------------------

# Outer addresses as gemcast preserves them: XFRM has them fixed in the SA.
preserved()
{
	outer_peer=$peer outer_group=$group outer_own=$own outer_group_back=$group
}

# Each mode with each ICV, each length of key with each of them.
native()
{
	preserved
	while read -r mode bits icv; do
		new_keys
		gemcast_configure mode "$mode"
		xfrm_configure
		both_ways "$family, $mode, $bits-bit key, ICV $icv"
	done <<-END
		transport 128 8
		transport 256 12
		transport 128 16
		tunnel 256 8
		tunnel 128 12
		tunnel 256 16
	END
}

# Integrity alone: RFC 4543 has no other ICV than this one.
integrity()
{
	aead=$GMAC icv=16
	preserved
	while read -r mode bits; do
		new_keys
		gemcast_configure mode "$mode"
		xfrm_configure
		both_ways "$family, integrity only, $mode, $bits-bit key"
	done <<-END
		transport 256
		tunnel 128
	END
	aead=$GCM
}

# other_outer DESC POLICY-WORD...
other_outer()
{
	local desc=$1

	shift
	new_keys
	gemcast_configure "$@"
	xfrm_configure
	both_ways "$family, $desc"
}

# ESP reaches XFRM only if its outer group was joined.
join_group()
{
	local option=-4

	[ "$family" = IPv4 ] || option=-6
	ip "$option" -n "$(ns_name x)" maddr show dev eth0 | grep -qw "$1" && return
	recv_start "joined.$1" x -n 0 -i eth0 9 "$1"
	recv_ready
}

unlike()
{
	bits=128 icv=16 mode=tunnel
	join_group "$remote"
	preserved
	outer_group=$remote outer_group_back=$remote
	other_outer "preserve src" preserve src remote "$remote"
	outer_peer=$local outer_group=$group outer_group_back=$group
	other_outer "preserve dst" preserve dst local "$local"
	outer_group=$remote outer_group_back=$remote
	other_outer "preserve none" preserve none local "$local" remote "$remote"
	outer_group=$own outer_group_back=$peer
	other_outer "preserve none, unicast outside" \
		preserve none local "$local" remote "$own"
}

replay_kinds()
{
	bits=256 icv=16 mode=tunnel
	preserved
	for replay in "replay none" "replay source window 4096"; do
		new_keys
		gemcast_configure
		xfrm_configure
		both_ways "$family, $replay"
	done
	replay="replay sa"
}

# ESP in UDP: gemcast the sending end and XFRM the receiving end of a tunnel, and
# the other way round.
udp()
{
	local encap="encap espinudp 4500 4500 ::"

	[ "$family" = IPv6 ] || encap="encap espinudp 4500 4500 0.0.0.0"
	mode=tunnel
	outer_peer=$peer outer_group=$own outer_own=$own outer_group_back=$peer
	while read -r bits icv; do
		new_keys
		gc_batch g <<-END
			group flush
			stats reset
			group add 8 encap udp port 4500
			policy add group 8 dst $group/$whole dev eth0 dir send
			policy add group 8 dst $group/$whole dir receive reinject rx dev eth0
			peer add group 8 to $own port 4500
			sa add group 8 spi $SPI_OUT dst $own dir out aead $aead key file $TMP/key.out icv $icv sid 5 bits 8
			sa add group 8 spi $SPI_IN dst $peer dir in aead $aead key file $TMP/key.in icv $icv
		END
		# shellcheck disable=SC2086
		xfrm_configure $encap
		both_ways "$family, ESP in UDP, $bits-bit key, ICV $icv"
	done <<-END
		128 8
		256 12
		256 16
	END
}

# Where XFRM gets ESP in UDP from.
hold_port()
{
	in_background espinudp x espinudp "$own" 4500
	wait_for said_ready espinudp
	running espinudp
}

for_family()
{
	if [ "$2" = 4 ]; then
		family=IPv4 whole=32 peer=10.0.0.1 own=10.0.0.2 group=239.1.1.1
		local=10.0.0.101 remote=239.2.2.2
	else
		family=IPv6 whole=128 peer=fd00::1 own=fd00::2 group=ff15::1
		local=fd00::101 remote=ff15::2
	fi
	"$1"
}

# On one CPU, so that nothing but us could change the order of datagrams.
taskset -p 1 $$ >/dev/null
load_module
ns_add g x
veth_pair g eth0 10.0.0.1/24,fd00::1/64 x eth0 10.0.0.2/24,fd00::2/64
ip -n "$(ns_name g)" addr add 10.0.0.101/24 dev eth0
ip -n "$(ns_name g)" addr add fd00::101/64 dev eth0 nodad
mac=$(ns_exec g cat /sys/class/net/eth0/address)
capture_start wire g eth0 "ether src $mac"
replay="replay sa"
for f in 4 6; do
	for_family native $f
	for_family integrity $f
	for_family unlike $f
	for_family hold_port $f
	for_family udp $f
	kill "${pid_of[espinudp]}"
done
for_family replay_kinds 4
capture_end wire
expect "gemcast sent ESP" [ "$(frames wire ' proto=50 ')" -gt 0 ]
expect_eq "gemcast sent nothing in the clear" 0 "$(frames wire " proto=17 .*dport=$PORT")"
