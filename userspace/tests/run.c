// SPDX-License-Identifier: GPL-2.0-or-later
/* Running the command in the test itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run.h"

char *run_out;
char *run_err;

void run_end(void)
{
	free(run_out);
	free(run_err);
	run_out = run_err = NULL;
}

int run(const char *words)
{
	FILE *out = stdout, *err = stderr;
	size_t out_len, err_len;
	char *argv[128] = { NULL };
	char *line = strdup(words);
	int argc = 0, status;
	char *save, *word;

	run_end();
	argv[argc++] = (char *)"gemcast";
	for (word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	stdout = open_memstream(&run_out, &out_len);
	stderr = open_memstream(&run_err, &err_len);
	status = gemcast_main(argc, argv);
	fclose(stdout);
	fclose(stderr);
	stdout = out;
	stderr = err;
	free(line);
	return status;
}

int run_input(const char *words, const char *input)
{
	FILE *file = tmpfile(), *in = stdin;
	int saved = dup(STDIN_FILENO);
	int status;

	if (!file || saved < 0)
		abort();
	fputs(input, file);
	rewind(file);
	dup2(fileno(file), STDIN_FILENO);
	stdin = file;
	status = run(words);
	stdin = in;
	dup2(saved, STDIN_FILENO);
	close(saved);
	fclose(file);
	return status;
}
