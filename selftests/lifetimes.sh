#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an SA tells of its use, another time for its end, and the end of the sequence numbers as a receiver meets
# it: the sender is forged. The end as a sender meets it is in ivguard.sh, limits are in
# rollover.sh.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

GROUP=239.1.1.1

# receiver SA-WORD...
receiver()
{
	gc_batch r <<-END
		sa flush
		stats reset
		sa add group 7 spi 0x1001 dst $GROUP dir in aead $GCM key file $TMP/key $*
	END
}

# sends WORD...: one packet; COUNTER of r becomes N
sends()
{
	local counter=$1 n=$2

	shift 2
	ns_exec x forge -i eth0 "key=$TMP/key" src=10.0.0.1 "dst=$GROUP" "$@" <<<'' >/dev/null
	wait_for counted r "$counter" "$n"
}

# idle NS: of its SA; empty if it was not used
idle()
{
	gc "$1" -s -j sa show | jq -r '.[].idle // empty'
}

idle_for()
{
	[ "$(gc "$1" -s -j sa show | jq "all(.[]; .idle >= $2)")" = true ]
}

# idle_since NS TIME: no longer
idle_since()
{
	[ "$(jq -n "$(idle "$1") <= $EPOCHREALTIME - $2 + 0.1")" = true ]
}

uses()
{
	receiver
	gc x sa add group 7 spi 0x1001 dst $GROUP dir out aead "$GCM" key file "$TMP/key"
	expect_eq "not used yet: no idle time" "" "$(idle r)$(idle x)"
	expect "used" delivers x r $GROUP -n 3
	for ns in x r; do
		expect "used: idle since then, $ns" idle_for $ns 0
		expect "used: in text, $ns" grep -qE ' idle [0-9]+\.[0-9]{3}$' <(gc $ns -s sa show)
		expect_fail "without -s: not shown, $ns" grep -q idle <(gc $ns sa show)
	done
	for ns in x r; do
		expect "idle for a second, $ns" wait_for idle_for $ns 1
	done
	before=$EPOCHREALTIME
	expect "used again" delivers x r $GROUP -n 1
	for ns in x r; do
		expect "used again: idle since then, $ns" idle_since $ns "$before"
	done
	wait_for idle_for r 1
	sends in-replay 1 seq=1 iv=1
	sends in-bad-icv 1 seq=99 flip=99
	expect "what is dropped is no use" idle_for r 1
	gc x sa flush
}

told()
{
	events events "^expire +$1 +sequence .*spi 0x00001001 "
}

told_soft()
{
	[ "$(told soft)" -ge "$soft" ]
}

# The end of the numbers of one window.
ends()
{
	local replay=$1 before=$((2#11100000000000000000000000000000 - 1))

	receiver "$replay"
	expect_eq "$replay: nothing is told at the beginning" 0 "$(($(told soft) - soft))"
	sends in-packets 1 seq=$before
	expect_eq "$replay: nothing is told at seven eighths" 0 "$(($(told soft) - soft))"
	sends in-packets 2 seq=$((before + 2))
	soft=$((soft + 1))
	expect "$replay: a soft event behind them" wait_for told_soft
	expect_eq "$replay: one" $soft "$(told soft)"
	sends in-packets 3 seq=0xfffffffe
	sends in-packets 4 seq=0xffffffff
	sends in-replay 1 seq=0xffffffff
	sends in-replay 2 seq=0
	sends in-replay 3 seq=1
	expect_counts "$replay: the last number is taken, once, and none behind it" r \
		in-packets=4 in-replay=3 in-bad-icv=0
	expect_eq "$replay: told once, and the SA remains" "$soft 0 current" \
		"$(told soft) $(told hard) $(gc r -j sa show | jq -r '.[].state')"
}

deactivates_in()
{
	[ "$(gc r -j sa show | jq ".[].deactivate | . > $1 and . <= $2")" = true ]
}

gone()
{
	[ -z "$(gc r sa show)" ]
}

# An SA that is in use gets its end, and goes on till then.
sets()
{
	receiver "replay sa window 64"
	sends in-packets 1 seq=7
	expect "an SA without an end gets one" gc r sa set spi 0x1001 deactivate 100
	expect "in so many seconds" deactivates_in 90 100
	expect "a later one" gc r sa set group 7 deactivate 1000
	expect "is no less its end" deactivates_in 990 1000
	expect "that was told each time" wait_for some_events events \
		'^sa .*spi 0x00001001 .* deactivate 1000.000'
	sends in-packets 2 seq=8
	sends in-replay 1 seq=8
	expect_counts "it goes on as before, and remembers" r in-packets=2 in-replay=1
	expect "an early one" gc r sa set dst $GROUP deactivate 0.3
	expect "comes" wait_for gone
	expect "and is told" wait_for some_events events '^expire +hard +deactivate .*spi 0x00001001 '

	receiver "replay sa activate 500"
	expect_fail -e 'deactivate is earlier than activate' "not before its begin" \
		gc r sa set spi 0x1001 deactivate 499
	expect "nothing changed" \
		[ "$(gc r -j sa show | jq '.[] | has("deactivate")')" = false ]
	expect "behind it" gc r sa set spi 0x1001 deactivate 501
	expect "a limit is set, and an end behind it" gc_batch r <<-END
		sa flush
		sa add group 7 spi 0x1001 dst $GROUP dir in aead $GCM key file $TMP/key limit seconds hard 1
		sa set spi 0x1001 deactivate 1000
	END
	expect "the limit ends it" wait_for gone
	expect_fail -e 'no such SA' "one that is not there" gc r sa set spi 0x1001 deactivate 1
}

load_module
inject_setup
for ns in x r; do
	gc_batch $ns <<-END
		group add 7
		policy add group 7 dst $GROUP dev eth0
	END
done
uses
monitor_start events r all
sets
soft=0
ends "replay sa"
ends "replay source"
ends "sid-bits 8 replay sid"
in_background_kill events
