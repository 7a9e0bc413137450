// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PRFs and what is derived with them. The PRFs by the vectors of RFC 4868 2.7.1; what is
 * expected of the rest was computed by other code, Python's hmac, from the formulas of the
 * RFCs. Vectors of NIST for SKEYSEED and SK_* are in test_vectors.c.
 */
#include <errno.h>
#include <string.h>
#include <openssl/sha.h>
#include "crypto/auth.h"
#include "crypto/keymat.h"
#include "hex.h"
#include "test.h"
#include "with_crypto.h"

#define REPEAT_20(byte)	byte byte byte byte byte byte byte byte byte byte \
			byte byte byte byte byte byte byte byte byte byte
#define REPEAT_50(byte)	REPEAT_20(byte) REPEAT_20(byte) \
			byte byte byte byte byte byte byte byte byte byte
#define REPEAT_131(byte) REPEAT_50(byte) REPEAT_50(byte) REPEAT_20(byte) \
			byte byte byte byte byte byte byte byte byte byte byte

/* PRF-1 to PRF-6, of SHA-256, 384 and 512 */
static void rfc4868(void **state)
{
	static const struct {
		const char *key;
		const char *data;
		const char *out[3];
	} vectors[] = {
		{ REPEAT_20("0b"), "4869205468657265", {
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
			"afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
			"faea9ea9076ede7f4af152e8b2fa9cb6",
			"87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
			"daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" } },
		{ "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f", {
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
			"af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
			"8e2240ca5e69e2c78b3239ecfab21649",
			"164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			"9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" } },
		{ REPEAT_20("aa"), REPEAT_50("dd"), {
			"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
			"88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
			"2a5ab39dc13814b94e3ab6e101a34f27",
			"fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
			"bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" } },
		{ "0102030405060708090a0b0c0d0e0f10111213141516171819", REPEAT_50("cd"), {
			"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
			"3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
			"6801dd23c4a7d679ccf8a386c674cffb",
			"b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
			"a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" } },
		{ REPEAT_131("aa"),
		  "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a"
		  "65204b6579202d2048617368204b6579204669727374", {
			"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
			"4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
			"0c2ef6ab4030fe8296248df163f44952",
			"80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
			"6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" } },
		{ REPEAT_131("aa"),
		  "5468697320697320612074657374207573696e672061206c6172676572207468"
		  "616e20626c6f636b2d73697a65206b657920616e642061206c61726765722074"
		  "68616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565"
		  "647320746f20626520686173686564206265666f7265206265696e6720757365"
		  "642062792074686520484d414320616c676f726974686d2e", {
			"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
			"6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
			"a678cc31e799176d3860e6110c46523e",
			"e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
			"b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58" } },
	};
	static const uint16_t ids[] = { PRF_HMAC_SHA2_256, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_512 };
	uint8_t out[PRF_MAX_LEN];
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct chunk data = hex(vectors[i].data);
		/* in three parts, one of them empty, as in one */
		struct chunk parts[] = {
			{ data.data, 3 }, { NULL, 0 }, { data.data + 3, data.len - 3 },
		};

		for (j = 0; j < 3; j++) {
			struct chunk key = hex(vectors[i].key);
			struct chunk expected = hex(vectors[i].out[j]);

			assert_int_equal(prf_len(ids[j]), expected.len);
			assert_int_equal(prf(&crypto, ids[j], key, &data, 1, out), 0);
			assert_memory_equal(out, expected.data, expected.len);
			assert_int_equal(prf(&crypto, ids[j], key, parts, 3, out), 0);
			assert_memory_equal(out, expected.data, expected.len);
		}
	}
}

static void refused(void **state)
{
	struct chunk key = ascii("key"), data = ascii("data"), none = { 0 };
	static uint8_t out[255 * 32 + 1];
	struct chunk many[7] = { { NULL, 0 } };

	(void)state;
	assert_int_equal(prf_len(2), 0);
	assert_int_equal(prf(&crypto, 2, key, &data, 1, out), -ENOTSUP);
	assert_int_equal(prf(&crypto, PRF_HMAC_SHA2_256, none, &data, 1, out), -EINVAL);
	assert_int_equal(prf_plus(&crypto, 2, key, &data, 1, out, 1), -ENOTSUP);
	assert_int_equal(prf_plus(&crypto, PRF_HMAC_SHA2_256, none, &data, 1, out, 1), -EINVAL);
	assert_int_equal(prf_plus(&crypto, PRF_HMAC_SHA2_256, key, many, 7, out, 1), -EINVAL);
	assert_int_equal(prf_plus(&crypto, PRF_HMAC_SHA2_256, key, &data, 1, out, sizeof(out)),
			 -EINVAL);
}

/* All 255 blocks; and a shorter output is the beginning of a longer one. */
static void prf_plus_whole(void **state)
{
	struct chunk key = ascii("key"), seed = ascii("seed");
	struct chunk expected = hex("45391ddaa546d923aa71a6772953bc3c8421b2c69eea3c14fe9873a9bc24b53c");
	static uint8_t out[255 * 32], begin[45];
	uint8_t digest[SHA256_DIGEST_LENGTH];

	(void)state;
	assert_int_equal(prf_plus(&crypto, PRF_HMAC_SHA2_256, key, &seed, 1, out, sizeof(out)), 0);
	SHA256(out, sizeof(out), digest);
	assert_memory_equal(digest, expected.data, expected.len);
	assert_int_equal(prf_plus(&crypto, PRF_HMAC_SHA2_256, key, &seed, 1, begin,
				  sizeof(begin)), 0);
	assert_memory_equal(begin, out, sizeof(begin));
}

static const struct cipher gcm128 = { ENCR_AES_GCM_16, 128, AUTH_NONE };
static const struct cipher gcm256 = { ENCR_AES_GCM_16, 256, AUTH_NONE };
static const struct cipher cbc256 = { ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256 };

static struct chunk counting(uint8_t *room, size_t len, uint8_t first, uint8_t step)
{
	size_t i;

	for (i = 0; i < len; i++)
		room[i] = first + i * step;
	return (struct chunk){ room, len };
}

/* Nonces of different lengths, so that their borders count. */
static struct ike_seed seed_of(uint16_t id)
{
	static uint8_t ni[32], nr[48];

	return (struct ike_seed){
		.prf = id,
		.ni = counting(ni, sizeof(ni), 0x10, 1),
		.nr = counting(nr, sizeof(nr), 0x40, 1),
		.spi_i = { 1, 2, 3, 4, 5, 6, 7, 8 },
		.spi_r = { 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8 },
	};
}

static void keys_of(uint16_t id, const struct cipher *cipher, struct ike_keys *keys,
		    const char *expected_seed)
{
	struct ike_seed seed = seed_of(id);
	struct secret skeyseed;
	uint8_t shared[32];

	assert_int_equal(keymat_skeyseed(&crypto, id, seed.ni, seed.nr,
					 counting(shared, sizeof(shared), 3, 7), &skeyseed), 0);
	if (expected_seed)
		assert_chunk_equal(secret_chunk(&skeyseed), hex(expected_seed));
	assert_int_equal(keymat_ike_keys(&crypto, &seed, cipher, secret_chunk(&skeyseed), keys),
			 0);
	secret_free(&skeyseed);
}

static void ike_keys(void **state)
{
	static const struct {
		uint16_t prf;
		const struct cipher *cipher;
		const char *skeyseed;
		const char *all;
		size_t prf_len, integ_len, encr_len;
	} vectors[] = {
		{ PRF_HMAC_SHA2_256, &gcm128,
		  "9b870839054dcfdcc1a883ec3f94997f8b12a0dcc1ff449293bedf330c3ff3ef",
		  "016b7d4cd2afe10e8e33ec7308e501eb57f9409473ef2708b18ddde5c840804f"
		  "01218e8b32d19e55af0599049086c0a71124a79e0c80873cabee32a841adbe00"
		  "2906bbca1f3885782c8540255e31114d4db7130775608b95947b091197066f9f"
		  "9520efe66212ed7b61488f7ddc8cdc42c7f11288d164beeb17d0c63eb66fbd54"
		  "3d8404d6f163cbf4", 32, 0, 20 },
		{ PRF_HMAC_SHA2_384, &gcm256,
		  "4953056fff77cf2c5a6eb555869b2ac6be279fb4078b6e0b18597a1e50993903"
		  "0d92726a9105bbd97d69599a04337a3b",
		  "c1e4eb9eecea80cc313c75b7fd6b9758568d67dc41b6ee562ccc286ac2eb4572"
		  "0f2a35d5a22ab8bdb68509b2deef4810b7d0b993d53b3d70ed726a0ebf328c07"
		  "2eddb667a35d8e057b7c4c4b032141066a86ac87dac49e5e042729a2fd496f14"
		  "b74042d3719356343e005011758b48bed21b81395d17f01a2b2280e4bfb0b077"
		  "2885ff36e0589b0556106c637415e98fc1bce247e8c3fe127e1b0836b6fadca7"
		  "5eeea6cb5388f044fd57e1002d1202021791962abf46d0330f494242b72ca67d"
		  "195e4921da5156456837244b196439930374c544438b63ca", 48, 0, 36 },
		{ PRF_HMAC_SHA2_512, &cbc256,
		  "90ba4da6f9fecb4baa41c330bc51597d09ab65c1a9d139a76f0fef46c220d11f"
		  "e5e31ca2c8ae630fe677f2697d8bf199ae61ca17505007a823dca6e6be4a9b7a",
		  "b9aec8a114a3a591b320062ed03ec3d839218c7f9e039da34477c153e13d77df"
		  "8f32fcc15a7e662bc8ca9a07b635c2e092686d58d24e787c1272286151eef21d"
		  "9c04e71d9663236ece8694f659514768e536c1f685e39c1d5b67af4ef1637db3"
		  "5a4c8ffdb35a1ef5fe850479e2cb405f6dcc9bdc376e95dd1fc78f547dacc3e7"
		  "addd4601935fbc02178108593fa5153faff4ea7419087d7a86fc082ebd2239ff"
		  "902e44fc442f579ba5db4b215993cd96c7aaf395e38c9dfb242daeaa9bf81bde"
		  "fc2dba30e5064bdfd8021ed62f56d33c1405495f3a8a5c16d3653af28714b818"
		  "3707679d5d0d787b139a8fd78d704b056bd9c9b46cd48ddb0b0a90b04cd5181b"
		  "69e243956c0938070dfadede926b220a704f268639f84ede0031710d66089d1f"
		  "6a62f3ce03b27510cbde27199ecfa9fb2063ee0e02b90f294cd59c858f2d8623"
		  "801c8dfa625e431176b2751b829e012c5f1aa31b45e50591d9b2f407a8799747"
		  "ca81a31133a499fc02f138c6939160a9732987167dd4424ba7924d63254bce86", 64, 64, 32 },
	};
	struct ike_keys keys;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		const struct chunk *const order[] = {
			&keys.d, &keys.ai, &keys.ar, &keys.ei, &keys.er, &keys.pi, &keys.pr,
		};
		const size_t lens[] = {
			vectors[i].prf_len, vectors[i].integ_len, vectors[i].integ_len,
			vectors[i].encr_len, vectors[i].encr_len, vectors[i].prf_len,
			vectors[i].prf_len,
		};
		size_t at = 0, j;

		keys_of(vectors[i].prf, vectors[i].cipher, &keys, vectors[i].skeyseed);
		assert_chunk_equal(secret_chunk(&keys.all), hex(vectors[i].all));
		for (j = 0; j < 7; j++) {
			assert_ptr_equal(order[j]->data, keys.all.data + at);
			assert_int_equal(order[j]->len, lens[j]);
			at += lens[j];
		}
		assert_int_equal(at, keys.all.len);
		ike_keys_free(&keys);
		assert_null(keys.d.data);
	}
}

