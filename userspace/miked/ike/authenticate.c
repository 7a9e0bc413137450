// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Authentication: what AUTH covers, PPKs (RFC 8784), and the initiator's side of GSA_AUTH
 * (RFC 9838 2.3.1) and IKE_AUTH. The responder's side is admit.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ike/internal.h"

#define ID_HEADER_LEN	4	/* ID Type and RESERVED */

int ike_id_octets(const struct wire_id *id, struct secret *octets)
{
	int err = secret_new(octets, ID_HEADER_LEN + id->data.len);

	if (err)
		return err;
	octets->data[0] = id->type;
	if (id->data.len)
		memcpy(octets->data + ID_HEADER_LEN, id->data.data, id->data.len);
	return 0;
}

/* As it came: what was in RESERVED is covered too (RFC 7296 2.15). */
struct chunk ike_id_received(const struct wire_id *id)
{
	return (struct chunk){ id->data.data - ID_HEADER_LEN, ID_HEADER_LEN + id->data.len };
}

struct auth_exchange ike_auth_exchange(const struct ike_link *link, bool of_initiator,
				       uint32_t message_id)
{
	const struct start *start = link->sa->start;
	size_t int_auth = start->n_intermediate ? prf_len(link->suite.prf) : 0;

	return (struct auth_exchange){
		.prf = link->suite.prf,
		.input = {
			.message = secret_chunk(of_initiator ? &start->message_i :
						&start->message_r),
			.nonce = secret_chunk(of_initiator ? &start->nr : &start->ni),
			.sk_p = of_initiator ? link->keys.pi : link->keys.pr,
			.int_auth_i = { start->int_auth_i, int_auth },
			.int_auth_r = { start->int_auth_r, int_auth },
			.auth_mid = message_id,
		},
		.hashes = start->hashes,
		.certreq = start->certreq,
	};
}

/* SK_d, SK_pi and SK_pr are of one length, that of the PRF's keys. */
int ike_mix_ppk(struct ike_link *link, struct chunk ppk)
{
	struct start *start = link->sa->start;
	struct ike_keys *keys = &link->keys;
	size_t len = keys->d.len;
	int err = secret_new(&start->plain, 3 * len);

	if (err)
		return err;
	memcpy(start->plain.data, keys->d.data, len);
	memcpy(start->plain.data + len, keys->pi.data, len);
	memcpy(start->plain.data + 2 * len, keys->pr.data, len);
	return keymat_ppk(link->sa->ike->crypto, link->suite.prf, ppk, keys);
}

static void put_back(struct ike_keys *keys, struct chunk to, const uint8_t *from)
{
	memcpy(keys->all.data + (to.data - keys->all.data), from, to.len);
}

void ike_unmix_ppk(struct ike_link *link)
{
	struct secret *plain = &link->sa->start->plain;
	struct ike_keys *keys = &link->keys;
	size_t len = keys->d.len;

	if (!plain->len)
		return;
	put_back(keys, keys->d, plain->data);
	put_back(keys, keys->pi, plain->data + len);
	put_back(keys, keys->pr, plain->data + 2 * len);
	secret_free(plain);
}

/* ---- the request */

/* What the message is written from; it points into itself. */
struct asking_auth {
	struct ike_content content;
	struct wire_id idi, idr;
	struct secret idi_octets;
	struct secret idr_data;
	struct wire_auth auth;
	struct wire_cert certreq;
	struct auth_proof proof;
	struct auth_proof plain;	/* NO_PPK_AUTH */
	uint8_t ppk_id[1 + CONF_NAME_SIZE + 1];
	uint8_t no_ppk[1 + UINT8_MAX + SIGNATURE_MAX_LEN];
};

static void free_asking(struct asking_auth *ask)
{
	secret_free(&ask->idi_octets);
	secret_free(&ask->idr_data);
	OPENSSL_clear_free(ask, sizeof(*ask));
}

/* Whom we want to speak to, if that is one and not a pattern. */
static int name_responder(struct ike_sa *sa, struct asking_auth *ask)
{
	const struct conf_identity *target = &sa->start->target.identity;
	int err;

	if (!target->type || target->pattern)
		return 0;
	err = auth_id(target, &ask->idr.type, &ask->idr_data);
	ask->idr.data = secret_chunk(&ask->idr_data);
	return err;
}

static int prove(struct ike_link *link, struct asking_auth *ask, struct auth_proof *proof,
		 struct chunk sk_p, struct reason *why)
{
	struct start *start = link->sa->start;
	struct auth_exchange exchange = ike_auth_exchange(link, true, link->next_ask);

