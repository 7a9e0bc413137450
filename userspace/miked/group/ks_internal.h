/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the key server share. A struct ks has groups; a group has epochs,
 * which are sets of data SAs, and members; a registered member hangs on a peer, which is
 * an IKE SA. Groups and members are kept in the order of their names, as they are listed.
 *
 * A group that is rekeyed by multicast has a Rekey SA. Those of which each was told by a
 * message over the one before are a line: who had the first can follow to the last. To
 * shut a member out is to begin a new line, of which each of the others is told by its own
 * IKE SA. A member that hears the Rekey SA in use is told of new epochs by the shim
 * (ks_shim.c), in the way that the group's policy says; the others by their IKE SAs.
 */
#ifndef MIKED_GROUP_KS_INTERNAL_H
#define MIKED_GROUP_KS_INTERNAL_H

#include "conf/delay.h"
#include "group/hello.h"
#include "group/ks.h"
#include "group/rekey_sa.h"
#include "group/sag.h"
#include "group/selector.h"
#include "group/sid.h"
#include "group/technique.h"

/* Of one group, that live at one time; more are not made. */
#define KS_MAX_EPOCHS		4
/* Sender-IDs that one registration gets at most (RFC 9838 2.5.1, item 3). */
#define KS_MAX_SENDER_IDS	16
/* An IKE SA on which nobody is registered is closed after so long (RFC 9838 2.3.4). */
#define KS_IDLE_MS		30000
/* What could not be done for want of memory is tried again after so long. */
#define KS_RETRY_MS		1000
/* So many members are asked by one ks_run(), that others have their turn. */
#define KS_BATCH		64
/* So many SPIs of SAs that ended are not chosen again: members may have them still. */
#define KS_MAX_RETIRED		256

/* A message goes over so many Rekey SAs at most: the one in use, and its heir. */
#define KS_MAX_TOLD		2
/* SA_LIMITS in one message; members that are told of more SAs go by these. */
#define KS_MAX_LIMITS		32
/* Of a sample of members, so many are to acknowledge. */
#define KS_SAMPLE		20
/* A Rekey SA is replaced before its Message IDs end: some are left to say so by. */
#define KS_LAST_MESSAGE_ID	(UINT32_MAX - 1024)

/* By what the key server knows that a member has an epoch. */
enum ks_proof {
	KS_REGISTERED,		/* it came by its registration */
	KS_ANSWERED,		/* it answered a GSA_INBAND_REKEY */
	KS_ACKNOWLEDGED,	/* it acknowledged a GSA_REKEY */
	KS_PROOFS,
};

/* A GSA_REKEY that was sent, as members acknowledge it. */
struct ks_told {
	uint8_t spi[WIRE_GIKE_SPI_LEN];
	uint32_t message_id;
	uint64_t at;			/* when its first copy goes out */
};

/* A Rekey SA. */
struct ks_rekey {
	struct rekey_sa sa;
	bool stored, kept;		/* the store has it; it had it once */
	uint32_t stored_place, stored_id;
	struct conf_rekey conf;		/* the policy that was in force then */
	struct gemcast_addr source;	/* where its messages come from */
	struct net_group to;
	uint64_t end;			/* milliseconds */
	uint64_t busy;			/* until then copies of a message go over it */
	uint8_t next_spi[WIRE_GIKE_SPI_LEN];	/* of the one that follows it */
	uint32_t signer;		/* the number of its key to sign by */
	struct secret auth_key;		/* the public half; empty: messages are not signed */
	struct ks_told told;		/* the message that told members of it */
	uint64_t repair;		/* those who missed it are told by unicast; IKE_NEVER */
};

struct ks_sa {
	uint32_t spi;
	uint32_t next;			/* SPI of the SA that follows it; 0: not chosen */
	struct conf_selector selector;
	struct secret keymat;
};

/* SAs that were made together, under the policy that was in force then. */
struct ks_epoch {
	uint32_t number;		/* from 1 on */
	uint64_t made, end;		/* milliseconds */
	uint64_t begun;			/* when members are first told of it */
	bool doomed;			/* deleted as soon as all have a younger one */
	uint64_t reach;			/* so long it takes to all, in milliseconds */
	bool alone;			/* a new line goes with it: by unicast */
	bool cast;			/* those who hear the Rekey SA are told by multicast */
	bool repaired;			/* and now by unicast, if they are not known to have it */
	uint64_t repair;		/* when that is to be; IKE_NEVER */
	uint64_t settled;		/* nobody is waited for any longer; IKE_NEVER: as it comes */
	size_t acks;			/* REKEY_ACKs that came for it */
	struct ks_told told[KS_MAX_TOLD];
	size_t n_told;
	bool sequential;
	bool taken;			/* by the one sender that numbers packets in sequence */
	struct conf_esp esp;
	struct sid_space *sids;		/* the epoch's own */
	struct ks_stored *stored;	/* what the store has of it; NULL: nothing */
	size_t n_sas;
	struct ks_sa sas[];
};

