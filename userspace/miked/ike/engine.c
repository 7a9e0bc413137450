// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine: all IKE SAs of a daemon, and the way of a datagram to the one it is for.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"
#include "wire/name.h"

#define PRF_OF_KEYS	PRF_HMAC_SHA2_256

/* Unprotected answers: so many a second, and no more than that at once. */
#define ANSWERS_A_SECOND	20

/* Between lines about strangers. */
#define STRANGER_MS		10000

uint64_t ike_now(const struct ike *ike)
{
	return ike->world.now(ike->world.context);
}

uint64_t ike_random(const struct ike *ike, uint64_t below)
{
	uint64_t value = 0;

	if (!below || crypto_random(ike->crypto, (uint8_t *)&value, sizeof(value)))
		return 0;
	return value % below;
}

uint64_t ike_keyed_hash(const struct ike *ike, struct chunk a, struct chunk b)
{
	struct chunk data[] = { a, b };
	uint8_t hash[PRF_MAX_LEN];
	uint64_t key = 0;

	/* for want of memory all are in one bucket, and still found */
	if (!prf(ike->crypto, PRF_OF_KEYS, CHUNK(ike->secret), data, 2, hash))
		memcpy(&key, hash, sizeof(key));
	return key;
}

struct ike_link *ike_find(const struct ike *ike, uint64_t spi)
{
	/* by_spi is the first member */
	return (struct ike_link *)ike_table_first(&ike->by_spi, spi);
}

static bool make_secrets(struct ike *ike)
{
	return !crypto_random(ike->crypto, ike->secret, sizeof(ike->secret)) &&
	       !crypto_random(ike->crypto, ike->cookie_secret[0],
			      sizeof(ike->cookie_secret[0])) &&
	       !crypto_random(ike->crypto, ike->cookie_secret[1],
			      sizeof(ike->cookie_secret[1]));
}

struct ike *ike_new(const struct ike_setup *setup, const struct conf *conf, struct auth_book *book)
{
	struct ike *ike = calloc(1, sizeof(*ike));

	if (!ike)
		return NULL;
	ike->crypto = setup->crypto;
	ike->world = setup->world;
	ike->user = setup->user;
	ike->conf = conf;
	ike->book = auth_book_hold(book);
	ike->work = calloc(1, sizeof(*ike->work));
	if (!ike->work || ike_table_new(&ike->by_spi) || ike_table_new(&ike->by_message) ||
	    ike_table_new(&ike->by_peer) || ike_timers_reserve(&ike->timers, 1) ||
	    !make_secrets(ike)) {
		ike_free(ike);
		return NULL;
	}
	ike->cookie_since = ike_now(ike);
	ike->answers = ANSWERS_A_SECOND;
	ike->answers_since = ike->cookie_since;
	return ike;
}

void ike_reload(struct ike *ike, const struct conf *conf, struct auth_book *book)
{
	struct auth_book *before = ike->book;

	ike->conf = conf;
	ike->book = auth_book_hold(book);
	auth_book_drop(before);
}

static void free_over(struct ike *ike)
{
	struct ike_sa *sa;

	while (ike->over) {
		sa = ike->over;
		ike->over = sa->next;
		ike_sa_free(sa);
	}
}

void ike_free(struct ike *ike)
{
	struct ike_sa *sa, *next;

	if (!ike)
		return;
	for (sa = ike->all; sa; sa = next) {
		next = sa->next;
		ike_sa_free(sa);
	}
	free_over(ike);
	ike_table_free(&ike->by_spi);
	ike_table_free(&ike->by_message);
	ike_table_free(&ike->by_peer);
	free(ike->timers.heap);
	free(ike->work);
	auth_book_drop(ike->book);
	OPENSSL_cleanse(ike, sizeof(*ike));
	free(ike);
}

void ike_enter(struct ike *ike)
{
	ike->depth++;
}

void ike_leave(struct ike *ike)
{
	if (!--ike->depth)
		free_over(ike);
}

void ike_send(struct ike *ike, const struct net_path *path, struct chunk datagram)
{
	ike->stats.sent++;
	ike->world.send(ike->world.context, path, datagram);
}

void ike_log_stranger(struct ike *ike, enum stranger what, const char *who, const char *text)
{
	const struct log_about about = { .peer = who };
	uint64_t now = ike_now(ike), unsaid = ike->strangers[what].unsaid;

	if (now < ike->strangers[what].next) {
		ike->strangers[what].unsaid++;
		log_line(AREA_IKE, LEVEL_DEBUG, &about, "%s: %s", who, text);
		return;
	}
	ike->strangers[what].next = now + STRANGER_MS;
	ike->strangers[what].unsaid = 0;
	if (unsaid)
		log_line(AREA_IKE, LEVEL_NOTICE, &about,
			 "%s: %s; and so it was with %" PRIu64 " others since this was said last",
			 who, text, unsaid);
	else
		log_line(AREA_IKE, LEVEL_NOTICE, &about, "%s: %s", who, text);
}

