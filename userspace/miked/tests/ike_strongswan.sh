#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The engine and strongSwan's charon, which others wrote, have IKE SAs with each other,
# each as initiator and as responder: key exchanges, ciphers, authentication, and what
# befalls an IKE SA later. What they sent is read by tshark with the engine's keys.
#
# It runs in namespaces of its own, where charon is no service of the system and ends
# with this script.

set -u
cd "$(dirname "$0")/.." || exit 1
charon=/usr/lib/ipsec/charon

if [ "${1:-}" != inside ]; then
	for tool in "$charon" swanctl unshare ip tcpdump tshark openssl build/test/peer; do
		command -v "$tool" >/dev/null && continue
		echo "Bail out! $tool is missing: apt install strongswan-charon strongswan-swanctl tcpdump tshark"
		exit 1
	done
	dir=$(mktemp -d) || exit 1
	trap 'rm -rf "$dir"' EXIT
	user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user)
	unshare "${user[@]}" --mount --net --pid --fork --kill-child --mount-proc \
		--propagation private "$0" inside "$dir"
	exit
fi

dir=$2
number=0
failed=0
wait=20		# seconds, at most, for anything
peer_pid=

result() {	# STATUS NAME
	number=$((number + 1))
	if [ "$1" = 0 ]; then
		echo "ok $number - $2"
		return
	fi
	echo "not ok $number - $2"
	failed=1
	tail -n 15 "$dir/charon.log" | sed 's/^/# charon: /'
	tail -n 10 "$dir/peer.log" | sed 's/^/# miked: /'
	[ -n "$peer_pid" ] && kill "$peer_pid" 2>/dev/null && wait "$peer_pid"
}

# The network: miked at 192.0.2.1, charon at 192.0.2.2 in a namespace of its own.
network() {
	mount -t tmpfs tmpfs /run &&
		ip link set lo up &&
		ip netns add swan &&
		ip link add miked0 type veth peer name swan0 netns swan &&
		ip addr add 192.0.2.1/24 dev miked0 &&
		ip addr add 2001:db8::1/64 dev miked0 nodad &&
		ip link set miked0 up &&
		ip -n swan addr add 192.0.2.2/24 dev swan0 &&
		ip -n swan addr add 2001:db8::2/64 dev swan0 nodad &&
		ip -n swan link set swan0 up &&
		ip -n swan link set lo up
}

# Wait for PATTERN in what comes to FILE behind line FROM.
await() {	# FILE FROM PATTERN
	local tail status

	exec {tail}< <(exec tail -n "+$(($2 + 1))" -f "$1")
	timeout "$wait" grep -qm1 -e "$3" <&"$tail"
	status=$?
	kill $!
	exec {tail}<&-
	[ "$status" = 0 ] || echo "# not seen: $3"
	return "$status"
}

mark() { charon_mark=$(wc -l <"$dir/charon.log"); }
# charon says PATTERN since the last mark.
charon_says() { await "$dir/charon.log" "$charon_mark" "$1"; }

# Certificates

sign() {	# NAME KEY-OPTIONS...
	local name=$1

	shift
	openssl req -x509 -newkey "$@" -nodes -keyout "$dir/swanctl/private/$name.key" \
		-out "$dir/swanctl/x509/$name.pem" -subj "/O=tests/CN=$name" -days 30 \
		-addext "subjectAltName=DNS:${name%%-*}.example" \
		-addext "basicConstraints=critical,CA:FALSE" \
		-addext "keyUsage=critical,digitalSignature" \
		-CA "$dir/swanctl/x509ca/ca.pem" -CAkey "$dir/ca.key" 2>>"$dir/openssl.log"
}

certificates() {
	local who

	mkdir -p "$dir"/swanctl/{x509,x509ca,private}
	umask 077
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/ca.key" -out "$dir/swanctl/x509ca/ca.pem" -subj "/CN=tests' CA" \
		-days 30 2>>"$dir/openssl.log" || return
	for who in miked swan; do
		sign "$who-p256" ec -pkeyopt ec_paramgen_curve:P-256 &&
			sign "$who-p384" ec -pkeyopt ec_paramgen_curve:P-384 &&
			sign "$who-ed25519" ed25519 &&
			sign "$who-rsa" rsa:2048 || return
	done
	echo 0x000102030405060708090a0b0c0d0e0f >"$dir/psk"
	echo 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f >"$dir/ppk"
}

# charon

