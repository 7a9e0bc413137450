// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An ike_sa from its beginning to its end.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"

/* ---- the beginning */

struct ike_sa *ike_sa_new(struct ike *ike, const struct net_path *path, bool initiator)
{
	struct ike_sa *sa;

	if (ike_timers_reserve(&ike->timers, ike->n_timers + 1))
		return NULL;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return NULL;
	sa->ike = ike;
	sa->initiator = initiator;
	sa->state = initiator ? SA_INIT : SA_HALF_OPEN;
	sa->path = *path;
	sa->last_task = &sa->tasks;
	sa->heard = ike_now(ike);
	sa->said = sa->heard;
	sa->rekey_at = IKE_NEVER;
	sa->end = IKE_NEVER;
	sa->link = ike_link_new(sa, initiator);
	if (!sa->link) {
		free(sa);
		return NULL;
	}
	net_end_print(&path->remote, sa->text);
	sa->next = ike->all;
	if (ike->all)
		ike->all->prev = sa;
	ike->all = sa;
	ike->count++;
	ike->n_timers++;
	return sa;
}

int ike_sa_start(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	sa->start = calloc(1, sizeof(*sa->start));
	if (!sa->start)
		return -ENOMEM;
	sa->start->book = auth_book_hold(ike->book);
	return 0;
}

void ike_sa_start_free(struct ike_sa *sa)
{
	struct start *start = sa->start;

	if (!start)
		return;
	ike_table_remove(&sa->ike->by_message, &start->by_message);
	dh_free(&start->dh);
	secret_free(&start->peer_ke);
	secret_free(&start->ni);
	secret_free(&start->nr);
	secret_free(&start->message_i);
	secret_free(&start->message_r);
	secret_free(&start->cookie);
	secret_free(&start->plain);
	auth_book_drop(start->book);
	free(start);
	sa->start = NULL;
}

static void name_peer(struct ike_sa *sa)
{
	char text[CONF_IDENTITY_TEXT];
	char at[NET_TEXT];

	auth_id_text(&sa->peer, text, sizeof(text));
	net_end_print(&sa->path.remote, at);
	snprintf(sa->text, sizeof(sa->text), "%s at %s", text, at);
}

int ike_sa_established(struct ike_sa *sa, const struct wire_id *id)
{
	struct ike *ike = sa->ike;
	const uint8_t type[] = { id->type };
	int err = secret_copy(&sa->peer_id, id->data);

	if (err)
		return err;
	sa->peer = (struct wire_id){ .type = id->type, .data = secret_chunk(&sa->peer_id) };
	sa->state = SA_READY;
	name_peer(sa);
	ike_table_add(&ike->by_peer, &sa->by_peer,
		      ike_keyed_hash(ike, CHUNK(type), sa->peer.data));
	ike_sa_count_half_open(sa, false);
	ike_sa_start_free(sa);
	ike_sa_lifetime(sa);
	ike->stats.established++;
	ike_log(sa, LEVEL_INFO, "IKE SA with %s: established", sa->text);
	return 0;
}

void ike_sa_count_half_open(struct ike_sa *sa, bool half_open)
{
	if (sa->half_open == half_open)
		return;
	sa->half_open = half_open;
	if (half_open)
		sa->ike->half_open++;
	else
		sa->ike->half_open--;
}

void ike_sa_lifetime(struct ike_sa *sa)
{
	uint64_t lifetime = sa->ike->conf->ike.lifetime_ms;
	uint64_t now = ike_now(sa->ike);

	/* RFC 7296 2.8.1: both ends have the same policy, and are not to do it at once */
	sa->rekey_at = now + lifetime - lifetime / 5 + ike_random(sa->ike, lifetime / 8);
	sa->end = now + lifetime;
}

/* ---- the end */

/* Nobody finds it any more, and nothing of it is due. */
static void take_out(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	struct ike_link *link;

	for (link = sa->links; link; link = link->next)
		ike_table_remove(&ike->by_spi, &link->by_spi);
	if (sa->start)
		ike_table_remove(&ike->by_message, &sa->start->by_message);
	ike_timer_set(&ike->timers, &sa->timer, IKE_NEVER);
	ike->n_timers--;
	ike_sa_count_half_open(sa, false);
	if (sa->prev)
		sa->prev->next = sa->next;
	else
		ike->all = sa->next;
	if (sa->next)
		sa->next->prev = sa->prev;
	sa->prev = NULL;
	sa->next = ike->over;
	ike->over = sa;
}

void ike_sa_free(struct ike_sa *sa)
{
	struct ike_link *next;

	if (sa->state != SA_ENDED) {
		ike_table_remove(&sa->ike->by_peer, &sa->by_peer);
		sa->state = SA_ENDED;
	}
	ike_held_free(sa);
	ike_rekey_forget(sa);
	ike_sa_start_free(sa);
	for (; sa->links; sa->links = next) {
		next = sa->links->next;
		ike_link_free(sa->links);
	}
	secret_free(&sa->peer_id);
	free(sa);
}

