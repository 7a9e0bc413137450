// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket itself: listening, and who is let in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/log.h"
#include "control/internal.h"

#define BACKLOG		64
#define RESUME_USEC	1000000

struct control *control_new(sd_event *event, const struct conf_control *conf,
			    const struct control_ops *ops, void *context)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return NULL;
	control->event = sd_event_ref(event);
	control->conf = *conf;
	control->ops = ops;
	control->context = context;
	control->fd = -1;
	return control;
}

static int on_resume(sd_event_source *source, uint64_t usec, void *arg)
{
	struct control *control = arg;

	(void)source;
	(void)usec;
	sd_event_source_set_enabled(control->listener, SD_EVENT_ON);
	return 0;
}

/* No descriptor for another client: wait until one is free, the loop must not spin. */
static void pause_accepting(struct control *control, int error)
{
	log_warning(AREA_CONTROL, "%s: accept: %s", control->conf.socket, strerror(error));
	sd_event_source_set_enabled(control->listener, SD_EVENT_OFF);
	sd_event_source_disable_unref(control->resume);
	control->resume = NULL;
	if (sd_event_add_time_relative(control->event, &control->resume, CLOCK_MONOTONIC,
				       RESUME_USEC, 0, on_resume, control) < 0)
		log_error(AREA_CONTROL, "no timer: the control socket waits for a client to leave");
}

static uint32_t count_of(const struct control *control, uid_t uid)
{
	const struct client *client;
	uint32_t count = 0;

	for (client = control->clients; client; client = client->next)
		count += client->cred.uid == uid;
	return count;
}

/* NULL, or why there is no place. One more than all is for root. */
static const char *no_place(const struct control *control, const struct ucred *cred)
{
	if (!cred->uid)
		return control->count > control->conf.clients ? "too many clients" : NULL;
	if (control->count >= control->conf.clients)
		return "too many clients";
	if (count_of(control, cred->uid) >= control->conf.clients_per_user)
		return "too many clients of this user";
	return NULL;
}

/* One line for all of a crowd. */
static void log_refusal(struct control *control, const struct ucred *cred, const char *reason)
{
	if (!control->crowded)
		log_notice(AREA_CONTROL, "process %d of user %u is refused: %s", cred->pid,
			   cred->uid, reason);
	control->crowded = true;
}

/* Who is not let in is told why, if that can be done without waiting. */
static void turn_away(int fd, int error, const char *reason)
{
	char message[128];
	int len;

	len = snprintf(message, sizeof(message),
		       "{\"error\":\"%s\",\"parameters\":{\"reason\":\"%s\"}}",
		       gemcast_error_name(error), reason);
	if (len > 0)
		(void)!send(fd, message, (size_t)len + 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}

static int on_accept(sd_event_source *source, int listener, uint32_t events, void *arg)
{
	struct control *control = arg;
	const char *reason;
	struct ucred cred = { 0 };
	int fd;

	(void)source;
	(void)events;
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			pause_accepting(control, errno);
		return 0;
	}
	if (!access_allowed(control, fd, &cred)) {
		log_refusal(control, &cred, "not permitted");
		turn_away(fd, -EACCES, "not permitted: be root, or in the group that miked.conf names");
		return 0;
	}
	reason = no_place(control, &cred);
	if (reason) {
		log_refusal(control, &cred, reason);
		turn_away(fd, -EBUSY, reason);
		return 0;
	}
	control->crowded = false;
	if (client_add(control, fd, &cred) < 0)
		log_error(AREA_CONTROL, "no memory for a client");
	return 0;
}

/* True if somebody listens there. */
static bool is_alive(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	/* Whatever else is wrong, its queue may be full, somebody listens. */
	alive = !connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
		errno != ECONNREFUSED;
	close(fd);
	return alive;
}

bool control_taken(const struct conf_control *conf)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct stat st;

	memcpy(addr.sun_path, conf->socket, sizeof(addr.sun_path));
	return !lstat(addr.sun_path, &st) && S_ISSOCK(st.st_mode) && is_alive(&addr);
}

/* A socket that was left by one who died; never any other file. */
static int remove_stale(const struct sockaddr_un *addr)
{
	struct stat st;

	if (lstat(addr->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode) || is_alive(addr))
		return -EADDRINUSE;
	return unlink(addr->sun_path) ? -errno : 0;
}

/* Without the right to give the file away, credentials alone decide. */
static int set_mode(const struct control *control)
{
	const char *path = control->conf.socket;
	mode_t mode = 0600;

	if (control->conf.gid != (gid_t)-1)
		mode = chown(path, (uid_t)-1, control->conf.gid) ? 0666 : 0660;
	return chmod(path, mode) ? -errno : 0;
}

/* Nobody can connect before it is known who may: the mode is set before listen(). */
static int bind_socket(struct control *control)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct conf_control *conf = &control->conf;
	mode_t mask;
	struct stat st;
	int err;

	memcpy(addr.sun_path, conf->socket, sizeof(addr.sun_path));
	err = remove_stale(&addr);
	if (err)
		return err;
	mask = umask(0177);
	err = bind(control->fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
	umask(mask);
	if (err || stat(addr.sun_path, &st))
		return err ? err : -errno;
	control->dev = st.st_dev;
	control->ino = st.st_ino;
	err = set_mode(control);
	return err || !listen(control->fd, BACKLOG) ? err : -errno;
}

int control_listen(struct control *control)
{
	int err;

	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	err = control->fd < 0 ? -errno : bind_socket(control);
	if (!err)
		err = sd_event_add_io(control->event, &control->listener, control->fd, EPOLLIN,
				      on_accept, control);
	if (err >= 0)
		err = sd_event_source_set_priority(control->listener, CONTROL_PRIORITY);
	if (err >= 0)
		return 0;
	log_error(AREA_CONTROL, "%s: %s", control->conf.socket,
		  err == -EADDRINUSE ? "another miked runs, or this is no socket" :
				       strerror(-err));
	return err;
}

/* Another one may have the path by now. */
static bool is_ours(const struct control *control)
{
	struct stat st;

	return control->ino && !lstat(control->conf.socket, &st) && st.st_dev == control->dev &&
	       st.st_ino == control->ino;
}

void control_reload(struct control *control, const struct conf_control *conf)
{
	char path[sizeof(conf->socket)];

	if (strcmp(control->conf.socket, conf->socket) != 0)
		log_warning(AREA_CONF, "control.socket: a change needs a restart");
	memcpy(path, control->conf.socket, sizeof(path));
	control->conf = *conf;
	memcpy(control->conf.socket, path, sizeof(path));
	if (is_ours(control) && set_mode(control))
		log_error(AREA_CONTROL, "%s: %s", path, strerror(errno));
}

void control_free(struct control *control)
{
	if (!control)
		return;
	while (control->clients)
		client_free(control->clients);
	if (is_ours(control))
		unlink(control->conf.socket);
	sd_event_source_disable_unref(control->listener);
	sd_event_source_disable_unref(control->resume);
	if (control->fd >= 0)
		close(control->fd);
	sd_event_unref(control->event);
	free(control);
}
