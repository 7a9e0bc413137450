// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands from a file, one a line, up to the first that fails. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

#define MAX_WORDS	128

/*
 * Cut a line into words, in its place. A word may be quoted, '...' or "...";
 * # begins a comment. The number of words, or -1 and why.
 */
int batch_split(char *line, char **words, int max, const char **error)
{
	char *in = line, *out;
	char quote = '\0';
	int n = 0;

	for (;;) {
		in += strspn(in, " \t\r\n");
		if (!*in || *in == '#')
			return n;
		if (n == max) {
			*error = "too many words";
			return -1;
		}
		out = in;
		words[n++] = out;
		for (; *in && (quote || !strchr(" \t\r\n", *in)); in++) {
			if (*in == quote)
				quote = '\0';
			else if (!quote && (*in == '\'' || *in == '"'))
				quote = *in;
			else
				*out++ = *in;
		}
		if (quote) {
			*error = "a quote has no end";
			return -1;
		}
		if (*in)
			in++;
		*out = '\0';
	}
}

static int run_line(struct cli *cli, char *line)
{
	char *words[MAX_WORDS + 1];
	const char *error;
	int n, err;

	n = batch_split(line, words, MAX_WORDS, &error);
	if (n < 0)
		return cli_error(cli, "%s", error);
	if (!n)
		return CLI_OK;
	words[n] = NULL;
	err = cli_run(cli, n, words);
	return err == CLI_HELP ? CLI_OK : err;
}

static int run_file(struct cli *cli, FILE *file)
{
	char *line = NULL;
	size_t size = 0;
	int err = CLI_OK;

	while (!err && getline(&line, &size, file) >= 0) {
		cli->line++;
		err = run_line(cli, line);
	}
	free(line);
	if (!err && ferror(file))
		err = cli_error(cli, "%s", strerror(errno));
	if (!err && cli->transaction)
		err = cli_error(cli, "the transaction of line %lu has no commit",
				cli->transaction);
	return err;
}

/* `-` is standard input. */
int batch_run(struct cli *cli, const char *path)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "re");
	int err;

	if (!file)
		return cli_error(cli, "%s: %s", path, strerror(errno));
	cli->batch = path;
	err = run_file(cli, file);
	if (!standard)
		fclose(file);
	return err;
}
