// SPDX-License-Identifier: GPL-2.0
/*
 * The group security policy database: an outbound and an inbound list, each
 * ordered by priority, then by age. A policy stands in the lists of its
 * direction; multicast selectors are never swapped (RFC 5374 4.1.1).
 *
 * gn->lock guards all changes; the packet path reads under RCU.
 */
#include <linux/rculist.h>
#include <linux/slab.h>
#include "event.h"
#include "hooks.h"
#include "policy.h"

static const u16 gemcast_port_max = 65535;

static bool gemcast_policy_before(const struct gemcast_policy *a, u32 prio,
				  u32 index)
{
	return a->cfg.prio < prio || (a->cfg.prio == prio && a->index < index);
}

/* Lock held. New ones mostly belong at the end. */
static void gemcast_policy_insert(struct gemcast_net *gn,
				  struct gemcast_policy *policy)
{
	struct gemcast_policy *pos;
	int i;

	list_for_each_entry_reverse(pos, &gn->policies, all)
		if (gemcast_policy_before(pos, policy->cfg.prio, policy->index))
			break;
	list_add(&policy->all, &pos->all);

	for (i = 0; i < GEMCAST_GSPDS; i++) {
		if (!gemcast_policy_in(policy, i))
			continue;
		list_for_each_entry_reverse(pos, &gn->gspd[i], node[i])
			if (gemcast_policy_before(pos, policy->cfg.prio,
						  policy->index))
				break;
		list_add_rcu(&policy->node[i], &pos->node[i]);
	}
}

static bool gemcast_selector_same(const struct gemcast_selector *a,
				  const struct gemcast_selector *b)
{
	return ipv6_addr_equal(&a->dst, &b->dst) && a->dst_len == b->dst_len &&
	       ipv6_addr_equal(&a->src, &b->src) && a->src_len == b->src_len &&
	       a->any_proto == b->any_proto && a->proto == b->proto &&
	       a->sport_min == b->sport_min && a->sport_max == b->sport_max &&
	       a->dport_min == b->dport_min && a->dport_max == b->dport_max &&
	       !strcmp(a->dev, b->dev);
}

/* The policy that @cfg would be a second of. Lock held. */
static struct gemcast_policy *
gemcast_policy_same(struct gemcast_net *gn,
		    const struct gemcast_policy_config *cfg)
{
	struct gemcast_policy *policy;

	list_for_each_entry(policy, &gn->policies, all)
		if (policy->cfg.prio == cfg->prio &&
		    policy->cfg.dir == cfg->dir &&
		    gemcast_selector_same(&policy->cfg.sel, &cfg->sel))
			return policy;
	return NULL;
}

static void gemcast_policy_free(struct rcu_head *rcu)
{
	struct gemcast_policy *policy =
		container_of(rcu, struct gemcast_policy, rcu);
	int i;

	for (i = 0; i < GEMCAST_GSPDS; i++)
		free_percpu(policy->count[i]);
	kfree(policy);
}

/* What a packet that came by UDP needs to know, and what else must not say. */
static int gemcast_policy_fits(const struct gemcast_policy_config *cfg,
			       const struct gemcast_group *group,
			       struct netlink_ext_ack *extack)
{
	if (group->cfg.encap != GEMCAST_ENCAP_UDP) {
		if (!*cfg->reinject_dev)
			return 0;
		NL_SET_ERR_MSG(extack, "only a udp group reinjects packets");
		return -EINVAL;
	}
	if (cfg->mode == GEMCAST_MODE_TRANSPORT) {
		NL_SET_ERR_MSG(extack, "a udp group needs tunnel mode");
		return -EINVAL;
	}
	if (!ipv6_addr_any(&cfg->local) || !ipv6_addr_any(&cfg->remote)) {
		NL_SET_ERR_MSG(extack,
			       "a udp group's outer addresses are those of its peers");
		return -EINVAL;
	}
	return 0;
}

