// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A world for daemons: its network.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "sim_internal.h"

/* What comes much later comes so many milliseconds later, at most, if nothing else is said. */
#define MUCH_LATER	3000
#define FIRST_PORT	20000

static struct sim_place *place_of(const struct sim *sim, const struct gemcast_addr *addr)
{
	size_t i;

	for (i = 0; i < sim->n_places; i++) {
		if (net_addr_equal(&sim->places[i].addr, addr))
			return &sim->places[i];
	}
	return NULL;
}

/* A place stays without a node, so that it is still behind its NAT when one comes back. */
static struct sim_place *place_new(struct sim *sim, const struct gemcast_addr *addr)
{
	struct sim_place *place = place_of(sim, addr);

	if (place)
		return place;
	sim->places = reallocarray(sim->places, sim->n_places + 1, sizeof(*sim->places));
	if (!sim->places)
		sim_die("no memory");
	place = &sim->places[sim->n_places++];
	*place = (struct sim_place){ .addr = *addr };
	return place;
}

void sim_attach(struct sim *sim, const struct gemcast_addr *addr, const struct sim_node *node)
{
	struct sim_place *place = place_new(sim, addr);

	if (place->node.receive)
		sim_die("two nodes at one address");
	place->node = *node;
	place->known = false;
}

void sim_detach(struct sim *sim, const struct gemcast_addr *addr)
{
	place_new(sim, addr)->node = (struct sim_node){ 0 };
	sim_look_again(sim, addr);
}

void sim_look_again(struct sim *sim, const struct gemcast_addr *addr)
{
	place_new(sim, addr)->known = false;
}

void sim_cut(struct sim *sim, const struct gemcast_addr *addr, bool cut)
{
	place_new(sim, addr)->cut = cut;
}

static struct sim_join *join_of(struct sim_place *place, const struct net_group *group)
{
	size_t i;

	for (i = 0; i < place->n_joins; i++) {
		if (net_group_equal(&place->joins[i].group, group))
			return &place->joins[i];
	}
	return NULL;
}

void sim_join(struct sim *sim, const struct gemcast_addr *addr, const struct net_group *group)
{
	struct sim_place *place = place_new(sim, addr);
	struct sim_join *join = join_of(place, group);

	if (!join) {
		place->joins = reallocarray(place->joins, place->n_joins + 1,
					    sizeof(*place->joins));
		if (!place->joins)
			sim_die("no memory");
		join = &place->joins[place->n_joins++];
		*join = (struct sim_join){ .group = *group };
	}
	join->count++;
}

void sim_leave(struct sim *sim, const struct gemcast_addr *addr, const struct net_group *group)
{
	struct sim_place *place = place_new(sim, addr);
	struct sim_join *join = join_of(place, group);

	if (!join)
		sim_die("a group is left that was not joined");
	if (!--join->count)
		*join = place->joins[--place->n_joins];
}

void sim_leave_all(struct sim *sim, const struct gemcast_addr *addr)
{
	place_new(sim, addr)->n_joins = 0;
}

size_t sim_joins(const struct sim *sim, const struct gemcast_addr *addr)
{
	const struct sim_place *place = place_of(sim, addr);
	size_t n = 0;
	size_t i;

	for (i = 0; place && i < place->n_joins; i++)
		n += place->joins[i].count;
	return n;
}

/* A host of ours takes part in the group, and what @from sends reaches it. */
static bool has_joined(const struct sim_place *place, const struct net_end *from,
		       const struct net_end *to)
{
	const struct net_group *group;
	size_t i;

	for (i = 0; i < place->n_joins && !place->nat; i++) {
		group = &place->joins[i].group;
		if (net_end_equal(&group->to, to) &&
		    (!group->source.family || net_addr_equal(&group->source, &from->addr)))
			return true;
	}
	return false;
}

void sim_set_weather(struct sim *sim, const struct sim_weather *weather)
{
	sim->weather = *weather;
	free(sim->losses);
	sim->losses = NULL;
	sim->n_losses = sim->losses_room = 0;
}

