// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Epochs of a group: how SAs are made, follow one another, and end. RFC 5374 4.2.1: all
 * members hold the next before any sender uses it, and the last until all senders have
 * left it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_internal.h"

#define FIRST_SPI	256	/* RFC 4303 2.1 */
#define MS_PER_S	1000
/* From a datagram's last copy until it has arrived and was acted on. */
#define TRANSIT_MS	1000

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
	size_t i = group->n_epochs - 1, sas = group->epochs[i]->n_sas;
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

/*
 * From the first to the last copy of a request to who does not answer (RFC 7296 2.1), each
 * of which may come a tenth later than this adds up to.
 */
static uint64_t spread_ms(const struct conf_ike *ike)
{
	uint64_t wait = ike->retransmit_first_ms, sum = 0;
	uint32_t i;

	for (i = 0; i < ike->retransmissions; i++) {
		sum += wait;
		wait = 2 * wait < ike->retransmit_limit_ms ? 2 * wait : ike->retransmit_limit_ms;
	}
	return sum + sum / 10;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Up, since a delay that is too short loses packets. */
static uint16_t seconds(uint64_t ms)
{
	return (uint16_t)least((ms + MS_PER_S - 1) / MS_PER_S, UINT16_MAX);
}

/* So long it takes at most until all who are to have it have an SA (RFC 5374 4.2.1). */
static uint64_t reach_ms(const struct ks_group *group)
{
	return spread_ms(&group->ks->conf->ike) + TRANSIT_MS;
}

static uint64_t atd_ms(const struct ks_group *group)
{
	if (group->conf->activation_delay_ms != CONF_AUTO)
		return group->conf->activation_delay_ms;
	return least(reach_ms(group), group->conf->rollover_ms / 2);
}

uint16_t ks_atd(const struct ks_group *group)
{
	return seconds(atd_ms(group));
}

static uint64_t dtd_ms(const struct ks_group *group)
{
	if (group->conf->deactivation_delay_ms != CONF_AUTO)
		return group->conf->deactivation_delay_ms;
	return least(atd_ms(group) + reach_ms(group), group->conf->rollover_ms);
}

uint16_t ks_dtd(const struct ks_group *group)
{
	return seconds(dtd_ms(group));
}

/* Whoever needs the last copy of a rekey will miss packets: nothing else says so. */
static void check_delays(struct ks_group *group)
{
	uint64_t reach = reach_ms(group), atd = atd_ms(group), dtd = dtd_ms(group);

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
	if (group->registered)
		ks_log(LEVEL_INFO, group, NULL, "all %zu members have epoch %u",
		       group->registered, group->epoch);
}

static int fill(const struct ks *ks, int (*from)(void *, uint8_t *, size_t), uint8_t *out,
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
		if (epoch->sas[i].spi == spi)
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
		err = fill(ks, ks->setup.world.spi, bytes, sizeof(bytes));
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
	free(epoch);
}

/* A data SA (TEK): the one place where its key comes from. */
static int make_sa(const struct ks *ks, struct ks_epoch *epoch,
		   const struct conf_selector *selector)
{
	struct ks_sa sa = { .selector = *selector };
	int err;

	err = choose_spi(ks, epoch, &sa.spi);
	if (!err)
		err = secret_new(&sa.keymat, esp_keymat_len(&epoch->esp));
	if (!err)
		err = fill(ks, ks->setup.world.tek, sa.keymat.data, sa.keymat.len);
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
		err = make_sa(group->ks, epoch, &conf->traffic[i]);
	return err;
}

/*
 * Members take their Sender-IDs with them: nobody else may have those here. Nor those of
 * a registration before, of which no acknowledgement says that they are no more in use.
 */
static void hold_sids(const struct ks_group *group, struct ks_epoch *epoch)
{
	const struct ks_member *member;
	size_t i, j;

	for (i = 0; i < group->n_members; i++) {
		member = group->members[i];
		for (j = 0; member->peer && j < member->n_sids; j++)
			sid_take(epoch->sids, member->sids[j]);
		for (j = 0; member->peer && j < member->n_former; j++)
			sid_take(epoch->sids, member->former[j]);
		if (member->peer && member->n_sids)
			epoch->taken = true;
	}
}

/* Two are enough for all to go on with; what is older ends. */
static void doom(struct ks_group *group, bool all)
{
	size_t i, keep = all ? 1 : 2;

	for (i = 0; i + keep < group->n_epochs; i++)
		group->epochs[i]->doomed = true;
}

int ks_epoch_make(struct ks_group *group, bool dooms)
{
	struct ks_epoch *epoch;
	int err;

	if (group->n_epochs == KS_MAX_EPOCHS)
		return -EBUSY;
	epoch = new_epoch(group);
	if (!epoch)
		return -ENOMEM;
	err = fill_epoch(group, epoch);
	if (err) {
		free_epoch(epoch);
		return err;
	}
	hold_sids(group, epoch);
	group->epochs[group->n_epochs++] = epoch;
	group->epoch = epoch->number;
	group->current = 0;
	group->converged = IKE_NEVER;
	group->renew = false;
	group->doom = false;
	doom(group, dooms);
	ks_log(LEVEL_NOTICE, group, NULL, "epoch %u: %zu SAs, for %u s%s", epoch->number,
	       epoch->n_sas, ks_epoch_left(epoch, epoch->made),
	       dooms ? "; those before end" : "");
	check_delays(group);
	ks_tell_all(group);
	ks_check_converged(group);
	return 0;
}

static void retire_spis(struct ks *ks, const struct ks_epoch *epoch)
{
	size_t i;

	for (i = 0; i < epoch->n_sas; i++)
		ks->retired[ks->n_retired++ % KS_MAX_RETIRED] = epoch->sas[i].spi;
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

/* Those of which the time is over, and those that all members can do without. */
static bool is_over(const struct ks_group *group, const struct ks_epoch *epoch, uint64_t now)
{
	return epoch->end <= now || (epoch->doomed && ks_has_converged(group));
}

static void end_epochs(struct ks_group *group, uint64_t now)
{
	struct ks_epoch *epoch;
	bool ended = false;
	size_t i = 0;

	while (i < group->n_epochs) {
		epoch = group->epochs[i];
		if (!is_over(group, epoch, now)) {
			i++;
			continue;
		}
		ks_log(LEVEL_INFO, group, NULL, "epoch %u ends%s", epoch->number,
		       epoch->end > now ? " before its time" : "");
		if (epoch->end > now)
			ks_tell_gone(group, epoch);
		remove_epoch(group, i);
		ended = true;
	}
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
	return last->end - rollover;
}

/* With nobody registered, it is made when somebody comes. */
static uint64_t rollover_at(const struct ks_group *group)
{
	uint64_t at = due_at(group);

	if (!group->registered)
		return IKE_NEVER;
	return at > group->retry ? at : group->retry;
}

int ks_epoch_ready(struct ks_group *group)
{
	uint64_t now = ks_now(group->ks);
	int err;

	end_epochs(group, now);
	if (due_at(group) > now)
		return 0;
	err = ks_epoch_make(group, group->doom);
	end_epochs(group, now);
	return ks_last(group) && ks_epoch_left(ks_last(group), now) ? 0 : err;
}

/* The oldest has to go, or the group would stand still. */
static void make_place(struct ks_group *group)
{
	if (group->n_epochs < KS_MAX_EPOCHS)
		return;
	ks_log(LEVEL_WARNING, group, NULL,
	       "epoch %u ends before all members have a younger one",
	       group->epochs[0]->number);
	ks_tell_gone(group, group->epochs[0]);
	remove_epoch(group, 0);
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
	uint64_t next = rollover_at(group);
	size_t i;

	for (i = 0; i < group->n_epochs; i++) {
		if (group->epochs[i]->doomed && ks_has_converged(group))
			return 0;
		next = least(next, group->epochs[i]->end);
	}
	return next;
}

void ks_group_run(struct ks_group *group)
{
	uint64_t now = ks_now(group->ks);

	end_epochs(group, now);
	if (rollover_at(group) <= now)
		roll_over(group, now);
}
