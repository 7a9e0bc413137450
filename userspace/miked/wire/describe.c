// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A message as one line of a log: what is in it, and nothing that is secret.
 */
#include <stdarg.h>
#include <stdio.h>
#include "wire/internal.h"

struct line {
	char *text;
	size_t size;
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void append(struct line *line, const char *format, ...)
{
	va_list args;
	int n;

	if (line->len >= line->size)
		return;
	va_start(args, format);
	n = vsnprintf(line->text + line->len, line->size - line->len, format, args);
	va_end(args);
	line->len += n;
}

static void append_name(struct line *line, enum wire_registry registry, unsigned int number)
{
	const char *name = wire_name(registry, number);

	if (name)
		append(line, "%s", name);
	else
		append(line, "%u", number);
}

static void append_notifies(struct line *line, const struct wire_message *m, bool that_stand_first)
{
	size_t i;

	for (i = 0; i < m->n_notifies; i++) {
		if (wire_notify_stands_first(&m->notifies[i]) != that_stand_first)
			continue;
		append(line, " N(");
		append_name(line, WIRE_NOTIFY, m->notifies[i].type);
		append(line, ")");
	}
}

static void append_payloads(struct line *line, const struct wire_message *m,
			    const struct wire_rules *rules)
{
	const struct wire_row *row;
	size_t i;

	append_notifies(line, m, true);
	for (row = rules->rows; row->payload; row++) {
		if (row->payload == PAYLOAD_N)
			append_notifies(line, m, false);
		else
			for (i = 0; i < wire_count(m, row->payload); i++)
				append(line, " %s", wire_name(WIRE_PAYLOAD, row->payload));
	}
}

void wire_describe(const struct wire_message *m, char *text, size_t size)
{
	const struct wire_rules *rules = wire_rules(&m->header);
	struct line line = { .size = size };

	line.text = text;
	append_name(&line, WIRE_EXCHANGE, m->header.exchange);
	append(&line, " %s %u [", m->header.response ? "response" : "request",
	       m->header.message_id);
	if (rules)
		append_payloads(&line, m, rules);
	append(&line, " ]");
	if (m->n_skipped)
		append(&line, " %zu skipped", m->n_skipped);
}
