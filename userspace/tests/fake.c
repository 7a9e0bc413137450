// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel for tests. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "fake.h"

#define REQUEST_FD	1000
#define QUEUE_SIZE	64

/* A datagram, or an errno value if it has no data. */
struct datagram {
	void *data;
	size_t len;
	int error;
};

struct queue {
	struct datagram datagram[QUEUE_SIZE];
	unsigned int head;
	unsigned int tail;
};

static struct {
	struct queue answers;
	struct queue events;
	bool serving;
	bool family_asked;
	bool end_by_signal;
	const char *fail_call;
	int fail_error;
	_Alignas(struct nlmsghdr) char sent[GEMCAST_REQUEST_SIZE];
	size_t sent_len;
	const void *sent_from;
	unsigned int sent_count;
	const void *secret;
	size_t secret_len;
	bool secret_seen;
	unsigned int joined;
	unsigned int sockets;
	bool undumpable;
	int event_fd;
	/* stand for the sockets */
	char request;
	char event;
} fake = { .event_fd = -1 };

static void queue_clear(struct queue *q)
{
	for (; q->head != q->tail; q->head++)
		free(q->datagram[q->head].data);
	q->head = q->tail = 0;
}

static void queue_add(struct queue *q, const void *data, size_t len, int error)
{
	struct datagram *d = &q->datagram[q->tail++];

	if (q->tail > QUEUE_SIZE)
		abort();
	d->error = error;
	d->len = len;
	d->data = malloc(len ? len : 1);
	if (!d->data)
		abort();
	memcpy(d->data, data, len);
}

void fake_reset(void)
{
	queue_clear(&fake.answers);
	queue_clear(&fake.events);
	if (fake.event_fd >= 0)
		close(fake.event_fd);
	memset(&fake, 0, sizeof(fake));
	fake.event_fd = -1;
}

void fake_serve(void)
{
	fake.serving = true;
}

void fake_answer(const void *data, size_t len)
{
	queue_add(&fake.answers, data, len, 0);
}

void fake_answer_errno(int error)
{
	queue_add(&fake.answers, "", 0, error);
}

void fake_event(const void *data, size_t len)
{
	queue_add(&fake.events, data, len, 0);
}

void fake_event_errno(int error)
{
	queue_add(&fake.events, "", 0, error);
}

void fake_answer_ack(int error, const char *message, uint32_t offset,
		     uint32_t missing)
{
	_Alignas(struct nlmsghdr) char buf[1024];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *err = mnl_nlmsg_put_extra_header(nlh, sizeof(*err));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = NLM_F_CAPPED;
	err->error = error;
	if (message)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, message);
	if (offset && !missing)
		mnl_attr_put_u32(nlh, NLMSGERR_ATTR_OFFS, offset);
	if (missing)
		mnl_attr_put_u32(nlh, 5 /* MISS_TYPE */, missing);
	if (missing && offset)
		mnl_attr_put_u32(nlh, 6 /* MISS_NEST */, offset);
	if (message || offset || missing)
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
	fake_answer(buf, nlh->nlmsg_len);
}

void fake_answer_object(uint8_t cmd, uint16_t flags, unsigned int object,
			const void *in)
{
	_Alignas(struct nlmsghdr) char buf[4096];
	struct nlmsghdr *nlh;

	nlh = gemcast_message_start(buf, FAKE_FAMILY, cmd, 0, 0);
	nlh->nlmsg_flags = flags;
	if (gemcast_message_put(nlh, sizeof(buf), object, in))
		abort();
	fake_answer(buf, nlh->nlmsg_len);
}

void fake_answer_done(int error)
{
	_Alignas(struct nlmsghdr) char buf[64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = NLMSG_DONE;
	nlh->nlmsg_flags = NLM_F_MULTI;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(error)), &error,
	       sizeof(error));
	fake_answer(buf, nlh->nlmsg_len);
}

void fake_event_object(uint8_t cmd, unsigned int object, const void *in,
		       unsigned int second, const void *in_second)
{
	_Alignas(struct nlmsghdr) char buf[4096];
	struct nlmsghdr *nlh;

	nlh = gemcast_message_start(buf, FAKE_FAMILY, cmd, 0, 0);
	if (gemcast_message_put(nlh, sizeof(buf), object, in) ||
	    (second && gemcast_message_put(nlh, sizeof(buf), second, in_second)))
		abort();
	fake_event(buf, nlh->nlmsg_len);
}

void fake_end_by_signal(void)
{
	fake.end_by_signal = true;
}

void fake_fail(const char *call, int error)
{
	fake.fail_call = call;
	fake.fail_error = error;
}

static bool fails(const char *call)
{
	if (!fake.fail_call || strcmp(fake.fail_call, call) != 0)
		return false;
	fake.fail_call = NULL;
	errno = fake.fail_error;
	return true;
}

const struct nlmsghdr *fake_sent(void)
{
	return (const struct nlmsghdr *)fake.sent;
}

unsigned int fake_sent_count(void)
{
	return fake.sent_count;
}

void fake_watch(const void *secret, size_t len)
{
	fake.secret = secret;
	fake.secret_len = len;
	fake.secret_seen = false;
}

bool fake_watched(void)
{
	return fake.secret_seen;
}

size_t fake_sent_len(void)
{
	return fake.sent_len;
}

unsigned int fake_joined(void)
{
	return fake.joined;
}

unsigned int fake_open_sockets(void)
{
	return fake.sockets;
}

bool fake_undumpable(void)
{
	return fake.undumpable;
}

