// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Daemons of the simulator.
 */
#include <stdlib.h>
#include <string.h>
#include "sim_group.h"
#include "sim_internal.h"

#define SECOND	UINT64_C(1000)

static void must(bool kept, const char *what)
{
	if (!kept)
		sim_die(what);
}

struct troupe *troupe_new(uint64_t seed, const struct crypto *crypto)
{
	struct troupe *troupe = sim_alloc(sizeof(*troupe));

	troupe->sim = sim_new(seed);
	troupe->crypto = crypto;
	return troupe;
}

/* The data plane */

static int plane_group_add(void *context, uint32_t group)
{
	struct daemon *daemon = context;

	return daemon->table.plane.group_add(&daemon->table, group);
}

static int plane_group_flush(void *context, uint32_t group)
{
	struct daemon *daemon = context;

	return daemon->table.plane.group_flush(&daemon->table, group);
}

static int plane_policy_add(void *context, const struct gemcast_policy *policy)
{
	struct daemon *daemon = context;

	return daemon->table.plane.policy_add(&daemon->table, policy);
}

static int plane_policy_del(void *context, const struct gemcast_policy *policy)
{
	struct daemon *daemon = context;

	return daemon->table.plane.policy_del(&daemon->table, policy);
}

/* RFC 9838 2.5: no two senders, nor one again, with the same key and Sender-ID. */
static void add_sender(struct troupe *troupe, const struct gemcast_sa *sa)
{
	struct sender sender = { .sid = sa->sid };
	size_t i;

	memcpy(sender.key, sa->key, sa->key_len);
	for (i = 0; i < troupe->n_senders; i++)
		must(memcmp(&troupe->senders[i], &sender, sizeof(sender)) != 0,
		     "a key and a Sender-ID were given out twice");
	troupe->senders = reallocarray(troupe->senders, troupe->n_senders + 1, sizeof(sender));
	must(troupe->senders, "no memory");
	troupe->senders[troupe->n_senders++] = sender;
}

static int plane_sa_add(void *context, const struct gemcast_sa *sa)
{
	struct daemon *daemon = context;
	int err = daemon->table.plane.sa_add(&daemon->table, sa);

	if (!err && sa->dir != GEMCAST_SA_DIR_IN)
		add_sender(daemon->troupe, sa);
	return err;
}

static int plane_sa_del(void *context, const struct gemcast_sa *sa)
{
	struct daemon *daemon = context;

	return daemon->table.plane.sa_del(&daemon->table, sa);
}

static int plane_join(void *context, const struct gemcast_addr *group,
		      const struct gemcast_addr *source, const char *dev)
{
	struct daemon *daemon = context;

	return daemon->table.plane.join(&daemon->table, group, source, dev);
}

static void plane_leave(void *context, const struct gemcast_addr *group,
			const struct gemcast_addr *source, const char *dev)
{
	struct daemon *daemon = context;

	daemon->table.plane.leave(&daemon->table, group, source, dev);
}

static const char *plane_why(void *context)
{
	struct daemon *daemon = context;

	return daemon->table.plane.why(&daemon->table);
}

static void on_acquire(void *context, const struct gemcast_acquire *acquire)
{
	gm_acquire(((struct daemon *)context)->gm, acquire);
}

static void on_expire(void *context, const struct gemcast_sa *sa,
		      const struct gemcast_expire *expire)
{
	gm_expire(((struct daemon *)context)->gm, sa, expire);
}

static void on_gone(void *context, const struct gemcast_sa *sa)
{
	gm_gone(((struct daemon *)context)->gm, sa);
}

static void on_lost(void *context)
{
	gm_lost(((struct daemon *)context)->gm);
}

/* The table has no timer: when does the next of its SAs end? */
static uint64_t table_next(const struct plane_table *table)
{
	const struct gemcast_sa *sa;
	uint64_t next = SIM_NEVER;
	uint64_t end;
	size_t i;

	for (i = 0; i < table->n_sas; i++) {
		sa = &table->sas[i].sa;
		end = SIM_NEVER;
		if (GEMCAST_HAS(sa, GEMCAST_A_SA_HARD_SECONDS))
			end = table->sas[i].added + sa->hard_seconds * SECOND;
		if (GEMCAST_HAS(sa, GEMCAST_A_SA_DEACTIVATE) &&
		    table->sas[i].added + sa->deactivate < end)
			end = table->sas[i].added + sa->deactivate;
		if (end < next)
			next = end;
	}
	return next;
}

/* Upcalls of the engine */

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	struct daemon *daemon = context;

	if (ike_sa_initiator(sa))
		gm_request(daemon->gm, sa, request, response);
	else
		ks_request(daemon->ks, sa, request, response);
}

static void on_ended(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct daemon *daemon = context;

	if (ike_sa_initiator(sa))
		gm_ended(daemon->gm, sa, why, text);
	else
		ks_ended(daemon->ks, sa, why, text);
}

/* The world */

static uint64_t world_now(void *context)
{
	return sim_now(((struct daemon *)context)->troupe->sim);
}

static int64_t world_time(void *context)
{
	return sim_time(((struct daemon *)context)->troupe->sim);
}

static uint32_t world_random(void *context)
{
	return (uint32_t)sim_random(((struct daemon *)context)->troupe->sim, UINT64_C(1) << 32);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	sim_send(((struct daemon *)context)->troupe->sim, path, datagram);
}

static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	const struct daemon *daemon = context;

	*path = (struct net_path){ .local = daemon->at, .remote = *remote };
	return true;
}

