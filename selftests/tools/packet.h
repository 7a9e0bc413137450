/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP packets of both families: headers read and written, checksums. */
#ifndef PACKET_H
#define PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX	65600	/* an IPv6 packet of the largest length */
#define IP4_HEADER	20
#define IP6_HEADER	40
#define FRAG6_HEADER	8
#define UDP_HEADER	8

#define TOS_ECN_MASK	3

struct addr {
	int family;		/* AF_INET, AF_INET6; 0: none */
	uint8_t bytes[16];
};

/* Errors end the program with status 2. */
void addr_parse(const char *text, struct addr *addr);
/* In one of four static buffers, in turn. */
const char *addr_text(const struct addr *addr);
bool addr_equal(const struct addr *a, const struct addr *b);
size_t addr_len(const struct addr *addr);
/* The Ethernet address of a multicast group. */
void addr_mac(const struct addr *group, uint8_t mac[6]);

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, v >> 32);
	put32(p + 4, v);
}

/* The internet checksum of @data, as it stands in a header; 0: it was right. */
uint16_t checksum(const uint8_t *data, size_t len);
/* The same of an upper layer with its pseudo header. */
uint16_t checksum_upper(const struct addr *src, const struct addr *dst,
			uint8_t proto, const uint8_t *upper, size_t len);

struct ip {
	struct addr src, dst;
	uint8_t proto;		/* of what follows the headers below */
	uint8_t ttl, tos;
	uint32_t flow;		/* IPv6 flow label */
	uint32_t id;
	bool df;		/* IPv4 */
	bool mf;
	uint16_t frag;		/* offset in bytes */
	bool fragment;		/* IPv6: has a fragment header */
	size_t header;		/* length, options and fragment header included */
	size_t payload;		/* length, as the header tells it */
};

/* Writes the header for @ip->payload bytes and sets @ip->header. */
void ip_write(struct ip *ip, uint8_t *buf);
/* What is wrong with the packet of @len bytes, or NULL. */
const char *ip_read(struct ip *ip, const uint8_t *buf, size_t len);

#endif