static struct gemcast_policy *
gemcast_policy_make(struct gemcast_net *gn,
		    const struct gemcast_policy_config *cfg,
		    struct netlink_ext_ack *extack)
{
	struct gemcast_policy *policy;
	int i, err = -ENOMEM;

	policy = kzalloc(sizeof(*policy), GFP_KERNEL_ACCOUNT);
	if (!policy)
		return ERR_PTR(-ENOMEM);
	policy->cfg = *cfg;
	for (i = 0; i < GEMCAST_GSPDS; i++) {
		policy->count[i] = gemcast_counters_alloc();
		if (!policy->count[i])
			goto free;
	}
	if (cfg->action == GEMCAST_ACTION_PROTECT) {
		policy->group = gemcast_group_find(gn, cfg->group);
		if (!policy->group) {
			NL_SET_ERR_MSG(extack, "no such group");
			err = -ENOENT;
			goto free;
		}
		err = gemcast_policy_fits(cfg, policy->group, extack);
		if (err)
			goto free;
	}
	err = gemcast_net_find_dev(gn, cfg->sel.dev, extack);
	if (err < 0)
		goto free;
	policy->ifindex = err;
	err = gemcast_net_find_dev(gn, cfg->reinject_dev, extack);
	if (err < 0)
		goto free;
	policy->reinject_ifindex = err;
	return policy;
free:
	gemcast_policy_free(&policy->rcu);
	return ERR_PTR(err);
}

/* Lock held; the caller sees to the counts of users. */
static void gemcast_policy_unlink(struct gemcast_policy *policy)
{
	int i;

	list_del(&policy->all);
	for (i = 0; i < GEMCAST_GSPDS; i++)
		if (gemcast_policy_in(policy, i))
			list_del_rcu(&policy->node[i]);
}

/* A packet finds the old one or the new one, never neither. */
static void gemcast_policy_replace(struct gemcast_policy *old,
				   struct gemcast_policy *policy)
{
	int i;

	policy->index = old->index;
	if (policy->group)
		policy->group->npolicies++;
	list_replace(&old->all, &policy->all);
	for (i = 0; i < GEMCAST_GSPDS; i++)
		if (gemcast_policy_in(policy, i))
			list_replace_rcu(&old->node[i], &policy->node[i]);
	if (old->group)
		old->group->npolicies--;
	call_rcu(&old->rcu, gemcast_policy_free);
}

/**
 * gemcast_policy_new() - Add a policy, or replace the one of equal selector.
 * @gn: namespace, locked
 * @cfg: what it says
 * @flags: NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or a negative errno, and then nothing has changed.
 */
int gemcast_policy_new(struct gemcast_net *gn,
		       const struct gemcast_policy_config *cfg, u16 flags,
		       struct netlink_ext_ack *extack)
{
	struct gemcast_policy *policy, *old;
	int err;

	lockdep_assert_held(&gn->lock);
	old = gemcast_policy_same(gn, cfg);
	if (old && !(flags & NLM_F_REPLACE)) {
		NL_SET_ERR_MSG(extack,
			       "a policy of this selector, direction and priority exists");
		return -EEXIST;
	}
	if (!old && !(flags & NLM_F_CREATE)) {
		NL_SET_ERR_MSG(extack, "no such policy");
		return -ENOENT;
	}
	policy = gemcast_policy_make(gn, cfg, extack);
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	if (old) {
		gemcast_policy_replace(old, policy);
		goto tell;
	}
	policy->index = ++gn->policy_index;
	gemcast_policy_insert(gn, policy);
	if (!gn->npolicies) {
		err = gemcast_hooks_enable(gn);
		if (err) {
			NL_SET_ERR_MSG(extack, "cannot register the hooks");
			gemcast_policy_unlink(policy);
			call_rcu(&policy->rcu, gemcast_policy_free);
			return err;
		}
	}
	gn->npolicies++;
	if (policy->group)
		policy->group->npolicies++;
tell:
	gemcast_event_policy(gn, policy, GEMCAST_CMD_POLICY_NTF);
	return 0;
}