	exchange.input.id = secret_chunk(&ask->idi_octets);
	exchange.input.sk_p = sk_p;
	exchange.peer = ask->idr;
	return auth_prove(start->book, start->self, &exchange, proof, why);
}

/* The Authentication Data of an AUTH payload (RFC 8784 3). */
static bool write_no_ppk(struct asking_auth *ask, struct chunk *data)
{
	struct writer w = writer_to(ask->no_ppk, sizeof(ask->no_ppk));
	const struct auth_proof *plain = &ask->plain;

	if (plain->method == AUTH_METHOD_DIGITAL_SIGNATURE) {
		write_u8(&w, plain->algorithm.len);
		write_chunk(&w, plain->algorithm);
	}
	write_chunk(&w, (struct chunk){ plain->data, plain->len });
	*data = written(&w);
	return !w.failed;
}

static int add_ppk(struct ike_link *link, struct asking_auth *ask, struct reason *why)
{
	struct start *start = link->sa->start;
	struct writer w = writer_to(ask->ppk_id, sizeof(ask->ppk_id));
	struct auth_ppk ppk;
	struct chunk data;
	int err;

	if (!auth_ppk_for(start->book, &start->target.identity, &ppk))
		return 0;
	start->mandatory_ppk = ppk.mandatory;
	if (!start->peer_ppk) {
		reason_set(why, "it does not use PPKs");
		return ppk.mandatory ? -EKEYREJECTED : 0;
	}
	write_u8(&w, PPK_ID_FIXED);
	write_chunk(&w, ppk.id);
	if (w.failed)
		return -EMSGSIZE;
	ike_notify(&ask->content, N_PPK_IDENTITY, written(&w));
	err = ike_mix_ppk(link, ppk.key);
	if (err || ppk.mandatory)
		return err;
	err = prove(link, ask, &ask->plain,
		    (struct chunk){ start->plain.data + link->keys.d.len, link->keys.d.len }, why);
	if (err || !write_no_ppk(ask, &data))
		return err ? err : -EMSGSIZE;
	ike_notify(&ask->content, N_NO_PPK_AUTH, data);
	start->no_ppk_auth = true;
	return 0;
}

/* Is this the first IKE SA with that peer (RFC 7296 2.4)? */
static bool is_first(const struct ike_sa *sa)
{
	const struct ike_sa *other;

	for (other = sa->ike->all; other; other = other->next) {
		if (other == sa || !other->initiator || ike_sa_is_over(other))
			continue;
		if (other->start ? net_end_equal(&other->start->target.remote,
						 &sa->start->target.remote) :
		    auth_id_is(&sa->start->target.identity, &other->peer))
			return false;
	}
	return true;
}

static int fill(struct ike_link *link, struct asking_auth *ask, struct reason *why)
{
	struct ike_sa *sa = link->sa;
	struct start *start = sa->start;
	int err;

	ask->idi = auth_self_id(start->self);
	err = ike_id_octets(&ask->idi, &ask->idi_octets);
	if (!err)
		err = name_responder(sa, ask);
	if (!err)
		err = add_ppk(link, ask, why);
	if (!err)
		err = prove(link, ask, &ask->proof, link->keys.pi, why);
	if (err)
		return err;
	ask->auth = (struct wire_auth){
		.method = ask->proof.method,
		.algorithm = ask->proof.algorithm,
		.data = { ask->proof.data, ask->proof.len },
	};
	ask->certreq = auth_certreq(start->book);
	if (is_first(sa))
		ike_notify(&ask->content, N_INITIAL_CONTACT, (struct chunk){ 0 });
	return 0;
}

static struct wire_message message_of(struct asking_auth *ask)
{
	struct wire_message m = ike_content_message(&ask->content);

	m.idi = &ask->idi;
	m.idr = ask->idr.data.len ? &ask->idr : NULL;
	m.certs = ask->proof.certs;
	m.n_certs = ask->proof.n_certs;
	m.certreqs = &ask->certreq;
	m.n_certreqs = ask->certreq.data.len != 0;
	m.auth = &ask->auth;
	return m;
}

/* The room above's part. False: it does not want it any more. */
static bool build(struct ike_sa *sa, struct ike_task *task, struct ike_content *content)
{
	return task && task->build(task->context, sa, content) && sa->state == SA_AUTH;
}

