// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: new keys, and the end of SAs, by multicast (GSA_REKEY).
 */
#include <errno.h>
#include <string.h>
#include "gm_rekey.h"
#include "test.h"

/* ---- new keys */

static void new_keys_come_beside_the_old(void **state)
{
	const struct grant grant = first_sid(), rekey = next_sid();

	(void)state;
	join(", role: both", &grant);
	world_pass(100 * S);
	update(&rekey);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 2);
	assert_int_equal(world_status("video").epoch, 2);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.sid, 5);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->key[0], 2);
	world_pass(9999);
	assert_int_equal(sent_by(), 0x1001);
	world_pass(1);
	assert_int_equal(sent_by(), 0x1002);
	world_pass(19999);
	assert_true(has(0x1001));
	world_pass(1);
	assert_false(has(0x1001));
	assert_int_equal(gm_stats(world.gm)->taken, 1);
	world_end();
}

static void each_way_to_sign(void **state)
{
	static const uint32_t ways[] = {
		CONF_REKEY_ED25519, CONF_REKEY_ECDSA_P256, CONF_REKEY_ECDSA_P384,
		CONF_REKEY_IMPLICIT,
	};
	const struct grant grant = first(), rekey = next();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		world_begin(MAIN VIDEO(""));
		world.rekey_auth = ways[i];
		world_pass(0);
		world_register(world_sa("192.0.2.1"), &grant);
		update(&rekey);
		assert_true(has(0x1002));
		world_end();
	}
}

/* Without the IKE SA, which the key server may close (RFC 9838 2.3.3). */
static void the_ike_sa_is_not_needed(void **state)
{
	struct grant rekey = next();

	(void)state;
	joined();
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	assert_string_equal(world_state("video"), "joined");
	assert_true(world_member("video")->due - world.now > 3000 * S);
	world_pass(3000 * S);
	rekey.rekey_sa = 2;
	rekey.rekey_lifetime = 7200;
	update(&rekey);
	assert_true(has(0x1002));
	/* It is the new ones' end that counts. */
	world_pass(3200 * S);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world_sas(), 0);
	world_pass(400 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void copies_and_old_messages_do_nothing(void **state)
{
	struct grant rekey = next(), third = next();
	struct rekey_datagrams copy;

	(void)state;
	joined();
	world_seal(1, &rekey, &copy);
	world_deliver(&copy);
	assert_int_equal(expected_id(), 1);
	third.sas[0].spi = 0x1003;
	third.sas[0].key = 3;
	update(&third);
	assert_int_equal(expected_id(), 2);
	world_pass(30 * S);
	assert_false(has(0x1001));
	assert_false(has(0x1002));
	world_deliver(&copy);
	world_deliver(&copy);
	assert_false(has(0x1002));
	assert_int_equal(expected_id(), 2);
	assert_int_equal(gm_stats(world.gm)->old_message_id, 2);
	assert_int_equal(gm_stats(world.gm)->taken, 2);
	/* Messages may be missing between two. */
	world_rekey_sa(1)->next_id = 77;
	rekey.sas[0].spi = 0x1004;
	rekey.sas[0].key = 4;
	update(&rekey);
	assert_true(has(0x1004));
	assert_int_equal(expected_id(), 78);
	rekey_datagrams_free(&copy);
	world_end();
}

/* RFC 9838 2.3.3, 2.4.1.4; Documentation/g-ikev2.md, 7 */
static void messages_of_before_the_registration_are_old(void **state)
{
	const struct grant grant = first(), rekey = next();
	struct rekey_datagrams old;

	(void)state;
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	world_seal(1, &rekey, &old);
	world_register(world_sa("192.0.2.1"), &grant);
	assert_int_equal(expected_id(), 1);
	world_deliver(&old);
	assert_false(has(0x1002));
	/* Another registration does not lower it. */
	update(&rekey);
	assert_int_equal(expected_id(), 2);
	world_rekey_sa(1)->next_id = 1;
	world_member("video")->due = world.now;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &grant);
	assert_int_equal(expected_id(), 2);
	rekey_datagrams_free(&old);
	world_end();
}

