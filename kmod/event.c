// SPDX-License-Identifier: GPL-2.0
/*
 * Events: one message for each, to whoever listens in the namespace. Where
 * nobody listens none is built.
 *
 * What the packet path tells is held back by a clock in one atomic word, so
 * that no flood of packets becomes a flood of messages, and no CPU waits for
 * another.
 */
#include "event.h"
#include "netlink.h"

#define GEMCAST_ACQUIRE_INTERVAL	HZ
#define GEMCAST_AUDIT_INTERVAL		(HZ / 10)
#define GEMCAST_AUDIT_BURST		10

/*
 * May an event happen now? @clock runs ahead of jiffies by @interval for each
 * one, at most by @burst of them; one that is further off was left behind by
 * jiffies long ago. Of two CPUs at the same time one is refused.
 */
static bool gemcast_event_allow(atomic_long_t *clock, long interval, int burst)
{
	long old = atomic_long_read(clock), now = jiffies;
	long ahead = (unsigned long)old - (unsigned long)now;

	if (ahead < 0 || ahead > burst * interval)
		ahead = 0;
	if (ahead > (burst - 1) * interval)
		return false;
	return atomic_long_try_cmpxchg(clock, &old, (unsigned long)now + ahead +
						    interval);
}

/* The family has its multicast groups; read under RCU. */
static bool gemcast_events_on;

void gemcast_event_start(void)
{
	WRITE_ONCE(gemcast_events_on, true);
}

void gemcast_event_stop(void)
{
	WRITE_ONCE(gemcast_events_on, false);
	synchronize_rcu();
}

static bool gemcast_event_heard(const struct gemcast_net *gn,
				enum gemcast_mcgrp mcgrp)
{
	return READ_ONCE(gemcast_events_on) &&
	       genl_has_listeners(&gemcast_family, gn->net, mcgrp);
}

/* A message under way. */
struct gemcast_event {
	struct sk_buff *skb;
	void *hdr;
};

static bool gemcast_event_begin(struct gemcast_event *event,
				enum gemcast_cmd cmd, gfp_t gfp)
{
	event->skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, gfp);
	if (!event->skb)
		return false;
	event->hdr = genlmsg_put(event->skb, 0, 0, &gemcast_family, 0, cmd);
	if (event->hdr)
		return true;
	nlmsg_free(event->skb);
	return false;
}

/* @err: it could not be written. True if it was sent. */
static bool gemcast_event_end(struct gemcast_event *event,
			      const struct gemcast_net *gn,
			      enum gemcast_mcgrp mcgrp, int err)
{
	rcu_read_lock();
	if (WARN_ON_ONCE(err) || !READ_ONCE(gemcast_events_on)) {
		rcu_read_unlock();
		nlmsg_free(event->skb);
		return false;
	}
	genlmsg_end(event->skb, event->hdr);
	err = genlmsg_multicast_netns(&gemcast_family, gn->net, event->skb, 0,
				      mcgrp, GFP_ATOMIC);
	rcu_read_unlock();
	/* That nobody listens in this namespace is no loss. */
	return !err || err == -ESRCH;
}

static int gemcast_event_put_dev(struct sk_buff *skb, int attr,
				 const struct gemcast_net *gn, int ifindex)
{
	const struct net_device *dev;
	int err = 0;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(gn->net, ifindex);
	if (dev)
		err = nla_put_string(skb, attr, dev->name);
	rcu_read_unlock();
	return err;
}

static int gemcast_event_put_acquire(struct sk_buff *skb,
				     const struct gemcast_policy *policy,
				     const struct gemcast_flow *flow)
{
	struct nlattr *nest = nla_nest_start(skb, GEMCAST_A_OBJECT_ACQUIRE);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, GEMCAST_A_ACQUIRE_KIND, GEMCAST_ACQUIRE_KIND_SEND) ?:
	      nla_put_u32(skb, GEMCAST_A_ACQUIRE_GROUP, policy->cfg.group) ?:
	      nla_put_u32(skb, GEMCAST_A_ACQUIRE_POLICY, policy->index) ?:
	      gemcast_nl_put_addr(skb, GEMCAST_A_ACQUIRE_DST, &flow->dst) ?:
	      gemcast_nl_put_addr(skb, GEMCAST_A_ACQUIRE_SRC, &flow->src) ?:
	      nla_put_u8(skb, GEMCAST_A_ACQUIRE_PROTO, flow->proto) ?:
	      gemcast_event_put_dev(skb, GEMCAST_A_ACQUIRE_DEV,
				    policy->group->gn, flow->ifindex);
	if (!err && flow->ports)
		err = nla_put_u16(skb, GEMCAST_A_ACQUIRE_SPORT, flow->sport) ?:
		      nla_put_u16(skb, GEMCAST_A_ACQUIRE_DPORT, flow->dport);
	nla_nest_end(skb, nest);
	return err;
}

