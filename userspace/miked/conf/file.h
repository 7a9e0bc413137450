/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a configuration names: an absolute path, or credential:NAME, one of
 * those that systemd hands to a service (LoadCredential= of systemd.exec(5)).
 */
#ifndef MIKED_CONF_FILE_H
#define MIKED_CONF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a file is. NULL, or why there is no such path. */
const char *conf_file_path(const char *name, char *path, size_t size);

/*
 * Open a file to read. A secret one must be readable by its owner alone, who has to be
 * root or this user. The descriptor, or -1 and *reason: a constant, or in @why.
 */
int conf_file_open(const char *name, bool secret, const char **reason, char *why, size_t size);

/*
 * NULL, or why it could not be opened. A credential is left unchecked where systemd
 * gave none at all: `miked --check` is also run by hand.
 */
const char *conf_file_check(const char *name, bool secret, char *why, size_t size);

/*
 * A secret from its file: one line, its bytes in hexadecimal behind 0x, or else its
 * characters themselves. The length, or -1 and *reason as above. The bytes are the
 * caller's to cleanse; if it failed there are none.
 */
int conf_secret_read(const char *name, uint8_t *secret, size_t max, const char **reason, char *why,
		     size_t size);

#endif