void sim_tap(struct sim *sim, bool (*tap)(void *context, struct sim_datagram *datagram),
	     void *context)
{
	sim->tap = tap;
	sim->tap_context = context;
}

struct sim_nat *sim_nat_new(struct sim *sim, const struct gemcast_addr *outside)
{
	struct sim_nat *nat = sim_alloc(sizeof(*nat));

	nat->outside = *outside;
	nat->sim = sim;
	nat->idle_ms = SIM_NEVER;
	nat->last_port = (uint16_t)(FIRST_PORT + sim_random(sim, 10000));
	nat->next = sim->nats;
	sim->nats = nat;
	return nat;
}

void sim_behind(struct sim *sim, const struct gemcast_addr *inside, struct sim_nat *nat)
{
	place_new(sim, inside)->nat = nat;
}

void sim_nat_forget(struct sim_nat *nat)
{
	nat->n_maps = 0;
}

void sim_nat_idle(struct sim_nat *nat, uint64_t ms)
{
	nat->idle_ms = ms;
}

static bool is_idle(const struct sim_nat *nat, const struct sim_map *map)
{
	return nat->sim->now - map->used > nat->idle_ms;
}

static uint16_t port_outside(struct sim_nat *nat, const struct net_end *inside)
{
	struct sim_map *map;
	size_t i;

	for (i = 0; i < nat->n_maps; i++) {
		map = &nat->maps[i];
		if (net_end_equal(&map->inside, inside) && !is_idle(nat, map)) {
			map->used = nat->sim->now;
			return map->port;
		}
	}
	nat->maps = reallocarray(nat->maps, nat->n_maps + 1, sizeof(*nat->maps));
	if (!nat->maps)
		sim_die("no memory");
	nat->maps[nat->n_maps++] = (struct sim_map){ *inside, ++nat->last_port, nat->sim->now };
	return nat->last_port;
}

struct sim_place *sim_translate_in(struct sim *sim, struct sim_datagram *datagram)
{
	struct sim_place *place;
	struct sim_nat *nat;
	size_t i;

	if (datagram->host.family) {
		place = place_of(sim, &datagram->host);
		return has_joined(place, &datagram->from, &datagram->to) ? place : NULL;
	}
	for (nat = sim->nats; nat; nat = nat->next) {
		if (net_addr_equal(&nat->outside, &datagram->to.addr))
			break;
	}
	for (i = 0; nat && i < nat->n_maps; i++) {
		if (nat->maps[i].port == datagram->to.port && !is_idle(nat, &nat->maps[i])) {
			datagram->to = nat->maps[i].inside;
			break;
		}
	}
	return place_of(sim, &datagram->to.addr);
}

static struct sim_datagram *datagram_new(const struct net_end *from, const struct net_end *to,
					 const uint8_t *data, size_t len, size_t marker)
{
	struct sim_datagram *datagram = sim_alloc(sizeof(*datagram));

	datagram->from = *from;
	datagram->to = *to;
	datagram->len = marker + len;
	datagram->data = sim_alloc(datagram->len + 1);
	if (len)
		memcpy(datagram->data + marker, data, len);
	return datagram;
}

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len--)
		hash = (hash ^ *at++) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_addr(uint64_t hash, const struct gemcast_addr *addr)
{
	const uint8_t *bytes;
	size_t len = net_addr_bytes(addr, &bytes);

	return hash_bytes(hash, bytes, len);
}

/* Never 0, which is a free place of the table. */
static uint64_t hash_datagram(const struct sim_datagram *d)
{
	uint64_t hash = hash_addr(UINT64_C(0xcbf29ce484222325), &d->from.addr);

	hash = hash_addr(hash, d->host.family ? &d->host : &d->to.addr);
	hash = hash_bytes(hash, d->data, d->len);
	return hash ? hash : 1;
}

