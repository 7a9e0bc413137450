/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two engines and what is between them: a clock that stands still until it is told
 * otherwise, datagrams that wait until they are delivered, changed or dropped. Whatever a
 * peer's room above sees is written down.
 */
#ifndef MIKED_TESTS_IKE_WORLD_H
#define MIKED_TESTS_IKE_WORLD_H

#include "ike/ike.h"
#include "who.h"

#define WORLD_DATAGRAMS	512
#define WORLD_SIZE	66000

struct world;

struct datagram {
	struct net_path path;		/* as the receiver sees it */
	int to;				/* the node */
	size_t len;
	uint8_t *data;
};

/* What is asked or answered in a test, and what became of it. */
struct asked_task {
	struct ike_task task;
	const char *group;		/* IDg of the request; NULL: a notification */
	size_t filler;			/* bytes of a notification that makes it long */
	bool unwanted;
	unsigned int built, answered, ended;
	enum ike_end why;
	char text[200];
	uint16_t notify;		/* the first notification of the answer */
	size_t n_policies;
	struct ike_sa *sa;
};

struct node {
	struct world *world;
	int number;
	struct who who;
	struct ike *ike;
	struct auth_book *book;
	struct net_end address;		/* where others reach it */
	struct net_end inside;		/* itself, if it is behind a NAT */
	struct conf_proposal proposals[4];
	/* the room above */
	struct ike_sa *sa;		/* of the last request or announcement */
	unsigned int requests, ended;
	uint8_t exchange;
	enum ike_end why;
	char text[200];
	uint16_t answer;		/* a notification to answer with; 0: a group policy */
	size_t answer_filler;
	uint16_t otherwise;		/* answers about groups wait, as ike_hold() has it; 0: none */
	uint16_t heard;			/* the first notification of the last request */
	bool close;			/* in the upcall */
	size_t sent, sent_bytes;
	void (*upcall)(struct node *node, struct ike_sa *sa);
};

struct world {
	uint64_t now;
	struct node node[2];
	struct datagram wire[WORLD_DATAGRAMS];
	size_t first, last;
	/* for each datagram that is delivered; false: it is lost */
	bool (*filter)(struct world *world, struct datagram *datagram);
	size_t count;			/* datagrams that went by the filter */
	size_t lost;
	struct datagram kept;		/* by a test */
};

enum { GM, KS };

extern struct crypto world_crypto;
/* The world needs memory for itself. */
extern volatile bool world_allocates;

/* Both have a pre-shared key for each other; engines are made by world_start(). */
void world_new(struct world *world);
void world_proposals(struct node *node, const char *const *texts);
void world_start(struct world *world);
/* Make its engine alone: false if there is no memory. */
bool world_engine(struct node *node);
/* It loses all that it knew. */
void world_restart(struct node *node);
/* Nothing is left of it, in memory or on the wire. */
void world_end(struct world *world);
/* Deliver what is on the wire, and what comes of it. */
void world_settle(struct world *world);
/* The same, as time goes by: timers too. */
void world_run(struct world *world, uint64_t ms);
/* Drop what is on the wire. */
void world_lose(struct world *world);
/* The oldest datagram on the wire. */
struct datagram *world_first(struct world *world);
void world_keep(struct world *world, const struct datagram *datagram);
void world_inject(struct world *world, const struct net_path *path, int to, const void *data,
		  size_t len);

struct ike_target world_target(const struct node *to);
struct ike_sa *world_connect(struct world *world, struct asked_task *task);
/* Connect, and see that it works. */
struct ike_sa *world_meet(struct world *world);
void world_task(struct asked_task *task, uint8_t exchange, const char *group);

#endif
