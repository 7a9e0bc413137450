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

static uint32_t pending_of(const struct ks_group *group)
{
	return (group->renew ? KS_PENDING_RENEW : 0) | (group->doom ? KS_PENDING_DOOM : 0) |
	       (group->cut ? KS_PENDING_CUT : 0) | (group->renew_rekey ? KS_PENDING_REKEY : 0);
}

static bool is_group_stored(const struct ks_group *group)
{
	const struct ks_stored_group *stored = group->stored;

	return stored->text && stored->epoch == group->epoch &&
	       stored->pending == pending_of(group) && stored->line == group->line &&
	       stored->signers == group->signers;
}

static int put_group(struct ks_group *group)
{
	struct store *store = group->ks->setup.store;
	struct ks_stored_group *stored = group->stored;
	struct store_group row = {
		.name = group->conf->name,
		.own = !group->configured,
		.epoch = group->epoch,
		.pending = pending_of(group),
		.line = group->line,
		.signers = group->signers,
	};
	char *text = ks_policy_text(group);
	int err;

	if (!text)
		return -ENOMEM;
	row.text = text;
	err = store->ops->put_group(store, &row);
	free(text);
	stored->text = true;
	stored->epoch = row.epoch;
	stored->pending = row.pending;
	stored->line = row.line;
	stored->signers = row.signers;
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
		.next = sa->next,
		.keymat = secret_chunk(&sa->keymat),
	};

	pack_selector(&w, &sa->selector);
	row.selector = written(&w);
	return store->ops->put_sa(store, &row);
}

static bool is_epoch_stored(const struct ks_epoch *epoch)
{
	return epoch->stored && epoch->stored->doomed == epoch->doomed &&
	       epoch->stored->taken == epoch->taken &&
	       epoch->stored->used == epoch->sids->used;
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
	struct ks_stored *stored = epoch->stored;
	struct store_sids row = { .group = group->conf->name, .epoch = epoch->number };
	int err = 0;

	for (; row.word * WORD < epoch->sids->size && !err; row.word++) {
		row.taken = epoch->sids->taken[row.word];
		if (row.taken == stored->sids[row.word])
			continue;
		err = store->ops->put_sids(store, &row);
		stored->sids[row.word] = row.taken;
	}
	stored->used = epoch->sids->used;
	return err;
}

