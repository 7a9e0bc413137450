// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast stats */
#include <string.h>
#include "cli.h"

#define HELP "gemcast stats [ reset ]\n"

/* "out-no-sa" is out_no_sa in JSON. */
static void print_counter(struct print *p, const char *name, uint64_t value)
{
	char key[32];
	char *c;

	snprintf(key, sizeof(key), "%s", name);
	for (c = key; *c; c++)
		if (*c == '-')
			*c = '_';
	print_number(p, key, name, value);
}

static int show(struct cli *cli, struct args *a)
{
	struct print *p = &cli->print;
	struct gemcast_stats stats;
	unsigned int i;
	int err;

	err = args_end(a) ?: cli_open(cli);
	if (err)
		return err;
	err = gemcast_stats_get(cli->handle, &stats);
	if (err)
		return cli_result(cli, err);
	print_list_begin(p);
	print_object_begin(p);
	for (i = 0; i < ARRAY_SIZE(stats.counter); i++) {
		if (!(stats.present & GEMCAST_BIT(i)))
			continue;
		if (!p->first)
			print_line(p, "");
		print_counter(p, gemcast_stats_name(i), stats.counter[i]);
	}
	print_object_end(p);
	print_list_end(p);
	return CLI_OK;
}

static int reset(struct cli *cli, struct args *a)
{
	int err;

	err = args_end(a) ?: cli_open(cli);
	return err ?: cli_result(cli, gemcast_stats_reset(cli->handle));
}

const struct object stats_object = {
	.name = "stats",
	.help = HELP,
	.commands = {
		{ "show", HELP, show },
		{ "reset", HELP, reset },
	},
};
