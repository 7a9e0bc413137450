#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Transactions: a batch puts a whole rule set in the place of another at once. Under
# traffic no packet is lost or leaves in the clear, whichever set protects it; and a
# transaction that does not come to its end changes nothing.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

COMMITS=400

# rules GROUP: a set whose policies are all of it
rules()
{
	local i

	echo policy begin
	for i in {1..9}; do
		echo "policy add group $1 dst 239.7.$1.$i"
	done
	echo "policy add group $1 dst 239.1.1.1"
	echo policy commit
}

policies()
{
	gc s -s -j policy show | jq -c "[.[] | [.index, .dst, .group // 0, .prio]]"
}

# Packets that one of a and b read, of those that s sent.
all_read()
{
	[ $(($(count a in-packets) + $(count b in-packets))) -eq "$(count s out-packets)" ]
}

# s protects by group 7, which a is of, and by group 8, which b is of, by turns.
under_traffic()
{
	local group i

	for group in 7 8; do
		new_key "$TMP/$group.key"
		gc_batch s <<-END
			group add $group
			sa add group $group spi 0x100$group dst 239.1.1.1 dir out aead $GCM key file $TMP/$group.key sid 1 bits 8
		END
	done
	gc_batch a <<-END
		group add 7
		policy add group 7 dst 239.1.1.1
		sa add group 7 spi 0x1007 dst 239.1.1.1 dir in aead $GCM key file $TMP/7.key sid-bits 8 replay sid
	END
	gc_batch b <<-END
		group add 8
		policy add group 8 dst 239.1.1.1
		sa add group 8 spi 0x1008 dst 239.1.1.1 dir in aead $GCM key file $TMP/8.key sid-bits 8 replay sid
	END
	rules 7 | gc_batch s
	for ((i = 0; i < COMMITS; i += 2)); do
		rules 8
		rules 7
	done >"$TMP/commits"
	capture_start wire a eth0
	send_start traffic s -i eth0 -n 0 -r 1000 239.1.1.1 "$PORT"
	wait_for counted s out-packets 50
	expect "$COMMITS rule sets are put in force" gc_batch s <"$TMP/commits"
	wait_for counted s out-packets $(($(count s out-packets) + 50))
	send_stop traffic >"$TMP/sent" || :
	capture_end wire
	expect "under traffic, none of it is refused" grep -q ' failed=0 ' "$TMP/sent"
	expect_eq "each packet was protected by one of them" \
		"$(sed 's/.*sent=\([0-9]*\).*/\1/' "$TMP/sent")" "$(count s out-packets)"
	expect "and read by one of them" wait_for all_read
	expect "by both in turn" [ "$(count a in-packets)" -gt 0 -a "$(count b in-packets)" -gt 0 ]
	expect "nothing left but ESP" only_esp wire 239.1.1.1
	expect_counts "nothing came in the clear" a in-spoof=0
}

# What stays the same keeps index, counters and age.
kept()
{
	local before after

	gc_batch s <<-END
		policy flush
		policy add dst 239.2.2.1 action bypass
		policy add group 7 dst 239.1.1.1 prio 5
		policy add dst 239.2.2.2 action bypass
		policy add dst 239.2.2.3 action bypass
	END
	send s -i eth0 -n 7 239.1.1.1 "$PORT" >/dev/null
	before=$(gc s -s policy show dst 239.1.1.1)
	: >"$TMP/events.out"
	monitor_start events s policy
	: >"$TMP/events.mark"
	after=$(wc -l <"$TMP/events.out")
	gc_batch s <<-END
		policy begin
		policy add dst 239.2.2.4 action bypass
		policy add dst 239.2.2.3 action bypass
		policy add dst 239.2.2.2 action discard
		policy add group 7 dst 239.1.1.1 prio 5
		policy commit
	END
	expect_eq "what is in both sets keeps its index and counters" "$before" \
		"$(gc s -s policy show dst 239.1.1.1)"
	gc s policy show | sed 's/ dir.*//; s/.*dst //' >"$TMP/order"
	expect_eq "and its age" "239.1.1.1/32 239.2.2.3/32 239.2.2.4/32 239.2.2.2/32" \
		"$(xargs <"$TMP/order")"
	wait_for some_events events '^policy .*239.2.2.2/32 .*discard'
	expect_eq "what changed is told, and no more" "policy 239.2.2.2/32
policy 239.2.2.4/32
policy-del 239.2.2.1/32
policy-del 239.2.2.2/32" \
		"$(tail -n +$((after + 1)) "$TMP/events.out" | grep -v 239.255.255.255 |
			sed 's/\([a-z-]*\) .*dst \([^ ]*\) .*/\1 \2/' | sort)"
	in_background_kill events
	: >"$TMP/policies"
	gc s policy show >"$TMP/policies"
	(echo policy begin; sed 's/^/policy add /' "$TMP/policies"; echo policy commit) >"$TMP/restore"
	before=$(policies)
	expect "what was saved is put in force" gc_batch s <"$TMP/restore"
	expect_eq "and nothing has changed" "$before" "$(policies)"
}