static void ike_keys_refused(void **state)
{
	static const struct cipher unknown = { ENCR_AES_GCM_16, 192, AUTH_NONE };
	struct ike_seed seed = seed_of(PRF_HMAC_SHA2_256);
	struct ike_keys keys;
	struct secret out;

	(void)state;
	assert_int_equal(keymat_ike_keys(&crypto, &seed, &unknown, ascii("s"), &keys), -ENOTSUP);
	seed.prf = 1;
	assert_int_equal(keymat_ike_keys(&crypto, &seed, &gcm128, ascii("s"), &keys), -ENOTSUP);
	assert_null(keys.all.data);
	assert_int_equal(keymat_skeyseed(&crypto, 1, seed.ni, seed.nr, ascii("s"), &out),
			 -ENOTSUP);
	assert_null(out.data);
}

static void rekeyed(void **state)
{
	struct ike_seed seed = seed_of(PRF_HMAC_SHA2_256);
	struct chunk too_many[KEYMAT_MAX_EXCHANGES + 1] = { 0 };
	uint8_t first[32], second[32];
	struct chunk shared[2];
	struct ike_keys keys;
	struct secret out;
	size_t i;

	(void)state;
	keys_of(PRF_HMAC_SHA2_256, &gcm128, &keys, NULL);
	shared[1] = counting(second, sizeof(second), 3, 7);
	for (i = 0; i < sizeof(first); i++)
		first[i] = second[sizeof(second) - 1 - i];
	shared[0] = CHUNK(first);
	assert_int_equal(keymat_skeyseed_next(&crypto, PRF_HMAC_SHA2_256, keys.d, seed.ni,
					      seed.nr, shared, 1, &out), 0);
	assert_chunk_equal(secret_chunk(&out), hex(
		"8a76fd750df5779c48912dcad3a25c21167a3e1f86a101e24e0238215302a985"));
	secret_free(&out);
	assert_int_equal(keymat_skeyseed_next(&crypto, PRF_HMAC_SHA2_256, keys.d, seed.ni,
					      seed.nr, shared, 2, &out), 0);
	assert_chunk_equal(secret_chunk(&out), hex(
		"7b19d9a72c03afa26e803fc8e1ce2850eedeba5a78b12538659e991469bab3ef"));
	secret_free(&out);
	assert_int_equal(keymat_skeyseed_next(&crypto, PRF_HMAC_SHA2_256, keys.d, seed.ni,
					      seed.nr, shared, 0, &out), -EINVAL);
	assert_int_equal(keymat_skeyseed_next(&crypto, PRF_HMAC_SHA2_256, keys.d, seed.ni,
					      seed.nr, too_many, KEYMAT_MAX_EXCHANGES + 1,
					      &out), -EINVAL);
	ike_keys_free(&keys);
}

