// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The key server as a whole: its life, its configuration, its time.
 */
#include <stdlib.h>
#include <string.h>
#include "conf/diff.h"
#include "group/ks_store.h"

static void add_group(struct ks *ks, const struct conf_group *conf)
{
	struct ks_group *group = ks_group_new(ks, conf);

	if (!group) {
		log_line(AREA_GROUP, LEVEL_ERROR, (&(struct log_about){ conf->name, NULL }),
			 "no memory for this group");
		return;
	}
	group->configured = true;
	ks_log(LEVEL_NOTICE, group, NULL, "begins: %s, %u kinds of traffic",
	       conf_esp_name(&conf->encryption), conf->traffic_count);
}

struct ks *ks_new(const struct ks_setup *setup, const struct conf *conf)
{
	struct ks *ks = calloc(1, sizeof(*ks));
	uint32_t i;

	if (!ks)
		return NULL;
	ks->setup = *setup;
	ks->conf = conf;
	ks->technique = &technique_flat;
	if (setup->store)
		return ks;
	for (i = 0; i < conf->key_server.groups_count; i++)
		add_group(ks, &conf->key_server.groups[i]);
	if (ks->n_groups == conf->key_server.groups_count)
		return ks;
	ks_free(ks);
	return NULL;
}

void ks_free(struct ks *ks)
{
	if (!ks)
		return;
	ks->setup.store = NULL;
	while (ks->n_groups)
		ks_group_free(ks->groups[0]);
	ks_entries_free(ks);
	ks_peers_free(ks);
	ks_casts_free(ks);
	free(ks->groups);
	free(ks);
}

/* Those that the new configuration has not, unless a command brought them. */
static void end_groups(struct ks *ks, const struct conf *conf)
{
	struct ks_group *group;
	size_t i = 0;

	while (i < ks->n_groups) {
		group = ks->groups[i];
		if (!group->configured || conf_group(conf, group->conf->name))
			i++;
		else
			ks_group_end(group);
	}
}

/* Its ID is another group's now, which the configuration brought. */
static void end_shadowed(struct ks *ks, const struct conf_group *conf)
{
	struct wire_id id = { conf->id.type, { conf->id.data, conf->id.len } };
	struct ks_group *group = ks_group_of(ks, &id);

	if (!group || group->configured || !strcmp(group->conf->name, conf->name))
		return;
	ks_log(LEVEL_WARNING, group, NULL, "its id is that of %s in the configuration",
	       conf->name);
	ks_group_end(group);
}

static void take_group(struct ks *ks, const struct conf_group *conf)
{
	struct ks_group *group;
	struct conf_group *own;

	end_shadowed(ks, conf);
	group = ks_group_find(ks, conf->name);
	if (!group) {
		add_group(ks, conf);
		return;
	}
	if (ks_is_set_over(group, conf)) {
		ks_log(LEVEL_NOTICE, group, NULL,
		       "keeps the policy that was set by command: its configuration is what it was then");
		return;
	}
	if (group->set_over)
		ks_log(LEVEL_WARNING, group, NULL,
		       "its configuration changed, and counts now: what was set by command is over");
	own = group->own;
	group->own = NULL;
	free(group->set_over);
	group->set_over = NULL;
	group->configured = true;
	ks_group_change(group, conf);
	conf_group_free(own);
}

void ks_reload(struct ks *ks, const struct conf *conf)
{
	uint32_t i;

	end_groups(ks, conf);
	ks->conf = conf;
	for (i = 0; i < conf->key_server.groups_count; i++)
		take_group(ks, &conf->key_server.groups[i]);
	ks->unsaved = true;
}

void ks_request(struct ks *ks, struct ike_sa *sa, const struct wire_message *request,
		struct ike_content *response)
{
	switch (request->header.exchange) {
	case GSA_AUTH:
	case GSA_REGISTRATION:
		ks_registration(ks, sa, request, response);
		break;
	case GSA_INBAND_REKEY:
		log_line(AREA_GROUP, LEVEL_WARNING, (&(struct log_about){ NULL, ike_sa_text(sa) }),
			 "a member that sends keys to its key server");
		ike_notify(response, N_INVALID_SYNTAX, (struct chunk){ NULL, 0 });
		break;
	case INFORMATIONAL:
		ks_inform(ks, sa, request);
		break;
	default:
		break;
	}
}

const struct ks_stats *ks_stats(const struct ks *ks)
{
	return &ks->stats;
}

uint64_t ks_next(const struct ks *ks)
{
	uint64_t at, next = ks_peers_next(ks);
	size_t i;

	at = ks_casts_next(ks);
	if (at < next)
		next = at;
	at = ks_save_next(ks);
	if (at < next)
		next = at;
	for (i = 0; i < ks->n_groups; i++) {
		at = ks_group_next(ks->groups[i]);
		if (at < next)
			next = at;
	}
	return next;
}

void ks_run(struct ks *ks)
{
	size_t i;

	for (i = 0; i < ks->n_groups; i++)
		ks_group_run(ks->groups[i]);
	ks_save(ks);
	ks_peers_run(ks);
	ks_casts_run(ks);
}
