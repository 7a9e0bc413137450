/* SPDX-License-Identifier: GPL-2.0 */
/* Peers: the unicast far ends of a udp group. */
#ifndef GEMCAST_PEER_H
#define GEMCAST_PEER_H

#include <linux/if.h>
#include <linux/netdevice.h>
#include <net/dst_cache.h>
#include "addr.h"
#include "group.h"

struct gemcast_peer_config {
	u32 group;
	struct in6_addr addr;
	u16 port;			/* host order */
	char dev[IFNAMSIZ];		/* empty: by route */
};

struct gemcast_peer {
	struct list_head node;		/* group->peers; lock, RCU */
	u64 number;			/* grows along the list */
	struct gemcast_peer_config cfg;
	int ifindex;			/* READ_ONCE; 0: no such interface now */
	struct dst_cache cache;
	struct gemcast_counters __percpu *out;
	struct rcu_head rcu;
};

/* These need gn->lock; for @flags and errors see group.h. */
int gemcast_peer_new(struct gemcast_net *gn,
		     const struct gemcast_peer_config *cfg, u16 flags,
		     struct netlink_ext_ack *extack);
/* By group, address and port. */
int gemcast_peer_del(struct gemcast_net *gn,
		     const struct gemcast_peer_config *cfg,
		     struct netlink_ext_ack *extack);
void gemcast_peer_flush(struct gemcast_group *group);
void gemcast_peer_dev_event(struct gemcast_net *gn, struct net_device *dev,
			    bool gone);

#endif
