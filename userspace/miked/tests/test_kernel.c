// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The data plane before a stand-in for libgemcast and for what the kernel says of its
 * modules; memberships before the real kernel, in a network namespace.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/log.h"
#include "kernel/kernel.h"
#include "kernel/watch.h"
#include "netns.h"
#include "test.h"

/* --- the stand-in --------------------------------------------------------------- */

struct gemcast_handle {
	bool subscribed;
};

static struct {
	int open_error;		/* 0: the module is there */
	int error;		/* of every request */
	const char *text;	/* of the last error */
	unsigned int handles;
	int fd;			/* readable: there are events */
	struct gemcast_event events[8];
	size_t count;
	int dispatch_error;
	char asked[512];
} lib;

static void ask(const char *what, uint32_t number)
{
	size_t len = strlen(lib.asked);

	snprintf(lib.asked + len, sizeof(lib.asked) - len, "%s %u;", what, number);
}

struct gemcast_handle *__wrap_gemcast_new(void);
void __wrap_gemcast_free(struct gemcast_handle *h);
int __wrap_gemcast_open(struct gemcast_handle *h);
const char *__wrap_gemcast_error(const struct gemcast_handle *h);
int __wrap_gemcast_subscribe(struct gemcast_handle *h, unsigned int events);
int __wrap_gemcast_event_fd(const struct gemcast_handle *h);
int __wrap_gemcast_dispatch(struct gemcast_handle *h, gemcast_event_fn fn, void *arg);
int __wrap_gemcast_group_replace(struct gemcast_handle *h, const struct gemcast_group *group);
int __wrap_gemcast_group_flush(struct gemcast_handle *h, const struct gemcast_group *filter);
int __wrap_gemcast_policy_replace(struct gemcast_handle *h, const struct gemcast_policy *policy);
int __wrap_gemcast_policy_del(struct gemcast_handle *h, const struct gemcast_policy *key);
int __wrap_gemcast_sa_add(struct gemcast_handle *h, const struct gemcast_sa *sa);
int __wrap_gemcast_sa_set(struct gemcast_handle *h, const struct gemcast_sa *sa);
int __wrap_gemcast_sa_del(struct gemcast_handle *h, const struct gemcast_sa *key);
ssize_t __wrap_recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from,
			socklen_t *from_len);
ssize_t __real_recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from,
			socklen_t *from_len);

struct gemcast_handle *__wrap_gemcast_new(void)
{
	lib.handles++;
	return calloc(1, sizeof(struct gemcast_handle));
}

void __wrap_gemcast_free(struct gemcast_handle *h)
{
	if (h)
		lib.handles--;
	free(h);
}

int __wrap_gemcast_open(struct gemcast_handle *h)
{
	assert_non_null(h);
	return lib.open_error;
}

const char *__wrap_gemcast_error(const struct gemcast_handle *h)
{
	assert_non_null(h);
	return lib.text;
}

int __wrap_gemcast_subscribe(struct gemcast_handle *h, unsigned int events)
{
	assert_int_equal(events, GEMCAST_EVENTS_SA | GEMCAST_EVENTS_ACQUIRE |
				 GEMCAST_EVENTS_EXPIRE | GEMCAST_EVENTS_AUDIT);
	h->subscribed = true;
	return 0;
}

/* libgemcast closes its own; the event loop wants one that stays. */
int __wrap_gemcast_event_fd(const struct gemcast_handle *h)
{
	assert_true(h->subscribed);
	return lib.fd;
}

int __wrap_gemcast_dispatch(struct gemcast_handle *h, gemcast_event_fn fn, void *arg)
{
	uint64_t value;
	size_t i;

	assert_true(h->subscribed);
	assert_int_equal(read(lib.fd, &value, sizeof(value)), sizeof(value));
	for (i = 0; i < lib.count; i++)
		assert_int_equal(fn(&lib.events[i], arg), 0);
	lib.count = 0;
	return lib.dispatch_error;
}

