// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Encrypted payload: room for a cipher, fragments, and what is authenticated
 * before encryption and fragmentation.
 */
#include "test.h"
#include "wire_samples.h"

static const struct wire_cipher gcm = { .iv = 8, .block = 1, .icv = 16 };
static const struct wire_cipher cbc = { .iv = 16, .block = 16, .icv = 12 };
static const struct wire_header rekey_header = { SPI_I, SPI_R, GSA_REKEY, false, true, 18 };

static uint8_t bytes[2][UINT16_MAX];
static struct coded coded;
static struct wire_room room;
static struct wire_error error;

static struct chunk seal(struct writer *w, uint8_t *data, const struct wire_sk *sk,
			 struct chunk content, const struct wire_cipher *cipher,
			 struct wire_sealed *at)
{
	*w = writer_to(data, UINT16_MAX);
	wire_write_sealed(w, &rekey_header, sk, content, cipher, at);
	return written(w);
}

static void known_sk(void **state)
{
	static const uint8_t content[] = { 0, 0, 0, 5, 7 };
	static const uint8_t expected[] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00,
		46, 0x20, 41, 0x08, 0, 0, 0, 18, 0, 0, 0, 62,
		43, 0, 0, 34,
		0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 5, 7,
		0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	struct wire_sk sk = { .first = PAYLOAD_V };
	struct wire_message m;
	struct wire_sealed at;
	struct chunk message;
	struct writer w;

	(void)state;
	message = seal(&w, bytes[0], &sk, CHUNK(content), &gcm, &at);
	assert_int_equal(message.len, sizeof(expected));
	assert_memory_equal(message.data, expected, sizeof(expected));
	assert_int_equal(at.iv, 32);
	assert_int_equal(at.content, 40);
	assert_int_equal(at.content_len, 6);
	assert_int_equal(at.icv, 46);

	assert_true(wire_parse(&m, &room, message, &error));
	assert_int_equal(m.sk->first, PAYLOAD_V);
	assert_int_equal(m.sk->total, 0);
	assert_int_equal(m.sk->offset, WIRE_HEADER_LEN);
	assert_ptr_equal(m.sk->body.data, message.data + at.iv);
	assert_int_equal(m.sk->body.len, message.len - at.iv);
}

/* Content, padding and Pad Length fill blocks, with as little padding as there can be. */
static void padding(void **state)
{
	struct wire_sk sk = { .first = PAYLOAD_V };
	struct wire_sealed at;
	struct writer w;
	size_t len;

	(void)state;
	for (len = 0; len < 50; len++) {
		seal(&w, bytes[0], &sk, (struct chunk){ bytes_132, len }, &cbc, &at);
		assert_int_equal(at.content_len % 16, 0);
		assert_int_equal(at.content_len, (len / 16 + 1) * 16);
		assert_int_equal(bytes[0][at.icv - 1], at.content_len - len - 1);
		assert_int_equal(w.len, at.icv + cbc.icv);
	}
}

static void too_much(void **state)
{
	struct wire_sk sk = { .first = PAYLOAD_V };
	struct chunk content = { bytes[1], UINT16_MAX - 4 - 8 - 1 - 16 };
	struct wire_sealed at;
	static uint8_t data[UINT16_MAX + 100];
	struct writer w = writer_to(data, sizeof(data));

	(void)state;
	wire_write_sealed(&w, &rekey_header, &sk, content, &gcm, &at);
	assert_false(w.failed);
	content.len++;
	w = writer_to(data, sizeof(data));
	wire_write_sealed(&w, &rekey_header, &sk, content, &gcm, &at);
	assert_true(w.failed);
	w = writer_to(data, 60);
	wire_write_sealed(&w, &rekey_header, &sk, (struct chunk){ bytes[1], 5 }, &gcm, &at);
	assert_true(w.failed);
}

