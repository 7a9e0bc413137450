// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member: it notices what it lost, and asks for it; and what it tells the key
 * server by itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "gm_conf.h"
#include "group/gm_internal.h"
#include "test.h"

#define MINUTE	(60 * S)

static struct grant first(void)
{
	struct grant grant = one;

	grant.rekey_sa = 1;
	grant.atd = 8;
	grant.sas[0].next_spi = 0x1002;
	grant.next_rekey_sa = 2;
	return grant;
}

static struct grant next(void)
{
	return (struct grant){
		.n_sas = 1,
		.sas = { { .spi = 0x1002, .dst = "239.1.1.1", .protocol = 17, .port = 5000,
			   .lifetime = 3600, .key = 2, .next_spi = 0x1003 } },
		.atd = 8, .dtd = 30,
	};
}

/* The same by a registration. */
static struct grant anew(void)
{
	struct grant grant = next();

	grant.rekey_sa = 1;
	return grant;
}

static void joined(const char *more, const struct grant *grant)
{
	char text[512];

	snprintf(text, sizeof(text), MAIN VIDEO("%s"), more);
	world_joined(text, grant);
}

static void member(void)
{
	const struct grant grant = first();

	joined("", &grant);
}

static uint64_t due(void)
{
	return world_member("video")->due - world.now;
}

static uint64_t repairs(void)
{
	return gm_stats(world.gm)->repairs;
}

/* It asks the key server for the group; and that grants this. */
static void registers(const struct grant *grant)
{
	world_pass(due());
	assert_string_equal(world_state("video"), "registering");
	world_register(world_sa("192.0.2.1"), grant);
	assert_string_equal(world_state("video"), "joined");
}

/* ---- an SPI that was announced */

static void the_next_spi_makes_it_register_at_once(void **state)
{
	const struct grant grant = anew();

	(void)state;
	member();
	assert_true(due() > 1000 * S);
	world.random = 0xffffffff;
	world_unknown_spi("239.1.1.1", 0x1002);
	/* A quarter of ATD. */
	assert_in_range(due(), 1, 2 * S);
	world_pass(due());
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_REGISTRATION);
	world_grant(&grant);
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	/* It has it now, and the one behind it is not in use yet. */
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_true(due() > 1000 * S);
	world_unknown_spi("239.1.1.1", 0x1003);
	world_pass(5 * S);
	world_unknown_spi("239.1.1.1", 0x1003);
	assert_true(due() <= 2 * S);
	assert_int_equal(repairs(), 2);
	world_end();
}

static void so_it_does_without_the_ike_sa(void **state)
{
	const struct grant grant = anew();

	(void)state;
	member();
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	assert_string_equal(world_state("video"), "joined");
	world_unknown_spi("239.1.1.1", 0x1002);
	world_pass(2 * S);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, GSA_AUTH);
	world_grant(&grant);
	assert_non_null(plane_table_sa(&world.table, 0x1002));
	world_end();
}

/* Members that all lost the same must not come all at the same time. */
static void the_time_is_drawn_once(void **state)
{
	uint64_t at;
	size_t i;

	(void)state;
	member();
	world.random = 0xffffffff;
	world_unknown_spi("239.1.1.1", 0x1002);
	at = world_member("video")->due;
	assert_true(at > world.now);
	world.random = 0;
	for (i = 0; i < 100; i++)
		world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(world_member("video")->due, at);
	assert_int_equal(repairs(), 1);
	world_end();
}

static void the_spread_has_limits(void **state)
{
	static const struct {
		uint16_t atd;
		uint64_t most;
	} cases[] = { { 0, 1 * S }, { 1, 1 * S }, { 40, 10 * S }, { 65535, 30 * S } };
	struct grant grant = first();
	uint64_t latest;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		grant.atd = cases[i].atd;
		joined("", &grant);
		latest = 0;
		for (world.random = 1; world.random; world.random *= 2) {
			world_member("video")->repair.not_before = 0;
			world_member("video")->due = IKE_NEVER;
			world_unknown_spi("239.1.1.1", 0x1002);
			assert_true(due() <= cases[i].most);
			if (due() > latest)
				latest = due();
		}
		assert_true(latest > cases[i].most / 4);
		world_end();
	}
}

