// SPDX-License-Identifier: GPL-2.0
/*
 * SAs by netlink. A key comes in with a new SA and never goes out: no reply
 * has it, the config that it passes through is wiped here, and the request
 * itself in netlink.c.
 *
 * All but the tables runs under gn->lock.
 */
#include <crypto/aes.h>
#include "netlink.h"

/* Times end up as nanoseconds in a u64: a hundred years are enough. */
#define GEMCAST_NL_SECONDS_MAX	(100ULL * 366 * 24 * 60 * 60)
#define GEMCAST_NL_MSECS_MAX	(GEMCAST_NL_SECONDS_MAX * MSEC_PER_SEC)
#define GEMCAST_NL_AEADS	GEMCAST_AEAD_GCM_NAME " or " \
				GEMCAST_AEAD_GMAC_NAME

const struct nla_policy gemcast_nl_sa_new_attrs[GEMCAST_A_SA_MAX + 1] = {
	[GEMCAST_A_SA_GROUP] = { .type = NLA_U32 },
	[GEMCAST_A_SA_SPI] = { .type = NLA_U32 },
	[GEMCAST_A_SA_DST] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SA_SRC] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SA_DIR] = NLA_POLICY_MAX(NLA_U32, GEMCAST_SA_DIR_BOTH),
	[GEMCAST_A_SA_AEAD] = {
		.type = NLA_NUL_STRING,
		.len = GEMCAST_AEAD_NAME_MAX - 1,
	},
	[GEMCAST_A_SA_KEY] = { .type = NLA_BINARY },
	[GEMCAST_A_SA_KEY_BITS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_ICV] = { .type = NLA_U32 },
	[GEMCAST_A_SA_SID] = { .type = NLA_U32 },
	[GEMCAST_A_SA_SID_BITS] = { .type = NLA_U32 },
	[GEMCAST_A_SA_REPLAY] = NLA_POLICY_MAX(NLA_U32, GEMCAST_REPLAY_SID),
	[GEMCAST_A_SA_WINDOW] = { .type = NLA_U32 },
	[GEMCAST_A_SA_ACTIVATE] = { .type = NLA_U64 },
	[GEMCAST_A_SA_DEACTIVATE] = { .type = NLA_U64 },
	[GEMCAST_A_SA_SOFT_PACKETS] = { .type = NLA_U64 },
	[GEMCAST_A_SA_HARD_PACKETS] = { .type = NLA_U64 },
	[GEMCAST_A_SA_SOFT_BYTES] = { .type = NLA_U64 },
	[GEMCAST_A_SA_HARD_BYTES] = { .type = NLA_U64 },
	[GEMCAST_A_SA_SOFT_SECONDS] = { .type = NLA_U64 },
	[GEMCAST_A_SA_HARD_SECONDS] = { .type = NLA_U64 },
	[GEMCAST_A_SA_STATE] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_DRIVER] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_SEQ] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_AGE] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_SENDERS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_OUT_PACKETS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_OUT_BYTES] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_IN_PACKETS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_IN_BYTES] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_IN_REPLAYS] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_IN_BAD_ICV] = GEMCAST_NL_OUT_ONLY,
	[GEMCAST_A_SA_MAX_SENDERS] = { .type = NLA_U32 },
	[GEMCAST_A_SA_IDLE] = GEMCAST_NL_OUT_ONLY,
};

const struct nla_policy gemcast_nl_sa_name_attrs[GEMCAST_A_SA_MAX + 1] = {
	[GEMCAST_A_SA_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[GEMCAST_A_SA_SPI] = NLA_POLICY_MIN(NLA_U32, GEMCAST_SPI_MIN),
	[GEMCAST_A_SA_DST] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SA_SRC] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SA_KEY] =
		NLA_POLICY_VALIDATE_FN(NLA_BINARY, gemcast_nl_check_no_key),
};

