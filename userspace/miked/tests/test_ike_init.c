// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IKE_SA_INIT: what is negotiated, what is refused, cookies, and what strangers may cost.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct wire_message m;
static struct wire_room room;

/* What is logged, but for debugging. */
static size_t lines;
static char line[300];

void __wrap_log_write(enum log_area area, enum log_level level, const struct log_place *place,
		      const struct log_about *about, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

void __wrap_log_write(enum log_area area, enum log_level level, const struct log_place *place,
		      const struct log_about *about, const char *format, ...)
{
	va_list ap;

	(void)place;
	(void)about;
	assert_int_equal(area, AREA_IKE);
	if (level == LEVEL_DEBUG)
		return;
	lines++;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
}

static void parse(const struct datagram *d)
{
	struct wire_error error;

	assert_true(wire_parse(&m, &room, (struct chunk){ d->data, d->len }, &error));
}

static void offer(struct node *node, const char *first, const char *second)
{
	const char *texts[] = { first, second, NULL };

	world_proposals(node, texts);
}

/* ---- negotiation */

static void meet_with(const char *gm, const char *ks, unsigned int datagrams)
{
	world_new(&w);
	offer(&w.node[GM], gm, NULL);
	offer(&w.node[KS], ks, NULL);
	world_start(&w);
	world_meet(&w);
	assert_int_equal(w.count, datagrams);
	assert_int_equal(w.node[KS].requests, 1);
	world_end(&w);
}

static void all_algorithms(void **state)
{
	static const char *const groups[] = {
		"modp2048", "modp3072", "modp4096", "ecp256", "ecp384", "ecp521", "x25519",
	};
	static const char *const others[] = {
		"aes128gcm16-prfsha256-x25519", "aes256gcm16-prfsha512-x25519",
		"aes128-sha256-x25519", "aes256-sha384-x25519", "aes256-sha512-prfsha256-x25519",
		"aes128-sha256-x25519-kw192",
	};
	char text[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		snprintf(text, sizeof(text), "aes256gcm16-prfsha384-%s", groups[i]);
		meet_with(text, text, 4);
	}
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		meet_with(others[i], others[i], 4);
}

/* What both can do, whatever each would like best. */
static void common_algorithms(void **state)
{
	(void)state;
	meet_with("aes256gcm16-aes128gcm16-prfsha512-prfsha256-x25519-ecp256-kw128-kw256",
		  "aes128gcm16-prfsha384-prfsha256-ecp521-x25519-kw256", 4);
	assert_int_equal(w.node[KS].requests, 1);
}

/* The key server wants another group than the one that the member guessed. */
static void other_group(void **state)
{
	(void)state;
	meet_with("aes256gcm16-prfsha384-x25519-ecp384-modp2048",
		  "aes256gcm16-prfsha384-modp3072-modp2048", 6);
}

static void no_common(const char *gm, const char *ks)
{
	struct asked_task task = { 0 };

	world_new(&w);
	offer(&w.node[GM], gm, NULL);
	offer(&w.node[KS], ks, NULL);
	world_start(&w);
	world_connect(&w, &task);
	world_settle(&w);
	/* it may not be true */
	assert_int_equal(task.ended, 0);
	world_run(&w, 1000);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_REFUSED);
	assert_string_equal(task.text, "the peer refuses: NO_PROPOSAL_CHOSEN");
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	world_end(&w);
}

static void nothing_in_common(void **state)
{
	(void)state;
	no_common("aes256gcm16-prfsha384-x25519", "aes128gcm16-prfsha384-x25519");
	no_common("aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha256-x25519");
	no_common("aes256gcm16-prfsha384-x25519", "aes256gcm16-prfsha384-ecp256");
	no_common("aes256gcm16-prfsha384-x25519-kw256", "aes256gcm16-prfsha384-x25519-kw128");
	no_common("aes256-sha256-x25519", "aes256gcm16-prfsha256-x25519");
	no_common("aes256-sha256-prfsha256-x25519", "aes256-sha512-prfsha256-x25519");
}

/* ---- what is not to be believed */

/* An answer to the member's IKE_SA_INIT, from nobody knows whom. */
static void forge(struct datagram *request, const struct wire_notify *n)
{
	uint8_t bytes[200];
	struct writer to = writer_to(bytes, sizeof(bytes));
	struct net_path path = {
		.local = request->path.remote, .remote = request->path.local,
	};
	struct wire_message answer = { .notifies = n, .n_notifies = 1 };

	parse(request);
	answer.header = m.header;
	answer.header.response = true;
	answer.header.initiator = false;
	wire_write_clear(&to, &answer);
	assert_false(to.failed);
	world_inject(&w, &path, GM, bytes, to.len);
}

