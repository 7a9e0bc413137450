/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of crypto/ share among themselves.
 */
#ifndef MIKED_CRYPTO_INTERNAL_H
#define MIKED_CRYPTO_INTERNAL_H

#include "crypto/crypto.h"

#define HASH_MAX_LEN	64

/*
 * OpenSSL refused something: -ENOMEM if it wanted for memory, else @otherwise. Its
 * error queue is empty afterwards.
 */
int crypto_error(int otherwise);

/* @name could not be fetched: the error for it, and the words. */
int crypto_missing(struct reason *why, const char *name);

/* Bytes of output, and of a key that fits. */
size_t hash_len(enum crypto_hash hash);

/* HMAC (RFC 2104) over @count chunks, with OpenSSL's key schedule done once. */
EVP_MAC_CTX *hmac_new(const struct crypto *crypto, enum crypto_hash hash, struct chunk key);
/* hash_len() bytes to @out; @mac can be used again with the same key. */
int hmac_once(EVP_MAC_CTX *mac, const struct chunk *data, size_t count, uint8_t *out);
/* Both at once. */
int hmac(const struct crypto *crypto, enum crypto_hash hash, struct chunk key,
	 const struct chunk *data, size_t count, uint8_t *out);

/* The parameters of each group, for crypto_init(). */
int dh_init(struct crypto *crypto, struct reason *why);

#endif
