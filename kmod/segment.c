// SPDX-License-Identifier: GPL-2.0
/*
 * Segments: a batch of UDP datagrams that a sender handed over in one packet is cut
 * straight into the buffers of their ESP packets.
 * No state, no locks.
 */
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include "segment.h"

/**
 * gemcast_segment_first() - Begin to cut a batch.
 * @seg: filled in with the first datagram
 * @out: where it goes
 * @skb: the batch
 *
 * Return: false if this is not the way to cut it.
 */
bool gemcast_segment_first(struct gemcast_segment *seg,
			   const struct gemcast_out *out,
			   const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);

	if ((shinfo->gso_type & ~SKB_GSO_DODGY) != SKB_GSO_UDP_L4 ||
	    !shinfo->gso_size || skb->ip_summed != CHECKSUM_PARTIAL ||
	    out->flow.proto != IPPROTO_UDP || out->flow.fragment)
		return false;
	seg->v6 = out->v6;
	seg->upper = out->flow.upper;
	seg->head = seg->upper + sizeof(struct udphdr);
	if (skb_headlen(skb) < seg->head || skb->len == seg->head)
		return false;
	seg->size = shinfo->gso_size;
	seg->total = skb->len - seg->head;
	seg->offset = 0;
	seg->number = 0;
	seg->len = min(seg->size, seg->total);
	return true;
}

unsigned int gemcast_segments(const struct gemcast_segment *seg)
{
	return DIV_ROUND_UP(seg->total, seg->size);
}

static void gemcast_segment_head4(const struct gemcast_segment *seg,
				  struct iphdr *ip)
{
	ip->tot_len = htons(gemcast_segment_len(seg));
	ip->id = htons((u16)(ntohs(ip->id) + seg->number));
	ip_send_check(ip);
}

/* @sum is that of the data. */
static void gemcast_segment_udp(const struct gemcast_segment *seg,
				const struct sk_buff *skb, struct udphdr *udp,
				__wsum sum)
{
	unsigned int len = sizeof(*udp) + seg->len;

	udp->len = htons(len);
	sum = csum_add(sum, (__force __wsum)*(__be32 *)udp);
	sum = csum_add(sum, (__force __wsum)(u32)(__force u16)udp->len);
	if (seg->v6)
		udp->check = csum_ipv6_magic(&ipv6_hdr(skb)->saddr,
					     &ipv6_hdr(skb)->daddr, len,
					     IPPROTO_UDP, sum);
	else
		udp->check = csum_tcpudp_magic(ip_hdr(skb)->saddr,
					       ip_hdr(skb)->daddr, len,
					       IPPROTO_UDP, sum);
	if (!udp->check)
		udp->check = CSUM_MANGLED_0;
}

/**
 * gemcast_segment_copy() - Copy a datagram out.
 * @seg: the batch
 * @skb: the same
 * @strip: so many bytes of headers before UDP are left out
 * @to: room for the rest of gemcast_segment_len() bytes
 *
 * Return: false if the batch is shorter than it says.
 */
bool gemcast_segment_copy(const struct gemcast_segment *seg,
			  const struct sk_buff *skb, unsigned int strip, u8 *to)
{
	const unsigned int at = seg->head + seg->offset;
	u8 *data = to + seg->head - strip;

	if (skb_copy_bits(skb, at, data, seg->len))
		return false;
	memcpy(to, skb_network_header(skb) + strip, seg->head - strip);
	/* At once it would be dearer: what copies and sums up has no fast strings. */
	gemcast_segment_udp(seg, skb, (void *)(to + seg->upper - strip),
			    csum_partial(data, seg->len, 0));
	if (strip)
		return true;
	if (seg->v6)
		((struct ipv6hdr *)to)->payload_len =
			htons(gemcast_segment_len(seg) - sizeof(struct ipv6hdr));
	else
		gemcast_segment_head4(seg, (void *)to);
	return true;
}
