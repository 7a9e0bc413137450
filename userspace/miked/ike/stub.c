// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in for ike/ until that is here.
 */
#include <stdlib.h>
#include "ike/ike.h"

#define WEAK __attribute__((weak))

WEAK bool ike_notify(struct ike_content *c, uint16_t t, struct chunk d) { (void)c; (void)t; (void)d; abort(); }
WEAK void ike_ask(struct ike_sa *sa, struct ike_task *t) { (void)sa; (void)t; abort(); }
WEAK void ike_close(struct ike_sa *sa) { (void)sa; abort(); }
WEAK void *ike_sa_data(const struct ike_sa *sa) { (void)sa; abort(); }
WEAK void ike_sa_set_data(struct ike_sa *sa, void *d) { (void)sa; (void)d; abort(); }
WEAK const struct net_path *ike_sa_path(const struct ike_sa *sa) { (void)sa; abort(); }
WEAK const struct wire_id *ike_sa_peer(const struct ike_sa *sa) { (void)sa; abort(); }
WEAK const char *ike_sa_text(const struct ike_sa *sa) { (void)sa; abort(); }
WEAK uint16_t ike_sa_kwa(const struct ike_sa *sa) { (void)sa; abort(); }
WEAK int ike_sa_wrap_key(const struct ike_sa *sa, struct secret *k) { (void)sa; (void)k; abort(); }
