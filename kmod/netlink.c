// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: from a message to a handler and back.
 *
 * A request is checked against the policy of its command, its object's nest is
 * taken apart, and the handler runs under gn->lock. The family has no lock of
 * its own (parallel_ops): gn->lock is all that handlers need. A refusal always
 * has a reason and, where there is one, the attribute it is about.
 *
 * A request that holds a key is parsed here alone and not by the core, so that
 * it is wiped whatever becomes of it, before an ack could echo it.
 */
#include <net/genetlink.h>
#include "event.h"
#include "netlink.h"

/* What GEMCAST_CMD_*_NEW takes besides the flags of every request. */
#define GEMCAST_NL_NEW_FLAGS	(NLM_F_CREATE | NLM_F_EXCL | NLM_F_REPLACE)

struct gemcast_nl_op {
	int (*doit)(const struct gemcast_nl *nl, u16 flags);
	int (*dump)(const struct gemcast_nl *nl, struct sk_buff *skb,
		    struct netlink_callback *cb);
	const struct nla_policy *policy;
	u16 flags;			/* allowed */
	u8 object;			/* enum gemcast_object: its nest */
	u8 id;				/* in it, what names the object */
	bool all;			/* no nest: all of them */
	bool secret;			/* holds a key */
};

static const struct nla_policy gemcast_nl_stats_attrs[] = {
	[GEMCAST_A_STATS_UNSPEC] = { .type = NLA_REJECT },
};

static const struct nla_policy gemcast_nl_transaction_attrs[] = {
	[GEMCAST_A_POLICY_UNSPEC] = { .type = NLA_REJECT },
};

#define GEMCAST_NL_POLICY(name, object, attrs)				\
static const struct nla_policy name[GEMCAST_A_OBJECT_MAX + 1] = {	\
	[object] = NLA_POLICY_NESTED(attrs),				\
}

GEMCAST_NL_POLICY(gemcast_nl_group_new_policy, GEMCAST_A_OBJECT_GROUP,
		  gemcast_nl_group_new_attrs);
GEMCAST_NL_POLICY(gemcast_nl_group_policy, GEMCAST_A_OBJECT_GROUP,
		  gemcast_nl_group_name_attrs);
GEMCAST_NL_POLICY(gemcast_nl_policy_new_policy, GEMCAST_A_OBJECT_POLICY,
		  gemcast_nl_policy_new_attrs);
GEMCAST_NL_POLICY(gemcast_nl_policy_policy, GEMCAST_A_OBJECT_POLICY,
		  gemcast_nl_policy_name_attrs);
GEMCAST_NL_POLICY(gemcast_nl_transaction_policy, GEMCAST_A_OBJECT_POLICY,
		  gemcast_nl_transaction_attrs);
GEMCAST_NL_POLICY(gemcast_nl_sa_new_policy, GEMCAST_A_OBJECT_SA,
		  gemcast_nl_sa_new_attrs);
GEMCAST_NL_POLICY(gemcast_nl_sa_set_policy, GEMCAST_A_OBJECT_SA,
		  gemcast_nl_sa_set_attrs);
GEMCAST_NL_POLICY(gemcast_nl_sa_policy, GEMCAST_A_OBJECT_SA,
		  gemcast_nl_sa_name_attrs);
GEMCAST_NL_POLICY(gemcast_nl_peer_new_policy, GEMCAST_A_OBJECT_PEER,
		  gemcast_nl_peer_new_attrs);
GEMCAST_NL_POLICY(gemcast_nl_peer_policy, GEMCAST_A_OBJECT_PEER,
		  gemcast_nl_peer_name_attrs);
GEMCAST_NL_POLICY(gemcast_nl_sender_policy, GEMCAST_A_OBJECT_SENDER,
		  gemcast_nl_sender_attrs);
GEMCAST_NL_POLICY(gemcast_nl_stats_policy, GEMCAST_A_OBJECT_STATS,
		  gemcast_nl_stats_attrs);

/* Counters. */

