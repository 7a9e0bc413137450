// SPDX-License-Identifier: GPL-2.0-or-later
/* Output, in text and JSON, compared letter by letter. */
#include "test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "cli.h"
#include "fake.h"
#include "run.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	fake_serve();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run_end();
	assert_int_equal(fake_open_sockets(), 0);
	fake_reset();
	return 0;
}

static void shows(const char *words, const char *expected)
{
	assert_int_equal(run(words), 0);
	assert_string_equal(run_err, "");
	assert_string_equal(run_out, expected);
}

static void answer(uint8_t cmd, unsigned int object, const void *in)
{
	fake_answer_object(cmd, NLM_F_MULTI, object, in);
}

static struct gemcast_addr addr(const char *text)
{
	struct gemcast_addr a;

	assert_true(parse_addr(text, &a));
	return a;
}

static void answer_groups(void)
{
	const struct gemcast_group native = {
		.present = GEMCAST_BIT(GEMCAST_A_GROUP_ID) |
			   GEMCAST_BIT(GEMCAST_A_GROUP_ENCAP) |
			   GEMCAST_BIT(GEMCAST_A_GROUP_PARALLEL),
		.id = 7,
	};
	const struct gemcast_group udp = {
		.present = GEMCAST_BIT(GEMCAST_A_GROUP_PARALLEL_BUSIEST + 1) -
			   GEMCAST_BIT(GEMCAST_A_GROUP_ID),
		.id = 8, .encap = GEMCAST_ENCAP_UDP, .port = 4500,
		.policies = 1, .sas = 2, .peers = 3, .current_spi = 0x2001,
		.parallel = GEMCAST_PARALLEL_ON, .parallel_packets = 5000000000,
		.parallel_cpus = 4, .parallel_busiest = 1500000000,
	};

	answer(GEMCAST_CMD_GROUP_GET, GEMCAST_A_OBJECT_GROUP, &native);
	answer(GEMCAST_CMD_GROUP_GET, GEMCAST_A_OBJECT_GROUP, &udp);
	fake_answer_done(0);
}

static void groups(void **state)
{
	(void)state;
	answer_groups();
	shows("group show", "7\n8 encap udp port 4500 parallel on\n");
	answer_groups();
	shows("-s group",
	      "7\n    policies 0 sas 0 peers 0\n"
	      "8 encap udp port 4500 parallel on\n"
	      "    policies 1 sas 2 peers 3 current-spi 0x00002001"
	      " parallel-packets 5000000000 parallel-cpus 4"
	      " parallel-busiest 1500000000\n");
	answer_groups();
	shows("-j group show",
	      "[{\"group\":7,\"encap\":\"none\",\"parallel\":\"off\"},"
	      "{\"group\":8,\"encap\":\"udp\",\"port\":4500,\"parallel\":\"on\"}]\n");
	answer_groups();
	shows("-j -s -p group show",
	      "[\n"
	      "  {\n"
	      "    \"group\": 7,\n"
	      "    \"encap\": \"none\",\n"
	      "    \"parallel\": \"off\",\n"
	      "    \"policies\": 0,\n"
	      "    \"sas\": 0,\n"
	      "    \"peers\": 0\n"
	      "  },\n"
	      "  {\n"
	      "    \"group\": 8,\n"
	      "    \"encap\": \"udp\",\n"
	      "    \"port\": 4500,\n"
	      "    \"parallel\": \"on\",\n"
	      "    \"policies\": 1,\n"
	      "    \"sas\": 2,\n"
	      "    \"peers\": 3,\n"
	      "    \"current_spi\": 8193,\n"
	      "    \"parallel_packets\": 5000000000,\n"
	      "    \"parallel_cpus\": 4,\n"
	      "    \"parallel_busiest\": 1500000000\n"
	      "  }\n"
	      "]\n");
}

static void nothing(void **state)
{
	(void)state;
	fake_answer_done(0);
	shows("group show", "");
	fake_answer_done(0);
	shows("-j group show", "[]\n");
	fake_answer_done(0);
	shows("-j -p policy show", "[]\n");
}