/**
 * gemcast_event_acquire() - Tell that a packet found no SA to be sent by.
 * @policy: which protects it
 * @flow: the packet
 *
 * At most once a second for each group.
 *
 * Context: any, under RCU.
 */
void gemcast_event_acquire(struct gemcast_policy *policy,
			   const struct gemcast_flow *flow)
{
	struct gemcast_group *group = policy->group;
	struct gemcast_net *gn = group->gn;
	struct gemcast_event event;

	if (!gemcast_event_heard(gn, GEMCAST_MC_ACQUIRE) ||
	    !gemcast_event_allow(&group->acquire_next,
				 GEMCAST_ACQUIRE_INTERVAL, 1) ||
	    !gemcast_event_begin(&event, GEMCAST_CMD_ACQUIRE_NTF, GFP_ATOMIC))
		return;
	gemcast_event_end(&event, gn, GEMCAST_MC_ACQUIRE,
			  gemcast_event_put_acquire(event.skb, policy, flow));
}

static int gemcast_event_put_member(struct sk_buff *skb,
				    const struct gemcast_policy *policy,
				    const struct in6_addr *dst, int ifindex,
				    enum gemcast_acquire_kind kind)
{
	struct nlattr *nest = nla_nest_start(skb, GEMCAST_A_OBJECT_ACQUIRE);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, GEMCAST_A_ACQUIRE_KIND, kind) ?:
	      nla_put_u32(skb, GEMCAST_A_ACQUIRE_GROUP, policy->cfg.group) ?:
	      nla_put_u32(skb, GEMCAST_A_ACQUIRE_POLICY, policy->index) ?:
	      gemcast_nl_put_addr(skb, GEMCAST_A_ACQUIRE_DST, dst) ?:
	      gemcast_event_put_dev(skb, GEMCAST_A_ACQUIRE_DEV,
				    policy->group->gn, ifindex);
	nla_nest_end(skb, nest);
	return err;
}

/**
 * gemcast_event_member() - Tell that there is a receiver, or none any more.
 * @policy: whose group it is, its namespace locked
 * @dst: the IP multicast group
 * @ifindex: the interface where it is
 * @kind: GEMCAST_ACQUIRE_KIND_RECEIVE or _LEAVE
 */
void gemcast_event_member(const struct gemcast_policy *policy,
			  const struct in6_addr *dst, int ifindex,
			  enum gemcast_acquire_kind kind)
{
	struct gemcast_net *gn = policy->group->gn;
	struct gemcast_event event;

	lockdep_assert_held(&gn->lock);
	if (gemcast_event_heard(gn, GEMCAST_MC_ACQUIRE) &&
	    gemcast_event_begin(&event, GEMCAST_CMD_ACQUIRE_NTF, GFP_KERNEL))
		gemcast_event_end(&event, gn, GEMCAST_MC_ACQUIRE,
				  gemcast_event_put_member(event.skb, policy,
							   dst, ifindex, kind));
}

/* RFC 4303 names what is to be told of an audited event. */
static int gemcast_event_put_audit(struct sk_buff *skb,
				   const struct gemcast_net *gn,
				   const struct gemcast_audit *audit,
				   u32 suppressed)
{
	struct nlattr *nest = nla_nest_start(skb, GEMCAST_A_OBJECT_AUDIT);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, GEMCAST_A_AUDIT_REASON, audit->reason) ?:
	      gemcast_nl_put_addr(skb, GEMCAST_A_AUDIT_DST, &audit->dst) ?:
	      gemcast_nl_put_addr(skb, GEMCAST_A_AUDIT_SRC, &audit->src) ?:
	      gemcast_event_put_dev(skb, GEMCAST_A_AUDIT_DEV, gn,
				    audit->ifindex);
	if (!err && audit->esp)
		err = nla_put_u32(skb, GEMCAST_A_AUDIT_SPI, audit->spi) ?:
		      nla_put_u32(skb, GEMCAST_A_AUDIT_SEQ, audit->seq);
	if (!err && gemcast_addr_family(&audit->dst) == AF_INET6)
		err = nla_put_u32(skb, GEMCAST_A_AUDIT_FLOW, audit->flow_label);
	if (!err && suppressed)
		err = nla_put_u32(skb, GEMCAST_A_AUDIT_SUPPRESSED, suppressed);
	nla_nest_end(skb, nest);
	return err;
}

