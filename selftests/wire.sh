#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# The wire, byte for byte: what gemcast sends is read from a capture by the program
# `wire', which knows the RFCs and OpenSSL but nothing of gemcast, and made again
# from what was read. Published ESP packets are decrypted by gemcast. First of all
# `wire' must find the faults in packets that are wrong.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

GROUP=239.1.1.1
aead=$GCM

# --- faults -------------------------------------------------------------------------

# Words for forge, and what wire must say of such a packet.
faults()
{
	cat <<-'END'
		flip=30			the ICV is wrong
		seq=2			the sequence number is 0x2, not 0x1
		sid=2			the IV's Sender-ID is 0x2, not 0x3
		pad=5			the pad length is 0x5, not 0x1
		pad=0			what is left of 4-byte words is 0x3, not 0x0
		badpad=0		a byte of padding is 0x54, not 0x1
		padlen=255		the pad length is above the payload's
		tfc=4			bytes behind the inner packet is 0x4, not 0x0
		next=41			the next header is 0x29, not 0x4
		isum=+1			inner: IPv4 checksum
		ilen=+5			inner: IPv4 total length
		ulen=+1			the inner UDP length is wrong
		usum=+1			the inner UDP checksum is wrong
		usum=0			no inner UDP checksum
		isrc=192.0.2.7		the outer source is 192.0.2.1, not 192.0.2.7
		idst=239.1.1.2		the outer destination is 239.1.1.1, not 239.1.1.2
		ttl=9			the outer TTL is 0x9, not 0x1
		tos=3			the outer DSCP and ECN is 0x3, not 0x0
		df=1			the outer DF is 0x1, not 0x0
		cut=20			20 bytes are no ESP
	END
}

wire_faults()
{
	local spi=0x100 words wanted

	capture_start forged r eth0
	faults | while read -r words _; do
		printf '%s spi=%#x\n' "$words" $((spi += 1))
	done | ns_exec s forge -i eth0 "key=$TMP/key" src=192.0.2.1 dst=$GROUP sid=3 size=37 >/dev/null
	capture_end forged
	while read -r words wanted; do
		printf -v spi '%#x' $((spi + 1))
		wire "$TMP/forged.pcap" "key=$TMP/key" "spi=$spi" sid=3 bits=8 >"$TMP/out" || :
		expect "wire finds a fault: $words" grep -q -e ": $wanted\$" "$TMP/out"
	done < <(faults)
}

# --- published packets ------------------------------------------------------------------

# From draft-mcgrew-gcm-test-01. All are authentic; none is for a group, so that is
# what they are dropped for. Key, SPI, ESP packet without the ICV's last byte, byte.
published()
{
	cat <<-'END'
		feffe9928665731c6d6a8f9467308308cafebabe 0xa5f8 0000a5f80000000afacedbaddecaf888deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad 4a
		abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344 0x4a2cbfe3 4a2cbfe3000000020102030405060708ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d347f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c 96
		7d773d00c144c525ac619d18c84a3f47d9664267 0x335467ae 335467aeffffffff43457e9182443bc6437f866bcb3f699fe9b0822bac961c4504bef2 70
	END
}