static int request(struct gemcast_handle *h, const char *what, uint32_t number)
{
	/* What is told of events shares a buffer with requests. */
	assert_false(h->subscribed);
	ask(what, number);
	return lib.error;
}

int __wrap_gemcast_group_replace(struct gemcast_handle *h, const struct gemcast_group *group)
{
	assert_true(group->present == GEMCAST_BIT(GEMCAST_A_GROUP_ID));
	return request(h, "group", group->id);
}

int __wrap_gemcast_group_flush(struct gemcast_handle *h, const struct gemcast_group *filter)
{
	assert_true(filter->present == GEMCAST_BIT(GEMCAST_A_GROUP_ID));
	return request(h, "flush", filter->id);
}

int __wrap_gemcast_policy_replace(struct gemcast_handle *h, const struct gemcast_policy *policy)
{
	return request(h, "policy", policy->index);
}

int __wrap_gemcast_policy_del(struct gemcast_handle *h, const struct gemcast_policy *key)
{
	return request(h, "no-policy", key->index);
}

int __wrap_gemcast_sa_add(struct gemcast_handle *h, const struct gemcast_sa *sa)
{
	return request(h, "sa", sa->spi);
}

int __wrap_gemcast_sa_set(struct gemcast_handle *h, const struct gemcast_sa *sa)
{
	return request(h, "set-sa", sa->spi);
}

int __wrap_gemcast_sa_del(struct gemcast_handle *h, const struct gemcast_sa *key)
{
	return request(h, "no-sa", key->spi);
}

/* What the kernel says of families, in the place of what it really says. */
static struct {
	_Alignas(struct nlmsghdr) char message[512];
	size_t len;
	uint32_t from;
	int error;
} news[4];
static size_t news_count, news_at;

ssize_t __wrap_recvfrom(int fd, void *data, size_t len, int flags, struct sockaddr *from,
			socklen_t *from_len)
{
	(void)fd;
	(void)flags;
	if (news_at == news_count) {
		errno = EAGAIN;
		return -1;
	}
	if (news[news_at].error) {
		errno = news[news_at++].error;
		return -1;
	}
	assert_true(*from_len >= sizeof(struct sockaddr_nl));
	assert_true(len >= news[news_at].len);
	*(struct sockaddr_nl *)from = (struct sockaddr_nl){ .nl_family = AF_NETLINK,
							    .nl_pid = news[news_at].from };
	*from_len = sizeof(struct sockaddr_nl);
	memcpy(data, news[news_at].message, news[news_at].len);
	return (ssize_t)news[news_at++].len;
}

static void add_news(uint8_t cmd, const char *family)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(news[news_count].message);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = GENL_ID_CTRL;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, 30);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, family);
	news[news_count].from = 0;
	news[news_count].error = 0;
	news[news_count++].len = nlh->nlmsg_len;
}

/* --- who is told ---------------------------------------------------------------- */

static char told[512];

static void tell(const char *what, uint32_t number)
{
	size_t len = strlen(told);

	snprintf(told + len, sizeof(told) - len, "%s %u;", what, number);
}

static struct kernel *kernel;
static const struct plane *plane;

static void acquire(void *context, const struct gemcast_acquire *a)
{
	assert_ptr_equal(context, told);
	tell("acquire", a->group);
	/* As a member does. */
	if (plane && a->group == 77)
		plane->group_add(plane->context, 77);
}

static void expire(void *context, const struct gemcast_sa *sa, const struct gemcast_expire *e)
{
	assert_ptr_equal(context, told);
	tell(GEMCAST_HAS(e, GEMCAST_A_EXPIRE_HARD) ? "hard" : "soft", sa->spi);
}

static void gone(void *context, const struct gemcast_sa *sa)
{
	assert_ptr_equal(context, told);
	tell("gone", sa->spi);
}

static void lost(void *context)
{
	assert_ptr_equal(context, told);
	tell("lost", 0);
}

static unsigned int link_news;

static void links(void *context)
{
	assert_ptr_equal(context, told);
	link_news++;
}

