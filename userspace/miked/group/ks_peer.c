// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE SAs that members began, and what goes out by them: GSA_INBAND_REKEY with the epochs
 * that a member does not have yet (RFC 9838 2.4.2), and Deletes (2.4.3). Each has one
 * request under way at most; what it says is decided when its turn comes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

/* SPIs in one Delete; what is more waits for the next. */
#define MAX_GONE	1024

static void list_add(struct ks_list *list, struct ks_peer *peer)
{
	peer->prev = list->last;
	peer->next = NULL;
	if (list->last)
		list->last->next = peer;
	else
		list->first = peer;
	list->last = peer;
}

static void list_remove(struct ks_list *list, struct ks_peer *peer)
{
	if (peer->prev)
		peer->prev->next = peer->next;
	else
		list->first = peer->next;
	if (peer->next)
		peer->next->prev = peer->prev;
	else
		list->last = peer->prev;
}

/* The first, which there is. */
static struct ks_peer *list_pop(struct ks_list *list)
{
	struct ks_peer *peer = list->first;

	list->first = peer->next;
	if (list->first)
		list->first->prev = NULL;
	else
		list->last = NULL;
	return peer;
}

/* All peers, and the members of one. */

static void add_peer(struct ks *ks, struct ks_peer *peer)
{
	peer->behind = ks->peers;
	if (ks->peers)
		ks->peers->before = peer;
	ks->peers = peer;
}

static void remove_peer(struct ks_peer *peer)
{
	if (peer->before)
		peer->before->behind = peer->behind;
	else
		peer->ks->peers = peer->behind;
	if (peer->behind)
		peer->behind->before = peer->before;
}

static void add_member(struct ks_peer *peer, struct ks_member *member)
{
	member->prev = NULL;
	member->next = peer->members;
	if (peer->members)
		peer->members->prev = member;
	peer->members = member;
}

static void remove_member(struct ks_peer *peer, struct ks_member *member)
{
	if (member->prev)
		member->prev->next = member->next;
	else
		peer->members = member->next;
	if (member->next)
		member->next->prev = member->prev;
}

static void set_idle(struct ks_peer *peer, bool idle)
{
	struct ks *ks = peer->ks;

	if (peer->idle == idle)
		return;
	peer->idle = idle;
	peer->idle_since = ks_now(ks);
	if (idle)
		list_add(&ks->idle, peer);
	else
		list_remove(&ks->idle, peer);
}

/* A peer that is in the queue is not idle, and is not in the other list. */
static void set_queued(struct ks_peer *peer, bool queued)
{
	struct ks *ks = peer->ks;

	if (peer->queued == queued)
		return;
	if (queued)
		set_idle(peer, false);
	peer->queued = queued;
	if (queued)
		list_add(&ks->queue, peer);
	else
		list_remove(&ks->queue, peer);
}

static struct ks_member *who_is_due(const struct ks_peer *peer)
{
	struct ks_member *member;

	for (member = peer->members; member; member = member->next)
		if (ks_is_due(member))
			return member;
	return NULL;
}

/* Into the list where it belongs by what is left to do. */
static void settle(struct ks_peer *peer)
{
	bool work = peer->farewell || peer->n_gone || who_is_due(peer);

	if (!peer->sa)
		return;
	set_queued(peer, work && !peer->busy);
	set_idle(peer, !work && !peer->busy && !peer->members);
}

static void free_peer(struct ks_peer *peer)
{
	set_queued(peer, false);
	set_idle(peer, false);
	remove_peer(peer);
	free(peer->gone);
	free(peer);
}

static void forget_asked(struct ks_peer *peer)
{
	peer->asked = NULL;
	peer->asked_line = 0;
	peer->asked_gone = 0;
	peer->asked_farewell = false;
}

/* What it was asked to take it may have, whatever became of the answer. */
static void leave_behind(struct ks_member *member)
{
	struct ks_peer *peer = member->peer;

	if (peer->asked == member && peer->asked_line)
		member->line = peer->asked_line;
	ks_unregister(member);
	ks_listen(member);
}

