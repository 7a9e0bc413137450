// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a membership has in the data plane. Policies come before SAs and go after them;
 * an offer is put there as a whole or not at all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

static bool is_any_port(const struct conf_ports *ports)
{
	return !ports->min && ports->max == UINT16_MAX;
}

static void set_prefixes(struct gemcast_policy *policy, const struct conf_selector *s)
{
	policy->present |= GEMCAST_BIT(GEMCAST_A_POLICY_DST) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DST_LEN);
	policy->dst = s->destination.addr;
	policy->dst_len = s->destination.len;
	if (!s->source.addr.family || !s->source.len)
		return;
	policy->present |= GEMCAST_BIT(GEMCAST_A_POLICY_SRC) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_SRC_LEN);
	policy->src = s->source.addr;
	policy->src_len = s->source.len;
}

static void set_protocol(struct gemcast_policy *policy, const struct conf_selector *s)
{
	if (s->protocol)
		policy->present |= GEMCAST_BIT(GEMCAST_A_POLICY_PROTO);
	policy->proto = s->protocol;
	if (!is_any_port(&s->source_ports)) {
		policy->present |= GEMCAST_BIT(GEMCAST_A_POLICY_SPORT_MIN) |
				   GEMCAST_BIT(GEMCAST_A_POLICY_SPORT_MAX);
		policy->sport_min = s->source_ports.min;
		policy->sport_max = s->source_ports.max;
	}
	if (!is_any_port(&s->destination_ports)) {
		policy->present |= GEMCAST_BIT(GEMCAST_A_POLICY_DPORT_MIN) |
				   GEMCAST_BIT(GEMCAST_A_POLICY_DPORT_MAX);
		policy->dport_min = s->destination_ports.min;
		policy->dport_max = s->destination_ports.max;
	}
}

/*
 * Both directions whatever the role: what a receiver sends to its group is dropped for
 * want of an SA, and so is what a sender gets from it in clear.
 */
struct gemcast_policy gm_plane_policy(const struct gm_member *m,
				      const struct conf_selector *selector, bool transport,
				      uint32_t prio)
{
	struct gemcast_policy policy = {
		.present = GEMCAST_BIT(GEMCAST_A_POLICY_GROUP) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DIR) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_ACTION) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_MODE) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_NO_SA) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_PRIO),
		.group = m->number,
		.dir = GEMCAST_POLICY_DIR_BOTH,
		.action = GEMCAST_ACTION_PROTECT,
		.mode = transport ? GEMCAST_MODE_TRANSPORT : GEMCAST_MODE_TUNNEL,
		.no_sa = m->conf.on_no_sa == CONF_NO_SA_BYPASS ? GEMCAST_NO_SA_BYPASS :
								GEMCAST_NO_SA_DISCARD,
		.prio = prio,
	};

	set_prefixes(&policy, selector);
	set_protocol(&policy, selector);
	if (*m->conf.interface) {
		policy.present |= GEMCAST_BIT(GEMCAST_A_POLICY_DEV);
		memcpy(policy.dev, m->conf.interface, sizeof(policy.dev));
	}
	return policy;
}

bool gm_plane_same_policy(const struct gemcast_policy *a, const struct gemcast_policy *b)
{
	return net_addr_equal(&a->dst, &b->dst) && a->dst_len == b->dst_len &&
	       net_addr_equal(&a->src, &b->src) && a->src_len == b->src_len &&
	       a->proto == b->proto && a->sport_min == b->sport_min &&
	       a->sport_max == b->sport_max && a->dport_min == b->dport_min &&
	       a->dport_max == b->dport_max && !strcmp(a->dev, b->dev) &&
	       a->dir == b->dir && a->prio == b->prio;
}

static const char *plane_why(const struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->why(plane->context);
}

/* What could not be taken away; that it was not there is nothing to tell. */
static void log_left(const struct gm_member *m, int err, const char *what)
{
	if (err && err != -ENOENT)
		gm_log(m, LEVEL_WARNING, "%s stays in the data plane: %s (%s)", what, plane_why(m),
		       strerror(-err));
}

static int policy_add(const struct gm_member *m, const struct gemcast_policy *policy)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->policy_add(plane->context, policy);
}

static void policy_del(const struct gm_member *m, const struct gemcast_policy *policy)
{
	const struct plane *plane = m->gm->setup.plane;

	log_left(m, plane->policy_del(plane->context, policy), "a policy");
}