static void answer_family(void)
{
	static const char * const names[] = { "sa", "policy", "acquire",
					      "expire", "audit" };
	_Alignas(struct nlmsghdr) char buf[1024];
	struct nlattr *groups, *group;
	struct nlmsghdr *nlh;
	uint32_t i;

	nlh = gemcast_message_start(buf, GENL_ID_CTRL, CTRL_CMD_NEWFAMILY, 0, 0);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAKE_FAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, GEMCAST_FAMILY_NAME);
	groups = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		group = mnl_attr_nest_start(nlh, (uint16_t)(i + 1));
		mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, FAKE_MCGRP + i);
		mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, names[i]);
		mnl_attr_nest_end(nlh, group);
	}
	mnl_attr_nest_end(nlh, groups);
	fake_answer(buf, nlh->nlmsg_len);
	fake_answer_ack(0, NULL, 0, 0);
}

/* What the library calls; the names are the linker's. */
struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags);
int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups,
			   pid_t pid);
int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type,
				 void *buf, socklen_t len);
int __wrap_mnl_socket_close(struct mnl_socket *nl);
int __wrap_mnl_socket_get_fd(const struct mnl_socket *nl);
ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
				 size_t size);
ssize_t __wrap_recvfrom(int fd, void *buf, size_t size, int flags,
			struct sockaddr *addr, socklen_t *addr_len);
int __wrap_prctl(int option, unsigned long arg);

struct mnl_socket *__wrap_mnl_socket_open2(int bus, int flags)
{
	if (bus != NETLINK_GENERIC || flags != SOCK_CLOEXEC || fails("open"))
		return NULL;
	fake.sockets++;
	if (fake.event_fd >= 0)
		abort();
	if (!fake.request) {
		fake.request = 1;
		return (struct mnl_socket *)&fake.request;
	}
	fake.event_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	return (struct mnl_socket *)&fake.event;
}

int __wrap_mnl_socket_bind(struct mnl_socket *nl, unsigned int groups,
			   pid_t pid)
{
	(void)nl;
	return groups || pid || fails("bind") ? -1 : 0;
}

int __wrap_mnl_socket_setsockopt(const struct mnl_socket *nl, int type,
				 void *buf, socklen_t len)
{
	unsigned int value;

	if (len != sizeof(value) || fails("setsockopt"))
		return -1;
	memcpy(&value, buf, sizeof(value));
	if (type == NETLINK_ADD_MEMBERSHIP) {
		if ((const char *)nl != &fake.event)
			abort();
		fake.joined |= 1U << (value - FAKE_MCGRP);
	}
	return 0;
}

int __wrap_mnl_socket_close(struct mnl_socket *nl)
{
	if ((char *)nl == &fake.request)
		fake.request = 0;
	fake.sockets--;
	return 0;
}

int __wrap_mnl_socket_get_fd(const struct mnl_socket *nl)
{
	return (const char *)nl == &fake.request ? REQUEST_FD : fake.event_fd;
}

ssize_t __wrap_mnl_socket_sendto(const struct mnl_socket *nl, const void *req,
				 size_t size)
{
	if ((const char *)nl != &fake.request || size > sizeof(fake.sent))
		abort();
	memcpy(fake.sent, req, size);
	fake.sent_len = size;
	fake.sent_from = req;
	if (fake.serving && fake_sent()->nlmsg_type == GENL_ID_CTRL) {
		struct queue rest = fake.answers;

		/* Before what the test has for later requests. */
		fake.answers.head = fake.answers.tail = 0;
		answer_family();
		for (; rest.head != rest.tail; rest.head++)
			fake.answers.datagram[fake.answers.tail++] =
				rest.datagram[rest.head];
	} else {
		fake.sent_count++;
	}
	return fails("send") ? -1 : (ssize_t)size;
}

static ssize_t deliver(struct queue *q, void *buf, size_t size)
{
	struct datagram *d = &q->datagram[q->head++];
	struct nlmsghdr *nlh = d->data;
	size_t len = d->len;
	int left = (int)len;
	int error = d->error;

	for (; gemcast_message_ok(nlh, left);
	     nlh = mnl_nlmsg_next(nlh, &left))
		if (!nlh->nlmsg_seq)
			nlh->nlmsg_seq = fake_sent()->nlmsg_seq;
	memcpy(buf, d->data, len < size ? len : size);
	free(d->data);
	if (q->head == q->tail)
		q->head = q->tail = 0;
	errno = error;
	return error ? -1 : (ssize_t)len;
}

ssize_t __wrap_recvfrom(int fd, void *buf, size_t size, int flags,
			struct sockaddr *addr, socklen_t *addr_len)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };

	if (*addr_len < sizeof(from) || !(flags & MSG_TRUNC))
		abort();
	memcpy(addr, &from, sizeof(from));
	*addr_len = sizeof(from);
	if (fd == REQUEST_FD) {
		if (fake.secret && memmem(fake.sent_from, fake.sent_len,
					  fake.secret, fake.secret_len))
			fake.secret_seen = true;
		if (fake.answers.head != fake.answers.tail)
			return deliver(&fake.answers, buf, size);
		if (!fake.serving) {
			errno = ECONNRESET;
			return -1;
		}
		fake_answer_ack(0, NULL, 0, 0);
		return deliver(&fake.answers, buf, size);
	}
	if (fd != fake.event_fd || !(flags & MSG_DONTWAIT))
		abort();
	if (fake.events.head != fake.events.tail)
		return deliver(&fake.events, buf, size);
	if (fake.end_by_signal)
		raise(SIGTERM);
	errno = EAGAIN;
	return -1;
}

/* A process that cannot be traced cannot be looked through for leaks. */
int __wrap_prctl(int option, unsigned long arg)
{
	(void)option;
	fake.undumpable = !arg;
	return 0;
}
