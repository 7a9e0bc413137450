// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Want of memory: each thing that crypto/ does, again and again, while the first, the
 * second, the third ... allocation fails, ours and OpenSSL's; alone, and with all that
 * come after it. Nothing crashes, what fails says so, nothing is left behind, and
 * afterwards all works.
 */
#include <errno.h>
#include "crypto/auth.h"
#include "crypto/credential.h"
#include "crypto/dh.h"
#include "crypto/keymat.h"
#include "crypto/keywrap.h"
#include "crypto/selftest.h"
#include "crypto/sign.h"
#include "crypto/trust.h"
#include "hex.h"
#include "pki.h"
#include "scarce.h"
#include "test.h"

static struct crypto crypto;
static struct trust trust;
static struct pki_cert root, ca, ks;
static struct secret ders[2], spki;
static struct key keys[4];
static const char *key_path, *chain_path, *cas_path, *crl_path;

static const struct cipher ciphers[] = {
	{ ENCR_AES_GCM_16, 256, AUTH_NONE },
	{ ENCR_AES_CBC, 256, AUTH_HMAC_SHA2_512_256 },
};

/* What failed has left nothing to free: only what worked is freed here. */
static int freed(int err, struct secret *secret)
{
	if (!err)
		secret_free(secret);
	return err;
}

static int init(void)
{
	struct reason why;
	struct crypto c;
	int err = crypto_init(&c, NULL, &why);

	crypto_free(&c);
	return err;
}

static int derive_more(uint16_t prf_id, struct chunk sk_d)
{
	struct chunk shared = ascii("shared"), nonce = ascii("a nonce of 16 octets");
	struct secret out;
	int err;

	err = freed(keymat_wrap_key(&crypto, prf_id, sk_d, KW_5649_256, &out), &out);
	if (!err)
		err = freed(keymat_skeyseed_next(&crypto, prf_id, sk_d, nonce, nonce, &shared, 1,
						 &out), &out);
	return err;
}

static int derive(void)
{
	static const struct ike_seed seed = { .prf = PRF_HMAC_SHA2_384 };
	struct chunk shared = ascii("shared"), nonce = ascii("a nonce of 16 octets");
	struct secret skeyseed;
	struct ike_keys sk;
	int err;

	err = keymat_skeyseed(&crypto, seed.prf, nonce, nonce, shared, &skeyseed);
	if (err)
		return err;
	err = keymat_ike_keys(&crypto, &seed, &ciphers[1], secret_chunk(&skeyseed), &sk);
	secret_free(&skeyseed);
	if (err)
		return err;
	err = keymat_ppk(&crypto, seed.prf, shared, &sk);
	if (!err)
		err = derive_more(seed.prf, sk.d);
	ike_keys_free(&sk);
	return err;
}

static int psk(void)
{
	struct auth_input input = { .message = ascii("m"), .nonce = ascii("n"), .id = ascii("i"),
				    .sk_p = ascii("p") };
	uint8_t out[PRF_MAX_LEN];
	struct secret octets;
	int err;

	err = auth_octets(&crypto, PRF_HMAC_SHA2_256, &input, &octets);
	if (err)
		return err;
	err = auth_psk(&crypto, PRF_HMAC_SHA2_256, ascii("psk"), secret_chunk(&octets), out);
	secret_free(&octets);
	return err;
}

static int exchange(uint16_t group)
{
	uint8_t public[DH_MAX_PUBLIC];
	struct secret shared;
	struct dh dh;
	int err;

	err = dh_new(&crypto, group, &dh);
	if (err)
		return err;
	err = dh_public(&dh, public);
	if (!err)
		err = freed(dh_shared(&crypto, &dh,
				      (struct chunk){ public, dh_public_len(group) }, &shared),
			    &shared);
	dh_free(&dh);
	return err;
}

static int exchange_modp(void)
{
	return exchange(KE_MODP_2048);
}

static int exchange_ecp(void)
{
	return exchange(KE_ECP_256);
}

static int exchange_x25519(void)
{
	return exchange(KE_CURVE25519);
}

static int protect(const struct cipher *cipher)
{
	static const uint8_t zeros[64];
	uint8_t message[200] = { 0 };
	struct cipher_sizes sizes;
	struct cipher_keys sk;
	struct chunk inner;
	size_t len;
	int err;

	assert_int_equal(cipher_sizes(cipher, &sizes), 0);
	sk.encr = (struct chunk){ zeros, sizes.encr_key };
	sk.integ = (struct chunk){ zeros, sizes.integ_key };
	len = 32 + sizes.iv + 32 + sizes.icv;
	err = cipher_seal(&crypto, cipher, &sk, 1, message, 32, len);
	if (!err)
		err = cipher_open(&crypto, cipher, &sk, message, 32, len, &inner);
	return err;
}

static int protect_gcm(void)
{
	return protect(&ciphers[0]);
}

static int protect_cbc(void)
{
	return protect(&ciphers[1]);
}

static int wrap(void)
{
	static const uint8_t kwk[32], bytes[40];
	uint8_t out[48];
	struct secret key;
	int err;

	err = keywrap(&crypto, KW_5649_256, CHUNK(kwk), CHUNK(bytes), out);
	if (!err)
		err = freed(keyunwrap(&crypto, KW_5649_256, CHUNK(kwk), CHUNK(out), &key), &key);
	return err;
}

