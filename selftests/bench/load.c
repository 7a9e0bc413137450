// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The load of a benchmark, between the plugin's markers:
 *
 *	load -p -c FD -n COUNT			pktgen, as it was configured
 *	load -c FD -n COUNT UDP...		a socket
 *	load -f NETNS -n COUNT UDP... [-m] [-r]	a socket in that namespace, and one here
 *
 * UDP... is -i DEV -g ADDRESS -l BYTES [-s SEGMENTS] [-a SOURCES]: COUNT datagrams of
 * BYTES to ADDRESS, port 5000, SEGMENTS of them by one call (UDP_SEGMENT), from SOURCES
 * addresses in turn, 10.64.0.0 the first. -x COPIES: each is to arrive so often. -b BURST:
 * a rest after so many, for queues on the way.
 *
 * It ends when as many have arrived, or none arrives any more, and prints how many. With
 * -c, those are what the counter in the file of that descriptor has grown by; with -f,
 * what was received here by DEV, and with -m by as many in the sender's namespace, too;
 * with -r, many at once (UDP_GRO), if the kernel has them so.
 * If the kernel refuses to send with SEGMENTS, it prints "refused".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "marker.h"

#define PORT		5000
#define PATIENCE	200	/* rounds of a millisecond without a packet */
#define AHEAD		64	/* datagrams that nobody has read yet */
#define REST		20000000 /* ns */
#define FIRST_SOURCE	0x0a400000

struct load {
	bool pktgen, member, trains;
	int counter;			/* or -1 */
	const char *netns, *dev;
	struct in_addr to;
	unsigned long count, sources, segments, copies, burst;
	size_t bytes;

	int out, in, in_member;		/* sockets; -1: there is none */
	unsigned long sent, received, received_member;
};

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("load: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	exit(1);
}

/* Of /proc/net/netstat: packets that came in; here each segment of one counts. */
static unsigned long segments_in(char *text)
{
	static const char ext[] = "\nIpExt: ";
	char *names = strstr(text, ext), *values, *name, *value;
	char *names_left = NULL, *values_left = NULL;

	values = names ? strstr(names + 1, ext) : NULL;
	if (!values)
		die("/proc/net/netstat has no IpExt");
	*values = '\0';
	name = strtok_r(names, " \n", &names_left);
	value = strtok_r(values + 1, " \n", &values_left);
	while (name && value && strcmp(name, "InNoECTPkts")) {
		name = strtok_r(NULL, " \n", &names_left);
		value = strtok_r(NULL, " \n", &values_left);
	}
	if (!name || !value)
		die("/proc/net/netstat has no InNoECTPkts");
	return strtoul(value, NULL, 10);
}

static unsigned long counter(int fd)
{
	static char text[8192];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		die("the counter: %s", strerror(errno));
	text[n] = '\0';
	return strncmp(text, "TcpExt:", 7) ? strtoul(text, NULL, 10) : segments_in(text);
}

static void run_pktgen(void)
{
	static const char start[] = "start\n";
	int fd = open("/proc/net/pktgen/pgctrl", O_WRONLY);

	if (fd < 0 || write(fd, start, sizeof(start) - 1) < 0)
		die("pktgen: %s", strerror(errno));
	close(fd);
}

static int receiver(const struct load *load)
{
	const struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	const struct ip_mreqn mreq = {
		.imr_multiaddr = load->to, .imr_ifindex = (int)if_nametoindex(load->dev),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 1 << 22, on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    (load->trains && setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on))) ||
	    bind(fd, (const struct sockaddr *)&at, sizeof(at)) ||
	    setsockopt(fd, SOL_IP, IP_ADD_MEMBERSHIP, &mreq, sizeof(mreq)))
		die("to receive by %s: %s", load->dev, strerror(errno));
	return fd;
}

static int sender(const struct load *load)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = load->to,
	};
	const struct ip_mreqn mreq = { .imr_ifindex = (int)if_nametoindex(load->dev) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = (int)load->bytes, hops = 8;
	int loop = load->member, room = 1 << 22;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) ||
	    setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)) ||
	    setsockopt(fd, SOL_IP, IP_MULTICAST_TTL, &hops, sizeof(hops)) ||
	    setsockopt(fd, SOL_IP, IP_MULTICAST_LOOP, &loop, sizeof(loop)) ||
	    (load->segments > 1 && setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size))) ||
	    (!load->sources && connect(fd, (const struct sockaddr *)&to, sizeof(to))))
		die("to send by %s: %s", load->dev, strerror(errno));
	return fd;
}

static void open_sockets(struct load *load)
{
	int netns;

	load->out = load->in = load->in_member = -1;
	if (load->pktgen)
		return;
	if (load->netns) {
		load->in = receiver(load);
		netns = open(load->netns, O_RDONLY | O_CLOEXEC);
		if (netns < 0 || setns(netns, CLONE_NEWNET))
			die("%s: %s", load->netns, strerror(errno));
		close(netns);
	}
	if (load->member)
		load->in_member = receiver(load);
	load->out = sender(load);
}

