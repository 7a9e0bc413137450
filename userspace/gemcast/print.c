// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one way of output. Each value is printed by one call that names its JSON
 * key and its word in text; either may be NULL: not printed in that form. In
 * text, a word and its value are what the command line takes.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include "cli.h"

static void json_indent(const struct print *p)
{
	if (p->pretty)
		fprintf(p->file, "\n%*s", (int)p->depth * 2, "");
}

/* Before a value of the innermost JSON list or object. */
static void json_next(struct print *p)
{
	if (!p->first)
		fputc(',', p->file);
	if (p->depth)
		json_indent(p);
	p->first = false;
}

static void json_open(struct print *p, char bracket)
{
	json_next(p);
	fputc(bracket, p->file);
	p->depth++;
	p->first = true;
}

static void json_close(struct print *p, char bracket)
{
	p->depth--;
	if (!p->first)
		json_indent(p);
	fputc(bracket, p->file);
	p->first = !p->depth;
	if (!p->depth)
		fputc('\n', p->file);
}

/* The length of the UTF-8 character at s, 0 if it is none. */
static unsigned int utf8_len(const unsigned char *s)
{
	unsigned int len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] < 0xe0)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] < 0xf0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] < 0xf5)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
		return 0;
	return len;
}

/* Interfaces may be named in any bytes: JSON must stay JSON. */
static void json_string(const struct print *p, const char *string)
{
	const unsigned char *s = (const unsigned char *)string;
	unsigned int len;

	fputc('"', p->file);
	for (; *s; s += len ? len : 1) {
		len = utf8_len(s);
		if (*s == '"' || *s == '\\')
			fprintf(p->file, "\\%c", *s);
		else if (*s < 0x20 || *s == 0x7f || !len)
			fprintf(p->file, "\\u%04x", *s);
		else
			fwrite(s, 1, len, p->file);
	}
	fputc('"', p->file);
}

/* True if a value is to follow. */
static bool value_follows(struct print *p, const char *key, const char *word)
{
	if (p->json) {
		if (!key)
			return false;
		json_next(p);
		json_string(p, key);
		fputs(p->pretty ? ": " : ":", p->file);
		return true;
	}
	if (!word)
		return false;
	if (!p->first)
		fputc(' ', p->file);
	if (word[0])
		fprintf(p->file, "%s ", word);
	p->first = false;
	return true;
}

void print_list_begin(struct print *p)
{
	if (p->json)
		json_open(p, '[');
}

void print_list_end(struct print *p)
{
	if (p->json)
		json_close(p, ']');
}

void print_object_begin(struct print *p)
{
	if (p->json)
		json_open(p, '{');
	else
		p->first = true;
}

void print_object_end(struct print *p)
{
	if (p->json)
		json_close(p, '}');
	else
		fputc('\n', p->file);
}

void print_inner_list_begin(struct print *p, const char *key)
{
	if (!value_follows(p, key, NULL))
		return;
	fputc('[', p->file);
	p->depth++;
	p->first = true;
}

/* In text it is a line of its own. */
void print_inner_begin(struct print *p)
{
	if (p->json)
		json_open(p, '{');
	else
		print_line(p, "    ");
}

void print_inner_end(struct print *p)
{
	if (p->json)
		json_close(p, '}');
}

/* In text, go on in the next line, behind the indent. */
void print_line(struct print *p, const char *indent)
{
	if (p->json)
		return;
	fprintf(p->file, "\n%s", indent);
	p->first = true;
}

/* A word of the text that JSON has no need of. */
void print_word(struct print *p, const char *word)
{
	if (!p->json)
		print_string(p, NULL, "", word);
}

void print_string(struct print *p, const char *key, const char *word,
		  const char *value)
{
	if (!value_follows(p, key, word))
		return;
	if (p->json)
		json_string(p, value);
	else
		fputs(value, p->file);
}

void print_number(struct print *p, const char *key, const char *word,
		  uint64_t value)
{
	if (value_follows(p, key, word))
		fprintf(p->file, "%" PRIu64, value);
}

void print_numbers(struct print *p, uint64_t present,
		   const struct print_field *fields, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (present & GEMCAST_BIT(fields[i].attr))
			print_number(p, fields[i].key, fields[i].word,
				     fields[i].value);
}

void print_hex(struct print *p, const char *key, const char *word,
	       uint32_t value)
{
	if (value_follows(p, key, word))
		fprintf(p->file, p->json ? "%" PRIu32 : "0x%08" PRIx32, value);
}

void print_seconds(struct print *p, const char *key, const char *word,
		   uint64_t ms)
{
	if (value_follows(p, key, word))
		fprintf(p->file, "%" PRIu64 ".%03u", ms / 1000,
			(unsigned int)(ms % 1000));
}

/* Something that is so, or else is not printed at all. */
void print_true(struct print *p, const char *key, const char *word)
{
	if (!p->json)
		print_word(p, word);
	else if (value_follows(p, key, word))
		fputs("true", p->file);
}

void print_addr(struct print *p, const char *key, const char *word,
		const struct gemcast_addr *addr)
{
	char buf[INET6_ADDRSTRLEN];

	if (inet_ntop(addr->family, &addr->in6, buf, sizeof(buf)))
		print_string(p, key, word, buf);
}

void print_prefix(struct print *p, const char *key, const char *word,
		  const struct gemcast_addr *addr, unsigned int len)
{
	char buf[INET6_ADDRSTRLEN + 12];
	size_t n;

	if (!inet_ntop(addr->family, &addr->in6, buf, INET6_ADDRSTRLEN))
		return;
	n = strlen(buf);
	snprintf(buf + n, sizeof(buf) - n, "/%u", len);
	print_string(p, key, word, buf);
}