/**
 * gemcast_policy_del() - Delete a policy.
 * @gn: namespace, locked
 * @policy: one of its policies
 */
void gemcast_policy_del(struct gemcast_net *gn, struct gemcast_policy *policy)
{
	lockdep_assert_held(&gn->lock);
	gemcast_policy_unlink(policy);
	gemcast_event_policy(gn, policy, GEMCAST_CMD_POLICY_DEL_NTF);
	if (policy->group)
		policy->group->npolicies--;
	if (!--gn->npolicies)
		gemcast_hooks_disable(gn);
	call_rcu(&policy->rcu, gemcast_policy_free);
}

static bool gemcast_policy_filter_addrs(const struct gemcast_policy *policy,
					const struct gemcast_policy_filter *f)
{
	const struct gemcast_selector *a = &policy->cfg.sel, *b = &f->cfg.sel;

	if (f->has_dst && (!ipv6_addr_equal(&a->dst, &b->dst) ||
			   a->dst_len != b->dst_len))
		return false;
	return !f->has_src || (ipv6_addr_equal(&a->src, &b->src) &&
			       a->src_len == b->src_len);
}

/**
 * gemcast_policy_matches() - Is a policy one of those a request names?
 * @policy: the policy
 * @f: what the request says
 *
 * Return: true if all that it says is so.
 */
bool gemcast_policy_matches(const struct gemcast_policy *policy,
			    const struct gemcast_policy_filter *f)
{
	const struct gemcast_policy_config *cfg = &policy->cfg;
	const struct gemcast_selector *a = &cfg->sel, *b = &f->cfg.sel;

	if ((f->index && f->index != policy->index) ||
	    (f->has_group && f->cfg.group != cfg->group) ||
	    (f->has_dir && f->cfg.dir != cfg->dir) ||
	    (f->has_action && f->cfg.action != cfg->action) ||
	    (f->has_prio && f->cfg.prio != cfg->prio))
		return false;
	if ((f->has_proto && (a->any_proto || a->proto != b->proto)) ||
	    (f->has_sport && (a->sport_min != b->sport_min ||
			      a->sport_max != b->sport_max)) ||
	    (f->has_dport && (a->dport_min != b->dport_min ||
			      a->dport_max != b->dport_max)) ||
	    (f->has_dev && strcmp(a->dev, b->dev)))
		return false;
	return gemcast_policy_filter_addrs(policy, f);
}

/**
 * gemcast_policy_find() - The one policy that a request names.
 * @gn: namespace, locked
 * @filter: what the request says
 * @extack: takes the reason for a refusal
 *
 * Return: the policy, ERR_PTR(-ENOENT), or ERR_PTR(-ENOTUNIQ).
 */
struct gemcast_policy *
gemcast_policy_find(struct gemcast_net *gn,
		    const struct gemcast_policy_filter *filter,
		    struct netlink_ext_ack *extack)
{
	struct gemcast_policy *policy, *found = NULL;

	lockdep_assert_held(&gn->lock);
	list_for_each_entry(policy, &gn->policies, all) {
		if (!gemcast_policy_matches(policy, filter))
			continue;
		if (found) {
			NL_SET_ERR_MSG(extack,
				       "several policies match: say more of the selector");
			return ERR_PTR(-ENOTUNIQ);
		}
		found = policy;
	}
	if (found)
		return found;
	NL_SET_ERR_MSG(extack, "no such policy");
	return ERR_PTR(-ENOENT);
}

/**
 * gemcast_policy_flush() - Delete all policies that a request names.
 * @gn: namespace, locked
 * @filter: what the request says
 */
void gemcast_policy_flush(struct gemcast_net *gn,
			  const struct gemcast_policy_filter *filter)
{
	struct gemcast_policy *policy, *next;

	list_for_each_entry_safe(policy, next, &gn->policies, all)
		if (gemcast_policy_matches(policy, filter))
			gemcast_policy_del(gn, policy);
}

/**
 * gemcast_policy_behind() - Go on with a walk after the lock was let go.
 * @gn: namespace, locked
 * @prio: priority of the policy seen last
 * @index: its index; it may be gone; both 0 to begin
 *
 * Return: the next one by (prio, index), or NULL.
 */
