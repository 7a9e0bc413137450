// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GSA and KD, byte by byte: what the codec never writes, but is sent.
 */
#include "test.h"
#include "wire_samples.h"

static struct coded coded;
static struct wire_room room;
static struct wire_error error;

/* Bad bytes in the first policy or bag of a payload. */

#define ESP_TO_ATTRS	3, 4, 0, 0, 1, 2, 3, 4,				\
			7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,	\
			7, 0, 0, 16, 0, 0, 255, 255, 239, 0, 0, 1, 239, 0, 0, 1, \
			0, 0, 0, 8, 5, 0, 0, 0
#define REKEY_TO_ATTRS	6, 16, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
			7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,	\
			7, 0, 0, 16, 0, 0, 255, 255, 239, 0, 0, 1, 239, 0, 0, 1, \
			0, 0, 0, 8, 5, 0, 0, 0
#define ESP_TO_KEYS	3, 4, 0, 0, 1, 2, 3, 4
#define OWN		0, 0, 0, 0

/* The length of the substructure, bytes 2 and 3, is put in if it is zero. */
static const struct {
	uint8_t type;
	struct chunk body;
	const char *reason;
} raw[] = {
	{ PAYLOAD_GSA, { NULL, 0 }, "GSA without a policy of an SA" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0), "no room for a substructure" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 3), "no room for a substructure" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 9, 1, 2, 3, 4), "a substructure goes over the end" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 7, 1, 2, 3), "an SPI goes over the end" },
	{ PAYLOAD_GSA, BYTES(1, 8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
	  "a policy for a protocol that has none" },
	{ PAYLOAD_GSA, BYTES(7, 4, 0, 0, 1, 2, 3, 4), "a policy for a protocol that has none" },
	{ PAYLOAD_GSA, BYTES(3, 8, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), "SPI Size of a policy" },
	{ PAYLOAD_GSA, BYTES(6, 4, 0, 0, 1, 2, 3, 4), "SPI Size of a policy" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 0, 1, 2, 3, 4), "no room for a traffic selector" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 0, 1, 2, 3, 4, 10, 0, 0, 6, 1, 2), "TS Type of a policy" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 0, 1, 2, 3, 4,
			     7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,
			     9, 0, 0, 4), "TS Type of a policy" },
	{ PAYLOAD_GSA, BYTES(3, 4, 0, 0, 1, 2, 3, 4,
			     7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,
			     7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0),
	  "no room for a substructure" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0, 1, 0), "an attribute goes over the end" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0, 1, 0, 4, 0, 0, 0), "an attribute goes over the end" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0x80, 1, 0, 4),
	  "an attribute in TV format that has to be TLV" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0, 1, 0, 2, 0, 1), "length of an attribute" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0, 1, 0, 4, 0, 0, 0, 1, 0, 1, 0, 4, 0, 0, 0, 1),
	  "an attribute twice" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0, 2, 0, 4, 0, 0, 0, 1),
	  "GSA_INITIAL_MESSAGE_ID in a data SA's policy" },
	{ PAYLOAD_GSA, BYTES(ESP_TO_ATTRS, 0, 3, 0, 16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1,
			     0, 0, 0, 1), "length of an attribute" },
	{ PAYLOAD_GSA, BYTES(REKEY_TO_ATTRS, 0, 3, 0, 4, 0, 0, 0, 1), "length of an attribute" },
	{ PAYLOAD_GSA, BYTES(REKEY_TO_ATTRS, 0x80, 2, 0, 1),
	  "an attribute in TV format that has to be TLV" },
	{ PAYLOAD_GSA, BYTES(REKEY_TO_ATTRS, 0, 2, 0, 4, 0, 0, 0, 1, 0, 2, 0, 4, 0, 0, 0, 1),
	  "an attribute twice" },
	{ PAYLOAD_GSA, BYTES(0, 0, 0, 4, 0, 0, 0, 4), "two group-wide policies" },
	{ PAYLOAD_GSA, BYTES(OWN, 0, 1, 0, 2, 0, 5),
	  "an attribute in TLV format that has to be TV" },
	{ PAYLOAD_GSA, BYTES(OWN, 0x80, 2, 0, 2, 0x80, 2, 0, 2), "an attribute twice" },
	{ PAYLOAD_GSA, BYTES(OWN, 0x80, 3, 0), "an attribute goes over the end" },
	{ PAYLOAD_KD, BYTES(3, 4, 0), "no room for a substructure" },
	{ PAYLOAD_KD, BYTES(0, 0, 0, 3), "no room for a substructure" },
	{ PAYLOAD_KD, BYTES(0, 0, 0, 5), "a substructure goes over the end" },
	{ PAYLOAD_KD, BYTES(3, 4, 0, 7, 1, 2, 3), "an SPI goes over the end" },
	{ PAYLOAD_KD, BYTES(1, 0, 0, 0), "a key bag for a protocol that has none" },
	{ PAYLOAD_KD, BYTES(2, 16, 0, 0), "SPI Size of a key bag" },
	{ PAYLOAD_KD, BYTES(ESP_TO_KEYS, 0, 1, 0, 9, 0, 0), "an attribute goes over the end" },
	{ PAYLOAD_KD, BYTES(ESP_TO_KEYS, 0x80, 1, 0, 9), "a key in TV format" },
	{ PAYLOAD_KD, BYTES(ESP_TO_KEYS, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0),
	  "a key that is cut short" },
	{ PAYLOAD_KD, BYTES(ESP_TO_KEYS, 0, 9, 0, 0), "a key bag without SA_KEY" },
	{ PAYLOAD_KD, BYTES(0, 0, 0, 4, 0, 0, 0, 4), "two Member Key Bags" },
	{ PAYLOAD_KD, BYTES(OWN, 0, 1, 0), "an attribute goes over the end" },
	{ PAYLOAD_KD, BYTES(OWN, 0x80, 2, 0, 0), "AUTH_KEY: no TLV, or empty" },
	{ PAYLOAD_KD, BYTES(OWN, 0, 2, 0, 0), "AUTH_KEY: no TLV, or empty" },
	{ PAYLOAD_KD, BYTES(OWN, 0, 2, 0, 1, 1, 0, 2, 0, 1, 1), "an attribute twice" },
	{ PAYLOAD_KD, BYTES(OWN, 0x80, 3, 0, 1), "GM_SENDER_ID: no TLV of 1 to 8 bytes" },
	{ PAYLOAD_KD, BYTES(OWN, 0, 3, 0, 0), "GM_SENDER_ID: no TLV of 1 to 8 bytes" },
	{ PAYLOAD_KD, BYTES(OWN, 0, 3, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1),
	  "GM_SENDER_ID: no TLV of 1 to 8 bytes" },
	{ PAYLOAD_KD, BYTES(OWN, 0, 3, 0, 5, 1, 0, 0, 0, 0), "GM_SENDER_ID above 32 bits" },
};

