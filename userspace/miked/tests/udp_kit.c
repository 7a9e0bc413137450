// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP sockets in a network namespace of a test's own.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "netns.h"
#include "test.h"
#include "udp_kit.h"

sd_event *udp_event;
struct net_udp *udp;
struct heard heard, heard_group;
void (*heard_group_then)(void);

static FILE *log_file;
static int saved_stderr;

struct gemcast_addr addr(const char *text)
{
	struct gemcast_addr a = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	assert_int_equal(inet_pton(a.family, text, &a.in6), 1);
	return a;
}

static void hear(struct heard *by, const struct net_path *from, uint8_t *datagram, size_t len)
{
	by->count++;
	by->path = *from;
	by->len = len;
	assert_non_null(datagram);
	memcpy(by->data, datagram, len < sizeof(by->data) ? len : sizeof(by->data));
	/* As who decrypts in place does. */
	memset(datagram, 0, len);
}

static void receive(void *context, const struct net_path *from, uint8_t *datagram, size_t len)
{
	assert_ptr_equal(context, &heard);
	hear(&heard, from, datagram, len);
}

static void receive_group(void *context, const struct net_path *from, uint8_t *datagram,
			  size_t len)
{
	assert_ptr_equal(context, &heard);
	hear(&heard_group, from, datagram, len);
	if (heard_group_then)
		heard_group_then();
}

int open_at(const char *addresses, uint16_t port, uint16_t port2, uint16_t nat_port)
{
	struct gemcast_addr list[8];
	uint16_t ports[2] = { port, port2 };
	struct conf_local local = { .addresses = list, .ports = ports, .nat_port = nat_port,
				    .ports_count = port2 ? 2 : 1 };
	char copy[128], *at = copy, *word;

	snprintf(copy, sizeof(copy), "%s", addresses);
	while ((word = strsep(&at, ",")))
		list[local.addresses_count++] = addr(word);
	return net_udp_open(udp, &local);
}

void run_all(void)
{
	while (sd_event_run(udp_event, 0) > 0)
		;
}

static socklen_t to_sa(const char *text, uint16_t port, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)to;
	struct sockaddr_in *in = (struct sockaddr_in *)to;
	struct gemcast_addr a = addr(text);

	memset(to, 0, sizeof(*to));
	to->ss_family = a.family;
	if (a.family == AF_INET) {
		in->sin_addr = a.in;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	in6->sin6_addr = a.in6;
	in6->sin6_port = htons(port);
	if (IN6_IS_ADDR_LINKLOCAL(&a.in6))
		in6->sin6_scope_id = 1;
	return sizeof(*in6);
}

int bind_at(int fd, const char *text, uint16_t port)
{
	struct sockaddr_storage at;
	socklen_t len = to_sa(text, port, &at);

	return bind(fd, (const struct sockaddr *)&at, len);
}

int client(const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	int fd = socket(strchr(to, ':') ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage at;
	socklen_t len = to_sa(to, to_port, &at);
	int on = 1;

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	if (from)
		assert_int_equal(bind_at(fd, from, from_port), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&at, len), 0);
	return fd;
}

void say_to(int fd, const char *to, uint16_t port, const char *bytes, size_t n)
{
	struct sockaddr_storage at;
	socklen_t len = to_sa(to, port, &at);

	assert_int_equal(sendto(fd, bytes, n, 0, (const struct sockaddr *)&at, len), n);
}

void say(int fd, const char *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, 0), len);
}

void expect_heard(int fd, const char *bytes, size_t len)
{
	char buf[256];

	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), len);
	assert_memory_equal(buf, bytes, len);
}

void answer(const char *bytes)
{
	net_udp_send(udp, &heard.path, (struct chunk){ (const uint8_t *)bytes, strlen(bytes) });
}

void expect_talk(const char *from, const char *to, uint16_t port)
{
	unsigned int before = heard.count;
	int fd = client(from, 0, to, port);
	struct gemcast_addr a = addr(to);

	say(fd, "question", 8);
	run_all();
	assert_int_equal(heard.count, before + 1);
	assert_int_equal(heard.len, 8);
	assert_memory_equal(heard.data, "question", 8);
	assert_true(net_addr_equal(&heard.path.local.addr, &a));
	assert_int_equal(heard.path.local.port, port);
	a = addr(from);
	assert_true(net_addr_equal(&heard.path.remote.addr, &a));
	assert_false(heard.path.encap);
	answer("answer");
	expect_heard(fd, "answer", 6);
	close(fd);
}

void expect_silence(const char *to, uint16_t port)
{
	int fd = client(NULL, 0, to, port);
	unsigned int before = heard.count;

	send(fd, "hello", 5, 0);
	run_all();
	assert_int_equal(heard.count, before);
	close(fd);
}

void logged(char *text, size_t size)
{
	size_t n;

	rewind(log_file);
	n = fread(text, 1, size - 1, log_file);
	text[n] = '\0';
}

int udp_kit_begin(void **state)
{
	const struct net_udp_user user = {
		.context = &heard, .receive = receive, .group = receive_group,
	};

	(void)state;
	heard = heard_group = (struct heard){ 0 };
	heard_group_then = NULL;
	assert_int_equal(sd_event_new(&udp_event), 0);
	udp = net_udp_new(udp_event, &user);
	assert_non_null(udp);
	log_file = tmpfile();
	assert_non_null(log_file);
	fflush(stderr);
	assert_true(dup2(fileno(log_file), 2) == 2);
	return 0;
}

int udp_kit_end(void **state)
{
	(void)state;
	net_udp_free(udp);
	sd_event_unref(udp_event);
	dup2(saved_stderr, 2);
	fclose(log_file);
	return 0;
}

int udp_kit_enter(void **state)
{
	(void)state;
	if (!netns_enter())
		return -1;
	netns_add_address("lo:1", "192.0.2.1");
	netns_add_address6("2001:db8::1", 128);
	netns_add_address6("fe80::1", 64);
	saved_stderr = dup(2);
	log_set_level(AREA_NET, LEVEL_WARNING);
	return 0;
}

