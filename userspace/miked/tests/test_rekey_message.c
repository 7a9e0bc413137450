// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA_REKEY messages: sealed and opened, whole and in fragments; and what is no message
 * of the key server's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike/sealed.h"
#include "rekey_kit.h"
#include "test.h"

#define BIG	5000	/* in datagrams of */
#define SMALL	600	/* bytes: fragments */

static struct rekey_pair p;

static void begin(enum conf_rekey_auth by)
{
	rekey_pair_new(&p, &rekey_ciphers[0], KW_5649_256, by);
}

static int end(void **state)
{
	(void)state;
	rekey_pair_free(&p);
	p = (struct rekey_pair){ 0 };
	return 0;
}

/* All of them come, in this order; the last makes it whole. */
static void expect_in_order(const struct rekey_datagrams *d, const size_t *order, uint32_t id)
{
	size_t i;

	for (i = 0; i + 1 < d->n; i++)
		assert_int_equal(rekey_hear(&p, d->datagram[order[i]]), 0);
	rekey_expect(&p, d->datagram[order[i]], id, BIG);
}

static void round_trip(const struct cipher *cipher, uint16_t kwa, enum conf_rekey_auth by)
{
	static const size_t order[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct rekey_datagrams d;
	size_t i;

	rekey_pair_new(&p, cipher, kwa, by);
	rekey_say(&p, 100, 1200, &d);
	assert_int_equal(d.n, 1);
	rekey_expect(&p, d.datagram[0], 0, 100);
	assert_int_equal(p.m.header.initiator, true);
	assert_int_equal(!p.m.auth, by == CONF_REKEY_IMPLICIT);
	rekey_datagrams_free(&d);
	rekey_say(&p, BIG, SMALL, &d);
	assert_in_range(d.n, 9, 12);
	for (i = 0; i < d.n; i++)
		assert_in_range(d.datagram[i].len, i + 1 < d.n ? SMALL - 15 : 50, SMALL);
	expect_in_order(&d, order, 1);
	rekey_datagrams_free(&d);
	assert_int_equal(p.ks.next_id, 2);
	rekey_pair_free(&p);
}

static void round_trips(void **state)
{
	static const uint16_t kwas[] = { KW_5649_128, KW_5649_192, KW_5649_256 };
	int by;
	size_t i, k;

	(void)state;
	for (i = 0; i < REKEY_CIPHERS; i++)
		for (k = 0; k < 3; k++)
			for (by = CONF_REKEY_ED25519; by <= CONF_REKEY_IMPLICIT; by++)
				round_trip(&rekey_ciphers[i], kwas[k], by);
	p = (struct rekey_pair){ 0 };
}

static void lengths(void **state)
{
	struct rekey_datagrams d;
	uint32_t id = 0;
	size_t len, i, c;

	(void)state;
	for (c = 0; c < 3; c++) {
		rekey_pair_new(&p, &rekey_ciphers[c], KW_5649_256, CONF_REKEY_ED25519);
		for (id = 0, len = 300; len < 700; len++, id++) {
			rekey_say(&p, len, 576, &d);
			for (i = 0; i < d.n; i++)
				assert_in_range(d.datagram[i].len, 1, 576);
			for (i = 0; i + 1 < d.n; i++)
				assert_int_equal(rekey_hear(&p, d.datagram[i]), 0);
			rekey_expect(&p, d.datagram[i], id, len);
			rekey_datagrams_free(&d);
		}
		rekey_say(&p, 60000, 1452, &d);
		assert_in_range(d.n, 41, 44);
		rekey_datagrams_free(&d);
		rekey_pair_free(&p);
	}
	p = (struct rekey_pair){ 0 };
}

static int try(size_t filler, size_t threshold)
{
	static const uint8_t bytes[WIRE_MAX_INNER];
	const struct chunk vendor = { bytes, filler };
	const struct wire_delete all = { .protocol = PROTO_ESP };
	struct wire_message m = { .deletes = &all, .n_deletes = 1,
				  .vendors = &vendor, .n_vendors = 1 };
	struct rekey_datagrams d;
	int err = rekey_seal(&rekey_crypto, &p.ks, &m, threshold, &d);

	if (err) {
		assert_int_equal(d.n, 0);
		assert_null(d.bytes);
	}
	rekey_datagrams_free(&d);
	return err;
}

static void too_long(void **state)
{
	(void)state;
	begin(CONF_REKEY_ED25519);
	assert_int_equal(try(0, 60), -EMSGSIZE);
	assert_int_equal(try(1, 0), -EMSGSIZE);
	assert_int_equal(try(40000, 576), -EMSGSIZE);	/* fragments: more than 64 */
	assert_int_equal(try(WIRE_MAX_INNER - 10, 1400), -EMSGSIZE);
	assert_int_equal(p.ks.next_id, 0);
	assert_int_equal(try(32000, 576), 0);
	assert_int_equal(p.ks.next_id, 1);
}

/* ---- order, copies, loss */

static unsigned int seed;

static void shuffle(size_t *order, size_t n)
{
	size_t i, j, swap;

	for (i = 1; i < n; i++) {
		seed = seed * 1103515245 + 12345;
		j = (seed >> 16) % (i + 1);
		swap = order[i];
		order[i] = order[j];
		order[j] = swap;
	}
}

static void any_order(void **state)
{
	struct rekey_datagrams d;
	size_t order[REKEY_MAX_FRAGMENTS] = { 0 };
	uint32_t id;
	size_t i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	for (id = 0; id < 50; id++) {
		rekey_say(&p, BIG, SMALL, &d);
		for (i = 0; i < d.n; i++)
			order[i] = d.n - 1 - i;
		if (id)
			shuffle(order, d.n);
		expect_in_order(&d, order, id);
		rekey_datagrams_free(&d);
	}
}

/* One is missing until the copy comes, of which the others are no news. */
static void lost_and_doubled(void **state)
{
	struct rekey_datagrams d;
	size_t lost, i;
	uint32_t id;

	(void)state;
	begin(CONF_REKEY_ECDSA_P256);
	for (id = 0; id < 9; id++) {
		rekey_say(&p, BIG, SMALL, &d);
		lost = id;
		for (i = 0; i < 2 * d.n; i++)
			if (i / 2 != lost)
				assert_int_equal(rekey_hear(&p, d.datagram[i / 2]), 0);
		for (i = 0; i < lost; i++)
			assert_int_equal(rekey_hear(&p, d.datagram[i]), 0);
		rekey_expect(&p, d.datagram[lost], id, BIG);
		for (i = 0; i < d.n; i++)
			assert_int_equal(rekey_hear(&p, d.datagram[i]), -EALREADY);
		rekey_datagrams_free(&d);
	}
}

static void mixed(void **state)
{
	struct rekey_datagrams d[2];
	size_t i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	rekey_say(&p, BIG, SMALL, &d[0]);
	rekey_say(&p, BIG, SMALL, &d[1]);
	for (i = 0; i + 1 < d[0].n; i++) {
		assert_int_equal(rekey_hear(&p, d[i % 2].datagram[i]), 0);
		assert_int_equal(rekey_hear(&p, d[!(i % 2)].datagram[i]), 0);
	}
	rekey_expect(&p, d[0].datagram[i], 0, BIG);
	rekey_expect(&p, d[1].datagram[i], 1, BIG);
	rekey_datagrams_free(&d[0]);
	rekey_datagrams_free(&d[1]);
}

/* What is newer takes the place of what it makes old. */
static void overtaken(void **state)
{
	struct rekey_datagrams d[2], one;
	size_t i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	rekey_say(&p, BIG, SMALL, &d[0]);
	rekey_say(&p, 10, SMALL, &one);
	rekey_say(&p, BIG, SMALL, &d[1]);
	for (i = 0; i + 1 < d[0].n; i++)
		assert_int_equal(rekey_hear(&p, d[0].datagram[i]), 0);
	rekey_expect(&p, one.datagram[0], 1, 10);
	assert_int_equal(rekey_hear(&p, d[0].datagram[i]), -EALREADY);
	for (i = 0; i + 1 < d[1].n; i++)
		assert_int_equal(rekey_hear(&p, d[1].datagram[i]), 0);
	rekey_expect(&p, d[1].datagram[i], 2, BIG);
	rekey_datagrams_free(&d[0]);
	rekey_datagrams_free(&d[1]);
	rekey_datagrams_free(&one);
}

/* And its place alone: none that may still be put together is given up for it. */
static void place_of_the_old(void **state)
{
	struct rekey_datagrams d[6];
	size_t i, k;

	(void)state;
	begin(CONF_REKEY_ED25519);
	for (k = 0; k < 6; k++)
		rekey_say(&p, k == 1 ? 10 : BIG, SMALL, &d[k]);
	for (k = 2; k < 5; k++)
		for (i = 0; i + 1 < d[k].n; i++)
			assert_int_equal(rekey_hear(&p, d[k].datagram[i]), 0);
	assert_int_equal(rekey_hear(&p, d[0].datagram[0]), 0);
	rekey_expect(&p, d[1].datagram[0], 1, 10);
	assert_int_equal(rekey_hear(&p, d[5].datagram[0]), 0);
	for (k = 2; k < 5; k++)
		rekey_expect(&p, d[k].datagram[d[k].n - 1], (uint32_t)k, BIG);
	for (k = 0; k < 6; k++)
		rekey_datagrams_free(&d[k]);
}

/* No more than REKEY_MAX_PARTIAL: the one that nothing came for goes. */
static void bounded(void **state)
{
	struct rekey_datagrams d[REKEY_MAX_PARTIAL + 1];
	size_t i, k;

	(void)state;
	begin(CONF_REKEY_ED25519);
	for (k = 0; k <= REKEY_MAX_PARTIAL; k++)
		rekey_say(&p, BIG, SMALL, &d[k]);
	for (k = 0; k < REKEY_MAX_PARTIAL; k++)
		for (i = 0; i + 2 < d[k].n; i++)
			assert_int_equal(rekey_hear(&p, d[k].datagram[i]), 0);
	assert_int_equal(rekey_hear(&p, d[0].datagram[i]), 0);
	/* the second is forgotten */
	assert_int_equal(rekey_hear(&p, d[k].datagram[0]), 0);
	assert_int_equal(rekey_hear(&p, d[1].datagram[i]), 0);
	assert_int_equal(rekey_hear(&p, d[1].datagram[i + 1]), 0);
	rekey_expect(&p, d[0].datagram[i + 1], 0, BIG);
	for (i = 0; i + 2 < d[1].n; i++)
		if (i + 3 < d[1].n)
			assert_int_equal(rekey_hear(&p, d[1].datagram[i]), 0);
	rekey_expect(&p, d[1].datagram[i - 1], 1, BIG);
	for (k = 0; k <= REKEY_MAX_PARTIAL; k++)
		rekey_datagrams_free(&d[k]);
}

/* Messages of two Rekey SAs with one Message ID, in one room. */
static void of_two(void **state)
{
	struct rekey_pair other;
	struct rekey_datagrams d[2];
	size_t i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	rekey_pair_new(&other, &rekey_ciphers[0], KW_5649_256, CONF_REKEY_ED25519);
	rekey_say(&p, BIG, SMALL, &d[0]);
	rekey_say(&other, BIG, SMALL, &d[1]);
	assert_true(rekey_sa_owns(&p.gm, d[0].datagram[0]));
	assert_false(rekey_sa_owns(&p.gm, d[1].datagram[0]));
	assert_false(rekey_sa_owns(&p.gm, (struct chunk){ d[0].datagram[0].data, 27 }));
	assert_int_equal(rekey_hear(&p, d[1].datagram[0]), -EBADMSG);
	for (i = 0; i + 1 < d[0].n; i++) {
		assert_int_equal(rekey_hear(&p, d[0].datagram[i]), 0);
		other.partial = p.partial;
		assert_int_equal(rekey_hear(&other, d[1].datagram[i]), 0);
		p.partial = other.partial;
	}
	rekey_expect(&p, d[0].datagram[i], 0, BIG);
	other.partial = p.partial;
	rekey_expect(&other, d[1].datagram[i], 0, BIG);
	p.partial = NULL;
	rekey_datagrams_free(&d[0]);
	rekey_datagrams_free(&d[1]);
	rekey_pair_free(&other);
}

/* ---- what is no message */

static void each_bit(struct chunk datagram)
{
	uint8_t *bytes = malloc(datagram.len);
	size_t bit;

	assert_non_null(bytes);
	memcpy(bytes, datagram.data, datagram.len);
	for (bit = 0; bit < 8 * datagram.len; bit++) {
		bytes[bit / 8] ^= 1 << bit % 8;
		assert_true(rekey_hear(&p, (struct chunk){ bytes, datagram.len }) < 0);
		assert_true(p.why.text[0]);
		bytes[bit / 8] ^= 1 << bit % 8;
	}
	free(bytes);
}

/* Each length but the right one. */
static void each_length(struct chunk datagram)
{
	size_t len;

	for (len = 0; len < datagram.len; len++)
		assert_true(rekey_hear(&p, (struct chunk){ datagram.data, len }) < 0);
}

static void flipped(void **state)
{
	struct rekey_datagrams d;
	size_t c;

	(void)state;
	for (c = 0; c < 3; c++) {
		rekey_pair_new(&p, &rekey_ciphers[c], KW_5649_256, CONF_REKEY_ED25519);
		rekey_say(&p, 20, 1200, &d);
		each_bit(d.datagram[0]);
		each_length(d.datagram[0]);
		rekey_expect(&p, d.datagram[0], 0, 20);
		rekey_datagrams_free(&d);
		rekey_say(&p, 300, 300, &d);
		assert_int_equal(d.n, 2);
		each_bit(d.datagram[0]);
		each_bit(d.datagram[1]);
		each_length(d.datagram[1]);
		assert_null(p.partial);
		assert_int_equal(rekey_hear(&p, d.datagram[0]), 0);
		each_bit(d.datagram[1]);
		rekey_expect(&p, d.datagram[1], 1, 300);
		rekey_datagrams_free(&d);
		rekey_pair_free(&p);
	}
	p = (struct rekey_pair){ 0 };
}

static void other_keys(void **state)
{
	struct rekey_datagrams d;
	size_t c, i;

	(void)state;
	for (c = 0; c < 3; c++) {
		rekey_pair_new(&p, &rekey_ciphers[c], KW_5649_256, CONF_REKEY_IMPLICIT);
		rekey_recipher(&p.ks, &rekey_ciphers[c], KW_5649_256);
		rekey_say(&p, BIG, SMALL, &d);
		for (i = 0; i < d.n; i++)
			assert_int_equal(rekey_hear(&p, d.datagram[i]), -EBADMSG);
		assert_null(p.partial);
		assert_string_equal(p.why.text, "not sealed by its keys");
		rekey_datagrams_free(&d);
		rekey_pair_free(&p);
	}
	p = (struct rekey_pair){ 0 };
}

/* The next message is refused so, and the number does not count. */
static void expect_unsigned(int err)
{
	struct rekey_datagrams d;
	size_t i;

	rekey_say(&p, 100, 1200, &d);
	assert_int_equal(rekey_hear(&p, d.datagram[0]), err);
	assert_true(p.why.text[0]);
	rekey_datagrams_free(&d);
	rekey_say(&p, BIG, SMALL, &d);
	for (i = 0; i + 1 < d.n; i++)
		assert_int_equal(rekey_hear(&p, d.datagram[i]), 0);
	assert_int_equal(rekey_hear(&p, d.datagram[i]), err);
	assert_int_equal(p.gm.next_id, 0);
	/* it was given up: the copies begin anew */
	assert_int_equal(rekey_hear(&p, d.datagram[0]), 0);
	rekey_datagrams_free(&d);
}

/* Who is a member can encrypt, and no more. */
static void other_signatures(void **state)
{
	static const enum key_type types[] = { KEY_ED25519, KEY_P256, KEY_P384 };
	int by, as;

	(void)state;
	for (by = CONF_REKEY_ED25519; by < CONF_REKEY_IMPLICIT; by++) {
		for (as = CONF_REKEY_ED25519; as < CONF_REKEY_IMPLICIT; as++) {
			begin(by);
			key_free(&p.ks.key);
			key_generate(&rekey_crypto, types[as], &p.ks.key);
			p.ks.scheme = key_scheme(&p.ks.key, scheme_hashes, 4);
			expect_unsigned(-EBADMSG);
			rekey_pair_free(&p);
		}
		begin(by);
		p.ks.scheme = NULL;
		expect_unsigned(-EBADMSG);
		rekey_pair_free(&p);
		begin(by);
		p.gm.scheme = NULL;
		expect_unsigned(-EPROTO);
		rekey_pair_free(&p);
	}
	p = (struct rekey_pair){ 0 };
}

/* The same key, but with another hash than the policy has. */
static void other_hash(void **state)
{
	static const uint16_t hashes[] = { HASH_SHA2_512 };

	(void)state;
	begin(CONF_REKEY_ECDSA_P256);
	p.ks.scheme = key_scheme(&p.ks.key, hashes, 1);
	expect_unsigned(-EBADMSG);
}

/* What is signed is what is there: a member cannot put it into another message. */
static void signature_moved(void **state)
{
	struct rekey_datagrams d;
	struct rekey_sa forger;
	struct wire_sk sk = { 0 };
	struct chunk content;
	struct wire_message m;
	uint64_t counter = 1ULL << 60;
	struct sealer sealer = { &rekey_crypto, NULL, { { 0 }, { 0 } }, &counter };
	uint8_t bytes[3000], sealed[3000];
	size_t len, i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	forger = p.gm;
	sealer.cipher = &forger.cipher;
	sealer.keys = forger.keys.cipher;
	rekey_say(&p, 100, 1200, &d);
	rekey_expect(&p, d.datagram[0], 0, 100);
	p.gm.next_id = 0;
	memcpy(bytes, d.datagram[0].data, d.datagram[0].len);
	assert_int_equal(cipher_open(&rekey_crypto, &forger.cipher, &forger.keys.cipher, bytes,
				     HEAD_LEN, d.datagram[0].len, &content), 0);
	m = p.m;
	sk.first = bytes[WIRE_HEADER_LEN];
	/* as it was: accepted, however often it is sealed */
	assert_int_equal(seal_payload(&sealer, &m.header, &sk, content, sealed, sizeof(sealed),
				      &len), 0);
	assert_int_equal(rekey_hear(&p, (struct chunk){ sealed, len }), 1);
	/* each bit of the content */
	for (i = 0; i < 8 * content.len; i++) {
		bytes[content.data - bytes + i / 8] ^= 1 << i % 8;
		seal_payload(&sealer, &m.header, &sk, content, sealed, sizeof(sealed), &len);
		assert_true(rekey_hear(&p, (struct chunk){ sealed, len }) < 0);
		bytes[content.data - bytes + i / 8] ^= 1 << i % 8;
	}
	/* another Message ID, flag */
	m.header.message_id++;
	seal_payload(&sealer, &m.header, &sk, content, sealed, sizeof(sealed), &len);
	assert_int_equal(rekey_hear(&p, (struct chunk){ sealed, len }), -EBADMSG);
	m.header.message_id--;
	m.header.initiator = false;
	seal_payload(&sealer, &m.header, &sk, content, sealed, sizeof(sealed), &len);
	assert_int_equal(rekey_hear(&p, (struct chunk){ sealed, len }), -EBADMSG);
	rekey_datagrams_free(&d);
}

/* ---- replays */

/* Seen before it is decrypted: nothing is done to it. */
static void replayed(void **state)
{
	struct rekey_datagrams d[3];
	uint8_t copy[1200];
	size_t i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	for (i = 0; i < 3; i++)
		rekey_say(&p, 100, 1200, &d[i]);
	rekey_expect(&p, d[1].datagram[0], 1, 100);
	assert_int_equal(rekey_hear(&p, d[1].datagram[0]), -EALREADY);
	memcpy(copy, d[0].datagram[0].data, d[0].datagram[0].len);
	assert_int_equal(rekey_open(&rekey_crypto, &p.gm, &p.partial, &p.room, copy,
				    d[0].datagram[0].len, &p.m, &p.why), -EALREADY);
	assert_memory_equal(copy, d[0].datagram[0].data, d[0].datagram[0].len);
	/* a message that was not taken in is none that was seen */
	assert_int_equal(rekey_hear(&p, d[2].datagram[0]), 1);
	rekey_expect(&p, d[2].datagram[0], 2, 100);
	for (i = 0; i < 3; i++)
		rekey_datagrams_free(&d[i]);
}

static void last_id(void **state)
{
	struct rekey_datagrams d;
	struct chunk whole;
	uint8_t bytes[1200];

	(void)state;
	begin(CONF_REKEY_ED25519);
	p.ks.next_id = UINT32_MAX - 1;
	rekey_say(&p, 100, 1200, &d);
	rekey_expect(&p, d.datagram[0], UINT32_MAX - 1, 100);
	assert_int_equal(p.ks.next_id, UINT32_MAX);
	assert_int_equal(try(100, 1200), -EOVERFLOW);
	assert_int_equal(p.ks.next_id, UINT32_MAX);
	/* the ID in the header */
	memcpy(bytes, d.datagram[0].data, d.datagram[0].len);
	bytes[23]++;
	whole = (struct chunk){ bytes, d.datagram[0].len };
	assert_int_equal(rekey_hear(&p, whole), -EPROTO);
	rekey_datagrams_free(&d);
}

/* ---- IVs */

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 8);
}

