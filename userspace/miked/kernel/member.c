// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * This host's memberships of IP multicast groups, a socket each: what one socket may join
 * is limited, and a join that ends must not end another one of the same group.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "kernel/member.h"
#include "net/path.h"
#include "net/socket.h"

static const char *explain(int error)
{
	switch (error) {
	case -ENOBUFS:
		return "the system allows no membership: net.ipv4.igmp_max_memberships and net.ipv4.igmp_max_msf must be 1 at least";
	case -ENODEV:
		return "no route to it: name an interface, or add a multicast route";
	case -EMFILE:
		return "too many files are open: raise LimitNOFILE";
	default:
		return strerror(-error);
	}
}

static int fail(const struct member *member, int error, char *why, size_t size)
{
	char group[NET_TEXT], source[NET_TEXT];

	net_addr_print(&member->group, group);
	net_addr_print(&member->source, source);
	snprintf(why, size, "join %s%s%s%s%s: %s", group,
		 member->source.family == AF_UNSPEC ? "" : " from ",
		 member->source.family == AF_UNSPEC ? "" : source, *member->dev ? " on " : "",
		 member->dev, explain(error));
	return error;
}

static int open_member(struct member *member, char *why, size_t size)
{
	unsigned int ifindex = 0;
	int err;

	member->fd = -1;
	if (*member->dev) {
		ifindex = if_nametoindex(member->dev);
		if (!ifindex) {
			snprintf(why, size, "there is no interface %s", member->dev);
			return -ENODEV;
		}
	}
	member->fd = socket(member->group.family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (member->fd < 0)
		return fail(member, -errno, why, size);
	err = socket_join(member->fd, &member->group, &member->source, ifindex);
	if (!err) {
		member->ifindex = ifindex;
		return 0;
	}
	close(member->fd);
	member->fd = -1;
	return fail(member, err, why, size);
}

int member_join(struct member **members, const struct gemcast_addr *group,
		const struct gemcast_addr *source, const char *dev, char *why, size_t size)
{
	struct member *member = calloc(1, sizeof(*member));
	int err;

	if (!member) {
		snprintf(why, size, "no memory");
		return -ENOMEM;
	}
	member->group = *group;
	member->source = *source;
	snprintf(member->dev, sizeof(member->dev), "%s", dev);
	err = open_member(member, why, size);
	if (err) {
		free(member);
		return err;
	}
	member->next = *members;
	*members = member;
	return 0;
}

static void leave(struct member **at)
{
	struct member *member = *at;

	*at = member->next;
	if (member->fd >= 0)
		close(member->fd);
	free(member);
}

void member_leave(struct member **members, const struct gemcast_addr *group,
		  const struct gemcast_addr *source, const char *dev)
{
	struct member **at;

	for (at = members; *at; at = &(*at)->next) {
		if (net_addr_equal(&(*at)->group, group) &&
		    net_addr_equal(&(*at)->source, source) && !strcmp((*at)->dev, dev)) {
			leave(at);
			return;
		}
	}
}

void member_leave_all(struct member **members)
{
	while (*members)
		leave(members);
}

/* One that cannot be had now is tried again with the next change. */
static void follow(struct member *member)
{
	char why[256];

	if (member->fd >= 0)
		close(member->fd);
	member->ifindex = 0;
	if (open_member(member, why, sizeof(why)))
		log_info(AREA_KERNEL, "%s", why);
	else
		log_info(AREA_KERNEL, "interface %s is back, and so are its memberships",
			 member->dev);
}

void member_follow(struct member *members)
{
	struct member *member;

	for (member = members; member; member = member->next)
		if (*member->dev && if_nametoindex(member->dev) != member->ifindex)
			follow(member);
}
