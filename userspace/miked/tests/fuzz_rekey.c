// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Datagrams for two Rekey SAs, one of which signs: as they come, or, since no fuzzer
 * guesses an ICV, sealed by their keys first, as another member could. The input is a row
 * of datagrams, each as
 *
 *	kind, length (two bytes), then as many bytes
 *
 * and those that are sealed begin with the first payload's type, the fragment's number,
 * their total and the Message ID.
 */
#include <stdlib.h>
#include <string.h>
#include "group/rekey_sa.h"
#include "ike/sealed.h"

enum kind {
	KIND_SEALED = 1,
	KIND_IMPLICIT = 2,
	KIND_TAKEN = 4,		/* what is authentic makes all up to it old */
};

#define SEALED_LEN	4
#define DATAGRAM_LEN	4096

static struct crypto crypto;
static const struct cipher cipher = { ENCR_AES_GCM_16, 128, AUTH_NONE };
static const uint8_t keymat[20 + 16];

static struct key key;

static void prepare(void)
{
	/* Ed25519: RFC 8032 7.1, test 1 */
	static const uint8_t spki[] = {
		0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
		0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3,
		0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25,
		0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
	};

	if (crypto_init(&crypto, NULL, NULL) || key_from_spki(&crypto, CHUNK(spki), &key, NULL))
		abort();
}

static void begin(struct rekey_sa *sa, bool implicit)
{
	*sa = (struct rekey_sa){
		.spi = { 1, [15] = implicit },
		.cipher = cipher,
		.kwa = KW_5649_128,
		.key = key,
		.scheme = implicit ? NULL : scheme_at(0),
	};
	if (keymat_rekey(&cipher, sa->kwa, CHUNK(keymat), &sa->keys))
		abort();
}

/* 0: too short. */
static size_t seal(const struct rekey_sa *sa, struct chunk bytes, uint8_t *out)
{
	static uint64_t counter;
	const struct sealer sealer = { &crypto, &cipher, sa->keys.cipher, &counter };
	struct reader r = reader_of(CHUNK(sa->spi));
	struct wire_header header = { .exchange = GSA_REKEY, .initiator = true };
	struct wire_sk sk;
	size_t len;

	if (bytes.len < SEALED_LEN)
		return 0;
	header.spi_i = read_u64(&r);
	header.spi_r = read_u64(&r);
	header.message_id = bytes.data[3];
	sk = (struct wire_sk){
		.first = bytes.data[0], .number = bytes.data[1], .total = bytes.data[2],
	};
	bytes = (struct chunk){ bytes.data + SEALED_LEN, bytes.len - SEALED_LEN };
	return seal_payload(&sealer, &header, &sk, bytes, out, DATAGRAM_LEN, &len) ? 0 : len;
}

static void hear(struct rekey_sa *sa, struct rekey_partial **partial, uint8_t kind,
		 struct chunk bytes)
{
	static struct rekey_room room;
	uint8_t datagram[DATAGRAM_LEN];
	struct wire_message m;
	size_t len = bytes.len;

	if (kind & KIND_SEALED) {
		len = seal(sa, bytes, datagram);
		if (!len)
			return;
	} else if (len <= sizeof(datagram)) {
		memcpy(datagram, bytes.data, len);
	} else {
		return;
	}
	if (rekey_open(&crypto, sa, partial, &room, datagram, len, &m, NULL) == 1 &&
	    (kind & KIND_TAKEN))
		sa->next_id = m.header.message_id + 1;
	rekey_room_free(&room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r = reader_of((struct chunk){ data, size });
	struct rekey_partial *partial = NULL;
	struct rekey_sa sa[2];
	struct chunk bytes;
	uint8_t kind;

	if (!key.pkey)
		prepare();
	begin(&sa[0], false);
	begin(&sa[1], true);
	while (r.left && !r.failed) {
		kind = read_u8(&r);
		bytes = read_chunk(&r, read_u16(&r));
		if (!r.failed)
			hear(&sa[(kind & KIND_IMPLICIT) != 0], &partial, kind, bytes);
	}
	rekey_partial_free(partial);
	return 0;
}
