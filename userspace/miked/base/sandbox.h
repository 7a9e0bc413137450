/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon gives up before it reads anything from anywhere: its user, its
 * capabilities but two, core dumps, and system calls that a key daemon never needs.
 */
#ifndef MIKED_BASE_SANDBOX_H
#define MIKED_BASE_SANDBOX_H

#include <stddef.h>

/*
 * Become this user, if started as root, with CAP_NET_ADMIN and CAP_NET_BIND_SERVICE and
 * no other capability; as any other user, keep no more than those two. Nothing can
 * bring more back. 0, or a negative errno value and @why, of @size bytes.
 */
int sandbox_user(const char *user, char *why, size_t size);

/*
 * No core dump, no debugger, and memory that does not go to a swap device. That memory
 * could not be locked is logged and no error: swap may well be encrypted.
 */
int sandbox_memory(char *why, size_t size);

/*
 * From here on, system calls that run programs, change privileges, namespaces, mounts,
 * modules or the clock, look at other processes, or make memory executable fail with
 * EPERM, and so do sockets but IP's, netlink's and Unix's. Threads stay possible,
 * processes do not.
 */
int sandbox_calls(char *why, size_t size);

#endif
