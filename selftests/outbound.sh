#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which SA a group sends by, that has SAs for several destinations and sources: the newest
# that is activated of those for the packet's, whatever became of the others.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=300 # destinations

dst()
{
	echo "239.7.$(($1 / 256)).$(($1 % 256))"
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
	expect "$1: sent" send s -i eth0 -b "${4:-10.0.0.1}" -n 2 "$3" "$PORT"
	expect_eq "$1: by its SA" $((before + 2)) "$(sa_count s "$2" out-packets)"
}

# refused DESC DST
refused()
{
	expect_fail "$1" send s -i eth0 -b 10.0.0.1 -n 1 "$2" "$PORT"
	expect_counts "$1: counted" s out-no-sa=1
	gc s stats reset
}

many()
{
	local i

	(umask 077 && od -An -v -tx1 -w20 -N $((20 * N)) /dev/urandom | tr -d ' ' >"$TMP/keys")
	for ((i = 1; i <= N; i++)); do
		echo "sa add group 7 spi $((10000 + i)) dst $(dst $i) dir out aead $GCM key fd 5 sid 1 bits 8"
	done | gc_batch s 5<"$TMP/keys"
	for i in 1 2 $((N / 2)) $N; do
		by "destination $i of $N" $((10000 + i)) "$(dst $i)"
	done
	refused "one more has none" "$(dst $((N + 1)))"
}

rolls()
{
	local dst

	dst=$(dst 2)
	add 20000 "$dst" activate 3600000
	by "the next one is not activated" 10002 "$dst"
	add 20001 "$dst"
	by "a newer one" 20001 "$dst"
	add 20002 "$(dst 3)"
	by "a newer one for another destination" 20001 "$dst"
	by "and that" 20002 "$(dst 3)"
	gc s sa del spi 20001
	by "the newest is gone" 10002 "$dst"
	gc s sa del spi 10002
	refused "all are" "$dst"
	by "others stay" $((10000 + N)) "$(dst $N)"
}

sources()
{
	local dst

	dst=$(dst 4)
	add 30000 "$dst" src 10.0.0.101
	add 30002 "$(dst 6)"
	by "of a source" 30000 "$dst" 10.0.0.101
	by "of any other" 10004 "$dst"
	add 30001 "$dst"
	by "a newer one for any source" 30001 "$dst" 10.0.0.101
	gc s sa del spi 30001
	gc s sa del spi 10004
	by "the source's alone" 30000 "$dst" 10.0.0.101
	refused "no other's" "$dst"
}

replaced()
{
	local dst

	dst=$(dst 5)
	new_key "$TMP/key"
	gc s sa replace group 7 spi 10005 dst "$dst" dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8
	by "replaced" 10005 "$dst"
	gc s sa flush
	refused "flushed" "$dst"
}

load_module
ns_add s r
veth_pair s eth0 10.0.0.1/24 r eth0 10.0.0.2/24
ip -n "$(ns_name s)" address add 10.0.0.101/24 dev eth0
gc_batch s <<-END
	group add 7
	policy add group 7 dst 239.7.0.0/16 dev eth0
END
many
rolls
sources
replaced
