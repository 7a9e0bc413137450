// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Someone on the way between a member and its key server, who repeats, reflects, damages,
 * invents and changes messages: who is registered stays so and is served once, and no one
 * is registered by words that were changed.
 */
#include <stdlib.h>
#include <string.h>
#include "sim_kits.h"
#include "test.h"
#include "wire/message.h"

#define A_WHILE		SIM_SECONDS(5)
#define SETTLED		SIM_SECONDS(600)
#define MAX_RECORDS	256
#define FLAG_I	0x08
#define FLAG_R	0x20

static struct kits kits;

/* What went by. */
struct record {
	struct net_end from, to;
	uint8_t *data;
	size_t len;
};

struct duel {
	struct scene *scene;
	struct sim *sim;
	struct net_end server_at, member_at;
	struct host *server, *member;
	struct record records[MAX_RECORDS];
	size_t n_records;
	uint8_t spis[16];		/* of the last message */
	uint32_t next_id[2];		/* of a request: to the member, to the server */
	/* What is done to a message under way; false: it is lost. */
	bool (*change)(struct duel *duel, struct sim_datagram *datagram);
	size_t count;			/* change()'s own */
	size_t variant;			/* the test's, for change() */
};

static bool pass_by(void *context, struct sim_datagram *datagram)
{
	struct duel *duel = context;
	struct record *record = &duel->records[duel->n_records];
	struct reader r = reader_of((struct chunk){ datagram->data + 20, 4 });

	memcpy(duel->spis, datagram->data, sizeof(duel->spis));
	if (!(datagram->data[19] & FLAG_R))
		duel->next_id[net_end_equal(&datagram->to, &duel->server_at)] = read_u32(&r) + 1;
	if (duel->n_records < MAX_RECORDS) {
		*record = (struct record){ datagram->from, datagram->to,
					   malloc(datagram->len + 1), datagram->len };
		assert_non_null(record->data);
		memcpy(record->data, datagram->data, datagram->len);
		duel->n_records++;
	}
	return !duel->change || duel->change(duel, datagram);
}

static void begin(struct duel *duel, enum kits_server server, enum kits_member member)
{
	static uint64_t seed;
	const struct sim_weather fine = { .delay_ms = 20 };

	*duel = (struct duel){ .scene = scene_new(++seed, &kits.crypto),
			       .server_at = sim_end("192.0.2.1", 848),
			       .member_at = sim_end("192.0.2.2", 848) };
	duel->sim = duel->scene->sim;
	sim_set_weather(duel->sim, &fine);
	duel->server = host_new(duel->scene, &kits.servers[server], &duel->server_at);
	duel->member = host_new(duel->scene, &kits.members[member], &duel->member_at);
	sim_tap(duel->sim, pass_by, duel);
}

static void forget_records(struct duel *duel)
{
	while (duel->n_records)
		free(duel->records[--duel->n_records].data);
}

static void assert_sessions(const struct duel *duel, size_t n)
{
	struct session *session;
	size_t i;

	assert_int_equal(host_sessions(duel->member), n);
	assert_int_equal(host_sessions(duel->server), n);
	for (i = 0; i < n; i++) {
		session = host_session(duel->member, i);
		assert_true(session_agrees(session, session_other(duel->scene, session)));
	}
}

static void enroll(struct duel *duel)
{
	size_t before = host_sessions(duel->member);

	assert_true(host_register(duel->member, &duel->server_at, KITS_SERVER));
	sim_run_for(duel->sim, A_WHILE);
	assert_sessions(duel, before + 1);
}

static void ask(struct duel *duel, struct host *host, enum job_kind kind, uint16_t fill)
{
	uint32_t answered = host_stats(host)->answered;

	session_ask(host_session(host, 0), kind, fill);
	sim_run_for(duel->sim, A_WHILE);
	assert_int_equal(host_stats(host)->answered, answered + 1);
}

/* All still works, and nothing is left when it is over. */
static void end(struct duel *duel)
{
	struct session *session;

	duel->change = NULL;
	enroll(duel);
	ask(duel, duel->member, JOB_AGAIN, 0);
	ask(duel, duel->server, JOB_HELLO, 0);
	while ((session = host_session(duel->member, 0)))
		session_close(session);
	assert_false(sim_run_for(duel->sim, SETTLED));
	assert_sessions(duel, 0);
	assert_int_equal(ike_sa_count(host_ike(duel->member)), 0);
	assert_int_equal(ike_sa_count(host_ike(duel->server)), 0);
	forget_records(duel);
	scene_free(duel->scene);
}

