#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bench.sh [-o DIRECTORY] [-t SECONDS] [-d]
# bench.sh [-o DIRECTORY] [-t SECONDS] -p CASE
#
# Count what a packet costs by gemcast, XFRM, MACsec and WireGuard, in a guest with the
# stock kernel 6.1, and hold it against the goals. The result is tables, and in DIRECTORY
# (default: build/TREE/bench in the cache) bench.json, bench.md, bench.svg, a chart, and
# bench.log. The status is 0 only if no packet was lost, gemcast has the fast driver, what
# the peers cost is what it was, and all goals are met.
#
#	-t	time for the guest, default 3600
#	-d	tables and chart go into Documentation, too
#	-p	only print where the instructions of a case go, with the first of PAYLOADS: over
#		gateways, by GATEWAY_LOADS (pktgen); with PARTS=host from host to host, by
#		HOST_LOADS (udp); or, of BESIDE_CASES, by the last of BESIDE_LOADS
#
# For a quick run, these variables say what to measure:
#
#	PARTS="beside gateway host aead growth"; or "parallel" alone, see below
#	PAYLOADS="64 512 1400"	bytes
#	ROUNDS=3		how often, after one to warm up
#	PACKETS=10000		in each measurement
#	BESIDE_CASES="without loaded hooks policies chains"
#	BESIDE_LOADS="multicast unicast"
#	GATEWAY_CASES="plain gemcast xfrm xfrm-link xfrm-unicast macsec wireguard"; also parallel
#	GATEWAY_LOADS="pktgen udp gso"
#	HOST_CASES="plain gemcast xfrm macsec"
#	HOST_LOADS="udp gso gro member"
#	GROWTH_OBJECTS="1 1000 100000" GROWTH_SENDERS="1 16 4096" GROWTH_PEERS="1 8 64"
#	GROWTH_MEMORY=10000	objects made to see what they take
#	CPUS="1 2 4"		of the guests of PARTS=parallel, whose ROUNDS are 5
#
# PARTS=parallel counts nothing: selftests/bench/parallel.sh takes the time of one flow over
# gateways, with parallel off and on, in guests of so many CPUs.

set -eu

. "$(dirname "$0")/paths.sh"
directory=$build/bench limit=3600 document='' profile=''
while getopts o:t:dp: option; do
	case $option in
	o) directory=$OPTARG ;;
	t) limit=$OPTARG ;;
	d) document=1 ;;
	p) profile=$OPTARG ;;
	*) sed -n 's/^# \(bench.sh .*\)/usage: \1/p' "$0" >&2; exit 2 ;;
	esac
done

ko=$("$tree/scripts/module.sh" 6.1)
aead_cost=$("$tree/scripts/module.sh" -m selftests/bench/aead_cost 6.1)
hook_cost=$("$tree/scripts/module.sh" -m selftests/bench/hook_cost 6.1)
make -s -C "$tree/userspace" all >&2
output=$build/selftests
mkdir -p "$output/bench" "$directory"
make -s -C "$tree/selftests" OUTPUT="$output" all >&2
make -s -C "$tree/selftests/bench" OUTPUT="$output/bench" >&2
directory=$(cd "$directory" && pwd -P)

names='PARTS PAYLOADS ROUNDS PACKETS BESIDE_CASES BESIDE_LOADS GATEWAY_CASES GATEWAY_LOADS HOST_CASES HOST_LOADS
	GROWTH_OBJECTS GROWTH_SENDERS GROWTH_PEERS GROWTH_MEMORY SYMBOLS'
guest=("$tree/selftests/guest/boot.sh" -t "$limit"
	-e "GEMCAST_KO=$ko"
	-e "LD_LIBRARY_PATH=$tree/userspace/lib"
	-e "PATH=$tree/userspace/gemcast:$output/tools:$output/bench:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")

# measure PLUGIN-ARGUMENTS LOG
measure()
{
	local name counting log=$2

	counting=(-x -m -x 3G -x -icount -x shift=0 -x -plugin -x "$output/bench/icount.so,$1"
		-e "AEAD_COST_KO=$aead_cost"
		-e "HOOK_COST_KO=$hook_cost")
	for name in $names; do
		[ -z "${!name+set}" ] || counting+=(-e "$name=${!name}")
	done
	if ! (cd "$tree/selftests" && GEMCAST_ACCEL=tcg "${guest[@]}" "${counting[@]}" ./bench/bench.sh) >"$log"; then
		grep -Ev '^(row|crypto|symbol) ' "$log" | tail -n 40 >&2
		echo "bench: the guest failed; its log: $log" >&2
		exit 1
	fi
}

if [ -n "$profile" ]; then
	PARTS=${PARTS:-gateway} SYMBOLS=1 ROUNDS=1 PACKETS=${PACKETS:-10000}
	GATEWAY_LOADS=${GATEWAY_LOADS:-pktgen} HOST_LOADS=${HOST_LOADS:-udp}
	PAYLOADS=${PAYLOADS:-64} PAYLOADS=${PAYLOADS%% *}
	before=plain
	case $profile in
	loaded | hooks | policies | chains) PARTS=beside before=without ;;
	esac
	for name in $before "$profile"; do
		GATEWAY_CASES=$name HOST_CASES=$name BESIDE_CASES=$name
		measure "out=$directory/counts,profile=$directory/profile.$name" \
			"$directory/log.$name"
	done
	exec python3 "$tree/selftests/bench/profile.py" "$directory" $before "$profile" "$PACKETS"
fi

if [ "${PARTS-}" = parallel ]; then
	for cpus in ${CPUS-1 2 4}; do
		(cd "$tree/selftests" && "${guest[@]}" -c "$cpus" ${ROUNDS:+-e "ROUNDS=$ROUNDS"} \
			${PACKETS:+-e "PACKETS=$PACKETS"} ${PAYLOADS:+-e "PAYLOADS=$PAYLOADS"} \
			./bench/parallel.sh) | tee "$directory/parallel.$cpus" | grep -E '^(cpus|not ok) '
	done
	exit
fi

# Growth, which no other case is compared with, has a guest of its own at the same time:
# counts of instructions do not mind.
parts=() guests=()
for part in ${PARTS-beside gateway host aead growth}; do
	case $part in
	growth) guests+=(growth) ;;
	*) parts+=("$part") ;;
	esac
done
[ ${#parts[@]} -eq 0 ] || guests+=("${parts[*]}")
rm -f "$directory"/{counts,log,bench}.*
running=() failed=''
for guest_parts in "${guests[@]}"; do
	n=${#running[@]}
	PARTS=$guest_parts measure "out=$directory/counts.$n" "$directory/log.$n" &
	running+=($!)
done
for n in "${!running[@]}"; do
	wait "${running[n]}" || failed=1
done
[ -z "$failed" ] || exit 1
cat "$directory"/counts.* >"$directory/bench.counts"
cat "$directory"/log.* >"$directory/bench.log"
status=0
python3 "$tree/selftests/bench/report.py" "$directory" || status=$?
if [ -n "$document" ]; then
	cp "$directory/bench.svg" "$tree/Documentation/performance.svg"
	sed -i -e '/^<!-- begin/,/^<!-- end/{//!d}' -e "/^<!-- begin/r $directory/bench.md" \
		"$tree/Documentation/performance.md"
fi
exit "$status"
