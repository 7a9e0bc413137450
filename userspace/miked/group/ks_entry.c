// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registrations whose answers wait until they are stored: those of one turn of the event
 * loop are stored together. In memory they are there at once, so that all that happens
 * meanwhile goes by them. If they cannot be stored, nobody has heard of them, and the
 * registrations before them count again. Sender-IDs that were taken stay taken.
 */
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

struct ks_entry *ks_entry_new(bool known)
{
	struct ks_entry *entry = calloc(1, sizeof(*entry));

	if (entry)
		entry->known = known;
	return entry;
}

void ks_entry_begin(struct ks_entry *entry, struct ks_member *member, struct ks_peer *peer)
{
	struct ks_peer *before = member->peer;

	entry->member = member;
	entry->peer = peer;
	entry->peer_before = before;
	entry->again = before;
	entry->listened = member->listens;
	/* What it is just asked to take it may have. */
	if (before && before->asked == member && before->asked_line)
		member->line = before->asked_line;
	ks_unregister(member);
	member->has_answer |= before == peer;
	ks_listen_no_more(member);
	entry->before = *member;
	member->sag = NULL;
}

void ks_entry_wait(struct ks_entry *entry)
{
	struct ks *ks = entry->member->group->ks;
	struct ks_entry **at = &ks->entries;

	while (*at)
		at = &(*at)->next;
	*at = entry;
	entry->member->entry = entry;
	ks_touch(entry->member);
}

/* What was said of its registration then. */
static void restore(struct ks_member *member, const struct ks_member *before)
{
	member->role = before->role;
	member->from = before->from;
	member->since = before->since;
	member->oldest = before->oldest;
	member->epoch = before->epoch;
	member->proof = before->proof;
	member->line = before->line;
	member->signer = before->signer;
	member->deaf = before->deaf;
	member->heir = before->heir;
	member->hello = before->hello;
	member->fragments = before->fragments;
	member->n_sids = before->n_sids;
	memcpy(member->sids, before->sids, sizeof(member->sids));
	member->answered = before->answered;
	member->has_answer = before->has_answer;
	member->n_former = before->n_former;
	memcpy(member->former, before->former, sizeof(member->former));
	ks_member_set_sag(member, before->sag);
}

/* Who was put out of the group meanwhile stays out. */
static void undo(struct ks_entry *entry)
{
	struct ks_member *member = entry->member;
	bool stays = member->peer == entry->peer;

	ks_unregister(member);
	restore(member, &entry->before);
	entry->before.sag = NULL;
	if (stays && entry->peer_before)
		ks_register(member, entry->peer_before);
	else if (stays && entry->listened)
		ks_listen(member);
	ks_touch(member);
}

static void log_refused(const struct ks_entry *entry)
{
	ks_log(LEVEL_WARNING, entry->member->group, entry->member->id,
	       "%s: registration refused: it cannot be stored", ike_sa_text(entry->peer->sa));
}

static void log_registered(const struct ks_entry *entry)
{
	const struct ks_member *member = entry->member;

	ks_log(LEVEL_NOTICE, member->group, member->id,
	       "%s: registered%s as %s, epoch %u, %zu Sender-IDs", ike_sa_text(entry->peer->sa),
	       entry->again ? " again" : "",
	       member->role & CONF_ROLE_SENDER ? "sender" : "receiver", member->epoch,
	       member->n_sids);
}

static void free_entry(struct ks_entry *entry)
{
	free(entry->before.sag);
	free(entry);
}

void ks_entry_end(struct ks_entry *entry, bool stored)
{
	struct ike_sa *sa = entry->peer->sa;
	bool good = stored || entry->known;

	entry->member->entry = NULL;
	if (good) {
		log_registered(entry);
	} else {
		log_refused(entry);
		undo(entry);
	}
	free_entry(entry);
	ike_answer(sa, good);
}

void ks_entries_end(struct ks *ks, bool stored)
{
	struct ks_entry *entry;

	while (ks->entries) {
		entry = ks->entries;
		ks->entries = entry->next;
		ks_entry_end(entry, stored);
	}
}

void ks_entries_part(struct ks_peer *peer)
{
	struct ks_entry *entry, **at = &peer->ks->entries;

	while ((entry = *at)) {
		if (entry->peer == peer) {
			*at = entry->next;
			entry->member->entry = NULL;
			undo(entry);
			free_entry(entry);
			continue;
		}
		if (entry->peer_before == peer) {
			entry->peer_before = NULL;
			entry->listened = true;
		}
		at = &entry->next;
	}
}

void ks_entries_free(struct ks *ks)
{
	struct ks_entry *entry;

	while (ks->entries) {
		entry = ks->entries;
		ks->entries = entry->next;
		free_entry(entry);
	}
}
