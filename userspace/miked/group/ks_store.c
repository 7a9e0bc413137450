// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the key server puts into its store, if it has one. A message that depends on
 * something new goes out after that is stored; what is only good to know, as that a member
 * has left, is stored with the next of these.
 *
 * If the store fails, nothing new is given to anybody, and what there is goes on. When it
 * works again, all is written anew: what part of the last transaction it has is not known.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

#define WORD	64

static int64_t wall(const struct ks *ks)
{
	return ks->setup.world.wall(ks->setup.world.context);
}

/* A time of ks_now() by the wall clock. */
static int64_t wall_of(const struct ks *ks, uint64_t at)
{
	return wall(ks) + (int64_t)(at - ks_now(ks));
}

static int put_group(struct ks_group *group)
{
	struct store *store = group->ks->setup.store;
	struct store_group row = {
		.name = group->conf->name,
		.own = group->own && !group->configured,
		.epoch = group->epoch,
	};
	char *text;
	int err;

	if (group->stored && group->stored_epoch == group->epoch)
		return 0;
	text = conf_group_text(group->conf);
	if (!text)
		return -ENOMEM;
	row.text = text;
	err = store->ops->put_group(store, &row);
	free(text);
	group->stored = !err;
	group->stored_epoch = group->epoch;
	return err;
}

static int put_sa(const struct ks_group *group, const struct ks_epoch *epoch, size_t at)
{
	struct store *store = group->ks->setup.store;
	const struct ks_sa *sa = &epoch->sas[at];
	uint8_t selector[PACK_SELECTOR_LEN];
	struct writer w = writer_to(selector, sizeof(selector));
	struct store_sa row = {
		.group = group->conf->name,
		.epoch = epoch->number,
		.spi = sa->spi,
		.place = (uint32_t)at,
		.keymat = secret_chunk(&sa->keymat),
	};

	pack_selector(&w, &sa->selector);
	row.selector = written(&w);
	return store->ops->put_sa(store, &row);
}

static bool is_as_stored(const struct ks_epoch *epoch)
{
	return epoch->stored && epoch->stored->doomed == epoch->doomed &&
	       epoch->stored->taken == epoch->taken &&
	       epoch->stored->sids.used == epoch->sids->used;
}

static int put_row(const struct ks_group *group, const struct ks_epoch *epoch)
{
	struct store *store = group->ks->setup.store;
	const struct store_epoch row = {
		.group = group->conf->name,
		.number = epoch->number,
		.made = wall_of(group->ks, epoch->made),
		.end = wall_of(group->ks, epoch->end),
		.doomed = epoch->doomed,
		.sequential = epoch->sequential,
		.taken = epoch->taken,
		.encr = epoch->esp.id,
		.key_bits = epoch->esp.key_bits,
		.sids = epoch->sids->size,
		.next_sid = epoch->sids->next,
	};

	return store->ops->put_epoch(store, &row);
}

/* Words of Sender-IDs that are not as they were stored. */
static int put_sids(const struct ks_group *group, struct ks_epoch *epoch)
{
	struct store *store = group->ks->setup.store;
	struct sid_space *stored = &epoch->stored->sids;
	struct store_sids row = { .group = group->conf->name, .epoch = epoch->number };
	int err = 0;

	for (; row.word * WORD < epoch->sids->size && !err; row.word++) {
		row.taken = epoch->sids->taken[row.word];
		if (row.taken == stored->taken[row.word])
			continue;
		err = store->ops->put_sids(store, &row);
		stored->taken[row.word] = row.taken;
	}
	stored->used = epoch->sids->used;
	return err;
}

