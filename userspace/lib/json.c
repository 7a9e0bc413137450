// SPDX-License-Identifier: LGPL-2.1-or-later
/* The messages of miked's control socket: structs to JSON, and back. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "json.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define FIELD(bit, name, type, object, member, needed)				\
	[bit] = { name, offsetof(struct object, member),			\
		  sizeof(((struct object *)0)->member), GEMCAST_JSON_##type, needed }

#define SHAPE(object, fields)	{ sizeof(struct object), fields, ARRAY_SIZE(fields) }

const struct gemcast_shape gemcast_shape_none = { sizeof(uint64_t), NULL, 0 };

static const struct gemcast_member_field named_fields[] = {
	FIELD(GEMCAST_FIRST, "name", STRING, gemcast_named, name, true),
};

static const struct gemcast_member_field filter_fields[] = {
	FIELD(GEMCAST_FIRST, "name", STRING, gemcast_named, name, false),
};

#define JOIN(bit, name, type, member)						\
	FIELD(GEMCAST_JOIN_##bit, name, type, gemcast_join, member, false)

static const struct gemcast_member_field join_fields[] = {
	JOIN(NAME, "name", STRING, name),
	JOIN(ID, "id", STRING, id),
	JOIN(AT, "at", ADDR, at),
	JOIN(ROLE, "role", STRING, role),
	JOIN(WAIT, "wait", U64, wait),
};

#define MEMBERSHIP(bit, name, type, member)					\
	FIELD(GEMCAST_MEMBERSHIP_##bit, name, type, gemcast_membership, member, false)

static const struct gemcast_member_field membership_fields[] = {
	MEMBERSHIP(NAME, "name", STRING, name),
	MEMBERSHIP(ID, "id", STRING, id),
	MEMBERSHIP(GROUP, "group", U32, group),
	MEMBERSHIP(STATE, "state", STRING, state),
	MEMBERSHIP(ROLE, "role", STRING, role),
	MEMBERSHIP(KEY_SERVER, "key-server", STRING, key_server),
	MEMBERSHIP(EPOCH, "epoch", U32, epoch),
	MEMBERSHIP(SAS, "sas", U32, sas),
	MEMBERSHIP(SINCE, "since", U64, since),
	MEMBERSHIP(NEXT_ROLLOVER, "next-rollover", U64, next_rollover),
	MEMBERSHIP(RETRY, "retry", U64, retry),
	MEMBERSHIP(ERROR, "error", STRING, error),
	MEMBERSHIP(REKEY_SPI, "rekey-spi", STRING, rekey_spi),
	MEMBERSHIP(REKEY_ADDR, "rekey-addr", ADDR, rekey_addr),
	MEMBERSHIP(REKEY_PORT, "rekey-port", U16, rekey_port),
	MEMBERSHIP(REKEY_MESSAGE_ID, "rekey-message-id", U32, rekey_message_id),
	MEMBERSHIP(REKEY_LEFT, "rekey-left", U64, rekey_left),
};

#define KS_GROUP(bit, name, type, member)					\
	FIELD(GEMCAST_KS_GROUP_##bit, name, type, gemcast_ks_group, member, false)

static const struct gemcast_member_field ks_group_fields[] = {
	KS_GROUP(NAME, "name", STRING, name),
	KS_GROUP(ID, "id", STRING, id),
	KS_GROUP(ENCRYPTION, "encryption", STRING, encryption),
	KS_GROUP(REKEY, "rekey", STRING, rekey),
	KS_GROUP(EPOCH, "epoch", U32, epoch),
	KS_GROUP(SAS, "sas", U32, sas),
	KS_GROUP(MEMBERS, "members", U32, members),
	KS_GROUP(SENDERS, "senders", U32, senders),
	KS_GROUP(CURRENT, "current", U32, current),
	KS_GROUP(NEXT_ROLLOVER, "next-rollover", U64, next_rollover),
	KS_GROUP(CONVERGED, "converged", U64, converged),
	KS_GROUP(LISTENING, "listening", U32, listening),
	KS_GROUP(CONVERGENCE, "convergence", U64, convergence),
	KS_GROUP(EPOCHS, "epochs", EPOCHS, epochs),
};

#define KS_EPOCH(bit, name, member)						\
	FIELD(GEMCAST_KS_EPOCH_##bit, name, U32, gemcast_ks_epoch, member, false)

static const struct gemcast_member_field ks_epoch_fields[] = {
	KS_EPOCH(NUMBER, "epoch", number),
	KS_EPOCH(MEMBERS, "members", members),
	KS_EPOCH(REGISTERED, "registered", registered),
	KS_EPOCH(ANSWERED, "answered", answered),
	KS_EPOCH(ACKNOWLEDGED, "acknowledged", acknowledged),
};

static const struct gemcast_member_field ks_unfit_fields[] = {
	FIELD(GEMCAST_KS_UNFIT_ID, "id", STRING, gemcast_ks_unfit, id, false),
	FIELD(GEMCAST_KS_UNFIT_REASON, "reason", STRING, gemcast_ks_unfit, reason, false),
};

#define KS_MEMBER(bit, name, type, member)					\
	FIELD(GEMCAST_KS_MEMBER_##bit, name, type, gemcast_ks_member, member, false)

static const struct gemcast_member_field ks_member_fields[] = {
	KS_MEMBER(GROUP, "group", STRING, group),
	KS_MEMBER(ID, "id", STRING, id),
	KS_MEMBER(STATE, "state", STRING, state),
	KS_MEMBER(ROLE, "role", STRING, role),
	KS_MEMBER(ADDR, "addr", ADDR, addr),
	KS_MEMBER(PORT, "port", U16, port),
	KS_MEMBER(EPOCH, "epoch", U32, epoch),
	KS_MEMBER(SIDS, "sids", U32, sids),
	KS_MEMBER(SINCE, "since", U64, since),
	KS_MEMBER(PROOF, "proof", STRING, proof),
};

static const struct gemcast_member_field ks_member_filter_fields[] = {
	KS_MEMBER(GROUP, "group", STRING, group),
	KS_MEMBER(ID, "id", STRING, id),
};

static const struct gemcast_member_field policy_fields[] = {
	FIELD(GEMCAST_FIRST, "policy", TEXT, gemcast_policy_text, policy, true),
	FIELD(GEMCAST_SECOND, "yes", BOOL, gemcast_policy_text, yes, false),
};

#define MEMBERS(bit, name, type, member, needed)				\
	FIELD(GEMCAST_MEMBERS_##bit, name, type, gemcast_members, member, needed)

static const struct gemcast_member_field members_fields[] = {
	MEMBERS(GROUP, "group", STRING, group, true),
	MEMBERS(IDS, "ids", STRINGS, ids, true),
	MEMBERS(ROLE, "role", STRING, role, false),
};

static const struct gemcast_member_field rekey_fields[] = {
	FIELD(GEMCAST_FIRST, "group", STRING, gemcast_rekey, group, true),
	FIELD(GEMCAST_SECOND, "now", BOOL, gemcast_rekey, now, false),
};

static const struct gemcast_member_field log_level_fields[] = {
	FIELD(GEMCAST_FIRST, "area", STRING, gemcast_log_level, area, false),
	FIELD(GEMCAST_SECOND, "level", STRING, gemcast_log_level, level, true),
};

const struct gemcast_shape gemcast_shape_named = SHAPE(gemcast_named, named_fields);
const struct gemcast_shape gemcast_shape_filter = SHAPE(gemcast_named, filter_fields);
const struct gemcast_shape gemcast_shape_join = SHAPE(gemcast_join, join_fields);
const struct gemcast_shape gemcast_shape_membership =
	SHAPE(gemcast_membership, membership_fields);
const struct gemcast_shape gemcast_shape_ks_group = SHAPE(gemcast_ks_group, ks_group_fields);
const struct gemcast_shape gemcast_shape_ks_member = SHAPE(gemcast_ks_member, ks_member_fields);
const struct gemcast_shape gemcast_shape_ks_member_filter =
	SHAPE(gemcast_ks_member, ks_member_filter_fields);
const struct gemcast_shape gemcast_shape_ks_epoch = SHAPE(gemcast_ks_epoch, ks_epoch_fields);
const struct gemcast_shape gemcast_shape_ks_unfit = SHAPE(gemcast_ks_unfit, ks_unfit_fields);
const struct gemcast_shape gemcast_shape_policy_set =
	SHAPE(gemcast_policy_text, policy_fields);
/* A new one, or one that is only looked at, changes no member. */
const struct gemcast_shape gemcast_shape_policy = {
	sizeof(struct gemcast_policy_text), policy_fields, GEMCAST_SECOND,
};
const struct gemcast_shape gemcast_shape_admit = SHAPE(gemcast_members, members_fields);
/* Who is to go needs no role. */
const struct gemcast_shape gemcast_shape_expel = {
	sizeof(struct gemcast_members), members_fields, GEMCAST_MEMBERS_ROLE,
};
const struct gemcast_shape gemcast_shape_rekey = SHAPE(gemcast_rekey, rekey_fields);
const struct gemcast_shape gemcast_shape_log_level = SHAPE(gemcast_log_level, log_level_fields);