static void unknown_spi(void *context, const struct gemcast_audit *audit)
{
	assert_ptr_equal(context, told);
	tell("unknown", audit->spi);
}

static const struct plane_user user = {
	.context = told, .acquire = acquire, .expire = expire, .gone = gone, .lost = lost,
	.links = links,
	.unknown_spi = unknown_spi,
};

static sd_event *event;

static int setup(void **state)
{
	(void)state;
	memset(&lib, 0, sizeof(lib));
	lib.text = "";
	lib.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	news_count = news_at = 0;
	told[0] = '\0';
	kernel = NULL;
	plane = NULL;
	assert_int_equal(sd_event_new(&event), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kernel_free(kernel);
	assert_int_equal(lib.handles, 0);
	sd_event_unref(event);
	close(lib.fd);
	return 0;
}

static void start(int open_error)
{
	lib.open_error = open_error;
	assert_int_equal(kernel_new(event, &user, &kernel), 0);
	plane = kernel_plane(kernel);
}

static void happen(void)
{
	uint64_t one = 1;

	assert_int_equal(write(lib.fd, &one, sizeof(one)), sizeof(one));
	assert_true(sd_event_run(event, 0) > 0);
}

/* The watching socket is real; what it says is ours. */
static void families_change(void)
{
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
	} ask_kernel = {
		.nlh = { .nlmsg_len = sizeof(ask_kernel), .nlmsg_type = GENL_ID_CTRL,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.genl = { .cmd = CTRL_CMD_GETFAMILY },
	};
	struct sockaddr_nl sa = { 0 };
	socklen_t len;
	int fd;

	/* An error message is something to read, too. */
	for (fd = 3; fd < 64; fd++) {
		len = sizeof(sa);
		if (fd != lib.fd && !getsockname(fd, (struct sockaddr *)&sa, &len) &&
		    sa.nl_family == AF_NETLINK && sa.nl_groups == 1U << (GENL_ID_CTRL - 1))
			break;
	}
	assert_int_equal(send(fd, &ask_kernel, sizeof(ask_kernel), 0), sizeof(ask_kernel));
	assert_true(sd_event_run(event, 0) > 0);
	while (__real_recvfrom(fd, &ask_kernel, sizeof(ask_kernel), MSG_DONTWAIT, NULL, NULL) > 0)
		;
	news_count = news_at = 0;
}

static void test_requests(void **state)
{
	const struct gemcast_policy policy = { .index = 3 };
	const struct gemcast_sa sa = { .spi = 4 };

	(void)state;
	start(0);
	assert_int_equal(plane->group_add(plane->context, 1), 0);
	assert_int_equal(plane->group_flush(plane->context, 2), 0);
	assert_int_equal(plane->policy_add(plane->context, &policy), 0);
	assert_int_equal(plane->policy_del(plane->context, &policy), 0);
	assert_int_equal(plane->sa_add(plane->context, &sa), 0);
	assert_int_equal(plane->sa_set(plane->context, &sa), 0);
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	assert_string_equal(lib.asked,
			    "group 1;flush 2;policy 3;no-policy 3;sa 4;set-sa 4;no-sa 4;");

	lib.error = -EEXIST;
	lib.text = "this key and Sender-ID were sent by before";
	assert_int_equal(plane->sa_add(plane->context, &sa), -EEXIST);
	assert_string_equal(plane->why(plane->context), lib.text);
	lib.error = -ENOENT;
	lib.text = "";
	assert_int_equal(plane->group_add(plane->context, 1), -ENOENT);
	assert_string_equal(plane->why(plane->context), strerror(ENOENT));
}

static void test_events(void **state)
{
	(void)state;
	start(0);
	lib.events[0] = (struct gemcast_event){ .cmd = GEMCAST_CMD_ACQUIRE_NTF,
						.acquire.group = 77 };
	lib.events[1] = (struct gemcast_event){ .cmd = GEMCAST_CMD_EXPIRE_NTF, .sa.spi = 5 };
	lib.events[2] = (struct gemcast_event){
		.cmd = GEMCAST_CMD_EXPIRE_NTF, .sa.spi = 6,
		.expire.present = GEMCAST_BIT(GEMCAST_A_EXPIRE_HARD) };
	lib.events[3] = (struct gemcast_event){ .cmd = GEMCAST_CMD_SA_DEL_NTF, .sa.spi = 7 };
	lib.events[4] = (struct gemcast_event){ .cmd = GEMCAST_CMD_SA_NTF, .sa.spi = 8 };
	lib.events[5] = (struct gemcast_event){
		.cmd = GEMCAST_CMD_AUDIT_NTF, .audit.spi = 9,
		.audit.present = GEMCAST_BIT(GEMCAST_A_AUDIT_SPI),
		.audit.reason = GEMCAST_A_STATS_IN_NO_SA };
	/* Another reason; and no ESP. */
	lib.events[6] = lib.events[5];
	lib.events[6].audit.reason = GEMCAST_A_STATS_IN_REPLAY;
	lib.events[7] = lib.events[5];
	lib.events[7].audit.present = 0;
	lib.count = 8;
	happen();
	assert_string_equal(told, "acquire 77;soft 5;hard 6;gone 7;unknown 9;");
	/* Asked from within. */
	assert_string_equal(lib.asked, "group 77;");
}

static void gone_by_the_kernel(size_t i, uint32_t group, uint32_t spi, const char *dst)
{
	lib.events[i] = (struct gemcast_event){ .cmd = GEMCAST_CMD_SA_DEL_NTF,
						.sa = { .group = group, .spi = spi } };
	lib.events[i].sa.dst.family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, dst, &lib.events[i].sa.dst.in), 1);
	lib.count = i + 1;
}