/* Who says so once, in the clear, may be anybody. */
static void forged_refusals(void **state)
{
	static const uint16_t types[] = {
		N_NO_PROPOSAL_CHOSEN, N_AUTHENTICATION_FAILED, N_INVALID_SYNTAX,
		N_INVALID_MAJOR_VERSION, 8191,
	};
	struct asked_task task;
	struct wire_notify n;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		task = (struct asked_task){ 0 };
		n = (struct wire_notify){ .type = types[i] };
		world_new(&w);
		world_start(&w);
		world_connect(&w, &task);
		forge(world_first(&w), &n);
		world_settle(&w);
		assert_int_equal(task.answered, 1);
		world_end(&w);
	}
}

/* A group that we did not offer is none to go on with (RFC 7296 2.7). */
static void forged_group(void **state)
{
	static const uint8_t weak[] = { 0, KE_MODP_1024 };
	struct wire_notify n = { .type = N_INVALID_KE_PAYLOAD, .data = CHUNK(weak) };
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	world_start(&w);
	world_connect(&w, &task);
	forge(world_first(&w), &n);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.count, 5);
	world_end(&w);
}

/* Somebody who wants one cookie after the other does not keep us busy for ever. */
static void endless_cookies(void **state)
{
	struct asked_task task = { 0 };
	uint8_t cookie[] = { 0, 1, 2 };
	struct wire_notify n = { .type = N_COOKIE, .data = CHUNK(cookie) };
	unsigned int rounds;

	(void)state;
	world_new(&w);
	w.node[KS].who.conf.key_server.credential[0] = 0;
	world_start(&w);
	world_connect(&w, &task);
	world_keep(&w, world_first(&w));
	for (rounds = 0; !task.ended; rounds++) {
		cookie[0]++;
		assert_true(rounds < 20);
		forge(&w.kept, &n);
		world_settle(&w);
	}
	assert_int_equal(rounds, 9);
	assert_int_equal(task.why, IKE_END_REFUSED);
	world_end(&w);
}

/* ---- cookies */

static void cookies(void **state)
{
	(void)state;
	world_new(&w);
	w.node[KS].who.conf.ike.half_open_cookies = 0;
	world_start(&w);
	world_meet(&w);
	assert_int_equal(w.count, 6);
	assert_int_equal(ike_stats(w.node[KS].ike)->cookies_sent, 1);
	assert_int_equal(ike_stats(w.node[KS].ike)->cookies_wrong, 0);
	world_end(&w);
	/* and another group, which takes no second cookie */
	world_new(&w);
	w.node[KS].who.conf.ike.half_open_cookies = 0;
	offer(&w.node[GM], "aes256gcm16-prfsha384-x25519-ecp384", NULL);
	offer(&w.node[KS], "aes256gcm16-prfsha384-ecp384", NULL);
	world_start(&w);
	world_meet(&w);
	assert_int_equal(w.count, 8);
	assert_int_equal(ike_stats(w.node[KS].ike)->cookies_sent, 1);
	world_end(&w);
}

/* Take the key server's cookie, and keep the member's request that has it. */
static void keep_request_with_cookie(struct asked_task *task)
{
	world_new(&w);
	w.node[KS].who.conf.ike.half_open_cookies = 0;
	world_start(&w);
	world_connect(&w, task);
	while (!wire_notify(&m, N_COOKIE) || m.header.response) {
		world_keep(&w, world_first(&w));
		parse(&w.kept);
		if (wire_notify(&m, N_COOKIE) && !m.header.response)
			break;
		ike_receive(w.node[w.kept.to].ike, &w.kept.path, world_first(&w)->data,
			    w.kept.len);
		free(w.wire[w.first++ % WORLD_DATAGRAMS].data);
	}
	world_lose(&w);
}

static void send_kept(bool accepted)
{
	size_t sent = w.node[KS].sent;

	world_inject(&w, &w.kept.path, KS, w.kept.data, w.kept.len);
	ike_receive(w.node[KS].ike, &w.kept.path, world_first(&w)->data, w.kept.len);
	assert_int_equal(w.node[KS].sent, sent + 1);
	assert_int_equal(ike_sa_count(w.node[KS].ike), accepted);
	world_lose(&w);
}

