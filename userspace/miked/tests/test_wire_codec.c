// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The codec: what is written is parsed again, and some of it is known byte by byte.
 */
#include "wire/name.h"
#include "test.h"
#include "wire_samples.h"

static struct coded coded;
static struct wire_room room;

static void round_trip(void **state)
{
	struct wire_error error;
	struct wire_message m;
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		memset(&room, 0xaa, sizeof(room));
		assert_true(encode(&coded, &samples[i].m, is_clear(&samples[i])));
		if (!decode(&coded, &m, &room, &error))
			fail_msg("%s: %s (payload %u, offset %zu)", samples[i].name, error.reason,
				 error.payload, error.offset);
		if (!same_message(&samples[i].m, &m))
			fail_msg("%s: not the same", samples[i].name);
		assert_int_equal(m.n_skipped, 0);
	}
}

static void descriptions(void **state)
{
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		wire_describe(&samples[i].m, text, sizeof(text));
		assert_string_equal(text, samples[i].text);
	}
	wire_describe(&samples[0].m, text, 12);
	assert_string_equal(text, "IKE_SA_INIT");
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(wire_name(WIRE_EXCHANGE, 39), "GSA_AUTH");
	assert_string_equal(wire_name(WIRE_PAYLOAD, 53), "SKF");
	assert_string_equal(wire_name(WIRE_NOTIFY, 16429), "GROUP_SENDER");
	assert_string_equal(wire_name(WIRE_GROUP_SA_ATTR, 3), "GSA_NEXT_SPI");
	assert_null(wire_name(WIRE_PAYLOAD, 55));
	assert_string_equal(wire_transform_name(TRANSFORM_ENCR, 20), "ENCR_AES_GCM_16");
	assert_string_equal(wire_transform_name(TRANSFORM_ADDKE3, 36), "KE_ML_KEM_768");
	assert_string_equal(wire_transform_name(TRANSFORM_KWA, 3), "KW_5649_256");
	assert_string_equal(wire_transform_name(TRANSFORM_GCAUTH, 1), "GCAUTH_IMPLICIT");
	assert_null(wire_transform_name(99, 1));
	assert_int_equal(wire_encr_facts(ENCR_AES_GCM_16), WIRE_AEAD | WIRE_COUNTER);
	assert_int_equal(wire_encr_facts(ENCR_AES_CBC), 0);
	assert_int_equal(wire_encr_facts(1234), 0);
	assert_true(wire_integ_is_counter(AUTH_AES_256_GMAC));
	assert_false(wire_integ_is_counter(AUTH_HMAC_SHA2_256_128));
	assert_int_equal(wire_ke_length(KE_ECP_521), 132);
	assert_int_equal(wire_ke_length(4711), 0);
}

/* No registry was forgotten. */
static void registries(void **state)
{
	enum wire_registry registry;
	unsigned int number;
	size_t n;

	(void)state;
	for (registry = 0; registry < WIRE_REGISTRIES; registry++) {
		for (number = 0, n = 0; number <= UINT16_MAX; number++)
			n += wire_name(registry, number) != NULL;
		assert_true(n > 0);
	}
}

static void assert_bytes(const struct coded *written, const uint8_t *bytes, size_t len)
{
	assert_int_equal(written->len, len);
	assert_memory_equal(written->data, bytes, len);
}

