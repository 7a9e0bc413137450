// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A group of the configuration as text, by the table of options: JSON, which is YAML.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include "conf/conf.h"
#include "conf/options.h"

#define TEXT_SIZE	CONF_IDENTITY_TEXT

/* RFC 7296 3.5 */
#define ID_TYPE_FQDN	2

static const char *address_text(const struct gemcast_addr *addr, char *text)
{
	if (addr->family == AF_UNSPEC)
		return NULL;
	return inet_ntop(addr->family, &addr->in6, text, TEXT_SIZE);
}

static const char *prefix_text(const struct conf_prefix *prefix, char *text)
{
	size_t len;

	if (!address_text(&prefix->addr, text))
		return NULL;
	len = strlen(text);
	snprintf(text + len, TEXT_SIZE - len, "/%u", prefix->len);
	return text;
}

static const char *time_text(uint64_t ms, char *text)
{
	if (ms == CONF_AUTO)
		return "auto";
	return conf_time_text(ms, text, TEXT_SIZE);
}

static const char *number_text(uint64_t number, char *text)
{
	snprintf(text, TEXT_SIZE, "%" PRIu64, number);
	return text;
}

static uint64_t number_of(const struct conf_option *option, const char *member)
{
	uint16_t u16;
	uint32_t u32;

	if (option->size == sizeof(uint8_t))
		return *(const uint8_t *)member;
	if (option->size == sizeof(uint16_t)) {
		memcpy(&u16, member, sizeof(u16));
		return u16;
	}
	memcpy(&u32, member, sizeof(u32));
	return u32;
}

/* What looks like a domain name is a key id, where groups are named. */
static const char *identity_text(const struct conf_option *option,
				 const struct conf_identity *identity, char *text)
{
	static const char prefix[] = "fqdn:";
	size_t len = strlen(prefix);

	conf_identity_print(identity, text);
	if (option->kind == KIND_GROUP_ID && identity->type == ID_TYPE_FQDN &&
	    strncmp(text, prefix, len) != 0) {
		memmove(text + len, text, strlen(text) + 1);
		memcpy(text, prefix, len);
	}
	return text;
}

/* Those that libcyaml has no type for, and lie where they are aligned. */
static const char *struct_text(const struct conf_option *option, const void *member, char *text)
{
	static const char * const wraps[] = { NULL, "kw128", "kw192", "kw256" };
	const struct conf_ports *ports = member;

	switch (option->kind) {
	case KIND_TIME:
		return time_text(*(const uint64_t *)member, text);
	case KIND_SIZE:
		return number_text(*(const uint64_t *)member, text);
	case KIND_ADDRESS:
		return address_text(member, text);
	case KIND_PREFIX:
		return prefix_text(member, text);
	case KIND_PORTS:
		snprintf(text, TEXT_SIZE, "%u-%u", ports->min, ports->max);
		return text;
	case KIND_PROTOCOL:
		return *(const uint8_t *)member ? number_text(*(const uint8_t *)member, text) : NULL;
	case KIND_ESP:
		return conf_esp_name(member);
	case KIND_KEY_WRAP:
		return wraps[*(const uint32_t *)member];
	default:
		return identity_text(option, member, text);
	}
}

/* NULL: it is not set, and has no preset either. */
static const char *scalar_text(const struct conf_option *option, const char *member, char *text)
{
	switch (option->kind) {
	case KIND_NAME:
	case KIND_INTERFACE:
		return *member ? member : NULL;
	case KIND_BOOL:
		return *(const bool *)member ? "yes" : "no";
	case KIND_WORD:
		return option->words[number_of(option, member) - option->min];
	case KIND_NUMBER:
		return number_text(number_of(option, member), text);
	default:
		return struct_text(option, member, text);
	}
}

static json_t *section_of(const struct conf_section *section, const char *data);

static json_t *value_of(const struct conf_option *option, const char *member)
{
	char buffer[TEXT_SIZE];
	const char *text;

	if (option->kind == KIND_MAP)
		return section_of(option->section, member);
	text = scalar_text(option, member, buffer);
	return text ? json_string(text) : json_null();
}

static json_t *list_of(const struct conf_option *option, const char *data)
{
	json_t *list = json_array();
	const char *entries;
	uint32_t i, count;

	memcpy(&entries, data + option->offset, sizeof(entries));
	memcpy(&count, data + option->count, sizeof(count));
	for (i = 0; i < count && list; i++) {
		if (!json_array_append_new(list, value_of(option, entries + i * option->size)))
			continue;
		json_decref(list);
		list = NULL;
	}
	return list;
}

/* An empty list, and what is not set, are left out: nobody may write them. */
static bool put_option(json_t *map, const struct conf_option *option, const char *data)
{
	json_t *value = option->list ? list_of(option, data) : value_of(option, data + option->offset);

	if (json_is_null(value) || (json_is_array(value) && !json_array_size(value))) {
		json_decref(value);
		return true;
	}
	return !json_object_set_new(map, option->key, value);
}

static json_t *section_of(const struct conf_section *section, const char *data)
{
	json_t *map = json_object();
	size_t i;

	for (i = 0; i < section->count && map; i++) {
		if (put_option(map, &section->options[i], data))
			continue;
		json_decref(map);
		map = NULL;
	}
	return map;
}

char *conf_group_text(const struct conf_group *group)
{
	json_t *map = section_of(&conf_group_section, (const char *)group);
	char *text;

	if (!map)
		return NULL;
	text = json_dumps(map, JSON_COMPACT);
	json_decref(map);
	return text;
}
