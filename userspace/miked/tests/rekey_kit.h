/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two ends of a Rekey SA: a key server's, and a member's that was told of it.
 */
#ifndef MIKED_TESTS_REKEY_KIT_H
#define MIKED_TESTS_REKEY_KIT_H

#include "group/rekey_sa.h"

#define REKEY_CIPHERS	6

extern struct crypto rekey_crypto;
extern const struct cipher rekey_ciphers[REKEY_CIPHERS];	/* the first is of conf_rekey's */

struct rekey_pair {
	struct rekey_sa ks, gm;
	struct rekey_partial *partial;
	struct rekey_room room;
	struct wire_message m;		/* the last that was opened */
	struct reason why;
};

/* Once for a program; and at its end. */
void rekey_kit_begin(void);
void rekey_kit_end(void);

/* What is asked for: 239.255.1.1:848 from 192.0.2.1, of aes256gcm16, kw256. */
struct conf_rekey rekey_conf(enum conf_rekey_auth by);
extern const struct gemcast_addr rekey_source;

/* Protect the key server's end by another cipher, with new keys. */
void rekey_recipher(struct rekey_sa *sa, const struct cipher *cipher, uint16_t kwa);
/* Have the member read what the key server says; @before as rekey_sa_read() has it. */
int rekey_tell(const struct rekey_sa *ks, const struct rekey_sa *before, struct rekey_sa *gm,
	       struct reason *why);

void rekey_pair_new(struct rekey_pair *pair, const struct cipher *cipher, uint16_t kwa,
		    enum conf_rekey_auth by);
void rekey_pair_free(struct rekey_pair *pair);

/* A message of the key server's: a Delete and @filler bytes, in datagrams of @threshold. */
void rekey_say(struct rekey_pair *pair, size_t filler, size_t threshold,
	       struct rekey_datagrams *out);
/* A copy of the datagram comes. As rekey_open(). */
int rekey_hear(struct rekey_pair *pair, struct chunk datagram);
/* The same, and it is that message: from now on it is old. */
void rekey_expect(struct rekey_pair *pair, struct chunk datagram, uint32_t id, size_t filler);

#endif
