// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many members in one process, on real sockets, for benchmarks of who answers them. They
 * have a configuration of one key server and one group; its credential is the first one's,
 * and the others have it with their number instead of the last 1 in its name, identity and
 * files.
 *
 *	members CONFIGURATION group|keys|ike MEMBERS AT-ONE-TIME
 *
 * Behind a line "go" on its standard input all of them ask for the group by GSA_AUTH, or
 * for an IKE SA alone by IKE_AUTH, so many at one time. Each looks at the answer as a
 * member does and takes the keys out; all have to hold the same SAs, and no two the same
 * Sender-ID. Then it says how that went on one line of standard output, and keeps the IKE
 * SAs until its standard input ends. Its status is 0 if all went well. With "keys" it also
 * says what they hold, for a test that looks for it elsewhere.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "group/gm_internal.h"
#include "many.h"
#include "net/udp.h"
#include "wire/name.h"

/* What a member holds, put into bytes to compare. */
#define HELD_SIZE	4096
#define SIDS		65536

struct many;

struct one {
	struct many *many;
	uint32_t index;			/* of the credentials */
	struct ike_task task;
};

struct many {
	sd_event *event;
	sd_event_source *timer;
	struct conf *conf;
	struct conf_credential *credentials;
	struct crypto crypto;
	struct auth_book *book;
	struct net_udp *udp;
	struct ike *ike;

	/* What each of them is like. */
	struct gm gm;
	struct gm_member like;

	struct one *all;
	uint32_t count, begun, registered, failed;
	uint32_t at_once;
	bool group, show, going, told;
	uint64_t started_ns, started_cpu_ns;

	uint8_t held[HELD_SIZE];	/* by the first that registered */
	size_t held_len, n_sas;
	uint8_t sids[SIDS / 8];		/* a bit for each that somebody has */
};

static const char *name_of(const struct one *one)
{
	return one->many->credentials[one->index].name;
}

static void failed(struct one *one, const char *text)
{
	one->many->failed++;
	fprintf(stderr, "%s: %s\n", name_of(one), text);
}

/* What members hold */

static void write_held(const struct gm_offer *offer, struct writer *w)
{
	const struct gemcast_sa *sa;
	const uint8_t *address;
	size_t i, len;

	for (i = 0; i < offer->n_sas; i++) {
		sa = &offer->sas[i].sa.sa;
		len = net_addr_bytes(&sa->dst, &address);
		write_u32(w, sa->spi);
		write_chunk(w, (struct chunk){ address, len });
		write_chunk(w, secret_chunk(&offer->sas[i].key));
	}
}

/* NULL, or what is wrong with it. */
static const char *hold(struct many *many, const struct gm_offer *offer)
{
	uint8_t bytes[HELD_SIZE];
	struct writer w = writer_to(bytes, sizeof(bytes));
	const char *wrong = NULL;

	write_held(offer, &w);
	if (w.failed || !offer->n_sas)
		wrong = "no SAs, or too many";
	else if (many->held_len && !chunk_equal(written(&w), (struct chunk){ many->held,
									     many->held_len }))
		wrong = "it holds other SAs than the first member";
	if (!wrong) {
		memcpy(many->held, bytes, w.len);
		many->held_len = w.len;
		many->n_sas = offer->n_sas;
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return wrong;
}

static const char *take_sender_id(struct many *many, const struct gm_offer *offer)
{
	const uint8_t bit = (uint8_t)(1 << offer->sid % 8);
	uint8_t *byte = &many->sids[offer->sid % SIDS / 8];

	if (!gm_is_sender(&many->like) || !offer->sid_bits)
		return NULL;
	if (!offer->has_sid)
		return "it has no Sender-ID";
	if (*byte & bit)
		return "another member has its Sender-ID";
	*byte |= bit;
	return NULL;
}

static const char *take_group(struct many *many, struct ike_sa *sa,
			      const struct wire_message *response, struct reason *why)
{
	struct gm_link link = { .sa = sa };
	const struct gm_channel channel = { .link = &link, .registration = true };
	struct gm_offer offer;
	const char *wrong;

	if (gm_offer_read(&many->like, &channel, response, &offer, why))
		wrong = why->text;
	else
		wrong = hold(many, &offer);
	if (!wrong)
		wrong = take_sender_id(many, &offer);
	gm_offer_free(&offer);
	return wrong;
}

/* Tasks */

static bool build(void *context, struct ike_sa *sa, struct ike_content *request)
{
	struct one *one = context;

	(void)sa;
	if (one->many->group)
		gm_ask_build(&one->many->like, GM_ASK_REGISTER, request);
	return true;
}

static const char *error_of(const struct wire_message *response)
{
	const struct wire_notify *n = wire_notify_error(response);
	const char *name = n ? wire_name(WIRE_NOTIFY, n->type) : NULL;

	return name ? name : n ? "an error without a name" : NULL;
}

static void answer(void *context, struct ike_sa *sa, const struct wire_message *response)
{
	struct one *one = context;
	struct many *many = one->many;
	struct reason why = { "" };
	const char *wrong = error_of(response);

	if (!wrong && many->group)
		wrong = response->gsa ? take_group(many, sa, response, &why) : "an empty answer";
	if (wrong) {
		failed(one, wrong);
		return;
	}
	many->registered++;
	ike_sa_set_data(sa, one);
}

static void end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	(void)sa;
	(void)why;
	failed(context, text);
}

