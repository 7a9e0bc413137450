// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key servers and group members in the simulator: they start anew, cannot be reached, lose
 * messages and roll their keys over; once all is well again, who may be a member is one,
 * what a member sends the others can read, and who may not be a member has no key.
 *
 *	test_sim_group [RUNS [SEED]]	RUNS runs from the seed SEED on
 */
#include <inttypes.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pki.h"
#include "sim_group.h"
#include "sim_kits.h"
#include "sim_rand.h"
#include "test.h"

/* Of the sanitizers, whose header is not everywhere. */
extern size_t __sanitizer_get_current_allocated_bytes(void);

#define MAX_MEMBERS	6
#define SETTLED		SIM_SECONDS(600)

static uint64_t runs = 40;
static uint64_t first_seed = 1;
static struct kits kits;		/* only for what it makes of OpenSSL */

enum member_kind {
	MEMBER_SENDER, MEMBER_RECEIVER, MEMBER_STRANGER, MEMBER_LIAR, MEMBER_UNDER_AGE,
	MEMBER_KINDS
};

static struct kit server_kit;
static struct kit member_kits[MEMBER_KINDS][MAX_MEMBERS];	/* no two of the same identity */

static const struct {
	const char *domain, *role, *psk;
	bool admitted;
} kinds[MEMBER_KINDS] = {
	[MEMBER_SENDER] = { "sender.example", "both", "right", true },
	[MEMBER_RECEIVER] = { "receiver.example", "receiver", "right", true },
	/* not in the group's list; with another PSK; not as a sender */
	[MEMBER_STRANGER] = { "elsewhere", "receiver", "right", false },
	[MEMBER_LIAR] = { "sender.example", "both", "wrong", false },
	[MEMBER_UNDER_AGE] = { "receiver.example", "both", "right", false },
};

static const char *const destinations[] = { "239.1.1.1", "239.1.1.2" };

#define IKE	"ike: { dead-peer: 10 s, half-open-timeout: 10 s }\n"

static struct kit make_member_kit(enum member_kind kind, size_t number, const char *psk)
{
	return kit_new(&kits.crypto, IKE
		"credentials: [ { name: me, identity: m%zu.%s } ]\n"
		"psk: [ { peer: ks.example, file: %s } ]\n"
		"member:\n"
		"  credential: me\n"
		"  retry: 1 s\n"
		"  retry-limit: 20 s\n"
		"  key-servers:\n"
		"    - { name: main, address: 192.0.2.1, identity: ks.example,\n"
		"        may-give: [ { destination: 239.0.0.0/8 } ] }\n"
		"  groups:\n"
		"    - { name: video, key-servers: [ main ], role: %s }\n",
		number, kinds[kind].domain, psk, kinds[kind].role);
}

static void make_kits(void)
{
	const char *right = pki_text_file("right", "0x000102030405060708090a0b0c0d0e0f\n");
	const char *wrong = pki_text_file("wrong", "0x000102030405060708090a0b0c0d0e0e\n");
	size_t i, k;

	server_kit = kit_new(&kits.crypto, IKE
		"credentials: [ { name: me, identity: ks.example } ]\n"
		"psk: [ { peer: \"*\", file: %s } ]\n"
		"key-server:\n"
		"  credential: me\n"
		"  groups:\n"
		"    - name: video\n"
		"      traffic: [ { destination: %s }, { destination: %s } ]\n"
		"      lifetime: 2 min\n"
		"      rollover: 30 s\n"
		"      members:\n"
		"        - { identity: \"*.sender.example\", role: both }\n"
		"        - { identity: \"*.receiver.example\", role: receiver }\n",
		right, destinations[0], destinations[1]);
	for (i = 0; i < MEMBER_KINDS; i++) {
		for (k = 0; k < MAX_MEMBERS; k++)
			member_kits[i][k] = make_member_kit((enum member_kind)i, k,
				strcmp(kinds[i].psk, "right") != 0 ? wrong : right);
	}
}

static void free_kits(void)
{
	size_t i, k;

	kit_free(&server_kit);
	for (i = 0; i < MEMBER_KINDS; i++) {
		for (k = 0; k < MAX_MEMBERS; k++)
			kit_free(&member_kits[i][k]);
	}
}

struct run {
	struct troupe *troupe;
	struct sim *sim;
	struct daemon *server;
	struct daemon *members[MAX_MEMBERS];
	enum member_kind kinds[MAX_MEMBERS];
	size_t n_members;
};

static const struct sim_weather fine = { .delay_ms = 20, .jitter_ms = 5 };

static void make_weather(struct sim *sim)
{
	uint32_t worst = (uint32_t)sim_random(sim, 250);
	const struct sim_weather weather = {
		.loss = (uint32_t)sim_random(sim, worst + 1),
		.duplicate = (uint32_t)sim_random(sim, worst + 1),
		.reorder = (uint32_t)sim_random(sim, worst + 1),
		.flip = (uint32_t)sim_random(sim, worst / 4 + 1),
		.delay_ms = (uint32_t)sim_random(sim, 200),
		.jitter_ms = (uint32_t)sim_random(sim, 200),
	};

	sim_set_weather(sim, &weather);
}

static void make(struct run *run, uint64_t seed)
{
	const struct net_end server = sim_end("192.0.2.1", 848);
	struct net_end at = sim_end("192.0.2.10", 848);
	size_t i;

	sim_rand_seed(seed);
	*run = (struct run){ .troupe = troupe_new(seed, &kits.crypto) };
	run->sim = run->troupe->sim;
	sim_set_weather(run->sim, &fine);
	run->server = daemon_new(run->troupe, &server_kit, &server);
	run->n_members = 2 + sim_random(run->sim, MAX_MEMBERS - 1);
	for (i = 0; i < run->n_members; i++) {
		((uint8_t *)&at.addr.in)[3]++;
		run->kinds[i] = i < 2 ? (enum member_kind)i :
				(enum member_kind)sim_random(run->sim, MEMBER_KINDS);
		run->members[i] = daemon_new(run->troupe, &member_kits[run->kinds[i]][i], &at);
	}
}

