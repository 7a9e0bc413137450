// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All memberships of this host: which there are, and what happens to whom.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

uint64_t gm_now(const struct gm *gm)
{
	return gm->setup.now(gm->setup.context);
}

uint64_t gm_random(const struct gm *gm, uint64_t below)
{
	uint64_t high = gm->setup.random(gm->setup.context);

	return (high << 32 | gm->setup.random(gm->setup.context)) % below;
}

/* ---- the list */

/* Where it is, or would be. */
static size_t place_of(const struct gm *gm, const char *name)
{
	size_t low = 0, high = gm->n_members, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(gm->members[middle]->conf.name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct gm_member *gm_find(const struct gm *gm, const char *name)
{
	size_t i = place_of(gm, name);

	if (i == gm->n_members || strcmp(gm->members[i]->conf.name, name) != 0)
		return NULL;
	return gm->members[i];
}

static bool is_number_free(const struct gm *gm, uint32_t number)
{
	const struct conf_member *conf = &gm->conf->member;
	size_t i;

	for (i = 0; i < gm->n_members; i++)
		if (gm->members[i]->number == number)
			return false;
	for (i = 0; i < conf->groups_count; i++)
		if (conf->groups[i].number == number)
			return false;
	return true;
}

/*
 * The same for the same name, if it can be (FNV-1a): what an earlier life left in the
 * data plane is taken over.
 */
static uint32_t choose_number(const struct gm *gm, const char *name)
{
	uint32_t hash = 2166136261, number;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619;
	do {
		number = GM_NUMBER_FIRST + hash++ % GM_NUMBERS;
	} while (!is_number_free(gm, number));
	return number;
}

static uint32_t choose_slot(const struct gm *gm)
{
	uint32_t slot = 0;
	size_t i = 0;

	while (i < gm->n_members) {
		if (gm->members[i++]->slot != slot)
			continue;
		slot++;
		i = 0;
	}
	return slot;
}

struct gm_member *gm_add(struct gm *gm, const struct conf_membership *conf)
{
	size_t at = place_of(gm, conf->name);
	struct gm_member **members;
	struct gm_member *m = calloc(1, sizeof(*m));

	members = realloc(gm->members, (gm->n_members + 1) * sizeof(struct gm_member *));
	if (members)
		gm->members = members;
	if (!m || !members) {
		free(m);
		return NULL;
	}
	m->gm = gm;
	m->conf = *conf;
	m->configured_role = conf->role;
	m->number = conf->number ? conf->number : choose_number(gm, conf->name);
	m->slot = choose_slot(gm);
	m->due = IKE_NEVER;
	gm_report_forget(m);
	memmove(&members[at + 1], &members[at], (gm->n_members - at) * sizeof(struct gm_member *));
	members[at] = m;
	gm->n_members++;
	return m;
}

static void free_member(struct gm_member *m)
{
	struct gm_rekey_sa *rekey = m->rekey_sas;

	while (rekey) {
		m->rekey_sas = rekey->next;
		gm_rekey_sa_free(rekey);
		rekey = m->rekey_sas;
	}
	free(m->guards);
	free(m->flows);
	free(m->sas);
	free(m->receivers);
	free(m);
}

void gm_remove(struct gm_member *m)
{
	struct gm *gm = m->gm;
	size_t at = place_of(gm, m->conf.name);

	memmove(&gm->members[at], &gm->members[at + 1],
		(--gm->n_members - at) * sizeof(struct gm_member *));
	free_member(m);
}

const struct gm_member *gm_policy_owner(const struct gm_member *but,
					const struct gemcast_policy *policy)
{
	const struct gm *gm = but->gm;
	const struct gm_member *m;
	size_t i, j;

	for (i = 0; i < gm->n_members; i++) {
		m = gm->members[i];
		for (j = 0; m != but && j < m->n_flows; j++)
			if (gm_plane_same_policy(&m->flows[j].policy, policy))
				return m;
	}
	return NULL;
}

/* ---- begin and end */

/* By the next gm_run(): the engine may not be there yet. */
static void start(struct gm_member *m)
{
	if (m->conf.when == CONF_REGISTER_COMMAND)
		return;
	m->wanted = m->conf.when == CONF_REGISTER_START;
	m->state = GM_WAITING;
	m->due = gm_now(m->gm);
}

struct gm *gm_new(const struct gm_setup *setup, const struct conf *conf)
{
	struct gm *gm = calloc(1, sizeof(*gm));
	struct gm_member *m;
	uint32_t i;

	if (!gm)
		return NULL;
	gm->setup = *setup;
	gm->conf = conf;
	if (crypto_random(setup->crypto, gm->tag_key, sizeof(gm->tag_key))) {
		gm_free(gm);
		return NULL;
	}
	for (i = 0; i < conf->member.groups_count; i++) {
		m = gm_add(gm, &conf->member.groups[i]);
		if (!m) {
			gm_free(gm);
			return NULL;
		}
		start(m);
	}
	return gm;
}

void gm_stop(struct gm *gm)
{
	struct gm_link *link;
	size_t i;

	gm->stopped = true;
	for (i = 0; i < gm->n_members; i++) {
		gm_member_tell(gm->members[i], -EPERM, "miked stops");
		gm_plane_drop_sas(gm->members[i]);
		gm_rekey_sa_drop(gm->members[i]);
		gm_report_forget(gm->members[i]);
		gm->members[i]->state = GM_IDLE;
		gm->members[i]->wanted = false;
		gm->members[i]->due = IKE_NEVER;
	}
	for (link = gm->links; link; link = link->next)
		gm_link_close(link);
}

static void free_links(struct gm *gm)
{
	struct gm_link *link;

	while (gm->links) {
		link = gm->links;
		gm->links = link->next;
		free(link);
	}
}

void gm_free(struct gm *gm)
{
	size_t i;

	if (!gm)
		return;
	for (i = 0; i < gm->n_members; i++)
		free_member(gm->members[i]);
	free(gm->members);
	free_links(gm);
	gm_report_free(gm);
	rekey_room_free(&gm->room);
	OPENSSL_cleanse(gm->tag_key, sizeof(gm->tag_key));
	free(gm);
}

/* ---- a new configuration */

/* Nothing may refer to the old one any more. */
static void point_anew(struct gm_member *m)
{
	const struct conf *conf = m->gm->conf;
	const struct conf_membership *now = conf_membership(conf, m->conf.name);

	if (m->by_command) {
		m->conf.key_servers_count = conf_server(conf, m->own_server) ? 1 : 0;
		return;
	}
	m->conf.key_servers = now ? now->key_servers : NULL;
	m->conf.key_servers_count = now ? now->key_servers_count : 0;
	if (m->server >= m->conf.key_servers_count)
		m->server = 0;
}

static void leave_for_good(struct gm_member *m)
{
	m->removed = true;
	gm_member_leave(m, false);
}

static void begin_membership(struct gm *gm, const struct conf_membership *conf)
{
	struct gm_member *m = gm_add(gm, conf);

	if (m)
		start(m);
	else
		log_error(AREA_GROUP, "%s: no memory: not a member", conf->name);
}

/* What begins by itself by now, and did not before. */
static void rearm(struct gm_member *m)
{
	if (m->wanted)
		return;
	if (m->state != GM_LEAVING)
		start(m);
	else if (m->conf.when == CONF_REGISTER_START)
		m->wanted = true;
	else if (m->conf.when == CONF_REGISTER_DEMAND)
		gm_plane_prepare(m);
}

static void change_membership(struct gm *gm, const struct conf_change *change)
{
	const struct conf_membership *after = change->after;
	struct gm_member *m = gm_find(gm, change->name);

	if (!m && after) {
		begin_membership(gm, after);
	} else if (m && after) {
		m->removed = false;
		m->by_command = false;
		m->configured_role = after->role;
		gm_member_restart(m, after);
		rearm(m);
	} else if (m) {
		leave_for_good(m);
	}
}

static bool asks(const struct gm_member *m, const char *server)
{
	uint32_t i;

	for (i = 0; i < m->conf.key_servers_count; i++)
		if (!strcmp(m->conf.key_servers[i], server))
			return true;
	return false;
}

/* What is believed of it may be less now: what it gave is asked for anew. */
static void change_server(struct gm *gm, const char *name)
{
	struct conf_membership conf;
	struct gm_link *link;
	size_t i;

	for (link = gm->links; link; link = link->next)
		if (!strcmp(link->server, name))
			gm_link_close(link);
	for (i = 0; i < gm->n_members; i++) {
		conf = gm->members[i]->conf;
		if (asks(gm->members[i], name))
			gm_member_restart(gm->members[i], &conf);
	}
}

static void forget_links(struct gm *gm)
{
	struct gm_link **at = &gm->links, *link;

	while (*at) {
		link = *at;
		if (link->state != GM_LINK_DOWN || link->auth_busy ||
		    conf_server(gm->conf, link->server)) {
			at = &link->next;
			continue;
		}
		*at = link->next;
		free(link);
	}
}

/* Those without a key server that they may ask; from the end, for they go. */
static void drop_stranded(struct gm *gm)
{
	size_t i;

	for (i = gm->n_members; i--;)
		if (gm->members[i]->by_command && !gm->members[i]->conf.key_servers_count)
			leave_for_good(gm->members[i]);
}

void gm_reload(struct gm *gm, const struct conf *conf, const struct conf_diff *diff)
{
	size_t i;

	gm->conf = conf;
	for (i = 0; i < gm->n_members; i++)
		point_anew(gm->members[i]);
	for (i = 0; i < diff->count; i++)
		if (diff->changes[i].list == CONF_LIST_SERVERS && diff->changes[i].before)
			change_server(gm, diff->changes[i].name);
	for (i = 0; i < diff->count; i++)
		if (diff->changes[i].list == CONF_LIST_MEMBERSHIPS)
			change_membership(gm, &diff->changes[i]);
	drop_stranded(gm);
	forget_links(gm);
}

/* ---- timers */

uint64_t gm_next(const struct gm *gm)
{
	uint64_t next = IKE_NEVER, at;
	size_t i;

	for (i = 0; i < gm->n_members; i++) {
		at = gm_member_next(gm->members[i]);
		if (at < next)
			next = at;
	}
	return next;
}

void gm_run(struct gm *gm)
{
	const uint64_t now = gm_now(gm);
	size_t i = 0, n;

	while (i < gm->n_members) {
		n = gm->n_members;
		if (gm_member_next(gm->members[i]) <= now)
			gm_member_run(gm->members[i]);
		/* It may be gone. */
		if (gm->n_members == n)
			i++;
	}
}

/* ---- upcalls of the engine */

void gm_request(struct gm *gm, struct ike_sa *sa, const struct wire_message *request,
		struct ike_content *response)
{
	struct gm_link *link = gm_link_of(gm, sa);

	/* RFC 9838 2.4.2: there is nothing to be said to it. Others are the KS's to answer. */
	if (request->header.exchange != GSA_INBAND_REKEY &&
	    request->header.exchange != INFORMATIONAL)
		ike_notify(response, N_INVALID_SYNTAX, (struct chunk){ NULL, 0 });
	else if (link)
		gm_rekey(link, request);
}

void gm_ended(struct gm *gm, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct gm_link *link = gm_link_of(gm, sa);

	if (link)
		gm_link_ended(link, why, text);
}

/* ---- upcalls of the data plane */

static struct gm_member *by_number(const struct gm *gm, uint32_t number)
{
	size_t i;

	for (i = 0; i < gm->n_members; i++)
		if (gm->members[i]->number == number)
			return gm->members[i];
	return NULL;
}

static size_t receiver_at(const struct gm_member *m, const struct gemcast_addr *group)
{
	size_t i;

	for (i = 0; i < m->n_receivers; i++)
		if (net_addr_equal(&m->receivers[i], group))
			break;
	return i;
}

/* For want of memory its leave will be taken for the last one's: then it asks again. */
static void add_receiver(struct gm_member *m, const struct gemcast_addr *group)
{
	struct gemcast_addr *receivers;

	if (receiver_at(m, group) < m->n_receivers)
		return;
	receivers = realloc(m->receivers, (m->n_receivers + 1) * sizeof(*receivers));
	if (!receivers)
		return;
	m->receivers = receivers;
	m->receivers[m->n_receivers++] = *group;
}

static void drop_receiver(struct gm_member *m, const struct gemcast_addr *group)
{
	size_t i = receiver_at(m, group);

	if (i < m->n_receivers)
		m->receivers[i] = m->receivers[--m->n_receivers];
	if (m->n_receivers || !m->wanted || m->by_hand || m->conf.role != CONF_ROLE_RECEIVER)
		return;
	gm_log(m, LEVEL_INFO, "the last receiver has left");
	gm_member_leave(m, true);
}

static void begin_for(struct gm_member *m, const char *what)
{
	if (m->wanted)
		return;
	gm_log(m, LEVEL_INFO, "is wanted: %s", what);
	gm_member_begin(m);
}

void gm_acquire(struct gm *gm, const struct gemcast_acquire *acquire)
{
	struct gm_member *m = by_number(gm, acquire->group);

	if (!m || m->conf.when != CONF_REGISTER_DEMAND || gm->stopped)
		return;
	if (acquire->kind == GEMCAST_ACQUIRE_KIND_LEAVE) {
		drop_receiver(m, &acquire->dst);
	} else if (acquire->kind == GEMCAST_ACQUIRE_KIND_RECEIVE) {
		if (!(m->conf.role & CONF_ROLE_RECEIVER))
			return;
		add_receiver(m, &acquire->dst);
		begin_for(m, "there is a receiver");
	} else if (gm_is_sender(m)) {
		begin_for(m, "a packet is to be sent");
	}
}

/* Where it is among those of its group; NULL: it is none of ours. */
static struct gm_member *sa_owner(const struct gm *gm, const struct gemcast_sa *sa, size_t *i)
{
	struct gm_member *m = by_number(gm, sa->group);

	for (*i = 0; m && *i < m->n_sas; ++*i)
		if (m->sas[*i].sa.spi == sa->spi &&
		    net_addr_equal(&m->sas[*i].sa.dst, &sa->dst) &&
		    net_addr_equal(&m->sas[*i].sa.src, &sa->src))
			return m;
	return NULL;
}

static uint8_t reason_of(const struct gemcast_expire *expire)
{
	switch (expire->cause) {
	case GEMCAST_EXPIRE_CAUSE_PACKETS:
		return EXPIRING_PACKETS;
	case GEMCAST_EXPIRE_CAUSE_BYTES:
		return EXPIRING_BYTES;
	default:
		return EXPIRING_SEQUENCE;
	}
}

/* Numbers, packets or bytes come to their end: there has to be another one before. */
void gm_expire(struct gm *gm, const struct gemcast_sa *sa, const struct gemcast_expire *expire)
{
	const bool hard = GEMCAST_HAS(expire, GEMCAST_A_EXPIRE_HARD);
	struct gm_member *m;
	size_t i;

	m = sa_owner(gm, sa, &i);
	if (!m || !m->wanted || m->sas[i].remove != IKE_NEVER)
		return;
	gm_log(m, LEVEL_INFO, "SA %08x %s its end", sa->spi, hard ? "has come to" : "comes to");
	if (hard || m->sas[i].sa.dir == GEMCAST_SA_DIR_IN)
		gm_member_later(m, 0, GM_SECOND);
	else
		gm_report_expiring(m, sa->spi, reason_of(expire));
}

void gm_gone(struct gm *gm, const struct gemcast_sa *sa)
{
	struct gm_member *m;
	size_t i;

	m = sa_owner(gm, sa, &i);
	if (m)
		gm_member_sa_ended(m, i);
}

static void look_again(struct gm_member *m)
{
	const bool busy = m->state == GM_REGISTERING || m->state == GM_LEAVING;

	/* It may be back. */
	if (m->state == GM_WAITING && !m->prepared)
		m->due = gm_now(m->gm);
	if (!m->prepared)
		return;
	m->prepared = false;
	/* The data plane may not know any more what was sent by it (RFC 4106 2). */
	m->has_sid = false;
	if (busy)
		gm_plane_prepare(m);
	else if (gm_member_prepare(m))
		gm_member_later(m, 0, GM_SECOND);
}

/* Closed again first; then SAs are asked for, since nobody says which are left. */
void gm_lost(struct gm *gm)
{
	size_t i;

	for (i = 0; !gm->stopped && i < gm->n_members; i++)
		look_again(gm->members[i]);
}
