#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The examples of the command line's documentation, letter for letter, on
# interfaces of the names that they use; then traffic flows by them.

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"

# as_written NS: runs a script in $TMP/NS, its keys in /etc/gemcast if they are
# to be there. `ip netns exec` gives it mounts of its own.
as_written()
{
	mkdir -p "$TMP/$1"
	cat >"$TMP/$1/script"
	# shellcheck disable=SC2016
	ns_exec "$1" bash -euc 'mount --bind "$0/etc" /etc/gemcast; cd "$0"; . ./script' "$TMP/$1"
}

keys_by_hand()
{
	local ns

	new_key "$TMP/7.key"
	for ns in s a; do
		mkdir -p "$TMP/$ns/etc"
		cp -p "$TMP/7.key" "$TMP/$ns/etc/7.key"
	done
	expect "a sender" as_written s <<-'END'
		gemcast group add 7
		gemcast policy add group 7 dst 239.1.1.1/32 proto udp dev eth0
		gemcast sa add group 7 spi 0x1001 dst 239.1.1.1 dir both aead 'rfc4106(gcm(aes))' key file /etc/gemcast/7.key sid 3 bits 8 replay sid
	END
	# the other host is another sender: on one machine the kernel sees to it
	expect "a receiver" as_written a <<-'END'
		gemcast group add 7
		gemcast policy add group 7 dst 239.1.1.1/32 proto udp dev eth0
		gemcast sa add group 7 spi 0x1001 dst 239.1.1.1 dir both aead 'rfc4106(gcm(aes))' key file /etc/gemcast/7.key sid 4 bits 8 replay sid
	END
	capture_start wire s eth0
	expect "datagrams arrive" delivers s a 239.1.1.1 -n 100 -s 0-1400
	expect "the other way too" delivers a s 239.1.1.1 -n 100 -s 0-1400
	capture_end wire
	expect "only ESP was on the wire" only_esp wire 239.1.1.1
	expect_eq "200 of them" 200 "$(frames wire ' proto=50 .* spi=0x00001001 ')"
}

shows()
{
	expect "gemcast -s -j sa show group 7" as_written s <<-'END'
		gemcast -s -j sa show group 7 >sas
	END
	expect_eq "says what came and went" "7 4097 both 100 100 current" \
		"$(jq -r '.[] | "\(.group) \(.spi) \(.dir) \(.out_packets) \(.in_packets) \(.state)"' "$TMP/s/sas")"
	expect_fail "and no key" grep -qi -e "$(cut -c1-32 "$TMP/7.key")" "$TMP/s/sas"
}

monitor()
{
	in_background monitor s gemcast monitor expire
	gc s group add 17
	new_key "$TMP/17.key"
	# one after the other until the monitor is there and has seen one
	expect "gemcast monitor expire" wait_for expires
	in_background_kill monitor
	expect "shows soft and hard limits" grep -Eq '^expire +soft +packets .*spi 0x0*2' "$TMP/monitor.out"
	expect "and nothing else" [ "$(grep -Evc '^expire|^\s' "$TMP/monitor.out")" -eq 0 ]
}

spi=0x2000
expires()
{
	new_key "$TMP/17.key"
	spi=$((spi + 1))
	gc s sa add group 17 spi $spi dst 239.7.7.7 dir out aead "$GCM" key file "$TMP/17.key" \
		limit packets soft 1
	gc s policy add group 17 dst 239.7.7.7 dev eth0
	send s -i eth0 239.7.7.7 9 >/dev/null
	gc s policy del dst 239.7.7.7
	gc s sa del spi $spi
	grep -q expire "$TMP/monitor.out"
}

gem()
{
	new_key "$TMP/8.key"
	for ns in egm dgm; do
		mkdir -p "$TMP/$ns/etc"
		cp -p "$TMP/8.key" "$TMP/$ns/key"
	done
	expect "the sending end of a unicast tunnel" as_written egm <<-'END'
		gemcast group add 8 encap udp port 4500
		gemcast policy add group 8 dst 239.2.2.2/32 dev lan0 dir send
		gemcast peer add group 8 to 198.51.100.7 port 4500
		gemcast sa add group 8 spi 0x2001 dst 198.51.100.7 dir out aead 'rfc4106(gcm(aes))' key - sid 1 bits 8 < key
	END
	expect "the receiving end" as_written dgm <<-'END'
		gemcast group add 8 encap udp port 4500
		gemcast policy add group 8 dst 239.2.2.2/32 dir receive reinject tx dev lan0
		gemcast sa add group 8 spi 0x2001 dst 198.51.100.7 dir in aead 'rfc4106(gcm(aes))' key - sid-bits 8 replay sid < key
	END
	capture_start wan egm wan
	expect "datagrams cross the tunnel" delivers hs hr 239.2.2.2 -n 100 -s 0-1300
	capture_end wan
	expect_eq "as ESP-in-UDP" 100 \
		"$(frames wan ' proto=17 .* dst=198.51.100.7 .* dport=4500 .* spi=0x00002001 ')"
	expect_eq "and as nothing else" 0 "$(frames wan ' dst=239.2.2.2 ')"
}

load_module
made=''
[ -d /etc/gemcast ] || made=$(mkdir -v /etc/gemcast)
ns_add s a hs egm dgm hr
veth_pair s eth0 10.0.0.1/24 a eth0 10.0.0.2/24
veth_pair hs eth0 10.1.0.2/24 egm lan0 10.1.0.1/24
veth_pair egm wan 198.51.100.1/24 dgm wan 198.51.100.7/24
veth_pair dgm lan0 10.2.0.1/24 hr eth0 10.2.0.2/24
keys_by_hand
shows
monitor
gem
[ -z "$made" ] || rmdir /etc/gemcast
