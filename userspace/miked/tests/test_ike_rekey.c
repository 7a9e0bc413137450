// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * New keys for an IKE SA, by either end and by both at once; and no Child SAs.
 */
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike/internal.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct ike_sa *gm, *ks;

static void begin(void)
{
	gm = world_meet(&w);
	ks = w.node[KS].sa;
	w.count = 0;
	w.lost = 0;
}

static void begin_with(const char *proposal)
{
	const char *texts[] = { proposal, NULL };

	world_new(&w);
	world_proposals(&w.node[GM], texts);
	world_proposals(&w.node[KS], texts);
	world_start(&w);
	begin();
}

static void want(struct ike_sa *sa)
{
	sa->want_rekey = true;
	ike_sa_settle(sa);
}

static size_t links(const struct ike_sa *sa)
{
	const struct ike_link *link;
	size_t n = 0;

	for (link = sa->links; link; link = link->next)
		n++;
	return n;
}

/* Both go on with the same link, and have no other in the end. */
static void agreed(void)
{
	struct asked_task tasks[2];

	assert_true(gm->link->spi_i == ks->link->spi_i);
	assert_true(gm->link->spi_r == ks->link->spi_r);
	assert_true(gm->link->initiator != ks->link->initiator);
	assert_chunk_equal(secret_chunk(&gm->link->keys.all), secret_chunk(&ks->link->keys.all));
	world_task(&tasks[0], GSA_REGISTRATION, "group 2");
	world_task(&tasks[1], INFORMATIONAL, NULL);
	ike_ask(gm, &tasks[0].task);
	ike_ask(ks, &tasks[1].task);
	world_run(&w, 20000);
	assert_int_equal(tasks[0].answered, 1);
	assert_int_equal(tasks[1].answered, 1);
	assert_int_equal(w.node[GM].ended + w.node[KS].ended, 0);
	/* the last answer to a Delete is kept for a while */
	world_run(&w, 61000);
	assert_int_equal(links(gm), 1);
	assert_int_equal(links(ks), 1);
	assert_null(gm->rekeying);
	assert_null(ks->rekeying);
	assert_null(gm->their_link);
	assert_null(ks->their_link);
}

static void rekeyed_by(struct ike_sa *sa, const struct ike_sa *other)
{
	struct secret before, after;
	uint64_t spi = sa->link->spi_i;
	const struct ike_link *link;

	assert_int_equal(ike_sa_wrap_key(other, &before), 0);
	want(sa);
	world_settle(&w);
	assert_int_equal(w.count, 4);
	assert_true(sa->link->spi_i != spi);
	assert_true(sa->link->initiator);
	assert_int_equal(ike_sa_wrap_key(other, &after), 0);
	link = sa->link;
	assert_memory_not_equal(before.data, after.data, after.len);
	secret_free(&before);
	assert_int_equal(keymat_wrap_key(&world_crypto, link->suite.prf, link->keys.d,
					 link->suite.kwa, &before), 0);
	assert_chunk_equal(secret_chunk(&before), secret_chunk(&after));
	secret_free(&before);
	secret_free(&after);
	assert_int_equal(sa->link->next_ask, 0);
	agreed();
	assert_int_equal(ike_stats(w.node[GM].ike)->rekeyed, 1);
	assert_int_equal(ike_stats(w.node[KS].ike)->rekeyed, 1);
}

static void by_the_member(void **state)
{
	(void)state;
	world_new(&w);
	world_start(&w);
	begin();
	rekeyed_by(gm, ks);
	world_end(&w);
}

static void by_the_key_server(void **state)
{
	(void)state;
	begin_with("aes128-sha512-prfsha256-ecp256");
	rekeyed_by(ks, gm);
	/* who began it first stays what it was to the room above */
	assert_true(ike_sa_initiator(gm));
	assert_false(ike_sa_initiator(ks));
	world_end(&w);
}

/* Again and again, by whomever it suits. */
static void over_time(void **state)
{
	(void)state;
	world_new(&w);
	w.node[GM].who.conf.ike.lifetime_ms = 600000;
	w.node[KS].who.conf.ike.lifetime_ms = 600000;
	world_start(&w);
	begin();
	world_run(&w, 600000UL * 50);
	assert_in_range(ike_stats(w.node[GM].ike)->rekeyed, 50, 75);
	assert_int_equal(ike_stats(w.node[KS].ike)->rekeyed, ike_stats(w.node[GM].ike)->rekeyed);
	/* none more while they are looked at */
	gm->rekey_at = gm->end = IKE_NEVER;
	ks->rekey_at = ks->end = IKE_NEVER;
	agreed();
	world_end(&w);
}

