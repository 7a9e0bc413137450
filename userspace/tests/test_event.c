// SPDX-License-Identifier: GPL-2.0-or-later
/* Events: subscription, and what comes of each datagram. */
#include "test.h"
#include <errno.h>
#include <poll.h>
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

static struct gemcast_event last;
static int seen;

static int note(const struct gemcast_event *event, void *arg)
{
	last = *event;
	seen++;
	return *(int *)arg;
}

static int dispatch(int result)
{
	seen = 0;
	memset(&last, 0, sizeof(last));
	return gemcast_dispatch(h, note, &result);
}

static void subscription(void **state)
{
	(void)state;
	assert_int_equal(gemcast_event_fd(h), -ENOTCONN);
	assert_int_equal(dispatch(0), -ENOTCONN);
	assert_int_equal(gemcast_subscribe(h, 1U << 5), -EINVAL);
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_EXPIRE), 0);
	assert_int_equal(fake_joined(), 1 << 3);
	assert_true(gemcast_event_fd(h) >= 0);
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_ALL), 0);
	assert_int_equal(fake_joined(), 0x1f);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(seen, 0);
	/* Requests go on beside. */
	assert_int_equal(gemcast_stats_reset(h), 0);
}

static void subscription_fails(void **state)
{
	struct gemcast_handle *closed = gemcast_new();

	(void)state;
	assert_int_equal(gemcast_subscribe(closed, GEMCAST_EVENTS_SA),
			 -ENOTCONN);
	gemcast_free(closed);
	fake_fail("open", EMFILE);
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_SA), -EMFILE);
	assert_int_equal(gemcast_subscribe(h, 0), 0);
	fake_fail("setsockopt", EPERM);
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_SA), -EPERM);
	assert_string_equal(gemcast_error(h), "sa: Operation not permitted");
}

static void each_event(void **state)
{
	const struct gemcast_sa sa = {
		.present = GEMCAST_BIT(GEMCAST_A_SA_SPI), .spi = 0x1001,
	};
	const struct gemcast_policy policy = {
		.present = GEMCAST_BIT(GEMCAST_A_POLICY_INDEX), .index = 5,
	};
	const struct gemcast_acquire acquire = {
		.present = GEMCAST_BIT(GEMCAST_A_ACQUIRE_GROUP), .group = 7,
	};
	const struct gemcast_expire expire = {
		.present = GEMCAST_BIT(GEMCAST_A_EXPIRE_HARD) |
			   GEMCAST_BIT(GEMCAST_A_EXPIRE_CAUSE),
		.cause = GEMCAST_EXPIRE_CAUSE_SEQUENCE,
	};
	const struct gemcast_audit audit = {
		.present = GEMCAST_BIT(GEMCAST_A_AUDIT_REASON),
		.reason = GEMCAST_A_STATS_IN_REPLAY,
	};

	(void)state;
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_ALL), 0);
	fake_event_object(GEMCAST_CMD_SA_NTF, GEMCAST_A_OBJECT_SA, &sa, 0, NULL);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(last.cmd, GEMCAST_CMD_SA_NTF);
	assert_int_equal(last.sa.spi, 0x1001);
	fake_event_object(GEMCAST_CMD_POLICY_DEL_NTF, GEMCAST_A_OBJECT_POLICY,
			  &policy, 0, NULL);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(last.cmd, GEMCAST_CMD_POLICY_DEL_NTF);
	assert_int_equal(last.policy.index, 5);
	fake_event_object(GEMCAST_CMD_ACQUIRE_NTF, GEMCAST_A_OBJECT_ACQUIRE,
			  &acquire, 0, NULL);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(last.acquire.group, 7);
	fake_event_object(GEMCAST_CMD_EXPIRE_NTF, GEMCAST_A_OBJECT_SA, &sa,
			  GEMCAST_A_OBJECT_EXPIRE, &expire);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(last.sa.spi, 0x1001);
	assert_int_equal(last.expire.cause, GEMCAST_EXPIRE_CAUSE_SEQUENCE);
	assert_true(GEMCAST_HAS(&last.expire, GEMCAST_A_EXPIRE_HARD));
	fake_event_object(GEMCAST_CMD_AUDIT_NTF, GEMCAST_A_OBJECT_AUDIT, &audit,
			  0, NULL);
	assert_int_equal(dispatch(0), 0);
	assert_string_equal(gemcast_stats_name(last.audit.reason), "in-replay");
}

