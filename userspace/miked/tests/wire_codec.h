/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to bytes and back, the way that tests need it: what is inside of an
 * Encrypted payload is a chain of its own, with the type of its first payload.
 */
#ifndef MIKED_TESTS_WIRE_CODEC_H
#define MIKED_TESTS_WIRE_CODEC_H

#include <stdlib.h>
#include <string.h>
#include "wire/message.h"

/* Bytes that were written, and how they are to be parsed. */
struct coded {
	uint8_t data[UINT16_MAX];
	size_t len;
	bool clear;
	struct wire_header header;	/* if not clear */
	struct wire_inner inner;	/* if not clear */
};

static inline bool encode(struct coded *coded, const struct wire_message *m, bool clear)
{
	struct writer w = writer_to(coded->data, sizeof(coded->data));

	coded->clear = clear;
	coded->header = m->header;
	if (clear)
		wire_write_clear(&w, m);
	else
		wire_write_inner(&w, m, &coded->inner);
	coded->len = w.len;
	return !w.failed;
}

static inline bool decode(const struct coded *coded, struct wire_message *m,
			  struct wire_room *room, struct wire_error *error)
{
	struct chunk bytes = { coded->data, coded->len };

	if (coded->clear)
		return wire_parse(m, room, bytes, error);
	*m = (struct wire_message){ .header = coded->header };
	return wire_parse_inner(m, room, coded->inner.first, bytes, error);
}

/* The same in memory that ends where the bytes end: a read behind them is seen. */
static inline bool decode_exactly(const struct coded *coded, const uint8_t *bytes, size_t len,
				  struct wire_room *room, struct wire_error *error)
{
	struct wire_message m = { .header = coded->header };
	uint8_t *copy = malloc(len ? len : 1);
	struct chunk chunk = { copy, len };
	bool ok;

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	if (coded->clear)
		ok = wire_parse(&m, room, chunk, error);
	else
		ok = wire_parse_inner(&m, room, coded->inner.first, chunk, error);
	free(copy);
	return ok;
}

#endif
