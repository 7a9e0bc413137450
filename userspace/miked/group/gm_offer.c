// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From GSA and KD to what the data plane is to have: what a key server may give, what we
 * can do, who of us sends by what. RFC 9838 2.3.3, 2.5.2, 3.3, 4.4, 4.5; RFC 5374 4.1.3.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/keywrap.h"
#include "group/gm_internal.h"

/* What a message is read with. */
struct reading {
	const struct gm_member *m;
	const struct gm_channel *channel;
	const struct wire_message *message;
	struct gm_offer *offer;
	uint16_t kwa;
	struct secret gsk_w;
	struct reason *why;
};

__attribute__((format(printf, 3, 4)))
static int refuse(struct reading *r, int err, const char *format, ...)
{
	char text[sizeof(r->why->text)];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	reason_set(r->why, "%s", text);
	return err;
}

void gm_offer_free(struct gm_offer *offer)
{
	size_t i;

	for (i = 0; i < offer->n_sas; i++)
		secret_free(&offer->sas[i].key);
	gm_rekey_sa_free(offer->rekey);
	key_free(&offer->auth_key);
	free(offer->sas);
	free(offer->flows);
	*offer = (struct gm_offer){ 0 };
}

/* ---- Sender-IDs */

static bool is_width(unsigned int bits)
{
	return bits == 8 || bits == 12 || bits == 16;
}

/* RFC 9838 2.5.2, and what of it the kernel can do */
static int take_sender_id(struct reading *r, uint16_t bits)
{
	const struct wire_member_bag *bag = r->message->kd->member;

	/* Of no bits: there is but one sender, which has none in its IVs. */
	if (bits && !is_width(bits))
		return refuse(r, -ENOTSUP, "Sender-IDs of %u bits are not done here", bits);
	if (bag->sender_ids[0] >> bits)
		return refuse(r, -EPROTO, "Sender-ID %u has more than %u bits",
			      bag->sender_ids[0], bits);
	r->offer->has_sid = true;
	r->offer->sid = bag->sender_ids[0];
	r->offer->sid_bits = bits;
	return 0;
}

static int read_sender_ids(struct reading *r)
{
	const struct wire_gsa *gsa = r->message->gsa;
	const struct wire_group_wide *gw = gsa->group_wide;
	uint16_t bits = gw && gw->has_sender_id_bits ? gw->sender_id_bits : 0;
	struct wire_error error;

	if (!wire_check_sender_ids(r->message, gm_is_sender(r->m), 1, &error))
		return refuse(r, -EPROTO, "%s", error.reason);
	if (gm_is_sender(r->m) && wire_needs_sender_ids(gsa))
		return take_sender_id(r, bits);
	/* A receiver that knows the width can tell senders by it, and need not. */
	r->offer->sid_bits = is_width(bits) ? bits : 0;
	return 0;
}

static bool is_asked_for(const struct gm_member *m)
{
	return (m->busy && m->ask == GM_ASK_REGISTER) ||
	       (m->link && m->link->asker == m && m->link->asked);
}

/*
 * A rekey goes by what the registration gave (RFC 9838 2.4.1.4). An answer that is on
 * its way may give another Sender-ID, and for the key server that one counts already.
 */
static int keep_sender_ids(struct reading *r)
{
	const struct gm_member *m = r->m;

	r->offer->has_sid = m->has_sid;
	r->offer->sid = m->sid;
	r->offer->sid_bits = m->sid_bits;
	if (gm_is_sender(m) && !m->has_sid && wire_needs_sender_ids(r->message->gsa))
		return refuse(r, -ENOKEY, "new SAs need a Sender-ID, and we have none");
	if (gm_is_sender(m) && is_asked_for(m))
		return refuse(r, -ENOKEY, "a registration under way may bring another Sender-ID");
	return 0;
}

/* ---- selectors */

static bool is_one_address(const struct conf_prefix *prefix)
{
	return prefix->len == (prefix->addr.family == AF_INET6 ? 128 : 32);
}

