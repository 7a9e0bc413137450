// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * OpenSSL's algorithms, for tests.
 */
#include "with_crypto.h"

struct crypto crypto;

int with_crypto(void **state)
{
	struct reason why;

	(void)state;
	return crypto_init(&crypto, NULL, &why);
}

int without_crypto(void **state)
{
	(void)state;
	crypto_free(&crypto);
	return 0;
}
