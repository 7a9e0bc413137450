// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The netlink family apart from what single attributes say: malformed requests,
 * flags, privileges, what is read back, filters; and that no key ever is.
 */
#include <sys/wait.h>
#include "kselftest_harness.h"
#include "nl_request.h"

FIXTURE(netlink)
{
	struct nl nl;
};

FIXTURE_SETUP(netlink)
{
	ASSERT_EQ(0, world_make(&self->nl));
}

FIXTURE_TEARDOWN(netlink)
{
	EXPECT_EQ(0, nl_secrets) TH_LOG("keys came back");
	EXPECT_LT(0UL, nl_bytes);
	close(self->nl.fd);
}

/* The requests that the refusals begin from are good ones. */
TEST_F(netlink, bases_are_good)
{
	int cmd;

	for_each_command(cmd) {
		if (!commands[cmd].new)
			continue;
		EXPECT_EQ(0, make(&self->nl, cmd, new_flags(cmd), NULL, 0, NULL))
			TH_LOG("%s", commands[cmd].name);
	}
}

/* Each attribute of a good request a byte longer, and shorter. */
TEST_F(netlink, wrong_lengths)
{
	static struct world before, after;
	const struct at *at;
	struct answer a;
	struct msg m;
	int cmd, more, n = 0;

	ASSERT_EQ(0, world_read(&self->nl, &before));
	for_each_command(cmd) {
		for (at = commands[cmd].base; at->type; at++) {
			for (more = -1; more <= 1; more += 2) {
				char buf[64] = {};
				struct at set = { at->type, at->len + more, buf };

				memcpy(buf, at->data, at->len);
				/* A number that is too long must not do. */
				request(&m, cmd, new_flags(cmd), &set, 1);
				EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a))
					TH_LOG("%s: %d %+d", commands[cmd].name,
					       at->type, more);
				ASSERT_LT(0, a.offset);
				EXPECT_EQ(at->type, nla_type(NLA_AT(&m, a.offset)));
				EXPECT_NE(0, a.text[0]);
				n++;
			}
		}
	}
	ASSERT_EQ(0, world_read(&self->nl, &after));
	EXPECT_EQ(before.len, after.len);
	EXPECT_EQ(0, memcmp(before.buf, after.buf, before.len));
	TH_LOG("%d wrong lengths", n);
}

/* What no command knows, in the nest and beside it. */
TEST_F(netlink, unknown_attributes)
{
	struct nlattr *nest;
	struct answer a;
	struct msg m;
	int cmd, type;

	for_each_command(cmd) {
		for (type = 100; type <= 1000; type += 900) {
			struct at set = { type, 4, "none" };

			request(&m, cmd, new_flags(cmd), &set, 1);
			EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a))
				TH_LOG("%s", commands[cmd].name);
			ASSERT_LT(0, a.offset);
			EXPECT_EQ(type, nla_type(NLA_AT(&m, a.offset)));
			EXPECT_NE(0, a.text[0]);

			request(&m, cmd, new_flags(cmd), NULL, 0);
			msg_put_u32(&m, type, 1);
			EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a));
			ASSERT_LT(0, a.offset);
			EXPECT_EQ(type, nla_type(NLA_AT(&m, a.offset)));
		}
		/* Another command's object. */
		request(&m, cmd, new_flags(cmd), NULL, 0);
		nest = msg_nest(&m, GEMCAST_A_OBJECT_AUDIT);
		msg_nest_end(&m, nest);
		EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a));
		EXPECT_EQ((char *)nest - (char *)&m, a.offset);
	}
}

/* The nest itself: not there, not marked as one, cut off. */
TEST_F(netlink, envelopes)
{
	struct nlattr *nest;
	struct answer a;
	struct msg m;
	int cmd;

	for_each_command(cmd) {
		if (commands[cmd].new || commands[cmd].dump) {
			msg_begin(&m, cmd, new_flags(cmd));
			EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a));
			EXPECT_EQ(commands[cmd].object, a.miss_type);
			EXPECT_NE(0, a.text[0]);
		}
		nest = request(&m, cmd, new_flags(cmd), NULL, 0);
		nest->nla_type &= ~NLA_F_NESTED;
		EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a));
		EXPECT_EQ((char *)nest - (char *)&m, a.offset);
		EXPECT_NE(0, a.text[0]);
		if (!commands[cmd].new)
			continue;
		nest = request(&m, cmd, new_flags(cmd), NULL, 0);
		((struct nlattr *)(nest + 1))->nla_len += 1000;
		EXPECT_EQ(EINVAL, nl_do(&self->nl, &m, &a));
		EXPECT_NE(0, a.text[0]);
	}
}

