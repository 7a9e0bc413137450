// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registrations that are stored together: nobody is answered before that, all are behind
 * one sync of the disk; and if it fails, nobody by what was not stored, and the
 * registrations before count again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "group/ks_internal.h"
#include "stored.h"
#include "test.h"
#include "vfs_faults.h"

#define TRAFFIC	"      traffic: [ { destination: 239.1.1.1 }, { destination: 239.1.1.2 } ]\n"
#define MEMBERS	"      members: [ { identity: \"*.example.org\", role: both } ]\n"
#define VIDEO	"    - name: video\n      sender-id-bits: 8\n" TRAFFIC MEMBERS
#define CAST	VIDEO "      rekey: { transport: multicast, address: 239.255.1.1 }\n"
#define ONE	VIDEO "      senders: one\n"

#define N	12

static struct ike_sa *sas[N];

static const char *name_of(size_t i)
{
	static char name[32];

	snprintf(name, sizeof(name), "m%02zu.example.org", i);
	return name;
}

static int begin(void **state)
{
	size_t i;

	stored_begin(*state ? *state : VIDEO);
	log_set_level(AREA_STORE, getenv("KIT_LOG") ? LEVEL_DEBUG : LEVEL_ERROR - 1);
	for (i = 0; i < N; i++)
		sas[i] = kit_sa(name_of(i), "192.0.2.1");
	return 0;
}

static int end(void **state)
{
	(void)state;
	stored_end();
	return 0;
}

static bool sends(struct ike_sa *sa, bool sender)
{
	const struct kit_ask ask = { .group = "video", .sender = sender, .count = sender };

	return !kit_send(sa, &ask);
}

/* All of them, in one turn: every third one as a receiver. */
static void ask_all(void)
{
	size_t i;

	for (i = 0; i < N; i++)
		assert_true(sends(sas[i], i % 3));
}

static struct gemcast_ks_group group(void)
{
	struct gemcast_ks_group out;

	assert_true(kit_group("video", &out));
	return out;
}

/* NULL: it is not known. */
static const struct ks_member *member(size_t i)
{
	return ks_member_find(ks_group_find(kit.ks, "video"), name_of(i));
}

static void are_stored_together(void **state)
{
	size_t i, alone, together;

	(void)state;
	/* The group's first SAs. */
	assert_int_equal(kit_join(sas[0], "video", true), 0);
	vfs_faults.syncs = 0;
	assert_int_equal(kit_join(sas[0], "video", true), 0);
	alone = vfs_faults.syncs;
	assert_in_range(alone, 1, 2);
	vfs_faults.syncs = 0;
	vfs_faults.count = 0;
	ask_all();
	assert_int_equal(vfs_faults.count, 0);
	for (i = 1; i < N; i++)
		assert_int_equal(sas[i]->n_sas, 0);
	assert_true(ks_next(kit.ks) <= kit.now);
	ks_run(kit.ks);
	together = vfs_faults.syncs;
	assert_int_equal(together, alone);
	for (i = 0; i < N; i++) {
		assert_null(sas[i]->waiting);
		assert_int_equal(sas[i]->refused, 0);
		kit_assert_same(sas[i], sas[0]);
	}
	stored_restart();
	for (i = 0; i < N; i++)
		assert_int_equal(member(i)->n_sids, sas[i]->n_sids);
}

/* It is killed between: nobody was told, and nothing was stored. */
static void are_forgotten_together(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(kit_join(sas[0], "video", true), 0);
	ask_all();
	assert_int_equal(group().members, N);
	stored_restart();
	for (i = 1; i < N; i++) {
		assert_null(member(i));
		stored_connect(sas[i]);
	}
	stored_connect(sas[0]);
	ask_all();
	ks_run(kit.ks);
	for (i = 1; i < N; i++)
		kit_assert_same(sas[i], sas[0]);
}

