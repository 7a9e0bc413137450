// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Rekey SA: what a key server says of it and a member reads; and a message of it, byte
 * for byte as RFC 9838 2.4.1.1 has it, made by hand.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include "crypto/keywrap.h"
#include "hex.h"
#include "rekey_kit.h"
#include "test.h"

static struct rekey_sa ks, gm, next;
static struct reason why;

static void new_sa(enum conf_rekey_auth by)
{
	struct conf_rekey conf = rekey_conf(by);

	memset(ks.spi, 0x22, sizeof(ks.spi));
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, NULL, &ks), 0);
}

static int end(void **state)
{
	(void)state;
	rekey_sa_free(&ks);
	rekey_sa_free(&gm);
	rekey_sa_free(&next);
	return 0;
}

static void expect_same(const struct rekey_sa *a, const struct rekey_sa *b)
{
	assert_memory_equal(a->spi, b->spi, sizeof(a->spi));
	assert_memory_equal(&a->cipher, &b->cipher, sizeof(a->cipher));
	assert_int_equal(a->kwa, b->kwa);
	assert_ptr_equal(a->scheme, b->scheme);
	if (a->scheme)
		assert_int_equal(EVP_PKEY_eq(a->key.pkey, b->key.pkey), 1);
	else
		assert_null(b->key.pkey);
	assert_chunk_equal(secret_chunk(&a->keymat), secret_chunk(&b->keymat));
	assert_chunk_equal(a->keys.cipher.encr, b->keys.cipher.encr);
	assert_chunk_equal(a->keys.cipher.integ, b->keys.cipher.integ);
	assert_chunk_equal(a->keys.w, b->keys.w);
	assert_memory_equal(&a->src, &b->src, sizeof(a->src));
	assert_memory_equal(&a->dst, &b->dst, sizeof(a->dst));
	assert_int_equal(a->next_id, b->next_id);
}

/* ---- the policy */

static void told(void **state)
{
	static const uint16_t kwas[] = { KW_5649_128, KW_5649_192, KW_5649_256 };
	int by;
	size_t i, k;

	(void)state;
	for (by = CONF_REKEY_ED25519; by <= CONF_REKEY_IMPLICIT; by++) {
		for (i = 0; i < REKEY_CIPHERS; i++) {
			for (k = 0; k < 3; k++) {
				new_sa(by);
				rekey_recipher(&ks, &rekey_ciphers[i], kwas[k]);
				ks.next_id = (uint32_t)(i * 1000);
				assert_int_equal(rekey_tell(&ks, NULL, &gm, &why), 0);
				expect_same(&ks, &gm);
				assert_int_equal(gm.keys.w.len, keywrap_key_len(kwas[k]));
				end(state);
			}
		}
	}
}

