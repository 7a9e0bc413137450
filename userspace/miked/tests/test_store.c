// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The store: what was committed is there, what was not is not; what it refuses, it
 * leaves as it was; no key is in it in the clear.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sqlite3.h>
#include "base/log.h"
#include "store_kit.h"
#include "test.h"
#include "vfs_faults.h"

static struct crypto crypto;
static struct store *store;

static const uint8_t keymat[36] = "a key of thirty-six bytes, no less..";
static const uint8_t other_keymat[36] = "another key of as many bytes as that";
static const uint8_t rekey_keys[300] = "the keys of a Rekey SA, and its pair";
static const uint8_t selector[] = { 1, 2, 3 };
static const uint8_t rekey_spi[STORE_REKEY_SPI_LEN] = { 9, 8, 7 };
static const uint8_t address[] = { 192, 0, 2, 1 };

static int begin(void **state)
{
	(void)state;
	log_set_level(AREA_STORE, getenv("KIT_LOG") ? LEVEL_DEBUG : LEVEL_ERROR);
	vfs_faults_register();
	vfs_faults_set(VFS_GOOD, 0, 0);
	store_kit_begin();
	store = NULL;
	assert_int_equal(crypto_init(&crypto, NULL, NULL), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (store)
		store->ops->close(store);
	crypto_free(&crypto);
	store_kit_end();
	return 0;
}

static void open_store(void)
{
	struct reason why;

	if (store_kit_open(&crypto, VFS_FAULTS, &store, &why))
		fail_msg("%s", why.text);
}

static void close_store(void)
{
	store->ops->close(store);
	store = NULL;
}

static int put_group(const char *name, uint32_t epoch)
{
	const struct store_group row = { name, "{\"name\":\"video\"}", true, epoch, 3, 4, 5 };

	return store->ops->put_group(store, &row);
}

static int put_epoch(const char *group, uint32_t number)
{
	const struct store_epoch row = {
		.group = group, .number = number, .made = -5, .end = INT64_C(1) << 50,
		.doomed = true, .taken = true, .encr = 20, .key_bits = 256, .sids = 65536,
		.next_sid = 65535,
	};

	return store->ops->put_epoch(store, &row);
}

static int put_sa(const char *group, uint32_t epoch, uint32_t spi, uint32_t place,
		  struct chunk key)
{
	const struct store_sa row = { group, epoch, spi, place, 1, CHUNK(selector), key };

	return store->ops->put_sa(store, &row);
}

static int put_member(const char *group, const char *id, uint32_t epoch)
{
	static const uint32_t sids[] = { 1, 65535, 7 }, former[] = { 0 };
	const struct store_member row = {
		.group = group, .id = id, .identity = CHUNK(selector), .registered = true,
		.role = 3, .admitted = 2, .from = CHUNK(address), .port = 848, .since = 77,
		.oldest = 1, .epoch = epoch, .line = 9, .fragments = true, .sids = sids, .n_sids = 3, .former = former,
		.n_former = 1,
	};

	return store->ops->put_member(store, &row);
}

static int put_sids(const char *group, uint32_t epoch, uint32_t word, uint64_t taken)
{
	const struct store_sids row = { group, epoch, word, taken };

	return store->ops->put_sids(store, &row);
}

static int put_rekey_sa(const char *group, uint32_t next_id)
{
	struct store_rekey_sa row = {
		.group = group, .place = 1, .end = 2, .next_id = next_id, .signer = 3,
		.next = { 5 }, .text = "{}", .source = CHUNK(selector), .keys = CHUNK(rekey_keys),
	};

	memcpy(row.spi, rekey_spi, sizeof(row.spi));
	return store->ops->put_rekey_sa(store, &row);
}

static void put_all(void)
{
	const struct store_retired retired = { 255, UINT32_MAX };

	assert_int_equal(put_group("video", 2), 0);
	assert_int_equal(put_group("audio", 0), 0);
	assert_int_equal(put_epoch("video", 1), 0);
	assert_int_equal(put_epoch("video", 2), 0);
	assert_int_equal(put_sa("video", 1, 4000000000, 1, CHUNK(keymat)), 0);
	assert_int_equal(put_sa("video", 1, 256, 0, CHUNK(other_keymat)), 0);
	assert_int_equal(put_sids("video", 1, 1023, UINT64_MAX), 0);
	assert_int_equal(put_member("video", "gm1.example.org", 2), 0);
	assert_int_equal(put_member("video", "gm2.example.org", 1), 0);
	assert_int_equal(put_rekey_sa("video", 65), 0);
	assert_int_equal(store->ops->put_retired(store, &retired), 0);
}

/* What load() told, in words; errors of any call may be asked for. */
static char told[8192];
static int told_error;

__attribute__((format(printf, 1, 2)))
static int tell(const char *format, ...)
{
	size_t len = strlen(told);
	va_list ap;

	va_start(ap, format);
	vsnprintf(told + len, sizeof(told) - len, format, ap);
	va_end(ap);
	return told_error;
}

static int on_group(void *context, const struct store_group *row)
{
	assert_ptr_equal(context, &told);
	return tell("group %s %s %d %u %u %u %u\n", row->name, row->text, row->own, row->epoch,
		    row->pending, row->line, row->signers);
}

static int on_epoch(void *context, const struct store_epoch *row)
{
	(void)context;
	return tell("epoch %s %u %lld %lld %d%d%d %u %u %u %u\n", row->group, row->number,
		    (long long)row->made, (long long)row->end, row->doomed, row->sequential,
		    row->taken, row->encr, row->key_bits, row->sids, row->next_sid);
}

static int on_sa(void *context, const struct store_sa *row)
{
	(void)context;
	assert_true(chunk_equal(row->selector, CHUNK(selector)));
	assert_true(chunk_equal(row->keymat, row->place ? CHUNK(keymat) : CHUNK(other_keymat)));
	return tell("sa %s %u %u %u %u\n", row->group, row->epoch, row->spi, row->place, row->next);
}

static int on_sids(void *context, const struct store_sids *row)
{
	(void)context;
	return tell("sids %s %u %u %llx\n", row->group, row->epoch, row->word,
		    (unsigned long long)row->taken);
}

static int on_member(void *context, const struct store_member *row)
{
	(void)context;
	assert_true(chunk_equal(row->identity, CHUNK(selector)));
	assert_true(chunk_equal(row->from, CHUNK(address)));
	assert_int_equal(row->n_sids, 3);
	assert_int_equal(row->n_former, 1);
	return tell("member %s %s %d %u %u %d %u %lld %u %u %u %u %u %u %u %d\n", row->group, row->id,
		    row->registered, row->role, row->admitted, row->expelled, row->port,
		    (long long)row->since, row->oldest, row->epoch, row->sids[0], row->sids[1],
		    row->sids[2], row->former[0], row->line, row->fragments);
}

static int on_rekey_sa(void *context, const struct store_rekey_sa *row)
{
	(void)context;
	assert_memory_equal(row->spi, rekey_spi, sizeof(rekey_spi));
	assert_true(chunk_equal(row->source, CHUNK(selector)));
	assert_true(chunk_equal(row->keys, CHUNK(rekey_keys)));
	return tell("rekey-sa %s %u %lld %u %u %s %u\n", row->group, row->place,
		    (long long)row->end, row->next_id, row->signer, row->text, row->next[0]);
}

static int on_retired(void *context, const struct store_retired *row)
{
	(void)context;
	return tell("retired %u %u\n", row->place, row->spi);
}

static const struct store_reader reader = {
	&told, on_group, on_epoch, on_sa, on_sids, on_member, on_rekey_sa, on_retired,
};

static int load(int64_t *seen, struct reason *why)
{
	int64_t own;

	*told = '\0';
	return store->ops->load(store, &reader, seen ? seen : &own, why);
}

static const char *all(void)
{
	assert_int_equal(load(NULL, NULL), 0);
	return told;
}

static const char everything[] =
	"group audio {\"name\":\"video\"} 1 0 3 4 5\n"
	"group video {\"name\":\"video\"} 1 2 3 4 5\n"
	"epoch video 1 -5 1125899906842624 101 20 256 65536 65535\n"
	"epoch video 2 -5 1125899906842624 101 20 256 65536 65535\n"
	"sa video 1 256 0 1\n"
	"sa video 1 4000000000 1 1\n"
	"sids video 1 1023 ffffffffffffffff\n"
	"member video gm1.example.org 1 3 2 0 848 77 1 2 1 65535 7 0 9 1\n"
	"member video gm2.example.org 1 3 2 0 848 77 1 1 1 65535 7 0 9 1\n"
	"rekey-sa video 1 2 65 3 {} 5\n"
	"retired 255 4294967295\n";

static void keeps_what_was_committed(void **state)
{
	int64_t seen;

	(void)state;
	open_store();
	assert_string_equal(all(), "");
	put_all();
	assert_int_equal(store->ops->commit(store, 1000), 0);
	assert_string_equal(all(), everything);
	close_store();
	open_store();
	assert_int_equal(load(&seen, NULL), 0);
	assert_string_equal(told, everything);
	assert_int_equal(seen, 1000);
	/* The clock went back. */
	assert_int_equal(put_group("audio", 0), 0);
	assert_int_equal(store->ops->commit(store, 999), 0);
	assert_int_equal(load(&seen, NULL), 0);
	assert_int_equal(seen, 1000);
	/* Nothing to commit is no error, and no work. */
	vfs_faults_set(VFS_GOOD, 0, 0);
	assert_int_equal(store->ops->commit(store, 1000), 0);
	assert_int_equal(vfs_faults.count, 0);
}

static void loses_what_was_not(void **state)
{
	(void)state;
	open_store();
	put_all();
	store->ops->rollback(store);
	store->ops->rollback(store);
	assert_string_equal(all(), "");
	put_all();
	close_store();
	open_store();
	assert_string_equal(all(), "");
}

static void deletes(void **state)
{
	(void)state;
	open_store();
	put_all();
	assert_int_equal(store->ops->del_epoch(store, "video", 2), 0);
	assert_int_equal(store->ops->del_member(store, "video", "gm2.example.org"), 0);
	assert_int_equal(store->ops->del_rekey_sa(store, rekey_spi), 0);
	assert_int_equal(store->ops->del_group(store, "audio"), 0);
	assert_int_equal(store->ops->del_member(store, "video", "nobody"), 0);
	assert_string_equal(all(),
			    "group video {\"name\":\"video\"} 1 2 3 4 5\n"
			    "epoch video 1 -5 1125899906842624 101 20 256 65536 65535\n"
			    "sa video 1 256 0 1\nsa video 1 4000000000 1 1\n"
			    "sids video 1 1023 ffffffffffffffff\n"
			    "member video gm1.example.org 1 3 2 0 848 77 1 2 1 65535 7 0 9 1\n"
			    "retired 255 4294967295\n");
	assert_int_equal(store->ops->del_epoch(store, "video", 1), 0);
	assert_null(strstr(all(), "sa "));
	assert_null(strstr(all(), "sids "));
	assert_int_equal(put_rekey_sa("video", 1), 0);
	assert_int_equal(store->ops->del_group(store, "video"), 0);
	assert_string_equal(all(), "retired 255 4294967295\n");
	assert_int_equal(store->ops->del_all(store), 0);
	assert_string_equal(all(), "");
}

/* A row that is put again takes the place of the old one, and leaves what belongs to it. */
static void replaces(void **state)
{
	(void)state;
	open_store();
	put_all();
	assert_int_equal(put_group("video", 3), 0);
	assert_int_equal(put_epoch("video", 1), 0);
	assert_int_equal(put_member("video", "gm2.example.org", 2), 0);
	assert_int_equal(put_rekey_sa("video", 129), 0);
	assert_int_equal(put_sids("video", 1, 1023, 1), 0);
	assert_non_null(strstr(all(), "group video {\"name\":\"video\"} 1 3 3 4 5\n"));
	assert_non_null(strstr(told, "sa video 1 256 0 1\n"));
	assert_non_null(strstr(told, "sids video 1 1023 1\n"));
	assert_non_null(strstr(told, "gm2.example.org 1 3 2 0 848 77 1 2 "));
	assert_non_null(strstr(told, "rekey-sa video 1 2 129 3 {} 5\n"));
}

/* An error ends the transaction: what was put before it is not stored either. */
static void refuses_rows(void **state)
{
	uint8_t secret[STORE_MAX_SECRET + 1] = { 1 };

	(void)state;
	open_store();
	put_all();
	assert_int_equal(store->ops->commit(store, 1), 0);
	assert_int_equal(put_group("third", 1), 0);
	assert_int_equal(put_epoch("fourth", 1), -EINVAL);
	assert_false(store->open);
	assert_int_equal(put_group("third", 1), 0);
	assert_int_equal(put_sa("video", 2, 256, 0, CHUNK(keymat)), -EINVAL);
	assert_int_equal(put_group("third", 1), 0);
	assert_int_equal(put_sa("video", 2, 257, 0, CHUNK(secret)), -EINVAL);
	assert_int_equal(put_group("third", 1), 0);
	assert_int_equal(put_sa("video", 2, 257, 0, (struct chunk){ secret, 0 }), -EINVAL);
	assert_int_equal(store->ops->commit(store, 1), 0);
	assert_string_equal(all(), everything);
	assert_int_equal(put_sa("video", 2, 257, 0,
				(struct chunk){ secret, STORE_MAX_SECRET }), 0);
	/* Who reads them may refuse them. */
	told_error = -E2BIG;
	assert_int_equal(load(NULL, NULL), -E2BIG);
	told_error = 0;
}

static void make(void)
{
	open_store();
	put_all();
	assert_int_equal(store->ops->commit(store, 1), 0);
	close_store();
}

/* And nothing has changed. */
static void assert_refused(int err, const char *text)
{
	uint64_t sum = store_kit_sum();
	struct reason why;

	assert_int_equal(store_kit_open(&crypto, NULL, &store, &why), err);
	assert_null(store);
	if (!strstr(why.text, text) || !strstr(why.text, store_kit.path))
		fail_msg("\"%s\" is not in \"%s\"", text, why.text);
	assert_true(sum == store_kit_sum());
}

static void refuses_what_it_does_not_know(void **state)
{
	(void)state;
	make();
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
	char command[256];

	(void)state;
	open_store();
	put_all();
	assert_int_equal(store->ops->commit(store, 1), 0);
	snprintf(command, sizeof(command), "cd %s && cp ks.db a && cp ks.db-wal b", store_kit.dir);
	assert_int_equal(system(command), 0);
	close_store();
	snprintf(command, sizeof(command), "cd %s && mv a ks.db && mv b ks.db-wal", store_kit.dir);
	assert_int_equal(system(command), 0);
	store_kit.master[0]++;
	assert_refused(-EKEYREJECTED, "another master key");
	store_kit.master[0]--;
	open_store();
	assert_string_equal(all(), everything);
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
	make();
	write_at(0, text, sizeof(text));
	assert_refused(-EBADMSG, "is no database");
	store_kit_clear();
	make();
	assert_int_equal(truncate(store_kit.path, 8192), 0);
	assert_refused(-EBADMSG, "damaged");
	store_kit_clear();
	make();
	assert_int_equal(stat(store_kit.path, &st), 0);
	for (page = 1; page < st.st_size / 4096; page++) {
		write_at(page * 4096, zeros, sizeof(zeros));
		assert_refused(-EBADMSG, "damaged");
		store_kit_clear();
		make();
	}
	store_kit_sql("PRAGMA foreign_keys = OFF; DELETE FROM groups");
	assert_refused(-EBADMSG, "rows are missing");
	store_kit_clear();
	make();
	store_kit_sql("DELETE FROM meta");
	assert_refused(-EBADMSG, "damaged");
	store_kit_clear();
	make();
	store_kit_sql("PRAGMA ignore_check_constraints = ON; UPDATE epochs SET sids = 70000");
	assert_refused(-EBADMSG, "damaged");
}

static void refuses_another_key(void **state)
{
	size_t i;

	(void)state;
	make();
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
	make();
	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(store_kit.path, modes[i]), 0);
		assert_refused(-EPERM, "others may read or write it");
	}
	assert_int_equal(chmod(store_kit.path, 0600), 0);
	open_store();
}

