/* SPDX-License-Identifier: GPL-2.0 */
/* Outer headers: route and addresses, size, checksums, header, and transmit. */
#ifndef GEMCAST_OUTER_H
#define GEMCAST_OUTER_H

#include <linux/netfilter.h>
#include "flow.h"
#include "parallel.h"
#include "policy.h"
#include "sa.h"

/* One packet on its way out. */
struct gemcast_out {
	struct gemcast_net *gn;
	struct gemcast_policy *policy;
	struct gemcast_sa *sa;
	struct gemcast_lane *lane;	/* that its ESP packets go into; or NULL */
	struct gemcast_flow flow;	/* of the cleartext */
	struct in6_addr src;		/* of the outer header; */
	struct in6_addr dst;		/* unset in a udp group */
	struct dst_entry *route;	/* of the ESP packets; NULL: by UDP */
	bool own_route;			/* else it is the cleartext's */
	bool v6;
	bool forwarded;
	bool loops;			/* the cleartext has local members */
	bool whole;			/* its sender wants it not cut */
	bool df;			/* so does the outer header; of each datagram, */
	unsigned int len;		/* as is this: of its ESP packet, if whole */
	u16 pieces;			/* it came in some of this length; IPv6 */
	bool sent;			/* an ESP packet went out */
	bool consumed;			/* the cleartext's buffer became its own */
};

/* How a datagram goes into ESP packets. */
enum gemcast_fit {
	GEMCAST_FIT_WHOLE,
	GEMCAST_FIT_SLICES,		/* cut before it is encrypted */
	GEMCAST_FIT_NOT,		/* it would have to be cut and may not be */
};

/* A datagram too long for one ESP packet, and the part that is next. */
struct gemcast_slice {
	unsigned int head;		/* length of headers, repeated in each */
	unsigned int offset;		/* behind them */
	unsigned int len;
	unsigned int size;		/* of each but the last */
	unsigned int total;		/* behind the headers */
	__be32 id;			/* the fragments' identification */
	bool v6;
};

/*
 * Finds addresses and route of the outer header; 0, or the counter of drops to
 * count. gemcast_outer_done() lets go what it took.
 */
int gemcast_outer_route(struct gemcast_out *out, struct sk_buff *skb,
			const struct nf_hook_state *state);
void gemcast_outer_done(struct gemcast_out *out);

/* Of a packet, IP for sure. */
static inline u8 gemcast_outer_ttl(const struct sk_buff *skb)
{
	if (ip_hdr(skb)->version == 6)
		return ipv6_hdr(skb)->hop_limit;
	return ip_hdr(skb)->ttl;
}

/* The longest ESP packet that goes out in one piece. */
unsigned int gemcast_outer_room(const struct gemcast_out *out);
/* The longest packet for whose ESP packet there is room. */
unsigned int gemcast_outer_longest(const struct gemcast_out *out);
/* How @len bytes, of @skb, go; sets @out->df and ->len. */
enum gemcast_fit gemcast_outer_fit(struct gemcast_out *out,
				   const struct sk_buff *skb, unsigned int len);
/* The protocol behind the first @len bytes of headers. */
u8 gemcast_outer_next(const struct sk_buff *skb, unsigned int len);
/* Says so in the copy of them at @head. */
void gemcast_outer_set_next(u8 *head, unsigned int len, u8 next);

/*
 * A buffer whose data is the ESP packet for @payload bytes, with all headroom
 * that will be needed; or NULL.
 */
struct sk_buff *gemcast_outer_alloc(const struct gemcast_out *out,
				    unsigned int payload);
/*
 * Makes the buffer of the cleartext one as gemcast_outer_alloc() would, its payload in
 * place; false if it goes somewhere else, too, somebody else has it, or it is too small.
 */
bool gemcast_outer_take(struct gemcast_out *out, struct sk_buff *skb);
/*
 * Computes in @payload, a copy of @skb without its first @strip bytes, the
 * checksum that was left to the device.
 */
void gemcast_outer_checksum(const struct sk_buff *skb, unsigned int strip,
			    u8 *payload);
/*
 * Seals the ESP packet, puts a header before it made from that of @skb, and
 * sends it; or has that done in a lane. Consumes @esp, which may be @skb. 0, or
 * the counter of drops to count.
 */
int gemcast_outer_send(struct gemcast_out *out, const struct sk_buff *skb,
		       struct sk_buff *esp, unsigned int payload, u8 next,
		       u32 seq);
/* What is done there: on any CPU, and in order. The latter consumes @esp. */
void gemcast_outer_work(struct sk_buff *esp);
void gemcast_outer_end(struct sk_buff *esp);

bool gemcast_slice_first(struct gemcast_slice *slice,
			 const struct gemcast_out *out,
			 const struct sk_buff *skb);
bool gemcast_slice_next(struct gemcast_slice *slice);
unsigned int gemcast_slices(const struct gemcast_slice *slice);
/* Length of the fragment, headers included; and the fragment itself. */
unsigned int gemcast_slice_len(const struct gemcast_slice *slice);
bool gemcast_slice_copy(const struct gemcast_slice *slice,
			const struct sk_buff *skb, u8 *to);

#endif
