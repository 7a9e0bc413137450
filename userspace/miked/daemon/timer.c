// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one timer of the daemon, for parts that have no clock of their own.
 */
#include <time.h>
#include "daemon/timer.h"

#define USEC_PER_MSEC	1000
#define MSEC_PER_SEC	1000
#define NSEC_PER_MSEC	1000000

uint64_t timer_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * MSEC_PER_SEC + (uint64_t)now.tv_nsec / NSEC_PER_MSEC;
}

static uint64_t next(const struct timer *timer)
{
	uint64_t first = TIMER_NEVER, at;
	size_t i;

	for (i = 0; i < TIMER_PARTS; i++) {
		if (!timer->parts[i].run)
			continue;
		at = timer->parts[i].next(timer->parts[i].context);
		if (at < first)
			first = at;
	}
	return first;
}

/*
 * Before the loop waits. A new time loses the turn that the source waits for: if it is due
 * already, it keeps the old one.
 */
static int on_prepare(sd_event_source *source, void *arg)
{
	uint64_t at = next(arg), old;

	if (at <= timer_now() && sd_event_source_get_pending(source) > 0)
		return 0;
	at = at > UINT64_MAX / USEC_PER_MSEC ? UINT64_MAX : at * USEC_PER_MSEC;
	if (sd_event_source_get_time(source, &old) < 0 || old != at)
		sd_event_source_set_time(source, at);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *arg)
{
	const struct timer *timer = arg;
	const struct timer_part *part;
	size_t i;

	(void)source;
	(void)usec;
	for (i = 0; i < TIMER_PARTS; i++) {
		part = &timer->parts[i];
		if (part->run && part->next(part->context) <= timer_now())
			part->run(part->context);
	}
	return 0;
}

int timer_start(struct timer *timer, sd_event *event, int64_t priority)
{
	int err;

	timer->source = NULL;
	err = sd_event_add_time(event, &timer->source, CLOCK_BOOTTIME, UINT64_MAX, USEC_PER_MSEC,
				on_time, timer);
	if (err >= 0)
		err = sd_event_source_set_priority(timer->source, priority);
	if (err >= 0)
		err = sd_event_source_set_prepare(timer->source, on_prepare);
	/* Else it would be off after the first time. */
	if (err >= 0)
		err = sd_event_source_set_enabled(timer->source, SD_EVENT_ON);
	return err < 0 ? err : 0;
}

void timer_stop(struct timer *timer)
{
	timer->source = sd_event_source_disable_unref(timer->source);
}
