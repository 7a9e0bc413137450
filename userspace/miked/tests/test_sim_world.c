// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The world of the simulator, with nodes that only ask and answer: what it does to
 * datagrams, its NATs, its clock; and that a seed is a run.
 */
#include <string.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include "hex.h"
#include "sim.h"
#include "sim_rand.h"
#include "test.h"

#define ASKS	200
#define AGAIN	400	/* milliseconds */

/* Asks ASKS times, each until it is answered. Or answers. */
struct peer {
	struct sim *sim;
	struct net_path path;
	bool asks;
	uint32_t answered;
	uint64_t next;
	uint32_t received;
	uint64_t hash;			/* of all that came, and when */
	struct net_end seen;		/* who was seen last */
	uint8_t wanted;			/* what is sent to many, and */
	uint32_t intact;		/* how often it came as it was */
};

static void say(struct peer *peer, uint32_t number)
{
	uint8_t bytes[64];
	struct writer w = writer_to(bytes, sizeof(bytes));

	write_u32(&w, number);
	write_room(&w, 60);
	sim_send(peer->sim, &peer->path, written(&w));
}

static void receive(void *context, const struct net_path *path, uint8_t *datagram, size_t len)
{
	struct peer *peer = context;
	struct reader r = reader_of((struct chunk){ datagram, len });
	uint32_t number = read_u32(&r);
	size_t i;

	peer->received++;
	peer->hash = (peer->hash ^ sim_now(peer->sim)) * UINT64_C(0x100000001b3);
	for (i = 0; i < len; i++)
		peer->hash = (peer->hash ^ datagram[i]) * UINT64_C(0x100000001b3);
	memset(datagram, 0, len);	/* ours */
	peer->seen = path->remote;
	if (!peer->asks) {
		peer->path = *path;
		say(peer, number);
	} else if (!r.failed && number == peer->answered && peer->answered < ASKS) {
		peer->answered++;
		peer->next = peer->answered < ASKS ? sim_now(peer->sim) : SIM_NEVER;
	}
}

static uint64_t next(void *context)
{
	return ((struct peer *)context)->next;
}

static void run(void *context)
{
	struct peer *peer = context;

	say(peer, peer->answered);
	peer->next = sim_now(peer->sim) + AGAIN;
}

static void attach(struct sim *sim, struct peer *peer, const char *from, const char *to,
		   uint16_t port)
{
	*peer = (struct peer){ .sim = sim, .next = SIM_NEVER };
	peer->path.local = sim_end(from, port);
	peer->path.encap = port == SIM_NAT_PORT;
	if (to) {
		peer->path.remote = sim_end(to, port);
		peer->asks = true;
		peer->next = sim_now(sim);
	}
	sim_attach(sim, &peer->path.local.addr, &(struct sim_node){
		.context = peer, .receive = receive, .next = next, .run = run,
	});
}

static const struct sim_weather fine = { .delay_ms = 10 };
static const struct sim_weather storm = {
	.loss = 100, .duplicate = 100, .reorder = 100, .truncate = 50, .flip = 50,
	.delay_ms = 10, .jitter_ms = 30,
};

static struct sim_stats talk(uint64_t seed, const struct sim_weather *weather, uint64_t *hash)
{
	struct sim *sim = sim_new(seed);
	struct sim_stats stats;
	struct peer a, b;

	sim_set_weather(sim, weather);
	attach(sim, &a, "192.0.2.1", "192.0.2.2", 500);
	attach(sim, &b, "192.0.2.2", NULL, 500);
	assert_false(sim_run_for(sim, SIM_SECONDS(3600)));
	assert_int_equal(sim_under_way(sim), 0);
	assert_int_equal(a.answered, ASKS);
	stats = *sim_stats(sim);
	assert_int_equal(stats.sent + stats.duplicated, stats.lost + stats.delivered);
	if (hash)
		*hash = a.hash ^ b.hash;
	sim_free(sim);
	return stats;
}

static void fine_weather(void **state)
{
	struct sim_stats stats = talk(1, &fine, NULL);

	(void)state;
	assert_int_equal(stats.sent, 2 * ASKS);
	assert_int_equal(stats.delivered, 2 * ASKS);
	assert_int_equal(stats.lost + stats.duplicated + stats.reordered + stats.truncated +
			 stats.flipped + stats.nowhere, 0);
}

