// SPDX-License-Identifier: GPL-2.0
/*
 * ESP in UDP (RFC 3948): a socket for each local port and family that udp
 * groups receive by and send from, and one copy of a packet for each peer.
 *
 * gn->lock guards the list of ports and their counts of users. A socket is
 * released after a grace period, so the packet path may use it under RCU.
 */
#include <linux/slab.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/route.h>
#include <net/udp.h>
#include <net/udp_tunnel.h>
#include "input.h"
#include "peer.h"
#include "udp.h"

/* Any value but 0 makes UDP call us; this one is said to be for ESP. */
#define GEMCAST_ENCAP_TYPE	UDP_ENCAP_ESPINUDP
#define GEMCAST_NON_ESP		4	/* bytes of nought before IKE, not ESP */
#define GEMCAST_KEEPALIVE	0xff
#define GEMCAST_UDP_MTU_MIN	576	/* of IPv4; routes may claim less */

struct gemcast_udp_port {
	struct list_head node;		/* gn->udp_ports; lock */
	struct gemcast_net *gn;
	struct socket *sock4;
	struct socket *sock6;
	unsigned int users;		/* lock */
	u16 port;			/* host order */
};

/* A NAT keepalive, or IKE, which has no SPI (RFC 3948 2.2, 2.3). */
static bool gemcast_udp_not_esp(const struct sk_buff *skb)
{
	u8 buf[GEMCAST_NON_ESP], *data;

	data = skb_header_pointer(skb, 0, 1, buf);
	if (skb->len == 1 && data && *data == GEMCAST_KEEPALIVE)
		return true;
	data = skb_header_pointer(skb, 0, sizeof(buf), buf);
	return data && !get_unaligned_be32(data);
}

/* Called for each datagram; takes them all. */
static int gemcast_udp_receive(struct sock *sk, struct sk_buff *skb)
{
	struct gemcast_udp_port *port = rcu_dereference_sk_user_data(sk);

	__skb_pull(skb, sizeof(struct udphdr));
	if (!port || gemcast_udp_not_esp(skb)) {
		consume_skb(skb);
		return 0;
	}
	gemcast_input_udp(port->gn, skb, port->port);
	return 0;
}

static struct socket *gemcast_udp_open(struct gemcast_udp_port *port,
				       sa_family_t family)
{
	struct udp_port_cfg cfg = {
		.family = family,
		.local_udp_port = htons(port->port),
		.use_udp6_tx_checksums = true,
		.use_udp6_rx_checksums = true,
		.ipv6_v6only = true,
	};
	struct udp_tunnel_sock_cfg tunnel = {
		.sk_user_data = port,
		.encap_type = GEMCAST_ENCAP_TYPE,
		.encap_rcv = gemcast_udp_receive,
	};
	struct socket *sock;
	int err;

	err = udp_sock_create(port->gn->net, &cfg, &sock);
	if (err)
		return ERR_PTR(err);
	setup_udp_tunnel_sock(port->gn->net, sock, &tunnel);
	return sock;
}

static int gemcast_udp_port_open(struct gemcast_udp_port *port)
{
	port->sock4 = gemcast_udp_open(port, AF_INET);
	if (IS_ERR(port->sock4))
		return PTR_ERR(port->sock4);
	port->sock6 = gemcast_udp_open(port, AF_INET6);
	if (!IS_ERR(port->sock6))
		return 0;
	udp_tunnel_sock_release(port->sock4);
	return PTR_ERR(port->sock6);
}

/**
 * gemcast_udp_port_get() - Take a local UDP port into use.
 * @gn: namespace, locked
 * @number: the port, host order
 * @extack: takes the reason for a refusal
 *
 * Return: the port or an ERR_PTR.
 */
struct gemcast_udp_port *gemcast_udp_port_get(struct gemcast_net *gn,
					      u16 number,
					      struct netlink_ext_ack *extack)
{
	struct gemcast_udp_port *port;
	int err;

