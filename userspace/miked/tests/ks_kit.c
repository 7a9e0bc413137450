// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server without the rest of the daemon.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>
#include "crypto/keywrap.h"
#include "ks_kit.h"
#include "test.h"

struct kit kit;

/* Which registration uses a Sender-ID under an SA. */
struct usage {
	uint32_t spi;
	uint8_t keymat[64];
	unsigned int *by;
	struct usage *next;
};

static struct usage *usages;
static unsigned int registrations;
static struct ike_content content;
static struct wire_room room;
static uint8_t bytes[WIRE_MAX_INNER];
static struct rekey_room rekey_room;

/* The stand-ins. */

bool __wrap_ike_notify(struct ike_content *c, uint16_t type, struct chunk data);
void __wrap_ike_ask(struct ike_sa *sa, struct ike_task *task);
void __wrap_ike_close(struct ike_sa *sa);
void *__wrap_ike_sa_data(const struct ike_sa *sa);
void __wrap_ike_sa_set_data(struct ike_sa *sa, void *data);
const struct net_path *__wrap_ike_sa_path(const struct ike_sa *sa);
const struct wire_id *__wrap_ike_sa_peer(const struct ike_sa *sa);
const char *__wrap_ike_sa_text(const struct ike_sa *sa);
uint16_t __wrap_ike_sa_kwa(const struct ike_sa *sa);
int __wrap_ike_sa_wrap_key(const struct ike_sa *sa, struct secret *gsk_w);
bool __wrap_ike_sa_fragments(const struct ike_sa *sa);
uint32_t __wrap_ike_sa_answered(const struct ike_sa *sa);
void __wrap_ike_answer(struct ike_sa *sa, bool good);

bool __wrap_ike_notify(struct ike_content *c, uint16_t type, struct chunk data)
{
	assert_true(c->n_notifies < WIRE_MAX_NOTIFIES);
	c->notifies[c->n_notifies++] = (struct wire_notify){ .type = type, .data = data };
	return true;
}

void __wrap_ike_ask(struct ike_sa *sa, struct ike_task *task)
{
	assert_false(sa->closed);
	task->next = NULL;
	LL_APPEND(sa->tasks, task);
}

static void end_tasks(struct ike_sa *sa, enum ike_end why)
{
	struct ike_task *task;

	while (sa->sent || sa->tasks) {
		task = sa->sent ? sa->sent : sa->tasks;
		if (sa->sent)
			sa->sent = NULL;
		else
			LL_DELETE(sa->tasks, task);
		task->end(task->context, sa, why, "the end");
	}
}

void kit_forget_waiting(struct ike_sa *sa)
{
	free(sa->waiting);
	sa->waiting = NULL;
}

void __wrap_ike_close(struct ike_sa *sa)
{
	assert_false(sa->closed);
	sa->closed = true;
	kit_forget_waiting(sa);
	end_tasks(sa, IKE_END_CLOSED);
}

void *__wrap_ike_sa_data(const struct ike_sa *sa)
{
	return sa->data;
}

void __wrap_ike_sa_set_data(struct ike_sa *sa, void *data)
{
	sa->data = data;
}

const struct net_path *__wrap_ike_sa_path(const struct ike_sa *sa)
{
	return &sa->path;
}

const struct wire_id *__wrap_ike_sa_peer(const struct ike_sa *sa)
{
	return &sa->id;
}

const char *__wrap_ike_sa_text(const struct ike_sa *sa)
{
	return sa->text;
}

uint16_t __wrap_ike_sa_kwa(const struct ike_sa *sa)
{
	return sa->kwa;
}

int __wrap_ike_sa_wrap_key(const struct ike_sa *sa, struct secret *gsk_w)
{
	*gsk_w = (struct secret){ 0 };
	if (kit.wrap_error)
		return kit.wrap_error;
	return secret_copy(gsk_w, (struct chunk){ sa->gsk_w, keywrap_key_len(sa->kwa) });
}

bool __wrap_ike_sa_fragments(const struct ike_sa *sa)
{
	return !sa->no_fragments;
}

uint32_t __wrap_ike_sa_answered(const struct ike_sa *sa)
{
	return sa->answered;
}

/* The world. */

static uint64_t now(void *context)
{
	(void)context;
	return kit.now;
}

static int spi(void *context, uint8_t *out, size_t len)
{
	struct writer w = writer_to(out, len);

	(void)context;
	if (kit.random_error)
		return kit.random_error;
	if (!kit.next_spi)
		return crypto_random(&kit.crypto, out, len);
	write_u32(&w, kit.next_spi++);
	return 0;
}

