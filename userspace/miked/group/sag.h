/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SAg payload (RFC 9838 2.3.3): which transforms a member can do. Not a negotiation:
 * the group's policy fits in, or it does not.
 */
#ifndef MIKED_GROUP_SAG_H
#define MIKED_GROUP_SAG_H

#include "wire/message.h"

/*
 * Can who sent @proposals do SAs of all of @policies? One Proposal Num has to have a
 * proposal for each of them. SPIs and transform types that a protocol has not are not
 * looked at; a type of which nothing is said is no restriction, but for ENCR, nor is a way
 * to sign without its algorithm.
 */
bool sag_allows(const struct wire_proposal *proposals, size_t n_proposals,
		const struct wire_policy *policies, size_t n_policies);

/* What a member said, kept: nothing in it points elsewhere. */
struct sag {
	size_t n_proposals;
	struct wire_proposal proposals[];
};

/* NULL: no memory. To be given to free(). */
struct sag *sag_keep(const struct wire_proposal *proposals, size_t n_proposals);

#endif