static void fragments_make_a_message(void **state)
{
	struct grant rekey = next(), later = next();
	struct rekey_datagrams parts, others;
	size_t i;

	(void)state;
	joined();
	world.threshold = 150;
	rekey.n_sas = 3;
	rekey.sas[1] = rekey.sas[2] = rekey.sas[0];
	rekey.sas[1].spi = 0x1102;
	rekey.sas[1].dst = "239.1.1.2";
	rekey.sas[2].spi = 0x1202;
	rekey.sas[2].dst = "239.1.1.3";
	world_seal(1, &rekey, &parts);
	assert_true(parts.n >= 3);
	later.sas[0].spi = 0x1003;
	world_seal(1, &later, &others);
	assert_true(others.n >= 2);
	/* Backwards, twice each, with another message's between, one of them lost at first. */
	for (i = parts.n; --i;) {
		world_datagram(parts.datagram[i]);
		world_datagram(others.datagram[1]);
		world_datagram(parts.datagram[i]);
	}
	assert_int_equal(world.table.n_sas, 1);
	/* A registration does not lose them. */
	world_member("video")->due = world.now;
	world_pass(0);
	world_rekey_sa(1)->next_id = 0;
	rekey = first();
	world_register(world_sa("192.0.2.1"), &rekey);
	world_deliver(&parts);
	assert_true(has(0x1002));
	assert_true(has(0x1102));
	assert_true(has(0x1202));
	for (i = 0; i < others.n; i++)
		if (i != 1)
			world_datagram(others.datagram[i]);
	assert_true(has(0x1003));
	rekey_datagrams_free(&parts);
	rekey_datagrams_free(&others);
	world_end();
}

/* ---- who is not believed */

static void each_changed_bit_is_seen(void **state)
{
	const struct grant rekey = next();
	struct rekey_datagrams message;
	uint8_t bytes[2048];
	size_t len, i;

	(void)state;
	joined();
	world_seal(1, &rekey, &message);
	assert_int_equal(message.n, 1);
	len = message.datagram[0].len;
	memcpy(bytes, message.datagram[0].data, len);
	for (i = 0; i < 8 * len; i++) {
		bytes[i / 8] ^= 1 << i % 8;
		world_datagram((struct chunk){ bytes, len });
		bytes[i / 8] ^= 1 << i % 8;
	}
	for (i = 0; i < len; i++)
		world_datagram((struct chunk){ bytes, i });
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(expected_id(), 0);
	assert_int_equal(gm_stats(world.gm)->taken, 0);
	assert_int_equal(gm_stats(world.gm)->received, 9 * len);
	assert_true(gm_stats(world.gm)->not_authentic > 4 * len);
	assert_true(gm_stats(world.gm)->unknown_spi >= 128);
	assert_string_equal(world_state("video"), "joined");
	world_deliver(&message);
	assert_true(has(0x1002));
	rekey_datagrams_free(&message);
	world_end();
}

/* A member has all keys but the one to sign by. */
static void another_member_is_not_the_key_server(void **state)
{
	const struct grant rekey = next();
	struct rekey_sa *sa;
	struct key own;

	(void)state;
	joined();
	sa = world_rekey_sa(1);
	own = sa->key;
	assert_int_equal(key_generate(&world.crypto, KEY_ED25519, &sa->key), 0);
	update(&rekey);
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(gm_stats(world.gm)->not_authentic, 1);
	assert_int_equal(expected_id(), 0);
	key_free(&sa->key);
	sa->key = own;
	update(&rekey);
	assert_true(has(0x1002));
	world_end();
}

static void unsigned_messages_are_none(void **state)
{
	const struct grant rekey = next();
	const struct scheme *scheme;

	(void)state;
	joined();
	scheme = world_rekey_sa(1)->scheme;
	world_rekey_sa(1)->scheme = NULL;
	update(&rekey);
	world_rekey_sa(1)->scheme = scheme;
	assert_int_equal(world.table.n_sas, 1);
	assert_int_equal(gm_stats(world.gm)->not_authentic, 1);
	world_end();
}

