/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the SQLite store share.
 */
#ifndef MIKED_STORE_SQLITE_H
#define MIKED_STORE_SQLITE_H

#include <sqlite3.h>
#include "store/seal.h"

/* In the file's header: whose database it is (as SQLite's application_id), "gmks". */
#define STORE_APPLICATION	0x676d6b73
/* Of the tables below; a store of a later version is refused. */
#define STORE_VERSION		1

/* In the order of sqlite_rows.c. */
enum store_statement {
	SQL_BEGIN, SQL_COMMIT, SQL_SEEN,
	SQL_PUT_GROUP, SQL_PUT_EPOCH, SQL_PUT_SA, SQL_PUT_SIDS, SQL_PUT_MEMBER,
	SQL_PUT_REKEY_SA, SQL_PUT_RETIRED,
	SQL_DEL_GROUP, SQL_DEL_EPOCH, SQL_DEL_MEMBER, SQL_DEL_REKEY_SA,
	SQL_DEL_GROUPS, SQL_DEL_ALL_RETIRED,
	SQL_STATEMENTS,
};

struct sqlite_store {
	struct store base;
	sqlite3 *db;
	struct seal seal;
	sqlite3_stmt *prepared[SQL_STATEMENTS];	/* when first needed */
};

extern const struct store_ops sqlite_ops;
extern const char store_schema[];

/* Which errno value it is; 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE. */
int store_error(int code);
void sqlite_store_free(struct sqlite_store *store);
/* What proves the master key, when it is opened. */
extern const struct seal_place store_check;

/* sqlite_load.c */
int sqlite_load(struct store *base, const struct store_reader *reader, int64_t *seen,
		struct reason *why);

#endif
