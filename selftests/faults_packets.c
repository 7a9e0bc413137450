// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * timeout=900
 *
 * Every way of a packet, with its first allocation failing, its second, and so on
 * until all have failed once: the packet may be lost, but it is not sent in the
 * clear, and the next one comes through. Only the debug kernel can do it.
 *
 * The hosts are namespaces with tap devices that this process reads and writes:
 * sending and receiving are its own system calls, and so are the allocations.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/mroute.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include "kselftest_harness.h"
#include "nl_request.h"
#include "fault.h"

#define PORT		5000
#define MARK		"in the clear"
#define FRAMES		128
#define FRAME_MAX	2048
#define SAY(...)	ASSERT_EQ(0, say(__VA_ARGS__))

struct host {
	int ns, tap, socks[2];		/* IPv4, IPv6 */
};

struct frames {
	int n;
	struct {
		int len;
		char data[FRAME_MAX];
	} frame[FRAMES];
};

/* What is sent: how long, in how many datagrams by one call, to which group. */
struct packet {
	int family, size, batch;
};

static struct frames sent, unused;
static int spi = 0x1000;

/* --- hosts ------------------------------------------------------------------- */

static void enter(const struct host *h)
{
	if (setns(h->ns, CLONE_NEWNET))
		abort();
}

static int shell(const char *fmt, ...)
{
	char command[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	return system(command);
}

/* Commands of the gemcast program, in the namespace we are in. */
static int say(const char *fmt, ...)
{
	FILE *batch = popen("gemcast -b -", "w");
	va_list args;

	va_start(args, fmt);
	vfprintf(batch, fmt, args);
	va_end(args);
	return pclose(batch);
}

static int tap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		return -1;
	/* One address for all: without ARP a host sends to its own. */
	if (shell("ip link set %s address 02:00:00:00:00:01 arp off mtu 1500 up", name))
		return -1;
	return fd;
}

/* Batches want a device that sums, which is left to this process: ESP has no sum. */
static int tap_sums(int fd)
{
	return ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM);
}

/* A socket that is a member of the group of its family. */
static int member(int family)
{
	struct group_req req = { .gr_interface = if_nametoindex("eth0") };
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&req.gr_group;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&req.gr_group;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	req.gr_group.ss_family = family;
	if (family == AF_INET) {
		inet_pton(AF_INET, "239.1.1.1", &v4->sin_addr);
		v4->sin_port = htons(PORT);
	} else {
		inet_pton(AF_INET6, "ff15::1", &v6->sin6_addr);
		v6->sin6_port = htons(PORT);
	}
	if (bind(fd, (void *)&req.gr_group, family == AF_INET ? sizeof(*v4) : sizeof(*v6)) ||
	    setsockopt(fd, family == AF_INET ? SOL_IP : SOL_IPV6, MCAST_JOIN_GROUP,
		       &req, sizeof(req)))
		return -1;
	return fd;
}

static int host_make(struct host *h, int number)
{
	if (unshare(CLONE_NEWNET))
		return -1;
	h->ns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	h->tap = tap_open("eth0");
	if (h->ns < 0 || h->tap < 0)
		return -1;
	h->socks[0] = h->socks[1] = -1;
	return shell("ip link set lo up && ip address add 10.0.0.%d/24 dev eth0 &&"
		     " ip address add fd00::%d/64 dev eth0 nodad &&"
		     " ip route add 224.0.0.0/4 dev eth0 &&"
		     " sysctl -q net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0",
		     number, number);
}

static int join(struct host *h)
{
	h->socks[0] = member(AF_INET);
	h->socks[1] = member(AF_INET6);
	return h->socks[0] < 0 || h->socks[1] < 0;
}

/* --- packets ----------------------------------------------------------------- */

/* All that came out of @tap, but not what the kernel says for itself. */
static void frames_read(int tap, struct frames *f)
{
	int len, at;

	f->n = 0;
	while (f->n < FRAMES &&
	       (len = read(tap, f->frame[f->n].data, FRAME_MAX)) > 0) {
		char *data = f->frame[f->n].data;

		at = data[12] == 8 ? 23 : 20;		/* protocol, next header */
		if (data[at] == 2 || data[at] == 58 || (!data[at] && data[12] != 8))
			continue;
		f->frame[f->n++].len = len;
	}
}

