/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * gemcast: group-encrypted IP multicast.
 *
 * The generic netlink family, as Documentation/netlink/specs/gemcast.yaml
 * describes it; a test holds the two together.
 *
 * Addresses are binary, 4 bytes (IPv4) or 16 (IPv6), in network order. Every
 * number, SPIs and ports included, is in host order. Times are milliseconds
 * unless the name says otherwise.
 */
#ifndef _UAPI_LINUX_GEMCAST_H
#define _UAPI_LINUX_GEMCAST_H

#define GEMCAST_FAMILY_NAME	"gemcast"
#define GEMCAST_FAMILY_VERSION	1

#define GEMCAST_MCGRP_SA	"sa"
#define GEMCAST_MCGRP_POLICY	"policy"
#define GEMCAST_MCGRP_ACQUIRE	"acquire"
#define GEMCAST_MCGRP_EXPIRE	"expire"
#define GEMCAST_MCGRP_AUDIT	"audit"

/* SPI values below this one are reserved (RFC 4303 2.1). */
#define GEMCAST_SPI_MIN		256
/* rfc4106(gcm(aes)), rfc4543(gcm(aes)): AES key of up to 32 bytes, then 4 bytes of salt. */
#define GEMCAST_KEY_MAX		36
#define GEMCAST_AEAD_NAME_MAX	64
#define GEMCAST_WINDOW_MIN	64
#define GEMCAST_WINDOW_MAX	4096
#define GEMCAST_WINDOW_DEFAULT	64
/* Senders of one SA that have a replay window each. */
#define GEMCAST_SENDERS_MAX	65536
#define GEMCAST_SENDERS_DEFAULT	4096
#define GEMCAST_PRIO_DEFAULT	1000
#define GEMCAST_DSCP_MAX	63
#define GEMCAST_UDP_PORT	4500

/* How a group's packets travel. */
enum gemcast_encap {
	GEMCAST_ENCAP_NONE,	/* native multicast */
	GEMCAST_ENCAP_UDP,	/* ESP in UDP to unicast peers */
};

/* Is a flow's encryption and decryption spread over CPUs? */
enum gemcast_parallel {
	GEMCAST_PARALLEL_OFF,
	GEMCAST_PARALLEL_ON,
};

/* Direction of a policy (RFC 5374 4.1.1). */
enum gemcast_policy_dir {
	GEMCAST_POLICY_DIR_BOTH,
	GEMCAST_POLICY_DIR_SEND,
	GEMCAST_POLICY_DIR_RECEIVE,
};

enum gemcast_action {
	GEMCAST_ACTION_PROTECT,
	GEMCAST_ACTION_BYPASS,
	GEMCAST_ACTION_DISCARD,
};

enum gemcast_mode {
	GEMCAST_MODE_TUNNEL,
	GEMCAST_MODE_TRANSPORT,
};

/* Which addresses a tunnel preserves: AP-L is the source, AP-R the destination. */
enum gemcast_preserve {
	GEMCAST_PRESERVE_NONE,
	GEMCAST_PRESERVE_SRC,
	GEMCAST_PRESERVE_DST,
	GEMCAST_PRESERVE_BOTH,
};

/* What becomes of a packet while its group has no SA to send by. */
enum gemcast_no_sa {
	GEMCAST_NO_SA_DISCARD,
	GEMCAST_NO_SA_BYPASS,
};

enum gemcast_df {
	GEMCAST_DF_CLEAR,
	GEMCAST_DF_SET,
	GEMCAST_DF_COPY,
};

/* When a packet above the MTU is cut. */
enum gemcast_fragment {
	GEMCAST_FRAGMENT_AFTER,		/* its ESP packet */
	GEMCAST_FRAGMENT_BEFORE,	/* itself, into several ESP packets */
};

/* ECN of the outer header of a tunnel (RFC 6040 4.3). */
enum gemcast_ecn {
	GEMCAST_ECN_COPY,		/* normal mode */
	GEMCAST_ECN_CLEAR,		/* compatibility mode */
};

/* Which DSCP a packet has behind a tunnel (RFC 2983). */
enum gemcast_decap_dscp {
	GEMCAST_DECAP_DSCP_INNER,	/* pipe */
	GEMCAST_DECAP_DSCP_OUTER,	/* uniform */
};

