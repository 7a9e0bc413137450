# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A group whose keys change under traffic, for tests of rekeys; to be sourced after mike.sh.
# Two members send, six receive, and two are gateways, each with a receiver behind it that
# knows nothing of keys:
#
#	ks, s1, s2, r1 ... r6, ga, gb on one LAN;  ga - r7;  gb - r8
#
#	group_policy			of the group, by $TRANSPORT and $ENCRYPTION
#	group_start			all of that; when this returns, all have joined. $STORE is
#					a line of the key server's configuration
#	group_lossy			what goes by UDP, which here is between key server and
#					members alone, is lost, put into another order, sent twice
#	group_send			both begin to send, and all listen
#	group_send_end			they stop: each receiver got all of both, once
#	group_rekeys N COMMAND...	so many times COMMAND makes the key server change keys, as
#					soon as the senders use those before
#	group_followed			how fast members followed, and whether in time
#
# The members' times are those of the kernel's events, in $TMP/sas.NS.

GROUP=239.1.1.1
SENDERS=(s1 s2)
GATEWAYS=(ga gb)
MEMBERS=("${SENDERS[@]}" r1 r2 r3 r4 r5 r6 "${GATEWAYS[@]}")
RECEIVERS=(r1 r2 r3 r4 r5 r6 r7 r8)

TRANSPORT=${TRANSPORT:-both}
ENCRYPTION=aes128gcm16
rekeys=0

# Seconds that are added to the delays, for a machine that is slow.
SLACK=${SLACK:-2}

# A request or its answer is lost in 36 of 100 times: thirteen are enough.
IKE='ike: { retransmit: 100 ms, retransmit-limit: 100 ms, retransmissions: 12 }'

# A copy of a message is lost to a member in 20 of 100 times: ten are enough. Where those
# who missed all copies are found out and helped, there are three only.
declare -A COPIES=([unicast]=1 [multicast]=10 [both]=3)

# Seconds until all have new keys at the latest, as the key server reckons.
declare -A REACH=([unicast]=3 [multicast]=2 [both]=4)

# --- the members --------------------------------------------------------------------

group_policy()
{
	local delay=$((${REACH[$TRANSPORT]} + SLACK))

	cat <<-END
		name: video
		traffic: [ { destination: $GROUP, protocol: udp } ]
		encryption: $ENCRYPTION
		activation-delay: $delay s
		deactivation-delay: $((2 * delay)) s
		members: [ { identity: "*.example.org", role: both } ]
		rekey:
		  transport: $TRANSPORT
		  address: 239.255.1.1
		  source: 10.0.0.99
		  interface: eth0
		  retransmissions: $((${COPIES[$TRANSPORT]} - 1))
		  interval: 100 ms
		  acknowledge: all
		  acknowledge-within: 300 ms
	END
}

group_conf()
{
	{
		echo "$IKE"
		cat <<-END
			key-server:
			  credential: here
			  ${STORE-}
			  groups:
		END
		group_policy | sed '1s/^/    - /; 2,$s/^/      /'
	} | mike_conf_psk ks "${MEMBERS[@]}"
}

# gateway NS RECEIVER N: its LAN is 10.1.N.0/24
gateway()
{
	veth_pair "$1" lan "10.1.$3.1/24" "$2" eth0 "10.1.$3.2/24"
	ns_exec "$1" sysctl -q net.ipv4.ip_forward=1
	route_multicast "$1" eth0,10.0.0.1,$GROUP,lan eth0,10.0.0.2,$GROUP,lan
}

member_conf()
{
	local role=receiver lines=()

	case $1 in
	s*) role=sender ;;
	g*) lines=('interface: eth0' 'join-multicast: yes') ;;
	esac
	{
		echo "$IKE"
		mike_member $role 10.0.0.99 "${lines[@]}"
	} | mike_conf_psk "$1" ks
}

# Events of its SAs with the time before them, and the last one that became current.
sas_start()
{
	# shellcheck disable=SC2016
	in_background "sas.$1" "$1" bash -c '
		gemcast monitor sa policy | while read -r line; do
			echo "$EPOCHREALTIME $line"
			case $line in
			"sa "*" state current"*) echo "$line" >"$1" ;;
			esac
		done' sas_start "$TMP/current.$1"
	wait_for monitor_hears "sas.$1"
}