static void they_come_from_where_and_to_where_it_is_said(void **state)
{
	const struct grant grant = first(), rekey = next();
	struct rekey_datagrams message;

	(void)state;
	joined();
	world_seal(1, &rekey, &message);
	world_datagram_by("192.0.2.9", 848, "239.255.0.1", 848, message.datagram[0]);
	world_datagram_by("192.0.2.1", 848, "239.255.0.2", 848, message.datagram[0]);
	world_datagram_by("192.0.2.1", 848, "239.255.0.1", 849, message.datagram[0]);
	world_datagram_by("2001:db8::1", 848, "239.255.0.1", 848, message.datagram[0]);
	assert_int_equal(gm_stats(world.gm)->wrong_address, 4);
	assert_int_equal(world.table.n_sas, 1);
	world_datagram_by("192.0.2.1", 4711, "239.255.0.1", 848, message.datagram[0]);
	assert_true(has(0x1002));
	rekey_datagrams_free(&message);
	world_end();

	/* From one port alone. */
	world_begin(MAIN VIDEO(""));
	world_rekey_sa(1)->src.start_port = world_rekey_sa(1)->src.end_port = 848;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &grant);
	world_seal(1, &rekey, &message);
	world_datagram_by("192.0.2.1", 847, "239.255.0.1", 848, message.datagram[0]);
	world_datagram_by("192.0.2.1", 849, "239.255.0.1", 848, message.datagram[0]);
	assert_int_equal(gm_stats(world.gm)->wrong_address, 2);
	world_deliver(&message);
	assert_true(has(0x1002));
	rekey_datagrams_free(&message);
	world_end();
}

static void a_message_is_for_one_group(void **state)
{
	struct grant rekey = next();

	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_grant(&(struct grant){ .n_sas = 1, .sas = { other.sas[0] }, .rekey_sa = 1 });
	world_register(world_sa("192.0.2.1"),
		       &(struct grant){ .n_sas = 1, .sas = { one.sas[0] }, .rekey_sa = 2 });
	assert_int_equal(world_listens("239.255.0.1"), 2);
	world_update(2, &rekey);
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.group, 7);
	assert_int_equal(world_status("audio").epoch, 1);
	/* All SAs are those of the group, and excluded is who is in it. */
	rekey = (struct grant){ .n_deletes = 2 };
	rekey.deletes[0] = delete_all(PROTO_ESP);
	rekey.deletes[1] = delete_all(PROTO_GIKE_UPDATE);
	world_update(1, &rekey);
	assert_string_equal(world_state("audio"), "waiting");
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world_status("video").sas, 2);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	world_end();
}

/* ---- what cannot be used */

static void nothing_of_it_is_taken(void **state)
{
	struct grant rekey = next();
	unsigned int calls;
	size_t i;

	(void)state;
	rekey.n_sas = 2;
	rekey.sas[1] = rekey.sas[0];
	rekey.sas[1].spi = 0x1102;
	rekey.sas[1].dst = "239.1.1.2";
	rekey.rekey_sa = 2;
	for (i = 1; i <= 4; i++) {
		joined();
		calls = world.table.calls;
		world.table.fail_at = calls + i;
		update(&rekey);
		assert_int_equal(world.table.n_sas, 1);
		assert_int_equal(world.table.n_policies, 1);
		assert_int_equal(world_listens("239.255.0.1"), 1);
		assert_ptr_equal(gm_rekey_sa(world_member("video")),
				 world_member("video")->rekey_sas);
		/* A copy of it may be better. */
		assert_int_equal(expected_id(), 0);
		world_rekey_sa(1)->next_id = 0;
		update(&rekey);
		assert_int_equal(world.table.n_sas, 3);
		assert_int_equal(world_listens("239.255.0.1"), 2);
		world_pass(20 * S);
		assert_string_equal(world_state("video"), "joined");
		world_end();
	}
	joined();
	world.join_fails = -ENOBUFS;
	update(&rekey);
	assert_int_equal(world.table.n_sas, 1);
	world_end();
}

