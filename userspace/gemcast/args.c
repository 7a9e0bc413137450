// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Taking the words of a command one by one. Each function takes what it names,
 * or says what it expected and returns CLI_USAGE; at the word help it prints
 * the grammar and returns CLI_HELP.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include "cli.h"

/* Say what is wrong with the command, and where in the grammar; CLI_USAGE. */
__attribute__((format(printf, 2, 3)))
static int bad(const struct args *a, const char *format, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return cli_error(a->cli, "%s%s%s", a->where, a->where[0] ? ": " : "",
			 text);
}

/* Take the next word, which may be any, help too. */
int args_string(struct args *a, const char *name, const char **value)
{
	*value = "";
	if (!a->left)
		return bad(a, "%s is missing", name);
	*value = *a->next++;
	a->left--;
	return CLI_OK;
}

static int take(struct args *a, const char *name, const char **word)
{
	int err;

	err = args_string(a, name, word);
	if (err || strcmp(*word, "help") != 0)
		return err;
	fputs(a->help, stdout);
	return CLI_HELP;
}

/* Any word but help. */
int args_any(struct args *a, const char *name, const char **value)
{
	return take(a, name, value);
}

static int unknown(struct args *a, const char *name, const char * const *words,
		   const char *word)
{
	const char *like = word_like(words, word);
	char list[256];

	word_list(words, "", list, sizeof(list));
	return bad(a, "%s \"%s\" is not known%s%s%s; expected one of: %s", name,
		   word, like ? " (did you mean \"" : "", like ? like : "",
		   like ? "\"?)" : "", list);
}

static int look_up(struct args *a, const char *name, const char * const *words,
		   const char *word, unsigned int *index)
{
	char list[256];

	switch (word_find(words, word, index)) {
	case WORD_FOUND:
		return CLI_OK;
	case WORD_AMBIGUOUS:
		word_list(words, word, list, sizeof(list));
		return bad(a, "%s \"%s\" is ambiguous: %s", name, word, list);
	case WORD_UNKNOWN:
		break;
	}
	return unknown(a, name, words, word);
}

/* One of the words, or the start of no other one. */
int args_word(struct args *a, const char *name, const char * const *words,
	      unsigned int *index)
{
	const char *word;
	int err;

	err = take(a, name, &word);
	return err ? err : look_up(a, name, words, word, index);
}

/*
 * The next word, which there is, begins as the default does, and is taken for that, whatever
 * else begins so: "sa s" shows.
 */
bool args_default(struct args *a, const char *name)
{
	const char *word = *a->next;

	if (!*word || strncmp(name, word, strlen(word)) != 0)
		return false;
	a->next++;
	a->left--;
	return true;
}

int args_enum(struct args *a, const char *name, const char * const *words,
	      uint32_t *value)
{
	unsigned int index = 0;
	int err;

	err = args_word(a, name, words, &index);
	*value = index;
	return err;
}

static int bad_value(struct args *a, const char *name, const char *word,
		     const char *expected)
{
	return bad(a, "%s \"%s\": expected %s", name, word, expected);
}

int args_u64(struct args *a, const char *name, uint64_t min, uint64_t max,
	     uint64_t *value)
{
	const char *word;
	int err;

	err = take(a, name, &word);
	if (err)
		return err;
	if (!parse_u64(word, value) || *value < min || *value > max)
		return bad(a, "%s \"%s\": expected a number from %" PRIu64 " to %" PRIu64,
			   name, word, min, max);
	return CLI_OK;
}

int args_u32(struct args *a, const char *name, uint32_t min, uint32_t max,
	     uint32_t *value)
{
	uint64_t wide = 0;
	int err;

	err = args_u64(a, name, min, max, &wide);
	*value = (uint32_t)wide;
	return err;
}

int args_u16(struct args *a, const char *name, uint16_t min, uint16_t *value)
{
	uint64_t wide = 0;
	int err;

	err = args_u64(a, name, min, UINT16_MAX, &wide);
	*value = (uint16_t)wide;
	return err;
}

