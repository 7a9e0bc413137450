// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE SAs with key servers. All memberships at one key server share one: the first is
 * asked for by its GSA_AUTH, those that come meanwhile wait, and then each asks by a
 * GSA_REGISTRATION of its own (RFC 9838 2.3.2).
 */
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

static struct gm_link *find(const struct gm *gm, const char *server)
{
	struct gm_link *link;

	for (link = gm->links; link; link = link->next)
		if (!strcmp(link->server, server))
			return link;
	return NULL;
}

struct gm_link *gm_link_of(struct gm *gm, const struct ike_sa *sa)
{
	struct gm_link *link;

	for (link = gm->links; link; link = link->next)
		if (link->sa == sa && link->state == GM_LINK_UP)
			return link;
	return NULL;
}

/* ---- a membership's own task: GSA_REGISTRATION */

static bool task_build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	struct gm_member *m = context;

	(void)sa;
	gm_ask_build(m, m->ask, request);
	return true;
}

static void task_answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct gm_member *m = context;
	struct gm_link *link = gm_link_of(m->gm, sa);

	m->busy = false;
	if (link)
		gm_ask_answered(m, link, m->ask, response);
}

/* That the IKE SA ended is told by itself; here is what it means for what was asked. */
static void task_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct gm_member *m = context;

	struct reason error = m->error;

	(void)sa;
	m->busy = false;
	if (m->state == GM_LEAVING)
		gm_member_left(m);
	else if (m->state == GM_REGISTERING && m->ask == GM_ASK_REGISTER)
		gm_member_failed(m, why == IKE_END_REFUSED, "%s", text);
	else if (m->state == GM_REGISTERING)
		gm_member_failed(m, true, "%s", error.text);
}

void gm_link_ask(struct gm_member *m, struct gm_link *link, enum gm_ask ask)
{
	m->link = link;
	m->ask = ask;
	m->busy = true;
	m->task = (struct ike_task){
		.exchange = GSA_REGISTRATION,
		.context = m,
		.build = task_build,
		.answer = task_answer,
		.end = task_end,
	};
	ike_ask(link->sa, &m->task);
}

/* ---- GSA_AUTH */

/* Another one that waits for this IKE SA; NULL: nobody does. */
static struct gm_member *next_asker(const struct gm_link *link)
{
	const struct gm *gm = link->gm;
	size_t i;

	for (i = 0; i < gm->n_members; i++)
		if (gm->members[i]->link == link && gm->members[i]->state == GM_REGISTERING &&
		    !gm->members[i]->busy)
			return gm->members[i];
	return NULL;
}

static bool auth_build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	struct gm_link *link = context;

	(void)sa;
	if (!link->asker)
		link->asker = next_asker(link);
	if (!link->asker) {
		link->auth_busy = false;
		link->state = GM_LINK_DOWN;
		link->sa = NULL;
		return false;
	}
	link->asked = true;
	gm_ask_build(link->asker, GM_ASK_REGISTER, request);
	return true;
}

static void ask_for_others(struct gm_link *link)
{
	struct gm_member *m = next_asker(link);

	for (; m && link->state == GM_LINK_UP; m = next_asker(link))
		gm_link_ask(m, link, GM_ASK_REGISTER);
}

static void auth_answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct gm_link *link = context;
	struct gm_member *m = link->asker;

	link->auth_busy = false;
	link->state = GM_LINK_UP;
	link->sa = sa;
	link->asker = NULL;
	if (m)
		gm_ask_answered(m, link, GM_ASK_REGISTER, response);
	ask_for_others(link);
}

static void auth_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct gm_link *link = context;

	(void)sa;
	link->auth_busy = false;
	gm_link_ended(link, why, text);
}

/* ---- */

static struct gm_link *make(struct gm *gm, const char *server)
{
	struct gm_link *link = find(gm, server);

	if (link)
		return link;
	link = calloc(1, sizeof(*link));
	if (!link)
		return NULL;
	link->gm = gm;
	memcpy(link->server, server, sizeof(link->server));
	link->next = gm->links;
	gm->links = link;
	return link;
}

static void set_target(const struct gm *gm, const struct conf_server *server,
		       struct ike_target *target)
{
	const char *credential = *server->credential ? server->credential :
						       gm->conf->member.credential;

