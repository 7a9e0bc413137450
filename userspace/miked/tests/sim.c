// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A world for daemons: the clock, and what is under way.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sanitizer/common_interface_defs.h>
#include "pki.h"
#include "sim_internal.h"

/* A node that is run so often at one time does not move its timer. */
#define MAX_SPINS	1000

/* What the sanitizers say goes to standard error behind this. */
static uint64_t seed_in_force;

static void print_seed(void)
{
	fprintf(stderr, "# seed %" PRIu64 "\n", seed_in_force);
}

static bool tracing;

void sim_trace(bool trace)
{
	tracing = trace;
}

static void trace_turn(const struct sim *sim, const struct sim_place *place)
{
	char text[NET_TEXT];

	if (!tracing)
		return;
	net_addr_print(&place->addr, text);
	fprintf(stderr, "# %" PRIu64 " ms %s\n", sim->now, text);
}

void sim_die(const char *what)
{
	fprintf(stderr, "simulator: %s\n", what);
	print_seed();
	abort();
}

void *sim_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory)
		sim_die("no memory");
	return memory;
}

struct sim *sim_new(uint64_t seed)
{
	struct sim *sim = sim_alloc(sizeof(*sim));

	sim->seed = seed;
	sim->random = seed;
	sim->start = 1000 + sim_random(sim, 1000000);
	sim->now = sim->start;
	seed_in_force = seed;
	__sanitizer_set_death_callback(print_seed);
	return sim;
}

static void free_datagram(struct sim_datagram *datagram)
{
	free(datagram->data);
	free(datagram);
}

void sim_free(struct sim *sim)
{
	size_t i;

	for (i = 0; i < sim->n_queue; i++)
		free_datagram(sim->queue[i].datagram);
	free(sim->queue);
	sim_free_network(sim);
	if (sim->capture && fclose(sim->capture))
		sim_die("the capture cannot be written");
	free(sim);
}

uint64_t sim_seed(const struct sim *sim)
{
	return sim->seed;
}

/* splitmix64, by Sebastiano Vigna: good enough, and any seed will do */
uint64_t sim_random(struct sim *sim, uint64_t bound)
{
	uint64_t z = sim->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % bound;
}

bool sim_chance(struct sim *sim, uint32_t per_mille)
{
	return per_mille && sim_random(sim, 1000) < per_mille;
}

uint64_t sim_now(const struct sim *sim)
{
	return sim->now;
}

int64_t sim_time(const struct sim *sim)
{
	return PKI_NOW + (int64_t)((sim->now - sim->start) / 1000);
}

struct gemcast_addr sim_addr(const char *text)
{
	struct gemcast_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(addr.family, text, &addr.in6) != 1)
		sim_die(text);
	return addr;
}

struct net_end sim_end(const char *text, uint16_t port)
{
	return (struct net_end){ .addr = sim_addr(text), .port = port };
}

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

static void swap(struct sim *sim, size_t a, size_t b)
{
	struct sim_event event = sim->queue[a];

	sim->queue[a] = sim->queue[b];
	sim->queue[b] = event;
}

void sim_enqueue(struct sim *sim, uint64_t at, struct sim_datagram *datagram)
{
	size_t i = sim->n_queue++;

	if (sim->n_queue > sim->queue_room) {
		sim->queue_room = 2 * sim->n_queue + 16;
		sim->queue = reallocarray(sim->queue, sim->queue_room, sizeof(*sim->queue));
		if (!sim->queue)
			sim_die("no memory");
	}
	sim->queue[i] = (struct sim_event){ at, sim->number++, datagram };
	for (; i && before(&sim->queue[i], &sim->queue[(i - 1) / 2]); i = (i - 1) / 2)
		swap(sim, i, (i - 1) / 2);
}

static struct sim_datagram *dequeue(struct sim *sim)
{
	struct sim_datagram *datagram = sim->queue[0].datagram;
	size_t i = 0;
	size_t child;

