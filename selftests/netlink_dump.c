// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dumps of many objects while some of them go: each that stays is shown, and
 * shown once. Messages come in pieces of some kilobytes, and between any two of
 * them the dump has let go of its lock.
 *
 * timeout=900
 */
#include <arpa/inet.h>
#include "kselftest_harness.h"
#include "nl_request.h"

#define MANY	10000

struct kind {
	uint8_t new, del, get, object;
	int id;				/* what tells objects apart */
	/* The attributes by which to make or to name object @i. */
	void (*put)(struct msg *m, unsigned int i, bool new);
	unsigned int (*which)(const struct nlattr *nest);
};

static void put_group(struct msg *m, unsigned int i, bool new)
{
	(void)new;
	msg_put_u32(m, GEMCAST_A_GROUP_ID, i + 1000);
}

static unsigned int which_group(const struct nlattr *nest)
{
	return nla_u32(nla_nested(nest, GEMCAST_A_GROUP_ID)) - 1000;
}

/* Priorities repeat, and do not grow with time. */
static void put_policy(struct msg *m, unsigned int i, bool new)
{
	uint32_t dst = htonl(0xef000000 + i);
	uint32_t action = GEMCAST_ACTION_BYPASS;

	msg_put(m, GEMCAST_A_POLICY_DST, &dst, 4);
	msg_put_u32(m, GEMCAST_A_POLICY_PRIO, i * 7919 % 100);
	if (new)
		msg_put(m, GEMCAST_A_POLICY_ACTION, &action, 4);
}

static unsigned int which_policy(const struct nlattr *nest)
{
	return ntohl(nla_u32(nla_nested(nest, GEMCAST_A_POLICY_DST))) - 0xef000000;
}

static void put_sa(struct msg *m, unsigned int i, bool new)
{
	const char key[20] = SECRET "01234567" "sal";

	msg_put_u32(m, GEMCAST_A_SA_GROUP, 7);
	msg_put_u32(m, GEMCAST_A_SA_SPI, 0x1000 + i);
	if (!new)
		return;
	msg_put(m, GEMCAST_A_SA_DST, "\xef\1\1\1", 4);
	msg_put_u32(m, GEMCAST_A_SA_DIR, GEMCAST_SA_DIR_IN);
	msg_put(m, GEMCAST_A_SA_AEAD, AEAD, sizeof(AEAD));
	msg_put(m, GEMCAST_A_SA_KEY, key, sizeof(key));
}

static unsigned int which_sa(const struct nlattr *nest)
{
	return nla_u32(nla_nested(nest, GEMCAST_A_SA_SPI)) - 0x1000;
}

/* In two groups by turns. */
static void put_peer(struct msg *m, unsigned int i, bool new)
{
	uint32_t addr = htonl(0x0a000001 + i * 7919 % 65536);

	(void)new;
	msg_put_u32(m, GEMCAST_A_PEER_GROUP, 8 + i % 2);
	msg_put(m, GEMCAST_A_PEER_ADDR, &addr, 4);
}

static unsigned int which_peer(const struct nlattr *nest)
{
	uint32_t addr = ntohl(nla_u32(nla_nested(nest, GEMCAST_A_PEER_ADDR)));

	/* The inverse of 7919 modulo 65536. */
	return (addr - 0x0a000001) * 53263u % 65536;
}

static const struct kind kinds[] = {
	{ GEMCAST_CMD_GROUP_NEW, GEMCAST_CMD_GROUP_DEL, GEMCAST_CMD_GROUP_GET,
	  GEMCAST_A_OBJECT_GROUP, GEMCAST_A_GROUP_ID, put_group, which_group },
	{ GEMCAST_CMD_POLICY_NEW, GEMCAST_CMD_POLICY_DEL, GEMCAST_CMD_POLICY_GET,
	  GEMCAST_A_OBJECT_POLICY, GEMCAST_A_POLICY_DST, put_policy, which_policy },
	{ GEMCAST_CMD_SA_NEW, GEMCAST_CMD_SA_DEL, GEMCAST_CMD_SA_GET,
	  GEMCAST_A_OBJECT_SA, GEMCAST_A_SA_SPI, put_sa, which_sa },
	{ GEMCAST_CMD_PEER_NEW, GEMCAST_CMD_PEER_DEL, GEMCAST_CMD_PEER_GET,
	  GEMCAST_A_OBJECT_PEER, GEMCAST_A_PEER_ADDR, put_peer, which_peer },
};

