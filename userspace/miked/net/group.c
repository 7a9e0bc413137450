// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast: groups that are received, a socket each, and datagrams to many, which leave
 * from the sockets of `local`.
 *
 * One socket of each group, source and interface: what one socket may join is limited, and
 * a leave must not end another join. A datagram that two of them are for comes twice.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "net/internal.h"

struct net_joined {
	struct net_joined *next;
	struct net_group group;
	unsigned int users;
	unsigned int ifindex;		/* of its interface; 0: by the routes, or it is away */
	struct net_socket *socket;	/* NULL: waits for an interface, or for a route */
};

void net_joined_share(struct net_udp *udp, bool on)
{
	struct net_joined *joined;

	for (joined = udp->joined; joined; joined = joined->next)
		if (joined->socket)
			socket_share(joined->socket->fd, on);
}

bool net_joined_at(const struct net_udp *udp, const struct net_end *end)
{
	const struct net_joined *joined;

	for (joined = udp->joined; joined; joined = joined->next)
		if (joined->socket && net_overlaps(joined->socket, end))
			return true;
	return false;
}

/* ---- in */

static void print(const struct net_group *group, char *text, size_t size)
{
	char to[NET_TEXT], source[NET_TEXT];

	net_end_print(&group->to, to);
	net_addr_print(&group->source, source);
	snprintf(text, size, "%s%s%s%s%s", to, group->source.family ? " from " : "",
		 group->source.family ? source : "", *group->interface ? " on " : "",
		 group->interface);
}

#define GROUP_TEXT	(2 * NET_TEXT + IF_NAMESIZE + 16)

static int open_socket(struct net_udp *udp, struct net_joined *joined)
{
	const struct net_group *group = &joined->group;
	struct net_socket *s;
	bool absent;
	int err;

	net_share(udp, true);
	err = net_socket_new(udp, &group->to, joined->ifindex, group->to.port == NAT_PORT, joined,
			     &absent, &s);
	if (!err) {
		err = socket_join(s->fd, &group->to.addr, &group->source, joined->ifindex);
		if (err)
			net_socket_free(s);
		else
			joined->socket = s;
	}
	net_share(udp, false);
	return err;
}

/* -ENODEV, without a word: not now. */
static int open_joined(struct net_udp *udp, struct net_joined *joined)
{
	char text[GROUP_TEXT];
	int err;

	joined->ifindex = if_nametoindex(joined->group.interface);
	err = *joined->group.interface && !joined->ifindex ? -ENODEV : open_socket(udp, joined);
	print(&joined->group, text, sizeof(text));
	if (!err)
		log_info(AREA_NET, "receives %s", text);
	else if (err != -ENODEV)
		log_error(AREA_NET, "receive %s: %s", text, strerror(-err));
	return err;
}

static struct net_joined **find(struct net_udp *udp, const struct net_group *group)
{
	struct net_joined **at = &udp->joined;

	while (*at && !net_group_equal(&(*at)->group, group))
		at = &(*at)->next;
	return at;
}

int net_udp_join(struct net_udp *udp, const struct net_group *group)
{
	struct net_joined *joined = *find(udp, group);
	char text[GROUP_TEXT];
	int err;

	if (joined) {
		joined->users++;
		return 0;
	}
	joined = calloc(1, sizeof(*joined));
	if (!joined) {
		log_error(AREA_NET, "no memory");
		return -ENOMEM;
	}
	joined->group = *group;
	joined->users = 1;
	err = open_joined(udp, joined);
	if (err == -ENODEV) {
		print(group, text, sizeof(text));
		log_warning(AREA_NET, "%s: no such interface, or no route: not received yet",
			    text);
	} else if (err) {
		free(joined);
		return err;
	}
	joined->next = udp->joined;
	udp->joined = joined;
	return 0;
}

static void leave(struct net_joined **at)
{
	struct net_joined *joined = *at;

	*at = joined->next;
	if (joined->socket)
		net_socket_free(joined->socket);
	free(joined);
}

void net_udp_leave(struct net_udp *udp, const struct net_group *group)
{
	struct net_joined **at = find(udp, group);

	if (*at && !--(*at)->users)
		leave(at);
}

void net_joined_free(struct net_udp *udp)
{
	while (udp->joined)
		leave(&udp->joined);
}

void net_udp_follow(struct net_udp *udp)
{
	struct net_joined *joined;

	for (joined = udp->joined; joined; joined = joined->next) {
		if (joined->socket &&
		    (!*joined->group.interface ||
		     if_nametoindex(joined->group.interface) == joined->ifindex))
			continue;
		if (joined->socket)
			net_socket_free(joined->socket);
		joined->socket = NULL;
		open_joined(udp, joined);
	}
}

/* ---- out */

static bool route(struct net_udp *udp, const struct net_group *group, struct net_path *path)
{
	*path = (struct net_path){
		.local = { group->source, group->to.port },
		.remote = group->to,
		.ifindex = if_nametoindex(group->interface),
		.encap = group->to.port == NAT_PORT,
	};
	if (*group->interface && !path->ifindex)
		return false;
	if (path->encap)
		path->local.port = udp->nat_port;
	if (net_route_from(udp, path))
		return true;
	path->local.port = udp->first_port;
	return !path->encap && net_route_from(udp, path);
}

bool net_udp_group_source(struct net_udp *udp, const struct net_group *group,
			  struct gemcast_addr *source)
{
	struct net_path path;
	bool found = route(udp, group, &path);

	*source = path.local.addr;
	return found;
}

int net_udp_send_group(struct net_udp *udp, const struct net_group *group, struct chunk datagram)
{
	struct net_path path;
	int err;

	if (!route(udp, group, &path)) {
		udp->stats.no_socket++;
		return -EADDRNOTAVAIL;
	}
	err = net_socket_send(net_serving(udp, &path.local, path.encap), &path, group->ttl,
			      datagram);
	if (!err)
		udp->stats.group_sent++;
	return err;
}