static int gemcast_nl_put_stats(struct sk_buff *skb, const void *object)
{
	const u64 *sum = object;
	struct nlattr *nest;
	int i;

	nest = nla_nest_start(skb, GEMCAST_A_OBJECT_STATS);
	if (!nest)
		return -EMSGSIZE;
	for (i = GEMCAST_A_STATS_PAD + 1; i <= GEMCAST_A_STATS_MAX; i++)
		if (nla_put_u64_64bit(skb, i, sum[i], GEMCAST_A_STATS_PAD))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int gemcast_nl_stats_get(const struct gemcast_nl *nl, u16 flags)
{
	u64 sum[__GEMCAST_A_STATS_MAX];

	gemcast_stats_read(nl->gn, sum);
	return gemcast_nl_reply(nl, gemcast_nl_put_stats, sum);
}

static int gemcast_nl_stats_reset(const struct gemcast_nl *nl, u16 flags)
{
	gemcast_stats_reset(nl->gn);
	return 0;
}

/* Commands. */

static const struct gemcast_nl_op gemcast_nl_ops[] = {
	[GEMCAST_CMD_GROUP_NEW] = {
		.doit = gemcast_nl_group_new,
		.policy = gemcast_nl_group_new_policy,
		.flags = GEMCAST_NL_NEW_FLAGS,
		.object = GEMCAST_A_OBJECT_GROUP,
		.id = GEMCAST_A_GROUP_ID,
	},
	[GEMCAST_CMD_GROUP_DEL] = {
		.doit = gemcast_nl_group_del,
		.policy = gemcast_nl_group_policy,
		.object = GEMCAST_A_OBJECT_GROUP,
		.id = GEMCAST_A_GROUP_ID,
	},
	[GEMCAST_CMD_GROUP_GET] = {
		.doit = gemcast_nl_group_get,
		.dump = gemcast_nl_group_dump,
		.policy = gemcast_nl_group_policy,
		.object = GEMCAST_A_OBJECT_GROUP,
		.id = GEMCAST_A_GROUP_ID,
	},
	[GEMCAST_CMD_GROUP_FLUSH] = {
		.doit = gemcast_nl_group_flush,
		.policy = gemcast_nl_group_policy,
		.object = GEMCAST_A_OBJECT_GROUP,
		.id = GEMCAST_A_GROUP_ID,
		.all = true,
	},
	[GEMCAST_CMD_POLICY_NEW] = {
		.doit = gemcast_nl_policy_new,
		.policy = gemcast_nl_policy_new_policy,
		.flags = GEMCAST_NL_NEW_FLAGS,
		.object = GEMCAST_A_OBJECT_POLICY,
		.id = GEMCAST_A_POLICY_DST,
	},
	[GEMCAST_CMD_POLICY_DEL] = {
		.doit = gemcast_nl_policy_del,
		.policy = gemcast_nl_policy_policy,
		.object = GEMCAST_A_OBJECT_POLICY,
		.id = GEMCAST_A_POLICY_INDEX,
	},
	[GEMCAST_CMD_POLICY_GET] = {
		.doit = gemcast_nl_policy_get,
		.dump = gemcast_nl_policy_dump,
		.policy = gemcast_nl_policy_policy,
		.object = GEMCAST_A_OBJECT_POLICY,
		.id = GEMCAST_A_POLICY_INDEX,
	},
	[GEMCAST_CMD_POLICY_FLUSH] = {
		.doit = gemcast_nl_policy_flush,
		.policy = gemcast_nl_policy_policy,
		.object = GEMCAST_A_OBJECT_POLICY,
		.id = GEMCAST_A_POLICY_INDEX,
		.all = true,
	},
	[GEMCAST_CMD_POLICY_BEGIN] = {
		.doit = gemcast_nl_policy_begin,
		.policy = gemcast_nl_transaction_policy,
		.object = GEMCAST_A_OBJECT_POLICY,
		.all = true,
	},
	[GEMCAST_CMD_POLICY_COMMIT] = {
		.doit = gemcast_nl_policy_commit,
		.policy = gemcast_nl_transaction_policy,
		.object = GEMCAST_A_OBJECT_POLICY,
		.all = true,
	},
	[GEMCAST_CMD_POLICY_ABORT] = {
		.doit = gemcast_nl_policy_abort,
		.policy = gemcast_nl_transaction_policy,
		.object = GEMCAST_A_OBJECT_POLICY,
		.all = true,
	},
	[GEMCAST_CMD_SA_NEW] = {
		.doit = gemcast_nl_sa_new,
		.policy = gemcast_nl_sa_new_policy,
		.flags = GEMCAST_NL_NEW_FLAGS,
		.object = GEMCAST_A_OBJECT_SA,
		.id = GEMCAST_A_SA_SPI,
		.secret = true,
	},
	[GEMCAST_CMD_SA_SET] = {
		.doit = gemcast_nl_sa_set,
		.policy = gemcast_nl_sa_set_policy,
		.object = GEMCAST_A_OBJECT_SA,
		.id = GEMCAST_A_SA_SPI,
	},
	[GEMCAST_CMD_SA_DEL] = {
		.doit = gemcast_nl_sa_del,
		.policy = gemcast_nl_sa_policy,
		.object = GEMCAST_A_OBJECT_SA,
		.id = GEMCAST_A_SA_SPI,
	},
	[GEMCAST_CMD_SA_GET] = {
		.doit = gemcast_nl_sa_get,
		.dump = gemcast_nl_sa_dump,
		.policy = gemcast_nl_sa_policy,
		.object = GEMCAST_A_OBJECT_SA,
		.id = GEMCAST_A_SA_SPI,
	},
	[GEMCAST_CMD_SA_FLUSH] = {
		.doit = gemcast_nl_sa_flush,
		.policy = gemcast_nl_sa_policy,
		.object = GEMCAST_A_OBJECT_SA,
		.id = GEMCAST_A_SA_SPI,
		.all = true,
	},
	[GEMCAST_CMD_PEER_NEW] = {
		.doit = gemcast_nl_peer_new,
		.policy = gemcast_nl_peer_new_policy,
		.flags = GEMCAST_NL_NEW_FLAGS,
		.object = GEMCAST_A_OBJECT_PEER,
		.id = GEMCAST_A_PEER_ADDR,
	},
	[GEMCAST_CMD_PEER_DEL] = {
		.doit = gemcast_nl_peer_del,
		.policy = gemcast_nl_peer_policy,
		.object = GEMCAST_A_OBJECT_PEER,
		.id = GEMCAST_A_PEER_ADDR,
	},
	[GEMCAST_CMD_PEER_GET] = {
		.doit = gemcast_nl_peer_get,
		.dump = gemcast_nl_peer_dump,
		.policy = gemcast_nl_peer_policy,
		.object = GEMCAST_A_OBJECT_PEER,
		.id = GEMCAST_A_PEER_ADDR,
	},
	[GEMCAST_CMD_SENDER_GET] = {
		.dump = gemcast_nl_sender_dump,
		.policy = gemcast_nl_sender_policy,
		.object = GEMCAST_A_OBJECT_SENDER,
		.id = GEMCAST_A_SENDER_SPI,
		.all = true,
	},
	[GEMCAST_CMD_STATS_GET] = {
		.doit = gemcast_nl_stats_get,
		.policy = gemcast_nl_stats_policy,
		.object = GEMCAST_A_OBJECT_STATS,
		.all = true,
	},
	[GEMCAST_CMD_STATS_RESET] = {
		.doit = gemcast_nl_stats_reset,
		.policy = gemcast_nl_stats_policy,
		.object = GEMCAST_A_OBJECT_STATS,
		.all = true,
	},
};

/* The core would refuse the flags of NEW, see resv_start_op below. */
static int gemcast_nl_header(const struct nlmsghdr *nlh, u16 allowed,
			     struct netlink_ext_ack *extack)
{
	const struct genlmsghdr *hdr = nlmsg_data(nlh);

	if (hdr->reserved) {
		NL_SET_ERR_MSG(extack, "the reserved header field is not 0");
		return -EINVAL;
	}
	allowed |= NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO;
	if (nlh->nlmsg_flags & ~allowed) {
		NL_SET_ERR_MSG(extack, "this command does not take these flags");
		return -EINVAL;
	}
	return 0;
}

static int gemcast_nl_parse(struct gemcast_nl *nl,
			    const struct gemcast_nl_op *op,
			    const struct nlmsghdr *nlh, bool all)
{
	struct nlattr *objects[GEMCAST_A_OBJECT_MAX + 1];
	int err;

	err = genlmsg_parse(nlh, &gemcast_family, objects, GEMCAST_A_OBJECT_MAX,
			    op->policy, nl->extack);
	if (err)
		return err;
	nl->nest = objects[op->object];
	if (nl->nest)
		return nla_parse_nested(nl->attrs, op->policy[op->object].len,
					nl->nest, NULL, nl->extack);
	if (all)
		return 0;
	NL_SET_ERR_MSG(nl->extack, "the request names no object");
	NL_SET_ERR_ATTR_MISS(nl->extack, NULL, op->object);
	return -EINVAL;
}

/* No refusal without a reason, nor without the attribute it is about. */
static void gemcast_nl_explain(const struct gemcast_nl *nl,
			       const struct gemcast_nl_op *op, int err)
{
	struct netlink_ext_ack *extack = nl->extack;

	if (!extack->_msg) {
		switch (err) {
		case -ENOMEM:
			NL_SET_ERR_MSG(extack, "out of memory");
			break;
		case -ENOENT:
			NL_SET_ERR_MSG(extack, "there is no such object");
			break;
		case -EEXIST:
			NL_SET_ERR_MSG(extack, "the object exists");
			break;
		case -EBUSY:
			NL_SET_ERR_MSG(extack, "the object is in use");
			break;
		default:
			NL_SET_ERR_MSG(extack, "the request cannot be met");
		}
	}
	if (!extack->bad_attr && !extack->miss_type)
		NL_SET_BAD_ATTR(extack, nl->attrs[op->id] ?: nl->nest);
}

static int gemcast_nl_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct gemcast_nl_op *op = &gemcast_nl_ops[info->genlhdr->cmd];
	struct gemcast_nl nl = {
		.gn = gemcast_net(genl_info_net(info)),
		.info = info,
		.extack = info->extack,
	};
	int err;

	err = gemcast_nl_header(info->nlhdr, op->flags, nl.extack);
	if (err)
		goto wipe;
	err = gemcast_nl_parse(&nl, op, info->nlhdr, op->all);
	if (err)
		goto wipe;
	mutex_lock(&nl.gn->lock);
	err = op->doit(&nl, info->nlhdr->nlmsg_flags & op->flags);
	mutex_unlock(&nl.gn->lock);
	if (err)
		gemcast_nl_explain(&nl, op, err);
wipe:
	if (op->secret)
		memzero_explicit(genlmsg_data(info->genlhdr),
				 genlmsg_len(info->genlhdr));
	return err;
}

