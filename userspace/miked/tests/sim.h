/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for daemons without sockets or waiting: nodes that have an address, a clock
 * that goes on when nothing is left to do at its time, and a network that delivers
 * datagrams late, or does worse to them. All that is left to chance comes out of one
 * seed, so the same seed is the same run.
 */
#ifndef MIKED_TESTS_SIM_H
#define MIKED_TESTS_SIM_H

#include "base/buf.h"
#include "net/path.h"

struct sim;
struct sim_nat;

#define SIM_NEVER	UINT64_MAX
#define SIM_SECONDS(n)	(UINT64_C(1000) * (n))
#define SIM_NAT_PORT	4500

/* Who is at an address: a daemon, or who would like to be taken for one. */
struct sim_node {
	void *context;
	/* A datagram, without the four zero bytes of port 4500: its own, until it returns. */
	void (*receive)(void *context, const struct net_path *path, uint8_t *datagram,
			size_t len);
	uint64_t (*next)(void *context);	/* when it wants run(); SIM_NEVER */
	void (*run)(void *context);
	/* As receive(), of what was sent to a multicast group; who joins one has it. */
	void (*receive_group)(void *context, const struct net_path *path, uint8_t *datagram,
			      size_t len);
};

/* What befalls each datagram by chance, in per mille; and how long it takes. */
struct sim_weather {
	uint32_t loss;
	uint32_t duplicate;
	uint32_t reorder;		/* it comes later by late_ms, at most */
	uint32_t truncate;
	uint32_t flip;			/* bits of it */
	uint32_t delay_ms;
	uint32_t jitter_ms;		/* more, at most */
	uint32_t late_ms;		/* 0: 3 s */
	/*
	 * So many datagrams with the same content are lost or damaged at most, of those from
	 * one host to another. 0: any number.
	 */
	uint32_t most_lost;
};

/* A datagram under way, as UDP has it. */
struct sim_datagram {
	struct net_end from, to;
	struct gemcast_addr host;	/* whose copy it is; AF_UNSPEC: it is no copy for many */
	uint8_t *data;
	size_t len;
};

/* What became of them all. */
struct sim_stats {
	uint64_t sent, lost, duplicated, reordered, truncated, flipped, delivered;
	uint64_t nowhere;		/* no one is at its destination, or a NAT forgot it */
};

/* What cannot be had aborts, here and below. */
struct sim *sim_new(uint64_t seed);
void sim_free(struct sim *sim);
uint64_t sim_seed(const struct sim *sim);
/* From 0 up to @bound - 1. */
uint64_t sim_random(struct sim *sim, uint64_t bound);
bool sim_chance(struct sim *sim, uint32_t per_mille);

/* Milliseconds, and seconds since 1970: struct ike_world's now() and time(). */
uint64_t sim_now(const struct sim *sim);
int64_t sim_time(const struct sim *sim);

struct gemcast_addr sim_addr(const char *text);
struct net_end sim_end(const char *text, uint16_t port);

/* There it is until sim_detach(); no two at one address. */
void sim_attach(struct sim *sim, const struct gemcast_addr *addr, const struct sim_node *node);
void sim_detach(struct sim *sim, const struct gemcast_addr *addr);
/* Something else than the world made its node want to run at another time. */
void sim_look_again(struct sim *sim, const struct gemcast_addr *addr);
/* Nothing reaches it or leaves it, or all does again. */
void sim_cut(struct sim *sim, const struct gemcast_addr *addr, bool cut);

/*
 * A NAT: to the others its nodes are at its address, at ports that it chooses. It lives
 * as long as @sim. When it forgets, the next datagram from inside gets another port.
 */
struct sim_nat *sim_nat_new(struct sim *sim, const struct gemcast_addr *outside);
void sim_behind(struct sim *sim, const struct gemcast_addr *inside, struct sim_nat *nat);
void sim_nat_forget(struct sim_nat *nat);
/* It forgets a port that was not sent from for so long. */
void sim_nat_idle(struct sim_nat *nat, uint64_t ms);

/*
 * The host of the node at @addr receives what is sent to the group from now on. A host can
 * join as often as it likes, and leaves as often. A NAT lets no multicast through.
 */
void sim_join(struct sim *sim, const struct gemcast_addr *addr, const struct net_group *group);
void sim_leave(struct sim *sim, const struct gemcast_addr *addr, const struct net_group *group);
/* The process of the node is gone, and with it what it had joined. */
void sim_leave_all(struct sim *sim, const struct gemcast_addr *addr);
/* How many joins it has not left, of all groups. */
size_t sim_joins(const struct sim *sim, const struct gemcast_addr *addr);

void sim_set_weather(struct sim *sim, const struct sim_weather *weather);

/*
 * See each datagram as its sender's network has it, behind NATs and before the weather.
 * What the tap writes into it, or makes shorter, stays; false: it is not delivered.
 */
void sim_tap(struct sim *sim, bool (*tap)(void *context, struct sim_datagram *datagram),
	     void *context);

/* From @path->local; with the four zero bytes, if @path->encap. */
void sim_send(struct sim *sim, const struct net_path *path, struct chunk datagram);
/* To all hosts that joined, @from's too: the tap sees it once, each copy has its own weather. */
void sim_send_group(struct sim *sim, const struct net_end *from, const struct net_group *group,
		    struct chunk datagram);
/* Of anyone, as UDP has it: no tap, no weather, no NAT of the sender. */
void sim_inject(struct sim *sim, const struct net_end *from, const struct net_end *to,
		struct chunk datagram);

/*
 * Go on until @until, in milliseconds; false: nothing is left to come.
 * A node whose timer does not move when it is run aborts the test.
 */
bool sim_run(struct sim *sim, uint64_t until);
/* For so long from now. */
bool sim_run_for(struct sim *sim, uint64_t ms);
/* Datagrams under way. */
size_t sim_under_way(const struct sim *sim);

const struct sim_stats *sim_stats(const struct sim *sim);

/* Say on standard error whose turn it is, and when, as the log does not. */
void sim_trace(bool trace);

/* Write what is sent from now on to a file that tshark reads. */
void sim_capture(struct sim *sim, const char *path);

#endif