/* Where a packet that came by UDP goes on. */
enum gemcast_reinject {
	GEMCAST_REINJECT_RX,	/* received on the interface */
	GEMCAST_REINJECT_TX,	/* sent out of the interface */
};

enum gemcast_sa_dir {
	GEMCAST_SA_DIR_IN,
	GEMCAST_SA_DIR_OUT,
	GEMCAST_SA_DIR_BOTH,
};

/* What shares one replay window. */
enum gemcast_replay {
	GEMCAST_REPLAY_NONE,
	GEMCAST_REPLAY_SA,
	GEMCAST_REPLAY_SOURCE,
	GEMCAST_REPLAY_SID,
};

/* Where an SA stands in its life (RFC 5374 4.2.1). */
enum gemcast_sa_state {
	GEMCAST_SA_STATE_LEADING,	/* received by, not yet sent by */
	GEMCAST_SA_STATE_CURRENT,	/* sent by; for an inbound SA: in use */
	GEMCAST_SA_STATE_TRAILING,	/* received by, no longer sent by */
	GEMCAST_SA_STATE_DEAD,		/* at the end of its numbers or life */
};

enum gemcast_expire_cause {
	GEMCAST_EXPIRE_CAUSE_PACKETS,
	GEMCAST_EXPIRE_CAUSE_BYTES,
	GEMCAST_EXPIRE_CAUSE_SECONDS,
	GEMCAST_EXPIRE_CAUSE_SEQUENCE,	/* sequence numbers or IVs ended */
	GEMCAST_EXPIRE_CAUSE_DEACTIVATE,
};

enum gemcast_object {
	GEMCAST_A_OBJECT_UNSPEC,
	GEMCAST_A_OBJECT_GROUP,		/* nest, enum gemcast_group_attr */
	GEMCAST_A_OBJECT_POLICY,	/* nest, enum gemcast_policy_attr */
	GEMCAST_A_OBJECT_SA,		/* nest, enum gemcast_sa_attr */
	GEMCAST_A_OBJECT_PEER,		/* nest, enum gemcast_peer_attr */
	GEMCAST_A_OBJECT_STATS,		/* nest, enum gemcast_stats_attr */
	GEMCAST_A_OBJECT_ACQUIRE,	/* nest, enum gemcast_acquire_attr */
	GEMCAST_A_OBJECT_EXPIRE,	/* nest, enum gemcast_expire_attr */
	GEMCAST_A_OBJECT_AUDIT,		/* nest, enum gemcast_audit_attr */
	GEMCAST_A_OBJECT_SENDER,	/* nest, enum gemcast_sender_attr */
	__GEMCAST_A_OBJECT_MAX,
	GEMCAST_A_OBJECT_MAX = (__GEMCAST_A_OBJECT_MAX - 1)
};

enum gemcast_group_attr {
	GEMCAST_A_GROUP_UNSPEC,
	GEMCAST_A_GROUP_PAD,
	GEMCAST_A_GROUP_ID,		/* u32, 1.. */
	GEMCAST_A_GROUP_ENCAP,		/* u32, enum gemcast_encap */
	GEMCAST_A_GROUP_PORT,		/* u16, local UDP port of encap udp */
	GEMCAST_A_GROUP_POLICIES,	/* u32, out: how many */
	GEMCAST_A_GROUP_SAS,		/* u32, out */
	GEMCAST_A_GROUP_PEERS,		/* u32, out */
	GEMCAST_A_GROUP_CURRENT_SPI,	/* u32, out: SPI of the current SA */
	GEMCAST_A_GROUP_PARALLEL,	/* u32, enum gemcast_parallel */
	GEMCAST_A_GROUP_PARALLEL_PACKETS,	/* u64, out: worked on in parallel */
	GEMCAST_A_GROUP_PARALLEL_CPUS,	/* u32, out: by so many CPUs, */
	GEMCAST_A_GROUP_PARALLEL_BUSIEST,	/* u64, out: and by one of them */
	__GEMCAST_A_GROUP_MAX,
	GEMCAST_A_GROUP_MAX = (__GEMCAST_A_GROUP_MAX - 1)
};

