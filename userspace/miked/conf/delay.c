// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How long new keys take, and the delays of a rollover.
 */
#include <inttypes.h>
#include <stdio.h>
#include "conf/delay.h"

#define MS_PER_S	1000

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Each of which may come a tenth later than this adds up to. */
uint64_t conf_spread_ms(const struct conf_ike *ike)
{
	uint64_t wait = ike->retransmit_first_ms, sum = 0;
	uint32_t i;

	for (i = 0; i < ike->retransmissions; i++) {
		sum += wait;
		wait = least(2 * wait, ike->retransmit_limit_ms);
	}
	return sum + sum / 10;
}

uint64_t conf_copies_ms(const struct conf_rekey *rekey)
{
	return rekey->retransmissions * rekey->interval_ms;
}

uint64_t conf_acknowledged_ms(const struct conf_rekey *rekey)
{
	return conf_copies_ms(rekey) + rekey->acknowledge_within_ms + CONF_TRANSIT_MS;
}

uint64_t conf_reach_ms(const struct conf_group *group, const struct conf_ike *ike)
{
	switch (group->rekey.transport) {
	case CONF_REKEY_MULTICAST:
		return conf_copies_ms(&group->rekey) + CONF_TRANSIT_MS;
	case CONF_REKEY_BOTH:
		return conf_acknowledged_ms(&group->rekey) + conf_spread_ms(ike) +
		       CONF_TRANSIT_MS;
	default:
		return conf_spread_ms(ike) + CONF_TRANSIT_MS;
	}
}

/* As delays are on the wire, and up. */
static uint64_t whole(uint64_t ms)
{
	return (ms + MS_PER_S - 1) / MS_PER_S;
}

uint64_t conf_atd_ms(const struct conf_group *group, uint64_t reach_ms)
{
	if (group->activation_delay_ms != CONF_AUTO)
		return group->activation_delay_ms;
	return whole(least(reach_ms, group->rollover_ms / 2)) * MS_PER_S;
}

uint64_t conf_dtd_ms(const struct conf_group *group, uint64_t reach_ms)
{
	if (group->deactivation_delay_ms != CONF_AUTO)
		return group->deactivation_delay_ms;
	return least(conf_atd_ms(group, reach_ms) + reach_ms, group->rollover_ms);
}

/* What takes so long, and which options say so. */
static const char *reason_of(const struct conf_group *group)
{
	static const char * const reasons[] = {
		[CONF_REKEY_UNICAST] = "a request may reach a member (ike.retransmit, "
				       "ike.retransmissions)",
		[CONF_REKEY_MULTICAST] = "the last copy of a message may reach a member "
					 "(rekey.retransmissions, rekey.interval)",
		[CONF_REKEY_BOTH] = "new keys may reach a member that acknowledged no message "
				    "(rekey.retransmissions, rekey.interval, "
				    "rekey.acknowledge-within, ike.retransmit, "
				    "ike.retransmissions)",
	};

	return reasons[group->rekey.transport];
}

const char *conf_unsafe_delay(const struct conf_group *group, const struct conf_ike *ike,
			      char *why, size_t size)
{
	uint64_t reach = conf_reach_ms(group, ike), atd = conf_atd_ms(group, reach);

	if (group->activation_delay_ms != CONF_AUTO && atd < reach) {
		snprintf(why, size, "expected at least %" PRIu64 " s: so late %s", whole(reach),
			 reason_of(group));
		return "activation-delay";
	}
	if (group->deactivation_delay_ms != CONF_AUTO &&
	    group->deactivation_delay_ms < atd + reach) {
		snprintf(why, size,
			 "expected at least %" PRIu64 " s: senders may leave an SA %" PRIu64
			 " s after the first of them has the next (activation-delay), and so much "
			 "later %s", whole(atd + reach), whole(atd), reason_of(group));
		return "deactivation-delay";
	}
	return NULL;
}
