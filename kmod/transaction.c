// SPDX-License-Identifier: GPL-2.0
/*
 * Transactions. The socket that begins one gives its policies to a rule set
 * that no packet sees, and in the end puts that into the place of the whole one
 * that packets see, by one RCU pointer: a packet meets all of the old policies
 * or all of the new ones. There is one transaction at a time in a namespace; it
 * ends with its socket.
 *
 * All of it runs under gn->lock.
 */
#include <net/netlink.h>
#include "event.h"
#include "hooks.h"
#include "member.h"
#include "policy.h"
#include "transaction.h"

/**
 * gemcast_transaction_begin() - Begin with an empty rule set.
 * @gn: namespace, locked
 * @portid: the socket that begins
 * @extack: takes the reason for a refusal
 *
 * Return: 0, -EBUSY, -ENOMEM.
 */
int gemcast_transaction_begin(struct gemcast_net *gn, u32 portid,
			      struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&gn->lock);
	if (gn->staged) {
		if (gn->staged_by == portid)
			NL_SET_ERR_MSG(extack,
				       "the transaction has begun already");
		else
			NL_SET_ERR_MSG(extack,
				       "another's transaction is under way");
		return -EBUSY;
	}
	gn->staged = gemcast_ruleset_new(gn);
	if (!gn->staged)
		return -ENOMEM;
	gn->staged->staged = true;
	gn->staged_by = portid;
	return 0;
}

static int gemcast_transaction_check(const struct gemcast_net *gn, u32 portid,
				     struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&gn->lock);
	if (gn->staged && gn->staged_by == portid)
		return 0;
	NL_SET_ERR_MSG(extack, "no transaction has begun");
	return -ENOENT;
}

struct gemcast_ruleset *gemcast_transaction_ruleset(const struct gemcast_net *gn,
						    u32 portid)
{
	lockdep_assert_held(&gn->lock);
	return gn->staged && gn->staged_by == portid ?
		       gn->staged : gemcast_ruleset_active(gn);
}

/* They use their groups, or no longer, as policies of this rule set. */
static void gemcast_transaction_use(struct gemcast_ruleset *rs, int n)
{
	struct gemcast_policy *policy;

	for (policy = gemcast_ruleset_first(rs); policy;
	     policy = gemcast_ruleset_next(policy))
		if (policy->group)
			*gemcast_policy_users(rs, policy->group) += n;
}

/*
 * An equal policy goes on as it was, with its index and its counters; packets
 * that still see the old one count there too.
 */
static void gemcast_transaction_keep(struct gemcast_ruleset *old,
				     struct gemcast_policy *policy)
{
	struct gemcast_policy *same = gemcast_policy_same(old, &policy->cfg);
	int i;

	if (!same || same->index != policy->index ||
	    memcmp(&same->cfg, &policy->cfg, sizeof(same->cfg)))
		return;
	for (i = 0; i < GEMCAST_GSPDS; i++) {
		free_percpu(policy->count[i]);
		policy->count[i] = same->count[i];
	}
	same->moved = true;
}

static void gemcast_transaction_tell(struct gemcast_ruleset *old,
				     struct gemcast_ruleset *new)
{
	struct gemcast_policy *policy, *was;

	for (policy = gemcast_ruleset_first(old); policy;
	     policy = gemcast_ruleset_next(policy))
		if (!policy->moved)
			gemcast_event_policy(old->gn, policy,
					     GEMCAST_CMD_POLICY_DEL_NTF);
	for (policy = gemcast_ruleset_first(new); policy;
	     policy = gemcast_ruleset_next(policy)) {
		was = xa_load(&old->by_index, policy->index);
		if (was && was->moved)
			continue;
		gemcast_event_policy(new->gn, policy, GEMCAST_CMD_POLICY_NTF);
		gemcast_member_policy(new->gn, policy);
	}
}

/**
 * gemcast_transaction_commit() - Put the new rule set into force.
 * @gn: namespace, locked
 * @portid: the socket that began
 * @extack: takes the reason for a refusal
 *
 * Return: 0, -ENOENT, or why the hooks cannot be registered; the transaction
 * then goes on.
 */
int gemcast_transaction_commit(struct gemcast_net *gn, u32 portid,
			       struct netlink_ext_ack *extack)
{
	struct gemcast_ruleset *old = gemcast_ruleset_active(gn);
	struct gemcast_ruleset *new = gn->staged;
	struct gemcast_policy *policy;
	int err;

	err = gemcast_transaction_check(gn, portid, extack);
	if (err)
		return err;
	if (new->npolicies && !gn->hooks) {
		err = gemcast_hooks_enable(gn);
		if (err) {
			NL_SET_ERR_MSG(extack, "cannot register the hooks");
			return err;
		}
	}
	gemcast_transaction_use(new, -1);
	new->staged = false;
	gemcast_transaction_use(new, 1);
	for (policy = gemcast_ruleset_first(new); policy;
	     policy = gemcast_ruleset_next(policy))
		gemcast_transaction_keep(old, policy);
	rcu_assign_pointer(gn->ruleset, new);
	gn->staged = NULL;
	gn->replaced++;
	if (!new->npolicies)
		gemcast_hooks_disable(gn);
	gemcast_transaction_use(old, -1);
	gemcast_transaction_tell(old, new);
	gemcast_ruleset_free(old);
	return 0;
}

void gemcast_transaction_drop(struct gemcast_net *gn)
{
	lockdep_assert_held(&gn->lock);
	if (!gn->staged)
		return;
	gemcast_transaction_use(gn->staged, -1);
	gemcast_ruleset_free(gn->staged);
	gn->staged = NULL;
}

/**
 * gemcast_transaction_abort() - Drop the new rule set.
 * @gn: namespace, locked
 * @portid: the socket that began
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or -ENOENT.
 */
int gemcast_transaction_abort(struct gemcast_net *gn, u32 portid,
			      struct netlink_ext_ack *extack)
{
	int err = gemcast_transaction_check(gn, portid, extack);

	if (!err)
		gemcast_transaction_drop(gn);
	return err;
}

static int gemcast_transaction_socket(struct notifier_block *nb,
				      unsigned long event, void *ptr)
{
	const struct netlink_notify *notify = ptr;
	struct gemcast_net *gn;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	gn = gemcast_net(notify->net);
	if (!gn)
		return NOTIFY_DONE;
	mutex_lock(&gn->lock);
	if (gn->staged && gn->staged_by == notify->portid)
		gemcast_transaction_drop(gn);
	mutex_unlock(&gn->lock);
	return NOTIFY_DONE;
}

static struct notifier_block gemcast_transaction_notifier = {
	.notifier_call = gemcast_transaction_socket,
};

int __init gemcast_transaction_init(void)
{
	return netlink_register_notifier(&gemcast_transaction_notifier);
}

void gemcast_transaction_exit(void)
{
	netlink_unregister_notifier(&gemcast_transaction_notifier);
}
