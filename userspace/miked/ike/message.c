// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The message layer of a link: sealing and opening, Message IDs and the window of one
 * request each way, retransmission (RFC 7296 2.1 to 2.3).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"
#include "wire/name.h"

const char *ike_notify_name(uint16_t type, char text[HINT_SIZE])
{
	const char *name = wire_name(WIRE_NOTIFY, type);

	if (name)
		snprintf(text, HINT_SIZE, "%s", name);
	else
		snprintf(text, HINT_SIZE, "error %u", type);
	return text;
}

/* ---- out */

void ike_packets_send(struct ike_sa *sa, const struct net_path *path,
		      const struct packets *packets)
{
	size_t at, len;

	for (at = 0; at < packets->len; at += len) {
		len = packets->len - at < packets->each ? packets->len - at : packets->each;
		ike_send(sa->ike, path, (struct chunk){ packets->data + at, len });
	}
	sa->said = ike_now(sa->ike);
}

int ike_seal(struct ike_link *link, const struct wire_message *m, struct packets *packets)
{
	size_t max = link->sa->fragments ? ike_datagram_max(link->sa) : SIZE_MAX;
	struct ike *ike = link->sa->ike;
	struct writer w = writer_to(ike->inner, sizeof(ike->inner));
	struct sealer sealer = ike_sealer(link);
	struct wire_inner inner;

	wire_write_inner(&w, m, &inner);
	ike->inner_len = w.len;
	if (w.failed)
		return -EMSGSIZE;
	return seal_content(&sealer, &m->header, inner.first, written(&w), max, packets);
}

static struct wire_header header_of(const struct ike_link *link, uint8_t exchange, bool response,
				    uint32_t message_id)
{
	return (struct wire_header){
		.spi_i = link->spi_i,
		.spi_r = link->spi_r,
		.exchange = exchange,
		.response = response,
		.initiator = link->initiator,
		.message_id = message_id,
	};
}

static void could_not(struct ike_sa *sa, const char *what, int err)
{
	if (err == -EMSGSIZE)
		ike_sa_end(sa, IKE_END_BROKEN, "%s does not fit into a message", what);
	else
		ike_sa_end(sa, IKE_END_MEMORY, "%s: %s", what, strerror(-err));
}

/* When to send again: longer each time, and not all at once (RFC 7296 2.4). */
static uint64_t again_at(const struct ike *ike, unsigned int again)
{
	const struct conf_ike *conf = &ike->conf->ike;
	uint64_t wait = conf->retransmit_first_ms;

	while (again-- && wait < conf->retransmit_limit_ms)
		wait *= 2;
	if (wait > conf->retransmit_limit_ms)
		wait = conf->retransmit_limit_ms;
	return ike_now(ike) + wait - wait / 10 + ike_random(ike, wait / 5);
}

void ike_asked(struct ike_link *link, enum asking what, uint8_t exchange, struct packets *packets,
	       struct ike_task *task)
{
	struct asked *asked = &link->asked;

	packets_free(&asked->packets);
	asked->what = what;
	asked->exchange = exchange;
	asked->message_id = link->next_ask;
	asked->task = task;
	asked->packets = *packets;
	asked->again = 0;
	asked->due = again_at(link->sa->ike, 0);
	ike_packets_send(link->sa, &link->sa->path, &asked->packets);
}

void ike_asked_clear(struct asked *asked)
{
	packets_free(&asked->packets);
	*asked = (struct asked){ .what = ASK_NOTHING, .due = IKE_NEVER };
}

bool ike_request(struct ike_link *link, enum asking what, uint8_t exchange,
		 struct wire_message *m, struct ike_task *task)
{
	struct packets packets = { 0 };
	int err;

	m->header = header_of(link, exchange, false, link->next_ask);
	err = ike_seal(link, m, &packets);
	if (err) {
		/* so that it is told of the end with the others */
		link->asked.task = task;
		could_not(link->sa, "a request", err);
		return false;
	}
	ike_asked(link, what, exchange, &packets, task);
	link->next_ask++;
	return true;
}