static int put_epoch(const struct ks_group *group, struct ks_epoch *epoch)
{
	size_t i, words = (epoch->sids->size + WORD - 1) / WORD;
	bool fresh = !epoch->stored;
	int err;

	if (is_as_stored(epoch))
		return 0;
	if (fresh)
		epoch->stored = calloc(1, sizeof(*epoch->stored) + words * sizeof(uint64_t));
	if (!epoch->stored)
		return -ENOMEM;
	err = put_row(group, epoch);
	for (i = 0; i < epoch->n_sas && fresh && !err; i++)
		err = put_sa(group, epoch, i);
	epoch->stored->doomed = epoch->doomed;
	epoch->stored->taken = epoch->taken;
	return err ? err : put_sids(group, epoch);
}

/* What is said of its registration, or is about to be. */
static int put_member(const struct ks_member *member, const struct ks_entry *entry)
{
	struct store *store = member->group->ks->setup.store;
	uint8_t identity[PACK_IDENTITY_LEN], from[PACK_ADDRESS_LEN];
	struct writer i = writer_to(identity, sizeof(identity));
	struct writer f = writer_to(from, sizeof(from));
	const struct store_member row = {
		.group = member->group->conf->name,
		.id = member->id,
		.identity = { identity, 0 },
		.from = CHUNK(from),
		.port = entry->from.port,
		.registered = entry->registered,
		.role = entry->role,
		.admitted = member->admitted,
		.expelled = member->expelled,
		.since = wall_of(member->group->ks, entry->since),
		.oldest = entry->oldest,
		.epoch = entry->epoch,
		.sids = entry->sids,
		.former = entry->former,
		.n_sids = entry->n_sids,
		.n_former = entry->n_former,
	};
	struct store_member whole = row;

	if (member->identity)
		pack_identity(&i, member->identity);
	pack_address(&f, &entry->from.addr);
	whole.identity = written(&i);
	return store->ops->put_member(store, &whole);
}

static struct ks_entry entry_of(const struct ks_member *member)
{
	return (struct ks_entry){
		.registered = member->peer,
		.role = member->role,
		.from = member->from,
		.since = member->since,
		.oldest = member->oldest,
		.epoch = member->epoch,
		.sids = member->sids,
		.former = member->former,
		.n_sids = member->n_sids,
		.n_former = member->n_former,
	};
}

static int put_members(struct ks_group *group)
{
	struct ks_entry entry;
	struct ks_member *member;
	int err = 0;
	size_t i;

	for (i = 0; i < group->n_members && group->touched && !err; i++) {
		member = group->members[i];
		if (!member->touched)
			continue;
		entry = entry_of(member);
		err = put_member(member, &entry);
		member->touched = false;
	}
	group->touched = false;
	return err;
}

/* A transaction, which is not committed yet. */
static int put_all(struct ks_group *group)
{
	size_t i;
	int err = put_group(group);

	for (i = 0; i < group->n_epochs && !err; i++)
		err = put_epoch(group, group->epochs[i]);
	return err ? err : put_members(group);
}

static void forget_stored(struct ks_group *group)
{
	size_t i;

	group->stored = false;
	group->touched = true;
	for (i = 0; i < group->n_epochs; i++)
		ks_stored_free(group->epochs[i]);
	for (i = 0; i < group->n_members; i++)
		group->members[i]->touched = true;
}

void ks_stored_free(struct ks_epoch *epoch)
{
	free(epoch->stored);
	epoch->stored = NULL;
}

/* Whatever was to be stored: all of it is to be, when that can be. */
static int fail(struct ks *ks, int err)
{
	size_t i;

	if (!ks->store_error)
		log_error(AREA_STORE, "state cannot be stored: %s: no new SAs, and no new senders, "
			  "until it can be", strerror(-err));
	ks->store_error = err;
	ks->store_retry = ks_now(ks) + KS_RETRY_MS;
	ks->setup.store->ops->rollback(ks->setup.store);
	for (i = 0; i < ks->n_groups; i++)
		forget_stored(ks->groups[i]);
	return err;
}

static int put_retired(struct ks *ks)
{
	struct store *store = ks->setup.store;
	struct store_retired row = { 0 };
	int err = 0;

	for (; row.place < ks->n_retired && row.place < KS_MAX_RETIRED && !err; row.place++) {
		row.spi = ks->retired[row.place];
		err = store->ops->put_retired(store, &row);
	}
	return err;
}