static const struct gemcast_policy full_policy = {
	.present = (GEMCAST_BIT(GEMCAST_A_POLICY_ECN + 1) -
		    GEMCAST_BIT(GEMCAST_A_POLICY_INDEX)),
	.index = 3, .group = 7, .dst_len = 24, .src_len = 8, .proto = 17,
	.sport_min = 5, .sport_max = 100, .dport_min = 7, .dport_max = 7,
	.dev = "eth0", .dir = GEMCAST_POLICY_DIR_RECEIVE,
	.preserve = GEMCAST_PRESERVE_NONE, .no_sa = GEMCAST_NO_SA_BYPASS,
	.df = GEMCAST_DF_COPY, .prio = 5, .reinject = GEMCAST_REINJECT_TX,
	.reinject_dev = "lan0", .out_packets = 10,
	.in_packets = UINT64_MAX, .fragment = GEMCAST_FRAGMENT_BEFORE,
	.dscp = 46, .decap_dscp = GEMCAST_DECAP_DSCP_OUTER,
	.ecn = GEMCAST_ECN_CLEAR,
};

static void answer_full_policy(void)
{
	struct gemcast_policy full = full_policy;

	full.dst = addr("239.1.2.0");
	full.src = addr("10.0.0.0");
	full.local = addr("10.0.0.1");
	full.remote = addr("239.9.9.9");
	answer(GEMCAST_CMD_POLICY_GET, GEMCAST_A_OBJECT_POLICY, &full);
}

static void answer_policies(void)
{
	const struct gemcast_policy plain = {
		.present = GEMCAST_BIT(GEMCAST_A_POLICY_INDEX) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DST) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DST_LEN) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_ACTION) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DIR) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_PRIO),
		.index = 4, .dst = addr("ff15::"), .dst_len = 16,
		.action = GEMCAST_ACTION_DISCARD, .prio = 1000,
	};

	answer_full_policy();
	answer(GEMCAST_CMD_POLICY_GET, GEMCAST_A_OBJECT_POLICY, &plain);
	fake_answer_done(0);
}

#define FULL_POLICY \
	"group 7 dst 239.1.2.0/24 src 10.0.0.0/8 proto udp sport 5-100 " \
	"dport 7 dev eth0 dir receive action protect mode tunnel " \
	"preserve none local 10.0.0.1 remote 239.9.9.9 on-no-sa bypass " \
	"df copy fragment before dscp 46 ecn clear decap-dscp outer reinject tx dev lan0 prio 5"
#define PLAIN_POLICY "dst ff15::/16 dir both action discard prio 1000"

static void policies(void **state)
{
	(void)state;
	answer_policies();
	shows("policy show", FULL_POLICY "\n" PLAIN_POLICY "\n");
	answer_policies();
	shows("-s policy show",
	      FULL_POLICY "\n    index 3 out-packets 10 in-packets 18446744073709551615\n"
	      PLAIN_POLICY "\n    index 4 out-packets 0 in-packets 0\n");
	answer_policies();
	shows("-j -s policy show",
	      "[{\"index\":3,\"group\":7,\"dst\":\"239.1.2.0/24\","
	      "\"src\":\"10.0.0.0/8\",\"proto\":\"udp\",\"sport_min\":5,"
	      "\"sport_max\":100,\"dport_min\":7,\"dport_max\":7,"
	      "\"dev\":\"eth0\",\"dir\":\"receive\",\"action\":\"protect\","
	      "\"mode\":\"tunnel\",\"preserve\":\"none\","
	      "\"local\":\"10.0.0.1\",\"remote\":\"239.9.9.9\","
	      "\"on_no_sa\":\"bypass\",\"df\":\"copy\","
	      "\"fragment\":\"before\",\"dscp\":46,\"ecn\":\"clear\","
	      "\"decap_dscp\":\"outer\",\"reinject\":\"tx\","
	      "\"reinject_dev\":\"lan0\",\"prio\":5,\"out_packets\":10,"
	      "\"in_packets\":18446744073709551615},"
	      "{\"index\":4,\"dst\":\"ff15::/16\",\"dir\":\"both\","
	      "\"action\":\"discard\",\"prio\":1000,\"out_packets\":0,"
	      "\"in_packets\":0}]\n");
	answer_full_policy();
	shows("policy get index 3", FULL_POLICY "\n");
}

