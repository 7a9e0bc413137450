// SPDX-License-Identifier: GPL-2.0
/*
 * Outer headers: where an ESP packet goes, how long it may be, and the IP
 * header before it. With preserved addresses the cleartext's own route serves
 * (RFC 5374 3.1); else one is looked up.
 *
 * All of it runs under RCU with softirqs off and takes no lock.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/inet_ecn.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/route.h>
#include "esp.h"
#include "outer.h"
#include "udp.h"

/* Longest ESP packet that an IP packet can hold. */
#define GEMCAST_ESP_MAX4	(IP_MAX_MTU - sizeof(struct iphdr))
#define GEMCAST_ESP_MAX6	IPV6_MAXPLEN
#define GEMCAST_MTU_MIN		576	/* of IPv4; routes may claim less */
#define GEMCAST_ESP_MAX_UDP	(GEMCAST_ESP_MAX4 - sizeof(struct udphdr))
/* Smaller buffers are not pieces of a page. */
#define GEMCAST_PIECE_MIN	1024

/* DSCP and ECN of the outer header (RFC 2983, RFC 6040). */
static u8 gemcast_outer_tos(const struct gemcast_out *out,
			    const struct sk_buff *skb)
{
	const struct gemcast_policy_config *cfg = &out->policy->cfg;
	u8 tos = ip_hdr(skb)->version == 6 ? ipv6_get_dsfield(ipv6_hdr(skb)) :
					     ip_hdr(skb)->tos;

	if (cfg->has_dscp)
		tos = cfg->dscp << 2 | (tos & INET_ECN_MASK);
	if (cfg->ecn == GEMCAST_ECN_CLEAR)
		tos &= ~INET_ECN_MASK;
	return tos;
}

static struct dst_entry *gemcast_outer_lookup4(struct gemcast_out *out,
					       const struct sk_buff *skb,
					       int oif)
{
	struct flowi4 fl4;
	struct rtable *rt;
	__be32 src = 0;

	if (!ipv6_addr_any(&out->src))
		src = gemcast_addr_v4(&out->src);
	flowi4_init_output(&fl4, oif, skb->mark,
			   gemcast_outer_tos(out, skb) & INET_DSCP_MASK,
			   RT_SCOPE_UNIVERSE, IPPROTO_ESP, FLOWI_FLAG_ANYSRC,
			   gemcast_addr_v4(&out->dst), src, 0, 0,
			   sock_net_uid(out->gn->net, NULL));
	rt = ip_route_output_key(out->gn->net, &fl4);
	if (IS_ERR(rt))
		return NULL;
	ipv6_addr_set_v4mapped(fl4.saddr, &out->src);
	return &rt->dst;
}

static struct dst_entry *gemcast_outer_lookup6(struct gemcast_out *out,
					       const struct sk_buff *skb,
					       int oif)
{
	struct flowi6 fl6 = {
		.flowi6_oif = oif,
		.flowi6_mark = skb->mark,
		.flowi6_proto = IPPROTO_ESP,
		.flowi6_flags = FLOWI_FLAG_ANYSRC,
		.saddr = out->src,
		.daddr = out->dst,
	};
	struct dst_entry *dst;

	dst = ip6_dst_lookup_flow(out->gn->net, out->gn->ctl6, &fl6, NULL);
	if (IS_ERR(dst))
		return NULL;
	out->src = fl6.saddr;
	return dst;
}

/* An own address for the interface, when policy names none. */
static bool gemcast_outer_source(struct gemcast_out *out,
				 struct net_device *dev)
{
	__be32 src;

	if (out->v6)
		return !ipv6_dev_get_saddr(out->gn->net, dev, &out->dst, 0,
					   &out->src);
	src = inet_select_addr(dev, gemcast_addr_v4(&out->dst),
			       RT_SCOPE_UNIVERSE);
	ipv6_addr_set_v4mapped(src, &out->src);
	return src;
}

/* As policy says where the tunnel goes, which need not be where the cleartext does. */
static noinline int gemcast_outer_route_own(struct gemcast_out *out,
					    const struct sk_buff *skb,
					    const struct nf_hook_state *state)
{
	int oif = gemcast_addr_multicast(&out->dst) ? state->out->ifindex : 0;

	out->route = out->v6 ? gemcast_outer_lookup6(out, skb, oif) :
			       gemcast_outer_lookup4(out, skb, oif);
	if (!out->route)
		return GEMCAST_A_STATS_OUT_NO_ROUTE;
	out->own_route = true;
	return 0;
}

