// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks that do nothing, in all namespaces, where gemcast has its own for what is
 * forwarded: what they cost is Netfilter's.
 */
#include <linux/module.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

static unsigned int hook_cost(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	return NF_ACCEPT;
}

static const struct nf_hook_ops hook_cost_ops[] = {
	{ .hook = hook_cost, .pf = NFPROTO_IPV4, .hooknum = NF_INET_PRE_ROUTING, .priority = -390 },
	{ .hook = hook_cost, .pf = NFPROTO_IPV4, .hooknum = NF_INET_FORWARD, .priority = 300 },
};

static int __net_init hook_cost_start(struct net *net)
{
	return nf_register_net_hooks(net, hook_cost_ops, ARRAY_SIZE(hook_cost_ops));
}

static void __net_exit hook_cost_stop(struct net *net)
{
	nf_unregister_net_hooks(net, hook_cost_ops, ARRAY_SIZE(hook_cost_ops));
}

static struct pernet_operations hook_cost_net_ops = {
	.init = hook_cost_start,
	.exit = hook_cost_stop,
};

static int __init hook_cost_init(void)
{
	return register_pernet_subsys(&hook_cost_net_ops);
}
module_init(hook_cost_init);

static void __exit hook_cost_exit(void)
{
	unregister_pernet_subsys(&hook_cost_net_ops);
}
module_exit(hook_cost_exit);

MODULE_DESCRIPTION("What Netfilter's hooks cost");
MODULE_LICENSE("GPL");
