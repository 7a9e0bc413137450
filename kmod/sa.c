// SPDX-License-Identifier: GPL-2.0
/*
 * SAs: their table, their sequence numbers and IVs, their times and limits.
 *
 * gn->lock guards all changes of configuration. The packet path reads under
 * RCU; what it finds worth telling it leaves in gemcast_sa.events for the work,
 * which takes gn->lock. Table, pending work and packets in a group's lanes each
 * hold a reference.
 */
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "event.h"
#include "ivclock.h"
#include "outbound.h"
#include "sa.h"
#include "verdict.h"

static uint gemcast_test_seq_left;
module_param_named_unsafe(test_seq_left, gemcast_test_seq_left, uint, 0600);
MODULE_PARM_DESC(test_seq_left,
		 "For tests: new SAs start with so many sequence numbers left");

static uint gemcast_test_iv_left;
module_param_named_unsafe(test_iv_left, gemcast_test_iv_left, uint, 0600);
MODULE_PARM_DESC(test_iv_left,
		 "For tests: new SAs start with so many IVs left");

static struct workqueue_struct *gemcast_sa_wq;

/* By the addresses, too: one SPI may be that of many destinations or sources. */
static u32 gemcast_sad_hash(const void *data, u32 len, u32 seed)
{
	const struct gemcast_sa_key *key = data;

	return jhash_3words(key->spi, ipv6_addr_hash(&key->dst),
			    ipv6_addr_hash(&key->src), seed);
}

static int gemcast_sad_differs(struct rhashtable_compare_arg *arg,
			       const void *obj)
{
	const struct gemcast_sa_key *key = arg->key;
	const struct gemcast_sa *sa = obj;

	return sa->key.spi != key->spi || sa->key.port != key->port ||
	       !ipv6_addr_equal(&sa->key.dst, &key->dst) ||
	       !ipv6_addr_equal(&sa->key.src, &key->src);
}

const struct rhashtable_params gemcast_sad_params = {
	.hashfn = gemcast_sad_hash,
	.obj_cmpfn = gemcast_sad_differs,
	.key_len = sizeof_field(struct gemcast_sa, key),
	.key_offset = offsetof(struct gemcast_sa, key),
	.head_offset = offsetof(struct gemcast_sa, hash),
	.automatic_shrinking = true,
};

int gemcast_sa_init(void)
{
	gemcast_ivclock_init();
	gemcast_sa_wq = alloc_workqueue("gemcast", 0, 0);
	return gemcast_sa_wq ? 0 : -ENOMEM;
}

void gemcast_sa_exit(void)
{
	/* SAs are freed by work that RCU queues. */
	rcu_barrier();
	destroy_workqueue(gemcast_sa_wq);
}

void gemcast_sa_drain(void)
{
	synchronize_net();
	flush_workqueue(gemcast_sa_wq);
}

static void gemcast_sa_destroy(struct gemcast_sa *sa)
{
	if (sa->aead.tfm)
		gemcast_aead_destroy(&sa->aead);
	if (sa->replay != GEMCAST_REPLAY_NONE)
		gemcast_replay_destroy(&sa->replays);
	free_percpu(sa->out);
	free_percpu(sa->in);
	kfree_sensitive(sa);
}

static void gemcast_sa_free(struct work_struct *work)
{
	gemcast_sa_destroy(container_of(to_rcu_work(work), struct gemcast_sa,
					free));
}

bool gemcast_sa_hold(struct gemcast_sa *sa)
{
	return refcount_inc_not_zero(&sa->refs);
}

void gemcast_sa_put(struct gemcast_sa *sa)
{
	if (!refcount_dec_and_test(&sa->refs))
		return;
	INIT_RCU_WORK(&sa->free, gemcast_sa_free);
	queue_rcu_work(gemcast_sa_wq, &sa->free);
}

/* Any context; the caller has the SA from its table, or is its timer. */
static void gemcast_sa_kick(struct gemcast_sa *sa)
{
	if (gemcast_sa_hold(sa) &&
	    !queue_work(gemcast_sa_wq, &sa->work))
		gemcast_sa_put(sa);
}

static void gemcast_sa_note(struct gemcast_sa *sa, int event)
{
	if (!test_and_set_bit(event, &sa->events))
		gemcast_sa_kick(sa);
}

static enum hrtimer_restart gemcast_sa_timer(struct hrtimer *timer)
{
	gemcast_sa_kick(container_of(timer, struct gemcast_sa, timer));
	return HRTIMER_NORESTART;
}

