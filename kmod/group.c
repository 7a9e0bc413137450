// SPDX-License-Identifier: GPL-2.0
/*
 * Groups: the table of them, and which SA of a group is sent by.
 *
 * gn->lock guards all changes; the packet path comes to a group by a policy or
 * an SA, under RCU, and a group is freed only when it has neither.
 */
#include <linux/slab.h>
#include "group.h"
#include "outbound.h"
#include "parallel.h"
#include "peer.h"
#include "policy.h"
#include "sa.h"
#include "udp.h"

struct gemcast_group *gemcast_group_find(struct gemcast_net *gn, u32 id)
{
	lockdep_assert_held(&gn->lock);
	return xa_load(&gn->groups, id);
}

static int gemcast_group_present(struct gemcast_group *group,
				 const struct gemcast_group_config *cfg,
				 u16 flags, struct netlink_ext_ack *extack)
{
	if (!(flags & NLM_F_REPLACE)) {
		NL_SET_ERR_MSG(extack, "the group exists");
		return -EEXIST;
	}
	if (group->cfg.encap != cfg->encap || group->cfg.port != cfg->port) {
		NL_SET_ERR_MSG(extack,
			       "a group's encapsulation cannot be changed: delete it first");
		return -EBUSY;
	}
	return cfg->has_parallel ? gemcast_parallel_set(group, cfg->parallel) : 0;
}

/**
 * gemcast_group_new() - Make a group, or change what may be changed.
 * @gn: namespace, locked
 * @cfg: what it is to be
 * @flags: NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or a negative errno, and then nothing has changed.
 */
int gemcast_group_new(struct gemcast_net *gn,
		      const struct gemcast_group_config *cfg, u16 flags,
		      struct netlink_ext_ack *extack)
{
	struct gemcast_group *group = gemcast_group_find(gn, cfg->id);
	int err;

	if (group)
		return gemcast_group_present(group, cfg, flags, extack);
	if (!(flags & NLM_F_CREATE)) {
		NL_SET_ERR_MSG(extack, "no such group");
		return -ENOENT;
	}
	group = kzalloc(sizeof(*group), GFP_KERNEL_ACCOUNT);
	if (!group)
		return -ENOMEM;
	group->gn = gn;
	group->cfg = *cfg;
	INIT_LIST_HEAD(&group->sas);
	INIT_LIST_HEAD(&group->peers);
	atomic_long_set(&group->acquire_next, jiffies);
	err = gemcast_parallel_set(group, cfg->parallel);
	if (err)
		goto free;
	if (cfg->encap == GEMCAST_ENCAP_UDP) {
		group->port = gemcast_udp_port_get(gn, cfg->port, extack);
		if (IS_ERR(group->port)) {
			err = PTR_ERR(group->port);
			goto lanes;
		}
	}
	err = xa_err(xa_store(&gn->groups, cfg->id, group, GFP_KERNEL_ACCOUNT));
	if (err)
		goto put;
	return 0;
put:
	if (group->port)
		gemcast_udp_port_put(gn, group->port);
lanes:
	gemcast_parallel_free(group);
free:
	kfree(group);
	return err;
}

static void gemcast_group_remove(struct gemcast_group *group)
{
	struct gemcast_net *gn = group->gn;

	xa_erase(&gn->groups, group->cfg.id);
	gemcast_parallel_free(group);
	if (group->port)
		gemcast_udp_port_put(gn, group->port);
	kfree_rcu(group, rcu);
}

/**
 * gemcast_group_del() - Delete a group that nothing uses.
 * @gn: namespace, locked
 * @id: its number
 * @extack: takes the reason for a refusal
 *
 * Return: 0, -ENOENT, -EBUSY.
 */
int gemcast_group_del(struct gemcast_net *gn, u32 id,
		      struct netlink_ext_ack *extack)
{
	struct gemcast_group *group = gemcast_group_find(gn, id);

