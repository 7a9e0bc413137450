/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watching for the module itself: the generic netlink families that come and go.
 */
#ifndef MIKED_KERNEL_WATCH_H
#define MIKED_KERNEL_WATCH_H

#include <stdbool.h>

/* A file descriptor, or a negative errno value. */
int watch_open(void);

enum watch_news {
	WATCH_NOTHING,
	WATCH_LOADED,
	WATCH_UNLOADED,
	WATCH_LOST,	/* some news were lost: look */
};

/* The next news of gemcast; nothing: there is no more. */
enum watch_news watch_next(int fd);

#endif
