/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the group member share.
 *
 *	gm.c		all memberships: start, reload, stop, timers, events
 *	gm_member.c	one membership: its states
 *	gm_link.c	IKE SAs with key servers, and whose turn it is on them
 *	gm_ask.c	requests, and what their answers mean
 *	gm_rekey.c	new keys and deletes, by whichever way they come
 *	gm_update.c	GSA_REKEY: what comes by a Rekey SA
 *	gm_rekey_sa.c	the Rekey SAs that are held
 *	gm_repair.c	what was lost is noticed, and asked for
 *	gm_report.c	what the key server is told without having asked
 *	gm_offer.c	GSA and KD, checked, in the data plane's words
 *	gm_install.c	an offer into the data plane, all of it or nothing
 *	gm_plane.c	what is in the data plane, and how it goes
 *	gm_control.c	the control socket
 */
#ifndef MIKED_GROUP_GM_INTERNAL_H
#define MIKED_GROUP_GM_INTERNAL_H

#include "crypto/prf.h"
#include "group/gm.h"
#include "group/hello.h"
#include "group/rekey_sa.h"
#include "group/selector.h"

#define GM_SECOND	UINT64_C(1000)
#define GM_TAG_LEN	32

/* What an SA that is to go gets if it is not: ten years, longer than any key is for. */
#define GM_LONG		(10 * UINT64_C(366) * 24 * 60 * 60 * GM_SECOND)

/* Policies that stand before a key server said which: behind all that one has. */
#define GM_PRIO_GUARD	(2 * GEMCAST_PRIO_DEFAULT)

/* The kernel's numbers of the groups that have none in the configuration. */
#define GM_NUMBER_FIRST	1000000
#define GM_NUMBERS	1000000

struct gm_member;

/* An IKE SA with a key server, and who uses it. */
enum gm_link_state {
	GM_LINK_DOWN,
	GM_LINK_CONNECTING,	/* the group of `asker` is asked for by its GSA_AUTH */
	GM_LINK_UP,
};

struct gm_link {
	struct gm_link *next;
	struct gm *gm;
	char server[CONF_NAME_SIZE];
	enum gm_link_state state;
	struct ike_sa *sa;
	struct ike_task auth;
	bool auth_busy;			/* the engine has `auth` */
	struct gm_member *asker;	/* NULL: it left meanwhile */
	bool asked;			/* its group was named */
};

enum gm_state {
	GM_IDLE,		/* no member, and not to be one */
	GM_REGISTERING,		/* a key server is asked */
	GM_JOINED,
	GM_WAITING,		/* to try again */
	GM_LEAVING,		/* a key server is told, or will be as soon as it answers */
	GM_STATES,
};

/* What a membership's own task asks. */
enum gm_ask {
	GM_ASK_REGISTER,
	GM_ASK_REFUSE,		/* tell that its policy is not acceptable (RFC 9838 2.3.2) */
	GM_ASK_GIVE_UP,		/* tell that we could not do with its answer */
	GM_ASK_LEAVE,
};

/* Packets that the group protects, and the policy that does. */
struct gm_flow {
	struct conf_selector selector;
	struct gemcast_policy policy;
	bool joined;		/* its IP multicast group */
	bool current;		/* in the last GSA; else it goes with its last SA */
};

/* An SA in the data plane. */
struct gm_sa {
	struct conf_selector selector;
	struct gemcast_sa sa;		/* without its key */
	uint8_t tag[GM_TAG_LEN];	/* tells its key from another's */
	uint64_t since;
	uint64_t end;			/* of its life; IKE_NEVER */
	uint64_t remove;		/* when it goes, being replaced; IKE_NEVER */
	uint64_t retired;		/* when that was said */
	bool overstays;			/* its life was over, and no key server answered */
};

/* A Rekey SA: what comes by it is for this membership (RFC 9838 2.4.1). */
struct gm_rekey_sa {
	struct gm_rekey_sa *next;	/* an older one */
	struct rekey_sa sa;
	struct rekey_partial *partial;
	struct net_group group;		/* joined, as long as it is held */
	bool has_heard;
	uint32_t heard;			/* the Message ID of the last that was taken */
	uint64_t since;
	uint64_t end;			/* of its life; IKE_NEVER */
	uint64_t remove;		/* when it goes, being replaced; IKE_NEVER */
};