static u64 gemcast_sa_earlier(u64 a, u64 b)
{
	return a && b ? min(a, b) : a ?: b;
}

/* Lock held. */
static void gemcast_sa_arm(struct gemcast_sa *sa)
{
	u64 next = gemcast_sa_earlier(sa->soft_at, sa->hard_at);

	next = gemcast_sa_earlier(next, sa->deactivate_at);
	if (!sa->activated)
		next = gemcast_sa_earlier(next, sa->activate_at);
	if (next)
		hrtimer_start(&sa->timer, ns_to_ktime(next),
			      HRTIMER_MODE_ABS_SOFT);
}

/* In the same place: one of them is sent by, or in use. */
static bool gemcast_sa_alike(const struct gemcast_sa *a,
			     const struct gemcast_sa *b)
{
	return a->dir == b->dir && ipv6_addr_equal(&a->key.dst, &b->key.dst) &&
	       ipv6_addr_equal(&a->key.src, &b->key.src);
}

/* Is it activated, and no newer one is? Lock held. */
static bool gemcast_sa_leads(const struct gemcast_sa *sa)
{
	const struct gemcast_sa *pos;

	if (!sa->activated)
		return false;
	list_for_each_entry(pos, &sa->group->sas, node) {
		if (pos == sa)
			break;
		if (pos->activated && gemcast_sa_alike(pos, sa))
			return false;
	}
	return true;
}

/* The one that leads without @sa, if it is @sa that does. Lock held. */
static struct gemcast_sa *gemcast_sa_next(struct gemcast_sa *sa)
{
	struct gemcast_sa *pos = sa;

	if (!gemcast_event_sa_heard(sa->gn) || !gemcast_sa_leads(sa))
		return NULL;
	list_for_each_entry_continue(pos, &sa->group->sas, node)
		if (pos->activated && gemcast_sa_alike(pos, sa))
			return pos;
	return NULL;
}

/* Tell of an SA, and of the one whose place it took. Lock held. */
static void gemcast_sa_tell_state(struct gemcast_sa *sa)
{
	struct gemcast_sa *trailing = gemcast_sa_next(sa);

	gemcast_event_sa(sa, GEMCAST_CMD_SA_NTF);
	if (trailing)
		gemcast_event_sa(trailing, GEMCAST_CMD_SA_NTF);
}

/* What packets brought about; true if the SA is gone for it. Lock held. */
static bool gemcast_sa_tell(struct gemcast_sa *sa)
{
	if (test_and_clear_bit(GEMCAST_SA_EV_SOFT_PACKETS, &sa->events))
		gemcast_event_expire(sa, false, GEMCAST_EXPIRE_CAUSE_PACKETS);
	if (test_and_clear_bit(GEMCAST_SA_EV_SOFT_BYTES, &sa->events))
		gemcast_event_expire(sa, false, GEMCAST_EXPIRE_CAUSE_BYTES);
	if (test_and_clear_bit(GEMCAST_SA_EV_SEQ_SOFT, &sa->events))
		gemcast_event_expire(sa, false, GEMCAST_EXPIRE_CAUSE_SEQUENCE);
	if (test_and_clear_bit(GEMCAST_SA_EV_SEQ_END, &sa->events)) {
		gemcast_event_expire(sa, true, GEMCAST_EXPIRE_CAUSE_SEQUENCE);
		gemcast_event_sa(sa, GEMCAST_CMD_SA_NTF);
	}
	if (test_and_clear_bit(GEMCAST_SA_EV_HARD_PACKETS, &sa->events))
		gemcast_event_expire(sa, true, GEMCAST_EXPIRE_CAUSE_PACKETS);
	else if (test_and_clear_bit(GEMCAST_SA_EV_HARD_BYTES, &sa->events))
		gemcast_event_expire(sa, true, GEMCAST_EXPIRE_CAUSE_BYTES);
	if (!sa->dead)
		return false;
	gemcast_sa_del(sa);
	return true;
}

/* An SA came, went, or was activated. Lock held. */
static void gemcast_sa_select(struct gemcast_sa *sa)
{
	if (sa->dir != GEMCAST_SA_DIR_IN)
		gemcast_group_select_current(sa->group);
}

