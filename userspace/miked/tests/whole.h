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

struct whole;

/* What a test may want to know of, as it happens. */
struct whole_hooks {
	void *context;
	/* The key server made the keying material of a data SA. */
	void (*key_made)(void *context, const uint8_t *key, size_t len);
	/* The member has put an SA into its data plane. */
	void (*sa_added)(void *context, const struct gemcast_sa *sa);
};

struct whole {
	struct sim *sim;
	const struct crypto *crypto;
	struct net_end at;
	struct kit kit;			/* its own */
	struct ike *ike;
	struct ks *ks;
	struct gm *gm;
	struct plane_table table;
	int (*add)(void *context, const struct gemcast_sa *sa);	/* the table's own */
	const char *path;		/* of the key server's store; NULL: it has none */
	struct store *store;
	uint64_t quiet;			/* the kernel tells of no unknown SPI before */
	struct whole_hooks hooks;	/* to be set as it begins */
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
/*
 * It starts again with a key server that keeps what it has to know in this store, by which it
 * goes on from now on whenever it is killed; the path stays the caller's.
 */
void whole_store(struct whole *whole, const char *path);
/* Another configuration for the key server and the member. */
void whole_reload(struct whole *whole, const struct kit *kit);

/* A packet of its own goes out: by which SA; NULL: by none. */
const struct plane_table_sa *whole_send(struct whole *whole, const struct gemcast_addr *dst);
/* A packet comes: the SA it is read by; NULL: there is none, and the daemon is told so. */
const struct plane_table_sa *whole_hear(struct whole *whole, uint32_t spi,
					const struct gemcast_addr *dst,
					const struct gemcast_addr *src);

/* The membership as `gemcast status` shows it; aborts if there is none. */
struct gemcast_membership whole_status(const struct whole *whole, const char *name);
bool whole_is(const struct whole *whole, const char *name, const char *state);

#endif
