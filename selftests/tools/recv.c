// SPDX-License-Identifier: GPL-2.0-or-later
/* mcast recv */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mcast.h"

#define GROUPS_MAX	256
#define BUFFER		(64 << 20)

/* A sender is told from others by the address and port that it sends from. */
struct sender {
	struct sender *next;
	struct sockaddr_storage from;
	bool known;		/* its number is */
	uint32_t id;
	uint32_t total;		/* 0 until the last one came */
	uint32_t expected;	/* sequence number */
	uint32_t received, shorts, late, duplicates, corrupt;
	uint8_t *seen;		/* a bit for each sequence number */
	size_t nseen;
	bool complete;
};

static struct {
	const char *dev;
	struct pollfd fds[GROUPS_MAX];
	struct sockaddr_storage groups[GROUPS_MAX];
	unsigned int ngroups;
	unsigned long want_senders, want_count;
	bool by_count;
	unsigned int seconds;
	bool verbose;
	bool trains;
	struct pace *pace;
	int row;
	struct sender *senders;
	unsigned long received, complete, merged;
} r = { .want_senders = 1, .seconds = 30 };

#define V4(name) ((struct option_name){ IPPROTO_IP, name })
#define V6(name) ((struct option_name){ IPPROTO_IPV6, name })
#define BOTH(level, name) \
	((struct option_name){ level, name }), ((struct option_name){ level, name })

static bool is_multicast(const struct sockaddr_storage *address)
{
	const struct sockaddr_in6 *v6 = (void *)address;
	const struct sockaddr_in *v4 = (void *)address;

	if (address->ss_family == AF_INET)
		return IN_MULTICAST(ntohl(v4->sin_addr.s_addr));
	return IN6_IS_ADDR_MULTICAST(&v6->sin6_addr);
}

