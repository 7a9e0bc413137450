// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key server under a flood of IKE_SA_INIT: from senders that do not exist, and from some
 * that do and answer with cookies. Who is registered stays so, who wants to be can be, and
 * the memory that it takes is bounded.
 *
 *	test_sim_flood [ADDRESSES]
 */
#include <stdlib.h>
#include <string.h>
#include "sim_kits.h"
#include "test.h"
#include "wire/message.h"

/* Of the sanitizers, whose header is not everywhere. */
extern size_t __sanitizer_get_current_allocated_bytes(void);

#define A_WHILE		SIM_SECONDS(5)
#define MANY_BYTES	(16U << 20)

static uint32_t addresses = 100000;
static struct kits kits;

/* Of no two senders the same. */
static struct net_end sender(uint32_t number)
{
	struct net_end end = sim_end("10.0.0.0", 500);

	end.addr.in.s_addr = htonl(0x0a000000 + number);
	return end;
}

/* The first datagram of a member, which others are made of. */
struct first {
	uint8_t data[2048];
	size_t len;
};

static bool keep_first(void *context, struct sim_datagram *datagram)
{
	struct first *first = context;

	if (!first->len && datagram->len <= sizeof(first->data)) {
		memcpy(first->data, datagram->data, datagram->len);
		first->len = datagram->len;
	}
	return true;
}

struct flood {
	struct scene *scene;
	struct net_end at;
	struct host *server, *member, *other;
	struct first first;
	size_t bytes;			/* allocated before the flood */
	size_t most;			/* while it lasted */
};

/* One member is registered, and what it began by is known. */
static void begin(struct flood *flood, enum kits_server server)
{
	const struct net_end member = sim_end("192.0.2.10", 500);
	const struct net_end other = sim_end("192.0.2.11", 500);

	*flood = (struct flood){ .scene = scene_new(1, &kits.crypto),
				 .at = sim_end("192.0.2.1", 500) };
	flood->server = host_new(flood->scene, &kits.servers[server], &flood->at);
	flood->member = host_new(flood->scene, &kits.members[MEMBER_PSK], &member);
	flood->other = host_new(flood->scene, &kits.members[MEMBER_ED25519], &other);
	sim_tap(flood->scene->sim, keep_first, &flood->first);
	assert_true(host_register(flood->member, &flood->at, KITS_SERVER));
	sim_run_for(flood->scene->sim, A_WHILE);
	assert_int_equal(host_sessions(flood->member), 1);
	sim_tap(flood->scene->sim, NULL, NULL);
	flood->bytes = __sanitizer_get_current_allocated_bytes();
}

static void end(struct flood *flood)
{
	sim_run_for(flood->scene->sim, SIM_SECONDS(300));
	assert_int_equal(host_sessions(flood->member), 1);
	assert_int_equal(ike_sa_count(host_ike(flood->server)), host_sessions(flood->server));
	scene_free(flood->scene);
}

static void measure(struct flood *flood)
{
	size_t now = __sanitizer_get_current_allocated_bytes();

	if (now > flood->bytes && now - flood->bytes > flood->most)
		flood->most = now - flood->bytes;
}

/* @number's IKE_SA_INIT, with a cookie if there is one. */
static void strike(struct flood *flood, uint32_t number, struct chunk cookie)
{
	static struct wire_room room;
	const struct wire_notify n = { .type = N_COOKIE, .data = cookie };
	struct net_end from = sender(number);
	struct wire_error error;
	struct wire_message m;
	uint8_t bytes[2048];
	struct writer w = writer_to(bytes, sizeof(bytes));

	assert_true(wire_parse(&m, &room, (struct chunk){ flood->first.data, flood->first.len },
			       &error));
	m.header.spi_i += number + 1;
	if (cookie.len) {
		memmove(&room.notifies[1], &room.notifies[0],
			m.n_notifies * sizeof(room.notifies[0]));
		room.notifies[0] = n;
		m.notifies = room.notifies;
		m.n_notifies++;
	}
	wire_write_clear(&w, &m);
	assert_false(w.failed);
	sim_inject(flood->scene->sim, &from, &flood->at, written(&w));
}

static void assert_works(struct flood *flood)
{
	uint32_t answered = host_stats(flood->member)->answered;
	size_t sessions = host_sessions(flood->other);

	session_ask(host_session(flood->member, 0), JOB_AGAIN, 0);
	assert_true(host_register(flood->other, &flood->at, KITS_SERVER));
	sim_run_for(flood->scene->sim, A_WHILE);
	assert_int_equal(host_stats(flood->member)->answered, answered + 1);
	assert_int_equal(host_sessions(flood->other), sessions + 1);
}

static void of_no_one(void **state)
{
	struct chunk none = { NULL, 0 };
	struct flood flood;
	uint32_t i;

	(void)state;
	begin(&flood, SERVER_PSK);
	for (i = 0; i < addresses; i++) {
		strike(&flood, i, none);
		if (i % 1000 == 0) {
			sim_run_for(flood.scene->sim, 10);
			measure(&flood);
		}
		if (i % (addresses / 3) == addresses / 4)
			assert_works(&flood);
	}
	sim_run_for(flood.scene->sim, 10);
	assert_works(&flood);
	assert_true(flood.most < MANY_BYTES);
	assert_in_range(ike_sa_count(host_ike(flood.server)), host_sessions(flood.server),
			host_sessions(flood.server) + 100);
	assert_in_range(ike_stats(host_ike(flood.server))->cookies_sent, addresses - 1000,
			addresses + 100);
	print_message("# %u senders: %zu kB at most\n", addresses, flood.most / 1024);
	end(&flood);
}

