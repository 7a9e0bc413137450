// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The group member in want of memory, and with a data plane that refuses: whatever fails,
 * wherever it fails, all of a change is there or nothing of it, nothing is open, nothing
 * is leaked, and in the end it is a member.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include "gm_conf.h"
#include "group/gm_internal.h"
#include "test.h"

static struct {
	size_t count;
	size_t fail_at;		/* from 1; 0: none */
	bool all_after;
} memory;

static bool fails(void)
{
	if (!world.inside || !memory.fail_at)
		return false;
	memory.count++;
	return memory.count == memory.fail_at ||
	       (memory.all_after && memory.count > memory.fail_at);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *at, size_t size);
void *__wrap_realloc(void *at, size_t size);

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *at, size_t size)
{
	return fails() ? NULL : __real_realloc(at, size);
}

static void *scarce_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : malloc(size);
}

static void *scarce_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails() ? NULL : __real_realloc(at, size);
}

static void scarce_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	free(at);
}

/* ---- what is done, and what there has to be then */

static const char conf[] = MAIN VIDEO(", role: both, interface: eth0, join-multicast: yes");

static const struct grant two = {
	.n_sas = 2,
	.sas = { { .spi = 0x1001, .dst = "239.1.1.1", .lifetime = 3600, .key = 1 },
		 { .spi = 0x1101, .dst = "239.1.1.3", .lifetime = 3600, .key = 2 } },
	.sid_bits = 16, .n_sids = 1, .sids = { 5 }, .rekey_sa = 1,
};

static const struct grant next = {
	.n_sas = 2,
	.sas = { { .spi = 0x1002, .dst = "239.1.1.1", .lifetime = 3600, .key = 3 },
		 { .spi = 0x1102, .dst = "239.1.1.4", .lifetime = 3600, .key = 4 } },
	.atd = 10, .dtd = 30,
};

/* The same by multicast, with another Rekey SA. */
static struct rekey_datagrams sealed;

struct action {
	const char *name;
	void (*prepare)(void);
	void (*run)(void);
	const char *wanted;	/* that is joined in the end */
};

static void just_begun(void)
{
	world_begin(conf);
}

static void asked(void)
{
	world_begin(conf);
	world_pass(0);
	if (!world_ask(world_sa("192.0.2.1")))
		abort();
}

static void member(void)
{
	world_joined(conf, &two);
}

static void addressed(void)
{
	struct grant grant = next;

	grant.rekey_sa = 2;
	member();
	world.threshold = 200;
	world_seal(1, &grant, &sealed);
}

/* A new key to sign by, instead. */
static void signed_anew(void)
{
	struct grant grant = next;
	struct secret spki;

	member();
	if (key_to_spki(&world_rekey_sa(1)->key, &spki))
		abort();
	grant.auth_key = secret_chunk(&spki);
	world_seal(1, &grant, &sealed);
	secret_free(&spki);
}

/* An acknowledgement is due. */
static void to_acknowledge(void)
{
	static const struct hello hello = { .ack = HELLO_ACK_ALL, .spread_ms = 1000 };
	struct grant grant = two;

	grant.hello = &hello;
	world_joined(conf, &grant);
	world_update(1, &next);
}

static void acknowledge(void)
{
	world_pass(1000);
}

static void bystander(void)
{
	world_begin(MAIN);
	world_pass(0);
}

static void begin(void)
{
	world_pass(0);
}

static void grant(void)
{
	world_grant(&two);
}

static void rekey(void)
{
	world_rekey(world_sa("192.0.2.1"), &next);
}

static void update(void)
{
	world_deliver(&sealed);
	rekey_datagrams_free(&sealed);
}

static void lose(void)
{
	world.inside = true;
	gm_lost(world.gm);
	world.inside = false;
}

static void change(void)
{
	world_reload(MAIN VIDEO(", role: both, window: 1024"));
}

static void renumber(void)
{
	world_reload(MAIN "  groups: [ { name: video, key-servers: [ main ], number: 9, role: both } ]\n");
}

static void join(void)
{
	world_join(0, "video", NULL, 5000);
}

static void join_other(void)
{
	struct gemcast_join j = {
		.present = GEMCAST_BIT(GEMCAST_JOIN_ID) | GEMCAST_BIT(GEMCAST_JOIN_AT) |
			   GEMCAST_BIT(GEMCAST_JOIN_ROLE) | GEMCAST_BIT(GEMCAST_JOIN_WAIT),
		.id = "video", .role = "both", .wait = 1000, .at = addr_of("192.0.2.1"),
	};

	world.told[0] = (struct told){ 0 };
	world.inside = true;
	gm_join(world.gm, world_call(0), &j);
	world.inside = false;
}

