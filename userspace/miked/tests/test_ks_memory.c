// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The key server in want of memory: what it does is done again and again, while the first,
 * the second, the third ... allocation fails, alone or with all that come after it. Nobody
 * gets less than was said, nothing is lost, and when there is memory again all is well.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include "ks_kit.h"
#include "test.h"

#define TRAFFIC	"      traffic: [ { destination: 239.1.1.1 }, { destination: 239.1.1.2 } ]\n"
#define MEMBERS	"      members: [ { identity: \"*\", role: both } ]\n"
#define VIDEO	"    - name: video\n      sender-id-bits: 8\n" TRAFFIC MEMBERS
#define AUDIO	"    - name: audio\n" TRAFFIC MEMBERS
#define RADIO	"    - name: radio\n"						\
		"      rekey: { transport: both, acknowledge: all, address: 239.255.1.1 }\n" \
		TRAFFIC MEMBERS

static struct {
	size_t count;
	size_t fail_at;		/* from 1; 0: none */
	bool all_after;
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
	if (!memory.counting || kit.spared)
		return false;
	memory.count++;
	return memory.fail_at && (memory.count == memory.fail_at ||
				  (memory.all_after && memory.count > memory.fail_at));
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

static struct ike_sa *a, *b, *c;

/* Registrations, a rollover, new policy, an expulsion: any may fail. */
static void live(void)
{
	struct conf_identity id = kit_identity("c.example.org");

	kit_join(a, "video", true);
	kit_join(b, "video", false);
	kit_join(c, "video", true);
	kit_join(c, "audio", false);
	kit_settle();
	ks_rekey(kit.ks, "video", true, NULL);
	kit_settle();
	ks_admit(kit.ks, "video", CONF_ROLE_BOTH, &id, 1, NULL);
	ks_expel(kit.ks, "video", &id, 1, NULL);
	kit_settle();
	kit_reload(VIDEO "      encryption: aes128gcm16\n" AUDIO);
	kit_settle();
}

static void see_that_all_is_well(void)
{
	struct gemcast_ks_group group;

	kit_wait(3000);
	if (a->refused || a->closed)
		a = kit_sa("a.example.org", "192.0.2.1");
	if (b->refused || b->closed)
		b = kit_sa("b.example.org", "192.0.2.2");
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_wait(3000);
	assert_int_equal(kit_last(a)->key_bits, 128);
	assert_non_null(kit_held(b, kit_last(a)->spi));
	assert_true(kit_group("video", &group));
	assert_true(group.members >= 2);
	assert_int_equal(group.current, group.members);
	assert_int_equal(group.sas, 2);
}

static bool expelled;

/* The same by multicast, and another Rekey SA, and a new line of them. */
static void live_by_multicast(void)
{
	struct conf_identity id = kit_identity("c.example.org");

	kit_join(a, "radio", true);
	kit_join(b, "radio", false);
	kit_join(c, "radio", false);
	kit_settle();
	ks_rekey(kit.ks, "radio", true, NULL);
	kit_settle();
	kit_acknowledge(b, "radio");
	kit_reload(RADIO "      encryption: aes128gcm16\n");
	kit_settle();
	expelled = !ks_expel(kit.ks, "radio", &id, 1, NULL);
	kit_settle();
	kit_reload("    - name: radio\n      encryption: aes128gcm16\n"
		   "      rekey: { transport: both, acknowledge: all, address: 239.255.1.2 }\n"
		   TRAFFIC MEMBERS);
	kit_settle();
}

static void see_that_all_are_reached(void)
{
	struct gemcast_ks_group group;

	kit_wait(30000);
	if (a->refused || a->closed)
		a = kit_sa("a.example.org", "192.0.2.1");
	if (b->refused || b->closed)
		b = kit_sa("b.example.org", "192.0.2.2");
	a->hello = true;
	b->hello = true;
	assert_int_equal(kit_join(a, "radio", true), 0);
	assert_int_equal(kit_join(b, "radio", false), 0);
	assert_true(a->has_rekey && b->has_rekey);
	assert_int_equal(ks_rekey(kit.ks, "radio", true, NULL), 0);
	kit_wait(30000);
	assert_true(b->casts);
	kit_assert_same(a, b);
	assert_int_equal(kit_last(a)->key_bits, 128);
	/* If it was expelled, it has nothing of it, whatever failed. */
	assert_true(!expelled || !kit_held(c, kit_last(a)->spi));
	assert_true(kit_group("radio", &group));
	assert_int_equal(group.current, group.members);
	assert_int_equal(group.sas, 2);
}

static bool by_multicast;

static void run(size_t fail_at, bool all_after)
{
	kit_begin(by_multicast ? RADIO : VIDEO AUDIO);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	a->hello = by_multicast;
	b->hello = by_multicast;
	log_set_level(AREA_GROUP, LEVEL_ERROR - 1);
	memory.count = 0;
	memory.fail_at = fail_at;
	memory.all_after = all_after;
	memory.counting = true;
	if (by_multicast)
		live_by_multicast();
	else
		live();
	memory.counting = false;
	ERR_clear_error();
	if (by_multicast)
		see_that_all_are_reached();
	else
		see_that_all_is_well();
	kit_end();
}

static void each(bool all_after)
{
	size_t step = all_after && by_multicast ? 7 : 1, n = 1 - step;

	do {
		n += step;
		run(n, all_after);
	} while (memory.count >= n);
	print_message("# %zu allocations\n", memory.count);
	assert_true(n > 20);
}

static void one_fails(void **state)
{
	by_multicast = *state;
	each(false);
}

/* In-band messages are tried for as long as it takes: there is no time in live(). */
static void all_fail(void **state)
{
	by_multicast = *state;
	each(true);
}

/* To begin with */
static void none_to_begin_with(void **state)
{
	struct ks_setup setup = { .crypto = &kit.crypto };
	struct ks *ks;
	size_t n;

	(void)state;
	kit_begin(VIDEO AUDIO);
	for (n = 1; ; n++) {
		memory.count = 0;
		memory.fail_at = n;
		memory.all_after = false;
		memory.counting = true;
		ks = ks_new(&setup, kit.conf);
		memory.counting = false;
		if (ks)
			break;
		assert_true(memory.count >= n);
	}
	assert_true(n > 3);
	ks_free(ks);
	ks_free(NULL);
	kit_end();
}

int main(void)
{
	static bool yes = true;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_fails),
		cmocka_unit_test(all_fail),
		cmocka_unit_test_prestate(one_fails, &yes),
		cmocka_unit_test_prestate(all_fail, &yes),
		cmocka_unit_test(none_to_begin_with),
	};

	if (!CRYPTO_set_mem_functions(ssl_malloc, ssl_realloc, ssl_free))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
