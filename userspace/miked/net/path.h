/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From where to where a datagram of IKE goes.
 */
#ifndef MIKED_NET_PATH_H
#define MIKED_NET_PATH_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <gemcast.h>

struct net_end {
	struct gemcast_addr addr;
	uint16_t port;			/* host order */
};

struct net_path {
	struct net_end local;
	struct net_end remote;
	unsigned int ifindex;		/* of link-local addresses; 0: by the routes */
	bool encap;			/* behind four zero bytes, as on port 4500 (RFC 7296 2.23) */
};

/* From where to which multicast address datagrams go to many. */
struct net_group {
	struct net_end to;
	struct gemcast_addr source;	/* AF_UNSPEC: received from anybody, sent by the routes */
	char interface[IF_NAMESIZE];	/* empty: by the routes */
	uint8_t ttl;			/* of what is sent */
};

bool net_addr_equal(const struct gemcast_addr *a, const struct gemcast_addr *b);
bool net_end_equal(const struct net_end *a, const struct net_end *b);
bool net_path_equal(const struct net_path *a, const struct net_path *b);
/* Is the same received? */
bool net_group_equal(const struct net_group *a, const struct net_group *b);

/* The address in network order: 4 or 16 bytes, none of AF_UNSPEC; as long as @addr lives. */
size_t net_addr_bytes(const struct gemcast_addr *addr, const uint8_t **bytes);

/* "192.0.2.1", "192.0.2.1:848", "[2001:db8::1]:848" */
#define NET_TEXT	64
void net_addr_print(const struct gemcast_addr *addr, char text[NET_TEXT]);
void net_end_print(const struct net_end *end, char text[NET_TEXT]);

#endif
