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
#include "net/internal.h"

#define NON_ESP_MARKER	4	/* zero bytes (RFC 3948 2.2) */
#define NAT_KEEPALIVE	0xff	/* (RFC 3948 2.3) */
#define TURNS		8	/* of a busy socket, then others come first for once */

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

void net_socket_free(struct net_socket *s)
{
	if (s->udp->receiving == s)
		s->udp->receiving = NULL;
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
		net_socket_free(s);
	}
}

void net_share(struct net_udp *udp, bool on)
{
	struct net_socket *s;

	for (s = udp->sockets; s; s = s->next)
		socket_share(s->fd, on);
	net_joined_share(udp, on);
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
	if (s->joined) {
		udp->stats.group_received++;
		udp->user.group(udp->user.context, path, data, len);
		return;
	}
	udp->stats.received++;
	udp->user.receive(udp->user.context, path, data, len);
}

/* Of a group's socket the destination is known; another one receives what is for it alone. */
static void receive_one(struct net_socket *s, struct net_path *path, uint8_t *data, size_t len)
{
	if (s->joined)
		path->local.addr = s->local.addr;
	if (path->local.addr.family == AF_UNSPEC)
		s->udp->stats.not_unicast++;
	else
		sort(s, path, data, len);
	/* Decrypted, it has keys in it. */
	OPENSSL_cleanse(data, len);
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
	/* A group's socket may go while something of it is in hand. */
	udp->receiving = s;
	for (i = 0; i < n && udp->receiving; i++)
		receive_one(s, &batch->path[i], batch->data[i], batch->len[i]);
	udp->receiving = NULL;
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

bool net_overlaps(const struct net_socket *s, const struct net_end *end)
{
	const struct gemcast_addr *addr = &s->local.addr;

	return s->local.port == end->port && addr->family == end->addr.family &&
	       (socket_is_wildcard(addr) || socket_is_wildcard(&end->addr) ||
		net_addr_equal(addr, &end->addr));
}

/* One of ours may be in the way, and goes when this one is there. */
static int open_exclusive(const struct net_udp *udp, const struct net_end *end,
			  unsigned int ifindex, bool *absent)
{
	int fd = socket_open(end, ifindex, false, absent);
	const struct net_socket *s;
	bool ours = net_joined_at(udp, end);

	for (s = udp->sockets; s; s = s->next)
		ours = ours || net_overlaps(s, end);
	return fd == -EADDRINUSE && ours ? socket_open(end, ifindex, true, absent) : fd;
}

int net_socket_new(struct net_udp *udp, const struct net_end *end, unsigned int ifindex,
		   bool encap, struct net_joined *joined, bool *absent, struct net_socket **out)
{
	struct net_socket *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	*s = (struct net_socket){ .udp = udp, .local = *end, .encap = encap, .joined = joined };
	s->fd = open_exclusive(udp, end, ifindex, absent);
	err = s->fd < 0 ? s->fd : watch(s);
	if (err) {
		net_socket_free(s);
		return err;
	}
	*out = s;
	return 0;
}

/* A new socket before *@list. */
static int open_one(struct net_udp *udp, const struct net_end *end, bool encap,
		    struct net_socket **list)
{
	char text[NET_TEXT];
	struct net_socket *s;
	bool absent;
	int err;

	err = net_socket_new(udp, end, 0, encap, NULL, &absent, &s);
	if (err)
		return err;
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
		net_socket_free(s);
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

	net_share(udp, true);
	err = open_wanted(udp, local, &fresh);
	if (err) {
		free_sockets(fresh);
		net_share(udp, false);
		return err;
	}
	close_unwanted(udp, local);
	while (*end)
		end = &(*end)->next;
	*end = udp->sockets;
	udp->sockets = fresh;
	net_share(udp, false);
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
	net_joined_free(udp);
	free_sockets(udp->sockets);
	sd_event_unref(udp->event);
	free(udp);
}

struct net_socket *net_serving(struct net_udp *udp, const struct net_end *local, bool encap)
{
	struct net_end any = { .addr.family = local->addr.family, .port = local->port };
	struct net_socket *s = find(udp->sockets, local, encap);

	return s ? s : find(udp->sockets, &any, encap);
}

int net_socket_send(struct net_socket *s, const struct net_path *path, uint8_t ttl,
		    struct chunk datagram)
{
	struct net_udp_stats *stats = &s->udp->stats;
	int err = socket_send(s->fd, path, ttl, datagram);
	char text[NET_TEXT];

	if (err == -EAGAIN || err == -ENOBUFS) {
		stats->send_full++;
	} else if (err) {
		stats->send_failed++;
		net_end_print(&path->remote, text);
		log_info(AREA_NET, "send to %s: %s", text, strerror(-err));
	}
	return err;
}

void net_udp_send(struct net_udp *udp, const struct net_path *path, struct chunk datagram)
{
	struct net_socket *s = net_serving(udp, &path->local, path->encap);

	/* NAT keepalives go without the marker, from the port that has it. */
	if (!s && !path->encap)
		s = net_serving(udp, &path->local, true);
	if (!s) {
		udp->stats.no_socket++;
		return;
	}
	if (!net_socket_send(s, path, 0, datagram))
		udp->stats.sent++;
}

bool net_route_from(struct net_udp *udp, struct net_path *path)
{
	struct gemcast_addr *source = &path->local.addr;
	const struct net_socket *s;

	if (source->family != AF_UNSPEC)
		return net_serving(udp, &path->local, path->encap);
	if (!socket_source(&path->remote, path->ifindex, NULL, source))
		return false;
	if (net_serving(udp, &path->local, path->encap))
		return true;
	for (s = udp->sockets; s; s = s->next)
		if (s->encap == path->encap && s->local.port == path->local.port &&
		    s->local.addr.family == path->remote.addr.family &&
		    socket_source(&path->remote, path->ifindex, &s->local.addr, source))
			return true;
	*source = (struct gemcast_addr){ 0 };
	return false;
}

bool net_udp_route(struct net_udp *udp, const struct net_end *remote, struct net_path *path)
{
	*path = (struct net_path){ .remote = *remote };
	if (udp->nat_port && (remote->port == NAT_PORT || remote->port == udp->nat_port)) {
		path->local.port = udp->nat_port;
		path->encap = true;
		return net_route_from(udp, path);
	}
	path->local.port = remote->port;
	if (net_route_from(udp, path))
		return true;
	path->local.port = udp->first_port;
	return net_route_from(udp, path);
}

const struct net_udp_stats *net_udp_stats(const struct net_udp *udp)
{
	return &udp->stats;
}
