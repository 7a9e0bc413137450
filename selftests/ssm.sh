#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Source-specific groups (RFC 5374 6.3.3): where policies say which sources may send
# to one, nothing of another source comes in or leaves, in the clear or not; it is
# counted and told.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

inbound4()
{
	prefix="IPv4: " forge=(src=10.0.0.1 dst=232.1.1.1) good="spi=0x1009 src=10.0.0.1 dst=239.9.9.9"
	gc_batch r <<-END
		policy add group 7 dst 232.1.1.1 src 10.0.0.1 proto udp
		policy add group 7 dst 232.1.1.2 src 10.0.0.1 dir send
		policy add group 7 dst 232.1.1.3 src 10.0.0.1 dev eth1
		policy add group 7 dst 232.1.1.4 src 10.0.0.1
		policy add dst 232.1.1.4 proto tcp action bypass
		policy add dst 232.1.1.5 src 10.0.0.1 action discard
		policy add dst 232.1.1.6 src 10.0.0.0/28 action bypass
		policy add group 7 dst 232.1.2.0/24 src 10.0.0.1
		policy add group 7 dst 239.1.1.1 src 10.0.0.1
		sa add group 7 spi 0x1001 dst 232.1.1.1 dir in aead $GCM key file $TMP/key replay none
	END
	watch 232.1.1.{1..6} 232.1.2.9 239.1.1.1 239.9.9.9
	strikes <<-'END'
		its source, in ESP||1|
		its source, in the clear|in-spoof|0|clear=1
		another source, in the clear|in-ssm|0|clear=1 src=10.0.0.9
		another source, in ESP|in-ssm|0|src=10.0.0.9
		another source, in ESP of no SA here|in-ssm|0|src=10.0.0.9 spi=0x9999
		its source, in ESP of no SA here||0|spi=0x9999
		another source, another port and protocol|in-ssm|0|clear=1 src=10.0.0.9 dport=5001;clear=1 src=10.0.0.9 iproto=6;clear=1 src=10.0.0.9 iproto=1
		its source, a port that no policy has||0|clear=1 iproto=6
		another source, IGMP||0|clear=1 src=10.0.0.9 iproto=2
		another source, IKE||0|clear=1 src=10.0.0.9 dport=848
		a policy to send||1|clear=1 src=10.0.0.9 dst=232.1.1.2
		a policy of another interface||1|clear=1 src=10.0.0.9 dst=232.1.1.3
		a policy for any source||1|clear=1 src=10.0.0.9 dst=232.1.1.4
		a policy that discards its source|in-discard=1|1|clear=1 dst=232.1.1.5;clear=1 src=10.0.0.9 dst=232.1.1.5
		a policy that bypasses sources|in-ssm=1|1|clear=1 dst=232.1.1.6;clear=1 src=10.0.0.99 dst=232.1.1.6
		a prefix|in-ssm|0|clear=1 src=10.0.0.9 dst=232.1.2.9
		not a source-specific group||1|clear=1 src=10.0.0.9 dst=239.1.1.1
	END
	unwatch
}

inbound6()
{
	prefix="IPv6: " forge=(src=fd00::1 dst=ff3e::1) good="spi=0x1006 src=fd00::1 dst=ff15::9"
	gc_batch r <<-END
		policy add group 7 dst ff3e::1 src fd00::1 proto udp
		policy add group 7 dst ff35::8000:2 src fd00::1
		policy add group 7 dst ff3e:20:2001:db8::1 src fd00::1
		policy add group 7 dst ff15::1 src fd00::1
		sa add group 7 spi 0x1002 dst ff3e::1 dir in aead $GCM key file $TMP/key replay none
	END
	watch ff3e::1 ff35::8000:2 ff3e:20:2001:db8::1 ff15::1 ff15::9
	strikes <<-'END'
		its source, in ESP||1|spi=0x1002
		its source, in the clear|in-spoof|0|clear=1
		another source, in the clear|in-ssm|0|clear=1 src=fd00::9
		another source, in ESP|in-ssm|0|src=fd00::9 spi=0x1002
		another scope|in-ssm|0|clear=1 src=fd00::9 dst=ff35::8000:2
		a group by unicast prefix||1|clear=1 src=fd00::9 dst=ff3e:20:2001:db8::1
		not a source-specific group||1|clear=1 src=fd00::9 dst=ff15::1
	END
	unwatch
}

# outbound OWN OTHER GROUP: r sends by its own address, and by another of its own
outbound()
{
	local desc="sent, $3"

	gc r stats reset
	capture_start wire x eth0
	expect "$desc: its source" send r -i eth0 -b "$1" -n 5 "$3" "$PORT"
	expect_fail -e 'sent=0 failed=5' "$desc: another source is refused" \
		send r -i eth0 -b "$2" -k -n 5 "$3" "$PORT"
	expect_fail -e 'sent=0 failed=5' "$desc: at another port too" \
		send r -i eth0 -b "$2" -k -n 5 "$3" 5001
	capture_end wire
	expect_counts "$desc: counted" r out-packets=5 out-ssm=10
	expect "$desc: only ESP on the wire" only_esp wire "$3"
	expect_eq "$desc: of its source alone" 0 "$(frames wire " src=$2 ")"
	expect "$desc: told" wait_for some_events events "audit out-ssm .*dst $3 src $2 .*dev eth0"
}

load_module
inject_setup
ip -n "$(ns_name r)" addr add 10.0.0.22/24 dev eth0
ip -n "$(ns_name r)" addr add fd00::22/64 dev eth0 nodad
ip -n "$(ns_name r)" link add eth1 type dummy
gc_batch r <<-END
	group add 7
	group add 9
	policy add group 9 dst 239.9.9.9
	policy add group 9 dst ff15::9
	sa add group 9 spi 0x1009 dst 239.9.9.9 dir in aead $GCM key file $TMP/key replay none
	sa add group 9 spi 0x1006 dst ff15::9 dir in aead $GCM key file $TMP/key replay none
END
monitor_start events r audit policy
inbound4
expect "another source is told" wait_for some_events events 'audit in-ssm .*dst 232.1.1.1 src 10.0.0.9 dev eth0'
inbound6
gc r group flush
new_key "$TMP/out"
gc_batch r <<-END
	policy flush
	group add 7
	policy add group 7 dst 232.1.1.1 src 10.0.0.2 proto udp dport $PORT dir send
	policy add group 7 dst ff3e::1 src fd00::2 proto udp dport $PORT
	sa add group 7 spi 0x2001 dst 232.1.1.1 dir out aead $GCM key file $TMP/out sid 1 bits 8
	sa add group 7 spi 0x2002 dst ff3e::1 dir out aead $GCM key file $TMP/out sid 2 bits 8
END
outbound 10.0.0.2 10.0.0.22 232.1.1.1
outbound fd00::2 fd00::22 ff3e::1
