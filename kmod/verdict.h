/* SPDX-License-Identifier: GPL-2.0 */
/* Verdicts: what lookups answered for the packets of late. */
#ifndef GEMCAST_VERDICT_H
#define GEMCAST_VERDICT_H

#include <linux/percpu.h>
#include "flow.h"
#include "ruleset.h"
#include "sa.h"

#define GEMCAST_VERDICT_BITS	5

/* What was asked: a GSPD, of plain packets or others; or the SA table. */
#define GEMCAST_VERDICT_OTHERS	GEMCAST_GSPDS
#define GEMCAST_VERDICT_SA	(2 * GEMCAST_GSPDS)

struct gemcast_verdict_key {
	struct gemcast_flow_plain plain;	/* of others a sum of their key */
	u64 generation;			/* 0: never used */
	u64 asked;
};

/* What a GSPD says of a packet. */
struct gemcast_verdict {
	struct gemcast_flow flow;
	struct gemcast_policy *policy;	/* NULL: none */
	bool denied;			/* see gemcast_ruleset_lookup() */
	/* The last answer of gemcast_verdict_elsewhere(), and whom it was about. */
	bool elsewhere;
	const struct gemcast_group *group;
};

struct gemcast_verdict_entry {
	struct gemcast_verdict_key key;
	union {
		struct gemcast_verdict verdict;
		struct gemcast_sa *sa;
	};
} ____cacheline_aligned;

/* The newest answer first: two flows that fall on the same place do not fight for it. */
struct gemcast_verdict_pair {
	struct gemcast_verdict_entry entry[2];
};

struct gemcast_verdicts {
	struct gemcast_verdict_pair pair[1 << GEMCAST_VERDICT_BITS];
};

/* Allocated: what modules may have of their own for each CPU is little. */
extern struct gemcast_verdicts __percpu *gemcast_verdicts;

int gemcast_verdict_init(void);
void gemcast_verdict_exit(void);

/*
 * Namespaces have flows that are alike, and one flow is asked for by both GSPDs, on two
 * interfaces: numbers that are small must not undo each other.
 */
static __always_inline struct gemcast_verdict_entry *
gemcast_verdict_place(struct gemcast_flow_plain plain, u64 generation, u64 asked)
{
	u64 sum = plain.addrs ^ rol64(plain.rest, 19) ^ generation << 16 ^
		  asked << 44;

	sum = (sum * GOLDEN_RATIO_64) >> (64 - GEMCAST_VERDICT_BITS);
	return this_cpu_ptr(gemcast_verdicts)->pair[sum].entry;
}

static __always_inline bool
gemcast_verdict_is(const struct gemcast_verdict_entry *entry,
		   struct gemcast_flow_plain plain, u64 generation, u64 asked)
{
	const struct gemcast_verdict_key *key = &entry->key;

	return likely(!((key->plain.addrs ^ plain.addrs) |
			(key->plain.rest ^ plain.rest) |
			(key->generation ^ generation) | (key->asked ^ asked)));
}

/* What is remembered, or NULL. */
static __always_inline struct gemcast_verdict_entry *
gemcast_verdict_known(struct gemcast_flow_plain plain, u64 generation, u64 asked)
{
	struct gemcast_verdict_entry *entry =
		gemcast_verdict_place(plain, generation, asked);

	if (gemcast_verdict_is(entry, plain, generation, asked))
		return entry;
	entry++;
	return gemcast_verdict_is(entry, plain, generation, asked) ? entry : NULL;
}

/*
 * After each change of a rule set that packets see, or of the SAs under it, before what
 * was taken out is freed: no answer from before is used by who comes after. gn->lock.
 */
void gemcast_verdict_forget(struct gemcast_ruleset *rs);

/* For gemcast_verdict_get(), where nothing is known yet, or more must be read. */
struct gemcast_verdict *gemcast_verdict_plain(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct sk_buff *skb,
					      int ifindex);
struct gemcast_verdict *gemcast_verdict_other(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct sk_buff *skb,
					      int ifindex);

/* Before anything is asked: what is asked afterwards is at least as new. */
static inline u64 gemcast_verdict_generation(const struct gemcast_ruleset *rs)
{
	/* Pairs with gemcast_verdict_forget(). */
	return smp_load_acquire(&rs->generation);
}

/*
 * Packet path, under RCU, softirqs off: of a packet by this interface, or NULL if it is
 * malformed. Good until the next packet, a nested one too.
 */
static inline struct gemcast_verdict *
gemcast_verdict_get(struct gemcast_ruleset *rs, enum gemcast_gspd which,
		    const struct sk_buff *skb, int ifindex)
{
	u64 generation = gemcast_verdict_generation(rs);
	struct gemcast_verdict_entry *entry;
	struct gemcast_flow_plain plain;

	if (!gemcast_flow_plain(skb, IPPROTO_UDP, ifindex, &plain))
		return gemcast_verdict_other(rs, which, skb, ifindex);
	entry = gemcast_verdict_known(plain, generation, which);
	return entry ? &entry->verdict :
		       gemcast_verdict_plain(rs, which, skb, ifindex);
}

/* As gemcast_ruleset_elsewhere(). */
bool gemcast_verdict_elsewhere(struct gemcast_ruleset *rs,
			       struct gemcast_verdict *v,
			       const struct gemcast_group *group);

struct gemcast_sa *gemcast_verdict_new_sa(struct gemcast_ruleset *rs,
					  const struct sk_buff *skb,
					  int ifindex);

/*
 * The same of native ESP that came in here, if it is as plain as most: the SA by which it
 * is to be opened. NULL says nothing.
 */
static inline struct gemcast_sa *
gemcast_verdict_sa(struct gemcast_ruleset *rs, const struct sk_buff *skb,
		   int ifindex)
{
	u64 generation = gemcast_verdict_generation(rs);
	struct gemcast_verdict_entry *entry;
	struct gemcast_flow_plain plain;

	if (!gemcast_flow_plain(skb, IPPROTO_ESP, ifindex, &plain))
		return NULL;
	entry = gemcast_verdict_known(plain, generation, GEMCAST_VERDICT_SA);
	return entry ? entry->sa : gemcast_verdict_new_sa(rs, skb, ifindex);
}

#endif