/* RFC 9838 figure 10; RFC 9242 figure 1 */
static void known_authenticated(void **state)
{
	static const uint8_t expected[] = {
		0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88,
		0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x00,
		46, 0x20, 41, 0x08, 0, 0, 0, 18, 0, 0, 0, 58,	/* AdjustedLen */
		42, 0, 0, 30,					/* AdjustedPldLen */
		39, 0, 0, 8, 3, 0, 0, 0,
		0, 0, 0, 18, 14, 0, 0, 0,
		7, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 0, 0,
	};
	struct wire_auth auth = { AUTH_METHOD_DIGITAL_SIGNATURE, ED25519_ID, BYTES(0xaa, 0xbb) };
	struct wire_delete all = { .protocol = PROTO_ESP };
	struct wire_message m = { .header = rekey_header, .deletes = &all, .n_deletes = 1,
				  .auth = &auth };
	struct wire_sealed at;
	struct wire_message parsed;
	struct chunk message;
	struct chunk inner;
	struct writer w;

	(void)state;
	assert_true(encode(&coded, &m, false));
	assert_int_equal(coded.inner.signature, 24);
	message = seal(&w, bytes[0], &(struct wire_sk){ .first = coded.inner.first },
		       (struct chunk){ coded.data, coded.len }, &cbc, &at);
	inner = (struct chunk){ message.data + at.content, coded.len };

	/* as the sender finds the signature */
	w = writer_to(bytes[1], sizeof(bytes[1]));
	wire_write_authenticated(&w, message, WIRE_HEADER_LEN, inner,
				 (struct chunk){ inner.data + coded.inner.signature, 2 });
	assert_int_equal(w.len, sizeof(expected));
	assert_memory_equal(bytes[1], expected, sizeof(expected));

	/* as the receiver does */
	assert_true(wire_parse(&parsed, &room, message, &error));
	assert_true(wire_parse_inner(&parsed, &room, parsed.sk->first, inner, &error));
	w = writer_to(bytes[1], sizeof(bytes[1]));
	wire_write_authenticated(&w, message, parsed.sk->offset, inner, parsed.auth->data);
	assert_int_equal(w.len, sizeof(expected));
	assert_memory_equal(bytes[1], expected, sizeof(expected));

	/* no signature in it: IKE_INTERMEDIATE */
	w = writer_to(bytes[1], sizeof(bytes[1]));
	wire_write_authenticated(&w, message, WIRE_HEADER_LEN, inner, (struct chunk){ 0 });
	assert_int_equal(bytes[1][w.len - 1], 0xbb);
	w = writer_to(bytes[1], sizeof(expected) - 1);
	wire_write_authenticated(&w, message, WIRE_HEADER_LEN, inner, (struct chunk){ 0 });
	assert_true(w.failed);

	/* before there is one: zeros that are written for it */
	auth.data.data = NULL;
	assert_true(encode(&coded, &m, false));
	assert_int_equal(coded.inner.signature, 24);
	assert_memory_equal(coded.data, expected + 32, coded.len);
}

