#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# No IV is used twice under one key: the same key and Sender-ID are refused for
# output a second time, numbers end and do not wrap, and counters of keys set by
# hand go on above where they were when the module is loaded again.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

GROUP=239.1.1.1
SPI=20480
PARAMETERS=/sys/module/gemcast/parameters

# out KEY [WORD...]: an SA to send by, with an SPI of its own
out()
{
	local key=$1

	shift
	SPI=$((SPI + 1))
	gc s sa add group 7 spi $SPI dst $GROUP dir out aead "$GCM" key file "$TMP/$key" "$@"
}

# refused DESC KEY [WORD...]
refused()
{
	local desc=$1

	shift
	expect_fail -s 2 -e 'IVs would repeat' "$desc: refused" out "$@"
}

same_key_and_sid()
{
	new_key "$TMP/one"
	expect "a key and SID, first time" out one sid 1 bits 8
	refused "the same, other SPI" one sid 1 bits 8
	gc s sa del spi $((SPI - 1))
	refused "the same, after del" one sid 1 bits 8
	gc s sa flush
	refused "the same, after flush" one sid 1 bits 8
	gc s group flush
	gc_batch s <<-END
		group add 7
		group add 9
	END
	refused "the same, in another group" one sid 1 bits 8
	expect_fail -s 2 -e 'IVs would repeat' "the same, group 9: refused" \
		gc s sa add group 9 spi 0x999 dst $GROUP dir out aead "$GCM" \
		key file "$TMP/one" sid 1 bits 8
	gc a group add 7
	expect_fail -s 2 -e 'IVs would repeat' "the same, in another namespace: refused" \
		gc a sa add group 7 spi 0x999 dst $GROUP dir out aead "$GCM" \
		key file "$TMP/one" sid 1 bits 8
	expect_fail -s 2 -e 'IVs would repeat' "the same, dir both: refused" \
		gc a sa add group 7 spi 0x999 dst $GROUP dir both aead "$GCM" \
		key file "$TMP/one" sid 1 bits 8
	expect_fail -s 2 -e 'IVs would repeat' "the same, other ICV and dst: refused" \
		gc a sa add group 7 spi 0x999 dst 239.9.9.9 dir out aead "$GCM" \
		key file "$TMP/one" icv 8 sid 1 bits 8
	expect "the same, dir in" gc a sa add group 7 spi 0x999 dst $GROUP dir in aead "$GCM" \
		key file "$TMP/one" sid-bits 8
	expect "the same, dir in, once more" gc a sa add group 7 spi 0x99a dst $GROUP dir in \
		aead "$GCM" key file "$TMP/one" sid-bits 8
	expect "another SID" out one sid 2 bits 8
	new_key "$TMP/two"
	expect "another key" out two sid 1 bits 8
	expect_eq "what was refused is not there" 2 "$(gc s -j sa show | jq length)"
}

overlaps()
{
	new_key "$TMP/three"
	expect "8 bits: SID 0x12" out three sid 0x12 bits 8
	refused "12 bits inside it, 0x123" three sid 0x123 bits 12
	refused "16 bits inside it, 0x1234" three sid 0x1234 bits 16
	refused "no SID, around it" three
	expect "16 bits beside it, 0x1334" out three sid 0x1334 bits 16
	refused "12 bits around that, 0x133" three sid 0x133 bits 12
	refused "8 bits around that, 0x13" three sid 0x13 bits 8
	expect "12 bits beside both, 0x132" out three sid 0x132 bits 12
	new_key "$TMP/four"
	expect "no SID" out four
	refused "no SID again" four
	refused "any SID of the same key" four sid 7 bits 16
}

# An SA that did not come to be has used nothing.
undone()
{
	new_key "$TMP/five"
	gc s sa add group 7 spi 0x888 dst $GROUP dir in aead "$GCM" key file "$TMP/five"
	expect_fail -s 2 -e 'exists' "an SA that exists" \
		gc s sa add group 7 spi 0x888 dst $GROUP dir out aead "$GCM" key file "$TMP/five"
	expect "its key is still new" out five
}

remembered()
{
	local n=65536

	new_key "$TMP/first"
	new_key "$TMP/many"
	expect "one of many" out first sid 1 bits 16
	# a sender never has so many at a time: they go in between
	seq 0 $((n - 1)) | awk -v rest="dst $GROUP dir out aead $GCM key file $TMP/many" '{
		print "sa add group 7 spi", 100000 + $1, "sid", $1, "bits 16", rest
		if ($1 % 1024 == 0)
			print "sa flush"
	}' >"$TMP/batch"
	expect "$n more are taken" gc s -b "$TMP/batch"
	gc s sa flush
	refused "the first of them" many sid 0 bits 16
	refused "the last of them" many sid $((n - 1)) bits 16
	refused "the one before them" first sid 1 bits 16
}

# both KEY: s sends and a receives
both()
{
	SPI=$((SPI + 1))
	gc_batch s <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $GROUP
		sa add group 7 spi $SPI dst $GROUP dir out aead $GCM key file $TMP/$1 sid 0xabc bits 12
	END
	gc_batch a <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $GROUP
		sa add group 7 spi $SPI dst $GROUP dir in aead $GCM key file $TMP/$1 sid-bits 12 replay sid
	END
}

