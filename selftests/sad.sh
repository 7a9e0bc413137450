#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Inbound SAs that share one SPI: many, each of a destination or a source of its own,
# and a packet is opened by its own.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=1000 # SAs of one SPI

# family NAME: of the addresses that follow, those that send and others, and to where
family()
{
	name=$1
	case $1 in
	IPv4) prefix=239.7.0.0/16 own=(10.0.0.1 10.0.0.101) one=239.7.255.1 ;;
	IPv6) prefix=ff15::7:0/112 own=(fd00::1 fd00::101) one=ff15::7:ffff ;;
	esac
}

src()
{
	case $name in
	IPv4) echo "10.9.$(($1 / 256)).$(($1 % 256))" ;;
	IPv6) printf 'fd09::%x\n' "$1" ;;
	esac
}

# inbound SPI WORD...: an SA of r, for gemcast -b
inbound()
{
	echo "sa add group 7 spi $1 ${*:2} dir in aead $GCM key file $TMP/key sid-bits 8 replay sid"
}

# opens DESC SPI DST SOURCE SID [source]: what comes from there, by the SA of it, or of any
opens()
{
	local words="spi $2 dst $3 ${6:+src $4}"

	echo "sa add group 7 spi $2 dst $3 src $4 dir out aead $GCM key file $TMP/key sid $5 bits 8" |
		gc_batch s
	expect "$name, $1: sent" send s -i eth0 -b "$4" -n 3 "$3" "$PORT"
	wait_for counted r in-packets $((opened += 3)) || :
	# shellcheck disable=SC2086
	expect_eq "$name, $1: by its SA" 3 "$(gc r -j -s sa show $words | jq 'map(.in_packets) | add')"
}

destinations()
{
	local i

	for ((i = 1; i <= N; i++)); do
		inbound 4096 dst "$(nth_group $name $i)"
	done >"$TMP/many"
	expect "$name: an SPI of $N destinations" gc_batch r <"$TMP/many"
	opens "the first destination" 4096 "$(nth_group $name 1)" "${own[0]}" 1
	opens "the last destination" 4096 "$(nth_group $name $N)" "${own[0]}" 2
}

sources()
{
	local i

	for ((i = 1; i <= N; i++)); do
		inbound 4097 dst "$one" src "$(src $i)"
	done >"$TMP/many"
	inbound 4097 dst "$one" src "${own[1]}" >>"$TMP/many"
	expect "$name: an SPI of $N sources" gc_batch r <"$TMP/many"
	inbound 4097 dst "$one" | gc_batch r
	opens "a source" 4097 "$one" "${own[1]}" 3 source
	expect "$name, a source: that SA ends" gc r sa del spi 4097 dst "$one" src "${own[1]}"
	opens "any other source" 4097 "$one" "${own[0]}" 4
}

load_module
ns_add s r
veth_pair s eth0 10.0.0.1/24,fd00::1/64 r eth0 10.0.0.2/24,fd00::2/64
ip -n "$(ns_name s)" address add 10.0.0.101/24 dev eth0
ip -n "$(ns_name s)" address add fd00::101/64 dev eth0 nodad
opened=0
for name in IPv4 IPv6; do
	family $name
	new_key "$TMP/key"
	for ns in s r; do
		gc_batch $ns <<-END
			group flush
			group add 7
			policy add group 7 dst $prefix dev eth0
		END
	done
	destinations
	sources
done
