// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two engines and what is between them.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

struct crypto world_crypto;
volatile bool world_allocates;	/* the compiler knows malloc(), and not the tests' */

static void *copy_of(const void *data, size_t len)
{
	/* of its exact size, so that ASan sees the end of it */
	void *copy;

	world_allocates = true;
	copy = malloc(len);
	world_allocates = false;
	assert_non_null(copy);
	memcpy(copy, data, len);
	return copy;
}

static struct net_end end_of(const char *text, uint16_t port)
{
	struct net_end end = { .addr.family = strchr(text, ':') ? AF_INET6 : AF_INET,
			       .port = port };

	assert_int_equal(inet_pton(end.addr.family, text, &end.addr.in6), 1);
	return end;
}

/* ---- the world as the engine sees it */

static uint64_t now_of(void *context)
{
	return ((struct node *)context)->world->now;
}

static int64_t time_of(void *context)
{
	return PKI_NOW + (int64_t)(now_of(context) / 1000);
}

static struct datagram *put(struct world *world)
{
	struct datagram *d = &world->wire[world->last % WORLD_DATAGRAMS];

	assert_true(world->last - world->first < WORLD_DATAGRAMS);
	world->last++;
	return d;
}

/* A NAT puts its own address where the sender's was, and keeps the port + 1000. */
static void translate(const struct node *from, const struct node *to, const struct net_path *sent,
		      struct net_path *path)
{
	*path = (struct net_path){
		.local = sent->remote,
		.remote = sent->local,
		.encap = sent->encap,
	};
	if (!net_addr_equal(&from->address.addr, &from->inside.addr)) {
		path->remote.addr = from->address.addr;
		path->remote.port += 1000;
	}
	if (!net_addr_equal(&to->address.addr, &to->inside.addr)) {
		path->local.addr = to->inside.addr;
		path->local.port -= 1000;
	}
}

static void on_send(void *context, const struct net_path *path, struct chunk datagram)
{
	struct node *node = context;
	struct world *world = node->world;
	struct node *to = &world->node[!node->number];
	struct datagram *d = put(world);

	node->sent++;
	node->sent_bytes += datagram.len;
	*d = (struct datagram){ .to = to->number, .len = datagram.len };
	translate(node, to, path, &d->path);
	d->data = copy_of(datagram.data, datagram.len);
}

static bool on_route(void *context, const struct net_end *remote, struct net_path *path)
{
	struct node *node = context;

	*path = (struct net_path){ .local = node->inside, .remote = *remote };
	return remote->port != 1;
}

/* ---- the room above */

static const uint8_t filler[60000];

/* In as many notifications as it takes. */
static void fill(struct ike_content *content, size_t len)
{
	size_t part;

	for (; len; len -= part) {
		part = len < sizeof(filler) ? len : sizeof(filler);
		assert_true(ike_notify(content, 50000, (struct chunk){ filler, part }));
	}
}

static uint16_t first_notify(const struct wire_message *m)
{
	return m->n_notifies ? m->notifies[0].type : 0;
}