enum gemcast_policy_attr {
	GEMCAST_A_POLICY_UNSPEC,
	GEMCAST_A_POLICY_PAD,
	GEMCAST_A_POLICY_INDEX,		/* u32, the kernel's number for it */
	GEMCAST_A_POLICY_GROUP,		/* u32 */
	GEMCAST_A_POLICY_DST,		/* binary, multicast */
	GEMCAST_A_POLICY_DST_LEN,	/* u8, prefix length */
	GEMCAST_A_POLICY_SRC,		/* binary */
	GEMCAST_A_POLICY_SRC_LEN,	/* u8 */
	GEMCAST_A_POLICY_PROTO,		/* u8, absent: any */
	GEMCAST_A_POLICY_SPORT_MIN,	/* u16 */
	GEMCAST_A_POLICY_SPORT_MAX,	/* u16 */
	GEMCAST_A_POLICY_DPORT_MIN,	/* u16 */
	GEMCAST_A_POLICY_DPORT_MAX,	/* u16 */
	GEMCAST_A_POLICY_DEV,		/* string, interface name */
	GEMCAST_A_POLICY_DIR,		/* u32, enum gemcast_policy_dir */
	GEMCAST_A_POLICY_ACTION,	/* u32, enum gemcast_action */
	GEMCAST_A_POLICY_MODE,		/* u32, enum gemcast_mode */
	GEMCAST_A_POLICY_PRESERVE,	/* u32, enum gemcast_preserve */
	GEMCAST_A_POLICY_LOCAL,		/* binary, outer source */
	GEMCAST_A_POLICY_REMOTE,	/* binary, outer destination */
	GEMCAST_A_POLICY_NO_SA,		/* u32, enum gemcast_no_sa */
	GEMCAST_A_POLICY_DF,		/* u32, enum gemcast_df */
	GEMCAST_A_POLICY_PRIO,		/* u32, lower wins */
	GEMCAST_A_POLICY_REINJECT,	/* u32, enum gemcast_reinject */
	GEMCAST_A_POLICY_REINJECT_DEV,	/* string, interface name */
	GEMCAST_A_POLICY_OUT_PACKETS,	/* u64, out */
	GEMCAST_A_POLICY_IN_PACKETS,	/* u64, out */
	GEMCAST_A_POLICY_FRAGMENT,	/* u32, enum gemcast_fragment */
	GEMCAST_A_POLICY_DSCP,		/* u32, of the outer header; absent: copied */
	GEMCAST_A_POLICY_DECAP_DSCP,	/* u32, enum gemcast_decap_dscp */
	GEMCAST_A_POLICY_ECN,		/* u32, enum gemcast_ecn */
	__GEMCAST_A_POLICY_MAX,
	GEMCAST_A_POLICY_MAX = (__GEMCAST_A_POLICY_MAX - 1)
};

enum gemcast_sa_attr {
	GEMCAST_A_SA_UNSPEC,
	GEMCAST_A_SA_PAD,
	GEMCAST_A_SA_GROUP,		/* u32 */
	GEMCAST_A_SA_SPI,		/* u32, 256.. */
	GEMCAST_A_SA_DST,		/* binary; absent only in a udp group */
	GEMCAST_A_SA_SRC,		/* binary, absent: any source */
	GEMCAST_A_SA_DIR,		/* u32, enum gemcast_sa_dir */
	GEMCAST_A_SA_AEAD,		/* string, rfc4106(gcm(aes)), rfc4543(gcm(aes)) */
	GEMCAST_A_SA_KEY,		/* binary, key then salt; never in a reply */
	GEMCAST_A_SA_KEY_BITS,		/* u32, out: AES key length */
	GEMCAST_A_SA_ICV,		/* u32, bytes: 8, 12, 16 (default); rfc4543: 16 */
	GEMCAST_A_SA_SID,		/* u32, own Sender-ID */
	GEMCAST_A_SA_SID_BITS,		/* u32, 8, 12, 16; absent: no Sender-IDs */
	GEMCAST_A_SA_REPLAY,		/* u32, enum gemcast_replay */
	GEMCAST_A_SA_WINDOW,		/* u32, packets, multiple of 64 */
	GEMCAST_A_SA_ACTIVATE,		/* u64, from now; out: left, absent if past */
	GEMCAST_A_SA_DEACTIVATE,	/* u64, from now; out: left */
	GEMCAST_A_SA_SOFT_PACKETS,	/* u64 */
	GEMCAST_A_SA_HARD_PACKETS,	/* u64 */
	GEMCAST_A_SA_SOFT_BYTES,	/* u64 */
	GEMCAST_A_SA_HARD_BYTES,	/* u64 */
	GEMCAST_A_SA_SOFT_SECONDS,	/* u64, seconds */
	GEMCAST_A_SA_HARD_SECONDS,	/* u64, seconds */
	GEMCAST_A_SA_STATE,		/* u32, out, enum gemcast_sa_state */
	GEMCAST_A_SA_DRIVER,		/* string, out: the crypto driver */
	GEMCAST_A_SA_SEQ,		/* u32, out: last sequence number sent */
	GEMCAST_A_SA_AGE,		/* u64, out */
	GEMCAST_A_SA_SENDERS,		/* u32, out: senders with replay state */
	GEMCAST_A_SA_OUT_PACKETS,	/* u64, out */
	GEMCAST_A_SA_OUT_BYTES,		/* u64, out: cleartext IP bytes */
	GEMCAST_A_SA_IN_PACKETS,	/* u64, out */
	GEMCAST_A_SA_IN_BYTES,		/* u64, out */
	GEMCAST_A_SA_IN_REPLAYS,	/* u64, out */
	GEMCAST_A_SA_IN_BAD_ICV,	/* u64, out */
	GEMCAST_A_SA_MAX_SENDERS,	/* u32, of replay source and sid */
	GEMCAST_A_SA_IDLE,		/* u64, out: since last used; absent if never */
	__GEMCAST_A_SA_MAX,
	GEMCAST_A_SA_MAX = (__GEMCAST_A_SA_MAX - 1)
};

