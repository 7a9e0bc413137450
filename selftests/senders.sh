#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Many senders: thousands of Sender-IDs in one SA, each with its own replay window,
# what becomes of one too many, and how they are shown; then many SAs, each for one
# sender. The senders are forged, x sends for all of them.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

GROUP=239.1.1.1

# receiver SA-WORD...: an SA without senders
receiver()
{
	gc_batch r <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $GROUP
		sa add group 7 spi 0x1001 dst $GROUP dir in aead $GCM key file $TMP/key $*
	END
}

# from_sids FIRST LAST TIMES: lines for forge, all first numbers, then all second
from_sids()
{
	awk -v first="$1" -v last="$2" -v times="$3" 'BEGIN {
		for (seq = 1; seq <= times; seq++)
			for (sid = first; sid <= last; sid++)
				printf "sid=%d seq=%d n=%d last=%d\n", sid, seq, n++,
					seq == times && sid == last
	}'
}

# sends WORD...: the packets of the lines at standard input
sends()
{
	ns_exec x forge -i eth0 "key=$TMP/key" src=10.0.0.1 "dst=$GROUP" size=40 "$@"
}

judged()
{
	stats_read r
	[ $((stats[in-packets] + stats[in-replay])) -ge "$1" ]
}

# shown JQ-FILTER [SENDER-WORD...]: of the list of senders
shown()
{
	local filter=$1

	shift
	gc r -j sender show "$@" | jq -c "$filter"
}

each_replayed()
{
	local all=20480

	receiver sid-bits 12 replay sid
	capture_start all x eth0 proto 50
	recv_start r r -i eth0 -n $all "$PORT" $GROUP
	recv_ready
	from_sids 0 4095 5 | sends bits=12 >/dev/null
	expect "4,096 Sender-IDs: every original is delivered, once" recv_end r
	capture_end all
	expect_eq "4,096 Sender-IDs: all are captured" $all "$(frames all ' proto=50 ')"
	expect_counts "4,096 Sender-IDs: none is refused" r \
		in-packets=$all in-replay=0 senders-evicted=0
	expect_eq "4,096 Sender-IDs: 4,096 senders" 4096 "$(sa_count r 0x1001 senders)"
	recv_start again r -i eth0 -n 0 "$PORT" $GROUP
	recv_ready
	ns_exec x pcap send "$TMP/all.pcap" eth0 1..$all
	wait_for -t 60 judged $((2 * all)) || :
	expect_counts "4,096 Sender-IDs: every replay is dropped" r \
		in-packets=$all in-replay=$all in-bad-icv=0 senders-evicted=0
	expect "4,096 Sender-IDs: and not delivered" recv_stop again

	gc r -j sender show >"$TMP/senders"
	expect_eq "shown: each once" '[4096,0,4095]' \
		"$(jq -c '[.[].sid] | [(unique | length), min, max]' "$TMP/senders")"
	expect_eq "shown: what each sent" '[[5,5,340,5]]' \
		"$(jq -c '[.[] | [.seq, .in_packets, .in_bytes, .in_replays]] | unique' "$TMP/senders")"
	expect_eq "shown: the SA of each" '[[7,4097,"239.1.1.1"]]' \
		"$(jq -c '[.[] | [.group, .spi, .dst]] | unique' "$TMP/senders")"
	expect_eq "shown: when it sent last" true "$(jq 'all(.[]; .idle >= 0 and .idle < 600)' "$TMP/senders")"
	expect_eq "shown: a line of text for each" 4096 \
		"$(gc r sender show | grep -cE "^group 7 spi 0x00001001 dst $GROUP sid [0-9]+ seq 5 in-packets 5 in-bytes 340 in-replays 5 idle [0-9.]+$")"
}

filters()
{
	gc r sa add group 7 spi 0x1002 dst 239.1.1.2 dir in aead "$GCM" key file "$TMP/key" replay source
	sends spi=0x1002 bits=12 dst=239.1.1.2 <<-END >/dev/null
		src=10.0.0.7
		src=10.0.0.8
	END
	wait_for counted r in-policy 2
	expect_eq "by its SID" '[77]' "$(shown '[.[].sid]' sid 77)"
	expect_eq "by SPI and SID" '[77]' "$(shown '[.[].sid]' spi 0x1001 sid 77)"
	expect_eq "by another SPI" '["10.0.0.7","10.0.0.8"]' "$(shown '[.[].src] | sort' spi 0x1002)"
	expect_eq "by its source" '["10.0.0.8"]' "$(shown '[.[].src]' src 10.0.0.8)"
	expect_eq "by the SA's destination" 2 "$(shown length dst 239.1.1.2)"
	expect_eq "by the group" 4098 "$(shown length group 7)"
	expect_eq "by another group" 0 "$(shown length group 8)"
	expect_eq "by a SID that did not send" 0 "$(shown length sid 4096)"
	expect_eq "by SID and source" 0 "$(shown length sid 77 src 10.0.0.8)"
}

