// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AUTH payloads: who proves what by which method, who is believed, and the reason that
 * an administrator reads when somebody is not.
 */
#include <errno.h>
#include <string.h>
#include <openssl/ec.h>
#include "ike/auth.h"
#include "hex.h"
#include "pki.h"
#include "test.h"
#include "who.h"

static struct crypto crypto;

/* root -> ca -> what a test makes; other is nobody's */
static struct pki_cert root, ca, other;
static const char *root_file, *other_file;

/* The group member gm has begun to talk to the key server ks. */
struct meeting {
	struct auth_book *gm, *ks;
	struct secret body;
	struct auth_exchange exchange;	/* as gm sees it */
	struct auth_proof proof;
};

static struct auth_book *book(const struct who *who)
{
	struct reason why;
	struct auth_book *made = who_book(&crypto, who, &why);

	if (!made)
		fail_msg("%s", why.text);
	return made;
}

static void meet(struct meeting *m, const struct who *gm, const struct who *ks)
{
	struct wire_id id;

	*m = (struct meeting){ .gm = book(gm), .ks = book(ks) };
	id = auth_self_id(auth_self(m->gm, "here"));
	m->exchange = who_exchange(id, &m->body);
	m->exchange.peer = auth_self_id(auth_self(m->ks, "here"));
}

static void part(struct meeting *m)
{
	auth_book_drop(m->gm);
	auth_book_drop(m->ks);
	secret_free(&m->body);
}

static int prove(struct meeting *m, struct reason *why)
{
	*why = (struct reason){ "" };
	return auth_prove(m->gm, auth_self(m->gm, "here"), &m->exchange, &m->proof, why);
}

static struct wire_auth payload(const struct meeting *m)
{
	return (struct wire_auth){
		.method = m->proof.method,
		.algorithm = m->proof.algorithm,
		.data = { m->proof.data, m->proof.len },
	};
}

static int check_at(struct meeting *m, const struct wire_auth *auth, int64_t now,
		    struct reason *why)
{
	struct auth_exchange seen = m->exchange;

	*why = (struct reason){ "" };
	seen.peer = auth_self_id(auth_self(m->gm, "here"));
	return auth_check(m->ks, &seen, auth, m->proof.certs, m->proof.n_certs, now, why);
}

static int check(struct meeting *m, struct reason *why)
{
	struct wire_auth auth = payload(m);

	return check_at(m, &auth, PKI_NOW, why);
}

/* gm proves to be itself by @method, and is believed. */
static void believed(const struct who *gm, const struct who *ks, uint8_t method)
{
	struct meeting m;
	struct reason why;

	meet(&m, gm, ks);
	if (prove(&m, &why))
		fail_msg("%s", why.text);
	assert_int_equal(m.proof.method, method);
	if (check(&m, &why))
		fail_msg("%s", why.text);
	/* another nonce is another exchange */
	m.exchange.input.nonce = ascii("a nonce of 17 octets");
	assert_int_equal(check(&m, &why), -EBADMSG);
	part(&m);
}

/* gm proves to be itself, and is refused for this reason. */
static void refused_at(const struct who *gm, const struct who *ks, int64_t now, int err,
		       const char *text)
{
	struct wire_auth auth;
	struct meeting m;
	struct reason why;

	meet(&m, gm, ks);
	if (prove(&m, &why))
		fail_msg("%s", why.text);
	auth = payload(&m);
	assert_int_equal(check_at(&m, &auth, now, &why), err);
	assert_string_equal(why.text, text);
	part(&m);
}

static void refused(const struct who *gm, const struct who *ks, int err, const char *text)
{
	refused_at(gm, ks, PKI_NOW, err, text);
}

/* A certificate under ca, and who has it; its issuer is sent with it. */
static struct pki_cert certified(struct who *who, const char *identity,
				 const struct pki_spec *spec)
{
	struct pki_cert made = pki_make(spec, &ca);
	const struct pki_cert *const chain[] = { &made, &ca, NULL };

	who_is(who, identity, pki_cert_file("gm.pem", chain), pki_key_file("gm.key", made.key));
	return made;
}