/* The IKE SA has gone; the task may still be the engine's. */
static void part(struct ks_peer *peer)
{
	ks_entries_part(peer);
	while (peer->members)
		leave_behind(peer->members);
	set_queued(peer, false);
	set_idle(peer, false);
	peer->sa = NULL;
	if (!peer->busy)
		free_peer(peer);
}

static void close_peer(struct ks_peer *peer)
{
	struct ike_sa *sa = peer->sa;

	ike_sa_set_data(sa, NULL);
	part(peer);
	ike_close(sa);
}

void ks_ended(struct ks *ks, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct ks_peer *peer = ike_sa_data(sa);
	struct ks_member *member;

	(void)ks;
	if (!peer)
		return;
	ike_sa_set_data(sa, NULL);
	for (member = peer->members; member; member = member->next)
		ks_log(LEVEL_NOTICE, member->group, member->id, "%s: %s: %s", ike_sa_text(sa),
		       ks_knows(member) ? "goes on by multicast alone" : "no member any more",
		       why == IKE_END_DELETED ? "it left" : text);
	part(peer);
}

static void put_gone(struct ks_peer *peer, struct ks_room *room, struct wire_message *m)
{
	peer->asked_gone = peer->n_gone < MAX_GONE ? peer->n_gone : MAX_GONE;
	room->deletes[0] = (struct wire_delete){
		.protocol = PROTO_ESP,
		.spi_size = WIRE_IPSEC_SPI_LEN,
		.n_spis = peer->asked_gone,
		.spis = { peer->gone, peer->asked_gone * WIRE_IPSEC_SPI_LEN },
	};
	m->deletes = room->deletes;
	m->n_deletes = 1;
}

/*
 * Those that it does not have. The message does not say which group it is about: to who
 * is in several, one that it has is told again (Documentation/g-ikev2.md, 22).
 */
static size_t first_to_tell(const struct ks_member *member)
{
	bool alone = !member->next && member->peer->members == member;

	return ks_first_to_give(member->group, alone ? member->epoch : member->oldest - 1);
}

static bool put_rekey(struct ks_peer *peer, struct ks_member *member, struct ike_content *content)
{
	struct ks_group *group = member->group;
	size_t first = first_to_tell(member);
	const struct ks_rekey *rekey = ks_lacks_rekey(member);
	struct ks_grant grant = {
		.ks = peer->ks,
		.room = &peer->ks->request,
		.group = group,
		.epochs = &group->epochs[first],
		.n_epochs = group->n_epochs - first,
		.rekey = rekey,
		.hello = member->hello,
		.atd = ks_atd(group),
	};
	int err = ks_may_give(group, rekey) ? ks_grant(&grant, peer->sa, content) : -EAGAIN;

	if (err) {
		ks_log(LEVEL_ERROR, group, member->id, "%s: no new keys yet: %s",
		       ike_sa_text(peer->sa), strerror(-err));
		return false;
	}
	peer->asked = member;
	peer->asked_epoch = ks_last(group)->number;
	peer->asked_line = rekey ? group->line : 0;
	if (rekey)
		memcpy(peer->asked_rekey, rekey->sa.spi, sizeof(peer->asked_rekey));
	return true;
}

static bool build(void *context, struct ike_sa *sa, struct ike_content *content)
{
	struct ks_peer *peer = context;
	struct ks_member *member = who_is_due(peer);
	bool some = true;

	(void)sa;
	forget_asked(peer);
	if (!peer->sa) {
		peer->busy = false;
		free_peer(peer);
		return false;
	}
	if (peer->farewell) {
		ks_put_exclusion(&peer->ks->request, &content->message);
		peer->asked_farewell = true;
	} else if (member) {
		some = put_rekey(peer, member, content);
		if (!some)
			peer->ks->queue_from = ks_now(peer->ks) + KS_RETRY_MS;
	} else if (peer->n_gone) {
		put_gone(peer, &peer->ks->request, &content->message);
	} else {
		some = false;
	}
	peer->busy = some;
	settle(peer);
	return some;
}

