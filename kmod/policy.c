// SPDX-License-Identifier: GPL-2.0
/*
 * Policies, the entries of the group security policy database: made, changed
 * and found by what requests say, and held against packets. Where they stand
 * is up to their rule set.
 *
 * gn->lock guards all changes; the packet path reads under RCU.
 */
#include <linux/slab.h>
#include "event.h"
#include "hooks.h"
#include "member.h"
#include "policy.h"
#include "verdict.h"

static const u16 gemcast_port_max = 65535;

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

struct gemcast_policy *
gemcast_policy_same(struct gemcast_ruleset *rs,
		    const struct gemcast_policy_config *cfg)
{
	struct gemcast_policy *policy;
	struct gemcast_dst *dst;

	dst = gemcast_ruleset_dst(rs, &cfg->sel.dst, cfg->sel.dst_len);
	if (!dst)
		return NULL;
	list_for_each_entry_reverse(policy, &dst->policies, same_dst) {
		if (policy->cfg.prio < cfg->prio)
			break;
		if (policy->cfg.prio == cfg->prio &&
		    policy->cfg.dir == cfg->dir &&
		    gemcast_selector_same(&policy->cfg.sel, &cfg->sel))
			return policy;
	}
	return NULL;
}

void gemcast_policy_free(struct gemcast_policy *policy)
{
	int i;

	for (i = 0; i < GEMCAST_GSPDS && !policy->moved; i++)
		free_percpu(policy->count[i]);
	kfree(policy);
}

static void gemcast_policy_free_rcu(struct rcu_head *rcu)
{
	gemcast_policy_free(container_of(rcu, struct gemcast_policy, rcu));
}

u32 *gemcast_policy_users(struct gemcast_ruleset *rs,
			  struct gemcast_group *group)
{
	return rs->staged ? &group->nstaged : &group->npolicies;
}

static void gemcast_policy_use(struct gemcast_ruleset *rs,
			       const struct gemcast_policy *policy, int n)
{
	if (policy->group)
		*gemcast_policy_users(rs, policy->group) += n;
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
	gemcast_policy_free(policy);
	return ERR_PTR(err);
}

/*
 * The index of a new policy: if the rule set is to take the place of one that
 * has an equal policy, that one's.
 */
static u32 gemcast_policy_index(struct gemcast_ruleset *rs,
				const struct gemcast_policy *policy)
{
	const struct gemcast_policy *same = NULL;

	if (rs->staged)
		same = gemcast_policy_same(gemcast_ruleset_active(rs->gn),
					   &policy->cfg);
	if (same && !memcmp(&same->cfg, &policy->cfg, sizeof(same->cfg)))
		return same->index;
	return ++rs->gn->policy_index;
}

/* A packet finds the old one or the new one, never neither. */
static void gemcast_policy_replace(struct gemcast_ruleset *rs,
				   struct gemcast_policy *old,
				   struct gemcast_policy *policy)
{
	policy->index = old->index;
	gemcast_policy_use(rs, policy, 1);
	gemcast_ruleset_replace(rs, old, policy);
	gemcast_policy_use(rs, old, -1);
	call_rcu(&old->rcu, gemcast_policy_free_rcu);
}

/* 0 or a negative errno, and then @policy is where it was: nowhere. */
static int gemcast_policy_add(struct gemcast_ruleset *rs,
			      struct gemcast_policy *policy,
			      struct netlink_ext_ack *extack)
{
	int err;

	policy->index = gemcast_policy_index(rs, policy);
	err = gemcast_ruleset_insert(rs, policy);
	if (err)
		return err;
	if (!rs->staged && rs->npolicies == 1) {
		err = gemcast_hooks_enable(rs->gn);
		if (err) {
			NL_SET_ERR_MSG(extack, "cannot register the hooks");
			gemcast_ruleset_remove(rs, policy);
			return err;
		}
	}
	gemcast_policy_use(rs, policy, 1);
	return 0;
}

