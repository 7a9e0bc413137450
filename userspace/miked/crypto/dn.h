/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Distinguished names: from words, as a configuration has them, and from DER, as
 * ID_DER_ASN1_DN and certificates have them. X509_NAME_cmp() compares two of them as
 * RFC 5280 7.1 has it; those from here it only reads, in several threads if need be.
 */
#ifndef MIKED_CRYPTO_DN_H
#define MIKED_CRYPTO_DN_H

#include <openssl/x509.h>
#include "crypto/crypto.h"

/*
 * In words as RFC 4514 has it, which begins with what stands last in DER:
 * "CN=ks,O=Example,C=DE". Blanks around a part do not count. Types are those that
 * OpenSSL has a name for, and OIDs in numbers; a value in hexadecimal behind # is not
 * understood, and one that its type does not allow is refused. -EINVAL: it is none.
 */
int dn_from_text(const char *text, X509_NAME **dn);

/* A DER Name and nothing behind it. -EINVAL: it is none, or has no parts. */
int dn_from_der(struct chunk der, X509_NAME **dn);

/* @der is the caller's to free. */
int dn_to_der(const X509_NAME *dn, struct secret *der);

#endif