static bool give_up(struct ike_link *link)
{
	struct ike_sa *sa = link->sa;

	if (link != sa->link) {
		ike_link_drop(link);
		return false;
	}
	if (sa->state == SA_INIT && sa->start->refusal[0]) {
		ike_sa_end(sa, IKE_END_REFUSED, "the peer refuses: %s", sa->start->refusal);
		return false;
	}
	if (sa->state != SA_CLOSING)
		sa->ike->stats.dead_peers++;
	ike_sa_end(sa, IKE_END_DEAD, "no answer");
	return false;
}

bool ike_ask_again(struct ike_link *link)
{
	struct asked *asked = &link->asked;
	struct ike_sa *sa = link->sa;

	if (asked->again == sa->ike->conf->ike.retransmissions)
		return give_up(link);
	asked->again++;
	asked->due = again_at(sa->ike, asked->again);
	sa->ike->stats.retransmitted++;
	ike_log(sa, LEVEL_DEBUG, "request %u is sent again", asked->message_id);
	ike_packets_send(sa, &sa->path, &asked->packets);
	return true;
}

static int seal_answer(struct ike_link *link, const struct opened *request,
		       struct wire_message *m, struct packets *packets)
{
	m->header = header_of(link, request->m->header.exchange, true, link->next_answer);
	return ike_seal(link, m, packets);
}

/* @packets is taken over. */
static void answer(struct ike_link *link, const struct net_path *path,
		   const struct packets *packets)
{
	packets_free(&link->response);
	link->response = *packets;
	link->next_answer++;
	link->sa->answered++;
	ike_packets_send(link->sa, path, &link->response);
}

bool ike_respond(struct ike_link *link, const struct opened *request, struct wire_message *m)
{
	struct packets packets = { 0 };
	int err = seal_answer(link, request, m, &packets);

	if (err) {
		could_not(link->sa, "an answer", err);
		return false;
	}
	answer(link, request->path, &packets);
	return true;
}

void ike_hold(struct ike_content *answer, uint16_t otherwise)
{
	answer->otherwise = otherwise;
	answer->n_before = answer->n_notifies;
}

/* What of the answer is the engine's, and the error. */
static int seal_otherwise(struct ike_link *link, const struct opened *request,
			  const struct wire_message *good, const struct ike_content *content,
			  struct packets *packets)
{
	struct wire_notify notifies[WIRE_MAX_NOTIFIES + 1] = { { .type = content->otherwise } };
	struct wire_message m = {
		.idr = good->idr,
		.certs = good->certs,
		.n_certs = good->n_certs,
		.auth = good->auth,
		.notifies = notifies,
		.n_notifies = 1,
	};
	size_t i;

	for (i = content->n_before; i < content->n_notifies; i++)
		notifies[m.n_notifies++] = content->notifies[i];
	return seal_answer(link, request, &m, packets);
}

static int hold(struct ike_link *link, const struct opened *request, struct wire_message *m,
		const struct ike_content *content)
{
	struct held *held = calloc(1, sizeof(*held));
	int err;

	if (!held)
		return -ENOMEM;
	link->sa->held = held;
	held->link = link;
	held->path = *request->path;
	err = seal_answer(link, request, m, &held->good);
	return err ? err : seal_otherwise(link, request, m, content, &held->otherwise);
}

bool ike_respond_content(struct ike_link *link, const struct opened *request,
			 struct wire_message *m, const struct ike_content *content)
{
	int err;

	if (!content->otherwise)
		return ike_respond(link, request, m);
	err = hold(link, request, m, content);
	if (err)
		could_not(link->sa, "an answer", err);
	return !err;
}

void ike_held_free(struct ike_sa *sa)
{
	if (!sa->held)
		return;
	packets_free(&sa->held->good);
	packets_free(&sa->held->otherwise);
	free(sa->held);
	sa->held = NULL;
}

void ike_answer(struct ike_sa *sa, bool good)
{
	struct held *held = sa->held;
	struct packets *packets;

	if (!held)
		return;
	packets = good ? &held->good : &held->otherwise;
	answer(held->link, &held->path, packets);
	*packets = (struct packets){ 0 };
	ike_held_free(sa);
	/* What waited for it is asked by ike_run(): our caller may be in the middle of something. */
	ike_timer_set(&sa->ike->timers, &sa->timer, ike_now(sa->ike));
}

