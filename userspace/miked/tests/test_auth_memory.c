// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Want of memory, for authentication: whatever allocation fails, nobody is believed who
 * would not be otherwise, and no PPK is passed over.
 */
#include <errno.h>
#include <string.h>
#include "crypto/dn.h"
#include "ike/auth.h"
#include "hex.h"
#include "pki.h"
#include "scarce.h"
#include "test.h"
#include "who.h"

static struct crypto crypto;
static struct pki_cert ca, gm, revoked;
static struct who all, strict;
static struct auth_book *book, *strict_book;
static struct secret body, revoked_der;
static struct wire_auth psk_auth, cert_auth, raw_auth;
static struct auth_exchange exchange;
static struct auth_proof psk_proof, cert_proof;
static struct wire_cert revoked_cert;
static struct conf_identity gm_dn, ks_dn;

static int load(void)
{
	struct reason why;
	struct auth_book *made = auth_book_new(&crypto, &all.conf, &why);

	if (!made)
		return *why.text ? -ENOMEM : 1;
	auth_book_drop(made);
	return 0;
}

static int prove(void)
{
	struct auth_proof proof;
	struct reason why;

	return auth_prove(book, auth_self(book, "here"), &exchange, &proof, &why);
}

static int prove_by_psk(void)
{
	struct auth_exchange without = exchange;
	struct auth_proof proof;
	struct reason why;

	without.hashes = 0;
	return auth_prove(book, auth_self(book, "here"), &without, &proof, &why);
}

static int check(const struct auth_book *by, const struct wire_auth *auth,
		 const struct wire_cert *certs, size_t n_certs)
{
	struct reason why = { "" };
	int err = auth_check(by, &exchange, auth, certs, n_certs, PKI_NOW, &why);

	return err && !*why.text ? 1 : err;
}

static int check_psk(void)
{
	return check(book, &psk_auth, NULL, 0);
}

static int check_cert(void)
{
	return check(book, &cert_auth, cert_proof.certs, cert_proof.n_certs);
}

static int identity(void)
{
	struct secret id;
	uint8_t type;
	int err = auth_id(&gm_dn, &type, &id);

	if (!err && !auth_id_is(&gm_dn, &(struct wire_id){ type, secret_chunk(&id) }))
		err = -EINVAL;
	secret_free(&id);
	return err;
}

static int name(void)
{
	X509_NAME *dn;
	int err = dn_from_text("CN=a+OU=b,O=c", &dn);

	X509_NAME_free(dn);
	return err;
}

/* A name that is not to be read is no other one. */
static int text(void)
{
	const struct wire_id id = auth_self_id(auth_self(book, "here"));
	char what[64];

	auth_id_text(&id, what, sizeof(what));
	return strcmp(what, "dn:CN=gm,O=gemcast tests") != 0 ? -ENOMEM : 0;
}

static int no_ppk(struct auth_ppk *ppk)
{
	return ppk->key.len ? 0 : -ENOMEM;
}

static int ppk_for(void)
{
	struct auth_ppk ppk;

	return auth_ppk_for(book, &gm_dn, &ppk) ? no_ppk(&ppk) : 1;
}

static int ppk_needed(void)
{
	struct auth_ppk ppk;

	return auth_ppk_needed(book, &exchange.peer, &ppk) ? no_ppk(&ppk) : 1;
}

static int ppk_named(void)
{
	struct auth_ppk ppk;

	return auth_ppk_named_by(book, ascii("ppk"), &exchange.peer, &ppk) ? 0 : -ENOMEM;
}

static int (*const works[])(void) = {
	load, prove, prove_by_psk, check_psk, check_cert, identity, name, text, ppk_for,
	ppk_needed, ppk_named,
};

#define WORKS	(sizeof(works) / sizeof(works[0]))

static int wrong_psk(void)
{
	return check(strict_book, &psk_auth, NULL, 0);
}

static int wrong_cert(void)
{
	return check(strict_book, &cert_auth, &revoked_cert, 1);
}

/* Another's identity, with a certificate that is good. */
static int wrong_identity(void)
{
	struct auth_exchange other = exchange;
	struct reason why;

	other.peer = (struct wire_id){ ID_FQDN, ascii("ks.example") };
	return auth_check(book, &other, &cert_auth, cert_proof.certs, cert_proof.n_certs,
			  PKI_NOW, &why);
}

static int wrong_signature(void)
{
	struct wire_auth wrong = cert_auth;

	wrong.data.len--;
	return check(book, &wrong, cert_proof.certs, cert_proof.n_certs);
}

static int wrong_raw(void)
{
	return check(book, &raw_auth, cert_proof.certs, cert_proof.n_certs);
}