static void to_all(void *context, const struct net_group *to, struct chunk datagram);

static bool group_source(void *context, const struct net_group *to, struct gemcast_addr *source)
{
	(void)context;
	(void)to;
	*source = (struct gemcast_addr){ .family = AF_INET };
	inet_pton(AF_INET, "192.0.2.250", &source->in);
	return !kit.no_source;
}

static void report(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static struct conf *load(const char *groups)
{
	char text[16384];
	struct conf *conf;

	snprintf(text, sizeof(text), KIT_HEAD "%s", groups);
	kit.spared = true;
	conf = conf_load_text("kit", text, strlen(text), false, report, NULL);
	kit.spared = false;
	assert_non_null(conf);
	return conf;
}

static void *new(size_t n, size_t size)
{
	void *memory;

	kit.spared = true;
	memory = calloc(n, size);
	kit.spared = false;
	assert_non_null(memory);
	return memory;
}

static int64_t wall(void *context)
{
	(void)context;
	return kit.wall + (int64_t)kit.now;
}

struct ks_setup kit_setup(void)
{
	return (struct ks_setup){
		.crypto = &kit.crypto,
		.world = { .now = now, .wall = wall, .spi = spi, .send_group = to_all,
			   .group_source = group_source },
	};
}

void kit_begin(const char *groups)
{
	struct ks_setup setup;

	log_set_level(AREA_GROUP, getenv("KIT_LOG") ? LEVEL_DEBUG : LEVEL_ERROR);
	kit = (struct kit){ .now = 1000000 };
	assert_int_equal(crypto_init(&kit.crypto, NULL, NULL), 0);
	kit.conf = load(groups);
	setup = kit_setup();
	kit.ks = ks_new(&setup, kit.conf);
	assert_non_null(kit.ks);
}

void kit_reload(const char *groups)
{
	struct conf *before = kit.conf;

	kit.conf = load(groups);
	ks_reload(kit.ks, kit.conf);
	conf_free(before);
}

static void forget_rekey(struct ike_sa *sa)
{
	rekey_sa_free(&sa->rekey);
	rekey_sa_free(&sa->heir);
	rekey_partial_free(sa->partial);
	rekey_partial_free(sa->heir_partial);
	sa->partial = NULL;
	sa->heir_partial = NULL;
	sa->has_rekey = false;
	sa->has_heir = false;
	sa->lost = false;
}

void kit_forget_sent(void)
{
	struct kit_sent *sent;

	while (kit.sent) {
		sent = kit.sent;
		LL_DELETE(kit.sent, sent);
		free(sent);
	}
	kit.n_sent = 0;
}

void kit_remember_key(struct chunk key)
{
	struct kit_key *one = new(1, sizeof(*one) + key.len);

	one->len = key.len;
	memcpy(one->bytes, key.data, key.len);
	LL_PREPEND(kit.keys, one);
}

static void forget_keys(void)
{
	struct kit_key *key;

	while (kit.keys) {
		key = kit.keys;
		LL_DELETE(kit.keys, key);
		free(key);
	}
}

void kit_end(void)
{
	struct ike_sa *sa, *next;
	struct usage *usage;

	ks_free(kit.ks);
	LL_FOREACH_SAFE(kit.sas, sa, next) {
		forget_rekey(sa);
		kit_forget_waiting(sa);
		free(sa);
	}
	kit_forget_sent();
	forget_keys();
	rekey_room_free(&rekey_room);
	while (usages) {
		usage = usages;
		LL_DELETE(usages, usage);
		free(usage->by);
		free(usage);
	}
	conf_free(kit.conf);
	crypto_free(&kit.crypto);
}

struct conf_identity kit_identity(const char *text)
{
	struct conf_identity identity;

	assert_true(conf_identity_parse(text, ID_FQDN, false, &identity));
	return identity;
}

struct ike_sa *kit_sa(const char *id, const char *address)
{
	struct ike_sa *sa = new(1, sizeof(*sa));
	struct conf_identity identity = kit_identity(id);
	struct gemcast_addr *addr = &sa->path.remote.addr;

	memcpy(sa->id_data, identity.data, identity.len);
	sa->id = (struct wire_id){ identity.type, { sa->id_data, identity.len } };
	addr->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(addr->family, address, &addr->in6), 1);
	sa->path.remote.port = 848;
	snprintf(sa->text, sizeof(sa->text), "%.60s at %s", id, address);
	sa->kwa = KW_5649_256;
	assert_int_equal(crypto_random(&kit.crypto, sa->gsk_w, sizeof(sa->gsk_w)), 0);
	LL_PREPEND(kit.sas, sa);
	return sa;
}

