/* SPDX-License-Identifier: GPL-2.0 */
/* Parallel groups: one flow's AES-GCM on many CPUs, its packets in their order. */
#ifndef GEMCAST_PARALLEL_H
#define GEMCAST_PARALLEL_H

#include <linux/hash.h>
#include <linux/skbuff.h>
#include "resume.h"
#include "sa.h"

struct gemcast_lane;

/* Inbound lanes of a group. */
#define GEMCAST_LANES_IN_BITS	3

/* A packet in a lane, in its cb. */
struct gemcast_job {
	struct gemcast_sa *sa;		/* held */
	union {
		struct {		/* outbound: */
			u32 payload;	/* its length, */
			u8 next;	/* its protocol, */
			u8 tos;		/* of the outer header, for UDP */
			bool forwarded;
		};
		struct {		/* inbound: */
			u8 iv[8];
			gemcast_okfn okfn;	/* native: where it goes on */
		};
	};
	u32 seq;
	bool done;			/* worked on; the lane's lock */
	u8 drop;			/* what came of it: a counter, or 0 */
	u16 head;			/* offset of ESP from skb->data */
};

static inline struct gemcast_job *gemcast_job(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct gemcast_job) > sizeof(skb->cb));
	return (struct gemcast_job *)skb->cb;
}

int gemcast_parallel_init(void);
void gemcast_parallel_exit(void);

/*
 * These need gn->lock. Off, a group's lanes are used until they are empty. To
 * free them no policy and no SA of the group may be found any more.
 */
int gemcast_parallel_set(struct gemcast_group *group, bool on);
void gemcast_parallel_free(struct gemcast_group *group);

struct gemcast_parallel_count {
	u32 cpus;			/* that have worked, */
	u64 packets;			/* on so many, */
	u64 busiest;			/* and one of them on so many */
};

void gemcast_parallel_count(const struct gemcast_group *group,
			    struct gemcast_parallel_count *count);

/*
 * Packet path, under RCU, softirqs off: the lane to put packets into, or NULL if
 * they are to be worked on where they are.
 */
struct gemcast_lane *gemcast_lane_get(struct gemcast_lanes *lanes, u32 index);

static inline struct gemcast_lane *
gemcast_lane_out(const struct gemcast_group *group)
{
	struct gemcast_lanes *lanes = rcu_dereference(group->lanes);

	return likely(!lanes) ? NULL : gemcast_lane_get(lanes, 0);
}

/* Inbound, with the same @hash always the same. */
static inline struct gemcast_lane *gemcast_lane_in(struct gemcast_lanes *lanes,
						   u32 hash)
{
	return gemcast_lane_get(lanes, 1 + hash_32(hash, GEMCAST_LANES_IN_BITS));
}

/* Has it no room for @packets more? */
bool gemcast_lane_full(const struct gemcast_lane *lane, unsigned int packets);
/*
 * @skb is a job from now on, if 0; else the counter of drops to count. Outbound
 * it takes its number, so that numbers are in order, too.
 */
int gemcast_lane_add(struct gemcast_lane *lane, struct sk_buff *skb);

#endif