static int put_all_anew(struct ks *ks)
{
	struct store *store = ks->setup.store;
	int err = store->ops->del_all(store);
	size_t i;

	if (!err)
		err = put_retired(ks);
	for (i = 0; i < ks->n_groups && !err; i++)
		err = put_all(ks->groups[i]);
	return err;
}

static int commit(struct ks *ks)
{
	int err = ks->setup.store->ops->commit(ks->setup.store, wall(ks));

	if (err)
		return fail(ks, err);
	if (ks->store_error)
		log_notice(AREA_STORE, "state is stored again");
	ks->store_error = 0;
	ks->unsaved = false;
	return 0;
}

/* All anew, after a failure; not too often. */
static int recover(struct ks *ks)
{
	int err;

	if (ks_now(ks) < ks->store_retry)
		return ks->store_error;
	err = put_all_anew(ks);
	return err ? fail(ks, err) : commit(ks);
}

int ks_save(struct ks *ks)
{
	int err = 0;
	size_t i;

	if (!ks->setup.store)
		return 0;
	if (ks->store_error)
		return recover(ks);
	for (i = 0; i < ks->n_groups && !err; i++)
		err = put_all(ks->groups[i]);
	return err ? fail(ks, err) : commit(ks);
}

int ks_save_group(struct ks_group *group)
{
	struct ks *ks = group->ks;
	int err;

	if (!ks->setup.store)
		return 0;
	if (ks->store_error)
		return recover(ks);
	err = put_all(group);
	return err ? fail(ks, err) : commit(ks);
}

int ks_save_entry(const struct ks_member *member, const struct ks_entry *entry)
{
	struct ks_group *group = member->group;
	struct ks *ks = group->ks;
	int err = 0;

	if (!ks->setup.store)
		return 0;
	if (ks->store_error)
		err = recover(ks);
	if (err)
		return err;
	err = put_all(group);
	if (!err)
		err = put_member(member, entry);
	return err ? fail(ks, err) : commit(ks);
}

uint64_t ks_save_next(const struct ks *ks)
{
	if (!ks->setup.store)
		return IKE_NEVER;
	if (ks->store_error)
		return ks->store_retry;
	return ks->unsaved ? 0 : IKE_NEVER;
}

void ks_touch(struct ks_member *member)
{
	member->touched = true;
	member->group->touched = true;
	member->group->ks->unsaved = true;
}

/* While all is to be written anew, there is nothing to delete. */
static bool is_writable(const struct ks *ks)
{
	return ks->setup.store && !ks->store_error;
}

static void deleted(struct ks *ks, int err)
{
	ks->unsaved = true;
	if (err)
		fail(ks, err);
}

void ks_store_end_group(const struct ks_group *group)
{
	struct ks *ks = group->ks;

	if (is_writable(ks) && group->stored)
		deleted(ks, ks->setup.store->ops->del_group(ks->setup.store, group->conf->name));
}

void ks_store_end_epoch(const struct ks_group *group, const struct ks_epoch *epoch)
{
	struct ks *ks = group->ks;

	if (is_writable(ks) && epoch->stored)
		deleted(ks, ks->setup.store->ops->del_epoch(ks->setup.store, group->conf->name,
							    epoch->number));
}

void ks_store_end_member(const struct ks_member *member)
{
	struct ks *ks = member->group->ks;

	if (is_writable(ks))
		deleted(ks, ks->setup.store->ops->del_member(ks->setup.store,
							     member->group->conf->name,
							     member->id));
}

void ks_store_retire(struct ks *ks, uint32_t place)
{
	const struct store_retired row = { place, ks->retired[place] };

	if (is_writable(ks))
		deleted(ks, ks->setup.store->ops->put_retired(ks->setup.store, &row));
}
