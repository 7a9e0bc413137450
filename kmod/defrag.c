// SPDX-License-Identifier: GPL-2.0
/*
 * Fragments. Ports are in the first one only, and ESP is opened whole: what policies may
 * speak of is put together by the stack, as connection tracking has it done, before it is
 * looked at. All other fragments are left alone, as they would be without us.
 *
 * Takes no lock but those of the stack's queues.
 */
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include "defrag.h"

static unsigned int gemcast_defrag4(struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	const struct sock *sk = skb->sk;

	if (!ip_is_fragment(ip_hdr(skb)))
		return NF_ACCEPT;
	/* Who writes headers itself may want its fragments to go as they are. */
	if (sk && sk_fullsock(sk) && sk->sk_family == AF_INET &&
	    gemcast_sock_nodefrag4(sk))
		return NF_ACCEPT;
	if (ip_defrag(state->net, skb,
		      state->hook == NF_INET_LOCAL_OUT ?
			      IP_DEFRAG_CONNTRACK_OUT : IP_DEFRAG_CONNTRACK_IN))
		return NF_STOLEN;
	skb->ignore_df = true;
	return NF_ACCEPT;
}

static unsigned int gemcast_defrag6(struct sk_buff *skb,
				    const struct nf_hook_state *state)
{
	int err = nf_ct_frag6_gather(state->net, skb,
				     state->hook == NF_INET_LOCAL_OUT ?
					     IP6_DEFRAG_CONNTRACK_OUT :
					     IP6_DEFRAG_CONNTRACK_IN);

	if (err == -EINPROGRESS)
		return NF_STOLEN;
	return err ? NF_DROP : NF_ACCEPT;
}

unsigned int gemcast_defrag(struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	return state->pf == NFPROTO_IPV6 ? gemcast_defrag6(skb, state) :
					   gemcast_defrag4(skb, state);
}
