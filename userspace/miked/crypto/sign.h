/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Digital signatures: the Signature Value of RFC 7427 3. Chunks are signed as one
 * string of octets, data[0] | data[1] | ...
 *
 * A signature's length is known before it is made. RFC 9838 2.4.1.1 needs that for
 * GSA_REKEY, since the signature covers length fields that count it. RSA and Ed25519
 * give one length. A DER ECDSA signature is some octets shorter or longer with the top
 * bits of r and s, so sign_exact() signs again until it has the length that is the most
 * likely for the curve, half of all or more: two signatures on average, and after 128
 * that do not fit the random numbers are broken (-EIO). Nothing is given away: r and s
 * are public, and whoever sees ordinary signatures can pick those of one length himself.
 *
 * sign_exact() is for GSA_REKEY, sign() for all else. Verification takes any length.
 */
#ifndef MIKED_CRYPTO_SIGN_H
#define MIKED_CRYPTO_SIGN_H

#include "crypto/key.h"

#define SIGNATURE_MAX_LEN	1024

/* How long the signatures of sign_exact() with @key are. */
size_t sign_exact_len(const struct key *key);

/* sign_exact_len() octets to @out. -EINVAL if @key does not fit @scheme. */
int sign_exact(const struct crypto *crypto, const struct key *key, const struct scheme *scheme,
	       const struct chunk *data, size_t count, uint8_t *out);

/* *@len octets to @out, which has SIGNATURE_MAX_LEN. */
int sign(const struct crypto *crypto, const struct key *key, const struct scheme *scheme,
	 const struct chunk *data, size_t count, uint8_t *out, size_t *len);

/*
 * Is @signature that of @data by the holder of @key, with the algorithm that
 * @identifier names? -ENOTSUP: the algorithm is none that is accepted. -EBADMSG: no.
 */
int verify(const struct crypto *crypto, const struct key *key, struct chunk identifier,
	   const struct chunk *data, size_t count, struct chunk signature, struct reason *why);

/*
 * The same of the ECDSA methods that were there before AlgorithmIdentifiers: @signature
 * is r | s, each as long as the curve's order, and @hash says which curve it is
 * (RFC 4754 7): HASH_SHA2_256 P-256, HASH_SHA2_384 P-384, HASH_SHA2_512 P-521.
 */
int verify_raw(const struct crypto *crypto, const struct key *key, uint16_t hash,
	       const struct chunk *data, size_t count, struct chunk signature,
	       struct reason *why);

#endif
