// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * New keys for an IKE SA by CREATE_CHILD_SA (RFC 7296 1.3.2, 2.8, 2.18, 2.25), and the
 * refusal of Child SAs. The ike_sa stays and gets another link.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"

#define TRIES_MAX	4		/* groups */
#define AGAIN_MS	10000		/* after a TEMPORARY_FAILURE, or for want of memory */
#define REPLACED_MS	60000		/* the peer has that long to delete a replaced link */

void ike_rekey_forget(struct ike_sa *sa)
{
	struct rekeying *rekeying = sa->rekeying;

	if (!rekeying)
		return;
	sa->rekeying = NULL;
	dh_free(&rekeying->dh);
	secret_free(&rekeying->ni);
	secret_free(&rekeying->their_lowest);
	free(rekeying);
}

/* The attempt came to nothing. */
static void abandon(struct ike_sa *sa)
{
	if (sa->rekeying)
		ike_link_drop(sa->rekeying->fresh);
	ike_rekey_forget(sa);
}

static void later(struct ike_sa *sa)
{
	abandon(sa);
	sa->rekey_at = ike_now(sa->ike) + AGAIN_MS + ike_random(sa->ike, AGAIN_MS);
}

static struct chunk lower(struct chunk a, struct chunk b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = memcmp(a.data, b.data, len);

	return order < 0 || (!order && a.len < b.len) ? a : b;
}

/* Keys of @fresh, from those of @old (RFC 7296 2.18). */
static int make_keys(struct ike_link *fresh, const struct ike_link *old, const struct dh *dh,
		     struct chunk peer_ke, struct chunk ni, struct chunk nr)
{
	const struct crypto *crypto = old->sa->ike->crypto;
	struct secret shared, skeyseed;
	struct chunk secrets[1];
	int err = dh_shared(crypto, dh, peer_ke, &shared);

	if (err)
		return err;
	secrets[0] = secret_chunk(&shared);
	err = keymat_skeyseed_next(crypto, old->suite.prf, old->keys.d, ni, nr, secrets, 1,
				   &skeyseed);
	secret_free(&shared);
	if (err)
		return err;
	err = ike_link_keys(fresh, ni, nr, secret_chunk(&skeyseed));
	secret_free(&skeyseed);
	return err;
}

/* Requests go over @fresh from now on. */
static void go_on_with(struct ike_sa *sa, struct ike_link *fresh)
{
	sa->link = fresh;
	sa->want_rekey = false;
	sa->ike->stats.rekeyed++;
	ike_sa_lifetime(sa);
	ike_log(sa, LEVEL_INFO, "IKE SA with %s was rekeyed", sa->text);
}

/* The peer is the one to delete it; it is forgotten if it does not. */
static void leave_to_peer(struct ike_link *link)
{
	link->replaced = true;
	link->end = ike_now(link->sa->ike) + REPLACED_MS;
}

static void delete_ourselves(struct ike_link *link)
{
	link->replaced = true;
	link->want_delete = true;
}

/* ---- asking */

static int begin(struct ike_sa *sa)
{
	struct rekeying *rekeying = calloc(1, sizeof(*rekeying));
	int err;

	if (!rekeying)
		return -ENOMEM;
	rekeying->fresh = ike_link_new(sa, true);
	if (!rekeying->fresh) {
		free(rekeying);
		return -ENOMEM;
	}
	sa->rekeying = rekeying;
	ike_offer(&sa->ike->conf->ike, rekeying->fresh->spi_i, sa->link->suite.kwa,
		  &rekeying->offer);
	err = secret_new(&rekeying->ni, NONCE_LEN);
	if (!err)
		err = crypto_random(sa->ike->crypto, rekeying->ni.data, NONCE_LEN);
	return err;
}

static int choose_group(struct ike_sa *sa, uint16_t group)
{
	struct rekeying *rekeying = sa->rekeying;

	if (!ike_offer_has_group(&rekeying->offer, group))
		group = ike_offer_group(&rekeying->offer);
	dh_free(&rekeying->dh);
	return dh_new(sa->ike->crypto, group, &rekeying->dh);
}

static int ask(struct ike_sa *sa, uint16_t group)
{
	struct rekeying *rekeying = sa->rekeying;
	struct wire_ke ke;
	struct wire_message m = {
		.proposals = rekeying->offer.proposals,
		.n_proposals = rekeying->offer.n,
		.nonce = secret_chunk(&rekeying->ni),
		.ke = &ke,
	};
	int err = choose_group(sa, group);

	if (!err)
		err = dh_public(&rekeying->dh, rekeying->public);
	if (err)
		return err;
	ke.method = rekeying->dh.group;
	ke.data = (struct chunk){ rekeying->public, dh_public_len(ke.method) };
	ike_request(sa->link, ASK_REKEY, CREATE_CHILD_SA, &m, NULL);
	return 0;
}