static void replay(struct duel *duel, const struct record *record)
{
	sim_inject(duel->sim, &record->from, &record->to,
		   (struct chunk){ record->data, record->len });
}

static void talk(struct duel *duel)
{
	enroll(duel);
	ask(duel, duel->member, JOB_AGAIN, 0);
	ask(duel, duel->member, JOB_HELLO, 3000);
	ask(duel, duel->server, JOB_HELLO, 0);
	ask(duel, duel->server, JOB_INBAND, 3000);
}

/* Each message again, and later all of them in any order, open or closed. */
static void replayed(void **state)
{
	struct record *record;
	struct duel duel;
	uint32_t served;
	size_t n, i;

	(void)state;
	begin(&duel, SERVER_PSK, MEMBER_ED25519);
	talk(&duel);
	served = host_stats(duel.server)->served + host_stats(duel.member)->served;
	n = duel.n_records;
	for (i = 0; i < 20 * n; i++) {
		record = &duel.records[i < n ? i : sim_random(duel.sim, n)];
		replay(&duel, record);
		sim_run_for(duel.sim, 50);
	}
	assert_sessions(&duel, 1);
	assert_int_equal(host_stats(duel.server)->served + host_stats(duel.member)->served, served);
	assert_true(ike_stats(host_ike(duel.server))->old_message_id > 0);

	session_close(host_session(duel.member, 0));
	sim_run_for(duel.sim, SETTLED);
	for (i = 0; i < n; i++) {
		replay(&duel, &duel.records[i]);
		sim_run_for(duel.sim, 50);
	}
	sim_run_for(duel.sim, SETTLED);
	assert_sessions(&duel, 0);
	assert_int_equal(host_stats(duel.server)->served + host_stats(duel.member)->served, served);
	end(&duel);
}

/* A request that comes again is answered by the same bytes. */
static void same_answer(void **state)
{
	struct record *request, *response;
	struct duel duel;

	(void)state;
	begin(&duel, SERVER_PSK, MEMBER_PSK);
	enroll(&duel);
	forget_records(&duel);
	ask(&duel, duel.member, JOB_AGAIN, 0);
	assert_int_equal(duel.n_records, 2);
	request = &duel.records[0];
	response = &duel.records[1];
	replay(&duel, request);
	sim_run_for(duel.sim, 100);
	assert_int_equal(duel.n_records, 3);
	assert_int_equal(response->len, duel.records[2].len);
	assert_memory_equal(response->data, duel.records[2].data, response->len);
	end(&duel);
}

static bool reflect(struct duel *duel, struct sim_datagram *datagram)
{
	sim_inject(duel->sim, &datagram->to, &datagram->from,
		   (struct chunk){ datagram->data, datagram->len });
	return true;
}

/* Each message comes back to who sent it, before the answer does. */
static void reflected(void **state)
{
	struct duel duel;

	(void)state;
	begin(&duel, SERVER_PSK, MEMBER_PSK);
	duel.change = reflect;
	talk(&duel);
	assert_sessions(&duel, 1);
	end(&duel);
}

/* A few damaged copies come before each sealed message. */
static bool damage(struct duel *duel, struct sim_datagram *datagram)
{
	uint8_t copy[4096];
	size_t len = datagram->len;
	size_t i, k;

	if (datagram->data[18] == IKE_SA_INIT || len > sizeof(copy) - 8)
		return true;
	for (i = 0; i < 30; i++) {
		len = datagram->len;
		memcpy(copy, datagram->data, len);
		memset(copy + len, 0, 8);
		k = sim_random(duel->sim, 4);
		if (k == 0)
			len = sim_random(duel->sim, len);
		else if (k == 1)
			len += 1 + sim_random(duel->sim, 8);
		else
			copy[sim_random(duel->sim, len)] ^= (uint8_t)(1U << (k + i % 6));
		if (k == 3 && len > 28) {
			copy[26] = (uint8_t)(len >> 8);
			copy[27] = (uint8_t)sim_random(duel->sim, 256);
		}
		sim_inject(duel->sim, &datagram->from, &datagram->to, (struct chunk){ copy, len });
	}
	return true;
}

