// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notifications for private use, between members and key servers of gemcast.
 */
#include <assert.h>
#include <string.h>
#include "base/iana.h"
#include "group/hello.h"

/* No other implementation that uses these numbers begins so. Its last byte is the version. */
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

bool hello_read(const struct wire_message *m, struct hello *hello)
{
	const struct wire_notify *notify = wire_notify(m, N_GEMCAST_HELLO);
	struct reader r = reader_of(notify ? notify->data : (struct chunk){ NULL, 0 });

	if (!chunk_equal(read_chunk(&r, sizeof(magic)), CHUNK(magic)))
		return false;
	hello->ack = read_u8(&r);
	read_u8(&r);
	hello->rate = read_u16(&r);
	hello->spread_ms = read_u32(&r);
	return !r.failed;
}

static void write_id(struct writer *w, const struct wire_id *id)
{
	write_u8(w, id->type);
	write_room(w, HELLO_ID_HEAD - 1);
	write_chunk(w, id->data);
}

/* The rest of @r; what is RESERVED is not looked at. */
static bool read_id(struct reader *r, struct wire_id *id)
{
	id->type = read_u8(r);
	read_chunk(r, HELLO_ID_HEAD - 1);
	id->data = read_rest(r);
	return !r->failed && id->data.len && id->data.len <= HELLO_ID_MAX;
}

struct chunk rekey_ack_write(const struct rekey_ack *ack, uint8_t room[REKEY_ACK_MAX])
{
	struct writer w = writer_to(room, REKEY_ACK_MAX);

	write_chunk(&w, ack->spi);
	write_u32(&w, ack->message_id);
	write_id(&w, &ack->group);
	assert(!w.failed);
	return written(&w);
}

bool rekey_ack_read(const struct wire_notify *notify, struct rekey_ack *ack)
{
	struct reader r = reader_of(notify->data);

	ack->spi = read_chunk(&r, WIRE_GIKE_SPI_LEN);
	ack->message_id = read_u32(&r);
	return read_id(&r, &ack->group);
}

struct chunk sa_expiring_write(const struct sa_expiring *expiring, uint8_t room[SA_EXPIRING_MAX])
{
	struct writer w = writer_to(room, SA_EXPIRING_MAX);

	write_u32(&w, expiring->spi);
	write_u8(&w, expiring->reason);
	write_id(&w, &expiring->group);
	assert(!w.failed);
	return written(&w);
}

bool sa_expiring_read(const struct wire_notify *notify, struct sa_expiring *expiring)
{
	struct reader r = reader_of(notify->data);

	expiring->spi = read_u32(&r);
	expiring->reason = read_u8(&r);
	return read_id(&r, &expiring->group);
}

void sa_limits_write(const struct sa_limits *limits, uint8_t out[SA_LIMITS_LEN])
{
	struct writer w = writer_to(out, SA_LIMITS_LEN);

	write_u32(&w, limits->spi);
	write_u64(&w, limits->packets);
	write_u64(&w, limits->bytes);
}

bool sa_limits_read(const struct wire_message *m, uint32_t spi, struct sa_limits *limits)
{
	struct reader r;
	size_t i;

	for (i = 0; i < m->n_notifies; i++) {
		if (m->notifies[i].type != N_SA_LIMITS)
			continue;
		r = reader_of(m->notifies[i].data);
		limits->spi = read_u32(&r);
		limits->packets = read_u64(&r);
		limits->bytes = read_u64(&r);
		if (!r.failed && limits->spi == spi)
			return true;
	}
	return false;
}

struct chunk rekey_auth_write(const struct rekey_auth *auth, uint8_t room[REKEY_AUTH_MAX])
{
	struct writer w = writer_to(room, REKEY_AUTH_MAX);

	write_chunk(&w, auth->spi);
	write_chunk(&w, auth->next);
	write_chunk(&w, auth->auth_key);
	assert(!w.failed);
	return written(&w);
}

bool rekey_auth_read(const struct wire_message *m, struct chunk spi, struct rekey_auth *auth)
{
	struct reader r;
	size_t i;

	for (i = 0; i < m->n_notifies; i++) {
		if (m->notifies[i].type != N_REKEY_AUTH)
			continue;
		r = reader_of(m->notifies[i].data);
		auth->spi = read_chunk(&r, WIRE_GIKE_SPI_LEN);
		auth->next = read_chunk(&r, WIRE_GIKE_SPI_LEN);
		auth->auth_key = read_rest(&r);
		if (!r.failed && chunk_equal(auth->spi, spi))
			return true;
	}
	return false;
}
