// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: new keys, and the end of SAs, by the key server's requests.
 */
#include <errno.h>
#include <string.h>
#include "gm_conf.h"
#include "group/gm_internal.h"
#include "test.h"

/* What follows `one` and `one_sid`. */
static const struct grant next = {
	.n_sas = 1,
	.sas = { { .spi = 0x1002, .dst = "239.1.1.1", .protocol = 17, .port = 5000,
		   .lifetime = 3600, .key = 2 } },
	.atd = 10, .dtd = 30,
};

static struct grant next_sid(void)
{
	struct grant grant = next;

	grant.sas[0].protocol = 0;
	grant.sas[0].port = 0;
	return grant;
}

static uint32_t sent_by(void)
{
	const struct gemcast_addr dst = addr_of("239.1.1.1"), src = addr_of("198.51.100.1");
	const struct plane_table_sa *sa = plane_table_current(&world.table, 7, &dst, &src);

	return sa ? sa->sa.spi : 0;
}

static void new_keys_come_beside_the_old(void **state)
{
	struct grant grant = next_sid();

	(void)state;
	world_joined(MAIN VIDEO(", role: both"), &one_sid);
	world_pass(100 * S);
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 2);
	assert_int_equal(world_status("video").epoch, 2);
	/* The same Sender-ID, under another key. */
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.sid, 5);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.sid_bits, 16);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.replay, GEMCAST_REPLAY_SID);
	world_pass(9999);
	assert_int_equal(sent_by(), 0x1001);
	world_pass(1);
	assert_int_equal(sent_by(), 0x1002);
	world_pass(19999);
	assert_int_equal(world.table.n_sas, 2);
	world_pass(1);
	assert_null(plane_table_sa(&world.table, 0x1001));
	/* And it is the new one's end that counts from now on. */
	assert_true(world_status("video").next_rollover > 3500 * S);
	world_pass(3200 * S);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void a_receiver_uses_them_at_once(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &next);
	assert_false(GEMCAST_HAS(&plane_table_sa(&world.table, 0x1002)->sa,
				 GEMCAST_A_SA_ACTIVATE));
	assert_int_equal(world.table.n_policies, 1);
	world_end();
}

static void no_delay_is_no_delay_but_never_a_gap(void **state)
{
	struct grant grant = next;

	(void)state;
	grant.atd = 0;
	grant.dtd = 0;
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(0);
	assert_int_equal(world.table.n_sas, 1);
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	world_end();

	grant = next_sid();
	grant.dtd = 0;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(9999);
	assert_int_equal(sent_by(), 0x1001);
	world_pass(1);
	assert_int_equal(sent_by(), 0x1002);
	assert_int_equal(world.table.n_sas, 1);
	world_end();
}

static void the_data_plane_keeps_the_time_too(void **state)
{
	struct grant again = one, later = next;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &next);
	/* The daemon does nothing any more. */
	world.table.user = (struct plane_user){ 0 };
	plane_table_run(&world.table, world.now + 29999);
	assert_int_equal(world.table.n_sas, 2);
	plane_table_run(&world.table, world.now + 30000);
	assert_null(plane_table_sa(&world.table, 0x1001));
	world_end();

	/* What is to go goes, whatever is said later. */
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &next);
	world_pass(10 * S);
	later.sas[0].spi = 0x1003;
	later.sas[0].key = 3;
	later.dtd = 300;
	world_rekey(world_sa("192.0.2.1"), &later);
	world_pass(20 * S);
	assert_null(plane_table_sa(&world.table, 0x1001));
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	world_end();

	/* What was to go, and is given again, does not. */
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &next);
	again.n_sas = 2;
	again.sas[1] = next.sas[0];
	world_rekey(world_sa("192.0.2.1"), &again);
	world_pass(3000 * S);
	assert_int_equal(world.table.n_sas, 2);
	world_end();
}

