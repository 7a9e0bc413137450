// SPDX-License-Identifier: LGPL-2.1-or-later
/* One request to the kernel and all that it answers. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "internal.h"

/*
 * One datagram from the kernel into the handle's buffer: its length, or
 * -EAGAIN if MSG_DONTWAIT is in flags and none is there.
 */
ssize_t gemcast_receive(struct gemcast_handle *h, const struct mnl_socket *sock,
			int flags)
{
	struct sockaddr_nl from = { .nl_family = AF_NETLINK };
	socklen_t from_len;
	ssize_t n;

	do {
		from_len = sizeof(from);
		n = recvfrom(mnl_socket_get_fd(sock), h->answer,
			     sizeof(h->answer), flags | MSG_TRUNC,
			     (struct sockaddr *)&from, &from_len);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid));
	if (n < 0)
		return -errno;
	if ((size_t)n > sizeof(h->answer))
		return -EMSGSIZE;
	return n;
}

/* What has been read of the answer to a request. */
struct progress {
	const struct nlmsghdr *request;
	gemcast_answer_fn fn;
	void *arg;
	bool done;
	bool interrupted;	/* the dump is of no one moment */
	int result;		/* fn's, or why its message made no sense */
};

/* A result other than 0 ends the request at once. */
static int answer(struct gemcast_handle *h, const struct nlmsghdr *nlh,
		  struct progress *p)
{
	if (nlh->nlmsg_seq != p->request->nlmsg_seq)
		return 0;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		p->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		p->done = true;
		return p->result ? 0 : gemcast_extack(h, nlh, p->request);
	}
	if (nlh->nlmsg_type == p->request->nlmsg_type && p->fn && !p->result)
		p->result = p->fn(h, nlh, p->arg);
	return 0;
}

static int datagram(struct gemcast_handle *h, size_t size, struct progress *p)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)h->answer;
	int len = (int)size;
	int err = 0;

	while (!err && !p->done && gemcast_message_ok(nlh, len)) {
		err = answer(h, nlh, p);
		nlh = mnl_nlmsg_next(nlh, &len);
	}
	if (!err && !p->done && len > 0)
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's answer is truncated");
	return err;
}

static int answers(struct gemcast_handle *h, struct progress *p)
{
	ssize_t n;
	int err;

	while (!p->done) {
		n = gemcast_receive(h, h->request, 0);
		if (n < 0)
			return gemcast_fail_call(h, (int)n, "receive");
		err = datagram(h, (size_t)n, p);
		if (err)
			return err;
	}
	if (!p->result && p->interrupted)
		return gemcast_fail(h, -EINTR,
				    "the list changed while it was read");
	return p->result;
}

/*
 * Send the request, and call fn for each message of the answer until the
 * kernel says that it is done. The request is forgotten.
 */
int gemcast_transact(struct gemcast_handle *h, struct nlmsghdr *request,
		     gemcast_answer_fn fn, void *arg)
{
	struct progress p = { .request = request, .fn = fn, .arg = arg };
	size_t len = request->nlmsg_len;
	ssize_t n;
	int err;

	/* Its bits are those of NLM_F_REPLACE and NLM_F_EXCL, too. */
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		request->nlmsg_flags |= NLM_F_ACK;
	n = mnl_socket_sendto(h->request, request, len);
	err = n < 0 ? -errno : 0;
	gemcast_message_forget(request);
	if (err)
		gemcast_fail_call(h, err, "send");
	else
		err = answers(h, &p);
	explicit_bzero(request, len);
	return err;
}