TEST_F(netlink, flags)
{
	static const struct at set[] = {
		BIN(GEMCAST_A_SA_KEY, SECRET "flagflag0123456789abcdef" "salt"),
	};
	struct nl *nl = &self->nl;
	struct genlmsghdr *g;
	struct answer a;
	struct msg m;
	int cmd, n;

	for_each_command(cmd) {
		if (!commands[cmd].new)
			continue;
		n = cmd == GEMCAST_CMD_SA_NEW;
		EXPECT_EQ(ENOENT, make(nl, cmd, 0, set, n, &a));
		EXPECT_NE(0, a.text[0]);
		EXPECT_EQ(ENOENT, make(nl, cmd, NLM_F_REPLACE, set, n, &a));
		EXPECT_NE(0, a.text[0]);
		EXPECT_EQ(0, make(nl, cmd, NLM_F_CREATE | NLM_F_REPLACE, set, n, &a))
			TH_LOG("%s: %s", commands[cmd].name, a.text);
		EXPECT_EQ(EEXIST, make(nl, cmd, NLM_F_CREATE, set, n, &a));
		EXPECT_EQ(EEXIST, make(nl, cmd, NLM_F_CREATE | NLM_F_EXCL, set, n, &a));
		EXPECT_NE(0, a.text[0]);
		/* A key does not send twice, replaced or not. */
		EXPECT_EQ(cmd == GEMCAST_CMD_SA_NEW ? EEXIST : 0,
			  make(nl, cmd, NLM_F_REPLACE, set, n, &a))
			TH_LOG("%s: %s", commands[cmd].name, a.text);
	}
	for_each_command(cmd) {
		if (!commands[cmd].new) {
			EXPECT_EQ(EINVAL, make(nl, cmd, NLM_F_CREATE, NULL, 0, &a));
			EXPECT_NE(NULL, strstr(a.text, "flags"));
		}
		EXPECT_EQ(EINVAL, make(nl, cmd, NLM_F_MULTI, NULL, 0, &a));
		EXPECT_NE(NULL, strstr(a.text, "flags"));
		request(&m, cmd, 0, NULL, 0);
		g = NLMSG_DATA(&m.h);
		g->reserved = 1;
		EXPECT_EQ(EINVAL, nl_do(nl, &m, &a));
		EXPECT_NE(NULL, strstr(a.text, "reserved"));
	}
	for (cmd = 0; cmd < 256; cmd++) {
		if ((cmd < CMDS && commands[cmd].name) ||
		    (cmd >= GEMCAST_CMD_POLICY_BEGIN &&
		     cmd <= GEMCAST_CMD_POLICY_ABORT))
			continue;
		msg_begin(&m, cmd, 0);
		EXPECT_EQ(EOPNOTSUPP, nl_do(nl, &m, &a)) TH_LOG("%d", cmd);
	}
}

static void count(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	++*(int *)arg;
}

/* All of @nl's requests are refused with EPERM. */
static int all_refused(struct nl *nl)
{
	int cmd, i, n = 0, wrong = 0;
	struct msg m;

	for_each_command(cmd) {
		const struct at no_key = NONE(GEMCAST_A_SA_KEY);

		wrong += make(nl, cmd, new_flags(cmd), &no_key,
			      cmd == GEMCAST_CMD_SA_NEW, NULL) != EPERM;
		if (!commands[cmd].dump)
			continue;
		msg_begin(&m, cmd, 0);
		wrong += nl_dump(nl, &m, NULL, count, &n) != EPERM;
	}
	msg_begin(&m, GEMCAST_CMD_SENDER_GET, 0);
	wrong += nl_dump(nl, &m, NULL, count, &n) != EPERM;
	for (i = 0; nl_group_names[i]; i++)
		wrong += nl_join(nl, nl_group_names[i]) != EPERM;
	return wrong + n;
}