static void ppk(void **state)
{
	struct ike_keys keys, before;
	struct chunk none = { 0 };

	(void)state;
	keys_of(PRF_HMAC_SHA2_256, &gcm128, &before, NULL);
	keys_of(PRF_HMAC_SHA2_256, &gcm128, &keys, NULL);
	assert_int_equal(keymat_ppk(&crypto, PRF_HMAC_SHA2_256, none, &keys), -EINVAL);
	assert_chunk_equal(secret_chunk(&keys.all), secret_chunk(&before.all));
	assert_int_equal(keymat_ppk(&crypto, PRF_HMAC_SHA2_256,
				    ascii("a post-quantum preshared key"), &keys), 0);
	assert_chunk_equal(keys.d, hex(
		"ae98f8be4c1dd7149643fb72cc73a5546a0514a9003fd3226f1545553d490e8a"));
	assert_chunk_equal(keys.pi, hex(
		"8f446211905c48a7a48d9ab2ced61c4596a79a0037d01461cc461b77e64ca624"));
	assert_chunk_equal(keys.pr, hex(
		"328f515b09e5b117ab7e39c7ac98d6c9b26c7cd6aca8317485dd13333008b05d"));
	assert_chunk_equal(keys.ei, before.ei);
	assert_chunk_equal(keys.er, before.er);
	ike_keys_free(&keys);
	ike_keys_free(&before);
}

