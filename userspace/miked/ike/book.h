/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in an auth_book, for the files that implement ike/auth.h. After
 * auth_book_new() nothing in it changes but the number of its holders.
 */
#ifndef MIKED_IKE_BOOK_H
#define MIKED_IKE_BOOK_H

#include <stdatomic.h>
#include "ike/auth.h"

/* An identity as a peer claims it. */
struct id_claim {
	uint8_t type;
	struct chunk data;	/* somebody else's; in words if it is a DN of the configuration */
	X509_NAME *dn;		/* of ID_DER_ASN1_DN only */
};

/* -EINVAL: it is none, or nobody's. */
int id_claim_of(const struct wire_id *id, struct id_claim *claim);
int id_claim_conf(const struct conf_identity *identity, struct id_claim *claim);
void id_claim_free(struct id_claim *claim);

/* A pattern of the configuration, ready to be compared. */
struct id_pattern {
	struct conf_identity identity;
	X509_NAME *dn;		/* of ID_DER_ASN1_DN only */
};

int id_pattern_of(const struct conf_identity *identity, struct id_pattern *pattern);
void id_pattern_free(struct id_pattern *pattern);
bool id_covers(const struct id_pattern *pattern, const struct id_claim *claim);

struct auth_self {
	char name[CONF_NAME_SIZE];
	uint8_t type;
	struct secret id;	/* Identification Data */
	bool certified;
	struct credential credential;	/* if certified */
};

/* Each list in the order of the configuration: of what covers a peer the first counts. */
struct psk_entry {
	struct id_pattern peer;
	struct secret key;
};

struct ppk_entry {
	struct id_pattern peer;
	char id[CONF_NAME_SIZE];
	struct secret key;
	bool mandatory;
};

struct auth_book {
	atomic_uint holders;
	const struct crypto *crypto;
	struct trust trust;
	struct auth_self *selves;
	struct psk_entry *psks;
	struct ppk_entry *ppks;
	size_t n_selves;
	size_t n_psks;
	size_t n_ppks;
};

#endif