	lockdep_assert_held(&gn->lock);
	list_for_each_entry(port, &gn->udp_ports, node) {
		if (port->port == number) {
			port->users++;
			return port;
		}
	}
	port = kzalloc(sizeof(*port), GFP_KERNEL_ACCOUNT);
	if (!port)
		return ERR_PTR(-ENOMEM);
	port->gn = gn;
	port->port = number;
	port->users = 1;
	err = gemcast_udp_port_open(port);
	if (err) {
		if (err == -EADDRINUSE)
			NL_SET_ERR_MSG(extack,
				       "another program has this UDP port");
		else
			NL_SET_ERR_MSG(extack, "cannot open this UDP port");
		kfree(port);
		return ERR_PTR(err);
	}
	list_add(&port->node, &gn->udp_ports);
	return port;
}

/**
 * gemcast_udp_port_put() - Let go a port; the last user closes it.
 * @gn: namespace, locked
 * @port: the port
 */
void gemcast_udp_port_put(struct gemcast_net *gn,
			  struct gemcast_udp_port *port)
{
	lockdep_assert_held(&gn->lock);
	if (--port->users)
		return;
	list_del(&port->node);
	udp_tunnel_sock_release(port->sock4);
	udp_tunnel_sock_release(port->sock6);
	kfree(port);
}

/* The route to a peer, and the source that goes with it; or NULL. */
static struct rtable *gemcast_udp_route4(const struct gemcast_group *group,
					 struct gemcast_peer *peer, u32 mark,
					 u8 tos, __be32 *src)
{
	struct flowi4 fl4;
	struct rtable *rt;

	rt = dst_cache_get_ip4(&peer->cache, src);
	if (rt)
		return rt;
	flowi4_init_output(&fl4, READ_ONCE(peer->ifindex), mark,
			   tos & INET_DSCP_MASK, RT_SCOPE_UNIVERSE, IPPROTO_UDP,
			   0, gemcast_addr_v4(&peer->cfg.addr), 0,
			   htons(peer->cfg.port), htons(group->cfg.port),
			   sock_net_uid(group->gn->net, NULL));
	rt = ip_route_output_key(group->gn->net, &fl4);
	if (IS_ERR(rt))
		return NULL;
	*src = fl4.saddr;
	dst_cache_set_ip4(&peer->cache, &rt->dst, fl4.saddr);
	return rt;
}

static struct dst_entry *gemcast_udp_route6(const struct gemcast_group *group,
					    struct gemcast_peer *peer, u32 mark,
					    struct in6_addr *src)
{
	struct flowi6 fl6 = {
		.flowi6_oif = READ_ONCE(peer->ifindex),
		.flowi6_mark = mark,
		.flowi6_proto = IPPROTO_UDP,
		.daddr = peer->cfg.addr,
		.fl6_dport = htons(peer->cfg.port),
		.fl6_sport = htons(group->cfg.port),
	};
	struct dst_entry *dst;

	dst = dst_cache_get_ip6(&peer->cache, src);
	if (dst)
		return dst;
	dst = ip6_dst_lookup_flow(group->gn->net, group->port->sock6->sk, &fl6,
				  NULL);
	if (IS_ERR(dst))
		return NULL;
	*src = fl6.saddr;
	dst_cache_set_ip6(&peer->cache, dst, src);
	return dst;
}

static bool gemcast_udp_send4(const struct gemcast_group *group,
			      struct gemcast_peer *peer, struct sk_buff *skb,
			      u8 tos)
{
	struct rtable *rt;
	__be32 src;

	rt = gemcast_udp_route4(group, peer, skb->mark, tos, &src);
	if (!rt)
		return false;
	/* RFC 3948 2.1: the checksum should be zero. */
	udp_tunnel_xmit_skb(rt, group->port->sock4->sk, skb, src,
			    gemcast_addr_v4(&peer->cfg.addr), tos,
			    ip4_dst_hoplimit(&rt->dst), 0,
			    htons(group->cfg.port), htons(peer->cfg.port),
			    false, true);
	return true;
}

static bool gemcast_udp_send6(const struct gemcast_group *group,
			      struct gemcast_peer *peer, struct sk_buff *skb,
			      u8 tos)
{
	struct dst_entry *dst;
	struct in6_addr src;

	dst = gemcast_udp_route6(group, peer, skb->mark, &src);
	if (!dst)
		return false;
	udp_tunnel6_xmit_skb(dst, group->port->sock6->sk, skb, NULL, &src,
			     &peer->cfg.addr, tos, ip6_dst_hoplimit(dst), 0,
			     htons(group->cfg.port), htons(peer->cfg.port),
			     false);
	return true;
}

