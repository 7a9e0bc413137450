#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The gemcast command before the kernel: what show prints is what add takes, the
# same in JSON, bad input is refused by name with nothing changed, keys come in
# and never out, batches stop where they fail, monitor ends when told to.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# All that there is but times, to see that a refusal changed nothing.
everything()
{
	printf '%s show\n' group policy sa peer | gc a -b - |
		sed -E 's/ (age|activate|deactivate) [0-9.]+//g'
}

# refused STATUS REGEX WORD...: by the command (1) or the kernel (2), which says
# REGEX, and all is as it was.
refused()
{
	local status=$1 regex=$2 before

	shift 2
	before=$(everything)
	expect_fail -s "$status" -e "$regex" "refused: ${*#"$TMP"/}" gc a "$@"
	[ "$before" = "$(everything)" ] || fail "and nothing changed" "$(everything)"
}

policies_read_back()
{
	gc_batch a <<-END
		group add 7
		group add 8 encap udp port 4501
		policy add group 7 dst 239.1.1.1/32 proto udp dev eth0
		policy add group 7 dst 239.1.2.0/24 src 10.0.0.0/8 proto udp sport 5-100 dport 7 dir receive mode transport on-no-sa bypass prio 5
		policy add group 7 dst ff15::/16 src 2001:db8::/32 preserve none local 2001:db8::1 remote ff15::1 df copy
		policy add group 8 dst 239.4.4.4 dir receive reinject tx dev lan0
		policy add dst 239.5.5.5 proto igmp action bypass prio 1
		policy add dst 239.0.0.0/8 action discard prio 4294967295
	END
	gc a policy show >"$TMP/before"
	gc a policy flush
	sed 's/^/policy add /' "$TMP/before" | gc a -b -
	gc a policy show | diff "$TMP/before" - && [ "$(wc -l <"$TMP/before")" -eq 6 ]
}

