// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP sockets, in a network namespace of this test's own: addresses of the loopback
 * interface, the real ports.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include "netns.h"
#include "test.h"
#include "udp_kit.h"

/* As net/socket.h has it. */
#define BATCH	16

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags,
		    struct timespec *timeout);
int __real_recvmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags,
		    struct timespec *timeout);
int __wrap_socket(int domain, int type, int protocol);
int __real_socket(int domain, int type, int protocol);

static int send_error, receive_error;	/* of the next call */
static bool no_ipv6;

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	if (!send_error)
		return __real_sendmsg(fd, msg, flags);
	errno = send_error;
	send_error = 0;
	return -1;
}

int __wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned int n, int flags,
		    struct timespec *timeout)
{
	if (!receive_error)
		return __real_recvmmsg(fd, messages, n, flags, timeout);
	errno = receive_error;
	receive_error = 0;
	return -1;
}

int __wrap_socket(int domain, int type, int protocol)
{
	if (no_ipv6 && domain == AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return __real_socket(domain, type, protocol);
}

static void test_answers_from_where_it_was_asked(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0,::", 500, 848, 4500), 0);
	expect_talk("127.0.0.1", "127.0.0.1", 500);
	expect_talk("127.0.0.1", "127.0.0.7", 848);
	expect_talk("127.0.0.9", "192.0.2.1", 848);
	expect_talk("::1", "::1", 500);
	expect_talk("::1", "2001:db8::1", 848);
	assert_int_equal(heard.path.ifindex, 0);
	assert_int_equal(net_udp_stats(udp)->received, 5);
	assert_int_equal(net_udp_stats(udp)->sent, 5);
}

static void test_link_local(void **state)
{
	(void)state;
	assert_int_equal(open_at("::", 848, 0, 0), 0);
	expect_talk("fe80::1", "fe80::1", 848);
	assert_int_equal(heard.path.ifindex, 1);
	assert_int_equal(open_at("fe80::1", 848, 0, 0), -EINVAL);
}

static void test_specific_addresses(void **state)
{
	(void)state;
	assert_int_equal(open_at("127.0.0.2,0.0.0.0", 848, 0, 0), 0);
	assert_int_equal(open_at("127.0.0.2,::1", 848, 0, 0), 0);
	expect_talk("127.0.0.1", "127.0.0.2", 848);
	expect_talk("2001:db8::1", "::1", 848);
	expect_silence("127.0.0.3", 848);
	expect_silence("2001:db8::1", 848);
	expect_silence("127.0.0.2", 500);
	/* The wildcard covers the other of its family. */
	assert_int_equal(open_at("127.0.0.2,0.0.0.0,::1", 848, 0, 0), 0);
	expect_talk("127.0.0.1", "127.0.0.2", 848);
	expect_talk("127.0.0.1", "127.0.0.3", 848);
	expect_talk("2001:db8::1", "::1", 848);
	expect_silence("2001:db8::1", 848);
}

static void test_nat_port(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 0, 4500), 0);
	fd = client(NULL, 0, "127.0.0.1", 4500);
	say(fd, "\0\0\0\0message", 11);
	run_all();
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.len, 7);
	assert_memory_equal(heard.data, "message", 7);
	assert_true(heard.path.encap);
	assert_int_equal(heard.path.local.port, 4500);
	answer("reply");
	expect_heard(fd, "\0\0\0\0reply", 9);
	heard.path.encap = false;
	answer("\xff");
	expect_heard(fd, "\xff", 1);

	say(fd, "\0\0\0\0", 4);
	run_all();
	assert_int_equal(heard.count, 2);
	assert_int_equal(heard.len, 0);
	say(fd, "\xff", 1);
	run_all();
	assert_int_equal(net_udp_stats(udp)->keepalives, 1);
	say(fd, "\0\0\0\1ESP", 7);
	run_all();
	assert_int_equal(net_udp_stats(udp)->esp, 1);
	say(fd, "", 0);
	say(fd, "\xfe", 1);
	say(fd, "\0\0\0", 3);
	run_all();
	assert_int_equal(net_udp_stats(udp)->truncated, 3);
	assert_int_equal(heard.count, 2);
	assert_int_equal(net_udp_stats(udp)->received, 2);
	close(fd);

	/* Elsewhere a byte is a byte. */
	fd = client(NULL, 0, "127.0.0.1", 848);
	say(fd, "\xff", 1);
	run_all();
	assert_int_equal(heard.count, 3);
	assert_int_equal(heard.len, 1);
	close(fd);
}

