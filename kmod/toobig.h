/* SPDX-License-Identifier: GPL-2.0 */
/* Telling a sender that a packet was too long to be sent. */
#ifndef GEMCAST_TOOBIG_H
#define GEMCAST_TOOBIG_H

#include "outer.h"

/*
 * Tells the sender of @skb how long a packet may be, if there is a way. Softirqs
 * off, RCU; the route of @out is not yet let go.
 */
void gemcast_toobig_tell(const struct gemcast_out *out, struct sk_buff *skb,
			 const struct nf_hook_state *state);

#endif
