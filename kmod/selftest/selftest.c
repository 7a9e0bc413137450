// SPDX-License-Identifier: GPL-2.0
/* Runs the self-tests when the module is loaded; a failure refuses the load. */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include "selftest.h"

int __init gemcast_selftest(void)
{
	static const struct {
		const char *name;
		bool (*run)(void);
	} tests[] = {
		{ "replay windows", gemcast_selftest_replay },
		{ "ESP vectors", gemcast_selftest_esp },
		{ "IV clock", gemcast_selftest_ivclock },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (!tests[i].run()) {
			pr_err("gemcast: selftest: %s: FAIL\n", tests[i].name);
			return -ENOTRECOVERABLE;
		}
		pr_info("gemcast: selftest: %s: pass\n", tests[i].name);
	}
	return 0;
}
