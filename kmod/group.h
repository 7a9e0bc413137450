/* SPDX-License-Identifier: GPL-2.0 */
/* Groups: a number that ties policies, SAs and peers together. */
#ifndef GEMCAST_GROUP_H
#define GEMCAST_GROUP_H

#include <linux/netlink.h>
#include "net.h"

struct gemcast_sa;
struct gemcast_lanes;
struct gemcast_udp_port;

struct gemcast_group_config {
	u32 id;
	enum gemcast_encap encap;
	u16 port;			/* host order; 0 unless encap udp */
	bool has_parallel;		/* of a request; else it stays, at first off */
	bool parallel;
};

struct gemcast_group {
	struct gemcast_net *gn;
	struct gemcast_group_config cfg;
	/* What is sent by now; chosen by gemcast_group_select_current(). */
	struct gemcast_sa __rcu *current_sa;
	struct gemcast_lanes __rcu *lanes;	/* NULL until it was parallel once */
	struct list_head sas;		/* leading edge first; lock */
	struct list_head peers;		/* lock, RCU */
	u32 nsas;			/* lock */
	u32 npeers;			/* lock */
	u32 npolicies;			/* lock */
	u32 nstaged;			/* policies of a transaction; lock */
	struct gemcast_udp_port *port;	/* encap udp; as long as the group */
	atomic_long_t acquire_next;	/* jiffies: no acquire before */
	struct rcu_head rcu;
};

/*
 * All of these need gn->lock. @flags are NLM_F_CREATE, _EXCL, _REPLACE. They
 * return 0 or a negative errno with a reason in @extack, and then nothing has
 * changed.
 */
int gemcast_group_new(struct gemcast_net *gn,
		      const struct gemcast_group_config *cfg, u16 flags,
		      struct netlink_ext_ack *extack);
int gemcast_group_del(struct gemcast_net *gn, u32 id,
		      struct netlink_ext_ack *extack);
/* Deletes the group @id, or all if 0, with everything in it. */
int gemcast_group_flush(struct gemcast_net *gn, u32 id,
			struct netlink_ext_ack *extack);
/* NULL if there is none. */
struct gemcast_group *gemcast_group_find(struct gemcast_net *gn, u32 id);
/* After an SA came, went, or passed one of its times. */
void gemcast_group_select_current(struct gemcast_group *group);

/*
 * Packet path, under RCU: the SA to send by from @src to @dst, which are the
 * addresses of the outer header; NULL if there is none.
 */
struct gemcast_sa *gemcast_group_send_sa(const struct gemcast_group *group,
					 const struct in6_addr *dst,
					 const struct in6_addr *src);

#endif
