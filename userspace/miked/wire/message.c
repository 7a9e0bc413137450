// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole messages: the header, what is outside of the Encrypted payload, what is in it.
 */
#include <assert.h>
#include <string.h>
#include "wire/internal.h"

void wire_set_error(struct wire_parser *p, const uint8_t *at, const char *reason)
{
	const struct wire_header *h = &p->m->header;

	p->error->notify = p->sealed && !h->response && h->exchange != GSA_REKEY ?
			   N_INVALID_SYNTAX : N_NONE;
	p->error->payload = p->payload;
	p->error->offset = at ? (size_t)(at - p->start) : 0;
	p->error->reason = reason;
}

bool wire_parse(struct wire_message *m, struct wire_room *room, struct chunk datagram,
		struct wire_error *error)
{
	struct wire_parser p = { .m = m, .room = room, .error = error, .start = datagram.data };
	struct reader r = reader_of(datagram);
	const struct wire_rules *rules;
	uint8_t first;

	memset(m, 0, sizeof(*m));
	if (!wire_parse_header(&p, &r, &first))
		return false;
	rules = m->header.exchange == IKE_SA_INIT ? wire_rules(&m->header) : wire_rules_outside();
	return wire_parse_chain(&p, rules, first, read_rest(&r));
}

bool wire_parse_inner(struct wire_message *m, struct wire_room *room, uint8_t first,
		      struct chunk content, struct wire_error *error)
{
	struct wire_parser p = {
		.m = m, .room = room, .error = error, .start = content.data, .sealed = true,
	};
	const struct wire_rules *rules = wire_rules(&m->header);

	*m = (struct wire_message){ .header = m->header, .sk = m->sk };
	if (!rules || m->header.exchange == IKE_SA_INIT)
		return wire_refuse(&p, NULL, "no such exchange has an Encrypted payload");
	return wire_parse_chain(&p, rules, first, content) && wire_check_group(&p);
}

void wire_write_length(struct writer *w, size_t at, size_t from)
{
	if (w->len - from > UINT16_MAX)
		w->failed = true;
	write_u16_at(w, at, w->len - from);
}

void wire_write_clear(struct writer *w, const struct wire_message *m)
{
	const struct wire_rules *rules = m->header.exchange == IKE_SA_INIT ?
					 wire_rules(&m->header) : wire_rules_outside();
	const size_t next = 16;
	const size_t length = 24;
	struct wire_inner inner;

	assert(!w->len);
	wire_write_header(w, &m->header, PAYLOAD_NONE);
	wire_write_chain(w, m, rules, &inner);
	if (!w->failed)
		w->data[next] = inner.first;
	write_u32_at(w, length, w->len);
}

void wire_write_inner(struct writer *w, const struct wire_message *m, struct wire_inner *inner)
{
	const struct wire_rules *rules = wire_rules(&m->header);
	size_t from = w->len;

	/* the answer to an exchange that we do not know: a notification */
	if (!rules)
		rules = wire_rules_outside();
	wire_write_chain(w, m, rules, inner);
	if (w->len - from > WIRE_MAX_INNER)
		w->failed = true;
}
