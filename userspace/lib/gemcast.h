/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libgemcast: the kernel's groups, policies, SAs and peers as plain structs; at the
 * end, what miked does with them.
 *
 * Every object has a word of presence bits, one for each netlink attribute:
 * GEMCAST_BIT(GEMCAST_A_SA_SPI) in struct gemcast_sa's `present` says that its
 * `spi` counts. In a request they say what is asked, in an answer what the
 * kernel told. Members whose bit is clear are zero in an answer and are not
 * looked at in a request.
 *
 * SPIs, ports and all other numbers are in host order, addresses in network
 * order. Times are milliseconds, those named _seconds seconds.
 *
 * Functions that return int return 0, or a negative errno value; what went
 * wrong, in the kernel's words where it had any, is then gemcast_error()'s.
 * Common to all requests are -EPERM (no CAP_NET_ADMIN in the user namespace
 * that owns the network namespace), -EINVAL and -ERANGE (the kernel refuses a
 * value), -EBADMSG (the kernel's answer makes no sense), -ENOTCONN (the handle
 * is not open) and whatever socket calls give.
 *
 * The library keeps no state but in the handle. A handle may be used by one
 * thread at a time, several handles by several threads.
 */
#ifndef GEMCAST_H
#define GEMCAST_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/gemcast.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GEMCAST_BIT(attr)		(UINT64_C(1) << (attr))
#define GEMCAST_HAS(object, attr)	(((object)->present & GEMCAST_BIT(attr)) != 0)

/* An IPv4 or IPv6 address in network order. */
struct gemcast_addr {
	sa_family_t family;	/* AF_INET, AF_INET6; AF_UNSPEC: none */
	union {
		struct in_addr in;
		struct in6_addr in6;
	};
};

/* GEMCAST_A_GROUP_* */
struct gemcast_group {
	uint64_t present;
	uint32_t id;
	uint32_t encap;			/* enum gemcast_encap */
	uint16_t port;			/* local UDP port of encap udp */
	/* told by the kernel */
	uint32_t policies;
	uint32_t sas;
	uint32_t peers;
	uint32_t current_spi;
	uint32_t parallel;		/* enum gemcast_parallel; to be set, too */
	uint64_t parallel_packets;
	uint32_t parallel_cpus;
	uint64_t parallel_busiest;
};

/* GEMCAST_A_POLICY_*: a GSPD entry (RFC 5374 4.1.1) */
struct gemcast_policy {
	uint64_t present;
	uint32_t index;
	uint32_t group;
	struct gemcast_addr dst;
	uint8_t dst_len;
	struct gemcast_addr src;
	uint8_t src_len;
	uint8_t proto;
	uint16_t sport_min;
	uint16_t sport_max;
	uint16_t dport_min;
	uint16_t dport_max;
	char dev[IF_NAMESIZE];
	uint32_t dir;			/* enum gemcast_policy_dir */
	uint32_t action;		/* enum gemcast_action */
	uint32_t mode;			/* enum gemcast_mode */
	uint32_t preserve;		/* enum gemcast_preserve */
	struct gemcast_addr local;
	struct gemcast_addr remote;
	uint32_t no_sa;			/* enum gemcast_no_sa */
	uint32_t df;			/* enum gemcast_df */
	uint32_t fragment;		/* enum gemcast_fragment */
	uint32_t dscp;			/* of the outer header */
	uint32_t decap_dscp;		/* enum gemcast_decap_dscp */
	uint32_t ecn;			/* enum gemcast_ecn */
	uint32_t prio;
	uint32_t reinject;		/* enum gemcast_reinject */
	char reinject_dev[IF_NAMESIZE];
	/* told by the kernel */
	uint64_t out_packets;
	uint64_t in_packets;
};