/* RFC 7296 3.1, 3.3, 3.4, 3.9, 3.10: figures 4 to 10, 15, 16 */
static void known_sa_init(void **state)
{
	static const uint8_t bytes[] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,	/* header */
		0, 0, 0, 0, 0, 0, 0, 0,
		41, 0x20, 34, 0x08, 0, 0, 0, 0,
		0, 0, 0, 168,
		33, 0, 0, 10, 0, 0, 0x40, 0x06, 0xab, 0xcd,	/* N(COOKIE) */
		34, 0, 0, 48,					/* SA */
		0, 0, 0, 44, 1, 1, 0, 4,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
		3, 0, 0, 8, 2, 0, 0, 5,
		3, 0, 0, 8, 4, 0, 0, 31,
		0, 0, 0, 8, 13, 0, 0, 3,
		40, 0, 0, 40, 0, 31, 0, 0,			/* KE */
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		41, 0, 0, 20,					/* Nonce */
		16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1,
		43, 0, 0, 12, 0, 0, 0x40, 0x2f, 0, 2, 0, 5,	/* N(SIGNATURE_HASH_...) */
		0, 0, 0, 10, 'v', 'e', 'n', 'd', 'o', 'r',	/* V */
	};
	static const uint8_t public[] = {
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	};
	static const struct wire_ke share = { KE_CURVE25519, { public, sizeof(public) } };
	const struct wire_notify notifies[] = {
		{ .type = N_SIGNATURE_HASH_ALGORITHMS, .data = BYTES(0, 2, 0, 5) },
		{ .type = N_COOKIE, .data = BYTES(0xab, 0xcd) },
	};
	const struct chunk vendor[] = { TEXT("vendor") };
	struct wire_message m = {
		.header = INIT_REQUEST, .proposals = LIST(ike_answer), .ke = &share,
		.nonce = BYTES(16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1),
		.notifies = LIST(notifies), .vendors = LIST(vendor),
	};
	struct wire_error error;
	struct wire_message parsed;

	(void)state;
	assert_true(encode(&coded, &m, true));
	assert_bytes(&coded, bytes, sizeof(bytes));
	assert_true(decode(&coded, &parsed, &room, &error));
	assert_int_equal(parsed.notifies[0].type, N_COOKIE);
	assert_true(wire_notify_has_hash(wire_notify(&parsed, N_SIGNATURE_HASH_ALGORITHMS),
					 HASH_IDENTITY));
	assert_false(wire_notify_has_hash(wire_notify(&parsed, N_SIGNATURE_HASH_ALGORITHMS),
					  HASH_SHA2_512));
}

/* RFC 9838 4.2, 4.3, 4.7.4; RFC 7427 3, figure 2 */
static void known_gsa_auth_request(void **state)
{
	static const uint8_t bytes[] = {
		39, 0, 0, 12, 1, 0, 0, 0, 192, 0, 2, 1,		/* IDi */
		50, 0, 0, 18, 14, 0, 0, 0,			/* AUTH */
		7, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 0xaa, 0xbb,
		33, 0, 0, 12, 11, 0, 0, 0, 0, 0, 0, 7,		/* IDg */
		41, 0, 0, 32,					/* SAg */
		0, 0, 0, 28, 1, 3, 0, 2,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
		0, 0, 0, 8, 5, 0, 0, 2,
		0, 0, 0, 12, 0, 0, 0x40, 0x2d, 0, 0, 0, 2,	/* N(GROUP_SENDER) */
	};
	const struct wire_auth auth = {
		AUTH_METHOD_DIGITAL_SIGNATURE, ED25519_ID, BYTES(0xaa, 0xbb)
	};
	static const struct wire_proposal willing[] = {
		{ 1, PROTO_ESP, { NULL, 0 }, LIST(esp_gcm_senders) },
	};
	struct wire_message m = {
		.header = REQUEST(GSA_AUTH), .idi = &id_addr4, .idg = &id_group, .auth = &auth,
		.proposals = LIST(willing), .notifies = LIST(sender),
	};
	struct wire_error error;
	struct wire_message parsed;

	(void)state;
	assert_true(encode(&coded, &m, false));
	assert_bytes(&coded, bytes, sizeof(bytes));
	assert_int_equal(coded.inner.first, PAYLOAD_IDi);
	assert_int_equal(coded.inner.signature, 28);
	assert_true(decode(&coded, &parsed, &room, &error));
	assert_int_equal(wire_notify_u32(wire_notify(&parsed, N_GROUP_SENDER)), 2);
}

