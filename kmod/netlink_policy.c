// SPDX-License-Identifier: GPL-2.0
/*
 * Policies by netlink. What a request says is checked here as far as it can be
 * without looking at groups and interfaces; policy.c does that.
 *
 * All but the tables runs under gn->lock.
 */
#include "netlink.h"
#include "transaction.h"

const struct nla_policy
gemcast_nl_policy_new_attrs[GEMCAST_A_POLICY_MAX + 1] = {
	[GEMCAST_A_POLICY_INDEX] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_POLICY_GROUP] = { .type = NLA_U32 },
	[GEMCAST_A_POLICY_DST] = GEMCAST_NL_ADDR,
	[GEMCAST_A_POLICY_DST_LEN] = { .type = NLA_U8 },
	[GEMCAST_A_POLICY_SRC] = GEMCAST_NL_ADDR,
	[GEMCAST_A_POLICY_SRC_LEN] = { .type = NLA_U8 },
	[GEMCAST_A_POLICY_PROTO] = { .type = NLA_U8 },
	[GEMCAST_A_POLICY_SPORT_MIN] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_SPORT_MAX] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_DPORT_MIN] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_DPORT_MAX] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_DEV] = GEMCAST_NL_DEV,
	[GEMCAST_A_POLICY_DIR] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_POLICY_DIR_RECEIVE),
	[GEMCAST_A_POLICY_ACTION] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_ACTION_DISCARD),
	[GEMCAST_A_POLICY_MODE] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_MODE_TRANSPORT),
	[GEMCAST_A_POLICY_PRESERVE] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_PRESERVE_BOTH),
	[GEMCAST_A_POLICY_LOCAL] = GEMCAST_NL_ADDR,
	[GEMCAST_A_POLICY_REMOTE] = GEMCAST_NL_ADDR,
	[GEMCAST_A_POLICY_NO_SA] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_NO_SA_BYPASS),
	[GEMCAST_A_POLICY_DF] = NLA_POLICY_MAX(NLA_U32, GEMCAST_DF_COPY),
	[GEMCAST_A_POLICY_PRIO] = { .type = NLA_U32 },
	[GEMCAST_A_POLICY_REINJECT] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_REINJECT_TX),
	[GEMCAST_A_POLICY_REINJECT_DEV] = GEMCAST_NL_DEV,
	[GEMCAST_A_POLICY_OUT_PACKETS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_POLICY_IN_PACKETS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_POLICY_FRAGMENT] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_FRAGMENT_BEFORE),
	[GEMCAST_A_POLICY_DSCP] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_DSCP_MAX),
	[GEMCAST_A_POLICY_DECAP_DSCP] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_DECAP_DSCP_OUTER),
	[GEMCAST_A_POLICY_ECN] = NLA_POLICY_MAX(NLA_U32, GEMCAST_ECN_CLEAR),
};

const struct nla_policy
gemcast_nl_policy_name_attrs[GEMCAST_A_POLICY_MAX + 1] = {
	[GEMCAST_A_POLICY_INDEX] = NLA_POLICY_MIN(NLA_U32, 1),
	[GEMCAST_A_POLICY_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[GEMCAST_A_POLICY_DST] = GEMCAST_NL_ADDR,
	[GEMCAST_A_POLICY_DST_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[GEMCAST_A_POLICY_SRC] = GEMCAST_NL_ADDR,
	[GEMCAST_A_POLICY_SRC_LEN] = NLA_POLICY_MAX(NLA_U8, 128),
	[GEMCAST_A_POLICY_PROTO] = { .type = NLA_U8 },
	[GEMCAST_A_POLICY_SPORT_MIN] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_SPORT_MAX] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_DPORT_MIN] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_DPORT_MAX] = { .type = NLA_U16 },
	[GEMCAST_A_POLICY_DEV] = GEMCAST_NL_DEV,
	[GEMCAST_A_POLICY_DIR] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_POLICY_DIR_RECEIVE),
	[GEMCAST_A_POLICY_ACTION] =
		NLA_POLICY_MAX(NLA_U32, GEMCAST_ACTION_DISCARD),
	[GEMCAST_A_POLICY_PRIO] = { .type = NLA_U32 },
};

/*
 * An address and how many bits of it count; all if @len_attr is absent. Bits
 * beyond those must be 0, so that a typing error is not taken for a prefix. A
 * prefix of no bits is any address, of whichever family.
 */