/* GEMCAST_A_SA_*: an SAD entry (RFC 4301 4.4.2, RFC 5374 4.2.1) */
struct gemcast_sa {
	uint64_t present;
	uint32_t group;
	uint32_t spi;
	struct gemcast_addr dst;
	struct gemcast_addr src;
	uint32_t dir;			/* enum gemcast_sa_dir */
	char aead[GEMCAST_AEAD_NAME_MAX];
	const uint8_t *key;		/* the caller's; AES key, then salt */
	size_t key_len;
	uint32_t icv;			/* bytes */
	uint32_t sid;
	uint32_t sid_bits;
	uint32_t replay;		/* enum gemcast_replay */
	uint32_t window;
	uint32_t max_senders;
	uint64_t activate;
	uint64_t deactivate;
	uint64_t soft_packets;
	uint64_t hard_packets;
	uint64_t soft_bytes;
	uint64_t hard_bytes;
	uint64_t soft_seconds;
	uint64_t hard_seconds;
	/* told by the kernel */
	uint32_t key_bits;
	uint32_t state;			/* enum gemcast_sa_state */
	char driver[128];
	uint32_t seq;
	uint64_t age;
	uint32_t senders;
	uint64_t out_packets;
	uint64_t out_bytes;
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t in_replays;
	uint64_t in_bad_icv;
	uint64_t idle;
};

/* GEMCAST_A_SENDER_*: a sender that an SA has a replay window for */
struct gemcast_sender {
	uint64_t present;
	uint32_t group;
	uint32_t spi;			/* of the SA, as dst */
	struct gemcast_addr dst;
	uint32_t sid;			/* with replay sid */
	struct gemcast_addr src;	/* with replay source */
	/* told by the kernel */
	uint32_t seq;
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t in_replays;
	uint64_t idle;
};

/* GEMCAST_A_PEER_* */
struct gemcast_peer {
	uint64_t present;
	uint32_t group;
	struct gemcast_addr addr;
	uint16_t port;
	char dev[IF_NAMESIZE];
	/* told by the kernel */
	uint64_t out_packets;
	uint64_t out_bytes;
};

/* counter[GEMCAST_A_STATS_*] */
struct gemcast_stats {
	uint64_t present;
	uint64_t counter[64];
};

/* GEMCAST_A_ACQUIRE_* */
struct gemcast_acquire {
	uint64_t present;
	uint32_t group;
	uint32_t policy;		/* its index */
	struct gemcast_addr dst;
	struct gemcast_addr src;
	uint8_t proto;
	uint16_t sport;
	uint16_t dport;
	char dev[IF_NAMESIZE];
	uint32_t kind;			/* enum gemcast_acquire_kind */
};

/* GEMCAST_A_EXPIRE_*: hard if GEMCAST_A_EXPIRE_HARD is present */
struct gemcast_expire {
	uint64_t present;
	uint32_t cause;			/* enum gemcast_expire_cause */
};

/* GEMCAST_A_AUDIT_*: what RFC 4303 2.2, 3.3.3, 3.4 and 4 would have logged */
struct gemcast_audit {
	uint64_t present;
	uint32_t reason;		/* enum gemcast_stats_attr */
	uint32_t spi;
	uint32_t seq;
	struct gemcast_addr dst;
	struct gemcast_addr src;
	uint32_t flow;
	char dev[IF_NAMESIZE];
	uint32_t suppressed;
};

struct gemcast_handle;

/*
 * A new handle, not yet open. NULL if there is no memory. The caller's, to be
 * given to gemcast_free().
 */
struct gemcast_handle *gemcast_new(void);

/*
 * Open the handle's socket in the network namespace that the thread is in, and
 * look up the family: -ENOENT if the kernel has none (the module is not
 * loaded), -EALREADY if the handle is open.
 */
int gemcast_open(struct gemcast_handle *h);

/* Close the handle's sockets and free it. NULL is allowed. */
void gemcast_free(struct gemcast_handle *h);

/*
 * What the last call on the handle had to say: why it failed, or, after a
 * success, the kernel's warning. "" if nothing. Never NULL; the handle's, good
 * until its next call.
 */
const char *gemcast_error(const struct gemcast_handle *h);

/*
 * Each of these is called for one object of a dump; the object is good until
 * the call returns. A value other than 0 ends the dump and is its result.
 */
typedef int (*gemcast_group_fn)(const struct gemcast_group *group, void *arg);
typedef int (*gemcast_policy_fn)(const struct gemcast_policy *policy, void *arg);
typedef int (*gemcast_sa_fn)(const struct gemcast_sa *sa, void *arg);
typedef int (*gemcast_peer_fn)(const struct gemcast_peer *peer, void *arg);
typedef int (*gemcast_sender_fn)(const struct gemcast_sender *sender, void *arg);

