/* SPDX-License-Identifier: GPL-2.0 */
/* Events: what the module tells the listeners of its multicast groups. */
#ifndef GEMCAST_EVENT_H
#define GEMCAST_EVENT_H

#include "flow.h"
#include "policy.h"
#include "sa.h"

/* What is known of a packet that was dropped. */
struct gemcast_audit {
	enum gemcast_stats_attr reason;
	bool esp;			/* @spi and @seq are known */
	u32 spi;
	u32 seq;
	u32 flow_label;			/* IPv6 */
	struct in6_addr src;
	struct in6_addr dst;
	int ifindex;
};

/* Events are sent from the one call to the other; nothing waits for them. */
void gemcast_event_start(void);
void gemcast_event_stop(void);

/* Packet path, any context; both limit their own rate. */
void gemcast_event_acquire(struct gemcast_policy *policy,
			   const struct gemcast_flow *flow);
void gemcast_event_audit(struct gemcast_net *gn,
			 const struct gemcast_audit *audit);

/* The same as a record of the audit subsystem, if that is wanted; see audit.c. */
bool gemcast_audit_wanted(void);
void gemcast_audit_record(const struct gemcast_net *gn,
			  const struct gemcast_audit *audit, int suppressed);

/* Does anybody listen to gemcast_event_sa()? Any context. */
bool gemcast_event_sa_heard(const struct gemcast_net *gn);

/* These need gn->lock and may sleep. */
void gemcast_event_member(const struct gemcast_policy *policy,
			  const struct in6_addr *dst, int ifindex,
			  enum gemcast_acquire_kind kind);
void gemcast_event_sa(const struct gemcast_sa *sa, enum gemcast_cmd cmd);
void gemcast_event_policy(struct gemcast_net *gn,
			  const struct gemcast_policy *policy,
			  enum gemcast_cmd cmd);
void gemcast_event_expire(const struct gemcast_sa *sa, bool hard,
			  enum gemcast_expire_cause cause);

#endif