enum gemcast_peer_attr {
	GEMCAST_A_PEER_UNSPEC,
	GEMCAST_A_PEER_PAD,
	GEMCAST_A_PEER_GROUP,		/* u32 */
	GEMCAST_A_PEER_ADDR,		/* binary, unicast */
	GEMCAST_A_PEER_PORT,		/* u16, default 4500 */
	GEMCAST_A_PEER_DEV,		/* string, interface name to send by */
	GEMCAST_A_PEER_OUT_PACKETS,	/* u64, out */
	GEMCAST_A_PEER_OUT_BYTES,	/* u64, out */
	__GEMCAST_A_PEER_MAX,
	GEMCAST_A_PEER_MAX = (__GEMCAST_A_PEER_MAX - 1)
};

/* A namespace's counters, each a u64; all but the first four count drops. */
enum gemcast_stats_attr {
	GEMCAST_A_STATS_UNSPEC,
	GEMCAST_A_STATS_PAD,
	GEMCAST_A_STATS_OUT_PACKETS,	/* ESP packets made */
	GEMCAST_A_STATS_IN_PACKETS,	/* ESP packets read */
	GEMCAST_A_STATS_OUT_BYPASS,	/* sent in the clear for want of an SA */
	GEMCAST_A_STATS_SENDERS_EVICTED,
	GEMCAST_A_STATS_OUT_DISCARD,	/* policy says so */
	GEMCAST_A_STATS_OUT_NO_SA,
	GEMCAST_A_STATS_OUT_NO_MEMORY,
	GEMCAST_A_STATS_OUT_NO_ROUTE,
	GEMCAST_A_STATS_OUT_NO_PEER,
	GEMCAST_A_STATS_OUT_TOO_BIG,	/* DF forbids, or above what ESP carries */
	GEMCAST_A_STATS_OUT_FRAGMENT,	/* transport mode takes whole datagrams only */
	GEMCAST_A_STATS_OUT_FORWARDED,	/* transport mode at a gateway */
	GEMCAST_A_STATS_OUT_SEQ_END,	/* sequence numbers or IVs ended */
	GEMCAST_A_STATS_OUT_IV_PACE,	/* the IV counter may not overtake the clock */
	GEMCAST_A_STATS_OUT_EXPIRED,	/* a hard limit */
	GEMCAST_A_STATS_OUT_CRYPTO,
	GEMCAST_A_STATS_OUT_MALFORMED,
	GEMCAST_A_STATS_IN_DISCARD,	/* policy says so */
	GEMCAST_A_STATS_IN_SPOOF,	/* cleartext for a protected group */
	GEMCAST_A_STATS_IN_FRAGMENT,	/* ESP that was not reassembled */
	GEMCAST_A_STATS_IN_TRUNCATED,	/* too short for ESP */
	GEMCAST_A_STATS_IN_NO_SA,	/* unknown SPI on a udp group's port */
	GEMCAST_A_STATS_IN_EXPIRED,	/* a hard limit */
	GEMCAST_A_STATS_IN_REPLAY,
	GEMCAST_A_STATS_IN_BAD_ICV,
	GEMCAST_A_STATS_IN_BAD_PADDING,
	GEMCAST_A_STATS_IN_BAD_INNER,	/* inner header that lies */
	GEMCAST_A_STATS_IN_ADDRESS,	/* preserved address differs (RFC 5374 5.2) */
	GEMCAST_A_STATS_IN_POLICY,	/* came by another group than policy says */
	GEMCAST_A_STATS_IN_ECN,		/* CE outside, not-ECT inside (RFC 6040) */
	GEMCAST_A_STATS_IN_DUMMY,	/* next header 59: meant to be dropped */
	GEMCAST_A_STATS_IN_NO_DEV,	/* the interface to reinject by is gone */
	GEMCAST_A_STATS_IN_NO_MEMORY,
	GEMCAST_A_STATS_IN_CRYPTO,
	GEMCAST_A_STATS_OUT_SSM,	/* its source may not send to this SSM group */
	GEMCAST_A_STATS_IN_SSM,
	GEMCAST_A_STATS_OUT_QUEUE_FULL,	/* too many wait in a parallel group */
	GEMCAST_A_STATS_IN_QUEUE_FULL,
	__GEMCAST_A_STATS_MAX,
	GEMCAST_A_STATS_MAX = (__GEMCAST_A_STATS_MAX - 1)
};

