/* SPDX-License-Identifier: GPL-2.0 */
/* Policies: the group security policy database (RFC 5374 4.1.1). */
#ifndef GEMCAST_POLICY_H
#define GEMCAST_POLICY_H

#include <linux/if.h>
#include <linux/netdevice.h>
#include "addr.h"
#include "flow.h"
#include "group.h"

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
	/* In the GSPDs of its direction; lock, RCU. */
	struct list_head node[GEMCAST_GSPDS];
	struct list_head all;		/* gn->policies; lock */
	struct gemcast_policy_config cfg;
	struct gemcast_group *group;	/* NULL unless protect */
	u32 index;
	/* Followed by name, so that an interface may go and come; READ_ONCE. */
	int ifindex;			/* 0: no such interface now */
	int reinject_ifindex;
	struct gemcast_counters __percpu *count[GEMCAST_GSPDS];
	struct rcu_head rcu;
};

static inline bool gemcast_policy_in(const struct gemcast_policy *policy,
				     enum gemcast_gspd which)
{
	return policy->cfg.dir !=
	       (which == GEMCAST_GSPD_OUT ? GEMCAST_POLICY_DIR_RECEIVE :
					    GEMCAST_POLICY_DIR_SEND);
}

/* These need gn->lock; for @flags and errors see group.h. */
int gemcast_policy_new(struct gemcast_net *gn,
		       const struct gemcast_policy_config *cfg, u16 flags,
		       struct netlink_ext_ack *extack);
/* The one policy that @filter selects, or an ERR_PTR: ENOENT, ENOTUNIQ. */
struct gemcast_policy *
gemcast_policy_find(struct gemcast_net *gn,
		    const struct gemcast_policy_filter *filter,
		    struct netlink_ext_ack *extack);
bool gemcast_policy_matches(const struct gemcast_policy *policy,
			    const struct gemcast_policy_filter *filter);
void gemcast_policy_del(struct gemcast_net *gn, struct gemcast_policy *policy);
void gemcast_policy_flush(struct gemcast_net *gn,
			  const struct gemcast_policy_filter *filter);
/*
 * The next policy by (prio, index), for a dump that goes on after the lock was
 * let go: the last one it saw may be gone. NULL at the end. Within one hold of
 * the lock walk gn->policies.
 */
struct gemcast_policy *gemcast_policy_behind(struct gemcast_net *gn, u32 prio,
					     u32 index);
/* An interface came, went or changed its name. */
void gemcast_policy_dev_event(struct gemcast_net *gn, struct net_device *dev,
			      bool gone);

/* Packet path, under RCU: the first match by priority, or NULL. */
struct gemcast_policy *gemcast_policy_lookup(const struct gemcast_net *gn,
					     enum gemcast_gspd which,
					     const struct gemcast_flow *flow);

#endif
