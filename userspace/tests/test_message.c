// SPDX-License-Identifier: GPL-2.0-or-later
/* What each call puts in its request, attribute by attribute. */
#include "test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include "fake.h"

static struct gemcast_handle *h;

/* An attribute as it must be: a number in this host's order, or bytes. */
struct expected {
	uint16_t type;
	size_t len;
	uint64_t number;
	const char *bytes;
};

#define U8(type, number)	{ type, 1, number, NULL }
#define U16(type, number)	{ type, 2, number, NULL }
#define U32(type, number)	{ type, 4, number, NULL }
#define U64(type, number)	{ type, 8, number, NULL }
#define BYTES(type, string)	{ type, sizeof(string) - 1, 0, string }
#define TEXT(type, string)	{ type, sizeof(string), 0, string }

static void check_attr(const struct nlattr *attr,
		       const struct expected *expected)
{
	assert_int_equal(attr->nla_type, expected->type);
	assert_int_equal(mnl_attr_get_payload_len(attr), expected->len);
	if (expected->bytes)
		assert_memory_equal(mnl_attr_get_payload(attr), expected->bytes,
				    expected->len);
	else if (expected->len == 1)
		assert_int_equal(mnl_attr_get_u8(attr), expected->number);
	else if (expected->len == 2)
		assert_int_equal(mnl_attr_get_u16(attr), expected->number);
	else if (expected->len == 4)
		assert_int_equal(mnl_attr_get_u32(attr), expected->number);
	else
		assert_int_equal(mnl_attr_get_u64(attr), expected->number);
}

static struct gemcast_addr addr(const char *text)
{
	struct gemcast_addr a = { .family = AF_INET };

	if (inet_pton(AF_INET, text, &a.in) == 1)
		return a;
	a.family = AF_INET6;
	assert_int_equal(inet_pton(AF_INET6, text, &a.in6), 1);
	return a;
}

static void check_request(uint8_t cmd, uint16_t flags, uint16_t object,
			  const struct expected *expected, size_t n)
{
	const struct nlmsghdr *nlh = fake_sent();
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *nest, *attr;
	size_t i = 0;

	assert_int_equal(nlh->nlmsg_type, FAKE_FAMILY);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | flags);
	assert_int_equal(genl->cmd, cmd);
	assert_int_equal(genl->version, GEMCAST_FAMILY_VERSION);
	assert_int_equal(genl->reserved, 0);
	nest = mnl_nlmsg_get_payload_offset(nlh, sizeof(*genl));
	assert_int_equal(nest->nla_type, object | NLA_F_NESTED);
	assert_ptr_equal(mnl_attr_next(nest), mnl_nlmsg_get_payload_tail(nlh));
	mnl_attr_for_each_nested(attr, nest) {
		assert_true(i < n);
		check_attr(attr, &expected[i]);
		i++;
	}
	assert_int_equal(i, n);
}

#define NEW	(NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL)
#define REPLACE	(NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE)

static int setup(void **state)
{
	(void)state;
	fake_reset();
	fake_serve();
	h = gemcast_new();
	return gemcast_open(h);
}

static int teardown(void **state)
{
	(void)state;
	gemcast_free(h);
	assert_int_equal(fake_open_sockets(), 0);
	fake_reset();
	return 0;
}

static void group(void **state)
{
	static const struct expected all[] = {
		U32(2, 8), U32(3, GEMCAST_ENCAP_UDP), U16(4, 4500),
	};
	struct gemcast_group g = {
		.present = GEMCAST_BIT(GEMCAST_A_GROUP_ID) |
			   GEMCAST_BIT(GEMCAST_A_GROUP_ENCAP) |
			   GEMCAST_BIT(GEMCAST_A_GROUP_PORT),
		.id = 8, .encap = GEMCAST_ENCAP_UDP, .port = 4500,
	};

	(void)state;
	assert_int_equal(gemcast_group_add(h, &g), 0);
	check_request(GEMCAST_CMD_GROUP_NEW, NEW, 1, all, 3);
	assert_int_equal(gemcast_group_replace(h, &g), 0);
	check_request(GEMCAST_CMD_GROUP_NEW, REPLACE, 1, all, 3);
	g.present = GEMCAST_BIT(GEMCAST_A_GROUP_ID);
	assert_int_equal(gemcast_group_del(h, &g), 0);
	check_request(GEMCAST_CMD_GROUP_DEL, NLM_F_ACK, 1, all, 1);
	assert_int_equal(gemcast_group_flush(h, &g), 0);
	check_request(GEMCAST_CMD_GROUP_FLUSH, NLM_F_ACK, 1, all, 1);
	assert_int_equal(gemcast_group_flush(h, NULL), 0);
	check_request(GEMCAST_CMD_GROUP_FLUSH, NLM_F_ACK, 1, all, 0);
}

