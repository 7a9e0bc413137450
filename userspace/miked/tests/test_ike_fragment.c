// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages in fragments (RFC 7383).
 */
#include <stdlib.h>
#include <string.h>
#include "hex.h"
#include "ike/internal.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct ike_sa *gm, *ks;
static size_t largest;

static bool measure(struct world *world, struct datagram *d)
{
	(void)world;
	if (d->len > largest)
		largest = d->len;
	return true;
}

static void begin(void)
{
	world_start(&w);
	gm = world_meet(&w);
	ks = w.node[KS].sa;
	w.count = 0;
	w.lost = 0;
	largest = 0;
	w.filter = measure;
}

static const struct ike_stats *stats(int node)
{
	return ike_stats(w.node[node].ike);
}

/* So much asked, and so much answered. */
static size_t exchange(size_t request, size_t response)
{
	struct asked_task task;

	world_task(&task, GSA_REGISTRATION, "group 2");
	task.filler = request;
	w.node[KS].answer_filler = response;
	w.count = 0;
	ike_ask(gm, &task.task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	return w.count;
}

static void all_lengths(const char *proposal)
{
	const char *texts[] = { proposal, NULL };
	size_t len;

	world_new(&w);
	world_proposals(&w.node[GM], texts);
	world_proposals(&w.node[KS], texts);
	begin();
	assert_int_equal(exchange(0, 0), 2);
	for (len = 1000; len < 1400; len++)
		assert_in_range(exchange(len, len), 2, 4);
	assert_in_range(exchange(60000, 0), 49, 52);
	assert_in_range(exchange(0, 60000), 49, 52);
	assert_in_range(largest, 1280 - 28 - 16, 1280 - 28);
	assert_int_equal(w.node[KS].ended + w.node[GM].ended, 0);
	world_end(&w);
}

static void lengths(void **state)
{
	(void)state;
	all_lengths("aes256gcm16-prfsha384-x25519");
	all_lengths("aes128-sha256-x25519");
}

static void thresholds(void **state)
{
	static const uint32_t sizes[] = { 576, 577, 1500, 9000, 65535 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		world_new(&w);
		w.node[GM].who.conf.ike.fragment_size = sizes[i];
		w.node[KS].who.conf.ike.fragment_size = sizes[i];
		begin();
		exchange(20000, 20000);
		if (sizes[i] < 20000)
			assert_int_equal(largest, sizes[i] - 28);
		else
			assert_in_range(largest, 20000, 20200);
		world_end(&w);
	}
}

/* GSA_AUTH too, when nobody is authenticated yet. */
static void authentication(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	w.node[GM].who.conf.ike.fragment_size = 576;
	w.node[KS].who.conf.ike.fragment_size = 576;
	world_start(&w);
	world_task(&task, GSA_AUTH, "group 1");
	task.filler = 5000;
	w.node[KS].answer_filler = 40000;
	world_connect(&w, &task);
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	assert_true(stats(KS)->fragments > 8);
	world_end(&w);
}

/* But who is not authenticated may not have us keep everything. */
static void unauthenticated(void **state)
{
	struct asked_task task = { 0 };

	(void)state;
	world_new(&w);
	world_start(&w);
	world_task(&task, GSA_AUTH, "group 1");
	task.filler = 50000;
	world_connect(&w, &task);
	world_run(&w, 60000);
	assert_int_equal(task.answered, 0);
	assert_int_equal(task.ended, 1);
	assert_int_equal(w.node[KS].requests, 0);
	world_end(&w);
}

/* ---- order, loss, copies */

static unsigned int seed;

static bool mix(struct world *world, struct datagram *d)
{
	struct datagram *other;
	struct datagram swap;

	seed = seed * 1103515245 + 12345;
	if (seed >> 16 & 1 && world->first != world->last) {
		other = &world->wire[(world->first + (seed >> 18) % (world->last - world->first)) %
				     WORLD_DATAGRAMS];
		swap = *other;
		*other = *d;
		*d = swap;
	}
	if (seed >> 17 & 1)
		world_inject(world, &d->path, d->to, d->data, d->len);
	/* no more than so many copies, or it never ends */
	return world->last < 400;
}

static void disorder(void **state)
{
	struct asked_task task;

	(void)state;
	world_new(&w);
	begin();
	for (seed = 1; seed < 30; seed++) {
		unsigned int before = seed;

		w.filter = mix;
		world_task(&task, GSA_REGISTRATION, "group 2");
		task.filler = 10000;
		w.node[KS].answer_filler = 10000;
		w.node[KS].requests = 0;
		w.first = w.last = 0;
		ike_ask(gm, &task.task);
		world_settle(&w);
		w.filter = NULL;
		world_run(&w, 5000);
		assert_int_equal(task.answered, 1);
		assert_int_equal(w.node[KS].requests, 1);
		seed = before;
	}
	world_end(&w);
}

static size_t lost;

static bool lose_one(struct world *world, struct datagram *d)
{
	(void)d;
	return world->count != lost;
}

/* One lost fragment, and all are sent again. */
static void loss(void **state)
{
	struct asked_task task;

	(void)state;
	for (lost = 1; lost <= 8; lost++) {
		world_new(&w);
		begin();
		w.filter = lose_one;
		world_task(&task, GSA_REGISTRATION, "group 2");
		task.filler = 3000;
		w.node[KS].answer_filler = 3000;
		ike_ask(gm, &task.task);
		world_run(&w, 5000);
		assert_int_equal(task.answered, 1);
		assert_int_equal(w.node[KS].requests, 2);
		world_end(&w);
	}
}

/* The request of which a fragment comes again was answered: RFC 7383 2.6.1. */
static void repeated(void **state)
{
	struct asked_task task;
	struct datagram copy[3];
	size_t i;

	(void)state;
	world_new(&w);
	begin();
	world_task(&task, GSA_REGISTRATION, "group 2");
	task.filler = 3000;
	ike_ask(gm, &task.task);
	assert_int_equal(w.last - w.first, 3);
	for (i = 0; i < 3; i++) {
		world_keep(&w, &w.wire[(w.first + i) % WORLD_DATAGRAMS]);
		copy[i] = w.kept;
		w.kept.data = NULL;
	}
	world_settle(&w);
	assert_int_equal(task.answered, 1);
	for (i = 0; i < 3; i++) {
		w.count = 0;
		world_inject(&w, &copy[i].path, KS, copy[i].data, copy[i].len);
		world_settle(&w);
		assert_int_equal(w.count, i ? 1 : 2);
		free(copy[i].data);
	}
	world_end(&w);
}

/* What is not complete in time is forgotten. */
static void forgotten(void **state)
{
	struct asked_task task;

	(void)state;
	world_new(&w);
	begin();
	world_task(&task, GSA_REGISTRATION, "group 2");
	task.filler = 3000;
	ike_ask(gm, &task.task);
	w.last--;
	free(w.wire[w.last % WORLD_DATAGRAMS].data);
	world_settle(&w);
	assert_non_null(ks->link->assembly[0]);
	assert_int_equal(ks->link->assembly[0]->count, 2);
	w.now += 10000;
	ike_run(w.node[KS].ike);
	assert_null(ks->link->assembly[0]);
	world_run(&w, 10000);
	assert_int_equal(task.answered, 1);
	world_end(&w);
}

/* ---- fragments that do not fit together */

static void send_fragment(uint16_t number, uint16_t total, size_t len)
{
	static const uint8_t content[2000];
	struct wire_header header = {
		.spi_i = gm->link->spi_i, .spi_r = gm->link->spi_r,
		.exchange = INFORMATIONAL, .initiator = true,
		.message_id = gm->link->next_ask,
	};
	struct wire_sk sk = { .first = number == 1 ? PAYLOAD_V : 0, .number = number,
			      .total = total };
	struct net_path path = { .local = w.node[KS].address, .remote = w.node[GM].address };
	struct sealer sealer = ike_sealer(gm->link);
	uint8_t bytes[2100];
	size_t sealed;

	assert_int_equal(seal_payload(&sealer, &header, &sk, (struct chunk){ content, len },
				      bytes, sizeof(bytes), &sealed), 0);
	world_inject(&w, &path, KS, bytes, sealed);
	world_settle(&w);
}

static void totals(void **state)
{
	const struct assembly *a;

	(void)state;
	world_new(&w);
	begin();
	send_fragment(1, 3, 100);
	send_fragment(2, 3, 100);
	a = ks->link->assembly[0];
	assert_int_equal(a->count, 2);
	/* again, and of a smaller total: not wanted */
	send_fragment(2, 3, 100);
	send_fragment(2, 2, 100);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->total, 3);
	assert_int_equal(stats(KS)->old_message_id, 2);
	/* of a larger total: begin anew */
	send_fragment(2, 4, 100);
	a = ks->link->assembly[0];
	assert_int_equal(a->count, 1);
	assert_int_equal(a->total, 4);
	/* more than there may be */
	send_fragment(1, 257, 100);
	send_fragment(1, 65535, 100);
	assert_int_equal(ks->link->assembly[0]->total, 4);
	assert_int_equal(w.node[KS].ended, 0);
	world_end(&w);
}

