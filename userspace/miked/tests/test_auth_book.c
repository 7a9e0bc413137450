// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The book: what is loaded from which files, what is refused and why; identities; PPKs;
 * and that it lives as long as somebody holds it, in several threads too.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/sha.h>
#include "ike/auth.h"
#include "hex.h"
#include "pki.h"
#include "test.h"
#include "who.h"

#define KEY_32	"0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct crypto crypto;
static struct pki_cert ca, gm;
static const char *ca_file, *gm_file, *key_file;

static struct auth_book *book(const struct who *who)
{
	struct reason why;
	struct auth_book *made = who_book(&crypto, who, &why);

	if (!made)
		fail_msg("%s", why.text);
	return made;
}

/* It cannot be loaded, and @text is why; after what names the file, if that is told. */
static void refused(const struct who *who, const char *start, const char *end)
{
	struct reason why;
	size_t len;

	assert_null(who_book(&crypto, who, &why));
	len = strlen(why.text);
	if (strncmp(why.text, start, strlen(start)) != 0 || len < strlen(end) ||
	    strcmp(why.text + len - strlen(end), end) != 0)
		fail_msg("\"%s\"", why.text);
}

static void empty(void **state)
{
	const struct wire_id peer = { ID_FQDN, ascii("gm.example") };
	struct conf_identity ks = who_identity("ks.example");
	struct auth_book *made;
	struct auth_ppk ppk;
	struct who who;

	(void)state;
	who_new(&who);
	made = book(&who);
	assert_null(auth_self(made, "here"));
	assert_int_equal(auth_certreq(made).data.len, 0);
	assert_false(auth_ppk_for(made, &ks, &ppk));
	assert_false(auth_ppk_named_by(made, ascii("ppk"), &peer, &ppk));
	assert_false(auth_ppk_needed(made, &peer, &ppk));
	assert_ptr_equal(auth_book_hold(made), made);
	auth_book_drop(made);
	assert_null(auth_self(made, "here"));
	auth_book_drop(made);
	auth_book_drop(NULL);
}

static void selves(void **state)
{
	struct who who;
	struct auth_book *made;
	const struct auth_self *self;

	(void)state;
	who_new(&who);
	who_is(&who, "gm.example", gm_file, key_file);
	who_is(&who, "192.0.2.1", NULL, NULL);
	memcpy(who.credentials[1].name, "there", sizeof("there"));
	made = book(&who);
	/* the configuration may go */
	memset(&who, 0, sizeof(who));
	self = auth_self(made, "here");
	assert_non_null(self);
	assert_int_equal(auth_self_id(self).type, ID_FQDN);
	assert_chunk_equal(auth_self_id(self).data, ascii("gm.example"));
	self = auth_self(made, "there");
	assert_non_null(self);
	assert_int_equal(auth_self_id(self).type, ID_IPV4_ADDR);
	assert_chunk_equal(auth_self_id(self).data, hex("c0000201"));
	assert_null(auth_self(made, "her"));
	assert_null(auth_self(made, ""));
	auth_book_drop(made);
}

static void certreq(void **state)
{
	struct pki_cert second = pki_make(&(struct pki_spec){ .cn = "second", .ca = true }, NULL);
	const struct pki_cert *const list[] = { &second, NULL };
	uint8_t expected[40], *der = NULL;
	struct auth_book *made;
	struct wire_cert req;
	struct who who;
	int len;

	(void)state;
	who_new(&who);
	who_trusts(&who, ca_file);
	who_trusts(&who, pki_cert_file("second.pem", list));
	made = book(&who);
	req = auth_certreq(made);
	assert_int_equal(req.encoding, CERT_X509_SIGNATURE);
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(ca.x509), &der);
	SHA1(der, (size_t)len, expected);
	OPENSSL_free(der);
	der = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(second.x509), &der);
	SHA1(der, (size_t)len, expected + 20);
	OPENSSL_free(der);
	assert_chunk_equal(req.data, CHUNK(expected));
	auth_book_drop(made);
	pki_free(&second);
}

