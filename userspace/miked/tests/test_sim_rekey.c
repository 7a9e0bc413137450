// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rekeys of a group in the simulator, by whichever transport: by time, by use, by command,
 * by another policy, with members that come, go, crash and are expelled, and a network that
 * loses, doubles and reorders. What must never happen is watched at each step (sim_watch.h).
 * A run has two parts: first anything may happen to anyone; then the network keeps what
 * delays are computed from, nobody crashes without a memory, and not one packet may be lost.
 *
 *	test_sim_rekey [RUNS [SEED]]	RUNS runs from the seed SEED on
 *
 * $SIM_MEMBERS: how many each group has, in place of a random number of them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "conf/delay.h"
#include "conf/identity.h"
#include "pki.h"
#include "sim_internal.h"
#include "sim_kits.h"
#include "sim_rand.h"
#include "sim_runs.h"
#include "sim_watch.h"
#include "test.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define GROUP		"video"
#define SETTLED		SIM_SECONDS(240)
/* Of a datagram's copies, so many are lost at most while the network keeps its bound. */
#define MOST_LOST	2

static struct kits kits;		/* only for what it makes of OpenSSL */
static const char *psk;

static size_t members;			/* of each group; 0: a random number */

static const char *const destinations[] = { "239.1.1.1", "239.1.1.2" };
static const char *const transports[] = { "unicast", "multicast", "both" };
static const char *const acknowledges[] = { "none", "sampled", "all" };
static const char *const ciphers[] = { "aes128gcm16", "aes256gcm16" };
static const char *const signatures[] = { "ed25519", "implicit", "ecdsa-p256", "ecdsa-p384" };

/*
 * What a group is like. Delays are those that the key server computes: a request and its
 * answer are lost MOST_LOST times each, a message of GSA_REKEY, too.
 */
struct policy {
	size_t transport, acknowledge, cipher, rekey_cipher, signature;
	size_t n_destinations;
	uint64_t copies;		/* behind the first */
	uint64_t interval_ms, within_ms;
	uint64_t packets;
	uint32_t fragment_size;
};

#define IKE	"ike: { proposals: [ aes256gcm16-prfsha384-x25519 ], dead-peer: 10 s, "		\
		"half-open-timeout: 10 s, retransmit: 100 ms, retransmit-limit: 400 ms, "	\
		"retransmissions: 8, fragment-size: "

static struct policy choose_policy(struct sim *sim)
{
	struct policy policy = {
		.transport = sim_random(sim, ARRAY_SIZE(transports)),
		.acknowledge = sim_random(sim, ARRAY_SIZE(acknowledges)),
		.cipher = sim_random(sim, ARRAY_SIZE(ciphers)),
		.rekey_cipher = sim_random(sim, ARRAY_SIZE(ciphers)),
		/* ECDSA is slow, and nothing else about it: not where many members verify */
		.signature = sim_random(sim, !members && sim_chance(sim, 50) ?
					ARRAY_SIZE(signatures) : 2),
		.n_destinations = 1 + sim_random(sim, ARRAY_SIZE(destinations)),
		.copies = MOST_LOST + sim_random(sim, 4),
		.interval_ms = 100 + sim_random(sim, 400),
		.within_ms = 100 + sim_random(sim, 1900),
		.packets = sim_chance(sim, 500) ? 20 + sim_random(sim, 200) : 0,
		.fragment_size = sim_chance(sim, 300) ? 576 : 1280,
	};

	/* both: somebody has to say who has it */
	if (policy.transport == 2 && !policy.acknowledge)
		policy.acknowledge = 2;
	return policy;
}

