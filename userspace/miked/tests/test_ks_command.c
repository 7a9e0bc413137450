// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands to the key server, and what a new configuration does to its groups.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ks_kit.h"
#include "test.h"

#define GROUP(name, options)							\
	"    - name: " name "\n"						\
	"      lifetime: 1000 s\n"						\
	"      rollover: 100 s\n"						\
	"      activation-delay: 5 s\n"						\
	"      deactivation-delay: 20 s\n"					\
	options
#define TRAFFIC	"      traffic: [ { destination: 239.1.1.1 } ]\n"
#define ALL	"      members: [ { identity: \"*.example.org\", role: both } ]\n"
#define VIDEO	GROUP("video", TRAFFIC ALL)
#define AUDIO	GROUP("audio", TRAFFIC ALL)

static struct ike_sa *a, *b, *c;

static int begin(void **state)
{
	(void)state;
	kit_begin(VIDEO AUDIO);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
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

static void assert_state(const char *id, const char *state)
{
	struct gemcast_ks_member member;

	if (!state) {
		assert_false(kit_member("video", id, &member));
		return;
	}
	assert_true(kit_member("video", id, &member));
	assert_string_equal(member.state, state);
}

static void lists(void **state)
{
	struct gemcast_ks_group out = group();
	struct gemcast_ks_member member;

	(void)state;
	assert_string_equal(out.id, "keyid:video");
	assert_string_equal(out.encryption, "aes256gcm16");
	assert_string_equal(out.rekey, "unicast");
	assert_int_equal(out.members, 2);
	assert_int_equal(out.senders, 1);
	assert_int_equal(out.current, 2);
	assert_true(GEMCAST_HAS(&out, GEMCAST_KS_GROUP_CONVERGED));
	assert_true(kit_group("audio", &out));
	assert_int_equal(out.epoch, 0);
	assert_false(GEMCAST_HAS(&out, GEMCAST_KS_GROUP_NEXT_ROLLOVER));
	assert_false(kit_group("none", &out));
	kit_wait(5000);
	assert_true(kit_member("video", "b.example.org", &member));
	assert_string_equal(member.role, "receiver");
	assert_int_equal(member.since, 5000);
	assert_false(kit_member("audio", "b.example.org", &member));
}

static void expel(void **state)
{
	struct conf_identity ids[] = { kit_identity("A.example.org"),
				       kit_identity("never.example.org") };
	uint32_t first = a->sas[0].spi;

	(void)state;
	assert_int_equal(ks_expel(kit.ks, "none", ids, 1, NULL), -ENOENT);
	assert_int_equal(ks_expel(kit.ks, "video", ids, 2, NULL), 0);
	kit_settle();
	assert_true(a->excluded && a->closed);
	assert_int_equal(a->n_sas, 0);
	assert_int_equal(b->n_sas, 1);
	assert_null(kit_held(b, first));
	assert_state("a.example.org", "expelled");
	assert_state("never.example.org", "expelled");
	assert_int_equal(group().epoch, 2);
	assert_int_equal(group().members, 1);
	/* Shut out, whatever it comes from. */
	a = kit_sa("a.example.org", "192.0.2.9");
	assert_int_equal(kit_join(a, "video", false), N_AUTHORIZATION_FAILED);
	assert_int_equal(kit_join(a, "audio", false), 0);
	c = kit_sa("never.example.org", "192.0.2.9");
	assert_int_equal(kit_join(c, "video", false), N_AUTHORIZATION_FAILED);
	/* Who had no keys is no reason for new ones. */
	ids[0] = kit_identity("other.example.org");
	assert_int_equal(ks_expel(kit.ks, "video", ids, 1, NULL), 0);
	kit_settle();
	assert_int_equal(group().epoch, 2);
	/* Until it is admitted, in whatever letters. */
	ids[0] = kit_identity("a.EXAMPLE.org");
	assert_int_equal(ks_admit(kit.ks, "video", CONF_ROLE_BOTH, ids, 2, NULL), 0);
	assert_int_equal(kit_join(c, "video", true), 0);
	kit_assert_same(b, c);
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(ks_expel(kit.ks, "video", ids, 1, NULL), 0);
	kit_settle();
	assert_int_equal(a->n_sas, 0);
	a = kit_sa("a.example.org", "192.0.2.9");
	assert_int_equal(kit_join(a, "video", false), N_AUTHORIZATION_FAILED);
}

/* It is in another group, too: there it stays, and so does its IKE SA. */
static void expel_from_one(void **state)
{
	struct conf_identity id = kit_identity("a.example.org");
	uint32_t video = a->sas[0].spi, audio;
	struct kit_held kept;

	(void)state;
	kept = a->sas[0];
	assert_int_equal(kit_join(a, "audio", false), 0);
	audio = a->sas[0].spi;
	a->sas[a->n_sas++] = kept;
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_false(a->closed);
	assert_false(a->excluded);
	assert_null(kit_held(a, video));
	assert_non_null(kit_held(a, audio));
}

/* Its IKE SA is gone, but not its keys. */
static void expel_the_gone(void **state)
{
	struct conf_identity id = kit_identity("a.example.org");

	(void)state;
	kit_lose(a, IKE_END_DEAD);
	assert_state("a.example.org", "gone");
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_state("a.example.org", "expelled");
	assert_int_equal(group().epoch, 2);
	assert_int_equal(b->rekeys, 1);
	assert_int_equal(b->deletes, 1);
}

static void forget_the_gone(void **state)
{
	(void)state;
	kit_lose(a, IKE_END_DEAD);
	kit_wait(900000);
	assert_state("a.example.org", "gone");
	kit_wait(100000);
	assert_state("a.example.org", NULL);
}

static void admit(void **state)
{
	struct conf_identity ids[] = { kit_identity("x.example.net"),
				       kit_identity("a.example.org") };
	struct ike_sa *x = kit_sa("X.example.net", "192.0.2.5");

	(void)state;
	assert_int_equal(kit_join(x, "video", false), N_AUTHORIZATION_FAILED);
	assert_int_equal(ks_admit(kit.ks, "none", CONF_ROLE_BOTH, ids, 2, NULL), -ENOENT);
	assert_int_equal(ks_admit(kit.ks, "video", CONF_ROLE_RECEIVER, ids, 2, NULL), 0);
	assert_state("x.example.net", "admitted");
	assert_state("a.example.org", "registered");
	assert_int_equal(kit_join(x, "video", true), N_AUTHORIZATION_FAILED);
	assert_int_equal(kit_join(x, "video", false), 0);
	assert_int_equal(kit_join(a, "video", true), N_AUTHORIZATION_FAILED);
	assert_int_equal(ks_admit(kit.ks, "video", CONF_ROLE_BOTH, ids, 1, NULL), 0);
	assert_int_equal(kit_join(x, "video", true), 0);
}

static void report(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static struct conf_group *load_group(const char *text)
{
	struct conf_group *loaded = conf_group_load("f", text, strlen(text), report, NULL);

	assert_non_null(loaded);
	return loaded;
}

static void groups(void **state)
{
	static const char data[] = "{ name: data, traffic: [ { destination: 239.2.2.2 } ], "
				   "members: [ { identity: \"*\", role: both } ] }";
	static const char clash[] = "{ name: other, id: keyid:video, traffic: [ { destination: "
				    "239.2.2.2 } ], members: [ { identity: \"*\" } ] }";
	struct reason why = { "" };

	(void)state;
	assert_int_equal(kit_join(c, "data", false), N_INVALID_GROUP_ID);
	assert_int_equal(ks_group_add(kit.ks, load_group(data), &why), 0);
	assert_int_equal(kit_join(c, "data", false), 0);
	assert_int_equal(ks_group_add(kit.ks, load_group(data), &why), -EEXIST);
	assert_true(why.text[0]);
	assert_int_equal(ks_group_add(kit.ks, load_group(clash), &why), -EEXIST);
	/* A reload leaves it, unless the configuration has the name or the id. */
	kit_reload(VIDEO AUDIO);
	kit_settle();
	assert_int_equal(c->n_sas, 1);
	kit_reload(VIDEO AUDIO GROUP("data", TRAFFIC ALL));
	kit_settle();
	assert_int_equal(c->rekeys, 1);
	assert_int_equal(ks_group_del(kit.ks, "data", &why), 0);
	kit_settle();
	assert_true(c->excluded && c->closed);
	assert_int_equal(ks_group_del(kit.ks, "data", &why), -ENOENT);
	assert_int_equal(ks_group_add(kit.ks, load_group(data), &why), 0);
	kit_reload(VIDEO AUDIO GROUP("tada", "      id: keyid:data\n" TRAFFIC ALL));
	assert_int_equal(ks_group_del(kit.ks, "data", &why), -ENOENT);
	assert_int_equal(ks_group_del(kit.ks, "tada", &why), 0);
}

static void same_configuration(void **state)
{
	(void)state;
	kit_reload(AUDIO VIDEO);
	kit_settle();
	assert_int_equal(a->rekeys, 0);
	assert_int_equal(group().epoch, 1);
}

static void other_algorithm(void **state)
{
	(void)state;
	kit_reload(VIDEO "      encryption: aes128gcm16\n" AUDIO);
	kit_settle();
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(a->sas[0].key_bits, 128);
	kit_assert_same(a, b);
	assert_int_equal(group().sas, 1);
	assert_int_equal(a->deletes, 1);
}

/* Who can have keys wrapped by short ones only cannot go on (RFC 9838 3.1). */
static void longer_keys(void **state)
{
	(void)state;
	kit_reload(VIDEO "      encryption: aes128gcm16\n" AUDIO);
	kit_settle();
	c->kwa = KW_5649_128;
	assert_int_equal(kit_join(c, "video", true), 0);
	kit_reload(VIDEO AUDIO);
	kit_settle();
	assert_true(c->excluded && c->closed);
	assert_int_equal(c->n_sas, 0);
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(a->sas[0].key_bits, 256);
	kit_assert_same(a, b);
}

/* The mode is said by a registration (RFC 9838 2.3.4), so all register again. */
static void other_mode(void **state)
{
	(void)state;
	kit_reload(VIDEO "      mode: transport\n" AUDIO);
	kit_settle();
	assert_true(a->excluded && a->closed && b->excluded && b->closed);
	assert_int_equal(kit_join(c, "video", true), 0);
	assert_true(c->transport);
	assert_int_equal(c->n_sas, 1);
}

/* While not all have the new SAs, who comes gets none that it cannot do. */
static void abilities_of_late(void **state)
{
	static const struct wire_transform transforms[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
		{ .type = TRANSFORM_SN, .id = SN_32_BIT_UNSPECIFIED },
	};
	static const struct wire_proposal proposal = { .number = 1, .protocol = PROTO_ESP,
						       .transforms = transforms,
						       .n_transforms = 2 };
	const struct kit_ask ask = { .group = "video", .proposals = &proposal, .n_proposals = 1 };

	(void)state;
	b->deaf = true;
	assert_int_equal(kit_ask(c, &ask), N_NO_PROPOSAL_CHOSEN);
	kit_reload(VIDEO "      encryption: aes128gcm16\n" AUDIO);
	kit_settle();
	assert_int_equal(kit_ask(c, &ask), 0);
	assert_int_equal(c->n_sas, 1);
	assert_int_equal(c->sas[0].key_bits, 128);
}

static void other_traffic(void **state)
{
	(void)state;
	kit_reload(GROUP("video", "      traffic: [ { destination: 239.1.1.1 },"
			 " { destination: 239.1.1.2 } ]\n" ALL) AUDIO);
	kit_settle();
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
	assert_int_equal(group().sas, 2);
	assert_int_equal(group().epoch, 2);
}

/* A policy that only names other times is one for the next SAs. */
static void other_times(void **state)
{
	(void)state;
	kit_reload("    - name: video\n      lifetime: 1000 s\n      rollover: 200 s\n" TRAFFIC ALL
		   AUDIO);
	kit_settle();
	assert_int_equal(group().epoch, 1);
	kit_wait(800000);
	assert_int_equal(group().epoch, 2);
	/* Another lifetime is one for those that there are, too. */
	kit_reload("    - name: video\n      lifetime: 500 s\n      rollover: 200 s\n" TRAFFIC ALL
		   AUDIO);
	kit_settle();
	assert_int_equal(group().epoch, 3);
	assert_int_equal(group().sas, 1);
	assert_int_equal(kit_last(a)->lifetime, 500);
}

static void other_rules(void **state)
{
	struct ike_sa *late = kit_sa("a.example.org", "192.0.2.1");

	(void)state;
	kit_reload(GROUP("video", TRAFFIC "      members: [ { identity: b.example.org } ]\n") AUDIO);
	kit_settle();
	assert_true(a->excluded && a->closed);
	assert_int_equal(b->rekeys, 1);
	assert_int_equal(b->n_sas, 1);
	assert_int_equal(kit_join(late, "video", false), N_AUTHORIZATION_FAILED);
	assert_state("a.example.org", NULL);
}

/* Sender-IDs come by registration alone, so all register again. */
static void other_senders(void **state)
{
	(void)state;
	kit_reload(VIDEO "      sender-id-bits: 12\n" AUDIO);
	kit_settle();
	assert_true(a->excluded && a->closed && b->excluded && b->closed);
	assert_int_equal(group().sas, 0);
	a = kit_sa("a.example.org", "192.0.2.1");
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(a->bits, 12);
}

static void removed(void **state)
{
	(void)state;
	assert_int_equal(kit_join(b, "audio", false), 0);
	kit_reload(AUDIO);
	kit_settle();
	assert_true(a->excluded && a->closed);
	assert_false(b->excluded || b->closed);
	assert_int_equal(b->deletes, 1);
	assert_int_equal(kit_join(c, "video", false), N_INVALID_GROUP_ID);
	kit_reload(VIDEO AUDIO);
	assert_int_equal(kit_join(c, "video", false), 0);
}

/* Told to go, and back by the same IKE SA before it heard of it. */
static void back_at_once(void **state)
{
	uint32_t old = a->sas[0].spi;

	(void)state;
	kit_reload(VIDEO "      sender-id-bits: 8\n" AUDIO);
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_settle();
	assert_false(a->closed || a->excluded);
	assert_int_equal(a->n_sas, 1);
	assert_int_not_equal(a->sas[0].spi, old);
	assert_int_equal(a->deletes, 1);
	assert_true(b->closed);
}

/* A new policy while nobody is there is the next member's. */
static void policy_of_none(void **state)
{
	(void)state;
	kit_lose(a, IKE_END_DELETED);
	kit_lose(b, IKE_END_DELETED);
	kit_reload(VIDEO "      encryption: aes128gcm16\n" AUDIO);
	assert_int_equal(kit_join(c, "video", true), 0);
	assert_int_equal(c->n_sas, 1);
	assert_int_equal(c->sas[0].key_bits, 128);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lists, begin, end),
		cmocka_unit_test_setup_teardown(expel, begin, end),
		cmocka_unit_test_setup_teardown(expel_from_one, begin, end),
		cmocka_unit_test_setup_teardown(expel_the_gone, begin, end),
		cmocka_unit_test_setup_teardown(forget_the_gone, begin, end),
		cmocka_unit_test_setup_teardown(admit, begin, end),
		cmocka_unit_test_setup_teardown(groups, begin, end),
		cmocka_unit_test_setup_teardown(same_configuration, begin, end),
		cmocka_unit_test_setup_teardown(other_algorithm, begin, end),
		cmocka_unit_test_setup_teardown(longer_keys, begin, end),
		cmocka_unit_test_setup_teardown(other_mode, begin, end),
		cmocka_unit_test_setup_teardown(abilities_of_late, begin, end),
		cmocka_unit_test_setup_teardown(other_traffic, begin, end),
		cmocka_unit_test_setup_teardown(other_times, begin, end),
		cmocka_unit_test_setup_teardown(other_rules, begin, end),
		cmocka_unit_test_setup_teardown(other_senders, begin, end),
		cmocka_unit_test_setup_teardown(removed, begin, end),
		cmocka_unit_test_setup_teardown(back_at_once, begin, end),
		cmocka_unit_test_setup_teardown(policy_of_none, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
