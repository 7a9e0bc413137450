// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the key server finds in its store when it begins. IKE SAs are not kept: nobody is
 * registered. Whoever was may have all that there is, so nothing of it is given to others;
 * it goes on with its SAs, hears the Rekey SA, if there is one, and registers again when it
 * finds its IKE SA gone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "group/ks_store.h"

#define WORD	64

struct loading {
	struct ks *ks;
	uint64_t now;
	int64_t wall;			/* at that time */
	int64_t seen;			/* an earlier one: the clock may have gone back */
	struct ks_group *group;		/* of the last row */
	struct reason *why;
};

static int damaged(const struct loading *l, const char *what, const char *group)
{
	reason_set(l->why, "the store's %s of group %.64s does not hold together", what, group);
	return -EBADMSG;
}

static int64_t wall(const struct loading *l)
{
	return l->wall > l->seen ? l->wall : l->seen;
}

static uint64_t past(const struct loading *l, int64_t at)
{
	int64_t ago = wall(l) - at;

	if (ago <= 0)
		return l->now;
	return (uint64_t)ago < l->now ? l->now - (uint64_t)ago : 0;
}

static uint64_t future(const struct loading *l, int64_t at)
{
	int64_t left = at - wall(l);

	return left > 0 ? l->now + (uint64_t)left : l->now;
}

static void report(void *arg, const char *text)
{
	reason_set(arg, "%s", text);
}

static struct conf_group *load_conf(const struct loading *l, const char *group, const char *text)
{
	struct reason inner = { "" };
	struct conf_group *conf = conf_group_load("policy", text, strlen(text), report, &inner);

	if (!conf)
		reason_set(l->why, "the store's group %.64s: %.200s", group, inner.text);
	return conf;
}

static int on_group(void *context, const struct store_group *row)
{
	struct loading *l = context;
	struct conf_group *conf = load_conf(l, row->name, row->text);
	struct ks_group *group;

	if (!conf)
		return -EBADMSG;
	if (strcmp(conf->name, row->name) != 0) {
		conf_group_free(conf);
		return damaged(l, "policy", row->name);
	}
	group = ks_group_new(l->ks, conf);
	if (!group) {
		conf_group_free(conf);
		return -ENOMEM;
	}
	group->own = conf;
	group->configured = !row->own;
	group->set_over = ks_policy_set_over(row->text);
	group->epoch = row->epoch;
	group->loaded = row->epoch;
	group->line = row->line;
	group->signers = row->signers;
	group->renew = row->pending & KS_PENDING_RENEW;
	group->doom = row->pending & KS_PENDING_DOOM;
	group->cut = row->pending & KS_PENDING_CUT;
	group->renew_rekey = row->pending & KS_PENDING_REKEY;
	return 0;
}

/* Rows come by groups. */
static struct ks_group *group_of(struct loading *l, const char *name)
{
	if (!l->group || strcmp(l->group->conf->name, name) != 0)
		l->group = ks_group_find(l->ks, name);
	return l->group;
}

static unsigned int bits_of(uint32_t size)
{
	unsigned int bits = 0;

	while (bits < SID_MAX_BITS && UINT32_C(1) << bits < size)
		bits++;
	return bits;
}

static int on_epoch(void *context, const struct store_epoch *row)
{
	struct loading *l = context;
	struct ks_group *group = group_of(l, row->group);
	unsigned int bits = bits_of(row->sids);
	struct ks_epoch *epoch;

	if (!group || group->n_epochs == KS_MAX_EPOCHS || row->number > group->epoch ||
	    row->sids != UINT32_C(1) << bits || row->next_sid >= row->sids)
		return damaged(l, "epochs", row->group);
	epoch = calloc(1, sizeof(*epoch));
	if (!epoch)
		return -ENOMEM;
	group->epochs[group->n_epochs++] = epoch;
	epoch->number = row->number;
	epoch->made = past(l, row->made);
	epoch->begun = epoch->made;
	epoch->end = future(l, row->end);
	epoch->doomed = row->doomed;
	epoch->sequential = row->sequential;
	epoch->taken = row->taken;
	epoch->repair = IKE_NEVER;
	if (!conf_esp_find(row->encr, row->key_bits, &epoch->esp))
		return damaged(l, "epochs", row->group);
	epoch->sids = sid_space_new(bits);
	if (!epoch->sids)
		return -ENOMEM;
	epoch->sids->next = row->next_sid;
	return 0;
}

