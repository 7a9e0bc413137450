// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every rule of the codec but those on GSA and KD (test_wire_group.c), broken once:
 * the reason is the right one, and so is what the RFCs want sent in answer.
 */
#include "test.h"
#include "wire_samples.h"

static struct coded coded;
static struct wire_room room;
static struct wire_error error;

static void assert_refused(const char *reason, uint8_t payload, uint16_t notify)
{
	struct wire_message m;

	memset(&error, 0, sizeof(error));
	if (decode(&coded, &m, &room, &error))
		fail_msg("accepted, in spite of: %s", reason);
	assert_string_equal(error.reason, reason);
	assert_int_equal(error.payload, payload);
	assert_int_equal(error.notify, notify);
	assert_true(error.offset <= coded.len);
}

static uint16_t answer_to(const struct wire_header *h)
{
	return h->response || h->exchange == GSA_REKEY ? N_NONE : N_INVALID_SYNTAX;
}

/* The header: bytes of a good IKE_SA_INIT that are made bad. */

static const struct {
	const char *sample;
	unsigned int offset;
	unsigned int value;
	const char *reason;
	size_t notify;
} bad_headers[] = {
	{ "sa-init-request", 17, 0x30, "major version above 2", N_INVALID_MAJOR_VERSION },
	{ "sa-init-response", 17, 0x30, "major version above 2", N_NONE },
	{ "sa-init-request", 17, 0x10, "major version below 2", N_NONE },
	{ "sa-init-request", 27, 0xff, "Length is not that of the datagram", N_NONE },
	{ "sa-init-request", 19, 0x00, "IKE_SA_INIT: flags I and R do not fit together", N_NONE },
	{ "sa-init-request", 19, 0x28, "IKE_SA_INIT: flags I and R do not fit together", N_NONE },
	{ "sa-init-request", 23, 0x01, "IKE_SA_INIT: Message ID is not zero", N_NONE },
	{ "sa-init-request", 15, 0x01, "IKE_SA_INIT: request with a responder's SPI", N_NONE },
	{ "unprotected-error", 18, GSA_REKEY, "GSA_REKEY has no response", N_NONE },
};

static const struct wire_message *sample(const char *name)
{
	size_t i;

	for (i = 0; i < N_SAMPLES; i++)
		if (!strcmp(samples[i].name, name))
			return &samples[i].m;
	fail_msg("no sample %s", name);
	return NULL;
}

static void headers(void **state)
{
	struct wire_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_headers) / sizeof(bad_headers[0]); i++) {
		encode(&coded, sample(bad_headers[i].sample), true);
		coded.data[bad_headers[i].offset] = bad_headers[i].value;
		assert_refused(bad_headers[i].reason, PAYLOAD_NONE, bad_headers[i].notify);
	}

	/* bytes behind what Length counts */
	encode(&coded, sample("sa-init-request"), true);
	coded.len++;
	assert_refused("Length is not that of the datagram", PAYLOAD_NONE, N_NONE);

	/* what may have come by multicast */
	encode(&coded, sample("sa-init-request"), true);
	coded.data[17] = 0x30;
	coded.data[18] = GSA_REKEY;
	assert_refused("major version above 2", PAYLOAD_NONE, N_NONE);

	/* whom to answer is known */
	encode(&coded, sample("sa-init-request"), true);
	coded.data[17] = 0xf0;
	assert_false(decode(&coded, &m, &room, &error));
	assert_true(m.header.spi_i == SPI_I);
	assert_int_equal(m.header.exchange, IKE_SA_INIT);

	/* a minor version, the V flag and unknown flags are ignored */
	encode(&coded, sample("sa-init-request"), true);
	coded.data[17] |= 0x0f;
	coded.data[19] |= 0xd7;
	assert_true(decode(&coded, &m, &room, &error));
}

static void short_headers(void **state)
{
	(void)state;
	encode(&coded, sample("sa-init-request"), true);
	for (coded.len = 0; coded.len < WIRE_HEADER_LEN; coded.len++)
		assert_refused("shorter than an IKE header", PAYLOAD_NONE, N_NONE);
}

static void zero_spis(void **state)
{
	(void)state;
	encode(&coded, sample("unprotected-error"), true);
	memset(coded.data, 0, 8);
	assert_refused("initiator's SPI is zero", PAYLOAD_NONE, N_NONE);
	encode(&coded, sample("unprotected-error"), true);
	memset(coded.data + 8, 0, 8);
	assert_refused("responder's SPI is zero", PAYLOAD_NONE, N_NONE);
}

