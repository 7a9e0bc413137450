// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forge: puts ESP packets of any shape on a wire, authentic ones with a lie
 * inside as well as damaged ones.
 *
 * forge -i DEV [-m MAC] [WORD=VALUE]... <LINES
 *	Each line has more words and is a packet, or one for each number of its
 *	ranges: flip=A..B (bytes with a flipped bit), cut=A..B (length of the ESP
 *	packet), `all' for each there is, count=N (numbers go up). An empty line is
 *	a packet too. Prints sent=. The words are those of spec.c.
 *
 * forge -i DEV [-m MAC] -f COUNT -S SEED [WORD=VALUE]... <LINES
 *	Draws a line, makes its packet and damages it: before it is sealed, behind
 *	that, or in its IP header. Sequence numbers go up by one for each packet.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spec.h"

#define LINES_MAX	256
#define LINE_MAX_LEN	(4 * PACKET_MAX)

static struct {
	int fd;
	uint8_t own[ETH_ALEN];
	uint8_t to[ETH_ALEN];
	bool to_given;
	unsigned long sent;
	uint64_t random;	/* 0: nothing is drawn */
} f;

/* --- the wire -------------------------------------------------------------- */

/*
 * On one CPU, so that the packets stay in order: a test's last packet tells it
 * that all before are done with.
 */
static void open_device(const char *dev)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	struct ifreq request = { 0 };
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		err(2, "sched_setaffinity");
	f.fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (f.fd < 0)
		err(2, "socket");
	addr.sll_ifindex = if_nametoindex(dev);
	if (!addr.sll_ifindex || bind(f.fd, (void *)&addr, sizeof(addr)))
		err(2, "%s", dev);
	strncpy(request.ifr_name, dev, IFNAMSIZ - 1);
	if (ioctl(f.fd, SIOCGIFHWADDR, &request))
		err(2, "%s", dev);
	memcpy(f.own, request.ifr_hwaddr.sa_data, ETH_ALEN);
}

static void inject(const struct spec *spec, const uint8_t *packet, size_t len)
{
	static uint8_t frame[ETH_HLEN + PACKET_MAX];
	bool v4 = spec->src.family == AF_INET;

	if (f.to_given)
		memcpy(frame, f.to, ETH_ALEN);
	else
		addr_mac(&spec->dst, frame);
	memcpy(frame + ETH_ALEN, f.own, ETH_ALEN);
	put16(frame + 2 * ETH_ALEN, v4 ? ETHERTYPE_IP : ETHERTYPE_IPV6);
	memcpy(frame + ETH_HLEN, packet, len);
	while (send(f.fd, frame, ETH_HLEN + len, 0) < 0)
		if (errno != ENOBUFS)
			err(2, "a frame of %zu bytes", ETH_HLEN + len);
	f.sent++;
}

static void inject_fragments(const struct spec *spec,
			     const struct packet *packet)
{
	static uint8_t piece[PACKET_MAX];
	struct ip whole;
	char *frags = strdup(spec->frags), *at = frags, *item;

	if (ip_read(&whole, packet->data, packet->len))
		errx(2, "a packet to be fragmented must be sound");
	while ((item = strsep(&at, ","))) {
		struct ip ip = whole;
		unsigned int from, to;
		char damaged = '\0';

		if (sscanf(item, "%u-%u%c", &from, &to, &damaged) < 2 ||
		    from % 8 || to <= from ||
		    (from >= whole.payload && !f.random))
			errx(2, "frags=%s: not FROM-TO of %zu", spec->frags,
			     whole.payload);
		if (from >= whole.payload)
			break;
		if (to > whole.payload)
			to = whole.payload;
		ip.id = spec->id;	/* IPv6 has it here alone */
		ip.frag = from;
		ip.mf = to < whole.payload;
		ip.fragment = true;
		ip.payload = to - from;
		ip_write(&ip, piece);
		memcpy(piece + ip.header, packet->data + whole.header + from,
		       ip.payload);
		if (damaged)
			for (size_t i = 0; i < ip.payload; i++)
				piece[ip.header + i] ^= 0xa5;
		inject(spec, piece, ip.header + ip.payload);
	}
	free(frags);
}

static void inject_esp(const struct spec *spec, const uint8_t *esp, size_t len)
{
	static struct packet packet;

	spec_wrap(spec, esp, len, &packet);
	if (spec->frags)
		inject_fragments(spec, &packet);
	else
		inject(spec, packet.data, packet.len);
}

/* --- what was asked for ---------------------------------------------------- */

static struct range within(const struct range *range, long last)
{
	if (!range->given || range->all)
		return (struct range){ .first = 0, .last = last };
	if (range->last > last)
		errx(2, "%ld is above %ld", range->last, last);
	return *range;
}

static void make_one(const struct spec *spec)
{
	static uint8_t text[PACKET_MAX], esp[PACKET_MAX + 64];
	struct range range;
	size_t len;

	if (spec->clear) {
		inject(spec, text, spec_inner(spec, text));
		return;
	}
	len = spec_seal(spec, text, spec_text(spec, text), esp);
	if (spec->flip.given) {
		range = within(&spec->flip, len - 1);
		for (long i = range.first; i <= range.last; i++) {
			esp[i] ^= 1 << i % 8;
			inject_esp(spec, esp, len);
			esp[i] ^= 1 << i % 8;
		}
	} else if (spec->cut.given) {
		range = within(&spec->cut, len - 1);
		for (long i = range.first; i <= range.last; i++)
			inject_esp(spec, esp, i);
	} else {
		memset(esp + len, 0xa5, spec->tail);
		inject_esp(spec, esp, len + spec->tail);
	}
}

static void make(struct spec *spec)
{
	for (long i = 0; i < spec->count; i++) {
		make_one(spec);
		spec->seq++;
		spec->n++;
		spec->iid++;
		spec->id++;
	}
}

/* --- fuzzing --------------------------------------------------------------- */

static uint32_t draw(uint32_t below)
{
	f.random ^= f.random << 13;
	f.random ^= f.random >> 7;
	f.random ^= f.random << 17;
	return below ? (f.random >> 16) % below : 0;
}

/* Numbers at which length checks go wrong, or any. */
static uint8_t draw_byte(void)
{
	static const uint8_t edges[] = { 0, 1, 2, 3, 4, 5, 6, 15, 0x3f, 0x40,
					 0x7f, 0x80, 0xfe, 0xff };

	return draw(2) ? edges[draw(sizeof(edges))] : draw(256);
}

static size_t damage(uint8_t *data, size_t len, size_t room)
{
	uint32_t times = 1 + draw(4);
	size_t at;

	while (times--) {
		switch (draw(6)) {
		case 0:
			if (len)
				data[draw(len)] ^= 1 << draw(8);
			break;
		case 1:
			if (len)
				data[draw(len)] = draw_byte();
			break;
		case 2:		/* the header has most of the fields */
			if (len)
				data[draw(len < 48 ? len : 48)] = draw_byte();
			break;
		case 3:		/* the trailer */
			at = 1 + draw(4);
			if (len >= at)
				data[len - at] = draw_byte();
			break;
		case 4:
			len = draw(len + 1);
			break;
		case 5:
			at = draw(64);
			for (; at && len < room; at--)
				data[len++] = draw_byte();
			break;
		}
	}
	return len;
}

static void fuzz_outer(const struct spec *spec, const uint8_t *esp, size_t len)
{
	static struct packet packet;
	uint8_t *ip = packet.data;
	bool v4 = spec->src.family == AF_INET;
	size_t header = v4 ? IP4_HEADER : IP6_HEADER;

	spec_wrap(spec, esp, len, &packet);
	for (uint32_t times = 1 + draw(3); times--;)
		ip[draw(header + 16)] = draw_byte();
	if (v4 && draw(4)) {
		ip[0] = 0x45;
		memcpy(ip + 16, spec->dst.bytes, 4);
		put16(ip + 10, 0);
		put16(ip + 10, checksum(ip, IP4_HEADER));
	}
	inject(spec, packet.data, packet.len);
}

static void fuzz_one(const struct spec *spec)
{
	static uint8_t text[PACKET_MAX], esp[PACKET_MAX + 64];
	size_t len;

	if (spec->clear) {
		len = spec_inner(spec, text);
		inject(spec, text, damage(text, len, 1400));
		return;
	}
	len = spec_text(spec, text);
	switch (draw(4)) {
	case 0:
	case 1:
		len = damage(text, len, 1400);
		inject_esp(spec, esp, spec_seal(spec, text, len, esp));
		break;
	case 2:
		len = spec_seal(spec, text, len, esp);
		inject_esp(spec, esp, damage(esp, len, 1400));
		break;
	case 3:
		len = spec_seal(spec, text, len, esp);
		fuzz_outer(spec, esp, len);
		break;
	}
}

static void fuzz(const struct spec *corpus, size_t n, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		struct spec spec = corpus[draw(n)];

		spec.seq += i;
		spec.n += i;
		spec.id = draw(65536);
		fuzz_one(&spec);
	}
}

/* ---------------------------------------------------------------------------- */

static void parse_mac(const char *text)
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &f.to[0], &f.to[1],
		   &f.to[2], &f.to[3], &f.to[4], &f.to[5]) != 6)
		errx(2, "not an Ethernet address: %s", text);
	f.to_given = true;
}

static void need_all(const struct spec *spec)
{
	if (!spec->src.family || spec->src.family != spec->dst.family)
		errx(2, "src= and dst= of one family are needed");
}

int main(int argc, char **argv)
{
	static struct spec corpus[LINES_MAX];
	static char line[LINE_MAX_LEN];
	unsigned long nfuzz = 0;
	const char *dev = NULL;
	struct spec defaults;
	size_t n = 0;
	int option;

	while ((option = getopt(argc, argv, "i:m:f:S:")) != -1) {
		switch (option) {
		case 'i':
			dev = optarg;
			break;
		case 'm':
			parse_mac(optarg);
			break;
		case 'f':
			nfuzz = strtoul(optarg, NULL, 0);
			break;
		case 'S':	/* xorshift must not start at 0 */
			f.random = strtoul(optarg, NULL, 0) * 2 + 1;
			break;
		default:
			return 2;
		}
	}
	if (!dev || (nfuzz && !f.random))
		errx(2, "usage: forge -i DEV [-m MAC] [-f COUNT -S SEED] [WORD=VALUE]... <LINES");
	open_device(dev);
	spec_init(&defaults);
	for (int i = optind; i < argc; i++)
		spec_words(&defaults, argv[i]);

	for (; fgets(line, sizeof(line), stdin); n++) {
		struct spec *spec = &corpus[nfuzz ? n : 0];

		if (n == LINES_MAX && nfuzz)
			errx(2, "above %d lines", LINES_MAX);
		*spec = defaults;
		spec_words(spec, strdup(line));
		need_all(spec);
		if (!nfuzz)
			make(spec);
	}
	if (!n)
		errx(2, "nothing to send");
	if (nfuzz)
		fuzz(corpus, n, nfuzz);
	printf("sent=%lu\n", f.sent);
	return 0;
}
