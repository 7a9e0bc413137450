// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes: what is written is read again; nothing goes over an end.
 */
#include <string.h>
#include "base/buf.h"
#include "test.h"

static void round_trip(void **state)
{
	static const uint8_t tail[] = { 9, 8, 7 };
	uint8_t room[18];
	struct writer w = writer_to(room, sizeof(room));
	struct reader r;

	(void)state;
	write_u8(&w, 0x12);
	write_u16(&w, 0);
	write_u32(&w, 0x789abcde);
	write_u64(&w, 0x0123456789abcdef);
	write_chunk(&w, CHUNK(tail));
	write_u16_at(&w, 1, 0x3456);
	assert_false(w.failed);
	assert_int_equal(written(&w).len, sizeof(room));

	r = reader_of(written(&w));
	assert_int_equal(read_u8(&r), 0x12);
	assert_int_equal(read_u16(&r), 0x3456);
	assert_int_equal(read_u32(&r), 0x789abcde);
	assert_true(read_u64(&r) == 0x0123456789abcdef);
	assert_true(chunk_equal(read_rest(&r), CHUNK(tail)));
	assert_false(r.failed);
	assert_int_equal(r.left, 0);
}

static void short_reader(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3 };
	struct reader r = reader_of(CHUNK(bytes));

	(void)state;
	assert_int_equal(read_u32(&r), 0);
	assert_true(r.failed);
	/* what would have been there is not read any more */
	assert_int_equal(read_u8(&r), 0);
	assert_null(read_chunk(&r, 0).data);
}

static void short_writer(void **state)
{
	uint8_t room[4] = { 0, 0, 0, 0xaa };
	struct writer w = writer_to(room, 3);

	(void)state;
	write_u16(&w, 0x1234);
	write_u16(&w, 0x5678);
	assert_true(w.failed);
	write_u8(&w, 1);
	assert_int_equal(w.len, 2);
	assert_int_equal(written(&w).len, 0);
	assert_int_equal(room[2], 0);
	assert_int_equal(room[3], 0xaa);
	assert_null(write_room(&w, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(short_reader),
		cmocka_unit_test(short_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