	if (!group) {
		NL_SET_ERR_MSG(extack, "no such group");
		return -ENOENT;
	}
	if (group->npolicies) {
		NL_SET_ERR_MSG(extack, "the group is in use by a policy");
		return -EBUSY;
	}
	if (group->nstaged) {
		NL_SET_ERR_MSG(extack,
			       "the group is in use by a policy of a transaction");
		return -EBUSY;
	}
	if (group->nsas) {
		NL_SET_ERR_MSG(extack, "the group is in use by an SA");
		return -EBUSY;
	}
	if (group->npeers) {
		NL_SET_ERR_MSG(extack, "the group is in use by a peer");
		return -EBUSY;
	}
	gemcast_group_remove(group);
	return 0;
}

static void gemcast_group_clear(struct gemcast_group *group)
{
	struct gemcast_policy_filter policies = {
		.cfg.group = group->cfg.id,
		.has_group = true,
	};
	struct gemcast_sa_filter sas = { .group = group->cfg.id };

	gemcast_policy_flush(gemcast_ruleset_active(group->gn), &policies);
	if (group->gn->staged)
		gemcast_policy_flush(group->gn->staged, &policies);
	gemcast_sa_flush(group->gn, &sas);
	gemcast_peer_flush(group);
	gemcast_group_remove(group);
}

/**
 * gemcast_group_flush() - Delete groups with everything in them.
 * @gn: namespace, locked
 * @id: one group, or 0 for all
 * @extack: takes the reason for a refusal
 *
 * Return: 0, or -ENOENT if there is no group @id.
 */
int gemcast_group_flush(struct gemcast_net *gn, u32 id,
			struct netlink_ext_ack *extack)
{
	struct gemcast_group *group;
	unsigned long index;

	if (id) {
		group = gemcast_group_find(gn, id);
		if (!group) {
			NL_SET_ERR_MSG(extack, "no such group");
			return -ENOENT;
		}
		gemcast_group_clear(group);
		return 0;
	}
	lockdep_assert_held(&gn->lock);
	xa_for_each(&gn->groups, index, group)
		gemcast_group_clear(group);
	return 0;
}

static bool gemcast_group_sends_by(const struct gemcast_sa *sa)
{
	return sa->dir != GEMCAST_SA_DIR_IN && READ_ONCE(sa->activated);
}

/**
 * gemcast_group_select_current() - Choose what the group sends by.
 * @group: the group, its namespace locked
 *
 * The leading edge of what is activated, even if its numbers have ended: what
 * is older is not sent by again (RFC 5374 4.2.1).
 */
void gemcast_group_select_current(struct gemcast_group *group)
{
	struct gemcast_sa *sa;

	lockdep_assert_held(&group->gn->lock);
	list_for_each_entry(sa, &group->sas, node) {
		if (!gemcast_group_sends_by(sa))
			continue;
		rcu_assign_pointer(group->current_sa, sa);
		return;
	}
	RCU_INIT_POINTER(group->current_sa, NULL);
}

static bool gemcast_group_sa_fits(const struct gemcast_sa *sa,
				  const struct in6_addr *dst,
				  const struct in6_addr *src)
{
	/* A udp group's SA serves all peers, whichever its address names. */
	if (sa->key.port)
		return true;
	return ipv6_addr_equal(&sa->key.dst, dst) &&
	       (ipv6_addr_any(&sa->key.src) ||
		ipv6_addr_equal(&sa->key.src, src));
}

/**
 * gemcast_group_send_sa() - The SA to send a packet by.
 * @group: its group
 * @dst: destination in the outer header
 * @src: source in the outer header
 *
 * Context: RCU.
 * Return: the SA, or NULL if none may send from @src to @dst.
 */
struct gemcast_sa *gemcast_group_send_sa(const struct gemcast_group *group,
					 const struct in6_addr *dst,
					 const struct in6_addr *src)
{
	struct gemcast_sa *sa = rcu_dereference(group->current_sa);

	if (sa && gemcast_group_sa_fits(sa, dst, src))
		return sa;
	return gemcast_outbound_find(group, dst, src);
}