void kit_lose(struct ike_sa *sa, enum ike_end why)
{
	sa->closed = true;
	kit_forget_waiting(sa);
	end_tasks(sa, why);
	ks_ended(kit.ks, sa, why, "lost");
	assert_null(sa->data);
}

void kit_fail_task(struct ike_sa *sa)
{
	assert_true(sa->tasks || sa->sent);
	end_tasks(sa, IKE_END_MEMORY);
}

/* The member. */

/* Without padding and with all lengths right, as it would come out of an IKE message. */
static void through_wire(struct wire_message *m)
{
	struct wire_header header = m->header;
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct wire_inner inner;
	struct wire_error error;

	wire_write_inner(&w, m, &inner);
	assert_false(w.failed);
	*m = (struct wire_message){ .header = header };
	if (!wire_parse_inner(m, &room, inner.first, (struct chunk){ bytes, w.len }, &error))
		fail_msg("%s", error.reason);
}

static struct usage *usage_of(const struct kit_held *held)
{
	struct usage *usage;

	LL_FOREACH(usages, usage) {
		if (usage->spi == held->spi) {
			assert_memory_equal(usage->keymat, held->keymat, held->keymat_len);
			return usage;
		}
		assert_memory_not_equal(usage->keymat, held->keymat, held->keymat_len);
	}
	usage = new(1, sizeof(*usage));
	usage->spi = held->spi;
	memcpy(usage->keymat, held->keymat, sizeof(usage->keymat));
	LL_PREPEND(usages, usage);
	kit_remember_key((struct chunk){ held->keymat, held->keymat_len });
	return usage;
}

/* RFC 9838 2.5: no two senders, and no sender twice, have one Sender-ID under one SA. */
static void use(const struct ike_sa *sa, const struct kit_held *held)
{
	struct usage *usage = usage_of(held);
	size_t i;

	if (!usage->by && sa->n_sids)
		usage->by = new((size_t)1 << sa->bits, sizeof(*usage->by));
	for (i = 0; i < sa->n_sids; i++) {
		assert_true(sa->sids[i] < 1U << sa->bits);
		if (usage->by[sa->sids[i]] && usage->by[sa->sids[i]] != sa->registration)
			fail_msg("Sender-ID %u twice under %08x", sa->sids[i], held->spi);
		usage->by[sa->sids[i]] = sa->registration;
	}
}

static uint32_t spi_of(struct chunk chunk)
{
	struct reader r = reader_of(chunk);

	return read_u32(&r);
}

const struct kit_held *kit_held(const struct ike_sa *sa, uint32_t wanted)
{
	size_t i;

	for (i = 0; i < sa->n_sas; i++)
		if (sa->sas[i].spi == wanted)
			return &sa->sas[i];
	return NULL;
}

const struct kit_held *kit_last(const struct ike_sa *sa)
{
	assert_true(sa->n_sas);
	return &sa->sas[sa->n_sas - 1];
}

static uint16_t transform_of(const struct wire_policy *policy, uint8_t type, uint16_t *bits)
{
	const struct wire_transform *t = wire_transform(policy->transforms, policy->n_transforms,
							type);

	assert_non_null(t);
	if (bits)
		*bits = t->key_length;
	return t->id;
}

/* By what the keys in a message are wrapped. */
struct kwk {
	uint16_t kwa;
	struct chunk key;
};

static struct kwk own_kwk(const struct ike_sa *sa)
{
	return (struct kwk){ sa->kwa, { sa->gsk_w, keywrap_key_len(sa->kwa) } };
}

static void unwrap(const struct wire_message *m, const struct wire_policy *policy,
		   const struct kwk *kwk, struct secret *key)
{
	const struct wire_key_bag *bag = wire_key_bag_of(m->kd, policy);
	int err;

	assert_non_null(bag);
	assert_int_equal(bag->n_keys, 1);
	kit.spared = true;
	err = keyunwrap(&kit.crypto, kwk->kwa, kwk->key, bag->keys[0].wrapped, key);
	kit.spared = false;
	assert_int_equal(err, 0);
}