static void answer_sa(void)
{
	struct gemcast_sa sa = {
		.present = (GEMCAST_BIT(GEMCAST_A_SA_IDLE + 1) -
			    GEMCAST_BIT(GEMCAST_A_SA_GROUP)) &
			   ~GEMCAST_BIT(GEMCAST_A_SA_KEY),
		.group = 7, .spi = 0x1001, .dst = addr("239.1.1.1"),
		.src = addr("10.0.0.1"), .dir = GEMCAST_SA_DIR_BOTH,
		.aead = "rfc4106(gcm(aes))", .icv = 16, .sid = 3, .sid_bits = 8,
		.replay = GEMCAST_REPLAY_SID, .window = 64, .max_senders = 9,
		.activate = 1500,
		.deactivate = 60001, .soft_packets = 1, .hard_packets = 2,
		.soft_bytes = 3, .hard_bytes = 4, .soft_seconds = 5,
		.hard_seconds = 6, .key_bits = 128,
		.state = GEMCAST_SA_STATE_LEADING, .driver = "aesni", .seq = 9,
		.age = 12345, .senders = 2, .out_packets = 10, .out_bytes = 11,
		.in_packets = 12, .in_bytes = 13, .in_replays = 14,
		.in_bad_icv = 15, .idle = 1234,
	};

	answer(GEMCAST_CMD_SA_GET, GEMCAST_A_OBJECT_SA, &sa);
	fake_answer_done(0);
}

/* Inbound, without any Sender-ID. */
static void answer_small_sa(void)
{
	struct gemcast_sa sa = {
		.present = GEMCAST_BIT(GEMCAST_A_SA_GROUP) |
			   GEMCAST_BIT(GEMCAST_A_SA_SPI) |
			   GEMCAST_BIT(GEMCAST_A_SA_DIR) |
			   GEMCAST_BIT(GEMCAST_A_SA_AEAD) |
			   GEMCAST_BIT(GEMCAST_A_SA_ICV) |
			   GEMCAST_BIT(GEMCAST_A_SA_SID_BITS) |
			   GEMCAST_BIT(GEMCAST_A_SA_REPLAY) |
			   GEMCAST_BIT(GEMCAST_A_SA_STATE) |
			   GEMCAST_BIT(GEMCAST_A_SA_KEY_BITS) |
			   GEMCAST_BIT(GEMCAST_A_SA_DRIVER) |
			   GEMCAST_BIT(GEMCAST_A_SA_AGE) |
			   GEMCAST_BIT(GEMCAST_A_SA_IN_PACKETS),
		.group = 8, .spi = UINT32_MAX, .aead = "rfc4106(gcm(aes))",
		.icv = 8, .sid_bits = 16, .state = 99, .key_bits = 256,
		.driver = "d", .in_packets = 5,
	};

	answer(GEMCAST_CMD_SA_GET, GEMCAST_A_OBJECT_SA, &sa);
	fake_answer_done(0);
}

#define SA_LINE \
	"group 7 spi 0x00001001 dst 239.1.1.1 src 10.0.0.1 dir both " \
	"aead rfc4106(gcm(aes)) icv 16 sid 3 bits 8 replay sid window 64 " \
	"senders 9 " \
	"activate 1.500 deactivate 60.001 limit packets soft 1 " \
	"limit packets hard 2 limit bytes soft 3 limit bytes hard 4 " \
	"limit seconds soft 5 limit seconds hard 6"
#define SA_STATE "state leading key-bits 128 driver aesni age 12.345 seq 9"
#define SA_JSON \
	"\"group\":7,\"spi\":4097,\"dst\":\"239.1.1.1\",\"src\":\"10.0.0.1\"," \
	"\"dir\":\"both\",\"aead\":\"rfc4106(gcm(aes))\",\"icv\":16,\"sid\":3," \
	"\"sid_bits\":8,\"replay\":\"sid\",\"window\":64,\"max_senders\":9,\"activate\":1.500," \
	"\"deactivate\":60.001,\"limit_packets_soft\":1," \
	"\"limit_packets_hard\":2,\"limit_bytes_soft\":3," \
	"\"limit_bytes_hard\":4,\"limit_seconds_soft\":5," \
	"\"limit_seconds_hard\":6,\"state\":\"leading\",\"key_bits\":128," \
	"\"driver\":\"aesni\",\"age\":12.345,\"seq\":9"

