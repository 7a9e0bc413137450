// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The document and the table of options, side by side, twice: first each value is
 * checked and every error reported with its line; then, when libcyaml has made the
 * structs, the values that it has no type for and the presets are filled in.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/file.h"
#include "conf/load.h"

#define WHY_SIZE	256

/* The largest member that a value is tried in. */
union scratch {
	struct conf_proposal proposal;
	struct conf_identity identity;
	struct conf_prefix prefix;
	char text[CONF_FILE_SIZE];
	uint64_t number;
};

struct walk {
	struct load *load;
	char path[256];		/* of the option that is looked at, for errors */
	size_t len;
	bool no_memory;
};

__attribute__((format(printf, 2, 3)))
static size_t enter(struct walk *walk, const char *format, ...)
{
	size_t before = walk->len, room = sizeof(walk->path) - walk->len;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(walk->path + walk->len, room, format, ap);
	va_end(ap);
	if (n > 0)
		walk->len += (size_t)n < room ? (size_t)n : room - 1;
	return before;
}

static size_t enter_option(struct walk *walk, const char *key)
{
	return enter(walk, "%s%s", walk->len ? "." : "", key);
}

static void leave(struct walk *walk, size_t before)
{
	walk->len = before;
	walk->path[before] = '\0';
}

/* An entry by its name, if it has a good one: numbers are hard to count in a file. */
static size_t enter_entry(struct walk *walk, const yaml_node_t *entry, size_t index)
{
	const char *name = doc_name(&walk->load->doc, entry);

	if (name)
		return enter(walk, "[%s]", name);
	return enter(walk, "[%zu]", index);
}

#define wrong(walk, node, ...) \
	load_error_at((walk)->load, doc_line(node), (walk)->path, __VA_ARGS__)

/* How many letters differ, where one may be left out: enough for a typing error. */
static bool is_like(const char *a, const char *b)
{
	size_t head = 0, tail = 0, a_len = strlen(a), b_len = strlen(b);
	size_t max = a_len > b_len ? a_len : b_len;

	while (a[head] && a[head] == b[head])
		head++;
	while (tail < a_len - head && tail < b_len - head &&
	       a[a_len - 1 - tail] == b[b_len - 1 - tail])
		tail++;
	return max > 3 && max - head - tail <= 2;
}

static const struct conf_option *find_option(const struct conf_section *section, const char *key)
{
	size_t i;

	for (i = 0; i < section->count; i++)
		if (!strcmp(section->options[i].key, key))
			return &section->options[i];
	return NULL;
}

static void unknown_key(struct walk *walk, const struct conf_section *section,
			const yaml_node_t *node, const char *key)
{
	size_t i;

	for (i = 0; i < section->count; i++) {
		if (is_like(section->options[i].key, key)) {
			wrong(walk, node, "option \"%.64s\" is not known (did you mean \"%s\"?)",
			      key, section->options[i].key);
			return;
		}
	}
	wrong(walk, node, "option \"%.64s\" is not known", key);
}

static void check_keys(struct walk *walk, const struct conf_section *section,
		       const yaml_node_t *map)
{
	const yaml_node_t *key, *value;
	const char *text;
	size_t i;

	for (i = 0; (key = doc_pair(&walk->load->doc, map, i, &value)); i++) {
		text = doc_text(key);
		if (!text)
			wrong(walk, key, "an option's name has to be a word");
		else if (!find_option(section, text))
			unknown_key(walk, section, key, text);
		else if (doc_get(&walk->load->doc, map, text) != value)
			wrong(walk, key, "option \"%s\" is given twice", text);
	}
}

static void check_scalar(struct walk *walk, const struct conf_option *option,
			 const yaml_node_t *node)
{
	const char *text = doc_text(node), *error;
	union scratch scratch;
	char why[WHY_SIZE];

	if (!text || !*text) {
		wrong(walk, node, "expected a value");
		return;
	}
	error = conf_value(option, text, &scratch, why, sizeof(why));
	if (!error && walk->load->files &&
	    (option->kind == KIND_FILE || option->kind == KIND_SECRET))
		error = conf_file_check(text, option->kind == KIND_SECRET, why, sizeof(why));
	if (error)
		wrong(walk, node, "\"%.256s\": %s", text, error);
}

static void check_section(struct walk *walk, const struct conf_section *section,
			  const yaml_node_t *map);

static void check_value(struct walk *walk, const struct conf_option *option,
			const yaml_node_t *node)
{
	if (option->kind != KIND_MAP)
		check_scalar(walk, option, node);
	else if (node->type == YAML_MAPPING_NODE)
		check_section(walk, option->section, node);
	else
		wrong(walk, node, "expected options, each as KEY: VALUE");
}

