// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server and its members, each a whole daemon: they come to hold the same SAs, and
 * from then on no packet that a member sends is one that another could not read,
 * whatever happens to datagrams, keys and daemons.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "group/ks_internal.h"
#include "pki.h"
#include "sim_rand.h"
#include "test.h"
#include "whole.h"

#define MAX_MEMBERS	200
#define NUMBER		7	/* the kernel's, of the group */
#define KS		"192.0.2.1"

static struct crypto crypto;
static const char *psk, *other_psk;
static struct sim *sim;
static struct whole *ks;
static struct whole *members[MAX_MEMBERS];
static size_t n_members;
static bool in_both;		/* groups that members are in from the start */

static struct kit server_kit(const char *groups)
{
	return kit_new(&crypto,
		       "credentials: [ { name: me, identity: ks.example } ]\n"
		       "psk: [ { peer: \"*\", file: %s } ]\n"
		       "key-server:\n  credential: me\n  groups:\n%s",
		       psk, groups);
}

static struct kit member_kit(size_t number, const char *role, const char *key)
{
	return kit_new(&crypto,
		       "ike: { dead-peer: 20 s }\n"
		       "credentials: [ { name: me, identity: gm%zu.example } ]\n"
		       "psk: [ { peer: \"*\", file: %s } ]\n"
		       "member:\n"
		       "  credential: me\n"
		       "  key-servers: [ { name: ks, address: " KS ", identity: ks.example,"
		       " may-give: [ { destination: 239.0.0.0/8 } ] } ]\n"
		       "  groups:\n"
		       "    - { name: video, key-servers: [ ks ], role: %s, number: %d }\n"
		       "    - { name: audio, key-servers: [ ks ], role: %s, number: %d,"
		       " register: %s }\n",
		       number, key, role, NUMBER, role, NUMBER + 1,
		       in_both ? "start" : "command");
}

#define AUDIO(address)								\
	"    - name: audio\n"							\
	"      traffic: [ { destination: " address " } ]\n"			\
	"      lifetime: 600 s\n"						\
	"      members: [ { identity: \"*\", role: both } ]\n"
#define VIDEO(options)								\
	"    - name: video\n"							\
	"      traffic: [ { destination: 239.1.1.1 } ]\n"			\
	"      lifetime: 600 s\n"						\
	"      rollover: 200 s\n"						\
	"      sender-id-bits: 8\n"						\
	"      members:\n"							\
	"        - { identity: gm13.example, role: receiver }\n"		\
	"        - { identity: \"*.example\", role: both }\n"			\
	options

static void begin(uint64_t seed, const char *groups)
{
	const struct kit kit = server_kit(groups);

	sim_rand_seed(seed);
	sim = sim_new(seed);
	n_members = 0;
	ks = whole_new(sim, &crypto, KS, &kit);
}

static void end(void)
{
	while (n_members)
		whole_free(members[--n_members]);
	whole_free(ks);
	sim_free(sim);
}

static struct whole *add(const char *role, const char *key)
{
	char address[32];
	struct kit kit = member_kit(n_members, role, key);

	snprintf(address, sizeof(address), "192.0.3.%zu", n_members + 1);
	members[n_members] = whole_new(sim, &crypto, address, &kit);
	return members[n_members++];
}

static void add_some(size_t senders, size_t receivers)
{
	while (senders--)
		add("both", psk);
	while (receivers--)
		add("receiver", psk);
}

static const struct gemcast_addr *to(void)
{
	static struct gemcast_addr addr;

	addr = sim_addr("239.1.1.1");
	return &addr;
}

static const struct plane_table_sa *current(const struct whole *member)
{
	return plane_table_current(&member->table, NUMBER, to(), &member->at.addr);
}

/* Can @member read what goes out by @sa? */
static bool can_read(const struct whole *member, const struct plane_table_sa *sa)
{
	const struct plane_table_sa *mine = plane_table_sa(&member->table, sa->sa.spi);

	return mine && mine->sa.key_len == sa->sa.key_len &&
	       !memcmp(mine->key, sa->key, sa->sa.key_len);
}

