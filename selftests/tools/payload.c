// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a datagram carries: sender, sequence number, size, whether it is the last,
 * and a hash of these four, each 4 bytes in network order; then a pattern that
 * follows from the hash.
 */
#include <arpa/inet.h>
#include <string.h>

#include "mcast.h"

static uint32_t hash(const uint8_t *data, size_t len)
{
	uint32_t h = 2166136261;	/* FNV-1a */

	while (len--)
		h = (h ^ *data++) * 16777619;
	return h;
}

static void header(const struct payload *p, uint8_t buf[PAYLOAD_HEADER])
{
	uint32_t word[5] = { htonl(p->sender), htonl(p->seq), htonl(p->size),
			     htonl(p->last) };

	word[4] = htonl(hash((uint8_t *)word, 16));
	memcpy(buf, word, PAYLOAD_HEADER);
}

static uint64_t pattern(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

void payload_write(const struct payload *p, uint8_t *buf)
{
	uint8_t head[PAYLOAD_HEADER];
	size_t at = PAYLOAD_HEADER;
	uint64_t x;

	header(p, head);
	if (p->size < PAYLOAD_HEADER) {
		memcpy(buf, head, p->size);
		return;
	}
	memcpy(buf, head, PAYLOAD_HEADER);
	for (x = hash(head, PAYLOAD_HEADER); at < p->size; at += sizeof(x)) {
		x = pattern(x);
		memcpy(buf + at, &x,
		       p->size - at < sizeof(x) ? p->size - at : sizeof(x));
	}
}

bool payload_read(struct payload *p, const uint8_t *buf, size_t size)
{
	static uint8_t want[DATAGRAM_MAX];
	uint32_t word[5];

	memcpy(word, buf, PAYLOAD_HEADER);
	p->sender = ntohl(word[0]);
	p->seq = ntohl(word[1]);
	p->size = size;
	p->last = ntohl(word[3]);
	payload_write(p, want);
	return !memcmp(buf, want, size);
}
