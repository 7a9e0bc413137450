// SPDX-License-Identifier: GPL-2.0
/*
 * AES-GCM and AES-GMAC for ESP: chooses a synchronous driver and runs it on one
 * linear packet, with a request and scatterlist that belong to the CPU.
 *
 * Asking for a synchronous driver by its mask alone gives, on kernels whose SIMD
 * drivers sit behind an asynchronous wrapper, the generic one. There the
 * internal driver under the wrapper is taken as the fast one, used whenever SIMD
 * registers are; the generic one serves when they are not.
 *
 * The per-CPU scratch is used with softirqs off and by nobody across a call
 * out of this file.
 */
#include <asm/simd.h>
#include <crypto/internal/simd.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include "../include/uapi/linux/gemcast.h"
#include "aead.h"

#define GEMCAST_ESP_HDR_LEN	8
#define GEMCAST_IV_LEN		8
/* What RFC 4106 authenticates in front of the text; the IV goes along. */
#define GEMCAST_ASSOC_LEN	(GEMCAST_ESP_HDR_LEN + GEMCAST_IV_LEN)
#define GEMCAST_REQ_CTX_MAX	2048

/*
 * What the crypto API is asked for. AES-GMAC is AES-GCM of no text, with all of
 * the packet authenticated (RFC 4543 3): the kernel's own template for it would
 * hide the fast driver again.
 */
static const struct {
	const char *name, *slow, *fast;
} gemcast_aead_algs[GEMCAST_AEAD_ALGS] = {
	[GEMCAST_AEAD_GCM] = {
		GEMCAST_AEAD_GCM_NAME, "rfc4106(gcm(aes))",
		"__rfc4106(gcm(aes))"
	},
	[GEMCAST_AEAD_GMAC] = {
		GEMCAST_AEAD_GMAC_NAME, "gcm(aes)", "__gcm(aes)"
	},
};

struct gemcast_aead_scratch {
	u8 nonce[GEMCAST_SALT_LEN + GEMCAST_IV_LEN];
	struct scatterlist sg[1];
	struct aead_request req;
	/* Follows the request, as the crypto API wants it. */
	u8 ctx[GEMCAST_REQ_CTX_MAX] CRYPTO_MINALIGN_ATTR;
};

static struct gemcast_aead_scratch __percpu *gemcast_aead_scratch;

const char *gemcast_aead_name(enum gemcast_aead_alg alg)
{
	return gemcast_aead_algs[alg].name;
}

void gemcast_aead_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memzero_explicit(per_cpu_ptr(gemcast_aead_scratch, cpu),
				 sizeof(*gemcast_aead_scratch));
	free_percpu(gemcast_aead_scratch);
}

static int gemcast_aead_key(struct crypto_aead *tfm, const u8 *key,
			    unsigned int key_len, unsigned int icv)
{
	int err;

	if (crypto_aead_reqsize(tfm) > GEMCAST_REQ_CTX_MAX)
		return -EOPNOTSUPP;
	err = crypto_aead_setauthsize(tfm, icv);
	return err ?: crypto_aead_setkey(tfm, key, key_len);
}

/* A driver composed of parts, each of which is called for every block. */
static bool gemcast_aead_slow(struct crypto_aead *tfm)
{
	return strstr(crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm)),
		      "gcm_base(");
}

/**
 * gemcast_aead_setup() - Prepare the transform of an SA.
 * @aead: filled in
 * @alg: AES-GCM or AES-GMAC
 * @key: AES key, then salt
 * @key_len: length of both, bytes
 * @icv: length of the ICV, bytes
 *
 * Return: 0 or a negative errno, and then nothing is left behind.
 */
int gemcast_aead_setup(struct gemcast_aead *aead, enum gemcast_aead_alg alg,
		       const u8 *key, unsigned int key_len, unsigned int icv)
{
	struct crypto_aead *tfm;
	int err;

	aead->fast = NULL;
	aead->icv = icv;
	aead->alg = alg;
	aead->key_len = key_len - GEMCAST_SALT_LEN;
	if (alg == GEMCAST_AEAD_GMAC) {
		key_len = aead->key_len;
		memcpy(aead->salt, key + key_len, sizeof(aead->salt));
	}

	tfm = crypto_alloc_aead(gemcast_aead_algs[alg].slow, 0,
				CRYPTO_ALG_ASYNC);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	aead->tfm = tfm;
	err = gemcast_aead_key(tfm, key, key_len, icv);
	if (err || !gemcast_aead_slow(tfm))
		goto out;

	tfm = crypto_alloc_aead(gemcast_aead_algs[alg].fast,
				CRYPTO_ALG_INTERNAL,
				CRYPTO_ALG_INTERNAL | CRYPTO_ALG_ASYNC);
	/* Not every machine has one. */
	if (IS_ERR(tfm))
		goto out;
	aead->fast = tfm;
	err = gemcast_aead_key(tfm, key, key_len, icv);
out:
	if (err)
		gemcast_aead_destroy(aead);
	return err;
}

