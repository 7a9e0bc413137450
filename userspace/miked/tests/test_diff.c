// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two configurations: what was added, removed and changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "conf/diff.h"
#include "test.h"

static void report(void *arg, const char *text)
{
	(void)arg;
	fail_msg("%s", text);
}

static struct conf *load(const char *text)
{
	return conf_load_text("f", text, strlen(text), false, report, NULL);
}

#define HEAD	"credentials: [ { name: here, identity: x } ]\npsk: [ { peer: \"*\", file: /psk } ]\n"
#define GROUP(name, more)								\
	"  - name: " name "\n    traffic: [ { destination: 239.1.1.1 } ]\n"			\
	"    members: [ { identity: \"*\", from: [ 10.0.0.0/8 ] } ]\n    " more "\n"
#define KS(groups)	HEAD "key-server:\n  credential: here\n  groups:\n" groups

#define NONE	HEAD "key-server:\n  credential: here\n"

/* "parts: list.name=what ..." */
static const char *differ(const char *before, const char *after)
{
	static char text[512];
	struct conf *a = load(before), *b = load(after);
	const struct conf_change *change;
	struct conf_diff diff;
	size_t i;
	int len;

	assert_true(conf_diff(a, b, &diff));
	len = snprintf(text, sizeof(text), "%x:", diff.parts);
	for (i = 0; i < diff.count; i++) {
		change = &diff.changes[i];
		if (change->before)
			assert_string_equal(change->before, change->name);
		if (change->after)
			assert_string_equal(change->after, change->name);
		len += snprintf(text + len, sizeof(text) - (size_t)len, " %s.%s=%s",
				conf_list_name(change->list), change->name,
				!change->before ? "added" :
				!change->after	? "removed" :
						  "changed");
	}
	conf_diff_free(&diff);
	conf_free(a);
	conf_free(b);
	return text;
}

static void groups(void **state)
{
	const char *both = KS(GROUP("a", "") GROUP("b", ""));

	(void)state;
	assert_string_equal(differ(both, both), "0:");
	assert_string_equal(differ(both, KS(GROUP("b", "") GROUP("a", ""))), "0:");
	/* the same said in another way */
	assert_string_equal(differ(both, KS(GROUP("a", "lifetime: 60 min") GROUP("b", "id: b"))),
			    "0:");
	assert_string_equal(differ(both, KS(GROUP("b", "") GROUP("c", ""))),
			    "0: key-server.groups.a=removed key-server.groups.c=added");
	assert_string_equal(differ(NONE, both),
			    "0: key-server.groups.a=added key-server.groups.b=added");
	assert_string_equal(differ(both, NONE),
			    "0: key-server.groups.a=removed key-server.groups.b=removed");
}

/* A change of anything that a group has is one. */
static void members_of_group(void **state)
{
	static const char * const changes[] = {
		"id: y", "mode: transport", "encryption: aes128gcm16", "senders: one",
		"sender-id-bits: 8", "lifetime: 2 h", "rollover: 1 min", "packets: 1",
		"activation-delay: 40 s", "rekey: { interval: 1 s }",
		"rekey: { encryption: aes128gcm16 }", "rekey: { acknowledge-within: 1 s }",
	};
	char text[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		snprintf(text, sizeof(text), "%s    %s\n", KS(GROUP("a", "")), changes[i]);
		assert_string_equal(differ(KS(GROUP("a", "")), text),
				    "0: key-server.groups.a=changed");
	}
	assert_string_equal(differ(KS(GROUP("a", "")), HEAD
		"key-server:\n  credential: here\n  groups:\n"
		"  - name: a\n    traffic: [ { destination: 239.1.1.1 } ]\n"
		"    members: [ { identity: \"*\", from: [ 10.0.0.0/9 ] } ]\n"),
			    "0: key-server.groups.a=changed");
}

static void parts(void **state)
{
	static const struct {
		const char *more;
		const char *expected;
	} cases[] = {
		{ "log: { net: debug }", "1:" },
		{ "control: { clients: 3 }", "2:" },
		{ "local: { ports: [ 848 ] }", "4:" },
		{ "ike: { proposals: [ aes128gcm16-prfsha256-ecp256 ] }", "8:" },
		{ "trust: { ca: [ /ca ] }", "10:" },
		{ "ppk: [ { id: a, peer: b, file: /f } ]", "40:" },
		{ "member: { retry: 3 s }", "100:" },
		{ "member: { credential: here, key-servers: [ { name: a, address: \"::1\", identity: x, may-give: [ { destination: ff15::1 } ] } ], groups: [ { name: v, key-servers: [ a ] } ] }",
		  "100: member.key-servers.a=added member.groups.v=added" },
	};
	char text[1024];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "%s%s\n", NONE, cases[i].more);
		assert_string_equal(differ(NONE, text), cases[i].expected);
	}
	assert_string_equal(differ("member: {}", HEAD "member: {}"), "20: credentials.here=added");
	assert_string_equal(differ("credentials: [ { name: here, identity: y } ]\n"
				   "psk: [ { peer: \"*\", file: /psk } ]\nmember: {}\n",
				   HEAD "key-server: { credential: here }"),
			    "80: credentials.here=changed");
}

static void equal(void **state)
{
	struct conf *a = load(KS(GROUP("a", ""))), *b = load(KS(GROUP("a", "lifetime: 2 h")));

	(void)state;
	assert_true(conf_group_equal(conf_group(a, "a"), conf_group(a, "a")));
	assert_false(conf_group_equal(conf_group(a, "a"), conf_group(b, "a")));
	conf_free(a);
	conf_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(members_of_group),
		cmocka_unit_test(parts),
		cmocka_unit_test(equal),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
