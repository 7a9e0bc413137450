#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# timeout=600
#
# Twenty thousand packets, half of them authentic, damaged at random: the kernel's
# log stays silent, and good packets are received as before. FUZZ_SEED=N repeats a
# run, FUZZ_PACKETS=N makes it longer.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/inject.sh"

SEED=${FUZZ_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
PACKETS=${FUZZ_PACKETS:-20000}

# What is damaged: packets that are right.
native_lines()
{
	printf "$* %s\n" "" size=0 size=1300 options=8 pad=254 tfc=200 next=59 \
		"frags=0-64,64-999" "id=77 frags=0-64,32-999" clear=1 \
		"clear=1 options=8"
}

lines()
{
	native_lines src=10.0.0.1 dst=239.1.1.1
	native_lines src=10.0.0.1 dst=239.1.1.2 spi=0x1002 mode=transport
	native_lines src=fd00::1 dst=ff15::1
	native_lines src=fd00::1 dst=ff15::2 spi=0x1002 mode=transport
}

udp_lines()
{
	local inner

	for inner in "isrc=192.0.2.1 idst=239.1.1.3" "isrc=fd00::7 idst=ff15::3"; do
		printf "$inner %s\n" "" size=1300 options=8 pad=254 tfc=200 \
			next=59 from=0
	done
}

# Packets counted by any counter, in or dropped, must be a good part of all.
counted_much()
{
	local n

	n=$(gc r -j stats | jq '[.[0] | to_entries[] | select(.key | startswith("in_")) | .value] | add')
	diag "$n counted: $(gc r -j stats | jq -r '.[0] | to_entries[] |
		select(.value > 0) | "\(.key)=\(.value)"' | xargs)"
	[ "$n" -ge $((PACKETS / 2)) ]
}

# Goods of each kind come through still.
good_traffic()
{
	counters_changed
	watch 239.1.1.1 239.1.1.2 ff15::1 ff15::2 239.1.1.3 ff15::3
	prefix="after that: "
	good="src=10.0.0.1 dst=239.1.1.1 seq=4000000000"
	forge=()
	strikes <<-'END'
		each kind||3|src=10.0.0.1 dst=239.1.1.2 spi=0x1002 mode=transport seq=4000000001;src=fd00::1 dst=ff15::1 seq=4000000001;src=fd00::1 dst=ff15::2 spi=0x1002 mode=transport seq=4000000001
	END
	forge=("${udp[@]}" seq=4000000000)
	good="isrc=192.0.2.1 idst=239.1.1.3"
	strikes <<<'by UDP||1|seq=4000000001 isrc=fd00::7 idst=ff15::3'
	unwatch
}

load_module
inject_setup
udp=(-m "$(ns_exec r cat /sys/class/net/eth0/address)" spi=0x2001 src=10.0.0.1
	dst=10.0.0.2 from=4500 to=4500)
gc_batch r <<-END
	group add 7
	group add 8 encap udp
	policy add group 7 dst 239.1.1.1
	policy add group 7 dst 239.1.1.2 mode transport
	policy add group 7 dst ff15::1
	policy add group 7 dst ff15::2 mode transport
	policy add group 8 dst 239.1.1.3 dir receive reinject rx dev eth0
	policy add group 8 dst ff15::3 dir receive reinject rx dev eth0
	sa add group 7 spi 0x1001 dst 239.1.1.1 dir in aead $GCM key file $TMP/key replay source
	sa add group 7 spi 0x1002 dst 239.1.1.2 dir in aead $GCM key file $TMP/key replay sa window 4096
	sa add group 7 spi 0x1001 dst ff15::1 dir in aead $GCM key file $TMP/key sid-bits 8 replay sid
	sa add group 7 spi 0x1002 dst ff15::2 dir in aead $GCM key file $TMP/key replay none
	sa add group 8 spi 0x2001 dir in aead $GCM key file $TMP/key sid-bits 16 replay sid
END
log_begins
diag "seed $SEED, $PACKETS packets of each kind"
expect "native packets damaged at random" ns_exec x forge -i eth0 -f "$PACKETS" \
	-S "$SEED" "key=$TMP/key" < <(lines)
expect "the module saw them" counted_much
expect "ESP in UDP damaged at random" ns_exec x forge -i eth0 -f "$PACKETS" \
	-S "$SEED" "key=$TMP/key" "${udp[@]}" < <(udp_lines)
expect "the kernel's log stayed silent" log_silent
good_traffic
