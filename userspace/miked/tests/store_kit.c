// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A store in a directory of its own.
 */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <sqlite3.h>
#include "store_kit.h"
#include "test.h"

struct store_kit store_kit;

static const char * const suffixes[] = { "", "-wal", "-shm", "-journal" };

void store_kit_begin(void)
{
	size_t i;

	store_kit = (struct store_kit){ .dir = "/tmp/miked-store-XXXXXX" };
	assert_non_null(mkdtemp(store_kit.dir));
	snprintf(store_kit.path, sizeof(store_kit.path), "%s/ks.db", store_kit.dir);
	for (i = 0; i < sizeof(store_kit.master); i++)
		store_kit.master[i] = (uint8_t)(i * 7 + 1);
}

static void file_name(char *path, size_t size, size_t i)
{
	snprintf(path, size, "%s%s", store_kit.path, suffixes[i]);
}

void store_kit_clear(void)
{
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		file_name(path, sizeof(path), i);
		unlink(path);
	}
}

void store_kit_end(void)
{
	struct dirent *entry;
	char path[384];
	DIR *dir = opendir(store_kit.dir);

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", store_kit.dir, entry->d_name);
		if (*entry->d_name != '.')
			unlink(path);
	}
	closedir(dir);
	assert_int_equal(rmdir(store_kit.dir), 0);
}

int store_kit_open(const struct crypto *crypto, const char *vfs, struct store **store,
		   struct reason *why)
{
	struct reason own = { "" };
	int err = store_open(crypto, store_kit.path, CHUNK(store_kit.master), vfs, store, &own);

	if (err && getenv("KIT_LOG"))
		fprintf(stderr, "%s\n", own.text);
	if (why)
		*why = own;
	return err;
}

void store_kit_sql(const char *sql)
{
	char *error = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(store_kit.path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	if (error)
		fail_msg("%s: %s", sql, error);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static char *read_file(const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;

	*len = 0;
	if (!file)
		return NULL;
	for (;;) {
		text = realloc(text, *len + 65536);
		assert_non_null(text);
		size_t n = fread(text + *len, 1, 65536, file);

		if (!n)
			break;
		*len += n;
	}
	fclose(file);
	return text;
}

void store_kit_copy(const char *from, const char *to)
{
	char path[128], *text;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", store_kit.dir, from);
	text = read_file(path, &len);
	assert_non_null(text);
	snprintf(path, sizeof(path), "%s/%s", store_kit.dir, to);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	fclose(file);
	assert_int_equal(chmod(path, 0600), 0);
	free(text);
}

bool store_kit_file_has(const char *path, const void *bytes, size_t len)
{
	char lower[2 * 1024 + 1], upper[2 * 1024 + 1], *text;
	const uint8_t *from = bytes;
	size_t i, size;
	bool has;

	assert_true(len && 2 * len < sizeof(lower));
	for (i = 0; i < len; i++) {
		snprintf(lower + 2 * i, 3, "%02x", from[i]);
		snprintf(upper + 2 * i, 3, "%02X", from[i]);
	}
	text = read_file(path, &size);
	has = text && (memmem(text, size, bytes, len) || memmem(text, size, lower, 2 * len) ||
		       memmem(text, size, upper, 2 * len));
	free(text);
	return has;
}

bool store_kit_has(const void *bytes, size_t len)
{
	char path[128];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		file_name(path, sizeof(path), i);
		if (store_kit_file_has(path, bytes, len))
			return true;
	}
	return false;
}

/* FNV-1a */
static uint64_t add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *byte = bytes;

	for (; len; len--, byte++)
		sum = (sum ^ *byte) * UINT64_C(1099511628211);
	return sum;
}

uint64_t store_kit_sum(void)
{
	uint64_t sum = UINT64_C(14695981039346656037);
	char path[128], *text;
	struct stat st;
	size_t i, len;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		file_name(path, sizeof(path), i);
		if (lstat(path, &st))
			continue;
		text = read_file(path, &len);
		sum = add(sum, suffixes[i], strlen(suffixes[i]) + 1);
		sum = add(sum, &st.st_mode, sizeof(st.st_mode));
		sum = add(sum, text, len);
		free(text);
	}
	return sum;
}
