/* SPDX-License-Identifier: GPL-2.0 */
/* SAs: one key, its numbers, its times and its counters (RFC 4301 4.4.2). */
#ifndef GEMCAST_SA_H
#define GEMCAST_SA_H

#include <linux/hrtimer.h>
#include <linux/refcount.h>
#include <linux/workqueue.h>
#include "addr.h"
#include "aead.h"
#include "group.h"
#include "ivguard.h"
#include "replay.h"

/* What an inbound packet is found by; unique in a namespace. */
struct gemcast_sa_key {
	u32 spi;
	u32 port;			/* local UDP port; 0: native */
	struct in6_addr dst;		/* any: by port and SPI alone */
	struct in6_addr src;		/* any: whatever the source */
};

enum gemcast_limit_unit {
	GEMCAST_LIMIT_PACKETS,
	GEMCAST_LIMIT_BYTES,
	GEMCAST_LIMIT_SECONDS,
	GEMCAST_LIMIT_UNITS
};

struct gemcast_limit {
	u64 soft;			/* 0: none */
	u64 hard;
};

struct gemcast_sa_config {
	u32 group;
	u32 spi;
	struct in6_addr dst;
	struct in6_addr src;
	enum gemcast_sa_dir dir;
	u8 key[GEMCAST_KEY_MAX];	/* the caller cleanses it */
	u8 key_len;			/* salt included */
	enum gemcast_aead_alg alg;
	u8 icv;				/* bytes */
	bool has_sid;
	u16 sid;
	u8 sid_bits;			/* 0: the group has no Sender-IDs */
	enum gemcast_replay replay;
	u32 window;			/* packets */
	u32 max_senders;		/* replay source, sid; else 0 */
	bool has_activate, has_deactivate;
	u64 activate, deactivate;	/* milliseconds from now */
	struct gemcast_limit limit[GEMCAST_LIMIT_UNITS];
};

/* Bits of gemcast_sa.events: what the packet path saw and the work tells. */
enum {
	GEMCAST_SA_EV_SOFT_PACKETS,
	GEMCAST_SA_EV_SOFT_BYTES,
	GEMCAST_SA_EV_HARD_PACKETS,
	GEMCAST_SA_EV_HARD_BYTES,
	GEMCAST_SA_EV_SEQ_SOFT,
	GEMCAST_SA_EV_SEQ_END,
};

struct gemcast_sa {
	/* Read for each packet, not changed after the SA was made. */
	struct rhash_head hash;
	struct rhlist_head outbound;
	struct gemcast_sa_key key;
	struct gemcast_aead aead;
	struct gemcast_net *gn;
	/* Freed before the SA, if removed, but not before packets in its lanes. */
	struct gemcast_group *group;
	enum gemcast_sa_dir dir;
	enum gemcast_replay replay;
	u8 sid_bits;
	bool has_sid;
	u16 sid;
	bool limited;			/* by packets or bytes */
	/*
	 * IPv4 identification of sequence number 0, random: fragments of two packets
	 * must not be taken for one's, nor those of two gateways (RFC 6864).
	 */
	u16 ip_id;
	u64 iv_first;			/* IV of sequence number 0 */
	u64 iv_clock;			/* its counter; see gemcast_sa_pace() */
	u32 seq_last;			/* the last sequence number there is */
	u32 seq_soft;			/* from here on few are left */
	struct gemcast_limit limit[GEMCAST_LIMIT_UNITS];

	/* Changed by packets. */
	atomic64_t seq;			/* last one taken; may run past seq_last */
	u64 iv_pace;			/* seq may reach this; READ_ONCE */
	bool out_ended;			/* no numbers are left */
	bool in_ending;			/* few are left of a sender's */
	bool dead;			/* sends and receives no more; READ_ONCE */
	atomic64_t packets;		/* both ways, if limited */
	atomic64_t bytes;
	struct gemcast_counters __percpu *out;
	struct gemcast_counters __percpu *in;
	atomic64_t in_replays;
	atomic64_t in_bad_icv;
	struct gemcast_replay_state replays;

	/* gn->lock, unless it says otherwise. */
	struct list_head node;		/* group->sas */
	struct list_head all;		/* gn->sas */
	u64 number;			/* grows from one SA to the next */
	u64 added;			/* CLOCK_BOOTTIME, ns; as the next ones */
	u64 activate_at;
	u64 deactivate_at;		/* 0: never */
	u64 soft_at;			/* seconds; 0: none, or told */
	u64 hard_at;
	bool activated;			/* its time came; READ_ONCE */
	bool removed;