static void policy(void **state)
{
	static const struct expected all[] = {
		U32(3, 7), BYTES(4, "\xef\x01\x02\x00"), U8(5, 24),
		BYTES(6, "\x0a\x00\x00\x00"), U8(7, 8), U8(8, 17), U16(9, 1),
		U16(10, 2), U16(11, 3), U16(12, 4), TEXT(13, "eth0"),
		U32(14, GEMCAST_POLICY_DIR_RECEIVE),
		U32(15, GEMCAST_ACTION_PROTECT), U32(16, GEMCAST_MODE_TUNNEL),
		U32(17, GEMCAST_PRESERVE_NONE), BYTES(18, "\x0a\x00\x00\x01"),
		BYTES(19, "\xef\x09\x09\x09"), U32(20, GEMCAST_NO_SA_BYPASS),
		U32(21, GEMCAST_DF_COPY), U32(22, 5),
		U32(23, GEMCAST_REINJECT_TX), TEXT(24, "lan0"),
		U32(27, GEMCAST_FRAGMENT_BEFORE), U32(28, 46),
		U32(29, GEMCAST_DECAP_DSCP_OUTER), U32(30, GEMCAST_ECN_CLEAR),
	};
	struct gemcast_policy p = {
		.present = GEMCAST_BIT(GEMCAST_A_POLICY_REINJECT_DEV + 1) -
			   GEMCAST_BIT(GEMCAST_A_POLICY_GROUP) +
			   GEMCAST_BIT(GEMCAST_A_POLICY_ECN + 1) -
			   GEMCAST_BIT(GEMCAST_A_POLICY_FRAGMENT),
		.group = 7, .dst = addr("239.1.2.0"), .dst_len = 24,
		.src = addr("10.0.0.0"), .src_len = 8, .proto = 17,
		.sport_min = 1, .sport_max = 2, .dport_min = 3, .dport_max = 4,
		.dev = "eth0", .dir = GEMCAST_POLICY_DIR_RECEIVE,
		.action = GEMCAST_ACTION_PROTECT, .mode = GEMCAST_MODE_TUNNEL,
		.preserve = GEMCAST_PRESERVE_NONE, .local = addr("10.0.0.1"),
		.remote = addr("239.9.9.9"), .no_sa = GEMCAST_NO_SA_BYPASS,
		.df = GEMCAST_DF_COPY, .prio = 5,
		.reinject = GEMCAST_REINJECT_TX, .reinject_dev = "lan0",
		.fragment = GEMCAST_FRAGMENT_BEFORE, .dscp = 46,
		.decap_dscp = GEMCAST_DECAP_DSCP_OUTER,
		.ecn = GEMCAST_ECN_CLEAR,
	};

	(void)state;
	assert_int_equal(gemcast_policy_add(h, &p), 0);
	check_request(GEMCAST_CMD_POLICY_NEW, NEW, 2, all, ARRAY_SIZE(all));
	assert_int_equal(gemcast_policy_replace(h, &p), 0);
	check_request(GEMCAST_CMD_POLICY_NEW, REPLACE, 2, all, ARRAY_SIZE(all));
	p.present = GEMCAST_BIT(GEMCAST_A_POLICY_GROUP) |
		    GEMCAST_BIT(GEMCAST_A_POLICY_DST);
	assert_int_equal(gemcast_policy_del(h, &p), 0);
	check_request(GEMCAST_CMD_POLICY_DEL, NLM_F_ACK, 2, all, 2);
	assert_int_equal(gemcast_policy_flush(h, &p), 0);
	check_request(GEMCAST_CMD_POLICY_FLUSH, NLM_F_ACK, 2, all, 2);
}

