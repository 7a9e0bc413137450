// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * options man | sample | keys: the table of options as a part of miked.conf(5), as a
 * configuration that has them all, or each in a line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "conf/conf.h"
#include "conf/options.h"

#define COLUMNS	100

static const char * const kinds[KINDS] = {
	[KIND_NAME] = "NAME",
	[KIND_PATH] = "PATH",
	[KIND_FILE] = "FILE",
	[KIND_SECRET] = "FILE",
	[KIND_INTERFACE] = "INTERFACE",
	[KIND_BOOL] = "yes | no",
	[KIND_TIME] = "TIME",
	[KIND_SIZE] = "SIZE",
	[KIND_ADDRESS] = "ADDRESS",
	[KIND_PREFIX] = "PREFIX",
	[KIND_PORTS] = "PORT[-PORT]",
	[KIND_PROTOCOL] = "PROTOCOL",
	[KIND_IDENTITY] = "IDENTITY",
	[KIND_PATTERN] = "PATTERN",
	[KIND_GROUP_ID] = "IDENTITY",
	[KIND_PROPOSAL] = "PROPOSAL",
	[KIND_ESP] = "ALGORITHM",
	[KIND_KEY_WRAP] = "kw128 | kw192 | kw256",
};

/* In roff's way: a hyphen that is typed is \-, and no line begins with a dot. */
static void roff(const char *text)
{
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

/* Words as long as the line has room, with this before each line. */
static void paragraph(const char *text, const char *before, void (*print)(const char *))
{
	size_t column = 0, len;
	char word[128];

	while (*text) {
		len = strcspn(text, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if (column && column + 1 + len > COLUMNS - strlen(before)) {
			putchar('\n');
			column = 0;
		}
		if (column)
			putchar(' ');
		else
			fputs(before, stdout);
		print(word);
		column += len + (column > 0);
		text += len + (text[len] == ' ');
	}
	putchar('\n');
}

static void plain(const char *text)
{
	fputs(text, stdout);
}

static void value_of(const struct conf_option *option, char *text, size_t size)
{
	const char * const *word;
	size_t len = 0;

	if (option->kind == KIND_NUMBER)
		snprintf(text, size, "%" PRIu64 "..%" PRIu64, option->min, option->max);
	else if (option->kind == KIND_TIME)
		snprintf(text, size, "%s", option->automatic ? "TIME | auto" : "TIME");
	else if (option->kind != KIND_WORD)
		snprintf(text, size, "%s", kinds[option->kind]);
	for (word = option->words; word && *word; word++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " | " : "", *word);
}

static void man_option(const struct conf_option *option)
{
	char value[256] = "";

	printf(".TP\n.B ");
	roff(option->key);
	fputs(":", stdout);
	value_of(option, value, sizeof(value));
	fputs(option->list ? " [ \\fR" : " \\fR", stdout);
	roff(value);
	puts(option->list ? ", ...\\fP ]" : "\\fP");
	paragraph(option->help, "", roff);
	if (option->needed)
		puts("Needed.");
	if (option->preset) {
		fputs("The default is ", stdout);
		roff(option->preset);
		puts(".");
	}
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the table is */
static void man(const struct conf_section *section, const char *path)
{
	const struct conf_option *option;
	char below[128];
	size_t i;

	for (i = 0; i < section->count; i++)
		if (section->options[i].kind != KIND_MAP)
			man_option(&section->options[i]);
	for (i = 0; i < section->count; i++) {
		option = &section->options[i];
		if (option->kind != KIND_MAP)
			continue;
		snprintf(below, sizeof(below), "%s%s%s%s", path, *path ? "." : "", option->key,
			 option->list ? "[]" : "");
		fputs(".SS ", stdout);
		roff(below);
		putchar('\n');
		paragraph(option->help, "", roff);
		if (option->list)
			puts(option->needed ? "A list; needed." : "A list.");
		man(option->section, below);
	}
}

static void sample_value(const struct conf_option *option)
{
	const char *text = option->sample ? option->sample : option->preset;
	bool quote = text && *text == '*';	/* which YAML would take for an alias */

	if (option->list)
		printf(" [ %s ]", text);
	else
		printf(" %s%s%s", quote ? "\"" : "", text, quote ? "\"" : "");
}

static void sample(const struct conf_section *section, unsigned int depth, bool entry)
{
	const struct conf_option *option;
	char before[40];
	size_t i, indent;

	for (i = 0; i < section->count; i++) {
		option = &section->options[i];
		if (!depth)
			putchar('\n');
		indent = depth * 2 - (entry && !i ? 2 : 0);
		snprintf(before, sizeof(before), "%*s# ", (int)indent, "");
		paragraph(option->help, before, plain);
		printf("%*s%s%s:", (int)indent, "", entry && !i ? "- " : "", option->key);
		if (option->kind != KIND_MAP)
			sample_value(option);
		putchar('\n');
		if (option->kind == KIND_MAP)
			sample(option->section, depth + (option->list ? 2 : 1), option->list);
	}
}

static void keys(const struct conf_section *section)
{
	size_t i;

	for (i = 0; i < section->count; i++) {
		puts(section->options[i].key);
		if (section->options[i].kind == KIND_MAP)
			keys(section->options[i].section);
	}
}

/* NOLINTEND(misc-no-recursion) */

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "man")) {
		man(&conf_root, "");
	} else if (!strcmp(what, "keys")) {
		keys(&conf_root);
	} else if (!strcmp(what, "sample")) {
		puts("# SPDX-License-Identifier: GPL-2.0-or-later\n"
		     "#\n"
		     "# Every option of /etc/gemcast/miked.conf with an example of a value; most may be\n"
		     "# left out. miked.conf(5) has the defaults. `miked --check FILE` checks a file.");
		sample(&conf_root, 0, false);
	} else {
		fprintf(stderr, "usage: options man | sample | keys\n");
		return 1;
	}
	return 0;
}