# numbers_end PARAMETER COUNTER-IN-CAPTURE LAST
numbers_end()
{
	local parameter=$1 what=$2 last=$3

	new_key "$TMP/$parameter"
	echo 10 >$PARAMETERS/"$parameter"
	both "$parameter"
	capture_start end s eth0
	monitor_start events s all
	recv_start a a -i eth0 -n 10 "$PORT" $GROUP
	recv_ready
	# an eighth before the end, and that is one of ten
	expect "$parameter 10: nine are sent" send s -i eth0 -n 9 $GROUP "$PORT"
	expect "$parameter 10: a soft expire event" wait_for some_events events 'expire +soft +sequence'
	expect_eq "$parameter 10: no hard one yet" 0 "$(events events 'expire.*hard')"
	expect_fail -e 'sent=1 failed=15 ' "$parameter 10: the tenth is sent, and no more" \
		send s -i eth0 -k -n 16 $GROUP "$PORT"
	expect "$parameter 10: ten are received" recv_end a
	expect_counts "$parameter 10: the others are counted" s out-packets=10 out-bypass=0
	expect_eq "$parameter 10: by their reason" 15 $((stats[out-seq-end] + stats[out-no-sa]))
	expect "$parameter 10: one at least by the end of numbers" counted s out-seq-end 1
	expect "$parameter 10: a hard expire event" wait_for some_events events 'expire.*hard.*sequence'
	expect "$parameter 10: the SA does not come back" check_refused_after
	echo 0 >$PARAMETERS/"$parameter"
	in_background_kill events
	capture_end end
	expect "$parameter 10: only ESP on the wire" only_esp end $GROUP
	expect_eq "$parameter 10: ten numbers, the last one of all" "10 $last" \
		"$(grep -o " $what=[0-9a-f]*" "$TMP/end.list" | cut -d= -f2 | sort -u | sed -n '$=; $p' | xargs)"
}

check_refused_after()
{
	send s -i eth0 -k -n 5 $GROUP "$PORT" | grep 'sent=0 failed=5 '
}

# A batch that the numbers do not suffice for.
batch_end()
{
	new_key "$TMP/batch_end"
	echo 10 >$PARAMETERS/test_seq_left
	both batch_end
	echo 0 >$PARAMETERS/test_seq_left
	capture_start end s eth0
	expect_fail "a batch across the end: refused" send s -i eth0 -k -g 8 -n 24 -s 500 $GROUP "$PORT"
	capture_end end
	expect "a batch across the end: no number twice, none past the end" all_different end seq
	expect_eq "a batch across the end: only ESP on the wire" 0 "$(frames end ' proto=17 ')"
}

# all_different CAPTURE FIELD
all_different()
{
	local values

	values=$(grep -o " $2=[0-9a-f]*" "$TMP/$1.list")
	[ -n "$values" ] && [ -z "$(sort <<<"$values" | uniq -d)" ]
}

# session NAME KEY: what is sent with the key after a fresh load; IVs to NAME.iv
session()
{
	both "$2"
	capture_start "$1" s eth0
	# the counter may lag behind the clock just after a load
	wait_for sends_now
	expect "$1: received" delivers s a $GROUP -n 200
	capture_end "$1"
	grep -o ' iv=[0-9a-f]*' "$TMP/$1.list" | cut -d= -f2 | sort >"$TMP/$1.iv"
	expect "$1: IVs begin with the SID and differ" all_different "$1" iv
	expect_eq "$1: the SID" abc "$(cut -c1-3 "$TMP/$1.iv" | sort -u)"
}

sends_now()
{
	send s -i eth0 -n 1 $GROUP 9 >/dev/null
}

# above A B: every IV of B is above every one of A
above()
{
	local before after

	before=$(tail -n 1 "$TMP/$1.iv") after=$(head -n 1 "$TMP/$2.iv")
	expect "IVs of $2 are above those of $1" [ $((16#${after:3} > 16#${before:3})) -eq 1 ]
}

reload()
{
	unload_module
	load_module
}

set_clock()
{
	date -s "@$(($(date +%s) + $1))" >/dev/null
}

reloads()
{
	new_key "$TMP/same"
	session "a first load" same
	reload
	session "a second load" same
	above "a first load" "a second load"
	reload
	session "a third load" same
	above "a second load" "a third load"
	# a reboot takes time, and loses all but the clock
	unload_module
	set_clock 3600
	load_module
	session "an hour later" same
	above "a third load" "an hour later"

	# with the module loaded, the clock may do what it wants
	set_clock -7200
	new_key "$TMP/other"
	session "the clock set back, a new key" other
	unload_module

	set_clock -315360000
	expect "the module loads while the clock is not set" load_module
	if module_loaded; then
		gc s group add 7
		new_key "$TMP/six"
		expect_fail -s 2 -e 'clock' "a clock that is not set: no SA to send by" out six
		expect "a clock that is not set: an SA to receive by" \
			gc s sa add group 7 spi 0x888 dst $GROUP dir in aead "$GCM" key file "$TMP/six"
	fi
	set_clock $((315360000 + 3600))
}

load_module
ns_add s a
veth_pair s eth0 10.0.0.1/24 a eth0 10.0.0.2/24
gc s group add 7
same_key_and_sid
overlaps
undone
remembered
numbers_end test_seq_left seq 4294967295
numbers_end test_iv_left iv abcfffffffffffff
batch_end
reloads