static int sa_add(const struct gm_member *m, const struct gemcast_sa *sa)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->sa_add(plane->context, sa);
}

static int sa_del(const struct gm_member *m, const struct gemcast_sa *sa)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->sa_del(plane->context, sa);
}

/* ---- before a key server is asked */

static bool has_guard(const struct gm_member *m, const struct gemcast_policy *policy)
{
	size_t i;

	for (i = 0; i < m->n_guards; i++)
		if (gm_plane_same_policy(&m->guards[i], policy))
			return true;
	return false;
}

static void add_guards(struct gm_member *m, const struct conf_server *server)
{
	struct gemcast_policy policy;
	uint32_t i;

	for (i = 0; i < server->may_give_count; i++) {
		policy = gm_plane_policy(m, &server->may_give[i], false,
					 GM_PRIO_GUARD + m->slot);
		if (!has_guard(m, &policy))
			m->guards[m->n_guards++] = policy;
	}
}

int gm_plane_guard(struct gm_member *m)
{
	const struct conf *conf = m->gm->conf;
	const struct conf_server *server;
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < m->conf.key_servers_count; i++) {
		server = conf_server(conf, m->conf.key_servers[i]);
		n += server ? server->may_give_count : 0;
	}
	m->guards = calloc(n ? n : 1, sizeof(*m->guards));
	m->n_guards = 0;
	if (!m->guards)
		return -ENOMEM;
	for (i = 0; i < m->conf.key_servers_count; i++) {
		server = conf_server(conf, m->conf.key_servers[i]);
		if (server)
			add_guards(m, server);
	}
	return 0;
}

static int put_policies(struct gm_member *m)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < m->n_guards; i++)
		err = policy_add(m, &m->guards[i]);
	for (i = 0; !err && i < m->n_flows; i++)
		err = policy_add(m, &m->flows[i].policy);
	return err;
}

/*
 * What failed halfway stays: it lets out less than nothing at all would, and it is tried
 * again.
 */
int gm_plane_prepare(struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;
	int err = 0;

	if (!m->guards && !m->n_flows)
		err = gm_plane_guard(m);
	if (!err)
		err = plane->group_add(plane->context, m->number);
	if (!err)
		err = put_policies(m);
	m->prepared = !err;
	return err;
}

static void drop_guards(struct gm_member *m)
{
	size_t i;

	for (i = 0; i < m->n_guards; i++)
		policy_del(m, &m->guards[i]);
	free(m->guards);
	m->guards = NULL;
	m->n_guards = 0;
}

/* ---- one SA */

static bool same_sa(const struct gemcast_sa *a, const struct gemcast_sa *b)
{
	return a->spi == b->spi && net_addr_equal(&a->dst, &b->dst) &&
	       net_addr_equal(&a->src, &b->src);
}

static bool is_in_use(const struct gm_member *m, const struct gm_flow *flow)
{
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (selector_equal(&m->sas[i].selector, &flow->selector))
			return true;
	return flow->current;
}

static void multicast_leave(const struct gm_member *m, struct gm_flow *flow)
{
	const struct plane *plane = m->gm->setup.plane;

	if (flow->joined)
		plane->leave(plane->context, &flow->policy.dst, &flow->policy.src,
			     m->conf.interface);
	flow->joined = false;
}

/* Policies that are in no GSA any more go with their last SA. */
static void tidy_flows(struct gm_member *m)
{
	size_t i;

	for (i = m->n_flows; i--;) {
		if (is_in_use(m, &m->flows[i]))
			continue;
		multicast_leave(m, &m->flows[i]);
		policy_del(m, &m->flows[i].policy);
		m->flows[i] = m->flows[--m->n_flows];
	}
}

void gm_plane_forget_sa(struct gm_member *m, size_t i)
{
	memmove(&m->sas[i], &m->sas[i + 1], (--m->n_sas - i) * sizeof(*m->sas));
	tidy_flows(m);
}

void gm_plane_drop_sa(struct gm_member *m, size_t i)
{
	struct gemcast_sa sa = m->sas[i].sa;

	/* Out of the list first: that it is gone is no news to us. */
	gm_plane_forget_sa(m, i);
	log_left(m, sa_del(m, &sa), "an SA");
}

void gm_plane_drop_sas(struct gm_member *m)
{
	size_t i;

	while (m->n_sas)
		gm_plane_drop_sa(m, m->n_sas - 1);
	for (i = 0; i < m->n_flows; i++)
		multicast_leave(m, &m->flows[i]);
}

