/* SPDX-License-Identifier: GPL-2.0 */
/* Counters of a namespace: per CPU, no lock, read by summing up. */
#ifndef GEMCAST_STATS_H
#define GEMCAST_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>
#include "../include/uapi/linux/gemcast.h"

struct gemcast_net;

struct gemcast_stats {
	u64_stats_t count[__GEMCAST_A_STATS_MAX];
	struct u64_stats_sync syncp;
};

/* A pair of counters of one object. */
struct gemcast_counters {
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t used;		/* jiffies_64 of the last packet */
	struct u64_stats_sync syncp;
};

struct gemcast_count {
	u64 packets;
	u64 bytes;
	u64 idle;			/* ms since the last packet */
};

int gemcast_stats_init(struct gemcast_net *gn);
void gemcast_stats_exit(struct gemcast_net *gn);
/* @sum is indexed by enum gemcast_stats_attr. */
void gemcast_stats_read(struct gemcast_net *gn, u64 sum[__GEMCAST_A_STATS_MAX]);
/* Counting goes on from nought: what was read before is taken as the base. */
void gemcast_stats_reset(struct gemcast_net *gn);

struct gemcast_counters __percpu *gemcast_counters_alloc(void);
/* Softirqs off. */
static inline void gemcast_counters_add(struct gemcast_counters __percpu *counters,
					unsigned int packets, unsigned int bytes)
{
	struct gemcast_counters *c = this_cpu_ptr(counters);

	u64_stats_update_begin(&c->syncp);
	u64_stats_add(&c->packets, packets);
	u64_stats_add(&c->bytes, bytes);
	u64_stats_set(&c->used, get_jiffies_64());
	u64_stats_update_end(&c->syncp);
}

struct gemcast_count gemcast_counters_read(struct gemcast_counters __percpu *c);

#endif
