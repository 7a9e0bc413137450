// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys that sign and verify.
 */
#include <errno.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include "crypto/file.h"
#include "crypto/internal.h"
#include "crypto/key.h"

#define RSA_MIN_BITS	2048	/* RFC 8247 3.1.1 */
#define RSA_MAX_BITS	8192	/* what a peer may make us compute with */

static int rsa_check(const EVP_PKEY *pkey, struct reason *why)
{
	int bits = EVP_PKEY_get_bits(pkey);

	if (bits >= RSA_MIN_BITS && bits <= RSA_MAX_BITS)
		return 0;
	reason_set(why, "an RSA key of %d bits, not %d to %d", bits, RSA_MIN_BITS, RSA_MAX_BITS);
	return -EKEYREJECTED;
}

/* RFC 5480 2.1.1: a curve is given by its name, not by its parameters. */
static bool is_explicit(const EVP_PKEY *pkey)
{
	int value = 0;

	return EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				      &value) == 1 && value;
}

static int curve_of(const EVP_PKEY *pkey, enum key_type *type, struct reason *why)
{
	char name[64] = "unknown";

	if (is_explicit(pkey)) {
		reason_set(why, "an EC key whose curve is given by its parameters");
		return -EKEYREJECTED;
	}
	EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL);
	if (!strcmp(name, SN_X9_62_prime256v1))
		*type = KEY_P256;
	else if (!strcmp(name, SN_secp384r1))
		*type = KEY_P384;
	else if (!strcmp(name, SN_secp521r1))
		*type = KEY_P521;
	else {
		reason_set(why, "an EC key on the curve %s, not P-256, P-384 or P-521", name);
		return -EKEYREJECTED;
	}
	return 0;
}

/* @bare: there are no parameters. */
static int pss_scheme(const X509_PUBKEY *pub, const struct scheme **scheme, bool *bare)
{
	X509_ALGOR *algorithm;
	uint8_t *der = NULL;
	int type;
	int len;

	X509_PUBKEY_get0_param(NULL, NULL, NULL, &algorithm, pub);
	X509_ALGOR_get0(NULL, &type, NULL, algorithm);
	*bare = type == V_ASN1_UNDEF;
	len = i2d_X509_ALGOR(algorithm, &der);
	if (len < 0)
		return -EIO;
	*scheme = scheme_of((struct chunk){ der, (size_t)len });
	OPENSSL_free(der);
	return 0;
}

/* RFC 4055 3.1: a key with parameters is for them alone. */
static int pss_check(EVP_PKEY *pkey, const struct scheme **only, struct reason *why)
{
	const struct scheme *scheme;
	X509_PUBKEY *pub = NULL;
	bool bare;
	int err = rsa_check(pkey, why);

	if (err)
		return err;
	err = -EIO;
	if (X509_PUBKEY_set(&pub, pkey) == 1)
		err = pss_scheme(pub, &scheme, &bare);
	X509_PUBKEY_free(pub);
	if (err)
		return crypto_error(err);
	if (!bare && !scheme) {
		reason_set(why, "an RSASSA-PSS key with parameters that are not accepted");
		return -EKEYREJECTED;
	}
	*only = bare ? NULL : scheme;
	return 0;
}

static int classify(struct key *key, struct reason *why)
{
	const char *name;

	if (EVP_PKEY_is_a(key->pkey, "ED25519")) {
		key->type = KEY_ED25519;
		return 0;
	}
	if (EVP_PKEY_is_a(key->pkey, "RSA")) {
		key->type = KEY_RSA;
		return rsa_check(key->pkey, why);
	}
	if (EVP_PKEY_is_a(key->pkey, "RSA-PSS")) {
		key->type = KEY_RSA_PSS;
		return pss_check(key->pkey, &key->only, why);
	}
	if (EVP_PKEY_is_a(key->pkey, "EC"))
		return curve_of(key->pkey, &key->type, why);
	name = EVP_PKEY_get0_type_name(key->pkey);
	reason_set(why, "a key of type %s", name ? name : "unknown");
	return -EKEYREJECTED;
}

int key_from_pkey(EVP_PKEY *pkey, struct key *key, struct reason *why)
{
	int err;

	*key = (struct key){ .pkey = pkey };
	err = classify(key, why);
	if (!err)
		return 0;
	key_free(key);
	return crypto_error(err);
}

void key_copy(const struct key *from, struct key *key)
{
	EVP_PKEY_up_ref(from->pkey);
	*key = *from;
}

void key_free(struct key *key)
{
	EVP_PKEY_free(key->pkey);
	*key = (struct key){ 0 };
}

static EVP_PKEY *read_pem(const struct crypto *crypto, const struct secret *pem)
{
	static char passphrase[] = "";	/* without one OpenSSL would ask at the terminal */
	BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
	EVP_PKEY *pkey = NULL;

	if (bio)
		pkey = PEM_read_bio_PrivateKey_ex(bio, NULL, NULL, passphrase, crypto->lib, NULL);
	BIO_free(bio);
	return pkey;
}

int key_load_private(const struct crypto *crypto, const char *path, struct key *key,
		     struct reason *why)
{
	struct reason inner = { "" };
	struct secret pem;
	EVP_PKEY *pkey;
	int err;