static void what_is_restated_stays(void **state)
{
	struct grant grant = next;

	(void)state;
	grant.n_sas = 2;
	grant.sas[1] = one.sas[0];
	grant.sas[1].no_key = true;
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(100 * S);
	assert_int_equal(world.table.n_sas, 2);
	/* A policy of what we do not have is nothing. */
	grant.n_sas = 1;
	grant.sas[0].spi = 0x7777;
	grant.sas[0].no_key = true;
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(100 * S);
	assert_int_equal(world.table.n_sas, 2);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void keys_of_other_packets_replace_nothing(void **state)
{
	struct grant grant = next;

	(void)state;
	grant.sas[0].dst = "239.1.1.7";
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(100 * S);
	assert_int_equal(world.table.n_sas, 2);
	assert_int_equal(world.table.n_policies, 2);
	/* A registration does: the policy goes with its last SA. */
	world_member("video")->due = world.now;
	world_pass(0);
	grant.dtd = 40;
	world_register(world_sa("192.0.2.1"), &grant);
	world_pass(39 * S);
	assert_non_null(world_policy("239.1.1.1"));
	world_pass(2 * S);
	assert_null(world_policy("239.1.1.1"));
	assert_int_equal(world.table.n_policies, 1);
	assert_int_equal(world.table.n_sas, 1);
	/* Or with the registration, if it has none any more. */
	gm_plane_drop_sa(world_member("video"), 0);
	world_member("video")->due = world.now;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &one);
	assert_null(world_policy("239.1.1.7"));
	assert_non_null(world_policy("239.1.1.1"));
	world_end();
}

static void transport_mode_stays(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.transport = true;
	world_joined(MAIN VIDEO(""), &grant);
	world_rekey(world_sa("192.0.2.1"), &next);
	assert_int_equal(world_policy("239.1.1.1")->mode, GEMCAST_MODE_TRANSPORT);
	world_end();
}

/* ---- which group */

static void two_groups(void)
{
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_grant(&other);
	world_register(world_sa("192.0.2.1"), &one);
	assert_string_equal(world_state("audio"), "joined");
	assert_string_equal(world_state("video"), "joined");
}

static void keys_find_their_group(void **state)
{
	struct grant grant = other;

	(void)state;
	two_groups();
	world_rekey(world_sa("192.0.2.1"), &next);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.group, 7);
	grant.sas[0].spi = 0x2002;
	grant.sas[0].key = 9;
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(plane_table_sa(&world.table, 0x2002)->sa.group, 8);
	assert_int_equal(world_status("video").epoch, 2);
	assert_int_equal(world_status("audio").epoch, 2);
	world_end();
}

static void who_cannot_tell_asks(void **state)
{
	struct grant grant = next;

	(void)state;
	grant.sas[0].dst = "239.1.1.9";
	two_groups();
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(world.table.n_sas, 2);
	world_pass(2 * S);
	assert_string_equal(world_state("audio"), "registering");
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

/* ---- what is not acceptable */

static void a_rekey_is_checked_like_a_registration(void **state)
{
	struct grant grant = next;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	grant.sas[0].dst = "239.9.9.9";
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(world.table.n_policies, 1);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_NO_PROPOSAL_CHOSEN));
	assert_string_equal(world_asked_group(), "video");
	world_refuse(0);
	/* It counts us out; what we have serves until it ends. */
	assert_string_equal(world_state("video"), "waiting");
	assert_non_null(strstr(world_status("video").error, "may give"));
	assert_int_equal(world_status("video").sas, 1);
	world_end();
}

static void what_cannot_be_taken_is_asked_for_anew(void **state)
{
	struct grant grant = next;

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	grant.sas[0].bad_key = true;
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(2 * S);
	assert_string_equal(world_state("video"), "registering");
	world_register(world_sa("192.0.2.1"), &one);

	world.table.fail_at = world.table.calls + 2;
	world_rekey(world_sa("192.0.2.1"), &next);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(2 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void a_sender_without_a_sender_id_asks_for_one(void **state)
{
	struct grant grant = next_sid();

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	world_member("video")->has_sid = false;
	world_member("video")->sid_bits = 0;
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_int_equal(world.table.n_sas, 1);
	world_pass(2 * S);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_GROUP_SENDER));
	world_end();
}

/* ---- the end of SAs */