/**
 * gemcast_policy_new() - Add a policy, or replace the one of equal selector.
 * @rs: rule set, its namespace locked
 * @cfg: what it says
 * @flags: NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or a negative errno, and then nothing has changed.
 */
int gemcast_policy_new(struct gemcast_ruleset *rs,
		       const struct gemcast_policy_config *cfg, u16 flags,
		       struct netlink_ext_ack *extack)
{
	struct gemcast_policy *policy, *old;
	int err;

	lockdep_assert_held(&rs->gn->lock);
	old = gemcast_policy_same(rs, cfg);
	if (old && !(flags & NLM_F_REPLACE)) {
		NL_SET_ERR_MSG(extack,
			       "a policy of this selector, direction and priority exists");
		return -EEXIST;
	}
	if (!old && !(flags & NLM_F_CREATE)) {
		NL_SET_ERR_MSG(extack, "no such policy");
		return -ENOENT;
	}
	policy = gemcast_policy_make(rs->gn, cfg, extack);
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	if (old) {
		gemcast_policy_replace(rs, old, policy);
	} else {
		err = gemcast_policy_add(rs, policy, extack);
		if (err) {
			call_rcu(&policy->rcu, gemcast_policy_free_rcu);
			return err;
		}
	}
	if (!rs->staged) {
		gemcast_event_policy(rs->gn, policy, GEMCAST_CMD_POLICY_NTF);
		gemcast_member_policy(rs->gn, policy);
	}
	return 0;
}

/**
 * gemcast_policy_del() - Delete a policy.
 * @rs: rule set, its namespace locked
 * @policy: one of its policies
 */