static const struct pki_spec gm_spec = { .cn = "gm", .alt = "DNS:gm.example" };

static void psk(void **state)
{
	struct who gm, ks;

	(void)state;
	who_new(&gm);
	who_is(&gm, "gm.example", NULL, NULL);
	who_has_psk(&gm, "ks.example", pki_text_file("gm.psk", "0x6120736563726574\n"));
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_has_psk(&ks, "*.example", pki_text_file("ks.psk", "a secret"));
	believed(&gm, &ks, AUTH_METHOD_SHARED_KEY_MIC);
	believed(&ks, &gm, AUTH_METHOD_SHARED_KEY_MIC);
}

static void psk_wrong(void **state)
{
	struct who gm, ks;

	(void)state;
	who_new(&gm);
	who_is(&gm, "gm.example", NULL, NULL);
	who_has_psk(&gm, "*", pki_text_file("gm.psk", "a secret"));
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_has_psk(&ks, "gm.example", pki_text_file("ks.psk", "a secreT"));
	refused(&gm, &ks, -EBADMSG, "AUTH is not made with the pre-shared key for gm.example");
}

/* The first entry that covers a peer counts, though another would do. */
static void psk_order(void **state)
{
	struct who gm, ks;

	(void)state;
	who_new(&gm);
	who_is(&gm, "gm.example", NULL, NULL);
	who_has_psk(&gm, "ks.example", pki_text_file("gm.psk", "mine"));
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_has_psk(&ks, "gm2.example", pki_text_file("gm2.psk", "other"));
	refused(&gm, &ks, -ENOKEY, "no pre-shared key for gm.example");
	who_has_psk(&ks, "gm.example", pki_text_file("gm.psk", "mine"));
	who_has_psk(&ks, "*.example", pki_text_file("all.psk", "all"));
	believed(&gm, &ks, AUTH_METHOD_SHARED_KEY_MIC);
	ks.psk[1].peer = who_identity("*.example");
	ks.psk[2].peer = who_identity("gm.example");
	believed(&gm, &ks, AUTH_METHOD_SHARED_KEY_MIC);
	ks.psk[0].peer = who_identity("*");
	refused(&gm, &ks, -EBADMSG, "AUTH is not made with the pre-shared key for gm.example");
}

static void psk_damaged(void **state)
{
	static const uint8_t zeros[32];
	struct who gm, ks;
	struct wire_auth auth;
	struct meeting m;
	struct reason why;
	size_t len;

	(void)state;
	who_new(&gm);
	who_is(&gm, "gm.example", NULL, NULL);
	who_has_psk(&gm, "*", pki_text_file("psk", "a secret"));
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_has_psk(&ks, "*", pki_text_file("psk", "a secret"));
	meet(&m, &gm, &ks);
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.len, 32);
	assert_int_equal(m.proof.n_certs, 0);
	assert_int_equal(m.proof.algorithm.len, 0);
	for (len = 0; len <= 33; len++) {
		m.proof.len = len;
		assert_int_equal(check(&m, &why), len == 32 ? 0 : -EBADMSG);
	}
	m.proof.len = 32;
	for (len = 0; len < 32; len++) {
		m.proof.data[len] ^= 1;
		assert_int_equal(check(&m, &why), -EBADMSG);
		m.proof.data[len] ^= 1;
	}
	auth = payload(&m);
	auth.data = CHUNK(zeros);
	assert_int_equal(check_at(&m, &auth, PKI_NOW, &why), -EBADMSG);
	/* a PRF that is none, and a key that is none: both sides say so */
	m.exchange.prf = PRF_HMAC_MD5;
	assert_int_equal(check(&m, &why), -ENOTSUP);
	assert_string_equal(why.text, "AUTH cannot be checked");
	assert_int_equal(prove(&m, &why), -ENOTSUP);
	assert_string_equal(why.text, "AUTH cannot be made: Operation not supported");
	m.exchange.prf = PRF_HMAC_SHA2_512;
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.len, 64);
	assert_int_equal(check(&m, &why), 0);
	part(&m);
}

