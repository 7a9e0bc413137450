// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offers and choices (RFC 7296 3.3.6), and tables and timers of the engine.
 */
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike/internal.h"
#include "test.h"

static struct conf_proposal proposals[2];
static struct conf_ike conf = { .proposals = proposals, .proposals_count = 1 };
static struct suite suite;

static void configure(const char *first, const char *second)
{
	char why[100];

	assert_null(conf_proposal_parse(first, &proposals[0], why, sizeof(why)));
	conf.proposals_count = second ? 2 : 1;
	if (second)
		assert_null(conf_proposal_parse(second, &proposals[1], why, sizeof(why)));
}

static const struct wire_transform usual[] = {
	{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
	{ .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_384 },
	{ .type = TRANSFORM_KE, .id = KE_ECP_384 },
	{ .type = TRANSFORM_KWA, .id = KW_5649_256 },
};
#define USUAL	(sizeof(usual) / sizeof(usual[0]))

/* The usual ones and these: are they chosen? */
static bool chosen_with(const struct wire_transform *more, size_t n_more, uint8_t protocol)
{
	struct wire_transform all[USUAL + 4];
	struct wire_proposal proposal = {
		.number = 1, .protocol = protocol, .transforms = all, .n_transforms = USUAL + n_more,
	};
	struct wire_message m = { .proposals = &proposal, .n_proposals = 1 };

	memcpy(all, usual, sizeof(usual));
	if (n_more)
		memcpy(all + USUAL, more, n_more * sizeof(*more));
	return ike_choose(&conf, &m, KE_ECP_384, &suite);
}

static void strange_transforms(void **state)
{
	static const uint8_t attr[] = { 0x80, 99, 0, 1 };
	static const struct {
		struct wire_transform transform;
		bool chosen;
	} cases[] = {
		/* types that are not known, or not for IKE */
		{ { .type = 99, .id = 1 }, false },
		{ { .type = TRANSFORM_ADDKE1, .id = KE_ML_KEM_768 }, false },
		{ { .type = TRANSFORM_SN, .id = SN_32_BIT_SEQUENTIAL }, false },
		{ { .type = TRANSFORM_GCAUTH, .id = GCAUTH_IMPLICIT }, false },
		/* an AEAD with integrity is nonsense (RFC 5282 8), with none of it not */
		{ { .type = TRANSFORM_INTEG, .id = AUTH_HMAC_SHA2_256_128 }, false },
		{ { .type = TRANSFORM_INTEG, .id = AUTH_NONE }, true },
		/* one more of a type is only passed over */
		{ { .type = TRANSFORM_KE, .id = KE_MODP_1024 }, true },
		{ { .type = TRANSFORM_ENCR, .id = ENCR_3DES }, true },
		{ { .type = TRANSFORM_PRF, .id = 1025 }, true },
		{ { .type = TRANSFORM_KWA, .id = KW_ARX }, true },
		{ { .type = TRANSFORM_PRF, .id = PRF_HMAC_SHA2_512, .unknown = CHUNK(attr) }, true },
	};
	size_t i;

	(void)state;
	configure("aes256gcm16-prfsha384-ecp384", NULL);
	assert_true(chosen_with(NULL, 0, PROTO_IKE));
	assert_false(chosen_with(NULL, 0, PROTO_ESP));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (chosen_with(&cases[i].transform, 1, PROTO_IKE) != cases[i].chosen)
			fail_msg("case %zu", i);
}

/* With an attribute that we do not know, a transform is not the one that we want. */
static void unknown_attributes(void **state)
{
	static const uint8_t attr[] = { 0x80, 99, 0, 1 };
	struct wire_transform all[USUAL];
	struct wire_proposal proposal = {
		.number = 1, .protocol = PROTO_IKE, .transforms = all, .n_transforms = USUAL,
	};
	struct wire_message m = { .proposals = &proposal, .n_proposals = 1 };
	size_t i;

	(void)state;
	configure("aes256gcm16-prfsha384-ecp384", NULL);
	for (i = 0; i < USUAL; i++) {
		memcpy(all, usual, sizeof(usual));
		all[i].unknown = CHUNK(attr);
		assert_null(ike_choose(&conf, &m, KE_ECP_384, &suite));
		memcpy(all, usual, sizeof(usual));
		all[i].key_length = 192;
		assert_null(ike_choose(&conf, &m, KE_ECP_384, &suite));
		/* and one of each type is needed; who knows no groups offers no KWA */
		memcpy(all, usual, sizeof(usual));
		all[i] = usual[(i + 1) % USUAL];
		assert_int_equal(ike_choose(&conf, &m, KE_ECP_384, &suite) != NULL,
				 usual[i].type == TRANSFORM_KWA);
	}
	assert_int_equal(suite.kwa, 0);
}

/* Ours decides, but the peer's public value is not thrown away without need. */
static void preferences(void **state)
{
	static const struct wire_transform more[] = {
		{ .type = TRANSFORM_KE, .id = KE_CURVE25519 },
		{ .type = TRANSFORM_KWA, .id = KW_5649_128 },
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
	};

	(void)state;
	configure("aes128gcm16-aes256gcm16-prfsha384-x25519-ecp384-kw128-kw256", NULL);
	assert_true(chosen_with(more, 3, PROTO_IKE));
	assert_int_equal(suite.cipher.key_bits, 128);
	assert_int_equal(suite.kwa, KW_5649_128);
	assert_int_equal(suite.ke, KE_ECP_384);
	configure("aes256gcm16-prfsha384-x25519", NULL);
	assert_true(chosen_with(more, 3, PROTO_IKE));
	assert_int_equal(suite.ke, KE_CURVE25519);
}

/* ---- what a peer chose */

static bool accepts(const struct offer *offer, const struct wire_transform *transforms, size_t n,
		    uint8_t number)
{
	struct wire_proposal proposal = {
		.number = number, .protocol = PROTO_IKE, .transforms = transforms,
		.n_transforms = n,
	};
	struct wire_message m = { .proposals = &proposal, .n_proposals = 1 };

	return ike_accept(offer, &m, &suite);
}

static void choices(void **state)
{
	static struct offer offer;
	struct wire_transform all[USUAL + 1];
	size_t i;

	(void)state;
	configure("aes256gcm16-prfsha384-ecp384-x25519", "aes128-sha256-ecp384");
	ike_offer(&conf, 0, true, &offer);
	assert_int_equal(offer.n, 2);
	assert_int_equal(ike_offer_group(&offer), KE_ECP_384);
	assert_true(ike_offer_has_group(&offer, KE_CURVE25519));
	assert_false(ike_offer_has_group(&offer, KE_MODP_2048));
	assert_true(accepts(&offer, usual, USUAL, 1));
	assert_int_equal(suite.kwa, KW_5649_256);
	assert_false(accepts(&offer, usual, USUAL, 2));
	assert_false(accepts(&offer, usual, USUAL, 3));
	assert_false(accepts(&offer, usual, USUAL, 0));
	for (i = 0; i < USUAL; i++) {
		memcpy(all, usual, sizeof(usual));
		all[i].id++;
		assert_false(accepts(&offer, all, USUAL, 1));
		memcpy(all, usual, sizeof(usual));
		all[i].key_length ^= 128;
		assert_false(accepts(&offer, all, USUAL, 1));
		memmove(all + i, usual + i + 1, (USUAL - i - 1) * sizeof(*all));
		assert_false(accepts(&offer, all, USUAL - 1, 1));
	}
	memcpy(all, usual, sizeof(usual));
	all[USUAL] = (struct wire_transform){ .type = TRANSFORM_INTEG, .id = AUTH_NONE };
	assert_true(accepts(&offer, all, USUAL + 1, 1));
	all[USUAL].id = AUTH_HMAC_SHA2_256_128;
	assert_false(accepts(&offer, all, USUAL + 1, 1));
	all[USUAL] = (struct wire_transform){ .type = TRANSFORM_SN };
	assert_false(accepts(&offer, all, USUAL + 1, 1));
}

/* What we choose is what the peer accepts, for each pair. */
static void both_sides(void **state)
{
	static const char *const texts[] = {
		"aes256gcm16-prfsha384-ecp384", "aes128gcm16-prfsha256-x25519-kw128",
		"aes128-sha256-ecp384-modp2048", "aes256-sha512-prfsha384-ecp384-kw192-kw256",
	};
	static struct offer offer;
	struct wire_message m = { 0 };
	struct choice choice;
	struct suite theirs;
	size_t i, j;

	(void)state;
	for (i = 0; i < 4; i++) {
		for (j = 0; j < 4; j++) {
			configure(texts[i], texts[j]);
			ike_offer(&conf, 77, true, &offer);
			m.proposals = offer.proposals;
			m.n_proposals = offer.n;
			assert_int_equal(ike_proposal_spi(&offer.proposals[0]), 77);
			assert_non_null(ike_choose(&conf, &m, 0, &suite));
			ike_choice(ike_choose(&conf, &m, 0, &suite), &suite, 88, &choice);
			assert_int_equal(ike_proposal_spi(&choice.proposal), 88);
			m.proposals = &choice.proposal;
			m.n_proposals = 1;
			theirs = suite;
			assert_true(ike_accept(&offer, &m, &suite));
			assert_memory_equal(&suite, &theirs, sizeof(suite));
		}
	}
}

/* ---- tables and timers */

static void tables(void **state)
{
	static struct table_entry entries[3000];
	struct table table;
	size_t i;

	(void)state;
	assert_int_equal(ike_table_new(&table), 0);
	for (i = 0; i < 3000; i++)
		ike_table_add(&table, &entries[i], i / 3 * 64);
	assert_int_equal(table.count, 3000);
	assert_true(table.size > 1000);
	for (i = 0; i < 3000; i += 3)
		ike_table_remove(&table, &entries[i]);
	for (i = 0; i < 1000; i++) {
		struct table_entry *first = ike_table_first(&table, i * 64);

		assert_non_null(first);
		assert_non_null(ike_table_next(first));
		assert_null(ike_table_next(ike_table_next(first)));
		assert_null(ike_table_first(&table, i * 64 + 1));
	}
	/* one that is not in it */
	ike_table_remove(&table, &entries[0]);
	assert_int_equal(table.count, 2000);
	ike_table_free(&table);
}

static void timers(void **state)
{
	static struct timer all[500];
	struct timers heap = { 0 };
	unsigned int seed = 1;
	uint64_t last = 0;
	size_t i, n = 0;

	(void)state;
	assert_int_equal(ike_timers_reserve(&heap, 500), 0);
	for (i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		ike_timer_set(&heap, &all[i % 500], seed >> 8 & 1 ? IKE_NEVER : seed >> 16);
	}
	for (i = 0; i < 500; i++)
		n += all[i].due != IKE_NEVER;
	assert_int_equal(heap.count, n);
	while (heap.count) {
		assert_true(heap.heap[1]->due >= last);
		last = heap.heap[1]->due;
		ike_timer_set(&heap, heap.heap[1], IKE_NEVER);
		n--;
	}
	assert_int_equal(n, 0);
	free(heap.heap);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(strange_transforms),
		cmocka_unit_test(unknown_attributes),
		cmocka_unit_test(preferences),
		cmocka_unit_test(choices),
		cmocka_unit_test(both_sides),
		cmocka_unit_test(tables),
		cmocka_unit_test(timers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
