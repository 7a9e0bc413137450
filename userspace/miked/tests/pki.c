// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A PKI for tests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "pki.h"

#define MAX_FILES	64
#define PATH_LEN	128

static struct {
	char dir[32];
	char paths[MAX_FILES][PATH_LEN];
	size_t count;
} files;

/* The test is wrong, or OpenSSL is. */
#define must(what)							\
	do {								\
		if (!(what)) {						\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
			ERR_print_errors_fp(stderr);			\
			abort();					\
		}							\
	} while (0)

static EVP_PKEY *pss_key(unsigned long bits)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *key = NULL;

	must(ctx && EVP_PKEY_keygen_init(ctx) == 1);
	must(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)bits) == 1);
	must(EVP_PKEY_keygen(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

EVP_PKEY *pki_key(const char *type)
{
	EVP_PKEY *key;

	if (!type)
		type = "P-256";
	if (!strncmp(type, "RSA:", 4))
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)strtoul(type + 4, NULL, 10));
	else if (!strncmp(type, "RSA-PSS:", 8))
		key = pss_key(strtoul(type + 8, NULL, 10));
	else if (!strcmp(type, "ED25519") || !strcmp(type, "ED448") || !strcmp(type, "X25519"))
		key = EVP_PKEY_Q_keygen(NULL, NULL, type);
	else
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
	must(key);
	return key;
}

static void set_subject(X509 *x509, const char *cn)
{
	X509_NAME *name = X509_get_subject_name(x509);

	if (!cn)
		return;
	must(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
					(const unsigned char *)"gemcast tests", -1, -1, 0));
	must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1,
					-1, 0));
}

static void extend(X509 *x509, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *extension;

	if (!value || !*value)
		return;
	extension = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	must(extension);
	must(X509_add_ext(x509, extension, -1));
	X509_EXTENSION_free(extension);
}

static void extend_all(X509 *x509, const struct pki_spec *spec, X509 *issuer)
{
	const char *basic = spec->ca ? "critical,CA:TRUE" : "CA:FALSE";
	const char *usage = spec->ca ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature";
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	extend(x509, &ctx, NID_basic_constraints, spec->basic ? spec->basic : basic);
	extend(x509, &ctx, NID_key_usage, spec->usage ? spec->usage : usage);
	extend(x509, &ctx, NID_subject_key_identifier, "hash");
	extend(x509, &ctx, NID_authority_key_identifier, issuer == x509 ? NULL : "keyid");
	extend(x509, &ctx, NID_ext_key_usage, spec->extended);
	extend(x509, &ctx, NID_subject_alt_name, spec->alt);
	extend(x509, &ctx, NID_name_constraints, spec->constraints);
}

static const EVP_MD *digest_for(const EVP_PKEY *key, const char *digest)
{
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return NULL;
	return EVP_get_digestbyname(digest ? digest : "SHA256");
}

struct pki_cert pki_make(const struct pki_spec *spec, const struct pki_cert *issuer)
{
	static long serial = 1000;
	struct pki_cert cert = { .x509 = X509_new(), .key = pki_key(spec->key) };
	const struct pki_cert *signer = issuer ? issuer : &cert;

	must(cert.x509);
	must(X509_set_version(cert.x509, X509_VERSION_3));
	must(ASN1_INTEGER_set(X509_get_serialNumber(cert.x509), serial++));
	must(ASN1_TIME_set(X509_getm_notBefore(cert.x509),
			   spec->from ? spec->from : PKI_NOW - PKI_HOUR));
	must(ASN1_TIME_set(X509_getm_notAfter(cert.x509),
			   spec->until ? spec->until : PKI_NOW + PKI_YEAR));
	must(X509_set_pubkey(cert.x509, cert.key));
	set_subject(cert.x509, spec->cn);
	must(X509_set_issuer_name(cert.x509, X509_get_subject_name(signer->x509)));
	extend_all(cert.x509, spec, signer->x509);
	must(X509_sign(cert.x509, signer->key, digest_for(signer->key, spec->digest)));
	return cert;
}

