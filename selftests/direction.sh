#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Directions (RFC 5374 4.1.1): what each action means for what is sent and for what
# is received, if the policy is for both, only to send, or only to receive; and no
# selector of a multicast policy is ever swapped. Behind the policy in question
# stands one that protects the same packets by another group, A: what the first is
# not for, falls to that.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

declare -A before

# Sets left to the way that five packets of r took: A, B (ESP by the SA of group
# A or of the policy's own group), clear, or none.
how_sent()
{
	local way=''

	capture_start wire x eth0
	before[discard]=$(count r out-discard)
	for spi in 0x2001 0x2002; do
		before[$spi]=$(sa_count r $spi out-packets)
	done
	send r -i eth0 -l 0 -k -n 5 "$group" "$PORT" >/dev/null || :
	capture_end wire
	[ "$(($(sa_count r 0x2001 out-packets) - before[0x2001]))" -ne 5 ] || way+=A
	[ "$(($(sa_count r 0x2002 out-packets) - before[0x2002]))" -ne 5 ] || way+=B
	[ "$(frames wire " proto=17 .* dst=$group ")" -ne 5 ] || way+=clear
	[ "$(($(count r out-discard) - before[discard]))" -ne 5 ] || way+=none
	expect_eq "$desc: sent" "$1" "$way"
}

# received WHAT RESULT WORDS: RESULT is a counter, or came
received()
{
	local counter=$2 delivered=0

	if [ "$2" = came ]; then
		counter='' delivered=1
	fi
	strike "$desc: received $1" "$counter" "$delivered" <<<"$3"
}

# action dir sent clear A B
directions()
{
	local action dir sent clear a b group_of

	while read -r action dir sent clear a b; do
		desc="$1, $action $dir" group_of=''
		[ "$action" != protect ] || group_of="group 8"
		gc_batch r <<-END
			policy begin
			policy add group 9 dst $other
			policy add group 7 dst $group prio 2000
			policy add $group_of dst $group action $action dir $dir prio 10
			policy commit
		END
		how_sent "$sent"
		received "in the clear" "$clear" clear=1
		received "by A" "$a" spi=0x1001
		received "by B" "$b" spi=0x1002
	done <<-'END'
		protect both B in-spoof in-policy came
		protect send B in-spoof came in-policy
		protect receive A in-spoof in-policy came
		bypass both clear came in-policy in-policy
		bypass send clear in-spoof came in-policy
		bypass receive A came in-policy in-policy
		discard both none in-discard in-policy in-policy
		discard send none in-spoof came in-policy
		discard receive A in-discard in-policy in-policy
	END
}

# configure GROUP OTHER: SAs of A and B, in by the one key and out by others
configure()
{
	group=$1 other=$2
	new_key "$TMP/out"
	gc_batch r <<-END
		group flush
		policy flush
		group add 7
		group add 8
		group add 9
		policy add group 9 dst $other
		sa add group 7 spi 0x1001 dst $group dir in aead $GCM key file $TMP/key replay none
		sa add group 8 spi 0x1002 dst $group dir in aead $GCM key file $TMP/key replay none
		sa add group 9 spi 0x1009 dst $other dir in aead $GCM key file $TMP/key replay none
		sa add group 7 spi 0x2001 dst $group dir out aead $GCM key file $TMP/out sid 1 bits 8
		sa add group 8 spi 0x2002 dst $group dir out aead $GCM key file $TMP/out sid 2 bits 8
	END
}

# What a policy says of source and destination it says of them in both directions.
never_swapped()
{
	gc_batch r <<-END
		policy begin
		policy add group 9 dst $other
		policy add dst $group src $1 proto udp sport 4000 dport 5000 action discard
		policy commit
	END
	desc="$3, a policy with src"
	received "from its source" in-discard "clear=1 src=$1"
	received "from another source" came "clear=1 src=${1}9"
	received "its ports the other way" '' "clear=1 src=$1 sport=5000 dport=4000"
	before[discard]=$(count r out-discard)
	expect "$desc: sent by another source" send r -i eth0 -l 0 -n 5 "$group" "$PORT"
	expect_counts "$desc: not its business" r "out-discard=${before[discard]}"
	gc_batch r <<-END
		policy begin
		policy add group 9 dst $other
		policy add dst $group src $2 proto udp dport 5000 action discard
		policy commit
	END
	desc="$3, a policy with the own src"
	received "from another source" came "clear=1 src=$1"
	expect_fail -e 'failed=5' "$desc: sent" send r -i eth0 -l 0 -k -n 5 "$group" "$PORT"
	expect_counts "$desc: counted" r "out-discard=$((before[discard] + 5))"
}

load_module
inject_setup

configure 239.1.1.1 239.9.9.9
forge=(src=10.0.0.1 "dst=$group") good="spi=0x1009 dst=$other"
watch "$group" "$other"
directions IPv4
never_swapped 10.0.0.1 10.0.0.2 IPv4
unwatch

configure ff15::1 ff15::9
forge=(src=fd00::1 "dst=$group") good="spi=0x1009 dst=$other"
watch "$group" "$other"
directions IPv6
never_swapped fd00::1 fd00::2 IPv6
unwatch
