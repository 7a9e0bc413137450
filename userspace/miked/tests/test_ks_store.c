// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server that is killed and started again: groups go on with the same SAs, and no
 * number is given twice (the kit sees to that); while nothing can be stored, nothing new
 * is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "group/ks_internal.h"
#include "stored.h"
#include "test.h"
#include "vfs_faults.h"

#define TRAFFIC	"      traffic: [ { destination: 239.1.1.1 }, { destination: 239.1.1.2 } ]\n"
#define MEMBERS	"      members: [ { identity: \"*.example.org\", role: both } ]\n"
#define TIMES	"      lifetime: 1000 s\n      rollover: 100 s\n"
#define VIDEO	"    - name: video\n" TRAFFIC TIMES MEMBERS
#define SMALL	"    - name: video\n      sender-id-bits: 8\n" TRAFFIC TIMES MEMBERS
#define CAST	"    - name: video\n" TRAFFIC TIMES MEMBERS				\
		"      rekey: { transport: multicast, address: 239.255.1.1, lifetime: 400 s }\n"
#define AUDIO	"    - name: audio\n" TRAFFIC TIMES MEMBERS

#define EXTRA										\
	"name: extra\ntraffic: [ { destination: \"ff3e::8000:1\", source: \"2001:db8::/32\", "	\
	"protocol: udp, destination-ports: 5000-5001 } ]\nsenders: one\nreplay: yes\n"		\
	"members: [ { identity: \"*\", role: both } ]\nencryption: "

static struct ike_sa *a, *b, *c;

static int begin(void **state)
{
	stored_begin(*state ? *state : VIDEO);
	log_set_level(AREA_STORE, getenv("KIT_LOG") ? LEVEL_DEBUG : LEVEL_ERROR - 1);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	return 0;
}

static int end(void **state)
{
	(void)state;
	stored_end();
	return 0;
}

static struct gemcast_ks_group group(void)
{
	struct gemcast_ks_group out;

	assert_true(kit_group("video", &out));
	return out;
}

static struct gemcast_ks_member member(const char *id)
{
	struct gemcast_ks_member out;

	if (!kit_member("video", id, &out))
		fail_msg("%s is not known", id);
	return out;
}

static void join(struct ike_sa *sa, bool sender)
{
	if (sa->closed)
		stored_connect(sa);
	assert_int_equal(kit_join(sa, "video", sender), 0);
}

static void goes_on_with_the_same_sas(void **state)
{
	struct ike_sa before;

	(void)state;
	join(a, true);
	join(b, false);
	kit_wait(400000);
	before = *a;
	stored_restart();
	assert_int_equal(group().epoch, 1);
	assert_int_equal(group().sas, 2);
	assert_int_equal(group().members, 0);
	assert_int_equal(member("a.example.org").epoch, 1);
	assert_string_equal(member("a.example.org").role, "both");
	assert_int_equal(member("a.example.org").since, 400000);
	join(a, true);
	join(c, true);
	kit_assert_same(a, &before);
	kit_assert_same(c, &before);
	assert_int_equal(kit_last(c)->lifetime, 600);
	assert_int_not_equal(a->sids[0], before.sids[0]);
	assert_int_not_equal(a->sids[0], c->sids[0]);
	/* And the next one at its time. */
	assert_int_equal(group().next_rollover, 500000);
	kit_wait(500000);
	assert_int_equal(group().epoch, 2);
	assert_int_equal(a->n_sas, 4);
	stored_restart();
	assert_int_equal(group().epoch, 2);
	assert_int_equal(group().sas, 4);
	join(b, false);
	kit_assert_same(a, b);
}

static void while_it_is_away(void **state)
{
	(void)state;
	join(a, true);
	stored_kill();
	/* The host was off: its other clock begins anew. */
	kit.wall += (int64_t)kit.now + 100000 - 5000;
	kit.now = 5000;
	assert_int_equal(stored_start(NULL, NULL), 0);
	assert_int_equal(group().next_rollover, 800000);
	stored_kill();
	kit.wall += 2000000;
	assert_int_equal(stored_start(NULL, NULL), 0);
	kit_settle();
	assert_int_equal(group().sas, 0);
	assert_int_equal(group().epoch, 1);
	join(b, true);
	assert_int_equal(group().epoch, 2);
	assert_null(kit_held(b, a->sas[0].spi));
}

