// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An offer into the data plane: policies, SAs, IP multicast groups; all of it, or all is
 * as it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

/* How far an offer has come, to go all the way back from there. */
struct install {
	struct gm_member *m;
	struct gm_offer *offer;
	struct gm_flow *flows;		/* what will be */
	size_t n_flows;
	struct gm_sa *sas;
	size_t n_sas;
	size_t n_policies;		/* of the offer's that were put there */
	bool *added;			/* of the offer's SAs: was not there before */
	size_t n_added;
	size_t n_joined;		/* of the offer's flows that were looked at */
	bool *joined;			/* and joined their multicast group */
};

static struct gm_flow *find_flow(struct gm_flow *flows, size_t n,
				 const struct conf_selector *selector)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (selector_equal(&flows[i].selector, selector))
			return &flows[i];
	return NULL;
}

static struct gm_sa *find_sa(struct gm_sa *sas, size_t n, const struct gemcast_sa *sa)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gm_plane_same_sa(&sas[i].sa, sa))
			return &sas[i];
	return NULL;
}

static int begin(struct install *in)
{
	const struct gm_member *m = in->m;
	const struct gm_offer *offer = in->offer;
	size_t i;

	in->flows = calloc(m->n_flows + offer->n_flows + 1, sizeof(*in->flows));
	in->sas = calloc(m->n_sas + offer->n_sas + 1, sizeof(*in->sas));
	in->added = calloc(offer->n_sas + 1, sizeof(*in->added));
	in->joined = calloc(offer->n_flows + 1, sizeof(*in->joined));
	if (!in->flows || !in->sas || !in->added || !in->joined)
		return -ENOMEM;
	for (i = 0; i < m->n_flows; i++) {
		in->flows[i] = m->flows[i];
		if (offer->registration)
			in->flows[i].current = false;
	}
	in->n_flows = m->n_flows;
	if (m->n_sas)
		memcpy(in->sas, m->sas, m->n_sas * sizeof(*in->sas));
	in->n_sas = m->n_sas;
	return 0;
}

static void end(struct install *in)
{
	free(in->flows);
	free(in->sas);
	free(in->added);
	free(in->joined);
}

static int install_policy(struct install *in, const struct gm_flow *flow)
{
	struct gm_flow *old = find_flow(in->flows, in->n_flows, &flow->selector);
	int err = gm_plane_policy_add(in->m, &flow->policy);

	if (err)
		return err;
	if (!old) {
		old = &in->flows[in->n_flows++];
		old->selector = flow->selector;
	}
	old->policy = flow->policy;
	old->current = true;
	return 0;
}

static int install_policies(struct install *in, struct reason *why)
{
	const struct gm_offer *offer = in->offer;
	const struct gm_member *other;
	int err;

	for (; in->n_policies < offer->n_flows; in->n_policies++) {
		other = gm_policy_owner(in->m, &offer->flows[in->n_policies].policy);
		if (other) {
			reason_set(why, "the same packets are already protected by %s",
				   other->conf.name);
			return -EEXIST;
		}
		err = install_policy(in, &offer->flows[in->n_policies]);
		if (!err)
			continue;
		reason_set(why, "the data plane refuses a policy: %s (%s)", gm_plane_why(in->m),
			   strerror(-err));
		return err;
	}
	return 0;
}

/*
 * -EEXIST: one of its SPI is there, and is put aside if it is not the same SA: a key
 * server began anew, or an earlier life of ours left it. Or its key has sent by this
 * Sender-ID before: then there is nothing to put aside, and that is an error.
 */
static int add_sa(struct install *in, struct gm_offer_sa *new, bool *added)
{
	const struct gm_sa *held = find_sa(in->m->sas, in->m->n_sas, &new->sa.sa);
	int err = gm_plane_sa_add(in->m, &new->sa.sa);

	*added = !err;
	if (err != -EEXIST)
		return err;
	if (held && secret_equal(CHUNK(held->tag), CHUNK(new->sa.tag)))
		return 0;
	if (gm_plane_sa_del(in->m, &new->sa.sa))
		return err;
	err = gm_plane_sa_add(in->m, &new->sa.sa);
	*added = !err;
	/* What was put aside for it does not come back. */
	if (err && held)
		gm_plane_forget_sa(in->m, held - in->m->sas);
	return err;
}