struct ks_group {
	struct ks *ks;
	const struct conf_group *conf;
	struct conf_group *own;		/* where conf is, if it came by command */
	bool configured;		/* the configuration has a group of this name */
	char *set_over;			/* and this policy, as another was set by command; or NULL */
	struct ks_epoch *epochs[KS_MAX_EPOCHS];	/* the oldest first */
	size_t n_epochs;
	uint32_t epoch;			/* the number of the last that was made */
	struct ks_member **members;	/* by id */
	size_t n_members, members_room;
	size_t registered;		/* of them */
	size_t senders;			/* of those */
	size_t current;			/* of the registered: have the last epoch */
	size_t held;			/* Sender-IDs that the registered have */
	uint64_t converged;		/* since when all have it; IKE_NEVER: not yet */
	uint64_t convergence;		/* so long the last took until all had it */
	bool renew;			/* a new epoch is due, whatever the time */
	uint64_t used_up;		/* it is due then: a sender says so; IKE_NEVER */
	bool doom;			/* and the others are to end */
	bool cut;			/* and with it begins a new line of Rekey SAs */
	bool begun;			/* which it has, and nobody was told: the epoch failed */
	struct ks_rekey *rekey;		/* the Rekey SA in use; NULL: none */
	struct ks_rekey *heir;		/* the next, of which members were told */
	struct ks_rekey *passed;	/* the last of the line before, until those left on it know */
	uint64_t inherit;		/* when heir takes the place of rekey */
	uint64_t part;			/* when those on passed are told, at the latest */
	uint32_t line;			/* of Rekey SAs; 0: there was none yet */
	uint32_t signers;		/* so many keys to sign by there were */
	bool renew_rekey;		/* a new Rekey SA is due, whatever the time */
	uint64_t rekey_retry;		/* none before */
	uint64_t quiet;			/* by then all copies of messages over this line have come */
	size_t listening;		/* members that hear it and have no IKE SA any more */
	bool checked;			/* its delays were looked at, under this configuration */
	uint64_t retry;			/* no new epoch before */
	uint32_t loaded;		/* the last epoch that was made before the last start */
	uint64_t back;			/* by then members of before the start have come back */
	uint64_t grace;			/* so long are these for members that do not know of it yet */
	bool touched;			/* of some members the store has something old */
	struct ks_stored_group *stored;	/* what it has of the group; NULL: nothing */
};

/* Who is, was, or may or may not be a member. */
struct ks_member {
	struct ks_group *group;
	struct ks_peer *peer;		/* NULL: not registered */
	struct ks_member *prev, *next;	/* of the peer */
	uint32_t role;			/* enum conf_role; 0: never was registered, or is shut out */
	struct net_end from;
	uint64_t since;
	uint32_t oldest, epoch;		/* the epochs it is known to have or to have had */
	uint8_t proof;			/* enum ks_proof, of the last of them */
	uint32_t line;			/* of Rekey SAs, of which it knows; 0: none */
	uint32_t signer;		/* the key to sign by that it knows */
	bool deaf;			/* it knows of them, and is not thought to hear them */
	bool listens;			/* not registered any more, and it hears them */
	bool heir;			/* it is known to have the heir */
	bool missed;			/* and this, that it missed the youngest Rekey SA */
	uint32_t acknowledged;		/* the last epoch of which it did */
	bool hello;			/* it is a member of gemcast */
	bool fragments;			/* it puts IKE fragments together */
	struct sag *sag;		/* what it said it can do; NULL: nothing */
	size_t n_sids;
	uint32_t sids[KS_MAX_SENDER_IDS];
	uint32_t answered;		/* of its IKE SA, with the registration */
	bool has_answer;		/* it is known to have got that answer */
	/*
	 * Of registrations before: if the answers since were lost, it goes on with these. As many
	 * as there is room for, the last first.
	 */
	size_t n_former;
	uint32_t former[KS_MAX_SENDER_IDS];
	uint32_t admitted;		/* enum conf_role, by command; 0: not */
	bool expelled;			/* by command */
	bool touched;			/* what the store has of it is old */
	struct ks_entry *entry;		/* its registration is not stored yet; NULL: it is */
	struct conf_identity *identity;	/* as a command had it; NULL: there was none */
	char id[];			/* in words */
};

