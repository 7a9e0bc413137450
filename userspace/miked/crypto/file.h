/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of keys, certificates and CRLs, read whole.
 */
#ifndef MIKED_CRYPTO_FILE_H
#define MIKED_CRYPTO_FILE_H

#include <openssl/x509.h>
#include "crypto/crypto.h"

/* CRLs grow large; nothing else comes near it. */
#define FILE_MAX_LEN	64000000

/*
 * The content of a regular file of 1 to FILE_MAX_LEN bytes, the caller's to free. With
 * @keep_secret, -EPERM if others than its owner and group have any right to it.
 */
int file_read(const char *path, bool keep_secret, struct secret *content, struct reason *why);

/* All certificates of a PEM file, at least one; the caller's to free. */
int file_certs(const struct crypto *crypto, const char *path, STACK_OF(X509) **certs,
	       struct reason *why);

/* The same for CRLs. */
int file_crls(const struct crypto *crypto, const char *path, STACK_OF(X509_CRL) **crls,
	      struct reason *why);

#endif
