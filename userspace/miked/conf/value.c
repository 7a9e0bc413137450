// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One scalar of the configuration: from its text to its value.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/conf.h"
#include "conf/options.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* RFC 7296 3.5: what an identity is that looks like nothing else */
#define ID_TYPE_FQDN	2
#define ID_TYPE_KEY_ID	11

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit time_units[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "min", UINT64_C(60) * 1000 },
	{ "h", UINT64_C(60) * 60 * 1000 },
	{ "d", UINT64_C(24) * 60 * 60 * 1000 },
	{ NULL, 0 }
};

static const struct unit size_units[] = {
	{ "", 1 },
	{ "k", 1000 },
	{ "M", UINT64_C(1000) * 1000 },
	{ "G", UINT64_C(1000) * 1000 * 1000 },
	{ "T", UINT64_C(1000) * 1000 * 1000 * 1000 },
	{ "Ki", 1 << 10 },
	{ "Mi", 1 << 20 },
	{ "Gi", 1 << 30 },
	{ "Ti", UINT64_C(1) << 40 },
	{ NULL, 0 }
};

/* Decimal digits and nothing before them; no zero leads, which could mean octal. */
static bool parse_digits(const char *text, const char **end, uint64_t *value)
{
	char *stop;

	if (!isdigit((unsigned char)text[0]) ||
	    (text[0] == '0' && isdigit((unsigned char)text[1])))
		return false;
	errno = 0;
	*value = strtoull(text, &stop, 10);
	*end = stop;
	return !errno;
}

static bool parse_number(const char *text, uint64_t *value)
{
	const char *end;

	return parse_digits(text, &end, value) && !*end;
}

/* A number and its unit, a blank between them or none. */
static bool parse_with_unit(const char *text, const struct unit *units, uint64_t *value)
{
	const char *end;

	if (!parse_digits(text, &end, value))
		return false;
	end += *end == ' ';
	for (; units->name; units++) {
		if (strcmp(units->name, end) != 0)
			continue;
		if (*value > UINT64_MAX / units->factor)
			return false;
		*value *= units->factor;
		return true;
	}
	return false;
}

/* 0 is 0 in every unit. */
static bool parse_time(const char *text, uint64_t *ms)
{
	*ms = 0;
	return !strcmp(text, "0") || parse_with_unit(text, time_units, ms);
}

static bool parse_address(const char *text, struct gemcast_addr *addr)
{
	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &addr->in) == 1)
		addr->family = AF_INET;
	else if (inet_pton(AF_INET6, text, &addr->in6) == 1)
		addr->family = AF_INET6;
	return addr->family != AF_UNSPEC;
}