/* The key server may forget what it announced; an attacker may know it. */
static void a_flood_is_one_registration_in_an_interval(void **state)
{
	struct grant grant = first();
	const uint64_t began = 1000000;
	size_t n = 0;

	(void)state;
	member();
	for (; world.now < began + 60 * S; world_pass(10)) {
		world_unknown_spi("239.1.1.1", 0x1002);
		if (strcmp(world_state("video"), "registering") != 0)
			continue;
		world_register(world_sa("192.0.2.1"), &grant);
		n++;
	}
	/* Two seconds of spread, and two of `retry`. */
	assert_in_range(n, 10, 16);
	assert_int_equal(n, repairs());
	assert_string_equal(world_state("video"), "joined");
	world_end();
}

static void who_is_not_concerned_does_nothing(void **state)
{
	struct grant grant = first();

	(void)state;
	/* Another group's address; and a sender, who receives nothing. */
	member();
	world_unknown_spi("239.1.1.2", 0x1002);
	world_unknown_spi("ff3e::1", 0x1002);
	assert_true(due() > 1000 * S);
	world_leave(0, "video");
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(repairs(), 0);
	world_end();

	grant.sid_bits = 16;
	grant.n_sids = 1;
	joined(", role: sender", &grant);
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(repairs(), 0);
	world_end();
}

static void a_source_of_its_own_counts(void **state)
{
	struct grant grant = first();

	(void)state;
	grant.sas[0].src = "198.51.100.2";
	joined("", &grant);
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(repairs(), 0);
	world_end();
	grant.sas[0].src = "198.51.100.1";
	joined("", &grant);
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(repairs(), 1);
	world_end();
}

/* ---- the next Rekey SA */

static void the_next_rekey_sa_does_so_too(void **state)
{
	struct grant grant = next();
	struct rekey_datagrams message;

	(void)state;
	member();
	grant.sas[0].spi = 0x1005;
	world_seal(2, &grant, &message);
	world_datagram_by("192.0.2.1", 848, "239.255.0.2", 848, message.datagram[0]);
	world_datagram((struct chunk){ message.datagram[0].data, 15 });
	assert_int_equal(repairs(), 0);
	world_deliver(&message);
	assert_int_equal(repairs(), 1);
	grant = first();
	grant.rekey_sa = 2;
	grant.next_rekey_sa = 3;
	world_rekey_sa(2)->next_id = 0;
	registers(&grant);
	/* Now it has it. */
	world_deliver(&message);
	assert_non_null(plane_table_sa(&world.table, 0x1005));
	assert_int_equal(repairs(), 1);
	rekey_datagrams_free(&message);
	world_end();

	/* One that nobody announced is nothing. */
	member();
	grant = next();
	world_update(3, &grant);
	assert_int_equal(repairs(), 0);
	assert_int_equal(gm_stats(world.gm)->unknown_spi, 1);
	world_end();
}

/* The end of its own may be heard first, and its IKE SA be that of a key server before. */
static void it_does_so_when_its_own_was_deleted(void **state)
{
	struct grant grant = first(), rekey = { .n_deletes = 1 };
	struct rekey_datagrams message;

	(void)state;
	grant.dtd = 100;
	joined("", &grant);
	rekey.deletes[0] = (struct wire_delete){
		.protocol = PROTO_GIKE_UPDATE, .spi_size = 16, .n_spis = 1,
		.spis = CHUNK(world_rekey_sa(1)->spi),
	};
	world_update(1, &rekey);
	assert_null(gm_rekey_sa(world_member("video")));
	assert_int_equal(repairs(), 0);
	grant = next();
	world_seal(2, &grant, &message);
	world_deliver(&message);
	assert_int_equal(repairs(), 1);
	rekey_datagrams_free(&message);
	world_end();
}

static void a_rekey_announces_the_next(void **state)
{
	struct grant grant = next();

	(void)state;
	member();
	world_update(1, &grant);
	/* Only what is behind it; the Rekey SA's stays as it was said. */
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(repairs(), 0);
	world_unknown_spi("239.1.1.1", 0x1003);
	assert_int_equal(repairs(), 1);
	world_end();

	member();
	world_update(1, &grant);
	world_update(2, &grant);
	assert_int_equal(repairs(), 1);
	world_end();
}

