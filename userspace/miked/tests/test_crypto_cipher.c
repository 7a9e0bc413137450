// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The protection of the Encrypted payload: test cases 4 and 16 of the GCM submission
 * (McGrew, Viega), the CBC vectors of NIST SP 800-38A F.2, each as a message; and
 * every bit of one turned over. Key wrapping: RFC 5649 6, and what Python's
 * cryptography made.
 */
#include <errno.h>
#include <string.h>
#include <openssl/sha.h>
#include "crypto/cipher.h"
#include "crypto/keywrap.h"
#include "hex.h"
#include "test.h"
#include "with_crypto.h"

static const struct cipher gcm128 = { ENCR_AES_GCM_16, 128, AUTH_NONE };
static const struct cipher gcm256 = { ENCR_AES_GCM_16, 256, AUTH_NONE };
static const struct cipher all[] = {
	{ ENCR_AES_GCM_16, 128, AUTH_NONE },
	{ ENCR_AES_GCM_16, 256, AUTH_NONE },
	{ ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128 },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_128 },
	{ ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_384_192 },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_384_192 },
	{ ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_512_256 },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256 },
};

#define CIPHERS	(sizeof(all) / sizeof(all[0]))

static void put(uint8_t **at, struct chunk chunk)
{
	memcpy(*at, chunk.data, chunk.len);
	*at += chunk.len;
}

static void sizes(void **state)
{
	static const struct {
		struct cipher_sizes sizes;
	} expected[CIPHERS] = {
		{ { 20, 0, 8, 1, 16 } }, { { 36, 0, 8, 1, 16 } },
		{ { 16, 32, 16, 16, 16 } }, { { 32, 32, 16, 16, 16 } },
		{ { 16, 48, 16, 16, 24 } }, { { 32, 48, 16, 16, 24 } },
		{ { 16, 64, 16, 16, 32 } }, { { 32, 64, 16, 16, 32 } },
	};
	static const struct cipher unknown[] = {
		{ ENCR_AES_GCM_16, 192, AUTH_NONE },
		{ ENCR_AES_GCM_16, 0, AUTH_NONE },
		{ ENCR_AES_GCM_16, 128, AUTH_HMAC_SHA2_256_128 },
		{ ENCR_AES_CBC, 128, AUTH_NONE },
		{ ENCR_AES_CBC, 128, 2 },
		{ 3, 128, AUTH_HMAC_SHA2_256_128 },
	};
	struct cipher_sizes got;
	size_t i;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		assert_int_equal(cipher_sizes(&all[i], &got), 0);
		assert_memory_equal(&got, &expected[i].sizes, sizeof(got));
	}
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(cipher_sizes(&unknown[i], &got), -ENOTSUP);
}

/*
 * Their plaintext ends in 0x39, a Pad Length of 57 in 60 octets, and so has two octets
 * of payload. Salt and IV are those of their nonce, and the IV is our counter.
 */
