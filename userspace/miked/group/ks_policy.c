// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another policy for a group: what becomes of its SAs, and of members that cannot go on.
 * Epochs under the new one follow those under the old as any others do, so that no packet
 * is lost by it, as long as members need no new registration.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

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

/* Members cannot be told of it but by a registration (RFC 9838 4.4.2.1.1). */
static bool same_method(const struct conf_rekey *a, const struct conf_rekey *b)
{
	return a->transport != CONF_REKEY_UNICAST && b->transport != CONF_REKEY_UNICAST &&
	       a->authentication == b->authentication;
}

static bool same_rekey(const struct conf_rekey *a, const struct conf_rekey *b)
{
	return net_addr_equal(&a->address, &b->address) && a->port == b->port &&
	       net_addr_equal(&a->source, &b->source) &&
	       a->encryption.id == b->encryption.id &&
	       a->encryption.key_bits == b->encryption.key_bits &&
	       a->key_wrap == b->key_wrap && a->lifetime_ms == b->lifetime_ms;
}

/* All begin anew, in SAs of their own. */
static void start_over(struct ks_group *group)
{
	ks_log(LEVEL_NOTICE, group, NULL, "members have to register again: %zu are told",
	       group->registered);
	ks_exclude_all(group);
	ks_rekey_end(group);
	ks_epochs_free(group);
	ks_members_sweep(group);
}

static const struct scheme *scheme_by(uint32_t authentication)
{
	static const struct {
		enum scheme_kind kind;
		uint16_t hash;
	} by[] = {
		[CONF_REKEY_ED25519] = { SCHEME_ED25519, HASH_IDENTITY },
		[CONF_REKEY_ECDSA_P256] = { SCHEME_ECDSA, HASH_SHA2_256 },
		[CONF_REKEY_ECDSA_P384] = { SCHEME_ECDSA, HASH_SHA2_384 },
	};
	const struct scheme *scheme;
	size_t i;

	for (i = 0; (scheme = scheme_at(i)); i++)
		if (authentication != CONF_REKEY_IMPLICIT &&
		    scheme->kind == by[authentication].kind &&
		    scheme->hash == by[authentication].hash)
			break;
	return scheme;
}

/* By what it said when it registered. */
static bool can_do(const struct ks_member *member, const struct conf_group *conf)
{
	const struct rekey_sa sa = {
		.cipher = { conf->rekey.encryption.id, conf->rekey.encryption.key_bits, AUTH_NONE },
		.kwa = (uint16_t)conf->rekey.key_wrap,
		.scheme = scheme_by(conf->rekey.authentication),
	};
	struct wire_transform esp[ESP_TRANSFORMS], rekey[REKEY_TRANSFORMS];
	struct wire_policy policies[2] = {
		{ .protocol = PROTO_ESP, .transforms = esp, .n_transforms = ESP_TRANSFORMS },
	};
	size_t n = 1;

	if (!member->sag)
		return true;
	esp_to_wire(&conf->encryption, conf->senders == CONF_SENDERS_ONE && conf->replay, esp);
	if (conf->rekey.transport == CONF_REKEY_MULTICAST)
		rekey_sa_policy(&sa, true, rekey, &policies[n++]);
	return sag_allows(member->sag->proposals, member->sag->n_proposals, policies, n);
}

static const char *refused(const struct ks_group *group, const struct conf_group *conf,
			   const struct ks_member *member, const struct wire_id *identity)
{
	uint32_t role;

	return ks_authorize(group, conf, identity, member->id, &member->from.addr,
			    member->role & CONF_ROLE_SENDER, &role);
}

/* Of who has no IKE SA there is its name alone. */
static const char *refused_by_name(const struct ks_group *group, const struct conf_group *conf,
				   const struct ks_member *member)
{
	struct conf_identity identity;
	struct wire_id id = { 0 };
	struct secret data;
	const char *why;

	if (!conf_identity_parse(member->id, ID_FQDN, false, &identity) ||
	    auth_id(&identity, &id.type, &data))
		return "its identity cannot be compared";
	id.data = secret_chunk(&data);
	why = refused(group, conf, member, &id);
	secret_free(&data);
	return why;
}

