// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key exchange.
 */
#include <errno.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include "crypto/dh.h"
#include "crypto/internal.h"

enum family { MODP, ECP, CURVE };

/* The octet before x | y in OpenSSL's form of an uncompressed point. */
#define UNCOMPRESSED	0x04

struct group {
	uint16_t id;
	enum family family;
	const char *type;
	const char *name;
	size_t public_len;
	size_t secret_len;
};

static const struct group groups[CRYPTO_GROUPS] = {
	{ KE_MODP_2048, MODP, "DH", "modp_2048", 256, 256 },
	{ KE_MODP_3072, MODP, "DH", "modp_3072", 384, 384 },
	{ KE_MODP_4096, MODP, "DH", "modp_4096", 512, 512 },
	{ KE_ECP_256, ECP, "EC", "P-256", 64, 32 },
	{ KE_ECP_384, ECP, "EC", "P-384", 96, 48 },
	{ KE_ECP_521, ECP, "EC", "P-521", 132, 66 },
	{ KE_CURVE25519, CURVE, "X25519", "X25519", 32, 32 },
};

static const struct group *group_of(uint16_t id)
{
	size_t i;

	for (i = 0; i < CRYPTO_GROUPS; i++) {
		if (groups[i].id == id)
			return &groups[i];
	}
	return NULL;
}

size_t dh_public_len(uint16_t id)
{
	const struct group *group = group_of(id);

	return group ? group->public_len : 0;
}

/* Parameters by name; Curve25519 has none, and any key of it stands for them. */
static EVP_PKEY *parameters(const struct crypto *crypto, const struct group *group)
{
	static uint8_t base_point[32] = { 9 };
	OSSL_PARAM named[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group->name,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx;
	EVP_PKEY *key = NULL;

	if (group->family == CURVE)
		return EVP_PKEY_new_raw_public_key_ex(crypto->lib, group->type, NULL, base_point,
						      sizeof(base_point));
	ctx = EVP_PKEY_CTX_new_from_name(crypto->lib, group->type, NULL);
	if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, named);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int dh_init(struct crypto *crypto, struct reason *why)
{
	size_t i;

	for (i = 0; i < CRYPTO_GROUPS; i++) {
		crypto->group[i] = parameters(crypto, &groups[i]);
		if (!crypto->group[i])
			return crypto_missing(why, groups[i].name);
	}
	return 0;
}

int dh_new(const struct crypto *crypto, uint16_t id, struct dh *dh)
{
	const struct group *group = group_of(id);
	EVP_PKEY_CTX *ctx;

	*dh = (struct dh){ .group = id };
	if (!group)
		return -ENOTSUP;
	ctx = EVP_PKEY_CTX_new_from_pkey(crypto->lib, crypto->group[group - groups], NULL);
	if (ctx && EVP_PKEY_keygen_init(ctx) == 1)
		EVP_PKEY_keygen(ctx, &dh->key);
	EVP_PKEY_CTX_free(ctx);
	return dh->key ? 0 : crypto_error(-EIO);
}

void dh_free(struct dh *dh)
{
	EVP_PKEY_free(dh->key);
	*dh = (struct dh){ 0 };
}

int dh_public(const struct dh *dh, uint8_t *out)
{
	const struct group *group = group_of(dh->group);
	uint8_t *encoded = NULL;
	size_t skip;
	size_t len;

	if (!group)
		return -ENOTSUP;
	skip = group->family == ECP ? 1 : 0;
	len = EVP_PKEY_get1_encoded_public_key(dh->key, &encoded);
	if (len != group->public_len + skip) {
		OPENSSL_free(encoded);
		return crypto_error(-EIO);
	}
	memcpy(out, encoded + skip, group->public_len);
	OPENSSL_free(encoded);
	return 0;
}

/* OpenSSL checks range and curve when it is handed a value in wire form. */
static EVP_PKEY *peer_key(const struct crypto *crypto, const struct group *group,
			  struct chunk wire)
{
	EVP_PKEY *key = EVP_PKEY_dup(crypto->group[group - groups]);
	uint8_t encoded[1 + DH_MAX_PUBLIC] = { UNCOMPRESSED };
	size_t skip = group->family == ECP ? 1 : 0;

	if (!key)
		return NULL;
	memcpy(encoded + skip, wire.data, wire.len);
	if (EVP_PKEY_set1_encoded_public_key(key, encoded, wire.len + skip) == 1)
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

static bool derive(EVP_PKEY_CTX *ctx, const struct group *group, EVP_PKEY *peer,
		   struct secret *secret)
{
	size_t len = secret->len;

	if (EVP_PKEY_derive_init(ctx) != 1)
		return false;
	if (group->family == MODP && EVP_PKEY_CTX_set_dh_pad(ctx, 1) != 1)
		return false;
	/*
	 * Without another check of the peer's value. An ECP group has no subgroup, and a
	 * secret of Curve25519 is a multiple of the cofactor; in a MODP group the check
	 * costs as much as the exchange and would hide the lowest bit of a secret that
	 * is used once (RFC 6989 2.1 does not ask for it).
	 */
	return EVP_PKEY_derive_set_peer_ex(ctx, peer, 0) == 1 &&
	       EVP_PKEY_derive(ctx, secret->data, &len) == 1 && len == secret->len;
}

static int derive_from(const struct crypto *crypto, const struct dh *dh,
		       const struct group *group, EVP_PKEY *peer, struct secret *secret)
{
	EVP_PKEY_CTX *ctx;
	int err;

	err = secret_new(secret, group->secret_len);
	if (err)
		return err;
	ctx = EVP_PKEY_CTX_new_from_pkey(crypto->lib, dh->key, NULL);
	if (!ctx)
		err = crypto_error(-EIO);
	else if (!derive(ctx, group, peer, secret))
		err = crypto_error(-EINVAL);
	EVP_PKEY_CTX_free(ctx);
	if (err)
		secret_free(secret);
	return err;
}

int dh_shared(const struct crypto *crypto, const struct dh *dh, struct chunk peer,
	      struct secret *secret)
{
	const struct group *group = group_of(dh->group);
	EVP_PKEY *key;
	int err;

	*secret = (struct secret){ 0 };
	if (!group)
		return -ENOTSUP;
	if (peer.len != group->public_len)
		return -EINVAL;
	key = peer_key(crypto, group, peer);
	if (!key)
		return crypto_error(-EINVAL);
	err = derive_from(crypto, dh, group, key, secret);
	EVP_PKEY_free(key);
	return err;
}
