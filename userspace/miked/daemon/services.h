/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The services, in the order in which they start.
 */
#ifndef MIKED_DAEMON_SERVICES_H
#define MIKED_DAEMON_SERVICES_H

#include <inttypes.h>
#include "miked.h"

extern const struct service control_service;	/* the control socket */
extern const struct service net_service;	/* UDP */
extern const struct service kernel_service;	/* the data plane */
extern const struct service keys_service;	/* IKE, key server, group member */

/* Fill in miked->ops, as the configuration in force has it. */
void ops_fill(struct miked *miked);

/* At the end: what was counted, if anything was. */
static inline void log_counter(enum log_area area, const char *name, uint64_t value)
{
	if (value)
		log_info(area, "%s: %" PRIu64, name, value);
}

#endif
