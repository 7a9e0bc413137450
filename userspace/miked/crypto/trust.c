// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whom to trust.
 */
#include <errno.h>
#include <string.h>
#include <openssl/x509v3.h>
#include "crypto/file.h"
#include "crypto/internal.h"
#include "crypto/trust.h"

#define CA_HASH_LEN	20	/* RFC 7296 3.7 */
#define MAX_DEPTH	8	/* CAs between a peer and an anchor */
#define AUTH_LEVEL	2	/* OpenSSL's word for 112 bits of security */
#define NAME_LEN	120

int trust_new(const struct crypto *crypto, bool crl_required, struct trust *trust)
{
	*trust = (struct trust){ .crypto = crypto, .crl_required = crl_required };
	trust->store = X509_STORE_new();
	return trust->store ? 0 : crypto_error(-ENOMEM);
}

void trust_free(struct trust *trust)
{
	X509_STORE_free(trust->store);
	OPENSSL_free(trust->ca_hashes);
	*trust = (struct trust){ 0 };
}

static int add_hash(struct trust *trust, const X509 *ca)
{
	uint8_t *der = NULL;
	uint8_t *hashes;
	int len;
	int err = 0;

	hashes = OPENSSL_realloc(trust->ca_hashes, trust->ca_hashes_len + CA_HASH_LEN);
	if (!hashes)
		return crypto_error(-ENOMEM);
	trust->ca_hashes = hashes;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(ca), &der);
	if (len < 0 || EVP_Digest(der, (size_t)len, hashes + trust->ca_hashes_len, NULL,
				  trust->crypto->sha1, NULL) != 1)
		err = crypto_error(-EIO);
	else
		trust->ca_hashes_len += CA_HASH_LEN;
	OPENSSL_free(der);
	return err;
}

static int add_ca(struct trust *trust, const char *path, X509 *ca, struct reason *why)
{
	char name[NAME_LEN];
	int err;

	if (X509_check_ca(ca) != 1) {
		cert_name_text(X509_get_subject_name(ca), name, sizeof(name));
		reason_set(why, "%s: certificate of %s is not that of a CA", path, name);
		return crypto_error(-EKEYREJECTED);
	}
	err = add_hash(trust, ca);
	if (!err && X509_STORE_add_cert(trust->store, ca) != 1)
		err = crypto_error(-EIO);
	if (err)
		reason_set(why, "%s: %s", path, strerror(-err));
	return err;
}

int trust_add_cas(struct trust *trust, const char *path, struct reason *why)
{
	STACK_OF(X509) *cas;
	int err;
	int i;

	err = file_certs(trust->crypto, path, &cas, why);
	for (i = 0; i < sk_X509_num(cas) && !err; i++)
		err = add_ca(trust, path, sk_X509_value(cas, i), why);
	sk_X509_pop_free(cas, X509_free);
	return err;
}

int trust_add_crls(struct trust *trust, const char *path, struct reason *why)
{
	STACK_OF(X509_CRL) *crls;
	int err;
	int i;

	err = file_crls(trust->crypto, path, &crls, why);
	for (i = 0; i < sk_X509_CRL_num(crls) && !err; i++) {
		if (X509_STORE_add_crl(trust->store, sk_X509_CRL_value(crls, i)) != 1) {
			err = crypto_error(-EIO);
			reason_set(why, "%s: %s", path, strerror(-err));
		}
	}
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
	return err;
}

struct chunk trust_ca_hashes(const struct trust *trust)
{
	return (struct chunk){ trust->ca_hashes, trust->ca_hashes_len };
}

static void revoked(X509_STORE_CTX *ctx, const char *name, struct reason *why)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);
	char date[CERT_TIME_LEN] = "an unknown date";
	X509_REVOKED *entry = NULL;

	if (crl && X509_CRL_get0_by_cert(crl, &entry, X509_STORE_CTX_get_current_cert(ctx)))
		cert_time_text(X509_REVOKED_get0_revocationDate(entry), date);
	reason_set(why, "certificate of %s was revoked on %s", name, date);
}