/* Else an SA that took the place of a deleted one would be believed to have gone. */
static void test_own_deletions_are_no_news(void **state)
{
	struct gemcast_sa sa = { .group = 1, .spi = 4, .dst.family = AF_INET };

	(void)state;
	start(0);
	assert_int_equal(inet_pton(AF_INET, "239.1.1.1", &sa.dst.in), 1);
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	sa.spi = 5;
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	gone_by_the_kernel(0, 2, 4, "239.1.1.1");
	gone_by_the_kernel(1, 1, 4, "239.1.1.2");
	gone_by_the_kernel(2, 1, 6, "239.1.1.1");
	gone_by_the_kernel(3, 1, 4, "239.1.1.1");
	gone_by_the_kernel(4, 1, 5, "239.1.1.1");
	gone_by_the_kernel(5, 1, 5, "239.1.1.1");
	happen();
	assert_string_equal(told, "gone 4;gone 4;gone 6;");
	/* Each is one. */
	gone_by_the_kernel(0, 1, 4, "239.1.1.1");
	gone_by_the_kernel(1, 1, 5, "239.1.1.1");
	happen();
	assert_string_equal(told, "gone 4;gone 4;gone 6;gone 4;gone 5;");
}

static void test_deletions_that_are_not_told(void **state)
{
	struct gemcast_sa sa = { .group = 1, .spi = 4, .dst.family = AF_INET };

	(void)state;
	start(0);
	assert_int_equal(inet_pton(AF_INET, "239.1.1.1", &sa.dst.in), 1);
	/* Refused. */
	lib.error = -ENOENT;
	assert_int_equal(plane->sa_del(plane->context, &sa), -ENOENT);
	lib.error = 0;
	gone_by_the_kernel(0, 1, 4, "239.1.1.1");
	happen();
	assert_string_equal(told, "gone 4;");
	/* A later one is told: the one before never is. */
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	sa.spi = 5;
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	gone_by_the_kernel(0, 1, 5, "239.1.1.1");
	gone_by_the_kernel(1, 1, 4, "239.1.1.1");
	happen();
	assert_string_equal(told, "gone 4;gone 4;");
	/* Events were lost. */
	assert_int_equal(plane->sa_del(plane->context, &sa), 0);
	lib.dispatch_error = -ENOBUFS;
	lib.text = "events were lost";
	happen();
	lib.dispatch_error = 0;
	gone_by_the_kernel(0, 1, 5, "239.1.1.1");
	happen();
	assert_string_equal(told, "gone 4;gone 4;lost 0;gone 5;");
}

