// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Registration (RFC 9838 2.3): a member asks for a group in GSA_AUTH or GSA_REGISTRATION
 * and gets its SAs, or a notification that says as much as the RFC allows. It leaves by a
 * GSA_REGISTRATION with an error in it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"
#include "group/sag.h"

/* A request for a group, and what becomes of it. */
struct applicant {
	struct ks *ks;
	struct ks_group *group;
	struct ike_sa *sa;
	const struct wire_message *request;
	size_t notifies;		/* that the response had before */
	char id[GEMCAST_ID_SIZE];
	bool sender;
	uint32_t asked;			/* for so many Sender-IDs */
	uint32_t role;			/* enum conf_role: at most */
	size_t first;			/* of the group's epochs that it gets */
	struct ks_rekey *rekey;		/* that it gets, or NULL */
	bool hello;			/* it is a member of gemcast */
	uint32_t sids[KS_MAX_SENDER_IDS];
	size_t n_sids;
};

/* Why not: what the wire says, and what the log says. */
struct refusal {
	uint16_t notify;
	const char *why;
};

static const struct refusal welcome = { N_NONE, NULL };

static struct refusal unknown_group(void)
{
	return (struct refusal){ N_INVALID_GROUP_ID, "there is no such group" };
}

static struct refusal unauthorized(const char *why)
{
	return (struct refusal){ N_AUTHORIZATION_FAILED, why };
}

static struct refusal unfit(const char *why)
{
	return (struct refusal){ N_NO_PROPOSAL_CHOSEN, why };
}

/* Not the member's fault (RFC 9838 4.7.3). */
static struct refusal impossible(const char *why)
{
	return (struct refusal){ N_REGISTRATION_FAILED, why };
}

/* It asks for one at least, and gets so many at most. */
static uint32_t sids_asked(const struct wire_notify *notify)
{
	uint32_t asked = notify ? wire_notify_u32(notify) : 0;

	if (!asked)
		return 1;
	return asked < KS_MAX_SENDER_IDS ? asked : KS_MAX_SENDER_IDS;
}

static struct refusal identify(struct applicant *a)
{
	const struct wire_notify *sender = wire_notify(a->request, N_GROUP_SENDER);
	struct hello hello;

	a->hello = hello_read(a->request, &hello);
	a->sender = sender;
	a->asked = sids_asked(sender);
	if (!ks_identity_text(ike_sa_peer(a->sa), a->id))
		return unauthorized("its identity cannot be put in words");
	a->group = ks_group_of(a->ks, a->request->idg);
	return a->group ? welcome : unknown_group();
}

/* What it asked for by another IKE SA, just before, comes first. */
static void settle(const struct applicant *a)
{
	const struct ks_member *known = ks_member_find(a->group, a->id);

	if (known && known->entry)
		ks_save_entries(a->ks);
}

/* In a group for one sender that is another one, as long as it is registered. */
static bool is_only_sender(const struct applicant *a)
{
	const struct ks_member *known = ks_member_find(a->group, a->id);
	size_t senders = a->group->senders;

	if (known && known->peer && (known->role & CONF_ROLE_SENDER))
		senders--;
	return !senders;
}

static struct refusal authorize(struct applicant *a)
{
	const char *why;

	why = ks_authorize(a->group, a->group->conf, ike_sa_peer(a->sa), a->id,
			   &ike_sa_path(a->sa)->remote.addr, a->sender, &a->role);
	if (why)
		return unauthorized(why);
	if (a->sender && a->group->conf->senders == CONF_SENDERS_ONE && !is_only_sender(a))
		return impossible("the group has its one sender");
	if (!keywrap_key_len(ike_sa_kwa(a->sa)))
		return unfit("no key wrap algorithm was agreed on");
	return welcome;
}

/* Together with the Rekey SA: what it can do of the one may depend on the other. */
static bool is_able(const struct applicant *a, const struct ks_epoch *epoch,
		    const struct ks_rekey *rekey)
{
	const struct wire_message *m = a->request;
	struct ks_room *room = &a->ks->answer;
	uint64_t now = ks_now(a->ks);
	size_t n = ks_policies(room, epoch, 0, now);

	if (rekey)
		ks_rekey_policy(room, rekey, true, n++, now);
	return ks_can_wrap(a->sa, &epoch->esp) &&
	       (!rekey || ks_can_wrap(a->sa, &rekey->conf.encryption)) &&
	       (!m->n_proposals ||
		sag_allows(m->proposals, m->n_proposals, room->policies, n));
}