static void crl_reason(X509_STORE_CTX *ctx, const char *name, int err, struct reason *why)
{
	const X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);
	char date[CERT_TIME_LEN] = "an unknown date";
	char ca[NAME_LEN] = "an unknown CA";

	if (crl) {
		cert_name_text(X509_CRL_get_issuer(crl), ca, sizeof(ca));
		cert_time_text(err == X509_V_ERR_CRL_HAS_EXPIRED ?
				       X509_CRL_get0_nextUpdate(crl) :
				       X509_CRL_get0_lastUpdate(crl), date);
	}
	if (err == X509_V_ERR_CRL_HAS_EXPIRED)
		reason_set(why, "CRL of %s has expired on %s, for certificate of %s", ca, date,
			   name);
	else if (err == X509_V_ERR_CRL_NOT_YET_VALID)
		reason_set(why, "CRL of %s is not valid before %s, for certificate of %s", ca,
			   date, name);
	else
		reason_set(why, "CRL of %s, for certificate of %s: %s", ca, name,
			   X509_verify_cert_error_string(err));
}

static void chain_reason(X509_STORE_CTX *ctx, struct reason *why)
{
	X509 *cert = X509_STORE_CTX_get_current_cert(ctx);
	int err = X509_STORE_CTX_get_error(ctx);
	char name[NAME_LEN] = "the peer";
	char issuer[NAME_LEN] = "unknown";
	char date[CERT_TIME_LEN];

	if (cert) {
		cert_name_text(X509_get_subject_name(cert), name, sizeof(name));
		cert_name_text(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	}
	switch (err) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		cert_time_text(X509_get0_notAfter(cert), date);
		reason_set(why, "certificate of %s has expired on %s", name, date);
		break;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		cert_time_text(X509_get0_notBefore(cert), date);
		reason_set(why, "certificate of %s is not valid before %s", name, date);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		reason_set(why, "certificate of %s leads to no configured CA: its issuer is %s",
			   name, issuer);
		break;
	case X509_V_ERR_INVALID_CA:
		reason_set(why, "certificate of %s is not that of a CA", name);
		break;
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
		reason_set(why, "certificate of %s has a name that its CA may not give (%s)",
			   name, X509_verify_cert_error_string(err));
		break;
	case X509_V_ERR_CERT_REVOKED:
		revoked(ctx, name, why);
		break;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		reason_set(why, "no CRL of %s to check certificate of %s with", issuer, name);
		break;
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
		crl_reason(ctx, name, err, why);
		break;
	default:
		reason_set(why, "certificate of %s: %s", name,
			   X509_verify_cert_error_string(err));
	}
}

/* What on_error() has to know. */
struct check {
	const struct trust *trust;
	struct reason *why;
};

static bool of_crl(int err)
{
	switch (err) {
	case X509_V_ERR_UNABLE_TO_GET_CRL:
	case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
	case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
	case X509_V_ERR_CRL_NOT_YET_VALID:
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return true;
	default:
		return false;
	}
}

/*
 * What OpenSSL minds and we do not: that there is no CRL, unless one is required; and
 * whatever is wrong with one for an anchor, which is trusted because it is configured,
 * and whose issuer may be unknown. An anchor that a CRL names is refused even so.
 */
static bool forgiven(const struct trust *trust, X509_STORE_CTX *ctx, int err)
{
	int anchor = sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) - 1;

	if (err == X509_V_ERR_UNABLE_TO_GET_CRL && !trust->crl_required)
		return true;
	return of_crl(err) && X509_STORE_CTX_get_error_depth(ctx) == anchor;
}

/* The only time when certificate and CRL are at hand that an error is about. */
static int on_error(int ok, X509_STORE_CTX *ctx)
{
	const struct check *check = X509_STORE_CTX_get_app_data(ctx);

	if (ok)
		return 1;
	if (forgiven(check->trust, ctx, X509_STORE_CTX_get_error(ctx))) {
		X509_STORE_CTX_set_error(ctx, X509_V_OK);
		return 1;
	}
	chain_reason(ctx, check->why);
	return 0;
}