static bool may_give(const struct conf_server *server, const struct conf_selector *selector)
{
	uint32_t i;

	for (i = 0; i < server->may_give_count; i++)
		if (selector_within(selector, &server->may_give[i]))
			return true;
	return false;
}

static void print_destination(const struct conf_selector *selector, char text[NET_TEXT + 4])
{
	char addr[NET_TEXT];

	net_addr_print(&selector->destination.addr, addr);
	snprintf(text, NET_TEXT + 4, "%s/%u", addr, selector->destination.len);
}

static int check_selector(struct reading *r, const struct conf_selector *selector)
{
	const struct conf_server *server = gm_server(r->m);
	char text[NET_TEXT + 4];

	print_destination(selector, text);
	if (!server || !may_give(server, selector))
		return refuse(r, -ENOTSUP, "policy for %s is not within what key server %s may give",
			      text, server ? server->name : "(none)");
	if (!is_one_address(&selector->destination))
		return refuse(r, -ENOTSUP, "policy for %s: an SA has one destination", text);
	return 0;
}

/* The data plane of a sender chooses among a group's SAs by addresses alone. */
static bool is_ambiguous(const struct reading *r, const struct conf_selector *selector)
{
	const struct conf_selector *other;
	size_t i;

	for (i = 0; gm_is_sender(r->m) && i < r->offer->n_flows; i++) {
		other = &r->offer->flows[i].selector;
		if (net_addr_equal(&other->destination.addr, &selector->destination.addr) &&
		    (!other->source.addr.family || !selector->source.addr.family ||
		     net_addr_equal(&other->source.addr, &selector->source.addr)))
			return true;
	}
	return false;
}

static bool has_flow(const struct gm_offer *offer, const struct conf_selector *selector)
{
	size_t i;

	for (i = 0; i < offer->n_flows; i++)
		if (selector_equal(&offer->flows[i].selector, selector))
			return true;
	return false;
}

static bool is_transport(const struct reading *r, const struct conf_selector *selector)
{
	const struct gm_member *m = r->m;
	size_t i;

	if (wire_notify(r->message, N_USE_TRANSPORT_MODE))
		return true;
	for (i = 0; !r->offer->registration && i < m->n_flows; i++)
		if (selector_equal(&m->flows[i].selector, selector))
			return m->flows[i].policy.mode == GEMCAST_MODE_TRANSPORT;
	return false;
}

static int add_flow(struct reading *r, const struct conf_selector *selector)
{
	struct gm_offer *offer = r->offer;
	char text[NET_TEXT + 4];

	if (has_flow(offer, selector))
		return 0;
	if (is_ambiguous(r, selector)) {
		print_destination(selector, text);
		return refuse(r, -ENOTSUP,
			      "two policies for %s that a sender's SAs cannot be told apart by",
			      text);
	}
	offer->flows[offer->n_flows++] = (struct gm_flow){
		.selector = *selector,
		.policy = gm_plane_policy(r->m, selector, is_transport(r, selector),
					  GEMCAST_PRIO_DEFAULT),
		.current = true,
	};
	return 0;
}

/* ---- SAs */

static uint32_t replay_of(const struct reading *r, bool sequential)
{
	switch (r->m->conf.replay) {
	case CONF_REPLAY_NONE:
		return GEMCAST_REPLAY_NONE;
	case CONF_REPLAY_SA:
		return GEMCAST_REPLAY_SA;
	case CONF_REPLAY_SOURCE:
		return GEMCAST_REPLAY_SOURCE;
	default:
		/* By Sender-ID needs its width: without it, as if the choice were ours. */
		if (r->offer->sid_bits)
			return GEMCAST_REPLAY_SID;
		return sequential ? GEMCAST_REPLAY_SA : GEMCAST_REPLAY_SOURCE;
	}
}