/**
 * gemcast_event_audit() - Tell of a dropped packet that is to be audited.
 * @gn: namespace
 * @audit: what is known of the packet
 *
 * Ten at once, then ten a second; how many were left out is told by the next.
 *
 * Context: any.
 */
void gemcast_event_audit(struct gemcast_net *gn,
			 const struct gemcast_audit *audit)
{
	bool heard = gemcast_event_heard(gn, GEMCAST_MC_AUDIT);
	bool wanted = gemcast_audit_wanted();
	struct gemcast_event event;
	int suppressed;

	if (!heard && !wanted)
		return;
	if (!gemcast_event_allow(&gn->audit_next, GEMCAST_AUDIT_INTERVAL,
				 GEMCAST_AUDIT_BURST) ||
	    (heard && !gemcast_event_begin(&event, GEMCAST_CMD_AUDIT_NTF,
					   GFP_ATOMIC))) {
		atomic_inc(&gn->audit_suppressed);
		return;
	}
	suppressed = atomic_xchg(&gn->audit_suppressed, 0);
	if (wanted)
		gemcast_audit_record(gn, audit, suppressed);
	if (heard &&
	    !gemcast_event_end(&event, gn, GEMCAST_MC_AUDIT,
			       gemcast_event_put_audit(event.skb, gn, audit,
						       suppressed)))
		atomic_add(suppressed + 1, &gn->audit_suppressed);
}

bool gemcast_event_sa_heard(const struct gemcast_net *gn)
{
	return gemcast_event_heard(gn, GEMCAST_MC_SA);
}

/**
 * gemcast_event_sa() - Tell of an SA that came, went or changed its state.
 * @sa: the SA, its namespace locked
 * @cmd: GEMCAST_CMD_SA_NTF or GEMCAST_CMD_SA_DEL_NTF
 */
void gemcast_event_sa(const struct gemcast_sa *sa, enum gemcast_cmd cmd)
{
	struct gemcast_net *gn = sa->group->gn;
	struct gemcast_event event;

	lockdep_assert_held(&gn->lock);
	if (gemcast_event_heard(gn, GEMCAST_MC_SA) &&
	    gemcast_event_begin(&event, cmd, GFP_KERNEL))
		gemcast_event_end(&event, gn, GEMCAST_MC_SA,
				  gemcast_nl_put_sa(event.skb, sa));
}

/**
 * gemcast_event_policy() - Tell of a policy that came, went or was replaced.
 * @gn: its namespace, locked
 * @policy: the policy
 * @cmd: GEMCAST_CMD_POLICY_NTF or GEMCAST_CMD_POLICY_DEL_NTF
 */
void gemcast_event_policy(struct gemcast_net *gn,
			  const struct gemcast_policy *policy,
			  enum gemcast_cmd cmd)
{
	struct gemcast_event event;

	lockdep_assert_held(&gn->lock);
	if (gemcast_event_heard(gn, GEMCAST_MC_POLICY) &&
	    gemcast_event_begin(&event, cmd, GFP_KERNEL))
		gemcast_event_end(&event, gn, GEMCAST_MC_POLICY,
				  gemcast_nl_put_policy(event.skb, policy));
}

static int gemcast_event_put_expire(struct sk_buff *skb, bool hard,
				    enum gemcast_expire_cause cause)
{
	struct nlattr *nest = nla_nest_start(skb, GEMCAST_A_OBJECT_EXPIRE);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, GEMCAST_A_EXPIRE_CAUSE, cause);
	if (!err && hard)
		err = nla_put_flag(skb, GEMCAST_A_EXPIRE_HARD);
	nla_nest_end(skb, nest);
	return err;
}

/**
 * gemcast_event_expire() - Tell that an SA came to one of its limits.
 * @sa: the SA, its namespace locked
 * @hard: it is dead by it
 * @cause: which limit
 */
void gemcast_event_expire(const struct gemcast_sa *sa, bool hard,
			  enum gemcast_expire_cause cause)
{
	struct gemcast_net *gn = sa->group->gn;
	struct gemcast_event event;

	lockdep_assert_held(&gn->lock);
	if (gemcast_event_heard(gn, GEMCAST_MC_EXPIRE) &&
	    gemcast_event_begin(&event, GEMCAST_CMD_EXPIRE_NTF, GFP_KERNEL))
		gemcast_event_end(&event, gn, GEMCAST_MC_EXPIRE,
				  gemcast_nl_put_sa(event.skb, sa) ?:
				  gemcast_event_put_expire(event.skb, hard,
							   cause));
}
