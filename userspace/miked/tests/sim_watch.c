// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who watches a group in the simulator.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"
#include "group/ks_internal.h"
#include "sim_internal.h"
#include "sim_watch.h"
#include "test.h"

/* Packets take so long at most. */
#define TRANSIT_MS	150
/* Each sender sends about as often for each ten members; and else, if it does not matter. */
#define INTERVAL_MS	300
#define SELDOM_MS	1500
/* What the seconds of the protocol and the beat of the watch make later, at most. */
#define SLACK_MS	2500
/*
 * One that registers anew, since it heard that it has missed something, may fail once more: a
 * damaged IKE_SA_INIT is believed, and nobody answers what follows.
 */
#define ONCE_MORE_MS	6000
/* An answer may be under way for so long when the weather is bad. */
#define LATE_MS		10000

struct sender_id {
	uint32_t sid;
	size_t place;
};

/* Of a data SA. */
struct tek {
	uint8_t bytes[GEMCAST_KEY_MAX];
	size_t len;
	uint32_t spi;			/* 0: no member has had it yet */
	uint64_t made;
	uint64_t over;			/* the key server has it no more; SIM_NEVER */
	bool forgotten;			/* it never told anybody so */
	uint64_t known;			/* to members in these places, a bit for each */
	struct sender_id *senders;	/* who sent by it */
	size_t n_senders;
};

/* A datagram that went to all. */
struct message {
	uint8_t spi[WIRE_GIKE_SPI_LEN];
	uint32_t id;
	uint32_t fragment;
	uint8_t *bytes;
	size_t len;
};

struct packet {
	uint64_t sent, at;
	uint32_t spi;
	struct gemcast_addr src;
	size_t from, to;		/* place, and which destination */
	bool strict;
};

struct watched {
	struct watch *watch;
	size_t place;
	struct whole *whole;
	uint64_t expelled;		/* when; SIM_NEVER */
	size_t before;			/* so many keys there were then */
	uint64_t start;			/* when it got its first SA; SIM_NEVER: it has none yet */
	bool sends[WATCH_TRAFFIC];	/* it had an SA to send by */
};

struct watch {
	struct sim *sim;
	const char *group;
	struct gemcast_addr destinations[WATCH_TRAFFIC];
	size_t n_destinations;
	struct watch_delays delays;
	struct whole *server;
	struct watched members[WATCH_MEMBERS];
	struct gemcast_addr at;		/* where it is itself */
	uint64_t beat;
	bool strict;

	struct tek *keys;
	size_t n_keys;
	struct message *messages;
	size_t n_messages;
	struct packet *packets;
	size_t n_packets;
	struct watch_stats stats;
};

static void *grow(void *array, size_t n, size_t size)
{
	/* from time to time only */
	if (n & (n - 1) && n)
		return array;
	array = reallocarray(array, n ? 2 * n : 1, size);
	if (!array)
		sim_die("no memory");
	return array;
}

/* The key server and keys */

static void key_made(void *context, const uint8_t *bytes, size_t len)
{
	struct watch *watch = context;
	struct tek *key;

	watch->keys = grow(watch->keys, watch->n_keys, sizeof(*watch->keys));
	key = &watch->keys[watch->n_keys++];
	*key = (struct tek){ .len = len, .made = sim_now(watch->sim), .over = SIM_NEVER };
	memcpy(key->bytes, bytes, len);
	watch->stats.keys++;
}

static struct tek *tek_of(const struct watch *watch, const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = watch->n_keys; i--;)
		if (watch->keys[i].len == len && !memcmp(watch->keys[i].bytes, bytes, len))
			return &watch->keys[i];
	return NULL;
}

static struct tek *key_by_spi(const struct watch *watch, uint32_t spi)
{
	size_t i;

	for (i = watch->n_keys; i--;)
		if (watch->keys[i].spi == spi)
			return &watch->keys[i];
	return NULL;
}

