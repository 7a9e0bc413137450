/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts of the simulator that are an engine each, and above it no more than it takes to
 * tell if the engine keeps its word: every task is answered or ends, once; a request is
 * served once at most; what was announced ends once; both ends of an IKE SA hold the same
 * wrap key. A host that breaks its word aborts the test.
 */
#ifndef MIKED_TESTS_SIM_IKE_H
#define MIKED_TESTS_SIM_IKE_H

#include "crypto/crypto.h"
#include "ike/ike.h"
#include "sim.h"

/* Who a host is, and whom it believes; many may be the same. */
struct kit {
	struct conf *conf;
	struct auth_book *book;
};

/* From a configuration, as printf() has it; what cannot be loaded aborts. */
__attribute__((format(printf, 2, 3)))
struct kit kit_new(const struct crypto *crypto, const char *format, ...);
void kit_free(struct kit *kit);

struct host;
struct session;

/* All hosts of one world. */
struct scene {
	struct sim *sim;
	const struct crypto *crypto;
	struct host *hosts;
	uint8_t *served;		/* how often, by the number of the request */
	size_t n_requests;
	uint32_t last_token;
};

struct scene *scene_new(uint64_t seed, const struct crypto *crypto);
void scene_free(struct scene *scene);

/* What a host says in a request, and what comes back. */
enum job_kind {
	JOB_REGISTER,			/* begin an IKE SA, GSA_AUTH */
	JOB_AGAIN,			/* GSA_REGISTRATION */
	JOB_HELLO,			/* INFORMATIONAL */
	JOB_INBAND,			/* GSA_INBAND_REKEY */
};

struct host_stats {
	/* jobs; asked is the sum of the others */
	uint32_t asked, answered, ended, waiting;
	uint32_t put_off;			/* TEMPORARY_FAILURE */
	uint32_t refused;			/* of the answers to JOB_REGISTER */
	uint32_t ends[IKE_END_MEMORY + 1];	/* why jobs ended, by enum ike_end */
	uint32_t served;
	uint32_t announced, gone;		/* sessions */
	uint32_t gone_why[IKE_END_MEMORY + 1];
};

/* Somebody at @at who is @kit; until scene_free(). */
struct host *host_new(struct scene *scene, const struct kit *kit, const struct net_end *at);
/* It forgets all, and says nothing of it to anyone. */
void host_restart(struct host *host);

/* Be registered at @server, which has to prove to be @identity. False: not even begun. */
bool host_register(struct host *host, const struct net_end *server, const char *identity);
/* Ask on a session: a request with @fill bytes more in it than it needs. */
void session_ask(struct session *session, enum job_kind kind, uint16_t fill);
/* It is gone behind this. */
void session_close(struct session *session);

/* One of those that are open; NULL: none is. */
struct session *host_session(const struct host *host, size_t index);
size_t host_sessions(const struct host *host);
struct ike_sa *session_sa(const struct session *session);
/* The other end's; NULL: it has none such, any more or yet. */
struct session *session_other(const struct scene *scene, const struct session *session);
/* Do both ends have the same wrap key, and names for each other? */
bool session_agrees(const struct session *one, const struct session *other);

struct ike *host_ike(const struct host *host);
const struct net_end *host_at(const struct host *host);
const struct host_stats *host_stats(const struct host *host);
/* The text of the last end of a job or session; "" if there was none. */
const char *host_last_text(const struct host *host);
/* The answers of this host to GSA_AUTH have so many bytes more than they need. */
void host_set_fill(struct host *host, uint16_t fill);
/* Refuse members: AUTHORIZATION_FAILED. */
void host_set_refuse(struct host *host, bool refuse);

#endif
