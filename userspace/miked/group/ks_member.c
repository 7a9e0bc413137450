// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of members of a group, and who may be in it. A member is known by its
 * identity in words: what an administrator types is what the table has, in small letters
 * where letters may be either.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/cert.h"
#include "crypto/dn.h"
#include "group/ks_store.h"

/* A domain or mail name with other bytes in it could look like somebody else's. */
static bool is_printable(struct chunk data)
{
	size_t i;

	for (i = 0; i < data.len; i++)
		if (data.data[i] <= ' ' || data.data[i] > '~')
			return false;
	return data.len;
}

/*
 * To small letters where they are the same as large ones, or one host would be two members:
 * domain names, also that of a mail address, as conf_identity_covers() has it.
 */
static void fold(struct conf_identity *identity)
{
	const uint8_t *at = memchr(identity->data, '@', identity->len);
	size_t i = identity->type == ID_RFC822_ADDR && at ? (size_t)(at - identity->data) : 0;

	if (identity->type != ID_FQDN && identity->type != ID_RFC822_ADDR)
		return;
	for (; i < identity->len; i++)
		if (isascii(identity->data[i]))
			identity->data[i] = (uint8_t)tolower(identity->data[i]);
}

/* One that is cut off could be cut off from another, too. */
static bool dn_text(struct chunk der, char *id)
{
	X509_NAME *dn;

	if (dn_from_der(der, &dn))
		return false;
	snprintf(id, GEMCAST_ID_SIZE, "dn:");
	cert_name_text(dn, id + strlen(id), GEMCAST_ID_SIZE - strlen(id));
	X509_NAME_free(dn);
	return strlen(id) < GEMCAST_ID_SIZE - 1;
}

bool ks_identity_text(const struct wire_id *identity, char *id)
{
	struct conf_identity in_words = { .type = identity->type };
	struct chunk data = identity->data;

	_Static_assert(CONF_IDENTITY_TEXT <= GEMCAST_ID_SIZE, "an identity fits");
	switch (identity->type) {
	case ID_DER_ASN1_DN:
		return dn_text(data, id);
	case ID_FQDN:
	case ID_RFC822_ADDR:
		if (!is_printable(data))
			return false;
		break;
	case ID_IPV4_ADDR:
		if (data.len != sizeof(struct in_addr))
			return false;
		break;
	case ID_IPV6_ADDR:
		if (data.len != sizeof(struct in6_addr))
			return false;
		break;
	case ID_KEY_ID:
		break;
	default:
		return false;
	}
	if (!data.len || data.len > CONF_IDENTITY_MAX)
		return false;
	in_words.len = (uint8_t)data.len;
	memcpy(in_words.data, data.data, data.len);
	fold(&in_words);
	conf_identity_print(&in_words, id);
	return true;
}