void pki_free(struct pki_cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->key);
	*cert = (struct pki_cert){ 0 };
}

static void add_revoked(X509_CRL *crl, const struct pki_cert *cert)
{
	ASN1_TIME *when = ASN1_TIME_set(NULL, PKI_NOW - PKI_HOUR);
	X509_REVOKED *entry = X509_REVOKED_new();

	must(when && entry);
	must(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(cert->x509)));
	must(X509_REVOKED_set_revocationDate(entry, when));
	must(X509_CRL_add0_revoked(crl, entry));
	ASN1_TIME_free(when);
}

X509_CRL *pki_crl(const struct pki_cert *issuer, const struct pki_cert *revoked, int64_t from,
		  int64_t until)
{
	ASN1_TIME *last = ASN1_TIME_set(NULL, from);
	ASN1_TIME *next = ASN1_TIME_set(NULL, until);
	X509_CRL *crl = X509_CRL_new();

	must(last && next && crl);
	must(X509_CRL_set_version(crl, X509_CRL_VERSION_2));
	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)));
	must(X509_CRL_set1_lastUpdate(crl, last));
	must(X509_CRL_set1_nextUpdate(crl, next));
	if (revoked)
		add_revoked(crl, revoked);
	must(X509_CRL_sort(crl));
	must(X509_CRL_sign(crl, issuer->key, digest_for(issuer->key, NULL)));
	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return crl;
}

struct secret pki_der(const struct pki_cert *cert)
{
	struct secret der;
	uint8_t *bytes = NULL;
	int len = i2d_X509(cert->x509, &bytes);

	must(len > 0);
	must(!secret_copy(&der, (struct chunk){ bytes, (size_t)len }));
	OPENSSL_free(bytes);
	return der;
}

static const char *path_of(const char *name)
{
	char path[PATH_LEN];
	size_t i;

	if (!files.dir[0]) {
		strcpy(files.dir, "/tmp/miked-pki-XXXXXX");
		must(mkdtemp(files.dir));
	}
	must((size_t)snprintf(path, sizeof(path), "%s/%s", files.dir, name) < sizeof(path));
	for (i = 0; i < files.count; i++) {
		if (!strcmp(files.paths[i], path))
			return files.paths[i];
	}
	must(files.count < MAX_FILES);
	memcpy(files.paths[files.count], path, sizeof(path));
	return files.paths[files.count++];
}

static FILE *create(const char *path, mode_t mode)
{
	FILE *file = fopen(path, "we");

	must(file);
	must(!fchmod(fileno(file), mode));
	return file;
}

const char *pki_key_file(const char *name, const EVP_PKEY *key)
{
	const char *path = path_of(name);
	FILE *file = create(path, 0600);

	must(PEM_write_PKCS8PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
	must(!fclose(file));
	return path;
}

const char *pki_cert_file(const char *name, const struct pki_cert *const *certs)
{
	const char *path = path_of(name);
	FILE *file = create(path, 0644);

	for (; *certs; certs++)
		must(PEM_write_X509(file, (*certs)->x509));
	must(!fclose(file));
	return path;
}

const char *pki_crl_file(const char *name, X509_CRL *const *crls)
{
	const char *path = path_of(name);
	FILE *file = create(path, 0644);

	for (; *crls; crls++)
		must(PEM_write_X509_CRL(file, *crls));
	must(!fclose(file));
	return path;
}

const char *pki_text_file(const char *name, const char *text)
{
	const char *path = path_of(name);
	FILE *file = create(path, 0600);

	must(fputs(text, file) >= 0);
	must(!fclose(file));
	return path;
}

void pki_cleanup(void)
{
	size_t i;

	for (i = 0; i < files.count; i++)
		unlink(files.paths[i]);
	if (files.dir[0])
		rmdir(files.dir);
	memset(&files, 0, sizeof(files));
}