void gm_plane_clear(struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;
	size_t i;

	gm_plane_drop_sas(m);
	for (i = 0; i < m->n_flows; i++)
		policy_del(m, &m->flows[i].policy);
	m->n_flows = 0;
	drop_guards(m);
	if (m->prepared)
		log_left(m, plane->group_flush(plane->context, m->number), "the group");
	m->prepared = false;
}

void gm_plane_retire(struct gm_member *m, const struct gm_sa *sa, uint64_t delay_ms)
{
	uint64_t at = gm_now(m->gm) + delay_ms;
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (same_sa(&m->sas[i].sa, &sa->sa) && m->sas[i].remove > at)
			m->sas[i].remove = at;
}

/* ---- an offer */

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
		if (same_sa(&sas[i].sa, sa))
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
	int err = policy_add(in->m, &flow->policy);

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
		reason_set(why, "the data plane refuses a policy: %s (%s)", plane_why(in->m),
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
	int err = sa_add(in->m, &new->sa.sa);

	*added = !err;
	if (err != -EEXIST)
		return err;
	if (held && secret_equal(CHUNK(held->tag), CHUNK(new->sa.tag)))
		return 0;
	if (sa_del(in->m, &new->sa.sa))
		return err;
	err = sa_add(in->m, &new->sa.sa);
	*added = !err;
	/* What was put aside for it does not come back. */
	if (err && held)
		gm_plane_forget_sa(in->m, held - in->m->sas);
	return err;
}

static void take_sa(struct install *in, const struct gm_offer_sa *new, bool added)
{
	struct gm_sa *sa = find_sa(in->sas, in->n_sas, &new->sa.sa);

	if (!sa) {
		sa = &in->sas[in->n_sas++];
	} else if (!added) {
		/* Still the same, for which the kernel's limits stay as they were. */
		sa->remove = IKE_NEVER;
		return;
	}
	*sa = new->sa;
	sa->sa.key = NULL;
	sa->sa.key_len = 0;
}

static int install_sas(struct install *in, struct reason *why)
{
	struct gm_offer *offer = in->offer;
	struct gm_offer_sa *new;
	int err;

	for (; in->n_added < offer->n_sas; in->n_added++) {
		new = &offer->sas[in->n_added];
		err = add_sa(in, new, &in->added[in->n_added]);
		if (err) {
			reason_set(why, "the data plane refuses an SA: %s (%s)", plane_why(in->m),
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
				   plane_why(in->m), strerror(-err));
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
			multicast_leave(in->m, find_flow(in->flows, in->n_flows,
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
		log_left(m, sa_del(m, &in->offer->sas[i].sa.sa), "an SA");
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
			policy_del(m, &flow->policy);
		else
			log_left(m, policy_add(m, &old->policy), "a changed policy");
	}
}

static bool is_restated(const struct gm_offer *offer, const struct gm_sa *sa)
{
	size_t i;

	for (i = 0; i < offer->n_sas; i++)
		if (same_sa(&offer->sas[i].sa.sa, &sa->sa))
			return true;
	for (i = 0; i < offer->n_restated; i++)
		if (offer->restated[i] == sa->sa.spi)
			return true;
	return false;
}

/* A registration replaces all that there was (RFC 9838 2.3.3), a rekey what it is for. */
static bool is_replaced(const struct gm_offer *offer, const struct gm_sa *sa)
{
	size_t i;

	if (is_restated(offer, sa))
		return false;
	if (offer->registration)
		return true;
	for (i = 0; i < offer->n_sas; i++)
		if (selector_equal(&offer->sas[i].sa.selector, &sa->selector))
			return true;
	return false;
}

/* No sender is left without an SA between the two delays. */
static void retire_replaced(struct gm_member *m, const struct gm_offer *offer)
{
	uint64_t delay = (offer->dtd > offer->atd ? offer->dtd : offer->atd) * GM_SECOND;
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (is_replaced(offer, &m->sas[i]))
			gm_plane_retire(m, &m->sas[i], delay);
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
	retire_replaced(m, offer);
	if (!offer->registration)
		return;
	m->rekey_sa = offer->rekey_sa;
	m->sid_bits = offer->sid_bits;
	m->has_sid = offer->has_sid;
	m->sid = offer->sid;
	drop_guards(m);
	tidy_flows(m);
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