static int gemcast_nl_prefix(const struct gemcast_nl *nl, int attr,
			     int len_attr, struct in6_addr *addr, u8 *len)
{
	struct in6_addr prefix;
	u8 bits, skip;

	if (!gemcast_nl_addr(nl, attr, addr)) {
		if (nl->attrs[len_attr])
			return gemcast_nl_refuse(nl, len_attr,
						 "a prefix length without its address");
		return 0;
	}
	bits = gemcast_addr_len(addr) * BITS_PER_BYTE;
	skip = 128 - bits;
	*len = gemcast_nl_u8(nl, len_attr, bits);
	if (*len > bits)
		return gemcast_nl_refuse(nl, len_attr,
					 "the prefix length is above 32 (IPv4) or 128 (IPv6)");
	*len += skip;
	ipv6_addr_prefix(&prefix, addr, *len);
	if (!ipv6_addr_equal(&prefix, addr))
		return gemcast_nl_refuse(nl, attr,
					 "the address has bits set beyond its prefix length");
	if (*len == skip) {
		*addr = in6addr_any;
		*len = 0;
	}
	return 0;
}

/* Both ends of a range, or neither. */
static int gemcast_nl_ports(const struct gemcast_nl *nl, int min_attr,
			    int max_attr, u16 *min, u16 *max)
{
	*min = gemcast_nl_u16(nl, min_attr, 0);
	*max = gemcast_nl_u16(nl, max_attr, U16_MAX);
	if (nl->attrs[min_attr] && !nl->attrs[max_attr])
		return gemcast_nl_missing(nl, max_attr,
					  "the upper end of the port range is missing");
	if (!nl->attrs[min_attr] && nl->attrs[max_attr])
		return gemcast_nl_missing(nl, min_attr,
					  "the lower end of the port range is missing");
	if (*min > *max)
		return gemcast_nl_refuse(nl, min_attr,
					 "the port range ends below its beginning");
	return 0;
}

static int gemcast_nl_selector(const struct gemcast_nl *nl,
			       struct gemcast_selector *sel)
{
	int err;

	err = gemcast_nl_prefix(nl, GEMCAST_A_POLICY_DST,
				GEMCAST_A_POLICY_DST_LEN, &sel->dst,
				&sel->dst_len) ?:
	      gemcast_nl_prefix(nl, GEMCAST_A_POLICY_SRC,
				GEMCAST_A_POLICY_SRC_LEN, &sel->src,
				&sel->src_len) ?:
	      gemcast_nl_ports(nl, GEMCAST_A_POLICY_SPORT_MIN,
			       GEMCAST_A_POLICY_SPORT_MAX, &sel->sport_min,
			       &sel->sport_max) ?:
	      gemcast_nl_ports(nl, GEMCAST_A_POLICY_DPORT_MIN,
			       GEMCAST_A_POLICY_DPORT_MAX, &sel->dport_min,
			       &sel->dport_max);
	if (err)
		return err;
	sel->any_proto = !nl->attrs[GEMCAST_A_POLICY_PROTO];
	sel->proto = gemcast_nl_u8(nl, GEMCAST_A_POLICY_PROTO, 0);
	gemcast_nl_dev(nl, GEMCAST_A_POLICY_DEV, sel->dev);
	return gemcast_nl_family(nl, GEMCAST_A_POLICY_SRC, &sel->src,
				 &sel->dst);
}

/* What a request names, for all commands but NEW. */
static int gemcast_nl_policy_filter(const struct gemcast_nl *nl,
				    struct gemcast_policy_filter *f)
{
	f->index = gemcast_nl_u32(nl, GEMCAST_A_POLICY_INDEX, 0);
	f->cfg.group = gemcast_nl_u32(nl, GEMCAST_A_POLICY_GROUP, 0);
	f->cfg.dir = gemcast_nl_u32(nl, GEMCAST_A_POLICY_DIR, 0);
	f->cfg.action = gemcast_nl_u32(nl, GEMCAST_A_POLICY_ACTION, 0);
	f->cfg.prio = gemcast_nl_u32(nl, GEMCAST_A_POLICY_PRIO, 0);
	f->has_group = nl->attrs[GEMCAST_A_POLICY_GROUP];
	f->has_dst = nl->attrs[GEMCAST_A_POLICY_DST];
	f->has_src = nl->attrs[GEMCAST_A_POLICY_SRC];
	f->has_proto = nl->attrs[GEMCAST_A_POLICY_PROTO];
	f->has_sport = nl->attrs[GEMCAST_A_POLICY_SPORT_MIN];
	f->has_dport = nl->attrs[GEMCAST_A_POLICY_DPORT_MIN];
	f->has_dev = nl->attrs[GEMCAST_A_POLICY_DEV];
	f->has_dir = nl->attrs[GEMCAST_A_POLICY_DIR];
	f->has_action = nl->attrs[GEMCAST_A_POLICY_ACTION];
	f->has_prio = nl->attrs[GEMCAST_A_POLICY_PRIO];
	return gemcast_nl_selector(nl, &f->cfg.sel);
}

