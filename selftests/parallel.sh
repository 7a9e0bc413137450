#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Parallel groups at gateways: two senders, gateway A, core, gateway B, receiver. What
# each sent arrives once and in its order, worked on by all CPUs.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=2000 # datagrams of each sender
AHEAD=250 # of the receiver; two of these are less than a lane holds

# native GROUP REPLAY
native()
{
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	gc_batch A <<-END
		group flush
		stats reset
		group add 7 parallel on
		policy add group 7 dst $1 dev core
		sa add group 7 spi $SPI dst $1 dir out aead $GCM key file $TMP/key sid 9 bits 16
	END
	gc_batch B <<-END
		group flush
		stats reset
		group add 7 parallel on
		policy add group 7 dst $1 dev core
		sa add group 7 spi $SPI dst $1 dir in aead $GCM key file $TMP/key sid-bits 16 replay $2
	END
}

# udp GROUP PEER
udp()
{
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	gc_batch A <<-END
		group flush
		stats reset
		group add 7 encap udp parallel on
		policy add group 7 dst $1 dev lan dir send
		peer add group 7 to $2
		sa add group 7 spi $SPI dir out aead $GCM key file $TMP/key sid 9 bits 16
	END
	gc_batch B <<-END
		group flush
		stats reset
		group add 7 encap udp parallel on
		policy add group 7 dst $1 dir receive reinject tx dev lan
		sa add group 7 spi $SPI dir in aead $GCM key file $TMP/key sid-bits 16 replay sid
	END
	# of what waits for an address little is kept
	expect "A finds $2" ns_exec A busybox ping -c 1 -W 10 "$2"
}

# shared NS PACKETS: so many were worked on, and each CPU had some
shared()
{
	gc "$1" -s -j group show 7 |
		jq -e --argjson n "$2" --argjson cpus "$(nproc)" '.[0] |
			.parallel_packets == $n and .parallel_cpus == $cpus and
			($cpus == 1 or .parallel_busiest < $n)'
}

# passes DESC GROUP ARG...
passes()
{
	local desc=$1 group=$2

	shift 2
	expect "$desc: all arrives, each once, in order" delivers_both "s1 s2" r "$group" -t 5 "$@"
	expect_counts "$desc: ESP made" A out-packets=$((2 * N)) out-queue-full=0
	expect_counts "$desc: ESP read" B in-packets=$((2 * N)) in-replay=0 in-queue-full=0 in-spoof=0
	expect "$desc: by all CPUs of A" shared A $((2 * N))
	expect "$desc: by all CPUs of B" shared B $((2 * N))
}

in=() out=()
load_module
ns_add s1 s2 A B r
lan_add L s1:eth0:10.1.0.1/24:fd01::1/64 s2:eth0:10.1.0.2/24:fd01::2/64 A:lan:10.1.0.3/24:fd01::3/64
lan_add C A:core:10.2.0.1/24:fd02::1/64 B:core:10.2.0.2/24:fd02::2/64
veth_pair B lan 10.3.0.1/24,fd03::1/64 r eth0 10.3.0.2/24,fd03::2/64
for ns in A B; do
	ns_exec $ns sysctl -q net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
for source in 10.1.0.1,239.1.1.1 10.1.0.2,239.1.1.1 fd01::1,ff1e::1 fd01::2,ff1e::1; do
	in+=("lan,$source,core") out+=("core,$source,lan")
done
route_multicast A "${in[@]}"
route_multicast B "${out[@]}"

SPI=4096
for group in 239.1.1.1 ff1e::1; do
	for replay in sid source; do
		native $group $replay
		passes "$group, replay $replay" $group -n $N -s 0-1400
	done
done
udp 239.2.2.2 10.2.0.2
passes "239.2.2.2 by UDP over IPv4" 239.2.2.2 -n $N -s 0-1300
udp ff1e::2 10.2.0.2
passes "ff1e::2 by UDP over IPv4" ff1e::2 -n $N -s 0-1300
udp 239.2.2.2 fd02::2
passes "239.2.2.2 by UDP over IPv6" 239.2.2.2 -n $N -s 0-1300
