// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server with a store in want of memory, SQLite's included: one allocation fails,
 * each in its turn. Nobody gets what was not stored, and when there is memory again all is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sqlite3.h>
#include "base/log.h"
#include "stored.h"
#include "test.h"
#include "vfs_faults.h"

#define VIDEO	"    - name: video\n      sender-id-bits: 8\n"				\
		"      traffic: [ { destination: 239.1.1.1 } ]\n"			\
		"      members: [ { identity: \"*\", role: both } ]\n"			\
		"      rekey: { transport: multicast, address: 239.255.1.1 }\n"

static struct {
	size_t count;
	size_t fail_at;		/* from 1; 0: none */
	bool counting;
} memory;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *at, size_t size);

static bool fails(void)
{
	return memory.counting && !kit.spared && ++memory.count == memory.fail_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

static void *ssl_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_malloc(size);
}

static void *ssl_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return __wrap_realloc(at, size);
}

static void ssl_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	free(at);
}

/* SQLite's own, below which it asks for each. */
static sqlite3_mem_methods below;

static void *sqlite_malloc(int size)
{
	return fails() ? NULL : below.xMalloc(size);
}

static void *sqlite_realloc(void *at, int size)
{
	return fails() ? NULL : below.xRealloc(at, size);
}

static bool fail_sqlite(void)
{
	sqlite3_mem_methods methods;

	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &below) != SQLITE_OK)
		return false;
	methods = below;
	methods.xMalloc = sqlite_malloc;
	methods.xRealloc = sqlite_realloc;
	return sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK;
}

static struct ike_sa *a, *b;

static void live(void)
{
	struct conf_identity id = kit_identity("c.example.org");

	kit_join(a, "video", true);
	kit_join(b, "video", false);
	kit_settle();
	ks_rekey(kit.ks, "video", true, NULL);
	kit_settle();
	ks_expel(kit.ks, "video", &id, 1, NULL);
	kit_join(b, "video", true);
	kit_settle();
}

/* Whoever was told something is known after a restart, and all goes on. */
static void see_that_all_is_well(void)
{
	struct gemcast_ks_member member;

	kit_wait(3000);
	stored_restart();
	if (a->n_sas)
		assert_true(kit_member("video", "a.example.org", &member));
	stored_connect(a);
	stored_connect(b);
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", true), 0);
	kit_assert_same(a, b);
}

static void begin(void)
{
	stored_begin(VIDEO);
	log_set_level(AREA_STORE, LEVEL_ERROR - 1);
	log_set_level(AREA_GROUP, LEVEL_ERROR - 1);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
}

/* One in so many: each costs a key server. */
#define STEP	11

static void while_it_lives(void **state)
{
	size_t n;

	(void)state;
	for (n = 1; ; n += STEP) {
		begin();
		memory.count = 0;
		memory.fail_at = n;
		memory.counting = true;
		live();
		memory.counting = false;
		ERR_clear_error();
		see_that_all_is_well();
		stored_end();
		if (memory.count < n)
			break;
	}
	assert_true(n > 500);
}

/* It does not start, or it starts whole. */
static void when_it_starts(void **state)
{
	struct gemcast_ks_group group;
	struct reason why;
	size_t n, refused = 0;
	int err;

	(void)state;
	begin();
	live();
	for (n = 1; ; n += STEP) {
		stored_kill();
		memory.count = 0;
		memory.fail_at = n;
		memory.counting = true;
		err = stored_start(NULL, &why);
		memory.counting = false;
		ERR_clear_error();
		refused += err != 0;
		if (err)
			assert_int_equal(stored_start(NULL, NULL), 0);
		assert_true(kit_group("video", &group));
		assert_true(group.epoch >= 2);
		if (memory.count < n)
			break;
	}
	assert_true(refused > 10);
	see_that_all_is_well();
	stored_end();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(while_it_lives),
		cmocka_unit_test(when_it_starts),
	};

	if (!CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free) || !fail_sqlite())
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
