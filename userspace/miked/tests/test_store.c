// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store: what was committed is there, what was not is not, whatever fails; no key is
 * in it in the clear.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store_rows.h"
#include "test.h"
#include "vfs_faults.h"

static void keeps_what_was_committed(void **state)
{
	int64_t seen;

	(void)state;
	rows_open();
	assert_string_equal(rows_all(), "");
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1000), 0);
	assert_string_equal(rows_all(), rows_everything);
	rows_close();
	rows_open();
	assert_int_equal(rows_load(&seen, NULL), 0);
	assert_string_equal(rows_told, rows_everything);
	assert_int_equal(seen, 1000);
	/* The clock went back. */
	assert_int_equal(rows_put_group("audio", 0), 0);
	assert_int_equal(rows_store->ops->commit(rows_store, 999), 0);
	assert_int_equal(rows_load(&seen, NULL), 0);
	assert_int_equal(seen, 1000);
	/* Nothing to commit is no error, and no work. */
	vfs_faults_set(VFS_GOOD, 0, 0);
	assert_int_equal(rows_store->ops->commit(rows_store, 1000), 0);
	assert_int_equal(vfs_faults.count, 0);
}

static void loses_what_was_not(void **state)
{
	(void)state;
	rows_open();
	rows_put_all();
	rows_store->ops->rollback(rows_store);
	rows_store->ops->rollback(rows_store);
	assert_string_equal(rows_all(), "");
	rows_put_all();
	rows_close();
	rows_open();
	assert_string_equal(rows_all(), "");
}

static void deletes(void **state)
{
	(void)state;
	rows_open();
	rows_put_all();
	assert_int_equal(rows_store->ops->del_epoch(rows_store, "video", 2), 0);
	assert_int_equal(rows_store->ops->del_member(rows_store, "video", "gm2.example.org"), 0);
	assert_int_equal(rows_store->ops->del_rekey_sa(rows_store, rows_rekey_spi), 0);
	assert_int_equal(rows_store->ops->del_group(rows_store, "audio"), 0);
	assert_int_equal(rows_store->ops->del_member(rows_store, "video", "nobody"), 0);
	assert_string_equal(rows_all(),
			    "group video {\"name\":\"video\"} 1 2 3 4 5\n"
			    "epoch video 1 -5 1125899906842624 101 20 256 65536 65535\n"
			    "sa video 1 256 0 1\nsa video 1 4000000000 1 1\n"
			    "sids video 1 1023 ffffffffffffffff\n"
			    "member video gm1.example.org 1 3 2 0 848 77 1 2 1 65535 7 0 9 1\n"
			    "retired 255 4294967295\n");
	assert_int_equal(rows_store->ops->del_epoch(rows_store, "video", 1), 0);
	assert_null(strstr(rows_all(), "sa "));
	assert_null(strstr(rows_all(), "sids "));
	assert_int_equal(rows_put_rekey_sa("video", 1), 0);
	assert_int_equal(rows_store->ops->del_group(rows_store, "video"), 0);
	assert_string_equal(rows_all(), "retired 255 4294967295\n");
	assert_int_equal(rows_store->ops->del_all(rows_store), 0);
	assert_string_equal(rows_all(), "");
}

/* A row that is put again takes the place of the old one, and leaves what belongs to it. */
static void replaces(void **state)
{
	(void)state;
	rows_open();
	rows_put_all();
	assert_int_equal(rows_put_group("video", 3), 0);
	assert_int_equal(rows_put_epoch("video", 1), 0);
	assert_int_equal(rows_put_member("video", "gm2.example.org", 2), 0);
	assert_int_equal(rows_put_rekey_sa("video", 129), 0);
	assert_int_equal(rows_put_sids("video", 1, 1023, 1), 0);
	assert_non_null(strstr(rows_all(), "group video {\"name\":\"video\"} 1 3 3 4 5\n"));
	assert_non_null(strstr(rows_told, "sa video 1 256 0 1\n"));
	assert_non_null(strstr(rows_told, "sids video 1 1023 1\n"));
	assert_non_null(strstr(rows_told, "gm2.example.org 1 3 2 0 848 77 1 2 "));
	assert_non_null(strstr(rows_told, "rekey-sa video 1 2 129 3 5\n"));
}

/* An error ends the transaction: what was put before it is not stored either. */
static void refuses_rows(void **state)
{
	uint8_t secret[STORE_MAX_SECRET + 1] = { 1 };

	(void)state;
	rows_open();
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	assert_int_equal(rows_put_group("third", 1), 0);
	assert_int_equal(rows_put_epoch("fourth", 1), -EINVAL);
	assert_false(rows_store->open);
	assert_int_equal(rows_put_group("third", 1), 0);
	assert_int_equal(rows_put_sa("video", 2, 256, 0, CHUNK(rows_keymat)), -EINVAL);
	assert_int_equal(rows_put_group("third", 1), 0);
	assert_int_equal(rows_put_sa("video", 2, 257, 0, CHUNK(secret)), -EINVAL);
	assert_int_equal(rows_put_group("third", 1), 0);
	assert_int_equal(rows_put_sa("video", 2, 257, 0, (struct chunk){ secret, 0 }), -EINVAL);
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	assert_string_equal(rows_all(), rows_everything);
	assert_int_equal(rows_put_sa("video", 2, 257, 0,
				(struct chunk){ secret, STORE_MAX_SECRET }), 0);
	/* Who reads them may refuse them. */
	rows_error = -E2BIG;
	assert_int_equal(rows_load(NULL, NULL), -E2BIG);
	rows_error = 0;
}

