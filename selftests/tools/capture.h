/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The IP packets of a capture that tcpdump wrote, fragments put together. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <stdio.h>

#include "packet.h"

struct capture;

/* What cannot be read ends the program with status 2. */
struct capture *capture_open(const char *path);
void capture_close(struct capture *capture);

struct captured {
	unsigned int frame;	/* its number, from 1; of the last fragment */
	unsigned int fragments;	/* 1: a whole packet */
	struct ip ip;		/* @ip.payload is what was put together */
	const uint8_t *payload;
};

/*
 * The next whole packet, valid until the next call; false at the end. A packet
 * with a wrong header is reported in @why, which is NULL otherwise; so are
 * fragments that are left over at the end.
 */
bool capture_next(struct capture *capture, struct captured *packet,
		  const char **why);

#endif