static void check_list(struct walk *walk, const struct conf_option *option,
		       const yaml_node_t *list)
{
	size_t i, before, count = doc_entries(list);

	if (list->type != YAML_SEQUENCE_NODE) {
		wrong(walk, list, "expected a list, as [ A, B ] or each behind a - in a line of its own");
		return;
	}
	if (count < option->least || count > option->most)
		wrong(walk, list, "expected %u to %u entries", option->least, option->most);
	for (i = 0; i < count; i++) {
		const yaml_node_t *entry = doc_entry(&walk->load->doc, list, i);

		before = enter_entry(walk, entry, i);
		check_value(walk, option, entry);
		leave(walk, before);
	}
}

static void check_section(struct walk *walk, const struct conf_section *section,
			  const yaml_node_t *map)
{
	const struct conf_option *option;
	const yaml_node_t *node;
	size_t i, before;

	check_keys(walk, section, map);
	for (i = 0; i < section->count; i++) {
		option = &section->options[i];
		node = doc_get(&walk->load->doc, map, option->key);
		before = enter_option(walk, option->key);
		if (!node && option->needed)
			wrong(walk, map, "is missing");
		else if (node && option->list)
			check_list(walk, option, node);
		else if (node)
			check_value(walk, option, node);
		leave(walk, before);
	}
}

void conf_walk_check(struct load *load, const struct conf_section *section)
{
	struct walk walk = { .load = load };

	if (!load->doc.root)
		load_error_at(load, 1, "", "there is nothing in it");
	else if (load->doc.root->type != YAML_MAPPING_NODE)
		wrong(&walk, load->doc.root, "expected options, each as KEY: VALUE");
	else
		check_section(&walk, section, load->doc.root);
}

/* A value that was checked before, or a preset: neither can be wrong. */
static void put(const struct conf_option *option, const char *text, void *member)
{
	char why[WHY_SIZE];

	(void)conf_value(option, text, member, why, sizeof(why));
}

static void fill_scalar(const struct conf_option *option, const yaml_node_t *node, void *member)
{
	if (node && option->kind >= KIND_TIME)
		put(option, doc_text(node), member);
	else if (!node && option->preset)
		put(option, option->preset, member);
}

/* A list's preset is its entries, with ", " between them. */
static void preset_list(struct walk *walk, const struct conf_option *option, char *data)
{
	char text[WHY_SIZE], *entry, *save = NULL;
	uint32_t count = 1;
	char *list, *c;

	snprintf(text, sizeof(text), "%s", option->preset);
	for (c = text; (c = strstr(c, ", ")); c++)
		count++;
	list = calloc(count, option->size);
	if (!list) {
		walk->no_memory = true;
		return;
	}
	memcpy(data + option->offset, &list, sizeof(list));
	memcpy(data + option->count, &count, sizeof(count));
	for (entry = strtok_r(text, ", ", &save); entry; entry = strtok_r(NULL, ", ", &save)) {
		put(option, entry, list);
		list += option->size;
	}
}

static void fill_section(struct walk *walk, const struct conf_section *section,
			 const yaml_node_t *map, char *data);

static void fill_list(struct walk *walk, const struct conf_option *option,
		      const yaml_node_t *node, char *data)
{
	const yaml_node_t *entry;
	char *list;
	size_t i;

	if (!node) {
		if (option->preset)
			preset_list(walk, option, data);
		return;
	}
	memcpy(&list, data + option->offset, sizeof(list));
	for (i = 0; (entry = doc_entry(&walk->load->doc, node, i)); i++) {
		if (option->kind == KIND_MAP)
			fill_section(walk, option->section, entry, list);
		else
			fill_scalar(option, entry, list);
		list += option->size;
	}
}

static void fill_section(struct walk *walk, const struct conf_section *section,
			 const yaml_node_t *map, char *data)
{
	const struct conf_option *option;
	const yaml_node_t *node;
	size_t i;

	for (i = 0; i < section->count; i++) {
		option = &section->options[i];
		node = doc_get(&walk->load->doc, map, option->key);
		if (option->list)
			fill_list(walk, option, node, data);
		else if (option->kind == KIND_MAP)
			fill_section(walk, option->section, node, data + option->offset);
		else
			fill_scalar(option, node, data + option->offset);
	}
}

bool conf_walk_fill(struct load *load, const struct conf_section *section, void *data)
{
	struct walk walk = { .load = load };

	fill_section(&walk, section, load->doc.root, data);
	return !walk.no_memory;
}
