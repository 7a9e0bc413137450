/* SPDX-License-Identifier: GPL-2.0 */
/* Flows: what of a packet the selectors of a policy look at. */
#ifndef GEMCAST_FLOW_H
#define GEMCAST_FLOW_H

#include <linux/ip.h>
#include <linux/skbuff.h>
#include <net/ip.h>
#include "addr.h"

/* Instead of an interface: any policy's will do. */
#define GEMCAST_FLOW_ANY_DEV	(-1)

/*
 * What tells apart packets that are as plain as most: IPv4 without options, not
 * fragments, of one protocol whose first four bytes say the rest, and here.
 */
struct gemcast_flow_plain {
	u64 addrs;			/* both, as they stand in the packet */
	u64 rest;			/* those four bytes; from bit 32 on the interface */
};

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

/* If the packet at @skb's network header is such a one. */
static __always_inline bool
gemcast_flow_plain(const struct sk_buff *skb, u8 proto, int ifindex,
		   struct gemcast_flow_plain *plain)
{
	const struct iphdr *ip = ip_hdr(skb);

	if (skb_tail_pointer(skb) - (u8 *)ip < sizeof(*ip) + sizeof(u64) ||
	    *(u8 *)ip != 0x45 || ip->protocol != proto || ip_is_fragment(ip))
		return false;
	plain->addrs = get_unaligned((u64 *)&ip->saddr);
	plain->rest = get_unaligned((u32 *)(ip + 1)) | (u64)ifindex << 32;
	return true;
}

/* Something like it for all flows; others may have the same. */
static inline struct gemcast_flow_plain
gemcast_flow_sum(const struct gemcast_flow *flow)
{
	const u64 *word = flow->key.word;

	return (struct gemcast_flow_plain){
		.addrs = rol64(word[0] ^ rol64(word[2], 31), 7) ^ word[1] ^
			 rol64(word[3], 29),
		.rest = word[4] ^ (u64)flow->key.last << 32,
	};
}

static inline bool gemcast_flow_same(const struct gemcast_flow *a,
				     const struct gemcast_flow *b)
{
	return !memcmp(&a->key, &b->key,
		       offsetofend(struct gemcast_flow_key, last));
}

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
