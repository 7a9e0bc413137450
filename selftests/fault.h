/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failing allocations, where the kernel has FAULT_INJECTION: the N-th that this
 * task makes from now on fails, whether of the slab, of pages or per CPU.
 */
#ifndef GEMCAST_SELFTESTS_FAULT_H
#define GEMCAST_SELFTESTS_FAULT_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FAULT_SLAB	"/sys/kernel/debug/failslab/"
#define FAULT_PAGE	"/sys/kernel/debug/fail_page_alloc/"
#define FAULT_MOST	2000		/* allocations, in what is tried here */

static int fault_fd = -1;

static inline bool fault_possible(void)
{
	return !access("/proc/self/fail-nth", W_OK);
}

static inline int fault_write(const char *dir, const char *name, const char *value)
{
	char path[128];
	int fd, err;

	snprintf(path, sizeof(path), "%s%s", dir, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	err = write(fd, value, strlen(value)) < 0;
	close(fd);
	return err;
}

/*
 * Memory of this process is there already, so that no page fault of its own
 * takes the place of what is tried.
 */
static inline int fault_open(void)
{
	fault_fd = open("/proc/thread-self/fail-nth", O_RDWR);
	return fault_fd < 0 || mlockall(MCL_CURRENT | MCL_FUTURE) ||
	       fault_write(FAULT_SLAB, "ignore-gfp-wait", "N") ||
	       fault_write(FAULT_SLAB, "verbose", "0") ||
	       fault_write(FAULT_SLAB, "times", "-1") ||
	       fault_write(FAULT_PAGE, "ignore-gfp-wait", "N") ||
	       fault_write(FAULT_PAGE, "ignore-gfp-highmem", "N") ||
	       fault_write(FAULT_PAGE, "min-order", "2") ||
	       fault_write(FAULT_PAGE, "verbose", "0") ||
	       fault_write(FAULT_PAGE, "times", "-1");
}

/* Of what this task asks for from here on, the @nth fails. */
static inline void fault_arm(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fault_fd, text, len, 0) != len)
		abort();
}

/* No more; how many were to come until the one that fails, 0 if it did. */
static inline unsigned int fault_left(void)
{
	char text[16] = "";

	if (pread(fault_fd, text, sizeof(text) - 1, 0) < 1)
		abort();
	fault_arm(0);
	return atoi(text);
}

static inline bool fault_hit(void)
{
	return !fault_left();
}

#endif