static int sign_and_verify(const struct key *key)
{
	const struct scheme *scheme = key_scheme(key, scheme_hashes, 4);
	struct chunk data = ascii("data");
	uint8_t out[SIGNATURE_MAX_LEN];
	struct reason why;
	int err;

	err = sign_exact(&crypto, key, scheme, &data, 1, out);
	if (!err)
		err = verify(&crypto, key, scheme->identifier, &data, 1,
			     (struct chunk){ out, sign_exact_len(key) }, &why);
	return err;
}

static int sign_ecdsa(void)
{
	return sign_and_verify(&keys[0]);
}

static int sign_ed25519(void)
{
	return sign_and_verify(&keys[1]);
}

static int sign_pss(void)
{
	return sign_and_verify(&keys[2]);
}

static int sign_pss_key(void)
{
	return sign_and_verify(&keys[3]);
}

static int public_key(void)
{
	struct secret copy;
	struct reason why;
	struct key key;
	int err = key_from_spki(&crypto, secret_chunk(&spki), &key, &why);

	if (err)
		return err;
	err = freed(key_to_spki(&key, &copy), &copy);
	key_free(&key);
	return err;
}

static int generate(void)
{
	struct key key;
	int err = key_generate(&crypto, KEY_P384, &key);

	if (!err)
		key_free(&key);
	return err;
}

static int load_credential(void)
{
	struct credential credential;
	struct reason why;
	int err = credential_load(&crypto, key_path, chain_path, &credential, &why);

	if (!err)
		credential_free(&credential);
	return err;
}

static int load_trust(void)
{
	struct reason why;
	struct trust t;
	int err;

	err = trust_new(&crypto, true, &t);
	if (!err)
		err = trust_add_cas(&t, cas_path, &why);
	if (!err)
		err = trust_add_crls(&t, crl_path, &why);
	trust_free(&t);
	return err;
}

static int check_peer(void)
{
	const struct chunk certs[] = { secret_chunk(&ders[0]), secret_chunk(&ders[1]) };
	struct reason why;
	struct cert leaf;
	int err = trust_verify(&trust, certs, 2, PKI_NOW, &leaf, &why);

	if (err)
		return err;
	if (!cert_has_id(&leaf, ID_FQDN, ascii("ks.example"), &why) ||
	    !cert_has_id(&leaf, ID_DER_ASN1_DN, cert_subject(&leaf), &why))
		err = -EKEYREJECTED;
	cert_free(&leaf);
	return err;
}

static int selftest(void)
{
	struct reason why;

	return crypto_selftest(&crypto, &why);
}

static int (*const all[])(void) = {
	init, selftest, derive, psk, exchange_modp, exchange_ecp, exchange_x25519, protect_gcm,
	protect_cbc, wrap, sign_ecdsa, sign_ed25519, sign_pss, sign_pss_key, public_key, generate,
	load_credential, load_trust, check_peer,
};

#define ALL	(sizeof(all) / sizeof(all[0]))

static void want_of_memory(void **state)
{
	(void)state;
	scarce_all(all, ALL);
}

static struct key key_of(const char *type)
{
	struct reason why;
	struct key key;

	assert_int_equal(key_from_pkey(pki_key(type), &key, &why), 0);
	return key;
}

static int setup(void **state)
{
	const struct pki_cert *const chain[] = { &ks, &ca, NULL }, *const cas[] = { &root, &ca, NULL };
	X509_CRL *crls[3] = { NULL };
	struct reason why;
	size_t i;

	(void)state;
	root = pki_make(&(struct pki_spec){ .cn = "root", .ca = true }, NULL);
	ca = pki_make(&(struct pki_spec){ .cn = "ca", .ca = true }, &root);
	ks = pki_make(&(struct pki_spec){ .cn = "ks", .alt = "DNS:ks.example" }, &ca);
	crls[0] = pki_crl(&root, NULL, PKI_NOW - PKI_HOUR, PKI_NOW + PKI_HOUR);
	crls[1] = pki_crl(&ca, NULL, PKI_NOW - PKI_HOUR, PKI_NOW + PKI_HOUR);
	key_path = pki_key_file("ks.key", ks.key);
	chain_path = pki_cert_file("ks.pem", chain);
	cas_path = pki_cert_file("cas.pem", cas);
	crl_path = pki_crl_file("crl.pem", crls);
	X509_CRL_free(crls[0]);
	X509_CRL_free(crls[1]);
	ders[0] = pki_der(&ks);
	ders[1] = pki_der(&ca);
	keys[0] = key_of("P-256");
	keys[1] = key_of("ED25519");
	keys[2] = key_of("RSA:2048");
	keys[3] = key_of("RSA-PSS:2048");
	if (crypto_init(&crypto, NULL, &why) || trust_new(&crypto, true, &trust) ||
	    trust_add_cas(&trust, cas_path, &why) || trust_add_crls(&trust, crl_path, &why) ||
	    key_to_spki(&keys[0], &spki))
		return 1;
	/* what OpenSSL makes when it is first needed and then keeps */
	for (i = 0; i < ALL; i++) {
		if (scarce_run(all[i], 0, false)) {
			print_error("%zu fails with all the memory there is\n", i);
			return 1;
		}
	}
	return 0;
}

static int teardown(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		key_free(&keys[i]);
	secret_free(&spki);
	secret_free(&ders[0]);
	secret_free(&ders[1]);
	trust_free(&trust);
	crypto_free(&crypto);
	pki_free(&ks);
	pki_free(&ca);
	pki_free(&root);
	pki_cleanup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(want_of_memory),
	};

	if (!scarce_begin())
		return 1;
	return cmocka_run_group_tests(tests, setup, teardown);
}
