// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An engine on real sockets, for tests against other implementations: it does what the
 * lines of its standard input say, and tells on standard output what happens to it.
 *
 *	peer CONFIGURATION
 *
 *	connect ADDRESS PORT IDENTITY CREDENTIAL [child]	IKE_AUTH, maybe for a Child SA
 *	hello		an INFORMATIONAL request on the last IKE SA
 *	close		delete it
 *	skip SECONDS	so much time has passed
 *	deaf, hear	what comes is lost, or not any more
 *	stats		the counters of the engine
 *	sas		how many IKE SAs there are
 *
 * It ends with its standard input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "crypto/crypto.h"
#include "ike/internal.h"
#include "net/udp.h"
#include "wire/name.h"

/* A status notification that no one knows (RFC 7296 3.10.1: for private use). */
#define N_HELLO	40999

struct peer {
	sd_event *event;
	sd_event_source *timer;
	struct net_udp *udp;
	struct conf *conf;
	struct auth_book *book;
	struct crypto crypto;
	struct ike *ike;
	struct ike_sa *last;
	struct ike_sa *accepted;	/* that the peer began */
	struct ike_task connect, hello;
	uint64_t skipped_ms;
	bool child, deaf;
};

static const char *const ends[] = {
	[IKE_END_DELETED] = "deleted", [IKE_END_CLOSED] = "closed", [IKE_END_DEAD] = "dead",
	[IKE_END_REFUSED] = "refused", [IKE_END_BROKEN] = "broken", [IKE_END_MEMORY] = "memory",
};

static void print_error(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static void print_notifies(const struct wire_message *m)
{
	const char *name;
	size_t i;

	for (i = 0; i < m->n_notifies; i++) {
		name = wire_name(WIRE_NOTIFY, m->notifies[i].type);
		printf(" %s", name ? name : "?");
	}
	putchar('\n');
}

/* Tasks */

/* ESP between two hosts, which no one here can do. */
static void add_child(struct ike_content *request)
{
	static const uint8_t spi[] = { 1, 2, 3, 4 };
	static const struct wire_transform transforms[] = {
		{ .type = TRANSFORM_ENCR, .id = ENCR_AES_GCM_16, .key_length = 256 },
		{ .type = TRANSFORM_SN, .id = SN_32_BIT_SEQUENTIAL },
	};
	static const struct wire_proposal proposal = {
		.number = 1, .protocol = PROTO_ESP, .spi = { spi, sizeof(spi) },
		.transforms = transforms, .n_transforms = 2,
	};
	static const struct wire_ts selector = {
		.type = TS_IPV4_ADDR_RANGE, .end_port = UINT16_MAX,
		.start = { 203, 0, 113, 1 }, .end = { 203, 0, 113, 1 },
	};

	request->message.proposals = &proposal;
	request->message.n_proposals = 1;
	request->message.tsi = request->message.tsr = &selector;
	request->message.n_tsi = request->message.n_tsr = 1;
}

static bool build_connect(void *context, struct ike_sa *sa, struct ike_content *request)
{
	const struct peer *peer = context;

	(void)sa;
	if (peer->child)
		add_child(request);
	return true;
}

static void answer_connect(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct peer *peer = context;

	peer->last = sa;
	printf("established %s:", ike_sa_text(sa));
	print_notifies(response);
}

static void end_connect(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	(void)context;
	(void)sa;
	printf("failed %s: %s\n", ends[why], text);
}

static bool build_hello(void *context, struct ike_sa *sa, struct ike_content *request)
{
	(void)context;
	(void)sa;
	return ike_notify(request, N_HELLO, (struct chunk){ (const uint8_t *)"hello", 5 });
}

static void answer_hello(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	(void)context;
	(void)sa;
	printf("answered:");
	print_notifies(response);
}

/* Upcalls */

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	struct peer *peer = context;

	(void)response;
	peer->last = sa;
	printf("request %s:", wire_name(WIRE_EXCHANGE, request->header.exchange));
	print_notifies(request);
}

static void on_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct peer *peer = context;

	if (peer->last == sa)
		peer->last = NULL;
	printf("ended %s: %s\n", ends[why], text);
}

/* The world */

static uint64_t world_now(void *context)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((struct peer *)context)->skipped_ms + (uint64_t)now.tv_sec * 1000 +
	       (uint64_t)now.tv_nsec / 1000000;
}

static int64_t world_time(void *context)
{
	(void)context;
	return time(NULL);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	net_udp_send(((struct peer *)context)->udp, path, datagram);
}

static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	return net_udp_route(((struct peer *)context)->udp, remote, path);
}

static void on_datagram(void *context, const struct net_path *path, uint8_t *datagram, size_t len)
{
	struct peer *peer = context;

	if (!peer->deaf)
		ike_receive(peer->ike, path, datagram, len);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	ike_run(((struct peer *)arg)->ike);
	return 0;
}

/*
 * The room above hears nothing of an IKE SA that was begun by IKE_AUTH, as it is of no use
 * to it: look for it where it is.
 */
static struct ike_sa *find_accepted(const struct peer *peer)
{
	struct ike_sa *sa;

	for (sa = peer->ike->all; sa; sa = sa->next) {
		if (!sa->initiator && sa->state == SA_READY)
			return sa;
	}
	return NULL;
}

static void tell_accepted(struct peer *peer)
{
	struct ike_sa *sa = find_accepted(peer);

	if (sa == peer->accepted)
		return;
	if (sa)
		printf("accepted %s\n", ike_sa_text(sa));
	else
		puts("gone");
	peer->accepted = peer->last = sa;
}

