// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two engines with an IKE SA between them, and one who has the keys of both. The input is
 * a list of steps, each a byte that says what, a byte with the length of what follows, and
 * that: datagrams, the content of protected messages and fragments, time, loss, and what
 * the rooms above may ask. Whatever it is, in the end a new member is served.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "ike/internal.h"

#define DATAGRAMS	64

enum { GM, KS };

struct waiting {
	int to;
	struct net_path path;
	size_t len;
	uint8_t *data;
};

static struct crypto crypto;
static struct conf conf[2];
static struct auth_book *book[2];
static struct ike *ike[2];
static struct net_end at[2];
static struct waiting waiting[DATAGRAMS];
static size_t n_waiting;
static uint64_t now = 1000000;
static unsigned int answered;

/* ---- the world */

static uint64_t now_of(void *context)
{
	(void)context;
	return now;
}

static int64_t time_of(void *context)
{
	(void)context;
	return 1800000000;
}

static void on_send(void *context, const struct net_path *path, struct chunk datagram)
{
	struct waiting *w = &waiting[n_waiting];
	int from = *(int *)context;

	if (n_waiting == DATAGRAMS)
		return;
	*w = (struct waiting){
		.to = !from,
		.path = { .local = path->remote, .remote = path->local, .encap = path->encap },
		.len = datagram.len,
		.data = malloc(datagram.len),
	};
	memcpy(w->data, datagram.data, datagram.len);
	n_waiting++;
}

static bool on_route(void *context, const struct net_end *remote, struct net_path *path)
{
	*path = (struct net_path){ .local = at[*(int *)context], .remote = *remote };
	return true;
}

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	(void)context;
	(void)request;
	(void)ike_sa_text(sa);
	ike_notify(response, N_INVALID_GROUP_ID, (struct chunk){ 0 });
}

static void on_ended(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	(void)context;
	(void)sa;
	(void)why;
	(void)text;
}

static bool build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	static const struct wire_id group = { ID_KEY_ID, { (const uint8_t *)"group", 5 } };
	struct ike_task *task = context;

	(void)sa;
	if (task->exchange == INFORMATIONAL)
		return ike_notify(request, 40000, (struct chunk){ 0 });
	request->message.idg = &group;
	return true;
}

static void on_answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	(void)sa;
	(void)response;
	answered++;
	free(context);
}

static void on_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	(void)sa;
	(void)why;
	(void)text;
	free(context);
}

static struct ike_task *new_task(uint8_t exchange)
{
	struct ike_task *task = calloc(1, sizeof(*task));

	*task = (struct ike_task){
		.exchange = exchange, .context = task,
		.build = build, .answer = on_answer, .end = on_end,
	};
	return task;
}

/* ---- setting up */

static void configure(struct conf *c, const char *identity, const char *psk)
{
	static struct conf_proposal proposal;
	char why[100];

	conf_proposal_parse("aes128gcm16-prfsha256-x25519", &proposal, why, sizeof(why));
	c->ike = (struct conf_ike){
		.proposals = &proposal, .proposals_count = 1,
		.lifetime_ms = 3600000, .retransmit_first_ms = 500, .retransmit_limit_ms = 1000,
		.retransmissions = 2, .dead_peer_ms = 30000, .nat_keepalive_ms = 20000,
		.fragment_size = 576, .half_open = 16, .half_open_cookies = 4,
		.half_open_ms = 5000,
	};
	c->local.nat_port = 4500;
	c->credentials = calloc(1, sizeof(*c->credentials));
	c->credentials_count = 1;
	strcpy(c->credentials->name, "here");
	conf_identity_parse(identity, ID_FQDN, false, &c->credentials->identity);
	c->psk = calloc(1, sizeof(*c->psk));
	c->psk_count = 1;
	conf_identity_parse("*", ID_FQDN, true, &c->psk->peer);
	snprintf(c->psk->file, sizeof(c->psk->file), "%s", psk);
	strcpy(c->key_server.credential, "here");
}

static void set_up(void)
{
	struct reason why;
	char path[40];
	int psk = memfd_create("psk", 0);
	int i;

	if (psk < 0 || fchmod(psk, 0600) || write(psk, "a secret of both", 16) != 16 ||
	    crypto_init(&crypto, NULL, &why))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", psk);
	for (i = 0; i < AREAS; i++)
		log_set_level(i, LEVEL_ERROR);
	for (i = 0; i < 2; i++) {
		configure(&conf[i], i ? "ks.example" : "gm.example", path);
		book[i] = auth_book_new(&crypto, &conf[i], &why);
		if (!book[i])
			abort();
		at[i] = (struct net_end){ .addr.family = AF_INET, .port = 848 };
		at[i].addr.in.s_addr = i + 1;
	}
}

static void make_engines(void)
{
	static int numbers[] = { GM, KS };
	int i;

	for (i = 0; i < 2; i++) {
		struct ike_setup setup = {
			.crypto = &crypto,
			.world = { &numbers[i], now_of, time_of, on_send, on_route },
			.user = { NULL, on_request, on_ended },
		};

		ike[i] = ike_new(&setup, &conf[i], book[i]);
		if (!ike[i])
			abort();
	}
}

static void receive(int to, const struct net_path *path, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	if (len)
		memcpy(copy, data, len);
	ike_receive(ike[to], path, copy, len);
	free(copy);
}

