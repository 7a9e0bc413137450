// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Another policy for a group, by a new configuration or by command: SAs under both live
 * side by side, and who could not go on is known before.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "stored.h"
#include "test.h"

#define HEAD(options)								\
	"    - name: video\n"							\
	"      traffic: [ { destination: 239.1.1.1 } ]\n"				\
	"      lifetime: 1000 s\n"							\
	"      rollover: 100 s\n"							\
	options
#define MEMBERS	"      members: [ { identity: \"*.example.org\", role: both } ]\n"
#define REKEY	"      rekey: { transport: multicast, address: 239.255.1.1"
#define BY(options) HEAD(MEMBERS REKEY options " }\n")
#define UNICAST	HEAD(MEMBERS)

static struct ike_sa *a, *b, *c;

static int begin(void **state)
{
	kit_begin(*state ? *state : BY(""));
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

static void join(void)
{
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(kit_join(b, "video", false), 0);
}

static void report(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

/* One of a list's only entry. */
static struct conf_group *load_group(const char *text)
{
	char copy[1024];
	struct conf_group *group;

	snprintf(copy, sizeof(copy), "%s", text);
	assert_memory_equal(copy, "    - ", 6);
	copy[4] = ' ';
	group = conf_group_load("f", copy, strlen(copy), report, NULL);
	assert_non_null(group);
	return group;
}

static int set(const char *text, bool yes, struct reason *why)
{
	int err = ks_group_set(kit.ks, load_group(text), yes, why);

	kit_settle();
	return err;
}

/* Who could not live with it, and why, in a line. */
static const char *unfit(const char *text)
{
	static char line[512];
	struct conf_group *group = load_group(text);
	struct gemcast_ks_unfit after, out;
	bool begun = false;
	size_t len = 0;

	line[0] = '\0';
	assert_int_equal(ks_group_check(kit.ks, group, NULL), 0);
	while (!ks_show_unfit(kit.ks, group, begun ? &after : NULL, &out)) {
		len += (size_t)snprintf(line + len, sizeof(line) - len, "%s: %s; ", out.id,
					out.reason);
		begun = true;
		after = out;
	}
	conf_group_free(group);
	return line;
}

/* New ones under the new policy; the old stay until all must have them. */
static void other_algorithm(void **state)
{
	uint32_t old;

	(void)state;
	join();
	old = a->sas[0].spi;
	kit_reload(BY("") "      encryption: aes128gcm16\n");
	kit_settle();
	assert_int_equal(a->n_sas, 2);
	assert_int_equal(kit_last(a)->key_bits, 128);
	kit_assert_same(a, b);
	assert_int_equal(a->rekeys, 0);
	kit_wait(7000);
	assert_null(kit_held(a, old));
	kit_reload(BY(""));
	kit_wait(20000);
	assert_int_equal(kit_last(a)->key_bits, 256);
	kit_assert_same(a, b);
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(a->rekeys, 0);
}

/* By what each said it can do. */
static void abilities(void **state)
{
	static const struct wire_transform esp[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
		{ .type = TRANSFORM_SN, .id = SN_32_BIT_UNSPECIFIED },
	};
	static const struct wire_transform rekey[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
		{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
		{ .type = TRANSFORM_GCAUTH, .id = GCAUTH_DIGITAL_SIGNATURE },
	};
	static const struct wire_proposal proposals[] = {
		{ .number = 1, .protocol = PROTO_ESP, .transforms = esp, .n_transforms = 2 },
		{ .number = 1, .protocol = PROTO_GIKE_UPDATE, .transforms = rekey,
		  .n_transforms = 3 },
	};
	struct kit_ask ask = { .group = "video", .proposals = proposals, .n_proposals = 1 };
	const char *shorter = BY("") "      encryption: aes128gcm16\n";
	struct reason why = { "" };

	(void)state;
	join();
	/* Without a word for the Rekey SA it cannot do that. */
	assert_int_equal(kit_ask(c, &ask), N_NO_PROPOSAL_CHOSEN);
	ask.n_proposals = 2;
	assert_int_equal(kit_ask(c, &ask), 0);
	assert_string_equal(unfit(BY("")), "");
	assert_string_equal(unfit(shorter), "c.example.org: it cannot do the algorithms; ");
	assert_string_equal(unfit(BY(", encryption: aes128gcm16")),
			    "c.example.org: it cannot do the algorithms; ");
	assert_string_equal(unfit(BY(", authentication: implicit")),
			    "c.example.org: it cannot do the algorithms; ");
	assert_string_equal(unfit(BY(", authentication: ecdsa-p384")), "");
	assert_int_equal(set(shorter, false, &why), -EPERM);
	assert_string_equal(why.text, "1 of 3 members could not live with it: c.example.org, "
			    "it cannot do the algorithms");
	assert_int_equal(a->n_sas, 1);
	assert_int_equal(a->sas[0].key_bits, 256);
	/* All the same: it goes, and with it what it knows. */
	assert_int_equal(set(shorter, true, &why), 0);
	assert_true(c->excluded && c->closed);
	assert_int_equal(kit_last(a)->key_bits, 128);
	assert_int_equal(a->rekeys, 1);
	kit_assert_same(a, b);
	assert_int_equal(a->n_sas, 1);
	assert_null(kit_held(c, a->sas[0].spi));
	/* As it was, by another command. */
	assert_int_equal(set(BY(""), false, &why), 0);
	kit_wait(20000);
	assert_int_equal(kit_last(a)->key_bits, 256);
	assert_int_equal(kit_ask(c, &(struct kit_ask){ .group = "video" }), 0);
}

static void rules(void **state)
{
	static const char some[] = HEAD(REKEY " }\n      members:\n"
					"        - { identity: a.example.org, role: both }\n");
	static const char receivers[] = HEAD(REKEY " }\n      members: [ { identity: \"*\" } ]\n");
	struct reason why = { "" };

	(void)state;
	join();
	assert_string_equal(unfit(some), "b.example.org: no rule admits it; ");
	assert_string_equal(unfit(receivers), "a.example.org: it may not be a sender; ");
	assert_string_equal(unfit(BY("") "      sender-id-bits: 8\n"),
			    "a.example.org: it has to register again; "
			    "b.example.org: it has to register again; ");
	b->kwa = KW_5649_128;
	assert_string_equal(unfit(BY("")), "b.example.org: its key wrap key is too short; ");
	b->kwa = KW_5649_256;
	assert_int_equal(set(some, false, &why), -EPERM);
	assert_int_equal(set(some, true, &why), 0);
	assert_true(b->excluded && b->closed);
}

#define ONLY_A(rekey)	HEAD("      members: [ { identity: a.example.org, role: both } ]\n" rekey)

/* It hears what all are told, if that is not changed. */
static void rules_of_a_listener(void **state)
{
	static const char some[] = ONLY_A(REKEY " }\n");
	struct reason why = { "" };

	(void)state;
	join();
	kit_lose(b, IKE_END_DEAD);
	assert_string_equal(unfit(some), "b.example.org: no rule admits it; ");
	assert_int_equal(set(some, false, &why), -EPERM);
	assert_string_equal(why.text, "1 of 2 members could not live with it: b.example.org, "
				      "no rule admits it");
	assert_int_equal(set(some, true, &why), 0);
	kit_wait(10000);
	assert_int_equal(a->n_sas, 1);
	assert_null(kit_held(b, kit_last(a)->spi));
	ks_rekey(kit.ks, "video", true, NULL);
	kit_wait(10000);
	assert_null(kit_held(b, kit_last(a)->spi));
}

/* What it knew is of no use any more; that is found out once. */
static void rules_of_the_gone(void **state)
{
	static const char some[] = ONLY_A("");
	struct gemcast_ks_group group;

	(void)state;
	join();
	kit_lose(b, IKE_END_DEAD);
	assert_string_equal(unfit(some), "");
	kit_reload(some);
	kit_wait(10000);
	assert_true(kit_group("video", &group));
	assert_int_equal(group.epoch, 2);
	assert_int_equal(a->n_sas, 1);
	assert_null(kit_held(a, b->sas[0].spi));
	kit_reload(some);
	kit_wait(10000);
	assert_true(kit_group("video", &group));
	assert_int_equal(group.epoch, 2);
}

/* What cannot be is said before. */
static void refused(void **state)
{
	static const char other[] = "    - name: other\n      traffic: [ { destination: 239.2.2.2 } ]\n"
				    MEMBERS;
	static const char clash[] = "    - name: video\n      id: keyid:other\n"
				    "      traffic: [ { destination: 239.2.2.2 } ]\n" MEMBERS;
	struct reason why = { "" };

	(void)state;
	assert_int_equal(set(other, true, &why), -ENOENT);
	assert_int_equal(ks_group_add(kit.ks, load_group(other), &why), 0);
	assert_int_equal(set(clash, true, &why), -EEXIST);
	assert_string_equal(why.text, "its id is that of other");
	assert_int_equal(set(BY("") "      activation-delay: 6 s\n", true, &why), -EINVAL);
	assert_string_equal(why.text, "activation-delay: expected at least 7 s: so late the last "
			    "copy of a message may reach a member (rekey.retransmissions, "
			    "rekey.interval)");
	assert_int_equal(set(UNICAST "      deactivation-delay: 5 s\n", true, &why), -EINVAL);
	assert_string_equal(why.text, "deactivation-delay: expected at least 6 s: senders may "
			    "leave an SA 3 s after the first of them has the next "
			    "(activation-delay), and so much later a request may reach a member "
			    "(ike.retransmit, ike.retransmissions)");
	assert_int_equal(ks_group_del(kit.ks, "other", &why), 0);
	assert_int_equal(ks_group_add(kit.ks, load_group("    - name: other\n      traffic: "
							 "[ { destination: 239.2.2.2 } ]\n"
							 "      activation-delay: 2 s\n" MEMBERS),
				      &why), -EINVAL);
	assert_int_equal(set(BY("") "      activation-delay: 7 s\n      deactivation-delay: 14 s\n", true,
			     &why), 0);
}

static void assert_encryption(const char *encryption, uint32_t epoch)
{
	struct gemcast_ks_group group;

	assert_true(kit_group("video", &group));
	assert_string_equal(group.encryption, encryption);
	assert_int_equal(group.epoch, epoch);
}

/* By command, until the configuration has its say: it has when it says something else. */
static void until_reload(void **state)
{
	struct gemcast_ks_group group;

	(void)state;
	join();
	assert_int_equal(set(BY("") "      encryption: aes128gcm16\n", false, NULL), 0);
	kit_wait(7000);
	assert_int_equal(set(BY("") "      encryption: aes128gcm12\n", false, NULL), 0);
	kit_wait(7000);
	assert_encryption("aes128gcm12", 3);
	kit_reload(BY(""));
	kit_wait(7000);
	assert_encryption("aes128gcm12", 3);
	kit_reload(BY("") "      packets: 1000\n");
	kit_wait(7000);
	assert_encryption("aes256gcm16", 4);
	/* Once: it is as it was when it was set, but that is over. */
	kit_reload(BY(""));
	kit_wait(7000);
	assert_encryption("aes256gcm16", 4);
	assert_int_equal(set(BY("") "      encryption: aes128gcm16\n", false, NULL), 0);
	kit_reload("    []\n");
	assert_false(kit_group("video", &group));
	kit_settle();
	assert_true(a->excluded);
}

static int begin_stored(void **state)
{
	(void)state;
	stored_begin(BY(""));
	log_set_level(AREA_STORE, LEVEL_ERROR);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	return 0;
}

static int end_stored(void **state)
{
	(void)state;
	stored_end();
	return 0;
}

static void start_by(const char *groups)
{
	struct reason why = { "" };

	stored_kill();
	if (stored_start(groups, &why))
		fail_msg("%s", why.text);
	kit_settle();
}

/* A restart changes nothing, either way. */
static void over_a_restart(void **state)
{
	(void)state;
	join();
	assert_int_equal(set(BY("") "      encryption: aes128gcm16\n", false, NULL), 0);
	kit_wait(7000);
	start_by(NULL);
	assert_encryption("aes128gcm16", 2);
	start_by(BY(""));
	assert_encryption("aes128gcm16", 2);
	kit_reload(BY(""));
	kit_settle();
	assert_encryption("aes128gcm16", 2);
	stored_connect(c);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_int_equal(kit_last(c)->key_bits, 128);
	/* What the configuration says is another thing than when that was set. */
	start_by(BY("") "      packets: 1000\n");
	kit_wait(60000);
	assert_encryption("aes256gcm16", 3);
	start_by(BY(""));
	kit_wait(60000);
	assert_encryption("aes256gcm16", 3);
}

/* Of members that are not there to be told. */
static void rules_over_a_restart(void **state)
{
	(void)state;
	join();
	start_by(ONLY_A(REKEY " }\n"));
	stored_connect(a);
	assert_int_equal(kit_join(a, "video", true), 0);
	kit_wait(60000);
	assert_int_equal(a->n_sas, 1);
	assert_null(kit_held(b, kit_last(a)->spi));
}

/* A command has seen to it before, and it listens no more. */
static void expelled_before_a_restart(void **state)
{
	struct conf_identity id = kit_identity("b.example.org");
	struct gemcast_ks_group group;

	(void)state;
	join();
	kit_lose(b, IKE_END_DEAD);
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	start_by(BY(""));
	assert_true(kit_group("video", &group));
	assert_int_equal(group.epoch, 2);
	assert_int_equal(group.listening, 1);
}

/* Another Rekey SA: told over the old one, and used where it says. */
static void other_address(void **state)
{
	struct net_group to;

	(void)state;
	join();
	kit_reload(BY("1, encryption: aes128gcm16"));
	kit_settle();
	assert_true(a->has_heir && b->has_heir);
	rekey_sa_group(&a->heir, &to);
	assert_int_equal(to.to.addr.in.s_addr, htonl(0xefff010b));
	assert_int_equal(a->heir.cipher.key_bits, 128);
	kit_wait(7000);
	kit_forget_sent();
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	assert_int_equal(kit.sent->to.to.addr.in.s_addr, htonl(0xefff010b));
	assert_int_equal(a->n_sas, 2);
	kit_assert_same(a, b);
}

/* Members are told how messages are signed when they register, and not later. */
static void other_method(void **state)
{
	(void)state;
	join();
	kit_lose(b, IKE_END_DEAD);
	kit_reload(BY(", authentication: ecdsa-p256"));
	kit_settle();
	assert_true(a->lost && b->lost);
	assert_false(a->excluded || b->excluded);
	assert_int_equal(a->n_sas, 1);
	b = kit_sa("b.example.org", "192.0.2.2");
	assert_int_equal(kit_join(b, "video", false), 0);
	assert_true(b->has_rekey);
	/* Until it has registered again it gets keys by its IKE SA. */
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(b->rekeys, 0);
	kit_assert_same(a, b);
	assert_int_equal(kit_join(a, "video", true), 0);
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	assert_int_equal(a->rekeys, 1);
	kit_assert_same(a, b);
}

/* From unicast on, who registers hears; the others are asked. And back. */
static void other_transport(void **state)
{
	(void)state;
	join();
	assert_false(a->has_rekey);
	kit_reload(BY(""));
	kit_settle();
	assert_int_equal(a->rekeys, 0);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_true(c->has_rekey);
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	assert_int_equal(a->rekeys, 1);
	assert_int_equal(c->rekeys, 0);
	kit_assert_same(a, c);
	kit_reload(UNICAST);
	kit_wait(7000);
	assert_true(c->lost);
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	assert_int_equal(a->rekeys, 2);
	assert_int_equal(c->rekeys, 1);
	kit_assert_same(a, b);
	assert_int_equal(kit_join(c, "video", false), 0);
	assert_false(c->has_rekey);
}

int main(void)
{
	static char unicast[] = UNICAST;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(other_algorithm, begin, end),
		cmocka_unit_test_setup_teardown(abilities, begin, end),
		cmocka_unit_test_setup_teardown(rules, begin, end),
		cmocka_unit_test_setup_teardown(rules_of_a_listener, begin, end),
		cmocka_unit_test_prestate_setup_teardown(rules_of_the_gone, begin, end, unicast),
		cmocka_unit_test_setup_teardown(refused, begin, end),
		cmocka_unit_test_setup_teardown(until_reload, begin, end),
		cmocka_unit_test_setup_teardown(over_a_restart, begin_stored, end_stored),
		cmocka_unit_test_setup_teardown(rules_over_a_restart, begin_stored, end_stored),
		cmocka_unit_test_setup_teardown(expelled_before_a_restart, begin_stored,
						end_stored),
		cmocka_unit_test_setup_teardown(other_address, begin, end),
		cmocka_unit_test_setup_teardown(other_method, begin, end),
		cmocka_unit_test_prestate_setup_teardown(other_transport, begin, end, unicast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
