// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One client of the control socket: its messages in, one at a time, and the answers
 * out. Everything is bounded: what is read before it is answered, what waits to be
 * sent, and the time for both. Whoever goes beyond is dropped, and told why.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "base/log.h"
#include "control/internal.h"

/* No list goes on while so much of it waits to be sent. */
#define OUT_ENOUGH	65536
/* Messages and lists go so far in one turn of the loop. */
#define STEPS		16
#define OBJECTS		1000
#define IDLE_FACTOR	6
#define USEC_PER_MSEC	1000

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg);
static int on_again(sd_event_source *source, void *arg);
static int on_time(sd_event_source *source, uint64_t usec, void *arg);

static bool buffer_grow(struct buffer *buffer, size_t more)
{
	size_t size = buffer->size ? buffer->size : 512;
	char *data;

	while (size < buffer->len + more)
		size *= 2;
	if (size == buffer->size)
		return true;
	data = realloc(buffer->data, size);
	if (!data)
		return false;
	buffer->data = data;
	buffer->size = size;
	return true;
}

/* Most clients say little, and stay: what a large message took is given back. */
static void buffer_reset(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

struct client *client_of(struct control_call *call)
{
	return (struct client *)((char *)call - offsetof(struct client, call));
}

__attribute__((format(printf, 2, 3)))
static void drop(struct client *client, const char *format, ...)
{
	char reason[128];
	va_list ap;

	if (client->closing)
		return;
	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	log_notice(AREA_CONTROL, "process %d of user %u is dropped: %s", client->cred.pid,
		   client->cred.uid, reason);
	client_refuse(client, -EPERM, reason);
	client->closing = true;
}

static void forget_call(struct control_call *call)
{
	if (call->deferred)
		call->forget(call->arg);
	call_end(call);
}

void call_end(struct control_call *call)
{
	json_decref(call->stream.ready);
	conf_group_free(call->stream.policy);
	sd_event_source_disable_unref(call->timer);
	memset(call, 0, sizeof(*call));
}

void client_free(struct client *client)
{
	*client->link = client->next;
	if (client->next)
		client->next->link = client->link;
	client->control->count--;
	if (client->control->listener)
		sd_event_source_set_enabled(client->control->listener, SD_EVENT_ON);
	forget_call(&client->call);
	sd_event_source_disable_unref(client->io);
	sd_event_source_disable_unref(client->again);
	sd_event_source_disable_unref(client->timer);
	close(client->fd);
	buffer_reset(&client->in);
	buffer_reset(&client->out);
	free(client);
}

static int add_sources(struct client *client)
{
	sd_event *event = client->control->event;
	int err;

	err = sd_event_add_io(event, &client->io, client->fd, EPOLLIN, on_io, client);
	if (err < 0)
		return err;
	err = sd_event_add_defer(event, &client->again, on_again, client);
	if (err < 0)
		return err;
	err = sd_event_add_time(event, &client->timer, CLOCK_MONOTONIC, 0, 1000, on_time, client);
	if (err < 0)
		return err;
	sd_event_source_set_priority(client->io, CONTROL_PRIORITY);
	sd_event_source_set_priority(client->again, CONTROL_PRIORITY);
	sd_event_source_set_priority(client->timer, CONTROL_PRIORITY);
	sd_event_source_set_enabled(client->again, SD_EVENT_OFF);
	return sd_event_source_set_enabled(client->timer, SD_EVENT_OFF);
}

int client_add(struct control *control, int fd, const struct ucred *cred)
{
	struct client *client = calloc(1, sizeof(*client));
	int err;

	if (!client) {
		close(fd);
		return -ENOMEM;
	}
	client->control = control;
	client->fd = fd;
	client->cred = *cred;
	client->next = control->clients;
	client->link = &control->clients;
	if (client->next)
		client->next->link = &client->next;
	control->clients = client;
	control->count++;
	err = add_sources(client);
	if (err < 0) {
		client_free(client);
		return err;
	}
	client_run(client);
	return 0;
}

/* The text, with its NUL, to what goes out. */
static void put(struct client *client, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0;

	if (!text || !buffer_grow(&client->out, len)) {
		log_error(AREA_CONTROL, "no memory for an answer");
		client->closing = true;
		return;
	}
	memcpy(client->out.data + client->out.len, text, len);
	client->out.len += len;
}

static void put_json(struct client *client, json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;

	json_decref(message);
	put(client, text);
	free(text);
}

void client_answer(struct client *client, json_t *parameters, bool more)
{
	json_t *message = parameters ? json_pack("{s:o}", "parameters", parameters) : NULL;

	if (message && more && json_object_set_new(message, "continues", json_true())) {
		json_decref(message);
		message = NULL;
	}
	put_json(client, message);
}

/* What a peer said may be in the reason: it may not be text. */
void client_refuse(struct client *client, int error, const char *reason)
{
	json_t *text = json_string(reason);

	if (!text)
		text = json_string("it cannot be said in UTF-8");
	put_json(client, json_pack("{s:s, s:{s:o}}", "error", gemcast_error_name(error),
				   "parameters", "reason", text));
}

void control_defer(struct control_call *call, void (*forget)(void *arg), void *arg)
{
	call->deferred = true;
	call->forget = forget;
	call->arg = arg;
}

/* The answer is there; the rest is done here, or by client_run() if that called us. */
static void answered(struct control_call *call)
{
	struct client *client = client_of(call);

	call_end(call);
	if (!client->running)
		client_run(client);
}

void control_done(struct control_call *call)
{
	client_answer(client_of(call), json_object(), false);
	answered(call);
}

void control_refuse(struct control_call *call, int error, const char *format, ...)
{
	char reason[GEMCAST_REASON_SIZE];
	va_list ap;

	va_start(ap, format);
	vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	client_refuse(client_of(call), error, reason);
	answered(call);
}

/* True if all was sent. */
static bool send_out(struct client *client)
{
	struct buffer *out = &client->out;
	ssize_t n;

	while (client->out_sent < out->len) {
		n = send(client->fd, out->data + client->out_sent, out->len - client->out_sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			/* Nobody is there to read it. */
			client->closing = true;
			break;
		}
		client->out_sent += (size_t)n;
	}
	client->out_sent = 0;
	if (out->size)
		buffer_reset(out);
	return true;
}

/* An empty list is one answer without an object in it. */
static void end_stream(struct client *client)
{
	struct stream *stream = &client->call.stream;

	if (stream->ready)
		client_answer(client, stream->ready, false);
	else if (stream->one)
		client_refuse(client, -ENOENT, "there is no group of this name");
	else
		client_answer(client, json_object(), false);
	stream->ready = NULL;
	call_end(&client->call);
}

/*
 * More of a list. Whether an object is the last of it is known when there is no other
 * behind it, so one is always held back.
 */
static void stream_more(struct client *client)
{
	struct stream *stream = &client->call.stream;
	json_t *object;
	int i, err;

	for (i = 0; i < OBJECTS && client->out.len < OUT_ENOUGH; i++) {
		object = NULL;
		err = stream->next(client, &object);
		if (err == -ENOENT) {
			end_stream(client);
			return;
		}
		if (err) {
			client_refuse(client, err, "the list cannot be told");
			call_end(&client->call);
			return;
		}
		if (object && stream->ready)
			client_answer(client, stream->ready, true);
		if (object)
			stream->ready = object;
	}
}

/* Where the first message in the buffer ends, NULL if it is not whole. */
static const char *message_end(struct client *client)
{
	struct buffer *in = &client->in;
	const char *end;

	if (client->scanned == in->len)
		return NULL;
	end = memchr(in->data + client->scanned, '\0', in->len - client->scanned);
	if (!end)
		client->scanned = in->len;
	return end;
}

static void read_in(struct client *client)
{
	struct buffer *in = &client->in;
	size_t room = 4096;
	ssize_t n;

	if (in->len + room > GEMCAST_MESSAGE_MAX)
		room = GEMCAST_MESSAGE_MAX - in->len;
	if (!buffer_grow(in, room)) {
		drop(client, "no memory");
		return;
	}
	n = recv(client->fd, in->data + in->len, room, MSG_DONTWAIT);
	if (n > 0)
		in->len += (size_t)n;
	else if (!n || (errno != EAGAIN && errno != EINTR))
		client->eof = true;
	if (in->len == GEMCAST_MESSAGE_MAX && !message_end(client))
		drop(client, "a message of more than %d bytes", GEMCAST_MESSAGE_MAX);
}

static void run_message(struct client *client, const char *end)
{
	struct buffer *in = &client->in;
	size_t len = (size_t)(end - in->data);

	method_run(client, in->data, len);
	in->len -= len + 1;
	memmove(in->data, in->data + len + 1, in->len);
	client->scanned = 0;
	if (!in->len)
		buffer_reset(in);
}

/* True if something was done, and there may be more. */
static bool step(struct client *client)
{
	const char *end;

	if (client->out.len && !send_out(client))
		return false;
	if (client->closing)
		return false;
	if (client->call.active) {
		if (!client->call.stream.next)
			return false;
		stream_more(client);
		return true;
	}
	end = message_end(client);
	if (!end) {
		/* Half a message is none. */
		client->closing = client->eof;
		return false;
	}
	run_message(client, end);
	return true;
}

static enum waiting waiting_for(const struct client *client)
{
	if (client->out.len)
		return WAITING_TO_READ;
	if (client->call.active)
		return WAITING_FOR_US;
	return client->in.len ? WAITING_FOR_THE_REST : WAITING_FOR_A_REQUEST;
}

/*
 * The time counts from when the wait began, or from when something was whole: who sends
 * or reads byte by byte gains nothing by it.
 */
static void set_timer(struct client *client, bool progress)
{
	uint64_t now, usec = client->control->conf.timeout_ms * USEC_PER_MSEC;
	enum waiting waiting = waiting_for(client);

	if (waiting == client->waiting && !progress)
		return;
	client->waiting = waiting;
	if (waiting == WAITING_FOR_A_REQUEST)
		usec *= IDLE_FACTOR;
	sd_event_now(client->control->event, CLOCK_MONOTONIC, &now);
	sd_event_source_set_time(client->timer, now + usec);
	sd_event_source_set_enabled(client->timer, waiting == WAITING_FOR_US ? SD_EVENT_OFF :
									       SD_EVENT_ON);
}

static void set_events(struct client *client)
{
	uint32_t events = 0;

	if (client->out.len)
		events = EPOLLOUT;
	else if (!client->eof && !client->call.active)
		events = EPOLLIN;
	sd_event_source_set_io_events(client->io, events);
}

void client_run(struct client *client)
{
	bool more = true;
	int steps;

	client->running = true;
	for (steps = 0; steps < STEPS && more; steps++)
		more = step(client);
	client->running = false;
	if (client->closing && !client->out.len) {
		client_free(client);
		return;
	}
	sd_event_source_set_enabled(client->again, more ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	set_events(client);
	set_timer(client, steps > 1);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct client *client = arg;

	(void)source;
	(void)fd;
	if (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)) {
		client_free(client);
		return 0;
	}
	if (events & EPOLLIN && !client->call.active && !client->out.len)
		read_in(client);
	client_run(client);
	return 0;
}

static int on_again(sd_event_source *source, void *arg)
{
	(void)source;
	client_run(arg);
	return 0;
}

static int on_time(sd_event_source *source, uint64_t usec, void *arg)
{
	struct client *client = arg;

	(void)source;
	(void)usec;
	if (client->closing) {
		client_free(client);
		return 0;
	}
	if (client->out.len)
		drop(client, "it does not read its answer");
	else if (client->in.len)
		drop(client, "it sends but half a message");
	else
		drop(client, "it has nothing to say");
	/* Nobody reads: what could not be sent is lost. */
	send_out(client);
	client_free(client);
	return 0;
}