/* Lock held. */
static void gemcast_sa_activate(struct gemcast_sa *sa)
{
	WRITE_ONCE(sa->activated, true);
	gemcast_sa_select(sa);
	gemcast_sa_tell_state(sa);
}

/*
 * Works may be late, and one that ends an SA come before the one that begins the
 * next: whatever is due begins first. Lock held.
 */
static void gemcast_sa_activate_due(struct gemcast_group *group, u64 now)
{
	struct gemcast_sa *sa;

	/* Those that are to come are in front, the next one last. */
	list_for_each_entry(sa, &group->sas, node)
		if (sa->activated)
			break;
	list_for_each_entry_continue_reverse(sa, &group->sas, node)
		if (now >= sa->activate_at)
			gemcast_sa_activate(sa);
}

/* What time brought about. Lock held. */
static void gemcast_sa_tick(struct gemcast_sa *sa, u64 now)
{
	gemcast_sa_activate_due(sa->group, now);
	if (!sa->activated && now >= sa->activate_at)
		gemcast_sa_activate(sa);
	if (sa->soft_at && now >= sa->soft_at) {
		sa->soft_at = 0;
		gemcast_event_expire(sa, false, GEMCAST_EXPIRE_CAUSE_SECONDS);
	}
	if (sa->hard_at && now >= sa->hard_at) {
		gemcast_event_expire(sa, true, GEMCAST_EXPIRE_CAUSE_SECONDS);
		gemcast_sa_del(sa);
	} else if (sa->deactivate_at && now >= sa->deactivate_at) {
		gemcast_event_expire(sa, true,
				     GEMCAST_EXPIRE_CAUSE_DEACTIVATE);
		gemcast_sa_del(sa);
	} else {
		gemcast_sa_arm(sa);
	}
}

static void gemcast_sa_work(struct work_struct *work)
{
	struct gemcast_sa *sa = container_of(work, struct gemcast_sa, work);
	struct gemcast_net *gn = sa->gn;

	mutex_lock(&gn->lock);
	if (!sa->removed && !gemcast_sa_tell(sa))
		gemcast_sa_tick(sa, ktime_get_boottime_ns());
	mutex_unlock(&gn->lock);
	gemcast_sa_put(sa);
}

/*
 * Sets where the numbers of an outbound SA begin and end. The IV counter and
 * the sequence number go together, so that one atomic addition takes both.
 */
static int gemcast_sa_numbers(struct gemcast_sa *sa,
			      struct netlink_ext_ack *extack)
{
	unsigned int bits = 64 - sa->sid_bits;
	u64 iv_last = U64_MAX >> sa->sid_bits, start, seq = 0;

	if (gemcast_test_seq_left)
		seq = U32_MAX - gemcast_test_seq_left;
	if (!gemcast_ivclock_start(bits, &start)) {
		NL_SET_ERR_MSG(extack,
			       "the system clock is not set: IVs start from it");
		return -EINVAL;
	}
	if (gemcast_test_iv_left) {
		start = iv_last - gemcast_test_iv_left;
		/* At the end of the IVs there is no clock to wait for. */
		sa->iv_pace = U64_MAX;
	}
	start -= seq;
	atomic64_set(&sa->seq, seq);
	sa->seq_last = min_t(u64, U32_MAX, iv_last - start);
	/* Seven eighths of the numbers: time to rekey. */
	sa->seq_soft = sa->seq_last - (sa->seq_last - (u32)seq) / 8;
	sa->iv_clock = start;
	sa->iv_first = start;
	if (sa->sid_bits)
		sa->iv_first |= (u64)sa->sid << bits;
	return 0;
}

static int gemcast_sa_place(struct gemcast_sa *sa, struct gemcast_net *gn,
			    const struct gemcast_sa_config *cfg,
			    struct netlink_ext_ack *extack)
{
	sa->group = gemcast_group_find(gn, cfg->group);
	if (!sa->group) {
		NL_SET_ERR_MSG(extack, "no such group");
		return -ENOENT;
	}
	sa->key.spi = cfg->spi;
	sa->key.port = sa->group->cfg.port;
	sa->key.dst = cfg->dst;
	sa->key.src = cfg->src;
	if (!sa->key.port && ipv6_addr_any(&cfg->dst)) {
		NL_SET_ERR_MSG(extack, "an SA needs dst unless its group is udp");
		return -EINVAL;
	}
	if (sa->key.port && gemcast_addr_multicast(&cfg->dst)) {
		NL_SET_ERR_MSG(extack, "dst in a udp group is unicast");
		return -EINVAL;
	}
	return 0;
}

