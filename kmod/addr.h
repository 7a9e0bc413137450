/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses: one form for both families.
 *
 * Everywhere in the module an address is a struct in6_addr; an IPv4 address
 * stands in it as ::ffff:a.b.c.d, and "any" is all zeroes. Prefix lengths count
 * all 128 bits, so an IPv4 prefix of n bits has length 96 + n.
 */
#ifndef GEMCAST_ADDR_H
#define GEMCAST_ADDR_H

#include <net/ipv6.h>

static inline sa_family_t gemcast_addr_family(const struct in6_addr *addr)
{
	return ipv6_addr_v4mapped(addr) ? AF_INET : AF_INET6;
}

static inline __be32 gemcast_addr_v4(const struct in6_addr *addr)
{
	return addr->s6_addr32[3];
}

static inline bool gemcast_addr_multicast(const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return ipv4_is_multicast(gemcast_addr_v4(addr));
	return ipv6_addr_is_multicast(addr);
}

/* Source-specific multicast (RFC 4607): 232.0.0.0/8, ff3x::/32. */
static inline bool gemcast_addr_ssm(const struct in6_addr *addr)
{
	if (ipv6_addr_v4mapped(addr))
		return addr->s6_addr[12] == 232;
	return addr->s6_addr[0] == 0xff && addr->s6_addr[1] >> 4 == 3 &&
	       !addr->s6_addr16[1];
}

/* Length of the address on the wire and in netlink, in bytes. */
static inline int gemcast_addr_len(const struct in6_addr *addr)
{
	return ipv6_addr_v4mapped(addr) ? 4 : 16;
}

static inline const void *gemcast_addr_bytes(const struct in6_addr *addr)
{
	return ipv6_addr_v4mapped(addr) ? (const void *)&addr->s6_addr32[3] :
					  addr;
}

#endif
