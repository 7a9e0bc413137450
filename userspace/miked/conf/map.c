// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libcyaml's part in loading: it makes the structs and the lists, and puts strings,
 * numbers, words and booleans into them. Its schema is made of the table of options.
 * What it has no type for, it leaves room for, and walk.c fills that in.
 */
#include <assert.h>
#include <cyaml/cyaml.h>
#include <stdlib.h>
#include <string.h>
#include "conf/load.h"

#define FIELDS_MAX	256
#define VALUES_MAX	64
#define WORDS_MAX	128

/*
 * The schema of one section and all below it. libcyaml wants each mapping's fields one
 * behind the other, and behind them one without a key.
 */
struct schema {
	cyaml_schema_value_t top;
	cyaml_schema_field_t field[FIELDS_MAX];
	cyaml_schema_value_t value[VALUES_MAX];
	cyaml_strval_t word[WORDS_MAX];
	size_t fields, values, words;
};

static const cyaml_config_t config = {
	.mem_fn = cyaml_mem,
};

static cyaml_schema_field_t *fields_of(struct schema *schema, const struct conf_section *section);

static void put_words(struct schema *schema, const struct conf_option *option,
		      cyaml_schema_value_t *value)
{
	size_t i;

	value->enumeration.strings = &schema->word[schema->words];
	for (i = 0; option->words[i]; i++) {
		assert(schema->words < WORDS_MAX);
		schema->word[schema->words].str = option->words[i];
		schema->word[schema->words++].val = (int64_t)(option->min + i);
	}
	value->enumeration.count = (uint32_t)i;
}

static void put_value(struct schema *schema, const struct conf_option *option,
		      cyaml_schema_value_t *value)
{
	value->data_size = (uint32_t)option->size;
	switch (option->kind) {
	case KIND_NAME:
	case KIND_PATH:
	case KIND_FILE:
	case KIND_SECRET:
	case KIND_INTERFACE:
		value->type = CYAML_STRING;
		value->string.max = (uint32_t)option->size - 1;
		break;
	case KIND_BOOL:
		value->type = CYAML_BOOL;
		break;
	case KIND_WORD:
		value->type = CYAML_ENUM;
		value->flags = CYAML_FLAG_STRICT;
		put_words(schema, option, value);
		break;
	case KIND_NUMBER:
		value->type = CYAML_UINT;
		break;
	case KIND_MAP:
		value->type = CYAML_MAPPING;
		value->mapping.fields = fields_of(schema, option->section);
		break;
	default:
		value->type = CYAML_IGNORE;
		break;
	}
}

static void put_list(struct schema *schema, const struct conf_option *option,
		     cyaml_schema_field_t *field)
{
	cyaml_schema_value_t *entry = &schema->value[schema->values++];

	assert(schema->values <= VALUES_MAX);
	put_value(schema, option, entry);
	field->count_offset = (uint32_t)option->count;
	field->count_size = sizeof(uint32_t);
	field->value.type = CYAML_SEQUENCE;
	field->value.flags = CYAML_FLAG_POINTER;
	field->value.data_size = (uint32_t)option->size;
	field->value.sequence.entry = entry;
	field->value.sequence.max = CYAML_UNLIMITED;
}

static cyaml_schema_field_t *fields_of(struct schema *schema, const struct conf_section *section)
{
	cyaml_schema_field_t *fields = &schema->field[schema->fields];
	size_t i;

	schema->fields += section->count + 1;
	assert(schema->fields <= FIELDS_MAX);
	for (i = 0; i < section->count; i++) {
		const struct conf_option *option = &section->options[i];

		fields[i].key = option->key;
		fields[i].data_offset = (uint32_t)option->offset;
		if (option->list)
			put_list(schema, option, &fields[i]);
		else
			put_value(schema, option, &fields[i].value);
		fields[i].value.flags |= CYAML_FLAG_OPTIONAL;
	}
	return fields;
}

static struct schema *schema_of(const struct conf_section *section)
{
	struct schema *schema = calloc(1, sizeof(*schema));

	if (!schema)
		return NULL;
	schema->top.type = CYAML_MAPPING;
	schema->top.flags = CYAML_FLAG_POINTER;
	schema->top.data_size = (uint32_t)section->size;
	schema->top.mapping.fields = fields_of(schema, section);
	return schema;
}

void *conf_map(struct load *load, const char *text, size_t len,
	       const struct conf_section *section)
{
	struct schema *schema = schema_of(section);
	cyaml_data_t *data = NULL;
	cyaml_err_t err = CYAML_ERR_OOM;

	if (schema)
		err = cyaml_load_data((const uint8_t *)text, len, &config, &schema->top, &data,
				      NULL);
	free(schema);
	if (err)
		load_error_at(load, 1, "", "libcyaml: %s", cyaml_strerror(err));
	return data;
}

/* What cyaml_free() would do: but it would need the schema, and so could fail. */
static void free_section(char *data, const struct conf_section *section)
{
	const struct conf_option *option;
	uint32_t entry, count;
	char *list;
	size_t i;

	for (i = 0; i < section->count; i++) {
		option = &section->options[i];
		if (!option->list) {
			if (option->kind == KIND_MAP)
				free_section(data + option->offset, option->section);
			continue;
		}
		memcpy(&list, data + option->offset, sizeof(list));
		memcpy(&count, data + option->count, sizeof(count));
		for (entry = 0; option->kind == KIND_MAP && entry < count; entry++)
			free_section(list + entry * option->size, option->section);
		free(list);
	}
}

void conf_unmap(void *data, const struct conf_section *section)
{
	if (!data)
		return;
	free_section(data, section);
	free(data);
}
