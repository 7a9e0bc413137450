/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A group member alone: its engine is a stand-in that does what a test says, its data
 * plane a table, its clock stands still. Tests link with IKE_WRAP of the Makefile.
 */
#ifndef MIKED_TESTS_GM_WORLD_H
#define MIKED_TESTS_GM_WORLD_H

#include "group/gm.h"
#include "group/hello.h"
#include "group/rekey_sa.h"
#include "plane_table.h"
#include "wire/message.h"

#define WORLD_SAS	16
#define WORLD_TASKS	16
#define WORLD_CALLS	8
#define WORLD_REKEY_SAS	4	/* of the key server, from 1 */
#define WORLD_GROUPS	8

/* An IKE SA of the stand-in. */
struct ike_sa {
	bool there;
	struct ike_target target;
	struct ike_task *tasks[WORLD_TASKS];	/* that wait for their answer */
	size_t n_tasks;
};

/* A data SA that a key server hands out. */
struct given {
	uint32_t spi;
	const char *dst;		/* "239.1.1.1", of which /32 or /128 */
	unsigned int dst_bits;		/* of the prefix, if not all */
	const char *src;		/* NULL: any */
	uint8_t protocol;
	uint16_t port;			/* 0: any */
	uint32_t lifetime;		/* seconds; 0: none said */
	uint16_t encr;			/* 0: AES-GCM-16 */
	uint16_t key_bits;		/* 0: 256 */
	bool sequential;
	uint8_t key;			/* each byte of it */
	bool no_key;			/* the policy alone */
	bool bad_key;			/* not wrapped for us */
	bool short_key;
	bool ended;			/* a lifetime of zero seconds */
	uint32_t next_spi;		/* announced; 0: none */
	struct sa_limits limits;	/* spi 0: none said */
};

/* What an answer or a rekey has in it. */
struct grant {
	struct given sas[4];
	size_t n_sas;
	uint16_t atd, dtd;
	uint16_t sid_bits;
	uint32_t sids[4];
	size_t n_sids;
	bool transport;
	unsigned int rekey_sa;		/* which one; 0: none */
	uint32_t rekey_lifetime;	/* seconds; 0: an hour */
	bool rekey_no_key;		/* its policy alone */
	bool rekey_bad_key;
	bool rekey_short_key;
	uint32_t rekey_kwk;		/* KWK ID of its key */
	bool rekey_tree;		/* behind a key that only others can unwrap */
	uint16_t rekey_encr;		/* 0: what it has */
	unsigned int next_rekey_sa;	/* announced */
	struct chunk auth_key;		/* in a GSA_REKEY */
	const struct hello *hello;
	struct wire_notify notify;	/* one more; type 0: none */
	struct wire_delete deletes[4];
	size_t n_deletes;
};

/* The last request that was built, as bytes and back. */
struct asked {
	struct ike_sa *sa;
	uint8_t exchange;
	struct wire_message message;
};

/* What became of a call of the control socket. */
struct told {
	bool done;
	bool refused;
	int error;
	char text[256];
	void (*forget)(void *arg);
	void *arg;
};

/* A multicast address that rekeys are received at. */
struct group_join {
	struct net_group group;
	unsigned int count;
};

struct world {
	struct crypto crypto;
	struct conf *conf;
	struct gm_setup setup;
	struct gm *gm;
	struct plane_table table;
	uint64_t now;
	uint32_t random;		/* each number that is drawn */
	struct ike_sa sas[WORLD_SAS];
	size_t n_sas;			/* that were begun */
	const char *connect_fails;	/* ike_connect() does */
	bool connect_ends;		/* ike_connect() calls end() at once */
	bool ask_ends;			/* so does ike_ask() */
	uint16_t kwa;
	int wrap_fails;			/* ike_sa_wrap_key() does, by this */
	struct rekey_sa rekey_sas[WORLD_REKEY_SAS + 1];
	uint32_t rekey_auth;		/* enum conf_rekey_auth of those that are made */
	size_t threshold;		/* of their datagrams */
	struct group_join groups[WORLD_GROUPS];
	size_t n_groups;
	int join_fails;			/* rekey_join() does, by this */
	bool inside;			/* the member runs, and not what stands around it */
	struct asked asked;
	struct told told[WORLD_CALLS];
};

extern struct world world;

/* A member by the configuration that world_conf() makes of this; it has not run yet. */
void world_begin(const char *member);
void world_end(void);
/* Of "member:" and what is below it, with credentials and a PSK above. Aborts if wrong. */
struct conf *world_conf(const char *member);
/* gm_reload() with it. */
void world_reload(const char *member);

/* world_begin(), and then `video` registers at 192.0.2.1 by this grant. */
void world_joined(const char *member, const struct grant *grant);

/* Time goes on by @ms, and all that is due happens. */
void world_pass(uint64_t ms);

/* The IKE SA at this address that is open; NULL: none. */
struct ike_sa *world_sa(const char *addr);
size_t world_sas(void);

/*
 * Let the first task that waits on @sa build its request, world.asked; false: it does
 * not want to any more, or there is none.
 */
bool world_ask(struct ike_sa *sa);
/* Answer what was asked last: by a grant, by an error (0: none of both). */
void world_grant(const struct grant *grant);
void world_refuse(uint16_t notify);
/* Ask and grant. */
void world_register(struct ike_sa *sa, const struct grant *grant);
/* A request of the key server. */
void world_rekey(struct ike_sa *sa, const struct grant *grant);
/*
 * A Rekey SA of the key server, made when it is asked for first: at 239.255.0.1, port 848,
 * from 192.0.2.1. Each signs by the key of the first.
 */
struct rekey_sa *world_rekey_sa(unsigned int n);
/* A GSA_REKEY over it, as datagrams for the caller to free. */
void world_seal(unsigned int n, const struct grant *grant, struct rekey_datagrams *out);
/* They come, or one of them does. */
void world_deliver(const struct rekey_datagrams *datagrams);
void world_datagram(struct chunk datagram);
void world_datagram_by(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
		       struct chunk datagram);
/* Seal and deliver, once. */
void world_update(unsigned int n, const struct grant *grant);
/* How often the address is joined. */
unsigned int world_listens(const char *addr);
/* ESP to this address by no SA. */
void world_unknown_spi(const char *dst, uint32_t spi);

/* It is not there any more; tasks end, and who knew it is told. */
void world_drop(struct ike_sa *sa, enum ike_end why, const char *text);

/* Is there a notification of this type in what was asked last? */
bool world_asked(uint16_t notify);
/* The group's name in it. */
const char *world_asked_group(void);

/* The membership as gemcast status shows it; aborts if there is none. */
struct gemcast_membership world_status(const char *name);
const char *world_state(const char *name);

struct gm_member *world_member(const char *name);

/* The policy that a packet to this address meets; NULL: none. */
const struct gemcast_policy *world_policy(const char *dst);

/* A call of its own for each number; gemcast join NAME. */
struct control_call *world_call(size_t i);
void world_join(size_t call, const char *name, const char *role, uint64_t wait);
void world_leave(size_t call, const char *name);

struct gemcast_addr addr_of(const char *text);
struct wire_delete delete_all(uint8_t protocol);

#endif
