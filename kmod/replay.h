/* SPDX-License-Identifier: GPL-2.0 */
/* Replay windows: of an SA, or of each of its senders (RFC 4303 3.4.3). */
#ifndef GEMCAST_REPLAY_H
#define GEMCAST_REPLAY_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include "addr.h"

struct gemcast_window {
	spinlock_t lock;		/* guards the rest */
	u32 size;			/* packets */
	u32 top;			/* highest number accepted */
	u64 packets;			/* accepted */
	u64 bytes;			/* of payload in them */
	u64 replays;			/* refused */
	/* A ring of words; number n is at bit n % BITS_PER_LONG. */
	unsigned long bits[];
};

struct gemcast_replay_state {
	struct gemcast_window *one;	/* replay sa; else NULL */
	struct hlist_head *senders;	/* replay source, sid; by a keyed hash */
	u32 buckets;			/* of it */
	u64 keys[4];			/* of the hash */
	u32 size;			/* window of each */
	u32 max;			/* senders */
	spinlock_t lock;		/* guards the rest, and the hash */
	struct list_head ages;		/* senders, the longest idle first */
	u32 nsenders;			/* READ_ONCE */
	u32 number;			/* of the newest sender */
};

/* May sleep. @senders: how many may have a window each; 0: one for all. */
int gemcast_replay_init(struct gemcast_replay_state *state, u32 size,
			u32 senders);
void gemcast_replay_destroy(struct gemcast_replay_state *state);

/* What gemcast_replay_update() has to say besides. */
enum {
	GEMCAST_REPLAY_EVICTED = BIT(0),	/* another sender was forgotten */
	GEMCAST_REPLAY_ENDING = BIT(1),	/* few numbers are left */
};

/*
 * Packet path, under RCU, softirqs off. @sender is the source address, or the
 * Sender-ID in its last four bytes; ignored with one window.
 * gemcast_replay_check() before authentication: true if @seq may be new.
 * gemcast_replay_update() after it: 0, -EALREADY (a replay), -ENOMEM.
 */
bool gemcast_replay_check(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq);
int gemcast_replay_update(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq,
			  unsigned int bytes, unsigned int *news);

/* A sender as it is shown. */
struct gemcast_sender_info {
	struct in6_addr id;
	u32 top;
	u64 packets, bytes, replays;
	u64 idle;			/* milliseconds */
};

/* Where a walk over senders stands: behind this one. Begins as zero. */
struct gemcast_sender_pos {
	u32 bucket;
	u32 number;
	bool inside;			/* of the bucket, behind @number */
};

/* Process context. False if there is no sender behind @pos. */
bool gemcast_replay_next(struct gemcast_replay_state *state,
			 struct gemcast_sender_pos *pos,
			 struct gemcast_sender_info *info);

#endif