/* RFC 7383 2.5: fragments carry the content, and together are what was not fragmented. */
static void fragments(void **state)
{
	const size_t size = 100;
	struct wire_sealed at;
	struct wire_message m;
	struct writer whole;
	struct writer joined = writer_to(bytes[1], sizeof(bytes[1]));
	struct chunk first = { 0 };
	static uint8_t first_bytes[300];
	static uint8_t authenticated[2][UINT16_MAX];
	struct writer w;
	size_t total;
	size_t i;

	(void)state;
	assert_true(encode(&coded, &(struct wire_message){ .header = rekey_header,
		.gsa = &gsa_again, .kd = &kd_again, .auth = &auth_signature }, false));
	total = (coded.len + size - 1) / size;
	assert_true(total > 3);
	for (i = 0; i < total; i++) {
		struct wire_sk sk = { .first = coded.inner.first, .number = i + 1,
				      .total = total };
		struct chunk part = { coded.data + i * size,
				      i + 1 < total ? size : coded.len - i * size };
		struct chunk message = seal(&w, bytes[0], &sk, part, &gcm, &at);

		assert_int_equal(at.iv, WIRE_HEADER_LEN + WIRE_PAYLOAD_LEN + WIRE_FRAGMENT_LEN);
		assert_true(wire_parse(&m, &room, message, &error));
		assert_int_equal(m.sk->number, i + 1);
		assert_int_equal(m.sk->total, total);
		assert_int_equal(m.sk->first, i ? PAYLOAD_NONE : PAYLOAD_GSA);
		assert_ptr_equal(m.sk->body.data, message.data + at.iv);
		write_chunk(&joined, (struct chunk){ message.data + at.content, part.len });
		if (i)
			continue;
		memcpy(first_bytes, message.data, message.len);
		first = (struct chunk){ first_bytes, message.len };
	}
	assert_true(chunk_equal(written(&joined), (struct chunk){ coded.data, coded.len }));

	w = writer_to(authenticated[0], sizeof(authenticated[0]));
	wire_write_authenticated(&w, first, WIRE_HEADER_LEN, written(&joined),
				 (struct chunk){ 0 });
	seal(&whole, bytes[0], &(struct wire_sk){ .first = coded.inner.first },
	     (struct chunk){ coded.data, coded.len }, &gcm, &at);
	joined = writer_to(authenticated[1], sizeof(authenticated[1]));
	wire_write_authenticated(&joined, written(&whole), WIRE_HEADER_LEN,
				 (struct chunk){ coded.data, coded.len }, (struct chunk){ 0 });
	assert_true(chunk_equal(written(&w), written(&joined)));
}

/* A vendor's payload before an SKF stays, RESERVED of the SKF too; the SKF becomes an SK. */
static void payload_before(void **state)
{
	static const uint8_t message[] = {
		1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2,
		43, 0x20, 43, 0x08, 0, 0, 0, 1, 0, 0, 0, 47,
		43, 0, 0, 5, 'v', 53, 0, 0, 5, 'w',
		41, 0x2a, 0, 9, 0, 1, 0, 2, 0xcc,
	};
	static const uint8_t expected[] = {
		1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2,
		43, 0x20, 43, 0x08, 0, 0, 0, 1, 0, 0, 0, 44,
		43, 0, 0, 5, 'v', 46, 0, 0, 5, 'w',
		41, 0x2a, 0, 6, 8, 9,
	};
	static const uint8_t inner[] = { 8, 9 };
	struct writer w = writer_to(bytes[0], sizeof(bytes[0]));
	struct wire_message m;

	(void)state;
	assert_true(wire_parse(&m, &room, CHUNK(message), &error));
	assert_int_equal(m.n_vendors, 2);
	assert_int_equal(m.sk->offset, 38);
	wire_write_authenticated(&w, CHUNK(message), m.sk->offset, CHUNK(inner),
				 (struct chunk){ 0 });
	assert_int_equal(w.len, sizeof(expected));
	assert_memory_equal(bytes[0], expected, sizeof(expected));

	/* what was not encrypted is forgotten */
	assert_true(wire_parse_inner(&m, &room, PAYLOAD_NONE, (struct chunk){ 0 }, &error));
	assert_int_equal(m.n_vendors, 0);
	assert_non_null(m.sk);
	assert_int_equal(m.header.message_id, 1);
}

static void signatures(void **state)
{
	static const uint8_t good[] = { 2, 0x30, 0, 9 };
	struct chunk algorithm;
	struct chunk signature;

	(void)state;
	assert_true(wire_split_signature(CHUNK(good), &algorithm, &signature));
	assert_int_equal(algorithm.len, 2);
	assert_int_equal(signature.data[0], 9);
	assert_false(wire_split_signature((struct chunk){ good, 3 }, &algorithm, &signature));
	assert_false(wire_split_signature((struct chunk){ good, 2 }, &algorithm, &signature));
	assert_false(wire_split_signature((struct chunk){ good, 0 }, &algorithm, &signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_sk),
		cmocka_unit_test(padding),
		cmocka_unit_test(too_much),
		cmocka_unit_test(known_authenticated),
		cmocka_unit_test(fragments),
		cmocka_unit_test(payload_before),
		cmocka_unit_test(signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
