/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the engine share.
 *
 * A struct ike_sa is a peer and how it is reached: what the room above knows. Behind it
 * stands a struct ike_link: one pair of SPIs, with its keys, its Message IDs and the
 * messages under way. A rekey makes another link, and the older one stays until it is
 * deleted, so there may be several; requests of ours go over ike_sa.link.
 */
#ifndef MIKED_IKE_INTERNAL_H
#define MIKED_IKE_INTERNAL_H

#include "crypto/dh.h"
#include "crypto/keymat.h"
#include "crypto/scheme.h"
#include "ike/ike.h"
#include "ike/sealed.h"

#define NONCE_LEN	32	/* RFC 7296 2.10: half of the largest PRF's key */
#define SHA1_LEN	20
#define NAT_PORT	4500	/* RFC 7296 2.23 */
#define KEEPALIVE	0xff	/* RFC 3948 2.3 */
#define UDP_LEN		8
#define IPV4_LEN	20
#define IPV6_LEN	40
#define NON_ESP_LEN	4	/* RFC 3948 2.2 */

/* ---- table.c: found by a 64-bit key that no peer can choose; equal keys may be there */

struct table_entry {
	struct table_entry *next;
	uint64_t key;
};

struct table {
	struct table_entry **buckets;
	size_t size;			/* a power of two */
	size_t count;
};

int ike_table_new(struct table *table);
void ike_table_free(struct table *table);
/* Never fails: for want of memory it only becomes slower. */
void ike_table_add(struct table *table, struct table_entry *entry, uint64_t key);
void ike_table_remove(struct table *table, struct table_entry *entry);
struct table_entry *ike_table_first(const struct table *table, uint64_t key);
struct table_entry *ike_table_next(const struct table_entry *entry);

/* ---- timer.c: a heap */

struct timer {
	uint64_t due;
	size_t place;			/* in the heap, from 1; 0: not in it */
};

struct timers {
	struct timer **heap;
	size_t count;
	size_t room;
};

/* Make sure that @count timers can be set. */
int ike_timers_reserve(struct timers *timers, size_t count);
/* IKE_NEVER takes it out. */
void ike_timer_set(struct timers *timers, struct timer *timer, uint64_t due);

/* ---- proposal.c */

/* What an IKE SA is protected by. */
struct suite {
	struct cipher cipher;
	uint16_t prf;
	uint16_t ke;
	uint16_t kwa;			/* 0: none was offered */
	bool integ_none;		/* an AEAD, and yet INTEG was offered, with NONE in it */
};

#define OFFER_TRANSFORMS	(5 * CONF_TRANSFORMS_MAX)

/* The proposals of the configuration as a message has them. */
struct offer {
	struct wire_proposal proposals[WIRE_MAX_PROPOSALS];
	size_t n;
	struct wire_transform transforms[WIRE_MAX_TRANSFORMS];
	size_t n_transforms;
	uint16_t kwa;		/* the shortest that is offered; 0: none is */
	uint8_t spi[IKE_SPI_LEN];
};

/* One proposal of one transform of each type. */
struct choice {
	struct wire_proposal proposal;
	struct wire_transform transforms[5];
	uint8_t spi[IKE_SPI_LEN];
};

/* @spi: ours, of a rekey; 0: IKE_SA_INIT. @kwa: no shorter key wrap; 0: without any. */
void ike_offer(const struct conf_ike *conf, uint64_t spi, uint16_t kwa,
	       struct offer *offer);
/* The group that is offered first; 0: nothing that can be offered. */
uint16_t ike_offer_group(const struct offer *offer);
bool ike_offer_has_group(const struct offer *offer, uint16_t group);

/*
 * Choose from what the peer offers (RFC 7296 3.3.6); NULL: nothing fits. @group is that of
 * its KE payload, and preferred. *@suite is what was chosen.
 */
const struct wire_proposal *ike_choose(const struct conf_ike *conf, const struct wire_message *m,
				       uint16_t group, struct suite *suite);
/* How the choice is told the peer. @spi as above. */
void ike_choice(const struct wire_proposal *chosen, const struct suite *suite, uint64_t spi,
		struct choice *choice);