static void no_iv_twice(void **state)
{
	static uint8_t ivs[2000][8];
	struct rekey_datagrams d;
	size_t i, n = 0;

	(void)state;
	begin(CONF_REKEY_IMPLICIT);
	while (n < 1800) {
		rekey_say(&p, (size_t)1500 * (p.ks.next_id % 7), SMALL, &d);
		for (i = 0; i < d.n; i++)
			memcpy(ivs[n++], d.datagram[i].data + (d.n > 1 ? HEAD_LEN + 4 : HEAD_LEN),
			       8);
		rekey_datagrams_free(&d);
	}
	qsort(ivs, n, sizeof(ivs[0]), compare);
	for (i = 1; i < n; i++)
		assert_memory_not_equal(ivs[i - 1], ivs[i], 8);
}

/* ---- members that are no friends */

/* Sealed by its keys, whatever is in it. */
static int forge(uint32_t id, const struct wire_sk *sk, struct chunk content)
{
	static uint64_t counter = 1ULL << 60;
	const struct sealer sealer = { &rekey_crypto, &p.gm.cipher, p.gm.keys.cipher, &counter };
	const struct wire_header header = {
		.spi_i = 0x1111111111111111, .spi_r = 0x1111111111111100 | p.gm.spi[15],
		.exchange = GSA_REKEY, .initiator = true, .message_id = id,
	};
	static uint8_t bytes[UINT16_MAX];
	size_t len;

	assert_int_equal(seal_payload(&sealer, &header, sk, content, bytes, sizeof(bytes), &len),
			 0);
	return rekey_hear(&p, (struct chunk){ bytes, len });
}

