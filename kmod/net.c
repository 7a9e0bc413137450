// SPDX-License-Identifier: GPL-2.0
/*
 * Network namespaces: makes and unmakes what gemcast keeps for each, and hears
 * of their interfaces. gemcast_net.lock is the lock of all configuration.
 */
#include <net/inet_common.h>
#include <net/netns/generic.h>
#include "group.h"
#include "hooks.h"
#include "member.h"
#include "net.h"
#include "outbound.h"
#include "peer.h"
#include "policy.h"
#include "ruleset.h"
#include "sa.h"
#include "transaction.h"

static unsigned int gemcast_net_id;

struct gemcast_net *gemcast_net(struct net *net)
{
	return net_generic(net, gemcast_net_id);
}

int gemcast_net_find_dev(const struct gemcast_net *gn, const char *name,
			 struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int ifindex = -ENODEV;

	if (!*name)
		return 0;
	rcu_read_lock();
	dev = dev_get_by_name_rcu(gn->net, name);
	if (dev)
		ifindex = dev->ifindex;
	rcu_read_unlock();
	if (ifindex < 0)
		NL_SET_ERR_MSG(extack, "no such interface");
	return ifindex;
}

/**
 * gemcast_net_follow_dev() - Keep the name and index of an interface together.
 * @name: what it is called, or was
 * @ifindex: its index, or 0 while it is gone; read without a lock by others
 * @dev: an interface that came, went, or has a new name
 * @gone: it went
 *
 * Whoever is bound to an interface stays with it under a new name, and takes up
 * one that comes under the name of one that went.
 */
void gemcast_net_follow_dev(char *name, int *ifindex,
			    const struct net_device *dev, bool gone)
{
	if (*ifindex == dev->ifindex) {
		if (gone)
			WRITE_ONCE(*ifindex, 0);
		else
			strscpy_pad(name, dev->name, IFNAMSIZ);
	} else if (!*ifindex && *name && !gone && !strcmp(name, dev->name)) {
		WRITE_ONCE(*ifindex, dev->ifindex);
	}
}

static int gemcast_net_dev_event(struct notifier_block *nb, unsigned long event,
				 void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct gemcast_net *gn = gemcast_net(dev_net(dev));
	bool gone = event == NETDEV_UNREGISTER;

	if (!gone && event != NETDEV_REGISTER && event != NETDEV_CHANGENAME)
		return NOTIFY_DONE;
	/* Interfaces come before us, and go after us. */
	if (!gn)
		return NOTIFY_DONE;
	mutex_lock(&gn->lock);
	gemcast_policy_dev_event(gemcast_ruleset_active(gn), dev, gone);
	if (gn->staged)
		gemcast_policy_dev_event(gn->staged, dev, gone);
	gemcast_peer_dev_event(gn, dev, gone);
	mutex_unlock(&gn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block gemcast_net_notifier = {
	.notifier_call = gemcast_net_dev_event,
};

static int __net_init gemcast_net_start(struct net *net)
{
	struct gemcast_net *gn = gemcast_net(net);
	struct gemcast_ruleset *rs;
	int err;

	gn->net = net;
	mutex_init(&gn->lock);
	xa_init(&gn->groups);
	INIT_LIST_HEAD(&gn->sas);
	INIT_LIST_HEAD(&gn->udp_ports);
	err = gemcast_stats_init(gn);
	if (err)
		return err;
	err = rhashtable_init(&gn->sad, &gemcast_sad_params);
	if (err)
		goto stats;
	err = rhltable_init(&gn->outbound, &gemcast_outbound_params);
	if (err)
		goto sad;
	rs = gemcast_ruleset_new(gn);
	if (!rs) {
		err = -ENOMEM;
		goto outbound;
	}
	RCU_INIT_POINTER(gn->ruleset, rs);
	gn->members = gemcast_members_alloc(gn);
	if (gn->members)
		return 0;
	err = -ENOMEM;
	gemcast_ruleset_free(rs);
outbound:
	rhltable_destroy(&gn->outbound);
sad:
	rhashtable_destroy(&gn->sad);
stats:
	gemcast_stats_exit(gn);
	return err;
}

/* First nothing new is found, then what was found is let go. */
static void __net_exit gemcast_net_stop(struct net *net)
{
	struct gemcast_net *gn = gemcast_net(net);
	struct gemcast_policy_filter all = {};
	struct gemcast_ruleset *rs;

	mutex_lock(&gn->lock);
	gemcast_transaction_drop(gn);
	rs = gemcast_ruleset_active(gn);
	gemcast_policy_flush(rs, &all);
	gemcast_group_flush(gn, 0, NULL);
	mutex_unlock(&gn->lock);
	gemcast_sa_drain();
	gemcast_members_free(gn->members);
	gemcast_ruleset_free(rs);
	if (gn->ctl4)
		inet_ctl_sock_destroy(gn->ctl4);
	if (gn->ctl6)
		inet_ctl_sock_destroy(gn->ctl6);
	rhltable_destroy(&gn->outbound);
	rhashtable_destroy(&gn->sad);
	xa_destroy(&gn->groups);
	gemcast_stats_exit(gn);
}

static struct pernet_operations gemcast_net_ops = {
	.init = gemcast_net_start,
	.exit = gemcast_net_stop,
	.id = &gemcast_net_id,
	.size = sizeof(struct gemcast_net),
};

int gemcast_net_init(void)
{
	int err = register_pernet_subsys(&gemcast_net_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&gemcast_net_notifier);
	if (err)
		unregister_pernet_subsys(&gemcast_net_ops);
	return err;
}

void gemcast_net_exit(void)
{
	unregister_netdevice_notifier(&gemcast_net_notifier);
	unregister_pernet_subsys(&gemcast_net_ops);
}