/* What AUTH covers: RFC 7296 2.15, with a MAC that is made here. */
static void psk_octets(void **state)
{
	uint8_t maced_id[32], padded[32], expected[32];
	struct chunk data[3], pad = ascii("Key Pad for IKEv2");
	struct meeting m;
	struct reason why;
	struct who who;

	(void)state;
	who_new(&who);
	who_is(&who, "gm.example", NULL, NULL);
	who_has_psk(&who, "*", pki_text_file("psk", "a secret"));
	meet(&m, &who, &who);
	assert_int_equal(prove(&m, &why), 0);
	data[0] = hex("02 000000 676d2e6578616d706c65");
	assert_int_equal(prf(&crypto, PRF_HMAC_SHA2_256, m.exchange.input.sk_p, data, 1, maced_id),
			 0);
	assert_int_equal(prf(&crypto, PRF_HMAC_SHA2_256, ascii("a secret"), &pad, 1, padded), 0);
	data[0] = m.exchange.input.message;
	data[1] = m.exchange.input.nonce;
	data[2] = CHUNK(maced_id);
	assert_int_equal(prf(&crypto, PRF_HMAC_SHA2_256, CHUNK(padded), data, 3, expected), 0);
	assert_memory_equal(m.proof.data, expected, 32);
	part(&m);
}

static void certificates(void **state)
{
	static const char *const keys[] = {
		"P-256", "P-384", "P-521", "ED25519", "RSA:2048", "RSA-PSS:2048",
	};
	struct pki_spec spec = gm_spec;
	struct pki_cert made;
	struct who gm, ks;
	size_t i;

	(void)state;
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_trusts(&ks, root_file);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		spec.key = keys[i];
		who_new(&gm);
		made = certified(&gm, "gm.example", &spec);
		believed(&gm, &ks, AUTH_METHOD_DIGITAL_SIGNATURE);
		pki_free(&made);
	}
}

/* The hash that a key wants, another that the peer has, none. */
static void choice_of_hash(void **state)
{
	static const struct {
		unsigned int hashes;
		uint16_t used;		/* 0: none does */
	} cases[] = {
		{ WHO_ALL_HASHES, HASH_SHA2_384 },
		{ 1U << HASH_SHA2_256 | 1U << HASH_SHA2_512, HASH_SHA2_512 },
		{ 1U << HASH_SHA2_256, HASH_SHA2_256 },
		{ 1U << HASH_SHA1 | 1U << HASH_IDENTITY, 0 },
		{ 0, 0 },
	};
	struct pki_spec spec = gm_spec;
	struct pki_cert made;
	struct who gm, ks;
	struct meeting m;
	struct reason why;
	size_t i;

	(void)state;
	spec.key = "P-384";
	who_new(&gm);
	made = certified(&gm, "gm.example", &spec);
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_trusts(&ks, root_file);
	meet(&m, &gm, &ks);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m.exchange.hashes = cases[i].hashes;
		assert_int_equal(prove(&m, &why), cases[i].used ? 0 : -ENOKEY);
		if (!cases[i].used) {
			assert_string_equal(why.text, "no pre-shared key for ks.example, and it "
				"announced no hash that goes with the certificate's key");
			assert_int_equal(m.proof.method, 0);
			continue;
		}
		assert_int_equal(scheme_of(m.proof.algorithm)->hash, cases[i].used);
		assert_int_equal(m.proof.n_certs, 2);
		assert_int_equal(m.proof.certs[1].encoding, CERT_X509_SIGNATURE);
		assert_int_equal(check(&m, &why), 0);
	}
	part(&m);
	pki_free(&made);
}