/* An IKE SA that a member began, and what its owner has still to be told. */
struct ks_peer {
	struct ks *ks;
	struct ike_sa *sa;		/* NULL: it has ended, the task has not */
	struct ks_member *members;
	struct ike_task task;
	bool busy;			/* the task is the engine's */
	bool queued, idle;		/* which list of ks it is in */
	struct ks_peer *prev, *next;	/* there */
	struct ks_peer *before, *behind;	/* of all */
	uint64_t idle_since;
	uint8_t *gone;			/* SPIs of SAs to be deleted, as on the wire */
	size_t n_gone;
	bool farewell;			/* tell it that it is excluded, then close */
	/* what the request under way says */
	struct ks_member *asked;
	uint32_t asked_epoch;
	uint32_t asked_line;		/* of Rekey SAs; 0: none */
	uint8_t asked_rekey[WIRE_GIKE_SPI_LEN];	/* of those, if there is one */
	size_t asked_gone;
	bool asked_farewell;
};

/* A registration whose answer waits until it is stored (ks_entry.c). */
struct ks_entry {
	struct ks_member *member;
	struct ks_peer *peer;
	bool known;			/* all that the answer says is stored already */
	bool again;			/* it was registered */
	struct ks_peer *peer_before;	/* where; NULL: it was not, or that has gone */
	bool listened;
	struct ks_entry *next;
	struct ks_member before;	/* as it was then, but for its id */
};

struct ks_list {
	struct ks_peer *first, *last;
};

/* What a message points into. */
struct ks_room {
	struct wire_policy policies[WIRE_MAX_POLICIES];
	struct wire_transform transforms[WIRE_MAX_POLICIES][ESP_TRANSFORMS];
	uint8_t spis[WIRE_MAX_POLICIES][WIRE_IPSEC_SPI_LEN];
	struct wire_key_bag bags[WIRE_MAX_KEY_BAGS];
	struct wire_key keys[WIRE_MAX_KEY_BAGS];
	uint8_t wrapped[WIRE_MAX_KEY_BAGS][TECHNIQUE_MAX_WRAPPED];
	struct wire_gsa gsa;
	struct wire_kd kd;
	struct wire_group_wide group_wide;
	struct wire_member_bag member;
	uint32_t sids[KS_MAX_SENDER_IDS];
	struct wire_delete deletes[2];
	struct wire_transform rekey_transforms[REKEY_TRANSFORMS];
	struct chunk rekey_next;
	uint8_t next_spis[WIRE_MAX_POLICIES][WIRE_IPSEC_SPI_LEN];
	struct chunk next[WIRE_MAX_POLICIES];
	uint8_t hello[HELLO_LEN];
	uint8_t limits[KS_MAX_LIMITS][SA_LIMITS_LEN];
	uint8_t rekey_auth[REKEY_AUTH_MAX];
};

/* A GSA_REKEY on its way, and copies of it to come (RFC 9838 2.4.1.3). */
struct ks_cast {
	struct net_group to;
	struct rekey_datagrams datagrams;
	uint32_t left;			/* so many more times */
	uint64_t due, interval;
	bool stored;			/* all that it says is */
	struct ks_cast *next;
};

struct ks {
	struct ks_setup setup;
	const struct conf *conf;
	const struct technique *technique;
	struct ks_group **groups;	/* by name */
	size_t n_groups;
	struct ks_peer *peers;
	struct ks_list queue;		/* of them, who has to be told something */
	uint64_t queue_from;		/* not before */
	struct ks_list idle;		/* nobody is registered on it; the longest first */
	uint32_t retired[KS_MAX_RETIRED];
	size_t n_retired;		/* ever; a ring */
	struct ks_room answer, request;	/* a message each, which live at the same time */
	struct ike_content message;	/* a GSA_REKEY, while it is made */
	struct ks_cast *casts;
	struct ks_entry *entries;	/* the oldest first */
	struct ks_stats stats;
	bool unsaved;			/* there is something to be stored, which nobody waits for */
	int store_error;		/* of the last time; 0: all is stored */
	uint64_t store_retry;		/* not before */
};