/* For receivers' unicast back to a sender (RFC 5374 A.2), and no wider. */
static int gemcast_nl_check_host(const struct gemcast_nl *nl,
				 const struct gemcast_selector *sel)
{
	if (sel->dst_len != GEMCAST_DST_BITS)
		return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_DST_LEN,
					 "dst is neither multicast (224.0.0.0/4, ff00::/8) nor one host (/32, /128)");
	return gemcast_nl_unicast(nl, GEMCAST_A_POLICY_DST, &sel->dst);
}

static int gemcast_nl_check_dst(const struct gemcast_nl *nl,
				const struct gemcast_selector *sel)
{
	bool v4;

	if (!nl->attrs[GEMCAST_A_POLICY_DST])
		return gemcast_nl_missing(nl, GEMCAST_A_POLICY_DST,
					  "a policy needs dst, a multicast prefix or a host");
	if (!gemcast_addr_multicast(&sel->dst))
		return gemcast_nl_check_host(nl, sel);
	v4 = gemcast_addr_family(&sel->dst) == AF_INET;
	if (sel->dst_len < (v4 ? 96 + 4 : 8))
		return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_DST_LEN,
					 "dst is wider than 224.0.0.0/4 or ff00::/8");
	return 0;
}

static int gemcast_nl_check_src(const struct gemcast_nl *nl,
				const struct gemcast_selector *sel)
{
	if (!gemcast_addr_multicast(&sel->src))
		return 0;
	return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_SRC,
				 "src is multicast; packets come from unicast addresses");
}

static int gemcast_nl_check_ports(const struct gemcast_nl *nl,
				  const struct gemcast_selector *sel)
{
	int attr = nl->attrs[GEMCAST_A_POLICY_SPORT_MIN] ?
			   GEMCAST_A_POLICY_SPORT_MIN :
			   GEMCAST_A_POLICY_DPORT_MIN;

	if (!nl->attrs[attr])
		return 0;
	if (sel->any_proto)
		return gemcast_nl_missing(nl, GEMCAST_A_POLICY_PROTO,
					  "ports need proto: tcp, udp, udplite, sctp or dccp");
	switch (sel->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE:
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
		return 0;
	}
	return gemcast_nl_refuse(nl, attr,
				 "this proto has no ports; tcp, udp, udplite, sctp and dccp have");
}

