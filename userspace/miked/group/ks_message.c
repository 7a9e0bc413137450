// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA and KD of a message to one member (RFC 9838 4.4 and 4.5, table 10): in a
 * registration and in GSA_INBAND_REKEY alike, Sender-IDs apart.
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

static int put_epochs(const struct ks_grant *grant, const struct technique_kwk *kwk)
{
	uint64_t now = ks_now(grant->ks);
	size_t i, next, n = 0;
	int err;

	for (i = 0; i < grant->n_epochs; i++, n = next) {
		next = ks_policies(grant->room, grant->epochs[i], n, now);
		err = put_keys(grant, kwk, grant->epochs[i], n);
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
	if (!grant->n_sids)
		return;
	for (i = 0; i < grant->n_sids; i++)
		room->sids[i] = grant->sids[i];
	room->member = (struct wire_member_bag){ .sender_ids = room->sids,
						 .n_sender_ids = grant->n_sids };
	room->kd.member = &room->member;
}

int ks_grant(const struct ks_grant *grant, struct ike_sa *sa, struct ike_content *content)
{
	struct technique_kwk kwk = { .kwa = ike_sa_kwa(sa) };
	struct chunk none = { NULL, 0 };
	int err;

	err = ike_sa_wrap_key(sa, &kwk.gsk_w);
	if (err)
		return err;
	err = put_epochs(grant, &kwk);
	secret_free(&kwk.gsk_w);
	if (err)
		return err;
	put_group_wide(grant);
	if (grant->group->conf->mode == CONF_MODE_TRANSPORT && !ike_notify(content, N_USE_TRANSPORT_MODE, none))
		return -ENOBUFS;
	content->message.gsa = &grant->room->gsa;
	content->message.kd = &grant->room->kd;
	return 0;
}