static void set_receiving(const struct reading *r, bool sequential, struct gemcast_sa *sa)
{
	const uint32_t step = GEMCAST_WINDOW_MIN;

	sa->present |= GEMCAST_BIT(GEMCAST_A_SA_REPLAY);
	sa->replay = replay_of(r, sequential);
	if (sa->replay == GEMCAST_REPLAY_NONE)
		return;
	sa->present |= GEMCAST_BIT(GEMCAST_A_SA_WINDOW);
	sa->window = (r->m->conf.window + step - 1) / step * step;
}

/*
 * RFC 9838 2.3.3: who is no sender has it inbound only, who does not receive outbound
 * only.
 */
static void set_direction(const struct reading *r, bool sequential, struct gemcast_sa *sa)
{
	const struct gm_offer *offer = r->offer;

	sa->dir = r->m->conf.role == CONF_ROLE_BOTH   ? GEMCAST_SA_DIR_BOTH :
		  r->m->conf.role == CONF_ROLE_SENDER ? GEMCAST_SA_DIR_OUT :
							GEMCAST_SA_DIR_IN;
	if (offer->sid_bits) {
		sa->present |= GEMCAST_BIT(GEMCAST_A_SA_SID_BITS);
		sa->sid_bits = offer->sid_bits;
	}
	if (sa->dir != GEMCAST_SA_DIR_IN && offer->has_sid && offer->sid_bits) {
		sa->present |= GEMCAST_BIT(GEMCAST_A_SA_SID);
		sa->sid = offer->sid;
	}
	if (sa->dir != GEMCAST_SA_DIR_OUT)
		set_receiving(r, sequential, sa);
}

static void set_life(const struct reading *r, const struct wire_policy *policy,
		     struct gm_sa *sa)
{
	sa->since = gm_now(r->m->gm);
	sa->end = IKE_NEVER;
	sa->remove = IKE_NEVER;
	if (!policy->has_lifetime)
		return;
	sa->end = sa->since + policy->lifetime * GM_SECOND;
	/* Then we end it, since whether it is to end is known only then. */
	if (r->m->conf.key_server_lost == CONF_KS_LOST_GO_ON)
		return;
	sa->sa.present |= GEMCAST_BIT(GEMCAST_A_SA_HARD_SECONDS);
	sa->sa.hard_seconds = policy->lifetime;
}

/* So that new SAs are made in time, which a sender alone can see to. */
static void set_limits(const struct reading *r, struct gemcast_sa *sa)
{
	struct sa_limits limits;

	if (sa->dir == GEMCAST_SA_DIR_IN || !sa_limits_read(r->message, sa->spi, &limits))
		return;
	if (limits.packets) {
		sa->present |= GEMCAST_BIT(GEMCAST_A_SA_SOFT_PACKETS);
		sa->soft_packets = limits.packets;
	}
	if (limits.bytes) {
		sa->present |= GEMCAST_BIT(GEMCAST_A_SA_SOFT_BYTES);
		sa->soft_bytes = limits.bytes;
	}
}

static uint32_t spi_of(const struct wire_policy *policy)
{
	struct reader reader = reader_of(policy->spi);

	return read_u32(&reader);
}

static int unwrap(struct reading *r, const struct wire_policy *policy,
		  const struct conf_esp *esp, struct gm_offer_sa *out)
{
	const struct crypto *crypto = r->m->gm->setup.crypto;
	const struct wire_key_bag *bag = wire_key_bag_of(r->message->kd, policy);
	struct chunk key;
	int err;

	err = keyunwrap(crypto, r->kwa, secret_chunk(&r->gsk_w), bag->keys[0].wrapped,
			&out->key);
	if (err == -EBADMSG)
		return refuse(r, -EPROTO, "SA %08x: its key was not wrapped for us",
			      out->sa.sa.spi);
	if (err)
		return refuse(r, err, "SA %08x: its key: %s", out->sa.sa.spi, strerror(-err));
	r->offer->n_sas++;
	if (out->key.len != esp_keymat_len(esp))
		return refuse(r, -EPROTO, "SA %08x: a key of %zu bytes instead of %zu",
			      out->sa.sa.spi, out->key.len, esp_keymat_len(esp));
	key = secret_chunk(&out->key);
	out->sa.sa.key = key.data;
	out->sa.sa.key_len = key.len;
	err = prf(crypto, PRF_HMAC_SHA2_256, CHUNK(r->m->gm->tag_key), &key, 1, out->sa.tag);
	return err ? refuse(r, err, "no tag of a key: %s", strerror(-err)) : 0;
}

