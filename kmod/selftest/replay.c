// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of the replay windows, against a window that simply remembers all
 * that it saw. Included by replay.c.
 */
#include <linux/bitmap.h>
#include <linux/prandom.h>

#define GEMCAST_SELFTEST_SEQS	20000

/* What a window of @size must answer, by its definition. */
static bool __init gemcast_selftest_new(const unsigned long *seen, u32 top,
					u32 size, u32 seq)
{
	if (!seq || (seq <= top && top - seq >= size))
		return false;
	return !test_bit(seq, seen);
}

static bool __init gemcast_selftest_window(u32 size, unsigned long *seen)
{
	struct gemcast_replay_state state = {};
	u32 i, seq, top = 0, center = 1;
	unsigned int news;
	bool expected, ok = true;

	if (gemcast_replay_init(&state, size, 0))
		return false;
	bitmap_zero(seen, GEMCAST_SELFTEST_SEQS);
	local_bh_disable();
	for (i = 0; ok && i < 4 * GEMCAST_SELFTEST_SEQS; i++) {
		/* Around the window's edges, sometimes a leap ahead. */
		center = max(center, top) + (get_random_u32() % 50 ? 0 : size);
		seq = center + get_random_u32() % 64;
		if (get_random_u32() % 4 == 0)
			seq -= min(seq, size - 32 + get_random_u32() % 64);
		seq %= GEMCAST_SELFTEST_SEQS;
		if (center > GEMCAST_SELFTEST_SEQS - 2 * size - 64)
			center = top;
		expected = gemcast_selftest_new(seen, top, size, seq);
		ok = gemcast_replay_check(&state, NULL, seq) == expected &&
		     !gemcast_replay_update(&state, NULL, seq, 0, &news) ==
		     expected;
		if (expected) {
			__set_bit(seq, seen);
			top = max(top, seq);
		}
	}
	local_bh_enable();
	gemcast_replay_destroy(&state);
	return ok;
}

/* The ends of the range of numbers. */
static bool __init gemcast_selftest_ends(void)
{
	static const struct {
		u32 seq;
		bool fits, ending;
	} steps[] = {
		{ 0, false }, { 1, true }, { 1, false }, { 64, true },
		{ 2, true }, { 65, true }, { 1, false }, { 66, true },
		{ 2, false }, { 3, true },
		{ GEMCAST_SEQ_ENDING - 1, true },
		{ GEMCAST_SEQ_ENDING + 1, true, true },
		{ GEMCAST_SEQ_ENDING, true }, { U32_MAX - 64, true },
		{ U32_MAX, true }, { U32_MAX - 64, false },
		{ U32_MAX - 63, true }, { U32_MAX, false }, { 0, false },
	};
	struct gemcast_replay_state state = {};
	unsigned int news;
	bool ok = true;
	int i;

	if (gemcast_replay_init(&state, 64, 0))
		return false;
	local_bh_disable();
	for (i = 0; ok && i < ARRAY_SIZE(steps); i++)
		ok = !gemcast_replay_update(&state, NULL, steps[i].seq, 0,
					    &news) == steps[i].fits &&
		     news == (steps[i].ending ? GEMCAST_REPLAY_ENDING : 0);
	local_bh_enable();
	gemcast_replay_destroy(&state);
	return ok;
}

#define GEMCAST_SELFTEST_SENDERS	4096

/* Each sender has a window; one more than may be, and the oldest is gone. */
static bool __init gemcast_selftest_senders(void)
{
	struct gemcast_replay_state state = {};
	struct in6_addr id = {};
	unsigned int news;
	bool ok = true;
	u32 i;

	if (gemcast_replay_init(&state, 64, GEMCAST_SELFTEST_SENDERS))
		return false;
	local_bh_disable();
	rcu_read_lock();
	for (i = 0; ok && i < GEMCAST_SELFTEST_SENDERS; i++) {
		id.s6_addr32[3] = htonl(i);
		ok = !gemcast_replay_update(&state, &id, 1, 0, &news) &&
		     !news && !gemcast_replay_check(&state, &id, 1) &&
		     gemcast_replay_check(&state, &id, 2);
	}
	id.s6_addr32[3] = htonl(i);
	ok = ok && !gemcast_replay_update(&state, &id, 1, 0, &news) &&
	     news == GEMCAST_REPLAY_EVICTED &&
	     state.nsenders == GEMCAST_SELFTEST_SENDERS;
	id.s6_addr32[3] = 0;
	ok = ok && !gemcast_sender_find(&state, &id);
	rcu_read_unlock();
	local_bh_enable();
	gemcast_replay_destroy(&state);
	return ok;
}

/* A walk meets each sender once while others take the places of some. */
static bool __init gemcast_selftest_walk(void)
{
	DECLARE_BITMAP(seen, 96) = {};
	struct gemcast_replay_state state = {};
	struct gemcast_sender_info info;
	struct gemcast_sender_pos pos = {};
	struct in6_addr id = {};
	unsigned int news, i = 0;
	bool ok = true;

	if (gemcast_replay_init(&state, 64, 64))
		return false;
	do {
		id.s6_addr32[3] = htonl(i);
		local_bh_disable();
		rcu_read_lock();
		ok = !gemcast_replay_update(&state, &id, 1, 10, &news);
		rcu_read_unlock();
		local_bh_enable();
		if (++i < 64)
			continue;
		/* From the 64th on each step forgets one and makes one. */
		if (!gemcast_replay_next(&state, &pos, &info))
			break;
		ok = ok && info.packets == 1 && info.bytes == 10 &&
		     !__test_and_set_bit(ntohl(info.id.s6_addr32[3]), seen);
	} while (ok && i < 96);
	while (ok && gemcast_replay_next(&state, &pos, &info))
		ok = !__test_and_set_bit(ntohl(info.id.s6_addr32[3]), seen);
	/* 32 are left of those that were there at the beginning. */
	for (i = 32; ok && i < 64; i++)
		ok = test_bit(i, seen);
	gemcast_replay_destroy(&state);
	return ok;
}

bool __init gemcast_selftest_replay(void)
{
	static const u32 sizes[] = { 64, 128, 1024, 4096 };
	unsigned long *seen;
	bool ok = gemcast_selftest_ends() && gemcast_selftest_senders() &&
		  gemcast_selftest_walk();
	int i;

	seen = bitmap_zalloc(GEMCAST_SELFTEST_SEQS, GFP_KERNEL);
	for (i = 0; ok && i < ARRAY_SIZE(sizes); i++)
		ok = seen && gemcast_selftest_window(sizes[i], seen);
	bitmap_free(seen);
	return ok;
}