charon_start() {	# [OPTIONS]
	cat >"$dir/strongswan.conf" <<-END
		charon {
		load = random nonce aes sha1 sha2 hmac kdf mgf1 pem pkcs1 pkcs8 x509 pubkey openssl curve25519 revocation constraints gcm socket-default kernel-netlink vici
		signature_authentication = yes
		rsa_pss = yes
		retransmit_base = 1
		${1:-}
		filelog {
		log {
		path = $dir/charon.log
		default = 1
		flush_line = yes
		}
		}
		plugins {
		vici {
		socket = unix://$dir/vici
		}
		}
		}
	END
	export STRONGSWAN_CONF=$dir/strongswan.conf SWANCTL_DIR=$dir/swanctl
	: >"$dir/charon.log"
	ip netns exec swan "$charon" >"$dir/charon.out" 2>&1 &
	charon_pid=$!
	await "$dir/charon.log" 0 'worker threads'
}

charon_stop() {
	kill "$charon_pid"
	wait "$charon_pid"
}

# Have this connection, and no other: PROPOSALS, AUTH, more lines; and of the child.
charon_has() {	# PROPOSALS CERTIFICATE [LINES [CHILD]]
	local from="auth = psk" to="auth = psk"

	if [ "$2" != psk ]; then
		from="auth = pubkey
		certs = swan-$2.pem"
		to="auth = pubkey
		cacerts = ca.pem"
	fi
	cat >"$dir/swanctl/swanctl.conf" <<-END
		connections {
		c {
		version = 2
		local_addrs = 192.0.2.2,2001:db8::2
		remote_addrs = ${remote:-192.0.2.1}
		proposals = $1
		childless = ${childless:-force}
		dpd_delay = 0
		rekey_time = 0
		${3:-}
		local {
		id = swan.example
		$from
		}
		remote {
		id = miked.example
		$to
		}
		children {
		${4:-}
		}
		}
		}
		secrets {
		ike {
		id = miked.example
		secret = 0x000102030405060708090a0b0c0d0e0f
		}
		ppk {
		id = ${ppk_id:-p1}
		secret = 0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
		}
		}
	END
	swanctl --load-all --clear --noprompt --uri "unix://$dir/vici" >"$dir/swanctl.log" 2>&1 ||
		sed 's/^/# /' "$dir/swanctl.log"
	mark
}

charon_does() {	# ARGUMENTS...
	swanctl "$@" --uri "unix://$dir/vici" >"$dir/swanctl.log" 2>&1 ||
		{ sed 's/^/# /' "$dir/swanctl.log"; false; }
}

# miked's engine

peer_start() {	# PROPOSALS CERTIFICATE [OPTIONS-OF-IKE [LINES]]
	local certificate=

	[ "$2" = psk ] || certificate=", certificate: $dir/swanctl/x509/miked-$2.pem, key: $dir/swanctl/private/miked-$2.key"
	cat >"$dir/peer.conf" <<-END
		log: { target: stderr, level: info, ike: debug }
		local: { addresses: [ 192.0.2.1, "2001:db8::1" ] }
		ike: { proposals: [ $1 ] ${3:-} }
		credentials: [ { name: me, identity: miked.example $certificate } ]
		trust: { ca: [ $dir/swanctl/x509ca/ca.pem ] }
		psk: [ { peer: swan.example, file: $dir/psk } ]
		${4:-}
		key-server: { credential: me }
	END
	: >"$dir/peer.log"
	coproc PEER { exec build/test/peer "$dir/peer.conf" 2>>"$dir/peer.log"; }
	peer_pid=$!
	exec {peer_in}>&"${PEER[1]}" {peer_out}<&"${PEER[0]}"
	hears ready
}

say() { echo "$*" >&"$peer_in"; }

# The peer says a line that PATTERN, of the shell, matches; @line is it.
hears() {
	while read -rt "$wait" -u "$peer_out" line; do
		# shellcheck disable=SC2254
		case $line in $1) return 0 ;; esac
		echo "peer: $line" >>"$dir/peer.log"
	done
	echo "# not heard: $1"
	return 1
}

# It ends by itself, and the sanitizers find nothing.
peer_stop() {
	exec {peer_in}>&-
	eval "exec ${PEER[1]}>&-" 2>/dev/null
	wait "$peer_pid"
	local status=$?

	peer_pid=
	exec {peer_out}<&-
	[ "$status" = 0 ] || echo "# the peer ended with $status"
	return "$status"
}

# The cases. In each, both are made anew for it.

hello() { say hello && hears 'answered*'; }