# The batch of client NAME gets its lines through descriptor FD.
client()
{
	mkfifo "$TMP/$1.fifo"
	in_background "$1" s gemcast -b "$TMP/$1.fifo"
	exec {client}>"$TMP/$1.fifo"
}

begun()
{
	! printf 'policy begin\npolicy abort\n' | gc_batch s 2>/dev/null
}

unbegun()
{
	printf 'policy begin\npolicy abort\n' | gc_batch s 2>/dev/null
}

# What does not come to its end changes nothing.
unfinished()
{
	local before client

	gc s group add 10
	before=$(policies)
	client killed
	printf 'policy begin\npolicy add group 10 dst 239.3.3.3\npolicy add dst 239.3.3.4 action discard\n' >&$client
	expect "a transaction is under way" wait_for begun
	expect_fail -s 2 -e "another's transaction is under way" "a second client is refused" \
		gc_batch s <<<"policy begin"
	expect_fail -s 2 -e "no transaction has begun" "and cannot commit it" \
		gc_batch s <<<"policy commit"
	expect_eq "others see what is in force" "$before" "$(policies)"
	wait_for staged
	expect_fail -s 2 -e "policy of a transaction" "its group cannot be deleted" gc s group del 10
	kill -9 "${pid_of[killed]}"
	exec {client}>&-
	in_background_end killed >/dev/null || :
	expect "it ends with its client" wait_for unbegun
	expect_eq "and nothing has changed" "$before" "$(policies)"
	expect "the group can be deleted" gc s group del 10

	expect_fail -s 2 -e ':3: .*no such group' "a line that fails ends it" gc_batch s <<-END
		policy begin
		policy add dst 239.3.3.4 action discard
		policy add group 99 dst 239.3.3.3
		policy commit
	END
	expect_eq "and nothing has changed" "$before" "$(policies)"
	expect_fail -s 1 -e 'has no commit' "so does the end of the batch" gc_batch s <<-END
		policy begin
		policy add dst 239.3.3.4 action discard
	END
	expect "so does abort" gc_batch s <<-END
		policy begin
		policy add dst 239.3.3.4 action discard
		policy abort
	END
	expect_eq "and nothing has changed" "$before" "$(policies)"
	expect_fail -s 2 -e 'has begun already' "a transaction begins once" gc_batch s <<-END
		policy begin
		policy begin
	END
}

staged()
{
	gc s group del 10 2>"$TMP/staged" && gc s group add 10 && return 1
	grep -q transaction "$TMP/staged"
}

# A group that goes with all that is in it goes from the transaction too.
group_flushed()
{
	local client

	gc s group add 9
	client flushed
	printf 'policy begin\npolicy add group 9 dst 239.3.3.3\npolicy add dst 239.3.3.4 action discard\n' >&$client
	wait_for begun
	wait_for staged9
	gc s group flush 9
	echo 'policy commit' >&$client
	exec {client}>&-
	expect "a transaction whose group was flushed" in_background_end flushed
	expect_eq "puts the rest in force" "239.3.3.4/32" "$(gc s -j policy show | jq -r '.[].dst')"
}

staged9()
{
	gc s group del 9 2>"$TMP/staged" && gc s group add 9 && return 1
	grep -q transaction "$TMP/staged"
}

# Within one, replace, del and flush are of the new set; the last policy may go.
inside()
{
	expect "a transaction of all commands" gc_batch s <<-END
		policy begin
		policy add dst 239.4.4.1 action bypass
		policy flush
		policy add dst 239.4.4.2 action bypass
		policy replace dst 239.4.4.2 action discard
		policy add dst 239.4.4.3 action bypass
		policy del dst 239.4.4.3
		policy commit
	END
	expect_eq "does what they say" "239.4.4.2/32 discard" \
		"$(gc s -j policy show | jq -r '.[] | .dst + " " + .action')"
	expect "an empty one" gc_batch s <<<$'policy begin\npolicy commit'
	expect_eq "leaves nothing" '[]' "$(gc s -j policy show)"
	expect "and sending goes on" send s -i eth0 -n 3 239.4.4.2 "$PORT"
	expect "from nothing to something" gc_batch s <<<$'policy begin\npolicy add dst 239.4.4.2 action discard\npolicy commit'
	expect_fail -e 'failed=3' "which holds" send s -i eth0 -k -n 3 239.4.4.2 "$PORT"
}

load_module
ns_add s a b
lan_add lan s:eth0:10.0.0.1/24:fd00::1/64 a:eth0:10.0.0.2/24:fd00::2/64 b:eth0:10.0.0.3/24:fd00::3/64
under_traffic
kept
unfinished
group_flushed
inside
