/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of many entries, each with a pattern of identities, the first that covers one, without
 * a look at all: there may be 100,000 members with a key each.
 */
#ifndef MIKED_IKE_INDEX_H
#define MIKED_IKE_INDEX_H

#include <openssl/x509.h>
#include "conf/identity.h"
#include "wire/message.h"

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

struct id_slot {
	uint32_t hash;
	uint32_t entry;
};

struct id_index {
	const uint8_t *entries;		/* each begins with its struct id_pattern */
	size_t size;			/* of one */
	/* those that cover one identity only, by hash; others as the configuration has them */
	struct id_slot *exact;
	uint32_t *open;
	size_t n_exact;
	size_t n_open;
};

/* Of @count entries of @size bytes each, which must stay. -ENOMEM */
int id_index_new(const void *entries, size_t size, size_t count, struct id_index *index);
void id_index_free(struct id_index *index);
/* The first entry that covers @claim; NULL: none does. */
const void *id_index_find(const struct id_index *index, const struct id_claim *claim);

#endif
