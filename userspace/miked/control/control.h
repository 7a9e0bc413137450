/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: what administrators and programs ask of the daemon, as
 * Documentation/control.md has it. What is asked is done by control_ops, which the
 * daemon fills in; here are messages, and clients that may be slow or hostile.
 */
#ifndef MIKED_CONTROL_CONTROL_H
#define MIKED_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <gemcast.h>
#include "conf/conf.h"

struct control;

/*
 * A request that is not answered yet. Its op ends it by control_done() or
 * control_refuse(), and does not touch it after, or else calls control_defer().
 */
struct control_call;

void control_done(struct control_call *call);

/* @error: a negative errno value, which is told by the name that control.md gives it. */
__attribute__((format(printf, 3, 4)))
void control_refuse(struct control_call *call, int error, const char *format, ...);

/* It is answered with the list of ks_unfit(); the group becomes the call's. */
void control_tell_unfit(struct control_call *call, struct conf_group *group);

/*
 * The call is ended later, by one of those two. Should its client go away, or its time be over, @forget is
 * called instead, and the call is gone when it returns.
 */
void control_defer(struct control_call *call, void (*forget)(void *arg), void *arg);

/*
 * What is asked, in the daemon's terms; an op that is NULL is not supported. Requests
 * are good until the op returns.
 *
 * Lists are told one object at a time, in the order of their keys: the first whose key
 * is above that of @after, or the first of all if that is NULL. 0, or -ENOENT: no more.
 * The list may change between two calls.
 */
struct control_ops {
	/* Keys: name; group, then id. */
	int (*membership)(void *context, const struct gemcast_membership *after,
			  struct gemcast_membership *out);
	int (*ks_group)(void *context, const struct gemcast_ks_group *after,
			struct gemcast_ks_group *out);
	int (*ks_member)(void *context, const struct gemcast_ks_member *after,
			 struct gemcast_ks_member *out);

	/* With `wait`, the call is ended when the keys are there, or cannot be. */
	void (*join)(void *context, struct control_call *call, const struct gemcast_join *join);
	void (*leave)(void *context, struct control_call *call, const char *name);
	/* The group becomes the op's: conf_group_free(). */
	void (*ks_group_add)(void *context, struct control_call *call, struct conf_group *group);
	void (*ks_group_del)(void *context, struct control_call *call, const char *name);
	/* Key: id. The members that could not live with another policy of their group. */
	int (*ks_unfit)(void *context, const struct conf_group *group,
			const struct gemcast_ks_unfit *after, struct gemcast_ks_unfit *out);
	/* Ended by control_tell_unfit(), unless it is refused. The group becomes the op's. */
	void (*ks_group_check)(void *context, struct control_call *call,
			       struct conf_group *group);
	void (*ks_group_set)(void *context, struct control_call *call, struct conf_group *group,
			     bool yes);
	void (*ks_member_admit)(void *context, struct control_call *call, const char *group,
				enum conf_role role, const struct conf_identity *ids,
				size_t count);
	void (*ks_member_expel)(void *context, struct control_call *call, const char *group,
				const struct conf_identity *ids, size_t count);
	void (*ks_rekey)(void *context, struct control_call *call, const char *group, bool now);
};

/*
 * True if another miked listens at this path: to be asked before anything is begun that
 * would be in its way. control_listen() has the last word.
 */
bool control_taken(const struct conf_control *conf);

/* NULL: no memory. @ops and @context have to stay. */
struct control *control_new(sd_event *event, const struct conf_control *conf,
			    const struct control_ops *ops, void *context);

/*
 * Listen at the configuration's path. A socket that nobody listens at any more is
 * replaced. 0, or a negative errno value that was logged; -EADDRINUSE: somebody does.
 */
int control_listen(struct control *control);

/* New limits, and another group; the path stays. */
void control_reload(struct control *control, const struct conf_control *conf);

/* Forgets every call, drops every client, removes the socket if it is still ours. */
void control_free(struct control *control);

#endif
