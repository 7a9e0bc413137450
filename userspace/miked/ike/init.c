// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_SA_INIT of both roles (RFC 7296 1.2, 2.6, 2.7): nothing in it is authenticated until
 * GSA_AUTH or IKE_AUTH covers it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"
#include "wire/name.h"

#define TRIES_MAX	8	/* cookies, and other groups, of one attempt */
#define REFUSALS	2	/* so often told, it may be true (RFC 7296 2.21.1) */
#define MESSAGE_MAX	8192

/* What an IKE_SA_INIT message is written from; it points into itself. */
struct initial {
	struct ike_content content;
	struct nat_hashes nat;
	struct wire_ke ke;
	struct wire_cert certreq;
	uint8_t hashes[2 * sizeof(scheme_hashes) / sizeof(scheme_hashes[0])];
	uint8_t public[DH_MAX_PUBLIC];
	uint8_t bytes[MESSAGE_MAX];
	struct writer w;
};

static void add_hashes(struct initial *initial)
{
	struct writer w = writer_to(initial->hashes, sizeof(initial->hashes));
	size_t i;

	for (i = 0; i < sizeof(scheme_hashes) / sizeof(scheme_hashes[0]); i++)
		write_u16(&w, scheme_hashes[i]);
	ike_notify(&initial->content, N_SIGNATURE_HASH_ALGORITHMS, written(&w));
}

static int add_ke(struct initial *initial, const struct dh *dh)
{
	initial->ke.method = dh->group;
	initial->ke.data = (struct chunk){ initial->public, dh_public_len(dh->group) };
	initial->content.message.ke = &initial->ke;
	return dh_public(dh, initial->public);
}

static int write_initial(struct initial *initial)
{
	struct wire_message m = ike_content_message(&initial->content);

	initial->w = writer_to(initial->bytes, sizeof(initial->bytes));
	wire_write_clear(&initial->w, &m);
	return initial->w.failed ? -EMSGSIZE : 0;
}

static int packets_of(const struct initial *initial, struct packets *packets)
{
	packets->data = malloc(initial->w.len);
	if (!packets->data)
		return -ENOMEM;
	memcpy(packets->data, initial->bytes, initial->w.len);
	packets->len = initial->w.len;
	packets->each = initial->w.len;
	return 0;
}

/* What both said in IKE_SA_INIT. */
static void agree(struct ike_sa *sa, const struct wire_message *m)
{
	const struct wire_notify *hashes = wire_notify(m, N_SIGNATURE_HASH_ALGORITHMS);
	unsigned int hash;

	sa->fragments = wire_notify(m, N_IKEV2_FRAGMENTATION_SUPPORTED) != NULL;
	sa->start->certreq = m->n_certreqs;
	sa->start->hashes = 0;
	for (hash = HASH_SHA1; hashes && hash <= HASH_IDENTITY; hash++)
		if (wire_notify_has_hash(hashes, hash))
			sa->start->hashes |= 1U << hash;
}

/* From g^ir on. */
static int make_keys(struct ike_link *link, const struct wire_ke *ke)
{
	const struct crypto *crypto = link->sa->ike->crypto;
	struct start *start = link->sa->start;
	struct chunk ni = secret_chunk(&start->ni);
	struct chunk nr = secret_chunk(&start->nr);
	struct secret shared;
	struct secret skeyseed;
	int err;

	err = dh_shared(crypto, &start->dh, ke->data, &shared);
	if (err)
		return err;
	err = keymat_skeyseed(crypto, link->suite.prf, ni, nr, secret_chunk(&shared), &skeyseed);
	secret_free(&shared);
	if (err)
		return err;
	err = ike_link_keys(link, ni, nr, secret_chunk(&skeyseed));
	secret_free(&skeyseed);
	return err;
}

/* ---- the initiator */

/* The shortest that is offered; 0: none is. */
static uint16_t least_kwa(const struct start *start)
{
	return start->exchange == GSA_AUTH ? KW_5649_128 : 0;
}

