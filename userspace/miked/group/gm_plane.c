// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a membership has in the data plane, and how it goes. Policies come before SAs and
 * go after them.
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

const char *gm_plane_why(const struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->why(plane->context);
}

/* What could not be taken away; that it was not there is nothing to tell. */
void gm_plane_left(const struct gm_member *m, int err, const char *what)
{
	if (err && err != -ENOENT)
		gm_log(m, LEVEL_WARNING, "%s stays in the data plane: %s (%s)", what, gm_plane_why(m),
		       strerror(-err));
}

int gm_plane_policy_add(const struct gm_member *m, const struct gemcast_policy *policy)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->policy_add(plane->context, policy);
}

#define POLICY_NAME	(GEMCAST_BIT(GEMCAST_A_POLICY_GROUP) |			\
			 GEMCAST_BIT(GEMCAST_A_POLICY_DST) |			\
			 GEMCAST_BIT(GEMCAST_A_POLICY_DST_LEN) |		\
			 GEMCAST_BIT(GEMCAST_A_POLICY_PROTO) |			\
			 GEMCAST_BIT(GEMCAST_A_POLICY_DEV) |			\
			 GEMCAST_BIT(GEMCAST_A_POLICY_DIR) |			\
			 GEMCAST_BIT(GEMCAST_A_POLICY_PRIO))
#define POLICY_RANGES	(GEMCAST_BIT(GEMCAST_A_POLICY_SRC) |			\
			 GEMCAST_BIT(GEMCAST_A_POLICY_SRC_LEN) |		\
			 GEMCAST_BIT(GEMCAST_A_POLICY_SPORT_MIN) |		\
			 GEMCAST_BIT(GEMCAST_A_POLICY_SPORT_MAX) |		\
			 GEMCAST_BIT(GEMCAST_A_POLICY_DPORT_MIN) |		\
			 GEMCAST_BIT(GEMCAST_A_POLICY_DPORT_MAX))

/*
 * What makes a policy the only one that is meant. What is not said is not compared: "any"
 * has to be said.
 */
static struct gemcast_policy policy_name(const struct gemcast_policy *policy)
{
	struct gemcast_policy name = *policy;

	name.present = (policy->present & POLICY_NAME) | POLICY_RANGES;
	if (!GEMCAST_HAS(policy, GEMCAST_A_POLICY_SRC))
		name.src.family = policy->dst.family;
	if (!GEMCAST_HAS(policy, GEMCAST_A_POLICY_SPORT_MIN))
		name.sport_max = UINT16_MAX;
	if (!GEMCAST_HAS(policy, GEMCAST_A_POLICY_DPORT_MIN))
		name.dport_max = UINT16_MAX;
	return name;
}

void gm_plane_policy_del(const struct gm_member *m, const struct gemcast_policy *policy)
{
	const struct gemcast_policy name = policy_name(policy);
	const struct plane *plane = m->gm->setup.plane;

	gm_plane_left(m, plane->policy_del(plane->context, &name), "a policy");
}

int gm_plane_sa_add(const struct gm_member *m, const struct gemcast_sa *sa)
{
	const struct plane *plane = m->gm->setup.plane;

	return plane->sa_add(plane->context, sa);
}

#define SA_NAME		(GEMCAST_BIT(GEMCAST_A_SA_GROUP) | GEMCAST_BIT(GEMCAST_A_SA_SPI) |	\
			 GEMCAST_BIT(GEMCAST_A_SA_DST) | GEMCAST_BIT(GEMCAST_A_SA_SRC))

int gm_plane_sa_del(const struct gm_member *m, const struct gemcast_sa *sa)
{
	const struct plane *plane = m->gm->setup.plane;
	struct gemcast_sa name = *sa;

	name.present &= SA_NAME;
	return plane->sa_del(plane->context, &name);
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

static int make_guards(struct gm_member *m)
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
		err = gm_plane_policy_add(m, &m->guards[i]);
	for (i = 0; !err && i < m->n_flows; i++)
		err = gm_plane_policy_add(m, &m->flows[i].policy);
	return err;
}

/* What failed halfway stays: it lets out less than nothing at all would. */
static int put(struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;
	int err = 0;

	if (!m->guards && !m->n_flows)
		err = make_guards(m);
	if (!err)
		err = plane->group_add(plane->context, m->number);
	if (!err) {
		m->has_group = true;
		err = put_policies(m);
	}
	m->prepared = !err;
	return err;
}

/* Those that the other one has too are not for it to take away. */
static void spare_guards(struct gm_member *m, const struct gm_member *other)
{
	size_t i, j;

	for (i = m->n_guards; i--;)
		for (j = 0; j < other->n_guards; j++)
			if (gm_plane_same_policy(&m->guards[i], &other->guards[j])) {
				m->guards[i] = m->guards[--m->n_guards];
				break;
			}
}

