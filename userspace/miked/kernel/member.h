/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This host's memberships of IP multicast groups: each has a socket that receives nothing,
 * so that the kernel speaks IGMP or MLD as long as it is open.
 */
#ifndef MIKED_KERNEL_MEMBER_H
#define MIKED_KERNEL_MEMBER_H

#include <net/if.h>
#include <gemcast.h>

struct member {
	struct member *next;
	struct gemcast_addr group;
	struct gemcast_addr source;
	char dev[IF_NAMESIZE];
	unsigned int ifindex;	/* that it is of; 0: by the routes, or the interface is away */
	int fd;			/* -1: the interface is away */
};

/* As struct plane has them. *@members is the list; @why, of @size bytes, is for errors. */
int member_join(struct member **members, const struct gemcast_addr *group,
		const struct gemcast_addr *source, const char *dev, char *why, size_t size);
void member_leave(struct member **members, const struct gemcast_addr *group,
		  const struct gemcast_addr *source, const char *dev);
void member_leave_all(struct member **members);

/* An interface may have come or gone: a membership is of its interface's name. */
void member_follow(struct member *members);

#endif
