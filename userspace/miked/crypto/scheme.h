/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signature schemes, and the DER AlgorithmIdentifiers that name them in AUTH payloads
 * (RFC 7427 3, RFC 8420) and in G-IKEv2's GCAUTH transform (RFC 9838 4.4.2.1.1). What
 * is in this table is what miked signs with and accepts: nothing with SHA-1, no DSA,
 * no RSASSA-PKCS1-v1_5 (RFC 8247 3.2).
 */
#ifndef MIKED_CRYPTO_SCHEME_H
#define MIKED_CRYPTO_SCHEME_H

#include "crypto/crypto.h"

enum scheme_kind { SCHEME_ECDSA, SCHEME_PSS, SCHEME_ED25519 };

struct scheme {
	const char *name;
	enum scheme_kind kind;
	uint16_t hash;			/* HASH_*, as SIGNATURE_HASH_ALGORITHMS has it */
	const char *digest;		/* OpenSSL's name of it; NULL: Identity */
	uint8_t salt_len;		/* of RSASSA-PSS: as long as the hash (RFC 4055 3.1) */
	/*
	 * As miked sends it: ECDSA and Ed25519 as in RFC 7427 A.3 and RFC 8420 A.1.
	 * RSASSA-PSS without the trailerField that RFC 7427 A.4.3 shows, since RFC 4055
	 * 3.1 wants it left out by who signs, and RFC 7427 A gives it the last word.
	 */
	struct chunk identifier;
};

/*
 * The scheme that an AlgorithmIdentifier names; NULL if it is none of miked's. For
 * RSASSA-PSS each form that RFC 4055 2.1 and 3.1 let a signer choose is understood:
 * with and without trailerField, and with NULL or no parameters of a hash.
 */
const struct scheme *scheme_of(struct chunk identifier);

/* One after the other, longer hashes later; NULL after the last. */
const struct scheme *scheme_at(size_t index);

/* What to announce in SIGNATURE_HASH_ALGORITHMS (RFC 7427 4, RFC 8420 2). */
extern const uint16_t scheme_hashes[4];

#endif
