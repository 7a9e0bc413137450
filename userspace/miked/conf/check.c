// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What several values of a configuration have to do with each other: names that have to
 * be there, times that have to fit, policy that the RFCs forbid.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/delay.h"
#include "conf/load.h"

#define ENCR_AES_GCM_16	20

/* A path in memory of the caller's: at(buf, "%s.rekey", path). */
struct path {
	char text[256];
};

__attribute__((format(printf, 2, 3)))
static const char *at(struct path *path, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(path->text, sizeof(path->text), format, ap);
	va_end(ap);
	return path->text;
}

/* "." between the two, unless the first is empty. */
static const char *join(struct path *path, const char *map, const char *key)
{
	return at(path, "%s%s%s", map, *map ? "." : "", key);
}

static bool is_multicast(const struct gemcast_addr *addr)
{
	const uint8_t *byte = (const uint8_t *)&addr->in6;

	return addr->family == AF_INET ? byte[0] >> 4 == 0xe : byte[0] == 0xff;
}

/* Not the bits of an address alone: all of a prefix. */
static bool is_multicast_prefix(const struct conf_prefix *prefix)
{
	return is_multicast(&prefix->addr) &&
	       prefix->len >= (prefix->addr.family == AF_INET ? 4 : 8);
}

static bool has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_UDP || protocol == IPPROTO_TCP || protocol == IPPROTO_SCTP ||
	       protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

static bool is_any(const struct conf_ports *ports)
{
	return !ports->min && ports->max == UINT16_MAX;
}

static void check_selector(struct load *load, const char *path, const struct conf_selector *s)
{
	struct path p;

	if (!is_multicast_prefix(&s->destination))
		load_error(load, join(&p, path, "destination"),
			   "expected multicast addresses: within 224.0.0.0/4 or ff00::/8");
	if (s->source.addr.family && s->source.addr.family != s->destination.addr.family)
		load_error(load, join(&p, path, "source"),
			   "IPv4 and IPv6: destination is of the other family");
	if (s->source.addr.family && is_multicast(&s->source.addr))
		load_error(load, join(&p, path, "source"), "nobody sends from a multicast address");
	if (!is_any(&s->source_ports) && !has_ports(s->protocol))
		load_error(load, join(&p, path, "source-ports"),
			   "ports need a protocol that has them, as udp");
	if (!is_any(&s->destination_ports) && !has_ports(s->protocol))
		load_error(load, join(&p, path, "destination-ports"),
			   "ports need a protocol that has them, as udp");
}

static void check_selectors(struct load *load, const char *path, const struct conf_selector *s,
			    uint32_t count)
{
	struct path p;
	uint32_t i;

	for (i = 0; i < count; i++)
		check_selector(load, at(&p, "%s[%u]", path, i), &s[i]);
}

/* A list's entry by one of its members, which is padded with zeros. */
struct key {
	const char *data;
	size_t size;
	size_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *one = a, *other = b;
	int order = memcmp(one->data, other->data, one->size);

	if (order)
		return order;
	return one->index < other->index ? -1 : one->index > other->index;
}

/* No two entries of a list have the same @size bytes at @offset: the field's. */
static void check_unique(struct load *load, const char *list, const char *field,
			 const void *entries, uint32_t count, size_t stride, size_t offset,
			 size_t size)
{
	struct key *keys = calloc(count ? count : 1, sizeof(*keys));
	struct path p;
	uint32_t i;

	for (i = 0; keys && i < count; i++)
		keys[i] = (struct key){ (const char *)entries + i * stride + offset, size, i };
	if (!keys)
		load_error(load, list, "no memory");
	else
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (i = 1; keys && i < count; i++)
		if (!memcmp(keys[i - 1].data, keys[i].data, size))
			load_error(load,
				   at(&p, "%s[%zu]%s%s", list, keys[i].index, *field ? "." : "",
				      field),
				   "the same as that of entry %zu", keys[i - 1].index);
	free(keys);
}

/* Every entry's name is its own; all of these structs begin with it. */
static void check_names(struct load *load, const char *list, const void *entries, uint32_t count,
			size_t stride)
{
	check_unique(load, list, "name", entries, count, stride, 0, CONF_NAME_SIZE);
}

static void check_ids(struct load *load, const char *list, const void *entries, uint32_t count,
		      size_t stride, size_t offset)
{
	check_unique(load, list, "id", entries, count, stride, offset,
		     sizeof(struct conf_identity));
}