static void wrong_credentials(void **state)
{
	struct who who;

	(void)state;
	who_new(&who);
	who_is(&who, "gm.example", gm_file, "/nonexistent");
	refused(&who, "credentials[here]: /nonexistent: ", "No such file or directory");
	who_new(&who);
	who_is(&who, "gm.example", "/nonexistent", key_file);
	refused(&who, "credentials[here]: /nonexistent: ", "No such file or directory");
	who_new(&who);
	who_is(&who, "gm.example", ca_file, key_file);
	refused(&who, "credentials[here]: ", "is not for signatures (key usage)");
	who_new(&who);
	who_is(&who, "gm2.example", gm_file, key_file);
	refused(&who, "credentials[here]: certificate of CN=gm,O=gemcast tests ",
		"does not stand for the identity gm2.example");
	who_new(&who);
	who_is(&who, "keyid:gm", gm_file, key_file);
	refused(&who, "credentials[here]: certificate of CN=gm,O=gemcast tests ",
		"does not stand for the identity of ID type 11");
	who_new(&who);
	who_is(&who, "*", NULL, NULL);
	refused(&who, "credentials[here]: the identity cannot be used: ", "Invalid argument");
	who_new(&who);
	who_is(&who, "dn:CN=gm", NULL, NULL);
	who.credentials[0].identity.data[2] = '\0';
	refused(&who, "credentials[here]: the identity cannot be used: ", "Invalid argument");
}

static void wrong_trust(void **state)
{
	struct who who;

	(void)state;
	who_new(&who);
	who_trusts(&who, ca_file);
	who_trusts(&who, "/nonexistent");
	refused(&who, "trust.ca: /nonexistent: ", "No such file or directory");
	who_new(&who);
	who_trusts(&who, gm_file);
	refused(&who, "trust.ca: ",
		"certificate of CN=gm,O=gemcast tests is not that of a CA");
	who_new(&who);
	who_has_crl(&who, ca_file, CONF_CRL_IF_PRESENT);
	refused(&who, "trust.crl: ", "no CRL in PEM form after 0 of them");
	who_new(&who);
	who_has_crl(&who, "/nonexistent", CONF_CRL_STRICT);
	refused(&who, "trust.crl: /nonexistent: ", "No such file or directory");
	/* not even read */
	who.conf.trust.crl_check = CONF_CRL_OFF;
	auth_book_drop(book(&who));
}

static void wrong_psk(void **state)
{
	static const struct {
		const char *content, *end;
	} cases[] = {
		{ "", "empty" },
		{ "\n", "empty" },
		{ "0x\n", "empty" },
		{ "0x123\n", "an odd number of hexadecimal digits" },
		{ "0x12g4\n", "not all hexadecimal digits" },
		{ "one\ntwo\n", "more than one line" },
	};
	const char *path = NULL;
	char long_one[3000];
	struct who who;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		path = pki_text_file("psk", cases[i].content);
		who_new(&who);
		who_has_psk(&who, "*", path);
		refused(&who, "psk: ", cases[i].end);
	}
	memset(long_one, 'x', sizeof(long_one));
	long_one[2049] = '\0';
	pki_text_file("psk", long_one);
	refused(&who, "psk: ", "too long");
	long_one[2048] = '\0';
	pki_text_file("psk", long_one);
	auth_book_drop(book(&who));
	pki_text_file("psk", "a secret");
	assert_int_equal(chmod(path, 0640), 0);
	refused(&who, "psk: ", "others may read or write it (mode 0640): chmod 600 it");
	assert_int_equal(chmod(path, 0602), 0);
	refused(&who, "psk: ", "others may read or write it (mode 0602): chmod 600 it");
	assert_int_equal(chmod(path, 0600), 0);
	auth_book_drop(book(&who));
	who_has_psk(&who, "dn:CN=gm", path);
	who.psk[1].peer.data[3] = '\0';
	refused(&who, "psk: peer dn:CN= cannot be used: ", "Invalid argument");
	who_new(&who);
	who_has_psk(&who, "*", "/nonexistent");
	refused(&who, "psk: /nonexistent: ", "No such file or directory");
}