static void old_cookies(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	m = (struct wire_message){ 0 };
	keep_request_with_cookie(&task);
	w.now += 61000;
	send_kept(true);
	world_end(&w);

	task = (struct asked_task){ 0 };
	m = (struct wire_message){ 0 };
	keep_request_with_cookie(&task);
	w.now += 61000;
	/* somebody else asks, and the secret changes a second time */
	w.kept.data[0] ^= 1;
	send_kept(false);
	w.kept.data[0] ^= 1;
	w.now += 61000;
	send_kept(false);
	assert_int_equal(ike_stats(w.node[KS].ike)->cookies_wrong, 2);
	world_end(&w);

	/* nor after a long time in which nobody asked */
	task = (struct asked_task){ 0 };
	m = (struct wire_message){ 0 };
	keep_request_with_cookie(&task);
	w.now += 121000;
	send_kept(false);
	world_end(&w);
}

/* A cookie is good for one address, one SPI and one nonce. */
static void others_cookies(void **state)
{
	struct asked_task task = { 0 };
	size_t cookie_at = WIRE_HEADER_LEN + 8;
	size_t i;

	(void)state;
	m = (struct wire_message){ 0 };
	keep_request_with_cookie(&task);
	for (i = 0; i < 33; i++) {
		w.kept.data[cookie_at + i] ^= 1;
		send_kept(false);
		w.kept.data[cookie_at + i] ^= 1;
	}
	w.kept.path.remote.addr.in6.s6_addr[3] ^= 1;
	send_kept(false);
	w.kept.path.remote.addr.in6.s6_addr[3] ^= 1;
	for (i = 0; i < 8; i++) {
		w.kept.data[i] ^= 1;
		send_kept(false);
		w.kept.data[i] ^= 1;
	}
	assert_int_equal(ike_stats(w.node[KS].ike)->cookies_wrong, 33 + 1 + 8);
	send_kept(true);
	world_end(&w);
}

/* ---- what strangers may cost */

/* As if from many: each has its own SPI and address, and none goes on. */
static void flood(unsigned int count)
{
	struct net_path path = w.kept.path;
	uint8_t *bytes;
	uint64_t i;

	for (i = 0; i < count; i++) {
		bytes = malloc(w.kept.len);
		assert_non_null(bytes);
		memcpy(bytes, w.kept.data, w.kept.len);
		memcpy(bytes, &i, sizeof(i));
		bytes[7] = 1;
		memcpy(path.remote.addr.in6.s6_addr, &i, 4);
		ike_receive(w.node[KS].ike, &path, bytes, w.kept.len);
		free(bytes);
		world_lose(&w);
	}
}

static void floods(void **state)
{
	struct asked_task tasks[3] = { 0 };
	struct ike_sa *sa;

	(void)state;
	world_new(&w);
	world_start(&w);
	sa = world_connect(&w, &tasks[0]);
	world_keep(&w, world_first(&w));
	world_settle(&w);
	assert_int_equal(tasks[0].answered, 1);
	flood(10000);
	/* cookies from the tenth on */
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1 + 10);
	assert_int_equal(ike_stats(w.node[KS].ike)->cookies_sent, 10000 - 10);
	/* the member goes on, and so does a new one */
	world_task(&tasks[1], GSA_REGISTRATION, "group 2");
	ike_ask(sa, &tasks[1].task);
	world_settle(&w);
	assert_int_equal(tasks[1].answered, 1);
	world_connect(&w, &tasks[2]);
	world_settle(&w);
	assert_int_equal(tasks[2].answered, 1);
	/* they are forgotten in time, and cookies with them */
	world_run(&w, 10000);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 2);
	tasks[2] = (struct asked_task){ 0 };
	world_connect(&w, &tasks[2]);
	w.count = 0;
	world_settle(&w);
	assert_int_equal(w.count, 4);
	world_end(&w);
}

/* No more than so many, though they have cookies. */
static void half_open_limit(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	w.node[KS].who.conf.ike.half_open_cookies = 1000;
	world_start(&w);
	world_connect(&w, &task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	flood(200);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 100);
	assert_int_equal(ike_stats(w.node[KS].ike)->half_open_limit, 100);
	world_run(&w, 10000);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0 + task.answered);
	world_end(&w);
}

