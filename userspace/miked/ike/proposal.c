// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What protects an IKE SA: what we offer, what we choose of an offer, and whether a choice
 * is one of our offer (RFC 7296 3.3.6; the key wrap algorithm, RFC 9838 4.5.4). Of the
 * configuration's algorithms only those are offered and chosen that crypto/ does.
 */
#include <string.h>
#include "crypto/keywrap.h"
#include "ike/internal.h"

/* ---- offering */

static bool known_cipher(const struct conf_proposal *conf, const struct conf_transform *encr)
{
	struct cipher_sizes sizes;
	struct cipher cipher = {
		.encr = encr->id,
		.key_bits = encr->key_bits,
		.integ = conf->aead ? AUTH_NONE : AUTH_HMAC_SHA2_256_128,
	};

	return cipher_sizes(&cipher, &sizes) == 0;
}

static bool known_integ(const struct conf_transform *integ)
{
	struct cipher_sizes sizes;
	struct cipher cipher = { ENCR_AES_CBC, 128, integ->id };

	return cipher_sizes(&cipher, &sizes) == 0;
}

/* Can crypto/ do it? */
static bool known(const struct conf_proposal *conf, uint8_t type, const struct conf_transform *t)
{
	switch (type) {
	case TRANSFORM_ENCR:
		return known_cipher(conf, t);
	case TRANSFORM_PRF:
		return prf_len(t->id) != 0;
	case TRANSFORM_INTEG:
		return known_integ(t);
	case TRANSFORM_KE:
		return dh_public_len(t->id) != 0;
	default:
		return keywrap_key_len(t->id) != 0;
	}
}

/* False: no room, or nothing that crypto/ does. */
static bool add(struct offer *offer, struct wire_proposal *to, const struct conf_proposal *conf,
		uint8_t type, const struct conf_transforms *list)
{
	size_t before = to->n_transforms;
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		if (!known(conf, type, &list->transform[i]) ||
		    (type == TRANSFORM_KWA && list->transform[i].id < offer->kwa))
			continue;
		if (offer->n_transforms == WIRE_MAX_TRANSFORMS)
			return false;
		offer->transforms[offer->n_transforms++] = (struct wire_transform){
			.type = type,
			.id = list->transform[i].id,
			.key_length = list->transform[i].key_bits,
		};
		to->n_transforms++;
	}
	return to->n_transforms != before;
}

static bool add_proposal(struct offer *offer, const struct conf_proposal *conf)
{
	struct wire_proposal *to = &offer->proposals[offer->n];
	size_t before = offer->n_transforms;

	*to = (struct wire_proposal){
		.number = offer->n + 1,
		.protocol = PROTO_IKE,
		.transforms = offer->transforms + before,
	};
	if (add(offer, to, conf, TRANSFORM_ENCR, &conf->encryption) &&
	    add(offer, to, conf, TRANSFORM_PRF, &conf->prf) &&
	    (conf->aead || add(offer, to, conf, TRANSFORM_INTEG, &conf->integrity)) &&
	    add(offer, to, conf, TRANSFORM_KE, &conf->key_exchange) &&
	    (!offer->kwa || add(offer, to, conf, TRANSFORM_KWA, &conf->key_wrap)))
		return true;
	offer->n_transforms = before;
	return false;
}

void ike_offer(const struct conf_ike *conf, uint64_t spi, uint16_t kwa,
	       struct offer *offer)
{
	struct writer w = writer_to(offer->spi, sizeof(offer->spi));
	uint32_t i;

	offer->n = 0;
	offer->n_transforms = 0;
	offer->kwa = kwa;
	write_u64(&w, spi);
	for (i = 0; i < conf->proposals_count && offer->n < WIRE_MAX_PROPOSALS; i++) {
		if (!add_proposal(offer, &conf->proposals[i]))
			continue;
		if (spi)
			offer->proposals[offer->n].spi = CHUNK(offer->spi);
		offer->n++;
	}
}

uint16_t ike_offer_group(const struct offer *offer)
{
	const struct wire_transform *ke;

	if (!offer->n)
		return 0;
	ke = wire_transform(offer->proposals[0].transforms, offer->proposals[0].n_transforms,
			    TRANSFORM_KE);
	return ke->id;
}

