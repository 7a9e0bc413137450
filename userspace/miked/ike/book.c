// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The book of credentials, CAs, pre-shared keys and PPKs: made from the files that a
 * configuration names, and gone when nobody holds it any more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "conf/file.h"
#include "ike/book.h"

#define PATH_SIZE	512
#define KEY_MAX		2048
#define PPK_MIN		32	/* 256 bits of security (RFC 8784 6) */

static int no_memory(struct reason *why)
{
	reason_set(why, "no memory");
	return -ENOMEM;
}

/* Where the file @name is that @what is read from. */
static int path_of(const char *name, const char *what, char *path, struct reason *why)
{
	const char *reason = conf_file_path(name, path, PATH_SIZE);

	if (!reason)
		return 0;
	reason_set(why, "%s: %s: %s", what, name, reason);
	return -EINVAL;
}

/* No peer would believe that the certificate is that of this identity. */
static int check_self(const struct auth_self *self, struct reason *why)
{
	struct reason inner = { "no memory" };

	if (cert_has_id(&self->credential.leaf, self->type, secret_chunk(&self->id), &inner))
		return 0;
	reason_set(why, "credentials[%s]: %s", self->name, inner.text);
	return -EKEYREJECTED;
}

static int load_certificate(const struct auth_book *book, const struct conf_credential *conf,
			    struct auth_self *self, struct reason *why)
{
	char key[PATH_SIZE], certificate[PATH_SIZE];
	struct reason inner = { "no memory" };
	int err;

	err = path_of(conf->key, "credentials", key, why);
	if (!err)
		err = path_of(conf->certificate, "credentials", certificate, why);
	if (err)
		return err;
	err = credential_load(book->crypto, key, certificate, &self->credential, &inner);
	if (err) {
		reason_set(why, "credentials[%s]: %s", self->name, inner.text);
		return err;
	}
	self->certified = true;
	return check_self(self, why);
}

static int load_self(const struct auth_book *book, const struct conf_credential *conf,
		     struct auth_self *self, struct reason *why)
{
	int err;

	memcpy(self->name, conf->name, sizeof(self->name));
	err = auth_id(&conf->identity, &self->type, &self->id);
	if (err) {
		reason_set(why, "credentials[%s]: the identity cannot be used: %s", self->name,
			   strerror(-err));
		return err;
	}
	return *conf->certificate ? load_certificate(book, conf, self, why) : 0;
}

static int load_selves(struct auth_book *book, const struct conf *conf, struct reason *why)
{
	int err = 0;

	if (!conf->credentials_count)
		return 0;
	book->selves = OPENSSL_zalloc(conf->credentials_count * sizeof(*book->selves));
	if (!book->selves)
		return no_memory(why);
	while (book->n_selves < conf->credentials_count && !err) {
		err = load_self(book, &conf->credentials[book->n_selves],
				&book->selves[book->n_selves], why);
		book->n_selves++;
	}
	return err;
}

typedef int (*add_fn)(struct trust *trust, const char *path, struct reason *why);

static int load_files(struct trust *trust, const conf_file *files, uint32_t count, add_fn add,
		      const char *what, struct reason *why)
{
	struct reason inner = { "no memory" };
	char path[PATH_SIZE];
	uint32_t i;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		err = path_of(files[i], what, path, why);
		if (err)
			return err;
		err = add(trust, path, &inner);
		if (err)
			reason_set(why, "%s: %s", what, inner.text);
	}
	return err;
}

static int load_trust(struct auth_book *book, const struct conf_trust *conf, struct reason *why)
{
	struct trust *trust = &book->trust;
	int err;

	if (trust_new(book->crypto, conf->crl_check == CONF_CRL_STRICT, trust))
		return no_memory(why);
	err = load_files(trust, conf->ca, conf->ca_count, trust_add_cas, "trust.ca", why);
	if (!err && conf->crl_check != CONF_CRL_OFF)
		err = load_files(trust, conf->crl, conf->crl_count, trust_add_crls, "trust.crl",
				 why);
	return err;
}

static int load_key(const char *file, const char *what, size_t min, struct secret *key,
		    struct reason *why)
{
	uint8_t bytes[KEY_MAX];
	const char *reason = "";
	char text[128];
	int len, err;

	len = conf_secret_read(file, bytes, sizeof(bytes), &reason, text, sizeof(text));
	if (len < 0) {
		reason_set(why, "%s: %s: %s", what, file, reason);
		return -EINVAL;
	}
	if ((size_t)len < min) {
		reason_set(why, "%s: %s: %d bytes, not %zu or more", what, file, len, min);
		err = -EINVAL;
	} else {
		err = secret_copy(key, (struct chunk){ bytes, (size_t)len });
		if (err)
			no_memory(why);
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return err;
}

static int load_peer(const struct conf_identity *identity, const char *what,
		     struct id_pattern *peer, struct reason *why)
{
	char text[CONF_IDENTITY_TEXT];
	int err = id_pattern_of(identity, peer);

