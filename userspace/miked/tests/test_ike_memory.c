// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Want of memory, for the engine: whichever allocation fails, ours or OpenSSL's, each
 * request is answered or ended, once; nothing is left behind, and the next peer is served.
 */
#include <stdlib.h>
#include <string.h>
#include "ike/internal.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;

/* ---- failing */

static struct {
	bool on;
	bool all_after;
	size_t count;
	size_t fail_at;
} memory;

static bool fails(void)
{
	if (!memory.on || world_allocates)
		return false;
	memory.count++;
	return memory.count == memory.fail_at ||
	       (memory.all_after && memory.count > memory.fail_at &&
		memory.count < memory.fail_at + 40);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

/* OpenSSL's go the same way. */
static void *for_openssl(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *again_for_openssl(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (!size) {
		free(at);
		return NULL;
	}
	return realloc(at, size);
}

static void of_openssl(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	free(at);
}

/* ---- what is done meanwhile */


static void rekey(struct ike_sa *sa)
{
	sa->want_rekey = true;
	ike_sa_settle(sa);
}

static unsigned int whole;

/* A life of an IKE SA: how far it comes depends. */
static void life(bool by_cookie)
{
	struct ike_target target = world_target(&w.node[KS]);
	struct asked_task tasks[4];
	struct reason why;
	struct ike_sa *sa;
	size_t i;

	w.node[KS].who.conf.ike.half_open_cookies = by_cookie ? 0 : 10;
	memset(tasks, 0, sizeof(tasks));
	world_task(&tasks[0], GSA_AUTH, "group 1");
	sa = ike_connect(w.node[GM].ike, &target, &tasks[0].task, &why);
	world_run(&w, 12000);
	if (sa && !tasks[0].ended && tasks[0].answered && !w.node[GM].ended) {
		world_task(&tasks[1], GSA_REGISTRATION, "group 2");
		tasks[1].filler = 3000;
		w.node[KS].otherwise = N_REGISTRATION_FAILED;
		ike_ask(sa, &tasks[1].task);
		world_settle(&w);
		if (w.node[KS].sa)
			ike_answer(w.node[KS].sa, true);
		w.node[KS].otherwise = N_NONE;
		world_run(&w, 12000);
	}
	if (sa && tasks[1].answered && !w.node[GM].ended) {
		rekey(sa);
		if (w.node[KS].sa && w.node[KS].sa->state == SA_READY)
			rekey(w.node[KS].sa);
		world_run(&w, 12000);
	}
	if (sa && tasks[1].answered && !w.node[GM].ended) {
		world_task(&tasks[2], INFORMATIONAL, NULL);
		ike_ask(sa, &tasks[2].task);
		world_run(&w, 12000);
	}
	if (sa && tasks[2].answered && !w.node[GM].ended)
		ike_close(sa);
	world_run(&w, 12000);
	if (!sa)
		assert_int_equal(tasks[0].ended, 0);
	for (i = 0; i < 3; i++)
		if (tasks[i].built)
			assert_int_equal(tasks[i].answered + tasks[i].ended, 1);
	whole += tasks[2].answered;
}

static void live_with(size_t fail_at, bool all_after, bool by_cookie)
{
	world_new(&w);
	w.node[GM].who.conf.ike.retransmit_limit_ms = 1000;
	w.node[KS].who.conf.ike.retransmit_limit_ms = 1000;
	world_start(&w);
	memory.count = 0;
	memory.fail_at = fail_at;
	memory.all_after = all_after;
	memory.on = true;
	life(by_cookie);
	memory.on = false;
	/* what was left goes in its time, and the next one is served */
	world_run(&w, 200000);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	assert_true(ike_next(w.node[KS].ike) == IKE_NEVER);
	assert_int_equal(w.node[KS].ike->half_open, 0);
	world_meet(&w);
	world_end(&w);
}

static void each_fails(bool all_after, size_t step, bool by_cookie)
{
	size_t runs = 0;
	size_t n;

	whole = 0;
	for (n = 1; !runs || memory.count >= n - step; n += step, runs++)
		live_with(n, all_after, by_cookie);
	print_message("# %zu runs, %u of them whole\n", runs, whole);
	assert_true(runs > 50);
	assert_true(whole < runs);
}

static void one_fails(void **state)
{
	(void)state;
	each_fails(false, 5, false);
}

static void some_fail(void **state)
{
	(void)state;
	each_fails(true, 11, false);
}

static void one_fails_with_cookies(void **state)
{
	(void)state;
	each_fails(false, 17, true);
}

static void none_fails(void **state)
{
	(void)state;
	whole = 0;
	live_with(0, false, false);
	live_with(0, false, true);
	assert_int_equal(whole, 2);
}

/* An engine that could not be made leaves nothing. */
static void no_engine(void **state)
{
	size_t n;

	(void)state;
	world_new(&w);
	world_start(&w);
	ike_free(w.node[GM].ike);
	n = 0;
	do {
		memory.count = 0;
		memory.fail_at = ++n;
		memory.all_after = false;
		memory.on = true;
		world_engine(&w.node[GM]);
		memory.on = false;
	} while (!w.node[GM].ike);
	assert_in_range(n, 5, 40);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_fails),
		cmocka_unit_test(no_engine),
		cmocka_unit_test(one_fails),
		cmocka_unit_test(some_fail),
		cmocka_unit_test(one_fails_with_cookies),
	};
	struct reason why;
	int a;

	for (a = 0; a < AREAS; a++)
		log_set_level(a, LEVEL_ERROR);
	if (!CRYPTO_set_mem_functions(for_openssl, again_for_openssl, of_openssl) ||
	    crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