/* ---- both at once */

static void both(void)
{
	world_new(&w);
	world_start(&w);
	begin();
	want(gm);
	want(ks);
}

static void deliver_one(void)
{
	struct datagram d = *world_first(&w);

	w.first++;
	w.count++;
	ike_receive(w.node[d.to].ike, &d.path, d.data, d.len);
	free(d.data);
}

/* RFC 7296 2.8.2: is the lowest of the four nonces in the key server's exchange? */
static bool of_the_member(void)
{
	const struct secret *in_ks = &gm->rekeying->their_lowest;
	const struct secret *in_gm = &ks->rekeying->their_lowest;

	assert_int_equal(in_ks->len, NONCE_LEN);
	assert_int_equal(in_gm->len, NONCE_LEN);
	return memcmp(in_ks->data, in_gm->data, NONCE_LEN) < 0;
}

static void at_once(void **state)
{
	unsigned int of_gm = 0;
	unsigned int i;
	bool expected;

	(void)state;
	for (i = 0; i < 40; i++) {
		both();
		deliver_one();
		deliver_one();
		expected = of_the_member();
		world_settle(&w);
		assert_int_equal(gm->link->initiator, expected);
		/* two exchanges, and a Delete by each end */
		assert_int_equal(w.count, 8);
		of_gm += gm->link->initiator;
		agreed();
		world_end(&w);
	}
	/* the nonces say whose it is */
	assert_in_range(of_gm, 5, 35);
}

static void lose_one(void)
{
	free(w.wire[w.first++ % WORLD_DATAGRAMS].data);
}

static bool wrapped_alike;

/* The member has a request of the key server in hand. */
static void unwrap_in_upcall(struct node *node, struct ike_sa *sa)
{
	struct secret wrapped_by, known;

	node->upcall = NULL;
	assert_ptr_equal(sa, gm);
	assert_true(gm->link != gm->speaking);
	assert_int_equal(ike_sa_kwa(gm), ike_sa_kwa(ks));
	assert_int_equal(ike_sa_wrap_key(ks, &wrapped_by), 0);
	assert_int_equal(ike_sa_wrap_key(gm, &known), 0);
	wrapped_alike = chunk_equal(secret_chunk(&known), secret_chunk(&wrapped_by));
	secret_free(&wrapped_by);
	secret_free(&known);
}

/* RFC 9838 3.1.1: one end knows already which of both goes on, and wraps keys by that. */
static void at_once_and_half_known(void **state)
{
	struct asked_task task;
	bool by_ks = false;

	(void)state;
	while (!by_ks) {
		both();
		deliver_one();
		deliver_one();
		/* the answer to the member */
		lose_one();
		deliver_one();
		by_ks = ks->link->initiator;
		if (!by_ks)
			world_end(&w);
	}
	assert_false(gm->link->spi_i == ks->link->spi_i);
	/* the Delete of the old one */
	lose_one();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(ks, &task.task);
	w.node[GM].upcall = unwrap_in_upcall;
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_null(w.node[GM].upcall);
	assert_true(wrapped_alike);
	assert_null(gm->speaking);
	world_run(&w, 30000);
	agreed();
	world_end(&w);
}

/* The first request of the member is lost: the key server never notices it. */
static void unnoticed(void **state)
{
	(void)state;
	both();
	lose_one();
	world_settle(&w);
	agreed();
	assert_true(ks->link->initiator);
	assert_int_equal(ike_stats(w.node[GM].ike)->rekeyed, 1);
	world_end(&w);
}

static unsigned int pattern;

static bool lose_some(struct world *world, struct datagram *d)
{
	(void)d;
	return world->count > 10 || !(pattern >> (world->count - 1) & 1);
}

/* Whatever is lost, nobody is lost by it. */
static void at_once_and_loss(void **state)
{
	(void)state;
	for (pattern = 0; pattern < 1024; pattern += 5) {
		both();
		w.node[GM].who.conf.ike.retransmissions = 10;
		w.node[KS].who.conf.ike.retransmissions = 10;
		w.filter = lose_some;
		world_run(&w, 30000);
		agreed();
		world_end(&w);
	}
}

/* In each order that datagrams may come in. */
static bool shuffle(struct world *world, struct datagram *d)
{
	struct datagram *next;
	struct datagram swap;

	if (world->count < 11 && pattern >> (world->count - 1) & 1 && world->first != world->last) {
		next = &world->wire[world->first % WORLD_DATAGRAMS];
		swap = *next;
		*next = *d;
		*d = swap;
	}
	return true;
}