void ike_rekey(struct ike_sa *sa)
{
	int err;

	sa->want_rekey = false;
	err = begin(sa);
	if (!err)
		err = ask(sa, sa->link->suite.ke);
	if (err) {
		ike_log(sa, LEVEL_WARNING, "rekey of the IKE SA with %s: %s", sa->text,
			strerror(-err));
		later(sa);
	}
}

static void refused(struct ike_sa *sa, const struct wire_notify *n)
{
	struct rekeying *rekeying = sa->rekeying;
	char name[HINT_SIZE];
	uint16_t group;

	if (n->type == N_INVALID_SYNTAX) {
		ike_sa_end(sa, IKE_END_BROKEN, "the peer says INVALID_SYNTAX");
		return;
	}
	if (n->type == N_INVALID_KE_PAYLOAD && sa->state == SA_READY) {
		group = wire_notify_u16(n);
		if (ike_offer_has_group(&rekeying->offer, group) &&
		    group != rekeying->dh.group && ++rekeying->tries < TRIES_MAX &&
		    !ask(sa, group))
			return;
	}
	ike_log(sa, n->type == N_TEMPORARY_FAILURE ? LEVEL_DEBUG : LEVEL_NOTICE,
		"IKE SA with %s: the peer refuses to rekey it: %s", sa->text,
		ike_notify_name(n->type, name));
	if (sa->their_link) {
		/* then the peer's own attempt is the one that counts */
		leave_to_peer(sa->link);
		go_on_with(sa, sa->their_link);
		sa->their_link = NULL;
		abandon(sa);
		return;
	}
	later(sa);
}

/* Both ends did it at once: the link with the lowest nonce goes (RFC 7296 2.8.2). */
static void resolve(struct ike_sa *sa, struct ike_link *old, struct chunk nr)
{
	struct rekeying *rekeying = sa->rekeying;
	struct chunk ours = lower(secret_chunk(&rekeying->ni), nr);
	struct chunk theirs = secret_chunk(&rekeying->their_lowest);
	struct ike_link *their_link = sa->their_link;

	sa->their_link = NULL;
	if (lower(ours, theirs).data == ours.data) {
		delete_ourselves(rekeying->fresh);
		leave_to_peer(old);
		go_on_with(sa, their_link);
	} else {
		delete_ourselves(old);
		leave_to_peer(their_link);
		go_on_with(sa, rekeying->fresh);
	}
}

static const char *take_response(struct ike_link *old, const struct wire_message *m)
{
	struct rekeying *rekeying = old->sa->rekeying;
	struct ike_link *fresh = rekeying->fresh;

	if (!m->n_proposals || !m->ke || !m->nonce.len)
		return "SA, KE or Nonce is missing";
	if (!ike_accept(&rekeying->offer, m, &fresh->suite))
		return "it chose what we did not offer";
	if (m->ke->method != fresh->suite.ke || m->ke->method != rekeying->dh.group)
		return "its key exchange is of another group";
	fresh->spi_r = ike_proposal_spi(m->proposals);
	if (!fresh->spi_r || 2 * m->nonce.len < prf_len(fresh->suite.prf))
		return "no SPI, or too short a nonce";
	if (make_keys(fresh, old, &rekeying->dh, m->ke->data, secret_chunk(&rekeying->ni),
		      m->nonce))
		return "key exchange";
	return NULL;
}

void ike_rekey_response(struct ike_link *link, const struct opened *response)
{
	const struct wire_message *m = response->m;
	const struct wire_notify *n = wire_notify_error(m);
	struct ike_sa *sa = link->sa;
	const char *wrong;

	if (!sa->rekeying)
		return;
	/* one that is being closed too: the peer has the new link, and is to delete that */
	if (n) {
		refused(sa, n);
		return;
	}
	wrong = take_response(link, m);
	if (wrong) {
		/* the peer has a link that we have not: there is no way back */
		ike_sa_end(sa, IKE_END_BROKEN, "rekey: %s", wrong);
		return;
	}
	if (sa->their_link) {
		resolve(sa, link, m->nonce);
	} else {
		delete_ourselves(link);
		go_on_with(sa, sa->rekeying->fresh);
	}
	ike_rekey_forget(sa);
}

/* ---- answering */

/* What the answer is written from. */
struct rekey_answer {
	struct choice choice;
	struct dh dh;
	struct wire_ke ke;
	uint8_t nr[NONCE_LEN];
	uint8_t public[DH_MAX_PUBLIC];
};