static void take_limits(struct ike_sa *sa, const struct wire_message *m, uint32_t wanted)
{
	struct sa_limits limits;

	sa->packets = 0;
	sa->bytes = 0;
	if (!sa_limits_read(m, wanted, &limits))
		return;
	sa->packets = limits.packets;
	sa->bytes = limits.bytes;
}

static void take_sa(struct ike_sa *sa, const struct wire_message *m,
		    const struct wire_policy *policy, const struct kwk *kwk)
{
	struct kit_held *held = &sa->sas[sa->n_sas];
	const struct kit_held *before = kit_held(sa, spi_of(policy->spi));
	struct secret key;

	assert_int_equal(policy->protocol, PROTO_ESP);
	assert_true(sa->n_sas < KIT_MAX_SAS);
	*held = (struct kit_held){
		.spi = spi_of(policy->spi),
		.lifetime = policy->lifetime,
		.got = kit.now,
		.src = policy->src,
		.dst = policy->dst,
	};
	assert_true(held->spi > 255 && policy->has_lifetime && policy->lifetime);
	held->encr = transform_of(policy, TRANSFORM_ENCR, &held->key_bits);
	held->sn = transform_of(policy, TRANSFORM_SN, NULL);
	sa->next_spi = policy->n_next_spis ? spi_of(policy->next_spis[0]) : 0;
	take_limits(sa, m, held->spi);
	unwrap(m, policy, kwk, &key);
	assert_true(key.len <= sizeof(held->keymat));
	assert_int_equal(key.len, held->key_bits / 8 + 4);
	memcpy(held->keymat, key.data, key.len);
	held->keymat_len = key.len;
	secret_free(&key);
	use(sa, held);
	/* One that is told again has the same key, of which use() saw to. */
	if (!before)
		sa->n_sas++;
	else
		sa->retold++;
}

/* A Rekey SA: the first, or one that follows the one in use. */
static void take_rekey(struct ike_sa *sa, const struct wire_message *m,
		       const struct wire_policy *policy, const struct kwk *kwk, bool at_once)
{
	struct chunk auth_key = m->kd->member ? m->kd->member->auth_key : (struct chunk){ 0 };
	const struct rekey_sa *before = sa->has_heir ? &sa->heir : &sa->rekey;
	struct reason why = { "" };
	struct rekey_auth auth;
	struct rekey_sa fresh;
	struct secret keymat;
	int err;

	assert_true(policy->has_lifetime && policy->lifetime);
	assert_int_equal(policy->n_next_spis, m->header.exchange != GSA_INBAND_REKEY);
	if (policy->n_next_spis)
		memcpy(sa->next_rekey, policy->next_spis[0].data, WIRE_GIKE_SPI_LEN);
	sa->had_auth_key = auth_key.len;
	if (rekey_auth_read(m, policy->spi, &auth)) {
		assert_true(sa->hello && m->header.exchange == GSA_INBAND_REKEY);
		auth_key = auth.auth_key;
		memcpy(sa->next_rekey, auth.next.data, WIRE_GIKE_SPI_LEN);
	}
	unwrap(m, policy, kwk, &keymat);
	kit.spared = true;
	err = rekey_sa_read(&kit.crypto, policy, auth_key, sa->has_rekey ? before : NULL,
			    &keymat, &fresh, &why);
	kit.spared = false;
	if (err)
		fail_msg("%s", why.text);
	kit_remember_key(secret_chunk(&fresh.keymat));
	if (at_once) {
		forget_rekey(sa);
		sa->rekey = fresh;
		sa->has_rekey = true;
	} else {
		rekey_sa_free(&sa->heir);
		sa->heir = fresh;
		sa->has_heir = true;
	}
}

static void take_group_wide(struct ike_sa *sa, const struct wire_group_wide *gw)
{
	assert_non_null(gw);
	sa->has_atd = gw->has_atd;
	sa->has_dtd = gw->has_dtd;
	sa->atd = gw->atd;
	sa->dtd = gw->dtd;
	assert_true(!gw->has_atd || !gw->has_dtd || gw->dtd >= gw->atd);
}

static void take_registration(struct ike_sa *sa, const struct wire_message *m)
{
	const struct wire_member_bag *bag = m->kd->member;
	struct wire_error error;
	size_t i;

	sa->registration = ++registrations;
	sa->n_sas = 0;
	sa->n_sids = 0;
	sa->excluded = false;
	forget_rekey(sa);
	sa->got_hello = hello_read(m, &sa->told_hello);
	sa->has_bits = m->gsa->group_wide->has_sender_id_bits;
	sa->bits = m->gsa->group_wide->sender_id_bits;
	if (!wire_check_sender_ids(m, sa->sender, sa->asked, &error))
		fail_msg("%s", error.reason);
	assert_true(sa->has_bits || !sa->sender);
	for (i = 0; bag && i < bag->n_sender_ids; i++)
		sa->sids[sa->n_sids++] = bag->sender_ids[i];
}

