/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The UDP sockets of IKE: one for each address and port of `local`, which receive as
 * sources of an event loop. What is no IKE ends here: the NAT keepalives and ESP that share
 * a port with it (RFC 3948), and what was not sent to one host alone.
 *
 * Groups have sockets of their own, bound to the multicast address: what is sent to many
 * never comes as if it were for this host alone, nor the reverse.
 *
 * Where a datagram came from and went to is its path; an answer that is sent by that path
 * leaves from the address that was asked.
 */
#ifndef MIKED_NET_UDP_H
#define MIKED_NET_UDP_H

#include <systemd/sd-event.h>
#include "base/buf.h"
#include "conf/conf.h"
#include "net/path.h"

/*
 * Of the event sources, the lower first. Behind every few turns a socket lets the others
 * come first for once, so that not even a flood keeps them waiting for long.
 */
#define NET_PRIORITY		(-10)
#define NET_PRIORITY_YIELD	100

struct net_udp;

struct net_udp_user {
	void *context;
	/* A datagram, without the four zero bytes; it may be overwritten, and is afterwards. */
	void (*receive)(void *context, const struct net_path *path, uint8_t *datagram,
			size_t len);
	/* The same of what was sent to a group that was joined: path->local is the group. */
	void (*group)(void *context, const struct net_path *path, uint8_t *datagram,
		      size_t len);
};

/*
 * received, sent: datagrams of IKE; group_received, group_sent: by multicast; overflow: lost by the kernel, because we were slow;
 * send_full: not sent, because a buffer was full; send_failed: for any other reason.
 */
#define NET_UDP_COUNTERS(X)								\
	X(received) X(sent) X(group_received) X(group_sent) X(keepalives) X(esp) X(truncated) X(not_unicast)		\
	X(overflow) X(receive_failed) X(send_full) X(send_failed) X(no_socket)
struct net_udp_stats {
#define X(name) uint64_t name;
	NET_UDP_COUNTERS(X)
#undef X
};

/* NULL: no memory. Without sockets yet. @user is copied. */
struct net_udp *net_udp_new(sd_event *event, const struct net_udp_user *user);

/*
 * Have the sockets that @local wants, and no others; those that were there already stay as
 * they are. 0; or a negative errno value that was logged, and nothing has changed:
 * -EADDRINUSE, -EACCES, -EADDRNOTAVAIL, -ENOMEM, ...
 */
int net_udp_open(struct net_udp *udp, const struct conf_local *local);
void net_udp_free(struct net_udp *udp);

/*
 * May not arrive, and does not wait. Without the four zero bytes unless path->encap, as a NAT
 * keepalive has to go from the port that receives behind them.
 */
void net_udp_send(struct net_udp *udp, const struct net_path *path, struct chunk datagram);

/*
 * How @remote would be sent to: from the address that the routes choose, or else from the
 * first of ours that gets there; from the same port, or else from the first one of
 * `local.ports`; from `local.nat-port` if @remote is at such a port itself. False: no
 * route, no socket.
 */
bool net_udp_route(struct net_udp *udp, const struct net_end *remote, struct net_path *path);

/*
 * Receive what is sent to a group, by its source alone if there is one; each join has its
 * leave, and a leave is allowed from within an upcall. While there is no such interface, or
 * no route, it waits for net_udp_follow(). 0 or a negative errno value that was logged:
 * -EADDRINUSE, -ENOMEM, ...
 */
int net_udp_join(struct net_udp *udp, const struct net_group *group);
void net_udp_leave(struct net_udp *udp, const struct net_group *group);
/* Interfaces may have come or gone: a group is joined on the interface of its name. */
void net_udp_follow(struct net_udp *udp);

/*
 * Where datagrams to a group leave: @source is group->source, or else chosen by interface
 * and routes; from the group's port, or else from the first one of `local.ports`. False: no
 * route, no socket, no interface.
 */
bool net_udp_group_source(struct net_udp *udp, const struct net_group *group,
			  struct gemcast_addr *source);
/*
 * Send to a group by that way; members on this host receive it too. May not arrive, and
 * does not wait. 0 or a negative errno value, which was counted.
 */
int net_udp_send_group(struct net_udp *udp, const struct net_group *group,
		       struct chunk datagram);

const struct net_udp_stats *net_udp_stats(const struct net_udp *udp);

#endif