static void policy_of_ipv6(void **state)
{
	static const struct expected all[] = {
		U32(2, 99),
		BYTES(4, "\xff\x15\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), U8(5, 128),
	};
	const struct gemcast_policy p = {
		.present = GEMCAST_BIT(GEMCAST_A_POLICY_INDEX) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DST) |
			   GEMCAST_BIT(GEMCAST_A_POLICY_DST_LEN),
		.index = 99, .dst = addr("ff15::1"), .dst_len = 128,
	};

	(void)state;
	assert_int_equal(gemcast_policy_del(h, &p), 0);
	check_request(GEMCAST_CMD_POLICY_DEL, NLM_F_ACK, 2, all, 3);
}

#define KEY	"0123456789abcdef" "salt"

static const struct expected sa_all[] = {
	U32(2, 7), U32(3, 0x1001), BYTES(4, "\xef\x01\x01\x01"),
	BYTES(5, "\x0a\x00\x00\x01"), U32(6, GEMCAST_SA_DIR_BOTH),
	TEXT(7, "rfc4106(gcm(aes))"), BYTES(8, KEY), U32(10, 12), U32(11, 3),
	U32(12, 8), U32(13, GEMCAST_REPLAY_SID), U32(14, 128), U64(15, 1500),
	U64(16, 60000), U64(17, 1), U64(18, 2), U64(19, 3), U64(20, 4),
	U64(21, 5), U64(22, UINT64_MAX),
};

static struct gemcast_sa sa_whole(void)
{
	return (struct gemcast_sa) {
		.present = (GEMCAST_BIT(GEMCAST_A_SA_HARD_SECONDS + 1) -
			    GEMCAST_BIT(GEMCAST_A_SA_GROUP)) &
			   ~GEMCAST_BIT(GEMCAST_A_SA_KEY_BITS),
		.group = 7, .spi = 0x1001, .dst = addr("239.1.1.1"),
		.src = addr("10.0.0.1"), .dir = GEMCAST_SA_DIR_BOTH,
		.aead = "rfc4106(gcm(aes))", .key = (const uint8_t *)KEY,
		.key_len = sizeof(KEY) - 1, .icv = 12, .sid = 3, .sid_bits = 8,
		.replay = GEMCAST_REPLAY_SID, .window = 128, .activate = 1500,
		.deactivate = 60000, .soft_packets = 1, .hard_packets = 2,
		.soft_bytes = 3, .hard_bytes = 4, .soft_seconds = 5,
		.hard_seconds = UINT64_MAX,
	};
}

static void sa(void **state)
{
	struct gemcast_sa s = sa_whole();

	(void)state;
	assert_int_equal(gemcast_sa_add(h, &s), 0);
	check_request(GEMCAST_CMD_SA_NEW, NEW, 3, sa_all, ARRAY_SIZE(sa_all));
	assert_int_equal(gemcast_sa_replace(h, &s), 0);
	check_request(GEMCAST_CMD_SA_NEW, REPLACE, 3, sa_all,
		      ARRAY_SIZE(sa_all));
	s.present = GEMCAST_BIT(GEMCAST_A_SA_GROUP) |
		    GEMCAST_BIT(GEMCAST_A_SA_SPI);
	assert_int_equal(gemcast_sa_set(h, &s), 0);
	check_request(GEMCAST_CMD_SA_SET, NLM_F_ACK, 3, sa_all, 2);
	assert_int_equal(gemcast_sa_del(h, &s), 0);
	check_request(GEMCAST_CMD_SA_DEL, NLM_F_ACK, 3, sa_all, 2);
	assert_int_equal(gemcast_sa_flush(h, &s), 0);
	check_request(GEMCAST_CMD_SA_FLUSH, NLM_F_ACK, 3, sa_all, 2);
}

