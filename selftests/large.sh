#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=900
#
# Sizes: nothing, about the MTU, far above it, the largest; batches by UDP GSO;
# with and without offloads, while tcpdump looks on; what DF forbids; and the times that
# senders ask for and are told.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

EDGES=0,1,1370..1480,8972

# The largest that UDP has in a tunnel, and an ESP packet of 65,535 bytes has room
# for in transport mode.
family()
{
	case $1 in
	IPv4) group=239.1.1.1 peer=10.0.0.2 v6=0
		tunnel_largest=65506,65507 transport_largest=65470 ;;
	IPv6) group=ff15::1 peer=fd00::2 v6=20
		tunnel_largest=65507..65527 transport_largest=65490 ;;
	esac
}

# refused DESC SEND-ARG...: EMSGSIZE, and it is counted
refused()
{
	local desc=$1 before

	shift
	before=$(count s out-too-big)
	expect_fail -e 'sent=0 failed=1 error=EMSGSIZE' "$desc: too large to send" \
		send s -i eth0 "$@" "$group" "$PORT"
	expect_eq "$desc: counted" $((before + 1)) "$(count s out-too-big)"
}

# every_size DESC: what IP can carry to the group, one by one and in batches
every_size()
{
	expect "$1: sizes" delivers s a "$group" -s "$EDGES,$largest" -w 16
	expect "$1: random sizes" delivers s a "$group" -s 0-9000 -n 200 -S "$SPI"
	if [ -n "$batches" ]; then
		expect "$1: batches of 30 small datagrams" delivers s a "$group" -s 100 -g 30 -n 600
		expect "$1: batches of 8, each with room for ESP" delivers s a "$group" -s 1300 -g 8 -n 200
		expect "$1: batches of 8, each without" delivers s a "$group" -s $((1472 - v6)) -g 8 -n 200
	fi
}

# In tunnel packets to the peer alone, by a native group.
to_one_host()
{
	native_group "$group" preserve src remote "$peer"
	SPI=$((SPI + 1))
	gc s sa add group 7 spi $SPI dst "$peer" dir out aead "$GCM" key file "$TMP/key" sid 2 bits 8
	gc a sa add group 7 spi $SPI dst "$peer" dir in aead "$GCM" key file "$TMP/key" sid-bits 8 replay sid
}

all_modes()
{
	local desc=$1 name

	for name in IPv4 IPv6; do
		family $name
		largest=$tunnel_largest
		native_group "$group" mode tunnel
		every_size "$name, tunnel, $desc"
		to_one_host
		every_size "$name, tunnel to one host, $desc"
		largest=$transport_largest
		native_group "$group" mode transport
		every_size "$name, transport, $desc"
		refused "$name, transport, $desc" -s $((largest + 1))
		largest=$tunnel_largest
		udp_group "$group" "$peer"
		every_size "$name, ESP-in-UDP, $desc"
	done
}

# offload "ON..." "OFF..."
offload()
{
	local ns word

	for ns in s a; do
		for word in $1; do
			ns_exec $ns ethtool -K eth0 "$word" on
		done
		for word in $2; do
			ns_exec $ns ethtool -K eth0 "$word" off
		done
	done >/dev/null
}

# df_bits DESC WANTED: of the ESP frames that the last capture saw
df_bits()
{
	expect_eq "$1" "$2" "$(grep " dst=$group " "$TMP/df.list" | grep -o ' df=[01]' | sort -u | xargs)"
}

