// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Multicast by UDP: groups are joined and left, and datagrams to many sent, in a network
 * namespace of this test's own: IPv4 on the loopback interface, IPv6 on one that is
 * Ethernet. All datagrams are there when the call that sent them returns.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "netns.h"
#include "test.h"
#include "udp_kit.h"

#define BRIDGE		"gcbr0"
#define ETHERNET	"gceth0"
#define ETHERNET_ADDR	"2001:db8:2::1"

static bool have_ethernet;

/* From @source alone, if it is not NULL. */
static struct net_group group(const char *to, uint16_t port, const char *source)
{
	struct net_group g = { .to = { addr(to), port }, .ttl = 3 };

	snprintf(g.interface, sizeof(g.interface), "%s",
		 g.to.addr.family == AF_INET6 ? ETHERNET : "lo");
	if (source)
		g.source = addr(source);
	return g;
}

static int join(const char *to, uint16_t port, const char *source)
{
	const struct net_group g = group(to, port, source);

	return net_udp_join(udp, &g);
}

static void leave(const char *to, uint16_t port, const char *source)
{
	const struct net_group g = group(to, port, source);

	net_udp_leave(udp, &g);
}

static int send_group(const char *to, uint16_t port, const char *source, const char *text)
{
	const struct net_group g = group(to, port, source);

	return net_udp_send_group(udp, &g,
				  (struct chunk){ (const uint8_t *)text, strlen(text) });
}

/* It is heard so many times, and by the upcall of groups alone. */
static void expect_group(const char *to, uint16_t port, const char *source, unsigned int times)
{
	unsigned int before = heard_group.count, alone = heard.count;
	struct gemcast_addr a = addr(to);

	assert_int_equal(send_group(to, port, source, "to many"), 0);
	run_all();
	assert_int_equal(heard_group.count, before + times);
	assert_int_equal(heard.count, alone);
	if (!times)
		return;
	assert_int_equal(heard_group.len, 7);
	assert_memory_equal(heard_group.data, "to many", 7);
	assert_true(net_addr_equal(&heard_group.path.local.addr, &a));
	assert_int_equal(heard_group.path.local.port, port);
	a = addr(source);
	assert_true(net_addr_equal(&heard_group.path.remote.addr, &a));
}

static void test_joined(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0,::", 848, 0, 4500), 0);
	expect_group("239.1.1.1", 848, "127.0.0.1", 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	assert_int_equal(heard_group.path.remote.port, 848);
	expect_group("239.1.1.1", 848, "192.0.2.1", 1);
	/* another group, another port */
	expect_group("239.1.1.2", 848, "127.0.0.1", 0);
	expect_group("239.1.1.1", 849, "127.0.0.1", 0);
	assert_int_equal(join("239.1.1.2", 849, NULL), 0);
	expect_group("239.1.1.2", 849, "127.0.0.1", 1);
	expect_group("239.1.1.2", 848, "127.0.0.1", 0);
	expect_group("239.1.1.1", 849, "127.0.0.1", 0);
	leave("239.1.1.1", 848, NULL);
	expect_group("239.1.1.1", 848, "127.0.0.1", 0);
	expect_group("239.1.1.2", 849, "127.0.0.1", 1);
	assert_int_equal(net_udp_stats(udp)->group_received, 4);
	assert_int_equal(net_udp_stats(udp)->group_sent, 10);
	assert_int_equal(net_udp_stats(udp)->received, 0);
	assert_int_equal(net_udp_stats(udp)->not_unicast, 0);
}

static void test_joined6(void **state)
{
	(void)state;
	if (!have_ethernet)
		skip();
	assert_int_equal(open_at("::", 848, 0, 0), 0);
	expect_group("ff15::1", 848, ETHERNET_ADDR, 0);
	assert_int_equal(join("ff15::1", 848, NULL), 0);
	expect_group("ff15::1", 848, ETHERNET_ADDR, 1);
	expect_group("ff15::1", 849, ETHERNET_ADDR, 0);
	expect_group("ff15::2", 848, ETHERNET_ADDR, 0);
	/* of the link alone */
	assert_int_equal(join("ff02::1234", 848, NULL), 0);
	expect_group("ff02::1234", 848, ETHERNET_ADDR, 1);
	leave("ff15::1", 848, NULL);
	expect_group("ff15::1", 848, ETHERNET_ADDR, 0);
	/* of one source */
	assert_int_equal(join("ff15::1", 848, "2001:db8::1"), 0);
	expect_group("ff15::1", 848, ETHERNET_ADDR, 0);
	expect_group("ff15::1", 848, "2001:db8::1", 1);
	expect_talk("::1", "2001:db8::1", 848);
}

/* For this host alone is never to many, and the reverse. */
static void test_unicast_beside(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 500, 0), 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	expect_talk("127.0.0.1", "127.0.0.2", 848);
	expect_talk("127.0.0.1", "192.0.2.1", 500);
	assert_int_equal(heard_group.count, 0);
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	/* without a socket there for this host */
	assert_int_equal(open_at("127.0.0.2", 500, 0, 0), 0);
	expect_silence("127.0.0.2", 848);
	expect_group("239.1.1.1", 848, "127.0.0.2", 1);
	assert_int_equal(heard_group.path.remote.port, 500);
}

