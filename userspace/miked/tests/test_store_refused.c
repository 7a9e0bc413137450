// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the store refuses when it is opened, and leaves as it was; and what it refuses to
 * read.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sqlite3.h>
#include "store_rows.h"
#include "test.h"

/* And nothing has changed. */
static void assert_refused(int err, const char *text)
{
	uint64_t sum = store_kit_sum();
	struct reason why;

	assert_int_equal(store_kit_open(&rows_crypto, NULL, &rows_store, &why), err);
	assert_null(rows_store);
	if (!strstr(why.text, text) || !strstr(why.text, store_kit.path))
		fail_msg("\"%s\" is not in \"%s\"", text, why.text);
	assert_true(sum == store_kit_sum());
}

static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	rows_make();
	store_kit_sql("PRAGMA user_version = 2");
	assert_refused(-ENOTSUP, "is of version 2, and this miked knows version 1");
	store_kit_sql("PRAGMA user_version = 0");
	assert_refused(-ENOTSUP, "is of version 0");
	store_kit_sql("PRAGMA user_version = 1; PRAGMA application_id = 1");
	assert_refused(-ENOTSUP, "another program");
	store_kit_clear();
	store_kit_sql("CREATE TABLE mine (a)");
	assert_int_equal(chmod(store_kit.path, 0600), 0);
	assert_refused(-ENOTSUP, "another program");
}

/* Its log was not taken into the database yet: nor is it by who refuses it. */
static void refuses_with_a_log(void **state)
{
	(void)state;
	rows_open();
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	store_kit_copy("ks.db", "a");
	store_kit_copy("ks.db-wal", "b");
	rows_close();
	store_kit_copy("a", "ks.db");
	store_kit_copy("b", "ks.db-wal");
	store_kit.master[0]++;
	assert_refused(-EKEYREJECTED, "another master key");
	store_kit.master[0]--;
	rows_open();
	assert_string_equal(rows_all(), rows_everything);
}

static void write_at(long at, const void *bytes, size_t len)
{
	FILE *file = fopen(store_kit.path, "r+e");

	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	fclose(file);
}

static void refuses_what_is_damaged(void **state)
{
	static const char text[] = "This is a letter to a friend, and no database at all.";
	uint8_t zeros[512] = { 0 };
	struct stat st;
	long page;

	(void)state;
	rows_make();
	write_at(0, text, sizeof(text));
	assert_refused(-EBADMSG, "is no database");
	store_kit_clear();
	rows_make();
	assert_int_equal(truncate(store_kit.path, 8192), 0);
	assert_refused(-EBADMSG, "damaged");
	store_kit_clear();
	rows_make();
	assert_int_equal(stat(store_kit.path, &st), 0);
	for (page = 1; page < st.st_size / 4096; page++) {
		write_at(page * 4096, zeros, sizeof(zeros));
		assert_refused(-EBADMSG, "damaged");
		store_kit_clear();
		rows_make();
	}
	store_kit_sql("PRAGMA foreign_keys = OFF; DELETE FROM groups");
	assert_refused(-EBADMSG, "rows are missing");
	store_kit_clear();
	rows_make();
	store_kit_sql("DELETE FROM meta");
	assert_refused(-EBADMSG, "damaged");
	store_kit_clear();
	rows_make();
	store_kit_sql("PRAGMA ignore_check_constraints = ON; UPDATE epochs SET sids = 70000");
	assert_refused(-EBADMSG, "damaged");
}

static void refuses_another_key(void **state)
{
	size_t i;

	(void)state;
	rows_make();
	for (i = 0; i < STORE_MASTER_LEN; i++) {
		store_kit.master[i] ^= 0x80;
		assert_refused(-EKEYREJECTED, "another master key");
		store_kit.master[i] ^= 0x80;
	}
	store_kit_sql("UPDATE meta SET key_check = x'00'");
	assert_refused(-EKEYREJECTED, "another master key");
	store_kit_sql("UPDATE meta SET id = randomblob(16)");
	assert_refused(-EKEYREJECTED, "another master key");
}