static void gemcast_sa_times(struct gemcast_sa *sa,
			     const struct gemcast_sa_config *cfg)
{
	const struct gemcast_limit *seconds =
		&cfg->limit[GEMCAST_LIMIT_SECONDS];

	sa->added = ktime_get_boottime_ns();
	sa->activate_at = sa->added + cfg->activate * NSEC_PER_MSEC;
	if (cfg->has_deactivate)
		sa->deactivate_at = sa->added +
				    cfg->deactivate * NSEC_PER_MSEC;
	if (seconds->soft)
		sa->soft_at = sa->added + seconds->soft * NSEC_PER_SEC;
	if (seconds->hard)
		sa->hard_at = sa->added + seconds->hard * NSEC_PER_SEC;
	hrtimer_setup(&sa->timer, gemcast_sa_timer, CLOCK_BOOTTIME,
		      HRTIMER_MODE_ABS_SOFT);
}

/* All of an SA but its place among others. */
static struct gemcast_sa *gemcast_sa_make(struct gemcast_net *gn,
					  const struct gemcast_sa_config *cfg,
					  struct netlink_ext_ack *extack)
{
	struct gemcast_sa *sa;
	int err;

	sa = kzalloc(sizeof(*sa), GFP_KERNEL_ACCOUNT);
	if (!sa)
		return ERR_PTR(-ENOMEM);
	refcount_set(&sa->refs, 1);
	sa->gn = gn;
	INIT_WORK(&sa->work, gemcast_sa_work);
	sa->dir = cfg->dir;
	sa->sid_bits = cfg->sid_bits;
	sa->has_sid = cfg->has_sid;
	sa->sid = cfg->sid;
	sa->ip_id = get_random_u32();
	memcpy(sa->limit, cfg->limit, sizeof(sa->limit));
	sa->limited = cfg->limit[GEMCAST_LIMIT_PACKETS].soft ||
		      cfg->limit[GEMCAST_LIMIT_PACKETS].hard ||
		      cfg->limit[GEMCAST_LIMIT_BYTES].soft ||
		      cfg->limit[GEMCAST_LIMIT_BYTES].hard;
	gemcast_sa_times(sa, cfg);

	err = gemcast_sa_place(sa, gn, cfg, extack);
	if (!err && cfg->dir != GEMCAST_SA_DIR_IN)
		err = gemcast_sa_numbers(sa, extack);
	if (err)
		goto destroy;
	err = -ENOMEM;
	sa->out = gemcast_counters_alloc();
	sa->in = gemcast_counters_alloc();
	if (!sa->out || !sa->in)
		goto destroy;
	if (cfg->replay != GEMCAST_REPLAY_NONE &&
	    gemcast_replay_init(&sa->replays, cfg->window, cfg->max_senders))
		goto destroy;
	sa->replay = cfg->replay;
	err = gemcast_aead_setup(&sa->aead, cfg->alg, cfg->key, cfg->key_len,
				 cfg->icv);
	if (err) {
		NL_SET_ERR_MSG(extack, "the kernel's crypto refuses the transform");
		goto destroy;
	}
	return sa;
destroy:
	gemcast_sa_destroy(sa);
	return ERR_PTR(err);
}

static struct gemcast_ivguard_entry *
gemcast_sa_guard(const struct gemcast_sa_config *cfg,
		 struct netlink_ext_ack *extack)
{
	struct gemcast_ivguard_entry *guard = NULL;

	if (cfg->dir == GEMCAST_SA_DIR_IN)
		return NULL;
	guard = gemcast_ivguard_take(cfg->key, cfg->key_len, cfg->sid,
				     cfg->sid_bits);
	if (guard == ERR_PTR(-EEXIST))
		NL_SET_ERR_MSG(extack,
			       "this key was used for output with this or an overlapping SID before: IVs would repeat");
	return guard;
}

/* Lock held. By the time of activation, and equals by age: the newest first. */
static void gemcast_sa_order(struct gemcast_sa *sa)
{
	struct gemcast_sa *pos;

	list_for_each_entry(pos, &sa->group->sas, node)
		if (pos->activate_at <= sa->activate_at)
			break;
	list_add_tail(&sa->node, &pos->node);
}

