// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is miked's: what the command and the library ask of it, and what they make of its
 * answers, before a miked of our own.
 */
#include "test.h"
#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"
#include "fake.h"
#include "fake_miked.h"
#include "json.h"
#include "run.h"

int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __real_clock_gettime(clockid_t id, struct timespec *ts);

/* Seconds that go by with each look at the clock. */
static time_t clock_step;
static time_t clock_ahead;
/* What it was told to hold, it answers after so many more looks at the clock. */
static unsigned int looks_to_release;

int __wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int err = __real_clock_gettime(id, ts);

	clock_ahead += clock_step;
	if (looks_to_release && !--looks_to_release)
		fake_miked_release();
	ts->tv_sec += clock_ahead;
	return err;
}

static int setup(void **state)
{
	(void)state;
	clock_step = clock_ahead = 0;
	fake_reset();
	fake_serve();
	fake_miked_start();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	run_end();
	fake_miked_stop();
	/* Nothing of it is the kernel's. */
	return fake_sent_count() ? -1 : 0;
}

/* Run "gemcast -control SOCKET" with these words. */
static int ask(const char *words)
{
	char line[1024];

	snprintf(line, sizeof(line), "-control %s %s", fake_miked_path, words);
	return run(line);
}

#define ASKED(method, parameters)	\
	"{\"method\":\"" method "\",\"parameters\":{" parameters "}}\n"
#define TOLD(parameters)		"{\"parameters\":{" parameters "}}\n"
#define TOLD_MORE(parameters)		"{\"parameters\":{" parameters "},\"continues\":true}\n"
#define REFUSED(name, reason)		\
	"{\"error\":\"" name "\",\"parameters\":{\"reason\":\"" reason "\"}}\n"

static void requests(void **state)
{
	static const struct {
		const char *words;
		const char *asked;
	} cases[] = {
		{ "join video", ASKED("join", "\"name\":\"video\"") },
		{ "join video as sender wait 1.5",
		  ASKED("join", "\"name\":\"video\",\"role\":\"sender\",\"wait\":1500") },
		{ "jo video w 3 as b", ASKED("join", "\"name\":\"video\",\"role\":\"both\",\"wait\":3000") },
		{ "join ff15::7 at 192.0.2.1 as receiver",
		  ASKED("join", "\"id\":\"ff15::7\",\"at\":\"192.0.2.1\",\"role\":\"receiver\"") },
		{ "join keyid:0x01 at 2001:db8::1",
		  ASKED("join", "\"id\":\"keyid:0x01\",\"at\":\"2001:db8::1\"") },
		{ "leave video", ASKED("leave", "\"name\":\"video\"") },
		{ "leave ff15::7", ASKED("leave", "\"name\":\"ff15::7\"") },
		{ "status", ASKED("status", "") },
		{ "stat video", NULL },
		{ "statu video", ASKED("status", "\"name\":\"video\"") },
		{ "ks", ASKED("ks.group.show", "") },
		{ "ks group", ASKED("ks.group.show", "") },
		{ "ks group s", ASKED("ks.group.show", "") },
		{ "ks group s video", ASKED("ks.group.show", "\"name\":\"video\"") },
		{ "k g sh video", ASKED("ks.group.show", "\"name\":\"video\"") },
		{ "ks group del video", ASKED("ks.group.del", "\"name\":\"video\"") },
		{ "ks member", ASKED("ks.member.show", "") },
		{ "ks member show group video", ASKED("ks.member.show", "\"group\":\"video\"") },
		{ "ks member show gm1.example.org gm2.example.org",
		  ASKED("ks.member.show", "\"id\":\"gm1.example.org\"")
		  ASKED("ks.member.show", "\"id\":\"gm2.example.org\"") },
		{ "ks member show group video 192.0.2.7",
		  ASKED("ks.member.show", "\"group\":\"video\",\"id\":\"192.0.2.7\"") },
		{ "ks member admit group video a.example b.example",
		  ASKED("ks.member.admit", "\"group\":\"video\",\"ids\":[\"a.example\",\"b.example\"]") },
		{ "ks member admit group video as sender dn:CN=a",
		  ASKED("ks.member.admit", "\"group\":\"video\",\"ids\":[\"dn:CN=a\"],\"role\":\"sender\"") },
		{ "ks member expel group video a b c",
		  ASKED("ks.member.expel", "\"group\":\"video\",\"ids\":[\"a\",\"b\",\"c\"]") },
		{ "ks rekey group video", ASKED("ks.rekey", "\"group\":\"video\",\"now\":false") },
		{ "ks r g video n", ASKED("ks.rekey", "\"group\":\"video\",\"now\":true") },
		{ "log debug", ASKED("log.level", "\"level\":\"debug\"") },
		{ "log info area ike", ASKED("log.level", "\"area\":\"ike\",\"level\":\"info\"") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ask(cases[i].words), cases[i].asked ? 0 : 1);
		assert_string_equal(fake_miked_asked(), cases[i].asked ? cases[i].asked : "");
	}
}

