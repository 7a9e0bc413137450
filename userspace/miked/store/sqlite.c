// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The SQLite store: how it is opened, and when it is refused. Until all was looked at,
 * nothing is written, the log of the last run (the WAL) included.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "store/sqlite.h"

#define CHECK_LEN	32

/* What is being opened. */
struct opening {
	struct sqlite_store *store;
	const char *path;
	const char *vfs;
	bool made;			/* the file, by us */
	bool has_log;			/* of a run that did not end well */
	struct reason *why;
};

static int refuse(const struct opening *o, int err, const char *text)
{
	reason_set(o->why, "%s: %s", o->path, text);
	return err;
}

/* What SQLite says, in words of what it means here. */
static int refuse_code(const struct opening *o, int code)
{
	int err = store_error(code);

	switch (err) {
	case -EBUSY:
		return refuse(o, err, "another miked has it open");
	case -EBADMSG:
		return refuse(o, err, (code & 0xff) == SQLITE_NOTADB ?
					      "is no database, or its beginning is damaged" :
					      "is damaged");
	case -EACCES:
		return refuse(o, err, "cannot be written, or its directory");
	default:
		return refuse(o, err, sqlite3_errmsg(o->store->db));
	}
}

static int check_file(struct opening *o, int fd)
{
	char text[96];
	struct stat st;

	if (fstat(fd, &st))
		return refuse(o, -errno, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(o, -EINVAL, "is not a regular file");
	if (!(st.st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	snprintf(text, sizeof(text), "others may read or write it (mode %04o): chmod 600 it",
		 st.st_mode & 07777U);
	return refuse(o, -EPERM, text);
}

static bool has_log(const char *path)
{
	struct stat st;
	char log[512];

	snprintf(log, sizeof(log), "%s-wal", path);
	return !stat(log, &st) && st.st_size;
}

/* Before SQLite opens it: to close it later would give up SQLite's locks. */
static int look_at_file(struct opening *o)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int err, fd = open(o->path, flags | O_CREAT | O_EXCL, 0600);

	o->made = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(o->path, flags);
	if (fd < 0)
		return refuse(o, -errno, strerror(errno));
	err = check_file(o, fd);
	o->has_log = has_log(o->path);
	close(fd);
	return err;
}

/* The first number that @sql has. */
static int ask(const struct opening *o, const char *sql, int64_t *value)
{
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(o->store->db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	*value = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return store_error(code) ? refuse_code(o, code) : 0;
}

static int tell(const struct opening *o, const char *sql)
{
	int code = sqlite3_exec(o->store->db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : refuse_code(o, code);
}

/* Nobody but us changes the tables, and what is wrong with them is no program of ours. */
static int open_database(struct opening *o)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE |
			  SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	sqlite3 *db;
	int code;

	code = sqlite3_open_v2(o->path, &o->store->db, flags, o->vfs);
	db = o->store->db;
	if (!db)
		return -ENOMEM;
	if (code != SQLITE_OK)
		return refuse_code(o, code);
	if (sqlite3_db_readonly(db, "main"))
		return refuse(o, -EACCES, "cannot be written");
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, o->has_log, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	return tell(o, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY;"
		       "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON");
}

/* *@fresh: there is nothing in it at all. */
static int check_version(const struct opening *o, bool *fresh)
{
	int64_t tables, application, version;
	char text[96];
	int err;

	err = ask(o, "SELECT count(*) FROM sqlite_schema", &tables);
	if (!err)
		err = ask(o, "PRAGMA application_id", &application);
	if (!err)
		err = ask(o, "PRAGMA user_version", &version);
	if (err)
		return err;
	*fresh = !tables && !application && !version;
	if (*fresh)
		return 0;
	if (application != STORE_APPLICATION)
		return refuse(o, -ENOTSUP, "is the database of another program");
	if (version == STORE_VERSION)
		return 0;
	snprintf(text, sizeof(text), "is of version %lld, and this miked knows version %d",
		 (long long)version, STORE_VERSION);
	return refuse(o, -ENOTSUP, text);
}

static int check_integrity(const struct opening *o)
{
	sqlite3_stmt *stmt;
	int64_t dangling;
	bool good;
	int err, code = sqlite3_prepare_v2(o->store->db, "PRAGMA integrity_check(1)", -1, &stmt,
					   NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	good = code == SQLITE_ROW && sqlite3_column_text(stmt, 0) &&
	       !strcmp((const char *)sqlite3_column_text(stmt, 0), "ok");
	sqlite3_finalize(stmt);
	if (store_error(code))
		return refuse_code(o, code);
	if (!good)
		return refuse(o, -EBADMSG, "is damaged");
	err = ask(o, "SELECT count(*) FROM pragma_foreign_key_check", &dangling);
	if (!err && dangling)
		err = refuse(o, -EBADMSG, "is damaged: rows are missing");
	return err;
}

static int take_meta(const struct opening *o, sqlite3_stmt *stmt)
{
	struct seal *seal = &o->store->seal;
	struct chunk sealed = { sqlite3_column_blob(stmt, 1),
				(size_t)sqlite3_column_bytes(stmt, 1) };
	const void *id = sqlite3_column_blob(stmt, 0);
	struct secret check;
	int err;

	if (!id || sqlite3_column_bytes(stmt, 0) != SEAL_ID_LEN)
		return refuse(o, -EBADMSG, "is damaged");
	memcpy(seal->id, id, SEAL_ID_LEN);
	err = seal_open(seal, &store_check, sealed, &check);
	if (err == -EBADMSG || err == -EINVAL)
		return refuse(o, -EKEYREJECTED, "was made with another master key");
	secret_free(&check);
	return err;
}

static int check_master(const struct opening *o)
{
	sqlite3_stmt *stmt;
	int err, code = sqlite3_prepare_v2(o->store->db, "SELECT id, key_check FROM meta", -1,
					   &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		err = take_meta(o, stmt);
	else
		err = store_error(code) ? refuse_code(o, code) : refuse(o, -EBADMSG, "is damaged");
	sqlite3_finalize(stmt);
	return err;
}

/* From here on it is written. */
static int set_durable(const struct opening *o)
{
	sqlite3_db_config(o->store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	return tell(o, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
		       "PRAGMA secure_delete = ON; PRAGMA journal_size_limit = 4194304");
}

static int put_meta(const struct opening *o, struct chunk sealed)
{
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(o->store->db, "INSERT INTO meta VALUES (1, ?, ?, 0, 0)", -1,
				      &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_bind_blob(stmt, 1, o->store->seal.id, SEAL_ID_LEN, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_bind_blob(stmt, 2, sealed.data, (int)sealed.len, SQLITE_STATIC);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	return store_error(code) ? refuse_code(o, code) : 0;
}

static int create(const struct opening *o)
{
	struct seal *seal = &o->store->seal;
	uint8_t check[CHECK_LEN], sealed[SEAL_MAX_LEN];
	char sql[96];
	size_t len;
	int err;

	err = crypto_random(seal->crypto, seal->id, sizeof(seal->id));
	if (!err)
		err = crypto_random(seal->crypto, check, sizeof(check));
	if (!err)
		err = seal_close(seal, &store_check, CHUNK(check), sealed, &len);
	if (err)
		return err;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
		 STORE_APPLICATION, STORE_VERSION);
	err = tell(o, "BEGIN IMMEDIATE");
	if (!err)
		err = tell(o, store_schema);
	if (!err)
		err = tell(o, sql);
	if (!err)
		err = put_meta(o, (struct chunk){ sealed, len });
	if (!err)
		err = tell(o, "COMMIT");
	return err;
}

/* A disk that is full, or may only be read, is found out now. */
static int try_write(const struct opening *o)
{
	return tell(o, "UPDATE meta SET starts = starts + 1");
}

static int open_store(struct opening *o)
{
	bool fresh;
	int err;

	err = look_at_file(o);
	if (!err)
		err = open_database(o);
	if (!err)
		err = check_version(o, &fresh);
	if (err)
		return err;
	if (fresh) {
		err = set_durable(o);
		if (!err)
			err = create(o);
	} else {
		err = check_integrity(o);
		if (!err)
			err = check_master(o);
		if (!err)
			err = set_durable(o);
	}
	return err ? err : try_write(o);
}

int store_open(const struct crypto *crypto, const char *path, struct chunk master,
	       const char *vfs, struct store **store, struct reason *why)
{
	struct opening o = { .path = path, .vfs = vfs, .why = why };
	int err;

	*store = NULL;
	reason_set(why, "%s: no memory", path);
	o.store = calloc(1, sizeof(*o.store));
	if (!o.store)
		return -ENOMEM;
	o.store->base.ops = &sqlite_ops;
	o.store->seal.crypto = crypto;
	err = master.len == STORE_MASTER_LEN ? secret_copy(&o.store->seal.master, master) : -EINVAL;
	if (!err)
		err = open_store(&o);
	if (!err) {
		*store = &o.store->base;
		return 0;
	}
	sqlite_store_free(o.store);
	if (o.made)
		unlink(path);
	return err;
}
