// SPDX-License-Identifier: LGPL-2.1-or-later
/* The handle: its sockets, the family's numbers, its error text. */
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "internal.h"

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK	12
#endif

/* In the order of enum gemcast_events. */
static const char * const mcgrp_names[] = {
	GEMCAST_MCGRP_SA,
	GEMCAST_MCGRP_POLICY,
	GEMCAST_MCGRP_ACQUIRE,
	GEMCAST_MCGRP_EXPIRE,
	GEMCAST_MCGRP_AUDIT,
};

int gemcast_fail(struct gemcast_handle *h, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(h->error, sizeof(h->error), format, ap);
	va_end(ap);
	return error;
}

/* What a system call failed with; strerror() would share a buffer. */
int gemcast_fail_call(struct gemcast_handle *h, int error, const char *call)
{
	char buf[64];

	return gemcast_fail(h, error, "%s: %s", call,
			    strerror_r(-error, buf, sizeof(buf)));
}

struct gemcast_handle *gemcast_new(void)
{
	return calloc(1, sizeof(struct gemcast_handle));
}

void gemcast_free(struct gemcast_handle *h)
{
	if (!h)
		return;
	if (h->request)
		mnl_socket_close(h->request);
	if (h->event)
		mnl_socket_close(h->event);
	free(h);
}

const char *gemcast_error(const struct gemcast_handle *h)
{
	return h->error;
}

static struct mnl_socket *open_socket(void)
{
	/* CAP_ACK: an answer never repeats the request, which has the key. */
	static const int options[] = {
		NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK,
	};
	struct mnl_socket *sock;
	int on = 1;
	int err = 0;
	size_t i;

	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!sock)
		return NULL;
	for (i = 0; !err && i < ARRAY_SIZE(options); i++)
		err = mnl_socket_setsockopt(sock, options[i], &on, sizeof(on));
	if (!err)
		err = mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID);
	if (!err)
		return sock;
	err = errno;
	mnl_socket_close(sock);
	errno = err;
	return NULL;
}

static void note_mcgrp(struct gemcast_handle *h, const struct nlattr *group)
{
	const char *name = NULL;
	const struct nlattr *attr;
	uint32_t id = 0;
	size_t i;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			id = mnl_attr_get_u32(attr);
	}
	for (i = 0; name && i < ARRAY_SIZE(mcgrp_names); i++)
		if (!strcmp(name, mcgrp_names[i]))
			h->mcgrp[i] = id;
}

static int note_family(struct gemcast_handle *h, const struct nlmsghdr *nlh,
		       void *arg)
{
	const struct nlattr *attr, *group;

	(void)arg;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
			h->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_for_each_nested(group, attr)
				note_mcgrp(h, group);
	}
	return 0;
}

static int resolve_family(struct gemcast_handle *h)
{
	_Alignas(struct nlmsghdr) char buf[GEMCAST_REQUEST_SIZE];
	struct nlmsghdr *nlh;
	int err;

	nlh = gemcast_message_start(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0,
				    ++h->seq);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, GEMCAST_FAMILY_NAME);
	err = gemcast_transact(h, nlh, note_family, NULL);
	if (err == -ENOENT)
		return gemcast_fail(h, err, "the kernel has no gemcast: load its module (modprobe gemcast)");
	if (!err && !h->family)
		return gemcast_fail(h, -EBADMSG,
				    "the kernel's answer has no family id");
	return err;
}

int gemcast_open(struct gemcast_handle *h)
{
	int err;

	h->error[0] = '\0';
	if (h->request)
		return gemcast_fail(h, -EALREADY, "the handle is open");
	h->request = open_socket();
	if (!h->request)
		return gemcast_fail_call(h, -errno, "netlink socket");
	err = resolve_family(h);
	if (err) {
		mnl_socket_close(h->request);
		h->request = NULL;
	}
	return err;
}

static int subscribe(struct gemcast_handle *h, unsigned int i)
{
	if (!h->mcgrp[i])
		return gemcast_fail(h, -ENOENT, "the kernel has no %s events",
				    mcgrp_names[i]);
	if (mnl_socket_setsockopt(h->event, NETLINK_ADD_MEMBERSHIP,
				  &h->mcgrp[i], sizeof(h->mcgrp[i])) < 0)
		return gemcast_fail_call(h, -errno, mcgrp_names[i]);
	return 0;
}

int gemcast_subscribe(struct gemcast_handle *h, unsigned int events)
{
	unsigned int i;
	int err;

	h->error[0] = '\0';
	if (!h->request)
		return gemcast_fail(h, -ENOTCONN, "the handle is not open");
	if (events & ~(unsigned int)GEMCAST_EVENTS_ALL)
		return gemcast_fail(h, -EINVAL, "no such event");
	if (!h->event)
		h->event = open_socket();
	if (!h->event)
		return gemcast_fail_call(h, -errno, "netlink socket");
	for (i = 0; i < ARRAY_SIZE(h->mcgrp); i++) {
		err = events & (1U << i) ? subscribe(h, i) : 0;
		if (err)
			return err;
	}
	return 0;
}

int gemcast_event_fd(const struct gemcast_handle *h)
{
	return h->event ? mnl_socket_get_fd(h->event) : -ENOTCONN;
}
