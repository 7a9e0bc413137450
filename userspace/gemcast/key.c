// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a key: one line of hexadecimal digits, from a file that nobody else
 * may read or from a descriptor. From here on the process leaves no core dump
 * and cannot be traced; no error text repeats a digit.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli.h"

/* "0x", two digits a byte, "\r\n" */
#define LINE_MAX_SIZE	(2 + 2 * GEMCAST_KEY_MAX + 2)

/* One line, its end left out. */
struct line {
	char text[LINE_MAX_SIZE];
	size_t len;
	bool ended;	/* by a newline, not by the end of the file */
};

static int protect_process(const struct cli *cli)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0))
		return cli_error(cli, "key: cannot forbid a core dump: %s",
				 strerror(errno));
	return CLI_OK;
}

static int check_file(const struct cli *cli, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return cli_error(cli, "key file %s: %s", path, strerror(errno));
	if ((st.st_mode & (S_IRGRP | S_IROTH)) && !cli->force)
		return cli_error(cli, "key file %s: others may read it (mode %04o): chmod 600 it, or use -f",
				 path, st.st_mode & 07777U);
	return CLI_OK;
}

/* Byte by byte: what follows the line is left to the next reader of fd. */
static int read_line(const struct cli *cli, const char *name, int fd,
		     struct line *line)
{
	ssize_t n;
	char c;

	for (;;) {
		n = read(fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cli_error(cli, "key %s: %s", name,
					 strerror(errno));
		line->ended = n && c == '\n';
		if (!n || c == '\n')
			break;
		if (line->len == sizeof(line->text))
			return cli_error(cli, "key %s: longer than any key",
					 name);
		line->text[line->len++] = c;
	}
	if (line->len && line->text[line->len - 1] == '\r')
		line->len--;
	return CLI_OK;
}

static int read_only_line(const struct cli *cli, const char *name, int fd,
			  struct line *line)
{
	char c;
	int err;

	err = read_line(cli, name, fd, line);
	if (!err && line->ended && read(fd, &c, 1) > 0) {
		explicit_bzero(&c, sizeof(c));
		return cli_error(cli, "key %s: more than one line", name);
	}
	return err;
}

static int digit(char c)
{
	if (isdigit((unsigned char)c))
		return c - '0';
	if (isxdigit((unsigned char)c))
		return tolower((unsigned char)c) - 'a' + 10;
	return -1;
}

static int decode(const struct cli *cli, const char *name,
		  const struct line *line, struct key *key)
{
	size_t start = line->len >= 2 && line->text[0] == '0' &&
		       (line->text[1] == 'x' || line->text[1] == 'X') ? 2 : 0;
	size_t i;

	if (line->len == start)
		return cli_error(cli, "key %s: empty", name);
	for (i = start; i < line->len; i++)
		if (digit(line->text[i]) < 0)
			return cli_error(cli, "key %s: column %zu is not a hexadecimal digit",
					 name, i + 1);
	if ((line->len - start) % 2)
		return cli_error(cli, "key %s: an odd number of hexadecimal digits (%zu)",
				 name, line->len - start);
	key->len = (line->len - start) / 2;
	if (key->len != 16 + KEY_SALT && key->len != 32 + KEY_SALT)
		return cli_error(cli, "key %s: %zu bytes; expected 20 (128 bit key, then salt) or 36 (256 bit key, then salt)",
				 name, key->len);
	for (i = 0; i < key->len; i++)
		key->byte[i] = (uint8_t)(digit(line->text[start + 2 * i]) << 4 |
					 digit(line->text[start + 2 * i + 1]));
	return CLI_OK;
}

static int read_file(const struct cli *cli, const char *path, struct line *line)
{
	char name[256];
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return cli_error(cli, "key file %s: %s", path, strerror(errno));
	snprintf(name, sizeof(name), "file %s", path);
	err = check_file(cli, path, fd);
	if (!err)
		err = read_only_line(cli, name, fd, line);
	close(fd);
	return err;
}

/* The key is the caller's to cleanse, whatever the result. */
int key_read(const struct cli *cli, const struct key_source *source,
	     struct key *key)
{
	struct line line = { .len = 0 };
	char name[256];
	int err;

	err = protect_process(cli);
	if (err)
		return err;
	if (source->path) {
		snprintf(name, sizeof(name), "file %s", source->path);
		err = read_file(cli, source->path, &line);
	} else {
		snprintf(name, sizeof(name), "fd %d", source->fd);
		err = read_line(cli, name, source->fd, &line);
	}
	if (!err)
		err = decode(cli, name, &line, key);
	explicit_bzero(&line, sizeof(line));
	return err;
}
