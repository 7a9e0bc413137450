// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SA and SAg: proposals, transforms and their attributes. RFC 7296 3.3; RFC 9838
 * 2.3.3 for what is different in SAg.
 */
#include "wire/internal.h"

enum {
	LAST = 0,
	MORE_PROPOSALS = 2,
	MORE_TRANSFORMS = 3,
};

#define PROPOSAL_LEN	8	/* without SPI and transforms */
#define TRANSFORM_LEN	8	/* without attributes */

static bool parse_key_length(struct wire_parser *p, const struct wire_attr *attr,
			     struct wire_transform *t)
{
	if (!attr->tv)
		return wire_refuse(p, attr->at, "Key Length has to be in TV format");
	if (!attr->value)
		return wire_refuse(p, attr->at, "Key Length is zero");
	if (t->key_length)
		return wire_refuse(p, attr->at, "an attribute twice");
	t->key_length = attr->value;
	return true;
}

static bool parse_algorithm(struct wire_parser *p, const struct wire_attr *attr,
			    struct wire_transform *t)
{
	if (attr->tv || !attr->data.len)
		return wire_refuse(p, attr->at, "Signature Algorithm Identifier: no TLV, or empty");
	if (t->algorithm.len)
		return wire_refuse(p, attr->at, "an attribute twice");
	t->algorithm = attr->data;
	return true;
}

static bool parse_transform_attrs(struct wire_parser *p, struct chunk attrs,
				  struct wire_transform *t)
{
	struct reader r = reader_of(attrs);
	struct wire_attr attr;

	while (r.left) {
		if (!wire_parse_attr(p, &r, &attr))
			return false;
		if (attr.type == ATTR_KEY_LENGTH) {
			if (!parse_key_length(p, &attr, t))
				return false;
		} else if (attr.type == ATTR_SIGNATURE_ALGORITHM_IDENTIFIER) {
			if (!parse_algorithm(p, &attr, t))
				return false;
		} else {
			t->unknown = attrs;
		}
	}
	return true;
}

/* The head of a proposal or a transform: is it the last, and how much follows? */
static bool parse_head(struct wire_parser *p, struct reader *r, uint8_t more, size_t min,
		       uint8_t *last, struct reader *body)
{
	const uint8_t *at = r->at;
	uint16_t length;

	*last = read_u8(r);
	read_u8(r);
	length = read_u16(r);
	if (r->failed)
		return wire_refuse(p, at, "no room for a substructure");
	if (*last != LAST && *last != more)
		return wire_refuse(p, at, "Last Substruc");
	if (length < min)
		return wire_refuse(p, at, "length of a substructure");
	*body = reader_of(read_chunk(r, length - 4));
	return !r->failed || wire_refuse(p, at, "a substructure goes over the end");
}

static bool parse_transform(struct wire_parser *p, struct reader *r, uint8_t *last)
{
	struct wire_transform *t;
	struct reader body;

	if (p->n_transforms == WIRE_MAX_TRANSFORMS)
		return wire_refuse(p, r->at, "too many transforms");
	if (!parse_head(p, r, MORE_TRANSFORMS, TRANSFORM_LEN, last, &body))
		return false;
	t = &p->room->transforms[p->n_transforms++];
	*t = (struct wire_transform){ .type = read_u8(&body) };
	read_u8(&body);
	t->id = read_u16(&body);
	return parse_transform_attrs(p, read_rest(&body), t);
}

bool wire_parse_transforms(struct wire_parser *p, struct reader *r,
			   const struct wire_transform **list, size_t *n)
{
	uint8_t last = MORE_TRANSFORMS;
	size_t first = p->n_transforms;

	while (last != LAST)
		if (!parse_transform(p, r, &last))
			return false;
	*list = &p->room->transforms[first];
	*n = p->n_transforms - first;
	return true;
}

/* Is this SA payload an SAg? RFC 9838 4.3 */
static bool is_sag(const struct wire_header *h)
{
	return h->exchange == GSA_AUTH || h->exchange == GSA_REGISTRATION;
}

static bool spi_size_is_right(const struct wire_header *h, uint8_t protocol, uint8_t size)
{
	switch (protocol) {
	case PROTO_IKE:
		return size == (h->exchange == IKE_SA_INIT ? 0 : sizeof(h->spi_i));
	case PROTO_AH:
	case PROTO_ESP:
		return size == WIRE_IPSEC_SPI_LEN;
	default:
		return true;
	}
}

/* An answer has one proposal, with the number of the one that was chosen. */
static bool number_is_right(const struct wire_message *m, uint8_t number)
{
	if (is_sag(&m->header) || m->header.response)
		return number != 0;
	return number == m->n_proposals + 1;
}