static void take_sas(struct ike_sa *sa, const struct wire_message *m, const struct kwk *kwk)
{
	const struct wire_policy *policy;
	struct hello hello;
	size_t i;

	sa->transport = wire_notify(m, N_USE_TRANSPORT_MODE);
	if (hello_read(m, &hello))
		sa->told_hello = hello;
	take_group_wide(sa, m->gsa->group_wide);
	for (i = 0; i < m->gsa->n_policies; i++) {
		policy = &m->gsa->policies[i];
		if (policy->protocol == PROTO_GIKE_UPDATE)
			take_rekey(sa, m, policy, kwk, m->header.exchange != GSA_REKEY);
		else
			take_sa(sa, m, policy, kwk);
	}
}

static void drop_sa(struct ike_sa *sa, uint32_t gone)
{
	size_t i, kept = 0;

	for (i = 0; i < sa->n_sas; i++)
		if (sa->sas[i].spi != gone && gone)
			sa->sas[kept++] = sa->sas[i];
	sa->n_sas = kept;
}

static void inherit(struct ike_sa *sa)
{
	rekey_sa_free(&sa->rekey);
	rekey_partial_free(sa->partial);
	sa->rekey = sa->heir;
	sa->partial = sa->heir_partial;
	sa->heir = (struct rekey_sa){ 0 };
	sa->heir_partial = NULL;
	sa->has_heir = false;
}

/* All, or the one in use: whoever has no other is to register again. */
static void drop_rekey(struct ike_sa *sa, const struct wire_delete *d)
{
	if (wire_delete_is_all(d)) {
		sa->excluded = true;
		forget_rekey(sa);
		return;
	}
	assert_int_equal(d->n_spis, 1);
	if (!sa->has_rekey || memcmp(d->spis.data, sa->rekey.spi, WIRE_GIKE_SPI_LEN) != 0)
		return;
	if (sa->has_heir) {
		inherit(sa);
		return;
	}
	forget_rekey(sa);
	sa->lost = true;
}

static void take_delete(struct ike_sa *sa, const struct wire_delete *d)
{
	size_t i;

	if (d->protocol == PROTO_GIKE_UPDATE) {
		drop_rekey(sa, d);
		return;
	}
	assert_int_equal(d->protocol, PROTO_ESP);
	for (i = 0; i < d->n_spis; i++)
		drop_sa(sa, spi_of(wire_delete_spi(d, i)));
}

static void put_auth(struct wire_message *m)
{
	static const uint8_t name[] = { 'k', 's' }, mac[32];
	static const struct wire_id idr = { ID_FQDN, { name, sizeof(name) } };
	static const struct wire_auth auth = { .method = AUTH_METHOD_SHARED_KEY_MIC,
					       .data = { mac, sizeof(mac) } };

	m->idr = &idr;
	m->auth = &auth;
}

static void put_request(struct wire_message *m, const struct kit_ask *ask,
			struct wire_notify *notifies, uint8_t *buffer, const struct wire_id *idg)
{
	static const uint8_t ipcomp[] = { 0x12, 0x34, 2 };
	struct writer w = writer_to(buffer, 8);

	*m = (struct wire_message){
		.header = { .exchange = ask->exchange ? ask->exchange : GSA_REGISTRATION,
			    .initiator = true },
		.idg = idg,
		.proposals = ask->proposals,
		.n_proposals = ask->n_proposals,
		.notifies = notifies,
	};
	write_u32(&w, ask->count);
	write_u32(&w, ask->error_spi);
	if (ask->sender)
		notifies[m->n_notifies++] = (struct wire_notify){ .type = N_GROUP_SENDER,
								  .data = { buffer, 4 } };
	if (ask->ipcomp)
		notifies[m->n_notifies++] = (struct wire_notify){ .type = N_IPCOMP_SUPPORTED,
								  .data = CHUNK(ipcomp) };
	if (ask->error)
		notifies[m->n_notifies++] = (struct wire_notify){
			.type = ask->error,
			.protocol = ask->error_spi ? PROTO_ESP : PROTO_NONE,
			.spi = { buffer + 4, ask->error_spi ? 4 : 0 },
		};
}