static void test_of_one_source(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0,::", 848, 0, 0), 0);
	assert_int_equal(join("239.1.1.1", 848, "192.0.2.1"), 0);
	expect_group("239.1.1.1", 848, "192.0.2.1", 1);
	expect_group("239.1.1.1", 848, "127.0.0.1", 0);
	/* a second one, and anybody, beside it: a join of its own each */
	assert_int_equal(join("239.1.1.1", 848, "127.0.0.1"), 0);
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	expect_group("239.1.1.1", 848, "127.0.0.1", 2);
	leave("239.1.1.1", 848, NULL);
	leave("239.1.1.1", 848, "192.0.2.1");
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	expect_group("239.1.1.1", 848, "192.0.2.1", 0);
}

static void test_joined_twice(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	leave("239.1.1.1", 848, NULL);
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	leave("239.1.1.1", 848, NULL);
	expect_group("239.1.1.1", 848, "127.0.0.1", 0);
	/* none is left: no harm */
	leave("239.1.1.1", 848, NULL);
}

static void leave_both(void)
{
	leave("239.1.1.1", 848, NULL);
	leave("239.1.1.2", 848, NULL);
}

static void test_left_from_within(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	assert_int_equal(join("239.1.1.2", 848, NULL), 0);
	heard_group_then = leave_both;
	send_group("239.1.1.1", 848, "127.0.0.1", "one");
	send_group("239.1.1.1", 848, "127.0.0.1", "two");
	send_group("239.1.1.2", 848, "127.0.0.1", "three");
	run_all();
	assert_int_equal(heard_group.count, 1);
	heard_group_then = NULL;
	expect_talk("127.0.0.1", "127.0.0.2", 848);
}

/* What waits in the sockets of groups is not lost, and nobody comes to share with us. */
static void test_reload(void **state)
{
	int fd, on = 1;

	(void)state;
	assert_int_equal(open_at("127.0.0.2", 500, 0, 0), 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	assert_int_equal(join("239.1.1.1", 848, "192.0.2.1"), 0);
	send_group("239.1.1.1", 848, "127.0.0.2", "waits");
	assert_int_equal(open_at("0.0.0.0,::", 848, 0, 4500), 0);
	run_all();
	assert_int_equal(heard_group.count, 1);
	expect_talk("127.0.0.1", "127.0.0.3", 848);
	expect_group("239.1.1.1", 848, "127.0.0.1", 1);
	assert_int_equal(open_at("127.0.0.2", 500, 848, 0), 0);
	expect_group("239.1.1.1", 848, "127.0.0.2", 1);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind_at(fd, "239.1.1.1", 848), -1);
	assert_int_equal(bind_at(fd, "0.0.0.0", 848), -1);
	assert_int_equal(errno, EADDRINUSE);
	close(fd);
}

static void test_taken(void **state)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char text[2048];

	(void)state;
	assert_int_equal(open_at("127.0.0.2", 500, 0, 0), 0);
	assert_int_equal(bind_at(fd, "0.0.0.0", 848), 0);
	assert_int_equal(join("239.1.1.1", 848, NULL), -EADDRINUSE);
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "239.1.1.1:848 on lo"));
	close(fd);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	expect_group("239.1.1.1", 848, "127.0.0.2", 1);
}