/* Nothing of it is asked. */
static void bad_usage(void **state)
{
	static const struct {
		const char *words;
		const char *error;
	} cases[] = {
		{ "join", "join: NAME is missing" },
		{ "join -x", "join: NAME \"-x\": expected a name of letters, digits, and . _ - behind the first" },
		{ "join a/b", "join: NAME \"a/b\": expected a name of letters, digits, and . _ - behind the first" },
		{ "join video as", "join: as is missing" },
		{ "join video as listener", "join: as \"listener\" is not known; expected one of: sender, receiver, both" },
		{ "join video as sender as sender", "join: as is given twice" },
		{ "join video wait", "join: wait is missing" },
		{ "join video wait -1", "join: wait \"-1\": expected seconds, with up to three decimals" },
		{ "join video wait 1 wait 1", "join: wait is given twice" },
		{ "join video a", "join: word \"a\" is ambiguous: at, as" },
		{ "join video now", "join: word \"now\" is not known; expected one of: at, as, wait" },
		{ "join 7 at ks.example.org", "join: at \"ks.example.org\": expected an IPv4 or IPv6 address" },
		{ "join ?x at ::1", "join: GROUP-ID \"?x\": expected an identity, as gm1.example.org" },
		{ "leave", "leave: NAME is missing" },
		{ "leave /video", "leave: NAME \"/video\": expected an identity, as gm1.example.org" },
		{ "leave video now", "leave: \"now\" is one word too many" },
		{ "status video x", "status: \"x\" is one word too many" },
		{ "ks grup", "ks: COMMAND \"grup\" is not known (did you mean \"group\"?); expected one of: group, member, rekey" },
		{ "ks group ad", NULL },
		{ "ks group show a b", "ks group show: \"b\" is one word too many" },
		{ "ks group flush", "ks group: COMMAND \"flush\" is not known; expected one of: show, add, set, del" },
		{ "ks group add", "ks group add: file is missing" },
		{ "ks group add file", "ks group add: PATH is missing" },
		{ "ks group add file /nonexistent", "policy file /nonexistent: No such file or directory" },
		{ "ks group add file /dev/zero", "policy file /dev/zero: longer than any policy" },
		{ "ks group add file /", "policy file /: Is a directory" },
		{ "ks group x", "ks group: COMMAND \"x\" is not known; expected one of: show, add, set, del" },
		{ "ks group se", "ks group set: file is missing" },
		{ "ks group set", "ks group set: file is missing" },
		{ "ks group set file", "ks group set: PATH is missing" },
		{ "ks group set file /dev/null now", "ks group set: HOW \"now\" is not known; expected one of: dry-run, yes" },
		{ "ks group set file /dev/null yes yes", "ks group set: \"yes\" is one word too many" },
		{ "ks group set file /nonexistent", "policy file /nonexistent: No such file or directory" },
		{ "ks group del", "ks group del: NAME is missing" },
		{ "ks member admit video a", "ks member admit: group \"video\" is not known; expected one of: group" },
		{ "ks member admit group video", "ks member admit: ID is missing" },
		{ "ks member admit group video as x y", "ks member admit: as \"x\" is not known; expected one of: sender, receiver, both" },
		{ "ks member expel group video", "ks member expel: ID is missing" },
		{ "ks member expel group video *", "ks member expel: ID \"*\": expected an identity, as gm1.example.org" },
		{ "ks member show group", "ks member show: group is missing" },
		{ "ks rekey", "ks rekey: group is missing" },
		{ "ks rekey group", "ks rekey: group is missing" },
		{ "ks rekey group video later", "ks rekey: now \"later\" is not known; expected one of: now" },
		{ "ks rekey group video now now", "ks rekey: \"now\" is one word too many" },
		{ "log", "log: level is missing" },
		{ "log loud", "log: level \"loud\" is not known; expected one of: error, warning, notice, info, debug" },
		{ "log info ike", "log: area \"ike\" is not known; expected one of: area" },
		{ "log info area x", "log: area \"x\" is not known; expected one of: ike, group, kernel, control, conf, store, net" },
		{ "-control", "-control: its value is missing" },
	};
	char expected[512];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(run(cases[i].words), 1);
		assert_string_equal(run_out, "");
		if (!cases[i].error)
			continue;
		snprintf(expected, sizeof(expected), "gemcast: %s\n", cases[i].error);
		assert_string_equal(run_err, expected);
	}
}

