# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Keys, senders, receivers and captures, for tests that send packets; to be
# sourced after lib.sh. What runs in the background has a NAME, and its output is
# $TMP/NAME.*.
#
#	gc NS ARG...			gemcast in a namespace
#	gc_batch NS			its commands from standard input, all or none fail
#	new_key FILE [BITS]		a key that was never used
#	count NS COUNTER		one of `gemcast stats`
#	counted NS COUNTER N		it is N or more; for wait_for
#	stats_read NS			all of them, to ${stats[COUNTER]}
#	expect_counts DESC NS COUNTER=N...	just so
#	sa_count NS SPI COUNTER		one of an SA, or of all with the SPI summed up
#
#	nth_group IPv4|IPv6 N		of 239.7.0.0/16, or of ff15::7:0/112
#	native_group GROUP WORD...	from s to a, with nothing else there: a policy of
#					these words, and an SA with the next SPI and a key
#	udp_group GROUP PEER WORD...	the same by ESP-in-UDP, PEER is a's address
#
#	recv_start NAME NS ARG...	`mcast recv ARG...`; several may be started
#	recv_ready			before this waits until all have joined
#	recv_end NAME			wait; it got all, each once, in order
#	recv_stop NAME			do not wait for more
#	send NS ARG...			`mcast send ARG...`
#	send_start NAME NS ARG...	in the background
#	send_end NAME			wait; nothing was refused
#	send_stop NAME			say it is the last one, and wait
#	delivers FROM "TO..." GROUP ARG...	what `send FROM ARG...` sends to GROUP at
#					$PORT gets to each TO, on eth0; none is sent
#					faster than it is received
#	delivers_both "FROM FROM" TO GROUP ARG...	the same of two senders, 1 and 2, no
#					further ahead than $AHEAD
#	delivered NS GROUP		how many packets IP of its family has delivered; a
#					train is one
#
#	route_multicast NS ROUTE...	by smcrouted, ROUTE: FROM,SOURCE,GROUP,TO...; it is
#					done on return
#
#	capture_start NAME NS IF [FILTER]
#	capture_end NAME		$TMP/NAME.list has a line for each frame
#	frames NAME REGEX		how many of these lines match
#	only_esp NAME GROUP		no frame for GROUP but ESP, and of that some
#
#	monitor_start NAME NS ARG...	`gemcast monitor ARG...`
#	events NAME REGEX		how many lines match by now
#	some_events NAME REGEX		there is one; for wait_for

# shellcheck disable=SC2034
GCM='rfc4106(gcm(aes))' GMAC='rfc4543(gcm(aes))'

for tool in gemcast mcast pcap tcpdump jq; do
	if ! command -v "$tool" >/dev/null; then
		fail "there is a program $tool"
		exit 1
	fi
done

# Room for what a sender has ahead of its receivers; no namespace has its own.
sysctl -q net.core.netdev_max_backlog=100000

PORT=5000 SPI=4096
declare -A pid_of ns_of if_of stats
joining=()
streams=0

# --- configuration --------------------------------------------------------------

gc()
{
	local ns=$NS_PREFIX$1

	shift
	gemcast -n "$ns" "$@"
}

gc_batch()
{
	gemcast -n "$NS_PREFIX$1" -b -
}

new_key()
{
	(umask 077 && od -An -v -tx1 -N $((${2:-128} / 8 + 4)) /dev/urandom |
		tr -d ' \n' >"$1")
}

# The counters of a namespace, to ${stats[NAME]}.
stats_read()
{
	local name value

	stats=()
	while read -r name value; do
		stats[$name]=$value
	done < <(gc "$1" stats)
}

count()
{
	stats_read "$1"
	echo "${stats[$2]}"
}

counted()
{
	stats_read "$1"
	[ "${stats[$2]}" -ge "$3" ]
}

expect_counts()
{
	local desc=$1 ns=$2 pair found=''

	shift 2
	stats_read "$ns"
	for pair; do
		found+=" ${pair%=*}=${stats[${pair%=*}]-?}"
	done
	expect_eq "$desc" "$*" "${found# }"
}

