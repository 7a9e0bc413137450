// SPDX-License-Identifier: GPL-2.0
/*
 * Peers: the far ends that a udp group sends to.
 *
 * gn->lock guards all changes; the packet path reads under RCU.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include "peer.h"

static void gemcast_peer_free(struct rcu_head *rcu)
{
	struct gemcast_peer *peer = container_of(rcu, struct gemcast_peer, rcu);

	dst_cache_destroy(&peer->cache);
	free_percpu(peer->out);
	kfree(peer);
}

/* Lock held. */
static struct gemcast_peer *
gemcast_peer_find(struct gemcast_group *group,
		  const struct gemcast_peer_config *cfg)
{
	struct gemcast_peer *peer;

	list_for_each_entry(peer, &group->peers, node)
		if (peer->cfg.port == cfg->port &&
		    ipv6_addr_equal(&peer->cfg.addr, &cfg->addr))
			return peer;
	return NULL;
}

static int gemcast_peer_present(const struct gemcast_peer *peer,
				const struct gemcast_peer_config *cfg,
				u16 flags, struct netlink_ext_ack *extack)
{
	if (!(flags & NLM_F_REPLACE)) {
		NL_SET_ERR_MSG(extack, "the peer exists");
		return -EEXIST;
	}
	if (strcmp(peer->cfg.dev, cfg->dev)) {
		NL_SET_ERR_MSG(extack,
			       "a peer's interface cannot be changed: delete it first");
		return -EBUSY;
	}
	return 0;
}

static int gemcast_peer_add(struct gemcast_group *group,
			    const struct gemcast_peer_config *cfg,
			    struct netlink_ext_ack *extack)
{
	struct gemcast_peer *peer;
	int err;

	peer = kzalloc(sizeof(*peer), GFP_KERNEL_ACCOUNT);
	if (!peer)
		return -ENOMEM;
	peer->cfg = *cfg;
	err = gemcast_net_find_dev(group->gn, cfg->dev, extack);
	if (err < 0)
		goto free;
	peer->ifindex = err;
	err = dst_cache_init(&peer->cache, GFP_KERNEL_ACCOUNT);
	if (err)
		goto free;
	peer->out = gemcast_counters_alloc();
	if (!peer->out) {
		err = -ENOMEM;
		goto destroy;
	}
	if (!list_empty(&group->peers))
		peer->number = list_last_entry(&group->peers,
					       struct gemcast_peer,
					       node)->number;
	peer->number++;
	list_add_tail_rcu(&peer->node, &group->peers);
	group->npeers++;
	return 0;
destroy:
	dst_cache_destroy(&peer->cache);
free:
	kfree(peer);
	return err;
}

/**
 * gemcast_peer_new() - Add a peer to a udp group.
 * @gn: namespace, locked
 * @cfg: group, address, port, interface
 * @flags: NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or a negative errno, and then nothing has changed.
 */
int gemcast_peer_new(struct gemcast_net *gn,
		     const struct gemcast_peer_config *cfg, u16 flags,
		     struct netlink_ext_ack *extack)
{
	struct gemcast_group *group = gemcast_group_find(gn, cfg->group);
	struct gemcast_peer *peer;

	if (!group) {
		NL_SET_ERR_MSG(extack, "no such group");
		return -ENOENT;
	}
	if (group->cfg.encap != GEMCAST_ENCAP_UDP) {
		NL_SET_ERR_MSG(extack, "only a udp group has peers");
		return -EINVAL;
	}
	peer = gemcast_peer_find(group, cfg);
	if (peer)
		return gemcast_peer_present(peer, cfg, flags, extack);
	if (!(flags & NLM_F_CREATE)) {
		NL_SET_ERR_MSG(extack, "no such peer");
		return -ENOENT;
	}
	return gemcast_peer_add(group, cfg, extack);
}

static void gemcast_peer_remove(struct gemcast_group *group,
				struct gemcast_peer *peer)
{
	list_del_rcu(&peer->node);
	group->npeers--;
	call_rcu(&peer->rcu, gemcast_peer_free);
}

/**
 * gemcast_peer_del() - Delete a peer.
 * @gn: namespace, locked
 * @cfg: group, address and port
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or -ENOENT.
 */
int gemcast_peer_del(struct gemcast_net *gn,
		     const struct gemcast_peer_config *cfg,
		     struct netlink_ext_ack *extack)
{
	struct gemcast_group *group = gemcast_group_find(gn, cfg->group);
	struct gemcast_peer *peer = group ? gemcast_peer_find(group, cfg) : NULL;

	if (!peer) {
		NL_SET_ERR_MSG(extack, "no such peer");
		return -ENOENT;
	}
	gemcast_peer_remove(group, peer);
	return 0;
}

/**
 * gemcast_peer_flush() - Delete all peers of a group.
 * @group: the group, its namespace locked
 */
void gemcast_peer_flush(struct gemcast_group *group)
{
	struct gemcast_peer *peer, *next;

	lockdep_assert_held(&group->gn->lock);
	list_for_each_entry_safe(peer, next, &group->peers, node)
		gemcast_peer_remove(group, peer);
}

/**
 * gemcast_peer_dev_event() - Keep peers on their interfaces.
 * @gn: namespace, locked
 * @dev: an interface that came, went, or has a new name
 * @gone: it went
 */
void gemcast_peer_dev_event(struct gemcast_net *gn, struct net_device *dev,
			    bool gone)
{
	struct gemcast_group *group;
	struct gemcast_peer *peer;
	unsigned long id;

	lockdep_assert_held(&gn->lock);
	xa_for_each(&gn->groups, id, group)
		list_for_each_entry(peer, &group->peers, node)
			gemcast_net_follow_dev(peer->cfg.dev, &peer->ifindex,
					       dev, gone);
}
