// SPDX-License-Identifier: GPL-2.0-or-later
/* The program's entry, and what its commands share. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mcast.h"

volatile bool stopped;

static const char usage[] =
	"usage: mcast send [OPTION]... GROUP PORT\n"
	"	-i DEV		interface to send by\n"
	"	-b ADDR		source address\n"
	"	-u ID		sender number (1)\n"
	"	-n COUNT	datagrams; 0: until SIGTERM\n"
	"	-s SIZES	payload size: a list as 0,100,1370..1480 is sent in turn,\n"
	"			once without -n; a range as 0-8972 is drawn from (100)\n"
	"	-S SEED		of the draws (1)\n"
	"	-g BATCH	so many datagrams a call, by UDP GSO\n"
	"	-r RATE		datagrams a second\n"
	"	-p FILE		no further ahead of the receivers of FILE than the window\n"
	"	-w WINDOW	in datagrams (64)\n"
	"	-t TTL		or hop limit (1)\n"
	"	-q TOS		or traffic class\n"
	"	-l 0|1		IP_MULTICAST_LOOP\n"
	"	-d do|dont|want|probe	IP_MTU_DISCOVER\n"
	"	-k		go on after a refused datagram, and count it\n"
	"	-e		IP_RECVERR, and print mtu=, what is told of a refused datagram\n"
	"	prints: sender= sent= failed= error=; fails if any was refused\n"
	"\n"
	"usage: mcast recv [OPTION]... PORT {GROUP[@SOURCE]|OWN-ADDRESS}...\n"
	"	-i DEV		interface to join on\n"
	"	-c SENDERS	end when so many are complete (1)\n"
	"	-n COUNT	end after COUNT datagrams instead; 0: expect none, and end\n"
	"			by SIGTERM\n"
	"	-w SECONDS	give up when nothing came for so long (30)\n"
	"	-p FILE		tell progress in FILE, for send -p\n"
	"	-g		UDP_GRO, and print merged=, how often several were read at once\n"
	"	-v		print each datagram\n"
	"	prints READY when joined, and for each sender: sender= source=\n"
	"	received= total= short= lost= late= duplicate= corrupt=\n"
	"	ends with 0 if everything came once, in order and undamaged\n"
	"\n"
	"usage: mcast await [-w SECONDS] FILE SENDER COUNT\n"
	"	until every receiver of FILE has COUNT datagrams of SENDER\n";

void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "mcast: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

unsigned long number(const char *text, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end || value > max)
		die("not a number up to %lu: %s", max, text);
	return value;
}

unsigned int interface(const char *name)
{
	unsigned int index = if_nametoindex(name);

	if (!index)
		die("no interface %s", name);
	return index;
}

void address(const char *text, unsigned int port, unsigned int ifindex,
	     struct sockaddr_storage *addr)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		if (IN6_IS_ADDR_MC_LINKLOCAL(&v6->sin6_addr) ||
		    IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr))
			v6->sin6_scope_id = ifindex;
	} else {
		die("not an address: %s", text);
	}
}

socklen_t address_len(const struct sockaddr_storage *addr)
{
	return addr->ss_family == AF_INET ? sizeof(struct sockaddr_in) :
					    sizeof(struct sockaddr_in6);
}

const char *address_text(const struct sockaddr_storage *addr)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	static char text[INET6_ADDRSTRLEN];

	if (addr->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
	return text;
}

void set_option(int fd, const struct sockaddr_storage *addr,
		struct option_name v4, struct option_name v6, int value)
{
	const struct option_name *o = addr->ss_family == AF_INET ? &v4 : &v6;

	if (setsockopt(fd, o->level, o->name, &value, sizeof(value)))
		die("socket option %d of %d: %s", o->name, o->level,
		    strerror(errno));
}

static void stop(int signal)
{
	(void)signal;
	stopped = true;
}

void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "send"))
		return cmd_send(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "recv"))
		return cmd_recv(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "await"))
		return cmd_await(argc - 1, argv + 1);
	fputs(usage, stderr);
	return 2;
}