static void take_sa(struct install *in, const struct gm_offer_sa *new, bool added)
{
	struct gm_sa *sa = find_sa(in->sas, in->n_sas, &new->sa.sa);

	/* It is still the same, for which the kernel's limits stay as they were. */
	if (sa && !added) {
		if (sa->overstays)
			sa->end = new->sa.end;
		sa->overstays = false;
		return;
	}
	if (!sa)
		sa = &in->sas[in->n_sas++];
	*sa = new->sa;
	sa->sa.key = NULL;
	sa->sa.key_len = 0;
}

static bool is_held(const struct install *in, const struct gm_offer_sa *sa)
{
	const struct gm_sa *held = find_sa(in->m->sas, in->m->n_sas, &sa->sa.sa);

	return held && secret_equal(CHUNK(held->tag), CHUNK(sa->sa.tag));
}

static bool is_restated(const struct gm_offer *offer, const struct gm_sa *sa)
{
	size_t i;

	for (i = 0; i < offer->n_sas; i++)
		if (gm_plane_same_sa(&offer->sas[i].sa.sa, &sa->sa))
			return true;
	for (i = 0; i < offer->n_restated; i++)
		if (offer->restated[i] == sa->sa.spi)
			return true;
	return false;
}

/*
 * Has it an SA for these packets to send by until the youngest may be used? What a
 * registration does not have any more others have left for what it has.
 */
static bool goes_on(const struct install *in, const struct conf_selector *selector)
{
	const uint64_t now = gm_now(in->m->gm), until = now + in->offer->atd * GM_SECOND;
	const struct gm_sa *sa;
	size_t i;

	for (i = 0; i < in->m->n_sas; i++) {
		sa = &in->m->sas[i];
		if (in->offer->registration && !is_restated(in->offer, sa))
			continue;
		if (sa->sa.dir != GEMCAST_SA_DIR_IN && selector_equal(&sa->selector, selector) &&
		    sa->since + sa->sa.activate <= now && sa->end > until && sa->remove > until)
			return true;
	}
	return false;
}

/* The offer has a younger one that is there already, or can be waited for. */
static bool is_outrun(const struct install *in, const struct gm_offer_sa *sa)
{
	const struct gm_offer *offer = in->offer;
	const struct gm_offer_sa *other;
	size_t i;

	for (i = 0; i < offer->n_sas; i++) {
		other = &offer->sas[i];
		if (!selector_equal(&other->sa.selector, &sa->sa.selector) ||
		    other->sa.end < sa->sa.end || (other->sa.end == sa->sa.end && other <= sa))
			continue;
		if (is_held(in, other) || goes_on(in, &sa->sa.selector))
			return !is_held(in, sa);
	}
	return false;
}

#define SENDING		(GEMCAST_BIT(GEMCAST_A_SA_SID) |				\
			 GEMCAST_BIT(GEMCAST_A_SA_SOFT_PACKETS) |			\
			 GEMCAST_BIT(GEMCAST_A_SA_SOFT_BYTES))

/*
 * Nobody sends by an older SA than it has or waits for: others may have left it behind, or
 * not have it yet, and we may have sent by it before. False: then there is no use for it.
 */
static bool only_receive(struct gemcast_sa *sa)
{
	if (sa->dir == GEMCAST_SA_DIR_OUT)
		return false;
	sa->dir = GEMCAST_SA_DIR_IN;
	sa->present &= ~SENDING;
	return true;
}

/* A rekey that comes behind the Delete of what it brings; SPIs are given once. */
static bool is_past(const struct install *in, const struct gm_offer_sa *sa)
{
	return !in->offer->registration && gm_repair_is_past(in->m, sa->sa.sa.spi, 0) &&
	       !is_held(in, sa);
}

static int install_sas(struct install *in, struct reason *why)
{
	struct gm_offer *offer = in->offer;
	struct gm_offer_sa *new;
	int err;

	for (; in->n_added < offer->n_sas; in->n_added++) {
		new = &offer->sas[in->n_added];
		if (is_past(in, new) || (is_outrun(in, new) && !only_receive(&new->sa.sa)))
			continue;
		err = add_sa(in, new, &in->added[in->n_added]);
		if (err) {
			reason_set(why, "the data plane refuses an SA: %s (%s)", gm_plane_why(in->m),
				   strerror(-err));
			return err;
		}
		take_sa(in, new, in->added[in->n_added]);
	}
	return 0;
}

