// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The GSA payload: policies of group SAs and the group-wide policy. RFC 9838 4.4.
 */
#include <string.h>
#include "wire/internal.h"


static bool twice(struct wire_parser *p, const struct wire_attr *attr)
{
	return wire_refuse(p, attr->at, "an attribute twice");
}

static bool parse_lifetime(struct wire_parser *p, const struct wire_attr *attr,
			   struct wire_policy *policy)
{
	struct reader r = reader_of(attr->data);

	if (!wire_attr_is_tlv(p, attr, sizeof(policy->lifetime)))
		return false;
	if (policy->has_lifetime)
		return twice(p, attr);
	policy->has_lifetime = true;
	policy->lifetime = read_u32(&r);
	return true;
}

static bool parse_initial_message_id(struct wire_parser *p, const struct wire_attr *attr,
				     struct wire_policy *policy)
{
	struct reader r = reader_of(attr->data);

	if (policy->protocol != PROTO_GIKE_UPDATE)
		return wire_refuse(p, attr->at, "GSA_INITIAL_MESSAGE_ID in a data SA's policy");
	if (!wire_attr_is_tlv(p, attr, sizeof(policy->initial_message_id)))
		return false;
	if (policy->has_initial_message_id)
		return twice(p, attr);
	policy->has_initial_message_id = true;
	policy->initial_message_id = read_u32(&r);
	return true;
}

static bool parse_next_spi(struct wire_parser *p, const struct wire_attr *attr,
			   struct wire_policy *policy)
{
	if (!wire_attr_is_tlv(p, attr, policy->spi.len))
		return false;
	if (p->n_next_spis == WIRE_MAX_NEXT_SPIS)
		return wire_refuse(p, attr->at, "too many GSA_NEXT_SPI");
	if (!policy->n_next_spis)
		policy->next_spis = &p->room->next_spis[p->n_next_spis];
	p->room->next_spis[p->n_next_spis++] = attr->data;
	policy->n_next_spis++;
	return true;
}

static bool parse_policy_attrs(struct wire_parser *p, struct reader *r, struct wire_policy *policy)
{
	struct wire_attr attr;
	bool ok = true;

	while (ok && r->left) {
		if (!wire_parse_attr(p, r, &attr))
			return false;
		switch (attr.type) {
		case GSA_KEY_LIFETIME:
			ok = parse_lifetime(p, &attr, policy);
			break;
		case GSA_INITIAL_MESSAGE_ID:
			ok = parse_initial_message_id(p, &attr, policy);
			break;
		case GSA_NEXT_SPI:
			ok = parse_next_spi(p, &attr, policy);
			break;
		default:
			p->m->n_skipped++;
		}
	}
	return ok;
}

static bool parse_policy_ts(struct wire_parser *p, struct reader *r, struct wire_ts *ts)
{
	const uint8_t *at = r->at;

	if (!wire_parse_ts(p, r, ts))
		return false;
	return ts->type == TS_IPV4_ADDR_RANGE || ts->type == TS_IPV6_ADDR_RANGE ||
	       wire_refuse(p, at, "TS Type of a policy");
}

static bool parse_policy(struct wire_parser *p, struct reader *r, uint8_t protocol,
			 uint8_t spi_size)
{
	const uint8_t *at = r->at;
	struct wire_policy *policy;

	if (p->room->gsa.n_policies == WIRE_MAX_POLICIES)
		return wire_refuse(p, at, "too many policies");
	if (!wire_spi_len(protocol))
		return wire_refuse(p, at, "a policy for a protocol that has none");
	if (spi_size != wire_spi_len(protocol))
		return wire_refuse(p, at, "SPI Size of a policy");
	policy = &p->room->policies[p->room->gsa.n_policies];
	memset(policy, 0, sizeof(*policy));
	policy->protocol = protocol;
	policy->spi = read_chunk(r, spi_size);
	if (r->failed)
		return wire_refuse(p, at, "an SPI goes over the end");
	if (protocol == PROTO_GIKE_UPDATE && wire_rekey_policy(&p->room->gsa))
		return wire_refuse(p, at, "two policies of a Rekey SA");
	p->room->gsa.n_policies++;
	return parse_policy_ts(p, r, &policy->src) && parse_policy_ts(p, r, &policy->dst) &&
	       wire_parse_transforms(p, r, &policy->transforms, &policy->n_transforms) &&
	       parse_policy_attrs(p, r, policy);
}