static unsigned int before_others;

static int on_other(sd_event_source *source, void *arg)
{
	(void)source;
	(void)arg;
	before_others = heard.count;
	return 0;
}

static void test_others_have_their_turn(void **state)
{
	sd_event_source *other;
	int i, fd;

	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 0, 4500), 0);
	fd = client(NULL, 0, "127.0.0.1", 848);
	for (i = 0; i < 300; i++)
		say(fd, "flood", 5);
	assert_true(sd_event_run(udp_event, 0) > 0);
	assert_int_equal(heard.count, BATCH);

	/* Below us as the control socket is. */
	assert_true(sd_event_add_defer(udp_event, &other, on_other, NULL) >= 0);
	sd_event_source_set_priority(other, SD_EVENT_PRIORITY_NORMAL + 50);
	before_others = 0;
	run_all();
	assert_int_equal(heard.count, 300);
	assert_in_range(before_others, 2 * BATCH, 8 * BATCH);
	sd_event_source_unref(other);

	/* Above us as timers are: at once. */
	for (i = 0; i < 300; i++)
		say(fd, "flood", 5);
	assert_true(sd_event_add_defer(udp_event, &other, on_other, NULL) >= 0);
	sd_event_source_set_priority(other, NET_PRIORITY - 1);
	run_all();
	assert_int_equal(before_others, 300);
	sd_event_source_unref(other);
	close(fd);
}

