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
#include "wire_equal.h"

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

/* What was accepted is written, and what is written is accepted and says the same. */
static inline void check_again(const struct wire_message *m, bool clear)
{
	static struct coded again;
	static struct wire_room room;
	struct wire_message parsed;
	struct wire_error error;

	if (!encode(&again, m, clear) || !decode(&again, &parsed, &room, &error) ||
	    !same_message(m, &parsed))
		abort();
}

/* In memory that ends where the bytes end. */
static inline uint8_t *copy_of(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = len ? malloc(len) : NULL;

	if (copy)
		memcpy(copy, bytes, len);
	else if (len)
		abort();
	return copy;
}

/*
 * Parse in memory that ends where the bytes end, so that a read behind them is seen.
 * What is in an Encrypted payload is @header's, and begins with a payload of @first.
 */
static inline bool check_inner(const struct wire_header *header, uint8_t first,
			       const uint8_t *bytes, size_t len)
{
	static struct wire_room room;
	struct wire_message m = { .header = *header };
	struct wire_error error;
	uint8_t *copy = copy_of(bytes, len);
	bool ok;

	ok = wire_parse_inner(&m, &room, first, (struct chunk){ copy, len }, &error);
	if (ok)
		check_again(&m, false);
	else if (!error.reason || error.offset > len)
		abort();
	free(copy);
	return ok;
}

/* What an Encrypted payload holds that was not encrypted: without padding. */
static inline struct chunk without_padding(struct chunk body)
{
	size_t pad = body.len ? body.data[body.len - 1] + 1 : 0;

	if (pad <= body.len)
		body.len -= pad;
	return body;
}

/* The same with a datagram; its Encrypted payload is taken as if it were not encrypted. */
static inline bool check_datagram(const uint8_t *bytes, size_t len)
{
	static struct wire_room room;
	struct wire_message m;
	struct wire_error error;
	uint8_t *copy = copy_of(bytes, len);
	struct chunk inner;
	bool ok;

	ok = wire_parse(&m, &room, (struct chunk){ copy, len }, &error);
	if (ok && m.sk) {
		inner = without_padding(m.sk->body);
		ok = check_inner(&m.header, m.sk->first, inner.data, inner.len);
	} else if (ok) {
		check_again(&m, true);
	} else if (!error.reason || error.offset > len) {
		abort();
	}
	free(copy);
	return ok;
}

#endif