/* Those who were to get numbers are refused; keys that are stored others may have. */
static void assert_none_but_receivers(void)
{
	size_t i;

	for (i = 1; i < N; i++) {
		assert_null(sas[i]->waiting);
		assert_int_equal(sas[i]->refused, i % 3 ? N_REGISTRATION_FAILED : 0);
		assert_int_equal(sas[i]->n_sas, i % 3 ? 0 : 2);
		assert_int_equal(member(i) && member(i)->peer, !(i % 3));
	}
	assert_int_equal(group().members, 1 + (N - 1) / 3);
}

static void fail_together(void **state)
{
	static const enum vfs_fault faults[] = { VFS_ONCE, VFS_FULL };
	size_t f, at;
	bool hit = true;

	(void)state;
	for (f = 0; f < 2; f++) {
		for (at = 1; ; at++) {
			assert_int_equal(kit_join(sas[0], "video", true), 0);
			ask_all();
			vfs_faults_set(faults[f], at, 0);
			ks_run(kit.ks);
			hit = vfs_faults.hit;
			vfs_faults_set(VFS_GOOD, 0, 0);
			if (!hit)
				break;
			assert_none_but_receivers();
			/* A while later they are served. */
			kit_wait(2000);
			ask_all();
			ks_run(kit.ks);
			assert_int_equal(group().members, N);
			kit_assert_same(sas[1], sas[2]);
			end(state);
			begin(state);
		}
		assert_true(at > 3);
		end(state);
		begin(state);
	}
}

/* What the member has of its last registration stays its own, however often the next fails. */
static void the_one_before_counts_again(void **state)
{
	uint64_t since;
	uint32_t sid;
	size_t i;

	(void)state;
	assert_int_equal(kit_join(sas[0], "video", true), 0);
	assert_int_equal(kit_join(sas[1], "video", false), 0);
	since = member(0)->since;
	sid = sas[0]->sids[0];
	for (i = 0; i < 5; i++) {
		kit_wait(2000);
		/* By the same IKE SA, or by another. */
		if (i == 3)
			kit_lose(sas[0], IKE_END_DEAD);
		if (i >= 3 && sas[0]->closed)
			stored_connect(sas[0]);
		assert_true(sends(sas[0], true));
		vfs_faults_set(VFS_ONCE, 1, 0);
		ks_run(kit.ks);
		assert_true(vfs_faults.hit);
		vfs_faults_set(VFS_GOOD, 0, 0);
		assert_int_equal(sas[0]->refused, N_REGISTRATION_FAILED);
		assert_int_equal(sas[0]->sids[0], sid);
		assert_int_equal(member(0)->since, since);
		assert_int_equal(member(0)->n_sids, 1);
		assert_int_equal(member(0)->sids[0], sid);
		assert_int_equal(member(0)->n_former, 0);
		assert_int_equal(!member(0)->peer, i >= 3);
		assert_int_equal(member(0)->listens, i >= 3);
	}
	kit_wait(2000);
	/* It hears of new SAs all the same, and nobody gets its Sender-ID there. */
	assert_int_equal(ks_rekey(kit.ks, "video", true, NULL), 0);
	kit_wait(30000);
	assert_int_equal(group().epoch, 2);
	assert_non_null(kit_held(sas[0], kit_last(sas[1])->spi));
	for (i = 0; i < 150; i++)
		assert_int_equal(kit_join(sas[2], "video", true), 0);
	stored_restart();
	assert_int_equal(member(0)->sids[0], sid);
}

/* One asks by two IKE SAs: the first is settled before the second is looked at. */
static void asks_twice(void **state)
{
	struct ike_sa *twin;

	(void)state;
	assert_int_equal(kit_join(sas[1], "video", true), 0);
	twin = kit_sa("m00.example.org", "192.0.2.9");
	assert_true(sends(sas[0], true));
	assert_true(sends(twin, true));
	assert_null(sas[0]->waiting);
	assert_int_equal(sas[0]->n_sas, 2);
	ks_run(kit.ks);
	assert_int_equal(twin->n_sas, 2);
	assert_int_equal(member(0)->former[0], sas[0]->sids[0]);
	assert_int_equal(group().members, 2);
}