static void registers(const struct grant *rekey, bool again)
{
	const uint64_t began = world.now;

	update(rekey);
	assert_false(has(0x1002));
	assert_int_equal(gm_stats(world.gm)->not_taken, 1);
	assert_int_equal(expected_id(), again ? 0 : 1);
	assert_string_equal(world_state("video"), "joined");
	/* In a second at most, as nothing is known of ATD. */
	assert_in_range(world_member("video")->due, began, began + 1 * S);
	world_pass(1 * S);
	assert_string_equal(world_state("video"), "registering");
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_REGISTRATION);
	world_end();
}

static void what_cannot_be_used_is_asked_for(void **state)
{
	struct grant rekey = next(), sid = next_sid(), grant = first_sid();

	(void)state;
	joined();
	rekey.sas[0].bad_key = true;
	registers(&rekey, false);
	joined();
	rekey = next();
	rekey.sas[0].dst = "239.9.9.9";
	registers(&rekey, false);
	joined();
	rekey = next();
	rekey.rekey_sa = 2;
	rekey.rekey_encr = ENCR_CHACHA20_POLY1305;
	registers(&rekey, false);
	/* RFC 9838 3.3: excluded by a key tree. */
	joined();
	rekey = next();
	rekey.rekey_sa = 2;
	rekey.rekey_kwk = 3;
	registers(&rekey, true);
	/* 2.4.1.4: a sender without a Sender-ID. */
	join(", role: sender", &grant);
	world_member("video")->has_sid = false;
	world_member("video")->sid_bits = 0;
	registers(&sid, true);
}

static void it_is_spread_well_within_atd(void **state)
{
	struct grant grant = first(), rekey = next();

	(void)state;
	grant.atd = 40;
	join("", &grant);
	world.random = 0xffffffff;
	rekey.sas[0].bad_key = true;
	update(&rekey);
	assert_in_range(world_member("video")->due - world.now, 1, 10 * S);
	world_end();
}

/* The answer that is on its way may bring another Sender-ID (RFC 9838 2.5.1). */
static void no_keys_by_a_sender_id_of_before(void **state)
{
	struct grant grant = first_sid(), rekey = next_sid();
	struct rekey_datagrams copy;

	(void)state;
	join(", role: sender", &grant);
	world_member("video")->due = world.now;
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_seal(1, &rekey, &copy);
	world_deliver(&copy);
	assert_false(has(0x1002));
	/* The answer does not know of the new SAs, but a copy does. */
	grant.sids[0] = 9;
	grant.sas[0].spi = 0x1003;
	grant.sas[0].key = 3;
	world_rekey_sa(1)->next_id = 0;
	world_grant(&grant);
	world_deliver(&copy);
	assert_true(has(0x1002));
	assert_int_equal(plane_table_sa(&world.table, 0x1002)->sa.sid, 9);
	rekey_datagrams_free(&copy);
	world_end();
}

