// SPDX-License-Identifier: GPL-2.0
/*
 * Senders by netlink: who has a replay window in which SA. They come with their
 * packets and go with their SA, so there is nothing to ask but a dump.
 *
 * All but the table runs under gn->lock.
 */
#include "netlink.h"

const struct nla_policy
gemcast_nl_sender_attrs[GEMCAST_A_SENDER_MAX + 1] = {
	[GEMCAST_A_SENDER_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[GEMCAST_A_SENDER_SPI] = NLA_POLICY_MIN(NLA_U32, GEMCAST_SPI_MIN),
	[GEMCAST_A_SENDER_DST] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SENDER_SID] = { .type = NLA_U32 },
	[GEMCAST_A_SENDER_SRC] = GEMCAST_NL_ADDR,
};

/* Which senders a dump is to show. */
struct gemcast_nl_senders {
	struct gemcast_sa_filter sa;
	bool has_sid, has_src;
	u32 sid;
	struct in6_addr src;
};

/* Where a dump stands: in this SA. */
struct gemcast_nl_sender_pos {
	u64 sa;
	struct gemcast_sender_pos sender;
};

/* One sender, and the SA that it belongs to. */
struct gemcast_nl_sender {
	const struct gemcast_sa *sa;
	struct gemcast_sender_info info;
};

static bool gemcast_nl_sender_matches(const struct gemcast_nl_senders *filter,
				      const struct gemcast_nl_sender *sender)
{
	const struct in6_addr *id = &sender->info.id;

	if (sender->sa->replay == GEMCAST_REPLAY_SID)
		return !filter->has_src &&
		       (!filter->has_sid ||
			filter->sid == ntohl(id->s6_addr32[3]));
	return !filter->has_sid &&
	       (!filter->has_src || ipv6_addr_equal(&filter->src, id));
}

static int gemcast_nl_put_sender_name(struct sk_buff *skb,
				      const struct gemcast_nl_sender *sender)
{
	const struct gemcast_sa *sa = sender->sa;
	int err;

	err = nla_put_u32(skb, GEMCAST_A_SENDER_GROUP, sa->group->cfg.id) ?:
	      nla_put_u32(skb, GEMCAST_A_SENDER_SPI, sa->key.spi);
	if (!err && !ipv6_addr_any(&sa->key.dst))
		err = gemcast_nl_put_addr(skb, GEMCAST_A_SENDER_DST,
					  &sa->key.dst);
	if (err)
		return err;
	if (sa->replay == GEMCAST_REPLAY_SID)
		return nla_put_u32(skb, GEMCAST_A_SENDER_SID,
				   ntohl(sender->info.id.s6_addr32[3]));
	return gemcast_nl_put_addr(skb, GEMCAST_A_SENDER_SRC,
				   &sender->info.id);
}

static int gemcast_nl_put_sender(struct sk_buff *skb, const void *object)
{
	const struct gemcast_nl_sender *sender = object;
	const struct gemcast_sender_info *info = &sender->info;
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(skb, GEMCAST_A_OBJECT_SENDER);
	if (!nest)
		return -EMSGSIZE;
	err = gemcast_nl_put_sender_name(skb, sender) ?:
	      nla_put_u32(skb, GEMCAST_A_SENDER_SEQ, info->top) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SENDER_IN_PACKETS,
				info->packets, GEMCAST_A_SENDER_PAD) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SENDER_IN_BYTES, info->bytes,
				GEMCAST_A_SENDER_PAD) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SENDER_IN_REPLAYS,
				info->replays, GEMCAST_A_SENDER_PAD) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SENDER_IDLE, info->idle,
				GEMCAST_A_SENDER_PAD);
	if (err)
		return err;
	nla_nest_end(skb, nest);
	return 0;
}

static int gemcast_nl_senders_dump(struct gemcast_sa *sa,
				   const struct gemcast_nl_senders *filter,
				   struct sk_buff *skb,
				   struct netlink_callback *cb)
{
	struct gemcast_nl_sender_pos *pos = (void *)cb->ctx;
	struct gemcast_nl_sender sender = { .sa = sa };
	struct gemcast_sender_pos next;
	int err;

	if (pos->sa != sa->number)
		*pos = (struct gemcast_nl_sender_pos){ .sa = sa->number };
	next = pos->sender;
	while (gemcast_replay_next(&sa->replays, &next, &sender.info)) {
		if (gemcast_nl_sender_matches(filter, &sender)) {
			err = gemcast_nl_dump(skb, cb, gemcast_nl_put_sender,
					      &sender);
			if (err)
				return err;
		}
		pos->sender = next;
	}
	/* A dump that goes on later is not to find newer ones here. */
	pos->sender = next;
	return 0;
}

int gemcast_nl_sender_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			   struct netlink_callback *cb)
{
	const struct gemcast_nl_sender_pos *pos = (void *)cb->ctx;
	struct gemcast_nl_senders filter = {};
	struct gemcast_sa *sa;
	int err;

	BUILD_BUG_ON(sizeof(*pos) > sizeof(cb->ctx));
	filter.sa.group = gemcast_nl_u32(nl, GEMCAST_A_SENDER_GROUP, 0);
	filter.sa.spi = gemcast_nl_u32(nl, GEMCAST_A_SENDER_SPI, 0);
	filter.sa.has_dst = gemcast_nl_addr(nl, GEMCAST_A_SENDER_DST,
					    &filter.sa.dst);
	filter.has_src = gemcast_nl_addr(nl, GEMCAST_A_SENDER_SRC, &filter.src);
	filter.has_sid = nl->attrs[GEMCAST_A_SENDER_SID];
	filter.sid = gemcast_nl_u32(nl, GEMCAST_A_SENDER_SID, 0);

	list_for_each_entry(sa, &nl->gn->sas, all) {
		if (sa->number < pos->sa || !sa->replays.max ||
		    !gemcast_sa_matches(sa, &filter.sa))
			continue;
		err = gemcast_nl_senders_dump(sa, &filter, skb, cb);
		if (err)
			return err;
	}
	return 0;
}
