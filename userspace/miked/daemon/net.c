// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service of UDP: what comes in is the IKE engine's, or by multicast the group member's.
 */
#include <errno.h>
#include "base/log.h"
#include "daemon/services.h"

static void receive(void *context, const struct net_path *path, uint8_t *datagram, size_t len)
{
	const struct miked *miked = context;

	ike_receive(miked->ike, path, datagram, len);
}

static void receive_group(void *context, const struct net_path *path, uint8_t *datagram,
			  size_t len)
{
	const struct miked *miked = context;

	gm_rekey_datagram(miked->gm, path, datagram, len);
}

static int start(struct miked *miked)
{
	const struct net_udp_user user = {
		.context = miked,
		.receive = receive,
		.group = receive_group,
	};
	int err;

	miked->udp = net_udp_new(miked->event, &user);
	if (!miked->udp) {
		log_error(AREA_NET, "no memory");
		return -ENOMEM;
	}
	err = net_udp_open(miked->udp, &miked->conf->local);
	if (err)
		net_udp_free(miked->udp);
	return err;
}

static int prepare(struct miked *miked, const struct conf *conf)
{
	return net_udp_open(miked->udp, &conf->local);
}

static void cancel(struct miked *miked)
{
	net_udp_open(miked->udp, &miked->conf->local);
}

static void stop(struct miked *miked)
{
	const struct net_udp_stats *stats = net_udp_stats(miked->udp);

#define X(name) log_counter(AREA_NET, #name, stats->name);
	NET_UDP_COUNTERS(X)
#undef X
	net_udp_free(miked->udp);
}

const struct service net_service = {
	.name = "net",
	.start = start,
	.prepare = prepare,
	.cancel = cancel,
	.stop = stop,
};