static int install_joins(struct install *in, struct reason *why)
{
	const struct plane *plane = in->m->gm->setup.plane;
	const struct conf_membership *conf = &in->m->conf;
	struct gm_flow *flow;
	int err;

	if (!conf->join_multicast || !(conf->role & CONF_ROLE_RECEIVER))
		return 0;
	for (; in->n_joined < in->offer->n_flows; in->n_joined++) {
		flow = find_flow(in->flows, in->n_flows,
				 &in->offer->flows[in->n_joined].selector);
		if (flow->joined)
			continue;
		err = plane->join(plane->context, &flow->policy.dst, &flow->policy.src,
				  conf->interface);
		if (err) {
			reason_set(why, "no IP multicast on %s: %s (%s)", conf->interface,
				   gm_plane_why(in->m), strerror(-err));
			return err;
		}
		flow->joined = true;
		in->joined[in->n_joined] = true;
	}
	return 0;
}

static void undo_joins(struct install *in)
{
	while (in->n_joined--)
		if (in->joined[in->n_joined])
			gm_plane_multicast_leave(in->m, find_flow(in->flows, in->n_flows,
							 &in->offer->flows[in->n_joined].selector));
}

static void undo_sas(struct install *in)
{
	struct gm_member *m = in->m;
	struct gm_sa *held;
	size_t i;

	for (i = in->n_added; i--;) {
		if (!in->added[i])
			continue;
		gm_plane_left(m, gm_plane_sa_del(m, &in->offer->sas[i].sa.sa), "an SA");
		held = find_sa(m->sas, m->n_sas, &in->offer->sas[i].sa.sa);
		if (held)
			gm_plane_forget_sa(m, held - m->sas);
	}
}

static void undo_policies(struct install *in)
{
	const struct gm_flow *flow, *old;
	struct gm_member *m = in->m;
	size_t i;

	for (i = in->n_policies; i--;) {
		flow = &in->offer->flows[i];
		old = find_flow(m->flows, m->n_flows, &flow->selector);
		if (!old)
			gm_plane_policy_del(m, &flow->policy);
		else
			gm_plane_left(m, gm_plane_policy_add(m, &old->policy), "a changed policy");
	}
}

/*
 * A registration replaces all that there was (RFC 9838 2.3.3), a rekey what it has
 * something new for: of what was told twice, by multicast and by unicast, the second may
 * come behind what is younger. What either has in it is not replaced.
 */
static bool is_replaced(const struct install *in, const struct gm_sa *sa)
{
	const struct gm_offer *offer = in->offer;
	size_t i;

	if (offer->registration)
		return true;
	for (i = 0; i < offer->n_sas; i++)
		if (in->added[i] && selector_equal(&offer->sas[i].sa.selector, &sa->selector))
			return true;
	return false;
}

/* No sender is left without an SA between the two delays. */
static void retire_replaced(const struct install *in)
{
	const struct gm_offer *offer = in->offer;
	struct gm_member *m = in->m;
	uint64_t delay = (offer->dtd > offer->atd ? offer->dtd : offer->atd) * GM_SECOND;
	size_t i;

	for (i = 0; i < m->n_sas; i++) {
		if (gm_repair_is_past(m, m->sas[i].sa.spi, offer->as_of))
			gm_plane_retire(m, &m->sas[i], delay);
		if (m->sas[i].since > offer->as_of || m->sas[i].retired > offer->as_of)
			continue;
		if (is_restated(offer, &m->sas[i]))
			gm_plane_keep(m, &m->sas[i]);
		else if (is_replaced(in, &m->sas[i]))
			gm_plane_retire(m, &m->sas[i], delay);
	}
}

static void commit(struct install *in)
{
	const struct gm_offer *offer = in->offer;
	struct gm_member *m = in->m;

	free(m->flows);
	free(m->sas);
	m->flows = in->flows;
	m->n_flows = in->n_flows;
	m->sas = in->sas;
	m->n_sas = in->n_sas;
	in->flows = NULL;
	in->sas = NULL;
	m->atd = offer->atd;
	m->dtd = offer->dtd;
	if (memchr(in->added, true, offer->n_sas))
		m->epoch++;
	retire_replaced(in);
	if (!offer->registration)
		return;
	m->sid_bits = offer->sid_bits;
	m->has_sid = offer->has_sid;
	m->sid = offer->sid;
	gm_plane_drop_guards(m);
	gm_plane_tidy(m);
}

int gm_plane_install(struct gm_member *m, struct gm_offer *offer, struct reason *why)
{
	struct install in = { .m = m, .offer = offer };
	int err = begin(&in);

	if (err)
		reason_set(why, "no memory");
	if (!err)
		err = install_policies(&in, why);
	if (!err)
		err = install_sas(&in, why);
	if (!err)
		err = install_joins(&in, why);
	if (!err) {
		commit(&in);
	} else {
		undo_joins(&in);
		undo_sas(&in);
		undo_policies(&in);
	}
	end(&in);
	return err;
}
