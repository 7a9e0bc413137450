// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prefixes here, ranges on the wire; algorithms by their transforms.
 */
#include <netinet/in.h>
#include <string.h>
#include "group/selector.h"
#include "net/path.h"
#include "wire/name.h"

#define SALT_LEN	4

static size_t family_len(sa_family_t family)
{
	return family == AF_INET6 ? 16 : 4;
}

/* The bits of byte @i that belong to a prefix of @len bits. */
static uint8_t mask_of(size_t i, unsigned int len)
{
	if (len >= 8 * (i + 1))
		return 0xff;
	if (len <= 8 * i)
		return 0;
	return (uint8_t)(0xff << (8 * (i + 1) - len));
}

static void prefix_to_range(const struct conf_prefix *prefix, sa_family_t family,
			    struct wire_ts *ts)
{
	const uint8_t *bytes;
	size_t i, n = family_len(family);
	uint8_t mask;

	ts->type = family == AF_INET6 ? TS_IPV6_ADDR_RANGE : TS_IPV4_ADDR_RANGE;
	if (!net_addr_bytes(&prefix->addr, &bytes)) {
		memset(ts->end, 0xff, n);
		return;
	}
	for (i = 0; i < n; i++) {
		mask = mask_of(i, prefix->len);
		ts->start[i] = bytes[i] & mask;
		ts->end[i] = ts->start[i] | (uint8_t)~mask;
	}
}

static void end_to_wire(const struct conf_prefix *prefix, const struct conf_ports *ports,
			const struct conf_selector *selector, struct wire_ts *ts)
{
	*ts = (struct wire_ts){
		.protocol = selector->protocol,
		.start_port = ports->min,
		.end_port = ports->max,
	};
	prefix_to_range(prefix, selector->destination.addr.family, ts);
}

void selector_to_wire(const struct conf_selector *selector, struct wire_ts *src,
		      struct wire_ts *dst)
{
	end_to_wire(&selector->source, &selector->source_ports, selector, src);
	end_to_wire(&selector->destination, &selector->destination_ports, selector, dst);
}

/* Where start and end begin to differ, if start has zeros from there and end ones. */
static bool range_to_prefix(const struct wire_ts *ts, struct conf_prefix *prefix)
{
	bool v6 = ts->type == TS_IPV6_ADDR_RANGE;
	size_t i, n = v6 ? 16 : 4;
	unsigned int len = 0;
	uint8_t mask;

	while (len < 8 * n &&
	       !((ts->start[len / 8] ^ ts->end[len / 8]) & (0x80 >> len % 8)))
		len++;
	for (i = 0; i < n; i++) {
		mask = mask_of(i, len);
		if ((ts->start[i] & ~mask & 0xff) || (ts->end[i] | mask) != 0xff)
			return false;
	}
	*prefix = (struct conf_prefix){ .len = (uint8_t)len };
	prefix->addr.family = v6 ? AF_INET6 : AF_INET;
	if (v6)
		memcpy(&prefix->addr.in6, ts->start, n);
	else
		memcpy(&prefix->addr.in, ts->start, n);
	return true;
}

static bool is_multicast(const struct conf_prefix *prefix)
{
	const uint8_t *bytes;

	if (!net_addr_bytes(&prefix->addr, &bytes))
		return false;
	if (prefix->addr.family == AF_INET)
		return prefix->len >= 4 && bytes[0] >> 4 == 0xe;
	return prefix->len >= 8 && bytes[0] == 0xff;
}