/* Chains of payloads, as they stand in an Encrypted payload of a request. */

static const struct {
	unsigned int exchange;
	unsigned int first;
	struct chunk chain;
	const char *reason;
	size_t payload;
} bad_chains[] = {
	{ INFORMATIONAL, PAYLOAD_N, BYTES(0, 0, 0), "no room for a payload header", PAYLOAD_N },
	{ INFORMATIONAL, PAYLOAD_N, BYTES(0, 0, 0, 3), "Payload Length is below 4", PAYLOAD_N },
	{ INFORMATIONAL, PAYLOAD_N, BYTES(0, 0, 0, 9, 0, 0, 0x40, 0),
	  "Payload Length goes over the end", PAYLOAD_N },
	{ INFORMATIONAL, PAYLOAD_N, BYTES(42, 0, 0, 8, 0, 0, 0x40, 0),
	  "no room for a payload header", PAYLOAD_D },
	{ INFORMATIONAL, PAYLOAD_NONE, BYTES(0), "bytes behind the last payload", PAYLOAD_NONE },
	{ INFORMATIONAL, PAYLOAD_N, BYTES(0, 0, 0, 8, 0, 0, 0x40, 0, 0),
	  "bytes behind the last payload", PAYLOAD_N },
	{ INFORMATIONAL, PAYLOAD_Nonce, BYTES(0, 0, 0, 8, 0, 0, 0, 0),
	  "a payload that has no place in this message", PAYLOAD_Nonce },
	{ INFORMATIONAL, PAYLOAD_SK, BYTES(0, 0, 0, 4),
	  "a payload that has no place in this message", PAYLOAD_SK },
	{ INFORMATIONAL, PAYLOAD_SKF, BYTES(0, 0, 0, 8, 0, 1, 0, 1),
	  "a payload that has no place in this message", PAYLOAD_SKF },
	{ GSA_REGISTRATION, PAYLOAD_IDg, BYTES(50, 0, 0, 9, 11, 0, 0, 0, 1,
					       0, 0, 0, 9, 11, 0, 0, 0, 1),
	  "more such payloads than there may be", PAYLOAD_IDg },
	{ GSA_REGISTRATION, PAYLOAD_N, BYTES(0, 0, 0, 8, 0, 0, 0x40, 0),
	  "a payload is missing", PAYLOAD_IDg },
	{ IKE_SA_INIT, PAYLOAD_N, BYTES(0, 0, 0, 8, 0, 0, 0x40, 0),
	  "no such exchange has an Encrypted payload", PAYLOAD_NONE },
	{ IKE_FOLLOWUP_KE, PAYLOAD_N, BYTES(0, 0, 0, 8, 0, 0, 0x40, 0),
	  "no such exchange has an Encrypted payload", PAYLOAD_NONE },
};

static void put(uint8_t exchange, bool response, uint8_t first, const uint8_t *data, size_t len)
{
	coded = (struct coded){ .header = { SPI_I, SPI_R, exchange, response, !response, 1 },
				.inner.first = first, .len = len };
	memcpy(coded.data, data, len);
}

static void chains(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_chains) / sizeof(bad_chains[0]); i++) {
		put(bad_chains[i].exchange, false, bad_chains[i].first, bad_chains[i].chain.data,
		    bad_chains[i].chain.len);
		assert_refused(bad_chains[i].reason, bad_chains[i].payload, N_INVALID_SYNTAX);
	}
}

/* Unknown payloads: passed over, or answered if they are critical. RFC 7296 2.5 */
static void critical(void **state)
{
	static const uint8_t unknown[] = { 0, 0x80, 0, 5, 1 };
	static const char reason[] = "unknown payload with the critical bit";
	static const uint8_t types[] = { 1, 32, PAYLOAD_CP, PAYLOAD_EAP, PAYLOAD_GSPM, PAYLOAD_PS,
					 255 };
	struct wire_message m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(types); i++) {
		put(INFORMATIONAL, false, types[i], unknown, sizeof(unknown));
		assert_refused(reason, types[i], N_UNSUPPORTED_CRITICAL_PAYLOAD);
		coded.data[1] = 0x7f;
		assert_true(decode(&coded, &m, &room, &error));
		assert_int_equal(m.n_skipped, 1);
	}
	put(INFORMATIONAL, true, PAYLOAD_CP, unknown, sizeof(unknown));
	assert_refused(reason, PAYLOAD_CP, N_NONE);
	put(GSA_REKEY, false, PAYLOAD_CP, unknown, sizeof(unknown));
	assert_refused(reason, PAYLOAD_CP, N_NONE);

	/* in the clear: an answer to IKE_SA_INIT alone */
	encode(&coded, sample("sa-init-request"), true);
	coded.data[16] = 200;
	coded.data[29] = 0x80;
	assert_refused(reason, 200, N_UNSUPPORTED_CRITICAL_PAYLOAD);
	encode(&coded, sample("unprotected-error"), true);
	coded.data[16] = 200;
	coded.data[19] = 0x08;
	coded.data[29] = 0x80;
	assert_refused(reason, 200, N_NONE);
}