const struct nla_policy gemcast_nl_sa_set_attrs[GEMCAST_A_SA_MAX + 1] = {
	[GEMCAST_A_SA_GROUP] = NLA_POLICY_MIN(NLA_U32, 1),
	[GEMCAST_A_SA_SPI] = NLA_POLICY_MIN(NLA_U32, GEMCAST_SPI_MIN),
	[GEMCAST_A_SA_DST] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SA_SRC] = GEMCAST_NL_ADDR,
	[GEMCAST_A_SA_KEY] =
		NLA_POLICY_VALIDATE_FN(NLA_BINARY, gemcast_nl_check_no_key),
	[GEMCAST_A_SA_DEACTIVATE] = { .type = NLA_U64 },
};

static const struct {
	u8 soft;
	u8 hard;
} gemcast_nl_limits[GEMCAST_LIMIT_UNITS] = {
	[GEMCAST_LIMIT_PACKETS] = {
		GEMCAST_A_SA_SOFT_PACKETS, GEMCAST_A_SA_HARD_PACKETS
	},
	[GEMCAST_LIMIT_BYTES] = {
		GEMCAST_A_SA_SOFT_BYTES, GEMCAST_A_SA_HARD_BYTES
	},
	[GEMCAST_LIMIT_SECONDS] = {
		GEMCAST_A_SA_SOFT_SECONDS, GEMCAST_A_SA_HARD_SECONDS
	},
};

static int gemcast_nl_sa_name(const struct gemcast_nl *nl,
			      struct gemcast_sa_config *cfg)
{
	cfg->group = gemcast_nl_u32(nl, GEMCAST_A_SA_GROUP, 0);
	cfg->spi = gemcast_nl_u32(nl, GEMCAST_A_SA_SPI, 0);
	cfg->dir = gemcast_nl_u32(nl, GEMCAST_A_SA_DIR, GEMCAST_SA_DIR_IN);
	if (!nl->attrs[GEMCAST_A_SA_GROUP])
		return gemcast_nl_missing(nl, GEMCAST_A_SA_GROUP,
					  "the SA's group is missing");
	if (!nl->attrs[GEMCAST_A_SA_SPI])
		return gemcast_nl_missing(nl, GEMCAST_A_SA_SPI,
					  "the SA's SPI is missing");
	if (!nl->attrs[GEMCAST_A_SA_DIR])
		return gemcast_nl_missing(nl, GEMCAST_A_SA_DIR,
					  "the SA's dir is missing: in, out or both");
	if (cfg->spi < GEMCAST_SPI_MIN)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_SPI,
					 "SPIs below 256 are reserved");
	return 0;
}

static int gemcast_nl_sa_addrs(const struct gemcast_nl *nl,
			       struct gemcast_sa_config *cfg)
{
	bool dst = gemcast_nl_addr(nl, GEMCAST_A_SA_DST, &cfg->dst);
	bool src = gemcast_nl_addr(nl, GEMCAST_A_SA_SRC, &cfg->src);
	int err = 0;

	if (src && !dst)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_SRC,
					 "an SA with src needs dst too");
	if (dst && !gemcast_addr_multicast(&cfg->dst))
		err = gemcast_nl_unicast(nl, GEMCAST_A_SA_DST, &cfg->dst);
	if (!err && src)
		err = gemcast_nl_unicast(nl, GEMCAST_A_SA_SRC, &cfg->src) ?:
		      gemcast_nl_family(nl, GEMCAST_A_SA_SRC, &cfg->src,
					&cfg->dst);
	return err;
}

static int gemcast_nl_sa_aead(const struct gemcast_nl *nl,
			      struct gemcast_sa_config *cfg)
{
	const struct nlattr *aead = nl->attrs[GEMCAST_A_SA_AEAD];

	if (!aead)
		return gemcast_nl_missing(nl, GEMCAST_A_SA_AEAD,
					  "aead is missing: " GEMCAST_NL_AEADS);
	for (cfg->alg = 0; cfg->alg < GEMCAST_AEAD_ALGS; cfg->alg++) {
		const char *name = gemcast_aead_name(cfg->alg);

		/* To the last byte: nla_strcmp() takes any number of NULs. */
		if (nla_len(aead) == strlen(name) + 1 &&
		    !memcmp(nla_data(aead), name, nla_len(aead)))
			return 0;
	}
	return gemcast_nl_refuse(nl, GEMCAST_A_SA_AEAD,
				 "this aead is not supported: " GEMCAST_NL_AEADS);
}

