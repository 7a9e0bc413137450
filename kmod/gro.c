// SPDX-License-Identifier: GPL-2.0
/*
 * Trains: UDP datagrams of one flow that came out of ESP one behind the other are put
 * together to one packet, as generic receive offload does with those that came in the
 * clear. Routing, firewalls and multicast forwarding see it once; a socket, or the device
 * that it leaves by, takes it apart, or a socket with UDP_GRO reads it as it is.
 *
 * Each CPU has a queue, and a NAPI that empties it when those before it have read what
 * there was. All cleartext of an interface that wants trains goes through it, so that
 * nothing is overtaken by what came later from the same sender.
 *
 * A queue is used by its CPU alone, with softirqs off, and needs no lock. What waits
 * there holds its interface.
 */
#include <linux/hash.h>
#include <linux/inetdevice.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/udp.h>
#include "flow.h"
#include "gro.h"
#include "input.h"
#include "net.h"
#include "resume.h"

#define GEMCAST_GRO_PLACE_BITS	4	/* places, as a power of two */
#define GEMCAST_GRO_PLACE	2	/* trains in one that may get longer */
#define GEMCAST_GRO_LONG	64	/* datagrams, as many as a socket sends at once */
#define GEMCAST_GRO_WAITING	1024	/* packets; the rest is dropped */

/* A packet that waits; a train if it has more than one datagram. */
struct gemcast_gro_cb {
	struct net *net;		/* in which it came in */
	gemcast_okfn okfn;
	struct sk_buff *last;		/* datagram of it */
	u16 datagrams;
	u16 size;			/* of their payload, the last one's may be less */
};

#define GEMCAST_GRO_CB(skb)	((struct gemcast_gro_cb *)(skb)->cb)

struct gemcast_gro {
	struct napi_struct napi;
	struct sk_buff_head waiting;
	/* Those of them that may get longer, by their addresses; the latest is first. */
	struct sk_buff *open[1 << GEMCAST_GRO_PLACE_BITS][GEMCAST_GRO_PLACE];
};

static struct gemcast_gro __percpu *gemcast_gro;
static struct net_device *gemcast_gro_dev;	/* a NAPI needs one */

static unsigned int gemcast_gro_head(const struct sk_buff *skb)
{
	return skb_transport_offset(skb) + sizeof(struct udphdr);
}

static struct sk_buff **gemcast_gro_place(struct gemcast_gro *gro,
					  const struct sk_buff *skb)
{
	u64 sum;

	if (skb->protocol == htons(ETH_P_IPV6))
		sum = (u64)ipv6_addr_hash(&ipv6_hdr(skb)->saddr) << 32 |
		      ipv6_addr_hash(&ipv6_hdr(skb)->daddr);
	else
		sum = get_unaligned((u64 *)&ip_hdr(skb)->saddr);
	sum ^= (unsigned long)skb->dev;
	return gro->open[hash_64(sum, GEMCAST_GRO_PLACE_BITS)];
}

/* From the same to the same, by one interface? */
static inline bool gemcast_gro_same(const struct sk_buff *a,
				    const struct sk_buff *b)
{
	if (!a || a->dev != b->dev || a->protocol != b->protocol)
		return false;
	if (a->protocol == htons(ETH_P_IPV6))
		return ipv6_addr_equal(&ipv6_hdr(a)->saddr,
				       &ipv6_hdr(b)->saddr) &&
		       ipv6_addr_equal(&ipv6_hdr(a)->daddr,
				       &ipv6_hdr(b)->daddr);
	return ip_hdr(a)->saddr == ip_hdr(b)->saddr &&
	       ip_hdr(a)->daddr == ip_hdr(b)->daddr;
}

/*
 * Where the train is, or is to be, that @skb may belong to. There is one at a time between
 * two addresses: nothing overtakes what was sent before it to another port.
 */
static struct sk_buff **gemcast_gro_open(struct gemcast_gro *gro,
					 const struct sk_buff *skb)
{
	struct sk_buff **open = gemcast_gro_place(gro, skb);

	if (gemcast_gro_same(open[0], skb))
		return open;
	swap(open[0], open[1]);
	if (!gemcast_gro_same(open[0], skb))
		open[0] = NULL;
	return open;
}

