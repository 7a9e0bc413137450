/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the configuration as bytes, for rows of the store. Reading looks at every
 * value: what is read is as good as what was configured, or r->failed is set.
 */
#ifndef MIKED_GROUP_PACK_H
#define MIKED_GROUP_PACK_H

#include "conf/conf.h"

#define PACK_ADDRESS_LEN	17
#define PACK_SELECTOR_LEN	(2 * (PACK_ADDRESS_LEN + 1) + 1 + 8)
#define PACK_IDENTITY_LEN	(3 + CONF_IDENTITY_MAX)
#define PACK_REKEY_LEN		(2 * PACK_ADDRESS_LEN + IF_NAMESIZE + 48)

void pack_address(struct writer *w, const struct gemcast_addr *addr);
void unpack_address(struct reader *r, struct gemcast_addr *addr);
void pack_selector(struct writer *w, const struct conf_selector *selector);
void unpack_selector(struct reader *r, struct conf_selector *selector);
void pack_identity(struct writer *w, const struct conf_identity *identity);
void unpack_identity(struct reader *r, struct conf_identity *identity);
void pack_rekey(struct writer *w, const struct conf_rekey *rekey);
void unpack_rekey(struct reader *r, struct conf_rekey *rekey);

#endif
