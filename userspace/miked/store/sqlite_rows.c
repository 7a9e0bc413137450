// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows of the SQLite store: how they are written.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include "base/log.h"
#include "store/sqlite.h"

#define U32	" BETWEEN 0 AND 4294967295)"
#define BOOL	" IN (0, 1))"

const char store_schema[] =
	"CREATE TABLE meta ("
	"one INTEGER PRIMARY KEY CHECK (one = 1),"
	"id BLOB NOT NULL CHECK (length(id) = 16),"
	"key_check BLOB NOT NULL,"
	"seen INTEGER NOT NULL,"
	"starts INTEGER NOT NULL) STRICT;"

	"CREATE TABLE groups ("
	"name TEXT NOT NULL PRIMARY KEY,"
	"text TEXT NOT NULL,"
	"own INTEGER NOT NULL CHECK (own" BOOL ","
	"epoch INTEGER NOT NULL CHECK (epoch" U32 ","
	"pending INTEGER NOT NULL CHECK (pending" U32 ","
	"line INTEGER NOT NULL CHECK (line" U32 ","
	"signers INTEGER NOT NULL CHECK (signers" U32 ") STRICT, WITHOUT ROWID;"

	"CREATE TABLE epochs ("
	"grp TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,"
	"number INTEGER NOT NULL CHECK (number" U32 ","
	"made INTEGER NOT NULL,"
	"ends INTEGER NOT NULL CHECK (ends >= made),"
	"doomed INTEGER NOT NULL CHECK (doomed" BOOL ","
	"sequential INTEGER NOT NULL CHECK (sequential" BOOL ","
	"taken INTEGER NOT NULL CHECK (taken" BOOL ","
	"encr INTEGER NOT NULL CHECK (encr BETWEEN 0 AND 65535),"
	"key_bits INTEGER NOT NULL CHECK (key_bits BETWEEN 0 AND 65535),"
	"sids INTEGER NOT NULL CHECK (sids BETWEEN 1 AND 65536),"
	"next_sid INTEGER NOT NULL CHECK (next_sid BETWEEN 0 AND 65535),"
	"PRIMARY KEY (grp, number)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE sas ("
	"spi INTEGER PRIMARY KEY CHECK (spi" U32 ","
	"grp TEXT NOT NULL,"
	"epoch INTEGER NOT NULL,"
	"place INTEGER NOT NULL CHECK (place" U32 ","
	"next INTEGER NOT NULL CHECK (next" U32 ","
	"selector BLOB NOT NULL,"
	"keymat BLOB NOT NULL,"
	"UNIQUE (grp, epoch, place),"
	"FOREIGN KEY (grp, epoch) REFERENCES epochs ON DELETE CASCADE) STRICT;"

	"CREATE TABLE sids ("
	"grp TEXT NOT NULL,"
	"epoch INTEGER NOT NULL,"
	"word INTEGER NOT NULL CHECK (word BETWEEN 0 AND 1023),"
	"taken INTEGER NOT NULL,"
	"PRIMARY KEY (grp, epoch, word),"
	"FOREIGN KEY (grp, epoch) REFERENCES epochs ON DELETE CASCADE) STRICT, WITHOUT ROWID;"

	"CREATE TABLE members ("
	"grp TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,"
	"id TEXT NOT NULL,"
	"identity BLOB NOT NULL,"
	"registered INTEGER NOT NULL CHECK (registered" BOOL ","
	"role INTEGER NOT NULL CHECK (role BETWEEN 0 AND 3),"
	"admitted INTEGER NOT NULL CHECK (admitted BETWEEN 0 AND 3),"
	"expelled INTEGER NOT NULL CHECK (expelled" BOOL ","
	"address BLOB NOT NULL,"
	"port INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),"
	"since INTEGER NOT NULL,"
	"oldest INTEGER NOT NULL CHECK (oldest" U32 ","
	"epoch INTEGER NOT NULL CHECK (epoch" U32 ","
	"line INTEGER NOT NULL CHECK (line" U32 ","
	"fragments INTEGER NOT NULL CHECK (fragments" BOOL ","
	"sids BLOB NOT NULL,"
	"former BLOB NOT NULL,"
	"PRIMARY KEY (grp, id)) STRICT, WITHOUT ROWID;"

	"CREATE TABLE rekey_sas ("
	"spi BLOB NOT NULL PRIMARY KEY CHECK (length(spi) = 16),"
	"grp TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,"
	"place INTEGER NOT NULL CHECK (place" U32 ","
	"ends INTEGER NOT NULL,"
	"next_id INTEGER NOT NULL CHECK (next_id" U32 ","
	"signer INTEGER NOT NULL CHECK (signer" U32 ","
	"next BLOB NOT NULL CHECK (length(next) = 16),"
	"policy BLOB NOT NULL,"
	"source BLOB NOT NULL,"
	"keys BLOB NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX rekey_sas_by_group ON rekey_sas (grp);"

	"CREATE TABLE retired ("
	"place INTEGER PRIMARY KEY CHECK (place" U32 ","
	"spi INTEGER NOT NULL CHECK (spi" U32 ") STRICT;";

