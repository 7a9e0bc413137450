// SPDX-License-Identifier: GPL-2.0
/*
 * Rule sets. Policies of the same dst hang together, ordered by priority and
 * age, in a chain for each direction; the dsts are in a hash table, by address
 * and prefix length. A packet is looked up once for each length there is, so
 * that what it costs does not grow with the number of dsts. A policy stands in
 * the chains of its direction; multicast selectors are never swapped (RFC 5374
 * 4.1.1). A dst may be one host, for what receivers send back (A.2). A sieve of the
 * addresses keeps back most packets that nobody asked for.
 *
 * gn->lock guards all changes; the packet path reads under RCU.
 */
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "policy.h"
#include "ruleset.h"
#include "verdict.h"

static struct workqueue_struct *gemcast_ruleset_wq;

#ifdef GEMCAST_SELFTEST
/* What lookups looked for and compared: keys in the hash table, and policies. */
static atomic_long_t gemcast_test_compared;

static int gemcast_test_compared_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%ld\n",
			  atomic_long_read(&gemcast_test_compared));
}

static const struct kernel_param_ops gemcast_test_compared_ops = {
	.get = gemcast_test_compared_get,
};

module_param_cb(test_compared, &gemcast_test_compared_ops, NULL, 0400);

static void gemcast_ruleset_compared(void)
{
	atomic_long_inc(&gemcast_test_compared);
}
#else
static void gemcast_ruleset_compared(void)
{
}
#endif

static int gemcast_dst_differs(struct rhashtable_compare_arg *arg,
			       const void *object)
{
	const struct gemcast_dst_key *key = arg->key;
	const struct gemcast_dst *dst = object;

	gemcast_ruleset_compared();
	return key->len != dst->key.len ||
	       !ipv6_addr_equal(&key->addr, &dst->key.addr);
}

static const struct rhashtable_params gemcast_dst_params = {
	.head_offset = offsetof(struct gemcast_dst, hash),
	.key_offset = offsetof(struct gemcast_dst, key),
	.key_len = sizeof(struct gemcast_dst_key),
	.obj_cmpfn = gemcast_dst_differs,
	.automatic_shrinking = true,
};

/**
 * gemcast_ruleset_new() - Make an empty rule set.
 * @gn: its namespace
 *
 * Return: the rule set, or NULL if there is no memory.
 */
struct gemcast_ruleset *gemcast_ruleset_new(struct gemcast_net *gn)
{
	struct gemcast_ruleset *rs = kzalloc(sizeof(*rs), GFP_KERNEL_ACCOUNT);

	if (!rs)
		return NULL;
	rs->gn = gn;
	rs->all = RB_ROOT;
	xa_init(&rs->by_index);
	INIT_LIST_HEAD(&rs->named);
	gemcast_verdict_forget(rs);
	if (rhashtable_init(&rs->dsts, &gemcast_dst_params)) {
		kfree(rs);
		return NULL;
	}
	return rs;
}

static void gemcast_ruleset_free_dst(void *dst, void *unused)
{
	kfree(dst);
}

static void gemcast_ruleset_free_work(struct work_struct *work)
{
	struct gemcast_ruleset *rs = container_of(to_rcu_work(work),
						  struct gemcast_ruleset, free);
	struct gemcast_policy *policy, *next;

	rbtree_postorder_for_each_entry_safe(policy, next, &rs->all, all) {
		gemcast_policy_free(policy);
		cond_resched();
	}
	rhashtable_free_and_destroy(&rs->dsts, gemcast_ruleset_free_dst, NULL);
	xa_destroy(&rs->by_index);
	kfree(rs);
}

/**
 * gemcast_ruleset_free() - Free a rule set when no packet uses it any more.
 * @rs: the rule set, or NULL; its policies, freed with it, count as users of
 *	nothing
 */
void gemcast_ruleset_free(struct gemcast_ruleset *rs)
{
	if (!rs)
		return;
	INIT_RCU_WORK(&rs->free, gemcast_ruleset_free_work);
	queue_rcu_work(gemcast_ruleset_wq, &rs->free);
}

