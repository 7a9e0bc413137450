/* SPDX-License-Identifier: GPL-2.0 */
/* Flows: what of a packet the selectors of a policy look at. */
#ifndef GEMCAST_FLOW_H
#define GEMCAST_FLOW_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include "addr.h"

/* Instead of an interface: any policy's will do. */
#define GEMCAST_FLOW_ANY_DEV	(-1)

/* All that selectors look at, for comparison. */
struct gemcast_flow_key {
	u64 word[5];
	u32 last;
};

struct gemcast_flow {
	union {
		struct {
			struct in6_addr src;
			struct in6_addr dst;
			int ifindex;
			u16 sport, dport;	/* host order; 0 unless @ports */
			u16 icmp_type;		/* 256: not ICMPv6 */
			u8 proto;		/* of the upper layer */
			bool ports;		/* the ports are known */
		};
		struct gemcast_flow_key key;
	};
	bool fragment;			/* of a larger datagram */
	/* From the network header: */
	u16 frag_part;			/* length of headers before ESP (RFC 4303 3.1.1) */
	u16 upper;			/* offset of the upper layer */
};

static_assert(offsetof(struct gemcast_flow, ports) ==
	      offsetof(struct gemcast_flow_key, last) + 3);

/*
 * Reads the packet at @skb's network header. False if it is malformed or no IP.
 * @flow->ifindex is left to the caller.
 */
bool gemcast_flow_read(const struct sk_buff *skb, struct gemcast_flow *flow);
/* Is that packet, IP for sure, to a multicast group? */
static inline bool gemcast_flow_multicast(const struct sk_buff *skb)
{
	if (ip_hdr(skb)->version == 6)
		return ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
	return ipv4_is_multicast(ip_hdr(skb)->daddr);
}

/* Neighbour discovery, which always passes. */
bool gemcast_flow_neighbour(const struct gemcast_flow *flow);
/* IGMP, MLD and IKE, which pass unless a policy names them. */
bool gemcast_flow_control(const struct gemcast_flow *flow);

#endif
