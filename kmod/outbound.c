// SPDX-License-Identifier: GPL-2.0
/*
 * Outbound SAs, found by group and addresses of the outer header: for groups of several
 * destinations or sources, as many as they are. Those that share a place in the table are
 * of one rollover, a few.
 *
 * Changed under gn->lock, read under RCU.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include "group.h"
#include "outbound.h"

struct gemcast_outbound_key {
	const struct gemcast_group *group;
	struct in6_addr dst;
	struct in6_addr src;		/* ::, any */
};

static u32 gemcast_outbound_sum(const struct gemcast_group *group,
				const struct in6_addr *dst,
				const struct in6_addr *src, u32 seed)
{
	return __ipv6_addr_jhash(dst, __ipv6_addr_jhash(src,
							group->cfg.id ^ seed));
}

static u32 gemcast_outbound_hash(const void *data, u32 len, u32 seed)
{
	const struct gemcast_outbound_key *key = data;

	return gemcast_outbound_sum(key->group, &key->dst, &key->src, seed);
}

static u32 gemcast_outbound_hash_sa(const void *data, u32 len, u32 seed)
{
	const struct gemcast_sa *sa = data;

	return gemcast_outbound_sum(sa->group, &sa->key.dst, &sa->key.src, seed);
}

static int gemcast_outbound_differs(struct rhashtable_compare_arg *arg,
				    const void *obj)
{
	const struct gemcast_outbound_key *key = arg->key;
	const struct gemcast_sa *sa = obj;

	return sa->group != key->group ||
	       !ipv6_addr_equal(&sa->key.dst, &key->dst) ||
	       !ipv6_addr_equal(&sa->key.src, &key->src);
}

const struct rhashtable_params gemcast_outbound_params = {
	.hashfn = gemcast_outbound_hash,
	.obj_hashfn = gemcast_outbound_hash_sa,
	.obj_cmpfn = gemcast_outbound_differs,
	.key_len = sizeof(struct gemcast_outbound_key),
	.head_offset = offsetof(struct gemcast_sa, outbound),
	.automatic_shrinking = true,
};

/**
 * gemcast_outbound_add() - Have an outbound SA found.
 * @sa: the SA, its namespace locked
 *
 * Return: 0 or a negative errno.
 */
int gemcast_outbound_add(struct gemcast_sa *sa)
{
	const struct gemcast_outbound_key key = {
		.group = sa->group, .dst = sa->key.dst, .src = sa->key.src,
	};

	lockdep_assert_held(&sa->gn->lock);
	return rhltable_insert_key(&sa->gn->outbound, &key, &sa->outbound,
				   gemcast_outbound_params);
}

void gemcast_outbound_remove(struct gemcast_sa *sa)
{
	lockdep_assert_held(&sa->gn->lock);
	rhltable_remove(&sa->gn->outbound, &sa->outbound,
			gemcast_outbound_params);
}

/* As group->sas is ordered. */
static bool gemcast_outbound_newer(const struct gemcast_sa *a,
				   const struct gemcast_sa *b)
{
	if (!b || a->activate_at != b->activate_at)
		return !b || a->activate_at > b->activate_at;
	return a->number > b->number;
}

/* The newest of @lead and those with this key that may send. */
static struct gemcast_sa *
gemcast_outbound_lead(const struct gemcast_outbound_key *key,
		      struct gemcast_sa *lead)
{
	struct rhlist_head *list, *pos;
	struct gemcast_sa *sa;

	list = rhltable_lookup(&key->group->gn->outbound, key,
			       gemcast_outbound_params);
	rhl_for_each_entry_rcu(sa, pos, list, outbound)
		if (READ_ONCE(sa->activated) && gemcast_outbound_newer(sa, lead))
			lead = sa;
	return lead;
}

/**
 * gemcast_outbound_find() - The SA to send a packet by.
 * @group: its group
 * @dst: destination in the outer header
 * @src: source in the outer header
 *
 * Context: RCU.
 * Return: the SA, or NULL.
 */
struct gemcast_sa *gemcast_outbound_find(const struct gemcast_group *group,
					 const struct in6_addr *dst,
					 const struct in6_addr *src)
{
	struct gemcast_outbound_key key = { .group = group, .dst = *dst };
	struct gemcast_sa *sa = gemcast_outbound_lead(&key, NULL);

	if (!READ_ONCE(group->gn->sad_sources))
		return sa;
	key.src = *src;
	return gemcast_outbound_lead(&key, sa);
}
