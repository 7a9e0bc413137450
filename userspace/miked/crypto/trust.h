/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom to trust: CAs and CRLs from PEM files, and the check of a peer's certificates
 * against them (RFC 5280 6). Every CA that is configured is an anchor, whoever signed
 * it. Built once, then only read; a change of the files makes a new one.
 */
#ifndef MIKED_CRYPTO_TRUST_H
#define MIKED_CRYPTO_TRUST_H

#include "crypto/cert.h"

/* Certificates from one peer. */
#define TRUST_MAX_CERTS	16

struct trust {
	const struct crypto *crypto;
	X509_STORE *store;
	uint8_t *ca_hashes;
	size_t ca_hashes_len;
	/* without a CRL of its issuer at hand, a certificate is refused */
	bool crl_required;
};

/* Nobody yet. @crypto must live longer. */
int trust_new(const struct crypto *crypto, bool crl_required, struct trust *trust);
/* All of a file. After an error @trust is only to be freed. */
int trust_add_cas(struct trust *trust, const char *path, struct reason *why);
int trust_add_crls(struct trust *trust, const char *path, struct reason *why);
void trust_free(struct trust *trust);

/*
 * The content of a CERTREQ of encoding CERT_X509_SIGNATURE: the SHA-1 of each CA's
 * SubjectPublicKeyInfo, one after the other (RFC 7296 3.7). As long as @trust lives.
 */
struct chunk trust_ca_hashes(const struct trust *trust);

/*
 * Check the DER certificates of a peer, its own first, the others in any order
 * (RFC 7296 3.6), at @now in seconds since 1970: path to a CA, signatures (RSA of 2048
 * bits or more, no SHA-1), validity, CA and key usage bits, name constraints, CRLs. A
 * CRL that is there must be of its time, required or not.
 *
 * 0, and @leaf is the caller's to free. -EKEYREJECTED: not to be trusted.
 *
 * Whether @leaf is who the peer says it is, is cert_has_id()'s.
 */
int trust_verify(const struct trust *trust, const struct chunk *certs, size_t count,
		 int64_t now, struct cert *leaf, struct reason *why);

#endif
