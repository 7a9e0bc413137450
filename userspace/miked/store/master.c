// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The master key of a store, from its file.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include "base/hex.h"
#include "conf/file.h"
#include "store/store.h"

#define DIGITS	(2 * STORE_MASTER_LEN)

/* As many as there are, or one more than a good file has. */
static ssize_t read_file(int fd, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = read(fd, text + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < size) || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : (ssize_t)len;
}

static bool decode(const char *text, size_t len, uint8_t *master)
{
	size_t i;
	int byte;

	if (len == STORE_MASTER_LEN) {
		memcpy(master, text, STORE_MASTER_LEN);
		return true;
	}
	if (len && text[len - 1] == '\n')
		len--;
	if (len != 2 + DIGITS || text[0] != '0' || text[1] != 'x')
		return false;
	for (i = 0; i < STORE_MASTER_LEN; i++) {
		byte = hex_byte(text + 2 + 2 * i);
		if (byte < 0)
			return false;
		master[i] = (uint8_t)byte;
	}
	return true;
}

int store_master_read(const char *name, struct secret *master, struct reason *why)
{
	char text[DIGITS + 4], buffer[256];
	const char *reason = NULL;
	int err, fd = conf_file_open(name, true, &reason, buffer, sizeof(buffer));
	ssize_t len;

	*master = (struct secret){ 0 };
	if (fd < 0) {
		reason_set(why, "the master key, %s: %s", name, reason);
		return -EINVAL;
	}
	len = read_file(fd, text, sizeof(text));
	close(fd);
	err = secret_new(master, STORE_MASTER_LEN);
	if (!err && (len < 0 || !decode(text, (size_t)len, master->data))) {
		reason_set(why, "the master key, %s: expected %d bytes, or 0x and %d hexadecimal digits",
			   name, STORE_MASTER_LEN, DIGITS);
		secret_free(master);
		err = -EINVAL;
	}
	OPENSSL_cleanse(text, sizeof(text));
	return err;
}
