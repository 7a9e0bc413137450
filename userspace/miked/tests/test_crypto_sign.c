// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures: the AlgorithmIdentifiers of RFC 7427 A and RFC 8420 A, the vectors of
 * RFC 8032 7.1, what is refused, and lengths that are known before.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include "crypto/key.h"
#include "crypto/sign.h"
#include "hex.h"
#include "pki.h"
#include "test.h"

static struct crypto crypto;

/* RFC 7427 A.4.3, which has a trailerField; SHA-384 and SHA-512 in its likeness */
static const char *const pss_with_trailer[] = {
	"304606092a864886f70d01010a3039a00f300d06096086480165030402010500"
	"a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120a303020101",
	"304606092a864886f70d01010a3039a00f300d06096086480165030402020500"
	"a11c301a06092a864886f70d010108300d06096086480165030402020500a203020130a303020101",
	"304606092a864886f70d01010a3039a00f300d06096086480165030402030500"
	"a11c301a06092a864886f70d010108300d06096086480165030402030500a203020140a303020101",
};

static const struct scheme *scheme_named(const char *name)
{
	const struct scheme *scheme;
	size_t i;

	for (i = 0; (scheme = scheme_at(i)); i++) {
		if (!strcmp(scheme->name, name))
			return scheme;
	}
	fail_msg("no scheme %s", name);
	return NULL;
}

static void identifiers(void **state)
{
	static const struct {
		const char *name, *der;
		uint16_t hash;
	} expected[] = {
		{ "ecdsa-with-SHA256", "300a06082a8648ce3d040302", HASH_SHA2_256 },
		{ "ecdsa-with-SHA384", "300a06082a8648ce3d040303", HASH_SHA2_384 },
		{ "ecdsa-with-SHA512", "300a06082a8648ce3d040304", HASH_SHA2_512 },
		{ "Ed25519", "300506032b6570", HASH_IDENTITY },
		/* A.4.3 without its last five octets, and so with lengths five less */
		{ "RSASSA-PSS with SHA-256",
		  "304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
		  "a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
		  HASH_SHA2_256 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const struct scheme *scheme = scheme_named(expected[i].name);

		assert_chunk_equal(scheme->identifier, hex(expected[i].der));
		assert_ptr_equal(scheme_of(hex(expected[i].der)), scheme);
		assert_int_equal(scheme->hash, expected[i].hash);
	}
	assert_ptr_equal(scheme_of(hex(pss_with_trailer[0])),
			 scheme_named("RSASSA-PSS with SHA-256"));
	assert_ptr_equal(scheme_of(hex(pss_with_trailer[1])),
			 scheme_named("RSASSA-PSS with SHA-384"));
	assert_ptr_equal(scheme_of(hex(pss_with_trailer[2])),
			 scheme_named("RSASSA-PSS with SHA-512"));
}

/* What RFC 4055 lets others write: as OpenSSL's own decoder and we understand it alike. */
static void pss_forms(void **state)
{
	static const char *const forms[] = {
		/* hash without NULL, mask's hash without NULL, both, both and trailerField */
		"303f06092a864886f70d01010a3032a00d300b0609608648016503040201"
		"a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
		"303f06092a864886f70d01010a3032a00f300d06096086480165030402010500"
		"a11a301806092a864886f70d010108300b0609608648016503040201a203020120",
		"303d06092a864886f70d01010a3030a00d300b0609608648016503040201"
		"a11a301806092a864886f70d010108300b0609608648016503040201a203020120",
		"304206092a864886f70d01010a3035a00d300b0609608648016503040201"
		"a11a301806092a864886f70d010108300b0609608648016503040201a203020120a303020101",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct chunk der = hex(forms[i]);
		const uint8_t *at = der.data;
		X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)der.len);

		assert_non_null(algorithm);
		assert_ptr_equal(at, der.data + der.len);
		X509_ALGOR_free(algorithm);
		assert_ptr_equal(scheme_of(der), scheme_named("RSASSA-PSS with SHA-256"));
	}
}

