// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attributes, as transforms, policies and key bags have them: RFC 7296 3.3.5; and what
 * policies and key bags begin with.
 */
#include "wire/internal.h"

#define TV_FORMAT		0x8000
#define SUBSTRUCTURE_LEN	4

bool wire_parse_substructure(struct wire_parser *p, struct reader *r,
			     struct wire_substructure *sub)
{
	const uint8_t *at = r->at;
	uint16_t length;

	sub->protocol = read_u8(r);
	sub->spi_size = read_u8(r);
	length = read_u16(r);
	if (r->failed || length < SUBSTRUCTURE_LEN)
		return wire_refuse(p, at, "no room for a substructure");
	sub->body = reader_of(read_chunk(r, length - SUBSTRUCTURE_LEN));
	return !r->failed || wire_refuse(p, at, "a substructure goes over the end");
}

bool wire_parse_attr(struct wire_parser *p, struct reader *r, struct wire_attr *attr)
{
	uint16_t head;

	attr->at = r->at;
	head = read_u16(r);
	attr->type = head & ~TV_FORMAT;
	attr->tv = head & TV_FORMAT;
	attr->value = read_u16(r);
	attr->data = (struct chunk){ 0 };
	if (!attr->tv)
		attr->data = read_chunk(r, attr->value);
	return !r->failed || wire_refuse(p, attr->at, "an attribute goes over the end");
}

bool wire_attr_is_tlv(struct wire_parser *p, const struct wire_attr *attr, size_t len)
{
	if (attr->tv)
		return wire_refuse(p, attr->at, "an attribute in TV format that has to be TLV");
	return attr->data.len == len || wire_refuse(p, attr->at, "length of an attribute");
}

void wire_write_tv(struct writer *w, uint16_t type, uint16_t value)
{
	write_u16(w, TV_FORMAT | type);
	write_u16(w, value);
}

void wire_write_tlv(struct writer *w, uint16_t type, struct chunk data)
{
	if (data.len > UINT16_MAX)
		w->failed = true;
	write_u16(w, type);
	write_u16(w, data.len);
	write_chunk(w, data);
}

void wire_write_tlv_u32(struct writer *w, uint16_t type, uint32_t value)
{
	write_u16(w, type);
	write_u16(w, sizeof(value));
	write_u32(w, value);
}