dont_fragment()
{
	family IPv4
	native_group "$group" df set
	capture_start df s eth0
	expect "df set: what fits" delivers s a "$group" -s 20,1418
	capture_end df
	df_bits "df set: says so on the wire" df=1
	refused "df set" -s 1419

	native_group "$group" df copy
	capture_start df s eth0
	expect "df copy: what fits" delivers s a "$group" -d do -s 20,1418
	capture_end df
	df_bits "df copy: copied" df=1
	refused "df copy" -d do -s 1419
	capture_start df s eth0
	expect "df copy: a sender without DF" delivers s a "$group" -d dont -s 20,1418,1419,8972
	capture_end df
	df_bits "df copy: none copied" df=0

	native_group "$group" df clear
	capture_start df s eth0
	expect "df clear: a sender with DF" delivers s a "$group" -d do -s 20,1418,1419,1472
	capture_end df
	df_bits "df clear: cleared" df=0

	family IPv6
	native_group "$group" df set
	expect "IPv6, df set: what fits" delivers s a "$group" -s 20,1378
	refused "IPv6, df set" -s 1379
}

# sender SCRIPT: of python, with a socket s whose datagrams go to the group
sender()
{
	ns_exec s python3 - "$group" <<-END
		import socket, struct, sys, time
		group = sys.argv[1]
		v6 = ":" in group
		s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
		if v6:
		    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("eth0"))
		else:
		    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("10.0.0.1"))
		$1
	END
}

# What a sender is told that asks when a datagram went out.
told()
{
	sender '
SO_TIMESTAMPING, TX_SOFTWARE, SOFTWARE = 37, 2, 16
s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TX_SOFTWARE | SOFTWARE)
s.sendto(bytes(20), (group, 5000))
try:
    s.recvmsg(2048, 256, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
    print("its time")
except BlockingIOError:
    print("nothing")'
}

# Says when it is to leave, three tenths of a second later: fq keeps it until then.
send_later()
{
	sender '
SO_TXTIME = SCM_TXTIME = 61
s.setsockopt(socket.SOL_SOCKET, SO_TXTIME, struct.pack("iI", time.CLOCK_MONOTONIC, 0))
at = struct.pack("Q", time.monotonic_ns() + 300_000_000)
s.sendmsg([bytes(20)], [(socket.SOL_SOCKET, SCM_TXTIME, at)], 0, (group, 5000))'
}

# How many fq kept so.
kept()
{
	tc -n "$(ns_name s)" -s -j qdisc show dev eth0 | jq '.[0].throttled'
}

time_to_leave()
{
	local mode name n=0

	expect "there is a qdisc that knows times" tc -n "$(ns_name s)" qdisc replace dev eth0 root fq
	for name in IPv4 IPv6; do
		family $name
		for mode in tunnel transport; do
			native_group "$group" mode $mode
			expect "$name, $mode: a sender that says when" send_later
			expect_counts "$name, $mode: is protected" s out-packets=1
			expect_eq "$name, $mode: its ESP was kept until then" $((n += 1)) "$(kept)"
		done
	done
	tc -n "$(ns_name s)" qdisc delete dev eth0 root
}

timestamps()
{
	local name

	for name in IPv4 IPv6; do
		family $name
		gc s group flush
		expect_eq "$name: a sender in the clear is told when it went out" "its time" "$(told)"
		native_group "$group"
		expect_eq "$name: a sender of the group is not shown ESP" nothing "$(told)"
		expect_counts "$name: which it sent" s out-packets=1
	done
}

expect "there is a program ethtool" command -v ethtool
load_module
ns_add s a
veth_pair s eth0 10.0.0.1/24,fd00::1/64 a eth0 10.0.0.2/24,fd00::2/64

batches=1
all_modes "all offloads"
offload "" "gso tso gro"
all_modes "no GSO, no GRO"
offload "gso tso" "rx"
all_modes "no receive checksums"
batches=''	# the kernel has no batches without transmit checksums
offload "" "tx gso tso"
all_modes "no offloads"
offload "tx rx gso tso gro" ""
batches=1
capture_start at_s s eth0
capture_start at_a a eth0
all_modes "all offloads, tcpdump running"
capture_end at_s
capture_end at_a
for group in 239.1.1.1 ff15::1; do
	expect "only ESP to $group on the wire" only_esp at_s "$group"
done
dont_fragment
timestamps
time_to_leave