static void ask_auth(struct ike_link *link, struct asking_auth *ask, struct ike_task *task)
{
	struct ike_sa *sa = link->sa;
	struct reason why = { "" };
	struct wire_message m;
	int err = fill(link, ask, &why);

	if (err) {
		link->asked.task = task;
		ike_sa_end(sa, err == -ENOMEM ? IKE_END_MEMORY : IKE_END_REFUSED,
			   "this host cannot authenticate: %s",
			   why.text[0] ? why.text : strerror(-err));
		return;
	}
	m = message_of(ask);
	ike_request(link, ASK_AUTH, sa->start->exchange, &m, task);
}

void ike_authenticate(struct ike_link *link)
{
	struct ike_sa *sa = link->sa;
	struct ike_task *task = ike_task_take(sa);
	struct asking_auth *ask = OPENSSL_zalloc(sizeof(*ask));

	if (!ask) {
		link->asked.task = task;
		ike_sa_end(sa, IKE_END_MEMORY, "no memory");
	} else if (!build(sa, task, &ask->content)) {
		ike_sa_end(sa, IKE_END_CLOSED, "not wanted any more");
	} else {
		ask_auth(link, ask, task);
	}
	if (ask)
		free_asking(ask);
}

/* ---- the response */

/* RFC 7296 2.21.2: the peer is told, once, in an exchange of its own. */
static void reject(struct ike_link *link, struct ike_task *task, enum ike_end end,
		   const char *reason)
{
	struct wire_notify n = { .type = N_AUTHENTICATION_FAILED };
	struct wire_message m = { .notifies = &n, .n_notifies = 1 };
	struct ike_sa *sa = link->sa;

	if (ike_request(link, ASK_PROBE, INFORMATIONAL, &m, task)) {
		sa->ike->stats.auth_failed++;
		ike_sa_end(sa, end, "%s", reason);
	}
}

static int check(struct ike_link *link, const struct wire_message *m, struct reason *why)
{
	struct start *start = link->sa->start;
	struct auth_exchange exchange = ike_auth_exchange(link, false, m->header.message_id);
	struct ike *ike = link->sa->ike;

	exchange.input.id = ike_id_received(m->idr);
	exchange.peer = *m->idr;
	if (!auth_id_is(&start->target.identity, m->idr)) {
		reason_set(why, "it is another one than it should be");
		return -EKEYREJECTED;
	}
	return auth_check(start->book, &exchange, m->auth, m->certs, m->n_certs,
			  ike->world.time(ike->world.context), why);
}

/* RFC 8784 3: did the responder use the PPK? */
static bool settle_ppk(struct ike_link *link, const struct wire_message *m)
{
	struct start *start = link->sa->start;

	if (!start->plain.len || wire_notify(m, N_PPK_IDENTITY))
		return true;
	if (!start->no_ppk_auth)
		return false;
	ike_unmix_ppk(link);
	return true;
}

static void refused(struct ike_link *link, const struct wire_message *m, struct ike_task *task)
{
	const struct wire_notify *n = wire_notify_error(m);
	struct ike_sa *sa = link->sa;
	char name[HINT_SIZE];

	link->asked.task = task;
	if (!n) {
		ike_sa_end(sa, IKE_END_BROKEN, "an answer with neither AUTH nor an error");
		return;
	}
	sa->ike->stats.auth_failed += n->type == N_AUTHENTICATION_FAILED;
	ike_sa_end(sa, IKE_END_REFUSED, "the peer refuses: %s", ike_notify_name(n->type, name));
}

static void accepted(struct ike_sa *sa, const struct wire_message *m, struct ike_task *task)
{
	int err = ike_sa_established(sa, m->idr);

	if (err) {
		sa->link->asked.task = task;
		ike_sa_end(sa, IKE_END_MEMORY, "no memory");
		return;
	}
	sa->announced = true;
	task->answer(task->context, sa, m);
}

void ike_authenticate_response(struct ike_link *link, const struct opened *response,
			       struct ike_task *task)
{
	const struct wire_message *m = response->m;
	struct ike_sa *sa = link->sa;
	struct reason why = { "" };
	char text[sizeof(why.text) + HINT_SIZE];
	int err;

	if (sa->state == SA_CLOSING)
		return;
	if (!m->auth) {
		refused(link, m, task);
		return;
	}
	if (!settle_ppk(link, m)) {
		reject(link, task, IKE_END_REFUSED, "the peer does not use the PPK");
		return;
	}
	err = check(link, m, &why);
	if (!err) {
		accepted(sa, m, task);
		return;
	}
	snprintf(text, sizeof(text), "the peer is not authenticated: %s",
		 why.text[0] ? why.text : strerror(-err));
	reject(link, task, err == -ENOMEM ? IKE_END_MEMORY : IKE_END_REFUSED, text);
}