	struct hrtimer timer;		/* the next of the times above */
	unsigned long events;		/* GEMCAST_SA_EV_*; atomic bits */
	struct work_struct work;	/* tells events, keeps times */
	refcount_t refs;		/* table; pending work; packets in lanes */
	struct rcu_work free;
};

int gemcast_sa_init(void);
void gemcast_sa_exit(void);
/* Waits until no work touches an SA of a namespace that has none left. */
void gemcast_sa_drain(void);
extern const struct rhashtable_params gemcast_sad_params;

/* These need gn->lock; for @flags and errors see group.h. */
int gemcast_sa_new(struct gemcast_net *gn, const struct gemcast_sa_config *cfg,
		   u16 flags, struct netlink_ext_ack *extack);
int gemcast_sa_set_deactivate(struct gemcast_sa *sa, u64 msecs,
			      struct netlink_ext_ack *extack);
void gemcast_sa_del(struct gemcast_sa *sa);
enum gemcast_sa_state gemcast_sa_state(const struct gemcast_sa *sa);

/* Which SAs a request names. */
struct gemcast_sa_filter {
	u32 group, spi;			/* 0: any */
	bool has_dst, has_src;
	struct in6_addr dst, src;
};

bool gemcast_sa_matches(const struct gemcast_sa *sa,
			const struct gemcast_sa_filter *filter);
/* The one SA that @filter selects, or an ERR_PTR: ENOENT, ENOTUNIQ. */
struct gemcast_sa *gemcast_sa_find(struct gemcast_net *gn,
				   const struct gemcast_sa_filter *filter,
				   struct netlink_ext_ack *extack);
void gemcast_sa_flush(struct gemcast_net *gn,
		      const struct gemcast_sa_filter *filter);

/*
 * Packet path, under RCU. Longest match first: (SPI, dst, src), (SPI, dst),
 * and for a UDP port SPI alone (RFC 4303 2.1). NULL if none receives.
 */
struct gemcast_sa *gemcast_sa_lookup(const struct gemcast_net *gn, u32 spi,
				     u16 port, const struct in6_addr *dst,
				     const struct in6_addr *src);
/* For gemcast_sa_take(): its clock, and its end. Any context. */
bool gemcast_sa_pace(struct gemcast_sa *sa, u64 seq);
int gemcast_sa_end(struct gemcast_sa *sa, u64 first, u64 last);

/*
 * Takes @n sequence numbers, *@seq is the first. 0, or which counter of drops
 * to count.
 */
static inline int gemcast_sa_take(struct gemcast_sa *sa, unsigned int n,
				  u32 *seq)
{
	u64 last = atomic64_read(&sa->seq) + n;

	if (unlikely(last > READ_ONCE(sa->iv_pace)) &&
	    !gemcast_sa_pace(sa, last))
		return GEMCAST_A_STATS_OUT_IV_PACE;
	last = atomic64_add_return(n, &sa->seq);
	*seq = last - n + 1;
	if (likely(last < sa->seq_soft))
		return 0;
	return gemcast_sa_end(sa, last - n, last);
}

/* Beyond RCU; false if it goes already. Any context. */
bool gemcast_sa_hold(struct gemcast_sa *sa);
void gemcast_sa_put(struct gemcast_sa *sa);

/* A sender that is received has few numbers left; told once. Any context. */
void gemcast_sa_ending(struct gemcast_sa *sa);
/* Counts packets against the limits; false if a hard one is passed. */
bool gemcast_sa_charge_limits(struct gemcast_sa *sa, unsigned int packets,
			      unsigned int bytes);
static inline bool gemcast_sa_charge(struct gemcast_sa *sa,
				     unsigned int packets, unsigned int bytes)
{
	return likely(!sa->limited) ||
	       gemcast_sa_charge_limits(sa, packets, bytes);
}

/* The 64-bit IV of sequence number @seq: SID, then counter (RFC 6054 3). */
static inline u64 gemcast_sa_iv(const struct gemcast_sa *sa, u32 seq)
{
	return sa->iv_first + seq;
}

#endif
