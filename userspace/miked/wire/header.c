// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The IKE header, RFC 7296 3.1.
 */
#include "wire/internal.h"

#define FLAG_INITIATOR	0x08
#define FLAG_RESPONSE	0x20
#define MAJOR_VERSION	2

/* What the header of the first exchange has to be: RFC 7296 2.2, 2.6, 3.1 */
static bool check_initial(struct wire_parser *p)
{
	const struct wire_header *h = &p->m->header;

	if (h->initiator == h->response)
		return wire_refuse(p, NULL, "IKE_SA_INIT: flags I and R do not fit together");
	if (h->message_id)
		return wire_refuse(p, NULL, "IKE_SA_INIT: Message ID is not zero");
	if (!h->response && h->spi_r)
		return wire_refuse(p, NULL, "IKE_SA_INIT: request with a responder's SPI");
	return true;
}

static bool check(struct wire_parser *p)
{
	const struct wire_header *h = &p->m->header;

	if (!h->spi_i)
		return wire_refuse(p, NULL, "initiator's SPI is zero");
	if (h->exchange == IKE_SA_INIT)
		return check_initial(p);
	if (h->exchange == GSA_REKEY)
		return !h->response || wire_refuse(p, NULL, "GSA_REKEY has no response");
	return h->spi_r || wire_refuse(p, NULL, "responder's SPI is zero");
}

bool wire_parse_header(struct wire_parser *p, struct reader *r, uint8_t *first)
{
	struct wire_header *h = &p->m->header;
	size_t total = r->left;
	uint8_t version;
	uint8_t flags;
	uint32_t length;

	h->spi_i = read_u64(r);
	h->spi_r = read_u64(r);
	*first = read_u8(r);
	version = read_u8(r) >> 4;
	h->exchange = read_u8(r);
	flags = read_u8(r);
	h->message_id = read_u32(r);
	length = read_u32(r);
	if (r->failed)
		return wire_refuse(p, NULL, "shorter than an IKE header");
	h->response = flags & FLAG_RESPONSE;
	h->initiator = flags & FLAG_INITIATOR;
	if (version > MAJOR_VERSION) {
		wire_refuse(p, NULL, "major version above 2");
		p->error->notify = h->response || h->exchange == GSA_REKEY ?
				   N_NONE : N_INVALID_MAJOR_VERSION;
		return false;
	}
	if (version < MAJOR_VERSION)
		return wire_refuse(p, NULL, "major version below 2");
	if (length != total)
		return wire_refuse(p, NULL, "Length is not that of the datagram");
	return check(p);
}

void wire_write_header(struct writer *w, const struct wire_header *header, uint8_t first)
{
	write_u64(w, header->spi_i);
	write_u64(w, header->spi_r);
	write_u8(w, first);
	write_u8(w, MAJOR_VERSION << 4);
	write_u8(w, header->exchange);
	write_u8(w, (header->response ? FLAG_RESPONSE : 0) |
		    (header->initiator ? FLAG_INITIATOR : 0));
	write_u32(w, header->message_id);
	write_u32(w, 0);
}