static void check_rekey(struct load *load, const char *path, const struct conf_rekey *rekey)
{
	struct path p;

	if (rekey->encryption.id != ENCR_AES_GCM_16)
		load_error(load, join(&p, path, "encryption"), "expected aes128gcm16 or aes256gcm16");
	if (rekey->transport == CONF_REKEY_UNICAST)
		return;
	if (!rekey->address.family)
		load_error(load, join(&p, path, "address"), "is missing: the transport needs one");
	else if (!is_multicast(&rekey->address))
		load_error(load, join(&p, path, "address"), "expected a multicast address");
	else if (rekey->source.family && rekey->source.family != rekey->address.family)
		load_error(load, join(&p, path, "source"),
			   "IPv4 and IPv6: address is of the other family");
	if (rekey->transport == CONF_REKEY_BOTH && rekey->acknowledge == CONF_ACK_NONE)
		load_error(load, join(&p, path, "acknowledge"),
			   "transport both has to know who acknowledged: expected sampled or all");
}

/* RFC 9838 3.1: no key is wrapped by a shorter one. */
static void check_key_wrap(struct load *load, const char *path, const struct conf_group *group)
{
	/* KW_5649_128 is 1, and each has 8 bytes more than the one before. */
	uint32_t bits = 64 + 64 * group->rekey.key_wrap;

	if (group->rekey.transport != CONF_REKEY_UNICAST &&
	    (bits < group->encryption.key_bits || bits < group->rekey.encryption.key_bits))
		load_error(load, path, "keys of %u bits wrap longer ones (RFC 9838 3.1)", bits);
}

/* RFC 9838 2.5, 4.4.2.1.3 and 4.4.3.1.2; RFC 6054 3 */
static void check_senders(struct load *load, const char *path, const struct conf_group *group)
{
	uint32_t bits = group->sender_id_bits;
	struct path p;

	if (bits && bits != 8 && bits != 12 && bits != 16)
		load_error(load, join(&p, path, "sender-id-bits"), "expected 0, 8, 12 or 16");
	if (!bits && group->senders == CONF_SENDERS_MANY)
		load_error(load, join(&p, path, "sender-id-bits"),
			   "with senders: many each sender needs a Sender-ID: expected 8, 12 or 16");
	if (group->replay && group->senders == CONF_SENDERS_MANY)
		load_error(load, join(&p, path, "replay"),
			   "with senders: many sequence numbers are not unique (RFC 9838 4.4.2.1.3)");
}

/* RFC 5374 4.2.1: receivers have the new SA before senders use it, and the old until then. */
static void check_times(struct load *load, const char *path, const struct conf_group *group)
{
	uint64_t copies = conf_copies_ms(&group->rekey);
	uint64_t atd = group->activation_delay_ms;
	bool multicast = group->rekey.transport != CONF_REKEY_UNICAST;
	char time[32];
	struct path p;

	if (group->rollover_ms >= group->lifetime_ms)
		load_error(load, join(&p, path, "rollover"), "expected less than the lifetime, %s",
			   conf_time_text(group->lifetime_ms, time, sizeof(time)));
	if (multicast && copies >= group->rollover_ms)
		load_error(load, join(&p, path, "rekey.interval"),
			   "the copies of a message take %s, as long as the rollover or longer",
			   conf_time_text(copies, time, sizeof(time)));
	if (atd != CONF_AUTO && atd >= group->rollover_ms)
		load_error(load, join(&p, path, "activation-delay"),
			   "expected less than the rollover, %s",
			   conf_time_text(group->rollover_ms, time, sizeof(time)));
}

/* ATD and DTD are whole seconds on the wire (RFC 9838 4.4.3.1.1). */
static void check_whole(struct load *load, const char *path, const char *key, uint64_t ms)
{
	struct path p;

	if (ms != CONF_AUTO && ms % 1000)
		load_error(load, join(&p, path, key), "expected whole seconds");
}

static bool same_prefix(const struct conf_prefix *a, const struct conf_prefix *b)
{
	size_t size = a->addr.family == AF_INET ? 4 : 16;

	if (a->addr.family != b->addr.family || a->len != b->len)
		return false;
	return !a->addr.family || !memcmp(&a->addr.in6, &b->addr.in6, size);
}

static bool same_selector(const struct conf_selector *a, const struct conf_selector *b)
{
	return same_prefix(&a->destination, &b->destination) &&
	       same_prefix(&a->source, &b->source) && a->protocol == b->protocol &&
	       !memcmp(&a->source_ports, &b->source_ports, sizeof(a->source_ports)) &&
	       !memcmp(&a->destination_ports, &b->destination_ports,
		       sizeof(a->destination_ports));
}

