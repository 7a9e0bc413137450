// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Digital signatures.
 */
#include <errno.h>
#include <string.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include "crypto/internal.h"
#include "crypto/sign.h"

#define EXACT_TRIES	128

size_t sign_exact_len(const struct key *key)
{
	switch (key->type) {
	case KEY_ED25519:
		return 64;	/* RFC 8032 5.1.6 */
	/*
	 * SEQUENCE of two INTEGERs: 2 + 2 * (2 + n), and 3 before a content above 127.
	 * Of P-256 and P-384 one of r and s has its top bit set, and so a zero before it,
	 * in half of all. Of P-521 both take 66 octets in 9 of 16: bit 520 is set, or it
	 * is not but bit 519 is, which asks for a zero too.
	 */
	case KEY_P256:
		return 2 + 2 * (2 + 32) + 1;
	case KEY_P384:
		return 2 + 2 * (2 + 48) + 1;
	case KEY_P521:
		return 3 + 2 * (2 + 66);
	default:
		return (size_t)EVP_PKEY_get_size(key->pkey);
	}
}

/* Of RSASSA-PSS: RFC 4055 3.1. The mask is made with the same hash if nothing is said. */
static bool set_padding(EVP_PKEY_CTX *ctx, const struct scheme *scheme)
{
	if (scheme->kind != SCHEME_PSS)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, scheme->salt_len) == 1;
}

/* One string of octets, for Ed25519, which goes over it twice. */
static int join(const struct chunk *data, size_t count, struct secret *joined)
{
	size_t len = 0;
	size_t at = 0;
	size_t i;
	int err;

	for (i = 0; i < count; i++)
		len += data[i].len;
	err = secret_new(joined, len);
	for (i = 0; i < count && !err; i++) {
		if (data[i].len)
			memcpy(joined->data + at, data[i].data, data[i].len);
		at += data[i].len;
	}
	return err;
}

static bool sign_digest(EVP_MD_CTX *ctx, const struct chunk *data, size_t count, uint8_t *out,
			size_t *len)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (EVP_DigestSignUpdate(ctx, data[i].data, data[i].len) != 1)
			return false;
	}
	return EVP_DigestSignFinal(ctx, out, len) == 1;
}

static int sign_with(EVP_MD_CTX *ctx, const struct crypto *crypto, const struct key *key,
		     const struct scheme *scheme, const struct chunk *data, size_t count,
		     uint8_t *out, size_t *len)
{
	EVP_PKEY_CTX *params;
	bool ok;

	*len = SIGNATURE_MAX_LEN;
	if (EVP_DigestSignInit_ex(ctx, &params, scheme->digest, crypto->lib, NULL, key->pkey,
				  NULL) != 1 ||
	    !set_padding(params, scheme))
		return crypto_error(-EIO);
	if (scheme->kind == SCHEME_ED25519)
		ok = EVP_DigestSign(ctx, out, len, data->data, data->len) == 1;
	else
		ok = sign_digest(ctx, data, count, out, len);
	return ok ? 0 : crypto_error(-EIO);
}

static int sign_once(const struct crypto *crypto, const struct key *key,
		     const struct scheme *scheme, const struct chunk *data, size_t count,
		     uint8_t *out, size_t *len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err;

	if (!ctx)
		return crypto_error(-EIO);
	err = sign_with(ctx, crypto, key, scheme, data, count, out, len);
	EVP_MD_CTX_free(ctx);
	return err;
}

int sign(const struct crypto *crypto, const struct key *key, const struct scheme *scheme,
	 const struct chunk *data, size_t count, uint8_t *out, size_t *len)
{
	struct secret joined;
	struct chunk whole;
	int err;

	if (!key_fits(key, scheme))
		return -EINVAL;
	if (scheme->kind != SCHEME_ED25519)
		return sign_once(crypto, key, scheme, data, count, out, len);
	err = join(data, count, &joined);
	if (err)
		return err;
	whole = secret_chunk(&joined);
	err = sign_once(crypto, key, scheme, &whole, 1, out, len);
	secret_free(&joined);
	return err;
}

int sign_exact(const struct crypto *crypto, const struct key *key, const struct scheme *scheme,
	       const struct chunk *data, size_t count, uint8_t *out)
{
	uint8_t signature[SIGNATURE_MAX_LEN];
	size_t len = 0;
	int tries;
	int err;

	for (tries = 0; tries < EXACT_TRIES; tries++) {
		err = sign(crypto, key, scheme, data, count, signature, &len);
		if (err)
			return err;
		if (len == sign_exact_len(key)) {
			memcpy(out, signature, len);
			return 0;
		}
	}
	return -EIO;
}

static bool verify_digest(EVP_MD_CTX *ctx, const struct chunk *data, size_t count,
			  struct chunk signature)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (EVP_DigestVerifyUpdate(ctx, data[i].data, data[i].len) != 1)
			return false;
	}
	return EVP_DigestVerifyFinal(ctx, signature.data, signature.len) == 1;
}

static int verify_with(EVP_MD_CTX *ctx, const struct crypto *crypto, const struct key *key,
		       const struct scheme *scheme, const struct chunk *data, size_t count,
		       struct chunk signature)
{
	EVP_PKEY_CTX *params;
	bool ok;