/* How many are announced that a member remembers. */
#define GM_NEXT_SPIS		WIRE_MAX_NEXT_SPIS
#define GM_NEXT_REKEY_SPIS	8

/* SPIs of SAs to come (GSA_NEXT_SPI, RFC 9838 4.4.2.2.3). */
struct gm_next {
	bool has_data, has_rekey;	/* there was a policy that could have said some */
	uint32_t data[GM_NEXT_SPIS];
	size_t n_data;
	uint8_t rekey[GM_NEXT_REKEY_SPIS][WIRE_GIKE_SPI_LEN];
	size_t n_rekey;
};

/* SPIs of ours that ended: who is late may still send by them. */
#define GM_PAST_SPIS		16

/* What a member makes of signs that it lost something. */
struct gm_repair {
	struct gm_next next;
	struct {
		uint32_t spi;
		uint64_t at;
	} past[GM_PAST_SPIS];
	size_t n_past;			/* so far; older ones are overwritten */
	bool again;			/* something was lost while it registered */
	bool must_register;		/* new keys of data SAs are not enough */
	uint64_t not_before;		/* the next repair */
	uint64_t doubt_not_before;	/* the next one for an SPI that nobody announced */
	uint64_t doubt;			/* and so long between two of these */
	uint32_t doubt_epoch;		/* as the last one began */
};

/* Acknowledgements that are due: a Rekey SA may follow keys before theirs is sent. */
#define GM_ACKS_MAX 4
struct gm_ack {
	uint64_t due;			/* IKE_NEVER: none is */
	uint8_t spi[WIRE_GIKE_SPI_LEN];
	uint32_t message_id;
};

/* A client that wants to know when the keys are there. */
struct gm_wait {
	struct gm_wait *next;
	struct gm_member *member;
	struct control_call *call;
};

struct gm_member {
	struct gm *gm;
	struct conf_membership conf;	/* key_servers: of gm->conf, or own_server */
	conf_name own_server;
	bool by_command;		/* not in the configuration: goes when left */
	bool by_hand;			/* `gemcast join`: no receiver's leave ends it */
	bool removed;			/* free it as soon as it is idle */
	uint32_t configured_role;	/* `gemcast join` can say another */
	uint32_t slot;			/* no two have the same */
	uint32_t number;		/* the kernel's, of the group */

	enum gm_state state;
	bool wanted;			/* to be a member */
	uint64_t due;			/* of the state */
	uint64_t later;			/* joined: it registers then, unless keys come; 0: no */
	uint64_t asked;			/* when it asked to be registered */
	uint32_t server;		/* of conf.key_servers: asked now, or joined by */
	uint32_t failures;		/* rounds of all key servers without success */
	uint32_t cuts;			/* times in a row that it was not a member for long */
	bool refused;			/* each of this round said no */
	bool answered;			/* one of them did, since we had to ask */
	struct reason error;		/* the last one */

	struct gm_link *link;		/* registered by; NULL: it is gone */
	bool cut_off;			/* to be told that it is */
	struct ike_task task;
	bool busy;			/* the engine has `task` */
	enum gm_ask ask;
	struct conf_identity id;	/* of the group as it was asked for */
	struct wire_id idg;		/* in `id` */
	uint8_t asked_sids[4];
	uint8_t asked_hello[HELLO_LEN];

	bool prepared;			/* group and policies are in the data plane */
	bool outdated;			/* they are those of an older configuration */
	bool has_group;
	struct gemcast_policy *guards;	/* before it is known which packets they are */
	size_t n_guards;
	struct gm_flow *flows;
	size_t n_flows;
	struct gm_sa *sas;
	size_t n_sas;
	struct gemcast_addr *receivers;	/* groups that somebody wants to receive */
	size_t n_receivers;