static struct kit server_kit(const struct policy *policy)
{
	return kit_new(&kits.crypto, IKE "%" PRIu32 " }\n"
		"credentials: [ { name: me, identity: ks.example } ]\n"
		"psk: [ { peer: \"*\", file: %s } ]\n"
		"key-server:\n"
		"  credential: me\n"
		"  groups:\n"
		"    - name: " GROUP "\n"
		"      traffic: [ { destination: %s }%s%s%s ]\n"
		"      encryption: %s\n"
		"      lifetime: 60 s\n"
		"      rollover: 25 s\n"
		"      packets: %" PRIu64 "\n"
		"      rekey:\n"
		"        transport: %s\n"
		"        address: 239.255.1.1\n"
		"        lifetime: 90 s\n"
		"        encryption: %s\n"
		"        authentication: %s\n"
		"        retransmissions: %" PRIu64 "\n"
		"        interval: %" PRIu64 " ms\n"
		"        acknowledge: %s\n"
		"        acknowledge-within: %" PRIu64 " ms\n"
		"      members:\n"
		"        - { identity: \"*.sender.example\", role: both }\n"
		"        - { identity: \"*.receiver.example\", role: receiver }\n",
		policy->fragment_size, psk, destinations[0], policy->n_destinations > 1 ? ", { destination: " : "",
		policy->n_destinations > 1 ? destinations[1] : "",
		policy->n_destinations > 1 ? " }" : "", ciphers[policy->cipher],
		policy->packets, transports[policy->transport], ciphers[policy->rekey_cipher],
		signatures[policy->signature], policy->copies, policy->interval_ms,
		acknowledges[policy->acknowledge], policy->within_ms);
}

/* Of these, the first two and each fourth behind them. */
static bool is_sender(size_t place)
{
	return place < 2 || place % 4 == 0;
}

static void identity_of(size_t place, char name[64])
{
	snprintf(name, 64, "m%zu.%s.example", place, is_sender(place) ? "sender" : "receiver");
}

static struct kit member_kit(size_t place)
{
	char name[64];

	identity_of(place, name);
	return kit_new(&kits.crypto, IKE "1280 }\n"
		"credentials: [ { name: me, identity: %s } ]\n"
		"psk: [ { peer: ks.example, file: %s } ]\n"
		"member:\n"
		"  credential: me\n"
		"  retry: 1 s\n"
		"  retry-limit: 10 s\n"
		"  key-servers:\n"
		"    - { name: main, address: 192.0.2.1, identity: ks.example,\n"
		"        may-give: [ { destination: 239.0.0.0/8 } ] }\n"
		"  groups:\n"
		"    - { name: " GROUP ", key-servers: [ main ], role: %s }\n",
		name, psk, is_sender(place) ? "both" : "receiver");
}

/* Where the key server's store is, in memory if that can be: what is written is synced. */
static char directory[64], store_path[80];

static void make_directory(void)
{
	snprintf(directory, sizeof(directory), "%s/miked-sim-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(directory))
		sim_die(directory);
	snprintf(store_path, sizeof(store_path), "%s/ks.db", directory);
}

static void remove_store(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char path[96];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(suffixes); i++) {
		snprintf(path, sizeof(path), "%s%s", store_path, suffixes[i]);
		unlink(path);
	}
}

struct run {
	struct sim *sim;
	struct policy policy;
	struct whole *server;
	bool strict;			/* from now on no packet may be lost */
	bool stored;			/* it knows all again when it was killed */
	struct whole *members[WATCH_MEMBERS];	/* NULL: it is away */
	bool expelled[WATCH_MEMBERS];
	size_t n_members;
	struct watch *watch;
};

static const struct sim_weather fine = { .delay_ms = 20, .jitter_ms = 5 };

/* Up to three of ten are lost. */
static struct sim_weather choose_weather(struct sim *sim)
{
	uint32_t worst = (uint32_t)sim_random(sim, 300);

	return (struct sim_weather){
		.loss = (uint32_t)sim_random(sim, worst + 1),
		.duplicate = (uint32_t)sim_random(sim, worst + 1),
		.reorder = (uint32_t)sim_random(sim, worst + 1),
		.flip = (uint32_t)sim_random(sim, worst / 4 + 1),
		.truncate = (uint32_t)sim_random(sim, worst / 4 + 1),
		.delay_ms = (uint32_t)sim_random(sim, 100),
		.jitter_ms = (uint32_t)sim_random(sim, 100),
	};
}

/* The delays that the key server computes; each is whole seconds on the wire. */
static struct watch_delays delays_of(const struct conf *conf)
{
	const struct conf_group *group = conf_group(conf, GROUP);
	/* what goes by unicast now and then, as when somebody is expelled */
	uint64_t unicast = conf_spread_ms(&conf->ike) + CONF_TRANSIT_MS;
	uint64_t reach = conf_reach_ms(group, &conf->ike);

