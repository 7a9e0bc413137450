/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy of a data SA (RFC 9838 4.4.2) in the words of the configuration and back:
 * which packets, and what ESP does with them. Key server and member share it. Where a
 * function returns a reason, NULL is success and the text a constant.
 */
#ifndef MIKED_GROUP_SELECTOR_H
#define MIKED_GROUP_SELECTOR_H

#include "conf/conf.h"
#include "wire/message.h"

/* Source and destination Traffic Selector of these packets. */
void selector_to_wire(const struct conf_selector *selector, struct wire_ts *src,
		      struct wire_ts *dst);

/*
 * The reverse. Addresses must be ranges that are a prefix, and the destination multicast
 * (RFC 9838 4.4.2). A source of all addresses becomes AF_UNSPEC.
 */
const char *selector_from_wire(const struct wire_ts *src, const struct wire_ts *dst,
			       struct conf_selector *selector);

bool selector_equal(const struct conf_selector *a, const struct conf_selector *b);

/* Is each packet that @inner selects one of @outer's? For the GPAD. */
bool selector_within(const struct conf_selector *inner, const struct conf_selector *outer);

/* Is @addr one of @prefix, AF_UNSPEC being all? */
bool prefix_has(const struct conf_prefix *prefix, const struct gemcast_addr *addr);

/* ENCR with its Key Length, SN; no INTEG, as all of conf_esp are AEADs (table 2). */
#define ESP_TRANSFORMS	2

/*
 * The transforms of a policy. @sequential: sequence numbers are unique, so that replays
 * can be told (RFC 9838 4.4.2.1.3).
 */
void esp_to_wire(const struct conf_esp *esp, bool sequential,
		 struct wire_transform transforms[ESP_TRANSFORMS]);

/* Is something in the policy that nobody here knows what it does (RFC 7296 3.3.6)? */
bool policy_has_unknown(const struct wire_policy *policy);

/*
 * What a policy, of PROTO_ESP, encrypts by. A reason: it is well formed, but not
 * installable here, which a member answers by NO_PROPOSAL_CHOSEN (RFC 9838 2.3.2).
 */
const char *esp_from_wire(const struct wire_policy *policy, struct conf_esp *esp,
			  bool *sequential);

/* May two packets under one key never have the same IV, so that senders need Sender-IDs? */
bool esp_is_counter(const struct conf_esp *esp);

/* Bytes of keying material: the key and what salt it has (RFC 4106 8.1, RFC 4543 5.1). */
size_t esp_keymat_len(const struct conf_esp *esp);

#endif
