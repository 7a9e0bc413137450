// SPDX-License-Identifier: LGPL-2.1-or-later
/* Events: from the kernel's multicast messages to the caller's function. */
#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "internal.h"

/* 1: not an event that the library knows; 0: the event is filled. */
static int read_event(struct gemcast_handle *h, const struct nlmsghdr *nlh,
		      struct gemcast_event *event)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	int err;

	if (nlh->nlmsg_type != h->family)
		return 1;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl))
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's event is truncated");
	memset(event, 0, sizeof(*event));
	event->cmd = genl->cmd;
	switch (genl->cmd) {
	case GEMCAST_CMD_SA_NTF:
	case GEMCAST_CMD_SA_DEL_NTF:
		return gemcast_message_get(h, nlh, GEMCAST_A_OBJECT_SA,
					   &event->sa);
	case GEMCAST_CMD_POLICY_NTF:
	case GEMCAST_CMD_POLICY_DEL_NTF:
		return gemcast_message_get(h, nlh, GEMCAST_A_OBJECT_POLICY,
					   &event->policy);
	case GEMCAST_CMD_ACQUIRE_NTF:
		return gemcast_message_get(h, nlh, GEMCAST_A_OBJECT_ACQUIRE,
					   &event->acquire);
	case GEMCAST_CMD_EXPIRE_NTF:
		err = gemcast_message_get(h, nlh, GEMCAST_A_OBJECT_SA,
					  &event->sa);
		return err ? err : gemcast_message_get(h, nlh,
						       GEMCAST_A_OBJECT_EXPIRE,
						       &event->expire);
	case GEMCAST_CMD_AUDIT_NTF:
		return gemcast_message_get(h, nlh, GEMCAST_A_OBJECT_AUDIT,
					   &event->audit);
	default:
		return 1;
	}
}

static int datagram(struct gemcast_handle *h, size_t size, gemcast_event_fn fn,
		    void *arg)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)h->answer;
	struct gemcast_event event;
	int len = (int)size;
	int err;

	while (gemcast_message_ok(nlh, len)) {
		err = read_event(h, nlh, &event);
		if (!err)
			err = fn(&event, arg);
		else if (err > 0)
			err = 0;
		if (err)
			return err;
		nlh = mnl_nlmsg_next(nlh, &len);
	}
	if (len > 0)
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's event is truncated");
	return 0;
}

int gemcast_dispatch(struct gemcast_handle *h, gemcast_event_fn fn, void *arg)
{
	ssize_t n;
	int err = 0;

	h->error[0] = '\0';
	if (!h->event)
		return gemcast_fail(h, -ENOTCONN, "no events were asked for");
	while (!err) {
		n = gemcast_receive(h, h->event, MSG_DONTWAIT);
		if (n == -EAGAIN)
			return 0;
		if (n == -ENOBUFS)
			return gemcast_fail(h, -ENOBUFS, "events were lost: they came faster than they were read");
		if (n < 0)
			return gemcast_fail_call(h, (int)n, "receive");
		err = datagram(h, (size_t)n, fn, arg);
	}
	return err;
}