/* No two that may send by one SA have one Sender-ID. */
static void check_sids(size_t a, size_t b)
{
	const struct plane_table_sa *one, *other;
	size_t i;

	for (i = 0; i < members[a]->table.n_sas; i++) {
		one = &members[a]->table.sas[i];
		other = plane_table_sa(&members[b]->table, one->sa.spi);
		if (!other || one->sa.dir == GEMCAST_SA_DIR_IN ||
		    other->sa.dir == GEMCAST_SA_DIR_IN)
			continue;
		assert_true(one->sa.sid != other->sa.sid);
	}
}

/* What a member sends now, all others that have joined can read. */
static void check_all(void)
{
	const struct plane_table_sa *sa;
	size_t i, j;

	for (i = 0; i < n_members; i++) {
		sa = current(members[i]);
		for (j = 0; j < n_members; j++) {
			if (j < i)
				check_sids(i, j);
			if (sa && j != i && whole_is(members[j], "video", "joined") &&
			    !can_read(members[j], sa))
				fail_msg("%zu sends by %08x, which %zu has not, at %.3f s", i,
					 sa->sa.spi, j, (double)sim_now(sim) / 1000);
		}
	}
}

/* Time goes by; look often. */
static void pass(uint64_t ms)
{
	uint64_t until = sim_now(sim) + ms;

	while (sim_now(sim) < until) {
		sim_run_for(sim, 250);
		check_all();
	}
}

static void assert_joined(size_t from)
{
	size_t i;

	for (i = from; i < n_members; i++)
		if (!whole_is(members[i], "video", "joined"))
			fail_msg("%zu is %s: %s", i, whole_status(members[i], "video").state,
				 whole_status(members[i], "video").error);
}

static struct gemcast_ks_group group(void)
{
	struct gemcast_ks_group out;

	assert_int_equal(ks_show_group(ks->ks, NULL, &out), 0);
	return out;
}

static void register_all(void **state)
{
	size_t i;

	(void)state;
	begin(1, VIDEO(""));
	add_some(2, 3);
	pass(SIM_SECONDS(5));
	assert_joined(0);
	assert_int_equal(group().members, 5);
	assert_int_equal(group().senders, 2);
	for (i = 0; i < n_members; i++) {
		assert_int_equal(members[i]->table.n_sas, 1);
		assert_true(can_read(members[i], &members[0]->table.sas[0]));
		assert_int_equal(members[i]->table.sas[0].sa.icv, 16);
		assert_int_equal(!current(members[i]), i >= 2);
	}
	assert_int_not_equal(current(members[0])->sa.sid, current(members[1])->sa.sid);
	end();
}

static void refused(void **state)
{
	struct kit kit;

	(void)state;
	begin(2, VIDEO(""));
	add("both", other_psk);
	pass(SIM_SECONDS(5));
	assert_false(whole_is(members[0], "video", "joined"));
	assert_int_equal(members[0]->table.n_sas, 0);
	/* gm13 may receive, no more. */
	kit = member_kit(13, "sender", psk);
	members[n_members++] = whole_new(sim, &crypto, "192.0.3.99", &kit);
	pass(SIM_SECONDS(5));
	assert_false(whole_is(members[1], "video", "joined"));
	assert_non_null(strstr(whole_status(members[1], "video").error, "AUTHORIZATION"));
	assert_int_equal(group().members, 0);
	end();
}

/* Ten lives of an SA, in fair weather and foul. */
static void roll_over(uint64_t seed, const struct sim_weather *weather)
{
	begin(seed, VIDEO(""));
	sim_set_weather(sim, weather);
	add_some(2, 3);
	pass(SIM_SECONDS(60));
	assert_joined(0);
	pass(SIM_SECONDS(4000));
	assert_joined(0);
	assert_true(group().epoch >= 10);
	end();
}

