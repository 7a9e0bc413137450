// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One membership: its states, and the times at which they change.
 *
 *	idle		-> registering	begin: start, demand, `gemcast join`
 *	registering	-> joined	a key server's answer is in the data plane
 *			-> waiting	it failed: for no time, to ask the next one, or
 *					for longer if that was the last
 *	joined		-> registering	keys will end, or there are no more to come
 *			-> waiting	excluded
 *	waiting		-> registering	the time is over
 *	any		-> leaving	the key server is to know that we go
 *	leaving		-> idle		it does, or never will
 *
 * SAs stay in the data plane as long as they live, whatever the state.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "group/gm_internal.h"

/*
 * When to ask for new keys, in hundredths of the old ones' life. Where the key server
 * can send them by itself it is given the time to, if enough is left then.
 */
#define REFRESH_FIRST		80
#define REFRESH_LAST		90
#define REFRESH_LATE_FIRST	92
#define REFRESH_LATE_LAST	96
#define REFRESH_LATE_LEAST	(60 * GM_SECOND)

/*
 * So that members of one group do not all come at the same time; and so where they are
 * told of new keys all the same.
 */
#define SPREAD			GM_SECOND
#define SPREAD_TOLD		(30 * GM_SECOND)

const char *gm_state_name(enum gm_state state)
{
	static const char * const names[GM_STATES] = {
		[GM_IDLE] = "idle",
		[GM_REGISTERING] = "registering",
		[GM_JOINED] = "joined",
		[GM_WAITING] = "waiting",
		[GM_LEAVING] = "leaving",
	};

	return names[state];
}

bool gm_is_sender(const struct gm_member *m)
{
	return m->conf.role & CONF_ROLE_SENDER;
}

const struct conf_server *gm_server(const struct gm_member *m)
{
	if (m->server >= m->conf.key_servers_count)
		return NULL;
	return conf_server(m->gm->conf, m->conf.key_servers[m->server]);
}

void gm_log(const struct gm_member *m, enum log_level level, const char *format, ...)
{
	const struct conf_server *server = gm_server(m);
	const bool linked = m->link && m->link->sa;
	struct log_about about = {
		.group = m->conf.name,
		.peer = linked ? ike_sa_text(m->link->sa) : server ? server->name : NULL,
	};
	char text[512];
	va_list ap;

	if (!log_enabled(AREA_GROUP, level))
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	log_line(AREA_GROUP, level, &about, "%s: %s", m->conf.name, text);
}

void gm_member_tell(struct gm_member *m, int error, const char *text)
{
	struct gm_wait *wait = m->waits;

	m->waits = NULL;
	while (wait) {
		struct gm_wait *next = wait->next;

		if (error)
			control_refuse(wait->call, error, "%s", text);
		else
			control_done(wait->call);
		free(wait);
		wait = next;
	}
}

/* ---- times */

/* Doubled each time, up to the limit, and not the same twice. */
static uint64_t back_off(const struct gm_member *m, uint32_t times)
{
	const struct conf_member *conf = &m->gm->conf->member;
	uint64_t delay = conf->retry_first_ms;

	while (times-- && delay < conf->retry_limit_ms)
		delay *= 2;
	if (delay > conf->retry_limit_ms)
		delay = conf->retry_limit_ms;
	return delay * 3 / 4 + gm_random(m->gm, delay / 2 + 1);
}

static void wait_for(struct gm_member *m, uint64_t delay)
{
	m->state = GM_WAITING;
	m->due = gm_now(m->gm) + delay;
}

void gm_member_later(struct gm_member *m, uint64_t least, uint64_t most)
{
	uint64_t at = gm_now(m->gm) + least + gm_random(m->gm, most - least + 1);

	if (m->state != GM_JOINED)
		return;
	if (!m->later || at < m->later)
		m->later = at;
	if (at < m->due)
		m->due = at;
}

/* New keys are wanted, and nobody says anything: not even that there are none for us. */
static bool is_lost(const struct gm_member *m)
{
	return !m->answered && (m->state == GM_REGISTERING || m->state == GM_WAITING);
}

/*
 * When it goes, for whatever reason. One that stays beyond its life goes as others do when
 * it is replaced; and at once if it is not, as soon as a key server is back.
 */
static uint64_t end_of(const struct gm_member *m, const struct gm_sa *sa)
{
	if (sa->overstays && (is_lost(m) || sa->remove != IKE_NEVER))
		return sa->remove;
	return sa->end < sa->remove ? sa->end : sa->remove;
}

/* Can new keys come without our asking for them? */
static bool is_told(const struct gm_member *m)
{
	return m->link || gm_rekey_sa(m);
}

