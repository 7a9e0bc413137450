#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Packets that are wrong, damaged on the way or made so by somebody who has the key:
# each is dropped, counted by its reason alone, and nothing of it is delivered; what
# is unusual but right is delivered. The kernel's log stays silent.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

# An ESP packet of 100 bytes in UDP in IPv4, 20 of IP: 8 + 8 + 128 + 4 + 16.
native4()
{
	prefix="IPv4: " forge=(src=10.0.0.1 dst=239.1.1.1) good=spi=0x1001
	gc_batch r <<-END
		group flush
		group add 7
		group add 9
		policy add group 7 dst 239.1.1.0/31 proto udp
		policy add group 9 dst 239.1.1.2 proto udp
		policy add dst 239.1.1.3 action discard
		policy add dst 239.1.1.4 action bypass
		sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay none
	END
	watch 239.1.1.0 239.1.1.1 239.1.1.2 239.1.1.3 239.1.1.4
	strikes <<-'END'
		a good packet||1|
		no SPI||0|cut=0..3
		truncated at each length|in-truncated|0|cut=4..33
		cut off at each length|in-bad-icv|0|cut=34..163
		garbage at the end|in-bad-icv|0|tail=1;tail=4;tail=1000
		another SPI||0|spi=0x1000;spi=0x9999;spi=0;spi=255;spi=0xffffffff
		each byte of the SPI flipped||0|flip=0..3
		each other byte flipped|in-bad-icv|0|flip=4..163
		sequence number 0 without anti-replay||1|seq=0
		the highest sequence number||1|seq=0xffffffff
		the same twice without anti-replay||2|count=1;count=1
		each byte of padding wrong|in-bad-padding|0|pad=6 badpad=0;pad=6 badpad=5;pad=254 badpad=253
		pad length above the text|in-bad-padding|0|padlen=131;padlen=255
		pad length that eats the packet|in-bad-padding|0|padlen=130;padlen=100
		pad length above the padding|in-bad-padding|0|padlen=+1
		pad length below the padding||1|pad=6 padlen=0
		the longest padding||1|pad=254
		text of a trailer alone|in-bad-inner|0|text=0004
		text of a trailer alone, pad length 1|in-bad-padding|0|text=0104
		text of padding alone|in-bad-inner|0|text=01020204
		TFC padding||3|tfc=1;tfc=57;tfc=1000
		inner length above the packet|in-bad-inner|0|ilen=+1;ilen=+4;ilen=1500;ilen=65535
		inner length below the header|in-bad-inner|0|ilen=19;ilen=0
		inner length below UDP's||0|ilen=-1;ilen=28;ilen=27;ilen=20
		inner header length|in-bad-inner|0|ihl=0;ihl=1;ihl=4;ihl=6;ihl=15
		inner header length above the packet|in-bad-inner|0|ihl=15 size=0
		inner version|in-bad-inner|0|iversion=0;iversion=5;iversion=6;iversion=15
		inner checksum|in-bad-inner|0|isum=+1;isum=0;isum=0xffff
		inner packet cut short|in-bad-inner|0|inner=45;inner=4500;inner=45000014000000000111000000
		inner UDP length||0|ulen=+1;ulen=7;ulen=0;ulen=65535
		inner UDP checksum||0|usum=+1
		no inner UDP checksum||1|usum=0
		next header is IPv6|in-bad-inner|0|next=41
		inner IPv6|in-bad-inner|0|isrc=fd00::1 idst=ff15::1
		next header of transport mode|in-policy|0|mode=transport
		next header of other protocols|in-policy|0|mode=transport next=0;mode=transport next=1;mode=transport next=2;mode=transport next=6;mode=transport next=50;mode=transport next=51;mode=transport next=58;mode=transport next=255
		a dummy|in-dummy|0|next=59;text=003b;text=0102023b;mode=transport next=59
		another inner source|in-address|0|isrc=10.0.0.9;isrc=10.0.0.2;isrc=0.0.0.0
		another inner group of the policy|in-address|0|idst=239.1.1.0
		an inner group of another policy|in-policy|0|idst=239.1.1.2
		an inner group to be discarded|in-policy|0|idst=239.1.1.3
		an inner group to be bypassed|in-policy|0|idst=239.1.1.4
		an inner group of no policy|in-policy|0|idst=239.9.9.9;idst=224.0.0.1
		an inner destination that is no group|in-policy|0|idst=10.0.0.2;idst=255.255.255.255;idst=127.0.0.1;idst=0.0.0.0
		another inner protocol|in-policy|0|iproto=6;iproto=1;iproto=2;iproto=50
		a group as source|in-bad-inner|0|src=239.1.1.1;src=224.0.0.5 idst=239.1.1.1
		broadcast as source|in-bad-inner|0|src=255.255.255.255
		loopback as source|in-bad-inner|0|src=127.0.0.1
		inner options||3|options=4;options=20;options=40
		each piece of an inner fragment||0|imf=1 size=104;ifrag=8;ifrag=65528
		ESP in fragments||2|id=1 frags=0-64,64-164;id=2 frags=0-8,8-16,16-24,24-164
		ESP in fragments, backwards||1|id=3 frags=64-164,0-64
		ESP in fragments, one twice||1|id=4 frags=0-64,0-64,64-164
		ESP in fragments that overlap||0|id=5 frags=0-64,56-164;id=6 frags=0-64,56-164!
		ESP in fragments that overlap at the end||0|id=7 frags=64-164,0-72!
		ESP in fragments, a damaged one|in-bad-icv=1|0|id=8 frags=0-64,64-164!
		ESP in fragments, one missing||0|id=9 frags=0-64;id=10 frags=64-164
		ESP in fragments, cut|in-truncated=1|0|id=11 cut=20 frags=0-8,8-20
		cleartext|in-spoof|0|clear=1;clear=1 size=0;clear=1 size=1400
		cleartext for all that the policy says|in-spoof|0|clear=1 dst=239.1.1.0;clear=1 dst=239.1.1.2
		cleartext from ourselves|in-spoof|0|clear=1 src=10.0.0.2
		cleartext with options|in-spoof|0|clear=1 options=4;clear=1 options=40
		cleartext as the policy does not say||0|clear=1 iproto=6;clear=1 dst=239.9.9.9
		cleartext to be discarded|in-discard|0|clear=1 dst=239.1.1.3
		cleartext to be bypassed||1|clear=1 dst=239.1.1.4
	END
	unwatch
}