/* Is the peer's choice, the only proposal of @m, one of what we offered? */
bool ike_accept(const struct offer *offer, const struct wire_message *m, struct suite *suite);
uint64_t ike_proposal_spi(const struct wire_proposal *proposal);

/* ---- message.c, fragment.c */

/* Requests of ours. */
enum asking {
	ASK_NOTHING,
	ASK_INIT,
	ASK_AUTH,
	ASK_TASK,
	ASK_REKEY,
	ASK_PROBE,
	ASK_DELETE,
};

/* The request that waits for its response: the window is 1 (RFC 7296 2.3). */
struct asked {
	enum asking what;
	uint8_t exchange;
	uint32_t message_id;
	struct ike_task *task;		/* of ASK_TASK and ASK_AUTH */
	struct packets packets;
	unsigned int again;		/* how often it was sent again */
	uint64_t due;			/* when it is to be sent again */
};

/* A message that was opened. */
struct opened {
	const struct net_path *path;
	struct chunk head;		/* up to the end of the Encrypted payload's header */
	uint8_t first_head[HEAD_LEN];	/* it may be this, of the first fragment */
	struct chunk content;
	uint8_t first;
	struct wire_message *m;
	struct wire_room *room;
};

/* ---- link.c, sa.c */

struct ike_link {
	struct table_entry by_spi;	/* our SPI */
	struct ike_sa *sa;
	struct ike_link *next;		/* of this ike_sa */
	uint64_t spi_i, spi_r;
	bool initiator;			/* are we the one that began it? */
	struct suite suite;
	struct ike_keys keys;		/* none before the key exchange */
	uint64_t sealed;		/* GCM's IV: how many messages and fragments we sealed */
	uint32_t next_ask;		/* Message ID of our next request */
	uint32_t next_answer;		/* of the peer's */
	struct asked asked;
	struct packets response;	/* to the peer's last request */
	struct assembly *assembly[2];	/* of a request, of a response */
	bool replaced;			/* by a rekey: only to be deleted */
	bool want_delete;		/* by us */
	uint64_t end;			/* then it is forgotten without a word */
};

enum sa_state {
	SA_INIT,		/* we sent IKE_SA_INIT */
	SA_HALF_OPEN,		/* we answered IKE_SA_INIT */
	SA_AUTH,		/* we sent GSA_AUTH or IKE_AUTH */
	SA_READY,
	SA_CLOSING,		/* ike_close(): the room above has forgotten it */
	SA_LINGER,		/* ended, but the last response may have to be sent again */
	SA_ENDED,		/* to be freed */
};

#define HINT_SIZE	96

/* What is needed from IKE_SA_INIT until both sides are authenticated. */
struct start {
	struct ike_sa *sa;
	struct auth_book *book;
	const struct auth_self *self;
	struct ike_target target;	/* of an initiator */
	uint8_t exchange;		/* GSA_AUTH or IKE_AUTH */
	struct dh dh;
	struct secret peer_ke;		/* of a responder that has not computed its keys yet */
	struct secret ni, nr;
	struct secret message_i, message_r;
	struct secret cookie;		/* to send */
	struct table_entry by_message;	/* of a responder: a retransmitted message_i */
	unsigned int tries;		/* cookies, and other groups */
	unsigned int refusals;		/* unauthenticated ones that came */
	char refusal[HINT_SIZE];
	unsigned int hashes;		/* as auth_exchange has it */
	bool certreq;			/* the peer sent a CERTREQ */
	bool peer_ppk;			/* both said USE_PPK */
	bool intermediate;		/* both said INTERMEDIATE_EXCHANGE_SUPPORTED */
	unsigned int n_intermediate;
	uint8_t int_auth_i[PRF_MAX_LEN];
	uint8_t int_auth_r[PRF_MAX_LEN];
	struct secret plain;		/* SK_d | SK_pi | SK_pr before a PPK was mixed in */
	bool no_ppk_auth;		/* we sent NO_PPK_AUTH */
	bool mandatory_ppk;
};