static void not_accepted(void **state)
{
	static const char *const ders[] = {
		"",
		"30",
		"300d06092a864886f70d0101050500",	/* A.1.1 sha1WithRSAEncryption */
		"300d06092a864886f70d01010b0500",	/* A.1.2 sha256WithRSAEncryption */
		"300d06092a864886f70d01010d0500",	/* A.1.4 sha512WithRSAEncryption */
		"300906072a8648ce380403",		/* A.2.1 dsa-with-sha1 */
		"300b0609608648016503040302",		/* A.2.2 dsa-with-sha256 */
		"300906072a8648ce3d0401",		/* A.3.1 ecdsa-with-sha1 */
		"300c06082a8648ce3d0403020500",		/* ecdsa-with-sha256 with parameters */
		"300a06082a8648ce3d040301",		/* ecdsa-with-sha224 */
		"300506032b6571",			/* RFC 8420 A.2 Ed448 */
		"300706032b65700500",			/* Ed25519 with parameters */
		"300506032b657000",			/* and with an octet after it */
		"300d06092a864886f70d01010a3000",	/* A.4.1 RSASSA-PSS, empty parameters */
		/* A.4.2 RSASSA-PSS, default parameters */
		"303e06092a864886f70d01010a3031a00b300906052b0e03021a0500a1183016"
		"06092a864886f70d010108300906052b0e03021a0500a203020114a303020101",
		/* SHA-256 with salts of 20 and 48; mask by SHA-384; trailerField 2 */
		"304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
		"a11c301a06092a864886f70d010108300d06096086480165030402010500a203020114",
		"304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
		"a11c301a06092a864886f70d010108300d06096086480165030402010500a203020130",
		"304106092a864886f70d01010a3034a00f300d06096086480165030402010500"
		"a11c301a06092a864886f70d010108300d06096086480165030402020500a203020120",
		"304606092a864886f70d01010a3039a00f300d06096086480165030402010500"
		"a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120a303020102",
	};
	struct chunk data = ascii("data");
	struct reason why = { "" };
	struct key key;
	size_t i;

	(void)state;
	assert_int_equal(key_generate(&crypto, KEY_P256, &key), 0);
	for (i = 0; i < sizeof(ders) / sizeof(ders[0]); i++) {
		assert_null(scheme_of(hex(ders[i])));
		assert_int_equal(verify(&crypto, &key, hex(ders[i]), &data, 1, data, &why),
				 -ENOTSUP);
		assert_non_null(strstr(why.text, "is not accepted"));
	}
	key_free(&key);
}

static void rfc8032(void **state)
{
	/* TEST 3: two octets */
	struct chunk private =
		hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7");
	struct chunk expected =
		hex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		    "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
	struct chunk parts[] = { hex("af"), { NULL, 0 }, hex("82") }, none = { 0 };
	const struct scheme *scheme = scheme_named("Ed25519");
	uint8_t out[SIGNATURE_MAX_LEN];
	struct reason why;
	struct key key;
	size_t len;

	(void)state;
	assert_int_equal(key_from_pkey(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
								    private.data, private.len),
				       &key, &why), 0);
	assert_int_equal(sign(&crypto, &key, scheme, parts, 3, out, &len), 0);
	assert_chunk_equal(((struct chunk){ out, len }), expected);
	assert_int_equal(sign_exact_len(&key), 64);
	assert_int_equal(sign_exact(&crypto, &key, scheme, parts, 3, out), 0);
	assert_memory_equal(out, expected.data, 64);
	assert_int_equal(verify(&crypto, &key, scheme->identifier, parts, 3, expected, &why), 0);
	/* TEST 1 is over nothing */
	assert_int_equal(sign(&crypto, &key, scheme, &none, 1, out, &len), 0);
	assert_int_equal(verify(&crypto, &key, scheme->identifier, &none, 0,
				(struct chunk){ out, len }, &why), 0);
	key_free(&key);
}

static struct key key_of(const char *type)
{
	struct reason why = { "" };
	struct key key;

	assert_int_equal(key_from_pkey(pki_key(type), &key, &why), 0);
	return key;
}

/* The public half, as a peer gets it. */
static struct key public_of(const struct key *key)
{
	struct reason why = { "" };
	struct secret spki;
	struct key public;