	if (reach < unicast)
		reach = unicast;
	return (struct watch_delays){
		.reach = reach, .atd = conf_atd_ms(group, reach), .dtd = conf_dtd_ms(group, reach),
	};
}

static void begin_server(struct run *run)
{
	struct kit kit = server_kit(&run->policy);
	const struct watch_delays delays = delays_of(kit.conf);

	run->server = whole_new(run->sim, &kits.crypto, "192.0.2.1", &kit);
	watch_server(run->watch, run->server, &delays);
	run->stored = sim_chance(run->sim, 300);
	if (run->stored)
		whole_store(run->server, store_path);
}

static void come(struct run *run, size_t place)
{
	struct kit kit = member_kit(place);
	char address[32];

	snprintf(address, sizeof(address), "192.0.2.%zu", 10 + place);
	run->members[place] = whole_new(run->sim, &kits.crypto, address, &kit);
	watch_member(run->watch, place, run->members[place]);
}

/* As it should, or its host is without power. */
static void go(struct run *run, size_t place)
{
	struct whole *member = run->members[place];

	if (sim_chance(run->sim, 700)) {
		gm_stop(member->gm);
		ike_close_all(member->ike);
		assert_int_equal(sim_joins(run->sim, &member->at.addr), 0);
	}
	watch_member(run->watch, place, NULL);
	whole_free(member);
	run->members[place] = NULL;
}

static void make(struct run *run, uint64_t seed)
{
	size_t i;

	sim_rand_seed(seed);
	*run = (struct run){ .sim = sim_new(seed) };
	sim_set_weather(run->sim, &fine);
	run->policy = choose_policy(run->sim);
	run->watch = watch_new(run->sim, GROUP, destinations, run->policy.n_destinations);
	begin_server(run);
	/* a large group now and then */
	run->n_members = 2 + sim_random(run->sim, sim_chance(run->sim, 100) ? WATCH_MEMBERS - 1 : 9);
	if (members)
		run->n_members = members;
	for (i = 0; i < run->n_members; i++)
		come(run, i);
}

/* What happens */

static size_t expected(const struct run *run)
{
	size_t i, n = 0;

	for (i = 0; i < run->n_members; i++)
		n += run->members[i] && !run->expelled[i];
	return n;
}

/*
 * Who has no IKE SA, because it or the key server began anew, and is told something by it
 * alone, misses packets until it is registered again.
 */
static bool all_registered(const struct run *run)
{
	struct gemcast_ks_group group;

	return !ks_show_group(run->server->ks, NULL, &group) && group.members == expected(run) &&
	       !group.listening;
}

static void expel(struct run *run, size_t place)
{
	struct conf_identity identity;
	struct reason why;
	char name[64];

	identity_of(place, name);
	if (!conf_identity_parse(name, ID_FQDN, false, &identity))
		sim_die(name);
	/* that it does not wait for what was told last may cost those packets who needed it */
	if (!run->expelled[place] && run->strict &&
	    !(all_registered(run) && watch_is_quiet(run->watch)))
		return;
	if (run->expelled[place])
		assert_int_equal(ks_admit(run->server->ks, GROUP,
					  is_sender(place) ? CONF_ROLE_BOTH : CONF_ROLE_RECEIVER,
					  &identity, 1, &why), 0);
	else
		assert_int_equal(ks_expel(run->server->ks, GROUP, &identity, 1, &why), 0);
	run->expelled[place] = !run->expelled[place];
	watch_expelled(run->watch, place, run->expelled[place]);
}

static void change_policy(struct run *run)
{
	struct kit kit;

	run->policy.cipher = !run->policy.cipher;
	kit = server_kit(&run->policy);
	whole_reload(run->server, &kit);
}

static void come_or_go(struct run *run, size_t place)
{
	if (run->members[place])
		go(run, place);
	else
		come(run, place);
}

