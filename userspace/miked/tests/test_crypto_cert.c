// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates: paths, validity, usage, name constraints, CRLs, identities; the reason
 * that an administrator reads is part of what is tested.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include "crypto/credential.h"
#include "crypto/trust.h"
#include "hex.h"
#include "pki.h"
#include "test.h"

static struct crypto crypto;

/* root -> ca (an intermediate) -> what a test makes */
static struct pki_cert root, ca;

static const struct pki_spec plain = { .cn = "ks", .alt = "DNS:ks.example" };

/* Whom a test trusts; freed by it. */
static struct trust trusting(const struct pki_cert *anchor, bool crl_required)
{
	const struct pki_cert *const list[] = { anchor, NULL };
	struct reason why = { "" };
	struct trust trust;

	assert_int_equal(trust_new(&crypto, crl_required, &trust), 0);
	assert_int_equal(trust_add_cas(&trust, pki_cert_file("ca.pem", list), &why), 0);
	return trust;
}

/* The certificates up to NULL, as a peer sends them. */
static int check(const struct trust *trust, const struct pki_cert *const *certs, int64_t now,
		 struct cert *leaf, struct reason *why)
{
	struct secret ders[TRUST_MAX_CERTS + 1];
	struct chunk chunks[TRUST_MAX_CERTS + 1] = { 0 };
	size_t count = 0, i;
	int err;

	for (; *certs; certs++) {
		ders[count] = pki_der(*certs);
		chunks[count] = secret_chunk(&ders[count]);
		count++;
	}
	err = trust_verify(trust, chunks, count, now, leaf, why);
	for (i = 0; i < count; i++)
		secret_free(&ders[i]);
	return err;
}

/* A leaf like @spec under ca, with root trusted: refused, for this reason. */
static void refused(const struct pki_spec *spec, const char *expected)
{
	struct trust trust = trusting(&root, false);
	struct pki_cert made = pki_make(spec, &ca);
	const struct pki_cert *const sent[] = { &made, &ca, NULL };
	struct reason why = { "" };
	struct cert leaf;

	assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text, expected);
	assert_null(leaf.x509);
	assert_null(leaf.key.pkey);
	pki_free(&made);
	trust_free(&trust);
}

/* The same: accepted. */
static struct cert accepted(const struct pki_spec *spec)
{
	struct trust trust = trusting(&root, false);
	struct pki_cert made = pki_make(spec, &ca);
	const struct pki_cert *const sent[] = { &made, &ca, NULL };
	struct reason why = { "" };
	struct cert leaf;
	int err = check(&trust, sent, PKI_NOW, &leaf, &why);

	if (err)
		fail_msg("%d: %s", err, why.text);
	assert_int_equal(EVP_PKEY_eq(leaf.key.pkey, made.key), 1);
	pki_free(&made);
	trust_free(&trust);
	return leaf;
}

static void every_key(void **state)
{
	static const struct {
		const char *name;
		enum key_type type;
	} keys[] = {
		{ "P-256", KEY_P256 }, { "P-384", KEY_P384 }, { "P-521", KEY_P521 },
		{ "ED25519", KEY_ED25519 }, { "RSA:2048", KEY_RSA },
		{ "RSA-PSS:2048", KEY_RSA_PSS },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct pki_spec spec = { .cn = "ks", .key = keys[i].name };
		struct cert leaf = accepted(&spec);

		assert_int_equal(leaf.key.type, keys[i].type);
		cert_free(&leaf);
	}
}