static void fair_weather(void **state)
{
	(void)state;
	roll_over(3, &(struct sim_weather){ .delay_ms = 20, .jitter_ms = 10 });
}

static void foul_weather(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 10; seed < 15; seed++)
		roll_over(seed, &(struct sim_weather){ .loss = 200, .duplicate = 50,
						       .reorder = 50, .delay_ms = 50,
						       .jitter_ms = 100 });
}

static void rekey_now(void **state)
{
	uint32_t first;
	size_t i;

	(void)state;
	begin(4, VIDEO(""));
	add_some(2, 3);
	pass(SIM_SECONDS(5));
	first = members[0]->table.sas[0].sa.spi;
	assert_int_equal(ks_rekey(ks->ks, "video", true, NULL), 0);
	pass(SIM_SECONDS(5));
	assert_int_equal(group().epoch, 2);
	assert_int_equal(group().current, 5);
	pass(SIM_SECONDS(300));
	for (i = 0; i < n_members; i++) {
		assert_int_equal(members[i]->table.n_sas, 1);
		assert_int_not_equal(members[i]->table.sas[0].sa.spi, first);
	}
	end();
}

static void other_policy(void **state)
{
	struct kit kit;
	size_t i;

	(void)state;
	begin(5, VIDEO(""));
	add_some(1, 2);
	pass(SIM_SECONDS(5));
	kit = server_kit(VIDEO("      encryption: aes128gcm16\n"));
	whole_reload(ks, &kit);
	pass(SIM_SECONDS(300));
	for (i = 0; i < n_members; i++) {
		assert_int_equal(members[i]->table.n_sas, 1);
		assert_int_equal(members[i]->table.sas[0].sa.key_len, 20);
	}
	/* And back. */
	kit = server_kit(VIDEO(""));
	whole_reload(ks, &kit);
	pass(SIM_SECONDS(300));
	assert_joined(0);
	assert_int_equal(members[0]->table.sas[0].sa.key_len, 36);
	end();
}

/* Over one IKE SA. A rekey does not say for which of them it is. */
static void two_groups(void **state)
{
	const struct gemcast_addr before = sim_addr("239.1.1.2"), after = sim_addr("239.1.1.3");
	struct kit kit;
	size_t i;

	(void)state;
	begin(22, VIDEO("") AUDIO("239.1.1.2"));
	in_both = true;
	add_some(1, 2);
	in_both = false;
	pass(SIM_SECONDS(5));
	for (i = 0; i < n_members; i++) {
		assert_true(whole_is(members[i], "audio", "joined"));
		assert_int_equal(ike_sa_count(members[i]->ike), 1);
	}
	pass(SIM_SECONDS(2000));
	assert_non_null(plane_table_current(&members[0]->table, NUMBER + 1, &before,
					    &members[0]->at.addr));
	kit = server_kit(VIDEO("") AUDIO("239.1.1.3"));
	whole_reload(ks, &kit);
	pass(SIM_SECONDS(120));
	for (i = 0; i < n_members; i++)
		assert_true(whole_is(members[i], "audio", "joined"));
	assert_non_null(plane_table_current(&members[0]->table, NUMBER + 1, &after,
					    &members[0]->at.addr));
	assert_null(plane_table_current(&members[0]->table, NUMBER + 1, &before,
					&members[0]->at.addr));
	end();
}

static void start_over(void **state)
{
	static const char groups[] =
		"    - name: video\n"
		"      traffic: [ { destination: 239.1.1.1 } ]\n"
		"      sender-id-bits: 16\n"
		"      members: [ { identity: \"*\", role: both } ]\n";
	struct kit kit = { NULL, NULL };

	(void)state;
	begin(6, VIDEO(""));
	add_some(1, 2);
	pass(SIM_SECONDS(5));
	kit = server_kit(groups);
	whole_reload(ks, &kit);
	sim_run_for(sim, SIM_SECONDS(300));
	pass(SIM_SECONDS(60));
	assert_joined(0);
	assert_int_equal(current(members[0])->sa.sid_bits, 16);
	end();
}

