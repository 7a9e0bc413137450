/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The group key management technique: by which keys the keys of SAs reach members
 * (RFC 9838 3.2). Flat is the one there is: each key is wrapped by the key of the SA that
 * it goes by, a member's own IKE SA or the Rekey SA of all.
 */
#ifndef MIKED_GROUP_TECHNIQUE_H
#define MIKED_GROUP_TECHNIQUE_H

#include "crypto/keywrap.h"
#include "wire/gike.h"

/* The longest keying material of an SA, and what wrapping makes of it. */
#define TECHNIQUE_MAX_KEYMAT	128
#define TECHNIQUE_MAX_WRAPPED	(TECHNIQUE_MAX_KEYMAT + 16)

/* The default key wrap key of the SA that a message goes by (RFC 9838 3.1.1). */
struct technique_kwk {
	uint16_t kwa;		/* KW_5649_* */
	struct chunk gsk_w;
};

struct technique {
	const char *name;
	/*
	 * The SA_KEY of an SA for a member that is reached by @kwk. What it points to is
	 * put into @room, of TECHNIQUE_MAX_WRAPPED bytes. 0 or a negative errno value.
	 */
	int (*sa_key)(const struct crypto *crypto, const struct technique_kwk *kwk,
		      struct chunk keymat, struct wire_key *key, uint8_t *room);
};

extern const struct technique technique_flat;

#endif