static void bad_weather(void **state)
{
	struct sim_stats stats = talk(2, &storm, NULL);

	(void)state;
	assert_in_range(stats.lost, stats.sent / 20, stats.sent / 5);
	assert_in_range(stats.duplicated, stats.sent / 20, stats.sent / 5);
	assert_in_range(stats.reordered, stats.sent / 20, stats.sent / 5);
	assert_in_range(stats.truncated, stats.sent / 40, stats.sent / 10);
	assert_in_range(stats.flipped, stats.sent / 40, stats.sent / 10);
}

static void same_seed_same_run(void **state)
{
	uint64_t first, again, other;

	(void)state;
	talk(3, &storm, &first);
	talk(3, &storm, &again);
	talk(4, &storm, &other);
	assert_true(first == again);
	assert_true(first != other);
}

static void nat(void **state)
{
	struct sim *sim = sim_new(5);
	struct gemcast_addr inside = sim_addr("10.0.0.1");
	struct gemcast_addr outside = sim_addr("198.51.100.1");
	struct sim_nat *box = sim_nat_new(sim, &outside);
	struct net_end before;
	struct peer a, b;

	(void)state;
	sim_set_weather(sim, &fine);
	sim_behind(sim, &inside, box);
	attach(sim, &a, "10.0.0.1", "192.0.2.2", SIM_NAT_PORT);
	attach(sim, &b, "192.0.2.2", NULL, SIM_NAT_PORT);
	sim_run_for(sim, 1000);
	assert_in_range(a.answered, 10, ASKS - 1);
	assert_true(net_addr_equal(&b.seen.addr, &outside));
	assert_int_not_equal(b.seen.port, SIM_NAT_PORT);
	before = b.seen;

	/* the answer under way does not arrive, and then there is another port */
	sim_nat_forget(box);
	assert_false(sim_run_for(sim, SIM_SECONDS(3600)));
	assert_int_equal(a.answered, ASKS);
	assert_true(net_addr_equal(&b.seen.addr, &outside));
	assert_int_not_equal(b.seen.port, before.port);
	assert_int_equal(sim_stats(sim)->nowhere, 1);

	/* from outside, no one gets in who was not asked */
	sim_inject(sim, &before, &(struct net_end){ outside, 500 }, ascii("hello"));
	sim_run_for(sim, 61000);
	assert_int_equal(sim_stats(sim)->nowhere, 2);

	/* nor the other after a while */
	sim_nat_idle(box, 60000);
	before = b.seen;
	say(&b, 0);
	sim_run_for(sim, 1000);
	assert_int_equal(sim_stats(sim)->nowhere, 3);
	say(&a, 0);
	sim_run_for(sim, 59000);
	assert_int_not_equal(b.seen.port, before.port);
	assert_int_equal(sim_stats(sim)->nowhere, 3);
	say(&b, 0);
	sim_run_for(sim, 1000);
	assert_int_equal(sim_stats(sim)->nowhere, 3);
	sim_run_for(sim, 61000);
	say(&b, 0);
	sim_run_for(sim, 1000);
	assert_int_equal(sim_stats(sim)->nowhere, 4);
	sim_free(sim);
}

static void marker(void **state)
{
	static const uint8_t with[] = { 0, 0, 0, 0, 7 };
	struct net_end from = sim_end("192.0.2.9", 500);
	struct net_end to = sim_end("2001:db8::1", SIM_NAT_PORT);
	struct sim *sim = sim_new(6);
	struct peer a;

	(void)state;
	attach(sim, &a, "2001:db8::1", NULL, 500);
	sim_inject(sim, &from, &to, CHUNK(with));
	sim_run_for(sim, 1);
	assert_int_equal(a.received, 1);
	assert_true(a.path.encap);
	/* what has no marker is for ESP */
	sim_inject(sim, &from, &to, (struct chunk){ with + 1, 4 });
	sim_run_for(sim, 1);
	assert_int_equal(a.received, 1);
	to.port = 848;
	sim_inject(sim, &from, &to, CHUNK(with));
	sim_run_for(sim, 1);
	assert_int_equal(a.received, 2);
	assert_false(a.path.encap);
	sim_free(sim);
}

