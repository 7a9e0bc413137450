// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Secrets: owned, compared, and gone when they are freed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "base/secret.h"
#include "test.h"

static size_t last_freed_len;
static uint8_t last_freed[64];
static bool fail;

static void *seen_malloc(size_t size, const char *file, int line)
{
	size_t *head;

	(void)file;
	(void)line;
	if (fail)
		return NULL;
	head = malloc(sizeof(size_t) + size);
	if (!head)
		return NULL;
	*head = size;
	return head + 1;
}

static void *seen_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	(void)at;
	(void)size;
	abort();
}

static void seen_free(void *at, const char *file, int line)
{
	size_t *head = at;

	(void)file;
	(void)line;
	if (!at)
		return;
	head--;
	last_freed_len = *head;
	if (*head <= sizeof(last_freed))
		memcpy(last_freed, at, *head);
	free(head);
}

static void owned(void **state)
{
	uint8_t from[] = { 1, 2, 3, 4 };
	struct secret secret;

	(void)state;
	assert_int_equal(secret_copy(&secret, CHUNK(from)), 0);
	from[0] = 9;
	assert_int_equal(secret.len, 4);
	assert_int_equal(secret.data[0], 1);
	secret_free(&secret);
	assert_null(secret.data);
	assert_int_equal(secret.len, 0);
	assert_int_equal(last_freed_len, 4);
	assert_int_equal(last_freed[0] | last_freed[1] | last_freed[2] | last_freed[3], 0);
	secret_free(&secret);
}

static void fresh(void **state)
{
	struct secret secret;

	(void)state;
	assert_int_equal(secret_new(&secret, 3), 0);
	assert_int_equal(secret.data[0] | secret.data[1] | secret.data[2], 0);
	secret_free(&secret);
	assert_int_equal(secret_new(&secret, 0), 0);
	assert_null(secret.data);
	secret_free(&secret);
}

static void no_memory(void **state)
{
	static const uint8_t from[] = { 1 };
	struct secret secret = { .data = (uint8_t *)from, .len = 1 };

	(void)state;
	fail = true;
	assert_int_equal(secret_copy(&secret, CHUNK(from)), -ENOMEM);
	fail = false;
	assert_null(secret.data);
	assert_int_equal(secret.len, 0);
}

static void compared(void **state)
{
	static const uint8_t a[] = { 1, 2, 3 }, b[] = { 1, 2, 3 }, c[] = { 1, 2, 4 };
	struct chunk none = { 0 };

	(void)state;
	assert_true(secret_equal(CHUNK(a), CHUNK(b)));
	assert_false(secret_equal(CHUNK(a), CHUNK(c)));
	assert_false(secret_equal(CHUNK(a), (struct chunk){ b, 2 }));
	assert_false(secret_equal(CHUNK(a), none));
	assert_true(secret_equal(none, none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(owned),
		cmocka_unit_test(fresh),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(compared),
	};

	if (!CRYPTO_set_mem_functions(seen_malloc, seen_realloc, seen_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