/* A registration that brought nothing newer is followed by another in what is left. */
static uint64_t refresh_at(const struct gm_member *m, uint64_t begin, uint64_t end)
{
	uint64_t since = begin > m->registered ? begin : m->registered;
	uint64_t first = REFRESH_FIRST, last = REFRESH_LAST, life;

	if (end == IKE_NEVER || end <= since)
		return end;
	life = end - since;
	if (is_told(m) && life / 100 * (100 - REFRESH_LATE_LAST) >= REFRESH_LATE_LEAST) {
		first = REFRESH_LATE_FIRST;
		last = REFRESH_LATE_LAST;
	}
	first = life * first / 100;
	return since + first + gm_random(m->gm, life * last / 100 - first + 1);
}

static uint64_t refresh_of(const struct gm_member *m, const struct gm_sa *sa)
{
	return refresh_at(m, sa->since, sa->end < sa->remove ? sa->end : sa->remove);
}

/* When the last SA of a flow wants to be followed by another; 0: there is none. */
static uint64_t refresh_flow(const struct gm_member *m, const struct gm_flow *flow)
{
	uint64_t at = 0, other;
	size_t i;

	for (i = 0; i < m->n_sas; i++) {
		if (!selector_equal(&m->sas[i].selector, &flow->selector))
			continue;
		other = refresh_of(m, &m->sas[i]);
		if (other > at)
			at = other;
	}
	return at;
}

void gm_member_schedule(struct gm_member *m)
{
	uint64_t soonest = gm_now(m->gm) + back_off(m, 0), at = IKE_NEVER, other;
	const struct gm_rekey_sa *rekey = gm_rekey_sa(m);
	size_t i;

	if (m->state != GM_JOINED)
		return;
	for (i = 0; i < m->n_flows; i++) {
		other = m->flows[i].current ? refresh_flow(m, &m->flows[i]) : IKE_NEVER;
		if (other < at)
			at = other;
	}
	/* RFC 9838 2.4.1.4: the Rekey SA has to be replaced in time as well. */
	other = rekey ? refresh_at(m, rekey->since, rekey->end) : IKE_NEVER;
	if (other < at)
		at = other;
	m->due = at > soonest ? at : soonest;
	if (m->later && m->later < m->due)
		m->due = m->later;
}

/* ---- becoming a member */

__attribute__((format(printf, 2, 0)))
static void set_error(struct gm_member *m, const char *format, va_list ap)
{
	vsnprintf(m->error.text, sizeof(m->error.text), format, ap);
}

bool gm_member_prepare(struct gm_member *m)
{
	const struct plane *plane = m->gm->setup.plane;
	int err = gm_plane_prepare(m);

	if (!err)
		return true;
	reason_set(&m->error, "the data plane: %s (%s)",
		   err == -ENOMEM ? "no memory" : plane->why(plane->context), strerror(-err));
	gm_log(m, LEVEL_ERROR, "%s", m->error.text);
	wait_for(m, back_off(m, m->failures++));
	return false;
}

/* A new round: from the key server that it is a member by, or the first. */
static void first_server(struct gm_member *m)
{
	if (!m->link)
		m->server = 0;
	m->refused = true;
}

void gm_member_register(struct gm_member *m)
{
	const struct conf_server *server = gm_server(m);

	if (!server) {
		gm_member_failed(m, false, "there is no such key server any more");
		return;
	}
	m->state = GM_REGISTERING;
	m->due = IKE_NEVER;
	m->later = 0;
	m->repair.again = false;
	m->repair.must_register = false;
	gm_log(m, LEVEL_INFO, "asks key server %s", server->name);
	gm_link_register(m, server);
}

void gm_member_begin(struct gm_member *m)
{
	m->wanted = true;
	if (m->state != GM_IDLE && m->state != GM_WAITING)
		return;
	m->failures = 0;
	if (!m->prepared && !gm_member_prepare(m))
		return;
	first_server(m);
	gm_member_register(m);
}

static const struct gm_sa *last_sa(const struct gm_member *m)
{
	const struct gm_sa *last = NULL;
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (!last || m->sas[i].end > last->end)
			last = &m->sas[i];
	return last;
}

/* Somebody should look before it is too late. */
static void warn_lost(const struct gm_member *m)
{
	const struct gm_sa *last = is_lost(m) ? last_sa(m) : NULL;
	const uint64_t now = gm_now(m->gm);

	if (!last || last->end == IKE_NEVER || last->overstays ||
	    now - last->since < (last->end - last->since) / 2)
		return;
	gm_log(m, LEVEL_WARNING, "no key server answers: the last SA ends in %" PRIu64 " s; %s",
	       last->end > now ? (last->end - now) / GM_SECOND : 0,
	       m->conf.key_server_lost == CONF_KS_LOST_GO_ON ? "it will be used beyond its life" :
							       "then the group is closed");
}

