// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A world for daemons: its network.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "sim_internal.h"

/* What comes much later comes so many milliseconds later, at most. */
#define MUCH_LATER	3000
#define FIRST_PORT	20000

static struct sim_place *place_of(struct sim *sim, const struct gemcast_addr *addr)
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
}

void sim_detach(struct sim *sim, const struct gemcast_addr *addr)
{
	place_new(sim, addr)->node = (struct sim_node){ 0 };
}

void sim_cut(struct sim *sim, const struct gemcast_addr *addr, bool cut)
{
	place_new(sim, addr)->cut = cut;
}

void sim_set_weather(struct sim *sim, const struct sim_weather *weather)
{
	sim->weather = *weather;
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
	struct sim_nat *nat;
	size_t i;

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

static void damage(struct sim *sim, struct sim_datagram *datagram)
{
	size_t flips;
	size_t i;

	if (datagram->len && sim_chance(sim, sim->weather.truncate)) {
		datagram->len = sim_random(sim, datagram->len);
		sim->stats.truncated++;
	}
	if (datagram->len && sim_chance(sim, sim->weather.flip)) {
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

	if (sim_chance(sim, sim->weather.reorder)) {
		at += sim_random(sim, MUCH_LATER);
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

void sim_send(struct sim *sim, const struct net_path *path, struct chunk datagram)
{
	struct sim_datagram *d = datagram_new(&path->local, &path->remote, datagram.data,
					      datagram.len, path->encap ? 4 : 0);
	const struct sim_place *place = place_of(sim, &path->local.addr);

	sim->stats.sent++;
	if (place && place->nat) {
		d->from.port = port_outside(place->nat, &path->local);
		d->from.addr = place->nat->outside;
	}
	if (sim->capture)
		capture(sim, d);
	if ((sim->tap && !sim->tap(sim->tap_context, d)) || (place && place->cut) ||
	    sim_chance(sim, sim->weather.loss)) {
		sim->stats.lost++;
		forget(d);
		return;
	}
	if (sim_chance(sim, sim->weather.duplicate)) {
		put_under_way(sim, datagram_new(&d->from, &d->to, d->data, d->len, 0));
		sim->stats.duplicated++;
	}
	put_under_way(sim, d);
}

void sim_inject(struct sim *sim, const struct net_end *from, const struct net_end *to,
		struct chunk datagram)
{
	sim_enqueue(sim, sim->now, datagram_new(from, to, datagram.data, datagram.len, 0));
}