/* RFC 9838 figures 14 to 20 */
static void known_gsa_kd(void **state)
{
	static const uint8_t bytes[] = {
		52, 0, 0, 203,					/* GSA */
		6, 16, 0, 107,					/* figure 15: the Rekey SA */
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 0, 0, 0, 0, 0,
		7, 17, 0, 16, 3, 80, 3, 80, 192, 0, 2, 9, 192, 0, 2, 9,
		7, 17, 0, 16, 3, 80, 3, 80, 239, 9, 9, 9, 239, 9, 9, 9,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
		3, 0, 0, 19, 14, 0, 0, 2, 0, 18, 0, 7, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70,
		0, 0, 0, 8, 13, 0, 0, 3,
		0, 1, 0, 4, 0, 0, 0x0e, 0x10,			/* GSA_KEY_LIFETIME */
		0, 2, 0, 4, 0, 0, 0, 17,			/* GSA_INITIAL_MESSAGE_ID */
		3, 4, 0, 76,					/* figure 15: a data SA */
		0x10, 0, 0, 1,
		7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 255, 255, 255, 255,
		7, 17, 0, 16, 0, 0, 255, 255, 239, 1, 1, 1, 239, 1, 1, 1,
		3, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 1, 0,
		0, 0, 0, 8, 5, 0, 0, 2,
		0, 1, 0, 4, 0, 0, 0x02, 0x58,
		0, 3, 0, 4, 0x20, 0, 0, 1,			/* GSA_NEXT_SPI */
		0, 0, 0, 16,					/* figure 16 */
		0x80, 1, 0, 5, 0x80, 2, 0, 10, 0x80, 3, 0, 16,
		0, 0, 0, 117,					/* KD */
		6, 16, 0, 36,					/* figure 18 */
		0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 1, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, /* SA_KEY, figure 20 */
		3, 4, 0, 24,
		0x10, 0, 0, 1,
		0, 1, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 5, 6, 7, 8,
		0, 0, 0, 53,					/* figure 19 */
		0, 1, 0, 9, 0, 0, 0, 7, 0, 0, 0, 0, 9,		/* WRAP_KEY */
		0, 1, 0, 9, 0, 0, 0, 3, 0, 0, 0, 7, 8,
		0, 2, 0, 3, 0x30, 1, 0,				/* AUTH_KEY */
		0, 3, 0, 4, 0, 0, 0, 3,				/* GM_SENDER_ID */
		0, 3, 0, 4, 0, 0, 1, 0,
	};
	const struct chunk next[] = { BYTES(0x20, 0, 0, 1) };
	const struct wire_policy both[] = {
		{ .protocol = PROTO_GIKE_UPDATE, .spi = SPI_REKEY, .src = KS4, .dst = REKEY4,
		  .transforms = LIST(rekey_signed), .has_lifetime = true, .lifetime = 3600,
		  .has_initial_message_id = true, .initial_message_id = 17 },
		{ .protocol = PROTO_ESP, .spi = SPI_ESP, .src = ANY4, .dst = GROUP4(1),
		  .transforms = LIST(esp_gcm_senders), .has_lifetime = true, .lifetime = 600,
		  .next_spis = LIST(next) },
	};
	const struct wire_gsa policy = { LIST(both), &group_wide };
	const struct wire_key kek[] = { { 0, 0, BYTES(1, 2, 3, 4) } };
	const struct wire_key tek[] = { { 0, 0, BYTES(5, 6, 7, 8) } };
	const struct wire_key tree[] = { { 7, 0, BYTES(9) }, { 3, 7, BYTES(8) } };
	const struct wire_key_bag two[] = {
		{ PROTO_GIKE_UPDATE, SPI_REKEY, LIST(kek) }, { PROTO_ESP, SPI_ESP, LIST(tek) },
	};
	static const uint32_t ids[] = { 3, 256 };
	const struct wire_member_bag own = {
		LIST(tree), BYTES(0x30, 1, 0), LIST(ids),
	};
	const struct wire_kd keys = { LIST(two), &own };
	struct wire_message m = {
		.header = RESPONSE(GSA_REGISTRATION), .gsa = &policy, .kd = &keys,
	};
	struct wire_error error;
	struct wire_message parsed;

	(void)state;
	assert_true(encode(&coded, &m, false));
	assert_bytes(&coded, bytes, sizeof(bytes));
	assert_true(decode(&coded, &parsed, &room, &error));
	assert_true(same_message(&m, &parsed));
	assert_int_equal(wire_rekey_policy(parsed.gsa)->lifetime, 3600);
	assert_ptr_equal(wire_key_bag_of(parsed.kd, &parsed.gsa->policies[1]), &parsed.kd->bags[1]);
}