/* Is what comes in by its interface forwarded to groups? */
static bool gemcast_gro_forwarded(const struct sk_buff *skb)
{
	struct in_device *in_dev;
	struct inet6_dev *idev;

	if (skb->protocol == htons(ETH_P_IPV6)) {
		idev = __in6_dev_get(skb->dev);
		return idev && atomic_read(&idev->cnf.mc_forwarding);
	}
	in_dev = __in_dev_get_rcu(skb->dev);
	return in_dev && IN_DEV_MFORWARD(in_dev);
}

/*
 * The kernel drops what it should forward to a group, may not cut, and is longer than
 * the MTU, whether it is a train or not.
 */
static bool gemcast_gro_uncut(const struct sk_buff *skb)
{
	return skb->protocol == htons(ETH_P_IP) &&
	       ip_hdr(skb)->frag_off & htons(IP_DF) &&
	       gemcast_gro_forwarded(skb);
}

/*
 * Is it to be a list of packets, that sockets take apart at less cost? They keep their
 * headers as they are, and thus go no further than to this host.
 */
static bool gemcast_gro_listed(const struct sk_buff *skb)
{
	return skb->dev->features & NETIF_F_GRO_FRAGLIST &&
	       gemcast_flow_multicast(skb) && !gemcast_gro_forwarded(skb);
}

static bool gemcast_gro_plain(struct sk_buff *skb)
{
	unsigned int head;

	if (skb->protocol == htons(ETH_P_IPV6)) {
		head = sizeof(struct ipv6hdr);
		if (ipv6_hdr(skb)->nexthdr != IPPROTO_UDP)
			return false;
	} else {
		head = sizeof(struct iphdr);
		if (*skb->data != 0x45 || ip_hdr(skb)->protocol != IPPROTO_UDP ||
		    ip_is_fragment(ip_hdr(skb)))
			return false;
	}
	return skb->len > head + sizeof(struct udphdr) && !skb->sk &&
	       !skb_has_extensions(skb);
}

/* What is said to be intact is not looked at again. */
static bool gemcast_gro_intact(struct sk_buff *skb)
{
	const struct udphdr *udp = udp_hdr(skb);
	unsigned int len = ntohs(udp->len);
	__wsum sum = csum_partial(udp, len, 0);
	__sum16 bad;

	if (skb->protocol == htons(ETH_P_IPV6))
		bad = csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
				      &ipv6_hdr(skb)->daddr, len, IPPROTO_UDP,
				      sum);
	else
		bad = csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr,
					len, IPPROTO_UDP, sum);
	if (bad)
		return false;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->csum_level = 0;
	return true;
}

/* Length of the payload of a datagram that may be in a train; 0: it may not. */
static unsigned int gemcast_gro_payload(struct sk_buff *skb)
{
	const struct udphdr *udp = udp_hdr(skb);

	if (!gemcast_gro_plain(skb) || !udp->check ||
	    skb_transport_offset(skb) + ntohs(udp->len) != skb->len)
		return 0;
	return skb->len - gemcast_gro_head(skb);
}

/* Are the headers, but the addresses, those that the train's next datagram would have? */
static bool gemcast_gro_follows4(const struct sk_buff *train,
				 const struct sk_buff *skb)
{
	const struct iphdr *a = ip_hdr(train), *b = ip_hdr(skb);
	u16 apart = ntohs(b->id) - ntohs(a->id);

	return a->tos == b->tos && a->ttl == b->ttl &&
	       a->frag_off == b->frag_off &&
	       /* Who may not be cut needs none (RFC 6864 4.1). */
	       (a->frag_off & htons(IP_DF) ||
		apart == GEMCAST_GRO_CB(train)->datagrams);
}

static bool gemcast_gro_follows6(const struct sk_buff *train,
				 const struct sk_buff *skb)
{
	const struct ipv6hdr *a = ipv6_hdr(train), *b = ipv6_hdr(skb);

	return *(__be32 *)a == *(__be32 *)b && a->hop_limit == b->hop_limit;
}