struct gemcast_policy *gemcast_policy_behind(struct gemcast_net *gn, u32 prio,
					     u32 index)
{
	struct gemcast_policy *policy;

	lockdep_assert_held(&gn->lock);
	list_for_each_entry(policy, &gn->policies, all)
		if (policy->cfg.prio > prio ||
		    (policy->cfg.prio == prio && policy->index > index))
			return policy;
	return NULL;
}

/**
 * gemcast_policy_dev_event() - Keep policies on their interfaces.
 * @gn: namespace, locked
 * @dev: an interface that came, went, or has a new name
 * @gone: it went
 *
 * A policy stays with an interface that is renamed, and takes up one that
 * comes under the name of one that went: what it protects stays protected.
 */
void gemcast_policy_dev_event(struct gemcast_net *gn, struct net_device *dev,
			      bool gone)
{
	struct gemcast_policy *policy;

	lockdep_assert_held(&gn->lock);
	list_for_each_entry(policy, &gn->policies, all) {
		gemcast_net_follow_dev(policy->cfg.sel.dev, &policy->ifindex,
				       dev, gone);
		gemcast_net_follow_dev(policy->cfg.reinject_dev,
				       &policy->reinject_ifindex, dev, gone);
	}
}

static bool gemcast_selector_ports_any(const struct gemcast_selector *sel)
{
	return !sel->sport_min && sel->sport_max == gemcast_port_max &&
	       !sel->dport_min && sel->dport_max == gemcast_port_max;
}

static bool gemcast_policy_ports(const struct gemcast_policy *policy,
				 const struct gemcast_flow *flow)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;

	if (gemcast_selector_ports_any(sel))
		return true;
	/* A later fragment may belong to what must not go in the clear. */
	if (!flow->ports)
		return policy->cfg.action != GEMCAST_ACTION_BYPASS;
	return flow->sport >= sel->sport_min && flow->sport <= sel->sport_max &&
	       flow->dport >= sel->dport_min && flow->dport <= sel->dport_max;
}

/* Does the policy speak of this control protocol, or of anything at all? */
static bool gemcast_policy_names(const struct gemcast_policy *policy,
				 const struct gemcast_flow *flow)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;

	return !sel->any_proto && (flow->proto != IPPROTO_UDP ||
				   !gemcast_selector_ports_any(sel));
}

static bool gemcast_policy_dev(const struct gemcast_policy *policy,
			       const struct gemcast_flow *flow)
{
	return !policy->cfg.sel.dev[0] ||
	       flow->ifindex == GEMCAST_FLOW_ANY_DEV ||
	       READ_ONCE(policy->ifindex) == flow->ifindex;
}

static bool gemcast_policy_selects(const struct gemcast_policy *policy,
				   const struct gemcast_flow *flow)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;

	return ipv6_prefix_equal(&sel->dst, &flow->dst, sel->dst_len) &&
	       gemcast_policy_dev(policy, flow) &&
	       ipv6_prefix_equal(&sel->src, &flow->src, sel->src_len) &&
	       (sel->any_proto || sel->proto == flow->proto) &&
	       gemcast_policy_ports(policy, flow);
}

/**
 * gemcast_policy_lookup() - The policy for a packet.
 * @gn: namespace
 * @which: outbound or inbound
 * @flow: the packet
 *
 * Context: RCU.
 * Return: the first match by priority, or NULL.
 */
struct gemcast_policy *gemcast_policy_lookup(const struct gemcast_net *gn,
					     enum gemcast_gspd which,
					     const struct gemcast_flow *flow)
{
	bool control = gemcast_flow_control(flow);
	struct gemcast_policy *policy;

	list_for_each_entry_rcu(policy, &gn->gspd[which], node[which])
		if (gemcast_policy_selects(policy, flow) &&
		    (!control || gemcast_policy_names(policy, flow)))
			return policy;
	return NULL;
}
