#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# miked in the kernel's company: a key server and members in namespaces of their own,
# with pre-shared keys; they register, send, roll over, are refused, leave; the module
# goes and comes; sockets come and go with the configuration.
#
# timeout=300

. "$(dirname "$0")/lib.sh"
. "$SELFTESTS/traffic.sh"
. "$SELFTESTS/mike.sh"

GROUP=239.1.1.1 GROUP6=ff3e::1

state()
{
	mike "$1" -j status video | jq -r '.[0].state'
}

is_state()
{
	[ "$(state "$1")" = "$2" ]
}

# spis NS: of all its SAs
spis()
{
	gc "$1" -j sa show | jq -r '[.[].spi] | unique | join(" ")'
}

same_spis()
{
	[ -n "$(spis "$1")" ] && [ "$(spis "$1")" = "$(spis "$2")" ]
}

have_other_spis()
{
	same_spis gm1 gm2 && [ "$(spis gm1)" != "$1" ]
}

# receives NS ADDR PORT: there is a UDP socket
receives()
{
	ns_exec "$1" ss -Hlnu | awk '{ print $4 }' | grep -Fxq "$2:$3"
}

receives_no_more()
{
	! receives "$@"
}

# not_reloaded N: that many configurations were refused by the key server
not_reloaded()
{
	[ "$(mike_log ks 'not reloaded')" -ge "$1" ]
}

# to_all DESC: from gm1 to gm2 by both families, ESP alone on the wire
to_all()
{
	local group

	for group in $GROUP $GROUP6; do
		capture_start wire lan br0 "not udp port 848"
		expect "$1: gm1 sends to gm2, $group" delivers gm1 gm2 $group -n 200 -s 20-1300
		capture_end wire
		expect "$1: nothing but ESP, $group" only_esp wire $group
	done
}

conf_ks()
{
	mike_conf_psk ks gm1 gm2 nobody <<-END
		local: { $1 }
		key-server:
		  credential: here
		  groups:
		    - name: video
		      traffic:
		        - { destination: $GROUP, protocol: udp }
		        - { destination: $GROUP6, protocol: udp }
		      rekey: { transport: unicast }
		      members:
		        - { identity: gm1.example.org, role: both }
		        - { identity: gm2.example.org, role: receiver }
	END
}

load_module
ns_add ks gm1 gm2 stranger nobody
lan_add lan ks:eth0:10.0.0.9/24:fd00::9/64 gm1:eth0:10.0.0.1/24:fd00::1/64 \
	gm2:eth0:10.0.0.2/24:fd00::2/64 stranger:eth0:10.0.0.3/24:fd00::3/64 \
	nobody:eth0:10.0.0.4/24:fd00::4/64
conf_ks 'ports: [ 848 ]'
mike_member both 10.0.0.9 | mike_conf_psk gm1 ks
# by IPv6; a gateway, whose own programs receive nothing
mike_member receiver fd00::9 'join-multicast: yes' 'interface: eth0' | mike_conf_psk gm2 ks
mike_member receiver 10.0.0.9 | mike_conf_psk nobody ks
mike_member receiver 10.0.0.9 | mike_conf_psk stranger ks
for who in ks gm1 gm2 stranger nobody; do
	expect "miked starts: $who" mike_start $who $who
done
for port in 848 4500; do
	expect "the key server receives at port $port, IPv4" receives ks 0.0.0.0 $port
	expect "the key server receives at port $port, IPv6" receives ks '[::]' $port
done

# --- members ----------------------------------------------------------------------

expect "gm1 joins" mike gm1 join video wait 20
expect "gm2 joins, by IPv6" mike gm2 join video wait 20
expect_eq "gm1 says so" joined "$(state gm1)"
expect_eq "gm2 says so" joined "$(state gm2)"
expect_eq "the key server knows both" 2 \
	"$(mike ks -j ks member show group video | jq '[.[] | select(.state == "registered")] | length')"
expect "they have the same SAs" same_spis gm1 gm2
expect_eq "gm2 is a member of the IP multicast group" 1 \
	"$(ns_exec gm2 ip -4 maddr show dev eth0 | grep -c $GROUP)"
expect_eq "and by IPv6" 1 "$(ns_exec gm2 ip -6 maddr show dev eth0 | grep -c $GROUP6)"
to_all "registered"

