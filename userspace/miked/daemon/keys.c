// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service of keys: the IKE engine, and upon it the key server and the group member.
 * An IKE SA belongs to one of the two by who began it: members begin, key servers answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/log.h"
#include "crypto/selftest.h"
#include "daemon/services.h"
#include "daemon/timer.h"

struct keys {
	struct crypto crypto;
	struct auth_book *book;
	struct auth_book *next_book;	/* while a reload is prepared */
	struct store *store;		/* NULL: none */
	struct timer timer;
};

static uint64_t world_now(void *context)
{
	(void)context;
	return timer_now();
}

static int64_t world_wall(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t world_time(void *context)
{
	(void)context;
	return time(NULL);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	const struct miked *miked = context;

	net_udp_send(miked->udp, path, datagram);
}

static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	const struct miked *miked = context;

	return net_udp_route(miked->udp, remote, path);
}

static void world_send_group(void *context, const struct net_group *to, struct chunk datagram)
{
	const struct miked *miked = context;

	net_udp_send_group(miked->udp, to, datagram);
}

static bool world_group_source(void *context, const struct net_group *to,
			       struct gemcast_addr *source)
{
	const struct miked *miked = context;

	return net_udp_group_source(miked->udp, to, source);
}

static int world_rekey_join(void *context, const struct net_group *group)
{
	const struct miked *miked = context;

	return net_udp_join(miked->udp, group);
}

static void world_rekey_leave(void *context, const struct net_group *group)
{
	const struct miked *miked = context;

	net_udp_leave(miked->udp, group);
}

static uint32_t world_random(void *context)
{
	const struct miked *miked = context;
	uint32_t value = 0;

	/* Without it members that retry do so at one time: no more than that. */
	crypto_random(&miked->keys->crypto, (uint8_t *)&value, sizeof(value));
	return value;
}

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	const struct miked *miked = context;

	if (ike_sa_initiator(sa))
		gm_request(miked->gm, sa, request, response);
	else
		ks_request(miked->ks, sa, request, response);
}

static void on_ended(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	const struct miked *miked = context;

	if (ike_sa_initiator(sa))
		gm_ended(miked->gm, sa, why, text);
	else
		ks_ended(miked->ks, sa, why, text);
}

static uint64_t next_of_ike(void *context)
{
	return ike_next(context);
}

static void run_ike(void *context)
{
	ike_run(context);
}

static uint64_t next_of_ks(void *context)
{
	return ks_next(context);
}

static void run_ks(void *context)
{
	ks_run(context);
}

static uint64_t next_of_gm(void *context)
{
	return gm_next(context);
}

static void run_gm(void *context)
{
	gm_run(context);
}

static struct auth_book *load_book(const struct keys *keys, const struct conf *conf)
{
	struct auth_book *book;
	struct reason why = { "" };

	book = auth_book_new(&keys->crypto, conf, &why);
	if (!book)
		log_error(AREA_CONF, "%s", why.text);
	return book;
}

static int start_ike(struct miked *miked)
{
	const struct ike_setup setup = {
		.crypto = &miked->keys->crypto,
		.world = { miked, world_now, world_time, world_send, world_route },
		.user = { miked, on_request, on_ended },
	};

	miked->ike = ike_new(&setup, miked->conf, miked->keys->book);
	return miked->ike ? 0 : -ENOMEM;
}

static int start_store(struct miked *miked)
{
	const struct conf_key_server *conf = &miked->conf->key_server;
	struct reason why = { "" };
	struct secret master;
	int err;

	if (!*conf->store)
		return 0;
	err = store_master_read(conf->master_key, &master, &why);
	if (!err)
		err = store_open(&miked->keys->crypto, conf->store, secret_chunk(&master), NULL,
				 &miked->keys->store, &why);
	secret_free(&master);
	if (err)
		log_error(AREA_STORE, "%s", why.text);
	return err;
}

static int start_ks(struct miked *miked)
{
	const struct ks_setup setup = {
		.crypto = &miked->keys->crypto,
		.world = {
			.context = miked,
			.now = world_now,
			.wall = world_wall,
			.send_group = world_send_group,
			.group_source = world_group_source,
		},
		.store = miked->keys->store,
	};
	struct reason why = { "" };
	int err;

	miked->ks = ks_new(&setup, miked->conf);
	if (!miked->ks)
		return -ENOMEM;
	err = ks_load(miked->ks, &why);
	if (err)
		log_error(AREA_STORE, "%s", why.text);
	return err;
}

