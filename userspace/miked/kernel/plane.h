/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data plane, as a group member wants it: kernel/kernel.c has the module's, by
 * libgemcast; tests have a table. Objects are libgemcast's. Calls do not wait and are
 * whole: what fails has changed nothing.
 */
#ifndef MIKED_KERNEL_PLANE_H
#define MIKED_KERNEL_PLANE_H

#include <gemcast.h>

struct plane {
	void *context;
	/* 0 or a negative errno value, as libgemcast has it; why() then has the words. */
	int (*group_add)(void *context, uint32_t group);	/* 0 too if it is there */
	/* With its policies and SAs; 0 too if it is not there. */
	int (*group_flush)(void *context, uint32_t group);
	/* Replaces the one with the same selectors. */
	int (*policy_add)(void *context, const struct gemcast_policy *policy);
	int (*policy_del)(void *context, const struct gemcast_policy *policy);
	int (*sa_add)(void *context, const struct gemcast_sa *sa);	/* with its key */
	/* When the one that sa_del() would take goes, from now: its `deactivate`. */
	int (*sa_set)(void *context, const struct gemcast_sa *sa);
	int (*sa_del)(void *context, const struct gemcast_sa *sa);	/* by group, spi, dst, src */
	/*
	 * Be a member of the IP multicast group on the interface @dev (empty: by the routes),
	 * of @source alone unless it is AF_UNSPEC; each join has its leave.
	 */
	int (*join)(void *context, const struct gemcast_addr *group,
		    const struct gemcast_addr *source, const char *dev);
	void (*leave)(void *context, const struct gemcast_addr *group,
		      const struct gemcast_addr *source, const char *dev);
	const char *(*why)(void *context);
};

/* What the data plane tells. Good until the call returns. */
struct plane_user {
	void *context;
	/* A packet without an SA, or a receiver: join; or the last receiver's leave. */
	void (*acquire)(void *context, const struct gemcast_acquire *acquire);
	void (*expire)(void *context, const struct gemcast_sa *sa,
		       const struct gemcast_expire *expire);
	/* An SA is gone that sa_del() did not take away. */
	void (*gone)(void *context, const struct gemcast_sa *sa);
	/* ESP came for a group, by no SA: its spi, dst and src. The kernel tells of few. */
	void (*unknown_spi)(void *context, const struct gemcast_audit *audit);
	/* Events were lost, or the module was loaded anew: look at all again. */
	void (*lost)(void *context);
	/* Interfaces came or went. */
	void (*links)(void *context);
};

#endif
