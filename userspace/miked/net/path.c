// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From where to where a datagram of IKE goes.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include "net/path.h"

size_t net_addr_bytes(const struct gemcast_addr *addr, const uint8_t **bytes)
{
	*bytes = (const uint8_t *)&addr->in6;
	if (addr->family == AF_INET)
		return sizeof(addr->in);
	return addr->family == AF_INET6 ? sizeof(addr->in6) : 0;
}

bool net_addr_equal(const struct gemcast_addr *a, const struct gemcast_addr *b)
{
	const uint8_t *of_a, *of_b;
	size_t len = net_addr_bytes(a, &of_a);

	net_addr_bytes(b, &of_b);
	return a->family == b->family && !memcmp(of_a, of_b, len);
}

bool net_end_equal(const struct net_end *a, const struct net_end *b)
{
	return a->port == b->port && net_addr_equal(&a->addr, &b->addr);
}

bool net_path_equal(const struct net_path *a, const struct net_path *b)
{
	return a->encap == b->encap && a->ifindex == b->ifindex &&
	       net_end_equal(&a->local, &b->local) && net_end_equal(&a->remote, &b->remote);
}

bool net_group_equal(const struct net_group *a, const struct net_group *b)
{
	return net_end_equal(&a->to, &b->to) && net_addr_equal(&a->source, &b->source) &&
	       !strcmp(a->interface, b->interface);
}

void net_addr_print(const struct gemcast_addr *addr, char text[NET_TEXT])
{
	const uint8_t *bytes;

	net_addr_bytes(addr, &bytes);
	if (!inet_ntop(addr->family, bytes, text, NET_TEXT))
		snprintf(text, NET_TEXT, "none");
}

void net_end_print(const struct net_end *end, char text[NET_TEXT])
{
	char addr[INET6_ADDRSTRLEN];
	const uint8_t *bytes;

	net_addr_bytes(&end->addr, &bytes);
	if (!inet_ntop(end->addr.family, bytes, addr, sizeof(addr)))
		snprintf(addr, sizeof(addr), "none");
	snprintf(text, NET_TEXT, end->addr.family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr,
		 end->port);
}