struct gemcast_ruleset *gemcast_ruleset_active(const struct gemcast_net *gn)
{
	return rcu_dereference_protected(gn->ruleset,
					 lockdep_is_held(&gn->lock));
}

static bool gemcast_ruleset_less(struct rb_node *a, const struct rb_node *b)
{
	const struct gemcast_policy *pa, *pb;

	pa = rb_entry(a, struct gemcast_policy, all);
	pb = rb_entry(b, struct gemcast_policy, all);
	return gemcast_policy_before(pa, pb->cfg.prio, pb->index);
}

/* A dst comes, or goes. Those that are no single address are multicast, and few. */
static void gemcast_ruleset_sieve(struct gemcast_ruleset *rs,
				  const struct gemcast_dst_key *key, bool comes)
{
	u32 hole = gemcast_sieve_hole(&key->addr);

	if (key->len != GEMCAST_DST_BITS) {
		WRITE_ONCE(rs->nwide, rs->nwide + (comes ? 1 : -1));
		return;
	}
	if (comes && !rs->nsieve[hole]++)
		set_bit(hole, rs->sieve);
	else if (!comes && !--rs->nsieve[hole])
		clear_bit(hole, rs->sieve);
}

/* The dst of @policy, made if there is none; NULL if there is no memory. */
static struct gemcast_dst *gemcast_ruleset_make_dst(struct gemcast_ruleset *rs,
						    const struct gemcast_policy *policy)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;
	struct gemcast_dst *dst;
	int i;

	dst = gemcast_ruleset_dst(rs, &sel->dst, sel->dst_len);
	if (dst)
		return dst;
	dst = kzalloc(sizeof(*dst), GFP_KERNEL_ACCOUNT);
	if (!dst)
		return NULL;
	dst->key.addr = sel->dst;
	dst->key.len = sel->dst_len;
	INIT_LIST_HEAD(&dst->policies);
	for (i = 0; i < GEMCAST_GSPDS; i++)
		INIT_LIST_HEAD(&dst->chain[i]);
	if (rhashtable_insert_fast(&rs->dsts, &dst->hash, gemcast_dst_params)) {
		kfree(dst);
		return NULL;
	}
	if (!rs->ndsts[sel->dst_len]++)
		set_bit(sel->dst_len, rs->lens);
	gemcast_ruleset_sieve(rs, &dst->key, true);
	return dst;
}

static void gemcast_ruleset_drop_dst(struct gemcast_ruleset *rs,
				     struct gemcast_dst *dst)
{
	if (!list_empty(&dst->policies))
		return;
	if (!--rs->ndsts[dst->key.len])
		clear_bit(dst->key.len, rs->lens);
	gemcast_ruleset_sieve(rs, &dst->key, false);
	rhashtable_remove_fast(&rs->dsts, &dst->hash, gemcast_dst_params);
	kfree_rcu(dst, rcu);
}

/* Into the lists of its dst. New ones mostly belong at the end. */
static void gemcast_ruleset_link(struct gemcast_dst *dst,
				 struct gemcast_policy *policy)
{
	u32 prio = policy->cfg.prio, index = policy->index;
	struct gemcast_policy *pos;
	int i;

	policy->dst = dst;
	list_for_each_entry_reverse(pos, &dst->policies, same_dst)
		if (gemcast_policy_before(pos, prio, index))
			break;
	list_add(&policy->same_dst, &pos->same_dst);
	for (i = 0; i < GEMCAST_GSPDS; i++) {
		if (!gemcast_policy_in(policy, i))
			continue;
		list_for_each_entry_reverse(pos, &dst->chain[i], node[i])
			if (gemcast_policy_before(pos, prio, index))
				break;
		list_add_rcu(&policy->node[i], &pos->node[i]);
	}
}