/* 8, 12 or 16 */
int args_bits(struct args *a, const char *name, uint32_t *value)
{
	const char *word;
	uint64_t wide;
	int err;

	err = take(a, name, &word);
	if (err)
		return err;
	if (!parse_u64(word, &wide) || (wide != 8 && wide != 12 && wide != 16))
		return bad_value(a, name, word, "8, 12 or 16");
	*value = (uint32_t)wide;
	return CLI_OK;
}

int args_addr(struct args *a, const char *name, struct gemcast_addr *addr)
{
	const char *word;
	int err;

	err = take(a, name, &word);
	if (!err && !parse_addr(word, addr))
		return bad_value(a, name, word, "an IPv4 or IPv6 address");
	return err;
}

int args_prefix(struct args *a, const char *name, struct gemcast_addr *addr,
		uint8_t *len)
{
	const char *word;
	int err;

	err = take(a, name, &word);
	if (!err && !parse_prefix(word, addr, len))
		return bad_value(a, name, word, "ADDRESS[/LENGTH]");
	return err;
}

int args_ports(struct args *a, const char *name, uint16_t *min, uint16_t *max)
{
	const char *word;
	int err;

	err = take(a, name, &word);
	if (!err && !parse_ports(word, min, max))
		return bad_value(a, name, word,
				 "PORT or PORT-PORT, from 0 to 65535, the lower first");
	return err;
}

int args_proto(struct args *a, uint8_t *proto)
{
	const char *word;
	int err;

	err = take(a, "proto", &word);
	if (!err && !parse_proto(word, proto))
		return bad_value(a, "proto", word,
				 "a protocol's name, or a number from 0 to 255");
	return err;
}

int args_dev(struct args *a, char dev[IF_NAMESIZE])
{
	const char *word;
	int err;

	err = args_string(a, "IFNAME", &word);
	if (!err && !parse_dev(word, dev))
		return bad_value(a, "dev", word, "the name of an interface");
	return err;
}

/* What miked's configuration calls something. */
int args_name(struct args *a, const char *name, const char **value)
{
	int err;

	err = take(a, name, value);
	if (!err && !parse_name(*value))
		return bad_value(a, name, *value,
				 "a name of letters, digits, and . _ - behind the first");
	return err;
}

/* Who somebody is to miked, which knows more of it. */
int args_id(struct args *a, const char *name, const char **value)
{
	int err;

	err = take(a, name, value);
	if (!err && !parse_id(*value))
		return bad_value(a, name, *value, "an identity, as gm1.example.org");
	return err;
}

int args_seconds(struct args *a, const char *name, uint64_t *ms)
{
	const char *word;
	int err;

	err = take(a, name, &word);
	if (!err && !parse_seconds(word, ms))
		return bad_value(a, name, word,
				 "seconds, with up to three decimals");
	return err;
}

/* Take this word, or a shorter form of it. */
int args_expect(struct args *a, const char *word)
{
	const char * const words[] = { word, NULL };
	unsigned int index;

	return args_word(a, word, words, &index);
}

/* The command is to end here. */
int args_end(struct args *a)
{
	const char *word;
	int err;

	if (!a->left)
		return CLI_OK;
	err = take(a, "", &word);
	return err ? err : bad(a, "\"%s\" is one word too many", word);
}

/* Note that the attribute is given, unless it was before. */
int args_once(struct args *a, const char *name, uint64_t *present,
	      unsigned int attr)
{
	if (*present & GEMCAST_BIT(attr))
		return bad(a, "%s is given twice", name);
	*present |= GEMCAST_BIT(attr);
	return CLI_OK;
}

int args_need(struct args *a, const char *name, uint64_t present,
	      unsigned int attr)
{
	if (present & GEMCAST_BIT(attr))
		return CLI_OK;
	return bad(a, "%s is missing", name);
}
