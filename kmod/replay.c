// SPDX-License-Identifier: GPL-2.0
/*
 * Replay windows (RFC 4303 3.4.3): a bitmap in words, used as a ring.
 *
 * A window has its own lock, the only one that CPUs share for each packet. The
 * senders of an SA are found under RCU; gemcast_replay_state.lock guards adding,
 * evicting and sorting them, the last of which a sender needs once a second. A
 * sender is only ever made for a packet that authenticated.
 */
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "replay.h"

/* How far the order of senders may lag behind. */
#define GEMCAST_SENDER_SORT	HZ
/* From this number on a sender is near its end. */
#define GEMCAST_SEQ_ENDING	(U32_MAX - U32_MAX / 8)

/* 128 bytes with the smallest window; see architecture.md. */
struct gemcast_sender {
	struct hlist_node hash;		/* state->senders; state lock, RCU */
	struct in6_addr id;
	union {
		struct list_head age;	/* state->ages; state lock */
		struct rcu_head rcu;	/* when it is no longer hashed */
	};
	unsigned long used;		/* jiffies; READ_ONCE */
	unsigned long sorted;		/* jiffies; state lock, READ_ONCE */
	u32 number;			/* in a bucket the higher first */
	struct gemcast_window window;	/* the last member */
};

/* One word more than the window, so that the ring's newest word is all its own. */
static u32 gemcast_window_words(u32 size)
{
	return DIV_ROUND_UP(size, BITS_PER_LONG) + 1;
}

static void gemcast_window_init(struct gemcast_window *window, u32 size)
{
	spin_lock_init(&window->lock);
	window->size = size;
}

/* Lock held. */
static bool gemcast_window_fits(const struct gemcast_window *window, u32 seq)
{
	u32 word = seq / BITS_PER_LONG % gemcast_window_words(window->size);

	lockdep_assert_held(&window->lock);
	/* The first packet of an SA has number 1. */
	if (!seq)
		return false;
	if (seq > window->top)
		return true;
	if (window->top - seq >= window->size)
		return false;
	return !(window->bits[word] & BIT(seq % BITS_PER_LONG));
}

/* Lock held. @seq fits. */
static void gemcast_window_set(struct gemcast_window *window, u32 seq)
{
	u32 words = gemcast_window_words(window->size);
	u32 word = seq / BITS_PER_LONG;

	lockdep_assert_held(&window->lock);
	if (seq > window->top) {
		u32 n = min(word - window->top / (u32)BITS_PER_LONG, words);

		while (n--)
			window->bits[(word - n) % words] = 0;
		WRITE_ONCE(window->top, seq);
	}
	window->bits[word % words] |= BIT(seq % BITS_PER_LONG);
}

static bool gemcast_window_check(struct gemcast_window *window, u32 seq)
{
	bool fits;

	/* The top never falls: what is above it is new, and asked again later. */
	if (likely(seq > READ_ONCE(window->top)))
		return true;
	spin_lock(&window->lock);
	fits = gemcast_window_fits(window, seq);
	if (!fits)
		window->replays++;
	spin_unlock(&window->lock);
	return fits;
}

static int gemcast_window_update(struct gemcast_window *window, u32 seq,
				 unsigned int bytes, unsigned int *news)
{
	int err = 0;

	spin_lock(&window->lock);
	if (gemcast_window_fits(window, seq)) {
		if (seq >= GEMCAST_SEQ_ENDING &&
		    window->top < GEMCAST_SEQ_ENDING)
			*news |= GEMCAST_REPLAY_ENDING;
		gemcast_window_set(window, seq);
		window->packets++;
		window->bytes += bytes;
	} else {
		window->replays++;
		err = -EALREADY;
	}
	spin_unlock(&window->lock);
	return err;
}

/**
 * gemcast_replay_init() - Make the replay state of one SA.
 * @state: the state, zeroed
 * @size: packets in a window
 * @senders: how many may have a window each; 0: one for all
 *
 * Return: 0 or -ENOMEM.
 */
int gemcast_replay_init(struct gemcast_replay_state *state, u32 size,
			u32 senders)
{
	state->size = size;
	state->max = senders;
	spin_lock_init(&state->lock);
	INIT_LIST_HEAD(&state->ages);
	if (senders) {
		get_random_bytes(state->keys, sizeof(state->keys));
		state->buckets = roundup_pow_of_two(DIV_ROUND_UP(senders, 4));
		state->senders = kvcalloc(state->buckets,
					  sizeof(*state->senders),
					  GFP_KERNEL_ACCOUNT);
		return state->senders ? 0 : -ENOMEM;
	}

	state->one = kzalloc(struct_size(state->one, bits,
					 gemcast_window_words(size)),
			     GFP_KERNEL_ACCOUNT);
	if (!state->one)
		return -ENOMEM;
	gemcast_window_init(state->one, size);
	return 0;
}

/**
 * gemcast_replay_destroy() - Free what gemcast_replay_init() and packets made.
 * @state: the state, which no packet can reach any more
 */
void gemcast_replay_destroy(struct gemcast_replay_state *state)
{
	struct gemcast_sender *sender, *next;

	list_for_each_entry_safe(sender, next, &state->ages, age)
		kfree(sender);
	kvfree(state->senders);
	kfree(state->one);
}

/*
 * Pairs of words multiplied, each with a key added: whoever does not know the keys finds
 * no two senders that share a bucket more often than by chance, and it is soon done.
 */
