// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service of the data plane: what happens there is the group member's.
 */
#include "daemon/services.h"

static void on_acquire(void *context, const struct gemcast_acquire *acquire)
{
	const struct miked *miked = context;

	gm_acquire(miked->gm, acquire);
}

static void on_expire(void *context, const struct gemcast_sa *sa,
		      const struct gemcast_expire *expire)
{
	const struct miked *miked = context;

	gm_expire(miked->gm, sa, expire);
}

static void on_gone(void *context, const struct gemcast_sa *sa)
{
	const struct miked *miked = context;

	gm_gone(miked->gm, sa);
}

static void on_lost(void *context)
{
	const struct miked *miked = context;

	gm_lost(miked->gm);
}

static void on_links(void *context)
{
	const struct miked *miked = context;

	net_udp_follow(miked->udp);
}

static void on_unknown_spi(void *context, const struct gemcast_audit *audit)
{
	const struct miked *miked = context;

	gm_unknown_spi(miked->gm, audit);
}

static int start(struct miked *miked)
{
	const struct plane_user user = {
		.context = miked,
		.acquire = on_acquire,
		.expire = on_expire,
		.gone = on_gone,
		.lost = on_lost,
		.links = on_links,
		.unknown_spi = on_unknown_spi,
	};

	return kernel_new(miked->event, &user, &miked->kernel);
}

static void stop(struct miked *miked)
{
	kernel_free(miked->kernel);
}

const struct service kernel_service = {
	.name = "kernel",
	.start = start,
	.stop = stop,
};