/* Neither the files of a store in use, nor of one that is closed, nor what was deleted. */
static void assert_no_secret(void)
{
	assert_false(store_kit_has(rows_keymat, sizeof(rows_keymat)));
	assert_false(store_kit_has(rows_other_keymat, sizeof(rows_other_keymat)));
	assert_false(store_kit_has(rows_rekey_keys, 36));
	assert_false(store_kit_has(store_kit.master, sizeof(store_kit.master)));
	assert_false(store_kit_has(rows_keymat, 16));
	assert_true(store_kit_has("gm1.example.org", 15));
}

static void has_no_secret(void **state)
{
	(void)state;
	rows_open();
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	assert_no_secret();
	rows_close();
	assert_no_secret();
}

/* What is deleted is overwritten: who learns the master key later has nothing of it. */
static void forgets(void **state)
{
	(void)state;
	rows_make();
	assert_true(store_kit_has("gm2.example.org", 15));
	rows_open();
	assert_int_equal(rows_store->ops->del_member(rows_store, "video", "gm2.example.org"), 0);
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	rows_close();
	assert_false(store_kit_has("gm2.example.org", 15));
}

static void writes_before_it_returns(void **state)
{
	size_t syncs;

	(void)state;
	rows_open();
	rows_put_all();
	syncs = vfs_faults.syncs;
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	assert_true(vfs_faults.syncs > syncs);
}

/* One transaction after another, each of which is all there or not at all. */
static int live(size_t *done)
{
	int err = 0;

	for (*done = 0; *done < 6; (*done)++) {
		uint32_t n = (uint32_t)*done + 1;

		err = rows_put_group("video", n);
		if (!err)
			err = rows_put_epoch("video", n);
		if (!err)
			err = rows_put_sa("video", n, 1000 + n, 1, CHUNK(rows_keymat));
		if (!err && n > 2)
			err = rows_store->ops->del_epoch(rows_store, "video", n - 2);
		if (!err)
			err = rows_store->ops->commit(rows_store, n);
		if (err)
			return err;
	}
	return 0;
}

static void assert_is_at(size_t done)
{
	char line[64];
	size_t at;

	/* The one that failed may be there. */
	for (at = done; at <= done + 1; at++) {
		snprintf(line, sizeof(line), "group video {\"name\":\"video\"} 1 %zu 3 4 5\n", at);
		if (strstr(rows_all(), line) || (!at && !*rows_told))
			break;
	}
	assert_true(at <= done + 1);
	snprintf(line, sizeof(line), "sa video %zu %zu 1 1\n", at, 1000 + at);
	assert_true(!at || strstr(rows_told, line));
	snprintf(line, sizeof(line), "sa video %zu ", at + 1);
	assert_null(strstr(rows_told, line));
	snprintf(line, sizeof(line), "sa video %zu ", at - 2);
	assert_true(at <= 2 || !strstr(rows_told, line));
}

/* The @at-th change of the files fails: false if there are not so many. */
static bool fails_at(enum vfs_fault fault, size_t at, unsigned int seed)
{
	size_t done = 0;
	bool hit;

	vfs_faults_set(fault, at, seed);
	if (!store_kit_open(&rows_crypto, VFS_FAULTS, &rows_store, NULL)) {
		if (live(&done))
			assert_false(rows_store->open);
		rows_close();
	}
	hit = vfs_faults.hit;
	vfs_faults_set(VFS_GOOD, 0, 0);
	rows_open();
	assert_is_at(done);
	/* And it goes on as if nothing had been. */
	assert_int_equal(rows_store->ops->del_all(rows_store), 0);
	assert_int_equal(live(&done), 0);
	assert_is_at(6);
	rows_close();
	store_kit_clear();
	return hit;
}

static void survives_faults(void **state)
{
	static const enum vfs_fault faults[] = { VFS_ONCE, VFS_FULL, VFS_DEAD, VFS_POWER };
	unsigned int seed, seeds;
	size_t i, at;

	(void)state;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		seeds = faults[i] == VFS_POWER ? 3 : 1;
		at = 1;
		do {
			for (seed = 1; seed < seeds; seed++)
				fails_at(faults[i], at, seed);
		} while (fails_at(faults[i], at++, seed));
		assert_true(at > 30);
	}
}

/* While the disk is full nothing is stored, and when it is not, all is again. */
static void waits_for_a_disk(void **state)
{
	(void)state;
	rows_open();
	rows_put_all();
	vfs_faults_set(VFS_FULL, 1, 0);
	assert_int_equal(rows_store->ops->commit(rows_store, 1), -ENOSPC);
	assert_false(rows_store->open);
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), -ENOSPC);
	vfs_faults_set(VFS_GOOD, 0, 0);
	assert_string_equal(rows_all(), "");
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	assert_string_equal(rows_all(), rows_everything);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keeps_what_was_committed, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(loses_what_was_not, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(deletes, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(replaces, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_rows, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(has_no_secret, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(forgets, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(writes_before_it_returns, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(survives_faults, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(waits_for_a_disk, rows_begin, rows_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