static int gemcast_nl_sa_icv(const struct gemcast_nl *nl,
			     struct gemcast_sa_config *cfg)
{
	u32 icv = gemcast_nl_u32(nl, GEMCAST_A_SA_ICV, 16);

	cfg->icv = icv;
	if (icv != 8 && icv != 12 && icv != 16)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_ICV,
					 "an ICV has 8, 12 or 16 bytes");
	/* RFC 4543 3.4 */
	if (icv != 16 && cfg->alg == GEMCAST_AEAD_GMAC)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_ICV,
					 "the ICV of " GEMCAST_AEAD_GMAC_NAME " has 16 bytes");
	return 0;
}

static int gemcast_nl_sa_key(const struct gemcast_nl *nl,
			     struct gemcast_sa_config *cfg)
{
	const struct nlattr *key = nl->attrs[GEMCAST_A_SA_KEY];

	if (!key)
		return gemcast_nl_missing(nl, GEMCAST_A_SA_KEY,
					  "the SA's key is missing");
	switch (nla_len(key)) {
	case AES_KEYSIZE_128 + GEMCAST_SALT_LEN:
	case AES_KEYSIZE_256 + GEMCAST_SALT_LEN:
		break;
	default:
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_KEY,
					 "a key has 16 or 32 bytes, then 4 bytes of salt");
	}
	cfg->key_len = nla_len(key);
	memcpy(cfg->key, nla_data(key), cfg->key_len);
	return 0;
}

/* RFC 6054: the members of a group agree on sid_bits, each sender has a SID. */
static int gemcast_nl_sa_sid(const struct gemcast_nl *nl,
			     struct gemcast_sa_config *cfg)
{
	u32 bits = gemcast_nl_u32(nl, GEMCAST_A_SA_SID_BITS, 0);
	u32 sid = gemcast_nl_u32(nl, GEMCAST_A_SA_SID, 0);

	cfg->has_sid = nl->attrs[GEMCAST_A_SA_SID];
	cfg->sid_bits = bits;
	cfg->sid = sid;
	if (nl->attrs[GEMCAST_A_SA_SID_BITS] &&
	    bits != 8 && bits != 12 && bits != 16)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_SID_BITS,
					 "a SID has 8, 12 or 16 bits");
	if (cfg->has_sid && !bits)
		return gemcast_nl_missing(nl, GEMCAST_A_SA_SID_BITS,
					  "a SID needs its number of bits: 8, 12 or 16");
	if (cfg->has_sid && cfg->dir == GEMCAST_SA_DIR_IN)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_SID,
					 "only an SA that sends has a SID: dir out or both");
	if (sid >> bits)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_SID,
					 "the SID does not fit into its number of bits");
	if (bits && !cfg->has_sid && cfg->dir != GEMCAST_SA_DIR_IN)
		return gemcast_nl_missing(nl, GEMCAST_A_SA_SID,
					  "a sender in a group with SIDs needs its own");
	return 0;
}

static int gemcast_nl_sa_replay(const struct gemcast_nl *nl,
				struct gemcast_sa_config *cfg)
{
	cfg->replay = gemcast_nl_u32(nl, GEMCAST_A_SA_REPLAY,
				     GEMCAST_REPLAY_SA);
	cfg->window = gemcast_nl_u32(nl, GEMCAST_A_SA_WINDOW,
				     GEMCAST_WINDOW_DEFAULT);
	if (cfg->replay == GEMCAST_REPLAY_SID && !cfg->sid_bits)
		return gemcast_nl_missing(nl, GEMCAST_A_SA_SID_BITS,
					  "replay sid needs the number of bits of a SID");
	if (cfg->replay == GEMCAST_REPLAY_NONE &&
	    nl->attrs[GEMCAST_A_SA_WINDOW])
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_WINDOW,
					 "replay none has no window");
	if (cfg->window < GEMCAST_WINDOW_MIN ||
	    cfg->window > GEMCAST_WINDOW_MAX || cfg->window % 64)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_WINDOW,
					 "a window is a multiple of 64 packets, from 64 to 4096");
	return 0;
}