joined()
{
	[ "$(mike "$1" -j status video | jq -r '.[0].state')" = joined ]
}

group_start()
{
	local ns n=0 lan=(ks:eth0:10.0.0.99/24:)

	ns_add ks "${MEMBERS[@]}" r7 r8
	tc -n "$(ns_name ks)" qdisc add dev lo root handle 1: prio ||
		skip_all "the kernel has no sch_prio"
	tc -n "$(ns_name ks)" qdisc del dev lo root
	for ns in "${MEMBERS[@]}"; do
		lan+=("$ns:eth0:10.0.0.$((n += 1))/24:")
	done
	lan_add lan "${lan[@]}"
	gateway ga r7 1
	gateway gb r8 2
	group_conf
	mike_start ks ks
	for ns in "${MEMBERS[@]}"; do
		member_conf "$ns"
		sas_start "$ns"
		mike_start "$ns" "$ns"
		mike "$ns" join video
	done
	for ns in "${MEMBERS[@]}"; do
		wait_for -t 60 joined "$ns" || {
			diag <"$TMP/miked.$ns.err"
			diag <"$TMP/miked.ks.err"
			return 1
		}
	done
	pass "all have joined"
}

# --- what goes wrong on the way --------------------------------------------------------

group_lossy()
{
	local ns dev

	for ns in ks "${MEMBERS[@]}"; do
		dev=$ns.eth0
		tc -n "$(ns_name lan)" -b - <<-END
			qdisc add dev $dev root handle 1: prio bands 2 priomap 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0
			qdisc add dev $dev parent 1:2 netem loss 20% duplicate 5% delay 20ms 15ms reorder 10%
			filter add dev $dev parent 1: protocol ip u32 match ip protocol 17 0xff flowid 1:2
		END
	done
}

# --- traffic --------------------------------------------------------------------------

group_send()
{
	local ns n

	for ns in "${RECEIVERS[@]}"; do
		recv_start "recv.$ns" "$ns" -i eth0 -c 2 -p "$TMP/pace" "$PORT" $GROUP
	done
	recv_ready
	capture_start wire lan br0 not udp port 848
	# Shorter ones do not say which they are, where order is not kept.
	for n in 1 2; do
		in_background send$n s$n nice -n 19 mcast send -i eth0 -u $n -n 0 -r 50 -s 8-300 -S $n \
			-t 8 -p "$TMP/pace" -w 96 $GROUP "$PORT"
	done
}

# complete NAME: a receiver got all of both senders, once; two that are sent one right behind
# the other may come in another order, where processors are short
complete()
{
	recv_end "$1" >"$TMP/complete" || :
	cat "$TMP/complete"
	[ "$(grep -Ec '^sender=[12] .* total=[0-9]+ .* lost=0 .* duplicate=0 corrupt=0' \
		"$TMP/complete")" -eq 2 ]
}

group_send_end()
{
	local ns n

	for n in 1 2; do
		expect "sender s$n was never refused" send_stop send$n
	done
	for ns in "${RECEIVERS[@]}"; do
		expect "$ns has all of both, once" complete "recv.$ns"
	done
	capture_end wire
	expect "only ESP on the wire" only_esp wire $GROUP
	expect_eq "no IV twice under one key" 0 "$(grep -o ' spi=[0-9a-fx]* .* iv=.*' "$TMP/wire.list" |
		sed 's/ seq=[0-9]*//' | sort | uniq -d | wc -l)"
	for ns in "${SENDERS[@]}"; do
		expect_counts "$ns: none refused, none in the clear" "$ns" out-bypass=0 out-no-sa=0 out-expired=0
	done
	for ns in r1 r2 r3 r4 r5 r6 "${GATEWAYS[@]}"; do
		expect_counts "$ns: none dropped" "$ns" in-spoof=0 in-expired=0 in-replay=0 in-bad-icv=0
	done
	diag "$(wc -l <"$TMP/wire.list") frames, $(grep -o ' spi=[0-9a-fx]*' "$TMP/wire.list" |
		sort -u | wc -l) SAs on the wire"
}

# --- rekeys ---------------------------------------------------------------------------

# current NS: the SPI of the SA that it sends by
current()
{
	local line

	[ -e "$TMP/current.$1" ] && read -r line <"$TMP/current.$1" || return
	[[ $line =~ \ spi\ (0x[0-9a-f]+)\  ]] || return
	echo "${BASH_REMATCH[1]}"
}

