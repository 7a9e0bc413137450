// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA and KD (RFC 9838 4.4 and 4.5): in a registration, in GSA_INBAND_REKEY and in
 * GSA_REKEY alike, but for what tables 9 and 10 say.
 */
#include <errno.h>
#include "group/ks_internal.h"

static void put_spi(uint8_t *out, uint32_t spi)
{
	struct writer w = writer_to(out, WIRE_IPSEC_SPI_LEN);

	write_u32(&w, spi);
}

static void put_policy(struct ks_room *room, const struct ks_epoch *epoch,
		       const struct ks_sa *sa, size_t at, uint32_t lifetime)
{
	struct wire_policy *policy = &room->policies[at];

	put_spi(room->spis[at], sa->spi);
	esp_to_wire(&epoch->esp, epoch->sequential, room->transforms[at]);
	*policy = (struct wire_policy){
		.protocol = PROTO_ESP,
		.spi = CHUNK(room->spis[at]),
		.transforms = room->transforms[at],
		.n_transforms = ESP_TRANSFORMS,
		.has_lifetime = true,
		.lifetime = lifetime,
	};
	selector_to_wire(&sa->selector, &policy->src, &policy->dst);
}

size_t ks_policies(struct ks_room *room, const struct ks_epoch *epoch, size_t at, uint64_t now)
{
	size_t i;

	for (i = 0; i < epoch->n_sas && at < WIRE_MAX_POLICIES; i++, at++)
		put_policy(room, epoch, &epoch->sas[i], at, ks_epoch_left(epoch, now));
	return at;
}

void ks_rekey_policy(struct ks_room *room, const struct ks_rekey *rekey, bool registration,
		     size_t at, uint64_t now)
{
	struct wire_policy *policy = &room->policies[at];

	rekey_sa_policy(&rekey->sa, registration, room->rekey_transforms, policy);
	policy->has_lifetime = true;
	policy->lifetime = rekey->end > now ? (uint32_t)((rekey->end - now + 999) / 1000) : 1;
}

/* GSA_NEXT_SPI, which no other than the youngest of an SA's line has. */
static void put_next(struct ks_room *room, const struct ks_epoch *epoch, size_t at)
{
	size_t i;

	for (i = 0; i < epoch->n_sas; i++, at++) {
		if (!epoch->sas[i].next)
			continue;
		put_spi(room->next_spis[at], epoch->sas[i].next);
		room->next[at] = CHUNK(room->next_spis[at]);
		room->policies[at].next_spis = &room->next[at];
		room->policies[at].n_next_spis = 1;
	}
}

static int put_keys(const struct ks_grant *grant, const struct technique_kwk *kwk,
		    const struct ks_epoch *epoch, size_t at)
{
	struct ks_room *room = grant->room;
	size_t i;
	int err;

	for (i = 0; i < epoch->n_sas && at < WIRE_MAX_KEY_BAGS; i++, at++) {
		err = grant->ks->technique->sa_key(grant->ks->setup.crypto, kwk,
						   secret_chunk(&epoch->sas[i].keymat),
						   &room->keys[at], room->wrapped[at]);
		if (err)
			return err;
		room->bags[at] = (struct wire_key_bag){
			.protocol = PROTO_ESP,
			.spi = CHUNK(room->spis[at]),
			.keys = &room->keys[at],
			.n_keys = 1,
		};
	}
	return 0;
}

static int put_rekey(const struct ks_grant *grant, const struct technique_kwk *kwk, size_t at)
{
	const struct ks_rekey *rekey = grant->rekey;
	struct ks_room *room = grant->room;

	ks_rekey_policy(room, rekey, grant->registration, at, ks_now(grant->ks));
	if (grant->multicast) {
		room->rekey_next = CHUNK(rekey->next_spi);
		room->policies[at].next_spis = &room->rekey_next;
		room->policies[at].n_next_spis = 1;
		room->member.auth_key = secret_chunk(&rekey->auth_key);
	}
	room->bags[at] = (struct wire_key_bag){
		.protocol = PROTO_GIKE_UPDATE,
		.spi = CHUNK(rekey->sa.spi),
		.keys = &room->keys[at],
		.n_keys = 1,
	};
	return grant->ks->technique->sa_key(grant->ks->setup.crypto, kwk,
					    secret_chunk(&rekey->sa.keymat), &room->keys[at],
					    room->wrapped[at]);
}

static int put_sas(const struct ks_grant *grant, const struct technique_kwk *kwk)
{
	uint64_t now = ks_now(grant->ks);
	size_t i, next, n = 0;
	int err;

	for (i = 0; i < grant->n_epochs; i++, n = next) {
		next = ks_policies(grant->room, grant->epochs[i], n, now);
		err = put_keys(grant, kwk, grant->epochs[i], n);
		if (err)
			return err;
		if (grant->multicast && grant->epochs[i] == ks_last(grant->group))
			put_next(grant->room, grant->epochs[i], n);
	}
	grant->room->member = (struct wire_member_bag){ 0 };
	if (grant->rekey) {
		err = put_rekey(grant, kwk, n++);
		if (err)
			return err;
	}
	grant->room->gsa = (struct wire_gsa){
		.policies = grant->room->policies,
		.n_policies = n,
		.group_wide = &grant->room->group_wide,
	};
	grant->room->kd = (struct wire_kd){ .bags = grant->room->bags, .n_bags = n };
	return 0;
}