	assert_int_equal(key_to_spki(key, &spki), 0);
	assert_int_equal(key_from_spki(&crypto, secret_chunk(&spki), &public, &why), 0);
	assert_int_equal(public.type, key->type);
	secret_free(&spki);
	return public;
}

static const char *const key_types[] = {
	"RSA:2048", "RSA:3072", "P-256", "P-384", "P-521", "ED25519",
};

#define KEY_TYPES (sizeof(key_types) / sizeof(key_types[0]))

/* Each key with each scheme: it fits and works, or it does not fit and is refused. */
static void every_scheme(void **state)
{
	static const enum scheme_kind kinds[KEY_TYPES] = {
		SCHEME_PSS, SCHEME_PSS, SCHEME_ECDSA, SCHEME_ECDSA, SCHEME_ECDSA, SCHEME_ED25519,
	};
	struct chunk parts[] = { ascii("what is "), ascii("signed") };
	struct chunk whole = ascii("what is signed"), other = ascii("what is Signed");
	size_t i, j;

	(void)state;
	for (i = 0; i < KEY_TYPES; i++) {
		struct key key = key_of(key_types[i]), public = public_of(&key);
		struct key stranger = key_of(key_types[i]);
		const struct scheme *scheme;

		for (j = 0; (scheme = scheme_at(j)); j++) {
			uint8_t out[SIGNATURE_MAX_LEN];
			struct reason why = { "" };
			struct chunk signature;
			size_t len;

			assert_int_equal(key_fits(&key, scheme), scheme->kind == kinds[i]);
			if (!key_fits(&key, scheme)) {
				assert_int_equal(sign(&crypto, &key, scheme, parts, 2, out, &len),
						 -EINVAL);
				assert_int_equal(verify(&crypto, &public, scheme->identifier, parts,
							2, whole, &why), -EBADMSG);
				assert_non_null(strstr(why.text, "the key does not make"));
				continue;
			}
			assert_int_equal(sign(&crypto, &key, scheme, parts, 2, out, &len), 0);
			signature = (struct chunk){ out, len };
			assert_int_equal(verify(&crypto, &public, scheme->identifier, &whole, 1,
						signature, &why), 0);
			assert_int_equal(verify(&crypto, &public, scheme->identifier, &other, 1,
						signature, &why), -EBADMSG);
			assert_non_null(strstr(why.text, "does not verify"));
			assert_int_equal(verify(&crypto, &stranger, scheme->identifier, &whole, 1,
						signature, &why), -EBADMSG);
			signature.len--;
			assert_int_equal(verify(&crypto, &public, scheme->identifier, &whole, 1,
						signature, &why), -EBADMSG);
			signature.len = 0;
			assert_int_equal(verify(&crypto, &public, scheme->identifier, &whole, 1,
						signature, &why), -EBADMSG);
			out[len / 2] ^= 1;
			assert_int_equal(verify(&crypto, &public, scheme->identifier, &whole, 1,
						(struct chunk){ out, len }, &why), -EBADMSG);
		}
		key_free(&key);
		key_free(&public);
		key_free(&stranger);
	}
}

/* A signature of one scheme is none of another with the same key. */
static void scheme_is_bound(void **state)
{
	struct key key = key_of("RSA:2048");
	struct chunk data = ascii("data");
	uint8_t out[SIGNATURE_MAX_LEN];
	const struct scheme *other;
	struct reason why;
	size_t len, i;

	(void)state;
	assert_int_equal(sign(&crypto, &key, scheme_named("RSASSA-PSS with SHA-256"), &data, 1,
			      out, &len), 0);
	assert_int_equal(len, 256);
	for (i = 0; (other = scheme_at(i)); i++) {
		bool same = !strcmp(other->name, "RSASSA-PSS with SHA-256");

		assert_int_equal(verify(&crypto, &key, other->identifier, &data, 1,
					(struct chunk){ out, len }, &why), same ? 0 : -EBADMSG);
	}
	key_free(&key);
}