/* Why key management is asked for. */
enum gemcast_acquire_kind {
	GEMCAST_ACQUIRE_KIND_SEND,	/* a packet found no SA to be sent by */
	GEMCAST_ACQUIRE_KIND_RECEIVE,	/* there is a receiver now */
	GEMCAST_ACQUIRE_KIND_LEAVE,	/* there is none any more */
};

/* What a policy wants of key management. */
enum gemcast_acquire_attr {
	GEMCAST_A_ACQUIRE_UNSPEC,
	GEMCAST_A_ACQUIRE_PAD,
	GEMCAST_A_ACQUIRE_GROUP,	/* u32 */
	GEMCAST_A_ACQUIRE_POLICY,	/* u32, its index */
	GEMCAST_A_ACQUIRE_DST,		/* binary */
	GEMCAST_A_ACQUIRE_SRC,		/* binary; this and what follows: send */
	GEMCAST_A_ACQUIRE_PROTO,	/* u8 */
	GEMCAST_A_ACQUIRE_SPORT,	/* u16 */
	GEMCAST_A_ACQUIRE_DPORT,	/* u16 */
	GEMCAST_A_ACQUIRE_DEV,		/* string, interface name */
	GEMCAST_A_ACQUIRE_KIND,		/* u32, enum gemcast_acquire_kind */
	__GEMCAST_A_ACQUIRE_MAX,
	GEMCAST_A_ACQUIRE_MAX = (__GEMCAST_A_ACQUIRE_MAX - 1)
};

/* Comes with GEMCAST_A_OBJECT_SA. */
enum gemcast_expire_attr {
	GEMCAST_A_EXPIRE_UNSPEC,
	GEMCAST_A_EXPIRE_PAD,
	GEMCAST_A_EXPIRE_HARD,		/* flag */
	GEMCAST_A_EXPIRE_CAUSE,		/* u32, enum gemcast_expire_cause */
	__GEMCAST_A_EXPIRE_MAX,
	GEMCAST_A_EXPIRE_MAX = (__GEMCAST_A_EXPIRE_MAX - 1)
};

/*
 * A dropped packet that RFC 4303 or RFC 5374 calls an auditable event; or ESP for a
 * native group by no SA, which goes on: GEMCAST_A_STATS_IN_NO_SA.
 */
enum gemcast_audit_attr {
	GEMCAST_A_AUDIT_UNSPEC,
	GEMCAST_A_AUDIT_PAD,
	GEMCAST_A_AUDIT_REASON,		/* u32, enum gemcast_stats_attr */
	GEMCAST_A_AUDIT_SPI,		/* u32, if it was ESP */
	GEMCAST_A_AUDIT_SEQ,		/* u32, if it was ESP */
	GEMCAST_A_AUDIT_DST,		/* binary */
	GEMCAST_A_AUDIT_SRC,		/* binary */
	GEMCAST_A_AUDIT_FLOW,		/* u32, IPv6 flow label */
	GEMCAST_A_AUDIT_DEV,		/* string, interface name */
	GEMCAST_A_AUDIT_SUPPRESSED,	/* u32, events left out before this one */
	__GEMCAST_A_AUDIT_MAX,
	GEMCAST_A_AUDIT_MAX = (__GEMCAST_A_AUDIT_MAX - 1)
};