static void end_task(struct ike_sa *sa, struct ike_task *task, enum ike_end why, const char *text)
{
	if (task && task->end)
		task->end(task->context, sa, why, text);
}

static void end_tasks(struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct ike_link *link;
	struct ike_task *task;

	for (link = sa->links; link; link = link->next) {
		task = link->asked.task;
		link->asked.task = NULL;
		end_task(sa, task, why, text);
	}
	while ((task = ike_task_take(sa)))
		end_task(sa, task, why, text);
}

static enum log_level level_of(enum ike_end why)
{
	return why == IKE_END_DELETED || why == IKE_END_CLOSED ? LEVEL_INFO : LEVEL_NOTICE;
}

/* The room above knows it no more. */
static void retire(struct ike_sa *sa, enum sa_state state)
{
	sa->state = state;
	ike_held_free(sa);
	sa->ike->count--;
	ike_table_remove(&sa->ike->by_peer, &sa->by_peer);
}

static void log_end(struct ike_sa *sa, enum ike_end why, const char *text, bool stranger)
{
	if (stranger)
		ike_log_stranger(sa->ike, why == IKE_END_DEAD ? STRANGER_LATE : STRANGER_REFUSED,
				 sa->text, text);
	else
		ike_log(sa, level_of(why), "IKE SA with %s: %s", sa->text, text);
}

static void tell(struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct ike *ike = sa->ike;

	end_tasks(sa, why, text);
	if (sa->announced)
		ike->user.ended(ike->user.context, sa, why, text);
}

static void finish(struct ike_sa *sa, enum sa_state state, enum ike_end why, const char *text)
{
	enum sa_state before = sa->state;

	if (before == SA_ENDED || before == state)
		return;
	if (before < SA_CLOSING)
		retire(sa, state);
	sa->state = state;
	if (state == SA_ENDED)
		take_out(sa);
	if (before < SA_CLOSING) {
		log_end(sa, why, text, before == SA_HALF_OPEN);
		tell(sa, why, text);
	}
}

#define TEXT_SIZE	400

void ike_sa_end(struct ike_sa *sa, enum ike_end why, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	finish(sa, SA_ENDED, why, text);
}

void ike_sa_linger(struct ike_sa *sa, enum ike_end why, const char *format, ...)
{
	char text[TEXT_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sa->end = ike_now(sa->ike) + sa->ike->conf->ike.half_open_ms;
	finish(sa, SA_LINGER, why, text);
}

void ike_close(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	bool keyless = sa->state < SA_AUTH;

	if (sa->state >= SA_CLOSING)
		return;
	ike_enter(ike);
	ike_log(sa, LEVEL_INFO, "IKE SA with %s: closed", sa->text);
	retire(sa, SA_CLOSING);
	sa->end = IKE_NEVER;
	end_tasks(sa, IKE_END_CLOSED, "closed");
	if (keyless)
		ike_sa_end(sa, IKE_END_CLOSED, "closed");
	else
		ike_sa_settle(sa);
	ike_leave(ike);
}

void ike_close_all(struct ike *ike)
{
	struct ike_sa *sa;

	ike_enter(ike);
	while (ike->all) {
		sa = ike->all;
		ike_close(sa);
		ike_sa_end(sa, IKE_END_CLOSED, "closed");
	}
	ike_leave(ike);
}

/* ---- time */

static uint64_t min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t link_due(const struct ike_link *link)
{
	uint64_t due = min(link->end, link->asked.due);
	size_t i;

	for (i = 0; i < 2; i++)
		if (link->assembly[i])
			due = min(due, link->assembly[i]->end);
	return due;
}

static uint64_t probe_due(const struct ike_sa *sa)
{
	uint64_t silence = sa->ike->conf->ike.dead_peer_ms;

	if (!silence || sa->want_probe || sa->link->asked.what != ASK_NOTHING)
		return IKE_NEVER;
	/* one of both asks, as a rule */
	return sa->heard + silence + (sa->initiator ? 0 : silence / 8);
}

static uint64_t sa_due(const struct ike_sa *sa)
{
	const struct ike_link *link;
	uint64_t due = sa->end;

	if (sa->state == SA_LINGER)
		return due;
	for (link = sa->links; link; link = link->next)
		due = min(due, link_due(link));
	if (sa->state != SA_READY)
		return due;
	if (!sa->want_rekey && !sa->rekeying)
		due = min(due, sa->rekey_at);
	return min(due, min(probe_due(sa), ike_nat_due(sa)));
}

static bool idle(const struct ike_sa *sa)
{
	return !ike_sa_is_over(sa) && !sa->held && sa->link->asked.what == ASK_NOTHING;
}

/* The next request of those that wait for their turn. */
static void ask_next(struct ike_sa *sa)
{
	if (idle(sa) && sa->state == SA_READY && sa->want_rekey)
		ike_rekey(sa);
	if (idle(sa) && sa->state == SA_READY && sa->tasks)
		ike_task_next(sa);
	if (idle(sa) && sa->state == SA_READY && sa->want_probe)
		ike_probe(sa);
	if (idle(sa) && sa->state == SA_CLOSING)
		ike_delete(sa->link);
}

static void delete_replaced(struct ike_sa *sa)
{
	struct ike_link *link;

	for (link = sa->links; link && !ike_sa_is_over(sa); link = link->next)
		if (link->want_delete && link->asked.what == ASK_NOTHING)
			ike_delete(link);
}

void ike_sa_settle(struct ike_sa *sa)
{
	if (sa->state == SA_ENDED)
		return;
	if (!sa->busy && sa->state != SA_LINGER) {
		sa->busy++;
		delete_replaced(sa);
		ask_next(sa);
		sa->busy--;
	}
	if (sa->state != SA_ENDED)
		ike_timer_set(&sa->ike->timers, &sa->timer, sa_due(sa));
}

static void forget_assemblies(struct ike_link *link, uint64_t now)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (link->assembly[i] && link->assembly[i]->end <= now)
			assembly_free(&link->assembly[i]);
}

