// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module gemcast as the data plane: requests go by one handle of libgemcast, events
 * come by another, so that who is told of an event can make requests.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/log.h"
#include "kernel/kernel.h"
#include "kernel/member.h"
#include "kernel/watch.h"
#include "net/path.h"

#define EVENTS	(GEMCAST_EVENTS_SA | GEMCAST_EVENTS_ACQUIRE | GEMCAST_EVENTS_EXPIRE | \
		 GEMCAST_EVENTS_AUDIT)

/* An SA that was taken away by us, of which the kernel has yet to tell. */
struct deletion {
	struct deletion *next;
	uint32_t group;
	uint32_t spi;
	struct gemcast_addr dst;
	struct gemcast_addr src;
};

struct kernel {
	struct plane plane;
	struct plane_user user;
	sd_event *event;
	int families, links;			/* watched */
	sd_event_source *watching[2];
	struct gemcast_handle *requests;	/* both NULL: there is no module */
	struct gemcast_handle *events;
	sd_event_source *source;		/* of events */
	struct deletion *deletions;		/* the oldest first */
	struct member *members;
	char closed[256];			/* why there are none */
	char why[512];
};

static bool is_deletion_of(const struct deletion *deletion, const struct gemcast_sa *sa)
{
	return deletion->group == sa->group && deletion->spi == sa->spi &&
	       net_addr_equal(&deletion->dst, &sa->dst) &&
	       net_addr_equal(&deletion->src, &sa->src);
}

static void forget_deletions(struct kernel *kernel, const struct deletion *end)
{
	struct deletion *deletion;

	while (kernel->deletions != end) {
		deletion = kernel->deletions;
		kernel->deletions = deletion->next;
		free(deletion);
	}
}

static void keep_deletion(struct kernel *kernel, struct deletion *deletion)
{
	struct deletion **at = &kernel->deletions;

	while (*at)
		at = &(*at)->next;
	*at = deletion;
}

/*
 * Another SA of this name may be there by now: it is not the one that is gone. Events come
 * in the order of what they tell of, so that of those before it none comes any more.
 */
static bool was_deleted_by_us(struct kernel *kernel, const struct gemcast_sa *sa)
{
	const struct deletion *deletion;

	for (deletion = kernel->deletions; deletion; deletion = deletion->next)
		if (is_deletion_of(deletion, sa))
			break;
	if (!deletion)
		return false;
	forget_deletions(kernel, deletion->next);
	return true;
}

static void close_handles(struct kernel *kernel)
{
	forget_deletions(kernel, NULL);
	kernel->source = sd_event_source_disable_unref(kernel->source);
	gemcast_free(kernel->requests);
	gemcast_free(kernel->events);
	kernel->requests = NULL;
	kernel->events = NULL;
}

static bool is_unknown_spi(const struct gemcast_audit *audit)
{
	return audit->reason == GEMCAST_A_STATS_IN_NO_SA &&
	       GEMCAST_HAS(audit, GEMCAST_A_AUDIT_SPI);
}

static int on_gemcast_event(const struct gemcast_event *event, void *arg)
{
	struct kernel *kernel = arg;
	const struct plane_user *user = &kernel->user;

	switch (event->cmd) {
	case GEMCAST_CMD_ACQUIRE_NTF:
		user->acquire(user->context, &event->acquire);
		break;
	case GEMCAST_CMD_EXPIRE_NTF:
		user->expire(user->context, &event->sa, &event->expire);
		break;
	case GEMCAST_CMD_SA_DEL_NTF:
		if (!was_deleted_by_us(kernel, &event->sa))
			user->gone(user->context, &event->sa);
		break;
	case GEMCAST_CMD_AUDIT_NTF:
		if (is_unknown_spi(&event->audit))
			user->unknown_spi(user->context, &event->audit);
		break;
	default:
		break;
	}
	return 0;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct kernel *kernel = arg;
	int err;

	(void)source;
	(void)fd;
	(void)revents;
	err = gemcast_dispatch(kernel->events, on_gemcast_event, kernel);
	if (err) {
		log_warning(AREA_KERNEL, "%s", gemcast_error(kernel->events));
		forget_deletions(kernel, NULL);
		kernel->user.lost(kernel->user.context);
	}
	return 0;
}

