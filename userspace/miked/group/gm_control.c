// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * gemcast status, join, leave.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

static const char *role_name(uint32_t role)
{
	return role == CONF_ROLE_BOTH ? "both" : role == CONF_ROLE_SENDER ? "sender" : "receiver";
}

#define SET(out, attr)	((out)->present |= GEMCAST_BIT(GEMCAST_MEMBERSHIP_##attr))

/* The SA that ends first of those that nothing was said to replace. */
static void fill_rollover(const struct gm_member *m, uint64_t now,
			  struct gemcast_membership *out)
{
	uint64_t end = IKE_NEVER;
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (m->sas[i].remove == IKE_NEVER && m->sas[i].end < end)
			end = m->sas[i].end;
	if (end == IKE_NEVER)
		return;
	SET(out, NEXT_ROLLOVER);
	out->next_rollover = end > now ? end - now : 0;
}

static void fill_times(const struct gm_member *m, struct gemcast_membership *out)
{
	uint64_t now = gm_now(m->gm);

	if (m->has_joined) {
		SET(out, SINCE);
		out->since = now - m->since;
	}
	fill_rollover(m, now, out);
	if (m->state == GM_WAITING && m->wanted) {
		SET(out, RETRY);
		out->retry = m->due > now ? m->due - now : 0;
	}
}

static void fill_rekey_sa(const struct gm_member *m, const struct gm_rekey_sa *rekey,
			  struct gemcast_membership *out)
{
	const uint64_t now = gm_now(m->gm);
	size_t i;

	SET(out, REKEY_SPI);
	SET(out, REKEY_ADDR);
	SET(out, REKEY_PORT);
	for (i = 0; i < sizeof(rekey->sa.spi); i++)
		snprintf(&out->rekey_spi[2 * i], 3, "%02x", rekey->sa.spi[i]);
	out->rekey_addr = rekey->group.to.addr;
	out->rekey_port = rekey->group.to.port;
	if (rekey->has_heard) {
		SET(out, REKEY_MESSAGE_ID);
		out->rekey_message_id = rekey->heard;
	}
	if (rekey->end != IKE_NEVER) {
		SET(out, REKEY_LEFT);
		out->rekey_left = rekey->end > now ? rekey->end - now : 0;
	}
}

static void fill(const struct gm_member *m, struct gemcast_membership *out)
{
	const struct conf_server *server = gm_server(m);
	const struct gm_rekey_sa *rekey = gm_rekey_sa(m);
	char id[CONF_IDENTITY_TEXT];

	conf_identity_print(&m->conf.id, id);
	SET(out, NAME);
	SET(out, ID);
	SET(out, GROUP);
	SET(out, STATE);
	SET(out, ROLE);
	SET(out, EPOCH);
	SET(out, SAS);
	memcpy(out->name, m->conf.name, sizeof(out->name));
	snprintf(out->id, sizeof(out->id), "%s", id);
	out->group = m->number;
	snprintf(out->state, sizeof(out->state), "%s", gm_state_name(m->state));
	snprintf(out->role, sizeof(out->role), "%s", role_name(m->conf.role));
	out->epoch = m->epoch;
	out->sas = m->n_sas;
	if (server && m->state != GM_IDLE && m->state != GM_WAITING) {
		SET(out, KEY_SERVER);
		memcpy(out->key_server, server->name, sizeof(out->key_server));
	}
	fill_times(m, out);
	if (rekey)
		fill_rekey_sa(m, rekey, out);
	if (*m->error.text) {
		SET(out, ERROR);
		snprintf(out->error, sizeof(out->error), "%.*s", GEMCAST_REASON_SIZE - 1,
			 m->error.text);
	}
}

int gm_membership(struct gm *gm, const struct gemcast_membership *after,
		  struct gemcast_membership *out)
{
	size_t i = 0;

	while (after && i < gm->n_members && strcmp(gm->members[i]->conf.name, after->name) <= 0)
		i++;
	if (i == gm->n_members)
		return -ENOENT;
	fill(gm->members[i], out);
	return 0;
}

/* ---- join */

static void forget_wait(void *arg)
{
	struct gm_wait *wait = arg, **at = &wait->member->waits;

	while (*at != wait)
		at = &(*at)->next;
	*at = wait->next;
	free(wait);
}

static bool wait_for_keys(struct gm_member *m, struct control_call *call)
{
	struct gm_wait *wait = calloc(1, sizeof(*wait));

	if (!wait) {
		control_refuse(call, -EPERM, "no memory");
		return false;
	}
	*wait = (struct gm_wait){ .next = m->waits, .member = m, .call = call };
	m->waits = wait;
	control_defer(call, forget_wait, wait);
	return true;
}

static uint32_t role_of(const struct gm_member *m, const struct gemcast_join *join)
{
	if (!GEMCAST_HAS(join, GEMCAST_JOIN_ROLE))
		return m->conf.role;
	return !strcmp(join->role, "both")   ? CONF_ROLE_BOTH :
	       !strcmp(join->role, "sender") ? CONF_ROLE_SENDER :
					       CONF_ROLE_RECEIVER;
}

