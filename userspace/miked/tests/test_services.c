// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The services joined: a key server and a member in one process, on sockets of the loopback
 * interface, the member's data plane a table.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/services.h"
#include "daemon/timer.h"
#include "netns.h"
#include "plane_table.h"
#include "test.h"

/* In main.c's order; the control socket has its own tests. */
static const struct service * const services[] = {
	&net_service, &kernel_service, &keys_service,
};

#define SERVICES	(sizeof(services) / sizeof(services[0]))

static char dir[] = "/tmp/miked-services.XXXXXX";
static struct plane_table table;
static struct miked ks, gm;
static sd_event *event;

const struct plane *__wrap_kernel_plane(const struct kernel *kernel);

const struct plane *__wrap_kernel_plane(const struct kernel *kernel)
{
	(void)kernel;
	return &table.plane;
}

static void report(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

__attribute__((format(printf, 1, 2)))
static struct conf *load(const char *format, ...)
{
	char text[2048];
	va_list ap;
	int len;

	va_start(ap, format);
	len = vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	assert_in_range(len, 1, sizeof(text) - 1);
	return conf_load_text("test", text, (size_t)len, true, report, NULL);
}

static void write_key(const char *name, const char *key)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(key, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* The key server, with this in its `local`, and in its group's `rekey`. */
static struct conf *ks_conf_by(const char *local, const char *rekey)
{
	return load("local: { %s }\n"
		    "credentials: [ { name: here, identity: ks.example } ]\n"
		    "psk: [ { peer: gm.example, file: %s/ks } ]\n"
		    "key-server: { credential: here, groups: [ { name: video,\n"
		    "  traffic: [ { destination: 239.1.1.1 } ], rekey: { %s },\n"
		    "  members: [ { identity: gm.example, role: both } ] } ] }\n",
		    local, dir, rekey);
}

static struct conf *ks_conf(const char *local)
{
	return ks_conf_by(local, "transport: unicast");
}

static struct conf *gm_conf(void)
{
	return load("local: { addresses: [ 127.0.0.2 ] }\n"
		    "credentials: [ { name: here, identity: gm.example } ]\n"
		    "psk: [ { peer: ks.example, file: %s/gm } ]\n"
		    "member: { credential: here, key-servers: [ { name: main,\n"
		    "  address: 127.0.0.1, identity: ks.example,\n"
		    "  may-give: [ { destination: 239.0.0.0/8 } ] } ],\n"
		    "  groups: [ { name: video, key-servers: [ main ], role: both,\n"
		    "  interface: lo } ] }\n", dir);
}

static int start(struct miked *miked, struct conf *conf)
{
	size_t i;
	int err;

	*miked = (struct miked){ .event = event, .conf = conf };
	for (i = 0; i < SERVICES; i++) {
		err = services[i]->start(miked);
		if (err) {
			while (i--)
				services[i]->stop(miked);
			conf_free(miked->conf);
			miked->conf = NULL;
			return err;
		}
	}
	return 0;
}

static void stop(struct miked *miked)
{
	size_t i;

	for (i = SERVICES; miked->conf && i--;)
		services[i]->stop(miked);
	conf_free(miked->conf);
	miked->conf = NULL;
}

/* As main.c does it. */
static bool reload(struct miked *miked, struct conf *conf)
{
	struct conf *before = miked->conf;
	struct conf_diff diff;
	bool prepared = true;
	size_t i;

	assert_true(conf_diff(before, conf, &diff));
	for (i = 0; i < SERVICES && prepared; i++)
		prepared = !services[i]->prepare || !services[i]->prepare(miked, conf);
	if (!prepared)
		for (i--; i--;)
			if (services[i]->cancel)
				services[i]->cancel(miked);
	if (prepared)
		miked->conf = conf;
	for (i = 0; prepared && i < SERVICES; i++)
		if (services[i]->reload)
			services[i]->reload(miked, before, &diff);
	conf_diff_free(&diff);
	conf_free(prepared ? before : conf);
	return prepared;
}

/* Until it is so, or it is clear that it will never be. */
static void run_until(bool (*done)(void))
{
	uint64_t end = timer_now() + 60000;

	while (!done()) {
		assert_true(sd_event_run(event, 1000000) >= 0);
		assert_true(timer_now() < end);
	}
}

static bool has_keys(void)
{
	return table.n_sas == 1;
}

static bool has_none(void)
{
	return table.n_sas == 0;
}

static unsigned int members(void)
{
	struct gemcast_ks_member last = { 0 }, *after = NULL;
	unsigned int n = 0;

	while (!ks.ops.ks_member(&ks, after, &last)) {
		after = &last;
		n += !strcmp(last.state, "registered");
	}
	return n;
}

static bool no_member(void)
{
	return !members();
}

static bool no_ike_sa(void)
{
	return !ike_sa_count(gm.ike);
}

static void join(void)
{
	assert_int_equal(start(&ks, ks_conf("addresses: [ 127.0.0.1 ]")), 0);
	assert_int_equal(start(&gm, gm_conf()), 0);
	run_until(has_keys);
}

static int setup(void **state)
{
	(void)state;
	assert_int_equal(sd_event_new(&event), 0);
	plane_table_init(&table);
	write_key("ks", "0x000102030405060708090a0b0c0d0e0f\n");
	write_key("gm", "0x000102030405060708090a0b0c0d0e0f\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stop(&gm);
	stop(&ks);
	sd_event_unref(event);
	return 0;
}

static void test_registers(void **state)
{
	struct gemcast_membership membership;
	struct gemcast_ks_group group;

	(void)state;
	join();
	assert_int_equal(members(), 1);
	assert_int_equal(gm.ops.membership(&gm, NULL, &membership), 0);
	assert_string_equal(membership.state, "joined");
	assert_int_equal(gm.ops.membership(&gm, &membership, &membership), -ENOENT);
	assert_int_equal(ks.ops.ks_group(&ks, NULL, &group), 0);
	assert_string_equal(group.name, "video");
	/* Who is no key server, cannot be asked as one. */
	assert_null(gm.ops.ks_group);
	assert_null(gm.ops.ks_rekey);

	stop(&gm);
	assert_true(has_none());
	run_until(no_member);
}

static void test_key_server_stops(void **state)
{
	(void)state;
	join();
	assert_int_equal(ike_sa_count(gm.ike), 1);
	stop(&ks);
	/* The member is told. */
	run_until(no_ike_sa);
	/* What it was told at the end, it knows. */
	assert_int_equal(start(&ks, ks_conf("addresses: [ 127.0.0.1 ]")), 0);
	assert_true(no_member());
}

static bool has_next_keys(void)
{
	return table.n_sas == 2;
}

/* By one datagram to all, which takes the member's other upcall. */
static void test_rekey_by_multicast(void **state)
{
	struct reason why;

	(void)state;
	assert_int_equal(start(&ks, ks_conf_by("addresses: [ 127.0.0.1 ]",
					       "transport: multicast, address: 239.2.2.2,"
					       " interface: lo, retransmissions: 0")), 0);
	assert_int_equal(start(&gm, gm_conf()), 0);
	run_until(has_keys);
	assert_int_equal(net_udp_stats(gm.udp)->group_received, 0);
	assert_int_equal(ks_rekey(ks.ks, "video", false, &why), 0);
	run_until(has_next_keys);
	assert_int_equal(net_udp_stats(ks.udp)->group_sent, 1);
	assert_int_equal(net_udp_stats(gm.udp)->group_received, 1);
}

static struct net_end at(uint16_t port)
{
	struct net_end end = { .addr.family = AF_INET, .port = port };

	end.addr.in.s_addr = htonl(INADDR_LOOPBACK);
	return end;
}

static void test_reload(void **state)
{
	struct net_end end = at(600);
	struct net_path path;

	(void)state;
	join();
	assert_true(reload(&ks, ks_conf("addresses: [ 127.0.0.1 ], ports: [ 600, 848 ]")));
	assert_true(net_udp_route(ks.udp, &end, &path));
	assert_int_equal(path.local.port, 600);
	assert_int_equal(members(), 1);
	assert_true(reload(&gm, gm_conf()));
	assert_true(has_keys());

	/* One that cannot be, because of its sockets; */
	assert_false(reload(&ks, ks_conf("addresses: [ 127.0.0.2 ]")));
	assert_string_equal(ks.conf->key_server.groups[0].name, "video");
	/* or of its keys, and then the sockets are what they were, too. */
	write_key("ks", "0x123\n");
	end = at(700);
	assert_false(reload(&ks, ks_conf("addresses: [ 127.0.0.1 ], ports: [ 700 ]")));
	assert_true(net_udp_route(ks.udp, &end, &path));
	assert_int_equal(path.local.port, 600);
	assert_int_equal(members(), 1);
	stop(&gm);
	run_until(no_member);
}

static void test_does_not_start(void **state)
{
	(void)state;
	write_key("ks", "0x123\n");
	assert_int_equal(start(&ks, ks_conf("addresses: [ 127.0.0.1 ]")), -EINVAL);
	write_key("ks", "0x000102030405060708090a0b0c0d0e0f\n");
	/* What it began it has ended. */
	assert_int_equal(start(&ks, ks_conf("addresses: [ 127.0.0.1 ]")), 0);
	assert_int_equal(start(&gm, ks_conf("addresses: [ 127.0.0.1 ]")), -EADDRINUSE);
}

static int enter(void **state)
{
	unsigned int area;

	(void)state;
	for (area = 0; area < AREAS; area++)
		log_set_level((enum log_area)area, LEVEL_ERROR);
	return netns_enter() && mkdtemp(dir) ? 0 : -1;
}

static int leave(void **state)
{
	char path[64];

	(void)state;
	snprintf(path, sizeof(path), "%s/ks", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/gm", dir);
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_registers),
		TEST(test_key_server_stops),
		TEST(test_rekey_by_multicast),
		TEST(test_reload),
		TEST(test_does_not_start),
	};
#undef TEST

	return cmocka_run_group_tests(tests, enter, leave);
}
