#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# tshark, given the keys, decrypts a capture of what gemcast sends: native IPv4 and
# IPv6, tunnel and transport mode, and ESP in UDP, with each length of ICV. It
# finds each ICV right, the inner datagram in it, sequence numbers that begin with
# 1 and the Sender-ID at the beginning of each IV.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

N=5 SIZE=40
FIELDS=(esp.spi esp.sequence esp.icv_good esp.protocol ip.dst ipv6.dst udp.dstport esp.iv data.data)

uat=()

# stream SPI BITS ICV ADDRESS INNER <CONFIGURATION: sends what tshark is to find
# under SPI; INNER is the ESP protocol, the addresses and the ports that it shows
stream()
{
	local spi=$1 bits=$2 icv=$3 address=$4 inner=$5

	new_key "$TMP/key.$spi" "$bits"
	gc_batch s
	send s -i eth0 -u $((spi)) -n $N -s $SIZE "$group" "$PORT" >/dev/null
	uat+=(-o "uat:esp_sa:\"$family\",\"*\",\"$address\",\"$spi\",\"AES-GCM with $icv octet ICV [RFC4106]\",\"0x$(<"$TMP/key.$spi")\",\"NULL\",\"\"")
	for n in $(seq 1 $N); do
		printf '0x%08x %u 1 %s %s %08x%08x%08x\n' "$spi" "$n" "$inner" \
			"$sid" $((spi)) $((n - 1)) $SIZE >>"$TMP/wanted"
	done
}

# native SPI BITS-OF-SID MODE: the configuration for stream
native()
{
	cat <<-END
		group flush
		group add 7
		policy add group 7 dst $group/$whole proto udp dev eth0 mode $3
		sa add group 7 spi $1 dst $group dir out aead $GCM key file $TMP/key.$1 icv $icv sid 0x$sid bits $2
	END
}

streams()
{
	family=IPv4 group=239.1.1.1 whole=32
	sid=03 icv=16
	stream 0x1001 128 16 $group "4 $group,$group - $PORT" < <(native 0x1001 8 tunnel)
	sid=a5 icv=12
	stream 0x1002 256 12 $group "17 $group - $PORT" < <(native 0x1002 8 transport)

	family=IPv6 group=ff15::1 whole=128
	sid=abc icv=8
	stream 0x1003 128 8 $group "41 - $group,$group $PORT" < <(native 0x1003 12 tunnel)
	sid=fffe icv=16
	stream 0x1004 256 16 $group "17 - $group $PORT" < <(native 0x1004 16 transport)

	family=IPv4 group=239.1.1.1 whole=32
	sid=07
	stream 0x2001 128 16 10.0.0.2 "4 10.0.0.2,$group - 4500,$PORT" <<-END
		group flush
		group add 8 encap udp port 4500
		policy add group 8 dst $group/32 dev eth0 dir send
		peer add group 8 to 10.0.0.2 port 4500
		sa add group 8 spi 0x2001 dst 10.0.0.2 dir out aead $GCM key file $TMP/key.0x2001 sid 0x07 bits 8
	END
}

# Each line cut to what is known: the Sender-ID, and the begin of the datagram.
found()
{
	local spi seq good protocol dst4 dst6 ports iv data sid

	HOME=$TMP tshark -n -r "$TMP/wire.pcap" \
		-o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "${uat[@]}" \
		-Y 'esp and not icmp' -T fields "${FIELDS[@]/#/-e}" 2>"$TMP/tshark.err" |
		sed 's/\t\t/\t-\t/g; s/\t\t/\t-\t/g' >"$TMP/tshark.out"
	while IFS=$'\t' read -r spi seq good protocol dst4 dst6 ports iv data; do
		sid=$(awk -v spi="$spi" '$1 == spi { print $8; exit }' "$TMP/wanted")
		echo "$spi $seq $good $((protocol)) $dst4 $dst6 $ports ${iv:0:${#sid}} ${data:0:24}"
		[ ${#data} -eq $((2 * SIZE)) ] ||
			echo "a datagram of $((${#data} / 2)) bytes"
	done <"$TMP/tshark.out"
}

without_key()
{
	HOME=$TMP tshark -n -r "$TMP/wire.pcap" -Y "data.len == $SIZE or udp.port == $PORT" \
		2>/dev/null | wc -l
}

command -v tshark >/dev/null || { fail "there is a program tshark"; exit 1; }
load_module
ns_add s r
veth_pair s eth0 10.0.0.1/24,fd00::1/64 r eth0 10.0.0.2/24,fd00::2/64
capture_start wire s eth0
streams
capture_end wire
found >"$TMP/found"
for spi in 0x00001001 0x00001002 0x00001003 0x00001004 0x00002001; do
	expect_eq "tshark reads SPI $spi" \
		"$(grep "^$spi " "$TMP/wanted")" "$(grep "^$spi " "$TMP/found")"
done
expect_eq "tshark sees no more than that" $((5 * N)) "$(wc -l <"$TMP/found")"
expect_eq "without the keys it sees no datagram" 0 "$(without_key)"