bye() {
	mark
	say close && charon_says 'deleting IKE_SA\|IKE_SA deleted' && peer_stop
}

dial() { say "connect ${server:-192.0.2.2} ${port:-500} swan.example me ${1:-}" && hears 'established*'; }

# miked begins, talks and ends.
outgoing() {	# NAME PROPOSALS CERTIFICATE
	charon_has "$2" "$3"
	peer_start "$2" "$3" && dial && hello && bye
	result $? "$1, we began"
}

# charon does.
incoming() {	# NAME PROPOSALS CERTIFICATE
	charon_has "$2" "$3"
	peer_start "$2" "$3" && charon_does --initiate --ike c && hears 'accepted*' &&
		hello && charon_does --terminate --ike c && hears gone && peer_stop
	result $? "$1, charon began"
}

both() { outgoing "$@" && incoming "$@"; }

suites() {
	local group prf cipher

	for group in modp2048 modp3072 modp4096 ecp256 ecp384 ecp521 x25519; do
		both "$group" "aes256gcm16-prfsha256-$group" psk
	done
	for prf in prfsha256 prfsha384 prfsha512; do
		for cipher in aes128gcm16 aes256gcm16; do
			both "$cipher, $prf" "$cipher-$prf-x25519" psk
		done
	done
	for cipher in aes128-sha256 aes256-sha256 aes256-sha384 aes128-sha512 aes256-sha512; do
		both "$cipher" "$cipher-x25519" psk
	done
	both "aes256-sha256, prfsha512" "aes256-sha256-prfsha512-ecp256" psk
}

authentication() {
	local certificate

	for certificate in p256 p384 ed25519 rsa; do
		both "certificate: $certificate" aes256gcm16-prfsha384-ecp384 "$certificate"
	done
}

suite=aes128gcm16-prfsha256-x25519

# A Child SA is refused, and the IKE SA stays.
no_child() {
	childless=allow charon_has "$suite" psk '' 'net {
		local_ts = 192.0.2.2/32
		remote_ts = 192.0.2.1/32
		esp_proposals = aes256gcm16
		}'
	peer_start "$suite" psk && dial child && [[ $line == *TS_UNACCEPTABLE* ]] && hello && bye
	result $? "charon does not like our selectors"

	childless=allow charon_has "$suite" psk '' 'net {
		local_ts = 203.0.113.1/32
		remote_ts = 203.0.113.1/32
		esp_proposals = aes128-sha256
		}'
	peer_start "$suite" psk && dial child && [[ $line == *NO_PROPOSAL_CHOSEN* ]] && hello && bye
	result $? "charon does not like our ciphers"

	childless=allow charon_has "$suite" psk '' 'net {
		esp_proposals = aes256gcm16
		}'
	peer_start "$suite" psk && ! charon_does --initiate --child net >"$dir/child" &&
		hears 'accepted*' && charon_says 'failed to establish CHILD_SA, keeping IKE_SA' &&
		hello && peer_stop
	result $? "charon wants a Child SA of us"
}

refusals() {
	charon_has aes256gcm16-prfsha256-ecp384 psk
	peer_start "$suite" psk && say connect 192.0.2.2 500 swan.example me &&
		hears 'failed refused*NO_PROPOSAL_CHOSEN*' && peer_stop
	result $? "charon chooses no proposal"

	charon_has aes256gcm16-prfsha256-ecp384 psk
	peer_start "$suite" psk && ! charon_does --initiate --ike c >"$dir/child" &&
		charon_says 'received NO_PROPOSAL_CHOSEN' && peer_stop
	result $? "we choose no proposal"

	cp "$dir/psk" "$dir/psk.right" && cp "$dir/ppk" "$dir/psk"
	charon_has "$suite" psk
	peer_start "$suite" psk && say connect 192.0.2.2 500 swan.example me &&
		hears 'failed refused*AUTHENTICATION_FAILED*' && peer_stop
	result $? "charon does not believe our PSK"
	charon_has "$suite" psk
	peer_start "$suite" psk && ! charon_does --initiate --ike c >"$dir/child" &&
		charon_says 'received AUTHENTICATION_FAILED' && peer_stop
	result $? "we do not believe charon's PSK"
	cp "$dir/psk.right" "$dir/psk"
}

