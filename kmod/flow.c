// SPDX-License-Identifier: GPL-2.0
/*
 * Flows: reads of a packet what policies look at. Stateless; never writes to
 * the packet, which may be shared, not linear, or a liar.
 */
#include <linux/icmpv6.h>
#include <linux/igmp.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include "flow.h"

#define GEMCAST_IKE_PORT	500
#define GEMCAST_IKE_NAT_PORT	4500	/* RFC 3948 */
#define GEMCAST_GIKE_PORT	848	/* RFC 9838 2.1.1 */
#define GEMCAST_NO_ICMP		256

/* Both ports lead the header of all of these. */
static bool gemcast_flow_has_ports(u8 proto)
{
	switch (proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_DCCP:
	case IPPROTO_SCTP:
		return true;
	}
	return false;
}

static void gemcast_flow_upper(const struct sk_buff *skb,
			       struct gemcast_flow *flow, bool first)
{
	int offset = skb_network_offset(skb) + flow->upper;
	__be16 buf[2], *ports;
	u8 type, *icmp;

	flow->icmp_type = GEMCAST_NO_ICMP;
	flow->ports = false;
	flow->sport = 0;
	flow->dport = 0;
	if (!first)
		return;
	if (gemcast_flow_has_ports(flow->proto)) {
		ports = skb_header_pointer(skb, offset, sizeof(buf), buf);
		if (!ports)
			return;
		flow->sport = ntohs(ports[0]);
		flow->dport = ntohs(ports[1]);
		flow->ports = true;
	} else if (flow->proto == IPPROTO_ICMPV6) {
		icmp = skb_header_pointer(skb, offset, sizeof(type), &type);
		if (icmp)
			flow->icmp_type = *icmp;
	}
}

static bool gemcast_flow_read4(const struct sk_buff *skb,
			       const struct iphdr *ip,
			       struct gemcast_flow *flow)
{
	bool first;

	if (ip->ihl < 5)
		return false;
	ipv6_addr_set_v4mapped(ip->saddr, &flow->src);
	ipv6_addr_set_v4mapped(ip->daddr, &flow->dst);
	flow->proto = ip->protocol;
	flow->fragment = ip_is_fragment(ip);
	flow->upper = ip->ihl * 4;
	flow->frag_part = flow->upper;
	first = !(ip->frag_off & htons(IP_OFFSET));
	gemcast_flow_upper(skb, flow, first);
	return true;
}

/*
 * Walks the extension headers. What must stay before ESP are those that every
 * router reads: hop-by-hop options, and routing with the options before it
 * (RFC 4303 3.1.1).
 */
static bool gemcast_flow_read6(const struct sk_buff *skb,
			       struct gemcast_flow *flow)
{
	int net = skb_network_offset(skb), offset = sizeof(struct ipv6hdr);
	struct ipv6_opt_hdr opt_buf, *opt;
	struct frag_hdr frag_buf, *frag;
	struct ipv6hdr ip_buf, *ip;
	bool first = true;
	u8 next;

	ip = skb_header_pointer(skb, net, sizeof(ip_buf), &ip_buf);
	if (!ip)
		return false;
	flow->src = ip->saddr;
	flow->dst = ip->daddr;
	flow->fragment = false;
	flow->frag_part = offset;

	for (next = ip->nexthdr; first; next = opt->nexthdr) {
		if (next != NEXTHDR_HOP && next != NEXTHDR_ROUTING &&
		    next != NEXTHDR_DEST && next != NEXTHDR_FRAGMENT &&
		    next != NEXTHDR_AUTH)
			break;
		opt = skb_header_pointer(skb, net + offset, sizeof(opt_buf),
					 &opt_buf);
		if (!opt)
			return false;
		if (next == NEXTHDR_FRAGMENT) {
			frag = skb_header_pointer(skb, net + offset,
						  sizeof(frag_buf), &frag_buf);
			if (!frag)
				return false;
			flow->fragment = true;
			first = !(frag->frag_off & htons(IP6_OFFSET));
			offset += sizeof(*frag);
		} else if (next == NEXTHDR_AUTH) {
			offset += ipv6_authlen(opt);
		} else {
			offset += ipv6_optlen(opt);
		}
		if (next == NEXTHDR_HOP || next == NEXTHDR_ROUTING)
			flow->frag_part = offset;
	}
	flow->proto = next;
	flow->upper = offset;
	gemcast_flow_upper(skb, flow, first);
	return true;
}

/**
 * gemcast_flow_read() - Read addresses, protocol and ports of a packet.
 * @skb: packet, its network header set
 * @flow: filled in, but for the interface
 *
 * Return: false if the packet is malformed or neither IPv4 nor IPv6.
 */
bool gemcast_flow_read(const struct sk_buff *skb, struct gemcast_flow *flow)
{
	struct iphdr buf, *ip;

	ip = skb_header_pointer(skb, skb_network_offset(skb), sizeof(buf),
				&buf);
	if (!ip)
		return false;
	switch (ip->version) {
	case 4:
		return gemcast_flow_read4(skb, ip, flow);
	case 6:
		return gemcast_flow_read6(skb, flow);
	}
	return false;
}

static bool gemcast_flow_ike_port(u16 port)
{
	return port == GEMCAST_IKE_PORT || port == GEMCAST_IKE_NAT_PORT ||
	       port == GEMCAST_GIKE_PORT;
}

/**
 * gemcast_flow_neighbour() - Is it neighbour discovery?
 * @flow: a flow
 *
 * It passes whatever policies say: they cannot tell it from other ICMPv6, and
 * without it the network ends.
 *
 * Return: true if so.
 */
bool gemcast_flow_neighbour(const struct gemcast_flow *flow)
{
	return flow->proto == IPPROTO_ICMPV6 &&
	       flow->icmp_type >= NDISC_ROUTER_SOLICITATION &&
	       flow->icmp_type <= NDISC_REDIRECT;
}

/**
 * gemcast_flow_control() - Is it a control protocol of the network or ours?
 * @flow: a flow
 *
 * IGMP, MLD and IKE pass unless a policy names them.
 *
 * Return: true if so.
 */
bool gemcast_flow_control(const struct gemcast_flow *flow)
{
	switch (flow->proto) {
	case IPPROTO_IGMP:
		return ipv6_addr_v4mapped(&flow->dst);
	case IPPROTO_ICMPV6:
		return (flow->icmp_type >= ICMPV6_MGM_QUERY &&
			flow->icmp_type <= ICMPV6_MGM_REDUCTION) ||
		       flow->icmp_type == ICMPV6_MLD2_REPORT;
	case IPPROTO_UDP:
		return flow->ports && gemcast_flow_ike_port(flow->dport);
	}
	return false;
}
