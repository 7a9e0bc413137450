// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Rekey SAs of a membership: what a key server says of them, which are held, how they
 * go. RFC 9838 2.3.3, 2.4.1.4, 3.3.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/keywrap.h"
#include "group/gm_internal.h"

const struct gm_rekey_sa *gm_rekey_sa(const struct gm_member *m)
{
	const struct gm_rekey_sa *rekey = m->rekey_sas;

	while (rekey && rekey->remove != IKE_NEVER)
		rekey = rekey->next;
	return rekey;
}

static struct gm_rekey_sa *find(const struct gm_member *m, struct chunk spi)
{
	struct gm_rekey_sa *rekey = m->rekey_sas;

	while (rekey && !chunk_equal(CHUNK(rekey->sa.spi), spi))
		rekey = rekey->next;
	return rekey;
}

void gm_rekey_sa_free(struct gm_rekey_sa *rekey)
{
	if (!rekey)
		return;
	rekey_sa_free(&rekey->sa);
	rekey_partial_free(rekey->partial);
	free(rekey);
}

/* ---- what a key server says */

static const struct gm_member *owner_of(const struct gm *gm, struct chunk spi)
{
	size_t i;

	for (i = 0; i < gm->n_members; i++)
		if (find(gm->members[i], spi))
			return gm->members[i];
	return NULL;
}

/* Documentation/g-ikev2.md, "Tensions" 19: those that there are follow one another. */
static const struct gm_rekey_sa *before(const struct gm_member *m,
					const struct gm_channel *channel)
{
	if (channel->registration)
		return NULL;
	return channel->rekey ? channel->rekey : gm_rekey_sa(m);
}

static int check(const struct gm_member *m, const struct gm_channel *channel,
		 const struct wire_policy *policy, struct reason *why)
{
	const struct gm_member *owner = owner_of(m->gm, policy->spi);

	if (owner && owner != m) {
		reason_set(why, "its Rekey SA has the SPI of one of %s", owner->conf.name);
		return -EPROTO;
	}
	if (!channel->registration && !before(m, channel)) {
		reason_set(why, "a Rekey SA, and no registration told how it is authenticated");
		return -ENOKEY;
	}
	return 0;
}

/*
 * RFC 9838 3.3: keys of a key tree are none that we could have. Who finds no key that is
 * for it is excluded.
 */
static int unwrap(const struct gm_member *m, const struct wire_key_bag *bag, uint16_t kwa,
		  struct chunk gsk_w, struct secret *keymat, struct reason *why)
{
	size_t i = 0;
	int err;

	while (i < bag->n_keys && bag->keys[i].kwk_id)
		i++;
	if (i == bag->n_keys) {
		reason_set(why, "no key of the Rekey SA is wrapped for us");
		return -ENOKEY;
	}
	err = keyunwrap(m->gm->setup.crypto, kwa, gsk_w, bag->keys[i].wrapped, keymat);
	if (err)
		reason_set(why, "the key of the Rekey SA: %s",
			   err == -EBADMSG ? "it was not wrapped for us" : strerror(-err));
	return err == -EBADMSG ? -EPROTO : err;
}

/* What an in-band rekey cannot say by AUTH_KEY, and a key server of gemcast does. */
static bool is_told(const struct gm_member *m, const struct gm_channel *channel,
		    const struct wire_message *message, struct chunk spi,
		    struct rekey_auth *auth)
{
	return channel->link && !channel->registration && m->has_hello &&
	       rekey_auth_read(message, spi, auth);
}

static struct chunk auth_key_of(const struct gm_member *m, const struct gm_channel *channel,
				const struct wire_message *message, struct chunk spi)
{
	const struct wire_member_bag *bag = message->kd->member;
	struct rekey_auth auth;

	if (is_told(m, channel, message, spi, &auth))
		return auth.auth_key;
	return bag ? bag->auth_key : (struct chunk){ NULL, 0 };
}

void gm_rekey_sa_next_spi(const struct gm_member *m, const struct gm_channel *channel,
			  const struct wire_message *message, struct gm_offer *offer)
{
	struct gm_next *next = &offer->next;
	struct rekey_auth auth;

	if (!offer->rekey || next->n_rekey ||
	    !is_told(m, channel, message, CHUNK(offer->rekey->sa.spi), &auth))
		return;
	memcpy(next->rekey[next->n_rekey++], auth.next.data, WIRE_GIKE_SPI_LEN);
}

