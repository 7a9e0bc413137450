// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel answers, and what it should never answer. */
#include "test.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "fake.h"

static struct gemcast_handle *h;

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

static const struct gemcast_sa sa_key = {
	.present = GEMCAST_BIT(GEMCAST_A_SA_SPI), .spi = 0x1001,
};

static int get_sa(struct gemcast_sa *out)
{
	return gemcast_sa_get(h, &sa_key, out);
}

/* A message with one nest that holds these bytes. */
static void answer_nest(unsigned int object, const void *data, size_t len)
{
	_Alignas(struct nlmsghdr) char buf[1024];
	struct nlmsghdr *nlh;

	nlh = gemcast_message_start(buf, FAKE_FAMILY, GEMCAST_CMD_SA_GET, 0, 0);
	mnl_attr_put(nlh, (uint16_t)(object | NLA_F_NESTED), len, data);
	fake_answer(buf, nlh->nlmsg_len);
}

/* One attribute in the nest. */
static void answer_attr(unsigned int object, uint16_t type, const void *data,
			size_t len)
{
	_Alignas(struct nlmsghdr) char buf[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	mnl_attr_put(nlh, type, len, data);
	answer_nest(object, mnl_nlmsg_get_payload(nlh),
		    nlh->nlmsg_len - MNL_NLMSG_HDRLEN);
}

static void all_members(void **state)
{
	struct gemcast_sa in, out;
	unsigned char *byte = (unsigned char *)&in;
	size_t i;

	(void)state;
	/* Each byte of the struct is different from its neighbours. */
	for (i = 0; i < sizeof(in); i++)
		byte[i] = (unsigned char)i;
	in.present = GEMCAST_BIT(GEMCAST_A_SA_MAX + 1) -
		     GEMCAST_BIT(GEMCAST_A_SA_GROUP);
	in.present &= ~GEMCAST_BIT(GEMCAST_A_SA_KEY);
	in.dst.family = AF_INET6;
	in.src.family = AF_INET;
	memcpy(in.aead, "a", 2);
	memcpy(in.driver, "driver", 7);
	fake_answer_object(GEMCAST_CMD_SA_GET, 0, GEMCAST_A_OBJECT_SA, &in);
	assert_int_equal(get_sa(&out), 0);
	assert_int_equal(out.present, in.present);
	assert_null(out.key);
	assert_int_equal(out.group, in.group);
	assert_int_equal(out.spi, in.spi);
	assert_memory_equal(&out.dst.in6, &in.dst.in6, 16);
	assert_int_equal(out.dst.family, AF_INET6);
	assert_memory_equal(&out.src.in, &in.src.in, 4);
	assert_int_equal(out.src.family, AF_INET);
	assert_string_equal(out.aead, "a");
	assert_string_equal(out.driver, "driver");
	assert_int_equal(out.sid_bits, in.sid_bits);
	assert_int_equal(out.deactivate, in.deactivate);
	assert_int_equal(out.hard_seconds, in.hard_seconds);
	assert_int_equal(out.state, in.state);
	assert_int_equal(out.in_bad_icv, in.in_bad_icv);
	assert_string_equal(gemcast_error(h), "");
}

static void unknown_is_passed_over(void **state)
{
	_Alignas(struct nlmsghdr) char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct gemcast_sa out;

	(void)state;
	mnl_attr_put_u64(nlh, GEMCAST_A_SA_MAX + 1, 5);
	mnl_attr_put(nlh, GEMCAST_A_SA_PAD, 0, NULL);
	mnl_attr_put_u32(nlh, GEMCAST_A_SA_SPI, 0x1001);
	mnl_attr_put_strz(nlh, 1000, "from a newer kernel");
	answer_nest(GEMCAST_A_OBJECT_SA, mnl_nlmsg_get_payload(nlh),
		    nlh->nlmsg_len - MNL_NLMSG_HDRLEN);
	assert_int_equal(get_sa(&out), 0);
	assert_int_equal(out.present, GEMCAST_BIT(GEMCAST_A_SA_SPI));
	assert_int_equal(out.spi, 0x1001);
}

static void wrong_lengths(void **state)
{
	static const struct {
		uint16_t type;
		size_t len;
		const char *error;
	} bad[] = {
		{ GEMCAST_A_SA_SPI, 0, "the kernel's sa.spi makes no sense" },
		{ GEMCAST_A_SA_SPI, 3, "the kernel's sa.spi makes no sense" },
		{ GEMCAST_A_SA_SPI, 8, "the kernel's sa.spi makes no sense" },
		{ GEMCAST_A_SA_AGE, 4, "the kernel's sa.age makes no sense" },
		{ GEMCAST_A_SA_DST, 5, "the kernel's sa.dst makes no sense" },
		{ GEMCAST_A_SA_DST, 0, "the kernel's sa.dst makes no sense" },
		{ GEMCAST_A_SA_DST, 17, "the kernel's sa.dst makes no sense" },
		/* no NUL at the end */
		{ GEMCAST_A_SA_AEAD, 4, "the kernel's sa.aead makes no sense" },
		{ GEMCAST_A_SA_AEAD, 0, "the kernel's sa.aead makes no sense" },
		{ GEMCAST_A_SA_KEY, 20, "the kernel's sa.key makes no sense" },
	};
	struct gemcast_sa out;
	char data[20];
	size_t i;

	(void)state;
	memset(data, 'x', sizeof(data));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		answer_attr(GEMCAST_A_OBJECT_SA, bad[i].type, data, bad[i].len);
		assert_int_equal(get_sa(&out), -EBADMSG);
		assert_string_equal(gemcast_error(h), bad[i].error);
	}
}

