/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The key server (GCKS, RFC 9838): groups, the SAs they have, and who gets their keys.
 * It does no I/O and has no clock: requests come by ks_request(), what is due is done by
 * ks_run(), and messages to members go out by ike_ask().
 *
 * Each group has data SAs, one for each entry of its traffic; those that are made
 * together are an epoch. The next epoch is made before the end of the last, and each
 * registered member gets it by a GSA_INBAND_REKEY; who registers in between gets both.
 *
 * Whoever called a function that changes something asks ks_next() again: what is left to
 * do is done by the next ks_run(), so that no function here waits or sends to many.
 */
#ifndef MIKED_GROUP_KS_H
#define MIKED_GROUP_KS_H

#include "conf/conf.h"
#include "crypto/crypto.h"
#include "ike/ike.h"
#include "store/store.h"

struct ks;

/* What the key server has from outside. */
struct ks_world {
	void *context;
	uint64_t (*now)(void *context);		/* milliseconds, never back */
	int64_t (*wall)(void *context);		/* milliseconds since 1970; with a store only */
	/* One datagram of a GSA_REKEY. It may be lost. */
	void (*send_group)(void *context, const struct net_group *to, struct chunk datagram);
	/* Where it would be sent from, to->source or by the routes. False: no route, no socket. */
	bool (*group_source)(void *context, const struct net_group *to,
			     struct gemcast_addr *source);
	/* Where SPIs and keying material of SAs (TEKs) come from; NULL: crypto_random(). */
	int (*spi)(void *context, uint8_t *out, size_t len);
	int (*tek)(void *context, uint8_t *out, size_t len);
};

/* What went out by multicast, and what members said of it, since the key server began. */
#define KS_COUNTERS(X)										\
	X(messages) X(datagrams) X(acknowledged) X(acknowledged_again) X(acknowledged_unknown)	\
	X(expiring) X(expiring_unknown) X(malformed)
struct ks_stats {
#define X(name) uint64_t name;
	KS_COUNTERS(X)
#undef X
};

struct ks_setup {
	const struct crypto *crypto;	/* must live longer */
	struct ks_world world;
	struct store *store;		/* the same; NULL: what is known is in memory */
};

/* NULL: no memory. @conf must stay until ks_reload() or ks_free() has returned. */
struct ks *ks_new(const struct ks_setup *setup, const struct conf *conf);
/*
 * What the store has, before anything else: groups go on with the SAs that they had, and
 * what of the configuration changed meanwhile is as a reload. 0, or a negative errno value
 * and @why: only ks_free() may follow.
 */
int ks_load(struct ks *ks, struct reason *why);
/* Says nothing to members: ike_close_all() does. No IKE SA may be used between the two. */
void ks_free(struct ks *ks);

/*
 * A new configuration: new groups begin, groups that are gone end and their members are
 * told. A group with another policy gets new SAs by it at once, and members that its
 * rules admit no more are excluded. Groups that came by ks_group_add() stay.
 */
void ks_reload(struct ks *ks, const struct conf *conf);

/* As ike_user has them, for IKE SAs that the peer began. */
void ks_request(struct ks *ks, struct ike_sa *sa, const struct wire_message *request,
		struct ike_content *response);
void ks_ended(struct ks *ks, struct ike_sa *sa, enum ike_end why, const char *text);

const struct ks_stats *ks_stats(const struct ks *ks);

/* When ks_run() wants to be called at the latest; IKE_NEVER. */
uint64_t ks_next(const struct ks *ks);
/* Do what is due by now(). Not from within an upcall of the engine. */
void ks_run(struct ks *ks);

/*
 * What is asked by the control socket (control/control.h): lists as control_ops has
 * them, and commands. 0, or -ENOENT, -EEXIST, -EINVAL, -ENOMEM and @why. Any other error:
 * it is done, and a restart would forget it, since it cannot be stored.
 */
int ks_show_group(struct ks *ks, const struct gemcast_ks_group *after,
		  struct gemcast_ks_group *out);
int ks_show_member(struct ks *ks, const struct gemcast_ks_member *after,
		   struct gemcast_ks_member *out);
/* The group becomes the key server's, whatever comes of it. */
int ks_group_add(struct ks *ks, struct conf_group *conf, struct reason *why);
/*
 * Another policy for the group of this name. Can it be at all? Which registered members
 * could not live with it (key: id), and why? And put it in force, unless there are such
 * members, who are excluded with @yes; the policy becomes the key server's, whatever comes
 * of it. If the group is of the configuration, it counts until that has another policy.
 * Besides the errors above: -EPERM.
 */
int ks_group_check(struct ks *ks, const struct conf_group *conf, struct reason *why);
int ks_show_unfit(struct ks *ks, const struct conf_group *conf,
		  const struct gemcast_ks_unfit *after, struct gemcast_ks_unfit *out);
int ks_group_set(struct ks *ks, struct conf_group *conf, bool yes, struct reason *why);
int ks_group_del(struct ks *ks, const char *name, struct reason *why);
/* Besides whom the configuration admits; who was expelled may come again. */
int ks_admit(struct ks *ks, const char *name, enum conf_role role,
	     const struct conf_identity *ids, size_t count, struct reason *why);
/* Shut out until they are admitted; all others get new keys, and the old ones end. */
int ks_expel(struct ks *ks, const char *name, const struct conf_identity *ids, size_t count,
	     struct reason *why);
/* New SAs. @now: the old ones are deleted as soon as all members have the new. */
int ks_rekey(struct ks *ks, const char *name, bool now, struct reason *why);

#endif
