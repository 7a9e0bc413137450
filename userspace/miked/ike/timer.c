// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Timers: a binary heap, the next one at its top. Room is made where an ike_sa is made, so
 * that setting a timer never fails.
 */
#include <errno.h>
#include <stdlib.h>
#include "ike/internal.h"

int ike_timers_reserve(struct timers *timers, size_t count)
{
	struct timer **heap;
	size_t room = timers->room ? timers->room : 16;

	if (count <= timers->room)
		return 0;
	while (room < count)
		room *= 2;
	/* places count from 1 */
	heap = realloc(timers->heap, (room + 1) * sizeof(struct timer *));
	if (!heap)
		return -ENOMEM;
	timers->heap = heap;
	timers->room = room;
	return 0;
}

static void put(struct timers *timers, struct timer *timer, size_t place)
{
	timers->heap[place] = timer;
	timer->place = place;
}

static void rise(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && timers->heap[place / 2]->due > timer->due) {
		put(timers, timers->heap[place / 2], place);
		place /= 2;
	}
	put(timers, timer, place);
}

static void sink(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;
	size_t child;

	while (2 * place <= timers->count) {
		child = 2 * place;
		if (child < timers->count &&
		    timers->heap[child + 1]->due < timers->heap[child]->due)
			child++;
		if (timers->heap[child]->due >= timer->due)
			break;
		put(timers, timers->heap[child], place);
		place = child;
	}
	put(timers, timer, place);
}

static void take_out(struct timers *timers, struct timer *timer)
{
	struct timer *last = timers->heap[timers->count];

	timers->count--;
	if (last != timer) {
		put(timers, last, timer->place);
		rise(timers, last);
		sink(timers, last);
	}
	timer->place = 0;
}

void ike_timer_set(struct timers *timers, struct timer *timer, uint64_t due)
{
	timer->due = due;
	if (due == IKE_NEVER) {
		if (timer->place)
			take_out(timers, timer);
		return;
	}
	if (!timer->place)
		put(timers, timer, ++timers->count);
	rise(timers, timer);
	sink(timers, timer);
}