/* One payload, alone: its body is bad whatever else there may be. */

#define ADDR4		0, 0, 0, 0, 255, 255, 255, 255
#define TS4(...)	1, 0, 0, 0, 7, __VA_ARGS__

static const uint8_t bytes_257[257];

static const struct bad_body {
	uint8_t exchange;
	bool response;
	uint8_t type;
	struct chunk body;
	const char *reason;
} bad_bodies[] = {
	{ IKE_INTERMEDIATE, false, PAYLOAD_KE, BYTES(0, 31, 0), "KE without a public value" },
	{ IKE_INTERMEDIATE, false, PAYLOAD_KE, BYTES(0, 31, 0, 0), "KE without a public value" },
	{ IKE_INTERMEDIATE, false, PAYLOAD_KE, BYTES(0, 31, 0, 0, 1),
	  "KE: length of the public value" },
	{ CREATE_CHILD_SA, false, PAYLOAD_Nonce, FILL(15), "length of the nonce" },
	{ CREATE_CHILD_SA, false, PAYLOAD_Nonce, { bytes_257, 257 }, "length of the nonce" },
	{ CREATE_CHILD_SA, false, PAYLOAD_Nonce, { NULL, 0 }, "length of the nonce" },
	{ IKE_AUTH, false, PAYLOAD_IDi, BYTES(2, 0, 0), "no room for an identity" },
	{ IKE_AUTH, false, PAYLOAD_IDi, BYTES(2, 0, 0, 0),
	  "an identity unfit for its ID Type" },
	{ IKE_AUTH, false, PAYLOAD_IDi, BYTES(2, 0, 0, 0, 'a', 0, 'b'),
	  "an identity unfit for its ID Type" },
	{ IKE_AUTH, false, PAYLOAD_IDr, BYTES(3, 0, 0, 0, 'a', '\n'),
	  "an identity unfit for its ID Type" },
	{ GSA_AUTH, false, PAYLOAD_IDg, BYTES(1, 0, 0, 0, 1, 2, 3),
	  "an identity unfit for its ID Type" },
	{ GSA_AUTH, false, PAYLOAD_IDg, BYTES(5, 0, 0, 0, 1, 2, 3, 4),
	  "an identity unfit for its ID Type" },
	{ GSA_AUTH, false, PAYLOAD_IDg, BYTES(11, 0, 0, 0), "an identity unfit for its ID Type" },
	{ IKE_AUTH, true, PAYLOAD_CERT, BYTES(4), "an empty certificate" },
	{ IKE_AUTH, false, PAYLOAD_CERT, { NULL, 0 }, "an empty certificate" },
	{ IKE_AUTH, false, PAYLOAD_CERTREQ, { NULL, 0 }, "no room for a certificate request" },
	{ IKE_AUTH, false, PAYLOAD_CERTREQ, BYTES(4, 1, 2, 3),
	  "CERTREQ: hashes of 20 bytes are expected" },
	{ IKE_AUTH, false, PAYLOAD_AUTH, BYTES(2, 0, 0, 0), "AUTH without data" },
	{ IKE_AUTH, false, PAYLOAD_AUTH, BYTES(14, 0, 0, 0, 3, 1, 2),
	  "AUTH: no algorithm, or no signature" },
	{ IKE_AUTH, false, PAYLOAD_AUTH, BYTES(14, 0, 0, 0, 2, 1, 2),
	  "AUTH: no algorithm, or no signature" },
	{ IKE_AUTH, false, PAYLOAD_AUTH, BYTES(14, 0, 0, 0, 0, 1),
	  "AUTH: no algorithm, or no signature" },
	{ INFORMATIONAL, false, PAYLOAD_N, BYTES(0, 0, 0), "a notification goes over the end" },
	{ INFORMATIONAL, false, PAYLOAD_N, BYTES(3, 4, 0, 11, 1, 2, 3),
	  "a notification goes over the end" },
	{ GSA_AUTH, false, PAYLOAD_N, BYTES(3, 4, 0x40, 0x2d, 0, 0, 0, 1, 0, 0, 0, 2),
	  "SPI Size of a notification" },
	{ CREATE_CHILD_SA, false, PAYLOAD_N, BYTES(0, 0, 0x40, 0x09),
	  "SPI Size of a notification" },
	{ GSA_AUTH, false, PAYLOAD_N, BYTES(0, 0, 0x40, 0x2d, 0, 0, 2),
	  "length of a notification" },
	{ GSA_AUTH, false, PAYLOAD_N, BYTES(0, 0, 0x40, 0x2d, 0, 0, 0, 2, 0),
	  "length of a notification" },
	{ IKE_AUTH, false, PAYLOAD_N, BYTES(0, 0, 0x40, 0x2f, 0, 2, 0),
	  "length of a notification" },
	{ GSA_AUTH, false, PAYLOAD_N, BYTES(0, 0, 0x40, 0x34, 1), "length of a notification" },
	{ INFORMATIONAL, true, PAYLOAD_N, BYTES(0, 0, 0, 1), "length of a notification" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(3, 4, 0),
	  "D: number, size and length of SPIs do not fit together" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(3, 4, 0, 2, 1, 2, 3, 4),
	  "D: number, size and length of SPIs do not fit together" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(3, 4, 0, 1, 1, 2, 3, 4, 5),
	  "D: number, size and length of SPIs do not fit together" },
	{ GSA_REKEY, false, PAYLOAD_D, BYTES(3, 0, 0, 1),
	  "D: number, size and length of SPIs do not fit together" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(0, 0, 0, 0), "D: protocol or SPI Size" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(1, 4, 0, 1, 1, 2, 3, 4),
	  "D: protocol or SPI Size" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(3, 0, 0, 0), "D: protocol or SPI Size" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(6, 0, 0, 0), "D: protocol or SPI Size" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(4, 0, 0, 0), "D: protocol or SPI Size" },
	{ INFORMATIONAL, false, PAYLOAD_D, BYTES(3, 2, 0, 2, 1, 2, 3, 4),
	  "D: protocol or SPI Size" },
	{ GSA_REKEY, false, PAYLOAD_D, BYTES(1, 0, 0, 0), "D: protocol or SPI Size" },
	{ GSA_INBAND_REKEY, false, PAYLOAD_D, BYTES(6, 4, 0, 1, 0, 0, 0, 0),
	  "D: protocol or SPI Size" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(0, 0, 0, 0), "no traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(1, 0, 0), "no traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(65, 0, 0, 0), "too many traffic selectors" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(TS4(0, 0)),
	  "no room for a traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(TS4(0, 0, 3)),
	  "no room for a traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(TS4(0, 0, 16, 0, 0, 255, 255, 0, 0, 0, 0)),
	  "a traffic selector goes over the end" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSi, BYTES(TS4(0, 0, 12, 0, 0, 255, 255, 0, 0, 0, 0)),
	  "Selector Length" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSr, BYTES(TS4(0, 0, 17, 0, 0, 255, 255, ADDR4, 0)),
	  "Selector Length" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSr, BYTES(TS4(0, 0, 16, 0, 1, 255, 255, ADDR4)),
	  "ports of a traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSr, BYTES(TS4(0, 0, 16, 255, 255, 0, 0, ADDR4)),
	  "ports of a traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSr, BYTES(TS4(17, 0, 16, 0, 2, 0, 1, ADDR4)),
	  "ports of a traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSr,
	  BYTES(TS4(0, 0, 16, 0, 0, 255, 255, 10, 0, 0, 2, 10, 0, 0, 1)),
	  "addresses of a traffic selector" },
	{ CREATE_CHILD_SA, false, PAYLOAD_TSr, BYTES(TS4(0, 0, 16, 0, 0, 255, 255, ADDR4, 7)),
	  "Number of TSs is not their number" },

	/* SA: proposals */
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, { NULL, 0 }, "no room for a substructure" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 8, 1, 3, 4),
	  "a substructure goes over the end" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 7, 1, 3, 4, 0),
	  "length of a substructure" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(3, 0, 0, 8, 1, 3, 4, 0), "Last Substruc" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 8, 2, 3, 4, 0), "Proposal Num" },
	{ CREATE_CHILD_SA, true, PAYLOAD_SA, BYTES(0, 0, 0, 8, 0, 3, 4, 0), "Proposal Num" },
	{ GSA_AUTH, false, PAYLOAD_SA, BYTES(0, 0, 0, 8, 0, 3, 0, 0), "Proposal Num" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 8, 1, 3, 8, 0),
	  "SPI Size of a proposal" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 8, 1, 1, 0, 0),
	  "SPI Size of a proposal" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 11, 1, 3, 4, 0, 1, 2, 3),
	  "an SPI goes over the end" },
	{ GSA_AUTH, false, PAYLOAD_SA, BYTES(0, 0, 0, 8, 1, 6, 9, 0),
	  "an SPI goes over the end" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA, BYTES(0, 0, 0, 12, 1, 3, 4, 0, 1, 2, 3, 4),
	  "no room for a substructure" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 20, 1, 3, 4, 2, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0),
	  "Num Transforms is not their number" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 21, 1, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0, 9),
	  "bytes behind the last transform" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 20, 1, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0, 9),
	  "bytes behind the last proposal" },
	{ CREATE_CHILD_SA, false, PAYLOAD_SA,
	  BYTES(2, 0, 0, 20, 1, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0),
	  "no room for a substructure" },
	{ CREATE_CHILD_SA, true, PAYLOAD_SA,
	  BYTES(2, 0, 0, 20, 1, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0,
		0, 0, 0, 20, 2, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0),
	  "an answer with more than one proposal" },
	{ CREATE_CHILD_SA, true, PAYLOAD_SA,
	  BYTES(0, 0, 0, 28, 1, 3, 4, 2, 1, 2, 3, 4, 3, 0, 0, 8, 5, 0, 0, 0,
		0, 0, 0, 8, 5, 0, 0, 1),
	  "an answer with two transforms of one type" },

	/* SA: transforms and attributes, in an SAg as it has no SPI */
	{ GSA_AUTH, false, PAYLOAD_SA, BYTES(0, 0, 0, 15, 1, 3, 0, 1, 0, 0, 0, 7, 5, 0, 0),
	  "length of a substructure" },
	{ GSA_AUTH, false, PAYLOAD_SA, BYTES(0, 0, 0, 16, 1, 3, 0, 1, 0, 0, 0, 9, 5, 0, 0, 0),
	  "a substructure goes over the end" },
	{ GSA_AUTH, false, PAYLOAD_SA, BYTES(0, 0, 0, 16, 1, 3, 0, 1, 2, 0, 0, 8, 5, 0, 0, 0),
	  "Last Substruc" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 19, 1, 3, 0, 1, 0, 0, 0, 11, 1, 0, 0, 20, 0x80, 14, 1),
	  "an attribute goes over the end" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 21, 1, 3, 0, 1, 0, 0, 0, 13, 1, 0, 0, 20, 0, 99, 0, 2, 0),
	  "an attribute goes over the end" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 22, 1, 3, 0, 1, 0, 0, 0, 14, 1, 0, 0, 20, 0, 14, 0, 2, 1, 0),
	  "Key Length has to be in TV format" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 20, 1, 3, 0, 1, 0, 0, 0, 12, 1, 0, 0, 20, 0x80, 14, 0, 0),
	  "Key Length is zero" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 24, 1, 3, 0, 1, 0, 0, 0, 16, 1, 0, 0, 20, 0x80, 14, 1, 0, 0x80, 14, 1, 0),
	  "an attribute twice" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 20, 1, 6, 0, 1, 0, 0, 0, 12, 14, 0, 0, 2, 0x80, 18, 1, 0),
	  "Signature Algorithm Identifier: no TLV, or empty" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 20, 1, 6, 0, 1, 0, 0, 0, 12, 14, 0, 0, 2, 0, 18, 0, 0),
	  "Signature Algorithm Identifier: no TLV, or empty" },
	{ GSA_AUTH, false, PAYLOAD_SA,
	  BYTES(0, 0, 0, 26, 1, 6, 0, 1, 0, 0, 0, 18, 14, 0, 0, 2, 0, 18, 0, 1, 1, 0, 18, 0, 1, 1),
	  "an attribute twice" },
};

