// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One UDP socket: its options, and datagrams with both their ends.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "net/socket.h"

/* For many members that register at once. */
#define ROOM_RECEIVE	(4 << 20)
#define ROOM_SEND	(1 << 20)

/* Which no header of libc has. */
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND	78
#endif

union sockaddr_any {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

union control {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t))];
};

static socklen_t to_sockaddr(const struct net_end *end, unsigned int ifindex,
			     union sockaddr_any *sa)
{
	memset(sa, 0, sizeof(*sa));
	sa->any.sa_family = end->addr.family;
	if (end->addr.family == AF_INET) {
		sa->in.sin_addr = end->addr.in;
		sa->in.sin_port = htons(end->port);
		return sizeof(sa->in);
	}
	sa->in6.sin6_addr = end->addr.in6;
	sa->in6.sin6_port = htons(end->port);
	if (IN6_IS_ADDR_LINKLOCAL(&end->addr.in6) || IN6_IS_ADDR_MC_LINKLOCAL(&end->addr.in6))
		sa->in6.sin6_scope_id = ifindex;
	return sizeof(sa->in6);
}

static void from_sockaddr(const union sockaddr_any *sa, struct net_end *end)
{
	end->addr.family = sa->any.sa_family;
	if (sa->any.sa_family == AF_INET) {
		end->addr.in = sa->in.sin_addr;
		end->port = ntohs(sa->in.sin_port);
	} else {
		end->addr.in6 = sa->in6.sin6_addr;
		end->port = ntohs(sa->in6.sin6_port);
	}
}

static bool is_link_local(const struct gemcast_addr *addr)
{
	return addr->family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&addr->in6);
}

bool socket_is_wildcard(const struct gemcast_addr *addr)
{
	return addr->family == AF_INET ? addr->in.s_addr == htonl(INADDR_ANY) :
					 IN6_IS_ADDR_UNSPECIFIED(&addr->in6);
}

static int set(int fd, int level, int name, int value)
{
	return setsockopt(fd, level, name, &value, sizeof(value)) ? -errno : 0;
}

/*
 * What the host's other members of multicast groups get is not ours. IPv4 datagrams are
 * sent without DF: a router that cannot say that they are too long for it makes fragments.
 */
static int set_options(int fd, sa_family_t family)
{
	int err;

	if (family == AF_INET) {
		err = set(fd, IPPROTO_IP, IP_PKTINFO, 1);
		if (!err)
			err = set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
		if (!err)
			err = set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	} else {
		err = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
		if (!err)
			err = set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
		if (!err)
			err = set(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
	}
	if (!err)
		err = set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	/* As much as we may: without CAP_NET_ADMIN that is the system's limit. */
	if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, ROOM_RECEIVE))
		set(fd, SOL_SOCKET, SO_RCVBUF, ROOM_RECEIVE);
	if (set(fd, SOL_SOCKET, SO_SNDBUFFORCE, ROOM_SEND))
		set(fd, SOL_SOCKET, SO_SNDBUF, ROOM_SEND);
	return err;
}

/* An address that comes later, as with its interface, works when it is there. */
static int bind_to(int fd, const struct net_end *end, unsigned int ifindex, bool *absent)
{
	union sockaddr_any sa;
	socklen_t len = to_sockaddr(end, ifindex, &sa);
	int err;

	if (!bind(fd, &sa.any, len))
		return 0;
	if (errno != EADDRNOTAVAIL)
		return -errno;
	*absent = true;
	err = end->addr.family == AF_INET ? set(fd, IPPROTO_IP, IP_FREEBIND, 1) :
					    set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1);
	if (err)
		return err;
	return bind(fd, &sa.any, len) ? -errno : 0;
}

int socket_open(const struct net_end *end, unsigned int ifindex, bool share, bool *absent)
{
	int fd, err;

	*absent = false;
	fd = socket(end->addr.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	if (fd < 0)
		return -errno;
	err = set_options(fd, end->addr.family);
	if (!err) {
		socket_share(fd, share);
		err = bind_to(fd, end, ifindex, absent);
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

void socket_share(int fd, bool share)
{
	set(fd, SOL_SOCKET, SO_REUSEADDR, share);
}

static void to_storage(const struct gemcast_addr *addr, struct sockaddr_storage *to)
{
	const struct net_end end = { .addr = *addr };
	union sockaddr_any sa;
	socklen_t len = to_sockaddr(&end, 0, &sa);

	memset(to, 0, sizeof(*to));
	memcpy(to, &sa, len);
}

int socket_join(int fd, const struct gemcast_addr *group, const struct gemcast_addr *source,
		unsigned int ifindex)
{
	int level = group->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	struct group_source_req from_one = { .gsr_interface = ifindex };
	struct group_req from_any = { .gr_interface = ifindex };
	int err;

	if (source->family == AF_UNSPEC) {
		to_storage(group, &from_any.gr_group);
		err = setsockopt(fd, level, MCAST_JOIN_GROUP, &from_any, sizeof(from_any));
	} else {
		to_storage(group, &from_one.gsr_group);
		to_storage(source, &from_one.gsr_source);
		err = setsockopt(fd, level, MCAST_JOIN_SOURCE_GROUP, &from_one,
				 sizeof(from_one));
	}
	return err ? -errno : 0;
}

/* A broadcast's or multicast's header has another destination than the host's address. */
static void to_pktinfo(const struct in_pktinfo *info, struct net_path *path)
{
	if (info->ipi_addr.s_addr != info->ipi_spec_dst.s_addr)
		return;
	path->local.addr.family = AF_INET;
	path->local.addr.in = info->ipi_addr;
}

static void to_pktinfo6(const struct in6_pktinfo *info, struct net_path *path)
{
	if (IN6_IS_ADDR_MULTICAST(&info->ipi6_addr))
		return;
	path->local.addr.family = AF_INET6;
	path->local.addr.in6 = info->ipi6_addr;
	if (is_link_local(&path->local.addr) || is_link_local(&path->remote.addr))
		path->ifindex = info->ipi6_ifindex;
}

static void read_control(struct msghdr *msg, struct net_path *path, uint32_t *overflow)
{
	struct in6_pktinfo info6;
	struct in_pktinfo info;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			to_pktinfo(&info, path);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof(info6));
			to_pktinfo6(&info6, path);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(overflow, CMSG_DATA(c), sizeof(*overflow));
		}
	}
}

