// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first entry that covers an identity.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <openssl/crypto.h>
#include "ike/index.h"

static const struct id_pattern *pattern_at(const struct id_index *index, uint32_t entry)
{
	return (const struct id_pattern *)(const void *)(index->entries + entry * index->size);
}

/*
 * FNV-1a. What is compared without regard to small and large letters has one hash; so have
 * all DNs, whose comparison is not by bytes.
 */
static uint32_t hash_of(uint8_t type, struct chunk data)
{
	uint32_t hash = (2166136261U ^ type) * 16777619U;
	size_t i;

	if (type == ID_DER_ASN1_DN)
		return hash;
	for (i = 0; i < data.len; i++)
		hash = (hash ^ (uint32_t)tolower(data.data[i])) * 16777619U;
	return hash;
}

static bool is_open(const struct id_pattern *pattern)
{
	return pattern->identity.pattern || !pattern->identity.type;
}

static int by_hash(const void *a, const void *b)
{
	const struct id_slot *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->entry < y->entry ? -1 : x->entry > y->entry;
}

static void fill(struct id_index *index, size_t count)
{
	const struct id_pattern *pattern;
	uint32_t i;

	for (i = 0; i < count; i++) {
		pattern = pattern_at(index, i);
		if (is_open(pattern)) {
			index->open[index->n_open++] = i;
			continue;
		}
		index->exact[index->n_exact++] = (struct id_slot){
			.hash = hash_of(pattern->identity.type,
					(struct chunk){ pattern->identity.data,
							pattern->identity.len }),
			.entry = i,
		};
	}
	qsort(index->exact, index->n_exact, sizeof(*index->exact), by_hash);
}

int id_index_new(const void *entries, size_t size, size_t count, struct id_index *index)
{
	*index = (struct id_index){ .entries = entries, .size = size };
	if (!count)
		return 0;
	index->exact = OPENSSL_malloc(count * sizeof(*index->exact));
	index->open = OPENSSL_malloc(count * sizeof(*index->open));
	if (!index->exact || !index->open) {
		id_index_free(index);
		return -ENOMEM;
	}
	fill(index, count);
	return 0;
}

void id_index_free(struct id_index *index)
{
	OPENSSL_free(index->exact);
	OPENSSL_free(index->open);
	*index = (struct id_index){ 0 };
}

/* The first slot whose hash is not less. */
static size_t first_slot(const struct id_index *index, uint32_t hash)
{
	size_t low = 0, high = index->n_exact;
	size_t middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (index->exact[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Below UINT32_MAX; that if there is none. */
static uint32_t find_exact(const struct id_index *index, const struct id_claim *claim)
{
	uint32_t hash = hash_of(claim->type, claim->data);
	size_t i;

	for (i = first_slot(index, hash);
	     i < index->n_exact && index->exact[i].hash == hash; i++) {
		if (id_covers(pattern_at(index, index->exact[i].entry), claim))
			return index->exact[i].entry;
	}
	return UINT32_MAX;
}

const void *id_index_find(const struct id_index *index, const struct id_claim *claim)
{
	uint32_t found = find_exact(index, claim);
	size_t i;

	for (i = 0; i < index->n_open && index->open[i] < found; i++) {
		if (id_covers(pattern_at(index, index->open[i]), claim))
			found = index->open[i];
	}
	return found == UINT32_MAX ? NULL : pattern_at(index, found);
}
