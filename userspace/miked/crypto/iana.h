/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers of IANA's "IKEv2 Parameters" that miked's crypto knows. What is not
 * here is not supported, and by RFC 8247 most of it must not be.
 */
#ifndef MIKED_CRYPTO_IANA_H
#define MIKED_CRYPTO_IANA_H

/* Transform Type 1: encryption algorithms */
enum {
	ENCR_AES_CBC			= 12,
	ENCR_AES_GCM_16			= 20,
};

/* Transform Type 2: pseudorandom functions */
enum {
	PRF_HMAC_SHA2_256		= 5,
	PRF_HMAC_SHA2_384		= 6,
	PRF_HMAC_SHA2_512		= 7,
};

/* Transform Type 3: integrity algorithms */
enum {
	AUTH_NONE			= 0,
	AUTH_HMAC_SHA2_256_128		= 12,
	AUTH_HMAC_SHA2_384_192		= 13,
	AUTH_HMAC_SHA2_512_256		= 14,
};

/* Transform Type 4: key exchange methods */
enum {
	KE_MODP_2048			= 14,	/* RFC 3526 3 */
	KE_MODP_3072			= 15,	/* RFC 3526 4 */
	KE_MODP_4096			= 16,	/* RFC 3526 5 */
	KE_ECP_256			= 19,	/* RFC 5903 3.1 */
	KE_ECP_384			= 20,	/* RFC 5903 3.2 */
	KE_ECP_521			= 21,	/* RFC 5903 3.3 */
	KE_CURVE25519			= 31,	/* RFC 8031 */
};

/* Transform Type 13: key wrap algorithms (RFC 9838 4.4.2.1.2) */
enum {
	KW_5649_128			= 1,
	KW_5649_192			= 2,
	KW_5649_256			= 3,
};

/* Hash algorithms of SIGNATURE_HASH_ALGORITHMS (RFC 7427 7, RFC 8420 4) */
enum {
	HASH_SHA2_256			= 2,
	HASH_SHA2_384			= 3,
	HASH_SHA2_512			= 4,
	HASH_IDENTITY			= 5,
};

/* Identification payload: ID types (RFC 7296 3.5) */
enum {
	ID_IPV4_ADDR			= 1,
	ID_FQDN				= 2,
	ID_RFC822_ADDR			= 3,
	ID_IPV6_ADDR			= 5,
	ID_DER_ASN1_DN			= 9,
	ID_KEY_ID			= 11,
};

/* Certificate payload: encodings (RFC 7296 3.6) */
enum {
	CERT_X509_SIGNATURE		= 4,
};

#endif
