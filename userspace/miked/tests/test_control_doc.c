// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Documentation/control.md and the code: each has the methods, the members with their
 * types, and the errors that the other one has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/internal.h"
#include "test.h"

#define DOCUMENT	"../../Documentation/control.md"
#define EPOCHS		"ks.group.show: epochs"
#define ROWS		128
#define WORD		32

/* A row of a table: which table it is in, and its first words. */
struct row {
	char section[WORD];	/* the method, or "## Errors" */
	bool answer;
	char name[WORD];
	char type[WORD];
	bool needed;
};

static struct row rows[ROWS];
static size_t row_count;

static void read_row(const char *line, const char *section, bool answer)
{
	struct row *row = &rows[row_count];

	if (sscanf(line, "| `%31[^`]` | %31[^|]", row->name, row->type) < 1)
		return;
	assert_in_range(++row_count, 1, ROWS - 1);
	snprintf(row->section, sizeof(row->section), "%s", section);
	row->answer = answer;
	row->type[strcspn(row->type, " ")] = '\0';
	row->needed = strstr(line, "| needed");
}

static int read_document(void **state)
{
	char line[1024], section[WORD] = "";
	FILE *file = fopen(DOCUMENT, "re");
	bool answer = false;

	(void)state;
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "### ", 4) || !strncmp(line, "## ", 3)) {
			snprintf(section, sizeof(section), "%.31s", line + (line[2] == '#' ? 4 : 0));
			answer = false;
		}
		if (!strcmp(line, "Answers:"))
			answer = true;
		read_row(line, section, answer);
	}
	fclose(file);
	return row_count ? 0 : -1;
}

static const struct row *find_row(const char *section, bool answer, const char *name)
{
	size_t i;

	for (i = 0; i < row_count; i++)
		if (!strcmp(rows[i].section, section) && rows[i].answer == answer &&
		    !strcmp(rows[i].name, name))
			return &rows[i];
	print_error("%s has no %s of %s\n", DOCUMENT, name, section);
	return NULL;
}

static size_t count_rows(const char *section, bool answer)
{
	size_t i, count = 0;

	for (i = 0; i < row_count; i++)
		count += !strcmp(rows[i].section, section) && rows[i].answer == answer;
	return count;
}

static bool is_time(const char *name)
{
	static const char * const times[] = { "wait", "since", "next-rollover", "retry",
					      "converged", "convergence", "rekey-left" };
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (!strcmp(times[i], name))
			return true;
	return false;
}

static const char *type_of(const struct gemcast_member_field *field)
{
	switch (field->type) {
	case GEMCAST_JSON_STRING:
		return field->size == GEMCAST_NAME_SIZE ? "name" :
		       field->size == GEMCAST_ID_SIZE	? "identity" :
		       field->size == GEMCAST_WORD_SIZE ? "word" :
							  "text";
	case GEMCAST_JSON_TEXT:
		return "text";
	case GEMCAST_JSON_STRINGS:
		return "identities";
	case GEMCAST_JSON_BOOL:
		return "flag";
	case GEMCAST_JSON_ADDR:
		return "address";
	case GEMCAST_JSON_EPOCHS:
		return "epochs";
	default:
		return is_time(field->name) ? "time" : "number";
	}
}

static void same(const char *section, bool answer, const struct gemcast_shape *shape)
{
	const struct row *row;
	size_t i;

	for (i = 1; i < shape->count; i++) {
		row = find_row(section, answer, shape->fields[i].name);
		assert_non_null(row);
		assert_string_equal(row->type, type_of(&shape->fields[i]));
		assert_int_equal(row->needed, shape->fields[i].needed);
	}
	/* and it has no more of them */
	assert_int_equal(count_rows(section, answer), shape->count - 1);
}

static void methods(void **state)
{
	const struct method *method;
	size_t i;

	(void)state;
	for (method = control_methods; method->name; method++)
		same(method->name, false, method->shape);
	for (i = 0; i < row_count; i++) {
		if (!strcmp(rows[i].section, "## Errors") || !strcmp(rows[i].section, EPOCHS))
			continue;
		for (method = control_methods; method->name; method++)
			if (!strcmp(method->name, rows[i].section))
				break;
		assert_non_null(method->name);
	}
}

static void answers(void **state)
{
	(void)state;
	same("status", true, &gemcast_shape_membership);
	same("ks.group.show", true, &gemcast_shape_ks_group);
	same("ks.member.show", true, &gemcast_shape_ks_member);
	same("ks.group.check", true, &gemcast_shape_ks_unfit);
	same(EPOCHS, true, &gemcast_shape_ks_epoch);
}

static void errors(void **state)
{
	size_t i, count = 0;
	int value;

	(void)state;
	for (i = 0; i < row_count; i++)
		if (!strcmp(rows[i].section, "## Errors"))
			assert_string_equal(gemcast_error_name(gemcast_error_value(rows[i].name)),
					    rows[i].name);
	for (value = 1; value < 256; value++)
		if (gemcast_error_value(gemcast_error_name(-value)) == -value) {
			assert_non_null(find_row("## Errors", false, gemcast_error_name(-value)));
			count++;
		}
	assert_int_equal(count_rows("## Errors", false), count);
}

/* The numbers that its text has. */
static void limits(void **state)
{
	(void)state;
	assert_int_equal(GEMCAST_MESSAGE_MAX, 262144);
	assert_int_equal(GEMCAST_NAME_SIZE, 64);
	assert_int_equal(GEMCAST_ID_SIZE, 528);
	assert_int_equal(GEMCAST_WORD_SIZE, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods),
		cmocka_unit_test(answers),
		cmocka_unit_test(errors),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests_name("control.md", tests, read_document, NULL);
}