static struct ks_epoch **epoch_of(struct loading *l, const char *name, uint32_t number)
{
	struct ks_group *group = group_of(l, name);
	size_t i;

	for (i = 0; group && i < group->n_epochs; i++)
		if (group->epochs[i]->number == number)
			return &group->epochs[i];
	return NULL;
}

static int on_sa(void *context, const struct store_sa *row)
{
	struct loading *l = context;
	struct ks_epoch **at = epoch_of(l, row->group, row->epoch), *epoch;
	struct ks_sa sa = { .spi = row->spi, .next = row->next };
	struct reader r = reader_of(row->selector);
	int err;

	unpack_selector(&r, &sa.selector);
	if (!at || r.failed || r.left || row->keymat.len != esp_keymat_len(&(*at)->esp) ||
	    (*at)->n_sas == WIRE_MAX_POLICIES)
		return damaged(l, "SAs", row->group);
	epoch = realloc(*at, sizeof(*epoch) + ((*at)->n_sas + 1) * sizeof(epoch->sas[0]));
	if (!epoch)
		return -ENOMEM;
	*at = epoch;
	err = secret_copy(&sa.keymat, row->keymat);
	if (!err)
		epoch->sas[epoch->n_sas++] = sa;
	return err;
}

static int on_sids(void *context, const struct store_sids *row)
{
	struct loading *l = context;
	struct ks_epoch **at = epoch_of(l, row->group, row->epoch);
	uint32_t i;

	if (!at || row->word * WORD >= (*at)->sids->size)
		return damaged(l, "Sender-IDs", row->group);
	for (i = 0; i < WORD; i++)
		if (row->taken >> i & 1)
			sid_take((*at)->sids, row->word * WORD + i);
	return 0;
}

static int set_identity(const struct loading *l, const struct store_member *row,
			struct ks_member *member)
{
	struct reader r = reader_of(row->identity);

	if (!row->identity.len)
		return 0;
	member->identity = malloc(sizeof(*member->identity));
	if (!member->identity)
		return -ENOMEM;
	unpack_identity(&r, member->identity);
	return r.failed || r.left ? damaged(l, "members", row->group) : 0;
}

static int on_member(void *context, const struct store_member *row)
{
	struct loading *l = context;
	struct ks_group *group = group_of(l, row->group);
	struct reader r = reader_of(row->from);
	struct ks_member *member;

	if (!group || row->n_sids > KS_MAX_SENDER_IDS || row->n_former > KS_MAX_SENDER_IDS ||
	    strlen(row->id) >= GEMCAST_ID_SIZE)
		return damaged(l, "members", row->group);
	member = ks_member_get(group, row->id);
	if (!member)
		return -ENOMEM;
	unpack_address(&r, &member->from.addr);
	if (r.failed || r.left)
		return damaged(l, "members", row->group);
	member->from.port = row->port;
	member->role = row->role;
	member->admitted = row->admitted;
	member->expelled = row->expelled;
	member->since = past(l, row->since);
	member->oldest = row->oldest;
	/* Who was registered may have been told of what came after. */
	member->epoch = row->registered ? group->epoch : row->epoch;
	member->line = row->registered ? group->line : row->line;
	member->fragments = row->fragments;
	member->n_sids = row->n_sids;
	memcpy(member->sids, row->sids, row->n_sids * sizeof(row->sids[0]));
	member->n_former = row->n_former;
	memcpy(member->former, row->former, row->n_former * sizeof(row->former[0]));
	member->listens = row->registered;
	return set_identity(l, row, member);
}

static int fill_rekey(const struct loading *l, const struct store_rekey_sa *row,
		      struct ks_rekey *rekey)
{
	struct reader p = reader_of(row->policy), s = reader_of(row->source);
	int err;

	unpack_rekey(&p, &rekey->conf);
	unpack_address(&s, &rekey->source);
	if (p.failed || p.left || s.failed || s.left)
		return damaged(l, "Rekey SAs", row->group);
	rekey->end = future(l, row->end);
	rekey->signer = row->signer;
	memcpy(rekey->next_spi, row->next, sizeof(rekey->next_spi));
	memcpy(rekey->sa.spi, row->spi, sizeof(rekey->sa.spi));
	rekey->sa.next_id = row->next_id;
	err = ks_rekey_load(l->ks->setup.crypto, row->keys, rekey);
	return err == -EBADMSG ? damaged(l, "Rekey SAs", row->group) : err;
}

