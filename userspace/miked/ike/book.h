/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is in an auth_book, for the files that implement ike/auth.h. After
 * auth_book_new() nothing in it changes but the number of its holders.
 */
#ifndef MIKED_IKE_BOOK_H
#define MIKED_IKE_BOOK_H

#include <stdatomic.h>
#include "ike/auth.h"
#include "ike/index.h"

struct auth_self {
	char name[CONF_NAME_SIZE];
	uint8_t type;
	struct secret id;	/* Identification Data */
	bool certified;
	struct credential credential;	/* if certified */
};

/* Each list in the order of the configuration: of what covers a peer the first counts. */
struct psk_entry {
	struct id_pattern peer;
	struct secret key;
};

struct ppk_entry {
	struct id_pattern peer;
	char id[CONF_NAME_SIZE];
	struct secret key;
	bool mandatory;
};

struct ppk_name {
	const struct ppk_entry *entry;
};

struct auth_book {
	atomic_uint holders;
	const struct crypto *crypto;
	struct trust trust;
	struct auth_self *selves;
	struct psk_entry *psks;
	struct ppk_entry *ppks;
	size_t n_selves;
	size_t n_psks;
	size_t n_ppks;
	struct id_index psks_by_peer;
	struct id_index ppks_by_peer;
	struct ppk_name *ppks_by_id;	/* sorted */
};

#endif
