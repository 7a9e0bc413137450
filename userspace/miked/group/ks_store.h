/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the key server say to the store. Without a store all of this does
 * nothing, and nothing fails.
 */
#ifndef MIKED_GROUP_KS_STORE_H
#define MIKED_GROUP_KS_STORE_H

#include "group/ks_internal.h"
#include "group/pack.h"
#include "store/store.h"

/* What the store has of an epoch. */
struct ks_stored {
	bool doomed, taken;
	struct sid_space sids;		/* the last: words follow */
};

/* What a registration makes of a member. */
struct ks_entry {
	bool registered;
	uint32_t role;
	struct net_end from;
	uint64_t since;
	uint32_t oldest, epoch;
	const uint32_t *sids, *former;
	size_t n_sids, n_former;
};

/*
 * Store what has changed: 0, and all that may go out which depends on it; or a negative
 * errno value, and nothing may.
 */
int ks_save(struct ks *ks);
int ks_save_group(struct ks_group *group);
/* And that a member is about to be registered. */
int ks_save_entry(const struct ks_member *member, const struct ks_entry *entry);
/* When ks_save() is due. */
uint64_t ks_save_next(const struct ks *ks);

/* What the store has of the member is old. */
void ks_touch(struct ks_member *member);
/* It is about to go. */
void ks_store_end_group(const struct ks_group *group);
void ks_store_end_epoch(const struct ks_group *group, const struct ks_epoch *epoch);
void ks_store_end_member(const struct ks_member *member);
/* ks->retired has another SPI there. */
void ks_store_retire(struct ks *ks, uint32_t place);
void ks_stored_free(struct ks_epoch *epoch);

#endif
