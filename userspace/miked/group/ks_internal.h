/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the key server share. A struct ks has groups; a group has epochs,
 * which are sets of data SAs, and members; a registered member hangs on a peer, which is
 * an IKE SA. Groups and members are kept in the order of their names, as they are listed.
 */
#ifndef MIKED_GROUP_KS_INTERNAL_H
#define MIKED_GROUP_KS_INTERNAL_H

#include "group/ks.h"
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

struct ks_sa {
	uint32_t spi;
	struct conf_selector selector;
	struct secret keymat;
};

/* SAs that were made together, under the policy that was in force then. */
struct ks_epoch {
	uint32_t number;		/* from 1 on */
	uint64_t made, end;		/* milliseconds */
	bool doomed;			/* deleted as soon as all have a younger one */
	bool sequential;
	bool taken;			/* by the one sender that numbers packets in sequence */
	struct conf_esp esp;
	struct sid_space *sids;		/* the epoch's own */
	size_t n_sas;
	struct ks_sa sas[];
};

struct ks_group {
	struct ks *ks;
	const struct conf_group *conf;
	struct conf_group *own;		/* where conf is, if it came by command */
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
	bool renew;			/* a new epoch is due, whatever the time */
	bool doom;			/* and the others are to end */
	bool checked;			/* its delays were looked at, under this configuration */
	uint64_t retry;			/* no new epoch before */
};

/* Who is, was, or may or may not be a member. */
struct ks_member {
	struct ks_group *group;
	struct ks_peer *peer;		/* NULL: not registered */
	struct ks_member *prev, *next;	/* of the peer */
	uint32_t role;			/* enum conf_role; 0: never was registered */
	struct net_end from;
	uint64_t since;
	uint32_t oldest, epoch;		/* the epochs it is known to have or to have had */
	size_t n_sids;
	uint32_t sids[KS_MAX_SENDER_IDS];
	/* Of the registration before: if the last answer was lost, it goes on with these. */
	size_t n_former;
	uint32_t former[KS_MAX_SENDER_IDS];
	uint32_t admitted;		/* enum conf_role, by command; 0: not */
	bool expelled;			/* by command */
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
	size_t asked_gone;
	bool asked_farewell;
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
/* Another policy for the group; the old one still stands. */
void ks_group_change(struct ks_group *group, const struct conf_group *conf);

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
/* ATD and DTD in seconds. */
uint16_t ks_atd(const struct ks_group *group);
uint16_t ks_dtd(const struct ks_group *group);
bool ks_has_converged(const struct ks_group *group);
/* Somebody may have got the last epoch, or was the last that had not. */
void ks_check_converged(struct ks_group *group);

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
 * May the peer be a member, as a sender or not? NULL, and *@role is what it may be at most;
 * or why not.
 */
const char *ks_authorize(const struct ks_group *group, const struct wire_id *identity,
			 const char *id, const struct gemcast_addr *from, bool sender,
			 uint32_t *role);
/* RFC 9838 3.1: keys are not wrapped by shorter ones. What this IKE SA has is long enough. */
bool ks_can_wrap(const struct ike_sa *sa, const struct conf_esp *esp);
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
/* What all members of the group have to be told of is there to be fetched. */
void ks_tell_all(struct ks_group *group);
/* Its SAs are to be deleted where they are. */
void ks_tell_gone(struct ks_group *group, const struct ks_epoch *epoch);
void ks_peers_run(struct ks *ks);
uint64_t ks_peers_next(const struct ks *ks);
void ks_peers_free(struct ks *ks);

/* ks_message.c: GSA and KD */
/* For one member, over one IKE SA. */
struct ks_grant {
	struct ks *ks;
	struct ks_room *room;
	const struct ks_group *group;
	struct ks_epoch *const *epochs;
	size_t n_epochs;
	bool registration;
	uint16_t atd;			/* seconds; 0: not told */
	const uint32_t *sids;
	size_t n_sids;
};
/* The policies, to be compared with what the member can do. How many. */
size_t ks_policies(struct ks_room *room, const struct ks_epoch *epoch, size_t at, uint64_t now);
/* 0 or a negative errno value. */
int ks_grant(const struct ks_grant *grant, struct ike_sa *sa, struct ike_content *content);

/* ks_register.c: GSA_AUTH and GSA_REGISTRATION */
void ks_registration(struct ks *ks, struct ike_sa *sa, const struct wire_message *request,
		     struct ike_content *response);

#endif
