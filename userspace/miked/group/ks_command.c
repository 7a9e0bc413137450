// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the control socket asks the key server to do.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "group/ks_store.h"

static struct ks_group *find_group(const struct ks *ks, const char *name, struct reason *why)
{
	struct ks_group *group = ks_group_find(ks, name);

	if (!group)
		reason_set(why, "the key server has no group \"%.64s\"", name);
	return group;
}

/* For a file's text there is the same in conf/check.c. */
static int check_delays(const struct ks *ks, const struct conf_group *conf, struct reason *why)
{
	char text[CONF_WHY_SIZE];
	const char *key = conf_unsafe_delay(conf, &ks->conf->ike, text, sizeof(text));

	if (!key)
		return 0;
	reason_set(why, "%s: %s", key, text);
	return -EINVAL;
}

static int check_new(const struct ks *ks, const struct conf_group *conf, struct reason *why)
{
	struct wire_id id = { conf->id.type, { conf->id.data, conf->id.len } };

	if (!ks_group_find(ks, conf->name) && !ks_group_of(ks, &id))
		return check_delays(ks, conf, why);
	reason_set(why, "a group with this name or id is there already");
	return -EEXIST;
}

/* Of what is done: an expulsion does not wait for a disk. */
static int save(struct ks *ks, struct reason *why)
{
	int err = ks_save(ks);

	if (err)
		reason_set(why, "done, but not stored yet, so that a restart would forget it: %s",
			   strerror(-err));
	return err;
}

int ks_group_add(struct ks *ks, struct conf_group *conf, struct reason *why)
{
	struct ks_group *group;
	int err = check_new(ks, conf, why);

	if (err) {
		conf_group_free(conf);
		return err;
	}
	group = ks_group_new(ks, conf);
	if (!group) {
		reason_set(why, "no memory");
		conf_group_free(conf);
		return -ENOMEM;
	}
	group->own = conf;
	ks_log(LEVEL_NOTICE, group, NULL, "begins, by command");
	return save(ks, why);
}

/* The group that has this policy's name; and nobody else has its ID. */
static int check_other(struct ks *ks, const struct conf_group *conf, struct ks_group **group,
		       struct reason *why)
{
	struct wire_id id = { conf->id.type, { conf->id.data, conf->id.len } };
	const struct ks_group *other = ks_group_of(ks, &id);

	*group = find_group(ks, conf->name, why);
	if (!*group)
		return -ENOENT;
	if (!other || other == *group)
		return check_delays(ks, conf, why);
	reason_set(why, "its id is that of %s", other->conf->name);
	return -EEXIST;
}

int ks_group_check(struct ks *ks, const struct conf_group *conf, struct reason *why)
{
	struct ks_group *group;

	return check_other(ks, conf, &group, why);
}

/* Unless all can live with it. */
static int check_members(const struct ks_group *group, const struct conf_group *conf,
			 struct reason *why)
{
	const char *text, *first_text = NULL, *first = NULL;
	size_t i, n = 0;

	for (i = 0; i < group->n_members; i++) {
		text = ks_unfit(group, conf, group->members[i]);
		if (text && !n++) {
			first = group->members[i]->id;
			first_text = text;
		}
	}
	if (!n)
		return 0;
	reason_set(why, "%zu of %zu members could not live with it: %.100s, %s", n,
		   group->registered + group->listening, first, first_text);
	return -EPERM;
}

/* What is set counts until this changes. */
static int note_configured(struct ks_group *group, struct reason *why)
{
	const struct conf_group *conf = conf_group(group->ks->conf, group->conf->name);
	char *text = group->configured && conf ? conf_group_text(conf) : NULL;

	if (group->configured && !text) {
		reason_set(why, "no memory");
		return -ENOMEM;
	}
	free(group->set_over);
	group->set_over = text;
	return 0;
}

static void log_set(const struct ks_group *group)
{
	if (!group->configured)
		ks_log(LEVEL_NOTICE, group, NULL, "has another policy, by command");
	else if (group->ks->setup.store)
		ks_log(LEVEL_NOTICE, group, NULL,
		       "has another policy, by command: it counts until its configuration changes");
	else
		ks_log(LEVEL_WARNING, group, NULL,
		       "has another policy, by command: a restart forgets it, unless its configuration "
		       "is changed, too");
}

int ks_group_set(struct ks *ks, struct conf_group *conf, bool yes, struct reason *why)
{
	struct conf_group *own;
	struct ks_group *group;
	int err = check_other(ks, conf, &group, why);

	if (!err && !yes)
		err = check_members(group, conf, why);
	if (!err)
		err = note_configured(group, why);
	if (err) {
		conf_group_free(conf);
		return err;
	}
	own = group->own;
	group->own = conf;
	log_set(group);
	ks_group_change(group, conf);
	conf_group_free(own);
	return save(ks, why);
}

int ks_group_del(struct ks *ks, const char *name, struct reason *why)
{
	struct ks_group *group = find_group(ks, name, why);

	if (!group)
		return -ENOENT;
	ks_group_end(group);
	return save(ks, why);
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
		ks_touch(member);
	}
	ks_log(LEVEL_NOTICE, group, named->id, "admitted as %s, by command", ks_role_text(role));
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
	return err ? err : save(ks, why);
}

/* Somebody who registered while nothing could be stored is not known after a restart. */
static bool is_before(const struct ks_group *group, const struct ks_member *named)
{
	return group->n_epochs && !named->role && group->epochs[0]->number <= group->loaded;
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
		some |= ks_knows(member) ||
			(group->n_epochs && member->epoch >= group->epochs[0]->number);
		ks_touch(member);
		ks_exclude(member);
	}
	ks_log(LEVEL_NOTICE, group, named->id, "expelled, by command");
	return some || is_before(group, named);
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
		group->cut = true;
	}
	return err ? err : save(ks, why);
}

int ks_rekey(struct ks *ks, const char *name, bool now, struct reason *why)
{
	struct ks_group *group = find_group(ks, name, why);

	if (!group)
		return -ENOENT;
	group->renew = true;
	group->doom |= now;
	return save(ks, why);
}
