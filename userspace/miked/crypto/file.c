// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of keys and certificates.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "crypto/file.h"

static int refuse(struct reason *why, const char *path, int err)
{
	reason_set(why, "%s: %s", path, strerror(-err));
	return err;
}

static int check(int fd, const char *path, bool keep_secret, size_t *size, struct reason *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, path, -errno);
	if (!S_ISREG(st.st_mode)) {
		reason_set(why, "%s is not a regular file", path);
		return -EINVAL;
	}
	if (keep_secret && (st.st_mode & S_IRWXO)) {
		reason_set(why, "%s is open to others (mode %04o): chmod o= it", path,
			   (unsigned int)(st.st_mode & 07777));
		return -EPERM;
	}
	if (st.st_size <= 0 || st.st_size > FILE_MAX_LEN) {
		reason_set(why, "%s has %lld bytes, not 1 to %d", path, (long long)st.st_size,
			   FILE_MAX_LEN);
		return -EINVAL;
	}
	*size = (size_t)st.st_size;
	return 0;
}

/* A file that shrinks while it is read has nothing in it that is worth having. */
static int fill(int fd, struct secret *content)
{
	size_t at = 0;

	while (at < content->len) {
		ssize_t got = read(fd, content->data + at, content->len - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += (size_t)got;
	}
	return 0;
}

static int read_open(int fd, const char *path, bool keep_secret, struct secret *content,
		     struct reason *why)
{
	size_t size = 0;
	int err;

	err = check(fd, path, keep_secret, &size, why);
	if (err)
		return err;
	err = secret_new(content, size);
	if (!err)
		err = fill(fd, content);
	if (err) {
		secret_free(content);
		return refuse(why, path, err);
	}
	return 0;
}

int file_read(const char *path, bool keep_secret, struct secret *content, struct reason *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err;

	*content = (struct secret){ 0 };
	if (fd < 0)
		return refuse(why, path, -errno);
	err = read_open(fd, path, keep_secret, content, why);
	close(fd);
	return err;
}
