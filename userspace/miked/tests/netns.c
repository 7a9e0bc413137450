// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A network namespace of a test's own, with nothing in it but the loopback interface.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
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

bool netns_enter(void)
{
	struct ifreq up = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };

	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		print_message("no network namespace: %s\n", strerror(errno));
		return false;
	}
	request(AF_INET, SIOCSIFFLAGS, &up);
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
void netns_add_address6(const char *addr, unsigned int prefix)
{
	struct in6_ifreq add = { .ifr6_prefixlen = prefix, .ifr6_ifindex = 1 };
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_scope_id = 1 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET6, addr, &add.ifr6_addr), 1);
	request(AF_INET6, SIOCSIFADDR, &add);
	sa.sin6_addr = add.ifr6_addr;
	while (bind(fd, (const struct sockaddr *)&sa, sizeof(sa)))
		sched_yield();
	close(fd);
}
