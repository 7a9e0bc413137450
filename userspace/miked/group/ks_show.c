// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the control socket is told of the key server.
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
	out->present |= GEMCAST_BIT(GEMCAST_KS_GROUP_CONVERGENCE);
	out->convergence = group->convergence;
}

/* The newest first; of each, for whom it is the newest, and how that is known. */
static void show_epochs(const struct ks_group *group, struct gemcast_ks_epochs *out)
{
	const struct ks_member *member;
	struct gemcast_ks_epoch *epoch;
	size_t i, j;

	_Static_assert(KS_MAX_EPOCHS <= GEMCAST_KS_EPOCHS, "all can be told");
	for (i = 0; i < group->n_epochs; i++) {
		epoch = &out->epoch[out->count++];
		epoch->present = GEMCAST_BIT(GEMCAST_KS_EPOCH_NUMBER) |
				 GEMCAST_BIT(GEMCAST_KS_EPOCH_MEMBERS) |
				 GEMCAST_BIT(GEMCAST_KS_EPOCH_REGISTERED) |
				 GEMCAST_BIT(GEMCAST_KS_EPOCH_ANSWERED) |
				 GEMCAST_BIT(GEMCAST_KS_EPOCH_ACKNOWLEDGED);
		epoch->number = group->epochs[group->n_epochs - 1 - i]->number;
		for (j = 0; j < group->n_members; j++) {
			member = group->members[j];
			if (!member->peer || member->epoch != epoch->number)
				continue;
			epoch->members++;
			epoch->registered += member->proof == KS_REGISTERED;
			epoch->answered += member->proof == KS_ANSWERED;
			epoch->acknowledged += member->proof == KS_ACKNOWLEDGED;
		}
	}
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
			   GEMCAST_BIT(GEMCAST_KS_GROUP_CURRENT) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_LISTENING) |
			   GEMCAST_BIT(GEMCAST_KS_GROUP_EPOCHS),
		.epoch = group->epoch,
		.members = (uint32_t)group->registered,
		.senders = (uint32_t)group->senders,
		.current = (uint32_t)group->current,
		.listening = (uint32_t)group->listening,
	};
	snprintf(out->name, sizeof(out->name), "%s", conf->name);
	conf_identity_print(&conf->id, out->id);
	snprintf(out->encryption, sizeof(out->encryption), "%s",
		 conf_esp_name(&conf->encryption));
	snprintf(out->rekey, sizeof(out->rekey), "%s", rekeys[conf->rekey.transport]);
	for (i = 0; i < group->n_epochs; i++)
		out->sas += (uint32_t)group->epochs[i]->n_sas;
	show_times(group, out);
	show_epochs(group, &out->epochs);
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
	if (member->listens)
		return "listening";
	return member->admitted ? "admitted" : "gone";
}

const char *ks_role_text(uint32_t role)
{
	if (role == CONF_ROLE_BOTH)
		return "both";
	return role == CONF_ROLE_SENDER ? "sender" : "receiver";
}

static const char *proof_of(const struct ks_member *member)
{
	static const char * const proofs[KS_PROOFS] = {
		[KS_REGISTERED] = "registered",
		[KS_ANSWERED] = "answered",
		[KS_ACKNOWLEDGED] = "acknowledged",
	};

	return proofs[member->proof];
}

static void show_past(const struct ks_member *member, struct gemcast_ks_member *out)
{
	out->present |= GEMCAST_BIT(GEMCAST_KS_MEMBER_ADDR) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_PORT) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_EPOCH) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_SIDS) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_SINCE) |
			GEMCAST_BIT(GEMCAST_KS_MEMBER_PROOF);
	out->addr = member->from.addr;
	out->port = member->from.port;
	out->epoch = member->epoch;
	out->sids = (uint32_t)member->n_sids;
	out->since = ks_now(member->group->ks) - member->since;
	snprintf(out->proof, sizeof(out->proof), "%s", proof_of(member));
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
		snprintf(out->role, sizeof(out->role), "%s", ks_role_text(role));
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

int ks_show_unfit(struct ks *ks, const struct conf_group *conf,
		  const struct gemcast_ks_unfit *after, struct gemcast_ks_unfit *out)
{
	const struct ks_group *group = ks_group_find(ks, conf->name);
	const struct ks_member *member;
	const char *why = NULL;
	const char *id = after ? after->id : NULL;

	if (!group)
		return -ENOENT;
	for (member = ks_member_behind(group, id); member;
	     member = ks_member_behind(group, member->id)) {
		why = ks_unfit(group, conf, member);
		if (why)
			break;
	}
	if (!why)
		return -ENOENT;
	*out = (struct gemcast_ks_unfit){
		.present = GEMCAST_BIT(GEMCAST_KS_UNFIT_ID) | GEMCAST_BIT(GEMCAST_KS_UNFIT_REASON),
	};
	snprintf(out->id, sizeof(out->id), "%s", member->id);
	snprintf(out->reason, sizeof(out->reason), "%s", why);
	return 0;
}