/* ---- one that was not */

static void others_make_it_register_once_a_minute(void **state)
{
	struct grant grant = first();

	(void)state;
	member();
	world_unknown_spi("239.1.1.1", 0x7777);
	assert_int_equal(repairs(), 1);
	world.random = 0;
	assert_true(due() <= 30 * S);
	registers(&grant);
	world_pass(MINUTE - 1 - (world.now - 1000000));
	world_unknown_spi("239.1.1.1", 0x7778);
	assert_int_equal(repairs(), 1);
	world_pass(1);
	world_unknown_spi("239.1.1.1", 0x7778);
	assert_int_equal(repairs(), 2);
	registers(&grant);
	/* It did not help: two minutes, then four, ... */
	world_pass(MINUTE + 30 * S);
	world_unknown_spi("239.1.1.1", 0x7779);
	assert_int_equal(repairs(), 2);
	world_pass(30 * S);
	world_unknown_spi("239.1.1.1", 0x7779);
	assert_int_equal(repairs(), 3);
	/* New keys: again after four minutes, and from then on as at first. */
	grant.sas[0].spi = 0x1004;
	grant.sas[0].key = 4;
	registers(&grant);
	world_pass(4 * MINUTE);
	world_unknown_spi("239.1.1.1", 0x777a);
	assert_int_equal(repairs(), 4);
	registers(&grant);
	world_pass(MINUTE);
	world_unknown_spi("239.1.1.1", 0x777b);
	assert_int_equal(repairs(), 5);
	/* What is announced does not wait for that. */
	registers(&grant);
	world_unknown_spi("239.1.1.1", 0x777c);
	assert_int_equal(repairs(), 5);
	world_unknown_spi("239.1.1.1", 0x1002);
	assert_int_equal(repairs(), 6);
	world_end();
}

/* A sender that is late is not one that is ahead. */
static void what_was_ours_is_no_news(void **state)
{
	struct grant grant = next();
	uint32_t i;

	(void)state;
	member();
	world_update(1, &grant);
	world_pass(31 * S);
	assert_null(plane_table_sa(&world.table, 0x1001));
	world_unknown_spi("239.1.1.1", 0x1001);
	assert_int_equal(repairs(), 0);
	/* But not for ever. */
	for (i = 0; i < GM_PAST_SPIS; i++) {
		grant.sas[0].spi = 0x2000 + i;
		grant.sas[0].key = (uint8_t)(10 + i);
		grant.dtd = grant.atd = 0;
		world_update(1, &grant);
		world_pass(1);
	}
	world_unknown_spi("239.1.1.1", 0x2000);
	assert_int_equal(repairs(), 0);
	world_unknown_spi("239.1.1.1", 0x1001);
	assert_int_equal(repairs(), 1);
	world_end();
}

/* ---- a key server that is away */

static char logged[8192];

static void forget_log(void)
{
	logged[0] = '\0';
}

void __wrap_log_write(enum log_area area, enum log_level level, const struct log_place *place,
		      const struct log_about *about, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

void __wrap_log_write(enum log_area area, enum log_level level, const struct log_place *place,
		      const struct log_about *about, const char *format, ...)
{
	size_t len = strlen(logged);
	va_list ap;

	(void)area;
	(void)place;
	(void)about;
	va_start(ap, format);
	if (level == LEVEL_WARNING)
		vsnprintf(logged + len, sizeof(logged) - len, format, ap);
	va_end(ap);
}

static void nobody_answers(const char *more, const char *words)
{
	const struct grant grant = one;
	struct ike_sa *sa;

	joined(more, &grant);
	world_pass(100 * S);
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "no answer");
	forget_log();
	while (world.now < 1000000 + 3500 * S) {
		world_pass(1 * S);
		sa = world_sa("192.0.2.1");
		if (!sa)
			continue;
		if (world.now < 1000000 + 1800 * S)
			assert_null(strstr(logged, "no key server answers"));
		world_drop(sa, IKE_END_DEAD, "no answer");
	}
	assert_non_null(strstr(logged, "no key server answers"));
	assert_non_null(strstr(logged, words));
	/* Whoever answers ends it, be it by a refusal. */
	forget_log();
	while (!world_ask(world_sa("192.0.2.1")))
		world_pass(1 * S);
	world_refuse(N_AUTHORIZATION_FAILED);
	assert_null(strstr(logged, "the last SA ends"));
	world_end();
}

