#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=1800
#
# SAs follow each other under traffic and nothing is lost: three senders share
# each SA, a new one takes over every second, and two members get every datagram
# of each sender in order. Then the times and limits of an SA alone.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

GROUP=239.1.1.1
SPI=28672

# The next SA: receivers have it before any sender may use it. The one before the
# last goes: nobody sends by it any more.
rollover()
{
	local sid ns

	for ns in a b s1 s2 s3; do
		gc $ns sa flush spi $((SPI - 1))
	done

	SPI=$((SPI + 1))
	new_key "$TMP/key" 256
	for ns in a b; do
		gc $ns sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/key" \
			sid-bits 8 replay sid window 256 deactivate 900
	done
	for sid in 1 2 3; do
		gc s$sid sa add group 7 spi $SPI dst $GROUP dir out aead "$GCM" key file "$TMP/key" \
			sid $sid bits 8 activate "$1" deactivate 900
	done
}

# Each sender is at the newest SA.
rolled_over()
{
	local sid

	for sid in 1 2 3; do
		[ "$(gc s$sid -s -j group show 7 | jq '.[0].current_spi')" = "$SPI" ] || return
	done
}

mtu()
{
	local ns

	for ns in s1 s2 s3 a b; do
		ip -n "$(ns_name $ns)" link set eth0 mtu "$1"
		ip -n "$(ns_name lan)" link set "$ns.eth0" mtu "$1"
	done
	ip -n "$(ns_name lan)" link set br0 mtu "$1"
}

sending()
{
	running send1 || running send2 || running send3
}

# continuous MTU EACH: so many datagrams of each of three senders
continuous()
{
	local desc="MTU $1" each=$2 ns sid rollovers=0 first

	mtu "$1"
	for ns in s1 s2 s3 a b; do
		gc_batch $ns <<-END
			group flush
			stats reset
			group add 7
			policy add group 7 dst $GROUP dev eth0
		END
	done
	rollover 0
	first=$SPI
	rm -f "$TMP/pace"
	for ns in a b; do
		recv_start $ns $ns -i eth0 -c 3 -p "$TMP/pace" "$PORT" $GROUP
	done
	recv_ready
	capture_start at_s1 s1 eth0
	capture_start at_a a eth0
	# the rollovers go first where CPUs are short
	for sid in 1 2 3; do
		in_background send$sid s$sid nice -n 19 mcast send -i eth0 -u $sid -n $each -s 0-8972 -S $sid \
			-p "$TMP/pace" -w 96 $GROUP "$PORT"
	done
	while sending; do
		rollover 1
		wait_for -t 60 rolled_over
		rollovers=$((rollovers + 1))
	done
	for sid in 1 2 3; do
		expect "$desc: sender $sid" send_end send$sid
	done
	for ns in a b; do
		expect "$desc: member $ns has all of all three, in order" recv_end $ns
		expect_counts "$desc: member $ns read each once" $ns \
			in-packets=$((3 * each)) in-replay=0 in-bad-icv=0 in-spoof=0 in-expired=0
	done
	capture_end at_s1
	capture_end at_a
	diag "$desc: $rollovers rollovers"
	expect "$desc: several rollovers, $rollovers" [ $rollovers -ge 5 ]
	expect "$desc: only ESP on the wire" only_esp at_a $GROUP
	expect_eq "$desc: each SA was used" "$(seq $first $((SPI - 1)) | wc -l)" \
		"$(grep -o ' spi=[0-9a-fx]*' "$TMP/at_a.list" | sort -u | grep -vc "$(printf %x $SPI)")"
	expect_eq "$desc: no IV twice under one key" 0 \
		"$(grep -o ' spi=[0-9a-fx]* .* iv=.*' "$TMP/at_a.list" | sed 's/ seq=[0-9]*//' | sort | uniq -d | wc -l)"
	for ns in s1 s2 s3 a b; do
		gc $ns group flush
	done
}

# sa_add WORD...: s1 sends, a receives without limits
sa_add()
{
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	gc a sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/key"
	gc s1 sa add group 7 spi $SPI dst $GROUP dir out aead "$GCM" key file "$TMP/key" "$@"
}

state()
{
	[ "$(gc s1 -j sa show spi "$1" | jq -r '.[].state')" = "$2" ]
}

gone()
{
	[ "$(gc s1 -j sa show spi $SPI | jq length)" -eq 0 ]
}

told()
{
	some_events events "^expire +$1 .*spi $(printf '0x0*%x' $SPI) "
}

