/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that are right, from which the tests make wrong ones; and a world
 * of objects for them to leave alone.
 */
#ifndef GEMCAST_SELFTESTS_NL_REQUEST_H
#define GEMCAST_SELFTESTS_NL_REQUEST_H

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include "nl.h"

#define U8(t, v)	{ t, 1, &(const uint8_t){ v } }
#define U16(t, v)	{ t, 2, &(const uint16_t){ v } }
#define U32(t, v)	{ t, 4, &(const uint32_t){ v } }
#define U64(t, v)	{ t, 8, &(const uint64_t){ v } }
#define STR(t, s)	{ t, sizeof(s), s }
#define BIN(t, s)	{ t, sizeof(s) - 1, s }
#define NONE(t)		{ t, -1, NULL }

#define KEY16		SECRET "01234567" "salt"
#define KEY24		SECRET "0123456789abcdef" "salt"
#define KEY32		SECRET "0123456789abcdefghijklmn" "salt"
#define AEAD		"rfc4106(gcm(aes))"
#define GMAC		"rfc4543(gcm(aes))"
#define MAPPED		"\0\0\0\0\0\0\0\0\0\0\xff\xff\xef\x01\x01\x01"
#define V6_ANY		"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define V6_HOST		"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define V6_MCAST	"\xff\x3e\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"

struct at {
	uint16_t type;
	int len;			/* -1: not there */
	const void *data;
};

#define MAX_ATTRS	20

static const struct at group_base[MAX_ATTRS] = {
	U32(GEMCAST_A_GROUP_ID, 9),
	U32(GEMCAST_A_GROUP_ENCAP, GEMCAST_ENCAP_UDP),
	U16(GEMCAST_A_GROUP_PORT, 4509),
};

static const struct at policy_base[MAX_ATTRS] = {
	U32(GEMCAST_A_POLICY_GROUP, 7),
	BIN(GEMCAST_A_POLICY_DST, "\xef\x02\x02\x02"),
	U8(GEMCAST_A_POLICY_DST_LEN, 32),
	BIN(GEMCAST_A_POLICY_SRC, "\xc0\x00\x02\x00"),
	U8(GEMCAST_A_POLICY_SRC_LEN, 24),
	U8(GEMCAST_A_POLICY_PROTO, 17),
	U16(GEMCAST_A_POLICY_SPORT_MIN, 1),
	U16(GEMCAST_A_POLICY_SPORT_MAX, 65535),
	U16(GEMCAST_A_POLICY_DPORT_MIN, 5000),
	U16(GEMCAST_A_POLICY_DPORT_MAX, 5001),
	STR(GEMCAST_A_POLICY_DEV, "lo"),
	U32(GEMCAST_A_POLICY_DIR, GEMCAST_POLICY_DIR_BOTH),
	U32(GEMCAST_A_POLICY_ACTION, GEMCAST_ACTION_PROTECT),
	U32(GEMCAST_A_POLICY_NO_SA, GEMCAST_NO_SA_DISCARD),
	U32(GEMCAST_A_POLICY_DF, GEMCAST_DF_COPY),
	U32(GEMCAST_A_POLICY_PRIO, 5),
};

static const struct at sa_base[MAX_ATTRS] = {
	U32(GEMCAST_A_SA_GROUP, 7),
	U32(GEMCAST_A_SA_SPI, 0x2000),
	BIN(GEMCAST_A_SA_DST, "\xef\x02\x02\x02"),
	U32(GEMCAST_A_SA_DIR, GEMCAST_SA_DIR_BOTH),
	STR(GEMCAST_A_SA_AEAD, AEAD),
	BIN(GEMCAST_A_SA_KEY, KEY32),
	U32(GEMCAST_A_SA_ICV, 12),
	U32(GEMCAST_A_SA_SID, 3),
	U32(GEMCAST_A_SA_SID_BITS, 8),
	U32(GEMCAST_A_SA_REPLAY, GEMCAST_REPLAY_SID),
	U32(GEMCAST_A_SA_WINDOW, 128),
	U64(GEMCAST_A_SA_HARD_PACKETS, 1000000),
};