static void sas(void **state)
{
	(void)state;
	answer_sa();
	shows("sa show", SA_LINE "\n    " SA_STATE "\n");
	answer_sa();
	shows("sa s", SA_LINE "\n    " SA_STATE "\n");
	answer_sa();
	shows("-s sa get spi 0x1001",
	      SA_LINE "\n    " SA_STATE "\n"
	      "    out-packets 10 out-bytes 11 in-packets 12 in-bytes 13 "
	      "in-replays 14 in-bad-icv 15 senders 2 idle 1.234\n");
	answer_sa();
	shows("-j sa show", "[{" SA_JSON "}]\n");
	answer_sa();
	shows("-j -s sa show",
	      "[{" SA_JSON ",\"out_packets\":10,\"out_bytes\":11,"
	      "\"in_packets\":12,\"in_bytes\":13,\"in_replays\":14,"
	      "\"in_bad_icv\":15,\"senders\":2,\"idle\":1.234}]\n");
	answer_small_sa();
	shows("-s sa show",
	      "group 8 spi 0xffffffff dir in aead rfc4106(gcm(aes)) icv 8 "
	      "sid-bits 16 replay none\n"
	      "    state 99 key-bits 256 driver d age 0.000\n"
	      "    in-packets 5\n");
}

static void answer_senders(void)
{
	struct gemcast_sender sender = {
		.present = (GEMCAST_BIT(GEMCAST_A_SENDER_IDLE + 1) -
			    GEMCAST_BIT(GEMCAST_A_SENDER_GROUP)) &
			   ~GEMCAST_BIT(GEMCAST_A_SENDER_SRC),
		.group = 7, .spi = 0x1001, .dst = addr("239.1.1.1"), .sid = 3,
		.seq = 9, .in_packets = 10, .in_bytes = 11, .in_replays = 12,
		.idle = 1500,
	};

	answer(GEMCAST_CMD_SENDER_GET, GEMCAST_A_OBJECT_SENDER, &sender);
	sender.present ^= GEMCAST_BIT(GEMCAST_A_SENDER_SRC) |
			  GEMCAST_BIT(GEMCAST_A_SENDER_SID) |
			  GEMCAST_BIT(GEMCAST_A_SENDER_DST);
	sender.src = addr("2001:db8::7");
	answer(GEMCAST_CMD_SENDER_GET, GEMCAST_A_OBJECT_SENDER, &sender);
	fake_answer_done(0);
}

static void senders(void **state)
{
	(void)state;
	answer_senders();
	shows("sender show group 7",
	      "group 7 spi 0x00001001 dst 239.1.1.1 sid 3 seq 9 "
	      "in-packets 10 in-bytes 11 in-replays 12 idle 1.500\n"
	      "group 7 spi 0x00001001 src 2001:db8::7 seq 9 "
	      "in-packets 10 in-bytes 11 in-replays 12 idle 1.500\n");
	answer_senders();
	shows("-j sender show",
	      "[{\"group\":7,\"spi\":4097,\"dst\":\"239.1.1.1\",\"sid\":3,"
	      "\"seq\":9,\"in_packets\":10,\"in_bytes\":11,"
	      "\"in_replays\":12,\"idle\":1.500},"
	      "{\"group\":7,\"spi\":4097,\"src\":\"2001:db8::7\","
	      "\"seq\":9,\"in_packets\":10,\"in_bytes\":11,"
	      "\"in_replays\":12,\"idle\":1.500}]\n");
}

static void answer_peers(void)
{
	struct gemcast_peer peer = {
		.present = GEMCAST_BIT(GEMCAST_A_PEER_OUT_BYTES + 1) -
			   GEMCAST_BIT(GEMCAST_A_PEER_GROUP),
		.group = 8, .addr = addr("198.51.100.7"), .port = 4500,
		.dev = "eth0", .out_packets = 1, .out_bytes = 2,
	};

	answer(GEMCAST_CMD_PEER_GET, GEMCAST_A_OBJECT_PEER, &peer);
	peer.present &= ~GEMCAST_BIT(GEMCAST_A_PEER_DEV);
	peer.addr = addr("2001:db8::7");
	answer(GEMCAST_CMD_PEER_GET, GEMCAST_A_OBJECT_PEER, &peer);
	fake_answer_done(0);
}

