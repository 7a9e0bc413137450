// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The data plane as a table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "net/path.h"
#include "plane_table.h"

#define SECOND		UINT64_C(1000)
#define SALT_LEN	4

static int refuse(struct plane_table *t, int err, const char *why)
{
	t->why = why;
	return err;
}

/* Is it this call's turn to fail? */
static int fault(struct plane_table *t)
{
	t->calls++;
	if (t->calls != t->fail_at && !(t->fail_from && t->calls >= t->fail_from))
		return 0;
	return refuse(t, t->fail_with ? t->fail_with : -ENOMEM, "made to fail");
}

static bool has_group(const struct plane_table *t, uint32_t group)
{
	size_t i;

	for (i = 0; i < t->n_groups; i++)
		if (t->groups[i] == group)
			return true;
	return false;
}

static int group_add(void *context, uint32_t group)
{
	struct plane_table *t = context;
	int err = fault(t);

	if (err || has_group(t, group))
		return err;
	if (!group || t->n_groups == PLANE_TABLE_GROUPS)
		return refuse(t, -EINVAL, "no such group, or too many");
	t->groups[t->n_groups++] = group;
	return 0;
}

static void drop_policy(struct plane_table *t, size_t i)
{
	t->policies[i] = t->policies[--t->n_policies];
}

static void remove_sa(struct plane_table *t, size_t i)
{
	t->n_sas--;
	memmove(&t->sas[i], &t->sas[i + 1], (t->n_sas - i) * sizeof(t->sas[0]));
	for (; i < t->n_sas; i++)
		t->sas[i].sa.key = t->sas[i].key;
}

/* The user is told when the table is as it will be: in the order of additions. */
static void drop_sa(struct plane_table *t, size_t i, const struct gemcast_expire *expire)
{
	struct plane_table_sa gone = t->sas[i];

	remove_sa(t, i);
	gone.sa.key = NULL;
	if (expire && t->user.expire)
		t->user.expire(t->user.context, &gone.sa, expire);
	if (t->user.gone)
		t->user.gone(t->user.context, &gone.sa);
}

static int group_flush(void *context, uint32_t group)
{
	struct plane_table *t = context;
	int err = fault(t);
	size_t i;

	if (err)
		return err;
	for (i = t->n_policies; i--;)
		if (t->policies[i].group == group)
			drop_policy(t, i);
	for (i = t->n_sas; i--;)
		if (t->sas[i].sa.group == group)
			drop_sa(t, i, NULL);
	for (i = t->n_groups; i--;)
		if (t->groups[i] == group)
			t->groups[i] = t->groups[--t->n_groups];
	return 0;
}

static bool same_policy(const struct gemcast_policy *a, const struct gemcast_policy *b)
{
	return net_addr_equal(&a->dst, &b->dst) && a->dst_len == b->dst_len &&
	       net_addr_equal(&a->src, &b->src) && a->src_len == b->src_len &&
	       a->proto == b->proto && a->sport_min == b->sport_min &&
	       a->sport_max == b->sport_max && a->dport_min == b->dport_min &&
	       a->dport_max == b->dport_max && !strcmp(a->dev, b->dev) && a->dir == b->dir &&
	       a->prio == b->prio;
}

static struct gemcast_policy *find_policy(struct plane_table *t, const struct gemcast_policy *p)
{
	size_t i;

	for (i = 0; i < t->n_policies; i++)
		if (same_policy(&t->policies[i], p))
			return &t->policies[i];
	return NULL;
}

static int policy_add(void *context, const struct gemcast_policy *policy)
{
	struct plane_table *t = context;
	struct gemcast_policy *old;
	int err = fault(t);

	if (err)
		return err;
	if (policy->action == GEMCAST_ACTION_PROTECT && !has_group(t, policy->group))
		return refuse(t, -ENOENT, "no such group");
	old = find_policy(t, policy);
	if (!old && t->n_policies == PLANE_TABLE_POLICIES)
		return refuse(t, -ENOSPC, "too many policies");
	if (!old)
		old = &t->policies[t->n_policies++];
	*old = *policy;
	return 0;
}

