/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pieces of a member's configuration, and what key servers give it.
 */
#ifndef MIKED_TESTS_GM_CONF_H
#define MIKED_TESTS_GM_CONF_H

#include "gm_world.h"

#define S	UINT64_C(1000)

#define MAIN							\
	"  key-servers:\n"					\
	"    - { name: main, address: 192.0.2.1, identity: ks.example.org,\n" \
	"        may-give: [ { destination: 239.1.0.0/16 } ] }\n"
#define SPARE							\
	"    - { name: spare, address: 192.0.2.2, identity: ks2.example.org,\n" \
	"        may-give: [ { destination: 239.1.0.0/16 }, { destination: \"ff3e::/32\" } ] }\n"
#define VIDEO(more)						\
	"  groups:\n"						\
	"    - { name: video, key-servers: [ main ], number: 7" more " }\n"
#define AUDIO							\
	"    - { name: audio, key-servers: [ main ], number: 8 }\n"

static const struct grant one = {
	.n_sas = 1,
	.sas = { { .spi = 0x1001, .dst = "239.1.1.1", .protocol = 17, .port = 5000,
		   .lifetime = 3600, .key = 1 } },
};

/* What a sender gets. */
static const struct grant one_sid = {
	.n_sas = 1,
	.sas = { { .spi = 0x1001, .dst = "239.1.1.1", .lifetime = 3600, .key = 1 } },
	.sid_bits = 16, .n_sids = 1, .sids = { 5 },
};

/* Another group's. */
static const struct grant other = {
	.n_sas = 1,
	.sas = { { .spi = 0x2001, .dst = "239.1.1.2", .lifetime = 3600, .key = 8 } },
};

#endif
