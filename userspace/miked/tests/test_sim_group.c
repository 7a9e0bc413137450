// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key servers and group members in the simulator: they start anew, cannot be reached, lose
 * messages and roll their keys over; once all is well again, who may be a member is one,
 * what a member sends the others can read, and who may not be a member has no key.
 *
 *	test_sim_group [RUNS [SEED]]	RUNS runs from the seed SEED on
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pki.h"
#include "sim_kits.h"
#include "sim_rand.h"
#include "sim_runs.h"
#include "test.h"
#include "whole.h"

#define MAX_MEMBERS	6
#define SETTLED		SIM_SECONDS(600)

static struct kits kits;		/* only for what it makes of OpenSSL */

enum member_kind {
	MEMBER_SENDER, MEMBER_RECEIVER, MEMBER_STRANGER, MEMBER_LIAR, MEMBER_UNDER_AGE,
	MEMBER_KINDS
};

static const struct {
	const char *domain, *role;
	bool admitted;
	bool liar;			/* with another PSK */
} kinds[MEMBER_KINDS] = {
	[MEMBER_SENDER] = { "sender.example", "both", true, false },
	[MEMBER_RECEIVER] = { "receiver.example", "receiver", true, false },
	/* not in the group's list; with another PSK; not as a sender */
	[MEMBER_STRANGER] = { "elsewhere", "receiver", false, false },
	[MEMBER_LIAR] = { "sender.example", "both", false, true },
	[MEMBER_UNDER_AGE] = { "receiver.example", "both", false, false },
};

static const char *const destinations[] = { "239.1.1.1", "239.1.1.2" };

#define IKE	"ike: { proposals: [ aes256gcm16-prfsha384-x25519 ], "	\
		"dead-peer: 10 s, half-open-timeout: 10 s }\n"

static const char *right_psk, *wrong_psk;

static struct kit server_kit(void)
{
	return kit_new(&kits.crypto, IKE
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
		right_psk, destinations[0], destinations[1]);
}

/* No two are of the same identity. */
static struct kit member_kit(enum member_kind kind, size_t number)
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
		number, kinds[kind].domain, kinds[kind].liar ? wrong_psk : right_psk,
		kinds[kind].role);
}

/* A key and a Sender-ID that someone may have sent by. */
struct sender {
	uint8_t key[GEMCAST_KEY_MAX];
	uint32_t sid;
};

struct run {
	struct sim *sim;
	struct whole *server;
	struct whole *members[MAX_MEMBERS];
	enum member_kind kinds[MAX_MEMBERS];
	size_t n_members;
	struct sender *senders;
	size_t n_senders;
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
	char address[32];
	struct kit kit;
	size_t i;

	sim_rand_seed(seed);
	*run = (struct run){ .sim = sim_new(seed) };
	sim_set_weather(run->sim, &fine);
	kit = server_kit();
	run->server = whole_new(run->sim, &kits.crypto, "192.0.2.1", &kit);
	run->n_members = 2 + sim_random(run->sim, MAX_MEMBERS - 1);
	for (i = 0; i < run->n_members; i++) {
		run->kinds[i] = i < 2 ? (enum member_kind)i :
				(enum member_kind)sim_random(run->sim, MEMBER_KINDS);
		kit = member_kit(run->kinds[i], i);
		snprintf(address, sizeof(address), "192.0.2.%zu", 10 + i);
		run->members[i] = whole_new(run->sim, &kits.crypto, address, &kit);
	}
}

/* RFC 9838 2.5: no two senders, nor one again, with the same key and Sender-ID. */
static void take_senders(struct run *run, const struct plane_table *table)
{
	struct sender *sender;
	size_t i, k;

	run->senders = reallocarray(run->senders, run->n_senders + table->n_guards + 1,
				    sizeof(*run->senders));
	assert_non_null(run->senders);
	for (i = 0; i < table->n_guards; i++) {
		sender = &run->senders[run->n_senders];
		memcpy(sender->key, table->guards[i].key, sizeof(sender->key));
		sender->sid = table->guards[i].sid;
		for (k = 0; k < run->n_senders; k++)
			assert_memory_not_equal(&run->senders[k], sender, sizeof(*sender));
		run->n_senders++;
	}
}

/* The module is loaded anew, and has forgotten who sent by what. */
static void lose(struct run *run, struct whole *member)
{
	take_senders(run, &member->table);
	plane_table_lose(&member->table);
}