static int make(struct ike_link *fresh, const struct ike_link *old, const struct wire_message *m,
		struct rekey_answer *answer)
{
	const struct crypto *crypto = old->sa->ike->crypto;
	int err = crypto_random(crypto, answer->nr, sizeof(answer->nr));

	if (!err)
		err = dh_new(crypto, m->ke->method, &answer->dh);
	if (!err)
		err = dh_public(&answer->dh, answer->public);
	if (!err)
		err = make_keys(fresh, old, &answer->dh, m->ke->data, m->nonce, CHUNK(answer->nr));
	dh_free(&answer->dh);
	answer->ke.method = m->ke->method;
	answer->ke.data = (struct chunk){ answer->public, dh_public_len(m->ke->method) };
	return err;
}

/* The peer's attempt is complete, as far as we can say. */
static void answered(struct ike_link *old, struct ike_link *fresh, struct chunk lowest)
{
	struct ike_sa *sa = old->sa;

	if (sa->rekeying) {
		sa->their_link = fresh;
		if (!secret_copy(&sa->rekeying->their_lowest, lowest))
			return;
		ike_sa_end(sa, IKE_END_MEMORY, "rekey: no memory");
		return;
	}
	leave_to_peer(old);
	go_on_with(sa, fresh);
}

static void answer_rekey(struct ike_link *link, const struct opened *request,
			 const struct wire_proposal *chosen, const struct suite *suite)
{
	const struct wire_message *m = request->m;
	struct ike_link *fresh = ike_link_new(link->sa, false);
	struct rekey_answer answer = { 0 };
	struct wire_message out = {
		.proposals = &answer.choice.proposal,
		.n_proposals = 1,
		.nonce = CHUNK(answer.nr),
		.ke = &answer.ke,
	};

	if (!fresh) {
		ike_respond_notify(link, request, N_TEMPORARY_FAILURE, (struct chunk){ 0 });
		return;
	}
	fresh->spi_i = ike_proposal_spi(chosen);
	fresh->suite = *suite;
	ike_choice(chosen, suite, fresh->spi_r, &answer.choice);
	if (!fresh->spi_i || make(fresh, link, m, &answer)) {
		ike_link_drop(fresh);
		ike_respond_notify(link, request, N_NO_PROPOSAL_CHOSEN, (struct chunk){ 0 });
		return;
	}
	if (ike_respond(link, request, &out))
		answered(link, fresh, lower(m->nonce, CHUNK(answer.nr)));
}

static void consider(struct ike_link *link, const struct opened *request)
{
	const struct wire_message *m = request->m;
	const struct wire_proposal *chosen;
	uint8_t group[2];
	struct writer w = writer_to(group, sizeof(group));
	struct suite suite;

	chosen = ike_choose(&link->sa->ike->conf->ike, m, m->ke->method, &suite);
	if (!chosen || suite.kwa < link->suite.kwa || 2 * m->nonce.len < prf_len(suite.prf)) {
		ike_respond_notify(link, request, N_NO_PROPOSAL_CHOSEN, (struct chunk){ 0 });
	} else if (suite.ke != m->ke->method) {
		write_u16(&w, suite.ke);
		ike_respond_notify(link, request, N_INVALID_KE_PAYLOAD, written(&w));
	} else {
		answer_rekey(link, request, chosen, &suite);
	}
}

/* RFC 7296 2.25.2: not while it is being closed, nor if it is replaced already. */
static bool not_now(const struct ike_link *link)
{
	const struct ike_sa *sa = link->sa;

	return sa->state != SA_READY || link != sa->link || sa->their_link ||
	       link->asked.what == ASK_TASK;
}

void ike_rekey_request(struct ike_link *link, const struct opened *request)
{
	const struct wire_message *m = request->m;

	if (m->n_tsi || !m->ke || m->proposals->protocol != PROTO_IKE)
		ike_respond_notify(link, request, N_NO_ADDITIONAL_SAS, (struct chunk){ 0 });
	else if (not_now(link))
		ike_respond_notify(link, request, N_TEMPORARY_FAILURE, (struct chunk){ 0 });
	else
		consider(link, request);
}

bool ike_rekey_deleted(struct ike_link *link)
{
	struct ike_sa *sa = link->sa;

	/* the peer knows by the nonces that its own is the one to go */
	if (link == sa->their_link)
		sa->their_link = NULL;
	if (link != sa->link)
		return true;
	if (!sa->their_link)
		return false;
	/* the peer did not notice our attempt, which is void (RFC 7296 2.8.2) */
	abandon(sa);
	go_on_with(sa, sa->their_link);
	sa->their_link = NULL;
	return true;
}
