// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which payloads stand in which message, how often, and in what order we send them:
 * RFC 7296 appendix C, RFC 9242 3.2, RFC 9838 2.3 and 2.4. Their order is not checked
 * on receipt (RFC 7296 2.5). CP and EAP are not in it, as nothing else unknown is.
 */
#include "wire/internal.h"

#define ONE(payload)		{ PAYLOAD_##payload, 1, 1 }
#define MAY(payload)		{ PAYLOAD_##payload, 0, 1 }
#define MANY(payload, most)	{ PAYLOAD_##payload, 0, (most) }
/* Those that may be everywhere, and end each table. */
#define REST			MANY(N, WIRE_MAX_NOTIFIES), MANY(V, WIRE_MAX_VENDORS), \
				{ PAYLOAD_NONE, 0, 0 }

static const struct wire_row outside[] = {
	MAY(SK), MAY(SKF), REST
};

static const struct wire_row sa_init_request[] = {
	ONE(SA), ONE(KE), ONE(Nonce), REST
};

static const struct wire_row sa_init_response[] = {
	MAY(SA), MAY(KE), MAY(Nonce), MANY(CERTREQ, WIRE_MAX_CERTREQS), REST
};

static const struct wire_row intermediate[] = {
	MAY(KE), REST
};

/* Without AUTH: the initiator wants EAP (RFC 7296 2.16). */
static const struct wire_row auth_request[] = {
	ONE(IDi), MANY(CERT, WIRE_MAX_CERTS), MANY(CERTREQ, WIRE_MAX_CERTREQS), MAY(IDr),
	MAY(AUTH), MAY(SA), MAY(TSi), MAY(TSr), REST
};

static const struct wire_row auth_response[] = {
	MAY(IDr), MANY(CERT, WIRE_MAX_CERTS), MAY(AUTH), MAY(SA), MAY(TSi), MAY(TSr), REST
};

static const struct wire_row child_request[] = {
	ONE(SA), ONE(Nonce), MAY(KE), MAY(TSi), MAY(TSr), REST
};

static const struct wire_row child_response[] = {
	MAY(SA), MAY(Nonce), MAY(KE), MAY(TSi), MAY(TSr), REST
};

static const struct wire_row informational[] = {
	MANY(D, WIRE_MAX_DELETES), REST
};

static const struct wire_row gsa_auth_request[] = {
	ONE(IDi), MANY(CERT, WIRE_MAX_CERTS), MANY(CERTREQ, WIRE_MAX_CERTREQS), MAY(IDr),
	MAY(AUTH), ONE(IDg), MAY(SA), REST
};

static const struct wire_row gsa_auth_response[] = {
	MAY(IDr), MANY(CERT, WIRE_MAX_CERTS), MAY(AUTH), MAY(GSA), MAY(KD), REST
};

static const struct wire_row registration_request[] = {
	ONE(IDg), MAY(SA), REST
};

static const struct wire_row registration_response[] = {
	MAY(GSA), MAY(KD), REST
};

static const struct wire_row rekey[] = {
	MAY(GSA), MAY(KD), MANY(D, WIRE_MAX_DELETES), MANY(N, WIRE_MAX_NOTIFIES),
	MANY(V, WIRE_MAX_VENDORS), MAY(AUTH), { PAYLOAD_NONE, 0, 0 }
};

static const struct wire_row inband_request[] = {
	MAY(GSA), MAY(KD), MANY(D, WIRE_MAX_DELETES), REST
};

static const struct wire_row only_rest[] = {
	REST
};

static const char *sealed_or_error(const struct wire_message *m)
{
	if (m->sk)
		return m->n_notifies ? "a notification beside an Encrypted payload" : NULL;
	if (m->n_notifies && m->header.exchange != GSA_REKEY)
		return NULL;
	return "no Encrypted payload";
}

static const char *initial_or_notify(const struct wire_message *m)
{
	bool all = m->n_proposals && m->ke && m->nonce.len;

	if (all && !m->header.spi_r)
		return "an IKE SA without a responder's SPI";
	if (all || (!m->n_proposals && !m->ke && !m->nonce.len && m->n_notifies))
		return NULL;
	return "neither SA, KE and Nonce nor a notification";
}