void gemcast_aead_destroy(struct gemcast_aead *aead)
{
	if (aead->fast)
		crypto_free_aead(aead->fast);
	crypto_free_aead(aead->tfm);
	aead->fast = NULL;
	aead->tfm = NULL;
}

const char *gemcast_aead_driver(const struct gemcast_aead *aead)
{
	struct crypto_aead *tfm = aead->fast ?: aead->tfm;

	return crypto_tfm_alg_driver_name(crypto_aead_tfm(tfm));
}

/**
 * gemcast_aead_init() - Make the scratch and see that there is a driver.
 *
 * Drivers that are modules are loaded now, and not under a lock later.
 *
 * Return: 0 or a negative errno.
 */
int gemcast_aead_init(void)
{
	static const u8 key[GEMCAST_KEY_MAX];
	struct gemcast_aead_scratch *scratch;
	struct gemcast_aead aead;
	int alg, cpu, err;

	for (alg = 0; alg < GEMCAST_AEAD_ALGS; alg++) {
		err = gemcast_aead_setup(&aead, alg, key, sizeof(key),
					 GEMCAST_ICV_MAX);
		if (err) {
			pr_err("gemcast: no synchronous %s: %d\n",
			       gemcast_aead_name(alg), err);
			return err;
		}
		pr_info("gemcast: %s by %s\n", gemcast_aead_name(alg),
			gemcast_aead_driver(&aead));
		gemcast_aead_destroy(&aead);
	}
	gemcast_aead_scratch = alloc_percpu(struct gemcast_aead_scratch);
	if (!gemcast_aead_scratch)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		scratch = per_cpu_ptr(gemcast_aead_scratch, cpu);
		sg_init_table(scratch->sg, ARRAY_SIZE(scratch->sg));
		aead_request_set_callback(&scratch->req, 0, NULL, NULL);
	}
	return 0;
}

static __always_inline struct aead_request *
gemcast_aead_prepare(const struct gemcast_aead *aead, u8 *esp, unsigned int len,
		     unsigned int crypt_len)
{
	struct gemcast_aead_scratch *scratch;
	struct crypto_aead *tfm = aead->tfm;
	unsigned int assoc = GEMCAST_ASSOC_LEN;
	u8 *iv = esp + GEMCAST_ESP_HDR_LEN;

	if (aead->fast && crypto_simd_usable())
		tfm = aead->fast;
	scratch = this_cpu_ptr(gemcast_aead_scratch);
	sg_set_buf(scratch->sg, esp, GEMCAST_ASSOC_LEN + len + aead->icv);
	aead_request_set_tfm(&scratch->req, tfm);
	if (aead->alg == GEMCAST_AEAD_GMAC) {
		memcpy(scratch->nonce, aead->salt, GEMCAST_SALT_LEN);
		memcpy(scratch->nonce + GEMCAST_SALT_LEN,
		       esp + GEMCAST_ESP_HDR_LEN, GEMCAST_IV_LEN);
		iv = scratch->nonce;
		assoc += len;
		crypt_len -= len;
	}
	aead_request_set_ad(&scratch->req, assoc);
	aead_request_set_crypt(&scratch->req, scratch->sg, scratch->sg,
			       crypt_len, iv);
	return &scratch->req;
}

/**
 * gemcast_aead_seal() - Encrypt and authenticate one packet in place.
 * @aead: transform of the SA
 * @esp: ESP header, IV, text, room for the ICV, in one piece
 * @len: length of the text, trailer included
 *
 * Return: 0 or a negative errno.
 */
int gemcast_aead_seal(const struct gemcast_aead *aead, u8 *esp,
		      unsigned int len)
{
	return crypto_aead_encrypt(gemcast_aead_prepare(aead, esp, len, len));
}

/**
 * gemcast_aead_open() - Authenticate and decrypt one packet in place.
 * @aead: transform of the SA
 * @esp: ESP header, IV, text, ICV, in one piece
 * @len: length of the text, trailer included, ICV not
 *
 * Return: 0, -EBADMSG if it is not authentic, another negative errno.
 */
int gemcast_aead_open(const struct gemcast_aead *aead, u8 *esp,
		      unsigned int len)
{
	return crypto_aead_decrypt(gemcast_aead_prepare(aead, esp, len,
							len + aead->icv));
}
