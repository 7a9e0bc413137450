// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: what the data plane tells it, and a new configuration.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "gm_conf.h"
#include "group/gm_internal.h"
#include "test.h"

#define DEMAND	", register: demand"

static void acquire_for(uint32_t group, uint32_t kind, const char *dst)
{
	struct gemcast_acquire acquire = {
		.group = group, .kind = kind, .dst = addr_of(dst),
		.src = addr_of("198.51.100.1"),
	};

	gm_acquire(world.gm, &acquire);
}

static void acquire(uint32_t kind)
{
	acquire_for(7, kind, "239.1.1.1");
}

/* ---- on demand */

static void on_demand_only_policies_are_there(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(DEMAND));
	world_pass(0);
	assert_int_equal(world_sas(), 0);
	assert_non_null(world_policy("239.1.1.1"));
	assert_string_equal(world_state("video"), "idle");
	assert_int_equal(gm_next(world.gm), IKE_NEVER);
	world_end();

	world_begin(MAIN VIDEO(", register: command"));
	world_pass(0);
	assert_null(world_policy("239.1.1.1"));
	assert_string_equal(world_state("video"), "idle");
	world_end();
}

static void policies_on_demand_are_tried_again(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(DEMAND));
	world.table.fail_at = 1;
	world_pass(0);
	assert_string_equal(world_state("video"), "waiting");
	world_pass(3 * S);
	assert_string_equal(world_state("video"), "idle");
	assert_non_null(world_policy("239.1.1.1"));
	assert_int_equal(world_sas(), 0);
	world_end();
}

static void a_packet_makes_a_sender_register(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(DEMAND ", role: sender"));
	world_pass(0);
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	acquire_for(99, GEMCAST_ACQUIRE_KIND_SEND, "239.1.1.1");
	assert_int_equal(world_sas(), 0);
	acquire(GEMCAST_ACQUIRE_KIND_SEND);
	assert_int_equal(world_sas(), 1);
	acquire(GEMCAST_ACQUIRE_KIND_SEND);
	assert_int_equal(world_sas(), 1);
	world_register(world_sa("192.0.2.1"), &one_sid);
	/* It is told of receivers that come and go, and goes on. */
	acquire(GEMCAST_ACQUIRE_KIND_LEAVE);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void a_receiver_comes_and_goes(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(DEMAND));
	world_pass(0);
	acquire(GEMCAST_ACQUIRE_KIND_SEND);
	assert_int_equal(world_sas(), 0);
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	acquire(GEMCAST_ACQUIRE_KIND_LEAVE);
	assert_int_equal(world.table.n_sas, 0);
	/* Closed as before, by what is known of it now. */
	assert_non_null(world_policy("239.1.1.1"));
	assert_int_equal(world.table.n_policies, 1);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_string_equal(world_state("video"), "idle");
	assert_int_equal(world_sas(), 0);
	/* And comes again. */
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_policies, 1);
	world_end();
}

static void the_last_receiver_is_what_counts(void **state)
{
	struct grant two = one;

	(void)state;
	two.n_sas = 2;
	two.sas[1] = other.sas[0];
	world_begin(MAIN VIDEO(DEMAND));
	world_pass(0);
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	world_register(world_sa("192.0.2.1"), &two);
	acquire_for(7, GEMCAST_ACQUIRE_KIND_RECEIVE, "239.1.1.2");
	acquire(GEMCAST_ACQUIRE_KIND_LEAVE);
	assert_string_equal(world_state("video"), "joined");
	acquire_for(7, GEMCAST_ACQUIRE_KIND_LEAVE, "239.1.1.2");
	assert_string_equal(world_state("video"), "leaving");
	world_end();
}

/* The policies before the first registration were for more than the group. */
static void a_group_that_was_not_meant_is_left(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(DEMAND));
	world_pass(0);
	acquire_for(7, GEMCAST_ACQUIRE_KIND_RECEIVE, "239.1.55.55");
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "leaving");
	assert_int_equal(world.table.n_sas, 0);
	assert_null(world_policy("239.1.55.55"));
	assert_non_null(world_policy("239.1.1.1"));
	world_end();
}

static void who_joined_by_hand_stays(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(DEMAND));
	world_pass(0);
	world_join(0, "video", NULL, 0);
	world_register(world_sa("192.0.2.1"), &one);
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	acquire(GEMCAST_ACQUIRE_KIND_LEAVE);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

/* ---- the life of SAs */

static void expire(bool hard)
{
	struct gemcast_expire e = { .cause = GEMCAST_EXPIRE_CAUSE_PACKETS };
	struct gemcast_sa sa = { .group = 7, .spi = 0x1001, .dst = addr_of("239.1.1.1") };

	if (hard)
		e.present |= GEMCAST_BIT(GEMCAST_A_EXPIRE_HARD);
	gm_expire(world.gm, &sa, &e);
}