static void settle(void)
{
	size_t rounds = 0;
	struct waiting w;

	while (n_waiting && rounds++ < 1000) {
		w = waiting[0];
		n_waiting--;
		memmove(waiting, waiting + 1, n_waiting * sizeof(w));
		ike_receive(ike[w.to], &w.path, w.data, w.len);
		free(w.data);
	}
}

static void lose(void)
{
	while (n_waiting)
		free(waiting[--n_waiting].data);
}

static void run(uint64_t ms)
{
	uint64_t until = now + ms;
	uint64_t next;

	for (;;) {
		settle();
		next = ike_next(ike[GM]) < ike_next(ike[KS]) ? ike_next(ike[GM]) :
							       ike_next(ike[KS]);
		if (next > until)
			break;
		now = next > now ? next : now;
		ike_run(ike[GM]);
		ike_run(ike[KS]);
	}
	now = until;
}

static void connect_to(int from)
{
	struct ike_target target = { .remote = at[!from], .credential = "here" };
	struct ike_task *task = new_task(GSA_AUTH);

	target.identity = conf[!from].credentials->identity;
	if (!ike_connect(ike[from], &target, task, NULL))
		free(task);
}

/* ---- steps */

/* The first one that has keys. */
static struct ike_link *link_of(int node)
{
	struct ike_sa *sa;

	for (sa = ike[node]->all; sa; sa = sa->next)
		if (sa->link && sa->link->keys.all.len)
			return sa->link;
	return NULL;
}

static struct net_path path_to(int node)
{
	return (struct net_path){ .local = at[node], .remote = at[!node] };
}

/* By who has the keys of @node: as what is due, or nearly. */
static void protected(int node, const uint8_t *data, size_t len)
{
	struct ike_link *link = link_of(node);
	struct net_path path = path_to(!node);
	struct wire_header header;
	struct sealer sealer;
	uint8_t bytes[600];
	struct wire_sk sk;
	size_t sealed;

	if (!link || len < 5)
		return;
	sealer = ike_sealer(link);
	header = (struct wire_header){
		.spi_i = link->spi_i, .spi_r = link->spi_r, .initiator = link->initiator,
		.exchange = data[0], .response = data[1] & 1,
		.message_id = data[1] & 1 ? link->next_answer : link->next_ask,
	};
	header.message_id += (data[1] >> 1 & 3) - (data[1] >> 3 & 1);
	sk = (struct wire_sk){ .first = data[2], .number = data[3], .total = data[4] };
	if (!seal_payload(&sealer, &header, &sk, (struct chunk){ data + 5, len - 5 }, bytes,
			  sizeof(bytes), &sealed))
		receive(!node, &path, bytes, sealed);
}

/* In the clear, for an IKE SA that is there. */
static void in_the_clear(int node, const uint8_t *data, size_t len)
{
	struct ike_link *link = link_of(node);
	struct net_path path = path_to(node);
	uint8_t bytes[256];
	struct writer w = writer_to(bytes, sizeof(bytes));

	if (!link || len < 8)
		return;
	write_u64(&w, link->spi_i);
	write_u64(&w, link->spi_r);
	write_chunk(&w, (struct chunk){ data, len });
	if (w.len >= WIRE_HEADER_LEN)
		write_u32_at(&w, 24, w.len);
	if (!w.failed)
		receive(node, &path, bytes, w.len);
}

static void damage(const uint8_t *data, size_t len)
{
	struct waiting *w;

	if (!n_waiting || len < 3)
		return;
	w = &waiting[data[0] % n_waiting];
	w->data[(data[1] << 3 | data[2] >> 5) % w->len] ^= data[2] | 1;
}

static void ask(int node, uint8_t exchange)
{
	struct ike_link *link = link_of(node);

	if (link)
		ike_ask(link->sa, new_task(exchange));
}

static void step(uint8_t what, const uint8_t *data, size_t len)
{
	struct net_path path = path_to(what & 1);
	struct ike_link *link = link_of(what & 1);

	switch (what >> 1 & 15) {
	case 0:
		return receive(what & 1, &path, data, len);
	case 1:
	case 2:
	case 3:
		return protected(what & 1, data, len);
	case 4:
		return in_the_clear(what & 1, data, len);
	case 5:
		return damage(data, len);
	case 6:
		return ask(what & 1, INFORMATIONAL);
	case 7:
		return ask(what & 1, GSA_REGISTRATION);
	case 8:
		return connect_to(what & 1);
	case 9:
		if (link)
			ike_close(link->sa);
		return;
	case 10:
		if (link && link->sa->state == SA_READY) {
			link->sa->want_rekey = true;
			ike_sa_settle(link->sa);
		}
		return;
	case 11:
		return lose();
	case 12:
		return run(len ? data[0] * 100 : 500);
	default:
		return settle();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	size_t len;

	if (!ready)
		set_up();
	ready = true;
	make_engines();
	connect_to(GM);
	settle();
	while (size >= 2) {
		len = data[1] < size - 2 ? data[1] : size - 2;
		step(data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	/* what was half done is over by then, and nobody is in the way of others */
	run(20000);
	answered = 0;
	connect_to(GM);
	run(20000);
	if (!answered)
		abort();
	ike_close_all(ike[GM]);
	ike_close_all(ike[KS]);
	lose();
	ike_free(ike[GM]);
	ike_free(ike[KS]);
	return 0;
}
