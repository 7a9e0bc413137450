// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: gemcast status, join, leave.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "gm_conf.h"
#include "group/gm_internal.h"
#include "test.h"

#define COMMAND	", register: command"

static void join_id(size_t call, const char *id, const char *at, const char *role, uint64_t wait)
{
	struct gemcast_join join = {
		.present = GEMCAST_BIT(GEMCAST_JOIN_ID) | GEMCAST_BIT(GEMCAST_JOIN_AT),
		.at = addr_of(at),
	};

	snprintf(join.id, sizeof(join.id), "%s", id);
	if (role) {
		join.present |= GEMCAST_BIT(GEMCAST_JOIN_ROLE);
		snprintf(join.role, sizeof(join.role), "%s", role);
	}
	if (wait) {
		join.present |= GEMCAST_BIT(GEMCAST_JOIN_WAIT);
		join.wait = wait;
	}
	world.told[call] = (struct told){ 0 };
	gm_join(world.gm, world_call(call), &join);
}

static void status_is_in_order(void **state)
{
	struct gemcast_membership m = { 0 }, next = { 0 };

	(void)state;
	world_begin(MAIN VIDEO("") AUDIO
		    "    - { name: news, key-servers: [ main ], role: both }\n");
	assert_int_equal(gm_membership(world.gm, NULL, &m), 0);
	assert_string_equal(m.name, "audio");
	assert_int_equal(gm_membership(world.gm, &m, &next), 0);
	assert_string_equal(next.name, "news");
	assert_string_equal(next.role, "both");
	assert_string_equal(next.id, "keyid:news");
	assert_in_range(next.group, GM_NUMBER_FIRST, GM_NUMBER_FIRST + GM_NUMBERS - 1);
	snprintf(m.name, sizeof(m.name), "ooo");
	assert_int_equal(gm_membership(world.gm, &m, &next), 0);
	assert_string_equal(next.name, "video");
	assert_int_equal(gm_membership(world.gm, &next, &m), -ENOENT);
	world_end();
}

static void numbers_are_the_same_after_a_restart(void **state)
{
	static const char conf[] = MAIN
		"  groups:\n"
		"    - { name: news, key-servers: [ main ] }\n"
		"    - { name: old, key-servers: [ main ] }\n";
	char text[1024];
	uint32_t number;

	(void)state;
	world_begin(conf);
	number = world_status("news").group;
	assert_int_not_equal(number, world_status("old").group);
	world_end();
	world_begin(conf);
	assert_int_equal(world_status("news").group, number);
	world_end();
	/* One that somebody has is passed over, wherever it stands. */
	snprintf(text, sizeof(text), "%s    - { name: own, key-servers: [ main ], number: %u }\n",
		 conf, number);
	world_begin(text);
	assert_int_equal(world_status("own").group, number);
	assert_int_equal(world_status("news").group, number + 1);
	world_end();
}

static void join_and_leave_by_name(void **state)
{
	struct gemcast_membership m;

	(void)state;
	world_begin(MAIN VIDEO(COMMAND));
	world_pass(0);
	assert_int_equal(world_sas(), 0);
	world_join(0, "video", NULL, 0);
	assert_true(world.told[0].done);
	assert_string_equal(world_state("video"), "registering");
	world_register(world_sa("192.0.2.1"), &one);
	world_pass(5 * S);
	assert_int_equal(world_status("video").since, 5 * S);
	/* Again: it is. */
	world_join(1, "video", NULL, 1000);
	assert_true(world.told[1].done);
	assert_string_equal(world_state("video"), "joined");
	world_leave(2, "video");
	assert_true(world.told[2].done);
	world_leave(3, "video");
	assert_true(world.told[3].done);
	m = world_status("video");
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_SINCE));
	world_end();
}

static void what_is_not_there_cannot_be_joined(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(COMMAND));
	world_join(0, "news", NULL, 0);
	assert_true(world.told[0].refused);
	assert_int_equal(world.told[0].error, -ENOENT);
	world_leave(1, "news");
	assert_int_equal(world.told[1].error, -ENOENT);
	join_id(2, "news", "192.0.2.77", NULL, 0);
	assert_int_equal(world.told[2].error, -ENOENT);
	join_id(3, "", "192.0.2.1", NULL, 0);
	assert_int_equal(world.told[3].error, -EINVAL);
	world_end();
}

static void who_waits_is_told_when_the_keys_are_there(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(COMMAND));
	world_pass(0);
	world_join(0, "video", NULL, 5000);
	world_join(1, "video", NULL, 5000);
	assert_false(world.told[0].done);
	assert_non_null(world.told[0].forget);
	world_register(world_sa("192.0.2.1"), &one);
	assert_true(world.told[0].done);
	assert_true(world.told[1].done);
	world_end();
}

static void who_waits_is_told_when_there_are_none(void **state)
{
	(void)state;
	world_begin(MAIN SPARE
		    "  groups:\n"
		    "    - { name: video, key-servers: [ main, spare ], register: command }\n");
	world_pass(0);
	world_join(0, "video", NULL, 5000);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(N_AUTHORIZATION_FAILED);
	assert_false(world.told[0].refused);
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.2")));
	world_refuse(N_AUTHORIZATION_FAILED);
	assert_true(world.told[0].refused);
	assert_int_equal(world.told[0].error, -EPERM);
	assert_non_null(strstr(world.told[0].text, "AUTHORIZATION_FAILED"));
	/* One that does not answer may do so later. */
	world_join(1, "video", NULL, 5000);
	world_pass(3 * S);
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "no answer");
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.2")));
	world_refuse(N_AUTHORIZATION_FAILED);
	assert_false(world.told[1].refused);
	world_leave(2, "video");
	assert_true(world.told[1].refused);
	world_end();
}

