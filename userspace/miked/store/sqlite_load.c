// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rows of the SQLite store: how they are read. That their values are within bounds,
 * and that what they refer to is there, was seen to when it was opened.
 */
#include <errno.h>
#include <string.h>
#include "store/sqlite.h"

struct loading {
	struct sqlite_store *store;
	const struct store_reader *reader;
	struct reason *why;
};

static struct chunk blob(sqlite3_stmt *stmt, int column)
{
	const uint8_t *data = sqlite3_column_blob(stmt, column);

	return (struct chunk){ data, data ? (size_t)sqlite3_column_bytes(stmt, column) : 0 };
}

static const char *text(sqlite3_stmt *stmt, int column)
{
	return (const char *)sqlite3_column_text(stmt, column);
}

static uint32_t u32(sqlite3_stmt *stmt, int column)
{
	return (uint32_t)sqlite3_column_int64(stmt, column);
}

static uint16_t u16(sqlite3_stmt *stmt, int column)
{
	return (uint16_t)sqlite3_column_int(stmt, column);
}

static int damaged(const struct loading *loading, const char *what, const char *group)
{
	reason_set(loading->why, "%s of group %.64s is damaged", what, group);
	return -EBADMSG;
}

static int unseal(const struct loading *loading, const struct seal_place *place, struct chunk sealed,
		  const char *what, struct secret *plain)
{
	int err = seal_open(&loading->store->seal, place, sealed, plain);

	return err == -EBADMSG || err == -EINVAL ? damaged(loading, what, place->group) : err;
}

static int load_group(const struct loading *loading, sqlite3_stmt *stmt)
{
	const struct store_group row = {
		.name = text(stmt, 0),
		.text = text(stmt, 1),
		.own = sqlite3_column_int(stmt, 2),
		.epoch = u32(stmt, 3),
		.pending = u32(stmt, 4),
		.line = u32(stmt, 5),
		.signers = u32(stmt, 6),
	};

	if (!row.name || !row.text)
		return -ENOMEM;
	return loading->reader->group(loading->reader->context, &row);
}

static int load_epoch(const struct loading *loading, sqlite3_stmt *stmt)
{
	const struct store_epoch row = {
		.group = text(stmt, 0),
		.number = u32(stmt, 1),
		.made = sqlite3_column_int64(stmt, 2),
		.end = sqlite3_column_int64(stmt, 3),
		.doomed = sqlite3_column_int(stmt, 4),
		.sequential = sqlite3_column_int(stmt, 5),
		.taken = sqlite3_column_int(stmt, 6),
		.encr = u16(stmt, 7),
		.key_bits = u16(stmt, 8),
		.sids = u32(stmt, 9),
		.next_sid = u32(stmt, 10),
	};

	return row.group ? loading->reader->epoch(loading->reader->context, &row) : -ENOMEM;
}

static int load_sa(const struct loading *loading, sqlite3_stmt *stmt)
{
	struct store_sa row = {
		.spi = u32(stmt, 0),
		.group = text(stmt, 1),
		.epoch = u32(stmt, 2),
		.place = u32(stmt, 3),
		.next = u32(stmt, 4),
		.selector = blob(stmt, 5),
	};
	const struct seal_place place = { "sa", row.group, (uint64_t)row.epoch << 32 | row.spi,
					  { NULL, 0 } };
	struct secret keymat;
	int err;

	if (!row.group)
		return -ENOMEM;
	err = unseal(loading, &place, blob(stmt, 6), "an SA", &keymat);
	if (err)
		return err;
	row.keymat = secret_chunk(&keymat);
	err = loading->reader->sa(loading->reader->context, &row);
	secret_free(&keymat);
	return err;
}

static int load_sids(const struct loading *loading, sqlite3_stmt *stmt)
{
	const struct store_sids row = {
		.group = text(stmt, 0),
		.epoch = u32(stmt, 1),
		.word = u32(stmt, 2),
		.taken = (uint64_t)sqlite3_column_int64(stmt, 3),
	};

	return row.group ? loading->reader->sids(loading->reader->context, &row) : -ENOMEM;
}

/* So many; or none, and false, if there are too many. */
static bool numbers(struct chunk from, uint32_t *to, size_t *n)
{
	struct reader r = reader_of(from);

	for (*n = 0; r.left && *n < STORE_MAX_SIDS; (*n)++)
		to[*n] = read_u32(&r);
	return !r.left && !r.failed;
}

