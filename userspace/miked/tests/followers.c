// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many members in one process, on real sockets, who follow the rekeys of a key server: each
 * is what miked has of one (group/gm.h), with a data plane that is a table. They have a
 * configuration of one key server and one group, and credentials as many.h makes them.
 *
 *	followers CONFIGURATION MEMBERS AT-ONE-TIME ADDRESS
 *
 * The first has ADDRESS, the next the one behind it, and so on: all are this host's. Behind
 * a line "go" on its standard input they register, so many at one time. Whenever all have
 * put an SA into their data planes, a line of its standard output says which, and when the
 * first and the last did, in seconds of CLOCK_MONOTONIC. It ends with its standard input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "group/gm.h"
#include "many.h"
#include "net/udp.h"
#include "plane_table.h"

#define NS_PER_MS	1000000
#define DATAGRAM	65536
/* That some have and others not yet. */
#define SAS		16

struct followers;

struct follower {
	struct plane_table table;	/* the context of its plane */
	struct plane plane;
	struct followers *all;
	struct conf conf;
	struct gm *gm;
	uint64_t next;			/* gm_next() */
	bool has_keys;
};

/* Multicast groups of Rekey SAs. */
#define GROUPS		4
struct joined {
	struct net_group group;
	uint32_t count;			/* followers that did; 0: not in use */
};

/* An SA on its way to all. */
struct spread {
	uint32_t spi;
	uint32_t count;			/* followers that have it; 0: not in use */
	uint64_t first_ns;
};

struct followers {
	sd_event *event;
	sd_event_source *timer;
	struct conf *conf;
	struct conf_credential *credentials;
	struct crypto crypto;
	struct auth_book *book;
	struct net_udp *udp;
	struct ike *ike;

	struct follower *member;
	struct follower *acting;	/* who asks for a route */
	uint32_t count, begun, have_keys, at_once;
	uint32_t address;		/* of the first, host order */
	bool going;
	struct spread spreads[SAS];
	struct joined joined[GROUPS];
};

static uint64_t now_ms(void)
{
	return many_nanoseconds(CLOCK_MONOTONIC) / NS_PER_MS;
}

/* What they hold */

static struct spread *spread_of(struct followers *all, uint32_t spi)
{
	struct spread *unused = NULL;
	size_t i;

	for (i = 0; i < SAS; i++) {
		if (all->spreads[i].count && all->spreads[i].spi == spi)
			return &all->spreads[i];
		if (!all->spreads[i].count)
			unused = &all->spreads[i];
	}
	return unused;
}

static void count_sa(struct followers *all, uint32_t spi)
{
	uint64_t now = many_nanoseconds(CLOCK_MONOTONIC);
	struct spread *spread = spread_of(all, spi);

	if (!spread) {
		fprintf(stderr, "SA %08" PRIx32 ": too many that not all have\n", spi);
		return;
	}
	if (!spread->count++) {
		spread->spi = spi;
		spread->first_ns = now;
	}
	if (spread->count < all->count)
		return;
	printf("spi=%08" PRIx32 " first=%.6f last=%.6f\n", spi, (double)spread->first_ns / 1e9,
	       (double)now / 1e9);
	fflush(stdout);
	spread->count = 0;
}

static int plane_sa_add(void *context, const struct gemcast_sa *sa)
{
	struct follower *f = context;
	bool known = plane_table_sa(&f->table, sa->spi);
	int err = f->table.plane.sa_add(&f->table, sa);

	if (err || known)
		return err;
	if (!f->has_keys) {
		f->has_keys = true;
		f->all->have_keys++;
	}
	count_sa(f->all, sa->spi);
	return 0;
}

/* One of them */

static struct follower *follower_at(struct followers *all, const struct net_path *path)
{
	uint32_t index = ntohl(path->local.addr.in.s_addr) - all->address;

	return index < all->begun ? &all->member[index] : NULL;
}

static void run(struct follower *f)
{
	f->all->acting = f;
	plane_table_run(&f->table, now_ms());
	gm_run(f->gm);
	f->next = gm_next(f->gm);
}

static uint64_t world_now(void *context)
{
	(void)context;
	return now_ms();
}

