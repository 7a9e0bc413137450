// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes in network order, read and written within bounds.
 */
#include <assert.h>
#include <string.h>
#include "base/buf.h"

bool chunk_equal(struct chunk a, struct chunk b)
{
	return a.len == b.len && (!a.len || !memcmp(a.data, b.data, a.len));
}

struct reader reader_of(struct chunk chunk)
{
	return (struct reader){ .at = chunk.data, .left = chunk.len };
}

struct chunk read_chunk(struct reader *r, size_t len)
{
	struct chunk chunk = { 0 };

	if (r->failed || len > r->left) {
		r->failed = true;
		return chunk;
	}
	chunk.data = r->at;
	chunk.len = len;
	if (len)
		r->at += len;
	r->left -= len;
	return chunk;
}

struct chunk read_rest(struct reader *r)
{
	return read_chunk(r, r->left);
}

static uint64_t read_number(struct reader *r, size_t len)
{
	struct chunk chunk = read_chunk(r, len);
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < chunk.len; i++)
		value = value << 8 | chunk.data[i];
	return value;
}

uint8_t read_u8(struct reader *r)
{
	return read_number(r, 1);
}

uint16_t read_u16(struct reader *r)
{
	return read_number(r, 2);
}

uint32_t read_u32(struct reader *r)
{
	return read_number(r, 4);
}

uint64_t read_u64(struct reader *r)
{
	return read_number(r, 8);
}

struct writer writer_to(uint8_t *data, size_t size)
{
	return (struct writer){ .data = data, .size = size };
}

uint8_t *write_room(struct writer *w, size_t len)
{
	uint8_t *at;

	if (w->failed || len > w->size - w->len) {
		w->failed = true;
		return NULL;
	}
	at = w->data + w->len;
	if (len)
		memset(at, 0, len);
	w->len += len;
	return at;
}

static void number_to(uint8_t *at, uint64_t value, size_t len)
{
	while (len--) {
		at[len] = value;
		value >>= 8;
	}
}

static void write_number(struct writer *w, uint64_t value, size_t len)
{
	uint8_t *at = write_room(w, len);

	if (at)
		number_to(at, value, len);
}

void write_u8(struct writer *w, uint8_t value)
{
	write_number(w, value, 1);
}

void write_u16(struct writer *w, uint16_t value)
{
	write_number(w, value, 2);
}

void write_u32(struct writer *w, uint32_t value)
{
	write_number(w, value, 4);
}

void write_u64(struct writer *w, uint64_t value)
{
	write_number(w, value, 8);
}

void write_chunk(struct writer *w, struct chunk chunk)
{
	uint8_t *at = write_room(w, chunk.len);

	if (at && chunk.len)
		memcpy(at, chunk.data, chunk.len);
}

static void write_number_at(struct writer *w, size_t at, uint64_t value, size_t len)
{
	if (w->failed)
		return;
	assert(at + len <= w->len);
	number_to(w->data + at, value, len);
}

void write_u16_at(struct writer *w, size_t at, uint16_t value)
{
	write_number_at(w, at, value, 2);
}

void write_u32_at(struct writer *w, size_t at, uint32_t value)
{
	write_number_at(w, at, value, 4);
}

struct chunk written(const struct writer *w)
{
	return (struct chunk){ .data = w->data, .len = w->failed ? 0 : w->len };
}