static void long_string(void **state)
{
	char data[GEMCAST_AEAD_NAME_MAX + 1] = { 0 };
	struct gemcast_sa out;

	(void)state;
	memset(data, 'x', GEMCAST_AEAD_NAME_MAX - 1);
	answer_attr(GEMCAST_A_OBJECT_SA, GEMCAST_A_SA_AEAD, data,
		    GEMCAST_AEAD_NAME_MAX);
	assert_int_equal(get_sa(&out), 0);
	assert_string_equal(out.aead, data);
	data[GEMCAST_AEAD_NAME_MAX - 1] = 'x';
	answer_attr(GEMCAST_A_OBJECT_SA, GEMCAST_A_SA_AEAD, data,
		    sizeof(data));
	assert_int_equal(get_sa(&out), -EBADMSG);
}

static void truncated_nests(void **state)
{
	/* Too short for an attribute; longer than its nest; no length at all. */
	static const uint16_t half[] = { 8 };
	static const uint16_t beyond[] = { 100, GEMCAST_A_SA_SPI, 0, 0 };
	static const uint16_t none[] = { 0, GEMCAST_A_SA_SPI, 0, 0 };
	static const uint16_t tiny[] = { 3, GEMCAST_A_SA_SPI };
	struct gemcast_sa out;

	(void)state;
	answer_nest(GEMCAST_A_OBJECT_SA, half, sizeof(half));
	assert_int_equal(get_sa(&out), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's sa is truncated");
	answer_nest(GEMCAST_A_OBJECT_SA, beyond, sizeof(beyond));
	assert_int_equal(get_sa(&out), -EBADMSG);
	answer_nest(GEMCAST_A_OBJECT_SA, none, sizeof(none));
	assert_int_equal(get_sa(&out), -EBADMSG);
	answer_nest(GEMCAST_A_OBJECT_SA, tiny, sizeof(tiny));
	assert_int_equal(get_sa(&out), -EBADMSG);
	answer_nest(GEMCAST_A_OBJECT_SA, NULL, 0);
	assert_int_equal(get_sa(&out), 0);
	assert_int_equal(out.present, 0);
}

static void no_object(void **state)
{
	_Alignas(struct nlmsghdr) char buf[64];
	struct gemcast_sa out;
	struct nlmsghdr *nlh;

	(void)state;
	/* another object's nest, no nest, not even the generic header, nothing */
	answer_nest(GEMCAST_A_OBJECT_PEER, NULL, 0);
	assert_int_equal(get_sa(&out), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's answer has no sa");
	nlh = gemcast_message_start(buf, FAKE_FAMILY, GEMCAST_CMD_SA_GET, 0, 0);
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(get_sa(&out), -EBADMSG);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = FAKE_FAMILY;
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(get_sa(&out), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's answer is truncated");
	assert_int_equal(get_sa(&out), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's answer has no sa");
}

static void truncated_messages(void **state)
{
	_Alignas(struct nlmsghdr) char buf[64] = { 0 };
	struct gemcast_sa out;
	struct nlmsghdr *nlh;

	(void)state;
	fake_answer(buf, 5);
	assert_int_equal(get_sa(&out), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's answer is truncated");
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_len = 1000;
	fake_answer(buf, sizeof(buf));
	assert_int_equal(get_sa(&out), -EBADMSG);
	nlh->nlmsg_len = 3;
	fake_answer(buf, sizeof(buf));
	assert_int_equal(get_sa(&out), -EBADMSG);
	nlh->nlmsg_len = UINT32_MAX;
	fake_answer(buf, sizeof(buf));
	assert_int_equal(get_sa(&out), -EBADMSG);
	/*
	 * An NLMSG_ERROR without its number, then an NLMSG_DONE without; that
	 * of the answer before must not be taken for it.
	 */
	fake_answer_ack(-EINVAL, NULL, 0, 0);
	assert_int_equal(get_sa(&out), -EINVAL);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = NLMSG_ERROR;
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(get_sa(&out), -EBADMSG);
	nlh->nlmsg_type = NLMSG_DONE;
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(get_sa(&out), -EBADMSG);
	/* Longer than the buffer. */
	nlh = calloc(1, GEMCAST_ANSWER_SIZE + 4);
	assert_non_null(nlh);
	fake_answer(nlh, GEMCAST_ANSWER_SIZE + 4);
	free(nlh);
	assert_int_equal(get_sa(&out), -EMSGSIZE);
	fake_answer_errno(EINTR);
	fake_answer_errno(ENOBUFS);
	assert_int_equal(get_sa(&out), -ENOBUFS);
	assert_string_equal(gemcast_error(h),
			    "receive: No buffer space available");
}

/* Where the attribute of this type starts in the last request, or its nest. */
static uint32_t offset_of(uint16_t type)
{
	const struct nlmsghdr *nlh = fake_sent();
	const struct nlattr *nest, *attr;

	nest = mnl_nlmsg_get_payload_offset(nlh, sizeof(struct genlmsghdr));
	if (!type)
		return (uint32_t)((const char *)nest - (const char *)nlh);
	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == type)
			return (uint32_t)((const char *)attr - (const char *)nlh);
	return 0;
}

static void refusals(void **state)
{
	const struct gemcast_sa sa = {
		.present = GEMCAST_BIT(GEMCAST_A_SA_GROUP) |
			   GEMCAST_BIT(GEMCAST_A_SA_SPI),
		.group = 7, .spi = 5,
	};
	uint32_t nest, spi;

	(void)state;
	assert_int_equal(gemcast_sa_del(h, &sa), 0);
	nest = offset_of(0);
	spi = offset_of(GEMCAST_A_SA_SPI);
	assert_true(spi > nest);

	fake_answer_ack(-EINVAL, "SPIs below 256 are reserved", spi, 0);
	assert_int_equal(gemcast_sa_del(h, &sa), -EINVAL);
	assert_string_equal(gemcast_error(h),
			    "SPIs below 256 are reserved (sa.spi)");
	fake_answer_ack(-EINVAL, "the object", nest, 0);
	assert_int_equal(gemcast_sa_del(h, &sa), -EINVAL);
	assert_string_equal(gemcast_error(h), "the object (sa)");
	fake_answer_ack(-EINVAL, "the group is missing", nest,
			GEMCAST_A_SA_GROUP);
	assert_int_equal(gemcast_sa_del(h, &sa), -EINVAL);
	assert_string_equal(gemcast_error(h),
			    "the group is missing (missing sa.group)");
	fake_answer_ack(-EINVAL, "no object", 0, GEMCAST_A_OBJECT_SA);
	assert_int_equal(gemcast_sa_del(h, &sa), -EINVAL);
	assert_string_equal(gemcast_error(h), "no object (missing sa)");
	fake_answer_ack(-ENOENT, "no such SA", 0, 0);
	assert_int_equal(gemcast_sa_del(h, &sa), -ENOENT);
	assert_string_equal(gemcast_error(h), "no such SA");
	fake_answer_ack(-EBUSY, NULL, spi, 0);
	assert_int_equal(gemcast_sa_del(h, &sa), -EBUSY);
	assert_string_equal(gemcast_error(h),
			    "Device or resource busy (sa.spi)");
	fake_answer_ack(-EPERM, NULL, 0, 0);
	assert_int_equal(gemcast_sa_del(h, &sa), -EPERM);
	assert_string_equal(gemcast_error(h),
			    "not permitted: CAP_NET_ADMIN is needed");
	/* The next success has no reason. */
	assert_int_equal(gemcast_sa_del(h, &sa), 0);
	assert_string_equal(gemcast_error(h), "");
	fake_answer_ack(0, "a warning", 0, 0);
	assert_int_equal(gemcast_sa_del(h, &sa), 0);
	assert_string_equal(gemcast_error(h), "a warning");
}

/* Offsets and types that point nowhere name nothing. */
static void refusals_that_point_nowhere(void **state)
{
	static const uint32_t offsets[] = { 1, 15, 16, 21, 33, 4096,
					    UINT32_MAX };
	struct gemcast_sa out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		fake_answer_ack(-EINVAL, "no", offsets[i], 0);
		assert_int_equal(get_sa(&out), -EINVAL);
		assert_string_equal(gemcast_error(h), "no");
		fake_answer_ack(-EINVAL, "no", offsets[i], GEMCAST_A_SA_SPI);
		assert_int_equal(get_sa(&out), -EINVAL);
		assert_string_equal(gemcast_error(h), "no");
	}
	fake_answer_ack(-EINVAL, "no", 0, 4096);
	assert_int_equal(get_sa(&out), -EINVAL);
	assert_string_equal(gemcast_error(h), "no");
}

/* A kernel that repeats the request before its extack. */
static void refusals_of_no_error(void **state)
{
	static const int errors[] = { 1, INT_MAX, -4096, INT_MIN };
	struct gemcast_sa out;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_answer_ack(errors[i], NULL, 0, 0);
		assert_int_equal(get_sa(&out), -EBADMSG);
	}
}

static void uncapped_refusal(void **state)
{
	_Alignas(struct nlmsghdr) char buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));
	struct gemcast_sa out;

	(void)state;
	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_ACK_TLVS;
	err->error = -EINVAL;
	err->msg.nlmsg_len = MNL_NLMSG_HDRLEN + 12;
	mnl_nlmsg_put_extra_header(nlh, 12);
	mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, "behind the request");
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(get_sa(&out), -EINVAL);
	assert_string_equal(gemcast_error(h), "behind the request");
	err->msg.nlmsg_len = 100000;
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(get_sa(&out), -EINVAL);
	assert_string_equal(gemcast_error(h), "Invalid argument");
}

