/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests that need OpenSSL's algorithms, fetched once for all of them.
 */
#ifndef MIKED_TESTS_WITH_CRYPTO_H
#define MIKED_TESTS_WITH_CRYPTO_H

#include "crypto/crypto.h"

extern struct crypto crypto;

/* For cmocka_run_group_tests(). */
int with_crypto(void **state);
int without_crypto(void **state);

#endif