/*
 * What is common to all four objects:
 *
 * _add makes a new object: -EEXIST if there is one of this identity.
 * _replace puts the object in the place of the one of this identity, or makes
 * it; a group or a peer can only be replaced by its equal.
 * _del deletes one object: -ENOENT if none matches, -ENOTUNIQ if several do.
 * _get fills `out` with the one object that `key` selects; errors as for _del.
 * _dump calls fn for each object that has all that `filter` has, every one if
 * it is NULL; -EINTR if objects came or went meanwhile, after all that could
 * be read was given to fn.
 * _flush deletes each object that has all that `filter` has, every one if it
 * is NULL.
 *
 * Nothing that is passed in is kept, or changed but `out`.
 */

/*
 * A group is its id. _add: -EADDRINUSE, its UDP port is another socket's. _del:
 * -EBUSY while policies, SAs or peers use it; _flush takes them along.
 */
int gemcast_group_add(struct gemcast_handle *h,
		      const struct gemcast_group *group);
int gemcast_group_replace(struct gemcast_handle *h,
			  const struct gemcast_group *group);
int gemcast_group_del(struct gemcast_handle *h,
		      const struct gemcast_group *key);
int gemcast_group_get(struct gemcast_handle *h,
		      const struct gemcast_group *key,
		      struct gemcast_group *out);
int gemcast_group_dump(struct gemcast_handle *h,
		       const struct gemcast_group *filter,
		       gemcast_group_fn fn, void *arg);
int gemcast_group_flush(struct gemcast_handle *h,
			const struct gemcast_group *filter);

/*
 * A policy is its selector (RFC 5374 4.1.1): dst, src, proto, ports and dev,
 * with its direction and priority. _add and _replace: -ENOENT, its group is not
 * there; -ENODEV, an interface is not. _del and _get take its index, or those
 * of the selector's members that make it the only one. _dump and _flush
 * compare also its action.
 */
int gemcast_policy_add(struct gemcast_handle *h,
		       const struct gemcast_policy *policy);
int gemcast_policy_replace(struct gemcast_handle *h,
			   const struct gemcast_policy *policy);
int gemcast_policy_del(struct gemcast_handle *h,
		       const struct gemcast_policy *key);
int gemcast_policy_get(struct gemcast_handle *h,
		       const struct gemcast_policy *key,
		       struct gemcast_policy *out);
int gemcast_policy_dump(struct gemcast_handle *h,
			const struct gemcast_policy *filter,
			gemcast_policy_fn fn, void *arg);
int gemcast_policy_flush(struct gemcast_handle *h,
			 const struct gemcast_policy *filter);

/*
 * A transaction: behind _begin, what this handle adds, replaces, deletes and
 * flushes of policies goes to a new rule set, empty at first; _commit puts it
 * into the place of all policies there are, at once. _abort drops it, and so
 * does gemcast_free() or the end of the process. _get and _dump show what is in
 * force. One at a time in a namespace: -EBUSY.
 */
int gemcast_policy_begin(struct gemcast_handle *h);
int gemcast_policy_commit(struct gemcast_handle *h);
int gemcast_policy_abort(struct gemcast_handle *h);

/*
 * An SA is its SPI, destination and source (RFC 4301 4.1; RFC 4303 2.1), in a
 * udp group its SPI and the group's port. _del and _get take the SPI, and
 * group, dst and src where it alone is not enough.
 *
 * _add and _replace need group, spi, dir, aead and key (RFC 4106 8.1); sid
 * needs sid_bits (RFC 6054). The key stays the caller's to cleanse; the library
 * leaves no copy of it. -ENOENT: the group is not there. -EEXIST is also the
 * answer to a key and Sender-ID that this host has sent by before: an IV must
 * not come twice under one key (RFC 4106 2). The kernel never tells a key, so
 * `key` is NULL in every answer.
 */