/* With both: by the certificate if the peer asked for one and knows its hash. */
static void choice_of_method(void **state)
{
	struct pki_cert made;
	struct who gm, ks;
	struct meeting m;
	struct reason why;

	(void)state;
	who_new(&gm);
	made = certified(&gm, "gm.example", &gm_spec);
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_trusts(&ks, root_file);
	meet(&m, &gm, &ks);
	m.exchange.certreq = false;
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.method, AUTH_METHOD_DIGITAL_SIGNATURE);
	part(&m);

	who_has_psk(&gm, "ks.example", pki_text_file("psk", "a secret"));
	meet(&m, &gm, &ks);
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.method, AUTH_METHOD_DIGITAL_SIGNATURE);
	m.exchange.certreq = false;
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.method, AUTH_METHOD_SHARED_KEY_MIC);
	m.exchange.certreq = true;
	m.exchange.hashes = 0;
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.method, AUTH_METHOD_SHARED_KEY_MIC);
	/* not known yet whom it is for */
	m.exchange.peer = (struct wire_id){ 0 };
	assert_int_equal(prove(&m, &why), -ENOKEY);
	m.exchange.hashes = WHO_ALL_HASHES;
	m.exchange.certreq = false;
	assert_int_equal(prove(&m, &why), 0);
	assert_int_equal(m.proof.method, AUTH_METHOD_DIGITAL_SIGNATURE);
	part(&m);
	pki_free(&made);
}

static void nothing_to_prove_by(void **state)
{
	struct who gm, ks;
	struct meeting m;
	struct reason why;

	(void)state;
	who_new(&gm);
	who_is(&gm, "gm.example", NULL, NULL);
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	meet(&m, &gm, &ks);
	assert_int_equal(prove(&m, &why), -ENOKEY);
	assert_string_equal(why.text, "no pre-shared key for ks.example, and no certificate to "
				      "prove to be oneself by");
	part(&m);
}

static void certificate_refused(void **state)
{
	struct pki_spec spec = gm_spec;
	struct pki_cert made;
	struct who gm, ks;

	(void)state;
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_new(&gm);
	made = certified(&gm, "gm.example", &gm_spec);
	refused(&gm, &ks, -ENOKEY, "a signature instead of a pre-shared key, but no CA is trusted");
	who_trusts(&ks, other_file);
	refused(&gm, &ks, -EKEYREJECTED, "certificate of CN=ca,O=gemcast tests leads to no "
		"configured CA: its issuer is CN=root,O=gemcast tests");
	who_trusts(&ks, root_file);
	believed(&gm, &ks, AUTH_METHOD_DIGITAL_SIGNATURE);
	refused_at(&gm, &ks, PKI_NOW + 2 * PKI_YEAR, -EKEYREJECTED,
		   "certificate of CN=root,O=gemcast tests has expired on 2028-01-15 08:00:00 UTC");
	pki_free(&made);

	spec.until = PKI_NOW - PKI_HOUR / 2;
	who_new(&gm);
	made = certified(&gm, "gm.example", &spec);
	refused(&gm, &ks, -EKEYREJECTED,
		"certificate of CN=gm,O=gemcast tests has expired on 2027-01-15 07:30:00 UTC");
	pki_free(&made);
}

/* Who is in it is in it: a certificate of somebody else proves nothing. */
static void identity_refused(void **state)
{
	struct pki_cert made;
	struct auth_exchange seen;
	struct wire_auth auth;
	struct who gm, ks;
	struct meeting m;
	struct reason why;

	(void)state;
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_trusts(&ks, root_file);
	who_new(&gm);
	made = certified(&gm, "gm.example", &gm_spec);
	meet(&m, &gm, &ks);
	m.exchange.input.id = hex("02 000000 676d322e6578616d706c65");
	assert_int_equal(prove(&m, &why), 0);
	auth = payload(&m);
	seen = m.exchange;
	seen.peer = (struct wire_id){ ID_FQDN, ascii("gm2.example") };
	assert_int_equal(auth_check(m.ks, &seen, &auth, m.proof.certs, m.proof.n_certs, PKI_NOW,
				    &why), -EKEYREJECTED);
	assert_string_equal(why.text, "certificate of CN=gm,O=gemcast tests does not stand for "
				      "the identity gm2.example");
	/* and the right one is not what was signed */
	assert_int_equal(check(&m, &why), 0);
	seen.peer = (struct wire_id){ ID_FQDN, ascii("gm.example") };
	seen.input.id = hex("02 000000 676d2e6578616d706c65");
	assert_int_equal(auth_check(m.ks, &seen, &auth, m.proof.certs, m.proof.n_certs, PKI_NOW,
				    &why), -EBADMSG);
	assert_string_equal(why.text, "the ecdsa-with-SHA256 signature does not verify");
	part(&m);
	pki_free(&made);
}