/* As it should, by a crash, or with its host, whose data plane forgets all. */
static void restart_member(struct run *run, size_t place)
{
	struct whole *member = run->members[place];
	uint64_t how = sim_random(run->sim, 3);

	watch_member(run->watch, place, member);
	if (how == 0) {
		gm_stop(member->gm);
		ike_close_all(member->ike);
	} else if (how == 1) {
		member->table.user = (struct plane_user){ 0 };
		plane_table_lose(&member->table);
	}
	whole_restart(member);
}

/* Without a store it knows nobody any more, nor whom it expelled. */
static void restart_server(struct run *run)
{
	size_t i;

	if (run->stored) {
		whole_restart(run->server);
		return;
	}
	watch_forgot(run->watch);
	whole_restart(run->server);
	for (i = 0; i < run->n_members; i++) {
		run->expelled[i] = false;
		watch_expelled(run->watch, i, false);
	}
}

/* What is told now reaches all in time. */
static bool reaches_all(const struct run *run)
{
	return !run->strict || run->policy.transport || all_registered(run);
}

/* And what was told has. Without a Rekey SA nobody hears of it from who began anew. */
static bool may_restart(const struct run *run)
{
	struct gemcast_ks_group group;

	assert_int_equal(ks_show_group(run->server->ks, NULL, &group), 0);
	return run->stored && reaches_all(run) &&
	       (run->policy.transport || group.current == group.members);
}

/* What goes without a packet that is lost. */
static void happen(struct run *run)
{
	size_t place = sim_random(run->sim, run->n_members);
	uint64_t what = sim_random(run->sim, 100);

	if (what < 30 && reaches_all(run))
		ks_rekey(run->server->ks, GROUP, sim_chance(run->sim, 300), NULL);
	else if (what < 40 && reaches_all(run))
		change_policy(run);
	else if (what < 50)
		expel(run, place);
	else if (what < 65)
		come_or_go(run, place);
	else if (what < 75 && run->members[place])
		restart_member(run, place);
	else if (what < 80 && may_restart(run))
		restart_server(run);
	else
		sim_run_for(run->sim, sim_random(run->sim, SIM_SECONDS(40)));
}

static void happen_worse(struct run *run)
{
	size_t place = sim_random(run->sim, run->n_members);
	struct whole *member = run->members[place];
	uint64_t what = sim_random(run->sim, 100);
	struct sim_weather weather;

	if (what < 8) {
		restart_server(run);
	} else if (what < 20) {
		sim_cut(run->sim, &run->server->at.addr, sim_chance(run->sim, 300));
	} else if (what < 35 && member) {
		sim_cut(run->sim, &member->at.addr, sim_chance(run->sim, 500));
	} else if (what < 40 && member) {
		watch_member(run->watch, place, member);
		plane_table_lose(&member->table);
	} else if (what < 50) {
		weather = choose_weather(run->sim);
		sim_set_weather(run->sim, &weather);
	} else {
		happen(run);
	}
}

static void clear_up(struct run *run)
{
	char address[32];
	struct gemcast_addr addr;
	size_t i;

	sim_set_weather(run->sim, &fine);
	sim_cut(run->sim, &run->server->at.addr, false);
	for (i = 0; i < run->n_members; i++) {
		snprintf(address, sizeof(address), "192.0.2.%zu", 10 + i);
		addr = sim_addr(address);
		sim_cut(run->sim, &addr, false);
	}
	sim_run_for(run->sim, SETTLED);
}

/* How it ends */

static void check_member(const struct run *run, size_t place)
{
	const struct whole *member = run->members[place];
	struct gemcast_membership m = whole_status(member, GROUP);

	if (!strcmp(m.state, "joined") == run->expelled[place])
		fail_msg("member %zu, %s, is %s: %s", place,
			 run->expelled[place] ? "expelled" : "not expelled", m.state, m.error);
	if (run->expelled[place])
		assert_int_equal(member->table.n_sas, 0);
}

/*
 * All are registered, however often the key server began anew, and who answers is known to
 * have it, if nothing new has just begun. Of some that are gone the key server cannot know
 * it: they could listen still.
 */
static bool is_known(const struct run *run, struct gemcast_ks_group *group)
{
	assert_int_equal(ks_show_group(run->server->ks, NULL, group), 0);
	if (group->members != expected(run))
		return false;
	return group->current == group->members ||
	       (run->policy.transport && run->policy.acknowledge < 2);
}