	uint16_t sid_bits;		/* 0: the key server told none */
	bool has_sid;
	uint32_t sid;
	uint16_t atd, dtd;		/* seconds */
	struct gm_rekey_sa *rekey_sas;	/* the youngest first */
	struct gm_repair repair;
	bool has_hello;			/* the key server knows what RFC 9838 does not */
	struct hello hello;
	struct gm_ack acks[GM_ACKS_MAX];
	uint32_t expiring;		/* the SPI of an SA that comes to its end; 0: none */
	uint8_t expiring_reason;	/* enum hello_reason */
	bool has_joined;
	uint64_t since;			/* when it joined */
	uint64_t registered;		/* when it registered last */
	uint32_t epoch;
	struct gm_wait *waits;
};

/* What the key server is told; it goes when that is answered. */
struct gm_report;

struct gm {
	struct gm_setup setup;
	const struct conf *conf;
	struct gm_link *links;
	struct gm_member **members;	/* by name */
	size_t n_members;
	uint8_t tag_key[GM_TAG_LEN];
	struct rekey_room room;
	struct gm_report *reports;
	struct gm_stats stats;
	bool stopped;
};

/* ---- gm.c */

uint64_t gm_now(const struct gm *gm);
/* A number below @below, which is not 0. */
uint64_t gm_random(const struct gm *gm, uint64_t below);
struct gm_member *gm_find(const struct gm *gm, const char *name);
/* NULL: no memory. @conf is copied, but for its key_servers. */
struct gm_member *gm_add(struct gm *gm, const struct conf_membership *conf);
/* Frees it; it is idle. */
void gm_remove(struct gm_member *m);
/* Is the policy another membership's? NULL: no. */
const struct gm_member *gm_policy_owner(const struct gm_member *but,
					const struct gemcast_policy *policy);

/* ---- gm_member.c */

const char *gm_state_name(enum gm_state state);
bool gm_is_sender(const struct gm_member *m);
/* Whom it asks, or is joined by; NULL: the configuration has it no more. */
const struct conf_server *gm_server(const struct gm_member *m);
/* Group and policies into the data plane; false: not yet, and it is tried again. */
bool gm_member_prepare(struct gm_member *m);
/* Be a member from now on. */
void gm_member_begin(struct gm_member *m);
/* Be none: with its policies, or without. */
void gm_member_leave(struct gm_member *m, bool keep_policies);
/* Begin anew, by a configuration that changed. */
void gm_member_restart(struct gm_member *m, const struct conf_membership *conf);
/* Ask the key server whose turn it is. */
void gm_member_register(struct gm_member *m);
/* If it is joined, register after a time between @least and @most, or sooner. */
void gm_member_later(struct gm_member *m, uint64_t least, uint64_t most);
/* A key server did not make us a member. @refused: it said so. */
__attribute__((format(printf, 3, 4)))
void gm_member_failed(struct gm_member *m, bool refused, const char *format, ...);
/* It did, and all is in the data plane. */
void gm_member_joined(struct gm_member *m);
/* Keys changed; or the IKE SA by which more would come has ended. */
void gm_member_schedule(struct gm_member *m);
/* The IKE SA it was registered by has ended. */
void gm_member_unlinked(struct gm_member *m, enum ike_end why);
/* The group was told that we leave, or cannot be. */
void gm_member_left(struct gm_member *m);
/* The key server excluded us (RFC 9838 2.4.3). */
void gm_member_excluded(struct gm_member *m);
void gm_member_run(struct gm_member *m);
uint64_t gm_member_next(const struct gm_member *m);
/* An SA is not in the data plane any more. */
void gm_member_sa_ended(struct gm_member *m, size_t i);
/* End those who wait: by success, or by this error. */
void gm_member_tell(struct gm_member *m, int error, const char *text);
__attribute__((format(printf, 3, 4)))
void gm_log(const struct gm_member *m, enum log_level level, const char *format, ...);

/* ---- gm_link.c */

/* Register by the IKE SA with this key server, begun if there is none. */
void gm_link_register(struct gm_member *m, const struct conf_server *server);
/* m->ask by the IKE SA it is registered by. */
void gm_link_ask(struct gm_member *m, struct gm_link *link, enum gm_ask ask);
/* A membership does not use its IKE SA any more: close it if nobody else does. */
void gm_link_release(struct gm_member *m);
/* Not to be asked any more, if it is not too late. False: an answer will come. */
bool gm_link_forget(struct gm_member *m);
void gm_link_close(struct gm_link *link);
void gm_link_ended(struct gm_link *link, enum ike_end why, const char *text);
struct gm_link *gm_link_of(struct gm *gm, const struct ike_sa *sa);

