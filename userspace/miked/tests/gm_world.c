// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A group member alone.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "crypto/keywrap.h"
#include "gm_world.h"
#include "group/gm_internal.h"
#include "wire_codec.h"

struct world world;

static const uint8_t gsk_w[32] = { 0x77, 0x72, 0x61, 0x70 };

/* ---- what stands in for the engine and the control socket */

struct ike_sa *__wrap_ike_connect(struct ike *ike, const struct ike_target *target,
				  struct ike_task *task, struct reason *why);
void __wrap_ike_ask(struct ike_sa *sa, struct ike_task *task);
void __wrap_ike_close(struct ike_sa *sa);
const char *__wrap_ike_sa_text(const struct ike_sa *sa);
uint16_t __wrap_ike_sa_kwa(const struct ike_sa *sa);
int __wrap_ike_sa_wrap_key(const struct ike_sa *sa, struct secret *key);
bool __wrap_ike_notify(struct ike_content *content, uint16_t type, struct chunk data);
void __wrap_control_done(struct control_call *call);
void __wrap_control_refuse(struct control_call *call, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __wrap_control_defer(struct control_call *call, void (*forget)(void *arg), void *arg);

struct ike_sa *__wrap_ike_connect(struct ike *ike, const struct ike_target *target,
				  struct ike_task *task, struct reason *why)
{
	size_t i;

	(void)ike;
	if (world.connect_fails) {
		reason_set(why, "%s", world.connect_fails);
		return NULL;
	}
	/* One that has ended may still be looked at: each has a place of its own. */
	i = world.n_sas++ % WORLD_SAS;
	if (world.sas[i].there)
		abort();
	world.sas[i] = (struct ike_sa){ .there = true, .target = *target, .n_tasks = 1 };
	world.sas[i].tasks[0] = task;
	if (world.connect_ends) {
		world.sas[i].there = false;
		world.sas[i].n_tasks = 0;
		task->end(task->context, &world.sas[i], IKE_END_MEMORY, "no memory");
	}
	return &world.sas[i];
}

void __wrap_ike_ask(struct ike_sa *sa, struct ike_task *task)
{
	if (!sa->there || sa->n_tasks == WORLD_TASKS)
		abort();
	if (world.ask_ends)
		task->end(task->context, sa, IKE_END_MEMORY, "no memory");
	else
		sa->tasks[sa->n_tasks++] = task;
}

static void end_tasks(struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct ike_task *task;

	while (sa->n_tasks) {
		task = sa->tasks[0];
		memmove(sa->tasks, sa->tasks + 1, --sa->n_tasks * sizeof(struct ike_task *));
		task->end(task->context, sa, why, text);
	}
}

void __wrap_ike_close(struct ike_sa *sa)
{
	if (!sa->there)
		abort();
	sa->there = false;
	end_tasks(sa, IKE_END_CLOSED, "closed");
}

const char *__wrap_ike_sa_text(const struct ike_sa *sa)
{
	(void)sa;
	return "ks.example.org at somewhere";
}

uint16_t __wrap_ike_sa_kwa(const struct ike_sa *sa)
{
	if (!sa->there)
		abort();
	return world.kwa;
}

int __wrap_ike_sa_wrap_key(const struct ike_sa *sa, struct secret *key)
{
	(void)sa;
	if (world.wrap_fails)
		return world.wrap_fails;
	return secret_copy(key, CHUNK(gsk_w));
}

bool __wrap_ike_notify(struct ike_content *content, uint16_t type, struct chunk data)
{
	content->notifies[content->n_notifies++] =
		(struct wire_notify){ .type = type, .data = data };
	return true;
}

struct control_call *world_call(size_t i)
{
	return (struct control_call *)&world.told[i];
}

static struct told *told_of(struct control_call *call)
{
	struct told *told = (struct told *)call;

	/* A call ends once. */
	if (told->done || told->refused)
		abort();
	return told;
}

void __wrap_control_done(struct control_call *call)
{
	told_of(call)->done = true;
}

void __wrap_control_refuse(struct control_call *call, int error, const char *format, ...)
{
	struct told *told = told_of(call);
	va_list ap;

	told->refused = true;
	told->error = error;
	va_start(ap, format);
	vsnprintf(told->text, sizeof(told->text), format, ap);
	va_end(ap);
}

void __wrap_control_defer(struct control_call *call, void (*forget)(void *arg), void *arg)
{
	struct told *told = told_of(call);

	told->forget = forget;
	told->arg = arg;
}

/* ---- clock, chance, data plane */

static uint64_t now(void *context)
{
	(void)context;
	return world.now;
}

static uint32_t draw(void *context)
{
	(void)context;
	return world.random;
}

static void on_acquire(void *context, const struct gemcast_acquire *acquire)
{
	(void)context;
	gm_acquire(world.gm, acquire);
}

static void on_expire(void *context, const struct gemcast_sa *sa,
		      const struct gemcast_expire *expire)
{
	(void)context;
	gm_expire(world.gm, sa, expire);
}

static void on_gone(void *context, const struct gemcast_sa *sa)
{
	(void)context;
	gm_gone(world.gm, sa);
}

static void on_lost(void *context)
{
	(void)context;
	gm_lost(world.gm);
}

static void on_unknown_spi(void *context, const struct gemcast_audit *audit)
{
	(void)context;
	gm_unknown_spi(world.gm, audit);
}

static struct group_join *find_join(const struct net_group *group)
{
	size_t i;

	for (i = 0; i < world.n_groups; i++)
		if (net_group_equal(&world.groups[i].group, group))
			return &world.groups[i];
	return NULL;
}

static int rekey_join(void *context, const struct net_group *group)
{
	struct group_join *join = find_join(group);

	(void)context;
	if (world.join_fails)
		return world.join_fails;
	if (!join && world.n_groups == WORLD_GROUPS)
		abort();
	if (!join)
		join = &world.groups[world.n_groups++];
	join->group = *group;
	join->count++;
	return 0;
}

static void rekey_leave(void *context, const struct net_group *group)
{
	struct group_join *join = find_join(group);

	(void)context;
	/* A leave without its join. */
	if (!join)
		abort();
	if (!--join->count)
		*join = world.groups[--world.n_groups];
}

unsigned int world_listens(const char *addr)
{
	const struct gemcast_addr to = addr_of(addr);
	unsigned int n = 0;
	size_t i;

	for (i = 0; i < world.n_groups; i++)
		if (net_addr_equal(&world.groups[i].group.to.addr, &to))
			n += world.groups[i].count;
	return n;
}

void world_unknown_spi(const char *dst, uint32_t spi)
{
	const struct gemcast_audit audit = {
		.present = GEMCAST_BIT(GEMCAST_A_AUDIT_REASON) | GEMCAST_BIT(GEMCAST_A_AUDIT_SPI) |
			   GEMCAST_BIT(GEMCAST_A_AUDIT_DST) | GEMCAST_BIT(GEMCAST_A_AUDIT_SRC),
		.reason = GEMCAST_A_STATS_IN_NO_SA,
		.spi = spi,
		.dst = addr_of(dst),
		.src = addr_of("198.51.100.1"),
	};

	world.inside = true;
	world.table.user.unknown_spi(NULL, &audit);
	world.inside = false;
}

/* ---- begin, end, configuration */

static void report(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
	abort();
}

struct conf *world_conf(const char *member)
{
	static const char head[] =
		"credentials:\n"
		"  - name: here\n"
		"    identity: gm1.example.org\n"
		"  - name: other\n"
		"    identity: gm1.example.net\n"
		"psk:\n"
		"  - peer: \"*\"\n"
		"    file: /nowhere/psk\n"
		"member:\n"
		"  credential: here\n";
	char text[4096];
	int len = snprintf(text, sizeof(text), "%s%s", head, member);
	struct conf *conf;

	conf = conf_load_text("test", text, len, false, report, NULL);
	if (!conf)
		abort();
	return conf;
}

void world_begin(const char *member)
{
	struct gm_setup setup = {
		.crypto = &world.crypto,
		.plane = &world.table.plane,
		.now = now,
		.random = draw,
		.rekey_join = rekey_join,
		.rekey_leave = rekey_leave,
	};
	struct reason why;

	memset(&world, 0, sizeof(world));
	world.now = 1000000;
	world.kwa = KW_5649_256;
	world.rekey_auth = CONF_REKEY_ED25519;
	world.threshold = 1200;
	if (crypto_init(&world.crypto, NULL, &why))
		abort();
	plane_table_init(&world.table);
	world.table.now = world.now;
	world.conf = world_conf(member);
	world.setup = setup;
	world.gm = gm_new(&world.setup, world.conf);
	if (!world.gm)
		abort();
	world.table.user = (struct plane_user){
		.acquire = on_acquire, .expire = on_expire, .gone = on_gone, .lost = on_lost,
		.unknown_spi = on_unknown_spi,
	};
}

void world_end(void)
{
	size_t i;

	gm_free(world.gm);
	for (i = 0; i <= WORLD_REKEY_SAS; i++)
		rekey_sa_free(&world.rekey_sas[i]);
	conf_free(world.conf);
	crypto_free(&world.crypto);
	memset(&world, 0, sizeof(world));
}

void world_reload(const char *member)
{
	struct conf *conf = world_conf(member), *before = world.conf;
	struct conf_diff diff;

	if (!conf_diff(before, conf, &diff))
		abort();
	world.conf = conf;
	world.inside = true;
	gm_reload(world.gm, conf, &diff);
	world.inside = false;
	conf_diff_free(&diff);
	conf_free(before);
}

void world_pass(uint64_t ms)
{
	uint64_t until = world.now + ms, next = gm_next(world.gm);
	unsigned int steps = 0;

	for (; next <= until; next = gm_next(world.gm)) {
		if (++steps > 100000)
			abort();	/* it is due again and again */
		if (next > world.now)
			world.now = next;
		plane_table_run(&world.table, world.now);
		world.inside = true;
		gm_run(world.gm);
		world.inside = false;
	}
	world.now = until;
	plane_table_run(&world.table, world.now);
}

/* ---- the key server */

struct ike_sa *world_sa(const char *addr)
{
	struct gemcast_addr at = addr_of(addr);
	size_t i;

	for (i = 0; i < WORLD_SAS; i++)
		if (world.sas[i].there && net_addr_equal(&world.sas[i].target.remote.addr, &at))
			return &world.sas[i];
	return NULL;
}

size_t world_sas(void)
{
	size_t i, n = 0;

	for (i = 0; i < WORLD_SAS; i++)
		n += world.sas[i].there;
	return n;
}

/* What a request or an answer is worth after it was bytes. */
static struct wire_message through_codec(const struct wire_message *m, struct coded *coded,
					 struct wire_room *room)
{
	struct wire_error error = { 0 };
	struct wire_message out;

	if (!encode(coded, m, false) || !decode(coded, &out, room, &error)) {
		fprintf(stderr, "refused: %s\n", error.reason ? error.reason : "too long");
		abort();
	}
	return out;
}

bool world_ask(struct ike_sa *sa)
{
	static struct wire_room room;
	static struct coded coded;
	struct ike_content content = { .message.header.exchange = GSA_REGISTRATION };

	if (sa && sa->n_tasks && sa->tasks[0]->exchange == INFORMATIONAL)
		content.message.header.exchange = INFORMATIONAL;
	if (!sa || !sa->n_tasks || !sa->tasks[0]->build(sa->tasks[0]->context, sa, &content))
		return false;
	content.message.notifies = content.notifies;
	content.message.n_notifies = content.n_notifies;
	world.asked.sa = sa;
	world.asked.exchange = sa->tasks[0]->exchange;
	world.asked.message = through_codec(&content.message, &coded, &room);
	return true;
}

static void answer(const struct wire_message *m)
{
	static struct wire_room room;
	static struct coded coded;
	struct ike_sa *sa = world.asked.sa;
	struct ike_task *task = sa->tasks[0];
	struct wire_message response = through_codec(m, &coded, &room);

	memmove(sa->tasks, sa->tasks + 1, --sa->n_tasks * sizeof(struct ike_task *));
	response.header.exchange = world.asked.exchange;
	world.inside = true;
	task->answer(task->context, sa, &response);
	world.inside = false;
}

/* What a grant is made of. */
struct parts {
	struct wire_policy policies[8];
	struct wire_transform transforms[8][4];
	struct wire_key_bag bags[8];
	struct wire_key keys[8];
	uint8_t spis[8][4];
	uint8_t wrapped[8][96];
	struct wire_group_wide gw;
	struct wire_member_bag member;
	struct wire_gsa gsa;
	struct wire_kd kd;
	struct wire_notify notifies[8];
	struct chunk gsk_w;		/* what keys are wrapped by */
	uint16_t kwa;
	struct wire_key rekey_keys[2];
	struct wire_transform rekey_transforms[REKEY_TRANSFORMS];
	struct secret auth_key;
	uint8_t next_spis[8][4];
	struct chunk next[8];
	struct chunk next_rekey;
	uint8_t limits[4][SA_LIMITS_LEN];
	uint8_t hello[HELLO_LEN];
};

struct rekey_sa *world_rekey_sa(unsigned int n)
{
	const struct conf_rekey conf = {
		.address = addr_of("239.255.0.1"),
		.port = 848,
		.encryption = { .id = ENCR_AES_GCM_16, .key_bits = 256 },
		.key_wrap = KW_5649_256,
		.authentication = world.rekey_auth,
	};
	const struct gemcast_addr source = addr_of("192.0.2.1");
	struct rekey_sa *sa = &world.rekey_sas[n];

	if (sa->keymat.len)
		return sa;
	memset(sa->spi, (int)(0x10 + n), sizeof(sa->spi));
	if (rekey_sa_new(&world.crypto, &conf, &source,
			 world.rekey_sas[1].keymat.len ? &world.rekey_sas[1] : NULL, sa))
		abort();
	return sa;
}

static void wrap_key(const struct parts *p, struct chunk key, bool badly, uint8_t *out)
{
	uint8_t kwk[32];

	memcpy(kwk, p->gsk_w.data, p->gsk_w.len);
	kwk[0] ^= badly;
	if (keywrap(&world.crypto, p->kwa, (struct chunk){ kwk, p->gsk_w.len }, key, out))
		abort();
}

static void add_rekey_key(const struct grant *grant, const struct wire_policy *policy,
			  struct chunk keymat, struct parts *p)
{
	size_t i = p->gsa.n_policies - 1;

	keymat.len -= grant->rekey_short_key;
	wrap_key(p, keymat, grant->rekey_bad_key, p->wrapped[i]);
	p->rekey_keys[1] = (struct wire_key){
		.kwk_id = grant->rekey_kwk, .wrapped = { p->wrapped[i], keywrap_len(keymat.len) },
	};
	p->rekey_keys[0] = p->rekey_keys[1];
	p->rekey_keys[0].kwk_id = 99;
	p->bags[p->kd.n_bags++] = (struct wire_key_bag){
		.protocol = PROTO_GIKE_UPDATE, .spi = policy->spi,
		.keys = &p->rekey_keys[!grant->rekey_tree], .n_keys = 1 + grant->rekey_tree,
	};
}

static void add_rekey_sa(const struct grant *grant, bool registration, struct parts *p)
{
	const struct rekey_sa *sa = world_rekey_sa(grant->rekey_sa);
	struct wire_policy *policy = &p->policies[p->gsa.n_policies++];

	rekey_sa_policy(sa, registration, p->rekey_transforms, policy);
	policy->has_lifetime = true;
	policy->lifetime = grant->rekey_lifetime ? grant->rekey_lifetime : 3600;
	if (grant->rekey_encr)
		p->rekey_transforms[0].id = grant->rekey_encr;
	if (grant->next_rekey_sa) {
		p->next_rekey = CHUNK(world_rekey_sa(grant->next_rekey_sa)->spi);
		policy->next_spis = &p->next_rekey;
		policy->n_next_spis = 1;
	}
	if (!grant->rekey_no_key)
		add_rekey_key(grant, policy, secret_chunk(&sa->keymat), p);
	if (!registration || !sa->scheme)
		return;
	if (key_to_spki(&sa->key, &p->auth_key))
		abort();
	p->member.auth_key = secret_chunk(&p->auth_key);
}

static void set_selector(const struct given *g, struct wire_policy *policy)
{
	struct conf_selector s = {
		.protocol = g->protocol,
		.source_ports = { 0, 65535 },
		.destination_ports = { g->port, g->port ? g->port : 65535 },
	};

	s.destination.addr = addr_of(g->dst);
	s.destination.len = s.destination.addr.family == AF_INET ? 32 : 128;
	if (g->dst_bits)
		s.destination.len = g->dst_bits;
	if (g->src) {
		s.source.addr = addr_of(g->src);
		s.source.len = s.source.addr.family == AF_INET ? 32 : 128;
	}
	selector_to_wire(&s, &policy->src, &policy->dst);
}

static void wrap(const struct given *g, struct parts *p, size_t i)
{
	uint8_t key[36];
	size_t len = (g->key_bits ? g->key_bits : 256) / 8 + 4 - g->short_key;

	memset(key, g->key, sizeof(key));
	wrap_key(p, (struct chunk){ key, len }, g->bad_key, p->wrapped[i]);
	p->keys[i] = (struct wire_key){ .wrapped = { p->wrapped[i], keywrap_len(len) } };
}

static void add_sa(const struct given *g, struct parts *p)
{
	size_t i = p->gsa.n_policies++;
	struct writer w = writer_to(p->spis[i], 4);
	struct wire_policy *policy = &p->policies[i];

	write_u32(&w, g->spi);
	p->transforms[i][0] = (struct wire_transform){
		.type = TRANSFORM_ENCR, .id = g->encr ? g->encr : ENCR_AES_GCM_16,
		.key_length = g->key_bits ? g->key_bits : 256,
	};
	p->transforms[i][1] = (struct wire_transform){
		.type = TRANSFORM_SN,
		.id = g->sequential ? SN_32_BIT_SEQUENTIAL : SN_32_BIT_UNSPECIFIED,
	};
	*policy = (struct wire_policy){
		.protocol = PROTO_ESP, .spi = CHUNK(p->spis[i]),
		.transforms = p->transforms[i], .n_transforms = 2,
		.has_lifetime = g->lifetime || g->ended, .lifetime = g->lifetime,
	};
	set_selector(g, policy);
	if (g->next_spi) {
		w = writer_to(p->next_spis[i], 4);
		write_u32(&w, g->next_spi);
		p->next[i] = CHUNK(p->next_spis[i]);
		policy->next_spis = &p->next[i];
		policy->n_next_spis = 1;
	}
	if (g->no_key)
		return;
	wrap(g, p, i);
	p->bags[p->kd.n_bags++] = (struct wire_key_bag){
		.protocol = PROTO_ESP, .spi = policy->spi, .keys = &p->keys[i], .n_keys = 1,
	};
}

static void add_notify(struct wire_message *m, struct parts *p, uint16_t type, struct chunk data)
{
	p->notifies[m->n_notifies++] = (struct wire_notify){ .type = type, .data = data };
}

static void add_notifies(const struct grant *grant, struct wire_message *m, struct parts *p)
{
	size_t i;

	m->notifies = p->notifies;
	if (grant->transport)
		add_notify(m, p, N_USE_TRANSPORT_MODE, (struct chunk){ NULL, 0 });
	if (grant->hello) {
		hello_write(grant->hello, p->hello);
		add_notify(m, p, N_GEMCAST_HELLO, CHUNK(p->hello));
	}
	for (i = 0; i < grant->n_sas; i++) {
		if (!grant->sas[i].limits.spi)
			continue;
		sa_limits_write(&grant->sas[i].limits, p->limits[i]);
		add_notify(m, p, N_SA_LIMITS, CHUNK(p->limits[i]));
	}
	if (grant->notify.type)
		p->notifies[m->n_notifies++] = grant->notify;
}

/* @by: the Rekey SA that it goes by; 0: an IKE SA. Parts are used again. */
static struct wire_message make(const struct grant *grant, uint8_t exchange, unsigned int by,
				struct parts *p)
{
	struct wire_message m = { .header = { .exchange = exchange } };
	size_t i;

	secret_free(&p->auth_key);
	*p = (struct parts){
		.gsa.policies = p->policies, .kd.bags = p->bags,
		.kwa = by ? world_rekey_sa(by)->kwa : KW_5649_256,
		.gsk_w = by ? world_rekey_sa(by)->keys.w : CHUNK(gsk_w),
	};
	p->member = (struct wire_member_bag){
		.auth_key = grant->auth_key, .sender_ids = grant->sids,
		.n_sender_ids = grant->n_sids,
	};
	if (grant->rekey_sa)
		add_rekey_sa(grant, exchange == GSA_REGISTRATION, p);
	for (i = 0; i < grant->n_sas; i++)
		add_sa(&grant->sas[i], p);
	p->gw = (struct wire_group_wide){
		.has_atd = grant->atd, .atd = grant->atd, .has_dtd = grant->dtd,
		.dtd = grant->dtd, .has_sender_id_bits = grant->sid_bits,
		.sender_id_bits = grant->sid_bits,
	};
	p->gsa.group_wide = &p->gw;
	if (grant->n_sids || p->member.auth_key.len)
		p->kd.member = &p->member;
	if (p->gsa.n_policies) {
		m.gsa = &p->gsa;
		m.kd = &p->kd;
	}
	add_notifies(grant, &m, p);
	m.deletes = grant->deletes;
	m.n_deletes = grant->n_deletes;
	return m;
}

static void forget_parts(struct parts *p)
{
	secret_free(&p->auth_key);
}

void world_grant(const struct grant *grant)
{
	static struct parts parts;
	struct wire_message m = make(grant, GSA_REGISTRATION, 0, &parts);

	m.header.response = true;
	answer(&m);
	forget_parts(&parts);
}

void world_refuse(uint16_t notify)
{
	struct wire_notify n = { .type = notify };
	struct wire_message m = {
		.header = { .exchange = GSA_REGISTRATION, .response = true },
		.notifies = &n, .n_notifies = notify != 0,
	};

	answer(&m);
}

void world_register(struct ike_sa *sa, const struct grant *grant)
{
	if (!world_ask(sa))
		abort();
	world_grant(grant);
}

void world_rekey(struct ike_sa *sa, const struct grant *grant)
{
	static struct parts parts;
	static struct wire_room room;
	static struct coded coded;
	struct wire_message m = make(grant, GSA_INBAND_REKEY, 0, &parts);
	struct wire_message request = through_codec(&m, &coded, &room);
	struct ike_content response = { 0 };

	world.inside = true;
	gm_request(world.gm, sa, &request, &response);
	world.inside = false;
	/* RFC 9838 2.4.2: an empty one. */
	if (response.n_notifies || response.message.n_notifies)
		abort();
}

void world_seal(unsigned int n, const struct grant *grant, struct rekey_datagrams *out)
{
	static struct parts parts;
	struct wire_message m = make(grant, GSA_REKEY, n, &parts);

	if (rekey_seal(&world.crypto, world_rekey_sa(n), &m, world.threshold, out))
		abort();
	forget_parts(&parts);
}

void world_datagram_by(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
		       struct chunk datagram)
{
	const struct net_path path = {
		.local = { .addr = addr_of(to), .port = to_port },
		.remote = { .addr = addr_of(from), .port = from_port },
	};
	/* Exactly as long, so that a read behind it is seen. */
	uint8_t *bytes = malloc(datagram.len);

	if (datagram.len)
		memcpy(bytes, datagram.data, datagram.len);
	world.inside = true;
	gm_rekey_datagram(world.gm, &path, bytes, datagram.len);
	world.inside = false;
	free(bytes);
}

void world_datagram(struct chunk datagram)
{
	world_datagram_by("192.0.2.1", 848, "239.255.0.1", 848, datagram);
}

void world_deliver(const struct rekey_datagrams *datagrams)
{
	size_t i;

	for (i = 0; i < datagrams->n; i++)
		world_datagram(datagrams->datagram[i]);
}

void world_update(unsigned int n, const struct grant *grant)
{
	struct rekey_datagrams datagrams;

	world_seal(n, grant, &datagrams);
	world_deliver(&datagrams);
	rekey_datagrams_free(&datagrams);
}

void world_drop(struct ike_sa *sa, enum ike_end why, const char *text)
{
	sa->there = false;
	end_tasks(sa, why, text);
	gm_ended(world.gm, sa, why, text);
}

bool world_asked(uint16_t notify)
{
	return wire_notify(&world.asked.message, notify);
}

const char *world_asked_group(void)
{
	static char name[64];
	const struct wire_id *idg = world.asked.message.idg;

	snprintf(name, sizeof(name), "%.*s", (int)idg->data.len, (const char *)idg->data.data);
	return name;
}

void world_joined(const char *member, const struct grant *grant)
{
	world_begin(member);
	world_pass(0);
	world_register(world_sa("192.0.2.1"), grant);
	if (strcmp(world_state("video"), "joined") != 0)
		abort();
}

const struct gemcast_policy *world_policy(const char *dst)
{
	struct gemcast_addr to = addr_of(dst);
	struct gemcast_addr from = addr_of(to.family == AF_INET ? "198.51.100.1" : "2001:db8::99");

	return plane_table_policy(&world.table, &to, &from);
}

struct gm_member *world_member(const char *name)
{
	return gm_find(world.gm, name);
}

/* ---- the control socket */

struct gemcast_membership world_status(const char *name)
{
	struct gemcast_membership m = { 0 }, next;
	int err = gm_membership(world.gm, NULL, &m);

	while (!err && strcmp(m.name, name) != 0) {
		next = (struct gemcast_membership){ 0 };
		err = gm_membership(world.gm, &m, &next);
		m = next;
	}
	if (!err)
		return m;
	fprintf(stderr, "no membership %s\n", name);
	abort();
}

const char *world_state(const char *name)
{
	static char state[GEMCAST_WORD_SIZE];
	struct gemcast_membership m = world_status(name);

	memcpy(state, m.state, sizeof(state));
	return state;
}

void world_join(size_t call, const char *name, const char *role, uint64_t wait)
{
	struct gemcast_join join = { .present = GEMCAST_BIT(GEMCAST_JOIN_NAME) };

	snprintf(join.name, sizeof(join.name), "%s", name);
	if (role) {
		join.present |= GEMCAST_BIT(GEMCAST_JOIN_ROLE);
		snprintf(join.role, sizeof(join.role), "%s", role);
	}
	if (wait) {
		join.present |= GEMCAST_BIT(GEMCAST_JOIN_WAIT);
		join.wait = wait;
	}
	world.told[call] = (struct told){ 0 };
	world.inside = true;
	gm_join(world.gm, world_call(call), &join);
	world.inside = false;
}

void world_leave(size_t call, const char *name)
{
	world.told[call] = (struct told){ 0 };
	world.inside = true;
	gm_leave(world.gm, world_call(call), name);
	world.inside = false;
}

struct gemcast_addr addr_of(const char *text)
{
	struct gemcast_addr addr = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (inet_pton(addr.family, text, &addr.in6) != 1)
		abort();
	return addr;
}

struct wire_delete delete_all(uint8_t protocol)
{
	static const uint8_t zero[16];
	size_t size = protocol == PROTO_NONE ? 0 : protocol == PROTO_GIKE_UPDATE ? 16 : 4;

	return (struct wire_delete){
		.protocol = protocol, .spi_size = size, .n_spis = size != 0,
		.spis = { zero, size },
	};
}