static void help(void **state)
{
	static const struct {
		const char *words;
		const char *begins;
	} points[] = {
		{ "join help", "gemcast join { NAME | GROUP-ID at ADDR }" },
		{ "join video as help", "gemcast join { NAME" },
		{ "join video wait help", "gemcast join { NAME" },
		{ "leave help", "gemcast leave NAME\n" },
		{ "status help", "gemcast status [ NAME ]\n" },
		{ "ks help", "gemcast ks group show [ NAME ]\n" },
		{ "ks group help", "gemcast ks group show" },
		{ "ks group add help", "gemcast ks group show" },
		{ "ks member help", "gemcast ks member show" },
		{ "ks member expel group video help", "gemcast ks member show" },
		{ "ks rekey help", "gemcast ks rekey group NAME [ now ]\n" },
		{ "log help", "gemcast log { error |" },
		{ "log info area help", "gemcast log { error |" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(points); i++) {
		assert_int_equal(ask(points[i].words), 0);
		assert_string_equal(run_err, "");
		assert_ptr_equal(strstr(run_out, points[i].begins), run_out);
	}
	assert_string_equal(fake_miked_asked(), "");
}

static void shows(const char *words, const char *expected)
{
	assert_int_equal(ask(words), 0);
	assert_string_equal(run_err, "");
	assert_string_equal(run_out, expected);
}

#define VIDEO								\
	"\"name\":\"video\",\"id\":\"keyid:video\",\"group\":7,"	\
	"\"state\":\"joined\",\"role\":\"both\",\"key-server\":\"main\"," \
	"\"epoch\":3,\"sas\":2,\"since\":61000,\"next-rollover\":3588250"
#define HEARS								\
	",\"rekey-spi\":\"00112233445566778899aabbccddeeff\",\"rekey-addr\":\"239.255.0.1\"," \
	"\"rekey-port\":848,\"rekey-message-id\":4294967294,\"rekey-left\":86399999"
#define AUDIO								\
	"\"name\":\"audio\",\"state\":\"waiting\",\"retry\":5000,"	\
	"\"error\":\"main: AUTHENTICATION_FAILED\""

static void status(void **state)
{
	(void)state;
	fake_miked_answer(TOLD_MORE(AUDIO) TOLD(VIDEO));
	shows("status",
	      "audio state waiting\n"
	      "    retry 5.000\n"
	      "    error main: AUTHENTICATION_FAILED\n"
	      "video state joined as both key-server main group 7 epoch 3 sas 2\n"
	      "    since 61.000 next-rollover 3588.250\n");
	fake_miked_answer(TOLD(VIDEO));
	shows("-s status video",
	      "video state joined as both key-server main group 7 epoch 3 sas 2 id keyid:video\n"
	      "    since 61.000 next-rollover 3588.250\n");
	fake_miked_answer(TOLD_MORE(AUDIO) TOLD(VIDEO));
	shows("-j -s status",
	      "[{\"name\":\"audio\",\"state\":\"waiting\",\"retry\":5.000,"
	      "\"error\":\"main: AUTHENTICATION_FAILED\"},"
	      "{\"name\":\"video\",\"state\":\"joined\",\"role\":\"both\",\"key_server\":\"main\","
	      "\"group\":7,\"epoch\":3,\"sas\":2,\"id\":\"keyid:video\","
	      "\"since\":61.000,\"next_rollover\":3588.250}]\n");
	shows("status", "");
	shows("-j status", "[]\n");
}

static void rekey_sa(void **state)
{
	(void)state;
	fake_miked_answer(TOLD(VIDEO HEARS));
	shows("status",
	      "video state joined as both key-server main group 7 epoch 3 sas 2\n"
	      "    since 61.000 next-rollover 3588.250\n"
	      "    rekey-spi 00112233445566778899aabbccddeeff rekey-addr 239.255.0.1 rekey-port 848 rekey-message-id 4294967294 rekey-left 86399.999\n");
	fake_miked_answer(TOLD("\"name\":\"video\"" HEARS));
	shows("-j status",
	      "[{\"name\":\"video\",\"rekey_spi\":\"00112233445566778899aabbccddeeff\","
	      "\"rekey_addr\":\"239.255.0.1\",\"rekey_port\":848,"
	      "\"rekey_message_id\":4294967294,\"rekey_left\":86399.999}]\n");
}

#define KS_VIDEO							\
	"\"name\":\"video\",\"id\":\"keyid:video\","			\
	"\"encryption\":\"aes128gcm16\",\"rekey\":\"both\",\"epoch\":3," \
	"\"sas\":2,\"members\":1000,\"senders\":2,\"current\":998,"	\
	"\"next-rollover\":3588250,\"converged\":12,\"listening\":5,"	\
	"\"convergence\":9000,\"epochs\":[{\"epoch\":3,\"members\":998,"	\
	"\"registered\":1,\"answered\":2,\"acknowledged\":995},"		\
	"{\"epoch\":2,\"members\":2,\"registered\":2,\"answered\":0,"	\
	"\"acknowledged\":0}]"

static void ks_groups(void **state)
{
	(void)state;
	fake_miked_answer(TOLD_MORE("\"name\":\"audio\"") TOLD(KS_VIDEO));
	shows("ks group",
	      "audio\n"
	      "video id keyid:video encryption aes128gcm16 rekey both\n"
	      "    epoch 3 sas 2 members 1000 senders 2 current 998 listening 5 next-rollover 3588.250 converged 0.012 convergence 9.000\n"
	      "    epoch 3 members 998 registered 1 answered 2 acknowledged 995\n"
	      "    epoch 2 members 2 registered 2 answered 0 acknowledged 0\n");
	fake_miked_answer(TOLD(KS_VIDEO));
	shows("-j -p ks group show video",
	      "[\n"
	      "  {\n"
	      "    \"name\": \"video\",\n"
	      "    \"id\": \"keyid:video\",\n"
	      "    \"encryption\": \"aes128gcm16\",\n"
	      "    \"rekey\": \"both\",\n"
	      "    \"epoch\": 3,\n"
	      "    \"sas\": 2,\n"
	      "    \"members\": 1000,\n"
	      "    \"senders\": 2,\n"
	      "    \"current\": 998,\n"
	      "    \"listening\": 5,\n"
	      "    \"next_rollover\": 3588.250,\n"
	      "    \"converged\": 0.012,\n"
	      "    \"convergence\": 9.000,\n"
	      "    \"epochs\": [\n"
	      "      {\n"
	      "        \"epoch\": 3,\n"
	      "        \"members\": 998,\n"
	      "        \"registered\": 1,\n"
	      "        \"answered\": 2,\n"
	      "        \"acknowledged\": 995\n"
	      "      },\n"
	      "      {\n"
	      "        \"epoch\": 2,\n"
	      "        \"members\": 2,\n"
	      "        \"registered\": 2,\n"
	      "        \"answered\": 0,\n"
	      "        \"acknowledged\": 0\n"
	      "      }\n"
	      "    ]\n"
	      "  }\n"
	      "]\n");
}

#define MEMBER								\
	"\"group\":\"video\",\"id\":\"gm1.example.org\","		\
	"\"state\":\"registered\",\"role\":\"sender\","			\
	"\"addr\":\"2001:db8::7\",\"port\":848,\"epoch\":3,\"sids\":1,"	\
	"\"since\":1000,\"proof\":\"answered\""

static void ks_members(void **state)
{
	(void)state;
	fake_miked_answer(TOLD(MEMBER));
	shows("ks member show group video",
	      "group video gm1.example.org state registered as sender addr 2001:db8::7 port 848 epoch 3 since 1.000\n");
	/* each of several is a list of its own to miked, and one list here */
	fake_miked_answer(TOLD(MEMBER));
	fake_miked_answer(TOLD("\"group\":\"video\",\"id\":\"b\",\"state\":\"admitted\""));
	shows("-s -j ks member show gm1.example.org b",
	      "[{\"group\":\"video\",\"id\":\"gm1.example.org\",\"state\":\"registered\","
	      "\"role\":\"sender\",\"addr\":\"2001:db8::7\",\"port\":848,\"epoch\":3,"
	      "\"proof\":\"answered\",\"sids\":1,"
	      "\"since\":1.000},{\"group\":\"video\",\"id\":\"b\",\"state\":\"admitted\"}]\n");
}

static void policy_from_standard_input(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "-control %s ks group add file -", fake_miked_path);
	assert_int_equal(run_input(line, "name: video\nmembers: []\n"), 0);
	assert_string_equal(fake_miked_asked(),
			    ASKED("ks.group.add", "\"policy\":\"name: video\\nmembers: []\\n\""));
	fake_miked_answer(REFUSED("invalid", "policy:1: traffic: is missing"));
	assert_int_equal(run_input(line, "name: video\n"), 2);
	assert_string_equal(run_err, "gemcast: policy:1: traffic: is missing\n");
	assert_int_equal(run_input(line, "name: \xff\n"), 2);
	assert_string_equal(run_err, "gemcast: ks.group.add: a text that is not UTF-8, or no memory\n");
}

