#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Anti-replay: ESP that was captured is sent again, in order, out of order and
# too late, to a receiver with each kind of replay window.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

GROUP=239.1.1.1

# record NS FRAMES SID: what NS sends, on the attacker's interface
record()
{
	capture_start "$1" x eth0 proto 50
	gc_batch "$1" <<-END
		group flush
		group add 7
		policy add group 7 dst $GROUP
		sa add group 7 spi 0x7000 dst $GROUP dir out aead $GCM key file $TMP/key sid $3 bits 12
	END
	send "$1" -i eth0 -n "$2" -s 40-60 -u "$3" -r 20000 "$GROUP" "$PORT" >/dev/null
	capture_end "$1"
	expect_eq "frames of $1 are captured, numbered from 1" "$2 1 $2" \
		"$(frames "$1" ' proto=50 ') $(grep -o 'seq=[0-9]*' "$TMP/$1.list" | sed -n '1p; $p' | cut -d= -f2 | xargs)"
}

# receiver WORD...: an SA with a fresh window
receiver()
{
	gc_batch a <<-END
		group flush
		stats reset
		group add 7
		policy add group 7 dst $GROUP
		sa add group 7 spi 0x7000 dst $GROUP dir in aead $GCM key file $TMP/key $*
	END
	accepted=0 refused=0
}

judged()
{
	stats_read a
	[ $((stats[in-packets] + stats[in-replay])) -ge "$1" ]
}

# replay DESC FROM ACCEPTED REFUSED NUMBER...
replay()
{
	local desc=$1 from=$2

	accepted=$((accepted + $3)) refused=$((refused + $4))
	shift 4
	ns_exec x pcap send "$TMP/$from.pcap" eth0 "$@"
	wait_for judged $((accepted + refused)) || :
	expect_counts "$desc" a in-packets=$accepted in-replay=$refused in-bad-icv=0
}

backwards()
{
	seq "$1" -1 "$2"
}

window()
{
	local size=$1 top=$2 low=$(($2 - $1 + 1)) desc="replay sa, window $1"

	receiver "sid-bits 12 replay sa window $size"
	replay "$desc: the newest" s 1 0 "$top"
	replay "$desc: again" s 0 1 "$top"
	replay "$desc: the oldest inside" s 1 0 "$low"
	replay "$desc: again" s 0 1 "$low"
	replay "$desc: just outside" s 0 1 $((low - 1))
	replay "$desc: far outside" s 0 1 1
	# shellcheck disable=SC2046
	replay "$desc: all between, backwards" s $((size - 2)) 0 $(backwards $((top - 1)) $((low + 1)))
	replay "$desc: all inside again" s 0 "$size" "$low..$top"
	replay "$desc: it moves on by one" s 1 0 $((top + 1))
	replay "$desc: the oldest fell out" s 0 1 "$low"
	replay "$desc: the next oldest is still known" s 0 1 $((low + 1))
	replay "$desc: it moves on by more than its size" s 1 0 $((top + size + 7))
	replay "$desc: nothing of before is inside" s 0 1 $((top + 7))
	replay "$desc: what was skipped is new" s 1 0 $((top + 8))
	expect_eq "$desc: the SA counts replays" "$refused" "$(sa_count a 0x7000 in-replays)"
}

# A packet that was changed does not move the window.
forged()
{
	local desc="a forged number"

	receiver "sid-bits 12 replay sa"
	head -c 24 "$TMP/s.pcap" >"$TMP/forged.pcap"
	# frame 1, its sequence number made 0x7f000001: behind the capture's two
	# headers (24, 16), Ethernet (14), IPv4 (20) and SPI (4)
	{
		tail -c +25 "$TMP/s.pcap" | head -c 54
		printf '\x7f'
		tail -c +80 "$TMP/s.pcap"
	} >>"$TMP/forged.pcap"
	ns_exec x pcap send "$TMP/forged.pcap" eth0 1
	wait_for counted a in-bad-icv 1 || :
	expect_counts "$desc: is not accepted" a in-packets=0 in-bad-icv=1 in-replay=0
	gc a stats reset
	replay "$desc: what follows is" s 20 0 1..20
}

load_module
ns_add s s2 a x
lan_add lan s:eth0:10.0.0.1/24: s2:eth0:10.0.0.2/24: a:eth0:10.0.0.3/24: x:eth0:10.0.0.4/24:
new_key "$TMP/key"
record s 9000 1
record s2 200 2

receiver "sid-bits 12 replay none"
recv_start a a -i eth0 -n 100 -v "$PORT" $GROUP
recv_ready
replay "replay none: all" s 100 0 1..100
expect "replay none: received" recv_end a
replay "replay none: again" s 100 0 1..100
# RFC 9838's 32-bit Unspecified Numbers: they need not differ, nor go up
replay "replay none: another sender's equal numbers" s2 100 0 1..100
# shellcheck disable=SC2046
replay "replay none: backwards" s 100 0 $(backwards 200 101)
expect_eq "replay none: no window, and no senders" 'none null null' \
	"$(gc a -s -j sa show | jq -r '.[] | "\(.replay) \(.window) \(.senders)"')"

receiver "sid-bits 12"
replay "by default: all" s 100 0 1..100
replay "by default: again" s 0 100 1..100
window 64 3000
window 256 3000
window 4096 4400
forged

receiver "sid-bits 12 replay sa"
replay "replay sa: one sender" s 100 0 1..100
replay "replay sa: a second one's numbers are replays" s2 0 100 1..100

for kind in source sid; do
	receiver "sid-bits 12 replay $kind"
	replay "replay $kind: one sender" s 100 0 1..100
	replay "replay $kind: a second one has its own window" s2 100 0 1..100
	replay "replay $kind: the first again" s 0 100 1..100
	replay "replay $kind: the second again" s2 0 100 1..100
	replay "replay $kind: the first goes on" s 100 0 101..200
	replay "replay $kind: the second goes on, backwards" s2 64 36 $(backwards 200 101)
	expect_eq "replay $kind: two senders" 2 "$(sa_count a 0x7000 senders)"
done