static void acknowledge_rekey(struct ks_peer *peer)
{
	struct ks_member *member = peer->asked;

	if (peer->asked_line)
		ks_has_rekey(member, peer->asked_line, peer->asked_rekey);
	ks_has_epoch(member, peer->asked_epoch, KS_ANSWERED);
}

static void acknowledge_gone(struct ks_peer *peer)
{
	if (!peer->asked_gone)
		return;
	peer->n_gone -= peer->asked_gone;
	memmove(peer->gone, peer->gone + peer->asked_gone * WIRE_IPSEC_SPI_LEN,
		peer->n_gone * WIRE_IPSEC_SPI_LEN);
}

/* RFC 9838 2.4.2 has no error in the answer: who sends one cannot follow the group. */
static void give_up(struct ks_peer *peer, const struct wire_notify *error)
{
	struct ks_member *member = peer->asked;

	ks_log(LEVEL_WARNING, member->group, member->id,
	       "%s: does not take epoch %u (notification %u): no member any more",
	       ike_sa_text(peer->sa), peer->asked_epoch, error->type);
	ks_unregister(member);
}

static void answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct ks_peer *peer = context;
	const struct wire_notify *error = wire_notify_error(response);

	(void)sa;
	peer->busy = false;
	if (!peer->sa) {
		free_peer(peer);
		return;
	}
	if (peer->asked_farewell) {
		close_peer(peer);
		return;
	}
	if (peer->asked && error)
		give_up(peer, error);
	else if (peer->asked)
		acknowledge_rekey(peer);
	acknowledge_gone(peer);
	forget_asked(peer);
	settle(peer);
}

/*
 * If the IKE SA ends, ks_ended() comes, too, and wants to know what the member may have
 * taken.
 */
static void end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct ks_peer *peer = context;

	(void)sa;
	(void)text;
	peer->busy = false;
	if (!peer->sa) {
		free_peer(peer);
		return;
	}
	if (why != IKE_END_MEMORY)
		return;
	forget_asked(peer);
	peer->ks->queue_from = ks_now(peer->ks) + KS_RETRY_MS;
	settle(peer);
}

struct ks_peer *ks_peer_of(struct ks *ks, struct ike_sa *sa)
{
	struct ks_peer *peer = ike_sa_data(sa);

	if (peer)
		return peer;
	peer = calloc(1, sizeof(*peer));
	if (!peer)
		return NULL;
	peer->ks = ks;
	peer->sa = sa;
	peer->task = (struct ike_task){
		.exchange = GSA_INBAND_REKEY,
		.context = peer,
		.build = build,
		.answer = answer,
		.end = end,
	};
	add_peer(ks, peer);
	ike_sa_set_data(sa, peer);
	settle(peer);
	return peer;
}

void ks_register(struct ks_member *member, struct ks_peer *peer)
{
	struct ks_group *group = member->group;

	member->peer = peer;
	add_member(peer, member);
	group->registered++;
	group->senders += member->role & CONF_ROLE_SENDER ? 1 : 0;
	group->current += ks_has_last(member);
	group->held += member->n_sids;
	ks_check_converged(group);
	settle(peer);
}

void ks_unregister(struct ks_member *member)
{
	struct ks_group *group = member->group;
	struct ks_peer *peer = member->peer;

	if (!peer)
		return;
	group->registered--;
	group->senders -= member->role & CONF_ROLE_SENDER ? 1 : 0;
	group->current -= ks_has_last(member);
	group->held -= member->n_sids;
	member->has_answer |= ike_sa_answered(peer->sa) > member->answered;
	remove_member(peer, member);
	member->peer = NULL;
	if (peer->asked == member && peer->asked_epoch > member->epoch)
		member->epoch = peer->asked_epoch;
	if (peer->asked == member)
		peer->asked = NULL;
	ks_touch(member);
	ks_check_converged(group);
	settle(peer);
}