static void put(uint8_t type, struct chunk body)
{
	struct writer w = writer_to(coded.data, sizeof(coded.data));

	write_u16(&w, 0);
	write_u16(&w, body.len + WIRE_PAYLOAD_LEN);
	write_chunk(&w, body);
	if (body.len >= 4 && !coded.data[6] && !coded.data[7])
		write_u16_at(&w, 6, body.len);
	coded.header = (struct wire_header){ SPI_I, SPI_R, GSA_REGISTRATION, true, false, 1 };
	coded.inner.first = type;
	coded.len = w.len;
	coded.clear = false;
}

static void raw_bytes(void **state)
{
	struct wire_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
		put(raw[i].type, raw[i].body);
		if (decode(&coded, &m, &room, &error))
			fail_msg("accepted, in spite of: %s", raw[i].reason);
		assert_string_equal(error.reason, raw[i].reason);
		assert_int_equal(error.payload, raw[i].type);
	}
}

/* Attributes that nobody knows yet are passed over; a Sender-ID has any length. */
static void unknown_attributes(void **state)
{
	static const uint8_t bytes[] = {
		52, 0, 0, 90,					/* GSA */
		3, 4, 0, 66, 0x10, 0, 0, 1,
		7, 0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0,
		7, 0, 0, 16, 0, 0, 255, 255, 239, 0, 0, 1, 239, 0, 0, 1,
		3, 0, 0, 8, 1, 0, 0, 20, 0, 0, 0, 8, 5, 0, 0, 0,
		0x80, 99, 1, 2, 0, 99, 0, 2, 0, 0,		/* two that are skipped */
		0, 77, 0, 20, 0xc0, 0, 1, 2, 0x40, 0, 0, 4, 1, 2, 3, 4, 0x80, 1, 0, 7,
		0, 0, 0, 64,					/* KD */
		0, 77, 0, 35, 0x80, 99, 1, 2,
		0, 3, 0, 1, 9, 0, 3, 0, 2, 1, 0,
		0, 3, 0, 8, 0, 0, 0, 0, 255, 255, 255, 255, 0, 99,
		0, 0,
		3, 4, 0, 25, 0x10, 0, 0, 1, 0x80, 99, 1, 2,
		0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 7,
	};
	struct wire_message m;

	(void)state;
	coded = (struct coded){ .len = sizeof(bytes), .inner.first = PAYLOAD_GSA,
				.header = RESPONSE(GSA_REGISTRATION) };
	memcpy(coded.data, bytes, sizeof(bytes));
	if (!decode(&coded, &m, &room, &error))
		fail_msg("%s at %zu", error.reason, error.offset);
	assert_int_equal(m.n_skipped, 7);
	assert_int_equal(m.gsa->group_wide->atd, 7);
	assert_int_equal(m.kd->member->n_sender_ids, 3);
	assert_int_equal(m.kd->member->sender_ids[0], 9);
	assert_int_equal(m.kd->member->sender_ids[1], 256);
	assert_int_equal(m.kd->member->sender_ids[2], UINT32_MAX);
	assert_int_equal(m.kd->bags[0].keys[0].wrapped.len, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(raw_bytes),
		cmocka_unit_test(unknown_attributes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
