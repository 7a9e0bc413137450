// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA_REKEY messages (RFC 9838 2.4.1): what is in them, and the copies of them that go
 * out, bit for bit the same, one at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_internal.h"

#define IPV4_UDP	28
#define IPV6_UDP	48

/* Do all who hear it put fragments together (RFC 9838 2.4.1.2)? */
static bool all_put_together(const struct ks_group *group)
{
	const struct ks_member *member;
	size_t i;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (((member->peer && ks_hears(member)) || member->listens) && !member->fragments)
			return false;
	}
	return true;
}

static int seal(struct ks_group *group, struct ks_rekey *rekey, struct rekey_datagrams *out)
{
	const struct ks *ks = group->ks;
	size_t over = rekey->to.to.addr.family == AF_INET6 ? IPV6_UDP : IPV4_UDP;
	struct wire_message *m = &group->ks->message.message;
	int err;

	m->notifies = group->ks->message.notifies;
	m->n_notifies = group->ks->message.n_notifies;
	err = rekey_seal(ks->setup.crypto, &rekey->sa, m, ks->conf->ike.fragment_size - over, out);
	if (err || out->n == 1 || all_put_together(group))
		return err;
	rekey_datagrams_free(out);
	return -EMSGSIZE;
}

/*
 * Who has heard a message takes none of a lower ID (RFC 9838 2.4.1.4): if the next is sent
 * before the last copy of one has arrived, those who needed this copy never get it.
 */
static void set_due(struct ks_group *group, struct ks_rekey *rekey, struct ks_cast *cast)
{
	uint64_t now = ks_now(group->ks);

	cast->due = now > rekey->busy ? now : rekey->busy;
	rekey->busy = cast->due + (cast->left - 1) * cast->interval + CONF_TRANSIT_MS;
	if (rekey != group->passed && rekey->busy > group->quiet)
		group->quiet = rekey->busy;
}

static void append(struct ks *ks, struct ks_cast *cast)
{
	struct ks_cast **at = &ks->casts;

	while (*at)
		at = &(*at)->next;
	*at = cast;
}

/* The message is made; what of it goes out and when. */
static int go_out(struct ks_group *group, struct ks_rekey *rekey, struct ks_told *told)
{
	struct ks *ks = group->ks;
	struct ks_cast *cast = calloc(1, sizeof(*cast));
	uint32_t id = rekey->sa.next_id;
	int err = cast ? seal(group, rekey, &cast->datagrams) : -ENOMEM;

	if (err) {
		free(cast);
		return err;
	}
	cast->to = rekey->to;
	cast->left = group->conf->rekey.retransmissions + 1;
	cast->interval = group->conf->rekey.interval_ms;
	cast->stored = !ks->setup.store;
	set_due(group, rekey, cast);
	append(ks, cast);
	ks->unsaved = true;
	ks->stats.messages++;
	if (told) {
		memcpy(told->spi, rekey->sa.spi, sizeof(told->spi));
		told->message_id = id;
		told->at = cast->due;
	}
	return 0;
}

static struct ike_content *new_message(struct ks_group *group)
{
	struct ike_content *content = &group->ks->message;

	content->message = (struct wire_message){ 0 };
	content->n_notifies = 0;
	return content;
}

static struct technique_kwk kwk_of(const struct ks_rekey *rekey)
{
	return (struct technique_kwk){ .kwa = rekey->sa.kwa, .gsk_w = rekey->sa.keys.w };
}

int ks_cast_epoch(struct ks_group *group, struct ks_rekey *rekey, struct ks_epoch *const *epoch,
		  struct ks_told *told)
{
	const struct ks_grant grant = {
		.ks = group->ks,
		.room = &group->ks->request,
		.group = group,
		.epochs = epoch,
		.n_epochs = 1,
		.multicast = true,
		.hello = true,
		.atd = ks_atd(group),
	};
	const struct technique_kwk kwk = kwk_of(rekey);
	int err;

	err = ks_grant_by(&grant, &kwk, new_message(group));
	return err ? err : go_out(group, rekey, told);
}

int ks_cast_heir(struct ks_group *group, struct ks_rekey *rekey, const struct ks_rekey *heir,
		 struct ks_told *told)
{
	const struct ks_grant grant = {
		.ks = group->ks,
		.room = &group->ks->request,
		.group = group,
		.rekey = heir,
		.multicast = true,
		.hello = true,
		.atd = ks_atd(group),
	};
	const struct technique_kwk kwk = kwk_of(rekey);
	int err;

	err = ks_grant_by(&grant, &kwk, new_message(group));
	return err ? err : go_out(group, rekey, told);
}

static void put_delete(struct ks_room *room, struct wire_message *m, uint8_t protocol,
		       uint8_t spi_size, struct chunk spis)
{
	room->deletes[m->n_deletes++] = (struct wire_delete){
		.protocol = protocol,
		.spi_size = spi_size,
		.n_spis = spis.len / spi_size,
		.spis = spis,
	};
	m->deletes = room->deletes;
}

int ks_cast_delete(struct ks_group *group, struct ks_rekey *rekey, struct chunk spis,
		   enum ks_delete what)
{
	struct ks_room *room = &group->ks->request;
	struct wire_message *m = &new_message(group)->message;

	if (what == KS_DELETE_ALL)
		ks_put_exclusion(room, m);
	if (spis.len)
		put_delete(room, m, PROTO_ESP, WIRE_IPSEC_SPI_LEN, spis);
	if (what == KS_DELETE_REKEY)
		put_delete(room, m, PROTO_GIKE_UPDATE, WIRE_GIKE_SPI_LEN, CHUNK(rekey->sa.spi));
	return go_out(group, rekey, NULL);
}

/* One copy. */
static size_t send_copy(struct ks *ks, const struct ks_cast *cast)
{
	const struct ks_world *world = &ks->setup.world;
	size_t i;

	for (i = 0; i < cast->datagrams.n; i++)
		world->send_group(world->context, &cast->to, cast->datagrams.datagram[i]);
	ks->stats.datagrams += cast->datagrams.n;
	return cast->datagrams.n;
}

static void free_cast(struct ks_cast *cast)
{
	rekey_datagrams_free(&cast->datagrams);
	free(cast);
}

void ks_casts_run(struct ks *ks)
{
	struct ks_cast *cast, **at = &ks->casts;
	uint64_t now = ks_now(ks);
	size_t sent = 0;

	while (*at && sent < KS_BATCH) {
		cast = *at;
		if (cast->due > now || !cast->stored) {
			at = &cast->next;
			continue;
		}
		sent += send_copy(ks, cast);
		cast->due += cast->interval;
		if (--cast->left) {
			at = &cast->next;
			continue;
		}
		*at = cast->next;
		free_cast(cast);
	}
}

uint64_t ks_casts_next(const struct ks *ks)
{
	const struct ks_cast *cast;
	uint64_t next = IKE_NEVER;

	for (cast = ks->casts; cast; cast = cast->next)
		if (cast->stored && cast->due < next)
			next = cast->due;
	return next;
}

void ks_casts_free(struct ks *ks)
{
	struct ks_cast *cast;

	while (ks->casts) {
		cast = ks->casts;
		ks->casts = cast->next;
		free_cast(cast);
	}
}