static void forged_fragments(void **state)
{
	static const uint8_t zeros[40000];
	const struct chunk some = { zeros, 100 }, much = { zeros, sizeof(zeros) };
	struct rekey_datagrams d;
	size_t i;

	(void)state;
	begin(CONF_REKEY_ED25519);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 1, 65, 0, { 0 } }, some),
			 -EPROTO);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 3, 2, 0, { 0 } }, some),
			 -EPROTO);
	assert_null(p.partial);
	/* more bytes than a message can have */
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 1, 3, 0, { 0 } }, much), 0);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 2, 3, 0, { 0 } }, much),
			 -EPROTO);
	/* none at all */
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 1, 3, 0, { 0 } },
			       (struct chunk){ zeros, 0 }), -EPROTO);
	/* in more fragments: these count from now on, and those in fewer do not */
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 1, 2, 0, { 0 } }, some), 0);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 2, 3, 0, { 0 } }, some), 0);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 2, 2, 0, { 0 } }, some), 0);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 1, 3, 0, { 0 } }, some), 0);
	assert_int_equal(forge(0, &(struct wire_sk){ PAYLOAD_V, 3, 3, 0, { 0 } }, some),
			 -EPROTO);
	/* none of GSA_REKEY's payloads */
	assert_int_equal(forge(0, &(struct wire_sk){ .first = PAYLOAD_Nonce }, some), -EPROTO);
	/* Messages of the key server's come through while others never end. */
	for (i = 0; i < 100; i++)
		assert_int_equal(forge(1000 + i, &(struct wire_sk){ PAYLOAD_V, 1, 64, 0, { 0 } },
				       some), 0);
	rekey_say(&p, BIG, SMALL, &d);
	for (i = 0; i + 1 < d.n; i++) {
		assert_int_equal(rekey_hear(&p, d.datagram[i]), 0);
		assert_int_equal(forge(1000, &(struct wire_sk){ PAYLOAD_V, i + 1, 64, 0, { 0 } },
				       some), 0);
		assert_int_equal(forge(1001, &(struct wire_sk){ PAYLOAD_V, i + 1, 64, 0, { 0 } },
				       some), 0);
	}
	rekey_expect(&p, d.datagram[i], 0, BIG);
	rekey_datagrams_free(&d);
}