before=$(spis gm1)
expect "a new key is asked for" mike ks ks rekey group video now
expect "both have it" wait_for have_other_spis "$before"
to_all "with another key"

# --- those who must not ---------------------------------------------------------------

expect_fail -s 2 "one with a key that the key server does not have" \
	mike stranger join video wait 20
expect_fail -s 2 "one that the group does not admit" mike nobody join video wait 20
for who in stranger nobody; do
	expect_eq "no SA: $who" '' "$(spis $who)"
done
expect_eq "the log of one says that it was not believed" 1 \
	"$(mike_log stranger 'AUTHENTICATION_FAILED' | sed 's/^[1-9].*/1/')"
expect_eq "the log of the other says that it may not" 1 \
	"$(mike_log nobody 'AUTHORIZATION_FAILED' | sed 's/^[1-9].*/1/')"
recv_start deaf stranger -n 0 -i eth0 "$PORT" $GROUP
expect "gm1 sends, a stranger listens" delivers gm1 gm2 $GROUP -n 100
recv_stop deaf >"$TMP/deaf.all" || :
expect_eq "the stranger reads nothing" 0 "$(grep -o ' received=[0-9]*' "$TMP/deaf.all" | cut -d= -f2)"

# --- the module goes and comes ----------------------------------------------------------

unload_module
expect "miked sees that the module is gone" wait_for grep -q 'module gemcast was removed' \
	"$TMP/miked.gm1.err"
load_module
expect "members register anew when it is back" wait_for -t 30 same_spis gm1 gm2
expect "and are joined" wait_for is_state gm1 joined
to_all "with the module loaded anew"

# --- sockets by the configuration ---------------------------------------------------------

conf_ks 'ports: [ 500, 848 ], addresses: [ 10.0.0.9, "fd00::9" ], nat-port: 0'
kill -HUP "${pid_of[miked.ks]}"
expect "after a reload: port 500, too" wait_for receives ks 10.0.0.9 500
expect "after a reload: no port 4500" receives_no_more ks 0.0.0.0 4500
expect "members stay" is_state gm1 joined
expect "gm2 leaves" mike gm2 leave video
expect "gm2 joins again, at the new socket" mike gm2 join video wait 20
in_background other ks socat -u udp4-recvfrom:501,bind=10.0.0.9 -
expect "another program has port 501" wait_for receives ks 10.0.0.9 501
conf_ks 'ports: [ 501 ], addresses: [ 10.0.0.9 ]'
kill -HUP "${pid_of[miked.ks]}"
expect "a port that another has is no reason to change anything" \
	wait_for not_reloaded 1
expect_eq "the log says which and why" 1 \
	"$(mike_log ks '10.0.0.9:501: another program receives there')"
expect "what was before stays" receives ks 10.0.0.9 848
in_background_kill other
conf_ks 'ports: [ 502 ], addresses: [ 10.0.0.9 ]'
cp "$TMP/gm1-ks.psk" "$TMP/good"
echo 0x1g >"$TMP/gm1-ks.psk"
kill -HUP "${pid_of[miked.ks]}"
expect "nor is a key that is none" wait_for not_reloaded 2
expect "not even by a socket" receives_no_more ks 10.0.0.9 502
expect "what was before stays, again" receives ks 10.0.0.9 500
cat "$TMP/good" >"$TMP/gm1-ks.psk"

# --- leaving ------------------------------------------------------------------------

expect "gm2 leaves" mike gm2 leave video
expect_eq "its SAs are gone" '' "$(spis gm2)"
expect_eq "it is no member of the IP multicast group" 0 \
	"$(ns_exec gm2 ip -4 maddr show dev eth0 | grep -c $GROUP || :)"
expect_eq "the key server knows" gm1.example.org \
	"$(mike ks -j ks member show group video | jq -r '[.[] | select(.state == "registered") | .id] | join(" ")')"
for who in gm1 gm2 stranger nobody ks; do
	expect "miked ends: $who" mike_stop $who
done
expect_eq "policies stay: nothing leaves in clear" 1 \
	"$(gc gm1 -j policy show | jq '[.[] | select(.action == "protect")] | length | . > 0' | grep -c true)"
capture_start after lan br0
send gm1 -i eth0 -n 5 $GROUP "$PORT" >/dev/null 2>&1 || :
capture_end after
expect_eq "not after miked has ended" 0 "$(frames after " proto=17 .* dst=$GROUP ")"
