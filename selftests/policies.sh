#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Many policies: what a packet costs does not grow with their number, counted in
# what its lookup compares, and is nothing where none is for it; and 100,000 are added,
# replaced as a whole, listed and deleted in a time that grows no faster than their number
# does.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

MANY=100000
COMPARED=/sys/module/gemcast/parameters/test_compared

# dsts FIRST LAST: one address each
dsts()
{
	seq "$1" "$2" | awk '{ printf "239.%d.%d.%d\n", 1 + $1 / 65536, $1 / 256 % 256, $1 % 256 }'
}

adds()
{
	dsts "$1" "$2" | sed 's/.*/policy add dst & action bypass/'
}

# Sets cost to how many comparisons ten flows, of ten packets, to each of the words took.
# None of what is compared is of another namespace. New flows each time, as the answers
# for those of late are remembered.
flow=0
costs()
{
	local dst before end

	before=$(<$COMPARED)
	for dst; do
		for ((end = flow + 10; flow < end; flow++)); do
			send s -i eth0 -n 10 "$dst" $((10000 + flow)) >/dev/null
		done
	done
	cost=$(($(<$COMPARED) - before))
}

# One search in the hash table and one comparison of a policy; of keys as many as are in a
# bucket.
cheap()
{
	local n=$1 first last

	first=$(dsts 1 1) last=$(dsts "$n" "$n")
	costs "$first" "$last" "$(dsts $((n / 2 + 1)) $((n / 2 + 1)))"
	expect "$n policies: $cost comparisons for 30 flows" [ "$cost" -ge 90 -a "$cost" -le 180 ]
	costs 239.255.1.1
	expect "$n policies: $cost for ten flows that none is for" [ "$cost" -le 40 ]
}

# Addresses that the sieve does not tell apart, others that it does, and what is done to them.
# discarded DST...: of these, nothing else is
SAME=(239.1.1.1 239.254.114.3) OTHERS=(239.255.1.1 10.0.0.9)
discarded()
{
	local dst wanted

	for dst in "${SAME[@]}" "${OTHERS[@]}"; do
		wanted=0
		[[ " $* " != *" $dst "* ]] || wanted=5
		expect_eq "to $dst: $wanted of 5 discarded" "failed=$wanted" \
			"$(send s -i eth0 -k -n 5 "$dst" "$PORT" | grep -o 'failed=[0-9]*')"
	done
}

sieved()
{
	local dst

	for dst in "${SAME[@]}" 10.0.0.9; do
		gc s policy add dst "$dst" action discard
	done
	discarded "${SAME[@]}" 10.0.0.9
	gc s policy del dst 239.1.1.1
	discarded 239.254.114.3 10.0.0.9
	gc s policy del dst 10.0.0.9
	discarded 239.254.114.3
	costs "${OTHERS[@]}"
	expect_eq "what it keeps back is not looked for" 0 "$cost"
	costs 239.1.1.1
	expect "what it does not is" [ "$cost" -ge 10 ]
	gc s policy add dst 239.128.0.0/9 action discard
	discarded 239.254.114.3 239.255.1.1
	gc s policy flush
	discarded
}

# Where it is discarded, and on what other interface it is not even looked for.
# discarded_on WHEN DEV
discarded_on()
{
	expect_eq "$1: discarded on it" failed=5 \
		"$(send s -i "$2" -k -n 5 239.1.1.1 "$PORT" | grep -o 'failed=[0-9]*')"
	costs 239.1.1.1
	expect_eq "$1: on another it is not looked for" 0 "$cost"
}

by_interface()
{
	local ns

	ns=$(ns_name s)
	ip -n "$ns" link add named type dummy
	if_up s named 10.0.1.1/24
	gc s policy add dst 239.1.1.1 dev named action discard
	discarded_on "a policy of an interface" named
	ip -n "$ns" link set named down
	ip -n "$ns" link set named name other up
	discarded_on "it has another name" other
	ip -n "$ns" link del other
	ip -n "$ns" link add other type dummy
	if_up s other 10.0.1.1/24
	discarded_on "one comes that is called so" other
	gc s policy add dst 239.1.1.1 action discard
	discarded 239.1.1.1
	gc s policy del dst 239.1.1.1 dev other
	discarded 239.1.1.1
	gc s policy flush
	discarded
	gc s policy add dst 239.1.1.1 dev other action discard
	discarded_on "all have gone, and this one comes again" other
	gc s policy flush
	ip -n "$ns" link del other
}

listed()
{
	gc s policy show | wc -l
}

list()
{
	gc s policy show >/dev/null
}

# timed DESC COMMAND...: and how long it took
timed()
{
	local desc=$1 began=${EPOCHREALTIME/./}

	shift
	expect "$desc" "$@"
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	diag "$desc: $took ms"
}

from()
{
	gc_batch s <"$TMP/$1"
}

load_module
[ -e $COMPARED ] || { fail "the module counts comparisons"; exit 1; }
ns_add s
ip -n "$(ns_name s)" link add eth0 type dummy
if_up s eth0 10.0.0.1/24 fd00::1/64

sieved
by_interface
adds 1 1 >"$TMP/one"
from one
cheap 1
adds 2 1000 >"$TMP/thousand"
timed "999 more are added" from thousand
cheap 1000
adds 1001 $MANY >"$TMP/many"
timed "and $((MANY - 1000)) more" from many
cheap $MANY
timed "all are listed" list
expect_eq "each of them" $MANY "$(listed)"

# Prefixes are looked up once for each length.
gc_batch s <<-END
	policy add dst 239.128.0.0/9 action discard prio 2000
	policy add dst 239.192.0.0/10 action discard prio 1
END
before=$(<$COMPARED)
expect_fail -e 'failed=100' "one of a prefix matches" send s -i eth0 -k -n 100 239.255.1.1 "$PORT"
cost=$(($(<$COMPARED) - before))
expect "prefixes of two lengths: $cost comparisons for a flow" [ "$cost" -ge 1 -a "$cost" -le 10 ]
gc s policy flush action discard

{ echo policy begin; adds 2 $MANY; adds 1 1; echo policy commit; } >"$TMP/all"
timed "all are replaced by equal ones" from all
expect_eq "$MANY are there" $MANY "$(listed)"
expect_eq "the first is still the first" 239.1.0.1/32 "$(gc s policy show | sed -n '1s/dst \([^ ]*\) .*/\1/p')"
cheap $MANY

ip -n "$(ns_name s)" link add eth1 type dummy
dsts 1 2000 | sed 's/.*/policy add dst & dev eth1 action discard prio 1/' >"$TMP/named"
timed "2000 more name an interface" from named
ip -n "$(ns_name s)" link set eth1 name eth2
expect_eq "they go on with its new name" 2000 "$(gc s policy show dev eth2 | wc -l)"
timed "they are deleted by it" gc s policy flush dev eth2
{ dsts 1 1000; dsts 99001 $MANY; } | sed 's/.*/policy del dst &/' >"$TMP/del"
timed "2000 are deleted by dst" from del
gc s -s policy show dst 239.2.0.0 | sed -n 's/.*index \([0-9]*\).*/policy del index \1/p' >"$TMP/index"
expect "one is deleted by its index" from index
expect_eq "the rest is there" $((MANY - 2001)) "$(listed)"
timed "all are deleted" gc s policy flush
expect_eq "none is there" 0 "$(listed)"