static void wrong_ppk(void **state)
{
	struct who who;

	(void)state;
	who_new(&who);
	who_has_ppk(&who, "one", "*", pki_text_file("one.ppk", KEY_32), true);
	who_has_ppk(&who, "two", "*", pki_text_file("two.ppk", "31 bytes are less than 256 bits"),
		    true);
	refused(&who, "ppk: ", "two.ppk: 31 bytes, not 32 or more");
	pki_text_file("two.ppk", "32 bytes are all that we ask for");
	auth_book_drop(book(&who));
	who_has_ppk(&who, "three", "*", "/nonexistent", true);
	refused(&who, "ppk: /nonexistent: ", "No such file or directory");
	who.conf.ppk_count--;
	who_has_ppk(&who, "three", "dn:CN=gm", who.ppk[0].file, true);
	who.ppk[2].peer.data[3] = '\0';
	refused(&who, "ppk: peer dn:CN= cannot be used: ", "Invalid argument");
}

/* credential:NAME, a file of systemd's; what may stand behind it is the configuration's. */
static void credentials_directory(void **state)
{
	const char *path = pki_text_file("gm.psk", "a secret");
	char *dir = strdup(path), long_dir[600];
	struct who who;

	(void)state;
	*strrchr(dir, '/') = '\0';
	who_new(&who);
	who_is(&who, "gm.example", "credential:gm.pem", "credential:gm.key");
	who_trusts(&who, "credential:ca.pem");
	who_has_psk(&who, "*", "credential:gm.psk");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	refused(&who, "credentials: credential:gm.key: ",
		"systemd gave no credentials ($CREDENTIALS_DIRECTORY)");
	who.conf.credentials_count = 0;
	refused(&who, "trust.ca: credential:ca.pem: ",
		"systemd gave no credentials ($CREDENTIALS_DIRECTORY)");
	who.conf.trust.ca_count = 0;
	refused(&who, "psk: credential:gm.psk: ",
		"systemd gave no credentials ($CREDENTIALS_DIRECTORY)");
	who.conf.credentials_count = 1;
	who.conf.trust.ca_count = 1;
	memset(long_dir, 'x', sizeof(long_dir));
	long_dir[sizeof(long_dir) - 1] = '\0';
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", long_dir, 1), 0);
	refused(&who, "credentials: credential:gm.key: ", "the path is too long");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	auth_book_drop(book(&who));
	/* systemd gives it to the user by an ACL, whose mask the group's bits show */
	assert_int_equal(chmod(path, 0440), 0);
	auth_book_drop(book(&who));
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	free(dir);
}

static void identities(void **state)
{
	static const struct {
		const char *words;
		uint8_t type;
		const char *hex, *text;
	} cases[] = {
		{ "ks.example", ID_FQDN, "6b732e6578616d706c65", "ks.example" },
		{ "a@example", ID_RFC822_ADDR, "61406578616d706c65", "a@example" },
		{ "192.0.2.1", ID_IPV4_ADDR, "c0000201", "192.0.2.1" },
		{ "2001:db8::1", ID_IPV6_ADDR, "20010db8000000000000000000000001",
		  "2001:db8::1" },
		{ "keyid:ks", ID_KEY_ID, "6b73", "keyid:ks" },
		{ "keyid:0x00ff", ID_KEY_ID, "00ff", "keyid:0x00ff" },
		{ "dn:CN=ks,O=Example", ID_DER_ASN1_DN,
		  "301f3110300e060355040a0c074578616d706c65310b300906035504030c026b73",
		  "dn:CN=ks,O=Example" },
	};
	struct conf_identity identity;
	struct secret id;
	struct wire_id on_wire;
	char text[64];
	uint8_t type;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		identity = who_identity(cases[i].words);
		assert_int_equal(auth_id(&identity, &type, &id), 0);
		assert_int_equal(type, cases[i].type);
		assert_chunk_equal(secret_chunk(&id), hex(cases[i].hex));
		on_wire = (struct wire_id){ type, secret_chunk(&id) };
		auth_id_text(&on_wire, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
		assert_true(auth_id_is(&identity, &on_wire));
		identity.data[0] ^= 2;
		assert_false(auth_id_is(&identity, &on_wire));
		secret_free(&id);
	}
	identity = who_identity("*.example");
	assert_int_equal(auth_id(&identity, &type, &id), -EINVAL);
	assert_null(id.data);
	identity = who_identity("*");
	assert_int_equal(auth_id(&identity, &type, &id), -EINVAL);
}

