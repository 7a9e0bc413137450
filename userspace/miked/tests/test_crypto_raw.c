// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ECDSA signatures as older peers of IKEv2 have them, r | s: the vectors of RFC 4754 8,
 * each a signature of "abc", and what is refused.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "crypto/sign.h"
#include "hex.h"
#include "test.h"
#include "with_crypto.h"

static const struct {
	uint16_t hash;
	const char *spki;	/* what stands before the point, which is gw */
	const char *x, *y;
	const char *r, *s;
} vectors[] = {
	{ HASH_SHA2_256, "3059301306072a8648ce3d020106082a8648ce3d03010703420004",
	  "2442a5cc 0ecd015f a3ca31dc 8e2bbc70 bf42d60c bca20085 e0822cb0 4235e970",
	  "6fc98bd7 e50211a4 a27102fa 3549df79 ebcb4bf2 46b80945 cddfe7d5 09bbfd7d",
	  "cb28e099 9b9c7715 fd0a80d8 e47a7707 9716cbbf 917dd72e 97566ea1 c066957c",
	  "86fa3bb4 e26cad5b f90b7f81 899256ce 7594bb1e a0c89212 748bff3b 3d5b0315" },
	{ HASH_SHA2_384, "3076301006072a8648ce3d020106052b8104002203620004",
	  "96281bf8 dd5e0525 ca049c04 8d345d30 82968d10 fedf5c5a ca0c64e6 465a97ea"
	  "5ce10c9d fec21797 41571072 1f437922",
	  "447688ba 94708eb6 e2e4d59f 6ab6d7ed ff9301d2 49fe49c3 3096655f 5d502fad"
	  "3d383b91 c5e7edaa 2b714cc9 9d5743ca",
	  "fb017b91 4e291494 32d8bac2 9a514640 b46f53dd ab2c6994 8084e293 0f1c8f7e"
	  "08e07c9c 63f2d21a 07dcb56a 6af56eb3",
	  "b263a130 5e057f98 4d38726a 1b468741 09f417bc a112674c 528262a4 0a629af1"
	  "cbb9f516 ce0fa7d2 ff630863 a00e8b9f" },
	{ HASH_SHA2_512, "30819b301006072a8648ce3d020106052b810400230381860004",
	  "0151 518f1af0 f563517e dd548519 0df95a4b f57b5cba 4cf2a9a3 f6474725 a35f7afe"
	  "0a6ddeb8 bedbcd6a 197e592d 40188901 cecd6506 99c9b5e4 56aea5ad d19052a8",
	  "006f 3b142ea1 bfff7e28 37ad44c9 e4ff6d2d 34c73184 bbad9002 6dd5e6e8 5317d9df"
	  "45cad780 3c6c2003 5b2f3ff6 3aff4e1b a64d1c07 7577da3f 4286c58f 0aeae643",
	  "0154 fd3836af 92d0dca5 7dd5341d 30539885 34fde831 8fc6aaaa b68e2e6f 4339b19f"
	  "2f281a7e 0b22c269 d93cf879 4a927888 0ed7dbb8 d9362cae acee5443 20552251",
	  "0177 05a70302 90d1ceb6 05a9a1bb 03ff9cdd 521e87a6 96ec926c 8c10c836 2df49753"
	  "67101f67 d1cf9bcc bf2f3d23 9534fa50 9e70aac8 51ae01aa c68d62f8 66472660" },
};

#define VECTORS	(sizeof(vectors) / sizeof(vectors[0]))

static struct chunk joined(const char *a, const char *b, const char *c)
{
	char text[600];

	assert_true((size_t)snprintf(text, sizeof(text), "%s%s%s", a, b, c) < sizeof(text));
	return hex(text);
}

static struct key key_of(size_t i)
{
	struct reason why = { "" };
	struct key key;

	if (key_from_spki(&crypto, joined(vectors[i].spki, vectors[i].x, vectors[i].y), &key,
			  &why))
		fail_msg("%s", why.text);
	return key;
}

static void rfc4754(void **state)
{
	struct chunk parts[] = { ascii("a"), ascii("bc") }, other = ascii("abd");
	struct reason why = { "" };
	uint8_t damaged[132];
	struct chunk sig;
	struct key key;
	size_t i, bit;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		key = key_of(i);
		sig = joined(vectors[i].r, vectors[i].s, "");
		assert_int_equal(verify_raw(&crypto, &key, vectors[i].hash, parts, 2, sig, &why), 0);
		assert_int_equal(verify_raw(&crypto, &key, vectors[i].hash, &other, 1, sig, &why),
				 -EBADMSG);
		memcpy(damaged, sig.data, sig.len);
		for (bit = 0; bit < 8 * sig.len; bit += 3) {
			damaged[bit / 8] ^= 1U << bit % 8;
			assert_int_equal(verify_raw(&crypto, &key, vectors[i].hash, parts, 2,
						    (struct chunk){ damaged, sig.len }, &why),
					 -EBADMSG);
			damaged[bit / 8] ^= 1U << bit % 8;
		}
		key_free(&key);
	}
}

/* Curve and hash go together; lengths are the curve's; zeros are no signature. */
static void refused(void **state)
{
	static const uint8_t zeros[140];
	struct chunk data = ascii("abc");
	struct reason why = { "" };
	struct chunk sig;
	struct key key;
	size_t i, j;

	(void)state;
	for (i = 0; i < VECTORS; i++) {
		key = key_of(i);
		for (j = 0; j < sizeof(zeros); j++)
			assert_int_equal(verify_raw(&crypto, &key, vectors[i].hash, &data, 1,
						    (struct chunk){ zeros, j }, &why), -EBADMSG);
		sig = joined(vectors[i].r, vectors[i].s, "");
		for (j = 0; j < VECTORS; j++)
			assert_int_equal(verify_raw(&crypto, &key, vectors[j].hash, &data, 1, sig,
						    &why), i == j ? 0 : -EBADMSG);
		assert_int_equal(verify_raw(&crypto, &key, HASH_SHA1, &data, 1, sig, &why),
				 -ENOTSUP);
		assert_string_equal(why.text, "the signature's hash is not accepted");
		assert_int_equal(verify_raw(&crypto, &key, HASH_IDENTITY, &data, 1, sig, &why),
				 -ENOTSUP);
		key_free(&key);
	}
	assert_int_equal(key_generate(&crypto, KEY_ED25519, &key), 0);
	assert_int_equal(verify_raw(&crypto, &key, HASH_SHA2_256, &data, 1,
				    (struct chunk){ zeros, 64 }, &why), -EBADMSG);
	assert_string_equal(why.text, "the key does not make signatures of 64 octets");
	key_free(&key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc4754),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests_name("raw ECDSA", tests, with_crypto, without_crypto);
}
