// SPDX-License-Identifier: GPL-2.0
/*
 * Members: which groups have receivers, and by which interface. A receiver is a
 * socket on this host, or a host on the protected side of a gateway that IGMP or
 * MLD told us of. The first for a policy, and the last, are worth an event, by
 * which key management joins and leaves (RFC 5374 4.1.1).
 *
 * Packets are read where they pass and left, as reports, in a bounded queue
 * under a spinlock; all else is done by a work under gn->lock, which guards the
 * list. A host that says nothing more is believed gone when a leave, or two
 * queries, stay without answer.
 */
#include <linux/igmp.h>
#include <linux/inetdevice.h>
#include <linux/kfifo.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include "event.h"
#include "member.h"
#include "report.h"

#define GEMCAST_MEMBERS_MAX	4096
#define GEMCAST_MEMBER_QUEUE	256
#define GEMCAST_MEMBER_TICK	HZ
/* For others to answer the queries that follow a leave (RFC 3376 8.8, 8.9). */
#define GEMCAST_MEMBER_LEAVE	(3 * HZ)
#define GEMCAST_MEMBER_QUERIES	2	/* without answer; RFC 3376 8.1 */

struct gemcast_member {
	struct list_head node;
	struct in6_addr group;
	int ifindex;
	bool local;			/* a socket of this host */
	bool leaving;
	unsigned long gone_at;		/* jiffies, if leaving */
	unsigned int queries;		/* since it was last heard of */
};

struct gemcast_member_note {
	struct gemcast_report report;
	int ifindex;
	bool local;
};

struct gemcast_members {
	struct gemcast_net *gn;
	struct list_head list;		/* gn->lock */
	unsigned int count;		/* gn->lock */
	struct delayed_work work;
	spinlock_t lock;		/* guards the notes; softirqs too */
	DECLARE_KFIFO(notes, struct gemcast_member_note, GEMCAST_MEMBER_QUEUE);
};

/* Does the policy receive such a group from there? */
static bool gemcast_member_wanted(const struct gemcast_policy *policy,
				  const struct in6_addr *group, int ifindex,
				  bool local)
{
	const struct gemcast_selector *sel = &policy->cfg.sel;
	bool there;

	if (!policy->group || policy->cfg.dir == GEMCAST_POLICY_DIR_SEND ||
	    !ipv6_prefix_equal(&sel->dst, group, sel->dst_len))
		return false;
	if (!*sel->dev)
		return true;
	/*
	 * This host receives where ESP comes in; for others a gateway does, on
	 * its other side. A udp group's policy names that side.
	 */
	there = READ_ONCE(policy->ifindex) == ifindex;
	return local || policy->group->port ? there : !there;
}

static bool gemcast_member_others(struct gemcast_members *members,
				  const struct gemcast_policy *policy,
				  const struct gemcast_member *but)
{
	const struct gemcast_member *member;

	list_for_each_entry(member, &members->list, node)
		if (member != but &&
		    ipv6_addr_equal(&member->group, &but->group) &&
		    gemcast_member_wanted(policy, &member->group,
					  member->ifindex, member->local))
			return true;
	return false;
}

/*
 * Tells the policies that want a member of the group, if it is the first or the
 * last one. Returns how many want it. Lock held.
 */
static unsigned int gemcast_member_tell(struct gemcast_members *members,
					const struct gemcast_member *member,
					enum gemcast_acquire_kind kind)
{
	struct gemcast_ruleset *rs = gemcast_ruleset_active(members->gn);
	struct gemcast_policy *policy;
	struct gemcast_dst *dst;
	struct in6_addr prefix;
	unsigned int len, n = 0;

	for_each_set_bit(len, rs->lens, GEMCAST_DST_BITS + 1) {
		ipv6_addr_prefix(&prefix, &member->group, len);
		dst = gemcast_ruleset_dst(rs, &prefix, len);
		if (!dst)
			continue;
		list_for_each_entry(policy, &dst->policies, same_dst) {
			if (!gemcast_member_wanted(policy, &member->group,
						   member->ifindex,
						   member->local))
				continue;
			n++;
			if (!gemcast_member_others(members, policy, member))
				gemcast_event_member(policy, &member->group,
						     member->ifindex, kind);
		}
	}
	return n;
}

static void gemcast_member_remove(struct gemcast_members *members,
				  struct gemcast_member *member)
{
	gemcast_member_tell(members, member, GEMCAST_ACQUIRE_KIND_LEAVE);
	list_del(&member->node);
	members->count--;
	kfree(member);
}

static struct gemcast_member *
gemcast_member_find(struct gemcast_members *members,
		    const struct in6_addr *group, int ifindex, bool local)
{
	struct gemcast_member *member;

	list_for_each_entry(member, &members->list, node)
		if (member->ifindex == ifindex && member->local == local &&
		    ipv6_addr_equal(&member->group, group))
			return member;
	return NULL;
}

