/* SPDX-License-Identifier: GPL-2.0 */
/* ESP in UDP: the ports of udp groups, and sending to their peers (RFC 3948). */
#ifndef GEMCAST_UDP_H
#define GEMCAST_UDP_H

#include "group.h"

/* Room for the longest outer header. */
#define GEMCAST_UDP_HEAD	(sizeof(struct ipv6hdr) + sizeof(struct udphdr))

/* These need gn->lock. A port serves all groups that have it. */
struct gemcast_udp_port *gemcast_udp_port_get(struct gemcast_net *gn, u16 port,
					      struct netlink_ext_ack *extack);
void gemcast_udp_port_put(struct gemcast_net *gn,
			  struct gemcast_udp_port *port);

/*
 * Sends the ESP packet @skb, GEMCAST_UDP_HEAD of headroom and more before it,
 * to each peer of @group. Consumes it. Softirqs off, RCU.
 */
void gemcast_udp_send(struct gemcast_group *group, struct sk_buff *skb, u8 tos);
/* The longest ESP packet that goes to all peers in one piece. The same. */
unsigned int gemcast_udp_room(const struct gemcast_group *group);

#endif