#define POLICY	"\"policy\":\"name: video\\n\""
#define CHECKED	ASKED("ks.group.check", POLICY)

/* Who could not live with it is told, and then it is asked for; or not. */
static void another_policy(void **state)
{
	static const struct {
		const char *how;
		const char *asked;
	} cases[] = {
		{ " dry-run", CHECKED },
		{ "", CHECKED ASKED("ks.group.set", POLICY ",\"yes\":false") },
		{ " yes", CHECKED ASKED("ks.group.set", POLICY ",\"yes\":true") },
	};
	char line[128];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(line, sizeof(line), "-control %s ks group set file -%s", fake_miked_path,
			 cases[i].how);
		fake_miked_answer(TOLD("\"id\":\"gm1\",\"reason\":\"it may not\""));
		assert_int_equal(run_input(line, "name: video\n"), 0);
		assert_string_equal(run_out, "gm1 reason it may not\n");
		assert_string_equal(fake_miked_asked(), cases[i].asked);
	}
	snprintf(line, sizeof(line), "-control %s -j ks group set file -", fake_miked_path);
	fake_miked_answer(TOLD("\"id\":\"gm1\",\"reason\":\"it may not\""));
	fake_miked_answer(REFUSED("refused", "1 of 2 members could not"));
	assert_int_equal(run_input(line, "name: video\n"), 2);
	assert_string_equal(run_out, "[{\"id\":\"gm1\",\"reason\":\"it may not\"}]\n");
	assert_string_equal(run_err, "gemcast: 1 of 2 members could not\n");
	fake_miked_asked();
	fake_miked_answer(REFUSED("not-found", "no group of this name"));
	assert_int_equal(run_input(line, "name: video\n"), 2);
	assert_string_equal(fake_miked_asked(), CHECKED);
}

