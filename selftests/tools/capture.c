// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"

#define MAGIC_USEC	0xa1b2c3d4
#define MAGIC_NSEC	0xa1b23c4d
#define LINK_ETHERNET	1
#define FRAME_MAX	262144
#define HOLES		64	/* datagrams in pieces at a time */

/* A datagram of which some pieces came. */
struct pieces {
	struct ip ip;		/* of the first piece seen */
	size_t have, total;	/* total: 0 until the last piece came */
	unsigned int fragments;
	uint8_t data[PACKET_MAX];
};

struct capture {
	const char *path;
	FILE *file;
	unsigned int frame;
	uint8_t data[FRAME_MAX];
	struct pieces *pieces[HOLES];
	struct pieces *done;
};

struct capture *capture_open(const char *path)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	uint32_t head[6];

	if (!capture)
		err(2, "capture");
	capture->path = path;
	capture->file = fopen(path, "re");
	if (!capture->file)
		err(2, "%s", path);
	if (fread(head, sizeof(head), 1, capture->file) != 1 ||
	    (head[0] != MAGIC_USEC && head[0] != MAGIC_NSEC) ||
	    head[5] != LINK_ETHERNET)
		errx(2, "%s: no capture of this machine on Ethernet", path);
	return capture;
}

void capture_close(struct capture *capture)
{
	for (size_t i = 0; i < HOLES; i++)
		free(capture->pieces[i]);
	free(capture->done);
	fclose(capture->file);
	free(capture);
}

/* The length of the next frame, or 0 at the end. */
static size_t next_frame(struct capture *capture)
{
	uint32_t head[4];	/* seconds, fraction, captured, length */

	if (fread(head, sizeof(head), 1, capture->file) != 1)
		return 0;
	if (head[2] != head[3] || head[2] < ETH_HLEN || head[2] > FRAME_MAX ||
	    fread(capture->data, head[2], 1, capture->file) != 1)
		errx(2, "%s: frame %u was cut", capture->path,
		     capture->frame + 1);
	capture->frame++;
	return head[2];
}

static struct pieces **slot_of(struct capture *capture, const struct ip *ip)
{
	struct pieces **empty = NULL;

	for (size_t i = 0; i < HOLES; i++) {
		struct pieces *p = capture->pieces[i];

		if (!p)
			empty = &capture->pieces[i];
		else if (p->ip.id == ip->id && p->ip.proto == ip->proto &&
			 addr_equal(&p->ip.src, &ip->src) &&
			 addr_equal(&p->ip.dst, &ip->dst))
			return &capture->pieces[i];
	}
	if (!empty)
		errx(2, "%s: above %d datagrams in pieces", capture->path,
		     HOLES);
	*empty = calloc(1, sizeof(**empty));
	if (!*empty)
		err(2, "capture");
	(*empty)->ip = *ip;
	return empty;
}

/* Pieces of one datagram neither overlap nor come twice: we made them. */
static bool take_piece(struct capture *capture, const struct ip *ip,
		       const uint8_t *payload, const char **why)
{
	struct pieces **slot = slot_of(capture, ip), *p = *slot;

	if (ip->frag + ip->payload > sizeof(p->data)) {
		*why = "a fragment beyond what IP carries";
		return true;
	}
	if (ip->tos != p->ip.tos || ip->ttl != p->ip.ttl || ip->df != p->ip.df)
		*why = "fragments of different headers";
	memcpy(p->data + ip->frag, payload, ip->payload);
	p->have += ip->payload;
	p->fragments++;
	if (!ip->mf)
		p->total = ip->frag + ip->payload;
	if (p->have != p->total)
		return *why;
	*slot = NULL;
	free(capture->done);
	capture->done = p;
	return true;
}

static bool left_over(struct capture *capture, struct captured *packet)
{
	for (size_t i = 0; i < HOLES; i++) {
		if (!capture->pieces[i])
			continue;
		free(capture->done);
		capture->done = capture->pieces[i];
		capture->pieces[i] = NULL;
		packet->ip = capture->done->ip;
		packet->fragments = capture->done->fragments;
		packet->frame = capture->frame;
		return true;
	}
	return false;
}

bool capture_next(struct capture *capture, struct captured *packet,
		  const char **why)
{
	const uint8_t *at = capture->data + ETH_HLEN;
	struct ip *ip = &packet->ip;
	size_t len;

	*why = NULL;
	while ((len = next_frame(capture))) {
		uint16_t type = get16(capture->data + 2 * ETH_ALEN);

		if (type != ETHERTYPE_IP && type != ETHERTYPE_IPV6)
			continue;
		packet->frame = capture->frame;
		packet->fragments = 1;
		packet->payload = NULL;
		*why = ip_read(ip, at, len - ETH_HLEN);
		if (*why)
			return true;
		packet->payload = at + ip->header;
		if (!ip->mf && !ip->frag)
			return true;
		if (!take_piece(capture, ip, packet->payload, why))
			continue;
		if (*why)
			return true;
		packet->ip = capture->done->ip;
		packet->ip.payload = capture->done->total;
		packet->ip.mf = false;
		packet->ip.frag = 0;
		packet->fragments = capture->done->fragments;
		packet->payload = capture->done->data;
		return true;
	}
	if (!left_over(capture, packet))
		return false;
	*why = "fragments of a datagram that is not complete";
	return true;
}