static void other_messages(void **state)
{
	struct rekey_datagrams d;
	uint8_t bytes[1200];
	struct chunk whole;

	(void)state;
	begin(CONF_REKEY_ED25519);
	rekey_say(&p, 100, 1200, &d);
	memcpy(bytes, d.datagram[0].data, d.datagram[0].len);
	whole = (struct chunk){ bytes, d.datagram[0].len };
	bytes[18] = INFORMATIONAL;
	assert_int_equal(rekey_hear(&p, whole), -EPROTO);
	bytes[18] = GSA_REKEY;
	bytes[19] |= 0x20;	/* flag R */
	assert_int_equal(rekey_hear(&p, whole), -EPROTO);
	assert_string_equal(p.why.text, "GSA_REKEY has no response");
	bytes[19] &= ~0x20;
	bytes[17] = 0x30;	/* version 3 */
	assert_int_equal(rekey_hear(&p, whole), -EPROTO);
	bytes[17] = 0x20;
	assert_int_equal(rekey_hear(&p, whole), 1);
	rekey_datagrams_free(&d);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_teardown(name, end)
	const struct CMUnitTest tests[] = {
		TEST(round_trips),
		TEST(lengths),
		TEST(too_long),
		TEST(any_order),
		TEST(lost_and_doubled),
		TEST(mixed),
		TEST(overtaken),
		TEST(place_of_the_old),
		TEST(bounded),
		TEST(of_two),
		TEST(flipped),
		TEST(other_keys),
		TEST(other_signatures),
		TEST(other_hash),
		TEST(signature_moved),
		TEST(replayed),
		TEST(last_id),
		TEST(no_iv_twice),
		TEST(forged_fragments),
		TEST(other_messages),
	};
#undef TEST
	int failed;

	rekey_kit_begin();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rekey_kit_end();
	return failed;
}