TEST_F(netlink, unprivileged)
{
	static struct world before, after;
	int status;
	pid_t pid;

	ASSERT_EQ(0, world_read(&self->nl, &before));
	pid = fork();
	if (!pid) {
		struct nl nl;

		if (setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534) || nl_open(&nl))
			_exit(99);
		_exit(all_refused(&nl));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);

	/* Root of another user namespace is nobody here. */
	pid = fork();
	if (!pid) {
		struct nl nl;

		if (unshare(CLONE_NEWUSER) || nl_open(&nl))
			_exit(99);
		_exit(all_refused(&nl));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);

	/* It is the administrator of network namespaces of its own. */
	pid = fork();
	if (!pid) {
		struct nl nl;
		int i, wrong = 0;

		if (unshare(CLONE_NEWUSER | CLONE_NEWNET) || nl_open(&nl))
			_exit(99);
		wrong += MAKE(&nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE) != 0;
		for (i = 0; nl_group_names[i]; i++)
			wrong += nl_join(&nl, nl_group_names[i]) != 0;
		_exit(wrong);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, world_read(&self->nl, &after));
	EXPECT_EQ(before.len, after.len);
	EXPECT_EQ(0, memcmp(before.buf, after.buf, before.len));
}

/* What is set comes back, and only to those whose namespace it is. */
TEST_F(netlink, get)
{
	const struct at *at;
	struct nlattr *nest;
	struct answer a;
	struct msg m;
	int seen = 0;

	ASSERT_EQ(0, make(&self->nl, GEMCAST_CMD_SA_NEW, NLM_F_CREATE,
			  &(const struct at)BIN(GEMCAST_A_SA_KEY, SECRET "getgetge"
						"0123456789abcdef" "salt"), 1, NULL));
	msg_begin(&m, GEMCAST_CMD_SA_GET, 0);
	nest = msg_nest(&m, GEMCAST_A_OBJECT_SA);
	msg_put_u32(&m, GEMCAST_A_SA_SPI, 0x2000);
	msg_nest_end(&m, nest);
	ASSERT_EQ(0, nl_do(&self->nl, &m, &a));
	nest = msg_object((void *)a.buf, GEMCAST_A_OBJECT_SA);
	ASSERT_NE(NULL, nest);
	EXPECT_EQ(GEMCAST_CMD_SA_GET, msg_cmd((void *)a.buf));
	for (at = sa_base; at->type; at++) {
		struct nlattr *got = nla_nested(nest, at->type);

		if (at->type == GEMCAST_A_SA_KEY) {
			EXPECT_EQ(NULL, got);
			continue;
		}
		ASSERT_NE(NULL, got) TH_LOG("%d", at->type);
		EXPECT_EQ(at->len, nla_len(got)) TH_LOG("%d", at->type);
		EXPECT_EQ(0, memcmp(at->data, nla_data(got), at->len))
			TH_LOG("%d", at->type);
		seen++;
	}
	EXPECT_EQ(11, seen);
	EXPECT_EQ(256U, nla_u32(nla_nested(nest, GEMCAST_A_SA_KEY_BITS)));
	ASSERT_NE(NULL, nla_nested(nest, GEMCAST_A_SA_AGE));

	ASSERT_EQ(0, make(&self->nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE, NULL, 0,
			  NULL));
	msg_begin(&m, GEMCAST_CMD_POLICY_GET, 0);
	nest = msg_nest(&m, GEMCAST_A_OBJECT_POLICY);
	msg_put(&m, GEMCAST_A_POLICY_DST, "\xef\x02\x02\x02", 4);
	msg_nest_end(&m, nest);
	ASSERT_EQ(0, nl_do(&self->nl, &m, &a));
	nest = msg_object((void *)a.buf, GEMCAST_A_OBJECT_POLICY);
	for (at = policy_base; at->type; at++) {
		struct nlattr *got = nla_nested(nest, at->type);

		ASSERT_NE(NULL, got) TH_LOG("%d", at->type);
		EXPECT_EQ(at->len, nla_len(got)) TH_LOG("%d", at->type);
		EXPECT_EQ(0, memcmp(at->data, nla_data(got), at->len))
			TH_LOG("%d", at->type);
	}

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	close(self->nl.fd);
	ASSERT_EQ(0, nl_open(&self->nl));
	msg_begin(&m, GEMCAST_CMD_GROUP_GET, 0);
	seen = 0;
	EXPECT_EQ(0, nl_dump(&self->nl, &m, NULL, count, &seen));
	EXPECT_EQ(0, seen);
}

