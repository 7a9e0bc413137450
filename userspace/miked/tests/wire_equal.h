/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Do two messages say the same? What was passed over does not count, nor where
 * COOKIE and REKEY_SA stand among the notifications.
 */
#ifndef MIKED_TESTS_WIRE_EQUAL_H
#define MIKED_TESTS_WIRE_EQUAL_H

#include <string.h>
#include "wire/internal.h"

static inline bool same_transforms(const struct wire_transform *a, size_t n,
				   const struct wire_transform *b, size_t m)
{
	size_t i;

	for (i = 0; i < n && n == m; i++)
		if (a[i].type != b[i].type || a[i].id != b[i].id ||
		    (!a[i].unknown.len && a[i].key_length != b[i].key_length) ||
		    (!a[i].unknown.len && !chunk_equal(a[i].algorithm, b[i].algorithm)) ||
		    !chunk_equal(a[i].unknown, b[i].unknown))
			return false;
	return n == m;
}

static inline bool same_proposals(const struct wire_message *a, const struct wire_message *b)
{
	const struct wire_proposal *x = a->proposals;
	const struct wire_proposal *y = b->proposals;
	size_t i;

	for (i = 0; i < a->n_proposals && a->n_proposals == b->n_proposals; i++)
		if (x[i].number != y[i].number || x[i].protocol != y[i].protocol ||
		    !chunk_equal(x[i].spi, y[i].spi) ||
		    !same_transforms(x[i].transforms, x[i].n_transforms, y[i].transforms,
				     y[i].n_transforms))
			return false;
	return a->n_proposals == b->n_proposals;
}

static inline bool same_id(const struct wire_id *a, const struct wire_id *b)
{
	if (!a || !b)
		return a == b;
	return a->type == b->type && chunk_equal(a->data, b->data);
}

static inline bool same_certs(const struct wire_cert *a, size_t n, const struct wire_cert *b,
			      size_t m)
{
	size_t i;

	for (i = 0; i < n && n == m; i++)
		if (a[i].encoding != b[i].encoding || !chunk_equal(a[i].data, b[i].data))
			return false;
	return n == m;
}

static inline bool same_auth(const struct wire_auth *a, const struct wire_auth *b)
{
	if (!a || !b)
		return a == b;
	return a->method == b->method && chunk_equal(a->algorithm, b->algorithm) &&
	       chunk_equal(a->data, b->data);
}

static inline const struct wire_notify *next_notify(const struct wire_message *m, bool first,
						    size_t *i)
{
	while (*i < m->n_notifies) {
		const struct wire_notify *n = &m->notifies[(*i)++];

		if (wire_notify_stands_first(n) == first)
			return n;
	}
	return NULL;
}

static inline bool same_notifies(const struct wire_message *a, const struct wire_message *b,
				 bool first)
{
	const struct wire_notify *x;
	const struct wire_notify *y;
	size_t i = 0;
	size_t j = 0;

	do {
		x = next_notify(a, first, &i);
		y = next_notify(b, first, &j);
		if (x && y && (x->type != y->type || x->protocol != y->protocol ||
			       !chunk_equal(x->spi, y->spi) || !chunk_equal(x->data, y->data)))
			return false;
	} while (x && y);
	return !x && !y;
}

static inline bool same_deletes(const struct wire_message *a, const struct wire_message *b)
{
	const struct wire_delete *x = a->deletes;
	const struct wire_delete *y = b->deletes;
	size_t i;

	for (i = 0; i < a->n_deletes && a->n_deletes == b->n_deletes; i++)
		if (x[i].protocol != y[i].protocol || x[i].spi_size != y[i].spi_size ||
		    x[i].n_spis != y[i].n_spis || !chunk_equal(x[i].spis, y[i].spis))
			return false;
	return a->n_deletes == b->n_deletes;
}

static inline bool same_chunks(const struct chunk *a, size_t n, const struct chunk *b, size_t m)
{
	size_t i;

	for (i = 0; i < n && n == m; i++)
		if (!chunk_equal(a[i], b[i]))
			return false;
	return n == m;
}

static inline bool same_selectors(const struct wire_ts *a, size_t n, const struct wire_ts *b,
				  size_t m)
{
	size_t i;

	for (i = 0; i < n && n == m; i++)
		if (a[i].type != b[i].type || a[i].protocol != b[i].protocol ||
		    a[i].start_port != b[i].start_port || a[i].end_port != b[i].end_port ||
		    memcmp(a[i].start, b[i].start, sizeof(a->start)) != 0 ||
		    memcmp(a[i].end, b[i].end, sizeof(a->end)) != 0 ||
		    !chunk_equal(a[i].other, b[i].other))
			return false;
	return n == m;
}