static void node_receive(void *context, const struct net_path *path, uint8_t *datagram,
			 size_t len)
{
	struct daemon *daemon = context;

	plane_table_run(&daemon->table, sim_now(daemon->troupe->sim));
	ike_receive(daemon->ike, path, datagram, len);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t node_next(void *context)
{
	const struct daemon *daemon = context;
	uint64_t next = sooner(ike_next(daemon->ike), table_next(&daemon->table));

	if (daemon->ks)
		next = sooner(next, ks_next(daemon->ks));
	if (daemon->gm)
		next = sooner(next, gm_next(daemon->gm));
	return next;
}

static void node_run(void *context)
{
	struct daemon *daemon = context;

	plane_table_run(&daemon->table, sim_now(daemon->troupe->sim));
	ike_run(daemon->ike);
	if (daemon->ks)
		ks_run(daemon->ks);
	if (daemon->gm)
		gm_run(daemon->gm);
}

static void begin(struct daemon *daemon)
{
	const struct crypto *crypto = daemon->troupe->crypto;
	const struct conf *conf = daemon->kit->conf;
	const struct ike_setup ike = {
		.crypto = crypto,
		.world = { daemon, world_now, world_time, world_send, world_route },
		.user = { daemon, on_request, on_ended },
	};
	const struct ks_setup ks = { .crypto = crypto, .world = { daemon, world_now, NULL, NULL } };
	struct gm_setup gm = { .crypto = crypto, .plane = &daemon->plane, .context = daemon,
			       .now = world_now, .random = world_random };

	daemon->ike = gm.ike = ike_new(&ike, conf, daemon->kit->book);
	must(daemon->ike, "no engine");
	if (conf->key_server.groups_count) {
		daemon->ks = ks_new(&ks, conf);
		must(daemon->ks, "no key server");
	}
	if (conf->member.groups_count) {
		daemon->gm = gm_new(&gm, conf);
		must(daemon->gm, "no member");
		daemon->table.user = (struct plane_user){ daemon, on_acquire, on_expire, on_gone,
							  on_lost };
	}
}

static void end(struct daemon *daemon)
{
	daemon->table.user = (struct plane_user){ 0 };
	ike_free(daemon->ike);
	ks_free(daemon->ks);
	gm_free(daemon->gm);
	daemon->ike = NULL;
	daemon->ks = NULL;
	daemon->gm = NULL;
}

static void make_plane(struct daemon *daemon)
{
	plane_table_init(&daemon->table);
	daemon->plane = (struct plane){
		daemon, plane_group_add, plane_group_flush, plane_policy_add, plane_policy_del,
		plane_sa_add, plane_sa_del, plane_join, plane_leave, plane_why,
	};
}

struct daemon *daemon_new(struct troupe *troupe, const struct kit *kit, const struct net_end *at)
{
	struct daemon *daemon = sim_alloc(sizeof(*daemon));

	daemon->next = troupe->daemons;
	daemon->troupe = troupe;
	daemon->kit = kit;
	daemon->at = *at;
	make_plane(daemon);
	troupe->daemons = daemon;
	begin(daemon);
	sim_attach(troupe->sim, &at->addr,
		   &(struct sim_node){ daemon, node_receive, node_next, node_run });
	return daemon;
}

static void stop(struct daemon *daemon)
{
	if (daemon->gm)
		gm_stop(daemon->gm);
	ike_close_all(daemon->ike);
	end(daemon);
}

void daemon_restart(struct daemon *daemon, enum daemon_end how)
{
	if (how == DAEMON_STOPS)
		stop(daemon);
	else
		end(daemon);
	if (how == DAEMON_REBOOTS)
		make_plane(daemon);
	begin(daemon);
}

void troupe_free(struct troupe *troupe)
{
	struct daemon *daemon;

	while ((daemon = troupe->daemons)) {
		troupe->daemons = daemon->next;
		stop(daemon);
		sim_detach(troupe->sim, &daemon->at.addr);
		free(daemon);
	}
	sim_free(troupe->sim);
	free(troupe->senders);
	free(troupe);
}

bool daemon_membership(const struct daemon *daemon, struct gemcast_membership *membership)
{
	return daemon->gm && !gm_membership(daemon->gm, NULL, membership);
}

bool daemon_is_joined(const struct daemon *daemon)
{
	struct gemcast_membership m;

	return daemon_membership(daemon, &m) && !strcmp(m.state, "joined");
}

const char *daemon_cannot_hear(const struct daemon *receiver, const struct daemon *sender,
			       const struct gemcast_addr *dst)
{
	const struct gemcast_policy *policy = plane_table_policy(&sender->table, dst,
								 &sender->at.addr);
	const struct plane_table_sa *sa, *other;

	if (!policy)
		return "the sender has no policy";
	sa = plane_table_current(&sender->table, policy->group, dst, &sender->at.addr);
	if (!sa || receiver == sender)
		return NULL;
	other = plane_table_sa(&receiver->table, sa->sa.spi);
	if (!other)
		return "the receiver has no such SA";
	if (other->sa.dir == GEMCAST_SA_DIR_OUT)
		return "the receiver only sends by this SA";
	if (memcmp(sa->key, other->key, sizeof(sa->key)) != 0 ||
	    strcmp(sa->sa.aead, other->sa.aead) != 0 || sa->sa.icv != other->sa.icv ||
	    !net_addr_equal(&sa->sa.dst, &other->sa.dst))
		return "the two have different SAs";
	return NULL;
}