static void test_address_in_use(void **state)
{
	char text[2048];
	int fd, on = 1;

	(void)state;
	assert_int_equal(open_at("127.0.0.2", 848, 0, 0), 0);
	/* One that would share with us. */
	fd = __real_socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind_at(fd, "127.0.0.3", 500), 0);
	assert_int_equal(open_at("127.0.0.2,127.0.0.3", 848, 500, 0), -EADDRINUSE);
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "127.0.0.3:500"));
	assert_non_null(strstr(text, "local.ports"));
	/* Nothing has changed. */
	expect_talk("127.0.0.1", "127.0.0.2", 848);
	expect_silence("127.0.0.2", 500);
	assert_int_equal(open_at("127.0.0.2,127.0.0.3", 848, 0, 500), -EADDRINUSE);
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "local.nat-port"));
	/* Nobody shares with us because of that. */
	on = __real_socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(on, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	assert_int_equal(bind_at(on, "127.0.0.2", 848), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(on);
	on = 1;
	close(fd);

	/* And nobody comes to share later, not even after a reload. */
	assert_int_equal(open_at("127.0.0.2,127.0.0.3", 848, 0, 0), 0);
	fd = __real_socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind_at(fd, "127.0.0.2", 848), -1);
	assert_int_equal(bind_at(fd, "127.0.0.3", 848), -1);
	assert_int_equal(errno, EADDRINUSE);
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	assert_int_equal(bind_at(fd, "127.0.0.2", 848), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void test_reload(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(open_at("127.0.0.2,127.0.0.3", 848, 0, 0), 0);
	/* What waits in a socket that stays is not lost. */
	fd = client(NULL, 0, "127.0.0.2", 848);
	say(fd, "waits", 5);
	assert_int_equal(open_at("127.0.0.4,127.0.0.2", 848, 500, 4500), 0);
	run_all();
	assert_int_equal(heard.count, 1);
	close(fd);
	expect_talk("127.0.0.1", "127.0.0.2", 848);
	expect_talk("127.0.0.1", "127.0.0.4", 500);
	expect_silence("127.0.0.3", 848);
	/* Overlaps. */
	assert_int_equal(open_at("0.0.0.0", 848, 500, 4500), 0);
	expect_talk("127.0.0.1", "127.0.0.3", 848);
	assert_int_equal(open_at("127.0.0.3", 848, 500, 0), 0);
	expect_talk("127.0.0.1", "127.0.0.3", 500);
	expect_silence("127.0.0.2", 848);
	expect_silence("127.0.0.3", 4500);
	/* The same port, now with zeros. */
	assert_int_equal(open_at("127.0.0.3", 848, 0, 500), 0);
	fd = client(NULL, 0, "127.0.0.3", 500);
	say(fd, "\0\0\0\0hello", 9);
	run_all();
	assert_true(heard.path.encap);
	assert_int_equal(heard.len, 5);
	close(fd);
	/* And back. */
	assert_int_equal(open_at("127.0.0.3", 848, 500, 0), 0);
	expect_talk("127.0.0.1", "127.0.0.3", 500);
}

static void test_errors_do_not_end_it(void **state)
{
	struct net_path nowhere = { .local = { addr("127.0.0.2"), 848 },
				    .remote = { addr("127.0.0.1"), 9 } };
	int i, fd;

	(void)state;
	assert_int_equal(open_at("127.0.0.2", 848, 0, 0), 0);
	/* ICMP: port unreachable. */
	heard.path = nowhere;
	for (i = 0; i < 3; i++)
		answer("is anybody there");
	run_all();
	assert_int_equal(net_udp_stats(udp)->sent, 3);
	expect_talk("127.0.0.1", "127.0.0.2", 848);

	send_error = EAGAIN;
	answer("lost");
	send_error = ENOBUFS;
	answer("lost");
	assert_int_equal(net_udp_stats(udp)->send_full, 2);
	send_error = ECONNREFUSED;
	answer("lost");
	heard.path.remote.addr = addr("198.51.100.1");
	answer("no route");
	assert_int_equal(net_udp_stats(udp)->send_failed, 2);
	heard.path.local.addr = addr("127.0.0.3");
	answer("not ours");
	assert_int_equal(net_udp_stats(udp)->no_socket, 1);

	receive_error = ECONNREFUSED;
	fd = client(NULL, 0, "127.0.0.2", 848);
	say(fd, "after it", 8);
	heard.count = 0;
	run_all();
	assert_int_equal(net_udp_stats(udp)->receive_failed, 1);
	assert_int_equal(heard.count, 1);
	close(fd);
}

static void test_broadcast_and_multicast(void **state)
{
	struct ip_mreqn group = { .imr_multiaddr = addr("239.1.1.1").in, .imr_ifindex = 1 };
	int member = __real_socket(AF_INET, SOCK_DGRAM, 0);
	int fd;

	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	fd = client(NULL, 0, "127.255.255.255", 848);
	say(fd, "to all", 6);
	run_all();
	assert_int_equal(heard.count, 0);
	assert_int_equal(net_udp_stats(udp)->not_unicast, 1);
	close(fd);

	assert_int_equal(setsockopt(member, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
				    sizeof(group)), 0);
	fd = __real_socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group)), 0);
	say_to(fd, "239.1.1.1", 848, "to many", 7);
	run_all();
	assert_int_equal(heard.count, 0);
	assert_int_equal(net_udp_stats(udp)->not_unicast, 1);
	close(fd);
	close(member);
}

static bool routes(const char *remote, uint16_t port, const char *local, uint16_t local_port)
{
	struct net_end end = { addr(remote), port };
	struct gemcast_addr wanted = addr(local);

	return net_udp_route(udp, &end, &heard.path) && net_end_equal(&heard.path.remote, &end) &&
	       net_addr_equal(&heard.path.local.addr, &wanted) && heard.path.local.port == local_port;
}