static int gemcast_nl_sa_senders(const struct gemcast_nl *nl,
				 struct gemcast_sa_config *cfg)
{
	if (cfg->replay == GEMCAST_REPLAY_SOURCE ||
	    cfg->replay == GEMCAST_REPLAY_SID)
		cfg->max_senders = GEMCAST_SENDERS_DEFAULT;
	else if (nl->attrs[GEMCAST_A_SA_MAX_SENDERS])
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_MAX_SENDERS,
					 "only replay source and sid tell senders apart");
	cfg->max_senders = gemcast_nl_u32(nl, GEMCAST_A_SA_MAX_SENDERS,
					  cfg->max_senders);
	if (nl->attrs[GEMCAST_A_SA_MAX_SENDERS] &&
	    (!cfg->max_senders || cfg->max_senders > GEMCAST_SENDERS_MAX))
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_MAX_SENDERS,
					 "an SA has room for 1 to 65536 senders");
	return 0;
}

static int gemcast_nl_sa_deactivate(const struct gemcast_nl *nl, u64 *msecs)
{
	*msecs = gemcast_nl_u64(nl, GEMCAST_A_SA_DEACTIVATE, 0);
	if (*msecs > GEMCAST_NL_MSECS_MAX)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_DEACTIVATE,
					 "deactivate is more than 100 years from now");
	if (!*msecs)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_DEACTIVATE,
					 "deactivate is now: the SA would be gone at once");
	return 0;
}

static int gemcast_nl_sa_times(const struct gemcast_nl *nl,
			       struct gemcast_sa_config *cfg)
{
	int err;

	cfg->has_activate = nl->attrs[GEMCAST_A_SA_ACTIVATE];
	cfg->has_deactivate = nl->attrs[GEMCAST_A_SA_DEACTIVATE];
	cfg->activate = gemcast_nl_u64(nl, GEMCAST_A_SA_ACTIVATE, 0);
	if (cfg->activate > GEMCAST_NL_MSECS_MAX)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_ACTIVATE,
					 "activate is more than 100 years from now");
	if (!cfg->has_deactivate)
		return 0;
	err = gemcast_nl_sa_deactivate(nl, &cfg->deactivate);
	if (!err && cfg->activate > cfg->deactivate)
		return gemcast_nl_refuse(nl, GEMCAST_A_SA_DEACTIVATE,
					 "deactivate is earlier than activate");
	return err;
}

static int gemcast_nl_sa_limit(const struct gemcast_nl *nl, int unit,
			       struct gemcast_limit *limit)
{
	u8 soft = gemcast_nl_limits[unit].soft;
	u8 hard = gemcast_nl_limits[unit].hard;
	u64 max = unit == GEMCAST_LIMIT_SECONDS ? GEMCAST_NL_SECONDS_MAX :
						  U64_MAX;

	limit->soft = gemcast_nl_u64(nl, soft, 0);
	limit->hard = gemcast_nl_u64(nl, hard, 0);
	if (nl->attrs[soft] && !limit->soft)
		return gemcast_nl_refuse(nl, soft,
					 "a limit of 0; without a limit leave it out");
	if (nl->attrs[hard] && !limit->hard)
		return gemcast_nl_refuse(nl, hard,
					 "a limit of 0; without a limit leave it out");
	if (limit->soft > max)
		return gemcast_nl_refuse(nl, soft,
					 "a limit of more than 100 years");
	if (limit->hard > max)
		return gemcast_nl_refuse(nl, hard,
					 "a limit of more than 100 years");
	if (limit->hard && limit->soft > limit->hard)
		return gemcast_nl_refuse(nl, soft,
					 "the soft limit is above the hard one");
	return 0;
}

