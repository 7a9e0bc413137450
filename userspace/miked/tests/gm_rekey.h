/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A member that has a Rekey SA, and what comes by it.
 */
#ifndef MIKED_TESTS_GM_REKEY_H
#define MIKED_TESTS_GM_REKEY_H

#include <stdio.h>
#include "gm_conf.h"
#include "group/gm_internal.h"

static inline struct grant first(void)
{
	struct grant grant = one;

	grant.rekey_sa = 1;
	return grant;
}

static inline struct grant next(void)
{
	return (struct grant){
		.n_sas = 1,
		.sas = { { .spi = 0x1002, .dst = "239.1.1.1", .protocol = 17, .port = 5000,
			   .lifetime = 3600, .key = 2 } },
		.atd = 10, .dtd = 30,
	};
}

static inline struct grant first_sid(void)
{
	struct grant grant = one_sid;

	grant.rekey_sa = 1;
	return grant;
}

static inline struct grant next_sid(void)
{
	struct grant grant = next();

	grant.sas[0].protocol = 0;
	grant.sas[0].port = 0;
	return grant;
}

static inline void join(const char *more, const struct grant *grant)
{
	char text[512];

	snprintf(text, sizeof(text), MAIN VIDEO("%s"), more);
	world_joined(text, grant);
}

static inline void joined(void)
{
	const struct grant grant = first();

	join("", &grant);
}

static inline void update(const struct grant *grant)
{
	world_update(1, grant);
}

static inline bool has(uint32_t spi)
{
	return plane_table_sa(&world.table, spi);
}

static inline uint32_t sent_by(void)
{
	const struct gemcast_addr dst = addr_of("239.1.1.1"), src = addr_of("198.51.100.1");
	const struct plane_table_sa *sa = plane_table_current(&world.table, 7, &dst, &src);

	return sa ? sa->sa.spi : 0;
}

static inline uint32_t expected_id(void)
{
	return gm_rekey_sa(world_member("video"))->sa.next_id;
}

#endif
