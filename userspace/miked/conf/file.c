// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The files that a configuration names, and secrets from them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "base/hex.h"
#include "conf/file.h"

#define LINE_MAX_SIZE	4096

static const char credential[] = "credential:";

static bool is_credential(const char *name)
{
	return !strncmp(name, credential, strlen(credential));
}

const char *conf_file_path(const char *name, char *path, size_t size)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	int n;

	if (!is_credential(name)) {
		n = snprintf(path, size, "%s", name);
	} else {
		if (!dir)
			return "systemd gave no credentials ($CREDENTIALS_DIRECTORY)";
		n = snprintf(path, size, "%s/%s", dir, name + strlen(credential));
	}
	return n < 0 || (size_t)n >= size ? "the path is too long" : NULL;
}

/* @others: the bits of the mode that no secret may have. */
static const char *guarded(int fd, bool secret, mode_t others, char *why, size_t size)
{
	struct stat st;

	if (fstat(fd, &st))
		return "cannot be looked at";
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (secret && (st.st_mode & others)) {
		snprintf(why, size, "others may read or write it (mode %04o): chmod 600 it",
			 st.st_mode & 07777U);
		return why;
	}
	if (secret && st.st_uid && st.st_uid != geteuid()) {
		snprintf(why, size, "it belongs to another user (%u): chown it", st.st_uid);
		return why;
	}
	return NULL;
}

int conf_file_open(const char *name, bool secret, const char **reason, char *why, size_t size)
{
	char path[512];
	int fd;

	*reason = conf_file_path(name, path, sizeof(path));
	if (*reason)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		snprintf(why, size, "%s", strerror(errno));
		*reason = why;
		return -1;
	}
	/* systemd gives the user the right to read by an ACL, whose mask is the group's bits. */
	*reason = guarded(fd, secret, is_credential(name) ? S_IRWXO : S_IRWXG | S_IRWXO, why, size);
	if (!*reason)
		return fd;
	close(fd);
	return -1;
}

const char *conf_file_check(const char *name, bool secret, char *why, size_t size)
{
	const char *reason;
	int fd;

	if (is_credential(name) && !getenv("CREDENTIALS_DIRECTORY"))
		return NULL;
	fd = conf_file_open(name, secret, &reason, why, size);
	if (fd < 0)
		return reason;
	close(fd);
	return NULL;
}

/* The first line, without its end; -1 if it is not the only one. */
static int read_line(int fd, char *line, const char **reason)
{
	size_t len = 0, end;
	ssize_t n;

	do {
		n = read(fd, line + len, LINE_MAX_SIZE - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 && len < LINE_MAX_SIZE);
	if (n < 0 || len == LINE_MAX_SIZE) {
		*reason = n < 0 ? "cannot be read" : "too long";
		return -1;
	}
	for (end = 0; end < len && line[end] != '\n';)
		end++;
	if (len > end + 1) {
		*reason = "more than one line";
		return -1;
	}
	if (end && line[end - 1] == '\r')
		end--;
	return (int)end;
}

/* NULL, or what is wrong; no text has a byte of it. */
static const char *decode_hex(const char *digits, size_t len, uint8_t *secret, size_t max, int *n)
{
	size_t i;
	int byte;

	if (!len)
		return "empty";
	if (len % 2)
		return "an odd number of hexadecimal digits";
	if (len / 2 > max)
		return "too long";
	for (i = 0; i < len; i += 2) {
		byte = hex_byte(digits + i);
		if (byte < 0)
			return "not all hexadecimal digits";
		secret[i / 2] = (uint8_t)byte;
	}
	*n = (int)(len / 2);
	return NULL;
}

static const char *decode(const char *line, size_t len, uint8_t *secret, size_t max, int *n)
{
	if (len >= 2 && line[0] == '0' && (line[1] == 'x' || line[1] == 'X'))
		return decode_hex(line + 2, len - 2, secret, max, n);
	if (!len)
		return "empty";
	if (len > max)
		return "too long";
	memcpy(secret, line, len);
	*n = (int)len;
	return NULL;
}

int conf_secret_read(const char *name, uint8_t *secret, size_t max, const char **reason, char *why,
		     size_t size)
{
	int fd = conf_file_open(name, true, reason, why, size);
	char line[LINE_MAX_SIZE];
	int len, n = -1;

	if (fd < 0)
		return -1;
	len = read_line(fd, line, reason);
	close(fd);
	if (len >= 0)
		*reason = decode(line, (size_t)len, secret, max, &n);
	OPENSSL_cleanse(line, sizeof(line));
	if (n < 0)
		OPENSSL_cleanse(secret, max);
	return n;
}