static uint32_t world_random(void *context)
{
	uint32_t number = 0;

	crypto_random(&((struct follower *)context)->all->crypto, (uint8_t *)&number,
		      sizeof(number));
	return number;
}

static void plane_gone(void *context, const struct gemcast_sa *sa)
{
	gm_gone(((struct follower *)context)->gm, sa);
}

/* For all of them the host joins once. */
static struct joined *joined_to(struct followers *all, const struct net_group *group)
{
	struct joined *unused = NULL;
	size_t i;

	for (i = 0; i < GROUPS; i++) {
		if (all->joined[i].count && net_group_equal(&all->joined[i].group, group))
			return &all->joined[i];
		if (!all->joined[i].count)
			unused = &all->joined[i];
	}
	return unused;
}

static int rekey_join(void *context, const struct net_group *group)
{
	struct followers *all = ((struct follower *)context)->all;
	struct joined *joined = joined_to(all, group);
	int err = 0;

	if (!joined)
		return -ENOSPC;
	if (!joined->count)
		err = net_udp_join(all->udp, group);
	if (err)
		return err;
	joined->group = *group;
	joined->count++;
	return 0;
}

static void rekey_leave(void *context, const struct net_group *group)
{
	struct followers *all = ((struct follower *)context)->all;
	struct joined *joined = joined_to(all, group);

	if (joined && joined->count && !--joined->count)
		net_udp_leave(all->udp, group);
}

static bool begin(struct followers *all, struct follower *f)
{
	const struct gm_setup setup = {
		.crypto = &all->crypto,
		.ike = all->ike,
		.plane = &f->plane,
		.context = f,
		.now = world_now,
		.random = world_random,
		.rekey_join = rekey_join,
		.rekey_leave = rekey_leave,
	};

	f->all = all;
	plane_table_init(&f->table);
	f->table.user = (struct plane_user){ .context = f, .gone = plane_gone };
	f->plane = f->table.plane;
	f->plane.sa_add = plane_sa_add;
	f->conf = *all->conf;
	memcpy(f->conf.member.credential, all->credentials[f - all->member].name,
	       sizeof(f->conf.member.credential));
	f->gm = gm_new(&setup, &f->conf);
	if (!f->gm)
		return false;
	all->begun++;
	run(f);
	return true;
}

static void go_on(struct followers *all)
{
	uint64_t now = now_ms();
	uint32_t i;

	while (all->going && all->begun < all->count &&
	       all->begun - all->have_keys < all->at_once)
		if (!begin(all, &all->member[all->begun])) {
			sd_event_exit(all->event, 1);
			return;
		}
	for (i = 0; i < all->begun; i++)
		if (all->member[i].next <= now)
			run(&all->member[i]);
}

/* The world */

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	struct follower *f = follower_at(context, ike_sa_path(sa));

	if (f)
		gm_request(f->gm, sa, request, response);
}

static void on_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct follower *f = follower_at(context, ike_sa_path(sa));

	if (f)
		gm_ended(f->gm, sa, why, text);
}

static int64_t world_time(void *context)
{
	(void)context;
	return time(NULL);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	net_udp_send(((struct followers *)context)->udp, path, datagram);
}

static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	struct followers *all = context;

	if (!net_udp_route(all->udp, remote, path))
		return false;
	path->local.addr.in.s_addr = htonl(all->address + (uint32_t)(all->acting - all->member));
	return true;
}

static void on_datagram(void *context, const struct net_path *path, uint8_t *datagram, size_t len)
{
	struct followers *all = context;
	struct follower *f = follower_at(all, path);

	if (!f)
		return;
	all->acting = f;
	ike_receive(all->ike, path, datagram, len);
	f->next = 0;
}

/* To each as if it were a host of its own. */
static void on_group(void *context, const struct net_path *path, uint8_t *datagram, size_t len)
{
	struct followers *all = context;
	uint8_t copy[DATAGRAM];
	uint32_t i;

	for (i = 0; i < all->begun && len <= sizeof(copy); i++) {
		memcpy(copy, datagram, len);
		all->acting = &all->member[i];
		gm_rekey_datagram(all->acting->gm, path, copy, len);
		all->acting->next = 0;
	}
}