/* Lives do not get longer by it. */
static void the_clock_went_back(void **state)
{
	(void)state;
	join(a, true);
	kit_wait(300000);
	join(b, true);
	stored_kill();
	kit.wall -= INT64_C(86400000);
	assert_int_equal(stored_start(NULL, NULL), 0);
	assert_int_equal(group().next_rollover, 600000);
	join(c, true);
	assert_int_equal(kit_last(c)->lifetime, 700);
}

/* There are 256, which are given in turn: more than twice around, and many restarts. */
static void gives_no_sender_id_twice(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 300; i++) {
		join(a, true);
		join(b, true);
		kit_settle();
		if (i % 5 == 0)
			stored_restart();
		else if (i % 3 == 1)
			kit_lose(a, IKE_END_DEAD);
	}
	/* Each of them has room for three quarters of these, or a few more. */
	assert_in_range(group().epoch, 3, 6);
}

static void knows_who_was_expelled(void **state)
{
	struct conf_identity id = kit_identity("c.example.org"), x = kit_identity("x.example.net");
	struct reason why;

	(void)state;
	join(a, true);
	join(c, true);
	assert_int_equal(ks_admit(kit.ks, "video", CONF_ROLE_SENDER, &x, 1, &why), 0);
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, &why), 0);
	/* Before anything more is done. */
	stored_restart();
	assert_string_equal(member("c.example.org").state, "expelled");
	assert_string_equal(member("x.example.net").state, "admitted");
	assert_string_equal(member("x.example.net").role, "sender");
	stored_connect(c);
	assert_int_equal(kit_join(c, "video", true), N_AUTHORIZATION_FAILED);
	join(a, true);
	kit_settle();
	assert_int_equal(group().epoch, 2);
	assert_null(kit_held(c, kit_last(a)->spi));
	/* The old one is not there for long. */
	kit_wait(60000);
	assert_int_equal(group().sas, 2);
	assert_int_equal(ks_admit(kit.ks, "video", CONF_ROLE_BOTH, &id, 1, &why), 0);
	stored_restart();
	join(c, true);
	assert_int_equal(kit_join(kit_sa("x.example.net", "192.0.2.9"), "video", false),
			 N_AUTHORIZATION_FAILED);
}

/* It was registered when the key server was killed: it knows what is in use. */
static void expels_who_was_registered(void **state)
{
	struct conf_identity id = kit_identity("c.example.org");

	(void)state;
	join(a, true);
	join(c, false);
	stored_restart();
	join(a, true);
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_int_equal(group().epoch, 2);
	assert_null(kit_held(c, kit_last(a)->spi));
}

static struct conf_group *group_of(const char *text)
{
	struct conf_group *conf = conf_group_load("f", text, strlen(text), NULL, NULL);

	assert_non_null(conf);
	return conf;
}

static void keeps_groups_of_commands(void **state)
{
	struct gemcast_ks_group extra;
	struct ike_sa before;
	struct reason why;

	(void)state;
	assert_int_equal(ks_group_add(kit.ks, group_of(EXTRA "aes128gcm16\n"), &why), 0);
	stored_restart();
	assert_true(kit_group("extra", &extra));
	stored_connect(a);
	assert_int_equal(kit_join(a, "extra", true), 0);
	before = *a;
	stored_restart();
	stored_connect(b);
	assert_int_equal(kit_join(b, "extra", false), 0);
	kit_assert_same(&before, b);
	assert_int_equal(kit_last(b)->key_bits, 128);
	/* So it is with another policy. */
	assert_int_equal(ks_group_set(kit.ks, group_of(EXTRA "aes256gcm16\n"), true, &why), 0);
	stored_restart();
	stored_connect(c);
	assert_int_equal(kit_join(c, "extra", false), 0);
	assert_int_equal(kit_last(c)->key_bits, 256);
	/* A reload leaves it; its own end does not come back. */
	kit_reload(VIDEO);
	assert_true(kit_group("extra", &extra));
	assert_int_equal(ks_group_del(kit.ks, "extra", &why), 0);
	stored_restart();
	assert_false(kit_group("extra", &extra));
	assert_true(kit_group("video", &extra));
}

