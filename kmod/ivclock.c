// SPDX-License-Identifier: GPL-2.0
/*
 * IV clock: real time as it was when the module was loaded, going on with
 * CLOCK_BOOTTIME, so that it never goes back while the module is there.
 *
 * What is sent at a time stays below the ticks of half a second later; what a
 * reload could have left behind is over after a second. Half a second more is
 * for CPUs that take numbers at the same moment. No locks: set once.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include "ivclock.h"

#define GEMCAST_EPOCH		1767225600LL	/* 2026-01-01 00:00 UTC */
#define GEMCAST_EPOCH_BITS	30		/* of seconds, 34 years */
#define GEMCAST_AHEAD		(NSEC_PER_SEC / 2)
#define GEMCAST_RELOAD		NSEC_PER_SEC

static s64 gemcast_ivclock_offset;	/* real time less boot time, ns */
static s64 gemcast_ivclock_loaded;	/* ns since the epoch */

static s64 gemcast_ivclock_now(void)
{
	return ktime_get_boottime_ns() + gemcast_ivclock_offset;
}

void gemcast_ivclock_init(void)
{
	gemcast_ivclock_offset = ktime_get_real_ns() - ktime_get_boottime_ns() -
				 GEMCAST_EPOCH * NSEC_PER_SEC;
	gemcast_ivclock_loaded = gemcast_ivclock_now();
}

static u64 gemcast_ivclock_ticks(u64 ns, unsigned int bits)
{
	unsigned int shift = bits - GEMCAST_EPOCH_BITS;
	u32 rest;
	u64 seconds = div_u64_rem(ns, NSEC_PER_SEC, &rest);

	return (seconds << shift) + div_u64((u64)rest << shift, NSEC_PER_SEC);
}

bool gemcast_ivclock_start(unsigned int bits, u64 *ticks)
{
	s64 now = gemcast_ivclock_now();

	if (now < 0 || now >> GEMCAST_EPOCH_BITS >= NSEC_PER_SEC)
		return false;
	now = max(now, gemcast_ivclock_loaded + (s64)GEMCAST_RELOAD);
	*ticks = gemcast_ivclock_ticks(now, bits);
	return true;
}

u64 gemcast_ivclock_limit(unsigned int bits)
{
	return gemcast_ivclock_ticks(gemcast_ivclock_now() + GEMCAST_AHEAD,
				     bits);
}

#ifdef GEMCAST_SELFTEST
#include "selftest/selftest.h"
#include "selftest/ivclock.c"
#endif
