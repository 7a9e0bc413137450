// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What may come with or before authentication: PPKs (RFC 8784), IKE_INTERMEDIATE (RFC
 * 9242), plain IKE_AUTH; and messages that are what they say, and make no sense.
 */
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike/internal.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct ike_sa *gm;

static void same_keys(void)
{
	const struct ike_keys *of_gm = &gm->link->keys;
	const struct ike_keys *of_ks = &w.node[KS].sa->link->keys;

	assert_chunk_equal(secret_chunk(&of_gm->all), secret_chunk(&of_ks->all));
}

/* ---- PPKs */

enum { NONE, OPTIONAL, MANDATORY };

static void give_ppk(struct node *node, const char *id, const char *key, int how)
{
	const char *peer = node->number == GM ? "ks.example" : "gm.example";
	const char *file = node->number == GM ? "gm.ppk" : "ks.ppk";

	if (how != NONE)
		who_has_ppk(&node->who, id, peer, pki_text_file(file, key), how == MANDATORY);
}

/* What the member says its PPK_ID to be. */
static uint8_t ppk_id_type = PPK_ID_FIXED;

bool __real_ike_notify(struct ike_content *content, uint16_t type, struct chunk data);
bool __wrap_ike_notify(struct ike_content *content, uint16_t type, struct chunk data);

bool __wrap_ike_notify(struct ike_content *content, uint16_t type, struct chunk data)
{
	static uint8_t id[1 + CONF_NAME_SIZE];

	if (type != N_PPK_IDENTITY || !data.len)
		return __real_ike_notify(content, type, data);
	assert_int_equal(data.data[0], PPK_ID_FIXED);
	assert_true(data.len <= sizeof(id));
	memcpy(id, data.data, data.len);
	id[0] = ppk_id_type;
	return __real_ike_notify(content, type, (struct chunk){ id, data.len });
}

static void step(void)
{
	struct datagram d = *world_first(&w);

	w.first++;
	ike_receive(w.node[d.to].ike, &d.path, d.data, d.len);
	free(d.data);
}

static bool used_ppk;

/* Does it come to an IKE SA? */
static bool comes_to_be(void)
{
	struct asked_task task = { 0 };
	uint8_t plain[48] = { 0 };

	world_start(&w);
	gm = world_connect(&w, &task);
	while (!task.ended && gm->state == SA_INIT)
		step();
	if (!task.ended)
		memcpy(plain, gm->start->plain.len ? gm->start->plain.data :
			      gm->link->keys.d.data, sizeof(plain));
	world_settle(&w);
	if (task.answered) {
		same_keys();
		used_ppk = memcmp(plain, gm->link->keys.d.data, sizeof(plain));
	} else {
		assert_int_equal(task.ended, 1);
		assert_int_equal(task.why, IKE_END_REFUSED);
		assert_int_equal(w.node[KS].requests, w.node[KS].ended);
	}
	world_end(&w);
	return task.answered;
}

