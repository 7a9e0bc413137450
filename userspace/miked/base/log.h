/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: each line belongs to an area and has a level, and what is below its
 * area's level costs one comparison. Lines go to the journal, with fields of their
 * own for area, group and peer, or to standard error. A peer's bytes cannot break a
 * line: what is not printable ASCII is escaped. There is no way to log bytes: keys
 * stay out.
 */
#ifndef MIKED_BASE_LOG_H
#define MIKED_BASE_LOG_H

#include <stdbool.h>

enum log_area {
	AREA_IKE,
	AREA_GROUP,
	AREA_KERNEL,
	AREA_CONTROL,
	AREA_CONF,
	AREA_STORE,
	AREA_NET,
	AREAS,
};

/* The journal's and syslog's numbers. */
enum log_level {
	LEVEL_ERROR = 3,
	LEVEL_WARNING = 4,
	LEVEL_NOTICE = 5,
	LEVEL_INFO = 6,
	LEVEL_DEBUG = 7,
};

enum log_target {
	TARGET_AUTO,	/* the journal, if standard error leads there */
	TARGET_JOURNAL,
	TARGET_STDERR,
};

/* "ike", ...; by enum log_area, NULL behind the last. */
extern const char * const log_area_names[];
/* "error", ...; the first is LEVEL_ERROR's, NULL behind the last. */
extern const char * const log_level_names[];

/* What a line is about; either may be NULL. */
struct log_about {
	const char *group;
	const char *peer;
};

/* Where in the source a line comes from. */
struct log_place {
	const char *file;
	const char *function;
	int line;
};

/* Where lines go from now on; before the first call, to standard error. */
void log_to(enum log_target target);
/* At first every area's level is LEVEL_NOTICE. */
void log_set_level(enum log_area area, enum log_level level);
enum log_level log_level(enum log_area area);

extern enum log_level log_levels[AREAS];

static inline bool log_enabled(enum log_area area, enum log_level level)
{
	return level <= log_levels[area];
}

__attribute__((format(printf, 5, 6)))
void log_write(enum log_area area, enum log_level level, const struct log_place *place,
	       const struct log_about *about, const char *format, ...);

/* log_line(AREA_IKE, LEVEL_INFO, &about, "text %d", n): `about` may be NULL. */
#define log_line(area, level, about, ...)						\
	do {										\
		if (log_enabled(area, level))						\
			log_write(area, level,						\
				  &(const struct log_place){ __FILE__, __func__,	\
							     __LINE__ },		\
				  about, __VA_ARGS__);					\
	} while (0)

#define log_error(area, ...)	log_line(area, LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warning(area, ...)	log_line(area, LEVEL_WARNING, NULL, __VA_ARGS__)
#define log_notice(area, ...)	log_line(area, LEVEL_NOTICE, NULL, __VA_ARGS__)
#define log_info(area, ...)	log_line(area, LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(area, ...)	log_line(area, LEVEL_DEBUG, NULL, __VA_ARGS__)

#endif
