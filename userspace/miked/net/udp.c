// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The set of UDP sockets: opened and closed as the configuration wants it, all or none;
 * what comes in is sorted, and what goes out finds its socket.
 */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/log.h"
#include "net/socket.h"
#include "net/udp.h"

#define NON_ESP_MARKER	4	/* zero bytes (RFC 3948 2.2) */
#define NAT_KEEPALIVE	0xff	/* (RFC 3948 2.3) */
#define NAT_PORT	4500	/* of peers that have IANA's */
#define TURNS		8	/* of a busy socket, then others come first for once */

struct net_socket {
	struct net_socket *next;
	struct net_udp *udp;
	struct net_end local;
	bool encap;
	int fd;
	sd_event_source *source;
	unsigned int turns;
	uint32_t overflow;
};

struct net_udp {
	sd_event *event;
	struct net_udp_user user;
	struct net_socket *sockets;
	uint16_t first_port;
	uint16_t nat_port;
	struct net_udp_stats stats;
	struct socket_batch batch;
};

/* Sockets that are asked for. */
struct wanted {
	const struct conf_local *local;
	size_t next;		/* of all addresses with all ports, and nat_port */
};

static bool has_wildcard(const struct conf_local *local, sa_family_t family)
{
	uint32_t i;

	for (i = 0; i < local->addresses_count; i++)
		if (local->addresses[i].family == family &&
		    socket_is_wildcard(&local->addresses[i]))
			return true;
	return false;
}

/* Where a wildcard address receives, no other of its family needs to. */
static bool next_wanted(struct wanted *wanted, struct net_end *end, bool *encap)
{
	const struct conf_local *local = wanted->local;
	size_t ports = local->ports_count + 1;
	size_t port;

	while (wanted->next / ports < local->addresses_count) {
		port = wanted->next % ports;
		end->addr = local->addresses[wanted->next / ports];
		wanted->next++;
		*encap = port == local->ports_count;
		end->port = *encap ? local->nat_port : local->ports[port];
		if (end->port && (socket_is_wildcard(&end->addr) ||
				  !has_wildcard(local, end->addr.family)))
			return true;
	}
	return false;
}

static struct net_socket *find(struct net_socket *sockets, const struct net_end *end, bool encap)
{
	while (sockets && !(sockets->encap == encap && net_end_equal(&sockets->local, end)))
		sockets = sockets->next;
	return sockets;
}

static bool is_wanted(const struct conf_local *local, const struct net_socket *s)
{
	struct wanted wanted = { .local = local };
	struct net_end end;
	bool encap;

	while (next_wanted(&wanted, &end, &encap))
		if (encap == s->encap && net_end_equal(&end, &s->local))
			return true;
	return false;
}