static bool is_any_port(const struct conf_ports *ports)
{
	return !ports->min && ports->max == UINT16_MAX;
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

static const char *check_ports(const struct conf_selector *s)
{
	if (s->source_ports.min > s->source_ports.max ||
	    s->destination_ports.min > s->destination_ports.max)
		return "selectors with OPAQUE ports";
	if (!has_ports(s->protocol) &&
	    !(is_any_port(&s->source_ports) && is_any_port(&s->destination_ports)))
		return "selectors with ports of a protocol that has none";
	return NULL;
}

const char *selector_from_wire(const struct wire_ts *src, const struct wire_ts *dst,
			       struct conf_selector *selector)
{
	struct conf_selector s = {
		.protocol = dst->protocol,
		.source_ports = { src->start_port, src->end_port },
		.destination_ports = { dst->start_port, dst->end_port },
	};
	const char *why;

	if (src->type != dst->type ||
	    (src->type != TS_IPV4_ADDR_RANGE && src->type != TS_IPV6_ADDR_RANGE))
		return "selectors of other than two IPv4 or two IPv6 ranges";
	if (src->protocol != dst->protocol)
		return "selectors of different protocols";
	if (!range_to_prefix(src, &s.source) || !range_to_prefix(dst, &s.destination))
		return "selectors whose addresses are not a prefix";
	if (!is_multicast(&s.destination))
		return "selectors whose destination is not multicast";
	why = check_ports(&s);
	if (why)
		return why;
	if (!s.source.len)
		s.source = (struct conf_prefix){ 0 };
	*selector = s;
	return NULL;
}

/* Do the first @len bits agree? */
static bool same_bits(const struct gemcast_addr *a, const struct gemcast_addr *b, unsigned int len)
{
	const uint8_t *one, *other;
	size_t i, n = net_addr_bytes(a, &one);

	if (a->family != b->family)
		return false;
	net_addr_bytes(b, &other);
	for (i = 0; i < n; i++)
		if ((one[i] ^ other[i]) & mask_of(i, len))
			return false;
	return true;
}

bool prefix_has(const struct conf_prefix *prefix, const struct gemcast_addr *addr)
{
	return !prefix->addr.family || same_bits(&prefix->addr, addr, prefix->len);
}

/* AF_UNSPEC, or no bit of an address: all. */
static bool is_all(const struct conf_prefix *prefix)
{
	return !prefix->addr.family || !prefix->len;
}

static bool prefix_within(const struct conf_prefix *inner, const struct conf_prefix *outer)
{
	if (is_all(outer))
		return true;
	return !is_all(inner) && inner->len >= outer->len &&
	       same_bits(&inner->addr, &outer->addr, outer->len);
}

static bool ports_within(const struct conf_ports *inner, const struct conf_ports *outer)
{
	return inner->min >= outer->min && inner->max <= outer->max;
}

bool selector_within(const struct conf_selector *inner, const struct conf_selector *outer)
{
	return inner->destination.addr.family == outer->destination.addr.family &&
	       prefix_within(&inner->destination, &outer->destination) &&
	       prefix_within(&inner->source, &outer->source) &&
	       (!outer->protocol || inner->protocol == outer->protocol) &&
	       ports_within(&inner->source_ports, &outer->source_ports) &&
	       ports_within(&inner->destination_ports, &outer->destination_ports);
}

bool selector_equal(const struct conf_selector *a, const struct conf_selector *b)
{
	return selector_within(a, b) && selector_within(b, a);
}

void esp_to_wire(const struct conf_esp *esp, bool sequential,
		 struct wire_transform transforms[ESP_TRANSFORMS])
{
	transforms[0] = (struct wire_transform){
		.type = TRANSFORM_ENCR,
		.id = esp->id,
		.key_length = esp->key_bits,
	};
	transforms[1] = (struct wire_transform){
		.type = TRANSFORM_SN,
		.id = sequential ? SN_32_BIT_SEQUENTIAL : SN_32_BIT_UNSPECIFIED,
	};
}

bool policy_has_unknown(const struct wire_policy *policy)
{
	size_t i;

	for (i = 0; i < policy->n_transforms; i++)
		if (policy->transforms[i].unknown.len ||
		    !wire_name(WIRE_TRANSFORM_TYPE, policy->transforms[i].type))
			return true;
	return false;
}

const char *esp_from_wire(const struct wire_policy *policy, struct conf_esp *esp,
			  bool *sequential)
{
	const struct wire_transform *t = policy->transforms;
	const struct wire_transform *encr = wire_transform(t, policy->n_transforms, TRANSFORM_ENCR);
	const struct wire_transform *sn = wire_transform(t, policy->n_transforms, TRANSFORM_SN);

	if (policy->protocol != PROTO_ESP)
		return "a data SA that is not ESP";
	if (!encr || !sn || policy_has_unknown(policy))
		return "transforms that are not known";
	if (sn->id != SN_32_BIT_SEQUENTIAL && sn->id != SN_32_BIT_UNSPECIFIED)
		return "sequence numbers that are not of 32 bits";
	if (!conf_esp_find(encr->id, encr->key_length, esp))
		return "encryption that is not done here";
	*sequential = sn->id == SN_32_BIT_SEQUENTIAL;
	return NULL;
}

bool esp_is_counter(const struct conf_esp *esp)
{
	return wire_encr_facts(esp->id) & WIRE_COUNTER;
}

size_t esp_keymat_len(const struct conf_esp *esp)
{
	return esp->key_bits / 8 + SALT_LEN;
}
