// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * AUTH payloads: made, and checked.
 */
#include <errno.h>
#include <string.h>
#include "ike/book.h"
#include "wire/name.h"

#define ID_TEXT		128

/* prf_len() octets to @mac, and how many they are. */
static int psk_mac(const struct auth_book *book, const struct psk_entry *psk,
		   const struct auth_exchange *exchange, uint8_t *mac, size_t *len)
{
	struct secret octets;
	int err;

	err = auth_octets(book->crypto, exchange->prf, &exchange->input, &octets);
	if (err)
		return err;
	err = auth_psk(book->crypto, exchange->prf, secret_chunk(&psk->key),
		       secret_chunk(&octets), mac);
	*len = prf_len(exchange->prf);
	secret_free(&octets);
	return err;
}

/* What to sign with, for a peer that announced these hashes; NULL: nothing. */
static const struct scheme *scheme_for(const struct auth_self *self, unsigned int announced)
{
	uint16_t hashes[sizeof(scheme_hashes) / sizeof(scheme_hashes[0])];
	size_t count = 0;
	size_t i;

	if (!self->certified)
		return NULL;
	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (announced & 1U << scheme_hashes[i])
			hashes[count++] = scheme_hashes[i];
	}
	return key_scheme(&self->credential.key, hashes, count);
}

static int prove_by_certificate(const struct auth_book *book, const struct auth_self *self,
				const struct scheme *scheme, const struct auth_exchange *exchange,
				struct auth_proof *proof)
{
	const struct credential *credential = &self->credential;
	struct secret octets;
	struct chunk data;
	size_t i;
	int err;

	err = auth_octets(book->crypto, exchange->prf, &exchange->input, &octets);
	if (err)
		return err;
	data = secret_chunk(&octets);
	err = sign(book->crypto, &credential->key, scheme, &data, 1, proof->data, &proof->len);
	secret_free(&octets);
	proof->method = AUTH_METHOD_DIGITAL_SIGNATURE;
	proof->algorithm = scheme->identifier;
	for (i = 0; i < credential->n_certs; i++)
		proof->certs[i] = (struct wire_cert){
			.encoding = CERT_X509_SIGNATURE,
			.data = secret_chunk(&credential->certs[i]),
		};
	proof->n_certs = credential->n_certs;
	return err;
}

static int no_proof(const struct auth_self *self, const struct wire_id *peer, struct reason *why)
{
	char text[ID_TEXT];

	auth_id_text(peer, text, sizeof(text));
	reason_set(why, "no pre-shared key for %s, and %s", text, self->certified ?
		   "it announced no hash that goes with the certificate's key" :
		   "no certificate to prove to be oneself by");
	return -ENOKEY;
}

static int prove(const struct auth_book *book, const struct auth_self *self,
		 const struct auth_exchange *exchange, struct auth_proof *proof,
		 struct reason *why)
{
	const struct scheme *scheme = scheme_for(self, exchange->hashes);
	const struct psk_entry *psk = NULL;
	struct id_claim peer;
	int err;

	err = id_claim_of(&exchange->peer, &peer);
	if (!err)
		psk = id_index_find(&book->psks_by_peer, &peer);
	id_claim_free(&peer);
	if (err == -ENOMEM)
		return err;
	if (scheme && (exchange->certreq || !psk))
		return prove_by_certificate(book, self, scheme, exchange, proof);
	if (!psk)
		return no_proof(self, &exchange->peer, why);
	proof->method = AUTH_METHOD_SHARED_KEY_MIC;
	return psk_mac(book, psk, exchange, proof->data, &proof->len);
}

int auth_prove(const struct auth_book *book, const struct auth_self *self,
	       const struct auth_exchange *exchange, struct auth_proof *proof,
	       struct reason *why)
{
	int err;

	*proof = (struct auth_proof){ 0 };
	err = prove(book, self, exchange, proof, why);
	if (!err)
		return 0;
	*proof = (struct auth_proof){ 0 };
	if (err != -ENOKEY)
		reason_set(why, "AUTH cannot be made: %s", strerror(-err));
	return err;
}

static int check_psk(const struct auth_book *book, const struct auth_exchange *exchange,
		     const struct wire_auth *auth, const struct id_claim *peer,
		     struct reason *why)
{
	const struct psk_entry *psk = id_index_find(&book->psks_by_peer, peer);
	uint8_t mac[PRF_MAX_LEN];
	char text[ID_TEXT];
	size_t len;
	int err;

	auth_id_text(&exchange->peer, text, sizeof(text));
	if (!psk) {
		reason_set(why, "no pre-shared key for %s", text);
		return -ENOKEY;
	}
	err = psk_mac(book, psk, exchange, mac, &len);
	if (!err && !secret_equal((struct chunk){ mac, len }, auth->data)) {
		reason_set(why, "AUTH is not made with the pre-shared key for %s", text);
		err = -EBADMSG;
	}
	OPENSSL_cleanse(mac, sizeof(mac));
	return err;
}

