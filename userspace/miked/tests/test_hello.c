// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What members and key servers of gemcast say in notifications of their own: what is
 * written is read again, byte for byte as Documentation/g-ikev2.md has it, and nothing else.
 */
#include <string.h>
#include "base/iana.h"
#include "group/hello.h"
#include "test.h"

static struct wire_message with(struct wire_notify *notify, uint16_t type, struct chunk data)
{
	*notify = (struct wire_notify){ .type = type, .data = data };
	return (struct wire_message){ .notifies = notify, .n_notifies = 1 };
}

static void hello(void **state)
{
	static const uint8_t bytes[HELLO_LEN] = { 'g', 'e', 'm', 'c', 'a', 's', 't', 1, 2, 0,
						  0x12, 0x34, 0, 0, 0x07, 0xd0 };
	const struct hello in = { HELLO_ACK_ALL, 0x1234, 2000 };
	uint8_t out[HELLO_LEN + 1];
	struct wire_notify notify;
	struct wire_message m;
	struct hello read;
	size_t len;

	(void)state;
	hello_write(&in, out);
	assert_memory_equal(out, bytes, sizeof(bytes));
	for (len = 0; len <= sizeof(out); len++) {
		m = with(&notify, N_GEMCAST_HELLO, (struct chunk){ out, len });
		assert_int_equal(hello_read(&m, &read), len >= HELLO_LEN);
	}
	assert_int_equal(read.ack, in.ack);
	assert_int_equal(read.rate, in.rate);
	assert_int_equal(read.spread_ms, in.spread_ms);
	m = with(&notify, N_REKEY_ACK, CHUNK(out));
	assert_false(hello_read(&m, &read));
	/* another magic, another version */
	for (len = 0; len < 8; len++) {
		out[len] ^= 1;
		m = with(&notify, N_GEMCAST_HELLO, CHUNK(out));
		assert_false(hello_read(&m, &read));
		out[len] ^= 1;
	}
}

static void ack(void **state)
{
	static const uint8_t spi[WIRE_GIKE_SPI_LEN] = { 1, 2, 3 }, name[HELLO_ID_MAX + 1] = { 'v' };
	const struct rekey_ack in = { CHUNK(spi), 0x01020304, { ID_KEY_ID, { name, 5 } } };
	uint8_t room[REKEY_ACK_MAX + 1];
	struct wire_notify notify;
	struct rekey_ack out;
	struct chunk bytes;
	size_t len;

	(void)state;
	bytes = rekey_ack_write(&in, room);
	assert_int_equal(bytes.len, 16 + 4 + 4 + 5);
	assert_memory_equal(room, spi, sizeof(spi));
	assert_memory_equal(room + 16, "\1\2\3\4\13\0\0\0v", 9);
	for (len = 0; len <= bytes.len; len++) {
		with(&notify, N_REKEY_ACK, (struct chunk){ room, len });
		assert_int_equal(rekey_ack_read(&notify, &out), len > 24);
	}
	assert_true(chunk_equal(out.spi, in.spi));
	assert_int_equal(out.message_id, in.message_id);
	assert_int_equal(out.group.type, ID_KEY_ID);
	assert_true(chunk_equal(out.group.data, in.group.data));
	/* the longest, and one that is longer */
	memset(room, 1, sizeof(room));
	with(&notify, N_REKEY_ACK, (struct chunk){ room, REKEY_ACK_MAX });
	assert_true(rekey_ack_read(&notify, &out));
	with(&notify, N_REKEY_ACK, CHUNK(room));
	assert_false(rekey_ack_read(&notify, &out));
}

static void expiring(void **state)
{
	static const uint8_t name[] = "video";
	const struct sa_expiring in = { 0x01020304, EXPIRING_BYTES, { ID_KEY_ID, { name, 5 } } };
	uint8_t room[SA_EXPIRING_MAX];
	struct wire_notify notify;
	struct sa_expiring out;
	struct chunk bytes;
	size_t len;

	(void)state;
	bytes = sa_expiring_write(&in, room);
	assert_int_equal(bytes.len, 4 + 1 + 4 + 5);
	assert_memory_equal(room, "\1\2\3\4\2\13\0\0\0video", bytes.len);
	for (len = 0; len <= bytes.len; len++) {
		with(&notify, N_SA_EXPIRING, (struct chunk){ room, len });
		assert_int_equal(sa_expiring_read(&notify, &out), len > 9);
	}
	assert_int_equal(out.spi, in.spi);
	assert_int_equal(out.reason, in.reason);
	assert_true(chunk_equal(out.group.data, in.group.data));
}

static void limits(void **state)
{
	const struct sa_limits one = { 0x100, 7, 0 }, other = { 0x200, 0, UINT64_C(1) << 40 };
	uint8_t room[2][SA_LIMITS_LEN];
	struct wire_notify notifies[3] = {
		{ .type = N_GEMCAST_HELLO, .data = CHUNK(room[1]) },
		{ .type = N_SA_LIMITS, .data = CHUNK(room[0]) },
		{ .type = N_SA_LIMITS, .data = CHUNK(room[1]) },
	};
	const struct wire_message m = { .notifies = notifies, .n_notifies = 3 };
	struct sa_limits out;

	(void)state;
	sa_limits_write(&one, room[0]);
	sa_limits_write(&other, room[1]);
	assert_memory_equal(room[0], "\0\0\1\0\0\0\0\0\0\0\0\7", 12);
	assert_true(sa_limits_read(&m, 0x100, &out));
	assert_true(out.packets == 7 && !out.bytes);
	assert_true(sa_limits_read(&m, 0x200, &out));
	assert_true(!out.packets && out.bytes == UINT64_C(1) << 40);
	assert_false(sa_limits_read(&m, 0x300, &out));
	notifies[1].data.len--;
	assert_false(sa_limits_read(&m, 0x100, &out));
}

static void rekey_auth(void **state)
{
	static const uint8_t spi[WIRE_GIKE_SPI_LEN] = { 1, 2, 3 }, next[WIRE_GIKE_SPI_LEN] = { 4 },
			     key[] = { 5, 6 };
	const struct rekey_auth in = { CHUNK(spi), CHUNK(next), CHUNK(key) };
	uint8_t room[REKEY_AUTH_MAX];
	const struct chunk bytes = rekey_auth_write(&in, room);
	struct wire_notify notifies[2] = {
		{ .type = N_SA_LIMITS, .data = bytes }, { .type = N_REKEY_AUTH, .data = bytes },
	};
	const struct wire_message m = { .notifies = notifies, .n_notifies = 2 };
	struct rekey_auth out;

	(void)state;
	assert_int_equal(bytes.len, 16 + 16 + 2);
	assert_memory_equal(room, spi, 16);
	assert_memory_equal(room + 16, next, 16);
	assert_memory_equal(room + 32, key, 2);
	assert_false(rekey_auth_read(&m, in.next, &out));
	/* implicit authentication has no key */
	for (notifies[1].data.len = 0; notifies[1].data.len <= bytes.len; notifies[1].data.len++)
		assert_int_equal(rekey_auth_read(&m, in.spi, &out), notifies[1].data.len >= 32);
	notifies[1].data = bytes;
	assert_true(rekey_auth_read(&m, in.spi, &out));
	assert_true(chunk_equal(out.next, in.next));
	assert_true(chunk_equal(out.auth_key, in.auth_key));
	notifies[1].type = N_SA_LIMITS;
	assert_false(rekey_auth_read(&m, in.spi, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello),
		cmocka_unit_test(ack),
		cmocka_unit_test(expiring),
		cmocka_unit_test(limits),
		cmocka_unit_test(rekey_auth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
