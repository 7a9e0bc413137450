// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <err.h>
#include <string.h>

#include "packet.h"

void addr_parse(const char *text, struct addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr->family, text, addr->bytes) != 1)
		errx(2, "not an address: %s", text);
}

const char *addr_text(const struct addr *addr)
{
	static char texts[4][INET6_ADDRSTRLEN];
	static unsigned int turn;
	char *text = texts[turn++ % 4];

	if (!addr->family || !inet_ntop(addr->family, addr->bytes, text,
					INET6_ADDRSTRLEN))
		return "-";
	return text;
}

size_t addr_len(const struct addr *addr)
{
	return addr->family == AF_INET ? 4 : 16;
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       !memcmp(a->bytes, b->bytes, addr_len(a));
}

void addr_mac(const struct addr *group, uint8_t mac[6])
{
	const uint8_t *b = group->bytes;

	if (group->family == AF_INET) {
		memcpy(mac, "\x01\x00\x5e", 3);
		mac[3] = b[1] & 0x7f;
		memcpy(mac + 4, b + 2, 2);
	} else {
		memcpy(mac, "\x33\x33", 2);
		memcpy(mac + 2, b + 12, 4);
	}
}

static uint32_t sum(uint32_t start, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		start += get16(data + i);
	if (len & 1)
		start += data[len - 1] << 8;
	return (start & 0xffff) + (start >> 16);
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint16_t checksum(const uint8_t *data, size_t len)
{
	return fold(sum(0, data, len));
}

uint16_t checksum_upper(const struct addr *src, const struct addr *dst,
			uint8_t proto, const uint8_t *upper, size_t len)
{
	uint32_t total = proto + len;

	total = sum(total, src->bytes, addr_len(src));
	total = sum(total, dst->bytes, addr_len(dst));
	return fold(sum(total, upper, len));
}

static void ip4_write(struct ip *ip, uint8_t *buf)
{
	ip->header = IP4_HEADER;
	memset(buf, 0, IP4_HEADER);
	buf[0] = 0x45;
	buf[1] = ip->tos;
	put16(buf + 2, ip->header + ip->payload);
	put16(buf + 4, ip->id);
	put16(buf + 6, ip->df << 14 | ip->mf << 13 | ip->frag / 8);
	buf[8] = ip->ttl;
	buf[9] = ip->proto;
	memcpy(buf + 12, ip->src.bytes, 4);
	memcpy(buf + 16, ip->dst.bytes, 4);
	put16(buf + 10, checksum(buf, IP4_HEADER));
}

static void ip6_write(struct ip *ip, uint8_t *buf)
{
	bool fragment = ip->fragment || ip->frag || ip->mf;

	ip->header = IP6_HEADER + (fragment ? FRAG6_HEADER : 0);
	memset(buf, 0, ip->header);
	put32(buf, 6U << 28 | ip->tos << 20 | ip->flow);
	put16(buf + 4, ip->header - IP6_HEADER + ip->payload);
	buf[6] = fragment ? IPPROTO_FRAGMENT : ip->proto;
	buf[7] = ip->ttl;
	memcpy(buf + 8, ip->src.bytes, 16);
	memcpy(buf + 24, ip->dst.bytes, 16);
	if (fragment) {
		buf[40] = ip->proto;
		put16(buf + 42, (ip->frag & ~7) | ip->mf);
		put32(buf + 44, ip->id);
	}
}

void ip_write(struct ip *ip, uint8_t *buf)
{
	if (ip->src.family == AF_INET)
		ip4_write(ip, buf);
	else
		ip6_write(ip, buf);
}

static const char *ip4_read(struct ip *ip, const uint8_t *buf, size_t len)
{
	if (len < IP4_HEADER)
		return "IPv4 header cut off";
	ip->header = 4 * (buf[0] & 15);
	if (ip->header < IP4_HEADER || ip->header > len)
		return "IPv4 header length";
	if (checksum(buf, ip->header))
		return "IPv4 checksum";
	if (get16(buf + 2) < ip->header || get16(buf + 2) > len)
		return "IPv4 total length";
	ip->payload = get16(buf + 2) - ip->header;
	ip->tos = buf[1];
	ip->id = get16(buf + 4);
	ip->df = get16(buf + 6) & 0x4000;
	ip->mf = get16(buf + 6) & 0x2000;
	ip->frag = 8 * (get16(buf + 6) & 0x1fff);
	ip->ttl = buf[8];
	ip->proto = buf[9];
	ip->src.family = ip->dst.family = AF_INET;
	memcpy(ip->src.bytes, buf + 12, 4);
	memcpy(ip->dst.bytes, buf + 16, 4);
	return NULL;
}

static const char *ip6_read(struct ip *ip, const uint8_t *buf, size_t len)
{
	if (len < IP6_HEADER)
		return "IPv6 header cut off";
	ip->header = IP6_HEADER;
	ip->payload = get16(buf + 4);
	if (ip->payload > len - IP6_HEADER)
		return "IPv6 payload length";
	ip->tos = get32(buf) >> 20;
	ip->flow = get32(buf) & 0xfffff;
	ip->proto = buf[6];
	ip->ttl = buf[7];
	ip->src.family = ip->dst.family = AF_INET6;
	memcpy(ip->src.bytes, buf + 8, 16);
	memcpy(ip->dst.bytes, buf + 24, 16);
	if (ip->proto == IPPROTO_FRAGMENT) {
		if (ip->payload < FRAG6_HEADER)
			return "IPv6 fragment header cut off";
		ip->fragment = true;
		ip->proto = buf[40];
		ip->frag = get16(buf + 42) & ~7;
		ip->mf = buf[43] & 1;
		ip->id = get32(buf + 44);
		ip->header += FRAG6_HEADER;
		ip->payload -= FRAG6_HEADER;
	}
	return NULL;
}

const char *ip_read(struct ip *ip, const uint8_t *buf, size_t len)
{
	memset(ip, 0, sizeof(*ip));
	if (len && buf[0] >> 4 == 4)
		return ip4_read(ip, buf, len);
	if (len && buf[0] >> 4 == 6)
		return ip6_read(ip, buf, len);
	return "neither IPv4 nor IPv6";
}
