/* SPDX-License-Identifier: GPL-2.0 */
/* Outbound SAs by group and addresses: which one is sent by? */
#ifndef GEMCAST_OUTBOUND_H
#define GEMCAST_OUTBOUND_H

#include "sa.h"

extern const struct rhashtable_params gemcast_outbound_params;

/* These need gn->lock. 0 or a negative errno. */
int gemcast_outbound_add(struct gemcast_sa *sa);
void gemcast_outbound_remove(struct gemcast_sa *sa);

/*
 * Packet path, under RCU: the leading edge of what the group sends by from @src to @dst,
 * addresses of the outer header; NULL if there is none.
 */
struct gemcast_sa *gemcast_outbound_find(const struct gemcast_group *group,
					 const struct in6_addr *dst,
					 const struct in6_addr *src);

#endif