static const char * const statements[SQL_STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_SEEN] = "UPDATE meta SET seen = max(seen, ?)",
	/* A row that others refer to is changed where it is: to replace it would delete those. */
	[SQL_PUT_GROUP] = "INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT DO UPDATE SET text = excluded.text, own = excluded.own, "
		"epoch = excluded.epoch, pending = excluded.pending, line = excluded.line, "
		"signers = excluded.signers",
	[SQL_PUT_EPOCH] = "INSERT INTO epochs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
		"ON CONFLICT DO UPDATE SET made = excluded.made, ends = excluded.ends, "
		"doomed = excluded.doomed, sequential = excluded.sequential, "
		"taken = excluded.taken, encr = excluded.encr, key_bits = excluded.key_bits, "
		"sids = excluded.sids, next_sid = excluded.next_sid",
	[SQL_PUT_SA] = "INSERT INTO sas VALUES (?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_SIDS] = "INSERT OR REPLACE INTO sids VALUES (?, ?, ?, ?)",
	[SQL_PUT_MEMBER] = "INSERT OR REPLACE INTO members VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_REKEY_SA] = "INSERT OR REPLACE INTO rekey_sas VALUES "
		"(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_PUT_RETIRED] = "INSERT OR REPLACE INTO retired VALUES (?, ?)",
	[SQL_DEL_GROUP] = "DELETE FROM groups WHERE name = ?",
	[SQL_DEL_EPOCH] = "DELETE FROM epochs WHERE grp = ? AND number = ?",
	[SQL_DEL_MEMBER] = "DELETE FROM members WHERE grp = ? AND id = ?",
	[SQL_DEL_REKEY_SA] = "DELETE FROM rekey_sas WHERE spi = ?",
	[SQL_DEL_GROUPS] = "DELETE FROM groups",
	[SQL_DEL_ALL_RETIRED] = "DELETE FROM retired",
};

const struct seal_place store_check = { .kind = "check" };

int store_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_CANTOPEN:
		return -EACCES;
	case SQLITE_CONSTRAINT:
		return -EINVAL;
	default:
		return code == SQLITE_IOERR_NOMEM ? -ENOMEM : -EIO;
	}
}

static struct sqlite_store *of(struct store *base)
{
	return (struct sqlite_store *)base;
}

/* What it says besides is for who looks for the cause: the caller tells what comes of it. */
static int failed(struct sqlite_store *store, int code)
{
	log_info(AREA_STORE, "SQLite: %s (%d)", sqlite3_errmsg(store->db), code);
	return store_error(code);
}

