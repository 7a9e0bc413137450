// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A YAML document that keeps its lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/doc.h"

#define DEPTH_MAX	16
#define NAME_MAX_LEN	63

/* What goes on while the events of a text are looked at. */
struct scan {
	size_t line;
	unsigned int depth;
	unsigned int documents;
	const char *refused;
};

static const char *look_at(struct scan *scan, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return scan->documents++ ? "more than one document" : NULL;
	case YAML_ALIAS_EVENT:
		return "aliases (*NAME) are not taken";
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor ? "anchors (&NAME) are not taken" :
		       event->data.scalar.tag	 ? "tags (!NAME) are not taken" :
						   NULL;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.anchor :
							      event->data.sequence_start.anchor)
			return "anchors (&NAME) are not taken";
		if (event->type == YAML_MAPPING_START_EVENT ? event->data.mapping_start.tag :
							      event->data.sequence_start.tag)
			return "tags (!NAME) are not taken";
		return ++scan->depth > DEPTH_MAX ? "nested too deep" : NULL;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		scan->depth--;
		return NULL;
	default:
		return NULL;
	}
}

/* One after the other: a tree of an alias would have no end. */
static bool scan_events(yaml_parser_t *parser, struct scan *scan)
{
	yaml_event_t event;
	bool last = false;

	while (!last) {
		if (!yaml_parser_parse(parser, &event))
			return false;
		scan->line = event.start_mark.line + 1;
		scan->refused = look_at(scan, &event);
		last = event.type == YAML_STREAM_END_EVENT || scan->refused;
		yaml_event_delete(&event);
	}
	return !scan->refused;
}

static void syntax_error(const yaml_parser_t *parser, size_t *line, char *why, size_t size)
{
	bool memory = parser->error == YAML_MEMORY_ERROR;

	*line = parser->problem_mark.line + 1;
	snprintf(why, size, "%s%s%s", parser->problem && !memory ? parser->problem : "no memory",
		 parser->context && !memory ? " " : "",
		 parser->context && !memory ? parser->context : "");
}

static bool scan_text(const char *text, size_t len, size_t *line, char *why, size_t size)
{
	struct scan scan = { 0 };
	yaml_parser_t parser;
	bool good;

	if (!yaml_parser_initialize(&parser)) {
		*line = 1;
		snprintf(why, size, "no memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	good = scan_events(&parser, &scan);
	if (!good && scan.refused) {
		*line = scan.line;
		snprintf(why, size, "%s", scan.refused);
	} else if (!good) {
		syntax_error(&parser, line, why, size);
	}
	yaml_parser_delete(&parser);
	return good;
}

static bool load(struct doc *doc, const char *text, size_t len, size_t *line, char *why,
		 size_t size)
{
	yaml_parser_t parser;
	bool good;

	if (!yaml_parser_initialize(&parser)) {
		*line = 1;
		snprintf(why, size, "no memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	good = yaml_parser_load(&parser, &doc->yaml);
	if (good)
		doc->root = yaml_document_get_root_node(&doc->yaml);
	else
		syntax_error(&parser, line, why, size);
	yaml_parser_delete(&parser);
	return good;
}

bool doc_parse(struct doc *doc, const char *text, size_t len, size_t *line, char *why, size_t size)
{
	return scan_text(text, len, line, why, size) && load(doc, text, len, line, why, size);
}

void doc_free(struct doc *doc)
{
	yaml_document_delete(&doc->yaml);
}

size_t doc_line(const yaml_node_t *node)
{
	return node ? node->start_mark.line + 1 : 1;
}

static const yaml_node_t *node_at(const struct doc *doc, int index)
{
	return yaml_document_get_node((yaml_document_t *)&doc->yaml, index);
}

const char *doc_text(const yaml_node_t *node)
{
	const char *text;

	if (!node || node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

const yaml_node_t *doc_pair(const struct doc *doc, const yaml_node_t *map, size_t index,
			    const yaml_node_t **value)
{
	const yaml_node_pair_t *pairs;

	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	pairs = map->data.mapping.pairs.start;
	if (index >= (size_t)(map->data.mapping.pairs.top - pairs))
		return NULL;
	*value = node_at(doc, pairs[index].value);
	return node_at(doc, pairs[index].key);
}

const yaml_node_t *doc_get(const struct doc *doc, const yaml_node_t *map, const char *key)
{
	const yaml_node_t *found, *value;
	size_t i;

	for (i = 0; (found = doc_pair(doc, map, i, &value)); i++)
		if (doc_text(found) && !strcmp(doc_text(found), key))
			return value;
	return NULL;
}

size_t doc_entries(const yaml_node_t *list)
{
	if (!list || list->type != YAML_SEQUENCE_NODE)
		return 0;
	return (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

const yaml_node_t *doc_entry(const struct doc *doc, const yaml_node_t *list, size_t index)
{
	if (index >= doc_entries(list))
		return NULL;
	return node_at(doc, list->data.sequence.items.start[index]);
}

const char *doc_name(const struct doc *doc, const yaml_node_t *entry)
{
	const char *name = doc_text(doc_get(doc, entry, "name"));

	return name && *name && strlen(name) <= NAME_MAX_LEN && !strpbrk(name, "\n\r") ? name :
											 NULL;
}

/* One step down a path: its length there, and the node, NULL if there is none. */
static size_t step(const struct doc *doc, const char *path, const yaml_node_t **node)
{
	const yaml_node_t *map = *node;
	char key[32];
	size_t len, dot;

	if (*path == '[') {
		*node = doc_entry(doc, map, strtoul(path + 1, NULL, 10));
		return strcspn(path, "]") + 1;
	}
	dot = *path == '.';
	len = strcspn(path + dot, ".[");
	snprintf(key, sizeof(key), "%.*s", (int)len, path + dot);
	*node = doc_get(doc, map, key);
	return len + dot;
}

size_t doc_line_of(const struct doc *doc, const char *path, char *named, size_t size)
{
	const yaml_node_t *node = doc->root, *found = node;
	const char *name;
	size_t len, used = 0;

	named[0] = '\0';
	for (; *path && used < size; path += len) {
		len = step(doc, path, &node);
		name = *path == '[' ? doc_name(doc, node) : NULL;
		if (name)
			used += (size_t)snprintf(named + used, size - used, "[%s]", name);
		else
			used += (size_t)snprintf(named + used, size - used, "%.*s", (int)len,
						 path);
		if (node)
			found = node;
	}
	return doc_line(found);
}
