/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of libgemcast have in common and nobody else sees. */
#ifndef GEMCAST_INTERNAL_H
#define GEMCAST_INTERNAL_H

#include <libmnl/libmnl.h>
#include <stdarg.h>
#include "gemcast.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* No request is longer: an SA's, the longest, has not half of it. */
#define GEMCAST_REQUEST_SIZE	2048
/* What the kernel puts in one datagram of a dump at most. */
#define GEMCAST_ANSWER_SIZE	32768
#define GEMCAST_ERROR_SIZE	512

struct gemcast_handle {
	struct mnl_socket *request;	/* NULL: not open */
	struct mnl_socket *event;	/* NULL: no subscription */
	uint32_t seq;			/* of the last request */
	uint16_t family;
	uint32_t mcgrp[5];		/* by bit of enum gemcast_events; 0: none */
	char error[GEMCAST_ERROR_SIZE];
	_Alignas(struct nlmsghdr) char answer[GEMCAST_ANSWER_SIZE];
};

/* field.c APIs: */
enum gemcast_field_type {
	GEMCAST_FIELD_NONE,	/* padding, or not known */
	GEMCAST_FIELD_FLAG,	/* the presence bit is all of it */
	GEMCAST_FIELD_U8,
	GEMCAST_FIELD_U16,
	GEMCAST_FIELD_U32,
	GEMCAST_FIELD_U64,
	GEMCAST_FIELD_ADDR,	/* struct gemcast_addr */
	GEMCAST_FIELD_STRING,	/* char[size] */
	GEMCAST_FIELD_KEY,	/* struct gemcast_sa's; in requests only */
};

/* Which member of an object's struct an attribute is. */
struct gemcast_field {
	const char *name;
	enum gemcast_field_type type;
	uint16_t offset;
	uint16_t size;
};

/* An object's nest; every object's struct starts with its presence bits. */
struct gemcast_nest {
	const char *name;
	size_t size;
	unsigned int max;
	const struct gemcast_field *fields;
};

/* The nest of a GEMCAST_A_OBJECT_*, NULL if there is none. */
const struct gemcast_nest *gemcast_nest(unsigned int object);
/* The field of an attribute, NULL if it is padding or not known. */
const struct gemcast_field *gemcast_field(const struct gemcast_nest *nest,
					  unsigned int attr);

/* message.c APIs: */
struct nlmsghdr *gemcast_message_start(void *buf, uint16_t family, uint8_t cmd,
				       uint16_t flags, uint32_t seq);
int gemcast_message_put(struct nlmsghdr *nlh, size_t size, unsigned int object,
			const void *in);
int gemcast_message_get(struct gemcast_handle *h, const struct nlmsghdr *nlh,
			unsigned int object, void *out);
void gemcast_message_forget(struct nlmsghdr *nlh);

/* mnl_nlmsg_ok() alone takes a length above INT_MAX for a negative one. */
static inline bool gemcast_message_ok(const struct nlmsghdr *nlh, int len)
{
	return mnl_nlmsg_ok(nlh, len) && nlh->nlmsg_len <= (unsigned int)len;
}

/* extack.c APIs: */
int gemcast_extack(struct gemcast_handle *h, const struct nlmsghdr *answer,
		   const struct nlmsghdr *request);

/* request.c APIs: */
typedef int (*gemcast_answer_fn)(struct gemcast_handle *h,
				 const struct nlmsghdr *nlh, void *arg);
int gemcast_transact(struct gemcast_handle *h, struct nlmsghdr *request,
		     gemcast_answer_fn fn, void *arg);
ssize_t gemcast_receive(struct gemcast_handle *h, const struct mnl_socket *sock,
			int flags);

/* handle.c APIs: */
__attribute__((format(printf, 3, 4)))
int gemcast_fail(struct gemcast_handle *h, int error, const char *format, ...);
int gemcast_fail_call(struct gemcast_handle *h, int error, const char *call);

#endif /* GEMCAST_INTERNAL_H */