/* RFC 8247 3.2: the salt is as long as the hash; OpenSSL would make it longer. */
static void pss_salt(void **state)
{
	const struct scheme *scheme = scheme_named("RSASSA-PSS with SHA-256");
	struct key key = key_of("RSA:2048");
	struct chunk data = ascii("data");
	uint8_t out[SIGNATURE_MAX_LEN];
	size_t len = sizeof(out);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct reason why;
	EVP_PKEY_CTX *params;

	(void)state;
	assert_int_equal(EVP_DigestSignInit_ex(ctx, &params, "SHA256", NULL, NULL, key.pkey, NULL),
			 1);
	EVP_PKEY_CTX_set_rsa_padding(params, RSA_PKCS1_PSS_PADDING);
	EVP_PKEY_CTX_set_rsa_pss_saltlen(params, 20);
	assert_int_equal(EVP_DigestSign(ctx, out, &len, data.data, data.len), 1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(verify(&crypto, &key, scheme->identifier, &data, 1,
				(struct chunk){ out, len }, &why), -EBADMSG);
	key_free(&key);
}

/* Always the length that was told; while sign()'s varies, with ECDSA alone. */
static void exact(void **state)
{
	static const size_t lens[KEY_TYPES] = { 256, 384, 71, 103, 139, 64 };
	struct chunk data = ascii("data");
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < KEY_TYPES; i++) {
		struct key key = key_of(key_types[i]);
		const struct scheme *scheme = key_scheme(&key, scheme_hashes, 4);
		bool varies = false;

		assert_int_equal(sign_exact_len(&key), lens[i]);
		for (n = 0; n < 40; n++) {
			uint8_t out[SIGNATURE_MAX_LEN];
			struct reason why = { "" };
			size_t len;

			assert_int_equal(sign_exact(&crypto, &key, scheme, &data, 1, out), 0);
			assert_int_equal(verify(&crypto, &key, scheme->identifier, &data, 1,
						(struct chunk){ out, lens[i] }, &why), 0);
			assert_int_equal(sign(&crypto, &key, scheme, &data, 1, out, &len), 0);
			varies |= len != lens[i];
		}
		assert_int_equal(varies, scheme->kind == SCHEME_ECDSA);
		key_free(&key);
	}
}

static void choice(void **state)
{
	static const uint16_t sha256[] = { HASH_SHA2_256 }, sha1[] = { 1 };
	static const uint16_t longer[] = { HASH_SHA2_512, 1, HASH_SHA2_256 };
	static const struct {
		const char *key, *all, *sha256, *longer;
	} expected[] = {
		{ "RSA:2048", "RSASSA-PSS with SHA-256", "RSASSA-PSS with SHA-256",
		  "RSASSA-PSS with SHA-256" },
		{ "P-256", "ecdsa-with-SHA256", "ecdsa-with-SHA256", "ecdsa-with-SHA256" },
		{ "P-384", "ecdsa-with-SHA384", "ecdsa-with-SHA256", "ecdsa-with-SHA512" },
		{ "P-521", "ecdsa-with-SHA512", "ecdsa-with-SHA256", "ecdsa-with-SHA512" },
		{ "ED25519", "Ed25519", NULL, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct key key = key_of(expected[i].key);
		const struct scheme *scheme = key_scheme(&key, sha256, 1);

		assert_string_equal(key_scheme(&key, scheme_hashes, 4)->name, expected[i].all);
		if (expected[i].sha256)
			assert_string_equal(scheme->name, expected[i].sha256);
		else
			assert_null(scheme);
		scheme = key_scheme(&key, longer, 3);
		if (expected[i].longer)
			assert_string_equal(scheme->name, expected[i].longer);
		else
			assert_null(scheme);
		assert_null(key_scheme(&key, sha1, 1));
		assert_null(key_scheme(&key, NULL, 0));
		key_free(&key);
	}
}

static void weak_keys(void **state)
{
	static const struct {
		const char *type, *why;
	} weak[] = {
		{ "RSA:1024", "an RSA key of 1024 bits, not 2048 to 8192" },
		{ "secp256k1", "an EC key on the curve secp256k1, not P-256, P-384 or P-521" },
		{ "P-224", "an EC key on the curve secp224r1, not P-256, P-384 or P-521" },
		{ "ED448", "a key of type ED448" },
		{ "X25519", "a key of type X25519" },
	};
	struct reason why = { "" };
	struct secret spki;
	struct key key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		struct key holder = { .pkey = pki_key(weak[i].type) };

		assert_int_equal(key_to_spki(&holder, &spki), 0);
		assert_int_equal(key_from_spki(&crypto, secret_chunk(&spki), &key, &why),
				 -EKEYREJECTED);
		assert_string_equal(why.text, weak[i].why);
		assert_null(key.pkey);
		secret_free(&spki);
		key_free(&holder);
	}
	assert_int_equal(key_generate(&crypto, KEY_RSA, &key), -ENOTSUP);
}

