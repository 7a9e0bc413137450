// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: its Rekey SAs, from the first that a registration gives to the end of
 * the last.
 */
#include <errno.h>
#include <string.h>
#include "gm_rekey.h"
#include "test.h"

/* ---- the Rekey SA of a registration */

static void its_address_is_joined_and_left(void **state)
{
	const struct grant with = first();

	(void)state;
	join(", interface: eth7", &with);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	assert_int_equal(world.groups[0].group.to.port, 848);
	assert_string_equal(world.groups[0].group.interface, "eth7");
	assert_true(net_addr_equal(&world.groups[0].group.source,
				   &world.sas[0].target.remote.addr));
	/* Registered again, it is still one. */
	world_member("video")->due = world.now;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &with);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	world_leave(0, "video");
	assert_int_equal(world_listens("239.255.0.1"), 0);
	world_end();

	/* It goes as the daemon stops, and with a configuration that changes. */
	joined();
	world_reload(MAIN VIDEO(", role: both"));
	assert_int_equal(world_listens("239.255.0.1"), 0);
	world_end();
	joined();
	gm_stop(world.gm);
	assert_int_equal(world_listens("239.255.0.1"), 0);
	world_end();
}

static void a_registration_without_one_ends_it(void **state)
{
	struct grant grant = one;

	(void)state;
	grant.dtd = 30;
	joined();
	world_member("video")->due = world.now;
	world_pass(0);
	world_register(world_sa("192.0.2.1"), &grant);
	assert_null(gm_rekey_sa(world_member("video")));
	world_pass(29999);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	world_pass(1);
	assert_int_equal(world_listens("239.255.0.1"), 0);
	world_end();
}

static void refused(struct grant *grant, uint16_t notify)
{
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	world_register(world_sa("192.0.2.1"), grant);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(notify));
	assert_int_equal(world.table.n_sas, 0);
	assert_int_equal(world_listens("239.255.0.1"), 0);
	assert_null(world_member("video")->rekey_sas);
	world_end();
}

static void what_it_cannot_do_is_refused(void **state)
{
	struct grant grant = first();

	(void)state;
	grant.rekey_encr = ENCR_CHACHA20_POLY1305;
	refused(&grant, N_NO_PROPOSAL_CHOSEN);
	grant = first();
	grant.rekey_bad_key = true;
	refused(&grant, N_REGISTRATION_FAILED);
	grant = first();
	grant.rekey_short_key = true;
	refused(&grant, N_REGISTRATION_FAILED);
	/* A key of a key tree, that it cannot have. */
	grant = first();
	grant.rekey_kwk = 5;
	refused(&grant, N_REGISTRATION_FAILED);
}

static void nobody_gives_the_rekey_sa_of_another_group(void **state)
{
	struct grant grant = first();

	(void)state;
	world_begin(MAIN VIDEO("") AUDIO);
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_grant(&(struct grant){ .n_sas = 1, .sas = { other.sas[0] }, .rekey_sa = 1 });
	assert_string_equal(world_state("audio"), "joined");
	world_register(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "registering");
	assert_non_null(strstr(world_status("video").error, "audio"));
	assert_null(world_member("video")->rekey_sas);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	world_end();
}

