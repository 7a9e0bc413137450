// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pcap: what tests do with captures that `tcpdump -w` made on Ethernet.
 *
 * pcap list FILE			a line for each frame: frame= proto= src= dst=
 *					ttl= tos= df= frag= len= and, as it has them,
 *					spi= seq= iv= or sport= dport= first=
 * pcap send FILE DEV NUMBER...		sends these frames again, byte for byte, in
 *					the order given; A..B are frames in turn
 * pcap mark DEV			sends the frame that `pcap until` waits for
 * pcap until FILE [SECONDS]		waits until the capture that is being written
 *					has the mark: all before it is in the file
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAGIC_USEC	0xa1b2c3d4
#define MAGIC_NSEC	0xa1b23c4d
#define FRAME_MAX	262144
#define ETH_MARK	0x88b5	/* IEEE 802: local experiments */

__attribute__((noreturn, format(printf, 1, 2)))
static void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "pcap: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

struct frame {
	uint32_t len;		/* as captured */
	bool whole;
	uint8_t data[FRAME_MAX];
};

/* Past the file's header; NULL if it is not there yet and @wait. */
static FILE *open_file(const char *path, bool wait)
{
	FILE *file = fopen(path, "re");
	uint32_t head[6];

	if (!file)
		die("%s: %s", path, strerror(errno));
	if (fread(head, sizeof(head), 1, file) != 1) {
		if (!wait)
			die("%s: no capture", path);
		fclose(file);
		return NULL;
	}
	if (head[0] != MAGIC_USEC && head[0] != MAGIC_NSEC)
		die("%s: no capture of this machine", path);
	if (head[5] != 1)
		die("%s: not Ethernet", path);
	return file;
}

/* False at the end; then the file stands where it did. */
static bool read_frame(FILE *file, struct frame *frame)
{
	long at = ftell(file);
	uint32_t head[4];

	if (fread(head, sizeof(head), 1, file) == 1) {
		if (head[2] > FRAME_MAX)
			die("a frame of %u bytes", head[2]);
		frame->len = head[2];
		frame->whole = head[2] == head[3];
		if (fread(frame->data, 1, frame->len, file) == frame->len)
			return true;
	}
	clearerr(file);
	fseek(file, at, SEEK_SET);
	return false;
}

static uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void list_esp(const uint8_t *at, const uint8_t *end)
{
	if (end - at >= 16)
		printf(" spi=0x%08x seq=%u iv=%08x%08x", get32(at),
		       get32(at + 4), get32(at + 8), get32(at + 12));
}

static void list_upper(unsigned int proto, const uint8_t *at,
		       const uint8_t *end)
{
	if (proto == IPPROTO_ESP) {
		list_esp(at, end);
	} else if (proto == IPPROTO_UDP && end - at >= 8) {
		printf(" sport=%u dport=%u", get16(at), get16(at + 2));
		if (end - at >= 12)
			printf(" first=%08x", get32(at + 8));
		/* ESP in UDP, unless it is for IKE (RFC 3948) */
		if (get16(at + 2) == 4500 && end - at >= 12 && get32(at + 8))
			list_esp(at + 8, end);
	}
}

static void list_ipv4(const uint8_t *at, const uint8_t *end)
{
	char src[INET_ADDRSTRLEN], dst[INET_ADDRSTRLEN];
	unsigned int offset = get16(at + 6);
	const uint8_t *upper = at + 4 * (at[0] & 15);

	inet_ntop(AF_INET, at + 12, src, sizeof(src));
	inet_ntop(AF_INET, at + 16, dst, sizeof(dst));
	printf(" proto=%u src=%s dst=%s ttl=%u tos=0x%02x df=%u frag=%u%s len=%u",
	       at[9], src, dst, at[8], at[1], !!(offset & IP_DF),
	       8 * (offset & IP_OFFMASK), offset & IP_MF ? "+" : "",
	       get16(at + 2));
	if (!(offset & IP_OFFMASK) && upper <= end)
		list_upper(at[9], upper, end);
}

static void list_ipv6(const uint8_t *at, const uint8_t *end)
{
	char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
	const uint8_t *upper = at + sizeof(struct ip6_hdr);
	unsigned int proto = at[6], offset = 0;

	if (proto == IPPROTO_HOPOPTS && end - upper >= 8) {
		proto = upper[0];
		upper += 8 + 8 * upper[1];
	}
	if (proto == IPPROTO_FRAGMENT && end - upper >= 8) {
		proto = upper[0];
		offset = get16(upper + 2);
		upper += 8;
	}
	inet_ntop(AF_INET6, at + 8, src, sizeof(src));
	inet_ntop(AF_INET6, at + 24, dst, sizeof(dst));
	printf(" proto=%u src=%s dst=%s ttl=%u tos=0x%02x df=1 frag=%u%s len=%u",
	       proto, src, dst, at[7], (get16(at) >> 4) & 255, offset & 0xfff8,
	       offset & 1 ? "+" : "", 40 + get16(at + 4));
	if (!(offset & 0xfff8) && upper <= end)
		list_upper(proto, upper, end);
}

