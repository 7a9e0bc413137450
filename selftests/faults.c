// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timeout=900
 *
 * Every command with its first allocation failing, its second, and so on until
 * all have failed once: a command that fails changes nothing, and succeeds when it
 * is tried again. Only the debug kernel can do it.
 */
#include "kselftest_harness.h"
#include "nl_request.h"
#include "fault.h"

#define FRESH		{ GEMCAST_A_SA_KEY, 0, NULL }	/* a key that was never used */

struct step {
	const char *name;
	uint8_t cmd;
	uint16_t flags;
	enum { READS, DUMPS, CHANGES, RESETS } kind;
	struct at set[MAX_ATTRS];
};

static const struct step steps[] = {
	{ "group add", GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE, CHANGES,
	  { NONE(GEMCAST_A_GROUP_ENCAP), NONE(GEMCAST_A_GROUP_PORT) } },
	{ "group add encap udp", GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE, CHANGES, {} },
	{ "group add parallel", GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE, CHANGES,
	  { U32(GEMCAST_A_GROUP_PARALLEL, GEMCAST_PARALLEL_ON) } },
	{ "group replace", GEMCAST_CMD_GROUP_NEW, NLM_F_REPLACE, READS,
	  { U32(GEMCAST_A_GROUP_ID, 11), U16(GEMCAST_A_GROUP_PORT, 4511) } },
	{ "group replace parallel on", GEMCAST_CMD_GROUP_NEW, NLM_F_REPLACE, CHANGES,
	  { U32(GEMCAST_A_GROUP_ID, 11), U16(GEMCAST_A_GROUP_PORT, 4511),
	    U32(GEMCAST_A_GROUP_PARALLEL, GEMCAST_PARALLEL_ON) } },
	{ "group replace parallel off", GEMCAST_CMD_GROUP_NEW, NLM_F_REPLACE, CHANGES,
	  { U32(GEMCAST_A_GROUP_ID, 10), NONE(GEMCAST_A_GROUP_ENCAP),
	    NONE(GEMCAST_A_GROUP_PORT),
	    U32(GEMCAST_A_GROUP_PARALLEL, GEMCAST_PARALLEL_OFF) } },
	{ "group get", GEMCAST_CMD_GROUP_GET, 0, READS,
	  { U32(GEMCAST_A_GROUP_ID, 7) } },
	{ "group dump", GEMCAST_CMD_GROUP_GET, 0, DUMPS, {} },
	{ "group del", GEMCAST_CMD_GROUP_DEL, 0, CHANGES,
	  { U32(GEMCAST_A_GROUP_ID, 10) } },
	{ "group del encap udp", GEMCAST_CMD_GROUP_DEL, 0, CHANGES,
	  { U32(GEMCAST_A_GROUP_ID, 11) } },
	{ "group flush", GEMCAST_CMD_GROUP_FLUSH, 0, CHANGES, {} },
	{ "policy add", GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE, CHANGES, {} },
	{ "policy add bypass", GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE, CHANGES,
	  { NONE(GEMCAST_A_POLICY_GROUP), NONE(GEMCAST_A_POLICY_NO_SA),
	    NONE(GEMCAST_A_POLICY_DF),
	    U32(GEMCAST_A_POLICY_ACTION, GEMCAST_ACTION_BYPASS) } },
	{ "policy replace", GEMCAST_CMD_POLICY_NEW, NLM_F_REPLACE, CHANGES,
	  { BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1"),
	    U32(GEMCAST_A_POLICY_NO_SA, GEMCAST_NO_SA_BYPASS) } },
	{ "policy get", GEMCAST_CMD_POLICY_GET, 0, READS,
	  { BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1"), U8(GEMCAST_A_POLICY_DST_LEN, 32) } },
	{ "policy dump", GEMCAST_CMD_POLICY_GET, 0, DUMPS, {} },
	{ "policy del", GEMCAST_CMD_POLICY_DEL, 0, CHANGES,
	  { BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1"), U8(GEMCAST_A_POLICY_DST_LEN, 32) } },
	{ "policy flush", GEMCAST_CMD_POLICY_FLUSH, 0, CHANGES, {} },
	{ "policy begin", GEMCAST_CMD_POLICY_BEGIN, 0, READS, {} },
	{ "policy commit", GEMCAST_CMD_POLICY_COMMIT, 0, CHANGES, {} },
	{ "policy abort", GEMCAST_CMD_POLICY_ABORT, 0, READS, {} },
	{ "sa add", GEMCAST_CMD_SA_NEW, NLM_F_CREATE, CHANGES, { FRESH } },
	{ "sa add replay sa", GEMCAST_CMD_SA_NEW, NLM_F_CREATE, CHANGES,
	  { FRESH, U32(GEMCAST_A_SA_REPLAY, GEMCAST_REPLAY_SA),
	    U32(GEMCAST_A_SA_WINDOW, GEMCAST_WINDOW_MAX) } },
	{ "sa add replay source", GEMCAST_CMD_SA_NEW, NLM_F_CREATE, CHANGES,
	  { FRESH, U32(GEMCAST_A_SA_REPLAY, GEMCAST_REPLAY_SOURCE),
	    U64(GEMCAST_A_SA_ACTIVATE, 100000), U64(GEMCAST_A_SA_DEACTIVATE, 900000) } },
	{ "sa add rfc4543", GEMCAST_CMD_SA_NEW, NLM_F_CREATE, CHANGES,
	  { FRESH, STR(GEMCAST_A_SA_AEAD, "rfc4543(gcm(aes))"), NONE(GEMCAST_A_SA_ICV) } },
	{ "sa replace", GEMCAST_CMD_SA_NEW, NLM_F_REPLACE, CHANGES,
	  { FRESH, U32(GEMCAST_A_SA_SPI, 0x1000), BIN(GEMCAST_A_SA_DST, "\xef\1\1\1") } },
	{ "sa set", GEMCAST_CMD_SA_SET, 0, CHANGES,
	  { U32(GEMCAST_A_SA_SPI, 0x1000), U64(GEMCAST_A_SA_DEACTIVATE, 900000) } },
	{ "sa get", GEMCAST_CMD_SA_GET, 0, READS, { U32(GEMCAST_A_SA_SPI, 0x1000) } },
	{ "sa dump", GEMCAST_CMD_SA_GET, 0, DUMPS, {} },
	{ "sa del", GEMCAST_CMD_SA_DEL, 0, CHANGES, { U32(GEMCAST_A_SA_SPI, 0x1000) } },
	{ "sa flush", GEMCAST_CMD_SA_FLUSH, 0, CHANGES, {} },
	{ "peer add", GEMCAST_CMD_PEER_NEW, NLM_F_CREATE, CHANGES, {} },
	{ "peer replace", GEMCAST_CMD_PEER_NEW, NLM_F_REPLACE, READS,
	  { BIN(GEMCAST_A_PEER_ADDR, "\xc6\x33\x64\x01") } },
	{ "peer get", GEMCAST_CMD_PEER_GET, 0, READS,
	  { U32(GEMCAST_A_PEER_GROUP, 8), BIN(GEMCAST_A_PEER_ADDR, "\xc6\x33\x64\x01") } },
	{ "peer dump", GEMCAST_CMD_PEER_GET, 0, DUMPS, {} },
	{ "peer del", GEMCAST_CMD_PEER_DEL, 0, CHANGES,
	  { U32(GEMCAST_A_PEER_GROUP, 8), BIN(GEMCAST_A_PEER_ADDR, "\xc6\x33\x64\x01") } },
	{ "stats get", GEMCAST_CMD_STATS_GET, 0, READS, {} },
	{ "stats reset", GEMCAST_CMD_STATS_RESET, 0, READS, {} },
};

#define STEPS	((int)(sizeof(steps) / sizeof(*steps)))

/* All there is anew, and the groups 10, parallel, and 11 that nothing uses. */
static int world_again(struct nl *nl)
{
	static unsigned long unique;
	char text[32];

	snprintf(text, sizeof(text), "%4d%4lu", getpid() % 10000, ++unique);
	return MAKE(nl, GEMCAST_CMD_POLICY_FLUSH, 0) ||
	       MAKE(nl, GEMCAST_CMD_GROUP_FLUSH, 0) || world_fill(nl) ||
	       MAKE(nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE,
		    U32(GEMCAST_A_GROUP_ID, 10), NONE(GEMCAST_A_GROUP_ENCAP),
		    NONE(GEMCAST_A_GROUP_PORT),
		    U32(GEMCAST_A_GROUP_PARALLEL, GEMCAST_PARALLEL_ON)) ||
	       MAKE(nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE,
		    U32(GEMCAST_A_GROUP_ID, 11), U16(GEMCAST_A_GROUP_PORT, 4511)) ||
	       make_sa(nl, text);
}

/* With a key of its own where the step wants one. */
static void step_request(const struct step *step, struct msg *m)
{
	static unsigned long unique;
	struct at set[MAX_ATTRS];
	char key[20] = SECRET;
	int i;

	snprintf(key + SECRET_LEN, sizeof(key) - SECRET_LEN, "%5d%6lu", getpid() % 10000,
		 ++unique);
	memcpy(set, step->set, sizeof(set));
	for (i = 0; i < MAX_ATTRS; i++)
		if (set[i].type == GEMCAST_A_SA_KEY)
			set[i] = (struct at){ GEMCAST_A_SA_KEY, sizeof(key), key };
	if (step->kind == DUMPS)
		msg_begin(m, step->cmd, 0);
	else
		request(m, step->cmd, step->flags, set, MAX_ATTRS);
}

static void no_message(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	(void)arg;
}

/*
 * By a socket of its own, so that what is left of one answer is not taken for
 * the next. An errno, or 0.
 */
static int step_do(const struct step *step, struct msg *m, unsigned int nth, bool *hit)
{
	struct nl nl;
	int err;

	if (nl_open(&nl))
		return -1;
	/* what these two end */
	if ((step->cmd == GEMCAST_CMD_POLICY_COMMIT || step->cmd == GEMCAST_CMD_POLICY_ABORT) &&
	    (MAKE(&nl, GEMCAST_CMD_POLICY_BEGIN, 0) ||
	     MAKE(&nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE)))
		return -1;
	fault_arm(nth);
	if (step->kind == DUMPS)
		err = nl_dump(&nl, m, NULL, no_message, NULL);
	else
		err = nl_do(&nl, m, NULL);
	*hit = fault_hit();
	close(nl.fd);
	return err;
}

static void drain(struct nl *nl)
{
	char buf[16384];

	while (recv(nl->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		;
}

FIXTURE(faults)
{
	struct nl nl, events;
};

FIXTURE_SETUP(faults)
{
	ASSERT_EQ(0, fault_open());
	ASSERT_EQ(0, world_make(&self->nl));
	ASSERT_EQ(0, nl_open(&self->events));
	ASSERT_EQ(0, nl_join(&self->events, GEMCAST_MCGRP_SA));
	ASSERT_EQ(0, nl_join(&self->events, GEMCAST_MCGRP_POLICY));
}

FIXTURE_TEARDOWN(faults)
{
	EXPECT_EQ(0, nl_secrets) TH_LOG("keys came back");
	close(self->events.fd);
	close(self->nl.fd);
}

/*
 * With the @nth allocation failing; false if there are not so many. What is no
 * error was done whole: an event was lost, or something else served. ENOBUFS may
 * be the loss of the acknowledgement alone.
 */
static bool try_step(struct __test_metadata *_metadata, FIXTURE_DATA(faults) *self,
		     const struct step *step, unsigned int nth)
{
	static struct world before, after;
	bool hit = false, same;
	struct msg m;
	int err;

	ASSERT_EQ(0, world_again(&self->nl));
	drain(&self->events);
	ASSERT_EQ(0, world_read(&self->nl, &before));
	step_request(step, &m);
	err = step_do(step, &m, nth, &hit);
	ASSERT_EQ(0, world_read(&self->nl, &after));
	same = before.len == after.len && !memcmp(before.buf, after.buf, before.len);

	if (err && err != ENOMEM && err != ENOBUFS)
		TH_LOG("%s, %u: %s", step->name, nth, strerror(err));
	EXPECT_TRUE(!err || (hit && (err == ENOMEM || err == ENOBUFS)));
	if ((err == ENOMEM || step->kind != CHANGES) && !same)
		TH_LOG("%s, %u: error %d, and changed", step->name, nth, err);
	EXPECT_FALSE((err == ENOMEM || step->kind != CHANGES) && !same);
	if (!err && step->kind == CHANGES)
		EXPECT_FALSE(same) TH_LOG("%s, %u: not done", step->name, nth);
	if (err && same) {
		err = step_do(step, &m, 0, &(bool){ false });
		EXPECT_EQ(0, err) TH_LOG("%s, %u: not good again: %s", step->name,
					 nth, strerror(err));
	}
	return hit;
}

static void try_all(struct __test_metadata *_metadata, FIXTURE_DATA(faults) *self, int object)
{
	unsigned int nth;
	int i;

	for (i = 0; i < STEPS; i++) {
		if (commands[steps[i].cmd].object != object)
			continue;
		for (nth = 1; nth < FAULT_MOST; nth++)
			if (!try_step(_metadata, self, &steps[i], nth))
				break;
		EXPECT_LT(nth, FAULT_MOST);
		EXPECT_LT(1U, nth);
		TH_LOG("%s: %u allocations", steps[i].name, nth - 1);
	}
}

/* Whoever adds a command adds it here. */
TEST(every_command)
{
	int cmd, i;

	for (cmd = 1; cmd < CMDS; cmd++) {
		if (!commands[cmd].name)
			continue;
		for (i = 0; i < STEPS && steps[i].cmd != cmd; i++)
			;
		EXPECT_LT(i, STEPS) TH_LOG("%s is not tried", commands[cmd].name);
	}
}

TEST_F_TIMEOUT(faults, group, 300)
{
	try_all(_metadata, self, GEMCAST_A_OBJECT_GROUP);
}

TEST_F_TIMEOUT(faults, policy, 300)
{
	try_all(_metadata, self, GEMCAST_A_OBJECT_POLICY);
}

TEST_F_TIMEOUT(faults, sa, 300)
{
	try_all(_metadata, self, GEMCAST_A_OBJECT_SA);
}

TEST_F_TIMEOUT(faults, peer, 300)
{
	try_all(_metadata, self, GEMCAST_A_OBJECT_PEER);
}

TEST_F_TIMEOUT(faults, stats, 300)
{
	try_all(_metadata, self, GEMCAST_A_OBJECT_STATS);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (!fault_possible()) {
		puts("TAP version 13\n1..0 # SKIP this kernel fails no allocations");
		return KSFT_SKIP;
	}
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