/* No bit is set behind the length. */
static bool is_prefix(const struct gemcast_addr *addr, unsigned int len)
{
	const uint8_t *byte = (const uint8_t *)&addr->in6;
	unsigned int i, size = addr->family == AF_INET ? 32 : 128;

	for (i = len; i < size; i++)
		if (byte[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

static const char *parse_prefix(const char *text, struct conf_prefix *prefix)
{
	static const char expected[] = "expected an address, or ADDRESS/LENGTH";
	char buf[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "/");
	uint64_t bits, max;

	if (len >= sizeof(buf))
		return expected;
	memcpy(buf, text, len);
	buf[len] = '\0';
	if (!parse_address(buf, &prefix->addr))
		return expected;
	max = prefix->addr.family == AF_INET ? 32 : 128;
	bits = max;
	if (text[len] && (!parse_number(text + len + 1, &bits) || bits > max))
		return expected;
	if (!is_prefix(&prefix->addr, (unsigned int)bits))
		return "the address has bits behind the prefix";
	prefix->len = (uint8_t)bits;
	return NULL;
}

static bool parse_ports(const char *text, struct conf_ports *ports)
{
	uint64_t min, max;
	const char *end;

	if (!parse_digits(text, &end, &min))
		return false;
	max = min;
	if (*end && (*end != '-' || !parse_number(end + 1, &max)))
		return false;
	if (min > max || max > UINT16_MAX)
		return false;
	ports->min = (uint16_t)min;
	ports->max = (uint16_t)max;
	return true;
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

/* 0 is IPv6's hop-by-hop options, and here what says any: it is none to select by. */
static bool parse_protocol(const char *text, uint8_t *protocol)
{
	const struct protoent *entry;
	uint64_t number;
	size_t i;

	if (parse_number(text, &number)) {
		*protocol = (uint8_t)number;
		return number && number <= UINT8_MAX;
	}
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (!strcmp(text, protocols[i].name)) {
			*protocol = protocols[i].number;
			return true;
		}
	}
	entry = getprotobyname(text);
	if (!entry || entry->p_proto <= 0 || entry->p_proto > UINT8_MAX)
		return false;
	*protocol = (uint8_t)entry->p_proto;
	return true;
}

static bool is_name(const char *text)
{
	if (!isalnum((unsigned char)*text))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && !strchr("._-", *text))
			return false;
	return true;
}

static bool is_path(const char *text)
{
	if (*text != '/' || !text[1])
		return false;
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static bool is_file(const char *text)
{
	static const char credential[] = "credential:";
	size_t len = strlen(credential);

	return !strncmp(text, credential, len) ? is_name(text + len) : is_path(text);
}

static bool is_interface(const char *text)
{
	return *text && strcmp(text, ".") != 0 && strcmp(text, "..") != 0 &&
	       !strpbrk(text, "/: \t\n\v\f\r");
}

static const char *put_text(const struct conf_option *option, const char *text, char *member,
			    bool right, const char *expected, char *why, size_t size)
{
	size_t len = strlen(text);

	if (!right)
		return expected;
	if (len >= option->size) {
		snprintf(why, size, "longer than %zu characters", option->size - 1);
		return why;
	}
	memcpy(member, text, len + 1);
	return NULL;
}

static const char *put_bool(const char *text, bool *member)
{
	static const char * const yes[] = { "yes", "true", "on" };
	static const char * const no[] = { "no", "false", "off" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*member = !strcmp(text, yes[i]);
			return NULL;
		}
	}
	return "expected yes or no";
}

static const char *put_word(const struct conf_option *option, const char *text, uint32_t *member,
			    char *why, size_t size)
{
	const char * const *word;
	size_t len = 0;

	for (word = option->words; *word; word++) {
		if (!strcmp(*word, text)) {
			*member = (uint32_t)(option->min + (uint64_t)(word - option->words));
			return NULL;
		}
	}
	for (word = option->words; *word && len < size; word++)
		len += (size_t)snprintf(why + len, size - len, "%s%s",
					len ? (word[1] ? ", " : " or ") : "expected ", *word);
	return why;
}

static const char *put_number(const struct conf_option *option, const char *text, void *member,
			      char *why, size_t size)
{
	uint64_t value;

	if (!parse_number(text, &value) || value < option->min || value > option->max) {
		snprintf(why, size, "expected a number from %" PRIu64 " to %" PRIu64, option->min,
			 option->max);
		return why;
	}
	if (option->size == sizeof(uint8_t))
		*(uint8_t *)member = (uint8_t)value;
	else if (option->size == sizeof(uint16_t))
		*(uint16_t *)member = (uint16_t)value;
	else
		*(uint32_t *)member = (uint32_t)value;
	return NULL;
}

const char *conf_time_text(uint64_t ms, char *text, size_t size)
{
	const struct unit *unit, *best = time_units;

	for (unit = time_units; unit->name; unit++)
		if (ms && ms % unit->factor == 0)
			best = unit;
	snprintf(text, size, ms ? "%" PRIu64 " %s" : "0", ms / best->factor, best->name);
	return text;
}

static const char *put_time(const struct conf_option *option, const char *text, uint64_t *member,
			    char *why, size_t size)
{
	char min[32], max[32];

	if (option->automatic && !strcmp(text, "auto")) {
		*member = CONF_AUTO;
		return NULL;
	}
	if (!parse_time(text, member))
		return option->automatic ?
			       "expected a time as 500 ms, 30 s, 5 min, 8 h or 2 d, or auto" :
			       "expected a time as 500 ms, 30 s, 5 min, 8 h or 2 d";
	if (*member >= option->min && *member <= option->max)
		return NULL;
	snprintf(why, size, "expected a time from %s to %s",
		 conf_time_text(option->min, min, sizeof(min)),
		 conf_time_text(option->max, max, sizeof(max)));
	return why;
}

static const char *put_key_wrap(const char *text, uint32_t *member)
{
	static const char * const names[] = { "kw128", "kw192", "kw256" };
	uint32_t i;

	/* KW_5649_128 is 1 (RFC 9838 4.4.2.1.2). */
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!strcmp(text, names[i])) {
			*member = i + 1;
			return NULL;
		}
	}
	return "expected kw128, kw192 or kw256";
}

