// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The responder's side of authentication: GSA_AUTH (RFC 9838 2.3.1), IKE_AUTH of a peer
 * that wants no group, and IKE_INTERMEDIATE before them (RFC 9242).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"

/* Of a peer that is not authenticated. */
#define INTERMEDIATE_MAX	8

/* ---- IKE_INTERMEDIATE */

static int count_message(struct ike_link *link, struct chunk head, struct chunk content,
			 bool of_initiator)
{
	struct start *start = link->sa->start;
	uint8_t *value = of_initiator ? start->int_auth_i : start->int_auth_r;
	struct chunk before = { value, start->n_intermediate ? prf_len(link->suite.prf) : 0 };
	size_t len = head.len + content.len;
	uint8_t *bytes = malloc(len);
	struct writer w = writer_to(bytes, len);
	int err;

	if (!bytes)
		return -ENOMEM;
	wire_write_authenticated(&w, head, head.len - WIRE_PAYLOAD_LEN, content,
				 (struct chunk){ 0 });
	err = w.failed ? -EMSGSIZE :
	      keymat_int_auth(link->sa->ike->crypto, link->suite.prf,
			      of_initiator ? link->keys.pi : link->keys.pr, before,
			      (struct chunk){ bytes, head.len },
			      (struct chunk){ bytes + head.len, content.len }, value);
	free(bytes);
	return err;
}

/* There is nothing yet that these exchanges do: the answer is empty, and both are counted. */
void ike_intermediate(struct ike_link *link, const struct opened *request)
{
	struct wire_message m = { 0 };
	struct ike_sa *sa = link->sa;
	struct ike *ike = sa->ike;
	struct chunk head;
	int err;

	if (sa->start->n_intermediate == INTERMEDIATE_MAX) {
		ike_sa_end(sa, IKE_END_BROKEN, "too many IKE_INTERMEDIATE exchanges");
		return;
	}
	err = count_message(link, request->head, request->content, true);
	if (err) {
		ike_sa_end(sa, IKE_END_MEMORY, "IKE_INTERMEDIATE: %s", strerror(-err));
		return;
	}
	if (!ike_respond(link, request, &m))
		return;
	head = (struct chunk){ link->response.data, HEAD_LEN };
	err = count_message(link, head, (struct chunk){ ike->inner, ike->inner_len }, false);
	if (err)
		ike_sa_end(sa, IKE_END_MEMORY, "IKE_INTERMEDIATE: %s", strerror(-err));
	else
		sa->start->n_intermediate++;
}

/* ---- who is it? */

static void fail(struct ike_link *link, const struct opened *request, const char *reason)
{
	struct ike_sa *sa = link->sa;

	sa->ike->stats.auth_failed++;
	if (ike_respond_notify(link, request, N_AUTHENTICATION_FAILED, (struct chunk){ 0 }))
		ike_sa_linger(sa, IKE_END_REFUSED, "authentication failed: %s", reason);
}

/* A PPK_ID is a type and octets, and ours are all of one type (RFC 8784 5.1). */
static bool is_ours(const struct wire_notify *id, const struct auth_book *book,
		    const struct wire_id *peer, struct auth_ppk *ppk)
{
	struct reader r = reader_of(id->data);

	return read_u8(&r) == PPK_ID_FIXED &&
	       auth_ppk_named_by(book, read_rest(&r), peer, ppk);
}

/* Which AUTH is to be checked, and by which keys: RFC 8784 3, Table 1. */
static int settle_ppk(struct ike_link *link, const struct wire_message *m, struct wire_auth *auth,
		      bool *used, struct reason *why)
{
	const struct wire_notify *id = wire_notify(m, N_PPK_IDENTITY);
	const struct wire_notify *plain = wire_notify(m, N_NO_PPK_AUTH);
	struct start *start = link->sa->start;
	struct auth_ppk ppk, needed;
	bool must = auth_ppk_needed(start->book, m->idi, &needed);

	*auth = *m->auth;
	*used = false;
	if (!start->peer_ppk) {
		reason_set(why, "it has to use a PPK, and does not");
		return must ? -EKEYREJECTED : 0;
	}
	if (!id) {
		reason_set(why, "no PPK_IDENTITY after USE_PPK");
		return -EKEYREJECTED;
	}
	if (is_ours(id, start->book, m->idi, &ppk)) {
		*used = true;
		return ike_mix_ppk(link, ppk.key);
	}
	reason_set(why, "its PPK is not known");
	if (must || !plain)
		return -EKEYREJECTED;
	auth->data = plain->data;
	if (auth->method == AUTH_METHOD_DIGITAL_SIGNATURE &&
	    !wire_split_signature(plain->data, &auth->algorithm, &auth->data))
		return -EBADMSG;
	return 0;
}

static int check(struct ike_link *link, const struct wire_message *m,
		 const struct wire_auth *auth, struct reason *why)
{
	struct auth_exchange exchange = ike_auth_exchange(link, true, m->header.message_id);
	struct start *start = link->sa->start;
	struct ike *ike = link->sa->ike;

	exchange.input.id = ike_id_received(m->idi);
	exchange.peer = *m->idi;
	return auth_check(start->book, &exchange, auth, m->certs, m->n_certs,
			  ike->world.time(ike->world.context), why);
}

