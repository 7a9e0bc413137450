// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * New keys and the end of SAs (RFC 9838 2.4), by the IKE SA of a registration or by a
 * Rekey SA. The first does not say which group it is for: see Documentation/g-ikev2.md, 22.
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

/* Of what comes by multicast no member is to speak as soon as all others do. */
static void not_taken(struct gm_member *m, const struct gm_channel *channel, int err,
		      const struct reason *why)
{
	gm_log(m, LEVEL_WARNING, "new keys cannot be used: %s", why->text);
	m->error = *why;
	if (channel->rekey) {
		gm_repair(m, "new keys that cannot be used");
		return;
	}
	ask_anew(m);
	if (err != -ENOTSUP || m->busy || m->state != GM_JOINED)
		return;
	m->state = GM_REGISTERING;
	m->due = IKE_NEVER;
	gm_link_ask(m, channel->link, GM_ASK_REFUSE);
}

/* What it wanted to ask for has come, unless that is more than keys. */
static void has_keys(struct gm_member *m, uint32_t spi, bool rekey_sa)
{
	gm_log(m, LEVEL_INFO, "has new keys: SA %08x%s", spi, rekey_sa ? ", and a Rekey SA" : "");
	if (rekey_sa)
		m->repair.must_register = false;
	if (!m->repair.must_register)
		m->later = 0;
}

static int take_keys(struct gm_member *m, const struct gm_channel *channel,
		     const struct wire_message *request)
{
	struct reason why = { "" };
	struct gm_offer offer;
	bool rekey_sa;
	int err;

	err = gm_offer_read(m, channel, request, &offer, &why);
	rekey_sa = channel->link && offer.rekey;
	if (!err)
		err = gm_rekey_sa_install(m, channel, &offer, &why);
	if (err)
		not_taken(m, channel, err, &why);
	else if (offer.n_sas)
		has_keys(m, offer.sas[0].sa.sa.spi, rekey_sa);
	gm_offer_free(&offer);
	return err;
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

static uint64_t delay_of(const struct gm_member *m, const struct wire_gsa *gsa)
{
	return (gsa && m->atd > m->dtd ? m->atd : m->dtd) * GM_SECOND;
}

static bool has_sa(const struct gm_member *m, uint32_t spi)
{
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (m->sas[i].sa.spi == spi)
			return true;
	return false;
}

/* What it never had, it is not to take when a message comes late. */
static void forget_others(struct gm_member *m, const struct wire_delete *d)
{
	struct reader r = reader_of(d->spis);
	uint32_t spi;
	size_t i;

	for (i = 0; i < d->n_spis; i++) {
		spi = read_u32(&r);
		if (!has_sa(m, spi) && !gm_repair_is_past(m, spi, m->asked))
			gm_repair_past(m, spi);
	}
}

static void retire(struct gm_member *m, const struct wire_delete *d, const struct wire_gsa *gsa)
{
	uint64_t delay = delay_of(m, gsa);
	bool all = wire_delete_is_all(d);
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (all ? !is_in(gsa, m->sas[i].sa.spi) : names(d, m->sas[i].sa.spi))
			gm_plane_retire(m, &m->sas[i], delay);
	if (!all)
		forget_others(m, d);
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
		gm_rekey_sa_retire(m, d, delay_of(m, gsa));
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

/* The Rekey SA was deleted, none followed, and there is no IKE SA. */
static bool is_left_alone(const struct gm_member *m)
{
	return m->rekey_sas && !gm_rekey_sa(m) && !m->link;
}

/* What is deleted goes after what is new has come (RFC 9838 2.4.1.4). */
int gm_rekey_take(struct gm_member *m, const struct gm_channel *channel,
		  const struct wire_message *request)
{
	const int err = request->gsa ? take_keys(m, channel, request) : 0;

	if (take_deletes(m, request))
		gm_member_excluded(m);
	else if (!err)
		gm_member_schedule(m);
	if (is_left_alone(m))
		gm_repair_rekey_sa(m, "nobody will tell of new keys any more");
	return err;
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
	const struct gm_channel channel = { .link = link };
	const struct gm *gm = link->gm;
	struct gm_member *owner;
	size_t i;

	if (!request->gsa) {
		for (i = 0; i < gm->n_members; i++)
			if (listens(gm->members[i], link))
				gm_rekey_take(gm->members[i], &channel, request);
		return;
	}
	owner = owner_of(link, request->gsa);
	if (owner)
		gm_rekey_take(owner, &channel, request);
	else
		unknown_group(link);
}
