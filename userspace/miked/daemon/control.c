// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The service of the control socket. It ends when those have ended who had its calls, and
 * who have told them so.
 */
#include <errno.h>
#include "base/log.h"
#include "daemon/services.h"

static int start(struct miked *miked)
{
	miked->control = control_new(miked->event, &miked->conf->control, &miked->ops, miked);
	if (!miked->control) {
		log_error(AREA_CONTROL, "no memory");
		return -ENOMEM;
	}
	if (!control_listen(miked->control))
		return 0;
	control_free(miked->control);
	return -EADDRINUSE;
}

static void reload(struct miked *miked, const struct conf *before, const struct conf_diff *diff)
{
	(void)before;
	(void)diff;
	control_reload(miked->control, &miked->conf->control);
}

static void stop(struct miked *miked)
{
	control_free(miked->control);
}

const struct service control_service = {
	.name = "control",
	.start = start,
	.reload = reload,
	.stop = stop,
};
