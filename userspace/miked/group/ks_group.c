// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups: how they begin and end.
 */
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

/* Where it is, or would be. */
static size_t place_of(const struct ks *ks, const char *name)
{
	size_t i;

	for (i = 0; i < ks->n_groups; i++)
		if (strcmp(ks->groups[i]->conf->name, name) >= 0)
			break;
	return i;
}

struct ks_group *ks_group_find(const struct ks *ks, const char *name)
{
	size_t at = place_of(ks, name);

	if (at < ks->n_groups && !strcmp(ks->groups[at]->conf->name, name))
		return ks->groups[at];
	return NULL;
}

struct ks_group *ks_group_of(const struct ks *ks, const struct wire_id *idg)
{
	size_t i;

	for (i = 0; i < ks->n_groups; i++)
		if (conf_identity_covers(&ks->groups[i]->conf->id, idg->type, idg->data))
			return ks->groups[i];
	return NULL;
}

static bool has_prefix(const struct conf_group *conf)
{
	const struct conf_prefix *destination;
	uint32_t i;

	for (i = 0; i < conf->traffic_count; i++) {
		destination = &conf->traffic[i].destination;
		if (destination->len != (destination->addr.family == AF_INET6 ? 128 : 32))
			return true;
	}
	return false;
}

void ks_tell_unmet(const struct ks_group *group)
{
	if (has_prefix(group->conf))
		ks_log(LEVEL_WARNING, group, NULL,
		       "a destination is a prefix: members of gemcast refuse SAs of more than one address");
}

struct ks_group *ks_group_new(struct ks *ks, const struct conf_group *conf)
{
	struct ks_group **groups, *group = calloc(1, sizeof(*group));
	size_t at;

	groups = realloc(ks->groups, (ks->n_groups + 1) * sizeof(struct ks_group *));
	if (groups)
		ks->groups = groups;
	if (!group || !groups) {
		free(group);
		return NULL;
	}
	group->ks = ks;
	group->conf = conf;
	group->converged = IKE_NEVER;
	group->used_up = IKE_NEVER;
	at = place_of(ks, conf->name);
	memmove(&groups[at + 1], &groups[at], (ks->n_groups - at) * sizeof(struct ks_group *));
	groups[at] = group;
	ks->n_groups++;
	ks_tell_unmet(group);
	return group;
}

void ks_group_free(struct ks_group *group)
{
	struct ks *ks = group->ks;
	size_t at = place_of(ks, group->conf->name);

	ks->n_groups--;
	memmove(&ks->groups[at], &ks->groups[at + 1],
		(ks->n_groups - at) * sizeof(struct ks_group *));
	ks_epochs_free(group);
	ks_rekey_free(&group->rekey);
	ks_rekey_free(&group->heir);
	ks_rekey_free(&group->passed);
	ks_members_free(group);
	conf_group_free(group->own);
	free(group->set_over);
	free(group->stored);
	free(group);
}

void ks_exclude_all(struct ks_group *group)
{
	size_t i;

	ks_shim_exclude(group);
	for (i = 0; i < group->n_members; i++)
		ks_exclude(group->members[i]);
}

void ks_group_end(struct ks_group *group)
{
	ks_save_entries(group->ks);
	ks_log(LEVEL_NOTICE, group, NULL, "ends: %zu members are told", group->registered);
	ks_exclude_all(group);
	ks_store_end_group(group);
	ks_group_free(group);
}
