/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A PKI for tests, made when they run: keys, certificates and CRLs, in memory and in
 * files. It is PKI_NOW in it: whoever checks it says so. What cannot be made aborts.
 */
#ifndef MIKED_TESTS_PKI_H
#define MIKED_TESTS_PKI_H

#include <stdint.h>
#include <openssl/x509.h>
#include "base/secret.h"

#define PKI_NOW		INT64_C(1800000000)	/* 2027-01-15 08:00:00 UTC */
#define PKI_HOUR	INT64_C(3600)
#define PKI_YEAR	(INT64_C(365) * 24 * PKI_HOUR)

struct pki_cert {
	X509 *x509;
	EVP_PKEY *key;
};

/* What a certificate is to be like; all zeros: that of an end entity. */
struct pki_spec {
	const char *cn;		/* O=gemcast tests, CN= this; NULL: no subject */
	const char *alt;	/* subjectAltName: "DNS:ks.example,IP:192.0.2.1" */
	const char *key;	/* "P-256" if NULL; "P-384", "ED25519", "RSA:2048", "RSA-PSS:2048" */
	bool ca;
	int64_t from, until;	/* PKI_NOW an hour ago, and in a year, if 0 */
	const char *constraints;	/* nameConstraints: "permitted;DNS:example" */
	const char *basic;	/* basicConstraints, instead of what ca says; "" : none */
	const char *usage;	/* keyUsage, instead of what ca says; "": none */
	const char *extended;	/* extendedKeyUsage */
	const char *digest;	/* "SHA256" if NULL */
};

/* Signed by @issuer; by itself if that is NULL. */
struct pki_cert pki_make(const struct pki_spec *spec, const struct pki_cert *issuer);
void pki_free(struct pki_cert *cert);
/* A key as in struct pki_spec. */
EVP_PKEY *pki_key(const char *type);

/* A CRL of @issuer that names @revoked, if not NULL, since an hour ago. */
X509_CRL *pki_crl(const struct pki_cert *issuer, const struct pki_cert *revoked, int64_t from,
		  int64_t until);

/* What is on the wire; the caller's to free. */
struct secret pki_der(const struct pki_cert *cert);

/*
 * Files, in a directory that is made for this process and removed with them by
 * pki_cleanup(). Each returns its path, valid until then. A file of a name that there
 * is already is replaced.
 */
const char *pki_key_file(const char *name, const EVP_PKEY *key);
/* @certs one after the other, up to NULL */
const char *pki_cert_file(const char *name, const struct pki_cert *const *certs);
const char *pki_crl_file(const char *name, X509_CRL *const *crls);
const char *pki_text_file(const char *name, const char *text);
void pki_cleanup(void);

#endif
