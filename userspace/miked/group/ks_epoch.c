// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Epochs of a group: how SAs are made, follow one another, and end. RFC 5374 4.2.1: all
 * members hold the next before any sender uses it, and the last until all senders have
 * left it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

#define FIRST_SPI	256	/* RFC 4303 2.1 */
#define MS_PER_S	1000

struct ks_epoch *ks_last(const struct ks_group *group)
{
	return group->n_epochs ? group->epochs[group->n_epochs - 1] : NULL;
}

uint32_t ks_epoch_left(const struct ks_epoch *epoch, uint64_t now)
{
	return epoch->end > now ? (uint32_t)((epoch->end - now) / MS_PER_S) : 0;
}

size_t ks_first_to_give(const struct ks_group *group, uint32_t has)
{
	/* A place is the Rekey SA's. */
	size_t i = group->n_epochs - 1, sas = group->epochs[i]->n_sas + 1;
	uint64_t now = ks_now(group->ks);

	for (; i > 0; i--) {
		const struct ks_epoch *older = group->epochs[i - 1];

		sas += older->n_sas;
		if (older->number <= has || sas > WIRE_MAX_POLICIES ||
		    !ks_epoch_left(older, now))
			break;
	}
	return i;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t latest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Up, since a delay that is too short loses packets. */
static uint16_t seconds(uint64_t ms)
{
	return (uint16_t)least((ms + MS_PER_S - 1) / MS_PER_S, UINT16_MAX);
}

/* Does a registered member get keys by its IKE SA alone? */
static bool has_unicast(const struct ks_group *group)
{
	size_t i;

	for (i = 0; i < group->n_members; i++)
		if (group->members[i]->peer && !ks_hears(group->members[i]))
			return true;
	return false;
}

uint64_t ks_reach(const struct ks_group *group)
{
	const struct conf_ike *ike = &group->ks->conf->ike;
	uint64_t reach = conf_reach_ms(group->conf, ike);
	uint64_t unicast = conf_spread_ms(ike) + CONF_TRANSIT_MS;

	return reach < unicast && has_unicast(group) ? unicast : reach;
}

/* That of the last epoch counts for all that is said of it. */
static uint64_t reach_of(const struct ks_group *group)
{
	const struct ks_epoch *last = ks_last(group);

	return last ? last->reach : ks_reach(group);
}

uint16_t ks_atd(const struct ks_group *group)
{
	return seconds(conf_atd_ms(group->conf, reach_of(group)));
}

uint16_t ks_dtd(const struct ks_group *group)
{
	return seconds(conf_dtd_ms(group->conf, reach_of(group)));
}

/* Whoever needs the last copy of a rekey will miss packets: nothing else says so. */
static void check_delays(struct ks_group *group)
{
	uint64_t reach = reach_of(group);
	uint64_t atd = conf_atd_ms(group->conf, reach), dtd = conf_dtd_ms(group->conf, reach);

	if (group->checked)
		return;
	group->checked = true;
	if (atd < reach)
		ks_log(LEVEL_WARNING, group, NULL,
		       "senders wait %u s (ATD), and new SAs take up to %u s to all members: "
		       "see activation-delay, rollover and ike.retransmissions",
		       seconds(atd), seconds(reach));
	if (dtd < atd + reach)
		ks_log(LEVEL_WARNING, group, NULL,
		       "receivers keep a replaced SA for %u s (DTD), and senders may use it for "
		       "%u s: see deactivation-delay and rollover",
		       seconds(dtd), seconds(atd + reach));
}

bool ks_has_converged(const struct ks_group *group)
{
	return group->current == group->registered;
}

void ks_check_converged(struct ks_group *group)
{
	if (!ks_has_converged(group)) {
		group->converged = IKE_NEVER;
		return;
	}
	if (group->converged != IKE_NEVER || !group->n_epochs)
		return;
	group->converged = ks_now(group->ks);
	group->convergence = group->converged - ks_last(group)->made;
	if (group->registered)
		ks_log(LEVEL_INFO, group, NULL, "all %zu members have epoch %u",
		       group->registered, group->epoch);
}

bool ks_is_alive(const struct ks_group *group)
{
	return group->registered || group->listening;
}

bool ks_has_last(const struct ks_member *member)
{
	return member->epoch == member->group->epoch;
}

void ks_has_epoch(struct ks_member *member, uint32_t number, enum ks_proof proof)
{
	struct ks_group *group = member->group;

	if (member->epoch >= number)
		return;
	ks_log(LEVEL_DEBUG, group, member->id, "has epoch %u", number);
	member->epoch = number;
	member->proof = proof;
	member->has_answer |= proof != KS_REGISTERED;
	group->current += ks_has_last(member);
	ks_check_converged(group);
}

int ks_random(const struct ks *ks, int (*from)(void *, uint8_t *, size_t), uint8_t *out,
	      size_t len)
{
	if (from)
		return from(ks->setup.world.context, out, len);
	return crypto_random(ks->setup.crypto, out, len);
}

static bool epoch_has_spi(const struct ks_epoch *epoch, uint32_t spi)
{
	size_t i;

	for (i = 0; i < epoch->n_sas; i++)
		if (epoch->sas[i].spi == spi || epoch->sas[i].next == spi)
			return true;
	return false;
}

static bool is_retired(const struct ks *ks, uint32_t spi)
{
	size_t i, n = ks->n_retired < KS_MAX_RETIRED ? ks->n_retired : KS_MAX_RETIRED;

	for (i = 0; i < n; i++)
		if (ks->retired[i] == spi)
			return true;
	return false;
}

static bool is_used(const struct ks *ks, const struct ks_epoch *new, uint32_t spi)
{
	size_t i, j;

	if (spi < FIRST_SPI || is_retired(ks, spi) || epoch_has_spi(new, spi))
		return true;
	for (i = 0; i < ks->n_groups; i++)
		for (j = 0; j < ks->groups[i]->n_epochs; j++)
			if (epoch_has_spi(ks->groups[i]->epochs[j], spi))
				return true;
	return false;
}

static int choose_spi(const struct ks *ks, const struct ks_epoch *new, uint32_t *spi)
{
	uint8_t bytes[WIRE_IPSEC_SPI_LEN];
	struct reader r;
	int err;

	do {
		err = ks_random(ks, ks->setup.world.spi, bytes, sizeof(bytes));
		if (err)
			return err;
		r = reader_of(CHUNK(bytes));
		*spi = read_u32(&r);
	} while (is_used(ks, new, *spi));
	return 0;
}

static void free_epoch(struct ks_epoch *epoch)
{
	size_t i;

	for (i = 0; i < epoch->n_sas; i++)
		secret_free(&epoch->sas[i].keymat);
	free(epoch->sids);
	free(epoch->stored);
	free(epoch);
}

/* The SPI that members were told to expect for these packets; 0: none. */
static uint32_t promised(const struct ks_epoch *last, const struct conf_selector *selector)
{
	size_t i;

	for (i = 0; last && i < last->n_sas; i++)
		if (selector_equal(&last->sas[i].selector, selector))
			return last->sas[i].next;
	return 0;
}

/* And that of the one that will follow, if there is a Rekey SA to tell it by. */
static int choose_spis(const struct ks_group *group, struct ks_epoch *epoch, struct ks_sa *sa)
{
	int err = 0;

	sa->spi = promised(ks_last(group), &sa->selector);
	if (!sa->spi)
		err = choose_spi(group->ks, epoch, &sa->spi);
	if (err || group->conf->rekey.transport == CONF_REKEY_UNICAST)
		return err;
	do
		err = choose_spi(group->ks, epoch, &sa->next);
	while (!err && sa->next == sa->spi);
	return err;
}

/* A data SA (TEK): the one place where its key comes from. */
static int make_sa(const struct ks_group *group, struct ks_epoch *epoch,
		   const struct conf_selector *selector)
{
	const struct ks *ks = group->ks;
	struct ks_sa sa = { .selector = *selector };
	int err;

	err = choose_spis(group, epoch, &sa);
	if (!err)
		err = secret_new(&sa.keymat, esp_keymat_len(&epoch->esp));
	if (!err)
		err = ks_random(ks, ks->setup.world.tek, sa.keymat.data, sa.keymat.len);
	if (err)
		secret_free(&sa.keymat);
	else
		epoch->sas[epoch->n_sas++] = sa;
	return err;
}

static struct ks_epoch *new_epoch(const struct ks_group *group)
{
	const struct ks_epoch *last = ks_last(group);
	const struct conf_group *conf = group->conf;
	struct ks_epoch *epoch = calloc(1, sizeof(*epoch) + conf->traffic_count *
							       sizeof(epoch->sas[0]));

	if (!epoch)
		return NULL;
	epoch->number = group->epoch + 1;
	epoch->made = ks_now(group->ks);
	epoch->begun = epoch->made;
	epoch->end = epoch->made + conf->lifetime_ms;
	epoch->sequential = conf->senders == CONF_SENDERS_ONE && conf->replay;
	epoch->esp = conf->encryption;
	epoch->sids = sid_space_new(conf->sender_id_bits);
	if (!epoch->sids) {
		free_epoch(epoch);
		return NULL;
	}
	/* RFC 9838 2.5.1: a counter, so that one comes again only after all others. */
	if (last)
		epoch->sids->next = last->sids->next % epoch->sids->size;
	return epoch;
}

static int fill_epoch(const struct ks_group *group, struct ks_epoch *epoch)
{
	const struct conf_group *conf = group->conf;
	uint32_t i;
	int err = 0;

	for (i = 0; i < conf->traffic_count && !err; i++)
		err = make_sa(group, epoch, &conf->traffic[i]);
	return err;
}

/*
 * Members take their Sender-IDs with them, also those that hear of new SAs without an IKE
 * SA: nobody else may have those here. Nor those of a registration before, of which no
 * acknowledgement says that they are no more in use.
 */
static void hold_sids(const struct ks_group *group, struct ks_epoch *epoch)
{
	const struct ks_member *member;
	size_t i, j;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		if (!member->peer && !member->listens)
			continue;
		for (j = 0; j < member->n_sids; j++)
			sid_take(epoch->sids, member->sids[j]);
		for (j = 0; j < member->n_former; j++)
			sid_take(epoch->sids, member->former[j]);
		if (member->n_sids)
			epoch->taken = true;
	}
}