# Whatever must be seen before a time has a time that does not come.
times()
{
	local first

	sa_add activate 1000
	expect "before its time an SA is leading" state $SPI leading
	expect_fail -e 'sent=0 failed=1' "and not sent by" send s1 -i eth0 -k $GROUP "$PORT"
	gc s1 sa flush
	sa_add activate 1.5
	first=$SPI
	expect "at its time it is current" wait_for state $first current
	expect "and sent by" delivers s1 a $GROUP -n 10
	sa_add activate 1000
	expect "the next is leading" state $SPI leading
	expect "while the first is current" state $first current
	sa_add activate 0.5
	expect "another takes over" wait_for state $SPI current
	expect "the first is trailing" state $first trailing
	gc s1 sa flush
	sa_add
	expect "without times it is current at once" state $SPI current
	gc s1 sa flush
	sa_add deactivate 1.5
	expect "at its end it goes" wait_for gone
	expect "and that is told" wait_for told 'hard +deactivate'
	expect_fail -e 'sent=0 failed=1' "and nothing is sent" send s1 -i eth0 -k $GROUP "$PORT"
	gc a sa flush
}

# Of 128-byte packets (20 IP, 8 UDP, 100).
limits()
{
	sa_add limit packets soft 10 limit packets hard 20
	gc s1 stats reset
	expect "packets: the soft limit" delivers s1 a $GROUP -n 10 -s 100
	expect "packets: is told" wait_for told 'soft +packets'
	expect_eq "packets: the hard one not yet" 0 "$(events events "^expire +hard +packets")"
	expect "packets: the hard limit" delivers s1 a $GROUP -n 10 -s 100
	expect "packets: is told" wait_for told 'hard +packets'
	expect "packets: the SA is gone" wait_for gone
	expect_fail -e 'sent=0 failed=5' "packets: no more" send s1 -i eth0 -k -n 5 $GROUP "$PORT"
	expect_counts "packets: not in the clear either" s1 out-packets=20 out-no-sa=5 out-bypass=0

	sa_add limit bytes soft 1280 limit bytes hard 2000
	gc s1 stats reset
	expect "bytes: what fits" delivers s1 a $GROUP -n 15 -s 100
	expect "bytes: the soft limit is told" wait_for told 'soft +bytes'
	expect_eq "bytes: the hard one not yet" 0 "$(events events "^expire +hard +bytes")"
	expect_fail -e 'sent=0 failed=1' "bytes: one too many" send s1 -i eth0 -k $GROUP "$PORT"
	expect "bytes: the hard limit is told" wait_for told 'hard +bytes'
	expect "bytes: the SA is gone" wait_for gone
	expect_counts "bytes: counted" s1 out-packets=15 out-expired=1 out-bypass=0

	sa_add limit seconds soft 1 limit seconds hard 2
	expect "seconds: the soft limit is told" wait_for told 'soft +seconds'
	expect "seconds: the hard limit is told" wait_for told 'hard +seconds'
	expect "seconds: the SA is gone" wait_for gone
}

# A receiver has limits too.
limit_in()
{
	gc a sa flush
	SPI=$((SPI + 1))
	new_key "$TMP/key"
	gc a sa add group 7 spi $SPI dst $GROUP dir in aead "$GCM" key file "$TMP/key" limit packets hard 10
	gc s1 sa add group 7 spi $SPI dst $GROUP dir out aead "$GCM" key file "$TMP/key"
	gc a stats reset
	expect "a receiver's limit: what it allows" delivers s1 a $GROUP -n 10
	send s1 -i eth0 -n 10 $GROUP "$PORT" >/dev/null
	expect "a receiver's limit: the SA goes" wait_for receiver_gone
	expect_counts "a receiver's limit: no more were read" a in-packets=10
}

receiver_gone()
{
	[ "$(gc a -j sa show | jq length)" -eq 0 ]
}

load_module
ns_add s1 s2 s3 a b
lan_add lan s1:eth0:10.0.0.1/24: s2:eth0:10.0.0.2/24: s3:eth0:10.0.0.3/24: \
	a:eth0:10.0.0.4/24: b:eth0:10.0.0.5/24:

for ns in s1 a; do
	gc_batch $ns <<-END
		group add 7
		policy add group 7 dst $GROUP dev eth0
	END
done
monitor_start events s1 all
times
limits
limit_in
in_background_kill events
continuous 9000 33334
# most are of several fragments
continuous 1500 8334
