/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What miked itself authenticates with: a private key and the certificates to send
 * with it.
 */
#ifndef MIKED_CRYPTO_CREDENTIAL_H
#define MIKED_CRYPTO_CREDENTIAL_H

#include "crypto/cert.h"

#define CREDENTIAL_MAX_CERTS	8

struct credential {
	struct key key;			/* the private one */
	struct cert leaf;		/* certs[0], taken apart */
	struct secret certs[CREDENTIAL_MAX_CERTS];
	size_t n_certs;			/* the content of CERT payloads, CERT_X509_SIGNATURE */
};

/*
 * From two PEM files: the key (key_load_private()), and its certificate with, after
 * it, those of the CAs between it and the anchor.
 */
int credential_load(const struct crypto *crypto, const char *key_path, const char *cert_path,
		    struct credential *credential, struct reason *why);
void credential_free(struct credential *credential);

#endif
