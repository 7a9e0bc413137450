// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The private notifications: their bytes, and what is none of them.
 */
#include <string.h>
#include "group/hello.h"
#include "test.h"

static const uint8_t name[] = "video";
static const struct wire_id idg = { .type = ID_KEY_ID, .data = { name, 5 } };

static struct wire_message with(const struct wire_notify *n, size_t count)
{
	return (struct wire_message){ .notifies = n, .n_notifies = count };
}

static void a_hello_is_sixteen_bytes(void **state)
{
	static const uint8_t bytes[HELLO_LEN] = {
		'g', 'e', 'm', 'c', 'a', 's', 't', 1, 1, 0, 0x12, 0x34, 0, 0, 0x0f, 0xa0,
	};
	const struct hello hello = { .ack = HELLO_ACK_SAMPLED, .rate = 0x1234,
				     .spread_ms = 4000 };
	struct wire_notify n = { .type = N_GEMCAST_HELLO, .data = CHUNK(bytes) };
	struct wire_message m = with(&n, 1);
	uint8_t out[HELLO_LEN];
	struct hello back;

	(void)state;
	hello_write(&hello, out);
	assert_memory_equal(out, bytes, sizeof(bytes));
	assert_true(hello_read(&m, &back));
	assert_int_equal(back.ack, HELLO_ACK_SAMPLED);
	assert_int_equal(back.rate, 0x1234);
	assert_int_equal(back.spread_ms, 4000);
	assert_int_equal(N_GEMCAST_HELLO, 40960);
	assert_int_equal(N_GEMCAST_SA_LIMITS, 40963);
}

static void what_is_no_hello_is_passed_over(void **state)
{
	uint8_t bytes[HELLO_LEN + 1] = { 0 };
	struct wire_notify n[2] = {
		{ .type = N_GEMCAST_HELLO, .data = { bytes, HELLO_LEN } },
		{ .type = N_GEMCAST_HELLO, .data = { bytes, HELLO_LEN } },
	};
	const struct hello all = { .ack = HELLO_ACK_ALL };
	struct wire_message m = with(n, 2);
	struct hello hello;
	size_t i;

	(void)state;
	assert_false(hello_read(&m, &hello));
	hello_write(&all, bytes);
	n[0].type = N_COOKIE2;
	n[1].data.len = 0;
	assert_false(hello_read(&m, &hello));
	for (i = 0; i < 8; i++) {
		bytes[i] ^= 1;
		n[1].data.len = HELLO_LEN;
		assert_false(hello_read(&m, &hello));
		bytes[i] ^= 1;
		n[1].data.len = i + 8;
		assert_false(hello_read(&m, &hello));
	}
	n[1].data.len = HELLO_LEN;
	bytes[8] = HELLO_ACK_ALL + 1;
	assert_false(hello_read(&m, &hello));
	assert_int_equal(hello.ack, HELLO_ACK_NONE);
	/* A later one that makes sense, and one that says more than we know. */
	bytes[8] = HELLO_ACK_ALL;
	n[0] = (struct wire_notify){ .type = N_GEMCAST_HELLO };
	n[1].data.len = HELLO_LEN + 1;
	assert_true(hello_read(&m, &hello));
	assert_int_equal(hello.ack, HELLO_ACK_ALL);
}

static void an_acknowledgement_there_and_back(void **state)
{
	const struct hello_rekey_ack ack = { .spi = { 1, 2, 3 }, .message_id = 0x01020304,
					     .idg = idg };
	struct hello_rekey_ack back;
	uint8_t bytes[64];
	struct writer w = writer_to(bytes, sizeof(bytes));
	size_t len;

	(void)state;
	hello_write_rekey_ack(&w, &ack);
	assert_false(w.failed);
	assert_int_equal(w.len, 16 + 4 + 4 + 5);
	assert_memory_equal(bytes + 16, "\1\2\3\4\13\0\0\0video", 13);
	assert_true(hello_read_rekey_ack(written(&w), &back));
	assert_memory_equal(back.spi, ack.spi, sizeof(ack.spi));
	assert_int_equal(back.message_id, ack.message_id);
	assert_int_equal(back.idg.type, ID_KEY_ID);
	assert_true(chunk_equal(back.idg.data, idg.data));
	for (len = 0; len <= 24; len++)
		assert_false(hello_read_rekey_ack((struct chunk){ bytes, len }, &back));
	w = writer_to(bytes, 28);
	hello_write_rekey_ack(&w, &ack);
	assert_true(w.failed);
}

static void an_expiring_sa_there_and_back(void **state)
{
	const struct hello_sa_expiring expiring = { .spi = 0x1001, .idg = idg,
						    .reason = HELLO_EXPIRING_BYTES };
	struct hello_sa_expiring back;
	uint8_t bytes[64];
	struct writer w = writer_to(bytes, sizeof(bytes));
	size_t len;

	(void)state;
	hello_write_sa_expiring(&w, &expiring);
	assert_int_equal(w.len, 4 + 1 + 4 + 5);
	assert_memory_equal(bytes, "\0\0\20\1\2\13\0\0\0video", 14);
	assert_true(hello_read_sa_expiring(written(&w), &back));
	assert_int_equal(back.spi, 0x1001);
	assert_int_equal(back.reason, HELLO_EXPIRING_BYTES);
	assert_true(chunk_equal(back.idg.data, idg.data));
	for (len = 0; len <= 9; len++)
		assert_false(hello_read_sa_expiring((struct chunk){ bytes, len }, &back));
}

static void limits_there_and_back(void **state)
{
	const struct hello_sa_limits limits = { .spi = 0x1001, .packets = 5,
						.bytes = UINT64_C(1) << 40 };
	struct hello_sa_limits back;
	uint8_t bytes[HELLO_LIMITS_LEN + 1] = { 0 };
	struct writer w = writer_to(bytes, HELLO_LIMITS_LEN);
	size_t len;

	(void)state;
	hello_write_sa_limits(&w, &limits);
	assert_false(w.failed);
	assert_int_equal(w.len, HELLO_LIMITS_LEN);
	assert_memory_equal(bytes, "\0\0\20\1\0\0\0\0\0\0\0\5\0\0\1\0\0\0\0\0", 20);
	assert_true(hello_read_sa_limits(written(&w), &back));
	assert_int_equal(back.spi, limits.spi);
	assert_int_equal(back.packets, limits.packets);
	assert_int_equal(back.bytes, limits.bytes);
	for (len = 0; len <= HELLO_LIMITS_LEN + 1; len++)
		assert_int_equal(hello_read_sa_limits((struct chunk){ bytes, len }, &back),
				 len == HELLO_LIMITS_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_is_sixteen_bytes),
		cmocka_unit_test(what_is_no_hello_is_passed_over),
		cmocka_unit_test(an_acknowledgement_there_and_back),
		cmocka_unit_test(an_expiring_sa_there_and_back),
		cmocka_unit_test(limits_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