/* A line about a group, and a member of it by its identity, or NULL. */
#define ks_log(level, group, id, ...)						\
	log_line(AREA_GROUP, level,						\
		 (&(struct log_about){ (group)->conf->name, (id) }), __VA_ARGS__)

static inline uint64_t ks_now(const struct ks *ks)
{
	return ks->setup.world.now(ks->setup.world.context);
}

/* ks_group.c: groups */
struct ks_group *ks_group_find(const struct ks *ks, const char *name);
struct ks_group *ks_group_of(const struct ks *ks, const struct wire_id *idg);
struct ks_group *ks_group_new(struct ks *ks, const struct conf_group *conf);
/* Its members are not told. */
void ks_group_free(struct ks_group *group);
/* Members are told, and it is freed. */
void ks_group_end(struct ks_group *group);
void ks_exclude_all(struct ks_group *group);
/* What of its policy not all members do. */
void ks_tell_unmet(const struct ks_group *group);

/* ks_policy.c: another policy for a group */
/* The policy in force as the store has it, to be freed; NULL: no memory. */
char *ks_policy_text(const struct ks_group *group);
/* And back: what the configuration had, as ks_group.set_over; NULL: no memory, or nothing. */
char *ks_policy_set_over(const char *text);
/* Is that what it has now, so that what was set by command goes on? */
bool ks_is_set_over(const struct ks_group *group, const struct conf_group *conf);
/* The old one still stands. */
void ks_group_change(struct ks_group *group, const struct conf_group *conf);
/* Why a member that is registered, or listens, could not live with this one: a constant; or NULL. */
const char *ks_unfit(const struct ks_group *group, const struct conf_group *conf,
		     const struct ks_member *member);

/* ks_epoch.c: their epochs */
uint64_t ks_group_next(const struct ks_group *group);
void ks_group_run(struct ks_group *group);
struct ks_epoch *ks_last(const struct ks_group *group);
/*
 * A new epoch, for all members to have; with @doom the others end. 0; -EBUSY: there are
 * too many; or another negative errno value.
 */
int ks_epoch_make(struct ks_group *group, bool doom);
/* There is a last epoch to be given to who registers, which is not over soon. */
int ks_epoch_ready(struct ks_group *group);
void ks_epochs_free(struct ks_group *group);
/*
 * The first of the epochs to be told to who has none above the number @has: those that go
 * into one message. There is one at least.
 */
size_t ks_first_to_give(const struct ks_group *group, uint32_t has);
/* Seconds that are left of it; 0: none to speak of. */
uint32_t ks_epoch_left(const struct ks_epoch *epoch, uint64_t now);
/* New SAs take so long to those who are to have them, in milliseconds (RFC 5374 4.2.1). */
uint64_t ks_reach(const struct ks_group *group);
/* ATD and DTD in seconds. */
uint16_t ks_atd(const struct ks_group *group);
uint16_t ks_dtd(const struct ks_group *group);
bool ks_has_converged(const struct ks_group *group);
/* Somebody may have got the last epoch, or was the last that had not. */
void ks_check_converged(struct ks_group *group);
bool ks_has_last(const struct ks_member *member);
/* It has this one, and was not known to. */
void ks_has_epoch(struct ks_member *member, uint32_t number, enum ks_proof proof);
/* Is somebody there to have new SAs? */
bool ks_is_alive(const struct ks_group *group);
/* From where random numbers come: the world's, or crypto_random(). */
int ks_random(const struct ks *ks, int (*from)(void *, uint8_t *, size_t), uint8_t *out,
	      size_t len);

/* ks_member.c: who is and may be a member */
/* @id has GEMCAST_ID_SIZE bytes. False: an identity that nobody can be known by. */
bool ks_identity_text(const struct wire_id *identity, char *id);
struct ks_member *ks_member_find(const struct ks_group *group, const char *id);
/* The first behind @id, or of all if that is NULL. */
struct ks_member *ks_member_behind(const struct ks_group *group, const char *id);
/* NULL: no memory. */
struct ks_member *ks_member_get(struct ks_group *group, const char *id);
/* The one that a command is about, made if there is none; NULL: no memory. */
struct ks_member *ks_member_named(struct ks_group *group, const struct conf_identity *identity);
/* Does a command that has this identity mean it? */
bool ks_is_named(const struct ks_member *member, const struct conf_identity *identity);
/*
 * May the peer be a member, under this policy, as a sender or not? NULL, and *@role is
 * what it may be at most; or why not.
 */
const char *ks_authorize(const struct ks_group *group, const struct conf_group *conf,
			 const struct wire_id *identity, const char *id,
			 const struct gemcast_addr *from, bool sender, uint32_t *role);