static int listen_to_events(struct kernel *kernel)
{
	int err;

	err = gemcast_subscribe(kernel->events, EVENTS);
	if (err)
		return err;
	err = sd_event_add_io(kernel->event, &kernel->source, gemcast_event_fd(kernel->events),
			      EPOLLIN, on_events, kernel);
	return err < 0 ? err : 0;
}

/* What libgemcast says to it, or what the number means. */
static const char *words(const struct gemcast_handle *h, int error)
{
	const char *text = h ? gemcast_error(h) : "";

	return *text ? text : strerror(-error);
}

static void explain(struct kernel *kernel, int error)
{
	const struct gemcast_handle *h = kernel->events;

	if (error == -ENOENT)
		snprintf(kernel->closed, sizeof(kernel->closed),
			 "the module gemcast is not loaded: `modprobe gemcast`");
	else if (error == -EPERM)
		snprintf(kernel->closed, sizeof(kernel->closed),
			 "the module gemcast: CAP_NET_ADMIN is missing");
	else
		snprintf(kernel->closed, sizeof(kernel->closed), "the module gemcast: %s",
			 words(h && *gemcast_error(h) ? h : kernel->requests, error));
	log_warning(AREA_KERNEL, "%s; until then no group can be joined", kernel->closed);
}

/* To look for the family is what makes the kernel load its module, if it may. */
static int open_handles(struct kernel *kernel)
{
	int err = -ENOMEM;

	kernel->requests = gemcast_new();
	kernel->events = gemcast_new();
	if (kernel->requests && kernel->events)
		err = gemcast_open(kernel->requests);
	if (!err)
		err = gemcast_open(kernel->events);
	if (!err)
		err = listen_to_events(kernel);
	if (!err)
		return 0;
	explain(kernel, err);
	close_handles(kernel);
	return err;
}

/* The old handles' family may have another number now, and has none of their events. */
static void open_anew(struct kernel *kernel)
{
	close_handles(kernel);
	if (open_handles(kernel))
		return;
	log_notice(AREA_KERNEL, "the module gemcast is loaded");
	kernel->user.lost(kernel->user.context);
}

static void close_for_now(struct kernel *kernel)
{
	close_handles(kernel);
	snprintf(kernel->closed, sizeof(kernel->closed), "the module gemcast was removed");
	log_error(AREA_KERNEL, "%s, and all SAs and policies with it", kernel->closed);
}

static int on_families(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct kernel *kernel = arg;
	enum watch_news news, last = WATCH_NOTHING;

	(void)source;
	(void)revents;
	while ((news = watch_next(fd)) != WATCH_NOTHING)
		last = news;
	/* Whatever came between the two: what counts is how it is now. */
	if (last == WATCH_UNLOADED)
		close_for_now(kernel);
	else if (last != WATCH_NOTHING)
		open_anew(kernel);
	return 0;
}

static int on_links(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	const struct kernel *kernel = arg;

	(void)source;
	(void)revents;
	watch_drain(fd);
	member_follow(kernel->members);
	kernel->user.links(kernel->user.context);
	return 0;
}

/* Keeps the reason for why(). */
static int result(struct kernel *kernel, int error)
{
	if (error)
		snprintf(kernel->why, sizeof(kernel->why), "%s", words(kernel->requests, error));
	return error;
}

static bool is_closed(struct kernel *kernel)
{
	if (kernel->requests)
		return false;
	snprintf(kernel->why, sizeof(kernel->why), "%s", kernel->closed);
	return true;
}

static int plane_group_add(void *context, uint32_t group)
{
	const struct gemcast_group object = { .present = GEMCAST_BIT(GEMCAST_A_GROUP_ID),
					      .id = group };
	struct kernel *kernel = context;

	if (is_closed(kernel))
		return -ENOTCONN;
	return result(kernel, gemcast_group_replace(kernel->requests, &object));
}

static int plane_group_flush(void *context, uint32_t group)
{
	const struct gemcast_group object = { .present = GEMCAST_BIT(GEMCAST_A_GROUP_ID),
					      .id = group };
	struct kernel *kernel = context;

	if (is_closed(kernel))
		return -ENOTCONN;
	return result(kernel, gemcast_group_flush(kernel->requests, &object));
}

static int plane_policy_add(void *context, const struct gemcast_policy *policy)
{
	struct kernel *kernel = context;

	if (is_closed(kernel))
		return -ENOTCONN;
	return result(kernel, gemcast_policy_replace(kernel->requests, policy));
}

