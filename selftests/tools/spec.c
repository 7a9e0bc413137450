// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mcast.h"
#include "spec.h"

#define NEXT_IPV4	4
#define NEXT_IPV6	41

enum kind { NUMBER, FIELD, RANGE, ADDRESS, BYTES, IV, TEXT, KEY_FILE, MODE };

static const struct word {
	const char *name;
	enum kind kind;
	size_t at;
	size_t len_at;		/* BYTES */
} words[] = {
#define WORD(name, kind) { #name, kind, offsetof(struct spec, name), 0 }
	WORD(isrc, ADDRESS), WORD(idst, ADDRESS), WORD(ittl, NUMBER),
	WORD(itos, NUMBER), WORD(iid, NUMBER), WORD(idf, NUMBER),
	WORD(imf, NUMBER), WORD(ifrag, NUMBER), WORD(iflow, NUMBER),
	WORD(iproto, NUMBER), WORD(sport, NUMBER), WORD(dport, NUMBER),
	WORD(size, NUMBER), WORD(sender, NUMBER), WORD(n, NUMBER),
	WORD(last, NUMBER), WORD(options, NUMBER), WORD(iversion, FIELD),
	WORD(ihl, FIELD), WORD(ilen, FIELD), WORD(isum, FIELD),
	WORD(ulen, FIELD), WORD(usum, FIELD), WORD(clear, NUMBER),
	WORD(spi, NUMBER), WORD(seq, NUMBER), WORD(sid, NUMBER),
	{ "bits", NUMBER, offsetof(struct spec, sid_bits), 0 },
	WORD(tfc, NUMBER), WORD(iv, IV), WORD(pad, FIELD),
	WORD(padlen, FIELD), WORD(next, FIELD), WORD(badpad, RANGE),
	WORD(from, NUMBER), WORD(to, NUMBER), WORD(elen, FIELD),
	WORD(esum, FIELD), WORD(src, ADDRESS), WORD(dst, ADDRESS),
	WORD(ttl, NUMBER), WORD(tos, NUMBER), WORD(id, NUMBER),
	WORD(df, NUMBER), WORD(flow, NUMBER), WORD(proto, NUMBER),
	WORD(flip, RANGE), WORD(cut, RANGE), WORD(tail, NUMBER),
	WORD(frags, TEXT), WORD(count, NUMBER),
#undef WORD
	{ "icv", NUMBER, offsetof(struct spec, key.icv), 0 },
	{ "gmac", NUMBER, offsetof(struct spec, key.gmac), 0 },
	{ "key", KEY_FILE, offsetof(struct spec, key), 0 },
	{ "mode", MODE, offsetof(struct spec, transport), 0 },
	{ "inner", BYTES, offsetof(struct spec, inner),
	  offsetof(struct spec, inner_len) },
	{ "text", BYTES, offsetof(struct spec, text),
	  offsetof(struct spec, text_len) },
	{ "esp", BYTES, offsetof(struct spec, esp),
	  offsetof(struct spec, esp_len) },
};

void spec_init(struct spec *spec)
{
	*spec = (struct spec){
		.key.icv = 16, .ittl = 1, .iproto = IPPROTO_UDP, .sport = 4000,
		.dport = 5000, .size = 100, .sender = 1, .spi = 0x1001, .seq = 1,
		.sid_bits = 8, .ttl = -1, .tos = -1, .proto = -1, .count = 1,
	};
}

static long number_of(const char *text, const char *name)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 0);
	if (errno || end == text || *end)
		errx(2, "%s=%s: not a number", name, text);
	return value;
}

static void set_range(struct range *range, const char *name, char *value)
{
	char *to = strstr(value, "..");

	range->given = true;
	range->all = !strcmp(value, "all");
	if (range->all)
		return;
	if (to)
		*to = '\0';
	range->first = number_of(value, name);
	range->last = to ? number_of(to + 2, name) : range->first;
}

