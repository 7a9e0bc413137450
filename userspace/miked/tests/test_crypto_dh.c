// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key exchange: vectors of RFC 5903 8 and RFC 8031 A, MODP against a plain modular
 * exponentiation, and every value that a peer must not send.
 */
#include <errno.h>
#include <string.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include "crypto/dh.h"
#include "hex.h"
#include "test.h"
#include "with_crypto.h"

static const uint16_t all_groups[] = {
	KE_MODP_2048, KE_MODP_3072, KE_MODP_4096, KE_ECP_256, KE_ECP_384, KE_ECP_521,
	KE_CURVE25519,
};

static const size_t secret_lens[] = { 256, 384, 512, 32, 48, 66, 32 };

#define GROUPS	(sizeof(all_groups) / sizeof(all_groups[0]))

/* The key pair of an ECP group with a private key that is given. */
static struct dh ecp_key(uint16_t id, int nid, struct chunk private)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *scalar = BN_bin2bn(private.data, (int)private.len, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	struct dh dh = { .group = id };
	uint8_t public[1 + DH_MAX_PUBLIC];
	OSSL_PARAM *params;
	size_t len;

	assert_true(EC_POINT_mul(group, point, scalar, NULL, NULL, NULL));
	len = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, public,
				 sizeof(public), NULL);
	OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, OBJ_nid2sn(nid), 0);
	OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, public, len);
	OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar);
	params = OSSL_PARAM_BLD_to_param(builder);
	assert_true(EVP_PKEY_fromdata_init(ctx) == 1);
	assert_true(EVP_PKEY_fromdata(ctx, &dh.key, EVP_PKEY_KEYPAIR, params) == 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(builder);
	EVP_PKEY_CTX_free(ctx);
	BN_free(scalar);
	EC_POINT_free(point);
	EC_GROUP_free(group);
	return dh;
}

static void check_exchange(const struct dh *i, const struct dh *r, struct chunk public_i,
			   struct chunk public_r, struct chunk expected)
{
	uint8_t public[DH_MAX_PUBLIC];
	struct secret shared;

	assert_int_equal(dh_public_len(i->group), public_i.len);
	assert_int_equal(dh_public(i, public), 0);
	assert_memory_equal(public, public_i.data, public_i.len);
	assert_int_equal(dh_public(r, public), 0);
	assert_memory_equal(public, public_r.data, public_r.len);
	assert_int_equal(dh_shared(&crypto, i, public_r, &shared), 0);
	assert_chunk_equal(secret_chunk(&shared), expected);
	secret_free(&shared);
	assert_int_equal(dh_shared(&crypto, r, public_i, &shared), 0);
	assert_chunk_equal(secret_chunk(&shared), expected);
	secret_free(&shared);
}

