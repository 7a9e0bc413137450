// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the key server's SAs follow one another, and its Sender-IDs never come twice.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ks_kit.h"
#include "test.h"

#define GROUP(name, options)							\
	"    - name: " name "\n"						\
	"      traffic: [ { destination: 239.1.1.1 } ]\n"			\
	"      lifetime: 1000 s\n"						\
	"      rollover: 100 s\n"						\
	"      members: [ { identity: \"*\", role: both } ]\n"			\
	options

#define DELAYS	"      activation-delay: 5 s\n      deactivation-delay: 20 s\n"

static struct ike_sa *a, *b, *c;

/* Warnings about ATD and DTD. */
static size_t warnings;
/* About what is configured and not done. */
static size_t unmet;

void __wrap_log_write(enum log_area area, enum log_level level, const struct log_place *place,
		      const struct log_about *about, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

void __wrap_log_write(enum log_area area, enum log_level level, const struct log_place *place,
		      const struct log_about *about, const char *format, ...)
{
	(void)place;
	assert_int_equal(area, AREA_GROUP);
	assert_non_null(about);
	if (level == LEVEL_WARNING && (strstr(format, "(ATD)") || strstr(format, "(DTD)")))
		warnings++;
	if (level == LEVEL_WARNING && (strstr(format, " yet: ") || strstr(format, "is a prefix")))
		unmet++;
}

static int begin(void **state)
{
	const char *groups = *state ? *state : GROUP("video", DELAYS) GROUP("audio", "");

	kit_begin(groups);
	log_set_level(AREA_GROUP, LEVEL_NOTICE);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	return 0;
}

static int end(void **state)
{
	(void)state;
	kit_end();
	return 0;
}

static struct gemcast_ks_group group(void)
{
	struct gemcast_ks_group out;

	assert_true(kit_group("video", &out));
	return out;
}

static void at_its_time(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(group().next_rollover, 900000);
	kit_wait(899000);
	assert_int_equal(a->rekeys, 0);
	assert_int_equal(group().sas, 1);
	kit_wait(1000);
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(b->rekeys, 1);
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
	assert_int_equal(a->sas[1].lifetime, 1000);
	assert_true(a->has_atd && b->has_atd);
	assert_int_equal(a->atd, 5);
	assert_int_equal(a->dtd, 20);
	assert_int_equal(group().epoch, 2);
	assert_int_equal(group().current, 2);
	assert_int_equal(group().sas, 2);
	/* Who comes now gets both, for the time that is left, and may use the new at once. */
	kit_wait(30500);
	assert_int_equal(kit_join(c, "video", true), 0);
	kit_assert_same(a, c);
	assert_int_equal(c->sas[0].lifetime, 69);
	assert_int_equal(c->sas[1].lifetime, 969);
	assert_false(c->has_atd);
	assert_int_equal(group().converged, 30500);
	kit_wait(70000);
	assert_int_equal(group().sas, 1);
	assert_int_equal(a->deletes, 0);
	kit_wait(900000);
	assert_int_equal(group().epoch, 3);
	assert_int_equal(a->rekeys, 2);
}

/* An SA without members is not followed by another, until somebody comes. */
static void nobody_there(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	kit_lose(a, IKE_END_DEAD);
	kit_wait(950000);
	assert_int_equal(group().epoch, 1);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(b->n_sas, 2);
	assert_int_equal(group().epoch, 2);
	kit_lose(b, IKE_END_DEAD);
	kit_wait(1000000);
	assert_int_equal(group().sas, 0);
	assert_int_equal(ks_next(kit.ks), IKE_NEVER);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_int_equal(c->n_sas, 1);
	assert_int_equal(group().epoch, 3);
}

/* Who does not answer does not hold up the others; its IKE SA ends some time. */
static void does_not_answer(void **state)
{
	uint32_t first;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	first = a->sas[0].spi;
	b->deaf = true;
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_wait(2500);
	assert_int_equal(a->n_sas, 2);
	assert_int_equal(group().current, 1);
	assert_int_equal(group().members, 2);
	/* Who comes must not send by the new SA before all have it. */
	assert_int_equal(kit_join(c, "video", true), 0);
	assert_int_equal(c->n_sas, 2);
	assert_true(c->has_atd);
	assert_int_equal(c->atd, 3);
	kit_wait(60000);
	assert_int_equal(a->deletes, 0);
	kit_lose(b, IKE_END_DEAD);
	kit_settle();
	assert_int_equal(a->deletes, 1);
	assert_int_equal(c->deletes, 1);
	assert_null(kit_held(a, first));
	kit_assert_same(a, c);
	assert_int_equal(group().sas, 1);
}

static void rekey(void **state)
{
	uint32_t first;

	(void)state;
	assert_int_equal(ks_rekey(kit.ks, "none", false, NULL), -ENOENT);
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	first = a->sas[0].spi;
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	/* The old one goes on to its end. */
	assert_non_null(kit_held(a, first));
	assert_int_equal(a->n_sas, 2);
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	assert_int_equal(a->n_sas, 1);
	kit_assert_same(a, b);
	assert_int_equal(group().epoch, 3);
	assert_int_equal(group().sas, 1);
	/* However often, and whoever is deaf, there are never many at a time. */
	b->deaf = true;
	for (first = 0; first < 20; first++) {
		assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
		kit_settle();
		assert_true(group().sas <= 4);
	}
}

/*
 * A member that is in two groups is told of each, and by an SA that it has, which of them
 * it is. (The member of the kit forgets the first group as it joins the second.)
 */
static void two_groups(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(kit_join(a, "audio", false), 0);
	assert_int_equal(kit_join(c, "audio", true), 0);
	kit_wait(900000);
	assert_int_equal(a->rekeys, 2);
	assert_int_equal(a->retold, 1);
	assert_int_equal(a->n_sas, 4);
	assert_int_equal(b->retold, 0);
	assert_int_equal(b->n_sas, 2);
	assert_int_equal(b->rekeys, 1);
	assert_int_equal(c->rekeys, 1);
	assert_non_null(kit_held(a, kit_last(b)->spi));
	assert_non_null(kit_held(a, kit_last(c)->spi));
}

/* What fails is tried again. */
static void failures(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_wait(890000);
	kit.random_error = -EIO;
	kit_wait(15000);
	assert_int_equal(group().epoch, 1);
	kit.random_error = 0;
	kit_wait(1000);
	assert_int_equal(group().epoch, 2);
	assert_int_equal(a->rekeys, 1);

	kit.wrap_error = -ENOMEM;
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_wait(5000);
	assert_int_equal(a->rekeys, 1);
	kit.wrap_error = 0;
	kit_wait(1000);
	assert_int_equal(a->rekeys, 2);

	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	ks_run(kit.ks);
	kit_fail_task(a);
	assert_int_equal(a->rekeys, 2);
	kit_wait(1000);
	assert_int_equal(a->rekeys, 3);
}

/* RFC 9838 2.4.2 knows no such answer: who gives it has no keys to go on with. */
static void does_not_take_it(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->error = N_NO_PROPOSAL_CHOSEN;
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	assert_int_equal(group().members, 1);
	assert_int_equal(group().sas, 1);
	kit_wait(30000);
	assert_true(b->closed);
}

/* The IKE SA ends, or the member comes again by another one, while a message is under way. */
static void under_way(void **state)
{
	struct ike_sa *again = kit_sa("a.example.org", "192.0.2.9");

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", true), 0);
	a->deaf = true;
	b->deaf = true;
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	assert_non_null(a->sent);
	assert_int_equal(kit_join(again, "video", true), 0);
	a->deaf = false;
	kit_settle();
	assert_int_equal(group().current, 1);
	kit_lose(b, IKE_END_DELETED);
	kit_settle();
	assert_int_equal(group().members, 1);
	kit_wait(30000);
	assert_true(a->closed);
	assert_int_equal(group().members, 1);
}

/* SAs that end before their time go from who has not said yet that it has them, too. */
static void not_acknowledged(void **state)
{
	uint32_t second;
	int i;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->mute = true;
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	second = kit_last(a)->spi;
	assert_non_null(kit_held(b, second));
	for (i = 0; i < 4; i++) {
		assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
		kit_settle();
	}
	assert_null(kit_held(a, second));
	b->mute = false;
	kit_settle();
	assert_null(kit_held(b, second));
	kit_assert_same(a, b);
}

static void delays(void **state)
{
	(void)state;
	warnings = 0;
	/* Retransmissions take 1.5 s, and up to a tenth more; 1 s until all is done. */
	assert_int_equal(kit_join(a, "audio", true), 0);
	assert_int_equal(ks_rekey(kit.ks, "audio", false, NULL), 0);
	kit_settle();
	assert_int_equal(a->atd, 3);
	assert_int_equal(a->dtd, 6);
	assert_int_equal(warnings, 0);
}

/* Nobody believes to have what there is not. */
static void not_done(void **state)
{
	(void)state;
	unmet = 0;
	kit_reload(GROUP("video", "") GROUP("audio", ""));
	assert_int_equal(unmet, 0);
	kit_reload(GROUP("video", "      rekey: { transport: multicast, address: 239.255.1.1 }\n"
				  "      packets: 1000000\n      bytes: 1000000\n"));
	assert_int_equal(unmet, 0);
	kit_reload("    - name: video\n"
		   "      traffic: [ { destination: 239.1.1.0/24 } ]\n"
		   "      members: [ { identity: \"*\", role: both } ]\n");
	assert_int_equal(unmet, 1);
}

/* RFC 5374 4.2.1: too little time for those who get the last copy alone. */
static void short_delays(void **state)
{
	static const char short_rollover[] =
		"    - name: audio\n"
		"      traffic: [ { destination: 239.1.1.1 } ]\n"
		"      lifetime: 1000 s\n"
		"      rollover: 4 s\n"
		"      members: [ { identity: \"*\", role: both } ]\n";
	int i;

	(void)state;
	warnings = 0;
	/* by half of the rollover */
	kit_reload(short_rollover);
	assert_int_equal(kit_join(b, "audio", true), 0);
	assert_int_equal(warnings, 2);
	/* said once, and not by each epoch */
	for (i = 0; i < 3; i++) {
		assert_int_equal(ks_rekey(kit.ks, "audio", false, NULL), 0);
		kit_settle();
	}
	assert_int_equal(b->atd, 2);
	assert_int_equal(b->dtd, 4);
	assert_int_equal(warnings, 2);
	/* said again where it may be another */
	kit_reload(short_rollover);
	assert_int_equal(ks_rekey(kit.ks, "audio", false, NULL), 0);
	kit_settle();
	assert_int_equal(warnings, 4);
}

/* Sender-IDs */

static void sixteen_bits(void **state)
{
	uint32_t i, last = 0;

	(void)state;
	assert_int_equal(kit_join(b, "video", true), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	for (i = 0; i < 70000; i++) {
		assert_int_equal(kit_join(a, "video", true), 0);
		assert_int_equal(a->n_sids, 1);
		assert_int_equal(a->bits, 16);
		if (i < 40000)
			assert_int_equal(a->sids[0], ++last);
		kit_settle();
	}
	assert_int_equal(group().epoch, 2);
	kit_assert_same(a, b);
	kit_assert_same(a, c);
}

#define EIGHT	GROUP("video", DELAYS "      sender-id-bits: 8\n")

/*
 * An answer may be lost: who registered again may meet the next SAs with the Sender-ID of
 * before, and nobody else gets that as long as it is registered (RFC 9838 2.5.1).
 */
static void former(void **state)
{
	struct kit_ask ask = { .group = "video", .sender = true, .count = 16 };
	uint32_t before, now, epoch = group().epoch;
	size_t i, n;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	before = a->sids[0];
	assert_int_equal(kit_join(a, "video", true), 0);
	now = a->sids[0];
	assert_int_not_equal(before, now);
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	/* All of them, more than twice. */
	for (n = 0; n < 40; n++) {
		assert_int_equal(kit_ask(c, &ask), 0);
		for (i = 0; i < c->n_sids; i++) {
			assert_int_not_equal(c->sids[i], before);
			assert_int_not_equal(c->sids[i], now);
		}
		kit_settle();
	}
	assert_true(group().epoch > epoch + 1);
}

/* One more of a member's IKE SAs, of which the one before may live on here. */
static struct ike_sa *once_more(void)
{
	struct ike_sa *sa = kit_sa("a.example.org", "192.0.2.1");

	assert_int_equal(kit_join(sa, "video", true), 0);
	return sa;
}

/* Has anybody else one of these after a rekey? Senders take all there are, more than twice. */
static bool some_given(const uint32_t *sids, size_t n)
{
	struct kit_ask ask = { .group = "video", .sender = true, .count = 16 };
	bool given = false;
	size_t i, j, k;

	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	for (k = 0; k < 40; k++) {
		assert_int_equal(kit_ask(c, &ask), 0);
		for (i = 0; i < c->n_sids; i++)
			for (j = 0; j < n; j++)
				given |= c->sids[i] == sids[j];
		kit_settle();
	}
	return given;
}

/* Several answers in a row may be lost, each with its IKE SA. */
static void all_former(void **state)
{
	struct ike_sa *sa = NULL;
	uint32_t sids[4];
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		sa = once_more();
		sids[i] = sa->sids[0];
	}
	assert_false(some_given(sids, 4));
	/* It has answered, and so has the last; the next time those before are free. */
	sids[3] = once_more()->sids[0];
	assert_true(some_given(sids, 3));
	assert_false(some_given(sids + 3, 1));
	/* Or it asked for something else. */
	sa = once_more();
	assert_int_equal(kit_join(sa, "nobody", false), N_INVALID_GROUP_ID);
	sids[0] = once_more()->sids[0];
	assert_true(some_given(sids + 3, 1));
	assert_false(some_given(sids, 1));
}

static void eight_bits(void **state)
{
	uint32_t i;

	(void)state;
	assert_int_equal(kit_join(b, "video", true), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	for (i = 0; i < 70000; i++) {
		assert_int_equal(kit_join(a, "video", true), 0);
		assert_int_equal(a->n_sids, 1);
		kit_wait(100);
	}
	/* Each lasts for about three quarters of 256. */
	assert_in_range(group().epoch, 300, 400);
	kit_assert_same(a, b);
	kit_assert_same(a, c);
}

/* All at once, while the others do not answer: no Sender-ID twice, and then a refusal. */
static void burst(void **state)
{
	uint32_t i, admitted = 0;

	(void)state;
	assert_int_equal(kit_join(b, "video", true), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	b->deaf = true;
	c->deaf = true;
	for (i = 0; i < 2000; i++)
		admitted += !kit_join(a, "video", true);
	assert_int_equal(a->refused, N_REGISTRATION_FAILED);
	assert_in_range(admitted, 4 * 192, 4 * 255);
	assert_int_equal(group().epoch, 4);
	b->deaf = false;
	c->deaf = false;
	kit_wait(1000);
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_settle();
	kit_assert_same(b, c);
	kit_assert_same(a, c);
}

/* As many senders as there are Sender-IDs, and not one more. */
static void capacity(void **state)
{
	struct ike_sa *sa[256];
	char id[64];
	size_t i;

	(void)state;
	for (i = 0; i < 256; i++) {
		snprintf(id, sizeof(id), "s%zu.example.org", i);
		sa[i] = kit_sa(id, "192.0.2.4");
		assert_int_equal(kit_join(sa[i], "video", true), 0);
		kit_settle();
	}
	for (i = 0; i < 256; i++)
		kit_assert_same(sa[0], sa[i]);
	assert_int_equal(kit_join(a, "video", true), N_REGISTRATION_FAILED);
	assert_int_equal(kit_join(a, "video", false), 0);
	kit_lose(sa[77], IKE_END_DELETED);
	assert_int_equal(kit_join(b, "video", true), 0);
	kit_settle();
	kit_assert_same(sa[0], b);
	kit_assert_same(sa[0], a);
	/* One of them comes again. */
	assert_int_equal(kit_join(sa[200], "video", true), 0);
	kit_settle();
	kit_assert_same(sa[0], sa[200]);
}

/* No Sender-ID bits: the only sender has Sender-ID 0, under SAs of its own each time. */
#define NONE	GROUP("video", DELAYS "      sender-id-bits: 0\n      senders: one\n")

static void no_bits(void **state)
{
	uint32_t i, epoch;

	(void)state;
	assert_int_equal(kit_join(b, "video", false), 0);
	for (i = 0; i < 50; i++) {
		epoch = group().epoch;
		assert_int_equal(kit_join(a, "video", true), 0);
		assert_int_equal(a->n_sids, 1);
		assert_int_equal(a->sids[0], 0);
		assert_true(a->has_bits);
		assert_int_equal(a->bits, 0);
		assert_int_equal(group().epoch, epoch + (i > 0));
		kit_settle();
		kit_assert_same(a, b);
		assert_int_equal(a->n_sas, 1);
	}
	assert_int_equal(kit_join(c, "video", true), N_REGISTRATION_FAILED);
	kit_wait(900000);
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
}

/* A sender that is lost may still hold what was sent to it last. */
static void lost_with_keys(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->deaf = true;
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_settle();
	assert_int_equal(a->n_sas, 2);
	kit_lose(a, IKE_END_DEAD);
	assert_int_equal(kit_join(c, "video", true), 0);
	assert_int_not_equal(c->sids[0], a->sids[0]);
}

int main(void)
{
	static char eight[] = EIGHT, none[] = NONE;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(at_its_time, begin, end),
		cmocka_unit_test_setup_teardown(nobody_there, begin, end),
		cmocka_unit_test_setup_teardown(does_not_answer, begin, end),
		cmocka_unit_test_setup_teardown(rekey, begin, end),
		cmocka_unit_test_setup_teardown(two_groups, begin, end),
		cmocka_unit_test_setup_teardown(failures, begin, end),
		cmocka_unit_test_setup_teardown(does_not_take_it, begin, end),
		cmocka_unit_test_setup_teardown(under_way, begin, end),
		cmocka_unit_test_setup_teardown(not_acknowledged, begin, end),
		cmocka_unit_test_setup_teardown(delays, begin, end),
		cmocka_unit_test_setup_teardown(not_done, begin, end),
		cmocka_unit_test_setup_teardown(short_delays, begin, end),
		cmocka_unit_test_setup_teardown(sixteen_bits, begin, end),
		cmocka_unit_test_prestate_setup_teardown(former, begin, end, eight),
		cmocka_unit_test_prestate_setup_teardown(all_former, begin, end, eight),
		cmocka_unit_test_prestate_setup_teardown(eight_bits, begin, end, eight),
		cmocka_unit_test_prestate_setup_teardown(burst, begin, end, eight),
		cmocka_unit_test_prestate_setup_teardown(capacity, begin, end, eight),
		cmocka_unit_test_prestate_setup_teardown(no_bits, begin, end, none),
		cmocka_unit_test_setup_teardown(lost_with_keys, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