/* By a letter for each: i an int64_t, t a text, b a struct chunk. */
static int bind(sqlite3_stmt *stmt, const char *types, va_list ap)
{
	struct chunk chunk;
	int i, code = SQLITE_OK;

	for (i = 1; *types && code == SQLITE_OK; types++, i++) {
		switch (*types) {
		case 'i':
			code = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
			break;
		case 't':
			code = sqlite3_bind_text(stmt, i, va_arg(ap, const char *), -1,
						 SQLITE_STATIC);
			break;
		default:
			chunk = va_arg(ap, struct chunk);
			code = sqlite3_bind_blob64(stmt, i, chunk.len ? (const void *)chunk.data : "",
						   chunk.len, SQLITE_STATIC);
			break;
		}
	}
	return code;
}

static int prepare(struct sqlite_store *store, enum store_statement which)
{
	if (store->prepared[which])
		return SQLITE_OK;
	return sqlite3_prepare_v3(store->db, statements[which], -1, SQLITE_PREPARE_PERSISTENT,
				  &store->prepared[which], NULL);
}

static int run_list(struct sqlite_store *store, enum store_statement which, const char *types,
		    va_list ap)
{
	int code = prepare(store, which), reset;
	sqlite3_stmt *stmt = store->prepared[which];

	if (code != SQLITE_OK)
		return failed(store, code);
	code = bind(stmt, types, ap);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	reset = sqlite3_reset(stmt);
	sqlite3_clear_bindings(stmt);
	if (!store_error(code))
		code = reset;
	return store_error(code) ? failed(store, code) : 0;
}

static int run(struct sqlite_store *store, enum store_statement which, const char *types, ...)
{
	va_list ap;
	int err;

	va_start(ap, types);
	err = run_list(store, which, types, ap);
	va_end(ap);
	return err;
}

static void rollback(struct store *base)
{
	base->open = false;
	/* An error may have ended it already. */
	if (!sqlite3_get_autocommit(of(base)->db))
		sqlite3_exec(of(base)->db, "ROLLBACK", NULL, NULL, NULL);
}

static int begin(struct store *base)
{
	int err = base->open ? 0 : run(of(base), SQL_BEGIN, "");

	base->open = !err;
	return err;
}

/* A statement of the transaction; it ends by an error. */
static int change(struct store *base, enum store_statement which, const char *types, ...)
{
	int err = begin(base);
	va_list ap;

	va_start(ap, types);
	if (!err)
		err = run_list(of(base), which, types, ap);
	va_end(ap);
	if (err)
		rollback(base);
	return err;
}

static int commit(struct store *base, int64_t now)
{
	int err;

	if (!base->open)
		return 0;
	err = run(of(base), SQL_SEEN, "i", now);
	if (!err)
		err = run(of(base), SQL_COMMIT, "");
	if (err)
		rollback(base);
	base->open = false;
	return err;
}

static int put_group(struct store *base, const struct store_group *row)
{
	return change(base, SQL_PUT_GROUP, "ttiiiii", row->name, row->text, (int64_t)row->own,
		      (int64_t)row->epoch, (int64_t)row->pending, (int64_t)row->line, (int64_t)row->signers);
}

static int put_epoch(struct store *base, const struct store_epoch *row)
{
	return change(base, SQL_PUT_EPOCH, "tiiiiiiiiii", row->group, (int64_t)row->number,
		      row->made, row->end, (int64_t)row->doomed, (int64_t)row->sequential,
		      (int64_t)row->taken, (int64_t)row->encr, (int64_t)row->key_bits,
		      (int64_t)row->sids, (int64_t)row->next_sid);
}

/* An error of seal_close(): nothing of the transaction is to be stored. */
static int unsealed(struct store *base, int err)
{
	rollback(base);
	return err;
}

static int put_sa(struct store *base, const struct store_sa *row)
{
	const struct seal_place place = { "sa", row->group, (uint64_t)row->epoch << 32 | row->spi,
					  { NULL, 0 } };
	uint8_t sealed[SEAL_MAX_LEN];
	size_t len;
	int err = seal_close(&of(base)->seal, &place, row->keymat, sealed, &len);

	if (err)
		return unsealed(base, err);
	return change(base, SQL_PUT_SA, "itiiibb", (int64_t)row->spi, row->group,
		      (int64_t)row->epoch, (int64_t)row->place, (int64_t)row->next, row->selector,
		      ((struct chunk){ sealed, len }));
}