/* ---- gm_ask.c */

void gm_ask_build(struct gm_member *m, enum gm_ask ask, struct ike_content *request);
/* An answer to GSA_AUTH or GSA_REGISTRATION came by @link. */
void gm_ask_answered(struct gm_member *m, struct gm_link *link, enum gm_ask ask,
		     const struct wire_message *response);

/* ---- gm_rekey.c */

void gm_rekey(struct gm_link *link, const struct wire_message *request);

/* By what a message came: its keys are wrapped by that. */
struct gm_channel {
	struct gm_link *link;		/* an IKE SA */
	const struct gm_rekey_sa *rekey;	/* or a Rekey SA */
	bool registration;
};

/*
 * Keys and deletes of a rekey, for @m. 0; or why the keys were not taken, of which nothing
 * was: they will be asked for.
 */
int gm_rekey_take(struct gm_member *m, const struct gm_channel *channel,
		  const struct wire_message *request);

/* ---- gm_rekey_sa.c */

struct gm_offer;

/* The one that is not being replaced; NULL: none. */
const struct gm_rekey_sa *gm_rekey_sa(const struct gm_member *m);
/*
 * What @policy of a message says, and its keys, into @offer. As gm_offer_read(); @kwa and
 * @gsk_w: what keys of the message are wrapped by.
 */
int gm_rekey_sa_read(const struct gm_member *m, const struct gm_channel *channel,
		     const struct wire_message *message, const struct wire_policy *policy,
		     uint16_t kwa, struct chunk gsk_w, struct gm_offer *offer,
		     struct reason *why);
/* The SPI of the one that follows, which an in-band rekey has no GSA_NEXT_SPI for. */
void gm_rekey_sa_next_spi(const struct gm_member *m, const struct gm_channel *channel,
			  const struct wire_message *message, struct gm_offer *offer);
/* All of an offer, in the data plane and here, or nothing has changed. As gm_plane_install(). */
int gm_rekey_sa_install(struct gm_member *m, const struct gm_channel *channel,
			struct gm_offer *offer, struct reason *why);
/* Deleted by the key server, by SPI or all: they go after @delay_ms. */
void gm_rekey_sa_retire(struct gm_member *m, const struct wire_delete *d, uint64_t delay_ms);
/* All go, now. */
void gm_rekey_sa_drop(struct gm_member *m);
/* Those go whose time has come. True: nobody can tell us of new keys any more. */
bool gm_rekey_sa_run(struct gm_member *m);
uint64_t gm_rekey_sa_next(const struct gm_member *m);
/* Frees one that is not held. */
void gm_rekey_sa_free(struct gm_rekey_sa *rekey);

/* ---- gm_repair.c */

/* What GSA announces. */
void gm_next_read(const struct wire_gsa *gsa, bool registration, struct gm_next *next);
/* It counts from now on. */
void gm_repair_expect(struct gm_member *m, const struct gm_next *next);
/* An SA of ours is no more, or one that was not ours is not to be. */
void gm_repair_past(struct gm_member *m, uint32_t spi);
/* Was that so, and said behind @since? */
bool gm_repair_is_past(const struct gm_member *m, uint32_t spi, uint64_t since);
/* Register well before ATD is over, not all members at once, and not again and again. */
void gm_repair(struct gm_member *m, const char *what);
/* The same, if only a registration can help: its Rekey SA is not that of the others. */
void gm_repair_rekey_sa(struct gm_member *m, const char *what);
/* A datagram came by no Rekey SA that we have. */
void gm_repair_datagram(struct gm *gm, const struct net_path *path, struct chunk datagram);

/* ---- gm_report.c */

/* A GSA_REKEY was taken. */
void gm_report_taken(struct gm_member *m, const struct gm_rekey_sa *rekey, uint32_t message_id);
/* When gm_report_run() is to be called, or IKE_NEVER. */
uint64_t gm_report_next(const struct gm_member *m);
/* An SA comes to its end: so the key server knows, if it can be told now. */
void gm_report_expiring(struct gm_member *m, uint32_t spi, uint8_t reason);
/* It is registered: what could not be told before. */
void gm_report_registered(struct gm_member *m);
void gm_report_run(struct gm_member *m);
/* Nothing is due any more. */
void gm_report_forget(struct gm_member *m);
/* The engine is gone. */
void gm_report_free(struct gm *gm);