#define BIT(attr)	GEMCAST_BIT(GEMCAST_A_##attr)
#define NAMES_POLICY	(BIT(POLICY_GROUP) | BIT(POLICY_DST) | BIT(POLICY_DST_LEN) |		\
			 BIT(POLICY_SRC) | BIT(POLICY_SRC_LEN) | BIT(POLICY_PROTO) |		\
			 BIT(POLICY_SPORT_MIN) | BIT(POLICY_SPORT_MAX) |			\
			 BIT(POLICY_DPORT_MIN) | BIT(POLICY_DPORT_MAX) | BIT(POLICY_DEV) |	\
			 BIT(POLICY_DIR) | BIT(POLICY_ACTION) | BIT(POLICY_PRIO))
#define NAMES_SA	(BIT(SA_GROUP) | BIT(SA_SPI) | BIT(SA_DST) | BIT(SA_SRC))

static bool is_range(const struct gemcast_policy *p, int attr, uint16_t min, uint16_t max,
		     uint16_t wanted_min, uint16_t wanted_max)
{
	if (!(p->present & GEMCAST_BIT(attr)))
		max = UINT16_MAX;
	return min == wanted_min && max == wanted_max;
}

/* What a name does not say is not compared. */
static bool is_named(const struct gemcast_policy *p, const struct gemcast_policy *name)
{
	if (GEMCAST_HAS(name, GEMCAST_A_POLICY_SPORT_MIN) &&
	    !is_range(p, GEMCAST_A_POLICY_SPORT_MIN, p->sport_min, p->sport_max,
		      name->sport_min, name->sport_max))
		return false;
	if (GEMCAST_HAS(name, GEMCAST_A_POLICY_DPORT_MIN) &&
	    !is_range(p, GEMCAST_A_POLICY_DPORT_MIN, p->dport_min, p->dport_max,
		      name->dport_min, name->dport_max))
		return false;
	if (GEMCAST_HAS(name, GEMCAST_A_POLICY_SRC) &&
	    (p->src_len != name->src_len ||
	     (p->src_len && !net_addr_equal(&p->src, &name->src))))
		return false;
	return (!GEMCAST_HAS(name, GEMCAST_A_POLICY_GROUP) || p->group == name->group) &&
	       (!GEMCAST_HAS(name, GEMCAST_A_POLICY_DST) ||
		(net_addr_equal(&p->dst, &name->dst) && p->dst_len == name->dst_len)) &&
	       (!GEMCAST_HAS(name, GEMCAST_A_POLICY_PROTO) || p->proto == name->proto) &&
	       (!GEMCAST_HAS(name, GEMCAST_A_POLICY_DEV) || !strcmp(p->dev, name->dev)) &&
	       (!GEMCAST_HAS(name, GEMCAST_A_POLICY_DIR) || p->dir == name->dir) &&
	       (!GEMCAST_HAS(name, GEMCAST_A_POLICY_PRIO) || p->prio == name->prio);
}

static int policy_del(void *context, const struct gemcast_policy *policy)
{
	struct plane_table *t = context;
	size_t i, at = t->n_policies;
	int err = fault(t);

	if (err)
		return err;
	if (policy->present & ~NAMES_POLICY)
		return refuse(t, -EINVAL, "an attribute that is no part of a policy's name");
	for (i = 0; i < t->n_policies; i++) {
		if (!is_named(&t->policies[i], policy))
			continue;
		if (at < t->n_policies)
			return refuse(t, -ENOTUNIQ, "several policies match");
		at = i;
	}
	if (at == t->n_policies)
		return refuse(t, -ENOENT, "no such policy");
	drop_policy(t, at);
	return 0;
}

static struct plane_table_sa *find_sa(struct plane_table *t, const struct gemcast_sa *sa)
{
	size_t i;

	for (i = 0; i < t->n_sas; i++)
		if (t->sas[i].sa.spi == sa->spi && net_addr_equal(&t->sas[i].sa.dst, &sa->dst) &&
		    net_addr_equal(&t->sas[i].sa.src, &sa->src))
			return &t->sas[i];
	return NULL;
}

