/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Want of memory: what is tested is done again and again, while the first, the second,
 * the third ... allocation fails, ours and OpenSSL's; alone, and with all that come after
 * it.
 */
#ifndef MIKED_TESTS_SCARCE_H
#define MIKED_TESTS_SCARCE_H

#include <stdbool.h>
#include <stddef.h>

/* Before the first allocation of a process. */
bool scarce_begin(void);

/* Is the allocation that is asked for to fail? For a test that wraps malloc(). */
bool scarce_fails(void);

/*
 * One run of @what, which returns 0 or a negative errno value; the allocation @fail_at,
 * counted from 1, fails, and with @all_after all after it. 0: none does.
 */
int scarce_run(int (*what)(void), size_t fail_at, bool all_after);

/*
 * Each works while there is memory, and however little there is it says so, leaves nothing
 * behind, and works afterwards.
 */
void scarce_all(int (*const all[])(void), size_t count);

/* None ever works: want of memory is no way around a refusal. */
void scarce_never(int (*const all[])(void), size_t count);

#endif
