#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How long one flow takes over two gateways whose group is parallel, and not, by turns; no
# faster than it is received. It is run in a guest, by scripts/bench.sh, and prints for
# each payload medians of ROUNDS, datagrams a second, and of what each round gained by it:
#
#	cpus CPUS payload BYTES off RATE on RATE times MEDIAN (LOWEST to HIGHEST)
#
# The time is that of the emulation on a host that has other things to do as well.

. "$(dirname "$0")/../lib.sh"
. "$SELFTESTS/traffic.sh"
GATEWAY_CASES='' GROUP=239.1.1.1
. "$SELFTESTS/bench/gateway.sh"

ROUNDS=${ROUNDS:-5}
PACKETS=${PACKETS:-20000}
PAYLOADS=${PAYLOADS:-64 1400}

# one_flow BYTES: how many a second
one_flow()
{
	local pace=$TMP/pace.$((streams += 1)) began

	recv_start r Rx -i eth0 -p "$pace" "$PORT" $GROUP
	recv_ready
	began=${EPOCHREALTIME/./}
	send Sx -i eth0 -t 8 -p "$pace" -w 500 -n "$PACKETS" -s "$1" $GROUP "$PORT" >/dev/null
	recv_end r >/dev/null
	echo $((PACKETS * 1000000 / (${EPOCHREALTIME/./} - began)))
}

median()
{
	sort -n "$1" | sed -n "$((ROUNDS / 2 + 1))p"
}

# The gain of each round: what is on a line of both files
gains()
{
	paste "$TMP/off" "$TMP/on" | awk '{ printf "%.2f\n", $2 / $1 }' | sort -n >"$TMP/gains"
	echo "$(median "$TMP/gains") ($(head -n 1 "$TMP/gains") to $(tail -n 1 "$TMP/gains"))"
}

load_module
core_x() { core_gemcast "$1"; }
gateways_up x
for payload in $PAYLOADS; do
	rm -f "$TMP"/{on,off}
	for ((round = 0; round <= ROUNDS; round++)); do
		for way in off on; do
			for ns in Ax Bx; do
				gc $ns group replace 7 parallel $way
			done
			one_flow "$payload" >"$TMP/figure"
			[ $round -eq 0 ] || cat "$TMP/figure" >>"$TMP/$way"
		done
	done
	echo "cpus $(nproc) payload $payload off $(median "$TMP/off") on $(median "$TMP/on") times $(gains)"
done
