/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of the simulator, each from a seed of its own, one after the other:
 *
 *	test_NAME [RUNS [SEED]]
 */
#ifndef MIKED_TESTS_SIM_RUNS_H
#define MIKED_TESTS_SIM_RUNS_H

#include <stdint.h>

struct sim_runs {
	const char *name;		/* of the test, without test_ */
	uint64_t runs, seed;		/* if nothing else is said */
	/* One run; what cannot be is a failure of cmocka's. */
	void (*run)(uint64_t seed);
	/* Behind all of them, for a line in the log. */
	void (*report)(uint64_t runs);
};

/*
 * From the arguments of main(). Whatever fails, the seed is told that does it again; memory
 * that is there behind a run and was not before is a failure, too. How many failed.
 */
int sim_runs(const struct sim_runs *test, int argc, char **argv);

#endif
