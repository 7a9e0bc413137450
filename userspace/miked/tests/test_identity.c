// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities, patterns and proposals in words.
 */
#include <string.h>
#include "conf/identity.h"
#include "conf/proposal.h"
#include "test.h"

#define FQDN	2
#define KEY_ID	11

static const struct {
	const char *text;
	uint8_t type;
	const char *data;
	size_t len;
	const char *printed;	/* NULL: as it was written */
} good[] = {
	{ "ks.example.org", 2, "ks.example.org", 14, NULL },
	{ "fqdn:ks", 2, "ks", 2, "ks" },
	{ "ops@example.org", 3, "ops@example.org", 15, NULL },
	{ "email:ops@x", 3, "ops@x", 5, "ops@x" },
	{ "fqdn:192.0.2.1", 2, "192.0.2.1", 9, NULL },
	{ "email:dn:O=x,CN=a@b", 3, "dn:O=x,CN=a@b", 13, NULL },
	{ "email:email:a@b", 3, "email:a@b", 9, NULL },
	{ "email:keyid:a@b", 3, "keyid:a@b", 9, NULL },
	{ "192.0.2.1", 1, "\xc0\0\2\1", 4, NULL },
	{ "2001:db8::1", 5, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, NULL },
	{ "dn:O=Example, CN=ks", 9, "O=Example, CN=ks", 16, NULL },
	{ "keyid:video 1", 11, "video 1", 7, NULL },
	{ "keyid:0x00fF", 11, "\0\xff", 2, "keyid:0x00ff" },
	{ "keyid:0x3078", 11, "0x", 2, "keyid:0x3078" },
	{ "keyid:0x2a", 11, "*", 1, "keyid:0x2a" },
	{ "keyid:0x2a7e", 11, "*~", 2, "keyid:0x2a7e" },
};

static void parse(void **state)
{
	char text[CONF_IDENTITY_TEXT];
	struct conf_identity id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(conf_identity_parse(good[i].text, FQDN, false, &id));
		assert_int_equal(id.type, good[i].type);
		assert_int_equal(id.len, good[i].len);
		assert_memory_equal(id.data, good[i].data, good[i].len);
		conf_identity_print(&id, text);
		assert_string_equal(text, good[i].printed ? good[i].printed : good[i].text);
	}
	assert_true(conf_identity_parse("video", KEY_ID, false, &id));
	assert_int_equal(id.type, KEY_ID);
}

static void parse_wrong(void **state)
{
	static const char * const bad[] = {
		"", ".example.org", "a..b", "a b", "a/b", "@example.org", "a@", "a@b@c", "a b@c",
		"dn:", "dn:ks", "dn:*", "keyid:", "keyid:0x", "keyid:0x1", "keyid:0xzz", "fqdn:",
		"email:x", "fqdn:a@b", "*example.org", "a*.example.org", "**", "dn:O=*\n",
		"*a@example.org", "keyid:*-x", "a\x80",
	};
	struct conf_identity id;
	char text[600];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(conf_identity_parse(bad[i], FQDN, true, &id));
	assert_false(conf_identity_parse("*.example.org", FQDN, false, &id));
	memset(text, 'a', sizeof(text));
	text[255] = '\0';
	assert_true(conf_identity_parse(text, FQDN, false, &id));
	text[255] = 'a';
	text[256] = '\0';
	assert_false(conf_identity_parse(text, FQDN, false, &id));
	memcpy(text, "keyid:0x", 8);
	memset(text + 8, '0', 512);
	text[8 + 512] = '\0';
	assert_false(conf_identity_parse(text, FQDN, false, &id));
	text[8 + 510] = '\0';
	assert_true(conf_identity_parse(text, FQDN, false, &id));
	conf_identity_print(&id, text);
	assert_int_equal(strlen(text), 8 + 510);
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *data;
		uint8_t type;
		bool covered;
	} cases[] = {
		{ "*", "anything", 2, true },
		{ "*", "\x30\0", 9, true },
		{ "fqdn:*", "a.b", 2, true },
		{ "fqdn:*", "a@b", 3, false },
		{ "*.example.org", "gm1.example.org", 2, true },
		{ "*.example.org", "a.b.EXAMPLE.org", 2, true },
		{ "*.example.org", "example.org", 2, false },
		{ "*.example.org", "evilexample.org", 2, false },
		{ "*.example.org", "x@a.example.org", 3, false },
		{ "*.example.org", "", 2, false },
		{ "gm1.example.org", "GM1.example.ORG", 2, true },
		{ "gm1.example.org", "xgm1.example.org", 2, false },
		{ "*@example.org", "ops@Example.org", 3, true },
		{ "*@example.org", "ops@a.example.org", 3, false },
		{ "ops@example.org", "ops@EXAMPLE.org", 3, true },
		{ "ops@example.org", "OPS@example.org", 3, false },
		{ "keyid:ab", "ab", 11, true },
		{ "keyid:ab", "AB", 11, false },
		{ "keyid:*", "ab", 11, true },
		{ "1.2.3.4", "\1\2\3\4", 1, true },
		{ "1.2.3.4", "\1\2\3\5", 1, false },
		{ "dn:O=x", "O=x", 9, false },
	};
	struct conf_identity id;
	struct chunk data;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(conf_identity_parse(cases[i].pattern, FQDN, true, &id));
		data = (struct chunk){ (const uint8_t *)cases[i].data, strlen(cases[i].data) };
		assert_int_equal(conf_identity_covers(&id, cases[i].type, data), cases[i].covered);
	}
}