/* Behind each event the engine may want to be called at another time. */
static int set_timer(sd_event_source *source, void *arg)
{
	struct peer *peer = arg;
	uint64_t next = ike_next(peer->ike);
	uint64_t now = world_now(peer);

	(void)source;
	tell_accepted(peer);
	fflush(stdout);
	if (next == IKE_NEVER)
		return sd_event_source_set_enabled(peer->timer, SD_EVENT_OFF);
	sd_event_source_set_time_relative(peer->timer, next > now ? (next - now) * 1000 : 0);
	return sd_event_source_set_enabled(peer->timer, SD_EVENT_ONESHOT);
}

/* Commands */

static void do_connect(struct peer *peer, const char *arguments)
{
	struct ike_target target = { 0 };
	struct reason why = { 0 };
	char address[64], port[8], identity[256], child[16] = "";

	if (sscanf(arguments, "%63s %7s %255s %63s %15s", address, port, identity,
		   target.credential, child) < 4 ||
	    !conf_identity_parse(identity, ID_FQDN, false, &target.identity)) {
		puts("error: bad arguments");
		return;
	}
	target.remote.addr.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	target.remote.port = (uint16_t)strtoul(port, NULL, 10);
	peer->child = !strcmp(child, "child");
	peer->connect = (struct ike_task){ .exchange = IKE_AUTH, .context = peer,
					   .build = build_connect, .answer = answer_connect,
					   .end = end_connect };
	if (inet_pton(target.remote.addr.family, address, &target.remote.addr.in6) != 1 ||
	    !ike_connect(peer->ike, &target, &peer->connect, &why))
		printf("error: %s\n", why.text);
}

static void do_hello(struct peer *peer)
{
	peer->hello = (struct ike_task){ .exchange = INFORMATIONAL, .context = peer,
					 .build = build_hello, .answer = answer_hello,
					 .end = end_connect };
	ike_ask(peer->last, &peer->hello);
}

static void do_stats(const struct peer *peer)
{
	const struct ike_stats *stats = ike_stats(peer->ike);

	printf("stats");
#define X(name) printf(" " #name "=%" PRIu64, stats->name);
	IKE_COUNTERS(X)
#undef X
	putchar('\n');
}

static bool needs_sa(const char *word)
{
	return !strcmp(word, "hello") || !strcmp(word, "close");
}

static void obey(struct peer *peer, const char *line)
{
	char word[16] = "";
	int end = 0;

	sscanf(line, "%15s %n", word, &end);
	if (needs_sa(word) && !peer->last) {
		puts("error: no IKE SA");
	} else if (!strcmp(word, "connect")) {
		do_connect(peer, line + end);
	} else if (!strcmp(word, "hello")) {
		do_hello(peer);
	} else if (!strcmp(word, "close")) {
		ike_close(peer->last);
		peer->last = NULL;
	} else if (!strcmp(word, "skip")) {
		peer->skipped_ms += 1000 * strtoull(line + end, NULL, 10);
		ike_run(peer->ike);
	} else if (!strcmp(word, "deaf") || !strcmp(word, "hear")) {
		peer->deaf = !strcmp(word, "deaf");
	} else if (!strcmp(word, "stats")) {
		do_stats(peer);
	} else if (!strcmp(word, "sas")) {
		printf("sas %zu\n", ike_sa_count(peer->ike));
	} else {
		puts("error: no such command");
	}
}

/* Lines come whole from a pipe: the script writes each by one write(). */
static int on_input(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct peer *peer = arg;
	char text[1024];
	char *line, *rest;
	ssize_t len;

	(void)source;
	(void)events;
	len = read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return sd_event_exit(peer->event, 0);
	text[len] = '\0';
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		obey(peer, line);
	return 0;
}

static bool start(struct peer *peer, const char *path)
{
	struct reason why = { 0 };
	struct ike_setup setup = {
		.crypto = &peer->crypto,
		.world = { peer, world_now, world_time, world_send, world_route },
		.user = { peer, on_request, on_end },
	};

	peer->conf = conf_load(path, print_error, NULL);
	if (!peer->conf || crypto_init(&peer->crypto, NULL, &why))
		return false;
	peer->book = auth_book_new(&peer->crypto, peer->conf, &why);
	if (!peer->book) {
		fprintf(stderr, "%s\n", why.text);
		return false;
	}
	log_set_level(AREA_IKE, (enum log_level)peer->conf->log.areas[AREA_IKE]);
	peer->udp = net_udp_new(peer->event, &(struct net_udp_user){ .context = peer,
							       .receive = on_datagram });
	peer->ike = ike_new(&setup, peer->conf, peer->book);
	return peer->udp && peer->ike && !net_udp_open(peer->udp, &peer->conf->local);
}

static int loop(struct peer *peer)
{
	sd_event_source *input, *every;

	if (sd_event_add_time_relative(peer->event, &peer->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
				       peer) < 0 ||
	    sd_event_add_io(peer->event, &input, STDIN_FILENO, EPOLLIN, on_input, peer) < 0 ||
	    sd_event_add_post(peer->event, &every, set_timer, peer) < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	sd_event_loop(peer->event);
	sd_event_source_unref(input);
	sd_event_source_unref(every);
	sd_event_source_unref(peer->timer);
	return 0;
}

int main(int argc, char **argv)
{
	struct peer peer = { 0 };
	int status = 1;

	if (argc != 2 || sd_event_default(&peer.event) < 0)
		return 2;
	if (start(&peer, argv[1]))
		status = loop(&peer);
	if (peer.ike)
		ike_free(peer.ike);
	net_udp_free(peer.udp);
	auth_book_drop(peer.book);
	conf_free(peer.conf);
	crypto_free(&peer.crypto);
	sd_event_unref(peer.event);
	return status;
}
