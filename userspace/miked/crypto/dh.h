/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key exchange methods, @id a KE_*: 14, 15, 16 (RFC 3526), 19, 20, 21 (RFC 5903) and 31
 * (RFC 8031). One struct dh is one key pair for one exchange; an IKE SA may have
 * several exchanges (RFC 9370), each with its own.
 *
 * Public values are in wire form, the Key Exchange Data of the KE payload: MODP
 * groups padded to the modulus (RFC 7296 3.4), ECP groups x | y (RFC 5903 7), and
 * Curve25519's 32 octets as they are (RFC 8031 3.1).
 */
#ifndef MIKED_CRYPTO_DH_H
#define MIKED_CRYPTO_DH_H

#include "crypto/crypto.h"

#define DH_MAX_PUBLIC	512

struct dh {
	uint16_t group;		/* KE_* */
	EVP_PKEY *key;
};

/* Octets of a public value; 0 if the group is unknown. */
size_t dh_public_len(uint16_t id);

/* A fresh key pair. */
int dh_new(const struct crypto *crypto, uint16_t id, struct dh *dh);
void dh_free(struct dh *dh);

/* dh_public_len() octets to @out. */
int dh_public(const struct dh *dh, uint8_t *out);

/*
 * The shared secret g^ir with the peer's public value: for MODP groups as long as the
 * modulus (RFC 7296 2.14), for ECP groups x alone (RFC 5903 7), for Curve25519 32
 * octets. @secret is the caller's to free.
 *
 * -EINVAL, and the peer is not to be talked to, if its value has not the group's
 * length, is not in 2..p-2 (RFC 6989 2.1), is no point on the curve with coordinates
 * below p (RFC 6989 2.3), or gives the all-zero secret of a small-order point
 * (RFC 7748 6.1). On Curve25519 the top bit is ignored and values above p are taken,
 * as RFC 8031 3.2 demands.
 */
int dh_shared(const struct crypto *crypto, const struct dh *dh, struct chunk peer,
	      struct secret *secret);

#endif