/* Counted before it is found, and until it is not any more. */
static void gemcast_sad_count(struct gemcast_sa *sa, int by)
{
	if (!ipv6_addr_any(&sa->key.src))
		WRITE_ONCE(sa->gn->sad_sources, sa->gn->sad_sources + by);
}

/* Has it found by what is to be sent, as soon as it is activated. Lock held. */
static int gemcast_sa_show(struct gemcast_sa *sa)
{
	int err = sa->dir == GEMCAST_SA_DIR_IN ? 0 : gemcast_outbound_add(sa);

	if (!err)
		gemcast_sad_count(sa, 1);
	return err;
}

/* Lock held. */
static void gemcast_sa_hide(struct gemcast_sa *sa)
{
	gemcast_sad_count(sa, -1);
	if (sa->dir != GEMCAST_SA_DIR_IN)
		gemcast_outbound_remove(sa);
}

/* What an SA leaves when it is no longer in the table. Lock held. */
static void gemcast_sa_retire(struct gemcast_sa *sa)
{
	struct gemcast_sa *next = gemcast_sa_next(sa);

	gemcast_sa_hide(sa);
	sa->removed = true;
	WRITE_ONCE(sa->dead, true);
	hrtimer_cancel(&sa->timer);
	list_del(&sa->node);
	list_del(&sa->all);
	sa->group->nsas--;
	gemcast_sa_select(sa);
	gemcast_event_sa(sa, GEMCAST_CMD_SA_DEL_NTF);
	if (next)
		gemcast_event_sa(next, GEMCAST_CMD_SA_NTF);
	gemcast_sa_put(sa);
}

/**
 * gemcast_sa_new() - Add an SA, or replace the one of equal SPI and addresses.
 * @gn: namespace, locked
 * @cfg: what it is to be; the caller cleanses the key
 * @flags: NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
 * @extack: takes the reason for a refusal
 *
 * Return: 0 or a negative errno, and then nothing has changed.
 */
int gemcast_sa_new(struct gemcast_net *gn, const struct gemcast_sa_config *cfg,
		   u16 flags, struct netlink_ext_ack *extack)
{
	struct gemcast_ivguard_entry *guard;
	struct gemcast_sa *sa, *old;
	int err;

	lockdep_assert_held(&gn->lock);
	sa = gemcast_sa_make(gn, cfg, extack);
	if (IS_ERR(sa))
		return PTR_ERR(sa);
	old = rhashtable_lookup_fast(&gn->sad, &sa->key, gemcast_sad_params);
	if (old && !(flags & NLM_F_REPLACE)) {
		NL_SET_ERR_MSG(extack, "an SA of this SPI and these addresses exists");
		err = -EEXIST;
		goto put;
	}
	if (!old && !(flags & NLM_F_CREATE)) {
		NL_SET_ERR_MSG(extack, "no such SA");
		err = -ENOENT;
		goto put;
	}
	guard = gemcast_sa_guard(cfg, extack);
	if (IS_ERR(guard)) {
		err = PTR_ERR(guard);
		goto put;
	}
	sa->number = ++gn->sa_number;
	err = gemcast_sa_show(sa);
	if (err)
		goto undo;
	if (old)
		err = rhashtable_replace_fast(&gn->sad, &old->hash, &sa->hash,
					      gemcast_sad_params);
	else
		err = rhashtable_insert_fast(&gn->sad, &sa->hash,
					     gemcast_sad_params);
	if (err) {
		/* It has not been sent by, but packets may have seen it. */
		gemcast_sa_hide(sa);
		goto undo;
	}
	gemcast_verdict_forget(gemcast_ruleset_active(gn));
	list_add_tail(&sa->all, &gn->sas);
	gemcast_sa_order(sa);
	sa->group->nsas++;
	WRITE_ONCE(sa->activated, !cfg->activate);
	if (old)
		gemcast_sa_retire(old);
	gemcast_sa_select(sa);
	gemcast_sa_arm(sa);
	gemcast_sa_tell_state(sa);
	return 0;
undo:
	if (guard)
		gemcast_ivguard_undo(guard);
put:
	gemcast_sa_put(sa);
	return err;
}

/**
 * gemcast_sa_set_deactivate() - Set when an SA ends, whatever was said before.
 * @sa: the SA, its namespace locked
 * @msecs: from now
 * @extack: takes the reason for a refusal
 *
 * Its limits stay, and the first of all these ends it.
 *
 * Return: 0, or -EINVAL if its time to begin were later, and nothing changed.
 */