bool ike_respond_notify(struct ike_link *link, const struct opened *request, uint16_t type,
			struct chunk data)
{
	struct wire_notify n = { .type = type, .data = data };
	struct wire_message m = { .notifies = &n, .n_notifies = type != N_NONE };

	return ike_respond(link, request, &m);
}

/* ---- in */

/* A request that has been answered comes again (RFC 7296 2.1, RFC 7383 2.6.1). */
static bool is_repeated(const struct ike_link *link, const struct wire_message *m)
{
	return !m->header.response && m->header.message_id + 1 == link->next_answer &&
	       link->response.len;
}

static bool is_answer(const struct ike_link *link, const struct wire_header *h)
{
	const struct asked *asked = &link->asked;

	return asked->what != ASK_NOTHING && asked->message_id == h->message_id &&
	       asked->exchange == h->exchange;
}

/* Is it its turn? */
static bool in_window(struct ike_link *link, const struct wire_message *m)
{
	struct ike_stats *stats = &link->sa->ike->stats;
	const struct wire_header *h = &m->header;

	/* who we do not know yet has nothing to ask; it may have overtaken its own AUTH */
	if (!h->response && link->sa->state == SA_AUTH) {
		stats->window++;
		return false;
	}
	if (h->response ? is_answer(link, h) : h->message_id == link->next_answer)
		return true;
	if (is_repeated(link, m))
		return true;
	if (!h->response && h->message_id > link->next_answer)
		stats->window++;
	else
		stats->old_message_id++;
	return false;
}

static int open_sealed(struct ike_link *link, const struct wire_sk *sk, uint8_t *datagram,
		       size_t len, struct chunk *content)
{
	bool of_initiator = !link->initiator;
	struct cipher_keys keys = {
		.encr = of_initiator ? link->keys.ei : link->keys.er,
		.integ = of_initiator ? link->keys.ai : link->keys.ar,
	};

	return cipher_open(link->sa->ike->crypto, &link->suite.cipher, &keys, datagram,
			   sk->body.data - datagram, len, content);
}

/* What was opened breaks the protocol. */
static void broken(struct ike_link *link, const struct opened *in, uint16_t notify, uint8_t payload,
		   const char *reason)
{
	struct ike_sa *sa = link->sa;
	struct chunk data = { &payload, notify == N_UNSUPPORTED_CRITICAL_PAYLOAD };
	bool fatal = notify == N_INVALID_SYNTAX || sa->state == SA_HALF_OPEN;

	sa->ike->stats.malformed++;
	if (in->m->header.response || notify == N_NONE) {
		if (in->m->header.response)
			ike_sa_end(sa, IKE_END_BROKEN, "a malformed answer: %s", reason);
		return;
	}
	if (!ike_respond_notify(link, in, notify, data))
		return;
	if (fatal)
		ike_sa_linger(sa, IKE_END_BROKEN, "a malformed request: %s", reason);
}

static void handle_request(struct ike_link *link, const struct opened *in)
{
	struct ike_sa *sa = link->sa;
	bool before = sa->state == SA_HALF_OPEN;

	switch (in->m->header.exchange) {
	case IKE_AUTH:
	case GSA_AUTH:
		if (!before)
			break;
		ike_admit(link, in);
		return;
	case IKE_INTERMEDIATE:
		if (!before || !sa->start->intermediate)
			break;
		ike_intermediate(link, in);
		return;
	case INFORMATIONAL:
		if (before)
			break;
		ike_inform_request(link, in);
		return;
	case CREATE_CHILD_SA:
		if (before)
			break;
		ike_rekey_request(link, in);
		return;
	default:
		if (before)
			break;
		ike_upcall(link, in);
		return;
	}
	broken(link, in, N_INVALID_SYNTAX, PAYLOAD_NONE, "an exchange that has no place here");
}

