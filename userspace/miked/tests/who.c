// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is who.
 */
#include <stdio.h>
#include <string.h>
#include "hex.h"
#include "test.h"
#include "who.h"

void who_new(struct who *who)
{
	memset(who, 0, sizeof(*who));
	who->conf.credentials = who->credentials;
	who->conf.trust.ca = who->ca;
	who->conf.trust.crl = who->crl;
	who->conf.psk = who->psk;
	who->conf.ppk = who->ppk;
}

struct conf_identity who_identity(const char *text)
{
	struct conf_identity identity;

	assert_true(conf_identity_parse(text, ID_FQDN, true, &identity));
	return identity;
}

static void put(char *to, size_t size, const char *from)
{
	assert_true((size_t)snprintf(to, size, "%s", from) < size);
}

void who_is(struct who *who, const char *identity, const char *certificate, const char *key)
{
	struct conf_credential *c = &who->credentials[who->conf.credentials_count++];

	put(c->name, sizeof(c->name), "here");
	c->identity = who_identity(identity);
	if (!certificate)
		return;
	put(c->certificate, sizeof(c->certificate), certificate);
	put(c->key, sizeof(c->key), key);
}

void who_trusts(struct who *who, const char *ca)
{
	put(who->ca[who->conf.trust.ca_count++], CONF_FILE_SIZE, ca);
}

void who_has_crl(struct who *who, const char *crl, enum conf_crl_check check)
{
	who->conf.trust.crl_check = check;
	put(who->crl[who->conf.trust.crl_count++], CONF_FILE_SIZE, crl);
}

void who_has_psk(struct who *who, const char *peer, const char *file)
{
	struct conf_psk *psk = &who->psk[who->conf.psk_count++];

	psk->peer = who_identity(peer);
	put(psk->file, sizeof(psk->file), file);
}

void who_has_ppk(struct who *who, const char *id, const char *peer, const char *file,
		 bool mandatory)
{
	struct conf_ppk *ppk = &who->ppk[who->conf.ppk_count++];

	put(ppk->id, sizeof(ppk->id), id);
	ppk->peer = who_identity(peer);
	put(ppk->file, sizeof(ppk->file), file);
	ppk->mandatory = mandatory;
}

struct auth_book *who_book(const struct crypto *crypto, const struct who *who,
			   struct reason *why)
{
	*why = (struct reason){ "" };
	return auth_book_new(crypto, &who->conf, why);
}

struct auth_exchange who_exchange(struct wire_id id, struct secret *body)
{
	struct auth_exchange exchange = {
		.prf = PRF_HMAC_SHA2_256,
		.input = {
			.message = ascii("an IKE_SA_INIT message"),
			.nonce = ascii("a nonce of 16 octets"),
			.sk_p = ascii("SK_pi, of 32 octets in real life"),
		},
		.hashes = WHO_ALL_HASHES,
		.certreq = true,
	};

	assert_int_equal(secret_new(body, 4 + id.data.len), 0);
	body->data[0] = id.type;
	if (id.data.len)
		memcpy(body->data + 4, id.data.data, id.data.len);
	exchange.input.id = secret_chunk(body);
	return exchange;
}