/**
 * gemcast_outer_route() - Find addresses and route of the outer header.
 * @out: packet on its way; filled in
 * @skb: the cleartext
 * @state: of the hook
 *
 * Return: 0, or the counter of drops to count.
 */
int gemcast_outer_route(struct gemcast_out *out, struct sk_buff *skb,
			const struct nf_hook_state *state)
{
	const struct gemcast_policy_config *cfg = &out->policy->cfg;
	bool whole = cfg->mode == GEMCAST_MODE_TRANSPORT;

	if (out->policy->group->port)
		return 0;
	out->src = whole || cfg->preserve & GEMCAST_PRESERVE_SRC ?
		   out->flow.src : cfg->local;
	out->dst = whole || cfg->preserve & GEMCAST_PRESERVE_DST ?
		   out->flow.dst : cfg->remote;
	if (!whole && !(cfg->preserve & GEMCAST_PRESERVE_DST))
		return gemcast_outer_route_own(out, skb, state);
	out->route = skb_dst(skb);
	if (ipv6_addr_any(&out->src) && !gemcast_outer_source(out, state->out))
		return GEMCAST_A_STATS_OUT_NO_ROUTE;
	return 0;
}

void gemcast_outer_done(struct gemcast_out *out)
{
	if (out->own_route)
		dst_release(out->route);
}

/* Of the ESP packet for @len bytes of cleartext, if it is not cut. */
static unsigned int gemcast_outer_esp_len(const struct gemcast_out *out,
					  unsigned int len)
{
	unsigned int strip = 0;

	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT)
		strip = out->flow.frag_part;
	return gemcast_esp_len(out->sa, len - strip);
}

/* Length of the IP headers before ESP. */
static unsigned int gemcast_outer_head(const struct gemcast_out *out)
{
	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT)
		return out->flow.frag_part;
	return out->v6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

/*
 * IPv6 has no bit that forbids to cut: routers do not cut, and senders do unless
 * they are told. Every link carries 1,280 bytes. What came in pieces that would
 * have fitted has been cut already.
 */
static bool gemcast_outer_df6(const struct gemcast_out *out, unsigned int len)
{
	if (out->policy->cfg.df == GEMCAST_DF_COPY && !out->whole)
		return false;
	return len > IPV6_MIN_MTU &&
	       !(out->pieces && out->pieces <= gemcast_outer_longest(out));
}

/* May the packet, whose cleartext has @len bytes, not be cut? */
static bool gemcast_outer_df(const struct gemcast_out *out,
			     const struct sk_buff *skb, unsigned int len)
{
	switch (out->policy->cfg.df) {
	case GEMCAST_DF_CLEAR:
		return false;
	case GEMCAST_DF_SET:
		return !out->v6 || gemcast_outer_df6(out, len);
	case GEMCAST_DF_COPY:
		break;
	}
	if (out->v6)
		return gemcast_outer_df6(out, len);
	return ip_hdr(skb)->frag_off & htons(IP_DF);
}

unsigned int gemcast_outer_room(const struct gemcast_out *out)
{
	unsigned int head = gemcast_outer_head(out);
	unsigned int mtu;

	if (!out->route)
		return gemcast_udp_room(out->policy->group);
	mtu = max_t(unsigned int, dst_mtu(out->route), GEMCAST_MTU_MIN);
	return mtu - min(mtu, head);
}

unsigned int gemcast_outer_longest(const struct gemcast_out *out)
{
	unsigned int len = gemcast_esp_payload(out->sa,
					       gemcast_outer_room(out));

	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT)
		len += out->flow.frag_part;
	return len;
}

/* Longer than any ESP packet can be? */
static bool gemcast_outer_too_long(const struct gemcast_out *out,
				   unsigned int len)
{
	if (!out->route)
		return len > GEMCAST_ESP_MAX_UDP;
	len += gemcast_outer_head(out);
	if (out->v6)
		return len > GEMCAST_ESP_MAX6 + sizeof(struct ipv6hdr);
	return len > IP_MAX_MTU;
}

/**
 * gemcast_outer_fit() - How does a packet go into ESP packets?
 * @out: packet on its way; length, and whether it may be cut, are filled in
 * @skb: the cleartext, or a batch of such
 * @len: length of the cleartext
 *
 * Return: as a whole; in slices, since it is longer than any ESP packet can be, or
 * since policy has it cut before; or not at all, as it may not be cut.
 */