static void run_links(struct ike_sa *sa, uint64_t now)
{
	struct ike_link *link, *next;

	for (link = sa->links; link && !ike_sa_is_over(sa); link = next) {
		next = link->next;
		forget_assemblies(link, now);
		if (link->asked.due <= now && !ike_ask_again(link))
			return;
		if (link->end <= now)
			ike_link_drop(link);
	}
}

static void run_end(struct ike_sa *sa)
{
	static const char unrekeyed[] = "its lifetime is over, and it could not be rekeyed";

	if (sa->state != SA_READY) {
		ike_sa_end(sa, IKE_END_DEAD, "not authenticated in time");
		return;
	}
	retire(sa, SA_CLOSING);
	sa->end = IKE_NEVER;
	log_end(sa, IKE_END_CLOSED, unrekeyed, false);
	tell(sa, IKE_END_CLOSED, unrekeyed);
}

void ike_sa_run(struct ike_sa *sa)
{
	uint64_t now = ike_now(sa->ike);

	ike_timer_set(&sa->ike->timers, &sa->timer, IKE_NEVER);
	if (sa->end <= now) {
		run_end(sa);
	} else {
		run_links(sa, now);
		if (sa->state == SA_READY) {
			if (sa->rekey_at <= now && !sa->rekeying)
				sa->want_rekey = true;
			if (probe_due(sa) <= now)
				sa->want_probe = true;
			if (ike_nat_due(sa) <= now)
				ike_nat_keepalive(sa);
		}
	}
	ike_sa_settle(sa);
}

/* ---- what the room above asks */

void *ike_sa_data(const struct ike_sa *sa)
{
	return sa->data;
}

void ike_sa_set_data(struct ike_sa *sa, void *data)
{
	sa->data = data;
}

bool ike_sa_initiator(const struct ike_sa *sa)
{
	return sa->initiator;
}

const struct net_path *ike_sa_path(const struct ike_sa *sa)
{
	return &sa->path;
}

const struct wire_id *ike_sa_peer(const struct ike_sa *sa)
{
	return &sa->peer;
}

const char *ike_sa_text(const struct ike_sa *sa)
{
	return sa->text;
}

/*
 * RFC 9838 3.1.1: keys are wrapped by the IKE SA that their message goes by. After a rekey
 * by both ends the peer may speak by the new one before we know which of the two it is.
 */
static const struct ike_link *link_in_hand(const struct ike_sa *sa)
{
	return sa->speaking ? sa->speaking : sa->link;
}

uint32_t ike_sa_answered(const struct ike_sa *sa)
{
	return sa->answered;
}

bool ike_sa_fragments(const struct ike_sa *sa)
{
	return sa->fragments;
}

uint16_t ike_sa_kwa(const struct ike_sa *sa)
{
	const struct ike_link *link = link_in_hand(sa);

	return link ? link->suite.kwa : 0;
}

int ike_sa_wrap_key(const struct ike_sa *sa, struct secret *gsk_w)
{
	const struct ike_link *link = link_in_hand(sa);

	*gsk_w = (struct secret){ 0 };
	if (!link || !link->keys.all.len)
		return -EINVAL;
	return keymat_wrap_key(sa->ike->crypto, link->suite.prf, link->keys.d, link->suite.kwa,
			       gsk_w);
}
