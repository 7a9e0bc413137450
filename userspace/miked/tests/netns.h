/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network namespace of a test's own, with nothing in it but the loopback interface.
 */
#ifndef MIKED_TESTS_NETNS_H
#define MIKED_TESTS_NETNS_H

#include <stdbool.h>

/* False, and a message: it is not allowed here. As root or, by a user namespace, as anybody. */
bool netns_enter(void);
/* @name is the interface, or an alias of it. */
void netns_add_address(const char *name, const char *addr);
/* It can be used when this returns. */
void netns_add_address6(const char *addr, unsigned int prefix);
/*
 * An Ethernet interface, which IPv6's multicast needs, with an address; false: there is no
 * veth here. It can be used when this returns.
 */
bool netns_add_ethernet(const char *name, const char *addr6);

#endif