static void set(struct spec *spec, const struct word *word, char *value)
{
	void *at = (char *)spec + word->at;
	struct field *field = at;
	size_t icv = spec->key.icv;

	switch (word->kind) {
	case NUMBER:
		*(long *)at = number_of(value, word->name);
		break;
	case FIELD:
		field->given = true;
		field->relative = *value == '+' || *value == '-';
		field->value = number_of(value, word->name);
		break;
	case RANGE:
		set_range(at, word->name, value);
		break;
	case ADDRESS:
		addr_parse(value, at);
		break;
	case BYTES:
		*(uint8_t **)at = malloc(PACKET_MAX);
		*(size_t *)((char *)spec + word->len_at) =
			hex_parse(value, *(uint8_t **)at, PACKET_MAX);
		break;
	case IV:
		spec->iv = strtoull(value, NULL, 16);
		break;
	case TEXT:
		*(const char **)at = value;
		break;
	case KEY_FILE:
		esp_key_read(value, &spec->key);
		spec->key.icv = icv;
		break;
	case MODE:
		spec->transport = !strcmp(value, "transport");
		if (!spec->transport && strcmp(value, "tunnel"))
			errx(2, "mode=%s: tunnel or transport", value);
		break;
	}
}

void spec_words(struct spec *spec, char *line)
{
	char *word, *value;

	while ((word = strsep(&line, " \t\n"))) {
		size_t i;

		if (!*word)
			continue;
		value = strchr(word, '=');
		if (!value)
			errx(2, "%s: no value", word);
		*value++ = '\0';
		for (i = 0; i < sizeof(words) / sizeof(*words); i++)
			if (!strcmp(words[i].name, word))
				break;
		if (i == sizeof(words) / sizeof(*words))
			errx(2, "no such word: %s", word);
		set(spec, &words[i], value);
	}
}

static long apply(const struct field *field, long right)
{
	if (!field->given)
		return right;
	return field->relative ? right + field->value : field->value;
}

static const struct addr *inner_src(const struct spec *spec)
{
	return spec->isrc.family ? &spec->isrc : &spec->src;
}

static const struct addr *inner_dst(const struct spec *spec)
{
	return spec->idst.family ? &spec->idst : &spec->dst;
}

static size_t udp_write(const struct spec *spec, uint8_t *udp)
{
	struct payload p = { .sender = spec->sender, .seq = spec->n,
			     .size = spec->size, .last = spec->last };
	size_t len = UDP_HEADER + spec->size;
	uint16_t sum;

	payload_write(&p, udp + UDP_HEADER);
	put16(udp, spec->sport);
	put16(udp + 2, spec->dport);
	put16(udp + 4, len);
	put16(udp + 6, 0);
	sum = checksum_upper(inner_src(spec), inner_dst(spec), IPPROTO_UDP, udp,
			     len);
	put16(udp + 4, apply(&spec->ulen, len));
	put16(udp + 6, apply(&spec->usum, sum ? sum : 0xffff));
	return len;
}

/*
 * NOPs between the header and the upper layer: IPv4 options, or an IPv6
 * hop-by-hop header.
 */
static size_t options_write(const struct spec *spec, uint8_t *options)
{
	size_t len = spec->options;

	if (!len)
		return 0;
	memset(options, 1, len);
	if (inner_src(spec)->family == AF_INET6) {
		memset(options, 0, len);
		options[0] = spec->iproto;
		options[1] = len / 8 - 1;
		options[2] = 1;		/* PadN */
		options[3] = len - 4;
	}
	return len;
}

static void ip4_tamper(const struct spec *spec, uint8_t *buf, size_t header)
{
	buf[0] = apply(&spec->iversion, 4) << 4 |
		 (apply(&spec->ihl, header / 4) & 15);
	put16(buf + 2, apply(&spec->ilen, get16(buf + 2)));
	put16(buf + 10, 0);
	put16(buf + 10, apply(&spec->isum, checksum(buf, header)));
}

static void ip6_tamper(const struct spec *spec, uint8_t *buf)
{
	buf[0] = apply(&spec->iversion, 6) << 4 | (buf[0] & 15);
	put16(buf + 4, apply(&spec->ilen, get16(buf + 4)));
}

