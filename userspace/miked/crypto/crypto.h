/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * OpenSSL, as miked uses it: every algorithm is looked up once, at the start, and
 * kept in a struct crypto that all of crypto/ is handed. There is no other state.
 *
 * Of all functions in crypto/:
 *
 * Errors are negative errno values: -ENOTSUP an algorithm that miked does not do,
 * -EINVAL lengths or values that do not fit it, -EBADMSG what does not authenticate,
 * -EKEYREJECTED a key or certificate that is not to be used, -ENOMEM, and -EIO for
 * what OpenSSL could not do besides. OpenSSL does not always say that it was for want
 * of memory: then it is one of the others. An error leaves nothing in the outputs that
 * the caller has to free.
 *
 * Threads: with a struct crypto that no one changes any more, every function that
 * takes it as const may run in several threads at once, as long as what they write
 * to is not shared; so may those that take a struct key, struct trust or struct
 * credential as const. Functions that make or free one of them may not run beside
 * others that use the same one.
 */
#ifndef MIKED_CRYPTO_CRYPTO_H
#define MIKED_CRYPTO_CRYPTO_H

#include <openssl/evp.h>
#include "base/secret.h"
#include "base/iana.h"
#include "crypto/reason.h"

enum crypto_hash { SHA2_256, SHA2_384, SHA2_512, CRYPTO_HASHES };
enum crypto_aes {
	GCM_128, GCM_256, CBC_128, CBC_256, WRAP_128, WRAP_192, WRAP_256, CRYPTO_AES
};

#define CRYPTO_GROUPS	7

struct crypto {
	OSSL_LIB_CTX *lib;			/* the caller's; NULL: OpenSSL's default */
	EVP_MAC_CTX *hmac[CRYPTO_HASHES];	/* to be duplicated and keyed */
	EVP_CIPHER *aes[CRYPTO_AES];
	EVP_PKEY *group[CRYPTO_GROUPS];		/* parameters, in the order of crypto/dh.c */
	EVP_MD *sha1;				/* for CERTREQ and NATs alone (RFC 7296 3.7, 2.23) */
};

/*
 * Look up all algorithms in @lib, which must live longer than @crypto. @why says
 * which one is missing.
 */
int crypto_init(struct crypto *crypto, OSSL_LIB_CTX *lib, struct reason *why);
/* After a crypto_init() that failed too. */
void crypto_free(struct crypto *crypto);

/* @len random bytes, good enough for keys. */
int crypto_random(const struct crypto *crypto, uint8_t *out, size_t len);

#endif
