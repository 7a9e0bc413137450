// SPDX-License-Identifier: GPL-2.0-or-later
/* Bad usage: what is said of it. And help, wherever it is asked for. */
#include "test.h"
#include <string.h>
#include "fake.h"
#include "run.h"

static int setup(void **state)
{
	(void)state;
	fake_reset();
	fake_serve();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run_end();
	assert_int_equal(fake_open_sockets(), 0);
	fake_reset();
	return 0;
}

#define SA	"sa add group 7 spi 4097 dst 239.1.1.1 dir in "
#define ALL	"group, dst, src, proto, sport, dport, dev, dir, prio, action, " \
		"mode, preserve, local, remote, on-no-sa, df, fragment, " \
		"dscp, ecn, decap-dscp, reinject"

static const struct {
	const char *words;
	const char *error;
} usage[] = {
	{ "-x", "option \"x\" is not known; expected one of: json, pretty, statistics, netns, batch, force, control, Version, help" },
	{ "-n", "-netns: its value is missing" },
	{ "-netns no/name group", "netns \"no/name\": not a name" },
	{ "-netns .. group", "netns \"..\": not a name" },
	{ "-n nosuch-namespace group", "netns \"nosuch-namespace\": No such file or directory" },
	{ "-b", "-batch: its value is missing" },
	{ "-b /nonexistent", "/nonexistent: No such file or directory" },
	{ "-b x group show", "a batch and a command: one of them" },
	{ "group shwo", "group: COMMAND \"shwo\" is not known (did you mean \"show\"?); expected one of: show, add, replace, del, flush" },
	{ "group add", "group add: GROUP is missing" },
	{ "group add x", "group add: GROUP \"x\": expected a number from 1 to 4294967295" },
	{ "group add 0", "group add: GROUP \"0\": expected a number from 1 to 4294967295" },
	{ "group add 4294967296", "group add: GROUP \"4294967296\": expected a number from 1 to 4294967295" },
	{ "group add 7 8", "group add: word \"8\" is not known; expected one of: encap, port, parallel" },
	{ "group add 7 encap", "group add: encap is missing" },
	{ "group add 7 encap tcp", "group add: encap \"tcp\" is not known; expected one of: none, udp" },
	{ "group add 7 encap udp port 0", "group add: port \"0\": expected a number from 1 to 65535" },
	{ "group add 7 encap udp port 65536", "group add: port \"65536\": expected a number from 1 to 65535" },
	{ "group add 7 encap udp port 1 2", "group add: word \"2\" is not known; expected one of: encap, port, parallel" },
	{ "group add 7 encap udp encap udp", "group add: encap is given twice" },
	{ "group add 7 parallel", "group add: parallel is missing" },
	{ "group add 7 parallel 1", "group add: parallel \"1\" is not known; expected one of: off, on" },
	{ "group add 7 parallel o", "group add: parallel \"o\" is ambiguous: off, on" },
	{ "group del", "group del: GROUP is missing" },
	{ "group show 7 8", "group show: \"8\" is one word too many" },
	{ "policy add group 7", "policy add: dst is missing" },
	{ "policy add dts 239.1.1.1", "policy add: word \"dts\" is not known (did you mean \"dst\"?); expected one of: " ALL },
	{ "policy add p", "policy add: word \"p\" is ambiguous: proto, prio, preserve" },
	{ "policy add dst", "policy add: dst is missing" },
	{ "policy add dst host", "policy add: dst \"host\": expected ADDRESS[/LENGTH]" },
	{ "policy add dst 239.1.1.1/33", "policy add: dst \"239.1.1.1/33\": expected ADDRESS[/LENGTH]" },
	{ "policy add dst 239.1.1.1 dst 239.1.1.1", "policy add: dst is given twice" },
	{ "policy add dst 239.1.1.1 sport 9-8", "policy add: sport \"9-8\": expected PORT or PORT-PORT, from 0 to 65535, the lower first" },
	{ "policy add dst 239.1.1.1 proto xyz", "policy add: proto \"xyz\": expected a protocol's name, or a number from 0 to 255" },
	{ "policy add dst 239.1.1.1 dev a/b", "policy add: dev \"a/b\": expected the name of an interface" },
	{ "policy add dst 239.1.1.1 dev", "policy add: IFNAME is missing" },
	{ "policy add dst 239.1.1.1 local host", "policy add: local \"host\": expected an IPv4 or IPv6 address" },
	{ "policy add dst 239.1.1.1 action protct", "policy add: action \"protct\" is not known (did you mean \"protect\"?); expected one of: protect, bypass, discard" },
	{ "policy add dst 239.1.1.1 mode t", "policy add: mode \"t\" is ambiguous: tunnel, transport" },
	{ "policy add dst 239.1.1.1 reinject rx eth0", "policy add: dev \"eth0\" is not known; expected one of: dev" },
	{ "policy add dst 239.1.1.1 reinject rx", "policy add: dev is missing" },
	{ "policy add dst 239.1.1.1 index 5", "policy add: word \"index\" is not known; expected one of: " ALL },
	{ "policy show mode tunnel", "policy show: word \"mode\" is not known; expected one of: group, dst, src, proto, sport, dport, dev, dir, prio, action, index" },
	{ "policy get index 0", "policy get: index \"0\": expected a number from 1 to 4294967295" },
	{ "sa add", "sa add: group is missing" },
	{ "sa add group 7", "sa add: spi is missing" },
	{ "sa add group 7 spi 1", "sa add: dir is missing" },
	{ "sa add group 7 spi 1 dir in", "sa add: aead is missing" },
	{ "sa add group 7 spi 1 dir in aead x", "sa add: key is missing" },
	{ "sa add group 7 spi 0x1ffffffff", "sa add: spi \"0x1ffffffff\": expected a number from 0 to 4294967295" },
	{ SA "icv 10", "sa add: icv \"10\": expected 8, 12 or 16" },
	{ SA "sid 3", "sa add: bits is missing" },
	{ SA "sid 3 sid-bits 8", "sa add: bits \"sid-bits\" is not known; expected one of: bits" },
	{ SA "sid 3 bits 9", "sa add: bits \"9\": expected 8, 12 or 16" },
	{ SA "sid 3 bits 8 sid-bits 8", "sa add: sid-bits is given twice" },
	{ SA "replay s", "sa add: replay \"s\" is ambiguous: sa, source, sid" },
	{ SA "activate soon", "sa add: activate \"soon\": expected seconds, with up to three decimals" },
	{ SA "activate 1.0001", "sa add: activate \"1.0001\": expected seconds, with up to three decimals" },
	{ SA "limit packets 5", "sa add: limit \"5\" is not known; expected one of: soft, hard" },
	{ SA "limit bytes soft 0", "sa add: limit \"0\": expected a number from 1 to 18446744073709551615" },
	{ SA "limit bytes soft 5 limit bytes soft 6", "sa add: this limit is given twice" },
	{ SA "key", "sa add: key source is missing" },
	{ SA "key 0123456789abcdef", "sa add: key source \"0123456789abcdef\" is not known; expected one of: file, fd, -" },
	{ SA "key f", "sa add: key source \"f\" is ambiguous: file, fd" },
	{ SA "key fd x", "sa add: fd \"x\": expected a number from 0 to 2147483647" },
	{ SA "key file", "sa add: PATH is missing" },
	{ SA "aead a12345678901234567890123456789012345678901234567890123456789012", NULL },
	{ "sa s dir in", "sa show: word \"dir\" is not known; expected one of: group, spi, dst, src" },
	{ "sa se spi", "sa set: spi is missing" },
	{ "sa show dir in", "sa show: word \"dir\" is not known; expected one of: group, spi, dst, src" },
	{ "sa set spi 5", "sa set: deactivate is missing" },
	{ "sa set spi 5 window 64", "sa set: word \"window\" is not known; expected one of: group, spi, dst, src, deactivate" },
	{ "sa set deactivate 5 deactivate 6", "sa set: deactivate is given twice" },
	{ "peer add group 8", "peer add: to is missing" },
	{ "peer add to 10.0.0.1", "peer add: group is missing" },
	{ "sender show sid 65536", "sender show: sid \"65536\": expected a number from 0 to 65535" },
	{ "sender show sid 1 sid 2", "sender show: sid is given twice" },
	{ "peer flush", "peer: COMMAND \"flush\" is not known; expected one of: show, add, replace, del" },
	{ "stats rest", "stats: COMMAND \"rest\" is not known (did you mean \"reset\"?); expected one of: show, reset" },
	{ "stats reset now", "stats reset: \"now\" is one word too many" },
	{ "monitor everything", "monitor: event \"everything\" is not known; expected one of: all, sa, policy, acquire, expire, audit" },
};

