// SPDX-License-Identifier: LGPL-2.1-or-later
/* The client of miked's control socket: one request, and all answers to it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "json.h"

#define ERROR_SIZE	512
/* miked answers at once, or when what it was asked to wait for has happened. */
#define ANSWER_MS	30000

struct gemcast_control {
	int fd;			/* -1: not open */
	char *in;		/* GEMCAST_MESSAGE_MAX bytes, once open */
	size_t in_len;		/* bytes that are not read as answers yet */
	char error[ERROR_SIZE];
};

__attribute__((format(printf, 3, 4)))
static int fail(struct gemcast_control *c, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->error, sizeof(c->error), format, ap);
	va_end(ap);
	return error;
}

static int fail_call(struct gemcast_control *c, int error, const char *call)
{
	char buf[64];

	return fail(c, error, "%s: %s", call, strerror_r(-error, buf, sizeof(buf)));
}

struct gemcast_control *gemcast_control_new(void)
{
	struct gemcast_control *c = calloc(1, sizeof(*c));

	if (c)
		c->fd = -1;
	return c;
}

static void hang_up(struct gemcast_control *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->in_len = 0;
}

void gemcast_control_free(struct gemcast_control *c)
{
	if (!c)
		return;
	hang_up(c);
	free(c->in);
	free(c);
}

const char *gemcast_control_error(const struct gemcast_control *c)
{
	return c->error;
}

