#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which SA a group sends by, that has SAs for several destinations and sources: the newest
# that is activated of those for the packet's, whatever became of the others.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=300 # destinations

# family NAME: of the addresses that follow
family()
{
	name=$1
	case $1 in
	IPv4) destinations=239.7.0.0/16 source=10.0.0.1 other=10.0.0.101 ;;
	IPv6) destinations=ff15::7:0/112 source=fd00::1 other=fd00::101 ;;
	esac
}

# add SPI DST WORD...
add()
{
	new_key "$TMP/key"
	gc s sa add group 7 spi "$1" dst "$2" dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8 "${@:3}"
}

# by DESC SPI DST [SOURCE]: that is the one which is sent by
by()
{
	local before

	before=$(sa_count s "$2" out-packets)
	expect "$name, $1: sent" send s -i eth0 -b "${4:-$source}" -n 2 "$3" "$PORT"
	expect_eq "$name, $1: by its SA" $((before + 2)) "$(sa_count s "$2" out-packets)"
}

# refused DESC DST
refused()
{
	expect_fail "$name, $1" send s -i eth0 -b "$source" -n 1 "$2" "$PORT"
	expect_counts "$name, $1: counted" s out-no-sa=1
	gc s stats reset
}

many()
{
	local i

	(umask 077 && od -An -v -tx1 -w20 -N $((20 * N)) /dev/urandom | tr -d ' ' >"$TMP/keys")
	for ((i = 1; i <= N; i++)); do
		echo "sa add group 7 spi $((10000 + i)) dst $(nth_group $name $i) dir out aead $GCM key fd 5 sid 1 bits 8"
	done | gc_batch s 5<"$TMP/keys"
	for i in 1 2 $((N / 2)) $N; do
		by "destination $i of $N" $((10000 + i)) "$(nth_group $name $i)"
	done
	refused "one more has none" "$(nth_group $name $((N + 1)))"
}

rolls()
{
	local dst

	dst=$(nth_group $name 2)
	add 20000 "$dst" activate 3600000
	by "the next one is not activated" 10002 "$dst"
	add 20001 "$dst"
	by "a newer one" 20001 "$dst"
	add 20002 "$(nth_group $name 3)"
	by "a newer one for another destination" 20001 "$dst"
	by "and that" 20002 "$(nth_group $name 3)"
	gc s sa del spi 20001
	by "the newest is gone" 10002 "$dst"
	gc s sa del spi 10002
	refused "all are" "$dst"
	by "others stay" $((10000 + N)) "$(nth_group $name $N)"
}

sources()
{
	local dst

	dst=$(nth_group $name 4)
	add 30000 "$dst" src "$other"
	add 30002 "$(nth_group $name 6)"
	by "of a source" 30000 "$dst" "$other"
	by "of any other" 10004 "$dst"
	add 30001 "$dst"
	by "a newer one for any source" 30001 "$dst" "$other"
	gc s sa del spi 30001
	gc s sa del spi 10004
	by "the source's alone" 30000 "$dst" "$other"
	refused "no other's" "$dst"
}

replaced()
{
	local dst

	dst=$(nth_group $name 5)
	new_key "$TMP/key"
	gc s sa replace group 7 spi 10005 dst "$dst" dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8
	by "replaced" 10005 "$dst"
	gc s sa flush
	refused "flushed" "$dst"
}

load_module
ns_add s r
veth_pair s eth0 10.0.0.1/24,fd00::1/64 r eth0 10.0.0.2/24,fd00::2/64
ip -n "$(ns_name s)" address add 10.0.0.101/24 dev eth0
ip -n "$(ns_name s)" address add fd00::101/64 dev eth0 nodad
echo group add 7 | gc_batch s
for name in IPv4 IPv6; do
	family $name
	echo "policy add group 7 dst $destinations dev eth0" | gc_batch s
	many
	rolls
	sources
	replaced
done