/* The others in any order, more than are needed, or none if the issuer is configured. */
static void paths(void **state)
{
	struct pki_cert lower = pki_make(&(struct pki_spec){ .cn = "lower CA", .ca = true }, &ca);
	struct pki_cert ks = pki_make(&plain, &lower);
	const struct pki_cert *const sent[][6] = {
		{ &ks, &lower, &ca, NULL },
		{ &ks, &ca, &lower, NULL },
		{ &ks, &root, &ca, &ca, &lower, NULL },
		{ &ks, &lower, NULL },
		{ &ks, NULL },
	};
	/* which suffices, with which anchor */
	static const struct {
		size_t sent;
		int anchor;
		bool ok;
	} cases[] = {
		{ 0, 0, true }, { 1, 0, true }, { 2, 0, true }, { 3, 0, false }, { 4, 0, false },
		{ 0, 1, true }, { 3, 1, true }, { 4, 1, false },
		{ 4, 2, true }, { 0, 2, true },
	};
	const struct pki_cert *const anchors[] = { &root, &ca, &lower };
	struct reason why = { "" };
	struct trust trust;
	struct cert leaf;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		trust = trusting(anchors[cases[i].anchor], false);
		err = check(&trust, sent[cases[i].sent], PKI_NOW, &leaf, &why);
		assert_int_equal(err, cases[i].ok ? 0 : -EKEYREJECTED);
		if (cases[i].sent == 4 && err)
			assert_string_equal(why.text, "certificate of CN=ks,O=gemcast tests leads to "
						      "no configured CA: its issuer is "
						      "CN=lower CA,O=gemcast tests");
		cert_free(&leaf);
		trust_free(&trust);
	}
	pki_free(&ks);
	pki_free(&lower);
}

static void wrong_ca(void **state)
{
	/* of the same name as the right one */
	struct pki_cert other = pki_make(&(struct pki_spec){ .cn = "root", .ca = true }, NULL);
	struct pki_cert ks = pki_make(&plain, &other);
	struct pki_cert self = pki_make(&plain, NULL);
	const struct pki_cert *const sent[] = { &ks, &other, NULL };
	const struct pki_cert *const alone[] = { &self, NULL };
	struct trust trust = trusting(&root, false), nobody;
	struct reason why = { "" };
	struct cert leaf;

	(void)state;
	assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text,
			    "certificate of CN=root,O=gemcast tests leads to no configured CA: "
			    "its issuer is CN=root,O=gemcast tests");
	assert_int_equal(check(&trust, sent + 1, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_int_equal(check(&trust, alone, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text,
			    "certificate of CN=ks,O=gemcast tests leads to no configured CA: "
			    "its issuer is CN=ks,O=gemcast tests");
	assert_int_equal(trust_new(&crypto, false, &nobody), 0);
	assert_int_equal(check(&nobody, sent, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	trust_free(&nobody);
	trust_free(&trust);
	pki_free(&self);
	pki_free(&ks);
	pki_free(&other);
}

static void validity(void **state)
{
	struct pki_spec early = plain, late = plain;

	(void)state;
	early.from = PKI_NOW + PKI_HOUR;
	late.from = PKI_NOW - 2 * PKI_HOUR;
	late.until = PKI_NOW - PKI_HOUR;
	refused(&early,
		"certificate of CN=ks,O=gemcast tests is not valid before 2027-01-15 09:00:00 UTC");
	refused(&late,
		"certificate of CN=ks,O=gemcast tests has expired on 2027-01-15 07:00:00 UTC");
}

/* The CA's end counts too. */
static void ca_expired(void **state)
{
	struct pki_spec spec = { .cn = "old CA", .ca = true, .until = PKI_NOW + PKI_HOUR };
	struct pki_cert old = pki_make(&spec, &root), ks = pki_make(&plain, &old);
	const struct pki_cert *const sent[] = { &ks, &old, NULL };
	struct trust trust = trusting(&root, false);
	struct reason why = { "" };
	struct cert leaf;

	(void)state;
	assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), 0);
	assert_true(cert_valid(&leaf, PKI_NOW, &why));
	assert_false(cert_valid(&leaf, PKI_NOW + 2 * PKI_YEAR, &why));
	assert_string_equal(why.text,
			    "certificate of CN=ks,O=gemcast tests has expired on "
			    "2028-01-15 08:00:00 UTC");
	assert_false(cert_valid(&leaf, PKI_NOW - PKI_YEAR, &why));
	assert_string_equal(why.text,
			    "certificate of CN=ks,O=gemcast tests is not valid before "
			    "2027-01-15 07:00:00 UTC");
	cert_free(&leaf);
	assert_int_equal(check(&trust, sent, PKI_NOW + 2 * PKI_HOUR, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text,
			    "certificate of CN=old CA,O=gemcast tests has expired on "
			    "2027-01-15 09:00:00 UTC");
	trust_free(&trust);
	pki_free(&ks);
	pki_free(&old);
}

/* Whoever has a certificate cannot give others to others. */
static void not_a_ca(void **state)
{
	static const struct {
		struct pki_spec spec;
		const char *why;
	} cases[] = {
		{ { .cn = "no CA" }, "certificate of CN=no CA,O=gemcast tests is not that of a CA" },
		{ { .cn = "no CA", .ca = true, .basic = "" },
		  "certificate of CN=no CA,O=gemcast tests is not that of a CA" },
		{ { .cn = "no CA", .ca = true, .usage = "digitalSignature" },
		  "certificate of CN=no CA,O=gemcast tests is not that of a CA" },
	};
	struct trust trust = trusting(&root, false);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pki_cert no_ca = pki_make(&cases[i].spec, &root);
		struct pki_cert ks = pki_make(&plain, &no_ca);
		const struct pki_cert *const sent[] = { &ks, &no_ca, NULL };
		struct reason why = { "" };
		struct cert leaf;

		assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), -EKEYREJECTED);
		assert_string_equal(why.text, cases[i].why);
		pki_free(&ks);
		pki_free(&no_ca);
	}
	trust_free(&trust);
}

