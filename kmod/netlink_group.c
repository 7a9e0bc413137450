// SPDX-License-Identifier: GPL-2.0
/* Groups by netlink. All but the tables runs under gn->lock. */
#include "netlink.h"
#include "parallel.h"

const struct nla_policy
gemcast_nl_group_new_attrs[GEMCAST_A_GROUP_MAX + 1] = {
	[GEMCAST_A_GROUP_ID] = { .type = NLA_U32 },
	[GEMCAST_A_GROUP_ENCAP] = NLA_POLICY_MAX(NLA_U32, GEMCAST_ENCAP_UDP),
	[GEMCAST_A_GROUP_PORT] = { .type = NLA_U16 },
	[GEMCAST_A_GROUP_POLICIES] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_GROUP_SAS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_GROUP_PEERS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_GROUP_CURRENT_SPI] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_GROUP_PARALLEL] = NLA_POLICY_MAX(NLA_U32, GEMCAST_PARALLEL_ON),
	[GEMCAST_A_GROUP_PARALLEL_PACKETS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_GROUP_PARALLEL_CPUS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_GROUP_PARALLEL_BUSIEST] = GEMCAST_NL_OUT_ONLY,
};

const struct nla_policy
gemcast_nl_group_name_attrs[GEMCAST_A_GROUP_MAX + 1] = {
	[GEMCAST_A_GROUP_ID] = NLA_POLICY_MIN(NLA_U32, 1),
};

static int gemcast_nl_group_id(const struct gemcast_nl *nl, u32 *id)
{
	*id = gemcast_nl_u32(nl, GEMCAST_A_GROUP_ID, 0);
	if (!nl->attrs[GEMCAST_A_GROUP_ID])
		return gemcast_nl_missing(nl, GEMCAST_A_GROUP_ID,
					  "the group's id is missing");
	if (!*id)
		return gemcast_nl_refuse(nl, GEMCAST_A_GROUP_ID,
					 "0 is no group; ids begin with 1");
	return 0;
}

int gemcast_nl_group_new(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_group_config cfg = {
		.encap = gemcast_nl_u32(nl, GEMCAST_A_GROUP_ENCAP,
					GEMCAST_ENCAP_NONE),
		.has_parallel = nl->attrs[GEMCAST_A_GROUP_PARALLEL],
		.parallel = gemcast_nl_u32(nl, GEMCAST_A_GROUP_PARALLEL,
					   GEMCAST_PARALLEL_OFF),
	};
	int err;

	err = gemcast_nl_group_id(nl, &cfg.id);
	if (err)
		return err;
	if (cfg.encap == GEMCAST_ENCAP_UDP)
		cfg.port = gemcast_nl_u16(nl, GEMCAST_A_GROUP_PORT,
					  GEMCAST_UDP_PORT);
	else if (nl->attrs[GEMCAST_A_GROUP_PORT])
		return gemcast_nl_refuse(nl, GEMCAST_A_GROUP_PORT,
					 "only a group with encap udp has a port");
	if (cfg.encap == GEMCAST_ENCAP_UDP && !cfg.port)
		return gemcast_nl_refuse(nl, GEMCAST_A_GROUP_PORT,
					 "0 is no UDP port; 1 to 65535 are");
	return gemcast_group_new(nl->gn, &cfg, flags, nl->extack);
}

int gemcast_nl_group_del(const struct gemcast_nl *nl, u16 flags)
{
	u32 id;
	int err;

	err = gemcast_nl_group_id(nl, &id);
	return err ?: gemcast_group_del(nl->gn, id, nl->extack);
}

int gemcast_nl_group_flush(const struct gemcast_nl *nl, u16 flags)
{
	u32 id = gemcast_nl_u32(nl, GEMCAST_A_GROUP_ID, 0);

	/* What is not there is flushed. */
	if (id && !gemcast_group_find(nl->gn, id))
		return 0;
	return gemcast_group_flush(nl->gn, id, nl->extack);
}

/* Of the SA that is sent by. */
static int gemcast_nl_put_current(struct sk_buff *skb,
				  const struct gemcast_group *group)
{
	const struct gemcast_sa *sa =
		rcu_dereference_protected(group->current_sa,
					  lockdep_is_held(&group->gn->lock));

	return sa ? nla_put_u32(skb, GEMCAST_A_GROUP_CURRENT_SPI, sa->key.spi) :
		    0;
}

static int gemcast_nl_put_parallel(struct sk_buff *skb,
				   const struct gemcast_group *group)
{
	struct gemcast_parallel_count count;

	if (nla_put_u32(skb, GEMCAST_A_GROUP_PARALLEL, group->cfg.parallel))
		return -EMSGSIZE;
	gemcast_parallel_count(group, &count);
	if (!group->cfg.parallel && !count.packets)
		return 0;
	if (nla_put_u64_64bit(skb, GEMCAST_A_GROUP_PARALLEL_PACKETS,
			      count.packets, GEMCAST_A_GROUP_PAD) ||
	    nla_put_u32(skb, GEMCAST_A_GROUP_PARALLEL_CPUS, count.cpus) ||
	    nla_put_u64_64bit(skb, GEMCAST_A_GROUP_PARALLEL_BUSIEST,
			      count.busiest, GEMCAST_A_GROUP_PAD))
		return -EMSGSIZE;
	return 0;
}

int gemcast_nl_put_group(struct sk_buff *skb, const void *object)
{
	const struct gemcast_group *group = object;
	struct nlattr *nest;

	lockdep_assert_held(&group->gn->lock);
	nest = nla_nest_start(skb, GEMCAST_A_OBJECT_GROUP);
	if (!nest ||
	    nla_put_u32(skb, GEMCAST_A_GROUP_ID, group->cfg.id) ||
	    nla_put_u32(skb, GEMCAST_A_GROUP_ENCAP, group->cfg.encap) ||
	    (group->cfg.port &&
	     nla_put_u16(skb, GEMCAST_A_GROUP_PORT, group->cfg.port)) ||
	    nla_put_u32(skb, GEMCAST_A_GROUP_POLICIES, group->npolicies) ||
	    nla_put_u32(skb, GEMCAST_A_GROUP_SAS, group->nsas) ||
	    nla_put_u32(skb, GEMCAST_A_GROUP_PEERS, group->npeers) ||
	    gemcast_nl_put_current(skb, group) ||
	    gemcast_nl_put_parallel(skb, group))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

int gemcast_nl_group_get(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_group *group;
	u32 id;
	int err;

	err = gemcast_nl_group_id(nl, &id);
	if (err)
		return err;
	group = gemcast_nl_group(nl, GEMCAST_A_GROUP_ID, id);
	if (IS_ERR(group))
		return PTR_ERR(group);
	return gemcast_nl_reply(nl, gemcast_nl_put_group, group);
}

/* cb->args[0]: the last id shown. */
int gemcast_nl_group_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			  struct netlink_callback *cb)
{
	u32 only = gemcast_nl_u32(nl, GEMCAST_A_GROUP_ID, 0);
	u32 last = cb->args[0];
	struct gemcast_group *group;
	unsigned long id;
	int err;

	if (last == U32_MAX)
		return 0;
	xa_for_each_start(&nl->gn->groups, id, group, last + 1) {
		if (only && id != only)
			continue;
		err = gemcast_nl_dump(skb, cb, gemcast_nl_put_group, group);
		if (err)
			return err;
		cb->args[0] = id;
	}
	return 0;
}
