// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What members of gemcast say and are told beyond RFC 9838: Documentation/g-ikev2.md,
 * "Between members and key servers of gemcast".
 */
#include <string.h>
#include "group/ks_internal.h"

size_t ks_may_acknowledge(const struct ks_group *group)
{
	const struct ks_member *member;
	size_t i, n = 0;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		n += member->peer && member->hello && ks_hears(member);
	}
	return n;
}

static uint16_t rate_of(size_t members)
{
	size_t rate = members ? (size_t)KS_SAMPLE * HELLO_RATE / members : HELLO_RATE;

	return (uint16_t)(rate < HELLO_RATE ? rate : HELLO_RATE - 1);
}

void ks_put_hello(const struct ks_group *group, size_t members, struct ks_room *room,
		  struct ike_content *content)
{
	static const uint8_t acks[] = {
		[CONF_ACK_NONE] = HELLO_ACK_NONE,
		[CONF_ACK_SAMPLED] = HELLO_ACK_SAMPLED,
		[CONF_ACK_ALL] = HELLO_ACK_ALL,
	};
	const struct conf_rekey *conf = &group->conf->rekey;
	struct hello hello = { 0 };

	if (conf->transport != CONF_REKEY_UNICAST) {
		hello.ack = acks[conf->acknowledge];
		hello.rate = rate_of(members);
		hello.spread_ms = (uint32_t)conf->acknowledge_within_ms;
	}
	hello_write(&hello, room->hello);
	ike_notify(content, N_GEMCAST_HELLO, CHUNK(room->hello));
}

void ks_put_limits(const struct ks_group *group, struct ks_epoch *const *epochs, size_t n,
		   struct ks_room *room, struct ike_content *content)
{
	struct sa_limits limits = { 0, group->conf->packets, group->conf->bytes };
	size_t i, put = 0;

	if (!limits.packets && !limits.bytes)
		return;
	while (n--) {
		for (i = 0; i < epochs[n]->n_sas && put < KS_MAX_LIMITS; i++, put++) {
			limits.spi = epochs[n]->sas[i].spi;
			sa_limits_write(&limits, room->limits[put]);
			ike_notify(content, N_SA_LIMITS, CHUNK(room->limits[put]));
		}
	}
}

/* Who says it, if it is a member of gemcast and registered in the group by this IKE SA. */
static struct ks_member *speaker(struct ks *ks, const struct ike_sa *sa,
				 const struct wire_id *idg)
{
	const struct ks_group *group = ks_group_of(ks, idg);
	struct ks_member *member;
	char id[GEMCAST_ID_SIZE];

	if (!group || !ks_identity_text(ike_sa_peer(sa), id))
		return NULL;
	member = ks_member_find(group, id);
	return member && member->peer && member->peer->sa == sa && member->hello ? member : NULL;
}

static bool is_told(const struct ks_told *told, const struct rekey_ack *ack)
{
	return told->message_id == ack->message_id &&
	       chunk_equal(CHUNK(told->spi), ack->spi);
}

static struct ks_epoch *epoch_told(const struct ks_group *group, const struct rekey_ack *ack)
{
	struct ks_epoch *epoch;
	size_t i, j;

	for (i = 0; i < group->n_epochs; i++) {
		epoch = group->epochs[i];
		for (j = 0; j < epoch->n_told; j++)
			if (is_told(&epoch->told[j], ack))
				return epoch;
	}
	return NULL;
}

static void has_epoch(struct ks *ks, struct ks_member *member, struct ks_epoch *epoch)
{
	if (member->acknowledged >= epoch->number) {
		ks->stats.acknowledged_again++;
		return;
	}
	member->acknowledged = epoch->number;
	epoch->acks++;
	ks->stats.acknowledged++;
	ks_has_epoch(member, epoch->number, KS_ACKNOWLEDGED);
}

static void has_heir(struct ks *ks, struct ks_member *member)
{
	if (member->heir) {
		ks->stats.acknowledged_again++;
		return;
	}
	ks_has_heir(member);
	ks->stats.acknowledged++;
}

static void take_ack(struct ks *ks, const struct ike_sa *sa, const struct wire_notify *notify)
{
	struct ks_member *member;
	struct ks_epoch *epoch;
	struct rekey_ack ack;

	if (!rekey_ack_read(notify, &ack)) {
		ks->stats.malformed++;
		return;
	}
	member = speaker(ks, sa, &ack.group);
	epoch = member ? epoch_told(member->group, &ack) : NULL;
	if (epoch)
		has_epoch(ks, member, epoch);
	else if (member && member->group->heir && is_told(&member->group->heir->told, &ack))
		has_heir(ks, member);
	else
		ks->stats.acknowledged_unknown++;
}

/* Of older ones it is no matter: they have been replaced. */
static bool is_of(const struct ks_epoch *epoch, uint32_t spi)
{
	size_t i;

	for (i = 0; epoch && i < epoch->n_sas; i++)
		if (epoch->sas[i].spi == spi)
			return true;
	return false;
}

/*
 * New SAs are due, once for an epoch, and no sooner than senders are to use it: a member
 * must not make them follow one another without end.
 */
static void use_up(const struct ks_member *member, const struct sa_expiring *expiring)
{
	struct ks_group *group = member->group;

	if (group->used_up != IKE_NEVER)
		return;
	group->used_up = ks_last(group)->begun + UINT64_C(1000) * ks_atd(group);
	ks_log(LEVEL_NOTICE, group, member->id, "SA %08x is used up (reason %u): new SAs",
	       expiring->spi, expiring->reason);
}

static void take_expiring(struct ks *ks, const struct ike_sa *sa,
			  const struct wire_notify *notify)
{
	struct sa_expiring expiring;
	struct ks_member *member;

	if (!sa_expiring_read(notify, &expiring)) {
		ks->stats.malformed++;
		return;
	}
	member = speaker(ks, sa, &expiring.group);
	if (!member || !(member->role & CONF_ROLE_SENDER) ||
	    !is_of(ks_last(member->group), expiring.spi)) {
		ks->stats.expiring_unknown++;
		return;
	}
	ks->stats.expiring++;
	use_up(member, &expiring);
}

void ks_inform(struct ks *ks, struct ike_sa *sa, const struct wire_message *request)
{
	size_t i;

	for (i = 0; i < request->n_notifies; i++) {
		if (request->notifies[i].type == N_REKEY_ACK)
			take_ack(ks, sa, &request->notifies[i]);
		else if (request->notifies[i].type == N_SA_EXPIRING)
			take_expiring(ks, sa, &request->notifies[i]);
	}
}