static void put_hello(struct wire_message *m, struct wire_notify *notifies, bool hello)
{
	static const struct hello none;
	static uint8_t text[HELLO_LEN];

	if (!hello)
		return;
	hello_write(&none, text);
	notifies[m->n_notifies++] = (struct wire_notify){ .type = N_GEMCAST_HELLO,
							  .data = CHUNK(text) };
}

/* The answer, as the engine would complete it. */
static void finish_answer(const struct kit_ask *ask)
{
	content.message.header = (struct wire_header){
		.exchange = ask->exchange ? ask->exchange : GSA_REGISTRATION,
		.response = true,
	};
	content.message.notifies = content.notifies;
	content.message.n_notifies = content.n_notifies;
	if (ask->exchange == GSA_AUTH)
		put_auth(&content.message);
}

static void take_answer(struct ike_sa *sa, const struct wire_message *m, bool sender,
			uint32_t count)
{
	const struct kwk kwk = own_kwk(sa);

	sa->refused = 0;
	sa->sender = sender;
	sa->asked = count;
	assert_non_null(m->gsa);
	take_registration(sa, m);
	take_sas(sa, m, &kwk);
}

/* Nothing of it is told before the key server says so. */
static void hold(struct ike_sa *sa, const struct kit_ask *ask)
{
	struct writer w = writer_to(bytes, sizeof(bytes));
	struct wire_inner inner;

	assert_null(sa->waiting);
	assert_int_equal(content.n_before, content.n_notifies);
	wire_write_inner(&w, &content.message, &inner);
	assert_false(w.failed);
	sa->waiting = new(1, sizeof(*sa->waiting) + w.len);
	*sa->waiting = (struct kit_waiting){
		.sender = ask->sender,
		.count = ask->count,
		.otherwise = content.otherwise,
		.header = content.message.header,
		.first = inner.first,
		.len = w.len,
	};
	memcpy(sa->waiting->bytes, bytes, w.len);
}

void __wrap_ike_answer(struct ike_sa *sa, bool good)
{
	struct kit_waiting *waiting = sa->waiting;
	struct wire_message m;
	struct wire_error error;

	if (!waiting)
		return;
	sa->waiting = NULL;
	sa->answered++;
	if (!good) {
		sa->refused = waiting->otherwise;
	} else {
		m = (struct wire_message){ .header = waiting->header };
		if (!wire_parse_inner(&m, &room, waiting->first,
				      (struct chunk){ waiting->bytes, waiting->len }, &error))
			fail_msg("%s", error.reason);
		take_answer(sa, &m, waiting->sender, waiting->count);
	}
	free(waiting);
}

static void request(struct ike_sa *sa, const struct kit_ask *ask)
{
	static struct wire_room request_room;
	static uint8_t request_bytes[WIRE_MAX_INNER];
	struct wire_notify notifies[4];
	struct wire_message m;
	struct wire_inner inner;
	struct wire_error why;
	struct writer w = writer_to(request_bytes, sizeof(request_bytes));
	uint8_t buffer[8];
	struct conf_identity id = { .type = ID_KEY_ID };
	struct wire_id idg;

	if (ask->id)
		id = kit_identity(ask->id);
	idg = (struct wire_id){ id.type, { id.data, id.len } };
	if (!ask->id)
		idg.data = (struct chunk){ (const uint8_t *)ask->group, strlen(ask->group) };
	put_request(&m, ask, notifies, buffer, &idg);
	put_hello(&m, notifies, sa->hello && !ask->plain);
	if (m.header.exchange == GSA_AUTH)
		m.idi = &sa->id;
	wire_write_inner(&w, &m, &inner);
	assert_false(w.failed);
	m = (struct wire_message){ .header = m.header };
	assert_true(wire_parse_inner(&m, &request_room, inner.first,
				     (struct chunk){ request_bytes, w.len }, &why));
	content = (struct ike_content){ 0 };
	ks_request(kit.ks, sa, &m, &content);
	sa->answered += !content.otherwise;
}

bool kit_send(struct ike_sa *sa, const struct kit_ask *ask)
{
	const struct wire_notify *error;

	request(sa, ask);
	finish_answer(ask);
	if (content.otherwise) {
		hold(sa, ask);
		return false;
	}
	through_wire(&content.message);
	error = wire_notify_error(&content.message);
	sa->refused = error ? error->type : 0;
	if (error || ask->error) {
		assert_int_equal(content.message.n_notifies, error != NULL);
		assert_true(!error ||
			    (!error->protocol && !error->spi.len && !error->data.len));
		assert_null(content.message.gsa);
		return true;
	}
	take_answer(sa, &content.message, ask->sender, ask->count);
	return true;
}

