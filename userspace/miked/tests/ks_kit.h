/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A key server without the rest of the daemon: IKE SAs are stand-ins (the linker wraps
 * ike_*), what it says goes through the codec as on the wire, and members are tables of
 * what they were told. Each thing that a member gets is held against what must never
 * happen: a Sender-ID twice under one SA, an SPI twice, a key in two SAs.
 */
#ifndef MIKED_TESTS_KS_KIT_H
#define MIKED_TESTS_KS_KIT_H

#include "crypto/crypto.h"
#include "group/hello.h"
#include "group/ks.h"
#include "group/rekey_sa.h"
#include "wire/message.h"

#define KIT_MAX_SAS	64
#define KIT_MAX_SIDS	64

/* A data SA that a member holds. */
struct kit_held {
	uint32_t spi;
	uint32_t lifetime;	/* seconds, as it was told */
	uint64_t got;
	struct wire_ts src, dst;
	uint16_t encr, key_bits, sn;
	uint8_t keymat[64];
	size_t keymat_len;
};

/* The stand-in, and the member at its end. */
struct ike_sa {
	void *data;
	struct net_path path;
	struct wire_id id;
	uint8_t id_data[512];
	char text[128];
	uint16_t kwa;
	uint8_t gsk_w[32];
	bool closed;
	bool deaf, mute;		/* hears nothing; hears, and its answers are late */
	bool no_fragments;		/* it puts none together */
	uint32_t answered;		/* so many of its requests */
	uint16_t error;			/* what it answers to rekeys; 0: none */
	struct ike_task *tasks;		/* asked, not built yet */
	struct ike_task *sent;		/* built, not answered */
	/* the member */
	unsigned int registration;	/* a number of its own for each */
	bool sender, transport, excluded;
	uint32_t asked;
	struct kit_held sas[KIT_MAX_SAS];
	size_t n_sas;
	uint32_t sids[KIT_MAX_SIDS];
	size_t n_sids;
	bool has_bits, has_atd, has_dtd;
	uint16_t bits, atd, dtd;
	size_t rekeys, deletes;		/* so many messages */
	size_t retold;			/* SAs that it had already */
	/* by multicast */
	struct rekey_sa rekey, heir;	/* in use; and the one that follows it */
	bool has_rekey, has_heir;	/* it was given one */
	bool lost;			/* its Rekey SA was deleted: it has to register again */
	bool deaf_to_group;		/* hears nothing that is sent to all */
	bool had_auth_key;		/* the last message had an AUTH_KEY in it */
	size_t casts;			/* so many messages came, copies apart */
	uint32_t next_spi;		/* that of the last SA told, which is to follow it */
	uint8_t next_rekey[WIRE_GIKE_SPI_LEN];
	bool hello;			/* it says so when it registers */
	bool got_hello;			/* and was answered so */
	struct hello told_hello;	/* the last that it was told */
	uint64_t packets, bytes;	/* the limits of the SA told last */
	struct {
		uint8_t spi[WIRE_GIKE_SPI_LEN];
		uint32_t id;
	} last_cast;
	bool cast_gsa;			/* and it had new SAs in it */
	uint16_t refused;		/* the notification of the last answer; 0: none */
	struct kit_waiting *waiting;	/* an answer that waits for ike_answer(); NULL: none */
	struct rekey_partial *partial, *heir_partial;
	struct ike_sa *next;
};

/* A key that a member was told, ever. */
struct kit_key {
	struct kit_key *next;
	size_t len;
	uint8_t bytes[];
};

struct kit {
	struct crypto crypto;
	struct kit_key *keys;
	struct conf *conf;
	struct ks *ks;
	uint64_t now;
	int64_t wall;			/* the wall clock when that is zero */
	struct ike_sa *sas;
	int wrap_error;			/* what ike_sa_wrap_key() says */
	int random_error;
	volatile bool spared;		/* the kit's own doings, which memory never fails */
	uint32_t next_spi;		/* if not zero, SPIs are this and those behind it */
	struct kit_sent *sent;		/* datagrams to all, the last first */
	size_t n_sent;
	bool no_source;			/* there is no route to the group */
};