int gemcast_sa_set_deactivate(struct gemcast_sa *sa, u64 msecs,
			      struct netlink_ext_ack *extack)
{
	u64 at = ktime_get_boottime_ns() + msecs * NSEC_PER_MSEC;

	lockdep_assert_held(&sa->gn->lock);
	if (!sa->activated && at < sa->activate_at) {
		NL_SET_ERR_MSG(extack, "deactivate is earlier than activate");
		return -EINVAL;
	}
	sa->deactivate_at = at;
	gemcast_sa_arm(sa);
	gemcast_event_sa(sa, GEMCAST_CMD_SA_NTF);
	return 0;
}

/**
 * gemcast_sa_del() - Delete an SA.
 * @sa: the SA, its namespace locked
 */
void gemcast_sa_del(struct gemcast_sa *sa)
{
	struct gemcast_net *gn = sa->gn;

	lockdep_assert_held(&gn->lock);
	rhashtable_remove_fast(&gn->sad, &sa->hash, gemcast_sad_params);
	gemcast_verdict_forget(gemcast_ruleset_active(gn));
	gemcast_sa_retire(sa);
}

/**
 * gemcast_sa_state() - Where an SA stands in its life.
 * @sa: the SA, its namespace locked
 *
 * Return: leading until its time comes; then current; trailing once another
 * took its place; dead when it can neither send nor receive.
 */
enum gemcast_sa_state gemcast_sa_state(const struct gemcast_sa *sa)
{
	lockdep_assert_held(&sa->gn->lock);
	if (sa->dead || (sa->out_ended && sa->dir == GEMCAST_SA_DIR_OUT))
		return GEMCAST_SA_STATE_DEAD;
	if (!sa->activated)
		return GEMCAST_SA_STATE_LEADING;
	return sa->out_ended || !gemcast_sa_leads(sa) ?
		       GEMCAST_SA_STATE_TRAILING : GEMCAST_SA_STATE_CURRENT;
}

bool gemcast_sa_matches(const struct gemcast_sa *sa,
			const struct gemcast_sa_filter *filter)
{
	return (!filter->group || filter->group == sa->group->cfg.id) &&
	       (!filter->spi || filter->spi == sa->key.spi) &&
	       (!filter->has_dst ||
		ipv6_addr_equal(&filter->dst, &sa->key.dst)) &&
	       (!filter->has_src ||
		ipv6_addr_equal(&filter->src, &sa->key.src));
}

/**
 * gemcast_sa_find() - The one SA that a request names.
 * @gn: namespace, locked
 * @filter: what the request says
 * @extack: takes the reason for a refusal
 *
 * Return: the SA, ERR_PTR(-ENOENT), or ERR_PTR(-ENOTUNIQ).
 */
struct gemcast_sa *gemcast_sa_find(struct gemcast_net *gn,
				   const struct gemcast_sa_filter *filter,
				   struct netlink_ext_ack *extack)
{
	struct gemcast_sa *sa, *found = NULL;

	lockdep_assert_held(&gn->lock);
	list_for_each_entry(sa, &gn->sas, all) {
		if (!gemcast_sa_matches(sa, filter))
			continue;
		if (found) {
			NL_SET_ERR_MSG(extack,
				       "several SAs match: say group, dst or src");
			return ERR_PTR(-ENOTUNIQ);
		}
		found = sa;
	}
	if (found)
		return found;
	NL_SET_ERR_MSG(extack, "no such SA");
	return ERR_PTR(-ENOENT);
}

/**
 * gemcast_sa_flush() - Delete all SAs that a request names.
 * @gn: namespace, locked
 * @filter: what the request says
 */
void gemcast_sa_flush(struct gemcast_net *gn,
		      const struct gemcast_sa_filter *filter)
{
	struct gemcast_sa *sa, *next;

	lockdep_assert_held(&gn->lock);
	list_for_each_entry_safe(sa, next, &gn->sas, all)
		if (gemcast_sa_matches(sa, filter))
			gemcast_sa_del(sa);
}

static struct gemcast_sa *gemcast_sad_get(const struct gemcast_net *gn,
					  const struct gemcast_sa_key *key)
{
	struct gemcast_sa *sa;

	sa = rhashtable_lookup((struct rhashtable *)&gn->sad, key,
			       gemcast_sad_params);
	return sa && sa->dir != GEMCAST_SA_DIR_OUT ? sa : NULL;
}

