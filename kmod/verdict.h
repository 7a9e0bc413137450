/* SPDX-License-Identifier: GPL-2.0 */
/* Verdicts: what lookups answered for the packets of late. */
#ifndef GEMCAST_VERDICT_H
#define GEMCAST_VERDICT_H

#include "flow.h"
#include "ruleset.h"
#include "sa.h"

/* What a GSPD says of a packet. */
struct gemcast_verdict {
	struct gemcast_flow flow;
	struct gemcast_policy *policy;	/* NULL: none */
	bool denied;			/* see gemcast_ruleset_lookup() */
	/* The last answer of gemcast_verdict_elsewhere(), and whom it was about. */
	bool elsewhere;
	const struct gemcast_group *group;
};

/*
 * After each change of a rule set that packets see, or of the SAs under it, before what
 * was taken out is freed: no answer from before is used by who comes after. gn->lock.
 */
void gemcast_verdict_forget(struct gemcast_ruleset *rs);

/*
 * Packet path, under RCU, softirqs off: of a packet by this interface, or NULL if it is
 * malformed. Good until the next packet, a nested one too.
 */
struct gemcast_verdict *gemcast_verdict_get(struct gemcast_ruleset *rs,
					    enum gemcast_gspd which,
					    const struct sk_buff *skb,
					    int ifindex);
/* As gemcast_ruleset_elsewhere(). */
bool gemcast_verdict_elsewhere(struct gemcast_ruleset *rs,
			       struct gemcast_verdict *v,
			       const struct gemcast_group *group);
/*
 * The same of native ESP that came in here, if it is as plain as most: the SA by which it
 * is to be opened. NULL says nothing.
 */
struct gemcast_sa *gemcast_verdict_sa(struct gemcast_ruleset *rs,
				      const struct sk_buff *skb, int ifindex);

#endif
