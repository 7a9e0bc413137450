// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of keys, certificates and CRLs.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include "crypto/file.h"
#include "crypto/internal.h"

static int refuse(struct reason *why, const char *path, int err)
{
	reason_set(why, "%s: %s", path, strerror(-err));
	return err;
}

static int check(int fd, const char *path, bool keep_secret, size_t *size, struct reason *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return refuse(why, path, -errno);
	if (!S_ISREG(st.st_mode)) {
		reason_set(why, "%s is not a regular file", path);
		return -EINVAL;
	}
	if (keep_secret && (st.st_mode & S_IRWXO)) {
		reason_set(why, "%s is open to others (mode %04o): chmod o= it", path,
			   (unsigned int)(st.st_mode & 07777));
		return -EPERM;
	}
	if (st.st_size <= 0 || st.st_size > FILE_MAX_LEN) {
		reason_set(why, "%s has %lld bytes, not 1 to %d", path, (long long)st.st_size,
			   FILE_MAX_LEN);
		return -EINVAL;
	}
	*size = (size_t)st.st_size;
	return 0;
}

/* A file that shrinks while it is read has nothing in it that is worth having. */
static int fill(int fd, struct secret *content)
{
	size_t at = 0;

	while (at < content->len) {
		ssize_t got = read(fd, content->data + at, content->len - at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += (size_t)got;
	}
	return 0;
}

static int read_open(int fd, const char *path, bool keep_secret, struct secret *content,
		     struct reason *why)
{
	size_t size = 0;
	int err;

	err = check(fd, path, keep_secret, &size, why);
	if (err)
		return err;
	err = secret_new(content, size);
	if (!err)
		err = fill(fd, content);
	if (err) {
		secret_free(content);
		return refuse(why, path, err);
	}
	return 0;
}

int file_read(const char *path, bool keep_secret, struct secret *content, struct reason *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err;

	*content = (struct secret){ 0 };
	if (fd < 0)
		return refuse(why, path, -errno);
	err = read_open(fd, path, keep_secret, content, why);
	close(fd);
	return err;
}

/* PEM_read_bio_*() found no more: is that the end of the file, after @count of them? */
static int end_of_pem(const char *path, const char *what, int count, struct reason *why)
{
	unsigned long code = ERR_peek_last_error();
	int err;

	if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE &&
	    count) {
		ERR_clear_error();
		return 0;
	}
	err = crypto_error(-EKEYREJECTED);
	if (err == -ENOMEM)
		return refuse(why, path, err);
	reason_set(why, "%s: no %s in PEM form after %d of them", path, what, count);
	return err;
}

static int parse_certs(const struct crypto *crypto, BIO *bio, const char *path,
		       STACK_OF(X509) *certs, struct reason *why)
{
	X509 *cert;

	for (;;) {
		cert = X509_new_ex(crypto->lib, NULL);
		if (!cert)
			return refuse(why, path, crypto_error(-EIO));
		if (!PEM_read_bio_X509(bio, &cert, NULL, NULL)) {
			X509_free(cert);
			return end_of_pem(path, "certificate", sk_X509_num(certs), why);
		}
		if (!sk_X509_push(certs, cert)) {
			X509_free(cert);
			return refuse(why, path, crypto_error(-ENOMEM));
		}
	}
}

static int parse_crls(const struct crypto *crypto, BIO *bio, const char *path,
		      STACK_OF(X509_CRL) *crls, struct reason *why)
{
	X509_CRL *crl;

	for (;;) {
		crl = X509_CRL_new_ex(crypto->lib, NULL);
		if (!crl)
			return refuse(why, path, crypto_error(-EIO));
		if (!PEM_read_bio_X509_CRL(bio, &crl, NULL, NULL)) {
			X509_CRL_free(crl);
			return end_of_pem(path, "CRL", sk_X509_CRL_num(crls), why);
		}
		if (!sk_X509_CRL_push(crls, crl)) {
			X509_CRL_free(crl);
			return refuse(why, path, crypto_error(-ENOMEM));
		}
	}
}

int file_certs(const struct crypto *crypto, const char *path, STACK_OF(X509) **certs,
	       struct reason *why)
{
	struct secret pem;
	BIO *bio;
	int err;

	*certs = NULL;
	err = file_read(path, false, &pem, why);
	if (err)
		return err;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	*certs = sk_X509_new_null();
	if (bio && *certs)
		err = parse_certs(crypto, bio, path, *certs, why);
	else
		err = refuse(why, path, crypto_error(-ENOMEM));
	BIO_free(bio);
	secret_free(&pem);
	if (err) {
		sk_X509_pop_free(*certs, X509_free);
		*certs = NULL;
	}
	return err;
}

int file_crls(const struct crypto *crypto, const char *path, STACK_OF(X509_CRL) **crls,
	      struct reason *why)
{
	struct secret pem;
	BIO *bio;
	int err;

	*crls = NULL;
	err = file_read(path, false, &pem, why);
	if (err)
		return err;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	*crls = sk_X509_CRL_new_null();
	if (bio && *crls)
		err = parse_crls(crypto, bio, path, *crls, why);
	else
		err = refuse(why, path, crypto_error(-ENOMEM));
	BIO_free(bio);
	secret_free(&pem);
	if (err) {
		sk_X509_CRL_pop_free(*crls, X509_CRL_free);
		*crls = NULL;
	}
	return err;
}
