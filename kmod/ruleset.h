/* SPDX-License-Identifier: GPL-2.0 */
/* Rule sets: all policies of a namespace, as packets look them up. */
#ifndef GEMCAST_RULESET_H
#define GEMCAST_RULESET_H

#include <linux/hash.h>
#include <linux/rbtree.h>
#include <linux/workqueue.h>
#include "flow.h"
#include "net.h"

struct gemcast_group;
struct gemcast_policy;

#define GEMCAST_DST_BITS	128
#define GEMCAST_SIEVE_BITS	10

struct gemcast_ruleset {
	struct gemcast_net *gn;
	struct rhashtable dsts;		/* struct gemcast_dst; RCU */
	/* Which lengths the prefixes of its dsts have; changed under the lock. */
	DECLARE_BITMAP(lens, GEMCAST_DST_BITS + 1);
	u32 ndsts[GEMCAST_DST_BITS + 1];	/* of each length; lock */
	struct rb_root all;		/* by (prio, index); lock */
	struct xarray by_index;		/* lock */
	struct list_head named;		/* which name an interface; lock */
	u32 npolicies;			/* lock */
	u32 narriving;			/* policies that take what arrives; lock, READ_ONCE */
	/* See gemcast_ruleset_wants(); changed under the lock, where dsts are counted. */
	u32 nwide;			/* dsts that are more than one address; READ_ONCE */
	DECLARE_BITMAP(sieve, 1 << GEMCAST_SIEVE_BITS);
	u32 nsieve[1 << GEMCAST_SIEVE_BITS];
	unsigned long devs;		/* gemcast_sieve_dev() of all; READ_ONCE */
	unsigned long named_devs;	/* of those that policies name, or have named; lock */
	u32 nunnamed;			/* policies for any interface; lock */
	u64 generation;			/* see verdict.h */
	bool staged;			/* of a transaction; no packet sees it */
	struct rcu_work free;
};

/* The policies of one dst. It is there as long as it has any. */
struct gemcast_dst_key {
	struct in6_addr addr;
	u32 len;			/* of 128, see addr.h */
};

struct gemcast_dst {
	struct rhash_head hash;
	struct gemcast_dst_key key;
	struct list_head chain[GEMCAST_GSPDS];	/* by (prio, index); RCU */
	struct list_head policies;		/* by (prio, index); lock */
	struct rcu_head rcu;
};

struct gemcast_ruleset *gemcast_ruleset_new(struct gemcast_net *gn);
/* When no packet uses it any more, with its policies. NULL is nothing to do. */
void gemcast_ruleset_free(struct gemcast_ruleset *rs);
/* The one that packets see. */
struct gemcast_ruleset *gemcast_ruleset_active(const struct gemcast_net *gn);

/* These need gn->lock. A policy is about to follow an interface that came. */
void gemcast_ruleset_see_dev(struct gemcast_ruleset *rs, int ifindex);
/* 0 or a negative errno, and then nothing has changed. */
int gemcast_ruleset_insert(struct gemcast_ruleset *rs,
			   struct gemcast_policy *policy);
/* Unlinks it; the caller frees it after a grace period. */
void gemcast_ruleset_remove(struct gemcast_ruleset *rs,
			    struct gemcast_policy *policy);
/* Of the same dst, direction, priority and index: a packet finds one of both. */
void gemcast_ruleset_replace(struct gemcast_ruleset *rs,
			     struct gemcast_policy *old,
			     struct gemcast_policy *policy);
/* All that a dst has, or NULL. */
struct gemcast_dst *gemcast_ruleset_dst(struct gemcast_ruleset *rs,
					const struct in6_addr *addr, u8 len);
/* All of them by (prio, index), or NULL: first, behind another, next. */
struct gemcast_policy *gemcast_ruleset_first(struct gemcast_ruleset *rs);
struct gemcast_policy *gemcast_ruleset_behind(struct gemcast_ruleset *rs,
					      u32 prio, u32 index);
struct gemcast_policy *gemcast_ruleset_next(const struct gemcast_policy *policy);

/*
 * Packet path, under RCU: the first match by priority and then by age, or NULL.
 * @denied then says whether the packet is to a source-specific group that its
 * source may not send to (RFC 5374 6.3.3).
 */
struct gemcast_policy *gemcast_ruleset_lookup(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct gemcast_flow *flow,
					      bool *denied);

/* The hole of the sieve that an address belongs to, and others with it. */
static inline u32 gemcast_sieve_hole(const struct in6_addr *addr)
{
	return hash_32((__force u32)(addr->s6_addr32[0] ^ addr->s6_addr32[1] ^
				     addr->s6_addr32[3]), GEMCAST_SIEVE_BITS);
}

/* The same of an IPv4 address, which stands in the last word of such a one. */
static inline u32 gemcast_sieve_hole4(__be32 addr)
{
	return hash_32((__force u32)addr, GEMCAST_SIEVE_BITS);
}

/* The bit of an interface, and of others with it. */
static inline unsigned long gemcast_sieve_dev(int ifindex)
{
	return BIT((unsigned int)ifindex % BITS_PER_LONG);
}

/*
 * The same: may there be anything for such a packet, IP for sure, here? Most of others'
 * traffic is unicast or UDP, and is known by its destination alone, or by an interface
 * that no policy names: it is to cost next to nothing. What tells of members, what is to
 * be read further and what is to be made whole always passes.
 */
static inline bool gemcast_ruleset_wants(const struct gemcast_ruleset *rs,
					 const struct sk_buff *skb, int ifindex)
{
	const struct iphdr *ip = ip_hdr(skb);
	bool multicast, fragment = false;
	u32 hole;
	u8 proto;

	if (ip->version == 6) {
		hole = gemcast_sieve_hole(&ipv6_hdr(skb)->daddr);
		multicast = ipv6_addr_is_multicast(&ipv6_hdr(skb)->daddr);
		proto = ipv6_hdr(skb)->nexthdr;
	} else {
		hole = gemcast_sieve_hole4(ip->daddr);
		multicast = ipv4_is_multicast(ip->daddr);
		proto = ip->protocol;
		fragment = ip_is_fragment(ip);
	}
	if (!test_bit(hole, rs->sieve) &&
	    !(multicast && (proto != IPPROTO_UDP || READ_ONCE(rs->nwide))))
		return false;
	return proto != IPPROTO_UDP || fragment ||
	       READ_ONCE(rs->devs) & gemcast_sieve_dev(ifindex);
}

/* The same: is there a policy that takes what arrives, see policy.h? */
static inline bool gemcast_ruleset_arriving(const struct gemcast_ruleset *rs)
{
	return READ_ONCE(rs->narriving);
}

/* The same: does @group receive @flow's destination only by other interfaces? */
bool gemcast_ruleset_elsewhere(struct gemcast_ruleset *rs,
			       const struct gemcast_group *group,
			       const struct gemcast_flow *flow);

/* The same: does a native group receive @flow's destination by this interface? */
bool gemcast_ruleset_receives(struct gemcast_ruleset *rs,
			      const struct gemcast_flow *flow);

int gemcast_ruleset_init(void);
void gemcast_ruleset_exit(void);

#endif