static int load_member(const struct loading *loading, sqlite3_stmt *stmt)
{
	uint32_t sids[STORE_MAX_SIDS], former[STORE_MAX_SIDS];
	struct store_member row = {
		.group = text(stmt, 0),
		.id = text(stmt, 1),
		.identity = blob(stmt, 2),
		.registered = sqlite3_column_int(stmt, 3),
		.role = u32(stmt, 4),
		.admitted = u32(stmt, 5),
		.expelled = sqlite3_column_int(stmt, 6),
		.from = blob(stmt, 7),
		.port = u16(stmt, 8),
		.since = sqlite3_column_int64(stmt, 9),
		.oldest = u32(stmt, 10),
		.epoch = u32(stmt, 11),
		.line = u32(stmt, 12),
		.fragments = sqlite3_column_int(stmt, 13),
		.sids = sids,
		.former = former,
	};

	if (!row.group || !row.id)
		return -ENOMEM;
	if (!numbers(blob(stmt, 14), sids, &row.n_sids) ||
	    !numbers(blob(stmt, 15), former, &row.n_former))
		return damaged(loading, "a member", row.group);
	return loading->reader->member(loading->reader->context, &row);
}

static int load_rekey_sa(const struct loading *loading, sqlite3_stmt *stmt)
{
	struct store_rekey_sa row = {
		.group = text(stmt, 1),
		.place = u32(stmt, 2),
		.end = sqlite3_column_int64(stmt, 3),
		.next_id = u32(stmt, 4),
		.signer = u32(stmt, 5),
		.policy = blob(stmt, 7),
		.source = blob(stmt, 8),
	};
	const struct seal_place place = { "rekey-sa", row.group, 0, CHUNK(row.spi) };
	struct chunk spi = blob(stmt, 0), next = blob(stmt, 6);
	struct secret keys;
	int err;

	if (!row.group || spi.len != sizeof(row.spi) || next.len != sizeof(row.next))
		return -ENOMEM;
	memcpy(row.spi, spi.data, sizeof(row.spi));
	memcpy(row.next, next.data, sizeof(row.next));
	err = unseal(loading, &place, blob(stmt, 9), "a Rekey SA", &keys);
	if (err)
		return err;
	row.keys = secret_chunk(&keys);
	err = loading->reader->rekey_sa(loading->reader->context, &row);
	secret_free(&keys);
	return err;
}

static int load_retired(const struct loading *loading, sqlite3_stmt *stmt)
{
	const struct store_retired row = { .place = u32(stmt, 0), .spi = u32(stmt, 1) };

	return loading->reader->retired(loading->reader->context, &row);
}

static const struct {
	const char *sql;
	int (*row)(const struct loading *loading, sqlite3_stmt *stmt);
} tables[] = {
	{ "SELECT * FROM groups ORDER BY name", load_group },
	{ "SELECT * FROM epochs ORDER BY grp, number", load_epoch },
	{ "SELECT * FROM sas ORDER BY grp, epoch, place", load_sa },
	{ "SELECT * FROM sids ORDER BY grp, epoch, word", load_sids },
	{ "SELECT * FROM members ORDER BY grp, id", load_member },
	{ "SELECT * FROM rekey_sas ORDER BY grp, place", load_rekey_sa },
	{ "SELECT * FROM retired ORDER BY place", load_retired },
};

static int load_table(const struct loading *loading, size_t at)
{
	sqlite3 *db = loading->store->db;
	sqlite3_stmt *stmt;
	int err, code = sqlite3_prepare_v2(db, tables[at].sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	for (err = 0; !err && code == SQLITE_ROW;) {
		err = tables[at].row(loading, stmt);
		if (!err)
			code = sqlite3_step(stmt);
	}
	if (store_error(code)) {
		reason_set(loading->why, "%s", sqlite3_errmsg(db));
		err = store_error(code);
	}
	sqlite3_finalize(stmt);
	return err;
}

static int load_seen(const struct loading *loading, int64_t *seen)
{
	sqlite3 *db = loading->store->db;
	sqlite3_stmt *stmt;
	int code = sqlite3_prepare_v2(db, "SELECT seen FROM meta", -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	*seen = code == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
	sqlite3_finalize(stmt);
	return store_error(code);
}

int sqlite_load(struct store *base, const struct store_reader *reader, int64_t *seen,
		struct reason *why)
{
	const struct loading loading = { (struct sqlite_store *)base, reader, why };
	int err = load_seen(&loading, seen);
	size_t i;

	for (i = 0; !err && i < sizeof(tables) / sizeof(tables[0]); i++)
		err = load_table(&loading, i);
	return err;
}