static void expel(void **state)
{
	struct conf_identity id;
	uint32_t spi;

	(void)state;
	begin(7, VIDEO(""));
	add_some(2, 2);
	pass(SIM_SECONDS(5));
	assert_true(conf_identity_parse("gm0.example", ID_FQDN, false, &id));
	assert_int_equal(ks_expel(ks->ks, "video", &id, 1, NULL), 0);
	pass(SIM_SECONDS(400));
	assert_joined(1);
	assert_false(whole_is(members[0], "video", "joined"));
	assert_int_equal(members[0]->table.n_sas, 0);
	assert_int_equal(group().members, 3);
	spi = members[1]->table.sas[0].sa.spi;
	assert_true(can_read(members[2], &members[1]->table.sas[0]));
	assert_int_equal(ks_admit(ks->ks, "video", CONF_ROLE_BOTH, &id, 1, NULL), 0);
	pass(SIM_SECONDS(600));
	assert_joined(0);
	assert_int_not_equal(members[0]->table.sas[0].sa.spi, spi);
	end();
}

/* A member that is killed comes again, under another Sender-ID. */
static void member_restarts(void **state)
{
	unsigned int i;

	(void)state;
	begin(8, VIDEO(""));
	add_some(2, 1);
	pass(SIM_SECONDS(5));
	for (i = 0; i < 50; i++) {
		whole_restart(members[i % 3]);
		pass(SIM_SECONDS(20));
		assert_joined(0);
	}
	assert_int_equal(group().members, 3);
	end();
}

/* A key server that has forgotten all: members find out, and are in a group again. */
static void server_restarts(void **state)
{
	(void)state;
	begin(9, VIDEO(""));
	add_some(1, 2);
	pass(SIM_SECONDS(5));
	whole_restart(ks);
	sim_run_for(sim, SIM_SECONDS(300));
	assert_joined(0);
	assert_int_equal(group().members, 3);
	pass(SIM_SECONDS(1000));
	assert_joined(0);
	end();
}

/* A receiver that cannot be reached for a while is as the others when it is back. */
static void cut_off(void **state)
{
	(void)state;
	begin(20, VIDEO(""));
	add_some(1, 2);
	pass(SIM_SECONDS(5));
	sim_cut(sim, &members[2]->at.addr, true);
	assert_int_equal(ks_rekey(ks->ks, "video", true, NULL), 0);
	sim_run_for(sim, SIM_SECONDS(300));
	assert_int_equal(group().members, 2);
	sim_cut(sim, &members[2]->at.addr, false);
	sim_run_for(sim, SIM_SECONDS(300));
	pass(SIM_SECONDS(300));
	assert_joined(0);
	end();
}

static void many(void **state)
{
	size_t i;

	(void)state;
	begin(21, VIDEO(""));
	add_some(10, 90);
	sim_run_for(sim, SIM_SECONDS(30));
	assert_joined(0);
	check_all();
	assert_int_equal(group().current, 100);
	assert_int_equal(ks_rekey(ks->ks, "video", true, NULL), 0);
	sim_run_for(sim, SIM_SECONDS(300));
	check_all();
	for (i = 0; i < n_members; i++) {
		assert_int_equal(members[i]->table.n_sas, 1);
		assert_true(can_read(members[i], &members[0]->table.sas[0]));
	}
	end();
}

/* ---- rekey by multicast */

#define REKEY(transport, acknowledge)						\
	"      rekey: { transport: " transport ", address: 239.255.1.1,"	\
	" source: " KS ", retransmissions: 3, interval: 500 ms,"		\
	" acknowledge: " acknowledge " }\n"