static bool gemcast_gro_follows(const struct sk_buff *train,
				const struct sk_buff *skb,
				const struct nf_hook_state *state,
				unsigned int len)
{
	const struct gemcast_gro_cb *cb = GEMCAST_GRO_CB(train);
	const struct udphdr *a = udp_hdr(train), *b = udp_hdr(skb);

	if (cb->net != state->net || train->mark != skb->mark ||
	    train->priority != skb->priority ||
	    train->pkt_type != skb->pkt_type || len > cb->size ||
	    train->len + len > IP_MAX_MTU ||
	    ((a->source ^ b->source) | (a->dest ^ b->dest)))
		return false;
	return skb->protocol == htons(ETH_P_IPV6) ?
		       gemcast_gro_follows6(train, skb) :
		       gemcast_gro_follows4(train, skb);
}

/* False: and that was the last one. */
static bool gemcast_gro_append(struct sk_buff *train, struct sk_buff *skb,
			       unsigned int len)
{
	struct gemcast_gro_cb *cb = GEMCAST_GRO_CB(train);

	__skb_pull(skb, gemcast_gro_head(skb));
	if (cb->last == train)
		skb_shinfo(train)->frag_list = skb;
	else
		cb->last->next = skb;
	cb->last = skb;
	__skb_header_release(skb);
	train->data_len += len;
	train->len += len;
	train->truesize += skb->truesize;
	return ++cb->datagrams < GEMCAST_GRO_LONG && len == cb->size;
}

static void gemcast_gro_drop(struct net *net, struct sk_buff *skb,
			     unsigned int datagrams,
			     enum gemcast_stats_attr drop)
{
	while (datagrams--)
		gemcast_stats_inc(gemcast_net(net), drop);
	kfree_skb(skb);
}

static bool gemcast_gro_queue(struct gemcast_gro *gro, struct sk_buff *skb,
			      const struct nf_hook_state *state,
			      unsigned int len)
{
	if (skb_queue_len(&gro->waiting) >= GEMCAST_GRO_WAITING) {
		gemcast_gro_drop(state->net, skb, 1,
				 GEMCAST_A_STATS_IN_NO_MEMORY);
		return false;
	}
	skb_mac_header_rebuild(skb);
	*GEMCAST_GRO_CB(skb) = (struct gemcast_gro_cb){
		.net = state->net,
		.okfn = state->okfn,
		.last = skb,
		.datagrams = 1,
		.size = len,
	};
	dev_hold(skb->dev);
	__skb_queue_tail(&gro->waiting, skb);
	if (skb_queue_len(&gro->waiting) == 1)
		napi_schedule(&gro->napi);
	return true;
}

/**
 * gemcast_gro_receive() - Take cleartext that is to go up in trains.
 * @skb: the packet, its data at the network header; consumed
 * @state: of the hook
 *
 * Context: RCU, softirqs off.
 */
void gemcast_gro_receive(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct gemcast_gro *gro = this_cpu_ptr(gemcast_gro);
	struct sk_buff **open = gemcast_gro_open(gro, skb);
	unsigned int len = gemcast_gro_payload(skb);

	if (len && *open && gemcast_gro_follows(*open, skb, state, len) &&
	    gemcast_gro_intact(skb)) {
		if (!gemcast_gro_append(*open, skb, len))
			*open = NULL;
		return;
	}
	*open = NULL;
	if (len && (gemcast_gro_uncut(skb) || !gemcast_gro_intact(skb)))
		len = 0;
	if (gemcast_gro_queue(gro, skb, state, len) && len)
		*open = skb;
}

/* Of the first datagram, as if all were one. */
static void gemcast_gro_lengthen(struct sk_buff *skb)
{
	unsigned int len = skb->len - skb_transport_offset(skb);

	udp_hdr(skb)->len = htons(len);
	if (skb->protocol == htons(ETH_P_IPV6)) {
		ipv6_hdr(skb)->payload_len = htons(len);
	} else {
		ip_hdr(skb)->tot_len = htons(skb->len);
		ip_send_check(ip_hdr(skb));
	}
}