/* Our attempt to rekey. */
struct rekeying {
	struct ike_link *fresh;
	struct dh dh;
	struct secret ni;
	struct secret their_lowest;	/* of the nonces of the peer's own attempt */
	unsigned int tries;
	struct offer offer;
	uint8_t public[DH_MAX_PUBLIC];
};

/* An answer that waits: sealed, and not the link's yet. */
struct held {
	struct ike_link *link;
	struct net_path path;
	struct packets good, otherwise;
};

struct ike_sa {
	struct ike *ike;
	struct ike_sa *prev, *next;	/* of all */
	struct timer timer;
	enum sa_state state;
	bool initiator;
	bool announced;			/* request() or answer() was called */
	bool half_open;			/* counted as such */
	bool fragments;			/* both can do RFC 7383 */
	bool here_natted, peer_natted;
	bool want_probe, want_rekey;
	unsigned int busy;		/* a message of it is being looked at */
	struct net_path path;
	struct ike_link *link;
	struct ike_link *links;		/* all, with that one */
	struct ike_link *their_link;	/* the peer's rekey, while ours is under way */
	struct ike_link *speaking;	/* of the message that the room above has in hand */
	struct held *held;		/* NULL: no answer waits */
	uint32_t answered;		/* so many requests */
	struct start *start;
	struct rekeying *rekeying;
	struct ike_task *tasks, **last_task;
	void *data;
	struct table_entry by_peer;
	struct secret peer_id;
	struct wire_id peer;
	uint64_t heard;			/* the last authenticated message */
	uint64_t said;			/* the last datagram */
	uint64_t next_hint;		/* the next one before is not looked at */
	uint64_t rekey_at, end;
	char text[CONF_IDENTITY_TEXT + NET_TEXT + 4];	/* "who at where" */
};

struct ike_link *ike_link_new(struct ike_sa *sa, bool initiator);
void ike_link_free(struct ike_link *link);
/* Take it from its ike_sa and free it. */
void ike_link_drop(struct ike_link *link);
uint64_t ike_link_spi(const struct ike_link *link);		/* ours */
uint64_t ike_link_peer_spi(const struct ike_link *link);
/* From SKEYSEED to keys, and to the log of keys in a build for tests. */
int ike_link_keys(struct ike_link *link, struct chunk ni, struct chunk nr,
		  struct chunk skeyseed);

struct ike_sa *ike_sa_new(struct ike *ike, const struct net_path *path, bool initiator);
int ike_sa_start(struct ike_sa *sa);
void ike_sa_start_free(struct ike_sa *sa);
/* Authenticated: the peer is @id. */
int ike_sa_established(struct ike_sa *sa, const struct wire_id *id);
void ike_sa_count_half_open(struct ike_sa *sa, bool half_open);
/* Over: tells the tasks and the user. Frees it when the engine is left. */
__attribute__((format(printf, 3, 4)))
void ike_sa_end(struct ike_sa *sa, enum ike_end why, const char *format, ...);
/* The same, but the last response may be sent again for a while. */
__attribute__((format(printf, 3, 4)))
void ike_sa_linger(struct ike_sa *sa, enum ike_end why, const char *format, ...);
/* Send what waits for its turn, and set the timer. Last of all that is done to an ike_sa. */
void ike_sa_settle(struct ike_sa *sa);
void ike_sa_run(struct ike_sa *sa);
void ike_sa_free(struct ike_sa *sa);
/* Set the times of rekey and end for a new link. */
void ike_sa_lifetime(struct ike_sa *sa);
static inline bool ike_sa_is_over(const struct ike_sa *sa)
{
	return sa->state >= SA_LINGER;
}

/* ---- engine.c */

/* Room to take one message apart. */
struct work {
	struct wire_message m;
	struct wire_room room;
};

/* What anybody can make us want to log, as often as he likes. */
enum stranger {
	STRANGER_OFFER,			/* an offer that is refused */
	STRANGER_LATE,			/* a half-open IKE SA that is given up */
	STRANGER_REFUSED,		/* authentication that failed */
	STRANGERS,
};