static void roll_over_by(uint64_t seed, const char *groups, const struct sim_weather *weather,
			 uint64_t least)
{
	size_t i;

	begin(seed, groups);
	sim_set_weather(sim, weather);
	add_some(2, 5);
	pass(SIM_SECONDS(60));
	assert_joined(0);
	pass(SIM_SECONDS(4000));
	assert_joined(0);
	assert_true(group().epoch >= 10);
	for (i = 0; i < n_members; i++) {
		assert_true(gm_stats(members[i]->gm)->taken >= least);
		assert_int_equal(gm_stats(members[i]->gm)->malformed, 0);
		assert_int_equal(gm_stats(members[i]->gm)->not_taken, 0);
	}
	end();
}

static void by_multicast(void **state)
{
	const struct sim_weather fair = { .delay_ms = 20, .jitter_ms = 10 };

	(void)state;
	roll_over_by(40, VIDEO(REKEY("multicast", "none")), &fair, 9);
	roll_over_by(41, VIDEO(REKEY("multicast", "all")), &fair, 9);
	roll_over_by(42, VIDEO(REKEY("both", "sampled")), &fair, 9);
	roll_over_by(43, VIDEO(REKEY("unicast", "none")), &fair, 0);
}

/* What no copy of a message told is made good by unicast. */
static void by_both_in_foul_weather(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 50; seed < 53; seed++)
		roll_over_by(seed, VIDEO(REKEY("both", "all")),
			     &(struct sim_weather){ .loss = 200, .duplicate = 50, .reorder = 50,
						    .delay_ms = 50, .jitter_ms = 100 }, 5);
}

/* A member that is cut off hears none of the messages. */
static void a_rekey_is_lost(void **state)
{
	struct gemcast_audit audit = {
		.present = GEMCAST_BIT(GEMCAST_A_AUDIT_SPI), .reason = GEMCAST_A_STATS_IN_NO_SA,
	};

	(void)state;
	begin(60, VIDEO(REKEY("multicast", "none")));
	add_some(1, 3);
	pass(SIM_SECONDS(5));
	assert_joined(0);
	sim_cut(sim, &members[2]->at.addr, true);
	assert_int_equal(ks_rekey(ks->ks, "video", false, NULL), 0);
	/* Not for so long that it would ask whether the key server lives. */
	sim_run_for(sim, SIM_SECONDS(10));
	sim_cut(sim, &members[2]->at.addr, false);
	assert_false(can_read(members[2], current(members[0])));
	assert_true(can_read(members[3], current(members[0])));
	assert_true(whole_is(members[2], "video", "joined"));
	/* The first packet that it cannot read. */
	audit.dst = *to();
	audit.src = members[0]->at.addr;
	audit.spi = current(members[0])->sa.spi;
	gm_unknown_spi(members[2]->gm, &audit);
	sim_run_for(sim, SIM_SECONDS(5));
	assert_true(can_read(members[2], current(members[0])));
	assert_int_equal(gm_stats(members[2]->gm)->repairs, 1);
	pass(SIM_SECONDS(1000));
	assert_joined(0);
	end();
}

/* As a key server may at any time (RFC 9838 2.3). */
static void delete_ike_sa(const char *id)
{
	const struct ks_group *group = ks_group_find(ks->ks, "video");
	struct ike_sa *sa = ks_member_find(group, id)->peer->sa;

	ks_ended(ks->ks, sa, IKE_END_CLOSED, "closed");
	ike_close(sa);
}

/*
 * One is expelled: those who have an IKE SA get new keys by it, who has none is told to
 * register, and nobody else does.
 */
static void expel_by_multicast(void **state)
{
	struct conf_identity id;
	size_t i, steps;

	(void)state;
	begin(61, VIDEO(REKEY("multicast", "none")));
	add_some(2, 3);
	pass(SIM_SECONDS(5));
	assert_joined(0);
	delete_ike_sa("gm3.example");
	pass(SIM_SECONDS(100));
	assert_int_equal(ike_sa_count(members[3]->ike), 0);
	assert_joined(0);
	assert_true(conf_identity_parse("gm0.example", ID_FQDN, false, &id));
	assert_int_equal(ks_expel(ks->ks, "video", &id, 1, NULL), 0);
	for (steps = 0; steps < 240; steps++) {
		pass(250);
		for (i = 1; i < n_members; i++)
			if (i != 3)
				assert_true(whole_is(members[i], "video", "joined"));
	}
	assert_joined(1);
	assert_int_equal(ike_sa_count(members[3]->ike), 1);
	assert_int_equal(members[0]->table.n_sas, 0);
	for (i = 2; i < n_members; i++)
		assert_true(can_read(members[i], current(members[1])));
	pass(SIM_SECONDS(1000));
	assert_joined(1);
	end();
}

