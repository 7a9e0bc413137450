// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An OpenSSL whose randomness comes out of a seed: a provider of our own, whose one
 * random generator takes the place of OpenSSL's DRBG. OpenSSL's TEST-RAND only plays
 * back what it was given, and in 3.0 no one can get at the one that a library context
 * makes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include "sim_rand.h"

#define NAME	"SIM-RAND"

static uint64_t state;
static OSSL_PROVIDER *ours, *standard;

static uint64_t step(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

void sim_rand_seed(uint64_t seed)
{
	state = ~seed;
}

static void *newctx(void *provider, void *parent, const OSSL_DISPATCH *calls)
{
	(void)parent;
	(void)calls;
	return provider;
}

static void freectx(void *ctx)
{
	(void)ctx;
}

static int instantiate(void *ctx, unsigned int strength, int resistance,
		       const unsigned char *text, size_t len, const OSSL_PARAM params[])
{
	(void)ctx;
	(void)strength;
	(void)resistance;
	(void)text;
	(void)len;
	(void)params;
	return 1;
}

static int uninstantiate(void *ctx)
{
	(void)ctx;
	return 1;
}

static int generate(void *ctx, unsigned char *out, size_t len, unsigned int strength,
		    int resistance, const unsigned char *more, size_t more_len)
{
	uint64_t value;

	(void)ctx;
	(void)strength;
	(void)resistance;
	(void)more;
	(void)more_len;
	for (; len; len -= len < sizeof(value) ? len : sizeof(value)) {
		value = step();
		memcpy(out, &value, len < sizeof(value) ? len : sizeof(value));
		out += len < sizeof(value) ? len : sizeof(value);
	}
	return 1;
}

static int enable_locking(void *ctx)
{
	(void)ctx;
	return 1;
}

static const OSSL_PARAM *gettable(void *ctx, void *provider)
{
	static const OSSL_PARAM params[] = {
		OSSL_PARAM_int(OSSL_RAND_PARAM_STATE, NULL),
		OSSL_PARAM_uint(OSSL_RAND_PARAM_STRENGTH, NULL),
		OSSL_PARAM_size_t(OSSL_RAND_PARAM_MAX_REQUEST, NULL),
		OSSL_PARAM_END
	};

	(void)ctx;
	(void)provider;
	return params;
}

static int get_params(void *ctx, OSSL_PARAM params[])
{
	OSSL_PARAM *p;

	(void)ctx;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STATE);
	if (p && !OSSL_PARAM_set_int(p, EVP_RAND_STATE_READY))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_STRENGTH);
	if (p && !OSSL_PARAM_set_uint(p, 256))
		return 0;
	p = OSSL_PARAM_locate(params, OSSL_RAND_PARAM_MAX_REQUEST);
	return !p || OSSL_PARAM_set_size_t(p, INT32_MAX);
}

#define CALL(id, function)	{ id, (void (*)(void))(function) }

static const OSSL_DISPATCH rand_calls[] = {
	CALL(OSSL_FUNC_RAND_NEWCTX, newctx),
	CALL(OSSL_FUNC_RAND_FREECTX, freectx),
	CALL(OSSL_FUNC_RAND_INSTANTIATE, instantiate),
	CALL(OSSL_FUNC_RAND_UNINSTANTIATE, uninstantiate),
	CALL(OSSL_FUNC_RAND_GENERATE, generate),
	CALL(OSSL_FUNC_RAND_ENABLE_LOCKING, enable_locking),
	CALL(OSSL_FUNC_RAND_GETTABLE_CTX_PARAMS, gettable),
	CALL(OSSL_FUNC_RAND_GET_CTX_PARAMS, get_params),
	{ 0, NULL }
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
	static const OSSL_ALGORITHM rands[] = {
		{ NAME, "provider=sim", rand_calls, NULL },
		{ NULL, NULL, NULL, NULL }
	};

	(void)provider;
	*no_cache = 0;
	return operation == OSSL_OP_RAND ? rands : NULL;
}

static int provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *in,
			 const OSSL_DISPATCH **out, void **provider)
{
	static const OSSL_DISPATCH calls[] = {
		CALL(OSSL_FUNC_PROVIDER_QUERY_OPERATION, query),
		{ 0, NULL }
	};

	(void)handle;
	(void)in;
	*out = calls;
	*provider = &state;
	return 1;
}

OSSL_LIB_CTX *sim_rand_new(void)
{
	OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();

	if (lib && OSSL_PROVIDER_add_builtin(lib, "sim", provider_init) &&
	    RAND_set_DRBG_type(lib, NAME, "provider=sim", NULL, NULL)) {
		ours = OSSL_PROVIDER_load(lib, "sim");
		standard = OSSL_PROVIDER_load(lib, "default");
	}
	if (!ours || !standard) {
		fprintf(stderr, "simulator: no OpenSSL with a seed\n");
		abort();
	}
	return lib;
}

void sim_rand_free(OSSL_LIB_CTX *lib)
{
	OSSL_PROVIDER_unload(ours);
	OSSL_PROVIDER_unload(standard);
	ours = standard = NULL;
	OSSL_LIB_CTX_free(lib);
}