/* Table 1 of RFC 8784, and the initiator's part. */
static void ppk(void **state)
{
	static const struct {
		int gm, ks;
		bool works, used;
	} cases[] = {
		{ NONE, NONE, true, false },
		{ NONE, OPTIONAL, true, false },
		{ NONE, MANDATORY, false, false },
		{ OPTIONAL, NONE, true, false },
		{ OPTIONAL, OPTIONAL, true, true },
		{ OPTIONAL, MANDATORY, true, true },
		{ MANDATORY, NONE, false, false },
		{ MANDATORY, OPTIONAL, true, true },
		{ MANDATORY, MANDATORY, true, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_new(&w);
		give_ppk(&w.node[GM], "ppk1", "a key of the future, of thirty-two", cases[i].gm);
		give_ppk(&w.node[KS], "ppk1", "a key of the future, of thirty-two", cases[i].ks);
		used_ppk = false;
		if (comes_to_be() != cases[i].works)
			fail_msg("case %zu", i);
		assert_int_equal(used_ppk, cases[i].used);
	}
}

/* The key server does not know this one. */
static void another_ppk(void **state)
{
	static const struct {
		int gm, ks;
		bool works;
	} cases[] = {
		{ OPTIONAL, OPTIONAL, true },
		{ OPTIONAL, MANDATORY, false },
		{ MANDATORY, OPTIONAL, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_new(&w);
		give_ppk(&w.node[GM], "ppk1", "a key of the future, of thirty-two", cases[i].gm);
		give_ppk(&w.node[KS], "ppk2", "a key of the future, of thirty-two", cases[i].ks);
		used_ppk = false;
		if (comes_to_be() != cases[i].works)
			fail_msg("case %zu", i);
		assert_false(used_ppk);
	}
}

/* The same octets, but not an ID of the type that ours are of (RFC 8784 5.1). */
static void ppk_of_another_type(void **state)
{
	static const char key[] = "a key of the future, of thirty-two";
	int of_ks;

	(void)state;
	ppk_id_type = PPK_ID_OPAQUE;
	for (of_ks = OPTIONAL; of_ks <= MANDATORY; of_ks++) {
		world_new(&w);
		give_ppk(&w.node[GM], "ppk1", key, OPTIONAL);
		give_ppk(&w.node[KS], "ppk1", key, of_ks);
		used_ppk = false;
		assert_int_equal(comes_to_be(), of_ks == OPTIONAL);
		assert_false(used_ppk);
	}
	ppk_id_type = PPK_ID_FIXED;
}

/* It knows one of this name, but not the same: that is an attack, or a mistake. */
static void wrong_ppk(void **state)
{
	(void)state;
	world_new(&w);
	give_ppk(&w.node[GM], "ppk1", "a key of the future, of thirty-two", OPTIONAL);
	give_ppk(&w.node[KS], "ppk1", "another key, but just as long as it", OPTIONAL);
	assert_false(comes_to_be());
}

/* The PPK is in the keys after a rekey only by way of SK_d. */
static void ppk_and_rekey(void **state)
{
	(void)state;
	world_new(&w);
	give_ppk(&w.node[GM], "ppk1", "a key of the future, of thirty-two", MANDATORY);
	give_ppk(&w.node[KS], "ppk1", "a key of the future, of thirty-two", MANDATORY);
	world_start(&w);
	gm = world_meet(&w);
	gm->want_rekey = true;
	ike_sa_settle(gm);
	world_settle(&w);
	assert_int_equal(ike_stats(w.node[GM].ike)->rekeyed, 1);
	same_keys();
	world_end(&w);
}

/* ---- IKE_AUTH */

static void ike_auth(void **state)
{
	struct asked_task task, more;

	(void)state;
	world_new(&w);
	world_start(&w);
	world_task(&task, IKE_AUTH, NULL);
	gm = world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.notify, 0);
	assert_int_equal(ike_sa_kwa(gm), 0);
	/* nobody above is asked, nor told of its end, before there is something for them */
	assert_int_equal(w.node[KS].requests, 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1);
	world_task(&more, INFORMATIONAL, NULL);
	ike_ask(gm, &more.task);
	world_settle(&w);
	assert_int_equal(w.node[KS].requests, 1);
	ike_close(gm);
	world_settle(&w);
	assert_int_equal(w.node[KS].ended, 1);
	world_end(&w);

	world_new(&w);
	world_start(&w);
	world_task(&task, IKE_AUTH, NULL);
	gm = world_connect(&w, &task);
	world_settle(&w);
	ike_close(gm);
	world_settle(&w);
	assert_int_equal(w.node[KS].ended, 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	world_end(&w);
}

static bool build_child(void *context, struct ike_sa *sa, struct ike_content *request)
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

	((struct asked_task *)context)->sa = sa;
	request->message.proposals = &proposal;
	request->message.n_proposals = 1;
	request->message.tsi = &ts;
	request->message.n_tsi = 1;
	request->message.tsr = &ts;
	request->message.n_tsr = 1;
	return true;
}

/* The IKE SA is there, the Child SA is not. */
static void ike_auth_with_child(void **state)
{
	struct asked_task task;

	(void)state;
	world_new(&w);
	world_start(&w);
	world_task(&task, IKE_AUTH, NULL);
	task.task.build = build_child;
	gm = world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.notify, N_NO_ADDITIONAL_SAS);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1);
	world_end(&w);
}

/* ---- IKE_INTERMEDIATE: we never begin it, so the test does it with the engine's parts */

/* Up to where the member would send GSA_AUTH; it has said that it can do RFC 9242. */
static void stop_before_auth(struct asked_task *task)
{
	world_start(&w);
	gm = world_connect(&w, task);
	while (gm->state == SA_INIT)
		step();
	/* the request that it sent is forgotten, and its Message ID with it */
	world_lose(&w);
	ike_asked_clear(&gm->link->asked);
	gm->link->next_ask = 1;
}

static struct ike_sa *only_sa(struct node *node)
{
	return node->ike->all;
}

static void count_one(struct ike_link *link, uint8_t *value, struct chunk sk_p, struct chunk head,
		      struct chunk content, bool first)
{
	static uint8_t bytes[70000];
	struct writer to = writer_to(bytes, sizeof(bytes));
	struct chunk before = { value, first ? 0 : prf_len(link->suite.prf) };

	wire_write_authenticated(&to, head, WIRE_HEADER_LEN, content, (struct chunk){ 0 });
	assert_false(to.failed);
	assert_int_equal(keymat_int_auth(&world_crypto, link->suite.prf, sk_p, before,
					 (struct chunk){ bytes, HEAD_LEN },
					 (struct chunk){ bytes + HEAD_LEN, content.len }, value), 0);
}