static void bodies(void **state)
{
	const struct bad_body *bad;
	uint8_t chain[300];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_bodies) / sizeof(bad_bodies[0]); i++) {
		struct writer w = writer_to(chain, sizeof(chain));

		bad = &bad_bodies[i];
		write_u16(&w, 0);
		write_u16(&w, bad->body.len + WIRE_PAYLOAD_LEN);
		write_chunk(&w, bad->body);
		put(bad->exchange, bad->response, bad->type, chain, w.len);
		assert_refused(bad->reason, bad->type, answer_to(&coded.header));
	}
}

/* SAg is not held to what an SA is: RFC 9838 2.3.3. And what is only odd is accepted. */
static void allowed(void **state)
{
	static const uint8_t sag_with_spi[] = {
		33, 0, 0, 9, 11, 0, 0, 0, 7,
		0, 0, 0, 48,
		2, 0, 0, 20, 5, 3, 4, 1, 1, 2, 3, 4, 0, 0, 0, 8, 5, 0, 0, 0,
		0, 0, 0, 24, 5, 6, 0, 2, 3, 0, 0, 8, 5, 0, 0, 0, 0, 0, 0, 8, 200, 0, 0, 0,
	};
	static const uint8_t deletes[] = {
		42, 0, 0, 8, 6, 0, 0, 0, 42, 0, 0, 8, 3, 0, 0, 0,
		0, 0, 0, 16, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1,
	};
	static const uint8_t errors[] = {
		41, 0, 0, 10, 0, 0, 0, 45, 1, 2,
		41, 0, 0, 10, 0, 0, 0, 46, 1, 2,
		0, 0, 0, 10, 0, 0, 0, 49, 1, 2,
	};
	struct wire_message m;

	(void)state;
	put(GSA_REGISTRATION, true, PAYLOAD_N, errors, sizeof(errors));
	assert_true(decode(&coded, &m, &room, &error));
	assert_int_equal(m.n_notifies, 3);
	put(GSA_REGISTRATION, false, PAYLOAD_IDg, sag_with_spi, sizeof(sag_with_spi));
	assert_true(decode(&coded, &m, &room, &error));
	assert_int_equal(m.n_proposals, 2);
	assert_int_equal(m.proposals[0].spi.len, 0);
	put(GSA_INBAND_REKEY, false, PAYLOAD_D, deletes, sizeof(deletes));
	assert_true(decode(&coded, &m, &room, &error));
	assert_int_equal(m.n_deletes, 3);
	assert_true(wire_delete_is_all(&m.deletes[0]));
	assert_true(wire_delete_is_all(&m.deletes[1]));
	assert_true(wire_delete_is_all(&m.deletes[2]));
}