/* The same request again: the same response, and no second IKE SA. */
static void other_offers_flood(void)
{
	struct asked_task task = { 0 };

	world_new(&w);
	offer(&w.node[GM], "aes256gcm16-prfsha384-ecp256", NULL);
	offer(&w.node[KS], "aes256gcm16-prfsha384-x25519", NULL);
	world_start(&w);
	world_connect(&w, &task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	lines = 0;
	flood(1000);
	assert_int_equal(lines, 1);
	assert_null(strstr(line, "others"));
	w.now += 10000;
	flood(1000);
	assert_int_equal(lines, 2);
	assert_non_null(strstr(line, "offers nothing that we accept; "
				     "and so it was with 999 others"));
	world_end(&w);
}

static void half_open_flood(void)
{
	struct asked_task task = { 0 };

	world_new(&w);
	w.node[KS].who.conf.ike.half_open_cookies = 1000;
	world_start(&w);
	world_connect(&w, &task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	ike_close_all(w.node[GM].ike);
	lines = 0;
	flood(50);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 50);
	world_run(&w, 20000);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(line, "not authenticated in time"));
	world_end(&w);
}

/* Nobody knows who they are; IKE_SA_INIT is authentic for both. */
static void wrong_key_flood(void)
{
	struct asked_task tasks[20];
	size_t i;

	world_new(&w);
	who_has_psk(&w.node[GM].who, "*", pki_text_file("gm.psk", "a secret of one"));
	world_start(&w);
	lines = 0;
	for (i = 0; i < 20; i++) {
		tasks[i] = (struct asked_task){ 0 };
		world_connect(&w, &tasks[i]);
		world_settle(&w);
		assert_int_equal(tasks[i].ended, 1);
	}
	assert_int_equal(ike_stats(w.node[KS].ike)->auth_failed, 20);
	/* one of the key server; the member asked for it */
	assert_int_equal(lines, 1 + 20);
	world_end(&w);
}

/* The journal is not theirs to fill. */
static void logged_seldom(void **state)
{
	(void)state;
	log_set_level(AREA_IKE, LEVEL_DEBUG);
	other_offers_flood();
	half_open_flood();
	wrong_key_flood();
	log_set_level(AREA_IKE, LEVEL_NOTICE);
}

static void request_repeated(void **state)
{
	struct asked_task task = { 0 };
	struct datagram *first, *second;

	(void)state;
	world_new(&w);
	world_start(&w);
	world_connect(&w, &task);
	world_keep(&w, world_first(&w));
	world_inject(&w, &w.kept.path, KS, w.kept.data, w.kept.len);
	ike_receive(w.node[KS].ike, &w.kept.path, world_first(&w)->data, w.kept.len);
	free(w.wire[w.first++ % WORLD_DATAGRAMS].data);
	ike_receive(w.node[KS].ike, &w.kept.path, world_first(&w)->data, w.kept.len);
	free(w.wire[w.first++ % WORLD_DATAGRAMS].data);
	first = world_first(&w);
	second = &w.wire[(w.first + 1) % WORLD_DATAGRAMS];
	assert_int_equal(w.last - w.first, 2);
	assert_int_equal(first->len, second->len);
	assert_memory_equal(first->data, second->data, first->len);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1);
	assert_int_equal(ike_stats(w.node[KS].ike)->retransmitted, 1);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.node[KS].requests, 1);
	world_end(&w);
}

/* ---- what has no place */

static void header(uint8_t bytes[WIRE_HEADER_LEN], uint8_t version, uint8_t exchange,
		   uint8_t flags, uint8_t next)
{
	memset(bytes, 0, WIRE_HEADER_LEN);
	memset(bytes, 0x11, 16);
	bytes[16] = next;
	bytes[17] = version;
	bytes[18] = exchange;
	bytes[19] = flags;
	bytes[23] = 7;
	bytes[27] = WIRE_HEADER_LEN;
}

static const struct net_path to_ks = {
	.local = { .addr.family = AF_INET, .port = 848 },
	.remote = { .addr.family = AF_INET, .port = 1234 },
};

static uint16_t answer_of(uint8_t *bytes, size_t len)
{
	uint16_t type;

	bytes[27] = len;
	ike_receive(w.node[KS].ike, &to_ks, bytes, len);
	if (w.first == w.last)
		return 0;
	parse(world_first(&w));
	assert_true(net_end_equal(&world_first(&w)->path.local, &to_ks.remote));
	assert_int_equal(m.n_notifies, 1);
	assert_true(m.header.response);
	assert_int_equal(m.header.message_id, 7);
	assert_int_equal(m.header.spi_i, 0x1111111111111111);
	assert_int_equal(m.header.spi_r, 0x1111111111111111);
	type = m.notifies[0].type;
	world_lose(&w);
	return type;
}

