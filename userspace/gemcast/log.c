// SPDX-License-Identifier: GPL-2.0-or-later
/* gemcast log: what miked logs */
#include "cli.h"

#define HELP \
"gemcast log { error | warning | notice | info | debug } [ area AREA ]    until the next reload\n" \
"AREA := { ike | group | kernel | control | conf | store | net }          default all\n"

static const char * const level_words[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char * const area_words[] = { "ike", "group", "kernel", "control", "conf", "store",
					   "net", NULL };

static int run(struct cli *cli, struct args *a)
{
	unsigned int level, area;
	bool all = true;
	int err;

	err = args_word(a, "level", level_words, &level);
	if (!err && a->left) {
		all = false;
		err = args_expect(a, "area") ?: args_word(a, "area", area_words, &area);
	}
	err = err ?: args_end(a) ?: cli_open_control(cli);
	if (err)
		return err;
	err = gemcast_control_log_level(cli->control, all ? NULL : area_words[area],
					level_words[level]);
	return cli_control_result(cli, err);
}

const struct object log_object = {
	.name = "log",
	.help = HELP,
	.commands = {
		{ "", HELP, run },
	},
};
