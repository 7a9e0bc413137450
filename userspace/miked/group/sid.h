/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sender-IDs of one set of SAs (RFC 9838 2.5.1, RFC 6054): which of them somebody may
 * have used with these keys. What was taken once stays taken as long as the SAs live.
 * A member's Sender-ID goes with it from SAs to SAs, so it has to be free in all that
 * the member gets.
 */
#ifndef MIKED_GROUP_SID_H
#define MIKED_GROUP_SID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SID_MAX_BITS	16

struct sid_space {
	uint32_t size;		/* Sender-IDs are below it */
	uint32_t used;
	uint32_t next;		/* where the search for a free one goes on */
	uint64_t taken[];	/* a bit for each */
};

/* All free, of @bits bits: SID_MAX_BITS at most. NULL: no memory. To be given to free(). */
struct sid_space *sid_space_new(unsigned int bits);

bool sid_is_taken(const struct sid_space *space, uint32_t sid);
/* One that is taken already, or that the space has not, changes nothing. */
void sid_take(struct sid_space *space, uint32_t sid);

/*
 * Take up to @wanted Sender-IDs that are free in all of the @n spaces, in order, from
 * zero on in a new one; the last space says where to begin. How many there were.
 */
size_t sid_take_free(struct sid_space *const *spaces, size_t n, size_t wanted, uint32_t *sids);

#endif
