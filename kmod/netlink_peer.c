// SPDX-License-Identifier: GPL-2.0
/* Peers by netlink. All but the tables runs under gn->lock. */
#include "netlink.h"

const struct nla_policy gemcast_nl_peer_new_attrs[GEMCAST_A_PEER_MAX + 1] = {
	[GEMCAST_A_PEER_GROUP] = { .type = NLA_U32 },
	[GEMCAST_A_PEER_ADDR] = GEMCAST_NL_ADDR,
	[GEMCAST_A_PEER_PORT] = { .type = NLA_U16 },
	[GEMCAST_A_PEER_DEV] = GEMCAST_NL_DEV,
	[GEMCAST_A_PEER_OUT_PACKETS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_PEER_OUT_BYTES] = GEMCAST_NL_OUT_ONLY,
};

const struct nla_policy gemcast_nl_peer_name_attrs[GEMCAST_A_PEER_MAX + 1] = {
	[GEMCAST_A_PEER_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[GEMCAST_A_PEER_ADDR] = GEMCAST_NL_ADDR,
	[GEMCAST_A_PEER_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[GEMCAST_A_PEER_DEV] = GEMCAST_NL_DEV,
};

/* What @filter leaves empty matches everything. */
static bool gemcast_nl_peer_matches(const struct gemcast_peer *peer,
				    const struct gemcast_peer_config *filter)
{
	return (ipv6_addr_any(&filter->addr) ||
		ipv6_addr_equal(&filter->addr, &peer->cfg.addr)) &&
	       (!filter->port || filter->port == peer->cfg.port) &&
	       (!*filter->dev || !strcmp(filter->dev, peer->cfg.dev));
}

static int gemcast_nl_peer_config(const struct gemcast_nl *nl,
				  struct gemcast_peer_config *cfg)
{
	int err;

	cfg->group = gemcast_nl_u32(nl, GEMCAST_A_PEER_GROUP, 0);
	cfg->port = gemcast_nl_u16(nl, GEMCAST_A_PEER_PORT, GEMCAST_UDP_PORT);
	gemcast_nl_dev(nl, GEMCAST_A_PEER_DEV, cfg->dev);
	if (!nl->attrs[GEMCAST_A_PEER_GROUP])
		return gemcast_nl_missing(nl, GEMCAST_A_PEER_GROUP,
					  "the peer's group is missing");
	if (!gemcast_nl_addr(nl, GEMCAST_A_PEER_ADDR, &cfg->addr))
		return gemcast_nl_missing(nl, GEMCAST_A_PEER_ADDR,
					  "the peer's address is missing");
	err = gemcast_nl_unicast(nl, GEMCAST_A_PEER_ADDR, &cfg->addr);
	if (err)
		return err;
	if (!cfg->port)
		return gemcast_nl_refuse(nl, GEMCAST_A_PEER_PORT,
					 "0 is no UDP port; 1 to 65535 are");
	return PTR_ERR_OR_ZERO(gemcast_nl_group(nl, GEMCAST_A_PEER_GROUP,
						cfg->group));
}

int gemcast_nl_peer_new(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_peer_config cfg = {};
	int err;

	err = gemcast_nl_peer_config(nl, &cfg) ?:
	      gemcast_nl_dev_there(nl, GEMCAST_A_PEER_DEV, cfg.dev);
	return err ?: gemcast_peer_new(nl->gn, &cfg, flags, nl->extack);
}

/* The one peer that a request names. */
static struct gemcast_peer *gemcast_nl_peer(const struct gemcast_nl *nl,
					    struct gemcast_peer_config *cfg)
{
	struct gemcast_group *group;
	struct gemcast_peer *peer;
	int err;

	err = gemcast_nl_peer_config(nl, cfg);
	if (err)
		return ERR_PTR(err);
	group = gemcast_group_find(nl->gn, cfg->group);
	list_for_each_entry(peer, &group->peers, node)
		if (gemcast_nl_peer_matches(peer, cfg))
			return peer;
	NL_SET_ERR_MSG(nl->extack, "no such peer");
	return ERR_PTR(-ENOENT);
}

int gemcast_nl_peer_del(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_peer_config cfg = {};
	struct gemcast_peer *peer = gemcast_nl_peer(nl, &cfg);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	return gemcast_peer_del(nl->gn, &cfg, nl->extack);
}

int gemcast_nl_put_peer(struct sk_buff *skb, const void *object)
{
	const struct gemcast_peer *peer = object;
	const struct gemcast_peer_config *cfg = &peer->cfg;
	struct gemcast_count count = gemcast_counters_read(peer->out);
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(skb, GEMCAST_A_OBJECT_PEER);
	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, GEMCAST_A_PEER_GROUP, cfg->group) ?:
	      gemcast_nl_put_addr(skb, GEMCAST_A_PEER_ADDR, &cfg->addr) ?:
	      nla_put_u16(skb, GEMCAST_A_PEER_PORT, cfg->port) ?:
	      gemcast_nl_put_dev(skb, GEMCAST_A_PEER_DEV, cfg->dev) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_PEER_OUT_PACKETS, count.packets,
				GEMCAST_A_PEER_PAD) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_PEER_OUT_BYTES, count.bytes,
				GEMCAST_A_PEER_PAD);
	if (err)
		return err;
	nla_nest_end(skb, nest);
	return 0;
}

int gemcast_nl_peer_get(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_peer_config cfg = {};
	struct gemcast_peer *peer = gemcast_nl_peer(nl, &cfg);

	if (IS_ERR(peer))
		return PTR_ERR(peer);
	return gemcast_nl_reply(nl, gemcast_nl_put_peer, peer);
}

/* Where a dump of peers stands: behind this one. */
struct gemcast_nl_peer_pos {
	u32 group;
	u64 number;
};

static int gemcast_nl_peers_dump(const struct gemcast_group *group,
				 const struct gemcast_peer_config *filter,
				 struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct gemcast_nl_peer_pos *pos = (void *)cb->ctx;
	struct gemcast_peer *peer;
	int err;

	if (pos->group != group->cfg.id)
		pos->number = 0;
	pos->group = group->cfg.id;
	list_for_each_entry(peer, &group->peers, node) {
		if (peer->number <= pos->number ||
		    !gemcast_nl_peer_matches(peer, filter))
			continue;
		err = gemcast_nl_dump(skb, cb, gemcast_nl_put_peer, peer);
		if (err)
			return err;
		pos->number = peer->number;
	}
	return 0;
}

int gemcast_nl_peer_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			 struct netlink_callback *cb)
{
	const struct gemcast_nl_peer_pos *pos = (void *)cb->ctx;
	struct gemcast_peer_config filter = {};
	struct gemcast_group *group;
	unsigned long id;
	int err;

	BUILD_BUG_ON(sizeof(*pos) > sizeof(cb->ctx));
	filter.group = gemcast_nl_u32(nl, GEMCAST_A_PEER_GROUP, 0);
	filter.port = gemcast_nl_u16(nl, GEMCAST_A_PEER_PORT, 0);
	gemcast_nl_addr(nl, GEMCAST_A_PEER_ADDR, &filter.addr);
	gemcast_nl_dev(nl, GEMCAST_A_PEER_DEV, filter.dev);
	xa_for_each_start(&nl->gn->groups, id, group, pos->group) {
		if (filter.group && filter.group != id)
			continue;
		err = gemcast_nl_peers_dump(group, &filter, skb, cb);
		if (err)
			return err;
	}
	return 0;
}
