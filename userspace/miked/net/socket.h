/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One UDP socket: its options, and datagrams with both their ends.
 */
#ifndef MIKED_NET_SOCKET_H
#define MIKED_NET_SOCKET_H

#include <sys/socket.h>
#include "base/buf.h"
#include "net/path.h"

/* So many datagrams at once, each of any length that UDP has. */
#define SOCKET_BATCH	16
#define SOCKET_ROOM	65536

struct socket_batch {
	uint8_t data[SOCKET_BATCH][SOCKET_ROOM];
	size_t len[SOCKET_BATCH];
	/* .local.port and .encap are not filled in; not from one host to another: .local.addr is
	 * AF_UNSPEC */
	struct net_path path[SOCKET_BATCH];
	uint32_t overflow;	/* what the kernel dropped so far, if it said so; else 0 */
};

/*
 * A socket bound to @end, which nobody else has, but sockets that are socket_share()d as
 * long as this one is. @ifindex: of link-local multicast, else 0. A file descriptor or a
 * negative errno value; *@absent: no interface has this address now.
 */
int socket_open(const struct net_end *end, unsigned int ifindex, bool share, bool *absent);
/* Allow, or no longer allow, that another one is bound where this one is. */
void socket_share(int fd, bool share);

/*
 * Be a member of the group on an interface (0: by the routes), of @source alone unless it
 * is AF_UNSPEC. 0 or a negative errno value: -ENODEV: no such interface, or no route.
 */
int socket_join(int fd, const struct gemcast_addr *group, const struct gemcast_addr *source,
		unsigned int ifindex);

/* How many came; 0: none; or a negative errno value. */
int socket_receive(int fd, struct socket_batch *batch);

/* @ttl: 0: the system's. 0 or a negative errno value. */
int socket_send(int fd, const struct net_path *path, uint8_t ttl, struct chunk datagram);

/*
 * The address that packets to @remote leave from, by the routes, or by an interface if
 * @ifindex is not 0 and they are multicast; from @from alone, if it is not NULL. False: none.
 */
bool socket_source(const struct net_end *remote, unsigned int ifindex,
		   const struct gemcast_addr *from, struct gemcast_addr *source);

bool socket_is_wildcard(const struct gemcast_addr *addr);

#endif