/* Of whom the engine told something is not known. */
static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct followers *all = arg;
	uint32_t i;

	(void)source;
	(void)usec;
	ike_run(all->ike);
	for (i = 0; i < all->begun; i++)
		all->member[i].next = gm_next(all->member[i].gm);
	return 0;
}

/* Behind each event others may begin, and somebody want to be called at another time. */
static int on_event(sd_event_source *source, void *arg)
{
	struct followers *all = arg;
	uint64_t next, now;
	uint32_t i;

	(void)source;
	go_on(all);
	next = ike_next(all->ike);
	for (i = 0; i < all->begun; i++)
		if (all->member[i].next < next)
			next = all->member[i].next;
	now = now_ms();
	if (next == IKE_NEVER)
		return sd_event_source_set_enabled(all->timer, SD_EVENT_OFF);
	sd_event_source_set_time_relative(all->timer, next > now ? (next - now) * 1000 : 0);
	return sd_event_source_set_enabled(all->timer, SD_EVENT_ONESHOT);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct followers *all = arg;
	char line[16];

	(void)source;
	(void)events;
	if (read(fd, line, sizeof(line)) <= 0)
		return sd_event_exit(all->event, 0);
	all->going = true;
	return 0;
}

/* From the beginning to the end */

static void print_error(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static bool start_engine(struct followers *all)
{
	const struct ike_setup setup = {
		.crypto = &all->crypto,
		.world = { all, world_now, world_time, world_send, world_route },
		.user = { all, on_request, on_end },
	};

	all->udp = net_udp_new(all->event, &(struct net_udp_user){ all, on_datagram, on_group });
	all->ike = ike_new(&setup, all->conf, all->book);
	return all->udp && all->ike && !net_udp_open(all->udp, &all->conf->local);
}

static bool start(struct followers *all, const char *path)
{
	struct reason why = { "no memory" };
	enum log_area area;

	all->conf = conf_load(path, print_error, NULL);
	if (!all->conf || crypto_init(&all->crypto, NULL, &why))
		return false;
	all->member = calloc(all->count, sizeof(*all->member));
	all->credentials = many_credentials(all->conf, all->count);
	if (all->member && all->credentials)
		all->book = many_book(&all->crypto, all->conf, all->credentials, all->count, &why);
	if (!all->book) {
		fprintf(stderr, "%s\n", why.text);
		return false;
	}
	for (area = 0; area < AREAS; area++)
		log_set_level(area, LEVEL_WARNING);
	return start_engine(all);
}

static int loop(struct followers *all)
{
	sd_event_source *input, *every;
	int status;

	if (sd_event_add_time_relative(all->event, &all->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
				       all) < 0 ||
	    sd_event_add_io(all->event, &input, STDIN_FILENO, EPOLLIN, on_input, all) < 0 ||
	    sd_event_add_post(all->event, &every, on_event, all) < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	status = sd_event_loop(all->event);
	sd_event_source_unref(input);
	sd_event_source_unref(every);
	sd_event_source_unref(all->timer);
	return status ? 1 : 0;
}

static void end(struct followers *all)
{
	uint32_t i;

	if (all->ike)
		ike_free(all->ike);
	for (i = 0; i < all->begun; i++)
		gm_free(all->member[i].gm);
	net_udp_free(all->udp);
	auth_book_drop(all->book);
	conf_free(all->conf);
	crypto_free(&all->crypto);
	free(all->member);
	free(all->credentials);
	sd_event_unref(all->event);
}

int main(int argc, char **argv)
{
	static struct followers all;
	struct in_addr address;
	int status = 1;

	if (argc != 5 || !inet_aton(argv[4], &address) || sd_event_default(&all.event) < 0)
		return 2;
	all.count = (uint32_t)strtoul(argv[2], NULL, 10);
	all.at_once = (uint32_t)strtoul(argv[3], NULL, 10);
	all.address = ntohl(address.s_addr);
	if (all.count && all.at_once && start(&all, argv[1]))
		status = loop(&all);
	end(&all);
	return status;
}