/* Lock held. */
static void gemcast_member_join(struct gemcast_members *members,
				const struct in6_addr *group, int ifindex,
				bool local)
{
	struct gemcast_member *member;

	member = gemcast_member_find(members, group, ifindex, local);
	if (member) {
		member->leaving = false;
		member->queries = 0;
		return;
	}
	if (members->count >= GEMCAST_MEMBERS_MAX)
		return;
	member = kzalloc(sizeof(*member), GFP_KERNEL_ACCOUNT);
	if (!member)
		return;
	member->group = *group;
	member->ifindex = ifindex;
	member->local = local;
	/* What no policy receives is nobody's business. */
	if (!gemcast_member_tell(members, member, GEMCAST_ACQUIRE_KIND_RECEIVE)) {
		kfree(member);
		return;
	}
	list_add_tail(&member->node, &members->list);
	members->count++;
}

static void gemcast_member_query(struct gemcast_members *members,
				 const struct in6_addr *group, int ifindex)
{
	bool all = ipv6_addr_any(group);
	struct gemcast_member *member;

	list_for_each_entry(member, &members->list, node) {
		if (member->local || member->ifindex != ifindex ||
		    !(all || ipv6_addr_equal(&member->group, group)))
			continue;
		/* The answers take some seconds (RFC 3376 8.3). */
		if (++member->queries > GEMCAST_MEMBER_QUERIES &&
		    !member->leaving) {
			member->leaving = true;
			member->gone_at = jiffies + GEMCAST_MEMBER_LEAVE;
		}
	}
}

static void gemcast_member_leave(struct gemcast_members *members,
				 const struct in6_addr *group, int ifindex,
				 bool local)
{
	struct gemcast_member *member;

	member = gemcast_member_find(members, group, ifindex, local);
	if (!member || member->leaving)
		return;
	member->leaving = true;
	member->gone_at = jiffies;
	if (!local)
		member->gone_at += GEMCAST_MEMBER_LEAVE;
}

/* Lock held. */
static void gemcast_member_note(struct gemcast_members *members,
				const struct gemcast_member_note *note)
{
	const struct in6_addr *group = &note->report.group;

	switch (note->report.kind) {
	case GEMCAST_REPORT_JOIN:
		gemcast_member_join(members, group, note->ifindex,
				    note->local);
		break;
	case GEMCAST_REPORT_LEAVE:
		gemcast_member_leave(members, group, note->ifindex,
				     note->local);
		break;
	case GEMCAST_REPORT_QUERY:
		gemcast_member_query(members, group, note->ifindex);
		break;
	}
}

static bool gemcast_member_joined4(const struct net_device *dev, __be32 group)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct ip_mc_list *mc;

	if (!in_dev)
		return false;
	for (mc = rcu_dereference(in_dev->mc_list); mc;
	     mc = rcu_dereference(mc->next_rcu))
		if (mc->multiaddr == group)
			return true;
	return false;
}

bool gemcast_member_joined6(const struct net_device *dev,
			    const struct in6_addr *group)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);
	const struct ifmcaddr6 *mc;

	if (!idev)
		return false;
	for (mc = rcu_dereference(idev->mc_list); mc;
	     mc = rcu_dereference(mc->next))
		if (ipv6_addr_equal(&mc->mca_addr, group))
			return true;
	return false;
}

/* Is it still there, as far as can be seen? */
static bool gemcast_member_there(const struct gemcast_net *gn,
				 const struct gemcast_member *member)
{
	const struct net_device *dev;
	bool there = false;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(gn->net, member->ifindex);
	if (dev && !member->local)
		there = !member->leaving || time_before(jiffies,
							member->gone_at);
	else if (dev && ipv6_addr_v4mapped(&member->group))
		there = gemcast_member_joined4(dev,
					       gemcast_addr_v4(&member->group));
	else if (dev)
		there = gemcast_member_joined6(dev, &member->group);
	rcu_read_unlock();
	return there;
}

static void gemcast_member_work(struct work_struct *work)
{
	struct gemcast_members *members =
		container_of(to_delayed_work(work), struct gemcast_members,
			     work);
	struct gemcast_member *member, *next;
	struct gemcast_member_note note;

	mutex_lock(&members->gn->lock);
	while (kfifo_out_spinlocked(&members->notes, &note, 1, &members->lock))
		gemcast_member_note(members, &note);
	list_for_each_entry_safe(member, next, &members->list, node)
		if (!gemcast_member_there(members->gn, member))
			gemcast_member_remove(members, member);
	if (!list_empty(&members->list))
		queue_delayed_work(system_wq, &members->work,
				   GEMCAST_MEMBER_TICK);
	mutex_unlock(&members->gn->lock);
}

/* Any context. What finds no room is said again: reports are repeated. */
static void gemcast_member_put(struct gemcast_members *members,
			       const struct gemcast_member_note *note)
{
	kfifo_in_spinlocked(&members->notes, note, 1, &members->lock);
}

/* At once, whether or not a tick is pending. */
static void gemcast_member_kick(struct gemcast_members *members)
{
	mod_delayed_work(system_wq, &members->work, 0);
}

