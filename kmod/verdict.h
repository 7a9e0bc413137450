/* SPDX-License-Identifier: GPL-2.0 */
/* Verdicts: what policy lookups answered for the flows of late. */
#ifndef GEMCAST_VERDICT_H
#define GEMCAST_VERDICT_H

#include "flow.h"
#include "ruleset.h"

/*
 * After each change of a rule set that packets see, before what was taken out of it is
 * freed: no answer from before is used by who comes after. gn->lock.
 */
void gemcast_verdict_forget(struct gemcast_ruleset *rs);

/* Packet path, under RCU, softirqs off: as gemcast_ruleset_lookup(), _elsewhere(). */
struct gemcast_policy *gemcast_verdict_lookup(struct gemcast_ruleset *rs,
					      enum gemcast_gspd which,
					      const struct gemcast_flow *flow,
					      bool *denied);
bool gemcast_verdict_elsewhere(struct gemcast_ruleset *rs,
			       const struct gemcast_group *group,
			       const struct gemcast_flow *flow);

#endif
