/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the steps of loading a configuration share.
 */
#ifndef MIKED_CONF_LOAD_H
#define MIKED_CONF_LOAD_H

#include "conf/conf.h"
#include "conf/doc.h"
#include "conf/options.h"

struct load {
	const char *name;	/* of the file, for errors */
	struct doc doc;
	bool files;		/* look at the files that are named */
	bool failed;
	conf_report_fn report;
	void *arg;
};

/* An error in the field at this path; the line is looked up. */
__attribute__((format(printf, 3, 4)))
void load_error(struct load *load, const char *path, const char *format, ...);
/* The same of a line that is known; @path may be empty. */
__attribute__((format(printf, 4, 5)))
void load_error_at(struct load *load, size_t line, const char *path, const char *format, ...);

/* map.c: libcyaml's part: NULL, and an error, if it finds what the walk did not. */
void *conf_map(struct load *load, const char *text, size_t len,
	       const struct conf_section *section);
void conf_unmap(void *data, const struct conf_section *section);

/* walk.c: each value against its option; behind that, what libcyaml cannot do. */
void conf_walk_check(struct load *load, const struct conf_section *section);
/* False: no memory. */
bool conf_walk_fill(struct load *load, const struct conf_section *section, void *data);

/* check.c: what several values have to do with each other. */
void conf_check(struct load *load, struct conf *conf);
/* @path: of the group's map, empty or "key-server.groups[2]". */
void conf_check_group(struct load *load, const char *path, struct conf_group *group);

#endif