static void an_sa_goes_when_its_time_is_over(void **state)
{
	static const uint8_t spi[] = { 0, 0, 0x10, 1 };
	struct grant grant = next;

	(void)state;
	grant.sas[0].dst = "239.1.1.7";
	grant.n_deletes = 1;
	grant.deletes[0] = (struct wire_delete){
		.protocol = PROTO_ESP, .spi_size = 4, .n_spis = 1, .spis = CHUNK(spi),
	};
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(29999);
	assert_non_null(plane_table_sa(&world.table, 0x1001));
	world_pass(1);
	assert_null(plane_table_sa(&world.table, 0x1001));
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	/* Still closed. */
	assert_non_null(world_policy("239.1.1.1"));
	world_end();
}

static void all_sas_but_the_new_ones_go(void **state)
{
	struct grant grant = next;

	(void)state;
	grant.n_deletes = 1;
	grant.deletes[0] = delete_all(PROTO_ESP);
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(31 * S);
	assert_null(plane_table_sa(&world.table, 0x1001));
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	assert_string_equal(world_state("video"), "joined");

	/* Without new ones by the delay of the last message, and then they are missed. */
	grant.n_sas = 0;
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	world_pass(31 * S);
	assert_int_equal(world.table.n_sas, 0);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void excluded_by(uint8_t protocol, size_t sas)
{
	struct grant grant = { .n_deletes = 1 };

	grant.deletes[0] = delete_all(protocol);
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "waiting");
	assert_true(world_status("video").retry > 0);
	world_pass(0);
	assert_int_equal(world.table.n_sas, sas);
	assert_non_null(world_policy("239.1.1.1"));
	world_pass(10 * S);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_REGISTRATION);
	world_grant(&next);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void who_is_excluded_registers_anew(void **state)
{
	(void)state;
	excluded_by(PROTO_GIKE_UPDATE, 1);
	excluded_by(PROTO_NONE, 0);
}

static void both_at_once_as_the_rfc_has_it(void **state)
{
	struct grant grant = { .n_deletes = 2 };

	(void)state;
	grant.deletes[0] = delete_all(PROTO_ESP);
	grant.deletes[1] = delete_all(PROTO_GIKE_UPDATE);
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "waiting");
	world_pass(0);
	assert_int_equal(world.table.n_sas, 0);
	/* The key server deletes the IKE SA as well: the wait goes on. */
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	assert_string_equal(world_state("video"), "waiting");
	world_pass(10 * S);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_AUTH);
	world_end();
}

/* It cannot say which of two groups it means. */
static void all_is_all_of_the_ike_sa(void **state)
{
	struct grant grant = { .n_deletes = 2 };

	(void)state;
	grant.deletes[0] = delete_all(PROTO_ESP);
	grant.deletes[1] = delete_all(PROTO_GIKE_UPDATE);
	two_groups();
	assert_int_equal(world.table.n_sas, 2);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(0);
	assert_int_equal(world.table.n_sas, 0);
	assert_string_equal(world_state("video"), "waiting");
	assert_string_equal(world_state("audio"), "waiting");
	world_end();
}

/* A rekey that does not say it leaves the mode as it is (Documentation/g-ikev2.md, 26). */
static void the_mode_stays(void **state)
{
	struct grant first = one, rekey = next;

	(void)state;
	first.transport = true;
	world_joined(MAIN VIDEO(""), &first);
	rekey.n_sas = 2;
	rekey.sas[1] = rekey.sas[0];
	rekey.sas[1].spi = 0x1003;
	rekey.sas[1].key = 9;
	rekey.sas[1].dst = "239.1.1.3";
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_int_equal(world.table.n_sas, 3);
	assert_int_equal(world_policy("239.1.1.1")->mode, GEMCAST_MODE_TRANSPORT);
	assert_int_equal(world_policy("239.1.1.3")->mode, GEMCAST_MODE_TUNNEL);
	rekey.transport = true;
	rekey.sas[0].spi = 0x1004;
	rekey.sas[0].key = 10;
	rekey.sas[1].spi = 0x1005;
	rekey.sas[1].key = 11;
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_int_equal(world_policy("239.1.1.3")->mode, GEMCAST_MODE_TRANSPORT);
	world_end();
}