/* Waits, but not for ever, while others wait to be let in. */
static int dial(struct gemcast_control *c, const struct sockaddr_un *addr)
{
	const struct timeval limit = { .tv_sec = ANSWER_MS / 1000 };

	if (setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    connect(c->fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
	    fcntl(c->fd, F_SETFL, O_NONBLOCK))
		return -errno;
	return 0;
}

static int connect_to(struct gemcast_control *c, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return fail(c, -ENAMETOOLONG, "%s: longer than the path of a socket", path);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return fail_call(c, -errno, "socket");
	err = dial(c, &addr);
	if (!err)
		return 0;
	hang_up(c);
	if (err == -ENOENT || err == -ECONNREFUSED)
		return fail(c, err, "miked does not run, or has its control socket elsewhere than at %s: systemctl start miked", path);
	if (err == -EACCES)
		return fail(c, err, "not permitted at %s: be root, or in the group that control.group of miked.conf names", path);
	if (err == -EAGAIN)
		return fail(c, err, "%s: miked is too busy", path);
	return fail_call(c, err, path);
}

int gemcast_control_open(struct gemcast_control *c, const char *path)
{
	c->error[0] = '\0';
	if (c->fd >= 0)
		return fail(c, -EALREADY, "the handle is open");
	if (!c->in)
		c->in = malloc(GEMCAST_MESSAGE_MAX);
	if (!c->in)
		return fail_call(c, -ENOMEM, "control");
	return connect_to(c, path ? path : GEMCAST_CONTROL_PATH);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Until the socket is ready or the deadline is over. */
static int wait_for(struct gemcast_control *c, short events, uint64_t deadline)
{
	struct pollfd pfd = { .fd = c->fd, .events = events };
	uint64_t now;
	int n;

	do {
		now = now_ms();
		if (now >= deadline)
			return fail(c, -ETIMEDOUT, "miked does not answer");
		n = poll(&pfd, 1, deadline - now > 3600000 ? 3600000 : (int)(deadline - now));
	} while (!n || (n < 0 && errno == EINTR));
	return n < 0 ? fail_call(c, -errno, "poll") : 0;
}

/* All of it, its NUL too. miked may have said why it hung up before it read all. */
static int send_text(struct gemcast_control *c, const char *text, uint64_t deadline)
{
	size_t left = strlen(text) + 1;
	ssize_t n;
	int err;

	while (left) {
		n = send(c->fd, text, left, MSG_NOSIGNAL);
		if (n >= 0) {
			text += n;
			left -= (size_t)n;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return fail_call(c, -errno, "send");
		err = wait_for(c, POLLOUT, deadline);
		if (err)
			return err;
	}
	return 0;
}

/* The next answer; NULL and *err. */
static json_t *receive(struct gemcast_control *c, uint64_t deadline, int *err)
{
	json_t *answer;
	char *end;
	ssize_t n;

	while (!(end = memchr(c->in, '\0', c->in_len))) {
		if (c->in_len == GEMCAST_MESSAGE_MAX) {
			*err = fail(c, -EBADMSG, "miked's answer is too long");
			return NULL;
		}
		n = recv(c->fd, c->in + c->in_len, GEMCAST_MESSAGE_MAX - c->in_len, 0);
		if (n > 0) {
			c->in_len += (size_t)n;
			continue;
		}
		if (!n)
			*err = fail(c, -ECONNRESET, "miked hung up");
		else if (errno == EAGAIN || errno == EINTR)
			*err = wait_for(c, POLLIN, deadline);
		else
			*err = fail_call(c, -errno, "receive");
		if (*err)
			return NULL;
	}
	answer = json_loads(c->in, JSON_REJECT_DUPLICATES, NULL);
	end++;
	c->in_len -= (size_t)(end - c->in);
	memmove(c->in, end, c->in_len);
	if (!json_is_object(answer)) {
		json_decref(answer);
		answer = NULL;
		*err = fail(c, -EBADMSG, "miked's answer is no JSON object");
	}
	return answer;
}

/* What is done with the parameters of each answer. */
struct reader {
	const struct gemcast_shape *shape;	/* NULL: they are not looked at */
	int (*fn)(const void *object, void *arg);
	void *arg;
	int result;	/* fn's, once it was not 0 */
};

union answer {
	struct gemcast_membership membership;
	struct gemcast_ks_group ks_group;
	struct gemcast_ks_member ks_member;
	struct gemcast_ks_unfit ks_unfit;
};

static int refused(struct gemcast_control *c, const char *name, const json_t *parameters)
{
	const char *reason = json_string_value(json_object_get(parameters, "reason"));

	return fail(c, gemcast_error_value(name), "%s", reason ? reason : name);
}

/* An empty list is one answer without an object in it. */
static int read_answer(struct gemcast_control *c, struct reader *reader, json_t *answer)
{
	json_t *parameters = json_object_get(answer, "parameters");
	const char *error = json_string_value(json_object_get(answer, "error"));
	union answer object;
	char why[128];

	if (error)
		return refused(c, error, parameters);
	if (!reader->shape || reader->result || !json_object_size(parameters))
		return 0;
	if (gemcast_json_decode(reader->shape, parameters, false, &object, why, sizeof(why)))
		return fail(c, -EBADMSG, "miked's answer makes no sense: %s", why);
	reader->result = reader->fn(&object, reader->arg);
	return 0;
}

static int read_answers(struct gemcast_control *c, struct reader *reader, uint64_t ms)
{
	bool more = true;
	json_t *answer;
	int err = 0;

	while (more && !err) {
		answer = receive(c, now_ms() + ms, &err);
		if (!answer) {
			hang_up(c);
			return err;
		}
		more = json_is_true(json_object_get(answer, "continues"));
		err = read_answer(c, reader, answer);
		if (err && more)
			hang_up(c);
		json_decref(answer);
	}
	return err ? err : reader->result;
}

/* The request, its members from `in`, and its answers within so many milliseconds each. */
static int request(struct gemcast_control *c, const char *method,
		   const struct gemcast_shape *shape, const void *in, uint64_t ms,
		   struct reader *reader)
{
	json_t *message;
	char *text;
	int err;

	c->error[0] = '\0';
	if (c->fd < 0)
		return fail(c, -ENOTCONN, "the handle is not open");
	message = json_pack("{s:s, s:o*}", "method", method, "parameters",
			    gemcast_json_encode(shape, in));
	text = message && json_object_get(message, "parameters") ?
		       json_dumps(message, JSON_COMPACT) : NULL;
	json_decref(message);
	if (!text)
		return fail(c, -EINVAL, "%s: a text that is not UTF-8, or no memory", method);
	if (strlen(text) >= GEMCAST_MESSAGE_MAX) {
		free(text);
		return fail(c, -EMSGSIZE, "%s: longer than a message may be", method);
	}
	err = send_text(c, text, now_ms() + ms);
	free(text);
	if (err) {
		hang_up(c);
		return err;
	}
	return read_answers(c, reader, ms);
}

static int act(struct gemcast_control *c, const char *method, const struct gemcast_shape *shape,
	       const void *in)
{
	struct reader none = { 0 };

	return request(c, method, shape, in, ANSWER_MS, &none);
}

/* A string into a member of a request, if there is one. */
static int put(struct gemcast_control *c, uint64_t *present, unsigned int attr, char *member,
	       size_t size, const char *text)
{
	if (!text)
		return 0;
	if (strlen(text) >= size)
		return fail(c, -EINVAL, "\"%.64s...\": too long", text);
	memcpy(member, text, strlen(text) + 1);
	*present |= GEMCAST_BIT(attr);
	return 0;
}

int gemcast_control_join(struct gemcast_control *c, const struct gemcast_join *join)
{
	uint64_t wait = join->present & GEMCAST_BIT(GEMCAST_JOIN_WAIT) ? join->wait : 0;
	struct reader none = { 0 };

	if (wait > INT64_MAX - ANSWER_MS)
		return fail(c, -EINVAL, "so long nobody can wait");
	return request(c, "join", &gemcast_shape_join, join, wait + ANSWER_MS, &none);
}

static int by_name(struct gemcast_control *c, const char *method, const char *name)
{
	struct gemcast_named named = { 0 };
	int err;

	err = put(c, &named.present, GEMCAST_FIRST, named.name, sizeof(named.name), name);
	return err ? err : act(c, method, &gemcast_shape_named, &named);
}

int gemcast_control_leave(struct gemcast_control *c, const char *name)
{
	return by_name(c, "leave", name);
}

/* The caller's function, called with the struct that it is for. */
struct list {
	union {
		gemcast_membership_fn membership;
		gemcast_ks_group_fn ks_group;
		gemcast_ks_member_fn ks_member;
		gemcast_ks_unfit_fn ks_unfit;
	} fn;
	void *arg;
};

static int list_membership(const void *object, void *arg)
{
	const struct list *list = arg;

	return list->fn.membership(object, list->arg);
}

static int list_ks_group(const void *object, void *arg)
{
	const struct list *list = arg;

	return list->fn.ks_group(object, list->arg);
}

static int list_ks_member(const void *object, void *arg)
{
	const struct list *list = arg;

	return list->fn.ks_member(object, list->arg);
}

static int list_ks_unfit(const void *object, void *arg)
{
	const struct list *list = arg;

	return list->fn.ks_unfit(object, list->arg);
}

static int list_by_name(struct gemcast_control *c, const char *method, const char *name,
			struct reader *reader)
{
	struct gemcast_named named = { 0 };
	int err;

	err = put(c, &named.present, GEMCAST_FIRST, named.name, sizeof(named.name), name);
	return err ? err :
		     request(c, method, &gemcast_shape_filter, &named, ANSWER_MS, reader);
}

int gemcast_control_status(struct gemcast_control *c, const char *name, gemcast_membership_fn fn,
			   void *arg)
{
	struct list list = { .fn.membership = fn, .arg = arg };
	struct reader reader = { &gemcast_shape_membership, list_membership, &list, 0 };

	return list_by_name(c, "status", name, &reader);
}

int gemcast_ks_group_show(struct gemcast_control *c, const char *name, gemcast_ks_group_fn fn,
			  void *arg)
{
	struct list list = { .fn.ks_group = fn, .arg = arg };
	struct reader reader = { &gemcast_shape_ks_group, list_ks_group, &list, 0 };

	return list_by_name(c, "ks.group.show", name, &reader);
}

int gemcast_ks_group_add(struct gemcast_control *c, const char *policy)
{
	struct gemcast_policy_text text = {
		.present = GEMCAST_BIT(GEMCAST_FIRST),
		.policy = policy,
	};

	return act(c, "ks.group.add", &gemcast_shape_policy, &text);
}

int gemcast_ks_group_check(struct gemcast_control *c, const char *policy, gemcast_ks_unfit_fn fn,
			   void *arg)
{
	struct gemcast_policy_text text = {
		.present = GEMCAST_BIT(GEMCAST_FIRST),
		.policy = policy,
	};
	struct list list = { .fn.ks_unfit = fn, .arg = arg };
	struct reader reader = { &gemcast_shape_ks_unfit, list_ks_unfit, &list, 0 };

	return request(c, "ks.group.check", &gemcast_shape_policy, &text, ANSWER_MS, &reader);
}

int gemcast_ks_group_set(struct gemcast_control *c, const char *policy, bool yes)
{
	struct gemcast_policy_text text = {
		.present = GEMCAST_BIT(GEMCAST_FIRST) | GEMCAST_BIT(GEMCAST_SECOND),
		.policy = policy,
		.yes = yes,
	};

	return act(c, "ks.group.set", &gemcast_shape_policy_set, &text);
}

int gemcast_ks_group_del(struct gemcast_control *c, const char *name)
{
	return by_name(c, "ks.group.del", name);
}

int gemcast_ks_member_show(struct gemcast_control *c, const struct gemcast_ks_member *filter,
			   gemcast_ks_member_fn fn, void *arg)
{
	static const struct gemcast_ks_member all;
	struct list list = { .fn.ks_member = fn, .arg = arg };
	struct reader reader = { &gemcast_shape_ks_member, list_ks_member, &list, 0 };

	return request(c, "ks.member.show", &gemcast_shape_ks_member_filter,
		       filter ? filter : &all, ANSWER_MS, &reader);
}

static int change_members(struct gemcast_control *c, const char *method,
			  const struct gemcast_shape *shape, const char *group, const char *role,
			  const char * const *ids, size_t count)
{
	struct gemcast_members members = {
		.present = GEMCAST_BIT(GEMCAST_MEMBERS_IDS),
		.ids = { (const char **)ids, count },
	};
	int err;

	err = put(c, &members.present, GEMCAST_MEMBERS_GROUP, members.group,
		  sizeof(members.group), group);
	if (!err)
		err = put(c, &members.present, GEMCAST_MEMBERS_ROLE, members.role,
			  sizeof(members.role), role);
	return err ? err : act(c, method, shape, &members);
}

int gemcast_ks_member_admit(struct gemcast_control *c, const char *group, const char *role,
			    const char * const *ids, size_t count)
{
	return change_members(c, "ks.member.admit", &gemcast_shape_admit, group, role, ids, count);
}

int gemcast_ks_member_expel(struct gemcast_control *c, const char *group,
			    const char * const *ids, size_t count)
{
	return change_members(c, "ks.member.expel", &gemcast_shape_expel, group, NULL, ids, count);
}

int gemcast_ks_rekey(struct gemcast_control *c, const char *group, bool now)
{
	struct gemcast_rekey rekey = {
		.present = GEMCAST_BIT(GEMCAST_SECOND),
		.now = now,
	};
	int err;

	err = put(c, &rekey.present, GEMCAST_FIRST, rekey.group, sizeof(rekey.group), group);
	return err ? err : act(c, "ks.rekey", &gemcast_shape_rekey, &rekey);
}

int gemcast_control_log_level(struct gemcast_control *c, const char *area, const char *level)
{
	struct gemcast_log_level log = { 0 };
	int err;

	err = put(c, &log.present, GEMCAST_FIRST, log.area, sizeof(log.area), area);
	if (!err)
		err = put(c, &log.present, GEMCAST_SECOND, log.level, sizeof(log.level), level);
	return err ? err : act(c, "log.level", &gemcast_shape_log_level, &log);
}