static void several(void **state)
{
	const struct gemcast_policy policy = { 0 };
	int i;

	(void)state;
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_ALL), 0);
	for (i = 0; i < 3; i++)
		fake_event_object(GEMCAST_CMD_POLICY_NTF,
				  GEMCAST_A_OBJECT_POLICY, &policy, 0, NULL);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(seen, 3);
	for (i = 0; i < 3; i++)
		fake_event_object(GEMCAST_CMD_POLICY_NTF,
				  GEMCAST_A_OBJECT_POLICY, &policy, 0, NULL);
	assert_int_equal(dispatch(42), 42);
	assert_int_equal(seen, 1);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(seen, 2);
}

static void not_events(void **state)
{
	_Alignas(struct nlmsghdr) char buf[64];
	struct nlmsghdr *nlh;

	(void)state;
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_ALL), 0);
	/* of a newer kernel; an answer; another family's */
	nlh = gemcast_message_start(buf, FAKE_FAMILY, GEMCAST_CMD_MAX + 1, 0, 0);
	fake_event(buf, nlh->nlmsg_len);
	nlh = gemcast_message_start(buf, FAKE_FAMILY, GEMCAST_CMD_SA_GET, 0, 0);
	fake_event(buf, nlh->nlmsg_len);
	nlh = gemcast_message_start(buf, FAKE_FAMILY + 1, GEMCAST_CMD_SA_NTF, 0,
				    0);
	fake_event(buf, nlh->nlmsg_len);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(seen, 0);
}

static void malformed(void **state)
{
	const struct gemcast_sa sa = { 0 };
	_Alignas(struct nlmsghdr) char buf[64] = { 0 };
	struct nlmsghdr *nlh;

	(void)state;
	assert_int_equal(gemcast_subscribe(h, GEMCAST_EVENTS_ALL), 0);
	fake_event(buf, 7);
	assert_int_equal(dispatch(0), -EBADMSG);
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = FAKE_FAMILY;
	fake_event(buf, nlh->nlmsg_len);
	assert_int_equal(dispatch(0), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's event is truncated");
	nlh = gemcast_message_start(buf, FAKE_FAMILY, GEMCAST_CMD_SA_NTF, 0, 0);
	fake_event(buf, nlh->nlmsg_len);
	assert_int_equal(dispatch(0), -EBADMSG);
	assert_string_equal(gemcast_error(h), "the kernel's answer has no sa");
	/* An expiry without its cause. */
	fake_event_object(GEMCAST_CMD_EXPIRE_NTF, GEMCAST_A_OBJECT_SA, &sa, 0,
			  NULL);
	assert_int_equal(dispatch(0), -EBADMSG);
	fake_event_errno(ENOBUFS);
	assert_int_equal(dispatch(0), -ENOBUFS);
	/* And it goes on. */
	fake_event_object(GEMCAST_CMD_SA_NTF, GEMCAST_A_OBJECT_SA, &sa, 0, NULL);
	assert_int_equal(dispatch(0), 0);
	assert_int_equal(seen, 1);
}

static void counter_names(void **state)
{
	unsigned int i;

	(void)state;
	for (i = GEMCAST_A_STATS_OUT_PACKETS; i <= GEMCAST_A_STATS_MAX; i++)
		assert_non_null(gemcast_stats_name(i));
	assert_string_equal(gemcast_stats_name(GEMCAST_A_STATS_OUT_NO_SA),
			    "out-no-sa");
	assert_null(gemcast_stats_name(GEMCAST_A_STATS_UNSPEC));
	assert_null(gemcast_stats_name(GEMCAST_A_STATS_PAD));
	assert_null(gemcast_stats_name(GEMCAST_A_STATS_MAX + 1));
	assert_null(gemcast_stats_name(UINT32_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(subscription, setup, teardown),
		cmocka_unit_test_setup_teardown(subscription_fails, setup,
						teardown),
		cmocka_unit_test_setup_teardown(each_event, setup, teardown),
		cmocka_unit_test_setup_teardown(several, setup, teardown),
		cmocka_unit_test_setup_teardown(not_events, setup, teardown),
		cmocka_unit_test_setup_teardown(malformed, setup, teardown),
		cmocka_unit_test(counter_names),
	};

	return cmocka_run_group_tests_name("events", tests, NULL, NULL);
}
