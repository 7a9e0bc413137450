// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What RFC 9838 wants of GSA and KD together, and of each in each exchange: table 2,
 * tables 9 and 10, sections 4.4 and 4.5. Where these contradict each other,
 * Documentation/g-ikev2.md says which is followed.
 */
#include <netinet/in.h>
#include <string.h>
#include "wire/internal.h"

#define FIRST_SPI	256	/* RFC 4303 2.1: those below are reserved */

/* The columns of tables 9 and 10: Rekey SA or not, registration or rekey. */
enum column {
	REGISTER_MULTICAST,
	REKEY_MULTICAST,
	REGISTER_INBAND,
	REKEY_INBAND,
	COLUMNS
};

enum presence {
	MAY,
	MUST,
	NEVER,
};

struct presence_rule {
	const char *missing;
	const char *extra;
	uint8_t columns[COLUMNS];
};

#define RULE(name, ...)	{ name " is missing", name " has no place here", { __VA_ARGS__ } }

/*
 * Member Key Bags in GSA_REKEY, and what is a MAY here because it depends on more than
 * the column: "Tensions" 1, 4, 5, 6.
 */
static const struct presence_rule key_lifetime = RULE("GSA_KEY_LIFETIME", MUST, MUST, MAY, MAY);
static const struct presence_rule initial_message_id =
	RULE("GSA_INITIAL_MESSAGE_ID", MAY, MAY, NEVER, NEVER);
static const struct presence_rule next_spi = RULE("GSA_NEXT_SPI", MAY, MAY, NEVER, NEVER);
static const struct presence_rule gcauth = RULE("GCAUTH", MUST, NEVER, MAY, NEVER);
static const struct presence_rule sender_id_bits =
	RULE("GWP_SENDER_ID_BITS", MAY, NEVER, MAY, NEVER);
static const struct presence_rule second_sa_key =
	RULE("a second SA_KEY", NEVER, MAY, NEVER, NEVER);
static const struct presence_rule key_bag = RULE("the key bag of an SA", MUST, MAY, MUST, MAY);
static const struct presence_rule member_bag = RULE("a Member Key Bag", MAY, MAY, MAY, NEVER);
static const struct presence_rule wrap_key = RULE("WRAP_KEY", MAY, MAY, NEVER, NEVER);
static const struct presence_rule auth_key = RULE("AUTH_KEY", MAY, MAY, NEVER, NEVER);
static const struct presence_rule gm_sender_id = RULE("GM_SENDER_ID", MAY, NEVER, MAY, NEVER);

static enum column column_of(const struct wire_message *m)
{
	switch (m->header.exchange) {
	case GSA_REKEY:
		return REKEY_MULTICAST;
	case GSA_INBAND_REKEY:
		return REKEY_INBAND;
	default:
		return wire_rekey_policy(m->gsa) ? REGISTER_MULTICAST : REGISTER_INBAND;
	}
}

/* What this file checks with. */
struct check {
	struct wire_parser *p;
	const struct wire_gsa *gsa;
	const struct wire_kd *kd;
	enum column column;
};

static bool refuse(struct check *c, uint8_t payload, const char *reason)
{
	c->p->payload = payload;
	return wire_refuse(c->p, NULL, reason);
}

static bool check_presence(struct check *c, uint8_t payload, const struct presence_rule *rule,
			   bool there)
{
	uint8_t presence = rule->columns[c->column];

	if (there && presence == NEVER)
		return refuse(c, payload, rule->extra);
	return there || presence != MUST || refuse(c, payload, rule->missing);
}

/* Table 2, without GCAUTH, which depends on the exchange. */
static const struct allowed {
	uint8_t protocol;
	uint8_t type;
	bool mandatory;
} allowed[] = {
	{ PROTO_GIKE_UPDATE, TRANSFORM_ENCR, true },
	{ PROTO_GIKE_UPDATE, TRANSFORM_INTEG, false },
	{ PROTO_GIKE_UPDATE, TRANSFORM_GCAUTH, false },
	{ PROTO_GIKE_UPDATE, TRANSFORM_KWA, true },
	{ PROTO_ESP, TRANSFORM_ENCR, true },
	{ PROTO_ESP, TRANSFORM_SN, true },
	{ PROTO_ESP, TRANSFORM_INTEG, false },
	{ PROTO_AH, TRANSFORM_INTEG, true },
	{ PROTO_AH, TRANSFORM_SN, true },
};