/* ---- the response */

/* What the message is written from; it points into itself. */
struct admission {
	struct ike_content content;
	struct wire_id idr;
	struct wire_auth auth;
	struct auth_proof proof;
	bool ppk;
};

static int prove(struct ike_link *link, const struct wire_message *m, struct admission *a,
		 struct reason *why)
{
	struct start *start = link->sa->start;
	struct auth_exchange exchange = ike_auth_exchange(link, false, m->header.message_id);
	struct secret octets;
	int err;

	a->idr = auth_self_id(start->self);
	err = ike_id_octets(&a->idr, &octets);
	if (err)
		return err;
	exchange.input.id = secret_chunk(&octets);
	exchange.peer = *m->idi;
	err = auth_prove(start->book, start->self, &exchange, &a->proof, why);
	secret_free(&octets);
	a->auth = (struct wire_auth){
		.method = a->proof.method,
		.algorithm = a->proof.algorithm,
		.data = { a->proof.data, a->proof.len },
	};
	return err;
}

/* Both sides' AUTH, before anybody above is bothered. */
static int authenticate(struct ike_link *link, const struct wire_message *m, struct admission *a,
			struct reason *why)
{
	struct wire_auth auth;
	int err;

	link->sa->start->certreq = m->n_certreqs;
	if (!m->auth) {
		reason_set(why, "it wants EAP");
		return -ENOTSUP;
	}
	err = settle_ppk(link, m, &auth, &a->ppk, why);
	if (!err) {
		why->text[0] = 0;
		err = check(link, m, &auth, why);
	}
	if (!err)
		err = prove(link, m, a, why);
	return err;
}

/* RFC 7296 2.4: the peer has no other IKE SA with us, whatever we think. */
static void initial_contact(struct ike_sa *sa)
{
	struct table_entry *entry, *next;
	struct ike_sa *other;

	for (entry = ike_table_first(&sa->ike->by_peer, sa->by_peer.key); entry; entry = next) {
		next = ike_table_next(entry);
		other = (struct ike_sa *)((char *)entry - offsetof(struct ike_sa, by_peer));
		if (other == sa || other->initiator || other->peer.type != sa->peer.type ||
		    !chunk_equal(other->peer.data, sa->peer.data))
			continue;
		ike_sa_end(other, IKE_END_DELETED, "the peer has begun anew");
		/* an upcall may have removed the next one */
		next = ike_table_first(&sa->ike->by_peer, sa->by_peer.key);
	}
}

/* What is in the answer besides IDr and AUTH. */
static void fill(struct ike_sa *sa, const struct wire_message *m, struct admission *a)
{
	struct ike *ike = sa->ike;

	if (m->header.exchange == GSA_AUTH) {
		sa->announced = true;
		ike->user.request(ike->user.context, sa, m, &a->content);
	} else if (m->n_proposals) {
		/* RFC 7296 1.2: the IKE SA is there all the same */
		ike_notify(&a->content, N_NO_ADDITIONAL_SAS, (struct chunk){ 0 });
	}
	if (a->ppk)
		ike_notify(&a->content, N_PPK_IDENTITY, (struct chunk){ 0 });
}

static void respond(struct ike_link *link, const struct opened *request, struct admission *a)
{
	struct wire_message m = ike_content_message(&a->content);

	m.idr = &a->idr;
	m.certs = a->proof.certs;
	m.n_certs = a->proof.n_certs;
	m.auth = &a->auth;
	ike_respond_content(link, request, &m, &a->content);
}

static void admit(struct ike_link *link, const struct opened *request, struct admission *a)
{
	const struct wire_message *m = request->m;
	struct ike_sa *sa = link->sa;
	struct start *start = sa->start;

	/* the certificates in the answer are the book's */
	sa->start = NULL;
	if (ike_sa_established(sa, m->idi)) {
		sa->start = start;
		ike_sa_end(sa, IKE_END_MEMORY, "no memory");
		return;
	}
	if (wire_notify(m, N_INITIAL_CONTACT))
		initial_contact(sa);
	fill(sa, m, a);
	if (!ike_sa_is_over(sa))
		respond(link, request, a);
	sa->start = start;
	ike_sa_start_free(sa);
}

void ike_admit(struct ike_link *link, const struct opened *request)
{
	struct admission *a = OPENSSL_zalloc(sizeof(*a));
	struct reason why = { "" };
	int err;

	if (!a) {
		ike_sa_end(link->sa, IKE_END_MEMORY, "no memory");
		return;
	}
	err = authenticate(link, request->m, a, &why);
	if (err == -ENOMEM)
		ike_sa_end(link->sa, IKE_END_MEMORY, "no memory");
	else if (err)
		fail(link, request, why.text[0] ? why.text : strerror(-err));
	else
		admit(link, request, a);
	OPENSSL_clear_free(a, sizeof(*a));
}
