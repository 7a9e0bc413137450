// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * espinudp ADDR PORT: holds the UDP socket through which XFRM gets ESP in UDP
 * (RFC 3948), as a key daemon would. Prints READY; ends by a signal.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	int fd, encap = UDP_ENCAP_ESPINUDP;
	struct sockaddr *addr = NULL;
	socklen_t len = 0;

	if (argc != 3)
		errx(2, "usage: espinudp ADDR PORT");
	v4.sin_port = v6.sin6_port = htons(atoi(argv[2]));
	if (inet_pton(AF_INET, argv[1], &v4.sin_addr) == 1) {
		addr = (struct sockaddr *)&v4;
		len = sizeof(v4);
	} else if (inet_pton(AF_INET6, argv[1], &v6.sin6_addr) == 1) {
		addr = (struct sockaddr *)&v6;
		len = sizeof(v6);
	} else {
		errx(2, "not an address: %s", argv[1]);
	}
	fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, addr, len) ||
	    setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)))
		err(2, "%s port %s", argv[1], argv[2]);
	puts("READY");
	fflush(stdout);
	pause();
	return 0;
}