static bool server_has(const struct watch *watch, const struct tek *key)
{
	const struct ks_group *group = ks_group_find(watch->server->ks, watch->group);
	const struct ks_epoch *epoch;
	size_t i, k;

	for (i = 0; group && i < group->n_epochs; i++) {
		epoch = group->epochs[i];
		for (k = 0; k < epoch->n_sas; k++)
			if (chunk_equal(secret_chunk(&epoch->sas[k].keymat),
					(struct chunk){ key->bytes, key->len }))
				return true;
	}
	return false;
}

static void look_at_keys(struct watch *watch)
{
	struct tek *key;
	size_t i;

	for (i = 0; i < watch->n_keys; i++) {
		key = &watch->keys[i];
		if (key->over == SIM_NEVER && !server_has(watch, key))
			key->over = sim_now(watch->sim);
	}
}

void watch_forgot(struct watch *watch)
{
	size_t i;

	for (i = 0; i < watch->n_keys; i++) {
		if (watch->keys[i].over != SIM_NEVER)
			continue;
		watch->keys[i].over = sim_now(watch->sim);
		watch->keys[i].forgotten = true;
	}
}

/* SAs of members */

static void check_sender(struct watched *member, struct tek *key, const struct gemcast_sa *sa)
{
	struct sender_id *s;
	size_t i;

	for (i = 0; i < key->n_senders; i++) {
		s = &key->senders[i];
		if (s->sid == sa->sid)
			fail_msg("member %zu sends by SA %08x and Sender-ID %u, as member %zu did",
				 member->place, sa->spi, sa->sid, s->place);
	}
	key->senders = grow(key->senders, key->n_senders, sizeof(*key->senders));
	key->senders[key->n_senders++] = (struct sender_id){ sa->sid, member->place };
}

static void sa_added(void *context, const struct gemcast_sa *sa)
{
	struct watched *member = context;
	struct watch *watch = member->watch;
	struct tek *key = tek_of(watch, sa->key, sa->key_len);
	uint64_t now = sim_now(watch->sim);

	if (!key) {
		fail_msg("member %zu has an SA %08x that nobody made", member->place, sa->spi);
		return;
	}
	if (!key->spi && key_by_spi(watch, sa->spi))
		fail_msg("SPI %08x is given twice", sa->spi);
	if (key->spi && key->spi != sa->spi)
		fail_msg("SA %08x is SA %08x", sa->spi, key->spi);
	key->spi = sa->spi;
	key->known |= UINT64_C(1) << member->place;
	if (member->expelled != SIM_NEVER && key >= &watch->keys[member->before])
		fail_msg("member %zu is expelled and has SA %08x", member->place, sa->spi);
	look_at_keys(watch);
	if (member->start == SIM_NEVER)
		member->start = now;
	if (key->over != SIM_NEVER && now > key->over + watch->delays.reach + LATE_MS)
		fail_msg("member %zu takes SA %08x, which ended %" PRIu64 " ms ago",
			 member->place, sa->spi, now - key->over);
	if (sa->dir != GEMCAST_SA_DIR_IN)
		check_sender(member, key, sa);
}

/* It was a member at that time, and is one still. */
static bool is_in(const struct watched *member, uint64_t at)
{
	return member->whole && member->expelled == SIM_NEVER && member->start <= at &&
	       member->start != SIM_NEVER;
}

static void check_held(const struct watched *member, const struct plane_table_sa *sa)
{
	const struct watch *watch = member->watch;
	const struct tek *key = key_by_spi(watch, sa->sa.spi);
	uint64_t limit = watch->delays.reach + watch->delays.dtd + SLACK_MS + ONCE_MORE_MS;

	/* What an earlier life of the daemon left in the kernel goes by its lifetime. */
	if (!key || key->over == SIM_NEVER || key->forgotten || sa->added < member->start)
		return;
	if (is_in(member, key->over) && sim_now(watch->sim) > key->over + limit)
		fail_msg("member %zu has SA %08x, which ended %" PRIu64 " ms ago", member->place,
			 sa->sa.spi, sim_now(watch->sim) - key->over);
}