static void discard(struct gm_member *m, const struct gm_member *other)
{
	spare_guards(m, other);
	m->has_group = m->has_group && m->number != other->number;
	gm_plane_clear(m);
	free(m->flows);
}

/* New policies before the old ones go: at no time is there none. */
static int renew(struct gm_member *m)
{
	struct gm_member old = *m;
	int err;

	if (m->conf.number)
		m->number = m->conf.number;
	m->guards = NULL;
	m->n_guards = 0;
	m->flows = NULL;
	m->n_flows = 0;
	m->has_group = false;
	err = put(m);
	if (!err) {
		m->outdated = false;
		discard(&old, m);
		return 0;
	}
	discard(m, &old);
	*m = old;
	m->prepared = false;
	return err;
}

int gm_plane_prepare(struct gm_member *m)
{
	return m->outdated ? renew(m) : put(m);
}

void gm_plane_drop_guards(struct gm_member *m)
{
	size_t i;

	for (i = 0; i < m->n_guards; i++)
		gm_plane_policy_del(m, &m->guards[i]);
	free(m->guards);
	m->guards = NULL;
	m->n_guards = 0;
}

/* ---- one SA */

bool gm_plane_same_sa(const struct gemcast_sa *a, const struct gemcast_sa *b)
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

void gm_plane_multicast_leave(const struct gm_member *m, struct gm_flow *flow)
{
	const struct plane *plane = m->gm->setup.plane;

	if (flow->joined)
		plane->leave(plane->context, &flow->policy.dst, &flow->policy.src,
			     m->conf.interface);
	flow->joined = false;
}

/* Policies that are in no GSA any more go with their last SA. */
void gm_plane_tidy(struct gm_member *m)
{
	size_t i;

	for (i = m->n_flows; i--;) {
		if (is_in_use(m, &m->flows[i]))
			continue;
		gm_plane_multicast_leave(m, &m->flows[i]);
		gm_plane_policy_del(m, &m->flows[i].policy);
		m->flows[i] = m->flows[--m->n_flows];
	}
}

void gm_plane_forget_sa(struct gm_member *m, size_t i)
{
	gm_repair_past(m, m->sas[i].sa.spi);
	memmove(&m->sas[i], &m->sas[i + 1], (--m->n_sas - i) * sizeof(*m->sas));
	gm_plane_tidy(m);
}

void gm_plane_drop_sa(struct gm_member *m, size_t i)
{
	struct gemcast_sa sa = m->sas[i].sa;

	/* Out of the list first: that it is gone is no news to us. */
	gm_plane_forget_sa(m, i);
	gm_plane_left(m, gm_plane_sa_del(m, &sa), "an SA");
}

void gm_plane_drop_sas(struct gm_member *m)
{
	size_t i;

	while (m->n_sas)
		gm_plane_drop_sa(m, m->n_sas - 1);
	for (i = 0; i < m->n_flows; i++)
		gm_plane_multicast_leave(m, &m->flows[i]);
}

void gm_plane_clear(struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;
	size_t i;

	gm_plane_drop_sas(m);
	for (i = 0; i < m->n_flows; i++)
		gm_plane_policy_del(m, &m->flows[i].policy);
	m->n_flows = 0;
	gm_plane_drop_guards(m);
	if (m->has_group)
		gm_plane_left(m, plane->group_flush(plane->context, m->number), "the group");
	m->has_group = false;
	m->prepared = false;
}

/* The kernel keeps the time too, whatever becomes of the daemon; it needs not. */
static void set_end(const struct gm_member *m, const struct gm_sa *sa, uint64_t delay_ms)
{
	const struct plane *plane = m->gm->setup.plane;
	struct gemcast_sa end = sa->sa;

	end.present = (sa->sa.present & SA_NAME) | GEMCAST_BIT(GEMCAST_A_SA_DEACTIVATE);
	end.deactivate = delay_ms;
	if (plane->sa_set(plane->context, &end))
		gm_log(m, LEVEL_DEBUG, "SA %08x: no time to end: %s", end.spi, gm_plane_why(m));
}

void gm_plane_retire(struct gm_member *m, struct gm_sa *sa, uint64_t delay_ms)
{
	const uint64_t at = gm_now(m->gm) + delay_ms;

	sa->retired = gm_now(m->gm);
	if (sa->remove <= at)
		return;
	sa->remove = at;
	if (delay_ms)
		set_end(m, sa, delay_ms);
}

void gm_plane_keep(struct gm_member *m, struct gm_sa *sa)
{
	if (sa->remove == IKE_NEVER)
		return;
	sa->remove = IKE_NEVER;
	set_end(m, sa, GM_LONG);
}