int gemcast_sa_add(struct gemcast_handle *h, const struct gemcast_sa *sa);
int gemcast_sa_replace(struct gemcast_handle *h, const struct gemcast_sa *sa);
/*
 * When the SA that _del would take ends, from now: `deactivate` (RFC 5374 4.2.1). The
 * rest of it stays as it is. -EINVAL: its time to begin were later.
 */
int gemcast_sa_set(struct gemcast_handle *h, const struct gemcast_sa *sa);
int gemcast_sa_del(struct gemcast_handle *h, const struct gemcast_sa *key);
int gemcast_sa_get(struct gemcast_handle *h, const struct gemcast_sa *key,
		   struct gemcast_sa *out);
int gemcast_sa_dump(struct gemcast_handle *h, const struct gemcast_sa *filter,
		    gemcast_sa_fn fn, void *arg);
int gemcast_sa_flush(struct gemcast_handle *h, const struct gemcast_sa *filter);

/*
 * A peer is its group, address and port: the far end of ESP in UDP (RFC 3948).
 * _add and _replace: -ENOENT, the group is not there; -EINVAL, it is not of
 * encap udp; -ENODEV, the interface is not there. Peers have no _flush of their
 * own: a group's go with it.
 */
int gemcast_peer_add(struct gemcast_handle *h, const struct gemcast_peer *peer);
int gemcast_peer_replace(struct gemcast_handle *h,
			 const struct gemcast_peer *peer);
int gemcast_peer_del(struct gemcast_handle *h, const struct gemcast_peer *key);
int gemcast_peer_get(struct gemcast_handle *h, const struct gemcast_peer *key,
		     struct gemcast_peer *out);
int gemcast_peer_dump(struct gemcast_handle *h,
		      const struct gemcast_peer *filter,
		      gemcast_peer_fn fn, void *arg);

/*
 * The senders that SAs have replay windows for (RFC 5374 A.3), those that have
 * all that `filter` has, every one if it is NULL. They come with their packets:
 * there is nothing else to do with them. fn's result as in the other dumps.
 */
int gemcast_sender_dump(struct gemcast_handle *h,
			const struct gemcast_sender *filter,
			gemcast_sender_fn fn, void *arg);

/* The namespace's counters, and setting them to zero. */
int gemcast_stats_get(struct gemcast_handle *h, struct gemcast_stats *out);
int gemcast_stats_reset(struct gemcast_handle *h);

/*
 * The name of a counter (enum gemcast_stats_attr), as "in-replay"; NULL if the
 * library knows none of this number. A constant.
 */
const char *gemcast_stats_name(unsigned int attr);

/* Which events a handle is to receive. */
enum gemcast_events {
	GEMCAST_EVENTS_SA	= 1 << 0,
	GEMCAST_EVENTS_POLICY	= 1 << 1,
	GEMCAST_EVENTS_ACQUIRE	= 1 << 2,
	GEMCAST_EVENTS_EXPIRE	= 1 << 3,
	GEMCAST_EVENTS_AUDIT	= 1 << 4,
	GEMCAST_EVENTS_ALL	= (1 << 5) - 1,
};

/*
 * What happened in the kernel. cmd says which members count:
 * GEMCAST_CMD_SA_NTF, _SA_DEL_NTF: sa; _POLICY_NTF, _POLICY_DEL_NTF: policy;
 * _ACQUIRE_NTF: acquire; _EXPIRE_NTF: sa and expire; _AUDIT_NTF: audit.
 */
struct gemcast_event {
	enum gemcast_cmd cmd;
	struct gemcast_sa sa;
	struct gemcast_policy policy;
	struct gemcast_acquire acquire;
	struct gemcast_expire expire;
	struct gemcast_audit audit;
};

/*
 * Receive these events (enum gemcast_events, or'ed) from now on, besides those
 * asked for before. They come by a socket of their own: a handle can receive
 * events and make requests.
 */
int gemcast_subscribe(struct gemcast_handle *h, unsigned int events);

/*
 * The descriptor to poll for POLLIN; when it is readable, gemcast_dispatch()
 * has events. -ENOTCONN before gemcast_subscribe(). The handle's.
 */
int gemcast_event_fd(const struct gemcast_handle *h);

/*
 * Called for each event, which is good until the call returns. A value other
 * than 0 ends gemcast_dispatch() and is its result; the events behind it in
 * the same datagram are lost.
 */