static int frames_clear(const struct frames *f)
{
	int i, n = 0;

	for (i = 0; i < f->n; i++)
		n += !!memmem(f->frame[i].data, f->frame[i].len, MARK, sizeof(MARK) - 1);
	return n;
}

static void frames_write(int tap, const struct frames *f)
{
	int i;

	for (i = 0; i < f->n; i++)
		if (write(tap, f->frame[i].data, f->frame[i].len) < 0)
			continue;
}

/*
 * How many datagrams its members have got, when nothing more comes: some come by
 * way of the kernel's own thread.
 */
static int received(const struct host *h)
{
	struct pollfd fds[2] = { { h->socks[0], POLLIN, 0 }, { h->socks[1], POLLIN, 0 } };
	static char buf[65536];
	int i, n = 0;

	if (h->socks[0] < 0)
		return 0;
	while (poll(fds, 2, 20) > 0)
		for (i = 0; i < 2; i++)
			while (recv(h->socks[i], buf, sizeof(buf), 0) >= 0)
				n++;
	return n;
}

static int sender(const struct packet *p)
{
	int fd = socket(p->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = p->size, hops = 8;
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	struct sockaddr_in to4 = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int dev = if_nametoindex("eth0"), err;

	if (p->batch && setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)))
		return -1;
	if (p->family == AF_INET) {
		struct ip_mreqn mreq = { .imr_ifindex = dev };

		inet_pton(AF_INET, "239.1.1.1", &to4.sin_addr);
		err = setsockopt(fd, SOL_IP, IP_MULTICAST_IF, &mreq, sizeof(mreq)) ||
		      setsockopt(fd, SOL_IP, IP_MULTICAST_TTL, &hops, sizeof(hops)) ||
		      connect(fd, (void *)&to4, sizeof(to4));
	} else {
		inet_pton(AF_INET6, "ff15::1", &to6.sin6_addr);
		err = setsockopt(fd, SOL_IPV6, IPV6_MULTICAST_IF, &dev, sizeof(dev)) ||
		      setsockopt(fd, SOL_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)) ||
		      connect(fd, (void *)&to6, sizeof(to6));
	}
	return err ? -1 : fd;
}

static int packet_send(int fd, const struct packet *p)
{
	static char text[65536];
	int i, len = p->size * (p->batch ?: 1);

	for (i = 0; i + (int)sizeof(MARK) <= len; i += sizeof(MARK))
		memcpy(text + i, MARK, sizeof(MARK));
	return send(fd, text, len, 0) == len;
}

/* --- what the hosts are told -------------------------------------------------- */

static const char *group_of(int family)
{
	return family == AF_INET ? "239.1.1.1" : "ff15::1";
}

static const char key[] = "/run/gemcast-faults.key";