/* No more than a message may have in the end, in however many fragments. */
static void too_much(void **state)
{
	unsigned int i;

	(void)state;
	world_new(&w);
	begin();
	for (i = 1; i <= 32; i++)
		send_fragment(i, 200, 2000);
	assert_int_equal(ks->link->assembly[0]->len, 64000);
	send_fragment(33, 200, 2000);
	assert_null(ks->link->assembly[0]);
	send_fragment(1, 200, 0);
	assert_null(ks->link->assembly[0]);
	world_end(&w);
}

/* What no message can hold ends the IKE SA, and says so. */
static void too_long(void **state)
{
	struct asked_task task;

	(void)state;
	world_new(&w);
	begin();
	world_task(&task, GSA_REGISTRATION, "group 2");
	task.filler = 65600;
	ike_ask(gm, &task.task);
	assert_int_equal(task.ended, 1);
	assert_int_equal(task.why, IKE_END_BROKEN);
	assert_string_equal(task.text, "a request does not fit into a message");
	assert_int_equal(w.node[GM].ended, 1);
	world_end(&w);

	world_new(&w);
	begin();
	world_task(&task, GSA_REGISTRATION, "group 2");
	w.node[KS].answer_filler = 65600;
	ike_ask(gm, &task.task);
	world_settle(&w);
	assert_int_equal(w.node[KS].ended, 1);
	assert_int_equal(w.node[KS].why, IKE_END_BROKEN);
	assert_string_equal(w.node[KS].text, "an answer does not fit into a message");
	world_end(&w);
}