typedef int (*gemcast_event_fn)(const struct gemcast_event *event, void *arg);

/*
 * Give all events that have come to fn, without waiting. -ENOBUFS: the kernel
 * had to drop events because they were not read in time; dump what you follow
 * anew and go on. -EBADMSG: one event made no sense; the next call goes on
 * behind it.
 */
int gemcast_dispatch(struct gemcast_handle *h, gemcast_event_fn fn, void *arg);

/*
 * The key daemon miked, by its control socket (miked(8)). A handle of its own, which
 * needs no kernel and no privilege but what miked asks for: root, the user that miked
 * runs as, or the group that its configuration names.
 *
 * Structs are as above: `present` has GEMCAST_BIT() of the enum named with each. In
 * strings are the words that Documentation/control.md explains, and those to come.
 * Times are milliseconds.
 *
 * Besides socket errors, functions return -EACCES (not for this user), -EINVAL (miked
 * takes no such request), -ENOENT, -EEXIST (a name is not there, or there already),
 * -EOPNOTSUPP (this miked is no key server, or an older one), -ETIMEDOUT (it did not
 * happen in time, or miked does not answer), -EPERM (refused for another reason) and
 * -EBADMSG (miked's answer makes no sense). gemcast_control_error() says why in words.
 */
#define GEMCAST_CONTROL_PATH	"/run/gemcast/miked.sock"

#define GEMCAST_NAME_SIZE	64	/* of a name, with its NUL */
#define GEMCAST_ID_SIZE		528	/* of an identity in words */
#define GEMCAST_WORD_SIZE	24
#define GEMCAST_REASON_SIZE	256

struct gemcast_control;

/* A handle, not open yet; NULL: no memory. Free by gemcast_control_free(). */
struct gemcast_control *gemcast_control_new(void);
void gemcast_control_free(struct gemcast_control *c);

/* What went wrong in the last call; the handle's, good until the next one. */
const char *gemcast_control_error(const struct gemcast_control *c);

/* Connect to the socket at this path, to GEMCAST_CONTROL_PATH if it is NULL. */
int gemcast_control_open(struct gemcast_control *c, const char *path);

enum gemcast_join_attr {
	GEMCAST_JOIN_NAME = 1,
	GEMCAST_JOIN_ID,
	GEMCAST_JOIN_AT,
	GEMCAST_JOIN_ROLE,
	GEMCAST_JOIN_WAIT,
};

/* A group to be in: by its name in miked's configuration, or by id and key server. */
struct gemcast_join {
	uint64_t present;
	char name[GEMCAST_NAME_SIZE];
	char id[GEMCAST_ID_SIZE];
	struct gemcast_addr at;
	char role[GEMCAST_WORD_SIZE];	/* sender, receiver, both */
	uint64_t wait;			/* for the keys, so long at most */
};

/*
 * Join; without `wait` miked goes on by itself when this returns. -ETIMEDOUT: not yet
 * joined, and miked goes on.
 */
int gemcast_control_join(struct gemcast_control *c, const struct gemcast_join *join);
int gemcast_control_leave(struct gemcast_control *c, const char *name);

enum gemcast_membership_attr {
	GEMCAST_MEMBERSHIP_NAME = 1,
	GEMCAST_MEMBERSHIP_ID,
	GEMCAST_MEMBERSHIP_GROUP,
	GEMCAST_MEMBERSHIP_STATE,
	GEMCAST_MEMBERSHIP_ROLE,
	GEMCAST_MEMBERSHIP_KEY_SERVER,
	GEMCAST_MEMBERSHIP_EPOCH,
	GEMCAST_MEMBERSHIP_SAS,
	GEMCAST_MEMBERSHIP_SINCE,
	GEMCAST_MEMBERSHIP_NEXT_ROLLOVER,
	GEMCAST_MEMBERSHIP_RETRY,
	GEMCAST_MEMBERSHIP_ERROR,
	GEMCAST_MEMBERSHIP_REKEY_SPI,
	GEMCAST_MEMBERSHIP_REKEY_ADDR,
	GEMCAST_MEMBERSHIP_REKEY_PORT,
	GEMCAST_MEMBERSHIP_REKEY_MESSAGE_ID,
	GEMCAST_MEMBERSHIP_REKEY_LEFT,
};