struct ike {
	const struct crypto *crypto;
	struct ike_world world;
	struct ike_user user;
	const struct conf *conf;
	struct auth_book *book;
	struct table by_spi;		/* struct ike_link */
	struct table by_message;	/* struct start */
	struct table by_peer;		/* struct ike_sa */
	struct timers timers;
	struct ike_sa *all;
	struct ike_sa *over;		/* to be freed when depth is 0 */
	size_t count;			/* that the room above knows, or may come to know */
	size_t n_timers;		/* of all that are not over */
	size_t half_open;
	unsigned int depth;		/* how deep inside the engine we are */
	struct work *work;		/* NULL while it is in use */
	struct ike_stats stats;
	uint8_t secret[32];		/* what table keys are made by */
	uint8_t cookie_secret[2][32];	/* now, and before */
	uint8_t cookie_version;
	uint64_t cookie_since;
	uint64_t answers;		/* unprotected ones, that may be sent now */
	uint64_t answers_since;
	struct {
		uint64_t next;		/* no line before */
		uint64_t unsaid;	/* since the last line */
	} strangers[STRANGERS];
	uint8_t inner[WIRE_MAX_INNER];	/* the last message that was sealed, in the clear */
	size_t inner_len;
};

uint64_t ike_now(const struct ike *ike);
/* 0 to @below - 1; for jitter only. */
uint64_t ike_random(const struct ike *ike, uint64_t below);
uint64_t ike_keyed_hash(const struct ike *ike, struct chunk a, struct chunk b);
struct ike_link *ike_find(const struct ike *ike, uint64_t spi);
void ike_enter(struct ike *ike);
void ike_leave(struct ike *ike);
/* A message with nothing but @n in the clear, in answer to @to, at a bounded rate. */
void ike_answer_clear(struct ike *ike, const struct net_path *path, const struct wire_header *to,
		      const struct wire_notify *n);
void ike_send(struct ike *ike, const struct net_path *path, struct chunk datagram);
/* A line about who is not authenticated, @who: one in a while of each kind. */
void ike_log_stranger(struct ike *ike, enum stranger what, const char *who, const char *text);

/* ---- message.c */

/* "INVALID_SYNTAX" or a number. */
const char *ike_notify_name(uint16_t type, char text[HINT_SIZE]);
void ike_packets_send(struct ike_sa *sa, const struct net_path *path,
		      const struct packets *packets);
int ike_seal(struct ike_link *link, const struct wire_message *m, struct packets *packets);
/*
 * Send @m as our next request; what does not work ends the ike_sa, and false. Its header
 * is filled in.
 */
bool ike_request(struct ike_link *link, enum asking what, uint8_t exchange,
		 struct wire_message *m, struct ike_task *task);
/* A request that is sent already, as IKE_SA_INIT. @packets is taken over. */
void ike_asked(struct ike_link *link, enum asking what, uint8_t exchange,
	       struct packets *packets, struct ike_task *task);
/* Nothing is asked any more. */
void ike_asked_clear(struct asked *asked);
/* Send it again, or give up: false. */
bool ike_ask_again(struct ike_link *link);
/* Answer the request whose turn it is; as ike_request(). */
bool ike_respond(struct ike_link *link, const struct opened *request, struct wire_message *m);
/* The same of what the room above filled in, which may have to wait. */
bool ike_respond_content(struct ike_link *link, const struct opened *request,
			 struct wire_message *m, const struct ike_content *content);
/* The answer that waits is never given. */
void ike_held_free(struct ike_sa *sa);
/* The answer has this notification alone. */
bool ike_respond_notify(struct ike_link *link, const struct opened *request, uint16_t type,
			struct chunk data);
/* A datagram with an Encrypted payload came for this link. */
void ike_link_receive(struct ike_link *link, const struct net_path *path, uint8_t *datagram,
		      size_t len, struct work *work);

/* ---- fragment.c */

/* How long a datagram on this path may be. */
size_t ike_datagram_max(const struct ike_sa *sa);
/* By what @link's messages are sealed. */
struct sealer ike_sealer(struct ike_link *link);
/* May this fragment be opened, or is it none that fits to those that are there? */
bool ike_fragment_wanted(const struct ike_link *link, const struct wire_message *m);
/*
 * Keep an opened fragment. 1: the message is complete, and *@whole is the caller's to free.
 * 0: not yet. -ENOMEM, -EMSGSIZE: given up.
 */