static void task_answered(struct ike_link *link, struct ike_task *task, const struct opened *in)
{
	struct ike_sa *sa = link->sa;

	if (sa->state == SA_CLOSING)
		return;
	if (wire_notify(in->m, N_INVALID_SYNTAX)) {
		/* so that it is told of the end with the others */
		link->asked.task = task;
		ike_sa_end(sa, IKE_END_BROKEN, "the peer says INVALID_SYNTAX");
		return;
	}
	sa->announced = true;
	sa->speaking = link;
	task->answer(task->context, sa, in->m);
	sa->speaking = NULL;
}

static void handle_response(struct ike_link *link, const struct opened *in)
{
	struct ike_sa *sa = link->sa;
	enum asking what = link->asked.what;
	struct ike_task *task = link->asked.task;

	ike_asked_clear(&link->asked);
	switch (what) {
	case ASK_AUTH:
		ike_authenticate_response(link, in, task);
		break;
	case ASK_TASK:
		task_answered(link, task, in);
		break;
	case ASK_REKEY:
		ike_rekey_response(link, in);
		break;
	case ASK_DELETE:
		if (link == sa->link)
			ike_sa_end(sa, IKE_END_CLOSED, "closed");
		else
			ike_link_drop(link);
		break;
	default:
		break;
	}
}

static void handle(struct ike_link *link, struct opened *in)
{
	struct wire_error error;

	if (!wire_parse_inner(in->m, in->room, in->first, in->content, &error))
		broken(link, in, error.notify, error.payload, error.reason);
	else if (in->m->header.response)
		handle_response(link, in);
	else
		handle_request(link, in);
}

static void repeat(struct ike_link *link, const struct net_path *path, const struct wire_sk *sk)
{
	if (sk->total && sk->number != 1)
		return;
	link->sa->ike->stats.retransmitted++;
	ike_packets_send(link->sa, path, &link->response);
}

/* It is from the peer, and it is new: take it in. */
static void take_in(struct ike_link *link, struct opened *in, int err)
{
	struct ike_sa *sa = link->sa;
	const struct wire_sk *sk = in->m->sk;
	struct secret whole = { 0 };

	sa->heard = ike_now(sa->ike);
	ike_nat_follow(sa, in->path);
	if (!err && sk->total) {
		err = ike_fragment_add(link, in->m, in->head, in->content, &whole, in);
		if (err != 1)
			return;
		err = 0;
	}
	if (err)
		broken(link, in, in->m->header.response ? N_NONE : N_INVALID_SYNTAX, PAYLOAD_SK,
		       "padding");
	else
		handle(link, in);
	secret_free(&whole);
}

static void receive(struct ike_link *link, const struct net_path *path, uint8_t *datagram,
		    size_t len, struct work *work)
{
	struct ike_stats *stats = &link->sa->ike->stats;
	struct wire_message *m = &work->m;
	struct wire_sk sk = *m->sk;
	struct opened in = {
		.path = path,
		.head = { datagram, sk.offset + WIRE_PAYLOAD_LEN },
		.first = sk.first,
		.m = m,
		.room = &work->room,
	};
	bool repeated;
	int err;

	if (!in_window(link, m))
		return;
	repeated = is_repeated(link, m);
	if (!repeated && sk.total && !ike_fragment_wanted(link, m)) {
		stats->old_message_id++;
		return;
	}
	err = open_sealed(link, &sk, datagram, len, &in.content);
	if (err && err != -EPROTO) {
		stats->bad_icv += err == -EBADMSG;
		return;
	}
	if (repeated)
		repeat(link, path, &sk);
	else if (link->sa->state != SA_LINGER)
		take_in(link, &in, err);
}

void ike_link_receive(struct ike_link *link, const struct net_path *path, uint8_t *datagram,
		      size_t len, struct work *work)
{
	struct ike_sa *sa = link->sa;

	if (sa->busy || sa->held)
		return;
	sa->busy++;
	if (link->keys.all.len || (sa->state == SA_HALF_OPEN && !ike_init_keys(link)))
		receive(link, path, datagram, len, work);
	sa->busy--;
	ike_sa_settle(sa);
}