static const struct at peer_base[MAX_ATTRS] = {
	U32(GEMCAST_A_PEER_GROUP, 8),
	BIN(GEMCAST_A_PEER_ADDR, "\xc6\x33\x64\x07"),
	U16(GEMCAST_A_PEER_PORT, 4500),
	STR(GEMCAST_A_PEER_DEV, "lo"),
};

static const struct at nothing[MAX_ATTRS];

/* What a command is about, and a request for it that is right. */
static const struct {
	const char *name;
	int object;
	const struct at *base;
	bool new, dump;
} commands[] = {
	[GEMCAST_CMD_GROUP_NEW] = { "group-new", GEMCAST_A_OBJECT_GROUP, group_base, 1 },
	[GEMCAST_CMD_GROUP_DEL] = { "group-del", GEMCAST_A_OBJECT_GROUP, nothing },
	[GEMCAST_CMD_GROUP_GET] = { "group-get", GEMCAST_A_OBJECT_GROUP, nothing, 0, 1 },
	[GEMCAST_CMD_GROUP_FLUSH] = { "group-flush", GEMCAST_A_OBJECT_GROUP, nothing },
	[GEMCAST_CMD_POLICY_NEW] = { "policy-new", GEMCAST_A_OBJECT_POLICY, policy_base, 1 },
	[GEMCAST_CMD_POLICY_DEL] = { "policy-del", GEMCAST_A_OBJECT_POLICY, nothing },
	[GEMCAST_CMD_POLICY_GET] = { "policy-get", GEMCAST_A_OBJECT_POLICY, nothing, 0, 1 },
	[GEMCAST_CMD_POLICY_FLUSH] = { "policy-flush", GEMCAST_A_OBJECT_POLICY, nothing },
	[GEMCAST_CMD_SA_NEW] = { "sa-new", GEMCAST_A_OBJECT_SA, sa_base, 1 },
	[GEMCAST_CMD_SA_DEL] = { "sa-del", GEMCAST_A_OBJECT_SA, nothing },
	[GEMCAST_CMD_SA_GET] = { "sa-get", GEMCAST_A_OBJECT_SA, nothing, 0, 1 },
	[GEMCAST_CMD_SA_FLUSH] = { "sa-flush", GEMCAST_A_OBJECT_SA, nothing },
	[GEMCAST_CMD_PEER_NEW] = { "peer-new", GEMCAST_A_OBJECT_PEER, peer_base, 1 },
	[GEMCAST_CMD_PEER_DEL] = { "peer-del", GEMCAST_A_OBJECT_PEER, nothing },
	[GEMCAST_CMD_PEER_GET] = { "peer-get", GEMCAST_A_OBJECT_PEER, nothing, 0, 1 },
	[GEMCAST_CMD_STATS_GET] = { "stats-get", GEMCAST_A_OBJECT_STATS, nothing },
	[GEMCAST_CMD_STATS_RESET] = { "stats-reset", GEMCAST_A_OBJECT_STATS, nothing },
	[GEMCAST_CMD_POLICY_BEGIN] = { "policy-begin", GEMCAST_A_OBJECT_POLICY, nothing },
	[GEMCAST_CMD_POLICY_COMMIT] = { "policy-commit", GEMCAST_A_OBJECT_POLICY, nothing },
	[GEMCAST_CMD_POLICY_ABORT] = { "policy-abort", GEMCAST_A_OBJECT_POLICY, nothing },
	[GEMCAST_CMD_SA_SET] = { "sa-set", GEMCAST_A_OBJECT_SA, nothing },
};

#define CMDS	((int)(sizeof(commands) / sizeof(commands[0])))

/* In between are those that only the kernel sends. */
#define for_each_command(cmd)						\
	for (cmd = 1; cmd < CMDS; cmd++)				\
		if (commands[cmd].name)

