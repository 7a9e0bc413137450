// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts: the answers that rule set and SA table gave for the packets of late, a small
 * table for each CPU, used with softirqs off. An answer is good as long as the rule set
 * has the generation that it had before it was asked. Generations are never used again,
 * in any namespace, so that an entry needs no owner and nobody has to clear it.
 */
#include "policy.h"
#include "verdict.h"

struct gemcast_verdicts __percpu *gemcast_verdicts;

static atomic64_t gemcast_verdict_newest = ATOMIC64_INIT(0);

void gemcast_verdict_forget(struct gemcast_ruleset *rs)
{
	/* Behind the change: who reads the new one sees the change. */
	smp_store_release(&rs->generation,
			  atomic64_inc_return(&gemcast_verdict_newest));
}

static struct gemcast_verdict_key gemcast_verdict_key(struct gemcast_ruleset *rs,
						      u64 asked)
{
	return (struct gemcast_verdict_key){
		.generation = gemcast_verdict_generation(rs),
		.asked = asked,
	};
}

/* Where a new answer goes; the older one there is forgotten. */
static struct gemcast_verdict_entry *
gemcast_verdict_make(const struct gemcast_verdict_key *key)
{
	struct gemcast_verdict_entry *entry =
		gemcast_verdict_place(key->plain, key->generation, key->asked);

	entry[1] = entry[0];
	return entry;
}

/* Asks the rule set. */
static struct gemcast_verdict *
gemcast_verdict_ask(struct gemcast_ruleset *rs, enum gemcast_gspd which,
		    struct gemcast_verdict_entry *entry,
		    const struct gemcast_verdict_key *key)
{
	struct gemcast_verdict *v = &entry->verdict;

	entry->key = *key;
	v->policy = gemcast_ruleset_lookup(rs, which, &v->flow, &v->denied);
	v->group = NULL;
	v->elsewhere = false;
	return v;
}

struct gemcast_verdict *gemcast_verdict_plain(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct sk_buff *skb,
					      int ifindex)
{
	struct gemcast_verdict_key key = gemcast_verdict_key(rs, which);
	struct gemcast_verdict_entry *entry;

	gemcast_flow_plain(skb, IPPROTO_UDP, ifindex, &key.plain);
	entry = gemcast_verdict_make(&key);
	gemcast_flow_read(skb, &entry->verdict.flow);
	entry->verdict.flow.ifindex = ifindex;
	return gemcast_verdict_ask(rs, which, entry, &key);
}

/* What is not looked at, lengths of headers, differs within a flow. */
struct gemcast_verdict *gemcast_verdict_other(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct sk_buff *skb,
					      int ifindex)
{
	struct gemcast_verdict_key key =
		gemcast_verdict_key(rs, GEMCAST_VERDICT_OTHERS + which);
	struct gemcast_verdict_entry *entry;
	struct gemcast_flow flow;
	bool known;

	if (!gemcast_flow_read(skb, &flow))
		return NULL;
	flow.ifindex = ifindex;
	key.plain = gemcast_flow_sum(&flow);
	entry = gemcast_verdict_known(key.plain, key.generation, key.asked);
	known = entry && gemcast_flow_same(&entry->verdict.flow, &flow);
	if (!known)
		entry = gemcast_verdict_make(&key);
	entry->verdict.flow = flow;
	return known ? &entry->verdict :
		       gemcast_verdict_ask(rs, which, entry, &key);
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

struct gemcast_sa *gemcast_verdict_new_sa(struct gemcast_ruleset *rs,
					  const struct sk_buff *skb,
					  int ifindex)
{
	struct gemcast_verdict_key key =
		gemcast_verdict_key(rs, GEMCAST_VERDICT_SA);
	const struct ip_esp_hdr *esp = (void *)(ip_hdr(skb) + 1);
	struct gemcast_verdict_entry *entry;
	struct gemcast_flow flow;
	struct gemcast_sa *sa;

	gemcast_flow_plain(skb, IPPROTO_ESP, ifindex, &key.plain);
	gemcast_flow_read(skb, &flow);
	flow.ifindex = ifindex;
	sa = gemcast_sa_lookup(rs->gn, ntohl(esp->spi), 0, &flow.dst, &flow.src);
	/* Its copy may come in where it belongs: that one is to be counted. */
	if (sa && gemcast_ruleset_elsewhere(rs, sa->group, &flow))
		sa = NULL;
	entry = gemcast_verdict_make(&key);
	entry->key = key;
	entry->sa = sa;
	return sa;
}

int __init gemcast_verdict_init(void)
{
	gemcast_verdicts = alloc_percpu(struct gemcast_verdicts);
	return gemcast_verdicts ? 0 : -ENOMEM;
}

void gemcast_verdict_exit(void)
{
	free_percpu(gemcast_verdicts);
}