static void all_failed(struct gm_member *m)
{
	uint64_t delay = back_off(m, m->failures++);

	wait_for(m, delay);
	warn_lost(m);
	gm_log(m, LEVEL_NOTICE, "tries again in %" PRIu64 ".%" PRIu64 " s", delay / GM_SECOND,
	       delay % GM_SECOND / 100);
	if (m->refused)
		gm_member_tell(m, -EPERM, m->error.text);
	first_server(m);
}

void gm_member_failed(struct gm_member *m, bool refused, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	set_error(m, format, ap);
	va_end(ap);
	gm_log(m, LEVEL_WARNING, "not registered: %s", m->error.text);
	gm_link_release(m);
	m->refused = m->refused && refused;
	if (m->server + 1 >= m->conf.key_servers_count) {
		all_failed(m);
		return;
	}
	m->server++;
	wait_for(m, 0);
}

static bool is_received(const struct gm_member *m, const struct gemcast_addr *group)
{
	size_t i;

	for (i = 0; i < m->n_flows; i++)
		if (prefix_has(&m->flows[i].selector.destination, group))
			return true;
	return false;
}

/* Its policies are known now: was it this group that was wanted? */
static bool is_for_nothing(struct gm_member *m)
{
	size_t i;

	if (m->conf.when != CONF_REGISTER_DEMAND || m->conf.role != CONF_ROLE_RECEIVER ||
	    m->by_hand)
		return false;
	for (i = m->n_receivers; i--;)
		if (!is_received(m, &m->receivers[i]))
			m->receivers[i] = m->receivers[--m->n_receivers];
	return !m->n_receivers;
}

void gm_member_joined(struct gm_member *m)
{
	const uint64_t now = gm_now(m->gm);

	m->state = GM_JOINED;
	m->answered = true;
	m->failures = 0;
	m->registered = now;
	if (!m->has_joined)
		m->since = now;
	m->has_joined = true;
	m->error.text[0] = '\0';
	gm_log(m, LEVEL_NOTICE, "registered at %s: has %zu SAs", gm_server(m)->name, m->n_sas);
	gm_member_schedule(m);
	if (m->repair.again)
		gm_repair(m, "a rekey came while it registered");
	gm_report_registered(m);
	gm_member_tell(m, 0, "");
	if (is_for_nothing(m))
		gm_member_leave(m, true);
}

/* ---- and none any more */

/* How long to keep away from a key server that does not keep us for long. */
static uint64_t keep_away(struct gm_member *m)
{
	bool was_short = gm_now(m->gm) - m->registered < m->gm->conf->member.retry_limit_ms;

	m->cuts = was_short ? m->cuts + 1 : 0;
	return back_off(m, m->cuts);
}

/* Registers again while the keys that we have still live, whatever is told until then. */
static void cut_off(struct gm_member *m)
{
	const uint64_t spread = gm_rekey_sa(m) ? SPREAD_TOLD : SPREAD;
	uint64_t delay = keep_away(m);

	gm_member_later(m, delay / 2, delay + spread);
	m->repair.must_register = true;
}

/*
 * A key server may delete the IKE SA of who has a Rekey SA, which needs none but to
 * acknowledge (RFC 9838 2.3.3). One that does not answer any more knows nothing of us.
 */
static bool needs_link(const struct gm_member *m, enum ike_end why)
{
	return !gm_rekey_sa(m) || why != IKE_END_DELETED ||
	       (m->has_hello && m->hello.ack != HELLO_ACK_NONE);
}

void gm_member_unlinked(struct gm_member *m, enum ike_end why)
{
	gm_log(m, LEVEL_INFO, "the IKE SA has ended: %s",
	       why == IKE_END_DELETED ? "the key server deleted it" : "the key server is lost");
	gm_member_schedule(m);
	if (m->state == GM_JOINED && needs_link(m, why))
		cut_off(m);
}

void gm_member_excluded(struct gm_member *m)
{
	uint64_t delay = keep_away(m);

	gm_log(m, LEVEL_NOTICE, "the key server excluded us");
	gm_rekey_sa_drop(m);
	if (m->state != GM_JOINED)
		return;
	first_server(m);
	wait_for(m, delay / 2 + gm_random(m->gm, delay + SPREAD));
}

static void forget_stay(struct gm_member *m)
{
	m->has_joined = false;
	m->epoch = 0;
	m->has_sid = false;
	m->sid_bits = 0;
	m->failures = 0;
	m->cuts = 0;
	m->error.text[0] = '\0';
	m->n_receivers = 0;
	m->repair = (struct gm_repair){ 0 };
	gm_rekey_sa_drop(m);
	gm_report_forget(m);
}

void gm_member_left(struct gm_member *m)
{
	gm_link_release(m);
	m->state = GM_IDLE;
	m->due = IKE_NEVER;
	gm_log(m, LEVEL_INFO, "has left");
	if (m->removed || (m->by_command && !m->wanted))
		gm_remove(m);
	else if (m->wanted)
		gm_member_begin(m);
}