static void begin(struct one *one)
{
	struct many *many = one->many;
	const struct conf_server *server = gm_server(&many->like);
	struct ike_target target = {
		.remote = { server->address, server->port },
		.identity = server->identity,
	};
	struct reason why = { "" };

	memcpy(target.credential, name_of(one), sizeof(target.credential));
	one->task = (struct ike_task){ .exchange = many->group ? GSA_AUTH : IKE_AUTH,
				       .context = one, .build = build, .answer = answer,
				       .end = end };
	if (!ike_connect(many->ike, &target, &one->task, &why))
		failed(one, why.text);
}

/* SPI, address and key of each SA. */
static void show(const struct many *many)
{
	size_t i;

	printf("held=");
	for (i = 0; i < many->held_len; i++)
		printf("%02x", many->held[i]);
	printf("\n");
}

static void tell(struct many *many)
{
	const struct ike_stats *stats = ike_stats(many->ike);
	uint64_t took = many_nanoseconds(CLOCK_MONOTONIC) - many->started_ns;
	uint64_t cpu = many_nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - many->started_cpu_ns;

	many->told = true;
	printf("registered=%" PRIu32 " failed=%" PRIu32 " sas=%zu retransmitted=%" PRIu64
	       " seconds=%.6f cpu_ms=%.3f\n",
	       many->registered, many->failed, many->n_sas, stats->retransmitted,
	       (double)took / 1e9, (double)cpu / 1e6);
	if (many->show)
		show(many);
	fflush(stdout);
}

static void go_on(struct many *many)
{
	while (many->begun < many->count &&
	       many->begun - many->registered - many->failed < many->at_once)
		begin(&many->all[many->begun++]);
	if (!many->told && many->registered + many->failed == many->count)
		tell(many);
}

/* The world */

static void on_request(void *context, struct ike_sa *sa, const struct wire_message *request,
		       struct ike_content *response)
{
	(void)context;
	(void)sa;
	(void)request;
	(void)response;
}

/* It was a member, and is none any more. */
static void on_end(void *context, struct ike_sa *sa, enum ike_end why, const char *text)
{
	struct many *many = context;

	(void)why;
	if (!ike_sa_data(sa))
		return;
	many->registered--;
	failed(ike_sa_data(sa), text);
}

static uint64_t world_now(void *context)
{
	(void)context;
	return many_nanoseconds(CLOCK_MONOTONIC) / 1000000;
}

static int64_t world_time(void *context)
{
	(void)context;
	return time(NULL);
}

static void world_send(void *context, const struct net_path *path, struct chunk datagram)
{
	net_udp_send(((struct many *)context)->udp, path, datagram);
}

/* Each from an address of its own: all of 127.0.0.0/8 are this host's. */
static bool world_route(void *context, const struct net_end *remote, struct net_path *path)
{
	const struct many *many = context;

	if (!net_udp_route(many->udp, remote, path))
		return false;
	path->local.addr.in.s_addr = htonl(UINT32_C(0x7f010000) + many->begun);
	return true;
}

static void on_datagram(void *context, const struct net_path *path, uint8_t *datagram, size_t len)
{
	ike_receive(((struct many *)context)->ike, path, datagram, len);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source;
	(void)usec;
	ike_run(((struct many *)arg)->ike);
	return 0;
}