/* RFC 7296 figure 17; RFC 9838 2.4.3 and 4.6 */
static void known_deletes(void **state)
{
	static const uint8_t bytes[] = {
		42, 0, 0, 12, 3, 4, 0, 1, 0, 0, 0, 0,
		0, 0, 0, 24, 6, 16, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	struct wire_message m = {
		.header = { SPI_I, SPI_R, GSA_REKEY, false, true, 4 }, .deletes = LIST(delete_all),
	};

	(void)state;
	assert_true(encode(&coded, &m, false));
	assert_bytes(&coded, bytes, sizeof(bytes));
	assert_true(wire_delete_is_all(&delete_all[0]));
	assert_true(wire_delete_is_all(&delete_all[1]));
	assert_true(wire_delete_is_all(&delete_gsa[0]));
	assert_false(wire_delete_is_all(&delete_ike[0]));
	assert_false(wire_delete_is_all(&delete_children[0]));
	assert_memory_equal(wire_delete_spi(&delete_children[0], 1).data, bytes_132 + 4, 4);
}

/* RFC 7296 figures 19 and 20 */
static void known_selectors(void **state)
{
	static const uint8_t bytes[] = {
		0, 0, 0, 64, 2, 0, 0, 0,
		7, 6, 0, 16, 255, 255, 0, 0, 10, 0, 0, 1, 10, 0, 0, 1,
		8, 0, 0, 40, 0, 0, 255, 255,
		0xff, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		0xff, 14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	};
	static const struct wire_ts both[] = {
		{ .type = TS_IPV4_ADDR_RANGE, .protocol = 6, .start_port = 65535,
		  .start = { 10, 0, 0, 1 }, .end = { 10, 0, 0, 1 } },
		GROUP6,
	};
	struct wire_message m = {
		.header = REQUEST(CREATE_CHILD_SA), .proposals = LIST(esp_answer),
		.nonce = FILL(16), .tsi = LIST(both), .tsr = LIST(both),
	};
	size_t len = sizeof(bytes);

	(void)state;
	assert_true(encode(&coded, &m, false));
	assert_memory_equal(coded.data + coded.len - len, bytes, len);
}

/* What is passed over, and what may be in another order, is no error. */
static void liberal(void **state)
{
	static const uint8_t chain[] = {
		47, 0x7f, 0, 8, 0, 0, 0x40, 0x00,	/* N(INITIAL_CONTACT), RESERVED set */
		41, 0x00, 0, 6, 1, 2,			/* CP: passed over */
		42, 0x80, 0, 8, 99, 0, 0, 24,		/* N, critical bit, protocol ignored */
		0, 0xff, 0, 8, 1, 0, 0, 0,		/* D */
	};
	struct wire_error error;
	struct wire_message m;

	(void)state;
	coded = (struct coded){ .header = REQUEST(INFORMATIONAL), .inner.first = PAYLOAD_N,
				.len = sizeof(chain) };
	memcpy(coded.data, chain, sizeof(chain));
	assert_true(decode(&coded, &m, &room, &error));
	assert_int_equal(m.n_skipped, 1);
	assert_int_equal(m.n_notifies, 2);
	assert_int_equal(m.notifies[1].protocol, PROTO_NONE);
	assert_int_equal(m.n_deletes, 1);
	assert_ptr_equal(wire_notify_error(&m), &m.notifies[1]);
}

/* No room: nothing is written behind it, and it is said. */
static void no_room(void **state)
{
	struct wire_inner inner;
	struct writer w;
	size_t full;
	size_t size;
	size_t i;

	(void)state;
	for (i = 0; i < N_SAMPLES; i++) {
		assert_true(encode(&coded, &samples[i].m, is_clear(&samples[i])));
		full = coded.len;
		for (size = 0; size < full; size++) {
			uint8_t *data = malloc(size ? size : 1);

			w = writer_to(data, size);
			if (is_clear(&samples[i]))
				wire_write_clear(&w, &samples[i].m);
			else
				wire_write_inner(&w, &samples[i].m, &inner);
			assert_true(w.failed);
			free(data);
		}
	}
}

/* What does not fit into a length field is not written cut short. */
static void too_long(void **state)
{
	static uint8_t big[UINT16_MAX + 10];
	struct chunk vendor = { big, UINT16_MAX - 3 };
	struct wire_message m = { .header = REQUEST(INFORMATIONAL), .vendors = &vendor,
				  .n_vendors = 1 };
	struct wire_inner inner;
	struct writer w;
	static uint8_t data[UINT16_MAX + 100];

	(void)state;
	w = writer_to(data, sizeof(data));
	wire_write_inner(&w, &m, &inner);
	assert_true(w.failed);
	vendor.len = WIRE_MAX_INNER - WIRE_PAYLOAD_LEN;
	w = writer_to(data, sizeof(data));
	wire_write_inner(&w, &m, &inner);
	assert_false(w.failed);
	vendor.len++;
	w = writer_to(data, sizeof(data));
	wire_write_inner(&w, &m, &inner);
	assert_true(w.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(descriptions),
		cmocka_unit_test(names),
		cmocka_unit_test(registries),
		cmocka_unit_test(known_sa_init),
		cmocka_unit_test(known_gsa_auth_request),
		cmocka_unit_test(known_gsa_kd),
		cmocka_unit_test(known_deletes),
		cmocka_unit_test(known_selectors),
		cmocka_unit_test(liberal),
		cmocka_unit_test(no_room),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
