// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Selectors: each policy before each packet, sent and received. The policies
 * discard, and the counter of that says whether they matched. What is sent goes
 * by a raw socket that takes the whole header; what is received comes from the
 * other ends of two veth pairs, which are in a namespace of their own.
 *
 * timeout=300
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include "kselftest_harness.h"
#include "nl_request.h"

struct packet {
	const char *src, *dst;
	uint8_t proto;
	uint16_t sport, dport;		/* of ICMP: the type is @sport */
	int dev;			/* 0 or 1 */
};

/* @match has a character for each packet, 'x' if the policy is for it. */
struct policy {
	const char *what, *match;
	struct at at[8];
};

#define V4(a, b, c, d)	(const uint8_t[]){ a, b, c, d }
#define DST4(a, b, c, d, len)						\
	{ GEMCAST_A_POLICY_DST, 4, V4(a, b, c, d) },			\
	U8(GEMCAST_A_POLICY_DST_LEN, len)
#define SRC4(a, b, c, d, len)						\
	{ GEMCAST_A_POLICY_SRC, 4, V4(a, b, c, d) },			\
	U8(GEMCAST_A_POLICY_SRC_LEN, len)
#define DST6(s, len)							\
	BIN(GEMCAST_A_POLICY_DST, s), U8(GEMCAST_A_POLICY_DST_LEN, len)
#define SRC6(s, len)							\
	BIN(GEMCAST_A_POLICY_SRC, s), U8(GEMCAST_A_POLICY_SRC_LEN, len)
#define PROTO(n)	U8(GEMCAST_A_POLICY_PROTO, n)
#define SPORT(min, max)							\
	U16(GEMCAST_A_POLICY_SPORT_MIN, min),				\
	U16(GEMCAST_A_POLICY_SPORT_MAX, max)
#define DPORT(min, max)							\
	U16(GEMCAST_A_POLICY_DPORT_MIN, min),				\
	U16(GEMCAST_A_POLICY_DPORT_MAX, max)
#define DEV(s)		STR(GEMCAST_A_POLICY_DEV, s)

#define Z4		"\0\0\0\0"
#define FF15_1		"\xff\x15\0\0" Z4 Z4 "\0\0\0\1"
#define FF15		"\xff\x15\0\0" Z4 Z4 Z4
#define FF02		"\xff\x02\0\0" Z4 Z4 Z4
#define FF00		"\xff\0\0\0" Z4 Z4 Z4
#define FD00_2		"\xfd\0\0\0" Z4 Z4 "\0\0\0\2"
#define FD00		"\xfd\0\0\0" Z4 Z4 Z4

#define G		"239.1.1.1"
#define S		"10.0.0.2"
#define MARK		"239.255.255.255"

static const struct packet packets4[] = {
	{ S, G, IPPROTO_UDP, 4000, 5000, 0 },
	{ "10.0.0.9", G, IPPROTO_UDP, 4000, 5000, 0 },
	{ "10.1.0.9", G, IPPROTO_UDP, 5000, 4000, 0 },
	{ S, "239.1.1.2", IPPROTO_UDP, 4000, 5000, 0 },
	{ S, "239.2.1.1", IPPROTO_UDP, 4000, 5000, 0 },
	{ S, G, IPPROTO_UDP, 4001, 5001, 0 },
	{ S, G, IPPROTO_UDP, 4000, 5000, 1 },
	{ S, G, IPPROTO_UDPLITE, 4000, 5000, 0 },
	{ S, G, IPPROTO_ICMP, 8, 0, 0 },
	{ S, G, 253, 4000, 5000, 0 },
	{ S, G, IPPROTO_IGMP, 0x16, 0, 0 },
	{ S, G, IPPROTO_UDP, 848, 848, 0 },
};

