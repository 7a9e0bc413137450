// SPDX-License-Identifier: GPL-2.0-or-later
/* mcast send, mcast await */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/errqueue.h>	/* needs <time.h> */

#include "mcast.h"

#define STALLED		60	/* seconds without progress of a receiver */
#define BATCH_MAX	64	/* what the kernel takes in one call */

static struct {
	struct sockaddr_storage group;
	const char *dev, *source, *mtu_discover;
	struct payload next;
	unsigned long count;
	bool endless;
	uint32_t *sizes;	/* in turn */
	size_t nsizes;
	bool draw;		/* sizes[0] to sizes[1] */
	uint64_t random;
	unsigned long batch;
	unsigned long rate;
	struct pace *pace;
	uint32_t window;
	int ttl, tos, loop;
	bool keep_going;
	bool ask;		/* how long a datagram may be */
	unsigned long attempts, sent, failed;
	const char *error;
} s = { .next.sender = 1, .random = 1, .batch = 1, .window = 64, .ttl = -1,
	.tos = -1, .loop = -1, .error = "-" };

static void add_size(unsigned long size)
{
	s.sizes = realloc(s.sizes, (s.nsizes + 1) * sizeof(*s.sizes));
	if (!s.sizes)
		die("out of memory");
	s.sizes[s.nsizes++] = size;
}

static void parse_sizes(char *text)
{
	char *item, *to;

	s.nsizes = 0;
	s.draw = false;
	while ((item = strsep(&text, ","))) {
		if ((to = strstr(item, ".."))) {
			unsigned long last = number(to + 2, DATAGRAM_MAX);

			*to = '\0';
			for (unsigned long n = number(item, last); n <= last; n++)
				add_size(n);
		} else if ((to = strchr(item, '-'))) {
			if (text || s.nsizes)
				die("a range to draw from stands alone");
			s.draw = true;
			*to = '\0';
			add_size(number(item, DATAGRAM_MAX));
			add_size(number(to + 1, DATAGRAM_MAX));
			if (s.sizes[0] > s.sizes[1])
				die("a range begins with the smaller number");
		} else {
			add_size(number(item, DATAGRAM_MAX));
		}
	}
}

static uint32_t next_size(void)
{
	if (!s.draw)
		return s.sizes[s.attempts % s.nsizes];
	s.random = s.random * 6364136223846793005 + 1442695040888963407;
	return s.sizes[0] + (s.random >> 33) % (s.sizes[1] - s.sizes[0] + 1);
}

static int mtu_discover(bool v4)
{
	static const struct {
		const char *name;
		int v4, v6;
	} words[] = {
		{ "do", IP_PMTUDISC_DO, IPV6_PMTUDISC_DO },
		{ "dont", IP_PMTUDISC_DONT, IPV6_PMTUDISC_DONT },
		{ "want", IP_PMTUDISC_WANT, IPV6_PMTUDISC_WANT },
		{ "probe", IP_PMTUDISC_PROBE, IPV6_PMTUDISC_PROBE },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i].name, s.mtu_discover))
			return v4 ? words[i].v4 : words[i].v6;
	die("do, dont, want or probe, not %s", s.mtu_discover);
}

#define V4(name) ((struct option_name){ IPPROTO_IP, name })
#define V6(name) ((struct option_name){ IPPROTO_IPV6, name })
#define BOTH(level, name) \
	((struct option_name){ level, name }), ((struct option_name){ level, name })

