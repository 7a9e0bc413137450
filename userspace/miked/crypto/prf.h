/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pseudorandom functions of IKEv2: HMAC with SHA-2, not truncated (RFC 4868 2.4),
 * and prf+ built upon them (RFC 7296 2.13). @id is a PRF_*.
 */
#ifndef MIKED_CRYPTO_PRF_H
#define MIKED_CRYPTO_PRF_H

#include "crypto/crypto.h"

#define PRF_MAX_LEN	64

/* Bytes of output, which for HMAC is the preferred key length too; 0 if unknown. */
size_t prf_len(uint16_t id);

/*
 * prf(@key, data[0] | data[1] | ...): prf_len() bytes to @out. Keys of any length but
 * zero, which is nobody's secret: -EINVAL.
 */
int prf(const struct crypto *crypto, uint16_t id, struct chunk key, const struct chunk *data,
	size_t count, uint8_t *out);

/*
 * The first @len bytes of prf+(@key, seed[0] | seed[1] | ...) to @out, which no chunk
 * may overlap. -EINVAL above 255 times prf_len(), where prf+ ends.
 */
int prf_plus(const struct crypto *crypto, uint16_t id, struct chunk key,
	     const struct chunk *seed, size_t count, uint8_t *out, size_t len);

#endif
