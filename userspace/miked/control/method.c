// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The methods: from a message to the op that does what it asks.
 */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "control/internal.h"

/* RFC 7296 3.5 */
#define ID_TYPE_FQDN	2
#define USEC_PER_MSEC	1000

/* The parameters of any request. */
union request {
	struct gemcast_named named;
	struct gemcast_join join;
	struct gemcast_ks_member member;
	struct gemcast_policy_text policy;
	struct gemcast_members members;
	struct gemcast_rekey rekey;
	struct gemcast_log_level log;
};

/* A call that nothing was done for yet. */
struct request_of {
	struct client *client;
	struct control_call *call;
	const struct control_ops *ops;
	void *context;
	const union request *in;
};

__attribute__((format(printf, 3, 4)))
static void refuse(struct client *client, int error, const char *format, ...)
{
	char reason[GEMCAST_REASON_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	client_refuse(client, error, reason);
	call_end(&client->call);
}

static void not_supported(const struct request_of *r)
{
	refuse(r->client, -EOPNOTSUPP, "this miked does not do that");
}

static int on_wait_over(sd_event_source *source, uint64_t usec, void *arg)
{
	struct control_call *call = arg;

	(void)source;
	(void)usec;
	call->forget(call->arg);
	call->deferred = false;
	control_refuse(call, -ETIMEDOUT, "not joined yet; miked goes on");
	return 0;
}

static int set_wait(const struct request_of *r, uint64_t ms)
{
	sd_event *event = r->client->control->event;
	uint64_t now, usec = ms > INT64_MAX / USEC_PER_MSEC ? INT64_MAX : ms * USEC_PER_MSEC;
	int err;

	sd_event_now(event, CLOCK_MONOTONIC, &now);
	err = sd_event_add_time(event, &r->call->timer, CLOCK_MONOTONIC,
				usec > INT64_MAX - now ? INT64_MAX : now + usec, 1000,
				on_wait_over, r->call);
	if (err >= 0)
		err = sd_event_source_set_priority(r->call->timer, CONTROL_PRIORITY);
	return err;
}

static bool is_role(const char *word, enum conf_role *role)
{
	static const struct {
		const char *word;
		enum conf_role role;
	} roles[] = {
		{ "receiver", CONF_ROLE_RECEIVER },
		{ "sender", CONF_ROLE_SENDER },
		{ "both", CONF_ROLE_BOTH },
	};
	size_t i;

	for (i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(roles[i].word, word) != 0)
			continue;
		*role = roles[i].role;
		return true;
	}
	return false;
}

static void run_join(const struct request_of *r)
{
	const struct gemcast_join *join = &r->in->join;
	bool by_name = GEMCAST_HAS(join, GEMCAST_JOIN_NAME);
	enum conf_role role;

	if (!r->ops->join)
		return not_supported(r);
	if (by_name == GEMCAST_HAS(join, GEMCAST_JOIN_ID) ||
	    by_name == GEMCAST_HAS(join, GEMCAST_JOIN_AT))
		return refuse(r->client, -EINVAL, "expected a name, or an id and at");
	if (GEMCAST_HAS(join, GEMCAST_JOIN_ROLE) && !is_role(join->role, &role))
		return refuse(r->client, -EINVAL, "role: expected receiver, sender or both");
	if (join->wait && set_wait(r, join->wait) < 0)
		return refuse(r->client, -EPERM, "no timer");
	r->ops->join(r->context, r->call, join);
}

static void run_leave(const struct request_of *r)
{
	if (!r->ops->leave)
		return not_supported(r);
	r->ops->leave(r->context, r->call, r->in->named.name);
}

/* "" is the name that a filter does not have. */
static bool is_filtered(const char *wanted, const char *name)
{
	return *wanted && strcmp(wanted, name) != 0;
}

static int next_membership(struct client *client, json_t **object)
{
	struct stream *stream = &client->call.stream;
	const struct control *control = client->control;
	struct gemcast_membership out = { 0 };
	int err;

	err = control->ops->membership(control->context,
				       stream->begun ? &stream->last.membership : NULL, &out);
	if (err)
		return err;
	stream->begun = true;
	stream->last.membership = out;
	if (is_filtered(stream->filter.membership.name, out.name))
		return 0;
	*object = gemcast_json_encode(&gemcast_shape_membership, &out);
	return *object ? 0 : -EPERM;
}

static int next_ks_group(struct client *client, json_t **object)
{
	struct stream *stream = &client->call.stream;
	const struct control *control = client->control;
	struct gemcast_ks_group out = { 0 };
	int err;

	err = control->ops->ks_group(control->context,
				     stream->begun ? &stream->last.ks_group : NULL, &out);
	if (err)
		return err;
	stream->begun = true;
	stream->last.ks_group = out;
	if (is_filtered(stream->filter.ks_group.name, out.name))
		return 0;
	*object = gemcast_json_encode(&gemcast_shape_ks_group, &out);
	return *object ? 0 : -EPERM;
}

