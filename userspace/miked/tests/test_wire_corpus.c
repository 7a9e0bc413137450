// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The corpora of fuzz_wire and fuzz_wire_inner are the samples. With CORPUS=write in
 * the environment they are written, into the tree.
 */
#include <stdio.h>
#include "test.h"
#include "wire_samples.h"

static struct coded coded;
static uint8_t bytes[UINT16_MAX];

static void check_file(const char *fuzzer, const char *name, size_t len)
{
	const char *todo = getenv("CORPUS");
	static uint8_t found[UINT16_MAX];
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "tests/corpus/%s/%s", fuzzer, name);
	if (todo && !strcmp(todo, "write")) {
		file = fopen(path, "w");
		assert_non_null(file);
		assert_int_equal(fwrite(bytes, 1, len, file), len);
		fclose(file);
	}
	file = fopen(path, "r");
	if (!file)
		fail_msg("%s is not there", path);
	assert_int_equal(fread(found, 1, sizeof(found), file), len);
	fclose(file);
	assert_memory_equal(found, bytes, len);
}

static void datagrams(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++)
		check_file("fuzz_wire", samples[i].name, write_datagram(&samples[i], bytes));
}

static void inner_chains(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		if (is_clear(&samples[i]))
			continue;
		assert_true(encode(&coded, &samples[i].m, false));
		bytes[0] = coded.header.exchange;
		bytes[1] = coded.header.response;
		bytes[2] = coded.inner.first;
		memcpy(bytes + 3, coded.data, coded.len);
		check_file("fuzz_wire_inner", samples[i].name, coded.len + 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(datagrams),
		cmocka_unit_test(inner_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