/* Where members are reached by both ways, one is enough. */
static bool choose_rekey(struct applicant *a)
{
	const struct ks_group *group = a->group;

	a->rekey = ks_rekey_given(group);
	if (is_able(a, ks_last(group), a->rekey))
		return true;
	if (!a->rekey || group->conf->rekey.transport != CONF_REKEY_BOTH)
		return false;
	a->rekey = NULL;
	return is_able(a, ks_last(group), NULL);
}

/*
 * Who has the last SAs already has not to be waited for; of who has no IKE SA that is not
 * known. Tensions 13
 */
static uint16_t atd_left(const struct applicant *a)
{
	const struct ks_member *known = ks_member_find(a->group, a->id);
	const struct ks_group *group = a->group;
	uint64_t end = ks_last(group)->begun + UINT64_C(1000) * ks_atd(group);
	uint64_t now = ks_now(a->ks);
	size_t lack = group->registered - group->current;

	if (known && known->peer && known->epoch != group->epoch)
		lack--;
	if (end <= now || !(lack || group->listening || ks_last(group)->alone || now < group->grace))
		return 0;
	return (uint16_t)((end - now + 999) / 1000);
}

/*
 * Receivers have left the epoch before this one by the time that a new sender leaves it:
 * better not to send yet.
 */
static bool is_left(const struct applicant *a, const struct ks_epoch *next)
{
	const uint64_t dtd = UINT64_C(1000) * ks_dtd(a->group), atd = UINT64_C(1000) * atd_left(a);

	return a->sender && atd && next->made + dtd < ks_now(a->ks) + atd;
}

/* The last epoch and those before it that are still in use, as far as it can do them. */
static struct refusal choose_epochs(struct applicant *a)
{
	struct ks_group *group = a->group;
	size_t i;

	if (ks_rekey_ready(group) || ks_epoch_ready(group))
		return impossible("SAs cannot be made");
	if (!ks_can_wrap(a->sa, &ks_last(group)->esp))
		return unfit("its key wrap key would be shorter than the group's keys");
	if (!choose_rekey(a))
		return unfit("it cannot do the group's algorithms");
	a->first = ks_first_to_give(group, 0);
	for (i = group->n_epochs - 1; i > a->first; i--)
		if (is_left(a, group->epochs[i]) || !is_able(a, group->epochs[i - 1], a->rekey))
			a->first = i;
	return welcome;
}

/* An SA whose packets are numbered in sequence bears no second start at zero. */
static size_t take_sids(struct applicant *a, size_t first)
{
	struct sid_space *spaces[KS_MAX_EPOCHS];
	struct ks_group *group = a->group;
	size_t i, n = 0;

	for (i = first; i < group->n_epochs; i++) {
		if (group->epochs[i]->sequential && group->epochs[i]->taken)
			return 0;
		spaces[n++] = group->epochs[i]->sids;
	}
	n = sid_take_free(spaces, n, a->asked, a->sids);
	for (i = first; i < group->n_epochs && n; i++)
		group->epochs[i]->taken = true;
	return n;
}

static bool get_sids(struct applicant *a)
{
	for (; a->first < a->group->n_epochs; a->first++) {
		a->n_sids = take_sids(a, a->first);
		if (a->n_sids)
			return true;
	}
	return false;
}

/* So many would be free in a new epoch. */
static size_t would_be_free(const struct ks_group *group)
{
	return ks_last(group)->sids->size - group->held;
}

/*
 * Who has no IKE SA and may still send holds its Sender-IDs, until there is need for them:
 * RFC 9838 2.5.1, item 5, would exclude all.
 */
static void shut_out_listeners(struct ks_group *group)
{
	if (would_be_free(group) || !group->listening)
		return;
	ks_log(LEVEL_NOTICE, group, NULL,
	       "no Sender-IDs are left: %zu members without an IKE SA have to register again",
	       group->listening);
	group->cut = true;
}

/*
 * No Sender-ID is left under the SAs that there are. A new epoch has a space of its own,
 * in which only those are taken that registered members hold; the applicant's own of an
 * earlier registration are not, since from now on it is not registered.
 */
static struct refusal renew_sids(struct applicant *a)
{
	struct ks_member *known = ks_member_find(a->group, a->id);
	struct ks_group *group = a->group;
	int err;

