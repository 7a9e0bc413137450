/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole daemons in the simulator, but for the kernel, the control socket and sockets: an
 * engine, and above it a key server, a member with a table for a data plane, or both.
 */
#ifndef MIKED_TESTS_WHOLE_H
#define MIKED_TESTS_WHOLE_H

#include "group/gm.h"
#include "group/ks.h"
#include "plane_table.h"
#include "sim.h"
#include "sim_ike.h"

struct whole {
	struct sim *sim;
	const struct crypto *crypto;
	struct net_end at;
	struct kit kit;			/* its own */
	struct ike *ike;
	struct ks *ks;
	struct gm *gm;
	struct plane_table table;
};

/*
 * It starts, at port 848 of this address, by a configuration that becomes its own. It is
 * a key server as well as a member, whatever is configured.
 */
struct whole *whole_new(struct sim *sim, const struct crypto *crypto, const char *address,
			const struct kit *kit);
void whole_free(struct whole *whole);
/* It is killed and starts again; the kernel keeps what it has. */
void whole_restart(struct whole *whole);
/* Another configuration for the key server and the member. */
void whole_reload(struct whole *whole, const struct kit *kit);

/* The membership as `gemcast status` shows it; aborts if there is none. */
struct gemcast_membership whole_status(const struct whole *whole, const char *name);
bool whole_is(const struct whole *whole, const char *name, const char *state);

#endif
