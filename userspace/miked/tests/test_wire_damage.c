// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damaged messages: cut at every length, each byte changed. What is cut is refused;
 * what is changed may be accepted, but then it is written and parsed as the same.
 */
#include "test.h"
#include "wire_samples.h"

static struct coded coded;

static void set_length(uint8_t *datagram, size_t len)
{
	struct writer w = writer_to(datagram, len);

	w.len = len;
	write_u32_at(&w, 24, len);
}

static void cut(void **state)
{
	static uint8_t bytes[UINT16_MAX];
	size_t len;
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		coded.len = write_datagram(&samples[i], coded.data);
		assert_true(check_datagram(coded.data, coded.len));
		for (len = 0; len < coded.len; len++) {
			assert_false(check_datagram(coded.data, len));
			if (len < WIRE_HEADER_LEN)
				continue;
			memcpy(bytes, coded.data, len);
			set_length(bytes, len);
			assert_false(check_datagram(bytes, len));
		}
	}
}

static void cut_inside(void **state)
{
	size_t len;
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		if (is_clear(&samples[i]))
			continue;
		assert_true(encode(&coded, &samples[i].m, false));
		for (len = 0; len < coded.len; len++)
			assert_false(check_inner(&coded.header, coded.inner.first, coded.data,
						 len));
		assert_true(check_inner(&coded.header, coded.inner.first, coded.data, coded.len));
	}
}

static const uint8_t flips[] = { 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff };

static void changed(void **state)
{
	size_t at;
	size_t i;
	size_t j;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		coded.len = write_datagram(&samples[i], coded.data);
		for (at = 0; at < coded.len; at++) {
			for (j = 0; j < sizeof(flips); j++) {
				coded.data[at] ^= flips[j];
				check_datagram(coded.data, coded.len);
				coded.data[at] ^= flips[j];
			}
		}
	}
}

static void changed_inside(void **state)
{
	size_t at;
	size_t i;
	size_t j;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		if (is_clear(&samples[i]))
			continue;
		assert_true(encode(&coded, &samples[i].m, false));
		for (at = 0; at < coded.len; at++) {
			for (j = 0; j < sizeof(flips); j++) {
				coded.data[at] ^= flips[j];
				check_inner(&coded.header, coded.inner.first, coded.data,
					    coded.len);
				coded.data[at] ^= flips[j];
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut),
		cmocka_unit_test(cut_inside),
		cmocka_unit_test(changed),
		cmocka_unit_test(changed_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
