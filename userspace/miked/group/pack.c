// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Values of the configuration as bytes.
 */
#include <string.h>
#include "group/pack.h"

/* Numbers that stay, whatever the system calls them. */
enum { PACKED_NONE, PACKED_IPV4 = 4, PACKED_IPV6 = 6 };

static size_t address_len(uint8_t packed)
{
	if (packed == PACKED_IPV6)
		return 16;
	return packed == PACKED_IPV4 ? 4 : 0;
}

void pack_address(struct writer *w, const struct gemcast_addr *addr)
{
	uint8_t packed = addr->family == AF_INET6 ? PACKED_IPV6 :
			 addr->family == AF_INET  ? PACKED_IPV4 :
						    PACKED_NONE;
	size_t len = address_len(packed);

	write_u8(w, packed);
	write_chunk(w, (struct chunk){ (const uint8_t *)&addr->in6, len });
	write_room(w, PACK_ADDRESS_LEN - 1 - len);
}

void unpack_address(struct reader *r, struct gemcast_addr *addr)
{
	uint8_t packed = read_u8(r);
	struct chunk bytes = read_chunk(r, PACK_ADDRESS_LEN - 1);

	*addr = (struct gemcast_addr){ .family = AF_UNSPEC };
	if (packed == PACKED_IPV4)
		addr->family = AF_INET;
	else if (packed == PACKED_IPV6)
		addr->family = AF_INET6;
	else
		r->failed |= packed != PACKED_NONE;
	if (!r->failed)
		memcpy(&addr->in6, bytes.data, address_len(packed));
}

static void pack_prefix(struct writer *w, const struct conf_prefix *prefix)
{
	pack_address(w, &prefix->addr);
	write_u8(w, prefix->len);
}

static void unpack_prefix(struct reader *r, struct conf_prefix *prefix)
{
	unpack_address(r, &prefix->addr);
	prefix->len = read_u8(r);
	r->failed |= prefix->len > (prefix->addr.family == AF_INET6 ? 128 :
				    prefix->addr.family == AF_INET  ? 32 :
								      0);
}

static void unpack_ports(struct reader *r, struct conf_ports *ports)
{
	ports->min = read_u16(r);
	ports->max = read_u16(r);
	r->failed |= ports->min > ports->max;
}

void pack_selector(struct writer *w, const struct conf_selector *selector)
{
	pack_prefix(w, &selector->destination);
	pack_prefix(w, &selector->source);
	write_u8(w, selector->protocol);
	write_u16(w, selector->source_ports.min);
	write_u16(w, selector->source_ports.max);
	write_u16(w, selector->destination_ports.min);
	write_u16(w, selector->destination_ports.max);
}

void unpack_selector(struct reader *r, struct conf_selector *selector)
{
	memset(selector, 0, sizeof(*selector));
	unpack_prefix(r, &selector->destination);
	unpack_prefix(r, &selector->source);
	selector->protocol = read_u8(r);
	unpack_ports(r, &selector->source_ports);
	unpack_ports(r, &selector->destination_ports);
	r->failed |= selector->destination.addr.family == AF_UNSPEC;
}

void pack_identity(struct writer *w, const struct conf_identity *identity)
{
	write_u8(w, identity->type);
	write_u8(w, identity->pattern);
	write_u8(w, identity->len);
	write_chunk(w, (struct chunk){ identity->data, identity->len });
}

void unpack_identity(struct reader *r, struct conf_identity *identity)
{
	struct chunk data;

	memset(identity, 0, sizeof(*identity));
	identity->type = read_u8(r);
	identity->pattern = read_u8(r);
	identity->len = read_u8(r);
	data = read_chunk(r, identity->len);
	memcpy(identity->data, data.data ? data.data : identity->data, data.len);
}

void pack_rekey(struct writer *w, const struct conf_rekey *rekey)
{
	write_u8(w, (uint8_t)rekey->transport);
	pack_address(w, &rekey->address);
	pack_address(w, &rekey->source);
	write_u16(w, rekey->port);
	write_u8(w, rekey->ttl);
	write_chunk(w, (struct chunk){ (const uint8_t *)rekey->interface, IF_NAMESIZE });
	write_u64(w, rekey->lifetime_ms);
	write_u16(w, rekey->encryption.id);
	write_u16(w, rekey->encryption.key_bits);
	write_u32(w, rekey->key_wrap);
	write_u32(w, rekey->authentication);
	write_u32(w, rekey->retransmissions);
	write_u64(w, rekey->interval_ms);
	write_u32(w, rekey->acknowledge);
	write_u64(w, rekey->acknowledge_within_ms);
}

void unpack_rekey(struct reader *r, struct conf_rekey *rekey)
{
	struct chunk interface;
	uint16_t id;

	memset(rekey, 0, sizeof(*rekey));
	rekey->transport = read_u8(r);
	unpack_address(r, &rekey->address);
	unpack_address(r, &rekey->source);
	rekey->port = read_u16(r);
	rekey->ttl = read_u8(r);
	interface = read_chunk(r, IF_NAMESIZE);
	rekey->lifetime_ms = read_u64(r);
	id = read_u16(r);
	r->failed |= !conf_esp_find(id, read_u16(r), &rekey->encryption);
	rekey->key_wrap = read_u32(r);
	rekey->authentication = read_u32(r);
	rekey->retransmissions = read_u32(r);
	rekey->interval_ms = read_u64(r);
	rekey->acknowledge = read_u32(r);
	rekey->acknowledge_within_ms = read_u64(r);
	r->failed |= rekey->transport > CONF_REKEY_BOTH || !rekey->address.family ||
		     rekey->key_wrap < 1 || rekey->key_wrap > 3 ||
		     rekey->authentication > CONF_REKEY_IMPLICIT ||
		     rekey->acknowledge > CONF_ACK_ALL;
	if (!r->failed && !interface.data[IF_NAMESIZE - 1])
		memcpy(rekey->interface, interface.data, IF_NAMESIZE);
}