/* What bypass and discard have no use for. */
static int gemcast_nl_check_plain(const struct gemcast_nl *nl)
{
	static const u8 attrs[] = {
		GEMCAST_A_POLICY_GROUP, GEMCAST_A_POLICY_MODE,
		GEMCAST_A_POLICY_PRESERVE, GEMCAST_A_POLICY_LOCAL,
		GEMCAST_A_POLICY_REMOTE, GEMCAST_A_POLICY_NO_SA,
		GEMCAST_A_POLICY_DF, GEMCAST_A_POLICY_REINJECT,
		GEMCAST_A_POLICY_REINJECT_DEV, GEMCAST_A_POLICY_FRAGMENT,
		GEMCAST_A_POLICY_DSCP, GEMCAST_A_POLICY_DECAP_DSCP,
		GEMCAST_A_POLICY_ECN,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (nl->attrs[attrs[i]])
			return gemcast_nl_refuse(nl, attrs[i],
						 "only a policy with action protect has this");
	return 0;
}

static int gemcast_nl_check_transport(const struct gemcast_nl *nl)
{
	static const u8 attrs[] = {
		GEMCAST_A_POLICY_PRESERVE, GEMCAST_A_POLICY_LOCAL,
		GEMCAST_A_POLICY_REMOTE, GEMCAST_A_POLICY_FRAGMENT,
		GEMCAST_A_POLICY_DSCP, GEMCAST_A_POLICY_DECAP_DSCP,
		GEMCAST_A_POLICY_ECN,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++)
		if (nl->attrs[attrs[i]])
			return gemcast_nl_refuse(nl, attrs[i],
						 "transport mode keeps the packet's own header and takes it whole; only tunnel mode has this");
	return 0;
}

/* The outer addresses of a tunnel that does not preserve both. */
static int gemcast_nl_check_tunnel(const struct gemcast_nl *nl,
				   const struct gemcast_policy_config *cfg)
{
	bool src = cfg->preserve & GEMCAST_PRESERVE_SRC;
	bool dst = cfg->preserve & GEMCAST_PRESERVE_DST;
	bool local = nl->attrs[GEMCAST_A_POLICY_LOCAL];
	bool remote = nl->attrs[GEMCAST_A_POLICY_REMOTE];
	int err;

	if (local && src)
		return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_LOCAL,
					 "local needs a source that is not preserved: preserve dst or none");
	if (remote && dst)
		return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_REMOTE,
					 "remote needs a destination that is not preserved: preserve src or none");
	if (!remote && !dst)
		return gemcast_nl_missing(nl, GEMCAST_A_POLICY_REMOTE,
					  "a destination that is not preserved needs remote");
	err = gemcast_nl_family(nl, GEMCAST_A_POLICY_LOCAL, &cfg->local,
				&cfg->sel.dst) ?:
	      gemcast_nl_family(nl, GEMCAST_A_POLICY_REMOTE, &cfg->remote,
				&cfg->sel.dst);
	if (!err && local)
		err = gemcast_nl_unicast(nl, GEMCAST_A_POLICY_LOCAL,
					 &cfg->local);
	if (!err && remote && !gemcast_addr_multicast(&cfg->remote))
		err = gemcast_nl_unicast(nl, GEMCAST_A_POLICY_REMOTE,
					 &cfg->remote);
	return err;
}

static int gemcast_nl_check_reinject(const struct gemcast_nl *nl,
				     const struct gemcast_policy_config *cfg)
{
	bool how = nl->attrs[GEMCAST_A_POLICY_REINJECT];
	bool dev = nl->attrs[GEMCAST_A_POLICY_REINJECT_DEV];

	if (how && !dev)
		return gemcast_nl_missing(nl, GEMCAST_A_POLICY_REINJECT_DEV,
					  "reinject needs an interface");
	if (!how && dev)
		return gemcast_nl_missing(nl, GEMCAST_A_POLICY_REINJECT,
					  "an interface to reinject by, but not how: rx or tx");
	if (how && cfg->dir == GEMCAST_POLICY_DIR_SEND)
		return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_REINJECT,
					 "a policy with dir send receives nothing to reinject");
	return 0;
}

static int gemcast_nl_check_protect(const struct gemcast_nl *nl,
				    const struct gemcast_policy_config *cfg)
{
	struct gemcast_group *group;
	int err;

	if (!nl->attrs[GEMCAST_A_POLICY_GROUP])
		return gemcast_nl_missing(nl, GEMCAST_A_POLICY_GROUP,
					  "action protect needs a group");
	err = gemcast_nl_check_reinject(nl, cfg);
	if (err)
		return err;
	err = cfg->mode == GEMCAST_MODE_TRANSPORT ?
		      gemcast_nl_check_transport(nl) :
		      gemcast_nl_check_tunnel(nl, cfg);
	if (err)
		return err;
	group = gemcast_nl_group(nl, GEMCAST_A_POLICY_GROUP, cfg->group);
	if (IS_ERR(group))
		return PTR_ERR(group);
	if (group->port && !gemcast_addr_multicast(&cfg->sel.dst))
		return gemcast_nl_refuse(nl, GEMCAST_A_POLICY_DST,
					 "a udp group carries multicast alone");
	return 0;
}

static int gemcast_nl_policy_config(const struct gemcast_nl *nl,
				    struct gemcast_policy_config *cfg)
{
	int err;