/* Whatever the umask: neither is the log, which has the same rows in it. */
static void lets_nobody_read(void **state)
{
	mode_t mask = umask(0);
	char log[128];
	struct stat st;

	(void)state;
	open_store();
	put_all();
	assert_int_equal(store->ops->commit(store, 1), 0);
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
	assert_int_equal(store_kit_open(&crypto, NULL, &store, NULL), -EINVAL);
	store_kit_clear();
	make();
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
	return store_kit_open(&crypto, NULL, &store, NULL) == -EACCES;
}

static void refuses_what_it_may_not_write(void **state)
{
	(void)state;
	make();
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

	return store_kit_open(&crypto, NULL, &second, NULL) == -EBUSY;
}

static void is_ours_alone(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	open_store();
	assert_true(is_busy());
	put_all();
	pid = fork();
	if (!pid)
		_exit(!is_busy());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	/* It goes on. */
	assert_int_equal(store->ops->commit(store, 1), 0);
	assert_string_equal(all(), everything);
}

/* A secret where it does not belong. */
static void assert_damaged(const char *text)
{
	struct reason why;

	open_store();
	assert_int_equal(load(NULL, &why), -EBADMSG);
	assert_string_equal(why.text, text);
	close_store();
	store_kit_clear();
	make();
}

static void refuses_what_was_moved(void **state)
{
	uint8_t blob[256];
	sqlite3_stmt *stmt;
	char sql[1024];
	int i, len;
	sqlite3 *db;

	(void)state;
	make();
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
	make();
	i = snprintf(sql, sizeof(sql), "UPDATE sas SET keymat = x'");
	for (int at = 0; at < len; at++)
		i += snprintf(sql + i, sizeof(sql) - (size_t)i, "%02x", blob[at]);
	snprintf(sql + i, sizeof(sql) - (size_t)i, "' WHERE spi = 256");
	store_kit_sql(sql);
	assert_damaged("an SA of group video is damaged");
}