static void bad_usage(void **state)
{
	char expected[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(usage); i++) {
		assert_int_equal(run(usage[i].words), 1);
		assert_string_equal(run_out, "");
		if (!usage[i].error)
			continue;
		snprintf(expected, sizeof(expected), "gemcast: %s\n",
			 usage[i].error);
		assert_string_equal(run_err, expected);
	}
	/* Nothing of it went to the kernel. */
	assert_int_equal(fake_sent_count(), 0);
}

#define HELP "OBJECT := { group | policy | sa | sender | peer | monitor | stats } "

/* Without an object, or with one that is not there, the grammar is shown. */
static void no_object(void **state)
{
	(void)state;
	assert_int_equal(run(""), 1);
	assert_non_null(strstr(run_err, "gemcast: OBJECT is missing\n"));
	assert_non_null(strstr(run_err, HELP));
	assert_int_equal(run("unite"), 1);
	assert_non_null(strstr(run_err, "gemcast: OBJECT \"unite\" is not known"));
	assert_non_null(strstr(run_err, HELP));
	assert_int_equal(run("s"), 1);
	assert_non_null(strstr(run_err, "OBJECT \"s\" is ambiguous: sa, sender, stats, status"));
}

static void help(void **state)
{
	static const struct {
		const char *words;
		const char *begins;
	} points[] = {
		{ "help", "gemcast [ -j[son] ]" },
		{ "-help", "gemcast [ -j[son] ]" },
		{ "--help", "gemcast [ -j[son] ]" },
		{ "group help", "gemcast group { add | replace } GROUP" },
		{ "group show help", "gemcast group { show | del | flush }" },
		{ "group add help", "gemcast group { add | replace } GROUP" },
		{ "group add 7 help", "gemcast group { add | replace } GROUP" },
		{ "group add 7 encap help", "gemcast group { add" },
		{ "group add 7 encap udp port help", "gemcast group { add" },
		{ "group add 7 encap udp port 9 help", "gemcast group { add" },
		{ "group add 7 parallel help", "gemcast group { add" },
		{ "policy help", "gemcast policy { add | replace } [ group" },
		{ "policy get help", "gemcast policy { get | del } SELECTOR" },
		{ "policy show dst help", "gemcast policy { show | flush }" },
		{ "pol add dst 239.1.1.1 prio help", "gemcast policy { add" },
		{ "sa help", "gemcast sa { add | replace } group GROUP" },
		{ "sa add activate help", "gemcast sa { add | replace }" },
		{ "sa add key help", "gemcast sa { add | replace }" },
		{ "sa add key fd help", "gemcast sa { add | replace }" },
		{ "sa add limit packets help", "gemcast sa { add | replace }" },
		{ "sa flush help", "gemcast sa { show | get | del | flush }" },
		{ "peer help", "gemcast peer { add | replace | del }" },
		{ "peer show help", "gemcast peer show" },
		{ "stats help", "gemcast stats [ reset ]\n" },
		{ "stats reset help", "gemcast stats [ reset ]\n" },
		{ "monitor help", "gemcast monitor [ all | sa" },
		{ "monitor expire help", "gemcast monitor [ all | sa" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		assert_int_equal(run(points[i].words), 0);
		assert_string_equal(run_err, "");
		assert_ptr_equal(strstr(run_out, points[i].begins), run_out);
	}
	assert_int_equal(fake_sent_count(), 0);
}

static void version(void **state)
{
	(void)state;
	assert_int_equal(run("-V"), 0);
	assert_string_equal(run_out, "gemcast " VERSION "\n");
	assert_int_equal(run("-Version group show"), 0);
	assert_string_equal(run_out, "gemcast " VERSION "\n");
}

/* Words may be short where they are the only ones that begin so. */
static void short_words(void **state)
{
	static const char * const good[] = {
		"g a 7", "g r 7 e u po 4500 pa on", "g f", "po ad dst 239.1.1.1 a d",
		"po f", "pe a g 8 t 10.0.0.1 p 1 d eth0", "sa f g 7 sp 4097",
		"stats r",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(run(good[i]), 0);
		assert_string_equal(run_err, "");
		assert_int_equal(fake_sent_count(), i + 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bad_usage, setup, teardown),
		cmocka_unit_test_setup_teardown(no_object, setup, teardown),
		cmocka_unit_test_setup_teardown(help, setup, teardown),
		cmocka_unit_test_setup_teardown(version, setup, teardown),
		cmocka_unit_test_setup_teardown(short_words, setup, teardown),
	};

	return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
