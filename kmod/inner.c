// SPDX-License-Identifier: GPL-2.0
/*
 * Inner headers: an IP packet that comes out of a tunnel is checked like one
 * from the wire, and trimmed to the length it says (RFC 4303 2.7); what comes
 * out in transport mode gets its own header back. No state, no locks; runs on
 * linear, writable packets.
 */
#include <net/dsfield.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "inner.h"
#include "outer.h"

static bool gemcast_inner_valid4(const struct sk_buff *skb, unsigned int room,
				 unsigned int *len)
{
	const struct iphdr *ip = (void *)skb->data;

	if (room < sizeof(*ip) || ip->version != 4 || ip->ihl < 5 ||
	    room < ip->ihl * 4 || ip_fast_csum(ip, ip->ihl))
		return false;
	*len = ntohs(ip->tot_len);
	return *len >= ip->ihl * 4 && !ipv4_is_multicast(ip->saddr) &&
	       !ipv4_is_lbcast(ip->saddr) && !ipv4_is_loopback(ip->saddr);
}

static bool gemcast_inner_valid6(const struct sk_buff *skb, unsigned int room,
				 unsigned int *len)
{
	const struct ipv6hdr *ip = (void *)skb->data;

	if (room < sizeof(*ip) || ip->version != 6)
		return false;
	*len = sizeof(*ip) + ntohs(ip->payload_len);
	return !ipv6_addr_is_multicast(&ip->saddr) &&
	       !ipv6_addr_loopback(&ip->saddr);
}

/* skb->data is at the IP packet; behind it there may be padding, and there is a trailer. */
static int gemcast_inner_packet(struct gemcast_in *in, struct sk_buff *skb)
{
	bool v6 = in->esp.next == IPPROTO_IPV6, valid;
	unsigned int room = in->esp.payload, len = 0;
	u8 tos;

	valid = v6 ? gemcast_inner_valid6(skb, room, &len) :
		     gemcast_inner_valid4(skb, room, &len);
	if (!valid || len > room)
		return GEMCAST_A_STATS_IN_BAD_INNER;
	__skb_trim(skb, len);
	skb_reset_network_header(skb);
	skb->protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
	if (v6) {
		tos = ipv6_get_dsfield(ipv6_hdr(skb));
		skb_set_transport_header(skb, sizeof(struct ipv6hdr));
	} else {
		tos = ip_hdr(skb)->tos;
		skb_set_transport_header(skb, ip_hdr(skb)->ihl * 4);
	}
	/* Not-ECT inside may be a packet of before ECN; CE outside is loss. */
	if (INET_ECN_decapsulate(skb, in->tos, tos) > 1)
		return GEMCAST_A_STATS_IN_ECN;
	return 0;
}

/* Puts the headers that were before ESP before what was in it. */
static void gemcast_inner_transport(struct gemcast_in *in, struct sk_buff *skb,
				    unsigned int head)
{
	u8 *from = skb_network_header(skb);

	skb_trim(skb, in->esp.payload);
	skb_push(skb, head);
	memmove(skb->data, from, head);
	skb_reset_network_header(skb);
	gemcast_outer_set_next(skb->data, head, in->esp.next);
	if (in->v6) {
		ipv6_hdr(skb)->payload_len = htons(skb->len -
						   sizeof(struct ipv6hdr));
		skb_set_transport_header(skb, sizeof(struct ipv6hdr));
	} else {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
		skb_set_transport_header(skb, head);
	}
}

/* Begins with what was protected. */
static void gemcast_inner_strip(struct gemcast_in *in, struct sk_buff *skb)
{
	__skb_pull(skb, GEMCAST_ESP_HEAD);
	in->tunnel = in->esp.next == IPPROTO_IPIP ||
		     in->esp.next == IPPROTO_IPV6;
}

int gemcast_inner_native(struct gemcast_in *in, struct sk_buff *skb,
			 unsigned int head)
{
	gemcast_inner_strip(in, skb);
	if (!in->tunnel) {
		gemcast_inner_transport(in, skb, head);
		return 0;
	}
	/* In one traversal of the stack there is but one family. */
	if (in->esp.next != (in->v6 ? IPPROTO_IPV6 : IPPROTO_IPIP))
		return GEMCAST_A_STATS_IN_BAD_INNER;
	return gemcast_inner_packet(in, skb);
}

int gemcast_inner_tunnel(struct gemcast_in *in, struct sk_buff *skb)
{
	gemcast_inner_strip(in, skb);
	if (!in->tunnel)
		return GEMCAST_A_STATS_IN_POLICY;
	return gemcast_inner_packet(in, skb);
}

void gemcast_inner_dscp(struct sk_buff *skb, u8 tos)
{
	if (ip_hdr(skb)->version == 6)
		ipv6_change_dsfield(ipv6_hdr(skb), INET_ECN_MASK,
				    tos & ~INET_ECN_MASK);
	else
		ipv4_change_dsfield(ip_hdr(skb), INET_ECN_MASK,
				    tos & ~INET_ECN_MASK);
}
