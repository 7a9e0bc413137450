// SPDX-License-Identifier: GPL-2.0-or-later
/* Batches: cutting lines into words, and stopping at the first that fails. */
#include "test.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"
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
	fake_reset();
	return 0;
}

/* The words of a line, with | between them. */
static void splits(const char *line, const char *expected)
{
	char buf[256], joined[256] = "", *words[8];
	const char *error;
	size_t len = 0;
	int n, i;

	snprintf(buf, sizeof(buf), "%s", line);
	n = batch_split(buf, words, (int)ARRAY_SIZE(words), &error);
	assert_true(n >= 0);
	for (i = 0; i < n; i++)
		len += (size_t)snprintf(joined + len, sizeof(joined) - len,
					"%s|", words[i]);
	assert_string_equal(joined, expected);
}

static void split_fails(const char *line, const char *expected)
{
	char buf[256], *words[8];
	const char *error;

	snprintf(buf, sizeof(buf), "%s", line);
	assert_int_equal(batch_split(buf, words, (int)ARRAY_SIZE(words), &error),
			 -1);
	assert_string_equal(error, expected);
}

static void split(void **state)
{
	(void)state;
	splits("", "");
	splits(" \t\r\n", "");
	splits("# group add 7", "");
	splits("  # a comment", "");
	splits("group add 7\n", "group|add|7|");
	splits("\tgroup  add\t7 # why", "group|add|7|");
	splits("group add 7\r\n", "group|add|7|");
	splits("a#b #c", "a#b|");
	splits("'rfc4106(gcm(aes))' x", "rfc4106(gcm(aes))|x|");
	splits("\"a b\" 'c \"d\"' e", "a b|c \"d\"|e|");
	splits("a'b c'd", "ab cd|");
	splits("'' x", "|x|");
	splits("'#' #", "#|");
	splits("1 2 3 4 5 6 7 8", "1|2|3|4|5|6|7|8|");
	splits("1 2 3 4 5 6 7 8 # 9", "1|2|3|4|5|6|7|8|");
	split_fails("1 2 3 4 5 6 7 8 9", "too many words");
	split_fails("a 'b", "a quote has no end");
	split_fails("\"", "a quote has no end");
	split_fails("'a\"", "a quote has no end");
}

static void runs(void **state)
{
	(void)state;
	assert_int_equal(run_input("-batch -",
				   "# two groups\n"
				   "\n"
				   "group add 7\n"
				   "   group add 8 encap udp   # and a port\n"
				   "policy add group 7 dst '239.1.1.1'"), 0);
	assert_string_equal(run_err, "");
	assert_int_equal(fake_sent_count(), 3);
	assert_int_equal(run_input("-b -", ""), 0);
}

static void stops_at_bad_usage(void **state)
{
	(void)state;
	assert_int_equal(run_input("-b -", "group add 7\n\ngruop add 8\n"
					   "group add 9\n"), 1);
	assert_string_equal(run_err, "-:3: OBJECT \"gruop\" is not known (did you mean \"group\"?); expected one of: group, policy, sa, sender, peer, monitor, stats, join, leave, status, ks, log\n");
	assert_int_equal(fake_sent_count(), 1);
	assert_int_equal(run_input("-b -", "group add '7"), 1);
	assert_string_equal(run_err, "-:1: a quote has no end\n");
}

static void stops_at_refusal(void **state)
{
	(void)state;
	fake_answer_ack(0, NULL, 0, 0);
	fake_answer_ack(-EEXIST, "the group exists", 0, 0);
	assert_int_equal(run_input("-b -", "group add 7\ngroup add 7\n"
					   "group add 9\n"), 2);
	assert_string_equal(run_err, "-:2: the group exists\n");
	assert_int_equal(fake_sent_count(), 2);
}

static void help_goes_on(void **state)
{
	(void)state;
	assert_int_equal(run_input("-b -", "stats help\nstats reset\n"), 0);
	assert_string_equal(run_out, "gemcast stats [ reset ]\n");
	assert_int_equal(fake_sent_count(), 1);
}

static void json(void **state)
{
	(void)state;
	fake_answer_done(0);
	fake_answer_done(0);
	assert_int_equal(run_input("-j -b -", "group show\npolicy show\n"), 0);
	assert_string_equal(run_out, "[]\n[]\n");
}

static void key_from_the_batch(void **state)
{
	(void)state;
	assert_int_equal(run_input("-b -", "sa add group 7 spi 4097 dst 239.1.1.1 dir in aead x key -\n"),
			 1);
	assert_string_equal(run_err, "-:1: sa add: the key cannot come from standard input, the batch does\n");
	assert_int_equal(run_input("-b -", "sa add group 7 spi 4097 dst 239.1.1.1 dir in aead x key fd 0\n"),
			 1);
}

static void transactions(void **state)
{
	(void)state;
	assert_int_equal(run_input("-b -", "policy begin\n"
				   "policy add dst 239.1.1.1 action bypass\n"
				   "policy commit\npolicy begin\n"
				   "policy abort\n"), 0);
	assert_string_equal(run_err, "");
	assert_int_equal(fake_sent_count(), 5);
	assert_int_equal(run_input("-b -", "\npolicy begin\npolicy flush\n"), 1);
	assert_string_equal(run_err, "-:3: the transaction of line 2 has no commit\n");
	fake_answer_ack(-EBUSY, "another's", 0, 0);
	assert_int_equal(run_input("-b -", "policy begin\npolicy flush\n"), 2);
	assert_string_equal(run_err, "-:1: another's\n");
	assert_int_equal(run("policy begin"), 1);
	assert_string_equal(run_err, "gemcast: policy begin: a transaction is for a batch\n");
	assert_int_equal(run_input("-b -", "policy commit now\n"), 1);
}

static void from_a_file(void **state)
{
	char path[] = "/tmp/gemcast-batch-XXXXXX", words[64], expected[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "stats reset\nx\n", 14), 14);
	close(fd);
	snprintf(words, sizeof(words), "-b %s", path);
	assert_int_equal(run(words), 1);
	snprintf(expected, sizeof(expected), "%s:2: OBJECT \"x\" is not", path);
	assert_ptr_equal(strstr(run_err, expected), run_err);
	unlink(path);
	assert_int_equal(run("-b /"), 1);
	assert_non_null(strstr(run_err, "Is a directory"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(split, setup, teardown),
		cmocka_unit_test_setup_teardown(runs, setup, teardown),
		cmocka_unit_test_setup_teardown(stops_at_bad_usage, setup,
						teardown),
		cmocka_unit_test_setup_teardown(stops_at_refusal, setup,
						teardown),
		cmocka_unit_test_setup_teardown(help_goes_on, setup, teardown),
		cmocka_unit_test_setup_teardown(json, setup, teardown),
		cmocka_unit_test_setup_teardown(key_from_the_batch, setup,
						teardown),
		cmocka_unit_test_setup_teardown(transactions, setup, teardown),
		cmocka_unit_test_setup_teardown(from_a_file, setup, teardown),
	};

	return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
