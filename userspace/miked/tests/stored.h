/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server of ks_kit.h, with a store that it is started from again.
 */
#ifndef MIKED_TESTS_STORED_H
#define MIKED_TESTS_STORED_H

#include "ks_kit.h"
#include "store_kit.h"

/* A store that is empty, and a key server upon it. */
void stored_begin(const char *groups);
void stored_end(void);

/* From what the store has, by this configuration; NULL: as before. 0 or what ks_load() says. */
int stored_start(const char *groups, struct reason *why);
/* It is killed: IKE SAs are gone, members have what they have. */
void stored_kill(void);
/* Both, and it has to work. */
void stored_restart(void);
/* A new IKE SA for a member whose old one is gone. */
void stored_connect(struct ike_sa *sa);

#endif
