#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A sending host with members of its own: they get one copy in the clear if
# IP_MULTICAST_LOOP says so, the others one by ESP, and the host never reads its
# own ESP.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=50

configure()
{
	gc_batch "$1" <<-END
		group flush
		group add 7
		policy add group 7 dst $group dev eth0 mode $mode
		sa add group 7 spi $SPI dst $group dir both aead $GCM key file $TMP/key sid $2 bits 8 replay sid
	END
}

# the_case DESC LOOP JOINED
the_case()
{
	local desc=$1 loop=$2 joined=$3

	new_key "$TMP/key"
	SPI=$((SPI + 1))
	configure s 1
	configure a 2
	gc s stats reset
	recv_start a a -i eth0 "$PORT" "$group"
	case $loop$joined in
	11) recv_start local s -i eth0 "$PORT" "$group" ;;
	01) recv_start local s -n 0 -i eth0 "$PORT" "$group" ;;
	esac
	recv_ready
	expect "$desc: sent" send s -i eth0 -n $N -s 0-3000 -l "$loop" "$group" "$PORT"
	expect "$desc: one copy for the other host" recv_end a
	case $loop$joined in
	11) expect "$desc: one copy for the local member" recv_end local ;;
	01) expect "$desc: none for the local member" recv_stop local ;;
	esac
	expect_counts "$desc: ESP made, none read" s out-packets=$N in-packets=0 in-spoof=0
}

load_module
ns_add s a
veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64
SPI=4096
for group in 239.1.1.1 ff15::1; do
	for mode in tunnel transport; do
		the_case "$mode to $group, loop on, joined" 1 1
		the_case "$mode to $group, loop off, joined" 0 1
		the_case "$mode to $group, loop on, not joined" 1 0
		the_case "$mode to $group, loop off, not joined" 0 0
	done
done
