/* SPDX-License-Identifier: GPL-2.0 */
/* Resumption: inbound packets go on behind our hook, later than they came to it. */
#ifndef GEMCAST_RESUME_H
#define GEMCAST_RESUME_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>

/* Who a packet goes on to when all hooks have seen it, from nf_hook_state. */
typedef int (*gemcast_okfn)(struct net *net, struct sock *sk,
			    struct sk_buff *skb);

/* Where it goes on. */
struct gemcast_resume {
	const struct nf_hook_entries *hooks;
	unsigned int next;
	struct nf_hook_state state;
};

/* What a VRF device is asked about goes on where it was asked, and not from the hook. */
static inline bool gemcast_resume_may(const struct nf_hook_state *state)
{
	return !netif_is_l3_master(state->in);
}

/* Under RCU, softirqs off: false if it cannot, see resume.c. */
bool gemcast_resume_init(struct gemcast_resume *resume, struct net *net,
			 const struct sk_buff *skb, gemcast_okfn okfn);
/* Consumes @skb, cleartext with its data at the network header, gemcast_input_cb() done. */
void gemcast_resume(struct gemcast_resume *resume, struct sk_buff *skb);

#endif