static int plane_policy_del(void *context, const struct gemcast_policy *policy)
{
	struct kernel *kernel = context;

	if (is_closed(kernel))
		return -ENOTCONN;
	return result(kernel, gemcast_policy_del(kernel->requests, policy));
}

static int plane_sa_add(void *context, const struct gemcast_sa *sa)
{
	struct kernel *kernel = context;

	if (is_closed(kernel))
		return -ENOTCONN;
	return result(kernel, gemcast_sa_add(kernel->requests, sa));
}

static int plane_sa_set(void *context, const struct gemcast_sa *sa)
{
	struct kernel *kernel = context;

	if (is_closed(kernel))
		return -ENOTCONN;
	return result(kernel, gemcast_sa_set(kernel->requests, sa));
}

static int plane_sa_del(void *context, const struct gemcast_sa *sa)
{
	struct kernel *kernel = context;
	struct deletion *deletion;
	int err;

	if (is_closed(kernel))
		return -ENOTCONN;
	deletion = malloc(sizeof(*deletion));
	if (!deletion) {
		snprintf(kernel->why, sizeof(kernel->why), "no memory");
		return -ENOMEM;
	}
	*deletion = (struct deletion){
		.group = sa->group, .spi = sa->spi, .dst = sa->dst, .src = sa->src,
	};
	err = gemcast_sa_del(kernel->requests, sa);
	if (err)
		free(deletion);
	else
		keep_deletion(kernel, deletion);
	return result(kernel, err);
}

static int plane_join(void *context, const struct gemcast_addr *group,
		      const struct gemcast_addr *source, const char *dev)
{
	struct kernel *kernel = context;

	return member_join(&kernel->members, group, source, dev, kernel->why,
			   sizeof(kernel->why));
}

static void plane_leave(void *context, const struct gemcast_addr *group,
			const struct gemcast_addr *source, const char *dev)
{
	struct kernel *kernel = context;

	member_leave(&kernel->members, group, source, dev);
}

static const char *plane_why(void *context)
{
	const struct kernel *kernel = context;

	return kernel->why;
}

/*
 * Watching begins first: a module that is loaded meanwhile is not overlooked. That it was
 * loaded because we looked for it is no news. A key server needs none.
 */
static int start(struct kernel *kernel)
{
	int err;

	kernel->families = watch_families();
	if (kernel->families < 0)
		return kernel->families;
	kernel->links = watch_links();
	if (kernel->links < 0)
		return kernel->links;
	err = sd_event_add_io(kernel->event, &kernel->watching[0], kernel->families, EPOLLIN,
			      on_families, kernel);
	if (err >= 0)
		err = sd_event_add_io(kernel->event, &kernel->watching[1], kernel->links, EPOLLIN,
				      on_links, kernel);
	if (err < 0)
		return err;
	err = open_handles(kernel);
	while (!err && watch_next(kernel->families) != WATCH_NOTHING)
		;
	return err == -ENOMEM ? err : 0;
}

int kernel_new(sd_event *event, const struct plane_user *user, struct kernel **out)
{
	struct kernel *kernel = calloc(1, sizeof(*kernel));
	int err;

	if (!kernel)
		return -ENOMEM;
	*kernel = (struct kernel){
		.plane = {
			.context = kernel,
			.group_add = plane_group_add,
			.group_flush = plane_group_flush,
			.policy_add = plane_policy_add,
			.policy_del = plane_policy_del,
			.sa_add = plane_sa_add,
			.sa_set = plane_sa_set,
			.sa_del = plane_sa_del,
			.join = plane_join,
			.leave = plane_leave,
			.why = plane_why,
		},
		.user = *user,
		.event = sd_event_ref(event),
		.families = -1,
		.links = -1,
	};
	err = start(kernel);
	if (err) {
		log_error(AREA_KERNEL, "no way to the kernel: %s", strerror(-err));
		kernel_free(kernel);
		return err;
	}
	*out = kernel;
	return 0;
}

void kernel_free(struct kernel *kernel)
{
	if (!kernel)
		return;
	close_handles(kernel);
	sd_event_source_disable_unref(kernel->watching[0]);
	sd_event_source_disable_unref(kernel->watching[1]);
	if (kernel->families >= 0)
		close(kernel->families);
	if (kernel->links >= 0)
		close(kernel->links);
	member_leave_all(&kernel->members);
	sd_event_unref(kernel->event);
	free(kernel);
}

const struct plane *kernel_plane(const struct kernel *kernel)
{
	return &kernel->plane;
}