size_t spec_inner(const struct spec *spec, uint8_t *buf)
{
	struct ip ip = {
		.src = *inner_src(spec), .dst = *inner_dst(spec),
		.proto = spec->iproto, .ttl = spec->ittl, .tos = spec->itos,
		.id = spec->iid, .df = spec->idf, .mf = spec->imf,
		.frag = spec->ifrag, .flow = spec->iflow,
	};
	bool v4 = ip.src.family == AF_INET;
	size_t options;

	if (spec->inner) {
		memcpy(buf, spec->inner, spec->inner_len);
		return spec->inner_len;
	}
	if (spec->transport && !spec->clear)
		return udp_write(spec, buf);
	if (spec->options && !v4)
		ip.proto = IPPROTO_HOPOPTS;
	ip.payload = spec->options + UDP_HEADER + spec->size;
	ip_write(&ip, buf);
	options = options_write(spec, buf + ip.header);
	udp_write(spec, buf + ip.header + options);
	if (v4)
		ip4_tamper(spec, buf, ip.header + options);
	else
		ip6_tamper(spec, buf);
	return ip.header + ip.payload;
}

size_t spec_text(const struct spec *spec, uint8_t *buf)
{
	size_t len = spec_inner(spec, buf);
	long pad, next = NEXT_IPV4;

	if (spec->text) {
		memcpy(buf, spec->text, spec->text_len);
		return spec->text_len;
	}
	memset(buf + len, 0, spec->tfc);
	len += spec->tfc;
	pad = apply(&spec->pad, -(len + ESP_TRAILER) & 3);
	for (long i = 0; i < pad; i++)
		buf[len + i] = i + 1;
	if (spec->badpad.given)
		for (long i = spec->badpad.first; i <= spec->badpad.last; i++)
			buf[len + i] ^= 0x55;
	len += pad;
	if (spec->transport)
		next = spec->iproto;
	else if (inner_src(spec)->family == AF_INET6)
		next = NEXT_IPV6;
	buf[len++] = apply(&spec->padlen, pad);
	buf[len++] = apply(&spec->next, next);
	return len;
}

size_t spec_seal(const struct spec *spec, const uint8_t *text, size_t len,
		 uint8_t *esp)
{
	uint64_t iv = spec->iv;

	if (spec->esp) {
		memcpy(esp, spec->esp, spec->esp_len);
		return spec->esp_len;
	}
	if (!iv)
		iv = (uint64_t)spec->sid << (64 - spec->sid_bits) | spec->seq;
	put32(esp, spec->spi);
	put32(esp + 4, spec->seq);
	put64(esp + ESP_HEADER, iv);
	memcpy(esp + ESP_HEADER + ESP_IV, text, len);
	esp_seal(&spec->key, esp, len);
	return ESP_HEADER + ESP_IV + len + spec->key.icv;
}

void spec_wrap(const struct spec *spec, const uint8_t *esp, size_t len,
	       struct packet *packet)
{
	struct ip ip = {
		.src = spec->src, .dst = spec->dst,
		.proto = spec->from || spec->to ? IPPROTO_UDP : IPPROTO_ESP,
		.ttl = spec->ttl < 0 ? spec->ittl : spec->ttl,
		.tos = spec->tos < 0 ? spec->itos : spec->tos,
		.id = spec->id, .df = spec->df, .flow = spec->flow,
		.payload = len,
	};
	uint8_t *udp;

	if (spec->proto >= 0)
		ip.proto = spec->proto;
	if (ip.proto == IPPROTO_UDP)
		ip.payload += UDP_HEADER;
	ip_write(&ip, packet->data);
	packet->len = ip.header + ip.payload;
	memcpy(packet->data + packet->len - len, esp, len);
	if (ip.proto != IPPROTO_UDP)
		return;

	udp = packet->data + ip.header;
	put16(udp, spec->from);
	put16(udp + 2, spec->to);
	put16(udp + 4, apply(&spec->elen, UDP_HEADER + len));
	put16(udp + 6, 0);
	if (spec->esum.given)
		put16(udp + 6, apply(&spec->esum,
				     checksum_upper(&ip.src, &ip.dst,
						    IPPROTO_UDP, udp,
						    UDP_HEADER + len)));
}
