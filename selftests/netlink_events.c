// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Events: each comes when it should and says what it should, to the listeners
 * of its namespace alone, and no flood of packets makes a flood of them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <time.h>
#include "kselftest_harness.h"
#include "nl_request.h"

#define SPI	0x1000

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return t.tv_sec * 1000ULL + t.tv_nsec / 1000000;
}

/* The next event within @ms milliseconds, or NULL. */
static struct nlmsghdr *event(struct nl *nl, int ms)
{
	static char buf[16384] __attribute__((aligned(8)));
	struct pollfd pfd = { .fd = nl->fd, .events = POLLIN };

	if (poll(&pfd, 1, ms) != 1 || nl_recv(nl, buf, sizeof(buf), 0) < 0)
		return NULL;
	return (struct nlmsghdr *)buf;
}

static int event_cmd(struct nl *nl, int ms)
{
	struct nlmsghdr *h = event(nl, ms);

	return h ? msg_cmd(h) : -1;
}

/* An interface, and where packets come from that this host did not make. */
static int tun_open(void)
{
	struct ifreq ifr = { .ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = inet_addr("192.0.2.2") };
	int fd, s;

	if (system("modprobe tun"))
		return -1;
	fd = open("/dev/net/tun", O_RDWR);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		return -1;
	s = socket(AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_flags = IFF_UP;
	if (ioctl(s, SIOCSIFFLAGS, &ifr))
		return -1;
	memcpy(&ifr.ifr_addr, &addr, sizeof(addr));
	if (ioctl(s, SIOCSIFADDR, &ifr))
		return -1;
	close(s);
	return fd;
}

static uint16_t ip_checksum(const void *data, int len)
{
	const uint16_t *p = data;
	uint32_t sum = 0;

	for (; len > 1; len -= 2)
		sum += *p++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* ESP that no key made. */
static int forge(int fd, bool v6, uint32_t seq)
{
	struct {
		union {
			struct ip6_hdr ip6;
			struct {
				uint8_t unused[20];
				struct iphdr ip;
			};
		};
		uint32_t esp[16];
	} p = {};
	char *start = v6 ? (char *)&p.ip6 : (char *)&p.ip;
	int len = (char *)(&p + 1) - start;

	p.esp[0] = htonl(SPI);
	p.esp[1] = htonl(seq);
	if (v6) {
		p.ip6.ip6_flow = htonl(0x60000000 | 0x12345);
		p.ip6.ip6_plen = htons(sizeof(p.esp));
		p.ip6.ip6_nxt = IPPROTO_ESP;
		p.ip6.ip6_hops = 9;
		memcpy(&p.ip6.ip6_src, V6_HOST, 16);
		memcpy(&p.ip6.ip6_dst, V6_MCAST, 16);
	} else {
		p.ip.version = 4;
		p.ip.ihl = 5;
		p.ip.tot_len = htons(len);
		p.ip.ttl = 9;
		p.ip.protocol = IPPROTO_ESP;
		p.ip.saddr = inet_addr("192.0.2.1");
		p.ip.daddr = inet_addr("239.1.1.1");
		p.ip.check = ip_checksum(&p.ip, sizeof(p.ip));
	}
	return write(fd, start, len) != len;
}

static int receive_by(struct nl *nl, const char *dst, int dst_len)
{
	const struct at set[] = {
		U32(GEMCAST_A_SA_SPI, SPI),
		{ GEMCAST_A_SA_DST, dst_len, dst },
		U32(GEMCAST_A_SA_DIR, GEMCAST_SA_DIR_IN),
		NONE(GEMCAST_A_SA_SID),
	};

	return make(nl, GEMCAST_CMD_SA_NEW, NLM_F_CREATE, set, 4, NULL);
}

FIXTURE(events)
{
	struct nl nl, ear;
};

FIXTURE_SETUP(events)
{
	ASSERT_EQ(0, world_make(&self->nl));
	ASSERT_EQ(0, nl_open(&self->ear));
}

FIXTURE_TEARDOWN(events)
{
	EXPECT_EQ(0, nl_secrets) TH_LOG("keys came back");
	close(self->nl.fd);
	close(self->ear.fd);
}

TEST_F(events, sa)
{
	struct nlattr *sa;
	struct nlmsghdr *h;

	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_SA));
	ASSERT_EQ(0, receive_by(&self->nl, "\xef\1\1\1", 4));
	h = event(&self->ear, 1000);
	ASSERT_NE(NULL, h);
	EXPECT_EQ(GEMCAST_CMD_SA_NTF, msg_cmd(h));
	sa = msg_object(h, GEMCAST_A_OBJECT_SA);
	EXPECT_EQ((uint32_t)SPI, nla_u32(nla_nested(sa, GEMCAST_A_SA_SPI)));
	EXPECT_EQ(7U, nla_u32(nla_nested(sa, GEMCAST_A_SA_GROUP)));
	EXPECT_EQ(NULL, nla_nested(sa, GEMCAST_A_SA_KEY));

	/* A refused one is no event. */
	EXPECT_EQ(EEXIST, receive_by(&self->nl, "\xef\1\1\1", 4));
	EXPECT_EQ(-1, event_cmd(&self->ear, 200));
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_SA_DEL, 0,
			  U32(GEMCAST_A_SA_SPI, SPI)));
	EXPECT_EQ(GEMCAST_CMD_SA_DEL_NTF, event_cmd(&self->ear, 1000));

	/* Active in 300 ms, gone in 600. */
	ASSERT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_SA_NEW, NLM_F_CREATE,
			  BIN(GEMCAST_A_SA_KEY, SECRET "activate" "salt"),
			  U64(GEMCAST_A_SA_ACTIVATE, 300),
			  U64(GEMCAST_A_SA_DEACTIVATE, 600)));
	h = event(&self->ear, 1000);
	ASSERT_NE(NULL, h);
	sa = msg_object(h, GEMCAST_A_OBJECT_SA);
	EXPECT_EQ((uint32_t)GEMCAST_SA_STATE_LEADING,
		  nla_u32(nla_nested(sa, GEMCAST_A_SA_STATE)));
	h = event(&self->ear, 1000);
	ASSERT_NE(NULL, h);
	sa = msg_object(h, GEMCAST_A_OBJECT_SA);
	EXPECT_EQ(GEMCAST_CMD_SA_NTF, msg_cmd(h));
	EXPECT_EQ((uint32_t)GEMCAST_SA_STATE_CURRENT,
		  nla_u32(nla_nested(sa, GEMCAST_A_SA_STATE)));
	EXPECT_EQ(NULL, nla_nested(sa, GEMCAST_A_SA_ACTIVATE));
	EXPECT_NE(NULL, nla_nested(sa, GEMCAST_A_SA_DEACTIVATE));
	EXPECT_EQ(GEMCAST_CMD_SA_DEL_NTF, event_cmd(&self->ear, 1000));
	EXPECT_EQ(-1, event_cmd(&self->ear, 100));
}