static void look_at_members(const struct watch *watch)
{
	const struct watched *member;
	size_t i, k;

	for (i = 0; i < WATCH_MEMBERS; i++) {
		member = &watch->members[i];
		for (k = 0; member->whole && k < member->whole->table.n_sas; k++)
			check_held(member, &member->whole->table.sas[k]);
	}
}

/* Packets */

/* Who was expelled reads nothing of what is sent when all had time to get new keys. */
static void check_secret(const struct watched *from, const struct tek *key)
{
	const struct watch *watch = from->watch;
	uint64_t limit = watch->delays.reach + watch->delays.atd + SLACK_MS;
	const struct watched *member;
	uint64_t since;
	size_t i;

	for (i = 0; i < WATCH_MEMBERS; i++) {
		member = &watch->members[i];
		if (member->expelled == SIM_NEVER || !(key->known >> i & 1))
			continue;
		/* With nobody there, the next keys are made when somebody comes. */
		since = member->before < watch->n_keys ? watch->keys[member->before].made :
							 sim_now(watch->sim);
		if (sim_now(watch->sim) <= since + limit)
			continue;
		fail_msg("member %zu sends by SA %08x, and member %zu was expelled %" PRIu64 " ms ago",
			 from->place, key->spi, i, sim_now(watch->sim) - member->expelled);
	}
}

/*
 * New keys and the answer to a registration passed each other: the answer does not have
 * them, and a sender does not take them meanwhile. It finds out by what it cannot read.
 */
static bool has_passed(const struct watched *member, const struct tek *key)
{
	const struct gm_member *m = gm_find(member->whole->gm, member->watch->group);

	return m->state != GM_JOINED ||
	       (m->asked <= key->made + member->watch->delays.reach && key->made <= m->registered);
}

/* So it was with what others send by now. */
static bool is_behind(const struct watched *member, const struct tek *key)
{
	const struct watch *watch = member->watch;

	for (; ++key < &watch->keys[watch->n_keys];)
		if (!plane_table_sa(&member->whole->table, key->spi) && has_passed(member, key))
			return true;
	return false;
}

static void send_packet(struct watched *from, size_t to)
{
	struct watch *watch = from->watch;
	uint64_t now = sim_now(watch->sim);
	const struct plane_table_sa *sa = whole_send(from->whole, &watch->destinations[to]);

	if (!sa && from->sends[to] && watch->strict && is_in(from, now))
		fail_msg("member %zu has no SA to send by any more", from->place);
	from->sends[to] = sa && is_in(from, now) && sa->added >= from->start;
	if (!sa)
		return;
	if (watch->strict && is_in(from, now))
		check_secret(from, key_by_spi(watch, sa->sa.spi));
	watch->packets = grow(watch->packets, watch->n_packets, sizeof(*watch->packets));
	watch->packets[watch->n_packets++] = (struct packet){
		.sent = now, .at = now + 1 + sim_random(watch->sim, TRANSIT_MS),
		.spi = sa->sa.spi, .src = from->whole->at.addr, .from = from->place, .to = to,
		/* what an earlier life of the daemon left may become active after what it has */
		.strict = watch->strict && is_in(from, now) && sa->added >= from->start &&
			  !is_behind(from, key_by_spi(watch, sa->sa.spi)),
	};
	watch->stats.packets++;
}

static void send_packets(struct watch *watch)
{
	uint64_t interval = watch->strict ? INTERVAL_MS : SELDOM_MS;
	size_t i, k, present = 0;

	for (i = 0; i < WATCH_MEMBERS; i++) {
		if (!watch->members[i].whole)
			continue;
		present++;
		for (k = 0; k < watch->n_destinations; k++)
			send_packet(&watch->members[i], k);
	}
	watch->beat = sim_now(watch->sim) + 1 +
		      sim_random(watch->sim, (1 + present / 10) * 2 * interval);
}