static void test_events_are_lost(void **state)
{
	(void)state;
	start(0);
	lib.events[0] = (struct gemcast_event){ .cmd = GEMCAST_CMD_SA_DEL_NTF, .sa.spi = 7 };
	lib.count = 1;
	lib.dispatch_error = -ENOBUFS;
	happen();
	assert_string_equal(told, "gone 7;lost 0;");
	/* And it goes on. */
	lib.dispatch_error = 0;
	lib.count = 1;
	happen();
	assert_string_equal(told, "gone 7;lost 0;gone 7;");
}

static void test_module_comes_later(void **state)
{
	const struct gemcast_sa sa = { .spi = 4 };

	(void)state;
	start(-ENOENT);
	assert_int_equal(lib.handles, 0);
	assert_int_equal(plane->sa_add(plane->context, &sa), -ENOTCONN);
	assert_non_null(strstr(plane->why(plane->context), "modprobe gemcast"));
	assert_int_equal(plane->group_flush(plane->context, 1), -ENOTCONN);
	lib.open_error = 0;
	add_news(CTRL_CMD_NEWFAMILY, "gemcast");
	families_change();
	assert_string_equal(told, "lost 0;");
	assert_int_equal(plane->sa_add(plane->context, &sa), 0);
	lib.events[0] = (struct gemcast_event){ .cmd = GEMCAST_CMD_SA_DEL_NTF, .sa.spi = 7 };
	lib.count = 1;
	happen();
	assert_string_equal(told, "lost 0;gone 7;");
}

static void test_module_goes_and_comes(void **state)
{
	const struct gemcast_sa sa = { .spi = 4 };

	(void)state;
	start(0);
	add_news(CTRL_CMD_NEWFAMILY, "another");
	add_news(CTRL_CMD_NEWMCAST_GRP, "gemcast");
	families_change();
	assert_string_equal(told, "");
	assert_int_equal(plane->sa_add(plane->context, &sa), 0);

	add_news(CTRL_CMD_DELFAMILY, "gemcast");
	families_change();
	assert_int_equal(plane->sa_add(plane->context, &sa), -ENOTCONN);
	assert_string_equal(plane->why(plane->context), "the module gemcast was removed");
	assert_string_equal(told, "");
	add_news(CTRL_CMD_NEWFAMILY, "gemcast");
	families_change();
	assert_string_equal(told, "lost 0;");
	assert_int_equal(plane->sa_add(plane->context, &sa), 0);

	/* Both before we looked. */
	add_news(CTRL_CMD_DELFAMILY, "gemcast");
	add_news(CTRL_CMD_NEWFAMILY, "gemcast");
	families_change();
	assert_string_equal(told, "lost 0;lost 0;");
	/* Who knows what. */
	add_news(CTRL_CMD_NEWFAMILY, "another");
	news[0].error = ENOBUFS;
	families_change();
	assert_string_equal(told, "lost 0;lost 0;lost 0;");
}

static void test_news_of_others_are_none(void **state)
{
	(void)state;
	start(0);
	/* From a program, cut off, or of another family than that of families. */
	add_news(CTRL_CMD_DELFAMILY, "gemcast");
	news[0].from = 1234;
	add_news(CTRL_CMD_DELFAMILY, "gemcast");
	news[1].len = 10;
	add_news(CTRL_CMD_DELFAMILY, "gemcast");
	((struct nlmsghdr *)news[2].message)->nlmsg_type = GENL_ID_CTRL + 5;
	add_news(CTRL_CMD_DELFAMILY, "gemcast");
	((struct nlmsghdr *)news[3].message)->nlmsg_len = NLMSG_HDRLEN + 2;
	families_change();
	assert_int_equal(plane->group_add(plane->context, 1), 0);
	assert_string_equal(told, "");
}