static const struct policy policies4[] = {
	{ "(*,G)", "xxx..xxxxx..", { DST4(239, 1, 1, 1, 32) } },
	{ "(S,G)", "x....xxxxx..",
	  { DST4(239, 1, 1, 1, 32), SRC4(10, 0, 0, 2, 32) } },
	{ "another source", "............",
	  { DST4(239, 1, 1, 1, 32), SRC4(10, 0, 0, 3, 32) } },
	{ "a prefix of sources", "xx...xxxxx..",
	  { DST4(239, 1, 1, 1, 32), SRC4(10, 0, 0, 0, 24) } },
	{ "any source", "xxx..xxxxx..",
	  { DST4(239, 1, 1, 1, 32), SRC4(0, 0, 0, 0, 0) } },
	{ "a prefix of groups", "xxxx.xxxxx..",
	  { DST4(239, 1, 1, 0, 30) } },
	{ "a wider one", "xxxxxxxxxx..", { DST4(224, 0, 0, 0, 4) } },
	{ "prefixes of both", "xx.x.xxxxx..",
	  { DST4(239, 1, 0, 0, 16), SRC4(10, 0, 0, 0, 16) } },
	{ "UDP", "xxx..xx.....",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP) } },
	{ "UDP-Lite", ".......x....",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDPLITE) } },
	{ "ICMP", "........x...",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_ICMP) } },
	{ "a protocol by number", ".........x..",
	  { DST4(239, 1, 1, 1, 32), PROTO(253) } },
	{ "IGMP", "..........x.",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_IGMP) } },
	{ "a source port", "xx....x.....",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), SPORT(4000, 4000) } },
	{ "a destination port", "xx....x.....",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), DPORT(5000, 5000) } },
	{ "both ports", ".....x......",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), SPORT(4001, 4001),
	    DPORT(5001, 5001) } },
	{ "the ports of two packets", "............",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), SPORT(4000, 4000),
	    DPORT(5001, 5001) } },
	{ "a range of ports", "xxx..xx.....",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), DPORT(4000, 5001) } },
	{ "a range below", "............",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), DPORT(1, 847) } },
	{ "IKE", "...........x",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDP), DPORT(848, 848) } },
	{ "ports of UDP-Lite", ".......x....",
	  { DST4(239, 1, 1, 1, 32), PROTO(IPPROTO_UDPLITE),
	    DPORT(5000, 5000) } },
	{ "an interface", "xxx..x.xxx..",
	  { DST4(239, 1, 1, 1, 32), DEV("r0") } },
	{ "the other interface", "......x.....",
	  { DST4(239, 1, 1, 1, 32), DEV("r1") } },
	{ "all of it", "x..x........",
	  { DST4(239, 1, 1, 0, 24), SRC4(10, 0, 0, 2, 31), PROTO(IPPROTO_UDP),
	    SPORT(3999, 4000), DEV("r0") } },
	{ "the other family", "............", { DST6(FF00, 8) } },
};

#define G6		"ff15::1"
#define S6		"fd00::2"

static const struct packet packets6[] = {
	{ S6, G6, IPPROTO_UDP, 4000, 5000, 0 },
	{ "fd00::9", G6, IPPROTO_UDP, 4000, 5000, 0 },
	{ "fd01::9", G6, IPPROTO_UDP, 5000, 4000, 0 },
	{ S6, "ff15::2", IPPROTO_UDP, 4000, 5000, 0 },
	{ S6, "ff1e::1", IPPROTO_UDP, 4000, 5000, 0 },
	{ S6, G6, IPPROTO_UDP, 4001, 5001, 0 },
	{ S6, G6, IPPROTO_UDP, 4000, 5000, 1 },
	{ S6, G6, 253, 4000, 5000, 0 },
	{ S6, G6, IPPROTO_UDP, 4500, 4500, 0 },
	{ S6, G6, IPPROTO_ICMPV6, 128, 0, 0 },		/* echo request */
	{ "fe80::2", "ff02::16", IPPROTO_ICMPV6, 143, 0, 0 },	/* MLDv2 */
	{ "fe80::2", "ff02::2", IPPROTO_ICMPV6, 132, 0, 0 },	/* MLD done */
	{ "fe80::2", "ff02::1:ff00:1", IPPROTO_ICMPV6, 135, 0, 0 },
	{ "fe80::2", "ff02::1", IPPROTO_ICMPV6, 136, 0, 0 },
	{ "fe80::2", "ff02::2", IPPROTO_ICMPV6, 133, 0, 0 },
};