enum gemcast_fit gemcast_outer_fit(struct gemcast_out *out,
				   const struct sk_buff *skb, unsigned int len)
{
	bool before = out->policy->cfg.fragment == GEMCAST_FRAGMENT_BEFORE;

	out->df = gemcast_outer_df(out, skb, len);
	len = gemcast_outer_esp_len(out, len);
	out->len = len;
	if (gemcast_outer_too_long(out, len))
		return GEMCAST_FIT_SLICES;
	if (!(out->df ? !!out->route : before && !out->flow.fragment) ||
	    len <= gemcast_outer_room(out))
		return GEMCAST_FIT_WHOLE;
	return out->df ? GEMCAST_FIT_NOT : GEMCAST_FIT_SLICES;
}

/* Where the protocol behind the first @len bytes of headers is said. */
static unsigned int gemcast_outer_next_offset(const u8 *head, unsigned int len)
{
	unsigned int at = offsetof(struct ipv6hdr, nexthdr);
	unsigned int offset = sizeof(struct ipv6hdr);

	if (*head >> 4 == 4)
		return offsetof(struct iphdr, protocol);
	/* Such a header says its length, in 8 bytes, and what follows. */
	while (offset < len) {
		at = offset;
		offset += ipv6_optlen((struct ipv6_opt_hdr *)(head + offset));
	}
	return at;
}

void gemcast_outer_set_next(u8 *head, unsigned int len, u8 next)
{
	head[gemcast_outer_next_offset(head, len)] = next;
}

u8 gemcast_outer_next(const struct sk_buff *skb, unsigned int len)
{
	const u8 *head = skb_network_header(skb);

	return head[gemcast_outer_next_offset(head, len)];
}

/*
 * Most are pieces of pages, as what drivers receive is, at half the cost; but a page is
 * held by its last piece, so that the small ones are not. None lies across two pages:
 * ciphers begin anew with each.
 */
static struct sk_buff *gemcast_outer_buffer(unsigned int len)
{
	unsigned int size = SKB_DATA_ALIGN(len) +
			    SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb;
	void *data;

	if (size <= GEMCAST_PIECE_MIN || size > PAGE_SIZE)
		return alloc_skb(len, GFP_ATOMIC | __GFP_NOWARN);
	data = napi_alloc_frag_align(size, roundup_pow_of_two(size));
	if (!data)
		return NULL;
	skb = napi_build_skb(data, size);
	if (!skb)
		skb_free_frag(data);
	return skb;
}

/**
 * gemcast_outer_alloc() - A buffer for an ESP packet.
 * @out: packet on its way
 * @payload: bytes to be encrypted
 *
 * Return: the buffer, data at the ESP header; or NULL.
 */
struct sk_buff *gemcast_outer_alloc(const struct gemcast_out *out,
				    unsigned int payload)
{
	unsigned int len = gemcast_esp_len(out->sa, payload);
	unsigned int head = GEMCAST_UDP_HEAD + LL_MAX_HEADER;
	unsigned int tail = 0;
	struct sk_buff *esp;

	if (out->route) {
		head = gemcast_outer_head(out) +
		       LL_RESERVED_SPACE(out->route->dev);
		tail = out->route->dev->needed_tailroom;
	}
	esp = gemcast_outer_buffer(head + len + tail);
	if (!esp)
		return NULL;
	skb_reserve(esp, head);
	__skb_put(esp, len);
	return esp;
}

/* Who is told when the cleartext has been sent is not told of ESP. */
static bool gemcast_outer_told(const struct gemcast_out *out,
			       const struct sk_buff *skb)
{
	return !out->forwarded && skb_shinfo(skb)->tx_flags;
}

/* For ESP around the cleartext, which may be moved back in its buffer for that. */
static bool gemcast_outer_make_room(const struct gemcast_out *out,
				    struct sk_buff *skb)
{
	const struct net_device *dev = out->route->dev;
	int tail = out->len - GEMCAST_ESP_HEAD - skb->len + dev->needed_tailroom;
	int move = GEMCAST_ESP_HEAD + gemcast_outer_head(out) +
		   LL_RESERVED_SPACE(dev) - skb_headroom(skb);

	if (move <= 0)
		return skb_tailroom(skb) >= tail;
	move = ALIGN(move, sizeof(u64));
	if (skb_tailroom(skb) < tail + move)
		return false;
	__skb_put(skb, move);
	memmove(skb->data + move, skb->data, skb->len - move);
	__skb_pull(skb, move);
	skb_reset_network_header(skb);
	return true;
}

