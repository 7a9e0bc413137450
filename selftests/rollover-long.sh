#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=3600
#
# Rollovers without end, $ROLLOVERS of them (1,000): three senders, of which each
# gateway has one behind it, two gateways, which both encrypt and decrypt, and four
# receivers. Each SA takes over from the one before it while all send. No datagram is
# lost, none comes twice, none is on the core in the clear.
#
#	s1, r1 - lan - A - core - B - lan - s2, r2;  s3, r3, r4 on the core

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

ROLLOVERS=${ROLLOVERS:-1000}
BLOCK=20	# SAs that are installed at once
STEP=100	# milliseconds from one to the next
GROUP=239.1.1.1
MEMBERS=(r3 r4 A B s3)
SENDERS=(A B s3)
declare -A sid=([A]=1 [B]=2 [s3]=3)

# mroutes NS SOURCE-BEHIND OTHER-SOURCE...
mroutes()
{
	local ns=$1 own=$2 source

	shift 2
	{
		echo "phyint lan enable"
		echo "phyint core enable"
		echo "mroute from lan source $own group $GROUP to core"
		for source; do
			echo "mroute from core source $source group $GROUP to lan"
		done
	} >"$TMP/$ns.conf"
	in_background "smcroute.$ns" "$ns" smcrouted -n -N -t 0 -f "$TMP/$ns.conf" \
		-P "$TMP/$ns.pid" -u "$TMP/$ns.sock"
	wait_for routed "$ns"
}

routed()
{
	[ "$(ip -n "$(ns_name "$1")" mroute show table all | grep -c "$GROUP.*resolved")" -eq 3 ]
}

# $first to $last: keys that were never used, without a process for each
new_keys()
{
	local spi=$first bytes

	while read -r bytes; do
		(umask 077 && echo "${bytes// /}" >"$TMP/key.$spi")
		spi=$((spi + 1))
	done < <(od -An -v -tx1 -w20 -N $((20 * (last - first + 1))) /dev/urandom)
}

# commands NS: the SAs from $first to $last, which take over from $lead on. Each goes
# when its successor was there for as long; the last one's will come with the block
# behind the next.
commands()
{
	local ns=$1 spi at words

	[ "$last_of_old" -eq 0 ] || echo "sa flush spi $last_of_old"
	for ((spi = first; spi <= last; spi++)); do
		at=$((lead + STEP * (spi - first)))
		words=('dir in sid-bits 8')
		if [ -n "${sid[$ns]-}" ]; then
			printf -v words 'dir both sid %d bits 8 activate %d.%03d' "${sid[$ns]}" \
				$((at / 1000)) $((at % 1000))
		fi
		if [ $spi -ne $last ]; then
			at=$((at + STEP + 2 * lead))
			printf -v 'words[1]' 'deactivate %d.%03d' $((at / 1000)) $((at % 1000))
		fi
		echo "sa add group 7 spi $spi dst $GROUP aead $GCM key file $TMP/key.$spi replay sid window 256" \
			"${words[*]}"
	done
}

milliseconds()
{
	echo $((${EPOCHREALTIME/./} / 1000))
}

# All members have a block of SAs before any sender uses the first of it.
install()
{
	local ns began took

	new_keys
	for ns in "${MEMBERS[@]}"; do
		commands "$ns" >"$TMP/commands.$ns"
	done
	began=$(milliseconds)
	for ns in "${MEMBERS[@]}"; do
		gc_batch "$ns" <"$TMP/commands.$ns"
	done
	took=$(($(milliseconds) - began))
	if [ $took -ge $lead ]; then
		fail "SAs are installed before they are used" "$took ms, not $lead"
	fi
	# how fast this machine is now
	lead=$((2 * took + 1000))
}

rolled_over()
{
	local ns

	for ns in "${SENDERS[@]}"; do
		gc "$ns" -s group show 7 | grep -q "current-spi $(printf 0x%08x "$last")" || return
	done
}