static void cut(void **state)
{
	struct sim *sim = sim_new(7);
	struct peer a, b;
	uint32_t answered;

	(void)state;
	sim_set_weather(sim, &fine);
	attach(sim, &a, "192.0.2.1", "192.0.2.2", 500);
	attach(sim, &b, "192.0.2.2", NULL, 500);
	sim_run_for(sim, 1000);
	sim_cut(sim, &b.path.local.addr, true);
	answered = a.answered;
	sim_run_for(sim, 60000);
	assert_int_equal(a.answered, answered);
	sim_cut(sim, &b.path.local.addr, false);
	sim_run_for(sim, SIM_SECONDS(3600));
	assert_int_equal(a.answered, ASKS);
	sim_detach(sim, &b.path.local.addr);
	say(&a, 1);
	answered = b.received;
	sim_run_for(sim, 1000);
	assert_int_equal(b.received, answered);
	sim_free(sim);
}

#define HOSTS	4
#define TIMES	200

/* Hosts that are sent to together, and who sends. */
struct many {
	struct sim *sim;
	struct peer from, hosts[HOSTS];
	struct net_group group;
};

static void receive_group(void *context, const struct net_path *path, uint8_t *datagram,
			  size_t len)
{
	struct peer *peer = context;
	size_t i;

	peer->received++;
	peer->path = *path;
	peer->intact += len == 1 && datagram[0] == peer->wanted;
	for (i = 0; i < len; i++)
		peer->hash += datagram[i];
	memset(datagram, 0, len);	/* ours */
}

static void attach_many(struct many *many, uint64_t seed)
{
	static const char *const at[HOSTS] = { "192.0.2.2", "192.0.2.3", "192.0.2.4",
					       "192.0.2.5" };
	struct peer *host;
	size_t i;

	*many = (struct many){ .sim = sim_new(seed), .group.to = sim_end("239.1.1.1", 848) };
	sim_set_weather(many->sim, &fine);
	many->from.path.local = sim_end("192.0.2.1", 848);
	for (i = 0; i < HOSTS; i++) {
		host = &many->hosts[i];
		*host = (struct peer){ .sim = many->sim, .path.local = sim_end(at[i], 848) };
		sim_attach(many->sim, &host->path.local.addr, &(struct sim_node){
			.context = host, .receive = receive, .receive_group = receive_group,
		});
	}
}

static void send_many(struct many *many, const char *text)
{
	sim_send_group(many->sim, &many->from.path.local, &many->group, ascii(text));
	sim_run_for(many->sim, 100);
}

static void multicast(void **state)
{
	const struct gemcast_addr first = sim_addr("192.0.2.2"), second = sim_addr("192.0.2.3");
	struct net_group other;
	struct many many;

	(void)state;
	attach_many(&many, 9);
	send_many(&many, "a");
	assert_int_equal(sim_stats(many.sim)->delivered, 0);

	/* each join counts, and has its leave */
	sim_join(many.sim, &first, &many.group);
	sim_join(many.sim, &first, &many.group);
	sim_join(many.sim, &second, &many.group);
	assert_int_equal(sim_joins(many.sim, &first), 2);
	send_many(&many, "b");
	assert_int_equal(many.hosts[0].received, 1);
	assert_int_equal(many.hosts[1].received, 1);
	assert_int_equal(many.hosts[2].received, 0);
	assert_int_equal(many.hosts[1].hash, 'b');
	assert_true(net_end_equal(&many.hosts[0].path.local, &many.group.to));
	assert_true(net_end_equal(&many.hosts[0].path.remote, &many.from.path.local));
	sim_leave(many.sim, &first, &many.group);
	send_many(&many, "c");
	assert_int_equal(many.hosts[0].received, 2);
	sim_leave(many.sim, &first, &many.group);
	send_many(&many, "d");
	assert_int_equal(many.hosts[0].received, 2);

	/* not from elsewhere, nor at another port, nor who has left in the meantime */
	sim_leave_all(many.sim, &second);
	other = many.group;
	other.source = sim_addr("192.0.2.9");
	sim_join(many.sim, &first, &other);
	other = many.group;
	other.to.port = 849;
	sim_join(many.sim, &first, &other);
	send_many(&many, "e");
	sim_join(many.sim, &second, &many.group);
	sim_send_group(many.sim, &many.from.path.local, &many.group, ascii("f"));
	sim_leave(many.sim, &second, &many.group);
	sim_run_for(many.sim, 100);
	assert_int_equal(many.hosts[0].received, 2);
	assert_int_equal(many.hosts[1].received, 3);
	sim_free(many.sim);
}

