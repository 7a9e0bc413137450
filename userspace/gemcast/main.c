// SPDX-License-Identifier: GPL-2.0-or-later
/* The gemcast command: its options, and which object a command is about. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

#define NETNS_DIR "/run/netns"

static const char help[] =
"gemcast [ -j[son] ] [ -p[retty] ] [ -s[tatistics] ] [ -n[etns] NAME ] [ -b[atch] FILE ] [ -f[orce] ] [ -c[ontrol] PATH ] [ -V ]\n"
"        OBJECT { COMMAND | help }\n"
"OBJECT := { group | policy | sa | sender | peer | monitor | stats }         the kernel's\n"
"        | { join | leave | status | ks | log }                             miked's\n";

static const struct object * const objects[] = {
	&group_object, &policy_object, &sa_object, &sender_object,
	&peer_object, &monitor_object, &stats_object, &join_object,
	&leave_object, &status_object, &ks_object, &log_object,
};

/* Say what is wrong, in a batch where; CLI_USAGE. */
int cli_error(const struct cli *cli, const char *format, ...)
{
	va_list ap;

	fflush(cli->print.file);
	if (cli->batch)
		fprintf(stderr, "%s:%lu: ", cli->batch, cli->line);
	else
		fputs("gemcast: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return CLI_USAGE;
}

/* Say why a system call failed through no fault of the user's; CLI_REFUSED. */
int cli_failed(const struct cli *cli, const char *call)
{
	cli_error(cli, "%s: %s", call, strerror(errno));
	return CLI_REFUSED;
}

/* What a call of the library ended with, its reason said. */
int cli_result(const struct cli *cli, int err)
{
	const char *text = gemcast_error(cli->handle);

	if (err < 0)
		cli_error(cli, "%s", text[0] ? text : strerror(-err));
	else if (text[0])
		cli_error(cli, "warning: %s", text);
	return err < 0 ? CLI_REFUSED : CLI_OK;
}

/* Open the handle, once: a batch has one for all its lines. */
int cli_open(struct cli *cli)
{
	int err = 0;

	if (!cli->open)
		err = gemcast_open(cli->handle);
	cli->open = !err;
	return err ? cli_result(cli, err) : CLI_OK;
}

/* Connect to miked, once: a batch has one connection for all its lines. */
int cli_open_control(struct cli *cli)
{
	int err = 0;

	if (!cli->control_open)
		err = gemcast_control_open(cli->control, cli->control_path);
	cli->control_open = !err;
	return err ? cli_control_result(cli, err) : CLI_OK;
}

/* What a call to miked ended with, its reason said. */
int cli_control_result(struct cli *cli, int err)
{
	const char *text = gemcast_control_error(cli->control);

	if (!err)
		return CLI_OK;
	cli_error(cli, "%s", text[0] ? text : strerror(-err));
	return CLI_REFUSED;
}

static int find_object(struct args *a, const struct object **found)
{
	const char *names[ARRAY_SIZE(objects) + 1] = { NULL };
	unsigned int i, index = 0;
	int err;

	for (i = 0; i < ARRAY_SIZE(objects); i++)
		names[i] = objects[i]->name;
	err = args_word(a, "OBJECT", names, &index);
	*found = objects[index];
	return err;
}

/* The command that the next word names, if the object's have names. */
static int find_command(struct args *a, const struct object *object,
			const struct command **found)
{
	const char *names[MAX_COMMANDS + 1] = { NULL };
	unsigned int i, index = 0;
	int err = CLI_OK;

	for (i = 0; i < MAX_COMMANDS; i++)
		names[i] = object->commands[i].name;
	if (a->left && names[0][0] && !args_default(a, names[0]))
		err = args_word(a, "COMMAND", names, &index);
	*found = &object->commands[index];
	return err;
}

/* One command, as the command line or a line of a batch has it. */
int cli_run(struct cli *cli, int argc, char **argv)
{
	struct args a = {
		.cli = cli,
		.next = argv,
		.left = argc,
		.where = "",
		.help = help,
	};
	const struct command *command;
	const struct object *object;
	char where[32];
	int err;

	err = find_object(&a, &object);
	if (err == CLI_USAGE && !cli->batch)
		fputs(help, stderr);
	if (err)
		return err;
	a.where = object->name;
	a.help = object->help;
	err = find_command(&a, object, &command);
	if (err)
		return err;
	snprintf(where, sizeof(where), "%s%s%s", object->name,
		 command->name[0] ? " " : "", command->name);
	a.where = where;
	a.help = command->help;
	return command->run(cli, &a);
}

/* Go into the network namespace that `ip netns` calls so. */
static int enter_netns(const struct cli *cli, const char *name)
{
	char path[128];
	int fd, err;

	if (!*name || strchr(name, '/') || !strcmp(name, ".") ||
	    !strcmp(name, "..") || strlen(name) > 100)
		return cli_error(cli, "netns \"%s\": not a name", name);
	snprintf(path, sizeof(path), "%s/%s", NETNS_DIR, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cli_error(cli, "netns \"%s\": %s", name,
				 strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? cli_failed(cli, path) : CLI_OK;
	close(fd);
	return err;
}

enum {
	OPTION_JSON, OPTION_PRETTY, OPTION_STATISTICS, OPTION_NETNS,
	OPTION_BATCH, OPTION_FORCE, OPTION_CONTROL, OPTION_VERSION, OPTION_HELP,
};

static const char * const option_words[] = {
	"json", "pretty", "statistics", "netns", "batch", "force", "control",
	"Version", "help", NULL
};

static int option_with_value(struct cli *cli, unsigned int option,
			     const char *value, const char **batch)
{
	if (!value)
		return cli_error(cli, "-%s: its value is missing",
				 option_words[option]);
	if (option == OPTION_NETNS)
		return enter_netns(cli, value);
	if (option == OPTION_CONTROL)
		cli->control_path = value;
	else
		*batch = value;
	return CLI_OK;
}

static int option_alone(struct cli *cli, unsigned int option)
{
	switch (option) {
	case OPTION_JSON:
		cli->print.json = true;
		return CLI_OK;
	case OPTION_PRETTY:
		cli->print.pretty = true;
		return CLI_OK;
	case OPTION_STATISTICS:
		cli->statistics = true;
		return CLI_OK;
	case OPTION_FORCE:
		cli->force = true;
		return CLI_OK;
	case OPTION_VERSION:
		puts("gemcast " VERSION);
		return CLI_HELP;
	default:
		fputs(help, stdout);
		return CLI_HELP;
	}
}

/* Read the options; *words is left at the object. */
static int read_options(struct cli *cli, char ***words, const char **batch)
{
	struct args a = { .cli = cli, .where = "", .help = help };
	unsigned int option;
	char *word;
	int err = CLI_OK;

	for (; !err && **words && ***words == '-'; (*words)++) {
		word = **words + ((**words)[1] == '-' ? 2 : 1);
		a.next = &word;
		a.left = 1;
		err = args_word(&a, "option", option_words, &option);
		if (err)
			break;
		if (option == OPTION_NETNS || option == OPTION_BATCH ||
		    option == OPTION_CONTROL)
			err = option_with_value(cli, option, *++*words, batch);
		else
			err = option_alone(cli, option);
	}
	return err;
}

static int run(struct cli *cli, char **argv)
{
	const char *batch = NULL;
	char **words = argv + 1;
	int argc = 0;
	int err;

	err = read_options(cli, &words, &batch);
	if (err)
		return err;
	if (batch && *words)
		return cli_error(cli, "a batch and a command: one of them");
	if (batch)
		return batch_run(cli, batch);
	while (words[argc])
		argc++;
	return cli_run(cli, argc, words);
}

int main(int argc, char **argv)
{
	struct cli cli = { .print = { .file = stdout, .first = true } };
	int err;

	(void)argc;
	cli.handle = gemcast_new();
	cli.control = gemcast_control_new();
	if (cli.handle && cli.control) {
		err = run(&cli, argv);
	} else {
		fputs("gemcast: no memory\n", stderr);
		err = CLI_REFUSED;
	}
	gemcast_free(cli.handle);
	gemcast_control_free(cli.control);
	cli.batch = NULL;
	if (err != CLI_REFUSED && (fflush(stdout) || ferror(stdout)))
		err = cli_failed(&cli, "write");
	return err == CLI_HELP ? CLI_OK : err;
}