/* Dumps: how many objects, or which errno. */
static const struct {
	int cmd, want;
	struct at set[3];
} filters[] = {
	{ GEMCAST_CMD_GROUP_GET, 2, {} },
	{ GEMCAST_CMD_GROUP_GET, 1, { U32(GEMCAST_A_GROUP_ID, 8) } },
	{ GEMCAST_CMD_GROUP_GET, 0, { U32(GEMCAST_A_GROUP_ID, 9) } },
	{ GEMCAST_CMD_POLICY_GET, 1, {} },
	{ GEMCAST_CMD_POLICY_GET, 1, { BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1") } },
	{ GEMCAST_CMD_POLICY_GET, 0, { BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\2") } },
	{ GEMCAST_CMD_POLICY_GET, 0, { U32(GEMCAST_A_POLICY_GROUP, 8) } },
	{ GEMCAST_CMD_POLICY_GET, 1, { STR(GEMCAST_A_POLICY_DEV, "lo"),
				       U8(GEMCAST_A_POLICY_PROTO, 17) } },
	{ GEMCAST_CMD_POLICY_GET, 0, { U8(GEMCAST_A_POLICY_PROTO, 6) } },
	{ GEMCAST_CMD_SA_GET, 1, {} },
	{ GEMCAST_CMD_SA_GET, 1, { U32(GEMCAST_A_SA_GROUP, 7),
				   U32(GEMCAST_A_SA_SPI, 0x1000) } },
	{ GEMCAST_CMD_SA_GET, 0, { U32(GEMCAST_A_SA_GROUP, 8) } },
	{ GEMCAST_CMD_SA_GET, 0, { BIN(GEMCAST_A_SA_DST, V6_MCAST) } },
	{ GEMCAST_CMD_PEER_GET, 1, {} },
	{ GEMCAST_CMD_PEER_GET, 1, { U32(GEMCAST_A_PEER_GROUP, 8) } },
	{ GEMCAST_CMD_PEER_GET, 0, { U32(GEMCAST_A_PEER_GROUP, 7) } },
	{ GEMCAST_CMD_PEER_GET, 0, { U16(GEMCAST_A_PEER_PORT, 1) } },
	/* Refused: -errno. */
	{ GEMCAST_CMD_GROUP_GET, -ERANGE, { U32(GEMCAST_A_GROUP_ID, 0) } },
	{ GEMCAST_CMD_SA_GET, -EINVAL, { BIN(GEMCAST_A_SA_KEY, KEY32) } },
	{ GEMCAST_CMD_SA_GET, -EINVAL, { BIN(GEMCAST_A_SA_DST, "123") } },
	{ GEMCAST_CMD_POLICY_GET, -EINVAL, { U8(GEMCAST_A_POLICY_DST_LEN, 8) } },
	{ GEMCAST_CMD_POLICY_GET, -EINVAL,
		{ BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1"),
		  U8(GEMCAST_A_POLICY_DST_LEN, 8) } },
	{ GEMCAST_CMD_POLICY_GET, -EINVAL, { U16(GEMCAST_A_POLICY_SPORT_MIN, 8) } },
	{ GEMCAST_CMD_PEER_GET, -EINVAL, { BIN(GEMCAST_A_PEER_ADDR, "12345") } },
};

TEST_F(netlink, filters)
{
	static struct world world;
	struct answer a;
	struct msg m;
	unsigned int i;
	int n, err;

	ASSERT_EQ(0, make_sa(&self->nl, "filtered"));
	for (i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		n = 0;
		request(&m, filters[i].cmd, 0, filters[i].set, 3);
		err = nl_dump(&self->nl, &m, &a, count, &n);
		if (filters[i].want >= 0) {
			EXPECT_EQ(0, err) TH_LOG("%d: %s", i, a.text);
			EXPECT_EQ(filters[i].want, n) TH_LOG("%d", i);
		} else {
			EXPECT_EQ(-filters[i].want, err) TH_LOG("%d", i);
			EXPECT_NE(0, a.text[0]) TH_LOG("%d", i);
		}
	}
	/* A flush without a match is none the worse for it. */
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_GROUP_FLUSH, 0,
			  U32(GEMCAST_A_GROUP_ID, 99)));
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_SA_FLUSH, 0,
			  U32(GEMCAST_A_SA_SPI, 0x9999)));
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_FLUSH, 0,
			  U32(GEMCAST_A_POLICY_GROUP, 99)));
	n = 0;
	msg_begin(&m, GEMCAST_CMD_SA_GET, 0);
	EXPECT_EQ(0, nl_dump(&self->nl, &m, &a, count, &n));
	EXPECT_EQ(1, n);
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_GROUP_FLUSH, 0));
	EXPECT_EQ(0, world_read(&self->nl, &world));
	EXPECT_EQ(0UL, world.len);
}

