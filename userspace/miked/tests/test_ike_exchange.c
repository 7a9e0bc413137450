// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Exchanges on an IKE SA: Message IDs, retransmission, both ends' requests, and messages
 * that are to be dropped.
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

/* ---- requests */

static void requests_of_the_member(void **state)
{
	struct asked_task tasks[3];

	(void)state;
	begin();
	world_task(&tasks[0], GSA_REGISTRATION, "group 2");
	world_task(&tasks[1], INFORMATIONAL, NULL);
	world_task(&tasks[2], GSA_REGISTRATION, "group 3");
	ike_ask(gm, &tasks[0].task);
	ike_ask(gm, &tasks[1].task);
	ike_ask(gm, &tasks[2].task);
	/* the window is 1: the second is not even built before the first is answered */
	assert_int_equal(w.last - w.first, 1);
	assert_int_equal(tasks[1].built, 0);
	world_settle(&w);
	assert_int_equal(w.count, 6);
	assert_int_equal(tasks[0].answered, 1);
	assert_int_equal(tasks[0].n_policies, 1);
	assert_int_equal(tasks[1].answered, 1);
	assert_int_equal(tasks[2].answered, 1);
	assert_int_equal(w.node[KS].requests, 4);
	world_end(&w);
}

static void requests_of_the_key_server(void **state)
{
	struct asked_task tasks[2];

	(void)state;
	begin();
	world_task(&tasks[0], INFORMATIONAL, NULL);
	world_task(&tasks[1], INFORMATIONAL, NULL);
	ike_ask(w.node[KS].sa, &tasks[0].task);
	ike_ask(gm, &tasks[1].task);
	world_settle(&w);
	assert_int_equal(tasks[0].answered, 1);
	assert_int_equal(tasks[1].answered, 1);
	assert_int_equal(w.node[GM].requests, 1);
	assert_int_equal(w.node[GM].exchange, INFORMATIONAL);
	assert_int_equal(w.node[GM].heard, 40000);
	world_end(&w);
}

static void unwanted(void **state)
{
	struct asked_task tasks[2] = { 0 };

	(void)state;
	begin();
	world_task(&tasks[0], INFORMATIONAL, NULL);
	world_task(&tasks[1], INFORMATIONAL, NULL);
	tasks[0].unwanted = true;
	ike_ask(gm, &tasks[0].task);
	ike_ask(gm, &tasks[1].task);
	world_settle(&w);
	assert_int_equal(tasks[0].built, 1);
	assert_int_equal(tasks[0].answered + tasks[0].ended, 0);
	assert_int_equal(tasks[1].answered, 1);
	world_end(&w);

	/* of the first one, nothing is left */
	world_new(&w);
	world_start(&w);
	world_task(&tasks[0], GSA_AUTH, "group 1");
	tasks[0].unwanted = true;
	world_connect(&w, &tasks[0]);
	world_settle(&w);
	assert_int_equal(tasks[0].answered + tasks[0].ended, 0);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	world_end(&w);
}

/* ---- loss */

static unsigned int pattern;

/* The bits of the pattern say which of the first datagrams are lost. */
static bool lose_some(struct world *world, struct datagram *d)
{
	(void)d;
	return world->count > 12 || !(pattern >> (world->count - 1) & 1);
}

/* Whichever datagrams are lost, all is done once. */
static void any_loss(void **state)
{
	struct asked_task first, second;

	(void)state;
	for (pattern = 0; pattern < 1024; pattern += 3) {
		world_new(&w);
		world_start(&w);
		memset(&first, 0, sizeof(first));
		world_task(&second, GSA_REGISTRATION, "group 2");
		/* nobody is to be given up because of loss alone */
		w.node[GM].who.conf.ike.retransmissions = 12;
		w.node[KS].who.conf.ike.half_open_ms = 60000;
		w.filter = lose_some;
		gm = world_connect(&w, &first);
		ike_ask(gm, &second.task);
		world_run(&w, 55000);
		assert_int_equal(first.answered, 1);
		assert_int_equal(second.answered, 1);
		assert_int_equal(w.node[KS].requests, 2);
		assert_int_equal(w.node[KS].ended, 0);
		world_end(&w);
	}
}

/* Longer and longer, and then it is over. */
static void back_off(void **state)
{
	static const uint64_t expected[] = { 500, 1000, 2000, 4000, 4000 };
	struct asked_task task;
	uint64_t next;
	size_t i;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(gm, &task.task);
	for (i = 0; i < 5; i++) {
		assert_int_equal(w.last - w.first, 1);
		world_lose(&w);
		next = ike_next(w.node[GM].ike) - w.now;
		assert_in_range(next, expected[i] * 9 / 10, expected[i] * 11 / 10);
		assert_int_equal(task.ended, 0);
		w.now += next;
		ike_run(w.node[GM].ike);
	}
	assert_int_equal(w.last - w.first, 0);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_DEAD);
	assert_int_equal(w.node[GM].ended, 1);
	assert_int_equal(w.node[GM].why, IKE_END_DEAD);
	assert_int_equal(stats(GM)->retransmitted, 4);
	assert_int_equal(stats(GM)->dead_peers, 1);
	assert_int_equal(ike_sa_count(w.node[GM].ike), 0);
	world_end(&w);
}