void gemcast_policy_del(struct gemcast_ruleset *rs,
			struct gemcast_policy *policy)
{
	lockdep_assert_held(&rs->gn->lock);
	gemcast_ruleset_remove(rs, policy);
	gemcast_policy_use(rs, policy, -1);
	if (!rs->staged) {
		gemcast_event_policy(rs->gn, policy,
				     GEMCAST_CMD_POLICY_DEL_NTF);
		if (!rs->npolicies)
			gemcast_hooks_disable(rs->gn);
	}
	call_rcu(&policy->rcu, gemcast_policy_free_rcu);
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

/* Is the policy one of those a request names? */
static bool gemcast_policy_matches(const struct gemcast_policy *policy,
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

/*
 * The next policy behind (@prio, @index) that @f can select, found by what of
 * it there is a table for.
 */
static struct gemcast_policy *
gemcast_policy_candidate(struct gemcast_ruleset *rs,
			 const struct gemcast_policy_filter *f, u32 prio,
			 u32 index)
{
	struct gemcast_policy *policy;
	struct gemcast_dst *dst;

	if (f->index) {
		policy = xa_load(&rs->by_index, f->index);
		return policy && gemcast_policy_after(policy, prio, index) ?
			       policy : NULL;
	}
	if (!f->has_dst)
		return gemcast_ruleset_behind(rs, prio, index);
	dst = gemcast_ruleset_dst(rs, &f->cfg.sel.dst, f->cfg.sel.dst_len);
	if (!dst)
		return NULL;
	list_for_each_entry(policy, &dst->policies, same_dst)
		if (gemcast_policy_after(policy, prio, index))
			return policy;
	return NULL;
}

static struct gemcast_policy *
gemcast_policy_step(struct gemcast_policy *policy,
		    const struct gemcast_policy_filter *f)
{
	if (f->index)
		return NULL;
	if (!f->has_dst)
		return gemcast_ruleset_next(policy);
	if (list_is_last(&policy->same_dst, &policy->dst->policies))
		return NULL;
	return list_next_entry(policy, same_dst);
}

struct gemcast_policy *
gemcast_policy_next(struct gemcast_policy *policy,
		    const struct gemcast_policy_filter *filter)
{
	struct gemcast_policy *next = gemcast_policy_step(policy, filter);

	while (next && !gemcast_policy_matches(next, filter))
		next = gemcast_policy_step(next, filter);
	return next;
}

struct gemcast_policy *
gemcast_policy_behind(struct gemcast_ruleset *rs,
		      const struct gemcast_policy_filter *filter, u32 prio,
		      u32 index)
{
	struct gemcast_policy *policy;

	policy = gemcast_policy_candidate(rs, filter, prio, index);
	if (!policy || gemcast_policy_matches(policy, filter))
		return policy;
	return gemcast_policy_next(policy, filter);
}

/**
 * gemcast_policy_find() - The one policy that a request names.
 * @rs: rule set, its namespace locked
 * @filter: what the request says
 * @extack: takes the reason for a refusal
 *
 * Return: the policy, ERR_PTR(-ENOENT), or ERR_PTR(-ENOTUNIQ).
 */
struct gemcast_policy *
gemcast_policy_find(struct gemcast_ruleset *rs,
		    const struct gemcast_policy_filter *filter,
		    struct netlink_ext_ack *extack)
{
	struct gemcast_policy *policy;

	policy = gemcast_policy_behind(rs, filter, 0, 0);
	if (!policy) {
		NL_SET_ERR_MSG(extack, "no such policy");
		return ERR_PTR(-ENOENT);
	}
	if (gemcast_policy_next(policy, filter)) {
		NL_SET_ERR_MSG(extack,
			       "several policies match: say more of the selector");
		return ERR_PTR(-ENOTUNIQ);
	}
	return policy;
}

/**
 * gemcast_policy_flush() - Delete all policies that a request names.
 * @rs: rule set, its namespace locked
 * @filter: what the request says
 */
void gemcast_policy_flush(struct gemcast_ruleset *rs,
			  const struct gemcast_policy_filter *filter)
{
	struct gemcast_policy *policy, *next;

	policy = gemcast_policy_behind(rs, filter, 0, 0);
	for (; policy; policy = next) {
		next = gemcast_policy_next(policy, filter);
		gemcast_policy_del(rs, policy);
	}
}

/**
 * gemcast_policy_dev_event() - Keep policies on their interfaces.
 * @rs: rule set, its namespace locked
 * @dev: an interface that came, went, or has a new name
 * @gone: it went
 *
 * A policy stays with an interface that is renamed, and takes up one that
 * comes under the name of one that went: what it protects stays protected.
 */
void gemcast_policy_dev_event(struct gemcast_ruleset *rs,
			      struct net_device *dev, bool gone)
{
	struct gemcast_policy *policy;

	lockdep_assert_held(&rs->gn->lock);
	list_for_each_entry(policy, &rs->named, named) {
		if (!gone && !strcmp(policy->cfg.sel.dev, dev->name))
			gemcast_ruleset_see_dev(rs, dev->ifindex);
		gemcast_net_follow_dev(policy->cfg.sel.dev, &policy->ifindex,
				       dev, gone);
		gemcast_net_follow_dev(policy->cfg.reinject_dev,
				       &policy->reinject_ifindex, dev, gone);
	}
	gemcast_verdict_forget(rs);
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

bool gemcast_policy_on_dev(const struct gemcast_policy *policy,
			   const struct gemcast_flow *flow)
{
	return !policy->cfg.sel.dev[0] ||
	       flow->ifindex == GEMCAST_FLOW_ANY_DEV ||
	       READ_ONCE(policy->ifindex) == flow->ifindex;
}

bool gemcast_policy_selects(const struct gemcast_policy *policy,
			    const struct gemcast_flow *flow, bool control)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;

	return gemcast_policy_on_dev(policy, flow) &&
	       ipv6_prefix_equal(&sel->src, &flow->src, sel->src_len) &&
	       (sel->any_proto || sel->proto == flow->proto) &&
	       gemcast_policy_ports(policy, flow) &&
	       (!control || gemcast_policy_names(policy, flow));
}