/* A request for @cmd: its base, but for what @set says. */
static inline struct nlattr *request(struct msg *m, uint8_t cmd, uint16_t flags,
				     const struct at *set, int nset)
{
	const struct at *base = commands[cmd].base;
	struct nlattr *nest;
	int i, j;

	msg_begin(m, cmd, flags);
	nest = msg_nest(m, commands[cmd].object);
	for (i = 0; i < MAX_ATTRS && base[i].type; i++) {
		for (j = 0; j < nset && set[j].type != base[i].type; j++)
			;
		if (j == nset)
			msg_put(m, base[i].type, base[i].data, base[i].len);
	}
	/* The last one said of a type holds. */
	for (i = 0; i < nset && set[i].type; i++) {
		for (j = i + 1; j < nset && set[j].type != set[i].type; j++)
			;
		if (j == nset && set[i].len >= 0)
			msg_put(m, set[i].type, set[i].data, set[i].len);
	}
	msg_nest_end(m, nest);
	return nest;
}

static inline uint16_t new_flags(uint8_t cmd)
{
	return commands[cmd].new ? NLM_F_CREATE | NLM_F_EXCL : 0;
}

static inline int make(struct nl *nl, uint8_t cmd, uint16_t flags,
		       const struct at *set, int nset, struct answer *a)
{
	struct msg m;

	request(&m, cmd, flags, set, nset);
	return nl_do(nl, &m, a);
}

#define MAKE(nl, cmd, flags, ...) ({					\
	const struct at __set[] = { __VA_ARGS__ };			\
									\
	make(nl, cmd, flags, __set, sizeof(__set) / sizeof(*__set), NULL); \
})

/* Everything that there is, without the ages of SAs. */
struct world {
	size_t len;
	char buf[32768];
};

static inline void world_add(const struct nlmsghdr *h, void *arg)
{
	struct nlattr *age = nla_nested(msg_object(h, GEMCAST_A_OBJECT_SA),
					GEMCAST_A_SA_AGE);
	int head = NLMSG_LENGTH(sizeof(struct genlmsghdr));
	struct world *world = arg;

	if (age)
		memset(age + 1, 0, nla_len(age));
	if (world->len + h->nlmsg_len > sizeof(world->buf))
		abort();
	memcpy(world->buf + world->len, (const char *)h + head,
	       h->nlmsg_len - head);
	world->len += h->nlmsg_len - head;
}

static inline int world_read(struct nl *nl, struct world *world)
{
	struct msg m;
	int cmd, err;

	memset(world, 0, sizeof(*world));
	for_each_command(cmd) {
		if (!commands[cmd].dump)
			continue;
		msg_begin(&m, cmd, 0);
		err = nl_dump(nl, &m, NULL, world_add, world);
		if (err)
			return err;
	}
	return 0;
}

static inline int lo_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;

	err = ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return err;
}

/* A native group, a udp group, a policy and a peer. */
static inline int world_fill(struct nl *nl)
{
	return MAKE(nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE,
		    U32(GEMCAST_A_GROUP_ID, 7), NONE(GEMCAST_A_GROUP_ENCAP),
		    NONE(GEMCAST_A_GROUP_PORT)) ||
	       MAKE(nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE,
		    U32(GEMCAST_A_GROUP_ID, 8)) ||
	       MAKE(nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE,
		    BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1")) ||
	       MAKE(nl, GEMCAST_CMD_PEER_NEW, NLM_F_CREATE,
		    BIN(GEMCAST_A_PEER_ADDR, "\xc6\x33\x64\x01"));
}

/* They, in a network namespace of their own. */
static inline int world_make(struct nl *nl)
{
	return unshare(CLONE_NEWNET) || lo_up() || nl_open(nl) || world_fill(nl);
}

/* Keys that send are good for once in a boot, so no two tests may share one. */
static inline int make_sa(struct nl *nl, const char *unique)
{
	char key[20] = SECRET;

	memcpy(key + SECRET_LEN, unique, 8);
	memcpy(key + SECRET_LEN + 8, "salt", 4);
	return MAKE(nl, GEMCAST_CMD_SA_NEW, NLM_F_CREATE,
		    U32(GEMCAST_A_SA_SPI, 0x1000), U32(GEMCAST_A_SA_SID, 1),
		    BIN(GEMCAST_A_SA_DST, "\xef\1\1\1"),
		    { GEMCAST_A_SA_KEY, sizeof(key), key });
}

#endif
