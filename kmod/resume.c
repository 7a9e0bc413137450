// SPDX-License-Identifier: GPL-2.0
/*
 * Resumption: a packet that our hook at PRE_ROUTING took goes on behind it, as one that
 * another hook had queued. Where our hook is gone, nobody asks what became of it.
 *
 * Runs under RCU with softirqs off and takes no lock.
 */
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include "input.h"
#include "resume.h"

/* The hooks of PRE_ROUTING, and which of them is the next; NULL: ours is gone. */
static const struct nf_hook_entries *gemcast_resume_hooks(const struct net *net,
							  u8 pf,
							  unsigned int *next)
{
	const struct nf_hook_entries *hooks;
	unsigned int i;

	if (pf == NFPROTO_IPV6)
		hooks = rcu_dereference(net->nf.hooks_ipv6[NF_INET_PRE_ROUTING]);
	else
		hooks = rcu_dereference(net->nf.hooks_ipv4[NF_INET_PRE_ROUTING]);
	for (i = 0; hooks && i < hooks->num_hook_entries; i++) {
		if (hooks->hooks[i].hook != gemcast_input)
			continue;
		*next = i + 1;
		return hooks;
	}
	return NULL;
}

/**
 * gemcast_resume_init() - Where does a packet go on?
 * @resume: filled in
 * @net: namespace in which it came in
 * @skb: the packet; its interface is held
 * @okfn: of the hook that took it
 *
 * Return: false if nowhere: its interface is in another namespace now, or our hook, with
 * which goes what we count in @net, is gone.
 */
bool gemcast_resume_init(struct gemcast_resume *resume, struct net *net,
			 const struct sk_buff *skb, gemcast_okfn okfn)
{
	u8 pf = skb->protocol == htons(ETH_P_IPV6) ? NFPROTO_IPV6 : NFPROTO_IPV4;

	if (!net_eq(dev_net(skb->dev), net))
		return false;
	resume->hooks = gemcast_resume_hooks(net, pf, &resume->next);
	nf_hook_state_init(&resume->state, NF_INET_PRE_ROUTING, pf, skb->dev,
			   NULL, NULL, net, okfn);
	return resume->hooks;
}

void gemcast_resume(struct gemcast_resume *resume, struct sk_buff *skb)
{
	struct nf_hook_state *state = &resume->state;

	if (nf_hook_slow(skb, state, resume->hooks, resume->next) == 1)
		state->okfn(state->net, NULL, skb);
}
