/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disk that fails: an SQLite VFS above the usual one, which counts everything that
 * changes a file, and fails one of them. Of a power cut, what was written and not synced
 * is there or not, each write by itself, as chance has it.
 */
#ifndef MIKED_TESTS_VFS_FAULTS_H
#define MIKED_TESTS_VFS_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#define VFS_FAULTS	"faults"

enum vfs_fault {
	VFS_GOOD,
	VFS_ONCE,	/* this one fails with SQLITE_IOERR, and nothing else */
	VFS_FULL,	/* writes fail with SQLITE_FULL from this one on, until it is good again */
	VFS_DEAD,	/* the process is killed: nothing is written from this one on */
	VFS_POWER,	/* the same of the host */
};

struct vfs_faults {
	enum vfs_fault fault;
	size_t at;		/* from 1 */
	size_t count;		/* of changes since vfs_faults_set() */
	bool hit;
	size_t syncs;
};

extern struct vfs_faults vfs_faults;

void vfs_faults_register(void);
/* From now on; counts begin at zero. @seed: of chance. */
void vfs_faults_set(enum vfs_fault fault, size_t at, unsigned int seed);

#endif
