// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: per CPU and without locks; a reader sums up. Writers have softirqs off.
 */
#include <linux/netdevice.h>
#include "net.h"

int gemcast_stats_init(struct gemcast_net *gn)
{
	gn->stats = netdev_alloc_pcpu_stats(struct gemcast_stats);
	return gn->stats ? 0 : -ENOMEM;
}

void gemcast_stats_exit(struct gemcast_net *gn)
{
	free_percpu(gn->stats);
}

static void gemcast_stats_sum(struct gemcast_net *gn, u64 *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum) * __GEMCAST_A_STATS_MAX);
	for_each_possible_cpu(cpu) {
		struct gemcast_stats *stats = per_cpu_ptr(gn->stats, cpu);

		for (i = 0; i < __GEMCAST_A_STATS_MAX; i++) {
			unsigned int start;
			u64 count;

			do {
				start = u64_stats_fetch_begin(&stats->syncp);
				count = u64_stats_read(&stats->count[i]);
			} while (u64_stats_fetch_retry(&stats->syncp, start));
			sum[i] += count;
		}
	}
}

void gemcast_stats_read(struct gemcast_net *gn, u64 sum[__GEMCAST_A_STATS_MAX])
{
	int i;

	lockdep_assert_held(&gn->lock);
	gemcast_stats_sum(gn, sum);
	for (i = 0; i < __GEMCAST_A_STATS_MAX; i++)
		sum[i] -= gn->stats_base[i];
}

void gemcast_stats_reset(struct gemcast_net *gn)
{
	lockdep_assert_held(&gn->lock);
	gemcast_stats_sum(gn, gn->stats_base);
}

struct gemcast_counters __percpu *gemcast_counters_alloc(void)
{
	return netdev_alloc_pcpu_stats(struct gemcast_counters);
}

struct gemcast_count gemcast_counters_read(struct gemcast_counters __percpu *c)
{
	u64 now = get_jiffies_64(), last = 0;
	struct gemcast_count sum = {};
	int cpu;

	for_each_possible_cpu(cpu) {
		struct gemcast_counters *counters = per_cpu_ptr(c, cpu);
		u64 packets, bytes, used;
		unsigned int start;

		do {
			start = u64_stats_fetch_begin(&counters->syncp);
			packets = u64_stats_read(&counters->packets);
			bytes = u64_stats_read(&counters->bytes);
			used = u64_stats_read(&counters->used);
		} while (u64_stats_fetch_retry(&counters->syncp, start));
		sum.packets += packets;
		sum.bytes += bytes;
		last = max(last, used);
	}
	sum.idle = last < now ? jiffies64_to_msecs(now - last) : 0;
	return sum;
}