static void who_cannot_listen_is_a_member_all_the_same(void **state)
{
	const struct grant grant = first();

	(void)state;
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	world.join_fails = -ENOBUFS;
	world_register(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(world.table.n_sas, 1);
	assert_null(world_member("video")->rekey_sas);
	/* And excluded as one without it, when the IKE SA ends. */
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	assert_in_range(world_member("video")->due - world.now, 0, 10 * S);
	world_end();
}

/* ---- a Rekey SA after the other */

static void a_new_rekey_sa_comes_over_the_old(void **state)
{
	struct grant rekey = next(), third = next();

	(void)state;
	joined();
	rekey.rekey_sa = 2;
	/* RFC 9838 3.3: the key that is for it is not the first. */
	rekey.rekey_tree = true;
	update(&rekey);
	assert_true(has(0x1002));
	assert_int_equal(world_listens("239.255.0.1"), 2);
	assert_int_equal(expected_id(), 0);
	/* Both are good until DTD is over, and then the new one. */
	world_pass(29 * S);
	third.sas[0].spi = 0x1003;
	third.sas[0].key = 3;
	update(&third);
	assert_true(has(0x1003));
	world_pass(1 * S);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	third.sas[0].spi = 0x1004;
	third.sas[0].key = 4;
	update(&third);
	assert_false(has(0x1004));
	assert_int_equal(gm_stats(world.gm)->unknown_spi, 1);
	third.sas[0].spi = 0x1005;
	third.sas[0].key = 5;
	world_update(2, &third);
	assert_true(has(0x1005));
	world_end();
}

/* Whether it was taken away by then or not. */
static void it_is_over_when_its_time_is(void **state)
{
	struct grant grant = first(), rekey = next();

	(void)state;
	grant.rekey_lifetime = 100;
	join("", &grant);
	world.now += 100 * S;
	update(&rekey);
	assert_false(has(0x1002));
	assert_int_equal(gm_stats(world.gm)->unknown_spi, 1);
	world_end();

	joined();
	rekey.rekey_sa = 2;
	rekey.dtd = 0;
	update(&rekey);
	assert_true(has(0x1002));
	rekey.sas[0].spi = 0x1003;
	rekey.sas[0].key = 3;
	update(&rekey);
	assert_false(has(0x1003));
	assert_int_equal(gm_stats(world.gm)->unknown_spi, 1);
	world_end();
}

/* Senders may get it first by their IKE SAs, and then again with all others. */
static void it_may_have_come_in_band_before(void **state)
{
	struct grant rekey = next(), third = next();

	(void)state;
	joined();
	rekey.rekey_sa = 2;
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_int_equal(world_status("video").epoch, 2);
	third.sas[0].spi = 0x1003;
	third.sas[0].key = 3;
	world_update(2, &third);
	assert_true(has(0x1003));
	assert_int_equal(expected_id(), 1);
	update(&rekey);
	assert_int_equal(gm_stats(world.gm)->taken, 2);
	assert_int_equal(gm_stats(world.gm)->not_taken, 0);
	assert_int_equal(world_status("video").epoch, 3);
	assert_int_equal(world_listens("239.255.0.1"), 2);
	/* What it has heard over the new one stays old. */
	assert_int_equal(expected_id(), 1);
	world_end();
}

static void new_keys_for_an_spi_are_refused(void **state)
{
	struct grant rekey = next();
	struct rekey_sa *second;

	(void)state;
	joined();
	rekey.rekey_sa = 2;
	update(&rekey);
	second = world_rekey_sa(2);
	rekey.sas[0].spi = 0x1003;
	second->keymat.data[0] ^= 1;
	update(&rekey);
	second->keymat.data[0] ^= 1;
	assert_false(has(0x1003));
	assert_int_equal(gm_stats(world.gm)->not_taken, 1);
	/* The Rekey SA that a message comes by may be restated, with keys or without. */
	rekey = next();
	rekey.rekey_sa = 1;
	rekey.sas[0].spi = 0x1004;
	rekey.sas[0].key = 4;
	update(&rekey);
	assert_true(has(0x1004));
	rekey.rekey_no_key = true;
	rekey.sas[0].spi = 0x1005;
	rekey.sas[0].key = 5;
	update(&rekey);
	assert_true(has(0x1005));
	assert_int_equal(world_listens("239.255.0.1"), 2);
	world_end();
}

static void in_band_it_follows_one_of_a_registration(void **state)
{
	struct grant rekey = next();

	(void)state;
	rekey.rekey_sa = 2;
	join("", &one);
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_false(has(0x1002));
	assert_null(world_member("video")->rekey_sas);
	world_pass(2 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

static void another_key_to_sign_by(void **state)
{
	struct grant rekey = next(), third = next();
	struct secret spki;
	struct rekey_sa *sa;
	struct key new;

	(void)state;
	joined();
	sa = world_rekey_sa(1);
	assert_int_equal(key_generate(&world.crypto, KEY_ED25519, &new), 0);
	assert_int_equal(key_to_spki(&new, &spki), 0);
	rekey.auth_key = secret_chunk(&spki);
	/* All or nothing. */
	world.table.fail_at = world.table.calls + 1;
	update(&rekey);
	assert_false(has(0x1002));
	update(&rekey);
	assert_true(has(0x1002));
	third.sas[0].spi = 0x1003;
	third.sas[0].key = 3;
	update(&third);
	assert_false(has(0x1003));
	key_free(&sa->key);
	sa->key = new;
	update(&third);
	assert_true(has(0x1003));
	secret_free(&spki);
	/* One that does not fit. */
	assert_int_equal(key_generate(&world.crypto, KEY_P256, &new), 0);
	assert_int_equal(key_to_spki(&new, &spki), 0);
	rekey.auth_key = secret_chunk(&spki);
	rekey.sas[0].spi = 0x1004;
	rekey.sas[0].key = 4;
	update(&rekey);
	assert_false(has(0x1004));
	update(&third);
	assert_int_equal(gm_stats(world.gm)->taken, 3);
	secret_free(&spki);
	key_free(&new);
	world_end();
}

/* With a new Rekey SA it is that one's. */
static void another_key_for_the_new_rekey_sa(void **state)
{
	struct grant rekey = next(), third = next();
	struct rekey_sa *second;
	struct secret spki;

	(void)state;
	joined();
	second = world_rekey_sa(2);
	key_free(&second->key);
	assert_int_equal(key_generate(&world.crypto, KEY_ED25519, &second->key), 0);
	assert_int_equal(key_to_spki(&second->key, &spki), 0);
	rekey.rekey_sa = 2;
	rekey.auth_key = secret_chunk(&spki);
	update(&rekey);
	third.sas[0].spi = 0x1003;
	third.sas[0].key = 3;
	world_update(2, &third);
	assert_true(has(0x1003));
	third.sas[0].spi = 0x1004;
	third.sas[0].key = 4;
	update(&third);
	assert_true(has(0x1004));
	secret_free(&spki);
	world_end();
}

/* ---- as gemcast status shows it */

static void it_is_shown(void **state)
{
	static const char first_spi[] = "11111111111111111111111111111111",
			  second_spi[] = "12121212121212121212121212121212";
	struct grant grant = first(), rekey = next();
	struct gemcast_membership m;

	(void)state;
	grant.rekey_lifetime = 100;
	join("", &grant);
	world_pass(1500);
	m = world_status("video");
	assert_string_equal(m.rekey_spi, first_spi);
	assert_int_equal(m.rekey_addr.family, AF_INET);
	assert_int_equal(m.rekey_addr.in.s_addr, addr_of("239.255.0.1").in.s_addr);
	assert_int_equal(m.rekey_port, 848);
	assert_true(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_LEFT));
	assert_int_equal(m.rekey_left, 98500);
	/* Nothing was heard. */
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_MESSAGE_ID));
	world_rekey_sa(1)->next_id = 7;
	update(&rekey);
	m = world_status("video");
	assert_true(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_MESSAGE_ID));
	assert_int_equal(m.rekey_message_id, 7);
	/* Told again it is the same. */
	grant.sas[0] = rekey.sas[0];
	world_rekey(world_sa("192.0.2.1"), &grant);
	m = world_status("video");
	assert_int_equal(m.rekey_left, 100000);
	assert_true(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_MESSAGE_ID));
	assert_int_equal(m.rekey_message_id, 7);
	/* The one that follows counts. */
	rekey.sas[0].spi = 0x1003;
	rekey.sas[0].key = 3;
	rekey.rekey_sa = 2;
	update(&rekey);
	m = world_status("video");
	assert_string_equal(m.rekey_spi, second_spi);
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_MESSAGE_ID));
	world_end();

	/* None. */
	join("", &one);
	m = world_status("video");
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_SPI));
	assert_false(GEMCAST_HAS(&m, GEMCAST_MEMBERSHIP_REKEY_PORT));
	world_end();
}

