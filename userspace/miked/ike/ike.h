/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IKE SAs and their exchanges (RFC 7296, 7383, 8784, 9242), for G-IKEv2's purposes (RFC
 * 9838 2.3): no Child SAs. An engine has all IKE SAs of a daemon. It does no I/O and has
 * no clock: datagrams come by ike_receive(), go out by ike_world's send(), and time is
 * what now() says. So a test can be the world.
 *
 * The room above sees authenticated peers, requests and answers as plain structs, never
 * Message IDs, retransmissions, fragments or keys; a struct ike_sa stays the same when the
 * IKE SA behind it is rekeyed.
 *
 * Nothing of the engine may be called again from within send(); from within the upcalls
 * of ike_user and ike_task everything may, but ike_free(). An ike_sa that has ended is
 * there until the upcall that told it returns.
 */
#ifndef MIKED_IKE_IKE_H
#define MIKED_IKE_IKE_H

#include "conf/conf.h"
#include "ike/auth.h"
#include "net/path.h"
#include "wire/message.h"

struct ike;
struct ike_sa;

/* No timer. */
#define IKE_NEVER	UINT64_MAX

/* What the engine has from outside. */
struct ike_world {
	void *context;
	uint64_t (*now)(void *context);		/* milliseconds, never back */
	int64_t (*time)(void *context);		/* seconds since 1970 */
	/* One datagram, without the four zero bytes of an encap path. It may be lost. */
	void (*send)(void *context, const struct net_path *path, struct chunk datagram);
	/* Where @remote would be sent to from, without a path yet. False: no route, no socket. */
	bool (*route)(void *context, const struct net_end *remote, struct net_path *path);
};

/* What an exchange's message is made of, by who is above the engine. */
struct ike_content {
	/*
	 * Fill in payloads but IDi, IDr, AUTH, CERT, CERTREQ, SA, KE and Nonce, which are the
	 * engine's, and notifies, which are added by ike_notify(). What it points to must stay
	 * until the upcall has returned to the engine and the engine to its caller.
	 */
	struct wire_message message;
	struct wire_notify notifies[WIRE_MAX_NOTIFIES];
	size_t n_notifies;
	uint16_t otherwise;		/* as ike_hold() has it; N_NONE: nothing is waited for */
	size_t n_before;		/* of the notifications, then */
};

/* @data must stay as the rest. False: no room. */
bool ike_notify(struct ike_content *content, uint16_t type, struct chunk data);
/*
 * The last that request() does to an answer: it waits for ike_answer(). Until then nothing
 * that comes from the peer is looked at, as if it were lost, and nothing else is asked.
 * @otherwise: an error, which goes out instead if the answer must not. If the IKE SA ends or is
 * closed before, there is none.
 */
void ike_hold(struct ike_content *answer, uint16_t otherwise);

/* Why an IKE SA or a request ended without an answer. */
enum ike_end {
	IKE_END_DELETED,	/* by the peer */
	IKE_END_CLOSED,		/* by ike_close() */
	IKE_END_DEAD,		/* the peer does not answer any more */
	IKE_END_REFUSED,	/* in IKE_SA_INIT or authentication, by the peer or by us */
	IKE_END_BROKEN,		/* what the peer sent breaks the protocol */
	IKE_END_MEMORY,
};

/*
 * A request on an IKE SA. The struct is the caller's and has to stay until answer() or
 * end(), one of which is called, once; the task may then be used again.
 */
struct ike_task {
	uint8_t exchange;	/* GSA_AUTH, GSA_REGISTRATION, GSA_INBAND_REKEY, INFORMATIONAL */
	void *context;
	/* Called when its turn has come. False: not wanted any more; end() is not called. */
	bool (*build)(void *context, struct ike_sa *sa, struct ike_content *request);
	/* @response: authenticated, well formed; errors in it are the caller's business too. */
	void (*answer)(void *context, struct ike_sa *sa, const struct wire_message *response);
	void (*end)(void *context, struct ike_sa *sa, enum ike_end why, const char *text);
	struct ike_task *next;	/* the engine's */
};

/* Upcalls to the room above. */
struct ike_user {
	void *context;
	/*
	 * A request came: GSA_AUTH, after the peer was authenticated, GSA_REGISTRATION,
	 * GSA_INBAND_REKEY or INFORMATIONAL with something in it that is not the engine's.
	 * Fill in the answer. In GSA_AUTH an error notification goes out beside IDr and AUTH
	 * (RFC 9838 2.3.1).
	 */
	void (*request)(void *context, struct ike_sa *sa, const struct wire_message *request,
			struct ike_content *response);
	/* An IKE SA that was announced by request() or answer() has ended. */
	void (*ended)(void *context, struct ike_sa *sa, enum ike_end why, const char *text);
};