/* Behind each event others may begin, and the engine want to be called at another time. */
static int on_event(sd_event_source *source, void *arg)
{
	struct many *many = arg;
	uint64_t next, now;

	(void)source;
	if (many->going)
		go_on(many);
	next = ike_next(many->ike);
	now = world_now(many);
	if (next == IKE_NEVER)
		return sd_event_source_set_enabled(many->timer, SD_EVENT_OFF);
	sd_event_source_set_time_relative(many->timer, next > now ? (next - now) * 1000 : 0);
	return sd_event_source_set_enabled(many->timer, SD_EVENT_ONESHOT);
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct many *many = arg;
	char line[16];

	(void)source;
	(void)events;
	if (read(fd, line, sizeof(line)) <= 0)
		return sd_event_exit(many->event, 0);
	many->started_ns = many_nanoseconds(CLOCK_MONOTONIC);
	many->started_cpu_ns = many_nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
	many->going = true;
	return 0;
}

/* From the beginning to the end */

static void print_error(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s\n", text);
}

static bool make_members(struct many *many)
{
	uint32_t i;

	many->all = calloc(many->count, sizeof(*many->all));
	if (!many->all || !many->conf->member.groups_count)
		return false;
	for (i = 0; i < many->count; i++)
		many->all[i] = (struct one){ .many = many, .index = i };
	many->gm.setup.crypto = &many->crypto;
	many->gm.setup.now = world_now;
	many->gm.conf = many->conf;
	many->like.gm = &many->gm;
	many->like.conf = many->conf->member.groups[0];
	many->like.number = 1;
	return gm_server(&many->like);
}

static bool start_engine(struct many *many)
{
	const struct ike_setup setup = {
		.crypto = &many->crypto,
		.world = { many, world_now, world_time, world_send, world_route },
		.user = { many, on_request, on_end },
	};
	const struct net_udp_user user = { .context = many, .receive = on_datagram };

	many->udp = net_udp_new(many->event, &user);
	many->ike = ike_new(&setup, many->conf, many->book);
	return many->udp && many->ike && !net_udp_open(many->udp, &many->conf->local);
}

static bool start(struct many *many, const char *path)
{
	struct reason why = { "no credentials can be made" };
	enum log_area area;

	many->conf = conf_load(path, print_error, NULL);
	if (!many->conf || crypto_init(&many->crypto, NULL, &why) || !make_members(many))
		return false;
	many->credentials = many_credentials(many->conf, many->count);
	if (many->credentials)
		many->book = many_book(&many->crypto, many->conf, many->credentials, many->count,
				       &why);
	if (!many->book) {
		fprintf(stderr, "%s\n", why.text);
		return false;
	}
	for (area = 0; area < AREAS; area++)
		log_set_level(area, LEVEL_WARNING);
	return start_engine(many);
}

static int loop(struct many *many)
{
	sd_event_source *input, *every;

	if (sd_event_add_time_relative(many->event, &many->timer, CLOCK_MONOTONIC, 0, 1, on_timer,
				       many) < 0 ||
	    sd_event_add_io(many->event, &input, STDIN_FILENO, EPOLLIN, on_input, many) < 0 ||
	    sd_event_add_post(many->event, &every, on_event, many) < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	sd_event_loop(many->event);
	sd_event_source_unref(input);
	sd_event_source_unref(every);
	sd_event_source_unref(many->timer);
	return many->registered == many->count ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct many many;
	int status = 1;

	if (argc != 5 || sd_event_default(&many.event) < 0)
		return 2;
	many.show = !strcmp(argv[2], "keys");
	many.group = many.show || !strcmp(argv[2], "group");
	many.count = (uint32_t)strtoul(argv[3], NULL, 10);
	many.at_once = (uint32_t)strtoul(argv[4], NULL, 10);
	if (many.count && many.at_once && start(&many, argv[1]))
		status = loop(&many);
	if (many.ike)
		ike_free(many.ike);
	net_udp_free(many.udp);
	auth_book_drop(many.book);
	conf_free(many.conf);
	crypto_free(&many.crypto);
	free(many.all);
	free(many.credentials);
	OPENSSL_cleanse(many.held, sizeof(many.held));
	sd_event_unref(many.event);
	return status;
}
