// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole daemons in the simulator.
 */
#include <stdlib.h>
#include <string.h>
#include "pki.h"
#include "sim_internal.h"
#include "whole.h"

static uint64_t world_now(void *context)
{
	return sim_now(((struct whole *)context)->sim);
}

static int64_t world_time(void *context)
{
	return sim_time(((struct whole *)context)->sim);
}

static int64_t world_wall(void *context)
{
	const struct whole *whole = context;

	return PKI_NOW * INT64_C(1000) + (int64_t)sim_now(whole->sim);
}

static uint32_t world_random(void *context)
{
	return (uint32_t)sim_random(((struct whole *)context)->sim, UINT32_MAX);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	sim_send(((struct whole *)context)->sim, path, datagram);
}

static void world_send_group(void *context, const struct net_group *to, struct chunk datagram)
{
	const struct whole *whole = context;

	sim_send_group(whole->sim, &whole->at, to, datagram);
}

static bool world_group_source(void *context, const struct net_group *to,
			       struct gemcast_addr *source)
{
	const struct whole *whole = context;

	*source = whole->at.addr;
	return to->to.addr.family == whole->at.addr.family;
}

static int world_rekey_join(void *context, const struct net_group *group)
{
	const struct whole *whole = context;

	sim_join(whole->sim, &whole->at.addr, group);
	return 0;
}

static void world_rekey_leave(void *context, const struct net_group *group)
{
	const struct whole *whole = context;

	sim_leave(whole->sim, &whole->at.addr, group);
}

