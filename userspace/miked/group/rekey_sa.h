/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Rekey SA of a group (RFC 9838 2.4.1): what goes over it, the key server tells all
 * members at once. Key server and member share this file: its policy and keys as GSA and
 * KD have them, and GSA_REKEY messages, sealed and opened. No I/O and no clock.
 */
#ifndef MIKED_GROUP_REKEY_SA_H
#define MIKED_GROUP_REKEY_SA_H

#include "conf/conf.h"
#include "crypto/keymat.h"
#include "crypto/sign.h"
#include "net/path.h"
#include "wire/message.h"

/* ENCR and INTEG, GCAUTH, KWA (RFC 9838 table 2). */
#define REKEY_TRANSFORMS	4
/* Datagrams that one message may become (RFC 7383). */
#define REKEY_MAX_FRAGMENTS	64
/* Message IDs whose datagrams a member puts together at one time. */
#define REKEY_MAX_PARTIAL	4

struct rekey_sa {
	uint8_t spi[WIRE_GIKE_SPI_LEN];
	struct cipher cipher;
	uint16_t kwa;			/* KW_5649_* */
	const struct scheme *scheme;	/* how messages are signed; NULL: implicit */
	struct key key;			/* by what: the pair, or at a member AUTH_KEY */
	struct secret keymat;		/* GSK_e, GSK_a, GSK_w: `keys` are parts of it */
	struct rekey_keys keys;
	struct wire_ts src, dst;	/* from where to where messages go */
	uint32_t next_id;		/* of the next message: to be sent, or the least expected */
};

/*
 * Key server: a new one, of random keys, by the group's configuration. The caller has
 * chosen sa->spi, which no other has. @source: where messages come from; AF_UNSPEC:
 * anywhere. @before: the one that it follows, whose pair it signs by; NULL, or it signs in
 * another way: by a new pair, which members must be told (AUTH_KEY: key_to_spki()).
 * 0 or a negative errno value.
 */
int rekey_sa_new(const struct crypto *crypto, const struct conf_rekey *conf,
		 const struct gemcast_addr *source, const struct rekey_sa *before,
		 struct rekey_sa *sa);
void rekey_sa_free(struct rekey_sa *sa);

/* Key server: its keys as bytes, for a place that keeps secrets; @keys is the caller's to free. */
int rekey_sa_pack(const struct rekey_sa *sa, struct secret *keys);
/*
 * One that was made by rekey_sa_new(), anew, by the same configuration; spi and next_id are
 * the caller's. -EBADMSG: these are not its keys.
 */
int rekey_sa_unpack(const struct crypto *crypto, const struct conf_rekey *conf,
		    const struct gemcast_addr *source, struct chunk keys, struct rekey_sa *sa);

/*
 * Its policy, but lifetime and GSA_NEXT_SPI; it points into @sa and @transforms. GCAUTH
 * and GSA_INITIAL_MESSAGE_ID are of a registration alone.
 */
void rekey_sa_policy(const struct rekey_sa *sa, bool registration,
		     struct wire_transform transforms[REKEY_TRANSFORMS],
		     struct wire_policy *policy);

/*
 * Member: what a policy of PROTO_GIKE_UPDATE says. @auth_key: AUTH_KEY, empty if there is
 * none. @before: in a rekey, the one that it follows, which says how messages are
 * authenticated, and by what key if there is no other; NULL: a registration. @keymat is
 * taken over, whatever comes of it. 0; -ENOTSUP: well formed, and not what we can do;
 * -EPROTO: what a key server must not say; -ENOMEM. @why has the words.
 */
int rekey_sa_read(const struct crypto *crypto, const struct wire_policy *policy,
		  struct chunk auth_key, const struct rekey_sa *before, struct secret *keymat,
		  struct rekey_sa *sa, struct reason *why);

/*
 * Member: another AUTH_KEY for the messages to come (RFC 9838 2.4.1). As rekey_sa_read();
 * an error leaves the old one.
 */
int rekey_sa_auth_key(const struct crypto *crypto, struct rekey_sa *sa, struct chunk auth_key,
		      struct reason *why);

/* Where its messages are received; interface and ttl are the caller's. */
void rekey_sa_group(const struct rekey_sa *sa, struct net_group *group);

/* Does a datagram belong to it, by its SPI? Both halves of the header's are the Rekey SA's. */
bool rekey_sa_owns(const struct rekey_sa *sa, struct chunk datagram);

/* A message as it goes: the same datagrams each time (RFC 9838 2.4.1.3). */
struct rekey_datagrams {
	size_t n;
	struct chunk datagram[REKEY_MAX_FRAGMENTS];
	uint8_t *bytes;			/* all of them */
};

/*
 * Seal @m, whose header is filled in here, as message sa->next_id, which becomes one more:
 * signed and encrypted, in datagrams of at most @threshold bytes. An error leaves
 * next_id as it was. -EOVERFLOW: no Message ID is left; -EMSGSIZE: too long.
 */
int rekey_seal(const struct crypto *crypto, struct rekey_sa *sa, struct wire_message *m,
	       size_t threshold, struct rekey_datagrams *out);
void rekey_datagrams_free(struct rekey_datagrams *datagrams);

/* What a member needs to open messages: large, one is enough for all Rekey SAs of a daemon. */
struct rekey_room {
	struct wire_room wire;
	struct secret whole;		/* the last message that came in fragments */
};

/* Fragments of messages that are not whole yet; zeroed at first. */
struct rekey_partial;

/*
 * A datagram came, which is overwritten. 1: @m is a whole message, authentic and new; it
 * lives until the next call, and the caller sets next_id behind it when it was taken in.
 * 0: a fragment, others are missing. Negative, and @why: -EALREADY: an old Message ID;
 * -EBADMSG: not authentic; -EPROTO: malformed; -ENOMEM.
 */
int rekey_open(const struct crypto *crypto, const struct rekey_sa *sa,
	       struct rekey_partial **partial, struct rekey_room *room, uint8_t *datagram,
	       size_t len, struct wire_message *m, struct reason *why);
void rekey_partial_free(struct rekey_partial *partial);
void rekey_room_free(struct rekey_room *room);

#endif