static void an_sa_that_is_used_up_is_followed(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	expire(false);
	world_pass(1 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();

	world_joined(MAIN VIDEO(""), &one);
	expire(true);
	world_pass(1 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void one_that_has_a_successor_is_not(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.sas[0].spi = 0x1002;
	grant.sas[0].key = 2;
	grant.dtd = 30;
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	expire(false);
	world_pass(10 * S);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void an_sa_that_somebody_took_away_is_missed(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	plane_table_take(&world.table, 0x1001);
	assert_int_equal(world_status("video").sas, 0);
	world_pass(1 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	world_end();
}

static void a_data_plane_that_began_anew_is_closed_at_once(void **state)
{
	struct grant again = one_sid;

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	plane_table_lose(&world.table);
	assert_non_null(world_policy("239.1.1.1"));
	world_pass(1 * S);
	assert_string_equal(world_state("video"), "registering");
	again.sids[0] = 6;
	world_register(world_sa("192.0.2.1"), &again);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 6);
	assert_int_equal(world_status("video").sas, 1);
	world_end();
}

static void events_that_were_lost_change_nothing_by_themselves(void **state)
{
	struct grant again = one_sid;

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	gm_lost(world.gm);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(1 * S);
	again.sids[0] = 6;
	world_register(world_sa("192.0.2.1"), &again);
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 5);
	world_end();
}

static void a_data_plane_that_is_gone_is_waited_for(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world.table.fail_from = world.table.calls + 1;
	world.table.fail_with = -ENOENT;
	plane_table_lose(&world.table);
	assert_string_equal(world_state("video"), "waiting");
	world_pass(60 * S);
	assert_string_equal(world_state("video"), "waiting");
	/* When it is there again it says so. */
	world.table.fail_from = 0;
	plane_table_lose(&world.table);
	world_pass(0);
	assert_non_null(world_policy("239.1.1.1"));
	assert_string_equal(world_state("video"), "registering");
	world_end();

	/* While a key server is asked. */
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	plane_table_lose(&world.table);
	assert_non_null(world_policy("239.1.1.1"));
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_policies, 1);
	world_end();
}

/* ---- a new configuration */

static void what_is_the_same_goes_on(void **state)
{
	unsigned int calls;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	calls = world.table.calls;
	world_reload(MAIN VIDEO("") AUDIO);
	assert_int_equal(world.table.calls, calls);
	assert_string_equal(world_state("video"), "joined");
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &other);
	assert_string_equal(world_state("audio"), "joined");
	world_end();
}

static void what_is_removed_is_left(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &other);
	world_register(world_sa("192.0.2.1"), &one);
	world_reload(MAIN VIDEO(""));
	assert_null(plane_table_sa(&world.table, 0x2001));
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_string_equal(world_asked_group(), "audio");
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_null(world_member("audio"));
	assert_string_equal(world_state("video"), "joined");
	/* And comes back, even while it goes. */
	world_reload(MAIN VIDEO("") AUDIO);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &other);
	world_reload(MAIN VIDEO(""));
	world_reload(MAIN VIDEO("") AUDIO);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(0);
	assert_string_equal(world_state("audio"), "registering");
	world_register(world_sa("192.0.2.1"), &other);
	assert_string_equal(world_state("audio"), "joined");
	world_end();
}

/* A plane call that would leave the group without a policy is seen here. */
static int (*real_policy_del)(void *context, const struct gemcast_policy *policy);
static bool was_open;

static int watched_policy_del(void *context, const struct gemcast_policy *policy)
{
	int err = real_policy_del(context, policy);

	was_open = was_open || !world_policy("239.1.1.1");
	return err;
}

static void watch_policies(void)
{
	real_policy_del = world.table.plane.policy_del;
	world.table.plane.policy_del = watched_policy_del;
	was_open = false;
}

static void what_changed_begins_anew_and_is_never_open(void **state)
{
	static const char * const changes[] = {
		MAIN VIDEO(", role: sender"),
		MAIN VIDEO(", replay: none"),
		MAIN "  groups:\n    - { name: video, key-servers: [ main ], number: 9 }\n",
		MAIN "  groups:\n    - { name: video, key-servers: [ main ] }\n",
		MAIN VIDEO(", id: other"),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		world_joined(MAIN VIDEO(""), &one);
		watch_policies();
		world_reload(changes[i]);
		assert_false(was_open);
		assert_int_equal(world_policy("239.1.1.1")->group, world_status("video").group);
		assert_true(world_policy("239.1.1.1")->prio > GEMCAST_PRIO_DEFAULT);
		assert_int_equal(world_status("video").group, i == 2 ? 9 : 7);
		assert_int_equal(world.table.n_groups, 1);
		assert_int_equal(world.table.n_policies, 1);
		assert_int_equal(world.table.n_sas, 0);
		/* It leaves as what it was. */
		assert_true(world_ask(world_sa("192.0.2.1")));
		assert_string_equal(world_asked_group(), "video");
		assert_true(world_asked(N_REGISTRATION_FAILED));
		world_refuse(0);
		assert_string_equal(world_state("video"), "registering");
		assert_true(world_ask(world_sa("192.0.2.1")));
		assert_string_equal(world_asked_group(), i == 4 ? "other" : "video");
		assert_int_equal(world_asked(N_GROUP_SENDER), i == 0);
		world_end();
	}
}