uint16_t kit_ask(struct ike_sa *sa, const struct kit_ask *ask)
{
	if (!kit_send(sa, ask)) {
		assert_true(ks_next(kit.ks) <= kit.now);
		ks_run(kit.ks);
		assert_null(sa->waiting);
	}
	return sa->refused;
}

uint16_t kit_join(struct ike_sa *sa, const char *group, bool sender)
{
	struct kit_ask ask = { .group = group, .sender = sender, .count = sender };

	return kit_ask(sa, &ask);
}

/* What a member is told in-band. */
static void take_inband(struct ike_sa *sa)
{
	size_t i;

	const struct kwk kwk = own_kwk(sa);

	content.message.header = (struct wire_header){ .exchange = GSA_INBAND_REKEY };
	content.message.notifies = content.notifies;
	content.message.n_notifies = content.n_notifies;
	through_wire(&content.message);
	for (i = 0; i < content.message.n_deletes; i++)
		take_delete(sa, &content.message.deletes[i]);
	sa->deletes += content.message.n_deletes != 0;
	if (!content.message.gsa)
		return;
	take_sas(sa, &content.message, &kwk);
	sa->rekeys++;
}

/* What is sent to all. */

static void take_cast(struct ike_sa *sa, const struct wire_message *m, struct rekey_sa *rekey)
{
	const struct kwk kwk = { rekey->kwa, rekey->keys.w };
	size_t i;

	assert_int_equal(m->header.exchange, GSA_REKEY);
	assert_true(m->header.initiator && !m->header.response);
	rekey->next_id = m->header.message_id + 1;
	sa->casts++;
	memcpy(sa->last_cast.spi, rekey->spi, WIRE_GIKE_SPI_LEN);
	sa->last_cast.id = m->header.message_id;
	sa->cast_gsa = m->gsa;
	if (m->gsa)
		take_sas(sa, m, &kwk);
	for (i = 0; i < m->n_deletes; i++)
		take_delete(sa, &m->deletes[i]);
}

static void open_by(struct ike_sa *sa, struct rekey_sa *rekey, struct rekey_partial **partial,
		    const struct kit_sent *sent)
{
	struct reason why = { "" };
	struct wire_message m;
	uint8_t *copy = new(1, sent->len);
	int opened;

	memcpy(copy, sent->bytes, sent->len);
	kit.spared = true;
	opened = rekey_open(&kit.crypto, rekey, partial, &rekey_room, copy, sent->len, &m, &why);
	kit.spared = false;
	if (opened < 0 && opened != -EALREADY)
		fail_msg("%d: %s", opened, why.text);
	if (opened == 1)
		take_cast(sa, &m, rekey);
	free(copy);
}

static void hear(struct ike_sa *sa, const struct kit_sent *sent)
{
	const struct chunk datagram = { sent->bytes, sent->len };

	if (sa->deaf_to_group)
		return;
	if (sa->has_heir && rekey_sa_owns(&sa->heir, datagram)) {
		inherit(sa);
		open_by(sa, &sa->rekey, &sa->partial, sent);
	} else if (sa->has_rekey && rekey_sa_owns(&sa->rekey, datagram)) {
		open_by(sa, &sa->rekey, &sa->partial, sent);
	}
}

static void to_all(void *context, const struct net_group *to, struct chunk datagram)
{
	struct kit_sent *sent = new(1, sizeof(*sent) + datagram.len);
	struct ike_sa *sa;

	(void)context;
	sent->to = *to;
	sent->at = kit.now;
	sent->len = datagram.len;
	memcpy(sent->bytes, datagram.data, datagram.len);
	LL_PREPEND(kit.sent, sent);
	kit.n_sent++;
	LL_FOREACH(kit.sas, sa)
		hear(sa, sent);
}

void kit_inform(struct ike_sa *sa, uint16_t type, struct chunk data)
{
	static struct wire_room request_room;
	static uint8_t request_bytes[WIRE_MAX_INNER];
	struct writer w = writer_to(request_bytes, sizeof(request_bytes));
	const struct wire_notify notify = { .type = type, .data = data };
	struct wire_message m = {
		.header = { .exchange = INFORMATIONAL, .initiator = true },
		.notifies = &notify,
		.n_notifies = 1,
	};
	struct wire_inner inner;
	struct wire_error why;

	wire_write_inner(&w, &m, &inner);
	m = (struct wire_message){ .header = m.header };
	assert_true(wire_parse_inner(&m, &request_room, inner.first, written(&w), &why));
	content = (struct ike_content){ 0 };
	ks_request(kit.ks, sa, &m, &content);
	assert_int_equal(content.n_notifies, 0);
}

