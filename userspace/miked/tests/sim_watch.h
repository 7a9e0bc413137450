/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who watches a group in the simulator: packets go from its senders to all members as
 * time goes by, and what must never happen is a failure of the test as soon as it does:
 *
 *  - a key of a data SA that the key server did not make, or two keys of one SPI;
 *  - a key and a Sender-ID that two sent by, or one again after it lost its memory;
 *  - an SA that a member takes long after the key server ended it;
 *  - an SA of which somebody who was expelled has the key, and that was made later;
 *  - two contents of one Message ID of one Rekey SA.
 *
 * While nothing but the promised happens (watch_strict()), these too:
 *
 *  - a packet that a member cannot read, or a sender that suddenly has no SA;
 *  - an SA that is there after the last delay was over since it was ended;
 *  - a sender that still uses a key that somebody has who was expelled.
 */
#ifndef MIKED_TESTS_SIM_WATCH_H
#define MIKED_TESTS_SIM_WATCH_H

#include "whole.h"

#define WATCH_MEMBERS	50
#define WATCH_TRAFFIC	2

struct watch;

/* In milliseconds: what a group's policy makes of these. */
struct watch_delays {
	uint64_t reach;			/* until all have a new SA */
	uint64_t atd, dtd;
};

struct watch_stats {
	uint64_t keys, messages, packets;
	uint64_t heard, missed;		/* of the packets, by each member; missed: no SA */
	uint64_t strict;		/* of those heard: none was to be missed */
};

/* Of this group, whose packets go to these addresses, WATCH_TRAFFIC at most. */
struct watch *watch_new(struct sim *sim, const char *group, const char *const *destinations,
			size_t n_destinations);
void watch_free(struct watch *watch);

void watch_server(struct watch *watch, struct whole *server, const struct watch_delays *delays);
/* It started anew, and knows nothing of its groups. */
void watch_forgot(struct watch *watch);
/* The member in this place, below WATCH_MEMBERS; NULL: it is not there any more. */
void watch_member(struct watch *watch, size_t place, struct whole *member);
/* By a command, or admitted again. */
void watch_expelled(struct watch *watch, size_t place, bool expelled);
/* Nothing is cut off, or lost more often than allowed, or starts anew without its memory. */
void watch_strict(struct watch *watch, bool strict);

/* Senders use the last keys that were made, and left those before. */
bool watch_is_quiet(const struct watch *watch);
const struct watch_stats *watch_stats(const struct watch *watch);

#endif
