/* SPDX-License-Identifier: GPL-2.0 */
/* Members: where there are receivers of a group, and who is told of it. */
#ifndef GEMCAST_MEMBER_H
#define GEMCAST_MEMBER_H

#include "flow.h"
#include "policy.h"

struct gemcast_members;

struct gemcast_members *gemcast_members_alloc(struct gemcast_net *gn);
/* Waits for what is under way. No hook may be registered any more. */
void gemcast_members_free(struct gemcast_members *members);

void gemcast_member_report(struct gemcast_net *gn, const struct sk_buff *skb,
			   const struct gemcast_flow *flow, bool local);

/*
 * Packet path: @flow may be a message of IGMP or MLD, that came in by, or, if
 * @local, leaves by its interface. Softirqs off, RCU.
 */
static inline void gemcast_member_see(struct gemcast_net *gn,
				      const struct sk_buff *skb,
				      const struct gemcast_flow *flow,
				      bool local)
{
	if (flow->proto == IPPROTO_IGMP || flow->proto == IPPROTO_ICMPV6)
		gemcast_member_report(gn, skb, flow, local);
}

/* Is this host itself a member there? RCU. */
bool gemcast_member_joined6(const struct net_device *dev,
			    const struct in6_addr *group);

/*
 * These need gn->lock. A policy that came, or was replaced, is told of the
 * receivers there are; with the last policy all are forgotten.
 */
void gemcast_member_policy(struct gemcast_net *gn,
			   const struct gemcast_policy *policy);
void gemcast_member_forget(struct gemcast_net *gn);

#endif