TEST_F(netlink, stats)
{
	struct nlattr *nest;
	struct answer a;
	struct msg m;
	int i;

	msg_begin(&m, GEMCAST_CMD_STATS_GET, 0);
	ASSERT_EQ(0, nl_do(&self->nl, &m, &a));
	nest = msg_object((void *)a.buf, GEMCAST_A_OBJECT_STATS);
	for (i = GEMCAST_A_STATS_PAD + 1; i <= GEMCAST_A_STATS_MAX; i++) {
		ASSERT_NE(NULL, nla_nested(nest, i));
		EXPECT_EQ(8, nla_len(nla_nested(nest, i)));
		EXPECT_EQ(0UL, nla_u64(nla_nested(nest, i)));
	}
	msg_begin(&m, GEMCAST_CMD_STATS_RESET, 0);
	EXPECT_EQ(0, nl_do(&self->nl, &m, &a));
}

/* What the kernel says of the family's rules when it is asked. */
TEST_F(netlink, rules)
{
	struct msg m;
	int n = 0;

	msg_begin(&m, CTRL_CMD_GETPOLICY, 0);
	m.h.nlmsg_type = GENL_ID_CTRL;
	msg_put(&m, CTRL_ATTR_FAMILY_NAME, GEMCAST_FAMILY_NAME,
		sizeof(GEMCAST_FAMILY_NAME));
	EXPECT_EQ(0, nl_dump(&self->nl, &m, NULL, count, &n));
	EXPECT_LT(50, n);
}

/* Good requests with a few bytes changed: anything may come of them but harm. */
TEST_F_TIMEOUT(netlink, damaged, 100)
{
	static struct world world;
	int i, j, cmd, good = 0, silent = 0;
	struct answer a;
	struct msg m;

	srand(1);
	for (i = 0; i < 20000; i++) {
		do {
			cmd = rand() % CMDS;
		} while (!commands[cmd].name);
		request(&m, cmd, new_flags(cmd), NULL, 0);
		for (j = rand() % 4; j >= 0; j--) {
			/* But the command, or another would get the key. */
			int at = NLMSG_HDRLEN + 1 +
				 rand() % (m.h.nlmsg_len - NLMSG_HDRLEN - 1);

			m.buf[at] = rand() % 4 ? rand() : m.buf[at] ^ 1 << rand() % 8;
		}
		if (!nl_do(&self->nl, &m, &a))
			good++;
		else if (a.err != EOPNOTSUPP && !a.text[0])
			silent++;
	}
	EXPECT_EQ(0, silent);
	EXPECT_LT(100, good);
	MAKE(&self->nl, GEMCAST_CMD_POLICY_ABORT, 0);
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_GROUP_FLUSH, 0));
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_FLUSH, 0));
	EXPECT_EQ(0, world_read(&self->nl, &world));
	EXPECT_EQ(0UL, world.len);
	TH_LOG("%d of %d were good", good, i);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
