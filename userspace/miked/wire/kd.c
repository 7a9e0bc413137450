// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The KD payload: bags of wrapped keys. RFC 9838 4.5.
 */
#include <string.h>
#include "wire/internal.h"

#define MAX_SENDER_ID_LEN	8

static bool parse_key(struct wire_parser *p, const struct wire_attr *attr,
		      const struct wire_key **list, size_t *n)
{
	struct reader r = reader_of(attr->data);
	struct wire_key *key;

	if (attr->tv)
		return wire_refuse(p, attr->at, "a key in TV format");
	if (p->n_keys == WIRE_MAX_KEYS)
		return wire_refuse(p, attr->at, "too many keys");
	key = &p->room->keys[p->n_keys];
	key->id = read_u32(&r);
	key->kwk_id = read_u32(&r);
	key->wrapped = read_rest(&r);
	if (!key->wrapped.len)
		return wire_refuse(p, attr->at, "a key that is cut short");
	if (!*n)
		*list = key;
	p->n_keys++;
	++*n;
	return true;
}

static bool parse_sa_key(struct wire_parser *p, const struct wire_attr *attr,
			 struct wire_key_bag *bag)
{
	if (!parse_key(p, attr, &bag->keys, &bag->n_keys))
		return false;
	return !bag->keys[bag->n_keys - 1].id ||
	       wire_refuse(p, attr->at, "SA_KEY with a Key ID");
}

static bool same_sa(const struct wire_key_bag *a, uint8_t protocol, struct chunk spi)
{
	return a->protocol == protocol && chunk_equal(a->spi, spi);
}

static bool is_new_sa(const struct wire_kd *kd, uint8_t protocol, struct chunk spi)
{
	size_t i;

	for (i = 0; i < kd->n_bags; i++)
		if (same_sa(&kd->bags[i], protocol, spi))
			return false;
	return true;
}

static bool parse_bag_attrs(struct wire_parser *p, struct reader *r, struct wire_key_bag *bag)
{
	struct wire_attr attr;

	while (r->left) {
		if (!wire_parse_attr(p, r, &attr))
			return false;
		if (attr.type != SA_KEY)
			p->m->n_skipped++;
		else if (!parse_sa_key(p, &attr, bag))
			return false;
	}
	return bag->n_keys || wire_refuse(p, r->at, "a key bag without SA_KEY");
}

static bool parse_bag(struct wire_parser *p, struct reader *r, uint8_t protocol, uint8_t spi_size)
{
	struct wire_kd *kd = &p->room->kd;
	const uint8_t *at = r->at;
	struct wire_key_bag *bag;

	if (kd->n_bags == WIRE_MAX_KEY_BAGS)
		return wire_refuse(p, at, "too many key bags");
	if (!wire_spi_len(protocol))
		return wire_refuse(p, at, "a key bag for a protocol that has none");
	if (spi_size != wire_spi_len(protocol))
		return wire_refuse(p, at, "SPI Size of a key bag");
	bag = &p->room->bags[kd->n_bags];
	*bag = (struct wire_key_bag){ .protocol = protocol, .spi = read_chunk(r, spi_size) };
	if (r->failed)
		return wire_refuse(p, at, "an SPI goes over the end");
	if (!is_new_sa(kd, protocol, bag->spi))
		return wire_refuse(p, at, "two key bags for one SA");
	kd->n_bags++;
	return parse_bag_attrs(p, r, bag);
}

static bool parse_wrap_key(struct wire_parser *p, const struct wire_attr *attr,
			   struct wire_member_bag *bag)
{
	if (!parse_key(p, attr, &bag->wrap_keys, &bag->n_wrap_keys))
		return false;
	return bag->wrap_keys[bag->n_wrap_keys - 1].id ||
	       wire_refuse(p, attr->at, "WRAP_KEY without a Key ID");
}

static bool parse_auth_key(struct wire_parser *p, const struct wire_attr *attr,
			   struct wire_member_bag *bag)
{
	if (attr->tv || !attr->data.len)
		return wire_refuse(p, attr->at, "AUTH_KEY: no TLV, or empty");
	if (bag->auth_key.len)
		return wire_refuse(p, attr->at, "an attribute twice");
	bag->auth_key = attr->data;
	return true;
}

/* RFC 9838 does not say how long it is: Documentation/g-ikev2.md, 16 */
static bool parse_sender_id(struct wire_parser *p, const struct wire_attr *attr,
			    struct wire_member_bag *bag)
{
	struct reader r = reader_of(attr->data);
	uint64_t id = 0;