static void wrap_key(void **state)
{
	static const char all[] = 
		"980e722dde54a8ca5b06e6434726ee4da1bc4c4290c9159c009e89249a7bf86f";
	static const struct {
		uint16_t kwa;
		size_t len;
	} sizes[] = { { KW_5649_128, 16 }, { KW_5649_192, 24 }, { KW_5649_256, 32 } };
	struct ike_keys keys;
	struct secret key;
	size_t i;

	(void)state;
	keys_of(PRF_HMAC_SHA2_256, &gcm128, &keys, NULL);
	for (i = 0; i < 3; i++) {
		assert_int_equal(keymat_wrap_key(&crypto, PRF_HMAC_SHA2_256, keys.d,
						 sizes[i].kwa, &key), 0);
		assert_chunk_equal(secret_chunk(&key),
				   ((struct chunk){ hex(all).data, sizes[i].len }));
		secret_free(&key);
	}
	assert_int_equal(keymat_wrap_key(&crypto, PRF_HMAC_SHA2_256, keys.d, 4, &key), -ENOTSUP);
	assert_int_equal(keymat_wrap_key(&crypto, 1, keys.d, KW_5649_128, &key), -ENOTSUP);
	assert_null(key.data);
	ike_keys_free(&keys);
}

/* Both sides' octets, without IntAuth and with it; and AUTH over them. */
static void auth(void **state)
{
	struct ike_seed seed = seed_of(PRF_HMAC_SHA2_256);
	struct chunk psk = ascii("a shared secret");
	struct auth_input input = {
		.message = ascii("IKE_SA_INIT request"),
		.nonce = seed.nr,
		.id = hex("02000000 676d312e6578616d706c65"),
		.auth_mid = 3,
	};
	uint8_t int_i[2][32], int_r[32], out[PRF_MAX_LEN], up[32], down[32];
	struct chunk inner = ascii("inner payloads"), none = { 0 };
	struct ike_keys keys;
	struct secret octets;
	size_t i;

	(void)state;
	keys_of(PRF_HMAC_SHA2_256, &gcm128, &keys, NULL);
	counting(up, sizeof(up), 0, 1);
	for (i = 0; i < sizeof(down); i++)
		down[i] = up[sizeof(up) - 1 - i];
	assert_int_equal(keymat_int_auth(&crypto, PRF_HMAC_SHA2_256, keys.pi, none, CHUNK(up),
					 inner, int_i[0]), 0);
	assert_chunk_equal(CHUNK(int_i[0]), hex(
		"ea149ee6fa5a6c6a6fc4fae340f329343fa2f165e24cb0265567a4d9cc2f3237"));
	memcpy(int_i[1], int_i[0], sizeof(int_i[1]));
	/* in place */
	assert_int_equal(keymat_int_auth(&crypto, PRF_HMAC_SHA2_256, keys.pi, CHUNK(int_i[1]),
					 CHUNK(down), none, int_i[1]), 0);
	assert_chunk_equal(CHUNK(int_i[1]), hex(
		"ec7052468db43af085ff750a7cdf49bd24c870247b0a398ac9c7cf291c9c891d"));
	assert_int_equal(keymat_int_auth(&crypto, PRF_HMAC_SHA2_256, keys.pr, none, CHUNK(up),
					 inner, int_r), 0);

	input.sk_p = keys.pi;
	assert_int_equal(auth_octets(&crypto, PRF_HMAC_SHA2_256, &input, &octets), 0);
	assert_int_equal(octets.len, 19 + 48 + 32);
	assert_chunk_equal(((struct chunk){ octets.data + 19 + 48, 32 }), hex(
		"192ef54c5fc5722add768a9ee9d186d28a0d0a80a91fddf2801ce8d695dfcd73"));
	assert_int_equal(auth_psk(&crypto, PRF_HMAC_SHA2_256, psk, secret_chunk(&octets), out), 0);
	assert_memory_equal(out, hex(
		"28b4862158ff06748f05b82512b67267d49c87945d98cf445e8ecc82e560b0a3").data, 32);
	secret_free(&octets);

	input.int_auth_i = CHUNK(int_i[1]);
	assert_int_equal(auth_octets(&crypto, PRF_HMAC_SHA2_256, &input, &octets), -EINVAL);
	input.int_auth_r = CHUNK(int_r);
	assert_int_equal(auth_octets(&crypto, PRF_HMAC_SHA2_256, &input, &octets), 0);
	assert_int_equal(auth_psk(&crypto, PRF_HMAC_SHA2_256, psk, secret_chunk(&octets), out), 0);
	assert_memory_equal(out, hex(
		"0f2f8153d9beaca13fa241864a10c3b420a70cf6f4f7aa6893109a34bdf00b18").data, 32);
	secret_free(&octets);

	assert_int_equal(auth_psk(&crypto, PRF_HMAC_SHA2_256, none, inner, out), -EINVAL);
	assert_int_equal(auth_psk(&crypto, 1, psk, inner, out), -ENOTSUP);
	assert_int_equal(auth_octets(&crypto, 1, &input, &octets), -ENOTSUP);
	ike_keys_free(&keys);
}