static void takes_a_new_configuration(void **state)
{
	struct gemcast_ks_group out;
	struct reason why = { "" };

	(void)state;
	join(a, true);
	stored_kill();
	assert_int_equal(stored_start(VIDEO "      encryption: aes128gcm16\n" AUDIO, &why), 0);
	kit_settle();
	assert_true(kit_group("audio", &out));
	join(b, true);
	assert_int_equal(kit_last(b)->key_bits, 128);
	assert_non_null(kit_held(b, a->sas[0].spi));
	stored_kill();
	assert_int_equal(stored_start(AUDIO, &why), 0);
	assert_false(kit_group("video", &out));
	stored_kill();
	assert_int_equal(stored_start(VIDEO, &why), 0);
	assert_false(kit_group("audio", &out));
	assert_int_equal(group().epoch, 0);
	join(c, true);
	assert_null(kit_held(c, b->sas[0].spi));
}

/* That is not stored: who has an IKE SA after a restart has said it again. */
static void knows_what_members_can_do(void **state)
{
	static const char narrow[] =
		"name: video\ntraffic: [ { destination: 239.1.1.1 }, { destination: 239.1.1.2 } ]\n"
		"members: [ { identity: \"*.example.org\", role: both } ]\n"
		"lifetime: 1000 s\nrollover: 100 s\nencryption: aes128gcm16\n";
	static const struct wire_transform wide = {
		.type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256,
	};
	static const struct wire_proposal can = {
		.number = 1, .protocol = PROTO_ESP, .transforms = &wide, .n_transforms = 1,
	};
	const struct kit_ask ask = { .group = "video", .proposals = &can, .n_proposals = 1 };
	struct reason why = { "" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(kit_ask(b, &ask), 0);
		join(a, true);
		assert_int_equal(ks_group_set(kit.ks, group_of(narrow), false, &why), -EPERM);
		assert_non_null(strstr(why.text, "1 of 2 members could not live with it: b."));
		stored_restart();
		stored_connect(b);
	}
}

/* A rekey over a Rekey SA that the key server had before reaches who has no IKE SA to it. */
static void is_heard_again(void **state)
{
	size_t casts;
	uint32_t epoch;

	(void)state;
	join(a, true);
	join(b, false);
	stored_restart();
	kit_wait(20000);
	assert_int_equal(group().epoch, 1);
	casts = a->casts;
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_wait(20000);
	assert_true(a->casts > casts && b->casts > casts);
	kit_assert_same(a, b);
	assert_int_equal(a->n_sas, 4);
	/* Its Sender-ID went with it to the new SAs. */
	join(c, true);
	assert_int_not_equal(c->sids[0], a->sids[0]);
	kit_assert_same(a, c);
	/* Rekey SAs follow one another, and the key server is killed between. */
	for (epoch = 3; epoch < 12; epoch++) {
		stored_restart();
		kit_wait(60000);
		casts = a->casts;
		assert_int_equal(ks_rekey(kit.ks, "video", epoch % 2, NULL), 0);
		kit_wait(60000);
		assert_true(a->casts > casts);
		assert_int_equal(group().epoch, epoch);
		assert_false(a->lost || b->lost || c->lost);
		assert_non_null(kit_held(b, kit_last(a)->spi));
		assert_non_null(kit_held(c, kit_last(a)->spi));
	}
}