/**
 * gemcast_member_report() - Look for news of receivers in a message.
 * @gn: namespace
 * @skb: a packet of IGMP or ICMPv6
 * @flow: what was read of it
 * @local: it leaves this host, else it came in
 *
 * Context: RCU, softirqs off.
 */
void gemcast_member_report(struct gemcast_net *gn, const struct sk_buff *skb,
			   const struct gemcast_flow *flow, bool local)
{
	struct gemcast_report reports[GEMCAST_REPORTS_MAX];
	unsigned int i, n;

	n = gemcast_report_read(skb, flow, reports);
	if (!n)
		return;
	for (i = 0; i < n; i++) {
		struct gemcast_member_note note = {
			.report = reports[i],
			.ifindex = flow->ifindex,
			.local = local,
		};

		gemcast_member_put(gn->members, &note);
	}
	gemcast_member_kick(gn->members);
}

static void gemcast_member_note_local(struct gemcast_members *members,
				      const struct gemcast_policy *policy,
				      const struct net_device *dev,
				      const struct in6_addr *group)
{
	struct gemcast_member_note note = {
		.report = { .kind = GEMCAST_REPORT_JOIN, .group = *group },
		.ifindex = dev->ifindex,
		.local = true,
	};

	if (gemcast_member_wanted(policy, group, dev->ifindex, true))
		gemcast_member_put(members, &note);
}

/* The groups that sockets of this host have joined by an interface. RCU. */
static void gemcast_member_note_dev(struct gemcast_members *members,
				    const struct gemcast_policy *policy,
				    const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct inet6_dev *idev = __in6_dev_get(dev);
	const struct ifmcaddr6 *mc6;
	const struct ip_mc_list *mc;
	struct in6_addr group;

	if (dev->flags & IFF_LOOPBACK)
		return;
	for (mc = in_dev ? rcu_dereference(in_dev->mc_list) : NULL; mc;
	     mc = rcu_dereference(mc->next_rcu)) {
		ipv6_addr_set_v4mapped(mc->multiaddr, &group);
		gemcast_member_note_local(members, policy, dev, &group);
	}
	for (mc6 = idev ? rcu_dereference(idev->mc_list) : NULL; mc6;
	     mc6 = rcu_dereference(mc6->next))
		gemcast_member_note_local(members, policy, dev, &mc6->mca_addr);
}

/**
 * gemcast_member_policy() - Tell a policy of the receivers there are.
 * @gn: namespace, locked
 * @policy: one that came, or was replaced
 */
void gemcast_member_policy(struct gemcast_net *gn,
			   const struct gemcast_policy *policy)
{
	struct gemcast_members *members = gn->members;
	struct gemcast_member *member, *before;
	const struct net_device *dev;

	lockdep_assert_held(&gn->lock);
	if (!policy->group || policy->cfg.dir == GEMCAST_POLICY_DIR_SEND)
		return;
	list_for_each_entry(member, &members->list, node) {
		if (!gemcast_member_wanted(policy, &member->group,
					   member->ifindex, member->local))
			continue;
		/* Once for each group. */
		list_for_each_entry(before, &members->list, node)
			if (before == member ||
			    (ipv6_addr_equal(&before->group, &member->group) &&
			     gemcast_member_wanted(policy, &before->group,
						   before->ifindex,
						   before->local)))
				break;
		if (before == member)
			gemcast_event_member(policy, &member->group,
					     member->ifindex,
					     GEMCAST_ACQUIRE_KIND_RECEIVE);
	}
	rcu_read_lock();
	for_each_netdev_rcu(gn->net, dev)
		gemcast_member_note_dev(members, policy, dev);
	rcu_read_unlock();
	gemcast_member_kick(members);
}

static void gemcast_members_clear(struct gemcast_members *members)
{
	struct gemcast_member *member, *next;

	list_for_each_entry_safe(member, next, &members->list, node)
		kfree(member);
	INIT_LIST_HEAD(&members->list);
	members->count = 0;
}

/**
 * gemcast_member_forget() - Forget all receivers, and tell nobody.
 * @gn: namespace, locked; it has no policy any more
 */
void gemcast_member_forget(struct gemcast_net *gn)
{
	lockdep_assert_held(&gn->lock);
	gemcast_members_clear(gn->members);
}

struct gemcast_members *gemcast_members_alloc(struct gemcast_net *gn)
{
	struct gemcast_members *members;

	members = kvzalloc(sizeof(*members), GFP_KERNEL_ACCOUNT);
	if (!members)
		return NULL;
	members->gn = gn;
	INIT_LIST_HEAD(&members->list);
	INIT_DELAYED_WORK(&members->work, gemcast_member_work);
	spin_lock_init(&members->lock);
	INIT_KFIFO(members->notes);
	return members;
}

void gemcast_members_free(struct gemcast_members *members)
{
	cancel_delayed_work_sync(&members->work);
	gemcast_members_clear(members);
	kvfree(members);
}