static void at_once_and_reordered(void **state)
{
	(void)state;
	for (pattern = 0; pattern < 256; pattern++) {
		both();
		w.filter = shuffle;
		world_run(&w, 30000);
		agreed();
		world_end(&w);
	}
}

/* ---- not as planned */

static void another_group(void **state)
{
	static const char *const texts[] = {
		"aes256gcm16-prfsha384-ecp384", NULL,
	};

	(void)state;
	begin_with("aes256gcm16-prfsha384-x25519-ecp384");
	assert_int_equal(gm->link->suite.ke, KE_CURVE25519);
	world_proposals(&w.node[KS], texts);
	want(gm);
	world_settle(&w);
	assert_int_equal(w.count, 6);
	assert_int_equal(gm->link->suite.ke, KE_ECP_384);
	agreed();
	world_end(&w);
}

/* Keys could not be wrapped any more: the key server does not want that. */
static void without_key_wrap(void **state)
{
	uint64_t spi;

	(void)state;
	world_new(&w);
	world_start(&w);
	begin();
	spi = gm->link->spi_i;
	gm->link->suite.kwa = 0;
	want(gm);
	world_settle(&w);
	assert_int_equal(w.count, 2);
	assert_true(gm->link->spi_i == spi);
	assert_int_equal(ike_stats(w.node[KS].ike)->rekeyed, 0);
	world_end(&w);
}

/* What wrapped keys before is not replaced by a shorter one (RFC 9838 3.1). */
static void shorter_key_wrap(void **state)
{
	uint64_t spi;

	(void)state;
	begin_with("aes128gcm16-prfsha256-ecp256-kw128-kw256");
	assert_int_equal(gm->link->suite.kwa, KW_5649_128);
	want(gm);
	world_settle(&w);
	assert_int_equal(gm->link->suite.kwa, KW_5649_128);
	gm->link->suite.kwa = KW_5649_256;
	ks->link->suite.kwa = KW_5649_256;
	want(gm);
	world_settle(&w);
	assert_int_equal(gm->link->suite.kwa, KW_5649_256);
	assert_int_equal(ks->link->suite.kwa, KW_5649_256);

	/* who offers it nevertheless is refused */
	spi = gm->link->spi_i;
	gm->link->suite.kwa = KW_5649_128;
	want(gm);
	world_settle(&w);
	assert_true(gm->link->spi_i == spi);
	assert_int_equal(ike_stats(w.node[KS].ike)->rekeyed, 2);
	world_end(&w);
}

/* A request of the key server is under way: the member has to wait. */
static void not_now(void **state)
{
	struct asked_task task;
	uint64_t spi;

	(void)state;
	world_new(&w);
	world_start(&w);
	begin();
	spi = gm->link->spi_i;
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(ks, &task.task);
	lose_one();
	want(gm);
	world_settle(&w);
	assert_int_equal(w.count, 2);
	assert_true(gm->link->spi_i == spi);
	world_run(&w, 9000);
	assert_int_equal(task.answered, 1);
	assert_true(gm->link->spi_i == spi);
	world_run(&w, 12000);
	assert_true(gm->link->spi_i != spi);
	agreed();
	world_end(&w);
}

/* Requests wait until it is done, and then go over the new link. */
static void tasks_wait(void **state)
{
	struct asked_task task;

	(void)state;
	world_new(&w);
	world_start(&w);
	begin();
	want(gm);
	world_task(&task, GSA_REGISTRATION, "group 2");
	ike_ask(gm, &task.task);
	assert_int_equal(task.built, 0);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(gm->link->next_ask, 1);
	agreed();
	world_end(&w);
}

/* The key server does not want the member's algorithms any more. */
static void never(void **state)
{
	static const char *const texts[] = { "aes128-sha256-ecp256", NULL };

	(void)state;
	world_new(&w);
	w.node[KS].who.conf.ike.lifetime_ms = 36000000;
	world_start(&w);
	begin();
	world_proposals(&w.node[KS], texts);
	world_run(&w, 3600000);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_CLOSED);
	assert_string_equal(w.node[GM].text, "its lifetime is over, and it could not be rekeyed");
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_DELETED);
	world_run(&w, 100000);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	assert_true(ike_next(w.node[KS].ike) == IKE_NEVER);
	world_end(&w);
}