/* Messages whose payloads do not fit together. */

static const struct wire_notify cookies[] = {
	{ .type = N_COOKIE, .data = FILL(9) }, { .type = N_COOKIE, .data = FILL(8) },
};

static const struct wire_notify senders[] = {
	{ .type = N_GROUP_SENDER, .data = FILL(4) }, { .type = N_GROUP_SENDER, .data = FILL(4) },
};

static const struct wire_notify long_cookie[] = { { .type = N_COOKIE, .data = FILL(65) } };

static const struct {
	struct wire_message m;
	const char *reason;
	uint8_t payload;
} bad_messages[] = {
	{ { .header = INIT_REQUEST, .ke = &ke, .nonce = FILL(16) },
	  "a payload is missing", PAYLOAD_SA },
	{ { .header = INIT_REQUEST, .proposals = LIST(ike_offer), .nonce = FILL(16) },
	  "a payload is missing", PAYLOAD_KE },
	{ { .header = INIT_REQUEST, .proposals = LIST(ike_offer), .ke = &ke },
	  "a payload is missing", PAYLOAD_Nonce },
	{ { .header = INIT_REQUEST, .proposals = LIST(ike_rekey_offer), .ke = &ke,
	    .nonce = FILL(16) }, "SPI Size of a proposal", PAYLOAD_SA },
	{ { .header = INIT_REQUEST, .proposals = LIST(ike_offer), .ke = &ke, .nonce = FILL(16),
	    .notifies = LIST(cookies) }, "a notification twice", PAYLOAD_N },
	{ { .header = INIT_REQUEST, .proposals = LIST(ike_offer), .ke = &ke, .nonce = FILL(16),
	    .notifies = LIST(long_cookie) }, "length of a notification", PAYLOAD_N },
	{ { .header = INIT_RESPONSE, .proposals = LIST(ike_answer), .ke = &ke },
	  "neither SA, KE and Nonce nor a notification", PAYLOAD_NONE },
	{ { .header = { SPI_I, 0, IKE_SA_INIT, true, false, 0 }, .proposals = LIST(ike_answer),
	    .ke = &ke, .nonce = FILL(16) }, "an IKE SA without a responder's SPI", PAYLOAD_NONE },
	{ { .header = INIT_RESPONSE },
	  "neither SA, KE and Nonce nor a notification", PAYLOAD_NONE },
	{ { .header = REQUEST(IKE_AUTH), .auth = &auth_psk },
	  "a payload is missing", PAYLOAD_IDi },
	{ { .header = REQUEST(IKE_AUTH), .idi = &id_fqdn, .proposals = LIST(esp_offer) },
	  "only some of SA, TSi and TSr", PAYLOAD_NONE },
	{ { .header = REQUEST(IKE_AUTH), .idi = &id_fqdn, .tsr = LIST(tsr) },
	  "only one of TSi and TSr", PAYLOAD_NONE },
	{ { .header = RESPONSE(IKE_AUTH), .auth = &auth_psk, .notifies = LIST(failed) },
	  "only one of IDr and AUTH", PAYLOAD_NONE },
	{ { .header = RESPONSE(IKE_AUTH) }, "neither AUTH nor a notification", PAYLOAD_NONE },
	{ { .header = RESPONSE(IKE_AUTH), .certs = LIST(certs), .notifies = LIST(failed) },
	  "neither AUTH nor a notification", PAYLOAD_NONE },
	{ { .header = RESPONSE(IKE_AUTH), .notifies = LIST(failed),
	    .proposals = LIST(esp_answer), .tsi = LIST(tsi), .tsr = LIST(tsr) },
	  "SA without AUTH", PAYLOAD_NONE },
	{ { .header = REQUEST(CREATE_CHILD_SA), .nonce = FILL(16), .ke = &ke },
	  "a payload is missing", PAYLOAD_SA },
	{ { .header = REQUEST(CREATE_CHILD_SA), .proposals = LIST(ike_rekey_offer),
	    .nonce = FILL(16) }, "an IKE SA is rekeyed without KE", PAYLOAD_NONE },
	{ { .header = REQUEST(CREATE_CHILD_SA), .proposals = LIST(esp_offer),
	    .nonce = FILL(16), .tsi = LIST(tsi) }, "only one of TSi and TSr", PAYLOAD_NONE },
	{ { .header = RESPONSE(CREATE_CHILD_SA), .nonce = FILL(16) },
	  "only one of SA and Nonce", PAYLOAD_NONE },
	{ { .header = RESPONSE(CREATE_CHILD_SA) },
	  "neither SA and Nonce nor a notification", PAYLOAD_NONE },
	{ { .header = RESPONSE(CREATE_CHILD_SA), .ke = &ke, .notifies = LIST(no_child) },
	  "neither SA and Nonce nor a notification", PAYLOAD_NONE },
	{ { .header = RESPONSE(CREATE_CHILD_SA), .tsi = LIST(tsi), .notifies = LIST(no_child) },
	  "neither SA and Nonce nor a notification", PAYLOAD_NONE },
	{ { .header = RESPONSE(CREATE_CHILD_SA), .tsr = LIST(tsr), .notifies = LIST(no_child) },
	  "neither SA and Nonce nor a notification", PAYLOAD_NONE },
	{ { .header = REQUEST(GSA_AUTH), .idi = &id_fqdn, .auth = &auth_psk },
	  "a payload is missing", PAYLOAD_IDg },
	{ { .header = REQUEST(GSA_AUTH), .idi = &id_fqdn, .idg = &id_group,
	    .notifies = LIST(senders) }, "a notification twice", PAYLOAD_N },
	{ { .header = RESPONSE(GSA_AUTH), .idr = &id_fqdn, .auth = &auth_psk },
	  "neither GSA nor a notification", PAYLOAD_NONE },
	{ { .header = RESPONSE(GSA_AUTH), .notifies = LIST(failed), .gsa = &gsa, .kd = &kd },
	  "GSA without AUTH", PAYLOAD_NONE },
	{ { .header = RESPONSE(GSA_AUTH), .idr = &id_fqdn, .auth = &auth_psk, .gsa = &gsa },
	  "only one of GSA and KD", PAYLOAD_NONE },
	{ { .header = RESPONSE(GSA_REGISTRATION), .kd = &kd },
	  "only one of GSA and KD", PAYLOAD_NONE },
	{ { .header = REQUEST(GSA_REKEY), .kd = &kd_again },
	  "only one of GSA and KD", PAYLOAD_NONE },
	{ { .header = REQUEST(GSA_REKEY), .auth = &auth_signature },
	  "neither GSA nor D", PAYLOAD_NONE },
	{ { .header = REQUEST(GSA_INBAND_REKEY), .gsa = &gsa_inband },
	  "only one of GSA and KD", PAYLOAD_NONE },
};

