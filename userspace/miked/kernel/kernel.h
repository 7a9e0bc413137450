/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module gemcast as the data plane. Without the module all waits for it: requests are
 * refused with -ENOTCONN, and when it is loaded, or loaded anew, the user is told by lost().
 */
#ifndef MIKED_KERNEL_KERNEL_H
#define MIKED_KERNEL_KERNEL_H

#include <systemd/sd-event.h>
#include "kernel/plane.h"

struct kernel;

/*
 * *@out, and 0 or a negative errno value that was logged. What happens in the kernel is
 * told to @user, which is copied, from the event loop alone.
 */
int kernel_new(sd_event *event, const struct plane_user *user, struct kernel **out);
/* Leaves all multicast groups; what the module has stays. NULL is allowed. */
void kernel_free(struct kernel *kernel);

/* Its face to a group member; as long as it lives. */
const struct plane *kernel_plane(const struct kernel *kernel);

#endif
