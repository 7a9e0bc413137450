// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chain of payloads, RFC 7296 3.2 and 2.5: each header names the type of the next.
 */
#include <assert.h>
#include "wire/internal.h"

#define CRITICAL	0x80

/* One payload as it stands in the chain. */
struct link {
	uint8_t type;
	uint8_t next;
	bool critical;
	const uint8_t *header;
	struct reader body;
};

static bool read_link(struct wire_parser *p, struct reader *r, struct link *link)
{
	uint16_t length;
	struct chunk body;

	link->header = r->at;
	link->next = read_u8(r);
	link->critical = read_u8(r) & CRITICAL;
	length = read_u16(r);
	if (r->failed)
		return wire_refuse(p, link->header, "no room for a payload header");
	if (length < WIRE_PAYLOAD_LEN)
		return wire_refuse(p, link->header, "Payload Length is below 4");
	body = read_chunk(r, length - WIRE_PAYLOAD_LEN);
	if (r->failed)
		return wire_refuse(p, link->header, "Payload Length goes over the end");
	link->body = reader_of(body);
	return true;
}

/* RFC 7296 2.5: a type that we do not know */
static bool skip(struct wire_parser *p, const struct link *link)
{
	const struct wire_header *h = &p->m->header;
	bool answer = !h->response && h->exchange != GSA_REKEY &&
		      (p->sealed || h->exchange == IKE_SA_INIT);

	if (!link->critical) {
		p->m->n_skipped++;
		return true;
	}
	wire_refuse(p, link->header, "unknown payload with the critical bit");
	p->error->notify = answer ? N_UNSUPPORTED_CRITICAL_PAYLOAD : N_NONE;
	return false;
}

static bool parse_body(struct wire_parser *p, struct link *link)
{
	struct wire_message *m = p->m;
	struct wire_room *room = p->room;
	struct reader *r = &link->body;

	switch (link->type) {
	case PAYLOAD_SA:
		return wire_parse_sa(p, r);
	case PAYLOAD_KE:
		return wire_parse_ke(p, r);
	case PAYLOAD_IDi:
		m->idi = &room->idi;
		return wire_parse_id(p, r, &room->idi);
	case PAYLOAD_IDr:
		m->idr = &room->idr;
		return wire_parse_id(p, r, &room->idr);
	case PAYLOAD_IDg:
		m->idg = &room->idg;
		return wire_parse_id(p, r, &room->idg);
	case PAYLOAD_CERT:
		return wire_parse_cert(p, r);
	case PAYLOAD_CERTREQ:
		return wire_parse_certreq(p, r);
	case PAYLOAD_AUTH:
		return wire_parse_auth(p, r);
	case PAYLOAD_Nonce:
		return wire_parse_nonce(p, r);
	case PAYLOAD_N:
		return wire_parse_notify(p, r);
	case PAYLOAD_D:
		return wire_parse_delete(p, r);
	case PAYLOAD_V:
		return wire_parse_vendor(p, r);
	case PAYLOAD_TSi:
		return wire_parse_selectors(p, r, &m->tsi, &m->n_tsi);
	case PAYLOAD_TSr:
		return wire_parse_selectors(p, r, &m->tsr, &m->n_tsr);
	case PAYLOAD_GSA:
		return wire_parse_gsa(p, r);
	case PAYLOAD_KD:
		return wire_parse_kd(p, r);
	default:
		return wire_parse_sk(p, r, link->next, link->header);
	}
}

static bool is_known(uint8_t type)
{
	switch (type) {
	case PAYLOAD_SA ... PAYLOAD_SK:
	case PAYLOAD_IDg ... PAYLOAD_SKF:
		return true;
	default:
		return false;
	}
}

static bool parse_link(struct wire_parser *p, const struct wire_rules *rules, struct link *link)
{
	const struct wire_row *row;

	p->payload = link->type;
	if (!is_known(link->type))
		return skip(p, link);
	row = wire_row(rules, link->type);
	if (!row)
		return wire_refuse(p, link->header, "a payload that has no place in this message");
	if (wire_count(p->m, link->type) == row->max)
		return wire_refuse(p, link->header, "more such payloads than there may be");
	return parse_body(p, link);
}

static bool check_rules(struct wire_parser *p, const struct wire_rules *rules)
{
	const struct wire_row *row;
	const char *reason;

	for (row = rules->rows; row->payload; row++) {
		p->payload = row->payload;
		if (wire_count(p->m, row->payload) < row->min)
			return wire_refuse(p, NULL, "a payload is missing");
	}
	p->payload = PAYLOAD_NONE;
	reason = rules->together ? rules->together(p->m) : NULL;
	return !reason || wire_refuse(p, NULL, reason);
}

bool wire_parse_chain(struct wire_parser *p, const struct wire_rules *rules, uint8_t first,
		      struct chunk bytes)
{
	struct reader r = reader_of(bytes);
	struct link link = { .next = first };