	cfg->group = gemcast_nl_u32(nl, GEMCAST_A_POLICY_GROUP, 0);
	cfg->dir = gemcast_nl_u32(nl, GEMCAST_A_POLICY_DIR,
				  GEMCAST_POLICY_DIR_BOTH);
	cfg->action = gemcast_nl_u32(nl, GEMCAST_A_POLICY_ACTION,
				     GEMCAST_ACTION_PROTECT);
	cfg->mode = gemcast_nl_u32(nl, GEMCAST_A_POLICY_MODE,
				   GEMCAST_MODE_TUNNEL);
	cfg->preserve = gemcast_nl_u32(nl, GEMCAST_A_POLICY_PRESERVE,
				       GEMCAST_PRESERVE_BOTH);
	cfg->no_sa = gemcast_nl_u32(nl, GEMCAST_A_POLICY_NO_SA,
				    GEMCAST_NO_SA_DISCARD);
	cfg->df = gemcast_nl_u32(nl, GEMCAST_A_POLICY_DF, GEMCAST_DF_CLEAR);
	cfg->fragment = gemcast_nl_u32(nl, GEMCAST_A_POLICY_FRAGMENT,
				       GEMCAST_FRAGMENT_AFTER);
	cfg->has_dscp = nl->attrs[GEMCAST_A_POLICY_DSCP];
	cfg->dscp = gemcast_nl_u32(nl, GEMCAST_A_POLICY_DSCP, 0);
	cfg->decap_dscp = gemcast_nl_u32(nl, GEMCAST_A_POLICY_DECAP_DSCP,
					 GEMCAST_DECAP_DSCP_INNER);
	cfg->ecn = gemcast_nl_u32(nl, GEMCAST_A_POLICY_ECN, GEMCAST_ECN_COPY);
	cfg->prio = gemcast_nl_u32(nl, GEMCAST_A_POLICY_PRIO,
				   GEMCAST_PRIO_DEFAULT);
	cfg->reinject = gemcast_nl_u32(nl, GEMCAST_A_POLICY_REINJECT,
				       GEMCAST_REINJECT_RX);
	gemcast_nl_dev(nl, GEMCAST_A_POLICY_REINJECT_DEV, cfg->reinject_dev);
	gemcast_nl_addr(nl, GEMCAST_A_POLICY_LOCAL, &cfg->local);
	gemcast_nl_addr(nl, GEMCAST_A_POLICY_REMOTE, &cfg->remote);
	err = gemcast_nl_selector(nl, &cfg->sel) ?:
	      gemcast_nl_check_dst(nl, &cfg->sel) ?:
	      gemcast_nl_check_src(nl, &cfg->sel) ?:
	      gemcast_nl_check_ports(nl, &cfg->sel) ?:
	      gemcast_nl_dev_there(nl, GEMCAST_A_POLICY_DEV, cfg->sel.dev) ?:
	      gemcast_nl_dev_there(nl, GEMCAST_A_POLICY_REINJECT_DEV,
				   cfg->reinject_dev);
	if (err)
		return err;
	return cfg->action == GEMCAST_ACTION_PROTECT ?
		       gemcast_nl_check_protect(nl, cfg) :
		       gemcast_nl_check_plain(nl);
}

/* What a request changes. */
static struct gemcast_ruleset *gemcast_nl_ruleset(const struct gemcast_nl *nl)
{
	return gemcast_transaction_ruleset(nl->gn, nl->info->snd_portid);
}

int gemcast_nl_policy_new(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_policy_config cfg;
	int err;

	/* No stray bytes: it is compared by memcmp(). */
	memset(&cfg, 0, sizeof(cfg));
	err = gemcast_nl_policy_config(nl, &cfg);
	return err ?: gemcast_policy_new(gemcast_nl_ruleset(nl), &cfg, flags,
					 nl->extack);
}

/* The one policy that a request names; a request that names none is refused. */
static struct gemcast_policy *gemcast_nl_policy(const struct gemcast_nl *nl,
						struct gemcast_ruleset *rs)
{
	struct gemcast_policy_filter filter = {};
	int attr, err;

	for (attr = GEMCAST_A_POLICY_INDEX; attr <= GEMCAST_A_POLICY_MAX; attr++)
		if (nl->attrs[attr])
			break;
	if (attr > GEMCAST_A_POLICY_MAX)
		err = gemcast_nl_missing(nl, GEMCAST_A_POLICY_INDEX,
					 "which policy? give its index or a selector");
	else
		err = gemcast_nl_policy_filter(nl, &filter);
	return err ? ERR_PTR(err) :
		     gemcast_policy_find(rs, &filter, nl->extack);
}