static void join(char *text, unsigned int port)
{
	unsigned int ifindex = r.dev ? interface(r.dev) : 0;
	struct sockaddr_storage *group = &r.groups[r.ngroups];
	char *source = strchr(text, '@');
	int fd, level, err = 0;

	if (r.ngroups == GROUPS_MAX)
		die("up to %d groups", GROUPS_MAX);
	if (source)
		*source++ = '\0';
	address(text, port, ifindex, group);
	level = group->ss_family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	fd = socket(group->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket: %s", strerror(errno));
	set_option(fd, group, BOTH(SOL_SOCKET, SO_REUSEADDR), 1);
	set_option(fd, group, BOTH(SOL_SOCKET, SO_RCVBUFFORCE), BUFFER);
	set_option(fd, group, V4(IP_MULTICAST_ALL), V6(IPV6_MULTICAST_ALL), 0);
	set_option(fd, group, V4(IP_RECVTTL), V6(IPV6_RECVHOPLIMIT), 1);
	set_option(fd, group, V4(IP_RECVTOS), V6(IPV6_RECVTCLASS), 1);
	set_option(fd, group, V4(IP_PKTINFO), V6(IPV6_RECVPKTINFO), 1);
	if (r.trains)
		set_option(fd, group, BOTH(IPPROTO_UDP, UDP_GRO), 1);
	if (bind(fd, (void *)group, address_len(group)))
		die("bind %s: %s", text, strerror(errno));
	if (source) {
		struct group_source_req req = { .gsr_interface = ifindex };

		address(source, 0, ifindex, &req.gsr_source);
		req.gsr_group = *group;
		err = setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &req,
				 sizeof(req));
	} else if (is_multicast(group)) {
		struct group_req req = { .gr_interface = ifindex };

		req.gr_group = *group;
		err = setsockopt(fd, level, MCAST_JOIN_GROUP, &req, sizeof(req));
	}
	if (err)
		die("join %s: %s", text, strerror(errno));
	r.fds[r.ngroups++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static struct sender *sender_of(const struct sockaddr_storage *from)
{
	struct sender *sender;

	for (sender = r.senders; sender; sender = sender->next)
		if (!memcmp(&sender->from, from, address_len(from)))
			return sender;
	sender = calloc(1, sizeof(*sender));
	if (!sender)
		die("out of memory");
	sender->from = *from;
	sender->next = r.senders;
	r.senders = sender;
	return sender;
}

/* Remembers @seq; false if it was there before. */
static bool first_time(struct sender *sender, uint32_t seq)
{
	size_t byte = seq / 8;
	uint8_t bit = 1 << seq % 8;

	if (byte >= sender->nseen) {
		size_t n = 2 * byte + 1024;

		sender->seen = realloc(sender->seen, n);
		if (!sender->seen)
			die("out of memory");
		memset(sender->seen + sender->nseen, 0, n - sender->nseen);
		sender->nseen = n;
	}
	if (sender->seen[byte] & bit)
		return false;
	sender->seen[byte] |= bit;
	return true;
}

/* A datagram too short for a header holds as much of one as fits. */
static bool read_short(const struct sender *sender, const uint8_t *buf,
		       size_t size, struct payload *p)
{
	uint8_t want[PAYLOAD_HEADER];
	uint32_t word;

	*p = (struct payload){ .sender = sender->id, .seq = sender->expected,
			       .size = size };
	if (size >= 4) {
		memcpy(&word, buf, 4);
		p->sender = ntohl(word);
	} else if (!sender->known) {
		return true;
	}
	if (size >= 8) {
		memcpy(&word, buf + 4, 4);
		p->seq = ntohl(word);
	}
	payload_write(p, want);
	return !memcmp(buf, want, size);
}

static void take(struct sender *sender, const uint8_t *buf, size_t size,
		 struct payload *p)
{
	bool full = size >= PAYLOAD_HEADER;

	if (!(full ? payload_read(p, buf, size) :
		     read_short(sender, buf, size, p)) ||
	    (sender->known && p->sender != sender->id)) {
		sender->corrupt++;
		return;
	}
	if (size >= 4) {
		sender->known = true;
		sender->id = p->sender;
	}
	sender->shorts += !full;
	if (!first_time(sender, p->seq)) {
		sender->duplicates++;
		return;
	}
	sender->received++;
	r.received++;
	if (p->seq < sender->expected)
		sender->late++;
	else
		sender->expected = p->seq + 1;
	if (p->last)
		sender->total = p->seq + 1;
	if (!sender->complete && sender->total &&
	    sender->received == sender->total) {
		sender->complete = true;
		r.complete++;
	}
	if (r.pace && sender->known)
		pace_progress(r.pace, r.row, sender->id, sender->received);
}

static void print_datagram(const struct payload *p, size_t size,
			   const struct sockaddr_storage *from,
			   unsigned int group, struct msghdr *msg)
{
	unsigned int ifindex = 0;
	int ttl = -1, tos = 0;
	char dev[IF_NAMESIZE] = "-";

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		     c->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&ttl, CMSG_DATA(c), sizeof(ttl));
		else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
			tos = *CMSG_DATA(c);
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_TCLASS)
			memcpy(&tos, CMSG_DATA(c), sizeof(tos));
		else if (c->cmsg_level == IPPROTO_IP &&
			 c->cmsg_type == IP_PKTINFO)
			ifindex = ((struct in_pktinfo *)CMSG_DATA(c))->ipi_ifindex;
		else if (c->cmsg_level == IPPROTO_IPV6 &&
			 c->cmsg_type == IPV6_PKTINFO)
			ifindex = ((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex;
	}
	if_indextoname(ifindex, dev);
	printf("datagram sender=%u seq=%u size=%zu source=%s ", p->sender,
	       p->seq, size, address_text(from));
	printf("group=%s dev=%s ttl=%d tos=0x%02x\n",
	       address_text(&r.groups[group]), dev, ttl, tos);
}

/* Of the datagrams that were read at once; the last may be shorter. */
static size_t segment(struct msghdr *msg, size_t size)
{
	int each = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
			memcpy(&each, CMSG_DATA(c), sizeof(each));
	if (each <= 0 || (size_t)each >= size)
		return size;
	r.merged++;
	return each;
}

/* False if there is nothing to read. */
static bool receive(unsigned int group)
{
	static uint8_t buf[DATAGRAM_MAX + 1];
	uint8_t control[256];
	struct sockaddr_storage from = { 0 };
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from),
			      .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	ssize_t size = recvmsg(r.fds[group].fd, &msg, MSG_DONTWAIT);
	size_t each, at = 0, len;

	if (size < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return false;
		die("recvmsg: %s", strerror(errno));
	}
	each = segment(&msg, size);
	do {
		struct payload p = { 0 };

		len = (size_t)size - at < each ? size - at : each;
		take(sender_of(&from), buf + at, len, &p);
		if (r.verbose)
			print_datagram(&p, len, &from, group, &msg);
		at += len;
	} while (at < (size_t)size);
	return true;
}

