#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=1800
#
# What a packet costs before 1, 1,000 and 100,000 policies, by turns in one run: time
# for each packet sent, and its ratio to that with one policy in the same round, as
# median and quartiles. Run by name only; there is nothing to fail.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

ROUNDS=15
PACKETS=20000

adds()
{
	seq 1 "$1" | awk '{ printf "policy add dst 239.%d.%d.%d action bypass\n", 1 + $1 / 65536, $1 / 256 % 256, $1 % 256 }'
}

# Sets took to nanoseconds for each packet.
time_of()
{
	local began=${EPOCHREALTIME/./}

	send "n$1" -i eth0 -l 0 -n $PACKETS 239.1.0.1 "$PORT" >/dev/null
	took=$(((${EPOCHREALTIME/./} - began) * 1000 / PACKETS))
}

# Of numbers, one a line: median and quartiles.
spread()
{
	sort -n | awk '{ x[NR] = $1 } END { printf "%g (%g to %g)", x[int((NR + 1) / 2)], x[int((NR + 3) / 4)], x[int((3 * NR + 1) / 4)] }'
}

load_module
for n in 1 1000 100000; do
	ns_add "n$n"
	ip -n "$(ns_name "n$n")" link add eth0 type dummy
	if_up "n$n" eth0 10.0.0.1/24 fd00::1/64
	expect "$n policies" gc_batch "n$n" < <(adds "$n")
	time_of "$n"
done
for ((i = 0; i < ROUNDS; i++)); do
	for n in 1 1000 100000; do
		time_of "$n"
		echo "$took" >>"$TMP/time.$n"
		[ "$n" -ne 1 ] || first=$took
		echo $((took * 1000 / first)) >>"$TMP/ratio.$n"
	done
done
for n in 1 1000 100000; do
	diag "$n policies: $(spread <"$TMP/time.$n") ns for a packet, $(spread <"$TMP/ratio.$n") thousandths of one policy's"
done
