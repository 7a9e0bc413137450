// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a key server asks by the IKE SA of a registration: new keys (GSA_INBAND_REKEY,
 * RFC 9838 2.4.2) and the end of SAs (2.4.3). Neither says which group it is for: see
 * Documentation/g-ikev2.md, 22.
 */
#include <errno.h>
#include "group/gm_internal.h"

static bool listens(const struct gm_member *m, const struct gm_link *link)
{
	return m->link == link && m->state != GM_LEAVING && m->n_flows;
}

static uint32_t spi_of(struct chunk spi)
{
	struct reader r = reader_of(spi);

	return spi.len == WIRE_IPSEC_SPI_LEN ? read_u32(&r) : 0;
}

static bool has_spi(const struct gm_member *m, uint32_t spi)
{
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (m->sas[i].sa.spi == spi)
			return true;
	return false;
}

static bool has_selector(const struct gm_member *m, const struct wire_policy *policy)
{
	struct conf_selector selector;
	size_t i;

	if (selector_from_wire(&policy->src, &policy->dst, &selector))
		return false;
	for (i = 0; i < m->n_flows; i++)
		if (selector_equal(&m->flows[i].selector, &selector))
			return true;
	return false;
}

static bool is_about(const struct gm_member *m, const struct wire_gsa *gsa)
{
	size_t i;

	for (i = 0; i < gsa->n_policies; i++)
		if (gsa->policies[i].protocol != PROTO_GIKE_UPDATE &&
		    (has_spi(m, spi_of(gsa->policies[i].spi)) ||
		     has_selector(m, &gsa->policies[i])))
			return true;
	return false;
}

/*
 * Whose keys these are; NULL: nobody's, or it cannot be told: they may be for one that
 * leaves, or that is asked for now.
 */
static struct gm_member *owner_of(const struct gm_link *link, const struct wire_gsa *gsa)
{
	struct gm_member *m, *only = NULL;
	size_t i, n = 0;

	for (i = 0; i < link->gm->n_members; i++) {
		m = link->gm->members[i];
		if (listens(m, link) && is_about(m, gsa))
			return m;
		if (m->link == link) {
			only = m;
			n++;
		}
	}
	return n == 1 && listens(only, link) ? only : NULL;
}

/* Ask for what we could not make use of: a registration names its group. */
static void ask_anew(struct gm_member *m)
{
	gm_member_later(m, 0, m->gm->conf->member.retry_first_ms);
}

static void not_taken(struct gm_member *m, struct gm_link *link, int err,
		      const struct reason *why)
{
	gm_log(m, LEVEL_WARNING, "new keys cannot be used: %s", why->text);
	m->error = *why;
	if (err != -ENOTSUP || m->busy || m->state != GM_JOINED)
		return;
	m->state = GM_REGISTERING;
	m->due = IKE_NEVER;
	gm_link_ask(m, link, GM_ASK_REFUSE);
}

static bool take_keys(struct gm_member *m, struct gm_link *link,
		      const struct wire_message *request)
{
	struct reason why = { "" };
	struct gm_offer offer;
	int err;

	err = gm_offer_read(m, link->sa, request, false, &offer, &why);
	if (!err)
		err = gm_plane_install(m, &offer, &why);
	if (err)
		not_taken(m, link, err, &why);
	else if (offer.n_sas)
		gm_log(m, LEVEL_INFO, "has new keys: SA %08x", offer.sas[0].sa.sa.spi);
	gm_offer_free(&offer);
	return !err;
}

/* Is the SA one that the same message brought, or left as it is? */
static bool is_in(const struct wire_gsa *gsa, uint32_t spi)
{
	size_t i;

	for (i = 0; gsa && i < gsa->n_policies; i++)
		if (spi_of(gsa->policies[i].spi) == spi)
			return true;
	return false;
}

static bool names(const struct wire_delete *d, uint32_t spi)
{
	size_t i;

	for (i = 0; i < d->n_spis; i++)
		if (spi_of(wire_delete_spi(d, i)) == spi)
			return true;
	return false;
}

static void retire(struct gm_member *m, const struct wire_delete *d, const struct wire_gsa *gsa)
{
	uint16_t delay = gsa && m->atd > m->dtd ? m->atd : m->dtd;
	bool all = wire_delete_is_all(d);
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (all ? !is_in(gsa, m->sas[i].sa.spi) : names(d, m->sas[i].sa.spi))
			gm_plane_retire(m, &m->sas[i], delay * GM_SECOND);
}

/* Documentation/g-ikev2.md, 2. True: it excludes us. */
static bool take_delete(struct gm_member *m, const struct wire_delete *d,
			const struct wire_gsa *gsa)
{
	switch (d->protocol) {
	case PROTO_ESP:
		retire(m, d, gsa);
		return false;
	case PROTO_NONE:
		retire(m, d, gsa);
		return true;
	case PROTO_GIKE_UPDATE:
		return wire_delete_is_all(d);
	default:
		return false;
	}
}

static bool take_deletes(struct gm_member *m, const struct wire_message *request)
{
	bool excluded = false;
	size_t i;

	for (i = 0; i < request->n_deletes; i++)
		if (take_delete(m, &request->deletes[i], request->gsa))
			excluded = true;
	return excluded;
}

/* What is deleted goes after what is new has come (RFC 9838 2.4.1.4). */
static void take(struct gm_member *m, struct gm_link *link, const struct wire_message *request)
{
	const bool taken = !request->gsa || take_keys(m, link, request);

	if (take_deletes(m, request))
		gm_member_excluded(m);
	else if (taken)
		gm_member_schedule(m);
	else
		ask_anew(m);
}

static void unknown_group(struct gm_link *link)
{
	struct gm_member *m;
	size_t i;

	for (i = 0; i < link->gm->n_members; i++) {
		m = link->gm->members[i];
		if (!listens(m, link))
			continue;
		gm_log(m, LEVEL_WARNING, "new keys came for none of our groups");
		ask_anew(m);
	}
}

void gm_rekey(struct gm_link *link, const struct wire_message *request)
{
	const struct gm *gm = link->gm;
	struct gm_member *owner;
	size_t i;

	if (!request->gsa) {
		for (i = 0; i < gm->n_members; i++)
			if (listens(gm->members[i], link))
				take(gm->members[i], link, request);
		return;
	}
	owner = owner_of(link, request->gsa);
	if (owner)
		take(owner, link, request);
	else
		unknown_group(link);
}