	if (attr->tv || !attr->data.len || attr->data.len > MAX_SENDER_ID_LEN)
		return wire_refuse(p, attr->at, "GM_SENDER_ID: no TLV of 1 to 8 bytes");
	while (r.left)
		id = id << 8 | read_u8(&r);
	if (id > UINT32_MAX)
		return wire_refuse(p, attr->at, "GM_SENDER_ID above 32 bits");
	if (bag->n_sender_ids == WIRE_MAX_SENDER_IDS)
		return wire_refuse(p, attr->at, "too many GM_SENDER_ID");
	p->room->sender_ids[bag->n_sender_ids++] = id;
	return true;
}

static bool parse_member_attr(struct wire_parser *p, const struct wire_attr *attr,
			      struct wire_member_bag *bag)
{
	switch (attr->type) {
	case WRAP_KEY:
		return parse_wrap_key(p, attr, bag);
	case AUTH_KEY:
		return parse_auth_key(p, attr, bag);
	case GM_SENDER_ID:
		return parse_sender_id(p, attr, bag);
	default:
		p->m->n_skipped++;
		return true;
	}
}

static bool parse_member_bag(struct wire_parser *p, struct reader *r)
{
	struct wire_member_bag *bag = &p->room->member;
	struct wire_attr attr;

	if (p->room->kd.member)
		return wire_refuse(p, r->at, "two Member Key Bags");
	*bag = (struct wire_member_bag){ .sender_ids = p->room->sender_ids };
	p->room->kd.member = bag;
	while (r->left)
		if (!wire_parse_attr(p, r, &attr) || !parse_member_attr(p, &attr, bag))
			return false;
	return true;
}

static bool parse_one(struct wire_parser *p, struct reader *r)
{
	struct wire_substructure sub;

	if (!wire_parse_substructure(p, r, &sub))
		return false;
	if (sub.protocol == PROTO_NONE)
		return parse_member_bag(p, &sub.body);
	return parse_bag(p, &sub.body, sub.protocol, sub.spi_size);
}

bool wire_parse_kd(struct wire_parser *p, struct reader *r)
{
	struct wire_kd *kd = &p->room->kd;

	*kd = (struct wire_kd){ .bags = p->room->bags };
	while (r->left)
		if (!parse_one(p, r))
			return false;
	p->m->kd = kd;
	return true;
}

static void write_key(struct writer *w, uint16_t type, const struct wire_key *key)
{
	size_t from;

	write_u16(w, type);
	write_u16(w, 0);
	from = w->len;
	write_u32(w, key->id);
	write_u32(w, key->kwk_id);
	write_chunk(w, key->wrapped);
	wire_write_length(w, from - 2, from);
}

static void write_bag(struct writer *w, const struct wire_key_bag *bag)
{
	size_t from = w->len;
	size_t i;

	write_u8(w, bag->protocol);
	write_u8(w, bag->spi.len);
	write_u16(w, 0);
	write_chunk(w, bag->spi);
	for (i = 0; i < bag->n_keys; i++)
		write_key(w, SA_KEY, &bag->keys[i]);
	wire_write_length(w, from + 2, from);
}

static void write_member_bag(struct writer *w, const struct wire_member_bag *bag)
{
	size_t from = w->len;
	size_t i;

	write_u8(w, PROTO_NONE);
	write_u8(w, 0);
	write_u16(w, 0);
	for (i = 0; i < bag->n_wrap_keys; i++)
		write_key(w, WRAP_KEY, &bag->wrap_keys[i]);
	if (bag->auth_key.len)
		wire_write_tlv(w, AUTH_KEY, bag->auth_key);
	for (i = 0; i < bag->n_sender_ids; i++)
		wire_write_tlv_u32(w, GM_SENDER_ID, bag->sender_ids[i]);
	wire_write_length(w, from + 2, from);
}

void wire_write_kd(struct writer *w, const struct wire_kd *kd)
{
	size_t i;

	for (i = 0; i < kd->n_bags; i++)
		write_bag(w, &kd->bags[i]);
	if (kd->member)
		write_member_bag(w, kd->member);
}

const struct wire_key_bag *wire_key_bag_of(const struct wire_kd *kd,
					   const struct wire_policy *policy)
{
	size_t i;

	for (i = 0; i < kd->n_bags; i++)
		if (same_sa(&kd->bags[i], policy->protocol, policy->spi))
			return &kd->bags[i];
	return NULL;
}