/* Of messages behind four zero bytes (RFC 9838 2.4.1.1). */
static void test_port_4500(void **state)
{
	struct ip_mreqn lo = { .imr_ifindex = 1 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	assert_int_equal(open_at("0.0.0.0", 848, 0, 4500), 0);
	assert_int_equal(join("239.1.1.1", 4500, NULL), 0);
	expect_group("239.1.1.1", 4500, "127.0.0.1", 1);
	assert_true(heard_group.path.encap);
	setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &lo, sizeof(lo));
	say_to(fd, "239.1.1.1", 4500, "\0\0\0\0bytes", 9);
	run_all();
	assert_int_equal(heard_group.len, 5);
	say_to(fd, "239.1.1.1", 4500, "\0\0\0\1ESP", 7);
	run_all();
	assert_int_equal(net_udp_stats(udp)->esp, 1);
	assert_int_equal(heard_group.count, 2);
	close(fd);
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	assert_int_equal(send_group("239.1.1.1", 4500, "127.0.0.1", "no"), -EADDRNOTAVAIL);
}

/* ---- out */

static int level_of(int family)
{
	return family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

/* The TTL with which it came to another member. */
static int ttl_of(const char *to, int family, const char *source)
{
	struct group_req any = { .gr_interface = if_nametoindex(family == AF_INET ? "lo" :
										    ETHERNET) };
	int fd = socket(family, SOCK_DGRAM, 0), ttl = -1, on = 1;
	struct gemcast_addr a = addr(to);
	char control[100], data[100];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	any.gr_group.ss_family = family;
	if (family == AF_INET)
		((struct sockaddr_in *)&any.gr_group)->sin_addr = a.in;
	else
		((struct sockaddr_in6 *)&any.gr_group)->sin6_addr = a.in6;
	assert_int_equal(bind_at(fd, to, 5000), 0);
	setsockopt(fd, level_of(family), family == AF_INET ? IP_RECVTTL : IPV6_RECVHOPLIMIT,
		   &on, sizeof(on));
	assert_int_equal(setsockopt(fd, level_of(family), MCAST_JOIN_GROUP, &any, sizeof(any)),
			 0);
	assert_int_equal(send_group(to, 5000, source, "how far"), 0);
	assert_int_equal(recvmsg(fd, &msg, MSG_DONTWAIT), 7);
	c = CMSG_FIRSTHDR(&msg);
	if (c)
		memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
	close(fd);
	return ttl;
}

static void test_ttl(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0,::", 848, 0, 0), 0);
	assert_int_equal(ttl_of("239.1.1.1", AF_INET, "127.0.0.1"), 3);
	if (have_ethernet)
		assert_int_equal(ttl_of("ff15::1", AF_INET6, ETHERNET_ADDR), 3);
}

/* It leaves by its interface, whichever has the source. */
static void test_interface(void **state)
{
	struct net_group g = group("239.1.1.1", 848, "192.0.2.1");

	(void)state;
	if (!have_ethernet)
		skip();
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	snprintf(g.interface, sizeof(g.interface), ETHERNET);
	assert_int_equal(net_udp_join(udp, &g), 0);
	expect_group("239.1.1.1", 848, "192.0.2.1", 0);
	assert_int_equal(net_udp_send_group(udp, &g, (struct chunk){ (const uint8_t *)"x", 1 }),
			 0);
	run_all();
	assert_int_equal(heard_group.count, 1);
}

static bool comes_from(const char *to, const char *source, const char *interface,
		       const char *wanted)
{
	struct net_group g = group(to, 848, source);
	struct gemcast_addr from, a = addr(wanted);

	snprintf(g.interface, sizeof(g.interface), "%s", interface);
	return net_udp_group_source(udp, &g, &from) && net_addr_equal(&from, &a);
}

static void test_source(void **state)
{
	(void)state;
	assert_int_equal(open_at("0.0.0.0,::", 848, 0, 0), 0);
	assert_true(comes_from("239.1.1.1", NULL, "lo", "192.0.2.1"));
	assert_true(comes_from("239.1.1.1", "127.0.0.5", "lo", "127.0.0.5"));
	if (have_ethernet)
		assert_true(comes_from("ff15::1", NULL, ETHERNET, ETHERNET_ADDR));
	/* no route, and no interface */
	assert_false(comes_from("239.1.1.1", NULL, "", "192.0.2.1"));
	assert_false(comes_from("239.1.1.1", NULL, BRIDGE, "192.0.2.1"));
	/* by an address of ours alone */
	assert_int_equal(open_at("127.0.0.5", 500, 0, 0), 0);
	assert_true(comes_from("239.1.1.1", NULL, "lo", "127.0.0.5"));
	assert_false(comes_from("239.1.1.1", "192.0.2.1", "lo", "192.0.2.1"));
	assert_false(comes_from("ff15::1", NULL, ETHERNET, ETHERNET_ADDR));
	assert_int_equal(send_group("239.1.1.1", 848, "192.0.2.1", "no"), -EADDRNOTAVAIL);
	assert_int_equal(send_group("ff15::1", 848, NULL, "no"), -EADDRNOTAVAIL);
	assert_int_equal(net_udp_stats(udp)->no_socket, 2);
	assert_int_equal(join("239.1.1.1", 848, NULL), 0);
	assert_int_equal(send_group("239.1.1.1", 848, NULL, "whoever"), 0);
	run_all();
	assert_int_equal(heard_group.count, 1);
}

/* ---- interfaces */

/* One comes, or goes; false: bridges are not for us. */
static bool change_bridge(unsigned long what)
{
	char name[] = BRIDGE;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done = !ioctl(fd, what, name);

	close(fd);
	return done;
}

static unsigned int joined_on_bridge(void)
{
	char line[256];
	bool there = false;
	unsigned int n = 0;
	FILE *file = fopen("/proc/net/igmp", "re");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (line[0] != '\t')
			there = strstr(line, BRIDGE);
		else if (there && strstr(line, "010101EF"))
			n++;
	}
	fclose(file);
	return n;
}

