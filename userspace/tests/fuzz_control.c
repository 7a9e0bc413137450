// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: whatever comes from miked's socket, the command prints it or says
 * what is wrong with it. The first byte says what is asked, and in which form to print.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "cli.h"
#include "fake.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_socket(int domain, int type, int protocol);
int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len);

/* The end that is the command's. */
static int end = -1;

int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	return end;
}

int __wrap_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)fd;
	(void)addr;
	(void)len;
	return 0;
}

/* All that miked will ever say. */
static void say(const uint8_t *data, size_t size)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) ||
	    (size && send(fd[1], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)size))
		abort();
	close(fd[1]);
	end = fd[0];
}

static const char * const asked[][4] = {
	{ "status" }, { "ks", "group" }, { "ks", "member" }, { "leave", "a" },
	{ "ks", "rekey", "group", "a" }, { "status", "a" }, { "ks", "member", "show", "a" },
	{ "join", "a" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cli cli = { .batch = "fuzz" };
	char words[4][8], *argv[5] = { NULL };
	int n, status;

	if (!size || size > 65536)
		return 0;
	fake_reset();
	cli.print.file = fopen("/dev/null", "we");
	cli.print.json = data[0] & 8;
	cli.print.pretty = data[0] & 16;
	cli.statistics = data[0] & 32;
	cli.print.first = true;
	cli.handle = gemcast_new();
	cli.control = gemcast_control_new();
	if (!cli.print.file || !cli.handle || !cli.control)
		abort();
	for (n = 0; n < 4 && asked[data[0] & 7][n]; n++) {
		snprintf(words[n], sizeof(words[n]), "%s", asked[data[0] & 7][n]);
		argv[n] = words[n];
	}
	say(data + 1, size - 1);
	status = cli_run(&cli, n, argv);
	if ((status != CLI_OK && status != CLI_REFUSED) || cli.print.depth)
		abort();
	fclose(cli.print.file);
	gemcast_free(cli.handle);
	gemcast_control_free(cli.control);
	return 0;
}