static void idle(void)
{
	world_begin(MAIN VIDEO(", role: both, register: demand"));
	world_pass(0);
}

static void receive(void)
{
	struct gemcast_acquire acquire = {
		.group = 7, .kind = GEMCAST_ACQUIRE_KIND_RECEIVE, .dst = addr_of("239.1.1.1"),
	};

	world.inside = true;
	gm_acquire(world.gm, &acquire);
	world.inside = false;
}

static const struct action actions[] = {
	{ "begin", just_begun, begin, "video" },
	{ "grant", asked, grant, "video" },
	{ "rekey", member, rekey, "video" },
	{ "update", addressed, update, "video" },
	{ "update with a key", signed_anew, update, "video" },
	{ "acknowledge", to_acknowledge, acknowledge, "video" },
	{ "lose", member, lose, "video" },
	{ "change", member, change, "video" },
	{ "renumber", member, renumber, "video" },
	{ "join", idle, join, "video" },
	{ "receive", idle, receive, "video" },
	{ "join by id", bystander, join_other, NULL },
};

static size_t count_rekey_sas(const struct gm_member *m)
{
	const struct gm_rekey_sa *rekey;
	size_t n = 0;

	for (rekey = m->rekey_sas; rekey; rekey = rekey->next)
		n++;
	return n;
}

/* The data plane and the member say the same; no half of a change is there. */
static void check_whole(const char *name)
{
	struct gm_member *m = world_member("video");
	size_t i;

	if (!m)
		return;
	if (m->n_sas != world.table.n_sas)
		fail_msg("%s: %zu SAs, and %zu in the data plane", name, m->n_sas,
			 world.table.n_sas);
	for (i = 0; i < m->n_sas; i++)
		assert_non_null(plane_table_sa(&world.table, m->sas[i].sa.spi));
	assert_int_equal(!plane_table_sa(&world.table, 0x1001) ||
			 !plane_table_sa(&world.table, 0x1101),
			 !plane_table_sa(&world.table, 0x1001));
	assert_int_equal(!plane_table_sa(&world.table, 0x1002),
			 !plane_table_sa(&world.table, 0x1102));
	assert_int_equal(count_rekey_sas(m), world_listens("239.255.0.1"));
	if (world_sas())
		assert_non_null(world_policy("239.1.1.1"));
	if (plane_table_sa(&world.table, 0x1102))
		assert_non_null(world_policy("239.1.1.4"));
}

/* The key server answers all it is asked, for a while. */
static void recover(void)
{
	struct grant again = two;
	unsigned int steps;
	size_t i;

	for (steps = 0; steps < 200; steps++) {
		for (i = 0; i < WORLD_SAS; i++) {
			if (!world.sas[i].there || !world_ask(&world.sas[i]))
				continue;
			/* No Sender-ID is given twice (RFC 9838 2.5.1). */
			again.sids[0]++;
			if (world.asked.message.n_proposals)
				world_grant(&again);
			else
				world_refuse(0);
		}
		world_pass(S);
	}
}

static void check_member(const struct action *action)
{
	/* A join that was refused has not begun. */
	if (!action->wanted || world.told[0].refused)
		return;
	if (strcmp(world_state(action->wanted), "joined") != 0)
		fail_msg("%s: %s", action->name, world_state(action->wanted));
	assert_true(plane_table_sa(&world.table, 0x1001) ||
		    plane_table_sa(&world.table, 0x1002));
	/* The rekey has one more flow. */
	assert_int_equal(world.table.n_sas, 2 + !!plane_table_sa(&world.table, 0x1002));
	assert_int_equal(world_status(action->wanted).sas, world.table.n_sas);
	assert_int_equal(world.table.n_groups, 1);
}

/* Who waited is told, or still waits. */
static void finish(void)
{
	if (world.told[0].forget && !world.told[0].done && !world.told[0].refused)
		world.told[0].forget(world.told[0].arg);
	world_end();
}

static bool memory_fault(const struct action *action, size_t at, bool all_after)
{
	bool reached;

	action->prepare();
	memory.count = 0;
	memory.fail_at = at;
	memory.all_after = all_after;
	action->run();
	reached = memory.count >= at;
	memory.fail_at = 0;
	check_whole(action->name);
	recover();
	check_whole(action->name);
	check_member(action);
	finish();
	return reached;
}

