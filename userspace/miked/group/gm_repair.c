// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A member notices that a rekey did not reach it, and asks for what it missed (RFC 9838
 * 4.4.2.2.3): others use SAs that were announced, and it has no keys for them. That there
 * are packets at all is nothing that anybody proves, so signs are weighed: an SPI that
 * was announced makes it register soon, any other seldom, and the more seldom the less it
 * helped. The third sign, that an SA comes to its end, is that of gm_member.c.
 */
#include <string.h>
#include "group/gm_internal.h"

#define MINUTE		(60 * GM_SECOND)

/* So that members of one group do not all come at the same time. */
#define SPREAD_LEAST	GM_SECOND
#define SPREAD_MOST	(30 * GM_SECOND)

/* Between two registrations for SPIs that nobody announced. */
#define DOUBT_FIRST	MINUTE
#define DOUBT_LIMIT	(64 * MINUTE)

/* ---- what is announced */

static void add_data(const struct wire_policy *policy, struct gm_next *next)
{
	struct reader r;
	size_t i;

	for (i = 0; i < policy->n_next_spis && next->n_data < GM_NEXT_SPIS; i++) {
		r = reader_of(policy->next_spis[i]);
		next->data[next->n_data++] = read_u32(&r);
	}
}

static void add_rekey(const struct wire_policy *policy, struct gm_next *next)
{
	size_t i;

	for (i = 0; i < policy->n_next_spis && next->n_rekey < GM_NEXT_REKEY_SPIS; i++)
		memcpy(next->rekey[next->n_rekey++], policy->next_spis[i].data,
		       WIRE_GIKE_SPI_LEN);
}

void gm_next_read(const struct wire_gsa *gsa, bool registration, struct gm_next *next)
{
	size_t i;

	*next = (struct gm_next){ .has_data = registration, .has_rekey = registration };
	for (i = 0; i < gsa->n_policies; i++) {
		if (gsa->policies[i].protocol == PROTO_GIKE_UPDATE) {
			next->has_rekey = true;
			add_rekey(&gsa->policies[i], next);
		} else {
			next->has_data = true;
			add_data(&gsa->policies[i], next);
		}
	}
}

void gm_repair_expect(struct gm_member *m, const struct gm_next *next)
{
	struct gm_next *held = &m->repair.next;

	if (next->has_data) {
		memcpy(held->data, next->data, sizeof(held->data));
		held->n_data = next->n_data;
	}
	if (next->has_rekey) {
		memcpy(held->rekey, next->rekey, sizeof(held->rekey));
		held->n_rekey = next->n_rekey;
	}
}

void gm_repair_past(struct gm_member *m, uint32_t spi)
{
	size_t i = m->repair.n_past++ % GM_PAST_SPIS;

	m->repair.past[i].spi = spi;
	m->repair.past[i].at = gm_now(m->gm);
}

bool gm_repair_is_past(const struct gm_member *m, uint32_t spi, uint64_t since)
{
	size_t i;

	for (i = 0; i < m->repair.n_past && i < GM_PAST_SPIS; i++)
		if (m->repair.past[i].spi == spi && m->repair.past[i].at >= since)
			return true;
	return false;
}

/* ---- repair */

/* Senders have new keys, and wait ATD before they use them. */
static uint64_t spread_of(const struct gm_member *m)
{
	uint64_t spread = m->atd * GM_SECOND / 4;

	if (spread < SPREAD_LEAST)
		return SPREAD_LEAST;
	return spread > SPREAD_MOST ? SPREAD_MOST : spread;
}

static void begin(struct gm_member *m, uint64_t spread, const char *what)
{
	gm_log(m, LEVEL_NOTICE, "%s: registers again", what);
	m->gm->stats.repairs++;
	gm_member_later(m, 0, spread);
}