/* For who has to find out why. */
static void print_sas(const struct watched *member)
{
	const struct plane_table *table = &member->whole->table;
	uint64_t now = sim_now(member->watch->sim);
	const struct plane_table_sa *sa;
	const struct tek *key;
	size_t i;

	print_message("# %" PRIu64 " ms: member %zu, since %" PRIu64 " ms\n", now, member->place,
		      now - member->start);
	for (i = 0; i < table->n_sas; i++) {
		sa = &table->sas[i];
		key = key_by_spi(member->watch, sa->sa.spi);
		print_message("#   SA %08x: made %" PRIu64 " ms, added %" PRIu64 " ms ago, active %" PRIi64
			      " ms ago, goes in %" PRIi64 " ms\n", sa->sa.spi, now - key->made,
			      now - sa->added, (int64_t)(now - sa->added - sa->sa.activate),
			      GEMCAST_HAS(&sa->sa, GEMCAST_A_SA_DEACTIVATE) ?
			      (int64_t)(sa->added + sa->sa.deactivate - now) : INT64_C(-1));
	}
}

/* A new sender gets no older SA that it should not send by, though others still do. */
static bool is_too_old(const struct watched *member, const struct tek *key)
{
	return key->made < member->start &&
	       gm_is_sender(gm_find(member->whole->gm, member->watch->group));
}

static void hear(struct watched *member, const struct packet *packet)
{
	struct watch *watch = member->watch;
	const struct plane_table_sa *sa;
	const struct tek *key;

	sa = whole_hear(member->whole, packet->spi, &watch->destinations[packet->to],
			&packet->src);

	if (sa && sa->sa.dir != GEMCAST_SA_DIR_OUT) {
		watch->stats.heard++;
		watch->stats.strict += packet->strict;
		return;
	}
	key = key_by_spi(watch, packet->spi);
	/* Who came when it had been ended never had it. */
	if (packet->strict && watch->strict && is_in(member, packet->sent) &&
	    member->start < key->over && !has_passed(member, key) && !is_too_old(member, key)) {
		print_sas(member);
		if (watch->members[packet->from].whole)
			print_sas(&watch->members[packet->from]);
		fail_msg("member %zu has no SA %08x by which member %zu sends, made %" PRIu64
			 " ms ago at %" PRIu64, member->place, packet->spi, packet->from,
			 packet->sent - key->made, packet->sent);
	}
	watch->stats.missed++;
}

/* One of them has arrived. */
static void arrive(struct watch *watch, size_t at)
{
	const struct packet packet = watch->packets[at];
	size_t i;

	watch->packets[at] = watch->packets[--watch->n_packets];
	for (i = 0; i < WATCH_MEMBERS; i++)
		if (watch->members[i].whole && i != packet.from)
			hear(&watch->members[i], &packet);
}

/* As a node of the simulator */

static uint64_t next(void *context)
{
	const struct watch *watch = context;
	uint64_t first = watch->beat;
	size_t i;

	for (i = 0; i < watch->n_packets; i++)
		if (watch->packets[i].at < first)
			first = watch->packets[i].at;
	return first;
}

static void run(void *context)
{
	struct watch *watch = context;
	uint64_t now = sim_now(watch->sim);
	size_t i;

	for (i = watch->n_packets; i--;)
		if (watch->packets[i].at <= now)
			arrive(watch, i);
	if (watch->beat > now)
		return;
	look_at_keys(watch);
	if (watch->strict)
		look_at_members(watch);
	send_packets(watch);
}

/* Messages to all */

static bool read_head(struct message *message)
{
	struct reader r = reader_of((struct chunk){ message->bytes, message->len });
	uint8_t first;

	memcpy(message->spi, read_chunk(&r, sizeof(message->spi)).data, sizeof(message->spi));
	first = read_u8(&r);
	read_chunk(&r, 3);
	message->id = read_u32(&r);
	read_chunk(&r, 8);
	if (first == PAYLOAD_SKF)
		message->fragment = read_u16(&r);
	return !r.failed;
}