/* ---- by unicast, with what a key server of gemcast says beside it */

static struct secret told_spki;
static uint8_t told[REKEY_AUTH_MAX];

/* The second Rekey SA in-band, signed by a key of its own, and that the third will follow. */
static struct grant inband(void)
{
	struct rekey_sa *second = world_rekey_sa(2), *third = world_rekey_sa(3);
	struct grant grant = next();
	struct rekey_auth auth;

	key_free(&second->key);
	secret_free(&told_spki);
	assert_int_equal(key_generate(&world.crypto, KEY_ED25519, &second->key), 0);
	assert_int_equal(key_to_spki(&second->key, &told_spki), 0);
	auth = (struct rekey_auth){ CHUNK(second->spi), CHUNK(third->spi),
				    secret_chunk(&told_spki) };
	grant.rekey_sa = 2;
	grant.notify = (struct wire_notify){
		.type = N_REKEY_AUTH, .data = rekey_auth_write(&auth, told),
	};
	return grant;
}

static void joined_with_hello(void)
{
	static const struct hello hello = { .ack = HELLO_ACK_ALL };
	struct grant grant = first();

	grant.hello = &hello;
	join("", &grant);
}

static struct grant third_sa(void)
{
	struct grant grant = next();

	grant.sas[0].spi = 0x1003;
	grant.sas[0].key = 3;
	return grant;
}

