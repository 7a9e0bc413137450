#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=300
#
# IGMP and MLD go as ESP if a policy names them, and only then, and come out again
# at the other side, with the options that make routers look at them. Neighbour
# discovery never does, whatever is named.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# router NAME NS: prints each report that comes, as a querier would see it
router()
{
	cat >"$TMP/router.py" <<-'END'
		import select, socket, struct
		index = socket.if_nametoindex('eth0')
		igmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)
		igmp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
		                struct.pack('4s4si', socket.inet_aton('224.0.0.22'), bytes(4), index))
		mld = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
		mld.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
		               socket.inet_pton(socket.AF_INET6, 'ff02::16') + struct.pack('i', index))
		print('READY')
		while True:
		    for ready in select.select([igmp, mld], [], [])[0]:
		        data, source = ready.recvfrom(2000)
		        if ready is igmp:
		            head = data[0] % 16 * 4
		            kind, record = data[head], data[head + 12:head + 16]
		            print('igmp', hex(kind), source[0], socket.inet_ntoa(record) if len(record) == 4 else '-',
		                  'alert' if data[20:21] == b'\x94' else '-')
		        elif data[0] == 143:
		            print('mld', source[0], socket.inet_ntop(socket.AF_INET6, data[12:28]))
	END
	in_background "$1" "$2" python3 -u "$TMP/router.py"
	joining+=("$1")
}

joins()
{
	recv_start member m -n 0 -i eth0 "$PORT" 239.3.3.3 ff15::3
	recv_ready
}

leaves()
{
	recv_stop member >/dev/null || :
}

reported4()
{
	grep -q '^igmp 0x22 10.0.0.1 239.3.3.3 alert' "$TMP/router.out"
}

reported6()
{
	grep -q '^mld fe80::[^ ]* ff15::3' "$TMP/router.out"
}

# reports DESC WIRE: a member joins; its reports come to the router, and on the wire
# are ESP (50) or not
reports()
{
	in_background_kill router
	router router r
	recv_ready
	capture_start wire o eth0
	joins
	expect "$1: the IGMP report comes to the router" wait_for reported4
	expect "$1: the MLD report comes to the router" wait_for reported6
	leaves
	capture_end wire
	if [ "$2" = 50 ]; then
		expect "$1: IGMP goes as ESP alone" only_esp wire 224.0.0.22
		expect "$1: MLD goes as ESP alone" only_esp wire ff02::16
	else
		expect_eq "$1: none of it as ESP" 0 "$(frames wire ' proto=50 ')"
	fi
}

neighbours()
{
	ip -n "$(ns_name m)" -6 neigh flush all
	ip -n "$(ns_name r)" -6 neigh flush all
	capture_start wire o eth0 icmp6
	expect "$1: neighbours find each other" ns_exec m busybox ping -6 -c 1 -W 10 fd00::2
	capture_end wire
	expect "$1: in the clear" [ "$(frames wire ' dst=ff02::1:ff00:2 ')" -gt 0 ]
}

load_module
ns_add m r o
lan_add lan m:eth0:10.0.0.1/24:fd00::1/64 r:eth0:10.0.0.2/24:fd00::2/64 o:eth0:10.0.0.3/24:fd00::3/64
router router r
recv_ready
i=0
for ns in m r; do
	i=$((i + 1))
	gc_batch "$ns" <<-END
		group add 7
		policy add group 7 dst 224.0.0.0/4
		policy add group 7 dst ff00::/8
	END
done
reports "no policy names them" clear
expect_counts "not even counted" m out-no-sa=0
neighbours "no policy names them"

new_key "$TMP/4"
new_key "$TMP/6"
i=0
for ns in m r; do
	i=$((i + 1))
	gc_batch "$ns" <<-END
		policy flush
		policy add group 7 dst 224.0.0.0/24 proto igmp
		policy add group 7 dst ff02::/16 proto ipv6-icmp
		sa add group 7 spi 0x1004 dst 224.0.0.22 dir both aead $GCM key file $TMP/4 sid $i bits 8 replay sid
		sa add group 7 spi 0x1006 dst ff02::16 dir both aead $GCM key file $TMP/6 sid $i bits 8 replay sid
	END
done
reports "policies name them" 50
neighbours "policies name them"
expect_counts "none was lost" m out-no-sa=0 out-no-route=0 out-malformed=0
gc r stats reset
capture_start wire o eth0 'not arp'
recv_start outside o -n 0 -i eth0 "$PORT" 239.4.4.4 ff15::4
recv_ready
expect "a report in the clear is a spoof" wait_for counted r in-spoof 2
recv_stop outside >/dev/null || :
capture_end wire
expect "both families'" [ "$(frames wire ' src=10.0.0.3 .*dst=224.0.0.22 ')" -gt 0 ]