static void rfc5903(void **state)
{
	static const struct {
		uint16_t id;
		int nid;
		const char *i, *public_i, *r, *public_r, *shared;
	} vectors[] = {
		{ KE_ECP_256, NID_X9_62_prime256v1,
		  "C88F01F510D9AC3F70A292DAA2316DE544E9AAB8AFE84049C62A9C57862D1433",
		  "DAD0B65394221CF9B051E1FECA5787D098DFE637FC90B9EF945D0C3772581180"
		  "5271A0461CDB8252D61F1C456FA3E59AB1F45B33ACCF5F58389E0577B8990BB3",
		  "C6EF9C5D78AE012A011164ACB397CE2088685D8F06BF9BE0B283AB46476BEE53",
		  "D12DFB5289C8D4F81208B70270398C342296970A0BCCB74C736FC7554494BF63"
		  "56FBF3CA366CC23E8157854C13C58D6AAC23F046ADA30F8353E74F33039872AB",
		  "D6840F6B42F6EDAFD13116E0E12565202FEF8E9ECE7DCE03812464D04B9442DE" },
		{ KE_ECP_384, NID_secp384r1,
		  "099F3C7034D4A2C699884D73A375A67F7624EF7C6B3C0F160647B67414DCE655"
		  "E35B538041E649EE3FAEF896783AB194",
		  "667842D7D180AC2CDE6F74F37551F55755C7645C20EF73E31634FE72B4C55EE6"
		  "DE3AC808ACB4BDB4C88732AEE95F41AA"
		  "9482ED1FC0EEB9CAFC4984625CCFC23F65032149E0E144ADA024181535A0F38E"
		  "EB9FCFF3C2C947DAE69B4C634573A81C",
		  "41CB0779B4BDB85D47846725FBEC3C9430FAB46CC8DC5060855CC9BDA0AA2942"
		  "E0308312916B8ED2960E4BD55A7448FC",
		  "E558DBEF53EECDE3D3FCCFC1AEA08A89A987475D12FD950D83CFA41732BC509D"
		  "0D1AC43A0336DEF96FDA41D0774A3571"
		  "DCFBEC7AACF3196472169E838430367F66EEBE3C6E70C416DD5F0C68759DD1FF"
		  "F83FA40142209DFF5EAAD96DB9E6386C",
		  "11187331C279962D93D604243FD592CB9D0A926F422E47187521287E7156C5C4"
		  "D603135569B9E9D09CF5D4A270F59746" },
		{ KE_ECP_521, NID_secp521r1,
		  "0037ADE9319A89F4DABDB3EF411AACCCA5123C61ACAB57B5393DCE47608172A0"
		  "95AA85A30FE1C2952C6771D937BA9777F5957B2639BAB072462F68C27A57382D4A52",
		  "0015417E84DBF28C0AD3C278713349DC7DF153C897A1891BD98BAB4357C9ECBE"
		  "E1E3BF42E00B8E380AEAE57C2D10756494188594 2AF5A7F4601723C4195D176CED3E"
		  "017CAE20B6641D2EEB695786D8C946146239D099E18E1D5A514C739D7CB4A10A"
		  "D8A788015AC405D7799DC75E7B7D5B6CF2261A6A7F1507438BF01BEB6CA3926F9582",
		  "0145BA99A847AF43793FDD0E872E7CDFA16BE30FDC780F97BCCC3F078380201E"
		  "9C677D600B343757A3BDBF2A3163E4C2F869CCA7458AA4A4EFFC311F5CB151685EB9",
		  "00D0B3975AC4B799F5BEA16D5E13E9AF971D5E9B984C9F39728B5E5739735A21"
		  "9B97C356436ADC6E95BB0352F6BE64A6C2912D4EF2D0433CED2B6171640012D9460F"
		  "015C68226383956E3BD066E797B623C27CE0EAC2F551A10C2C724D9852077B87"
		  "220B6536C5C408A1D2AEBB8E86D678AE49CB57091F4732296579AB44FCD17F0FC56A",
		  "01144C7D79AE6956BC8EDB8E7C787C4521CB086FA64407F97894E5E6B2D79B04"
		  "D1427E73CA4BAA240A34786859810C06B3C715A3A8CC3151F2BEE417996D19F3DDEA" },
	};
	size_t v;

	(void)state;
	for (v = 0; v < 3; v++) {
		struct dh i = ecp_key(vectors[v].id, vectors[v].nid, hex(vectors[v].i));
		struct dh r = ecp_key(vectors[v].id, vectors[v].nid, hex(vectors[v].r));

		check_exchange(&i, &r, hex(vectors[v].public_i), hex(vectors[v].public_r),
			       hex(vectors[v].shared));
		dh_free(&i);
		dh_free(&r);
	}
}

static struct dh x25519_key(struct chunk private)
{
	return (struct dh){
		.group = KE_CURVE25519,
		.key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private.data,
						    private.len),
	};
}

static void rfc8031(void **state)
{
	struct dh i = x25519_key(hex("751fb4308655b476b6789b7325f9ea8c"
				     "ddd16a58533ff6d9e60009464a5f9d94"));
	struct dh r = x25519_key(hex("0a54645253290d60ddadd0e030bacd9e"
				     "5501efdc220755a1e978f1b839a05688"));

	(void)state;
	check_exchange(&i, &r,
		       hex("48d5ddd4061257ba166fa3f9bbdb74f1a4e81c089384fa77f790709f0dfbc766"),
		       hex("0be7c1f5aad87d7e448662673298a443478b8597 45179eaf564c79c0ef6eee25"),
		       hex("c74950607a12327f3204d94b6825bfb068b7f8319a9e3708ed3d43ce8130c950"));
	dh_free(&i);
	dh_free(&r);
}

static void all_agree(void **state)
{
	uint8_t public_a[DH_MAX_PUBLIC], public_b[DH_MAX_PUBLIC];
	struct secret shared_a, shared_b;
	struct dh a, b;
	size_t i;

	(void)state;
	for (i = 0; i < GROUPS; i++) {
		size_t len = dh_public_len(all_groups[i]);

		assert_int_equal(dh_new(&crypto, all_groups[i], &a), 0);
		assert_int_equal(dh_new(&crypto, all_groups[i], &b), 0);
		assert_int_equal(dh_public(&a, public_a), 0);
		assert_int_equal(dh_public(&b, public_b), 0);
		assert_memory_not_equal(public_a, public_b, len);
		assert_int_equal(dh_shared(&crypto, &a, (struct chunk){ public_b, len },
					   &shared_a), 0);
		assert_int_equal(dh_shared(&crypto, &b, (struct chunk){ public_a, len },
					   &shared_b), 0);
		assert_int_equal(shared_a.len, secret_lens[i]);
		assert_chunk_equal(secret_chunk(&shared_a), secret_chunk(&shared_b));
		secret_free(&shared_a);
		secret_free(&shared_b);
		dh_free(&a);
		dh_free(&b);
	}
}