	if (known) {
		ks_unregister(known);
		ks_listen_no_more(known);
	}
	shut_out_listeners(group);
	if (!group->cut && !would_be_free(group))
		return impossible("its senders have all Sender-IDs");
	err = ks_epoch_make(group, true);
	if (err)
		return impossible(err == -EBUSY ? "too many SAs are on their way out" :
						  "SAs cannot be made");
	a->first = group->n_epochs - 1;
	if (!choose_rekey(a))
		return unfit("it cannot do the group's algorithms");
	return get_sids(a) ? welcome : impossible("its senders have all Sender-IDs");
}

/* Long before the last one is given away. */
static void look_ahead(struct ks_group *group)
{
	const struct sid_space *space = ks_last(group)->sids;
	size_t left = space->size - space->used;
	size_t fresh = would_be_free(group);

	if (group->renew || left >= fresh || left > fresh / 4)
		return;
	ks_log(LEVEL_WARNING, group, NULL,
	       "%zu of %u Sender-IDs are left under epoch %u: new SAs", left, space->size,
	       group->epoch);
	group->renew = true;
	group->doom = true;
}

static struct refusal give_sids(struct applicant *a)
{
	if (!a->sender || !esp_is_counter(&ks_last(a->group)->esp))
		return welcome;
	if (!get_sids(a))
		return renew_sids(a);
	return welcome;
}

static int grant(const struct applicant *a, struct ike_content *response)
{
	const struct ks_grant grant = {
		.ks = a->ks,
		.room = &a->ks->answer,
		.registration = true,
		.group = a->group,
		.epochs = &a->group->epochs[a->first],
		.n_epochs = a->group->n_epochs - a->first,
		.rekey = a->rekey,
		.multicast = a->rekey,
		.hello = a->hello,
		.atd = atd_left(a),
		.sids = a->sids,
		.n_sids = a->n_sids,
	};

	return ks_grant(&grant, a->sa, response);
}

static uint32_t role_of(const struct applicant *a)
{
	return a->sender ? a->role : CONF_ROLE_RECEIVER;
}

/* An older Rekey SA that it knew it may still know. */
static void enter_line(const struct applicant *a, struct ks_member *member)
{
	member->deaf = !a->rekey;
	member->heir = a->rekey && a->rekey == a->group->heir;
	member->missed = false;
	member->fragments = ike_sa_fragments(a->sa);
	if (!a->rekey)
		return;
	member->line = a->group->line;
	member->signer = a->rekey->signer;
}

/* It may go on with those of a registration whose answer it is not known to have. */
static void keep_former(struct ks_member *member)
{
	const size_t n = member->n_sids;
	size_t kept = member->has_answer ? 0 : member->n_former;

	if (kept > KS_MAX_SENDER_IDS - n)
		kept = KS_MAX_SENDER_IDS - n;
	memmove(member->former + n, member->former, kept * sizeof(member->former[0]));
	memcpy(member->former, member->sids, n * sizeof(member->sids[0]));
	member->n_former = n + kept;
}

/* What was known of an earlier registration is no more (RFC 9838 2.3.3). */
static void enter(const struct applicant *a, struct ks_entry *entry, struct ks_peer *peer)
{
	struct ks_member *member = ks_member_find(a->group, a->id);
	struct ks_group *group = a->group;

	ks_entry_begin(entry, member, peer);
	keep_former(member);
	member->answered = ike_sa_answered(a->sa) + 1;
	member->has_answer = false;
	member->role = role_of(a);
	member->from = ike_sa_path(a->sa)->remote;
	member->since = ks_now(a->ks);
	member->oldest = group->epochs[a->first]->number;
	member->epoch = group->epoch;
	member->proof = KS_REGISTERED;
	member->hello = a->hello;
	member->n_sids = a->n_sids;
	memcpy(member->sids, a->sids, a->n_sids * sizeof(a->sids[0]));
	enter_line(a, member);
	ks_register(member, peer);
}

/*
 * Who gets numbers gets them when they are stored. Keys that are stored may be given to
 * others while nothing else can be.
 */
static struct refusal admit(struct applicant *a, struct ks_peer *peer,
			    struct ike_content *response)
{
	bool known = !a->n_sids && ks_may_give(a->group, a->rekey);
	const struct wire_message *m = a->request;
	int err = ks_may_store(a->ks);
	struct ks_entry *entry;
	struct ks_member *member;
	struct sag *sag = NULL;