/* The key server is to know it; what it says to that does not matter. */
static void say_goodbye(struct gm_member *m)
{
	const enum gm_state was = m->state;
	struct gm_link *link = m->link;

	m->state = GM_LEAVING;
	m->due = IKE_NEVER;
	if (m->busy)
		return;
	if (was == GM_REGISTERING) {
		if (gm_link_forget(m))
			gm_member_left(m);
	} else if (was == GM_LEAVING) {
		return;
	} else if (link && link->state == GM_LINK_UP) {
		gm_link_ask(m, link, GM_ASK_LEAVE);
	} else {
		gm_member_left(m);
	}
}

void gm_member_leave(struct gm_member *m, bool keep_policies)
{
	m->wanted = false;
	m->by_hand = false;
	gm_member_tell(m, -EPERM, "the group was left");
	if (keep_policies)
		gm_plane_drop_sas(m);
	else
		gm_plane_clear(m);
	forget_stay(m);
	say_goodbye(m);
}

void gm_member_restart(struct gm_member *m, const struct conf_membership *conf)
{
	const bool wanted = m->wanted;

	gm_plane_drop_sas(m);
	m->conf = *conf;
	m->outdated = true;
	/* If it fails, the old policies stay until it does not. */
	if (m->prepared)
		gm_plane_prepare(m);
	forget_stay(m);
	m->server = 0;
	gm_log(m, LEVEL_NOTICE, "begins anew: its configuration changed");
	m->wanted = wanted;
	if (wanted)
		say_goodbye(m);
}

/* ---- timers and events */

static bool has_sa_of(const struct gm_member *m, const struct conf_selector *selector)
{
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (selector_equal(&m->sas[i].selector, selector))
			return true;
	return false;
}

void gm_member_sa_ended(struct gm_member *m, size_t i)
{
	const struct conf_selector selector = m->sas[i].selector;

	gm_log(m, LEVEL_INFO, "SA %08x has ended", m->sas[i].sa.spi);
	gm_plane_forget_sa(m, i);
	if (m->wanted && !has_sa_of(m, &selector))
		gm_member_later(m, 0, SPREAD);
}

static bool is_last(const struct gm_member *m, const struct gm_sa *sa)
{
	size_t i;

	for (i = 0; i < m->n_sas; i++)
		if (m->sas[i].end > sa->end &&
		    selector_equal(&m->sas[i].selector, &sa->selector))
			return false;
	return true;
}

/* Documentation/g-ikev2.md, 25: against RFC 9838 4.4.2.2.1, where the configuration says so. */
static bool may_overstay(const struct gm_member *m, const struct gm_sa *sa)
{
	return m->conf.key_server_lost == CONF_KS_LOST_GO_ON && is_lost(m) &&
	       !sa->overstays && sa->remove == IKE_NEVER && is_last(m, sa);
}

static void drop_ended(struct gm_member *m, uint64_t now)
{
	struct conf_selector selector;
	size_t i;

	for (i = m->n_sas; i--;) {
		if (end_of(m, &m->sas[i]) > now)
			continue;
		if (may_overstay(m, &m->sas[i])) {
			m->sas[i].overstays = true;
			gm_log(m, LEVEL_WARNING,
			       "SA %08x is used beyond its life: no key server answers",
			       m->sas[i].sa.spi);
			continue;
		}
		selector = m->sas[i].selector;
		gm_log(m, LEVEL_INFO, "SA %08x ends", m->sas[i].sa.spi);
		gm_plane_drop_sa(m, i);
		if (m->wanted && !has_sa_of(m, &selector))
			gm_member_later(m, 0, SPREAD);
	}
}

void gm_member_run(struct gm_member *m)
{
	const uint64_t now = gm_now(m->gm);

	drop_ended(m, now);
	gm_report_run(m);
	if (gm_rekey_sa_run(m) && m->state == GM_JOINED)
		cut_off(m);
	if (m->due > now)
		return;
	m->due = IKE_NEVER;
	if (m->state != GM_JOINED && m->state != GM_WAITING)
		return;
	if (!m->prepared && !gm_member_prepare(m))
		return;
	if (!m->wanted) {
		m->state = GM_IDLE;
		return;
	}
	if (m->state == GM_JOINED) {
		first_server(m);
		m->answered = false;
	}
	gm_member_register(m);
}

uint64_t gm_member_next(const struct gm_member *m)
{
	uint64_t next = gm_rekey_sa_next(m), end = gm_report_next(m);
	size_t i;

	if (m->due < next)
		next = m->due;
	if (end < next)
		next = end;
	for (i = 0; i < m->n_sas; i++) {
		end = end_of(m, &m->sas[i]);
		if (end < next)
			next = end;
	}
	return next;
}