static int gemcast_nl_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	const struct gemcast_nl_op *op = &gemcast_nl_ops[hdr->cmd];
	struct gemcast_nl nl = {
		.gn = gemcast_net(sock_net(skb->sk)),
		.extack = cb->extack,
	};
	int err;

	err = gemcast_nl_header(cb->nlh, NLM_F_DUMP, nl.extack);
	if (err)
		return err;
	err = gemcast_nl_parse(&nl, op, cb->nlh, true);
	if (err)
		return err;
	mutex_lock(&nl.gn->lock);
	err = op->dump(&nl, skb, cb);
	mutex_unlock(&nl.gn->lock);
	if (err == -EMSGSIZE && skb->len)
		return skb->len;
	if (err)
		gemcast_nl_explain(&nl, op, err);
	return err ?: skb->len;
}

/**
 * gemcast_nl_reply() - Answer a request with one object.
 * @nl: the request
 * @put: writes the object's nest
 * @object: what @put is given
 *
 * Return: 0 or a negative errno.
 */
int gemcast_nl_reply(const struct gemcast_nl *nl, gemcast_nl_put_t put,
		     const void *object)
{
	struct sk_buff *skb;
	void *hdr;
	int err;

	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, nl->info, &gemcast_family, 0,
				nl->info->genlhdr->cmd);
	err = hdr ? put(skb, object) : -EMSGSIZE;
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, nl->info);
}