native6()
{
	prefix="IPv6: " forge=(src=fd00::1 dst=ff15::1) good=spi=0x1002
	gc_batch r <<-END
		group flush
		group add 7
		group add 9
		policy add group 7 dst ff15::/127 proto udp
		policy add group 9 dst ff15::2 proto udp
		policy add dst ff15::3 action discard
		policy add dst ff15::4 action bypass
		sa add group 7 spi 0x1002 dst ff15::1 dir in aead $GCM key file $TMP/key icv 8 replay none
	END
	forge+=(spi=0x1002 icv=8)
	watch ff15:: ff15::1 ff15::2 ff15::3 ff15::4
	strikes <<-'END'
		a good packet||1|
		no SPI||0|cut=0..3
		truncated at each length|in-truncated|0|cut=4..25
		cut off at each length|in-bad-icv|0|cut=26..50;cut=170
		each byte of the SPI flipped||0|flip=0..3
		each other byte flipped|in-bad-icv|0|flip=4..175
		padding|in-bad-padding|0|padlen=255;padlen=+1;pad=6 badpad=0
		TFC padding||2|tfc=1;tfc=1000
		text of a trailer alone|in-bad-inner|0|text=0029
		inner length above the packet|in-bad-inner|0|ilen=+1;ilen=+4;ilen=65535
		inner length below UDP's||0|ilen=-1;ilen=8
		inner version|in-bad-inner|0|iversion=0;iversion=4;iversion=15
		inner packet cut short|in-bad-inner|0|inner=60;inner=600000000000
		next header is IPv4|in-bad-inner|0|next=4
		inner IPv4|in-bad-inner|0|isrc=10.0.0.1 idst=239.1.1.1
		next header of transport mode|in-policy|0|mode=transport
		a dummy|in-dummy|0|next=59;text=003b
		another inner source|in-address|0|isrc=fd00::9;isrc=fd00::2;isrc=::
		another inner group of the policy|in-address|0|idst=ff15::
		an inner group of another policy|in-policy|0|idst=ff15::2;idst=ff15::3;idst=ff15::4;idst=ff15::9;idst=ff02::1
		an inner destination that is no group|in-policy|0|idst=fd00::2;idst=::1;idst=::
		another inner protocol|in-policy|0|iproto=6;iproto=58;iproto=50
		a group as source|in-bad-inner|0|isrc=ff15::1
		loopback as source|in-bad-inner|0|isrc=::1
		inner hop-by-hop options||1|options=8
		inner hop-by-hop options that are wrong||0|options=64
		ESP in fragments||2|id=1 frags=0-64,64-176;id=2 frags=64-176,0-64
		ESP in fragments that overlap||0|id=3 frags=0-64,56-176;id=4 frags=64-176,0-72!
		ESP in fragments, one missing||0|id=5 frags=0-64;id=6 frags=64-176
		cleartext|in-spoof|0|clear=1;clear=1 dst=ff15::;clear=1 dst=ff15::2
		cleartext with hop-by-hop options|in-spoof|0|clear=1 options=8
		cleartext to be discarded|in-discard|0|clear=1 dst=ff15::3
		cleartext to be bypassed||1|clear=1 dst=ff15::4
	END
	unwatch
}

