/* SPDX-License-Identifier: GPL-2.0 */
/* Segments: the datagrams of a batch of UDP, for generic segmentation offload. */
#ifndef GEMCAST_SEGMENT_H
#define GEMCAST_SEGMENT_H

#include "outer.h"

/* A batch, and the datagram of it that is next. */
struct gemcast_segment {
	unsigned int upper;		/* offset of the UDP header; */
	unsigned int head;		/* length of headers, that each has */
	unsigned int offset;		/* of data behind them */
	unsigned int len;
	unsigned int size;		/* of each but the last */
	unsigned int total;
	unsigned int number;		/* from 0 on */
	bool v6;
};

/* False if it is not such a batch, or its headers are not at hand. */
bool gemcast_segment_first(struct gemcast_segment *seg,
			   const struct gemcast_out *out,
			   const struct sk_buff *skb);
unsigned int gemcast_segments(const struct gemcast_segment *seg);

/* Goes on to the next datagram; false if there is none. */
static inline bool gemcast_segment_next(struct gemcast_segment *seg)
{
	seg->offset += seg->len;
	seg->number++;
	seg->len = min(seg->size, seg->total - seg->offset);
	return seg->len;
}

/* Length of the datagram, headers included. */
static inline unsigned int
gemcast_segment_len(const struct gemcast_segment *seg)
{
	return seg->head + seg->len;
}

/*
 * The datagram, without its first @strip bytes, at most those before UDP. False if the
 * batch is shorter than it says.
 */
bool gemcast_segment_copy(const struct gemcast_segment *seg,
			  const struct sk_buff *skb, unsigned int strip, u8 *to);

#endif
