# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What a packet of 64 bytes costs, from host to host, beside many policies and SAs, from
# many senders, and to many peers; and what memory these take. To be sourced by bench.sh.

GROWTH_OBJECTS=${GROWTH_OBJECTS-1 1000 100000}
GROWTH_SENDERS=${GROWTH_SENDERS-1 16 4096}
GROWTH_PEERS=${GROWTH_PEERS-1 8 64}
GROWTH_MEMORY=${GROWTH_MEMORY:-10000}

# The kernel's memory in use, bytes.
memory_used()
{
	echo 3 >/proc/sys/vm/drop_caches
	awk '$1 == "Slab:" || $1 == "Percpu:" || $1 == "KernelStack:" || $1 == "PageTables:" {
		sum += $2 } $1 == "VmallocUsed:" { sum += $2 } END { print sum * 1024 }' /proc/meminfo
}

# remember OBJECT COUNT COMMAND...: what so many take that the command makes
remember()
{
	local before

	before=$(memory_used)
	"${@:3}"
	echo "memory $1 $2 $(($(memory_used) - before))"
}

# address_of N: the N-th group; of numbers from standard input, in their place
addresses()
{
	awk '{ printf "239.%d.%d.%d %d\n", 64 + $1 / 65536, $1 / 256 % 256, $1 % 256, 4095 + $1 }'
}

add_policies()
{
	seq "$2" | addresses | sed 's/\(.*\) .*/policy add group 7 dst \1 dev eth0/' | gc_batch "$1"
}

# add_sas NS COUNT WORD...: each with a line of the file of keys
add_sas()
{
	local ns=$1 count=$2

	shift 2
	seq "$count" | addresses |
		sed "s,\(.*\) \(.*\),sa add group 7 spi \2 dst \1 aead '$GCM' key fd 5 $*," |
		gc_batch "$ns" 5<"$TMP/keys.$count"
}

new_keys()
{
	(umask 077 && od -An -v -tx1 -w20 -N $((20 * $1)) /dev/urandom |
		tr -d ' ' >"$TMP/keys.$1")
}

pair_up()
{
	ns_add "H$1" "K$1"
	veth_pair "H$1" eth0 10.4.0.1/8 "K$1" eth0 10.4.0.2/8
}

objects_up()
{
	local n=$1 ns

	pair_up "objects$n"
	for ns in "Hobjects$n" "Kobjects$n"; do
		gc "$ns" group add 7
	done
	new_keys "$n"
	remember policy "$n" add_policies "Hobjects$n" "$n"
	remember sa "$n" add_sas "Hobjects$n" "$n" dir out sid 1 bits 8
	add_policies "Kobjects$n" "$n"
	add_sas "Kobjects$n" "$n" dir in
}

objects_run()
{
	local n=$1 round=$2 address

	# the oldest: the newest needs no lookup
	read -r address _ < <(echo 1 | addresses)
	measure growth "objects:$n" udp 64 "$round" "$PACKETS" \
		ns_exec "Kobjects$n" load -f "/run/netns/$(ns_name "Hobjects$n")" -n "$PACKETS" \
		-i eth0 -g "$address" -l 64
}

senders_up()
{
	new_key "$TMP/key.growth"
	pair_up "senders$1"
	gc_batch "Hsenders$1" <<-END
		group add 7
		policy add group 7 dst $GROUP dev eth0
		sa add group 7 spi 4096 dst $GROUP dir out aead $GCM key file $TMP/key.growth sid 1 bits 8
	END
	gc_batch "Ksenders$1" <<-END
		group add 7
		policy add group 7 dst $GROUP dev eth0
		sa add group 7 spi 4096 dst $GROUP dir in aead $GCM key file $TMP/key.growth replay source senders 65536
	END
	ip -n "$(ns_name "Hsenders$1")" route add local 10.64.0.0/12 dev lo
}

# senders_send CASE SENDERS PACKETS
senders_send()
{
	ns_exec "Ksenders$1" load -f "/run/netns/$(ns_name "Hsenders$1")" -n "$3" \
		-i eth0 -g $GROUP -l 64 -a "$2"
}

senders_run()
{
	local packets=$PACKETS

	[ "$packets" -ge "$1" ] || packets=$1
	measure growth "senders:$1" udp 64 "$2" "$packets" senders_send "$1" "$1" "$packets"
}

add_peers()
{
	seq "$2" | awk '{ printf "peer add group 8 to 10.6.%d.%d\n", $1 / 250, 1 + $1 % 250 }' |
		gc_batch "$1"
}

# peers_up NAME [COUNT]
peers_up()
{
	local ns=Hpeers$1

	new_key "$TMP/key.growth"
	ns_add "$ns"
	ip -n "$(ns_name "$ns")" link add eth0 type dummy
	if_up "$ns" eth0 10.6.255.254/16
	gc_batch "$ns" <<-END
		group add 8 encap udp
		policy add group 8 dst $GROUP dir send
		sa add group 8 spi 4096 dir out aead $GCM key file $TMP/key.growth sid 1 bits 8
	END
	[ -z "${2-}" ] || add_peers "$ns" "$2"
}

peers_run()
{
	local packets=$((PACKETS / 4))

	measure growth "peers:$1" udp 64 "$2" "$packets" ns_exec "Hpeers$1" \
		bash -c 'exec 3</sys/class/net/eth0/statistics/tx_packets; exec load -c 3 "$@"' - \
		-n "$packets" -i eth0 -g $GROUP -l 64 -x "$1"
}

# What has no measure of its own above.
remember_more()
{
	ns_add Hgroups
	remember group "$GROWTH_MEMORY" gc_batch Hgroups < <(seq "$GROWTH_MEMORY" | sed 's/^/group add /')
	peers_up memory
	remember peer "$GROWTH_MEMORY" add_peers Hpeersmemory "$GROWTH_MEMORY"
	senders_up memory
	remember sender "$GROWTH_MEMORY" measure growth senders:memory udp 64 0 "$GROWTH_MEMORY" \
		senders_send memory "$GROWTH_MEMORY" "$GROWTH_MEMORY"
}

growth_all()
{
	local kind n round

	for n in $GROWTH_OBJECTS; do
		objects_up "$n"
	done
	for n in $GROWTH_SENDERS; do
		senders_up "$n"
	done
	for n in $GROWTH_PEERS; do
		peers_up "$n" "$n"
	done
	for ((round = 0; round <= ROUNDS; round++)); do
		for n in $GROWTH_OBJECTS; do
			objects_run "$n" $round
		done
		for n in $GROWTH_SENDERS; do
			senders_run "$n" $round
		done
		for n in $GROWTH_PEERS; do
			peers_run "$n" $round
		done
	done
	[ "$GROWTH_MEMORY" -eq 0 ] || remember_more
}