bool ike_offer_has_group(const struct offer *offer, uint16_t group)
{
	size_t i;

	for (i = 0; i < offer->n_transforms; i++)
		if (offer->transforms[i].type == TRANSFORM_KE && offer->transforms[i].id == group)
			return true;
	return false;
}

/* ---- choosing */

static bool offers(const struct wire_proposal *theirs, uint8_t type, uint16_t id,
		   uint16_t key_length)
{
	size_t i;

	for (i = 0; i < theirs->n_transforms; i++) {
		const struct wire_transform *t = &theirs->transforms[i];

		if (t->type == type && t->id == id && t->key_length == key_length &&
		    !t->unknown.len && !t->algorithm.len)
			return true;
	}
	return false;
}

static bool offers_type(const struct wire_proposal *theirs, uint8_t type)
{
	return wire_transform(theirs->transforms, theirs->n_transforms, type) != NULL;
}

/* The first of ours that is in theirs. */
static const struct conf_transform *common(const struct conf_proposal *conf,
					   const struct conf_transforms *ours, uint8_t type,
					   const struct wire_proposal *theirs)
{
	uint32_t i;

	for (i = 0; i < ours->count; i++) {
		const struct conf_transform *t = &ours->transform[i];

		if (known(conf, type, t) && offers(theirs, type, t->id, t->key_bits))
			return t;
	}
	return NULL;
}

/* RFC 7296 3.3.6: a proposal with a type of transform that we do not know is not for us. */
static bool only_known_types(const struct wire_proposal *theirs)
{
	size_t i;

	for (i = 0; i < theirs->n_transforms; i++) {
		switch (theirs->transforms[i].type) {
		case TRANSFORM_ENCR:
		case TRANSFORM_PRF:
		case TRANSFORM_INTEG:
		case TRANSFORM_KE:
		case TRANSFORM_KWA:
			break;
		default:
			return false;
		}
	}
	return true;
}

static bool choose_integ(const struct conf_proposal *conf, const struct wire_proposal *theirs,
			 struct suite *suite)
{
	const struct conf_transform *t;

	suite->cipher.integ = AUTH_NONE;
	if (conf->aead) {
		suite->integ_none = offers_type(theirs, TRANSFORM_INTEG);
		return !suite->integ_none || offers(theirs, TRANSFORM_INTEG, AUTH_NONE, 0);
	}
	t = common(conf, &conf->integrity, TRANSFORM_INTEG, theirs);
	if (t)
		suite->cipher.integ = t->id;
	return t;
}

static bool choose_group(const struct conf_proposal *conf, const struct wire_proposal *theirs,
			 uint16_t group, struct suite *suite)
{
	const struct conf_transform *t;
	uint32_t i;

	for (i = 0; i < conf->key_exchange.count; i++) {
		t = &conf->key_exchange.transform[i];
		if (t->id == group && known(conf, TRANSFORM_KE, t) &&
		    offers(theirs, TRANSFORM_KE, group, 0)) {
			suite->ke = group;
			return true;
		}
	}
	t = common(conf, &conf->key_exchange, TRANSFORM_KE, theirs);
	if (t)
		suite->ke = t->id;
	return t;
}

static bool choose_kwa(const struct conf_proposal *conf, const struct wire_proposal *theirs,
		       struct suite *suite)
{
	const struct conf_transform *t;

	if (!offers_type(theirs, TRANSFORM_KWA))
		return true;
	t = common(conf, &conf->key_wrap, TRANSFORM_KWA, theirs);
	if (t)
		suite->kwa = t->id;
	return t;
}

static bool choose_from(const struct conf_proposal *conf, const struct wire_proposal *theirs,
			uint16_t group, struct suite *suite)
{
	const struct conf_transform *encr;
	const struct conf_transform *prf;

	*suite = (struct suite){ 0 };
	if (theirs->protocol != PROTO_IKE || !only_known_types(theirs))
		return false;
	encr = common(conf, &conf->encryption, TRANSFORM_ENCR, theirs);
	prf = common(conf, &conf->prf, TRANSFORM_PRF, theirs);
	if (!encr || !prf || !choose_integ(conf, theirs, suite) ||
	    !choose_group(conf, theirs, group, suite) || !choose_kwa(conf, theirs, suite))
		return false;
	suite->cipher.encr = encr->id;
	suite->cipher.key_bits = encr->key_bits;
	suite->prf = prf->id;
	return true;
}