static int on_rekey_sa(void *context, const struct store_rekey_sa *row)
{
	struct loading *l = context;
	struct ks_group *group = group_of(l, row->group);
	struct ks_rekey **places[KS_REKEY_PLACES];
	struct ks_rekey *rekey;

	if (!group || row->place >= KS_REKEY_PLACES)
		return damaged(l, "Rekey SAs", row->group);
	places[0] = &group->rekey;
	places[1] = &group->heir;
	places[2] = &group->passed;
	rekey = *places[row->place] ? NULL : calloc(1, sizeof(*rekey));
	if (!rekey)
		return *places[row->place] ? damaged(l, "Rekey SAs", row->group) : -ENOMEM;
	*places[row->place] = rekey;
	return fill_rekey(l, row, rekey);
}

static int on_retired(void *context, const struct store_retired *row)
{
	struct loading *l = context;

	if (row->place >= KS_MAX_RETIRED)
		return damaged(l, "SPIs", "any");
	l->ks->retired[row->place] = row->spi;
	l->ks->n_retired = KS_MAX_RETIRED;
	return 0;
}

/*
 * Who has no IKE SA and no Rekey SA either finds out by asking whether the key server lives,
 * as it does after some time.
 */
static uint64_t back(const struct ks_group *group)
{
	const struct conf_ike *ike = &group->ks->conf->ike;

	return ike->dead_peer_ms + conf_spread_ms(ike) + CONF_TRANSIT_MS;
}

/* Until it has registered again it uses what it has. */
static uint64_t grace(const struct ks_group *group)
{
	return group->ks->conf->ike.dead_peer_ms + ks_reach(group) +
	       UINT64_C(1000) * ks_dtd(group);
}

/* Copies may have been cut short: whoever has it already does not mind another. */
static void tell_again(struct ks_group *group, uint64_t now)
{
	struct ks_epoch *last = ks_last(group);

	ks_rekey_resume(group);
	if (!last)
		return;
	last->alone = group->passed;
	ks_shim_epoch(group);
	if (last->cast)
		last->settled = now + last->reach;
}

/* False: it was registered, and is told of nothing now. */
static bool resume(struct ks_member *member)
{
	bool did = member->listens;

	member->listens = false;
	if (did)
		ks_listen(member);
	return member->listens || !did;
}

static int settle_group(struct loading *l, struct ks_group *group)
{
	size_t i, silent = 0;

	if (group->n_epochs && ks_last(group)->number != group->epoch)
		return damaged(l, "epochs", group->conf->name);
	if (!group->rekey && (group->heir || group->passed))
		return damaged(l, "Rekey SAs", group->conf->name);
	for (i = 0; i < group->n_members; i++)
		silent += !resume(group->members[i]);
	ks_members_sweep(group);
	for (i = 0; i < group->n_epochs; i++)
		group->epochs[i]->reach = ks_reach(group);
	if (silent) {
		group->back = l->now + back(group);
		group->grace = l->now + grace(group);
	}
	tell_again(group, l->now);
	ks_check_converged(group);
	ks_log(LEVEL_NOTICE, group, NULL, "goes on at epoch %u: %zu epochs, %zu members are known",
	       group->epoch, group->n_epochs, group->n_members);
	return 0;
}

static int load(struct loading *l)
{
	const struct store_reader reader = {
		.context = l,
		.group = on_group,
		.epoch = on_epoch,
		.sa = on_sa,
		.sids = on_sids,
		.member = on_member,
		.rekey_sa = on_rekey_sa,
		.retired = on_retired,
	};
	struct store *store = l->ks->setup.store;

	return store->ops->load(store, &reader, &l->seen, l->why);
}

int ks_load(struct ks *ks, struct reason *why)
{
	struct loading l = { .ks = ks, .now = ks_now(ks), .why = why };
	const struct ks_world *world = &ks->setup.world;
	size_t i;
	int err;

	if (!ks->setup.store)
		return 0;
	l.wall = world->wall(world->context);
	reason_set(why, "no memory");
	err = load(&l);
	for (i = 0; i < ks->n_groups && !err; i++)
		err = settle_group(&l, ks->groups[i]);
	if (err)
		return err;
	ks_reload(ks, ks->conf);
	err = ks_save_anew(ks);
	if (err)
		reason_set(why, "the store cannot be written: %s", strerror(-err));
	return err;
}
