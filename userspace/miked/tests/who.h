/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who is who, for tests of authentication: configurations put together piece by piece,
 * and exchanges between two that have nothing but what AUTH covers.
 */
#ifndef MIKED_TESTS_WHO_H
#define MIKED_TESTS_WHO_H

#include "ike/auth.h"

#define WHO_MAX		4

struct who {
	struct conf conf;
	struct conf_credential credentials[WHO_MAX];
	conf_file ca[WHO_MAX];
	conf_file crl[WHO_MAX];
	struct conf_psk psk[WHO_MAX];
	struct conf_ppk ppk[WHO_MAX];
};

/* Nobody, who believes nobody. */
void who_new(struct who *who);
/* A credential "here"; @certificate and @key may be NULL. */
void who_is(struct who *who, const char *identity, const char *certificate, const char *key);
void who_trusts(struct who *who, const char *ca);
void who_has_crl(struct who *who, const char *crl, enum conf_crl_check check);
void who_has_psk(struct who *who, const char *peer, const char *file);
void who_has_ppk(struct who *who, const char *id, const char *peer, const char *file,
		 bool mandatory);

/* Its book; NULL, and why it said so, if there is none. */
struct auth_book *who_book(const struct crypto *crypto, const struct who *who,
			   struct reason *why);

struct conf_identity who_identity(const char *text);

#define WHO_ALL_HASHES	(1U << HASH_SHA2_256 | 1U << HASH_SHA2_384 | 1U << HASH_SHA2_512 | \
			 1U << HASH_IDENTITY)

/* What the AUTH of someone who says to be @id covers; @body has to stay. */
struct auth_exchange who_exchange(struct wire_id id, struct secret *body);

#endif