static void check_traffic(struct load *load, const char *path, const struct conf_group *group)
{
	uint32_t i, j;
	struct path p;

	check_selectors(load, join(&p, path, "traffic"), group->traffic, group->traffic_count);
	for (i = 1; i < group->traffic_count; i++)
		for (j = 0; j < i; j++)
			if (same_selector(&group->traffic[i], &group->traffic[j]))
				load_error(load,
					   at(&p, "%s%straffic[%u]", path, *path ? "." : "", i),
					   "the same as that of entry %u", j);
}

void conf_check_group(struct load *load, const char *path, struct conf_group *group)
{
	struct path p;

	check_traffic(load, path, group);
	check_senders(load, path, group);
	check_times(load, path, group);
	check_whole(load, path, "activation-delay", group->activation_delay_ms);
	check_whole(load, path, "deactivation-delay", group->deactivation_delay_ms);
	check_whole(load, path, "lifetime", group->lifetime_ms);
	check_rekey(load, join(&p, path, "rekey"), &group->rekey);
	check_key_wrap(load, join(&p, path, "rekey.key-wrap"), group);
	check_whole(load, path, "rekey.lifetime", group->rekey.lifetime_ms);
}

/* A credential that this host can prove itself by. */
static void check_credential_name(struct load *load, const struct conf *conf, const char *path,
				  const char *name)
{
	if (!*name)
		load_error(load, path, "is missing");
	else if (!conf_credential(conf, name))
		load_error(load, path, "\"%s\": credentials has no such name", name);
}

static void check_credentials(struct load *load, const struct conf *conf)
{
	const struct conf_credential *c;
	struct path p;
	uint32_t i;

	check_names(load, "credentials", conf->credentials, conf->credentials_count, sizeof(*c));
	for (i = 0; i < conf->credentials_count; i++) {
		c = &conf->credentials[i];
		if (*c->certificate && !*c->key)
			load_error(load, at(&p, "credentials[%u].key", i),
				   "is missing: a certificate needs its key");
		if (*c->key && !*c->certificate)
			load_error(load, at(&p, "credentials[%u].certificate", i),
				   "is missing: a key needs its certificate");
		if (!*c->certificate && !*c->key && !conf->psk_count)
			load_error(load, at(&p, "credentials[%u]", i),
				   "nothing proves it: neither a certificate nor psk");
	}
}

/* How long new keys take depends on the times of IKE as well. */
static void check_delays(struct load *load, const char *path, const struct conf_group *group,
			 const struct conf_ike *ike)
{
	uint64_t reach = conf_reach_ms(group, ike);
	char why[CONF_WHY_SIZE];
	const char *key;
	struct path p;

	key = conf_unsafe_delay(group, ike, why, sizeof(why));
	if (key)
		load_error(load, join(&p, path, key), "%s", why);
	if (group->rekey.transport != CONF_REKEY_UNICAST && group->rekey.lifetime_ms < 4 * reach)
		load_error(load, join(&p, path, "rekey.lifetime"),
			   "expected at least %" PRIu64 " s: four times as long as the next one "
			   "may take to all members", 4 * reach / 1000 + 1);
}

static void check_key_server(struct load *load, const struct conf *conf)
{
	const struct conf_key_server *ks = &conf->key_server;
	struct path p;
	uint32_t i;

	if (ks->groups_count || *ks->credential)
		check_credential_name(load, conf, "key-server.credential", ks->credential);
	if (*ks->store && !*ks->master_key)
		load_error(load, "key-server.master-key",
			   "is missing: what is in the store is wrapped by it");
	if (*ks->master_key && !*ks->store)
		load_error(load, "key-server.store", "is missing: the master key is for it alone");
	check_names(load, "key-server.groups", ks->groups, ks->groups_count, sizeof(*ks->groups));
	check_ids(load, "key-server.groups", ks->groups, ks->groups_count, sizeof(*ks->groups),
		  offsetof(struct conf_group, id));
	for (i = 0; i < ks->groups_count; i++) {
		at(&p, "key-server.groups[%u]", i);
		conf_check_group(load, p.text, &ks->groups[i]);
		check_delays(load, p.text, &ks->groups[i], &conf->ike);
	}
}

