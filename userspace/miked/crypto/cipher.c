// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The protection of the Encrypted payload.
 */
#include <errno.h>
#include <string.h>
#include "crypto/cipher.h"
#include "crypto/internal.h"

#define AES_BLOCK_LEN	16
#define GCM_SALT_LEN	4	/* RFC 4106 4 */
#define GCM_IV_LEN	8	/* RFC 4106 3.1 */
#define GCM_ICV_LEN	16	/* RFC 4106 6 */
#define PAD_LENGTH_LEN	1	/* RFC 7296 3.14: the Pad Length field */
#define MAX_MESSAGE_LEN	131070	/* more than any Payload Length lets it be */

/* RFC 4868 2.6: the keys are as long as the hash, the ICVs half of it. */
static int integ_hash(uint16_t integ)
{
	switch (integ) {
	case AUTH_HMAC_SHA2_256_128:
		return SHA2_256;
	case AUTH_HMAC_SHA2_384_192:
		return SHA2_384;
	case AUTH_HMAC_SHA2_512_256:
		return SHA2_512;
	default:
		return -ENOTSUP;
	}
}

int cipher_sizes(const struct cipher *cipher, struct cipher_sizes *sizes)
{
	size_t key = cipher->key_bits / 8;
	int hash = integ_hash(cipher->integ);

	if (cipher->key_bits != 128 && cipher->key_bits != 256)
		return -ENOTSUP;
	if (cipher->encr == ENCR_AES_GCM_16 && cipher->integ == AUTH_NONE) {
		*sizes = (struct cipher_sizes){
			.encr_key = key + GCM_SALT_LEN,
			.iv = GCM_IV_LEN,
			.block = 1,
			.icv = GCM_ICV_LEN,
		};
		return 0;
	}
	if (cipher->encr == ENCR_AES_CBC && hash >= 0) {
		*sizes = (struct cipher_sizes){
			.encr_key = key,
			.integ_key = hash_len(hash),
			.iv = AES_BLOCK_LEN,
			.block = AES_BLOCK_LEN,
			.icv = hash_len(hash) / 2,
		};
		return 0;
	}
	return -ENOTSUP;
}

/* A message taken apart. */
struct parts {
	struct chunk aad;
	uint8_t *iv;
	uint8_t *text;		/* from the first inner payload to the Pad Length */
	size_t text_len;
	uint8_t *icv;
};

/* False if it cannot be one: too short, or not a multiple of the block. */
static bool parts_of(const struct cipher_sizes *sizes, uint8_t *message, size_t aad_len,
		     size_t len, struct parts *parts)
{
	size_t body_len = len - aad_len;

	if (len > MAX_MESSAGE_LEN || len < aad_len ||
	    body_len < sizes->iv + PAD_LENGTH_LEN + sizes->icv)
		return false;
	parts->aad = (struct chunk){ message, aad_len };
	parts->iv = message + aad_len;
	parts->text = parts->iv + sizes->iv;
	parts->text_len = body_len - sizes->iv - sizes->icv;
	parts->icv = parts->text + parts->text_len;
	return parts->text_len % sizes->block == 0;
}

static int sizes_of(const struct cipher *cipher, const struct cipher_keys *keys,
		    struct cipher_sizes *sizes)
{
	int err = cipher_sizes(cipher, sizes);

	if (err)
		return err;
	if (keys->encr.len != sizes->encr_key || keys->integ.len != sizes->integ_key)
		return -EINVAL;
	return 0;
}

static const EVP_CIPHER *aes(const struct crypto *crypto, const struct cipher *cipher)
{
	bool gcm = cipher->encr == ENCR_AES_GCM_16;

	if (cipher->key_bits == 128)
		return crypto->aes[gcm ? GCM_128 : CBC_128];
	return crypto->aes[gcm ? GCM_256 : CBC_256];
}

/* RFC 5282 4: the nonce is salt | IV; 7.1: the salt is the end of the key. */
static bool gcm_begin(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *gcm, struct chunk key,
		      const struct parts *parts, int encrypt)
{
	uint8_t nonce[GCM_SALT_LEN + GCM_IV_LEN];
	int len;

	memcpy(nonce, key.data + key.len - GCM_SALT_LEN, GCM_SALT_LEN);
	memcpy(nonce + GCM_SALT_LEN, parts->iv, GCM_IV_LEN);
	return EVP_CipherInit_ex2(ctx, gcm, key.data, nonce, encrypt, NULL) == 1 &&
	       EVP_CipherUpdate(ctx, NULL, &len, parts->aad.data, (int)parts->aad.len) == 1;
}

static bool gcm_encrypt(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *gcm, struct chunk key,
			const struct parts *parts)
{
	int len;

	return gcm_begin(ctx, gcm, key, parts, 1) &&
	       EVP_CipherUpdate(ctx, parts->text, &len, parts->text, (int)parts->text_len) == 1 &&
	       EVP_CipherFinal_ex(ctx, parts->icv, &len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, GCM_ICV_LEN, parts->icv) == 1;
}

static int gcm_decrypt(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *gcm, struct chunk key,
		       const struct parts *parts)
{
	int len;

	if (!gcm_begin(ctx, gcm, key, parts, 0) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, GCM_ICV_LEN, parts->icv) != 1)
		return crypto_error(-EIO);
	if (EVP_CipherUpdate(ctx, parts->text, &len, parts->text, (int)parts->text_len) == 1 &&
	    EVP_CipherFinal_ex(ctx, parts->icv, &len) == 1)
		return 0;
	OPENSSL_cleanse(parts->text, parts->text_len);
	return crypto_error(-EBADMSG);
}

