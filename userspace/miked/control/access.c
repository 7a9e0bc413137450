// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may use the control socket: root, the user that miked runs as, and the group that
 * the configuration names. It shows who is in which group, and so is not for others.
 */
#include <stdlib.h>
#include <unistd.h>
#include "control/internal.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS	59
#endif

/* The supplementary groups that the peer had when it connected. */
static bool in_groups(int fd, gid_t gid)
{
	gid_t *groups = NULL, *more;
	socklen_t len = 64 * sizeof(*groups);
	bool found = false;
	int i, err = 0;

	/* If there are more, len becomes what is needed. */
	for (i = 0; i < 2; i++) {
		more = realloc(groups, len);
		if (!more)
			break;
		groups = more;
		err = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len);
		if (!err)
			break;
	}
	for (i = 0; groups && !err && i < (int)(len / sizeof(*groups)); i++)
		found = found || groups[i] == gid;
	free(groups);
	return found;
}

bool access_allowed(const struct control *control, int fd, struct ucred *cred)
{
	socklen_t len = sizeof(*cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len))
		return false;
	if (!cred->uid || cred->uid == geteuid())
		return true;
	if (control->conf.gid == (gid_t)-1)
		return false;
	return cred->gid == control->conf.gid || in_groups(fd, control->conf.gid);
}