transport()
{
	prefix="transport: " forge=(src=10.0.0.1 dst=239.1.1.1 mode=transport icv=12) good=spi=0x1001
	gc_batch r <<-END
		group flush
		group add 7
		policy add group 7 dst 239.1.1.0/31 proto udp mode transport
		sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key icv 12 replay none
	END
	watch 239.1.1.1
	strikes <<-'END'
		a good packet||1|
		cut off at each length|in-bad-icv|0|cut=30..50;cut=130
		each byte flipped but the SPI's|in-bad-icv|0|flip=4..139
		next header of a tunnel|in-policy|0|mode=tunnel
		next header of a tunnel, but none in it|in-bad-inner|0|next=4;next=41
		another protocol|in-policy|0|next=6;next=1;next=0;next=255
		a dummy|in-dummy|0|next=59
		text of a trailer alone||0|text=0011
		UDP length||0|ulen=+1;ulen=7
		UDP checksum||0|usum=+1
		cleartext|in-spoof|0|clear=1
	END
	unwatch
}

# What is not preserved may differ.
preserve()
{
	local source group words

	forge=(src=10.0.0.1 dst=239.1.1.1) good=spi=0x1001
	while read -r source group words; do
		prefix="preserve $words: "
		gc_batch r <<-END
			group flush
			group add 7
			policy add group 7 dst 239.1.1.0/31 proto udp preserve $words
			sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay none
		END
		watch 239.1.1.0 239.1.1.1
		strikes <<-END
			another source|$source|isrc=10.0.0.9
			another group|$group|idst=239.1.1.0
		END
		unwatch
	done <<-END
		in-address|0 in-address|0 both
		in-address|0 |1 src remote 239.1.1.1
		|1 in-address|0 dst local 10.0.0.2
		|1 |1 none local 10.0.0.2 remote 239.1.1.1
	END
}

# What everybody can read nobody can change; a key is for one transform.
integrity()
{
	prefix="integrity only: " forge=(src=10.0.0.1 dst=239.1.1.1 gmac=1) good=spi=0x1001
	gc_batch r <<-END
		group flush
		group add 7
		policy add group 7 dst 239.1.1.1
		sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GMAC key file $TMP/key replay none
	END
	watch 239.1.1.1
	strikes <<-'END'
		a good packet||1|
		truncated at each length|in-truncated|0|cut=4..33
		cut off at each length|in-bad-icv|0|cut=34..163
		garbage at the end|in-bad-icv|0|tail=1;tail=4
		each byte flipped|in-bad-icv|0|flip=4..163
		encrypted|in-bad-icv|0|gmac=0
		padding|in-bad-padding|0|padlen=255;padlen=+1;pad=6 badpad=0
		TFC padding||1|tfc=100
		inner lengths|in-bad-inner|0|ilen=+1;ilen=19;ihl=4;isum=+1
	END
	unwatch
}

# What replay.sh does not: numbers that are forged, not recorded.
windows()
{
	prefix="anti-replay: " forge=(src=10.0.0.1 dst=239.1.1.1)
	gc_batch r <<-END
		group flush
		group add 7
		policy add group 7 dst 239.1.1.1
		sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay sa window 64
	END
	watch 239.1.1.1
	good=seq=100
	strike "the first number may be any" "" 0 </dev/null
	good=seq=101
	strikes <<<'number 0|in-replay|0|seq=0'
	good=seq=102
	strikes <<<'a damaged packet does not move the window|in-bad-icv|0|seq=4000000000 flip=163'
	good=seq=103
	strikes <<<'a damaged packet with an old number|in-replay|0|seq=38 flip=163;seq=100 flip=163'
	good=seq=41
	strikes <<<'what is wrong inside has used its number|in-replay=1 in-bad-inner=1|0|seq=104 ihl=4;seq=104'
	good=seq=0xffffffff
	strikes <<<'jumps to the end|in-replay=1|1|seq=0xfffffff0;seq=105'
	good=seq=0xfffffffe
	strikes <<<'at the end there is no way around|in-replay=4|0|seq=0;seq=1;seq=40;seq=0xffffffff'
	unwatch
}