# followed SPI: all senders have left it
followed()
{
	local ns spi

	for ns in "${SENDERS[@]}"; do
		spi=$(current "$ns") && [ "$spi" != "$1" ] || return
	done
}

# known: by the key server, all members have the newest keys; of those who are not
# registered with it since it was started anew nothing is known
known()
{
	mike ks -j ks group show video |
		jq -e '.[0] | .members + .listening > 0 and .current == .members' >/dev/null
}

group_rekey()
{
	local before

	before=$(current s1)
	rekeys=$((rekeys + 1))
	echo "$EPOCHREALTIME ks rekey $rekeys" >>"$TMP/rekeys"
	"$@" && wait_for -t 60 followed "$before" && wait_for -t 60 known
}

# group_rekeys N COMMAND...: so many times
group_rekeys()
{
	local n=$1

	shift
	while [ $rekeys -lt "$n" ]; do
		if ! group_rekey "$@"; then
			fail "all follow, rekey $rekeys"
			{
				mike ks ks group show
				mike ks ks member show
				tail -n 30 "$TMP/miked.ks.err"
			} 2>&1 | diag
			return
		fi
	done
	pass "all follow, $n rekeys"
}

# Its events from all members as lines of figures: of each SA in the order in which they
# came, from the rekey on, when each member had it and when all; from then on, when the first
# sender used it and when the first member deleted the one before it. "wrong" says what must
# not be.
figures()
{
	local ns

	for ns in "${MEMBERS[@]}"; do
		sed "s/ / $ns /" "$TMP/sas.$ns.out"
	done | sort -n - "$TMP/rekeys" | awk -v members="${#MEMBERS[@]}" -v rekeys="$rekeys" '
		function word(name,   i) {
			for (i = 4; i < NF; i++)
				if ($i == name)
					return $(i + 1)
		}
		function figure(name, value) { printf "%s %.3f\n", name, value }
		$2 == "ks" { asked[$4] = $1; next }
		$3 != "sa" && $3 != "sa-del" { next }
		{ spi = word("spi") }
		!(spi in number) { number[spi] = n++ }
		{ sa = number[spi] }
		$3 == "sa" && !(($2, sa) in seen) {
			seen[$2, sa] = 1
			have[sa]++
			last[sa] = $1
			if (sa)
				figure("member", $1 - asked[sa])
		}
		$3 == "sa" && word("state") == "current" && $2 ~ /^s/ && !(sa in used) { used[sa] = $1 }
		$3 == "sa-del" && !(sa in gone) { gone[sa] = $1 }
		END {
			for (sa = 1; sa < n; sa++) {
				figure("all", last[sa] - asked[sa])
				figure("used", used[sa] - last[sa])
				if (have[sa] != members)
					print "wrong: SA", sa, "got to", have[sa], "of", members
				if (!(sa in used) || used[sa] < last[sa])
					print "wrong: SA", sa, "was used before all had it"
				if (!(sa - 1 in gone))
					continue
				figure("deleted", gone[sa - 1] - last[sa])
				if (gone[sa - 1] < last[sa])
					print "wrong: SA", sa - 1, "went before all had the next"
			}
			if (n != rekeys + 1)
				print "wrong:", n - 1, "new SAs after", rekeys, "rekeys"
		}'
}

# distribution NAME DESC
distribution()
{
	sed -n "s/^$1 //p" "$TMP/figures" | sort -n | awk -v what="$2" '
		{ value[NR] = $1 }
		function at(part) { return value[int(NR * part + 0.9999)] }
		END {
			if (NR)
				printf "%s: %.2f s at least, %.2f (50 %%), %.2f (90 %%), %.2f (99 %%), %.2f at most\n",
					what, value[1], at(0.5), at(0.9), at(0.99), value[NR]
		}'
}

group_followed()
{
	figures >"$TMP/figures"
	{
		distribution member "from a rekey until a member has the new SA"
		distribution all "from a rekey until all members have it"
		distribution used "from then until the first sender uses it"
		distribution deleted "from then until the first member deletes the one before"
	} | diag
	expect_eq "all had each SA before it was used, and before the last one went" '' \
		"$(grep '^wrong' "$TMP/figures" || :)"
}