/* In a registration as the codec has it, with what is due beside it. */
static void in_a_message(void **state)
{
	static struct wire_room room;
	static uint8_t bytes[2000];
	struct wire_transform transforms[REKEY_TRANSFORMS];
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct wire_header header = { 1, 2, GSA_REGISTRATION, true, false, 3 };
	struct wire_policy policy;
	const struct wire_gsa gsa = { .policies = &policy, .n_policies = 1 };
	const struct wire_key wrapped = { .wrapped = ascii("wrapped") };
	const struct wire_key_bag bag = { PROTO_GIKE_UPDATE, CHUNK(ks.spi), &wrapped, 1 };
	struct wire_member_bag member = { 0 };
	const struct wire_kd kd = { .bags = &bag, .n_bags = 1, .member = &member };
	struct wire_message m = { .header = header, .gsa = &gsa, .kd = &kd };
	struct secret keymat, spki;
	struct wire_error error;
	struct wire_inner inner;

	(void)state;
	new_sa(CONF_REKEY_ECDSA_P384);
	rekey_recipher(&ks, &rekey_ciphers[5], KW_5649_192);
	ks.next_id = 77;
	rekey_sa_policy(&ks, true, transforms, &policy);
	assert_int_equal(policy.n_transforms, 4);
	policy.has_lifetime = true;
	policy.lifetime = 3600;
	assert_int_equal(key_to_spki(&ks.key, &spki), 0);
	member.auth_key = secret_chunk(&spki);
	wire_write_inner(&w, &m, &inner);
	assert_false(w.failed);
	if (!wire_parse_inner(&m, &room, inner.first, written(&w), &error))
		fail_msg("%s", error.reason);
	secret_copy(&keymat, secret_chunk(&ks.keymat));
	assert_int_equal(rekey_sa_read(&rekey_crypto, wire_rekey_policy(m.gsa),
				       m.kd->member->auth_key, NULL, &keymat, &gm, &why), 0);
	assert_null(keymat.data);
	expect_same(&ks, &gm);

	/* In a rekey neither GCAUTH nor the Message ID has a place. */
	header.exchange = GSA_REKEY;
	header.response = false;
	rekey_sa_policy(&ks, false, transforms, &policy);
	assert_int_equal(policy.n_transforms, 3);
	assert_false(policy.has_initial_message_id);
	policy.has_lifetime = true;
	m = (struct wire_message){ .header = header, .gsa = &gsa, .kd = &kd };
	w = writer_to(bytes, sizeof(bytes));
	wire_write_inner(&w, &m, &inner);
	if (!wire_parse_inner(&m, &room, inner.first, written(&w), &error))
		fail_msg("%s", error.reason);
	secret_free(&spki);
}

/* What a rekey does not say goes on. */
static void followed(void **state)
{
	struct conf_rekey conf = rekey_conf(CONF_REKEY_ECDSA_P256);

	(void)state;
	new_sa(CONF_REKEY_ECDSA_P256);
	assert_int_equal(rekey_tell(&ks, NULL, &gm, &why), 0);
	memset(next.spi, 0x33, sizeof(next.spi));
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, &ks, &next), 0);
	assert_ptr_equal(next.key.pkey, ks.key.pkey);
	assert_false(secret_equal(secret_chunk(&next.keymat), secret_chunk(&ks.keymat)));
	rekey_sa_free(&ks);
	assert_int_equal(rekey_tell(&next, &gm, &ks, &why), 0);
	expect_same(&next, &ks);
	/* another pair, which is told in the same message or alone */
	rekey_sa_free(&next);
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, NULL, &next), 0);
	assert_int_not_equal(EVP_PKEY_eq(next.key.pkey, ks.key.pkey), 1);
	/* of another type: by a new one */
	rekey_sa_free(&next);
	conf.authentication = CONF_REKEY_ED25519;
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, &gm, &next), 0);
	assert_int_equal(next.key.type, KEY_ED25519);
	rekey_sa_free(&next);
	conf.authentication = CONF_REKEY_IMPLICIT;
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, &gm, &next), 0);
	assert_null(next.key.pkey);
	rekey_sa_free(&ks);
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, &next, &ks), 0);
	rekey_sa_free(&gm);
	assert_int_equal(rekey_tell(&ks, &next, &gm, &why), 0);
	assert_null(gm.scheme);
}

static struct wire_policy policy;
static struct wire_transform transforms[REKEY_TRANSFORMS];
static struct secret spki;

/* The policy in its place is read, with @keymat bytes more of keying material. */
static int read_it(struct chunk auth_key, const struct rekey_sa *before, int more)
{
	struct secret keymat;
	int err;

	assert_int_equal(secret_new(&keymat, ks.keymat.len + (size_t)more), 0);
	why.text[0] = '\0';
	err = rekey_sa_read(&rekey_crypto, &policy, auth_key, before, &keymat, &gm, &why);
	assert_null(keymat.data);
	if (err) {
		assert_null(gm.keymat.data);
		assert_null(gm.key.pkey);
		assert_true(why.text[0]);
	}
	rekey_sa_free(&gm);
	return err;
}

static struct wire_transform *transform(uint8_t type)
{
	size_t i = 0;