static BIGNUM *prime_of(uint16_t id)
{
	if (id == KE_MODP_2048)
		return BN_get_rfc3526_prime_2048(NULL);
	return id == KE_MODP_3072 ? BN_get_rfc3526_prime_3072(NULL) :
				    BN_get_rfc3526_prime_4096(NULL);
}

/* g^x for g = 2, as RFC 3526 has it, and (g^x)^y, with nothing but BN_mod_exp() */
static void modp(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		uint8_t public[DH_MAX_PUBLIC], expected[DH_MAX_PUBLIC], peer[DH_MAX_PUBLIC];
		size_t len = dh_public_len(all_groups[i]);
		BIGNUM *p = prime_of(all_groups[i]);
		BIGNUM *x = NULL, *y = BN_new(), *value = BN_new();
		BN_CTX *ctx = BN_CTX_new();
		struct secret shared;
		struct dh dh;

		assert_int_equal(dh_new(&crypto, all_groups[i], &dh), 0);
		assert_true(EVP_PKEY_get_bn_param(dh.key, OSSL_PKEY_PARAM_PRIV_KEY, &x) == 1);
		BN_set_word(y, 2);
		BN_mod_exp(value, y, x, p, ctx);
		BN_bn2binpad(value, expected, (int)len);
		assert_int_equal(dh_public(&dh, public), 0);
		assert_memory_equal(public, expected, len);

		BN_set_word(y, 0x12345);
		BN_bn2binpad(y, peer, (int)len);
		BN_mod_exp(value, y, x, p, ctx);
		BN_bn2binpad(value, expected, (int)len);
		assert_int_equal(dh_shared(&crypto, &dh, (struct chunk){ peer, len }, &shared), 0);
		assert_chunk_equal(secret_chunk(&shared), ((struct chunk){ expected, len }));
		secret_free(&shared);
		dh_free(&dh);
		BN_free(x);
		BN_free(y);
		BN_free(value);
		BN_free(p);
		BN_CTX_free(ctx);
	}
}

/*
 * A secret that begins with zeros is as long as any other. With the peer's value 2,
 * which is g, it is our own public value: wait for one of those to begin so.
 */
static void padded(void **state)
{
	static const uint8_t two[256] = { [255] = 2 };
	uint8_t public[DH_MAX_PUBLIC];
	struct secret shared;
	struct dh dh;
	int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		assert_int_equal(dh_new(&crypto, KE_MODP_2048, &dh), 0);
		assert_int_equal(dh_public(&dh, public), 0);
		if (!public[0])
			break;
		dh_free(&dh);
	}
	assert_int_equal(public[0], 0);
	assert_int_equal(dh_shared(&crypto, &dh, CHUNK(two), &shared), 0);
	assert_chunk_equal(secret_chunk(&shared), ((struct chunk){ public, sizeof(two) }));
	secret_free(&shared);
	dh_free(&dh);
}

static void refuse(const struct dh *dh, struct chunk peer)
{
	struct secret shared;

	assert_int_equal(dh_shared(&crypto, dh, peer, &shared), -EINVAL);
	assert_null(shared.data);
}

static void wrong_length(void **state)
{
	static uint8_t public[DH_MAX_PUBLIC + 1];
	struct dh dh;
	size_t i;

	(void)state;
	for (i = 0; i < GROUPS; i++) {
		size_t len = dh_public_len(all_groups[i]);

		assert_int_equal(dh_new(&crypto, all_groups[i], &dh), 0);
		memset(public, 0, sizeof(public));
		assert_int_equal(dh_public(&dh, public), 0);
		refuse(&dh, (struct chunk){ public, len - 1 });
		refuse(&dh, (struct chunk){ public, len + 1 });
		refuse(&dh, (struct chunk){ NULL, 0 });
		dh_free(&dh);
	}
}