int socket_receive(int fd, struct socket_batch *batch)
{
	struct mmsghdr messages[SOCKET_BATCH] = { 0 };
	union sockaddr_any from[SOCKET_BATCH];
	union control control[SOCKET_BATCH];
	struct iovec iov[SOCKET_BATCH];
	int i, n;

	for (i = 0; i < SOCKET_BATCH; i++) {
		iov[i] = (struct iovec){ batch->data[i], sizeof(batch->data[i]) };
		messages[i].msg_hdr.msg_name = &from[i];
		messages[i].msg_hdr.msg_namelen = sizeof(from[i]);
		messages[i].msg_hdr.msg_iov = &iov[i];
		messages[i].msg_hdr.msg_iovlen = 1;
		messages[i].msg_hdr.msg_control = &control[i];
		messages[i].msg_hdr.msg_controllen = sizeof(control[i]);
	}
	n = recvmmsg(fd, messages, SOCKET_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	memset(batch->path, 0, sizeof(batch->path));
	batch->overflow = 0;
	for (i = 0; i < n; i++) {
		batch->len[i] = messages[i].msg_len;
		from_sockaddr(&from[i], &batch->path[i].remote);
		read_control(&messages[i].msg_hdr, &batch->path[i], &batch->overflow);
	}
	return n;
}

static void put_control(struct msghdr *msg, int level, int type, const void *data, size_t len)
{
	struct cmsghdr *c;

	c = (struct cmsghdr *)((uint8_t *)msg->msg_control + msg->msg_controllen);
	msg->msg_controllen += CMSG_SPACE(len);
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
}

static void write_control(const struct net_path *path, uint8_t ttl, struct msghdr *msg,
			  union control *control)
{
	struct in6_pktinfo info6 = { .ipi6_addr = path->local.addr.in6,
				     .ipi6_ifindex = path->ifindex };
	struct in_pktinfo info = { .ipi_spec_dst = path->local.addr.in,
				   .ipi_ifindex = (int)path->ifindex };
	bool is_v4 = path->local.addr.family == AF_INET;
	int hops = ttl;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	if (is_v4)
		put_control(msg, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	else
		put_control(msg, IPPROTO_IPV6, IPV6_PKTINFO, &info6, sizeof(info6));
	if (ttl && is_v4)
		put_control(msg, IPPROTO_IP, IP_TTL, &hops, sizeof(hops));
	else if (ttl)
		put_control(msg, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof(hops));
}

int socket_send(int fd, const struct net_path *path, uint8_t ttl, struct chunk datagram)
{
	static const uint8_t zeros[4];
	struct iovec iov[2] = {
		{ (void *)zeros, path->encap ? sizeof(zeros) : 0 },
		{ (void *)datagram.data, datagram.len },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	union sockaddr_any to;
	union control control;

	msg.msg_name = &to;
	msg.msg_namelen = to_sockaddr(&path->remote, path->ifindex, &to);
	write_control(path, ttl, &msg, &control);
	return sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* The interface of multicast. */
static bool set_interface(int fd, sa_family_t family, unsigned int ifindex)
{
	struct ip_mreqn by = { .imr_ifindex = (int)ifindex };

	if (family == AF_INET6)
		return !set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)ifindex);
	return !setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof(by));
}

static bool probe(int fd, const struct net_end *remote, unsigned int ifindex,
		  const struct gemcast_addr *from, struct gemcast_addr *source)
{
	struct net_end end = { 0 };
	union sockaddr_any sa;
	socklen_t len;

	if (from) {
		end.addr = *from;
		len = to_sockaddr(&end, 0, &sa);
		if (bind(fd, &sa.any, len))
			return false;
	}
	len = to_sockaddr(remote, ifindex, &sa);
	if (connect(fd, &sa.any, len))
		return false;
	len = sizeof(sa);
	if (getsockname(fd, &sa.any, &len))
		return false;
	from_sockaddr(&sa, &end);
	*source = end.addr;
	return true;
}

/* A connected socket knows its route; nothing is sent. */
bool socket_source(const struct net_end *remote, unsigned int ifindex,
		   const struct gemcast_addr *from, struct gemcast_addr *source)
{
	bool found;
	int fd;

	fd = socket(remote->addr.family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return false;
	found = (!ifindex || set_interface(fd, remote->addr.family, ifindex)) &&
		probe(fd, remote, ifindex, from, source);
	close(fd);
	return found;
}
