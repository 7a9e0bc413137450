// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How what is new reaches all members: a reliable multicast shim. By unicast, each is
 * asked by its IKE SA and answers. By multicast, a message goes out some times. By both,
 * it does, and who is not known to have it then is asked by its IKE SA; senders, and
 * those who cannot acknowledge, at once. Whoever does not hear the Rekey SA in use is
 * always reached by unicast.
 *
 * The rest of the key server makes epochs and says that they are to reach all; when all
 * are reached, or nobody is waited for any longer, is told by is_over() of ks_epoch.c.
 */
#include <errno.h>
#include <string.h>
#include "group/ks_internal.h"

/* Is it asked before it could have acknowledged? */
static bool is_first(const struct ks_member *member)
{
	return member->group->conf->rekey.transport == CONF_REKEY_BOTH &&
	       ((member->role & CONF_ROLE_SENDER && member->n_sids) || !member->hello);
}

/*
 * A new line, or the youngest of its own, which it missed. Who is a member of gemcast is
 * told by what key it signs; another has to know that.
 */
struct ks_rekey *ks_lacks_rekey(const struct ks_member *member)
{
	const struct ks_group *group = member->group;

	if (!group->rekey || !member->line || (member->deaf && !member->missed))
		return NULL;
	if (member->line == group->line && !member->missed)
		return NULL;
	if (member->hello)
		return ks_rekey_given(group);
	return member->signer == group->rekey->signer ? group->rekey : NULL;
}

bool ks_is_due(const struct ks_member *member)
{
	const struct ks_epoch *last = ks_last(member->group);

	if (!last)
		return false;
	if (ks_lacks_rekey(member))
		return true;
	if (member->epoch >= last->number)
		return false;
	return !last->cast || last->repaired || !ks_hears(member) || is_first(member);
}

static bool is_heard(const struct ks_group *group)
{
	size_t i;

	if (!group->rekey)
		return false;
	if (group->listening)
		return true;
	for (i = 0; i < group->n_members; i++)
		if (group->members[i]->peer && ks_hears(group->members[i]))
			return true;
	return false;
}

static void not_cast(const struct ks_group *group, const char *what, int err)
{
	ks_log(err == -EMSGSIZE ? LEVEL_WARNING : LEVEL_ERROR, group, NULL,
	       "%s does not go by multicast: %s", what,
	       err == -EMSGSIZE ? "it would be in fragments, and not all members put these together" :
				  strerror(-err));
}

/* Some know the Rekey SA in use alone, others its heir alone. */
static int cast_epoch(struct ks_group *group, struct ks_epoch *epoch)
{
	struct ks_rekey *rekeys[KS_MAX_TOLD] = { group->rekey, group->heir };
	size_t i;
	int err;

	for (i = 0; i < KS_MAX_TOLD && rekeys[i]; i++) {
		err = ks_cast_epoch(group, rekeys[i], &epoch, &epoch->told[epoch->n_told]);
		if (err)
			return err;
		if (epoch->told[epoch->n_told].at > epoch->begun)
			epoch->begun = epoch->told[epoch->n_told].at;
		epoch->n_told++;
	}
	return 0;
}

void ks_shim_epoch(struct ks_group *group)
{
	const struct conf_rekey *conf = &group->conf->rekey;
	struct ks_epoch *last = ks_last(group);
	int err = 0;

	last->repair = IKE_NEVER;
	last->settled = IKE_NEVER;
	if (!last->alone && is_heard(group)) {
		err = cast_epoch(group, last);
		if (err)
			not_cast(group, "an epoch", err);
		last->cast = !err;
	}
	if (last->cast) {
		last->settled = last->begun + last->reach;
		if (conf->transport == CONF_REKEY_BOTH)
			last->repair = last->begun + conf_acknowledged_ms(conf);
	}
	ks_tell_all(group);
}

int ks_shim_heir(struct ks_group *group)
{
	int err = ks_cast_heir(group, group->rekey, group->heir, &group->heir->told);

	if (err == -EMSGSIZE)
		not_cast(group, "a Rekey SA", err);
	return err;
}

void ks_shim_gone(struct ks_group *group, struct chunk spis)
{
	int err = 0;

	if (!spis.len || !is_heard(group))
		return;
	err = ks_cast_delete(group, group->rekey, spis, KS_DELETE_SAS);
	if (!err && group->heir)
		err = ks_cast_delete(group, group->heir, spis, KS_DELETE_SAS);
	if (err)
		ks_log(LEVEL_ERROR, group, NULL, "SAs are not deleted, and end by their lifetime: %s",
		       strerror(-err));
}

void ks_shim_part(struct ks_group *group)
{
	struct chunk none = { NULL, 0 };
	int err;

	if (!group->passed)
		return;
	err = ks_cast_delete(group, group->passed, none, KS_DELETE_REKEY);
	if (err)
		ks_log(LEVEL_ERROR, group, NULL,
		       "members without an IKE SA are not told to register again: %s",
		       strerror(-err));
	ks_rekey_free(&group->passed);
}

void ks_shim_exclude(struct ks_group *group)
{
	struct ks_rekey *rekeys[] = { group->rekey, group->heir, group->passed };
	struct chunk none = { NULL, 0 };
	size_t i;
	int err;

	for (i = 0; i < sizeof(rekeys) / sizeof(rekeys[0]); i++) {
		err = rekeys[i] ? ks_cast_delete(group, rekeys[i], none, KS_DELETE_ALL) : 0;
		if (err)
			ks_log(LEVEL_ERROR, group, NULL,
			       "members without an IKE SA are not told that they are out: %s",
			       strerror(-err));
	}
}

/* Of a sample, half of those that were to acknowledge did not: that may be so of all. */
static bool is_to_be_repaired(const struct ks_group *group, size_t acks)
{
	size_t may, expected;

	if (group->conf->rekey.acknowledge == CONF_ACK_ALL)
		return true;
	may = ks_may_acknowledge(group);
	expected = may < KS_SAMPLE ? may : KS_SAMPLE;
	return 2 * acks < expected;
}

uint64_t ks_shim_next(const struct ks_group *group)
{
	const struct ks_epoch *last = ks_last(group);

	return last ? last->repair : IKE_NEVER;
}

void ks_shim_run(struct ks_group *group, uint64_t now)
{
	struct ks_epoch *last = ks_last(group);

	if (!last || last->repair > now)
		return;
	last->repair = IKE_NEVER;
	if (!is_to_be_repaired(group, last->acks))
		return;
	last->repaired = true;
	if (group->current < group->registered)
		ks_log(LEVEL_INFO, group, NULL,
		       "%zu of %zu members are not known to have epoch %u: by unicast",
		       group->registered - group->current, group->registered, last->number);
	ks_tell_all(group);
}

static bool may_lack_heir(const struct ks_member *member)
{
	return member->peer && member->hello && ks_hears(member) && !member->heir;
}

void ks_shim_repair_heir(struct ks_group *group)
{
	size_t i, lack = 0, may = ks_may_acknowledge(group);

	group->heir->repair = IKE_NEVER;
	for (i = 0; i < group->n_members; i++)
		lack += may_lack_heir(group->members[i]);
	if (!lack || !is_to_be_repaired(group, may - lack))
		return;
	for (i = 0; i < group->n_members; i++)
		group->members[i]->missed |= may_lack_heir(group->members[i]);
	ks_log(LEVEL_INFO, group, NULL,
	       "%zu of %zu members are not known to have the new Rekey SA: by unicast", lack, may);
	ks_tell_all(group);
}
