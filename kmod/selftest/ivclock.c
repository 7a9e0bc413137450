// SPDX-License-Identifier: GPL-2.0
/*
 * Self-test of the IV clock: it goes up only, fits its counters until the end,
 * and starts above whatever an earlier load can have used. Included by
 * ivclock.c.
 */
bool __init gemcast_selftest_ivclock(void)
{
	static const unsigned int bits[] = { 64, 56, 52, 48 };
	const u64 year = 365 * 86400ULL * NSEC_PER_SEC;
	u64 last, start, limit;
	int i;

	for (i = 0; i < ARRAY_SIZE(bits); i++) {
		/* A clock that is not set is no fault of ours. */
		if (!gemcast_ivclock_start(bits[i], &start))
			start = 0;
		limit = gemcast_ivclock_ticks(gemcast_ivclock_loaded +
					      GEMCAST_RELOAD, bits[i]);
		if (start && start < limit)
			return false;
		/* The last second there is, with all the packets of an SA. */
		last = gemcast_ivclock_ticks(34 * year, bits[i]);
		if (last <= start || U64_MAX >> (64 - bits[i]) < last)
			return false;
		if (gemcast_ivclock_ticks(NSEC_PER_SEC, bits[i]) !=
		    1ULL << (bits[i] - GEMCAST_EPOCH_BITS))
			return false;
	}
	return true;
}
