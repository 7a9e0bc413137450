/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A YAML document that keeps its lines. libcyaml maps a document to structs, but stops
 * at the first error and tells only roughly where; this is the same text, as a tree to
 * look at before and to ask for lines after.
 *
 * Only plain trees are taken: one document, no anchors and aliases, no tags, and no
 * deeper than a configuration is.
 */
#ifndef MIKED_CONF_DOC_H
#define MIKED_CONF_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct doc {
	yaml_document_t yaml;
	const yaml_node_t *root;	/* NULL: an empty document */
};

/*
 * False if the text is no such document; *line and @why, of @size bytes, then say
 * where and why. Free by doc_free() if true.
 */
bool doc_parse(struct doc *doc, const char *text, size_t len, size_t *line, char *why, size_t size);
void doc_free(struct doc *doc);

/* The line that a node begins in, from 1. */
size_t doc_line(const yaml_node_t *node);

/* A mapping's key and its value, NULL if there are not so many or it is no mapping. */
const yaml_node_t *doc_pair(const struct doc *doc, const yaml_node_t *map, size_t index,
			    const yaml_node_t **value);

/* NULL if the mapping, which may be NULL, has no such key. Of two, the first. */
const yaml_node_t *doc_get(const struct doc *doc, const yaml_node_t *map, const char *key);

/* The sequence's entry, NULL if there is none. */
const yaml_node_t *doc_entry(const struct doc *doc, const yaml_node_t *list, size_t index);
size_t doc_entries(const yaml_node_t *list);

/* A scalar's text, NULL if the node is none or has a zero byte in it. */
const char *doc_text(const yaml_node_t *node);

/*
 * The line of a field, "key-server.groups[2].rekey.port", or of the innermost around
 * it that is there. @named, of @size bytes, gets the path with entries by their names,
 * where they have some: "key-server.groups[video].rekey.port".
 */
size_t doc_line_of(const struct doc *doc, const char *path, char *named, size_t size);

/* A list entry's name, NULL if it has none that is good to print. */
const char *doc_name(const struct doc *doc, const yaml_node_t *entry);

#endif