static void other_deletes_are_not_ours(void **state)
{
	static const uint8_t spi[] = { 0, 0, 0x10, 1 };
	struct grant grant = { .n_deletes = 2 };

	(void)state;
	grant.deletes[0] = delete_all(PROTO_AH);
	grant.deletes[1] = (struct wire_delete){
		.protocol = PROTO_AH, .spi_size = 4, .n_spis = 1, .spis = CHUNK(spi),
	};
	world_joined(MAIN VIDEO(""), &one);
	world_rekey(world_sa("192.0.2.1"), &grant);
	world_pass(10 * S);
	assert_int_equal(world.table.n_sas, 1);
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void who_leaves_takes_no_keys(void **state)
{
	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	world_leave(0, "video");
	world_rekey(world_sa("192.0.2.1"), &next);
	assert_int_equal(world.table.n_sas, 0);
	assert_int_equal(world.table.n_groups, 0);
	world_end();

	/* Nor who has not registered yet. */
	two_groups();
	world_leave(0, "video");
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(0);
	world_join(1, "video", NULL, 0);
	world_rekey(world_sa("192.0.2.1"), &next);
	assert_string_equal(world_state("video"), "registering");
	assert_null(plane_table_sa(&world.table, 0x1002));
	world_end();
}

/* The answer that is on its way may bring another Sender-ID (RFC 9838 2.5.1). */
static void no_keys_by_a_sender_id_of_before(void **state)
{
	struct grant rekey = one_sid, answer = one_sid;

	(void)state;
	world_joined(MAIN VIDEO(", role: sender"), &one_sid);
	world_pass(3456 * S);
	assert_string_equal(world_state("video"), "registering");
	assert_true(world_ask(world_sa("192.0.2.1")));
	rekey.n_sids = 0;
	rekey.sid_bits = 0;
	rekey.sas[0].spi = 0x1002;
	rekey.sas[0].key = 2;
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_null(plane_table_sa(&world.table, 0x1002));
	answer.sids[0] = 9;
	answer.sas[0] = rekey.sas[0];
	world_grant(&answer);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.sid, 9);
	world_end();
}

static void requests_of_others_do_nothing(void **state)
{
	struct wire_message request = { .header.exchange = GSA_REGISTRATION };
	struct ike_content response = { 0 };
	struct ike_sa stranger = { .there = true };

	(void)state;
	world_joined(MAIN VIDEO(""), &one);
	gm_request(world.gm, world_sa("192.0.2.1"), &request, &response);
	gm_request(world.gm, &stranger, &request, &response);
	gm_ended(world.gm, &stranger, IKE_END_DELETED, "deleted");
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_keys_come_beside_the_old),
		cmocka_unit_test(a_receiver_uses_them_at_once),
		cmocka_unit_test(no_delay_is_no_delay_but_never_a_gap),
		cmocka_unit_test(the_data_plane_keeps_the_time_too),
		cmocka_unit_test(what_is_restated_stays),
		cmocka_unit_test(keys_of_other_packets_replace_nothing),
		cmocka_unit_test(transport_mode_stays),
		cmocka_unit_test(keys_find_their_group),
		cmocka_unit_test(who_cannot_tell_asks),
		cmocka_unit_test(a_rekey_is_checked_like_a_registration),
		cmocka_unit_test(what_cannot_be_taken_is_asked_for_anew),
		cmocka_unit_test(a_sender_without_a_sender_id_asks_for_one),
		cmocka_unit_test(an_sa_goes_when_its_time_is_over),
		cmocka_unit_test(all_sas_but_the_new_ones_go),
		cmocka_unit_test(who_is_excluded_registers_anew),
		cmocka_unit_test(both_at_once_as_the_rfc_has_it),
		cmocka_unit_test(all_is_all_of_the_ike_sa),
		cmocka_unit_test(the_mode_stays),
		cmocka_unit_test(other_deletes_are_not_ours),
		cmocka_unit_test(who_leaves_takes_no_keys),
		cmocka_unit_test(no_keys_by_a_sender_id_of_before),
		cmocka_unit_test(requests_of_others_do_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