static void peers(void **state)
{
	(void)state;
	answer_peers();
	shows("peer show", "group 8 to 198.51.100.7 port 4500 dev eth0\n"
			   "group 8 to 2001:db8::7 port 4500\n");
	answer_peers();
	shows("-s peer show group 8",
	      "group 8 to 198.51.100.7 port 4500 dev eth0\n"
	      "    out-packets 1 out-bytes 2\n"
	      "group 8 to 2001:db8::7 port 4500\n"
	      "    out-packets 1 out-bytes 2\n");
	answer_peers();
	shows("-j peer show",
	      "[{\"group\":8,\"to\":\"198.51.100.7\",\"port\":4500,\"dev\":\"eth0\"},"
	      "{\"group\":8,\"to\":\"2001:db8::7\",\"port\":4500}]\n");
}

static void counters(void **state)
{
	struct gemcast_stats stats = {
		.present = GEMCAST_BIT(GEMCAST_A_STATS_OUT_PACKETS) |
			   GEMCAST_BIT(GEMCAST_A_STATS_OUT_NO_SA) |
			   GEMCAST_BIT(GEMCAST_A_STATS_IN_CRYPTO),
	};

	(void)state;
	stats.counter[GEMCAST_A_STATS_OUT_NO_SA] = 5;
	answer(GEMCAST_CMD_STATS_GET, GEMCAST_A_OBJECT_STATS, &stats);
	shows("stats", "out-packets 0\nout-no-sa 5\nin-crypto 0\n");
	fake_reset();
	fake_serve();
	answer(GEMCAST_CMD_STATS_GET, GEMCAST_A_OBJECT_STATS, &stats);
	shows("-j stats show",
	      "[{\"out_packets\":0,\"out_no_sa\":5,\"in_crypto\":0}]\n");
}

/* What an interface may be named, but JSON cannot say as it stands. */
static void strange_names(void **state)
{
	static const struct {
		const char *dev;
		const char *json;
	} names[] = {
		{ "a\"b", "a\\\"b" }, { "a\\b", "a\\\\b" },
		{ "a\x1b" "b\x7f", "a\\u001bb\\u007f" },
		{ "gr\xc3\xbc\xc3\x9f" "e", "gr\xc3\xbc\xc3\x9f" "e" },
		{ "\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91" },
		{ "a\xff" "b", "a\\u00ffb" }, { "\xc3", "\\u00c3" },
		{ "\xc0\x80", "\\u00c0\\u0080" },
		{ "\xed\xa0\x80", "\\u00ed\\u00a0\\u0080" },
		{ "\xf4\x90\x80\x80", "\\u00f4\\u0090\\u0080\\u0080" },
		{ "\xe2\x82", "\\u00e2\\u0082" },
	};
	struct gemcast_peer peer = {
		.present = GEMCAST_BIT(GEMCAST_A_PEER_GROUP) |
			   GEMCAST_BIT(GEMCAST_A_PEER_DEV),
		.group = 8,
	};
	char expected[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		strncpy(peer.dev, names[i].dev, sizeof(peer.dev) - 1);
		peer.dev[strlen(names[i].dev)] = '\0';
		answer(GEMCAST_CMD_PEER_GET, GEMCAST_A_OBJECT_PEER, &peer);
		fake_answer_done(0);
		snprintf(expected, sizeof(expected),
			 "[{\"group\":8,\"port\":0,\"dev\":\"%s\"}]\n",
			 names[i].json);
		shows("-j peer show", expected);
	}
}

