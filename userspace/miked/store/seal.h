/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secrets for a place where others may read: wrapped (RFC 5649) by the master key, together
 * with a digest of what they belong to. AES-KWP has no associated data, but what it wraps is
 * authentic as a whole.
 */
#ifndef MIKED_STORE_SEAL_H
#define MIKED_STORE_SEAL_H

#include "crypto/crypto.h"
#include "crypto/keywrap.h"
#include "store/store.h"

#define SEAL_ID_LEN	16
#define SEAL_MAX_LEN	(STORE_MAX_SECRET + SEAL_ID_LEN + 16)

struct seal {
	const struct crypto *crypto;
	struct secret master;
	uint8_t id[SEAL_ID_LEN];	/* of the store */
};

/* What a secret belongs to; all parts count. */
struct seal_place {
	const char *kind;		/* which table */
	const char *group;
	uint64_t number;
	struct chunk spi;
};

/* SEAL_MAX_LEN bytes to @out at most, *@len of them. 0 or a negative errno value. */
int seal_close(const struct seal *seal, const struct seal_place *place, struct chunk plain,
	       uint8_t *out, size_t *len);
/* @plain is the caller's to free. -EBADMSG: of another key, another place, or damaged. */
int seal_open(const struct seal *seal, const struct seal_place *place, struct chunk sealed,
	      struct secret *plain);

#endif