/* P-256, but by its parameters. */
static void explicit_curve(void **state)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	struct key holder = { 0 }, key;
	struct reason why = { "" };
	struct secret spki;

	(void)state;
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(ctx, NID_X9_62_prime256v1), 1);
	assert_int_equal(EVP_PKEY_CTX_set_ec_param_enc(ctx, OPENSSL_EC_EXPLICIT_CURVE), 1);
	assert_int_equal(EVP_PKEY_keygen(ctx, &holder.pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	assert_int_equal(key_to_spki(&holder, &spki), 0);
	assert_int_equal(key_from_spki(&crypto, secret_chunk(&spki), &key, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "an EC key whose curve is given by its parameters");
	secret_free(&spki);
	key_free(&holder);
}

static void bad_spki(void **state)
{
	struct key key = key_of("P-256"), other;
	struct reason why = { "" };
	struct secret spki, longer;
	size_t i;

	(void)state;
	assert_int_equal(key_to_spki(&key, &spki), 0);
	for (i = 0; i < spki.len; i++)
		assert_int_equal(key_from_spki(&crypto, (struct chunk){ spki.data, i }, &other,
					       &why), -EKEYREJECTED);
	assert_string_equal(why.text, "no DER SubjectPublicKeyInfo");
	assert_int_equal(secret_new(&longer, spki.len + 1), 0);
	memcpy(longer.data, spki.data, spki.len);
	assert_int_equal(key_from_spki(&crypto, secret_chunk(&longer), &other, &why),
			 -EKEYREJECTED);
	/* a point that is not on the curve */
	spki.data[spki.len - 1] ^= 1;
	assert_int_equal(key_from_spki(&crypto, secret_chunk(&spki), &other, &why), -EKEYREJECTED);
	assert_null(other.pkey);
	secret_free(&spki);
	secret_free(&longer);
	key_free(&key);
}

/* An id-RSASSA-PSS key, with parameters for @digest and @salt. */
static EVP_PKEY *pss_key(const char *digest, int salt)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pkey = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	if (digest) {
		EVP_PKEY_CTX_set_rsa_pss_keygen_md_name(ctx, digest, NULL);
		EVP_PKEY_CTX_set_rsa_pss_keygen_mgf1_md_name(ctx, digest);
		EVP_PKEY_CTX_set_rsa_pss_keygen_saltlen(ctx, salt);
	}
	assert_int_equal(EVP_PKEY_keygen(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* RFC 4055 3.1: bound to its parameters; RFC 9838 4.5.3.2: an AUTH_KEY must have some. */
static void pss_keys(void **state)
{
	const struct scheme *sha384 = scheme_named("RSASSA-PSS with SHA-384");
	const struct scheme *sha256 = scheme_named("RSASSA-PSS with SHA-256");
	struct chunk data = ascii("data");
	uint8_t out[SIGNATURE_MAX_LEN];
	struct reason why = { "" };
	struct key key, public;
	struct secret spki;
	size_t len;

	(void)state;
	assert_int_equal(key_from_pkey(pss_key("SHA384", 48), &key, &why), 0);
	assert_int_equal(key.type, KEY_RSA_PSS);
	assert_ptr_equal(key.only, sha384);
	assert_false(key_fits(&key, sha256));
	assert_ptr_equal(key_scheme(&key, scheme_hashes, 4), sha384);
	public = public_of(&key);
	assert_ptr_equal(public.only, sha384);
	assert_int_equal(sign(&crypto, &key, sha384, &data, 1, out, &len), 0);
	assert_int_equal(verify(&crypto, &public, sha384->identifier, &data, 1,
				(struct chunk){ out, len }, &why), 0);
	assert_int_equal(verify(&crypto, &public, sha256->identifier, &data, 1,
				(struct chunk){ out, len }, &why), -EBADMSG);
	key_free(&key);
	key_free(&public);

	assert_int_equal(key_from_pkey(pss_key(NULL, 0), &key, &why), 0);
	assert_null(key.only);
	assert_true(key_fits(&key, sha256) && key_fits(&key, sha384));
	assert_int_equal(key_to_spki(&key, &spki), 0);
	assert_int_equal(key_from_spki(&crypto, secret_chunk(&spki), &public, &why),
			 -EKEYREJECTED);
	assert_string_equal(why.text, "an RSASSA-PSS key without parameters");
	assert_null(public.pkey);
	secret_free(&spki);
	key_free(&key);

	assert_int_equal(key_from_pkey(pss_key("SHA1", 20), &key, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "an RSASSA-PSS key with parameters that are not accepted");
}

static void key_files(void **state)
{
	struct key key = key_of("P-384"), loaded;
	const char *path = pki_key_file("p384.pem", key.pkey);
	struct reason why = { "" };
	struct key weak = { .pkey = pki_key("RSA:1024") };

	(void)state;
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), 0);
	assert_int_equal(loaded.type, KEY_P384);
	assert_int_equal(EVP_PKEY_eq(loaded.pkey, key.pkey), 1);
	key_free(&loaded);

	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), 0);
	key_free(&loaded);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), -EPERM);
	assert_non_null(strstr(why.text, "p384.pem is open to others (mode 0644)"));
	assert_int_equal(chmod(path, 0602), 0);
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), -EPERM);
	assert_null(loaded.pkey);

	path = pki_key_file("weak.pem", weak.pkey);
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "weak.pem: an RSA key of 1024 bits"));
	path = pki_text_file("none.pem", "nothing of use\n");
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "none.pem: no private key"));
	path = pki_text_file("empty.pem", "");
	assert_int_equal(key_load_private(&crypto, path, &loaded, &why), -EINVAL);
	assert_non_null(strstr(why.text, "empty.pem has 0 bytes"));
	assert_int_equal(key_load_private(&crypto, "/nonexistent/key", &loaded, &why), -ENOENT);
	assert_string_equal(why.text, "/nonexistent/key: No such file or directory");
	assert_int_equal(key_load_private(&crypto, "/dev/null", &loaded, &why), -EINVAL);
	assert_string_equal(why.text, "/dev/null is not a regular file");
	key_free(&weak);
	key_free(&key);
}