/* Padding is of IKE, not of OpenSSL. */
static bool cbc(EVP_CIPHER_CTX *ctx, const EVP_CIPHER *cipher, struct chunk key,
		const struct parts *parts, int encrypt)
{
	int len;

	return EVP_CipherInit_ex2(ctx, cipher, key.data, parts->iv, encrypt, NULL) == 1 &&
	       EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	       EVP_CipherUpdate(ctx, parts->text, &len, parts->text, (int)parts->text_len) == 1 &&
	       EVP_CipherFinal_ex(ctx, parts->text + len, &len) == 1;
}

/* RFC 7296 3.14: over all from the IKE header to the Pad Length, as encrypted. */
static int cbc_icv(const struct crypto *crypto, uint16_t integ, struct chunk key,
		   const struct parts *parts, uint8_t *icv)
{
	struct chunk message = {
		.data = parts->aad.data,
		.len = (size_t)(parts->icv - parts->aad.data),
	};

	return hmac(crypto, integ_hash(integ), key, &message, 1, icv);
}

static int seal(EVP_CIPHER_CTX *ctx, const struct crypto *crypto, const struct cipher *cipher,
		const struct cipher_sizes *sizes, const struct cipher_keys *keys,
		const struct parts *parts)
{
	uint8_t icv[HASH_MAX_LEN];
	int err;

	if (cipher->encr == ENCR_AES_GCM_16) {
		if (gcm_encrypt(ctx, aes(crypto, cipher), keys->encr, parts))
			return 0;
		return crypto_error(-EIO);
	}
	err = crypto_random(crypto, parts->iv, sizes->iv);
	if (err)
		return err;
	if (!cbc(ctx, aes(crypto, cipher), keys->encr, parts, 1))
		return crypto_error(-EIO);
	err = cbc_icv(crypto, cipher->integ, keys->integ, parts, icv);
	if (!err)
		memcpy(parts->icv, icv, sizes->icv);
	return err;
}

static void counter_to(uint64_t counter, uint8_t *iv)
{
	size_t i = GCM_IV_LEN;

	while (i--) {
		iv[i] = counter;
		counter >>= 8;
	}
}

int cipher_seal(const struct crypto *crypto, const struct cipher *cipher,
		const struct cipher_keys *keys, uint64_t counter, uint8_t *message,
		size_t aad_len, size_t len)
{
	struct cipher_sizes sizes;
	EVP_CIPHER_CTX *ctx;
	struct parts parts;
	int err;

	err = sizes_of(cipher, keys, &sizes);
	if (err)
		return err;
	if (!parts_of(&sizes, message, aad_len, len, &parts))
		return -EINVAL;
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return crypto_error(-EIO);
	if (cipher->encr == ENCR_AES_GCM_16)
		counter_to(counter, parts.iv);
	err = seal(ctx, crypto, cipher, &sizes, keys, &parts);
	EVP_CIPHER_CTX_free(ctx);
	return err;
}

static int open_parts(EVP_CIPHER_CTX *ctx, const struct crypto *crypto,
		      const struct cipher *cipher, const struct cipher_sizes *sizes,
		      const struct cipher_keys *keys, const struct parts *parts)
{
	uint8_t icv[HASH_MAX_LEN];
	int err;

	if (cipher->encr == ENCR_AES_GCM_16)
		return gcm_decrypt(ctx, aes(crypto, cipher), keys->encr, parts);
	err = cbc_icv(crypto, cipher->integ, keys->integ, parts, icv);
	if (err)
		return err;
	if (CRYPTO_memcmp(icv, parts->icv, sizes->icv) != 0)
		return -EBADMSG;
	if (!cbc(ctx, aes(crypto, cipher), keys->encr, parts, 0))
		return crypto_error(-EIO);
	return 0;
}

/* The length of what is left of the text without the padding. */
static int unpad(const struct parts *parts, size_t *inner_len)
{
	size_t padding = parts->text[parts->text_len - PAD_LENGTH_LEN];

	if (padding + PAD_LENGTH_LEN > parts->text_len)
		return -EPROTO;
	*inner_len = parts->text_len - PAD_LENGTH_LEN - padding;
	return 0;
}

int cipher_open(const struct crypto *crypto, const struct cipher *cipher,
		const struct cipher_keys *keys, uint8_t *message, size_t aad_len, size_t len,
		struct chunk *inner)
{
	struct cipher_sizes sizes;
	EVP_CIPHER_CTX *ctx;
	struct parts parts;
	int err;

	err = sizes_of(cipher, keys, &sizes);
	if (err)
		return err;
	if (!parts_of(&sizes, message, aad_len, len, &parts))
		return -EBADMSG;
	ctx = EVP_CIPHER_CTX_new();
	if (!ctx)
		return crypto_error(-EIO);
	err = open_parts(ctx, crypto, cipher, &sizes, keys, &parts);
	EVP_CIPHER_CTX_free(ctx);
	if (!err)
		err = unpad(&parts, &inner->len);
	if (!err)
		inner->data = parts.text;
	return err;
}
