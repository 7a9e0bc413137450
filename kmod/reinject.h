/* SPDX-License-Identifier: GPL-2.0 */
/* Reinjection: gives cleartext to an interface, inwards or outwards. */
#ifndef GEMCAST_REINJECT_H
#define GEMCAST_REINJECT_H

#include "policy.h"

/*
 * The cleartext @skb, its data at the IP header, goes where @policy says; 0 and
 * @skb is consumed, or the counter of drops to count. @queue as below. Softirqs
 * off, RCU.
 */
int gemcast_reinject(const struct gemcast_policy *policy, struct sk_buff *skb,
		     bool queue);
/*
 * As if received on @dev; by way of a queue for who is within the stack. Consumes
 * @skb.
 */
void gemcast_reinject_receive(struct sk_buff *skb, struct net_device *dev,
			      bool queue);

#endif