static int gemcast_nl_sa_limits(const struct gemcast_nl *nl,
				struct gemcast_sa_config *cfg)
{
	int unit, err = 0;

	for (unit = 0; !err && unit < GEMCAST_LIMIT_UNITS; unit++)
		err = gemcast_nl_sa_limit(nl, unit, &cfg->limit[unit]);
	return err;
}

static int gemcast_nl_sa_config(const struct gemcast_nl *nl,
				struct gemcast_sa_config *cfg)
{
	int err;

	err = gemcast_nl_sa_name(nl, cfg) ?:
	      gemcast_nl_sa_addrs(nl, cfg) ?:
	      gemcast_nl_sa_sid(nl, cfg) ?:
	      gemcast_nl_sa_replay(nl, cfg) ?:
	      gemcast_nl_sa_senders(nl, cfg) ?:
	      gemcast_nl_sa_times(nl, cfg) ?:
	      gemcast_nl_sa_limits(nl, cfg) ?:
	      gemcast_nl_sa_aead(nl, cfg) ?:
	      gemcast_nl_sa_key(nl, cfg) ?:
	      gemcast_nl_sa_icv(nl, cfg);
	return err ?: PTR_ERR_OR_ZERO(gemcast_nl_group(nl, GEMCAST_A_SA_GROUP,
						       cfg->group));
}

int gemcast_nl_sa_new(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_sa_config cfg = {};
	int err;

	err = gemcast_nl_sa_config(nl, &cfg);
	if (!err)
		err = gemcast_sa_new(nl->gn, &cfg, flags, nl->extack);
	memzero_explicit(&cfg, sizeof(cfg));
	return err;
}

/* What a request names, for all commands but NEW. */
static void gemcast_nl_sa_filter(const struct gemcast_nl *nl,
				 struct gemcast_sa_filter *filter)
{
	filter->group = gemcast_nl_u32(nl, GEMCAST_A_SA_GROUP, 0);
	filter->spi = gemcast_nl_u32(nl, GEMCAST_A_SA_SPI, 0);
	filter->has_dst = gemcast_nl_addr(nl, GEMCAST_A_SA_DST, &filter->dst);
	filter->has_src = gemcast_nl_addr(nl, GEMCAST_A_SA_SRC, &filter->src);
}

/* The one SA that a request names; a request that names none is refused. */
static struct gemcast_sa *gemcast_nl_sa(const struct gemcast_nl *nl)
{
	struct gemcast_sa_filter filter;

	gemcast_nl_sa_filter(nl, &filter);
	if (filter.group || filter.spi || filter.has_dst || filter.has_src)
		return gemcast_sa_find(nl->gn, &filter, nl->extack);
	return ERR_PTR(gemcast_nl_missing(nl, GEMCAST_A_SA_SPI,
					  "which SA? give spi, group, dst or src"));
}

int gemcast_nl_sa_set(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_sa *sa;
	u64 msecs;
	int err;

	if (!nl->attrs[GEMCAST_A_SA_DEACTIVATE])
		return gemcast_nl_missing(nl, GEMCAST_A_SA_DEACTIVATE,
					  "set what? there is deactivate");
	err = gemcast_nl_sa_deactivate(nl, &msecs);
	if (err)
		return err;
	sa = gemcast_nl_sa(nl);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	return gemcast_sa_set_deactivate(sa, msecs, nl->extack);
}

int gemcast_nl_sa_del(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_sa *sa = gemcast_nl_sa(nl);

	if (IS_ERR(sa))
		return PTR_ERR(sa);
	gemcast_sa_del(sa);
	return 0;
}

int gemcast_nl_sa_flush(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_sa_filter filter;

	gemcast_nl_sa_filter(nl, &filter);
	gemcast_sa_flush(nl->gn, &filter);
	return 0;
}