/* Retransmissions are the same to the last bit (RFC 7296 2.1). */
static void bit_identical(void **state)
{
	struct asked_task task;
	struct datagram *d;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(gm, &task.task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	w.now += 1000;
	ike_run(w.node[GM].ike);
	d = world_first(&w);
	assert_int_equal(d->len, w.kept.len);
	assert_memory_equal(d->data, w.kept.data, d->len);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	/* the request again: the same response, and not a second upcall */
	world_inject(&w, &w.kept.path, KS, w.kept.data, w.kept.len);
	w.count = 0;
	world_settle(&w);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.node[KS].requests, 2);
	assert_int_equal(stats(KS)->retransmitted, 1);
	assert_int_equal(stats(GM)->old_message_id, 1);
	world_end(&w);
}

/* ---- what is dropped */

static void replays(void **state)
{
	struct asked_task tasks[2];

	(void)state;
	begin();
	world_task(&tasks[0], INFORMATIONAL, NULL);
	world_task(&tasks[1], INFORMATIONAL, NULL);
	ike_ask(gm, &tasks[0].task);
	world_keep(&w, world_first(&w));
	world_settle(&w);
	ike_ask(gm, &tasks[1].task);
	world_settle(&w);
	assert_int_equal(w.node[KS].requests, 3);
	/* older than the last one */
	world_inject(&w, &w.kept.path, KS, w.kept.data, w.kept.len);
	w.count = 0;
	world_settle(&w);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.node[KS].requests, 3);
	assert_int_equal(stats(KS)->old_message_id, 1);
	world_end(&w);
}

/* The answer to an older request is none to this one. */
static void replayed_answer(void **state)
{
	struct asked_task tasks[2];

	(void)state;
	begin();
	world_task(&tasks[0], INFORMATIONAL, NULL);
	world_task(&tasks[1], INFORMATIONAL, NULL);
	ike_ask(gm, &tasks[0].task);
	ike_receive(w.node[KS].ike, &world_first(&w)->path, world_first(&w)->data,
		    world_first(&w)->len);
	free(w.wire[w.first++ % WORLD_DATAGRAMS].data);
	world_keep(&w, world_first(&w));
	world_settle(&w);
	assert_int_equal(tasks[0].answered, 1);
	ike_ask(gm, &tasks[1].task);
	world_lose(&w);
	world_inject(&w, &w.kept.path, GM, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(tasks[1].answered, 0);
	assert_int_equal(stats(GM)->old_message_id, 1);
	world_run(&w, 1000);
	assert_int_equal(tasks[1].answered, 1);
	world_end(&w);
}

static void reflected(void **state)
{
	struct asked_task task;
	struct net_path back;

	(void)state;
	begin();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(gm, &task.task);
	world_keep(&w, world_first(&w));
	back.local = w.kept.path.remote;
	back.remote = w.kept.path.local;
	back = (struct net_path){ .local = back.local, .remote = back.remote };
	world_inject(&w, &back, GM, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(w.node[GM].requests, 0);
	assert_int_equal(stats(GM)->unknown_spi, 1);
	/* with the flags of an answer, or of the other side */
	w.kept.data[19] ^= 0x20;
	world_inject(&w, &back, GM, w.kept.data, w.kept.len);
	w.kept.data[19] ^= 0x28;
	world_inject(&w, &back, GM, w.kept.data, w.kept.len);
	w.kept.data[19] ^= 0x20;
	world_inject(&w, &back, GM, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(w.node[GM].requests, 0);
	assert_int_equal(task.answered, 1);
	assert_int_equal(w.node[GM].ended, 0);
	world_end(&w);
}

/* Whichever bit is another: it is dropped, and the right one is taken afterwards. */
static void damaged(void **state)
{
	struct asked_task task;
	size_t i;

	(void)state;
	begin();
	world_task(&task, GSA_REGISTRATION, "group 2");
	ike_ask(gm, &task.task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	for (i = 0; i < 8 * w.kept.len; i++) {
		w.kept.data[i / 8] ^= 1U << i % 8;
		world_inject(&w, &w.kept.path, KS, w.kept.data, w.kept.len);
		w.kept.data[i / 8] ^= 1U << i % 8;
		w.node[KS].sent = 0;
		world_settle(&w);
		assert_int_equal(w.node[KS].requests, 1);
	}
	assert_true(stats(KS)->bad_icv > 8 * (w.kept.len - 40));
	assert_int_equal(w.node[KS].ended, 0);
	world_inject(&w, &w.kept.path, KS, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(w.node[KS].requests, 2);
	assert_int_equal(task.answered, 1);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_of_the_member),
		cmocka_unit_test(requests_of_the_key_server),
		cmocka_unit_test(unwanted),
		cmocka_unit_test(any_loss),
		cmocka_unit_test(back_off),
		cmocka_unit_test(bit_identical),
		cmocka_unit_test(replays),
		cmocka_unit_test(replayed_answer),
		cmocka_unit_test(reflected),
		cmocka_unit_test(damaged),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