/* Neither the files of a store in use, nor of one that is closed, nor what was deleted. */
static void assert_no_secret(void)
{
	assert_false(store_kit_has(keymat, sizeof(keymat)));
	assert_false(store_kit_has(other_keymat, sizeof(other_keymat)));
	assert_false(store_kit_has(rekey_keys, 36));
	assert_false(store_kit_has(store_kit.master, sizeof(store_kit.master)));
	assert_false(store_kit_has(keymat, 16));
	assert_true(store_kit_has("gm1.example.org", 15));
}

static void has_no_secret(void **state)
{
	(void)state;
	open_store();
	put_all();
	assert_int_equal(store->ops->commit(store, 1), 0);
	assert_no_secret();
	close_store();
	assert_no_secret();
}

/* What is deleted is overwritten: who learns the master key later has nothing of it. */
static void forgets(void **state)
{
	(void)state;
	make();
	assert_true(store_kit_has("gm2.example.org", 15));
	open_store();
	assert_int_equal(store->ops->del_member(store, "video", "gm2.example.org"), 0);
	assert_int_equal(store->ops->commit(store, 1), 0);
	close_store();
	assert_false(store_kit_has("gm2.example.org", 15));
}

static void writes_before_it_returns(void **state)
{
	size_t syncs;

	(void)state;
	open_store();
	put_all();
	syncs = vfs_faults.syncs;
	assert_int_equal(store->ops->commit(store, 1), 0);
	assert_true(vfs_faults.syncs > syncs);
}

