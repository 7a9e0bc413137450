/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The group member (GM; RFC 9838 2.3.3, 2.4.2, 2.4.3): registers at key servers, puts
 * what they give into the data plane, and takes it away again. It does no I/O: IKE is
 * the engine's, the data plane is struct plane's, time is what now() says.
 *
 * Fail closed: the policies of a group are in the data plane before its keys are asked
 * for. A `gemcast leave` takes them away; that the daemon stops, or a key server does
 * not answer, never does.
 */
#ifndef MIKED_GROUP_GM_H
#define MIKED_GROUP_GM_H

#include "conf/diff.h"
#include "control/control.h"
#include "ike/ike.h"
#include "kernel/plane.h"

struct gm;

struct gm_setup {
	/* All must live longer; the engine is not called before the first gm_run(). */
	const struct crypto *crypto;
	struct ike *ike;
	const struct plane *plane;
	void *context;			/* of those below */
	uint64_t (*now)(void *context);	/* milliseconds, never back */
	uint32_t (*random)(void *context);	/* to spread times, no secret */
	/*
	 * Have what is sent to a multicast address come by gm_rekey_datagram(). 0 or a negative
	 * errno value; each join has its leave, and not more.
	 */
	int (*rekey_join)(void *context, const struct net_group *group);
	void (*rekey_leave)(void *context, const struct net_group *group);
};

/* NULL: no memory. @conf stays in force until the next gm_reload(). */
struct gm *gm_new(const struct gm_setup *setup, const struct conf *conf);

/*
 * @conf is in force from now on; the old one may go when this returns. Memberships that
 * @diff does not name go on as they are.
 */
void gm_reload(struct gm *gm, const struct conf *conf, const struct conf_diff *diff);

/*
 * The daemon stops: SAs and IKE SAs end, and who waits for keys is told so. Groups and
 * policies stay in the data plane, so that nothing leaves in clear before the next start.
 */
void gm_stop(struct gm *gm);

/* Nothing is called any more. Not before ike_free(), since the engine has our tasks. */
void gm_free(struct gm *gm);

/* When gm_run() wants to be called at the latest; IKE_NEVER. */
uint64_t gm_next(const struct gm *gm);
/* Do what is due by now(). */
void gm_run(struct gm *gm);

/* As struct ike_user has them, of IKE SAs that we began: ike_sa_initiator(). */
void gm_request(struct gm *gm, struct ike_sa *sa, const struct wire_message *request,
		struct ike_content *response);
void gm_ended(struct gm *gm, struct ike_sa *sa, enum ike_end why, const char *text);

/*
 * A datagram that was sent to a multicast address, whatever it is. It is overwritten as it
 * is decrypted.
 */
void gm_rekey_datagram(struct gm *gm, const struct net_path *path, uint8_t *datagram,
		       size_t len);

/* As struct plane_user has them. */
void gm_acquire(struct gm *gm, const struct gemcast_acquire *acquire);
void gm_expire(struct gm *gm, const struct gemcast_sa *sa, const struct gemcast_expire *expire);
void gm_gone(struct gm *gm, const struct gemcast_sa *sa);
void gm_lost(struct gm *gm);
void gm_unknown_spi(struct gm *gm, const struct gemcast_audit *audit);

/*
 * Of GSA_REKEY. received: datagrams; taken: messages; unknown_spi: of no Rekey SA that we
 * have; wrong_address: not from where or to where its Rekey SA says; not_taken: authentic,
 * and of no use; repairs: registrations for something that was lost.
 */
#define GM_COUNTERS(X)									\
	X(received) X(taken) X(unknown_spi) X(wrong_address) X(old_message_id)		\
	X(not_authentic) X(malformed) X(not_taken) X(acknowledged) X(repairs)
struct gm_stats {
#define X(name) uint64_t name;
	GM_COUNTERS(X)
#undef X
};

const struct gm_stats *gm_stats(const struct gm *gm);

/* As struct control_ops has them. */
int gm_membership(struct gm *gm, const struct gemcast_membership *after,
		  struct gemcast_membership *out);
void gm_join(struct gm *gm, struct control_call *call, const struct gemcast_join *join);
void gm_leave(struct gm *gm, struct control_call *call, const char *name);

#endif
