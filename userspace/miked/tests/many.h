/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many members in one process, for benchmarks: who they are, and the time.
 */
#ifndef MIKED_TESTS_MANY_H
#define MIKED_TESTS_MANY_H

#include <time.h>
#include "ike/auth.h"

uint64_t many_nanoseconds(clockid_t clock);

/*
 * @count credentials like the first of @conf, with their number instead of the last 1 in
 * name, identity and files. NULL: no memory, or there is no 1 or no room. free() it.
 */
struct conf_credential *many_credentials(const struct conf *conf, uint32_t count);

/* One book for all of them; they are more than a configuration may have. */
struct auth_book *many_book(const struct crypto *crypto, const struct conf *conf,
			    struct conf_credential *credentials, uint32_t count,
			    struct reason *why);

#endif