static bool tap(void *context, struct sim_datagram *datagram)
{
	struct message new = { .bytes = datagram->data, .len = datagram->len };
	struct watch *watch = context;
	const struct message *m;
	size_t i;

	if (datagram->to.addr.family != AF_INET || (ntohl(datagram->to.addr.in.s_addr) >> 28) != 14)
		return true;
	if (datagram->len < 36 || !read_head(&new))
		fail_msg("what is this, of %zu bytes", datagram->len);
	for (i = watch->n_messages; i--;) {
		m = &watch->messages[i];
		if (m->id != new.id || m->fragment != new.fragment ||
		    memcmp(m->spi, new.spi, sizeof(new.spi)) != 0)
			continue;
		if (m->len == new.len && !memcmp(m->bytes, new.bytes, new.len))
			return true;
		fail_msg("Message ID %u has two contents", new.id);
	}
	new.bytes = sim_alloc(new.len);
	memcpy(new.bytes, datagram->data, new.len);
	watch->messages = grow(watch->messages, watch->n_messages, sizeof(*watch->messages));
	watch->messages[watch->n_messages++] = new;
	watch->stats.messages++;
	return true;
}

struct watch *watch_new(struct sim *sim, const char *group, const char *const *destinations,
			size_t n_destinations)
{
	struct watch *watch = sim_alloc(sizeof(*watch));
	size_t i;

	watch->sim = sim;
	watch->group = group;
	watch->at = sim_addr("192.0.2.254");
	watch->n_destinations = n_destinations;
	for (i = 0; i < n_destinations; i++)
		watch->destinations[i] = sim_addr(destinations[i]);
	for (i = 0; i < WATCH_MEMBERS; i++)
		watch->members[i] = (struct watched){
			.watch = watch, .place = i, .expelled = SIM_NEVER, .start = SIM_NEVER,
		};
	watch->beat = sim_now(sim);
	sim_tap(sim, tap, watch);
	sim_attach(sim, &watch->at, &(struct sim_node){
		.context = watch, .next = next, .run = run,
	});
	return watch;
}

void watch_free(struct watch *watch)
{
	size_t i;

	sim_detach(watch->sim, &watch->at);
	sim_tap(watch->sim, NULL, NULL);
	for (i = 0; i < watch->n_keys; i++)
		free(watch->keys[i].senders);
	for (i = 0; i < watch->n_messages; i++)
		free(watch->messages[i].bytes);
	free(watch->keys);
	free(watch->messages);
	free(watch->packets);
	free(watch);
}

void watch_server(struct watch *watch, struct whole *server, const struct watch_delays *delays)
{
	watch->server = server;
	watch->delays = *delays;
	server->hooks = (struct whole_hooks){ .context = watch, .key_made = key_made };
}

void watch_member(struct watch *watch, size_t place, struct whole *member)
{
	struct watched *watched = &watch->members[place];

	watched->whole = member;
	watched->start = SIM_NEVER;
	memset(watched->sends, 0, sizeof(watched->sends));
	if (member)
		member->hooks = (struct whole_hooks){ .context = watched, .sa_added = sa_added };
}

void watch_expelled(struct watch *watch, size_t place, bool expelled)
{
	struct watched *member = &watch->members[place];

	member->expelled = expelled ? sim_now(watch->sim) : SIM_NEVER;
	member->before = watch->n_keys;
	member->start = SIM_NEVER;
}

void watch_strict(struct watch *watch, bool strict)
{
	watch->strict = strict;
}

bool watch_is_quiet(const struct watch *watch)
{
	return !watch->n_keys || sim_now(watch->sim) > watch->keys[watch->n_keys - 1].made +
						       watch->delays.reach + watch->delays.atd;
}

const struct watch_stats *watch_stats(const struct watch *watch)
{
	return &watch->stats;
}