/* The policy of a Rekey SA does not fit the group's any more, and it lives on for a while. */
static void keeps_a_rekey_sa_of_before(void **state)
{
	static const char wide[] =
		"    - name: video\n" TRAFFIC TIMES MEMBERS
		"      rekey: { transport: both, address: 239.255.1.1, lifetime: 500 s, ttl: 9, "
		"interface: lo, retransmissions: 7, interval: 1 s, acknowledge: all, "
		"authentication: ecdsa-p384 }\n";
	static const char narrow[] =
		"    - name: video\n      encryption: aes128gcm16\n" TRAFFIC TIMES MEMBERS
		"      rekey: { transport: both, address: 239.255.1.1, lifetime: 500 s, ttl: 9, "
		"interface: lo, retransmissions: 7, interval: 1 s, acknowledge: all, "
		"encryption: aes128gcm16, key-wrap: kw128, authentication: ecdsa-p384 }\n";
	struct conf_rekey before;
	struct reason why = { "" };

	(void)state;
	stored_kill();
	assert_int_equal(stored_start(narrow, &why), 0);
	stored_connect(a);
	a->has_rekey = false;
	join(a, true);
	before = ks_group_find(kit.ks, "video")->rekey->conf;
	kit_reload(wide);
	stored_kill();
	if (stored_start(wide, &why))
		fail_msg("%s", why.text);
	assert_non_null(ks_group_find(kit.ks, "video")->rekey);
	assert_memory_equal(&ks_group_find(kit.ks, "video")->rekey->conf, &before, sizeof(before));
	kit_wait(60000);
	assert_int_equal(kit_last(a)->key_bits, 256);
	assert_int_equal(a->rekey.cipher.key_bits, 256);
}

/* Of a rekey only the first copy went out, or none at all. */
static void tells_again(void **state)
{
	(void)state;
	join(a, true);
	join(b, false);
	b->deaf_to_group = true;
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_settle();
	b->deaf_to_group = false;
	assert_int_equal(a->n_sas, 4);
	assert_int_equal(b->n_sas, 2);
	stored_restart();
	kit_wait(10000);
	kit_assert_same(a, b);
	assert_int_equal(group().epoch, 2);
}

static void expels_by_a_new_line(void **state)
{
	struct conf_identity id = kit_identity("c.example.org");

	(void)state;
	join(a, true);
	join(c, true);
	stored_restart();
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	stored_restart();
	kit_wait(30000);
	assert_int_equal(group().epoch, 2);
	join(a, true);
	join(b, false);
	assert_null(kit_held(c, kit_last(a)->spi));
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_wait(30000);
	assert_null(kit_held(c, kit_last(a)->spi));
	kit_assert_same(a, b);
}

static void refuses_while_it_cannot_store(void **state)
{
	struct reason why;
	struct conf_identity id = kit_identity("b.example.org");
	struct gemcast_ks_group before;

	(void)state;
	join(a, true);
	before = group();
	vfs_faults_set(VFS_FULL, 1, 0);
	/* New numbers, no; the keys that others have, yes. */
	assert_int_equal(kit_join(b, "video", true), N_REGISTRATION_FAILED);
	assert_int_equal(kit_join(b, "video", false), 0);
	kit_assert_same(a, b);
	assert_int_equal(kit_join(a, "video", true), N_REGISTRATION_FAILED);
	/* No new SAs, whatever asks for them. */
	assert_int_equal(ks_rekey(kit.ks, "video", true, &why), -ENOSPC);
	assert_non_null(strstr(why.text, "not stored"));
	kit_wait(10000);
	assert_int_equal(group().epoch, before.epoch);
	assert_int_equal(group().sas, before.sas);
	assert_int_equal(kit_join(c, "video", true), N_REGISTRATION_FAILED);
	/* An expulsion does not wait, its new keys do. */
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, &why), -ENOSPC);
	kit_wait(3000);
	assert_true(b->excluded);
	assert_int_equal(group().epoch, before.epoch);
	/* There is room again: all that waited is done. */
	vfs_faults_set(VFS_GOOD, 0, 0);
	kit_wait(3000);
	assert_int_equal(group().epoch, before.epoch + 1);
	join(a, true);
	assert_int_equal(kit_join(c, "video", true), 0);
	stored_restart();
	assert_string_equal(member("b.example.org").state, "expelled");
	join(a, true);
	assert_int_equal(group().epoch, before.epoch + 1);
}