static void messages(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_messages) / sizeof(bad_messages[0]); i++) {
		const struct wire_message *m = &bad_messages[i].m;
		bool clear = m->header.exchange == IKE_SA_INIT;

		assert_true(encode(&coded, m, clear));
		assert_refused(bad_messages[i].reason, bad_messages[i].payload,
			       clear ? N_NONE : answer_to(&m->header));
	}
}

/* Outside of the Encrypted payload: RFC 7296 3.14, RFC 7383 2.5, 2.6 */

static const struct {
	unsigned int exchange;
	unsigned int first;
	struct chunk chain;
	const char *reason;
	size_t payload;
} bad_outsides[] = {
	{ INFORMATIONAL, PAYLOAD_NONE, { NULL, 0 }, "no Encrypted payload", PAYLOAD_NONE },
	{ INFORMATIONAL, PAYLOAD_V, BYTES(0, 0, 0, 4), "no Encrypted payload", PAYLOAD_NONE },
	{ GSA_REKEY, PAYLOAD_N, BYTES(0, 0, 0, 8, 0, 0, 0, 7), "no Encrypted payload",
	  PAYLOAD_NONE },
	{ INFORMATIONAL, PAYLOAD_N, BYTES(46, 0, 0, 8, 0, 0, 0, 7, 42, 0, 0, 5, 1),
	  "a notification beside an Encrypted payload", PAYLOAD_NONE },
	{ INFORMATIONAL, PAYLOAD_D, BYTES(46, 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 5, 1),
	  "a payload that has no place in this message", PAYLOAD_D },
	{ INFORMATIONAL, PAYLOAD_SK, BYTES(41, 0, 0, 5, 1, 2), "bytes behind the last payload",
	  PAYLOAD_SK },
	{ IKE_AUTH, PAYLOAD_SKF, BYTES(35, 0, 0, 7, 0, 1, 0),
	  "no room for the numbers of a fragment", PAYLOAD_SKF },
	{ IKE_AUTH, PAYLOAD_SKF, BYTES(35, 0, 0, 9, 0, 0, 0, 1, 9), "Fragment Number",
	  PAYLOAD_SKF },
	{ IKE_AUTH, PAYLOAD_SKF, BYTES(35, 0, 0, 9, 0, 1, 0, 0, 9), "Fragment Number",
	  PAYLOAD_SKF },
	{ IKE_AUTH, PAYLOAD_SKF, BYTES(0, 0, 0, 9, 0, 3, 0, 2, 9), "Fragment Number",
	  PAYLOAD_SKF },
	{ IKE_AUTH, PAYLOAD_SKF, BYTES(35, 0, 0, 9, 0, 2, 0, 2, 9),
	  "Next Payload of a fragment that is not the first", PAYLOAD_SKF },
	{ IKE_SA_INIT, PAYLOAD_SK, BYTES(33, 0, 0, 5, 1),
	  "a payload that has no place in this message", PAYLOAD_SK },
};