static void path_too_long(void **state)
{
	struct pki_spec spec = { .cn = "short CA", .ca = true, .basic = "critical,CA:TRUE,pathlen:0" };
	struct pki_cert first = pki_make(&spec, &root);
	struct pki_cert second = pki_make(&(struct pki_spec){ .cn = "CA", .ca = true }, &first);
	struct pki_cert ks = pki_make(&plain, &second);
	const struct pki_cert *const sent[] = { &ks, &second, &first, NULL };
	struct trust trust = trusting(&root, false);
	struct reason why = { "" };
	struct cert leaf;

	(void)state;
	assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "path length constraint exceeded"));
	trust_free(&trust);
	pki_free(&ks);
	pki_free(&second);
	pki_free(&first);
}

static void usage(void **state)
{
	static const char *const good[][2] = {
		{ "digitalSignature", NULL }, { "nonRepudiation,keyEncipherment", NULL },
		{ "", NULL }, { NULL, "1.3.6.1.5.5.7.3.17" }, { NULL, "serverAuth,ipsecIKE" },
		{ NULL, "critical,anyExtendedKeyUsage" },
	};
	struct pki_spec spec = plain;
	struct cert leaf;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		spec.usage = good[i][0];
		spec.extended = good[i][1];
		leaf = accepted(&spec);
		cert_free(&leaf);
	}
	spec.usage = "keyEncipherment,keyAgreement";
	spec.extended = NULL;
	refused(&spec, "certificate of CN=ks,O=gemcast tests is not for signatures (key usage)");
	spec.usage = NULL;
	spec.extended = "serverAuth,clientAuth";
	refused(&spec, "certificate of CN=ks,O=gemcast tests is not for IKE (extended key usage)");
}

static void weak(void **state)
{
	struct pki_spec spec = plain;

	(void)state;
	spec.key = "RSA:1024";
	refused(&spec, "certificate of CN=ks,O=gemcast tests: EE certificate key too weak");
	spec.key = "secp256k1";
	refused(&spec, "certificate of CN=ks,O=gemcast tests has an EC key on the curve secp256k1, "
		       "not P-256, P-384 or P-521");
	spec.key = "ED448";
	refused(&spec, "certificate of CN=ks,O=gemcast tests has a key of type ED448");
	spec.key = NULL;
	spec.digest = "SHA1";
	refused(&spec, "certificate of CN=ks,O=gemcast tests: CA signature digest algorithm too weak");
}