static bool done(void)
{
	if (r.by_count)
		return r.want_count && r.received >= r.want_count;
	return r.complete >= r.want_senders;
}

static void receive_all(const sigset_t *unblocked)
{
	const struct timespec idle = { .tv_sec = r.seconds };

	while (!stopped && !done()) {
		int n = ppoll(r.fds, r.ngroups,
			      r.by_count && !r.want_count ? NULL : &idle,
			      unblocked);

		if (!n)
			return;
		for (unsigned int i = 0; n > 0 && i < r.ngroups; i++)
			if (r.fds[i].revents)
				receive(i);
	}
	for (unsigned int i = 0; i < r.ngroups; i++)
		while (receive(i))
			;
}

/* True if all is as it was asked for. */
static bool report(void)
{
	bool good = r.by_count ? r.received == r.want_count :
				 r.complete == r.want_senders;

	for (struct sender *s = r.senders; s; s = s->next) {
		uint32_t upto = s->total ? s->total : s->expected;

		if (s->known)
			printf("sender=%u", s->id);
		else
			printf("sender=-");
		printf(" source=%s received=%u total=", address_text(&s->from),
		       s->received);
		if (s->total)
			printf("%u", s->total);
		else
			printf("-");
		printf(" short=%u lost=%u late=%u duplicate=%u corrupt=%u\n",
		       s->shorts, upto - s->received, s->late, s->duplicates,
		       s->corrupt);
		if (upto != s->received || s->late || s->duplicates ||
		    s->corrupt || (!r.by_count && !s->complete))
			good = false;
	}
	if (!r.senders)
		printf("sender=- received=0\n");
	if (r.trains)
		printf("merged=%lu\n", r.merged);
	return good;
}

int cmd_recv(int argc, char **argv)
{
	sigset_t blocked, unblocked;
	const char *pace = NULL;
	unsigned int port;
	int option;

	while ((option = getopt(argc, argv, "i:c:n:w:p:gv")) != -1) {
		switch (option) {
		case 'i':
			r.dev = optarg;
			break;
		case 'c':
			r.want_senders = number(optarg, UINT32_MAX);
			break;
		case 'n':
			r.want_count = number(optarg, UINT32_MAX);
			r.by_count = true;
			break;
		case 'w':
			r.seconds = number(optarg, UINT32_MAX);
			break;
		case 'p':
			pace = optarg;
			break;
		case 'g':
			r.trains = true;
			break;
		case 'v':
			r.verbose = true;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2)
		die("recv needs a port and a group");
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &unblocked);
	catch_signals();
	port = number(argv[optind], 65535);
	for (int i = optind + 1; i < argc; i++)
		join(argv[i], port);
	if (pace) {
		r.pace = pace_open(pace);
		r.row = pace_join(r.pace);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("READY\n");
	receive_all(&unblocked);
	return !report();
}
