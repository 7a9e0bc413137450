#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What gemcast does, shown in two minutes: `make demo` runs this. Every figure is
# checked; the exit status is 0 if all are as they must be. It makes its own
# network namespaces and takes them away, Ctrl-C or not.

. "$(dirname "$0")/lib.sh" >/dev/null

wrong=0 loaded='' backlog=$(sysctl -n net.core.netdev_max_backlog)

# In place of a test's end.
finish()
{
	local status=$?

	trap - EXIT ERR
	set +eE
	remove_all
	[ -z "$loaded" ] || unload_module
	sysctl -q net.core.netdev_max_backlog="$backlog"
	rm -rf "$TMP"
	if [ "$status" -ne 0 ]; then
		say "" "The demonstration was broken off${test_line:+ at $test_line}."
	elif [ "$wrong" -ne 0 ]; then
		say "" "$wrong figures are not as they must be."
		status=1
	else
		say "" "All figures are as they must be. Everything is taken away again."
	fi
	exit "$status"
}

fail()
{
	say "Not so: $*"
}

. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"

say()
{
	printf '%s\n' "$@"
}

# figure TEXT WANTED FOUND
figure()
{
	if [ "$2" = "$3" ]; then
		printf '    %-58s %8s\n' "$1" "$3"
	else
		printf '    %-58s %8s   WRONG: must be %s\n' "$1" "$3" "$2"
		wrong=$((wrong + 1))
	fi
}

# received NAME: what a receiver that has ended got, whole and each once
received()
{
	if grep -q '\(late\|duplicate\|corrupt\)=[1-9]' "$TMP/$1.out"; then
		echo damaged
	else
		grep -o ' received=[0-9]*' "$TMP/$1.out" | cut -d= -f2
	fi
}

# on_the_wire CAPTURE [SED-COMMAND]: some of what tcpdump says
on_the_wire()
{
	tcpdump -n -t -r "$TMP/$1.pcap" 'not ether proto 0x88b5 and not igmp and not arp' \
		2>/dev/null | sed -n "${2-1,3p}" | cut -c1-88 | sed 's/^/    | /'
}

# on NS COMMAND...: show it and do it
on()
{
	local ns=$1

	shift
	printf '    %s# %s\n' "$ns" "$*" |
		sed "s,$TMP/,,g; s/rfc[^ ]*/'&'/; s/ aead/ \\\\\n           &/"
	ns_exec "$ns" "$@"
}

GROUP=239.1.1.1 MEMBERS=(sender member1 member2)

# configuration NAME PATTERN: what of it is worth reading
configuration()
{
	printf '    %s.conf\n' "$1"
	sed -n "/^$2:/,\$p" "$TMP/$1.conf" | sed 's/^/    | /'
}

# on_mike NAME ARG...: show it and do it
on_mike()
{
	printf '    %s# gemcast %s\n' "$1" "${*:2}"
	mike "$@" 2>&1 | sed 's/^/    | /'
	return "${PIPESTATUS[0]}"
}

lan()
{
	say "" "1. A LAN: a key server, a sender, two members and an outsider, each a host of" \
		"   its own (a network namespace). The group is $GROUP. Without gemcast," \
		"   whoever joins can read:" ""
	ns_add ks sender member1 member2 outsider
	lan_add lan ks:eth0:10.0.0.9/24: sender:eth0:10.0.0.1/24: member1:eth0:10.0.0.2/24: \
		member2:eth0:10.0.0.3/24: outsider:eth0:10.0.0.4/24:
	capture_start clear outsider eth0
	delivers sender outsider $GROUP -n 3 >/dev/null || :
	capture_end clear
	on_the_wire clear
	figure "datagrams that the outsider read" 3 "$(received outsider)"
}

registered()
{
	local who

	say "" "2. Each host has a certificate and a configuration of miked. The key server's" \
		"   says who may be in the group, a member's whom it believes in what:" ""
	mike_pki
	mike_conf ks <<-END
		ike: { retransmit: 200 ms, retransmissions: 3 }
		key-server:
		  credential: here
		  groups:
		    - name: video
		      traffic: [ { destination: $GROUP, protocol: udp } ]
		      activation-delay: 3 s
		      deactivation-delay: 6 s
		      rekey: { transport: unicast }
		      members:
		        - { identity: sender.example.org, role: both }
		        - { identity: member1.example.org, role: receiver }
		        - { identity: member2.example.org, role: receiver }
	END
	mike_member both 10.0.0.9 | mike_conf sender
	for who in member1 member2 outsider; do
		mike_member receiver 10.0.0.9 | mike_conf $who
	done
	configuration ks key-server
	configuration sender member
	for who in ks "${MEMBERS[@]}" outsider; do
		mike_start $who $who
	done
	say "" "   They join. miked asks the key server by G-IKEv2 (RFC 9838) and gives the" \
		"   kernel what it gets; nobody types a key:" ""
	for who in "${MEMBERS[@]}"; do
		on_mike $who join video wait 20
	done
	on_mike sender status
	say "" "   The outsider has a certificate too, but is not on the list:" ""
	if on_mike outsider join video wait 20; then
		figure "the outsider's request" refused granted
	else
		figure "the outsider's request" refused refused
	fi
	on_mike ks ks member show
}

# lan_send NAME SEND-ARG...: in the background, everybody listening
lan_send()
{
	local who

	rm -f "$TMP/pace"
	for who in $listening; do
		recv_start "$who" "$who" -i eth0 -p "$TMP/pace" "$PORT" $GROUP
	done
	for who in $deaf; do
		recv_start "$who" "$who" -n 0 -i eth0 "$PORT" $GROUP
	done
	recv_ready
	capture_start esp outsider eth0 'not port 848'
	send_start sender sender -i eth0 -p "$TMP/pace" "$@" $GROUP "$PORT"
}

