// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What crypto/ takes from a peer: the first byte says what it is to be.
 */
#include <stdlib.h>
#include <string.h>
#include "crypto/cert.h"
#include "crypto/cipher.h"
#include "crypto/dh.h"
#include "crypto/keywrap.h"
#include "crypto/sign.h"

#define MAX_LEN	4096

static struct crypto crypto;

static void fuzz_identifier(struct chunk input)
{
	const struct scheme *scheme = scheme_of(input);

	/* it must be one of few, and short */
	if (scheme && input.len > 72)
		abort();
}

static void fuzz_spki(struct chunk input)
{
	const struct scheme *scheme;
	struct reason why;
	struct key key;
	size_t i;

	if (key_from_spki(&crypto, input, &key, &why))
		return;
	for (i = 0; (scheme = scheme_at(i)); i++)
		verify(&crypto, &key, scheme->identifier, &input, 1, input, &why);
	key_free(&key);
}

/* ID type, length of an identity, the identity, a certificate */
static void fuzz_cert(struct chunk input)
{
	struct reader r = reader_of(input);
	uint8_t type = read_u8(&r);
	struct chunk id = read_chunk(&r, read_u8(&r));
	struct chunk der = read_rest(&r);
	const uint8_t *at = der.data;
	struct reason why = { "" };
	struct cert cert;
	X509 *x509;

	if (r.failed || !der.len)
		return;
	x509 = d2i_X509(NULL, &at, (long)der.len);
	if (!x509 || cert_from_x509(x509, &cert, &why))
		return;
	cert_has_id(&cert, type, id, &why);
	if (strlen(why.text) >= sizeof(why.text))
		abort();
	cert_valid(&cert, 0, &why);
	cert_free(&cert);
}

static void fuzz_cipher(struct chunk input)
{
	static const struct cipher ciphers[] = {
		{ ENCR_AES_GCM_16, 128, AUTH_NONE },
		{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_384_192 },
	};
	static const uint8_t zeros[64];
	const struct cipher *cipher;
	uint8_t message[MAX_LEN];
	struct cipher_sizes sizes;
	struct cipher_keys keys;
	struct chunk inner;
	size_t aad_len;

	if (input.len < 2 || input.len > MAX_LEN)
		return;
	cipher = &ciphers[input.data[0] & 1];
	aad_len = input.data[1];
	cipher_sizes(cipher, &sizes);
	keys.encr = (struct chunk){ zeros, sizes.encr_key };
	keys.integ = (struct chunk){ zeros, sizes.integ_key };
	memcpy(message, input.data, input.len);
	if (aad_len <= input.len &&
	    !cipher_seal(&crypto, cipher, &keys, 0, message, aad_len, input.len))
		cipher_open(&crypto, cipher, &keys, message, aad_len, input.len, &inner);
	memcpy(message, input.data, input.len);
	cipher_open(&crypto, cipher, &keys, message, aad_len, input.len, &inner);
}

static void fuzz_unwrap(struct chunk input)
{
	static const uint8_t kwk[32];
	struct secret key;

	if (!keyunwrap(&crypto, KW_5649_256, CHUNK(kwk), input, &key))
		secret_free(&key);
}

static void fuzz_public(struct chunk input)
{
	static const uint16_t groups[] = { KE_ECP_256, KE_ECP_521, KE_CURVE25519 };
	struct secret shared;
	struct dh dh;

	if (!input.len || dh_new(&crypto, groups[input.data[0] % 3], &dh))
		return;
	if (!dh_shared(&crypto, &dh, (struct chunk){ input.data + 1, input.len - 1 }, &shared))
		secret_free(&shared);
	dh_free(&dh);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const what[])(struct chunk input) = {
		fuzz_identifier, fuzz_spki, fuzz_cert, fuzz_cipher, fuzz_unwrap, fuzz_public,
	};
	struct reason why;

	if (!crypto.sha1 && crypto_init(&crypto, NULL, &why))
		abort();
	if (size && data[0] < sizeof(what) / sizeof(what[0]))
		what[data[0]]((struct chunk){ data + 1, size - 1 });
	return 0;
}