/* What one has is lost to another. */
static void own_weather(void **state)
{
	const struct sim_weather half = { .loss = 500, .delay_ms = 10 };
	uint32_t before[HOSTS], alike = 0;
	struct many many;
	size_t i, k;

	(void)state;
	attach_many(&many, 10);
	sim_set_weather(many.sim, &half);
	for (i = 0; i < HOSTS; i++)
		sim_join(many.sim, &many.hosts[i].path.local.addr, &many.group);
	for (i = 0; i < TIMES; i++) {
		for (k = 0; k < HOSTS; k++)
			before[k] = many.hosts[k].received;
		send_many(&many, "x");
		alike += many.hosts[0].received - before[0] == many.hosts[1].received - before[1];
	}
	for (k = 0; k < HOSTS; k++)
		assert_in_range(many.hosts[k].received, TIMES / 3, 2 * TIMES / 3);
	assert_in_range(alike, TIMES / 3, 2 * TIMES / 3);
	sim_free(many.sim);
}

/* However bad it is, of three copies one arrives as it was. */
static void bound(void **state)
{
	const struct sim_weather worst = { .loss = 900, .flip = 900, .delay_ms = 10,
					   .most_lost = 2 };
	char text[] = "x";
	struct many many;
	uint32_t sum = 0;
	size_t i, k;

	(void)state;
	attach_many(&many, 11);
	sim_set_weather(many.sim, &worst);
	sim_join(many.sim, &many.hosts[0].path.local.addr, &many.group);
	for (i = 0; i < 90; i++) {
		text[0] = (char)(' ' + i);
		many.hosts[0].wanted = (uint8_t)text[0];
		many.hosts[0].intact = 0;
		for (k = 0; k < 3; k++)
			send_many(&many, text);
		assert_in_range(many.hosts[0].intact, 1, 3);
		sum += many.hosts[0].intact;
	}
	assert_in_range(sum, 90, 100);
	sim_free(many.sim);
}

struct tapped {
	uint32_t seen;
	uint32_t dropped;
};

static bool every_second(void *context, struct sim_datagram *datagram)
{
	struct tapped *tapped = context;

	datagram->data[63] = 1;
	if (tapped->seen++ % 2)
		return true;
	tapped->dropped++;
	return false;
}

static void tap(void **state)
{
	struct tapped tapped = { 0, 0 };
	struct sim *sim = sim_new(8);
	struct peer a, b;

	(void)state;
	sim_tap(sim, every_second, &tapped);
	attach(sim, &a, "192.0.2.1", "192.0.2.2", 500);
	attach(sim, &b, "192.0.2.2", NULL, 500);
	sim_run_for(sim, AGAIN * UINT64_C(10));
	assert_in_range(tapped.seen, 10, 30);
	assert_int_equal(tapped.dropped, sim_stats(sim)->lost);
	sim_free(sim);
}

/* Random bytes, and an EC key, which OpenSSL makes of more of them. */
static void draw(OSSL_LIB_CTX *lib, uint64_t seed, uint8_t out[64 + 97])
{
	EVP_PKEY *key;
	size_t len;

	sim_rand_seed(seed);
	assert_int_equal(RAND_priv_bytes_ex(lib, out, 32, 0), 1);
	assert_int_equal(RAND_bytes_ex(lib, out + 32, 32, 0), 1);
	key = EVP_PKEY_Q_keygen(lib, NULL, "EC", "P-384");
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", out + 64, 97, &len), 1);
	assert_int_equal(len, 97);
	EVP_PKEY_free(key);
}

static void seeded_openssl(void **state)
{
	OSSL_LIB_CTX *lib = sim_rand_new();
	uint8_t first[64 + 97], again[64 + 97], other[64 + 97];

	(void)state;
	draw(lib, 1, first);
	draw(lib, 2, other);
	draw(lib, 1, again);
	assert_memory_equal(first, again, sizeof(first));
	assert_memory_not_equal(first, other, 32);
	assert_memory_not_equal(first + 32, other + 32, 32);
	assert_memory_not_equal(first + 64, other + 64, 97);
	sim_rand_free(lib);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fine_weather),
		cmocka_unit_test(bad_weather),
		cmocka_unit_test(same_seed_same_run),
		cmocka_unit_test(nat),
		cmocka_unit_test(marker),
		cmocka_unit_test(cut),
		cmocka_unit_test(multicast),
		cmocka_unit_test(own_weather),
		cmocka_unit_test(bound),
		cmocka_unit_test(tap),
		cmocka_unit_test(seeded_openssl),
	};

	return cmocka_run_group_tests_name("sim_world", tests, NULL, NULL);
}