static void gemcast_ruleset_publish_devs(struct gemcast_ruleset *rs)
{
	WRITE_ONCE(rs->devs, rs->nunnamed ? ~0UL : rs->named_devs);
}

/**
 * gemcast_ruleset_see_dev() - A policy is about to follow an interface that came.
 * @rs: rule set, its namespace locked
 * @ifindex: of the interface
 */
void gemcast_ruleset_see_dev(struct gemcast_ruleset *rs, int ifindex)
{
	lockdep_assert_held(&rs->gn->lock);
	rs->named_devs |= gemcast_sieve_dev(ifindex);
	gemcast_ruleset_publish_devs(rs);
}

/* A policy comes, and is about to be linked; or it has gone. */
static void gemcast_ruleset_count(struct gemcast_ruleset *rs,
				  const struct gemcast_policy *policy, int n)
{
	if (gemcast_policy_arriving(policy))
		WRITE_ONCE(rs->narriving, rs->narriving + n);
	/* What was named stays so until there are no policies. */
	if (!rs->npolicies)
		rs->named_devs = 0;
	if (!policy->cfg.sel.dev[0])
		rs->nunnamed += n;
	else if (n > 0)
		rs->named_devs |= gemcast_sieve_dev(policy->ifindex);
	gemcast_ruleset_publish_devs(rs);
}

/**
 * gemcast_ruleset_insert() - Put a policy into its place.
 * @rs: rule set, its namespace locked
 * @policy: with its index
 *
 * Return: 0 or -ENOMEM.
 */
int gemcast_ruleset_insert(struct gemcast_ruleset *rs,
			   struct gemcast_policy *policy)
{
	struct gemcast_dst *dst;
	int err;

	lockdep_assert_held(&rs->gn->lock);
	err = xa_insert(&rs->by_index, policy->index, policy,
			GFP_KERNEL_ACCOUNT);
	if (err)
		return err;
	dst = gemcast_ruleset_make_dst(rs, policy);
	if (!dst) {
		xa_erase(&rs->by_index, policy->index);
		return -ENOMEM;
	}
	rb_add(&policy->all, &rs->all, gemcast_ruleset_less);
	INIT_LIST_HEAD(&policy->named);
	if (*policy->cfg.sel.dev || *policy->cfg.reinject_dev)
		list_add_tail(&policy->named, &rs->named);
	gemcast_ruleset_count(rs, policy, 1);
	gemcast_ruleset_link(dst, policy);
	rs->npolicies++;
	gemcast_verdict_forget(rs);
	return 0;
}

/**
 * gemcast_ruleset_remove() - Take a policy out.
 * @rs: rule set, its namespace locked
 * @policy: one of it
 */
void gemcast_ruleset_remove(struct gemcast_ruleset *rs,
			    struct gemcast_policy *policy)
{
	int i;

	lockdep_assert_held(&rs->gn->lock);
	xa_erase(&rs->by_index, policy->index);
	rb_erase(&policy->all, &rs->all);
	list_del(&policy->named);
	list_del(&policy->same_dst);
	for (i = 0; i < GEMCAST_GSPDS; i++)
		if (gemcast_policy_in(policy, i))
			list_del_rcu(&policy->node[i]);
	gemcast_ruleset_drop_dst(rs, policy->dst);
	rs->npolicies--;
	gemcast_ruleset_count(rs, policy, -1);
	gemcast_verdict_forget(rs);
}

/**
 * gemcast_ruleset_replace() - Put a policy into the place of another.
 * @rs: rule set, its namespace locked
 * @old: one of it
 * @policy: of the same dst, direction, priority and index
 */
void gemcast_ruleset_replace(struct gemcast_ruleset *rs,
			     struct gemcast_policy *old,
			     struct gemcast_policy *policy)
{
	int i;

