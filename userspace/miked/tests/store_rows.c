// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows for a store, and what a store says that it has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "store_rows.h"
#include "test.h"
#include "vfs_faults.h"

struct crypto rows_crypto;
struct store *rows_store;

const uint8_t rows_keymat[ROWS_KEYMAT] = "a key of thirty-six bytes, no less..";
const uint8_t rows_other_keymat[ROWS_KEYMAT] = "another key of as many bytes as that";
const uint8_t rows_rekey_keys[300] = "the keys of a Rekey SA, and its pair";
static const uint8_t selector[] = { 1, 2, 3 };
const uint8_t rows_rekey_spi[STORE_REKEY_SPI_LEN] = { 9, 8, 7 };
static const uint8_t address[] = { 192, 0, 2, 1 };

int rows_begin(void **state)
{
	(void)state;
	log_set_level(AREA_STORE, getenv("KIT_LOG") ? LEVEL_DEBUG : LEVEL_ERROR);
	vfs_faults_register();
	vfs_faults_set(VFS_GOOD, 0, 0);
	store_kit_begin();
	rows_store = NULL;
	assert_int_equal(crypto_init(&rows_crypto, NULL, NULL), 0);
	return 0;
}

int rows_end(void **state)
{
	(void)state;
	if (rows_store)
		rows_store->ops->close(rows_store);
	crypto_free(&rows_crypto);
	store_kit_end();
	return 0;
}

void rows_open(void)
{
	struct reason why;

	if (store_kit_open(&rows_crypto, VFS_FAULTS, &rows_store, &why))
		fail_msg("%s", why.text);
}

void rows_close(void)
{
	rows_store->ops->close(rows_store);
	rows_store = NULL;
}

int rows_put_group(const char *name, uint32_t epoch)
{
	const struct store_group row = { name, "{\"name\":\"video\"}", true, epoch, 3, 4, 5 };

	return rows_store->ops->put_group(rows_store, &row);
}

int rows_put_epoch(const char *group, uint32_t number)
{
	const struct store_epoch row = {
		.group = group, .number = number, .made = -5, .end = INT64_C(1) << 50,
		.doomed = true, .taken = true, .encr = 20, .key_bits = 256, .sids = 65536,
		.next_sid = 65535,
	};

	return rows_store->ops->put_epoch(rows_store, &row);
}

int rows_put_sa(const char *group, uint32_t epoch, uint32_t spi, uint32_t place,
		  struct chunk key)
{
	const struct store_sa row = { group, epoch, spi, place, 1, CHUNK(selector), key };

	return rows_store->ops->put_sa(rows_store, &row);
}

int rows_put_member(const char *group, const char *id, uint32_t epoch)
{
	static const uint32_t sids[] = { 1, 65535, 7 }, former[] = { 0 };
	const struct store_member row = {
		.group = group, .id = id, .identity = CHUNK(selector), .registered = true,
		.role = 3, .admitted = 2, .from = CHUNK(address), .port = 848, .since = 77,
		.oldest = 1, .epoch = epoch, .line = 9, .fragments = true, .sids = sids,
		.n_sids = 3, .former = former, .n_former = 1,
	};

	return rows_store->ops->put_member(rows_store, &row);
}

int rows_put_sids(const char *group, uint32_t epoch, uint32_t word, uint64_t taken)
{
	const struct store_sids row = { group, epoch, word, taken };

	return rows_store->ops->put_sids(rows_store, &row);
}

int rows_put_rekey_sa(const char *group, uint32_t next_id)
{
	struct store_rekey_sa row = {
		.group = group, .place = 1, .end = 2, .next_id = next_id, .signer = 3,
		.next = { 5 }, .policy = CHUNK(address), .source = CHUNK(selector), .keys = CHUNK(rows_rekey_keys),
	};

	memcpy(row.spi, rows_rekey_spi, sizeof(row.spi));
	return rows_store->ops->put_rekey_sa(rows_store, &row);
}

