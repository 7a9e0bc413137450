// SPDX-License-Identifier: GPL-2.0
/*
 * Replay windows (RFC 4303 3.4.3): a bitmap in words, used as a ring.
 *
 * A window has its own lock, the only one that CPUs share on the packet path.
 * The senders of an SA are found under RCU; gemcast_replay_state.lock guards
 * adding and evicting them. A sender is only ever made for a packet that
 * authenticated.
 */
#include <linux/jhash.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "replay.h"

struct gemcast_sender {
	struct hlist_node hash;		/* state->senders; state lock, RCU */
	struct in6_addr id;
	unsigned long used;		/* jiffies; READ_ONCE */
	struct gemcast_window window;
	struct rcu_head rcu;
	unsigned long bits[];
};

/* One word more than the window, so that the ring's newest word is all its own. */
static u32 gemcast_window_words(u32 size)
{
	return DIV_ROUND_UP(size, BITS_PER_LONG) + 1;
}

static void gemcast_window_init(struct gemcast_window *window, u32 size,
				unsigned long *bits)
{
	spin_lock_init(&window->lock);
	window->size = size;
	window->words = gemcast_window_words(size);
	window->bits = bits;
}

/* Lock held. */
static bool gemcast_window_fits(const struct gemcast_window *window, u32 seq)
{
	u32 word = seq / BITS_PER_LONG % window->words;

	/* The first packet of an SA has number 1. */
	if (!seq)
		return false;
	if (seq > window->top)
		return true;
	if (window->top - seq >= window->size)
		return false;
	return !(window->bits[word] & BIT(seq % BITS_PER_LONG));
}

static bool gemcast_window_check(struct gemcast_window *window, u32 seq)
{
	bool fits;

	spin_lock(&window->lock);
	fits = gemcast_window_fits(window, seq);
	spin_unlock(&window->lock);
	return fits;
}

static bool gemcast_window_update(struct gemcast_window *window, u32 seq)
{
	u32 word = seq / BITS_PER_LONG;
	bool fits;

	spin_lock(&window->lock);
	fits = gemcast_window_fits(window, seq);
	if (fits) {
		if (seq > window->top) {
			u32 old = window->top / BITS_PER_LONG;
			u32 n = min(word - old, window->words);

			while (n--)
				window->bits[(word - n) % window->words] = 0;
			window->top = seq;
		}
		window->bits[word % window->words] |= BIT(seq % BITS_PER_LONG);
	}
	spin_unlock(&window->lock);
	return fits;
}

/**
 * gemcast_replay_init() - Make the replay state of one SA.
 * @state: the state
 * @many: a window for each sender, else one for all
 * @size: packets in a window
 *
 * Return: 0 or -ENOMEM.
 */
int gemcast_replay_init(struct gemcast_replay_state *state, bool many, u32 size)
{
	unsigned long *bits;

	state->many = many;
	state->size = size;
	spin_lock_init(&state->lock);
	if (many) {
		state->seed = get_random_u32();
		state->senders = kcalloc(GEMCAST_SENDER_BUCKETS,
					 sizeof(*state->senders), GFP_KERNEL_ACCOUNT);
		return state->senders ? 0 : -ENOMEM;
	}

	bits = kcalloc(gemcast_window_words(size), sizeof(*bits),
		       GFP_KERNEL_ACCOUNT);
	if (!bits)
		return -ENOMEM;
	gemcast_window_init(&state->one, size, bits);
	return 0;
}

/**
 * gemcast_replay_destroy() - Free what gemcast_replay_init() and packets made.
 * @state: the state, which no packet can reach any more
 */
void gemcast_replay_destroy(struct gemcast_replay_state *state)
{
	struct gemcast_sender *sender;
	struct hlist_node *next;
	unsigned int i;

	if (!state->many) {
		kfree(state->one.bits);
		return;
	}
	for (i = 0; i < GEMCAST_SENDER_BUCKETS; i++)
		hlist_for_each_entry_safe(sender, next, &state->senders[i],
					  hash)
			kfree(sender);
	kfree(state->senders);
}

