// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire: reads ESP packets from a capture as RFC 4303, RFC 4106, RFC 4543 and RFC
 * 6054 describe them, holds each field against what it must be, and makes the same
 * bytes again from what it read.
 *
 * wire FILE WORD=VALUE...
 *	spi=SPI key=FILE icv=8|12|16		of the SA; other SPIs do not matter
 *	gmac=1					AES-GMAC: integrity only
 *	mode=tunnel|transport preserve=both|src|dst|none
 *	sid=SID bits=BITS			how each IV begins; without: any IV
 *	seq=FIRST				of the first packet; they go up by one
 *	src=ADDR dst=ADDR			outer addresses, where not preserved
 *	ttl=inner|any|NUMBER tos=inner|any	the outer header's
 *	df=clear|set|copy|any
 *	port=PORT				ESP in UDP to and from this port
 *	group=ADDR				inner destination
 *
 * Prints a line for each ESP packet and a line for each fault; fails if there is
 * any fault or no packet. The inner datagrams must be of `mcast send'.
 */
#include <err.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "esp.h"
#include "mcast.h"

#define NEXT_IPV4	4
#define NEXT_IPV6	41

static struct {
	struct esp_key key;
	bool transport, preserve_src, preserve_dst;
	struct addr src, dst, group;
	uint32_t spi, sid, sid_bits, seq, port;
	const char *ttl, *tos, *df;
} want = {
	.key.icv = 16, .preserve_src = true, .preserve_dst = true, .seq = 1,
	.ttl = "inner", .tos = "inner", .df = "clear",
};

static unsigned int frame, packets, faults;
static char line[512];	/* about the packet, printed below its faults */

__attribute__((format(printf, 1, 2)))
static void tell(const char *fmt, ...)
{
	size_t n = strlen(line);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line + n, sizeof(line) - n, fmt, args);
	va_end(args);
}

__attribute__((format(printf, 1, 2)))
static void fault(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("fault in frame %u: ", frame);
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
	faults++;
}

static void same(const char *what, uint64_t found, uint64_t right)
{
	if (found != right)
		fault("%s is 0x%" PRIx64 ", not 0x%" PRIx64, what, found,
		      right);
}

static void same_addr(const char *what, const struct addr *found,
		      const struct addr *right)
{
	if (!addr_equal(found, right))
		fault("%s is %s, not %s", what, addr_text(found),
		      addr_text(right));
}

/* --- the inner packet ----------------------------------------------------------- */

/* @src and @dst are those of its IP header. */
static void check_udp(const struct addr *src, const struct addr *dst,
		      const uint8_t *udp, size_t len)
{
	struct payload p;

	if (len < UDP_HEADER || get16(udp + 4) != len) {
		fault("the inner UDP length is wrong");
		return;
	}
	if (!get16(udp + 6))
		fault("no inner UDP checksum");
	else if (checksum_upper(src, dst, IPPROTO_UDP, udp, len))
		fault("the inner UDP checksum is wrong");
	tell(" sport=%u dport=%u size=%zu", get16(udp), get16(udp + 2),
	       len - UDP_HEADER);
	if (len - UDP_HEADER < PAYLOAD_HEADER)
		return;
	if (!payload_read(&p, udp + UDP_HEADER, len - UDP_HEADER))
		fault("the datagram is damaged");
	tell(" sender=%u n=%u", p.sender, p.seq);
}

static void check_ttl(const struct ip *outer, const struct ip *inner)
{
	if (!strcmp(want.ttl, "inner"))
		same("the outer TTL", outer->ttl, inner->ttl);
	else if (strcmp(want.ttl, "any"))
		same("the outer TTL", outer->ttl, strtoul(want.ttl, NULL, 0));
}

static void check_df(const struct ip *outer, const struct ip *inner)
{
	if (outer->src.family != AF_INET || !strcmp(want.df, "any"))
		return;
	if (!strcmp(want.df, "copy"))
		same("the outer DF", outer->df, inner->df);
	else
		same("the outer DF", outer->df, !strcmp(want.df, "set"));
}

static void check_tunnel(const struct ip *outer, uint8_t next,
			 const uint8_t *text, size_t len)
{
	struct ip inner;
	const char *why = ip_read(&inner, text, len);

	if (why) {
		fault("inner: %s", why);
		return;
	}
	same("the next header", next,
	     inner.src.family == AF_INET ? NEXT_IPV4 : NEXT_IPV6);
	same("bytes behind the inner packet",
	     len - inner.header - inner.payload, 0);
	same_addr("the outer source", &outer->src,
		  want.preserve_src ? &inner.src : &want.src);
	same_addr("the outer destination", &outer->dst,
		  want.preserve_dst ? &inner.dst : &want.dst);
	if (want.group.family)
		same_addr("the inner destination", &inner.dst, &want.group);
	check_ttl(outer, &inner);
	check_df(outer, &inner);
	if (!strcmp(want.tos, "inner"))
		same("the outer DSCP and ECN", outer->tos, inner.tos);
	tell(" inner=%s>%s ttl=%u tos=0x%02x", addr_text(&inner.src),
	       addr_text(&inner.dst), inner.ttl, inner.tos);
	if (inner.mf || inner.frag)
		tell(" fragment=%u", inner.frag);
	else if (inner.proto == IPPROTO_UDP)
		check_udp(&inner.src, &inner.dst, text + inner.header,
			  inner.payload);
	else
		fault("the inner protocol is %u", inner.proto);
}

/* --- ESP --------------------------------------------------------------------- */

static void check_numbers(uint32_t seq, uint64_t iv)
{
	static uint32_t last_seq;
	static uint64_t last_iv;
	unsigned int shift = 64 - want.sid_bits;

	same("the sequence number", seq, packets ? last_seq + 1 : want.seq);
	if (want.sid_bits) {
		same("the IV's Sender-ID", iv >> shift, want.sid);
		if (packets && iv <= last_iv)
			fault("the IV does not go up");
	}
	last_seq = seq;
	last_iv = iv;
}

/* The same again from what was read: text, padding by the rule, ICV. */
static void check_again(const uint8_t *esp, size_t len, const uint8_t *text,
			size_t payload, uint8_t next)
{
	static uint8_t again[PACKET_MAX];
	size_t n = ESP_HEADER + ESP_IV;
	uint8_t pad = -(payload + ESP_TRAILER) & 3;

	memcpy(again, esp, n);
	memcpy(again + n, text, payload);
	n += payload;
	for (uint8_t i = 1; i <= pad; i++)
		again[n++] = i;
	again[n++] = pad;
	again[n++] = next;
	esp_seal(&want.key, again, n - ESP_HEADER - ESP_IV);
	n += want.key.icv;
	if (n != len || memcmp(again, esp, len))
		fault("the packet is not what RFC 4303 and RFC 4106 make of it");
}

static void check_esp(const struct captured *packet, const uint8_t *esp,
		      size_t len)
{
	static uint8_t text[PACKET_MAX];
	size_t overhead = ESP_HEADER + ESP_IV + want.key.icv;
	size_t text_len = len - overhead, payload;
	uint8_t pad, next;

	if (len < overhead + ESP_TRAILER) {
		fault("%zu bytes are no ESP", len);
		return;
	}
	tell("frame=%u fragments=%u outer=%s>%s spi=0x%x seq=%u iv=%016" PRIx64,
	       frame, packet->fragments, addr_text(&packet->ip.src),
	       addr_text(&packet->ip.dst), get32(esp), get32(esp + 4),
	       get64(esp + ESP_HEADER));
	same("what is left of 4-byte words", len % 4, 0);
	check_numbers(get32(esp + 4), get64(esp + ESP_HEADER));
	if (!esp_open(&want.key, esp, text_len, text)) {
		fault("the ICV is wrong");
		return;
	}
	pad = text[text_len - 2];
	next = text[text_len - 1];
	tell(" pad=%u next=%u", pad, next);
	if (pad + ESP_TRAILER > (int)text_len) {
		fault("the pad length is above the payload's");
		return;
	}
	payload = text_len - ESP_TRAILER - pad;
	same("the pad length", pad, -(payload + ESP_TRAILER) & 3);
	for (uint8_t i = 0; i < pad; i++)
		same("a byte of padding", text[payload + i], i + 1);
	check_again(esp, len, text, payload, next);
	if (want.transport) {
		same("the next header", next, IPPROTO_UDP);
		check_ttl(&packet->ip, &packet->ip);
		check_udp(&packet->ip.src, &packet->ip.dst, text, payload);
	} else {
		check_tunnel(&packet->ip, next, text, payload);
	}
}

/* The ESP packet of our SPI, or NULL. */
static const uint8_t *find_esp(const struct captured *packet, size_t *len)
{
	const uint8_t *at = packet->payload;

	*len = packet->ip.payload;
	if (want.port) {
		if (packet->ip.proto != IPPROTO_UDP || *len < UDP_HEADER ||
		    get16(at + 2) != want.port)
			return NULL;
		at += UDP_HEADER;
		*len -= UDP_HEADER;
	} else if (packet->ip.proto != IPPROTO_ESP) {
		return NULL;
	}
	return *len >= 4 && get32(at) == want.spi ? at : NULL;
}

static void check_encap(const struct captured *packet)
{
	const uint8_t *udp = packet->payload;
	size_t len = packet->ip.payload;

	same("the UDP length", get16(udp + 4), len);
	same("the UDP source port", get16(udp), want.port);
	if (get16(udp + 6) && checksum_upper(&packet->ip.src, &packet->ip.dst,
					     IPPROTO_UDP, udp, len))
		fault("the UDP checksum is wrong");
}

static void check(const struct captured *packet)
{
	const uint8_t *esp;
	size_t len;

	esp = find_esp(packet, &len);
	if (!esp)
		return;
	line[0] = '\0';
	if (want.port)
		check_encap(packet);
	check_esp(packet, esp, len);
	puts(line);
	packets++;
}

/* ------------------------------------------------------------------------------- */

static bool choice(const char *value, const char *yes, const char *no)
{
	if (strcmp(value, yes) && strcmp(value, no))
		errx(2, "%s: %s or %s", value, yes, no);
	return !strcmp(value, yes);
}

static void set_preserve(const char *value)
{
	want.preserve_src = !strcmp(value, "both") || !strcmp(value, "src");
	want.preserve_dst = !strcmp(value, "both") || !strcmp(value, "dst");
	if (!want.preserve_src && !want.preserve_dst && strcmp(value, "none"))
		errx(2, "preserve=%s", value);
}

static void parse(char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		errx(2, "%s: no value", word);
	*value++ = '\0';
	if (!strcmp(word, "key"))
		esp_key_read(value, &want.key);
	else if (!strcmp(word, "icv"))
		want.key.icv = strtoul(value, NULL, 0);
	else if (!strcmp(word, "gmac"))
		want.key.gmac = strtol(value, NULL, 0);
	else if (!strcmp(word, "spi"))
		want.spi = strtoul(value, NULL, 0);
	else if (!strcmp(word, "mode"))
		want.transport = choice(value, "transport", "tunnel");
	else if (!strcmp(word, "preserve"))
		set_preserve(value);
	else if (!strcmp(word, "sid"))
		want.sid = strtoul(value, NULL, 0);
	else if (!strcmp(word, "bits"))
		want.sid_bits = strtoul(value, NULL, 0);
	else if (!strcmp(word, "seq"))
		want.seq = strtoul(value, NULL, 0);
	else if (!strcmp(word, "port"))
		want.port = strtoul(value, NULL, 0);
	else if (!strcmp(word, "src"))
		addr_parse(value, &want.src);
	else if (!strcmp(word, "dst"))
		addr_parse(value, &want.dst);
	else if (!strcmp(word, "group"))
		addr_parse(value, &want.group);
	else if (!strcmp(word, "ttl"))
		want.ttl = value;
	else if (!strcmp(word, "tos"))
		want.tos = value;
	else if (!strcmp(word, "df"))
		want.df = value;
	else
		errx(2, "no such word: %s", word);
}

int main(int argc, char **argv)
{
	struct captured packet;
	struct capture *capture;
	const char *why;

	if (argc < 2)
		errx(2, "usage: wire FILE WORD=VALUE...");
	for (int i = 2; i < argc; i++)
		parse(argv[i]);
	capture = capture_open(argv[1]);
	while (capture_next(capture, &packet, &why)) {
		frame = packet.frame;
		if (why)
			fault("%s", why);
		else
			check(&packet);
	}
	capture_close(capture);
	printf("packets=%u faults=%u\n", packets, faults);
	return faults || !packets;
}