static void from_half_time_on_the_log_says_so(void **state)
{
	(void)state;
	nobody_answers("", "then the group is closed");
	nobody_answers(", key-server-lost: go-on", "used beyond its life");
}

/* ---- a member that begins anew */

/* What it had sent by is guarded by the kernel, whatever a key server gives. */
static void no_sender_id_is_used_twice(void **state)
{
	struct grant grant = one_sid;
	struct gm *gm;

	(void)state;
	grant.rekey_sa = 1;
	joined(", role: sender", &grant);
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 5);
	gm_stop(world.gm);
	assert_int_equal(world.table.n_sas, 0);
	gm = world.gm;
	world.gm = gm_new(&world.setup, world.conf);
	gm_free(gm);
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_GROUP_SENDER));
	/* The same key and Sender-ID once more: no. */
	world_grant(&grant);
	assert_string_equal(world_state("video"), "registering");
	assert_int_equal(world.table.n_sas, 0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(world_asked(N_REGISTRATION_FAILED));
	world_refuse(0);
	world_pass(10 * S);
	grant.sids[0] = 6;
	world_register(world_sa("192.0.2.1"), &grant);
	assert_string_equal(world_state("video"), "joined");
	assert_int_equal(plane_table_sa(&world.table, 0x1001)->sa.sid, 6);
	world_end();
}

/* ---- acknowledgements */

static const struct hello ack_all = { .ack = HELLO_ACK_ALL, .spread_ms = 4000 };

static void member_with(const struct hello *hello)
{
	struct grant grant = first();

	grant.hello = hello;
	joined("", &grant);
}

static void it_says_hello(void **state)
{
	struct hello hello;

	(void)state;
	world_begin(MAIN VIDEO(""));
	world_pass(0);
	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_true(hello_read(&world.asked.message, &hello));
	world_end();
}

static struct rekey_ack asked_ack(void)
{
	struct rekey_ack ack = { 0 };

	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, INFORMATIONAL);
	assert_true(world_asked(N_REKEY_ACK));
	assert_true(rekey_ack_read(wire_notify(&world.asked.message, N_REKEY_ACK), &ack));
	return ack;
}

static void a_rekey_is_acknowledged(void **state)
{
	struct grant grant = next();
	struct rekey_ack ack;

	(void)state;
	member_with(&ack_all);
	world.random = 2500;
	world_rekey_sa(1)->next_id = 5;
	world_update(1, &grant);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 0);
	/* Somewhere within the time that it is spread over. */
	world_pass(4000);
	ack = asked_ack();
	assert_true(chunk_equal(ack.spi, CHUNK(world_rekey_sa(1)->spi)));
	assert_int_equal(ack.message_id, 5);
	assert_memory_equal(ack.group.data.data, "video", 5);
	assert_int_equal(gm_stats(world.gm)->acknowledged, 1);
	world_refuse(0);
	assert_null(world.gm->reports);
	/* Once. */
	world_pass(10 * S);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 0);
	world_end();
}

static void acknowledges(uint32_t message_id)
{
	assert_int_equal(asked_ack().message_id, message_id);
	world_refuse(0);
}

/* Keys, and a Rekey SA or newer ones before the time of their acknowledgement has come. */
static void of_many_all_are_acknowledged(void **state)
{
	struct grant grant = next();
	uint32_t i;

	(void)state;
	member_with(&ack_all);
	world.random = 2500;
	world_update(1, &grant);
	grant.sas[0].spi = 0x1003;
	grant.sas[0].key = 3;
	world_update(1, &grant);
	world_pass(4000);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 2);
	acknowledges(0);
	acknowledges(1);
	assert_null(world.gm->reports);
	/* Of more than there is room for the first is forgotten. */
	for (i = 0; i <= GM_ACKS_MAX; i++) {
		grant.sas[0].spi++;
		world_update(1, &grant);
	}
	world_pass(4000);
	for (i = 0; i < GM_ACKS_MAX; i++)
		acknowledges(3 + i);
	assert_null(world.gm->reports);
	assert_int_equal(gm_stats(world.gm)->acknowledged, 2 + GM_ACKS_MAX);
	world_end();
}