/*
 * A key server that is killed and has a store goes on with the same SAs, and knows no IKE SA
 * any more: members find out, and register again, one by one.
 */
static void server_comes_back(uint64_t seed, const char *groups, uint64_t least)
{
	char directory[] = "/tmp/miked-group-XXXXXX", path[64];
	uint64_t killed;
	uint32_t spi;
	size_t i;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/ks.db", directory);
	begin(seed, groups);
	whole_store(ks, path);
	add_some(2, 8);
	pass(SIM_SECONDS(5));
	assert_joined(0);
	spi = current(members[0])->sa.spi;
	killed = sim_now(sim);
	whole_restart(ks);
	assert_int_equal(group().listening, n_members);
	while (!group().members)
		pass(250);
	assert_in_range(sim_now(sim) - killed, least, SIM_SECONDS(100));
	assert_true(group().members < n_members);
	pass(SIM_SECONDS(45));
	assert_joined(0);
	assert_int_equal(group().members, n_members);
	assert_int_equal(group().listening, 0);
	assert_int_equal(group().current, n_members);
	assert_int_equal(current(members[0])->sa.spi, spi);
	for (i = 0; i < n_members; i++)
		assert_int_equal(ike_sa_count(members[i]->ike), 1);
	pass(SIM_SECONDS(1000));
	assert_joined(0);
	end();
	unlink(path);
	assert_int_equal(rmdir(directory), 0);
}

static void a_stored_server_comes_back(void **state)
{
	(void)state;
	/* It is found by asking whether it lives, or by an acknowledgement of what it says again. */
	server_comes_back(70, VIDEO(REKEY("multicast", "none")), SIM_SECONDS(70));
	server_comes_back(71, VIDEO(REKEY("both", "all")), SIM_SECONDS(50));
}

static int start(void **state)
{
	static OSSL_LIB_CTX *lib;

	*state = lib = sim_rand_new();
	OSSL_LIB_CTX_set0_default(lib);
	sim_rand_seed(0);
	psk = pki_text_file("psk", "0x000102030405060708090a0b0c0d0e0f\n");
	other_psk = pki_text_file("other", "0x000102030405060708090a0b0c0d0e0e\n");
	log_set_level(AREA_IKE, LEVEL_ERROR);
	log_set_level(AREA_GROUP, getenv("GROUP_LOG") ? LEVEL_DEBUG : LEVEL_ERROR);
	return crypto_init(&crypto, lib, NULL);
}

static int stop(void **state)
{
	crypto_free(&crypto);
	pki_cleanup();
	OSSL_LIB_CTX_set0_default(NULL);
	sim_rand_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(register_all),
		cmocka_unit_test(refused),
		cmocka_unit_test(fair_weather),
		cmocka_unit_test(foul_weather),
		cmocka_unit_test(rekey_now),
		cmocka_unit_test(other_policy),
		cmocka_unit_test(two_groups),
		cmocka_unit_test(start_over),
		cmocka_unit_test(expel),
		cmocka_unit_test(member_restarts),
		cmocka_unit_test(server_restarts),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(many),
		cmocka_unit_test(by_multicast),
		cmocka_unit_test(by_both_in_foul_weather),
		cmocka_unit_test(a_rekey_is_lost),
		cmocka_unit_test(expel_by_multicast),
		cmocka_unit_test(a_stored_server_comes_back),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