static int put_sids(struct store *base, const struct store_sids *row)
{
	return change(base, SQL_PUT_SIDS, "tiii", row->group, (int64_t)row->epoch,
		      (int64_t)row->word, (int64_t)row->taken);
}

/* In network order, four bytes each. */
static struct chunk numbers(const uint32_t *from, size_t n, uint8_t *room, size_t size)
{
	struct writer w = writer_to(room, size);
	size_t i;

	for (i = 0; i < n; i++)
		write_u32(&w, from[i]);
	return written(&w);
}

static int put_member(struct store *base, const struct store_member *row)
{
	uint8_t sids[STORE_MAX_SIDS * 4], former[STORE_MAX_SIDS * 4];

	return change(base, SQL_PUT_MEMBER, "ttbiiiibiiiiiibb", row->group, row->id,
		      row->identity, (int64_t)row->registered, (int64_t)row->role,
		      (int64_t)row->admitted, (int64_t)row->expelled, row->from,
		      (int64_t)row->port, row->since, (int64_t)row->oldest, (int64_t)row->epoch,
		      (int64_t)row->line, (int64_t)row->fragments,
		      numbers(row->sids, row->n_sids, sids, sizeof(sids)),
		      numbers(row->former, row->n_former, former, sizeof(former)));
}

static int put_rekey_sa(struct store *base, const struct store_rekey_sa *row)
{
	const struct seal_place place = { "rekey-sa", row->group, 0, CHUNK(row->spi) };
	uint8_t sealed[SEAL_MAX_LEN];
	size_t len;
	int err = seal_close(&of(base)->seal, &place, row->keys, sealed, &len);

	if (err)
		return unsealed(base, err);
	return change(base, SQL_PUT_REKEY_SA, "btiiiibbbb", CHUNK(row->spi), row->group,
		      (int64_t)row->place, row->end, (int64_t)row->next_id, (int64_t)row->signer,
		      CHUNK(row->next), row->policy, row->source,
		      ((struct chunk){ sealed, len }));
}

static int put_retired(struct store *base, const struct store_retired *row)
{
	return change(base, SQL_PUT_RETIRED, "ii", (int64_t)row->place, (int64_t)row->spi);
}

static int del_group(struct store *base, const char *name)
{
	return change(base, SQL_DEL_GROUP, "t", name);
}

static int del_epoch(struct store *base, const char *group, uint32_t number)
{
	return change(base, SQL_DEL_EPOCH, "ti", group, (int64_t)number);
}

static int del_member(struct store *base, const char *group, const char *id)
{
	return change(base, SQL_DEL_MEMBER, "tt", group, id);
}

static int del_rekey_sa(struct store *base, const uint8_t *spi)
{
	return change(base, SQL_DEL_REKEY_SA, "b", ((struct chunk){ spi, STORE_REKEY_SPI_LEN }));
}

static int del_all(struct store *base)
{
	int err = change(base, SQL_DEL_GROUPS, "");

	return err ? err : change(base, SQL_DEL_ALL_RETIRED, "");
}

void sqlite_store_free(struct sqlite_store *store)
{
	size_t i;

	for (i = 0; i < SQL_STATEMENTS; i++)
		sqlite3_finalize(store->prepared[i]);
	sqlite3_close(store->db);
	secret_free(&store->seal.master);
	free(store);
}

static void close_store(struct store *base)
{
	rollback(base);
	sqlite_store_free(of(base));
}

const struct store_ops sqlite_ops = {
	.load = sqlite_load,
	.put_group = put_group,
	.put_epoch = put_epoch,
	.put_sa = put_sa,
	.put_sids = put_sids,
	.put_member = put_member,
	.put_rekey_sa = put_rekey_sa,
	.put_retired = put_retired,
	.del_group = del_group,
	.del_epoch = del_epoch,
	.del_member = del_member,
	.del_rekey_sa = del_rekey_sa,
	.del_all = del_all,
	.commit = commit,
	.rollback = rollback,
	.close = close_store,
};