/* No IV is used twice, fragments and retransmissions counted. */
static uint8_t seen[2][400][8];
static size_t n_seen[2];

static bool see_iv(struct world *world, struct datagram *d)
{
	size_t at = d->data[16] == PAYLOAD_SKF ? 36 : 32;
	size_t i;

	(void)world;
	for (i = 0; i < n_seen[d->to]; i++)
		assert_memory_not_equal(seen[d->to][i], d->data + at, 8);
	memcpy(seen[d->to][n_seen[d->to]++], d->data + at, 8);
	return true;
}

static void no_iv_twice(void **state)
{
	(void)state;
	n_seen[0] = n_seen[1] = 0;
	world_new(&w);
	begin();
	w.filter = see_iv;
	exchange(30000, 30000);
	exchange(0, 0);
	exchange(30000, 30000);
	assert_in_range(n_seen[GM], 50, 56);
	assert_in_range(n_seen[KS], 50, 56);
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths),
		cmocka_unit_test(thresholds),
		cmocka_unit_test(authentication),
		cmocka_unit_test(unauthenticated),
		cmocka_unit_test(disorder),
		cmocka_unit_test(loss),
		cmocka_unit_test(repeated),
		cmocka_unit_test(forgotten),
		cmocka_unit_test(totals),
		cmocka_unit_test(too_much),
		cmocka_unit_test(too_long),
		cmocka_unit_test(no_iv_twice),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