	while (transforms[i].type != type)
		i++;
	return &transforms[i];
}

/* With this in place of what it was; afterwards all is as before. */
#define READ_WITH(member, value, expected)						\
	do {										\
		__typeof__(member) was_ = (member);					\
											\
		(member) = (value);							\
		assert_int_equal(read_it(secret_chunk(&spki), NULL, 0), (expected));	\
		(member) = was_;							\
		assert_int_equal(read_it(secret_chunk(&spki), NULL, 0), 0);		\
	} while (0)

static void begin_read(enum conf_rekey_auth by)
{
	new_sa(by);
	rekey_sa_policy(&ks, true, transforms, &policy);
	if (ks.scheme)
		assert_int_equal(key_to_spki(&ks.key, &spki), 0);
	assert_int_equal(read_it(secret_chunk(&spki), NULL, 0), 0);
}

static int end_read(void **state)
{
	secret_free(&spki);
	return end(state);
}

static void not_ours(void **state)
{
	(void)state;
	begin_read(CONF_REKEY_ED25519);
	READ_WITH(transform(TRANSFORM_ENCR)->id, ENCR_CHACHA20_POLY1305, -ENOTSUP);
	READ_WITH(transform(TRANSFORM_ENCR)->id, ENCR_AES_CBC, -ENOTSUP);
	READ_WITH(transform(TRANSFORM_ENCR)->key_length, 192, -ENOTSUP);
	READ_WITH(transform(TRANSFORM_ENCR)->unknown, ascii("attribute"), -ENOTSUP);
	READ_WITH(transform(TRANSFORM_KWA)->id, 4, -ENOTSUP);
	READ_WITH(transform(TRANSFORM_GCAUTH)->id, 3, -ENOTSUP);
	READ_WITH(transform(TRANSFORM_GCAUTH)->algorithm, hex("3003060123"), -ENOTSUP);
	READ_WITH(policy.src.end_port, 3, 0);
	READ_WITH(policy.src.end[3], 3, 0);
}

static void selectors(void **state)
{
	struct net_group group;
	char text[NET_TEXT];

	(void)state;
	begin_read(CONF_REKEY_ED25519);
	rekey_sa_group(&ks, &group);
	net_end_print(&group.to, text);
	assert_string_equal(text, "239.255.1.1:848");
	net_addr_print(&group.source, text);
	assert_string_equal(text, "192.0.2.1");
	ks.src.protocol = 0;
	rekey_sa_group(&ks, &group);
	assert_int_equal(group.source.family, AF_INET);
	/* several, or anybody */
	ks.src.start[3] = 0;
	ks.src.end[3] = 0xff;
	rekey_sa_group(&ks, &group);
	assert_int_equal(group.source.family, AF_UNSPEC);
	memset(ks.src.start, 0, 4);
	memset(ks.src.end, 0xff, 4);
	rekey_sa_group(&ks, &group);
	assert_int_equal(group.source.family, AF_UNSPEC);
	assert_int_equal(group.to.port, 848);
}

static void without_source(void **state)
{
	const struct gemcast_addr nobody = { 0 };
	struct conf_rekey conf = rekey_conf(CONF_REKEY_IMPLICIT);
	struct net_group group;
	char text[NET_TEXT];

	(void)state;
	conf.address.family = AF_INET6;
	conf.port = 5000;
	inet_pton(AF_INET6, "ff15::1:2", &conf.address.in6);
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &nobody, NULL, &ks), 0);
	assert_int_equal(rekey_tell(&ks, NULL, &gm, &why), 0);
	rekey_sa_group(&gm, &group);
	net_end_print(&group.to, text);
	assert_string_equal(text, "[ff15::1:2]:5000");
	assert_int_equal(group.source.family, AF_UNSPEC);
	assert_int_equal(gm.src.type, TS_IPV6_ADDR_RANGE);
	assert_int_equal(gm.src.protocol, IPPROTO_UDP);
}

