/* SPDX-License-Identifier: GPL-2.0 */
/* Reports: what IGMP and MLD messages say of receivers. */
#ifndef GEMCAST_REPORT_H
#define GEMCAST_REPORT_H

#include "flow.h"

enum gemcast_report_kind {
	GEMCAST_REPORT_JOIN,		/* there is a receiver */
	GEMCAST_REPORT_LEAVE,		/* one went; there may be others */
	GEMCAST_REPORT_QUERY,		/* who receives? group any: all groups */
};

struct gemcast_report {
	enum gemcast_report_kind kind;
	struct in6_addr group;
};

/* The most records of one message that are looked at. */
#define GEMCAST_REPORTS_MAX	32

/*
 * Reads the message that @flow was read from; for other packets, and for groups
 * that are never routed, there is nothing. Returns how many were written to
 * @reports, which has room for GEMCAST_REPORTS_MAX.
 */
unsigned int gemcast_report_read(const struct sk_buff *skb,
				 const struct gemcast_flow *flow,
				 struct gemcast_report *reports);

#endif