/* With a passphrase; nobody is asked for it. */
static void encrypted_key(void **state)
{
	char pass[] = "passphrase";
	struct key key = key_of("P-256"), loaded;
	BIO *bio = BIO_new(BIO_s_mem());
	struct reason why = { "" };
	char *pem;

	(void)state;
	assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, key.pkey, EVP_aes_128_cbc(), pass,
						       sizeof(pass) - 1, NULL, NULL), 1);
	assert_int_equal(BIO_write(bio, "", 1), 1);
	BIO_get_mem_data(bio, &pem);
	assert_int_equal(key_load_private(&crypto, pki_text_file("encrypted.pem", pem), &loaded,
					  &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "no private key in PEM form without a passphrase"));
	BIO_free(bio);
	key_free(&key);
}

static int setup(void **state)
{
	struct reason why;

	(void)state;
	return crypto_init(&crypto, NULL, &why);
}

static int teardown(void **state)
{
	(void)state;
	pki_cleanup();
	crypto_free(&crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifiers),
		cmocka_unit_test(pss_forms),
		cmocka_unit_test(not_accepted),
		cmocka_unit_test(rfc8032),
		cmocka_unit_test(every_scheme),
		cmocka_unit_test(scheme_is_bound),
		cmocka_unit_test(pss_salt),
		cmocka_unit_test(exact),
		cmocka_unit_test(choice),
		cmocka_unit_test(weak_keys),
		cmocka_unit_test(explicit_curve),
		cmocka_unit_test(bad_spki),
		cmocka_unit_test(pss_keys),
		cmocka_unit_test(key_files),
		cmocka_unit_test(encrypted_key),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
