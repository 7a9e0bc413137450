// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates of Ed25519 for a benchmark, valid now, into a directory:
 *
 *	bench_pki DIRECTORY MEMBERS
 *
 * ca.pem; ks.pem and ks.key of ks.example.org; gm1.pem and gm1.key of gm1.example.org, and
 * so on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <openssl/pem.h>
#include "pki.h"

#define PATH_SIZE	256

static FILE *create(const char *directory, const char *name, const char *suffix)
{
	char path[PATH_SIZE];
	FILE *file;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s.%s", directory, name, suffix) >=
	    sizeof(path))
		abort();
	file = fopen(path, "we");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void write_certificate(const char *directory, const char *name,
			      const struct pki_cert *cert)
{
	FILE *file = create(directory, name, "pem");

	if (PEM_write_X509(file, cert->x509) != 1 || fclose(file))
		abort();
}

static void write_key(const char *directory, const char *name, const struct pki_cert *cert)
{
	FILE *file = create(directory, name, "key");

	if (PEM_write_PKCS8PrivateKey(file, cert->key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    fclose(file))
		abort();
}

static void make(const char *directory, const char *name, const struct pki_cert *ca)
{
	const int64_t now = time(NULL);
	char alt[64];
	const struct pki_spec spec = {
		.cn = name, .alt = alt, .key = "ED25519",
		.from = now - PKI_HOUR, .until = now + PKI_YEAR,
	};
	struct pki_cert cert;

	snprintf(alt, sizeof(alt), "DNS:%s.example.org", name);
	cert = pki_make(&spec, ca);
	write_certificate(directory, name, &cert);
	write_key(directory, name, &cert);
	pki_free(&cert);
}

int main(int argc, char **argv)
{
	const int64_t now = time(NULL);
	const struct pki_spec spec = {
		.cn = "the benchmark's CA", .key = "ED25519", .ca = true,
		.from = now - PKI_HOUR, .until = now + PKI_YEAR,
	};
	unsigned long i, members;
	struct pki_cert ca;
	char name[32];

	if (argc != 3)
		return 2;
	umask(077);
	members = strtoul(argv[2], NULL, 10);
	ca = pki_make(&spec, NULL);
	write_certificate(argv[1], "ca", &ca);
	make(argv[1], "ks", &ca);
	for (i = 1; i <= members; i++) {
		snprintf(name, sizeof(name), "gm%lu", i);
		make(argv[1], name, &ca);
	}
	pki_free(&ca);
	return 0;
}