static struct hlist_head *
gemcast_sender_bucket(const struct gemcast_replay_state *state,
		      const struct in6_addr *id)
{
	const u32 *word = (const u32 *)id;
	const u64 *key = state->keys;
	u64 sum;

	sum = (key[0] + word[0]) * (key[1] + word[1]) +
	      (key[2] + word[2]) * (key[3] + word[3]);
	return &state->senders[(sum >> 32) & (state->buckets - 1)];
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
	struct gemcast_sender *oldest;

	lockdep_assert_held(&state->lock);
	oldest = list_first_entry(&state->ages, typeof(*oldest), age);
	hlist_del_init_rcu(&oldest->hash);
	list_del(&oldest->age);
	WRITE_ONCE(state->nsenders, state->nsenders - 1);
	kfree_rcu(oldest, rcu);
}

static struct gemcast_sender *
gemcast_sender_add(struct gemcast_replay_state *state,
		   const struct in6_addr *id, unsigned int *news)
{
	struct gemcast_sender *sender, *known;

	sender = kzalloc(struct_size(sender, window.bits,
				     gemcast_window_words(state->size)),
			 GFP_ATOMIC | __GFP_NOWARN);
	if (!sender)
		return NULL;
	sender->id = *id;
	sender->used = jiffies;
	sender->sorted = jiffies;
	gemcast_window_init(&sender->window, state->size);

	spin_lock(&state->lock);
	known = gemcast_sender_find(state, id);
	if (known) {
		/* Another CPU was first. */
		spin_unlock(&state->lock);
		kfree(sender);
		return known;
	}
	if (state->nsenders == state->max) {
		gemcast_sender_evict(state);
		*news |= GEMCAST_REPLAY_EVICTED;
	}
	sender->number = ++state->number;
	hlist_add_head_rcu(&sender->hash, gemcast_sender_bucket(state, id));
	list_add_tail(&sender->age, &state->ages);
	WRITE_ONCE(state->nsenders, state->nsenders + 1);
	spin_unlock(&state->lock);
	return sender;
}

/* It sent: it goes behind the others, but not for each packet. */
static void gemcast_sender_touch(struct gemcast_replay_state *state,
				 struct gemcast_sender *sender)
{
	unsigned long now = jiffies;

	if (READ_ONCE(sender->used) != now)
		WRITE_ONCE(sender->used, now);
	if (likely(time_before(now, READ_ONCE(sender->sorted) +
				    GEMCAST_SENDER_SORT)))
		return;
	spin_lock(&state->lock);
	/* Another CPU may have evicted it. */
	if (!hlist_unhashed(&sender->hash)) {
		WRITE_ONCE(sender->sorted, now);
		list_move_tail(&sender->age, &state->ages);
	}
	spin_unlock(&state->lock);
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

	if (state->one)
		return gemcast_window_check(state->one, seq);
	known = gemcast_sender_find(state, sender);
	return known ? gemcast_window_check(&known->window, seq) : seq != 0;
}

/**
 * gemcast_replay_update() - Take note of a packet that authenticated.
 * @state: replay state of its SA
 * @sender: who sent it; see replay.h
 * @seq: its sequence number
 * @bytes: of payload
 * @news: GEMCAST_REPLAY_* that it brought about
 *
 * Return: 0, -EALREADY if it is a replay, -ENOMEM.
 */
int gemcast_replay_update(struct gemcast_replay_state *state,
			  const struct in6_addr *sender, u32 seq,
			  unsigned int bytes, unsigned int *news)
{
	struct gemcast_sender *known;

	*news = 0;
	if (state->one)
		return gemcast_window_update(state->one, seq, bytes, news);

	/* Even of a sender not yet known: no window would take it. */
	if (!seq)
		return -EALREADY;
	known = gemcast_sender_find(state, sender);
	if (known)
		gemcast_sender_touch(state, known);
	else
		known = gemcast_sender_add(state, sender, news);
	if (!known)
		return -ENOMEM;
	return gemcast_window_update(&known->window, seq, bytes, news);
}

static void gemcast_sender_show(struct gemcast_sender *sender,
				struct gemcast_sender_info *info)
{
	struct gemcast_window *window = &sender->window;

	info->id = sender->id;
	info->idle = jiffies64_to_msecs(jiffies - READ_ONCE(sender->used));
	spin_lock_bh(&window->lock);
	info->top = window->top;
	info->packets = window->packets;
	info->bytes = window->bytes;
	info->replays = window->replays;
	spin_unlock_bh(&window->lock);
}

/**
 * gemcast_replay_next() - Go on in a walk over the senders of an SA.
 * @state: its replay state
 * @pos: where the walk stands; moved to the sender that is found
 * @info: takes the sender
 *
 * Senders may come and go meanwhile: one that is there all the time is met, and
 * none is met twice, as the numbers in a bucket only fall.
 *
 * Context: process, the SA is kept.
 * Return: false if there is no further one.
 */
bool gemcast_replay_next(struct gemcast_replay_state *state,
			 struct gemcast_sender_pos *pos,
			 struct gemcast_sender_info *info)
{
	struct gemcast_sender *sender;

	rcu_read_lock();
	for (; pos->bucket < state->buckets; pos->bucket++) {
		hlist_for_each_entry_rcu(sender, &state->senders[pos->bucket],
					 hash) {
			if (pos->inside &&
			    (s32)(sender->number - pos->number) >= 0)
				continue;
			gemcast_sender_show(sender, info);
			pos->number = sender->number;
			pos->inside = true;
			rcu_read_unlock();
			return true;
		}
		pos->inside = false;
	}
	rcu_read_unlock();
	return false;
}

#ifdef GEMCAST_SELFTEST
#include "selftest/selftest.h"
#include "selftest/replay.c"
#endif
