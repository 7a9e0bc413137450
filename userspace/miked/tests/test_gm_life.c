// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: how it stays one, while SAs, IKE SAs and key servers come and go.
 */
#include <string.h>
#include "gm_conf.h"
#include "group/gm_internal.h"
#include "test.h"

/* ---- in time before the end */

static void it_registers_again_before_the_end(void **state)
{
	struct grant next = one;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	/* Nothing can bring a rekey. */
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "gone");
	world_member("video")->due = IKE_NEVER;
	world_member("video")->later = 0;
	gm_member_schedule(world_member("video"));
	assert_in_range(world_member("video")->due - world.now, 2880 * S, 3240 * S);
	world_pass(2879 * S);
	assert_int_equal(world_sas(), 0);
	world_pass(361 * S);
	next.sas[0].spi = 0x1002;
	next.sas[0].key = 2;
	next.dtd = 20;
	world_register(world_sa("192.0.2.1"), &next);
	/* No gap: the old one stays beside it for as long as the key server said. */
	assert_int_equal(world.table.n_sas, 2);
	assert_string_equal(world_state("video"), "joined");
	world_pass(19999);
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	world_pass(1);
	assert_null(plane_table_sa(&world.table, 0x1001));
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	assert_int_equal(world_status("video").epoch, 2);
	world_end();
}

static void a_key_server_that_can_rekey_has_time_to(void **state)
{
	struct grant grant = one;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	assert_in_range(world_member("video")->due - world.now, 3312 * S, 3456 * S);
	world_pass(3311 * S);
	assert_string_equal(world_state("video"), "joined");
	world_pass(145 * S);
	assert_string_equal(world_state("video"), "registering");
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_REGISTRATION);
	world_end();

	/* But only if enough is left to ask for them then. */
	grant.sas[0].lifetime = 600;
	world_joined(MAIN VIDEO(""), &grant);
	assert_in_range(world_member("video")->due - world.now, 480 * S, 540 * S);
	world_end();
}

static void the_same_sa_again_is_kept_and_asked_for_later(void **state)
{
	struct grant again = one_sid;
	unsigned int n = 0;

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	while (world_status("video").sas && n < 100) {
		again.sids[0]++;
		again.sas[0].lifetime = world_status("video").next_rollover / S;
		if (!again.sas[0].lifetime)
			break;
		world_pass(100);
		if (strcmp(world_state("video"), "registering") != 0)
			continue;
		world_register(world_sa("192.0.2.1"), &again);
		assert_string_equal(world_state("video"), "joined");
		/* By the number that it began with, and without a second one. */
		assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 5);
		assert_int_equal(world.table.n_sas, 1);
		n++;
	}
	assert_in_range(n, 1, 6);
	world_end();
}

static void a_key_server_that_began_anew_replaces_the_key(void **state)
{
	struct grant anew = one_sid;

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	anew.sas[0].key = 7;
	anew.sids[0] = 0;
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "gone");
	world_pass(6 * S);
	world_register(world_sa("192.0.2.1"), &anew);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->key[0], 7);
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 0);
	world_end();
}

static void a_senders_next_sa_waits_for_its_time(void **state)
{
	const struct gemcast_addr dst = addr_of("239.1.1.1"), src = addr_of("198.51.100.1");
	struct grant two = one_sid;

	(void)state;
	/* The one that lives longer is the younger, wherever it stands. */
	two.n_sas = 2;
	two.sas[1] = two.sas[0];
	two.sas[0].spi = 0x1002;
	two.sas[0].key = 2;
	two.sas[1].lifetime = 300;
	two.atd = 30;
	two.dtd = 60;
	world_joined(MAIN VIDEO(", role: both"), &two);
	assert_int_equal(world.table.n_sas, 2);
	assert_int_equal(world.table.n_policies, 1);
	assert_int_equal(plane_table_current(&world.table, 7, &dst, &src)->sa.spi, 0x1001);
	world_pass(29999);
	assert_int_equal(plane_table_current(&world.table, 7, &dst, &src)->sa.spi, 0x1001);
	world_pass(1);
	assert_int_equal(plane_table_current(&world.table, 7, &dst, &src)->sa.spi, 0x1002);
	world_end();

	/* Of equals, the one that stands last. */
	two.sas[1].lifetime = 3600;
	world_joined(MAIN VIDEO(", role: both"), &two);
	assert_int_equal(plane_table_current(&world.table, 7, &dst, &src)->sa.spi, 0x1002);
	world_pass(30 * S);
	assert_int_equal(plane_table_current(&world.table, 7, &dst, &src)->sa.spi, 0x1001);
	world_end();
}