/* What show prints is what add takes. */
static void policy_reads_back(void **state)
{
	static const char * const lines[] = { FULL_POLICY, PLAIN_POLICY };
	_Alignas(struct nlmsghdr) char buf[GEMCAST_REQUEST_SIZE];
	struct nlmsghdr *nlh = (struct nlmsghdr *)buf;
	char words[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(words, sizeof(words), "policy add %s", lines[i]);
		shows(words, "");
		/* The request's own nest is the answer. */
		memcpy(buf, fake_sent(), fake_sent_len());
		nlh->nlmsg_seq = 0;
		nlh->nlmsg_flags = NLM_F_MULTI;
		fake_answer(buf, fake_sent_len());
		fake_answer_done(0);
		snprintf(words, sizeof(words), "%s\n", lines[i]);
		shows("policy show", words);
	}
}

static void refused(void **state)
{
	(void)state;
	fake_answer_ack(-EEXIST, "the group exists", 0, 0);
	assert_int_equal(run("group add 7"), 2);
	assert_string_equal(run_err, "gemcast: the group exists\n");
	assert_string_equal(run_out, "");
	fake_answer_ack(-ENOENT, "there is no such group", 0, 0);
	assert_int_equal(run("-j group show 7"), 2);
	assert_string_equal(run_out, "");
	fake_answer_ack(-ENOENT, "no such SA", 0, 0);
	assert_int_equal(run("-j sa get spi 4097"), 2);
	assert_string_equal(run_out, "");
	/* A list that breaks off is still JSON. */
	fake_answer_done(-ENOMEM);
	assert_int_equal(run("-j policy show"), 2);
	assert_string_equal(run_out, "[]\n");
	assert_string_equal(run_err, "gemcast: Cannot allocate memory\n");
	fake_answer_ack(0, "think twice", 0, 0);
	assert_int_equal(run("group flush"), 0);
	assert_string_equal(run_err, "gemcast: warning: think twice\n");
	fake_reset();
	fake_answer_ack(-ENOENT, NULL, 0, 0);
	assert_int_equal(run("group show"), 2);
	assert_string_equal(run_err, "gemcast: the kernel has no gemcast: load its module (modprobe gemcast)\n");
}

static void queue_events(void)
{
	static const struct gemcast_expire expire = {
		.present = GEMCAST_BIT(GEMCAST_A_EXPIRE_HARD) |
			   GEMCAST_BIT(GEMCAST_A_EXPIRE_CAUSE),
		.cause = GEMCAST_EXPIRE_CAUSE_PACKETS,
	};
	const struct gemcast_sa sa = {
		.present = GEMCAST_BIT(GEMCAST_A_SA_GROUP) |
			   GEMCAST_BIT(GEMCAST_A_SA_SPI),
		.group = 7, .spi = 0x1001,
	};
	const struct gemcast_policy policy = {
		.present = GEMCAST_BIT(GEMCAST_A_POLICY_DST) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DST_LEN) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_INDEX),
		.dst = addr("239.1.1.1"), .dst_len = 32, .index = 4,
	};
	const struct gemcast_acquire acquire = {
		.present = GEMCAST_BIT(GEMCAST_A_ACQUIRE_KIND + 1) -
			   GEMCAST_BIT(GEMCAST_A_ACQUIRE_GROUP),
		.group = 7, .policy = 4, .dst = addr("239.1.1.1"),
		.src = addr("10.0.0.1"), .proto = 17, .sport = 5, .dport = 6,
		.dev = "eth0", .kind = GEMCAST_ACQUIRE_KIND_RECEIVE,
	};
	const struct gemcast_audit audit = {
		.present = GEMCAST_BIT(GEMCAST_A_AUDIT_SUPPRESSED + 1) -
			   GEMCAST_BIT(GEMCAST_A_AUDIT_REASON),
		.reason = GEMCAST_A_STATS_IN_REPLAY, .spi = 0x1001, .seq = 9,
		.dst = addr("ff15::1"), .src = addr("2001:db8::1"), .flow = 3,
		.dev = "eth0", .suppressed = 2,
	};

	fake_event_object(GEMCAST_CMD_SA_DEL_NTF, GEMCAST_A_OBJECT_SA, &sa, 0,
			  NULL);
	fake_event_object(GEMCAST_CMD_POLICY_NTF, GEMCAST_A_OBJECT_POLICY,
			  &policy, 0, NULL);
	fake_event_object(GEMCAST_CMD_ACQUIRE_NTF, GEMCAST_A_OBJECT_ACQUIRE,
			  &acquire, 0, NULL);
	fake_event_object(GEMCAST_CMD_EXPIRE_NTF, GEMCAST_A_OBJECT_SA, &sa,
			  GEMCAST_A_OBJECT_EXPIRE, &expire);
	fake_event_object(GEMCAST_CMD_AUDIT_NTF, GEMCAST_A_OBJECT_AUDIT, &audit,
			  0, NULL);
	fake_end_by_signal();
}

