/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long new keys of a group take until all members have them, and what follows from it
 * for the delays of a rollover (RFC 5374 4.2.1): all members hold an SA before any sender
 * uses it (ATD), and hold the one before until the last sender has left it (DTD).
 */
#ifndef MIKED_CONF_DELAY_H
#define MIKED_CONF_DELAY_H

#include "conf/conf.h"

/* From a datagram's last copy until it has arrived and was acted on. */
#define CONF_TRANSIT_MS	1000
#define CONF_WHY_SIZE	256

/* From the first to the last copy of a request to who does not answer (RFC 7296 2.1). */
uint64_t conf_spread_ms(const struct conf_ike *ike);
/* From the first to the last copy of a rekey message. */
uint64_t conf_copies_ms(const struct conf_rekey *rekey);
/* From a rekey message until those who acknowledge it have done so. */
uint64_t conf_acknowledged_ms(const struct conf_rekey *rekey);

/* From new keys until all members have them, by the group's transport. */
uint64_t conf_reach_ms(const struct conf_group *group, const struct conf_ike *ike);

/*
 * The delays in force. What is CONF_AUTO is what is safe, or less if the group rolls over
 * before: no longer than half of the rollover for ATD, and all of it for DTD.
 */
uint64_t conf_atd_ms(const struct conf_group *group, uint64_t reach_ms);
uint64_t conf_dtd_ms(const struct conf_group *group, uint64_t reach_ms);

/*
 * A delay that is configured and too short to be safe: its option's name and in @why what
 * it has to be, and for what reason, CONF_WHY_SIZE bytes at most. NULL: there is none.
 */
const char *conf_unsafe_delay(const struct conf_group *group, const struct conf_ike *ike,
			      char *why, size_t size);

#endif