/* The first that fails is new SAs: they are not, for anybody. */
static void makes_none_that_it_cannot_store(void **state)
{
	(void)state;
	join(a, true);
	join(b, false);
	vfs_faults_set(VFS_FULL, 1, 0);
	kit_wait(910000);
	assert_int_equal(group().epoch, 1);
	assert_int_equal(group().current, 2);
	assert_int_equal(a->n_sas + b->n_sas, 4);
	vfs_faults_set(VFS_GOOD, 0, 0);
	kit_wait(5000);
	assert_int_equal(group().epoch, 2);
	assert_int_equal(a->n_sas + b->n_sas, 8);
	kit_assert_same(a, b);
}

/* A new Rekey SA is made, and nobody hears of it before a restart would know of it. */
static void says_nothing_before_it_is_stored(void **state)
{
	(void)state;
	join(a, true);
	join(b, false);
	kit_wait(200000);
	assert_int_equal(kit.n_sent, 0);
	vfs_faults_set(VFS_FULL, 1, 0);
	kit_wait(120000);
	assert_int_equal(kit.n_sent, 0);
	vfs_faults_set(VFS_GOOD, 0, 0);
	kit_wait(20000);
	assert_true(kit.n_sent && a->casts);
	stored_restart();
	kit_wait(30000);
	assert_int_equal(ks_rekey(kit.ks, "video", false, NULL), 0);
	kit_wait(20000);
	assert_int_equal(a->n_sas, 4);
	kit_assert_same(a, b);
}

/* Who is not known may have registered while nothing could be stored. */
static void expels_who_is_not_known(void **state)
{
	struct conf_identity id = kit_identity("b.example.org");

	(void)state;
	join(a, true);
	vfs_faults_set(VFS_FULL, 1, 0);
	join(b, false);
	stored_kill();
	vfs_faults_set(VFS_GOOD, 0, 0);
	assert_int_equal(stored_start(NULL, NULL), 0);
	join(a, true);
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	kit_settle();
	assert_int_equal(group().epoch, 2);
	assert_null(kit_held(b, kit_last(a)->spi));
}

static void refuses_a_store_that_makes_no_sense(void **state)
{
	static const char * const sql[] = {
		"UPDATE groups SET text = '{}'",
		"UPDATE groups SET text = 'name: other' || char(10) || "
			"'traffic: [ { destination: 239.1.1.1 } ]' || char(10) || "
			"'members: [ { identity: \"*\" } ]'",
		"UPDATE epochs SET sids = 100",
		"UPDATE epochs SET encr = 999",
		"UPDATE epochs SET key_bits = 128",
		"UPDATE groups SET epoch = 0",
		"UPDATE groups SET epoch = 9",
		"UPDATE sas SET selector = x'00'",
		"UPDATE members SET address = x'0102'",
		"UPDATE members SET identity = x'0201'",
		"UPDATE sids SET word = 1023 WHERE word = 0; UPDATE epochs SET sids = 256",
	};
	struct reason why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sql) / sizeof(sql[0]); i++) {
		join(a, true);
		stored_kill();
		store_kit_sql(sql[i]);
		why.text[0] = '\0';
		if (stored_start(NULL, &why) != -EBADMSG || !strstr(why.text, "the store's "))
			fail_msg("%s: \"%s\"", sql[i], why.text);
		store_kit_clear();
		assert_int_equal(stored_start(NULL, NULL), 0);
	}
}

static char log_path[128];
static int log_before;