static void put_clear(uint8_t exchange, uint8_t first, struct chunk chain)
{
	static const uint8_t head[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct writer w = writer_to(coded.data, sizeof(coded.data));

	write_chunk(&w, CHUNK(head));
	if (exchange == IKE_SA_INIT)
		write_u64(&w, 0);
	else
		write_chunk(&w, CHUNK(head));
	write_u8(&w, first);
	write_u8(&w, 0x20);
	write_u8(&w, exchange);
	write_u8(&w, 0x08);
	write_u32(&w, exchange == IKE_SA_INIT ? 0 : 1);
	write_u32(&w, WIRE_HEADER_LEN + chain.len);
	write_chunk(&w, chain);
	coded.len = w.len;
	coded.clear = true;
}

static void outsides(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad_outsides) / sizeof(bad_outsides[0]); i++) {
		put_clear(bad_outsides[i].exchange, bad_outsides[i].first,
			  bad_outsides[i].chain);
		assert_refused(bad_outsides[i].reason, bad_outsides[i].payload, N_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers),
		cmocka_unit_test(short_headers),
		cmocka_unit_test(zero_spis),
		cmocka_unit_test(chains),
		cmocka_unit_test(critical),
		cmocka_unit_test(bodies),
		cmocka_unit_test(allowed),
		cmocka_unit_test(messages),
		cmocka_unit_test(outsides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