sa_count()
{
	gc "$1" -j -s sa show spi "$2" | jq "[.[].${3//-/_}] | add"
}

nth_group()
{
	case $1 in
	IPv4) echo "239.7.$(($2 / 256)).$(($2 % 256))" ;;
	IPv6) printf 'ff15::7:%x\n' "$2" ;;
	esac
}

native_group()
{
	local ns group=$1

	shift
	new_key "$TMP/key"
	SPI=$((SPI + 1))
	for ns in s a; do
		gc_batch $ns <<-END
			group flush
			stats reset
			group add 7
			policy add group 7 dst $group dev eth0 $*
			sa add group 7 spi $SPI dst $group dir $([ $ns = s ] && echo out || echo in) \
				aead $GCM key file $TMP/key $([ $ns = s ] && echo sid 1 bits 8 || echo sid-bits 8 replay sid)
		END
	done
}

udp_group()
{
	local group=$1 peer=$2

	shift 2
	new_key "$TMP/key"
	SPI=$((SPI + 1))
	gc_batch s <<-END
		group flush
		stats reset
		group add 8 encap udp
		policy add group 8 dst $group dir send $*
		peer add group 8 to $peer
		sa add group 8 spi $SPI dir out aead $GCM key file $TMP/key sid 1 bits 8
	END
	gc_batch a <<-END
		group flush
		stats reset
		group add 8 encap udp
		policy add group 8 dst $group dir receive reinject rx dev eth0 $*
		sa add group 8 spi $SPI dir in aead $GCM key file $TMP/key sid-bits 8 replay sid
	END
}

# --- senders and receivers --------------------------------------------------------

# in_background NAME NS COMMAND...: so that $! is the command itself
in_background()
{
	local name=$1 ns=$2

	shift 2
	ip netns exec "$NS_PREFIX$ns" "$@" >"$TMP/$name.out" 2>"$TMP/$name.err" &
	pid_of[$name]=$! ns_of[$name]=$ns
}

# Its output, and its exit status.
in_background_end()
{
	local status=0

	wait "${pid_of[$1]}" || status=$?
	unset "pid_of[$1]"
	cat "$TMP/$1.out" "$TMP/$1.err"
	return "$status"
}

in_background_kill()
{
	kill -TERM "${pid_of[$1]}"
	in_background_end "$1" >/dev/null || :
}

running()
{
	kill -0 "${pid_of[$1]}" 2>/dev/null
}

recv_start()
{
	local name=$1 ns=$2

	shift 2
	in_background "$name" "$ns" mcast recv "$@"
	joining+=("$name")
}

said_ready()
{
	grep -q READY "$TMP/$1.out" || ! running "$1"
}

recv_ready()
{
	local name

	for name in "${joining[@]}"; do
		wait_for said_ready "$name"
		if ! running "$name"; then
			diag <"$TMP/$name.err"
			return 1
		fi
	done
	joining=()
}

recv_end()
{
	in_background_end "$1"
}

recv_stop()
{
	kill -TERM "${pid_of[$1]}"
	in_background_end "$1"
}

send()
{
	local ns=$1

	shift
	ip netns exec "$NS_PREFIX$ns" mcast send "$@"
}

send_start()
{
	local name=$1 ns=$2

	shift 2
	in_background "$name" "$ns" mcast send "$@"
}

send_end()
{
	in_background_end "$1"
}

send_stop()
{
	kill -TERM "${pid_of[$1]}"
	in_background_end "$1"
}

delivers()
{
	local from=$1 to=$2 group=$3 pace=$TMP/pace.$((streams += 1)) ns status=0

	shift 3
	for ns in $to; do
		recv_start "$ns" "$ns" -i eth0 -p "$pace" "$PORT" "$group"
	done
	recv_ready || return
	send "$from" -i eth0 -p "$pace" "$@" "$group" "$PORT" || status=1
	for ns in $to; do
		if [ "$status" -eq 0 ]; then
			recv_end "$ns" || status=1
		else
			recv_stop "$ns" || :
		fi
	done
	return "$status"
}

