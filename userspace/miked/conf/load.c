// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading a configuration: parse, check each value, map, fill in, check the whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf/load.h"

#define FILE_MAX_SIZE	(16 << 20)

/* RFC 7296 3.5 */
#define ID_TYPE_KEY_ID	11

static void report(struct load *load, char *text)
{
	char *c;

	for (c = text; *c; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	load->failed = true;
	load->report(load->arg, text);
}

__attribute__((format(printf, 4, 0)))
static void error_at(struct load *load, size_t line, const char *path, const char *format,
		     va_list ap)
{
	char text[1024];
	int n;

	n = snprintf(text, sizeof(text), "%s:%zu: %s%s", load->name, line, path,
		     *path ? ": " : "");
	if (n >= 0 && (size_t)n < sizeof(text))
		vsnprintf(text + n, sizeof(text) - (size_t)n, format, ap);
	report(load, text);
}

void load_error_at(struct load *load, size_t line, const char *path, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	error_at(load, line, path, format, ap);
	va_end(ap);
}

void load_error(struct load *load, const char *path, const char *format, ...)
{
	char named[256];
	size_t line = doc_line_of(&load->doc, path, named, sizeof(named));
	va_list ap;

	va_start(ap, format);
	error_at(load, line, named, format, ap);
	va_end(ap);
}

/* The structs of a text without an error in a single value; or NULL. */
static void *load_section(struct load *load, const struct conf_section *section,
			  const char *text, size_t len)
{
	void *data;

	conf_walk_check(load, section);
	data = load->failed ? NULL : conf_map(load, text, len, section);
	if (data && !conf_walk_fill(load, section, data))
		load_error_at(load, 1, "", "no memory");
	return data;
}

static bool parse(struct load *load, const char *text, size_t len)
{
	char why[256];
	size_t line;

	if (doc_parse(&load->doc, text, len, &line, why, sizeof(why)))
		return true;
	load_error_at(load, line, "", "%s", why);
	return false;
}

static void default_id(struct conf_identity *id, const char *name)
{
	if (id->type)
		return;
	id->type = ID_TYPE_KEY_ID;
	id->len = (uint8_t)strlen(name);
	memcpy(id->data, name, id->len);
}

static void settle_group(struct conf_group *group)
{
	default_id(&group->id, group->name);
	if (group->rollover_ms == CONF_AUTO)
		group->rollover_ms = group->lifetime_ms / 10;
}

/* What follows from other values. */
static void settle(struct load *load, struct conf *conf)
{
	const struct group *group;
	size_t i;

	for (i = 0; i < AREAS; i++)
		if (!conf->log.areas[i])
			conf->log.areas[i] = conf->log.level;
	for (i = 0; i < conf->key_server.groups_count; i++)
		settle_group(&conf->key_server.groups[i]);
	for (i = 0; i < conf->member.groups_count; i++)
		default_id(&conf->member.groups[i].id, conf->member.groups[i].name);
	conf->control.gid = (gid_t)-1;
	if (!*conf->control.group || !load->files)
		return;
	group = getgrnam(conf->control.group);
	if (group)
		conf->control.gid = group->gr_gid;
	else
		load_error(load, "control.group", "\"%s\": there is no such group",
			   conf->control.group);
}

struct conf *conf_load_text(const char *name, const char *text, size_t len, bool files,
			    conf_report_fn fn, void *arg)
{
	struct load load = { .name = name, .files = files, .report = fn, .arg = arg };
	struct conf *conf;

	if (!parse(&load, text, len))
		return NULL;
	conf = load_section(&load, &conf_root, text, len);
	if (conf) {
		settle(&load, conf);
		conf_check(&load, conf);
	}
	doc_free(&load.doc);
	if (!load.failed)
		return conf;
	conf_free(conf);
	return NULL;
}

struct conf_group *conf_group_load(const char *name, const char *text, size_t len,
				   conf_report_fn fn, void *arg)
{
	struct load load = { .name = name, .report = fn, .arg = arg };
	struct conf_group *group;

	if (!parse(&load, text, len))
		return NULL;
	group = load_section(&load, &conf_group_section, text, len);
	if (group) {
		settle_group(group);
		conf_check_group(&load, "", group);
	}
	doc_free(&load.doc);
	if (!load.failed)
		return group;
	conf_group_free(group);
	return NULL;
}

/* The whole file, in memory of its own; NULL and errno. */
static char *read_file(const char *path, size_t *len)
{
	char *text = NULL;
	struct stat st;
	ssize_t n = 0;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &st))
		err = errno;
	else if (!S_ISREG(st.st_mode))
		err = EINVAL;
	else if (st.st_size > FILE_MAX_SIZE)
		err = EFBIG;
	else if (!(text = malloc((size_t)st.st_size + 1)))
		err = ENOMEM;
	for (*len = 0; !err && *len < (size_t)st.st_size; *len += (size_t)n) {
		n = read(fd, text + *len, (size_t)st.st_size - *len);
		if (n < 0)
			err = errno;
		if (n <= 0)
			break;
	}
	close(fd);
	if (!err)
		return text;
	free(text);
	errno = err;
	return NULL;
}

struct conf *conf_load(const char *path, conf_report_fn fn, void *arg)
{
	char line[512];
	struct conf *conf;
	size_t len;
	char *text;

	text = read_file(path, &len);
	if (!text) {
		snprintf(line, sizeof(line), "%s: %s", path,
			 errno == EINVAL ? "not a regular file" : strerror(errno));
		fn(arg, line);
		return NULL;
	}
	conf = conf_load_text(path, text, len, true, fn, arg);
	free(text);
	return conf;
}

void conf_free(struct conf *conf)
{
	conf_unmap(conf, &conf_root);
}

void conf_group_free(struct conf_group *group)
{
	conf_unmap(group, &conf_group_section);
}

/* Each of these structs begins with its name. */
static const void *find(const void *list, uint32_t count, size_t size, const char *name)
{
	const char *entry = list;

	for (; count; count--, entry += size)
		if (!strcmp(entry, name))
			return entry;
	return NULL;
}

const struct conf_credential *conf_credential(const struct conf *conf, const char *name)
{
	return find(conf->credentials, conf->credentials_count, sizeof(*conf->credentials), name);
}

const struct conf_group *conf_group(const struct conf *conf, const char *name)
{
	const struct conf_key_server *ks = &conf->key_server;

	return find(ks->groups, ks->groups_count, sizeof(*ks->groups), name);
}

const struct conf_server *conf_server(const struct conf *conf, const char *name)
{
	const struct conf_member *member = &conf->member;

	return find(member->key_servers, member->key_servers_count, sizeof(*member->key_servers),
		    name);
}

const struct conf_membership *conf_membership(const struct conf *conf, const char *name)
{
	const struct conf_member *member = &conf->member;

	return find(member->groups, member->groups_count, sizeof(*member->groups), name);
}
