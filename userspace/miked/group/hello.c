// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What key server and member tell each other beyond RFC 9838.
 */
#include <string.h>
#include "group/hello.h"

#define ID_HEAD_LEN	4	/* ID Type and RESERVED, RFC 7296 3.5 */

/* Who we are, and the version of all that is in this file. */
static const uint8_t magic[] = { 'g', 'e', 'm', 'c', 'a', 's', 't', 1 };

void hello_write(const struct hello *hello, uint8_t out[HELLO_LEN])
{
	struct writer w = writer_to(out, HELLO_LEN);

	write_chunk(&w, CHUNK(magic));
	write_u8(&w, hello->ack);
	write_u8(&w, 0);
	write_u16(&w, hello->rate);
	write_u32(&w, hello->spread_ms);
}

/* Longer ones may come to say more. */
static bool read_hello(struct chunk data, struct hello *hello)
{
	struct reader r = reader_of(data);

	if (!chunk_equal(read_chunk(&r, sizeof(magic)), CHUNK(magic)))
		return false;
	hello->ack = read_u8(&r);
	read_u8(&r);
	hello->rate = read_u16(&r);
	hello->spread_ms = read_u32(&r);
	return !r.failed && hello->ack <= HELLO_ACK_ALL;
}

bool hello_read(const struct wire_message *m, struct hello *hello)
{
	size_t i;

	for (i = 0; i < m->n_notifies; i++)
		if (m->notifies[i].type == N_GEMCAST_HELLO &&
		    read_hello(m->notifies[i].data, hello))
			return true;
	*hello = (struct hello){ 0 };
	return false;
}

static void write_id(struct writer *w, const struct wire_id *id)
{
	write_u8(w, id->type);
	write_room(w, ID_HEAD_LEN - 1);
	write_chunk(w, id->data);
}

static bool read_id(struct reader *r, struct wire_id *id)
{
	id->type = read_u8(r);
	read_chunk(r, ID_HEAD_LEN - 1);
	id->data = read_rest(r);
	return !r->failed && id->data.len;
}

void hello_write_rekey_ack(struct writer *w, const struct hello_rekey_ack *ack)
{
	write_chunk(w, CHUNK(ack->spi));
	write_u32(w, ack->message_id);
	write_id(w, &ack->idg);
}

bool hello_read_rekey_ack(struct chunk data, struct hello_rekey_ack *ack)
{
	struct reader r = reader_of(data);
	struct chunk spi = read_chunk(&r, sizeof(ack->spi));

	if (r.failed)
		return false;
	memcpy(ack->spi, spi.data, sizeof(ack->spi));
	ack->message_id = read_u32(&r);
	return read_id(&r, &ack->idg);
}

void hello_write_sa_expiring(struct writer *w, const struct hello_sa_expiring *expiring)
{
	write_u32(w, expiring->spi);
	write_u8(w, expiring->reason);
	write_id(w, &expiring->idg);
}

bool hello_read_sa_expiring(struct chunk data, struct hello_sa_expiring *expiring)
{
	struct reader r = reader_of(data);

	expiring->spi = read_u32(&r);
	expiring->reason = read_u8(&r);
	return read_id(&r, &expiring->idg);
}

void hello_write_sa_limits(struct writer *w, const struct hello_sa_limits *limits)
{
	write_u32(w, limits->spi);
	write_u64(w, limits->packets);
	write_u64(w, limits->bytes);
}

bool hello_read_sa_limits(struct chunk data, struct hello_sa_limits *limits)
{
	struct reader r = reader_of(data);

	limits->spi = read_u32(&r);
	limits->packets = read_u64(&r);
	limits->bytes = read_u64(&r);
	return !r.failed && !r.left;
}