static void what_it_missed_comes_in_band(void **state)
{
	struct grant rekey, third = third_sa();

	(void)state;
	joined_with_hello();
	rekey = inband();
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_true(has(0x1002));
	world_update(2, &third);
	assert_true(has(0x1003));
	assert_int_equal(gm_stats(world.gm)->acknowledged, 0);
	world_pass(0);
	assert_int_equal(gm_stats(world.gm)->acknowledged, 1);
	/* It knows the one behind it, too. */
	third.sas[0].spi = 0x1004;
	world_update(3, &third);
	assert_int_equal(gm_stats(world.gm)->repairs, 1);
	world_end();

	/* One that did not say hello is not believed: it has the key of the one before. */
	joined();
	rekey = inband();
	world_rekey(world_sa("192.0.2.1"), &rekey);
	world_update(2, &third);
	assert_false(has(0x1004));
	assert_int_equal(gm_stats(world.gm)->not_authentic, 1);
	world_end();

	/* Nor is what is about another, or malformed. */
	joined_with_hello();
	rekey = inband();
	told[0] ^= 1;
	world_rekey(world_sa("192.0.2.1"), &rekey);
	world_update(2, &third);
	assert_int_equal(gm_stats(world.gm)->not_authentic, 1);
	world_end();
	secret_free(&told_spki);
}

/* It noticed by itself that it had missed something, and has it now. */
static void what_it_wanted_to_ask_for_came(void **state)
{
	struct grant grant = first(), rekey;
	static const struct hello hello;

	(void)state;
	grant.hello = &hello;
	grant.next_rekey_sa = 2;
	join("", &grant);
	rekey = third_sa();
	world_update(2, &rekey);
	assert_int_equal(gm_stats(world.gm)->repairs, 1);
	assert_true(world_member("video")->later != 0);
	/* Data SAs alone are not enough. */
	rekey = next();
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_true(world_member("video")->later != 0);
	rekey = inband();
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_true(world_member("video")->later == 0);
	world_end();
	secret_free(&told_spki);
}

/* A message that is late does not take it back to what has been followed. */
static void what_was_followed_stays_so(void **state)
{
	struct grant rekey, third = third_sa();

	(void)state;
	joined_with_hello();
	rekey = inband();
	world_rekey(world_sa("192.0.2.1"), &rekey);
	third.rekey_sa = 3;
	world_update(2, &third);
	assert_memory_equal(gm_rekey_sa(world_member("video"))->sa.spi, world_rekey_sa(3)->spi, 16);
	world_rekey(world_sa("192.0.2.1"), &rekey);
	assert_memory_equal(gm_rekey_sa(world_member("video"))->sa.spi, world_rekey_sa(3)->spi, 16);
	world_end();
	secret_free(&told_spki);
}

