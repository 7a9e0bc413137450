/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IV clock: where the counters of keys set by hand begin, so that neither a
 * reload of the module nor a reboot repeats an IV (RFC 6054 5).
 *
 * A counter of n bits starts at the number of ticks since 2026, 2^(n - 30) of
 * them a second: enough until 2060, and more than packets can be sent by one
 * SA. It may not run ahead of the clock: whoever starts later starts higher.
 *
 *   bits of the Sender-ID    counter    ticks, so packets, a second
 *   none                     64         17,179,869,184
 *   8                        56             67,108,864
 *   12                       52              4,194,304
 *   16                       48                262,144
 */
#ifndef GEMCAST_IVCLOCK_H
#define GEMCAST_IVCLOCK_H

#include <linux/types.h>

void gemcast_ivclock_init(void);
/*
 * Where a counter of @bits starts now. False if the system clock is before
 * 2026 or after 2059.
 */
bool gemcast_ivclock_start(unsigned int bits, u64 *ticks);
/* How far a counter of @bits may have come by now. Any context. */
u64 gemcast_ivclock_limit(unsigned int bits);

#endif
