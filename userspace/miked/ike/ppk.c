// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which PPK to use with whom (RFC 8784).
 */
#include <stdlib.h>
#include <string.h>
#include "ike/book.h"

static bool give(const struct ppk_entry *entry, struct auth_ppk *ppk)
{
	*ppk = (struct auth_ppk){
		.id = { (const uint8_t *)entry->id, strlen(entry->id) },
		.key = secret_chunk(&entry->key),
		.mandatory = entry->mandatory,
	};
	return true;
}

static int by_id(const void *id, const void *at)
{
	const struct ppk_name *name = at;

	return strcmp(id, name->entry->id);
}

static const struct ppk_entry *entry_named(const struct auth_book *book, struct chunk id)
{
	const struct ppk_name *found;
	char name[CONF_NAME_SIZE];

	if (!book->n_ppks || !id.len || id.len >= sizeof(name) || memchr(id.data, '\0', id.len))
		return NULL;
	memcpy(name, id.data, id.len);
	name[id.len] = '\0';
	found = bsearch(name, book->ppks_by_id, book->n_ppks, sizeof(*found), by_id);
	return found ? found->entry : NULL;
}

/*
 * A peer whose identity makes no sense, or for want of memory: there is one without a key,
 * by which nothing can be done, rather than none.
 */
static bool unknown(const struct auth_book *book, struct auth_ppk *ppk)
{
	*ppk = (struct auth_ppk){ .mandatory = true };
	return book->n_ppks > 0;
}

bool auth_ppk_for(const struct auth_book *book, const struct conf_identity *peer,
		  struct auth_ppk *ppk)
{
	const struct ppk_entry *entry;
	struct id_claim claim;

	if (id_claim_conf(peer, &claim))
		return unknown(book, ppk);
	entry = id_index_find(&book->ppks_by_peer, &claim);
	id_claim_free(&claim);
	return entry && give(entry, ppk);
}

bool auth_ppk_named_by(const struct auth_book *book, struct chunk id,
		       const struct wire_id *peer, struct auth_ppk *ppk)
{
	const struct ppk_entry *entry = entry_named(book, id);
	struct id_claim claim;
	bool is;

	if (!entry || id_claim_of(peer, &claim))
		return false;
	is = id_covers(&entry->peer, &claim);
	id_claim_free(&claim);
	return is && give(entry, ppk);
}

bool auth_ppk_needed(const struct auth_book *book, const struct wire_id *peer,
		     struct auth_ppk *ppk)
{
	const struct ppk_entry *entry;
	struct id_claim claim;

	if (id_claim_of(peer, &claim))
		return unknown(book, ppk);
	entry = id_index_find(&book->ppks_by_peer, &claim);
	id_claim_free(&claim);
	return entry && entry->mandatory && give(entry, ppk);
}