/* A peer bound to an interface that is gone has none. */
static bool gemcast_udp_reachable(const struct gemcast_peer *peer)
{
	return !peer->cfg.dev[0] || READ_ONCE(peer->ifindex);
}

/* The longest ESP packet for this peer that goes out in one piece. */
static unsigned int gemcast_udp_room_peer(const struct gemcast_group *group,
					  struct gemcast_peer *peer)
{
	unsigned int mtu = IP_MAX_MTU, head = sizeof(struct udphdr);
	struct dst_entry *dst;
	struct in6_addr src6;
	struct rtable *rt;
	__be32 src4;

	if (!gemcast_udp_reachable(peer))
		return mtu;
	if (ipv6_addr_v4mapped(&peer->cfg.addr)) {
		rt = gemcast_udp_route4(group, peer, 0, 0, &src4);
		dst = rt ? &rt->dst : NULL;
		head += sizeof(struct iphdr);
	} else {
		dst = gemcast_udp_route6(group, peer, 0, &src6);
		head += sizeof(struct ipv6hdr);
	}
	if (!dst)
		return mtu;
	mtu = dst_mtu(dst);
	dst_release(dst);
	return max_t(unsigned int, mtu, GEMCAST_UDP_MTU_MIN) - head;
}

/**
 * gemcast_udp_room() - The longest ESP packet that no peer gets in pieces.
 * @group: a udp group
 *
 * Context: RCU, softirqs off.
 * Return: its length.
 */
unsigned int gemcast_udp_room(const struct gemcast_group *group)
{
	unsigned int room = ETH_DATA_LEN - GEMCAST_UDP_HEAD;
	struct gemcast_peer *peer;
	bool first = true;

	list_for_each_entry_rcu(peer, &group->peers, node) {
		unsigned int of_peer = gemcast_udp_room_peer(group, peer);

		room = first ? of_peer : min(room, of_peer);
		first = false;
	}
	return min_t(unsigned int, room, IP_MAX_MTU - GEMCAST_UDP_HEAD);
}

/* Consumes @skb. */
static void gemcast_udp_send_peer(const struct gemcast_group *group,
				  struct gemcast_peer *peer,
				  struct sk_buff *skb, u8 tos)
{
	unsigned int len = skb->len;
	bool sent = false;

	if (gemcast_udp_reachable(peer)) {
		skb->ignore_df = true;
		if (ipv6_addr_v4mapped(&peer->cfg.addr))
			sent = gemcast_udp_send4(group, peer, skb, tos);
		else
			sent = gemcast_udp_send6(group, peer, skb, tos);
	}
	if (sent) {
		gemcast_counters_add(peer->out, 1, len);
		return;
	}
	kfree_skb(skb);
	gemcast_stats_inc(group->gn, GEMCAST_A_STATS_OUT_NO_ROUTE);
}

/**
 * gemcast_udp_send() - Send an ESP packet to all peers of a group.
 * @group: a udp group
 * @skb: the packet, with headroom for all headers; consumed
 * @tos: DSCP and ECN for the outer header
 *
 * Context: RCU, softirqs off.
 */
void gemcast_udp_send(struct gemcast_group *group, struct sk_buff *skb, u8 tos)
{
	struct gemcast_peer *peer, *last = NULL;
	struct sk_buff *copy;

	list_for_each_entry_rcu(peer, &group->peers, node) {
		/* The packet itself goes to the last one. */
		if (last) {
			copy = skb_copy(skb, GFP_ATOMIC | __GFP_NOWARN);
			if (copy)
				gemcast_udp_send_peer(group, last, copy, tos);
			else
				gemcast_stats_inc(group->gn,
						  GEMCAST_A_STATS_OUT_NO_MEMORY);
		}
		last = peer;
	}
	if (last) {
		gemcast_udp_send_peer(group, last, skb, tos);
		return;
	}
	kfree_skb(skb);
	gemcast_stats_inc(group->gn, GEMCAST_A_STATS_OUT_NO_PEER);
}
