// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Secret bytes.
 */
#include <errno.h>
#include <string.h>
#include <openssl/crypto.h>
#include "base/secret.h"

int secret_new(struct secret *secret, size_t len)
{
	*secret = (struct secret){ 0 };
	if (!len)
		return 0;
	secret->data = OPENSSL_zalloc(len);
	if (!secret->data)
		return -ENOMEM;
	secret->len = len;
	return 0;
}

int secret_copy(struct secret *secret, struct chunk from)
{
	int err = secret_new(secret, from.len);

	if (!err && from.len)
		memcpy(secret->data, from.data, from.len);
	return err;
}

void secret_free(struct secret *secret)
{
	OPENSSL_clear_free(secret->data, secret->len);
	*secret = (struct secret){ 0 };
}

struct chunk secret_chunk(const struct secret *secret)
{
	return (struct chunk){ .data = secret->data, .len = secret->len };
}

bool secret_equal(struct chunk a, struct chunk b)
{
	return a.len == b.len && (!a.len || !CRYPTO_memcmp(a.data, b.data, a.len));
}