static void damaged(void **state)
{
	const struct ike_stats *stats;
	struct duel duel;

	(void)state;
	begin(&duel, SERVER_SMALL, MEMBER_ECDSA);
	duel.change = damage;
	talk(&duel);
	stats = ike_stats(host_ike(duel.server));
	assert_true(stats->malformed > 0);
	assert_true(stats->unknown_spi > 0);
	assert_true(stats->bad_icv > 0);
	assert_true(stats->fragments > 0);
	end(&duel);
}

/* Messages are late by turns, so that each comes behind one that was sent after it. */
static void out_of_order(void **state)
{
	const struct sim_weather mixed = { .delay_ms = 10, .jitter_ms = 900, .reorder = 400,
					   .duplicate = 400 };
	struct session *session;
	struct duel duel;
	size_t i;

	(void)state;
	begin(&duel, SERVER_SMALL, MEMBER_ECDSA);
	sim_set_weather(duel.sim, &mixed);
	assert_true(host_register(duel.member, &duel.server_at, KITS_SERVER));
	sim_run_for(duel.sim, SIM_SECONDS(60));
	assert_sessions(&duel, 1);
	session = host_session(duel.member, 0);
	for (i = 0; i < 20; i++) {
		session_ask(session, i % 2 ? JOB_HELLO : JOB_AGAIN, 3000);
		session_ask(session_other(duel.scene, session), JOB_HELLO, 3000);
	}
	sim_run_for(duel.sim, SETTLED);
	assert_int_equal(host_stats(duel.member)->answered, 21);
	assert_int_equal(host_stats(duel.server)->answered, 20);
	sim_set_weather(duel.sim, &(const struct sim_weather){ .delay_ms = 10 });
	end(&duel);
}

/* Changes of what is said in the clear. */

static struct wire_room room;
static struct wire_notify notifies[WIRE_MAX_NOTIFIES];

static void drop_notify(struct wire_message *m, uint16_t type)
{
	size_t i, n = 0;

	for (i = 0; i < m->n_notifies; i++) {
		if (m->notifies[i].type != type)
			notifies[n++] = m->notifies[i];
	}
	m->notifies = notifies;
	m->n_notifies = n;
}

/* Variants of a downgrade, of both directions; false: not one any more. */
static bool downgrade(struct wire_message *m, size_t variant)
{
	static const uint16_t dropped[] = {
		N_IKEV2_FRAGMENTATION_SUPPORTED, N_SIGNATURE_HASH_ALGORITHMS, N_USE_PPK,
		N_NAT_DETECTION_SOURCE_IP,
	};
	struct wire_proposal *last;

	if (variant < 4) {
		drop_notify(m, dropped[variant]);
		return true;
	}
	switch (variant) {
	case 4:	/* the best proposal is not there */
		if (m->n_proposals > 1) {
			m->proposals++;
			m->n_proposals--;
			((struct wire_proposal *)m->proposals)[0].number = 1;
		}
		return true;
	case 5:	/* nor are the last transforms */
		last = &room.proposals[m->n_proposals - 1];
		if (!m->header.response && last->n_transforms)
			last->n_transforms--;
		return true;
	case 6:	/* another nonce */
		((uint8_t *)m->nonce.data)[3] ^= 1;
		return true;
	case 7:	/* another SPI */
		if (m->header.response)
			m->header.spi_r ^= 1;
		return true;
	default:
		return false;
	}
}

#define DOWNGRADES	8

/* Of the request if variant is even, else of the response. */
static bool change_init(struct duel *duel, struct sim_datagram *datagram)
{
	static uint8_t bytes[4096];
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct wire_error error;
	struct wire_message m;
	uint8_t nonce[WIRE_MAX_NONCE];

	if (datagram->data[18] != IKE_SA_INIT ||
	    !wire_parse(&m, &room, (struct chunk){ datagram->data, datagram->len }, &error) ||
	    m.header.response != duel->variant % 2)
		return true;
	memcpy(nonce, m.nonce.data, m.nonce.len);
	m.nonce.data = nonce;
	assert_true(downgrade(&m, duel->variant / 2));
	wire_write_clear(&w, &m);
	assert_false(w.failed);
	if (chunk_equal(written(&w), (struct chunk){ datagram->data, datagram->len }))
		return true;
	duel->count++;
	sim_inject(duel->sim, &datagram->from, &datagram->to, written(&w));
	return false;
}