static void answer_group(struct ike_content *response)
{
	static const struct wire_group_wide wide = { .has_atd = true, .atd = 1 };
	static const struct wire_transform transforms[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 128 },
		{ .type = TRANSFORM_SN, .id = SN_32_BIT_UNSPECIFIED },
	};
	static const uint8_t spi[] = { 1, 2, 3, 4 };
	static const uint8_t wrapped[24] = { 5 };
	static const struct wire_key key = { .wrapped = { wrapped, sizeof(wrapped) } };
	static const struct wire_policy policy = {
		.protocol = PROTO_ESP,
		.spi = { spi, sizeof(spi) },
		.src = { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535,
			 .end = { 255, 255, 255, 255 } },
		.dst = { .type = TS_IPV4_ADDR_RANGE, .end_port = 65535,
			 .start = { 239, 1, 1, 1 }, .end = { 239, 1, 1, 1 } },
		.transforms = transforms,
		.n_transforms = 2,
	};
	static const struct wire_gsa gsa = {
		.policies = &policy, .n_policies = 1, .group_wide = &wide,
	};
	static const struct wire_key_bag bag = {
		.protocol = PROTO_ESP, .spi = { spi, sizeof(spi) }, .keys = &key, .n_keys = 1,
	};
	static const struct wire_kd kd = { .bags = &bag, .n_bags = 1 };

	response->message.gsa = &gsa;
	response->message.kd = &kd;
}

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	struct node *node = context;
	bool group = request->header.exchange == GSA_AUTH ||
		     request->header.exchange == GSA_REGISTRATION;

	node->requests++;
	node->sa = sa;
	node->exchange = request->header.exchange;
	node->heard = first_notify(request);
	if (node->answer)
		assert_true(ike_notify(response, node->answer, (struct chunk){ 0 }));
	else if (group)
		answer_group(response);
	fill(response, node->answer_filler);
	if (node->otherwise && group)
		ike_hold(response, node->otherwise);
	if (node->upcall)
		node->upcall(node, sa);
	if (node->close)
		ike_close(sa);
}

static void on_ended(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct node *node = context;

	assert_non_null(ike_sa_text(sa));
	node->ended++;
	node->why = why;
	strncpy(node->text, text, sizeof(node->text) - 1);
	if (node->sa == sa)
		node->sa = NULL;
}

static bool task_build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	struct asked_task *task = context;
	static struct wire_id idg;

	task->sa = sa;
	task->built++;
	if (task->unwanted)
		return false;
	if (task->group) {
		idg = (struct wire_id){ .type = ID_KEY_ID, .data = ascii(task->group) };
		request->message.idg = &idg;
	} else if (task->task.exchange != IKE_AUTH) {
		ike_notify(request, 40000, (struct chunk){ 0 });
	}
	fill(request, task->filler);
	return true;
}

static void task_answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct asked_task *task = context;

	assert_ptr_equal(task->sa, sa);
	task->answered++;
	task->notify = first_notify(response);
	task->n_policies = response->gsa ? response->gsa->n_policies : 0;
}

static void task_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct asked_task *task = context;

	(void)sa;
	task->ended++;
	task->why = why;
	strncpy(task->text, text, sizeof(task->text) - 1);
}

void world_task(struct asked_task *task, uint8_t exchange, const char *group)
{
	*task = (struct asked_task){
		.task = {
			.exchange = exchange, .context = task,
			.build = task_build, .answer = task_answer, .end = task_end,
		},
		.group = group,
	};
}

/* ---- a world */

static void configure(struct conf *conf)
{
	conf->ike = (struct conf_ike){
		.lifetime_ms = 3600000,
		.retransmit_first_ms = 500,
		.retransmit_limit_ms = 4000,
		.retransmissions = 4,
		.dead_peer_ms = 30000,
		.nat_keepalive_ms = 20000,
		.fragment_size = 1280,
		.half_open = 100,
		.half_open_cookies = 10,
		.half_open_ms = 10000,
	};
	conf->local.nat_port = 4500;
}

void world_proposals(struct node *node, const char *const *texts)
{
	uint32_t n = 0;
	char why[100];

	for (; texts[n]; n++)
		assert_null(conf_proposal_parse(texts[n], &node->proposals[n], why, sizeof(why)));
	node->who.conf.ike.proposals = node->proposals;
	node->who.conf.ike.proposals_count = n;
}

void world_new(struct world *world)
{
	static const char *const proposals[] = {
		"aes256gcm16-prfsha384-ecp384-x25519", "aes128gcm16-prfsha256-ecp256-x25519", NULL,
	};
	static const char *const names[] = { "gm.example", "ks.example" };
	int i;

	memset(world, 0, sizeof(*world));
	world->now = 1000000;
	for (i = 0; i < 2; i++) {
		struct node *node = &world->node[i];

		node->world = world;
		node->number = i;
		who_new(&node->who);
		configure(&node->who.conf);
		who_is(&node->who, names[i], NULL, NULL);
		world_proposals(node, proposals);
		node->address = end_of(i ? "192.0.2.2" : "192.0.2.1", 848);
		node->inside = node->address;
	}
	strcpy(world->node[KS].who.conf.key_server.credential, "here");
}