/* All that is logged goes there. */
static void catch_log(void)
{
	int fd, area;

	snprintf(log_path, sizeof(log_path), "%s/log", store_kit.dir);
	fd = open(log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	log_before = dup(STDERR_FILENO);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	close(fd);
	for (area = 0; area < AREAS; area++)
		log_set_level((enum log_area)area, LEVEL_DEBUG);
}

static void release_log(void)
{
	dup2(log_before, STDERR_FILENO);
	close(log_before);
	assert_true(store_kit_file_has(log_path, "registered as sender", 20));
}

static bool is_written(struct chunk key)
{
	return store_kit_has(key.data, key.len) || store_kit_has(key.data, 16) ||
	       store_kit_file_has(log_path, key.data, 16);
}

/* The keys by which the key server signs: members do not know them. */
static void remember_signing_keys(void)
{
	const struct ks_group *video = ks_group_find(kit.ks, "video");
	const struct ks_rekey *rekeys[] = { video->rekey, video->heir, video->passed };
	size_t i, len;
	uint8_t raw[64];

	for (i = 0; i < sizeof(rekeys) / sizeof(rekeys[0]); i++) {
		len = sizeof(raw);
		if (!rekeys[i])
			continue;
		assert_int_equal(EVP_PKEY_get_raw_private_key(rekeys[i]->sa.key.pkey, raw, &len), 1);
		kit_remember_key((struct chunk){ raw, len });
	}
}

static size_t assert_none_is_written(void)
{
	const struct kit_key *key;
	size_t n = 0;

	for (key = kit.keys; key; key = key->next, n++)
		assert_false(is_written((struct chunk){ key->bytes, key->len }));
	assert_false(is_written(CHUNK(store_kit.master)));
	assert_true(store_kit_has("a.example.org", 13));
	return n;
}

/*
 * No key that a member was ever told, nor one by which it was told: nowhere in the files,
 * while the key server runs, when it was killed, and when it has ended; nor in the log.
 */
static void writes_no_key(void **state)
{
	size_t i;

	(void)state;
	catch_log();
	join(a, true);
	join(b, false);
	for (i = 0; i < 6; i++) {
		assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
		kit_wait(60000);
		remember_signing_keys();
		assert_none_is_written();
		stored_restart();
		remember_signing_keys();
		assert_none_is_written();
		join(a, i % 2);
	}
	/* Two SAs of each epoch, the Rekey SAs, and what signed. */
	assert_true(assert_none_is_written() > 20);
	stored_kill();
	assert_none_is_written();
	release_log();
	assert_int_equal(stored_start(NULL, NULL), 0);
}

static void asks(struct ike_sa *sa, bool sender)
{
	const struct kit_ask ask = { .group = "video", .sender = sender, .count = sender };

	kit_send(sa, &ask);
}

/* All of a key server's life, in which every change of a file fails once. */
static void live(void)
{
	struct conf_identity id = kit_identity("c.example.org");

	if (!kit.ks)
		return;
	kit_join(a, "video", true);
	kit_wait(2000);
	/* Together. */
	asks(a, true);
	asks(b, false);
	asks(c, true);
	kit_wait(2000);
	ks_rekey(kit.ks, "video", true, NULL);
	kit_wait(2000);
	kit_join(a, "video", true);
	ks_expel(kit.ks, "video", &id, 1, NULL);
	kit_wait(2000);
	kit_lose(b, IKE_END_DEAD);
	kit_wait(2000);
}

static bool was_told(const struct ike_sa *sa)
{
	return !sa->closed && !sa->refused && sa->n_sas;
}

/*
 * The @at-th fails: false if there are not so many. The kit has seen to it that nobody got a
 * number twice; what members were told is known to who comes after.
 */
static bool fails_at(const char *groups, enum vfs_fault fault, size_t at, unsigned int seed)
{
	struct gemcast_ks_member out;
	bool hit, c_is_out;

	stored_begin(groups);
	log_set_level(AREA_STORE, LEVEL_ERROR - 1);
	log_set_level(AREA_GROUP, getenv("KIT_LOG") ? LEVEL_DEBUG : LEVEL_ERROR - 1);
	a = kit_sa("a.example.org", "192.0.2.1");
	b = kit_sa("b.example.org", "192.0.2.2");
	c = kit_sa("c.example.org", "192.0.2.3");
	stored_kill();
	a->closed = b->closed = c->closed = false;
	vfs_faults_set(fault, at, seed);
	stored_start(NULL, NULL);
	live();
	hit = vfs_faults.hit;
	c_is_out = c->excluded;
	if (kit.ks) {
		stored_kill();
	}
	vfs_faults_set(VFS_GOOD, 0, 0);
	assert_int_equal(stored_start(NULL, NULL), 0);
	/* To b nothing is new. */
	if (was_told(a))
		assert_true(kit_member("video", "a.example.org", &out));
	if (was_told(c))
		assert_true(kit_member("video", "c.example.org", &out));
	if (c_is_out && fault != VFS_FULL && kit_member("video", "c.example.org", &out))
		assert_int_equal(!strcmp(out.state, "expelled") || fault == VFS_DEAD ||
				 fault == VFS_POWER, 1);
	/* It goes on. */
	join(a, true);
	join(b, true);
	kit_wait(2000);
	kit_assert_same(a, b);
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_wait(30000);
	assert_non_null(kit_held(b, kit_last(a)->spi));
	stored_end();
	return hit;
}

static void fails_everywhere(const char *groups, size_t step)
{
	static const enum vfs_fault faults[] = { VFS_ONCE, VFS_FULL, VFS_DEAD, VFS_POWER };
	size_t i, at;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		for (at = 1; fails_at(groups, faults[i], at, (unsigned int)at); at += step)
			;
		assert_true(at > 30);
	}
}

