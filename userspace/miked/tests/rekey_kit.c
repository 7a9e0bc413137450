// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two ends of a Rekey SA.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "rekey_kit.h"
#include "test.h"

struct crypto rekey_crypto;

const struct cipher rekey_ciphers[REKEY_CIPHERS] = {
	{ ENCR_AES_GCM_16, 256, AUTH_NONE },
	{ ENCR_AES_GCM_16, 128, AUTH_NONE },
	{ ENCR_AES_CBC, 128, AUTH_HMAC_SHA2_256_128 },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_256_128 },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_384_192 },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256 },
};

const struct gemcast_addr rekey_source = { .family = AF_INET, .in = { 0x010200c0 } };

static uint8_t filling[WIRE_MAX_INNER];
static uint8_t last_spi;

void rekey_kit_begin(void)
{
	size_t i;

	assert_int_equal(crypto_init(&rekey_crypto, NULL, NULL), 0);
	for (i = 0; i < sizeof(filling); i++)
		filling[i] = (uint8_t)(i ^ i >> 8);
}

void rekey_kit_end(void)
{
	crypto_free(&rekey_crypto);
}

struct conf_rekey rekey_conf(enum conf_rekey_auth by)
{
	struct conf_rekey conf = {
		.address.family = AF_INET,
		.port = 848,
		.encryption = { .id = ENCR_AES_GCM_16, .key_bits = 256 },
		.key_wrap = KW_5649_256,
		.authentication = by,
	};

	inet_pton(AF_INET, "239.255.1.1", &conf.address.in);
	return conf;
}

void rekey_recipher(struct rekey_sa *sa, const struct cipher *cipher, uint16_t kwa)
{
	sa->cipher = *cipher;
	sa->kwa = kwa;
	secret_free(&sa->keymat);
	assert_int_equal(secret_new(&sa->keymat, keymat_rekey_len(cipher, kwa)), 0);
	crypto_random(&rekey_crypto, sa->keymat.data, sa->keymat.len);
	assert_int_equal(keymat_rekey(cipher, kwa, secret_chunk(&sa->keymat), &sa->keys), 0);
}

int rekey_tell(const struct rekey_sa *ks, const struct rekey_sa *before, struct rekey_sa *gm,
	       struct reason *why)
{
	struct wire_transform transforms[REKEY_TRANSFORMS];
	struct secret keymat, auth_key = { 0 };
	struct wire_policy policy;
	int err;

	rekey_sa_policy(ks, !before, transforms, &policy);
	err = secret_copy(&keymat, secret_chunk(&ks->keymat));
	if (!err && ks->scheme && !before)
		err = key_to_spki(&ks->key, &auth_key);
	if (err)
		secret_free(&keymat);
	else
		err = rekey_sa_read(&rekey_crypto, &policy, secret_chunk(&auth_key), before,
				    &keymat, gm, why);
	secret_free(&auth_key);
	return err;
}

void rekey_pair_new(struct rekey_pair *pair, const struct cipher *cipher, uint16_t kwa,
		    enum conf_rekey_auth by)
{
	struct conf_rekey conf = rekey_conf(by);

	*pair = (struct rekey_pair){ 0 };
	memset(pair->ks.spi, 0x11, sizeof(pair->ks.spi));
	pair->ks.spi[15] = ++last_spi;
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, NULL, &pair->ks), 0);
	rekey_recipher(&pair->ks, cipher, kwa);
	assert_int_equal(rekey_tell(&pair->ks, NULL, &pair->gm, &pair->why), 0);
}

void rekey_pair_free(struct rekey_pair *pair)
{
	rekey_sa_free(&pair->ks);
	rekey_sa_free(&pair->gm);
	rekey_partial_free(pair->partial);
	rekey_room_free(&pair->room);
}

void rekey_say(struct rekey_pair *pair, size_t filler, size_t threshold,
	       struct rekey_datagrams *out)
{
	const struct wire_delete all = { .protocol = PROTO_ESP };
	const struct chunk vendor = { filling, filler };
	struct wire_message m = {
		.deletes = &all, .n_deletes = 1,
		.vendors = &vendor, .n_vendors = 1,
	};

	assert_int_equal(rekey_seal(&rekey_crypto, &pair->ks, &m, threshold, out), 0);
}

int rekey_hear(struct rekey_pair *pair, struct chunk datagram)
{
	static uint8_t copy[UINT16_MAX];

	assert_in_range(datagram.len, 0, sizeof(copy));
	memcpy(copy, datagram.data, datagram.len);
	pair->why.text[0] = '\0';
	return rekey_open(&rekey_crypto, &pair->gm, &pair->partial, &pair->room, copy,
			  datagram.len, &pair->m, &pair->why);
}

void rekey_expect(struct rekey_pair *pair, struct chunk datagram, uint32_t id, size_t filler)
{
	assert_int_equal(rekey_hear(pair, datagram), 1);
	assert_int_equal(pair->m.header.message_id, id);
	assert_int_equal(pair->m.n_deletes, 1);
	assert_int_equal(pair->m.n_vendors, 1);
	assert_int_equal(pair->m.vendors[0].len, filler);
	assert_memory_equal(pair->m.vendors[0].data, filling, filler);
	pair->gm.next_id = id + 1;
}