static int collect(const struct gemcast_peer *peer, void *arg)
{
	uint32_t *sum = arg;

	*sum = *sum * 10 + peer->group;
	return peer->group == 9 ? 99 : 0;
}

static void answer_peer(uint32_t group, uint16_t flags)
{
	const struct gemcast_peer peer = {
		.present = GEMCAST_BIT(GEMCAST_A_PEER_GROUP), .group = group,
	};

	fake_answer_object(GEMCAST_CMD_PEER_GET, NLM_F_MULTI | flags,
			   GEMCAST_A_OBJECT_PEER, &peer);
}

static void dumps(void **state)
{
	uint32_t sum = 0;

	(void)state;
	answer_peer(1, 0);
	answer_peer(2, 0);
	answer_peer(3, 0);
	fake_answer_done(0);
	assert_int_equal(gemcast_peer_dump(h, NULL, collect, &sum), 0);
	assert_int_equal(sum, 123);
	/* What the caller returns ends it, and the rest is not left behind. */
	sum = 0;
	answer_peer(1, 0);
	answer_peer(9, 0);
	answer_peer(3, 0);
	fake_answer_done(0);
	assert_int_equal(gemcast_peer_dump(h, NULL, collect, &sum), 99);
	assert_int_equal(sum, 19);
	sum = 0;
	fake_answer_done(0);
	assert_int_equal(gemcast_peer_dump(h, NULL, collect, &sum), 0);
	assert_int_equal(sum, 0);
}

