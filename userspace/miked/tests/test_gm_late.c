// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: what comes twice, late, or in another order than it was sent.
 */
#include <string.h>
#include "gm_rekey.h"
#include "test.h"

static void sender(void)
{
	const struct grant grant = first_sid();

	join(", role: both", &grant);
	world_pass(100 * S);
}

static struct grant grant_of(uint32_t spi, uint8_t key)
{
	struct grant grant = next_sid();

	grant.sas[0].spi = spi;
	grant.sas[0].key = key;
	return grant;
}

static struct wire_delete delete_of(const uint8_t spi[4])
{
	return (struct wire_delete){ PROTO_ESP, 4, 1, { spi, 4 } };
}

static uint32_t direction(uint32_t spi)
{
	const struct plane_table_sa *sa = plane_table_sa(&world.table, spi);

	assert_non_null(sa);
	return sa->sa.dir;
}

/* It would be the last that became active, and what others have left is sent by again. */
static void an_older_sa_is_only_received_by(void **state)
{
	struct grant grant = grant_of(0x1002, 2);

	(void)state;
	sender();
	update(&grant);
	world_pass(40 * S);
	assert_false(has(0x1001));
	assert_int_equal(sent_by(), 0x1002);
	/* Even one that it has sent by, and the kernel would refuse. */
	grant.sas[1] = grant.sas[0];
	grant.sas[0] = first_sid().sas[0];
	grant.sas[0].spi = 0x1000;
	grant.sas[0].lifetime = 1000;
	grant.n_sas = 2;
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(direction(0x1000), GEMCAST_SA_DIR_IN);
	assert_int_equal(direction(0x1002), GEMCAST_SA_DIR_BOTH);
	assert_int_equal(sent_by(), 0x1002);
	world_pass(11 * S);
	assert_int_equal(sent_by(), 0x1002);
	world_end();
}

/* The first of the two some members may not have yet. */
static void of_two_new_ones_the_last_is_waited_for(void **state)
{
	struct grant grant = grant_of(0x1002, 2);

	(void)state;
	sender();
	grant.sas[1] = grant.sas[0];
	grant.sas[1].spi = 0x1003;
	grant.sas[1].key = 3;
	grant.n_sas = 2;
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(sent_by(), 0x1001);
	assert_int_equal(direction(0x1002), GEMCAST_SA_DIR_IN);
	world_pass(9999);
	assert_int_equal(sent_by(), 0x1001);
	world_pass(1);
	assert_int_equal(sent_by(), 0x1003);
	world_end();
}

/* By unicast, and then by multicast behind the next. */
static void what_is_told_twice_replaces_once(void **state)
{
	const struct grant second = grant_of(0x1002, 2), third = grant_of(0x1003, 3);

	(void)state;
	sender();
	world_rekey(world_sa("192.0.2.1"), &second);
	world_pass(1 * S);
	world_rekey(world_sa("192.0.2.1"), &third);
	world_pass(1 * S);
	update(&second);
	world_pass(100 * S);
	assert_true(has(0x1003));
	assert_int_equal(sent_by(), 0x1003);
	world_end();
}

/* Over a Rekey SA that has a successor nothing comes that is younger than that. */
static void an_old_rekey_sa_brings_nothing_younger(void **state)
{
	struct grant second = grant_of(0x1002, 2);
	const struct grant late = grant_of(0x1003, 3);

	(void)state;
	sender();
	second.rekey_sa = 2;
	update(&second);
	world_pass(1 * S);
	update(&late);
	assert_true(has(0x1003));
	world_pass(100 * S);
	assert_true(has(0x1002));
	assert_false(has(0x1001));
	world_end();
}

static void a_delete_comes_before_what_it_deletes(void **state)
{
	static const uint8_t spi[4] = { 0, 0, 0x10, 2 };
	const struct grant rekey = grant_of(0x1002, 2);
	struct grant end = { .n_deletes = 1 };

	(void)state;
	sender();
	end.deletes[0] = delete_of(spi);
	world_rekey(world_sa("192.0.2.1"), &end);
	update(&rekey);
	assert_false(has(0x1002));
	world_pass(100 * S);
	assert_true(has(0x1001));
	assert_int_equal(sent_by(), 0x1001);
	world_end();
}

/* The key server wrote it before it made the new SA. */
static void an_answer_comes_behind_a_rekey(void **state)
{
	const struct grant again = first(), rekey = next();

	(void)state;
	joined();
	world_pass(100 * S);
	world_member("video")->due = world.now;
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_pass(10);
	update(&rekey);
	assert_true(has(0x1002));
	world_grant(&again);
	assert_string_equal(world_state("video"), "joined");
	world_pass(100 * S);
	assert_true(has(0x1002));
	world_end();
}

