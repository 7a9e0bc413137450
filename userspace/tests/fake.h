/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel for tests: what the library sends is kept to be looked at, and what
 * it receives is what the test said before. Linked with WRAP of the Makefile.
 */
#ifndef FAKE_H
#define FAKE_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "internal.h"

#define FAKE_FAMILY	0x20
#define FAKE_MCGRP	0x30	/* of the first group; the others follow */

/* An empty queue, no family asked for, nothing sent. */
void fake_reset(void);

/* From now on the family is there, and requests without an answer succeed. */
void fake_serve(void);

/* The next datagram; messages with sequence number 0 answer the last request. */
void fake_answer(const void *data, size_t len);
/* The next receive fails. */
void fake_answer_errno(int error);
/* An NLMSG_ERROR of this errno value and extack; NULL, 0, 0: without them. */
void fake_answer_ack(int error, const char *message, uint32_t offset,
		     uint32_t missing);
/* An answer that is an object. */
void fake_answer_object(uint8_t cmd, uint16_t flags, unsigned int object,
			const void *in);
void fake_answer_done(int error);

/* An event; an expiry has an SA too. */
void fake_event(const void *data, size_t len);
void fake_event_errno(int error);
void fake_event_object(uint8_t cmd, unsigned int object, const void *in,
		       unsigned int second, const void *in_second);

/* Raise SIGTERM when all events were received. */
void fake_end_by_signal(void);
/* The system call that fails next, by name, and how. */
void fake_fail(const char *call, int error);

/* What was sent last, as it was when it was sent, and how often. */
const struct nlmsghdr *fake_sent(void);
unsigned int fake_sent_count(void);
size_t fake_sent_len(void);

/* Look for these bytes in the library's own buffer whenever it receives. */
void fake_watch(const void *secret, size_t len);
bool fake_watched(void);

/* Multicast groups joined, by offset. */
unsigned int fake_joined(void);
unsigned int fake_open_sockets(void);
bool fake_undumpable(void);

#endif /* FAKE_H */