static void keys_come_while_it_registers(void **state)
{
	const struct grant rekey = next();

	(void)state;
	joined();
	world_member("video")->due = world.now;
	world_pass(0);
	assert_string_equal(world_state("video"), "registering");
	update(&rekey);
	assert_true(has(0x1002));
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

/* ---- the end */

static void sas_are_deleted(void **state)
{
	static const uint8_t spi[] = { 0, 0, 0x10, 1 };
	struct grant rekey = next();

	(void)state;
	joined();
	rekey.n_deletes = 1;
	rekey.deletes[0] = (struct wire_delete){
		.protocol = PROTO_ESP, .spi_size = 4, .n_spis = 1, .spis = CHUNK(spi),
	};
	rekey.sas[0].dst = "239.1.1.7";
	update(&rekey);
	world_pass(29999);
	assert_true(has(0x1001));
	world_pass(1);
	assert_false(has(0x1001));
	assert_true(has(0x1002));
	world_end();

	/* All but the new ones; then those, and they are missed. */
	joined();
	rekey = next();
	rekey.n_deletes = 1;
	rekey.deletes[0] = delete_all(PROTO_ESP);
	update(&rekey);
	world_pass(30 * S);
	assert_false(has(0x1001));
	assert_true(has(0x1002));
	rekey.n_sas = 0;
	update(&rekey);
	world_pass(29 * S);
	assert_true(has(0x1002));
	world_pass(3 * S);
	assert_int_equal(world.table.n_sas, 0);
	assert_string_equal(world_state("video"), "registering");
	assert_non_null(world_policy("239.1.1.1"));
	world_end();
}

static void who_is_excluded_registers_anew(void **state)
{
	struct grant rekey = { .n_deletes = 2 };
	struct rekey_datagrams copy;
	struct grant grant = first();

	(void)state;
	joined();
	rekey.deletes[0] = delete_all(PROTO_ESP);
	rekey.deletes[1] = delete_all(PROTO_GIKE_UPDATE);
	world_seal(1, &rekey, &copy);
	world_deliver(&copy);
	assert_string_equal(world_state("video"), "waiting");
	assert_true(world_status("video").retry >= 1 * S);
	assert_int_equal(world_listens("239.255.0.1"), 0);
	world_pass(0);
	assert_int_equal(world.table.n_sas, 0);
	assert_non_null(world_policy("239.1.1.1"));
	/* Copies do not make it wait anew. */
	world_deliver(&copy);
	world_pass(6 * S);
	assert_string_equal(world_state("video"), "registering");
	world_register(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "joined");
	rekey_datagrams_free(&copy);
	world_end();
}

static void who_leaves_hears_nothing(void **state)
{
	const struct grant rekey = next();

	(void)state;
	joined();
	world_leave(0, "video");
	update(&rekey);
	assert_int_equal(world.table.n_sas, 0);
	assert_int_equal(gm_stats(world.gm)->unknown_spi, 1);
	world_end();
}

/* ---- limits of use */

static void limits_are_those_of_a_sender(void **state)
{
	struct grant grant = first_sid();
	const struct gemcast_sa *sa;

	(void)state;
	grant.sas[0].limits = (struct sa_limits){ .spi = 0x1001, .packets = 1000 };
	join(", role: both", &grant);
	sa = &plane_table_sa(&world.table, 0x1001)->sa;
	assert_true(GEMCAST_HAS(sa, GEMCAST_A_SA_SOFT_PACKETS));
	assert_int_equal(sa->soft_packets, 1000);
	assert_false(GEMCAST_HAS(sa, GEMCAST_A_SA_SOFT_BYTES));
	grant = next_sid();
	grant.sas[0].limits = (struct sa_limits){ .spi = 0x1002, .bytes = 1 << 30 };
	update(&grant);
	sa = &plane_table_sa(&world.table, 0x1002)->sa;
	assert_false(GEMCAST_HAS(sa, GEMCAST_A_SA_SOFT_PACKETS));
	assert_int_equal(sa->soft_bytes, 1 << 30);
	world_end();

	grant = first();
	grant.sas[0].limits = (struct sa_limits){ .spi = 0x1001, .packets = 1000 };
	join("", &grant);
	assert_false(GEMCAST_HAS(&plane_table_sa(&world.table, 0x1001)->sa,
				 GEMCAST_A_SA_SOFT_PACKETS));
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_keys_come_beside_the_old),
		cmocka_unit_test(each_way_to_sign),
		cmocka_unit_test(the_ike_sa_is_not_needed),
		cmocka_unit_test(copies_and_old_messages_do_nothing),
		cmocka_unit_test(messages_of_before_the_registration_are_old),
		cmocka_unit_test(fragments_make_a_message),
		cmocka_unit_test(each_changed_bit_is_seen),
		cmocka_unit_test(another_member_is_not_the_key_server),
		cmocka_unit_test(unsigned_messages_are_none),
		cmocka_unit_test(they_come_from_where_and_to_where_it_is_said),
		cmocka_unit_test(a_message_is_for_one_group),
		cmocka_unit_test(nothing_of_it_is_taken),
		cmocka_unit_test(what_cannot_be_used_is_asked_for),
		cmocka_unit_test(it_is_spread_well_within_atd),
		cmocka_unit_test(no_keys_by_a_sender_id_of_before),
		cmocka_unit_test(keys_come_while_it_registers),
		cmocka_unit_test(sas_are_deleted),
		cmocka_unit_test(who_is_excluded_registers_anew),
		cmocka_unit_test(who_leaves_hears_nothing),
		cmocka_unit_test(limits_are_those_of_a_sender),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