static void check_servers(struct load *load, const struct conf *conf)
{
	const struct conf_member *member = &conf->member;
	const struct conf_server *server;
	bool ours = false;
	struct path p;
	uint32_t i;

	check_names(load, "member.key-servers", member->key_servers, member->key_servers_count,
		    sizeof(*server));
	for (i = 0; i < member->key_servers_count; i++) {
		server = &member->key_servers[i];
		if (*server->credential)
			check_credential_name(load, conf,
					      at(&p, "member.key-servers[%u].credential", i),
					      server->credential);
		else
			ours = true;
		if (is_multicast(&server->address))
			load_error(load, at(&p, "member.key-servers[%u].address", i),
				   "expected the address of one host");
		check_selectors(load, at(&p, "member.key-servers[%u].may-give", i),
				server->may_give, server->may_give_count);
	}
	if (ours)
		check_credential_name(load, conf, "member.credential", member->credential);
}

static void check_membership(struct load *load, const struct conf *conf, const char *path,
			     const struct conf_membership *membership)
{
	struct path list, p;
	uint32_t i;

	join(&list, path, "key-servers");
	check_unique(load, list.text, "", membership->key_servers, membership->key_servers_count,
		     CONF_NAME_SIZE, 0, CONF_NAME_SIZE);
	for (i = 0; i < membership->key_servers_count; i++)
		if (!conf_server(conf, membership->key_servers[i]))
			load_error(load, at(&p, "%s[%u]", list.text, i),
				   "\"%s\": member.key-servers has no such name",
				   membership->key_servers[i]);
	if (membership->join_multicast && !*membership->interface)
		load_error(load, join(&p, path, "interface"),
			   "is missing: join-multicast needs to know where");
}

/* Numbers that miked chooses may be the same here. */
static void check_numbers(struct load *load, const struct conf_member *member)
{
	uint32_t i, j, number;
	struct path p;

	for (i = 1; i < member->groups_count; i++) {
		number = member->groups[i].number;
		for (j = 0; number && j < i; j++)
			if (member->groups[j].number == number)
				load_error(load, at(&p, "member.groups[%u].number", i),
					   "the same as that of entry %u", j);
	}
}

static void check_member(struct load *load, const struct conf *conf)
{
	const struct conf_member *member = &conf->member;
	struct path p;
	uint32_t i;

	check_servers(load, conf);
	check_names(load, "member.groups", member->groups, member->groups_count,
		    sizeof(*member->groups));
	check_numbers(load, member);
	for (i = 0; i < member->groups_count; i++)
		check_membership(load, conf, at(&p, "member.groups[%u]", i), &member->groups[i]);
	if (member->retry_first_ms > member->retry_limit_ms)
		load_error(load, "member.retry", "longer than retry-limit");
}

static void check_local(struct load *load, const struct conf_local *local)
{
	struct path p;
	uint32_t i;

	check_unique(load, "local.ports", "", local->ports, local->ports_count,
		     sizeof(*local->ports), 0, sizeof(*local->ports));
	check_unique(load, "local.addresses", "", local->addresses, local->addresses_count,
		     sizeof(*local->addresses), 0, sizeof(*local->addresses));
	for (i = 0; i < local->addresses_count; i++)
		if (is_multicast(&local->addresses[i]))
			load_error(load, at(&p, "local.addresses[%u]", i),
				   "expected an address of this host");
	for (i = 0; i < local->ports_count; i++)
		if (local->ports[i] == local->nat_port)
			load_error(load, at(&p, "local.ports[%u]", i), "the same as nat-port");
}

static void check_ike(struct load *load, const struct conf_ike *ike)
{
	if (ike->retransmit_first_ms > ike->retransmit_limit_ms)
		load_error(load, "ike.retransmit", "longer than retransmit-limit");
	if (ike->half_open_cookies > ike->half_open)
		load_error(load, "ike.half-open-cookies", "more than half-open");
}

/* Somebody has to be here, and somebody there to be believed. */
static void check_purpose(struct load *load, const struct conf *conf)
{
	if (!doc_get(&load->doc, load->doc.root, "key-server") &&
	    !doc_get(&load->doc, load->doc.root, "member")) {
		load_error(load, "", "nothing to do: neither key-server nor member");
		return;
	}
	if (!conf->trust.ca_count && !conf->psk_count &&
	    (conf->key_server.groups_count || conf->member.key_servers_count))
		load_error(load, "trust", "nobody would be believed: neither trust.ca nor psk");
}

void conf_check(struct load *load, struct conf *conf)
{
	check_local(load, &conf->local);
	check_ike(load, &conf->ike);
	check_credentials(load, conf);
	check_unique(load, "ppk", "id", conf->ppk, conf->ppk_count, sizeof(*conf->ppk), 0,
		     CONF_NAME_SIZE);
	check_key_server(load, conf);
	check_member(load, conf);
	check_purpose(load, conf);
}