bool world_engine(struct node *node)
{
	struct ike_setup setup = {
		.crypto = &world_crypto,
		.world = { node, now_of, time_of, on_send, on_route },
		.user = { node, on_request, on_ended },
	};

	node->sa = NULL;
	node->ike = ike_new(&setup, &node->who.conf, node->book);
	return node->ike;
}

void world_start(struct world *world)
{
	struct reason why;
	int i;

	for (i = 0; i < 2; i++) {
		struct node *node = &world->node[i];

		if (!node->who.conf.psk_count && !node->who.conf.trust.ca_count)
			who_has_psk(&node->who, "*", pki_text_file("psk", "a secret of both"));
		node->book = who_book(&world_crypto, &node->who, &why);
		if (!node->book)
			fail_msg("%s", why.text);
		assert_true(world_engine(node));
	}
}

void world_restart(struct node *node)
{
	ike_free(node->ike);
	assert_true(world_engine(node));
}

struct datagram *world_first(struct world *world)
{
	assert_true(world->first != world->last);
	return &world->wire[world->first % WORLD_DATAGRAMS];
}

static struct datagram take(struct world *world)
{
	struct datagram d = *world_first(world);

	world->first++;
	return d;
}

void world_lose(struct world *world)
{
	while (world->first != world->last)
		free(take(world).data);
}

void world_end(struct world *world)
{
	int i;

	world_lose(world);
	free(world->kept.data);
	for (i = 0; i < 2; i++) {
		ike_free(world->node[i].ike);
		auth_book_drop(world->node[i].book);
	}
	pki_cleanup();
}

static void deliver(struct world *world)
{
	struct datagram d = take(world);

	world->count++;
	if (world->filter && !world->filter(world, &d))
		world->lost++;
	else
		ike_receive(world->node[d.to].ike, &d.path, d.data, d.len);
	free(d.data);
}

void world_settle(struct world *world)
{
	while (world->first != world->last)
		deliver(world);
}

void world_run(struct world *world, uint64_t ms)
{
	uint64_t until = world->now + ms;
	uint64_t next;
	int i;

	for (;;) {
		world_settle(world);
		next = ike_next(world->node[0].ike);
		if (ike_next(world->node[1].ike) < next)
			next = ike_next(world->node[1].ike);
		if (next > until)
			break;
		if (next > world->now)
			world->now = next;
		for (i = 0; i < 2; i++)
			ike_run(world->node[i].ike);
	}
	world->now = until;
}

void world_keep(struct world *world, const struct datagram *datagram)
{
	free(world->kept.data);
	world->kept = *datagram;
	world->kept.data = copy_of(datagram->data, datagram->len);
}

void world_inject(struct world *world, const struct net_path *path, int to, const void *data,
		  size_t len)
{
	struct datagram *d = put(world);

	*d = (struct datagram){ .path = *path, .to = to, .len = len, .data = copy_of(data, len) };
}

struct ike_target world_target(const struct node *to)
{
	struct ike_target target = {
		.remote = to->address,
		.identity = to->who.credentials[0].identity,
		.credential = "here",
	};

	return target;
}

struct ike_sa *world_connect(struct world *world, struct asked_task *task)
{
	struct ike_target target = world_target(&world->node[KS]);
	struct reason why = { "" };
	struct ike_sa *sa;

	if (!task->task.context)
		world_task(task, GSA_AUTH, "group 1");
	sa = ike_connect(world->node[GM].ike, &target, &task->task, &why);
	if (!sa)
		fail_msg("%s", why.text);
	return sa;
}

struct ike_sa *world_meet(struct world *world)
{
	static struct asked_task task;
	struct ike_sa *sa;

	memset(&task, 0, sizeof(task));
	sa = world_connect(world, &task);
	world_settle(world);
	if (task.ended)
		fail_msg("%s", task.text);
	assert_int_equal(task.answered, 1);
	return sa;
}
