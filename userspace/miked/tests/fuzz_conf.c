// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: a text is a configuration, or it is refused with a reason; one that
 * is taken equals itself, and what libcyaml mapped is what the walk checked.
 */
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"
#include "conf/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int errors;

static void report(void *arg, const char *text)
{
	(void)arg;
	/* Ours are said with a line; libcyaml's would be news: the walk missed something. */
	if (strncmp(text, "f:", 2) != 0 || !strncmp(text, "f:1: libcyaml", 13) || strchr(text, '\n'))
		abort();
	errors++;
}

/* What a group is printed as is an equal one. */
static void check_text(const struct conf_group *group)
{
	char *text = conf_group_text(group);
	struct conf_group *again;

	again = text ? conf_group_load("f", text, strlen(text), report, NULL) : NULL;
	if (!again || !conf_group_equal(group, again))
		abort();
	conf_group_free(again);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *conf, *again;
	struct conf_group *group;
	struct conf_diff diff;

	errors = 0;
	conf = conf_load_text("f", (const char *)data, size, false, report, NULL);
	if (!conf != !!errors)
		abort();
	if (conf) {
		again = conf_load_text("f", (const char *)data, size, false, report, NULL);
		if (!again || !conf_diff(conf, again, &diff) || diff.parts || diff.count)
			abort();
		conf_diff_free(&diff);
		conf_free(again);
	}
	conf_free(conf);
	group = conf_group_load("f", (const char *)data, size, report, NULL);
	if (group)
		check_text(group);
	conf_group_free(group);
	return 0;
}
