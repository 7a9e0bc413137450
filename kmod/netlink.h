/* SPDX-License-Identifier: GPL-2.0 */
/* The generic netlink family: parses requests, shows objects. */
#ifndef GEMCAST_NETLINK_H
#define GEMCAST_NETLINK_H

#include <net/genetlink.h>
#include "peer.h"
#include "policy.h"
#include "sa.h"

extern struct genl_family gemcast_family;

/* Offsets of the multicast groups in the family. */
enum gemcast_mcgrp {
	GEMCAST_MC_SA,
	GEMCAST_MC_POLICY,
	GEMCAST_MC_ACQUIRE,
	GEMCAST_MC_EXPIRE,
	GEMCAST_MC_AUDIT,
};

int gemcast_netlink_init(void);
void gemcast_netlink_exit(void);

#endif
