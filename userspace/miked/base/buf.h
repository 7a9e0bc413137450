/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes: chunks that refer to them, readers that take them apart in network
 * order, writers that put them together. A reader or writer that ran out of room
 * says so once, at the end: every call after the first that failed does nothing,
 * reads zero and leaves `failed` set. Nothing here allocates.
 */
#ifndef MIKED_BASE_BUF_H
#define MIKED_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of somebody else. */
struct chunk {
	const uint8_t *data;
	size_t len;
};

#define CHUNK(array)	((struct chunk){ (array), sizeof(array) })

bool chunk_equal(struct chunk a, struct chunk b);

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

struct reader reader_of(struct chunk chunk);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
/* The next @len bytes; an empty chunk if there are fewer. */
struct chunk read_chunk(struct reader *r, size_t len);
/* All that is left. */
struct chunk read_rest(struct reader *r);

struct writer {
	uint8_t *data;		/* the caller's */
	size_t size;		/* room there */
	size_t len;		/* bytes written */
	bool failed;
};

struct writer writer_to(uint8_t *data, size_t size);
void write_u8(struct writer *w, uint8_t value);
void write_u16(struct writer *w, uint16_t value);
void write_u32(struct writer *w, uint32_t value);
void write_u64(struct writer *w, uint64_t value);
void write_chunk(struct writer *w, struct chunk chunk);
/* @len zero bytes; where they begin, NULL if there is no room. */
uint8_t *write_room(struct writer *w, size_t len);
/* Put @value where write_u16() or write_u32() wrote something before. */
void write_u16_at(struct writer *w, size_t at, uint16_t value);
void write_u32_at(struct writer *w, size_t at, uint32_t value);
struct chunk written(const struct writer *w);

#endif
