// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rekey by multicast, from the key server's end: what who registers is told of the Rekey
 * SA, what goes over it and when, and how Rekey SAs follow one another.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "group/ks_internal.h"
#include "ks_kit.h"
#include "test.h"

#define GROUP(name, options)							\
	"    - name: " name "\n"						\
	"      traffic: [ { destination: 239.1.1.1 } ]\n"			\
	"      lifetime: 1000 s\n"						\
	"      rollover: 100 s\n"						\
	"      members: [ { identity: \"*\", role: both } ]\n"		\
	"      rekey: { transport: multicast, address: 239.255.1.1, port: 8480"	\
	options " }\n"

#define SHORT	", encryption: aes128gcm16, key-wrap: kw128, lifetime: 400 s"

static struct ike_sa *a, *b, *c;

static int begin(void **state)
{
	kit_begin(*state ? *state : GROUP("video", ""));
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

static void rekey(bool now)
{
	assert_int_equal(ks_rekey(kit.ks, "video", now, NULL), 0);
	kit_settle();
}

static void assert_same_rekey(const struct ike_sa *one, const struct ike_sa *other)
{
	assert_true(one->has_rekey && other->has_rekey);
	assert_memory_equal(one->rekey.spi, other->rekey.spi, WIRE_GIKE_SPI_LEN);
	assert_true(chunk_equal(secret_chunk(&one->rekey.keymat),
				secret_chunk(&other->rekey.keymat)));
}

static void registration(void **state)
{
	struct net_group to;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_same_rekey(a, b);
	kit_assert_same(a, b);
	assert_true(a->had_auth_key && b->had_auth_key);
	assert_int_equal(a->rekey.next_id, 0);
	assert_true(a->next_spi && a->next_spi == b->next_spi);
	assert_null(kit_held(a, a->next_spi));
	rekey_sa_group(&a->rekey, &to);
	assert_int_equal(to.to.port, 8480);
	assert_int_equal(to.to.addr.in.s_addr, htonl(0xefff0101));
	assert_int_equal(to.source.in.s_addr, htonl(0xc00002fa));
	assert_int_equal(kit.n_sent, 0);
}

/* All at once, bit for bit the same, at their time; by the SPI that was promised. */
static void rollover(void **state)
{
	const uint64_t times[] = { 6000, 4000, 2000, 0 };
	const struct kit_sent *sent;
	uint64_t first;
	uint32_t promised;
	size_t i = 0;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	promised = a->next_spi;
	kit_wait(899000);
	assert_int_equal(kit.n_sent, 0);
	first = kit.now + 1000;
	kit_wait(1000);
	assert_int_equal(kit.n_sent, 1);
	assert_int_equal(a->n_sas, 2);
	assert_int_equal(a->sas[1].spi, promised);
	assert_int_equal(a->sas[1].lifetime, 1000);
	assert_int_not_equal(a->next_spi, promised);
	assert_int_equal(a->atd, 7);
	assert_int_equal(a->dtd, 14);
	kit_assert_same(a, b);
	kit_wait(50000);
	assert_int_equal(kit.n_sent, 4);
	for (sent = kit.sent; sent; sent = sent->next, i++) {
		assert_int_equal(sent->at, first + times[i]);
		assert_int_equal(sent->len, kit.sent->len);
		assert_memory_equal(sent->bytes, kit.sent->bytes, sent->len);
		assert_int_equal(sent->to.to.port, 8480);
		assert_int_equal(sent->to.ttl, 32);
	}
	assert_int_equal(a->casts, 1);
	assert_int_equal(a->rekeys + b->rekeys, 0);
	assert_int_equal(group().epoch, 2);
	/* Who comes now expects the next message, and no copy of the last. */
	assert_int_equal(kit_join(c, "video", true), 0);
	assert_int_equal(c->rekey.next_id, 1);
	kit_assert_same(a, c);
	assert_int_equal(c->next_spi, a->next_spi);
	rekey(false);
	assert_int_equal(c->casts, 1);
	assert_int_equal(a->casts, 2);
	kit_assert_same(a, c);
}

/* Deleted by multicast when all must have the new ones; of those who hear it no one is asked. */
static void now(void **state)
{
	uint32_t first;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	first = a->sas[0].spi;
	rekey(true);
	kit_wait(6999);
	assert_non_null(kit_held(a, first));
	kit_wait(1);
	assert_int_equal(a->n_sas, 1);
	assert_null(kit_held(b, first));
	kit_assert_same(a, b);
	assert_true(a->has_rekey);
	assert_int_equal(group().sas, 1);
	assert_int_equal(a->rekeys + a->deletes, 0);
	kit_wait(20000);
	assert_int_equal(kit.n_sent, 8);
}

/* Whose answer may be later than that, by its IKE SA, too. */
static void now_and_new(void **state)
{
	uint32_t first;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_wait(10000);
	first = a->sas[0].spi;
	rekey(true);
	kit_wait(6000);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->deaf_to_group = true;
	assert_non_null(kit_held(b, first));
	kit_wait(1000);
	assert_null(kit_held(a, first));
	assert_null(kit_held(b, first));
	assert_int_equal(a->deletes, 0);
	assert_int_equal(b->deletes, 1);
}

/* Without its IKE SA a member goes on, keeps its Sender-ID, and is known. */
static void listening(void **state)
{
	struct gemcast_ks_member member;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_lose(a, IKE_END_DEAD);
	assert_true(kit_member("video", "a.example.org", &member));
	assert_string_equal(member.state, "listening");
	assert_int_equal(group().members, 0);
	kit_wait(900000);
	assert_int_equal(a->n_sas, 2);
	assert_int_equal(group().epoch, 2);
	/* The kit sees to it that nobody else has its Sender-ID under the new SA. */
	assert_int_equal(kit_join(b, "video", true), 0);
	assert_int_not_equal(b->sids[0], a->sids[0]);
	rekey(true);
	kit_wait(10000);
	kit_assert_same(a, b);
	/* It comes back. */
	a = kit_sa("a.example.org", "192.0.2.1");
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_true(kit_member("video", "a.example.org", &member));
	assert_string_equal(member.state, "registered");
	assert_int_equal(group().listening, 0);
	kit_assert_same(a, b);
}

/* Nobody else gets its Sender-ID under an SA that it hears of, however few are left. */
static void sid_of_a_listener(void **state)
{
	struct kit_ask ask = { .group = "video", .sender = true, .count = 16 };
	uint32_t epoch;
	size_t i;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_lose(a, IKE_END_DEAD);
	rekey(false);
	assert_int_equal(a->n_sas, 2);
	epoch = group().epoch;
	/* The kit fails if it does. */
	for (i = 0; group().epoch == epoch; i++) {
		assert_int_equal(kit_ask(b, &ask), 0);
		kit_settle();
	}
	assert_true(i > 8);
	kit_wait(30000);
	assert_non_null(kit_held(a, kit_last(b)->spi));
}

/* It took the new line, and its answer never came: it may send by it. */
static void silent(void **state)
{
	struct conf_identity id = kit_identity("c.example.org");
	struct gemcast_ks_member member;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", true), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	b->mute = true;
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_same_rekey(a, b);
	kit_lose(b, IKE_END_DEAD);
	assert_true(kit_member("video", "b.example.org", &member));
	assert_string_equal(member.state, "listening");
	kit_wait(20000);
	assert_false(b->lost);
	rekey(false);
	kit_assert_same(a, b);
}

/* Copies of a message are not waited for. */
static void expel_at_once(void **state)
{
	struct conf_identity id = kit_identity("c.example.org");

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	rekey(false);
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_int_equal(a->rekeys, 1);
	kit_assert_same(a, b);
	assert_null(kit_held(c, kit_last(a)->spi));
	/* Nor do they bring the old Rekey SA back. */
	kit_wait(10000);
	assert_same_rekey(a, b);
	kit_assert_same(a, b);
}

/* Those that the first new line passed over are told before the second. */
static void expel_twice(void **state)
{
	struct conf_identity ids[] = { kit_identity("c.example.org"),
				       kit_identity("e.example.org") };
	struct ike_sa *d = kit_sa("d.example.org", "192.0.2.4");
	struct ike_sa *e = kit_sa("e.example.org", "192.0.2.5");

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_int_equal(kit_join(d, "video", false), 0);
	assert_int_equal(kit_join(e, "video", false), 0);
	kit_lose(d, IKE_END_DEAD);
	b->deaf = true;
	assert_int_equal(ks_expel(kit.ks, "video", &ids[0], 1, NULL), 0);
	kit_settle();
	assert_false(d->lost);
	assert_int_equal(ks_expel(kit.ks, "video", &ids[1], 1, NULL), 0);
	kit_settle();
	assert_true(d->lost);
	assert_int_equal(a->rekeys, 2);
	kit_lose(b, IKE_END_DEAD);
	kit_wait(20000);
	/* It was asked, and heard nothing. */
	assert_true(b->lost);
	assert_null(kit_held(c, kit_last(a)->spi));
	assert_null(kit_held(e, kit_last(a)->spi));
}

/* Its IKE SA stays, for the other group: what it heard of is deleted there as well. */
static void expel_from_one(void **state)
{
	struct conf_identity id = kit_identity("a.example.org");
	struct kit_held audio;

	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	rekey(false);
	assert_int_equal(kit_join(a, "audio", false), 0);
	/* The kit's member forgets one group as it joins another. */
	audio = a->sas[0];
	memcpy(&a->sas[1], b->sas, 2 * sizeof(a->sas[0]));
	a->n_sas = 3;
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_false(a->closed || a->excluded);
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(a->sas[0].spi, audio.spi);
}

/* The next Rekey SA is told over the last, with its own key, and then used. */
static void next_rekey_sa(void **state)
{
	uint8_t spi[WIRE_GIKE_SPI_LEN], promised[WIRE_GIKE_SPI_LEN];

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	memcpy(spi, a->rekey.spi, sizeof(spi));
	memcpy(promised, a->next_rekey, sizeof(promised));
	a->had_auth_key = false;
	kit_wait(299000);
	assert_false(a->has_heir);
	kit_wait(1000);
	assert_true(a->has_heir && a->had_auth_key);
	assert_memory_equal(a->heir.spi, promised, sizeof(promised));
	assert_memory_equal(a->rekey.spi, spi, sizeof(spi));
	assert_int_equal(a->heir.cipher.key_bits, 128);
	/*
	 * Who comes gets the new one alone, and all get what goes out before it is in use:
	 * not before the last copy of the message with it has arrived.
	 */
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_memory_equal(c->rekey.spi, promised, sizeof(promised));
	assert_int_equal(c->rekey.next_id, 0);
	rekey(false);
	kit_wait(6000);
	assert_int_equal(a->n_sas, 1);
	kit_wait(1000);
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
	kit_assert_same(a, c);
	kit_wait(7000);
	kit_forget_sent();
	rekey(false);
	assert_int_equal(kit.n_sent, 1);
	assert_memory_equal(kit.sent->bytes, promised, sizeof(promised));
	assert_int_equal(a->n_sas, 3);
	kit_assert_same(a, b);
	kit_assert_same(a, c);
	assert_same_rekey(a, c);
	/* and so on */
	kit_wait(3000000);
	rekey(false);
	assert_non_null(kit_held(a, kit_last(c)->spi));
	assert_same_rekey(a, c);
}

/* Who misses copies of one message must not miss the rest of them because of the next. */
static void one_after_the_other(void **state)
{
	const struct kit_sent *sent;
	uint64_t first = kit.now;
	size_t i;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	b->deaf_to_group = true;
	for (i = 0; i < 10; i++)
		rekey(false);
	kit_wait(5000);
	b->deaf_to_group = false;
	kit_wait(1999);
	assert_int_equal(kit.n_sent, 4);
	kit_assert_same(a, b);
	/* Those asked for meanwhile are one. */
	kit_wait(1);
	assert_int_equal(kit.n_sent, 5);
	assert_int_equal(group().epoch, 3);
	sent = kit.sent;
	assert_int_equal(sent->at, first + 7000);
	kit_wait(60000);
	assert_int_equal(group().epoch, 3);
	kit_assert_same(a, b);
}

/* An epoch that a registration cannot do without is made at once, and told in its turn. */
static void put_off(void **state)
{
	struct kit_ask ask = { .group = "video", .sender = true, .count = 16 };
	uint64_t first = kit.now;
	size_t i;

	(void)state;
	assert_int_equal(kit_join(a, "video", false), 0);
	rekey(false);
	for (i = 0; i < 40 && group().epoch < 3; i++) {
		assert_int_equal(kit_ask(b, &ask), 0);
		kit_settle();
	}
	assert_int_equal(group().epoch, 3);
	assert_int_equal(kit.now, first);
	assert_int_equal(a->n_sas, 2);
	assert_true(b->has_atd);
	assert_int_equal(b->atd, 14);
	kit_wait(6999);
	assert_int_equal(kit.n_sent, 4);
	assert_int_equal(a->n_sas, 2);
	kit_wait(1);
	assert_int_equal(a->n_sas, 3);
	assert_non_null(kit_held(a, kit_last(b)->spi));
	/* and the old ones are deleted when that has reached all */
	kit_wait(6999);
	assert_int_equal(a->n_sas, 3);
	kit_wait(1);
	assert_int_equal(a->n_sas, 1);
}

/* Message IDs do not come again: there is another Rekey SA before they end. */
static void message_ids_end(void **state)
{
	struct ks_group *inside;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	inside = kit.ks->groups[0];
	inside->rekey->sa.next_id = KS_LAST_MESSAGE_ID - 1;
	rekey(false);
	kit_wait(7000);
	assert_int_equal(a->casts, 2);
	assert_int_equal(a->rekey.next_id, KS_LAST_MESSAGE_ID + 1);
	assert_true(a->has_heir);
	kit_wait(10000);
	rekey(false);
	assert_int_equal(a->rekey.next_id, 1);
	/* None at all is left: by unicast, and a new line. */
	kit_wait(30000);
	inside->rekey->sa.next_id = UINT32_MAX;
	assert_int_equal(a->rekeys, 0);
	rekey(false);
	kit_wait(2000);
	assert_true(a->rekeys);
	kit_wait(10000);
	rekey(false);
	assert_true(inside->rekey->sa.next_id < 10);
	assert_non_null(kit_held(a, ks_last(inside)->sas[0].spi));
}

/* Nothing is signed, and there is no key to sign by. */
static void implicit(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_false(a->had_auth_key);
	assert_null(a->rekey.scheme);
	rekey(false);
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
	kit_wait(300000);
	assert_true(a->has_heir);
	assert_false(a->had_auth_key);
	kit_wait(10000);
	rekey(false);
	kit_assert_same(a, b);
}

/* An expelled member knows the Rekey SA: the next one and its SAs it must not be told. */
static void expel(void **state)
{
	struct conf_identity id = kit_identity("c.example.org");
	struct ike_sa *d = kit_sa("d.example.org", "192.0.2.4");
	uint32_t old;

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_int_equal(kit_join(c, "video", true), 0);
	assert_int_equal(kit_join(d, "video", false), 0);
	kit_lose(d, IKE_END_DEAD);
	old = a->sas[0].spi;
	/* It hears all that goes over it, whatever it is told. */
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	kit_wait(3000);
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(a->n_sas, 1);
	kit_assert_same(a, b);
	assert_same_rekey(a, b);
	assert_null(kit_held(a, old));
	assert_true(c->excluded && c->closed);
	assert_null(kit_held(c, kit_last(a)->spi));
	/* Who has no IKE SA is told to register again, and not excluded. */
	assert_true(d->lost);
	assert_false(d->excluded);
	d = kit_sa("d.example.org", "192.0.2.4");
	assert_int_equal(kit_join(d, "video", false), 0);
	kit_assert_same(a, d);
	assert_same_rekey(a, d);
	kit_wait(7000);
	rekey(false);
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
	kit_assert_same(a, d);
	assert_null(kit_held(c, kit_last(a)->spi));
}

/* Gone, and its epochs with it: it has the Rekey SA all the same. */
static void expel_the_gone(void **state)
{
	const struct kit_ask leave = { .group = "video", .error = N_REGISTRATION_FAILED };
	struct conf_identity id = kit_identity("c.example.org");
	uint8_t spi[WIRE_GIKE_SPI_LEN];

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	memcpy(spi, a->rekey.spi, sizeof(spi));
	assert_int_equal(kit_ask(c, &leave), 0);
	kit_wait(2500000);
	assert_memory_equal(a->rekey.spi, spi, sizeof(spi));
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_memory_not_equal(a->rekey.spi, spi, sizeof(spi));
	assert_int_equal(a->rekeys, 1);
	/* Who never was there knows nothing. */
	id = kit_identity("never.example.org");
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_int_equal(a->rekeys, 1);
}

/* Of a group that ends, all are told, with or without an IKE SA. */
static void ends(void **state)
{
	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
	kit_lose(b, IKE_END_DEAD);
	assert_int_equal(ks_group_del(kit.ks, "video", NULL), 0);
	kit_wait(10000);
	assert_true(a->excluded && a->closed);
	assert_true(b->excluded);
	assert_int_equal(a->n_sas + b->n_sas, 0);
	assert_int_equal(kit.n_sent, 4);
	assert_int_equal(ks_next(kit.ks), IKE_NEVER);
}

/* With nobody there nothing goes out; who comes then finds another Rekey SA. */
static void nobody_there(void **state)
{
	const struct kit_ask leave = { .group = "video", .error = N_REGISTRATION_FAILED };
	uint8_t spi[WIRE_GIKE_SPI_LEN];

	(void)state;
	assert_int_equal(kit_join(a, "video", true), 0);
	memcpy(spi, a->rekey.spi, sizeof(spi));
	assert_int_equal(kit_ask(a, &leave), 0);
	kit_wait(100000000);
	assert_int_equal(kit.n_sent, 0);
	assert_int_equal(group().epoch, 1);
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_memory_not_equal(b->rekey.spi, spi, sizeof(spi));
}

/* Who is not there any more does not hold up those who are. */
static void sids_of_listeners(void **state)
{
	struct kit_ask ask = { .group = "video", .sender = true, .count = 16 };
	struct ike_sa *sa[16];
	char id[32];
	size_t i;

	(void)state;
	for (i = 0; i < 16; i++) {
		snprintf(id, sizeof(id), "s%zu.example.org", i);
		sa[i] = kit_sa(id, "192.0.2.77");
		assert_int_equal(kit_ask(sa[i], &ask), 0);
		if (i)
			kit_lose(sa[i], IKE_END_DEAD);
	}
	kit_settle();
	/* All 256 are held, and 240 of them by those that have no IKE SA: these are passed over. */
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_wait(10000);
	assert_non_null(kit_held(sa[0], kit_last(a)->spi));
	assert_same_rekey(a, sa[0]);
	assert_false(sa[0]->lost);
	for (i = 1; i < 16; i++)
		assert_true(sa[i]->lost);
}

int main(void)
{
	static char brief[] = GROUP("video", SHORT) "      encryption: aes128gcm16\n";
	static char trusting[] = GROUP("video", ", authentication: implicit, lifetime: 400 s");
	static char two[] = GROUP("video", "") GROUP("audio", "");
	static char small[] = GROUP("video", "") "      sender-id-bits: 8\n";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(registration, begin, end),
		cmocka_unit_test_setup_teardown(rollover, begin, end),
		cmocka_unit_test_setup_teardown(now, begin, end),
		cmocka_unit_test_setup_teardown(now_and_new, begin, end),
		cmocka_unit_test_setup_teardown(listening, begin, end),
		cmocka_unit_test_prestate_setup_teardown(sid_of_a_listener, begin, end, small),
		cmocka_unit_test_setup_teardown(silent, begin, end),
		cmocka_unit_test_setup_teardown(expel_at_once, begin, end),
		cmocka_unit_test_setup_teardown(expel_twice, begin, end),
		cmocka_unit_test_prestate_setup_teardown(expel_from_one, begin, end, two),
		cmocka_unit_test_prestate_setup_teardown(next_rekey_sa, begin, end, brief),
		cmocka_unit_test_setup_teardown(one_after_the_other, begin, end),
		cmocka_unit_test_prestate_setup_teardown(put_off, begin, end, small),
		cmocka_unit_test_setup_teardown(message_ids_end, begin, end),
		cmocka_unit_test_prestate_setup_teardown(implicit, begin, end, trusting),
		cmocka_unit_test_setup_teardown(expel, begin, end),
		cmocka_unit_test_setup_teardown(expel_the_gone, begin, end),
		cmocka_unit_test_setup_teardown(ends, begin, end),
		cmocka_unit_test_setup_teardown(nobody_there, begin, end),
		cmocka_unit_test_prestate_setup_teardown(sids_of_listeners, begin, end, small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
