// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a member tells the key server without having been asked: that keys by multicast
 * are in use, that an SA comes to its end. By the IKE SA of the registration, if there is
 * one, and to who knows what it means (group/hello.h). Nothing hangs on a report: what is
 * lost is made good by in-band rekeys, and by registrations.
 */
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

struct gm_report {
	struct gm_report *next;
	struct gm *gm;
	struct ike_task task;
	uint16_t type;
	size_t len;
	uint8_t data[REKEY_ACK_MAX > SA_EXPIRING_MAX ? REKEY_ACK_MAX : SA_EXPIRING_MAX];
};

static void forget(struct gm_report *report)
{
	struct gm_report **at = &report->gm->reports;

	while (*at != report)
		at = &(*at)->next;
	*at = report->next;
	free(report);
}

static bool report_build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	struct gm_report *report = context;

	(void)sa;
	ike_notify(request, report->type, (struct chunk){ report->data, report->len });
	return true;
}

static void report_answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	(void)sa;
	(void)response;
	forget(context);
}

static void report_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	(void)sa;
	(void)why;
	(void)text;
	forget(context);
}

static bool can_report(const struct gm_member *m)
{
	return m->has_hello && m->link && m->link->state == GM_LINK_UP;
}

static struct wire_id idg_of(const struct gm_member *m)
{
	return (struct wire_id){ .type = m->id.type, .data = { m->id.data, m->id.len } };
}

/* @data is in report->data. */
static void send_report(struct gm_member *m, struct gm_report *report, uint16_t type,
			struct chunk data)
{
	report->gm = m->gm;
	report->type = type;
	report->len = data.len;
	report->next = m->gm->reports;
	m->gm->reports = report;
	report->task = (struct ike_task){
		.exchange = INFORMATIONAL,
		.context = report,
		.build = report_build,
		.answer = report_answer,
		.end = report_end,
	};
	/* It may be gone behind this. */
	ike_ask(m->link->sa, &report->task);
}

void gm_report_free(struct gm *gm)
{
	struct gm_report *report, *next;

	for (report = gm->reports; report; report = next) {
		next = report->next;
		free(report);
	}
	gm->reports = NULL;
}

/* ---- acknowledgements */

static bool is_to_acknowledge(const struct gm_member *m)
{
	if (!can_report(m))
		return false;
	return m->hello.ack == HELLO_ACK_ALL ||
	       (m->hello.ack == HELLO_ACK_SAMPLED &&
		gm_random(m->gm, HELLO_RATE) < m->hello.rate);
}

/* If there are too many, that of the longest ago says least. */
static struct gm_ack *new_ack(struct gm_member *m)
{
	size_t i;

	for (i = 0; i < GM_ACKS_MAX - 1; i++)
		if (m->acks[i].due == IKE_NEVER)
			return &m->acks[i];
	if (m->acks[i].due != IKE_NEVER)
		memmove(m->acks, m->acks + 1, i * sizeof(m->acks[0]));
	return &m->acks[i];
}

void gm_report_taken(struct gm_member *m, const struct gm_rekey_sa *rekey, uint32_t message_id)
{
	struct gm_ack *ack;

	if (!is_to_acknowledge(m))
		return;
	ack = new_ack(m);
	ack->due = gm_now(m->gm) + gm_random(m->gm, (uint64_t)m->hello.spread_ms + 1);
	memcpy(ack->spi, rekey->sa.spi, sizeof(ack->spi));
	ack->message_id = message_id;
}

static void acknowledge(struct gm_member *m, const struct gm_ack *due)
{
	const struct rekey_ack ack = {
		.spi = CHUNK(due->spi), .message_id = due->message_id, .group = idg_of(m),
	};
	struct gm_report *report = can_report(m) ? calloc(1, sizeof(*report)) : NULL;

	if (!report)
		return;
	m->gm->stats.acknowledged++;
	send_report(m, report, N_REKEY_ACK, rekey_ack_write(&ack, report->data));
}

void gm_report_run(struct gm_member *m)
{
	size_t i;

	for (i = 0; i < GM_ACKS_MAX; i++) {
		if (m->acks[i].due > gm_now(m->gm))
			continue;
		m->acks[i].due = IKE_NEVER;
		acknowledge(m, &m->acks[i]);
	}
}

uint64_t gm_report_next(const struct gm_member *m)
{
	uint64_t next = IKE_NEVER;
	size_t i;

	for (i = 0; i < GM_ACKS_MAX; i++)
		if (m->acks[i].due < next)
			next = m->acks[i].due;
	return next;
}

/* ---- an SA that comes to its end */

static bool tell_expiring(struct gm_member *m)
{
	const struct sa_expiring expiring = {
		.spi = m->expiring, .reason = m->expiring_reason, .group = idg_of(m),
	};
	struct gm_report *report = can_report(m) ? calloc(1, sizeof(*report)) : NULL;

	if (!report)
		return false;
	m->expiring = 0;
	send_report(m, report, N_SA_EXPIRING, sa_expiring_write(&expiring, report->data));
	return true;
}

/* Where nobody can be told, or nothing comes of it, a registration may bring new keys. */
void gm_report_expiring(struct gm_member *m, uint32_t spi, uint8_t reason)
{
	const uint64_t patience = 10 * GM_SECOND;

	m->expiring = spi;
	m->expiring_reason = reason;
	if (tell_expiring(m))
		gm_member_later(m, patience, 2 * patience);
	else
		gm_member_later(m, 0, GM_SECOND);
}

/* It may have brought the SA that follows. */
void gm_report_registered(struct gm_member *m)
{
	size_t i;

	for (i = 0; m->expiring && i < m->n_sas; i++) {
		if (m->sas[i].sa.spi != m->expiring || m->sas[i].remove != IKE_NEVER)
			continue;
		tell_expiring(m);
		break;
	}
	m->expiring = 0;
}

void gm_report_forget(struct gm_member *m)
{
	size_t i;

	for (i = 0; i < GM_ACKS_MAX; i++)
		m->acks[i].due = IKE_NEVER;
	m->expiring = 0;
	m->has_hello = false;
}