	*key = (struct key){ 0 };
	err = file_read(path, true, &pem, why);
	if (err)
		return err;
	pkey = read_pem(crypto, &pem);
	secret_free(&pem);
	if (!pkey) {
		reason_set(why, "%s: no private key in PEM form without a passphrase", path);
		return crypto_error(-EKEYREJECTED);
	}
	err = key_from_pkey(pkey, key, &inner);
	if (err)
		reason_set(why, "%s: %s", path, inner.text);
	return err;
}

int key_from_spki(const struct crypto *crypto, struct chunk spki, struct key *key,
		  struct reason *why)
{
	const uint8_t *at = spki.data;
	EVP_PKEY *pkey;
	int err;

	*key = (struct key){ 0 };
	if (spki.len > UINT16_MAX)
		return -EINVAL;
	pkey = d2i_PUBKEY_ex(NULL, &at, (long)spki.len, crypto->lib, NULL);
	if (!pkey || at != spki.data + spki.len) {
		reason_set(why, "no DER SubjectPublicKeyInfo");
		EVP_PKEY_free(pkey);
		return crypto_error(-EKEYREJECTED);
	}
	err = key_from_pkey(pkey, key, why);
	if (!err && key->type == KEY_RSA_PSS && !key->only) {
		reason_set(why, "an RSASSA-PSS key without parameters");
		err = -EKEYREJECTED;
		key_free(key);
	}
	return err;
}

int key_to_spki(const struct key *key, struct secret *spki)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	int err;

	*spki = (struct secret){ 0 };
	if (len < 0)
		return crypto_error(-EIO);
	err = secret_copy(spki, (struct chunk){ der, (size_t)len });
	OPENSSL_free(der);
	return err;
}

int key_to_der(const struct key *key, struct secret *der)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
	uint8_t *bytes = NULL;
	int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &bytes) : -1;
	int err;

	*der = (struct secret){ 0 };
	PKCS8_PRIV_KEY_INFO_free(info);
	if (len < 0)
		return crypto_error(-EIO);
	err = secret_copy(der, (struct chunk){ bytes, (size_t)len });
	OPENSSL_clear_free(bytes, (size_t)len);
	return err;
}

int key_from_der(const struct crypto *crypto, struct chunk der, struct key *key)
{
	const uint8_t *at = der.data;
	PKCS8_PRIV_KEY_INFO *info;
	EVP_PKEY *pkey = NULL;

	*key = (struct key){ 0 };
	if (der.len > UINT16_MAX)
		return -EINVAL;
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
	if (info && at == der.data + der.len)
		pkey = EVP_PKCS82PKEY_ex(info, crypto->lib, NULL);
	PKCS8_PRIV_KEY_INFO_free(info);
	return pkey ? key_from_pkey(pkey, key, NULL) : crypto_error(-EKEYREJECTED);
}

int key_generate(const struct crypto *crypto, enum key_type type, struct key *key)
{
	static const char *const curves[] = {
		[KEY_P256] = "P-256", [KEY_P384] = "P-384", [KEY_P521] = "P-521",
	};
	EVP_PKEY *pkey;

	*key = (struct key){ 0 };
	switch (type) {
	case KEY_ED25519:
		pkey = EVP_PKEY_Q_keygen(crypto->lib, NULL, "ED25519");
		break;
	case KEY_P256:
	case KEY_P384:
	case KEY_P521:
		pkey = EVP_PKEY_Q_keygen(crypto->lib, NULL, "EC", curves[type]);
		break;
	default:
		return -ENOTSUP;
	}
	if (!pkey)
		return crypto_error(-EIO);
	*key = (struct key){ .pkey = pkey, .type = type };
	return 0;
}

bool key_fits(const struct key *key, const struct scheme *scheme)
{
	switch (key->type) {
	case KEY_P256:
	case KEY_P384:
	case KEY_P521:
		return scheme->kind == SCHEME_ECDSA;
	case KEY_ED25519:
		return scheme->kind == SCHEME_ED25519;
	case KEY_RSA:
		return scheme->kind == SCHEME_PSS;
	case KEY_RSA_PSS:
		return scheme->kind == SCHEME_PSS && (!key->only || key->only == scheme);
	default:
		return false;
	}
}

/* As strong as the key: RFC 7427 6. */
static uint16_t best_hash(enum key_type type)
{
	switch (type) {
	case KEY_ED25519:
		return HASH_IDENTITY;
	case KEY_P384:
		return HASH_SHA2_384;
	case KEY_P521:
		return HASH_SHA2_512;
	default:
		return HASH_SHA2_256;
	}
}

static bool announced(uint16_t hash, const uint16_t *hashes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (hashes[i] == hash)
			return true;
	}
	return false;
}

const struct scheme *key_scheme(const struct key *key, const uint16_t *hashes, size_t count)
{
	const struct scheme *found = NULL;
	const struct scheme *scheme;
	size_t i;

	for (i = 0; (scheme = scheme_at(i)); i++) {
		if (!key_fits(key, scheme) || !announced(scheme->hash, hashes, count))
			continue;
		if (scheme->hash == best_hash(key->type))
			return scheme;
		found = scheme;
	}
	return found;
}