static void downgraded(void **state)
{
	struct duel duel;
	size_t changed = 0;
	size_t i;

	(void)state;
	for (i = 0; i < 2 * (size_t)DOWNGRADES; i++) {
		begin(&duel, SERVER_PPK, i % 3 ? MEMBER_PPK : MEMBER_ED25519);
		duel.change = change_init;
		duel.variant = i;
		assert_true(host_register(duel.member, &duel.server_at, KITS_SERVER));
		sim_run_for(duel.sim, SETTLED);
		changed += duel.count > 0;
		if (duel.count) {
			assert_sessions(&duel, 0);
			assert_int_equal(host_stats(duel.member)->ended, 1);
		}
		end(&duel);
	}
	assert_int_equal(changed, 13);
}

/* Answers to IKE_SA_INIT that the server never gave, and before its own. */

static const struct {
	uint16_t type;
	uint8_t data[4];
	size_t len;
} lies[] = {
	{ N_NO_PROPOSAL_CHOSEN, { 0 }, 0 },
	{ N_INVALID_KE_PAYLOAD, { 0, KE_MODP_1024 }, 2 },	/* not offered */
	{ N_INVALID_KE_PAYLOAD, { 0, KE_ECP_384 }, 2 },		/* the one that it was */
	{ N_INVALID_KE_PAYLOAD, { 0, KE_CURVE25519 }, 2 },	/* offered */
	{ N_INVALID_KE_PAYLOAD, { 0 }, 1 },
	{ N_COOKIE, { 1, 2, 3, 4 }, 4 },
	{ N_COOKIE, { 0 }, 0 },
	{ N_INVALID_SYNTAX, { 0 }, 0 },
	{ N_AUTHENTICATION_FAILED, { 0 }, 0 },
	{ N_INVALID_MAJOR_VERSION, { 0 }, 0 },
	{ N_REDIRECT, { 1, 4, 192, 0 }, 4 },
	{ N_TEMPORARY_FAILURE, { 0 }, 0 },
};

static bool lie(struct duel *duel, struct sim_datagram *datagram)
{
	struct wire_notify n = { .type = lies[duel->variant].type };
	static struct wire_room other;
	struct wire_message m, answer;
	struct wire_error error;
	uint8_t bytes[256];
	struct writer w = writer_to(bytes, sizeof(bytes));

	if (datagram->data[18] != IKE_SA_INIT ||
	    !wire_parse(&m, &other, (struct chunk){ datagram->data, datagram->len }, &error) ||
	    m.header.response)
		return true;
	n.data = (struct chunk){ lies[duel->variant].data, lies[duel->variant].len };
	answer = (struct wire_message){ .header = m.header, .notifies = &n, .n_notifies = 1 };
	answer.header.response = true;
	answer.header.initiator = false;
	wire_write_clear(&w, &answer);
	duel->count++;
	sim_inject(duel->sim, &datagram->to, &datagram->from, written(&w));
	return true;
}

/* However often it is lied to, the member comes to an end, and later to its right. */
static void lied_to(void **state)
{
	struct duel duel;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		begin(&duel, SERVER_PSK, MEMBER_PSK);
		duel.change = lie;
		duel.variant = i;
		assert_true(host_register(duel.member, &duel.server_at, KITS_SERVER));
		sim_run_for(duel.sim, SETTLED);
		assert_in_range(duel.count, 1, 50);
		assert_int_equal(host_stats(duel.member)->waiting, 0);
		assert_sessions(&duel, host_stats(duel.member)->answered);
		end(&duel);
	}
}

/* Messages that no one sent, to both ends of an IKE SA. */

/* The header of an IKE SA's message, with what comes in the clear behind it. */
struct forgery {
	uint8_t exchange;
	uint8_t version;
	uint8_t flags;			/* as for the server: the member is the initiator */
	uint32_t message_id;
	uint8_t first;
	uint8_t body[48];
	uint8_t body_len;
	bool strange;			/* with SPIs that no one has */
};

