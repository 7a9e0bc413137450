// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts: the answers that the rule set gave for the flows of late, a small table for
 * each CPU, used with softirqs off. An answer is good as long as the rule set has the
 * generation that it had before it was asked. Generations are never used again, in any
 * namespace, so that an entry needs no owner and nobody has to clear it.
 */
#include <linux/percpu.h>
#include "policy.h"
#include "verdict.h"

#define GEMCAST_VERDICT_BITS	6

/* What was asked besides the GSPDs. */
#define GEMCAST_VERDICT_ELSEWHERE	GEMCAST_GSPDS

struct gemcast_verdict {
	struct gemcast_flow_key key;
	u64 generation;			/* 0: never used */
	const struct gemcast_group *group;	/* of GEMCAST_VERDICT_ELSEWHERE */
	struct gemcast_policy *policy;
	u8 which;
	bool yes;			/* denied, or elsewhere */
};

struct gemcast_verdicts {
	struct gemcast_verdict entry[1 << GEMCAST_VERDICT_BITS];
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
static struct gemcast_verdict *
gemcast_verdict_slot(u64 generation, const struct gemcast_flow *flow,
		     unsigned int which)
{
	const struct gemcast_flow_key *key = &flow->key;
	u64 sum = (key->word[1] ^ rol64(key->word[3], 29)) * GOLDEN_RATIO_64;

	sum ^= key->word[4] ^ (u64)key->last << 32 ^ generation << 16 ^
	       (u64)which << 60;
	return this_cpu_ptr(&gemcast_verdicts)->entry +
	       ((sum * GOLDEN_RATIO_64) >> (64 - GEMCAST_VERDICT_BITS));
}

static bool gemcast_verdict_is(const struct gemcast_verdict *v, u64 generation,
			       const struct gemcast_flow *flow,
			       unsigned int which,
			       const struct gemcast_group *group)
{
	const u64 *a = v->key.word, *b = flow->key.word;

	return v->generation == generation && v->which == which &&
	       v->group == group && v->key.last == flow->key.last &&
	       !((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) |
		 (a[3] ^ b[3]) | (a[4] ^ b[4]));
}

static void gemcast_verdict_put(struct gemcast_verdict *v, u64 generation,
				const struct gemcast_flow *flow,
				unsigned int which,
				const struct gemcast_group *group)
{
	v->key = flow->key;
	v->generation = generation;
	v->which = which;
	v->group = group;
}

struct gemcast_policy *gemcast_verdict_lookup(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct gemcast_flow *flow,
					      bool *denied)
{
	u64 generation = smp_load_acquire(&rs->generation);
	struct gemcast_verdict *v = gemcast_verdict_slot(generation, flow, which);

	if (!gemcast_verdict_is(v, generation, flow, which, NULL)) {
		v->policy = gemcast_ruleset_lookup(rs, which, flow, &v->yes);
		gemcast_verdict_put(v, generation, flow, which, NULL);
	}
	*denied = v->yes;
	return v->policy;
}

bool gemcast_verdict_elsewhere(struct gemcast_ruleset *rs,
			       const struct gemcast_group *group,
			       const struct gemcast_flow *flow)
{
	u64 generation = smp_load_acquire(&rs->generation);
	struct gemcast_verdict *v =
		gemcast_verdict_slot(generation, flow,
				     GEMCAST_VERDICT_ELSEWHERE);

	if (!gemcast_verdict_is(v, generation, flow, GEMCAST_VERDICT_ELSEWHERE,
				group)) {
		v->yes = gemcast_ruleset_elsewhere(rs, group, flow);
		gemcast_verdict_put(v, generation, flow,
				    GEMCAST_VERDICT_ELSEWHERE, group);
	}
	return v->yes;
}
