/* SPDX-License-Identifier: GPL-2.0 */
/* Policies: the group security policy database (RFC 5374 4.1.1). */
#ifndef GEMCAST_POLICY_H
#define GEMCAST_POLICY_H

#include <linux/if.h>
#include <linux/netdevice.h>
#include "addr.h"
#include "flow.h"
#include "group.h"
#include "ruleset.h"

struct gemcast_selector {
	struct in6_addr dst;
	struct in6_addr src;
	u8 dst_len;			/* of 128, see addr.h */
	u8 src_len;			/* 0: any source */
	u8 proto;
	bool any_proto;
	u16 sport_min, sport_max;	/* 0, 65535: any */
	u16 dport_min, dport_max;
	char dev[IFNAMSIZ];		/* empty: any interface */
};

struct gemcast_policy_config {
	struct gemcast_selector sel;
	u32 group;			/* 0 unless protect */
	enum gemcast_policy_dir dir;
	enum gemcast_action action;
	enum gemcast_mode mode;
	enum gemcast_preserve preserve;
	enum gemcast_no_sa no_sa;
	enum gemcast_df df;
	enum gemcast_fragment fragment;
	enum gemcast_ecn ecn;
	enum gemcast_decap_dscp decap_dscp;
	bool has_dscp;			/* else it is copied */
	u8 dscp;
	enum gemcast_reinject reinject;
	char reinject_dev[IFNAMSIZ];	/* empty: where the packet came in */
	struct in6_addr local;		/* any: chosen by route */
	struct in6_addr remote;		/* any: preserved */
	u32 prio;
};

/* Which fields of a selector a request names; the others match everything. */
struct gemcast_policy_filter {
	struct gemcast_policy_config cfg;
	u32 index;			/* 0: any */
	bool has_group, has_dst, has_src, has_proto, has_sport, has_dport;
	bool has_dev, has_dir, has_action, has_prio;
};

struct gemcast_policy {
	/* In its rule set: the chains of its direction, lock and RCU; */
	struct list_head node[GEMCAST_GSPDS];
	struct gemcast_dst *dst;	/* and else lock alone */
	struct list_head same_dst;
	struct rb_node all;
	struct list_head named;
	struct gemcast_policy_config cfg;	/* memcmp() compares it */
	struct gemcast_group *group;	/* NULL unless protect */
	u32 index;
	/* Followed by name, so that an interface may go and come; READ_ONCE. */
	int ifindex;			/* 0: no such interface now */
	int reinject_ifindex;
	struct gemcast_counters __percpu *count[GEMCAST_GSPDS];
	bool moved;			/* an equal one has index and counters now */
	struct rcu_head rcu;
};

static inline bool gemcast_policy_in(const struct gemcast_policy *policy,
				     enum gemcast_gspd which)
{
	return policy->cfg.dir !=
	       (which == GEMCAST_GSPD_OUT ? GEMCAST_POLICY_DIR_RECEIVE :
					    GEMCAST_POLICY_DIR_SEND);
}

/* Is what arrives at its interface sent on by UDP? */
static inline bool gemcast_policy_arriving(const struct gemcast_policy *policy)
{
	return policy->group && policy->group->cfg.port &&
	       policy->cfg.sel.dev[0] &&
	       gemcast_policy_in(policy, GEMCAST_GSPD_OUT);
}

/* In the order in which packets meet them? Lower priorities, then older ones. */
static inline bool gemcast_policy_before(const struct gemcast_policy *policy,
					 u32 prio, u32 index)
{
	return policy->cfg.prio < prio ||
	       (policy->cfg.prio == prio && policy->index < index);
}

static inline bool gemcast_policy_after(const struct gemcast_policy *policy,
					u32 prio, u32 index)
{
	return policy->cfg.prio > prio ||
	       (policy->cfg.prio == prio && policy->index > index);
}

/* These need gn->lock; for @flags and errors see group.h. */
int gemcast_policy_new(struct gemcast_ruleset *rs,
		       const struct gemcast_policy_config *cfg, u16 flags,
		       struct netlink_ext_ack *extack);
/* The policy that @cfg would be a second of, or NULL. */
struct gemcast_policy *
gemcast_policy_same(struct gemcast_ruleset *rs,
		    const struct gemcast_policy_config *cfg);
/* The one policy that @filter selects, or an ERR_PTR: ENOENT, ENOTUNIQ. */
struct gemcast_policy *
gemcast_policy_find(struct gemcast_ruleset *rs,
		    const struct gemcast_policy_filter *filter,
		    struct netlink_ext_ack *extack);
void gemcast_policy_del(struct gemcast_ruleset *rs,
			struct gemcast_policy *policy);
void gemcast_policy_flush(struct gemcast_ruleset *rs,
			  const struct gemcast_policy_filter *filter);
/*
 * Walks over what @filter selects: the first one behind (@prio, @index), from
 * (0, 0) on or where a walk was that let go of the lock; and the next. Or NULL.
 */
struct gemcast_policy *
gemcast_policy_behind(struct gemcast_ruleset *rs,
		      const struct gemcast_policy_filter *filter, u32 prio,
		      u32 index);
struct gemcast_policy *
gemcast_policy_next(struct gemcast_policy *policy,
		    const struct gemcast_policy_filter *filter);
/* How many policies of a rule set use a group. */
u32 *gemcast_policy_users(struct gemcast_ruleset *rs,
			  struct gemcast_group *group);
/* An interface came, went or changed its name. */
void gemcast_policy_dev_event(struct gemcast_ruleset *rs,
			      struct net_device *dev, bool gone);
/* After a grace period, or if no packet saw it. */
void gemcast_policy_free(struct gemcast_policy *policy);

/* Packet path, under RCU: for gemcast_ruleset_lookup(), its dst matches. */
bool gemcast_policy_selects(const struct gemcast_policy *policy,
			    const struct gemcast_flow *flow, bool control);
bool gemcast_policy_on_dev(const struct gemcast_policy *policy,
			   const struct gemcast_flow *flow);

#endif