static void forged(void **state)
{
	struct trust trust = trusting(&root, false);
	struct pki_cert ks = pki_make(&plain, &ca);
	struct secret ders[2] = { pki_der(&ks), pki_der(&ca) };
	struct chunk sent[] = { secret_chunk(&ders[0]), secret_chunk(&ders[1]) };
	struct reason why = { "" };
	struct cert leaf;

	(void)state;
	assert_int_equal(trust_verify(&trust, sent, 2, PKI_NOW, &leaf, &why), 0);
	cert_free(&leaf);
	ders[0].data[ders[0].len - 1] ^= 1;
	assert_int_equal(trust_verify(&trust, sent, 2, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text,
			    "certificate of CN=ks,O=gemcast tests: certificate signature failure");
	secret_free(&ders[0]);
	secret_free(&ders[1]);
	pki_free(&ks);
	trust_free(&trust);
}

static void malformed(void **state)
{
	struct trust trust = trusting(&root, false);
	struct secret der = pki_der(&ca), longer;
	struct chunk many[TRUST_MAX_CERTS + 1];
	struct reason why = { "" };
	struct chunk sent[2];
	struct cert leaf;
	size_t i;

	(void)state;
	sent[0] = sent[1] = secret_chunk(&der);
	for (i = 0; i < der.len; i++) {
		sent[1].len = i;
		assert_int_equal(trust_verify(&trust, sent, 2, PKI_NOW, &leaf, &why),
				 -EKEYREJECTED);
		assert_string_equal(why.text, "certificate 2 of 2 is no DER certificate");
	}
	assert_int_equal(secret_new(&longer, der.len + 1), 0);
	memcpy(longer.data, der.data, der.len);
	sent[0] = secret_chunk(&longer);
	assert_int_equal(trust_verify(&trust, sent, 1, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "certificate 1 of 1 is no DER certificate");
	assert_int_equal(trust_verify(&trust, NULL, 0, PKI_NOW, &leaf, &why), -EKEYREJECTED);
	assert_string_equal(why.text, "0 certificates, not 1 to 16");
	for (i = 0; i < sizeof(many) / sizeof(many[0]); i++)
		many[i] = secret_chunk(&der);
	assert_int_equal(trust_verify(&trust, many, TRUST_MAX_CERTS + 1, PKI_NOW, &leaf, &why),
			 -EKEYREJECTED);
	secret_free(&der);
	secret_free(&longer);
	trust_free(&trust);
}

static void constraints(void **state)
{
	static const struct {
		const char *constraints, *alt;
		bool ok;
	} cases[] = {
		{ "critical,permitted;DNS:example", "DNS:ks.example", true },
		{ "critical,permitted;DNS:example", "DNS:ks.elsewhere", false },
		{ "permitted;DNS:example", "DNS:ks.example,DNS:ks.elsewhere", false },
		{ "excluded;DNS:secret.example", "DNS:ks.secret.example", false },
		{ "permitted;IP:192.0.2.0/255.255.255.0", "IP:192.0.2.7", true },
		{ "permitted;IP:192.0.2.0/255.255.255.0", "IP:198.51.100.7", false },
		{ "permitted;email:example", "email:gm@example", true },
		{ "permitted;email:example", "email:gm@elsewhere", false },
	};
	struct trust trust = trusting(&root, false);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pki_spec narrow = { .cn = "narrow CA", .ca = true };
		struct pki_spec spec = { .cn = "a member", .alt = cases[i].alt };
		struct pki_cert low, gm;
		const struct pki_cert *const sent[] = { &gm, &low, NULL };
		struct reason why = { "" };
		struct cert leaf;

		narrow.constraints = cases[i].constraints;
		low = pki_make(&narrow, &root);
		gm = pki_make(&spec, &low);
		assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why),
				 cases[i].ok ? 0 : -EKEYREJECTED);
		if (!cases[i].ok)
			assert_non_null(strstr(why.text, "certificate of CN=a member,O=gemcast tests "
							 "has a name that its CA may not give"));
		cert_free(&leaf);
		pki_free(&gm);
		pki_free(&low);
	}
	trust_free(&trust);
}

/* @crls up to NULL, of their own file. */
static void add_crls(struct trust *trust, X509_CRL *const *crls)
{
	struct reason why = { "" };

	assert_int_equal(trust_add_crls(trust, pki_crl_file("crl.pem", crls), &why), 0);
}

enum {
	OF_CA = 1,		/* revokes the member's certificate */
	OF_ROOT = 2,
	ROOT_REVOKES = 4,	/* the CA's */
	OLD = 8,
	ROOT_OLD = 16,
	EARLY = 32,
	FORGED = 64,		/* by another CA of that name */
	N_CRLS = 7,
};

#define REVOKED(who)	"certificate of CN=" who ",O=gemcast tests was revoked on " \
			"2027-01-15 07:00:00 UTC"
#define NO_CRL(ca, of)	"no CRL of CN=" ca ",O=gemcast tests to check certificate of CN=" of \
			",O=gemcast tests with"