/**
 * gemcast_sa_lookup() - The SA that a packet came by.
 * @gn: namespace
 * @spi: its SPI
 * @port: local UDP port, or 0
 * @dst: destination in the outer header
 * @src: source in the outer header
 *
 * The longest match, as RFC 4303 2.1 orders it.
 *
 * Context: RCU.
 * Return: the SA, or NULL if none receives it.
 */
struct gemcast_sa *gemcast_sa_lookup(const struct gemcast_net *gn, u32 spi,
				     u16 port, const struct in6_addr *dst,
				     const struct in6_addr *src)
{
	struct gemcast_sa_key key = {
		.spi = spi, .port = port, .dst = *dst, .src = *src,
	};
	struct gemcast_sa *sa;

	if (READ_ONCE(gn->sad_sources)) {
		sa = gemcast_sad_get(gn, &key);
		if (sa)
			return sa;
	}
	key.src = in6addr_any;
	sa = gemcast_sad_get(gn, &key);
	if (sa || !port)
		return sa;
	key.dst = in6addr_any;
	return gemcast_sad_get(gn, &key);
}

/**
 * gemcast_sa_pace() - May numbers be used yet?
 * @sa: an SA that sends
 * @seq: the last of them
 *
 * Context: any.
 * Return: true if so; also ahead of time for those that come next.
 */
bool gemcast_sa_pace(struct gemcast_sa *sa, u64 seq)
{
	u64 limit = gemcast_ivclock_limit(64 - sa->sid_bits);

	if (limit <= sa->iv_clock)
		return false;
	WRITE_ONCE(sa->iv_pace, limit - sa->iv_clock);
	return seq <= limit - sa->iv_clock;
}

/**
 * gemcast_sa_end() - Few numbers are left, or none.
 * @sa: an SA that sends
 * @first: the last number that was taken before
 * @last: the last one now
 *
 * Context: any.
 * Return: 0, or the counter of drops to count.
 */
int gemcast_sa_end(struct gemcast_sa *sa, u64 first, u64 last)
{
	if (first < sa->seq_soft)
		gemcast_sa_note(sa, GEMCAST_SA_EV_SEQ_SOFT);
	if (last >= sa->seq_last && !xchg(&sa->out_ended, true))
		gemcast_sa_note(sa, GEMCAST_SA_EV_SEQ_END);
	return last > sa->seq_last ? GEMCAST_A_STATS_OUT_SEQ_END : 0;
}

/**
 * gemcast_sa_ending() - A sender has few sequence numbers left.
 * @sa: an SA that receives from it
 *
 * Context: any.
 */
void gemcast_sa_ending(struct gemcast_sa *sa)
{
	if (!READ_ONCE(sa->in_ending) && !xchg(&sa->in_ending, true))
		gemcast_sa_note(sa, GEMCAST_SA_EV_SEQ_SOFT);
}

static bool gemcast_sa_limit(struct gemcast_sa *sa, atomic64_t *count,
			     unsigned int n, enum gemcast_limit_unit unit,
			     int soft_event, int hard_event)
{
	const struct gemcast_limit *limit = &sa->limit[unit];
	u64 now = atomic64_add_return(n, count);

	if (limit->soft && now >= limit->soft && now - n < limit->soft)
		gemcast_sa_note(sa, soft_event);
	if (!limit->hard || now < limit->hard)
		return true;
	WRITE_ONCE(sa->dead, true);
	gemcast_sa_note(sa, hard_event);
	return now == limit->hard;
}

/**
 * gemcast_sa_charge_limits() - Count packets against the limits of an SA.
 * @sa: the SA
 * @packets: how many
 * @bytes: of cleartext in them
 *
 * Context: RCU.
 * Return: false if they are beyond a hard limit and must be dropped.
 */
bool gemcast_sa_charge_limits(struct gemcast_sa *sa, unsigned int packets,
			      unsigned int bytes)
{
	return gemcast_sa_limit(sa, &sa->packets, packets,
				GEMCAST_LIMIT_PACKETS,
				GEMCAST_SA_EV_SOFT_PACKETS,
				GEMCAST_SA_EV_HARD_PACKETS) &&
	       gemcast_sa_limit(sa, &sa->bytes, bytes, GEMCAST_LIMIT_BYTES,
				GEMCAST_SA_EV_SOFT_BYTES,
				GEMCAST_SA_EV_HARD_BYTES);
}
