// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libFuzzer target: whatever comes from a client, in pieces of any size, is answered or
 * dropped; all answers are messages, and nothing is left behind. The first byte says in
 * how large pieces, and when the client hangs up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "control/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct control_call *pending;

static int membership(void *context, const struct gemcast_membership *after,
		      struct gemcast_membership *out)
{
	(void)context;
	if (after && after->sas == 3)
		return -ENOENT;
	out->present = GEMCAST_BIT(GEMCAST_MEMBERSHIP_NAME) |
		       GEMCAST_BIT(GEMCAST_MEMBERSHIP_SAS) | GEMCAST_BIT(GEMCAST_MEMBERSHIP_ERROR);
	out->sas = after ? after->sas + 1 : 0;
	memset(out->name, (int)('a' + out->sas), 4);
	/* not UTF-8: the list ends with an error */
	if (out->sas == 3)
		out->error[0] = '\x80';
	return 0;
}

static void forget(void *arg)
{
	(void)arg;
	pending = NULL;
}

static void join(void *context, struct control_call *call, const struct gemcast_join *request)
{
	(void)context;
	if (request->wait) {
		if (pending)
			abort();
		pending = call;
		control_defer(call, forget, NULL);
	} else {
		control_refuse(call, -ENOENT, "%s", request->name);
	}
}

static void named(void *context, struct control_call *call, const char *name)
{
	(void)context;
	control_refuse(call, -EEXIST, "%s", name);
}

static void add(void *context, struct control_call *call, struct conf_group *group)
{
	(void)context;
	conf_group_free(group);
	control_done(call);
}

static int unfit(void *context, const struct conf_group *group,
		 const struct gemcast_ks_unfit *after, struct gemcast_ks_unfit *out)
{
	(void)context;
	if (!*group->name)
		abort();
	if (after)
		return -ENOENT;
	out->present = GEMCAST_BIT(GEMCAST_KS_UNFIT_ID);
	out->id[0] = 'x';
	return 0;
}

static void look(void *context, struct control_call *call, struct conf_group *group)
{
	(void)context;
	control_tell_unfit(call, group);
}

static void set(void *context, struct control_call *call, struct conf_group *group, bool yes)
{
	(void)yes;
	add(context, call, group);
}

static void admit(void *context, struct control_call *call, const char *group, enum conf_role role,
		  const struct conf_identity *ids, size_t count)
{
	(void)context;
	(void)group;
	(void)role;
	if (!count || !ids[count - 1].type)
		abort();
	control_done(call);
}

static const struct control_ops ops = {
	.membership = membership,
	.join = join,
	.leave = named,
	.ks_group_add = add,
	.ks_unfit = unfit,
	.ks_group_check = look,
	.ks_group_set = set,
	.ks_group_del = named,
	.ks_member_admit = admit,
};

/* Every answer is an object with parameters, and an error or not. */
static void check(const char *said, size_t size)
{
	json_t *message = json_loadb(said, size, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(json_object_get(message, "parameters")))
		abort();
	json_decref(message);
}

static char text[GEMCAST_MESSAGE_MAX];
static size_t len;

static void listen_to(int fd)
{
	char *end;
	ssize_t n;

	while ((n = recv(fd, text + len, sizeof(text) - len, MSG_DONTWAIT)) > 0) {
		len += (size_t)n;
		while ((end = memchr(text, '\0', len))) {
			check(text, (size_t)(end - text));
			len -= (size_t)(end + 1 - text);
			memmove(text, end + 1, len);
		}
		if (len == sizeof(text))
			abort();
	}
}

static void turns(sd_event *event)
{
	while (sd_event_run(event, 0) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct conf_control conf = { .clients = 4, .timeout_ms = 60000 };
	struct ucred cred = { 1, 0, 0 };
	struct control *control;
	size_t piece, i;
	sd_event *event;
	int fd[2];

	len = 0;
	for (i = 0; i < AREAS; i++)
		log_set_level((enum log_area)i, LEVEL_ERROR);
	if (!size || sd_event_new(&event) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd))
		return 0;
	control = control_new(event, &conf, &ops, NULL);
	if (!control || client_add(control, fd[0], &cred) < 0)
		abort();
	for (i = 1; i < size; i += piece) {
		piece = data[0] & 0x7f ? data[0] & 0x7f : size;
		piece = piece < size - i ? piece : size - i;
		(void)!send(fd[1], data + i, piece, MSG_NOSIGNAL | MSG_DONTWAIT);
		turns(event);
		listen_to(fd[1]);
		if (pending && data[i] & 1) {
			control_done(pending);
			pending = NULL;
		}
	}
	if (data[0] & 0x80)
		shutdown(fd[1], SHUT_WR);
	else
		close(fd[1]);
	turns(event);
	if (data[0] & 0x80) {
		listen_to(fd[1]);
		close(fd[1]);
	}
	control_free(control);
	sd_event_unref(event);
	if (pending)
		abort();
	return 0;
}