static const struct {
	const char *why;	/* what is said begins so; NULL: it is believed */
	uint32_t crls;
	bool anchored_by_ca;	/* else by the root */
	bool strict;
	bool member;		/* its certificate, else the key server's */
} revocations[] = {
	/* not required: what there is counts, what there is none for is not looked at */
	{ NULL, OF_CA, false, false, false },
	{ REVOKED("ks"), OF_CA, false, false, true },
	/* required: each CA's but the anchor's */
	{ NO_CRL("ca", "ks"), 0, false, true, false },
	{ NO_CRL("root", "ca"), OF_CA, false, true, false },
	{ NULL, OF_CA | OF_ROOT, false, true, false },
	{ NULL, OF_CA, true, true, false },
	/* an anchor below another, whose CRL is at hand: of its time, and not */
	{ NULL, OF_CA | OF_ROOT, true, true, false },
	{ NULL, OF_CA | ROOT_OLD, true, true, false },
	{ REVOKED("ca"), OF_CA | ROOT_OLD | ROOT_REVOKES, true, true, false },
	/* a CA that is revoked */
	{ REVOKED("ca"), OF_CA | ROOT_REVOKES, false, false, false },
	/* CRLs that are not of this time, one that somebody else signed */
	{ "CRL of CN=ca,O=gemcast tests has expired on 2027-01-15 "
	  "07:00:00 UTC, for certificate of CN=ks,O=gemcast tests", OLD, false, false, false },
	{ "CRL of CN=ca,O=gemcast tests is not valid before 2027-01-15 "
	  "09:00:00 UTC, for certificate of CN=ks,O=gemcast tests", EARLY, false, false, false },
	{ "CRL of CN=ca,O=gemcast tests, for certificate of "
	  "CN=ks,O=gemcast tests: CRL signature failure", FORGED, false, false, false },
};

static void check_revocation(size_t i, X509_CRL *const *all, const struct pki_cert *cert)
{
	const struct pki_cert *const sent[] = { cert, &ca, NULL };
	struct trust trust = trusting(revocations[i].anchored_by_ca ? &ca : &root,
				      revocations[i].strict);
	X509_CRL *some[N_CRLS + 1] = { NULL };
	struct reason why = { "" };
	struct cert leaf;
	size_t j, n = 0;

	for (j = 0; j < N_CRLS; j++)
		if (revocations[i].crls & (1U << j))
			some[n++] = all[j];
	if (n)
		add_crls(&trust, some);
	if (revocations[i].why) {
		assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), -EKEYREJECTED);
		assert_ptr_equal(strstr(why.text, revocations[i].why), why.text);
	} else {
		assert_int_equal(check(&trust, sent, PKI_NOW, &leaf, &why), 0);
		cert_free(&leaf);
	}
	trust_free(&trust);
}

static void crls(void **state)
{
	static const int64_t from = PKI_NOW - PKI_HOUR, until = PKI_NOW + PKI_HOUR;
	struct pki_cert ks = pki_make(&plain, &ca), gm = pki_make(&plain, &ca);
	struct pki_cert impostor = pki_make(&(struct pki_spec){ .cn = "ca", .ca = true }, NULL);
	X509_CRL *all[N_CRLS] = {
		pki_crl(&ca, &gm, from, until),
		pki_crl(&root, NULL, from, until),
		pki_crl(&root, &ca, from, until),
		pki_crl(&ca, NULL, from - PKI_HOUR, from),
		pki_crl(&root, NULL, from - PKI_HOUR, from),
		pki_crl(&ca, NULL, until, until + PKI_HOUR),
		pki_crl(&impostor, &ks, from, until),
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(revocations) / sizeof(revocations[0]); i++)
		check_revocation(i, all, revocations[i].member ? &gm : &ks);
	for (i = 0; i < N_CRLS; i++)
		X509_CRL_free(all[i]);
	pki_free(&impostor);
	pki_free(&ks);
	pki_free(&gm);
}

