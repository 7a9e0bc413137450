/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching what comes and goes in the kernel: the module itself, as a family of generic
 * netlink, and interfaces.
 */
#ifndef MIKED_KERNEL_WATCH_H
#define MIKED_KERNEL_WATCH_H

#include <stdbool.h>

/* A file descriptor, or a negative errno value. */
int watch_families(void);

enum watch_news {
	WATCH_NOTHING,
	WATCH_LOADED,
	WATCH_UNLOADED,
	WATCH_LOST,	/* some news were lost: look */
};

/* The next news of gemcast; nothing: there is no more. */
enum watch_news watch_next(int fd);

/* The same of interfaces. */
int watch_links(void);
/* Whatever the news are. */
void watch_drain(int fd);

#endif