	if (err) {
		conf_identity_print(identity, text);
		reason_set(why, "%s: peer %s cannot be used: %s", what, text, strerror(-err));
	}
	return err;
}

static int load_psks(struct auth_book *book, const struct conf *conf, struct reason *why)
{
	struct psk_entry *psk;
	int err = 0;

	if (!conf->psk_count)
		return 0;
	book->psks = OPENSSL_zalloc(conf->psk_count * sizeof(*book->psks));
	if (!book->psks)
		return no_memory(why);
	while (book->n_psks < conf->psk_count && !err) {
		const struct conf_psk *from = &conf->psk[book->n_psks];

		psk = &book->psks[book->n_psks++];
		err = load_peer(&from->peer, "psk", &psk->peer, why);
		if (!err)
			err = load_key(from->file, "psk", 1, &psk->key, why);
	}
	return err;
}

static int load_ppks(struct auth_book *book, const struct conf *conf, struct reason *why)
{
	struct ppk_entry *ppk;
	int err = 0;

	if (!conf->ppk_count)
		return 0;
	book->ppks = OPENSSL_zalloc(conf->ppk_count * sizeof(*book->ppks));
	if (!book->ppks)
		return no_memory(why);
	while (book->n_ppks < conf->ppk_count && !err) {
		const struct conf_ppk *from = &conf->ppk[book->n_ppks];

		ppk = &book->ppks[book->n_ppks++];
		memcpy(ppk->id, from->id, sizeof(ppk->id));
		ppk->mandatory = from->mandatory;
		err = load_peer(&from->peer, "ppk", &ppk->peer, why);
		if (!err)
			err = load_key(from->file, "ppk", PPK_MIN, &ppk->key, why);
	}
	return err;
}

static int by_id(const void *a, const void *b)
{
	const struct ppk_name *x = a, *y = b;

	return strcmp(x->entry->id, y->entry->id);
}

/* So that no one who comes has to wait until all were looked at. */
static int make_indexes(struct auth_book *book, struct reason *why)
{
	size_t i;

	if (id_index_new(book->psks, sizeof(*book->psks), book->n_psks, &book->psks_by_peer) ||
	    id_index_new(book->ppks, sizeof(*book->ppks), book->n_ppks, &book->ppks_by_peer))
		return no_memory(why);
	if (!book->n_ppks)
		return 0;
	book->ppks_by_id = OPENSSL_malloc(book->n_ppks * sizeof(*book->ppks_by_id));
	if (!book->ppks_by_id)
		return no_memory(why);
	for (i = 0; i < book->n_ppks; i++)
		book->ppks_by_id[i].entry = &book->ppks[i];
	qsort(book->ppks_by_id, book->n_ppks, sizeof(*book->ppks_by_id), by_id);
	return 0;
}

static void free_book(struct auth_book *book)
{
	size_t i;

	for (i = 0; i < book->n_selves; i++) {
		credential_free(&book->selves[i].credential);
		secret_free(&book->selves[i].id);
	}
	for (i = 0; i < book->n_psks; i++) {
		id_pattern_free(&book->psks[i].peer);
		secret_free(&book->psks[i].key);
	}
	for (i = 0; i < book->n_ppks; i++) {
		id_pattern_free(&book->ppks[i].peer);
		secret_free(&book->ppks[i].key);
	}
	id_index_free(&book->psks_by_peer);
	id_index_free(&book->ppks_by_peer);
	trust_free(&book->trust);
	OPENSSL_free(book->ppks_by_id);
	OPENSSL_free(book->selves);
	OPENSSL_free(book->psks);
	OPENSSL_free(book->ppks);
	OPENSSL_free(book);
}

struct auth_book *auth_book_new(const struct crypto *crypto, const struct conf *conf,
				struct reason *why)
{
	struct auth_book *book = OPENSSL_zalloc(sizeof(*book));
	int err;

	if (!book) {
		no_memory(why);
		return NULL;
	}
	atomic_init(&book->holders, 1);
	book->crypto = crypto;
	err = load_selves(book, conf, why);
	if (!err)
		err = load_trust(book, &conf->trust, why);
	if (!err)
		err = load_psks(book, conf, why);
	if (!err)
		err = load_ppks(book, conf, why);
	if (!err)
		err = make_indexes(book, why);
	if (!err)
		return book;
	free_book(book);
	return NULL;
}

struct auth_book *auth_book_hold(struct auth_book *book)
{
	atomic_fetch_add(&book->holders, 1);
	return book;
}

void auth_book_drop(struct auth_book *book)
{
	if (book && atomic_fetch_sub(&book->holders, 1) == 1)
		free_book(book);
}

const struct auth_self *auth_self(const struct auth_book *book, const char *name)
{
	size_t i;

	for (i = 0; i < book->n_selves; i++) {
		if (!strcmp(book->selves[i].name, name))
			return &book->selves[i];
	}
	return NULL;
}

struct wire_id auth_self_id(const struct auth_self *self)
{
	return (struct wire_id){ .type = self->type, .data = secret_chunk(&self->id) };
}

struct wire_cert auth_certreq(const struct auth_book *book)
{
	return (struct wire_cert){
		.encoding = CERT_X509_SIGNATURE,
		.data = trust_ca_hashes(&book->trust),
	};
}
