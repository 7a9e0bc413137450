/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Daemons of the simulator: an engine, above it a key server and a group member as their
 * configuration wants them, and a table for a data plane. What a key and a Sender-ID were
 * given to once must not come again, anywhere: that aborts the test.
 */
#ifndef MIKED_TESTS_SIM_GROUP_H
#define MIKED_TESTS_SIM_GROUP_H

#include "group/gm.h"
#include "group/ks.h"
#include "plane_table.h"
#include "sim_ike.h"

struct sender {
	uint8_t key[GEMCAST_KEY_MAX];
	uint32_t sid;
};

/* All daemons of one world. */
struct troupe {
	struct sim *sim;
	const struct crypto *crypto;
	struct daemon *daemons;
	struct sender *senders;		/* whoever may have sent */
	size_t n_senders;
};

struct daemon {
	struct daemon *next;
	struct troupe *troupe;
	const struct kit *kit;
	struct net_end at;
	struct ike *ike;
	struct ks *ks;			/* NULL: none */
	struct gm *gm;			/* NULL: none */
	struct plane_table table;
	struct plane plane;		/* in front of the table */
};

struct troupe *troupe_new(uint64_t seed, const struct crypto *crypto);
/* They end as they should. */
void troupe_free(struct troupe *troupe);

struct daemon *daemon_new(struct troupe *troupe, const struct kit *kit, const struct net_end *at);

/* How a daemon ends, before it begins again. */
enum daemon_end {
	DAEMON_STOPS,			/* as it should */
	DAEMON_CRASHES,			/* its SAs stay in the data plane */
	DAEMON_REBOOTS,			/* with its host */
};

void daemon_restart(struct daemon *daemon, enum daemon_end how);

/* Its only membership. False: it has none. */
bool daemon_membership(const struct daemon *daemon, struct gemcast_membership *membership);
bool daemon_is_joined(const struct daemon *daemon);

/*
 * Can @receiver read what @sender sends to @dst now? NULL: yes, or @sender does not send;
 * else why not.
 */
const char *daemon_cannot_hear(const struct daemon *receiver, const struct daemon *sender,
			       const struct gemcast_addr *dst);

#endif