# The first guess of a group is wrong.
invalid_ke() {
	charon_has aes128gcm16-prfsha256-ecp256 psk
	mark
	peer_start aes128gcm16-prfsha256-ecp384-ecp256 psk && dial &&
		charon_says 'DH group ECP_384 unacceptable, requesting ECP_256' && hello && bye
	result $? "INVALID_KE_PAYLOAD from charon"

	charon_has aes128gcm16-prfsha256-ecp384-ecp256 psk
	peer_start aes128gcm16-prfsha256-ecp256 psk && charon_does --initiate --ike c &&
		charon_says "peer didn't accept DH group ECP_384, it requested ECP_256" &&
		hello && peer_stop
	result $? "INVALID_KE_PAYLOAD to charon"
}

cookies() {
	charon_has "$suite" psk
	peer_start "$suite" psk ', half-open-cookies: 0' && charon_does --initiate --ike c &&
		hears 'accepted*' && hello && say stats && hears 'stats*cookies_sent=1*' &&
		peer_stop
	result $? "a cookie to charon"

	charon_stop
	charon_start "cookie_threshold = 1
		cookie_threshold_ip = 1"
	charon_has "$suite" psk
	peer_start "$suite" psk && say deaf && say connect 192.0.2.2 500 swan.example me &&
		charon_says 'generating IKE_SA_INIT response' && peer_stop
	peer_start "$suite" psk && dial && hello &&
		grep -q 'N(COOKIE)' "$dir/charon.log" && bye
	result $? "a cookie from charon"
	charon_stop
	charon_start
}

fragments() {
	charon_has aes256gcm16-prfsha384-ecp384 rsa 'fragmentation = yes'
	mark
	peer_start aes256gcm16-prfsha384-ecp384 rsa ', fragment-size: 576' && dial &&
		charon_says 'received fragment #2 of' && hello && bye
	result $? "our fragments"

	charon_stop
	charon_start 'fragment_size = 600'
	charon_has aes256gcm16-prfsha384-ecp384 rsa 'fragmentation = yes'
	peer_start aes256gcm16-prfsha384-ecp384 rsa && dial && say stats &&
		hears 'stats*fragments=[1-9]*' && hello && bye
	result $? "charon's fragments, in a response"
	charon_has aes256-sha256-x25519 rsa 'fragmentation = force'
	peer_start aes256-sha256-x25519 rsa ', fragment-size: 576' &&
		charon_does --initiate --ike c && hears 'accepted*' && say stats &&
		hears 'stats*fragments=[1-9]*' && hello && peer_stop
	result $? "charon's fragments, in a request, with AES-CBC"
	charon_stop
	charon_start
}

alive() {
	charon_has "$suite" psk
	peer_start "$suite" psk ', dead-peer: 30 s' && dial && mark && say skip 31 &&
		charon_says 'parsed INFORMATIONAL request [0-9]* \[ \]' &&
		charon_says 'generating INFORMATIONAL response [0-9]* \[ \]' && hello && bye
	result $? "we ask if charon is alive"

	charon_has "$suite" psk 'dpd_delay = 1'
	peer_start "$suite" psk && dial && mark &&
		charon_says 'parsed INFORMATIONAL response [0-9]* \[ \]' && hello && bye
	result $? "charon asks if we are alive"

	charon_has "$suite" psk
	peer_start "$suite" psk ', dead-peer: 30 s, retransmissions: 1, retransmit: 50 ms' && dial &&
		say deaf && say skip 31 && hears 'ended dead*' && peer_stop
	result $? "charon seems dead"
}

rekeys() {
	local proposals

	for proposals in "$suite" aes256-sha512-modp2048; do
		charon_has "$proposals" psk
		peer_start "$proposals" psk ', lifetime: 1 min' && dial && mark && say skip 56 &&
			charon_says 'IKE_SA c\[[0-9]*\] rekeyed\|scheduling rekey\|deleting IKE_SA\|IKE_SA deleted' &&
			hello && hello && say stats && hears 'stats*rekeyed=1*' && bye
		result $? "we rekey, $proposals"

		charon_has "$proposals" psk
		peer_start "$proposals" psk && dial && charon_does --rekey --ike c &&
			charon_says 'IKE_SA c\[[0-9]*\] rekeyed between' &&
			charon_says 'IKE_SA deleted' &&
			hello && hello && say stats && hears 'stats*rekeyed=1*' && bye
		result $? "charon rekeys, $proposals"
	done
}