static int start_gm(struct miked *miked)
{
	const struct gm_setup setup = {
		.crypto = &miked->keys->crypto,
		.ike = miked->ike,
		.plane = kernel_plane(miked->kernel),
		.context = miked,
		.now = world_now,
		.random = world_random,
		.rekey_join = world_rekey_join,
		.rekey_leave = world_rekey_leave,
	};

	miked->gm = gm_new(&setup, miked->conf);
	return miked->gm ? 0 : -ENOMEM;
}

/* As the sockets' turns: neither keeps the other waiting. */
static int start_timer(struct miked *miked)
{
	struct timer *timer = &miked->keys->timer;

	timer->parts[0] = (struct timer_part){ miked->ike, next_of_ike, run_ike };
	timer->parts[1] = (struct timer_part){ miked->ks, next_of_ks, run_ks };
	timer->parts[2] = (struct timer_part){ miked->gm, next_of_gm, run_gm };
	return timer_start(timer, miked->event, NET_PRIORITY);
}

static int start_crypto(struct miked *miked)
{
	struct reason why = { "" };
	int err;

	err = crypto_init(&miked->keys->crypto, NULL, &why);
	if (!err)
		err = crypto_selftest(&miked->keys->crypto, &why);
	if (err) {
		log_error(AREA_CONF, "%s", why.text);
		return err;
	}
	miked->keys->book = load_book(miked->keys, miked->conf);
	return miked->keys->book ? 0 : -EINVAL;
}

/* The engine goes before those whose tasks it has. */
static void end(struct miked *miked)
{
	struct keys *keys = miked->keys;

	timer_stop(&keys->timer);
	ike_free(miked->ike);
	gm_free(miked->gm);
	ks_free(miked->ks);
	if (keys->store)
		keys->store->ops->close(keys->store);
	auth_book_drop(keys->book);
	crypto_free(&keys->crypto);
	free(keys);
	miked->ike = NULL;
	miked->gm = NULL;
	miked->ks = NULL;
	miked->keys = NULL;
}

static int start(struct miked *miked)
{
	static int (* const steps[])(struct miked *miked) = {
		start_crypto, start_ike, start_store, start_ks, start_gm, start_timer,
	};
	size_t i;
	int err = 0;

	miked->keys = calloc(1, sizeof(*miked->keys));
	if (!miked->keys) {
		log_error(AREA_CONF, "no memory");
		return -ENOMEM;
	}
	for (i = 0; !err && i < sizeof(steps) / sizeof(steps[0]); i++)
		err = steps[i](miked);
	if (err == -ENOMEM)
		log_error(AREA_CONF, "no memory");
	if (err)
		end(miked);
	else
		ops_fill(miked);
	return err;
}

/* Certificates, CRLs and keys are read again, whether what names them changed or not. */
static int prepare(struct miked *miked, const struct conf *conf)
{
	miked->keys->next_book = load_book(miked->keys, conf);
	return miked->keys->next_book ? 0 : -EINVAL;
}

static void cancel(struct miked *miked)
{
	auth_book_drop(miked->keys->next_book);
	miked->keys->next_book = NULL;
}

static void reload(struct miked *miked, const struct conf *before, const struct conf_diff *diff)
{
	struct keys *keys = miked->keys;

	if (strcmp(before->key_server.store, miked->conf->key_server.store) != 0 ||
	    strcmp(before->key_server.master_key, miked->conf->key_server.master_key) != 0)
		log_warning(AREA_STORE, "key-server.store and master-key change at the next start");
	ike_reload(miked->ike, miked->conf, keys->next_book);
	auth_book_drop(keys->book);
	keys->book = keys->next_book;
	keys->next_book = NULL;
	ks_reload(miked->ks, miked->conf);
	gm_reload(miked->gm, miked->conf, diff);
	ops_fill(miked);
}

static void stop(struct miked *miked)
{
	const struct ike_stats *stats = ike_stats(miked->ike);
	const struct ks_stats *told = ks_stats(miked->ks);
	const struct gm_stats *heard = gm_stats(miked->gm);

	gm_stop(miked->gm);
	ike_close_all(miked->ike);
#define X(name) log_counter(AREA_IKE, #name, stats->name);
	IKE_COUNTERS(X)
#undef X
#define X(name) log_counter(AREA_GROUP, "ks " #name, told->name);
	KS_COUNTERS(X)
#undef X
#define X(name) log_counter(AREA_GROUP, "rekey " #name, heard->name);
	GM_COUNTERS(X)
#undef X
	end(miked);
}

const struct service keys_service = {
	.name = "keys",
	.start = start,
	.prepare = prepare,
	.cancel = cancel,
	.reload = reload,
	.stop = stop,
};