static void free_socket(struct net_socket *s)
{
	sd_event_source_disable_unref(s->source);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

static void free_sockets(struct net_socket *s)
{
	struct net_socket *next;

	for (; s; s = next) {
		next = s->next;
		free_socket(s);
	}
}

static void share(struct net_socket *s, bool on)
{
	for (; s; s = s->next)
		socket_share(s->fd, on);
}

/* A datagram at @data, of @path, whose local address is there. */
static void sort(struct net_socket *s, struct net_path *path, uint8_t *data, size_t len)
{
	static const uint8_t marker[NON_ESP_MARKER];
	struct net_udp *udp = s->udp;

	path->local.port = s->local.port;
	path->encap = s->encap;
	if (s->encap) {
		if (len == 1 && *data == NAT_KEEPALIVE) {
			udp->stats.keepalives++;
			return;
		}
		if (len < sizeof(marker)) {
			udp->stats.truncated++;
			return;
		}
		if (memcmp(data, marker, sizeof(marker)) != 0) {
			udp->stats.esp++;
			return;
		}
		data += sizeof(marker);
		len -= sizeof(marker);
	}
	udp->stats.received++;
	udp->user.receive(udp->user.context, path, data, len);
}

static void receive(struct net_socket *s)
{
	struct net_udp *udp = s->udp;
	struct socket_batch *batch = &udp->batch;
	int i, n;

	n = socket_receive(s->fd, batch);
	if (n < 0) {
		/* Told once, here; what it was about is sent again if it mattered. */
		udp->stats.receive_failed++;
		log_debug(AREA_NET, "receive: %s", strerror(-n));
		return;
	}
	if (n && batch->overflow) {
		udp->stats.overflow += batch->overflow - s->overflow;
		s->overflow = batch->overflow;
	}
	for (i = 0; i < n; i++) {
		if (batch->path[i].local.addr.family == AF_UNSPEC)
			udp->stats.not_unicast++;
		else
			sort(s, &batch->path[i], batch->data[i], batch->len[i]);
		/* Decrypted, it has keys in it. */
		OPENSSL_cleanse(batch->data[i], batch->len[i]);
	}
}

static int on_readable(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct net_socket *s = arg;

	(void)fd;
	(void)events;
	s->turns = (s->turns + 1) % TURNS;
	sd_event_source_set_priority(source, s->turns ? NET_PRIORITY : NET_PRIORITY_YIELD);
	receive(s);
	return 0;
}

static void log_refusal(const struct net_end *end, bool encap, int error)
{
	char text[NET_TEXT];

	net_end_print(end, text);
	if (error == -EADDRINUSE && encap)
		log_error(AREA_NET,
			  "%s: another key daemon or a gemcast group of encap udp receives there: end it, or give it or local.nat-port another port",
			  text);
	else if (error == -EADDRINUSE)
		log_error(AREA_NET,
			  "%s: another program receives there (`ss -ulpn sport = :%u` names it): end it, or take the port out of local.ports",
			  text, end->port);
	else if (error == -EACCES)
		log_error(AREA_NET, "%s: ports below 1024 need CAP_NET_BIND_SERVICE", text);
	else if (error == -EINVAL && IN6_IS_ADDR_LINKLOCAL(&end->addr.in6))
		log_error(AREA_NET, "%s: link-local: take :: instead", text);
	else
		log_error(AREA_NET, "%s: %s", text, strerror(-error));
}

static int watch(struct net_socket *s)
{
	int err;

	err = sd_event_add_io(s->udp->event, &s->source, s->fd, EPOLLIN, on_readable, s);
	if (err >= 0)
		err = sd_event_source_set_priority(s->source, NET_PRIORITY);
	return err < 0 ? err : 0;
}

/* Has @s the port, and the address or one that overlaps with it? */
static bool overlaps(const struct net_socket *s, const struct net_end *end)
{
	const struct gemcast_addr *addr = &s->local.addr;

	return s->local.port == end->port && addr->family == end->addr.family &&
	       (socket_is_wildcard(addr) || socket_is_wildcard(&end->addr) ||
		net_addr_equal(addr, &end->addr));
}

/* One of ours may be in the way, and goes when this one is there. */
static int open_exclusive(const struct net_udp *udp, const struct net_end *end, bool *absent)
{
	int fd = socket_open(end, false, absent);
	const struct net_socket *s;

	for (s = udp->sockets; fd == -EADDRINUSE && s; s = s->next)
		if (overlaps(s, end))
			fd = socket_open(end, true, absent);
	return fd;
}

/* A new socket before *@list. */
static int open_one(struct net_udp *udp, const struct net_end *end, bool encap,
		    struct net_socket **list)
{
	struct net_socket *s = calloc(1, sizeof(*s));
	char text[NET_TEXT];
	bool absent;
	int err;

	if (!s)
		return -ENOMEM;
	*s = (struct net_socket){ .udp = udp, .local = *end, .encap = encap };
	s->fd = open_exclusive(udp, end, &absent);
	err = s->fd < 0 ? s->fd : watch(s);
	if (err) {
		free_socket(s);
		return err;
	}
	if (absent) {
		net_end_print(end, text);
		log_warning(AREA_NET, "%s: no interface has this address yet", text);
	}
	s->next = *list;
	*list = s;
	return 0;
}

/* A host without IPv6 has nothing to receive at ::. */
static bool may_lack(const struct net_end *end, int error)
{
	return error == -EAFNOSUPPORT && end->addr.family == AF_INET6 &&
	       socket_is_wildcard(&end->addr);
}

/* What is wanted and not there, to *@list. */
static int open_wanted(struct net_udp *udp, const struct conf_local *local,
		       struct net_socket **list)
{
	struct wanted wanted = { .local = local };
	struct net_end end;
	bool encap;
	int err;

	while (next_wanted(&wanted, &end, &encap)) {
		if (find(udp->sockets, &end, encap) || find(*list, &end, encap))
			continue;
		err = open_one(udp, &end, encap, list);
		if (may_lack(&end, err)) {
			log_info(AREA_NET, "port %u: no IPv6 here", end.port);
		} else if (err) {
			log_refusal(&end, encap, err);
			return err;
		}
	}
	return 0;
}

static void close_unwanted(struct net_udp *udp, const struct conf_local *local)
{
	struct net_socket **at = &udp->sockets;
	struct net_socket *s;

	while ((s = *at)) {
		if (is_wanted(local, s)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		free_socket(s);
	}
}

static void log_sockets(const struct net_udp *udp)
{
	const struct net_socket *s;
	char text[NET_TEXT];

	for (s = udp->sockets; s; s = s->next) {
		net_end_print(&s->local, text);
		log_info(AREA_NET, "receives at %s%s", text, s->encap ? ", behind NATs" : "");
	}
}

/*
 * A new socket and one that goes may overlap, as 0.0.0.0 and 192.0.2.1 do: they share for
 * this moment. At other times nobody may share with us, who would take our datagrams.
 */
int net_udp_open(struct net_udp *udp, const struct conf_local *local)
{
	struct net_socket *fresh = NULL, **end = &fresh;
	int err;

	share(udp->sockets, true);
	err = open_wanted(udp, local, &fresh);
	if (err) {
		free_sockets(fresh);
		share(udp->sockets, false);
		return err;
	}
	close_unwanted(udp, local);
	while (*end)
		end = &(*end)->next;
	*end = udp->sockets;
	udp->sockets = fresh;
	share(udp->sockets, false);
	udp->first_port = local->ports[0];
	udp->nat_port = local->nat_port;
	log_sockets(udp);
	return 0;
}

struct net_udp *net_udp_new(sd_event *event, const struct net_udp_user *user)
{
	struct net_udp *udp = calloc(1, sizeof(*udp));

	if (!udp)
		return NULL;
	udp->event = sd_event_ref(event);
	udp->user = *user;
	return udp;
}

void net_udp_free(struct net_udp *udp)
{
	if (!udp)
		return;
	free_sockets(udp->sockets);
	sd_event_unref(udp->event);
	free(udp);
}

/* The one that receives what is sent to @local. */
static struct net_socket *serving(struct net_udp *udp, const struct net_end *local, bool encap)
{
	struct net_end any = { .addr.family = local->addr.family, .port = local->port };
	struct net_socket *s = find(udp->sockets, local, encap);

	return s ? s : find(udp->sockets, &any, encap);
}

void net_udp_send(struct net_udp *udp, const struct net_path *path, struct chunk datagram)
{
	struct net_socket *s = serving(udp, &path->local, path->encap);
	char text[NET_TEXT];
	int err;

	/* NAT keepalives go without the marker, from the port that has it. */
	if (!s && !path->encap)
		s = serving(udp, &path->local, true);
	if (!s) {
		udp->stats.no_socket++;
		return;
	}
	err = socket_send(s->fd, path, datagram);
	if (!err) {
		udp->stats.sent++;
	} else if (err == -EAGAIN || err == -ENOBUFS) {
		udp->stats.send_full++;
	} else {
		udp->stats.send_failed++;
		net_end_print(&path->remote, text);
		log_info(AREA_NET, "send to %s: %s", text, strerror(-err));
	}
}

/* A source of @remote's family that a socket of ours with this port serves. */
static bool route_from(struct net_udp *udp, struct net_path *path)
{
	struct gemcast_addr *source = &path->local.addr;
	const struct net_socket *s;

	if (!socket_source(&path->remote, NULL, source))
		return false;
	if (serving(udp, &path->local, path->encap))
		return true;
	for (s = udp->sockets; s; s = s->next)
		if (s->encap == path->encap && s->local.port == path->local.port &&
		    s->local.addr.family == path->remote.addr.family &&
		    socket_source(&path->remote, &s->local.addr, source))
			return true;
	return false;
}

bool net_udp_route(struct net_udp *udp, const struct net_end *remote, struct net_path *path)
{
	*path = (struct net_path){ .remote = *remote };
	if (udp->nat_port && (remote->port == NAT_PORT || remote->port == udp->nat_port)) {
		path->local.port = udp->nat_port;
		path->encap = true;
		return route_from(udp, path);
	}
	path->local.port = remote->port;
	if (route_from(udp, path))
		return true;
	path->local.port = udp->first_port;
	return route_from(udp, path);
}

const struct net_udp_stats *net_udp_stats(const struct net_udp *udp)
{
	return &udp->stats;
}