/* 16 bytes in hexadecimal digits. */
#define GEMCAST_REKEY_SPI_SIZE	33

/* A group that this host is in, or is to be. */
struct gemcast_membership {
	uint64_t present;
	char name[GEMCAST_NAME_SIZE];
	char id[GEMCAST_ID_SIZE];
	uint32_t group;			/* the kernel's number */
	char state[GEMCAST_WORD_SIZE];	/* idle, registering, joined, waiting, leaving */
	char role[GEMCAST_WORD_SIZE];
	char key_server[GEMCAST_NAME_SIZE];
	uint32_t epoch;			/* how often the group's keys changed */
	uint32_t sas;
	uint64_t since;			/* joined so long ago */
	uint64_t next_rollover;		/* to the end of the current SA, at most */
	uint64_t retry;			/* to the next try to register */
	char error[GEMCAST_REASON_SIZE];	/* the last one */
	/* The Rekey SA, if there is one: new keys come by it. */
	char rekey_spi[GEMCAST_REKEY_SPI_SIZE];
	struct gemcast_addr rekey_addr;		/* where its messages go */
	uint16_t rekey_port;
	uint32_t rekey_message_id;	/* of the last that was heard */
	uint64_t rekey_left;		/* to its end */
};

typedef int (*gemcast_membership_fn)(const struct gemcast_membership *membership, void *arg);

/* All memberships, or the one of this name. fn's result as in the dumps. */
int gemcast_control_status(struct gemcast_control *c, const char *name,
			   gemcast_membership_fn fn, void *arg);

enum gemcast_ks_group_attr {
	GEMCAST_KS_GROUP_NAME = 1,
	GEMCAST_KS_GROUP_ID,
	GEMCAST_KS_GROUP_ENCRYPTION,
	GEMCAST_KS_GROUP_REKEY,
	GEMCAST_KS_GROUP_EPOCH,
	GEMCAST_KS_GROUP_SAS,
	GEMCAST_KS_GROUP_MEMBERS,
	GEMCAST_KS_GROUP_SENDERS,
	GEMCAST_KS_GROUP_CURRENT,
	GEMCAST_KS_GROUP_NEXT_ROLLOVER,
	GEMCAST_KS_GROUP_CONVERGED,
	GEMCAST_KS_GROUP_LISTENING,
	GEMCAST_KS_GROUP_CONVERGENCE,
	GEMCAST_KS_GROUP_EPOCHS,
};

enum gemcast_ks_epoch_attr {
	GEMCAST_KS_EPOCH_NUMBER = 1,
	GEMCAST_KS_EPOCH_MEMBERS,
	GEMCAST_KS_EPOCH_REGISTERED,
	GEMCAST_KS_EPOCH_ANSWERED,
	GEMCAST_KS_EPOCH_ACKNOWLEDGED,
};

/* Keys of a group that are in use, and for how many members these are the newest known. */
struct gemcast_ks_epoch {
	uint64_t present;
	uint32_t number;
	uint32_t members;
	uint32_t registered;		/* they came by the registration */
	uint32_t answered;		/* the member answered when it was told by unicast */
	uint32_t acknowledged;		/* it acknowledged what came by multicast */
};

/* That live at one time. */
#define GEMCAST_KS_EPOCHS	4

struct gemcast_ks_epochs {
	size_t count;
	struct gemcast_ks_epoch epoch[GEMCAST_KS_EPOCHS];
};

/* A group of the key server. */
struct gemcast_ks_group {
	uint64_t present;
	char name[GEMCAST_NAME_SIZE];
	char id[GEMCAST_ID_SIZE];
	char encryption[GEMCAST_WORD_SIZE];
	char rekey[GEMCAST_WORD_SIZE];	/* unicast, multicast, both */
	uint32_t epoch;
	uint32_t sas;
	uint32_t members;		/* registered now */
	uint32_t senders;		/* of them */
	uint32_t current;		/* members known to have this epoch's keys */
	uint64_t next_rollover;
	uint64_t converged;		/* all members had them so long ago */
	uint32_t listening;		/* members without an IKE SA, that hear rekeys */
	uint64_t convergence;		/* so long the last keys took until all had them */
	struct gemcast_ks_epochs epochs;	/* the newest first */
};