/* Or may have: it does not have to answer at once, nor does its answer have to come. */
static bool has_epoch(const struct ks_member *member, const struct ks_epoch *epoch)
{
	const struct ks_peer *peer = member->peer;
	uint32_t last = member->epoch;

	if (peer->asked == member && peer->asked_epoch > last)
		last = peer->asked_epoch;
	if (ks_knows(member))
		last = UINT32_MAX;
	return epoch->number >= member->oldest && epoch->number <= last;
}

static void tell_gone(struct ks_member *member, const struct ks_epoch *epoch)
{
	struct ks_peer *peer = member->peer;
	size_t room = (peer->n_gone + epoch->n_sas) * WIRE_IPSEC_SPI_LEN;
	uint8_t *gone = realloc(peer->gone, room);
	struct writer w;

	if (!gone) {
		ks_log(LEVEL_ERROR, member->group, member->id,
		       "%s: no memory to delete epoch %u: it ends by its lifetime",
		       ike_sa_text(peer->sa), epoch->number);
		return;
	}
	w = writer_to(gone + peer->n_gone * WIRE_IPSEC_SPI_LEN,
		      epoch->n_sas * WIRE_IPSEC_SPI_LEN);
	ks_write_spis(&w, epoch);
	peer->gone = gone;
	peer->n_gone += epoch->n_sas;
	settle(peer);
}

/* The answer that it registered by may come behind what goes by multicast now. */
static bool is_new(const struct ks_member *member)
{
	const struct ks_group *group = member->group;

	return !member->has_answer && ike_sa_answered(member->peer->sa) <= member->answered &&
	       ks_now(group->ks) < member->since + ks_reach(group);
}

void ks_tell_gone(struct ks_group *group, const struct ks_epoch *epoch)
{
	struct ks_member *member;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (member->peer && (!ks_hears(member) || is_new(member)) &&
		    has_epoch(member, epoch))
			tell_gone(member, epoch);
	}
}

void ks_tell_all(struct ks_group *group)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		if (group->members[i]->peer)
			settle(group->members[i]->peer);
}

void ks_exclude(struct ks_member *member)
{
	struct ks_group *group = member->group;
	struct ks_peer *peer = member->peer;
	size_t i;

	if (!peer)
		return;
	if (!member->next && peer->members == member)
		peer->farewell = true;
	for (i = 0; i < group->n_epochs; i++)
		if (has_epoch(member, group->epochs[i]))
			tell_gone(member, group->epochs[i]);
	ks_unregister(member);
}

/* One that is told farewell while it registers in another group stays all the same. */
static void ask(struct ks_peer *peer)
{
	if (peer->members)
		peer->farewell = false;
	set_queued(peer, false);
	peer->busy = true;
	ike_ask(peer->sa, &peer->task);
}

void ks_peers_free(struct ks *ks)
{
	struct ks_peer *peer, *behind;

	for (peer = ks->peers; peer; peer = behind) {
		behind = peer->behind;
		free(peer->gone);
		free(peer);
	}
}

void ks_peers_run(struct ks *ks)
{
	uint64_t now = ks_now(ks);
	struct ks_peer *peer;
	size_t i;

	for (i = 0; i < KS_BATCH && ks->queue.first && ks->queue_from <= now; i++)
		ask(ks->queue.first);
	while (ks->idle.first && ks->idle.first->idle_since + KS_IDLE_MS <= now) {
		peer = list_pop(&ks->idle);
		peer->idle = false;
		log_info(AREA_GROUP, "%s: closed: registered in no group", ike_sa_text(peer->sa));
		close_peer(peer);
	}
}

uint64_t ks_peers_next(const struct ks *ks)
{
	uint64_t next = IKE_NEVER;

	if (ks->idle.first)
		next = ks->idle.first->idle_since + KS_IDLE_MS;
	if (ks->queue.first && ks->queue_from < next)
		next = ks->queue_from;
	return next;
}