static struct sim_loss *find_loss(struct sim_loss *losses, size_t room, uint64_t hash)
{
	size_t i = hash & (room - 1);

	while (losses[i].hash && losses[i].hash != hash)
		i = (i + 1) & (room - 1);
	return &losses[i];
}

static void grow_losses(struct sim *sim)
{
	size_t room = sim->losses_room ? 2 * sim->losses_room : 256;
	struct sim_loss *losses = sim_alloc(room * sizeof(*losses));
	size_t i;

	for (i = 0; i < sim->losses_room; i++) {
		if (sim->losses[i].hash)
			*find_loss(losses, room, sim->losses[i].hash) = sim->losses[i];
	}
	free(sim->losses);
	sim->losses = losses;
	sim->losses_room = room;
}

/* May it be lost, too? Then it is counted, whatever becomes of it. */
static bool may_lose(struct sim *sim, const struct sim_datagram *datagram)
{
	struct sim_loss *loss;
	uint64_t hash;

	if (!sim->weather.most_lost)
		return true;
	if (2 * sim->n_losses >= sim->losses_room)
		grow_losses(sim);
	hash = hash_datagram(datagram);
	loss = find_loss(sim->losses, sim->losses_room, hash);
	if (!loss->hash)
		sim->n_losses++;
	loss->hash = hash;
	return loss->count < sim->weather.most_lost && ++loss->count;
}

static void damage(struct sim *sim, struct sim_datagram *datagram)
{
	bool truncate = sim_chance(sim, sim->weather.truncate);
	bool flip = sim_chance(sim, sim->weather.flip);
	size_t flips;
	size_t i;

	if (!datagram->len || !(truncate || flip) || !may_lose(sim, datagram))
		return;
	if (truncate) {
		datagram->len = sim_random(sim, datagram->len);
		sim->stats.truncated++;
	}
	if (datagram->len && flip) {
		flips = 1 + sim_random(sim, 4);
		for (i = 0; i < flips; i++)
			datagram->data[sim_random(sim, datagram->len)] ^=
				(uint8_t)(1U << sim_random(sim, 8));
		sim->stats.flipped++;
	}
}

static void put_under_way(struct sim *sim, struct sim_datagram *datagram)
{
	uint64_t at = sim->now + sim->weather.delay_ms +
		      sim_random(sim, (uint64_t)sim->weather.jitter_ms + 1);
	uint32_t late = sim->weather.late_ms ? sim->weather.late_ms : MUCH_LATER;

	if (sim_chance(sim, sim->weather.reorder)) {
		at += sim_random(sim, late);
		sim->stats.reordered++;
	}
	damage(sim, datagram);
	sim_enqueue(sim, at, datagram);
}

static void forget(struct sim_datagram *datagram)
{
	free(datagram->data);
	free(datagram);
}

static void write_bytes(struct sim *sim, const void *bytes, size_t len)
{
	if (fwrite(bytes, 1, len, sim->capture) != len)
		sim_die("the capture cannot be written");
}

void sim_capture(struct sim *sim, const char *path)
{
	/* of libpcap, raw IP */
	static const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, longest, link;
	} head = { 0xa1b2c3d4, 2, 4, 0, 0, 65535 + 100, 101 };

	sim->capture = fopen(path, "we");
	if (!sim->capture)
		sim_die(path);
	write_bytes(sim, &head, sizeof(head));
}

/* IPv4's or IPv6's header, as far as tshark wants to see it. */
static size_t write_ip(uint8_t *out, const struct sim_datagram *d, size_t udp)
{
	bool v6 = d->from.addr.family == AF_INET6;
	struct writer w = writer_to(out, 40);
	const uint8_t *bytes;
	size_t len;

	write_u16(&w, v6 ? 0x6000 : 0x4500);
	write_u16(&w, v6 ? 0 : (uint16_t)(20 + udp));
	if (v6) {
		write_u16(&w, (uint16_t)udp);
		write_u16(&w, IPPROTO_UDP << 8 | 64);
	} else {
		write_u32(&w, 0);
		write_u16(&w, 64 << 8 | IPPROTO_UDP);
		write_u16(&w, 0);
	}
	len = net_addr_bytes(&d->from.addr, &bytes);
	write_chunk(&w, (struct chunk){ bytes, len });
	len = net_addr_bytes(&d->to.addr, &bytes);
	write_chunk(&w, (struct chunk){ bytes, len });
	return w.len;
}