static void no_identity(void **state)
{
	const struct wire_id wrong[] = {
		{ ID_FQDN, { NULL, 0 } },
		{ ID_NULL, ascii("x") },
		{ ID_NULL, { NULL, 0 } },
		{ ID_DER_ASN1_DN, ascii("CN=gm") },
		{ ID_DER_ASN1_DN, hex("3000") },
	};
	struct auth_exchange seen;
	struct wire_auth auth;
	struct meeting m;
	struct reason why;
	struct who who;
	size_t i;

	(void)state;
	who_new(&who);
	who_is(&who, "gm.example", NULL, NULL);
	who_has_psk(&who, "*", pki_text_file("psk", "a secret"));
	meet(&m, &who, &who);
	assert_int_equal(prove(&m, &why), 0);
	auth = payload(&m);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		seen = m.exchange;
		seen.peer = wrong[i];
		assert_int_equal(auth_check(m.ks, &seen, &auth, NULL, 0, PKI_NOW, &why),
				 -EKEYREJECTED);
		assert_string_equal(why.text, "the peer's identity makes no sense");
		m.exchange.peer = wrong[i];
		assert_int_equal(prove(&m, &why), -ENOKEY);
	}
	part(&m);
}

static const char *crl_file(const char *name, const struct pki_cert *revoked, int64_t until)
{
	X509_CRL *crls[3] = {
		pki_crl(&ca, revoked, PKI_NOW - PKI_HOUR, until),
		pki_crl(&root, NULL, PKI_NOW - PKI_HOUR, until),
		NULL,
	};
	const char *path = pki_crl_file(name, crls);

	X509_CRL_free(crls[0]);
	X509_CRL_free(crls[1]);
	return path;
}

static void revocation(void **state)
{
	static const char revoked[] =
		"certificate of CN=gm,O=gemcast tests was revoked on 2027-01-15 07:00:00 UTC";
	struct pki_cert made;
	struct who gm, ks;

	(void)state;
	who_new(&gm);
	made = certified(&gm, "gm.example", &gm_spec);
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_trusts(&ks, root_file);
	ks.conf.trust.crl_check = CONF_CRL_IF_PRESENT;
	believed(&gm, &ks, AUTH_METHOD_DIGITAL_SIGNATURE);
	ks.conf.trust.crl_check = CONF_CRL_STRICT;
	refused(&gm, &ks, -EKEYREJECTED, "no CRL of CN=ca,O=gemcast tests to check certificate "
		"of CN=gm,O=gemcast tests with");
	who_has_crl(&ks, crl_file("crl.pem", NULL, PKI_NOW + PKI_HOUR), CONF_CRL_STRICT);
	believed(&gm, &ks, AUTH_METHOD_DIGITAL_SIGNATURE);
	crl_file("crl.pem", NULL, PKI_NOW - PKI_HOUR / 2);
	refused(&gm, &ks, -EKEYREJECTED, "CRL of CN=ca,O=gemcast tests has expired on "
		"2027-01-15 07:30:00 UTC, for certificate of CN=gm,O=gemcast tests");
	crl_file("crl.pem", &made, PKI_NOW + PKI_HOUR);
	refused(&gm, &ks, -EKEYREJECTED, revoked);
	ks.conf.trust.crl_check = CONF_CRL_IF_PRESENT;
	refused(&gm, &ks, -EKEYREJECTED, revoked);
	ks.conf.trust.crl_check = CONF_CRL_OFF;
	believed(&gm, &ks, AUTH_METHOD_DIGITAL_SIGNATURE);
	pki_free(&made);
}

/* A meeting in which gm has come by its certificate. */
static struct pki_cert meet_certified(struct meeting *m, const char *key)
{
	struct pki_spec spec = gm_spec;
	struct pki_cert made;
	struct who gm, ks;
	struct reason why;

