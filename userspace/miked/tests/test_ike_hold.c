// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers that wait: nothing of them leaves before the room above says so, and if it says
 * that they must not, an error goes in their place.
 */
#include <stdlib.h>
#include <string.h>
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct ike_sa *gm;
static struct asked_task asked;

static int begin(void **state)
{
	(void)state;
	world_new(&w);
	world_start(&w);
	gm = world_meet(&w);
	w.node[KS].otherwise = N_REGISTRATION_FAILED;
	w.node[KS].sent = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	world_end(&w);
	return 0;
}

static struct ike_sa *ks(void)
{
	assert_non_null(w.node[KS].sa);
	return w.node[KS].sa;
}

static void ask(void)
{
	world_task(&asked, GSA_REGISTRATION, "group 2");
	ike_ask(gm, &asked.task);
	world_settle(&w);
}

static void assert_works(void)
{
	struct asked_task task;

	w.node[KS].otherwise = N_NONE;
	world_task(&task, GSA_REGISTRATION, "group 3");
	ike_ask(gm, &task.task);
	world_run(&w, 20000);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.n_policies, 1);
}

static void waits(void **state)
{
	const uint32_t before = ike_sa_answered(ks());

	(void)state;
	ask();
	assert_int_equal(w.node[KS].requests, 2);
	/* however often it is asked */
	world_run(&w, 5000);
	assert_int_equal(w.node[KS].sent, 0);
	assert_int_equal(w.node[KS].requests, 2);
	assert_int_equal(asked.answered, 0);
	assert_int_equal(ike_sa_answered(ks()), before);
	ike_answer(ks(), true);
	assert_int_equal(w.node[KS].sent, 1);
	assert_int_equal(ike_sa_answered(ks()), before + 1);
	world_settle(&w);
	assert_int_equal(asked.answered, 1);
	assert_int_equal(asked.n_policies, 1);
	/* once */
	ike_answer(ks(), true);
	ike_answer(ks(), false);
	assert_int_equal(w.node[KS].sent, 1);
	assert_works();
}

static void is_refused(void **state)
{
	(void)state;
	ask();
	ike_answer(ks(), false);
	world_settle(&w);
	assert_int_equal(asked.answered, 1);
	assert_int_equal(asked.n_policies, 0);
	assert_int_equal(asked.notify, N_REGISTRATION_FAILED);
	assert_int_equal(w.node[KS].ended, 0);
	assert_works();
}

/* What was sent is sent again, to the last bit, be it good or not. */
static void is_repeated(void **state)
{
	int good;

	(void)state;
	for (good = 0; good < 2; good++) {
		world_task(&asked, GSA_REGISTRATION, "group 2");
		ike_ask(gm, &asked.task);
		world_settle(&w);
		ike_answer(ks(), good);
		world_keep(&w, world_first(&w));
		world_lose(&w);
		w.now = ike_next(w.node[GM].ike);
		ike_run(w.node[GM].ike);
		assert_int_equal(w.last - w.first, 1);
		ike_receive(w.node[KS].ike, &world_first(&w)->path, world_first(&w)->data,
			    world_first(&w)->len);
		free(w.wire[w.first++ % WORLD_DATAGRAMS].data);
		assert_int_equal(world_first(&w)->len, w.kept.len);
		assert_memory_equal(world_first(&w)->data, w.kept.data, w.kept.len);
		world_settle(&w);
		assert_int_equal(asked.n_policies, good);
	}
}

static void give_ppks(void)
{
	static const char key[] = "a key of the future, that is long";

	who_has_ppk(&w.node[GM].who, "ppk1", "ks.example", pki_text_file("gm.ppk", key), true);
	who_has_ppk(&w.node[KS].who, "ppk1", "gm.example", pki_text_file("ks.ppk", key), true);
}

static void authenticate(bool ppk, bool good)
{
	struct asked_task task = { 0 };

	world_end(&w);
	world_new(&w);
	if (ppk)
		give_ppks();
	world_start(&w);
	w.node[KS].otherwise = N_REGISTRATION_FAILED;
	gm = world_connect(&w, &task);
	world_run(&w, 2000);
	assert_int_equal(task.answered, 0);
	ike_answer(ks(), good);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(task.n_policies, good);
	if (!good)
		assert_int_equal(task.notify, N_REGISTRATION_FAILED);
	assert_works();
}

/* In GSA_AUTH: the peer is authenticated either way, and knows whether a PPK was used. */
static void the_first(void **state)
{
	(void)state;
	authenticate(false, true);
	authenticate(false, false);
	authenticate(true, true);
	authenticate(true, false);
}

/* What the room above asks for meanwhile comes behind it. */
static void others_wait_for_it(void **state)
{
	struct asked_task task;

	(void)state;
	ask();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(ks(), &task.task);
	world_settle(&w);
	assert_int_equal(task.built, 0);
	ike_answer(ks(), true);
	assert_int_equal(task.built, 0);
	world_run(&w, 10);
	assert_int_equal(asked.answered, 1);
	assert_int_equal(task.answered, 1);
}

/* Whoever closes it does not wait for it: it is never answered. */
static void is_closed(void **state)
{
	struct ike_sa *sa;

	(void)state;
	ask();
	sa = ks();
	ike_close(sa);
	ike_answer(sa, true);
	world_settle(&w);
	assert_int_equal(asked.answered, 0);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DELETED);
}

static void its_time_is_over(void **state)
{
	(void)state;
	ask();
	w.now += w.node[KS].who.conf.ike.lifetime_ms;
	ike_run(w.node[KS].ike);
	assert_int_equal(w.node[KS].ended, 1);
	world_settle(&w);
	assert_int_equal(asked.answered, 0);
	assert_int_equal(w.node[GM].why, IKE_END_DELETED);
}

static void all_are_closed(void **state)
{
	(void)state;
	ask();
	ike_close_all(w.node[KS].ike);
	world_settle(&w);
	assert_int_equal(asked.answered, 0);
	assert_int_equal(w.node[GM].why, IKE_END_DELETED);
}

static void its_peer_is_given_up(void **state)
{
	struct asked_task task;
	bool waits_for_it;

	(void)state;
	/* The key server asks, and is not answered while its own answer waits. */
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(ks(), &task.task);
	world_lose(&w);
	ask();
	w.now += 100000;
	do {
		waits_for_it = w.node[KS].sa;
		ike_run(w.node[KS].ike);
		world_lose(&w);
		w.now += 10000;
	} while (waits_for_it);
	assert_int_equal(w.node[KS].why, IKE_END_DEAD);
	assert_int_equal(task.ended, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(waits, begin, end),
		cmocka_unit_test_setup_teardown(is_refused, begin, end),
		cmocka_unit_test_setup_teardown(is_repeated, begin, end),
		cmocka_unit_test_setup_teardown(the_first, begin, end),
		cmocka_unit_test_setup_teardown(others_wait_for_it, begin, end),
		cmocka_unit_test_setup_teardown(is_closed, begin, end),
		cmocka_unit_test_setup_teardown(its_time_is_over, begin, end),
		cmocka_unit_test_setup_teardown(all_are_closed, begin, end),
		cmocka_unit_test_setup_teardown(its_peer_is_given_up, begin, end),
	};
	int failed;

	if (crypto_init(&world_crypto, NULL, NULL))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	crypto_free(&world_crypto);
	return failed;
}
