// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Rekey SAs of a group: how they are made, follow one another, and end (RFC 9838
 * 2.4.1). One that is told by a message over the one before has a pair of its own to sign
 * by; one that members get by their IKE SAs cannot say so (table 10), and keeps the pair.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_internal.h"

bool ks_knows(const struct ks_member *member)
{
	const struct ks_group *group = member->group;

	return group->rekey && member->line == group->line;
}

bool ks_hears(const struct ks_member *member)
{
	return ks_knows(member) && !member->deaf;
}

struct ks_rekey *ks_rekey_given(const struct ks_group *group)
{
	return group->heir ? group->heir : group->rekey;
}

void ks_rekey_free(struct ks_rekey **rekey)
{
	if (!*rekey)
		return;
	rekey_sa_free(&(*rekey)->sa);
	secret_free(&(*rekey)->auth_key);
	free(*rekey);
	*rekey = NULL;
}

static bool has_spi(const struct ks_rekey *rekey, const uint8_t *spi)
{
	return rekey && (!memcmp(rekey->sa.spi, spi, WIRE_GIKE_SPI_LEN) ||
			 !memcmp(rekey->next_spi, spi, WIRE_GIKE_SPI_LEN));
}

/* Half of an SPI must not be zero (RFC 7296 3.1). */
static bool is_free(const struct ks *ks, const uint8_t *spi)
{
	struct reader r = reader_of((struct chunk){ spi, WIRE_GIKE_SPI_LEN });
	const struct ks_group *group;
	size_t i;

	if (!read_u64(&r))
		return false;
	for (i = 0; i < ks->n_groups; i++) {
		group = ks->groups[i];
		if (has_spi(group->rekey, spi) || has_spi(group->heir, spi) ||
		    has_spi(group->passed, spi))
			return false;
	}
	return true;
}

static int choose_spi(const struct ks *ks, uint8_t *spi)
{
	int err;

	do
		err = ks_random(ks, ks->setup.world.spi, spi, WIRE_GIKE_SPI_LEN);
	while (!err && !is_free(ks, spi));
	return err;
}

/* The one that members were told to expect, if there is one. */
static int choose_spis(const struct ks_group *group, struct ks_rekey *rekey)
{
	const struct ks_rekey *before = ks_rekey_given(group);
	int err = 0;

	if (before)
		memcpy(rekey->sa.spi, before->next_spi, WIRE_GIKE_SPI_LEN);
	else
		err = choose_spi(group->ks, rekey->sa.spi);
	return err ? err : choose_spi(group->ks, rekey->next_spi);
}

static void set_address(struct ks_rekey *rekey)
{
	const struct conf_rekey *conf = &rekey->conf;

	rekey->to = (struct net_group){
		.to = { conf->address, conf->port },
		.source = conf->source,
		.ttl = conf->ttl,
	};
	memcpy(rekey->to.interface, conf->interface, sizeof(rekey->to.interface));
}

static void choose_source(const struct ks *ks, struct ks_rekey *rekey)
{
	const struct ks_world *world = &ks->setup.world;

	if (!world->group_source(world->context, &rekey->to, &rekey->source))
		rekey->source = rekey->conf.source;
}

static int fill(struct ks_group *group, struct ks_rekey *rekey, const struct ks_rekey *before)
{
	int err;

	set_address(rekey);
	choose_source(group->ks, rekey);
	err = choose_spis(group, rekey);
	if (!err)
		err = rekey_sa_new(group->ks->setup.crypto, &rekey->conf, &rekey->source,
				   before ? &before->sa : NULL, &rekey->sa);
	if (!err && rekey->sa.scheme)
		err = key_to_spki(&rekey->sa.key, &rekey->auth_key);
	return err;
}

/* @before: whose pair it signs by; NULL: it gets one of its own. */
static int new_rekey(struct ks_group *group, const struct ks_rekey *before,
		     struct ks_rekey **out)
{
	struct ks_rekey *rekey = calloc(1, sizeof(*rekey));
	int err;

	if (!rekey)
		return -ENOMEM;
	rekey->conf = group->conf->rekey;
	rekey->end = ks_now(group->ks) + rekey->conf.lifetime_ms;
	err = fill(group, rekey, before);
	if (err) {
		ks_rekey_free(&rekey);
		return err;
	}
	rekey->signer = before ? before->signer : ++group->signers;
	*out = rekey;
	return 0;
}