/* A sender that an SA has a replay window for; a dump filters by the first five. */
enum gemcast_sender_attr {
	GEMCAST_A_SENDER_UNSPEC,
	GEMCAST_A_SENDER_PAD,
	GEMCAST_A_SENDER_GROUP,		/* u32 */
	GEMCAST_A_SENDER_SPI,		/* u32, of the SA */
	GEMCAST_A_SENDER_DST,		/* binary, of the SA */
	GEMCAST_A_SENDER_SID,		/* u32, with replay sid */
	GEMCAST_A_SENDER_SRC,		/* binary, with replay source */
	GEMCAST_A_SENDER_SEQ,		/* u32, highest sequence number accepted */
	GEMCAST_A_SENDER_IN_PACKETS,	/* u64 */
	GEMCAST_A_SENDER_IN_BYTES,	/* u64, payload of ESP */
	GEMCAST_A_SENDER_IN_REPLAYS,	/* u64 */
	GEMCAST_A_SENDER_IDLE,		/* u64, since the last packet */
	__GEMCAST_A_SENDER_MAX,
	GEMCAST_A_SENDER_MAX = (__GEMCAST_A_SENDER_MAX - 1)
};

/*
 * NEW takes NLM_F_CREATE, _EXCL and _REPLACE as rtnetlink does. GET with
 * NLM_F_DUMP takes attributes to filter by. FLUSH deletes all that the given
 * attributes select. Every request carries its object's nest.
 *
 * Between POLICY_BEGIN and POLICY_COMMIT the socket's POLICY_NEW, _DEL and
 * _FLUSH change a rule set that is empty at first and that no packet sees.
 * POLICY_COMMIT puts it in the place of the one that packets see; POLICY_ABORT,
 * or the end of the socket, drops it.
 */
enum gemcast_cmd {
	GEMCAST_CMD_UNSPEC,
	GEMCAST_CMD_GROUP_NEW,
	GEMCAST_CMD_GROUP_DEL,
	GEMCAST_CMD_GROUP_GET,
	GEMCAST_CMD_GROUP_FLUSH,
	GEMCAST_CMD_POLICY_NEW,
	GEMCAST_CMD_POLICY_DEL,
	GEMCAST_CMD_POLICY_GET,
	GEMCAST_CMD_POLICY_FLUSH,
	GEMCAST_CMD_SA_NEW,
	GEMCAST_CMD_SA_DEL,
	GEMCAST_CMD_SA_GET,
	GEMCAST_CMD_SA_FLUSH,
	GEMCAST_CMD_PEER_NEW,
	GEMCAST_CMD_PEER_DEL,
	GEMCAST_CMD_PEER_GET,
	GEMCAST_CMD_STATS_GET,
	GEMCAST_CMD_STATS_RESET,
	GEMCAST_CMD_SA_NTF,		/* group "sa": state changed */
	GEMCAST_CMD_SA_DEL_NTF,		/* group "sa" */
	GEMCAST_CMD_POLICY_NTF,		/* group "policy" */
	GEMCAST_CMD_POLICY_DEL_NTF,	/* group "policy" */
	GEMCAST_CMD_ACQUIRE_NTF,	/* group "acquire" */
	GEMCAST_CMD_EXPIRE_NTF,		/* group "expire" */
	GEMCAST_CMD_AUDIT_NTF,		/* group "audit" */
	GEMCAST_CMD_POLICY_BEGIN,	/* a transaction of this socket */
	GEMCAST_CMD_POLICY_COMMIT,
	GEMCAST_CMD_POLICY_ABORT,
	GEMCAST_CMD_SENDER_GET,		/* only with NLM_F_DUMP */
	GEMCAST_CMD_SA_SET,		/* its times */
	__GEMCAST_CMD_MAX,
	GEMCAST_CMD_MAX = (__GEMCAST_CMD_MAX - 1)
};

#endif /* _UAPI_LINUX_GEMCAST_H */
