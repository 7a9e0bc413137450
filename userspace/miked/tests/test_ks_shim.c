// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How all members are reached: by multicast, by unicast, by both; what their
 * acknowledgements say and what nonsense in them does, and what senders report.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ks_kit.h"
#include "test.h"

#define GROUP(name, rekey, options)						\
	"    - name: " name "\n"						\
	"      traffic: [ { destination: 239.1.1.1 } ]\n"			\
	"      lifetime: 1000 s\n"						\
	"      rollover: 100 s\n"						\
	"      members: [ { identity: \"*\", role: both } ]\n"		\
	"      rekey: { address: 239.255.1.1, " rekey " }\n"			\
	options

#define ALL	"transport: both, acknowledge: all"
#define SAMPLED	"transport: both, acknowledge: sampled"
#define MANY	1000

static struct ike_sa *a, *b, *c;

static int begin(void **state)
{
	kit_begin(*state ? *state : GROUP("video", ALL, "") GROUP("audio", ALL, ""));
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	a->hello = true;
	b->hello = true;
	c->hello = true;
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

static void rekey(bool now)
{
	assert_int_equal(ks_rekey(kit.ks, "video", now, NULL), 0);
	kit_settle();
}

/* The copies go out; who acknowledged is left alone, who did not is asked. */
static void repair(void **state)
{
	struct gemcast_ks_epochs epochs;

	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_int_equal(a->told_hello.ack, HELLO_ACK_ALL);
	assert_int_equal(a->told_hello.spread_ms, 2000);
	epochs = group().epochs;
	assert_int_equal(epochs.count, 1);
	assert_int_equal(epochs.epoch[0].registered, 3);
	b->deaf_to_group = true;
	rekey(false);
	assert_int_equal(a->n_sas, 2);
	assert_int_equal(b->n_sas, 1);
	kit_acknowledge(a, "video");
	assert_int_equal(group().current, 1);
	/* 6 s of copies, 2 s to acknowledge, 1 s until that has come. */
	kit_wait(8999);
	assert_int_equal(a->rekeys + b->rekeys + c->rekeys, 0);
	kit_wait(1);
	assert_int_equal(a->rekeys, 0);
	assert_int_equal(b->rekeys, 1);
	/* It had it, and its acknowledgement was lost. */
	assert_int_equal(c->rekeys, 1);
	kit_assert_same(a, b);
	kit_assert_same(a, c);
	assert_int_equal(group().current, 3);
	assert_int_equal(group().converged, 0);
	assert_int_equal(group().convergence, 9000);
	epochs = group().epochs;
	assert_int_equal(epochs.count, 2);
	assert_int_equal(epochs.epoch[0].number, 2);
	assert_int_equal(epochs.epoch[0].members, 3);
	assert_int_equal(epochs.epoch[0].acknowledged, 1);
	assert_int_equal(epochs.epoch[0].answered, 2);
	assert_int_equal(epochs.epoch[0].registered, 0);
	assert_int_equal(epochs.epoch[1].members, 0);
	/* It goes on hearing, or not. */
	b->deaf_to_group = false;
	rekey(false);
	assert_int_equal(b->casts, 1);
	kit_acknowledge(a, "video");
	kit_acknowledge(b, "video");
	kit_acknowledge(c, "video");
	assert_int_equal(group().convergence, 0);
	kit_wait(20000);
	assert_int_equal(b->rekeys, 1);
}

/* Senders first, and those that have no words for an acknowledgement. */
static void first(void **state)
{
	(void)state;
	b->hello = false;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_true(a->got_hello && c->got_hello);
	assert_false(b->got_hello);
	rekey(false);
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(b->rekeys, 1);
	assert_int_equal(c->rekeys, 0);
	assert_int_equal(a->casts + b->casts + c->casts, 3);
	assert_int_equal(group().current, 2);
	assert_int_equal(a->atd, 12);
	assert_int_equal(a->dtd, 24);
}

/* The old ones end when all have acknowledged, or when time is over. */
static void doomed(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	rekey(true);
	kit_acknowledge(a, "video");
	kit_settle();
	assert_int_equal(a->n_sas, 2);
	kit_acknowledge(b, "video");
	/* The Delete goes out behind the last copy. */
	kit_wait(6999);
	assert_int_equal(a->n_sas, 2);
	kit_wait(1);
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(b->n_sas, 1);
	assert_int_equal(a->deletes, 0);
	kit_wait(7000);
	b->deaf = true;
	b->deaf_to_group = true;
	rekey(true);
	kit_acknowledge(a, "video");
	kit_wait(11649);
	assert_int_equal(a->n_sas, 2);
	kit_wait(1);
	assert_int_equal(a->n_sas, 1);
}

/* Doubled, of an old message, of another's, of another group, cut off: nothing comes of it. */
static void nonsense(void **state)
{
	const struct ks_stats *stats = ks_stats(kit.ks);
	uint8_t bytes[REKEY_ACK_MAX];
	struct rekey_ack ack;
	struct chunk text;
	struct ike_sa *x = kit_sa("x.example.org", "192.0.2.9");
	size_t len;

	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	x->hello = true;
	assert_int_equal(kit_join(x, "audio", false), 0);
	rekey(false);
	kit_acknowledge(a, "video");
	kit_acknowledge(a, "video");
	assert_int_equal(group().current, 1);
	assert_int_equal(stats->acknowledged, 1);
	assert_int_equal(stats->acknowledged_again, 1);
	/* a member of audio, for both groups */
	x->last_cast = a->last_cast;
	kit_acknowledge(x, "video");
	kit_acknowledge(x, "audio");
	kit_acknowledge(x, "none");
	kit_acknowledge(a, "audio");
	assert_int_equal(stats->acknowledged_unknown, 4);
	/* another message, another Rekey SA */
	b->last_cast.id++;
	kit_acknowledge(b, "video");
	b->last_cast.id--;
	b->last_cast.spi[15] ^= 1;
	kit_acknowledge(b, "video");
	b->last_cast.spi[15] ^= 1;
	assert_int_equal(stats->acknowledged_unknown, 6);
	/* who is not registered, or did not say that it is a member of gemcast */
	c->last_cast = b->last_cast;
	kit_acknowledge(c, "video");
	c->hello = false;
	assert_int_equal(kit_join(c, "video", false), 0);
	c->last_cast = b->last_cast;
	kit_acknowledge(c, "video");
	assert_int_equal(stats->acknowledged_unknown, 8);
	/* who is, by another IKE SA */
	x = kit_sa("b.example.org", "192.0.2.2");
	x->last_cast = b->last_cast;
	kit_acknowledge(x, "video");
	assert_int_equal(stats->acknowledged_unknown, 9);
	ack = (struct rekey_ack){ CHUNK(b->last_cast.spi), b->last_cast.id,
				  { ID_KEY_ID, { (const uint8_t *)"video", 5 } } };
	text = rekey_ack_write(&ack, bytes);
	for (len = 0; len < text.len; len++)
		kit_inform(b, N_REKEY_ACK, (struct chunk){ bytes, len });
	assert_int_equal(stats->malformed + stats->acknowledged_unknown, 9 + text.len);
	for (len = 0; len < 20; len++)
		kit_inform(b, N_SA_EXPIRING, (struct chunk){ bytes, len });
	assert_int_equal(group().current, 2);
	/* of a message whose epoch is over */
	kit_wait(2000000);
	assert_int_equal(group().epoch, 4);
	b->last_cast.id = 0;
	kit_acknowledge(b, "video");
	assert_int_equal(stats->acknowledged, 1);
	kit_wait(60000);
	assert_int_equal(group().epoch, 4);
}

/* About 20 of 1,000 are to acknowledge; if these do, the others are believed to have it. */
static void sampled(void **state)
{
	struct ike_sa *sa[MANY];
	char id[32];
	size_t i, rekeys = 0;
	double rate;

	(void)state;
	for (i = 0; i < MANY; i++) {
		snprintf(id, sizeof(id), "m%zu.example.org", i);
		sa[i] = kit_sa(id, "192.0.2.77");
		sa[i]->hello = true;
		assert_int_equal(kit_join(sa[i], "video", false), 0);
	}
	assert_int_equal(sa[0]->told_hello.ack, HELLO_ACK_SAMPLED);
	rekey(true);
	rate = sa[0]->told_hello.rate / 65536.0 * MANY;
	assert_true(rate > 19 && rate <= 20);
	assert_int_equal(sa[MANY - 1]->n_sas, 2);
	for (i = 0; i < 10; i++)
		kit_acknowledge(sa[i * 100], "video");
	assert_int_equal(group().current, 10);
	kit_wait(10000);
	for (i = 0; i < MANY; i++)
		rekeys += sa[i]->rekeys;
	assert_int_equal(rekeys, 0);
	kit_wait(2000);
	for (i = 0; i < MANY; i++)
		assert_int_equal(sa[i]->n_sas, 1);
	kit_wait(7000);
	/* Nine are too few. */
	kit_wait(10000);
	rekey(true);
	for (i = 0; i < 9; i++)
		kit_acknowledge(sa[i * 100], "video");
	kit_wait(10000);
	for (i = 0; i < MANY; i++)
		rekeys += sa[i]->rekeys;
	assert_int_equal(rekeys, MANY - 9);
	assert_int_equal(group().current, MANY);
	assert_int_equal(group().epochs.epoch[0].acknowledged, 9);
	assert_int_equal(group().epochs.epoch[0].answered, MANY - 9);
}

/* All are there when a new Rekey SA is told, and b misses it. */
static void miss_heir(void)
{
	assert_int_equal(kit_join(a, "video", false), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->deaf_to_group = true;
	kit_wait(299000);
	kit_forget_sent();
	kit_wait(1000);
	assert_true(a->has_heir);
	assert_false(b->has_heir);
}

static void assert_hears(const struct ike_sa *sa)
{
	const size_t rekeys = sa->rekeys, casts = sa->casts;

	kit_wait(20000);
	rekey(false);
	assert_int_equal(sa->rekeys, rekeys);
	assert_true(sa->casts > casts);
	kit_assert_same(a, sa);
	kit_acknowledge(a, "video");
	kit_acknowledge(b, "video");
	kit_acknowledge(c, "video");
}

/* Who does not acknowledge a new Rekey SA gets it by its IKE SA, and hears what goes over it. */
static void heir(void **state)
{
	struct rekey_sa before;

	(void)state;
	miss_heir();
	before = b->rekey;
	kit_acknowledge(a, "video");
	kit_acknowledge(a, "video");
	assert_int_equal(ks_stats(kit.ks)->acknowledged, 1);
	assert_int_equal(ks_stats(kit.ks)->acknowledged_again, 1);
	/* Who registers gets it. */
	assert_int_equal(kit_join(c, "video", false), 0);
	kit_wait(8999);
	assert_int_equal(b->rekeys, 0);
	kit_wait(1);
	assert_int_equal(a->rekeys + c->rekeys, 0);
	assert_int_equal(b->rekeys, 1);
	assert_memory_not_equal(b->rekey.spi, before.spi, sizeof(before.spi));
	assert_memory_equal(b->rekey.spi, a->heir.spi, sizeof(before.spi));
	assert_memory_equal(b->next_rekey, a->next_rekey, sizeof(b->next_rekey));
	b->deaf_to_group = false;
	assert_hears(a);
	assert_hears(b);
	assert_hears(c);
	assert_int_equal(a->rekeys + b->rekeys + c->rekeys, 1);
}

/* Until it has answered it gets all by its IKE SA, and hears the new one from then on. */
static void late_heir(void **state)
{
	(void)state;
	miss_heir();
	kit_acknowledge(a, "video");
	b->mute = true;
	kit_wait(20000);
	assert_int_equal(b->rekeys, 1);
	b->mute = false;
	kit_settle();
	b->deaf_to_group = false;
	assert_hears(b);
	assert_int_equal(b->rekeys, 1);
}

/* What was to be told it before all were to have it could not be. */
static void unheard_heir(void **state)
{
	(void)state;
	miss_heir();
	kit_acknowledge(a, "video");
	kit.wrap_error = -EIO;
	kit_wait(20000);
	assert_int_equal(b->rekeys, 0);
	kit.wrap_error = 0;
	kit_wait(2000);
	assert_int_equal(b->rekeys, 1);
	b->deaf_to_group = false;
	assert_hears(b);
}

/* When it was told nobody was to be told by unicast, and now all are. */
static void heir_and_then_both(void **state)
{
	(void)state;
	miss_heir();
	kit_acknowledge(a, "video");
	kit_reload(GROUP("video", ALL ", lifetime: 400 s", ""));
	kit_wait(6999);
	assert_int_equal(b->rekeys, 0);
	kit_wait(1);
	assert_int_equal(a->rekeys, 0);
	assert_int_equal(b->rekeys, 1);
	assert_memory_equal(b->rekey.spi, a->heir.spi, sizeof(a->heir.spi));
	b->deaf_to_group = false;
	assert_hears(b);
}

/* One that no acknowledgement is expected of is not told anything that it has no words for. */
static void heir_without_hello(void **state)
{
	(void)state;
	b->hello = false;
	miss_heir();
	kit_acknowledge(a, "video");
	kit_wait(20000);
	assert_int_equal(a->rekeys + b->rekeys, 0);
	rekey(false);
	assert_int_equal(b->rekeys, 1);
	kit_assert_same(a, b);
}

/* A line that begins when it has not been told: by what key that signs it cannot know. */
static void line_behind_a_missed_heir(void **state)
{
	struct conf_identity id = kit_identity("c.example.org");

	(void)state;
	assert_int_equal(kit_join(c, "video", false), 0);
	miss_heir();
	kit_acknowledge(a, "video");
	kit_acknowledge(c, "video");
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	/* Behind the last copy. */
	kit_wait(7000);
	assert_memory_equal(a->rekey.spi, b->rekey.spi, sizeof(a->rekey.spi));
	b->deaf_to_group = false;
	assert_hears(b);
	assert_hears(a);
}

/* Of a sample, half is enough. */
static void sampled_heir(void **state)
{
	(void)state;
	assert_int_equal(kit_join(c, "video", false), 0);
	miss_heir();
	kit_acknowledge(a, "video");
	kit_wait(20000);
	assert_int_equal(a->rekeys, 0);
	assert_int_equal(b->rekeys, 1);
	assert_int_equal(c->rekeys, 1);
	end(NULL);

	begin(state);
	assert_int_equal(kit_join(c, "video", false), 0);
	miss_heir();
	kit_acknowledge(a, "video");
	kit_acknowledge(c, "video");
	kit_wait(20000);
	assert_int_equal(a->rekeys + b->rekeys + c->rekeys, 0);
}

/* A message of more than one datagram needs members that put them together. */
static void fragments(void **state)
{
	size_t sent;

	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	rekey(false);
	assert_true(kit.n_sent > 1);
	for (sent = 0; sent < kit.n_sent; sent++)
		assert_true(kit.sent->len <= 1280 - 28);
	assert_int_equal(a->casts, 1);
	assert_int_equal(a->n_sas, 40);
	kit_wait(20000);
	kit_forget_sent();
	b->no_fragments = true;
	assert_int_equal(kit_join(b, "video", false), 0);
	rekey(false);
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(b->rekeys, 1);
	/* A Delete is short. */
	assert_int_equal(kit.n_sent, 1);
	assert_false(a->cast_gsa);
	kit_assert_same(a, b);
	/* Nor without its IKE SA: it could be there. What fits goes by multicast. */
	kit_lose(b, IKE_END_DEAD);
	kit_wait(20000);
	kit_forget_sent();
	rekey(true);
	assert_int_equal(kit.n_sent, 1);
	assert_false(a->cast_gsa);
	assert_int_equal(a->rekeys, 2);
	assert_int_equal(a->n_sas, 20);
	assert_int_equal(b->n_sas, 0);
}

/* A sender says that it has used up an SA: once for an epoch, and not before its time. */
static void expiring(void **state)
{
	uint32_t spi;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(a->packets, 1000000);
	assert_int_equal(a->bytes, 5);
	spi = a->sas[0].spi;
	kit_expire(a, "video", spi + 1);
	kit_expire(a, "audio", spi);
	kit_wait(20000);
	assert_int_equal(group().epoch, 1);
	kit_expire(a, "video", spi);
	kit_expire(a, "video", spi);
	kit_settle();
	assert_int_equal(group().epoch, 2);
	assert_int_equal(b->n_sas, 2);
	assert_int_equal(b->packets, 1000000);
	kit_expire(a, "video", spi);
	kit_wait(30000);
	assert_int_equal(group().epoch, 2);
	/* Of the new one: not before senders use it. */
	kit_expire(a, "video", kit_last(a)->spi);
	kit_settle();
	assert_int_equal(group().epoch, 3);
	kit_expire(a, "video", kit_last(a)->spi);
	kit_wait(11999);
	assert_int_equal(group().epoch, 3);
	/* The Delete of the first goes out just before. */
	kit_wait(7001);
	assert_int_equal(group().epoch, 4);
	/* A receiver uses up nothing. */
	kit_wait(30000);
	kit_expire(b, "video", kit_last(a)->spi);
	kit_wait(30000);
	assert_int_equal(group().epoch, 4);
	assert_int_equal(ks_stats(kit.ks)->expiring, 4);
}

/* What others sent, or did not send. */
static void no_hello(void **state)
{
	struct kit_ask ask = { .group = "video", .sender = true, .count = 1, .plain = true };

	(void)state;
	assert_int_equal(kit_ask(a, &ask), 0);
	assert_false(a->got_hello);
	assert_int_equal(a->packets, 0);
	kit_expire(a, "video", a->sas[0].spi);
	kit_wait(30000);
	assert_int_equal(group().epoch, 1);
}

/* By multicast alone nobody is asked. */
static void multicast_alone(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->deaf_to_group = true;
	rekey(true);
	kit_wait(60000);
	assert_int_equal(a->rekeys + b->rekeys, 0);
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(group().current, 0);
	assert_int_equal(group().sas, 1);
}

int main(void)
{
	static char limits[] = GROUP("video", ALL, "      packets: 1000000\n      bytes: 5\n");
	static char some[] = GROUP("video", SAMPLED, "");
	static char brief[] = GROUP("video", ALL ", lifetime: 400 s", "");
	static char acks[] = GROUP("video", "transport: multicast, acknowledge: all, "
						"lifetime: 400 s", "");
	static char few[] = GROUP("video", SAMPLED ", lifetime: 400 s", "");
	static char alone[] = GROUP("video", "transport: multicast", "");
	static char wide[20 * 64 + 512];
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(repair, begin, end),
		cmocka_unit_test_setup_teardown(first, begin, end),
		cmocka_unit_test_setup_teardown(doomed, begin, end),
		cmocka_unit_test_setup_teardown(nonsense, begin, end),
		cmocka_unit_test_prestate_setup_teardown(sampled, begin, end, some),
		cmocka_unit_test_prestate_setup_teardown(heir, begin, end, brief),
		cmocka_unit_test_prestate_setup_teardown(late_heir, begin, end, brief),
		cmocka_unit_test_prestate_setup_teardown(unheard_heir, begin, end, brief),
		cmocka_unit_test_prestate_setup_teardown(heir_and_then_both, begin, end, acks),
		cmocka_unit_test_prestate_setup_teardown(heir_without_hello, begin, end, brief),
		cmocka_unit_test_prestate_setup_teardown(line_behind_a_missed_heir, begin, end,
							 brief),
		cmocka_unit_test_prestate_setup_teardown(sampled_heir, begin, end, few),
		cmocka_unit_test_prestate_setup_teardown(fragments, begin, end, wide),
		cmocka_unit_test_prestate_setup_teardown(expiring, begin, end, limits),
		cmocka_unit_test_prestate_setup_teardown(no_hello, begin, end, limits),
		cmocka_unit_test_prestate_setup_teardown(multicast_alone, begin, end, alone),
	};
	int i, len;

	len = snprintf(wide, sizeof(wide), "    - name: video\n      members: [ { identity: \"*\", "
		       "role: both } ]\n      rekey: { address: 239.255.1.1, transport: multicast }\n"
		       "      traffic:\n");
	for (i = 0; i < 20; i++)
		len += snprintf(wide + len, sizeof(wide) - (size_t)len,
				"        - { destination: 239.1.1.%d }\n", i);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
