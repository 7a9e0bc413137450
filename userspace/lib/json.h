/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages of miked's control socket, for its two ends: the library and miked.
 * Which member of which struct is which member of a JSON object is said here alone;
 * Documentation/control.md explains them.
 */
#ifndef GEMCAST_JSON_H
#define GEMCAST_JSON_H

#include <jansson.h>
#include "gemcast.h"

/* A message, with its NUL; of a request and of one answer. */
#define GEMCAST_MESSAGE_MAX	262144

/* Requests that the library's callers have as words of a call. */
struct gemcast_named {
	uint64_t present;
	char name[GEMCAST_NAME_SIZE];
};

struct gemcast_rekey {
	uint64_t present;
	char group[GEMCAST_NAME_SIZE];
	bool now;
};

struct gemcast_log_level {
	uint64_t present;
	char area[GEMCAST_WORD_SIZE];
	char level[GEMCAST_WORD_SIZE];
};

/* Strings of somebody else: of the caller's, or of the JSON they were read from. */
struct gemcast_strings {
	const char **string;
	size_t count;
};

struct gemcast_members {
	uint64_t present;
	char group[GEMCAST_NAME_SIZE];
	char role[GEMCAST_WORD_SIZE];
	struct gemcast_strings ids;
};

struct gemcast_policy_text {
	uint64_t present;
	const char *policy;
	bool yes;
};

enum gemcast_members_attr {
	GEMCAST_MEMBERS_GROUP = 1,
	GEMCAST_MEMBERS_IDS,
	GEMCAST_MEMBERS_ROLE,
};

/* The bits of the small ones: their members in order. */
enum {
	GEMCAST_FIRST = 1,
	GEMCAST_SECOND,
};

enum gemcast_json_type {
	GEMCAST_JSON_NONE,
	GEMCAST_JSON_STRING,	/* char[] */
	GEMCAST_JSON_TEXT,	/* const char *, the JSON's */
	GEMCAST_JSON_STRINGS,	/* struct gemcast_strings */
	GEMCAST_JSON_BOOL,
	GEMCAST_JSON_U16,
	GEMCAST_JSON_U32,
	GEMCAST_JSON_U64,	/* up to INT64_MAX, which is all that jansson has */
	GEMCAST_JSON_ADDR,	/* struct gemcast_addr */
	GEMCAST_JSON_EPOCHS,	/* struct gemcast_ks_epochs */
};

/* A member: its bit is its index in the list. */
struct gemcast_member_field {
	const char *name;
	size_t offset;
	size_t size;
	enum gemcast_json_type type;
	bool needed;
};

struct gemcast_shape {
	size_t size;
	const struct gemcast_member_field *fields;	/* [0] is none */
	size_t count;
};

extern const struct gemcast_shape gemcast_shape_none;
extern const struct gemcast_shape gemcast_shape_named;		/* name needed */
extern const struct gemcast_shape gemcast_shape_filter;		/* name */
extern const struct gemcast_shape gemcast_shape_join;
extern const struct gemcast_shape gemcast_shape_membership;
extern const struct gemcast_shape gemcast_shape_ks_group;
extern const struct gemcast_shape gemcast_shape_ks_member;
extern const struct gemcast_shape gemcast_shape_ks_member_filter;
extern const struct gemcast_shape gemcast_shape_ks_epoch;
extern const struct gemcast_shape gemcast_shape_ks_unfit;
extern const struct gemcast_shape gemcast_shape_policy;
extern const struct gemcast_shape gemcast_shape_policy_set;
extern const struct gemcast_shape gemcast_shape_admit;
extern const struct gemcast_shape gemcast_shape_expel;
extern const struct gemcast_shape gemcast_shape_rekey;
extern const struct gemcast_shape gemcast_shape_log_level;

/* A new object of the members that are present; NULL: no memory, or text not UTF-8. */
json_t *gemcast_json_encode(const struct gemcast_shape *shape, const void *in);

/*
 * An object's members into the struct. In a request, @strict, those that are not known
 * and those missing are errors; in an answer they are left out, as newer and older
 * programs talk to each other. 0, or -EBADMSG with @why, of @size bytes. What refers to
 * the JSON is good as long as that is; gemcast_json_forget() frees the rest.
 */
int gemcast_json_decode(const struct gemcast_shape *shape, json_t *object, bool strict, void *out,
			char *why, size_t size);
void gemcast_json_forget(const struct gemcast_shape *shape, void *out);

/* The name of an error and its errno value, for both ways; "refused" and -EPERM for others. */
const char *gemcast_error_name(int error);
int gemcast_error_value(const char *name);

#endif /* GEMCAST_JSON_H */