static bool was_sent_by(const struct plane_table *t, const struct gemcast_sa *sa)
{
	size_t i;

	for (i = 0; i < t->n_guards; i++)
		if (t->guards[i].sid == sa->sid && !memcmp(t->guards[i].key, sa->key, sa->key_len))
			return true;
	return false;
}

static const char *check_sender_id(const struct gemcast_sa *sa)
{
	if (sa->sid_bits && sa->sid_bits != 8 && sa->sid_bits != 12 && sa->sid_bits != 16)
		return "a SID has 8, 12 or 16 bits";
	if (sa->dir == GEMCAST_SA_DIR_IN && GEMCAST_HAS(sa, GEMCAST_A_SA_SID))
		return "only an SA that sends has a SID";
	if (sa->dir != GEMCAST_SA_DIR_IN && sa->sid_bits && !GEMCAST_HAS(sa, GEMCAST_A_SA_SID))
		return "a sender in a group with SIDs needs its own";
	if (sa->replay == GEMCAST_REPLAY_SID && !sa->sid_bits)
		return "replay sid needs the number of bits of a SID";
	return sa->sid >> sa->sid_bits ? "the SID does not fit into its number of bits" : NULL;
}

static const char *check_sa(const struct gemcast_sa *sa)
{
	if (sa->spi < GEMCAST_SPI_MIN || !sa->dst.family)
		return "no SPI, or no dst";
	if (!sa->key || (sa->key_len != 16 + SALT_LEN && sa->key_len != 32 + SALT_LEN))
		return "a key has 16 or 32 bytes, then 4 bytes of salt";
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_HARD_SECONDS) && !sa->hard_seconds)
		return "a limit of 0";
	if (GEMCAST_HAS(sa, GEMCAST_A_SA_WINDOW) &&
	    (sa->replay == GEMCAST_REPLAY_NONE || sa->window < GEMCAST_WINDOW_MIN ||
	     sa->window > GEMCAST_WINDOW_MAX || sa->window % 64))
		return "a window is a multiple of 64 packets";
	return check_sender_id(sa);
}

static int sa_add(void *context, const struct gemcast_sa *sa)
{
	struct plane_table *t = context;
	struct plane_table_sa *new;
	int err = fault(t);
	const char *why;

	if (err)
		return err;
	if (!has_group(t, sa->group))
		return refuse(t, -ENOENT, "no such group");
	why = check_sa(sa);
	if (why)
		return refuse(t, -EINVAL, why);
	if (find_sa(t, sa))
		return refuse(t, -EEXIST, "an SA of this SPI and these addresses exists");
	if (sa->dir != GEMCAST_SA_DIR_IN && was_sent_by(t, sa))
		return refuse(t, -EEXIST, "this key was used for output with this SID before");
	if (t->n_sas == PLANE_TABLE_SAS || t->n_guards == PLANE_TABLE_GUARDS)
		return refuse(t, -ENOSPC, "too many SAs");
	new = &t->sas[t->n_sas++];
	*new = (struct plane_table_sa){ .sa = *sa, .added = t->now };
	memcpy(new->key, sa->key, sa->key_len);
	new->sa.key = new->key;
	if (sa->dir == GEMCAST_SA_DIR_IN)
		return 0;
	memcpy(t->guards[t->n_guards].key, sa->key, sa->key_len);
	t->guards[t->n_guards++].sid = sa->sid;
	return 0;
}

static int sa_set(void *context, const struct gemcast_sa *sa)
{
	struct plane_table *t = context;
	struct plane_table_sa *old;
	int err = fault(t);

	if (err)
		return err;
	if (sa->present & ~(NAMES_SA | BIT(SA_DEACTIVATE)))
		return refuse(t, -EINVAL, "an attribute that cannot be set");
	old = find_sa(t, sa);
	if (!old)
		return refuse(t, -ENOENT, "no such SA");
	if (!GEMCAST_HAS(sa, GEMCAST_A_SA_DEACTIVATE) || !sa->deactivate)
		return refuse(t, -EINVAL, "deactivate is now, or missing");
	if (old->added + old->sa.activate > t->now + sa->deactivate)
		return refuse(t, -EINVAL, "deactivate is earlier than activate");
	old->sa.present |= GEMCAST_BIT(GEMCAST_A_SA_DEACTIVATE);
	old->sa.deactivate = t->now - old->added + sa->deactivate;
	return 0;
}

