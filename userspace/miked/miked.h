/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon, for the parts that plug into it: each is a struct service in main.c's
 * list.
 */
#ifndef MIKED_MIKED_H
#define MIKED_MIKED_H

#include <systemd/sd-event.h>
#include "conf/diff.h"
#include "control/control.h"
#include "group/gm.h"
#include "group/ks.h"
#include "ike/ike.h"
#include "kernel/kernel.h"
#include "net/udp.h"

struct keys;

/* Each is there while its service runs. */
struct miked {
	sd_event *event;
	struct conf *conf;		/* in force; services read it */
	struct net_udp *udp;
	struct kernel *kernel;
	struct keys *keys;
	struct ike *ike;
	struct ks *ks;
	struct gm *gm;
	struct control_ops ops;		/* filled in by services as they start; their context is this */
	struct control *control;
};

/*
 * A part that runs as long as the daemon does. In the list the lower part comes before
 * the one that uses it. The control socket is the first: that it is taken says that
 * another miked runs, before the two fight for ports. Nothing comes by it before all run.
 */
struct service {
	const char *name;
	/* 0, or a negative errno value that was logged. What it began it has then ended. */
	int (*start)(struct miked *miked);
	/*
	 * What of a new configuration can fail, while the old one is in force: 0, or a negative
	 * errno value that was logged, and nothing has changed. Either reload or cancel follows.
	 * NULL: nothing can.
	 */
	int (*prepare)(struct miked *miked, const struct conf *conf);
	void (*cancel)(struct miked *miked);
	/*
	 * miked->conf is the new configuration, @before the old one, which goes when all
	 * services have seen it: nothing may refer to it any more. NULL: no need to know.
	 */
	void (*reload)(struct miked *miked, const struct conf *before,
		       const struct conf_diff *diff);
	/* Only after a start that succeeded, the last one started first. */
	void (*stop)(struct miked *miked);
};

#endif