static ssize_t send_from(const struct load *load, const struct iovec *text, unsigned long i)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = load->to,
	};
	union {
		char buf[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr header;
	} control = { 0 };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to),
		.msg_iov = (struct iovec *)text, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(FIRST_SOURCE + i) };

	control.header.cmsg_level = SOL_IP;
	control.header.cmsg_type = IP_PKTINFO;
	control.header.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	return sendmsg(load->out, &msg, 0);
}

static unsigned long drain(int fd)
{
	static struct mmsghdr msgs[AHEAD];
	unsigned long all = 0;
	int n;

	if (fd < 0)
		return 0;
	do {
		n = recvmmsg(fd, msgs, AHEAD, MSG_DONTWAIT | MSG_TRUNC, NULL);
		all += n > 0 ? (unsigned long)n : 0;
	} while (n == AHEAD);
	return all;
}

/* The same of a socket that reads many datagrams at once, all of one length. */
static unsigned long drain_trains(const struct load *load)
{
	unsigned long all = 0;
	ssize_t n;

	while ((n = recv(load->in, NULL, 0, MSG_DONTWAIT | MSG_TRUNC)) > 0)
		all += (size_t)n / load->bytes;
	return all;
}

static void drain_all(struct load *load)
{
	load->received += load->trains ? drain_trains(load) : drain(load->in);
	load->received_member += drain(load->in_member);
}

/* Where nobody reads here: who works at its own pace on the way comes to an end. */
static void rest(void)
{
	const struct timespec nap = { .tv_nsec = REST };

	nanosleep(&nap, NULL);
}

/* False: the kernel does not take them so. */
static bool run_udp(struct load *load)
{
	static char text[65536];
	const struct iovec part = { text, load->bytes * load->segments };
	const unsigned long ahead = load->counter < 0 ? AHEAD : load->burst;
	unsigned long i, behind = 0;
	ssize_t n;

	for (i = 0; i < load->count / load->segments; i++) {
		if (load->sources)
			n = send_from(load, &part, i % load->sources);
		else
			n = send(load->out, text, part.iov_len, 0);
		if (n < 0 && load->segments > 1 && errno == EIO)
			return false;
		if (n < 0)
			die("send: %s", strerror(errno));
		behind += load->segments;
		if (!ahead || behind + load->segments <= ahead)
			continue;
		if (load->counter < 0)
			drain_all(load);
		else
			rest();
		behind = 0;
	}
	return true;
}

static unsigned long arrived(struct load *load, unsigned long before)
{
	if (load->counter >= 0)
		return counter(load->counter) - before;
	drain_all(load);
	if (load->member && load->received_member < load->received)
		return load->received_member;
	return load->received;
}

/* What is still on its way when all was sent. */
static unsigned long await(struct load *load, unsigned long before)
{
	const struct timespec nap = { .tv_nsec = 1000000 };
	unsigned long last = 0, n;
	int patience;

	for (patience = PATIENCE; patience; patience--) {
		n = arrived(load, before);
		if (n >= load->count * load->copies)
			return n;
		if (n != last)
			patience = PATIENCE;
		last = n;
		nanosleep(&nap, NULL);
	}
	return last;
}

static void parse(struct load *load, int argc, char **argv)
{
	int option;

	*load = (struct load){ .counter = -1, .segments = 1, .copies = 1 };
	while ((option = getopt(argc, argv, "pmrc:n:f:i:g:l:s:a:x:b:")) != -1) {
		switch (option) {
		case 'p': load->pktgen = true; break;
		case 'm': load->member = true; break;
		case 'r': load->trains = true; break;
		case 'c': load->counter = atoi(optarg); break;
		case 'n': load->count = strtoul(optarg, NULL, 10); break;
		case 'f': load->netns = optarg; break;
		case 'i': load->dev = optarg; break;
		case 'g': load->to.s_addr = inet_addr(optarg); break;
		case 'l': load->bytes = strtoul(optarg, NULL, 10); break;
		case 's': load->segments = strtoul(optarg, NULL, 10); break;
		case 'a': load->sources = strtoul(optarg, NULL, 10); break;
		case 'b': load->burst = strtoul(optarg, NULL, 10); break;
		case 'x': load->copies = strtoul(optarg, NULL, 10); break;
		default: die("see its source");
		}
	}
	if (!load->count || !load->segments || load->count % load->segments ||
	    (load->counter < 0) == !load->netns || (!load->pktgen && (!load->dev || !load->bytes)))
		die("see its source");
}

int main(int argc, char **argv)
{
	struct load load;
	unsigned long before = 0, n = 0;
	bool taken = true;

	parse(&load, argc, argv);
	open_sockets(&load);
	if (load.counter >= 0)
		before = counter(load.counter);
	marker_begin();
	if (load.pktgen)
		run_pktgen();
	else
		taken = run_udp(&load);
	if (taken)
		n = await(&load, before);
	marker_end();
	if (taken)
		printf("%lu\n", n / load.copies);
	else
		puts("refused");
	return 0;
}
