/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of net/ share: the sockets, of `local` and of groups.
 */
#ifndef MIKED_NET_INTERNAL_H
#define MIKED_NET_INTERNAL_H

#include "net/socket.h"
#include "net/udp.h"

#define NAT_PORT	4500	/* IANA's: behind four zero bytes (RFC 3948 2.2) */

struct net_socket {
	struct net_socket *next;
	struct net_udp *udp;
	struct net_end local;
	bool encap;
	int fd;
	sd_event_source *source;
	unsigned int turns;
	uint32_t overflow;
	struct net_joined *joined;	/* NULL: one of `local` */
};

struct net_udp {
	sd_event *event;
	struct net_udp_user user;
	struct net_socket *sockets;	/* of `local` */
	struct net_joined *joined;
	struct net_socket *receiving;	/* NULL: none, or it has gone meanwhile */
	uint16_t first_port;
	uint16_t nat_port;
	struct net_udp_stats stats;
	struct socket_batch batch;
};

/*
 * A socket at @end, of @joined or of `local`, which receives from now on. 0 or a negative
 * errno value.
 */
int net_socket_new(struct net_udp *udp, const struct net_end *end, unsigned int ifindex,
		   bool encap, struct net_joined *joined, bool *absent, struct net_socket **out);
void net_socket_free(struct net_socket *s);
/* Has @s the port, and the address or one that overlaps with it? */
bool net_overlaps(const struct net_socket *s, const struct net_end *end);
/* At other times nobody may share with us, who would take our datagrams. */
void net_share(struct net_udp *udp, bool on);
/* The one of `local` that receives what is sent to @local, or NULL. */
struct net_socket *net_serving(struct net_udp *udp, const struct net_end *local, bool encap);
/*
 * A source of path->remote's family that a socket with path->local.port serves:
 * path->local.addr, or if that is AF_UNSPEC one by the routes and path->ifindex. False: none,
 * and path->local.addr is what it was.
 */
bool net_route_from(struct net_udp *udp, struct net_path *path);
/* Send, and count it: 0, or the negative errno value of what was counted and logged. */
int net_socket_send(struct net_socket *s, const struct net_path *path, uint8_t ttl,
		    struct chunk datagram);

/* ---- group.c */

/* While sockets come that may overlap with those of groups. */
void net_joined_share(struct net_udp *udp, bool on);
bool net_joined_at(const struct net_udp *udp, const struct net_end *end);
void net_joined_free(struct net_udp *udp);

#endif