const struct wire_proposal *ike_choose(const struct conf_ike *conf, const struct wire_message *m,
				       uint16_t group, struct suite *suite)
{
	uint32_t ours;
	size_t i;

	for (ours = 0; ours < conf->proposals_count; ours++)
		for (i = 0; i < m->n_proposals; i++)
			if (choose_from(&conf->proposals[ours], &m->proposals[i], group, suite))
				return &m->proposals[i];
	return NULL;
}

void ike_choice(const struct wire_proposal *chosen, const struct suite *suite, uint64_t spi,
		struct choice *choice)
{
	struct writer w = writer_to(choice->spi, sizeof(choice->spi));
	struct wire_transform *t = choice->transforms;

	write_u64(&w, spi);
	*t++ = (struct wire_transform){ .type = TRANSFORM_ENCR, .id = suite->cipher.encr,
					.key_length = suite->cipher.key_bits };
	*t++ = (struct wire_transform){ .type = TRANSFORM_PRF, .id = suite->prf };
	if (suite->cipher.integ != AUTH_NONE || suite->integ_none)
		*t++ = (struct wire_transform){ .type = TRANSFORM_INTEG,
						.id = suite->cipher.integ };
	*t++ = (struct wire_transform){ .type = TRANSFORM_KE, .id = suite->ke };
	if (suite->kwa)
		*t++ = (struct wire_transform){ .type = TRANSFORM_KWA, .id = suite->kwa };
	choice->proposal = (struct wire_proposal){
		.number = chosen->number,
		.protocol = PROTO_IKE,
		.transforms = choice->transforms,
		.n_transforms = t - choice->transforms,
	};
	if (spi)
		choice->proposal.spi = CHUNK(choice->spi);
}

/* ---- accepting */

static uint16_t id_of(const struct wire_proposal *chosen, uint8_t type)
{
	const struct wire_transform *t = wire_transform(chosen->transforms, chosen->n_transforms,
							type);

	return t ? t->id : 0;
}

/* One of each type that we offered, and only what we offered. */
static bool is_of(const struct wire_proposal *offered, const struct wire_proposal *chosen)
{
	size_t i;

	for (i = 0; i < chosen->n_transforms; i++) {
		const struct wire_transform *t = &chosen->transforms[i];

		if (t->type == TRANSFORM_INTEG && t->id == AUTH_NONE &&
		    !offers_type(offered, TRANSFORM_INTEG))
			continue;
		if (t->unknown.len || t->algorithm.len ||
		    !offers(offered, t->type, t->id, t->key_length))
			return false;
	}
	for (i = 0; i < offered->n_transforms; i++)
		if (!offers_type(chosen, offered->transforms[i].type))
			return false;
	return true;
}

bool ike_accept(const struct offer *offer, const struct wire_message *m, struct suite *suite)
{
	const struct wire_proposal *chosen = m->proposals;
	const struct wire_transform *encr;

	if (m->n_proposals != 1 || chosen->protocol != PROTO_IKE || !chosen->number ||
	    chosen->number > offer->n ||
	    !is_of(&offer->proposals[chosen->number - 1], chosen))
		return false;
	encr = wire_transform(chosen->transforms, chosen->n_transforms, TRANSFORM_ENCR);
	*suite = (struct suite){
		.cipher = {
			.encr = encr->id,
			.key_bits = encr->key_length,
			.integ = id_of(chosen, TRANSFORM_INTEG),
		},
		.prf = id_of(chosen, TRANSFORM_PRF),
		.ke = id_of(chosen, TRANSFORM_KE),
		.kwa = id_of(chosen, TRANSFORM_KWA),
	};
	return true;
}

uint64_t ike_proposal_spi(const struct wire_proposal *proposal)
{
	struct reader r = reader_of(proposal->spi);

	return read_u64(&r);
}
