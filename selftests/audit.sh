#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Audit: what RFC 4303 and RFC 5374 call auditable events, `gemcast monitor audit'
# tells, with reason, SPI, sequence number, addresses, flow label and interface. A
# flood of them is limited, and none of it goes uncounted.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

FLOOD=2000
MAC=''

# A packet of these words; more of the same until it is told, for others before it
# may have used up what may be told in a while.
provoke()
{
	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"$*" >/dev/null
	told_of
}

told_of()
{
	jq -c 'select(.event == "audit") | del(.suppressed)' "$TMP/json.out" |
		grep -Fxq "$wanted"
}

# tells DESC EVENT WORD...
tells()
{
	local desc=$1

	wanted="{\"event\":\"audit\",$2}"
	shift 2
	expect "$desc is told" wait_for provoke "$@"
	told_of || diag "wanted: $wanted" <"$TMP/json.out"
}

# tells_not DESC COUNTER WORD...: counted, and that is all
tells_not()
{
	local desc=$1 counter=$2 before

	shift 2
	before=$(wc -l <"$TMP/json.out")
	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"$*" >/dev/null
	# Behind it one that is told.
	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"clear=1 src=10.0.0.99" >/dev/null
	wanted='{"event":"audit","reason":"in-spoof","dst":"239.1.1.1","src":"10.0.0.99","dev":"eth0"}'
	wait_for told_of
	expect_eq "$desc is not told" "1 0" "$(count r "$counter") $(tail -n +$((before + 1)) "$TMP/json.out" | grep -c "\"$counter\"")"
}

reasons4()
{
	local at='"dst":"239.1.1.1","src":"10.0.0.1","dev":"eth0"'

	forge=(src=10.0.0.1 dst=239.1.1.1 spi=0x1001)
	tells "a wrong ICV" '"reason":"in-bad-icv","spi":4097,"seq":7,'"$at" seq=7 flip=90
	tells "a spoof" '"reason":"in-spoof",'"$at" clear=1
	tells "another inner address" '"reason":"in-address","spi":4098,"seq":8,'"$at" spi=0x1002 seq=8 isrc=10.0.0.9
	tells "another group's packet" '"reason":"in-policy","spi":4098,"seq":9,'"$at" spi=0x1002 seq=9 idst=239.9.9.9
	tells "a packet that lies" '"reason":"in-bad-inner","spi":4098,"seq":10,'"$at" spi=0x1002 seq=10 ihl=4
	tells "wrong padding" '"reason":"in-bad-padding","spi":4098,"seq":11,'"$at" spi=0x1002 seq=11 padlen=255
	tells "congestion that cannot be passed on" '"reason":"in-ecn","spi":4098,"seq":12,'"$at" spi=0x1002 seq=12 tos=3
	tells "a short packet" '"reason":"in-truncated","spi":4097,"seq":13,'"$at" seq=13 cut=20
	tells "a replay" '"reason":"in-replay","spi":4097,"seq":14,'"$at" seq=14
	tells_not "a dummy" in-dummy spi=0x1002 next=59
}

reasons6()
{
	local at='"dst":"ff15::1","src":"fd00::1","flow":74565,"dev":"eth0"'

	forge=(src=fd00::1 dst=ff15::1 spi=0x1003 flow=0x12345)
	tells "IPv6, a wrong ICV" '"reason":"in-bad-icv","spi":4099,"seq":7,'"$at" seq=7 flip=90
	tells "IPv6, a spoof" '"reason":"in-spoof",'"$at" clear=1 iflow=0x12345
	tells "IPv6, another inner address" '"reason":"in-address","spi":4099,"seq":8,'"$at" seq=8 isrc=fd00::9
}

reasons_udp()
{
	forge=(-m "$MAC" src=10.0.0.1 dst=10.0.0.2 from=4500 to=4500 isrc=192.0.2.1 idst=239.1.1.1)
	tells "an unknown SPI in UDP" \
		'"reason":"in-no-sa","spi":43981,"seq":5,"dst":"10.0.0.2","src":"10.0.0.1","dev":"eth0"' \
		spi=0xabcd seq=5
}

# An SA with two numbers left.
short_sa()
{
	local parameter=/sys/module/gemcast/parameters/test_seq_left

	new_key "$TMP/end"
	echo 2 >$parameter
	gc_batch r <<-END
		group add 5
		policy add group 5 dst 239.5.5.5 dir send
		sa add group 5 spi 0x5001 dst 239.5.5.5 dir out aead $GCM key file $TMP/end sid 1 bits 8
	END
	echo 0 >$parameter
}

sequence_end()
{
	wanted='{"event":"audit","reason":"out-seq-end","spi":20481,"seq":4294967295,"dst":"239.5.5.5","src":"10.0.0.2","dev":"eth0"}'
	expect "the end of the sequence numbers is told" wait_for run_out
	told_of || diag <"$TMP/json.out"
}

run_out()
{
	send r -i eth0 -k -n 3 239.5.5.5 "$PORT" >/dev/null || :
	told_of
}

# Since the monitor began: events and those they say were suppressed, and what was
# counted of drops that are to be told.
accounted()
{
	local told counted

	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"flip=90" >/dev/null
	told=$(jq -s '[.[] | select(.event == "audit") | 1 + (.suppressed // 0)] | add' "$TMP/json.out")
	counted=$(gc r -j stats | jq '.[0] | [to_entries[] | select(.value > 0 and
		(.key | IN("in_packets", "out_packets", "in_dummy") | not)) | .value] | add')
	[ "$told" -eq "$counted" ]
}

flood()
{
	forge=(src=10.0.0.1 dst=239.1.1.1 spi=0x1002)
	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"count=$FLOOD flip=90" >/dev/null
	expect "each drop is told of, or told to be suppressed" wait_for accounted
	expect_eq "most of a flood were suppressed" true \
		"$(jq -s '([.[].suppressed // 0] | add) > length' "$TMP/json.out")"
}

# ESP for a group by no SA goes on, as it may be another's: it is not counted.
unknown_spi()
{
	local forge=(src=10.0.0.1 dst=239.1.1.1 spi=0x9999)

	tells "an unknown SPI" \
		'"reason":"in-no-sa","spi":39321,"seq":16,"dst":"239.1.1.1","src":"10.0.0.1","dev":"eth0"' seq=16
	expect_counts "it is not counted" r in-no-sa="$1"
}

text()
{
	wait_for text_line
}

text_line()
{
	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"seq=77 flip=90" >/dev/null
	grep -Eq '^audit in-bad-icv spi 0x0*1002 seq 77 dst 239.1.1.1 src 10.0.0.1 dev eth0' "$TMP/text.out"
}

load_module
inject_setup
MAC=$(ns_exec r cat /sys/class/net/eth0/address)
gc_batch r <<-END
	group add 7
	group add 8 encap udp
	policy add group 7 dst 239.1.1.1
	policy add group 7 dst ff15::1
	policy add group 8 dst 239.1.1.3 dir receive reinject rx dev eth0
	sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay sa
	sa add group 7 spi 0x1002 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay none
	sa add group 7 spi 0x1003 dst ff15::1 dir in aead $GCM key file $TMP/key replay none
END
short_sa
log_begins
in_background json r gemcast -j monitor
wait_for monitor_hears json
reasons4
reasons6
reasons_udp
sequence_end
flood
unknown_spi "$(count r in-no-sa)"
in_background text r gemcast monitor audit
expect "the same as text" text
expect "the kernel's log stayed silent" log_silent
