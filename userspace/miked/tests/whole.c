// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole daemons in the simulator.
 */
#include <stdlib.h>
#include <string.h>
#include "sim_internal.h"
#include "whole.h"

#define TICK	SIM_SECONDS(1)

static uint64_t world_now(void *context)
{
	return sim_now(((struct whole *)context)->sim);
}

static int64_t world_time(void *context)
{
	return sim_time(((struct whole *)context)->sim);
}

static uint32_t world_random(void *context)
{
	return (uint32_t)sim_random(((struct whole *)context)->sim, UINT32_MAX);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	sim_send(((struct whole *)context)->sim, path, datagram);
}

static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	const struct whole *whole = context;

	*path = (struct net_path){ .local = whole->at, .remote = *remote };
	return whole->at.addr.family == remote->addr.family;
}

static void user_request(void *context, struct ike_sa *sa, const struct wire_message *request,
			 struct ike_content *response)
{
	struct whole *whole = context;

	if (ike_sa_initiator(sa))
		gm_request(whole->gm, sa, request, response);
	else
		ks_request(whole->ks, sa, request, response);
}

static void user_ended(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct whole *whole = context;

	if (ike_sa_initiator(sa))
		gm_ended(whole->gm, sa, why, text);
	else
		ks_ended(whole->ks, sa, why, text);
}

static void plane_acquire(void *context, const struct gemcast_acquire *acquire)
{
	gm_acquire(((struct whole *)context)->gm, acquire);
}

static void plane_expire(void *context, const struct gemcast_sa *sa,
			 const struct gemcast_expire *expire)
{
	gm_expire(((struct whole *)context)->gm, sa, expire);
}

static void plane_gone(void *context, const struct gemcast_sa *sa)
{
	gm_gone(((struct whole *)context)->gm, sa);
}

static void plane_lost(void *context)
{
	gm_lost(((struct whole *)context)->gm);
}

static void node_receive(void *context, const struct net_path *path, uint8_t *datagram,
			 size_t len)
{
	struct whole *whole = context;

	plane_table_run(&whole->table, sim_now(whole->sim));
	ike_receive(whole->ike, path, datagram, len);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* SAs of the table end on their own: who has some looks at the clock now and then. */
static uint64_t node_next(void *context)
{
	const struct whole *whole = context;
	uint64_t next = whole->table.n_sas ? whole->table.now + TICK : IKE_NEVER;

	next = least(next, ike_next(whole->ike));
	next = least(next, gm_next(whole->gm));
	return least(next, ks_next(whole->ks));
}

static void node_run(void *context)
{
	struct whole *whole = context;

	plane_table_run(&whole->table, sim_now(whole->sim));
	ike_run(whole->ike);
	gm_run(whole->gm);
	ks_run(whole->ks);
}

static void begin(struct whole *whole)
{
	const struct ks_setup ks = {
		.crypto = whole->crypto,
		.world = { .context = whole, .now = world_now },
	};
	const struct ike_setup ike = {
		.crypto = whole->crypto,
		.world = { whole, world_now, world_time, world_send, world_route },
		.user = { whole, user_request, user_ended },
	};
	struct gm_setup gm = {
		.crypto = whole->crypto,
		.plane = &whole->table.plane,
		.context = whole,
		.now = world_now,
		.random = world_random,
	};

	whole->ks = ks_new(&ks, whole->kit.conf);
	whole->ike = ike_new(&ike, whole->kit.conf, whole->kit.book);
	gm.ike = whole->ike;
	whole->gm = gm_new(&gm, whole->kit.conf);
	if (!whole->ks || !whole->ike || !whole->gm)
		sim_die("no memory for a daemon");
	whole->table.user = (struct plane_user){ whole, plane_acquire, plane_expire, plane_gone,
						 plane_lost };
}

static void end(struct whole *whole)
{
	whole->table.user = (struct plane_user){ 0 };
	ike_free(whole->ike);
	gm_free(whole->gm);
	ks_free(whole->ks);
}

struct whole *whole_new(struct sim *sim, const struct crypto *crypto, const char *address,
			const struct kit *kit)
{
	struct whole *whole = sim_alloc(sizeof(*whole));

	*whole = (struct whole){ .sim = sim, .crypto = crypto, .at = sim_end(address, 848),
				 .kit = *kit };
	plane_table_init(&whole->table);
	whole->table.now = sim_now(sim);
	begin(whole);
	sim_attach(sim, &whole->at.addr,
		   &(struct sim_node){ whole, node_receive, node_next, node_run });
	return whole;
}

void whole_free(struct whole *whole)
{
	sim_detach(whole->sim, &whole->at.addr);
	end(whole);
	kit_free(&whole->kit);
	free(whole);
}

void whole_restart(struct whole *whole)
{
	end(whole);
	begin(whole);
}

void whole_reload(struct whole *whole, const struct kit *kit)
{
	struct kit before = whole->kit;
	struct conf_diff diff;

	if (!conf_diff(before.conf, kit->conf, &diff))
		sim_die("no memory for a difference");
	whole->kit = *kit;
	ike_reload(whole->ike, kit->conf, kit->book);
	ks_reload(whole->ks, kit->conf);
	gm_reload(whole->gm, kit->conf, &diff);
	conf_diff_free(&diff);
	kit_free(&before);
}

struct gemcast_membership whole_status(const struct whole *whole, const char *name)
{
	struct gemcast_membership status, after;
	bool begun = false;

	while (!gm_membership(whole->gm, begun ? &after : NULL, &status)) {
		if (!strcmp(status.name, name))
			return status;
		begun = true;
		after = status;
	}
	sim_die("no such membership");
}

bool whole_is(const struct whole *whole, const char *name, const char *state)
{
	struct gemcast_membership status = whole_status(whole, name);

	return !strcmp(status.state, state);
}