int gemcast_nl_policy_del(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_ruleset *rs = gemcast_nl_ruleset(nl);
	struct gemcast_policy *policy = gemcast_nl_policy(nl, rs);

	if (IS_ERR(policy))
		return PTR_ERR(policy);
	gemcast_policy_del(rs, policy);
	return 0;
}

int gemcast_nl_policy_flush(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_policy_filter filter = {};
	int err;

	err = gemcast_nl_policy_filter(nl, &filter);
	if (err)
		return err;
	gemcast_policy_flush(gemcast_nl_ruleset(nl), &filter);
	return 0;
}

int gemcast_nl_policy_begin(const struct gemcast_nl *nl, u16 flags)
{
	return gemcast_transaction_begin(nl->gn, nl->info->snd_portid,
					 nl->extack);
}

int gemcast_nl_policy_commit(const struct gemcast_nl *nl, u16 flags)
{
	return gemcast_transaction_commit(nl->gn, nl->info->snd_portid,
					  nl->extack);
}

int gemcast_nl_policy_abort(const struct gemcast_nl *nl, u16 flags)
{
	return gemcast_transaction_abort(nl->gn, nl->info->snd_portid,
					 nl->extack);
}

static int gemcast_nl_put_prefix(struct sk_buff *skb, int attr, int len_attr,
				 const struct in6_addr *addr, u8 len)
{
	u8 skip = 128 - gemcast_addr_len(addr) * BITS_PER_BYTE;

	if (!len)
		return 0;
	return gemcast_nl_put_addr(skb, attr, addr) ?:
	       nla_put_u8(skb, len_attr, len - skip);
}

static int gemcast_nl_put_ports(struct sk_buff *skb, int min_attr,
				int max_attr, u16 min, u16 max)
{
	if (!min && max == U16_MAX)
		return 0;
	return nla_put_u16(skb, min_attr, min) ?:
	       nla_put_u16(skb, max_attr, max);
}

static int gemcast_nl_put_selector(struct sk_buff *skb,
				   const struct gemcast_selector *sel)
{
	return gemcast_nl_put_prefix(skb, GEMCAST_A_POLICY_DST,
				     GEMCAST_A_POLICY_DST_LEN, &sel->dst,
				     sel->dst_len) ?:
	       gemcast_nl_put_prefix(skb, GEMCAST_A_POLICY_SRC,
				     GEMCAST_A_POLICY_SRC_LEN, &sel->src,
				     sel->src_len) ?:
	       (sel->any_proto ? 0 : nla_put_u8(skb, GEMCAST_A_POLICY_PROTO,
						sel->proto)) ?:
	       gemcast_nl_put_ports(skb, GEMCAST_A_POLICY_SPORT_MIN,
				    GEMCAST_A_POLICY_SPORT_MAX, sel->sport_min,
				    sel->sport_max) ?:
	       gemcast_nl_put_ports(skb, GEMCAST_A_POLICY_DPORT_MIN,
				    GEMCAST_A_POLICY_DPORT_MAX, sel->dport_min,
				    sel->dport_max) ?:
	       gemcast_nl_put_dev(skb, GEMCAST_A_POLICY_DEV, sel->dev);
}

static int gemcast_nl_put_tunnel(struct sk_buff *skb,
				 const struct gemcast_policy_config *cfg)
{
	int err;

	err = nla_put_u32(skb, GEMCAST_A_POLICY_PRESERVE, cfg->preserve);
	if (!err && !ipv6_addr_any(&cfg->local))
		err = gemcast_nl_put_addr(skb, GEMCAST_A_POLICY_LOCAL,
					  &cfg->local);
	if (!err && !ipv6_addr_any(&cfg->remote))
		err = gemcast_nl_put_addr(skb, GEMCAST_A_POLICY_REMOTE,
					  &cfg->remote);
	return err;
}

/* What of the outer header is not as by default. */
static int gemcast_nl_put_outer(struct sk_buff *skb,
				const struct gemcast_policy_config *cfg)
{
	int err = 0;

	if (cfg->fragment != GEMCAST_FRAGMENT_AFTER)
		err = nla_put_u32(skb, GEMCAST_A_POLICY_FRAGMENT,
				  cfg->fragment);
	if (!err && cfg->has_dscp)
		err = nla_put_u32(skb, GEMCAST_A_POLICY_DSCP, cfg->dscp);
	if (!err && cfg->decap_dscp != GEMCAST_DECAP_DSCP_INNER)
		err = nla_put_u32(skb, GEMCAST_A_POLICY_DECAP_DSCP,
				  cfg->decap_dscp);
	if (!err && cfg->ecn != GEMCAST_ECN_COPY)
		err = nla_put_u32(skb, GEMCAST_A_POLICY_ECN, cfg->ecn);
	return err;
}

