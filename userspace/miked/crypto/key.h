/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys that sign and keys that verify. Only kinds that are fit for it become a struct
 * key: ECDSA on P-256, P-384, P-521 by name, Ed25519, RSA of 2048 to 8192 bits
 * (RFC 8247 3.1.1), the last also as id-RSASSA-PSS (RFC 4055 1.2).
 */
#ifndef MIKED_CRYPTO_KEY_H
#define MIKED_CRYPTO_KEY_H

#include <openssl/x509.h>
#include "crypto/scheme.h"

enum key_type { KEY_RSA, KEY_RSA_PSS, KEY_P256, KEY_P384, KEY_P521, KEY_ED25519 };

struct key {
	EVP_PKEY *pkey;
	enum key_type type;
	/* of an id-RSASSA-PSS key with parameters: the only scheme it is for; or NULL */
	const struct scheme *only;
};

/*
 * A private key from a PEM file without a passphrase. Refused if others than the
 * file's owner and group may do anything with it.
 */
int key_load_private(const struct crypto *crypto, const char *path, struct key *key,
		     struct reason *why);

/*
 * A public key from a DER SubjectPublicKeyInfo, the content of AUTH_KEY (RFC 9838
 * 4.5.3.2), which must say its RSASSA-PSS-params if it is an id-RSASSA-PSS key.
 */
int key_from_spki(const struct crypto *crypto, struct chunk spki, struct key *key,
		  struct reason *why);
/* The reverse, for the public half of a private key; @spki is the caller's to free. */
int key_to_spki(const struct key *key, struct secret *spki);

/* A private key as DER (RFC 5208), for a place that keeps secrets; @der is the caller's to free. */
int key_to_der(const struct key *key, struct secret *der);
int key_from_der(const struct crypto *crypto, struct chunk der, struct key *key);

/* A fresh key pair, to sign rekey messages with; not of the RSA types: -ENOTSUP. */
int key_generate(const struct crypto *crypto, enum key_type type, struct key *key);

/* Takes @pkey over, whatever comes of it. */
int key_from_pkey(EVP_PKEY *pkey, struct key *key, struct reason *why);

/* Another hold of the same pair, or public key. */
void key_copy(const struct key *from, struct key *key);
void key_free(struct key *key);

/* Can @key make and verify signatures of @scheme? For AUTH_KEY: RFC 9838 4.5.3.2. */
bool key_fits(const struct key *key, const struct scheme *scheme);

/*
 * The scheme to sign with, among those whose hash is one of the @count that the peer
 * announced (RFC 7427 4): the one with a hash as strong as the key, else the one with
 * the longest. NULL if there is none.
 */
const struct scheme *key_scheme(const struct key *key, const uint16_t *hashes, size_t count);

#endif