static void not_acknowledged(const struct hello *hello, const struct grant *grant)
{
	member_with(hello);
	world_update(1, grant);
	world_pass(5 * S);
	assert_int_equal(gm_stats(world.gm)->acknowledged, 0);
	assert_null(world.gm->reports);
	world_end();
}

static void nobody_else_gets_one(void **state)
{
	static const struct hello none = { .spread_ms = 1000 };
	struct grant grant = next();

	(void)state;
	not_acknowledged(NULL, &grant);
	not_acknowledged(&none, &grant);
	/* Nor what was not taken, or brought no keys. */
	grant.sas[0].bad_key = true;
	not_acknowledged(&ack_all, &grant);
	grant = (struct grant){ .n_deletes = 1 };
	grant.deletes[0] = delete_all(PROTO_AH);
	not_acknowledged(&ack_all, &grant);
	/* And not when the IKE SA is gone by then. */
	grant = next();
	member_with(&ack_all);
	world.random = 2500;
	world_update(1, &grant);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	world_pass(5 * S);
	assert_int_equal(world_sas(), 0);
	assert_int_equal(gm_stats(world.gm)->acknowledged, 0);
	world_end();
}

/* Each for itself. */
static void some_are_drawn(void **state)
{
	static const struct hello sampled = { .ack = HELLO_ACK_SAMPLED, .rate = 1000 };
	struct grant grant = next();

	(void)state;
	member_with(&sampled);
	world.random = 999;
	world_update(1, &grant);
	world_pass(0);
	assert_int_equal(asked_ack().message_id, 0);
	world_refuse(0);
	world.random = 1000;
	grant.sas[0].spi = 0x1003;
	grant.sas[0].key = 3;
	world_update(1, &grant);
	world_pass(10 * S);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 0);
	world_end();
}

/* What is on its way when the daemon or its membership ends is forgotten. */
static void a_report_may_be_on_its_way_at_the_end(void **state)
{
	struct grant grant = next();

	(void)state;
	member_with(&ack_all);
	world_update(1, &grant);
	world_pass(4 * S);
	assert_non_null(world.gm->reports);
	world_end();

	member_with(&ack_all);
	world_update(1, &grant);
	world_pass(4 * S);
	world_reload(MAIN);
	assert_int_equal(asked_ack().message_id, 0);
	world_refuse(0);
	assert_null(world.gm->reports);
	assert_true(world_ask(world_sa("192.0.2.1")));
	world_refuse(0);
	assert_int_equal(world.gm->n_members, 0);
	world_end();

	member_with(&ack_all);
	world_update(1, &grant);
	world_pass(4 * S);
	world_drop(world_sa("192.0.2.1"), IKE_END_DEAD, "no answer");
	assert_null(world.gm->reports);
	world_end();

	member_with(&ack_all);
	world.ask_ends = true;
	world_update(1, &grant);
	world_pass(4 * S);
	assert_null(world.gm->reports);
	world_end();
}

/* ---- SAs that come to their end */

static void soft(uint32_t spi, uint32_t cause)
{
	struct gemcast_sa sa = plane_table_sa(&world.table, spi)->sa;
	const struct gemcast_expire expire = {
		.present = GEMCAST_BIT(GEMCAST_A_EXPIRE_CAUSE), .cause = cause,
	};

	sa.key = NULL;
	gm_expire(world.gm, &sa, &expire);
}

static void sender_with(const struct hello *hello)
{
	struct grant grant = one_sid;

	grant.rekey_sa = 1;
	grant.hello = hello;
	joined(", role: both", &grant);
}

static struct sa_expiring asked_expiring(void)
{
	struct sa_expiring expiring = { 0 };

	assert_true(world_ask(world_sa("192.0.2.1")));
	assert_int_equal(world.asked.exchange, INFORMATIONAL);
	assert_true(world_asked(N_SA_EXPIRING));
	assert_true(sa_expiring_read(wire_notify(&world.asked.message, N_SA_EXPIRING), &expiring));
	return expiring;
}