static void happen(struct run *run)
{
	struct daemon *member = run->members[sim_random(run->sim, run->n_members)];
	struct daemon *any = sim_chance(run->sim, 300) ? run->server : member;
	uint64_t what = sim_random(run->sim, 100);

	if (what < 20)
		daemon_restart(any, (enum daemon_end)sim_random(run->sim, 3));
	else if (what < 45)
		sim_cut(run->sim, &any->at.addr, sim_chance(run->sim, 500));
	else if (what < 60)
		ks_rekey(run->server->ks, "video", sim_chance(run->sim, 500), NULL);
	else if (what < 70)
		plane_table_lose(&member->table);
	else if (what < 80)
		make_weather(run->sim);
	else
		sim_run_for(run->sim, sim_random(run->sim, SIM_SECONDS(120)));
}

static void clear_up(struct run *run)
{
	size_t i;

	sim_set_weather(run->sim, &fine);
	sim_cut(run->sim, &run->server->at.addr, false);
	for (i = 0; i < run->n_members; i++)
		sim_cut(run->sim, &run->members[i]->at.addr, false);
	sim_run_for(run->sim, SETTLED);
}

static void assert_hears(const struct daemon *receiver, const struct daemon *sender)
{
	struct gemcast_addr dst;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(destinations) / sizeof(destinations[0]); i++) {
		dst = sim_addr(destinations[i]);
		why = daemon_cannot_hear(receiver, sender, &dst);
		if (why)
			fail_msg("%s: %s", destinations[i], why);
	}
}

/* Has it an SA to send by? */
static bool sends(const struct daemon *daemon)
{
	const struct gemcast_addr dst = sim_addr(destinations[0]);
	const struct gemcast_policy *policy = plane_table_policy(&daemon->table, &dst,
								 &daemon->at.addr);

	return policy && plane_table_current(&daemon->table, policy->group, &dst,
					     &daemon->at.addr);
}

static void assert_well(const struct run *run)
{
	struct gemcast_membership m;
	size_t i, k;

	for (i = 0; i < run->n_members; i++) {
		assert_true(daemon_membership(run->members[i], &m));
		if (daemon_is_joined(run->members[i]) != kinds[run->kinds[i]].admitted)
			fail_msg("member %zu (%s) is %s: %s", i, kinds[run->kinds[i]].domain,
				 m.state, m.error);
		if (!kinds[run->kinds[i]].admitted)
			assert_int_equal(run->members[i]->table.n_sas, 0);
		assert_int_equal(sends(run->members[i]), run->kinds[i] == MEMBER_SENDER);
		for (k = 0; k < run->n_members; k++) {
			if (kinds[run->kinds[i]].admitted && kinds[run->kinds[k]].admitted)
				assert_hears(run->members[i], run->members[k]);
		}
	}
}

static void live(struct run *run)
{
	uint64_t actions = 5 + sim_random(run->sim, 40);
	unsigned int i;

	sim_run_for(run->sim, SIM_SECONDS(10));
	assert_well(run);
	make_weather(run->sim);
	while (actions--) {
		happen(run);
		sim_run_for(run->sim, sim_random(run->sim, SIM_SECONDS(10)));
	}
	clear_up(run);
	/* through some rollovers, at any moment of them */
	for (i = 0; i < 50; i++) {
		sim_run_for(run->sim, sim_random(run->sim, SIM_SECONDS(20)));
		assert_well(run);
	}
}

/* The seed of the run that is under way; said if it fails. */
static uint64_t seed;
static bool under_way;

static int say_seed(void **state)
{
	(void)state;
	if (under_way)
		print_message("# seed %" PRIu64 ": again by: test_sim_group 1 %" PRIu64 "\n", seed,
			      seed);
	return 0;
}

/* Bytes that are there behind a run and were not before it. */
static size_t run_once(uint64_t *senders)
{
	size_t before = __sanitizer_get_current_allocated_bytes();
	size_t after;
	struct run run;

	under_way = true;
	make(&run, seed);
	live(&run);
	*senders += run.troupe->n_senders;
	troupe_free(run.troupe);
	ERR_clear_error();
	under_way = false;
	after = __sanitizer_get_current_allocated_bytes();
	return after > before ? after - before : 0;
}

static void random_runs(void **state)
{
	uint64_t senders = 0;
	uint64_t again = 0;

	(void)state;
	for (seed = first_seed; seed < first_seed + runs; seed++) {
		/* OpenSSL keeps some things for later; a leak is there the second time, too. */
		if (run_once(&senders) && run_once(&again)) {
			under_way = true;
			fail_msg("memory is lost");
		}
	}
	print_message("# %" PRIu64 " runs: %" PRIu64 " times, an SA to send by\n", runs, senders);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(random_runs, say_seed),
	};
	int failed;

	if (argc > 1)
		runs = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		first_seed = strtoull(argv[2], NULL, 0);
	log_set_level(AREA_IKE, runs == 1 ? LEVEL_DEBUG : LEVEL_ERROR);
	log_set_level(AREA_GROUP, runs == 1 ? LEVEL_DEBUG : LEVEL_ERROR);
	kits_init(&kits);
	make_kits();
	failed = cmocka_run_group_tests_name("sim_group", tests, NULL, NULL);
	free_kits();
	kits_free(&kits);
	return failed;
}