/* One that is on its way out has been followed already. */
static bool is_over(const struct gm_channel *channel, const struct gm_rekey_sa *held)
{
	return held == channel->rekey || (channel->link && held->remove != IKE_NEVER);
}

/*
 * It may have come another way before. True: there is nothing new in it. Else @err says
 * whether it may be.
 */
static bool is_known(const struct gm_member *m, const struct gm_channel *channel,
		     const struct gm_rekey_sa *new, int *err, struct reason *why)
{
	const struct gm_rekey_sa *held = find(m, CHUNK(new->sa.spi));

	*err = 0;
	if (!held || channel->registration)
		return false;
	if (secret_equal(secret_chunk(&held->sa.keymat), secret_chunk(&new->sa.keymat)))
		return is_over(channel, held);
	reason_set(why, "new keys for a Rekey SA that has some");
	*err = -EPROTO;
	return false;
}

static void set_life(const struct gm_member *m, const struct wire_policy *policy,
		     struct gm_rekey_sa *new)
{
	new->since = gm_now(m->gm);
	new->remove = IKE_NEVER;
	new->end = policy->has_lifetime ? new->since + policy->lifetime * GM_SECOND : IKE_NEVER;
	rekey_sa_group(&new->sa, &new->group);
	memcpy(new->group.interface, m->conf.interface, sizeof(new->group.interface));
}

int gm_rekey_sa_read(const struct gm_member *m, const struct gm_channel *channel,
		     const struct wire_message *message, const struct wire_policy *policy,
		     uint16_t kwa, struct chunk gsk_w, struct gm_offer *offer,
		     struct reason *why)
{
	const struct wire_key_bag *bag = wire_key_bag_of(message->kd, policy);
	const struct gm_rekey_sa *old = before(m, channel);
	struct secret keymat = { 0 };
	struct gm_rekey_sa *new;
	int err;

	/* A policy alone is of what we have, or of nothing. */
	if (!bag || (policy->has_lifetime && !policy->lifetime))
		return 0;
	err = check(m, channel, policy, why);
	if (!err)
		err = unwrap(m, bag, kwa, gsk_w, &keymat, why);
	if (err)
		return err;
	new = calloc(1, sizeof(*new));
	if (!new) {
		secret_free(&keymat);
		reason_set(why, "no memory");
		return -ENOMEM;
	}
	err = rekey_sa_read(m->gm->setup.crypto, policy,
			    auth_key_of(m, channel, message, policy->spi),
			    old ? &old->sa : NULL, &keymat, &new->sa, why);
	if (err) {
		free(new);
		return err;
	}
	set_life(m, policy, new);
	if (!is_known(m, channel, new, &err, why) && !err)
		offer->rekey = new;
	else
		gm_rekey_sa_free(new);
	return err;
}

/* ---- what is held */

static void leave(const struct gm_member *m, const struct net_group *group)
{
	const struct gm_setup *setup = &m->gm->setup;

	setup->rekey_leave(setup->context, group);
}

/*
 * A member that cannot receive rekeys can be one all the same, as long as it is told of
 * new keys otherwise, or asks for them. One that could must not think that it still can.
 */
static int join(struct gm_member *m, struct gm_offer *offer, struct reason *why)
{
	const struct gm_setup *setup = &m->gm->setup;
	char text[NET_TEXT];
	int err;

	if (!offer->rekey)
		return 0;
	err = setup->rekey_join(setup->context, &offer->rekey->group);
	if (!err)
		return 0;
	net_end_print(&offer->rekey->group.to, text);
	gm_rekey_sa_free(offer->rekey);
	offer->rekey = NULL;
	reason_set(why, "rekeys to %s cannot be received: %s", text, strerror(-err));
	if (!offer->registration)
		return err;
	gm_log(m, LEVEL_WARNING, "%s", why->text);
	return 0;
}

static void drop(struct gm_member *m, struct gm_rekey_sa *rekey)
{
	struct gm_rekey_sa **at = &m->rekey_sas;

	while (*at != rekey)
		at = &(*at)->next;
	*at = rekey->next;
	leave(m, &rekey->group);
	gm_rekey_sa_free(rekey);
}