static void print_patterns(void **state)
{
	static const char * const texts[] = { "*", "fqdn:*", "*.example.org", "*@example.org" };
	char text[CONF_IDENTITY_TEXT];
	struct conf_identity id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_true(conf_identity_parse(texts[i], FQDN, true, &id));
		conf_identity_print(&id, text);
		assert_string_equal(text, texts[i]);
	}
}

static void proposals(void **state)
{
	struct conf_proposal p;
	char why[128];

	(void)state;
	assert_null(conf_proposal_parse("aes128gcm16-aes256gcm16-prfsha512-x25519-ecp256-kw128",
					&p, why, sizeof(why)));
	assert_true(p.aead);
	assert_int_equal(p.encryption.count, 2);
	assert_int_equal(p.encryption.transform[1].id, 20);
	assert_int_equal(p.encryption.transform[1].key_bits, 256);
	assert_int_equal(p.integrity.count, 0);
	assert_int_equal(p.prf.transform[0].id, 7);
	assert_int_equal(p.key_exchange.transform[0].id, 31);
	assert_int_equal(p.key_exchange.transform[1].id, 19);
	assert_int_equal(p.key_wrap.count, 1);
	assert_int_equal(p.key_wrap.transform[0].id, 1);

	assert_null(conf_proposal_parse("aes256-sha384-sha512-modp2048", &p, why, sizeof(why)));
	assert_false(p.aead);
	assert_int_equal(p.integrity.transform[1].id, 14);
	assert_int_equal(p.prf.transform[0].id, 6);
	assert_int_equal(p.prf.transform[1].id, 7);
	assert_int_equal(p.key_wrap.transform[0].id, 3);
	assert_int_equal(p.key_wrap.transform[1].id, 1);
}

static void wrong_proposals(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} cases[] = {
		{ "", "algorithm \"\" is not known" },
		{ "aes128gcm16-", "algorithm \"\" is not known" },
		{ "a-very-long", "algorithm \"a\" is not known" },
		{ "aes128gcm16aes128gcm16", "algorithm \"aes128gcm16aes1\" is not known" },
		{ "aes128gcm16-aes128gcm16", "algorithm \"aes128gcm16\" is given twice" },
		{ "x25519-curve25519", "algorithm \"curve25519\" is given twice" },
		{ "aes128-aes128gcm16", "encryption with and without integrity of its own cannot be in one proposal" },
		{ "prfsha256-ecp256", "no encryption in it, as aes256gcm16" },
		{ "aes128gcm16-sha256-ecp256", "aes...gcm16 has integrity of its own" },
		{ "aes128-prfsha256-ecp256", "no integrity in it, as sha256" },
		{ "aes128gcm16-ecp256", "no PRF in it, as prfsha256" },
		{ "aes128-sha256", "no key exchange in it, as ecp256" },
	};
	struct conf_proposal p;
	struct conf_esp esp;
	char why[128];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(conf_proposal_parse(cases[i].text, &p, why, sizeof(why)),
				    cases[i].error);
	assert_true(conf_esp_parse("aes128gmac", &esp));
	assert_string_equal(esp.aead, "rfc4543(gcm(aes))");
	assert_false(conf_esp_parse("aes128", &esp));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse),
		cmocka_unit_test(parse_wrong),
		cmocka_unit_test(patterns),
		cmocka_unit_test(print_patterns),
		cmocka_unit_test(proposals),
		cmocka_unit_test(wrong_proposals),
	};

	return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