static void test_route(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0,::", 500, 848, 4500), 0);
	assert_true(routes("127.0.0.5", 848, "127.0.0.1", 848));
	assert_false(heard.path.encap);
	assert_true(routes("127.0.0.5", 500, "127.0.0.1", 500));
	assert_true(routes("127.0.0.5", 12345, "127.0.0.1", 500));
	assert_true(routes("192.0.2.1", 848, "192.0.2.1", 848));
	assert_true(routes("::1", 848, "::1", 848));
	assert_true(routes("127.0.0.5", 4500, "127.0.0.1", 4500));
	assert_true(heard.path.encap);
	answer("to its port");
	assert_int_equal(net_udp_stats(udp)->sent, 1);
	assert_false(routes("198.51.100.1", 848, "127.0.0.1", 848));
	assert_false(routes("2001:db8:1::1", 848, "::1", 848));

	/* Only by an address of ours. */
	assert_int_equal(open_at("127.0.0.2,2001:db8::1", 848, 0, 4501), 0);
	assert_true(routes("127.0.0.5", 848, "127.0.0.2", 848));
	assert_true(routes("127.0.0.5", 500, "127.0.0.2", 848));
	assert_true(routes("127.0.0.5", 4500, "127.0.0.2", 4501));
	assert_true(heard.path.encap);
	assert_true(routes("127.0.0.5", 4501, "127.0.0.2", 4501));
	assert_true(routes("::1", 848, "2001:db8::1", 848));
	assert_int_equal(open_at("127.0.0.2", 848, 0, 0), 0);
	assert_false(routes("::1", 848, "::1", 848));
	assert_true(routes("127.0.0.5", 4500, "127.0.0.2", 848));
	assert_false(heard.path.encap);
}

static void test_overflow_is_counted(void **state)
{
	static char large[60000];
	int i, round, fd;

	(void)state;
	assert_int_equal(open_at("127.0.0.2", 848, 0, 0), 0);
	fd = client(NULL, 0, "127.0.0.2", 848);
	for (round = 1; round <= 2; round++) {
		for (i = 0; i < 400; i++)
			say(fd, large, sizeof(large));
		run_all();
		assert_in_range(heard.count, round * 50, round * 400 - 1);
		say(fd, "one more", 8);
		run_all();
		assert_int_equal(net_udp_stats(udp)->overflow, round * 401 - heard.count);
	}
	close(fd);
}

static void test_without_ipv6(void **state)
{
	(void)state;
	no_ipv6 = true;
	assert_int_equal(open_at("0.0.0.0,::", 848, 0, 0), 0);
	expect_talk("127.0.0.1", "127.0.0.2", 848);
	assert_int_equal(open_at("0.0.0.0,2001:db8::1", 848, 0, 0), -EAFNOSUPPORT);
	no_ipv6 = false;
}

static void test_address_that_comes_later(void **state)
{
	int fd = __real_socket(AF_INET, SOCK_DGRAM, 0);
	char text[2048];

	(void)state;
	/* Another one waits for it, too. */
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(bind_at(fd, "203.0.113.9", 848), 0);
	assert_int_equal(open_at("203.0.113.9", 848, 0, 0), -EADDRINUSE);
	close(fd);
	assert_int_equal(open_at("203.0.113.9,2001:db8::9", 848, 0, 0), 0);
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "203.0.113.9:848: no interface has this address yet"));
	assert_non_null(strstr(text, "[2001:db8::9]:848: no interface has this address yet"));
	netns_add_address("lo:9", "203.0.113.9");
	netns_add_address6("2001:db8::9", 128);
	expect_talk("127.0.0.1", "203.0.113.9", 848);
	expect_talk("::1", "2001:db8::9", 848);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, udp_kit_begin, udp_kit_end)
	const struct CMUnitTest tests[] = {
		TEST(test_answers_from_where_it_was_asked),
		TEST(test_link_local),
		TEST(test_specific_addresses),
		TEST(test_nat_port),
		TEST(test_others_have_their_turn),
		TEST(test_address_in_use),
		TEST(test_reload),
		TEST(test_errors_do_not_end_it),
		TEST(test_broadcast_and_multicast),
		TEST(test_route),
		TEST(test_overflow_is_counted),
		TEST(test_without_ipv6),
		TEST(test_address_that_comes_later),
	};
#undef TEST

	return cmocka_run_group_tests(tests, udp_kit_enter, NULL);
}
