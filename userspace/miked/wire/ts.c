// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traffic Selectors, in TSi, TSr and GSA: RFC 7296 3.13.
 */
#include <string.h>
#include "wire/internal.h"

#define TS_HEAD_LEN	4	/* type, protocol, length */
#define ANY_PORT_END	UINT16_MAX

/* The length of an address of a type that we know; else 0. */
static size_t address_len(uint8_t type)
{
	switch (type) {
	case TS_IPV4_ADDR_RANGE:
		return 4;
	case TS_IPV6_ADDR_RANGE:
		return 16;
	default:
		return 0;
	}
}

static bool ports_are_right(const struct wire_ts *ts)
{
	if (!ts->protocol)
		return ts->start_port == 0 && ts->end_port == ANY_PORT_END;
	if (ts->start_port == ANY_PORT_END && ts->end_port == 0)	/* OPAQUE */
		return true;
	return ts->start_port <= ts->end_port;
}

static void read_address(struct reader *r, uint8_t *address, size_t len)
{
	struct chunk chunk = read_chunk(r, len);

	if (chunk.len)
		memcpy(address, chunk.data, chunk.len);
}

static bool parse_range(struct wire_parser *p, struct reader *r, struct wire_ts *ts)
{
	const uint8_t *at = r->at;
	size_t len = address_len(ts->type);

	ts->start_port = read_u16(r);
	ts->end_port = read_u16(r);
	read_address(r, ts->start, len);
	read_address(r, ts->end, len);
	if (r->failed || r->left)
		return wire_refuse(p, at, "Selector Length");
	if (!ports_are_right(ts))
		return wire_refuse(p, at, "ports of a traffic selector");
	return memcmp(ts->start, ts->end, len) <= 0 ||
	       wire_refuse(p, at, "addresses of a traffic selector");
}

bool wire_parse_ts(struct wire_parser *p, struct reader *r, struct wire_ts *ts)
{
	const uint8_t *at = r->at;
	struct reader body;
	uint16_t length;

	memset(ts, 0, sizeof(*ts));
	ts->type = read_u8(r);
	ts->protocol = read_u8(r);
	length = read_u16(r);
	if (r->failed || length < TS_HEAD_LEN)
		return wire_refuse(p, at, "no room for a traffic selector");
	body = reader_of(read_chunk(r, length - TS_HEAD_LEN));
	if (r->failed)
		return wire_refuse(p, at, "a traffic selector goes over the end");
	if (address_len(ts->type))
		return parse_range(p, &body, ts);
	ts->other = read_rest(&body);
	return true;
}

bool wire_parse_selectors(struct wire_parser *p, struct reader *r, const struct wire_ts **list,
			  size_t *n)
{
	size_t i;

	*n = read_u8(r);
	*list = &p->room->selectors[p->n_selectors];
	read_u8(r);
	read_u16(r);
	if (r->failed || !*n)
		return wire_refuse(p, r->at, "no traffic selector");
	if (*n > WIRE_MAX_SELECTORS - p->n_selectors)
		return wire_refuse(p, r->at, "too many traffic selectors");
	for (i = 0; i < *n; i++)
		if (!wire_parse_ts(p, r, &p->room->selectors[p->n_selectors++]))
			return false;
	return !r->left || wire_refuse(p, r->at, "Number of TSs is not their number");
}

void wire_write_ts(struct writer *w, const struct wire_ts *ts)
{
	size_t len = address_len(ts->type);
	size_t from = w->len;

	write_u8(w, ts->type);
	write_u8(w, ts->protocol);
	write_u16(w, 0);
	if (len) {
		write_u16(w, ts->start_port);
		write_u16(w, ts->end_port);
		write_chunk(w, (struct chunk){ ts->start, len });
		write_chunk(w, (struct chunk){ ts->end, len });
	} else {
		write_chunk(w, ts->other);
	}
	wire_write_length(w, from + 2, from);
}

void wire_write_selectors(struct writer *w, const struct wire_ts *list, size_t n)
{
	size_t i;

	if (n > UINT8_MAX)
		w->failed = true;
	write_u8(w, n);
	write_u8(w, 0);
	write_u16(w, 0);
	for (i = 0; i < n; i++)
		wire_write_ts(w, &list[i]);
}