static bool is_allowed(uint8_t protocol, uint8_t type)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i].protocol == protocol && allowed[i].type == type)
			return true;
	return false;
}

static const struct wire_transform *find(const struct wire_policy *policy, uint8_t type)
{
	return wire_transform(policy->transforms, policy->n_transforms, type);
}

/* Only a Digital Signature has an algorithm identifier, and it must have one. */
static bool algorithm_is_right(const struct wire_transform *t)
{
	bool needed = t->type == TRANSFORM_GCAUTH && t->id == GCAUTH_DIGITAL_SIGNATURE;

	return needed == (t->algorithm.len != 0) || t->unknown.len;
}

/* A transform type that nobody knows yet is for the group to judge. */
static bool check_types(struct check *c, const struct wire_policy *policy)
{
	const struct wire_transform *t = policy->transforms;
	size_t i;

	for (i = 0; i < policy->n_transforms; i++) {
		if (wire_name(WIRE_TRANSFORM_TYPE, t[i].type) &&
		    !is_allowed(policy->protocol, t[i].type))
			return refuse(c, PAYLOAD_GSA, "a transform type unfit for the protocol");
		if (wire_transform(t, i, t[i].type))
			return refuse(c, PAYLOAD_GSA, "two transforms of one type");
		if (!algorithm_is_right(&t[i]))
			return refuse(c, PAYLOAD_GSA, "Signature Algorithm Identifier: none "
				      "with Digital Signature, or one with something else");
	}
	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i].mandatory && allowed[i].protocol == policy->protocol &&
		    !find(policy, allowed[i].type))
			return refuse(c, PAYLOAD_GSA, "a transform type is missing");
	if (policy->protocol != PROTO_GIKE_UPDATE)
		return true;
	return check_presence(c, PAYLOAD_GSA, &gcauth, find(policy, TRANSFORM_GCAUTH));
}

static bool check_encr(struct check *c, const struct wire_policy *policy)
{
	const struct wire_transform *encr = find(policy, TRANSFORM_ENCR);
	const struct wire_transform *integ = find(policy, TRANSFORM_INTEG);
	const struct wire_transform *sn = find(policy, TRANSFORM_SN);
	bool has_integ = integ && integ->id != AUTH_NONE;
	unsigned int facts;

	if (!encr || !wire_name(WIRE_ENCR, encr->id))
		return true;
	facts = wire_encr_facts(encr->id);
	if ((facts & WIRE_AEAD) && has_integ)
		return refuse(c, PAYLOAD_GSA, "INTEG beside an AEAD cipher");
	if (!(facts & WIRE_AEAD) && !has_integ && policy->protocol == PROTO_GIKE_UPDATE)
		return refuse(c, PAYLOAD_GSA, "no INTEG beside a cipher that is no AEAD");
	if ((facts & WIRE_IMPLICIT_IV) && (!sn || sn->id != SN_32_BIT_SEQUENTIAL))
		return refuse(c, PAYLOAD_GSA, "implicit IV without unique sequence numbers");
	return true;
}

static bool check_transforms(struct check *c, const struct wire_policy *policy)
{
	const struct wire_transform *integ = find(policy, TRANSFORM_INTEG);
	const struct wire_transform *sn = find(policy, TRANSFORM_SN);

	if (!check_types(c, policy) || !check_encr(c, policy))
		return false;
	if (policy->protocol == PROTO_AH && integ->id == AUTH_NONE)
		return refuse(c, PAYLOAD_GSA, "AH without INTEG");
	if (sn && sn->id == SN_PARTIAL_64_BIT_SEQUENTIAL)
		return refuse(c, PAYLOAD_GSA, "64-bit sequence numbers in a multicast SA");
	return true;
}