static void higher_version(void **state)
{
	uint8_t bytes[WIRE_HEADER_LEN];

	(void)state;
	world_new(&w);
	world_start(&w);
	header(bytes, 0x30, INFORMATIONAL, 0x08, 0);
	assert_int_equal(answer_of(bytes, sizeof(bytes)), N_INVALID_MAJOR_VERSION);
	assert_false(m.header.initiator);
	header(bytes, 0x30, INFORMATIONAL, 0x20, 0);
	assert_int_equal(answer_of(bytes, sizeof(bytes)), 0);
	header(bytes, 0x10, 2, 0, 0);
	assert_int_equal(answer_of(bytes, sizeof(bytes)), 0);
	assert_int_equal(ike_stats(w.node[KS].ike)->version, 1);
	assert_int_equal(ike_stats(w.node[KS].ike)->malformed, 2);
	world_end(&w);
}

static void unknown_spi(void **state)
{
	uint8_t bytes[WIRE_HEADER_LEN + 100] = { 0 };
	unsigned int answers = 0;
	unsigned int i;

	(void)state;
	world_new(&w);
	world_start(&w);
	for (i = 0; i < 1000; i++) {
		header(bytes, 0x20, INFORMATIONAL, 0x08, PAYLOAD_SK);
		bytes[WIRE_HEADER_LEN + 3] = 100;
		answers += answer_of(bytes, sizeof(bytes)) == N_INVALID_IKE_SPI;
	}
	/* RFC 7296 2.21.4: at a bounded rate */
	assert_int_equal(answers, 20);
	w.now += 1000;
	assert_int_equal(answer_of(bytes, sizeof(bytes)), N_INVALID_IKE_SPI);
	/* no answer to an answer, nor to what is multicast */
	bytes[19] = 0x20;
	assert_int_equal(answer_of(bytes, sizeof(bytes)), 0);
	bytes[18] = GSA_REKEY;
	bytes[19] = 0x08;
	assert_int_equal(answer_of(bytes, sizeof(bytes)), 0);
	assert_int_equal(ike_stats(w.node[KS].ike)->unknown_spi, 1003);
	world_end(&w);
}

static void bytes_of_all_kinds(void **state)
{
	static const uint8_t keepalive[] = { 0xff };
	uint8_t byte = 0xff;
	uint8_t bytes[100];
	size_t len;

	(void)state;
	world_new(&w);
	world_start(&w);
	ike_receive(w.node[KS].ike, &to_ks, &byte, sizeof(keepalive));
	assert_int_equal(ike_stats(w.node[KS].ike)->received, 0);
	for (len = 0; len <= sizeof(bytes); len++) {
		memset(bytes, 0xa5, sizeof(bytes));
		ike_receive(w.node[KS].ike, &to_ks, bytes, len);
	}
	assert_int_equal(ike_stats(w.node[KS].ike)->received, 101);
	assert_int_equal(ike_stats(w.node[KS].ike)->malformed +
			 ike_stats(w.node[KS].ike)->version, 101);
	world_end(&w);
}

static void cannot_connect(void **state)
{
	struct ike_target target;
	struct asked_task task;
	struct reason why;

	(void)state;
	world_new(&w);
	world_start(&w);
	world_task(&task, GSA_AUTH, "group 1");
	target = world_target(&w.node[KS]);
	strcpy(target.credential, "nobody");
	assert_null(ike_connect(w.node[GM].ike, &target, &task.task, &why));
	assert_string_equal(why.text, "there is no credential \"nobody\"");
	target = world_target(&w.node[KS]);
	target.remote.port = 1;
	assert_null(ike_connect(w.node[GM].ike, &target, &task.task, &why));
	assert_string_equal(why.text, "no route");
	assert_int_equal(task.ended, 0);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_algorithms),
		cmocka_unit_test(common_algorithms),
		cmocka_unit_test(other_group),
		cmocka_unit_test(nothing_in_common),
		cmocka_unit_test(forged_refusals),
		cmocka_unit_test(forged_group),
		cmocka_unit_test(endless_cookies),
		cmocka_unit_test(cookies),
		cmocka_unit_test(old_cookies),
		cmocka_unit_test(others_cookies),
		cmocka_unit_test(floods),
		cmocka_unit_test(half_open_limit),
		cmocka_unit_test(logged_seldom),
		cmocka_unit_test(request_repeated),
		cmocka_unit_test(higher_version),
		cmocka_unit_test(unknown_spi),
		cmocka_unit_test(bytes_of_all_kinds),
		cmocka_unit_test(cannot_connect),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
