// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts: the answers that rule set and SA table gave for the packets of late, a small
 * table for each CPU, used with softirqs off. An answer is good as long as the rule set
 * has the generation that it had before it was asked. Generations are never used again,
 * in any namespace, so that an entry needs no owner and nobody has to clear it.
 */
#include <linux/percpu.h>
#include "policy.h"
#include "verdict.h"

#define GEMCAST_VERDICT_BITS	6

/* What was asked: a GSPD, of plain packets or others; or the SA table. */
#define GEMCAST_VERDICT_OTHERS	GEMCAST_GSPDS
#define GEMCAST_VERDICT_SA	(2 * GEMCAST_GSPDS)

struct gemcast_verdict_key {
	struct gemcast_flow_plain plain;	/* of others a sum of their key */
	u64 generation;			/* 0: never used */
	unsigned int asked;
};

struct gemcast_verdict_entry {
	struct gemcast_verdict_key key;
	union {
		struct gemcast_verdict verdict;
		struct gemcast_sa *sa;
	};
};

struct gemcast_verdicts {
	struct gemcast_verdict_entry entry[1 << GEMCAST_VERDICT_BITS];
};

static DEFINE_PER_CPU(struct gemcast_verdicts, gemcast_verdicts);

static atomic64_t gemcast_verdict_generation = ATOMIC64_INIT(0);

void gemcast_verdict_forget(struct gemcast_ruleset *rs)
{
	/* Behind the change: who reads the new one sees the change. */
	smp_store_release(&rs->generation,
			  atomic64_inc_return(&gemcast_verdict_generation));
}

/*
 * Namespaces have flows that are alike, and one flow is asked for by both GSPDs, on two
 * interfaces: numbers that are small must not undo each other.
 */
static __always_inline struct gemcast_verdict_entry *
gemcast_verdict_entry(const struct gemcast_verdict_key *key)
{
	u64 sum = key->plain.addrs ^ rol64(key->plain.rest, 19) ^
		  key->generation << 16 ^ (u64)key->asked << 44;

	return this_cpu_ptr(&gemcast_verdicts)->entry +
	       ((sum * GOLDEN_RATIO_64) >> (64 - GEMCAST_VERDICT_BITS));
}

static __always_inline bool
gemcast_verdict_same(const struct gemcast_verdict_key *a,
		     const struct gemcast_verdict_key *b)
{
	return !((a->plain.addrs ^ b->plain.addrs) |
		 (a->plain.rest ^ b->plain.rest) |
		 (a->generation ^ b->generation) | (a->asked ^ b->asked));
}

/* Asks the rule set. */
static void gemcast_verdict_ask(struct gemcast_ruleset *rs,
				enum gemcast_gspd which,
				struct gemcast_verdict_entry *entry,
				const struct gemcast_verdict_key *key)
{
	struct gemcast_verdict *v = &entry->verdict;

	entry->key = *key;
	v->policy = gemcast_ruleset_lookup(rs, which, &v->flow, &v->denied);
	v->group = NULL;
	v->elsewhere = false;
}

/* The same flow may have other headers in it. */
static struct gemcast_verdict *
gemcast_verdict_others(struct gemcast_ruleset *rs,
		       struct gemcast_verdict_key *key, enum gemcast_gspd which,
		       const struct sk_buff *skb, int ifindex)
{
	struct gemcast_verdict_entry *entry;
	struct gemcast_flow flow;
	bool known;

	if (!gemcast_flow_read(skb, &flow))
		return NULL;
	flow.ifindex = ifindex;
	key->asked = GEMCAST_VERDICT_OTHERS + which;
	key->plain = gemcast_flow_sum(&flow);
	entry = gemcast_verdict_entry(key);
	known = gemcast_verdict_same(&entry->key, key) &&
		gemcast_flow_same(&entry->verdict.flow, &flow);
	entry->verdict.flow = flow;
	if (!known)
		gemcast_verdict_ask(rs, which, entry, key);
	return &entry->verdict;
}

static noinline void
gemcast_verdict_new(struct gemcast_ruleset *rs, enum gemcast_gspd which,
		    const struct gemcast_verdict_key *key,
		    struct gemcast_verdict_entry *entry,
		    const struct sk_buff *skb, int ifindex)
{
	/* It is plain, and never malformed. */
	gemcast_flow_read(skb, &entry->verdict.flow);
	entry->verdict.flow.ifindex = ifindex;
	gemcast_verdict_ask(rs, which, entry, key);
}

struct gemcast_verdict *gemcast_verdict_get(struct gemcast_ruleset *rs,
					    enum gemcast_gspd which,
					    const struct sk_buff *skb,
					    int ifindex)
{
	struct gemcast_verdict_key key = {
		.generation = smp_load_acquire(&rs->generation),
		.asked = which,
	};
	struct gemcast_verdict_entry *entry;

	if (!gemcast_flow_plain(skb, IPPROTO_UDP, ifindex, &key.plain))
		return gemcast_verdict_others(rs, &key, which, skb, ifindex);
	entry = gemcast_verdict_entry(&key);
	if (unlikely(!gemcast_verdict_same(&entry->key, &key)))
		gemcast_verdict_new(rs, which, &key, entry, skb, ifindex);
	return &entry->verdict;
}

bool gemcast_verdict_elsewhere(struct gemcast_ruleset *rs,
			       struct gemcast_verdict *v,
			       const struct gemcast_group *group)
{
	if (v->group != group) {
		v->elsewhere = gemcast_ruleset_elsewhere(rs, group, &v->flow);
		v->group = group;
	}
	return v->elsewhere;
}

static noinline struct gemcast_sa *
gemcast_verdict_new_sa(struct gemcast_ruleset *rs, const struct sk_buff *skb,
		       u32 spi, int ifindex)
{
	struct gemcast_flow flow;
	struct gemcast_sa *sa;

	gemcast_flow_read(skb, &flow);
	flow.ifindex = ifindex;
	sa = gemcast_sa_lookup(rs->gn, spi, 0, &flow.dst, &flow.src);
	/* Its copy may come in where it belongs: that one is to be counted. */
	if (sa && gemcast_ruleset_elsewhere(rs, sa->group, &flow))
		return NULL;
	return sa;
}

struct gemcast_sa *gemcast_verdict_sa(struct gemcast_ruleset *rs,
				      const struct sk_buff *skb, int ifindex)
{
	struct gemcast_verdict_key key = {
		.generation = smp_load_acquire(&rs->generation),
		.asked = GEMCAST_VERDICT_SA,
	};
	struct gemcast_verdict_entry *entry;

	if (!gemcast_flow_plain(skb, IPPROTO_ESP, ifindex, &key.plain))
		return NULL;
	entry = gemcast_verdict_entry(&key);
	if (unlikely(!gemcast_verdict_same(&entry->key, &key))) {
		entry->sa = gemcast_verdict_new_sa(rs, skb,
						   ntohl((__force __be32)key.plain.rest),
						   ifindex);
		entry->key = key;
	}
	return entry->sa;
}