TEST_F(events, policy)
{
	struct nlattr *policy;
	struct nlmsghdr *h;
	uint32_t index;

	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_POLICY));
	ASSERT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE));
	h = event(&self->ear, 1000);
	ASSERT_NE(NULL, h);
	EXPECT_EQ(GEMCAST_CMD_POLICY_NTF, msg_cmd(h));
	policy = msg_object(h, GEMCAST_A_OBJECT_POLICY);
	index = nla_u32(nla_nested(policy, GEMCAST_A_POLICY_INDEX));
	EXPECT_NE(0U, index);
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_NEW, NLM_F_REPLACE));
	EXPECT_EQ(GEMCAST_CMD_POLICY_NTF, event_cmd(&self->ear, 1000));
	EXPECT_EQ(EEXIST, MAKE(&self->nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE));
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_DEL, 0,
			  { GEMCAST_A_POLICY_INDEX, 4, &index }));
	EXPECT_EQ(GEMCAST_CMD_POLICY_DEL_NTF, event_cmd(&self->ear, 1000));
	/* The one that the world began with. */
	EXPECT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_GROUP_FLUSH, 0));
	EXPECT_EQ(GEMCAST_CMD_POLICY_DEL_NTF, event_cmd(&self->ear, 1000));
	EXPECT_EQ(-1, event_cmd(&self->ear, 100));
}

