// SPDX-License-Identifier: GPL-2.0
/*
 * Slices: a datagram that is too long for one ESP packet, or that policy wants
 * cut before it is encrypted, goes through a tunnel as IP fragments, each in an
 * ESP packet of its own. They are copied straight from the datagram. No state,
 * no locks.
 */
#include <linux/ip.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include "esp.h"
#include "outer.h"

/* Fragments but the last are whole units of 8 bytes (RFC 791, 3.2). */
#define GEMCAST_FRAG_UNIT	8

/**
 * gemcast_slice_first() - Begin to cut a datagram.
 * @slice: filled in with the first part
 * @out: where it goes
 * @skb: the datagram
 *
 * Return: false if the headers that each part repeats leave no room for more.
 */
bool gemcast_slice_first(struct gemcast_slice *slice,
			 const struct gemcast_out *out,
			 const struct sk_buff *skb)
{
	unsigned int longest = gemcast_outer_longest(out);
	struct net *net = out->gn->net;
	unsigned int head;
	struct iphdr ip;

	slice->v6 = out->v6;
	slice->head = out->flow.frag_part;
	slice->total = skb->len - slice->head;
	slice->offset = 0;
	slice->len = 0;
	head = gemcast_slice_len(slice);
	if (!slice->total || longest < head + GEMCAST_FRAG_UNIT)
		return false;
	slice->size = ALIGN_DOWN(longest - head, GEMCAST_FRAG_UNIT);
	slice->len = min(slice->size, slice->total);

	if (out->v6) {
		slice->id = ipv6_select_ident(net, &ipv6_hdr(skb)->daddr,
					      &ipv6_hdr(skb)->saddr);
	} else {
		ip = *ip_hdr(skb);
		__ip_select_ident(net, &ip, 1);
		slice->id = (__force __be32)ip.id;
	}
	return true;
}

/**
 * gemcast_slice_next() - Go on to the next part.
 * @slice: the slice
 *
 * Return: false if there is none.
 */
bool gemcast_slice_next(struct gemcast_slice *slice)
{
	slice->offset += slice->len;
	slice->len = min(slice->size, slice->total - slice->offset);
	return slice->len;
}

unsigned int gemcast_slices(const struct gemcast_slice *slice)
{
	return DIV_ROUND_UP(slice->total, slice->size);
}

unsigned int gemcast_slice_len(const struct gemcast_slice *slice)
{
	return slice->head + slice->len +
	       (slice->v6 ? sizeof(struct frag_hdr) : 0);
}

static bool gemcast_slice_last(const struct gemcast_slice *slice)
{
	return slice->offset + slice->len == slice->total;
}

static void gemcast_slice_head4(const struct gemcast_slice *slice, u8 *to)
{
	struct iphdr *ip = (void *)to;

	ip->tot_len = htons(gemcast_slice_len(slice));
	ip->id = (__force __be16)slice->id;
	ip->frag_off = htons(slice->offset / GEMCAST_FRAG_UNIT);
	if (!gemcast_slice_last(slice))
		ip->frag_off |= htons(IP_MF);
	ip_send_check(ip);
}

/* The fragment header comes in where the header before it says so. */
static void gemcast_slice_head6(const struct gemcast_slice *slice,
				const struct sk_buff *skb, u8 *to)
{
	struct frag_hdr *frag = (void *)(to + slice->head);
	struct ipv6hdr *ip = (void *)to;

	frag->nexthdr = gemcast_outer_next(skb, slice->head);
	frag->reserved = 0;
	frag->frag_off = htons(slice->offset);
	if (!gemcast_slice_last(slice))
		frag->frag_off |= htons(IP6_MF);
	frag->identification = slice->id;
	gemcast_outer_set_next(to, slice->head, NEXTHDR_FRAGMENT);
	ip->payload_len = htons(gemcast_slice_len(slice) - sizeof(*ip));
}

/**
 * gemcast_slice_copy() - Copy a part out as an IP fragment.
 * @slice: the slice
 * @skb: the datagram
 * @to: room for gemcast_slice_len() bytes
 *
 * Return: false if the datagram is shorter than it says.
 */
bool gemcast_slice_copy(const struct gemcast_slice *slice,
			const struct sk_buff *skb, u8 *to)
{
	unsigned int body = gemcast_slice_len(slice) - slice->len;

	if (skb_copy_bits(skb, 0, to, slice->head) ||
	    skb_copy_bits(skb, slice->head + slice->offset, to + body,
			  slice->len))
		return false;
	if (slice->v6)
		gemcast_slice_head6(slice, skb, to);
	else
		gemcast_slice_head4(slice, to);
	return true;
}