static void patterns(void **state)
{
	/* O=Example, CN=ks; o=EXAMPLE, CN=ks in other string types; CN=ks, O=Example */
	struct chunk same = hex("301f3110300e060355040a0c074578616d706c65"
				"310b300906035504030c026b73");
	struct chunk alike = hex("301f3110300e060355040a13074558414d504c45"
				 "310b300906035504030c026b73");
	struct chunk reversed = hex("301f310b300906035504030c026b73"
				    "3110300e060355040a0c074578616d706c65");
	const struct {
		const char *pattern;
		struct wire_id id;
		bool is;
	} cases[] = {
		{ "*", { ID_FQDN, ascii("x") }, true },
		{ "*", { ID_DER_ASN1_DN, same }, true },
		{ "*", { ID_DER_ASN1_DN, hex("3000") }, false },
		{ "*", { ID_DER_ASN1_DN, { same.data, same.len - 1 } }, false },
		{ "*", { ID_NULL, { NULL, 0 } }, false },
		{ "*", { ID_NULL, ascii("x") }, false },
		{ "*", { ID_FQDN, { NULL, 0 } }, false },
		{ "*.example", { ID_FQDN, ascii("gm.EXAMPLE") }, true },
		{ "*.example", { ID_FQDN, ascii("gm.example2") }, false },
		{ "*.example", { ID_KEY_ID, ascii("gm.example") }, false },
		{ "keyid:x", { ID_FQDN, ascii("x") }, false },
		{ "dn:CN=ks,O=Example", { ID_DER_ASN1_DN, same }, true },
		{ "dn:CN=ks,O=Example", { ID_DER_ASN1_DN, alike }, true },
		{ "dn:CN=ks,O=Example", { ID_DER_ASN1_DN, reversed }, false },
		{ "dn:O=Example,CN=ks", { ID_DER_ASN1_DN, reversed }, true },
		{ "dn:CN=ks,O=Example", { ID_KEY_ID, same }, false },
		{ "dn:CN=ks", { ID_DER_ASN1_DN, same }, false },
	};
	struct conf_identity pattern;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		pattern = who_identity(cases[i].pattern);
		if (auth_id_is(&pattern, &cases[i].id) != cases[i].is)
			fail_msg("%zu: %s", i, cases[i].pattern);
	}
}