/* Two are enough for all to go on with; what is older ends. A bit for each that was not to. */
static unsigned int doom(struct ks_group *group, bool all)
{
	size_t i, keep = all ? 1 : 2;
	unsigned int doomed = 0;

	for (i = 0; i + keep < group->n_epochs; i++) {
		if (!group->epochs[i]->doomed)
			doomed |= 1U << i;
		group->epochs[i]->doomed = true;
	}
	return doomed;
}

/* A new line of Rekey SAs comes first: it says who is to have Sender-IDs in the epoch. */
static int make_epoch(struct ks_group *group, struct ks_epoch **out)
{
	struct ks_epoch *epoch = new_epoch(group);
	int err = epoch ? fill_epoch(group, epoch) : -ENOMEM;

	if (!err && group->cut && !group->begun)
		err = ks_rekey_cut(group);
	if (err && epoch)
		free_epoch(epoch);
	*out = epoch;
	return err;
}

/*
 * Senders go by what they may send by last: an epoch whose ATD is over before that of the
 * one before would be left for it again. So ATD is no shorter while somebody may wait for
 * the end of the other.
 */
static uint64_t reach_after(const struct ks_group *group, const struct ks_epoch *last,
			    uint64_t now)
{
	uint64_t reach = ks_reach(group), waits;

	if (!last)
		return reach;
	waits = last->begun + last->reach + (uint64_t)ks_atd(group) * MS_PER_S;
	waits = waits > now ? least(waits - now, last->reach) : 0;
	return latest(reach, waits);
}