delivers_both()
{
	local from=$1 to=$2 group=$3 pace=$TMP/pace.$((streams += 1)) ns id=0 status=0

	shift 3
	recv_start "$to" "$to" -i eth0 -c 2 -p "$pace" "$PORT" "$group"
	recv_ready || return
	for ns in $from; do
		send_start "$ns" "$ns" -i eth0 -u $((id += 1)) -p "$pace" -w "$AHEAD" "$@" "$group" "$PORT"
	done
	for ns in $from; do
		send_end "$ns" || status=1
	done
	recv_end "$to" || status=1
	return "$status"
}

delivered()
{
	case $2 in
	*:*) ns_exec "$1" awk '$1 == "Ip6InDelivers" { print $2 }' /proc/net/snmp6 ;;
	*) ns_exec "$1" awk '$1 == "Ip:" { n++; for (i = 2; i <= NF; i++) { if (n == 1) name[i] = $i
		else if (name[i] == "InDelivers") print $i } }' /proc/net/snmp ;;
	esac
}

# --- multicast routers -------------------------------------------------------------

routes_multicast()
{
	local ns route from source group

	ns=$(ns_name "$1")
	shift
	{
		ip -n "$ns" mroute show table all
		ip -n "$ns" -6 mroute show table all
	} >"$TMP/mroutes"
	for route; do
		IFS=, read -r from source group _ <<<"$route"
		grep -q "($source,$group) .*Iif: $from .*resolved" "$TMP/mroutes" || return
	done
}

route_multicast()
{
	local ns=$1 route from source group to

	shift
	for route; do
		IFS=, read -r from source group to <<<"$route"
		# shellcheck disable=SC2086
		printf 'phyint %s enable\n' "$from" ${to//,/ }
		echo "mroute from $from source $source group $group to ${to//,/ }"
	done | sort -ru >"$TMP/$ns.conf"
	in_background "smcroute.$ns" "$ns" smcrouted -n -N -t 0 -f "$TMP/$ns.conf" \
		-P "$TMP/$ns.pid" -u "$TMP/$ns.sock"
	wait_for routes_multicast "$ns" "$@"
}

# --- captures -------------------------------------------------------------------

listening()
{
	grep -q 'listening on' "$TMP/$1.err" || ! running "$1"
}

capture_start()
{
	local name=$1 ns=$2 dev=$3

	shift 3
	if [ $# -gt 0 ]; then
		set -- "($*) or ether proto 0x88b5"	# the mark
	fi
	in_background "$name" "$ns" tcpdump -i "$dev" -B 65536 -s 0 -U -n \
		-Z root -w "$TMP/$name.pcap" "$@"
	if_of[$name]=$dev
	wait_for listening "$name"
	running "$name"
}

# All that came before is in the file, and nothing is missing.
capture_end()
{
	local name=$1

	ns_exec "${ns_of[$name]}" pcap mark "${if_of[$name]}"
	pcap until "$TMP/$name.pcap"
	kill -INT "${pid_of[$name]}"
	in_background_end "$name" >/dev/null
	grep -q '^0 packets dropped by kernel' "$TMP/$name.err"
	pcap list "$TMP/$name.pcap" >"$TMP/$name.list"
}

frames()
{
	grep -Ec -e "$2" "$TMP/$1.list" || :
}

only_esp()
{
	grep -e " dst=$2 " "$TMP/$1.list" | grep -v ' proto=50 ' && return 1
	[ "$(frames "$1" " proto=50 .* dst=$2 ")" -gt 0 ]
}

# --- events ---------------------------------------------------------------------

# The monitor does not say when it listens: make events until one is seen.
monitor_hears()
{
	gc "${ns_of[$1]}" policy add dst 239.255.255.255/32 action bypass prio 1
	gc "${ns_of[$1]}" policy del dst 239.255.255.255/32 prio 1
	grep -q 239.255.255.255 "$TMP/$1.out"
}

monitor_start()
{
	local name=$1 ns=$2

	shift 2
	in_background "$name" "$ns" gemcast monitor "$@"
	wait_for monitor_hears "$name"
}

events()
{
	grep -Ec -e "$2" "$TMP/$1.out" || :
}

some_events()
{
	[ "$(events "$1" "$2")" -gt 0 ]
}