static int fill_request(struct ike_sa *sa, const struct offer *offer, struct initial *initial)
{
	struct wire_message *m = &initial->content.message;
	struct ike_content *content = &initial->content;
	struct start *start = sa->start;
	struct auth_ppk ppk;
	int err;

	m->header = (struct wire_header){
		.spi_i = sa->link->spi_i, .exchange = IKE_SA_INIT, .initiator = true,
	};
	m->proposals = offer->proposals;
	m->n_proposals = offer->n;
	m->nonce = secret_chunk(&start->ni);
	if (start->cookie.len)
		ike_notify(content, N_COOKIE, secret_chunk(&start->cookie));
	err = add_ke(initial, &start->dh);
	if (err)
		return err;
	if (ike_nat_notify(sa->ike, content, &m->header, &sa->path, &initial->nat))
		return -EIO;
	ike_notify(content, N_IKEV2_FRAGMENTATION_SUPPORTED, (struct chunk){ 0 });
	add_hashes(initial);
	if (auth_ppk_for(start->book, &start->target.identity, &ppk))
		ike_notify(content, N_USE_PPK, (struct chunk){ 0 });
	return 0;
}

/* Ask, or ask again with what the peer wants changed. */
static int send_request(struct ike_sa *sa, uint16_t group)
{
	struct start *start = sa->start;
	struct initial *initial = calloc(1, sizeof(*initial));
	struct offer *offer = calloc(1, sizeof(*offer));
	struct packets packets = { 0 };
	int err = initial && offer ? 0 : -ENOMEM;

	if (!err)
		ike_offer(&sa->ike->conf->ike, 0, least_kwa(start), offer);
	if (!err && !group)
		group = ike_offer_group(offer);
	if (!err && start->dh.group != group) {
		dh_free(&start->dh);
		err = dh_new(sa->ike->crypto, group, &start->dh);
	}
	if (!err)
		err = fill_request(sa, offer, initial);
	if (!err)
		err = write_initial(initial);
	if (!err)
		err = packets_of(initial, &packets);
	if (!err) {
		secret_free(&start->message_i);
		err = secret_copy(&start->message_i, written(&initial->w));
	}
	if (!err)
		ike_asked(sa->link, ASK_INIT, IKE_SA_INIT, &packets, NULL);
	else
		packets_free(&packets);
	free(offer);
	free(initial);
	return err;
}

static int begin(struct ike_sa *sa, const struct ike_target *target)
{
	struct ike *ike = sa->ike;
	int err = ike_sa_start(sa);

	if (err)
		return err;
	sa->start->target = *target;
	sa->start->self = auth_self(sa->start->book, target->credential);
	err = secret_new(&sa->start->ni, NONCE_LEN);
	if (!err)
		err = crypto_random(ike->crypto, sa->start->ni.data, NONCE_LEN);
	return err;
}

static void name_target(struct ike_sa *sa, const struct ike_target *target)
{
	char id[CONF_IDENTITY_TEXT];
	char at[NET_TEXT];

	conf_identity_print(&target->identity, id);
	net_end_print(&target->remote, at);
	snprintf(sa->text, sizeof(sa->text), "%s at %s", id, at);
}

struct ike_sa *ike_connect(struct ike *ike, const struct ike_target *target,
			   struct ike_task *task, struct reason *why)
{
	struct net_path path = { .remote = target->remote };
	struct ike_sa *sa;
	int err;

	if (!ike->book || !auth_self(ike->book, target->credential)) {
		reason_set(why, "there is no credential \"%s\"", target->credential);
		return NULL;
	}
	if (!ike->world.route(ike->world.context, &target->remote, &path)) {
		reason_set(why, "no route");
		return NULL;
	}
	ike_enter(ike);
	sa = ike_sa_new(ike, &path, true);
	err = sa ? begin(sa, target) : -ENOMEM;
	if (!err) {
		sa->start->exchange = task->exchange;
		name_target(sa, target);
		err = send_request(sa, 0);
	}
	if (err) {
		reason_set(why, "IKE_SA_INIT: %s", strerror(-err));
		if (sa)
			ike_sa_end(sa, IKE_END_MEMORY, "IKE_SA_INIT: %s", strerror(-err));
		sa = NULL;
	} else {
		ike_ask(sa, task);
	}
	ike_leave(ike);
	return sa;
}

/* What somebody says in the clear: told often enough, it counts (RFC 7296 2.21.1). */
static void refused(struct ike_sa *sa, const struct wire_notify *n)
{
	struct start *start = sa->start;
	char name[HINT_SIZE];

	snprintf(start->refusal, sizeof(start->refusal), "%s", ike_notify_name(n->type, name));
	if (++start->refusals >= REFUSALS)
		ike_sa_end(sa, IKE_END_REFUSED, "the peer refuses: %s", start->refusal);
}