static int key_new(void)
{
	int fd = open(key, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned char bytes[20];
	unsigned int i;

	if (fd < 0 || getentropy(bytes, sizeof(bytes)))
		return -1;
	for (i = 0; i < sizeof(bytes); i++)
		dprintf(fd, "%02x", bytes[i]);
	return close(fd);
}

/* Of the sender, which may use a key only once. */
static int sending(const char *encap, const char *policy, int family, const char *dst)
{
	spi++;
	if (key_new())
		return -1;
	return say("group flush\ngroup add 7 %s\npolicy add group 7 dst %s %s\n"
		   "sa add group 7 spi %d %s dir out aead %s key file %s sid 1 bits 8\n",
		   encap, group_of(family), policy, spi, dst, AEAD, key);
}

/* Of the receiver: no sender is known to it yet. */
static int receiving(const char *encap, const char *policy, int family, const char *dst,
		     const char *replay)
{
	return say("group flush\ngroup add 7 %s\npolicy add group 7 dst %s %s\n"
		   "sa add group 7 spi %d %s dir in aead %s key file %s sid-bits 8 replay %s\n",
		   encap, group_of(family), policy, spi, dst, AEAD, key, replay);
}

struct way {
	const char *encap, *policy_out, *policy_in, *dst, *replay;
};

#define NATIVE4(words, replay)	{ "", "dev eth0 " words, "dev eth0 " words, "dst 239.1.1.1", replay }
#define NATIVE6(words, replay)	{ "", "dev eth0 " words, "dev eth0 " words, "dst ff15::1", replay }
#define UDP(words)		{ "encap udp", "dir send", "dir receive " words, "", "sid" }

FIXTURE(packets)
{
	struct host s, r;
};

FIXTURE_VARIANT(packets)
{
	struct way way;
	struct packet packet;
	bool local;			/* the sender has a member too */
};


FIXTURE_SETUP(packets)
{
	ASSERT_EQ(0, fault_open());
	ASSERT_EQ(0, host_make(&self->s, 1));
	ASSERT_EQ(0, host_make(&self->r, 2));
	ASSERT_EQ(0, join(&self->r));
	if (variant->packet.batch)
		ASSERT_EQ(0, tap_sums(self->s.tap));
}

FIXTURE_TEARDOWN(packets)
{
	close(self->s.tap);
	close(self->r.tap);
}

FIXTURE_VARIANT_ADD(packets, tunnel4) {
	NATIVE4("", "sid"), { AF_INET, 100, 0 }, false };
FIXTURE_VARIANT_ADD(packets, tunnel4_fragments) {
	NATIVE4("", "source"), { AF_INET, 5000, 0 }, false };
FIXTURE_VARIANT_ADD(packets, tunnel4_batch) {
	NATIVE4("", "sa window 4096"), { AF_INET, 600, 10 }, false };
FIXTURE_VARIANT_ADD(packets, tunnel4_local) {
	NATIVE4("", "sid"), { AF_INET, 2000, 0 }, true };
FIXTURE_VARIANT_ADD(packets, tunnel4_local_batch) {
	NATIVE4("", "sid"), { AF_INET, 600, 10 }, true };
FIXTURE_VARIANT_ADD(packets, tunnel6) {
	NATIVE6("", "source"), { AF_INET6, 100, 0 }, false };
FIXTURE_VARIANT_ADD(packets, tunnel6_fragments) {
	NATIVE6("", "sid"), { AF_INET6, 5000, 0 }, false };
FIXTURE_VARIANT_ADD(packets, transport4) {
	NATIVE4("mode transport", "sid"), { AF_INET, 100, 0 }, true };
FIXTURE_VARIANT_ADD(packets, transport4_batch) {
	NATIVE4("mode transport", "sid"), { AF_INET, 1400, 10 }, false };
FIXTURE_VARIANT_ADD(packets, transport6_fragments) {
	NATIVE6("mode transport", "sid"), { AF_INET6, 3000, 0 }, false };
FIXTURE_VARIANT_ADD(packets, preserve_none) {
	{ "", "dev eth0 preserve none local 10.0.0.1 remote 239.9.9.9",
	  "dev eth0 preserve none local 10.0.0.2 remote 239.9.9.9", "dst 239.9.9.9", "sid" },
	{ AF_INET, 1470, 0 }, false };
FIXTURE_VARIANT_ADD(packets, udp4) {
	UDP("reinject rx dev eth0"), { AF_INET, 1470, 0 }, false };
FIXTURE_VARIANT_ADD(packets, udp4_batch) {
	UDP("reinject rx dev eth0"), { AF_INET, 600, 10 }, false };
FIXTURE_VARIANT_ADD(packets, udp6) {
	UDP("reinject rx dev eth0"), { AF_INET6, 3000, 0 }, false };

static int tell_sender(FIXTURE_DATA(packets) *self, const struct way *way, int family)
{
	enter(&self->s);
	return sending(way->encap, way->policy_out, family, way->dst) ||
	       (way->encap[0] && say("peer add group 7 to 10.0.0.2\n"
				     "peer add group 7 to 10.0.0.3\n"));
}

static int tell_receiver(FIXTURE_DATA(packets) *self, const struct way *way, int family)
{
	enter(&self->r);
	return receiving(way->encap, way->policy_in, family, way->dst, way->replay);
}

/* One more packet: all of it arrives. */
static void comes_through(struct __test_metadata *_metadata, FIXTURE_DATA(packets) *self,
			  int fd, const struct packet *p, unsigned int nth)
{
	EXPECT_TRUE(packet_send(fd, p));
	frames_read(self->s.tap, &sent);
	EXPECT_EQ(0, frames_clear(&sent));
	frames_write(self->r.tap, &sent);
	EXPECT_EQ(p->batch ?: 1, received(&self->r)) TH_LOG("after %u", nth);
}

TEST_F_TIMEOUT(packets, out, 120)
{
	const struct packet *p = &variant->packet;
	unsigned int nth;
	bool hit, went;
	int fd;

	if (variant->local) {
		enter(&self->s);
		ASSERT_EQ(0, join(&self->s));
	}
	ASSERT_EQ(0, tell_sender(self, &variant->way, p->family));
	ASSERT_EQ(0, tell_receiver(self, &variant->way, p->family));
	enter(&self->s);
	fd = sender(p);
	ASSERT_LE(0, fd);
	comes_through(_metadata, self, fd, p, 0);
	for (nth = 1; nth < FAULT_MOST; nth++) {
		frames_read(self->s.tap, &unused);
		received(&self->s);
		fault_arm(nth);
		went = packet_send(fd, p);
		hit = fault_hit();
		frames_read(self->s.tap, &sent);
		EXPECT_EQ(0, frames_clear(&sent)) TH_LOG("in the clear at %u", nth);
		frames_write(self->r.tap, &sent);
		EXPECT_GE(p->batch ?: 1, received(&self->r));
		if (!hit) {
			EXPECT_TRUE(went);
			EXPECT_LT(0, sent.n);
			break;
		}
		comes_through(_metadata, self, fd, p, nth);
	}
	if (variant->local)
		EXPECT_LT(0, received(&self->s));
	EXPECT_LT(2U, nth);
	EXPECT_GT(FAULT_MOST, nth);
	TH_LOG("%u allocations", nth - 1);
	close(fd);
}

TEST_F_TIMEOUT(packets, in, 120)
{
	const struct packet *p = &variant->packet;
	unsigned int nth;
	bool hit;
	int fd, n;

	ASSERT_EQ(0, tell_sender(self, &variant->way, p->family));
	fd = sender(p);
	ASSERT_LE(0, fd);
	for (nth = 1; nth < FAULT_MOST; nth++) {
		ASSERT_EQ(0, tell_receiver(self, &variant->way, p->family));
		ASSERT_TRUE(packet_send(fd, p));
		frames_read(self->s.tap, &sent);
		ASSERT_LT(0, sent.n);
		fault_arm(nth);
		frames_write(self->r.tap, &sent);
		hit = fault_hit();
		n = received(&self->r);
		EXPECT_GE(p->batch ?: 1, n);
		if (!hit) {
			EXPECT_EQ(p->batch ?: 1, n);
			break;
		}
		comes_through(_metadata, self, fd, p, nth);
	}
	EXPECT_LT(2U, nth);
	EXPECT_GT(FAULT_MOST, nth);
	TH_LOG("%u allocations", nth - 1);
	close(fd);
}

/* --- events and the gateway ----------------------------------------------------- */

FIXTURE(others)
{
	struct host s, r;
	struct nl events;
};

FIXTURE_SETUP(others)
{
	ASSERT_EQ(0, fault_open());
	ASSERT_EQ(0, host_make(&self->r, 2));
	ASSERT_EQ(0, join(&self->r));
	ASSERT_EQ(0, host_make(&self->s, 1));
}

FIXTURE_TEARDOWN(others)
{
	close(self->s.tap);
	close(self->r.tap);
}

static int listen_to(struct nl *nl, const char *group)
{
	return nl_open(nl) || nl_join(nl, group);
}

static bool heard(struct nl *nl)
{
	char buf[8192];
	bool any = false;

	while (recv(nl->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		any = true;
	return any;
}

static const struct packet small = { AF_INET, 100, 0 };

/* A sender without an SA: the first packet of a group's is told of. */
TEST_F_TIMEOUT(others, acquire, 120)
{
	unsigned int nth;
	bool hit = true;
	int fd;

	ASSERT_EQ(0, listen_to(&self->events, GEMCAST_MCGRP_ACQUIRE));
	fd = sender(&small);
	for (nth = 1; hit && nth < FAULT_MOST; nth++) {
		SAY("group flush\ngroup add 7\npolicy add group 7 dst 239.1.1.1 dev eth0\n");
		heard(&self->events);
		fault_arm(nth);
		EXPECT_FALSE(packet_send(fd, &small));
		hit = fault_hit();
		frames_read(self->s.tap, &sent);
		EXPECT_EQ(0, sent.n);
	}
	EXPECT_TRUE(heard(&self->events));
	TH_LOG("%u allocations", nth - 2);
}

/* Cleartext from outside, and ESP that is damaged; ten are told at once. */
TEST_F_TIMEOUT(others, audit, 120)
{
	const struct timespec pause = { .tv_nsec = 110000000 };
	unsigned int nth;
	bool hit = true;
	int fd;

	fd = sender(&small);
	ASSERT_TRUE(packet_send(fd, &small));
	frames_read(self->s.tap, &unused);
	ASSERT_EQ(1, frames_clear(&unused));
	ASSERT_EQ(0, sending("", "dev eth0", AF_INET, "dst 239.1.1.1"));
	ASSERT_TRUE(packet_send(fd, &small));
	frames_read(self->s.tap, &sent);
	sent.frame[0].data[sent.frame[0].len - 1] ^= 1;
	unused.frame[unused.n++] = sent.frame[0];

	enter(&self->r);
	ASSERT_EQ(0, listen_to(&self->events, GEMCAST_MCGRP_AUDIT));
	ASSERT_EQ(0, receiving("", "dev eth0", AF_INET, "dst 239.1.1.1", "sid"));
	for (nth = 1; hit && nth < FAULT_MOST; nth++) {
		/* the rate limit's time, for two events */
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
		heard(&self->events);
		fault_arm(nth);
		frames_write(self->r.tap, &unused);
		hit = fault_hit();
		EXPECT_EQ(0, received(&self->r));
	}
	EXPECT_TRUE(heard(&self->events));
	TH_LOG("%u allocations", nth - 2);
}

static int times_left(void)
{
	char text[16] = "";
	int fd = open(FAULT_SLAB "times", O_RDONLY | O_CLOEXEC);

	if (read(fd, text, sizeof(text) - 1) < 1)
		abort();
	close(fd);
	return atoi(text);
}

static void count_message(const struct nlmsghdr *h, void *arg)
{
	(void)h;
	++*(int *)arg;
}

static int sas(void)
{
	struct msg m;
	struct nl nl;
	int n = 0;

	msg_begin(&m, GEMCAST_CMD_SA_GET, 0);
	if (nl_open(&nl) || nl_dump(&nl, &m, NULL, count_message, &n))
		n = -1;
	close(nl.fd);
	return n;
}

/*
 * An SA at its limit ends in a worker of the kernel. Whoever asks for memory, the
 * allocation fails that comes after so many bytes.
 */
TEST_F_TIMEOUT(others, expire, 120)
{
	struct pollfd event = { .events = POLLIN };
	int fd, space, left = 0, i;
	char text[16];

	ASSERT_EQ(0, listen_to(&self->events, GEMCAST_MCGRP_EXPIRE));
	ASSERT_EQ(0, nl_join(&self->events, GEMCAST_MCGRP_SA));
	event.fd = self->events.fd;
	fd = sender(&small);
	for (space = 0; !left && space < 1 << 16; space += 256) {
		ASSERT_EQ(0, sending("", "dev eth0", AF_INET, "dst 239.1.1.1 limit packets hard 1"));
		heard(&self->events);
		snprintf(text, sizeof(text), "%d", space);
		ASSERT_EQ(0, fault_write(FAULT_SLAB, "space", text) ||
			  fault_write(FAULT_SLAB, "times", "1") ||
			  fault_write(FAULT_SLAB, "probability", "100"));
		packet_send(fd, &small);
		poll(&event, 1, 100);
		/* It may be the write itself that wants for memory, once. */
		if (fault_write(FAULT_SLAB, "probability", "0"))
			EXPECT_EQ(0, fault_write(FAULT_SLAB, "probability", "0"));
		left = times_left();
		/* where the packet itself was lost */
		packet_send(fd, &small);
		for (i = 0; i < 100 && sas(); i++)
			poll(&event, 1, 10);
		EXPECT_EQ(0, sas()) TH_LOG("the SA does not go");
		EXPECT_FALSE(packet_send(fd, &small));
		frames_read(self->s.tap, &sent);
		EXPECT_EQ(0, frames_clear(&sent));
	}
	EXPECT_EQ(0, fault_write(FAULT_SLAB, "space", "0") ||
		     fault_write(FAULT_SLAB, "times", "-1"));
	EXPECT_TRUE(heard(&self->events));
	EXPECT_EQ(1, left);
	TH_LOG("%d bytes", space);
}

static int route_multicast(void)
{
	struct mfcctl mfc = { .mfcc_parent = 0, .mfcc_ttls = { 0, 1 } };
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IGMP), one = 1, i;
	struct vifctl vif = { .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1 };

	inet_pton(AF_INET, "10.0.0.1", &mfc.mfcc_origin);
	inet_pton(AF_INET, "239.1.1.1", &mfc.mfcc_mcastgrp);
	if (setsockopt(fd, SOL_IP, MRT_INIT, &one, sizeof(one)))
		return -1;
	for (i = 0; i < 2; i++) {
		vif.vifc_vifi = i;
		vif.vifc_lcl_ifindex = if_nametoindex(i ? "eth1" : "eth0");
		if (setsockopt(fd, SOL_IP, MRT_ADD_VIF, &vif, sizeof(vif)))
			return -1;
	}
	return setsockopt(fd, SOL_IP, MRT_ADD_MFC, &mfc, sizeof(mfc)) ? -1 : fd;
}

/* A gateway takes cleartext from the sender and has it protected for the receiver. */
TEST_F_TIMEOUT(others, gateway, 120)
{
	struct packet p = { AF_INET, 3000, 0 };
	int fd, routing, black;
	unsigned int nth;
	struct host g;
	bool hit;

	ASSERT_EQ(0, host_make(&g, 3));
	black = tap_open("eth1");
	ASSERT_LE(0, black);
	ASSERT_EQ(0, shell("ip address add 10.1.0.3/24 dev eth1; sysctl -q net.ipv4.conf.eth1.rp_filter=0"));
	routing = route_multicast();
	ASSERT_LE(0, routing);
	ASSERT_EQ(0, sending("", "dev eth1", AF_INET, "dst 239.1.1.1"));
	enter(&self->r);
	ASSERT_EQ(0, receiving("", "dev eth0", AF_INET, "dst 239.1.1.1", "sid"));
	enter(&self->s);
	fd = sender(&p);
	for (nth = 1; nth < FAULT_MOST; nth++) {
		ASSERT_TRUE(packet_send(fd, &p));
		frames_read(self->s.tap, &unused);
		fault_arm(nth);
		frames_write(g.tap, &unused);
		hit = fault_hit();
		frames_read(black, &sent);
		EXPECT_EQ(0, frames_clear(&sent));
		frames_write(self->r.tap, &sent);
		EXPECT_GE(1, received(&self->r));
		if (!hit)
			break;
		ASSERT_TRUE(packet_send(fd, &p));
		frames_read(self->s.tap, &unused);
		frames_write(g.tap, &unused);
		frames_read(black, &sent);
		frames_write(self->r.tap, &sent);
		EXPECT_EQ(1, received(&self->r)) TH_LOG("after %u", nth);
	}
	EXPECT_LT(2U, nth);
	TH_LOG("%u allocations", nth - 1);
	close(routing);
	close(black);
	close(g.tap);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (!fault_possible()) {
		puts("TAP version 13\n1..0 # SKIP this kernel fails no allocations");
		return KSFT_SKIP;
	}
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