static void the_key_server_is_told(void **state)
{
	static const struct hello hello;
	struct grant grant = next();
	struct sa_expiring expiring;

	(void)state;
	sender_with(&hello);
	soft(0x1001, GEMCAST_EXPIRE_CAUSE_PACKETS);
	expiring = asked_expiring();
	assert_int_equal(expiring.spi, 0x1001);
	assert_int_equal(expiring.reason, EXPIRING_PACKETS);
	assert_memory_equal(expiring.group.data.data, "video", 5);
	world_refuse(0);
	/* New SAs come, and that was it. */
	assert_in_range(due(), 10 * S, 20 * S);
	grant.sas[0].protocol = 0;
	grant.sas[0].port = 0;
	world_update(1, &grant);
	assert_true(due() > 1000 * S);
	soft(0x1002, GEMCAST_EXPIRE_CAUSE_BYTES);
	assert_int_equal(asked_expiring().reason, EXPIRING_BYTES);
	world_refuse(0);
	/* They do not: it asks for some. */
	world_pass(20 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();

	sender_with(&hello);
	soft(0x1001, GEMCAST_EXPIRE_CAUSE_SEQUENCE);
	assert_int_equal(asked_expiring().reason, EXPIRING_SEQUENCE);
	world_end();
}

static void who_has_no_ike_sa_registers_first(void **state)
{
	static const struct hello hello;
	struct grant grant = one_sid;

	(void)state;
	sender_with(&hello);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	soft(0x1001, GEMCAST_EXPIRE_CAUSE_PACKETS);
	world_pass(1 * S);
	grant.rekey_sa = 1;
	grant.hello = &hello;
	world_register(world_sa("192.0.2.1"), &grant);
	assert_int_equal(asked_expiring().spi, 0x1001);
	world_refuse(0);
	world_pass(1 * S);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 0);
	world_end();

	/* If the registration brought another, there is nothing to tell. */
	sender_with(&hello);
	world_drop(world_sa("192.0.2.1"), IKE_END_DELETED, "deleted");
	soft(0x1001, GEMCAST_EXPIRE_CAUSE_PACKETS);
	world_pass(1 * S);
	grant.sas[0].spi = 0x1002;
	grant.sas[0].key = 2;
	grant.dtd = 30;
	world_register(world_sa("192.0.2.1"), &grant);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 0);
	world_end();
}

static void who_did_not_say_hello_is_asked_for_keys(void **state)
{
	(void)state;
	sender_with(NULL);
	soft(0x1001, GEMCAST_EXPIRE_CAUSE_PACKETS);
	assert_int_equal(world_sa("192.0.2.1")->n_tasks, 0);
	world_pass(1 * S);
	assert_string_equal(world_state("video"), "registering");
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_spi_makes_it_register_at_once),
		cmocka_unit_test(so_it_does_without_the_ike_sa),
		cmocka_unit_test(the_time_is_drawn_once),
		cmocka_unit_test(the_spread_has_limits),
		cmocka_unit_test(a_flood_is_one_registration_in_an_interval),
		cmocka_unit_test(who_is_not_concerned_does_nothing),
		cmocka_unit_test(a_source_of_its_own_counts),
		cmocka_unit_test(the_next_rekey_sa_does_so_too),
		cmocka_unit_test(it_does_so_when_its_own_was_deleted),
		cmocka_unit_test(a_rekey_announces_the_next),
		cmocka_unit_test(others_make_it_register_once_a_minute),
		cmocka_unit_test(what_was_ours_is_no_news),
		cmocka_unit_test(from_half_time_on_the_log_says_so),
		cmocka_unit_test(no_sender_id_is_used_twice),
		cmocka_unit_test(it_says_hello),
		cmocka_unit_test(a_rekey_is_acknowledged),
		cmocka_unit_test(of_many_all_are_acknowledged),
		cmocka_unit_test(nobody_else_gets_one),
		cmocka_unit_test(some_are_drawn),
		cmocka_unit_test(a_report_may_be_on_its_way_at_the_end),
		cmocka_unit_test(the_key_server_is_told),
		cmocka_unit_test(who_has_no_ike_sa_registers_first),
		cmocka_unit_test(who_did_not_say_hello_is_asked_for_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