int ks_rekey_load(const struct crypto *crypto, struct chunk keys, struct ks_rekey *rekey)
{
	int err;

	set_address(rekey);
	err = rekey_sa_unpack(crypto, &rekey->conf, &rekey->source, keys, &rekey->sa);
	if (!err && rekey->sa.scheme)
		err = key_to_spki(&rekey->sa.key, &rekey->auth_key);
	return err;
}

/* When all must have been told of the heir; and who was not by multicast is by unicast. */
static void set_inherit(struct ks_group *group)
{
	const struct conf_rekey *conf = &group->conf->rekey;
	const uint64_t told = group->heir->told.at;

	group->heir->repair = conf->transport == CONF_REKEY_BOTH ?
			      told + conf_acknowledged_ms(conf) : IKE_NEVER;
	group->inherit = told + ks_reach(group);
	if (group->inherit > group->rekey->end)
		group->inherit = group->rekey->end;
}

void ks_rekey_resume(struct ks_group *group)
{
	int err;

	group->part = ks_now(group->ks);
	if (!group->heir)
		return;
	group->heir->told.at = group->part;
	err = ks_shim_heir(group);
	set_inherit(group);
	if (err)
		ks_log(LEVEL_ERROR, group, NULL, "a new Rekey SA is not told again: %s",
		       strerror(-err));
}

/* Nobody is on it yet; who listens to the line before hears no more. */
static void begin_line(struct ks_group *group, struct ks_rekey *rekey)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		ks_listen_no_more(group->members[i]);
	group->line++;
	group->rekey = rekey;
	group->renew_rekey = false;
	group->quiet = 0;
}

void ks_rekey_end(struct ks_group *group)
{
	ks_rekey_free(&group->rekey);
	ks_rekey_free(&group->heir);
	ks_rekey_free(&group->passed);
	begin_line(group, NULL);
}

int ks_rekey_ready(struct ks_group *group)
{
	struct ks_rekey *fresh;
	int err;

	if (group->conf->rekey.transport == CONF_REKEY_UNICAST)
		return 0;
	if (group->rekey && group->rekey->end > ks_now(group->ks) && ks_is_alive(group))
		return 0;
	err = new_rekey(group, NULL, &fresh);
	if (err)
		return err;
	ks_shim_part(group);
	ks_rekey_end(group);
	begin_line(group, fresh);
	ks_log(LEVEL_INFO, group, NULL, "has a Rekey SA");
	return 0;
}

int ks_rekey_cut(struct ks_group *group)
{
	struct ks_rekey *fresh;
	int err;

	if (!group->rekey)
		return 0;
	err = new_rekey(group, ks_rekey_given(group), &fresh);
	if (err)
		return err;
	ks_shim_part(group);
	if (group->heir)
		ks_rekey_free(&group->rekey);
	group->passed = ks_rekey_given(group);
	group->part = ks_now(group->ks) + ks_reach(group);
	group->heir = NULL;
	begin_line(group, fresh);
	ks_log(LEVEL_NOTICE, group, NULL,
	       "a new Rekey SA, which each member gets by its IKE SA alone");
	return 0;
}

void ks_rekey_drop(struct ks_group *group)
{
	struct chunk none = { NULL, 0 };

	if (!group->rekey)
		return;
	ks_shim_part(group);
	if (group->heir)
		ks_cast_delete(group, group->heir, none, KS_DELETE_REKEY);
	ks_cast_delete(group, group->rekey, none, KS_DELETE_REKEY);
	ks_rekey_end(group);
}

/* Those who do not hear it in time must not lack it: the last quarter of its life is theirs. */
static uint64_t due_at(const struct ks_group *group)
{
	const struct ks_rekey *rekey = group->rekey;
	uint64_t at = rekey->end - rekey->conf.lifetime_ms / 4;

	if (group->heir || !ks_is_alive(group))
		return IKE_NEVER;
	if (group->renew_rekey || rekey->sa.next_id >= KS_LAST_MESSAGE_ID)
		at = 0;
	at = at > group->quiet ? at : group->quiet;
	return at > group->rekey_retry ? at : group->rekey_retry;
}

