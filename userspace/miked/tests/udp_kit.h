/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UDP sockets in a network namespace of a test's own: the loopback interface with
 * 127.0.0.0/8, 192.0.2.1, ::1, 2001:db8::1 and fe80::1, the real ports, and what they hear.
 */
#ifndef MIKED_TESTS_UDP_KIT_H
#define MIKED_TESTS_UDP_KIT_H

#include <stdbool.h>
#include "net/udp.h"

/* The last datagram that came, and how many did. */
struct heard {
	struct net_path path;
	char data[256];
	size_t len;
	unsigned int count;
};

extern sd_event *udp_event;
extern struct net_udp *udp;
extern struct heard heard, heard_group;	/* by the one upcall, and by the other */
extern void (*heard_group_then)(void);	/* called from within it, if not NULL */

/* Of the program; of a test: without sockets yet. */
int udp_kit_enter(void **state);
int udp_kit_begin(void **state);
int udp_kit_end(void **state);

struct gemcast_addr addr(const char *text);
/* Open these, "A,A,..." with these ports; 0 or what net_udp_open() said. */
int open_at(const char *addresses, uint16_t port, uint16_t port2, uint16_t nat_port);
void run_all(void);
/* As bind(). */
int bind_at(int fd, const char *text, uint16_t port);
/* Somebody else's socket, that hears only who it speaks to. */
int client(const char *from, uint16_t from_port, const char *to, uint16_t to_port);
void say(int fd, const char *bytes, size_t len);
void say_to(int fd, const char *to, uint16_t port, const char *bytes, size_t n);
void expect_heard(int fd, const char *bytes, size_t len);
/* To the last that was heard. */
void answer(const char *bytes);
/* A question from @from to @to is understood, and answered from there. */
void expect_talk(const char *from, const char *to, uint16_t port);
/* Nobody listens there. */
void expect_silence(const char *to, uint16_t port);
/* What was logged. */
void logged(char *text, size_t size);

#endif