static void test_module_that_we_load(void **state)
{
	(void)state;
	add_news(CTRL_CMD_NEWFAMILY, "gemcast");
	start(0);
	assert_int_equal(news_at, 1);
	assert_string_equal(told, "");
}

static void test_no_right(void **state)
{
	(void)state;
	start(-EPERM);
	assert_int_equal(plane->group_add(plane->context, 1), -ENOTCONN);
	assert_non_null(strstr(plane->why(plane->context), "CAP_NET_ADMIN"));
}

/* --- memberships ---------------------------------------------------------------- */

static struct gemcast_addr addr(const char *text)
{
	struct gemcast_addr a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	assert_int_equal(inet_pton(a.family, text, &a.in6), 1);
	return a;
}

/* How many lines of this file have all of this. */
static unsigned int lines(const char *path, const char *text)
{
	FILE *file = fopen(path, "re");
	unsigned int n = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

#define IGMP	"/proc/thread-self/net/igmp"
#define MLD	"/proc/thread-self/net/igmp6"
#define SOURCES	"/proc/thread-self/net/mcfilter"

static void test_memberships(void **state)
{
	const struct gemcast_addr group = addr("239.1.2.3"), group6 = addr("ff1e::77");
	const struct gemcast_addr source = addr("192.0.2.1"), any = { 0 };

	(void)state;
	start(-ENOENT);
	assert_int_equal(plane->join(plane->context, &group, &any, "lo"), 0);
	assert_int_equal(plane->join(plane->context, &group6, &any, "lo"), 0);
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	assert_int_equal(lines(MLD, "ff1e0000000000000000000000000077"), 1);
	/* Twice in, once out: still in. */
	assert_int_equal(plane->join(plane->context, &group, &any, "lo"), 0);
	plane->leave(plane->context, &group, &any, "lo");
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	/* That one is another. */
	plane->leave(plane->context, &group, &source, "lo");
	plane->leave(plane->context, &group, &any, "");
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	plane->leave(plane->context, &group, &any, "lo");
	assert_int_equal(lines(IGMP, "030201EF"), 0);
	plane->leave(plane->context, &group, &any, "lo");

	assert_int_equal(plane->join(plane->context, &group, &source, "lo"), 0);
	assert_int_equal(lines(SOURCES, "0xef010203 0xc0000201"), 1);
	kernel_free(kernel);
	kernel = NULL;
	assert_int_equal(lines(IGMP, "030201EF"), 0);
	assert_int_equal(lines(MLD, "ff1e0000000000000000000000000077"), 0);
}

static void test_many_memberships(void **state)
{
	struct gemcast_addr group = addr("239.2.0.0"), any = { 0 };
	int i;

	(void)state;
	start(-ENOENT);
	/* More than one socket may have. */
	for (i = 0; i < 100; i++) {
		group.in.s_addr += htonl(1);
		assert_int_equal(plane->join(plane->context, &group, &any, "lo"), 0);
	}
	assert_int_equal(lines(IGMP, "02EF"), 100);
}

static void limit(const char *value)
{
	FILE *file = fopen("/proc/sys/net/ipv4/igmp_max_memberships", "we");

	assert_non_null(file);
	assert_true(fputs(value, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* An interface comes, or goes; false: bridges are not for us. */
static bool change_bridge(unsigned long what)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool done = !ioctl(fd, what, "gcbr0");

	close(fd);
	return done;
}

static void follow_links(void)
{
	while (sd_event_run(event, 0) > 0)
		;
}

static void test_interface_that_goes_and_comes(void **state)
{
	const struct gemcast_addr group = addr("239.1.2.3"), any = { 0 };
	int other;

	(void)state;
	if (!change_bridge(SIOCBRADDBR))
		skip();
	start(-ENOENT);
	assert_int_equal(plane->join(plane->context, &group, &any, "gcbr0"), 0);
	assert_int_equal(plane->join(plane->context, &group, &any, "lo"), 0);
	follow_links();
	assert_int_equal(lines(IGMP, "030201EF"), 2);
	link_news = 0;
	assert_true(change_bridge(SIOCBRDELBR));
	follow_links();
	assert_true(link_news);
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	assert_true(change_bridge(SIOCBRADDBR));
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	follow_links();
	assert_int_equal(lines(IGMP, "030201EF"), 2);
	/* Away and back before we looked. */
	assert_true(change_bridge(SIOCBRDELBR));
	assert_true(change_bridge(SIOCBRADDBR));
	follow_links();
	assert_int_equal(lines(IGMP, "030201EF"), 2);
	/* Left while its interface is away. */
	assert_true(change_bridge(SIOCBRDELBR));
	follow_links();
	plane->leave(plane->context, &group, &any, "gcbr0");
	assert_true(change_bridge(SIOCBRADDBR));
	follow_links();
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	/* What cannot be had at once is had with the next change. */
	assert_int_equal(plane->join(plane->context, &group, &any, "gcbr0"), 0);
	limit("0");
	assert_true(change_bridge(SIOCBRDELBR));
	assert_true(change_bridge(SIOCBRADDBR));
	follow_links();
	assert_int_equal(lines(IGMP, "030201EF"), 1);
	/* Nor is another's descriptor closed for it. */
	other = dup(0);
	assert_true(change_bridge(SIOCBRDELBR));
	assert_true(change_bridge(SIOCBRADDBR));
	follow_links();
	assert_true(fcntl(other, F_GETFD) >= 0);
	close(other);
	limit("20");
	netns_add_address("gcbr0", "192.0.2.7");
	assert_true(change_bridge(SIOCBRDELBR));
	assert_true(change_bridge(SIOCBRADDBR));
	follow_links();
	assert_int_equal(lines(IGMP, "030201EF"), 2);
	assert_true(change_bridge(SIOCBRDELBR));
}

static void test_refused_memberships(void **state)
{
	const struct gemcast_addr group = addr("239.1.2.3"), any = { 0 };
	const struct gemcast_addr source = addr("192.0.2.1");

	(void)state;
	start(-ENOENT);
	assert_int_equal(plane->join(plane->context, &group, &any, "eth7"), -ENODEV);
	assert_string_equal(plane->why(plane->context), "there is no interface eth7");
	/* No route to multicast here. */
	assert_int_equal(plane->join(plane->context, &group, &source, ""), -ENODEV);
	assert_string_equal(plane->why(plane->context),
			    "join 239.1.2.3 from 192.0.2.1: no route to it: name an interface, or add a multicast route");
	limit("0");
	assert_int_equal(plane->join(plane->context, &group, &any, "lo"), -ENOBUFS);
	assert_non_null(strstr(plane->why(plane->context), "join 239.1.2.3 on lo: "));
	assert_non_null(strstr(plane->why(plane->context), "net.ipv4.igmp_max_memberships"));
	limit("20");
	assert_int_equal(plane->join(plane->context, &group, &any, "lo"), 0);
}

static int enter_namespace(void **state)
{
	unsigned int area;

	(void)state;
	for (area = 0; area < AREAS; area++)
		log_set_level((enum log_area)area, LEVEL_ERROR);
	return netns_enter() ? 0 : -1;
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_requests),
		TEST(test_events),
		TEST(test_own_deletions_are_no_news),
		TEST(test_deletions_that_are_not_told),
		TEST(test_events_are_lost),
		TEST(test_module_comes_later),
		TEST(test_module_goes_and_comes),
		TEST(test_news_of_others_are_none),
		TEST(test_module_that_we_load),
		TEST(test_no_right),
		TEST(test_memberships),
		TEST(test_many_memberships),
		TEST(test_refused_memberships),
		TEST(test_interface_that_goes_and_comes),
	};
#undef TEST

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