static void monitor(void **state)
{
	(void)state;
	queue_events();
	shows("monitor",
	      "sa-del group 7 spi 0x00001001 dir in aead  replay none state leading key-bits 0 driver  age 0.000\n"
	      "policy dst 239.1.1.1/32 dir both action protect prio 0\n"
	      "acquire group 7 policy 4 dst 239.1.1.1 src 10.0.0.1 proto udp sport 5 dport 6 dev eth0 kind receive\n"
	      "expire hard packets group 7 spi 0x00001001 dir in aead  replay none state leading key-bits 0 driver  age 0.000\n"
	      "audit in-replay spi 0x00001001 seq 9 dst ff15::1 src 2001:db8::1 flow 3 dev eth0 suppressed 2\n");
	assert_int_equal(fake_joined(), 0x1f);
}

static void monitor_json(void **state)
{
	(void)state;
	queue_events();
	shows("-j monitor acquire audit",
	      "{\"event\":\"sa-del\",\"group\":7,\"spi\":4097,\"dir\":\"in\",\"aead\":\"\",\"replay\":\"none\",\"state\":\"leading\",\"key_bits\":0,\"driver\":\"\",\"age\":0.000}\n"
	      "{\"event\":\"policy\",\"index\":4,\"dst\":\"239.1.1.1/32\",\"dir\":\"both\",\"action\":\"protect\",\"prio\":0}\n"
	      "{\"event\":\"acquire\",\"group\":7,\"policy\":4,\"dst\":\"239.1.1.1\",\"src\":\"10.0.0.1\",\"proto\":\"udp\",\"sport\":5,\"dport\":6,\"dev\":\"eth0\",\"kind\":\"receive\"}\n"
	      "{\"event\":\"expire\",\"limit\":\"hard\",\"cause\":\"packets\",\"group\":7,\"spi\":4097,\"dir\":\"in\",\"aead\":\"\",\"replay\":\"none\",\"state\":\"leading\",\"key_bits\":0,\"driver\":\"\",\"age\":0.000}\n"
	      "{\"event\":\"audit\",\"reason\":\"in-replay\",\"spi\":4097,\"seq\":9,\"dst\":\"ff15::1\",\"src\":\"2001:db8::1\",\"flow\":3,\"dev\":\"eth0\",\"suppressed\":2}\n");
	assert_int_equal(fake_joined(), 0x14);
}

static void monitor_goes_on(void **state)
{
	(void)state;
	fake_event_errno(ENOBUFS);
	fake_event("x", 1);
	fake_end_by_signal();
	assert_int_equal(run("monitor all"), 0);
	assert_string_equal(run_err,
			    "gemcast: events were lost: they came faster than they were read\n"
			    "gemcast: the kernel's event is truncated\n");
	fake_reset();
	fake_serve();
	fake_event_errno(EIO);
	assert_int_equal(run("monitor all"), 2);
	assert_string_equal(run_err, "gemcast: receive: Input/output error\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(groups, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(policies, setup, teardown),
		cmocka_unit_test_setup_teardown(sas, setup, teardown),
		cmocka_unit_test_setup_teardown(senders, setup, teardown),
		cmocka_unit_test_setup_teardown(peers, setup, teardown),
		cmocka_unit_test_setup_teardown(counters, setup, teardown),
		cmocka_unit_test_setup_teardown(strange_names, setup, teardown),
		cmocka_unit_test_setup_teardown(policy_reads_back, setup,
						teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(monitor, setup, teardown),
		cmocka_unit_test_setup_teardown(monitor_json, setup, teardown),
		cmocka_unit_test_setup_teardown(monitor_goes_on, setup, teardown),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