static int next_ks_member(struct client *client, json_t **object)
{
	struct stream *stream = &client->call.stream;
	const struct control *control = client->control;
	struct gemcast_ks_member out = { 0 };
	int err;

	err = control->ops->ks_member(control->context,
				      stream->begun ? &stream->last.ks_member : NULL, &out);
	if (err)
		return err;
	stream->begun = true;
	stream->last.ks_member = out;
	if (is_filtered(stream->filter.ks_member.group, out.group) ||
	    is_filtered(stream->filter.ks_member.id, out.id))
		return 0;
	*object = gemcast_json_encode(&gemcast_shape_ks_member, &out);
	return *object ? 0 : -EPERM;
}

static int next_ks_unfit(struct client *client, json_t **object)
{
	struct stream *stream = &client->call.stream;
	const struct control *control = client->control;
	struct gemcast_ks_unfit out = { 0 };
	int err;

	err = control->ops->ks_unfit(control->context, stream->policy,
				     stream->begun ? &stream->last.ks_unfit : NULL, &out);
	if (err)
		return err;
	stream->begun = true;
	stream->last.ks_unfit = out;
	*object = gemcast_json_encode(&gemcast_shape_ks_unfit, &out);
	return *object ? 0 : -EPERM;
}

void control_tell_unfit(struct control_call *call, struct conf_group *group)
{
	call->stream.policy = group;
	call->stream.next = next_ks_unfit;
}

static void run_status(const struct request_of *r)
{
	struct stream *stream = &r->call->stream;

	if (!r->ops->membership)
		return not_supported(r);
	memcpy(stream->filter.membership.name, r->in->named.name, sizeof(r->in->named.name));
	stream->one = GEMCAST_HAS(&r->in->named, GEMCAST_FIRST);
	stream->next = next_membership;
}

static void run_ks_group_show(const struct request_of *r)
{
	struct stream *stream = &r->call->stream;

	if (!r->ops->ks_group)
		return not_supported(r);
	memcpy(stream->filter.ks_group.name, r->in->named.name, sizeof(r->in->named.name));
	stream->one = GEMCAST_HAS(&r->in->named, GEMCAST_FIRST);
	stream->next = next_ks_group;
}

static void run_ks_member_show(const struct request_of *r)
{
	struct stream *stream = &r->call->stream;

	if (!r->ops->ks_member)
		return not_supported(r);
	stream->filter.ks_member = r->in->member;
	stream->next = next_ks_member;
}

/* Only the first error: an answer is short. */
static void note_error(void *arg, const char *text)
{
	char *reason = arg;

	if (!*reason)
		snprintf(reason, GEMCAST_REASON_SIZE, "%s", text);
}

/* NULL, and the call was refused. */
static struct conf_group *read_policy(const struct request_of *r)
{
	const char *policy = r->in->policy.policy;
	char reason[GEMCAST_REASON_SIZE] = "";
	struct conf_group *group;

	group = conf_group_load("policy", policy, strlen(policy), note_error, reason);
	if (!group)
		refuse(r->client, -EINVAL, "%s", reason);
	return group;
}

static void run_ks_group_add(const struct request_of *r)
{
	struct conf_group *group;

	if (!r->ops->ks_group_add)
		return not_supported(r);
	group = read_policy(r);
	if (group)
		r->ops->ks_group_add(r->context, r->call, group);
}

static void run_ks_group_check(const struct request_of *r)
{
	struct conf_group *group;

	if (!r->ops->ks_group_check)
		return not_supported(r);
	group = read_policy(r);
	if (group)
		r->ops->ks_group_check(r->context, r->call, group);
}

static void run_ks_group_set(const struct request_of *r)
{
	struct conf_group *group;

	if (!r->ops->ks_group_set)
		return not_supported(r);
	group = read_policy(r);
	if (group)
		r->ops->ks_group_set(r->context, r->call, group, r->in->policy.yes);
}

static void run_ks_group_del(const struct request_of *r)
{
	if (!r->ops->ks_group_del)
		return not_supported(r);
	r->ops->ks_group_del(r->context, r->call, r->in->named.name);
}

/* Identities of a list, in memory of their own; NULL, and the call was refused. */
static struct conf_identity *read_ids(const struct request_of *r)
{
	const struct gemcast_strings *strings = &r->in->members.ids;
	struct conf_identity *ids = calloc(strings->count, sizeof(*ids));
	size_t i;

	if (!ids)
		refuse(r->client, -EPERM, "no memory");
	for (i = 0; ids && i < strings->count; i++) {
		if (conf_identity_parse(strings->string[i], ID_TYPE_FQDN, false, &ids[i]))
			continue;
		refuse(r->client, -EINVAL, "\"%.128s\": expected an identity",
		       strings->string[i]);
		free(ids);
		return NULL;
	}
	return ids;
}

static void run_ks_member_admit(const struct request_of *r)
{
	const struct gemcast_members *members = &r->in->members;
	enum conf_role role = CONF_ROLE_RECEIVER;
	struct conf_identity *ids;

	if (!r->ops->ks_member_admit)
		return not_supported(r);
	if (GEMCAST_HAS(members, GEMCAST_MEMBERS_ROLE) && !is_role(members->role, &role))
		return refuse(r->client, -EINVAL, "role: expected receiver, sender or both");
	ids = read_ids(r);
	if (ids)
		r->ops->ks_member_admit(r->context, r->call, members->group, role, ids,
					members->ids.count);
	free(ids);
}