# RFC 6040 4.2: ECN outside, ECN inside, what comes out; 0 not-ECT, 1 and 2 ECT, 3 CE.
ecn()
{
	local outer inner out

	prefix="ECN: " forge=(src=10.0.0.1 dst=239.1.1.1) good=spi=0x1001
	gc_batch r <<-END
		group flush
		group add 7
		policy add group 7 dst 239.1.1.1
		sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay none
	END
	watch 239.1.1.1
	while read -r outer inner out; do
		printf -v inner '0x%02x' $((0x28 | inner))
		strike "outside $outer, inside $inner" "" 1 <<<"tos=$outer itos=$inner"
		printf -v out '0x%02x' $((0x28 | out))
		expect_eq "outside $outer, inside $inner, comes out" "tos=$out" "${came_out##* }"
	done <<-END
		0 0 0
		1 0 0
		2 0 0
		0 1 1
		1 1 1
		2 1 1
		3 1 3
		0 2 2
		1 2 1
		2 2 2
		3 2 3
		0 3 3
		1 3 3
		2 3 3
		3 3 3
	END
	strikes <<<"outside CE, inside not ECN-capable|in-ecn|0|tos=3"
	unwatch
}

udp()
{
	local mac

	mac=$(ns_exec r cat /sys/class/net/eth0/address)
	prefix="UDP: " forge=(-m "$mac" src=10.0.0.1 dst=10.0.0.2 isrc=192.0.2.1
		idst=239.1.1.1 from=4500 to=4500) good=spi=0x2001
	gc_batch r <<-END
		group flush
		group add 8 encap udp port 4500
		policy add group 8 dst 239.1.1.1 dir receive proto udp reinject rx dev eth0
		sa add group 8 spi 0x2001 dst 10.0.0.2 dir in aead $GCM key file $TMP/key replay none
	END
	forge+=(spi=0x2001)
	watch 239.1.1.1 239.1.1.2 ff15::1
	strikes <<-'END'
		a good packet||1|
		from another port and address||2|from=1;src=10.0.0.77
		with the checksum||1|esum=+0
		a wrong checksum||0|esum=+1
		a UDP length above the packet||0|elen=+1;elen=65535
		a UDP length below the header||0|elen=7;elen=0
		a UDP length below the packet|in-truncated=1 in-bad-icv=2|0|elen=-1;elen=100;elen=41
		an SPI of 0||0|spi=0
		truncated before the SPI ends|in-truncated|0|cut=0..3
		truncated at each length|in-truncated|0|cut=4..33
		cut off at each length|in-bad-icv|0|cut=34..60;cut=163
		another SPI|in-no-sa|0|spi=0x1001;spi=0x2002;spi=255;spi=0xffffffff
		each byte of the SPI flipped|in-no-sa|0|flip=0..3
		each other byte flipped|in-bad-icv|0|flip=4..163
		padding|in-bad-padding|0|padlen=255;padlen=+1;pad=6 badpad=0
		TFC padding||1|tfc=100
		inner lengths|in-bad-inner|0|ilen=+1;ilen=19;ihl=4;ihl=15;iversion=6;isum=+1
		a dummy|in-dummy|0|next=59
		next header of transport mode|in-policy|0|mode=transport
		an inner group of no policy|in-policy|0|idst=239.1.1.2;idst=10.0.0.2;idst=224.0.0.1
		another inner protocol|in-policy|0|iproto=6
		a group as inner source|in-bad-inner|0|isrc=239.1.1.1
		inner IPv6 of no policy|in-policy|0|isrc=fd00::1 idst=ff15::1
		native ESP with this SPI||0|from=0 to=0 proto=50
	END
	gc r policy add group 8 dst ff15::1 dir receive proto udp reinject rx dev eth0
	strikes <<<"inner IPv6||1|isrc=fd00::1 idst=ff15::1"
	ip -n "$(ns_name r)" link add gone0 type dummy
	gc r policy add group 8 dst 239.1.1.1 dir receive proto udp dport 9 prio 1 reinject tx dev gone0
	ip -n "$(ns_name r)" link set gone0 up
	ip -n "$(ns_name r)" link del gone0
	strikes <<<"an interface that is gone|in-no-dev|0|dport=9"
	unwatch
}

load_module
inject_setup
log_begins
native4
native6
transport
preserve
integrity
windows
ecn
udp
expect "the kernel's log stayed silent" log_silent