/* Whatever a peer sends, a log's line stays one. */
static void texts(void **state)
{
	const struct {
		struct wire_id id;
		const char *text;
	} cases[] = {
		{ { ID_FQDN, hex("610a62ff00") }, "a?b??" },
		{ { ID_RFC822_ADDR, ascii("a@\x1b[0m") }, "a@?[0m" },
		{ { ID_KEY_ID, hex("610a") }, "keyid:0x610a" },
		{ { ID_KEY_ID, ascii("a b") }, "keyid:0x612062" },
		{ { ID_DER_ASN1_DN, hex("3000") }, "a malformed DN" },
		{ { ID_DER_ASN1_DN, hex("300e310c300a06035504030c03610a62") }, "dn:CN=a\\0Ab" },
		{ { ID_IPV4_ADDR, hex("c00002") }, "an identity of type ID_IPV4_ADDR" },
		{ { ID_IPV6_ADDR, hex("c0000201") }, "an identity of type ID_IPV6_ADDR" },
		{ { ID_DER_ASN1_GN, hex("00") }, "an identity of type ID_DER_ASN1_GN" },
		{ { 200, hex("00") }, "an identity of type unknown" },
		{ { ID_NULL, { NULL, 0 } }, "nobody" },
		{ { ID_FQDN, { NULL, 0 } }, "nobody" },
	};
	static const struct {
		size_t size;
		const char *fqdn, *key_id, *hex_id, *dn, *address;
	} sizes[] = {
		{ 1, "", "", "", "", "" },
		{ 5, "gm.e", "keyi", "keyi", "dn:C", "an a" },
		{ 8, "gm.exam", "keyid:g", "keyid:0", "dn:CN=g", "an addr" },
		{ 10, "gm.exampl", "keyid:gm.", "keyid:0x", "dn:CN=gm.", "192.0.2.1" },
		{ 11, "gm.example", "keyid:gm.e", "keyid:0x67", "dn:CN=gm.e", "192.0.2.1" },
	};
	struct chunk name = ascii("gm.example"), binary = hex("6700");
	struct chunk dn = hex("30153113301106035504030c0a676d2e6578616d706c65");
	char text[64], guarded[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auth_id_text(&cases[i].id, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(guarded, '#', sizeof(guarded));
		auth_id_text(&(struct wire_id){ ID_FQDN, name }, guarded, sizes[i].size);
		assert_string_equal(guarded, sizes[i].fqdn);
		auth_id_text(&(struct wire_id){ ID_KEY_ID, name }, guarded, sizes[i].size);
		assert_string_equal(guarded, sizes[i].key_id);
		auth_id_text(&(struct wire_id){ ID_KEY_ID, binary }, guarded, sizes[i].size);
		assert_string_equal(guarded, sizes[i].hex_id);
		auth_id_text(&(struct wire_id){ ID_DER_ASN1_DN, dn }, guarded, sizes[i].size);
		assert_string_equal(guarded, sizes[i].dn);
		auth_id_text(&(struct wire_id){ ID_IPV4_ADDR, hex("c0000201") }, guarded,
			     sizes[i].size);
		assert_string_equal(guarded, sizes[i].address);
		assert_int_equal(guarded[sizes[i].size], '#');
	}
}

static void is_ppk(const struct auth_ppk *ppk, const char *id, const char *key, bool mandatory)
{
	assert_chunk_equal(ppk->id, ascii(id));
	assert_chunk_equal(ppk->key, hex(key + 2));
	assert_int_equal(ppk->mandatory, mandatory);
}

static const char ppk_one[] = "0x"
	"0101010101010101010101010101010101010101010101010101010101010101";
static const char ppk_two[] = "0x"
	"020202020202020202020202020202020202020202020202020202020202020202";
static const char ppk_three[] = "0x"
	"0303030303030303030303030303030303030303030303030303030303030303";

static struct auth_book *ppk_book(struct who *who)
{
	who_new(who);
	who_has_ppk(who, "one", "gm1.example", pki_text_file("1.ppk", ppk_one), false);
	who_has_ppk(who, "two", "*.example", pki_text_file("2.ppk", ppk_two), true);
	who_has_ppk(who, "three", "dn:CN=ks", pki_text_file("3.ppk", ppk_three), true);
	return book(who);
}

static bool ppk_for(struct auth_book *made, const char *peer, struct auth_ppk *ppk)
{
	const struct conf_identity identity = who_identity(peer);

	return auth_ppk_for(made, &identity, ppk);
}

static void ppks_for(void **state)
{
	struct auth_book *made;
	struct auth_ppk ppk;
	struct who who;

	(void)state;
	made = ppk_book(&who);
	assert_true(ppk_for(made, "gm1.example", &ppk));
	is_ppk(&ppk, "one", ppk_one, false);
	assert_true(ppk_for(made, "gm2.example", &ppk));
	is_ppk(&ppk, "two", ppk_two, true);
	assert_true(ppk_for(made, "dn:cn=KS", &ppk));
	is_ppk(&ppk, "three", ppk_three, true);
	assert_false(ppk_for(made, "dn:CN=kt", &ppk));
	assert_false(ppk_for(made, "a@b", &ppk));
	/* whoever it is has to have one */
	assert_true(ppk_for(made, "*", &ppk));
	assert_int_equal(ppk.key.len, 0);
	auth_book_drop(made);
}

static void ppks_named(void **state)
{
	const struct wire_id gm1 = { ID_FQDN, ascii("GM1.example") };
	const struct wire_id gm2 = { ID_FQDN, ascii("gm2.example") };
	const struct wire_id dn = { ID_DER_ASN1_DN, hex("300d310b300906035504030c026b73") };
	const struct wire_id dn2 = { ID_DER_ASN1_DN, hex("300d310b300906035504030c026b74") };
	const struct wire_id broken = { ID_DER_ASN1_DN, hex("300d") };
	uint8_t id[CONF_NAME_SIZE];
	struct auth_book *made;
	struct auth_ppk ppk;
	struct who who;

	(void)state;
	made = ppk_book(&who);
	assert_true(auth_ppk_named_by(made, ascii("two"), &gm1, &ppk));
	is_ppk(&ppk, "two", ppk_two, true);
	assert_true(auth_ppk_named_by(made, ascii("one"), &gm1, &ppk));
	is_ppk(&ppk, "one", ppk_one, false);
	assert_true(auth_ppk_named_by(made, ascii("three"), &dn, &ppk));
	is_ppk(&ppk, "three", ppk_three, true);

	/* no such name */
	assert_false(auth_ppk_named_by(made, ascii("tw"), &gm1, &ppk));
	assert_false(auth_ppk_named_by(made, ascii("two2"), &gm1, &ppk));
	assert_false(auth_ppk_named_by(made, (struct chunk){ NULL, 0 }, &gm1, &ppk));
	assert_false(auth_ppk_named_by(made, hex("74776f 00"), &gm1, &ppk));
	memset(id, 'x', sizeof(id));
	assert_false(auth_ppk_named_by(made, CHUNK(id), &gm1, &ppk));
	assert_false(auth_ppk_named_by(made, (struct chunk){ id, sizeof(id) - 1 }, &gm1, &ppk));
	assert_false(auth_ppk_named_by(made, ascii("four"), &dn, &ppk));

	/* it is another's */
	assert_false(auth_ppk_named_by(made, ascii("one"), &gm2, &ppk));
	assert_false(auth_ppk_named_by(made, ascii("three"), &dn2, &ppk));
	assert_false(auth_ppk_named_by(made, ascii("three"), &broken, &ppk));
	auth_book_drop(made);
}

static void ppks_needed(void **state)
{
	const struct wire_id gm1 = { ID_FQDN, ascii("GM1.example") };
	const struct wire_id gm2 = { ID_FQDN, ascii("gm2.example") };
	const struct wire_id dn = { ID_DER_ASN1_DN, hex("300d310b300906035504030c026b73") };
	const struct wire_id dn2 = { ID_DER_ASN1_DN, hex("300d310b300906035504030c026b74") };
	const struct wire_id mail = { ID_RFC822_ADDR, ascii("a@b") };
	const struct wire_id broken = { ID_DER_ASN1_DN, hex("300d") };
	struct auth_book *made;
	struct auth_ppk ppk;
	struct who who;

	(void)state;
	made = ppk_book(&who);
	/* of the first that covers it, "one", a peer may do without */
	assert_false(auth_ppk_needed(made, &gm1, &ppk));
	assert_true(auth_ppk_needed(made, &gm2, &ppk));
	is_ppk(&ppk, "two", ppk_two, true);
	assert_true(auth_ppk_needed(made, &dn, &ppk));
	is_ppk(&ppk, "three", ppk_three, true);
	assert_false(auth_ppk_needed(made, &dn2, &ppk));
	assert_false(auth_ppk_needed(made, &mail, &ppk));

	/* no way around it by an identity that nobody understands */
	assert_true(auth_ppk_needed(made, &broken, &ppk));
	assert_int_equal(ppk.key.len, 0);
	assert_true(ppk.mandatory);
	auth_book_drop(made);
}

#define ROUNDS	40

struct worker {
	pthread_t thread;
	struct auth_book *book;
	int failed;
};

/* Prove and check, with a book that another thread uses too. */
static void *busy(void *arg)
{
	struct worker *worker = arg;
	struct auth_exchange exchange;
	struct auth_proof proof;
	struct wire_auth auth;
	struct reason why;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		struct auth_book *mine = auth_book_hold(worker->book);
		const struct auth_self *self = auth_self(mine, "here");

		exchange = (struct auth_exchange){
			.prf = PRF_HMAC_SHA2_256,
			.input = {
				.message = ascii("m"), .nonce = ascii("n"), .id = ascii("i"),
				.sk_p = ascii("p"),
			},
			.hashes = WHO_ALL_HASHES, .certreq = i % 2, .peer = auth_self_id(self),
		};
		worker->failed += auth_prove(mine, self, &exchange, &proof, &why) != 0;
		auth = (struct wire_auth){ proof.method, proof.algorithm,
					   { proof.data, proof.len } };
		worker->failed += auth_check(mine, &exchange, &auth, proof.certs, proof.n_certs, PKI_NOW,
				     &why) != 0;
		auth_book_drop(mine);
	}
	return NULL;
}

