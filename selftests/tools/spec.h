/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A description of one packet, in words NAME=VALUE, and the packet itself: right
 * in every field that no word says otherwise of, and sealed with the right key.
 */
#ifndef SPEC_H
#define SPEC_H

#include "esp.h"
#include "packet.h"

/* A field of a header: absent, a value, or a difference to what is right. */
struct field {
	bool given, relative;
	long value;
};

/* Numbers, or `all': one packet for each. */
struct range {
	bool given, all;
	long first, last;
};

struct spec {
	struct esp_key key;
	/* the inner packet */
	struct addr isrc, idst;		/* absent: as outside */
	long ittl, itos, iid, idf, imf, ifrag, iflow, iproto;
	long sport, dport, size, sender, n, last, options;
	struct field iversion, ihl, ilen, isum, ulen, usum;
	uint8_t *inner;			/* instead of all of these */
	size_t inner_len;
	/* ESP */
	bool transport;
	long clear;
	long spi, seq, sid, sid_bits, tfc;
	uint64_t iv;			/* 0: SID and sequence number */
	struct field pad, padlen, next;
	struct range badpad;		/* these padding bytes are wrong */
	uint8_t *text;			/* what is sealed, as it stands */
	size_t text_len;
	uint8_t *esp;			/* sealed already, from SPI to ICV */
	size_t esp_len;
	/* ESP in UDP */
	long from, to;			/* ports; 0: native */
	struct field elen, esum;
	/* the outer packet */
	struct addr src, dst;
	long ttl, tos, id, df, flow, proto;
	/* afterwards */
	struct range flip, cut;		/* bytes of the ESP packet */
	long tail;			/* bytes of garbage at its end */
	const char *frags;		/* FROM-TO[!][,..]: ! is damaged */
	long count;			/* so many, with numbers that go up */
};

void spec_init(struct spec *spec);
/* Takes the words of @line, which it keeps and changes. */
void spec_words(struct spec *spec, char *line);

struct packet {
	size_t len;
	uint8_t data[PACKET_MAX];
};

/* The cleartext packet, or the upper layer alone in transport mode. */
size_t spec_inner(const struct spec *spec, uint8_t *buf);
/* Text to be sealed: the inner packet and the trailer. */
size_t spec_text(const struct spec *spec, uint8_t *buf);
/* SPI to ICV, of @len bytes of text. */
size_t spec_seal(const struct spec *spec, const uint8_t *text, size_t len,
		 uint8_t *esp);
/* The whole packet around @len bytes of ESP, not fragmented. */
void spec_wrap(const struct spec *spec, const uint8_t *esp, size_t len,
	       struct packet *packet);

#endif
