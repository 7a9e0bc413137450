/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One certificate of an end entity: its key, what it may be used for, and which
 * identities of IKE it stands for (RFC 7296 3.5, RFC 4945 3.1 and 5.1).
 */
#ifndef MIKED_CRYPTO_CERT_H
#define MIKED_CRYPTO_CERT_H

#include <openssl/x509.h>
#include "crypto/key.h"

struct cert {
	X509 *x509;
	struct key key;
};

/*
 * Takes @x509 over, whatever comes of it. -EKEYREJECTED if its key is of no kind that
 * signs, or if it says that it is for other things: a key usage without
 * digitalSignature and nonRepudiation (RFC 4945 5.1.3.2), an extended key usage
 * without ipsecIKE and anyExtendedKeyUsage (RFC 4945 5.1.3.12).
 */
int cert_from_x509(X509 *x509, struct cert *cert, struct reason *why);
void cert_free(struct cert *cert);

/* At @now, in seconds since 1970: not before its time, nor after. */
bool cert_valid(const struct cert *cert, int64_t now, struct reason *why);

/* Its subject, a DER Name, as long as @cert lives: the Identification Data of ID_DER_ASN1_DN. */
struct chunk cert_subject(const struct cert *cert);

/*
 * Does it stand for the identity @id of @type (ID_*)? One of its subjectAltNames must
 * be the very same:
 *
 *	ID_FQDN		a dNSName; the letters of both may be large or small, and
 *			a name with a * stands for nothing
 *	ID_RFC822_ADDR	an rfc822Name; so are the letters after the @
 *	ID_IPV4_ADDR	an iPAddress
 *	ID_IPV6_ADDR
 *	ID_DER_ASN1_DN	the subject, compared as RFC 5280 7.1 has it
 *
 * The subject's common name stands for no other type, and no certificate for ID_KEY_ID.
 */
bool cert_has_id(const struct cert *cert, uint8_t type, struct chunk id, struct reason *why);

/* A subject for humans, as RFC 2253 has it; cut off if it does not fit. */
void cert_name_text(const X509_NAME *name, char *text, size_t size);

/* "2026-11-21 12:00:00 UTC" */
#define CERT_TIME_LEN	32
void cert_time_text(const ASN1_TIME *time, char text[CERT_TIME_LEN]);

#endif