/**
 * gemcast_nl_dump() - Add an object to a dump.
 * @skb: the dump's buffer
 * @cb: the dump
 * @put: writes the object's nest
 * @object: what @put is given
 *
 * Return: 0, or -EMSGSIZE if it no longer fits; then @skb is as it was.
 */
int gemcast_nl_dump(struct sk_buff *skb, struct netlink_callback *cb,
		    gemcast_nl_put_t put, const void *object)
{
	const struct genlmsghdr *req = nlmsg_data(cb->nlh);
	void *hdr;
	int err;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &gemcast_family, NLM_F_MULTI, req->cmd);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	err = put(skb, object);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* The family. */

#define GEMCAST_NL_DO(_cmd, _policy) {					\
	.cmd = _cmd,							\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.policy = _policy,						\
	.maxattr = GEMCAST_A_OBJECT_MAX,				\
	.doit = gemcast_nl_doit,					\
}

#define GEMCAST_NL_GET(_cmd, _policy) {					\
	.cmd = _cmd,							\
	.flags = GENL_UNS_ADMIN_PERM,					\
	.policy = _policy,						\
	.maxattr = GEMCAST_A_OBJECT_MAX,				\
	.doit = gemcast_nl_doit,					\
	.dumpit = gemcast_nl_dumpit,					\
}