TEST_F(events, expire)
{
	struct nlattr *expire;
	struct nlmsghdr *h;
	bool hard;

	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_EXPIRE));
	ASSERT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_SA_NEW, NLM_F_CREATE,
			  BIN(GEMCAST_A_SA_KEY, SECRET "expiring" "salt"),
			  U64(GEMCAST_A_SA_SOFT_SECONDS, 1),
			  U64(GEMCAST_A_SA_HARD_SECONDS, 2)));
	for (hard = false; ; hard = true) {
		h = event(&self->ear, 2000);
		ASSERT_NE(NULL, h);
		EXPECT_EQ(GEMCAST_CMD_EXPIRE_NTF, msg_cmd(h));
		EXPECT_NE(NULL, msg_object(h, GEMCAST_A_OBJECT_SA));
		expire = msg_object(h, GEMCAST_A_OBJECT_EXPIRE);
		EXPECT_EQ(hard, !!nla_nested(expire, GEMCAST_A_EXPIRE_HARD));
		ASSERT_NE(NULL, nla_nested(expire, GEMCAST_A_EXPIRE_CAUSE));
		EXPECT_EQ((uint32_t)GEMCAST_EXPIRE_CAUSE_SECONDS,
			  nla_u32(nla_nested(expire, GEMCAST_A_EXPIRE_CAUSE)));
		if (hard)
			break;
	}
	EXPECT_EQ(ENOENT, MAKE(&self->nl, GEMCAST_CMD_SA_GET, 0,
			       U32(GEMCAST_A_SA_SPI, 0x2000)));
}

/* A sender that has no SA asks once a second, not for each packet. */
TEST_F(events, acquire)
{
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(4001),
				    .sin_addr.s_addr = inet_addr("192.0.2.2") };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(5000),
				  .sin_addr.s_addr = inet_addr("239.1.1.1") };
	struct nlattr *acquire;
	struct nlmsghdr *h;
	uint64_t began, took, sent = 0;
	int fd = tun_open(), s, n = 0;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE,
			  BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1"),
			  NONE(GEMCAST_A_POLICY_DEV)));
	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_ACQUIRE));
	s = socket(AF_INET, SOCK_DGRAM, 0);
	ASSERT_EQ(0, setsockopt(s, IPPROTO_IP, IP_MULTICAST_IF, &from.sin_addr,
				sizeof(from.sin_addr)));
	ASSERT_EQ(0, bind(s, (void *)&from, sizeof(from)));
	for (began = now_ms(); now_ms() < began + 2500; sent++) {
		sendto(s, "x", 1, 0, (void *)&to, sizeof(to));
		usleep(1000);
	}
	took = now_ms() - began;
	close(s);
	close(fd);
	while ((h = event(&self->ear, 100))) {
		n++;
		ASSERT_EQ(GEMCAST_CMD_ACQUIRE_NTF, msg_cmd(h));
		acquire = msg_object(h, GEMCAST_A_OBJECT_ACQUIRE);
		EXPECT_EQ(7U, nla_u32(nla_nested(acquire, GEMCAST_A_ACQUIRE_GROUP)));
		EXPECT_NE(0U, nla_u32(nla_nested(acquire, GEMCAST_A_ACQUIRE_POLICY)));
		EXPECT_EQ(to.sin_addr.s_addr,
			  nla_u32(nla_nested(acquire, GEMCAST_A_ACQUIRE_DST)));
		EXPECT_EQ(from.sin_addr.s_addr,
			  nla_u32(nla_nested(acquire, GEMCAST_A_ACQUIRE_SRC)));
		EXPECT_STREQ("tun0", nla_str(nla_nested(acquire,
							GEMCAST_A_ACQUIRE_DEV)));
		ASSERT_NE(NULL, nla_nested(acquire, GEMCAST_A_ACQUIRE_DPORT));
	}
	EXPECT_LE(2, n) TH_LOG("%lu datagrams", sent);
	EXPECT_GE(1 + took / 1000, (uint64_t)n) TH_LOG("%lu datagrams", sent);
	EXPECT_LT(100UL, sent);
}

