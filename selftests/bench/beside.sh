# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Traffic that is not ours, over the gateways: without the module; with it, and no policy;
# and with policies for others. To be sourced by bench.sh, behind gateway.sh.

BESIDE_POLICIES=100
BESIDE_CASES=${BESIDE_CASES:-without loaded policies}
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
			if module_loaded; then
				gc Abeside group flush
				gc Bbeside group flush
				unload_module
			fi
		done
	done
}