/* Where it is, or would be. */
static size_t place_of(const struct ks_group *group, const char *id)
{
	size_t from = 0, to = group->n_members, middle;

	while (from < to) {
		middle = from + (to - from) / 2;
		if (strcmp(group->members[middle]->id, id) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

struct ks_member *ks_member_find(const struct ks_group *group, const char *id)
{
	size_t at = place_of(group, id);

	if (at < group->n_members && !strcmp(group->members[at]->id, id))
		return group->members[at];
	return NULL;
}

struct ks_member *ks_member_behind(const struct ks_group *group, const char *id)
{
	size_t at = id ? place_of(group, id) : 0;

	if (id && at < group->n_members && !strcmp(group->members[at]->id, id))
		at++;
	return at < group->n_members ? group->members[at] : NULL;
}

static bool make_room(struct ks_group *group)
{
	size_t room = group->members_room ? 2 * group->members_room : 16;
	struct ks_member **members;

	if (group->n_members < group->members_room)
		return true;
	members = realloc(group->members, room * sizeof(struct ks_member *));
	if (!members)
		return false;
	group->members = members;
	group->members_room = room;
	return true;
}

struct ks_member *ks_member_get(struct ks_group *group, const char *id)
{
	struct ks_member *member = ks_member_find(group, id);
	size_t at, len = strlen(id) + 1;

	if (member)
		return member;
	member = make_room(group) ? calloc(1, sizeof(*member) + len) : NULL;
	if (!member)
		return NULL;
	member->group = group;
	memcpy(member->id, id, len);
	at = place_of(group, id);
	memmove(&group->members[at + 1], &group->members[at],
		(group->n_members - at) * sizeof(struct ks_member *));
	group->members[at] = member;
	group->n_members++;
	return member;
}

struct ks_member *ks_member_named(struct ks_group *group, const struct conf_identity *identity)
{
	struct conf_identity folded = *identity;
	char id[GEMCAST_ID_SIZE];
	struct ks_member *member;

	fold(&folded);
	conf_identity_print(&folded, id);
	member = ks_member_get(group, id);
	if (!member || member->identity)
		return member;
	member->identity = malloc(sizeof(*identity));
	if (!member->identity)
		return NULL;
	*member->identity = *identity;
	return member;
}

bool ks_is_named(const struct ks_member *member, const struct conf_identity *identity)
{
	struct wire_id own;
	struct secret data;
	bool is;

	if (member->peer)
		return auth_id_is(identity, ike_sa_peer(member->peer->sa));
	if (!member->identity || auth_id(member->identity, &own.type, &data))
		return false;
	own.data = secret_chunk(&data);
	is = auth_id_is(identity, &own);
	secret_free(&data);
	return is;
}

static bool is_judged(const struct ks_member *member)
{
	return member->expelled || member->admitted;
}

/*
 * What a command said of the peer. A DN may be in other words than a command has it. What
 * is known of the peer itself counts last: it is there in case that it cannot be compared
 * for want of memory.
 */
static const struct ks_member *by_command(const struct ks_group *group,
					  const struct wire_id *identity, const char *id)
{
	const struct ks_member *own = ks_member_find(group, id), *member;
	size_t i;

	if (own && own->identity && is_judged(own))
		return own;
	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (member->identity && is_judged(member) &&
		    auth_id_is(member->identity, identity))
			return member;
	}
	return own && is_judged(own) ? own : NULL;
}

static bool is_from(const struct conf_member_rule *rule, const struct gemcast_addr *from)
{
	uint32_t i;

	for (i = 0; i < rule->from_count; i++)
		if (prefix_has(&rule->from[i], from))
			return true;
	return !rule->from_count;
}

/* The first rule that covers it counts. */
static const char *by_rules(const struct conf_group *conf, const struct wire_id *identity,
			    const struct gemcast_addr *from, uint32_t *role)
{
	uint32_t i;

	for (i = 0; i < conf->members_count; i++) {
		if (!auth_id_is(&conf->members[i].identity, identity))
			continue;
		*role = conf->members[i].role;
		return is_from(&conf->members[i], from) ? NULL : "its address may not register";
	}
	return "no rule admits it";
}

const char *ks_authorize(const struct ks_group *group, const struct conf_group *conf,
			 const struct wire_id *identity, const char *id,
			 const struct gemcast_addr *from, bool sender, uint32_t *role)
{
	const struct ks_member *known = by_command(group, identity, id);
	const char *why = NULL;

	if (known && known->expelled)
		return "it was expelled";
	if (known && known->admitted)
		*role = known->admitted;
	else
		why = by_rules(conf, identity, from, role);
	if (why)
		return why;
	if (sender && !(*role & CONF_ROLE_SENDER))
		return "it may not be a sender";
	if (!sender && !(*role & CONF_ROLE_RECEIVER))
		return "it may be a sender only";
	return NULL;
}

bool ks_can_wrap(const struct ike_sa *sa, const struct conf_esp *esp)
{
	return 8 * keywrap_key_len(ike_sa_kwa(sa)) >= esp->key_bits;
}

void ks_member_set_sag(struct ks_member *member, struct sag *sag)
{
	free(member->sag);
	member->sag = sag;
}

void ks_listen(struct ks_member *member)
{
	if (!ks_knows(member) || member->listens)
		return;
	member->listens = true;
	member->group->listening++;
	member->group->held += member->n_sids;
}

void ks_listen_no_more(struct ks_member *member)
{
	if (!member->listens)
		return;
	member->listens = false;
	member->group->listening--;
	member->group->held -= member->n_sids;
	ks_touch(member);
}

void ks_member_free(struct ks_member *member)
{
	free(member->sag);
	free(member->identity);
	free(member);
}

void ks_members_free(struct ks_group *group)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		ks_member_free(group->members[i]);
	free(group->members);
}

/*
 * Who left knows the keys of its epochs as long as they live, and a Rekey SA as long as its
 * line goes on.
 */
static bool is_worth(const struct ks_member *member)
{
	const struct ks_group *group = member->group;

	if (member->peer || member->entry || member->admitted || member->expelled ||
	    ks_knows(member))
		return true;
	return group->n_epochs && member->epoch >= group->epochs[0]->number;
}

void ks_members_sweep(struct ks_group *group)
{
	size_t i, kept = 0;

	for (i = 0; i < group->n_members; i++) {
		if (is_worth(group->members[i])) {
			group->members[kept++] = group->members[i];
			continue;
		}
		ks_store_end_member(group->members[i]);
		ks_member_free(group->members[i]);
	}
	group->n_members = kept;
}
