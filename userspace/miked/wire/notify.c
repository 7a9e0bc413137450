// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Notify and Delete payloads: RFC 7296 3.10 and 3.11, RFC 9838 4.6 and 4.7.
 */
#include "wire/internal.h"

#define NAT_HASH_LEN	20	/* SHA-1 */
#define ANY_LEN		UINT16_MAX

/*
 * What the notifications look like that would be misread otherwise. Those that are
 * single may stand in a message only once.
 */
static const struct shape {
	uint16_t type;
	uint8_t spi_len;
	bool single;
	uint16_t min;
	uint16_t max;
} shapes[] = {
	{ N_UNSUPPORTED_CRITICAL_PAYLOAD,	0, false, 1, 1 },
	{ N_INVALID_KE_PAYLOAD,			0, true, 2, 2 },
	{ N_SET_WINDOW_SIZE,			0, true, 4, 4 },
	{ N_NAT_DETECTION_SOURCE_IP,		0, false, NAT_HASH_LEN, NAT_HASH_LEN },
	{ N_NAT_DETECTION_DESTINATION_IP,	0, true, NAT_HASH_LEN, NAT_HASH_LEN },
	{ N_COOKIE,				0, true, 1, WIRE_MAX_COOKIE },
	{ N_REKEY_SA,				WIRE_IPSEC_SPI_LEN, true, 0, ANY_LEN },
	{ N_GROUP_SENDER,			0, true, 4, 4 },
	{ N_SIGNATURE_HASH_ALGORITHMS,		0, true, 2, ANY_LEN },
	{ N_PPK_IDENTITY,			0, true, 2, ANY_LEN },
	{ N_NO_PPK_AUTH,			0, true, 1, ANY_LEN },
};

/* RFC 8784 3: whatever the PPK_IDENTITY of an answer holds, it is not looked at. */
static bool length_is_right(const struct wire_header *h, const struct shape *shape, size_t len)
{
	if (shape->type == N_PPK_IDENTITY && h->response)
		return true;
	if (shape->type == N_SIGNATURE_HASH_ALGORITHMS && len % 2)
		return false;
	return len >= shape->min && len <= shape->max;
}

static bool check_shape(struct wire_parser *p, const struct wire_notify *n, const uint8_t *at)
{
	const struct shape *shape = NULL;
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
		if (shapes[i].type == n->type)
			shape = &shapes[i];
	if (!shape)
		return true;
	if (n->spi.len != shape->spi_len)
		return wire_refuse(p, at, "SPI Size of a notification");
	if (!length_is_right(&p->m->header, shape, n->data.len))
		return wire_refuse(p, at, "length of a notification");
	if (shape->single && wire_notify(p->m, n->type))
		return wire_refuse(p, at, "a notification twice");
	return true;
}

bool wire_parse_notify(struct wire_parser *p, struct reader *r)
{
	struct wire_notify *n = &p->room->notifies[p->m->n_notifies];
	const uint8_t *at = r->at;
	uint8_t spi_size;

	n->protocol = read_u8(r);
	spi_size = read_u8(r);
	n->type = read_u16(r);
	n->spi = read_chunk(r, spi_size);
	n->data = read_rest(r);
	if (r->failed)
		return wire_refuse(p, at, "a notification goes over the end");
	if (!n->spi.len)
		n->protocol = PROTO_NONE;
	if (!check_shape(p, n, at))
		return false;
	p->m->notifies = p->room->notifies;
	p->m->n_notifies++;
	return true;
}

void wire_write_notify(struct writer *w, const struct wire_notify *n)
{
	write_u8(w, n->protocol);
	write_u8(w, n->spi.len);
	write_u16(w, n->type);
	write_chunk(w, n->spi);
	write_chunk(w, n->data);
}

const struct wire_notify *wire_notify(const struct wire_message *m, uint16_t type)
{
	size_t i;

	for (i = 0; i < m->n_notifies; i++)
		if (m->notifies[i].type == type)
			return &m->notifies[i];
	return NULL;
}