/* Closed while it is rekeyed, by either end, at any moment. */
static void closed(void **state)
{
	unsigned int step;

	(void)state;
	for (step = 0; step < 32; step++) {
		world_new(&w);
		world_start(&w);
		begin();
		if (step & 1)
			want(ks);
		want(gm);
		while (w.count < step / 4 && w.first != w.last)
			deliver_one();
		ike_close(step & 2 ? ks : gm);
		/* by Delete, and not because nobody answers any more */
		world_run(&w, 20000);
		assert_int_equal(w.node[GM].ended, !!(step & 2));
		assert_int_equal(w.node[KS].ended, !(step & 2));
		assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
		assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
		world_run(&w, 100000);
		assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
		assert_true(ike_next(w.node[KS].ike) == IKE_NEVER);
		world_end(&w);
	}
}

/* The peer dies in the middle of it. */
static bool lose_all(struct world *world, struct datagram *d)
{
	(void)world;
	(void)d;
	return false;
}

static void dead(void **state)
{
	(void)state;
	world_new(&w);
	world_start(&w);
	begin();
	want(gm);
	w.filter = lose_all;
	world_run(&w, 100000);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DEAD);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	world_end(&w);
}

/* ---- no Child SAs */

static uint16_t answer;

static bool see_answer(struct world *world, struct datagram *d)
{
	const struct ike_link *link = gm->link;
	struct cipher_keys keys = { link->keys.er, link->keys.ar };
	struct wire_message m;
	struct wire_room *room;
	struct wire_error error;
	struct chunk content;
	struct wire_sk sk;

	if (d->to != GM)
		return true;
	room = calloc(1, sizeof(*room));
	world_keep(world, d);
	assert_true(wire_parse(&m, room, (struct chunk){ world->kept.data, d->len }, &error));
	sk = *m.sk;
	assert_int_equal(cipher_open(&world_crypto, &link->suite.cipher, &keys,
				     world->kept.data, sk.body.data - world->kept.data, d->len,
				     &content), 0);
	assert_true(wire_parse_inner(&m, room, sk.first, content, &error));
	answer = m.n_notifies ? m.notifies[0].type : 0;
	free(room);
	return true;
}

static uint16_t ask_child(struct wire_message *m)
{
	answer = 0;
	w.filter = see_answer;
	assert_true(ike_request(gm->link, ASK_PROBE, CREATE_CHILD_SA, m, NULL));
	world_settle(&w);
	w.filter = NULL;
	return answer;
}

static void child_sas(void **state)
{
	static const struct wire_transform esp[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
	};
	static const uint8_t spi[4] = { 9, 9, 9, 9 };
	static const struct wire_proposal proposal = {
		.number = 1, .protocol = PROTO_ESP, .spi = CHUNK(spi),
		.transforms = esp, .n_transforms = 1,
	};
	static const struct wire_ts ts = {
		.type = TS_IPV4_ADDR_RANGE, .end_port = 65535, .end = { 255, 255, 255, 255 },
	};
	static const uint8_t nonce[32] = { 1 };
	static const uint8_t public[32] = { 9 };
	static const struct wire_ke ke = { KE_CURVE25519, CHUNK(public) };
	struct wire_message m = {
		.proposals = &proposal, .n_proposals = 1, .nonce = CHUNK(nonce),
		.tsi = &ts, .n_tsi = 1, .tsr = &ts, .n_tsr = 1,
	};
	struct wire_notify rekey = {
		.type = N_REKEY_SA, .protocol = PROTO_ESP, .spi = CHUNK(spi),
	};

	(void)state;
	world_new(&w);
	world_start(&w);
	begin();
	assert_int_equal(ask_child(&m), N_NO_ADDITIONAL_SAS);
	m.ke = &ke;
	assert_int_equal(ask_child(&m), N_NO_ADDITIONAL_SAS);
	m.notifies = &rekey;
	m.n_notifies = 1;
	assert_int_equal(ask_child(&m), N_NO_ADDITIONAL_SAS);
	m.n_tsi = 0;
	m.n_tsr = 0;
	assert_int_equal(ask_child(&m), N_NO_ADDITIONAL_SAS);
	agreed();
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_the_member),
		cmocka_unit_test(by_the_key_server),
		cmocka_unit_test(over_time),
		cmocka_unit_test(at_once),
		cmocka_unit_test(at_once_and_half_known),
		cmocka_unit_test(unnoticed),
		cmocka_unit_test(at_once_and_loss),
		cmocka_unit_test(at_once_and_reordered),
		cmocka_unit_test(another_group),
		cmocka_unit_test(without_key_wrap),
		cmocka_unit_test(shorter_key_wrap),
		cmocka_unit_test(not_now),
		cmocka_unit_test(tasks_wait),
		cmocka_unit_test(never),
		cmocka_unit_test(closed),
		cmocka_unit_test(dead),
		cmocka_unit_test(child_sas),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
