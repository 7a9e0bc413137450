// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the control socket asks of the key server.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "group/ks_internal.h"

static void show_times(const struct ks_group *group, struct gemcast_ks_group *out)
{
	const struct ks_epoch *last = ks_last(group);
	uint64_t now = ks_now(group->ks), rollover = group->conf->rollover_ms;

	if (!last)
		return;
	out->present |= GEMCAST_BIT(GEMCAST_KS_GROUP_NEXT_ROLLOVER);
	out->next_rollover = last->end > now + rollover ? last->end - rollover - now : 0;
	if (group->converged == IKE_NEVER)
		return;
	out->present |= GEMCAST_BIT(GEMCAST_KS_GROUP_CONVERGED);
	out->converged = now - group->converged;
}

static void show_group(const struct ks_group *group, struct gemcast_ks_group *out)
{
	static const char * const rekeys[] = {
		[CONF_REKEY_UNICAST] = "unicast",
		[CONF_REKEY_MULTICAST] = "multicast",
		[CONF_REKEY_BOTH] = "both",
	};
	const struct conf_group *conf = group->conf;
	size_t i;

	*out = (struct gemcast_ks_group){
		.present = GEMCAST_BIT(GEMCAST_KS_GROUP_NAME) | GEMCAST_BIT(GEMCAST_KS_GROUP_ID) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_ENCRYPTION) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_REKEY) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_EPOCH) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_SAS) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_MEMBERS) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_SENDERS) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_CURRENT),
		.epoch = group->epoch,
		.members = (uint32_t)group->registered,
		.senders = (uint32_t)group->senders,
		.current = (uint32_t)group->current,
	};
	snprintf(out->name, sizeof(out->name), "%s", conf->name);
	conf_identity_print(&conf->id, out->id);
	snprintf(out->encryption, sizeof(out->encryption), "%s",
		 conf_esp_name(&conf->encryption));
	snprintf(out->rekey, sizeof(out->rekey), "%s", rekeys[conf->rekey.transport]);
	for (i = 0; i < group->n_epochs; i++)
		out->sas += (uint32_t)group->epochs[i]->n_sas;
	show_times(group, out);
}

int ks_show_group(struct ks *ks, const struct gemcast_ks_group *after,
		  struct gemcast_ks_group *out)
{
	size_t i;

	for (i = 0; i < ks->n_groups; i++) {
		if (after && strcmp(ks->groups[i]->conf->name, after->name) <= 0)
			continue;
		show_group(ks->groups[i], out);
		return 0;
	}
	return -ENOENT;
}

static const char *state_of(const struct ks_member *member)
{
	if (member->peer)
		return "registered";
	if (member->expelled)
		return "expelled";
	return member->admitted ? "admitted" : "gone";
}

static const char *role_of(uint32_t role)
{
	if (role == CONF_ROLE_BOTH)
		return "both";
	return role == CONF_ROLE_SENDER ? "sender" : "receiver";
}

static void show_past(const struct ks_member *member, struct gemcast_ks_member *out)
{
	out->present |= GEMCAST_BIT(GEMCAST_KS_MEMBER_ADDR) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_PORT) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_EPOCH) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_SIDS) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_SINCE);
	out->addr = member->from.addr;
	out->port = member->from.port;
	out->epoch = member->epoch;
	out->sids = (uint32_t)member->n_sids;
	out->since = ks_now(member->group->ks) - member->since;
}

static void show_member(const struct ks_member *member, struct gemcast_ks_member *out)
{
	uint32_t role = member->role ? member->role : member->admitted;

	*out = (struct gemcast_ks_member){
		.present = GEMCAST_BIT(GEMCAST_KS_MEMBER_GROUP) |
			   GEMCAST_BIT(GEMCAST_KS_MEMBER_ID) |
			   GEMCAST_BIT(GEMCAST_KS_MEMBER_STATE),
	};
	snprintf(out->group, sizeof(out->group), "%s", member->group->conf->name);
	snprintf(out->id, sizeof(out->id), "%s", member->id);
	snprintf(out->state, sizeof(out->state), "%s", state_of(member));
	if (role) {
		out->present |= GEMCAST_BIT(GEMCAST_KS_MEMBER_ROLE);
		snprintf(out->role, sizeof(out->role), "%s", role_of(role));
	}
	if (member->role)
		show_past(member, out);
}