	lockdep_assert_held(&rs->gn->lock);
	policy->dst = old->dst;
	gemcast_ruleset_count(rs, policy, 1);
	/* In a slot that is there, which takes no memory. */
	xa_store(&rs->by_index, policy->index, policy, GFP_KERNEL);
	rb_replace_node(&old->all, &policy->all, &rs->all);
	list_del(&old->named);
	INIT_LIST_HEAD(&policy->named);
	if (*policy->cfg.sel.dev || *policy->cfg.reinject_dev)
		list_add_tail(&policy->named, &rs->named);
	list_replace(&old->same_dst, &policy->same_dst);
	for (i = 0; i < GEMCAST_GSPDS; i++)
		if (gemcast_policy_in(policy, i))
			list_replace_rcu(&old->node[i], &policy->node[i]);
	gemcast_ruleset_count(rs, old, -1);
	gemcast_verdict_forget(rs);
}

struct gemcast_dst *gemcast_ruleset_dst(struct gemcast_ruleset *rs,
					const struct in6_addr *addr, u8 len)
{
	struct gemcast_dst_key key = { .addr = *addr, .len = len };

	lockdep_assert_held(&rs->gn->lock);
	return rhashtable_lookup_fast(&rs->dsts, &key,
				      gemcast_dst_params);
}

struct gemcast_policy *gemcast_ruleset_first(struct gemcast_ruleset *rs)
{
	return gemcast_ruleset_behind(rs, 0, 0);
}

/**
 * gemcast_ruleset_behind() - Go on with a walk after the lock was let go.
 * @rs: rule set, its namespace locked
 * @prio: priority of the policy seen last
 * @index: its index; it may be gone
 *
 * Return: the next one by (prio, index), or NULL.
 */