static void ask_otherwise(struct ike_sa *sa, uint16_t group)
{
	int err;

	if (++sa->start->tries > TRIES_MAX) {
		ike_sa_end(sa, IKE_END_REFUSED, "IKE_SA_INIT has to be sent otherwise again and again");
		return;
	}
	err = send_request(sa, group);
	if (err)
		ike_sa_end(sa, IKE_END_MEMORY, "IKE_SA_INIT: %s", strerror(-err));
}

static void cookie_wanted(struct ike_sa *sa, const struct wire_notify *n)
{
	struct secret cookie;

	if (chunk_equal(n->data, secret_chunk(&sa->start->cookie)))
		return;
	if (secret_copy(&cookie, n->data))
		return;
	secret_free(&sa->start->cookie);
	sa->start->cookie = cookie;
	ask_otherwise(sa, sa->start->dh.group);
}

static void group_wanted(struct ike_sa *sa, const struct wire_notify *n)
{
	uint16_t group = wire_notify_u16(n);
	struct offer *offer = calloc(1, sizeof(*offer));
	bool offered;

	if (!offer)
		return;
	ike_offer(&sa->ike->conf->ike, 0, least_kwa(sa->start), offer);
	offered = ike_offer_has_group(offer, group);
	free(offer);
	/* RFC 7296 2.7: only one that we offered; and a second answer to what is past is none */
	if (!offered)
		snprintf(sa->start->refusal, sizeof(sa->start->refusal),
			 "it wants group %u, which we did not offer", group);
	else if (group != sa->start->dh.group)
		ask_otherwise(sa, group);
}

static const char *take_response(struct ike_sa *sa, const struct wire_message *m,
				 struct chunk datagram, int *err)
{
	struct start *start = sa->start;
	struct ike_link *link = sa->link;
	struct offer *offer = calloc(1, sizeof(*offer));
	bool accepted;

	*err = offer ? 0 : -ENOMEM;
	if (!offer)
		return "memory";
	ike_offer(&sa->ike->conf->ike, 0, least_kwa(start), offer);
	accepted = ike_accept(offer, m, &link->suite);
	free(offer);
	if (!accepted)
		return "it chose what we did not offer";
	if (m->ke->method != link->suite.ke || m->ke->method != start->dh.group)
		return "its key exchange is of another group";
	if (!m->header.spi_r || 2 * m->nonce.len < prf_len(link->suite.prf))
		return "no SPI, or too short a nonce";
	link->spi_r = m->header.spi_r;
	*err = secret_copy(&start->nr, m->nonce);
	if (!*err)
		*err = secret_copy(&start->message_r, datagram);
	if (!*err)
		*err = make_keys(link, m->ke);
	return *err ? "key exchange" : NULL;
}

static void established(struct ike_sa *sa, const struct net_path *path,
			const struct wire_message *m, struct chunk datagram)
{
	const char *wrong;
	int err;

	wrong = take_response(sa, m, datagram, &err);
	if (err == -ENOMEM) {
		ike_sa_end(sa, IKE_END_MEMORY, "IKE_SA_INIT: %s", wrong);
		return;
	}
	if (wrong) {
		/* as it may not be from the peer, its own may still come */
		ike_log(sa, LEVEL_DEBUG, "IKE_SA_INIT response of %s: %s", sa->text, wrong);
		snprintf(sa->start->refusal, sizeof(sa->start->refusal), "%s", wrong);
		sa->link->spi_r = 0;
		secret_free(&sa->start->nr);
		secret_free(&sa->start->message_r);
		return;
	}
	agree(sa, m);
	sa->start->peer_ppk = wire_notify(m, N_USE_PPK) != NULL;
	ike_asked_clear(&sa->link->asked);
	sa->link->next_ask = 1;
	ike_nat_detect(sa, path, m);
	ike_nat_move(sa);
	sa->state = SA_AUTH;
	ike_authenticate(sa->link);
}

static void handle_response(struct ike_sa *sa, const struct net_path *path,
			    const struct wire_message *m, struct chunk datagram)
{
	const struct wire_notify *n;

	if ((n = wire_notify(m, N_COOKIE)))
		cookie_wanted(sa, n);
	else if ((n = wire_notify(m, N_INVALID_KE_PAYLOAD)))
		group_wanted(sa, n);
	else if ((n = wire_notify_error(m)))
		refused(sa, n);
	else if (m->n_proposals)
		established(sa, path, m, datagram);
}