/* RFC 9838 3.1: keys are not wrapped by shorter ones. What this IKE SA has is long enough. */
bool ks_can_wrap(const struct ike_sa *sa, const struct conf_esp *esp);
/* What it said it can do, or NULL, which is anything; it is kept by the member. */
void ks_member_set_sag(struct ks_member *member, struct sag *sag);
/* Its IKE SA has gone: if it knows the Rekey SA in use, it goes on without. */
void ks_listen(struct ks_member *member);
void ks_listen_no_more(struct ks_member *member);
void ks_member_free(struct ks_member *member);
void ks_members_free(struct ks_group *group);
/* Forget those that nothing has to be known of any more. */
void ks_members_sweep(struct ks_group *group);

/* ks_peer.c: IKE SAs, and what is sent by them */
/* NULL: no memory. */
struct ks_peer *ks_peer_of(struct ks *ks, struct ike_sa *sa);
void ks_register(struct ks_member *member, struct ks_peer *peer);
void ks_unregister(struct ks_member *member);
/* Its group's SAs are to be deleted where it is; and if it is in no other, it goes. */
void ks_exclude(struct ks_member *member);
/* What members of the group have to be told of by their IKE SAs is there to be fetched. */
void ks_tell_all(struct ks_group *group);
/* Its SAs are to be deleted where they are; but where the Rekey SA is heard. */
void ks_tell_gone(struct ks_group *group, const struct ks_epoch *epoch);
void ks_peers_run(struct ks *ks);
uint64_t ks_peers_next(const struct ks *ks);
void ks_peers_free(struct ks *ks);

/* ks_show.c */
const char *ks_role_text(uint32_t role);

/* ks_rekey_sa.c: the Rekey SAs of a group */
/* May it have the Rekey SA in use? And does it, as far as can be known? */
bool ks_knows(const struct ks_member *member);
bool ks_hears(const struct ks_member *member);
/* By the group's policy there is one for who registers, or none. */
int ks_rekey_ready(struct ks_group *group);
/* The one that who registers is given, or NULL. */
struct ks_rekey *ks_rekey_given(const struct ks_group *group);
/* It acknowledged the heir, or was given it. */
void ks_has_heir(struct ks_member *member);
/* It has this one of the line, of which it was told by its IKE SA. */
void ks_has_rekey(struct ks_member *member, uint32_t line, const uint8_t *spi);
/* A new line, for those that are registered. The old one is told by ks_shim_part(). */
int ks_rekey_cut(struct ks_group *group);
/* No Rekey SA: members are told, and go on by their IKE SAs. */
void ks_rekey_drop(struct ks_group *group);
/* The same, and members know. */
void ks_rekey_end(struct ks_group *group);
void ks_rekey_free(struct ks_rekey **rekey);
/* From the store: what is not there already follows from these keys. */
int ks_rekey_load(const struct crypto *crypto, struct chunk keys, struct ks_rekey *rekey);
/* Those of the group were loaded: what was under way goes on. */
void ks_rekey_resume(struct ks_group *group);
uint64_t ks_rekey_next(const struct ks_group *group);
void ks_rekey_run(struct ks_group *group, uint64_t now);

/* ks_multicast.c: GSA_REKEY messages (RFC 9838 2.4.1) */
enum ks_delete {
	KS_DELETE_SAS,		/* data SAs */
	KS_DELETE_REKEY,	/* and the Rekey SA: who has no other registers anew */
	KS_DELETE_ALL,		/* all that there is: the member is excluded */
};

/*
 * Over this Rekey SA: an epoch, the Rekey SA's heir, or Deletes, of data SAs of @spis, as
 * on the wire. @told: by what it is acknowledged. 0; -EMSGSIZE: it would go in fragments, and not all
 * members put them together; or another negative errno value.
 */
int ks_cast_epoch(struct ks_group *group, struct ks_rekey *rekey,
		  struct ks_epoch *const *epoch, struct ks_told *told);
int ks_cast_heir(struct ks_group *group, struct ks_rekey *rekey, const struct ks_rekey *heir,
		 struct ks_told *told);
int ks_cast_delete(struct ks_group *group, struct ks_rekey *rekey, struct chunk spis,
		   enum ks_delete what);
void ks_casts_run(struct ks *ks);
uint64_t ks_casts_next(const struct ks *ks);
void ks_casts_free(struct ks *ks);