static void refuses_what_others_may_read(void **state)
{
	static const mode_t modes[] = { 0604, 0602, 0640, 0620, 0666 };
	size_t i;

	(void)state;
	rows_make();
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(store_kit.path, modes[i]), 0);
		assert_refused(-EPERM, "others may read or write it");
	}
	assert_int_equal(chmod(store_kit.path, 0600), 0);
	rows_open();
}

/* Whatever the umask: neither is the log, which has the same rows in it. */
static void lets_nobody_read(void **state)
{
	mode_t mask = umask(0);
	char log[128];
	struct stat st;

	(void)state;
	rows_open();
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	umask(mask);
	assert_int_equal(stat(store_kit.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(log, sizeof(log), "%s-wal", store_kit.path);
	assert_int_equal(stat(log, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	snprintf(log, sizeof(log), "%s-shm", store_kit.path);
	assert_int_equal(access(log, F_OK), -1);
}

static void refuses_what_is_no_file(void **state)
{
	char other[128];

	(void)state;
	assert_int_equal(mkdir(store_kit.path, 0700), 0);
	assert_refused(-EISDIR, "directory");
	assert_int_equal(rmdir(store_kit.path), 0);
	assert_int_equal(mkfifo(store_kit.path, 0600), 0);
	assert_int_equal(store_kit_open(&rows_crypto, NULL, &rows_store, NULL), -EINVAL);
	store_kit_clear();
	rows_make();
	snprintf(other, sizeof(other), "%s/other", store_kit.dir);
	assert_int_equal(rename(store_kit.path, other), 0);
	assert_int_equal(symlink(other, store_kit.path), 0);
	assert_refused(-ELOOP, "symbolic");
	snprintf(store_kit.path, sizeof(store_kit.path), "%s/no/ks.db", store_kit.dir);
	assert_refused(-ENOENT, "No such file");
}

/* To be run by who may not do everything. */
static int as_nobody(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (!geteuid() && setresuid(65534, 65534, 65534))
			_exit(100);
		_exit(what());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int is_not_writable(void)
{
	return store_kit_open(&rows_crypto, NULL, &rows_store, NULL) == -EACCES;
}

static void refuses_what_it_may_not_write(void **state)
{
	(void)state;
	rows_make();
	assert_int_equal(chown(store_kit.path, 65534, (gid_t)-1), 0);
	assert_int_equal(chmod(store_kit.path, 0400), 0);
	assert_int_equal(chmod(store_kit.dir, 0777), 0);
	assert_int_equal(as_nobody(is_not_writable), 1);
	assert_int_equal(chmod(store_kit.path, 0600), 0);
	assert_int_equal(chmod(store_kit.dir, 0755), 0);
	assert_int_equal(as_nobody(is_not_writable), 1);
	/* Nor can it be made. */
	store_kit_clear();
	assert_int_equal(as_nobody(is_not_writable), 1);
}

static int is_busy(void)
{
	struct store *second;

	return store_kit_open(&rows_crypto, NULL, &second, NULL) == -EBUSY;
}

static void is_ours_alone(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	rows_open();
	assert_true(is_busy());
	rows_put_all();
	pid = fork();
	if (!pid)
		_exit(!is_busy());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* It goes on. */
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	assert_string_equal(rows_all(), rows_everything);
}

/* A secret where it does not belong. */
static void assert_damaged(const char *text)
{
	struct reason why;

	rows_open();
	assert_int_equal(rows_load(NULL, &why), -EBADMSG);
	assert_string_equal(why.text, text);
	rows_close();
	store_kit_clear();
	rows_make();
}

static void refuses_what_was_moved(void **state)
{
	uint8_t blob[256];
	sqlite3_stmt *stmt;
	char sql[1024];
	int i, len;
	sqlite3 *db;

	(void)state;
	rows_make();
	store_kit_sql("UPDATE sas SET keymat = (SELECT keymat FROM sas WHERE spi = 256)");
	assert_damaged("an SA of group video is damaged");
	store_kit_sql("UPDATE sas SET spi = 257 WHERE spi = 256");
	assert_damaged("an SA of group video is damaged");
	store_kit_sql("UPDATE sas SET epoch = 2 WHERE spi = 256");
	assert_damaged("an SA of group video is damaged");
	store_kit_sql("INSERT INTO epochs SELECT 'audio', number, made, ends, doomed, sequential, "
		      "taken, encr, key_bits, sids, next_sid FROM epochs WHERE number = 1;"
		      "UPDATE sas SET grp = 'audio' WHERE spi = 256");
	assert_damaged("an SA of group audio is damaged");
	store_kit_sql("UPDATE rekey_sas SET grp = 'audio'");
	assert_damaged("a Rekey SA of group audio is damaged");
	store_kit_sql("UPDATE rekey_sas SET spi = randomblob(16)");
	assert_damaged("a Rekey SA of group video is damaged");
	store_kit_sql("UPDATE sas SET keymat = (SELECT keys FROM rekey_sas)");
	assert_damaged("an SA of group video is damaged");
	store_kit_sql("UPDATE sas SET keymat = x''");
	assert_damaged("an SA of group video is damaged");
	store_kit_sql("UPDATE members SET sids = randomblob(68)");
	assert_damaged("a member of group video is damaged");
	store_kit_sql("UPDATE members SET sids = x'00'");
	assert_damaged("a member of group video is damaged");

	/* From another store, made with the same master key. */
	assert_int_equal(sqlite3_open(store_kit.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT keymat FROM sas WHERE spi = 256", -1, &stmt,
					    NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	len = sqlite3_column_bytes(stmt, 0);
	assert_true(len > 36 && (size_t)len < sizeof(blob));
	memcpy(blob, sqlite3_column_blob(stmt, 0), (size_t)len);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	store_kit_clear();
	rows_make();
	i = snprintf(sql, sizeof(sql), "UPDATE sas SET keymat = x'");
	for (int at = 0; at < len; at++)
		i += snprintf(sql + i, sizeof(sql) - (size_t)i, "%02x", blob[at]);
	snprintf(sql + i, sizeof(sql) - (size_t)i, "' WHERE spi = 256");
	store_kit_sql(sql);
	assert_damaged("an SA of group video is damaged");
}

static const char *master_file(const char *text, size_t len, mode_t mode)
{
	static char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/master", store_kit.dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void reads_the_master_key(void **state)
{
	static const char hex[] = "0x000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	uint8_t bytes[33];
	struct secret master;
	struct reason why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (i = 0; i < 2; i++) {
		assert_int_equal(store_master_read(master_file(hex, strlen(hex) - i, 0600), &master,
						   &why), 0);
		assert_true(chunk_equal(secret_chunk(&master), (struct chunk){ bytes, 32 }));
		secret_free(&master);
	}
	assert_int_equal(store_master_read(master_file((char *)bytes, 32, 0400), &master, &why), 0);
	assert_true(chunk_equal(secret_chunk(&master), (struct chunk){ bytes, 32 }));
	secret_free(&master);
	assert_int_equal(store_master_read(master_file((char *)bytes, 31, 0600), &master, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "expected 32 bytes"));
	assert_int_equal(store_master_read(master_file((char *)bytes, 33, 0600), &master, &why),
			 -EINVAL);
	assert_int_equal(store_master_read(master_file("", 0, 0600), &master, &why), -EINVAL);
	assert_int_equal(store_master_read(master_file(hex, strlen(hex) - 3, 0600), &master, &why),
			 -EINVAL);
	assert_int_equal(store_master_read(master_file("0x0g0102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
						       66, 0600), &master, &why), -EINVAL);
	assert_int_equal(store_master_read(master_file((char *)bytes, 32, 0644), &master, &why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "others may read"));
	assert_int_equal(store_master_read("/nowhere/at/all", &master, &why), -EINVAL);
	assert_non_null(strstr(why.text, "/nowhere/at/all: No such file"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(refuses_what_it_does_not_know, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_with_a_log, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_what_is_damaged, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_another_key, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_what_others_may_read, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(lets_nobody_read, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_file, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_what_it_may_not_write, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(is_ours_alone, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(refuses_what_was_moved, rows_begin, rows_end),
		cmocka_unit_test_setup_teardown(reads_the_master_key, rows_begin, rows_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
