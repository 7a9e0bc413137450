/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of keys and certificates, read whole.
 */
#ifndef MIKED_CRYPTO_FILE_H
#define MIKED_CRYPTO_FILE_H

#include "crypto/crypto.h"

/* CRLs grow large; nothing else comes near it. */
#define FILE_MAX_LEN	(64 * 1024 * 1024)

/*
 * The content of a regular file of 1 to FILE_MAX_LEN bytes, the caller's to free. With
 * @keep_secret, -EPERM if others than its owner and group have any right to it.
 */
int file_read(const char *path, bool keep_secret, struct secret *content, struct reason *why);

#endif