static struct secret spki_of(enum key_type type)
{
	struct secret other;
	struct key key;

	assert_int_equal(key_generate(&rekey_crypto, type, &key), 0);
	assert_int_equal(key_to_spki(&key, &other), 0);
	key_free(&key);
	return other;
}

static void auth_keys(void **state)
{
	const struct chunk none = { 0 };
	struct secret other;

	(void)state;
	begin_read(CONF_REKEY_ED25519);
	assert_int_equal(read_it(none, NULL, 0), -EPROTO);
	assert_int_equal(read_it(hex("3000"), NULL, 0), -EPROTO);
	assert_int_equal(read_it((struct chunk){ spki.data, spki.len - 1 }, NULL, 0), -EPROTO);
	other = spki_of(KEY_P256);
	assert_int_equal(read_it(secret_chunk(&other), NULL, 0), -EPROTO);
	assert_non_null(strstr(why.text, "does not make Ed25519"));
	/* another one for the messages to come */
	assert_int_equal(rekey_tell(&ks, NULL, &gm, &why), 0);
	assert_int_equal(rekey_sa_auth_key(&rekey_crypto, &gm, secret_chunk(&other), &why),
			 -EPROTO);
	assert_int_equal(rekey_sa_auth_key(&rekey_crypto, &gm, hex("30"), &why), -EPROTO);
	expect_same(&ks, &gm);
	secret_free(&other);
	other = spki_of(KEY_ED25519);
	assert_int_equal(rekey_sa_auth_key(&rekey_crypto, &gm, secret_chunk(&other), &why), 0);
	assert_int_not_equal(EVP_PKEY_eq(gm.key.pkey, ks.key.pkey), 1);
	secret_free(&other);
}

static void implicit_has_no_key(void **state)
{
	struct secret other = spki_of(KEY_ED25519);

	(void)state;
	begin_read(CONF_REKEY_IMPLICIT);
	assert_int_equal(read_it(secret_chunk(&other), NULL, 0), -EPROTO);
	assert_int_equal(rekey_tell(&ks, NULL, &gm, &why), 0);
	assert_int_equal(rekey_sa_auth_key(&rekey_crypto, &gm, secret_chunk(&other), &why),
			 -EPROTO);
	secret_free(&other);
}

/* A rekey says nothing of GCAUTH. */
static void without_method(void **state)
{
	(void)state;
	begin_read(CONF_REKEY_ED25519);
	rekey_sa_policy(&ks, false, transforms, &policy);
	assert_int_equal(read_it(secret_chunk(&spki), NULL, 0), -EPROTO);
	assert_int_equal(read_it(secret_chunk(&spki), &ks, 0), 0);
	assert_int_equal(read_it((struct chunk){ 0 }, &ks, 0), 0);
	key_free(&ks.key);
	assert_int_equal(read_it((struct chunk){ 0 }, &ks, 0), -EPROTO);
}

static void keymat_lengths(void **state)
{
	size_t i;
	int more;

	(void)state;
	begin_read(CONF_REKEY_ED25519);
	for (i = 0; i < REKEY_CIPHERS; i++) {
		rekey_recipher(&ks, &rekey_ciphers[i], KW_5649_128);
		rekey_sa_policy(&ks, true, transforms, &policy);
		for (more = -8; more <= 8; more++)
			assert_int_equal(read_it(secret_chunk(&spki), NULL, more),
					 more ? -EPROTO : 0);
	}
}

static void not_made(void **state)
{
	struct conf_rekey conf = rekey_conf(CONF_REKEY_ED25519);

	(void)state;
	conf.key_wrap = 4;
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, NULL, &ks), -ENOTSUP);
	assert_null(ks.keymat.data);
	conf = rekey_conf(CONF_REKEY_ED25519);
	conf.encryption.id = ENCR_CHACHA20_POLY1305;
	assert_int_equal(rekey_sa_new(&rekey_crypto, &conf, &rekey_source, NULL, &ks), -ENOTSUP);
	assert_null(ks.keymat.data);
}