void ike_init_response(struct ike *ike, const struct net_path *path,
		       const struct wire_message *m, struct chunk datagram)
{
	struct ike_link *link = ike_find(ike, m->header.spi_i);
	struct ike_sa *sa;

	if (!link || !link->initiator) {
		ike->stats.unknown_spi++;
		return;
	}
	sa = link->sa;
	if (sa->busy || sa->state != SA_INIT || !net_end_equal(&path->remote, &sa->path.remote)) {
		ike->stats.old_message_id++;
		return;
	}
	sa->busy++;
	handle_response(sa, path, m, datagram);
	sa->busy--;
	ike_sa_settle(sa);
}

/* ---- the responder */

static void answer(struct ike *ike, const struct net_path *path, const struct wire_message *m,
		   uint16_t type, struct chunk data)
{
	uint8_t bytes[WIRE_HEADER_LEN + 32];
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct wire_notify n = { .type = type, .data = data };
	struct wire_message response = {
		.header = { .spi_i = m->header.spi_i, .exchange = IKE_SA_INIT, .response = true },
		.notifies = &n,
		.n_notifies = 1,
	};

	wire_write_clear(&w, &response);
	ike_send(ike, path, written(&w));
}

/* The same request once more: the same response (RFC 7296 2.1). */
static bool repeated(struct ike *ike, const struct net_path *path, uint64_t key,
		     struct chunk datagram)
{
	struct table_entry *entry;
	struct start *start;
	struct ike_sa *sa;

	for (entry = ike_table_first(&ike->by_message, key); entry;
	     entry = ike_table_next(entry)) {
		start = (struct start *)((char *)entry - offsetof(struct start, by_message));
		if (!chunk_equal(secret_chunk(&start->message_i), datagram))
			continue;
		sa = start->sa;
		if (sa->link->next_answer == 1) {
			ike->stats.retransmitted++;
			ike_packets_send(sa, path, &sa->link->response);
		}
		return true;
	}
	return false;
}

static int fill_response(struct ike_sa *sa, const struct choice *choice,
			 struct initial *initial)
{
	struct wire_message *out = &initial->content.message;
	struct ike_content *content = &initial->content;
	struct start *start = sa->start;
	int err;

	out->header = (struct wire_header){
		.spi_i = sa->link->spi_i, .spi_r = sa->link->spi_r,
		.exchange = IKE_SA_INIT, .response = true,
	};
	out->proposals = &choice->proposal;
	out->n_proposals = 1;
	out->nonce = secret_chunk(&start->nr);
	err = add_ke(initial, &start->dh);
	if (err)
		return err;
	if (ike_nat_notify(sa->ike, content, &out->header, &sa->path, &initial->nat))
		return -EIO;
	if (sa->fragments)
		ike_notify(content, N_IKEV2_FRAGMENTATION_SUPPORTED, (struct chunk){ 0 });
	add_hashes(initial);
	if (start->peer_ppk)
		ike_notify(content, N_USE_PPK, (struct chunk){ 0 });
	if (start->intermediate)
		ike_notify(content, N_INTERMEDIATE_EXCHANGE_SUPPORTED, (struct chunk){ 0 });
	/* RFC 6023 4: an IKE_AUTH of ours never makes a Child SA */
	ike_notify(content, N_CHILDLESS_IKEV2_SUPPORTED, (struct chunk){ 0 });
	initial->certreq = auth_certreq(start->book);
	if (initial->certreq.data.len) {
		out->certreqs = &initial->certreq;
		out->n_certreqs = 1;
	}
	return 0;
}

static int keep_request(struct ike_sa *sa, const struct wire_message *m, struct chunk datagram)
{
	struct start *start = sa->start;
	struct ike *ike = sa->ike;
	int err;

	start->self = auth_self(start->book, ike->conf->key_server.credential);
	if (!start->self)
		return -ENOKEY;
	agree(sa, m);
	start->peer_ppk = ike->conf->ppk_count && wire_notify(m, N_USE_PPK);
	start->intermediate = wire_notify(m, N_INTERMEDIATE_EXCHANGE_SUPPORTED) != NULL;
	err = secret_copy(&start->ni, m->nonce);
	if (!err)
		err = secret_copy(&start->peer_ke, m->ke->data);
	if (!err)
		err = secret_copy(&start->message_i, datagram);
	if (!err)
		err = secret_new(&start->nr, NONCE_LEN);
	if (!err)
		err = crypto_random(ike->crypto, start->nr.data, NONCE_LEN);
	if (!err)
		err = dh_new(ike->crypto, m->ke->method, &start->dh);
	return err;
}

