/* SPDX-License-Identifier: GPL-2.0 */
/* What gemcast keeps for one network namespace. */
#ifndef GEMCAST_NET_H
#define GEMCAST_NET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/rhashtable.h>
#include <linux/xarray.h>
#include <net/net_namespace.h>
#include "stats.h"

enum gemcast_gspd { GEMCAST_GSPD_OUT, GEMCAST_GSPD_IN, GEMCAST_GSPDS };

struct gemcast_hooks;
struct gemcast_members;
struct gemcast_ruleset;

struct gemcast_net {
	struct net *net;
	/*
	 * Guards every change of configuration: groups, policies, SAs, peers,
	 * and whether the hooks are registered. The packet path reads under
	 * RCU alone. Taken inside RTNL by the device notifier; nothing takes
	 * RTNL while holding it.
	 */
	struct mutex lock;
	struct xarray groups;			/* by id; read under RCU */
	struct gemcast_ruleset __rcu *ruleset;	/* that packets see */
	struct gemcast_ruleset *staged;		/* of a transaction; lock */
	u32 staged_by;				/* its socket; lock */
	u32 replaced;				/* rule sets so far; lock */
	struct rhashtable sad;			/* by struct gemcast_sa_key; RCU */
	struct rhltable outbound;		/* see outbound.h; RCU */
	u32 sad_sources;			/* SAs of one source; written by lock */
	struct list_head sas;			/* all, oldest first; lock */
	struct list_head udp_ports;		/* struct gemcast_udp_port; lock */
	u32 policy_index;			/* last one given; lock */
	u64 sa_number;				/* last one given; lock */
	struct gemcast_hooks *hooks;		/* registered; NULL: none; lock */
	struct gemcast_members *members;	/* see member.c */
	struct sock *ctl4;			/* sends ESP; never loops back */
	struct sock *ctl6;
	struct gemcast_stats __percpu *stats;
	u64 stats_base[__GEMCAST_A_STATS_MAX];	/* lock */
	atomic_t audit_suppressed;
	atomic_long_t audit_next;		/* jiffies, see event.c */
};

struct gemcast_net *gemcast_net(struct net *net);

/* Counts one. Softirqs off. */
static inline void gemcast_stats_inc(struct gemcast_net *gn,
				     enum gemcast_stats_attr which)
{
	struct gemcast_stats *stats = this_cpu_ptr(gn->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->count[which]);
	u64_stats_update_end(&stats->syncp);
}

/* The index of interface @name, 0 if @name is empty, or -ENODEV. */
int gemcast_net_find_dev(const struct gemcast_net *gn, const char *name,
			 struct netlink_ext_ack *extack);
/* Keeps a name and an index together when @dev comes, goes or is renamed. */
void gemcast_net_follow_dev(char *name, int *ifindex,
			    const struct net_device *dev, bool gone);

int gemcast_net_init(void);
void gemcast_net_exit(void);

#endif