static void threads(void **state)
{
	struct worker workers[3];
	struct auth_book *made;
	struct who who;
	size_t i;

	(void)state;
	who_new(&who);
	who_is(&who, "dn:CN=gm,O=gemcast tests", gm_file, key_file);
	who_trusts(&who, ca_file);
	who_has_psk(&who, "dn:CN=gm,O=gemcast tests", pki_text_file("psk", "a secret"));
	made = book(&who);
	for (i = 0; i < 3; i++) {
		workers[i].book = made;
		workers[i].failed = 0;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, busy, &workers[i]), 0);
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].failed, 0);
	}
	auth_book_drop(made);
}

static int setup(void **state)
{
	const struct pki_cert *const cas[] = { &ca, NULL }, *const gms[] = { &gm, NULL };
	struct reason why;

	(void)state;
	ca = pki_make(&(struct pki_spec){ .cn = "ca", .ca = true }, NULL);
	gm = pki_make(&(struct pki_spec){ .cn = "gm", .alt = "DNS:gm.example" }, &ca);
	ca_file = pki_cert_file("ca.pem", cas);
	gm_file = pki_cert_file("gm.pem", gms);
	key_file = pki_key_file("gm.key", gm.key);
	return crypto_init(&crypto, NULL, &why);
}

static int teardown(void **state)
{
	(void)state;
	pki_free(&gm);
	pki_free(&ca);
	pki_cleanup();
	crypto_free(&crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(selves),
		cmocka_unit_test(certreq),
		cmocka_unit_test(wrong_credentials),
		cmocka_unit_test(wrong_trust),
		cmocka_unit_test(wrong_psk),
		cmocka_unit_test(wrong_ppk),
		cmocka_unit_test(credentials_directory),
		cmocka_unit_test(identities),
		cmocka_unit_test(patterns),
		cmocka_unit_test(texts),
		cmocka_unit_test(ppks_for),
		cmocka_unit_test(ppks_named),
		cmocka_unit_test(ppks_needed),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests_name("auth book", tests, setup, teardown);
}
