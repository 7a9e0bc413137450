/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the control socket share.
 */
#ifndef MIKED_CONTROL_INTERNAL_H
#define MIKED_CONTROL_INTERNAL_H

#include <sys/socket.h>
#include <jansson.h>
#include "json.h"
#include "control/control.h"

/* Behind what the protocol does: a rekey must not wait for a status. */
#define CONTROL_PRIORITY	(SD_EVENT_PRIORITY_NORMAL + 50)

struct control {
	sd_event *event;
	const struct control_ops *ops;
	void *context;
	struct conf_control conf;
	struct client *clients;
	uint32_t count;
	int fd;				/* -1: not listening */
	dev_t dev;			/* of the socket in the file system */
	ino_t ino;
	sd_event_source *listener;
	sd_event_source *resume;	/* the time to accept again */
	bool crowded;			/* which was logged */
};

/* A list that goes out object by object. */
struct stream {
	/* NULL: none goes on. 0 without an object: the filter left one out. */
	int (*next)(struct client *client, json_t **object);
	union {
		struct gemcast_membership membership;
		struct gemcast_ks_group ks_group;
		struct gemcast_ks_member ks_member;
		struct gemcast_ks_unfit ks_unfit;
	} last, filter;
	struct conf_group *policy;	/* that the list is about; NULL: none */
	bool begun;			/* `last` is what was told last */
	bool one;			/* the filter names it: it is told, or it is not there */
	json_t *ready;			/* an object that is not sent: is there one behind it? */
};

/* The one request of a client that is answered now. */
struct control_call {
	bool active;
	bool deferred;
	void (*forget)(void *arg);
	void *arg;
	sd_event_source *timer;		/* of its `wait` */
	struct stream stream;
};

enum waiting {
	WAITING_NOT_YET,
	WAITING_FOR_US,		/* a request has the time it needs */
	WAITING_FOR_A_REQUEST,
	WAITING_FOR_THE_REST,	/* of a request */
	WAITING_TO_READ,	/* what we answered */
};

struct buffer {
	char *data;
	size_t len;
	size_t size;
};

struct client {
	struct client *next, **link;
	struct control *control;
	struct ucred cred;
	int fd;
	sd_event_source *io;
	sd_event_source *again;		/* there is more to do, without waiting */
	sd_event_source *timer;
	enum waiting waiting;		/* what the timer is for */
	struct buffer in, out;
	size_t out_sent;
	size_t scanned;			/* bytes of `in` without a NUL */
	bool eof;			/* it says no more */
	bool closing;			/* as soon as all was sent */
	bool running;			/* in client_run(): nobody else frees it */
	struct control_call call;
};

/* client.c: takes the descriptor, also if it fails. */
int client_add(struct control *control, int fd, const struct ucred *cred);
void client_free(struct client *client);
/* Do what can be done without waiting. May free the client. */
void client_run(struct client *client);
/* An answer; the reference becomes the client's. */
void client_answer(struct client *client, json_t *parameters, bool more);
void client_refuse(struct client *client, int error, const char *reason);
struct client *client_of(struct control_call *call);
/* The call is over, and was answered. */
void call_end(struct control_call *call);

struct request_of;

struct method {
	const char *name;
	const struct gemcast_shape *shape;	/* of the parameters */
	void (*run)(const struct request_of *r);
};

/* method.c: all of them, and one without a name behind the last. */
extern const struct method control_methods[];
/* One message. */
void method_run(struct client *client, const char *text, size_t len);

/* access.c: who may use the socket. */
bool access_allowed(const struct control *control, int fd, struct ucred *cred);

#endif