/* ---- the end of one */

static void a_rekey_sa_is_deleted(void **state)
{
	struct grant rekey = { .n_deletes = 1 };

	(void)state;
	joined();
	rekey.deletes[0] = (struct wire_delete){
		.protocol = PROTO_GIKE_UPDATE, .spi_size = 16, .n_spis = 1,
		.spis = CHUNK(world_rekey_sa(1)->spi),
	};
	update(&rekey);
	assert_string_equal(world_state("video"), "joined");
	world_pass(0);
	assert_int_equal(world_listens("239.255.0.1"), 0);
	/* With the IKE SA it is still told of new keys; without both it is excluded. */
	assert_true(world_member("video")->due - world.now > 2000 * S);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	assert_in_range(world_member("video")->due - world.now, 0, 10 * S);
	world_end();
}

/* It does not wait until DTD is over: others have new keys by then. */
static void who_has_no_other_registers_soon(void **state)
{
	struct grant grant = first(), rekey = { .n_deletes = 1 };

	(void)state;
	grant.atd = 8;
	grant.dtd = 100;
	join("", &grant);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	rekey.deletes[0] = (struct wire_delete){
		.protocol = PROTO_GIKE_UPDATE, .spi_size = 16, .n_spis = 1,
		.spis = CHUNK(world_rekey_sa(1)->spi),
	};
	world.random = 0xffffffff;
	update(&rekey);
	assert_int_equal(world_listens("239.255.0.1"), 1);
	assert_in_range(world_member("video")->due - world.now, 1, 2 * S);
	world_end();
}

static void a_rekey_sa_has_a_life(void **state)
{
	struct grant grant = first();

	(void)state;
	grant.rekey_lifetime = 100;
	join("", &grant);
	/* It is replaced in time (RFC 9838 2.4.1.4). */
	assert_in_range(world_member("video")->due - world.now, 79 * S, 91 * S);
	world_pass(91 * S);
	assert_string_equal(world_state("video"), "registering");
	/* Nobody answers. */
	world_pass(9 * S);
	assert_int_equal(world_listens("239.255.0.1"), 0);
	update(&grant);
	assert_int_equal(gm_stats(world.gm)->unknown_spi, 1);
	world_end();

	/* Its end is that of what tells us, if the IKE SA is gone too. */
	join("", &grant);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	world_member("video")->due = IKE_NEVER;
	world_pass(100 * S);
	assert_in_range(world_member("video")->due - world.now, 0, 10 * S);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_address_is_joined_and_left),
		cmocka_unit_test(a_registration_without_one_ends_it),
		cmocka_unit_test(what_it_cannot_do_is_refused),
		cmocka_unit_test(nobody_gives_the_rekey_sa_of_another_group),
		cmocka_unit_test(who_cannot_listen_is_a_member_all_the_same),
		cmocka_unit_test(a_new_rekey_sa_comes_over_the_old),
		cmocka_unit_test(it_is_over_when_its_time_is),
		cmocka_unit_test(it_may_have_come_in_band_before),
		cmocka_unit_test(new_keys_for_an_spi_are_refused),
		cmocka_unit_test(in_band_it_follows_one_of_a_registration),
		cmocka_unit_test(another_key_to_sign_by),
		cmocka_unit_test(another_key_for_the_new_rekey_sa),
		cmocka_unit_test(it_is_shown),
		cmocka_unit_test(what_it_missed_comes_in_band),
		cmocka_unit_test(what_it_wanted_to_ask_for_came),
		cmocka_unit_test(what_was_followed_stays_so),
		cmocka_unit_test(a_rekey_sa_is_deleted),
		cmocka_unit_test(who_has_no_other_registers_soon),
		cmocka_unit_test(a_rekey_sa_has_a_life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
