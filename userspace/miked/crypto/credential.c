// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What miked itself authenticates with.
 */
#include <errno.h>
#include <string.h>
#include "crypto/credential.h"
#include "crypto/file.h"
#include "crypto/internal.h"

static int add_der(struct credential *credential, const X509 *x509)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x509, &der);
	int err;

	if (len < 0)
		return crypto_error(-EIO);
	err = secret_copy(&credential->certs[credential->n_certs],
			  (struct chunk){ der, (size_t)len });
	if (!err)
		credential->n_certs++;
	OPENSSL_free(der);
	return err;
}

static int take_certs(struct credential *credential, STACK_OF(X509) *certs, struct reason *why)
{
	int err = 0;
	int i;

	if (sk_X509_num(certs) > CREDENTIAL_MAX_CERTS) {
		reason_set(why, "%d certificates, more than %d", sk_X509_num(certs),
			   CREDENTIAL_MAX_CERTS);
		return -EKEYREJECTED;
	}
	for (i = 0; i < sk_X509_num(certs) && !err; i++)
		err = add_der(credential, sk_X509_value(certs, i));
	if (!err)
		err = cert_from_x509(sk_X509_shift(certs), &credential->leaf, why);
	return err;
}

static int load_certs(const struct crypto *crypto, const char *path,
		      struct credential *credential, struct reason *why)
{
	struct reason inner = { "no memory" };
	STACK_OF(X509) *certs;
	int err;

	err = file_certs(crypto, path, &certs, why);
	if (err)
		return err;
	err = take_certs(credential, certs, &inner);
	sk_X509_pop_free(certs, X509_free);
	if (err)
		reason_set(why, "%s: %s", path, inner.text);
	return err;
}

int credential_load(const struct crypto *crypto, const char *key_path, const char *cert_path,
		    struct credential *credential, struct reason *why)
{
	int err;

	*credential = (struct credential){ 0 };
	err = key_load_private(crypto, key_path, &credential->key, why);
	if (!err)
		err = load_certs(crypto, cert_path, credential, why);
	if (!err && EVP_PKEY_eq(credential->key.pkey, credential->leaf.key.pkey) != 1) {
		reason_set(why, "the key of %s is not that of the first certificate of %s",
			   key_path, cert_path);
		err = crypto_error(-EKEYREJECTED);
	}
	if (err)
		credential_free(credential);
	return err;
}

void credential_free(struct credential *credential)
{
	size_t i;

	for (i = 0; i < credential->n_certs; i++)
		secret_free(&credential->certs[i]);
	cert_free(&credential->leaf);
	key_free(&credential->key);
	*credential = (struct credential){ 0 };
}