	spec.key = key;
	who_new(&gm);
	made = certified(&gm, "gm.example", &spec);
	who_new(&ks);
	who_is(&ks, "ks.example", NULL, NULL);
	who_trusts(&ks, root_file);
	meet(m, &gm, &ks);
	assert_int_equal(prove(m, &why), 0);
	return made;
}

static void methods(void **state)
{
	static const struct {
		uint8_t method;
		const char *text;
	} cases[] = {
		{ AUTH_METHOD_RSA_DIGITAL_SIGNATURE,
		  "authentication method RSA_DIGITAL_SIGNATURE (1) is not accepted" },
		{ AUTH_METHOD_DSS_DIGITAL_SIGNATURE,
		  "authentication method DSS_DIGITAL_SIGNATURE (3) is not accepted" },
		{ AUTH_METHOD_GENERIC_SECURE_PASSWORD,
		  "authentication method GENERIC_SECURE_PASSWORD (12) is not accepted" },
		{ AUTH_METHOD_NULL_AUTHENTICATION,
		  "authentication method NULL_AUTHENTICATION (13) is not accepted" },
		{ 0, "authentication method unknown (0) is not accepted" },
		{ 255, "authentication method unknown (255) is not accepted" },
	};
	struct wire_auth auth;
	struct pki_cert made;
	struct meeting m;
	struct reason why;
	size_t i;

	(void)state;
	made = meet_certified(&m, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auth = payload(&m);
		auth.method = cases[i].method;
		assert_int_equal(check_at(&m, &auth, PKI_NOW, &why), -ENOTSUP);
		assert_string_equal(why.text, cases[i].text);
	}
	/* nobody wants to know */
	assert_int_equal(auth_check(m.ks, &m.exchange, &auth, NULL, 0, PKI_NOW, NULL), -ENOTSUP);
	part(&m);
	pki_free(&made);
}

static void weak_algorithms(void **state)
{
	static const struct {
		const char *der, *text;
	} cases[] = {
		{ "300d06092a864886f70d0101050500",
		  "the signature algorithm sha1WithRSAEncryption is not accepted" },
		{ "300d06092a864886f70d01010b0500",
		  "the signature algorithm sha256WithRSAEncryption is not accepted" },
		{ "300906072a8648ce3d0401",
		  "the signature algorithm ecdsa-with-SHA1 is not accepted" },
		{ "303e06092a864886f70d01010a3031a00b300906052b0e03021a0500a1183016"
		  "06092a864886f70d010108300906052b0e03021a0500a203020114a303020101",
		  "the signature algorithm rsassaPss with these parameters is not accepted" },
		{ "30060604cb7f8f7f", "the signature algorithm 2.9647.2047 is not accepted" },
		{ "30", "the signature algorithm is not accepted" },
		{ "", "the signature algorithm is not accepted" },
		/* good, but not with this key */
		{ "300506032b6570", "the key does not make Ed25519 signatures" },
		{ "300a06082a8648ce3d040303", "the ecdsa-with-SHA384 signature does not verify" },
	};
	struct wire_auth auth;
	struct pki_cert made;
	struct meeting m;
	struct reason why;
	size_t i;

	(void)state;
	made = meet_certified(&m, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		auth = payload(&m);
		auth.algorithm = hex(cases[i].der);
		assert_int_equal(check_at(&m, &auth, PKI_NOW, &why), i < 7 ? -ENOTSUP : -EBADMSG);
		assert_string_equal(why.text, cases[i].text);
	}
	part(&m);
	pki_free(&made);
}