static void gcm_vectors(void **state)
{
	static const char aad[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
	static const char text[] =
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
	static const struct {
		const struct cipher *cipher;
		const char *key, *text, *icv;
	} vectors[] = {
		{ &gcm128, "feffe9928665731c6d6a8f9467308308cafebabe",
		  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
		  "5bc94fbc3221a5db94fae95ae7121a47" },
		{ &gcm256,
		  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabe",
		  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
		  "76fc6ece0f4e1768cddf8853bb2d551b" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct cipher_keys keys = { .encr = hex(vectors[i].key) };
		uint8_t message[20 + 8 + 60 + 16] = { 0 }, expected[20 + 8 + 60 + 16];
		uint8_t *at = expected;
		struct chunk inner;

		put(&at, hex(aad));
		put(&at, hex("facedbaddecaf888"));
		put(&at, hex(vectors[i].text));
		put(&at, hex(vectors[i].icv));
		memcpy(message, hex(aad).data, 20);
		memcpy(message + 28, hex(text).data, 60);
		assert_int_equal(cipher_seal(&crypto, vectors[i].cipher, &keys,
					     0xfacedbaddecaf888, message, 20, sizeof(message)), 0);
		assert_memory_equal(message, expected, sizeof(message));
		assert_int_equal(cipher_open(&crypto, vectors[i].cipher, &keys, message, 20,
					     sizeof(message), &inner), 0);
		assert_ptr_equal(inner.data, message + 28);
		assert_int_equal(inner.len, 2);
		assert_memory_equal(message + 28, hex(text).data, 60);
	}
}

/* Their plaintext ends in 0x10, a Pad Length of 16 in 64 octets. */
static void cbc_vectors(void **state)
{
	static const char text[] =
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
	static const struct {
		struct cipher cipher;
		const char *key, *text;
	} vectors[] = {
		{ { ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128 },
		  "2b7e151628aed2a6abf7158809cf4f3c",
		  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
		  "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
		{ { ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256 },
		  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
		  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	};
	static const char *const digests[] = { "SHA256", "SHA512" };
	static const uint8_t integ[64] = { 9, 8, 7 };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct cipher_sizes sizes;
		struct cipher_keys keys = { .encr = hex(vectors[i].key) };
		uint8_t message[200], *at = message, mac[64];
		struct chunk inner;
		size_t len;

		assert_int_equal(cipher_sizes(&vectors[i].cipher, &sizes), 0);
		keys.integ = (struct chunk){ integ, sizes.integ_key };
		put(&at, ascii("header"));
		put(&at, hex("000102030405060708090a0b0c0d0e0f"));
		put(&at, hex(vectors[i].text));
		EVP_Q_mac(NULL, "HMAC", NULL, digests[i], NULL, integ, sizes.integ_key, message,
			  at - message, mac, sizeof(mac), &len);
		assert_int_equal(len, 2 * sizes.icv);
		put(&at, (struct chunk){ mac, sizes.icv });
		assert_int_equal(cipher_open(&crypto, &vectors[i].cipher, &keys, message, 6,
					     at - message, &inner), 0);
		assert_ptr_equal(inner.data, message + 6 + 16);
		assert_int_equal(inner.len, 64 - 1 - 16);
		assert_memory_equal(message + 6 + 16, hex(text).data, 64);
	}
}

/* A message with @inner_len octets of payload and the least padding; its length. */
static size_t message_of(const struct cipher_sizes *sizes, size_t aad_len, size_t inner_len,
			 uint8_t *message)
{
	size_t pad = (sizes->block - (inner_len + 1) % sizes->block) % sizes->block;
	uint8_t *at = message;
	size_t i;

	for (i = 0; i < aad_len; i++)
		*at++ = i;
	at += sizes->iv;
	for (i = 0; i < inner_len; i++)
		*at++ = 0x40 + i;
	memset(at, 0, pad);
	at += pad;
	*at++ = pad;
	return at - message + sizes->icv;
}

static struct cipher_keys keys_of(const struct cipher_sizes *sizes)
{
	static uint8_t encr[36], integ[64];

	memset(encr, 0xe1, sizeof(encr));
	memset(integ, 0x1e, sizeof(integ));
	return (struct cipher_keys){
		.encr = { encr, sizes->encr_key },
		.integ = { integ, sizes->integ_key },
	};
}

static void round_trips(void **state)
{
	static const size_t lens[] = { 0, 1, 14, 15, 16, 17, 1000 };
	size_t i, j, k;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		for (j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			uint8_t message[1200] = { 0 };
			struct cipher_sizes sizes;
			struct cipher_keys keys;
			struct chunk inner;
			size_t len;

			assert_int_equal(cipher_sizes(&all[i], &sizes), 0);
			keys = keys_of(&sizes);
			len = message_of(&sizes, 32, lens[j], message);
			assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, message, 32, len),
					 0);
			for (k = 0; k < 32; k++)
				assert_int_equal(message[k], k);
			assert_int_equal(cipher_open(&crypto, &all[i], &keys, message, 32, len,
						     &inner), 0);
			assert_int_equal(inner.len, lens[j]);
			for (k = 0; k < inner.len; k++)
				assert_int_equal(inner.data[k], (uint8_t)(0x40 + k));
		}
	}
}