/* GSK_e | GSK_a | GSK_w, of exactly that length */
static void rekey_sa(void **state)
{
	struct rekey_keys keys;
	uint8_t room[129];

	(void)state;
	counting(room, sizeof(room), 0, 1);
	assert_int_equal(keymat_rekey_len(&gcm256, KW_5649_256), 36 + 32);
	assert_int_equal(keymat_rekey(&gcm256, KW_5649_256, (struct chunk){ room, 68 }, &keys), 0);
	assert_chunk_equal(keys.cipher.encr, ((struct chunk){ room, 36 }));
	assert_int_equal(keys.cipher.integ.len, 0);
	assert_chunk_equal(keys.w, ((struct chunk){ room + 36, 32 }));

	assert_int_equal(keymat_rekey_len(&cbc256, KW_5649_128), 32 + 64 + 16);
	assert_int_equal(keymat_rekey(&cbc256, KW_5649_128, (struct chunk){ room, 112 }, &keys), 0);
	assert_chunk_equal(keys.cipher.encr, ((struct chunk){ room, 32 }));
	assert_chunk_equal(keys.cipher.integ, ((struct chunk){ room + 32, 64 }));
	assert_chunk_equal(keys.w, ((struct chunk){ room + 96, 16 }));

	assert_int_equal(keymat_rekey(&gcm256, KW_5649_256, (struct chunk){ room, 67 }, &keys),
			 -EINVAL);
	assert_int_equal(keymat_rekey(&gcm256, KW_5649_256, (struct chunk){ room, 69 }, &keys),
			 -EINVAL);
	assert_int_equal(keymat_rekey(&gcm256, 4, (struct chunk){ room, 68 }, &keys), -ENOTSUP);
	assert_int_equal(keymat_rekey_len(&gcm256, 4), 0);
}

static void data_sa(void **state)
{
	static const uint8_t room[] = { 1, 2, 3, 4, 5 };
	struct chunk encr, integ;

	(void)state;
	assert_int_equal(keymat_data(CHUNK(room), 2, 3, &encr, &integ), 0);
	assert_chunk_equal(encr, ((struct chunk){ room, 2 }));
	assert_chunk_equal(integ, ((struct chunk){ room + 2, 3 }));
	assert_int_equal(keymat_data(CHUNK(room), 2, 2, &encr, &integ), -EINVAL);
	assert_int_equal(keymat_data(CHUNK(room), 3, 3, &encr, &integ), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4868),
		cmocka_unit_test(refused),
		cmocka_unit_test(prf_plus_whole),
		cmocka_unit_test(ike_keys),
		cmocka_unit_test(ike_keys_refused),
		cmocka_unit_test(rekeyed),
		cmocka_unit_test(ppk),
		cmocka_unit_test(wrap_key),
		cmocka_unit_test(auth),
		cmocka_unit_test(rekey_sa),
		cmocka_unit_test(data_sa),
	};

	return cmocka_run_group_tests(tests, with_crypto, without_crypto);
}
