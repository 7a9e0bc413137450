// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables by 64-bit keys. The keys are SPIs of ours, which are random, or keyed hashes, so
 * that no peer can aim at one bucket. Entries are parts of what they stand for: adding
 * one needs no memory but to make the table larger, and without that it still works.
 */
#include <errno.h>
#include <stdlib.h>
#include "ike/internal.h"

#define FIRST_SIZE	64

static struct table_entry **bucket(const struct table *table, uint64_t key)
{
	return &table->buckets[key & (table->size - 1)];
}

int ike_table_new(struct table *table)
{
	*table = (struct table){ .size = FIRST_SIZE };
	table->buckets = calloc(FIRST_SIZE, sizeof(struct table_entry *));
	return table->buckets ? 0 : -ENOMEM;
}

void ike_table_free(struct table *table)
{
	free(table->buckets);
	*table = (struct table){ 0 };
}

static void insert(struct table *table, struct table_entry *entry)
{
	struct table_entry **head = bucket(table, entry->key);

	entry->next = *head;
	*head = entry;
}

static void grow(struct table *table)
{
	struct table larger = { .size = 2 * table->size, .count = table->count };
	struct table_entry *entry, *next;
	size_t i;

	larger.buckets = calloc(larger.size, sizeof(struct table_entry *));
	if (!larger.buckets)
		return;
	for (i = 0; i < table->size; i++) {
		for (entry = table->buckets[i]; entry; entry = next) {
			next = entry->next;
			insert(&larger, entry);
		}
	}
	free(table->buckets);
	*table = larger;
}

void ike_table_add(struct table *table, struct table_entry *entry, uint64_t key)
{
	if (table->count >= table->size)
		grow(table);
	entry->key = key;
	insert(table, entry);
	table->count++;
}

void ike_table_remove(struct table *table, struct table_entry *entry)
{
	struct table_entry **at = bucket(table, entry->key);

	while (*at && *at != entry)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = entry->next;
	entry->next = NULL;
	table->count--;
}

struct table_entry *ike_table_next(const struct table_entry *entry)
{
	struct table_entry *next = entry->next;

	while (next && next->key != entry->key)
		next = next->next;
	return next;
}

struct table_entry *ike_table_first(const struct table *table, uint64_t key)
{
	struct table_entry *entry = *bucket(table, key);

	while (entry && entry->key != key)
		entry = entry->next;
	return entry;
}