static struct hlist_head *
gemcast_sender_bucket(const struct gemcast_replay_state *state,
		      const struct in6_addr *id)
{
	u32 hash = jhash2((const u32 *)id, sizeof(*id) / sizeof(u32),
			  state->seed);

	return &state->senders[hash % GEMCAST_SENDER_BUCKETS];
}

/* RCU, or the state lock. */
static struct gemcast_sender *
gemcast_sender_find(const struct gemcast_replay_state *state,
		    const struct in6_addr *id)
{
	struct gemcast_sender *sender;

	hlist_for_each_entry_rcu(sender, gemcast_sender_bucket(state, id), hash,
				 lockdep_is_held(&state->lock))
		if (ipv6_addr_equal(&sender->id, id))
			return sender;
	return NULL;
}

/* State lock held. The one that was idle longest makes room. */
static void gemcast_sender_evict(struct gemcast_replay_state *state)
{
	struct gemcast_sender *sender, *oldest = NULL;
	unsigned int i;

	for (i = 0; i < GEMCAST_SENDER_BUCKETS; i++)
		hlist_for_each_entry(sender, &state->senders[i], hash)
			if (!oldest || time_before(READ_ONCE(sender->used),
						   READ_ONCE(oldest->used)))
				oldest = sender;
	hlist_del_rcu(&oldest->hash);
	state->nsenders--;
	kfree_rcu(oldest, rcu);
}

static struct gemcast_sender *
gemcast_sender_add(struct gemcast_replay_state *state,
		   const struct in6_addr *id, bool *evicted)
{
	struct gemcast_sender *sender, *known;

	sender = kzalloc(struct_size(sender, bits,
				     gemcast_window_words(state->size)),
			 GFP_ATOMIC | __GFP_NOWARN);
	if (!sender)
		return NULL;
	sender->id = *id;
	gemcast_window_init(&sender->window, state->size, sender->bits);

	spin_lock(&state->lock);
	known = gemcast_sender_find(state, id);
	if (known) {
		/* Another CPU was first. */
		spin_unlock(&state->lock);
		kfree(sender);
		return known;
	}
	if (state->nsenders == GEMCAST_SENDERS_MAX) {
		gemcast_sender_evict(state);
		*evicted = true;
	}
	hlist_add_head_rcu(&sender->hash, gemcast_sender_bucket(state, id));
	state->nsenders++;
	spin_unlock(&state->lock);
	return sender;
}

/**
 * gemcast_replay_check() - Could a packet be new, as far as is known?
 * @state: replay state of its SA
 * @sender: who seems to have sent it; see replay.h
 * @seq: its sequence number
 *
 * Return: false if it is a replay.
 */
bool gemcast_replay_check(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq)
{
	struct gemcast_sender *known;

	if (!state->many)
		return gemcast_window_check(&state->one, seq);
	known = gemcast_sender_find(state, sender);
	return known ? gemcast_window_check(&known->window, seq) : seq != 0;
}

/**
 * gemcast_replay_update() - Take note of a packet that authenticated.
 * @state: replay state of its SA
 * @sender: who sent it; see replay.h
 * @seq: its sequence number
 * @evicted: set if another sender was forgotten for this one
 *
 * Return: 0, -EALREADY if it is a replay, -ENOMEM.
 */
int gemcast_replay_update(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq, bool *evicted)
{
	struct gemcast_sender *known;

	*evicted = false;
	if (!state->many)
		return gemcast_window_update(&state->one, seq) ? 0 : -EALREADY;

	known = gemcast_sender_find(state, sender);
	if (!known)
		known = gemcast_sender_add(state, sender, evicted);
	if (!known)
		return -ENOMEM;
	WRITE_ONCE(known->used, jiffies);
	return gemcast_window_update(&known->window, seq) ? 0 : -EALREADY;
}

#ifdef GEMCAST_SELFTEST
#include "selftest/selftest.h"
#include "selftest/replay.c"
#endif
