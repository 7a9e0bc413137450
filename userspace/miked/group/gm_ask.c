// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a member asks of a key server by GSA_AUTH and GSA_REGISTRATION, and what it makes
 * of the answers. RFC 9838 2.3.1 to 2.3.3, 4.7.
 */
#include <errno.h>
#include <string.h>
#include "group/gm_internal.h"
#include "wire/name.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* What the data plane can do. */
static const struct wire_transform esp_transforms[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_12, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_12, .key_length = 128 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_8, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_8, .key_length = 128 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_NULL_AUTH_AES_GMAC, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_NULL_AUTH_AES_GMAC, .key_length = 128 },
	{ .type = TRANSFORM_SN, .id = SN_32_BIT_SEQUENTIAL },
	{ .type = TRANSFORM_SN, .id = SN_32_BIT_UNSPECIFIED },
};

/* RFC 9838 4.5.4 wants the key wrap algorithms named wherever there is an SAg. */
static const struct wire_transform rekey_transforms[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_192 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_128 },
	{ .type = TRANSFORM_GCAUTH, .id = GCAUTH_DIGITAL_SIGNATURE },
	{ .type = TRANSFORM_GCAUTH, .id = GCAUTH_IMPLICIT },
};

/* One number: none of one depends on the other. */
static const struct wire_proposal sag[] = {
	{ .number = 1, .protocol = PROTO_ESP, .transforms = esp_transforms,
	  .n_transforms = ARRAY_SIZE(esp_transforms) },
	{ .number = 1, .protocol = PROTO_GIKE_UPDATE, .transforms = rekey_transforms,
	  .n_transforms = ARRAY_SIZE(rekey_transforms) },
};

static void build_registration(struct gm_member *m, struct ike_content *request)
{
	struct writer w = writer_to(m->asked_sids, sizeof(m->asked_sids));
	const struct hello hello = { 0 };

	m->asked = gm_now(m->gm);
	request->message.proposals = sag;
	request->message.n_proposals = ARRAY_SIZE(sag);
	hello_write(&hello, m->asked_hello);
	ike_notify(request, N_GEMCAST_HELLO, CHUNK(m->asked_hello));
	if (!gm_is_sender(m))
		return;
	write_u32(&w, 1);
	ike_notify(request, N_GROUP_SENDER, written(&w));
}

void gm_ask_build(struct gm_member *m, enum gm_ask ask, struct ike_content *request)
{
	const struct chunk none = { 0 };

	if (ask == GM_ASK_REGISTER)
		m->id = m->conf.id;
	m->idg = (struct wire_id){ .type = m->id.type, .data = { m->id.data, m->id.len } };
	request->message.idg = &m->idg;
	switch (ask) {
	case GM_ASK_REGISTER:
		build_registration(m, request);
		break;
	case GM_ASK_REFUSE:
		ike_notify(request, N_NO_PROPOSAL_CHOSEN, none);
		break;
	default:
		ike_notify(request, N_REGISTRATION_FAILED, none);
		break;
	}
}

/* ---- answers */

/* The key server counts us as a member now, which we are not: tell it, then go on. */
static void give_up(struct gm_member *m, struct gm_link *link, int err,
		    const struct reason *why)
{
	gm_log(m, LEVEL_WARNING, "what the key server gave cannot be used: %s", why->text);
	m->error = *why;
	/* That of before is no more, and that of now is not in use. */
	m->has_sid = false;
	if (err != -ENOTSUP && err != -EPROTO)
		m->refused = false;
	m->state = GM_REGISTERING;
	m->due = IKE_NEVER;
	gm_link_ask(m, link, err == -ENOTSUP ? GM_ASK_REFUSE : GM_ASK_GIVE_UP);
}

static int accept_offer(struct gm_member *m, const struct gm_channel *channel,
			struct gm_offer *offer, struct reason *why)
{
	if (!offer->n_flows) {
		reason_set(why, "no policy of a data SA");
		return -ENOTSUP;
	}
	if (!offer->n_sas) {
		reason_set(why, "no SA that lives");
		return -EAGAIN;
	}
	return gm_rekey_sa_install(m, channel, offer, why);
}

static void take_group(struct gm_member *m, struct gm_link *link,
		       const struct wire_message *response)
{
	const struct gm_channel channel = { .link = link, .registration = true };
	struct reason why = { "" };
	struct gm_offer offer;
	int err;

	err = gm_offer_read(m, &channel, response, &offer, &why);
	if (!err)
		err = accept_offer(m, &channel, &offer, &why);
	gm_offer_free(&offer);
	if (err) {
		give_up(m, link, err, &why);
		return;
	}
	m->has_hello = hello_read(response, &m->hello);
	gm_member_joined(m);
}

static void refused(struct gm_member *m, const struct wire_message *response)
{
	const struct wire_notify *n = wire_notify_error(response);
	const char *name = n ? wire_name(WIRE_NOTIFY, n->type) : NULL;

	if (!n)
		gm_member_failed(m, true, "the key server's answer is empty");
	else if (name)
		gm_member_failed(m, true, "the key server says %s", name);
	else
		gm_member_failed(m, true, "the key server says error %u", n->type);
}

static void registered(struct gm_member *m, struct gm_link *link,
		       const struct wire_message *response)
{
	if (m->state != GM_REGISTERING) {
		/* We left meanwhile: it is not to count us in. */
		if (response->gsa)
			gm_link_ask(m, link, GM_ASK_LEAVE);
		else
			gm_member_left(m);
	} else if (response->gsa) {
		take_group(m, link, response);
	} else {
		refused(m, response);
	}
}

void gm_ask_answered(struct gm_member *m, struct gm_link *link, enum gm_ask ask,
		     const struct wire_message *response)
{
	struct reason error = m->error;

	m->answered = true;
	if (ask == GM_ASK_REGISTER)
		registered(m, link, response);
	else if (m->state == GM_LEAVING)
		gm_member_left(m);
	else
		gm_member_failed(m, true, "%s", error.text);
}
