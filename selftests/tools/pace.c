// SPDX-License-Identifier: GPL-2.0-or-later
/* Progress of the receivers, in shared memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "mcast.h"

#define ROWS	64

struct pace {
	_Atomic int receivers;
	_Atomic uint32_t count[ROWS][PACE_SENDERS];
};

struct pace *pace_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	struct pace *pace;

	if (fd < 0 || ftruncate(fd, sizeof(*pace)))
		die("%s: %s", path, strerror(errno));
	pace = mmap(NULL, sizeof(*pace), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (pace == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	return pace;
}

int pace_join(struct pace *pace)
{
	int row = atomic_fetch_add(&pace->receivers, 1);

	if (row >= ROWS)
		die("too many receivers");
	return row;
}

void pace_progress(struct pace *pace, int row, uint32_t sender, uint32_t count)
{
	if (sender < PACE_SENDERS)
		atomic_store(&pace->count[row][sender], count);
}

uint32_t pace_slowest(struct pace *pace, uint32_t sender)
{
	int rows = atomic_load(&pace->receivers);
	uint32_t slowest = rows ? UINT32_MAX : 0;

	for (int i = 0; i < rows; i++) {
		uint32_t count = atomic_load(&pace->count[i][sender]);

		if (count < slowest)
			slowest = count;
	}
	return slowest;
}

bool pace_wait(struct pace *pace, uint32_t sender, uint32_t count,
	       unsigned int seconds)
{
	const struct timespec nap = { .tv_nsec = 200000 };
	uint32_t before = 0, now;
	time_t since = 0;

	while ((now = pace_slowest(pace, sender)) < count) {
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC, &t);
		if (!since || now != before) {
			since = t.tv_sec;
			before = now;
		}
		if (stopped || t.tv_sec - since > seconds)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}
