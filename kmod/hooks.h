/* SPDX-License-Identifier: GPL-2.0 */
/* The netfilter hooks of a namespace, there only while it has a policy. */
#ifndef GEMCAST_HOOKS_H
#define GEMCAST_HOOKS_H

#include "net.h"

/* These need gn->lock. */
int gemcast_hooks_enable(struct gemcast_net *gn);
void gemcast_hooks_disable(struct gemcast_net *gn);

#endif