json()
{
	local object

	for object in group policy sa peer stats; do
		gc a -s -j "$object" show | jq -e 'type == "array"' >/dev/null || return
		gc a -s -j -p "$object" show | jq -c . |
			diff - <(gc a -s -j "$object" show | jq -c .) |
			grep -v '"age"' | grep '^[<>]' && return 1
	done
	[ "$(gc a -j policy show | jq -r '.[] | select(.prio == 5) |
		"\(.group) \(.dst) \(.src) \(.proto) \(.sport_min) \(.sport_max) \(.dport_min) \(.on_no_sa)"')" = \
		"7 239.1.2.0/24 10.0.0.0/8 udp 5 100 7 bypass" ]
}

add_sa()
{
	gc a sa add group 7 spi 0x1001 dst 239.1.1.1 dir both aead "$GCM" key file "$TMP/key" \
		sid 3 bits 8 replay sid window 128 activate 0.5 deactivate 3600 \
		limit packets soft 1000 limit seconds hard 86400
}

shows_sa()
{
	gc a sa get spi 4097 >"$TMP/sa"
	grep -Eq '^group 7 spi 0x00001001 dst 239.1.1.1 dir both aead rfc4106\(gcm\(aes\)\) icv 16 sid 3 bits 8 replay sid window 128 senders 4096 (activate 0\.[0-9]+ )?deactivate 3[56][0-9][0-9]\.[0-9]{3} limit packets soft 1000 limit seconds hard 86400$' "$TMP/sa" &&
		grep -Eq '^    state (leading|current) key-bits 128 driver [^ ]+ age [0-9]+\.[0-9]{3} seq 0$' "$TMP/sa"
}

became_current()
{
	gc a -j sa show | jq -e '.[0].state == "current" and (.[0] | has("activate") | not)'
}

no_key_anywhere()
{
	local key

	key=$(cut -c1-16 "$TMP/key")
	! { gc a -s sa show; gc a -s -j sa show; cat "$TMP"/*.out; dmesg; } | grep -i "$key"
}

replaced()
{
	gc a group replace 7 && gc a group replace 9 &&
		gc a policy replace group 7 dst 239.1.1.1/32 proto udp dev eth0 df set &&
		gc a policy show dst 239.1.1.1/32 | grep -q ' df set ' &&
		[ "$(gc a policy show dst 239.1.1.1/32 | wc -l)" -eq 1 ] &&
		gc a peer replace group 8 to 198.51.100.7 && gc a peer replace group 8 to 198.51.100.7 &&
		[ "$(gc a peer show)" = "group 8 to 198.51.100.7 port 4500" ]
}

bad_input()
{
	refused 1 'GROUP "0"' group add 0
	refused 2 'the group exists' group add 7
	refused 2 'in use' group del 7
	refused 2 'no such group' group del 77
	refused 2 'nor one host.*\(policy.dst-len\)' policy add group 7 dst 10.1.1.0/24
	refused 2 'no such group.*\(policy.group\)' policy add group 99 dst 239.6.6.6
	refused 2 'needs a group.*\(missing policy.group\)' policy add dst 239.6.6.6
	refused 2 'interface.*\(policy.dev\)' policy add group 7 dst 239.6.6.6 dev nosuch
	refused 2 'ports need proto' policy add group 7 dst 239.6.6.6 dport 5
	refused 2 'several|more than one|ambiguous' policy del group 7
	refused 2 'no such policy' policy get dst 239.77.77.77
	refused 1 'did you mean "dst"' policy add group 7 dts 239.6.6.6

	new_key "$TMP/other"
	set -- sa add group 7 dst 239.1.1.1 aead "$GCM" dir both
	refused 2 'SPIs below 256.*\(sa.spi\)' "$@" spi 255 key file "$TMP/other" sid 4 bits 8
	refused 2 'exists' "$@" spi 0x1001 key file "$TMP/other" sid 4 bits 8
	refused 2 'SID.*fit.*\(sa.sid\)' "$@" spi 0x1002 key file "$TMP/other" sid 256 bits 8
	refused 1 'bits is missing' "$@" spi 0x1002 key file "$TMP/other" sid 4
	refused 2 'a sender in a group with SIDs needs its own' "$@" spi 0x1002 key file "$TMP/other" sid-bits 8
	refused 2 'key.*before|sent by|same key|again' "$@" spi 0x1002 key file "$TMP/key" sid 3 bits 8
	refused 1 'icv "10": expected 8, 12 or 16' "$@" spi 0x1002 key file "$TMP/other" icv 10
	refused 2 'multiple of 64.*\(sa.window\)' "$@" spi 0x1002 key file "$TMP/other" sid 4 bits 8 window 100
	refused 2 'aead is not supported.*\(sa.aead\)' sa add group 7 spi 0x1002 dst 239.1.1.1 dir in aead gcm key file "$TMP/other"
	refused 2 'no such SA' sa del spi 0x7777

	set -- "$@" spi 0x1002 sid 4 bits 8 key
	refused 1 'No such file' "$@" file "$TMP/nosuch"
	refused 1 'expected one of: file, fd, -' "$@" "$(cat "$TMP/other")"
	head -c 39 "$TMP/other" >"$TMP/short" && chmod 600 "$TMP/short"
	refused 1 'an odd number of hexadecimal digits' "$@" file "$TMP/short"
	head -c 38 "$TMP/other" >"$TMP/short"
	refused 1 '19 bytes; expected 20' "$@" file "$TMP/short"
	: >"$TMP/short"
	refused 1 'empty' "$@" file "$TMP/short"
	chmod 644 "$TMP/other"
	refused 1 'others may read it' "$@" file "$TMP/other"
	expect "but -f takes it" gc a -f "$@" file "$TMP/other"
	expect "as it was written" gc a sa del spi 0x1002

	refused 2 'peer' peer add group 7 to 198.51.100.7
	refused 2 'multicast.*\(peer.addr\)' peer add group 8 to 239.1.1.1
	expect_fail -s 1 -e 'OBJECT := ' "no object" gemcast
	expect_fail -s 1 -e 'No such file' "no namespace" gemcast -n "$NS_PREFIX"nosuch group show
}

batch()
{
	printf '%s\n' '# comment' '' 'group add 21' "group 'add' 22 # two" 'group add 21' 'group add 23' >"$TMP/batch"
	expect_fail -s 2 -e "$TMP/batch:5: the group exists" "a batch ends where it fails" gc a -b "$TMP/batch"
	expect_eq "and no earlier or later" "21 22" "$(gc a group show | grep '^2' | xargs)"
	printf 'group flush 21\ngruop flush 22\n' >"$TMP/batch"
	expect_fail -s 1 -e "$TMP/batch:2: OBJECT \"gruop\"" "at a mistyped word too" gc a -batch "$TMP/batch"
}

monitor_ends()
{
	local signal=$1

	in_background "$signal" a gemcast -j monitor
	wait_for heard "$signal"
	kill "-$signal" "${pid_of[$signal]}"
	in_background_end "$signal" >/dev/null && jq -e .event <"$TMP/$signal.out"
}

# Until the monitor listens there is nobody to tell.
heard()
{
	gc a policy replace dst 239.8.8.8 action bypass
	grep -q '"event":"policy"' "$TMP/$1.out"
}

# From a folder that all may read: the tree's may be closed to others.
unprivileged()
{
	local folder=$TMP/everybody

	if [ ! -e "$folder" ]; then
		chmod 755 "$TMP"
		mkdir -m 755 "$folder"
		cp "$(command -v gemcast)" "$LD_LIBRARY_PATH"/libgemcast.so* "$folder"
	fi
	ns_exec a setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all \
		env "LD_LIBRARY_PATH=$folder" "$folder/gemcast" "$@"
}

load_module
ns_add a
ns_exec a ip link add eth0 type dummy
ns_exec a ip link add lan0 type dummy
new_key "$TMP/key"
expect "policies as they are shown can be added" policies_read_back
expect "an SA" add_sa
expect "is shown in the words it was added by" shows_sa
expect "and becomes current on its own" wait_for became_current
expect "replace" replaced
expect "JSON" json
bad_input
expect "no key is shown" no_key_anywhere
batch
for signal in INT TERM; do
	expect "monitor ends by SIG$signal, status 0" monitor_ends $signal
done
# shellcheck disable=SC2016
expect_fail -s 2 -e 'write: No space left on device' "output that cannot be written" \
	bash -c '"$@" >/dev/full' - gemcast -n "$(ns_name a)" stats
expect_fail -s 2 -e 'CAP_NET_ADMIN' "nothing is shown to just anyone" unprivileged sa show
expect_fail -s 2 -e 'not permitted' "nor told" unprivileged monitor
expect "policies without a group are flushed" gc a policy flush
expect "and all groups" gc a group flush
expect_eq "leaves nothing" "" "$(everything)"
