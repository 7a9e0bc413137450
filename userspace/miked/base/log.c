// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: lines to the journal or to standard error.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include "base/log.h"

#define LINE_MAX_SIZE	1024
#define FIELD_MAX_SIZE	320
#define FIELDS_MAX	9

const char * const log_area_names[] = {
	[AREA_IKE] = "ike",
	[AREA_GROUP] = "group",
	[AREA_KERNEL] = "kernel",
	[AREA_CONTROL] = "control",
	[AREA_CONF] = "conf",
	[AREA_STORE] = "store",
	[AREA_NET] = "net",
	[AREAS] = NULL
};

const char * const log_level_names[] = { "error", "warning", "notice", "info", "debug", NULL };

enum log_level log_levels[AREAS] = {
	LEVEL_NOTICE, LEVEL_NOTICE, LEVEL_NOTICE, LEVEL_NOTICE, LEVEL_NOTICE, LEVEL_NOTICE,
	LEVEL_NOTICE,
};

static bool to_journal;

/* systemd says in the environment which stream leads to the journal. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	/* NOLINTNEXTLINE(cert-err34-c): numbers of systemd's */
	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 &&
	       !fstat(fileno(stderr), &st) && st.st_dev == dev && st.st_ino == ino;
}

void log_to(enum log_target target)
{
	to_journal = target == TARGET_JOURNAL ||
		     (target == TARGET_AUTO && stderr_is_journal());
}

void log_set_level(enum log_area area, enum log_level level)
{
	log_levels[area] = level;
}

enum log_level log_level(enum log_area area)
{
	return log_levels[area];
}

/* The text with all but printable ASCII as \xNN, cut where the room ends. */
static void escape(const char *text, char *out, size_t size)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t len = 0;

	for (; *c && size - len > 4; c++) {
		if (*c >= 0x20 && *c < 0x7f)
			out[len++] = (char)*c;
		else
			len += (size_t)snprintf(out + len, size - len, "\\x%02x", *c);
	}
	out[len] = '\0';
}

struct fields {
	char text[FIELDS_MAX][FIELD_MAX_SIZE];
	struct iovec iov[FIELDS_MAX + 1];	/* and the message */
	int n;
};

__attribute__((format(printf, 2, 3)))
static void add_field(struct fields *fields, const char *format, ...)
{
	char *text = fields->text[fields->n];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, FIELD_MAX_SIZE, format, ap);
	va_end(ap);
	if (len < 0)
		return;
	fields->iov[fields->n].iov_base = text;
	fields->iov[fields->n].iov_len = len < FIELD_MAX_SIZE ? (size_t)len : FIELD_MAX_SIZE - 1;
	fields->n++;
}

static void add_about(struct fields *fields, const char *name, const char *value)
{
	char escaped[FIELD_MAX_SIZE - 32];

	if (!value)
		return;
	escape(value, escaped, sizeof(escaped));
	add_field(fields, "%s=%s", name, escaped);
}

static int send_journal(enum log_area area, enum log_level level, const struct log_place *place,
			const struct log_about *about, const char *line)
{
	char message[LINE_MAX_SIZE + 16];
	struct fields fields = { .n = 0 };

	add_field(&fields, "PRIORITY=%d", level);
	add_field(&fields, "SYSLOG_IDENTIFIER=miked");
	add_field(&fields, "GEMCAST_AREA=%s", log_area_names[area]);
	add_field(&fields, "CODE_FILE=%s", place->file);
	add_field(&fields, "CODE_LINE=%d", place->line);
	add_field(&fields, "CODE_FUNC=%s", place->function);
	if (about) {
		add_about(&fields, "GEMCAST_GROUP", about->group);
		add_about(&fields, "GEMCAST_PEER", about->peer);
	}
	fields.iov[fields.n].iov_base = message;
	fields.iov[fields.n].iov_len = (size_t)snprintf(message, sizeof(message), "MESSAGE=%s",
							line);
	return sd_journal_sendv(fields.iov, fields.n + 1);
}

static void print_about(const char *word, const char *value)
{
	char escaped[FIELD_MAX_SIZE];

	if (!value)
		return;
	escape(value, escaped, sizeof(escaped));
	fprintf(stderr, " %s=%s", word, escaped);
}

static void print_stderr(enum log_area area, enum log_level level, const struct log_about *about,
			 const char *line)
{
	fprintf(stderr, "miked: %s: %s: %s", log_area_names[area],
		log_level_names[level - LEVEL_ERROR], line);
	if (about) {
		print_about("group", about->group);
		print_about("peer", about->peer);
	}
	fputc('\n', stderr);
	fflush(stderr);
}

/* errno is left as it was: the line may be about it, or what comes next. */
void log_write(enum log_area area, enum log_level level, const struct log_place *place,
	       const struct log_about *about, const char *format, ...)
{
	char text[LINE_MAX_SIZE], line[LINE_MAX_SIZE];
	int saved = errno;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	escape(text, line, sizeof(line));
	if (!to_journal || send_journal(area, level, place, about, line) < 0)
		print_stderr(area, level, about, line);
	errno = saved;
}