/* The X.509 certificates among @certs; what is encoded in another way is passed over. */
static size_t pick_certs(const struct wire_cert *certs, size_t n_certs,
			 struct chunk picked[WIRE_MAX_CERTS])
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < n_certs && count < WIRE_MAX_CERTS; i++) {
		if (certs[i].encoding == CERT_X509_SIGNATURE)
			picked[count++] = certs[i].data;
	}
	return count;
}

/* The certificate that a peer came with, if it is believed and is that of its identity. */
static int check_certs(const struct auth_book *book, const struct auth_exchange *exchange,
		       const struct wire_cert *certs, size_t n_certs, int64_t now,
		       struct cert *leaf, struct reason *why)
{
	struct chunk picked[WIRE_MAX_CERTS];
	size_t count = pick_certs(certs, n_certs, picked);
	int err;

	if (!auth_certreq(book).data.len) {
		reason_set(why, "a signature instead of a pre-shared key, but no CA is trusted");
		return -ENOKEY;
	}
	if (!count) {
		reason_set(why, "a signature without an X.509 certificate");
		return -EKEYREJECTED;
	}
	err = trust_verify(&book->trust, picked, count, now, leaf, why);
	if (err)
		return err;
	if (cert_has_id(leaf, exchange->peer.type, exchange->peer.data, why))
		return 0;
	cert_free(leaf);
	return -EKEYREJECTED;
}

/* By the method's own hash if it has one: then r and s are bare (RFC 4754). */
static int check_signature(const struct auth_book *book, const struct auth_exchange *exchange,
			   const struct wire_auth *auth, uint16_t hash, const struct key *key,
			   struct reason *why)
{
	struct secret octets;
	struct chunk data;
	int err;

	err = auth_octets(book->crypto, exchange->prf, &exchange->input, &octets);
	if (err)
		return err;
	data = secret_chunk(&octets);
	if (hash)
		err = verify_raw(book->crypto, key, hash, &data, 1, auth->data, why);
	else
		err = verify(book->crypto, key, auth->algorithm, &data, 1, auth->data, why);
	secret_free(&octets);
	return err;
}

struct method {
	uint8_t number;
	uint16_t hash;		/* HASH_*, of methods that say it by their number */
};

static const struct method signatures[] = {
	{ AUTH_METHOD_DIGITAL_SIGNATURE, 0 },
	{ AUTH_METHOD_ECDSA_SHA2_256_P256, HASH_SHA2_256 },
	{ AUTH_METHOD_ECDSA_SHA2_384_P384, HASH_SHA2_384 },
	{ AUTH_METHOD_ECDSA_SHA2_512_P521, HASH_SHA2_512 },
};

static const struct method *signature_method(uint8_t number)
{
	size_t i;

	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		if (signatures[i].number == number)
			return &signatures[i];
	}
	return NULL;
}

static int refuse_method(uint8_t number, struct reason *why)
{
	const char *name = wire_name(WIRE_AUTH_METHOD, number);

	reason_set(why, "authentication method %s (%u) is not accepted", name ? name : "unknown",
		   number);
	return -ENOTSUP;
}

static int check(const struct auth_book *book, const struct auth_exchange *exchange,
		 const struct wire_auth *auth, const struct wire_cert *certs, size_t n_certs,
		 int64_t now, const struct id_claim *peer, struct reason *why)
{
	const struct method *method = signature_method(auth->method);
	struct cert leaf;
	int err;

	if (auth->method == AUTH_METHOD_SHARED_KEY_MIC)
		return check_psk(book, exchange, auth, peer, why);
	if (!method)
		return refuse_method(auth->method, why);
	err = check_certs(book, exchange, certs, n_certs, now, &leaf, why);
	if (err)
		return err;
	err = check_signature(book, exchange, auth, method->hash, &leaf.key, why);
	cert_free(&leaf);
	return err;
}

int auth_check(const struct auth_book *book, const struct auth_exchange *exchange,
	       const struct wire_auth *auth, const struct wire_cert *certs, size_t n_certs,
	       int64_t now, struct reason *why)
{
	struct id_claim peer;
	int err;

	reason_set(why, "AUTH cannot be checked");
	err = id_claim_of(&exchange->peer, &peer);
	if (!err) {
		err = check(book, exchange, auth, certs, n_certs, now, &peer, why);
	} else if (err == -EINVAL) {
		reason_set(why, "the peer's identity makes no sense");
		err = -EKEYREJECTED;
	}
	id_claim_free(&peer);
	if (err == -ENOMEM)
		reason_set(why, "no memory to check AUTH");
	return err;
}