	*target = (struct ike_target){
		.remote = { .addr = server->address, .port = server->port },
		.identity = server->identity,
	};
	memcpy(target->credential, credential, sizeof(target->credential));
}

static void connect_link(struct gm_member *m, struct gm_link *link,
			 const struct conf_server *server)
{
	struct ike_target target;
	struct reason why = { "" };
	struct ike_sa *sa;

	set_target(m->gm, server, &target);
	link->state = GM_LINK_CONNECTING;
	link->asker = m;
	link->asked = false;
	link->auth_busy = true;
	link->auth = (struct ike_task){
		.exchange = GSA_AUTH,
		.context = link,
		.build = auth_build,
		.answer = auth_answer,
		.end = auth_end,
	};
	sa = ike_connect(m->gm->setup.ike, &target, &link->auth, &why);
	if (sa) {
		/* Unless it has ended by now. */
		if (link->state == GM_LINK_CONNECTING)
			link->sa = sa;
		return;
	}
	link->state = GM_LINK_DOWN;
	link->asker = NULL;
	link->auth_busy = false;
	m->link = NULL;
	gm_member_failed(m, false, "key server %s: %s", server->name, why.text);
}

void gm_link_register(struct gm_member *m, const struct conf_server *server)
{
	struct gm_link *link = make(m->gm, server->name);

	if (!link) {
		gm_member_failed(m, false, "no memory");
		return;
	}
	m->link = link;
	if (link->state == GM_LINK_UP)
		gm_link_ask(m, link, GM_ASK_REGISTER);
	else if (link->state == GM_LINK_DOWN && !link->auth_busy)
		connect_link(m, link, server);
}

/* ---- the end */

static bool is_used(const struct gm_link *link)
{
	const struct gm *gm = link->gm;
	size_t i;

	for (i = 0; i < gm->n_members; i++)
		if (gm->members[i]->link == link)
			return true;
	return false;
}

/* Those who wait for it, or ask by it, are told by their tasks' ends. */
void gm_link_close(struct gm_link *link)
{
	const struct gm *gm = link->gm;
	struct ike_sa *sa = link->sa;
	size_t i;

	link->state = GM_LINK_DOWN;
	link->sa = NULL;
	if (sa)
		ike_close(sa);
	for (i = 0; i < gm->n_members; i++)
		if (gm->members[i]->link == link && link->state == GM_LINK_DOWN)
			gm->members[i]->link = NULL;
}

void gm_link_release(struct gm_member *m)
{
	struct gm_link *link = m->link;

	m->link = NULL;
	if (link && !is_used(link))
		gm_link_close(link);
}

bool gm_link_forget(struct gm_member *m)
{
	struct gm_link *link = m->link;

	if (m->busy || (link && link->asker == m && link->asked))
		return false;
	if (link && link->asker == m)
		link->asker = NULL;
	gm_link_release(m);
	return true;
}

/* Whose task the engine has is told by that. */
static void unlink_member(struct gm_member *m, enum ike_end why, const char *text)
{
	m->cut_off = false;
	if (m->busy)
		return;
	if (m->state == GM_REGISTERING)
		gm_member_failed(m, why == IKE_END_REFUSED, "%s", text);
	else if (m->state == GM_LEAVING)
		gm_member_left(m);
	else
		gm_member_unlinked(m, why);
}

static struct gm_member *first_cut_off(const struct gm *gm)
{
	size_t i;

	for (i = 0; i < gm->n_members; i++)
		if (gm->members[i]->cut_off)
			return gm->members[i];
	return NULL;
}

void gm_link_ended(struct gm_link *link, enum ike_end why, const char *text)
{
	struct gm *gm = link->gm;
	struct gm_member *m;
	size_t i;

	link->state = GM_LINK_DOWN;
	link->sa = NULL;
	link->asker = NULL;
	for (i = 0; i < gm->n_members; i++) {
		if (gm->members[i]->link != link)
			continue;
		gm->members[i]->link = NULL;
		gm->members[i]->cut_off = true;
	}
	/* Each may go, or begin the next IKE SA. */
	for (m = first_cut_off(gm); m; m = first_cut_off(gm))
		unlink_member(m, why, text);
}
