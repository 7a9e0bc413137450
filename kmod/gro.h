/* SPDX-License-Identifier: GPL-2.0 */
/* Trains: datagrams of one flow that were decrypted go up the stack as one packet. */
#ifndef GEMCAST_GRO_H
#define GEMCAST_GRO_H

#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include "resume.h"

int gemcast_gro_init(void);
/* No hook may be registered any more. */
void gemcast_gro_exit(void);

/* Does what comes out of ESP that came in so go up in trains? */
static inline bool gemcast_gro_wants(const struct nf_hook_state *state)
{
	return state->in->features &
		       (NETIF_F_GRO_UDP_FWD | NETIF_F_GRO_FRAGLIST) &&
	       gemcast_resume_may(state);
}

/*
 * Takes cleartext, its data at the network header, on its way through the hook; it goes
 * on behind it when the CPU has no more packets at hand. Softirqs off, RCU.
 */
void gemcast_gro_receive(struct sk_buff *skb, const struct nf_hook_state *state);

#endif