static bool parse_proposal_body(struct wire_parser *p, struct reader *r,
				struct wire_proposal *proposal)
{
	const struct wire_header *h = &p->m->header;
	const uint8_t *at = r->at;
	uint8_t spi_size;
	uint8_t n;

	proposal->number = read_u8(r);
	proposal->protocol = read_u8(r);
	spi_size = read_u8(r);
	n = read_u8(r);
	if (!number_is_right(p->m, proposal->number))
		return wire_refuse(p, at, "Proposal Num");
	if (!is_sag(h) && !spi_size_is_right(h, proposal->protocol, spi_size))
		return wire_refuse(p, at, "SPI Size of a proposal");
	proposal->spi = read_chunk(r, spi_size);
	if (r->failed)
		return wire_refuse(p, at, "an SPI goes over the end");
	if (is_sag(h))
		proposal->spi = (struct chunk){ 0 };
	if (!wire_parse_transforms(p, r, &proposal->transforms, &proposal->n_transforms))
		return false;
	if (proposal->n_transforms != n)
		return wire_refuse(p, at, "Num Transforms is not their number");
	return !r->left || wire_refuse(p, r->at, "bytes behind the last transform");
}

static bool parse_proposal(struct wire_parser *p, struct reader *r, uint8_t *last)
{
	struct wire_proposal *proposal;
	struct reader body;

	if (p->m->n_proposals == WIRE_MAX_PROPOSALS)
		return wire_refuse(p, r->at, "too many proposals");
	if (!parse_head(p, r, MORE_PROPOSALS, PROPOSAL_LEN, last, &body))
		return false;
	proposal = &p->room->proposals[p->m->n_proposals];
	if (!parse_proposal_body(p, &body, proposal))
		return false;
	p->m->n_proposals++;
	return true;
}

static bool check_answer(struct wire_parser *p)
{
	const struct wire_proposal *chosen = p->m->proposals;
	size_t i;

	if (p->m->n_proposals != 1)
		return wire_refuse(p, NULL, "an answer with more than one proposal");
	for (i = 0; i < chosen->n_transforms; i++)
		if (wire_transform(chosen->transforms, i, chosen->transforms[i].type))
			return wire_refuse(p, NULL, "an answer with two transforms of one type");
	return true;
}

bool wire_parse_sa(struct wire_parser *p, struct reader *r)
{
	uint8_t last = MORE_PROPOSALS;

	p->m->proposals = p->room->proposals;
	while (last != LAST)
		if (!parse_proposal(p, r, &last))
			return false;
	if (r->left)
		return wire_refuse(p, r->at, "bytes behind the last proposal");
	return !p->m->header.response || check_answer(p);
}

static void write_transform(struct writer *w, const struct wire_transform *t, bool last)
{
	size_t from = w->len;

	write_u8(w, last ? LAST : MORE_TRANSFORMS);
	write_u8(w, 0);
	write_u16(w, 0);
	write_u8(w, t->type);
	write_u8(w, 0);
	write_u16(w, t->id);
	if (t->unknown.len) {
		write_chunk(w, t->unknown);
	} else {
		if (t->key_length)
			wire_write_tv(w, ATTR_KEY_LENGTH, t->key_length);
		if (t->algorithm.len)
			wire_write_tlv(w, ATTR_SIGNATURE_ALGORITHM_IDENTIFIER, t->algorithm);
	}
	wire_write_length(w, from + 2, from);
}

void wire_write_transforms(struct writer *w, const struct wire_transform *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		write_transform(w, &list[i], i + 1 == n);
}

static void write_proposal(struct writer *w, const struct wire_proposal *proposal, bool last)
{
	size_t from = w->len;

	if (proposal->n_transforms > UINT8_MAX)
		w->failed = true;
	write_u8(w, last ? LAST : MORE_PROPOSALS);
	write_u8(w, 0);
	write_u16(w, 0);
	write_u8(w, proposal->number);
	write_u8(w, proposal->protocol);
	write_u8(w, proposal->spi.len);
	write_u8(w, proposal->n_transforms);
	write_chunk(w, proposal->spi);
	wire_write_transforms(w, proposal->transforms, proposal->n_transforms);
	wire_write_length(w, from + 2, from);
}

void wire_write_sa(struct writer *w, const struct wire_message *m)
{
	size_t i;

	for (i = 0; i < m->n_proposals; i++)
		write_proposal(w, &m->proposals[i], i + 1 == m->n_proposals);
}

const struct wire_transform *wire_transform(const struct wire_transform *transforms, size_t n,
					    uint8_t type)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (transforms[i].type == type)
			return &transforms[i];
	return NULL;
}
