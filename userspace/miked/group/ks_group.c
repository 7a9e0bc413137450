// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Groups: how they begin, change their policy, and end.
 */
#include <stdlib.h>
#include <string.h>
#include "conf/diff.h"
#include "group/ks_internal.h"

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

/* What is configured and not done, or not by all. */
static void tell_unmet(const struct ks_group *group)
{
	const struct conf_group *conf = group->conf;

	if (conf->rekey.transport != CONF_REKEY_UNICAST)
		ks_log(LEVEL_WARNING, group, NULL,
		       "rekey by multicast is not done yet: each member gets new keys by unicast");
	if (conf->packets || conf->bytes)
		ks_log(LEVEL_WARNING, group, NULL,
		       "packets and bytes are not counted yet: SAs are replaced by time");
	if (has_prefix(conf))
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
	at = place_of(ks, conf->name);
	memmove(&groups[at + 1], &groups[at], (ks->n_groups - at) * sizeof(struct ks_group *));
	groups[at] = group;
	ks->n_groups++;
	tell_unmet(group);
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
	ks_members_free(group);
	conf_group_free(group->own);
	free(group);
}

static void exclude_all(struct ks_group *group)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		ks_exclude(group->members[i]);
}

void ks_group_end(struct ks_group *group)
{
	ks_log(LEVEL_NOTICE, group, NULL, "ends: %zu members are told", group->registered);
	exclude_all(group);
	ks_group_free(group);
}

static bool same_identity(const struct conf_identity *a, const struct conf_identity *b)
{
	return a->type == b->type && a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/*
 * Can members go on without a new registration? It alone brings Sender-IDs (table 10) and
 * says the mode (RFC 9838 2.3.4).
 */
static bool can_go_on(const struct conf_group *before, const struct conf_group *after)
{
	return same_identity(&before->id, &after->id) &&
	       before->mode == after->mode && before->sender_id_bits == after->sender_id_bits &&
	       before->senders == after->senders;
}

static bool same_traffic(const struct conf_group *a, const struct conf_group *b)
{
	uint32_t i;

	for (i = 0; i < a->traffic_count && i < b->traffic_count; i++)
		if (!selector_equal(&a->traffic[i], &b->traffic[i]))
			return false;
	return a->traffic_count == b->traffic_count;
}

static bool same_sas(const struct conf_group *a, const struct conf_group *b)
{
	return same_traffic(a, b) && a->mode == b->mode && a->replay == b->replay &&
	       a->encryption.id == b->encryption.id &&
	       a->encryption.key_bits == b->encryption.key_bits &&
	       a->lifetime_ms == b->lifetime_ms;
}

/* All begin anew, in SAs of their own. */
static void start_over(struct ks_group *group)
{
	ks_log(LEVEL_NOTICE, group, NULL, "members have to register again: %zu are told",
	       group->registered);
	exclude_all(group);
	ks_epochs_free(group);
	ks_members_sweep(group);
}

/* Whom the new rules do not admit goes, and what it knows is of no use soon. */
static bool exclude_unfit(struct ks_group *group)
{
	struct ks_member *member;
	const struct wire_id *id;
	uint32_t role;
	const char *why;
	bool some = false;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (!member->peer)
			continue;
		id = ike_sa_peer(member->peer->sa);
		why = ks_authorize(group, id, member->id, &member->from.addr,
				   member->role & CONF_ROLE_SENDER, &role);
		if (!why && !ks_can_wrap(member->peer->sa, &group->conf->encryption))
			why = "its key wrap key is too short";
		if (!why)
			continue;
		ks_log(LEVEL_NOTICE, group, member->id, "excluded: by the new policy %s", why);
		ks_exclude(member);
		some = true;
	}
	return some;
}

void ks_group_change(struct ks_group *group, const struct conf_group *conf)
{
	const struct conf_group *before = group->conf;

	group->conf = conf;
	group->checked = false;
	tell_unmet(group);
	if (!can_go_on(before, conf)) {
		start_over(group);
		return;
	}
	if (exclude_unfit(group) || !same_sas(before, conf)) {
		group->renew = true;
		group->doom = true;
	}
}