/* The same policies, which were for all that the key server may give. */
static void what_changed_before_it_joined_is_closed(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	watch_policies();
	world_reload(MAIN VIDEO(", role: sender"));
	assert_false(was_open);
	assert_non_null(world_policy("239.1.1.1"));
	assert_int_equal(world.table.n_policies, 1);
	world_end();
}

static void what_changed_while_it_failed_stays_closed(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	watch_policies();
	world.table.fail_from = world.table.calls + 2;
	world_reload(MAIN "  groups:\n    - { name: video, key-servers: [ main ], number: 9 }\n");
	assert_false(was_open);
	assert_non_null(world_policy("239.1.1.1"));
	world.table.fail_from = 0;
	world_register(world_sa("192.0.2.1"), &one);
	world_pass(10 * S);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_grant(&one);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void an_idle_one_that_changed_is_as_it_says(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(", register: command"));
	world_reload(MAIN VIDEO(DEMAND));
	world_pass(0);
	assert_non_null(world_policy("239.1.1.1"));
	assert_string_equal(world_state("video"), "idle");
	world_reload(MAIN VIDEO(""));
	world_pass(0);
	assert_string_equal(world_state("video"), "registering");
	world_end();

	/* While it leaves. */
	world_joined(MAIN VIDEO(""), &one);
	world_leave(0, "video");
	world_reload(MAIN VIDEO(DEMAND));
	assert_non_null(world_policy("239.1.1.1"));
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(0);
	assert_string_equal(world_state("video"), "idle");
	assert_non_null(world_policy("239.1.1.1"));
	acquire(GEMCAST_ACQUIRE_KIND_RECEIVE);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void who_is_removed_goes_when_the_engine_is_done(void **state)
{
	struct ike_task *task;
	struct ike_sa *sa;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	sa = world_sa("192.0.2.1");
	world_reload(MAIN);
	task = sa->tasks[0];
	sa->n_tasks = 0;
	sa->there = false;
	gm_ended(world.gm, sa, IKE_END_DEAD, "no answer");
	assert_non_null(world_member("video"));
	task->end(task->context, sa, IKE_END_DEAD, "no answer");
	assert_null(world_member("video"));
	world_end();
}

static void a_key_server_that_changed_is_asked_anew(void **state)
{
	static const char moved[] =
		"  key-servers:\n"
		"    - { name: main, address: 192.0.2.9, identity: ks.example.org,\n"
		"        may-give: [ { destination: 239.1.0.0/16 } ] }\n";
	char conf[1024];

	(void)state;
	snprintf(conf, sizeof(conf), "%s%s", moved, VIDEO(""));
	world_joined(MAIN VIDEO(""), &one);
	world_reload(conf);
	assert_null(world_sa("192.0.2.1"));
	assert_int_equal(world.table.n_sas, 0);
	assert_non_null(world_policy("239.1.1.1"));
	assert_non_null(world_sa("192.0.2.9"));
	world_register(world_sa("192.0.2.9"), &one);
	assert_string_equal(world_state("video"), "joined");
	/* In the middle of it. */
	world_reload(MAIN VIDEO(""));
	world_reload(conf);
	assert_int_equal(world_sas(), 1);
	world_register(world_sa("192.0.2.9"), &one);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void a_new_order_of_key_servers_disturbs_nobody(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_reload(MAIN SPARE VIDEO(""));
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_demand_only_policies_are_there),
		cmocka_unit_test(policies_on_demand_are_tried_again),
		cmocka_unit_test(a_packet_makes_a_sender_register),
		cmocka_unit_test(a_receiver_comes_and_goes),
		cmocka_unit_test(the_last_receiver_is_what_counts),
		cmocka_unit_test(a_group_that_was_not_meant_is_left),
		cmocka_unit_test(who_joined_by_hand_stays),
		cmocka_unit_test(an_sa_that_is_used_up_is_followed),
		cmocka_unit_test(one_that_has_a_successor_is_not),
		cmocka_unit_test(an_sa_that_somebody_took_away_is_missed),
		cmocka_unit_test(a_data_plane_that_began_anew_is_closed_at_once),
		cmocka_unit_test(events_that_were_lost_change_nothing_by_themselves),
		cmocka_unit_test(a_data_plane_that_is_gone_is_waited_for),
		cmocka_unit_test(what_is_the_same_goes_on),
		cmocka_unit_test(what_is_removed_is_left),
		cmocka_unit_test(what_changed_begins_anew_and_is_never_open),
		cmocka_unit_test(what_changed_before_it_joined_is_closed),
		cmocka_unit_test(what_changed_while_it_failed_stays_closed),
		cmocka_unit_test(an_idle_one_that_changed_is_as_it_says),
		cmocka_unit_test(who_is_removed_goes_when_the_engine_is_done),
		cmocka_unit_test(a_key_server_that_changed_is_asked_anew),
		cmocka_unit_test(a_new_order_of_key_servers_disturbs_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
