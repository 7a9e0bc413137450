/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one timer of the daemon, for parts that have no clock of their own. It is asked anew
 * in every turn of the event loop, so that nobody has to say that something is due at
 * another time now. Its clock goes on while the host sleeps.
 */
#ifndef MIKED_DAEMON_TIMER_H
#define MIKED_DAEMON_TIMER_H

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define TIMER_NEVER	UINT64_MAX
#define TIMER_PARTS	4

struct timer_part {
	void *context;
	/* When run() wants to be called at the latest, as timer_now() has it; TIMER_NEVER. */
	uint64_t (*next)(void *context);
	void (*run)(void *context);
};

struct timer {
	struct timer_part parts[TIMER_PARTS];	/* run() NULL: none */
	sd_event_source *source;
};

/* Milliseconds since the host was started. */
uint64_t timer_now(void);

/* @timer has its parts. 0 or a negative errno value. */
int timer_start(struct timer *timer, sd_event *event, int64_t priority);
/* After a timer_start() that failed, too. */
void timer_stop(struct timer *timer);

#endif