static void trust_files(void **state)
{
	struct pki_cert ks = pki_make(&plain, &ca);
	const struct pki_cert *const cas[] = { &root, &ca, NULL }, *const with_ks[] = { &root, &ks, NULL };
	struct reason why = { "" };
	struct trust trust;
	uint8_t *spki = NULL;
	uint8_t hash[20];
	int len;

	(void)state;
	assert_int_equal(trust_new(&crypto, false, &trust), 0);
	assert_int_equal(trust_ca_hashes(&trust).len, 0);
	assert_int_equal(trust_add_cas(&trust, pki_cert_file("cas.pem", cas), &why), 0);
	assert_int_equal(trust_ca_hashes(&trust).len, 40);
	len = i2d_PUBKEY(ca.key, &spki);
	SHA1(spki, len, hash);
	OPENSSL_free(spki);
	assert_memory_equal(trust_ca_hashes(&trust).data + 20, hash, sizeof(hash));

	assert_int_equal(trust_add_cas(&trust, pki_cert_file("ks.pem", with_ks), &why),
			 -EKEYREJECTED);
	assert_non_null(strstr(why.text, "ks.pem: certificate of CN=ks,O=gemcast tests is not "
					 "that of a CA"));
	assert_int_equal(trust_add_cas(&trust, pki_text_file("text.pem", "text\n"), &why),
			 -EKEYREJECTED);
	assert_non_null(strstr(why.text, "text.pem: no certificate in PEM form after 0 of them"));
	assert_int_equal(trust_add_crls(&trust, pki_text_file("text.pem", "text\n"), &why),
			 -EKEYREJECTED);
	assert_non_null(strstr(why.text, "text.pem: no CRL in PEM form after 0 of them"));
	assert_int_equal(trust_add_cas(&trust, pki_text_file("text.pem",
			 "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), &why),
			 -EKEYREJECTED);
	assert_int_equal(trust_add_crls(&trust, pki_text_file("text.pem",
			 "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"), &why),
			 -EKEYREJECTED);
	assert_int_equal(trust_add_cas(&trust, "/nonexistent", &why), -ENOENT);
	assert_int_equal(trust_add_crls(&trust, "/nonexistent", &why), -ENOENT);
	trust_free(&trust);
	pki_free(&ks);
}

static void identities(void **state)
{
	static const struct {
		int type;
		const char *id;
		int hex;
		int has;
	} cases[] = {
		{ ID_FQDN, "ks.example", false, true },
		{ ID_FQDN, "KS.Example", false, true },
		{ ID_FQDN, "second.example", false, true },
		{ ID_FQDN, "ks.example.", false, false },
		{ ID_FQDN, "s.example", false, false },
		{ ID_FQDN, "ks.exampl", false, false },
		{ ID_FQDN, "", false, false },
		{ ID_FQDN, "host.wild.example", false, false },
		{ ID_FQDN, "*.wild.example", false, false },
		{ ID_FQDN, "ops@example", false, false },
		{ ID_FQDN, "ks", false, false },		/* the common name */
		{ ID_FQDN, "6b732e6578616d706c6500", true, false },	/* "ks.example\0" */
		{ ID_RFC822_ADDR, "ops@example", false, true },
		{ ID_RFC822_ADDR, "ops@EXAMPLE", false, true },
		{ ID_RFC822_ADDR, "Ops@example", false, false },
		{ ID_RFC822_ADDR, "ks.example", false, false },
		{ ID_RFC822_ADDR, "", false, false },
		{ ID_RFC822_ADDR, "@", false, false },
		{ ID_IPV4_ADDR, "c0000201", true, true },
		{ ID_IPV4_ADDR, "c0000202", true, false },
		{ ID_IPV4_ADDR, "c00002", true, false },
		{ ID_IPV4_ADDR, "20010db8000000000000000000000001", true, false },
		{ ID_IPV6_ADDR, "20010db8000000000000000000000001", true, true },
		{ ID_IPV6_ADDR, "20010db8000000000000000000000002", true, false },
		{ ID_IPV6_ADDR, "c0000201", true, false },
		{ ID_KEY_ID, "ks.example", false, false },
		{ 0, "ks.example", false, false },
	};
	struct pki_spec spec = {
		.cn = "ks",
		.alt = "DNS:ks.example,DNS:second.example,DNS:*.wild.example,email:ops@example,"
		       "IP:192.0.2.1,IP:2001:db8::1",
	};
	struct cert leaf = accepted(&spec);
	struct reason why = { "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct chunk id = cases[i].hex ? hex(cases[i].id) : ascii(cases[i].id);

		if (cert_has_id(&leaf, cases[i].type, id, &why) != cases[i].has)
			fail_msg("type %d, %s", cases[i].type, cases[i].id);
	}
	assert_false(cert_has_id(&leaf, ID_FQDN, ascii("gm1.example"), &why));
	assert_string_equal(why.text, "certificate of CN=ks,O=gemcast tests does not stand for the "
				      "identity gm1.example");
	assert_false(cert_has_id(&leaf, ID_FQDN, hex("676d0a1b5b"), &why));
	assert_string_equal(why.text, "certificate of CN=ks,O=gemcast tests does not stand for the "
				      "identity gm??[");
	assert_false(cert_has_id(&leaf, ID_IPV4_ADDR, hex("c0000209"), &why));
	assert_non_null(strstr(why.text, "identity 192.0.2.9"));
	assert_false(cert_has_id(&leaf, ID_IPV6_ADDR, hex("20010db8000000000000000000000009"), &why));
	assert_non_null(strstr(why.text, "identity 2001:db8::9"));
	assert_false(cert_has_id(&leaf, ID_KEY_ID, ascii("key"), &why));
	assert_non_null(strstr(why.text, "identity of ID type 11"));
	cert_free(&leaf);
}

static void no_alt_name(void **state)
{
	struct pki_spec spec = { .cn = "ks.example" };
	struct cert leaf = accepted(&spec);
	struct reason why = { "" };

	(void)state;
	assert_false(cert_has_id(&leaf, ID_FQDN, ascii("ks.example"), &why));
	cert_free(&leaf);
}

static void add_name(GENERAL_NAMES *names, int type, struct chunk value)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *string = ASN1_IA5STRING_new();

	assert_int_equal(ASN1_STRING_set(string, value.data, (int)value.len), 1);
	GENERAL_NAME_set0_value(name, type, string);
	assert_true(sk_GENERAL_NAME_push(names, name) > 0);
}

/* Names that no CA should give: none at all, and some with a zero byte. */
static void odd_names(void **state)
{
	struct pki_cert made = pki_make(&(struct pki_spec){ .cn = "ks" }, NULL);
	GENERAL_NAMES *names = GENERAL_NAMES_new();
	struct reason why = { "" };
	struct cert cert;

	(void)state;
	add_name(names, GEN_DNS, ascii(""));
	add_name(names, GEN_DNS, hex("6b7300 61"));
	add_name(names, GEN_EMAIL, hex("61406200 61"));
	assert_int_equal(X509_add1_ext_i2d(made.x509, NID_subject_alt_name, names, 0, 0), 1);
	GENERAL_NAMES_free(names);
	assert_int_equal(X509_up_ref(made.x509), 1);
	assert_int_equal(cert_from_x509(made.x509, &cert, &why), 0);
	assert_false(cert_has_id(&cert, ID_FQDN, ascii(""), &why));
	assert_false(cert_has_id(&cert, ID_FQDN, ascii("ks"), &why));
	assert_false(cert_has_id(&cert, ID_FQDN, hex("6b7300 61"), &why));
	assert_false(cert_has_id(&cert, ID_FQDN, hex("6b7300 62"), &why));
	assert_false(cert_has_id(&cert, ID_RFC822_ADDR, ascii("a@b"), &why));
	assert_false(cert_has_id(&cert, ID_RFC822_ADDR, hex("61406200 61"), &why));
	assert_false(cert_has_id(&cert, ID_RFC822_ADDR, hex("61406200 62"), &why));
	cert_free(&cert);
	pki_free(&made);
}

static void distinguished_names(void **state)
{
	/* O=gemcast tests, CN=ks: as it is; other string types and letters; other name */
	struct chunk same = hex("3025 3116301406035504 0a0c0d67656d63617374207465737473"
				"310b300906035504030c026b73");
	struct chunk alike = hex("3025 3116301406035504 0a130d47656d63617374205465737473"
				 "310b300906035504030c024b53");
	struct chunk other = hex("3025 3116301406035504 0a0c0d67656d63617374207465737473"
				 "310b300906035504030c026b74");
	struct chunk empty = hex("3000"), none = { 0 };
	struct pki_spec nameless = { .alt = "critical,DNS:ks.example" };
	struct cert leaf = accepted(&plain);
	struct reason why = { "" };
	uint8_t longer[64];

	(void)state;
	assert_chunk_equal(cert_subject(&leaf), same);
	assert_true(cert_has_id(&leaf, ID_DER_ASN1_DN, same, &why));
	assert_true(cert_has_id(&leaf, ID_DER_ASN1_DN, alike, &why));
	assert_false(cert_has_id(&leaf, ID_DER_ASN1_DN, other, &why));
	assert_string_equal(why.text, "certificate of CN=ks,O=gemcast tests has another subject "
				      "than the peer's identity");
	memcpy(longer, same.data, same.len);
	longer[same.len] = 0;
	assert_false(cert_has_id(&leaf, ID_DER_ASN1_DN, (struct chunk){ longer, same.len + 1 },
				 &why));
	assert_false(cert_has_id(&leaf, ID_DER_ASN1_DN, (struct chunk){ longer, same.len - 1 },
				 &why));
	assert_false(cert_has_id(&leaf, ID_DER_ASN1_DN, none, &why));
	assert_false(cert_has_id(&leaf, ID_DER_ASN1_DN, empty, &why));
	cert_free(&leaf);
	/* an empty name is nobody's */
	leaf = accepted(&nameless);
	assert_false(cert_has_id(&leaf, ID_DER_ASN1_DN, empty, &why));
	assert_true(cert_has_id(&leaf, ID_FQDN, ascii("ks.example"), &why));
	cert_free(&leaf);
}

static void credentials(void **state)
{
	struct pki_cert ks = pki_make(&plain, &ca), gm = pki_make(&plain, &ca);
	const struct pki_cert *const chain[] = { &ks, &ca, NULL }, *const wrong[] = { &ca, &ks, NULL };
	const struct pki_cert *const many[] = { &ks, &ks, &ks, &ks, &ks, &ks, &ks, &ks, &ks, NULL };
	const char *key = pki_key_file("ks.key", ks.key), *certs = pki_cert_file("ks.pem", chain);
	struct secret der = pki_der(&ca);
	struct credential credential;
	struct reason why = { "" };

	(void)state;
	assert_int_equal(credential_load(&crypto, key, certs, &credential, &why), 0);
	assert_int_equal(credential.n_certs, 2);
	assert_chunk_equal(secret_chunk(&credential.certs[1]), secret_chunk(&der));
	assert_true(cert_has_id(&credential.leaf, ID_FQDN, ascii("ks.example"), &why));
	credential_free(&credential);
	assert_null(credential.certs[0].data);

	assert_int_equal(credential_load(&crypto, pki_key_file("gm.key", gm.key), certs,
					 &credential, &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "gm.key is not that of the first certificate of "));
	assert_int_equal(credential_load(&crypto, key, pki_cert_file("wrong.pem", wrong),
					 &credential, &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "wrong.pem: certificate of CN=ca,O=gemcast tests is not "
					 "for signatures"));
	assert_int_equal(credential_load(&crypto, key, pki_cert_file("many.pem", many),
					 &credential, &why), -EKEYREJECTED);
	assert_non_null(strstr(why.text, "many.pem: 9 certificates, more than 8"));
	assert_int_equal(credential_load(&crypto, key, "/nonexistent", &credential, &why), -ENOENT);
	assert_int_equal(chmod(key, 0604), 0);
	assert_int_equal(credential_load(&crypto, key, certs, &credential, &why), -EPERM);
	assert_null(credential.key.pkey);
	secret_free(&der);
	pki_free(&ks);
	pki_free(&gm);
}

static int setup(void **state)
{
	struct reason why;

	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "root", .ca = true }, NULL);
	ca = pki_make(&(struct pki_spec){ .cn = "ca", .ca = true }, &root);
	return crypto_init(&crypto, NULL, &why);
}

static int teardown(void **state)
{
	(void)state;
	pki_free(&ca);
	pki_free(&root);
	pki_cleanup();
	crypto_free(&crypto);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key),
		cmocka_unit_test(paths),
		cmocka_unit_test(wrong_ca),
		cmocka_unit_test(validity),
		cmocka_unit_test(ca_expired),
		cmocka_unit_test(not_a_ca),
		cmocka_unit_test(path_too_long),
		cmocka_unit_test(usage),
		cmocka_unit_test(weak),
		cmocka_unit_test(forged),
		cmocka_unit_test(malformed),
		cmocka_unit_test(constraints),
		cmocka_unit_test(crls),
		cmocka_unit_test(trust_files),
		cmocka_unit_test(identities),
		cmocka_unit_test(no_alt_name),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(distinguished_names),
		cmocka_unit_test(credentials),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