static void what_ends_without_a_successor_is_closed(void **state)
{
	const struct gemcast_addr dst = addr_of("239.1.1.1"), src = addr_of("198.51.100.1");

	(void)state;
	world_joined(MAIN VIDEO(", role: both"), &one_sid);
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "gone");
	world.connect_fails = "no route";
	world_pass(3599 * S);
	assert_non_null(plane_table_current(&world.table, 7, &dst, &src));
	assert_string_equal(world_state("video"), "waiting");
	world_pass(1 * S);
	assert_int_equal(world.table.n_sas, 0);
	assert_int_equal(world_status("video").sas, 0);
	assert_int_equal(world_policy("239.1.1.1")->no_sa, GEMCAST_NO_SA_DISCARD);
	world_end();
}

#define GO_ON	VIDEO(", key-server-lost: go-on")

static void lose_key_server(void)
{
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "gone");
	world.connect_fails = "no route";
}

static void a_lost_key_server_may_be_outlived(void **state)
{
	struct grant next = one;

	(void)state;
	world_joined(MAIN GO_ON, &one);
	assert_false(GEMCAST_HAS(&plane_table_sa(&world.table, 0x1001)->sa,
				 GEMCAST_A_SA_HARD_SECONDS));
	lose_key_server();
	world_pass(100000 * S);
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	world.connect_fails = NULL;
	world_pass(400 * S);
	next.sas[0].spi = 0x1002;
	next.dtd = 20;
	world_register(world_sa("192.0.2.1"), &next);
	/* Now it is one that was replaced. */
	world_pass(19999);
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	world_pass(1);
	assert_null(plane_table_sa(&world.table, 0x1001));
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	/* and its successor has a life of its own */
	assert_false(world_member("video")->sas[0].overstays);
	world_end();
}

/* RFC 9838 4.4.2.2.1: a key server that has nothing new ends it. */
static void go_on_is_for_lost_key_servers_alone(void **state)
{
	struct grant two = one, rest = one;

	(void)state;
	/* It answers, and what it gives is what we have. */
	world_joined(MAIN GO_ON, &one);
	world_pass(3500 * S);
	rest.sas[0].lifetime = 100;
	world_register(world_sa("192.0.2.1"), &rest);
	assert_string_equal(world_state("video"), "joined");
	world_member("video")->due = IKE_NEVER;
	world_pass(99 * S);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(1 * S);
	assert_int_equal(world.table.n_sas, 0);
	world_end();

	/* It refuses us, before the end or after it. */
	world_joined(MAIN GO_ON, &one);
	world_pass(3500 * S);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(N_AUTHORIZATION_FAILED);
	world.connect_fails = "no route";
	world_pass(99 * S);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(1 * S);
	assert_int_equal(world.table.n_sas, 0);
	world_end();

	world_joined(MAIN GO_ON, &one);
	world_pass(3700 * S);
	assert_string_equal(world_state("video"), "registering");
	assert_int_equal(world.table.n_sas, 1);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(N_AUTHORIZATION_FAILED);
	world_pass(0);
	assert_int_equal(world.table.n_sas, 0);
	world_end();

	/* It has excluded us. */
	world_joined(MAIN GO_ON, &one);
	gm_member_excluded(world_member("video"));
	world.connect_fails = "no route";
	world_pass(3599 * S);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(1 * S);
	assert_int_equal(world.table.n_sas, 0);
	world_end();

	/* It is lost: the last one stays, and not what it was to follow. */
	two.n_sas = 2;
	two.sas[1] = two.sas[0];
	two.sas[1].spi = 0x1002;
	two.sas[1].key = 2;
	two.sas[0].lifetime = 3000;
	world_joined(MAIN GO_ON, &two);
	lose_key_server();
	world_pass(3000 * S);
	assert_null(plane_table_sa(&world.table, 0x1001));
	world_pass(3000 * S);
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	world_end();
}