/* A receiver that knows the width keeps a replay window for each sender. */
static bool tells_senders(const struct ks_grant *grant)
{
	return grant->n_sids || (grant->group->conf->sender_id_bits &&
				 esp_is_counter(&ks_last(grant->group)->esp));
}

/* Documentation/g-ikev2.md, "Tensions" 4 and 13 */
static void put_group_wide(const struct ks_grant *grant)
{
	struct ks_room *room = grant->room;
	size_t i;

	room->group_wide = (struct wire_group_wide){
		.has_atd = grant->atd,
		.atd = grant->atd,
		.has_dtd = true,
		.dtd = ks_dtd(grant->group),
	};
	room->group_wide.has_sender_id_bits = grant->registration && tells_senders(grant);
	room->group_wide.sender_id_bits = (uint16_t)grant->group->conf->sender_id_bits;
	for (i = 0; i < grant->n_sids; i++)
		room->sids[i] = grant->sids[i];
	room->member.sender_ids = room->sids;
	room->member.n_sender_ids = grant->n_sids;
	if (grant->n_sids || room->member.auth_key.len)
		room->kd.member = &room->member;
}

/* By which messages over it are authenticated: table 10 has no AUTH_KEY. */
static void put_rekey_auth(const struct ks_grant *grant, struct ike_content *content)
{
	const struct ks_rekey *rekey = grant->rekey;
	const struct rekey_auth auth = {
		.spi = CHUNK(rekey->sa.spi),
		.next = CHUNK(rekey->next_spi),
		.auth_key = secret_chunk(&rekey->auth_key),
	};

	ike_notify(content, N_REKEY_AUTH, rekey_auth_write(&auth, grant->room->rekey_auth));
}

static void put_notifies(const struct ks_grant *grant, struct ike_content *content)
{
	const struct conf_group *conf = grant->group->conf;
	struct chunk none = { NULL, 0 };

	if (conf->mode == CONF_MODE_TRANSPORT)
		ike_notify(content, N_USE_TRANSPORT_MODE, none);
	if (!grant->hello)
		return;
	if (grant->rekey && !grant->multicast)
		put_rekey_auth(grant, content);
	if (grant->registration)
		ks_put_hello(grant->group, grant->group->registered + 1, grant->room, content);
	else if (grant->multicast && conf->rekey.acknowledge != CONF_ACK_NONE)
		ks_put_hello(grant->group, ks_may_acknowledge(grant->group), grant->room, content);
	ks_put_limits(grant->group, grant->epochs, grant->n_epochs, grant->room, content);
}

int ks_grant_by(const struct ks_grant *grant, const struct technique_kwk *kwk,
		struct ike_content *content)
{
	int err = put_sas(grant, kwk);

	if (err)
		return err;
	put_group_wide(grant);
	put_notifies(grant, content);
	content->message.gsa = &grant->room->gsa;
	content->message.kd = &grant->room->kd;
	return 0;
}

int ks_grant(const struct ks_grant *grant, struct ike_sa *sa, struct ike_content *content)
{
	struct technique_kwk kwk = { .kwa = ike_sa_kwa(sa) };
	struct secret gsk_w;
	int err;

	err = ike_sa_wrap_key(sa, &gsk_w);
	if (err)
		return err;
	kwk.gsk_w = secret_chunk(&gsk_w);
	err = ks_grant_by(grant, &kwk, content);
	secret_free(&gsk_w);
	return err;
}

void ks_write_spis(struct writer *w, const struct ks_epoch *epoch)
{
	size_t i;

	for (i = 0; i < epoch->n_sas; i++)
		write_u32(w, epoch->sas[i].spi);
}

/* Documentation/g-ikev2.md, "Tensions" 2 */
void ks_put_exclusion(struct ks_room *room, struct wire_message *m)
{
	static const uint8_t zero_spi[WIRE_GIKE_SPI_LEN];

	room->deletes[0] = (struct wire_delete){
		.protocol = PROTO_ESP,
		.spi_size = WIRE_IPSEC_SPI_LEN,
		.n_spis = 1,
		.spis = { zero_spi, WIRE_IPSEC_SPI_LEN },
	};
	room->deletes[1] = (struct wire_delete){
		.protocol = PROTO_GIKE_UPDATE,
		.spi_size = WIRE_GIKE_SPI_LEN,
		.n_spis = 1,
		.spis = { zero_spi, WIRE_GIKE_SPI_LEN },
	};
	m->deletes = room->deletes;
	m->n_deletes = 2;
}