static void batch(void **state)
{
	char line[128];

	(void)state;
	snprintf(line, sizeof(line), "-control %s -b -", fake_miked_path);
	fake_miked_answer(TOLD(""));
	fake_miked_answer(REFUSED("exists", "it is joined already"));
	assert_int_equal(run_input(line, "leave a\njoin b\nleave c\n"), 2);
	assert_string_equal(run_err, "-:2: it is joined already\n");
	assert_string_equal(fake_miked_asked(),
			    ASKED("leave", "\"name\":\"a\"") ASKED("join", "\"name\":\"b\""));
}

/* What a list has told is there, even if it then breaks. */
static void refusals(void **state)
{
	static const struct {
		const char *answer;
		const char *error;
		const char *out;
	} cases[] = {
		{ REFUSED("not-found", "there is no group of this name"),
		  "there is no group of this name", "" },
		{ "{\"error\":\"busy\"}\n", "busy", "" },
		{ "{\"error\":\"of-tomorrow\",\"parameters\":{}}\n", "of-tomorrow", "" },
		{ TOLD_MORE("\"name\":\"a\"") REFUSED("refused", "the list cannot be told"),
		  "the list cannot be told", "a\n" },
		{ "[]\n", "miked's answer is no JSON object", "" },
		{ "{\n", "miked's answer is no JSON object", "" },
		{ "{\"parameters\":{},\"parameters\":{}}\n", "miked's answer is no JSON object", "" },
		{ TOLD("\"name\":7"), "miked's answer makes no sense: name: expected a string", "" },
		{ TOLD("\"name\":\"a\",\"epoch\":-1"),
		  "miked's answer makes no sense: epoch: expected a number, not below 0 and not too large", "" },
		{ TOLD("\"name\":\"a\",\"epoch\":4294967296"),
		  "miked's answer makes no sense: epoch: expected a number, not below 0 and not too large", "" },
		{ TOLD("\"name\":\"0123456789012345678901234567890123456789012345678901234567890123\""),
		  "miked's answer makes no sense: name: too long", "" },
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		fake_miked_answer(cases[i].answer);
		assert_int_equal(ask("status"), 2);
		snprintf(expected, sizeof(expected), "gemcast: %s\n", cases[i].error);
		assert_string_equal(run_err, expected);
		assert_string_equal(run_out, cases[i].out);
	}
	/* JSON stays JSON. */
	fake_miked_answer(REFUSED("denied", "no"));
	assert_int_equal(ask("-j status"), 2);
	assert_string_equal(run_out, "[]\n");
	/* What a newer one tells more is left out. */
	fake_miked_answer(TOLD("\"name\":\"a\",\"mood\":\"fair\""));
	shows("status", "a\n");
}