static bool is_multicast(const struct wire_ts *ts)
{
	return ts->type == TS_IPV4_ADDR_RANGE ? ts->start[0] >> 4 == 0xe : ts->start[0] == 0xff;
}

/* RFC 9838 4.4.2 */
static bool check_selectors(struct check *c, const struct wire_policy *policy)
{
	const struct wire_ts *src = &policy->src;
	const struct wire_ts *dst = &policy->dst;

	if (src->type != dst->type)
		return refuse(c, PAYLOAD_GSA, "selectors of different address families");
	if (policy->protocol != PROTO_GIKE_UPDATE)
		return true;
	if (!is_multicast(dst) || memcmp(dst->start, dst->end, sizeof(dst->start)) != 0)
		return refuse(c, PAYLOAD_GSA, "Rekey SA: destination is not one multicast address");
	if (dst->protocol != IPPROTO_UDP || dst->start_port != dst->end_port || !dst->end_port)
		return refuse(c, PAYLOAD_GSA, "Rekey SA: destination is not one UDP port");
	return !src->protocol || src->protocol == IPPROTO_UDP ||
	       refuse(c, PAYLOAD_GSA, "Rekey SA: source is not UDP");
}

static bool check_spi(struct check *c, const struct wire_policy *policy)
{
	struct reader r = reader_of(policy->spi);

	if (policy->protocol == PROTO_GIKE_UPDATE)
		return read_u64(&r) || refuse(c, PAYLOAD_GSA, "Rekey SA: first half of SPI is zero");
	return read_u32(&r) >= FIRST_SPI || refuse(c, PAYLOAD_GSA, "a reserved SPI");
}

static bool same_ts(const struct wire_ts *a, const struct wire_ts *b)
{
	return a->type == b->type && a->protocol == b->protocol &&
	       a->start_port == b->start_port && a->end_port == b->end_port &&
	       !memcmp(a->start, b->start, sizeof(a->start)) &&
	       !memcmp(a->end, b->end, sizeof(a->end));
}

/* What a policy must not have in common with one before it. */
static bool check_pair(struct check *c, const struct wire_policy *a, const struct wire_policy *b)
{
	bool same_selectors = same_ts(&a->src, &b->src) && same_ts(&a->dst, &b->dst);

	if (a->protocol == PROTO_GIKE_UPDATE || b->protocol == PROTO_GIKE_UPDATE)
		return true;
	if (a->protocol != b->protocol)
		return !same_selectors || refuse(c, PAYLOAD_GSA, "AH and ESP for the same traffic");
	return !chunk_equal(a->spi, b->spi) || refuse(c, PAYLOAD_GSA, "two policies with one SPI");
}

static bool check_policy(struct check *c, const struct wire_policy *policy)
{
	const struct wire_policy *before;

	for (before = c->gsa->policies; before < policy; before++)
		if (!check_pair(c, before, policy))
			return false;
	return check_transforms(c, policy) && check_selectors(c, policy) &&
	       check_spi(c, policy) &&
	       check_presence(c, PAYLOAD_GSA, &key_lifetime, policy->has_lifetime) &&
	       check_presence(c, PAYLOAD_GSA, &initial_message_id,
			      policy->has_initial_message_id) &&
	       check_presence(c, PAYLOAD_GSA, &next_spi, policy->n_next_spis) &&
	       check_presence(c, PAYLOAD_KD, &key_bag, wire_key_bag_of(c->kd, policy));
}

static const struct wire_policy *policy_of(const struct wire_gsa *gsa,
					   const struct wire_key_bag *bag)
{
	size_t i;

	for (i = 0; i < gsa->n_policies; i++)
		if (gsa->policies[i].protocol == bag->protocol &&
		    chunk_equal(gsa->policies[i].spi, bag->spi))
			return &gsa->policies[i];
	return NULL;
}

