// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watching what comes and goes in the kernel: the module itself, as a family of generic
 * netlink, and interfaces.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/gemcast.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "kernel/watch.h"

/* The group "notify" of the family of families has its family's number. */
#define NOTIFY		GENL_ID_CTRL
#define ROOM		16384

static int open_group(int protocol, int group)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd, err;

	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	if (fd < 0)
		return -errno;
	if (!bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) &&
	    !setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int watch_families(void)
{
	return open_group(NETLINK_GENERIC, NOTIFY);
}

int watch_links(void)
{
	return open_group(NETLINK_ROUTE, RTNLGRP_LINK);
}

void watch_drain(int fd)
{
	char byte;

	/* Whatever was lost, the next one says as much. */
	while (recv(fd, &byte, sizeof(byte), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}

static int is_ours(const struct nlattr *attr, void *arg)
{
	bool *ours = arg;

	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		*ours = !strcmp(mnl_attr_get_str(attr), GEMCAST_FAMILY_NAME);
	return MNL_CB_OK;
}

static enum watch_news news(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	bool ours = false;

	if (nlh->nlmsg_type == GENL_ID_CTRL)
		mnl_attr_parse(nlh, sizeof(*genl), is_ours, &ours);
	if (!ours)
		return WATCH_NOTHING;
	if (genl->cmd == CTRL_CMD_NEWFAMILY)
		return WATCH_LOADED;
	return genl->cmd == CTRL_CMD_DELFAMILY ? WATCH_UNLOADED : WATCH_NOTHING;
}

/* The kernel sends each in a datagram of its own. */
enum watch_news watch_next(int fd)
{
	_Alignas(struct nlmsghdr) char room[ROOM];
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)room;
	enum watch_news what;
	struct sockaddr_nl from = { 0 };
	socklen_t from_len;
	ssize_t n;

	for (;;) {
		from_len = sizeof(from);
		n = recvfrom(fd, room, sizeof(room), MSG_DONTWAIT, (struct sockaddr *)&from,
			     &from_len);
		if (n < 0)
			return errno == ENOBUFS ? WATCH_LOST : WATCH_NOTHING;
		if (from.nl_pid || !mnl_nlmsg_ok(nlh, (int)n))
			continue;
		what = news(nlh);
		if (what != WATCH_NOTHING)
			return what;
	}
}
