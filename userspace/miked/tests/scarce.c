// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Want of memory.
 */
#include <stdlib.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "scarce.h"
#include "test.h"

static struct {
	bool counting;
	bool all_after;
	/* What is allocated now; volatile, since a compiler knows what malloc() looks at. */
	volatile bool counted;
	size_t count;
	size_t fail_at;		/* from 1; 0: none */
	long live;
} memory;

bool scarce_fails(void)
{
	if (!memory.counting || memory.counted)
		return false;
	memory.count++;
	return memory.fail_at && (memory.count == memory.fail_at ||
				  (memory.all_after && memory.count > memory.fail_at));
}

static void *scarce_malloc(size_t size, const char *file, int line)
{
	void *at;

	(void)file;
	(void)line;
	if (scarce_fails())
		return NULL;
	memory.live++;
	memory.counted = true;
	at = malloc(size);
	memory.counted = false;
	return at;
}

static void scarce_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	memory.live -= at != NULL;
	free(at);
}

static void *scarce_realloc(void *at, size_t size, const char *file, int line)
{
	if (!at)
		return scarce_malloc(size, file, line);
	if (!size) {
		scarce_free(at, file, line);
		return NULL;
	}
	return scarce_fails() ? NULL : realloc(at, size);
}

bool scarce_begin(void)
{
	return CRYPTO_set_mem_functions(scarce_malloc, scarce_realloc, scarce_free);
}

int scarce_run(int (*what)(void), size_t fail_at, bool all_after)
{
	int err;

	memory.count = 0;
	memory.fail_at = fail_at;
	memory.all_after = all_after;
	memory.counting = true;
	err = what();
	memory.counting = false;
	return err;
}

/* What OpenSSL keeps for itself when something fails midway: a few words, once. */
#define KEPT	16

/* With one allocation that fails, each in its turn; or with all from one on, some of them. */
static void each_allocation(int (*what)(void), bool all_after, size_t *runs, size_t *failed)
{
	size_t step = all_after ? 7 : 1;
	size_t n;
	int err;

	assert_int_equal(scarce_run(what, 0, false), 0);
	for (n = 1; ; n += step) {
		err = scarce_run(what, n, all_after);
		/* OpenSSL can do without some, and may mention it */
		ERR_clear_error();
		if (memory.count < n)
			break;
		assert_true(err <= 0);
		(*runs)++;
		*failed += err != 0;
	}
	assert_int_equal(err, 0);
	assert_int_equal(scarce_run(what, 0, false), 0);
}

void scarce_all(int (*const all[])(void), size_t count)
{
	size_t runs = 0, failed = 0;
	long before = memory.live;
	size_t i;

	for (i = 0; i < count; i++) {
		each_allocation(all[i], false, &runs, &failed);
		each_allocation(all[i], true, &runs, &failed);
	}
	print_message("# %zu runs, %zu failed\n", runs, failed);
	assert_true(failed > runs / 8);
	assert_true(memory.live <= before + KEPT);
}

void scarce_never(int (*const all[])(void), size_t count)
{
	long before = memory.live;
	size_t i, n;

	for (i = 0; i < count; i++) {
		n = 1;
		do {
			assert_true(scarce_run(all[i], n++, false) < 0);
			ERR_clear_error();
		} while (memory.count >= n - 1);
	}
	assert_true(memory.live <= before + KEPT);
}
