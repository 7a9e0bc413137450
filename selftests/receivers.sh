#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# Receivers come and go: key management is told of the first and of the last one,
# on this host and behind a gateway, and of no other.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# told NAME KIND GROUP N: so many events by now
told()
{
	[ "$(events "$1" "^acquire group 7 .* dst $3 .*kind $2\$")" -ge "$4" ]
}

# just DESC NAME GROUP RECEIVE LEAVE: so many, and no more
just()
{
	expect_eq "$1" "$4 $5" "$(events "$2" "dst $3 .*kind receive\$") $(events "$2" "dst $3 .*kind leave\$")"
}

# One more, whose event comes behind all that are to come before it.
mark()
{
	marks=$((marks + 1))
	recv_start mark a -n 0 -i eth0 "$PORT" 239.9.9.9
	recv_ready
	wait_for told a receive 239.9.9.9 $marks
	recv_stop mark >/dev/null
	wait_for told a leave 239.9.9.9 $marks
}

host()
{
	local group=$1

	recv_start first a -n 0 -i eth0 "$PORT" $group
	recv_ready
	expect "host, $group: the first receiver" wait_for told a receive $group 1
	recv_start second a -n 0 -i eth0 "$((PORT + 1))" $group
	recv_ready
	recv_stop first >/dev/null
	mark
	just "host, $group: a second one is no news, and the first may go" a $group 1 0
	recv_stop second >/dev/null
	expect "host, $group: the last one" wait_for told a leave $group 1
	recv_start first a -n 0 -i eth0 "$PORT" $group
	recv_ready
	expect "host, $group: another one" wait_for told a receive $group 2
	gc a policy replace group 7 dst $group dev eth0
	expect "host, $group: a policy that is replaced hears of it" wait_for told a receive $group 3
	gc a policy del dst $group
	gc a policy add group 7 dst $group dev eth0
	expect "host, $group: one that is added too" wait_for told a receive $group 4
	recv_stop first >/dev/null
	expect "host, $group: the last one again" wait_for told a leave $group 2
	mark
	just "host, $group: that is all" a $group 4 2
}

gateway()
{
	local group=$1

	recv_start r r -n 0 -i eth0 "$PORT" $group
	recv_ready
	expect "gateway, $group: the first receiver" wait_for told A receive $group 1
	recv_start q q -n 0 -i eth0 "$PORT" $group
	recv_ready
	recv_start c c -n 0 -i eth0 "$PORT" $group
	recv_ready
	recv_stop c >/dev/null
	recv_stop r >/dev/null
	recv_stop q >/dev/null
	expect "gateway, $group: the last one" wait_for told A leave $group 1
	just "gateway, $group: those of the unprotected side are not its own" A $group 1 1
}

load_module
marks=0
ns_add a s A r q c
veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64
gc_batch a <<-END
	group add 7
	policy add group 7 dst 239.1.1.1 dev eth0
	policy add group 7 dst ff15::1 dev eth0
	policy add group 7 dst 239.9.9.9
	policy add group 7 dst 239.1.1.2 dir send
END
monitor_start a a acquire policy
host 239.1.1.1
host ff15::1
recv_start none a -n 0 -i eth0 "$PORT" 239.1.1.2 239.1.1.3
recv_ready
mark
just "what is only sent, or nobody's, is no news" a '239\.1\.1\.[23]' 0 0

lan_add LAN A:lan:10.1.0.1/24:fd01::1/64 r:eth0:10.1.0.2/24:fd01::2/64 q:eth0:10.1.0.3/24:fd01::3/64
veth_pair A core 10.2.0.1/24,fd02::1/64 c eth0 10.2.0.2/24,fd02::2/64
gc_batch A <<-END
	group add 7
	policy add group 7 dst 239.1.1.1 dev core
	policy add group 7 dst ff1e::1 dev core
END
monitor_start A A acquire policy
gateway 239.1.1.1
gateway ff1e::1
