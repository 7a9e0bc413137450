// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key wrapping.
 */
#include <errno.h>
#include "crypto/internal.h"
#include "crypto/keywrap.h"

/* RFC 5649 4.1: 64-bit blocks, and one more. */
#define BLOCK_LEN	8

size_t keywrap_key_len(uint16_t id)
{
	switch (id) {
	case KW_5649_128:
		return 16;
	case KW_5649_192:
		return 24;
	case KW_5649_256:
		return 32;
	default:
		return 0;
	}
}

size_t keywrap_len(size_t len)
{
	return (len + BLOCK_LEN - 1) / BLOCK_LEN * BLOCK_LEN + BLOCK_LEN;
}

static int check(uint16_t id, struct chunk kwk)
{
	size_t len = keywrap_key_len(id);

	if (!len)
		return -ENOTSUP;
	return kwk.len == len ? 0 : -EINVAL;
}

/* Octets written to @out, or an error. */
static int run(const struct crypto *crypto, uint16_t id, struct chunk kwk, struct chunk in,
	       uint8_t *out, int encrypt)
{
	static const enum crypto_aes ciphers[] = {
		[KW_5649_128] = WRAP_128,
		[KW_5649_192] = WRAP_192,
		[KW_5649_256] = WRAP_256,
	};
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;

	if (!ctx)
		return crypto_error(-EIO);
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(ctx, crypto->aes[ciphers[id]], kwk.data, NULL, encrypt, NULL) != 1)
		len = crypto_error(-EIO);
	else if (EVP_CipherUpdate(ctx, out, &len, in.data, (int)in.len) != 1)
		len = crypto_error(-EBADMSG);
	EVP_CIPHER_CTX_free(ctx);
	return len;
}

int keywrap(const struct crypto *crypto, uint16_t id, struct chunk kwk, struct chunk key,
	    uint8_t *out)
{
	int err = check(id, kwk);
	int len;

	if (err)
		return err;
	if (!key.len || key.len > KEYWRAP_MAX_LEN)
		return -EINVAL;
	len = run(crypto, id, kwk, key, out, 1);
	if (len < 0)
		return len;
	return (size_t)len == keywrap_len(key.len) ? 0 : -EIO;
}

int keyunwrap(const struct crypto *crypto, uint16_t id, struct chunk kwk, struct chunk wrapped,
	      struct secret *key)
{
	int err;
	int len;

	*key = (struct secret){ 0 };
	err = check(id, kwk);
	if (err)
		return err;
	if (wrapped.len < keywrap_len(1) || wrapped.len > keywrap_len(KEYWRAP_MAX_LEN) ||
	    wrapped.len % BLOCK_LEN)
		return -EBADMSG;
	/* With room for the padding, zeros that are not counted afterwards. */
	err = secret_new(key, wrapped.len);
	if (err)
		return err;
	len = run(crypto, id, kwk, wrapped, key->data, 0);
	if (len < 0)
		secret_free(key);
	else
		key->len = (size_t)len;
	return len < 0 ? len : 0;
}