/* RFC 9838 4.5.2.1; that there is one key at least is seen to where it is parsed. */
static bool check_bag(struct check *c, const struct wire_key_bag *bag)
{
	if (!policy_of(c->gsa, bag))
		return refuse(c, PAYLOAD_KD, "keys of an SA that is not in GSA");
	if (bag->protocol == PROTO_GIKE_UPDATE)
		return check_presence(c, PAYLOAD_KD, &second_sa_key, bag->n_keys > 1);
	if (bag->n_keys != 1)
		return refuse(c, PAYLOAD_KD, "data SA: a second SA_KEY");
	return !bag->keys[0].kwk_id || refuse(c, PAYLOAD_KD, "data SA: SA_KEY with a KWK ID");
}

/* The keys of rekey messages: RFC 9838 5, note 4 */
static bool check_auth_key(struct check *c, const struct wire_member_bag *bag)
{
	const struct wire_policy *policy = wire_rekey_policy(c->gsa);
	const struct wire_transform *method = policy ? find(policy, TRANSFORM_GCAUTH) : NULL;
	bool there = bag && bag->auth_key.len;

	if (method && method->id == GCAUTH_DIGITAL_SIGNATURE && !there)
		return refuse(c, PAYLOAD_KD, auth_key.missing);
	if (method && method->id == GCAUTH_IMPLICIT && there)
		return refuse(c, PAYLOAD_KD, auth_key.extra);
	return check_presence(c, PAYLOAD_KD, &auth_key, there);
}

static bool check_member_bag(struct check *c)
{
	const struct wire_member_bag *bag = c->kd->member;

	return check_presence(c, PAYLOAD_KD, &member_bag, bag) &&
	       check_presence(c, PAYLOAD_KD, &wrap_key, bag && bag->n_wrap_keys) &&
	       check_presence(c, PAYLOAD_KD, &gm_sender_id, bag && bag->n_sender_ids) &&
	       check_auth_key(c, bag);
}

bool wire_check_group(struct wire_parser *p)
{
	struct check c = { .p = p, .gsa = p->m->gsa, .kd = p->m->kd };
	const struct wire_group_wide *gw;
	size_t i;

	if (!c.gsa)
		return true;
	c.column = column_of(p->m);
	for (i = 0; i < c.gsa->n_policies; i++)
		if (!check_policy(&c, &c.gsa->policies[i]))
			return false;
	for (i = 0; i < c.kd->n_bags; i++)
		if (!check_bag(&c, &c.kd->bags[i]))
			return false;
	gw = c.gsa->group_wide;
	return check_presence(&c, PAYLOAD_GSA, &sender_id_bits, gw && gw->has_sender_id_bits) &&
	       check_member_bag(&c);
}

static bool is_counter(const struct wire_policy *policy)
{
	const struct wire_transform *encr = find(policy, TRANSFORM_ENCR);
	const struct wire_transform *integ = find(policy, TRANSFORM_INTEG);

	if (policy->protocol == PROTO_GIKE_UPDATE)
		return false;
	return (encr && (wire_encr_facts(encr->id) & WIRE_COUNTER)) ||
	       (integ && wire_integ_is_counter(integ->id));
}

bool wire_needs_sender_ids(const struct wire_gsa *gsa)
{
	size_t i;

	for (i = 0; i < gsa->n_policies; i++)
		if (is_counter(&gsa->policies[i]))
			return true;
	return false;
}

bool wire_check_sender_ids(const struct wire_message *m, bool sender, uint32_t asked,
			   struct wire_error *error)
{
	const struct wire_group_wide *gw = m->gsa->group_wide;
	size_t n = m->kd->member ? m->kd->member->n_sender_ids : 0;
	size_t most = asked ? asked : 1;

	*error = (struct wire_error){ .payload = PAYLOAD_KD };
	if (!sender || !wire_needs_sender_ids(m->gsa)) {
		error->reason = "GM_SENDER_ID for a member that needs none";
		return !n;
	}
	if (!gw || !gw->has_sender_id_bits) {
		error->payload = PAYLOAD_GSA;
		error->reason = sender_id_bits.missing;
		return false;
	}
	error->reason = n ? "more GM_SENDER_ID than asked for" : gm_sender_id.missing;
	return n && n <= most;
}