/* No bit of a message can be turned over, and no octet taken from it or added to it. */
static void tampered(void **state)
{
	size_t i, bit, k;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		uint8_t sealed[300] = { 0 }, message[300];
		struct cipher_sizes sizes;
		struct cipher_keys keys;
		struct chunk inner;
		size_t len;

		assert_int_equal(cipher_sizes(&all[i], &sizes), 0);
		keys = keys_of(&sizes);
		len = message_of(&sizes, 32, 40, sealed);
		assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, sealed, 32, len), 0);
		for (bit = 0; bit < 8 * len; bit++) {
			memcpy(message, sealed, sizeof(message));
			message[bit / 8] ^= 1 << bit % 8;
			assert_int_equal(cipher_open(&crypto, &all[i], &keys, message, 32, len,
						     &inner), -EBADMSG);
			/* what GCM had decrypted by then is gone */
			for (k = 0; k + 8 < 40; k++) {
				const uint8_t *at = message + 32 + sizes.iv + k;

				assert_false(at[0] == 0x40 + k && at[1] == 0x41 + k &&
					     at[2] == 0x42 + k && at[3] == 0x43 + k);
			}
		}
		for (k = 0; k <= len + 33; k++) {
			if (k == len)
				continue;
			memcpy(message, sealed, sizeof(message));
			assert_int_equal(cipher_open(&crypto, &all[i], &keys, message, 32, k,
						     &inner), -EBADMSG);
		}
		memcpy(message, sealed, sizeof(message));
		assert_int_equal(cipher_open(&crypto, &all[i], &keys, message, 31, len, &inner),
				 -EBADMSG);
	}
}

static void wrong_key(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		uint8_t message[300] = { 0 }, other[64] = { 0 };
		struct cipher_sizes sizes;
		struct cipher_keys keys, wrong;
		struct chunk inner;
		size_t len;

		assert_int_equal(cipher_sizes(&all[i], &sizes), 0);
		keys = keys_of(&sizes);
		wrong = keys;
		if (sizes.integ_key)
			wrong.integ.data = other;
		else
			wrong.encr.data = other;
		len = message_of(&sizes, 32, 40, message);
		assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, message, 32, len), 0);
		assert_int_equal(cipher_open(&crypto, &all[i], &wrong, message, 32, len, &inner),
				 -EBADMSG);
	}
}

/* GCM's salt is a part of the nonce. */
static void wrong_salt(void **state)
{
	uint8_t message[300] = { 0 }, key[20], other[20];
	struct cipher_keys keys = { .encr = CHUNK(key) };
	struct cipher_sizes sizes;
	struct chunk inner;
	size_t len;

	(void)state;
	memset(key, 1, sizeof(key));
	memset(other, 1, sizeof(other));
	other[19] = 2;
	assert_int_equal(cipher_sizes(&gcm128, &sizes), 0);
	len = message_of(&sizes, 32, 40, message);
	assert_int_equal(cipher_seal(&crypto, &gcm128, &keys, 7, message, 32, len), 0);
	keys.encr = CHUNK(other);
	assert_int_equal(cipher_open(&crypto, &gcm128, &keys, message, 32, len, &inner), -EBADMSG);
}

/* Authentic, but of a peer that cannot count. */
static void bad_padding(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		uint8_t message[300] = { 0 };
		struct cipher_sizes sizes;
		struct cipher_keys keys;
		struct chunk inner;
		size_t len, text;

		assert_int_equal(cipher_sizes(&all[i], &sizes), 0);
		keys = keys_of(&sizes);
		len = message_of(&sizes, 32, 31, message);
		text = len - 32 - sizes.iv - sizes.icv;
		message[32 + sizes.iv + text - 1] = text;
		assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, message, 32, len), 0);
		assert_int_equal(cipher_open(&crypto, &all[i], &keys, message, 32, len, &inner),
				 -EPROTO);
		/* all of it padding is another matter */
		len = message_of(&sizes, 32, 31, message);
		message[32 + sizes.iv + text - 1] = text - 1;
		assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, message, 32, len), 0);
		assert_int_equal(cipher_open(&crypto, &all[i], &keys, message, 32, len, &inner), 0);
		assert_int_equal(inner.len, 0);
	}
}

static void ivs(void **state)
{
	static const struct cipher cbc = { ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128 };
	uint8_t first[300] = { 0 }, second[300] = { 0 };
	struct cipher_sizes sizes;
	struct cipher_keys keys;
	size_t len;

	(void)state;
	assert_int_equal(cipher_sizes(&cbc, &sizes), 0);
	keys = keys_of(&sizes);
	len = message_of(&sizes, 32, 40, first);
	assert_int_equal(cipher_seal(&crypto, &cbc, &keys, 7, first, 32, len), 0);
	message_of(&sizes, 32, 40, second);
	assert_int_equal(cipher_seal(&crypto, &cbc, &keys, 7, second, 32, len), 0);
	assert_memory_not_equal(first + 32, second + 32, 16);

	assert_int_equal(cipher_sizes(&gcm128, &sizes), 0);
	keys = keys_of(&sizes);
	len = message_of(&sizes, 32, 40, first);
	assert_int_equal(cipher_seal(&crypto, &gcm128, &keys, 0x0102030405060708, first, 32, len),
			 0);
	assert_memory_equal(first + 32, hex("0102030405060708").data, 8);
}