static int respond(struct ike_sa *sa, const struct wire_proposal *chosen,
		   const struct net_path *path)
{
	struct initial *initial = calloc(1, sizeof(*initial));
	struct ike_link *link = sa->link;
	struct choice choice;
	int err = -ENOMEM;

	if (!initial)
		return err;
	ike_choice(chosen, &link->suite, 0, &choice);
	err = fill_response(sa, &choice, initial);
	if (!err)
		err = write_initial(initial);
	if (!err)
		err = secret_copy(&sa->start->message_r, written(&initial->w));
	if (!err)
		err = packets_of(initial, &link->response);
	free(initial);
	if (!err)
		ike_packets_send(sa, path, &link->response);
	return err;
}

static int open_half(struct ike *ike, const struct net_path *path, const struct wire_message *m,
		     struct chunk datagram, uint64_t key, const struct wire_proposal *chosen,
		     const struct suite *suite)
{
	struct ike_sa *sa = ike_sa_new(ike, path, false);
	int err;

	if (!sa)
		return -ENOMEM;
	sa->link->spi_i = m->header.spi_i;
	sa->link->suite = *suite;
	sa->link->next_answer = 1;
	sa->end = ike_now(ike) + ike->conf->ike.half_open_ms;
	err = ike_sa_start(sa);
	if (!err)
		err = keep_request(sa, m, datagram);
	if (!err) {
		ike_nat_detect(sa, path, m);
		err = respond(sa, chosen, path);
	}
	if (err) {
		ike_sa_end(sa, IKE_END_MEMORY, "IKE_SA_INIT: %s", strerror(-err));
		return err;
	}
	sa->start->sa = sa;
	ike_table_add(&ike->by_message, &sa->start->by_message, key);
	ike_sa_count_half_open(sa, true);
	ike_sa_settle(sa);
	return 0;
}

static void consider(struct ike *ike, const struct net_path *path, const struct wire_message *m,
		     struct chunk datagram, uint64_t key)
{
	const struct wire_proposal *chosen;
	struct suite suite;
	char from[NET_TEXT];
	uint8_t group[2];

	net_end_print(&path->remote, from);
	chosen = ike_choose(&ike->conf->ike, m, m->ke->method, &suite);
	if (!chosen || 2 * m->nonce.len < prf_len(suite.prf)) {
		ike_log_stranger(ike, STRANGER_OFFER, from, "offers nothing that we accept");
		answer(ike, path, m, N_NO_PROPOSAL_CHOSEN, (struct chunk){ 0 });
	} else if (suite.ke != m->ke->method) {
		struct writer w = writer_to(group, sizeof(group));

		write_u16(&w, suite.ke);
		log_debug(AREA_IKE, "%s is asked for group %u", from, suite.ke);
		answer(ike, path, m, N_INVALID_KE_PAYLOAD, written(&w));
	} else if (ike->half_open >= ike->conf->ike.half_open) {
		ike->stats.half_open_limit++;
	} else {
		open_half(ike, path, m, datagram, key, chosen, &suite);
	}
}

void ike_init_request(struct ike *ike, const struct net_path *path, const struct wire_message *m,
		      struct chunk datagram)
{
	uint64_t key;

	if (!ike->conf->key_server.credential[0] || !ike->book || datagram.len > MESSAGE_MAX)
		return;
	key = ike_keyed_hash(ike, datagram, (struct chunk){ 0 });
	if (!repeated(ike, path, key, datagram) && ike_cookie_admits(ike, path, m))
		consider(ike, path, m, datagram, key);
}

int ike_init_keys(struct ike_link *link)
{
	struct start *start = link->sa->start;
	struct wire_ke ke = { start->dh.group, secret_chunk(&start->peer_ke) };
	int err = make_keys(link, &ke);

	if (err)
		ike_sa_end(link->sa, IKE_END_BROKEN, "key exchange: %s", strerror(-err));
	return err;
}