int ks_show_member(struct ks *ks, const struct gemcast_ks_member *after,
		   struct gemcast_ks_member *out)
{
	const struct ks_group *group;
	const struct ks_member *member;
	size_t i;
	int order;

	for (i = 0; i < ks->n_groups; i++) {
		group = ks->groups[i];
		order = after ? strcmp(group->conf->name, after->group) : 1;
		if (order < 0)
			continue;
		member = ks_member_behind(group, order ? NULL : after->id);
		if (!member)
			continue;
		show_member(member, out);
		return 0;
	}
	return -ENOENT;
}

int ks_group_add(struct ks *ks, struct conf_group *conf, struct reason *why)
{
	struct wire_id id = { conf->id.type, { conf->id.data, conf->id.len } };
	struct ks_group *group;

	if (ks_group_find(ks, conf->name) || ks_group_of(ks, &id)) {
		reason_set(why, "a group with this name or id is there already");
		conf_group_free(conf);
		return -EEXIST;
	}
	group = ks_group_new(ks, conf);
	if (!group) {
		reason_set(why, "no memory");
		conf_group_free(conf);
		return -ENOMEM;
	}
	group->own = conf;
	ks_log(LEVEL_NOTICE, group, NULL, "begins, by command");
	return 0;
}

static struct ks_group *find_group(const struct ks *ks, const char *name, struct reason *why)
{
	struct ks_group *group = ks_group_find(ks, name);

	if (!group)
		reason_set(why, "the key server has no group \"%.64s\"", name);
	return group;
}

int ks_group_del(struct ks *ks, const char *name, struct reason *why)
{
	struct ks_group *group = find_group(ks, name, why);

	if (!group)
		return -ENOENT;
	ks_group_end(group);
	return 0;
}

/* All or none: first there is a place for each. */
static int prepare(struct ks_group *group, const struct conf_identity *ids, size_t count,
		   struct reason *why)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (ks_member_named(group, &ids[i]))
			continue;
		reason_set(why, "no memory");
		ks_members_sweep(group);
		return -ENOMEM;
	}
	return 0;
}

/* The entry that the command names, and those of the same peer in other words. */
static void admit(struct ks_group *group, const struct conf_identity *identity, uint32_t role)
{
	struct ks_member *member, *named = ks_member_named(group, identity);
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (member != named && !ks_is_named(member, identity))
			continue;
		member->expelled = false;
		member->admitted = role;
	}
	ks_log(LEVEL_NOTICE, group, named->id, "admitted as %s, by command", role_of(role));
}

int ks_admit(struct ks *ks, const char *name, enum conf_role role,
	     const struct conf_identity *ids, size_t count, struct reason *why)
{
	struct ks_group *group = find_group(ks, name, why);
	size_t i;
	int err;

	err = group ? prepare(group, ids, count, why) : -ENOENT;
	for (i = 0; !err && i < count; i++)
		admit(group, &ids[i], role);
	return err;
}

/* The same. Did it know keys that are in use? */
static bool expel(struct ks_group *group, const struct conf_identity *identity)
{
	struct ks_member *member, *named = ks_member_named(group, identity);
	bool some = false;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (member != named && !ks_is_named(member, identity))
			continue;
		member->expelled = true;
		member->admitted = 0;
		some |= group->n_epochs && member->epoch >= group->epochs[0]->number;
		ks_exclude(member);
	}
	ks_log(LEVEL_NOTICE, group, named->id, "expelled, by command");
	return some;
}

int ks_expel(struct ks *ks, const char *name, const struct conf_identity *ids, size_t count,
	     struct reason *why)
{
	struct ks_group *group = find_group(ks, name, why);
	bool some = false;
	size_t i;
	int err;

	err = group ? prepare(group, ids, count, why) : -ENOENT;
	for (i = 0; !err && i < count; i++)
		some |= expel(group, &ids[i]);
	if (some) {
		group->renew = true;
		group->doom = true;
	}
	return err;
}

int ks_rekey(struct ks *ks, const char *name, bool now, struct reason *why)
{
	struct ks_group *group = find_group(ks, name, why);

	if (!group)
		return -ENOENT;
	group->renew = true;
	group->doom |= now;
	return 0;
}
