// SPDX-License-Identifier: GPL-2.0-or-later
/* From one word of text to a value, without side effects. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

#define MS_PER_SECOND	1000

/* Decimal, or hexadecimal after 0x; a leading zero means nothing. */
bool parse_u64(const char *text, uint64_t *value)
{
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	char *end;

	if (hex ? !isxdigit((unsigned char)*digits) :
		  !isdigit((unsigned char)*digits))
		return false;
	errno = 0;
	*value = strtoull(digits, &end, hex ? 16 : 10);
	return !errno && !*end;
}

static bool parse_u16(const char *text, uint16_t *value)
{
	uint64_t wide;

	if (!parse_u64(text, &wide) || wide > UINT16_MAX)
		return false;
	*value = (uint16_t)wide;
	return true;
}

bool parse_addr(const char *text, struct gemcast_addr *addr)
{
	*addr = (struct gemcast_addr){ 0 };
	if (inet_pton(AF_INET, text, &addr->in) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &addr->in6) == 1)
		addr->family = AF_INET6;
	return addr->family != AF_UNSPEC;
}

/* An address alone is a prefix of its whole length. */
bool parse_prefix(const char *text, struct gemcast_addr *addr, uint8_t *len)
{
	char buf[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t max, wide;

	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	if (!parse_addr(buf, addr))
		return false;
	max = addr->family == AF_INET ? 32 : 128;
	wide = max;
	if (slash && (!parse_u64(slash + 1, &wide) || wide > max))
		return false;
	*len = (uint8_t)wide;
	return true;
}

/* PORT or PORT-PORT */
bool parse_ports(const char *text, uint16_t *min, uint16_t *max)
{
	const char *dash = strchr(text, '-');
	char buf[8];
	size_t n;

	if (!dash)
		return parse_u16(text, min) && parse_u16(text, max);
	n = (size_t)(dash - text);
	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return parse_u16(buf, min) && parse_u16(dash + 1, max) && *min <= *max;
}

/* Known without /etc/protocols too, which a small system may lack. */
static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "icmp", IPPROTO_ICMP },
	{ "igmp", IPPROTO_IGMP },
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "ipv6-icmp", IPPROTO_ICMPV6 },
	{ "pim", IPPROTO_PIM },
};

bool parse_proto(const char *text, uint8_t *proto)
{
	const struct protoent *entry;
	uint64_t wide;
	size_t i;

	if (parse_u64(text, &wide)) {
		*proto = (uint8_t)wide;
		return wide <= UINT8_MAX;
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (!strcmp(text, protocols[i].name)) {
			*proto = protocols[i].number;
			return true;
		}
	}
	entry = getprotobyname(text);
	if (!entry || entry->p_proto < 0 || entry->p_proto > UINT8_MAX)
		return false;
	*proto = (uint8_t)entry->p_proto;
	return true;
}

/* What parse_proto() takes for it: its name, or its number in buf. */
const char *proto_name(uint8_t proto, char buf[4])
{
	const struct protoent *entry;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protocols); i++)
		if (protocols[i].number == proto)
			return protocols[i].name;
	entry = getprotobynumber(proto);
	if (entry)
		return entry->p_name;
	snprintf(buf, 4, "%u", proto);
	return buf;
}

/* A name that an interface can have, whether there is one or not. */
bool parse_dev(const char *text, char dev[IF_NAMESIZE])
{
	size_t len = strlen(text);

	if (!len || len >= IF_NAMESIZE || !strcmp(text, ".") ||
	    !strcmp(text, "..") || strpbrk(text, "/: \t\n\v\f\r"))
		return false;
	memcpy(dev, text, len + 1);
	return true;
}

/* 2, 1.5 or 0.25: down to milliseconds. */
bool parse_seconds(const char *text, uint64_t *ms)
{
	const char *dot = strchr(text, '.');
	unsigned int unit = MS_PER_SECOND;
	uint64_t whole, fraction = 0;
	char buf[24];
	size_t n = dot ? (size_t)(dot - text) : strlen(text);

	if (n >= sizeof(buf))
		return false;
	memcpy(buf, text, n);
	buf[n] = '\0';
	if (!isdigit((unsigned char)buf[0]) || strchr(buf, 'x') ||
	    !parse_u64(buf, &whole) || (dot && !dot[1]))
		return false;
	for (text = dot ? dot + 1 : ""; *text; text++) {
		unit /= 10;
		if (!isdigit((unsigned char)*text) || !unit)
			return false;
		fraction += (uint64_t)(*text - '0') * unit;
	}
	if (whole > (UINT64_MAX - fraction) / MS_PER_SECOND)
		return false;
	*ms = whole * MS_PER_SECOND + fraction;
	return true;
}

bool parse_name(const char *text)
{
	size_t len = strlen(text);

	if (!len || len >= GEMCAST_NAME_SIZE || !isalnum((unsigned char)*text))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
			return false;
	return true;
}

/* What an identity can begin with; the rest is miked's to read. */
bool parse_id(const char *text)
{
	return (isalnum((unsigned char)*text) || *text == ':') &&
	       strlen(text) < GEMCAST_ID_SIZE;
}