	if (err && !known)
		return impossible("it cannot be stored");
	if (grant(a, response))
		return impossible("keys cannot be wrapped");
	member = ks_member_get(a->group, a->id);
	entry = ks_entry_new(known);
	if (m->n_proposals)
		sag = sag_keep(m->proposals, m->n_proposals);
	if (!member || !entry || (m->n_proposals && !sag)) {
		free(entry);
		free(sag);
		return impossible("no memory");
	}
	enter(a, entry, peer);
	ks_member_set_sag(member, sag);
	if (a->n_sids)
		look_ahead(a->group);
	if (err || !a->ks->setup.store) {
		ks_entry_end(entry, true);
	} else {
		ks_entry_wait(entry);
		ike_hold(response, N_REGISTRATION_FAILED);
	}
	return welcome;
}

static struct refusal apply(struct applicant *a, struct ks_peer *peer,
			    struct ike_content *response)
{
	struct refusal refusal;

	refusal = identify(a);
	if (!refusal.notify) {
		settle(a);
		refusal = authorize(a);
	}
	if (!refusal.notify)
		refusal = choose_epochs(a);
	if (!refusal.notify)
		refusal = give_sids(a);
	if (!refusal.notify)
		refusal = admit(a, peer, response);
	return refusal;
}

/* An error notification says no more than its type (RFC 9838 4.7). */
static void refuse(const struct applicant *a, const struct refusal *refusal,
		   struct ike_content *response)
{
	struct log_about about = { a->group ? a->group->conf->name : NULL, ike_sa_text(a->sa) };

	log_line(AREA_GROUP, LEVEL_WARNING, &about, "%s: registration refused: %s",
		 ike_sa_text(a->sa), refusal->why);
	response->message.gsa = NULL;
	response->message.kd = NULL;
	response->n_notifies = a->notifies;
	ike_notify(response, refusal->notify, (struct chunk){ NULL, 0 });
}

/*
 * An SPI that a member has in use for something else: there is to be another. A member
 * could say so of each, so one epoch follows no faster than the one before is gone.
 */
static void avoid(struct ks_group *group, const struct wire_notify *error)
{
	struct reader r = reader_of(error->spi);
	uint32_t spi = read_u32(&r);
	const struct ks_epoch *last = ks_last(group);
	size_t i;

	if (r.failed || error->protocol != PROTO_ESP)
		return;
	for (i = 0; last && i < last->n_sas; i++) {
		if (last->sas[i].spi != spi)
			continue;
		group->renew |= group->n_epochs == 1;
		ks_log(LEVEL_NOTICE, group, NULL, "SPI %08x is in use where a member is", spi);
	}
}

/* The member left, or cannot do what it got (RFC 9838 2.3.2, figure 8). */
static void leave(struct ks *ks, struct ike_sa *sa, const struct wire_message *request,
		  const struct wire_notify *error)
{
	struct ks_group *group = ks_group_of(ks, request->idg);
	struct ks_member *member;
	char id[GEMCAST_ID_SIZE];

	if (!group || !ks_identity_text(ike_sa_peer(sa), id))
		return;
	member = ks_member_find(group, id);
	if (!member || !member->peer || member->peer->sa != sa)
		return;
	ks_log(error->type == N_NO_PROPOSAL_CHOSEN ? LEVEL_WARNING : LEVEL_NOTICE, group, id,
	       "%s: %s", ike_sa_text(sa), error->type == N_NO_PROPOSAL_CHOSEN ?
	       "left: it cannot do the group's policy" : "left");
	ks_unregister(member);
	avoid(group, error);
}

void ks_registration(struct ks *ks, struct ike_sa *sa, const struct wire_message *request,
		     struct ike_content *response)
{
	const struct wire_notify *error = wire_notify_error(request);
	struct applicant a = { .ks = ks, .sa = sa, .request = request,
			       .notifies = response->n_notifies };
	struct ks_peer *peer = ks_peer_of(ks, sa);
	struct refusal refusal = impossible("no memory");

	if (error && request->header.exchange == GSA_REGISTRATION) {
		leave(ks, sa, request, error);
		return;
	}
	if (peer)
		refusal = apply(&a, peer, response);
	if (refusal.notify)
		refuse(&a, &refusal, response);
}