static const struct genl_ops gemcast_genl_ops[] = {
	GEMCAST_NL_DO(GEMCAST_CMD_GROUP_NEW, gemcast_nl_group_new_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_GROUP_DEL, gemcast_nl_group_policy),
	GEMCAST_NL_GET(GEMCAST_CMD_GROUP_GET, gemcast_nl_group_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_GROUP_FLUSH, gemcast_nl_group_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_POLICY_NEW, gemcast_nl_policy_new_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_POLICY_DEL, gemcast_nl_policy_policy),
	GEMCAST_NL_GET(GEMCAST_CMD_POLICY_GET, gemcast_nl_policy_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_POLICY_FLUSH, gemcast_nl_policy_policy),
	{
		/* Without a policy here the core leaves the parsing to us. */
		.cmd = GEMCAST_CMD_SA_NEW,
		.flags = GENL_UNS_ADMIN_PERM,
		.doit = gemcast_nl_doit,
	},
	GEMCAST_NL_DO(GEMCAST_CMD_SA_SET, gemcast_nl_sa_set_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_SA_DEL, gemcast_nl_sa_policy),
	GEMCAST_NL_GET(GEMCAST_CMD_SA_GET, gemcast_nl_sa_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_SA_FLUSH, gemcast_nl_sa_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_PEER_NEW, gemcast_nl_peer_new_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_PEER_DEL, gemcast_nl_peer_policy),
	GEMCAST_NL_GET(GEMCAST_CMD_PEER_GET, gemcast_nl_peer_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_STATS_GET, gemcast_nl_stats_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_STATS_RESET, gemcast_nl_stats_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_POLICY_BEGIN, gemcast_nl_transaction_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_POLICY_COMMIT, gemcast_nl_transaction_policy),
	GEMCAST_NL_DO(GEMCAST_CMD_POLICY_ABORT, gemcast_nl_transaction_policy),
	{
		.cmd = GEMCAST_CMD_SENDER_GET,
		.flags = GENL_UNS_ADMIN_PERM,
		.policy = gemcast_nl_sender_policy,
		.maxattr = GEMCAST_A_OBJECT_MAX,
		.dumpit = gemcast_nl_dumpit,
	},
};

static const struct genl_multicast_group gemcast_genl_mcgrps[] = {
	[GEMCAST_MC_SA] = {
		.name = GEMCAST_MCGRP_SA,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[GEMCAST_MC_POLICY] = {
		.name = GEMCAST_MCGRP_POLICY,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[GEMCAST_MC_ACQUIRE] = {
		.name = GEMCAST_MCGRP_ACQUIRE,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[GEMCAST_MC_EXPIRE] = {
		.name = GEMCAST_MCGRP_EXPIRE,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[GEMCAST_MC_AUDIT] = {
		.name = GEMCAST_MCGRP_AUDIT,
		.flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

struct genl_family gemcast_family __ro_after_init = {
	.name = GEMCAST_FAMILY_NAME,
	.version = GEMCAST_FAMILY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
	.ops = gemcast_genl_ops,
	.n_ops = ARRAY_SIZE(gemcast_genl_ops),
	.mcgrps = gemcast_genl_mcgrps,
	.n_mcgrps = ARRAY_SIZE(gemcast_genl_mcgrps),
	/*
	 * From this command on the core refuses NLM_F_CREATE, _EXCL and
	 * _REPLACE; gemcast_nl_header() does the rest of what it would.
	 */
	.resv_start_op = __GEMCAST_CMD_MAX,
};

int __init gemcast_netlink_init(void)
{
	int err;

	BUILD_BUG_ON((int)GEMCAST_A_GROUP_MAX > (int)GEMCAST_A_SA_MAX);
	BUILD_BUG_ON((int)GEMCAST_A_POLICY_MAX > (int)GEMCAST_A_SA_MAX);
	BUILD_BUG_ON((int)GEMCAST_A_PEER_MAX > (int)GEMCAST_A_SA_MAX);
	BUILD_BUG_ON((int)GEMCAST_A_SENDER_MAX > (int)GEMCAST_A_SA_MAX);
	err = genl_register_family(&gemcast_family);
	if (!err)
		gemcast_event_start();
	return err;
}

void gemcast_netlink_exit(void)
{
	gemcast_event_stop();
	genl_unregister_family(&gemcast_family);
}