/* A key server that is back may go on where it was. */
static void what_overstays_may_get_another_life(void **state)
{
	(void)state;
	world_joined(MAIN GO_ON, &one);
	lose_key_server();
	world_pass(5000 * S);
	assert_true(world_member("video")->sas[0].overstays);
	world.connect_fails = NULL;
	world_pass(400 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	world_member("video")->due = IKE_NEVER;
	world_pass(3599 * S);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(1 * S);
	assert_int_equal(world.table.n_sas, 0);
	world_end();
}

static void a_key_server_without_anything_new_is_not_pestered(void **state)
{
	struct grant rest = one;
	unsigned int n = 0;
	uint32_t left;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_pass(3500 * S);
	for (left = 100; left > 0; left--) {
		rest.sas[0].lifetime = left;
		if (!strcmp(world_state("video"), "registering")) {
			world_register(world_sa("192.0.2.1"), &rest);
			n++;
		}
		world_pass(1 * S);
	}
	/* The less is left, the sooner, but never within a second. */
	assert_in_range(n, 3, 20);
	world_end();
}

/* ---- the IKE SA is gone */

static void traffic_goes_on_without_the_ike_sa(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	assert_string_equal(world_state("video"), "joined");
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	/* No more keys would come by it (RFC 9838 2.3.3): not at once, but soon. */
	assert_in_range(world_member("video")->due - world.now, 750, 8500);
	world_pass(9 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	world_end();
}

static void a_key_server_that_never_keeps_us_is_not_pestered(void **state)
{
	uint64_t before, last = 0;
	unsigned int i;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	for (i = 0; i < 8; i++) {
		world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
		before = world.now;
		while (!world_sa("192.0.2.1"))
			world_pass(100);
		assert_true(world.now - before >= last);
		last = (world.now - before) * 3 / 4;
		world_register(world_sa("192.0.2.1"), &one);
	}
	assert_true(last > 80 * S);
	world_end();
}

/* It hears a Rekey SA, and the key server wants to know, or not. */
static struct grant heard(const struct hello *hello)
{
	struct grant grant = one;

	grant.rekey_sa = 1;
	grant.hello = hello;
	return grant;
}

static void lose_link(const struct grant *grant, enum ike_end why, uint32_t number)
{
	world_joined(MAIN VIDEO(""), grant);
	world_pass(400 * S);
	world.random = number;
	world_drop(world_sa("192.0.2.1"), why, "gone");
	assert_string_equal(world_state("video"), "joined");
}

static uint64_t due(void)
{
	return world_member("video")->due - world.now;
}

static void a_key_server_that_forgot_us_is_told(void **state)
{
	static const struct hello ack_all = { .ack = HELLO_ACK_ALL };
	const struct grant grant = heard(&ack_all);
	struct grant next = one;

	(void)state;
	lose_link(&grant, IKE_END_DEAD, 0);
	assert_in_range(due(), 750, 1000);
	/* It goes on with what it has and is told: but for that it would not be known. */
	next.sas[0].spi = 0x1002;
	next.sas[0].key = 2;
	next.dtd = 60;
	world_update(1, &next);
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	assert_int_equal(gm_stats(world.gm)->acknowledged, 0);
	world_pass(due());
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	next.rekey_sa = 1;
	next.hello = &ack_all;
	world_register(world_sa("192.0.2.1"), &next);
	assert_string_equal(world_state("video"), "joined");
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	/* Once. */
	assert_true(due() > 1000 * S);
	next.sas[0].spi = 0x1003;
	next.sas[0].key = 3;
	world_update(1, &next);
	world_pass(0);
	assert_int_equal(gm_stats(world.gm)->acknowledged, 1);
	world_end();
}

/* A key server that began anew has lost all members. */
static void not_all_come_at_once(void **state)
{
	const struct grant grant = heard(NULL);
	unsigned int i, n, seconds[40] = { 0 };

	(void)state;
	for (i = 0; i < 400; i++) {
		lose_link(&grant, IKE_END_DEAD, 2654435761U * i);
		assert_in_range(due(), 750, 34 * S);
		n = ++seconds[due() / S];
		assert_true(n < 40);
		world_end();
	}
}

/* RFC 9838 2.3.3: who has a Rekey SA goes by that. */
static void a_key_server_that_deletes_it_knows_why(void **state)
{
	static const struct hello ack_none = { 0 }, ack_all = { .ack = HELLO_ACK_ALL };
	struct grant grant = heard(NULL);

	(void)state;
	lose_link(&grant, IKE_END_DELETED, 0);
	assert_true(due() > 1000 * S);
	world_end();
	grant = heard(&ack_none);
	lose_link(&grant, IKE_END_DELETED, 0);
	assert_true(due() > 1000 * S);
	world_end();
	/* But who is to acknowledge needs it. */
	grant = heard(&ack_all);
	lose_link(&grant, IKE_END_DELETED, 0);
	assert_in_range(due(), 750, 1000);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_registers_again_before_the_end),
		cmocka_unit_test(a_key_server_that_can_rekey_has_time_to),
		cmocka_unit_test(the_same_sa_again_is_kept_and_asked_for_later),
		cmocka_unit_test(a_key_server_that_began_anew_replaces_the_key),
		cmocka_unit_test(a_senders_next_sa_waits_for_its_time),
		cmocka_unit_test(what_ends_without_a_successor_is_closed),
		cmocka_unit_test(a_lost_key_server_may_be_outlived),
		cmocka_unit_test(go_on_is_for_lost_key_servers_alone),
		cmocka_unit_test(what_overstays_may_get_another_life),
		cmocka_unit_test(a_key_server_without_anything_new_is_not_pestered),
		cmocka_unit_test(traffic_goes_on_without_the_ike_sa),
		cmocka_unit_test(a_key_server_that_never_keeps_us_is_not_pestered),
		cmocka_unit_test(a_key_server_that_forgot_us_is_told),
		cmocka_unit_test(not_all_come_at_once),
		cmocka_unit_test(a_key_server_that_deletes_it_knows_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