#define NEXT	UINT32_MAX	/* Message ID: the one that is expected */
#define DELETE_IKE	{ 0, 0, 0, 8, PROTO_IKE, 0, 0, 0 }, 8
#define NOTIFY(type)	{ 0, 0, 0, 8, 0, 0, 0, type }, 8

static const struct forgery forgeries[] = {
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_D, DELETE_IKE, false },
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_NONE, { 0 }, 0, false },
	{ INFORMATIONAL, 0x20, FLAG_I | FLAG_R, NEXT, PAYLOAD_N, NOTIFY(N_INVALID_IKE_SPI), false },
	{ INFORMATIONAL, 0x20, FLAG_I, 0, PAYLOAD_N, NOTIFY(N_INVALID_SPI), false },
	{ INFORMATIONAL, 0x20, FLAG_I | FLAG_R, NEXT, PAYLOAD_N, NOTIFY(N_INVALID_SYNTAX), false },
	{ GSA_AUTH, 0x20, FLAG_I | FLAG_R, 1, PAYLOAD_N, NOTIFY(N_AUTHENTICATION_FAILED), false },
	{ GSA_REGISTRATION, 0x20, FLAG_I, NEXT, PAYLOAD_IDg,
	  { 0, 0, 0, 9, ID_KEY_ID, 0, 0, 0, 'v' }, 9, false },
	{ CREATE_CHILD_SA, 0x20, FLAG_I, NEXT, PAYLOAD_NONE, { 0 }, 0, false },
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_SK, { 0, 0, 0, 4 }, 4, false },
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_SK, { 0, 0, 0, 48, 1, 2, 3 }, 48, false },
	{ INFORMATIONAL, 0x20, FLAG_I, UINT32_MAX - 1, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, false },
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_SKF, { 0, 0, 0, 8, 0, 1, 0xff, 0xff }, 8, false },
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_SKF, { 0, 0, 0, 48, 0, 2, 0, 1 }, 48, false },
	{ INFORMATIONAL, 0x20, 0, NEXT, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, false },
	{ IKE_SA_INIT, 0x20, FLAG_I, 0, PAYLOAD_N, NOTIFY(N_COOKIE & 0xff), false },
	{ INFORMATIONAL, 0x30, FLAG_I, NEXT, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, false },
	{ 2, 0x10, 0, 0, 1, { 0, 0, 0, 8 }, 8, true },		/* IKEv1, GDOI */
	{ 32, 0x10, 0, 7, 8, { 0, 0, 0, 8 }, 8, true },
	{ 99, 0x20, FLAG_I, NEXT, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, false },
	{ INFORMATIONAL, 0x20, FLAG_I, NEXT, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, true },
	{ INFORMATIONAL, 0x20, FLAG_R, NEXT, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, true },
	{ GSA_REKEY, 0x20, FLAG_I, 0, PAYLOAD_SK, { 0, 0, 0, 48 }, 48, true },
};

static void forge(struct duel *duel, const struct forgery *f, bool to_server)
{
	uint8_t bytes[28 + 48];
	struct writer w = writer_to(bytes, sizeof(bytes));

	write_chunk(&w, CHUNK(duel->spis));
	if (f->strange)
		bytes[0] ^= bytes[8] ^= 0x55;
	write_u8(&w, f->first);
	write_u8(&w, f->version);
	write_u8(&w, f->exchange);
	write_u8(&w, to_server ? f->flags : f->flags ^ FLAG_I);
	write_u32(&w, f->message_id == NEXT ? duel->next_id[to_server] : f->message_id);
	write_u32(&w, (uint32_t)(28 + f->body_len));
	write_chunk(&w, (struct chunk){ f->body, f->body_len });
	if (to_server)
		sim_inject(duel->sim, &duel->member_at, &duel->server_at, written(&w));
	else
		sim_inject(duel->sim, &duel->server_at, &duel->member_at, written(&w));
}

static void forged(void **state)
{
	const struct ike_stats *stats;
	struct duel duel;
	size_t i;

	(void)state;
	begin(&duel, SERVER_PSK, MEMBER_PSK);
	enroll(&duel);
	for (i = 0; i < 2 * sizeof(forgeries) / sizeof(forgeries[0]); i++) {
		forge(&duel, &forgeries[i / 2], i % 2 == 0);
		sim_run_for(duel.sim, SIM_SECONDS(1));
		assert_sessions(&duel, 1);
		ask(&duel, duel.member, JOB_HELLO, 0);
		ask(&duel, duel.server, JOB_HELLO, 0);
	}
	stats = ike_stats(host_ike(duel.server));
	assert_true(stats->malformed > 0);
	assert_true(stats->bad_icv > 0);
	assert_true(stats->unknown_spi > 0);
	assert_true(stats->version > 0);
	end(&duel);
}

