// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * prf and prf+.
 */
#include <errno.h>
#include <string.h>
#include "crypto/internal.h"
#include "crypto/prf.h"

/* A seed in more parts than any RFC has. */
#define MAX_PARTS	6

static int hash_of(uint16_t id)
{
	switch (id) {
	case PRF_HMAC_SHA2_256:
		return SHA2_256;
	case PRF_HMAC_SHA2_384:
		return SHA2_384;
	case PRF_HMAC_SHA2_512:
		return SHA2_512;
	default:
		return -ENOTSUP;
	}
}

size_t prf_len(uint16_t id)
{
	int hash = hash_of(id);

	return hash < 0 ? 0 : hash_len(hash);
}

int prf(const struct crypto *crypto, uint16_t id, struct chunk key, const struct chunk *data,
	size_t count, uint8_t *out)
{
	int hash = hash_of(id);

	if (hash < 0)
		return hash;
	if (!key.len)
		return -EINVAL;
	return hmac(crypto, hash, key, data, count, out);
}

/* T1 = prf(K, S | 1), Tn = prf(K, Tn-1 | S | n) */
static int blocks(EVP_MAC_CTX *mac, size_t block_len, const struct chunk *seed, size_t count,
		  uint8_t *out, size_t len)
{
	struct chunk parts[1 + MAX_PARTS + 1] = { 0 };
	uint8_t block[PRF_MAX_LEN];
	uint8_t number = 1;
	int err = 0;

	memcpy(parts + 1, seed, count * sizeof(*seed));
	parts[1 + count] = (struct chunk){ &number, sizeof(number) };
	while (len && !err) {
		size_t take = len < block_len ? len : block_len;

		err = hmac_once(mac, parts, count + 2, block);
		if (err)
			break;
		memcpy(out, block, take);
		parts[0] = (struct chunk){ block, block_len };
		number++;
		out += take;
		len -= take;
	}
	OPENSSL_cleanse(block, sizeof(block));
	return err;
}

int prf_plus(const struct crypto *crypto, uint16_t id, struct chunk key,
	     const struct chunk *seed, size_t count, uint8_t *out, size_t len)
{
	int hash = hash_of(id);
	EVP_MAC_CTX *mac;
	int err;

	if (hash < 0)
		return hash;
	if (!key.len || count > MAX_PARTS || len > 255 * hash_len(hash))
		return -EINVAL;
	mac = hmac_new(crypto, hash, key);
	if (!mac)
		return crypto_error(-EIO);
	err = blocks(mac, hash_len(hash), seed, count, out, len);
	EVP_MAC_CTX_free(mac);
	if (err)
		OPENSSL_cleanse(out, len);
	return err;
}