static int cmd_list(const char *path)
{
	static struct frame frame;
	FILE *file = open_file(path, false);

	for (unsigned int n = 1; read_frame(file, &frame); n++) {
		const uint8_t *at = frame.data + ETH_HLEN;
		const uint8_t *end = frame.data + frame.len;
		uint16_t type = frame.len < ETH_HLEN ? 0 :
						       get16(frame.data + 12);

		if (type == ETH_MARK)
			continue;
		printf("frame=%u", n);
		if (type == ETHERTYPE_IP && end - at >= 20)
			list_ipv4(at, end);
		else if (type == ETHERTYPE_IPV6 && end - at >= 40)
			list_ipv6(at, end);
		else
			printf(" ethertype=0x%04x", type);
		putchar('\n');
	}
	return 0;
}

static int open_device(const char *name, struct sockaddr_ll *to)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*to = (struct sockaddr_ll){ .sll_family = AF_PACKET,
				    .sll_ifindex = if_nametoindex(name) };
	if (fd < 0 || !to->sll_ifindex)
		die("%s: %s", name, strerror(errno));
	return fd;
}

static void send_frame(int fd, const struct sockaddr_ll *to,
		       const struct frame *frame)
{
	if (sendto(fd, frame->data, frame->len, 0, (const void *)to,
		   sizeof(*to)) != frame->len)
		die("send: %s", strerror(errno));
}

/* Where each frame of the file begins; *@n of them. */
static long *index_frames(FILE *file, unsigned long *n)
{
	static struct frame frame;
	long *at = NULL;

	*n = 0;
	do {
		if (*n % 1024 == 0)
			at = realloc(at, (*n + 1024) * sizeof(*at));
		if (!at)
			die("out of memory");
		at[*n] = ftell(file);
	} while (read_frame(file, &frame) && ++*n);
	return at;
}

static int cmd_send(const char *path, const char *dev, char **numbers)
{
	static struct frame frame;
	FILE *file = open_file(path, false);
	unsigned long n;
	long *at = index_frames(file, &n);
	struct sockaddr_ll to;
	int fd = open_device(dev, &to);

	for (; *numbers; numbers++) {
		unsigned long first = strtoul(*numbers, NULL, 10);
		char *rest = strstr(*numbers, "..");
		unsigned long last = rest ? strtoul(rest + 2, NULL, 10) : first;

		if (!first || last > n)
			die("%s has frames 1 to %lu", path, n);
		for (; first <= last; first++) {
			fseek(file, at[first - 1], SEEK_SET);
			read_frame(file, &frame);
			if (!frame.whole)
				die("%s: frame %lu was not captured whole",
				    path, first);
			send_frame(fd, &to, &frame);
		}
	}
	free(at);
	fclose(file);
	return 0;
}

static int cmd_mark(const char *dev)
{
	static struct frame frame = { .len = ETH_ZLEN };
	struct sockaddr_ll to;
	int fd = open_device(dev, &to);

	/* to nobody: a local unicast address that no interface has */
	memcpy(frame.data, "\x02mark\0\x02mark\0\x88\xb5", ETH_HLEN);
	send_frame(fd, &to, &frame);
	return 0;
}

static int cmd_until(const char *path, time_t seconds)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	static struct frame frame;
	struct timespec start, now;
	FILE *file = NULL;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (!file)
			file = open_file(path, true);
		while (file && read_frame(file, &frame))
			if (frame.len > ETH_HLEN &&
			    get16(frame.data + 12) == ETH_MARK)
				return 0;
		nanosleep(&nap, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec <= seconds);
	die("%s: the mark did not come", path);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "list"))
		return cmd_list(argv[2]);
	if (argc > 4 && !strcmp(argv[1], "send"))
		return cmd_send(argv[2], argv[3], argv + 4);
	if (argc == 3 && !strcmp(argv[1], "mark"))
		return cmd_mark(argv[2]);
	if (argc >= 3 && argc <= 4 && !strcmp(argv[1], "until"))
		return cmd_until(argv[2], argc == 4 ? atoi(argv[3]) : 30);
	fprintf(stderr, "usage: pcap { list FILE | send FILE DEV NUMBER... |\n"
			"	      mark DEV | until FILE [SECONDS] }\n");
	return 2;
}
