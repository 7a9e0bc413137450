#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# processes=host
#
# The kernel's audit subsystem has a record of what RFC 4303 and RFC 5374 call
# auditable events, with reason, SPI, sequence number, addresses and flow label,
# where it is switched on, and only there. It answers the host's own processes.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

# All records of the subsystem, to $TMP/records, until standard input ends; it is
# on meanwhile.
listen()
{
	python3 -u -c '
import select, socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)	# NETLINK_AUDIT
s.bind((0, 1))							# AUDIT_NLGRP_READLOG
def enable(on):
    status = struct.pack("11I", 1, on, *[0] * 9)		# AUDIT_STATUS_ENABLED
    s.send(struct.pack("IHHII", 16 + len(status), 1001, 5, 1, 0) + status)
enable(1)
while True:
    ready = select.select([s, sys.stdin], [], [])[0]
    if s in ready:
        data = s.recv(65536)
        kind = struct.unpack_from("H", data, 4)[0]
        if kind == 2:						# NLMSG_ERROR
            print("READY" if struct.unpack_from("i", data, 16)[0] == 0 else "refused")
        elif kind == 1415:					# AUDIT_MAC_IPSEC_EVENT
            print(data[16:].decode())
    else:
        break
enable(0)
'
}

answered()
{
	grep -q . "$TMP/records"
}

# records DESC REGEX WORD...: a packet of these words makes such a record
records()
{
	local desc=$1 regex=$2

	shift 2
	expect "$desc is recorded" wait_for recorded "$regex" "$@"
}

recorded()
{
	local regex=$1

	shift
	ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"$*" >/dev/null
	grep -Eq -e "$regex" "$TMP/records" || { cat "$TMP/records"; return 1; }
}

load_module
inject_setup
gc_batch r <<-END
	group add 7
	policy add group 7 dst 239.1.1.1
	policy add group 7 dst ff15::1
	sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay sa
	sa add group 7 spi 0x1002 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay none
	sa add group 7 spi 0x1003 dst ff15::1 dir in aead $GCM key file $TMP/key replay none
END
forge=(src=10.0.0.1 dst=239.1.1.1 spi=0x1002)
log_begins
ns_exec x forge -i eth0 "key=$TMP/key" "${forge[@]}" <<<"seq=7 flip=90" >/dev/null
wait_for counted r in-bad-icv 1
expect "switched off, there is none" log_silent

mkfifo "$TMP/hold"
listen <"$TMP/hold" >"$TMP/records" &
listener=$!
exec {hold}>"$TMP/hold"
wait_for answered
expect_eq "it can be switched on" READY "$(cat "$TMP/records")"

# the interface's number is r's own
at="netns=$(stat -L -c %i "/run/netns/$(ns_name r)") ifindex=$(ns_exec r cat /sys/class/net/eth0/ifindex)"
end='( suppressed=[0-9]+)?$'
records "a wrong ICV" \
	": op=gemcast-in-bad-icv $at src=10.0.0.1 dst=239.1.1.1 spi=4098\\(0x1002\\) seqno=7$end" seq=7 flip=90
records "a replay" \
	": op=gemcast-in-replay $at src=10.0.0.1 dst=239.1.1.1 spi=4097\\(0x1001\\) seqno=14$end" spi=0x1001 seq=14
records "a spoof" ": op=gemcast-in-spoof $at src=10.0.0.1 dst=239.1.1.1$end" clear=1
records "another inner address" ": op=gemcast-in-address " isrc=10.0.0.9
records "another group's packet" ": op=gemcast-in-policy " idst=239.9.9.9
records "a packet that lies" ": op=gemcast-in-bad-inner " ihl=4
records "wrong padding" ": op=gemcast-in-bad-padding " padlen=255
records "congestion that cannot be passed on" ": op=gemcast-in-ecn " tos=3
records "a short packet" ": op=gemcast-in-truncated " cut=20
forge=(src=fd00::1 dst=ff15::1 spi=0x1003 flow=0x12345)
records "IPv6, a wrong ICV" \
	": op=gemcast-in-bad-icv $at src=fd00::1 dst=ff15::1 flowlbl=0x12345 spi=4099\\(0x1003\\) seqno=7$end" seq=7 flip=90

exec {hold}>&-
wait $listener