/* Whom to connect to. Copied. */
struct ike_target {
	struct net_end remote;
	struct conf_identity identity;	/* who it has to prove to be */
	char credential[CONF_NAME_SIZE];	/* who we are to it */
};

/* What went by and what was dropped, since the engine was made. */
#define IKE_COUNTERS(X)										\
	X(received) X(sent) X(retransmitted) X(malformed) X(unknown_spi) X(bad_icv)		\
	X(old_message_id) X(window) X(half_open_limit) X(cookies_sent) X(cookies_wrong)		\
	X(established) X(auth_failed) X(dead_peers) X(rekeyed) X(fragments) X(version)
struct ike_stats {
#define X(name) uint64_t name;
	IKE_COUNTERS(X)
#undef X
};

struct ike_setup {
	const struct crypto *crypto;	/* must live longer, as all here */
	struct ike_world world;
	struct ike_user user;
};

/*
 * NULL: no memory. @conf's `ike` and `local` and the book are in force for what begins
 * from now on, and can be changed by ike_reload(). @key_server: the credential to answer
 * by; empty: requests of strangers are not answered.
 */
struct ike *ike_new(const struct ike_setup *setup, const struct conf *conf,
		    struct auth_book *book);
void ike_reload(struct ike *ike, const struct conf *conf, struct auth_book *book);
/* Ends all, silently: no upcall, nothing sent. */
void ike_free(struct ike *ike);

/* A datagram came; it is overwritten as it is decrypted. */
void ike_receive(struct ike *ike, const struct net_path *path, uint8_t *datagram, size_t len);

/* When ike_run() wants to be called at the latest; IKE_NEVER. */
uint64_t ike_next(const struct ike *ike);
/* Do what is due by now(). */
void ike_run(struct ike *ike);

/*
 * Begin an IKE SA; @task, of GSA_AUTH, is asked in its second exchange. So may one of
 * IKE_AUTH be, of a peer that knows no groups: key wrap is not offered then. NULL: no memory,
 * no route, or no such credential; then @task->end is not called.
 */
struct ike_sa *ike_connect(struct ike *ike, const struct ike_target *target,
			   struct ike_task *task, struct reason *why);
/*
 * Put a request behind those that wait for their turn on this IKE SA. @task->end may be
 * called from within.
 */
void ike_ask(struct ike_sa *sa, struct ike_task *task);
/* The answer that waits goes out, or what goes instead of it. None waits: nothing. */
void ike_answer(struct ike_sa *sa, bool good);
/* Delete it: the peer is told, and the tasks end, by IKE_END_CLOSED; `ended` is not called. */
void ike_close(struct ike_sa *sa);
/* Close all, tell the peers once, and do not wait for answers. */
void ike_close_all(struct ike *ike);

/* The room above's own; NULL at first. */
void *ike_sa_data(const struct ike_sa *sa);
void ike_sa_set_data(struct ike_sa *sa, void *data);
bool ike_sa_initiator(const struct ike_sa *sa);
const struct net_path *ike_sa_path(const struct ike_sa *sa);
/* Who the peer proved to be; as long as the IKE SA lives. */
const struct wire_id *ike_sa_peer(const struct ike_sa *sa);
/* "who at where", for logs; as long as the IKE SA lives. */
const char *ike_sa_text(const struct ike_sa *sa);
/* How many of the peer's requests were answered: who sends another has those answers. */
uint32_t ike_sa_answered(const struct ike_sa *sa);
/* Do both ends put IKE fragments together (RFC 7383)? */
bool ike_sa_fragments(const struct ike_sa *sa);
/*
 * What was agreed on to wrap keys by, KW_5649_*; 0: nothing (RFC 9838 2.3.4). Like GSK_w, it
 * is that of the message which is read or written: ask while it is in hand.
 */
uint16_t ike_sa_kwa(const struct ike_sa *sa);
/* GSK_w, from the SK_d that goes with it (RFC 9838 3.1.1); the caller's to free. */
int ike_sa_wrap_key(const struct ike_sa *sa, struct secret *gsk_w);

const struct ike_stats *ike_stats(const struct ike *ike);
/* Those that are begun or established; not those that were closed and wait for an answer. */
size_t ike_sa_count(const struct ike *ike);

#endif