static void certs_on_the_wire(void **state)
{
	struct wire_cert certs[WIRE_MAX_CERTS + 4];
	struct auth_exchange seen;
	struct wire_auth auth;
	struct pki_cert made;
	struct meeting m;
	struct reason why;
	size_t i;

	(void)state;
	made = meet_certified(&m, NULL);
	auth = payload(&m);
	seen = m.exchange;
	seen.peer = auth_self_id(auth_self(m.gm, "here"));
	assert_int_equal(auth_check(m.ks, &seen, &auth, NULL, 0, PKI_NOW, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "a signature without an X.509 certificate");
	certs[0] = (struct wire_cert){ CERT_HASH_AND_URL, ascii("20 octets and an URL") };
	assert_int_equal(auth_check(m.ks, &seen, &auth, certs, 1, PKI_NOW, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "a signature without an X.509 certificate");
	/* others are passed over, however many */
	for (i = 0; i < WIRE_MAX_CERTS + 2; i++)
		certs[i] = certs[0];
	certs[i++] = m.proof.certs[0];
	certs[i++] = m.proof.certs[1];
	assert_int_equal(auth_check(m.ks, &seen, &auth, certs, i, PKI_NOW, &why), 0);
	/* the first is the one that signs */
	certs[0] = m.proof.certs[1];
	certs[1] = m.proof.certs[0];
	assert_int_equal(auth_check(m.ks, &seen, &auth, certs, 2, PKI_NOW, &why), -EKEYREJECTED);
	/* as many as there may be, and one more than anybody looks at */
	for (i = 0; i < WIRE_MAX_CERTS; i++)
		certs[i] = m.proof.certs[i == WIRE_MAX_CERTS - 1];
	assert_int_equal(auth_check(m.ks, &seen, &auth, certs, i, PKI_NOW, &why), 0);
	certs[i] = certs[i - 1];
	certs[i - 1] = certs[0];
	assert_int_equal(auth_check(m.ks, &seen, &auth, certs, i + 1, PKI_NOW, &why),
			 -EKEYREJECTED);
	certs[0] = (struct wire_cert){ CERT_X509_SIGNATURE, ascii("no certificate") };
	assert_int_equal(auth_check(m.ks, &seen, &auth, certs, 2, PKI_NOW, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "certificate 1 of 2 is no DER certificate");
	part(&m);
	pki_free(&made);
}

/* r | s of a DER signature. */
static void make_raw(struct auth_proof *proof, int len)
{
	const uint8_t *at = proof->data;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)proof->len);

	assert_non_null(sig);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), proof->data, len), len);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), proof->data + len, len), len);
	ECDSA_SIG_free(sig);
	proof->len = 2 * (size_t)len;
	proof->algorithm = (struct chunk){ 0 };
}

/* RFC 4754: older peers, whose method says curve and hash by its number. */
static void raw_ecdsa(void **state)
{
	static const struct {
		const char *key;
		uint8_t method;
		int len;
		unsigned int hash;
	} cases[] = {
		{ "P-256", AUTH_METHOD_ECDSA_SHA2_256_P256, 32, HASH_SHA2_256 },
		{ "P-384", AUTH_METHOD_ECDSA_SHA2_384_P384, 48, HASH_SHA2_384 },
		{ "P-521", AUTH_METHOD_ECDSA_SHA2_512_P521, 66, HASH_SHA2_512 },
	};
	struct pki_cert made;
	struct meeting m;
	struct reason why;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		made = meet_certified(&m, cases[i].key);
		m.exchange.hashes = 1U << cases[i].hash;
		assert_int_equal(prove(&m, &why), 0);
		make_raw(&m.proof, cases[i].len);
		m.proof.method = cases[i].method;
		if (check(&m, &why))
			fail_msg("%s", why.text);
		m.proof.data[cases[i].len] ^= 1;
		assert_int_equal(check(&m, &why), -EBADMSG);
		m.proof.data[cases[i].len] ^= 1;
		m.proof.method = cases[(i + 1) % 3].method;
		assert_int_equal(check(&m, &why), -EBADMSG);
		m.proof.method = cases[i].method;
		m.proof.len--;
		assert_int_equal(check(&m, &why), -EBADMSG);
		m.proof.len = 0;
		assert_int_equal(check(&m, &why), -EBADMSG);
		assert_string_equal(why.text, "the key does not make signatures of 0 octets");
		part(&m);
		pki_free(&made);
	}
}