/* Ten at once, then ten a second, and every packet is accounted for. */
TEST_F(events, audit)
{
	uint32_t seq = 1, events = 0, told = 0;
	struct nlattr *audit;
	struct nlmsghdr *h;
	uint64_t began;
	int fd = tun_open(), i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, MAKE(&self->nl, GEMCAST_CMD_POLICY_NEW, NLM_F_CREATE,
			  BIN(GEMCAST_A_POLICY_DST, "\xef\1\1\1"),
			  NONE(GEMCAST_A_POLICY_DEV)));
	ASSERT_EQ(0, receive_by(&self->nl, "\xef\1\1\1", 4));
	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_AUDIT));
	began = now_ms();
	for (i = 0; i < 500; i++)
		ASSERT_EQ(0, forge(fd, false, seq++));
	while (now_ms() < began + 1500) {
		ASSERT_EQ(0, forge(fd, false, seq++));
		usleep(1000);
	}
	usleep(200000);
	ASSERT_EQ(0, forge(fd, false, seq++));
	while ((h = event(&self->ear, 200))) {
		ASSERT_EQ(GEMCAST_CMD_AUDIT_NTF, msg_cmd(h));
		audit = msg_object(h, GEMCAST_A_OBJECT_AUDIT);
		events++;
		told += 1 + nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_SUPPRESSED));
		EXPECT_EQ((uint32_t)GEMCAST_A_STATS_IN_BAD_ICV,
			  nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_REASON)));
		EXPECT_EQ((uint32_t)SPI,
			  nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_SPI)));
		EXPECT_EQ(told, nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_SEQ)));
		EXPECT_EQ(inet_addr("192.0.2.1"),
			  nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_SRC)));
		EXPECT_EQ(inet_addr("239.1.1.1"),
			  nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_DST)));
		EXPECT_STREQ("tun0", nla_str(nla_nested(audit,
							GEMCAST_A_AUDIT_DEV)));
	}
	EXPECT_EQ(seq - 1, told) TH_LOG("%u events", events);
	EXPECT_LE(20U, events);
	EXPECT_GE(10 + (now_ms() - began) / 100, events);
	TH_LOG("%u packets, %u events", seq - 1, events);
	close(fd);
}

TEST_F(events, audit_ipv6)
{
	struct nlattr *audit;
	struct nlmsghdr *h;
	int fd = tun_open();

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, receive_by(&self->nl, V6_MCAST, 16));
	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_AUDIT));
	ASSERT_EQ(0, forge(fd, true, 99));
	h = event(&self->ear, 1000);
	ASSERT_NE(NULL, h);
	audit = msg_object(h, GEMCAST_A_OBJECT_AUDIT);
	EXPECT_EQ(0x12345U, nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_FLOW)));
	EXPECT_EQ(99U, nla_u32(nla_nested(audit, GEMCAST_A_AUDIT_SEQ)));
	ASSERT_EQ(16, nla_len(nla_nested(audit, GEMCAST_A_AUDIT_DST)));
	EXPECT_EQ(0, memcmp(V6_MCAST, nla_data(nla_nested(audit,
				GEMCAST_A_AUDIT_DST)), 16));
	close(fd);
}

/* What is told in one namespace is not heard in another. */
TEST_F(events, namespaces)
{
	struct nl elsewhere;

	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, nl_open(&elsewhere));
	ASSERT_EQ(0, nl_join(&elsewhere, GEMCAST_MCGRP_SA));
	ASSERT_EQ(0, nl_join(&self->ear, GEMCAST_MCGRP_SA));
	ASSERT_EQ(0, receive_by(&self->nl, "\xef\1\1\1", 4));
	EXPECT_EQ(GEMCAST_CMD_SA_NTF, event_cmd(&self->ear, 1000));
	EXPECT_EQ(-1, event_cmd(&elsewhere, 200));
	close(elsewhere.fd);
}

int main(int argc, char **argv)
{
	setlinebuf(stdout);
	if (module_load())
		return KSFT_FAIL;
	return test_harness_run(argc, argv);
}