static int other_dn(void)
{
	return auth_id_is(&ks_dn, &exchange.peer) ? 0 : -EKEYREJECTED;
}

static int wrong_dn(void)
{
	X509_NAME *dn;
	int err = dn_from_text("CN=a,O=#0c", &dn);

	X509_NAME_free(dn);
	return err;
}

static int (*const refusals[])(void) = {
	wrong_psk, wrong_cert, wrong_identity, wrong_signature, wrong_raw, other_dn, wrong_dn,
};

#define REFUSALS	(sizeof(refusals) / sizeof(refusals[0]))

static void want_of_memory(void **state)
{
	(void)state;
	scarce_all(works, WORKS);
}

static void nobody_else(void **state)
{
	(void)state;
	scarce_never(refusals, REFUSALS);
}

static void make_files(void)
{
	const struct pki_cert *const cas[] = { &ca, NULL }, *const gms[] = { &gm, NULL };
	X509_CRL *crls[2] = { NULL };

	ca = pki_make(&(struct pki_spec){ .cn = "ca", .ca = true }, NULL);
	gm = pki_make(&(struct pki_spec){ .cn = "gm" }, &ca);
	revoked = pki_make(&(struct pki_spec){ .cn = "gm" }, &ca);
	crls[0] = pki_crl(&ca, &revoked, PKI_NOW - PKI_HOUR, PKI_NOW + PKI_HOUR);
	gm_dn = who_identity("dn:CN=gm,O=gemcast tests");
	ks_dn = who_identity("dn:CN=ks,O=gemcast tests");
	who_new(&all);
	who_is(&all, "dn:CN=gm,O=gemcast tests", pki_cert_file("gm.pem", gms),
	       pki_key_file("gm.key", gm.key));
	who_trusts(&all, pki_cert_file("ca.pem", cas));
	who_has_psk(&all, "dn:CN=x", pki_text_file("x.psk", "other"));
	who_has_psk(&all, "dn:CN=gm,O=gemcast tests", pki_text_file("psk", "a secret"));
	who_has_ppk(&all, "ppk", "dn:CN=gm,O=gemcast tests",
		    pki_text_file("ppk", "32 bytes are all that we ask for"), true);
	who_new(&strict);
	who_trusts(&strict, all.ca[0]);
	who_has_crl(&strict, pki_crl_file("crl.pem", crls), CONF_CRL_STRICT);
	who_has_psk(&strict, "*", all.psk[0].file);
	X509_CRL_free(crls[0]);
}

static struct wire_auth payload(const struct auth_proof *proof)
{
	return (struct wire_auth){ proof->method, proof->algorithm,
				   { proof->data, proof->len } };
}

static int make_proofs(void)
{
	struct wire_id id = auth_self_id(auth_self(book, "here"));
	struct reason why;
	int err;

	exchange = who_exchange(id, &body);
	exchange.peer = id;
	exchange.hashes = 0;
	err = auth_prove(book, auth_self(book, "here"), &exchange, &psk_proof, &why);
	psk_auth = payload(&psk_proof);
	exchange.hashes = WHO_ALL_HASHES;
	if (!err)
		err = auth_prove(book, auth_self(book, "here"), &exchange, &cert_proof, &why);
	cert_auth = payload(&cert_proof);
	raw_auth = (struct wire_auth){ AUTH_METHOD_ECDSA_SHA2_256_P256, { 0 },
				       { cert_proof.data, 64 } };
	revoked_der = pki_der(&revoked);
	revoked_cert = (struct wire_cert){ CERT_X509_SIGNATURE, secret_chunk(&revoked_der) };
	return err;
}

static int setup(void **state)
{
	struct reason why;
	size_t i;

	(void)state;
	make_files();
	if (crypto_init(&crypto, NULL, &why))
		return 1;
	book = who_book(&crypto, &all, &why);
	strict_book = who_book(&crypto, &strict, &why);
	if (!book || !strict_book || make_proofs())
		return 1;
	/* what OpenSSL makes when it is first needed and then keeps */
	for (i = 0; i < WORKS; i++) {
		if (scarce_run(works[i], 0, false)) {
			print_error("%zu fails with all the memory there is\n", i);
			return 1;
		}
	}
	for (i = 0; i < REFUSALS; i++)
		scarce_run(refusals[i], 0, false);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	auth_book_drop(book);
	auth_book_drop(strict_book);
	secret_free(&body);
	secret_free(&revoked_der);
	crypto_free(&crypto);
	pki_free(&revoked);
	pki_free(&gm);
	pki_free(&ca);
	pki_cleanup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(want_of_memory),
		cmocka_unit_test(nobody_else),
	};

	if (!scarce_begin())
		return 1;
	return cmocka_run_group_tests_name("auth memory", tests, setup, teardown);
}