idle_for_a_second()
{
	[ "$(shown 'all(.[]; .idle > 1.1)' sid 1)" = true ]
}

# 16 bits hold more senders than an SA.
one_too_many()
{
	receiver sid-bits 16 replay sid
	from_sids 0 4095 1 | sends bits=16 >/dev/null
	wait_for counted r in-packets 4096
	expect_counts "4,096 senders: none is evicted" r senders-evicted=0
	sends bits=16 sid=4096 <<<'' >/dev/null
	wait_for counted r in-packets 4097
	expect_counts "4,097 senders: one is evicted" r senders-evicted=1 in-replay=0
	expect_eq "4,097 senders: 4,096 are left" 4096 "$(shown length)"
	expect_eq "4,097 senders: it was the first" '[1,4096]' "$(shown '[.[].sid] | [min, max]')"
	# the order of senders may lag behind by a second
	wait_for idle_for_a_second
	sends bits=16 sid=1 seq=2 <<<'' >/dev/null
	sends bits=16 sid=5000 <<<'' >/dev/null
	wait_for counted r in-packets 4099
	expect_counts "another: again one" r senders-evicted=2
	expect_eq "another: not the first one, which sent again, but the next" '[1,3,4]' \
		"$(shown '[.[].sid] | sort | .[:3]')"
	sends bits=16 sid=1 seq=2 <<<'' >/dev/null
	wait_for counted r in-replay 1
	expect_counts "whoever stayed has its window still" r in-replay=1
}

bounds()
{
	receiver replay source senders 2
	expect_eq "senders 2: shown" 2 "$(gc r -j sa show | jq '.[].max_senders')"
	expect "senders 2: shown as add takes it" grep -q 'window 64 senders 2$' <(gc r sa show)
	sends <<-END >/dev/null
		src=10.0.0.7
		src=10.0.0.8
		src=10.0.0.7 seq=2
		src=10.0.0.9
	END
	wait_for counted r in-packets 4
	expect_counts "senders 2: a third evicts one" r senders-evicted=1
	expect_eq "senders 2: two are left" 2 "$(sa_count r 0x1001 senders)"
	for n in 1 65536; do
		expect "senders $n is allowed" receiver sid-bits 16 replay sid senders $n
	done
	expect_fail -s 2 -e 'source and sid' "senders of replay sa: refused" receiver senders 16
}

# One that comes while another goes, under a dump of many messages.
come_and_go()
{
	local i=0

	receiver sid-bits 16 replay sid
	{
		from_sids 10000 11095 1
		from_sids 0 2999 1
	} | sends bits=16 >/dev/null
	wait_for counted r in-packets 4096
	from_sids 20000 21095 1 | sends bits=16 >/dev/null &
	while jobs %% >/dev/null 2>&1 && [ $i -lt 20 ]; do
		i=$((i + 1))
		gc r -j sender show >"$TMP/senders.$i"
	done
	wait
	wait_for counted r in-packets 5192
	gc r -j sender show >"$TMP/senders.$((i + 1))"
	expect_counts "while senders come and go: they did" r senders-evicted=1096
	expect_eq "while senders come and go: $i dumps have all that stay, none twice" '[3000,true]' \
		"$(jq -c '[([.[].sid | select(. < 3000)] | length), ([.[].sid] | length == (unique | length))]' \
			"$TMP"/senders.* | sort -u | xargs)"
}

# RFC 5374 A.2: each sender has its SA, all of one SPI and destination.
an_sa_each()
{
	local i

	receiver src 10.0.0.100
	for i in {101..120}; do
		new_key "$TMP/key.$i"
		echo "sa add group 7 spi 0x2000 dst $GROUP src 10.0.0.$i dir in aead $GCM key file $TMP/key.$i"
	done | gc_batch r
	capture_start each x eth0 proto 50
	for i in {101..120}; do
		echo "src=10.0.0.$i key=$TMP/key.$i spi=0x2000 count=5"
	done | sends >/dev/null
	wait_for counted r in-packets 100
	capture_end each
	ns_exec x pcap send "$TMP/each.pcap" eth0 1..100
	wait_for counted r in-replay 100
	expect_counts "an SA for each of 20 senders: each original, and no replay" r \
		in-packets=100 in-replay=100 in-bad-icv=0
	expect_eq "an SA for each of 20 senders: each by its own" '[20,[[5,5]]]' \
		"$(gc r -s -j sa show spi 0x2000 | jq -c '[length, ([.[] | [.in_packets, .in_replays]] | unique)]')"
	sends spi=0x2000 src=10.0.0.121 <<<'' >/dev/null
	sends spi=0x2000 src=10.0.0.101 seq=6 "key=$TMP/key.102" <<<'' >/dev/null
	wait_for counted r in-bad-icv 1
	expect_counts "an SA for each of 20 senders: none for another's key or address" r \
		in-packets=100 in-replay=100 in-bad-icv=1
}

load_module
inject_setup
each_replayed
filters
one_too_many
bounds
come_and_go
an_sa_each