static const char *selectors(const struct wire_message *m)
{
	if (!m->n_tsi == !m->n_tsr)
		return NULL;
	return "only one of TSi and TSr";
}

/* SA and selectors make a Child SA; without all of these there is to be none. */
static const char *child_or_none(const struct wire_message *m)
{
	if (!m->n_proposals != !m->n_tsi)
		return "only some of SA, TSi and TSr";
	return selectors(m);
}

static const char *identified_or_notify(const struct wire_message *m)
{
	if (!m->idr != !m->auth)
		return "only one of IDr and AUTH";
	if (m->auth || (!m->n_certs && m->n_notifies))
		return NULL;
	return "neither AUTH nor a notification";
}

static const char *auth_answer(const struct wire_message *m)
{
	const char *reason = identified_or_notify(m);

	if (!reason && !m->auth && m->n_proposals)
		reason = "SA without AUTH";
	return reason ? reason : child_or_none(m);
}

static const char *child_offer(const struct wire_message *m)
{
	if (!m->n_tsi && !m->ke)
		return "an IKE SA is rekeyed without KE";
	return selectors(m);
}

static const char *child_answer(const struct wire_message *m)
{
	if (!m->n_proposals != !m->nonce.len)
		return "only one of SA and Nonce";
	if (!m->n_proposals && (m->ke || m->n_tsi || m->n_tsr || !m->n_notifies))
		return "neither SA and Nonce nor a notification";
	return selectors(m);
}

static const char *group_or_none(const struct wire_message *m)
{
	return !m->gsa == !m->kd ? NULL : "only one of GSA and KD";
}

static const char *gsa_auth_answer(const struct wire_message *m)
{
	const char *reason = identified_or_notify(m);

	if (!reason && !m->gsa && !m->n_notifies)
		reason = "neither GSA nor a notification";
	if (!reason && m->gsa && !m->auth)
		reason = "GSA without AUTH";
	return reason ? reason : group_or_none(m);
}

static const char *group_or_delete(const struct wire_message *m)
{
	if (!m->gsa && !m->n_deletes)
		return m->kd ? "only one of GSA and KD" : "neither GSA nor D";
	return group_or_none(m);
}

static const struct wire_rules rules_outside = { outside, sealed_or_error };

static const struct {
	uint8_t exchange;
	struct wire_rules request;
	struct wire_rules response;
} exchanges[] = {
	{ IKE_SA_INIT, { sa_init_request, NULL }, { sa_init_response, initial_or_notify } },
	{ IKE_INTERMEDIATE, { intermediate, NULL }, { intermediate, NULL } },
	{ IKE_AUTH, { auth_request, child_or_none }, { auth_response, auth_answer } },
	{ CREATE_CHILD_SA, { child_request, child_offer }, { child_response, child_answer } },
	{ INFORMATIONAL, { informational, NULL }, { informational, NULL } },
	{ GSA_AUTH, { gsa_auth_request, NULL }, { gsa_auth_response, gsa_auth_answer } },
	{ GSA_REGISTRATION, { registration_request, NULL },
			    { registration_response, group_or_none } },
	{ GSA_REKEY, { rekey, group_or_delete }, { NULL, NULL } },
	{ GSA_INBAND_REKEY, { inband_request, group_or_delete }, { only_rest, NULL } },
};

const struct wire_rules *wire_rules(const struct wire_header *header)
{
	const struct wire_rules *rules;
	size_t i;

	for (i = 0; i < sizeof(exchanges) / sizeof(exchanges[0]); i++) {
		if (exchanges[i].exchange != header->exchange)
			continue;
		rules = header->response ? &exchanges[i].response : &exchanges[i].request;
		return rules->rows ? rules : NULL;
	}
	return NULL;
}

const struct wire_rules *wire_rules_outside(void)
{
	return &rules_outside;
}

const struct wire_row *wire_row(const struct wire_rules *rules, uint8_t payload)
{
	const struct wire_row *row;

	for (row = rules->rows; row->payload; row++)
		if (row->payload == payload)
			return row;
	return NULL;
}