/* What the member asked for, and the answer, from its first payload on. */
struct kit_waiting {
	bool sender;
	uint32_t count;
	uint16_t otherwise;
	struct wire_header header;
	uint8_t first;
	size_t len;
	uint8_t bytes[];
};

/* The key server is gone, or the IKE SA: nothing is answered any more. */
void kit_forget_waiting(struct ike_sa *sa);

/* A datagram that went to all. */
struct kit_sent {
	struct net_group to;
	uint64_t at;
	size_t len;
	struct kit_sent *next;
	uint8_t bytes[];
};

extern struct kit kit;

/* The configuration's head, up to key-server.groups. */
#define KIT_HEAD	"ike: { retransmit: 500 ms, retransmissions: 2 }\n"		\
			"credentials: [ { name: here, identity: ks.example.org } ]\n"	\
			"psk: [ { peer: \"*\", file: /psk } ]\n"			\
			"key-server:\n  credential: here\n  groups:\n"

/* A key server with these groups, entries of key-server.groups. */
void kit_begin(const char *groups);
void kit_end(void);
void kit_reload(const char *groups);

/* What a key server is made of here. */
struct ks_setup kit_setup(void);

/* An IKE SA of a peer that was authenticated as @id, at @address. */
struct ike_sa *kit_sa(const char *id, const char *address);
/* It is gone: the key server is told. */
void kit_lose(struct ike_sa *sa, enum ike_end why);

/* A request to it is not sent, for want of memory. */
void kit_fail_task(struct ike_sa *sa);

/* What goes into a request. */
struct kit_ask {
	uint8_t exchange;		/* GSA_REGISTRATION if 0 */
	const char *group;		/* as a key id; or */
	const char *id;			/* in words */
	bool ipcomp;			/* it says IPCOMP_SUPPORTED, with a CPI */
	bool sender;
	bool plain;			/* without GEMCAST_HELLO, whatever the member is */
	uint32_t count;
	const struct wire_proposal *proposals;
	size_t n_proposals;
	uint16_t error;			/* an error notification in it */
	uint32_t error_spi;		/* of the SA it is about; 0: none */
};

/* It asks. False: it has to be answered by and by. */
bool kit_send(struct ike_sa *sa, const struct kit_ask *ask);
/* The answer, too, is taken by the member. 0, or the notification that refused it. */
uint16_t kit_ask(struct ike_sa *sa, const struct kit_ask *ask);
/* In short: of @group, as sender with one Sender-ID, or as receiver. */
uint16_t kit_join(struct ike_sa *sa, const char *group, bool sender);

/* It says this in an INFORMATIONAL request. */
void kit_inform(struct ike_sa *sa, uint16_t type, struct chunk data);
/* REKEY_ACK of the last message that it got. */
void kit_acknowledge(struct ike_sa *sa, const char *group);
/* SA_EXPIRING of an SA. */
void kit_expire(struct ike_sa *sa, const char *group, uint32_t used_up);
/* It is one more of those in kit.keys. */
void kit_remember_key(struct chunk key);
/* Forget what went to all. */
void kit_forget_sent(void);

/* Messages go out and are answered until there is nothing to do. */
void kit_settle(void);
/* Time goes by, in steps of what is due. */
void kit_wait(uint64_t ms);

/* By its SPI; NULL: the member has none. */
const struct kit_held *kit_held(const struct ike_sa *sa, uint32_t wanted);
/* The one told last. */
const struct kit_held *kit_last(const struct ike_sa *sa);
/* Do both have the same SAs, with the same keys? */
void kit_assert_same(const struct ike_sa *a, const struct ike_sa *b);

/* A group, a member as the lists have them. False: there is none. */
bool kit_group(const char *name, struct gemcast_ks_group *out);
bool kit_member(const char *group, const char *id, struct gemcast_ks_member *out);
struct conf_identity kit_identity(const char *text);

#endif