static int open_socket(void)
{
	int fd = socket(s.group.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool v4 = s.group.ss_family == AF_INET;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	set_option(fd, &s.group, BOTH(SOL_SOCKET, SO_SNDBUF), 4 << 20);
	if (s.source) {
		struct sockaddr_storage from;

		address(s.source, 0, s.dev ? interface(s.dev) : 0, &from);
		if (bind(fd, (void *)&from, address_len(&from)))
			die("bind %s: %s", s.source, strerror(errno));
	}
	if (s.dev && v4) {
		struct ip_mreqn dev = { .imr_ifindex = interface(s.dev) };

		if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &dev,
			       sizeof(dev)))
			die("IP_MULTICAST_IF: %s", strerror(errno));
	} else if (s.dev) {
		set_option(fd, &s.group, V4(0), V6(IPV6_MULTICAST_IF),
			   interface(s.dev));
	}
	if (s.ttl >= 0)
		set_option(fd, &s.group, V4(IP_MULTICAST_TTL),
			   V6(IPV6_MULTICAST_HOPS), s.ttl);
	if (s.tos >= 0)
		set_option(fd, &s.group, V4(IP_TOS), V6(IPV6_TCLASS), s.tos);
	if (s.loop >= 0)
		set_option(fd, &s.group, V4(IP_MULTICAST_LOOP),
			   V6(IPV6_MULTICAST_LOOP), s.loop);
	if (s.mtu_discover) {
		set_option(fd, &s.group, V4(IP_MTU_DISCOVER),
			   V6(IPV6_MTU_DISCOVER), mtu_discover(v4));
		if (!v4)
			set_option(fd, &s.group, V4(0), V6(IPV6_DONTFRAG),
				   !strcmp(s.mtu_discover, "do"));
	}
	if (s.ask)
		set_option(fd, &s.group, V4(IP_RECVERR), V6(IPV6_RECVERR), 1);
	return fd;
}

/* What the socket's error queue says that the MTU is; 0: nothing. */
static uint32_t told_mtu(int fd)
{
	struct sock_extended_err error;
	struct sockaddr_storage to;
	uint8_t data[1], control[512];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return 0;
	if (to.ss_family == AF_INET6)	/* the group's, as we gave it */
		((struct sockaddr_in6 *)&to)->sin6_scope_id =
			((struct sockaddr_in6 *)&s.group)->sin6_scope_id;
	if (memcmp(&to, &s.group, address_len(&s.group)) != 0)
		return 0;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg)) {
		if (cmsg->cmsg_type != IP_RECVERR &&
		    cmsg->cmsg_type != IPV6_RECVERR)
			continue;
		memcpy(&error, CMSG_DATA(cmsg), sizeof(error));
		if (error.ee_origin == SO_EE_ORIGIN_LOCAL &&
		    error.ee_errno == EMSGSIZE)
			return error.ee_info;
	}
	return 0;
}

/*
 * Writes what one call sends: *@n datagrams of *@segment bytes, the last of which
 * GSO allows to be shorter. Returns the length of them all.
 */
static size_t fill(uint8_t *buf, unsigned long *n, uint32_t *segment)
{
	size_t len = 0;

	*segment = next_size();
	for (*n = 0; *n < s.batch;) {
		struct payload p = s.next;
		bool last;

		p.seq += *n;
		p.size = *segment;
		last = stopped ||
		       (!s.endless && s.attempts + *n + 1 == s.count);
		if (last && s.draw && p.size < PAYLOAD_HEADER && !*n)
			p.size = *segment = PAYLOAD_HEADER;
		p.last = last && p.size >= PAYLOAD_HEADER;
		if (s.batch > 1 && *n + 1 == s.batch &&
		    p.size > 2 * PAYLOAD_HEADER)
			p.size -= p.seq % PAYLOAD_HEADER;
		payload_write(&p, buf + len);
		len += p.size;
		++*n;
		if (last)
			break;
	}
	return len;
}