static void add_epoch(struct ks_group *group, struct ks_epoch *epoch)
{
	epoch->alone = group->cut && group->rekey;
	epoch->reach = reach_after(group, ks_last(group), epoch->made);
	hold_sids(group, epoch);
	group->epochs[group->n_epochs++] = epoch;
	group->epoch = epoch->number;
	group->current = 0;
	group->converged = IKE_NEVER;
	group->renew = false;
	group->doom = false;
	group->cut = false;
	group->begun = false;
	group->used_up = IKE_NEVER;
}

/* It could not be stored: nobody was told of it, and there is to be another. */
static void take_back(struct ks_group *group, bool dooms, unsigned int doomed)
{
	struct ks_epoch *epoch = group->epochs[--group->n_epochs];
	size_t i;

	group->renew = true;
	group->doom = dooms;
	group->cut = epoch->alone;
	group->begun = epoch->alone;
	group->epoch--;
	for (i = 0; i < group->n_epochs; i++)
		if (doomed >> i & 1)
			group->epochs[i]->doomed = false;
	for (i = 0; i < group->n_members; i++)
		group->current += group->members[i]->peer && ks_has_last(group->members[i]);
	free_epoch(epoch);
	ks_check_converged(group);
}

/* It can be stored, as far as is known, and is as soon as it is made. */
static int add_stored(struct ks_group *group, bool dooms)
{
	struct ks_epoch *epoch;
	unsigned int doomed;
	int err = ks_may_store(group->ks);

	if (!err)
		err = make_epoch(group, &epoch);
	if (err)
		return err;
	add_epoch(group, epoch);
	doomed = doom(group, dooms);
	err = ks_save(group->ks);
	if (err)
		take_back(group, dooms, doomed);
	return err;
}