/* The key is found nowhere in the handle or in the buffer it was sent from. */
static void key_is_forgotten(void **state)
{
	struct gemcast_sa s = sa_whole();

	(void)state;
	fake_watch(KEY, 16);
	assert_int_equal(gemcast_sa_add(h, &s), 0);
	assert_false(fake_watched());
	assert_non_null(memmem(fake_sent(), fake_sent_len(), KEY, 16));
	assert_null(memmem(h, sizeof(*h), KEY, 16));
	fake_answer_ack(-EINVAL, "no", 0, 0);
	assert_int_equal(gemcast_sa_add(h, &s), -EINVAL);
	assert_null(memmem(h, sizeof(*h), KEY, 16));
	fake_fail("send", EPERM);
	assert_int_equal(gemcast_sa_add(h, &s), -EPERM);
	assert_string_equal(gemcast_error(h), "send: Operation not permitted");
}

/* The message's bytes, while the request is under way and when it is done. */
static void buffer_is_cleansed(void **state)
{
	_Alignas(struct nlmsghdr) char buf[GEMCAST_REQUEST_SIZE];
	const struct gemcast_sa s = sa_whole();
	struct nlmsghdr *nlh;
	size_t i, len;

	(void)state;
	nlh = gemcast_message_start(buf, FAKE_FAMILY, GEMCAST_CMD_SA_NEW, 0,
				    ++h->seq);
	assert_int_equal(gemcast_message_put(nlh, sizeof(buf),
					     GEMCAST_A_OBJECT_SA, &s), 0);
	len = nlh->nlmsg_len;
	gemcast_message_forget(nlh);
	assert_int_equal(nlh->nlmsg_len, len);
	assert_null(memmem(buf, len, KEY, 4));
	assert_int_equal(gemcast_transact(h, nlh, NULL, NULL), 0);
	for (i = 0; i < len; i++)
		assert_int_equal(buf[i], 0);
}

static void peer(void **state)
{
	static const struct expected all[] = {
		U32(2, 8), BYTES(3, "\xc6\x33\x64\x07"), U16(4, 4501),
		TEXT(5, "eth0"),
	};
	struct gemcast_peer p = {
		.present = GEMCAST_BIT(GEMCAST_A_PEER_DEV + 1) -
			   GEMCAST_BIT(GEMCAST_A_PEER_GROUP),
		.group = 8, .addr = addr("198.51.100.7"), .port = 4501,
		.dev = "eth0",
	};

	(void)state;
	assert_int_equal(gemcast_peer_add(h, &p), 0);
	check_request(GEMCAST_CMD_PEER_NEW, NEW, 4, all, 4);
	assert_int_equal(gemcast_peer_replace(h, &p), 0);
	check_request(GEMCAST_CMD_PEER_NEW, REPLACE, 4, all, 4);
	assert_int_equal(gemcast_peer_del(h, &p), 0);
	check_request(GEMCAST_CMD_PEER_DEL, NLM_F_ACK, 4, all, 4);
}

static int count(const struct gemcast_sa *s, void *arg)
{
	(void)s;
	++*(int *)arg;
	return 0;
}

static void gets(void **state)
{
	static const struct expected spi[] = { U32(3, 0x1001) };
	const struct gemcast_sa key = {
		.present = GEMCAST_BIT(GEMCAST_A_SA_SPI), .spi = 0x1001,
	};
	struct gemcast_sa out;
	int n = 0;

	(void)state;
	fake_answer_object(GEMCAST_CMD_SA_GET, 0, GEMCAST_A_OBJECT_SA, &key);
	assert_int_equal(gemcast_sa_get(h, &key, &out), 0);
	check_request(GEMCAST_CMD_SA_GET, NLM_F_ACK, 3, spi, 1);
	fake_answer_done(0);
	assert_int_equal(gemcast_sa_dump(h, &key, count, &n), 0);
	check_request(GEMCAST_CMD_SA_GET, NLM_F_DUMP, 3, spi, 1);
	fake_answer_done(0);
	assert_int_equal(gemcast_sa_dump(h, NULL, count, &n), 0);
	check_request(GEMCAST_CMD_SA_GET, NLM_F_DUMP, 3, spi, 0);
	assert_int_equal(n, 0);
}

