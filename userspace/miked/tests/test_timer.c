// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The timer: parts are called when they are due, not before, and are asked again whatever
 * else the event loop does.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "daemon/timer.h"
#include "test.h"

struct part {
	uint64_t next;
	uint64_t then;		/* what next becomes when it is run */
	uint64_t due;		/* the first time that it was run, next was this */
	uint64_t ran;		/* and it was so late */
	unsigned int runs;
};

static sd_event *event;
static struct timer timer;
static struct part part[2];

static uint64_t next(void *context)
{
	const struct part *p = context;

	return p->next;
}

static void run(void *context)
{
	struct part *p = context;

	if (!p->runs++) {
		p->due = p->next;
		p->ran = timer_now();
	}
	p->next = p->then;
}

static int setup(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(sd_event_new(&event), 0);
	timer = (struct timer){ 0 };
	for (i = 0; i < 2; i++) {
		part[i] = (struct part){ .next = TIMER_NEVER, .then = TIMER_NEVER };
		/* A hole between the two. */
		timer.parts[2 * i] = (struct timer_part){ &part[i], next, run };
	}
	assert_int_equal(timer_start(&timer, event, 0), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	timer_stop(&timer);
	sd_event_unref(event);
	return 0;
}

/* Until one more has run. */
static void run_one(struct part *p)
{
	unsigned int before = p->runs;

	while (p->runs == before)
		assert_true(sd_event_run(event, 10000000) >= 0);
}

static void test_nothing_is_due(void **state)
{
	(void)state;
	assert_int_equal(sd_event_run(event, 1000), 0);
	assert_int_equal(part[0].runs + part[1].runs, 0);
}

static void test_not_before_its_time(void **state)
{
	uint64_t now = timer_now();

	(void)state;
	part[0].next = now + 60;
	part[1].next = now + 20;
	run_one(&part[1]);
	assert_int_equal(part[0].runs, 0);
	run_one(&part[0]);
	assert_true(part[0].ran >= part[0].due);
	assert_true(part[1].ran >= part[1].due);
	assert_int_equal(part[1].runs, 1);
	assert_int_equal(sd_event_run(event, 1000), 0);
}

static void test_what_is_overdue(void **state)
{
	(void)state;
	part[0].next = 0;
	part[1].next = timer_now();
	assert_true(sd_event_run(event, 10000000) > 0);
	assert_int_equal(part[0].runs, 1);
	assert_int_equal(part[1].runs, 1);
	/* Once more and once more. */
	part[0].next = part[0].then = 0;
	run_one(&part[0]);
	run_one(&part[0]);
	assert_int_equal(part[1].runs, 1);
}

static int on_other(sd_event_source *source, void *arg)
{
	(void)source;
	*(uint64_t *)arg = timer_now();
	return 0;
}

/* Nobody tells the timer that next has changed. */
static void test_time_that_changes_meanwhile(void **state)
{
	sd_event_source *other;

	(void)state;
	part[0].next = timer_now() + 3600000;
	assert_int_equal(sd_event_run(event, 1000), 0);
	assert_true(sd_event_add_defer(event, &other, on_other, &part[0].next) >= 0);
	assert_true(sd_event_run(event, 10000000) > 0);
	assert_true(sd_event_run(event, 10000000) > 0);
	assert_int_equal(part[0].runs, 1);
	sd_event_source_unref(other);

	/* And to later. */
	part[0].next = timer_now() + 1;
	assert_int_equal(sd_event_prepare(event), 0);
	part[0].next = TIMER_NEVER;
	if (sd_event_wait(event, 50000) > 0)
		sd_event_dispatch(event);
	assert_int_equal(part[0].runs, 1);
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	(void)source;
	(void)fd;
	(void)events;
	++*(unsigned int *)arg;
	/* What came makes something due, each time at another time. */
	if (part[1].then)
		part[1].next = timer_now() - *(unsigned int *)arg;
	return 0;
}

/* Neither keeps the other from its turn, though both always have something to do. */
static void test_turns(void **state)
{
	int fd = eventfd(1, EFD_CLOEXEC);
	unsigned int turns = 0;
	sd_event_source *other;
	int i;

	(void)state;
	part[0].next = part[0].then = 0;
	part[1].then = 0;
	assert_true(sd_event_add_io(event, &other, fd, EPOLLIN, on_readable, &turns) >= 0);
	for (i = 0; i < 20; i++)
		assert_true(sd_event_run(event, 10000000) > 0);
	assert_in_range(part[0].runs, 9, 11);
	assert_in_range(turns, 9, 11);
	part[0].next = TIMER_NEVER;
	part[1].next = part[1].then = TIMER_NEVER;
	part[1].runs = turns = 0;
	for (i = 0; i < 20; i++)
		assert_true(sd_event_run(event, 10000000) > 0);
	assert_in_range(part[1].runs, 6, 11);
	assert_in_range(turns, 9, 14);
	sd_event_source_disable_unref(other);
	close(fd);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_is_due),
		TEST(test_not_before_its_time),
		TEST(test_what_is_overdue),
		TEST(test_time_that_changes_meanwhile),
		TEST(test_turns),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