/* One transaction after another, each of which is all there or not at all. */
static int live(size_t *done)
{
	int err = 0;

	for (*done = 0; *done < 6; (*done)++) {
		uint32_t n = (uint32_t)*done + 1;

		err = put_group("video", n);
		if (!err)
			err = put_epoch("video", n);
		if (!err)
			err = put_sa("video", n, 1000 + n, 1, CHUNK(keymat));
		if (!err && n > 2)
			err = store->ops->del_epoch(store, "video", n - 2);
		if (!err)
			err = store->ops->commit(store, n);
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
		if (strstr(all(), line) || (!at && !*told))
			break;
	}
	assert_true(at <= done + 1);
	snprintf(line, sizeof(line), "sa video %zu %zu 1 1\n", at, 1000 + at);
	assert_true(!at || strstr(told, line));
	snprintf(line, sizeof(line), "sa video %zu ", at + 1);
	assert_null(strstr(told, line));
	snprintf(line, sizeof(line), "sa video %zu ", at - 2);
	assert_true(at <= 2 || !strstr(told, line));
}

/* The @at-th change of the files fails: false if there are not so many. */
static bool fails_at(enum vfs_fault fault, size_t at, unsigned int seed)
{
	size_t done = 0;
	bool hit;

	vfs_faults_set(fault, at, seed);
	if (!store_kit_open(&crypto, VFS_FAULTS, &store, NULL)) {
		if (live(&done))
			assert_false(store->open);
		close_store();
	}
	hit = vfs_faults.hit;
	vfs_faults_set(VFS_GOOD, 0, 0);
	open_store();
	assert_is_at(done);
	/* And it goes on as if nothing had been. */
	assert_int_equal(store->ops->del_all(store), 0);
	assert_int_equal(live(&done), 0);
	assert_is_at(6);
	close_store();
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
	open_store();
	put_all();
	vfs_faults_set(VFS_FULL, 1, 0);
	assert_int_equal(store->ops->commit(store, 1), -ENOSPC);
	assert_false(store->open);
	put_all();
	assert_int_equal(store->ops->commit(store, 1), -ENOSPC);
	vfs_faults_set(VFS_GOOD, 0, 0);
	assert_string_equal(all(), "");
	put_all();
	assert_int_equal(store->ops->commit(store, 1), 0);
	assert_string_equal(all(), everything);
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
		cmocka_unit_test_setup_teardown(keeps_what_was_committed, begin, end),
		cmocka_unit_test_setup_teardown(loses_what_was_not, begin, end),
		cmocka_unit_test_setup_teardown(deletes, begin, end),
		cmocka_unit_test_setup_teardown(replaces, begin, end),
		cmocka_unit_test_setup_teardown(refuses_rows, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_it_does_not_know, begin, end),
		cmocka_unit_test_setup_teardown(refuses_with_a_log, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_damaged, begin, end),
		cmocka_unit_test_setup_teardown(refuses_another_key, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_others_may_read, begin, end),
		cmocka_unit_test_setup_teardown(lets_nobody_read, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_is_no_file, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_it_may_not_write, begin, end),
		cmocka_unit_test_setup_teardown(is_ours_alone, begin, end),
		cmocka_unit_test_setup_teardown(refuses_what_was_moved, begin, end),
		cmocka_unit_test_setup_teardown(has_no_secret, begin, end),
		cmocka_unit_test_setup_teardown(forgets, begin, end),
		cmocka_unit_test_setup_teardown(writes_before_it_returns, begin, end),
		cmocka_unit_test_setup_teardown(survives_faults, begin, end),
		cmocka_unit_test_setup_teardown(waits_for_a_disk, begin, end),
		cmocka_unit_test_setup_teardown(reads_the_master_key, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