static int gemcast_nl_put_name(struct sk_buff *skb, const struct gemcast_sa *sa)
{
	int err;

	err = nla_put_u32(skb, GEMCAST_A_SA_GROUP, sa->group->cfg.id) ?:
	      nla_put_u32(skb, GEMCAST_A_SA_SPI, sa->key.spi) ?:
	      nla_put_u32(skb, GEMCAST_A_SA_DIR, sa->dir);
	if (!err && !ipv6_addr_any(&sa->key.dst))
		err = gemcast_nl_put_addr(skb, GEMCAST_A_SA_DST, &sa->key.dst);
	if (!err && !ipv6_addr_any(&sa->key.src))
		err = gemcast_nl_put_addr(skb, GEMCAST_A_SA_SRC, &sa->key.src);
	return err;
}

static int gemcast_nl_put_transform(struct sk_buff *skb,
				    const struct gemcast_sa *sa)
{
	int err;

	err = nla_put_string(skb, GEMCAST_A_SA_AEAD,
			     gemcast_aead_name(sa->aead.alg)) ?:
	      nla_put_u32(skb, GEMCAST_A_SA_KEY_BITS,
			  sa->aead.key_len * BITS_PER_BYTE) ?:
	      nla_put_u32(skb, GEMCAST_A_SA_ICV, sa->aead.icv) ?:
	      nla_put_string(skb, GEMCAST_A_SA_DRIVER,
			     gemcast_aead_driver(&sa->aead)) ?:
	      nla_put_u32(skb, GEMCAST_A_SA_REPLAY, sa->replay);
	if (!err && sa->replay != GEMCAST_REPLAY_NONE)
		err = nla_put_u32(skb, GEMCAST_A_SA_WINDOW, sa->replays.size);
	if (!err && sa->replays.max)
		err = nla_put_u32(skb, GEMCAST_A_SA_MAX_SENDERS,
				  sa->replays.max);
	if (!err && sa->sid_bits)
		err = nla_put_u32(skb, GEMCAST_A_SA_SID_BITS, sa->sid_bits);
	if (!err && sa->has_sid)
		err = nla_put_u32(skb, GEMCAST_A_SA_SID, sa->sid);
	return err;
}

/* What is left until @at, rounded up; nothing if it is past. */
static int gemcast_nl_put_left(struct sk_buff *skb, int attr, u64 at, u64 now)
{
	if (at <= now)
		return 0;
	return nla_put_u64_64bit(skb, attr,
				 div_u64(at - now + NSEC_PER_MSEC - 1,
					 NSEC_PER_MSEC), GEMCAST_A_SA_PAD);
}

static int gemcast_nl_put_limit(struct sk_buff *skb, int attr, u64 limit)
{
	return limit ? nla_put_u64_64bit(skb, attr, limit, GEMCAST_A_SA_PAD) :
		       0;
}

static int gemcast_nl_put_life(struct sk_buff *skb, const struct gemcast_sa *sa)
{
	u64 now = ktime_get_boottime_ns();
	int unit, err;

	err = nla_put_u32(skb, GEMCAST_A_SA_STATE, gemcast_sa_state(sa)) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SA_AGE,
				div_u64(now - sa->added, NSEC_PER_MSEC),
				GEMCAST_A_SA_PAD) ?:
	      gemcast_nl_put_left(skb, GEMCAST_A_SA_ACTIVATE, sa->activate_at,
				  now) ?:
	      gemcast_nl_put_left(skb, GEMCAST_A_SA_DEACTIVATE,
				  sa->deactivate_at, now);
	for (unit = 0; !err && unit < GEMCAST_LIMIT_UNITS; unit++)
		err = gemcast_nl_put_limit(skb, gemcast_nl_limits[unit].soft,
					   sa->limit[unit].soft) ?:
		      gemcast_nl_put_limit(skb, gemcast_nl_limits[unit].hard,
					   sa->limit[unit].hard);
	return err;
}

static int gemcast_nl_put_count(struct sk_buff *skb, int packets, int bytes,
				struct gemcast_counters __percpu *counters)
{
	struct gemcast_count count = gemcast_counters_read(counters);

	return nla_put_u64_64bit(skb, packets, count.packets,
				 GEMCAST_A_SA_PAD) ?:
	       nla_put_u64_64bit(skb, bytes, count.bytes, GEMCAST_A_SA_PAD);
}

