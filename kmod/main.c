// SPDX-License-Identifier: GPL-2.0
/* The module: what is made in which order, and unmade in the reverse. */
#include <linux/module.h>
#include "aead.h"
#include "gro.h"
#include "ivguard.h"
#include "net.h"
#include "netlink.h"
#include "parallel.h"
#include "ruleset.h"
#include "sa.h"
#include "selftest/selftest.h"
#include "transaction.h"
#include "verdict.h"

static int __init gemcast_init(void)
{
	int err = gemcast_aead_init();

	if (err)
		return err;
	err = gemcast_ivguard_init();
	if (err)
		goto aead;
	err = gemcast_sa_init();
	if (err)
		goto ivguard;
	err = gemcast_parallel_init();
	if (err)
		goto sa;
	err = gemcast_ruleset_init();
	if (err)
		goto parallel;
	err = gemcast_verdict_init();
	if (err)
		goto ruleset;
	err = gemcast_selftest();
	if (err)
		goto verdict;
	err = gemcast_gro_init();
	if (err)
		goto verdict;
	err = gemcast_net_init();
	if (err)
		goto gro;
	err = gemcast_transaction_init();
	if (err)
		goto net;
	err = gemcast_netlink_init();
	if (err)
		goto transaction;
	return 0;
transaction:
	gemcast_transaction_exit();
net:
	gemcast_net_exit();
gro:
	gemcast_gro_exit();
verdict:
	gemcast_verdict_exit();
ruleset:
	gemcast_ruleset_exit();
parallel:
	gemcast_parallel_exit();
sa:
	gemcast_sa_exit();
ivguard:
	gemcast_ivguard_exit();
aead:
	gemcast_aead_exit();
	return err;
}

static void __exit gemcast_exit(void)
{
	gemcast_netlink_exit();
	gemcast_transaction_exit();
	gemcast_net_exit();
	gemcast_gro_exit();
	gemcast_verdict_exit();
	gemcast_ruleset_exit();
	gemcast_parallel_exit();
	gemcast_sa_exit();
	gemcast_ivguard_exit();
	gemcast_aead_exit();
}

module_init(gemcast_init);
module_exit(gemcast_exit);

MODULE_DESCRIPTION("Group-encrypted IP multicast");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_ALIAS_GENL_FAMILY(GEMCAST_FAMILY_NAME);
