/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Known answers, asked for when miked starts: an OpenSSL, or a CPU, that computes wrongly
 * is found before a key is made with it.
 */
#ifndef MIKED_CRYPTO_SELFTEST_H
#define MIKED_CRYPTO_SELFTEST_H

#include "crypto/crypto.h"

/* -EIO: an answer is wrong, and @why says which. Else as the functions that are asked. */
int crypto_selftest(const struct crypto *crypto, struct reason *why);

#endif