/* Not before the others could have followed to the new line. */
static uint64_t part_at(const struct ks_group *group)
{
	if (group->cut)
		return IKE_NEVER;
	return ks_has_converged(group) ? 0 : group->part;
}

uint64_t ks_rekey_next(const struct ks_group *group)
{
	uint64_t next = IKE_NEVER;

	if (group->passed)
		next = part_at(group);
	if (!group->rekey)
		return next;
	if (group->rekey->end < next)
		next = group->rekey->end;
	if (group->heir && group->inherit < next)
		next = group->inherit;
	if (group->heir && group->heir->repair < next)
		next = group->heir->repair;
	return due_at(group) < next ? due_at(group) : next;
}

void ks_has_heir(struct ks_member *member)
{
	member->heir = true;
	member->missed = false;
}

void ks_has_rekey(struct ks_member *member, uint32_t line, const uint8_t *spi)
{
	const struct ks_group *group = member->group;

	member->line = line;
	if (line != group->line)
		return;
	if (group->heir && !memcmp(group->heir->sa.spi, spi, WIRE_GIKE_SPI_LEN)) {
		ks_has_heir(member);
	} else if (!memcmp(group->rekey->sa.spi, spi, WIRE_GIKE_SPI_LEN)) {
		member->deaf = false;
		member->missed = false;
	}
}

/* Of those who are to acknowledge, who did not may have heard nothing of it. */
static void lacks_heir(struct ks_member *member)
{
	member->deaf = true;
	member->missed = true;
	ks_log(LEVEL_NOTICE, member->group, member->id,
	       "is not known to have the new Rekey SA: gets keys by its IKE SA");
}

static void judge_heirs(struct ks_group *group)
{
	const struct conf_rekey *conf = &group->conf->rekey;
	bool strict = conf->transport == CONF_REKEY_BOTH && conf->acknowledge == CONF_ACK_ALL;
	struct ks_member *member;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (ks_knows(member) && member->heir)
			member->deaf = false;
		else if (strict && ks_hears(member) && member->peer && member->hello)
			lacks_heir(member);
		member->heir = false;
	}
}

static void inherit(struct ks_group *group)
{
	judge_heirs(group);
	ks_rekey_free(&group->rekey);
	group->rekey = group->heir;
	group->heir = NULL;
	ks_tell_all(group);
}

/* Who hears the message with the heir in it knows its key. */
static void teach(struct ks_group *group)
{
	struct ks_member *member;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		member->heir = false;
		if (member->line == group->line)
			member->signer = group->heir->signer;
	}
}

static int tell_heir(struct ks_group *group)
{
	int err = new_rekey(group, NULL, &group->heir);

	if (err)
		return err;
	err = ks_shim_heir(group);
	if (err) {
		ks_rekey_free(&group->heir);
		return err;
	}
	teach(group);
	group->renew_rekey = false;
	set_inherit(group);
	ks_log(LEVEL_NOTICE, group, NULL, "a new Rekey SA, told over the old one");
	return 0;
}

static void roll_over(struct ks_group *group, uint64_t now)
{
	int err = tell_heir(group);

	if (!err)
		return;
	group->rekey_retry = now + KS_RETRY_MS;
	ks_log(LEVEL_ERROR, group, NULL, "no new Rekey SA: %s", strerror(-err));
	if (err != -EMSGSIZE && err != -EOVERFLOW)
		return;
	/* It cannot be told over the old one, whenever that is tried. */
	group->cut = true;
	group->renew = true;
}

void ks_rekey_run(struct ks_group *group, uint64_t now)
{
	if (group->passed && part_at(group) <= now)
		ks_shim_part(group);
	if (group->heir && group->heir->repair <= now)
		ks_shim_repair_heir(group);
	if (group->heir && group->inherit <= now)
		inherit(group);
	if (!group->rekey)
		return;
	if (group->rekey->end <= now) {
		ks_log(LEVEL_WARNING, group, NULL, "its Rekey SA has ended");
		ks_rekey_end(group);
	} else if (due_at(group) <= now) {
		roll_over(group, now);
	}
}
