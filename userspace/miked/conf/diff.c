// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Comparing configurations, by the table of options.
 */
#include <stdlib.h>
#include <string.h>
#include "conf/diff.h"
#include "conf/options.h"

/*
 * Members are compared byte by byte: libcyaml and the walk fill them from zero, and no
 * kind's struct has padding that is not zero.
 */
static bool equal_section(const char *a, const char *b, const struct conf_section *section);

static bool equal_list(const char *a, const char *b, const struct conf_option *option)
{
	const char *list_a, *list_b;
	uint32_t i, count_a, count_b;
	size_t offset;

	memcpy(&count_a, a + option->count, sizeof(count_a));
	memcpy(&count_b, b + option->count, sizeof(count_b));
	if (count_a != count_b)
		return false;
	memcpy(&list_a, a + option->offset, sizeof(list_a));
	memcpy(&list_b, b + option->offset, sizeof(list_b));
	for (i = 0; i < count_a; i++) {
		offset = i * option->size;
		if (option->kind == KIND_MAP ?
			    !equal_section(list_a + offset, list_b + offset, option->section) :
			    memcmp(list_a + offset, list_b + offset, option->size) != 0)
			return false;
	}
	return true;
}

static bool equal_option(const char *a, const char *b, const struct conf_option *option)
{
	if (option->list)
		return equal_list(a, b, option);
	if (option->kind == KIND_MAP)
		return equal_section(a + option->offset, b + option->offset, option->section);
	return !memcmp(a + option->offset, b + option->offset, option->size);
}

static bool equal_section(const char *a, const char *b, const struct conf_section *section)
{
	size_t i;

	for (i = 0; i < section->count; i++)
		if (!equal_option(a, b, &section->options[i]))
			return false;
	return true;
}

bool conf_group_equal(const struct conf_group *a, const struct conf_group *b)
{
	return equal_section((const char *)a, (const char *)b, &conf_group_section);
}

static const struct conf_option *find_option(const struct conf_section *section, const char *key)
{
	size_t i;

	for (i = 0; i < section->count; i++)
		if (!strcmp(section->options[i].key, key))
			return &section->options[i];
	return NULL;
}

/* The lists of a section: compared elsewhere. */
static bool equal_without_lists(const char *a, const char *b, const struct conf_option *map)
{
	const struct conf_section *section = map->section;
	size_t i;

	a += map->offset;
	b += map->offset;
	for (i = 0; i < section->count; i++)
		if (!section->options[i].list && !equal_option(a, b, &section->options[i]))
			return false;
	return true;
}

static const struct {
	const char *key;
	enum conf_part part;
	bool without_lists;
} parts[] = {
	{ "log", CONF_PART_LOG, false },
	{ "control", CONF_PART_CONTROL, false },
	{ "local", CONF_PART_LOCAL, false },
	{ "ike", CONF_PART_IKE, false },
	{ "trust", CONF_PART_TRUST, false },
	{ "psk", CONF_PART_PSK, false },
	{ "ppk", CONF_PART_PPK, false },
	{ "key-server", CONF_PART_KEY_SERVER, true },
	{ "member", CONF_PART_MEMBER, true },
};

static const struct {
	const char *name;
	const char *map;	/* NULL: of the root */
	const char *key;
} lists[] = {
	[CONF_LIST_CREDENTIALS] = { "credentials", NULL, "credentials" },
	[CONF_LIST_GROUPS] = { "key-server.groups", "key-server", "groups" },
	[CONF_LIST_SERVERS] = { "member.key-servers", "member", "key-servers" },
	[CONF_LIST_MEMBERSHIPS] = { "member.groups", "member", "groups" },
};

#define LISTS	(sizeof(lists) / sizeof(lists[0]))
#define PARTS	(sizeof(parts) / sizeof(parts[0]))

const char *conf_list_name(enum conf_list list)
{
	return lists[list].name;
}

/* One of the named lists, of one of the configurations. */
struct named {
	const char *entries;
	const char **sorted;	/* each begins with its name */
	uint32_t count;
	const struct conf_option *option;
};

static int compare_names(const void *a, const void *b)
{
	const char * const *one = a, * const *other = b;

	return strcmp(*one, *other);
}

static bool open_list(struct named *named, const struct conf *conf, enum conf_list list)
{
	const char *data = (const char *)conf;
	const struct conf_section *section = &conf_root;
	const struct conf_option *map;
	uint32_t i;

	if (lists[list].map) {
		map = find_option(section, lists[list].map);
		data += map->offset;
		section = map->section;
	}
	named->option = find_option(section, lists[list].key);
	memcpy(&named->entries, data + named->option->offset, sizeof(named->entries));
	memcpy(&named->count, data + named->option->count, sizeof(named->count));
	named->sorted = calloc(named->count ? named->count : 1, sizeof(*named->sorted));
	if (!named->sorted)
		return false;
	for (i = 0; i < named->count; i++)
		named->sorted[i] = named->entries + i * named->option->size;
	qsort(named->sorted, named->count, sizeof(*named->sorted), compare_names);
	return true;
}

static void note(struct conf_diff *diff, enum conf_list list, const char *before,
		 const char *after)
{
	diff->changes[diff->count++] = (struct conf_change){
		.list = list,
		.name = after ? after : before,
		.before = before,
		.after = after,
	};
}

/* Both lists, in the order of their names. */
static void compare(struct conf_diff *diff, enum conf_list list, const struct named *before,
		    const struct named *after)
{
	uint32_t i = 0, j = 0;
	int order;

	while (i < before->count || j < after->count) {
		order = i == before->count ? 1 :
			j == after->count  ? -1 :
					     strcmp(before->sorted[i], after->sorted[j]);
		if (order < 0) {
			note(diff, list, before->sorted[i++], NULL);
		} else if (order > 0) {
			note(diff, list, NULL, after->sorted[j++]);
		} else {
			if (!equal_section(before->sorted[i], after->sorted[j],
					   before->option->section))
				note(diff, list, before->sorted[i], after->sorted[j]);
			i++;
			j++;
		}
	}
}

static bool compare_list(struct conf_diff *diff, enum conf_list list, const struct conf *before,
			 const struct conf *after)
{
	struct named old = { 0 }, new = { 0 };
	struct conf_change *changes;
	bool good = false;

	if (!open_list(&old, before, list) || !open_list(&new, after, list))
		goto out;
	changes = realloc(diff->changes,
			  (diff->count + old.count + new.count + 1) * sizeof(*changes));
	if (!changes)
		goto out;
	diff->changes = changes;
	compare(diff, list, &old, &new);
	good = true;
out:
	free(old.sorted);
	free(new.sorted);
	return good;
}

bool conf_diff(const struct conf *before, const struct conf *after, struct conf_diff *diff)
{
	const char *a = (const char *)before, *b = (const char *)after;
	const struct conf_option *option;
	size_t i;

	memset(diff, 0, sizeof(*diff));
	for (i = 0; i < PARTS; i++) {
		option = find_option(&conf_root, parts[i].key);
		if (parts[i].without_lists ? !equal_without_lists(a, b, option) :
					     !equal_option(a, b, option))
			diff->parts |= parts[i].part;
	}
	for (i = 0; i < LISTS; i++) {
		if (compare_list(diff, (enum conf_list)i, before, after))
			continue;
		conf_diff_free(diff);
		return false;
	}
	return true;
}

void conf_diff_free(struct conf_diff *diff)
{
	free(diff->changes);
	diff->changes = NULL;
	diff->count = 0;
}
