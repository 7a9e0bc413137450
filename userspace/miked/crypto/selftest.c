// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known answers.
 */
#include <errno.h>
#include <string.h>
#include "base/hex.h"
#include "crypto/cipher.h"
#include "crypto/keywrap.h"
#include "crypto/prf.h"
#include "crypto/selftest.h"
#include "crypto/sign.h"

#define ROOM	160

/* Bytes that stand below in hexadecimal digits. */
struct bytes {
	uint8_t data[ROOM];
	size_t len;
};

static struct bytes bytes_of(const char *digits)
{
	struct bytes bytes = { .len = 0 };

	for (; digits[0]; digits += 2)
		bytes.data[bytes.len++] = (uint8_t)hex_byte(digits);
	return bytes;
}

static struct chunk chunk_of(const struct bytes *bytes)
{
	return (struct chunk){ bytes->data, bytes->len };
}

static int expect(bool right, const char *what, struct reason *why)
{
	if (right)
		return 0;
	reason_set(why, "%s gives a wrong answer", what);
	return -EIO;
}

/* prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), from NIST's samples for SP 800-135. */
static const struct {
	const char *name;
	uint16_t prf;
	const char *key, *seed, *out;
} prfs[] = {
	{ "PRF_HMAC_SHA2_256", PRF_HMAC_SHA2_256,
	  "5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe",
	  "3f302be1abcb28e18c332ee006064c9b40dac39e1e1a86408619a1cf9a6e4c07",
	  "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec"
	  "e98aca531188d16041b3bb936d2dbb3b4993a6e768a809160de45d0283f273a6" },
	{ "PRF_HMAC_SHA2_384", PRF_HMAC_SHA2_384,
	  "69fe7a1ac94adaeb711295f5fe004b1a8d6a0b65d05692758ce8ad2f7a45f59d"
	  "7d0b596f51f7dfcf3330061888f6a94f",
	  "fd1b572a8e7355916013b0ef88dacd3d2116ad07ce61f74924880e55f11a65b7",
	  "4f904c2025c90c817ea5ff9b662a6fdb445a73b57cdf09eacd379b95e1f03cac"
	  "b04cd6deeda4f952191dd9bc1f7a9502471a648d74dc06d38112de48a42501f6" },
	{ "PRF_HMAC_SHA2_512", PRF_HMAC_SHA2_512,
	  "d6e74966b75fd2afab48be319d63d97c8a5d2ffe2e320763a462c664b36c3a94"
	  "4067d867c3a55fd8a7e5cca64b22e24415987e15549f09a81b455adaa5303df8",
	  "97c41a9b0a03e74ca659fd06e1746600ff43c5c689b95481e2ba607f30079bb7",
	  "22259105314717dc73c210919ee9cb3ded774dc087e866aa3960404c0ed7b8e7"
	  "8e79b993888388e2e5cb238d4bfcb4cdee9da074a26e329d6c2f2f660cc9c711"
	  "c941a2fb3d85a2e5d01e579c8f2c9d00" },
};

static int test_prf(const struct crypto *crypto, size_t i, struct reason *why)
{
	struct bytes key = bytes_of(prfs[i].key), seed = bytes_of(prfs[i].seed);
	struct bytes expected = bytes_of(prfs[i].out);
	struct chunk chunk = chunk_of(&seed);
	uint8_t out[ROOM];
	int err;

	err = prf_plus(crypto, prfs[i].prf, chunk_of(&key), &chunk, 1, out, expected.len);
	return err ? err : expect(!memcmp(out, expected.data, expected.len), prfs[i].name, why);
}

/* RFC 5649 6, and of NIST's samples for SP 800-38F the first with 72 or 64 bits. */
static const struct {
	const char *name;
	uint16_t id;
	const char *kwk, *key, *wrapped;
} wraps[] = {
	{ "KW_5649_128", KW_5649_128, "ad085b39423cc413ceca8f9161b04632", "5465479a5e19436c47",
	  "e8bc9c8f40bf7fa97baaabc34a5e7bcd72a67d9f376c320c" },
	{ "KW_5649_192", KW_5649_192, "5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8",
	  "c37b7e6492584340bed12207808941155068f738",
	  "138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a" },
	{ "KW_5649_256", KW_5649_256,
	  "96503e950d01ee1664de77ef6c0108aea2cffcffd0cf282e58a3fb982914ff9c",
	  "e731cf7c44ac7722", "e5fa8bf0919d5a7163f2af43b3b549b8" },
};

static int test_wrap(const struct crypto *crypto, size_t i, struct reason *why)
{
	struct bytes kwk = bytes_of(wraps[i].kwk), key = bytes_of(wraps[i].key);
	struct bytes expected = bytes_of(wraps[i].wrapped);
	struct secret unwrapped;
	uint8_t out[ROOM];
	int err;

	err = keywrap(crypto, wraps[i].id, chunk_of(&kwk), chunk_of(&key), out);
	if (!err)
		err = expect(!memcmp(out, expected.data, expected.len), wraps[i].name, why);
	if (!err)
		err = keyunwrap(crypto, wraps[i].id, chunk_of(&kwk), chunk_of(&expected),
				&unwrapped);
	if (err)
		return err;
	err = expect(chunk_equal(secret_chunk(&unwrapped), chunk_of(&key)), wraps[i].name, why);
	secret_free(&unwrapped);
	return err;
}