static void want_of_memory(void **state)
{
	size_t i, n, all;

	(void)state;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		for (all = 0; all < 2; all++)
			for (n = 1; memory_fault(&actions[i], n, all); n++)
				assert_true(n < 10000);
}

/* A call that refuses may leave behind what it was to take away; nothing else. */
static bool plane_fault(const struct action *action, unsigned int at, bool all_after)
{
	bool reached;

	action->prepare();
	world.table.fail_with = -ENOSPC;
	if (all_after)
		world.table.fail_from = world.table.calls + at;
	else
		world.table.fail_at = world.table.calls + at;
	at += world.table.calls;
	action->run();
	reached = world.table.calls >= at;
	world.table.fail_at = 0;
	world.table.fail_from = 0;
	if (!all_after && world_member("video"))
		assert_true(!world_sas() || world_policy("239.1.1.1"));
	recover();
	if (action->wanted) {
		assert_string_equal(world_state(action->wanted), "joined");
		assert_true(world_status(action->wanted).sas >= 2);
	}
	finish();
	return reached;
}

static void a_data_plane_that_refuses(void **state)
{
	size_t i, all;
	unsigned int n;

	(void)state;
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		for (all = 0; all < 2; all++)
			for (n = 1; plane_fault(&actions[i], n, all); n++)
				assert_true(n < 10000);
}

/* What the data plane has, in words that do not depend on order. */
static void print_table(char *text, size_t size)
{
	const struct plane_table *t = &world.table;
	uint64_t policies = 0, sas = 0, joins = 0;
	size_t i;

	for (i = 0; i < t->n_policies; i++)
		policies += UINT64_C(1) * t->policies[i].prio * (t->policies[i].dst_len + 1) *
			    (t->policies[i].mode + 1) * t->policies[i].group;
	for (i = 0; i < t->n_sas; i++)
		sas += (uint64_t)t->sas[i].sa.spi * (t->sas[i].key[0] + 1);
	for (i = 0; i < t->n_joins; i++)
		joins += t->joins[i].count;
	snprintf(text, size, "%zu groups, policies %zu/%ju, SAs %zu/%ju, joins %zu/%ju",
		 t->n_groups, t->n_policies, (uintmax_t)policies, t->n_sas, (uintmax_t)sas,
		 t->n_joins, (uintmax_t)joins);
}

/* A grant that the data plane refuses at one point leaves it exactly as it was. */
static void what_is_refused_is_undone(void **state)
{
	struct grant transport = two, moved = next;
	const struct grant *rekeys[] = { &next, &transport, &moved };
	char before[256], after[256];
	unsigned int n;
	size_t i;

	(void)state;
	transport.transport = true;
	transport.sid_bits = 0;
	transport.n_sids = 0;
	transport.sas[0].spi = 0x3001;
	transport.sas[0].key = 11;
	transport.sas[1].spi = 0x3002;
	transport.sas[1].key = 12;
	moved.sas[0].dst = "239.1.9.9";
	for (i = 0; i < 3; i++) {
		for (n = 1;; n++) {
			assert_true(n < 100);
			world_joined(conf, &two);
			print_table(before, sizeof(before));
			world.table.fail_at = world.table.calls + n;
			world_rekey(world_sa("192.0.2.1"), rekeys[i]);
			if (world.table.calls < world.table.fail_at)
				break;
			print_table(after, sizeof(after));
			/* All is there but a time to end, which we keep too; or nothing is. */
			if (world_status("video").epoch == 2)
				assert_int_equal(world.table.n_sas, 4);
			else
				assert_string_equal(before, after);
			world_end();
		}
		assert_true(n > 4);
		assert_int_equal(world_status("video").epoch, 2);
		world_end();
	}
}

static void a_member_in_want_of_memory_is_none(void **state)
{
	struct gm *gm;
	size_t n;

	(void)state;
	world_begin(conf);
	for (n = 1;; n++) {
		memory.count = 0;
		memory.fail_at = n;
		world.inside = true;
		gm = gm_new(&world.setup, world.conf);
		world.inside = false;
		memory.fail_at = 0;
		if (gm)
			break;
		assert_true(n < 100);
	}
	assert_true(n > 2);
	gm_free(gm);
	gm_free(NULL);
	world_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(want_of_memory),
		cmocka_unit_test(a_data_plane_that_refuses),
		cmocka_unit_test(what_is_refused_is_undone),
		cmocka_unit_test(a_member_in_want_of_memory_is_none),
	};

	if (!CRYPTO_set_mem_functions(scarce_malloc, scarce_realloc, scarce_free))
		return EXIT_FAILURE;
	log_set_level(AREA_GROUP, LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