/* By certificate and by pre-shared key, one in each direction. */
static void both_ways(void **state)
{
	struct pki_cert made;
	struct who gm, ks;
	struct meeting m;
	struct reason why;

	(void)state;
	who_new(&ks);
	made = certified(&ks, "gm.example", &gm_spec);
	who_has_psk(&ks, "gm1.example", pki_text_file("psk", "a secret"));
	who_new(&gm);
	who_is(&gm, "gm1.example", NULL, NULL);
	who_has_psk(&gm, "gm.example", pki_text_file("psk", "a secret"));
	who_trusts(&gm, root_file);
	believed(&gm, &ks, AUTH_METHOD_SHARED_KEY_MIC);
	believed(&ks, &gm, AUTH_METHOD_DIGITAL_SIGNATURE);
	/* a MAC is no signature, nor the other way round */
	meet(&m, &gm, &ks);
	assert_int_equal(prove(&m, &why), 0);
	m.proof.method = AUTH_METHOD_DIGITAL_SIGNATURE;
	assert_int_equal(check(&m, &why), -ENOKEY);
	part(&m);
	meet(&m, &ks, &gm);
	assert_int_equal(prove(&m, &why), 0);
	m.proof.method = AUTH_METHOD_SHARED_KEY_MIC;
	assert_int_equal(check(&m, &why), -EBADMSG);
	part(&m);
	pki_free(&made);
}

static void distinguished_name(void **state)
{
	struct pki_cert made;
	struct who gm, ks;

	(void)state;
	who_new(&ks);
	who_is(&ks, "dn:CN=ks,O=Example", NULL, NULL);
	who_trusts(&ks, root_file);
	who_has_psk(&ks, "dn:CN=other", pki_text_file("psk2", "another"));
	who_has_psk(&ks, "dn:cn=GM, o=Gemcast  Tests", pki_text_file("psk", "a secret"));
	who_new(&gm);
	made = certified(&gm, "dn:CN=gm,O=gemcast tests", &gm_spec);
	believed(&gm, &ks, AUTH_METHOD_DIGITAL_SIGNATURE);
	pki_free(&made);
	who_new(&gm);
	who_is(&gm, "dn:CN=gm,O=gemcast tests", NULL, NULL);
	who_has_psk(&gm, "dn:CN=ks,O=Example", pki_text_file("psk", "a secret"));
	believed(&gm, &ks, AUTH_METHOD_SHARED_KEY_MIC);
	gm.credentials[0].identity = who_identity("dn:O=gemcast tests,CN=gm");
	refused(&gm, &ks, -ENOKEY, "no pre-shared key for dn:O=gemcast tests,CN=gm");
}

static int setup(void **state)
{
	const struct pki_cert *const roots[] = { &root, NULL }, *const others[] = { &other, NULL };
	struct reason why;

	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "root", .ca = true }, NULL);
	ca = pki_make(&(struct pki_spec){ .cn = "ca", .ca = true }, &root);
	other = pki_make(&(struct pki_spec){ .cn = "other", .ca = true }, NULL);
	root_file = pki_cert_file("root.pem", roots);
	other_file = pki_cert_file("other.pem", others);
	return crypto_init(&crypto, NULL, &why);
}

static int teardown(void **state)
{
	(void)state;
	pki_free(&other);
	pki_free(&ca);
	pki_free(&root);
	pki_cleanup();
	crypto_free(&crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(psk),
		cmocka_unit_test(psk_wrong),
		cmocka_unit_test(psk_order),
		cmocka_unit_test(psk_damaged),
		cmocka_unit_test(psk_octets),
		cmocka_unit_test(certificates),
		cmocka_unit_test(choice_of_hash),
		cmocka_unit_test(choice_of_method),
		cmocka_unit_test(nothing_to_prove_by),
		cmocka_unit_test(certificate_refused),
		cmocka_unit_test(identity_refused),
		cmocka_unit_test(no_identity),
		cmocka_unit_test(revocation),
		cmocka_unit_test(methods),
		cmocka_unit_test(weak_algorithms),
		cmocka_unit_test(certs_on_the_wire),
		cmocka_unit_test(raw_ecdsa),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(distinguished_name),
	};

	return cmocka_run_group_tests_name("auth", tests, setup, teardown);
}
