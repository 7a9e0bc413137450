/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one configuration has that another has not, for a reload that changes only what
 * changed.
 */
#ifndef MIKED_CONF_DIFF_H
#define MIKED_CONF_DIFF_H

#include "conf/conf.h"

/* The parts of a configuration that have no names in them, one bit each. */
enum conf_part {
	CONF_PART_LOG		= 1 << 0,
	CONF_PART_CONTROL	= 1 << 1,
	CONF_PART_LOCAL		= 1 << 2,
	CONF_PART_IKE		= 1 << 3,
	CONF_PART_TRUST		= 1 << 4,
	CONF_PART_PSK		= 1 << 5,
	CONF_PART_PPK		= 1 << 6,
	CONF_PART_KEY_SERVER	= 1 << 7,	/* but its groups */
	CONF_PART_MEMBER	= 1 << 8,	/* but its key servers and groups */
};

/* The lists whose entries are compared by name. */
enum conf_list {
	CONF_LIST_CREDENTIALS,	/* struct conf_credential */
	CONF_LIST_GROUPS,	/* struct conf_group */
	CONF_LIST_SERVERS,	/* struct conf_server */
	CONF_LIST_MEMBERSHIPS,	/* struct conf_membership */
};

/* An entry that was added, removed or changed. */
struct conf_change {
	enum conf_list list;
	const char *name;
	const void *before;	/* of the old configuration; NULL: added */
	const void *after;	/* of the new one; NULL: removed */
};

/* It refers to both configurations. */
struct conf_diff {
	unsigned int parts;	/* of enum conf_part, those that changed */
	struct conf_change *changes;
	size_t count;
};

/* False: no memory. Free by conf_diff_free(). */
bool conf_diff(const struct conf *before, const struct conf *after, struct conf_diff *diff);
void conf_diff_free(struct conf_diff *diff);

/* "key-server.groups": as the file calls it. A constant. */
const char *conf_list_name(enum conf_list list);

/* True if the two have the same policy, their order in the file apart. */
bool conf_group_equal(const struct conf_group *a, const struct conf_group *b);

#endif