static bool can_wrap(const struct ks_member *member, const struct conf_group *conf)
{
	const struct ike_sa *sa = member->peer->sa;

	return ks_can_wrap(sa, &conf->encryption) &&
	       (conf->rekey.transport != CONF_REKEY_MULTICAST ||
		ks_can_wrap(sa, &conf->rekey.encryption));
}

const char *ks_unfit(const struct ks_group *group, const struct conf_group *conf,
		     const struct ks_member *member)
{
	const char *why;

	if (!member->peer && !member->listens)
		return NULL;
	why = member->peer ? refused(group, conf, member, ike_sa_peer(member->peer->sa)) :
			     refused_by_name(group, conf, member);
	if (why)
		return why;
	if (member->peer && !can_wrap(member, conf))
		return "its key wrap key is too short";
	if (!can_do(member, conf))
		return "it cannot do the algorithms";
	if (!can_go_on(group->conf, conf))
		return "it has to register again";
	return NULL;
}

/* It left, or has not come back since a restart, and knows keys that are in use. */
static bool knows_keys(const struct ks_member *member)
{
	const struct ks_group *group = member->group;

	return member->role && !member->peer && !member->listens && !member->expelled &&
	       group->n_epochs && member->epoch >= group->epochs[0]->number;
}

/* One that cannot be told of it is found out once. */
static void exclude(struct ks_member *member)
{
	if (!member->peer && !member->listens)
		member->role = 0;
	ks_touch(member);
	ks_exclude(member);
}

/* Whom the new policy does not suit goes, and what it knows is of no use soon. */
static bool exclude_unfit(struct ks_group *group)
{
	struct ks_member *member;
	const char *why;
	bool some = false;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		why = knows_keys(member) ? refused_by_name(group, group->conf, member) :
					   ks_unfit(group, group->conf, member);
		if (!why)
			continue;
		ks_log(LEVEL_NOTICE, group, member->id, "excluded: by the new policy %s", why);
		exclude(member);
		some = true;
	}
	return some;
}

/* What it is to be by now, and members have not heard of. */
static void change_rekey(struct ks_group *group, const struct conf_rekey *before)
{
	const struct conf_rekey *after = &group->conf->rekey;

	if (!group->rekey)
		return;
	if (!same_method(before, after))
		ks_rekey_drop(group);
	else if (!same_rekey(before, after))
		group->renew_rekey = true;
}

void ks_group_change(struct ks_group *group, const struct conf_group *conf)
{
	const struct conf_group *before = group->conf;

	group->conf = conf;
	group->checked = false;
	ks_store_text(group);
	ks_tell_unmet(group);
	if (!can_go_on(before, conf)) {
		start_over(group);
		return;
	}
	change_rekey(group, &before->rekey);
	if (exclude_unfit(group)) {
		group->renew = true;
		group->doom = true;
		group->cut = true;
	} else if (!same_sas(before, conf)) {
		group->renew = true;
		group->doom = true;
	}
}

/* ---- set by command, over that of the configuration */

/* To who reads the policy, a comment of YAML. */
static const char behind[] = "\n# configured: ";

char *ks_policy_text(const struct ks_group *group)
{
	char *text = conf_group_text(group->conf), *both = NULL;

	if (!text || !group->set_over)
		return text;
	if (asprintf(&both, "%s%s%s\n", text, behind, group->set_over) < 0)
		both = NULL;
	free(text);
	return both;
}

static void unheard(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

/* As this version writes it, which may know of more options than the one that stored it. */
char *ks_policy_set_over(const char *text)
{
	const char *at = strstr(text, behind);
	struct conf_group *conf;
	char *set_over;

	if (!at)
		return NULL;
	at += strlen(behind);
	conf = conf_group_load("policy", at, strlen(at), unheard, NULL);
	set_over = conf ? conf_group_text(conf) : NULL;
	conf_group_free(conf);
	return set_over;
}

bool ks_is_set_over(const struct ks_group *group, const struct conf_group *conf)
{
	char *text = group->set_over ? conf_group_text(conf) : NULL;
	const bool is = text && !strcmp(text, group->set_over);

	free(text);
	return is;
}