static void retire(struct gm_rekey_sa *rekey, uint64_t at)
{
	if (at < rekey->remove)
		rekey->remove = at;
}

/*
 * It may be one that we have: replays stay replays (RFC 9838 2.3.3), and fragments of a
 * message that is on its way are not lost.
 */
static void hold(struct gm_member *m, struct gm_rekey_sa *new)
{
	struct gm_rekey_sa *same = find(m, CHUNK(new->sa.spi));

	if (same && secret_equal(secret_chunk(&same->sa.keymat), secret_chunk(&new->sa.keymat))) {
		if (same->sa.next_id > new->sa.next_id)
			new->sa.next_id = same->sa.next_id;
		new->has_heard = same->has_heard;
		new->heard = same->heard;
		new->partial = same->partial;
		same->partial = NULL;
	}
	if (same)
		drop(m, same);
	new->next = m->rekey_sas;
	m->rekey_sas = new;
}

/* A registration replaces all that there was, a new one those before it. */
static void commit(struct gm_member *m, struct gm_offer *offer)
{
	const uint64_t at = gm_now(m->gm) + offer->dtd * GM_SECOND;
	struct gm_rekey_sa *new = offer->rekey, *rekey;

	offer->rekey = NULL;
	if (new)
		hold(m, new);
	for (rekey = m->rekey_sas; rekey; rekey = rekey->next)
		if (rekey != new && (new || offer->registration))
			retire(rekey, at);
}

/* The messages behind this one are signed by another key (RFC 9838 2.4.1). */
static void change_auth_key(struct gm_member *m, const struct gm_channel *channel,
			    struct gm_offer *offer)
{
	struct gm_rekey_sa *rekey;

	if (!offer->auth_key.pkey)
		return;
	for (rekey = m->rekey_sas; rekey != channel->rekey; rekey = rekey->next)
		;
	key_free(&rekey->sa.key);
	rekey->sa.key = offer->auth_key;
	offer->auth_key = (struct key){ 0 };
}

int gm_rekey_sa_install(struct gm_member *m, const struct gm_channel *channel,
			struct gm_offer *offer, struct reason *why)
{
	int err = join(m, offer, why);

	if (err)
		return err;
	err = gm_plane_install(m, offer, why);
	if (err) {
		if (offer->rekey)
			leave(m, &offer->rekey->group);
		return err;
	}
	change_auth_key(m, channel, offer);
	commit(m, offer);
	gm_repair_expect(m, &offer->next);
	return 0;
}

/* ---- how they go */

static bool names(const struct wire_delete *d, const struct gm_rekey_sa *rekey)
{
	size_t i;

	for (i = 0; i < d->n_spis; i++)
		if (chunk_equal(wire_delete_spi(d, i), CHUNK(rekey->sa.spi)))
			return true;
	return false;
}

void gm_rekey_sa_retire(struct gm_member *m, const struct wire_delete *d, uint64_t delay_ms)
{
	struct gm_rekey_sa *rekey;

	for (rekey = m->rekey_sas; rekey; rekey = rekey->next)
		if (names(d, rekey))
			retire(rekey, gm_now(m->gm) + delay_ms);
}

void gm_rekey_sa_drop(struct gm_member *m)
{
	while (m->rekey_sas)
		drop(m, m->rekey_sas);
}

static uint64_t end_of(const struct gm_rekey_sa *rekey)
{
	return rekey->end < rekey->remove ? rekey->end : rekey->remove;
}

bool gm_rekey_sa_run(struct gm_member *m)
{
	const bool had = m->rekey_sas;
	const uint64_t now = gm_now(m->gm);
	struct gm_rekey_sa *rekey, *next;

	for (rekey = m->rekey_sas; rekey; rekey = next) {
		next = rekey->next;
		if (end_of(rekey) > now)
			continue;
		gm_log(m, LEVEL_INFO, "a Rekey SA ends");
		drop(m, rekey);
	}
	return had && !m->rekey_sas && !m->link;
}

uint64_t gm_rekey_sa_next(const struct gm_member *m)
{
	const struct gm_rekey_sa *rekey;
	uint64_t next = IKE_NEVER;

	for (rekey = m->rekey_sas; rekey; rekey = rekey->next)
		if (end_of(rekey) < next)
			next = end_of(rekey);
	return next;
}