/* Nonsense of all lengths, some with a header that is right. */
static void nonsense(void **state)
{
	static uint8_t bytes[65507];
	struct duel duel;
	size_t i, k, len;

	(void)state;
	begin(&duel, SERVER_PSK, MEMBER_PSK);
	enroll(&duel);
	for (i = 0; i < 2000; i++) {
		len = i % 100 ? sim_random(duel.sim, 1500) : sizeof(bytes) - i;
		for (k = 0; k < len; k++)
			bytes[k] = (uint8_t)sim_random(duel.sim, 256);
		if (i % 2 && len > 28) {
			memcpy(bytes, duel.records[0].data, 24);
			if (i % 4 == 1)
				memset(bytes + 8, 0, 8);
			bytes[24] = bytes[25] = 0;
			bytes[26] = (uint8_t)(len >> 8);
			bytes[27] = (uint8_t)len;
		}
		sim_inject(duel.sim, &duel.member_at, &duel.server_at,
			   (struct chunk){ bytes, len });
		sim_run_for(duel.sim, 10);
	}
	sim_run_for(duel.sim, SETTLED);
	assert_sessions(&duel, 1);
	end(&duel);
}

/* What is to be answered to an IKE_SA_INIT that cannot be: RFC 7296 2.5, 2.21.1. */
static void refused(void **state)
{
	static struct wire_room answer_room;
	const struct net_end stranger = sim_end("192.0.2.99", 500);
	struct wire_error error;
	struct wire_message m;
	uint8_t first[2048];
	size_t len;
	struct duel duel;

	(void)state;
	begin(&duel, SERVER_PSK, MEMBER_CBC);
	assert_true(host_register(duel.member, &duel.server_at, KITS_SERVER));
	sim_run_for(duel.sim, SETTLED);
	assert_sessions(&duel, 0);
	assert_int_equal(host_stats(duel.member)->ends[IKE_END_REFUSED], 1);
	assert_non_null(strstr(host_last_text(duel.member), "NO_PROPOSAL_CHOSEN"));

	len = duel.records[0].len;
	assert_in_range(len, 1, sizeof(first));
	memcpy(first, duel.records[0].data, len);
	forget_records(&duel);
	first[17] = 0x30;
	sim_inject(duel.sim, &stranger, &duel.server_at, (struct chunk){ first, len });
	sim_run_for(duel.sim, 100);
	assert_int_equal(duel.n_records, 1);
	assert_true(wire_parse(&m, &answer_room,
			       (struct chunk){ duel.records[0].data, duel.records[0].len },
			       &error));
	assert_non_null(wire_notify(&m, N_INVALID_MAJOR_VERSION));
	assert_true(m.header.response);
	forget_records(&duel);

	/* a critical payload that no one knows */
	first[17] = 0x20;
	first[28 + 1] = 0x80;
	first[16] = 200;
	sim_inject(duel.sim, &stranger, &duel.server_at, (struct chunk){ first, len });
	sim_run_for(duel.sim, 100);
	assert_int_equal(duel.n_records, 1);
	assert_true(wire_parse(&m, &answer_room,
			       (struct chunk){ duel.records[0].data, duel.records[0].len },
			       &error));
	assert_non_null(wire_notify(&m, N_UNSUPPORTED_CRITICAL_PAYLOAD));

	forget_records(&duel);
	scene_free(duel.scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replayed),
		cmocka_unit_test(same_answer),
		cmocka_unit_test(reflected),
		cmocka_unit_test(damaged),
		cmocka_unit_test(out_of_order),
		cmocka_unit_test(downgraded),
		cmocka_unit_test(lied_to),
		cmocka_unit_test(forged),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(refused),
	};
	int failed;

	log_set_level(AREA_IKE, LEVEL_ERROR);
	kits_init(&kits);
	failed = cmocka_run_group_tests_name("sim_attack", tests, NULL, NULL);
	kits_free(&kits);
	return failed;
}