static int gemcast_nl_put_protect(struct sk_buff *skb,
				  const struct gemcast_policy_config *cfg)
{
	int err;

	if (cfg->action != GEMCAST_ACTION_PROTECT)
		return 0;
	err = nla_put_u32(skb, GEMCAST_A_POLICY_GROUP, cfg->group) ?:
	      nla_put_u32(skb, GEMCAST_A_POLICY_MODE, cfg->mode) ?:
	      nla_put_u32(skb, GEMCAST_A_POLICY_NO_SA, cfg->no_sa) ?:
	      nla_put_u32(skb, GEMCAST_A_POLICY_DF, cfg->df);
	if (!err && cfg->mode == GEMCAST_MODE_TUNNEL)
		err = gemcast_nl_put_tunnel(skb, cfg) ?:
		      gemcast_nl_put_outer(skb, cfg);
	if (!err && *cfg->reinject_dev)
		err = nla_put_u32(skb, GEMCAST_A_POLICY_REINJECT,
				  cfg->reinject) ?:
		      gemcast_nl_put_dev(skb, GEMCAST_A_POLICY_REINJECT_DEV,
					 cfg->reinject_dev);
	return err;
}

static int gemcast_nl_put_count(struct sk_buff *skb, int attr,
				struct gemcast_counters __percpu *counters)
{
	return nla_put_u64_64bit(skb, attr,
				 gemcast_counters_read(counters).packets,
				 GEMCAST_A_POLICY_PAD);
}

int gemcast_nl_put_policy(struct sk_buff *skb, const void *object)
{
	const struct gemcast_policy *policy = object;
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(skb, GEMCAST_A_OBJECT_POLICY);
	if (!nest)
		return -EMSGSIZE;
	err = nla_put_u32(skb, GEMCAST_A_POLICY_INDEX, policy->index) ?:
	      gemcast_nl_put_selector(skb, &policy->cfg.sel) ?:
	      nla_put_u32(skb, GEMCAST_A_POLICY_DIR, policy->cfg.dir) ?:
	      nla_put_u32(skb, GEMCAST_A_POLICY_ACTION, policy->cfg.action) ?:
	      nla_put_u32(skb, GEMCAST_A_POLICY_PRIO, policy->cfg.prio) ?:
	      gemcast_nl_put_protect(skb, &policy->cfg) ?:
	      gemcast_nl_put_count(skb, GEMCAST_A_POLICY_OUT_PACKETS,
				   policy->count[GEMCAST_GSPD_OUT]) ?:
	      gemcast_nl_put_count(skb, GEMCAST_A_POLICY_IN_PACKETS,
				   policy->count[GEMCAST_GSPD_IN]);
	if (err)
		return err;
	nla_nest_end(skb, nest);
	return 0;
}

int gemcast_nl_policy_get(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_policy *policy;

	policy = gemcast_nl_policy(nl, gemcast_ruleset_active(nl->gn));
	if (IS_ERR(policy))
		return PTR_ERR(policy);
	return gemcast_nl_reply(nl, gemcast_nl_put_policy, policy);
}

/* cb->args: priority and index of the last one shown. */
int gemcast_nl_policy_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
			   struct netlink_callback *cb)
{
	struct gemcast_ruleset *rs = gemcast_ruleset_active(nl->gn);
	struct gemcast_policy_filter filter = {};
	struct gemcast_policy *policy;
	int err;

	err = gemcast_nl_policy_filter(nl, &filter);
	if (err)
		return err;
	/* Of two rule sets no list is made without saying so. */
	cb->seq = nl->gn->replaced + 1;
	policy = gemcast_policy_behind(rs, &filter, cb->args[0], cb->args[1]);
	for (; policy; policy = gemcast_policy_next(policy, &filter)) {
		err = gemcast_nl_dump(skb, cb, gemcast_nl_put_policy, policy);
		if (err)
			return err;
		cb->args[0] = policy->cfg.prio;
		cb->args[1] = policy->index;
	}
	return 0;
}