vectors()
{
	local key spi esp last

	gc_batch r <<-END
		group flush
		group add 7
		policy add group 7 dst $GROUP proto udp
	END
	while read -r key spi esp last; do
		(umask 077 && echo "$key" >"$TMP/published")
		gc r stats reset
		gc r sa add group 7 spi "$spi" dst $GROUP dir in aead "$GCM" key file "$TMP/published"
		printf 'esp=%s%02x\n' "$esp" $((16#$last ^ 1)) "$esp" $((16#$last)) |
			ns_exec s forge -i eth0 src=192.0.2.1 dst=$GROUP "key=$TMP/published" >/dev/null
		wait_for counted r in-policy 1 || :
		expect_counts "the published packet with SPI $spi" r \
			in-packets=1 in-policy=1 in-bad-icv=1
	done < <(published)
}

# --- what gemcast sends ---------------------------------------------------------------

# Every length of padding; and around what makes one fragment, two and more of it.
SIZES=0..40,1380..1420,2853..2857,9000,65000
spi=0x1000

# checks NAME COUNT WORD...: for wire, when the capture is complete
checks()
{
	local name=$1 n=$2

	shift 2
	echo "$name|$n|$key spi=$spi $*" >>"$TMP/checks"
}

# sends DESC POLICY SA WIRE [SEND-WORD...]: lists of words
sends()
{
	local desc=$1 policy=$2 sa=$3 wire=$4

	shift 4
	printf -v spi '%#x' $((spi + 1))
	key="key=$TMP/key.$spi"
	new_key "$TMP/key.$spi" "$bits"
	gc_batch s <<-END
		group flush
		group add 7
		policy add group 7 dst $group/$whole proto udp dev eth0 $policy
		sa add group 7 spi $spi dst $outer dir out aead $aead key file $TMP/key.$spi $sa
	END
	send s -i eth0 -b "$source" -d dont "$@" "$group" "$PORT" >"$TMP/sent"
	checks "$desc" "$(sed 's/.* sent=//; s/ .*//' "$TMP/sent")" "group=$group $wire"
}

native()
{
	bits=128 outer=$group
	sends "$family, tunnel" "" "sid 3 bits 8" "sid=3 bits=8" -s $SIZES
	sends "$family, transport" "mode transport" "sid 0xfffe bits 16" \
		"mode=transport sid=0xfffe bits=16" -s $SIZES
	sends "$family, hop limit and traffic class" "" "sid 0 bits 12" \
		"sid=0 bits=12" -t 77 -q 0xb9 -n 3
	sends "$family, transport, hop limit" "mode transport" "sid 1 bits 12" \
		"mode=transport ttl=77 sid=1 bits=12" -t 77 -q 0x2a -n 3
	bits=256
	sends "$family, ICV 8" "" "icv 8 sid 0xabc bits 12" "icv=8 sid=0xabc bits=12" -s $SIZES
	sends "$family, ICV 12" "" "icv 12 sid 255 bits 8" "icv=12 sid=255 bits=8" -s $SIZES
	sends "$family, preserve dst" "preserve dst local $local" "sid 4 bits 8" \
		"preserve=dst src=$local sid=4 bits=8" -n 3
	aead=$GMAC
	sends "$family, integrity only" "" "sid 6 bits 8" "gmac=1 sid=6 bits=8" -s $SIZES
	bits=128
	sends "$family, integrity only, transport" "mode transport" "sid 6 bits 8" \
		"gmac=1 mode=transport sid=6 bits=8" -s $SIZES
	aead=$GCM
	outer=$remote
	sends "$family, preserve src" "preserve src remote $remote" "sid 4 bits 8" \
		"preserve=src dst=$remote sid=4 bits=8" -n 3
	sends "$family, preserve none" "preserve none local $local remote $remote" \
		"sid 4 bits 8" "preserve=none src=$local dst=$remote sid=4 bits=8" -n 3
}

dont_fragment()
{
	bits=128 outer=$group
	sends "DF set" "df set" "sid 5 bits 8" "df=set sid=5 bits=8" -n 3
	sends "DF clear, DF inside" "df clear" "sid 5 bits 8" "df=clear sid=5 bits=8" -d do -n 3
	sends "DF copied, DF inside" "df copy" "sid 5 bits 8" "df=copy sid=5 bits=8" -d do -n 3
	sends "DF copied, none inside" "df copy" "sid 5 bits 8" "df=copy sid=5 bits=8" -n 3
	sends "DF set, transport" "mode transport df set" "sid 5 bits 8" \
		"mode=transport df=set sid=5 bits=8" -n 3
}

# sends_udp DESC PEER SA WIRE SEND-WORD...
sends_udp()
{
	local desc=$1 peer=$2 sa=$3 wire=$4

	shift 4
	printf -v spi '%#x' $((spi + 1))
	key="key=$TMP/key.$spi"
	new_key "$TMP/key.$spi" "$bits"
	gc_batch s <<-END
		group flush
		group add 8 encap udp port 4500
		policy add group 8 dst $group/$whole dev eth0 dir send
		peer add group 8 to $peer port 4500
		sa add group 8 spi $spi dst $peer dir out aead $GCM key file $TMP/key.$spi $sa
	END
	send s -i eth0 -b "$source" -d dont "$@" "$group" "$PORT" >"$TMP/sent"
	checks "$desc" "$(sed 's/.* sent=//; s/ .*//' "$TMP/sent")" \
		"group=$group port=4500 preserve=none dst=$peer ttl=64 $wire"
}

udp()
{
	bits=256
	sends_udp "$family in UDP" "$unicast" "sid 9 bits 8" "src=$source sid=9 bits=8" -s $SIZES
	sends_udp "$family in UDP, traffic class" "$unicast" "sid 9 bits 8" \
		"src=$source sid=9 bits=8" -q 0xb9 -n 3
	sends_udp "$family in UDP of the other family" "$unicast_other" \
		"icv 8 sid 9 bits 8" "icv=8 src=$source_other sid=9 bits=8" -s $SIZES
}

# An interface that helps writes the checksum of UDP behind the capture's back;
# that inside ESP is for gemcast to write then.
offload()
{
	ns_exec s ethtool -K eth0 tx "$1" >/dev/null
}

# no_fault PACKETS WORD...
no_fault()
{
	local n=$1

	shift
	wire "$TMP/wire.pcap" "$@" >"$TMP/out" &&
		grep -q "^packets=$n faults=0\$" "$TMP/out" && return
	grep -A1 fault "$TMP/out" | tail -n 20
	return 1
}

check_all()
{
	local name n words

	while IFS='|' read -r name n words; do
		# shellcheck disable=SC2086
		expect "$name: $n packets as the RFCs have them" no_fault "$n" $words
	done <"$TMP/checks"
	expect_eq "nothing was sent in the clear" 0 "$(frames wire " proto=17 .* dport=$PORT")"
}

load_module
ns_add s r
veth_pair s eth0 10.0.0.1/24,fd00::1/64 r eth0 10.0.0.2/24,fd00::2/64
ip -n "$(ns_name s)" addr add 10.0.0.101/24 dev eth0
ip -n "$(ns_name s)" addr add fd00::101/64 dev eth0 nodad preferred_lft 0
new_key "$TMP/key"
wire_faults
vectors

capture_start wire s eth0
family=IPv4 whole=32 source=10.0.0.1 source_other=fd00::1 local=10.0.0.101
group=239.1.1.1 remote=239.2.2.2 unicast=10.0.0.2 unicast_other=fd00::2
native
dont_fragment
offload off
udp
offload on
family=IPv6 whole=128 source=fd00::1 source_other=10.0.0.1 local=fd00::101
group=ff15::1 remote=ff15::2 unicast=fd00::2 unicast_other=10.0.0.2
native
offload off
udp
family="IPv6, no offload"
native
capture_end wire
check_all
