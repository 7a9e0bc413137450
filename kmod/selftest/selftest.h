/* SPDX-License-Identifier: GPL-2.0 */
/* Self-tests at load, in a module built with CONFIG_GEMCAST_SELFTEST=y. */
#ifndef GEMCAST_SELFTEST_H
#define GEMCAST_SELFTEST_H

#include <linux/types.h>

#ifdef GEMCAST_SELFTEST
int gemcast_selftest(void);
bool gemcast_selftest_replay(void);
bool gemcast_selftest_esp(void);
bool gemcast_selftest_ivclock(void);
#else
static inline int gemcast_selftest(void)
{
	return 0;
}
#endif

#endif
