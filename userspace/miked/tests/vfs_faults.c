// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A disk that fails.
 */
#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>
#include "vfs_faults.h"

/* What was there before a write that is not synced yet. */
struct undo {
	sqlite3_int64 at, size;		/* of the file, then */
	int len;
	struct undo *next;
	char bytes[];
};

struct file {
	sqlite3_file base;
	struct undo *undo;		/* the last first */
	struct file *next;
	sqlite3_file *real;
	char room[];
};

struct vfs_faults vfs_faults;

static sqlite3_vfs *below;
static sqlite3_vfs vfs;
static struct file *files;
static unsigned int chance;

void vfs_faults_set(enum vfs_fault fault, size_t at, unsigned int seed)
{
	vfs_faults = (struct vfs_faults){ .fault = fault, .at = at };
	chance = seed;
}

static bool is_dead(void)
{
	return vfs_faults.hit &&
	       (vfs_faults.fault == VFS_DEAD || vfs_faults.fault == VFS_POWER);
}

static struct file *of(sqlite3_file *base)
{
	return (struct file *)base;
}

static void forget(struct file *file)
{
	struct undo *undo;

	while (file->undo) {
		undo = file->undo;
		LL_DELETE(file->undo, undo);
		free(undo);
	}
}

static void undo_write(struct file *file, const struct undo *undo)
{
	sqlite3_file *real = file->real;
	sqlite3_int64 left = undo->size - undo->at;

	if (left > undo->len)
		left = undo->len;
	if (left > 0)
		real->pMethods->xWrite(real, undo->bytes, (int)left, undo->at);
	real->pMethods->xTruncate(real, undo->size);
}

/* A later write that made the file longer goes with the one before it, if that does. */
static void cut_power(void)
{
	struct file *file;
	struct undo *undo;

	LL_FOREACH(files, file) {
		LL_FOREACH(file->undo, undo) {
			if (rand_r(&chance) % 2)
				undo_write(file, undo);
			else if (rand_r(&chance) % 4 == 0)
				break;
		}
		forget(file);
	}
}

/* SQLITE_OK, or how this change fails. */
static int change(bool is_write)
{
	vfs_faults.count++;
	if (is_dead())
		return SQLITE_IOERR;
	if (vfs_faults.count < vfs_faults.at || vfs_faults.fault == VFS_GOOD)
		return SQLITE_OK;
	if (vfs_faults.fault == VFS_FULL) {
		vfs_faults.hit |= is_write;
		return is_write ? SQLITE_FULL : SQLITE_OK;
	}
	if (vfs_faults.count > vfs_faults.at)
		return SQLITE_OK;
	vfs_faults.hit = true;
	if (vfs_faults.fault == VFS_POWER)
		cut_power();
	return SQLITE_IOERR;
}

static void remember(struct file *file, int len, sqlite3_int64 at)
{
	size_t size = sizeof(struct undo) + (size_t)len;
	struct undo *undo;
	void *room;
	int code;

	/* A call that no test takes memory from. */
	code = posix_memalign(&room, _Alignof(struct undo), size);
	assert(!code);
	undo = memset(room, 0, size);
	undo->at = at;
	undo->len = len;
	code = file->real->pMethods->xFileSize(file->real, &undo->size);
	assert(code == SQLITE_OK);
	if (at < undo->size)
		file->real->pMethods->xRead(file->real, undo->bytes, len, at);
	LL_PREPEND(file->undo, undo);
}

static int file_close(sqlite3_file *base)
{
	struct file *file = of(base);

	forget(file);
	LL_DELETE(files, file);
	return file->real->pMethods->xClose(file->real);
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
	return of(base)->real->pMethods->xRead(of(base)->real, out, len, at);
}

/* The one that is hit may be done in part. */
static int file_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 at)
{
	struct file *file = of(base);
	bool was_dead = is_dead();
	int code = change(true);

	if (code == SQLITE_OK) {
		remember(file, len, at);
		return file->real->pMethods->xWrite(file->real, data, len, at);
	}
	if (!was_dead && is_dead() && rand_r(&chance) % 2)
		file->real->pMethods->xWrite(file->real, data, len / 2, at);
	return code;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size)
{
	int code = change(false);

	forget(of(base));
	return code ? code : of(base)->real->pMethods->xTruncate(of(base)->real, size);
}

/* The page cache has it: to wait for a disk would prove nothing. */
static int file_sync(sqlite3_file *base, int flags)
{
	int code = change(false);

	(void)flags;
	vfs_faults.syncs++;
	if (!code)
		forget(of(base));
	return code;
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size)
{
	return of(base)->real->pMethods->xFileSize(of(base)->real, size);
}

static int file_lock(sqlite3_file *base, int level)
{
	return of(base)->real->pMethods->xLock(of(base)->real, level);
}

static int file_unlock(sqlite3_file *base, int level)
{
	return of(base)->real->pMethods->xUnlock(of(base)->real, level);
}

static int file_reserved(sqlite3_file *base, int *is)
{
	return of(base)->real->pMethods->xCheckReservedLock(of(base)->real, is);
}

static int file_control(sqlite3_file *base, int what, void *arg)
{
	return of(base)->real->pMethods->xFileControl(of(base)->real, what, arg);
}

static int file_sector(sqlite3_file *base)
{
	return of(base)->real->pMethods->xSectorSize(of(base)->real);
}

static int file_device(sqlite3_file *base)
{
	(void)base;
	return 0;
}

/* Version 1: no shared memory, which a store that is ours alone does not need. */
static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_device,
};

static int vfs_open(sqlite3_vfs *self, const char *name, sqlite3_file *base, int flags, int *out)
{
	struct file *file = of(base);
	int code = SQLITE_OK;

	(void)self;
	memset(file, 0, (size_t)vfs.szOsFile);
	file->real = (sqlite3_file *)file->room;
	if ((flags & SQLITE_OPEN_CREATE) && (!name || access(name, F_OK)))
		code = change(true) ? SQLITE_CANTOPEN : SQLITE_OK;
	if (code == SQLITE_OK)
		code = below->xOpen(below, name, file->real, flags, out);
	if (code != SQLITE_OK)
		return code;
	base->pMethods = &methods;
	LL_PREPEND(files, file);
	return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *self, const char *name, int sync)
{
	int code = change(false);

	(void)self;
	return code ? SQLITE_IOERR_DELETE : below->xDelete(below, name, sync);
}

void vfs_faults_register(void)
{
	if (below)
		return;
	below = sqlite3_vfs_find(NULL);
	assert(below);
	vfs = *below;
	vfs.pNext = NULL;
	vfs.zName = VFS_FAULTS;
	vfs.szOsFile = (int)sizeof(struct file) + below->szOsFile;
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		assert(!"registered");
}
