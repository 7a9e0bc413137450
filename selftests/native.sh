#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Native multicast: tunnel mode with every kind of address preservation and
# transport mode, over IPv4 and IPv6, with each length of key and ICV. A sender,
# two members and an outsider share a LAN.
#
# Each case is a sender number and an SPI of its own: so one pair of receivers and
# one capture serve them all, and are looked at in the end.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=20	# datagrams of each case

# configure NS DIR WORD...: policy and SA of the case in hand
configure()
{
	local ns=$1 dir=$2

	shift 2
	gc_batch "$ns" <<-END
		group flush
		group add 7
		policy add group 7 dst $group/$whole proto udp dev eth0 $policy
		sa add group 7 spi $spi dst $outer_dst dir $dir aead $GCM key file $TMP/key icv $icv $*
	END
}

# the_case DESC: send, and wait until it is there; what came is looked at later
the_case()
{
	local desc=$1

	id=$((id + 1))
	spi=$(printf '0x%08x' $((first + id)))
	new_key "$TMP/key" "$bits"
	configure s out sid 3 bits 8
	configure a in sid-bits 8 replay sid
	configure b in sid-bits 8 replay sid
	echo "$id|$spi|$outer_src|$outer_dst|$desc" >>"$TMP/cases"
	send s -i eth0 -b "$source" -u $id -n $N -s 20-1200 -S $id -t 5 -q 0x28 "$group" "$PORT" >/dev/null
	mcast await -w 15 "$TMP/pace.a" $id $N || :
	if [ "$outer_dst" != "$unicast" ]; then
		mcast await -w 15 "$TMP/pace.b" $id $N || :
	fi
}

matrix()
{
	local name

	for bits in 128 256; do
		for icv in 8 12 16; do
			name="$family, $bits-bit key, ICV $icv"
			outer_src=$source outer_dst=$group
			policy="mode transport"
			the_case "$name, transport"
			policy="mode tunnel"
			the_case "$name, tunnel"
			outer_src=$source outer_dst=$remote
			policy="preserve src remote $remote"
			the_case "$name, tunnel preserving src, remote multicast"
			outer_src=$local outer_dst=$group
			policy="preserve dst local $local"
			the_case "$name, tunnel preserving dst"
			outer_src=$local outer_dst=$remote
			policy="preserve none local $local remote $remote"
			the_case "$name, tunnel preserving none, remote multicast"
			outer_src=$source outer_dst=$unicast
			policy="preserve src remote $unicast"
			the_case "$name, tunnel preserving src, remote unicast"
			outer_src=$local outer_dst=$unicast
			policy="preserve none local $local remote $unicast"
			the_case "$name, tunnel preserving none, remote unicast"
		done
	done
}

# member NAME ID: how many came whole, by the inner header they were sent with
member()
{
	if grep -q '^sender=.* \(late\|duplicate\|corrupt\)=[1-9]' "$TMP/$1.out"; then
		echo faults
	else
		grep -c "^datagram sender=$2 .* source=$source group=$group dev=eth0 ttl=5 tos=0x28$" \
			"$TMP/$1.out" || :
	fi
}

cases()
{
	local id spi outer_src outer_dst desc b

	while IFS='|' read -r id spi outer_src outer_dst desc; do
		b=$N
		[ "$outer_dst" != "$unicast" ] || b=0
		expect_eq "$desc: members" "$N $b" "$(member a "$id") $(member b "$id")"
		expect_eq "$desc: on the wire" $N "$(frames wire \
			" proto=50 src=$outer_src dst=$outer_dst ttl=5 tos=0x28 .* frag=0 .* spi=$spi ")"
	done <"$TMP/cases"
}

# on_lan FAMILY: all cases of a family
on_lan()
{
	rm -f "$TMP/pace."* "$TMP/cases"
	id=0
	recv_start a a -v -n 0 -p "$TMP/pace.a" -i eth0 "$PORT" "$group"
	recv_start b b -v -n 0 -p "$TMP/pace.b" -i eth0 "$PORT" "$group"
	recv_start outsider o -n 0 -i eth0 "$PORT" "$group" "$remote"
	recv_ready
	capture_start wire s eth0
	capture_start outside o eth0

	matrix

	in_background_kill a
	in_background_kill b
	expect "$family: the outsider could read nothing" recv_stop outsider
	capture_end wire
	capture_end outside
	cases
	expect "$family: the outsider saw only ESP to the group" only_esp outside "$group"
	expect "$family: and to the other one" only_esp outside "$remote"
	expect_eq "$family: nothing but ESP left the sender" 0 "$(frames wire ' proto=17 ')"
}

load_module
ns_add s a b o
lan_add lan s:eth0:10.0.0.1/24:fd00::1/64 a:eth0:10.0.0.2/24:fd00::2/64 \
	b:eth0:10.0.0.3/24:fd00::3/64 o:eth0:10.0.0.4/24:fd00::4/64
ip -n "$(ns_name s)" addr add 10.0.0.101/24 dev eth0
ip -n "$(ns_name s)" addr add fd00::101/64 dev eth0 nodad
# what waits for a neighbour's address may be overtaken by what does not
for address in 10.0.0.2 fd00::2; do
	ip -n "$(ns_name s)" neigh add "$address" dev eth0 nud permanent \
		lladdr "$(ns_exec a cat /sys/class/net/eth0/address)"
done

family=IPv4 whole=32 source=10.0.0.1 group=239.1.1.1 first=4096
local=10.0.0.101 remote=239.2.2.2 unicast=10.0.0.2
on_lan
family=IPv6 whole=128 source=fd00::1 group=ff15::1 first=8192
local=fd00::101 remote=ff15::2 unicast=fd00::2
on_lan