/* All have what they should, and the key server knows that they have. */
static void check_all(struct run *run)
{
	struct gemcast_ks_group group;
	size_t i;

	for (i = 0; i < run->n_members; i++)
		if (run->members[i])
			check_member(run, i);
	for (i = 0; i < 30 && !is_known(run, &group); i++)
		sim_run_for(run->sim, SIM_SECONDS(1));
	if (!is_known(run, &group))
		fail_msg("of %zu members %u are registered and %u listen, %u have the last epoch",
			 expected(run), group.members, group.listening, group.current);
}

static void unmake(struct run *run)
{
	size_t i;

	for (i = 0; i < run->n_members; i++) {
		watch_member(run->watch, i, NULL);
		if (run->members[i])
			whole_free(run->members[i]);
	}
	watch_free(run->watch);
	whole_free(run->server);
	remove_store();
	sim_free(run->sim);
}

static void anything(struct run *run)
{
	struct sim_weather weather = choose_weather(run->sim);
	uint64_t actions = 5 + sim_random(run->sim, 30);

	sim_set_weather(run->sim, &weather);
	while (actions--) {
		happen_worse(run);
		sim_run_for(run->sim, sim_random(run->sim, SIM_SECONDS(8)));
	}
	clear_up(run);
	check_all(run);
}

static void no_loss(struct run *run)
{
	struct sim_weather weather = choose_weather(run->sim);
	uint64_t actions = 5 + sim_random(run->sim, 30);

	weather.most_lost = MOST_LOST;
	weather.late_ms = 300;
	run->strict = true;
	watch_strict(run->watch, true);
	sim_set_weather(run->sim, &weather);
	while (actions--) {
		happen(run);
		sim_run_for(run->sim, sim_random(run->sim, SIM_SECONDS(8)));
	}
	sim_run_for(run->sim, SIM_SECONDS(30));
	watch_strict(run->watch, false);
	clear_up(run);
	check_all(run);
}

static struct watch_stats sums;
static uint64_t stored;

static void run_once(uint64_t seed)
{
	const struct watch_stats *stats;
	struct run run;

	make(&run, seed);
	sim_run_for(run.sim, SIM_SECONDS(10));
	check_all(&run);
	if (sim_chance(run.sim, 700))
		anything(&run);
	no_loss(&run);
	stats = watch_stats(run.watch);
	sums.keys += stats->keys;
	sums.messages += stats->messages;
	sums.packets += stats->packets;
	sums.heard += stats->heard;
	sums.missed += stats->missed;
	sums.strict += stats->strict;
	stored += run.stored;
	unmake(&run);
}

static void report(uint64_t runs)
{
	print_message("# %" PRIu64 " runs, %" PRIu64 " with a store: %" PRIu64 " keys, %" PRIu64 " messages to all; %" PRIu64
		      " packets, heard %" PRIu64 " times, %" PRIu64 " of them when none may be missed; "
		      "missed before %" PRIu64 " times\n", runs, stored, sums.keys, sums.messages,
		      sums.packets, sums.heard, sums.strict, sums.missed);
}

/* Of $SIM_MEMBERS. False: it is less than a group, or more than can be watched. */
static bool read_members(void)
{
	const char *text = getenv("SIM_MEMBERS");

	members = text ? strtoul(text, NULL, 10) : 0;
	if (!text || (members >= 2 && members <= WATCH_MEMBERS))
		return true;
	fprintf(stderr, "SIM_MEMBERS: 2 to %d\n", WATCH_MEMBERS);
	return false;
}

int main(int argc, char **argv)
{
	const struct sim_runs test = {
		.name = "sim_rekey", .runs = 500, .seed = 1, .run = run_once, .report = report,
	};
	int failed;

	if (!read_members())
		return 2;
	make_directory();
	kits_init(&kits);
	psk = pki_text_file("psk", "0x000102030405060708090a0b0c0d0e0f\n");
	failed = sim_runs(&test, argc, argv);
	kits_free(&kits);
	remove_store();
	rmdir(directory);
	return failed;
}
