// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs of the simulator, each from a seed of its own.
 */
#include <inttypes.h>
#include <openssl/err.h>
#include <stdbool.h>
#include <stdlib.h>
#include "base/log.h"
#include "sim.h"
#include "sim_runs.h"
#include "test.h"

/* Of the sanitizers, whose header is not everywhere. */
extern size_t __sanitizer_get_current_allocated_bytes(void);

static struct sim_runs now;
static uint64_t seed;
static bool under_way;

static int say_seed(void **state)
{
	(void)state;
	if (under_way)
		print_message("# seed %" PRIu64 ": again by: test_%s 1 %" PRIu64 "\n", seed,
			      now.name, seed);
	return 0;
}

/* Are bytes there behind a run that were not before it? */
static bool leaves_some(void)
{
	size_t before = __sanitizer_get_current_allocated_bytes();
	size_t after;

	now.run(seed);
	ERR_clear_error();
	after = __sanitizer_get_current_allocated_bytes();
	return after > before;
}

static void random_runs(void **state)
{
	const uint64_t first = now.seed;
	bool leak;

	(void)state;
	for (seed = first; seed < first + now.runs; seed++) {
		under_way = true;
		/* OpenSSL keeps some things for later; a leak is there the second time, too. */
		leak = leaves_some();
		if (leak)
			leak = leaves_some();
		if (leak)
			fail_msg("memory is lost");
		under_way = false;
	}
	now.report(now.runs);
}

int sim_runs(const struct sim_runs *test, int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(random_runs, say_seed),
	};

	now = *test;
	if (argc > 1)
		now.runs = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		now.seed = strtoull(argv[2], NULL, 0);
	log_set_level(AREA_IKE, now.runs == 1 ? LEVEL_DEBUG : LEVEL_ERROR);
	log_set_level(AREA_GROUP, now.runs == 1 ? LEVEL_DEBUG : LEVEL_ERROR);
	sim_trace(now.runs == 1);
	return cmocka_run_group_tests_name(now.name, tests, NULL, NULL);
}