static void test_interface_that_comes(void **state)
{
	struct net_group g = group("239.1.1.1", 848, NULL);
	char text[2048];

	(void)state;
	snprintf(g.interface, sizeof(g.interface), BRIDGE);
	assert_int_equal(open_at("0.0.0.0", 848, 0, 0), 0);
	assert_int_equal(net_udp_join(udp, &g), 0);
	logged(text, sizeof(text));
	assert_non_null(strstr(text, "239.1.1.1:848 on " BRIDGE ": no such interface"));
	net_udp_follow(udp);
	if (!change_bridge(SIOCBRADDBR))
		skip();
	net_udp_follow(udp);
	assert_int_equal(joined_on_bridge(), 1);
	/* Another one of this name. */
	assert_true(change_bridge(SIOCBRDELBR));
	assert_true(change_bridge(SIOCBRADDBR));
	assert_int_equal(joined_on_bridge(), 0);
	net_udp_follow(udp);
	assert_int_equal(joined_on_bridge(), 1);
	/* Left while it is away. */
	assert_true(change_bridge(SIOCBRDELBR));
	net_udp_follow(udp);
	net_udp_leave(udp, &g);
	assert_true(change_bridge(SIOCBRADDBR));
	net_udp_follow(udp);
	assert_int_equal(joined_on_bridge(), 0);
	assert_true(change_bridge(SIOCBRDELBR));
	/* By the routes, of which there is none. */
	g.interface[0] = '\0';
	assert_int_equal(net_udp_join(udp, &g), 0);
	net_udp_follow(udp);
}

static int enter(void **state)
{
	if (udp_kit_enter(state))
		return -1;
	have_ethernet = netns_add_ethernet(ETHERNET, ETHERNET_ADDR);
	return 0;
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, udp_kit_begin, udp_kit_end)
	const struct CMUnitTest tests[] = {
		TEST(test_joined),
		TEST(test_joined6),
		TEST(test_unicast_beside),
		TEST(test_of_one_source),
		TEST(test_joined_twice),
		TEST(test_left_from_within),
		TEST(test_reload),
		TEST(test_taken),
		TEST(test_port_4500),
		TEST(test_ttl),
		TEST(test_interface),
		TEST(test_source),
		TEST(test_interface_that_comes),
	};
#undef TEST

	return cmocka_run_group_tests(tests, enter, NULL);
}