int ike_fragment_add(struct ike_link *link, const struct wire_message *m, struct chunk head,
		     struct chunk content, struct secret *whole, struct opened *opened);

/* ---- cookie.c */

/*
 * RFC 7296 2.6: may this IKE_SA_INIT request cost us something? If not, a cookie was sent
 * or it is to be dropped.
 */
bool ike_cookie_admits(struct ike *ike, const struct net_path *path,
		       const struct wire_message *m);

/* ---- init.c */

void ike_init_request(struct ike *ike, const struct net_path *path, const struct wire_message *m,
		      struct chunk datagram);
void ike_init_response(struct ike *ike, const struct net_path *path,
		       const struct wire_message *m, struct chunk datagram);
/* The keys of a responder, which it does not compute before the next message comes. */
int ike_init_keys(struct ike_link *link);

/* ---- natt.c */

struct nat_hashes {
	uint8_t source[SHA1_LEN];
	uint8_t destination[SHA1_LEN];
};

/* The two notifications of a message that goes this path; @hashes must stay. */
int ike_nat_notify(const struct ike *ike, struct ike_content *content,
		   const struct wire_header *header, const struct net_path *path,
		   struct nat_hashes *hashes);
/* Who is behind a NAT, by what came this path? */
void ike_nat_detect(struct ike_sa *sa, const struct net_path *path, const struct wire_message *m);
/* Of an initiator: to port 4500, if there is a NAT. */
void ike_nat_move(struct ike_sa *sa);
/* An authenticated, new message came this path. */
void ike_nat_follow(struct ike_sa *sa, const struct net_path *path);
uint64_t ike_nat_due(const struct ike_sa *sa);
void ike_nat_keepalive(struct ike_sa *sa);

/* ---- authenticate.c (initiator), admit.c (responder) */

/* An ID payload as AUTH covers it: from the ID type on. */
int ike_id_octets(const struct wire_id *id, struct secret *octets);
/* The same of one that was parsed. */
struct chunk ike_id_received(const struct wire_id *id);
struct auth_exchange ike_auth_exchange(const struct ike_link *link, bool of_initiator,
				       uint32_t message_id);
/* Mix the PPK into the keys; what they were stays in start->plain. */
int ike_mix_ppk(struct ike_link *link, struct chunk ppk);
void ike_unmix_ppk(struct ike_link *link);
void ike_authenticate(struct ike_link *link);
void ike_authenticate_response(struct ike_link *link, const struct opened *response,
			       struct ike_task *task);
void ike_admit(struct ike_link *link, const struct opened *request);
void ike_intermediate(struct ike_link *link, const struct opened *request);

/* ---- rekey.c */

void ike_rekey(struct ike_sa *sa);
void ike_rekey_request(struct ike_link *link, const struct opened *request);
void ike_rekey_response(struct ike_link *link, const struct opened *response);
void ike_rekey_forget(struct ike_sa *sa);
/* The peer deletes @link: does another one go on in its place? */
bool ike_rekey_deleted(struct ike_link *link);

/* ---- inform.c */

void ike_inform_request(struct ike_link *link, const struct opened *request);
void ike_delete(struct ike_link *link);
void ike_probe(struct ike_sa *sa);
/* A notification in the clear came for this link: nothing of it is believed. */
void ike_hint(struct ike_link *link, const struct wire_message *m);

/* ---- task.c */

/* The next task that still wants to be asked is asked. */
void ike_task_next(struct ike_sa *sa);
struct ike_task *ike_task_take(struct ike_sa *sa);
/* A request of the room above's business. */
void ike_upcall(struct ike_link *link, const struct opened *request);
/* What content says, as a message. */
struct wire_message ike_content_message(const struct ike_content *content);

/* ---- keylog.c */

/* For tshark; does nothing but in a build with MIKED_DEBUG_KEYS. */
void ike_log_keys(const struct ike_link *link);

#define ike_log(sa, level, ...)								\
	log_line(AREA_IKE, level, &(const struct log_about){ .peer = (sa)->text }, __VA_ARGS__)

#endif
