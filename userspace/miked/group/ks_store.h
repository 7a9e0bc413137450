/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the key server say to the store. Without a store all of this does
 * nothing, and nothing fails.
 */
#ifndef MIKED_GROUP_KS_STORE_H
#define MIKED_GROUP_KS_STORE_H

#include "group/ks_internal.h"
#include "group/pack.h"

/* Rekey SAs of one group: in use, its heir, that of the line before. */
#define KS_REKEY_PLACES		3

/* What is to be done soon: struct store_group has these bits. */
#define KS_PENDING_RENEW	1
#define KS_PENDING_DOOM		2
#define KS_PENDING_CUT		4
#define KS_PENDING_REKEY	8

/* What the store has of a group. */
struct ks_stored_group {
	bool text;			/* the policy in force */
	uint32_t epoch, pending, line, signers;
	uint32_t epochs[KS_MAX_EPOCHS];
	size_t n_epochs;
	uint8_t rekeys[KS_REKEY_PLACES][WIRE_GIKE_SPI_LEN];
	size_t n_rekeys;
};

/* What it has of an epoch. */
struct ks_stored {
	bool doomed, taken;
	uint32_t used;
	uint64_t sids[];		/* as struct sid_space has them */
};

/*
 * Store all that has changed: 0, and what depends on it may go out; or a negative errno
 * value, and it may not. Registrations that wait are answered by it either way.
 */
int ks_save(struct ks *ks);
/* Whatever the store had. */
int ks_save_anew(struct ks *ks);
/* The same as ks_save(), if a registration waits. */
void ks_save_entries(struct ks *ks);
/* When ks_save() is due. */
uint64_t ks_save_next(const struct ks *ks);
/* 0, or why something new could not be stored now: not yet again, after a failure. */
int ks_may_store(struct ks *ks);
/* May members be told of the Rekey SA, or NULL? A restart has to find it. */
bool ks_may_give(const struct ks_group *group, const struct ks_rekey *rekey);

/* What the store has of the member, or of the group's policy, is old. */
void ks_touch(struct ks_member *member);
void ks_store_text(struct ks_group *group);
/* It is about to go. */
void ks_store_end_group(struct ks_group *group);
void ks_store_end_member(const struct ks_member *member);
/* The SPI is not to be chosen again for some time. */
void ks_retire(struct ks *ks, uint32_t spi);

#endif
