// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NATs (RFC 7296 2.23).
 */
#include <arpa/inet.h>
#include <string.h>
#include "hex.h"
#include "ike_world.h"
#include "pki.h"
#include "test.h"

static struct world w;
static struct ike_sa *gm;

static void put_behind_nat(struct node *node, const char *inside)
{
	assert_int_equal(inet_pton(AF_INET, inside, &node->inside.addr.in), 1);
}

static void meet(void)
{
	world_start(&w);
	gm = world_meet(&w);
	w.count = 0;
}

static bool only_keepalive;

static bool count_keepalives(struct world *world, struct datagram *d)
{
	(void)world;
	if (d->len != 1 || d->data[0] != 0xff)
		only_keepalive = false;
	else
		assert_false(d->path.encap);
	return true;
}

static void no_nat(void **state)
{
	(void)state;
	world_new(&w);
	meet();
	assert_int_equal(ike_sa_path(gm)->remote.port, 848);
	assert_int_equal(ike_sa_path(gm)->local.port, 848);
	assert_false(ike_sa_path(gm)->encap);
	world_run(&w, 29000);
	assert_int_equal(w.count, 0);
	world_end(&w);
}

/* The member is behind a NAT: it moves to port 4500 and keeps the NAT's memory fresh. */
static void member(void **state)
{
	const struct net_path *path;

	(void)state;
	world_new(&w);
	put_behind_nat(&w.node[GM], "10.0.0.1");
	meet();
	path = ike_sa_path(gm);
	assert_int_equal(path->remote.port, 4500);
	assert_int_equal(path->local.port, 4500);
	assert_true(path->encap);
	path = ike_sa_path(w.node[KS].sa);
	assert_int_equal(path->remote.port, 5500);
	assert_int_equal(path->local.port, 4500);
	assert_true(path->encap);
	assert_true(net_addr_equal(&path->remote.addr, &w.node[GM].address.addr));
	assert_string_equal(ike_sa_text(w.node[KS].sa), "gm.example at 192.0.2.1:5500");

	w.filter = count_keepalives;
	only_keepalive = true;
	world_run(&w, 19000);
	assert_int_equal(w.count, 0);
	world_run(&w, 2000);
	assert_int_equal(w.count, 1);
	assert_true(only_keepalive);
	world_end(&w);
}

/* The key server is: it does not send keepalives unasked for, but it is at port 4500 too. */
static void key_server(void **state)
{
	(void)state;
	world_new(&w);
	put_behind_nat(&w.node[KS], "10.0.0.2");
	meet();
	assert_int_equal(ike_sa_path(gm)->remote.port, 4500);
	assert_true(ike_sa_path(gm)->encap);
	w.filter = count_keepalives;
	world_run(&w, 21000);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.node[KS].sent, 3);
	world_end(&w);
}

/* Switched off by the configuration. */
static void no_nat_port(void **state)
{
	(void)state;
	world_new(&w);
	put_behind_nat(&w.node[GM], "10.0.0.1");
	w.node[GM].who.conf.local.nat_port = 0;
	meet();
	assert_int_equal(ike_sa_path(gm)->remote.port, 848);
	world_end(&w);
}

/* The NAT gets another address: the key server follows, but only what is authenticated. */
static void moved(void **state)
{
	struct asked_task tasks[2];
	struct net_path path;

	(void)state;
	world_new(&w);
	put_behind_nat(&w.node[GM], "10.0.0.1");
	meet();
	world_task(&tasks[0], INFORMATIONAL, NULL);
	ike_ask(gm, &tasks[0].task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	path = w.kept.path;
	path.remote.port = 7777;
	w.kept.data[w.kept.len - 1] ^= 1;
	world_inject(&w, &path, KS, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(ike_sa_path(w.node[KS].sa)->remote.port, 5500);
	w.kept.data[w.kept.len - 1] ^= 1;
	path.remote.port = 6666;
	world_inject(&w, &path, KS, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(ike_sa_path(w.node[KS].sa)->remote.port, 6666);
	/* but not what is old: anybody can send that */
	path.remote.port = 9999;
	world_inject(&w, &path, KS, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(ike_sa_path(w.node[KS].sa)->remote.port, 6666);
	world_task(&tasks[1], INFORMATIONAL, NULL);
	ike_ask(w.node[KS].sa, &tasks[1].task);
	assert_int_equal(world_first(&w)->path.local.port, 6666 - 1000);
	world_end(&w);
}

/* Who is behind a NAT itself goes on as it began: the other's address is what it asked for. */
static void both_behind(void **state)
{
	struct asked_task task;
	struct net_path path;

	(void)state;
	world_new(&w);
	put_behind_nat(&w.node[GM], "10.0.0.1");
	put_behind_nat(&w.node[KS], "10.0.0.2");
	meet();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(w.node[KS].sa, &task.task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	path = w.kept.path;
	path.remote.port = 7777;
	world_inject(&w, &path, GM, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(w.node[GM].requests, 1);
	assert_int_equal(ike_sa_path(gm)->remote.port, 4500);
	world_end(&w);
}

/* Without a NAT nobody is followed. */
static void not_moved(void **state)
{
	struct asked_task task;
	struct net_path path;

	(void)state;
	world_new(&w);
	meet();
	world_task(&task, INFORMATIONAL, NULL);
	ike_ask(gm, &task.task);
	world_keep(&w, world_first(&w));
	world_lose(&w);
	path = w.kept.path;
	path.remote.port = 7777;
	world_inject(&w, &path, KS, w.kept.data, w.kept.len);
	world_settle(&w);
	assert_int_equal(w.node[KS].requests, 2);
	assert_int_equal(ike_sa_path(w.node[KS].sa)->remote.port, 848);
	world_end(&w);
}

static void ipv6(void **state)
{
	(void)state;
	world_new(&w);
	w.node[GM].address.addr.family = AF_INET6;
	w.node[KS].address.addr.family = AF_INET6;
	inet_pton(AF_INET6, "2001:db8::1", &w.node[GM].address.addr.in6);
	inet_pton(AF_INET6, "2001:db8::2", &w.node[KS].address.addr.in6);
	w.node[GM].inside = w.node[GM].address;
	w.node[KS].inside = w.node[KS].address;
	meet();
	assert_false(ike_sa_path(gm)->encap);
	assert_string_equal(ike_sa_text(gm), "ks.example at [2001:db8::2]:848");
	world_end(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_nat),
		cmocka_unit_test(member),
		cmocka_unit_test(key_server),
		cmocka_unit_test(no_nat_port),
		cmocka_unit_test(moved),
		cmocka_unit_test(both_behind),
		cmocka_unit_test(not_moved),
		cmocka_unit_test(ipv6),
	};
	struct reason why;

	if (crypto_init(&world_crypto, NULL, &why))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