static void run_ks_member_expel(const struct request_of *r)
{
	const struct gemcast_members *members = &r->in->members;
	struct conf_identity *ids;

	if (!r->ops->ks_member_expel)
		return not_supported(r);
	ids = read_ids(r);
	if (ids)
		r->ops->ks_member_expel(r->context, r->call, members->group, ids,
					members->ids.count);
	free(ids);
}

static void run_ks_rekey(const struct request_of *r)
{
	if (!r->ops->ks_rekey)
		return not_supported(r);
	r->ops->ks_rekey(r->context, r->call, r->in->rekey.group, r->in->rekey.now);
}

static int index_of(const char * const *words, const char *word)
{
	int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static void run_log_level(const struct request_of *r)
{
	const struct gemcast_log_level *log = &r->in->log;
	bool all = !GEMCAST_HAS(log, GEMCAST_FIRST);
	int i, area = all ? 0 : index_of(log_area_names, log->area);
	int level = index_of(log_level_names, log->level);

	if (area < 0 || level < 0)
		return refuse(r->client, -EINVAL, "%s: the log has no such word",
			      area < 0 ? "area" : "level");
	for (i = 0; i < AREAS; i++)
		if (all || i == area)
			log_set_level(i, LEVEL_ERROR + level);
	control_done(r->call);
}

const struct method control_methods[] = {
	{ "join", &gemcast_shape_join, run_join },
	{ "leave", &gemcast_shape_named, run_leave },
	{ "status", &gemcast_shape_filter, run_status },
	{ "ks.group.show", &gemcast_shape_filter, run_ks_group_show },
	{ "ks.group.add", &gemcast_shape_policy, run_ks_group_add },
	{ "ks.group.check", &gemcast_shape_policy, run_ks_group_check },
	{ "ks.group.set", &gemcast_shape_policy_set, run_ks_group_set },
	{ "ks.group.del", &gemcast_shape_named, run_ks_group_del },
	{ "ks.member.show", &gemcast_shape_ks_member_filter, run_ks_member_show },
	{ "ks.member.admit", &gemcast_shape_admit, run_ks_member_admit },
	{ "ks.member.expel", &gemcast_shape_expel, run_ks_member_expel },
	{ "ks.rekey", &gemcast_shape_rekey, run_ks_rekey },
	{ "log.level", &gemcast_shape_log_level, run_log_level },
	{ 0 }
};

static const struct method *find_method(const char *name)
{
	const struct method *method;

	for (method = control_methods; method->name; method++)
		if (!strcmp(method->name, name))
			return method;
	return NULL;
}

static void run(struct client *client, const struct method *method, json_t *parameters)
{
	struct request_of r = {
		.client = client,
		.call = &client->call,
		.ops = client->control->ops,
		.context = client->control->context,
	};
	union request in = { 0 };
	char why[128];

	if (gemcast_json_decode(method->shape, parameters, true, &in, why, sizeof(why))) {
		client_refuse(client, -EINVAL, why);
		return;
	}
	log_info(AREA_CONTROL, "process %d of user %u: %s", client->cred.pid, client->cred.uid,
		 method->name);
	r.in = &in;
	client->call.active = true;
	method->run(&r);
	gemcast_json_forget(method->shape, &in);
	/* An op ends its call or defers it. */
	assert(!client->call.active || client->call.deferred || client->call.stream.next);
}

/* { "method": NAME, "parameters": { ... } } */
static void run_request(struct client *client, json_t *message)
{
	const char *name = json_string_value(json_object_get(message, "method"));
	json_t *parameters = json_object_get(message, "parameters");
	const struct method *method = name ? find_method(name) : NULL;
	json_t *none = NULL;

	if (!name) {
		client_refuse(client, -EINVAL, "method: expected a string");
	} else if (json_object_size(message) != (parameters ? 2 : 1)) {
		client_refuse(client, -EINVAL, "expected method and parameters, and nothing else");
	} else if (!method) {
		client_refuse(client, -EOPNOTSUPP, "there is no such method");
	} else if (parameters && !json_is_object(parameters)) {
		client_refuse(client, -EINVAL, "parameters: expected an object");
	} else {
		none = parameters ? NULL : json_object();
		run(client, method, parameters ? parameters : none);
	}
	json_decref(none);
}

void method_run(struct client *client, const char *text, size_t len)
{
	json_error_t error;
	json_t *message;
	char reason[GEMCAST_REASON_SIZE];

	message = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (json_is_object(message)) {
		run_request(client, message);
	} else {
		snprintf(reason, sizeof(reason), "not a JSON object: %s (byte %d)",
			 message ? "another value" : error.text, error.position);
		client_refuse(client, -EINVAL, message ? "not a JSON object" : reason);
	}
	json_decref(message);
}