static int add_sa(struct reading *r, const struct wire_policy *policy,
		  const struct conf_selector *selector, const struct conf_esp *esp,
		  bool sequential)
{
	struct gm_offer_sa *new = &r->offer->sas[r->offer->n_sas];
	struct gemcast_sa *sa = &new->sa.sa;

	new->sa.selector = *selector;
	*sa = (struct gemcast_sa){
		.present = GEMCAST_BIT(GEMCAST_A_SA_GROUP) | GEMCAST_BIT(GEMCAST_A_SA_SPI) |
			   GEMCAST_BIT(GEMCAST_A_SA_DST) | GEMCAST_BIT(GEMCAST_A_SA_DIR) |
			   GEMCAST_BIT(GEMCAST_A_SA_AEAD) | GEMCAST_BIT(GEMCAST_A_SA_KEY) |
			   GEMCAST_BIT(GEMCAST_A_SA_ICV),
		.group = r->m->number,
		.spi = spi_of(policy),
		.dst = selector->destination.addr,
		.icv = esp->icv,
	};
	snprintf(sa->aead, sizeof(sa->aead), "%s", esp->aead);
	if (selector->source.addr.family && is_one_address(&selector->source)) {
		sa->present |= GEMCAST_BIT(GEMCAST_A_SA_SRC);
		sa->src = selector->source.addr;
	}
	set_direction(r, sequential, sa);
	set_life(r, policy, &new->sa);
	set_limits(r, sa);
	return unwrap(r, policy, esp, new);
}

static int read_policy(struct reading *r, const struct wire_policy *policy)
{
	struct gm_offer *offer = r->offer;
	struct conf_selector selector;
	struct conf_esp esp;
	bool sequential;
	const char *why;
	int err;

	if (policy->protocol == PROTO_GIKE_UPDATE)
		return gm_rekey_sa_read(r->m, r->channel, r->message, policy, r->kwa,
					secret_chunk(&r->gsk_w), offer, r->why);
	why = esp_from_wire(policy, &esp, &sequential);
	if (!why)
		why = selector_from_wire(&policy->src, &policy->dst, &selector);
	if (why)
		return refuse(r, -ENOTSUP, "SA %08x: %s", spi_of(policy), why);
	err = check_selector(r, &selector);
	if (err)
		return err;
	if (!wire_key_bag_of(r->message->kd, policy)) {
		offer->restated[offer->n_restated++] = spi_of(policy);
		return 0;
	}
	err = add_flow(r, &selector);
	/* It ended while it was on its way. */
	if (err || (policy->has_lifetime && !policy->lifetime))
		return err;
	return add_sa(r, policy, &selector, &esp, sequential);
}

/* ---- when to send by what */

/* The one that lives longest; of equals, the one named last. */
static bool is_youngest(const struct gm_offer *offer, size_t i)
{
	const struct gm_sa *sa = &offer->sas[i].sa, *other;
	size_t j;

	for (j = 0; j < offer->n_sas; j++) {
		other = &offer->sas[j].sa;
		if (j != i && selector_equal(&other->selector, &sa->selector) &&
		    (other->end > sa->end || (other->end == sa->end && j > i)))
			return false;
	}
	return true;
}

/*
 * Senders wait ATD before they use the youngest SA of a flow; what else is handed out is
 * in use already. Receivers have no use for it.
 */