static const char *put_esp(const char *text, struct conf_esp *member, char *why, size_t size)
{
	if (conf_esp_parse(text, member))
		return NULL;
	snprintf(why, size, "expected %s", conf_esp_names());
	return why;
}

static const char *put_identity(const struct conf_option *option, const char *text,
				struct conf_identity *member)
{
	bool pattern = option->kind == KIND_PATTERN;

	if (conf_identity_parse(text, option->kind == KIND_GROUP_ID ? ID_TYPE_KEY_ID : ID_TYPE_FQDN,
				pattern, member))
		return NULL;
	return pattern ? "expected an identity, as gm1.example.org, or a pattern, as *.example.org or *" :
			 "expected an identity: an address, a domain name, a mail address, dn:... or keyid:...";
}

static const char *put_struct(const struct conf_option *option, const char *text, void *member,
			      char *why, size_t size)
{
	switch (option->kind) {
	case KIND_ADDRESS:
		return parse_address(text, member) ? NULL : "expected an IPv4 or IPv6 address";
	case KIND_PREFIX:
		return parse_prefix(text, member);
	case KIND_PORTS:
		return parse_ports(text, member) ?
			       NULL :
			       "expected PORT or PORT-PORT, from 0 to 65535, the lower first";
	case KIND_PROTOCOL:
		return parse_protocol(text, member) ?
			       NULL :
			       "expected a protocol's name, or a number from 1 to 255";
	case KIND_PROPOSAL:
		return conf_proposal_parse(text, member, why, size);
	case KIND_ESP:
		return put_esp(text, member, why, size);
	default:
		return put_identity(option, text, member);
	}
}

const char *conf_value(const struct conf_option *option, const char *text, void *member,
		       char *why, size_t size)
{
	switch (option->kind) {
	case KIND_NAME:
		return put_text(option, text, member, is_name(text),
				"expected a name of letters, digits, and . _ - behind the first",
				why, size);
	case KIND_PATH:
		return put_text(option, text, member, is_path(text),
				"expected a path that begins with /", why, size);
	case KIND_FILE:
	case KIND_SECRET:
		return put_text(option, text, member, is_file(text),
				"expected a path that begins with /, or credential:NAME", why,
				size);
	case KIND_INTERFACE:
		return put_text(option, text, member, is_interface(text),
				"expected the name of an interface", why, size);
	case KIND_BOOL:
		return put_bool(text, member);
	case KIND_WORD:
		return put_word(option, text, member, why, size);
	case KIND_NUMBER:
		return put_number(option, text, member, why, size);
	case KIND_TIME:
		return put_time(option, text, member, why, size);
	case KIND_SIZE:
		return parse_with_unit(text, size_units, member) ?
			       NULL :
			       "expected a number, or one with k, M, G, T, Ki, Mi, Gi or Ti";
	case KIND_KEY_WRAP:
		return put_key_wrap(text, member);
	default:
		return put_struct(option, text, member, why, size);
	}
}
