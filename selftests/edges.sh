#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# The edges of a rollover: 20 SAs of one group are there at once, each takes over
# at its own time and goes at another; each step is told, and shown. A datagram is
# sent every few milliseconds all the while, and none is lost.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

GROUP=239.1.1.1
FIRST=4097 LAST=4116
STEP=0.5	# seconds

# in_milliseconds EXPRESSION: as SECONDS
in_milliseconds()
{
	awk "BEGIN { printf \"%.3f\", $1 }"
}

# receivers FIRST LAST: SAs to receive by, with new keys
receivers()
{
	local spi

	for spi in $(seq "$1" "$2"); do
		new_key "$TMP/key.$spi"
		echo "sa add group 7 spi $spi dst $GROUP dir in aead $GCM key file $TMP/key.$spi sid-bits 8 replay sid"
	done | gc_batch a
}

# senders FIRST LAST: each takes over a step behind the one before, and goes two and a
# half steps later, but the last; the one before them all is there at once, and stays
senders()
{
	local spi i times

	for spi in $(seq "$1" "$2"); do
		i=$((spi - FIRST)) times=''
		[ "$spi" -eq $LAST ] || [ $i -lt 0 ] || times+=" deactivate $(in_milliseconds "$START + $STEP * ($i + 2.5)")"
		[ $i -lt 0 ] || times+=" activate $(in_milliseconds "$START + $STEP * $i")"
		echo "sa add group 7 spi $spi dst $GROUP dir out aead $GCM key file $TMP/key.$spi sid 1 bits 8$times"
	done >"$TMP/senders"
	# the times are from each command on
	gc_batch s <"$TMP/senders"
}

# What the monitor said of an SA, word by word.
steps()
{
	sed -nE "s/^(sa|sa-del) .* spi $(printf 0x%08x "$1") .* state ([a-z]+) .*/\1 \2/p" "$TMP/events.out" |
		sed 's/^sa //; s/^sa-del .*/gone/' | xargs
}

says_steps()
{
	[ "$(steps "$1")" = "$2" ]
}

has_gone()
{
	[[ $(steps "$1") == *gone ]]
}

shows_states()
{
	gc s -j sa show >"$TMP/now"
	gc s sa show >"$TMP/now.text"
}

load_module
ns_add s a
veth_pair s eth0 10.0.0.1/24 a eth0 10.0.0.2/24
for ns in s a; do
	gc_batch $ns <<-END
		group add 7
		policy add group 7 dst $GROUP
	END
done
monitor_start events s sa policy
# time to look at all of them before the first takes over, how fast the machine may be
began=$SECONDS
receivers $((FIRST - 1)) $LAST
START=$((3 + 2 * (SECONDS - began)))
senders $((FIRST - 1)) $((FIRST - 1))
recv_start a a -i eth0 -p "$TMP/pace" "$PORT" $GROUP
recv_ready
capture_start wire s eth0 proto 50
send_start s s -i eth0 -n 0 -r 250 -p "$TMP/pace" $GROUP "$PORT"
senders $FIRST $LAST
shows_states
expect_eq "20 lead, one is current" "1 current 20 leading" \
	"$(jq -r '.[].state' "$TMP/now" | sort | uniq -c | xargs)"
expect_eq "shown: times to go, of the last to take over too" true \
	"$(jq "all(.[]; .activate // 0 <= $START + 19 * $STEP and (.activate // 0) >= 0) and
		([.[].activate // 0] | . == sort) and (.[-1] | has(\"deactivate\") | not) and
		(.[0] | has(\"deactivate\") | not) and all(.[1:-1][]; .deactivate > .activate)" "$TMP/now")"
expect_eq "shown: in text too" "20 20" \
	"$(grep -cE ' activate [0-9]+\.[0-9]{3}( deactivate [0-9]+\.[0-9]{3})?$' "$TMP/now.text") $(grep -c '^ *state leading ' "$TMP/now.text")"
expect "the 10th takes over" wait_for -t $((START + 30)) some_events events "spi $(printf 0x%08x $((FIRST + 9))) .* state current"
shows_states
expect_eq "in between: one is current" 1 "$(jq 'map(select(.state == "current")) | length' "$TMP/now")"
expect_eq "in between: what is before it trails and has time to go, what is behind it leads" true \
	"$(jq '(map(.state) | index("current")) as $n |
		all(.[:$n][]; .state == "trailing" and (has("activate") | not)) and
		all(.[1:$n][]; .deactivate > 0) and
		all(.[$n + 1:][]; .state == "leading" and .activate > 0)' "$TMP/now")"
expect "in between: one trails at least" grep -q '^ *state trailing ' "$TMP/now.text"
expect "the last but one goes" wait_for -t 60 has_gone $((LAST - 1))
capture_end wire
expect "the sender was never refused" send_stop s
expect "nothing is lost" recv_end a
expect_eq "told of the one that was there: current, trailing" "current trailing" \
	"$(steps $((FIRST - 1)))"
for spi in $(seq $FIRST $((LAST - 1))); do
	steps "$spi"
done >"$TMP/steps"
expect_eq "told of each: leading, current, trailing, gone" "19 leading current trailing gone" \
	"$(sort "$TMP/steps" | uniq -c | xargs)"
expect_eq "told of the last: leading, current" "leading current" "$(steps $LAST)"
expect_eq "one was sent by behind the other" "$(seq $((FIRST - 1)) $LAST | xargs printf '0x%08x ')" \
	"$(grep -o ' spi=[0-9a-fx]*' "$TMP/wire.list" | uniq | cut -d= -f2 | xargs printf '%s ')"

gc s sa del spi $((FIRST - 1))
new_key "$TMP/key"
gc s sa add group 7 spi 5000 dst $GROUP dir out aead "$GCM" key file "$TMP/key" sid 1 bits 8
gc s sa del spi 5000
expect "the newest is deleted: told that the one before is current again" \
	wait_for says_steps $LAST "leading current trailing current"
