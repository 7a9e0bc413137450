/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The protection of the Encrypted payload, and of each Encrypted Fragment: AES-GCM
 * with a 16-octet ICV (RFC 5282), or AES-CBC with HMAC-SHA2 over the ciphertext
 * (RFC 7296 3.14, RFC 4868). It works in place on one message,
 *
 *	aad | iv | inner payloads, padding, pad length | icv
 *
 * where aad is all from the IKE header to the last octet of the Encrypted payload's
 * (or fragment's) header. Its lengths are authenticated, so a message is written whole,
 * with padding and with room for iv and icv, before it is sealed; cipher_sizes() tells
 * what that takes.
 */
#ifndef MIKED_CRYPTO_CIPHER_H
#define MIKED_CRYPTO_CIPHER_H

#include "crypto/crypto.h"

/* What was negotiated, or what the policy of a Rekey SA names. */
struct cipher {
	uint16_t encr;		/* ENCR_* */
	uint16_t key_bits;	/* the Key Length attribute: 128 or 256 */
	uint16_t integ;		/* AUTH_*; AUTH_NONE with ENCR_AES_GCM_16 and only with it */
};

/* All in octets. */
struct cipher_sizes {
	size_t encr_key;	/* SK_ei, SK_er, GSK_e: with GCM's 4 octets of salt */
	size_t integ_key;	/* SK_ai, SK_ar, GSK_a: 0 with GCM */
	size_t iv;
	size_t block;		/* what is encrypted is a multiple of it, and not empty */
	size_t icv;
};

/* The keys of one direction, of exactly those sizes. */
struct cipher_keys {
	struct chunk encr;
	struct chunk integ;
};

/* -ENOTSUP if it is none that miked does. */
int cipher_sizes(const struct cipher *cipher, struct cipher_sizes *sizes);

/*
 * Seal the message of @len octets whose first @aad_len are its aad: put iv and icv into
 * it, and encrypt what is between.
 *
 * @counter is GCM's IV: a value that was never used with this key, in this process or
 * another, whatever became of the message (RFC 5282 3.1); CBC does not look at it and
 * takes a random IV.
 */
int cipher_seal(const struct crypto *crypto, const struct cipher *cipher,
		const struct cipher_keys *keys, uint64_t counter, uint8_t *message,
		size_t aad_len, size_t len);

/*
 * Open such a message. @inner are its payloads without the padding, inside @message.
 *
 * -EBADMSG: it is not from who has the keys, or it is too short; @message is then of
 * no use, and nothing of its plaintext is in it. -EPROTO: it is, but its padding
 * makes no sense (RFC 7296 2.21.3: INVALID_SYNTAX).
 */
int cipher_open(const struct crypto *crypto, const struct cipher *cipher,
		const struct cipher_keys *keys, uint8_t *message, size_t aad_len, size_t len,
		struct chunk *inner);

#endif
