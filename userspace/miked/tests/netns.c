// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network namespace of a test's own, with nothing in it but the loopback interface.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "netns.h"
#include "test.h"

static void request(int family, unsigned long what, void *argument)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, what, argument), 0);
	close(fd);
}

static void set_up(const char *name)
{
	struct ifreq up = { .ifr_flags = IFF_UP | IFF_RUNNING };

	snprintf(up.ifr_name, sizeof(up.ifr_name), "%s", name);
	request(AF_INET, SIOCSIFFLAGS, &up);
}

bool netns_enter(void)
{
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		print_message("no network namespace: %s\n", strerror(errno));
		return false;
	}
	set_up("lo");
	return true;
}

void netns_add_address(const char *name, const char *addr)
{
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct ifreq add = { 0 };

	assert_int_equal(inet_pton(AF_INET, addr, &sa.sin_addr), 1);
	snprintf(add.ifr_name, sizeof(add.ifr_name), "%s", name);
	memcpy(&add.ifr_addr, &sa, sizeof(add.ifr_addr));
	request(AF_INET, SIOCSIFADDR, &add);
}

/* The kernel takes it into use a moment after it was told. */
static void add_address6(const char *addr, unsigned int prefix, unsigned int ifindex)
{
	struct in6_ifreq add = { .ifr6_prefixlen = prefix, .ifr6_ifindex = (int)ifindex };
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_scope_id = ifindex };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET6, addr, &add.ifr6_addr), 1);
	request(AF_INET6, SIOCSIFADDR, &add);
	sa.sin6_addr = add.ifr6_addr;
	while (bind(fd, (const struct sockaddr *)&sa, sizeof(sa)))
		sched_yield();
	close(fd);
}

void netns_add_address6(const char *addr, unsigned int prefix)
{
	add_address6(addr, prefix, 1);
}

/* Two ends, of which one only has to be there. */
static bool add_veth(const char *name, const char *other)
{
	_Alignas(struct nlmsghdr) char room[4096];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(room);
	struct mnl_socket *nl = mnl_socket_open(NETLINK_ROUTE);
	struct nlattr *info, *data, *peer;
	int n;

	assert_non_null(nl);
	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, other);
	mnl_attr_nest_end(nlh, peer);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	assert_true(mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) > 0);
	n = (int)mnl_socket_recvfrom(nl, room, sizeof(room));
	n = mnl_cb_run(room, n > 0 ? (size_t)n : 0, 0, 0, NULL, NULL);
	mnl_socket_close(nl);
	return n >= 0;
}

/* Nobody else could have its addresses. */
static void without_dad(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/accept_dad", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0", 1), 1);
	close(fd);
}

bool netns_add_ethernet(const char *name, const char *addr6)
{
	struct sockaddr_in6 all = { .sin6_family = AF_INET6, .sin6_port = 1 };
	static const char other[] = "other-end";
	int fd;

	if (!add_veth(name, other))
		return false;
	without_dad(name);
	set_up(other);
	set_up(name);
	all.sin6_scope_id = if_nametoindex(name);
	add_address6(addr6, 64, all.sin6_scope_id);
	inet_pton(AF_INET6, "ff02::1", &all.sin6_addr);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	while (connect(fd, (const struct sockaddr *)&all, sizeof(all)))
		sched_yield();
	close(fd);
	return true;
}
