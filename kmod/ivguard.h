/* SPDX-License-Identifier: GPL-2.0 */
/* IV guard: no key is used for output twice with one Sender-ID in one boot. */
#ifndef GEMCAST_IVGUARD_H
#define GEMCAST_IVGUARD_H

#include <linux/types.h>

struct gemcast_ivguard_entry;

int gemcast_ivguard_init(void);
void gemcast_ivguard_exit(void);

/*
 * Takes the range of IVs that begin with @sid, for @key (AES key and salt),
 * once and for all namespaces. May sleep. Returns an entry that
 * gemcast_ivguard_undo() gives back if the SA did not come to be and nothing
 * was sent; ERR_PTR(-EEXIST) if the range, a part of it, or a range around it
 * was taken before; ERR_PTR(-ENOMEM).
 */
struct gemcast_ivguard_entry *gemcast_ivguard_take(const u8 *key,
						   unsigned int key_len,
						   u16 sid, u8 sid_bits);
void gemcast_ivguard_undo(struct gemcast_ivguard_entry *entry);

#endif