bool gemcast_outer_take(struct gemcast_out *out, struct sk_buff *skb)
{
	unsigned long route = skb->_skb_refdst;

	if (!out->route || out->loops || skb_cloned(skb) || skb_shared(skb) ||
	    skb_is_nonlinear(skb) || gemcast_outer_told(out, skb) ||
	    out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT)
		return false;
	gemcast_outer_checksum(skb, 0, skb->data);
	skb->ip_summed = CHECKSUM_NONE;
	if (!gemcast_outer_make_room(out, skb))
		return false;
	/* What it is and whence it came is not the ESP packet's; its route may be. */
	skb->_skb_refdst = 0;
	skb_scrub_packet(skb, false);
	skb->_skb_refdst = route;
	if (out->own_route)
		skb_dst_drop(skb);
	skb->encapsulation = 0;
	skb_clear_hash(skb);
	__skb_push(skb, GEMCAST_ESP_HEAD);
	__skb_put(skb, out->len - skb->len);
	out->consumed = true;
	return true;
}

void gemcast_outer_checksum(const struct sk_buff *skb, unsigned int strip,
			    u8 *payload)
{
	unsigned int start, len;
	__sum16 *sum;

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return;
	start = skb_checksum_start_offset(skb) - strip;
	if (start + skb->csum_offset + sizeof(*sum) > skb->len - strip)
		return;
	len = skb->len - strip - start;
	sum = (__sum16 *)(payload + start + skb->csum_offset);
	/* The field holds the pseudo header's sum. */
	*sum = csum_fold(csum_partial(payload + start, len, 0)) ?:
	       CSUM_MANGLED_0;
}

static void gemcast_outer_id(struct iphdr *ip, const struct gemcast_sa *sa,
			     u32 seq)
{
	ip->id = htons((u16)(sa->ip_id + seq));
	ip_send_check(ip);
}

static void gemcast_outer_header4(const struct gemcast_out *out,
				  const struct sk_buff *skb,
				  struct sk_buff *esp, u8 tos, u32 seq)
{
	const struct iphdr *inner = ip_hdr(skb);
	unsigned int head = gemcast_outer_head(out);
	struct iphdr *ip = __skb_push(esp, head);

	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT) {
		skb_copy_bits(skb, 0, ip, head);
	} else {
		ip->version = 4;
		ip->ihl = sizeof(*ip) / 4;
		ip->tos = tos;
		ip->ttl = inner->ttl;
		ip->saddr = gemcast_addr_v4(&out->src);
		ip->daddr = gemcast_addr_v4(&out->dst);
	}
	ip->protocol = IPPROTO_ESP;
	ip->tot_len = htons(esp->len);
	ip->frag_off = esp->ignore_df ? 0 : htons(IP_DF);
	gemcast_outer_id(ip, out->sa, seq);
	esp->protocol = htons(ETH_P_IP);
}

static void gemcast_outer_header6(const struct gemcast_out *out,
				  const struct sk_buff *skb,
				  struct sk_buff *esp, u8 tos)
{
	const struct ipv6hdr *inner = ipv6_hdr(skb);
	unsigned int head = gemcast_outer_head(out);
	struct ipv6hdr *ip = __skb_push(esp, head);

	if (out->policy->cfg.mode == GEMCAST_MODE_TRANSPORT) {
		skb_copy_bits(skb, 0, ip, head);
		gemcast_outer_set_next((u8 *)ip, head, IPPROTO_ESP);
	} else {
		ip6_flow_hdr(ip, tos, ip6_flowlabel(inner));
		ip->nexthdr = IPPROTO_ESP;
		ip->hop_limit = inner->hop_limit;
		ip->saddr = out->src;
		ip->daddr = out->dst;
	}
	ip->payload_len = htons(esp->len - sizeof(*ip));
	esp->protocol = htons(ETH_P_IPV6);
}

/* Before it is sealed: what it is made from may be about to be encrypted. */
static void gemcast_outer_header(const struct gemcast_out *out,
				 const struct sk_buff *skb, struct sk_buff *esp,
				 u8 tos, u32 seq)
{
	if (out->v6)
		gemcast_outer_header6(out, skb, esp, tos);
	else
		gemcast_outer_header4(out, skb, esp, tos, seq);
	skb_set_transport_header(esp, gemcast_outer_head(out));
	skb_reset_network_header(esp);
	/* Routed with the cleartext, or on its own; who keeps it takes hold of the route. */
	if (!skb_dst(esp))
		skb_dst_set_noref(esp, out->route);
}

