#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# The daemonless drill: SAs are installed with their times, then every gemcast
# process is killed. The kernel alone rolls over from one SA to the next, on time, and
# nothing is lost.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

GROUP=239.1.1.1
FIRST=4097 LAST=4106
START=4 STEP=1 SLACK=0.5	# seconds

# install NS WORD...: all SAs, each from a step behind the one before for four steps:
# there may be more than one between what is installed first and last. The first is
# there at once, the last remains.
install()
{
	local ns=$1 spi i times

	shift
	for spi in $(seq $FIRST $LAST); do
		i=$((spi - FIRST)) times=''
		[ "$spi" -eq $FIRST ] || times+=" activate $((START + STEP * i))"
		[ "$spi" -eq $LAST ] || times+=" deactivate $((START + STEP * (i + 4)))"
		echo "sa add group 7 spi $spi dst $GROUP aead $GCM key file $TMP/key.$spi$times $*"
	done >"$TMP/sas"
	# the times are from each command on
	gc_batch "$ns" <"$TMP/sas"
}

sent_by_last()
{
	tcpdump -nr "$TMP/wire.pcap" "esp and ip[20:4] = $LAST and ip[28] = $1" 2>/dev/null | grep -q ESP
}

# on_time SID AFTER BEFORE: each SA was first sent by in its time, if it was
# installed between AFTER and BEFORE
on_time()
{
	tcpdump -ttnr "$TMP/wire.pcap" "esp and ip[28] = $1" 2>/dev/null |
		sed -nE 's/^([0-9.]+) .*spi=(0x[0-9a-f]+),.*/\1 \2/p' | uniq -f 1 |
		while read -r when spi; do
			echo "$when $((spi))"
		done |
		awk -v after="$2" -v before="$3" -v first=$FIRST -v last=$LAST \
			-v start=$START -v step=$STEP -v slack=$SLACK '
			$2 != first + NR - 1 { print "out of order:", $0; bad = 1 }
			NR > 1 {
				due = start + step * (NR - 1)
				if ($1 < after + due || $1 > before + due + slack) {
					print $2, "due at", due, "came at", $1 - before, "to", $1 - after
					bad = 1
				}
			}
			END { exit bad || NR != last - first + 1 }'
}

load_module
ns_add s1 s2 a b
lan_add lan s1:eth0:10.0.0.1/24: s2:eth0:10.0.0.2/24: a:eth0:10.0.0.3/24: b:eth0:10.0.0.4/24:
for spi in $(seq $FIRST $LAST); do
	new_key "$TMP/key.$spi" 256
done
for ns in s1 s2 a b; do
	gc_batch $ns <<-END
		group add 7
		policy add group 7 dst $GROUP dev eth0
	END
	monitor_start monitor.$ns $ns all
done
for ns in a b; do
	recv_start $ns $ns -i eth0 -c 2 -p "$TMP/pace" "$PORT" $GROUP
done
recv_ready
capture_start wire lan br0 proto 50
declare -A before after
for ns in a b; do
	install $ns dir in sid-bits 8 replay sid
done
for sid in 1 2; do
	after[$sid]=$EPOCHREALTIME
	install s$sid dir out sid $sid bits 8
	before[$sid]=$EPOCHREALTIME
done
for sid in 1 2; do
	send_start send$sid s$sid -i eth0 -u $sid -n 0 -r 200 -p "$TMP/pace" $GROUP "$PORT"
done
for ns in s1 s2 a b; do
	kill -KILL "${pid_of[monitor.$ns]}"
	in_background_end monitor.$ns >/dev/null || :
done
expect_fail "no gemcast process is left" pgrep -x gemcast
for sid in 1 2; do
	expect "the last SA is sent by, sender $sid" wait_for -t 60 sent_by_last $sid
done
expect_fail "still no gemcast process" pgrep -x gemcast
for sid in 1 2; do
	expect "sender $sid was never refused" send_stop send$sid
done
for ns in a b; do
	expect "member $ns got all of both, once and in order" recv_end $ns
done
capture_end wire
for sid in 1 2; do
	expect "sender $sid rolled over on time" on_time $sid "${after[$sid]}" "${before[$sid]}"
done
expect "only ESP on the wire" only_esp wire $GROUP
for ns in s1 s2; do
	expect_counts "$ns sent nothing in the clear" $ns out-bypass=0 out-no-sa=0
done
for ns in a b; do
	expect_counts "$ns dropped nothing" $ns in-replay=0 in-bad-icv=0 in-spoof=0 in-expired=0
done
