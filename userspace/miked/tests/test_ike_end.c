// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an IKE SA ends: closed by either end, at any moment, forgotten, or because its peer
 * is dead; and how it is seen that it is not.
 */
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct ike_sa *gm;

static void begin(void)
{
	world_new(&w);
	world_start(&w);
	gm = world_meet(&w);
	w.count = 0;
}

static const struct ike_stats *stats(int node)
{
	return ike_stats(w.node[node].ike);
}

static bool lose_all(struct world *world, struct datagram *d)
{
	(void)world;
	(void)d;
	return false;
}

static void closed_by(int node, int other)
{
	struct asked_task queued;
	struct ike_sa *sa;

	begin();
	sa = node == GM ? gm : w.node[KS].sa;
	/* the other end is to know whom it is about */
	w.node[GM].sa = gm;
	world_task(&queued, INFORMATIONAL, NULL);
	ike_ask(sa, &queued.task);
	ike_close(sa);
	assert_int_equal(queued.ended, 1);
	assert_int_equal(queued.why, IKE_END_CLOSED);
	assert_int_equal(ike_sa_count(w.node[node].ike), 0);
	world_settle(&w);
	assert_int_equal(w.node[node].ended, 0);
	assert_int_equal(w.node[other].ended, 1);
	assert_int_equal(w.node[other].why, IKE_END_DELETED);
	assert_int_equal(ike_sa_count(w.node[other].ike), 0);
	world_run(&w, 100000);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	assert_true(ike_next(w.node[KS].ike) == IKE_NEVER);
	world_end(&w);
}

static void closing(void **state)
{
	(void)state;
	closed_by(GM, KS);
	closed_by(KS, GM);
}

/* The answer to a Delete is lost: it is answered once more. */
static void close_answer_lost(void **state)
{
	(void)state;
	begin();
	ike_close(gm);
	world_keep(&w, world_first(&w));
	ike_receive(w.node[KS].ike, &w.kept.path, world_first(&w)->data, w.kept.len);
	world_lose(&w);
	assert_int_equal(w.node[KS].ended, 1);
	w.count = 0;
	world_run(&w, 600);
	assert_int_equal(w.count, 2);
	assert_int_equal(stats(KS)->unknown_spi, 0);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	world_end(&w);
}

static void close_in_upcall(struct node *node, struct ike_sa *sa)
{
	node->upcall = NULL;
	ike_close(sa);
	assert_non_null(ike_sa_text(sa));
}

/* The answer still goes out. */
static void closed_within_request(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	world_start(&w);
	w.node[KS].upcall = close_in_upcall;
	world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DELETED);
	assert_int_equal(w.node[KS].ended, 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	world_end(&w);
}

/* The Delete overtakes the answer to GSA_AUTH: it has to wait. */
static void request_before_answer(void **state)
{
	struct asked_task task = { 0 };
	struct datagram swap, *last;

	(void)state;
	world_new(&w);
	world_start(&w);
	w.node[KS].upcall = close_in_upcall;
	world_connect(&w, &task);
	while (w.last - w.first < 2) {
		swap = *world_first(&w);
		w.first++;
		ike_receive(w.node[swap.to].ike, &swap.path, swap.data, swap.len);
		free(swap.data);
	}
	last = &w.wire[(w.first + 1) % WORLD_DATAGRAMS];
	swap = *world_first(&w);
	*world_first(&w) = *last;
	*last = swap;
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.node[GM].ended, 0);
	assert_int_equal(stats(GM)->window, 1);
	world_run(&w, 1000);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DELETED);
	world_end(&w);
}

static void ask_in_upcall(struct node *node, struct ike_sa *sa)
{
	static struct asked_task task;

	node->upcall = NULL;
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(sa, &task.task);
	assert_int_equal(task.built, 0);
}

static void asked_within_request(void **state)
{
	(void)state;
	world_new(&w);
	world_start(&w);
	w.node[KS].upcall = ask_in_upcall;
	world_meet(&w);
	assert_int_equal(w.node[GM].requests, 1);
	assert_int_equal(w.count, 6);
	world_end(&w);
}

static void asked_too_late(void **state)
{
	struct asked_task task;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	ike_close(gm);
	ike_ask(gm, &task.task);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_CLOSED);
	assert_int_equal(task.built, 0);
	world_end(&w);
}

