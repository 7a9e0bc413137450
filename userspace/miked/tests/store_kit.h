/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store in a directory of its own, for tests.
 */
#ifndef MIKED_TESTS_STORE_KIT_H
#define MIKED_TESTS_STORE_KIT_H

#include "crypto/crypto.h"
#include "store/store.h"

struct store_kit {
	char dir[64];
	char path[96];			/* of the database */
	uint8_t master[STORE_MASTER_LEN];
};

extern struct store_kit store_kit;

/* An empty directory, and a master key. */
void store_kit_begin(void);
/* All files in it go. */
void store_kit_end(void);
/* The database and what belongs to it: there is none any more. */
void store_kit_clear(void);

/* As store_open(): what was refused is printed if $KIT_LOG is set. */
int store_kit_open(const struct crypto *crypto, const char *vfs, struct store **store,
		   struct reason *why);
/* By SQL, behind the store's back; it has to be closed. */
void store_kit_sql(const char *sql);

/* Does any file of the store have these bytes, or these in hexadecimal? */
bool store_kit_has(const void *bytes, size_t len);
/* The same of a file. */
bool store_kit_file_has(const char *path, const void *bytes, size_t len);

/* Names in the directory; the second file is there afterwards. */
void store_kit_copy(const char *from, const char *to);

/* Of all its files' names, contents and modes. */
uint64_t store_kit_sum(void);

#endif
