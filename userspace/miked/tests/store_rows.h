/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows for a store, and what a store says that it has, for its tests.
 */
#ifndef MIKED_TESTS_STORE_ROWS_H
#define MIKED_TESTS_STORE_ROWS_H

#include "store_kit.h"

#define ROWS_KEYMAT	36

extern struct crypto rows_crypto;
/* NULL: closed. */
extern struct store *rows_store;
/* The secrets in them. */
extern const uint8_t rows_keymat[ROWS_KEYMAT], rows_other_keymat[ROWS_KEYMAT];
extern const uint8_t rows_rekey_keys[300];
extern const uint8_t rows_rekey_spi[STORE_REKEY_SPI_LEN];

/* Before and after a test: a directory, no store. */
int rows_begin(void **state);
int rows_end(void **state);
void rows_open(void);
void rows_close(void);

/* As struct store_ops has them. */
int rows_put_group(const char *name, uint32_t epoch);
int rows_put_epoch(const char *group, uint32_t number);
int rows_put_sa(const char *group, uint32_t epoch, uint32_t spi, uint32_t place,
		struct chunk key);
int rows_put_member(const char *group, const char *id, uint32_t epoch);
int rows_put_sids(const char *group, uint32_t epoch, uint32_t word, uint64_t taken);
int rows_put_rekey_sa(const char *group, uint32_t next_id);
/* Some of each; what rows_all() says of them. */
void rows_put_all(void);
extern const char rows_everything[];

/* What load() tells, in words; and what it is told by who is told. */
extern char rows_told[8192];
extern int rows_error;
int rows_load(int64_t *seen, struct reason *why);
const char *rows_all(void);

/* A store with these rows, closed. */
void rows_make(void);

#endif