static uint8_t answer_head[2100];
static size_t answer_len;

static bool keep_answer(struct world *world, struct datagram *d)
{
	(void)world;
	if (d->to != GM)
		return true;
	memcpy(answer_head, d->data, d->len);
	answer_len = d->len;
	return false;
}

/* One exchange, with a payload of so many bytes, in fragments if it is long. */
static void intermediate_exchange(size_t len, bool first)
{
	static const uint8_t filler[5000];
	struct wire_notify n = { .type = 50000, .data = { filler, len } };
	struct wire_message m = { .notifies = &n, .n_notifies = len != 0 };
	struct ike_link *link = gm->link;
	struct start *start = gm->start;
	struct chunk head;

	assert_true(ike_request(link, ASK_PROBE, IKE_INTERMEDIATE, &m, NULL));
	head = (struct chunk){ link->asked.packets.data, HEAD_LEN };
	count_one(link, start->int_auth_i, link->keys.pi, head,
		  (struct chunk){ gm->ike->inner, gm->ike->inner_len }, first);
	answer_len = 0;
	w.filter = keep_answer;
	world_settle(&w);
	w.filter = NULL;
	assert_int_not_equal(answer_len, 0);
	count_one(link, start->int_auth_r, link->keys.pr, (struct chunk){ answer_head, HEAD_LEN },
		  (struct chunk){ 0 }, first);
	start->n_intermediate++;
	ike_asked_clear(&link->asked);
}

/* As if it were a request that was never sent. */
static void authenticate_again(struct asked_task *task)
{
	world_task(task, GSA_AUTH, "group 1");
	gm->tasks = &task->task;
	gm->last_task = &task->task.next;
	ike_authenticate(gm->link);
}

static void intermediate(void **state)
{
	static const struct {
		unsigned int n;
		size_t len[3];
	} cases[] = {
		{ 1, { 0 } }, { 1, { 300 } }, { 2, { 300, 0 } }, { 3, { 5000, 0, 3000 } },
	};
	struct asked_task task, again;
	unsigned int i, j;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		world_new(&w);
		memset(&task, 0, sizeof(task));
		stop_before_auth(&task);
		only_sa(&w.node[KS])->start->intermediate = true;
		for (j = 0; j < cases[i].n; j++)
			intermediate_exchange(cases[i].len[j], !j);
		authenticate_again(&again);
		world_settle(&w);
		assert_int_equal(again.answered, 1);
		assert_int_equal(w.node[KS].requests, 1);
		assert_int_equal(gm->link->next_ask, 2 + cases[i].n);
		world_end(&w);
	}
}

/* ---- peers that do not keep to RFC 8784 */

static void two_with_ppks(const char *of_gm, const char *of_ks)
{
	world_new(&w);
	give_ppk(&w.node[GM], of_gm, "a key of the future, of thirty-two", OPTIONAL);
	give_ppk(&w.node[KS], of_ks, "a key of the future, of thirty-two", OPTIONAL);
}

/* The member said USE_PPK, and does not name one. */
static void no_ppk_identity(void **state)
{
	struct asked_task task = { 0 }, again;

	(void)state;
	two_with_ppks("ppk1", "ppk1");
	stop_before_auth(&task);
	ike_unmix_ppk(gm->link);
	gm->start->peer_ppk = false;
	authenticate_again(&again);
	world_settle(&w);
	assert_int_equal(again.answered, 0);
	assert_int_equal(again.why, IKE_END_REFUSED);
	assert_int_equal(w.node[KS].requests, 0);
	world_end(&w);
}

/* The key server goes on without a PPK, though the member did not say that it may. */
static void ppk_left_out(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	two_with_ppks("ppk1", "ppk2");
	world_start(&w);
	gm = world_connect(&w, &task);
	while (gm->state == SA_INIT)
		step();
	assert_true(gm->start->no_ppk_auth);
	gm->start->no_ppk_auth = false;
	world_settle(&w);
	assert_int_equal(task.answered, 0);
	assert_int_equal(task.ended, 1);
	assert_string_equal(task.text, "the peer does not use the PPK");
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_REFUSED);
	world_end(&w);
}

/* ---- what breaks the protocol */

/* As an established member's request. */
static void ask_raw(uint8_t exchange, struct wire_message *m)
{
	assert_true(ike_request(gm->link, ASK_PROBE, exchange, m, NULL));
	world_settle(&w);
}