static void dumps_that_fail(void **state)
{
	uint32_t sum = 0;

	(void)state;
	answer_peer(1, 0);
	answer_peer(2, NLM_F_DUMP_INTR);
	answer_peer(3, 0);
	fake_answer_done(0);
	assert_int_equal(gemcast_peer_dump(h, NULL, collect, &sum), -EINTR);
	assert_string_equal(gemcast_error(h),
			    "the list changed while it was read");
	assert_int_equal(sum, 123);
	answer_peer(1, 0);
	fake_answer_done(-ENOMEM);
	assert_int_equal(gemcast_peer_dump(h, NULL, collect, &sum), -ENOMEM);
	assert_string_equal(gemcast_error(h), "Cannot allocate memory");
	fake_answer_ack(-EPERM, NULL, 0, 0);
	assert_int_equal(gemcast_peer_dump(h, NULL, collect, &sum), -EPERM);
}

/* An answer to an earlier request is not this one's. */
static void stale_answers(void **state)
{
	_Alignas(struct nlmsghdr) char buf[64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));

	(void)state;
	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_CAPPED;
	nlh->nlmsg_seq = 12345;
	err->error = -EIO;
	fake_answer(buf, nlh->nlmsg_len);
	assert_int_equal(gemcast_stats_reset(h), 0);
}