load_module
expect "there is a program smcrouted" command -v smcrouted
ns_add s1 r1 A s2 r2 B s3 r3 r4
lan_add core A:core:10.2.0.1/24: B:core:10.2.0.2/24: s3:eth0:10.2.0.3/24: \
	r3:eth0:10.2.0.4/24: r4:eth0:10.2.0.5/24:
lan_add lanA s1:eth0:10.1.0.1/24: r1:eth0:10.1.0.2/24: A:lan:10.1.0.254/24:
lan_add lanB s2:eth0:10.3.0.1/24: r2:eth0:10.3.0.2/24: B:lan:10.3.0.254/24:
for ns in A B; do
	ns_exec $ns sysctl -q net.ipv4.ip_forward=1
done
mroutes A 10.1.0.1 10.2.0.3 10.3.0.1
mroutes B 10.3.0.1 10.2.0.3 10.1.0.1
for ns in "${MEMBERS[@]}"; do
	dev=eth0
	[ -z "${ns#[AB]}" ] && dev=core
	gc_batch "$ns" <<-END
		group add 7
		policy add group 7 dst $GROUP dev $dev
	END
done
for ns in "${SENDERS[@]}"; do
	monitor_start "monitor.$ns" "$ns" sa policy
done

# the first SA takes over from none
first=4096 last=4096 last_of_old=0 lead=0
new_keys
for ns in "${MEMBERS[@]}"; do
	commands "$ns" >"$TMP/commands.$ns"
	gc_batch "$ns" <"$TMP/commands.$ns"
done
lead=10000
for ns in r1 r2 r3 r4; do
	recv_start $ns $ns -i eth0 -c 3 -p "$TMP/pace" "$PORT" $GROUP
done
recv_ready
capture_start core core br0
for n in 1 2 3; do
	in_background send$n s$n nice -n 19 mcast send -i eth0 -u $n -n 0 -r 100 -s 0-1200 -S $n -t 8 \
		-p "$TMP/pace" -w 96 $GROUP "$PORT"
done
before=0
while [ "$last" -lt $((4096 + ROLLOVERS)) ]; do
	last_of_old=$before before=$last
	first=$((last + 1)) last=$((last + BLOCK))
	[ $last -le $((4096 + ROLLOVERS)) ] || last=$((4096 + ROLLOVERS))
	install
	if ! wait_for -t $(((lead + BLOCK * STEP) / 1000 + 60)) rolled_over; then
		fail "each sender comes to SA $last"
		break
	fi
done
for n in 1 2 3; do
	expect "sender $n was never refused" send_stop send$n
done
for ns in r1 r2 r3 r4; do
	expect "receiver $ns has all of all three, once and in order" recv_end $ns
done
capture_end core
diag "$(wc -l <"$TMP/core.list") frames, $(grep -o ' spi=[0-9a-fx]*' "$TMP/core.list" | sort -u | wc -l) SAs on the core"
expect "only ESP on the core" only_esp core $GROUP
for ns in "${SENDERS[@]}"; do
	expect_eq "$ns was told of $ROLLOVERS rollovers" "$ROLLOVERS" \
		"$(sed -nE 's/^sa .* spi (0x[0-9a-f]+) .* state current .*/\1/p' "$TMP/monitor.$ns.out" |
			sort -u | grep -vc 0x00001000)"
	expect_eq "$ns never went back to an older one" 0 \
		"$(sed -nE "s/.* spi=(0x[0-9a-f]+) .* iv=0${sid[$ns]}.*/\1/p" "$TMP/core.list" |
			uniq | sort -c 2>&1 | wc -l)"
	expect_counts "$ns: none dropped, none in the clear" "$ns" out-bypass=0 out-no-sa=0 \
		in-spoof=0 in-expired=0 in-replay=0 in-bad-icv=0 in-policy=0
done
expect_eq "no IV twice under one key" 0 \
	"$(grep -o ' spi=[0-9a-fx]* .* iv=.*' "$TMP/core.list" | sed 's/ seq=[0-9]*//' | sort | uniq -d | wc -l)"
for ns in r3 r4; do
	expect_counts "$ns: none dropped" $ns in-spoof=0 in-expired=0 in-replay=0 in-bad-icv=0
done