static void hang_ups(void **state)
{
	static const char * const answers[] = {
		"", "{\"parameters\":{", TOLD_MORE("\"name\":\"a\""),
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		fake_miked_last_answer(answers[i]);
		assert_int_equal(ask("status"), 2);
		assert_string_equal(run_err, "gemcast: miked hung up\n");
	}
}

static void too_long(void **state)
{
	char *text = malloc(GEMCAST_MESSAGE_MAX + 1);

	(void)state;
	memset(text, 'x', GEMCAST_MESSAGE_MAX);
	text[GEMCAST_MESSAGE_MAX] = '\0';
	fake_miked_answer(text);
	assert_int_equal(ask("status"), 2);
	assert_string_equal(run_err, "gemcast: miked's answer is too long\n");
	free(text);
}

/* Of an answer that does not come, the end is the time that was given. */
static void no_answer(void **state)
{
	(void)state;
	clock_step = 20;
	fake_miked_answer("");
	assert_int_equal(ask("status"), 2);
	assert_string_equal(run_err, "gemcast: miked does not answer\n");
	/* It is longer for who wants to wait: past sending, receiving, and finding nothing. */
	clock_step = 40;
	fake_miked_hold();
	looks_to_release = 3;
	assert_int_equal(ask("join video wait 100"), 0);
	assert_int_equal(looks_to_release, 0);
	clock_step = 0;
	fake_miked_answer(REFUSED("timeout", "not joined yet; miked goes on"));
	assert_int_equal(ask("join video wait 5"), 2);
	assert_string_equal(run_err, "gemcast: not joined yet; miked goes on\n");
}