# lan_sent SENT: what became of it
lan_sent()
{
	local who

	figure "datagrams sent" "$1" "$(grep -o ' sent=[0-9]*' "$TMP/sender.out" | cut -d= -f2)"
	for who in $listening; do
		recv_end "$who" >/dev/null || :
		figure "received by $who, whole and in order" "$1" "$(received "$who")"
	done
	for who in $deaf; do
		recv_stop "$who" >/dev/null || :
		figure "received by $who, who joined $GROUP too" 0 "$(received "$who")"
	done
	capture_end esp
	figure "frames in the clear on the LAN" 0 "$(frames esp " proto=17 .* dst=$GROUP ")"
}

protected()
{
	say "" "3. The same sender, 1,000 datagrams:" ""
	lan_send -n 1000 -s 20-1400
	send_end sender >/dev/null || :
	lan_sent 1000
	say "" "   What tcpdump shows the outsider is ESP:" ""
	on_the_wire esp
	figure "ESP packets that it saw" 1000 "$(frames esp ' proto=50 ')"
}

# the SA that the sender sends by
current()
{
	gc sender -s -j group show | jq '.[0].current_spi'
}

sends_by_another_than()
{
	[ "$(current)" != "$1" ]
}

rollover()
{
	local sent old out

	say "" "4. A new key while the sender goes on. The members have it before the" \
		"   sender's kernel turns to it:" ""
	old=$(current)
	lan_send -n 0 -r 400 -s 20-1400
	mcast await "$TMP/pace" 1 200
	on_mike ks ks rekey group video
	wait_for sends_by_another_than "$old"
	out=$(sa_count sender "$(current)" out-packets)
	mcast await "$TMP/pace" 1 $((out + 600))
	send_stop sender >/dev/null || :
	sent=$(grep -o ' sent=[0-9]*' "$TMP/sender.out" | cut -d= -f2)
	lan_sent "$sent"
	figure "lost" 0 $((sent - $(received member1)))
	say "" "   Where the key changed, tcpdump shows another SPI:" ""
	out=$(grep ' proto=50 ' "$TMP/esp.list" | grep -vn " spi=$(printf 0x%08x "$old") " |
		head -n 1 | cut -d: -f1)
	on_the_wire esp "$((out - 2)),$((out + 1))p"
	figure "keys that were used" 2 "$(grep ' proto=50 ' "$TMP/esp.list" |
		grep -o ' spi=0x[0-9a-f]*' | sort -u | wc -l)"
}

leaves()
{
	say "" "5. A member leaves; the key goes with it:" ""
	on_mike member2 leave video
	listening=member1 deaf='member2 outsider'
	lan_send -n 300 -s 20-1400
	send_end sender >/dev/null || :
	lan_sent 300
	on_mike ks ks member show
}

gem()
{
	say "" "6. The same group by hand, far away: two sites, and between them a router that" \
		"   forwards no multicast. The sending end of a unicast tunnel (EGM) takes" \
		"   the group from its LAN, the receiving end (DGM) sends it out on its own:" ""
	ns_add studio egm router dgm viewer
	veth_pair studio eth0 10.1.0.2/24 egm lan0 10.1.0.1/24
	veth_pair egm wan 192.0.2.1/24 router west 192.0.2.2/24
	veth_pair router east 198.51.100.1/24 dgm wan 198.51.100.7/24
	veth_pair dgm lan0 10.2.0.1/24 viewer eth0 10.2.0.2/24
	ip -n "$(ns_name egm)" route add default via 192.0.2.2
	ip -n "$(ns_name dgm)" route add default via 198.51.100.1
	ns_exec router sysctl -q net.ipv4.ip_forward=1
	new_key "$TMP/8.key"
	on egm gemcast group add 8 encap udp port 4500
	on egm gemcast policy add group 8 dst $GROUP/32 dev lan0 dir send
	on egm gemcast peer add group 8 to 198.51.100.7 port 4500
	on egm gemcast sa add group 8 spi 0x2001 dst 198.51.100.7 dir out \
		aead "$GCM" key file "$TMP/8.key" sid 1 bits 8
	on dgm gemcast group add 8 encap udp port 4500
	on dgm gemcast policy add group 8 dst $GROUP/32 dir receive reinject tx dev lan0
	on dgm gemcast sa add group 8 spi 0x2001 dst 198.51.100.7 dir in \
		aead "$GCM" key file "$TMP/8.key" sid-bits 8 replay sid
	capture_start router router west
	delivers studio viewer $GROUP -n 1000 -s 20-1300 >"$TMP/studio" || :
	capture_end router
	say ""
	figure "datagrams sent at the first site" 1000 \
		"$(grep -o ' sent=[0-9]*' "$TMP/studio" | cut -d= -f2)"
	figure "received at the second, whole and in order" 1000 "$(received viewer)"
	say "" "   What tcpdump shows the router is ESP in UDP, host to host:" ""
	on_the_wire router
	figure "ESP-in-UDP packets that it saw" 1000 \
		"$(frames router ' src=192.0.2.1 dst=198.51.100.7 .* dport=4500 .* spi=0x00002001 ')"
	figure "packets to the group that it saw" 0 "$(frames router " dst=$GROUP ")"
}

if ! module_loaded; then
	load_module
	loaded=1
fi
listening='member1 member2' deaf=outsider
lan
registered
protected
rollover
leaves
gem