static struct wire_id idg_of(const char *group)
{
	return (struct wire_id){ ID_KEY_ID, { (const uint8_t *)group, strlen(group) } };
}

void kit_acknowledge(struct ike_sa *sa, const char *group)
{
	const struct rekey_ack ack = {
		.spi = CHUNK(sa->last_cast.spi),
		.message_id = sa->last_cast.id,
		.group = idg_of(group),
	};
	uint8_t buffer[REKEY_ACK_MAX];

	kit_inform(sa, N_REKEY_ACK, rekey_ack_write(&ack, buffer));
}

void kit_expire(struct ike_sa *sa, const char *group, uint32_t used_up)
{
	const struct sa_expiring expiring = { used_up, EXPIRING_PACKETS, idg_of(group) };
	uint8_t buffer[SA_EXPIRING_MAX];

	kit_inform(sa, N_SA_EXPIRING, sa_expiring_write(&expiring, buffer));
}

static bool answer(struct ike_sa *sa)
{
	struct ike_task *task = sa->sent;
	struct wire_notify error = { .type = sa->error };
	struct wire_message response = { .header = { .exchange = GSA_INBAND_REKEY,
						     .response = true },
					 .notifies = &error,
					 .n_notifies = sa->error != 0 };

	if (!task || sa->deaf || sa->mute)
		return false;
	sa->sent = NULL;
	task->answer(task->context, sa, &response);
	return true;
}

/* One message, or one answer. */
static bool step(struct ike_sa *sa)
{
	struct ike_task *task = sa->tasks;

	if (sa->closed)
		return false;
	if (sa->sent || !task)
		return answer(sa);
	LL_DELETE(sa->tasks, task);
	content = (struct ike_content){ 0 };
	if (!task->build(task->context, sa, &content))
		return true;
	sa->sent = task;
	if (!sa->deaf)
		take_inband(sa);
	return true;
}

void kit_settle(void)
{
	struct ike_sa *sa;
	unsigned int rounds;
	bool some;

	for (rounds = 0; rounds < 100000; rounds++) {
		some = ks_next(kit.ks) <= kit.now;
		if (some)
			ks_run(kit.ks);
		LL_FOREACH(kit.sas, sa)
			some |= step(sa);
		if (!some)
			return;
	}
	fail_msg("it never ends");
}

void kit_wait(uint64_t ms)
{
	uint64_t end = kit.now + ms, next;

	kit_settle();
	while (kit.now < end) {
		next = ks_next(kit.ks);
		kit.now = next < end ? next : end;
		kit_settle();
	}
}

void kit_assert_same(const struct ike_sa *a, const struct ike_sa *b)
{
	const struct kit_held *held;
	size_t i;

	assert_int_equal(a->n_sas, b->n_sas);
	for (i = 0; i < a->n_sas; i++) {
		held = kit_held(b, a->sas[i].spi);
		assert_non_null(held);
		assert_int_equal(held->keymat_len, a->sas[i].keymat_len);
		assert_memory_equal(held->keymat, a->sas[i].keymat, held->keymat_len);
		assert_memory_equal(&held->src, &a->sas[i].src, sizeof(held->src));
		assert_memory_equal(&held->dst, &a->sas[i].dst, sizeof(held->dst));
	}
}

bool kit_group(const char *name, struct gemcast_ks_group *out)
{
	struct gemcast_ks_group after;
	bool begun = false;

	while (!ks_show_group(kit.ks, begun ? &after : NULL, out)) {
		assert_true(!begun || strcmp(after.name, out->name) < 0);
		if (!strcmp(out->name, name))
			return true;
		begun = true;
		after = *out;
	}
	return false;
}

bool kit_member(const char *group, const char *id, struct gemcast_ks_member *out)
{
	struct gemcast_ks_member after;
	bool begun = false;

	while (!ks_show_member(kit.ks, begun ? &after : NULL, out)) {
		assert_true(!begun || strcmp(after.group, out->group) < 0 ||
			    strcmp(after.id, out->id) < 0);
		if (!strcmp(out->group, group) && !strcmp(out->id, id))
			return true;
		begun = true;
		after = *out;
	}
	return false;
}