/* Loops back to no one. */
static __always_inline void
gemcast_outer_transmit(struct gemcast_net *gn, struct sk_buff *esp,
		       bool forwarded)
{
	memset(esp->cb, 0, sizeof(struct inet6_skb_parm));
	if (esp->protocol == htons(ETH_P_IPV6)) {
		if (forwarded)
			IP6CB(esp)->flags |= IP6SKB_FORWARDED;
		ip6_output(gn->net, gn->ctl6, esp);
	} else {
		if (forwarded)
			IPCB(esp)->flags |= IPSKB_FORWARDED;
		ip_output(gn->net, gn->ctl4, esp);
	}
}

/* The ESP packet is sealed. */
static __always_inline void
gemcast_outer_sealed(struct gemcast_sa *sa, struct sk_buff *esp,
		     unsigned int payload, u8 tos, bool forwarded)
{
	gemcast_stats_inc(sa->gn, GEMCAST_A_STATS_OUT_PACKETS);
	gemcast_counters_add(sa->out, 1, payload);
	if (sa->key.port)
		gemcast_udp_send(sa->group, esp, tos);
	else
		gemcast_outer_transmit(sa->gn, esp, forwarded);
}

/* It waits in the lane, and holds whatever it needs then. */
static noinline int gemcast_outer_queue(struct gemcast_out *out,
					struct sk_buff *esp,
					const struct gemcast_job *job)
{
	bool held = gemcast_sa_hold(out->sa);
	int drop = held ? 0 : GEMCAST_A_STATS_OUT_EXPIRED;

	if (!drop && out->route && !skb_dst_force(esp))
		drop = GEMCAST_A_STATS_OUT_NO_ROUTE;
	if (!drop) {
		*gemcast_job(esp) = *job;
		esp->dev = NULL;
		drop = gemcast_lane_add(out->lane, esp);
	}
	if (!drop) {
		out->sent = true;
		return 0;
	}
	if (held)
		gemcast_sa_put(out->sa);
	kfree_skb(esp);
	return drop;
}

/* The sender's buffer is its own until its last packet has gone; so is the time to go. */
static void gemcast_outer_own(struct sk_buff *esp, const struct sk_buff *skb)
{
	if (skb->sk && sk_fullsock(skb->sk))
		skb_set_owner_w(esp, skb->sk);
	gemcast_skb_copy_time(esp, skb);
}

/**
 * gemcast_outer_send() - Seal an ESP packet and send it.
 * @out: packet on its way
 * @skb: the cleartext, for its header
 * @esp: the ESP packet, its payload in place; consumed
 * @payload: length of that
 * @next: its protocol
 * @seq: sequence number
 *
 * Return: 0, or the counter of drops to count.
 */
int gemcast_outer_send(struct gemcast_out *out, const struct sk_buff *skb,
		       struct sk_buff *esp, unsigned int payload, u8 next,
		       u32 seq)
{
	u8 *start = esp->data, tos = gemcast_outer_tos(out, skb);

	/* Whatever is longer than the MTU is cut unless DF forbids. */
	esp->ignore_df = !out->df;
	if (out->route)
		gemcast_outer_header(out, skb, esp, tos, seq);
	esp->priority = skb->priority;
	esp->mark = skb->mark;
	if (!out->forwarded && esp != skb)
		gemcast_outer_own(esp, skb);
	if (unlikely(out->lane))
		return gemcast_outer_queue(out, esp, &(struct gemcast_job){
			.sa = out->sa, .payload = payload, .next = next,
			.tos = tos, .head = start - esp->data,
			.forwarded = out->forwarded,
		});
	if (gemcast_esp_seal(out->sa, start, payload, next, seq)) {
		kfree_skb(esp);
		return GEMCAST_A_STATS_OUT_CRYPTO;
	}
	out->sent = true;
	gemcast_outer_sealed(out->sa, esp, payload, tos, out->forwarded);
	return 0;
}

void gemcast_outer_work(struct sk_buff *esp)
{
	struct gemcast_job *job = gemcast_job(esp);

	if (job->head && esp->protocol == htons(ETH_P_IP))
		gemcast_outer_id(ip_hdr(esp), job->sa, job->seq);
	if (gemcast_esp_seal(job->sa, esp->data + job->head, job->payload,
			     job->next, job->seq))
		job->drop = GEMCAST_A_STATS_OUT_CRYPTO;
}

void gemcast_outer_end(struct sk_buff *esp)
{
	struct gemcast_job job = *gemcast_job(esp);

	memset(esp->cb, 0, sizeof(esp->cb));
	if (!job.drop) {
		gemcast_outer_sealed(job.sa, esp, job.payload, job.tos,
				     job.forwarded);
		return;
	}
	gemcast_stats_inc(job.sa->gn, job.drop);
	kfree_skb(esp);
}