static int sa_del(void *context, const struct gemcast_sa *sa)
{
	struct plane_table *t = context;
	struct plane_table_sa *old;
	int err = fault(t);

	if (err)
		return err;
	if (sa->present & ~NAMES_SA)
		return refuse(t, -EINVAL, "an attribute that is no part of an SA's name");
	old = find_sa(t, sa);
	if (!old)
		return refuse(t, -ENOENT, "no such SA");
	remove_sa(t, old - t->sas);
	return 0;
}

static struct plane_table_join *find_join(struct plane_table *t, const struct gemcast_addr *group,
					  const struct gemcast_addr *source, const char *dev)
{
	size_t i;

	for (i = 0; i < t->n_joins; i++)
		if (net_addr_equal(&t->joins[i].group, group) &&
		    net_addr_equal(&t->joins[i].source, source) && !strcmp(t->joins[i].dev, dev))
			return &t->joins[i];
	return NULL;
}

static int join(void *context, const struct gemcast_addr *group,
		const struct gemcast_addr *source, const char *dev)
{
	struct plane_table *t = context;
	struct plane_table_join *j;
	int err = fault(t);

	if (err)
		return err;
	j = find_join(t, group, source, dev);
	if (!j) {
		if (t->n_joins == PLANE_TABLE_JOINS)
			return refuse(t, -ENOBUFS, "too many groups");
		j = &t->joins[t->n_joins++];
		*j = (struct plane_table_join){ .group = *group, .source = *source };
		strncpy(j->dev, dev, sizeof(j->dev) - 1);
	}
	j->count++;
	return 0;
}

static void leave(void *context, const struct gemcast_addr *group,
		  const struct gemcast_addr *source, const char *dev)
{
	struct plane_table *t = context;
	struct plane_table_join *j = find_join(t, group, source, dev);

	/* A leave without its join. */
	if (!j)
		abort();
	if (!--j->count)
		*j = t->joins[--t->n_joins];
}

static const char *why(void *context)
{
	const struct plane_table *t = context;

	return t->why ? t->why : "";
}

void plane_table_init(struct plane_table *table)
{
	*table = (struct plane_table){
		.plane = {
			.context = table,
			.group_add = group_add,
			.group_flush = group_flush,
			.policy_add = policy_add,
			.policy_del = policy_del,
			.sa_add = sa_add,
			.sa_set = sa_set,
			.sa_del = sa_del,
			.join = join,
			.leave = leave,
			.why = why,
		},
	};
}

/* When the kernel ends it, and why. */
static bool has_ended(const struct plane_table *t, const struct plane_table_sa *s,
		      struct gemcast_expire *expire)
{
	uint64_t age = t->now - s->added;

	*expire = (struct gemcast_expire){
		.present = GEMCAST_BIT(GEMCAST_A_EXPIRE_HARD) | GEMCAST_BIT(GEMCAST_A_EXPIRE_CAUSE),
		.cause = GEMCAST_EXPIRE_CAUSE_SECONDS,
	};
	if (GEMCAST_HAS(&s->sa, GEMCAST_A_SA_HARD_SECONDS) && age >= s->sa.hard_seconds * SECOND)
		return true;
	expire->cause = GEMCAST_EXPIRE_CAUSE_DEACTIVATE;
	return GEMCAST_HAS(&s->sa, GEMCAST_A_SA_DEACTIVATE) && age >= s->sa.deactivate;
}

void plane_table_run(struct plane_table *table, uint64_t now)
{
	struct gemcast_expire expire;
	size_t i;

	table->now = now;
	/* What the user does meanwhile may add and take away. */
	for (i = 0; i < table->n_sas; i++) {
		if (!has_ended(table, &table->sas[i], &expire))
			continue;
		drop_sa(table, i, &expire);
		i = (size_t)-1;
	}
}