	if (EVP_DigestVerifyInit_ex(ctx, &params, scheme->digest, crypto->lib, NULL, key->pkey,
				    NULL) != 1 ||
	    !set_padding(params, scheme))
		return crypto_error(-EIO);
	if (scheme->kind == SCHEME_ED25519)
		ok = EVP_DigestVerify(ctx, signature.data, signature.len, data->data,
				      data->len) == 1;
	else
		ok = verify_digest(ctx, data, count, signature);
	return ok ? 0 : crypto_error(-EBADMSG);
}

static int verify_once(const struct crypto *crypto, const struct key *key,
		       const struct scheme *scheme, const struct chunk *data, size_t count,
		       struct chunk signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int err;

	if (!ctx)
		return crypto_error(-EIO);
	err = verify_with(ctx, crypto, key, scheme, data, count, signature);
	EVP_MD_CTX_free(ctx);
	return err;
}

static int verify_scheme(const struct crypto *crypto, const struct key *key,
			 const struct scheme *scheme, const struct chunk *data, size_t count,
			 struct chunk signature)
{
	struct secret joined;
	struct chunk whole;
	int err;

	if (scheme->kind != SCHEME_ED25519)
		return verify_once(crypto, key, scheme, data, count, signature);
	err = join(data, count, &joined);
	if (err)
		return err;
	whole = secret_chunk(&joined);
	err = verify_once(crypto, key, scheme, &whole, 1, signature);
	secret_free(&joined);
	return err;
}

/* The algorithm by OpenSSL's name of it, or in numbers; never a peer's own bytes. */
static void refuse_algorithm(struct chunk identifier, struct reason *why)
{
	const uint8_t *at = identifier.data;
	const ASN1_OBJECT *object;
	X509_ALGOR *algorithm;
	char name[64] = "";
	int type;

	algorithm = d2i_X509_ALGOR(NULL, &at, (long)identifier.len);
	if (algorithm) {
		X509_ALGOR_get0(&object, &type, NULL, algorithm);
		OBJ_obj2txt(name, sizeof(name), object, 0);
		reason_set(why, "the signature algorithm %s%s is not accepted", name,
			   type == V_ASN1_SEQUENCE ? " with these parameters" : "");
	} else {
		reason_set(why, "the signature algorithm is not accepted");
	}
	X509_ALGOR_free(algorithm);
	crypto_error(0);
}

int verify(const struct crypto *crypto, const struct key *key, struct chunk identifier,
	   const struct chunk *data, size_t count, struct chunk signature, struct reason *why)
{
	const struct scheme *scheme = scheme_of(identifier);
	int err;

	if (!scheme) {
		refuse_algorithm(identifier, why);
		return -ENOTSUP;
	}
	if (!key_fits(key, scheme)) {
		reason_set(why, "the key does not make %s signatures", scheme->name);
		return -EBADMSG;
	}
	err = verify_scheme(crypto, key, scheme, data, count, signature);
	if (err)
		reason_set(why, err == -ENOMEM ? "no memory to verify %s" :
						 "the %s signature does not verify", scheme->name);
	return err;
}

/* What goes together in RFC 4754. */
static const struct {
	uint16_t hash;
	enum key_type type;
	size_t len;			/* of r, and of s */
} raw_forms[] = {
	{ HASH_SHA2_256, KEY_P256, 32 },
	{ HASH_SHA2_384, KEY_P384, 48 },
	{ HASH_SHA2_512, KEY_P521, 66 },
};

static const struct scheme *ecdsa_with(uint16_t hash)
{
	const struct scheme *scheme;
	size_t i;

	for (i = 0; (scheme = scheme_at(i)); i++) {
		if (scheme->kind == SCHEME_ECDSA && scheme->hash == hash)
			break;
	}
	return scheme;
}

/* r | s, each of @len octets, as the DER that all else has. */
static int raw_to_der(const uint8_t *raw, int len, uint8_t **der, int *der_len)
{
	BIGNUM *r = BN_bin2bn(raw, len, NULL);
	BIGNUM *s = BN_bin2bn(raw + len, len, NULL);
	ECDSA_SIG *sig = ECDSA_SIG_new();

	*der = NULL;
	*der_len = -1;
	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
	} else {
		*der_len = i2d_ECDSA_SIG(sig, der);
	}
	ECDSA_SIG_free(sig);
	return *der_len > 0 ? 0 : crypto_error(-EIO);
}

int verify_raw(const struct crypto *crypto, const struct key *key, uint16_t hash,
	       const struct chunk *data, size_t count, struct chunk signature,
	       struct reason *why)
{
	size_t i = 0;
	uint8_t *der;
	int len, err;

	while (i < sizeof(raw_forms) / sizeof(raw_forms[0]) && raw_forms[i].hash != hash)
		i++;
	if (i == sizeof(raw_forms) / sizeof(raw_forms[0])) {
		reason_set(why, "the signature's hash is not accepted");
		return -ENOTSUP;
	}
	if (key->type != raw_forms[i].type || signature.len != 2 * raw_forms[i].len) {
		reason_set(why, "the key does not make signatures of %zu octets",
			   signature.len);
		return -EBADMSG;
	}
	err = raw_to_der(signature.data, (int)raw_forms[i].len, &der, &len);
	if (err) {
		reason_set(why, "no memory to verify the signature");
		return err;
	}
	err = verify(crypto, key, ecdsa_with(hash)->identifier, data, count,
		     (struct chunk){ der, (size_t)len }, why);
	OPENSSL_free(der);
	return err;
}
