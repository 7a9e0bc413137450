/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sim.c and sim_net.c have in common.
 */
#ifndef MIKED_TESTS_SIM_INTERNAL_H
#define MIKED_TESTS_SIM_INTERNAL_H

#include <stdio.h>
#include "sim.h"

struct sim_join {
	struct net_group group;
	unsigned int count;
};

struct sim_place {
	struct gemcast_addr addr;
	struct sim_node node;
	struct sim_nat *nat;
	bool cut;
	struct sim_join *joins;
	size_t n_joins;
	uint64_t next;			/* when its node wants to run, if that is known */
	bool known;
};

/* How often something was lost between two hosts. */
struct sim_loss {
	uint64_t hash;
	uint32_t count;
};

/* A port that a NAT gave to an end inside. */
struct sim_map {
	struct net_end inside;
	uint16_t port;
	uint64_t used;			/* from inside */
};

struct sim_nat {
	struct sim_nat *next;
	const struct sim *sim;
	uint64_t idle_ms;
	struct gemcast_addr outside;
	struct sim_map *maps;
	size_t n_maps;
	uint16_t last_port;
};

struct sim_event {
	uint64_t at;
	uint64_t number;		/* the first of two at the same time */
	struct sim_datagram *datagram;
};

struct sim {
	uint64_t seed;
	uint64_t random;
	uint64_t start, now;
	unsigned int spins;

	struct sim_event *queue;	/* a heap */
	size_t n_queue, queue_room;
	uint64_t number;

	struct sim_place *places;
	size_t n_places;
	struct sim_nat *nats;
	struct sim_weather weather;
	struct sim_loss *losses;	/* a hash table, of a power of two */
	size_t n_losses, losses_room;
	bool (*tap)(void *context, struct sim_datagram *datagram);
	void *tap_context;
	FILE *capture;
	struct sim_stats stats;
};

_Noreturn void sim_die(const char *what);
void *sim_alloc(size_t size);
void sim_enqueue(struct sim *sim, uint64_t at, struct sim_datagram *datagram);
void sim_free_network(struct sim *sim);
/* Who gets it; a NAT has then put its destination right. NULL: no one. */
struct sim_place *sim_translate_in(struct sim *sim, struct sim_datagram *datagram);

#endif
