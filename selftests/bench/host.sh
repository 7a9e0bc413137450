# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# From host to host, H - K, by sockets on both; a pair for each case. To be sourced by
# bench.sh.

HOST_CASES=${HOST_CASES-plain gemcast xfrm macsec}
HOST_LOADS=${HOST_LOADS-udp gso gro member}

host_plain()
{
	:
}

host_gemcast()
{
	local ns dir

	new_key "$TMP/key.host"
	for ns in "H$1" "K$1"; do
		dir=in
		[ "$ns" = "K$1" ] || dir='out sid 1 bits 8'
		gc_batch "$ns" <<-END
			group add 7
			policy add group 7 dst $GROUP dev eth0
			sa add group 7 spi 4096 dst $GROUP dir $dir aead $GCM key file $TMP/key.host
		END
	done
}

# What is sent to the group goes to the group.
host_xfrm()
{
	local key ns dir

	key=0x$(od -An -v -tx1 -N 20 /dev/urandom | tr -d ' \n')
	for ns in "H$1" "K$1"; do
		dir=in
		[ "$ns" = "K$1" ] || dir=out
		ip -n "$(ns_name "$ns")" xfrm state add src 10.4.0.1 dst $GROUP proto esp \
			spi 0x1000 reqid 1 mode tunnel replay-window 64 \
			aead 'rfc4106(gcm(aes))' "$key" 128
		ip -n "$(ns_name "$ns")" xfrm policy add dst $GROUP dir $dir \
			tmpl src 10.4.0.1 dst $GROUP proto esp reqid 1 mode tunnel
	done
}

host_macsec()
{
	macsec_between "H$1" "K$1" eth0
	ip -n "$(ns_name "H$1")" address add 10.5.0.1/24 dev sec
	ip -n "$(ns_name "K$1")" address add 10.5.0.2/24 dev sec
}

# Where a host hears itself, with XFRM nobody is to decrypt it.
host_has()
{
	[ "$1-$2" != xfrm-member ]
}

# The device that is sent by.
host_dev()
{
	case $1 in
	macsec) echo sec ;;
	*) echo eth0 ;;
	esac
}

host_up()
{
	local case

	modprobe macsec
	for case in $HOST_CASES; do
		ns_add "H$case" "K$case"
		veth_pair "H$case" eth0 10.4.0.1/24 "K$case" eth0 10.4.0.2/24
		"host_$case" "$case"
	done
}

host_run()
{
	local case load=$1 payload=$2 round=$3 more=() trains=off

	case $load in
	gso) more=(-s "$SEGMENTS") trains=on ;;
	gro) more=(-s "$SEGMENTS" -r) trains=on ;;
	member) more=(-m) ;;
	esac
	for case in $HOST_CASES; do
		host_has "$case" "$load" || continue
		ns_exec "K$case" ethtool -K eth0 rx-udp-gro-forwarding $trains
		measure host "$case" "$load" "$payload" "$round" "$PACKETS" \
			ns_exec "K$case" load -f "/run/netns/$(ns_name "H$case")" -n "$PACKETS" \
			-i "$(host_dev "$case")" -g $GROUP -l "$payload" "${more[@]}"
	done
}

host_round()
{
	local load

	for load in $HOST_LOADS; do
		host_run "$load" "$1" "$2"
	done
}