static void capture(struct sim *sim, const struct sim_datagram *d)
{
	uint8_t headers[48];
	size_t ip = write_ip(headers, d, 8 + d->len);
	struct writer w = writer_to(headers + ip, 8);
	uint32_t record[4] = { (uint32_t)sim_time(sim), (uint32_t)(sim->now % 1000 * 1000) };

	write_u16(&w, d->from.port);
	write_u16(&w, d->to.port);
	write_u16(&w, (uint16_t)(8 + d->len));
	write_u16(&w, 0);
	record[2] = record[3] = (uint32_t)(ip + 8 + d->len);
	write_bytes(sim, record, sizeof(record));
	write_bytes(sim, headers, ip + 8);
	write_bytes(sim, d->data, d->len);
}

static struct sim_datagram *copy_of(const struct sim_datagram *d)
{
	struct sim_datagram *copy = datagram_new(&d->from, &d->to, d->data, d->len, 0);

	copy->host = d->host;
	return copy;
}

/* One that a host is to have, or none has it. */
static void carry(struct sim *sim, struct sim_datagram *d)
{
	if (sim_chance(sim, sim->weather.loss) && may_lose(sim, d)) {
		sim->stats.lost++;
		forget(d);
		return;
	}
	if (sim_chance(sim, sim->weather.duplicate)) {
		put_under_way(sim, copy_of(d));
		sim->stats.duplicated++;
	}
	put_under_way(sim, d);
}

/* Does it leave its sender's network? */
static bool sets_out(struct sim *sim, const struct sim_place *place, struct sim_datagram *d)
{
	sim->stats.sent++;
	if (place && place->nat) {
		d->from.port = port_outside(place->nat, &d->from);
		d->from.addr = place->nat->outside;
	}
	if (sim->capture)
		capture(sim, d);
	if ((!sim->tap || sim->tap(sim->tap_context, d)) && !(place && place->cut))
		return true;
	sim->stats.lost++;
	return false;
}

void sim_send(struct sim *sim, const struct net_path *path, struct chunk datagram)
{
	struct sim_datagram *d = datagram_new(&path->local, &path->remote, datagram.data,
					      datagram.len, path->encap ? 4 : 0);

	if (sets_out(sim, place_of(sim, &path->local.addr), d))
		carry(sim, d);
	else
		forget(d);
}

void sim_send_group(struct sim *sim, const struct net_end *from, const struct net_group *group,
		    struct chunk datagram)
{
	struct sim_datagram *d = datagram_new(from, &group->to, datagram.data, datagram.len, 0);
	struct sim_datagram *copy;
	size_t i;

	if (sets_out(sim, place_of(sim, &from->addr), d)) {
		for (i = 0; i < sim->n_places; i++) {
			if (!has_joined(&sim->places[i], from, &group->to))
				continue;
			copy = copy_of(d);
			copy->host = sim->places[i].addr;
			carry(sim, copy);
		}
	}
	forget(d);
}

void sim_inject(struct sim *sim, const struct net_end *from, const struct net_end *to,
		struct chunk datagram)
{
	sim_enqueue(sim, sim->now, datagram_new(from, to, datagram.data, datagram.len, 0));
}

void sim_free_network(struct sim *sim)
{
	struct sim_nat *nat;
	size_t i;

	for (i = 0; i < sim->n_places; i++)
		free(sim->places[i].joins);
	free(sim->places);
	free(sim->losses);
	while ((nat = sim->nats)) {
		sim->nats = nat->next;
		free(nat->maps);
		free(nat);
	}
}