/* As it should, by a crash, or with its host. */
static void restart(struct run *run, struct whole *any)
{
	uint64_t how = sim_random(run->sim, 3);

	if (how == 0) {
		gm_stop(any->gm);
		ike_close_all(any->ike);
	} else if (how == 1) {
		any->table.user = (struct plane_user){ 0 };
		lose(run, any);
	}
	whole_restart(any);
}

static void happen(struct run *run)
{
	struct whole *member = run->members[sim_random(run->sim, run->n_members)];
	struct whole *any = sim_chance(run->sim, 300) ? run->server : member;
	uint64_t what = sim_random(run->sim, 100);

	if (what < 20)
		restart(run, any);
	else if (what < 45)
		sim_cut(run->sim, &any->at.addr, sim_chance(run->sim, 500));
	else if (what < 60)
		ks_rekey(run->server->ks, "video", sim_chance(run->sim, 500), NULL);
	else if (what < 70)
		lose(run, member);
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

/* The SA that it sends by; NULL: none. */
static const struct plane_table_sa *sends_by(const struct whole *whole, const char *destination)
{
	const struct gemcast_addr dst = sim_addr(destination);
	const struct gemcast_policy *policy = plane_table_policy(&whole->table, &dst,
								 &whole->at.addr);

	assert_non_null(policy);
	return plane_table_current(&whole->table, policy->group, &dst, &whole->at.addr);
}

/* What @sender sends now, @receiver can read. */
static void assert_hears(const struct whole *receiver, const struct whole *sender,
			 const char *destination)
{
	const struct plane_table_sa *sa = sends_by(sender, destination);
	const struct plane_table_sa *other;

	if (!sa || receiver == sender)
		return;
	other = plane_table_sa(&receiver->table, sa->sa.spi);
	assert_non_null(other);
	assert_int_not_equal(other->sa.dir, GEMCAST_SA_DIR_OUT);
	assert_memory_equal(other->key, sa->key, sizeof(sa->key));
	assert_string_equal(other->sa.aead, sa->sa.aead);
	assert_int_equal(other->sa.icv, sa->sa.icv);
	assert_true(net_addr_equal(&other->sa.dst, &sa->sa.dst));
}

static void assert_all_hear(const struct run *run, const struct whole *sender)
{
	size_t i, k;

	for (i = 0; i < run->n_members; i++) {
		for (k = 0; k < 2 && kinds[run->kinds[i]].admitted; k++)
			assert_hears(run->members[i], sender, destinations[k]);
	}
}

static void assert_well(const struct run *run)
{
	struct gemcast_membership m;
	size_t i, k;

	for (i = 0; i < run->n_members; i++) {
		m = whole_status(run->members[i], "video");
		if (!strcmp(m.state, "joined") != kinds[run->kinds[i]].admitted)
			fail_msg("member %zu (%s) is %s: %s", i, kinds[run->kinds[i]].domain,
				 m.state, m.error);
		if (!kinds[run->kinds[i]].admitted)
			assert_int_equal(run->members[i]->table.n_sas, 0);
		for (k = 0; k < 2; k++)
			assert_int_equal(sends_by(run->members[i], destinations[k]) != NULL,
					 run->kinds[i] == MEMBER_SENDER);
		assert_all_hear(run, run->members[i]);
	}
}

static void unmake(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_members; i++) {
		take_senders(run, &run->members[i]->table);
		whole_free(run->members[i]);
	}
	whole_free(run->server);
	free(run->senders);
	sim_free(run->sim);
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

static uint64_t senders;

static void run_once(uint64_t seed)
{
	struct run run;

	make(&run, seed);
	live(&run);
	unmake(&run);
	senders += run.n_senders;
}

static void report(uint64_t runs)
{
	print_message("# %" PRIu64 " runs: %" PRIu64 " times, an SA to send by\n", runs, senders);
}

int main(int argc, char **argv)
{
	const struct sim_runs test = {
		.name = "sim_group", .runs = 100, .seed = 1, .run = run_once, .report = report,
	};
	int failed;

	kits_init(&kits);
	right_psk = pki_text_file("right", "0x000102030405060708090a0b0c0d0e0f\n");
	wrong_psk = pki_text_file("wrong", "0x000102030405060708090a0b0c0d0e0e\n");
	failed = sim_runs(&test, argc, argv);
	kits_free(&kits);
	return failed;
}