/* RFC 7296 2.21.4 */
static bool may_answer(struct ike *ike)
{
	uint64_t now = ike_now(ike);

	if (now - ike->answers_since >= 1000) {
		ike->answers = ANSWERS_A_SECOND;
		ike->answers_since = now;
	}
	if (!ike->answers)
		return false;
	ike->answers--;
	return true;
}

void ike_answer_clear(struct ike *ike, const struct net_path *path, const struct wire_header *to,
		      const struct wire_notify *n)
{
	uint8_t bytes[WIRE_HEADER_LEN + 128];
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct wire_message m = {
		.header = *to,
		.notifies = n,
		.n_notifies = 1,
	};

	m.header.response = true;
	m.header.initiator = !to->initiator;
	wire_write_clear(&w, &m);
	if (!w.failed)
		ike_send(ike, path, written(&w));
}

static void refuse(struct ike *ike, const struct net_path *path, const struct wire_header *to,
		   const struct wire_error *error)
{
	struct wire_notify n = { .type = error->notify };
	bool stranger = to->exchange == IKE_SA_INIT && !ike->conf->key_server.credential[0];

	if (error->notify == N_INVALID_MAJOR_VERSION)
		ike->stats.version++;
	else
		ike->stats.malformed++;
	log_debug(AREA_IKE, "a message was dropped: %s", error->reason);
	if (error->notify == N_UNSUPPORTED_CRITICAL_PAYLOAD)
		n.data = (struct chunk){ &error->payload, 1 };
	if (error->notify != N_NONE && !stranger && may_answer(ike))
		ike_answer_clear(ike, path, to, &n);
}

/* RFC 7296 2.21.4: a request whose IKE SA is not known */
static void unknown(struct ike *ike, const struct net_path *path, const struct wire_message *m)
{
	struct wire_notify n = { .type = N_INVALID_IKE_SPI };

	ike->stats.unknown_spi++;
	if (!m->header.response && m->sk && m->header.exchange != GSA_REKEY && may_answer(ike))
		ike_answer_clear(ike, path, &m->header, &n);
}

/* The link whose peer sent this, by the SPI of ours that is in it. */
static struct ike_link *find(struct ike *ike, const struct wire_header *h)
{
	struct ike_link *link = ike_find(ike, h->initiator ? h->spi_r : h->spi_i);
	uint64_t theirs = h->initiator ? h->spi_i : h->spi_r;

	if (!link || link->initiator == h->initiator || ike_link_peer_spi(link) != theirs)
		return NULL;
	return link;
}

static void dispatch(struct ike *ike, const struct net_path *path, uint8_t *datagram, size_t len,
		     struct work *work)
{
	struct wire_message *m = &work->m;
	struct ike_link *link;

	if (m->header.exchange == IKE_SA_INIT) {
		if (m->header.response)
			ike_init_response(ike, path, m, (struct chunk){ datagram, len });
		else
			ike_init_request(ike, path, m, (struct chunk){ datagram, len });
		return;
	}
	link = find(ike, &m->header);
	if (!link)
		unknown(ike, path, m);
	else if (m->header.exchange == GSA_REKEY)
		ike->stats.malformed++;	/* it is of a Rekey SA, and has no answer */
	else if (!m->sk)
		ike_hint(link, m);
	else
		ike_link_receive(link, path, datagram, len, work);
}

/* From within an upcall a second one is needed. */
static struct work *take_work(struct ike *ike)
{
	struct work *work = ike->work;

	ike->work = NULL;
	return work ? work : calloc(1, sizeof(*work));
}

static void give_work(struct ike *ike, struct work *work)
{
	if (ike->work)
		free(ike->work);
	ike->work = work;
}

void ike_receive(struct ike *ike, const struct net_path *path, uint8_t *datagram, size_t len)
{
	struct wire_error error;
	struct work *work;

	if (len == 1 && datagram[0] == KEEPALIVE)
		return;
	work = take_work(ike);
	if (!work)
		return;
	ike_enter(ike);
	ike->stats.received++;
	if (wire_parse(&work->m, &work->room, (struct chunk){ datagram, len }, &error))
		dispatch(ike, path, datagram, len, work);
	else
		refuse(ike, path, &work->m.header, &error);
	give_work(ike, work);
	ike_leave(ike);
}

uint64_t ike_next(const struct ike *ike)
{
	return ike->timers.count ? ike->timers.heap[1]->due : IKE_NEVER;
}

static struct ike_sa *of_timer(struct timer *timer)
{
	return (struct ike_sa *)((char *)timer - offsetof(struct ike_sa, timer));
}

void ike_run(struct ike *ike)
{
	uint64_t now = ike_now(ike);

	ike_enter(ike);
	while (ike_next(ike) <= now)
		ike_sa_run(of_timer(ike->timers.heap[1]));
	ike_leave(ike);
}

const struct ike_stats *ike_stats(const struct ike *ike)
{
	return &ike->stats;
}

size_t ike_sa_count(const struct ike *ike)
{
	return ike->count;
}
