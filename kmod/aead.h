/* SPDX-License-Identifier: GPL-2.0 */
/* AES-GCM and AES-GMAC for ESP (RFC 4106, RFC 4543), one packet at a time. */
#ifndef GEMCAST_AEAD_H
#define GEMCAST_AEAD_H

#include <crypto/aead.h>

#define GEMCAST_AEAD_GCM_NAME	"rfc4106(gcm(aes))"
#define GEMCAST_AEAD_GMAC_NAME	"rfc4543(gcm(aes))"
#define GEMCAST_SALT_LEN	4
#define GEMCAST_ICV_MAX		16

enum gemcast_aead_alg {
	GEMCAST_AEAD_GCM,
	GEMCAST_AEAD_GMAC,		/* integrity only */
	GEMCAST_AEAD_ALGS
};

struct gemcast_aead {
	struct crypto_aead *fast;	/* needs crypto_simd_usable(); or NULL */
	struct crypto_aead *tfm;	/* synchronous, any context */
	u8 icv;				/* bytes */
	u8 key_len;			/* AES key, bytes */
	u8 alg;				/* enum gemcast_aead_alg */
	u8 salt[GEMCAST_SALT_LEN];	/* of AES-GMAC */
};

int gemcast_aead_init(void);
void gemcast_aead_exit(void);

const char *gemcast_aead_name(enum gemcast_aead_alg alg);

/* May sleep. @key is AES key and salt. 0 or a negative errno. */
int gemcast_aead_setup(struct gemcast_aead *aead, enum gemcast_aead_alg alg,
		       const u8 *key, unsigned int key_len, unsigned int icv);
void gemcast_aead_destroy(struct gemcast_aead *aead);
const char *gemcast_aead_driver(const struct gemcast_aead *aead);

/*
 * @esp is linear: ESP header (8 bytes), IV (8), then @len bytes of text and
 * room for the ICV. Works in place. Softirqs off. 0 or a negative errno;
 * gemcast_aead_open() gives -EBADMSG for a wrong ICV, @len is without it.
 */
int gemcast_aead_seal(const struct gemcast_aead *aead, u8 *esp,
		      unsigned int len);
int gemcast_aead_open(const struct gemcast_aead *aead, u8 *esp,
		      unsigned int len);

#endif