void rows_put_all(void)
{
	const struct store_retired retired = { 255, UINT32_MAX };

	assert_int_equal(rows_put_group("video", 2), 0);
	assert_int_equal(rows_put_group("audio", 0), 0);
	assert_int_equal(rows_put_epoch("video", 1), 0);
	assert_int_equal(rows_put_epoch("video", 2), 0);
	assert_int_equal(rows_put_sa("video", 1, 4000000000, 1, CHUNK(rows_keymat)), 0);
	assert_int_equal(rows_put_sa("video", 1, 256, 0, CHUNK(rows_other_keymat)), 0);
	assert_int_equal(rows_put_sids("video", 1, 1023, UINT64_MAX), 0);
	assert_int_equal(rows_put_member("video", "gm1.example.org", 2), 0);
	assert_int_equal(rows_put_member("video", "gm2.example.org", 1), 0);
	assert_int_equal(rows_put_rekey_sa("video", 65), 0);
	assert_int_equal(rows_store->ops->put_retired(rows_store, &retired), 0);
}

/* What load() told, in words; errors of any call may be asked for. */
char rows_told[8192];
int rows_error;

__attribute__((format(printf, 1, 2)))
static int tell(const char *format, ...)
{
	size_t len = strlen(rows_told);
	va_list ap;

	va_start(ap, format);
	vsnprintf(rows_told + len, sizeof(rows_told) - len, format, ap);
	va_end(ap);
	return rows_error;
}

static int on_group(void *context, const struct store_group *row)
{
	assert_ptr_equal(context, &rows_told);
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
	assert_true(chunk_equal(row->keymat, row->place ? CHUNK(rows_keymat) : CHUNK(rows_other_keymat)));
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
	assert_memory_equal(row->spi, rows_rekey_spi, sizeof(rows_rekey_spi));
	assert_true(chunk_equal(row->policy, CHUNK(address)));
	assert_true(chunk_equal(row->source, CHUNK(selector)));
	assert_true(chunk_equal(row->keys, CHUNK(rows_rekey_keys)));
	return tell("rekey-sa %s %u %lld %u %u %u\n", row->group, row->place,
		    (long long)row->end, row->next_id, row->signer, row->next[0]);
}

static int on_retired(void *context, const struct store_retired *row)
{
	(void)context;
	return tell("retired %u %u\n", row->place, row->spi);
}

static const struct store_reader reader = {
	&rows_told, on_group, on_epoch, on_sa, on_sids, on_member, on_rekey_sa, on_retired,
};

int rows_load(int64_t *seen, struct reason *why)
{
	int64_t own;

	*rows_told = '\0';
	return rows_store->ops->load(rows_store, &reader, seen ? seen : &own, why);
}

const char *rows_all(void)
{
	assert_int_equal(rows_load(NULL, NULL), 0);
	return rows_told;
}

const char rows_everything[] =
	"group audio {\"name\":\"video\"} 1 0 3 4 5\n"
	"group video {\"name\":\"video\"} 1 2 3 4 5\n"
	"epoch video 1 -5 1125899906842624 101 20 256 65536 65535\n"
	"epoch video 2 -5 1125899906842624 101 20 256 65536 65535\n"
	"sa video 1 256 0 1\n"
	"sa video 1 4000000000 1 1\n"
	"sids video 1 1023 ffffffffffffffff\n"
	"member video gm1.example.org 1 3 2 0 848 77 1 2 1 65535 7 0 9 1\n"
	"member video gm2.example.org 1 3 2 0 848 77 1 1 1 65535 7 0 9 1\n"
	"rekey-sa video 1 2 65 3 5\n"
	"retired 255 4294967295\n";

void rows_make(void)
{
	rows_open();
	rows_put_all();
	assert_int_equal(rows_store->ops->commit(rows_store, 1), 0);
	rows_close();
}