static bool parse_group_wide_value(struct wire_parser *p, const struct wire_attr *attr, bool *has,
				   uint16_t *value)
{
	if (!attr->tv)
		return wire_refuse(p, attr->at, "an attribute in TLV format that has to be TV");
	if (*has)
		return twice(p, attr);
	*has = true;
	*value = attr->value;
	return true;
}

static bool parse_group_wide_attr(struct wire_parser *p, const struct wire_attr *attr,
				  struct wire_group_wide *gw)
{
	switch (attr->type) {
	case GWP_ATD:
		return parse_group_wide_value(p, attr, &gw->has_atd, &gw->atd);
	case GWP_DTD:
		return parse_group_wide_value(p, attr, &gw->has_dtd, &gw->dtd);
	case GWP_SENDER_ID_BITS:
		return parse_group_wide_value(p, attr, &gw->has_sender_id_bits,
					      &gw->sender_id_bits);
	default:
		p->m->n_skipped++;
		return true;
	}
}

static bool parse_group_wide(struct wire_parser *p, struct reader *r)
{
	struct wire_group_wide *gw = &p->room->group_wide;
	struct wire_attr attr;

	if (p->room->gsa.group_wide)
		return wire_refuse(p, r->at, "two group-wide policies");
	memset(gw, 0, sizeof(*gw));
	p->room->gsa.group_wide = gw;
	while (r->left)
		if (!wire_parse_attr(p, r, &attr) || !parse_group_wide_attr(p, &attr, gw))
			return false;
	return true;
}

static bool parse_one(struct wire_parser *p, struct reader *r)
{
	struct wire_substructure sub;

	if (!wire_parse_substructure(p, r, &sub))
		return false;
	if (sub.protocol == PROTO_NONE)
		return parse_group_wide(p, &sub.body);
	return parse_policy(p, &sub.body, sub.protocol, sub.spi_size);
}

bool wire_parse_gsa(struct wire_parser *p, struct reader *r)
{
	struct wire_gsa *gsa = &p->room->gsa;

	*gsa = (struct wire_gsa){ .policies = p->room->policies };
	while (r->left)
		if (!parse_one(p, r))
			return false;
	if (!gsa->n_policies)
		return wire_refuse(p, r->at, "GSA without a policy of an SA");
	p->m->gsa = gsa;
	return true;
}

static void write_policy(struct writer *w, const struct wire_policy *policy)
{
	size_t from = w->len;
	size_t i;

	write_u8(w, policy->protocol);
	write_u8(w, policy->spi.len);
	write_u16(w, 0);
	write_chunk(w, policy->spi);
	wire_write_ts(w, &policy->src);
	wire_write_ts(w, &policy->dst);
	wire_write_transforms(w, policy->transforms, policy->n_transforms);
	if (policy->has_lifetime)
		wire_write_tlv_u32(w, GSA_KEY_LIFETIME, policy->lifetime);
	if (policy->has_initial_message_id)
		wire_write_tlv_u32(w, GSA_INITIAL_MESSAGE_ID, policy->initial_message_id);
	for (i = 0; i < policy->n_next_spis; i++)
		wire_write_tlv(w, GSA_NEXT_SPI, policy->next_spis[i]);
	wire_write_length(w, from + 2, from);
}

static void write_group_wide(struct writer *w, const struct wire_group_wide *gw)
{
	size_t from = w->len;

	write_u8(w, PROTO_NONE);
	write_u8(w, 0);
	write_u16(w, 0);
	if (gw->has_atd)
		wire_write_tv(w, GWP_ATD, gw->atd);
	if (gw->has_dtd)
		wire_write_tv(w, GWP_DTD, gw->dtd);
	if (gw->has_sender_id_bits)
		wire_write_tv(w, GWP_SENDER_ID_BITS, gw->sender_id_bits);
	wire_write_length(w, from + 2, from);
}

void wire_write_gsa(struct writer *w, const struct wire_gsa *gsa)
{
	size_t i;

	for (i = 0; i < gsa->n_policies; i++)
		write_policy(w, &gsa->policies[i]);
	if (gsa->group_wide)
		write_group_wide(w, gsa->group_wide);
}

const struct wire_policy *wire_rekey_policy(const struct wire_gsa *gsa)
{
	size_t i;

	for (i = 0; i < gsa->n_policies; i++)
		if (gsa->policies[i].protocol == PROTO_GIKE_UPDATE)
			return &gsa->policies[i];
	return NULL;
}
