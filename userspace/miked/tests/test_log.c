// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log: levels, lines to standard error, fields to the journal.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include "base/log.h"
#include "test.h"

int __wrap_sd_journal_sendv(const struct iovec *iov, int n);

static char journal[4096];
static int journal_result;

/* What would go to the journal: a field in each line. */
int __wrap_sd_journal_sendv(const struct iovec *iov, int n)
{
	size_t len = 0;

	for (; n; n--, iov++)
		len += (size_t)snprintf(journal + len, sizeof(journal) - len, "%.*s\n",
					(int)iov->iov_len, (const char *)iov->iov_base);
	errno = EBADF;
	return journal_result;
}

static char *text;
static size_t text_len;
static FILE *real_stderr;

static int setup(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < AREAS; i++)
		log_set_level(i, LEVEL_NOTICE);
	log_to(TARGET_STDERR);
	journal[0] = '\0';
	journal_result = 0;
	real_stderr = stderr;
	stderr = open_memstream(&text, &text_len);
	return stderr && !fflush(stderr) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	fclose(stderr);
	stderr = real_stderr;
	free(text);
	return 0;
}

static int calls;

static int costly(void)
{
	return ++calls;
}

static void levels(void **state)
{
	(void)state;
	log_set_level(AREA_IKE, LEVEL_INFO);
	log_error(AREA_IKE, "%d", 1);
	log_info(AREA_IKE, "%d", 2);
	log_debug(AREA_IKE, "%d", costly());
	log_info(AREA_NET, "%d", costly());
	log_notice(AREA_NET, "%d", 3);
	assert_string_equal(text, "miked: ike: error: 1\nmiked: ike: info: 2\n"
				  "miked: net: notice: 3\n");
	assert_int_equal(calls, 0);
	assert_int_equal(log_level(AREA_IKE), LEVEL_INFO);
	assert_true(log_enabled(AREA_IKE, LEVEL_INFO));
	assert_false(log_enabled(AREA_IKE, LEVEL_DEBUG));
}

static void about(void **state)
{
	(void)state;
	log_line(AREA_GROUP, LEVEL_WARNING, (&(struct log_about){ "video", "gm1\n" }), "late");
	log_line(AREA_GROUP, LEVEL_WARNING, (&(struct log_about){ .peer = "192.0.2.1" }), "late");
	assert_string_equal(text, "miked: group: warning: late group=video peer=gm1\\x0a\n"
				  "miked: group: warning: late peer=192.0.2.1\n");
}

/* A peer cannot make a line of its own, nor talk to a terminal; errno stays. */
static void escapes(void **state)
{
	char longer[3000];

	(void)state;
	errno = ENOENT;
	log_error(AREA_IKE, "a\nmiked: b\x1b[1m\x7f\xc3\xa4");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(text, "miked: ike: error: a\\x0amiked: b\\x1b[1m\\x7f\\xc3\\xa4\n");
	memset(longer, '\n', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	log_error(AREA_IKE, "%s", longer);
	assert_in_range(strlen(text), 1000, 1200);
}

static void to_journal(void **state)
{
	(void)state;
	log_to(TARGET_JOURNAL);
	errno = ENOENT;
	log_line(AREA_STORE, LEVEL_WARNING, (&(struct log_about){ "video", "gm\1" }), "a\nb");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(text, "");
	assert_ptr_equal(strstr(journal, "PRIORITY=4\nSYSLOG_IDENTIFIER=miked\n"
					 "GEMCAST_AREA=store\nCODE_FILE=tests/test_log.c\nCODE_LINE="),
			 journal);
	assert_non_null(strstr(journal, "\nCODE_FUNC=to_journal\nGEMCAST_GROUP=video\n"
					"GEMCAST_PEER=gm\\x01\nMESSAGE=a\\x0ab\n"));
	/* No journal there: the line is not lost. */
	journal_result = -ENOENT;
	log_error(AREA_STORE, "c");
	assert_string_equal(text, "miked: store: error: c\n");
}

/* systemd says which stream is the journal's. */
static void auto_target(void **state)
{
	char name[] = "/tmp/miked-log.XXXXXX", stream[64];
	FILE *memory = stderr;
	struct stat st;
	int fd;

	(void)state;
	fd = mkstemp(name);
	assert_true(fd >= 0);
	unlink(name);
	assert_int_equal(fstat(fd, &st), 0);
	stderr = fdopen(fd, "w");
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	log_to(TARGET_AUTO);
	log_error(AREA_NET, "there");
	assert_non_null(strstr(journal, "MESSAGE=there\n"));
	fclose(stderr);
	stderr = memory;

	journal[0] = '\0';
	log_to(TARGET_AUTO);
	log_error(AREA_NET, "here");
	unsetenv("JOURNAL_STREAM");
	log_to(TARGET_AUTO);
	log_error(AREA_NET, "here");
	assert_string_equal(journal, "");
	assert_string_equal(text, "miked: net: error: here\nmiked: net: error: here\n");
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(log_area_names[AREA_CONF], "conf");
	assert_null(log_area_names[AREAS]);
	assert_string_equal(log_level_names[LEVEL_DEBUG - LEVEL_ERROR], "debug");
	assert_null(log_level_names[LEVEL_DEBUG - LEVEL_ERROR + 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(levels, setup, teardown),
		cmocka_unit_test_setup_teardown(about, setup, teardown),
		cmocka_unit_test_setup_teardown(escapes, setup, teardown),
		cmocka_unit_test_setup_teardown(to_journal, setup, teardown),
		cmocka_unit_test_setup_teardown(auto_target, setup, teardown),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
