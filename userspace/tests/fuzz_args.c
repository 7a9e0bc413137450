// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: whatever a batch holds, each line ends with a status, and
 * what is read as a command is not beyond its line. No file is opened and no
 * descriptor read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include "cli.h"
#include "fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *buf, size_t size);
ssize_t __real_read(int fd, void *buf, size_t size);

int __wrap_open(const char *path, int flags, ...)
{
	(void)path;
	(void)flags;
	errno = ENOENT;
	return -1;
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	static const char key[] = "0x000102030405060708090a0b0c0d0e0f01020304\n";
	static size_t at;

	/* Keys are read byte by byte, nothing else is. */
	if (size != 1)
		return __real_read(fd, buf, size);
	if (fd > 5)
		return 0;
	*(char *)buf = key[at++ % (sizeof(key) - 1)];
	return 1;
}

static void run_line(struct cli *cli, char *line)
{
	char *words[32 + 1];
	const char *error;
	int n, status;

	n = batch_split(line, words, 32, &error);
	if (n <= 0)
		return;
	words[n] = NULL;
	status = cli_run(cli, n, words);
	if (status < CLI_OK || status > CLI_HELP || cli->print.depth)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text, *line, *save;
	struct cli cli = { 0 };

	if (!size || size > 4096)
		return 0;
	fake_reset();
	fake_serve();
	fake_end_by_signal();
	cli.print.file = fopen("/dev/null", "we");
	cli.print.json = data[0] & 1;
	cli.print.pretty = data[0] & 2;
	cli.statistics = data[0] & 4;
	cli.print.first = true;
	cli.batch = "fuzz";
	cli.handle = gemcast_new();
	/* No miked runs. */
	cli.control = gemcast_control_new();
	cli.control_path = "/nonexistent/miked.sock";
	text = strndup((const char *)data + 1, size - 1);
	if (!cli.print.file || !cli.handle || !cli.control || !text)
		abort();
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		cli.line++;
		run_line(&cli, line);
	}
	free(text);
	fclose(cli.print.file);
	gemcast_free(cli.handle);
	gemcast_control_free(cli.control);
	return 0;
}