static void stats(void **state)
{
	static const struct expected nothing[1];
	const struct gemcast_stats none = { 0 };
	struct gemcast_stats out;

	(void)state;
	fake_answer_object(GEMCAST_CMD_STATS_GET, 0, GEMCAST_A_OBJECT_STATS,
			   &none);
	assert_int_equal(gemcast_stats_get(h, &out), 0);
	check_request(GEMCAST_CMD_STATS_GET, NLM_F_ACK, 5, nothing, 0);
	assert_int_equal(gemcast_stats_reset(h), 0);
	check_request(GEMCAST_CMD_STATS_RESET, NLM_F_ACK, 5, nothing, 0);
}

static void transactions(void **state)
{
	static const struct expected nothing[1];

	(void)state;
	assert_int_equal(gemcast_policy_begin(h), 0);
	check_request(GEMCAST_CMD_POLICY_BEGIN, NLM_F_ACK, 2, nothing, 0);
	assert_int_equal(gemcast_policy_commit(h), 0);
	check_request(GEMCAST_CMD_POLICY_COMMIT, NLM_F_ACK, 2, nothing, 0);
	assert_int_equal(gemcast_policy_abort(h), 0);
	check_request(GEMCAST_CMD_POLICY_ABORT, NLM_F_ACK, 2, nothing, 0);
}

/* What cannot be put into a message is never sent. */
static void refused(void **state)
{
	struct gemcast_policy p = { 0 };
	struct gemcast_sa s = { 0 };

	(void)state;
	p.present = GEMCAST_BIT(GEMCAST_A_POLICY_MAX + 1);
	assert_int_equal(gemcast_policy_add(h, &p), -EINVAL);
	p.present = GEMCAST_BIT(GEMCAST_A_POLICY_PAD);
	assert_int_equal(gemcast_policy_add(h, &p), -EINVAL);
	p.present = GEMCAST_BIT(GEMCAST_A_POLICY_DST);
	p.dst.family = AF_UNSPEC;
	assert_int_equal(gemcast_policy_add(h, &p), -EINVAL);
	p.present = GEMCAST_BIT(GEMCAST_A_POLICY_DEV);
	memset(p.dev, 'x', sizeof(p.dev));
	assert_int_equal(gemcast_policy_add(h, &p), -EINVAL);
	s.present = GEMCAST_BIT(GEMCAST_A_SA_KEY);
	assert_int_equal(gemcast_sa_add(h, &s), -EINVAL);
	s.key = (const uint8_t *)KEY;
	s.key_len = GEMCAST_KEY_MAX + 1;
	assert_int_equal(gemcast_sa_add(h, &s), -EINVAL);
	assert_string_equal(gemcast_error(h), "sa: a member cannot be sent");
	assert_int_equal(fake_sent_count(), 0);
}

static void sequence_numbers(void **state)
{
	uint32_t seq;

	(void)state;
	assert_int_equal(gemcast_stats_reset(h), 0);
	seq = fake_sent()->nlmsg_seq;
	assert_int_equal(gemcast_stats_reset(h), 0);
	assert_int_equal(fake_sent()->nlmsg_seq, seq + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(group, setup, teardown),
		cmocka_unit_test_setup_teardown(policy, setup, teardown),
		cmocka_unit_test_setup_teardown(policy_of_ipv6, setup, teardown),
		cmocka_unit_test_setup_teardown(sa, setup, teardown),
		cmocka_unit_test_setup_teardown(key_is_forgotten, setup,
						teardown),
		cmocka_unit_test_setup_teardown(buffer_is_cleansed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(peer, setup, teardown),
		cmocka_unit_test_setup_teardown(gets, setup, teardown),
		cmocka_unit_test_setup_teardown(stats, setup, teardown),
		cmocka_unit_test_setup_teardown(transactions, setup, teardown),
		cmocka_unit_test_setup_teardown(refused, setup, teardown),
		cmocka_unit_test_setup_teardown(sequence_numbers, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("requests", tests, NULL, NULL);
}