/* ---- a message made by hand */

/* GSK_e with its salt, GSK_w; and a private key: RFC 8032 7.1, test 1 */
#define KEYMAT									\
	"000102030405060708090a0b0c0d0e0f" "a0a1a2a3"				\
	"101112131415161718191a1b1c1d1e1f"
#define SEED									\
	"9d61b19deffd5a60ba844af492ec2cc4" "4449c5697b326919703bac031cae7f60"
#define SPI	"c1c2c3c4c5c6c7c8" "d1d2d3d4d5d6d7d8"
/* Message ID 5 */
#define HEAD(next, len)	SPI next "20" "29" "08" "00000005" len
/* D: all of ESP, one SPI of zeros; AUTH: 14, Ed25519 */
#define DELETE	"2700000c" "03040001" "00000000"
#define AUTH	"00000050" "0e000000" "07" "300506032b6570"
#define ZEROS64	"00000000000000000000000000000000" "00000000000000000000000000000000" \
		"00000000000000000000000000000000" "00000000000000000000000000000000"

static void begin_by_hand(void)
{
	const struct chunk seed = hex(SEED), keymat = hex(KEYMAT), spi = hex(SPI);
	EVP_PKEY *pkey;

	ks.cipher = rekey_ciphers[1];
	ks.kwa = KW_5649_128;
	memcpy(ks.spi, spi.data, spi.len);
	assert_int_equal(secret_copy(&ks.keymat, keymat), 0);
	ks.keys.cipher.encr = (struct chunk){ ks.keymat.data, 20 };
	ks.keys.w = (struct chunk){ ks.keymat.data + 20, 16 };
	pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed.data, seed.len);
	assert_int_equal(key_from_pkey(pkey, &ks.key, NULL), 0);
	ks.scheme = scheme_of(hex("300506032b6570"));
	ks.next_id = 5;
}

/* A | P, signed as it is. */
static void sign_by_hand(struct chunk octets, uint8_t signature[64])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 64;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, NULL, NULL, ks.key.pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, octets.data, octets.len), 1);
	assert_int_equal(len, 64);
	EVP_MD_CTX_free(ctx);
}

/* @aad | @iv | @text, encrypted | ICV, to @out. */
static struct chunk seal_by_hand(struct chunk aad, const char *iv, struct chunk text,
				 uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t nonce[12];
	uint8_t *at = out;
	int len;

	memcpy(nonce, ks.keymat.data + 16, 4);
	memcpy(nonce + 4, hex(iv).data, 8);
	memcpy(at, aad.data, aad.len);
	memcpy(at + aad.len, nonce + 4, 8);
	at += aad.len + 8;
	EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, ks.keymat.data, nonce);
	EVP_EncryptUpdate(ctx, NULL, &len, aad.data, (int)aad.len);
	assert_int_equal(EVP_EncryptUpdate(ctx, at, &len, text.data, (int)text.len), 1);
	at += text.len;
	assert_int_equal(EVP_EncryptFinal_ex(ctx, at, &len), 1);
	EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, at);
	EVP_CIPHER_CTX_free(ctx);
	return (struct chunk){ out, (size_t)(at + 16 - out) };
}

/* D and AUTH, signed with what stands before them, and Pad Length. */
static struct chunk content_by_hand(const char *signed_octets, uint8_t content[93])
{
	const struct chunk front = hex(DELETE AUTH);

	assert_int_equal(front.len, 28);
	memcpy(content, front.data, front.len);
	sign_by_hand(hex(signed_octets), content + front.len);
	content[front.len + 64] = 0;
	return (struct chunk){ content, front.len + 64 + 1 };
}

/* Others read it there: wire_tshark.sh. */
#define CORPUS_FILE	"tests/corpus/fuzz_wire/gsa-rekey-sealed"

