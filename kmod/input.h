/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a packet inbound: SA, ESP, inner header, policy, and on. */
#ifndef GEMCAST_INPUT_H
#define GEMCAST_INPUT_H

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "ruleset.h"

/* Is it ESP, or a fragment of it? Our senders put no other headers in front. */
static inline bool gemcast_input_esp6(const struct sk_buff *skb)
{
	const struct frag_hdr *frag;
	struct frag_hdr buf;

	if (likely(ipv6_hdr(skb)->nexthdr != NEXTHDR_FRAGMENT))
		return ipv6_hdr(skb)->nexthdr == IPPROTO_ESP;
	frag = skb_header_pointer(skb, sizeof(struct ipv6hdr), sizeof(buf),
				  &buf);
	return frag && frag->nexthdr == IPPROTO_ESP;
}

/* Does it look at such an IP packet here? Its header is there to be read. */
static inline bool gemcast_input_wants(const struct gemcast_net *gn,
				       const struct sk_buff *skb, int ifindex)
{
	switch (skb->protocol) {
	case htons(ETH_P_IP):
		if (ip_hdr(skb)->protocol == IPPROTO_ESP)
			return true;
		break;
	case htons(ETH_P_IPV6):
		if (gemcast_input_esp6(skb))
			return true;
		break;
	default:
		return false;
	}
	return gemcast_ruleset_wants(rcu_dereference(gn->ruleset), skb,
				     ifindex);
}

/* What the stack notes of a packet that came in, of one that came out of another. */
static inline void gemcast_input_cb(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP)) {
		memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
		IPCB(skb)->iif = skb->skb_iif;
		return;
	}
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	IP6CB(skb)->iif = skb->dev->ifindex;
	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
}

/* PRE_ROUTING, @priv is the namespace: a verdict. Softirqs off, RCU. */
unsigned int gemcast_input(void *priv, struct sk_buff *skb,
			   const struct nf_hook_state *state);
/*
 * ESP that came to a udp group's @port, from skb->data on, its IP header at the
 * network header. Consumes @skb.
 */
void gemcast_input_udp(struct gemcast_net *gn, struct sk_buff *skb, u16 port);

/* Of ESP in a lane: on any CPU, and in order. The latter consumes @skb. */
void gemcast_input_work(struct sk_buff *skb);
void gemcast_input_end(struct sk_buff *skb);

#endif