/* Or before it ended an old one. */
static void an_answer_comes_behind_a_delete(void **state)
{
	static const uint8_t spi[4] = { 0, 0, 0x10, 1 };
	const struct grant again = first(), rekey = next();
	struct grant end = { .n_deletes = 1 };

	(void)state;
	joined();
	update(&rekey);
	world_member("video")->due = world.now;
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_pass(10);
	end.deletes[0] = delete_of(spi);
	update(&end);
	world_grant(&again);
	assert_string_equal(world_state("video"), "joined");
	world_pass(100 * S);
	assert_false(has(0x1001));
	world_end();
}

/* Of what it never had, too: that goes as what others have goes. */
static void an_answer_comes_behind_a_delete_of_others(void **state)
{
	static const uint8_t spi[4] = { 0, 0, 0x10, 0 };
	struct grant end = { .n_deletes = 1 };
	struct grant again = first();

	(void)state;
	joined();
	world_member("video")->due = world.now;
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_pass(10);
	end.deletes[0] = delete_of(spi);
	update(&end);
	again.sas[1] = again.sas[0];
	again.sas[1].spi = 0x1000;
	again.sas[1].key = 9;
	again.n_sas = 2;
	world_grant(&again);
	assert_string_equal(world_state("video"), "joined");
	assert_true(has(0x1000));
	world_pass(31 * S);
	assert_false(has(0x1000));
	assert_true(has(0x1001));
	world_end();
}

/* A sender does not take it meanwhile, since it may get another Sender-ID. */
static void a_sender_registers_again_behind_it(void **state)
{
	const struct grant rekey = grant_of(0x1002, 2);
	struct grant again = first_sid();

	(void)state;
	again.sids[0] = 6;
	sender();
	world_member("video")->due = world.now;
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_pass(10);
	update(&rekey);
	assert_false(has(0x1002));
	world_grant(&again);
	assert_string_equal(world_state("video"), "joined");
	assert_true(world_member("video")->due <= world.now + 2 * S);
	world_end();
}

/* Others left what it has when they had what it missed, not when it registered. */
static void what_a_registration_has_no_more_is_left(void **state)
{
	struct grant again = first_sid();

	(void)state;
	sender();
	again.sas[0].spi = 0x1002;
	again.sas[0].key = 2;
	again.sas[1] = again.sas[0];
	again.sas[1].spi = 0x1003;
	again.sas[1].key = 3;
	again.n_sas = 2;
	again.atd = 10;
	again.dtd = 30;
	world_member("video")->due = world.now;
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_grant(&again);
	assert_string_equal(world_state("video"), "joined");
	assert_true(has(0x1001));
	assert_int_equal(sent_by(), 0x1002);
	world_pass(10 * S);
	assert_int_equal(sent_by(), 0x1003);
	world_end();
}

/* Something else that is said does not make up for it. */
static void a_loss_is_not_forgotten(void **state)
{
	static const uint8_t spi[4] = { 0, 0, 0x20, 0 };
	struct grant grant = first_sid(), end = { .n_deletes = 1 };

	(void)state;
	grant.sas[0].next_spi = 0x1002;
	join(", role: both", &grant);
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_true(world_member("video")->due <= world.now + 2 * S);
	end.deletes[0] = delete_of(spi);
	update(&end);
	assert_true(world_member("video")->due <= world.now + 2 * S);
	/* The keys do. */
	grant = grant_of(0x1002, 2);
	update(&grant);
	assert_true(world_member("video")->due > world.now + 1000 * S);
	world_end();
}

/* What was sent by it nobody knows any more; a message that is sent again has its key. */
static void no_sender_id_survives_the_data_plane(void **state)
{
	const struct grant again = first_sid();

	(void)state;
	sender();
	plane_table_lose(&world.table);
	world_rekey(world_sa("192.0.2.1"), &(struct grant){
		.n_sas = 1, .sas = { again.sas[0] }, .atd = 10, .dtd = 30,
	});
	assert_int_equal(world.table.n_guards, 0);
	assert_int_equal(sent_by(), 0);
	world_pass(1 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_older_sa_is_only_received_by),
		cmocka_unit_test(of_two_new_ones_the_last_is_waited_for),
		cmocka_unit_test(what_is_told_twice_replaces_once),
		cmocka_unit_test(an_old_rekey_sa_brings_nothing_younger),
		cmocka_unit_test(a_delete_comes_before_what_it_deletes),
		cmocka_unit_test(an_answer_comes_behind_a_rekey),
		cmocka_unit_test(an_answer_comes_behind_a_delete),
		cmocka_unit_test(an_answer_comes_behind_a_delete_of_others),
		cmocka_unit_test(a_sender_registers_again_behind_it),
		cmocka_unit_test(what_a_registration_has_no_more_is_left),
		cmocka_unit_test(a_loss_is_not_forgotten),
		cmocka_unit_test(no_sender_id_survives_the_data_plane),
	};

	log_set_level(AREA_GROUP, LEVEL_ERROR);
	return cmocka_run_group_tests_name("gm_late", tests, NULL, NULL);
}
