/* SPDX-License-Identifier: GPL-2.0 */
/* The way of a packet outbound: policy, SA, ESP, and out. */
#ifndef GEMCAST_OUTPUT_H
#define GEMCAST_OUTPUT_H

#include <linux/netfilter.h>
#include "flow.h"
#include "net.h"

/* LOCAL_OUT and FORWARD, @priv is the namespace: a verdict. Softirqs off, RCU. */
unsigned int gemcast_output(void *priv, struct sk_buff *skb,
			    const struct nf_hook_state *state);
/* PRE_ROUTING: sends to a udp group's peers what arrives; @skb is only read. */
void gemcast_output_arriving(struct gemcast_net *gn, struct sk_buff *skb,
			     const struct nf_hook_state *state);

#endif
