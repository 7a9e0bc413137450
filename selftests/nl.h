/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of the netlink family that shares no code with the library: what it
 * sends can be wrong, and all that it receives is searched for keys.
 */
#ifndef GEMCAST_SELFTESTS_NL_H
#define GEMCAST_SELFTESTS_NL_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/gemcast.h>
#include <linux/netlink.h>

/* Every key of these tests holds it; no message from the kernel may. */
#define SECRET		"\xc3\x5a\x11\x97\xe4\x08\xbd\x62"
#define SECRET_LEN	8

#define NLA_AT(base, offset)	((struct nlattr *)((char *)(base) + (offset)))

struct nl {
	int fd;
	uint16_t family;
	uint32_t seq;
	uint32_t groups[16];		/* by name in nl_group_names */
};

struct msg {
	union {
		struct nlmsghdr h;
		char buf[4096];
	};
};

/* What became of a request. */
struct answer {
	int err;			/* errno, or 0 */
	char text[256];			/* of the refusal */
	int offset;			/* of the offending attribute, or -1 */
	int miss_type;			/* of a missing one, or -1 */
	int miss_nest;			/* offset of the nest it misses in, or -1 */
	size_t len;
	char buf[8192];			/* the reply, if there was one */
};

static int nl_secrets;			/* how many messages held a key */
static unsigned long nl_bytes;		/* how many were searched */

static const char *const nl_group_names[] = {
	GEMCAST_MCGRP_SA, GEMCAST_MCGRP_POLICY, GEMCAST_MCGRP_ACQUIRE,
	GEMCAST_MCGRP_EXPIRE, GEMCAST_MCGRP_AUDIT, NULL
};

static inline void msg_begin(struct msg *m, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *g;

	memset(m, 0, sizeof(*m));
	m->h.nlmsg_len = NLMSG_LENGTH(sizeof(*g));
	m->h.nlmsg_flags = NLM_F_REQUEST | flags;
	g = NLMSG_DATA(&m->h);
	g->cmd = cmd;
	g->version = GEMCAST_FAMILY_VERSION;
}

