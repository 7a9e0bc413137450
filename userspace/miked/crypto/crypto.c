// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The algorithms of OpenSSL that miked uses.
 */
#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include "crypto/internal.h"

static const struct {
	const char *name;
	size_t len;
} hashes[CRYPTO_HASHES] = {
	[SHA2_256] = { "SHA2-256", 32 },
	[SHA2_384] = { "SHA2-384", 48 },
	[SHA2_512] = { "SHA2-512", 64 },
};

static const char *const aes_names[CRYPTO_AES] = {
	[GCM_128] = "AES-128-GCM",
	[GCM_256] = "AES-256-GCM",
	[CBC_128] = "AES-128-CBC",
	[CBC_256] = "AES-256-CBC",
	[WRAP_128] = "AES-128-WRAP-PAD",
	[WRAP_192] = "AES-192-WRAP-PAD",
	[WRAP_256] = "AES-256-WRAP-PAD",
};

int crypto_error(int otherwise)
{
	unsigned long code;

	while ((code = ERR_get_error())) {
		if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
			otherwise = -ENOMEM;
	}
	return otherwise;
}

size_t hash_len(enum crypto_hash hash)
{
	return hashes[hash].len;
}

int crypto_missing(struct reason *why, const char *name)
{
	int err = crypto_error(-ENOTSUP);

	reason_set(why, err == -ENOMEM ? "no memory for %s" : "OpenSSL does not offer %s", name);
	return err;
}

static int fetch_aes(struct crypto *crypto, struct reason *why)
{
	size_t i;

	for (i = 0; i < CRYPTO_AES; i++) {
		crypto->aes[i] = EVP_CIPHER_fetch(crypto->lib, aes_names[i], NULL);
		if (!crypto->aes[i])
			return crypto_missing(why, aes_names[i]);
	}
	return 0;
}

/*
 * OpenSSL duplicates a MAC only after it had a key: any will do, as every duplicate
 * gets its own.
 */
static EVP_MAC_CTX *hmac_template(EVP_MAC *mac, enum crypto_hash hash)
{
	static const uint8_t any[1];
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)hashes[hash].name, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(mac);

	if (ctx && EVP_MAC_init(ctx, any, sizeof(any), params))
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static int fetch_hmacs(struct crypto *crypto, struct reason *why)
{
	EVP_MAC *mac = EVP_MAC_fetch(crypto->lib, "HMAC", NULL);
	int err = 0;
	size_t i;

	if (!mac)
		return crypto_missing(why, "HMAC");
	for (i = 0; i < CRYPTO_HASHES && !err; i++) {
		crypto->hmac[i] = hmac_template(mac, i);
		if (!crypto->hmac[i])
			err = crypto_missing(why, hashes[i].name);
	}
	EVP_MAC_free(mac);
	return err;
}

int crypto_init(struct crypto *crypto, OSSL_LIB_CTX *lib, struct reason *why)
{
	int err;

	*crypto = (struct crypto){ .lib = lib };
	crypto->sha1 = EVP_MD_fetch(lib, "SHA1", NULL);
	if (!crypto->sha1)
		return crypto_missing(why, "SHA1");
	err = fetch_hmacs(crypto, why);
	if (!err)
		err = fetch_aes(crypto, why);
	if (!err)
		err = dh_init(crypto, why);
	return err;
}

void crypto_free(struct crypto *crypto)
{
	size_t i;

	for (i = 0; i < CRYPTO_HASHES; i++)
		EVP_MAC_CTX_free(crypto->hmac[i]);
	for (i = 0; i < CRYPTO_AES; i++)
		EVP_CIPHER_free(crypto->aes[i]);
	for (i = 0; i < CRYPTO_GROUPS; i++)
		EVP_PKEY_free(crypto->group[i]);
	EVP_MD_free(crypto->sha1);
	*crypto = (struct crypto){ 0 };
}

int crypto_random(const struct crypto *crypto, uint8_t *out, size_t len)
{
	if (RAND_priv_bytes_ex(crypto->lib, out, len, 0) == 1)
		return 0;
	return crypto_error(-EIO);
}

EVP_MAC_CTX *hmac_new(const struct crypto *crypto, enum crypto_hash hash, struct chunk key)
{
	EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(crypto->hmac[hash]);

	if (mac && EVP_MAC_init(mac, key.data, key.len, NULL))
		return mac;
	EVP_MAC_CTX_free(mac);
	return NULL;
}

int hmac_once(EVP_MAC_CTX *mac, const struct chunk *data, size_t count, uint8_t *out)
{
	size_t len;
	size_t i;

	if (!EVP_MAC_init(mac, NULL, 0, NULL))
		return crypto_error(-EIO);
	for (i = 0; i < count; i++) {
		if (data[i].len && !EVP_MAC_update(mac, data[i].data, data[i].len))
			return crypto_error(-EIO);
	}
	if (!EVP_MAC_final(mac, out, &len, EVP_MAX_MD_SIZE))
		return crypto_error(-EIO);
	return 0;
}

int hmac(const struct crypto *crypto, enum crypto_hash hash, struct chunk key,
	 const struct chunk *data, size_t count, uint8_t *out)
{
	EVP_MAC_CTX *mac = hmac_new(crypto, hash, key);
	int err;

	if (!mac)
		return crypto_error(-EIO);
	err = hmac_once(mac, data, count, out);
	EVP_MAC_CTX_free(mac);
	return err;
}