	while (link.next) {
		link.type = link.next;
		p->payload = link.type;
		if (!read_link(p, &r, &link) || !parse_link(p, rules, &link))
			return false;
		if (p->m->sk && !p->sealed)
			break;
	}
	if (r.left)
		return wire_refuse(p, r.at, "bytes behind the last payload");
	return check_rules(p, rules);
}

size_t wire_count(const struct wire_message *m, uint8_t payload)
{
	switch (payload) {
	case PAYLOAD_SA:
		return m->n_proposals != 0;
	case PAYLOAD_KE:
		return m->ke != NULL;
	case PAYLOAD_IDi:
		return m->idi != NULL;
	case PAYLOAD_IDr:
		return m->idr != NULL;
	case PAYLOAD_IDg:
		return m->idg != NULL;
	case PAYLOAD_CERT:
		return m->n_certs;
	case PAYLOAD_CERTREQ:
		return m->n_certreqs;
	case PAYLOAD_AUTH:
		return m->auth != NULL;
	case PAYLOAD_Nonce:
		return m->nonce.len != 0;
	case PAYLOAD_N:
		return m->n_notifies;
	case PAYLOAD_D:
		return m->n_deletes;
	case PAYLOAD_V:
		return m->n_vendors;
	case PAYLOAD_TSi:
		return m->n_tsi != 0;
	case PAYLOAD_TSr:
		return m->n_tsr != 0;
	case PAYLOAD_GSA:
		return m->gsa != NULL;
	case PAYLOAD_KD:
		return m->kd != NULL;
	default:
		return m->sk != NULL;
	}
}

bool wire_notify_stands_first(const struct wire_notify *n)
{
	return n->type == N_COOKIE || n->type == N_REKEY_SA;
}

static void write_body(struct writer *w, const struct wire_message *m, uint8_t type, size_t i,
		       struct wire_inner *inner)
{
	switch (type) {
	case PAYLOAD_SA:
		return wire_write_sa(w, m);
	case PAYLOAD_KE:
		return wire_write_ke(w, m);
	case PAYLOAD_IDi:
		return wire_write_id(w, m->idi);
	case PAYLOAD_IDr:
		return wire_write_id(w, m->idr);
	case PAYLOAD_IDg:
		return wire_write_id(w, m->idg);
	case PAYLOAD_CERT:
		return wire_write_cert(w, &m->certs[i]);
	case PAYLOAD_CERTREQ:
		return wire_write_cert(w, &m->certreqs[i]);
	case PAYLOAD_AUTH:
		return wire_write_auth(w, m->auth, inner);
	case PAYLOAD_Nonce:
		return write_chunk(w, m->nonce);
	case PAYLOAD_N:
		return wire_write_notify(w, &m->notifies[i]);
	case PAYLOAD_D:
		return wire_write_delete(w, &m->deletes[i]);
	case PAYLOAD_V:
		return write_chunk(w, m->vendors[i]);
	case PAYLOAD_TSi:
		return wire_write_selectors(w, m->tsi, m->n_tsi);
	case PAYLOAD_TSr:
		return wire_write_selectors(w, m->tsr, m->n_tsr);
	case PAYLOAD_GSA:
		return wire_write_gsa(w, m->gsa);
	case PAYLOAD_KD:
		return wire_write_kd(w, m->kd);
	default:
		assert(!"a payload that wire_write_sealed() writes");
	}
}

/* The chain that is being written: where its next type has to be put. */
struct writing {
	struct writer *w;
	const struct wire_message *m;
	struct wire_inner *inner;
	size_t next;		/* offset of the Next Payload field of the last; 0: none yet */
	bool any;
};

static void write_link(struct writing *to, uint8_t type, size_t i)
{
	struct writer *w = to->w;
	size_t at = w->len;

	if (to->any && !w->failed)
		w->data[to->next] = type;
	if (!to->any)
		to->inner->first = type;
	to->any = true;
	to->next = at;
	write_u8(w, PAYLOAD_NONE);
	write_u8(w, 0);
	write_u16(w, 0);
	write_body(w, to->m, type, i, to->inner);
	wire_write_length(w, at + 2, at);
}

static void write_notifies(struct writing *to, bool that_stand_first)
{
	size_t i;

	for (i = 0; i < to->m->n_notifies; i++)
		if (wire_notify_stands_first(&to->m->notifies[i]) == that_stand_first)
			write_link(to, PAYLOAD_N, i);
}

void wire_write_chain(struct writer *w, const struct wire_message *m,
		      const struct wire_rules *rules, struct wire_inner *inner)
{
	struct writing to = { .w = w, .m = m, .inner = inner };
	const struct wire_row *row;
	size_t i;

	*inner = (struct wire_inner){ .first = PAYLOAD_NONE };
	write_notifies(&to, true);
	for (row = rules->rows; row->payload; row++) {
		if (row->payload == PAYLOAD_N)
			write_notifies(&to, false);
		else if (row->payload != PAYLOAD_SK && row->payload != PAYLOAD_SKF)
			for (i = 0; i < wire_count(m, row->payload); i++)
				write_link(&to, row->payload, i);
	}
}