static const struct policy policies6[] = {
	{ "(*,G)", "xxx..xxx.x.....", { DST6(FF15_1, 128) } },
	{ "(S,G)", "x....xxx.x.....",
	  { DST6(FF15_1, 128), SRC6(FD00_2, 128) } },
	{ "a prefix of sources", "xx...xxx.x.....",
	  { DST6(FF15_1, 128), SRC6(FD00, 32) } },
	{ "a prefix of groups", "xxxx.xxx.x.....", { DST6(FF15, 32) } },
	{ "all groups", "xxxxxxxx.x.....", { DST6(FF00, 8) } },
	{ "UDP", "xxx..xx........",
	  { DST6(FF15_1, 128), PROTO(IPPROTO_UDP) } },
	{ "a protocol by number", ".......x.......",
	  { DST6(FF15_1, 128), PROTO(253) } },
	{ "a destination port", "xx....x........",
	  { DST6(FF15_1, 128), PROTO(IPPROTO_UDP), DPORT(5000, 5000) } },
	{ "a range of source ports", "xx...xx........",
	  { DST6(FF15_1, 128), PROTO(IPPROTO_UDP), SPORT(4000, 4001) } },
	{ "IKE", "........x......",
	  { DST6(FF15_1, 128), PROTO(IPPROTO_UDP), DPORT(4500, 4500) } },
	{ "ICMPv6 of a group", ".........x.....",
	  { DST6(FF15_1, 128), PROTO(IPPROTO_ICMPV6) } },
	{ "link-local groups", "...............", { DST6(FF02, 16) } },
	{ "ICMPv6 of link-local groups", "..........xx...",
	  { DST6(FF02, 16), PROTO(IPPROTO_ICMPV6) } },
	{ "ICMPv6 of all groups", ".........xxx...",
	  { DST6(FF00, 8), PROTO(IPPROTO_ICMPV6) } },
	{ "an interface", "xxx..x.x.x.....", { DST6(FF15_1, 128), DEV("r0") } },
	{ "the other interface", "......x........",
	  { DST6(FF15_1, 128), DEV("r1") } },
	{ "the other family", "...............", { DST4(224, 0, 0, 0, 4) } },
};

struct buffer {
	int len;
	uint8_t data[128];
};

static uint16_t sum(const void *data, int len, uint32_t from)
{
	const uint16_t *word = data;

	for (; len > 1; len -= 2)
		from += *word++;
	while (from >> 16)
		from = (from & 0xffff) + (from >> 16);
	return ~from;
}

/* Ports, or the type of ICMP and a checksum for it. */
static void make_payload(const struct packet *p, uint8_t *at, uint32_t pseudo)
{
	uint16_t word[4] = { htons(p->sport), htons(p->dport), htons(16) };

	memset(at, 0, 16);
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6 ||
	    p->proto == IPPROTO_IGMP) {
		at[0] = p->sport;
		word[0] = sum(at, 16, pseudo);
		memcpy(at + 2, word, 2);
	} else {
		memcpy(at, word, sizeof(word));
	}
}

static void make4(const struct packet *p, struct buffer *b)
{
	struct iphdr ip = {
		.version = 4, .ihl = 5, .tot_len = htons(36), .id = htons(7),
		.ttl = 1, .protocol = p->proto,
	};

	inet_pton(AF_INET, p->src, &ip.saddr);
	inet_pton(AF_INET, p->dst, &ip.daddr);
	ip.check = sum(&ip, sizeof(ip), 0);
	memcpy(b->data, &ip, sizeof(ip));
	make_payload(p, b->data + sizeof(ip), 0);
	b->len = 36;
}

static void make6(const struct packet *p, struct buffer *b)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6 << 28) };
	uint32_t pseudo;

	ip.ip6_plen = htons(16);
	ip.ip6_nxt = p->proto;
	ip.ip6_hlim = p->proto == IPPROTO_ICMPV6 && p->sport > 132 ? 255 : 1;
	inet_pton(AF_INET6, p->src, &ip.ip6_src);
	inet_pton(AF_INET6, p->dst, &ip.ip6_dst);
	memcpy(b->data, &ip, sizeof(ip));
	pseudo = htons(16) + htons(p->proto) +
		 (uint16_t)~sum(&ip.ip6_src, 32, 0);
	make_payload(p, b->data + sizeof(ip), pseudo);
	b->len = sizeof(ip) + 16;
}