int ks_epoch_make(struct ks_group *group, bool dooms)
{
	const struct ks_epoch *epoch;
	int err;

	if (group->n_epochs == KS_MAX_EPOCHS)
		return -EBUSY;
	err = add_stored(group, dooms);
	if (err)
		return err;
	epoch = ks_last(group);
	ks_log(LEVEL_NOTICE, group, NULL, "epoch %u: %zu SAs, for %u s%s", epoch->number,
	       epoch->n_sas, ks_epoch_left(epoch, epoch->made),
	       dooms ? "; those before end" : "");
	check_delays(group);
	ks_shim_epoch(group);
	ks_check_converged(group);
	return 0;
}

static void retire_spis(struct ks *ks, const struct ks_epoch *epoch)
{
	size_t i;

	for (i = 0; i < epoch->n_sas; i++)
		ks_retire(ks, epoch->sas[i].spi);
}

static void remove_epoch(struct ks_group *group, size_t at)
{
	retire_spis(group->ks, group->epochs[at]);
	free_epoch(group->epochs[at]);
	group->n_epochs--;
	memmove(&group->epochs[at], &group->epochs[at + 1],
		(group->n_epochs - at) * sizeof(struct ks_epoch *));
}

void ks_epochs_free(struct ks_group *group)
{
	while (group->n_epochs)
		remove_epoch(group, group->n_epochs - 1);
}

/* When all have the last one, as far as can be known. Who listens says nothing. */
static uint64_t settled_at(const struct ks_group *group)
{
	const struct ks_epoch *last = ks_last(group);

	if (ks_has_converged(group) && !(group->listening && last->cast))
		return group->quiet;
	return latest(last->settled, group->quiet);
}

/*
 * Its time is over, or all members can do without. Those who have no IKE SA behind a start of
 * ours cannot be told; and none ends before an older one.
 */
static uint64_t over_at(const struct ks_group *group, const struct ks_epoch *epoch)
{
	if (!epoch->doomed)
		return epoch->end;
	return least(epoch->end, latest(settled_at(group), group->grace));
}

/* What ends before its time has to be deleted where it is. */
static void end_early(struct ks_group *group, const struct ks_epoch *epoch, struct writer *spis)
{
	ks_tell_gone(group, epoch);
	ks_write_spis(spis, epoch);
}

