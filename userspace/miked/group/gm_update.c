// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA_REKEY (RFC 9838 2.4.1): a datagram finds its Rekey SA by the SPI, and the Rekey SA
 * its membership. What is not authentic, or was there before, does nothing: anybody can
 * send to a multicast address.
 */
#include <errno.h>
#include <string.h>
#include "group/gm_internal.h"

const struct gm_stats *gm_stats(const struct gm *gm)
{
	return &gm->stats;
}

/* One whose time is over waits for its end alone. */
static struct gm_rekey_sa *rekey_of(const struct gm_member *m, struct chunk datagram)
{
	const uint64_t now = gm_now(m->gm);
	struct gm_rekey_sa *rekey;

	for (rekey = m->rekey_sas; rekey; rekey = rekey->next)
		if (rekey->end > now && rekey->remove > now &&
		    rekey_sa_owns(&rekey->sa, datagram))
			return rekey;
	return NULL;
}

static struct gm_member *owner_of(const struct gm *gm, struct chunk datagram,
				  struct gm_rekey_sa **rekey)
{
	size_t i;

	for (i = 0; i < gm->n_members; i++) {
		*rekey = rekey_of(gm->members[i], datagram);
		if (*rekey)
			return gm->members[i];
	}
	return NULL;
}

static bool covers(const struct wire_ts *ts, const struct net_end *end)
{
	const uint8_t *bytes;
	size_t len = net_addr_bytes(&end->addr, &bytes);

	return len == (ts->type == TS_IPV4_ADDR_RANGE ? 4 : 16) &&
	       memcmp(bytes, ts->start, len) >= 0 && memcmp(bytes, ts->end, len) <= 0 &&
	       end->port >= ts->start_port && end->port <= ts->end_port;
}

static void count_refusal(struct gm *gm, int err)
{
	switch (err) {
	case -EALREADY:
		gm->stats.old_message_id++;
		break;
	case -EBADMSG:
		gm->stats.not_authentic++;
		break;
	case -EPROTO:
		gm->stats.malformed++;
		break;
	default:
		break;
	}
}

/* Is a copy of the message of use, where this one was not? */
static bool may_come_again(int err)
{
	return err && err != -EPROTO && err != -ENOTSUP;
}

static void take(struct gm_member *m, struct gm_rekey_sa *rekey,
		 const struct wire_message *message)
{
	const struct gm_channel channel = { .rekey = rekey };
	const uint32_t id = message->header.message_id;
	int err;

	gm_log(m, LEVEL_INFO, "a rekey by multicast, message %u", id);
	err = gm_rekey_take(m, &channel, message);
	if (err)
		m->gm->stats.not_taken++;
	else
		m->gm->stats.taken++;
	/* It excluded us, and all Rekey SAs went. */
	if (!m->rekey_sas)
		return;
	if (!may_come_again(err)) {
		rekey->sa.next_id = id + 1;
		rekey->has_heard = true;
		rekey->heard = id;
	}
	if (!err && message->gsa)
		gm_report_taken(m, rekey, id);
}

void gm_rekey_datagram(struct gm *gm, const struct net_path *path, uint8_t *datagram,
		       size_t len)
{
	const struct chunk bytes = { datagram, len };
	struct wire_message message;
	struct reason why = { "" };
	struct gm_rekey_sa *rekey;
	struct gm_member *m;
	int result;

	gm->stats.received++;
	m = owner_of(gm, bytes, &rekey);
	if (!m) {
		gm->stats.unknown_spi++;
		gm_repair_datagram(gm, path, bytes);
		return;
	}
	if (!net_end_equal(&path->local, &rekey->group.to) ||
	    !covers(&rekey->sa.src, &path->remote)) {
		gm->stats.wrong_address++;
		return;
	}
	result = rekey_open(gm->setup.crypto, &rekey->sa, &rekey->partial, &gm->room, datagram,
			    len, &message, &why);
	if (result > 0) {
		take(m, rekey, &message);
	} else if (result < 0) {
		count_refusal(gm, result);
		gm_log(m, LEVEL_DEBUG, "a rekey by multicast is not taken: %s", why.text);
	}
}
