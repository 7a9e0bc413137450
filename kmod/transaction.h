/* SPDX-License-Identifier: GPL-2.0 */
/* Transactions: a socket makes a whole rule set and puts it into force at once. */
#ifndef GEMCAST_TRANSACTION_H
#define GEMCAST_TRANSACTION_H

#include <linux/netlink.h>
#include "ruleset.h"

/*
 * All of these need gn->lock. @portid is the socket of the request. They return
 * 0 or a negative errno with a reason in @extack, and then nothing has changed.
 */
int gemcast_transaction_begin(struct gemcast_net *gn, u32 portid,
			      struct netlink_ext_ack *extack);
int gemcast_transaction_commit(struct gemcast_net *gn, u32 portid,
			       struct netlink_ext_ack *extack);
int gemcast_transaction_abort(struct gemcast_net *gn, u32 portid,
			      struct netlink_ext_ack *extack);
/* What the changes of a socket go to. */
struct gemcast_ruleset *gemcast_transaction_ruleset(const struct gemcast_net *gn,
						    u32 portid);
/* The namespace's transaction, if there is one, is no more. */
void gemcast_transaction_drop(struct gemcast_net *gn);

int gemcast_transaction_init(void);
void gemcast_transaction_exit(void);

#endif