static void end_epochs(struct ks_group *group, uint64_t now)
{
	uint8_t bytes[WIRE_MAX_POLICIES * KS_MAX_EPOCHS * WIRE_IPSEC_SPI_LEN];
	struct writer spis = writer_to(bytes, sizeof(bytes));
	struct ks_epoch *epoch;
	bool ended = false;
	size_t i = 0;

	while (i < group->n_epochs) {
		epoch = group->epochs[i];
		if (over_at(group, epoch) > now) {
			i++;
			continue;
		}
		ks_log(LEVEL_INFO, group, NULL, "epoch %u ends%s", epoch->number,
		       epoch->end > now ? " before its time" : "");
		if (epoch->end > now)
			end_early(group, epoch, &spis);
		remove_epoch(group, i);
		ended = true;
	}
	ks_shim_gone(group, written(&spis));
	if (ended)
		ks_members_sweep(group);
}

/* When the next one is to be made, whether or not somebody is there. */
static uint64_t due_at(const struct ks_group *group)
{
	const struct ks_epoch *last = ks_last(group);
	uint64_t rollover = group->conf->rollover_ms;

	if (group->renew || !last || last->end <= rollover)
		return 0;
	return least(last->end - rollover, group->used_up);
}

/* Later than this the next epoch would be in use too late. */
static uint64_t last_call(const struct ks_group *group)
{
	uint64_t needs = ks_last(group)->reach + (uint64_t)ks_atd(group) * MS_PER_S;
	uint64_t end = ks_last(group)->end;

	return end > needs ? end - needs : 0;
}

/*
 * Not before all have heard what was told last, and those whom it has to be told by their IKE
 * SAs have one again, as long as the last one is as good. If somebody is to be shut out, that does
 * not wait, unless it is a Rekey SA: what is told next is signed by its key.
 */
static uint64_t may_make_at(const struct ks_group *group)
{
	const struct ks_epoch *last = ks_last(group);
	uint64_t at = due_at(group);

	if (!last || !ks_epoch_left(last, ks_now(group->ks)))
		return at;
	if (group->cut && !group->heir)
		return at;
	if (!group->doom)
		at = latest(at, least(group->back, last_call(group)));
	return latest(at, group->quiet);
}

/* With nobody registered, it is made when somebody comes. */
static uint64_t rollover_at(const struct ks_group *group)
{
	return ks_is_alive(group) ? latest(may_make_at(group), group->retry) : IKE_NEVER;
}

int ks_epoch_ready(struct ks_group *group)
{
	uint64_t now = ks_now(group->ks);
	int err;

	end_epochs(group, now);
	if (may_make_at(group) > now)
		return 0;
	err = ks_epoch_make(group, group->doom);
	end_epochs(group, now);
	return ks_last(group) && ks_epoch_left(ks_last(group), now) ? 0 : err;
}

/* The oldest has to go, or the group would stand still. */
static void make_place(struct ks_group *group)
{
	uint8_t bytes[WIRE_MAX_POLICIES * WIRE_IPSEC_SPI_LEN];
	struct writer spis = writer_to(bytes, sizeof(bytes));

	if (group->n_epochs < KS_MAX_EPOCHS)
		return;
	ks_log(LEVEL_WARNING, group, NULL,
	       "epoch %u ends before all members have a younger one",
	       group->epochs[0]->number);
	end_early(group, group->epochs[0], &spis);
	remove_epoch(group, 0);
	ks_shim_gone(group, written(&spis));
}

static void roll_over(struct ks_group *group, uint64_t now)
{
	int err;

	make_place(group);
	err = ks_epoch_make(group, group->doom);
	if (!err)
		return;
	group->retry = now + KS_RETRY_MS;
	ks_log(LEVEL_ERROR, group, NULL, "no new SAs: %s", strerror(-err));
}

uint64_t ks_group_next(const struct ks_group *group)
{
	uint64_t next = least(rollover_at(group), ks_shim_next(group));
	size_t i;

	next = least(next, ks_rekey_next(group));
	for (i = 0; i < group->n_epochs; i++)
		next = least(next, over_at(group, group->epochs[i]));
	return next;
}

void ks_group_run(struct ks_group *group)
{
	uint64_t now = ks_now(group->ks);

	end_epochs(group, now);
	if (rollover_at(group) <= now)
		roll_over(group, now);
	ks_shim_run(group, now);
	ks_rekey_run(group, now);
}