static json_t *encode_strings(const struct gemcast_strings *strings)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < strings->count; i++) {
		if (json_array_append_new(list, json_string(strings->string[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* All of its members are numbers of 32 bits. */
static json_t *encode_epoch(const struct gemcast_ks_epoch *epoch)
{
	json_t *object = json_object();
	const uint32_t *number;
	size_t i;

	for (i = 1; object && i < ARRAY_SIZE(ks_epoch_fields); i++) {
		if (!GEMCAST_HAS(epoch, i))
			continue;
		number = (const void *)((const char *)epoch + ks_epoch_fields[i].offset);
		if (json_object_set_new(object, ks_epoch_fields[i].name, json_integer(*number))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static json_t *encode_epochs(const struct gemcast_ks_epochs *epochs)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < epochs->count; i++) {
		if (json_array_append_new(list, encode_epoch(&epochs->epoch[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *encode_addr(const struct gemcast_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	return inet_ntop(addr->family, &addr->in6, text, sizeof(text)) ? json_string(text) : NULL;
}

static json_t *encode_field(const struct gemcast_member_field *field, const void *member)
{
	switch (field->type) {
	case GEMCAST_JSON_STRING:
		return json_string(member);
	case GEMCAST_JSON_TEXT:
		return json_string(*(const char * const *)member);
	case GEMCAST_JSON_STRINGS:
		return encode_strings(member);
	case GEMCAST_JSON_BOOL:
		return json_boolean(*(const bool *)member);
	case GEMCAST_JSON_U16:
		return json_integer(*(const uint16_t *)member);
	case GEMCAST_JSON_U32:
		return json_integer(*(const uint32_t *)member);
	case GEMCAST_JSON_U64:
		return *(const uint64_t *)member > INT64_MAX ?
			       NULL : json_integer((json_int_t)*(const uint64_t *)member);
	case GEMCAST_JSON_ADDR:
		return encode_addr(member);
	case GEMCAST_JSON_EPOCHS:
		return encode_epochs(member);
	case GEMCAST_JSON_NONE:
		break;
	}
	return NULL;
}

json_t *gemcast_json_encode(const struct gemcast_shape *shape, const void *in)
{
	const uint64_t *present = in;
	json_t *object = json_object();
	size_t i;

	for (i = 1; object && i < shape->count; i++) {
		if (!(*present & GEMCAST_BIT(i)))
			continue;
		if (json_object_set_new(object, shape->fields[i].name,
					encode_field(&shape->fields[i],
						     (const char *)in + shape->fields[i].offset))) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static const char *decode_string(const json_t *value, char *member, size_t size)
{
	if (!json_is_string(value))
		return "expected a string";
	if (json_string_length(value) >= size)
		return "too long";
	memcpy(member, json_string_value(value), json_string_length(value) + 1);
	return NULL;
}

static const char *decode_strings(json_t *value, struct gemcast_strings *strings)
{
	size_t i;

	if (!json_is_array(value) || !json_array_size(value))
		return "expected a list of strings";
	for (i = 0; i < json_array_size(value); i++)
		if (!json_is_string(json_array_get(value, i)))
			return "expected a list of strings";
	strings->string = calloc(json_array_size(value), sizeof(*strings->string));
	if (!strings->string)
		return "no memory";
	for (i = 0; i < json_array_size(value); i++)
		strings->string[i] = json_string_value(json_array_get(value, i));
	strings->count = i;
	return NULL;
}

static const char *decode_number(const json_t *value, void *member, uint64_t max, size_t size)
{
	uint64_t number;

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return "expected a number, not below 0 and not too large";
	number = (uint64_t)json_integer_value(value);
	if (size == sizeof(uint16_t))
		*(uint16_t *)member = (uint16_t)number;
	else if (size == sizeof(uint32_t))
		*(uint32_t *)member = (uint32_t)number;
	else
		*(uint64_t *)member = number;
	return NULL;
}

static const char *decode_epoch(const json_t *value, struct gemcast_ks_epoch *epoch)
{
	const json_t *number;
	const char *error;
	size_t i;

	if (!json_is_object(value))
		return "expected a list of objects";
	for (i = 1; i < ARRAY_SIZE(ks_epoch_fields); i++) {
		number = json_object_get(value, ks_epoch_fields[i].name);
		error = number ? decode_number(number,
					       (char *)epoch + ks_epoch_fields[i].offset,
					       UINT32_MAX, sizeof(uint32_t)) : NULL;
		if (error)
			return error;
		if (number)
			epoch->present |= GEMCAST_BIT(i);
	}
	return NULL;
}

/* Answers alone have it, so that what is more than we know is left out. */
static const char *decode_epochs(const json_t *value, struct gemcast_ks_epochs *epochs)
{
	const char *error = NULL;

	if (!json_is_array(value))
		return "expected a list of objects";
	while (!error && epochs->count < GEMCAST_KS_EPOCHS &&
	       epochs->count < json_array_size(value)) {
		error = decode_epoch(json_array_get(value, epochs->count),
				     &epochs->epoch[epochs->count]);
		epochs->count++;
	}
	return error;
}

static const char *decode_addr(const json_t *value, struct gemcast_addr *addr)
{
	const char *text = json_string_value(value);

	if (text && inet_pton(AF_INET, text, &addr->in) == 1)
		addr->family = AF_INET;
	else if (text && inet_pton(AF_INET6, text, &addr->in6) == 1)
		addr->family = AF_INET6;
	return addr->family ? NULL : "expected an IPv4 or IPv6 address";
}

static const char *decode_field(const struct gemcast_member_field *field, json_t *value,
				void *member)
{
	switch (field->type) {
	case GEMCAST_JSON_STRING:
		return decode_string(value, member, field->size);
	case GEMCAST_JSON_TEXT:
		*(const char **)member = json_string_value(value);
		return json_is_string(value) ? NULL : "expected a string";
	case GEMCAST_JSON_STRINGS:
		return decode_strings(value, member);
	case GEMCAST_JSON_BOOL:
		*(bool *)member = json_is_true(value);
		return json_is_boolean(value) ? NULL : "expected true or false";
	case GEMCAST_JSON_U16:
		return decode_number(value, member, UINT16_MAX, field->size);
	case GEMCAST_JSON_U32:
		return decode_number(value, member, UINT32_MAX, field->size);
	case GEMCAST_JSON_U64:
		return decode_number(value, member, INT64_MAX, field->size);
	case GEMCAST_JSON_ADDR:
		return decode_addr(value, member);
	case GEMCAST_JSON_EPOCHS:
		return decode_epochs(value, member);
	case GEMCAST_JSON_NONE:
		break;
	}
	return "no such member";
}

static size_t find_field(const struct gemcast_shape *shape, const char *name)
{
	size_t i;

	for (i = 1; i < shape->count; i++)
		if (!strcmp(shape->fields[i].name, name))
			return i;
	return 0;
}

static int decode_members(const struct gemcast_shape *shape, json_t *object, bool strict,
			  void *out, char *why, size_t size)
{
	const char *name, *error;
	json_t *value;
	size_t i;

	json_object_foreach(object, name, value) {
		i = find_field(shape, name);
		if (!i && !strict)
			continue;
		error = i ? decode_field(&shape->fields[i], value,
					 (char *)out + shape->fields[i].offset) :
			    "there is no such parameter";
		if (error) {
			snprintf(why, size, "%.64s: %s", name, error);
			return -EBADMSG;
		}
		*(uint64_t *)out |= GEMCAST_BIT(i);
	}
	return 0;
}

int gemcast_json_decode(const struct gemcast_shape *shape, json_t *object, bool strict, void *out,
			char *why, size_t size)
{
	size_t i;
	int err;

	memset(out, 0, shape->size);
	err = decode_members(shape, object, strict, out, why, size);
	for (i = 1; !err && strict && i < shape->count; i++) {
		if (!shape->fields[i].needed || *(uint64_t *)out & GEMCAST_BIT(i))
			continue;
		snprintf(why, size, "%s: is missing", shape->fields[i].name);
		err = -EBADMSG;
	}
	if (err)
		gemcast_json_forget(shape, out);
	return err;
}

void gemcast_json_forget(const struct gemcast_shape *shape, void *out)
{
	struct gemcast_strings *strings;
	size_t i;

	for (i = 1; i < shape->count; i++) {
		if (shape->fields[i].type != GEMCAST_JSON_STRINGS)
			continue;
		strings = (struct gemcast_strings *)((char *)out + shape->fields[i].offset);
		free(strings->string);
		strings->string = NULL;
		strings->count = 0;
	}
}

static const struct {
	const char *name;
	int value;
} errors[] = {
	{ "refused", -EPERM },
	{ "denied", -EACCES },
	{ "invalid", -EINVAL },
	{ "not-found", -ENOENT },
	{ "exists", -EEXIST },
	{ "not-supported", -EOPNOTSUPP },
	{ "timeout", -ETIMEDOUT },
	{ "busy", -EBUSY },
	{ "too-big", -EMSGSIZE },
};

const char *gemcast_error_name(int error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].value == error)
			return errors[i].name;
	return errors[0].name;
}

int gemcast_error_value(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errors); i++)
		if (!strcmp(errors[i].name, name))
			return errors[i].value;
	return errors[0].value;
}
