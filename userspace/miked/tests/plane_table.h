/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A data plane that is a table: what struct plane's calls leave behind, by the module's
 * rules as far as a member can break them, and its events as time goes by. Any call can
 * be made to fail.
 */
#ifndef MIKED_TESTS_PLANE_TABLE_H
#define MIKED_TESTS_PLANE_TABLE_H

#include "kernel/plane.h"

#define PLANE_TABLE_GROUPS	16
#define PLANE_TABLE_POLICIES	64
#define PLANE_TABLE_SAS		64
#define PLANE_TABLE_JOINS	32
#define PLANE_TABLE_GUARDS	1024

struct plane_table_sa {
	struct gemcast_sa sa;		/* .key is `key` */
	uint8_t key[GEMCAST_KEY_MAX];
	uint64_t added;			/* ms */
	uint64_t packets;		/* that were sent by it */
};

struct plane_table_join {
	struct gemcast_addr group;
	struct gemcast_addr source;
	char dev[IF_NAMESIZE];
	unsigned int count;
};

struct plane_table {
	struct plane plane;		/* to hand out; its context is this */
	struct plane_user user;		/* whom to tell, once set */
	uint64_t now;			/* ms, of plane_table_run() */

	uint32_t groups[PLANE_TABLE_GROUPS];
	size_t n_groups;
	struct gemcast_policy policies[PLANE_TABLE_POLICIES];
	size_t n_policies;
	struct plane_table_sa sas[PLANE_TABLE_SAS];
	size_t n_sas;
	struct plane_table_join joins[PLANE_TABLE_JOINS];
	size_t n_joins;

	/* Keys and Sender-IDs that were sent by: never again (RFC 4106 2). */
	struct {
		uint8_t key[GEMCAST_KEY_MAX];
		uint32_t sid;
	} guards[PLANE_TABLE_GUARDS];
	size_t n_guards;

	unsigned int calls;		/* that change something, so far */
	unsigned int fail_at;		/* the call that fails, from 1; 0: none */
	unsigned int fail_from;		/* this one and all behind it; 0: none */
	int fail_with;			/* 0: -ENOMEM */
	const char *why;
};

void plane_table_init(struct plane_table *table);

/* Time goes on: SAs end by their limits, and the user is told. */
void plane_table_run(struct plane_table *table, uint64_t now);

/* When the next SA ends by these; UINT64_MAX: none does. */
uint64_t plane_table_next(const struct plane_table *table);

/* Somebody else takes an SA away; the user is told. */
void plane_table_take(struct plane_table *table, uint32_t spi);

/* All is gone, as if the module had been loaded anew; the user is told that. */
void plane_table_lose(struct plane_table *table);

/* NULL: there is none. */
const struct plane_table_sa *plane_table_sa(const struct plane_table *table, uint32_t spi);

/* The policy that a packet meets; NULL: none, it goes as it is. */
const struct gemcast_policy *plane_table_policy(const struct plane_table *table,
						const struct gemcast_addr *dst,
						const struct gemcast_addr *src);

/* The SA that a group sends by to @dst now; NULL: none. */
const struct plane_table_sa *plane_table_current(const struct plane_table *table,
						 uint32_t group, const struct gemcast_addr *dst,
						 const struct gemcast_addr *src);

/* Send a packet by it; the user is told when a soft limit is reached. NULL: there is none. */
const struct plane_table_sa *plane_table_send(struct plane_table *table, uint32_t group,
					      const struct gemcast_addr *dst,
					      const struct gemcast_addr *src);

/* How often @group was joined and not left again. */
unsigned int plane_table_joined(const struct plane_table *table,
				const struct gemcast_addr *group);

#endif
