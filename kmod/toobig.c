// SPDX-License-Identifier: GPL-2.0
/*
 * Telling a sender that a packet was too long: one on this host by its socket's
 * error queue, one behind a gateway by ICMP. IPv4 routers may not answer
 * multicast (RFC 1122 3.2.2). No state, no locks.
 */
#include <linux/errqueue.h>
#include <linux/icmpv6.h>
#include <net/icmp.h>
#include <net/ipv6.h>
#include "esp.h"
#include "toobig.h"

/* What a socket with IP_RECVERR or IPV6_RECVERR reads of such a packet. */
static void gemcast_toobig_queue(struct sock *sk, const struct sk_buff *skb,
				 const struct gemcast_flow *flow, bool v6,
				 unsigned int mtu)
{
	unsigned int len = v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	struct sock_exterr_skb *serr;
	struct sk_buff *err;

	err = alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);
	if (!err)
		return;
	err->protocol = htons(v6 ? ETH_P_IPV6 : ETH_P_IP);
	skb_reset_network_header(err);
	skb_put_data(err, skb_network_header(skb), len);
	serr = SKB_EXT_ERR(err);
	memset(serr, 0, sizeof(*serr));
	serr->ee.ee_errno = EMSGSIZE;
	serr->ee.ee_origin = SO_EE_ORIGIN_LOCAL;
	serr->ee.ee_info = mtu;
	serr->addr_offset = v6 ? offsetof(struct ipv6hdr, daddr) :
				 offsetof(struct iphdr, daddr);
	serr->port = htons(flow->dport);
	__skb_pull(err, len);
	skb_reset_transport_header(err);
	if (sock_queue_err_skb(sk, err))
		kfree_skb(err);
}

/**
 * gemcast_toobig_tell() - Tell a sender how long a packet may be.
 * @out: packet that was too long, its SA known
 * @skb: the same
 * @state: of the hook
 *
 * Context: RCU, softirqs off.
 */
void gemcast_toobig_tell(const struct gemcast_out *out, struct sk_buff *skb,
			 const struct nf_hook_state *state)
{
	unsigned int mtu = gemcast_outer_longest(out);
	struct sock *sk = skb->sk;

	if (out->v6)
		mtu = max_t(unsigned int, mtu, IPV6_MIN_MTU);
	if (state->hook == NF_INET_FORWARD) {
		if (out->v6)
			icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
		else if (!gemcast_flow_multicast(skb))
			icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED,
				  htonl(mtu));
		return;
	}
	if (!sk || !sk_fullsock(sk))
		return;
	if (out->v6 ? gemcast_sock_recverr6(sk) : gemcast_sock_recverr4(sk))
		gemcast_toobig_queue(sk, skb, &out->flow, out->v6, mtu);
}