/* One time is drawn for all signs of one loss: many would make it an early one. */
void gm_repair(struct gm_member *m, const char *what)
{
	const uint64_t now = gm_now(m->gm), spread = spread_of(m);

	/* The answer may have been written before it. */
	m->repair.again |= m->state == GM_REGISTERING;
	if (m->state != GM_JOINED || now < m->repair.not_before)
		return;
	m->repair.not_before = now + spread + m->gm->conf->member.retry_first_ms;
	begin(m, spread, what);
}

void gm_repair_rekey_sa(struct gm_member *m, const char *what)
{
	gm_repair(m, what);
	m->repair.must_register = m->state == GM_JOINED;
}

/*
 * It may be a rekey that was lost, or nothing at all. If the last registration for such a
 * sign brought no new keys, the next one has to wait twice as long.
 */
static void doubt(struct gm_member *m)
{
	struct gm_repair *repair = &m->repair;
	const uint64_t now = gm_now(m->gm);

	if (m->state != GM_JOINED || now < repair->doubt_not_before)
		return;
	repair->doubt = repair->doubt && repair->doubt_epoch == m->epoch ? 2 * repair->doubt :
									  DOUBT_FIRST;
	if (repair->doubt > DOUBT_LIMIT)
		repair->doubt = DOUBT_LIMIT;
	repair->doubt_epoch = m->epoch;
	repair->doubt_not_before = now + repair->doubt;
	begin(m, SPREAD_MOST, "packets come by an SA that we do not have");
}

/* ---- the signs */

static bool has_sa(const struct gm_member *m, uint32_t spi)
{
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (m->sas[i].sa.spi == spi)
			return true;
	return gm_repair_is_past(m, spi, 0);
}

static bool is_announced(const struct gm_member *m, uint32_t spi)
{
	size_t i;

	for (i = 0; i < m->repair.next.n_data; i++)
		if (m->repair.next.data[i] == spi)
			return true;
	return false;
}

/* RFC 9838 4.4.2.2.3: it is a sign for receivers alone. */
static bool receives(const struct gm_member *m, const struct gemcast_audit *audit)
{
	size_t i;

	for (i = 0; (m->conf.role & CONF_ROLE_RECEIVER) && i < m->n_flows; i++)
		if (prefix_has(&m->flows[i].selector.destination, &audit->dst) &&
		    prefix_has(&m->flows[i].selector.source, &audit->src))
			return true;
	return false;
}

void gm_unknown_spi(struct gm *gm, const struct gemcast_audit *audit)
{
	struct gm_member *m;
	size_t i;

	for (i = 0; i < gm->n_members; i++) {
		m = gm->members[i];
		if (!receives(m, audit) || has_sa(m, audit->spi))
			continue;
		if (is_announced(m, audit->spi))
			gm_repair(m, "a rekey was lost: others use the next SA");
		else
			doubt(m);
	}
}

/* Is it where rekeys come? One of them may have ended the Rekey SA already. */
static bool hears_at(const struct gm_member *m, const struct net_path *path)
{
	const struct gm_rekey_sa *rekey;

	for (rekey = m->rekey_sas; rekey; rekey = rekey->next)
		if (net_end_equal(&rekey->group.to, &path->local))
			return true;
	return false;
}

static bool is_next_rekey_sa(const struct gm_member *m, const struct net_path *path,
			     struct chunk spi)
{
	size_t i;

	for (i = 0; hears_at(m, path) && i < m->repair.next.n_rekey; i++)
		if (chunk_equal(CHUNK(m->repair.next.rekey[i]), spi))
			return true;
	return false;
}

void gm_repair_datagram(struct gm *gm, const struct net_path *path, struct chunk datagram)
{
	struct reader r = reader_of(datagram);
	struct chunk spi = read_chunk(&r, WIRE_GIKE_SPI_LEN);
	size_t i;

	for (i = 0; !r.failed && i < gm->n_members; i++)
		if (is_next_rekey_sa(gm->members[i], path, spi))
			gm_repair_rekey_sa(gm->members[i],
					   "a rekey was lost: others have the next Rekey SA");
}