/* Take the cookie of each answer to the attackers, and strike again with it. */
static bool take_cookie(void *context, struct sim_datagram *datagram)
{
	static struct wire_room room;
	struct flood *flood = context;
	uint32_t number = ntohl(datagram->to.addr.in.s_addr) - 0x0a000000;
	const struct wire_notify *cookie;
	struct wire_error error;
	struct wire_message m;

	if (number >= addresses ||
	    !wire_parse(&m, &room, (struct chunk){ datagram->data, datagram->len }, &error))
		return true;
	cookie = wire_notify(&m, N_COOKIE);
	if (cookie)
		strike(flood, number, (struct chunk){ cookie->data.data, cookie->data.len });
	return true;
}

static void with_cookies(void **state)
{
	struct chunk none = { NULL, 0 };
	struct flood flood;
	uint32_t i;

	(void)state;
	begin(&flood, SERVER_COOKIES);
	sim_tap(flood.scene->sim, take_cookie, &flood);
	for (i = 0; i < 5000; i++) {
		strike(&flood, i, none);
		if (i % 100 == 0) {
			sim_run_for(flood.scene->sim, 10);
			measure(&flood);
		}
	}
	sim_run_for(flood.scene->sim, 10);
	assert_int_equal(ike_sa_count(host_ike(flood.server)),
			 kits.servers[SERVER_COOKIES].conf->ike.half_open + 1);
	assert_true(ike_stats(host_ike(flood.server))->half_open_limit >= 3000);
	assert_true(flood.most < MANY_BYTES);
	session_ask(host_session(flood.member, 0), JOB_HELLO, 0);
	sim_run_for(flood.scene->sim, SIM_SECONDS(60));
	assert_int_equal(ike_sa_count(host_ike(flood.server)), 1);
	assert_works(&flood);
	print_message("# %zu kB at most\n", flood.most / 1024);
	end(&flood);
}

/* Keep the last cookie that was sent. */
struct kept {
	uint8_t data[WIRE_MAX_COOKIE];
	size_t len;
};

static bool keep_cookie(void *context, struct sim_datagram *datagram)
{
	static struct wire_room room;
	struct kept *kept = context;
	const struct wire_notify *cookie;
	struct wire_error error;
	struct wire_message m;

	if (!wire_parse(&m, &room, (struct chunk){ datagram->data, datagram->len }, &error))
		return true;
	cookie = m.header.response ? wire_notify(&m, N_COOKIE) : NULL;
	if (cookie) {
		memcpy(kept->data, cookie->data.data, cookie->data.len);
		kept->len = cookie->data.len;
	}
	return true;
}

static void strike_with(struct flood *flood, uint32_t number, const struct kept *cookie)
{
	strike(flood, number, (struct chunk){ cookie->data, cookie->len });
	sim_run_for(flood->scene->sim, 10);
}

/* A cookie is good for who got it, and not for long. */
static void wrong_cookies(void **state)
{
	struct kept kept = { .len = 0 }, other;
	struct flood flood;
	struct ike *ike;
	uint32_t i;

	(void)state;
	begin(&flood, SERVER_COOKIES);
	ike = host_ike(flood.server);
	sim_tap(flood.scene->sim, keep_cookie, &kept);
	strike_with(&flood, 1, &kept);
	assert_in_range(kept.len, 1, WIRE_MAX_COOKIE);
	other = kept;
	strike_with(&flood, 2, &other);
	for (i = 0; i < other.len; i++) {
		other.data[i] ^= 1;
		strike_with(&flood, 1, &other);
		other.data[i] ^= 1;
	}
	other.len--;
	strike_with(&flood, 1, &other);
	other.len++;
	assert_int_equal(ike_stats(ike)->cookies_wrong, other.len + 2);
	assert_int_equal(ike_sa_count(ike), 1);
	strike_with(&flood, 1, &other);
	assert_int_equal(ike_sa_count(ike), 2);

	/* the secret changed, and changed again, when others asked */
	for (i = 0; i < 3; i++) {
		sim_run_for(flood.scene->sim, SIM_SECONDS(61));
		kept.len = 0;
		strike_with(&flood, 3, &kept);
	}
	assert_int_equal(ike_sa_count(ike), 1);
	strike_with(&flood, 1, &other);
	assert_int_equal(ike_sa_count(ike), 1);
	sim_tap(flood.scene->sim, NULL, NULL);
	assert_works(&flood);
	end(&flood);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_no_one),
		cmocka_unit_test(with_cookies),
		cmocka_unit_test(wrong_cookies),
	};
	int failed;

	if (argc > 1)
		addresses = (uint32_t)strtoul(argv[1], NULL, 0);
	log_set_level(AREA_IKE, LEVEL_ERROR);
	kits_init(&kits);
	failed = cmocka_run_group_tests_name("sim_flood", tests, NULL, NULL);
	kits_free(&kits);
	return failed;
}