FIXTURE(selectors)
{
	struct nl nl;
	int wire[2];			/* the other ends */
	int raw4[2], raw6[2];
};

static int raw_socket(int family, const char *dev)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, dev, strlen(dev)) ?
		       -1 : fd;
}

static int wire_socket(const char *dev)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	addr.sll_ifindex = if_nametoindex(dev);
	return bind(fd, (void *)&addr, sizeof(addr)) ? -1 : fd;
}

FIXTURE_SETUP(selectors)
{
	static const char *const own[] = { "r0", "r1" };
	static const char *const far[] = { "x0", "x1" };
	int far_ns, own_ns, i;
	cpu_set_t one;

	/* On one CPU, so that packets stay in order. */
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	far_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	own_ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	/* What IPv6 says of itself would be counted, too: all of it at once, or none. */
	ASSERT_EQ(0, system("exec 2>/dev/null; c=net.ipv6.conf.default;"
			    "sysctl -q $c.router_solicitations=0"
			    " $c.mldv2_unsolicited_report_interval=1;"
			    "for i in 0 1; do ip link add x$i type veth peer name r$i;"
			    " ip link set r$i addrgenmode none;"
			    " ip addr add 10.0.$i.2/24 dev r$i;"
			    " ip addr add fd0$i::2/64 dev r$i nodad;"
			    " ip addr add fe80::2/64 dev r$i nodad;"
			    " ip link set r$i up; done"));
	for (i = 0; i < 2; i++) {
		char command[64];

		snprintf(command, sizeof(command),
			 "ip link set %s netns /proc/%d/fd/%d", far[i],
			 getpid(), far_ns);
		ASSERT_EQ(0, system(command));
	}
	ASSERT_EQ(0, setns(far_ns, CLONE_NEWNET));
	ASSERT_EQ(0, system("ip link set x0 up; ip link set x1 up"));
	for (i = 0; i < 2; i++) {
		self->wire[i] = wire_socket(far[i]);
		ASSERT_LE(0, self->wire[i]);
	}
	ASSERT_EQ(0, setns(own_ns, CLONE_NEWNET));
	for (i = 0; i < 2; i++) {
		self->raw4[i] = raw_socket(AF_INET, own[i]);
		ASSERT_LE(0, self->raw4[i]);
		self->raw6[i] = raw_socket(AF_INET6, own[i]);
		ASSERT_LE(0, self->raw6[i]);
	}
	ASSERT_EQ(0, nl_open(&self->nl));
	close(far_ns);
	close(own_ns);
}

FIXTURE_TEARDOWN(selectors)
{
}

static uint64_t counter(struct nl *nl, int which)
{
	struct answer a;
	struct msg m;

	request(&m, GEMCAST_CMD_STATS_GET, 0, NULL, 0);
	if (nl_do(nl, &m, &a))
		return 0;
	return nla_u64(nla_nested(msg_object((void *)a.buf,
					     GEMCAST_A_OBJECT_STATS), which));
}

/* One that discards, or with a group one that protects. */
static int add(struct nl *nl, const struct at *at, uint32_t group)
{
	struct nlattr *nest;
	struct msg m;
	int i;

	msg_begin(&m, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE | NLM_F_EXCL);
	nest = msg_nest(&m, GEMCAST_A_OBJECT_POLICY);
	for (i = 0; i < 8 && at[i].type; i++)
		msg_put(&m, at[i].type, at[i].data, at[i].len);
	msg_put_u32(&m, GEMCAST_A_POLICY_ACTION, group ?
		    GEMCAST_ACTION_PROTECT : GEMCAST_ACTION_DISCARD);
	if (group) {
		msg_put_u32(&m, GEMCAST_A_POLICY_GROUP, group);
		msg_put_u32(&m, GEMCAST_A_POLICY_PRIO, 1);
	}
	msg_nest_end(&m, nest);
	return nl_do(nl, &m, NULL);
}

static void put_out(const int raw4[2], const int raw6[2],
		    const struct packet *p, const struct buffer *b)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in to4 = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, p->dst, &to4.sin_addr) == 1) {
		(void)!sendto(raw4[p->dev], b->data, b->len, 0, (void *)&to4,
			      sizeof(to4));
		return;
	}
	inet_pton(AF_INET6, p->dst, &to6.sin6_addr);
	(void)!sendto(raw6[p->dev], b->data, b->len, 0, (void *)&to6,
		      sizeof(to6));
}