static void exchange_out_of_place(void **state)
{
	static const struct wire_id id = { ID_KEY_ID, { (const uint8_t *)"group", 5 } };
	struct wire_message m = { .idg = &id };
	struct asked_task task = { 0 };

	(void)state;
	/* before authentication */
	world_new(&w);
	stop_before_auth(&task);
	ask_raw(GSA_REGISTRATION, &m);
	assert_int_equal(w.node[KS].requests, 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_int_equal(ike_stats(w.node[KS].ike)->malformed, 1);
	world_end(&w);

	/* IKE_INTERMEDIATE that was not agreed on */
	world_new(&w);
	task = (struct asked_task){ 0 };
	stop_before_auth(&task);
	m = (struct wire_message){ 0 };
	ask_raw(IKE_INTERMEDIATE, &m);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	world_end(&w);

	/* and after it */
	world_new(&w);
	world_start(&w);
	gm = world_meet(&w);
	ask_raw(IKE_INTERMEDIATE, &m);
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_BROKEN);
	world_end(&w);
}

/* A message of rights and wrongs: right ICV, and inside of it no payloads. */
static void ask_nonsense(uint8_t exchange, const uint8_t *content, size_t len, uint8_t first)
{
	struct wire_header header = {
		.spi_i = gm->link->spi_i, .spi_r = gm->link->spi_r,
		.exchange = exchange, .initiator = true,
		.message_id = gm->link->next_ask,
	};
	struct wire_sk sk = { .first = first };
	struct sealer sealer = ike_sealer(gm->link);
	struct packets packets = { .data = malloc(500) };

	assert_non_null(packets.data);
	assert_int_equal(seal_payload(&sealer, &header, &sk, (struct chunk){ content, len },
				      packets.data, 500, &packets.len), 0);
	packets.each = packets.len;
	ike_asked(gm->link, ASK_TASK, exchange, &packets, NULL);
	gm->link->next_ask++;
}

static void invalid_syntax(void **state)
{
	static const uint8_t cut[] = { 0, 0, 0, 9, 1 };
	struct asked_task task;

	(void)state;
	world_new(&w);
	world_start(&w);
	gm = world_meet(&w);
	world_task(&task, INFORMATIONAL, NULL);
	ask_nonsense(INFORMATIONAL, cut, sizeof(cut), PAYLOAD_N);
	gm->link->asked.task = &task.task;
	world_settle(&w);
	/* RFC 7296 2.21.3: it is the end, on both sides */
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_BROKEN);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_BROKEN);
	assert_string_equal(task.text, "the peer says INVALID_SYNTAX");
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	world_end(&w);
}

static void unknown_critical(void **state)
{
	static const uint8_t payload[] = { 0, 0x80, 0, 5, 1 };
	struct asked_task task;

	(void)state;
	world_new(&w);
	world_start(&w);
	gm = world_meet(&w);
	world_task(&task, INFORMATIONAL, NULL);
	ask_nonsense(INFORMATIONAL, payload, sizeof(payload), 200);
	task.sa = gm;
	gm->link->asked.task = &task.task;
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.notify, N_UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_int_equal(w.node[KS].ended, 0);
	assert_int_equal(w.node[KS].requests, 1);
	world_end(&w);
}

/* Exchanges that are not there yet, from members and from who is not yet one. */
static void unknown_exchanges(void **state)
{
	static const uint8_t payload[] = { 0, 0, 0, 8, 0, 0, 0x9c, 0x40 };
	struct asked_task task;
	unsigned int exchange;

	(void)state;
	for (exchange = 0; exchange < 256; exchange++) {
		if (exchange >= IKE_SA_INIT && exchange <= INFORMATIONAL)
			continue;
		world_new(&w);
		task = (struct asked_task){ 0 };
		stop_before_auth(&task);
		ask_nonsense(exchange, payload, sizeof(payload), PAYLOAD_N);
		world_settle(&w);
		world_end(&w);

		world_new(&w);
		world_start(&w);
		gm = world_meet(&w);
		ask_nonsense(exchange, payload, sizeof(payload), PAYLOAD_N);
		world_task(&task, exchange, NULL);
		task.sa = gm;
		gm->link->asked.task = &task.task;
		world_settle(&w);
		assert_int_equal(w.node[KS].requests, 1);
		if (exchange != GSA_REKEY)
			assert_int_equal(w.node[KS].why, IKE_END_BROKEN);
		assert_int_equal(w.node[KS].ended, exchange != GSA_REKEY);
		world_end(&w);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ppk),
		cmocka_unit_test(another_ppk),
		cmocka_unit_test(ppk_of_another_type),
		cmocka_unit_test(wrong_ppk),
		cmocka_unit_test(ppk_and_rekey),
		cmocka_unit_test(ike_auth),
		cmocka_unit_test(ike_auth_with_child),
		cmocka_unit_test(intermediate),
		cmocka_unit_test(no_ppk_identity),
		cmocka_unit_test(ppk_left_out),
		cmocka_unit_test(exchange_out_of_place),
		cmocka_unit_test(invalid_syntax),
		cmocka_unit_test(unknown_critical),
		cmocka_unit_test(unknown_exchanges),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