static int put_epoch(const struct ks_group *group, struct ks_epoch *epoch)
{
	size_t i, words = (epoch->sids->size + WORD - 1) / WORD;
	bool fresh = !epoch->stored;
	int err;

	if (is_epoch_stored(epoch))
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

static bool has_epoch(const struct ks_group *group, uint32_t number)
{
	size_t i;

	for (i = 0; i < group->n_epochs; i++)
		if (group->epochs[i]->number == number)
			return true;
	return false;
}

/* Those that have gone go there, too. */
static int put_epochs(struct ks_group *group)
{
	struct store *store = group->ks->setup.store;
	struct ks_stored_group *stored = group->stored;
	size_t i;
	int err = 0;

	for (i = 0; i < stored->n_epochs && !err; i++)
		if (!has_epoch(group, stored->epochs[i]))
			err = store->ops->del_epoch(store, group->conf->name, stored->epochs[i]);
	for (i = 0; i < group->n_epochs && !err; i++) {
		err = put_epoch(group, group->epochs[i]);
		stored->epochs[i] = group->epochs[i]->number;
	}
	stored->n_epochs = group->n_epochs;
	return err;
}

static int put_rekey(const struct ks_group *group, struct ks_rekey *rekey, uint32_t place)
{
	struct store *store = group->ks->setup.store;
	uint8_t policy[PACK_REKEY_LEN], source[PACK_ADDRESS_LEN];
	struct writer p = writer_to(policy, sizeof(policy));
	struct writer s = writer_to(source, sizeof(source));
	struct store_rekey_sa row = {
		.group = group->conf->name,
		.place = place,
		.end = wall_of(group->ks, rekey->end),
		.next_id = rekey->sa.next_id,
		.signer = rekey->signer,
		.policy = CHUNK(policy),
		.source = CHUNK(source),
	};
	struct secret keys;
	int err = rekey_sa_pack(&rekey->sa, &keys);

	if (err)
		return err;
	memcpy(row.spi, rekey->sa.spi, sizeof(row.spi));
	memcpy(row.next, rekey->next_spi, sizeof(row.next));
	pack_rekey(&p, &rekey->conf);
	pack_address(&s, &rekey->source);
	row.keys = secret_chunk(&keys);
	err = store->ops->put_rekey_sa(store, &row);
	secret_free(&keys);
	rekey->stored = true;
	rekey->stored_place = place;
	rekey->stored_id = row.next_id;
	return err;
}

static bool is_rekey_stored(const struct ks_rekey *rekey, uint32_t place)
{
	return !rekey || (rekey->stored && rekey->stored_place == place &&
			  rekey->stored_id == rekey->sa.next_id);
}

static bool has_spi(const struct ks_rekey *rekey, const uint8_t *spi)
{
	return rekey && !memcmp(rekey->sa.spi, spi, WIRE_GIKE_SPI_LEN);
}

static int put_rekeys(struct ks_group *group)
{
	struct ks_rekey *rekeys[KS_REKEY_PLACES] = { group->rekey, group->heir, group->passed };
	struct store *store = group->ks->setup.store;
	struct ks_stored_group *stored = group->stored;
	uint32_t i;
	int err = 0;

	for (i = 0; i < stored->n_rekeys && !err; i++)
		if (!has_spi(rekeys[0], stored->rekeys[i]) && !has_spi(rekeys[1], stored->rekeys[i]) &&
		    !has_spi(rekeys[2], stored->rekeys[i]))
			err = store->ops->del_rekey_sa(store, stored->rekeys[i]);
	stored->n_rekeys = 0;
	for (i = 0; i < KS_REKEY_PLACES && !err; i++) {
		if (!is_rekey_stored(rekeys[i], i))
			err = put_rekey(group, rekeys[i], i);
		if (rekeys[i])
			memcpy(stored->rekeys[stored->n_rekeys++], rekeys[i]->sa.spi,
			       WIRE_GIKE_SPI_LEN);
	}
	return err;
}

static int put_member(const struct ks_member *member)
{
	struct store *store = member->group->ks->setup.store;
	uint8_t identity[PACK_IDENTITY_LEN], from[PACK_ADDRESS_LEN];
	struct writer i = writer_to(identity, sizeof(identity));
	struct writer f = writer_to(from, sizeof(from));
	struct store_member row = {
		.group = member->group->conf->name,
		.id = member->id,
		.from = CHUNK(from),
		.port = member->from.port,
		.registered = member->peer || member->listens,
		.role = member->role,
		.admitted = member->admitted,
		.expelled = member->expelled,
		.since = wall_of(member->group->ks, member->since),
		.oldest = member->oldest,
		.epoch = member->epoch,
		.line = member->line,
		.fragments = member->fragments,
		.sids = member->sids,
		.former = member->former,
		.n_sids = member->n_sids,
		.n_former = member->n_former,
	};

	if (member->identity)
		pack_identity(&i, member->identity);
	pack_address(&f, &member->from.addr);
	row.identity = written(&i);
	return store->ops->put_member(store, &row);
}

static int put_members(struct ks_group *group)
{
	struct ks_member *member;
	int err = 0;
	size_t i;

	for (i = 0; i < group->n_members && group->touched && !err; i++) {
		member = group->members[i];
		if (!member->touched)
			continue;
		err = put_member(member);
		member->touched = false;
	}
	group->touched = false;
	return err;
}

/* In a transaction, which is not committed yet. */
static int put_all(struct ks_group *group)
{
	int err = 0;

	if (!group->stored)
		group->stored = calloc(1, sizeof(*group->stored));
	if (!group->stored)
		return -ENOMEM;
	if (!is_group_stored(group))
		err = put_group(group);
	if (!err)
		err = put_epochs(group);
	if (!err)
		err = put_rekeys(group);
	return err ? err : put_members(group);
}

static void forget_rekey(struct ks_rekey *rekey)
{
	if (rekey)
		rekey->stored = false;
}

static void forget(struct ks_group *group)
{
	size_t i;

	free(group->stored);
	group->stored = NULL;
	for (i = 0; i < group->n_epochs; i++) {
		free(group->epochs[i]->stored);
		group->epochs[i]->stored = NULL;
	}
	forget_rekey(group->rekey);
	forget_rekey(group->heir);
	forget_rekey(group->passed);
	group->touched = true;
	for (i = 0; i < group->n_members; i++)
		group->members[i]->touched = true;
}

/* Whatever was to be stored: all of it is to be, when that can be. */
static int fail(struct ks *ks, int err)
{
	if (!ks->store_error)
		log_error(AREA_STORE, "state cannot be stored: %s: no new SAs, and no new senders, "
			  "until it can be", strerror(-err));
	ks->store_error = err;
	ks->store_retry = ks_now(ks) + KS_RETRY_MS;
	ks->setup.store->ops->rollback(ks->setup.store);
	ks_entries_end(ks, false);
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
	for (i = 0; i < ks->n_groups && !err; i++) {
		forget(ks->groups[i]);
		err = put_all(ks->groups[i]);
	}
	return err;
}

static void keep(struct ks_rekey *rekey)
{
	if (rekey)
		rekey->kept = true;
}

/* All that there is may be told now. */
static void release(struct ks *ks)
{
	struct ks_cast *cast;
	size_t i;

	for (cast = ks->casts; cast; cast = cast->next)
		cast->stored = true;
	for (i = 0; i < ks->n_groups; i++) {
		keep(ks->groups[i]->rekey);
		keep(ks->groups[i]->heir);
		keep(ks->groups[i]->passed);
	}
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
	release(ks);
	ks_entries_end(ks, true);
	return 0;
}

int ks_save_anew(struct ks *ks)
{
	int err = put_all_anew(ks);

	return err ? fail(ks, err) : commit(ks);
}

/* 0: nothing is wrong, or not any more. */
static int recover(struct ks *ks)
{
	if (!ks->store_error)
		return 0;
	if (ks_now(ks) < ks->store_retry)
		return ks->store_error;
	return ks_save_anew(ks);
}

static int put_changes(struct ks *ks)
{
	int err = 0;
	size_t i;

	for (i = 0; i < ks->n_groups && !err; i++)
		err = put_all(ks->groups[i]);
	return err;
}

int ks_may_store(struct ks *ks)
{
	return ks->setup.store ? recover(ks) : 0;
}

int ks_save(struct ks *ks)
{
	int err = ks_may_store(ks);

	if (err || !ks->setup.store)
		return err;
	err = put_changes(ks);
	return err ? fail(ks, err) : commit(ks);
}

void ks_save_entries(struct ks *ks)
{
	if (ks->entries)
		ks_save(ks);
}

uint64_t ks_save_next(const struct ks *ks)
{
	if (!ks->setup.store)
		return IKE_NEVER;
	if (ks->store_error)
		return ks->store_retry;
	return ks->unsaved ? 0 : IKE_NEVER;
}

bool ks_may_give(const struct ks_group *group, const struct ks_rekey *rekey)
{
	return !group->ks->setup.store || !rekey || (rekey->kept && !group->cut);
}

void ks_touch(struct ks_member *member)
{
	member->touched = true;
	member->group->touched = true;
	member->group->ks->unsaved = true;
}

void ks_store_text(struct ks_group *group)
{
	if (group->stored)
		group->stored->text = false;
	group->ks->unsaved = true;
}

/* While all is to be written anew, there is nothing to delete. */
static bool is_writable(const struct ks *ks)
{
	return ks->setup.store && !ks->store_error;
}

static void written_to(struct ks *ks, int err)
{
	ks->unsaved = true;
	if (err)
		fail(ks, err);
}

void ks_store_end_group(struct ks_group *group)
{
	struct ks *ks = group->ks;

	if (is_writable(ks) && group->stored)
		written_to(ks, ks->setup.store->ops->del_group(ks->setup.store, group->conf->name));
}

void ks_store_end_member(const struct ks_member *member)
{
	struct ks *ks = member->group->ks;

	if (is_writable(ks))
		written_to(ks, ks->setup.store->ops->del_member(ks->setup.store,
								member->group->conf->name,
								member->id));
}

void ks_retire(struct ks *ks, uint32_t spi)
{
	const struct store_retired row = { ks->n_retired % KS_MAX_RETIRED, spi };

	ks->retired[row.place] = spi;
	ks->n_retired++;
	if (is_writable(ks))
		written_to(ks, ks->setup.store->ops->put_retired(ks->setup.store, &row));
}