static void seal_refused(void **state)
{
	uint8_t message[300] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		struct cipher_sizes sizes;
		struct cipher_keys keys, wrong;
		struct chunk inner;
		size_t len;

		assert_int_equal(cipher_sizes(&all[i], &sizes), 0);
		keys = keys_of(&sizes);
		len = message_of(&sizes, 32, 40, message);
		wrong = keys;
		wrong.encr.len--;
		assert_int_equal(cipher_seal(&crypto, &all[i], &wrong, 7, message, 32, len),
				 -EINVAL);
		assert_int_equal(cipher_open(&crypto, &all[i], &wrong, message, 32, len, &inner),
				 -EINVAL);
		wrong = keys;
		wrong.integ.len++;
		assert_int_equal(cipher_seal(&crypto, &all[i], &wrong, 7, message, 32, len),
				 -EINVAL);
		assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, message, 32,
					     32 + sizes.iv + sizes.icv), -EINVAL);
		if (sizes.block > 1)
			assert_int_equal(cipher_seal(&crypto, &all[i], &keys, 7, message, 32,
						     len - 1), -EINVAL);
	}
}

static void rfc5649(void **state)
{
	struct chunk kwk = hex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8");
	static const struct {
		const char *key, *wrapped;
	} vectors[] = {
		{ "c37b7e6492584340bed12207808941155068f738",
		  "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
		{ "466f7250617369", "afbeb0f07dfbf5419200f2ccb50bb24f" },
	};
	struct secret key;
	uint8_t out[32];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(keywrap_len(hex(vectors[i].key).len),
				 hex(vectors[i].wrapped).len);
		assert_int_equal(keywrap(&crypto, KW_5649_192, kwk, hex(vectors[i].key), out), 0);
		assert_memory_equal(out, hex(vectors[i].wrapped).data,
				    hex(vectors[i].wrapped).len);
		assert_int_equal(keyunwrap(&crypto, KW_5649_192, kwk, hex(vectors[i].wrapped),
					   &key), 0);
		assert_chunk_equal(secret_chunk(&key), hex(vectors[i].key));
		secret_free(&key);
	}
}

/* Key wrap keys 00 01 ..., keys 80 81 ... */
static void kwp_others(void **state)
{
	static const struct {
		uint16_t id;
		size_t kwk_len, len;
		const char *wrapped;
	} vectors[] = {
		{ KW_5649_128, 16, 1, "a8e79e16fd9d1ceb5aeff193570f2dc3" },
		{ KW_5649_128, 16, 8, "b4af55891371779c94790ac01933f3e3" },
		{ KW_5649_128, 16, 9, "fca5debb632b1873f053e85b588babf9bea71a76740bcfd9" },
		{ KW_5649_128, 16, 16, "cb68ea5f27ea6b3b52400ee538f6bc8fa24e0c797b13b4fd" },
		{ KW_5649_128, 16, 40, "dfd2e434753e6a25fefa9f3ffa18495f472fbfe9cd78aeff"
				       "72783013a79a2136d18ea4155b7e7541cec3c1b1aa5d11e5" },
		{ KW_5649_256, 32, 1, "3ad675bda0a25e80cca484a512d7a9b2" },
		{ KW_5649_256, 32, 8, "c84efa9e5d48f51d8d06f17af0da8159" },
		{ KW_5649_256, 32, 9, "aa74d0b562074e809fc2610e1576804e40bb9e78ca9e1b95" },
		{ KW_5649_256, 32, 16, "1ee4f55c5c7d3fb0a00f9a6f6cb44ac4aa56f26208ae32f1" },
		{ KW_5649_256, 32, 40, "6038e6f57dff4621042b0b33e42e57ba330514ac8014fa62"
				       "2fbe801918edd6ccfedb6eae698532982479d8b064bb78ba" },
	};
	uint8_t kwk[32], bytes[40], out[48];
	struct secret key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kwk); i++)
		kwk[i] = i;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0x80 + i;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct chunk k = { kwk, vectors[i].kwk_len };
		struct chunk wrapped = hex(vectors[i].wrapped);

		assert_int_equal(keywrap_key_len(vectors[i].id), k.len);
		assert_int_equal(keywrap(&crypto, vectors[i].id, k,
					 (struct chunk){ bytes, vectors[i].len }, out), 0);
		assert_memory_equal(out, wrapped.data, wrapped.len);
		assert_int_equal(keyunwrap(&crypto, vectors[i].id, k, wrapped, &key), 0);
		assert_chunk_equal(secret_chunk(&key), ((struct chunk){ bytes, vectors[i].len }));
		secret_free(&key);
	}
}