struct seen {
	const struct kind *kind;
	unsigned int datagrams;
	unsigned int others;		/* not of ours */
	uint8_t times[MANY];
	unsigned int order[MANY];
	unsigned int n;
};

static void see(const struct nlmsghdr *h, void *arg)
{
	struct seen *seen = arg;
	const struct nlattr *nest = msg_object(h, seen->kind->object);
	unsigned int i = seen->kind->which(nest);

	if (i >= MANY || !nla_nested(nest, seen->kind->id)) {
		seen->others++;
		return;
	}
	seen->times[i]++;
	if (seen->n < MANY)
		seen->order[seen->n++] = i;
}

static int change(struct nl *nl, const struct kind *kind, unsigned int i,
		  bool new)
{
	struct nlattr *nest;
	struct msg m;

	msg_begin(&m, new ? kind->new : kind->del, new ? NLM_F_CREATE : 0);
	nest = msg_nest(&m, kind->object);
	kind->put(&m, i, new);
	msg_nest_end(&m, nest);
	return nl_do(nl, &m, NULL);
}

/*
 * While the dump goes on, another socket deletes the last object shown, the one
 * behind it, and one far ahead: after each datagram three are less.
 */
static int dump_and_delete(struct nl *dump, struct nl *other, struct seen *seen,
			   bool *deleted)
{
	unsigned int last, i, ahead = 0;
	struct msg m;
	int err;

	msg_begin(&m, seen->kind->get, 0);
	err = nl_dump_start(dump, &m);
	if (err)
		return err;
	for (;;) {
		err = nl_dump_more(dump, NULL, see, seen);
		if (err <= 0)
			return -err;
		seen->datagrams++;
		if (!seen->n)
			continue;
		last = seen->order[seen->n - 1];
		for (i = 0; i < 3; i++) {
			unsigned int victim = i == 0 ? last :
					      i == 1 ? (last + 1) % MANY :
						       MANY - 1 - ahead++;

			if (deleted[victim])
				continue;
			err = change(other, seen->kind, victim, false);
			if (err)
				return err;
			deleted[victim] = true;
		}
	}
}

FIXTURE(dump)
{
	struct nl nl, other;
};

FIXTURE_VARIANT(dump)
{
	int kind;
};

FIXTURE_VARIANT_ADD(dump, groups) { .kind = 0 };
FIXTURE_VARIANT_ADD(dump, policies) { .kind = 1 };
FIXTURE_VARIANT_ADD(dump, sas) { .kind = 2 };
FIXTURE_VARIANT_ADD(dump, peers) { .kind = 3 };

FIXTURE_SETUP(dump)
{
	ASSERT_EQ(0, world_make(&self->nl));
	ASSERT_EQ(0, nl_open(&self->other));
	ASSERT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE));
}

FIXTURE_TEARDOWN(dump)
{
	EXPECT_EQ(0, nl_secrets);
	close(self->nl.fd);
	close(self->other.fd);
}

TEST_F_TIMEOUT(dump, while_deleting, 600)
{
	static struct seen before, during, after;
	static bool deleted[MANY];
	unsigned int i, gone = 0, wrong = 0;
	struct msg m;

	before.kind = during.kind = after.kind = &kinds[variant->kind];
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, change(&self->nl, before.kind, i, true));

	msg_begin(&m, before.kind->get, 0);
	ASSERT_EQ(0, nl_dump(&self->nl, &m, NULL, see, &before));
	for (i = 0; i < MANY; i++)
		wrong += before.times[i] != 1;
	EXPECT_EQ(0U, wrong) TH_LOG("at rest");

	ASSERT_EQ(0, dump_and_delete(&self->nl, &self->other, &during, deleted));
	for (i = 0; i < MANY; i++) {
		gone += deleted[i];
		wrong += deleted[i] ? during.times[i] > 1 : during.times[i] != 1;
	}
	EXPECT_EQ(0U, wrong) TH_LOG("while deleting");
	EXPECT_LT(20U, gone);
	EXPECT_EQ(before.others, during.others);

	msg_begin(&m, before.kind->get, 0);
	ASSERT_EQ(0, nl_dump(&self->nl, &m, NULL, see, &after));
	for (i = 0; i < MANY; i++)
		wrong += after.times[i] != !deleted[i];
	EXPECT_EQ(0U, wrong) TH_LOG("afterwards");
	TH_LOG("%d objects in %u datagrams, %u deleted meanwhile", MANY,
	       during.datagrams, gone);
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_GROUP_FLUSH, 0));
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_FLUSH, 0));
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