	sim->queue[0] = sim->queue[--sim->n_queue];
	while ((child = 2 * i + 1) < sim->n_queue) {
		if (child + 1 < sim->n_queue && before(&sim->queue[child + 1], &sim->queue[child]))
			child++;
		if (before(&sim->queue[i], &sim->queue[child]))
			break;
		swap(sim, i, child);
		i = child;
	}
	return datagram;
}

/*
 * The node may detach itself or others; the datagram is copied to a place of its own
 * length, so that who reads behind it is caught.
 */
static void deliver(struct sim *sim, struct sim_datagram *datagram)
{
	struct sim_place *place = sim_translate_in(sim, datagram);
	struct net_path path = { .local = datagram->to, .remote = datagram->from };
	static const uint8_t marker[4];
	void (*receive)(void *context, const struct net_path *path, uint8_t *bytes, size_t len);
	size_t skip = 0;
	uint8_t *copy;

	if (!place || place->cut || !place->node.receive) {
		sim->stats.nowhere++;
		return;
	}
	receive = datagram->host.family ? place->node.receive_group : place->node.receive;
	place->known = false;
	if (path.local.port == SIM_NAT_PORT) {
		if (datagram->len < sizeof(marker) || memcmp(datagram->data, marker, 4) != 0)
			return;
		path.encap = true;
		skip = sizeof(marker);
	}
	sim->stats.delivered++;
	trace_turn(sim, place);
	copy = sim_alloc(datagram->len - skip);
	memcpy(copy, datagram->data + skip, datagram->len - skip);
	receive(place->node.context, &path, copy, datagram->len - skip);
	free(copy);
}

/* The next node that has a timer, and the time of it. */
static struct sim_place *first_timer(struct sim *sim, uint64_t *at)
{
	struct sim_place *place, *first = NULL;
	size_t i;

	*at = SIM_NEVER;
	for (i = 0; i < sim->n_places; i++) {
		place = &sim->places[i];
		if (!place->known)
			place->next = place->node.next ? place->node.next(place->node.context) :
							 SIM_NEVER;
		place->known = true;
		if (place->next < *at) {
			*at = place->next;
			first = place;
		}
	}
	return first;
}

static void forget_timers(struct sim *sim)
{
	size_t i;

	for (i = 0; i < sim->n_places; i++)
		sim->places[i].known = false;
}

static void run_node(struct sim *sim, struct sim_place *place, uint64_t at)
{
	const struct sim_node node = place->node;

	place->known = false;
	if (at > sim->now) {
		sim->now = at;
		sim->spins = 0;
	} else if (++sim->spins > MAX_SPINS) {
		sim_die("a node's timer does not move");
	}
	trace_turn(sim, place);
	node.run(node.context);
}

bool sim_run(struct sim *sim, uint64_t until)
{
	struct sim_datagram *datagram;
	struct sim_place *place;
	uint64_t timer, arrival;

	forget_timers(sim);
	for (;;) {
		place = first_timer(sim, &timer);
		arrival = sim->n_queue ? sim->queue[0].at : SIM_NEVER;
		if (timer > until && arrival > until)
			break;
		if (timer < arrival) {
			run_node(sim, place, timer);
			continue;
		}
		if (arrival > sim->now) {
			sim->now = arrival;
			sim->spins = 0;
		}
		datagram = dequeue(sim);
		deliver(sim, datagram);
		free_datagram(datagram);
	}
	sim->now = until;
	sim->spins = 0;
	return timer != SIM_NEVER || arrival != SIM_NEVER;
}

bool sim_run_for(struct sim *sim, uint64_t ms)
{
	return sim_run(sim, sim->now + ms);
}

size_t sim_under_way(const struct sim *sim)
{
	return sim->n_queue;
}

const struct sim_stats *sim_stats(const struct sim *sim)
{
	return &sim->stats;
}
