// SPDX-License-Identifier: GPL-2.0
/*
 * IV guard: remembers, for the whole machine and as long as the module is
 * loaded, which ranges of IVs were given out for output.
 *
 * A range is all IVs that begin with a Sender-ID; with no Sender-ID it is all
 * there are. Keys are remembered by a keyed hash alone. The memory is bounded:
 * beyond GEMCAST_IVGUARD_MAX ranges the oldest is forgotten, and what then
 * keeps a reinstalled key safe is that counters start from the clock (sa.c).
 *
 * gemcast_ivguard.lock guards everything here; nothing on the packet path does.
 */
#include <linux/hashtable.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include "ivguard.h"

#define GEMCAST_IVGUARD_MAX	131072
#define GEMCAST_IVGUARD_BITS	14

struct gemcast_ivguard_entry {
	struct hlist_node hash;
	struct list_head age;		/* oldest first */
	u64 key[2];			/* keyed hash of the key */
	u16 prefix;			/* Sender-ID in the topmost bits */
	u8 bits;
};

static struct {
	struct mutex lock;		/* guards the rest */
	DECLARE_HASHTABLE(table, GEMCAST_IVGUARD_BITS);
	struct list_head age;
	unsigned int count;
	siphash_key_t secret[2];
} gemcast_ivguard;

int gemcast_ivguard_init(void)
{
	mutex_init(&gemcast_ivguard.lock);
	hash_init(gemcast_ivguard.table);
	INIT_LIST_HEAD(&gemcast_ivguard.age);
	get_random_bytes(gemcast_ivguard.secret,
			 sizeof(gemcast_ivguard.secret));
	return 0;
}

static void gemcast_ivguard_forget(struct gemcast_ivguard_entry *entry)
{
	hash_del(&entry->hash);
	list_del(&entry->age);
	gemcast_ivguard.count--;
	kfree(entry);
}

void gemcast_ivguard_exit(void)
{
	struct gemcast_ivguard_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &gemcast_ivguard.age, age)
		gemcast_ivguard_forget(entry);
}

/* One range lies inside the other if they agree in the bits both have. */
static bool gemcast_ivguard_overlap(const struct gemcast_ivguard_entry *a,
				    const struct gemcast_ivguard_entry *b)
{
	unsigned int bits = min(a->bits, b->bits);

	return a->key[0] == b->key[0] && a->key[1] == b->key[1] &&
	       !((u32)(a->prefix ^ b->prefix) >> (16 - bits));
}

/**
 * gemcast_ivguard_take() - Take a range of IVs, once and for all.
 * @key: AES key and salt
 * @key_len: their length in bytes
 * @sid: Sender-ID; 0 if @sid_bits is 0
 * @sid_bits: its length in the IV, 0 to 16
 *
 * Return: an entry for gemcast_ivguard_undo(), ERR_PTR(-EEXIST) if any IV of
 * the range was taken before, ERR_PTR(-ENOMEM).
 */
struct gemcast_ivguard_entry *gemcast_ivguard_take(const u8 *key,
						   unsigned int key_len,
						   u16 sid, u8 sid_bits)
{
	struct gemcast_ivguard_entry *entry, *other;
	struct list_head *age = &gemcast_ivguard.age;

	entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	if (!entry)
		return ERR_PTR(-ENOMEM);
	entry->key[0] = siphash(key, key_len, &gemcast_ivguard.secret[0]);
	entry->key[1] = siphash(key, key_len, &gemcast_ivguard.secret[1]);
	entry->prefix = (u32)sid << (16 - sid_bits);
	entry->bits = sid_bits;

	mutex_lock(&gemcast_ivguard.lock);
	hash_for_each_possible(gemcast_ivguard.table, other, hash,
			       entry->key[0]) {
		if (!gemcast_ivguard_overlap(entry, other))
			continue;
		mutex_unlock(&gemcast_ivguard.lock);
		kfree(entry);
		return ERR_PTR(-EEXIST);
	}
	if (gemcast_ivguard.count == GEMCAST_IVGUARD_MAX)
		gemcast_ivguard_forget(list_first_entry(age, typeof(*entry),
							age));
	hash_add(gemcast_ivguard.table, &entry->hash, entry->key[0]);
	list_add_tail(&entry->age, age);
	gemcast_ivguard.count++;
	mutex_unlock(&gemcast_ivguard.lock);
	return entry;
}

/**
 * gemcast_ivguard_undo() - Give back a range of which no IV was used.
 * @entry: what gemcast_ivguard_take() returned, under the same gn->lock
 */
void gemcast_ivguard_undo(struct gemcast_ivguard_entry *entry)
{
	mutex_lock(&gemcast_ivguard.lock);
	gemcast_ivguard_forget(entry);
	mutex_unlock(&gemcast_ivguard.lock);
}