const struct wire_notify *wire_notify_error(const struct wire_message *m)
{
	size_t i;

	for (i = 0; i < m->n_notifies; i++)
		if (m->notifies[i].type < WIRE_FIRST_STATUS)
			return &m->notifies[i];
	return NULL;
}

uint32_t wire_notify_u32(const struct wire_notify *n)
{
	struct reader r = reader_of(n->data);

	return read_u32(&r);
}

uint16_t wire_notify_u16(const struct wire_notify *n)
{
	struct reader r = reader_of(n->data);

	return read_u16(&r);
}

bool wire_notify_has_hash(const struct wire_notify *n, uint16_t hash)
{
	struct reader r = reader_of(n->data);

	while (r.left >= sizeof(hash))
		if (read_u16(&r) == hash)
			return true;
	return false;
}

size_t wire_spi_len(uint8_t protocol)
{
	switch (protocol) {
	case PROTO_AH:
	case PROTO_ESP:
		return WIRE_IPSEC_SPI_LEN;
	case PROTO_GIKE_UPDATE:
		return WIRE_GIKE_SPI_LEN;
	default:
		return 0;
	}
}

static bool is_rekey(const struct wire_header *h)
{
	return h->exchange == GSA_REKEY || h->exchange == GSA_INBAND_REKEY;
}

/* In a rekey, "all" may come without any SPI too: Documentation/g-ikev2.md, 2 */
static bool delete_is_right(const struct wire_header *h, const struct wire_delete *d)
{
	bool bare = !d->spi_size && !d->n_spis;

	switch (d->protocol) {
	case PROTO_NONE:
		return is_rekey(h);
	case PROTO_IKE:
		return !is_rekey(h) && bare;
	case PROTO_GIKE_UPDATE:
		return is_rekey(h) && (bare || (d->spi_size == WIRE_GIKE_SPI_LEN && d->n_spis));
	case PROTO_AH:
	case PROTO_ESP:
		return (d->spi_size == WIRE_IPSEC_SPI_LEN && d->n_spis) || (bare && is_rekey(h));
	default:
		return false;
	}
}

bool wire_parse_delete(struct wire_parser *p, struct reader *r)
{
	struct wire_delete *d = &p->room->deletes[p->m->n_deletes];
	const uint8_t *at = r->at;

	d->protocol = read_u8(r);
	d->spi_size = read_u8(r);
	d->n_spis = read_u16(r);
	d->spis = read_rest(r);
	if (r->failed || d->spis.len != d->spi_size * d->n_spis || (d->n_spis && !d->spi_size))
		return wire_refuse(p, at, "D: number, size and length of SPIs do not fit together");
	if (!delete_is_right(&p->m->header, d))
		return wire_refuse(p, at, "D: protocol or SPI Size");
	p->m->deletes = p->room->deletes;
	p->m->n_deletes++;
	return true;
}

void wire_write_delete(struct writer *w, const struct wire_delete *d)
{
	if (d->n_spis > UINT16_MAX)
		w->failed = true;
	write_u8(w, d->protocol);
	write_u8(w, d->spi_size);
	write_u16(w, d->n_spis);
	write_chunk(w, d->spis);
}

struct chunk wire_delete_spi(const struct wire_delete *d, size_t i)
{
	return (struct chunk){ d->spis.data + i * d->spi_size, d->spi_size };
}

static bool is_zero(struct chunk chunk)
{
	size_t i;

	for (i = 0; i < chunk.len; i++)
		if (chunk.data[i])
			return false;
	return true;
}

bool wire_delete_is_all(const struct wire_delete *d)
{
	size_t i;

	if (d->protocol == PROTO_IKE)
		return false;
	if (d->protocol == PROTO_NONE || !d->n_spis)
		return true;
	for (i = 0; i < d->n_spis; i++)
		if (is_zero(wire_delete_spi(d, i)))
			return true;
	return false;
}
