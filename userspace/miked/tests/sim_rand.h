/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An OpenSSL whose randomness comes out of a seed, so that nonces, SPIs and keys are
 * the same whenever a run is done again.
 */
#ifndef MIKED_TESTS_SIM_RAND_H
#define MIKED_TESTS_SIM_RAND_H

#include <stdint.h>
#include <openssl/crypto.h>

/* For crypto_init(). Only one at a time; what cannot be had aborts. */
OSSL_LIB_CTX *sim_rand_new(void);
void sim_rand_free(OSSL_LIB_CTX *lib);
/* Begin anew. */
void sim_rand_seed(uint64_t seed);

#endif