/* Closed before anything was answered. */
static void closed_early(void **state)
{
	struct asked_task task = { 0 };
	unsigned int step;

	(void)state;
	for (step = 0; step < 4; step++) {
		world_new(&w);
		world_start(&w);
		task = (struct asked_task){ 0 };
		gm = world_connect(&w, &task);
		while (w.count < step) {
			struct datagram d = *world_first(&w);

			w.first++;
			w.count++;
			ike_receive(w.node[d.to].ike, &d.path, d.data, d.len);
			free(d.data);
		}
		ike_close(gm);
		assert_int_equal(task.ended, 1);
		assert_int_equal(task.why, IKE_END_CLOSED);
		world_run(&w, 60000);
		assert_int_equal(task.answered, 0);
		assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
		/* a key server that has registered it is told */
		assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
		assert_int_equal(w.node[KS].ended, w.node[KS].requests);
		world_end(&w);
	}
}

static void all_closed(void **state)
{
	struct asked_task task;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(w.node[KS].sa, &task.task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	ike_close_all(w.node[KS].ike);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_true(ike_next(w.node[KS].ike) == IKE_NEVER);
	world_settle(&w);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DELETED);
	world_end(&w);
}

/* A member that begins anew has no other IKE SA, whatever the key server thinks. */
static void initial_contact(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	begin();
	world_restart(&w.node[GM]);
	world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_DELETED);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 1);
	/* a second one beside the first is no reason to forget that */
	task = (struct asked_task){ 0 };
	world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 2);
	world_end(&w);
}

/* ---- dead peers */

static void alive(void **state)
{
	(void)state;
	begin();
	world_run(&w, 29000);
	assert_int_equal(w.count, 0);
	world_run(&w, 2000);
	assert_int_equal(w.count, 2);
	world_run(&w, 300000);
	assert_in_range(w.count, 18, 24);
	assert_int_equal(w.node[GM].ended + w.node[KS].ended, 0);
	assert_int_equal(w.node[GM].requests, 0);
	assert_int_equal(w.node[KS].requests, 1);
	world_end(&w);
}

static void dead(void **state)
{
	(void)state;
	begin();
	w.filter = lose_all;
	world_run(&w, 60000);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DEAD);
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_DEAD);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	assert_int_equal(ike_sa_count(w.node[KS].ike), 0);
	assert_true(ike_next(w.node[GM].ike) == IKE_NEVER);
	world_end(&w);
}

/* The key server has forgotten all: its hint makes the member ask at once. */
static void forgotten(void **state)
{
	struct asked_task task;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	world_restart(&w.node[KS]);
	ike_ask(gm, &task.task);
	world_settle(&w);
	/* nothing of it is believed */
	assert_int_equal(task.ended, 0);
	assert_int_equal(stats(KS)->unknown_spi, 1);
	world_run(&w, 15000);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_DEAD);
	world_end(&w);
}

/* Hints from nobody knows whom: one question, and not one for each. */
static void hints(void **state)
{
	struct asked_task task;
	uint8_t hint[WIRE_HEADER_LEN + 8];
	unsigned int i;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(w.node[KS].sa, &task.task);
	world_keep(&w, world_first(&w));
	world_settle(&w);
	memcpy(hint, w.kept.data, WIRE_HEADER_LEN);
	memcpy(hint + WIRE_HEADER_LEN, "\0\0\0\10\0\0\0\4", 8);
	hint[16] = PAYLOAD_N;
	hint[19] |= 0x20;
	hint[27] = sizeof(hint);
	hint[26] = 0;
	w.count = 0;
	for (i = 0; i < 100; i++)
		world_inject(&w, &w.kept.path, GM, hint, sizeof(hint));
	world_settle(&w);
	assert_int_equal(w.count, 100 + 2);
	assert_int_equal(w.node[GM].ended + w.node[KS].ended, 0);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing),
		cmocka_unit_test(close_answer_lost),
		cmocka_unit_test(closed_within_request),
		cmocka_unit_test(request_before_answer),
		cmocka_unit_test(asked_within_request),
		cmocka_unit_test(asked_too_late),
		cmocka_unit_test(closed_early),
		cmocka_unit_test(all_closed),
		cmocka_unit_test(initial_contact),
		cmocka_unit_test(alive),
		cmocka_unit_test(dead),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(hints),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