static inline struct nlattr *msg_put(struct msg *m, uint16_t type,
				     const void *data, uint16_t len)
{
	struct nlattr *a = NLA_AT(m, NLMSG_ALIGN(m->h.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy(a + 1, data, len);
	m->h.nlmsg_len = NLMSG_ALIGN(m->h.nlmsg_len) + NLA_ALIGN(a->nla_len);
	return a;
}

static inline void msg_put_u32(struct msg *m, uint16_t type, uint32_t value)
{
	msg_put(m, type, &value, sizeof(value));
}

static inline struct nlattr *msg_nest(struct msg *m, uint16_t type)
{
	return msg_put(m, type | NLA_F_NESTED, NULL, 0);
}

static inline void msg_nest_end(struct msg *m, struct nlattr *nest)
{
	nest->nla_len = (char *)m + m->h.nlmsg_len - (char *)nest;
}

static inline int nla_type(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static inline const void *nla_data(const struct nlattr *a)
{
	return a + 1;
}

static inline int nla_len(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

static inline const char *nla_str(const struct nlattr *a)
{
	return a ? (const char *)(a + 1) : "";
}

static inline uint32_t nla_u32(const struct nlattr *a)
{
	uint32_t value = 0;

	if (a)
		memcpy(&value, nla_data(a), sizeof(value));
	return value;
}

static inline uint64_t nla_u64(const struct nlattr *a)
{
	uint64_t value = 0;

	if (a)
		memcpy(&value, nla_data(a), sizeof(value));
	return value;
}

static inline struct nlattr *nla_find(const void *head, int len, int type)
{
	struct nlattr *a = (struct nlattr *)head;

	while (len >= NLA_HDRLEN && a->nla_len >= NLA_HDRLEN &&
	       a->nla_len <= len) {
		if (nla_type(a) == type)
			return a;
		len -= NLA_ALIGN(a->nla_len);
		a = NLA_AT(a, NLA_ALIGN(a->nla_len));
	}
	return NULL;
}

static inline struct nlattr *nla_nested(const struct nlattr *nest, int type)
{
	return nest ? nla_find(nla_data(nest), nla_len(nest), type) : NULL;
}

/* The nest @object of a message of the family. */
static inline struct nlattr *msg_object(const struct nlmsghdr *h, int object)
{
	int head = NLMSG_LENGTH(sizeof(struct genlmsghdr));

	return nla_find((const char *)h + head, h->nlmsg_len - head, object);
}

static inline int msg_cmd(const struct nlmsghdr *h)
{
	return ((struct genlmsghdr *)NLMSG_DATA(h))->cmd;
}

/* Like recv(), and looks for keys. */
static inline ssize_t nl_recv(struct nl *nl, void *buf, size_t size, int flags)
{
	ssize_t n;

	do {
		n = recv(nl->fd, buf, size, flags);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return n;
	nl_bytes += n;
	if (memmem(buf, n, SECRET, SECRET_LEN))
		nl_secrets++;
	return n;
}

static inline void nl_answer(struct answer *a, const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = NLMSG_DATA(h);
	int head = NLMSG_LENGTH(sizeof(*e)), tlv, len;
	const struct nlattr *at;

	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		head += NLMSG_ALIGN(e->msg.nlmsg_len) - NLMSG_HDRLEN;
	a->err = -e->error;
	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	len = h->nlmsg_len - head;
	for (tlv = NLMSGERR_ATTR_MSG; tlv <= NLMSGERR_ATTR_MISS_NEST; tlv++) {
		at = nla_find((const char *)h + head, len, tlv);
		if (!at)
			continue;
		switch (tlv) {
		case NLMSGERR_ATTR_MSG:
			snprintf(a->text, sizeof(a->text), "%s",
				 (const char *)nla_data(at));
			break;
		case NLMSGERR_ATTR_OFFS:
			a->offset = nla_u32(at);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			a->miss_type = nla_u32(at);
			break;
		case NLMSGERR_ATTR_MISS_NEST:
			a->miss_nest = nla_u32(at);
			break;
		}
	}
}

static inline void answer_init(struct answer *a)
{
	memset(a, 0, sizeof(*a));
	a->offset = -1;
	a->miss_type = -1;
	a->miss_nest = -1;
}

/* Sends @m and waits for its ack. */
static inline int nl_do(struct nl *nl, struct msg *m, struct answer *a)
{
	char buf[16384] __attribute__((aligned(8)));
	struct answer unused;
	struct nlmsghdr *h;
	ssize_t n;

	if (!a)
		a = &unused;
	answer_init(a);
	if (!m->h.nlmsg_type)
		m->h.nlmsg_type = nl->family;
	m->h.nlmsg_flags |= NLM_F_ACK;
	m->h.nlmsg_seq = ++nl->seq;
	if (send(nl->fd, m, m->h.nlmsg_len, 0) < 0)
		return a->err = errno;
	for (;;) {
		n = nl_recv(nl, buf, sizeof(buf), 0);
		if (n < 0)
			return a->err = errno;
		for (h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_seq != nl->seq)
				continue;
			if (h->nlmsg_type == NLMSG_ERROR) {
				nl_answer(a, h);
				return a->err;
			}
			if (h->nlmsg_len > sizeof(a->buf))
				continue;
			a->len = h->nlmsg_len;
			memcpy(a->buf, h, h->nlmsg_len);
		}
	}
}

static inline int nl_dump_start(struct nl *nl, struct msg *m)
{
	if (!m->h.nlmsg_type)
		m->h.nlmsg_type = nl->family;
	m->h.nlmsg_flags |= NLM_F_DUMP;
	m->h.nlmsg_seq = ++nl->seq;
	return send(nl->fd, m, m->h.nlmsg_len, 0) < 0 ? errno : 0;
}

/*
 * One more datagram of a dump: @each is called for each message. 1 if there is
 * more, 0 at the end, else a negative errno.
 */
static inline int nl_dump_more(struct nl *nl, struct answer *a,
			       void (*each)(const struct nlmsghdr *h, void *arg),
			       void *arg)
{
	char buf[65536] __attribute__((aligned(8)));
	struct nlmsghdr *h;
	ssize_t n;
	int err;

	n = nl_recv(nl, buf, sizeof(buf), 0);
	if (n < 0)
		return -errno;
	for (h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
		if (h->nlmsg_seq != nl->seq)
			continue;
		if (h->nlmsg_type == NLMSG_ERROR) {
			if (a)
				nl_answer(a, h);
			return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
		}
		if (h->nlmsg_type != NLMSG_DONE) {
			each(h, arg);
			continue;
		}
		memcpy(&err, NLMSG_DATA(h), sizeof(err));
		if (a && (h->nlmsg_flags & NLM_F_ACK_TLVS)) {
			int head = NLMSG_LENGTH(sizeof(err));
			struct nlattr *at;

			at = nla_find((char *)h + head, h->nlmsg_len - head,
				      NLMSGERR_ATTR_MSG);
			if (at)
				snprintf(a->text, sizeof(a->text), "%s",
					 (const char *)nla_data(at));
		}
		return err;
	}
	return 1;
}

static inline int nl_dump(struct nl *nl, struct msg *m, struct answer *a,
			  void (*each)(const struct nlmsghdr *h, void *arg),
			  void *arg)
{
	int err;

	if (a)
		answer_init(a);
	err = nl_dump_start(nl, m);
	if (err)
		return err;
	do {
		err = nl_dump_more(nl, a, each, arg);
	} while (err > 0);
	if (a)
		a->err = -err;
	return -err;
}

static inline void nl_read_groups(struct nl *nl, const struct nlattr *groups)
{
	int len = groups ? nla_len(groups) : 0, i;
	const struct nlattr *a = nla_data(groups);

	for (; len >= NLA_HDRLEN; len -= NLA_ALIGN(a->nla_len),
	     a = NLA_AT(a, NLA_ALIGN(a->nla_len))) {
		const char *name =
			nla_data(nla_nested(a, CTRL_ATTR_MCAST_GRP_NAME));

		for (i = 0; nl_group_names[i]; i++)
			if (!strcmp(nl_group_names[i], name))
				nl->groups[i] = nla_u32(nla_nested(a,
						CTRL_ATTR_MCAST_GRP_ID));
	}
}

/* 0 or an errno. */
static inline int nl_open(struct nl *nl)
{
	struct timeval limit = { .tv_sec = 20 };
	int one = 1, size = 16 << 20;
	struct nlattr *id;
	struct answer a;
	struct msg m;

	memset(nl, 0, sizeof(*nl));
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return errno;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	msg_begin(&m, CTRL_CMD_GETFAMILY, 0);
	m.h.nlmsg_type = GENL_ID_CTRL;
	msg_put(&m, CTRL_ATTR_FAMILY_NAME, GEMCAST_FAMILY_NAME,
		sizeof(GEMCAST_FAMILY_NAME));
	if (nl_do(nl, &m, &a))
		return a.err;
	id = msg_object((void *)a.buf, CTRL_ATTR_FAMILY_ID);
	memcpy(&nl->family, nla_data(id), sizeof(nl->family));
	nl_read_groups(nl, msg_object((void *)a.buf, CTRL_ATTR_MCAST_GROUPS));
	return 0;
}

/* 0 or an errno. */
static inline int nl_join(struct nl *nl, const char *group)
{
	int i;

	for (i = 0; nl_group_names[i]; i++)
		if (!strcmp(nl_group_names[i], group))
			break;
	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
			  &nl->groups[i], sizeof(nl->groups[i])) ? errno : 0;
}

/* The module, from where the harness built it, unless it is there. */
static inline int module_load(void)
{
	return system("[ -d /sys/module/gemcast ] || {"
		      " ko=${GEMCAST_KO:-$(modinfo -n gemcast)};"
		      " for d in $(modinfo -F depends $ko | tr , ' ');"
		      " do modprobe $d; done; insmod $ko; }");
}

#endif