/* ---- gm_offer.c */

struct gm_offer_sa {
	struct gm_sa sa;		/* its .sa.key is `key` */
	struct secret key;
};

/* What a GSA and a KD want of the data plane. */
struct gm_offer {
	bool registration;
	uint64_t as_of;			/* what came later is younger; IKE_NEVER: nothing is */
	struct gm_rekey_sa *rekey;	/* new; NULL: none */
	struct key auth_key;		/* new, of the Rekey SA that the message came by */
	struct gm_next next;
	uint16_t atd, dtd;
	uint16_t sid_bits;
	bool has_sid;
	uint32_t sid;
	struct gm_flow *flows;
	size_t n_flows;
	struct gm_offer_sa *sas;
	size_t n_sas;
	uint32_t restated[WIRE_MAX_POLICIES];	/* SPIs of policies without keys */
	size_t n_restated;
};

/*
 * Check a GSA and a KD, take the keys out. 0; -ENOTSUP: not acceptable, NO_PROPOSAL_CHOSEN;
 * -EPROTO: what a key server must not do; -ENOKEY: a Sender-ID is missing; -ENOMEM, -EIO.
 * @why says it in words. gm_offer_free() in any case.
 */
int gm_offer_read(const struct gm_member *m, const struct gm_channel *channel,
		  const struct wire_message *message, struct gm_offer *offer,
		  struct reason *why);
void gm_offer_free(struct gm_offer *offer);

/* ---- gm_plane.c */

/* A policy for @selector, of this membership. */
struct gemcast_policy gm_plane_policy(const struct gm_member *m,
				      const struct conf_selector *selector, bool transport,
				      uint32_t prio);
/* Are they one to the data plane, whatever they do with packets? */
bool gm_plane_same_policy(const struct gemcast_policy *a, const struct gemcast_policy *b);
bool gm_plane_same_sa(const struct gemcast_sa *a, const struct gemcast_sa *b);

/*
 * The group, and policies: for what is known of its packets, or else for all that its key
 * servers may give. 0, or a negative errno value.
 */
int gm_plane_prepare(struct gm_member *m);
void gm_plane_drop_guards(struct gm_member *m);

/* Take away one SA; or only forget it, as it is gone. A flow that has no use goes along. */
void gm_plane_drop_sa(struct gm_member *m, size_t i);
void gm_plane_forget_sa(struct gm_member *m, size_t i);
/* All of them; the policies stay. */
void gm_plane_drop_sas(struct gm_member *m);
/* SAs, policies, group. */
void gm_plane_clear(struct gm_member *m);
/* The SA goes after a delay, or when it was to go anyway. */
void gm_plane_retire(struct gm_member *m, struct gm_sa *sa, uint64_t delay_ms);
/* It does not, but at the end of its life. */
void gm_plane_keep(struct gm_member *m, struct gm_sa *sa);
/* Take away flows that are in no GSA any more and have no SA. */
void gm_plane_tidy(struct gm_member *m);

/* One call each. */
int gm_plane_policy_add(const struct gm_member *m, const struct gemcast_policy *policy);
void gm_plane_policy_del(const struct gm_member *m, const struct gemcast_policy *policy);
int gm_plane_sa_add(const struct gm_member *m, const struct gemcast_sa *sa);
int gm_plane_sa_del(const struct gm_member *m, const struct gemcast_sa *sa);
void gm_plane_multicast_leave(const struct gm_member *m, struct gm_flow *flow);
const char *gm_plane_why(const struct gm_member *m);
/* Log that something could not be taken away; that it was not there is nothing to tell. */
void gm_plane_left(const struct gm_member *m, int err, const char *what);

/* ---- gm_install.c */

/* All of it, or nothing has changed. 0, or a negative errno value and @why. */
int gm_plane_install(struct gm_member *m, struct gm_offer *offer, struct reason *why);

#endif