static void survives_faults(void **state)
{
	(void)state;
	fails_everywhere(SMALL, getenv("FAULTS") ? 1 : 5);
}

static void survives_faults_by_multicast(void **state)
{
	(void)state;
	fails_everywhere(CAST, getenv("FAULTS") ? 1 : 7);
}

#define STATE(groups)	((void *)(groups))

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(goes_on_with_the_same_sas, begin, end),
		cmocka_unit_test_setup_teardown(while_it_is_away, begin, end),
		cmocka_unit_test_setup_teardown(the_clock_went_back, begin, end),
		cmocka_unit_test_prestate_setup_teardown(gives_no_sender_id_twice, begin, end,
							 STATE(SMALL)),
		cmocka_unit_test_setup_teardown(knows_who_was_expelled, begin, end),
		cmocka_unit_test_setup_teardown(expels_who_was_registered, begin, end),
		cmocka_unit_test_setup_teardown(keeps_groups_of_commands, begin, end),
		cmocka_unit_test_setup_teardown(takes_a_new_configuration, begin, end),
		cmocka_unit_test_setup_teardown(knows_what_members_can_do, begin, end),
		cmocka_unit_test_prestate_setup_teardown(is_heard_again, begin, end, STATE(CAST)),
		cmocka_unit_test_prestate_setup_teardown(keeps_a_rekey_sa_of_before, begin, end,
							 STATE(CAST)),
		cmocka_unit_test_prestate_setup_teardown(tells_again, begin, end, STATE(CAST)),
		cmocka_unit_test_prestate_setup_teardown(expels_by_a_new_line, begin, end,
							 STATE(CAST)),
		cmocka_unit_test_setup_teardown(refuses_while_it_cannot_store, begin, end),
		cmocka_unit_test_setup_teardown(makes_none_that_it_cannot_store, begin, end),
		cmocka_unit_test_prestate_setup_teardown(says_nothing_before_it_is_stored, begin,
							 end, STATE(CAST)),
		cmocka_unit_test_setup_teardown(expels_who_is_not_known, begin, end),
		cmocka_unit_test_setup_teardown(refuses_a_store_that_makes_no_sense, begin, end),
		cmocka_unit_test_prestate_setup_teardown(writes_no_key, begin, end, STATE(CAST)),
		cmocka_unit_test(survives_faults),
		cmocka_unit_test(survives_faults_by_multicast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
