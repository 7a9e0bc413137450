# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Traffic that is not ours, over the gateways: without the module; with it, and no policy;
# with policies for others; and, beside those, what Netfilter takes for hooks at the same two
# places that do nothing (hook_cost), or nftables for empty chains there. To be sourced by
# bench.sh, behind gateway.sh.

BESIDE_POLICIES=100
BESIDE_CASES=${BESIDE_CASES:-without loaded hooks policies chains}
BESIDE_LOADS=${BESIDE_LOADS:-multicast unicast}

core_beside()
{
	core=core
}

# state_* GATEWAY...
state_without()
{
	:
}

state_loaded()
{
	load_module
}

state_hooks()
{
	insmod "$HOOK_COST_KO"
}

state_policies()
{
	local ns

	load_module
	for ns; do
		{
			echo group add 7
			seq $BESIDE_POLICIES | sed "s/.*/policy add group 7 dst 239.9.9.&/"
		} | gc_batch "$ns"
	done
}

state_chains()
{
	local ns

	for ns; do
		ns_exec "$ns" nft -f - <<-END
			table ip empty {
				chain in { type filter hook prerouting priority -390; policy accept; }
				chain on { type filter hook forward priority 300; policy accept; }
			}
		END
	done
}

# No state is left.
state_end()
{
	local ns

	for ns; do
		ns_exec "$ns" nft flush ruleset
		! module_loaded || gc "$ns" group flush
	done
	! module_loaded || unload_module
	[ ! -d /sys/module/hook_cost ] || rmmod hook_cost
}

beside_up()
{
	modprobe pktgen
	gateways_up beside
	pktgen_up beside
	ip -n "$(ns_name Abeside)" route add 10.3.0.0/24 via 10.2.0.2
	# nobody has the address: the receiver does not answer
	neighbour Bbeside lan 10.3.0.99 Rbeside eth0
	pktgen_set Sbeside eth0 "pkt_size $((64 + 42))"
	pktgen_set Sbeside eth0 "count $PACKETS"
}

beside_loads()
{
	local state=$1 round=$2 mac

	mac=$(ns_exec Abeside cat /sys/class/net/lan/address)
	for load in $BESIDE_LOADS; do
		if [ $load = unicast ]; then
			pktgen_set Sbeside eth0 'dst 10.3.0.99'
			pktgen_set Sbeside eth0 "dst_mac $mac"
		else
			pktgen_set Sbeside eth0 "dst $GROUP"
			pktgen_set Sbeside eth0 'dst_mac 01:00:5e:01:01:01'
		fi
		measure beside "$state" $load 64 "$round" "$PACKETS" \
			load_counted Rbeside "$RX_PACKETS" Sbeside -p
	done
}

beside_all()
{
	local state round

	beside_up
	for ((round = 0; round <= ROUNDS; round++)); do
		for state in $BESIDE_CASES; do
			"state_$state" Abeside Bbeside
			beside_loads "$state" $round
			state_end Abeside Bbeside
		done
	done
}
