// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The one place that says which netlink attribute is which member of which
 * struct. Requests, answers and the names in error texts all come from here.
 */
#include "internal.h"

#define FIELD(attr, name, type, object, member)				\
	[attr] = { name, GEMCAST_FIELD_##type,				\
		   offsetof(struct object, member),			\
		   sizeof(((struct object *)0)->member) }

#define GROUP(attr, name, type, member)					\
	FIELD(GEMCAST_A_GROUP_##attr, name, type, gemcast_group, member)

static const struct gemcast_field group_fields[GEMCAST_A_GROUP_MAX + 1] = {
	GROUP(ID, "id", U32, id),
	GROUP(ENCAP, "encap", U32, encap),
	GROUP(PORT, "port", U16, port),
	GROUP(POLICIES, "policies", U32, policies),
	GROUP(SAS, "sas", U32, sas),
	GROUP(PEERS, "peers", U32, peers),
	GROUP(CURRENT_SPI, "current-spi", U32, current_spi),
	GROUP(PARALLEL, "parallel", U32, parallel),
	GROUP(PARALLEL_PACKETS, "parallel-packets", U64, parallel_packets),
	GROUP(PARALLEL_CPUS, "parallel-cpus", U32, parallel_cpus),
	GROUP(PARALLEL_BUSIEST, "parallel-busiest", U64, parallel_busiest),
};

#define POLICY(attr, name, type, member)				\
	FIELD(GEMCAST_A_POLICY_##attr, name, type, gemcast_policy, member)

static const struct gemcast_field policy_fields[GEMCAST_A_POLICY_MAX + 1] = {
	POLICY(INDEX, "index", U32, index),
	POLICY(GROUP, "group", U32, group),
	POLICY(DST, "dst", ADDR, dst),
	POLICY(DST_LEN, "dst-len", U8, dst_len),
	POLICY(SRC, "src", ADDR, src),
	POLICY(SRC_LEN, "src-len", U8, src_len),
	POLICY(PROTO, "proto", U8, proto),
	POLICY(SPORT_MIN, "sport-min", U16, sport_min),
	POLICY(SPORT_MAX, "sport-max", U16, sport_max),
	POLICY(DPORT_MIN, "dport-min", U16, dport_min),
	POLICY(DPORT_MAX, "dport-max", U16, dport_max),
	POLICY(DEV, "dev", STRING, dev),
	POLICY(DIR, "dir", U32, dir),
	POLICY(ACTION, "action", U32, action),
	POLICY(MODE, "mode", U32, mode),
	POLICY(PRESERVE, "preserve", U32, preserve),
	POLICY(LOCAL, "local", ADDR, local),
	POLICY(REMOTE, "remote", ADDR, remote),
	POLICY(NO_SA, "no-sa", U32, no_sa),
	POLICY(DF, "df", U32, df),
	POLICY(PRIO, "prio", U32, prio),
	POLICY(REINJECT, "reinject", U32, reinject),
	POLICY(REINJECT_DEV, "reinject-dev", STRING, reinject_dev),
	POLICY(OUT_PACKETS, "out-packets", U64, out_packets),
	POLICY(IN_PACKETS, "in-packets", U64, in_packets),
	POLICY(FRAGMENT, "fragment", U32, fragment),
	POLICY(DSCP, "dscp", U32, dscp),
	POLICY(DECAP_DSCP, "decap-dscp", U32, decap_dscp),
	POLICY(ECN, "ecn", U32, ecn),
};

#define SA(attr, name, type, member)					\
	FIELD(GEMCAST_A_SA_##attr, name, type, gemcast_sa, member)

static const struct gemcast_field sa_fields[GEMCAST_A_SA_MAX + 1] = {
	SA(GROUP, "group", U32, group),
	SA(SPI, "spi", U32, spi),
	SA(DST, "dst", ADDR, dst),
	SA(SRC, "src", ADDR, src),
	SA(DIR, "dir", U32, dir),
	SA(AEAD, "aead", STRING, aead),
	SA(KEY, "key", KEY, key),
	SA(KEY_BITS, "key-bits", U32, key_bits),
	SA(ICV, "icv", U32, icv),
	SA(SID, "sid", U32, sid),
	SA(SID_BITS, "sid-bits", U32, sid_bits),
	SA(REPLAY, "replay", U32, replay),
	SA(WINDOW, "window", U32, window),
	SA(ACTIVATE, "activate", U64, activate),
	SA(DEACTIVATE, "deactivate", U64, deactivate),
	SA(SOFT_PACKETS, "soft-packets", U64, soft_packets),
	SA(HARD_PACKETS, "hard-packets", U64, hard_packets),
	SA(SOFT_BYTES, "soft-bytes", U64, soft_bytes),
	SA(HARD_BYTES, "hard-bytes", U64, hard_bytes),
	SA(SOFT_SECONDS, "soft-seconds", U64, soft_seconds),
	SA(HARD_SECONDS, "hard-seconds", U64, hard_seconds),
	SA(STATE, "state", U32, state),
	SA(DRIVER, "driver", STRING, driver),
	SA(SEQ, "seq", U32, seq),
	SA(AGE, "age", U64, age),
	SA(SENDERS, "senders", U32, senders),
	SA(OUT_PACKETS, "out-packets", U64, out_packets),
	SA(OUT_BYTES, "out-bytes", U64, out_bytes),
	SA(IN_PACKETS, "in-packets", U64, in_packets),
	SA(IN_BYTES, "in-bytes", U64, in_bytes),
	SA(IN_REPLAYS, "in-replays", U64, in_replays),
	SA(IN_BAD_ICV, "in-bad-icv", U64, in_bad_icv),
	SA(MAX_SENDERS, "max-senders", U32, max_senders),
	SA(IDLE, "idle", U64, idle),
};

#define PEER(attr, name, type, member)					\
	FIELD(GEMCAST_A_PEER_##attr, name, type, gemcast_peer, member)

static const struct gemcast_field peer_fields[GEMCAST_A_PEER_MAX + 1] = {
	PEER(GROUP, "group", U32, group),
	PEER(ADDR, "addr", ADDR, addr),
	PEER(PORT, "port", U16, port),
	PEER(DEV, "dev", STRING, dev),
	PEER(OUT_PACKETS, "out-packets", U64, out_packets),
	PEER(OUT_BYTES, "out-bytes", U64, out_bytes),
};

#define STATS(attr, name)						\
	FIELD(GEMCAST_A_STATS_##attr, name, U64, gemcast_stats,		\
	      counter[GEMCAST_A_STATS_##attr])

static const struct gemcast_field stats_fields[GEMCAST_A_STATS_MAX + 1] = {
	STATS(OUT_PACKETS, "out-packets"),
	STATS(IN_PACKETS, "in-packets"),
	STATS(OUT_BYPASS, "out-bypass"),
	STATS(SENDERS_EVICTED, "senders-evicted"),
	STATS(OUT_DISCARD, "out-discard"),
	STATS(OUT_NO_SA, "out-no-sa"),
	STATS(OUT_NO_MEMORY, "out-no-memory"),
	STATS(OUT_NO_ROUTE, "out-no-route"),
	STATS(OUT_NO_PEER, "out-no-peer"),
	STATS(OUT_TOO_BIG, "out-too-big"),
	STATS(OUT_FRAGMENT, "out-fragment"),
	STATS(OUT_FORWARDED, "out-forwarded"),
	STATS(OUT_SEQ_END, "out-seq-end"),
	STATS(OUT_IV_PACE, "out-iv-pace"),
	STATS(OUT_EXPIRED, "out-expired"),
	STATS(OUT_CRYPTO, "out-crypto"),
	STATS(OUT_MALFORMED, "out-malformed"),
	STATS(IN_DISCARD, "in-discard"),
	STATS(IN_SPOOF, "in-spoof"),
	STATS(IN_FRAGMENT, "in-fragment"),
	STATS(IN_TRUNCATED, "in-truncated"),
	STATS(IN_NO_SA, "in-no-sa"),
	STATS(IN_EXPIRED, "in-expired"),
	STATS(IN_REPLAY, "in-replay"),
	STATS(IN_BAD_ICV, "in-bad-icv"),
	STATS(IN_BAD_PADDING, "in-bad-padding"),
	STATS(IN_BAD_INNER, "in-bad-inner"),
	STATS(IN_ADDRESS, "in-address"),
	STATS(IN_POLICY, "in-policy"),
	STATS(IN_ECN, "in-ecn"),
	STATS(IN_DUMMY, "in-dummy"),
	STATS(IN_NO_DEV, "in-no-dev"),
	STATS(IN_NO_MEMORY, "in-no-memory"),
	STATS(IN_CRYPTO, "in-crypto"),
	STATS(OUT_SSM, "out-ssm"),
	STATS(IN_SSM, "in-ssm"),
	STATS(OUT_QUEUE_FULL, "out-queue-full"),
	STATS(IN_QUEUE_FULL, "in-queue-full"),
};

#define ACQUIRE(attr, name, type, member)				\
	FIELD(GEMCAST_A_ACQUIRE_##attr, name, type, gemcast_acquire, member)

static const struct gemcast_field acquire_fields[GEMCAST_A_ACQUIRE_MAX + 1] = {
	ACQUIRE(GROUP, "group", U32, group),
	ACQUIRE(POLICY, "policy", U32, policy),
	ACQUIRE(DST, "dst", ADDR, dst),
	ACQUIRE(SRC, "src", ADDR, src),
	ACQUIRE(PROTO, "proto", U8, proto),
	ACQUIRE(SPORT, "sport", U16, sport),
	ACQUIRE(DPORT, "dport", U16, dport),
	ACQUIRE(DEV, "dev", STRING, dev),
	ACQUIRE(KIND, "kind", U32, kind),
};

#define EXPIRE(attr, name, type, member)				\
	FIELD(GEMCAST_A_EXPIRE_##attr, name, type, gemcast_expire, member)

static const struct gemcast_field expire_fields[GEMCAST_A_EXPIRE_MAX + 1] = {
	EXPIRE(HARD, "hard", FLAG, present),
	EXPIRE(CAUSE, "cause", U32, cause),
};

#define AUDIT(attr, name, type, member)					\
	FIELD(GEMCAST_A_AUDIT_##attr, name, type, gemcast_audit, member)

static const struct gemcast_field audit_fields[GEMCAST_A_AUDIT_MAX + 1] = {
	AUDIT(REASON, "reason", U32, reason),
	AUDIT(SPI, "spi", U32, spi),
	AUDIT(SEQ, "seq", U32, seq),
	AUDIT(DST, "dst", ADDR, dst),
	AUDIT(SRC, "src", ADDR, src),
	AUDIT(FLOW, "flow", U32, flow),
	AUDIT(DEV, "dev", STRING, dev),
	AUDIT(SUPPRESSED, "suppressed", U32, suppressed),
};

#define SENDER(attr, name, type, member)				\
	FIELD(GEMCAST_A_SENDER_##attr, name, type, gemcast_sender, member)

static const struct gemcast_field sender_fields[GEMCAST_A_SENDER_MAX + 1] = {
	SENDER(GROUP, "group", U32, group),
	SENDER(SPI, "spi", U32, spi),
	SENDER(DST, "dst", ADDR, dst),
	SENDER(SID, "sid", U32, sid),
	SENDER(SRC, "src", ADDR, src),
	SENDER(SEQ, "seq", U32, seq),
	SENDER(IN_PACKETS, "in-packets", U64, in_packets),
	SENDER(IN_BYTES, "in-bytes", U64, in_bytes),
	SENDER(IN_REPLAYS, "in-replays", U64, in_replays),
	SENDER(IDLE, "idle", U64, idle),
};

#define NEST(attr, object)						\
	[GEMCAST_A_OBJECT_##attr] = {					\
		.name = #object,					\
		.size = sizeof(struct gemcast_##object),		\
		.max = GEMCAST_A_##attr##_MAX,				\
		.fields = object##_fields,				\
	}

static const struct gemcast_nest nests[GEMCAST_A_OBJECT_MAX + 1] = {
	NEST(GROUP, group),
	NEST(POLICY, policy),
	NEST(SA, sa),
	NEST(PEER, peer),
	NEST(STATS, stats),
	NEST(ACQUIRE, acquire),
	NEST(EXPIRE, expire),
	NEST(AUDIT, audit),
	NEST(SENDER, sender),
};

const struct gemcast_nest *gemcast_nest(unsigned int object)
{
	if (object > GEMCAST_A_OBJECT_MAX || !nests[object].fields)
		return NULL;
	return &nests[object];
}

const struct gemcast_field *gemcast_field(const struct gemcast_nest *nest,
					  unsigned int attr)
{
	if (attr > nest->max || nest->fields[attr].type == GEMCAST_FIELD_NONE)
		return NULL;
	return &nest->fields[attr];
}

const char *gemcast_stats_name(unsigned int attr)
{
	const struct gemcast_field *field;

	field = gemcast_field(gemcast_nest(GEMCAST_A_OBJECT_STATS), attr);
	return field ? field->name : NULL;
}