typedef int (*gemcast_ks_group_fn)(const struct gemcast_ks_group *group, void *arg);

/* All groups, or the one of this name. fn's result as in the dumps. */
int gemcast_ks_group_show(struct gemcast_control *c, const char *name, gemcast_ks_group_fn fn,
			  void *arg);

/*
 * A new group, its policy as an entry of key-server.groups in miked.conf(5) says it,
 * in YAML or JSON.
 */
int gemcast_ks_group_add(struct gemcast_control *c, const char *policy);
int gemcast_ks_group_del(struct gemcast_control *c, const char *name);

enum gemcast_ks_unfit_attr {
	GEMCAST_KS_UNFIT_ID = 1,
	GEMCAST_KS_UNFIT_REASON,
};

/* A member that could not live with another policy. */
struct gemcast_ks_unfit {
	uint64_t present;
	char id[GEMCAST_ID_SIZE];
	char reason[GEMCAST_REASON_SIZE];
};

typedef int (*gemcast_ks_unfit_fn)(const struct gemcast_ks_unfit *unfit, void *arg);

/*
 * Another policy for the group of its name. Which members could not live with it; and to
 * put it in force, which is refused if there are some, unless `yes`: they are excluded.
 */
int gemcast_ks_group_check(struct gemcast_control *c, const char *policy, gemcast_ks_unfit_fn fn,
			   void *arg);
int gemcast_ks_group_set(struct gemcast_control *c, const char *policy, bool yes);

enum gemcast_ks_member_attr {
	GEMCAST_KS_MEMBER_GROUP = 1,
	GEMCAST_KS_MEMBER_ID,
	GEMCAST_KS_MEMBER_STATE,
	GEMCAST_KS_MEMBER_ROLE,
	GEMCAST_KS_MEMBER_ADDR,
	GEMCAST_KS_MEMBER_PORT,
	GEMCAST_KS_MEMBER_EPOCH,
	GEMCAST_KS_MEMBER_SIDS,
	GEMCAST_KS_MEMBER_SINCE,
	GEMCAST_KS_MEMBER_PROOF,
};

/* A member of a key server's group. */
struct gemcast_ks_member {
	uint64_t present;
	char group[GEMCAST_NAME_SIZE];
	char id[GEMCAST_ID_SIZE];
	char state[GEMCAST_WORD_SIZE];	/* registered, listening, gone, admitted, expelled */
	char role[GEMCAST_WORD_SIZE];
	struct gemcast_addr addr;
	uint16_t port;
	uint32_t epoch;			/* the last it is known to have */
	uint32_t sids;			/* Sender-IDs that it was given */
	uint64_t since;			/* registered so long ago */
	char proof[GEMCAST_WORD_SIZE];	/* of the epoch: registered, answered, acknowledged */
};

typedef int (*gemcast_ks_member_fn)(const struct gemcast_ks_member *member, void *arg);

/* The members that have all that `filter` has of group and id, every one if NULL. */
int gemcast_ks_member_show(struct gemcast_control *c, const struct gemcast_ks_member *filter,
			   gemcast_ks_member_fn fn, void *arg);

/*
 * Let identities be members, as `role` at most, besides those that the configuration
 * admits. -EINVAL: one of them is no identity; then nothing changed.
 */
int gemcast_ks_member_admit(struct gemcast_control *c, const char *group, const char *role,
			    const char * const *ids, size_t count);

/* Shut members out, all of them by one change of keys. */
int gemcast_ks_member_expel(struct gemcast_control *c, const char *group,
			    const char * const *ids, size_t count);

/* New keys for a group; `now`: and the old ones end as soon as members can have them. */
int gemcast_ks_rekey(struct gemcast_control *c, const char *group, bool now);

/* The level of an area of the log, of every one if `area` is NULL, until the next reload. */
int gemcast_control_log_level(struct gemcast_control *c, const char *area, const char *level);

#ifdef __cplusplus
}
#endif

#endif /* GEMCAST_H */