static void not_running(void **state)
{
	char expected[256];

	(void)state;
	assert_int_equal(run("-control /nonexistent/s status"), 2);
	assert_string_equal(run_err, "gemcast: miked does not run, or has its control socket elsewhere than at /nonexistent/s: systemctl start miked\n");
	assert_int_equal(run("-control /012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345 status"), 2);
	assert_non_null(strstr(run_err, "longer than the path of a socket"));
	snprintf(expected, sizeof(expected), "gemcast: not permitted at %s: be root, or in the group that control.group of miked.conf names\n",
		 fake_miked_path);
	assert_int_equal(chmod(fake_miked_path, 0), 0);
	if (!geteuid()) {
		const struct passwd *nobody = getpwnam("nobody");

		assert_non_null(nobody);
		assert_int_equal(seteuid(nobody->pw_uid), 0);
	}
	assert_int_equal(ask("status"), 2);
	assert_int_equal(seteuid(getuid()), 0);
	assert_string_equal(run_err, expected);
}

static int stop_at_first(const struct gemcast_membership *membership, void *arg)
{
	(*(int *)arg)++;
	return membership->name[0];
}

/* The library's own: one handle, many requests. */
static void handle(void **state)
{
	struct gemcast_control *c = gemcast_control_new();
	char name[GEMCAST_NAME_SIZE + 1];
	struct gemcast_join join = { 0 };
	int calls = 0;

	(void)state;
	assert_non_null(c);
	assert_string_equal(gemcast_control_error(c), "");
	assert_int_equal(gemcast_control_leave(c, "a"), -ENOTCONN);
	assert_string_equal(gemcast_control_error(c), "the handle is not open");
	assert_int_equal(gemcast_control_open(c, fake_miked_path), 0);
	assert_int_equal(gemcast_control_open(c, fake_miked_path), -EALREADY);

	/* fn's value ends the calls, not the list: the next request has its own answer */
	fake_miked_answer(TOLD_MORE("\"name\":\"a\"") TOLD("\"name\":\"b\""));
	assert_int_equal(gemcast_control_status(c, NULL, stop_at_first, &calls), 'a');
	assert_int_equal(calls, 1);
	fake_miked_answer(REFUSED("exists", "twice"));
	assert_int_equal(gemcast_control_leave(c, "a"), -EEXIST);
	assert_string_equal(gemcast_control_error(c), "twice");
	assert_int_equal(gemcast_control_leave(c, "a"), 0);
	assert_string_equal(gemcast_control_error(c), "");

	memset(name, 'n', sizeof(name));
	name[GEMCAST_NAME_SIZE] = '\0';
	assert_int_equal(gemcast_control_leave(c, name), -EINVAL);
	join.present = GEMCAST_BIT(GEMCAST_JOIN_WAIT);
	join.wait = INT64_MAX;
	assert_int_equal(gemcast_control_join(c, &join), -EINVAL);

	/* a broken list leaves nothing behind that could be taken for the next answer */
	fake_miked_answer(TOLD_MORE("\"name\":7") TOLD("\"name\":\"b\""));
	assert_int_equal(gemcast_control_status(c, NULL, stop_at_first, &calls), -EBADMSG);
	assert_int_equal(gemcast_control_leave(c, "a"), -ENOTCONN);
	assert_int_equal(gemcast_control_open(c, fake_miked_path), 0);
	assert_int_equal(gemcast_control_leave(c, "a"), 0);
	gemcast_control_free(c);
	gemcast_control_free(NULL);
}

/* Both ends have each error by the same name. */
static void errors(void **state)
{
	static const int values[] = {
		-EPERM, -EACCES, -EINVAL, -ENOENT, -EEXIST, -EOPNOTSUPP, -ETIMEDOUT, -EBUSY,
		-EMSGSIZE,
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(gemcast_error_value(gemcast_error_name(values[i])), values[i]);
	assert_string_equal(gemcast_error_name(-EIO), "refused");
	assert_int_equal(gemcast_error_value("of-tomorrow"), -EPERM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(requests),
		TEST(bad_usage),
		TEST(help),
		TEST(status),
		TEST(rekey_sa),
		TEST(ks_groups),
		TEST(ks_members),
		TEST(policy_from_standard_input),
		TEST(another_policy),
		TEST(batch),
		TEST(refusals),
		TEST(hang_ups),
		TEST(too_long),
		TEST(no_answer),
		TEST(not_running),
		TEST(handle),
		TEST(errors),
	};

	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
