/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mcast: sends and receives multicast datagrams that verify themselves. A sender
 * numbers its datagrams and marks the last one; so a receiver knows for itself
 * when a sender is complete, and what is lost, late, doubled or damaged.
 */
#ifndef MCAST_H
#define MCAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define DATAGRAM_MAX	65527	/* IPv6; IPv4 takes 20 less */

int cmd_send(int argc, char **argv);
int cmd_recv(int argc, char **argv);
int cmd_await(int argc, char **argv);

/* mcast.c: usage errors and failed calls end the program with status 2. */
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *fmt, ...);
unsigned long number(const char *text, unsigned long max);
unsigned int interface(const char *name);
/* ADDR as a socket address; @port in host order. */
void address(const char *text, unsigned int port, unsigned int ifindex,
	     struct sockaddr_storage *addr);
socklen_t address_len(const struct sockaddr_storage *addr);
/* Without the port; in a static buffer. */
const char *address_text(const struct sockaddr_storage *addr);
/* @v4 and @v6: level, name of the option for the family of @addr. */
struct option_name {
	int level, name;
};
void set_option(int fd, const struct sockaddr_storage *addr,
		struct option_name v4, struct option_name v6, int value);
/* SIGTERM and SIGINT only set this. */
extern volatile bool stopped;
void catch_signals(void);

/* payload.c */
struct payload {
	uint32_t sender;
	uint32_t seq;
	uint32_t size;		/* of the datagram */
	bool last;
};
#define PAYLOAD_HEADER	20

/* Writes @p->size bytes: header and pattern, or as much as fits of them. */
void payload_write(const struct payload *p, uint8_t *buf);
/* False if damaged; needs PAYLOAD_HEADER bytes or more. */
bool payload_read(struct payload *p, const uint8_t *buf, size_t size);

/*
 * pace.c: a file that receivers tell their progress in, and senders read, so that
 * nobody is ever sent more than it can hold, and no test depends on time.
 */
struct pace;
#define PACE_SENDERS	64

struct pace *pace_open(const char *path);
/* Takes a receiver's row; to be done before anything is sent. */
int pace_join(struct pace *pace);
void pace_progress(struct pace *pace, int row, uint32_t sender, uint32_t count);
/* What the slowest receiver has; 0 without any receiver. */
uint32_t pace_slowest(struct pace *pace, uint32_t sender);
/*
 * Waits until the slowest receiver has @count. False if the signal came, or if
 * nothing moved for @seconds.
 */
bool pace_wait(struct pace *pace, uint32_t sender, uint32_t count,
	       unsigned int seconds);

#endif