/* ks_shim.c: how all are reached: by multicast, by unicast, or by both */
/* The last epoch is to reach all members. */
void ks_shim_epoch(struct ks_group *group);
/* The heir is to reach all who hear the Rekey SA. 0 or a negative errno value. */
int ks_shim_heir(struct ks_group *group);
/* Who is not known to have it is to be told by its IKE SA. */
void ks_shim_repair_heir(struct ks_group *group);
/* SAs of @spis, as on the wire, are to be deleted by all who hear the Rekey SA. */
void ks_shim_gone(struct ks_group *group, struct chunk spis);
/* Who was left on the line before is told to register anew. */
void ks_shim_part(struct ks_group *group);
/* All that hear the Rekey SA are excluded. */
void ks_shim_exclude(struct ks_group *group);
/* The one that it is to be told of by its IKE SA, or NULL. */
struct ks_rekey *ks_lacks_rekey(const struct ks_member *member);
/* Is it to be told of that, or of the last epoch, by its IKE SA? */
bool ks_is_due(const struct ks_member *member);
uint64_t ks_shim_next(const struct ks_group *group);
void ks_shim_run(struct ks_group *group, uint64_t now);

/* ks_hello.c: what members of gemcast say and are told beyond RFC 9838 */
/* INFORMATIONAL: REKEY_ACK, SA_EXPIRING. */
void ks_inform(struct ks *ks, struct ike_sa *sa, const struct wire_message *request);
/* GEMCAST_HELLO, as it is for so many members that may acknowledge. */
void ks_put_hello(const struct ks_group *group, size_t members, struct ks_room *room,
		  struct ike_content *content);
/* So many that hear the Rekey SA and are registered may. */
size_t ks_may_acknowledge(const struct ks_group *group);
/* SA_LIMITS of the SAs, the youngest first. */
void ks_put_limits(const struct ks_group *group, struct ks_epoch *const *epochs, size_t n,
		   struct ks_room *room, struct ike_content *content);

/* ks_message.c: GSA and KD */
/* For one member, over one IKE SA; or for all, over a Rekey SA. */
struct ks_grant {
	struct ks *ks;
	struct ks_room *room;
	const struct ks_group *group;
	struct ks_epoch *const *epochs;
	size_t n_epochs;
	const struct ks_rekey *rekey;	/* a Rekey SA to be told of; NULL: none */
	bool registration;
	bool multicast;			/* table 9 of RFC 9838 section 5, not 10 */
	bool hello;			/* to a member of gemcast */
	uint16_t atd;			/* seconds; 0: not told */
	const uint32_t *sids;
	size_t n_sids;
};
/* The policies, to be compared with what the member can do. How many. */
size_t ks_policies(struct ks_room *room, const struct ks_epoch *epoch, size_t at, uint64_t now);
/* That of a Rekey SA, as in a registration or not. */
void ks_rekey_policy(struct ks_room *room, const struct ks_rekey *rekey, bool registration,
		     size_t at, uint64_t now);
/* 0 or a negative errno value. */
int ks_grant(const struct ks_grant *grant, struct ike_sa *sa, struct ike_content *content);
/* The same by any key wrap key. */
int ks_grant_by(const struct ks_grant *grant, const struct technique_kwk *kwk,
		struct ike_content *content);
/* SPIs of an epoch's SAs, as on the wire. */
void ks_write_spis(struct writer *w, const struct ks_epoch *epoch);
/* All data SAs, and the Rekey SA: who gets this is out of the group (RFC 9838 2.4.3). */
void ks_put_exclusion(struct ks_room *room, struct wire_message *m);

/* ks_entry.c: registrations that are not stored yet */
/* @known: it may be answered even if it cannot be. NULL: no memory. */
struct ks_entry *ks_entry_new(bool known);
/* The member's registration before ends here, and another begins. */
void ks_entry_begin(struct ks_entry *entry, struct ks_member *member, struct ks_peer *peer);
/* It is answered when all is stored; or now, as it is @stored or not. */
void ks_entry_wait(struct ks_entry *entry);
void ks_entry_end(struct ks_entry *entry, bool stored);
/* All that wait. */
void ks_entries_end(struct ks *ks, bool stored);
/* The IKE SA has gone, nothing can be answered by it. */
void ks_entries_part(struct ks_peer *peer);
void ks_entries_free(struct ks *ks);

/* ks_register.c: GSA_AUTH and GSA_REGISTRATION */
void ks_registration(struct ks *ks, struct ike_sa *sa, const struct wire_message *request,
		     struct ike_content *response);

#endif