/* Makes it what a socket that sends with UDP_SEGMENT hands over. */
static void gemcast_gro_batch(struct sk_buff *skb)
{
	unsigned int len = skb->len - skb_transport_offset(skb);
	__sum16 sum;

	if (skb->protocol == htons(ETH_P_IPV6))
		sum = csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
				      &ipv6_hdr(skb)->daddr, len, IPPROTO_UDP,
				      0);
	else
		sum = csum_tcpudp_magic(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr,
					len, IPPROTO_UDP, 0);
	udp_hdr(skb)->check = ~sum;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct udphdr, check);
	skb->ip_summed = CHECKSUM_PARTIAL;
}

static void gemcast_gro_finish(struct sk_buff *skb)
{
	const struct gemcast_gro_cb *cb = GEMCAST_GRO_CB(skb);
	struct skb_shared_info *shinfo = skb_shinfo(skb);

	gemcast_gro_lengthen(skb);
	shinfo->gso_size = cb->size;
	shinfo->gso_segs = cb->datagrams;
	shinfo->gso_type = SKB_GSO_UDP_L4;
	if (gemcast_gro_listed(skb))
		shinfo->gso_type |= SKB_GSO_FRAGLIST;
	else
		gemcast_gro_batch(skb);
}

static void gemcast_gro_go_on(struct sk_buff *skb)
{
	const struct gemcast_gro_cb cb = *GEMCAST_GRO_CB(skb);
	struct gemcast_resume resume;

	/* Its namespace is there as long as the interface is in it. */
	if (!gemcast_resume_init(&resume, cb.net, skb, cb.okfn)) {
		kfree_skb(skb);
		return;
	}
	if (!(READ_ONCE(skb->dev->flags) & IFF_UP)) {
		gemcast_gro_drop(cb.net, skb, cb.datagrams,
				 GEMCAST_A_STATS_IN_NO_DEV);
		return;
	}
	if (cb.datagrams > 1)
		gemcast_gro_finish(skb);
	gemcast_input_cb(skb);
	gemcast_resume(&resume, skb);
}

static int gemcast_gro_poll(struct napi_struct *napi, int budget)
{
	struct gemcast_gro *gro = container_of(napi, struct gemcast_gro, napi);
	struct net_device *dev;
	struct sk_buff *skb;
	int done = 0;

	memset(gro->open, 0, sizeof(gro->open));
	while (done < budget && (skb = __skb_dequeue(&gro->waiting))) {
		dev = skb->dev;
		rcu_read_lock();
		gemcast_gro_go_on(skb);
		rcu_read_unlock();
		dev_put(dev);
		done++;
	}
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static void gemcast_gro_purge(struct gemcast_gro *gro)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&gro->waiting))) {
		dev_put(skb->dev);
		kfree_skb(skb);
	}
}

int __init gemcast_gro_init(void)
{
	int cpu;

	gemcast_gro = alloc_percpu(struct gemcast_gro);
	if (!gemcast_gro)
		return -ENOMEM;
	gemcast_gro_dev = gemcast_netdev_dummy_alloc();
	if (!gemcast_gro_dev) {
		free_percpu(gemcast_gro);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu) {
		struct gemcast_gro *gro = per_cpu_ptr(gemcast_gro, cpu);

		__skb_queue_head_init(&gro->waiting);
		set_bit(NAPI_STATE_NO_BUSY_POLL, &gro->napi.state);
		netif_napi_add(gemcast_gro_dev, &gro->napi, gemcast_gro_poll);
		napi_enable(&gro->napi);
	}
	return 0;
}

void gemcast_gro_exit(void)
{
	int cpu;

	/* A hook that is no longer registered may still run. */
	synchronize_net();
	for_each_possible_cpu(cpu) {
		struct gemcast_gro *gro = per_cpu_ptr(gemcast_gro, cpu);

		napi_disable(&gro->napi);
		netif_napi_del(&gro->napi);
		gemcast_gro_purge(gro);
	}
	gemcast_netdev_dummy_free(gemcast_gro_dev);
	free_percpu(gemcast_gro);
}
