/* SPDX-License-Identifier: GPL-2.0 */
/* Inner headers: checks what came out of ESP and makes it a packet again. */
#ifndef GEMCAST_INNER_H
#define GEMCAST_INNER_H

#include "esp.h"
#include "policy.h"

/* One packet on its way in. */
struct gemcast_in {
	struct gemcast_net *gn;
	struct gemcast_sa *sa;
	struct gemcast_policy *policy;
	struct gemcast_esp esp;
	/* Of the outer header: */
	struct in6_addr src;
	struct in6_addr dst;
	u32 flow_label;
	int ifindex;
	u8 tos;
	bool v6;
	bool tunnel;			/* an IP packet was inside */
};

/*
 * skb->data is at the ESP header, decrypted; afterwards at the cleartext's IP
 * header, as are network and transport header. 0, or the counter of drops to
 * count. Of gemcast_inner_native(), @head is the length of the headers before
 * ESP, which a transport mode packet keeps.
 */
int gemcast_inner_native(struct gemcast_in *in, struct sk_buff *skb,
			 unsigned int head);
int gemcast_inner_tunnel(struct gemcast_in *in, struct sk_buff *skb);
/* Gives the cleartext the DSCP of @tos; its ECN stays. */
void gemcast_inner_dscp(struct sk_buff *skb, u8 tos);

#endif
