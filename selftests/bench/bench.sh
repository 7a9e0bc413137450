#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a packet costs by gemcast and by its peers, by turns in one run: a line for each
# measurement, in the order in which the plugin counts them, which report.py puts together
# with what it counted.
#
#	row PART CASE LOAD PAYLOAD ROUND WANTED RECEIVED
#
# Round 0 is to warm up. LOAD is pktgen; udp, one datagram a call; gso, SEGMENTS of them a call;
# gro, as gso, and they are read with UDP_GRO; or member, as udp, and the sender's host has a
# member, too. RECEIVED is "refused" if the kernel does not take such a call. And a line for
# each thing that is to be known of the machine:
#
#	crypto ALGORITHM DRIVER PRIORITY	what the kernel has
#	driver CASE DRIVER			what is used
#	memory OBJECT COUNT BYTES		what so many objects take
#
# It is run in a guest, by scripts/bench.sh, whose variables PARTS, PAYLOADS... it takes.

. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/traffic.sh"

PARTS=${PARTS-beside gateway host aead growth}
ROUNDS=${ROUNDS:-3}
PACKETS=${PACKETS:-10000}
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

# pktgen waits for its last packet by looking, and keeps ksoftirqd from it at times, unless
# that goes before it. WireGuard's workers would not get packets by the dozen then.
ksoftirqd_first()
{
	case "$*" in
	*' wireguard '*) chrt -o -p 0 "$ksoftirqd" ;;
	'beside '* | *' pktgen') chrt -f -p 1 "$ksoftirqd" ;;
	*) chrt -o -p 0 "$ksoftirqd" ;;
	esac
}

# measure PART CASE LOAD PAYLOAD ROUND WANTED COMMAND...
measure()
{
	local received

	ksoftirqd_first "$1" "$2" "$3"
	received=$("${@:7}")
	echo "row $1 $2 $3 $4 $5 $6 $received"
}

pktgen_set()
{
	ns_exec "$1" bash -c 'echo "$2" >"/proc/net/pktgen/$1"' - "$2" "$3"
}

# macsec_between NS NS DEV: a device sec on DEV of both
macsec_between()
{
	local key ns other mac

	key=$(od -An -v -tx1 -N 16 /dev/urandom | tr -d ' \n')
	for ns in "$1" "$2"; do
		other=$1
		[ "$ns" = "$2" ] || other=$2
		mac=$(ns_exec "$other" cat "/sys/class/net/$3/address")
		ip -n "$(ns_name "$ns")" link add link "$3" sec type macsec port 1 encrypt on
		ns_exec "$ns" ip macsec add sec tx sa 0 pn 1 on key 01 "$key"
		ns_exec "$ns" ip macsec add sec rx port 1 address "$mac"
		ns_exec "$ns" ip macsec add sec rx port 1 address "$mac" sa 0 pn 1 on key 01 "$key"
		ip -n "$(ns_name "$ns")" link set sec up
	done
}

# The AEAD alone, of the text that a tunnel's ESP packet has: IP, UDP, payload, trailer.
aead_up()
{
	:
}

aead_cost()
{
	insmod "$AEAD_COST_KO" size="$1" count="$PACKETS"
	echo "driver raw $(</sys/module/aead_cost/parameters/driver)" >"$TMP/driver.raw"
	rmmod aead_cost
	echo "$PACKETS"
}

aead_round()
{
	measure aead raw both "$1" "$2" "$PACKETS" aead_cost $((($1 + 28 + 2 + 3) / 4 * 4))
}

# What the kernel has, what gemcast took of it, and what its peers ask for by name.
crypto_drivers()
{
	local name

	awk '$1 == "name" { name = $3 } $1 == "driver" { driver = $3 }
		$1 == "priority" && name ~ /gcm\(aes\)|chacha/ { print "crypto", name, driver, $3 }' \
		/proc/crypto | sort -u >"$TMP/crypto"
	cat "$TMP/crypto" "$TMP"/driver.* 2>/dev/null || :
	new_key "$TMP/key.crypto"
	ns_add crypto
	gc crypto group add 1
	gc crypto sa add group 1 spi 4096 dst $GROUP dir in aead "$GCM" key file "$TMP/key.crypto"
	echo "driver gemcast $(gc crypto -j sa show | jq -r '.[].driver')"
	for name in 'xfrm rfc4106(gcm(aes))' 'macsec gcm(aes)'; do
		echo "driver ${name% *} $(grep -F "crypto ${name#* } " "$TMP/crypto" |
			sort -k 4n | tail -n 1 | cut -d ' ' -f 3)"
	done
}

for part in gateway host beside growth; do
	. "$SELFTESTS/bench/$part.sh"
done

ksoftirqd=$(pgrep -x ksoftirqd/0)

# What goes by turns is made first; beside has the module come and go.
turns=()
for part in $PARTS; do
	case $part in
	beside) beside_all ;;
	growth) ;;
	*) turns+=("$part") ;;
	esac
done
load_module
# What a load before this one sent could be as new as that: the first second has no IVs.
sleep 1
for part in "${turns[@]}"; do
	"${part}_up"
done
for ((round = 0; round <= ROUNDS; round++)); do
	for payload in $PAYLOADS; do
		for part in "${turns[@]}"; do
			"${part}_round" "$payload" $round
		done
	done
done
case " $PARTS " in
*' growth '*) growth_all ;;
esac
crypto_drivers
echo "kernel $(uname -r)"
[ -z "${SYMBOLS-}" ] || grep -E ' [tTwW] ' /proc/kallsyms | sort | sed 's/^/symbol /'