static void send_all(int fd)
{
	static uint8_t buf[DATAGRAM_MAX];
	struct timespec due;

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (bool last = false; !last;) {
		unsigned long n;
		uint32_t segment;
		size_t len;

		if (s.pace &&
		    !pace_wait(s.pace, s.next.sender,
			       s.next.seq + s.batch > s.window ?
				       s.next.seq + s.batch - s.window : 0,
			       STALLED) && !stopped)
			die("the receivers stopped after %u of %u datagrams",
			    pace_slowest(s.pace, s.next.sender), s.next.seq);
		last = stopped;
		len = fill(buf, &n, &segment);
		s.attempts += n;
		last = last || (!s.endless && s.attempts >= s.count);
		if (s.batch > 1)
			set_option(fd, &s.group, BOTH(IPPROTO_UDP, UDP_SEGMENT),
				   segment);
		if (sendto(fd, buf, len, 0, (void *)&s.group,
			   address_len(&s.group)) >= 0) {
			s.sent += n;
			s.next.seq += n;
		} else {
			s.failed += n;
			s.error = strerrorname_np(errno);
			if (!s.keep_going)
				return;
		}
		if (s.rate && !last) {
			due.tv_nsec += n * (1000000000 / s.rate);
			due.tv_sec += due.tv_nsec / 1000000000;
			due.tv_nsec %= 1000000000;
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due,
					NULL);
		}
	}
}

/*
 * Every CPU has a queue of its own on the way: a sender that moves to another CPU
 * overtakes itself.
 */
static void stay_here(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity: %s", strerror(errno));
}

int cmd_send(int argc, char **argv)
{
	const char *pace = NULL;
	char sizes[] = "100", *given = NULL;
	int option, fd;

	while ((option = getopt(argc, argv, "i:b:u:n:s:S:g:r:p:w:t:q:l:d:ke")) !=
	       -1) {
		switch (option) {
		case 'i':
			s.dev = optarg;
			break;
		case 'b':
			s.source = optarg;
			break;
		case 'u':
			s.next.sender = number(optarg, UINT32_MAX);
			break;
		case 'n':
			s.count = number(optarg, UINT32_MAX);
			s.endless = !s.count;
			break;
		case 's':
			given = optarg;
			break;
		case 'S':
			s.random = number(optarg, UINT32_MAX);
			break;
		case 'g':
			s.batch = number(optarg, BATCH_MAX);
			break;
		case 'r':
			s.rate = number(optarg, 1000000000);
			break;
		case 'p':
			pace = optarg;
			break;
		case 'w':
			s.window = number(optarg, UINT32_MAX);
			break;
		case 't':
			s.ttl = number(optarg, 255);
			break;
		case 'q':
			s.tos = number(optarg, 255);
			break;
		case 'l':
			s.loop = number(optarg, 1);
			break;
		case 'd':
			s.mtu_discover = optarg;
			break;
		case 'k':
			s.keep_going = true;
			break;
		case 'e':
			s.ask = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != 2)
		die("send needs a group and a port");
	address(argv[optind], number(argv[optind + 1], 65535),
		s.dev ? interface(s.dev) : 0, &s.group);
	parse_sizes(given ? given : sizes);
	if (!s.count && !s.endless)
		s.count = s.draw ? 1 : s.nsizes;
	if (!s.batch || s.batch > s.window)
		die("a batch is 1 to the window");
	if (pace) {
		s.pace = pace_open(pace);
		if (s.next.sender >= PACE_SENDERS)
			die("-p takes senders up to %d", PACE_SENDERS - 1);
	}
	catch_signals();
	stay_here();
	fd = open_socket();
	send_all(fd);
	printf("sender=%u sent=%lu failed=%lu error=%s", s.next.sender,
	       s.sent, s.failed, s.error);
	if (s.ask)
		printf(" mtu=%u", told_mtu(fd));
	printf("\n");
	return s.failed != 0;
}

int cmd_await(int argc, char **argv)
{
	unsigned int seconds = STALLED;
	unsigned long sender, count;
	int option;

	while ((option = getopt(argc, argv, "w:")) != -1) {
		if (option != 'w')
			return 2;
		seconds = number(optarg, UINT32_MAX);
	}
	if (argc - optind != 3)
		die("await needs a file, a sender and a count");
	sender = number(argv[optind + 1], PACE_SENDERS - 1);
	count = number(argv[optind + 2], UINT32_MAX);
	catch_signals();
	return !pace_wait(pace_open(argv[optind]), sender, count, seconds);
}