/* 2 to p - 2, and nothing else */
static void modp_range(void **state)
{
	static const struct {
		int from_p;	/* counted from p, or from 0 */
		int add;
		bool ok;
	} values[] = {
		{ 0, 0, false }, { 0, 1, false }, { 0, 2, true },
		{ 1, -2, true }, { 1, -1, false }, { 1, 0, false }, { 1, 1, false }, { 1, 2, false },
	};
	size_t i, v;

	(void)state;
	for (i = 0; i < 3; i++) {
		size_t len = dh_public_len(all_groups[i]);
		struct dh dh;

		assert_int_equal(dh_new(&crypto, all_groups[i], &dh), 0);
		for (v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
			BIGNUM *value = values[v].from_p ? prime_of(all_groups[i]) : BN_new();
			uint8_t wire[DH_MAX_PUBLIC];
			struct secret shared;

			if (values[v].add < 0)
				BN_sub_word(value, -values[v].add);
			else
				BN_add_word(value, values[v].add);
			BN_bn2binpad(value, wire, (int)len);
			BN_free(value);
			if (!values[v].ok) {
				refuse(&dh, (struct chunk){ wire, len });
				continue;
			}
			assert_int_equal(dh_shared(&crypto, &dh, (struct chunk){ wire, len },
						   &shared), 0);
			secret_free(&shared);
		}
		dh_free(&dh);
	}
}

/* On the curve, but with an x that is written as x + p. */
static void above_p(const struct dh *dh, int nid, size_t half)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(nid);
	EC_POINT *point = EC_POINT_new(group);
	BIGNUM *x = BN_new(), *y = BN_new(), *p = BN_new();
	uint8_t wire[DH_MAX_PUBLIC];
	struct secret shared;

	EC_GROUP_get_curve(group, p, NULL, NULL, NULL);
	for (BN_zero(x); !EC_POINT_set_compressed_coordinates(group, point, x, 0, NULL);)
		BN_add_word(x, 1);
	EC_POINT_get_affine_coordinates(group, point, x, y, NULL);
	BN_bn2binpad(x, wire, (int)half);
	BN_bn2binpad(y, wire + half, (int)half);
	assert_int_equal(dh_shared(&crypto, dh, (struct chunk){ wire, 2 * half }, &shared), 0);
	secret_free(&shared);
	BN_add(x, x, p);
	BN_bn2binpad(x, wire, (int)half);
	refuse(dh, (struct chunk){ wire, 2 * half });
	BN_free(x);
	BN_free(y);
	BN_free(p);
	EC_POINT_free(point);
	EC_GROUP_free(group);
}

static void off_curve(void **state)
{
	static const int nids[] = { NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1 };
	uint8_t wire[DH_MAX_PUBLIC];
	struct dh dh;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		size_t len = dh_public_len(all_groups[3 + i]);

		assert_int_equal(dh_new(&crypto, all_groups[3 + i], &dh), 0);
		assert_int_equal(dh_public(&dh, wire), 0);
		wire[len - 1] ^= 1;
		refuse(&dh, (struct chunk){ wire, len });
		memset(wire, 0, sizeof(wire));
		refuse(&dh, (struct chunk){ wire, len });
		memset(wire, 0xff, sizeof(wire));
		refuse(&dh, (struct chunk){ wire, len });
		above_p(&dh, nids[i], len / 2);
		dh_free(&dh);
	}
}

/* The values of RFC 7748 6.1 and above: all-zero secrets are refused, odd forms are not. */
static void x25519_values(void **state)
{
	static const char *const small_order[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	static const char *const nine[] = {
		"0900000000000000000000000000000000000000000000000000000000000000",
		"0900000000000000000000000000000000000000000000000000000000000080",
		"f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	};
	uint8_t public[32];
	struct secret shared;
	struct dh dh;
	size_t i;

	(void)state;
	assert_int_equal(dh_new(&crypto, KE_CURVE25519, &dh), 0);
	for (i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++)
		refuse(&dh, hex(small_order[i]));
	assert_int_equal(dh_public(&dh, public), 0);
	for (i = 0; i < sizeof(nine) / sizeof(nine[0]); i++) {
		assert_int_equal(dh_shared(&crypto, &dh, hex(nine[i]), &shared), 0);
		assert_chunk_equal(secret_chunk(&shared), CHUNK(public));
		secret_free(&shared);
	}
	dh_free(&dh);
}

static void unknown_group(void **state)
{
	struct secret shared;
	uint8_t public[8];
	struct dh dh;

	(void)state;
	assert_int_equal(dh_new(&crypto, 2, &dh), -ENOTSUP);
	assert_int_equal(dh_public_len(2), 0);
	assert_int_equal(dh_public(&dh, public), -ENOTSUP);
	assert_int_equal(dh_shared(&crypto, &dh, ascii("1"), &shared), -ENOTSUP);
	dh_free(&dh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc5903),
		cmocka_unit_test(rfc8031),
		cmocka_unit_test(all_agree),
		cmocka_unit_test(modp),
		cmocka_unit_test(padded),
		cmocka_unit_test(wrong_length),
		cmocka_unit_test(modp_range),
		cmocka_unit_test(off_curve),
		cmocka_unit_test(x25519_values),
		cmocka_unit_test(unknown_group),
	};

	return cmocka_run_group_tests(tests, with_crypto, without_crypto);
}