ppks() {
	local ppk="ppk: [ { id: p1, peer: \"*.example\", file: $dir/ppk, mandatory: MUST } ]"

	charon_has "$suite" psk 'ppk_id = p1
		ppk_required = yes'
	peer_start "$suite" psk '' "${ppk/MUST/yes}" && dial && charon_says 'using PPK' && hello && bye
	result $? "a PPK, we began"

	charon_has "$suite" psk 'ppk_id = p1
		ppk_required = yes'
	peer_start "$suite" psk '' "${ppk/MUST/yes}" && charon_does --initiate --ike c &&
		hears 'accepted*' && charon_says 'using PPK' && hello &&
		charon_does --rekey --ike c && charon_says 'rekeyed between' && hello && peer_stop
	result $? "a PPK, charon began"

	ppk_id=p2 charon_has "$suite" psk
	peer_start "$suite" psk '' "${ppk/MUST/no}" && dial && hello && bye
	result $? "charon has no PPK, and need not"

	ppk_id=p2 charon_has "$suite" psk
	peer_start "$suite" psk '' "${ppk/MUST/yes}" && say connect 192.0.2.2 500 swan.example me &&
		hears 'failed *' && peer_stop
	result $? "charon has no PPK, and must"
}

# NAT detection says that there is one: both go to port 4500.
nat() {
	charon_has "$suite" psk 'encap = yes'
	peer_start "$suite" psk && dial && charon_says '192.0.2.1\[4500\]' && hello && bye
	result $? "port 4500, we began"

	charon_has "$suite" psk 'encap = yes'
	peer_start "$suite" psk && charon_does --initiate --ike c && hears 'accepted*' &&
		charon_says '192.0.2.1\[4500\]' && hello &&
		charon_does --terminate --ike c && hears gone && peer_stop
	result $? "port 4500, charon began"
}

ipv6() {
	remote=2001:db8::1
	server=2001:db8::2
	both "IPv6" "$suite" psk
	unset remote server

	charon_has "$suite" psk 'remote_port = 848'
	peer_start "$suite" psk && charon_does --initiate --ike c && hears 'accepted*' &&
		hello && peer_stop
	result $? "our port 848"
}

# What was captured, to tshark.

capture_start() {
	tcpdump -i miked0 -U -w "$dir/pcap" udp 2>"$dir/tcpdump.log" &
	tcpdump_pid=$!
	: >>"$dir/tcpdump.log"
	await "$dir/tcpdump.log" 0 'listening on'
}

shark() {
	HOME=$dir tshark -r "$dir/pcap" -d udp.port==848,isakmp -Y isakmp "$@" 2>>"$dir/tshark.log"
}

dissect() {
	local sealed opened

	kill -INT "$tcpdump_pid"
	wait "$tcpdump_pid"
	mkdir -p "$dir/.config/wireshark"
	sort -u "$dir/keys" >"$dir/.config/wireshark/ikev2_decryption_table"
	shark -T fields -e frame.number -e isakmp.exchangetype -e _ws.malformed >"$dir/fields"
	[ "$(wc -l <"$dir/fields")" -gt 500 ]
	result $? "tshark reads $(wc -l <"$dir/fields") messages"
	! grep -v $'\t$' "$dir/fields" >"$dir/malformed"
	result $? "none is malformed"
	head -n 5 "$dir/malformed" | sed 's/^/# /'

	# Fragments but the last have no payloads to show: what they make together has.
	sealed=$(shark -Y 'isakmp && isakmp.enc.decrypted || isakmp.typepayload == 46' \
		-T fields -e frame.number | wc -l)
	opened=$(shark -Y 'isakmp.enc.decrypted' -T fields -e frame.number | wc -l)
	[ "$sealed" -gt 300 ] && [ "$sealed" = "$opened" ]
	result $? "$opened of $sealed sealed messages are opened with our keys"
	! shark -Y 'isakmp.ike_auth.bad || isakmp.enc.icd.bad || _ws.expert.severity >= 8388608' \
		-T fields -e frame.number -e _ws.expert.message | grep . >"$dir/experts"
	result $? "no checksum is wrong"
	head -n 5 "$dir/experts" | sed 's/^/# /'
}

network && certificates && : >"$dir/keys" && capture_start && charon_start || {
	echo "Bail out! no network, no certificates or no charon"
	sed 's/^/# /' "$dir"/*.log "$dir/charon.out"
	exit 1
}
export MIKED_IKE_KEYS=$dir/keys
for part in suites authentication no_child refusals invalid_ke cookies fragments alive rekeys \
	    ppks nat ipv6; do
	case " ${PARTS:-$part} " in *" $part "*) "$part" ;; esac
done
charon_stop
[ -n "${PARTS:-}" ] || dissect
echo "1..$number"
exit "$failed"
