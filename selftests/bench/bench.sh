#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a packet costs by gemcast and by its peers, by turns in one run: a line for each
# measurement, in the order in which the plugin counts them, which report.py puts together
# with what it counted.
#
#	row PART CASE LOAD PAYLOAD ROUND WANTED RECEIVED
#
# Round 0 is to warm up. LOAD is pktgen; udp, one datagram a call; or gso, SEGMENTS of them
# a call. RECEIVED is "refused" if the kernel does not take such a call. And a line for
# each thing that is to be known of the machine:
#
#	crypto ALGORITHM DRIVER PRIORITY	what the kernel has
#	driver CASE DRIVER			what is used
#	memory OBJECT COUNT BYTES		what so many objects take
#
# It is run in a guest, by scripts/bench.sh, whose variables PARTS, PAYLOADS... it takes.

. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/traffic.sh"

PARTS=${PARTS-gateway aead}
ROUNDS=${ROUNDS:-3}
PACKETS=${PACKETS:-2000}
PAYLOADS=${PAYLOADS:-64 512 1400}

# shellcheck disable=SC2034
SEGMENTS=25 GROUP=239.1.1.1 RX_PACKETS=/sys/class/net/eth0/statistics/rx_packets \
	NETSTAT=/proc/net/netstat

# load_counted NS COUNTER-FILE NS-OF-SENDER ARG...
load_counted()
{
	ns_exec "$1" bash -c 'exec 3<"$1"; exec ip netns exec "$2" load -c 3 "${@:3}"' - \
		"$2" "$(ns_name "$3")" -n "$PACKETS" "${@:4}"
}

# measure PART CASE LOAD PAYLOAD ROUND WANTED COMMAND...
measure()
{
	local received

	received=$("${@:7}")
	echo "row $1 $2 $3 $4 $5 $6 $received"
}

pktgen_set()
{
	ns_exec "$1" bash -c 'echo "$2" >"/proc/net/pktgen/$1"' - "$2" "$3"
}

# The AEAD alone, of the text that a tunnel's ESP packet has: IP, UDP, payload, trailer.
aead_up()
{
	:
}

aead_cost()
{
	insmod "$AEAD_COST_KO" size="$1" count="$PACKETS"
	rmmod aead_cost
	echo "$PACKETS"
}

aead_round()
{
	measure aead raw both "$1" "$2" "$PACKETS" aead_cost $((($1 + 28 + 2 + 3) / 4 * 4))
}

crypto_drivers()
{
	awk '$1 == "name" { name = $3 } $1 == "driver" { driver = $3 }
		$1 == "priority" && name ~ /gcm\(aes\)|chacha/ { print "crypto", name, driver, $3 }' \
		/proc/crypto | sort -u
}

. "$(dirname "$0")/gateway.sh"

load_module
for part in $PARTS; do
	"${part}_up"
done
for ((round = 0; round <= ROUNDS; round++)); do
	for payload in $PAYLOADS; do
		for part in $PARTS; do
			"${part}_round" "$payload" $round
		done
	done
done
crypto_drivers
[ -z "${SYMBOLS-}" ] || grep -E ' [tTwW] ' /proc/kallsyms | sort | sed 's/^/symbol /'
