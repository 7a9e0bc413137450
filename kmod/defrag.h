/* SPDX-License-Identifier: GPL-2.0 */
/* Fragments: makes whole what policies are to look at. */
#ifndef GEMCAST_DEFRAG_H
#define GEMCAST_DEFRAG_H

#include <linux/netfilter.h>
#include <linux/skbuff.h>

/*
 * A packet at PRE_ROUTING or LOCAL_OUT: NF_ACCEPT, and it is a whole datagram; or a
 * verdict, and it waits for its others, or is none. Softirqs off.
 */
unsigned int gemcast_defrag(struct sk_buff *skb,
			    const struct nf_hook_state *state);

#endif
