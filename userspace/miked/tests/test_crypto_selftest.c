// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The known answers at the start: an OpenSSL that computes something else than it should
 * is found out.
 */
#include <errno.h>
#include <string.h>
#include "crypto/selftest.h"
#include "test.h"
#include "with_crypto.h"

static void right(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(crypto_selftest(&crypto, &why), 0);
	assert_int_equal(crypto_selftest(&crypto, NULL), 0);
}

static void wrong(const struct crypto *broken, const char *what)
{
	struct reason why = { "" };

	assert_int_equal(crypto_selftest(broken, &why), -EIO);
	if (what)
		assert_string_equal(why.text, what);
}

/* One algorithm in the place of another. */
static void exchanged(void **state)
{
	struct crypto broken = crypto;

	(void)state;
	broken.hmac[SHA2_384] = crypto.hmac[SHA2_512];
	wrong(&broken, "PRF_HMAC_SHA2_384 gives a wrong answer");
	broken = crypto;
	broken.hmac[SHA2_256] = crypto.hmac[SHA2_384];
	wrong(&broken, NULL);
	broken = crypto;
	broken.hmac[SHA2_512] = crypto.hmac[SHA2_384];
	wrong(&broken, NULL);
	broken = crypto;
	broken.aes[WRAP_128] = crypto.aes[WRAP_256];
	wrong(&broken, NULL);
	broken = crypto;
	broken.aes[WRAP_192] = crypto.aes[WRAP_128];
	wrong(&broken, NULL);
	broken = crypto;
	broken.aes[WRAP_256] = crypto.aes[WRAP_192];
	wrong(&broken, NULL);
	broken = crypto;
	broken.aes[GCM_128] = crypto.aes[GCM_256];
	wrong(&broken, NULL);
	broken = crypto;
	broken.aes[GCM_256] = crypto.aes[GCM_128];
	wrong(&broken, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right),
		cmocka_unit_test(exchanged),
	};

	return cmocka_run_group_tests_name("selftest", tests, with_crypto, without_crypto);
}