/* The least of both ways, if it was used at all. */
static int gemcast_nl_put_idle(struct sk_buff *skb, const struct gemcast_sa *sa)
{
	struct gemcast_count out = gemcast_counters_read(sa->out);
	struct gemcast_count in = gemcast_counters_read(sa->in);
	u64 idle = out.packets ? out.idle : in.idle;

	if (!out.packets && !in.packets)
		return 0;
	if (in.packets)
		idle = min(idle, in.idle);
	return nla_put_u64_64bit(skb, GEMCAST_A_SA_IDLE, idle,
				 GEMCAST_A_SA_PAD);
}

static int gemcast_nl_put_sent(struct sk_buff *skb, const struct gemcast_sa *sa)
{
	u64 seq = atomic64_read(&sa->seq);

	if (sa->dir == GEMCAST_SA_DIR_IN)
		return 0;
	return nla_put_u32(skb, GEMCAST_A_SA_SEQ, min_t(u64, seq, sa->seq_last)) ?:
	       gemcast_nl_put_count(skb, GEMCAST_A_SA_OUT_PACKETS,
				    GEMCAST_A_SA_OUT_BYTES, sa->out);
}

static int gemcast_nl_put_received(struct sk_buff *skb,
				   const struct gemcast_sa *sa)
{
	int err;

	if (sa->dir == GEMCAST_SA_DIR_OUT)
		return 0;
	err = gemcast_nl_put_count(skb, GEMCAST_A_SA_IN_PACKETS,
				   GEMCAST_A_SA_IN_BYTES, sa->in) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SA_IN_REPLAYS,
				atomic64_read(&sa->in_replays),
				GEMCAST_A_SA_PAD) ?:
	      nla_put_u64_64bit(skb, GEMCAST_A_SA_IN_BAD_ICV,
				atomic64_read(&sa->in_bad_icv),
				GEMCAST_A_SA_PAD);
	if (!err && sa->replay > GEMCAST_REPLAY_SA)
		err = nla_put_u32(skb, GEMCAST_A_SA_SENDERS,
				  READ_ONCE(sa->replays.nsenders));
	return err;
}

int gemcast_nl_put_sa(struct sk_buff *skb, const void *object)
{
	const struct gemcast_sa *sa = object;
	struct nlattr *nest;
	int err;

	lockdep_assert_held(&sa->group->gn->lock);
	nest = nla_nest_start(skb, GEMCAST_A_OBJECT_SA);
	if (!nest)
		return -EMSGSIZE;
	err = gemcast_nl_put_name(skb, sa) ?:
	      gemcast_nl_put_transform(skb, sa) ?:
	      gemcast_nl_put_life(skb, sa) ?:
	      gemcast_nl_put_idle(skb, sa) ?:
	      gemcast_nl_put_sent(skb, sa) ?:
	      gemcast_nl_put_received(skb, sa);
	if (err)
		return err;
	nla_nest_end(skb, nest);
	return 0;
}

int gemcast_nl_sa_get(const struct gemcast_nl *nl, u16 flags)
{
	struct gemcast_sa *sa = gemcast_nl_sa(nl);

	if (IS_ERR(sa))
		return PTR_ERR(sa);
	return gemcast_nl_reply(nl, gemcast_nl_put_sa, sa);
}

/* cb->ctx: the number of the last one shown. */
int gemcast_nl_sa_dump(const struct gemcast_nl *nl, struct sk_buff *skb,
		       struct netlink_callback *cb)
{
	u64 *last = (u64 *)cb->ctx;
	struct gemcast_sa_filter filter;
	struct gemcast_sa *sa;
	int err;

	gemcast_nl_sa_filter(nl, &filter);
	list_for_each_entry(sa, &nl->gn->sas, all) {
		if (sa->number <= *last || !gemcast_sa_matches(sa, &filter))
			continue;
		err = gemcast_nl_dump(skb, cb, gemcast_nl_put_sa, sa);
		if (err)
			return err;
		*last = sa->number;
	}
	return 0;
}
