// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which PPK to use with whom (RFC 8784).
 */
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

/* The first that covers @claim. */
static const struct ppk_entry *entry_for(const struct auth_book *book,
					 const struct id_claim *claim)
{
	size_t i;

	for (i = 0; i < book->n_ppks; i++) {
		if (id_covers(&book->ppks[i].peer, claim))
			return &book->ppks[i];
	}
	return NULL;
}

static const struct ppk_entry *entry_named(const struct auth_book *book, struct chunk id)
{
	size_t i;

	for (i = 0; i < book->n_ppks; i++) {
		const char *name = book->ppks[i].id;

		if (chunk_equal((struct chunk){ (const uint8_t *)name, strlen(name) }, id))
			return &book->ppks[i];
	}
	return NULL;
}

bool auth_ppk_for(const struct auth_book *book, const struct conf_identity *peer,
		  struct auth_ppk *ppk)
{
	const struct ppk_entry *entry = NULL;
	struct id_claim claim;

	if (!id_claim_conf(peer, &claim))
		entry = entry_for(book, &claim);
	id_claim_free(&claim);
	return entry && give(entry, ppk);
}

bool auth_ppk_named(const struct auth_book *book, struct chunk id, struct auth_ppk *ppk)
{
	const struct ppk_entry *entry = entry_named(book, id);

	return entry && give(entry, ppk);
}

bool auth_ppk_named_by(const struct auth_book *book, struct chunk id,
		       const struct wire_id *peer, struct auth_ppk *ppk)
{
	const struct ppk_entry *entry = entry_named(book, id);
	struct id_claim claim;

	if (id_claim_of(peer, &claim) || (entry && !id_covers(&entry->peer, &claim)))
		entry = NULL;
	id_claim_free(&claim);
	return entry && give(entry, ppk);
}

bool auth_ppk_needed(const struct auth_book *book, const struct wire_id *peer,
		     struct auth_ppk *ppk)
{
	const struct ppk_entry *entry = NULL;
	struct id_claim claim;

	if (!id_claim_of(peer, &claim))
		entry = entry_for(book, &claim);
	id_claim_free(&claim);
	return entry && entry->mandatory && give(entry, ppk);
}