static int world_tek(void *context, uint8_t *out, size_t len)
{
	const struct whole *whole = context;
	int err = crypto_random(whole->crypto, out, len);

	if (!err && whole->hooks.key_made)
		whole->hooks.key_made(whole->hooks.context, out, len);
	return err;
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

static void plane_unknown_spi(void *context, const struct gemcast_audit *audit)
{
	gm_unknown_spi(((struct whole *)context)->gm, audit);
}

static void plane_lost(void *context)
{
	gm_lost(((struct whole *)context)->gm);
}

/* The table's own, and the test is told. */
static int plane_sa_add(void *context, const struct gemcast_sa *sa)
{
	struct whole *whole = (struct whole *)((char *)context - offsetof(struct whole, table));
	int err = whole->add(context, sa);

	if (!err && whole->hooks.sa_added)
		whole->hooks.sa_added(whole->hooks.context, sa);
	return err;
}

static void node_receive(void *context, const struct net_path *path, uint8_t *datagram,
			 size_t len)
{
	struct whole *whole = context;

	plane_table_run(&whole->table, sim_now(whole->sim));
	ike_receive(whole->ike, path, datagram, len);
}

static void node_receive_group(void *context, const struct net_path *path, uint8_t *datagram,
			       size_t len)
{
	struct whole *whole = context;

	plane_table_run(&whole->table, sim_now(whole->sim));
	gm_rekey_datagram(whole->gm, path, datagram, len);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t node_next(void *context)
{
	const struct whole *whole = context;
	uint64_t next = least(plane_table_next(&whole->table), ike_next(whole->ike));

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

static struct store *open_store(const struct whole *whole)
{
	static const uint8_t master[STORE_MASTER_LEN] = "a master key";
	struct reason why = { "" };
	struct store *store;

	if (whole->path && store_open(whole->crypto, whole->path, CHUNK(master), NULL, &store, &why))
		sim_die(why.text);
	return whole->path ? store : NULL;
}

static void begin(struct whole *whole)
{
	struct reason why = { "" };
	struct ks_setup ks = {
		.crypto = whole->crypto,
		.world = { .context = whole, .now = world_now, .wall = world_wall, .send_group = world_send_group,
			   .group_source = world_group_source, .tek = world_tek },
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
		.rekey_join = world_rekey_join,
		.rekey_leave = world_rekey_leave,
	};

	whole->store = ks.store = open_store(whole);
	whole->ks = ks_new(&ks, whole->kit.conf);
	whole->ike = ike_new(&ike, whole->kit.conf, whole->kit.book);
	gm.ike = whole->ike;
	whole->gm = gm_new(&gm, whole->kit.conf);
	if (!whole->ks || !whole->ike || !whole->gm)
		sim_die("no memory for a daemon");
	if (whole->store && ks_load(whole->ks, &why))
		sim_die(why.text);
	whole->table.user = (struct plane_user){
		.context = whole,
		.acquire = plane_acquire,
		.expire = plane_expire,
		.gone = plane_gone,
		.unknown_spi = plane_unknown_spi,
		.lost = plane_lost,
	};
}

static void end(struct whole *whole)
{
	whole->table.user = (struct plane_user){ 0 };
	ike_free(whole->ike);
	gm_free(whole->gm);
	ks_free(whole->ks);
	if (whole->store)
		whole->store->ops->close(whole->store);
	sim_leave_all(whole->sim, &whole->at.addr);
}

struct whole *whole_new(struct sim *sim, const struct crypto *crypto, const char *address,
			const struct kit *kit)
{
	struct whole *whole = sim_alloc(sizeof(*whole));

	*whole = (struct whole){ .sim = sim, .crypto = crypto, .at = sim_end(address, 848),
				 .kit = *kit };
	plane_table_init(&whole->table);
	whole->add = whole->table.plane.sa_add;
	whole->table.plane.sa_add = plane_sa_add;
	whole->table.now = sim_now(sim);
	begin(whole);
	sim_attach(sim, &whole->at.addr,
		   &(struct sim_node){ .context = whole, .receive = node_receive,
				       .next = node_next, .run = node_run,
				       .receive_group = node_receive_group });
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

void whole_store(struct whole *whole, const char *path)
{
	end(whole);
	whole->path = path;
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

/* It may have ended an SA, and told the daemon so. */
static void run_table(struct whole *whole)
{
	if (plane_table_next(&whole->table) > sim_now(whole->sim)) {
		whole->table.now = sim_now(whole->sim);
		return;
	}
	plane_table_run(&whole->table, sim_now(whole->sim));
	sim_look_again(whole->sim, &whole->at.addr);
}

const struct plane_table_sa *whole_send(struct whole *whole, const struct gemcast_addr *dst)
{
	const struct gemcast_policy *policy;

	run_table(whole);
	policy = plane_table_policy(&whole->table, dst, &whole->at.addr);
	if (!policy)
		return NULL;
	sim_look_again(whole->sim, &whole->at.addr);
	return plane_table_send(&whole->table, policy->group, dst, &whole->at.addr);
}

/* As seldom as the kernel tells of it. */
static void tell_unknown(struct whole *whole, const struct gemcast_audit *audit)
{
	uint64_t now = sim_now(whole->sim);

	if (!whole->table.user.unknown_spi || now < whole->quiet)
		return;
	whole->quiet = now + SIM_SECONDS(1);
	whole->table.user.unknown_spi(whole->table.user.context, audit);
	sim_look_again(whole->sim, &whole->at.addr);
}

const struct plane_table_sa *whole_hear(struct whole *whole, uint32_t spi,
					const struct gemcast_addr *dst,
					const struct gemcast_addr *src)
{
	const struct gemcast_audit audit = {
		.present = GEMCAST_BIT(GEMCAST_A_AUDIT_REASON) | GEMCAST_BIT(GEMCAST_A_AUDIT_SPI) |
			   GEMCAST_BIT(GEMCAST_A_AUDIT_DST) | GEMCAST_BIT(GEMCAST_A_AUDIT_SRC),
		.reason = GEMCAST_A_STATS_IN_NO_SA,
		.spi = spi,
		.dst = *dst,
		.src = *src,
	};
	const struct plane_table_sa *sa;

	run_table(whole);
	sa = plane_table_sa(&whole->table, spi);
	if (!sa)
		tell_unknown(whole, &audit);
	return sa;
}