uint64_t plane_table_next(const struct plane_table *table)
{
	const struct plane_table_sa *s;
	uint64_t next = UINT64_MAX, end;
	size_t i;

	for (i = 0; i < table->n_sas; i++) {
		s = &table->sas[i];
		end = s->added + s->sa.hard_seconds * SECOND;
		if (GEMCAST_HAS(&s->sa, GEMCAST_A_SA_HARD_SECONDS) && end < next)
			next = end;
		end = s->added + s->sa.deactivate;
		if (GEMCAST_HAS(&s->sa, GEMCAST_A_SA_DEACTIVATE) && end < next)
			next = end;
	}
	return next;
}

void plane_table_take(struct plane_table *table, uint32_t spi)
{
	size_t i;

	for (i = table->n_sas; i--;)
		if (table->sas[i].sa.spi == spi)
			drop_sa(table, i, NULL);
}

void plane_table_lose(struct plane_table *table)
{
	table->n_groups = 0;
	table->n_policies = 0;
	table->n_sas = 0;
	table->n_guards = 0;
	if (table->user.lost)
		table->user.lost(table->user.context);
}

const struct plane_table_sa *plane_table_sa(const struct plane_table *table, uint32_t spi)
{
	size_t i;

	for (i = 0; i < table->n_sas; i++)
		if (table->sas[i].sa.spi == spi)
			return &table->sas[i];
	return NULL;
}

static bool covers(const struct gemcast_addr *prefix, unsigned int len,
		   const struct gemcast_addr *addr)
{
	const uint8_t *a, *b;
	size_t n = net_addr_bytes(prefix, &a), i;

	if (!n)
		return true;
	if (net_addr_bytes(addr, &b) != n)
		return false;
	for (i = 0; i < len; i++)
		if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
			return false;
	return true;
}

const struct gemcast_policy *plane_table_policy(const struct plane_table *table,
						const struct gemcast_addr *dst,
						const struct gemcast_addr *src)
{
	const struct gemcast_policy *p, *best = NULL;
	size_t i;

	for (i = 0; i < table->n_policies; i++) {
		p = &table->policies[i];
		if (covers(&p->dst, p->dst_len, dst) && covers(&p->src, p->src_len, src) &&
		    (!best || p->prio < best->prio))
			best = p;
	}
	return best;
}

static bool sends_to(const struct plane_table *t, const struct plane_table_sa *s,
		     uint32_t group, const struct gemcast_addr *dst,
		     const struct gemcast_addr *src)
{
	return s->sa.group == group && s->sa.dir != GEMCAST_SA_DIR_IN &&
	       t->now >= s->added + s->sa.activate && net_addr_equal(&s->sa.dst, dst) &&
	       (!s->sa.src.family || net_addr_equal(&s->sa.src, src));
}

const struct plane_table_sa *plane_table_current(const struct plane_table *table,
						 uint32_t group, const struct gemcast_addr *dst,
						 const struct gemcast_addr *src)
{
	const struct plane_table_sa *s, *best = NULL;
	size_t i;

	for (i = 0; i < table->n_sas; i++) {
		s = &table->sas[i];
		if (sends_to(table, s, group, dst, src) &&
		    (!best || s->added + s->sa.activate >= best->added + best->sa.activate))
			best = s;
	}
	return best;
}

const struct plane_table_sa *plane_table_send(struct plane_table *table, uint32_t group,
					      const struct gemcast_addr *dst,
					      const struct gemcast_addr *src)
{
	const struct gemcast_expire expire = {
		.present = GEMCAST_BIT(GEMCAST_A_EXPIRE_CAUSE),
		.cause = GEMCAST_EXPIRE_CAUSE_PACKETS,
	};
	const struct plane_table_sa *s = plane_table_current(table, group, dst, src);
	struct gemcast_sa sa;

	if (!s)
		return NULL;
	sa = s->sa;
	sa.key = NULL;
	if (++table->sas[s - table->sas].packets == sa.soft_packets && table->user.expire)
		table->user.expire(table->user.context, &sa, &expire);
	return find_sa(table, &sa);
}

unsigned int plane_table_joined(const struct plane_table *table,
				const struct gemcast_addr *group)
{
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < table->n_joins; i++)
		if (net_addr_equal(&table->joins[i].group, group))
			n += table->joins[i].count;
	return n;
}