static int verify_chain(X509_STORE_CTX *ctx)
{
	int err;

	if (X509_verify_cert(ctx) == 1)
		return 0;
	err = crypto_error(-EKEYREJECTED);
	return X509_STORE_CTX_get_error(ctx) == X509_V_ERR_OUT_OF_MEM ? -ENOMEM : err;
}

static int check_path(const struct trust *trust, X509 *leaf, STACK_OF(X509) *others, int64_t now,
		      struct reason *why)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new_ex(trust->crypto->lib, NULL);
	struct check check = { trust, why };
	X509_VERIFY_PARAM *param;
	int err;

	if (!ctx || X509_STORE_CTX_init(ctx, trust->store, leaf, others) != 1 ||
	    X509_STORE_CTX_set_app_data(ctx, &check) != 1) {
		X509_STORE_CTX_free(ctx);
		return crypto_error(-EIO);
	}
	X509_STORE_CTX_set_verify_cb(ctx, on_error);
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL |
					   X509_V_FLAG_PARTIAL_CHAIN);
	X509_VERIFY_PARAM_set_time(param, now);
	X509_VERIFY_PARAM_set_depth(param, MAX_DEPTH);
	X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
	reason_set(why, "the certificates cannot be checked");
	err = verify_chain(ctx);
	X509_STORE_CTX_free(ctx);
	return err;
}

static int parse(const struct crypto *crypto, struct chunk der, X509 **cert)
{
	const uint8_t *at = der.data;

	*cert = NULL;
	if (!der.len || der.len > UINT16_MAX)
		return -EKEYREJECTED;
	*cert = X509_new_ex(crypto->lib, NULL);
	if (!*cert)
		return crypto_error(-EIO);
	if (d2i_X509(cert, &at, (long)der.len) && at == der.data + der.len)
		return 0;
	X509_free(*cert);
	*cert = NULL;
	return crypto_error(-EKEYREJECTED);
}

static int parse_all(const struct crypto *crypto, const struct chunk *ders, size_t count,
		     STACK_OF(X509) *certs, struct reason *why)
{
	X509 *cert;
	size_t i;
	int err;

	for (i = 0; i < count; i++) {
		err = parse(crypto, ders[i], &cert);
		if (err) {
			reason_set(why, "certificate %zu of %zu is no DER certificate", i + 1,
				   count);
			return err;
		}
		if (!sk_X509_push(certs, cert)) {
			X509_free(cert);
			return crypto_error(-ENOMEM);
		}
	}
	return 0;
}

static int verify_certs(const struct trust *trust, STACK_OF(X509) *certs, int64_t now,
			struct cert *leaf, struct reason *why)
{
	X509 *first = sk_X509_shift(certs);
	int err = check_path(trust, first, certs, now, why);

	if (err) {
		X509_free(first);
		return err;
	}
	return cert_from_x509(first, leaf, why);
}

int trust_verify(const struct trust *trust, const struct chunk *certs, size_t count,
		 int64_t now, struct cert *leaf, struct reason *why)
{
	STACK_OF(X509) *parsed;
	int err;

	*leaf = (struct cert){ 0 };
	if (!count || count > TRUST_MAX_CERTS) {
		reason_set(why, "%zu certificates, not 1 to %d", count, TRUST_MAX_CERTS);
		return -EKEYREJECTED;
	}
	parsed = sk_X509_new_null();
	if (!parsed)
		return crypto_error(-ENOMEM);
	err = parse_all(trust->crypto, certs, count, parsed, why);
	if (!err)
		err = verify_certs(trust, parsed, now, leaf, why);
	sk_X509_pop_free(parsed, X509_free);
	if (err == -ENOMEM)
		reason_set(why, "no memory to check the certificates");
	return err;
}
