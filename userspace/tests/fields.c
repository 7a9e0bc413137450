// SPDX-License-Identifier: GPL-2.0-or-later
/* Print the library's fields, for spec.py: nest, attribute, number, type. */
#include <stdio.h>
#include "internal.h"

static const char * const types[] = {
	[GEMCAST_FIELD_FLAG] = "flag",
	[GEMCAST_FIELD_U8] = "u8",
	[GEMCAST_FIELD_U16] = "u16",
	[GEMCAST_FIELD_U32] = "u32",
	[GEMCAST_FIELD_U64] = "u64",
	[GEMCAST_FIELD_ADDR] = "binary",
	[GEMCAST_FIELD_STRING] = "string",
	[GEMCAST_FIELD_KEY] = "binary",
};

int main(void)
{
	const struct gemcast_field *field;
	const struct gemcast_nest *nest;
	unsigned int object, attr;

	for (object = 1; object <= GEMCAST_A_OBJECT_MAX; object++) {
		nest = gemcast_nest(object);
		for (attr = 0; attr <= nest->max; attr++) {
			field = gemcast_field(nest, attr);
			if (field)
				printf("%s %s %u %s\n", nest->name, field->name,
				       attr, types[field->type]);
		}
	}
	return 0;
}
