/* SPDX-License-Identifier: GPL-2.0 */
/* Replay windows: of an SA, or of each of its senders (RFC 4303 3.4.3). */
#ifndef GEMCAST_REPLAY_H
#define GEMCAST_REPLAY_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include "addr.h"

/* At most so many senders of one SA have a window at a time. */
#define GEMCAST_SENDERS_MAX	4096
#define GEMCAST_SENDER_BUCKETS	1024

struct gemcast_window {
	spinlock_t lock;		/* guards the rest */
	u32 size;			/* packets */
	u32 words;			/* of the bitmap */
	u32 top;			/* highest number accepted */
	unsigned long *bits;		/* number n at bit n % (words * BITS_PER_LONG) */
};

struct gemcast_replay_state {
	struct gemcast_window one;	/* replay sa */
	struct hlist_head *senders;	/* replay source, sid; by a keyed hash */
	u32 seed;			/* of that hash */
	spinlock_t lock;		/* guards adding and removing senders */
	u32 nsenders;			/* lock */
	u32 size;			/* window of each */
	bool many;
};

/* May sleep. @many: a window for each sender. */
int gemcast_replay_init(struct gemcast_replay_state *state, bool many,
			u32 size);
void gemcast_replay_destroy(struct gemcast_replay_state *state);

/*
 * Packet path, under RCU, softirqs off. @sender is the source address, or the
 * Sender-ID in its last four bytes; ignored with one window.
 * gemcast_replay_check() before authentication: true if @seq may be new.
 * gemcast_replay_update() after it: 0, -EALREADY (a replay), -ENOMEM;
 * *@evicted is set when the sender took the place of one that was idle longest.
 */
bool gemcast_replay_check(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq);
int gemcast_replay_update(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq,
			  bool *evicted);

#endif