/*
 * Cases 4 and 16 of McGrew's and Viega's GCM, whose plaintext ends in a Pad Length, as a
 * message: aad, IV, text, ICV.
 */
#define GCM_AAD		20
#define GCM_IV		0xfacedbaddecaf888
static const char gcm_clear[] =
	"feedfacedeadbeeffeedfacedeadbeefabaddad20000000000000000"
	"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
	"00000000000000000000000000000000";
static const struct {
	const char *name;
	struct cipher cipher;
	const char *key, *sealed;
} ciphers[] = {
	{ "ENCR_AES_GCM_16 with 128 bits", { ENCR_AES_GCM_16, 128, AUTH_NONE },
	  "feffe9928665731c6d6a8f9467308308cafebabe",
	  "feedfacedeadbeeffeedfacedeadbeefabaddad2facedbaddecaf888"
	  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
	  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
	  "5bc94fbc3221a5db94fae95ae7121a47" },
	{ "ENCR_AES_GCM_16 with 256 bits", { ENCR_AES_GCM_16, 256, AUTH_NONE },
	  "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabe",
	  "feedfacedeadbeeffeedfacedeadbeefabaddad2facedbaddecaf888"
	  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
	  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
	  "76fc6ece0f4e1768cddf8853bb2d551b" },
};

static int test_cipher(const struct crypto *crypto, size_t i, struct reason *why)
{
	struct bytes message = bytes_of(gcm_clear), sealed = bytes_of(ciphers[i].sealed);
	struct bytes key = bytes_of(ciphers[i].key);
	struct cipher_keys keys = { .encr = chunk_of(&key) };
	struct chunk inner;
	int err;

	err = cipher_seal(crypto, &ciphers[i].cipher, &keys, GCM_IV, message.data, GCM_AAD,
			  message.len);
	if (!err)
		err = expect(chunk_equal(chunk_of(&message), chunk_of(&sealed)), ciphers[i].name,
			     why);
	if (!err)
		err = cipher_open(crypto, &ciphers[i].cipher, &keys, message.data, GCM_AAD,
				  message.len, &inner);
	if (err)
		return err;
	sealed.data[0] ^= 1;
	return expect(cipher_open(crypto, &ciphers[i].cipher, &keys, sealed.data, GCM_AAD,
				  sealed.len, &inner) == -EBADMSG, ciphers[i].name, why);
}

/* TEST 3 of RFC 8032 7.1, and RFC 4754 8.1, as a key, an algorithm and DER have them. */
static const struct {
	const char *name;
	const char *spki, *identifier, *data, *signature;
} signatures[] = {
	{ "Ed25519",
	  "302a300506032b6570032100"
	  "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	  "300506032b6570", "af82",
	  "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
	  "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
	{ "ECDSA",
	  "3059301306072a8648ce3d020106082a8648ce3d03010703420004"
	  "2442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e970"
	  "6fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d",
	  "300a06082a8648ce3d040302", "616263",
	  "3046022100cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
	  "02210086fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315" },
};

static int test_signature(const struct crypto *crypto, size_t i, struct reason *why)
{
	struct bytes spki = bytes_of(signatures[i].spki), data = bytes_of(signatures[i].data);
	struct bytes identifier = bytes_of(signatures[i].identifier);
	struct bytes signature = bytes_of(signatures[i].signature);
	struct chunk chunk = chunk_of(&data);
	struct key key;
	int err;

	err = key_from_spki(crypto, chunk_of(&spki), &key, why);
	if (err)
		return err;
	err = verify(crypto, &key, chunk_of(&identifier), &chunk, 1, chunk_of(&signature), why);
	if (err != -ENOMEM)
		err = expect(!err, signatures[i].name, why);
	data.data[0] ^= 1;
	if (!err && !verify(crypto, &key, chunk_of(&identifier), &chunk, 1, chunk_of(&signature),
			    NULL))
		err = expect(false, signatures[i].name, why);
	key_free(&key);
	return err;
}

static const struct {
	int (*test)(const struct crypto *crypto, size_t i, struct reason *why);
	size_t count;
} tests[] = {
	{ test_prf, sizeof(prfs) / sizeof(prfs[0]) },
	{ test_wrap, sizeof(wraps) / sizeof(wraps[0]) },
	{ test_cipher, sizeof(ciphers) / sizeof(ciphers[0]) },
	{ test_signature, sizeof(signatures) / sizeof(signatures[0]) },
};

int crypto_selftest(const struct crypto *crypto, struct reason *why)
{
	size_t i, j;
	int err = 0;

	reason_set(why, "the known answers cannot be asked for");
	for (i = 0; i < sizeof(tests) / sizeof(tests[0]) && !err; i++) {
		for (j = 0; j < tests[i].count && !err; j++)
			err = tests[i].test(crypto, j, why);
	}
	return err;
}
