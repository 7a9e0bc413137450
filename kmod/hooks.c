// SPDX-License-Identifier: GPL-2.0
/*
 * Netfilter hooks. Outbound packets are taken late at LOCAL_OUT and FORWARD, so
 * that firewalls see cleartext; inbound ones at PRE_ROUTING, before connection
 * tracking, on a bridge too.
 *
 * gn->lock guards whether they are registered.
 */
#include <linux/netfilter_bridge.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/inet_common.h>
#include "hooks.h"
#include "input.h"
#include "member.h"
#include "output.h"

#define GEMCAST_PRI_OUT		300
#define GEMCAST_PRI_IN		-390

/* Where packets come in, softirqs are off already. */
static unsigned int gemcast_hook_out(void *priv, struct sk_buff *skb,
				     const struct nf_hook_state *state)
{
	unsigned int verdict;

	local_bh_disable();
	verdict = gemcast_output(priv, skb, state);
	local_bh_enable();
	return verdict;
}

#if IS_ENABLED(CONFIG_NETFILTER_FAMILY_BRIDGE) && \
	IS_ENABLED(CONFIG_BRIDGE_NETFILTER)
#define GEMCAST_HOOK_BRIDGE
/*
 * What br_netfilter has shown to PRE_ROUTING as a bridge's it hides there when
 * it goes up to this host. We left it alone for the bridge, and must see it now.
 */
static unsigned int gemcast_hook_bridge(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	if (nf_bridge_info_exists(skb) &&
	    gemcast_input_wants(priv, skb, skb->dev->ifindex))
		skb_ext_del(skb, SKB_EXT_BRIDGE_NF);
	return NF_ACCEPT;
}
#endif

#define GEMCAST_HOOK(_fn, _pf, _num, _prio) \
	{ .hook = (_fn), .pf = (_pf), .hooknum = (_num), .priority = (_prio) }

static const struct nf_hook_ops gemcast_hook_ops[] = {
	GEMCAST_HOOK(gemcast_hook_out, NFPROTO_IPV4, NF_INET_LOCAL_OUT,
		     GEMCAST_PRI_OUT),
	GEMCAST_HOOK(gemcast_output, NFPROTO_IPV4, NF_INET_FORWARD,
		     GEMCAST_PRI_OUT),
	GEMCAST_HOOK(gemcast_input, NFPROTO_IPV4, NF_INET_PRE_ROUTING,
		     GEMCAST_PRI_IN),
	GEMCAST_HOOK(gemcast_hook_out, NFPROTO_IPV6, NF_INET_LOCAL_OUT,
		     GEMCAST_PRI_OUT),
	GEMCAST_HOOK(gemcast_output, NFPROTO_IPV6, NF_INET_FORWARD,
		     GEMCAST_PRI_OUT),
	GEMCAST_HOOK(gemcast_input, NFPROTO_IPV6, NF_INET_PRE_ROUTING,
		     GEMCAST_PRI_IN),
#ifdef GEMCAST_HOOK_BRIDGE
	GEMCAST_HOOK(gemcast_hook_bridge, NFPROTO_BRIDGE, NF_BR_LOCAL_IN,
		     NF_BR_PRI_LAST),
#endif
};

/* Of one namespace: the same, with it as their priv. */
struct gemcast_hooks {
	struct nf_hook_ops ops[ARRAY_SIZE(gemcast_hook_ops)];
	struct rcu_head rcu;
};

/* The sockets that our packets go out by stay as long as the namespace. */
static int gemcast_hooks_sockets(struct gemcast_net *gn)
{
	int err;

	if (!gn->ctl4) {
		err = inet_ctl_sock_create(&gn->ctl4, PF_INET, SOCK_RAW,
					   IPPROTO_ESP, gn->net);
		if (err)
			return err;
		gemcast_sock_no_loop4(gn->ctl4);
	}
	if (!gn->ctl6) {
		err = inet_ctl_sock_create(&gn->ctl6, PF_INET6, SOCK_RAW,
					   IPPROTO_ESP, gn->net);
		if (err)
			return err;
		gemcast_sock_no_loop6(gn->ctl6);
	}
	return 0;
}

static int gemcast_hooks_register(struct gemcast_net *gn)
{
	struct gemcast_hooks *hooks = kzalloc(sizeof(*hooks), GFP_KERNEL_ACCOUNT);
	unsigned int i;
	int err;

	if (!hooks)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(gemcast_hook_ops); i++) {
		hooks->ops[i] = gemcast_hook_ops[i];
		hooks->ops[i].priv = gn;
	}
	err = nf_register_net_hooks(gn->net, hooks->ops,
				    ARRAY_SIZE(hooks->ops));
	if (err)
		kfree(hooks);
	else
		gn->hooks = hooks;
	return err;
}

/**
 * gemcast_hooks_enable() - Begin to look at the packets of a namespace.
 * @gn: namespace, locked
 *
 * Return: 0 or a negative errno.
 */
int gemcast_hooks_enable(struct gemcast_net *gn)
{
	int err;

	lockdep_assert_held(&gn->lock);
	err = gemcast_hooks_sockets(gn);
	return err ?: gemcast_hooks_register(gn);
}

/**
 * gemcast_hooks_disable() - Look at them no more.
 * @gn: namespace, locked
 */
void gemcast_hooks_disable(struct gemcast_net *gn)
{
	lockdep_assert_held(&gn->lock);
	if (!gn->hooks)
		return;
	gemcast_member_forget(gn);
	nf_unregister_net_hooks(gn->net, gn->hooks->ops,
				ARRAY_SIZE(gn->hooks->ops));
	/* Who lists hooks may still look at them. */
	kfree_rcu(gn->hooks, rcu);
	gn->hooks = NULL;
}
