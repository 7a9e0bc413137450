// SPDX-License-Identifier: GPL-2.0
/*
 * Reinjection: what came by UDP is received on an interface, or sent out of
 * one. What is received so is marked PACKET_LOOPBACK, by which the inbound hook
 * knows that it has been through here.
 *
 * Runs under RCU with softirqs off and takes no lock.
 */
#include <linux/netdevice.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include "reinject.h"

void gemcast_reinject_receive(struct sk_buff *skb, struct net_device *dev,
			      bool queue)
{
	skb_scrub_packet(skb, false);
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb->dev = dev;
	skb_reset_mac_header(skb);
	skb_reset_mac_len(skb);
	skb->pkt_type = PACKET_LOOPBACK;
	if (queue)
		netif_rx(skb);
	else
		netif_receive_skb(skb);
}

static struct dst_entry *gemcast_reinject_route4(struct net *net,
						 const struct sk_buff *skb,
						 int oif)
{
	const struct iphdr *ip = ip_hdr(skb);
	struct flowi4 fl4;
	struct rtable *rt;

	flowi4_init_output(&fl4, oif, skb->mark, ip->tos & INET_DSCP_MASK,
			   RT_SCOPE_UNIVERSE, ip->protocol, FLOWI_FLAG_ANYSRC,
			   ip->daddr, ip->saddr, 0, 0,
			   sock_net_uid(net, NULL));
	rt = ip_route_output_key(net, &fl4);
	return IS_ERR(rt) ? NULL : &rt->dst;
}

static struct dst_entry *gemcast_reinject_route6(struct net *net,
						 const struct sk_buff *skb,
						 int oif)
{
	const struct ipv6hdr *ip = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_oif = oif,
		.flowi6_mark = skb->mark,
		.flowi6_proto = ip->nexthdr,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
		.saddr = ip->saddr,
		.daddr = ip->daddr,
	};
	struct dst_entry *dst = ip6_route_output(net, NULL, &fl6);

	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

static int gemcast_reinject_send(struct gemcast_net *gn, struct sk_buff *skb,
				 struct net_device *dev)
{
	bool v6 = skb->protocol == htons(ETH_P_IPV6);
	struct dst_entry *dst;

	dst = v6 ? gemcast_reinject_route6(gn->net, skb, dev->ifindex) :
		   gemcast_reinject_route4(gn->net, skb, dev->ifindex);
	if (!dst)
		return GEMCAST_A_STATS_IN_NO_DEV;
	skb_scrub_packet(skb, false);
	skb->ip_summed = CHECKSUM_NONE;
	skb->encapsulation = 0;
	skb_dst_set(skb, dst);
	skb->ignore_df = true;
	memset(skb->cb, 0, sizeof(skb->cb));
	if (v6) {
		IP6CB(skb)->flags |= IP6SKB_FORWARDED;
		ip6_output(gn->net, gn->ctl6, skb);
	} else {
		IPCB(skb)->flags |= IPSKB_FORWARDED;
		ip_output(gn->net, gn->ctl4, skb);
	}
	return 0;
}

/* By policy: the interface it says, else the one it selects by, else @skb's. */
static struct net_device *gemcast_reinject_dev(struct net *net,
					       const struct gemcast_policy *policy,
					       const struct sk_buff *skb)
{
	int ifindex = skb->dev->ifindex;

	if (policy->cfg.reinject_dev[0])
		ifindex = READ_ONCE(policy->reinject_ifindex);
	else if (policy->cfg.sel.dev[0])
		ifindex = READ_ONCE(policy->ifindex);
	return dev_get_by_index_rcu(net, ifindex);
}

/**
 * gemcast_reinject() - Give cleartext to the interface that policy says.
 * @policy: inbound policy of a udp group
 * @skb: the packet, its data at the IP header
 * @queue: what is received waits in a queue until the stack is done with others
 *
 * Context: RCU, softirqs off.
 * Return: 0, and the packet is consumed, or the counter of drops to count.
 */
int gemcast_reinject(const struct gemcast_policy *policy, struct sk_buff *skb,
		     bool queue)
{
	struct gemcast_net *gn = policy->group->gn;
	struct net_device *dev = gemcast_reinject_dev(gn->net, policy, skb);

	if (!dev || !(READ_ONCE(dev->flags) & IFF_UP))
		return GEMCAST_A_STATS_IN_NO_DEV;
	if (policy->cfg.reinject == GEMCAST_REINJECT_TX)
		return gemcast_reinject_send(gn, skb, dev);
	gemcast_reinject_receive(skb, dev, queue);
	return 0;
}