static void expect_in_corpus(struct chunk message)
{
	FILE *file = fopen(CORPUS_FILE, "re");
	uint8_t found[200];

	assert_non_null(file);
	assert_int_equal(fread(found, 1, sizeof(found), file), message.len);
	fclose(file);
	assert_memory_equal(found, message.data, message.len);
}

/* AdjustedLen: 28 + 4 + 92; AdjustedPldLen: 4 + 92 */
static void known_message(void **state)
{
	static const uint8_t zero_spi[4];
	const struct wire_delete all = {
		.protocol = PROTO_ESP, .spi_size = 4, .n_spis = 1, .spis = CHUNK(zero_spi),
	};
	struct wire_message m = { .deletes = &all, .n_deletes = 1 };
	struct rekey_datagrams d;
	uint8_t content[93], out[200];
	struct chunk expected;

	(void)state;
	begin_by_hand();
	content_by_hand(HEAD("2e", "0000007c") "2a000060" DELETE AUTH ZEROS64, content);
	/* in the message: with IV, Pad Length and ICV */
	expected = seal_by_hand(hex(HEAD("2e", "00000095") "2a000079"), "0000000000050000",
				CHUNK(content), out);
	assert_int_equal(rekey_seal(&rekey_crypto, &ks, &m, 1200, &d), 0);
	assert_int_equal(d.n, 1);
	assert_chunk_equal(d.datagram[0], expected);
	expect_in_corpus(expected);
	rekey_datagrams_free(&d);
}

static int hear(struct chunk datagram, struct rekey_partial **partial, struct rekey_room *room,
		struct wire_message *m)
{
	static uint8_t copy[300];

	memcpy(copy, datagram.data, datagram.len);
	return rekey_open(&rekey_crypto, &ks, partial, room, copy, datagram.len, m, &why);
}

/*
 * In two fragments, of 40 and 52 bytes; the RESERVED field of the first is what counts
 * (RFC 9838 2.4.1.2): 5, and that of the second is not.
 */
static void known_fragments(void **state)
{
	static struct rekey_room room;
	struct rekey_partial *partial = NULL;
	uint8_t content[93], first[41] = { 0 }, second[53] = { 0 }, out[2][200];
	struct wire_message m;
	struct chunk d[2];
	int reserved;

	(void)state;
	begin_by_hand();
	for (reserved = 0; reserved < 2; reserved++) {
		content_by_hand(reserved ?
				HEAD("2e", "0000007c") "2a050060" DELETE AUTH ZEROS64 :
				HEAD("2e", "0000007c") "2a000060" DELETE AUTH ZEROS64, content);
		memcpy(first, content, 40);
		memcpy(second, content + 40, 52);
		d[0] = seal_by_hand(hex(HEAD("35", "00000065") "2a050049" "00010002"),
				    "0000000000050000", CHUNK(first), out[0]);
		d[1] = seal_by_hand(hex(HEAD("35", "00000071") "00030055" "00020002"),
				    "0000000000050001", CHUNK(second), out[1]);
		assert_int_equal(hear(d[!reserved], &partial, &room, &m), 0);
		assert_int_equal(hear(d[reserved], &partial, &room, &m),
				 reserved ? 1 : -EBADMSG);
	}
	assert_int_equal(m.n_deletes, 1);
	assert_true(wire_delete_is_all(m.deletes));
	rekey_partial_free(partial);
	rekey_room_free(&room);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_teardown(name, end)
#define TEST_READ(name)	cmocka_unit_test_teardown(name, end_read)
	const struct CMUnitTest tests[] = {
		TEST(told),
		TEST(in_a_message),
		TEST(followed),
		TEST_READ(not_ours),
		TEST_READ(selectors),
		TEST(without_source),
		TEST_READ(auth_keys),
		TEST_READ(implicit_has_no_key),
		TEST_READ(without_method),
		TEST_READ(keymat_lengths),
		TEST(not_made),
		TEST(known_message),
		TEST(known_fragments),
	};
#undef TEST
#undef TEST_READ
	int failed;

	rekey_kit_begin();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rekey_kit_end();
	return failed;
}