static void set_activation(struct gm_offer *offer)
{
	struct gemcast_sa *sa;
	size_t i;

	for (i = 0; offer->atd && i < offer->n_sas; i++) {
		sa = &offer->sas[i].sa.sa;
		if (sa->dir == GEMCAST_SA_DIR_IN || !is_youngest(offer, i))
			continue;
		sa->present |= GEMCAST_BIT(GEMCAST_A_SA_ACTIVATE);
		sa->activate = offer->atd * GM_SECOND;
	}
}

static int read_policies(struct reading *r)
{
	const struct wire_gsa *gsa = r->message->gsa;
	struct gm_offer *offer = r->offer;
	size_t i;
	int err = 0;

	offer->flows = calloc(gsa->n_policies + 1, sizeof(*offer->flows));
	offer->sas = calloc(gsa->n_policies + 1, sizeof(*offer->sas));
	if (!offer->flows || !offer->sas)
		return refuse(r, -ENOMEM, "no memory");
	for (i = 0; !err && i < gsa->n_policies; i++)
		err = read_policy(r, &gsa->policies[i]);
	if (!err)
		set_activation(offer);
	return err;
}

/* By what keys of the message are wrapped (RFC 9838 3.1.1). */
static int find_wrap_key(struct reading *r)
{
	const struct rekey_sa *rekey = r->channel->rekey ? &r->channel->rekey->sa : NULL;
	const struct ike_sa *ike = rekey ? NULL : r->channel->link->sa;
	int err;

	r->kwa = rekey ? rekey->kwa : ike_sa_kwa(ike);
	if (!r->kwa)
		return refuse(r, -EPROTO, "no key wrap algorithm was agreed on");
	err = rekey ? secret_copy(&r->gsk_w, rekey->keys.w) : ike_sa_wrap_key(ike, &r->gsk_w);
	return err ? refuse(r, err, "no key to unwrap keys by: %s", strerror(-err)) : 0;
}

/* Of a Rekey SA that stays (Documentation/g-ikev2.md, "Tensions" 1). */
static int read_auth_key(struct reading *r)
{
	const struct gm_rekey_sa *rekey = r->channel->rekey;
	const struct wire_member_bag *bag = r->message->kd->member;
	struct rekey_sa after;
	int err;

	if (!rekey || r->offer->rekey || !bag || !bag->auth_key.len)
		return 0;
	after = rekey->sa;
	after.key = (struct key){ 0 };
	err = rekey_sa_auth_key(r->m->gm->setup.crypto, &after, bag->auth_key, r->why);
	r->offer->auth_key = after.key;
	return err;
}

/*
 * The answer to a registration is no younger than its request, and what comes over a Rekey
 * SA no younger than the next one.
 */
static uint64_t as_of(const struct gm_member *m, const struct gm_channel *channel)
{
	if (channel->registration)
		return m->asked;
	return channel->rekey && channel->rekey != m->rekey_sas ? m->rekey_sas->since - 1 :
								  IKE_NEVER;
}

int gm_offer_read(const struct gm_member *m, const struct gm_channel *channel,
		  const struct wire_message *message, struct gm_offer *offer,
		  struct reason *why)
{
	const struct wire_group_wide *gw = message->gsa->group_wide;
	struct reading r = {
		.m = m, .channel = channel, .message = message, .offer = offer, .why = why,
	};
	int err;

	*offer = (struct gm_offer){
		.registration = channel->registration,
		.as_of = as_of(m, channel),
		.atd = gw && gw->has_atd ? gw->atd : 0,
		.dtd = gw && gw->has_dtd ? gw->dtd : 0,
	};
	err = channel->registration ? read_sender_ids(&r) : keep_sender_ids(&r);
	if (!err)
		err = find_wrap_key(&r);
	if (err)
		return err;
	err = read_policies(&r);
	secret_free(&r.gsk_w);
	if (!err)
		err = read_auth_key(&r);
	gm_next_read(message->gsa, channel->registration, &offer->next);
	gm_rekey_sa_next_spi(m, channel, message, offer);
	return err;
}