static inline bool same_policy(const struct wire_policy *a, const struct wire_policy *b)
{
	return a->protocol == b->protocol && chunk_equal(a->spi, b->spi) &&
	       same_selectors(&a->src, 1, &b->src, 1) && same_selectors(&a->dst, 1, &b->dst, 1) &&
	       same_transforms(a->transforms, a->n_transforms, b->transforms, b->n_transforms) &&
	       a->has_lifetime == b->has_lifetime && a->lifetime == b->lifetime &&
	       a->has_initial_message_id == b->has_initial_message_id &&
	       a->initial_message_id == b->initial_message_id &&
	       same_chunks(a->next_spis, a->n_next_spis, b->next_spis, b->n_next_spis);
}

static inline bool same_group_wide(const struct wire_group_wide *a, const struct wire_group_wide *b)
{
	if (!a || !b)
		return a == b;
	return a->has_atd == b->has_atd && a->atd == b->atd &&
	       a->has_dtd == b->has_dtd && a->dtd == b->dtd &&
	       a->has_sender_id_bits == b->has_sender_id_bits &&
	       a->sender_id_bits == b->sender_id_bits;
}

static inline bool same_gsa(const struct wire_gsa *a, const struct wire_gsa *b)
{
	size_t i;

	if (!a || !b)
		return a == b;
	for (i = 0; i < a->n_policies && a->n_policies == b->n_policies; i++)
		if (!same_policy(&a->policies[i], &b->policies[i]))
			return false;
	return a->n_policies == b->n_policies && same_group_wide(a->group_wide, b->group_wide);
}

static inline bool same_keys(const struct wire_key *a, size_t n, const struct wire_key *b, size_t m)
{
	size_t i;

	for (i = 0; i < n && n == m; i++)
		if (a[i].id != b[i].id || a[i].kwk_id != b[i].kwk_id ||
		    !chunk_equal(a[i].wrapped, b[i].wrapped))
			return false;
	return n == m;
}

static inline bool same_member(const struct wire_member_bag *a, const struct wire_member_bag *b)
{
	if (!a || !b)
		return a == b;
	return same_keys(a->wrap_keys, a->n_wrap_keys, b->wrap_keys, b->n_wrap_keys) &&
	       chunk_equal(a->auth_key, b->auth_key) && a->n_sender_ids == b->n_sender_ids &&
	       (!a->n_sender_ids ||
		!memcmp(a->sender_ids, b->sender_ids, a->n_sender_ids * sizeof(*a->sender_ids)));
}

static inline bool same_kd(const struct wire_kd *a, const struct wire_kd *b)
{
	size_t i;

	if (!a || !b)
		return a == b;
	for (i = 0; i < a->n_bags && a->n_bags == b->n_bags; i++)
		if (a->bags[i].protocol != b->bags[i].protocol ||
		    !chunk_equal(a->bags[i].spi, b->bags[i].spi) ||
		    !same_keys(a->bags[i].keys, a->bags[i].n_keys, b->bags[i].keys,
			       b->bags[i].n_keys))
			return false;
	return a->n_bags == b->n_bags && same_member(a->member, b->member);
}

static inline bool same_ke(const struct wire_ke *a, const struct wire_ke *b)
{
	if (!a || !b)
		return a == b;
	return a->method == b->method && chunk_equal(a->data, b->data);
}

static inline bool same_header(const struct wire_header *a, const struct wire_header *b)
{
	return a->spi_i == b->spi_i && a->spi_r == b->spi_r && a->exchange == b->exchange &&
	       a->response == b->response && a->initiator == b->initiator &&
	       a->message_id == b->message_id;
}

static inline bool same_message(const struct wire_message *a, const struct wire_message *b)
{
	return same_header(&a->header, &b->header) && same_proposals(a, b) &&
	       same_ke(a->ke, b->ke) && chunk_equal(a->nonce, b->nonce) &&
	       same_id(a->idi, b->idi) && same_id(a->idr, b->idr) && same_id(a->idg, b->idg) &&
	       same_certs(a->certs, a->n_certs, b->certs, b->n_certs) &&
	       same_certs(a->certreqs, a->n_certreqs, b->certreqs, b->n_certreqs) &&
	       same_auth(a->auth, b->auth) && same_notifies(a, b, true) &&
	       same_notifies(a, b, false) && same_deletes(a, b) &&
	       same_chunks(a->vendors, a->n_vendors, b->vendors, b->n_vendors) &&
	       same_selectors(a->tsi, a->n_tsi, b->tsi, b->n_tsi) &&
	       same_selectors(a->tsr, a->n_tsr, b->tsr, b->n_tsr) &&
	       same_gsa(a->gsa, b->gsa) && same_kd(a->kd, b->kd);
}

#endif
