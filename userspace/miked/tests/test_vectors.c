// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known answers that NIST published: for the keys of an IKE SA, from the samples of its
 * CAVP for the IKEv2 functions of SP 800-135 (SHA-256 as in the tests of its ACVP server,
 * SHA-384 and SHA-512 as Mozilla's NSS has them); for key wrapping, from the CAVP's
 * KWP-AE with AES-128 and KWP-AD with AES-256 of SP 800-38F (CAVS 21.4). Other published
 * ones are in test_crypto_*.c. For AUTH with a pre-shared key and for what RFC 9838
 * derives there are none.
 */
#include <errno.h>
#include <string.h>
#include "crypto/keymat.h"
#include "crypto/keywrap.h"
#include "hex.h"
#include "test.h"
#include "with_crypto.h"

static const struct {
	uint16_t prf;
	const char *ni, *nr, *shared, *shared_next, *spi_i, *spi_r, *skeyseed, *keys,
		*skeyseed_next;
} kdfs[] = {
	{ PRF_HMAC_SHA2_256,
	  "0a58fea9c1d4fee2e74e1aad6fb02dd5f318eb127465a112be8dc3c04d5dba62"
	  "eae708f9dc1b2362afd6ba4bda3cf5000f4979fbcbadbcfda9291593829c4e90"
	  "5c21db0c2ee15175ce77a8a0dadf25c7f175bc53fd91b636a9b3c50b203de9b9"
	  "d6dc463dcb4048f101e26498ceaed3afbcd931394a7e099392dfff82e5d6fa85"
	  "c2e8a8ab90ad363a66795dc32798847e405acd87988140f973058917273a6b0b"
	  "afb962c75e2b1a21e79c08beeb82168bf8b4b57f3dce867bf7862a7b8acbc21b"
	  "e838021913daf64340c055ed17aaf7b6e1d0ca33ae890ddbdb83f4e615aad5e3"
	  "bff58c3db70bac81a0dfbabe5391fc62bca4659e22a0741e01d8d06e67d9bb41",
	  "e4fdfa68df6171d9eaff8b7b5ad31e7c6098d259f3397c9854cbefe7449b0864"
	  "c1df16ddece8b26567560f8d59182a44c19149c2d0d72606a160021ade3d23c7"
	  "c6936c91a4b6bec37adf38cfc84b851c68dcee06f81306f63abbefc07e231e30"
	  "58c49437a557df617eac01663593d2a3e594699284c0a35eae6931492ccb2a43"
	  "db72a600a3899205d681d2b76b1280e456339bb10e0c584aecfdae31c77a4c40"
	  "dbcb345f782ac32835d4c220c1e97254ded6a40075dd717b00b69c86a49e8017"
	  "73026536ae02d58a649827f1ba67610ee936dffd11c9d5a9156631916a0a0046"
	  "ec0ba42f56f2a18de83d5d71a985b0cc9eec2c06b3d907ca58454419f374069d",
	  "9d469de41b4739c7dd01f19aa94f17e48150ae9dbede94832142db19",
	  "c2987b0767006c3b9aea491bfed1646a3d7194639492b8d45b23b383",
	  "c8de93111750e409",
	  "32d51b33508997fa",
	  "eec13ac67c2e072abb684ab4e7b6ce3e7f400af8b96bed48e113497ed337f8d4",
	  "bc83518f63b762874ac57947cdfae33a8d9724df0b83ee4b6df38c23fc2ad829"
	  "f4d70b5a68dd1f5a52416f09758638aedf919c09a17c5298cdb703bb75b1005c"
	  "ba0109739aaa4efd2fe7534c95ad05e546e4419931270eddcab68ac1589d7fde"
	  "47f5b9e8d5b614cb24ec3caf515497a9e99ee6f1b318ff153b539ef071dcaff9"
	  "b41945dcb780700d69e5dc888a91de195c52825badfd0ab4c33cec71ab5c2b4b"
	  "adefe5455455ce5d8ae91721a2091bcccc1514e69482c9c8da1d9f0f187eedda"
	  "916393570a8c0a8dfabc26d8ed31e8ea47662515972a22d11d692bc1fac6395a"
	  "ecd82a01ab78daafcd6f3070b1201f158a19331b5d21ceee66fccd2ea37bc076"
	  "48b9539a52dbf797af53e31a0e8706dd86cf5081ebabd095f281d23c222dd3bc"
	  "5abf06869017ca8f751cafcc85abea6ba88c139d1f32a12f7f486cf57eae5d85"
	  "551b97f3963616d8f597c70efa98c1e1fa369fb77a80b1ec5fe533890672c455"
	  "1172eab1b7fd68ad08c4d4c69f2a867302065ca730aa6915bc2cfb6d93820977",
	  "05f796c8df322a7e33283ae5fa2f376d8d5efa0ac3745fc548e430031424c121" },
	{ PRF_HMAC_SHA2_384,
	  "fd1b572a8e735591",
	  "6013b0ef88dacd3d",
	  "d3288cd87565101e88fe3bad918f31939d8dd26ff1071f8b2d7f447524e58d7c",
	  "3358f620539473aee8d07e779764c4c6a9aabddc79a28e136b3bac021dbde44a",
	  "2116ad07ce61f749",
	  "24880e55f11a65b7",
	  "69fe7a1ac94adaeb711295f5fe004b1a8d6a0b65d05692758ce8ad2f7a45f59d"
	  "7d0b596f51f7dfcf3330061888f6a94f",
	  "4f904c2025c90c817ea5ff9b662a6fdb445a73b57cdf09eacd379b95e1f03cac"
	  "b04cd6deeda4f952191dd9bc1f7a9502471a648d74dc06d38112de48a42501f6"
	  "b1a3ad55c2099cd9a648e5f17e5bf3e34bf9b5953decb768a34f875fe2b78dca"
	  "0c2fcca81ec1a412006dfaed38fa06882e61f4c148105fb8e231fdb33c4d484c"
	  "001721d4",
	  "e0548c1682e13bce454026b3b1bdf42985b24e4e7408095a7c529de38c3d1fcb"
	  "04c9fe6868042a34c9614c6c99e3fcea" },
	{ PRF_HMAC_SHA2_512,
	  "97c41a9b0a03e74c",
	  "a659fd06e1746600",
	  "276255c3eaace5c6db32b609aa86c0ef07bba4bf2dc4c262995efd95ca607c3f",
	  "bb4015f7727b35532021336a9e4a6370ac8729b01fbb8f15d52236820fac4709",
	  "ff43c5c689b95481",
	  "e2ba607f30079bb7",
	  "d6e74966b75fd2afab48be319d63d97c8a5d2ffe2e320763a462c664b36c3a94"
	  "4067d867c3a55fd8a7e5cca64b22e24415987e15549f09a81b455adaa5303df8",
	  "22259105314717dc73c210919ee9cb3ded774dc087e866aa3960404c0ed7b8e7"
	  "8e79b993888388e2e5cb238d4bfcb4cdee9da074a26e329d6c2f2f660cc9c711"
	  "c941a2fb3d85a2e5d01e579c8f2c9d00fa6fabe76a137b00c7ff1b2918999065"
	  "88c26f073d819063238c4c844f0f8d221b65b76dbc9ed6f6368e5dba86b3e81b"
	  "60eb44a1",
	  "ecdaf3ccb990abc898a453b03fd56f9975275f150e1e571b0560b3cb2ee67289"
	  "e82b899cdc2129fd821fe8aebea796f190765c25798f5883f923526551f16a4b" },
};

#define KDFS	(sizeof(kdfs) / sizeof(kdfs[0]))

/* SKEYSEED = prf(Ni | Nr, g^ir), and that of a rekey: prf(SK_d, g^ir (new) | Ni | Nr) */
static void skeyseed(void **state)
{
	struct chunk ni, nr, sk_d, shared;
	struct secret out;
	size_t i;

	(void)state;
	for (i = 0; i < KDFS; i++) {
		ni = hex(kdfs[i].ni);
		nr = hex(kdfs[i].nr);
		assert_int_equal(keymat_skeyseed(&crypto, kdfs[i].prf, ni, nr,
						 hex(kdfs[i].shared), &out), 0);
		assert_chunk_equal(secret_chunk(&out), hex(kdfs[i].skeyseed));
		secret_free(&out);
		sk_d = hex(kdfs[i].keys);
		sk_d.len = prf_len(kdfs[i].prf);
		shared = hex(kdfs[i].shared_next);
		assert_int_equal(keymat_skeyseed_next(&crypto, kdfs[i].prf, sk_d, ni, nr, &shared,
						      1, &out), 0);
		assert_chunk_equal(secret_chunk(&out), hex(kdfs[i].skeyseed_next));
		secret_free(&out);
	}
}

/* prf+(SKEYSEED, Ni | Nr | SPIi | SPIr), of any length up to all there is */
static void plus(void **state)
{
	struct chunk seed[4], expected;
	uint8_t out[384];
	size_t i, len;

	(void)state;
	for (i = 0; i < KDFS; i++) {
		seed[0] = hex(kdfs[i].ni);
		seed[1] = hex(kdfs[i].nr);
		seed[2] = hex(kdfs[i].spi_i);
		seed[3] = hex(kdfs[i].spi_r);
		expected = hex(kdfs[i].keys);
		for (len = 1; len <= expected.len; len += 7) {
			assert_int_equal(prf_plus(&crypto, kdfs[i].prf, hex(kdfs[i].skeyseed),
						  seed, 4, out, len), 0);
			assert_memory_equal(out, expected.data, len);
		}
		assert_int_equal(prf_plus(&crypto, kdfs[i].prf, hex(kdfs[i].skeyseed), seed, 4,
					  out, expected.len), 0);
		assert_memory_equal(out, expected.data, expected.len);
	}
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The SK_*, each from where the one before it ends. */
static void sk(void **state)
{
	static const struct cipher cipher = { ENCR_AES_GCM_16, 256, AUTH_NONE };
	struct ike_seed seed;
	struct ike_keys keys;
	struct chunk expected;
	size_t i, prf;

	(void)state;
	for (i = 0; i < KDFS; i++) {
		seed = (struct ike_seed){
			.prf = kdfs[i].prf, .ni = hex(kdfs[i].ni), .nr = hex(kdfs[i].nr),
		};
		memcpy(seed.spi_i, hex(kdfs[i].spi_i).data, IKE_SPI_LEN);
		memcpy(seed.spi_r, hex(kdfs[i].spi_r).data, IKE_SPI_LEN);
		expected = hex(kdfs[i].keys);
		prf = prf_len(kdfs[i].prf);
		assert_int_equal(keymat_ike_keys(&crypto, &seed, &cipher, hex(kdfs[i].skeyseed),
						 &keys), 0);
		assert_memory_equal(keys.all.data, expected.data,
				    least(keys.all.len, expected.len));
		assert_chunk_equal(keys.d, ((struct chunk){ expected.data, prf }));
		assert_chunk_equal(keys.ei, ((struct chunk){ expected.data + prf, 36 }));
		assert_int_equal(keys.ai.len + keys.ar.len, 0);
		ike_keys_free(&keys);
	}
}

static const struct {
	uint16_t id;
	const char *kwk, *wrapped, *key;	/* key NULL: refused */
} wraps[] = {
	/* AES-128, keys of 8, 64, 72 and 248 bits */
	{ KW_5649_128, "6decf10a1caf8e3b80c7a4be8c9c84e8", "01a7d657fc4a5b216f261cca4d052c2b",
	  "49" },
	{ KW_5649_128, "7efb9b3964de316e7245c86186d98b5f", "116a4054c13b7feade9c22aa57b3caed",
	  "3e" },
	{ KW_5649_128, "a8e06da625a65b25cf5030826830b661", "b6f967616dd8d772e9fea295a456dba7",
	  "43acff293120dd5d" },
	{ KW_5649_128, "45c770fc267175072d70a38269c54685", "78ffa3f03b65c55b812f355730af71ac",
	  "cc5fb15a17795c34" },
	{ KW_5649_128, "ad085b39423cc413ceca8f9161b04632",
	  "e8bc9c8f40bf7fa97baaabc34a5e7bcd72a67d9f376c320c", "5465479a5e19436c47" },
	{ KW_5649_128, "7e1e28b634d377707bde1e579585934e",
	  "c80010d2244c16dbed9c1ea00657bdb2726e7ae8ddf4fcd0", "ba3d8cd047797d4e26" },
	{ KW_5649_128, "be96dc195ec034d616486ed70e97fe83",
	  "974769b3a7b4d5d32985f87fddf9990631e5610fbfb278387b58b1f48e05c77d2fb7575c5169eb0e",
	  "85b5437b6335ebba7635903a4493d12a77d9357a9e0dbc013456d85f1d3201" },
	{ KW_5649_128, "c03db3cc1416dcd1c069a195a8d77e3d",
	  "57e3b6699c6e817759a69492bb7e2cd00160d2ebef9bf4d4eb16fbf798f1340f6df6558a4fb84cd0",
	  "46f87f58cdda4200f53d99ce2e49bdb76212511fe0cd4d0b5f37a27d45a288" },
	/* AES-256, keys of 8, 64 and 248 bits, and what is refused */
	{ KW_5649_256, "20e4ff6a88ffa9a2818b81702793d8a016722c2fa1ff445f24b9db293cb12069",
	  "85011dc927b167f411b0b8e21b11d819", "d2" },
	{ KW_5649_256, "c32cb3e1e41a4b9f4de79989957866f5dd48dba38c22a6ebb80e14c84bdd9534",
	  "c29b05c2619a58ecc1d239e7a34273cd", NULL },
	{ KW_5649_256, "5fc3ef43eef256993fb00e6ccc90f60319f10a3bc9fe5ca4ec876c165e2a7720",
	  "f3d922a948969acca293bc3daa027e48", NULL },
	{ KW_5649_256, "398444df32841be9e699c64faa92630c834564b8384876dceb471c4056fc8299",
	  "30032c9a3ed00d29512d8c725fa86a4b", NULL },
	{ KW_5649_256, "96503e950d01ee1664de77ef6c0108aea2cffcffd0cf282e58a3fb982914ff9c",
	  "e5fa8bf0919d5a7163f2af43b3b549b8", "e731cf7c44ac7722" },
	{ KW_5649_256, "2026def62f9a7fae4196846db5a2fa174b639ea7462c4d08089d05d2b04f2449",
	  "6f78df8082963e878318b31bba7c0c289d01f6b8282f726bb9f643025579c7fe0dfa872d307003ff",
	  "290b2dcf3b54bd8eb5453f491c8f9f4cff4c963c05d164485c26da01c56a0c" },
	{ KW_5649_256, "e3335277849dab5646d0b0b5f0f5afbc140c8ac2374cfb7729cb889f6f161fa0",
	  "a9ce4bb6abb4ae03a9ccee348dc905bb839efb8785ce7195f4b3d8e4720ff004c3ec81d365ed1e3c",
	  NULL },
	{ KW_5649_256, "169c6bf6f58616f0b1023fe46dcc4a5ecf11a520eeeb4945ff4cce38b5a9cc8d",
	  "5dca216b589c95c6df1e0660feeb7a0741046f7a0e3aae9144dca60498bfd6c2e30f292bb1ae06d6",
	  NULL },
};

#define WRAPS	(sizeof(wraps) / sizeof(wraps[0]))

static void kwp(void **state)
{
	struct chunk kwk, wrapped;
	struct secret key;
	uint8_t out[64];
	size_t i;

	(void)state;
	for (i = 0; i < WRAPS; i++) {
		kwk = hex(wraps[i].kwk);
		wrapped = hex(wraps[i].wrapped);
		assert_int_equal(keyunwrap(&crypto, wraps[i].id, kwk, wrapped, &key),
				 wraps[i].key ? 0 : -EBADMSG);
		if (!wraps[i].key)
			continue;
		assert_chunk_equal(secret_chunk(&key), hex(wraps[i].key));
		assert_int_equal(keywrap(&crypto, wraps[i].id, kwk, secret_chunk(&key), out), 0);
		assert_memory_equal(out, wrapped.data, wrapped.len);
		assert_int_equal(keywrap_len(key.len), wrapped.len);
		secret_free(&key);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(skeyseed),
		cmocka_unit_test(plus),
		cmocka_unit_test(sk),
		cmocka_unit_test(kwp),
	};

	return cmocka_run_group_tests_name("vectors", tests, with_crypto, without_crypto);
}