static void kwp_long(void **state)
{
	struct chunk digest = hex("2d8d7cf02cf2dd6add5561e1b4e63c7e7226e26d64fec1bd11108d6a5d7dbbe5");
	static uint8_t bytes[KEYWRAP_MAX_LEN + 1], out[KEYWRAP_MAX_LEN + 16];
	uint8_t kwk[32], got[SHA256_DIGEST_LENGTH];
	struct secret key;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kwk); i++)
		kwk[i] = i;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 5 + 1;
	assert_int_equal(keywrap(&crypto, KW_5649_256, CHUNK(kwk),
				 (struct chunk){ bytes, KEYWRAP_MAX_LEN }, out), 0);
	SHA256(out, keywrap_len(KEYWRAP_MAX_LEN), got);
	assert_memory_equal(got, digest.data, digest.len);
	for (i = 1; i <= KEYWRAP_MAX_LEN; i += i < 300 ? 1 : 271) {
		assert_int_equal(keywrap(&crypto, KW_5649_256, CHUNK(kwk),
					 (struct chunk){ bytes, i }, out), 0);
		assert_int_equal(keyunwrap(&crypto, KW_5649_256, CHUNK(kwk),
					   (struct chunk){ out, keywrap_len(i) }, &key), 0);
		assert_chunk_equal(secret_chunk(&key), ((struct chunk){ bytes, i }));
		secret_free(&key);
	}
	assert_int_equal(keywrap(&crypto, KW_5649_256, CHUNK(kwk), CHUNK(bytes), out), -EINVAL);
	assert_int_equal(keywrap(&crypto, KW_5649_256, CHUNK(kwk), (struct chunk){ bytes, 0 },
				 out), -EINVAL);
}

static void kwp_tampered(void **state)
{
	static const size_t lens[] = { 3, 8, 20, 32 };
	uint8_t kwk[16] = { 1 }, bytes[32] = { 2 }, wrapped[48];
	struct secret key;
	size_t i, bit, len;

	(void)state;
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t whole = keywrap_len(lens[i]);

		assert_int_equal(keywrap(&crypto, KW_5649_128, CHUNK(kwk),
					 (struct chunk){ bytes, lens[i] }, wrapped), 0);
		for (bit = 0; bit < 8 * whole; bit++) {
			wrapped[bit / 8] ^= 1 << bit % 8;
			assert_int_equal(keyunwrap(&crypto, KW_5649_128, CHUNK(kwk),
						   (struct chunk){ wrapped, whole }, &key),
					 -EBADMSG);
			assert_null(key.data);
			wrapped[bit / 8] ^= 1 << bit % 8;
		}
		for (len = 0; len < sizeof(wrapped); len++) {
			if (len == whole)
				continue;
			assert_int_equal(keyunwrap(&crypto, KW_5649_128, CHUNK(kwk),
						   (struct chunk){ wrapped, len }, &key),
					 -EBADMSG);
		}
		kwk[15] ^= 1;
		assert_int_equal(keyunwrap(&crypto, KW_5649_128, CHUNK(kwk),
					   (struct chunk){ wrapped, whole }, &key), -EBADMSG);
		kwk[15] ^= 1;
	}
	assert_int_equal(keyunwrap(&crypto, KW_5649_256, CHUNK(kwk), CHUNK(wrapped), &key),
			 -EINVAL);
	assert_int_equal(keyunwrap(&crypto, 4, CHUNK(kwk), CHUNK(wrapped), &key), -ENOTSUP);
	assert_int_equal(keywrap(&crypto, 0, CHUNK(kwk), CHUNK(bytes), wrapped), -ENOTSUP);
	assert_int_equal(keywrap_key_len(4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes),
		cmocka_unit_test(gcm_vectors),
		cmocka_unit_test(cbc_vectors),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(tampered),
		cmocka_unit_test(wrong_key),
		cmocka_unit_test(wrong_salt),
		cmocka_unit_test(bad_padding),
		cmocka_unit_test(ivs),
		cmocka_unit_test(seal_refused),
		cmocka_unit_test(rfc5649),
		cmocka_unit_test(kwp_others),
		cmocka_unit_test(kwp_long),
		cmocka_unit_test(kwp_tampered),
	};

	return cmocka_run_group_tests(tests, with_crypto, without_crypto);
}