static void no_module(void **state)
{
	struct gemcast_handle *other;

	(void)state;
	fake_reset();
	other = gemcast_new();
	assert_non_null(other);
	fake_answer_ack(-ENOENT, NULL, 0, 0);
	assert_int_equal(gemcast_open(other), -ENOENT);
	assert_non_null(strstr(gemcast_error(other), "modprobe gemcast"));
	assert_int_equal(gemcast_stats_reset(other), -ENOTCONN);
	/* A kernel that forgets the number. */
	fake_answer_ack(0, NULL, 0, 0);
	assert_int_equal(gemcast_open(other), -EBADMSG);
	fake_fail("open", EMFILE);
	assert_int_equal(gemcast_open(other), -EMFILE);
	assert_string_equal(gemcast_error(other),
			    "netlink socket: Too many open files");
	fake_fail("setsockopt", ENOPROTOOPT);
	assert_int_equal(gemcast_open(other), -ENOPROTOOPT);
	fake_fail("bind", EADDRINUSE);
	assert_int_equal(gemcast_open(other), -EADDRINUSE);
	assert_int_equal(fake_open_sockets(), 0);
	fake_serve();
	assert_int_equal(gemcast_open(other), 0);
	assert_int_equal(gemcast_open(other), -EALREADY);
	gemcast_free(other);
	gemcast_free(NULL);
	assert_int_equal(fake_open_sockets(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_members, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_is_passed_over, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wrong_lengths, setup, teardown),
		cmocka_unit_test_setup_teardown(long_string, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_nests, setup, teardown),
		cmocka_unit_test_setup_teardown(no_object, setup, teardown),
		cmocka_unit_test_setup_teardown(truncated_messages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_that_point_nowhere,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refusals_of_no_error, setup,
						teardown),
		cmocka_unit_test_setup_teardown(uncapped_refusal, setup,
						teardown),
		cmocka_unit_test_setup_teardown(dumps, setup, teardown),
		cmocka_unit_test_setup_teardown(dumps_that_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(stale_answers, setup, teardown),
		cmocka_unit_test(no_module),
	};

	return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