/* What is wrong here may be right soon. */
static void a_data_plane_that_refuses_is_no_answer(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(COMMAND));
	world_pass(0);
	world_join(0, "video", NULL, 5000);
	world.table.fail_at = world.table.calls + 2;
	world_register(world_sa("192.0.2.1"), &one);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_string_equal(world_state("video"), "waiting");
	assert_false(world.told[0].refused);
	world_pass(3 * S);
	world_register(world_sa("192.0.2.1"), &one);
	assert_true(world.told[0].done);
	world_end();
}

static void who_is_about_to_go_cannot_be_joined(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_reload(MAIN);
	assert_string_equal(world_state("video"), "leaving");
	world_join(0, "video", NULL, 0);
	assert_int_equal(world.told[0].error, -ENOENT);
	join_id(1, "keyid:video", "192.0.2.1", NULL, 0);
	assert_int_equal(world.told[1].error, -EEXIST);
	world_leave(2, "video");
	assert_int_equal(world.told[2].error, -ENOENT);
	world_end();
}

static void who_waits_may_go_away(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(COMMAND));
	world_pass(0);
	world_join(0, "video", NULL, 5000);
	world_join(1, "video", NULL, 5000);
	world_join(2, "video", NULL, 5000);
	world.told[1].forget(world.told[1].arg);
	world_register(world_sa("192.0.2.1"), &one);
	assert_true(world.told[0].done);
	assert_false(world.told[1].done);
	assert_true(world.told[2].done);
	world_end();
}

static void another_role_is_another_registration(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_join(0, "video", "receiver", 0);
	assert_string_equal(world_state("video"), "joined");
	world_join(1, "video", "both", 1000);
	assert_false(world.told[1].done);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_GROUP_SENDER));
	world_grant(&one_sid);
	assert_true(world.told[1].done);
	assert_string_equal(world_status("video").role, "both");
	/* Until it is left. */
	world_leave(2, "video");
	assert_string_equal(world_status("video").role, "receiver");
	world_end();
}

static void join_by_id_and_key_server(void **state)
{
	(void)state;
	world_begin(MAIN);
	join_id(0, "keyid:Live/1", "192.0.2.1", "sender", 5000);
	assert_string_equal(world_status("Live-1").role, "sender");
	assert_string_equal(world_status("Live-1").key_server, "main");
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_string_equal(world_asked_group(), "Live/1");
	world_grant(&one_sid);
	assert_true(world.told[0].done);
	assert_string_equal(world_state("Live-1"), "joined");
	/* The same one again, and another of that name. */
	join_id(1, "keyid:Live/1", "192.0.2.1", NULL, 0);
	assert_true(world.told[1].done);
	join_id(2, "keyid:Live:1", "192.0.2.1", NULL, 0);
	assert_int_equal(world.told[2].error, -EEXIST);
	/* It is gone when it is left. */
	world_leave(3, "Live-1");
	assert_true(world.told[3].done);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(0);
	assert_null(world_member("Live-1"));
	assert_int_equal(world_sas(), 0);
	assert_int_equal(world.table.n_policies, 0);
	world_end();
}

static void an_id_of_the_configuration_is_that_group(void **state)
{
	(void)state;
	world_begin(MAIN VIDEO(COMMAND));
	join_id(0, "keyid:video", "192.0.2.1", NULL, 0);
	assert_string_equal(world_state("video"), "registering");
	assert_int_equal(world_status("video").group, 7);
	world_end();
}

static void a_group_by_id_goes_with_its_key_server(void **state)
{
	static const char spare[] =
		"  key-servers:\n" SPARE
		"  groups: [ { name: audio, key-servers: [ spare ], register: command } ]\n";

	(void)state;
	world_begin(MAIN SPARE);
	join_id(0, "live", "192.0.2.1", NULL, 0);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("live"), "joined");
	world_reload(MAIN SPARE
		     "  groups: [ { name: audio, key-servers: [ spare ], register: command } ]\n");
	assert_string_equal(world_state("live"), "joined");
	assert_string_equal(world_status("live").key_server, "main");
	world_reload(spare);
	assert_null(world_member("live"));
	assert_int_equal(world.table.n_groups, 0);
	assert_int_equal(world_sas(), 0);
	assert_null(world.gm->links);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_in_order),
		cmocka_unit_test(numbers_are_the_same_after_a_restart),
		cmocka_unit_test(join_and_leave_by_name),
		cmocka_unit_test(what_is_not_there_cannot_be_joined),
		cmocka_unit_test(who_waits_is_told_when_the_keys_are_there),
		cmocka_unit_test(who_waits_is_told_when_there_are_none),
		cmocka_unit_test(a_data_plane_that_refuses_is_no_answer),
		cmocka_unit_test(who_is_about_to_go_cannot_be_joined),
		cmocka_unit_test(who_waits_may_go_away),
		cmocka_unit_test(another_role_is_another_registration),
		cmocka_unit_test(join_by_id_and_key_server),
		cmocka_unit_test(an_id_of_the_configuration_is_that_group),
		cmocka_unit_test(a_group_by_id_goes_with_its_key_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