struct gemcast_policy *gemcast_ruleset_behind(struct gemcast_ruleset *rs,
					      u32 prio, u32 index)
{
	struct gemcast_policy *policy, *behind = NULL;
	struct rb_node *node = rs->all.rb_node;

	lockdep_assert_held(&rs->gn->lock);
	while (node) {
		policy = rb_entry(node, struct gemcast_policy, all);
		if (gemcast_policy_after(policy, prio, index)) {
			behind = policy;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return behind;
}

struct gemcast_policy *gemcast_ruleset_next(const struct gemcast_policy *policy)
{
	struct rb_node *node = rb_next(&policy->all);

	return node ? rb_entry(node, struct gemcast_policy, all) : NULL;
}

/* A packet, and what its lookup has found so far. */
struct gemcast_search {
	const struct gemcast_flow *flow;
	enum gemcast_gspd which;
	bool control;			/* a policy must name it */
	bool ssm;			/* to a source-specific group; and of that: */
	bool sources;			/* there are policies for some sources */
	bool source;			/* there is one for this source */
	struct gemcast_policy *best;
};

/*
 * Who may send to a source-specific group is said by policies that protect or
 * bypass, whatever protocol and ports they are for.
 */
static void gemcast_search_source(struct gemcast_search *s,
				  const struct gemcast_policy *policy)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;

	if (policy->cfg.action == GEMCAST_ACTION_DISCARD ||
	    !gemcast_policy_on_dev(policy, s->flow))
		return;
	if (sel->src_len)
		s->sources = true;
	if (ipv6_prefix_equal(&sel->src, &s->flow->src, sel->src_len))
		s->source = true;
}

static void gemcast_search_dst(struct gemcast_search *s,
			       const struct gemcast_dst *dst)
{
	struct gemcast_policy *policy;

	list_for_each_entry_rcu(policy, &dst->chain[s->which], node[s->which]) {
		gemcast_ruleset_compared();
		if (s->best && !gemcast_policy_before(policy, s->best->cfg.prio,
						      s->best->index))
			return;
		if (gemcast_policy_selects(policy, s->flow, s->control)) {
			s->best = policy;
			return;
		}
		if (s->ssm)
			gemcast_search_source(s, policy);
	}
}

/**
 * gemcast_ruleset_lookup() - The policy for a packet.
 * @rs: rule set
 * @which: outbound or inbound
 * @flow: the packet
 * @denied: if there is none: its source may not send to this source-specific
 *	    group
 *
 * One walk finds both, so that a policy that comes or goes meanwhile is seen by
 * both or by none.
 *
 * Context: RCU.
 * Return: the first match by priority and then by age, or NULL.
 */
struct gemcast_policy *gemcast_ruleset_lookup(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct gemcast_flow *flow,
					      bool *denied)
{
	struct gemcast_search s = {
		.flow = flow,
		.which = which,
		.control = gemcast_flow_control(flow),
	};
	struct gemcast_dst_key key;
	struct gemcast_dst *dst;

	*denied = false;
	if (gemcast_flow_neighbour(flow))
		return NULL;
	s.ssm = !s.control && gemcast_addr_ssm(&flow->dst);
	for_each_set_bit(key.len, rs->lens, GEMCAST_DST_BITS + 1) {
		gemcast_ruleset_compared();
		ipv6_addr_prefix(&key.addr, &flow->dst, key.len);
		dst = rhashtable_lookup(&rs->dsts, &key,
					gemcast_dst_params);
		if (dst)
			gemcast_search_dst(&s, dst);
	}
	*denied = !s.best && s.sources && !s.source;
	return s.best;
}

/**
 * gemcast_ruleset_elsewhere() - Does a group receive only by other interfaces?
 * @rs: rule set
 * @group: the group whose SA a packet came by
 * @flow: the packet
 *
 * Context: RCU.
 * Return: true if there are policies for its destination, but none where it came
 * in: then it is another interface's, or a copy of what comes in there.
 */
bool gemcast_ruleset_elsewhere(struct gemcast_ruleset *rs,
			       const struct gemcast_group *group,
			       const struct gemcast_flow *flow)
{
	const struct gemcast_policy *policy;
	struct gemcast_dst_key key;
	struct gemcast_dst *dst;
	bool found = false;

	for_each_set_bit(key.len, rs->lens, GEMCAST_DST_BITS + 1) {
		ipv6_addr_prefix(&key.addr, &flow->dst, key.len);
		dst = rhashtable_lookup(&rs->dsts, &key, gemcast_dst_params);
		if (!dst)
			continue;
		list_for_each_entry_rcu(policy, &dst->chain[GEMCAST_GSPD_IN],
					node[GEMCAST_GSPD_IN]) {
			if (policy->group != group)
				continue;
			if (gemcast_policy_on_dev(policy, flow))
				return false;
			found = true;
		}
	}
	return found;
}

/**
 * gemcast_ruleset_receives() - Is a packet's destination a group's, native and here?
 * @rs: rule set
 * @flow: the packet
 *
 * Context: RCU.
 * Return: true if a policy protects what a group receives by this destination and
 * interface, whatever its other selectors are: they are those of the cleartext.
 */
bool gemcast_ruleset_receives(struct gemcast_ruleset *rs,
			      const struct gemcast_flow *flow)
{
	const struct gemcast_policy *policy;
	struct gemcast_dst_key key;
	struct gemcast_dst *dst;

	for_each_set_bit(key.len, rs->lens, GEMCAST_DST_BITS + 1) {
		ipv6_addr_prefix(&key.addr, &flow->dst, key.len);
		dst = rhashtable_lookup(&rs->dsts, &key, gemcast_dst_params);
		if (!dst)
			continue;
		list_for_each_entry_rcu(policy, &dst->chain[GEMCAST_GSPD_IN],
					node[GEMCAST_GSPD_IN])
			if (policy->group && !policy->group->port &&
			    gemcast_policy_on_dev(policy, flow))
				return true;
	}
	return false;
}

int __init gemcast_ruleset_init(void)
{
	gemcast_ruleset_wq = alloc_workqueue("gemcast_ruleset", 0, 0);
	return gemcast_ruleset_wq ? 0 : -ENOMEM;
}

void gemcast_ruleset_exit(void)
{
	/* They wait for a grace period before they are queued. */
	rcu_barrier();
	destroy_workqueue(gemcast_ruleset_wq);
}