static void has_one_sender(void **state)
{
	(void)state;
	assert_true(sends(sas[0], true));
	assert_false(sends(sas[1], true));
	assert_int_equal(sas[1]->refused, N_REGISTRATION_FAILED);
	ks_run(kit.ks);
	assert_int_equal(sas[0]->n_sas, 2);
}

/* Its IKE SA goes, or the one of its registration before. */
static void goes_while_it_waits(void **state)
{
	struct ike_sa *twin;
	uint32_t sid;

	(void)state;
	assert_int_equal(kit_join(sas[0], "video", true), 0);
	sid = sas[0]->sids[0];
	assert_true(sends(sas[1], true));
	kit_lose(sas[1], IKE_END_DEAD);
	assert_true(sends(sas[0], true));
	kit_lose(sas[0], IKE_END_DEAD);
	kit_settle();
	assert_int_equal(group().members, 0);
	assert_int_equal(member(0)->sids[0], sid);
	assert_true(member(0)->listens);
	assert_false(member(1) && member(1)->listens);
	stored_connect(sas[0]);
	assert_int_equal(kit_join(sas[0], "video", true), 0);
	sid = sas[0]->sids[0];
	twin = kit_sa("m00.example.org", "192.0.2.9");
	assert_true(sends(twin, true));
	kit_lose(sas[0], IKE_END_DEAD);
	vfs_faults_set(VFS_ONCE, 1, 0);
	ks_run(kit.ks);
	assert_true(vfs_faults.hit);
	assert_int_equal(twin->refused, N_REGISTRATION_FAILED);
	assert_int_equal(member(0)->sids[0], sid);
	assert_true(member(0)->listens);
}

/* All that a command does to the group comes behind what waits. */
static void its_group_goes_while_it_waits(void **state)
{
	struct conf_identity id = kit_identity("m00.example.org");

	(void)state;
	assert_true(sends(sas[0], true));
	assert_int_equal(ks_expel(kit.ks, "video", &id, 1, NULL), 0);
	assert_null(sas[0]->waiting);
	assert_int_equal(sas[0]->n_sas, 2);
	kit_settle();
	assert_true(sas[0]->excluded);
	assert_true(sends(sas[1], true));
	kit_reload("    - name: audio\n" TRAFFIC MEMBERS);
	assert_null(sas[1]->waiting);
	kit_settle();
	assert_true(sas[1]->excluded);
	kit_reload(VIDEO);
	assert_true(sends(sas[2], true));
	vfs_faults_set(VFS_FULL, 1, 0);
	kit_reload("    - name: audio\n" TRAFFIC MEMBERS);
	assert_int_equal(sas[2]->refused, N_REGISTRATION_FAILED);
	kit_settle();
	vfs_faults_set(VFS_GOOD, 0, 0);
	kit_wait(2000);
	kit_reload(VIDEO);
	/* And the key server itself. */
	assert_true(sends(sas[3], true));
}

#define STATE(groups)	((void *)(groups))

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(are_stored_together, begin, end),
		cmocka_unit_test_setup_teardown(are_forgotten_together, begin, end),
		cmocka_unit_test_setup_teardown(fail_together, begin, end),
		cmocka_unit_test_prestate_setup_teardown(the_one_before_counts_again, begin, end,
							 STATE(CAST)),
		cmocka_unit_test_setup_teardown(asks_twice, begin, end),
		cmocka_unit_test_prestate_setup_teardown(has_one_sender, begin, end, STATE(ONE)),
		cmocka_unit_test_prestate_setup_teardown(goes_while_it_waits, begin, end,
							 STATE(CAST)),
		cmocka_unit_test_setup_teardown(its_group_goes_while_it_waits, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