static int put_in(int wire, const struct buffer *b)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	socklen_t len = sizeof(to);

	getsockname(wire, (void *)&to, &len);
	to.sll_protocol = htons(b->data[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
	memset(to.sll_addr, 0xff, ETH_ALEN);
	to.sll_addr[0] = 0x01;
	return sendto(wire, b->data, b->len, 0, (void *)&to, sizeof(to)) < 0;
}

static bool outbound(struct nl *nl, const int raw4[2], const int raw6[2],
		     const struct packet *p, const struct buffer *b)
{
	uint64_t before = counter(nl, GEMCAST_A_STATS_OUT_DISCARD);

	put_out(raw4, raw6, p, b);
	return counter(nl, GEMCAST_A_STATS_OUT_DISCARD) > before;
}

/* Behind it goes a mark, a spoof: when that is counted, it is done with. */
static bool inbound(struct nl *nl, const int wire[2], const struct packet *p,
		    const struct buffer *b)
{
	static const struct packet mark_packet = {
		S, MARK, IPPROTO_UDP, 1, 1, 0
	};
	uint64_t before = counter(nl, GEMCAST_A_STATS_IN_DISCARD);
	uint64_t marks = counter(nl, GEMCAST_A_STATS_IN_SPOOF);
	struct buffer mark;
	int i;

	make4(&mark_packet, &mark);
	put_in(wire[p->dev], b);
	put_in(wire[p->dev], &mark);
	for (i = 0; i < 5000; i++) {
		if (counter(nl, GEMCAST_A_STATS_IN_SPOOF) > marks)
			return counter(nl, GEMCAST_A_STATS_IN_DISCARD) > before;
		usleep(1000);
	}
	printf("# the mark did not come\n");
	return false;
}

static int run(struct nl *nl, const int wire[2], const int raw4[2],
	       const int raw6[2], const struct policy *policy,
	       const struct packet *packets, int n,
	       void (*write)(const struct packet *p, struct buffer *b))
{
	const struct at mark[8] = { DST4(239, 255, 255, 255, 32) };
	int i, wrong = 0;
	struct buffer b;

	MAKE(nl, GEMCAST_CMD_GROUP_NEW, NLM_F_CREATE,
	     U32(GEMCAST_A_GROUP_ID, 7), NONE(GEMCAST_A_GROUP_ENCAP),
	     NONE(GEMCAST_A_GROUP_PORT));
	MAKE(nl, GEMCAST_CMD_POLICY_FLUSH, 0);
	if (add(nl, policy->at, 0) || add(nl, mark, 7)) {
		printf("# %s: refused\n", policy->what);
		return 1;
	}
	for (i = 0; i < n; i++) {
		bool wanted = policy->match[i] == 'x', out, in;

		write(&packets[i], &b);
		out = outbound(nl, raw4, raw6, &packets[i], &b);
		in = inbound(nl, wire, &packets[i], &b);
		if (out == wanted && in == wanted)
			continue;
		printf("# %s, packet %d: wanted %d, sent %d, received %d\n",
		       policy->what, i, wanted, out, in);
		wrong++;
	}
	return wrong + (strlen(policy->match) != (size_t)n);
}

TEST_F_TIMEOUT(selectors, ipv4, 200)
{
	int n = sizeof(packets4) / sizeof(packets4[0]);
	size_t i;

	for (i = 0; i < sizeof(policies4) / sizeof(policies4[0]); i++)
		EXPECT_EQ(0, run(&self->nl, self->wire, self->raw4, self->raw6,
				 &policies4[i], packets4, n, make4));
}

TEST_F_TIMEOUT(selectors, ipv6, 200)
{
	int n = sizeof(packets6) / sizeof(packets6[0]);
	size_t i;

	for (i = 0; i < sizeof(policies6) / sizeof(policies6[0]); i++)
		EXPECT_EQ(0, run(&self->nl, self->wire, self->raw4, self->raw6,
				 &policies6[i], packets6, n, make6));
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