static void set_role(struct gm_member *m, uint32_t role)
{
	struct conf_membership conf = m->conf;

	if (m->conf.role == role)
		return;
	conf.role = role;
	gm_member_restart(m, &conf);
}

static void join_member(struct gm_member *m, struct control_call *call,
			const struct gemcast_join *join)
{
	const bool wait = GEMCAST_HAS(join, GEMCAST_JOIN_WAIT) && join->wait;

	set_role(m, role_of(m, join));
	if (!wait || (m->state == GM_JOINED && m->n_sas))
		control_done(call);
	else if (!wait_for_keys(m, call))
		return;
	m->by_hand = true;
	if (!m->wanted)
		gm_member_begin(m);
}

static const struct conf_server *server_at(const struct gm *gm, const struct gemcast_addr *at)
{
	const struct conf_member *conf = &gm->conf->member;
	uint32_t i;

	for (i = 0; i < conf->key_servers_count; i++)
		if (net_addr_equal(&conf->key_servers[i].address, at))
			return &conf->key_servers[i];
	return NULL;
}

static bool same_id(const struct conf_identity *a, const struct conf_identity *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

static struct gm_member *find_id(const struct gm *gm, const struct conf_identity *id,
				 const char *server)
{
	const struct conf_membership *conf;
	size_t i;
	uint32_t j;

	for (i = 0; i < gm->n_members; i++) {
		conf = &gm->members[i]->conf;
		if (!same_id(&conf->id, id))
			continue;
		for (j = 0; j < conf->key_servers_count; j++)
			if (!strcmp(conf->key_servers[j], server))
				return gm->members[i];
	}
	return NULL;
}

/* The identity, as a name can have it. */
static void make_name(const char *id, char name[CONF_NAME_SIZE])
{
	const char *text = strncmp(id, "keyid:", strlen("keyid:")) != 0 ? id : strchr(id, ':') + 1;
	size_t len = 0;

	if (!isalnum((unsigned char)*text))
		name[len++] = 'g';
	for (; *text && len < CONF_NAME_SIZE - 1; text++)
		name[len++] = isalnum((unsigned char)*text) || strchr("._", *text) ? *text : '-';
	name[len] = '\0';
}

static struct gm_member *add_by_command(struct gm *gm, const char *name,
					const struct conf_identity *id,
					const struct conf_server *server)
{
	struct conf_membership conf = {
		.id = *id,
		.key_servers_count = 1,
		.role = CONF_ROLE_RECEIVER,
		.when = CONF_REGISTER_COMMAND,
		.on_no_sa = CONF_NO_SA_DISCARD,
		.key_server_lost = CONF_KS_LOST_CLOSE,
		.replay = CONF_REPLAY_AUTO,
		.window = GEMCAST_WINDOW_DEFAULT,
	};
	struct gm_member *m;

	memcpy(conf.name, name, sizeof(conf.name));
	m = gm_add(gm, &conf);
	if (!m)
		return NULL;
	m->by_command = true;
	memcpy(m->own_server, server->name, sizeof(m->own_server));
	m->conf.key_servers = &m->own_server;
	return m;
}

static void join_by_id(struct gm *gm, struct control_call *call, const struct gemcast_join *join)
{
	const struct conf_server *server = server_at(gm, &join->at);
	struct conf_identity id = { 0 };
	char name[CONF_NAME_SIZE] = "";
	struct gm_member *m;

	if (!conf_identity_parse(join->id, ID_KEY_ID, false, &id))
		return control_refuse(call, -EINVAL, "\"%.128s\": expected an identity", join->id);
	if (!server)
		return control_refuse(call, -ENOENT,
				      "no key server of this address is in the configuration");
	m = find_id(gm, &id, server->name);
	if (m)
		return join_member(m, call, join);
	make_name(join->id, name);
	if (gm_find(gm, name))
		return control_refuse(call, -EEXIST, "%s is another group", name);
	m = add_by_command(gm, name, &id, server);
	if (!m)
		return control_refuse(call, -EPERM, "no memory");
	join_member(m, call, join);
	/* Nobody waits for it, and it was not begun. */
	if (!m->wanted && m->state == GM_IDLE)
		gm_remove(m);
}

void gm_join(struct gm *gm, struct control_call *call, const struct gemcast_join *join)
{
	struct gm_member *m;

	if (GEMCAST_HAS(join, GEMCAST_JOIN_ID))
		return join_by_id(gm, call, join);
	m = gm_find(gm, join->name);
	if (!m || m->removed)
		return control_refuse(call, -ENOENT, "%s: there is no such group", join->name);
	join_member(m, call, join);
}

void gm_leave(struct gm *gm, struct control_call *call, const char *name)
{
	struct gm_member *m = gm_find(gm, name);

	if (!m || m->removed)
		return control_refuse(call, -ENOENT, "%s: there is no such group", name);
	m->conf.role = m->configured_role;
	gm_member_leave(m, false);
	control_done(call);
}
