// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading keys: what is taken, and every way in which one can be bad. */
#include "test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fake.h"
#include "run.h"

#define HEX128	"000102030405060708090a0b0c0d0e0f" "a0a1a2a3"
#define HEX256	"000102030405060708090A0B0C0D0E0F" \
		"101112131415161718191a1b1c1d1e1f" "a0a1a2a3"
#define SA	"sa add group 7 spi 4097 dst 239.1.1.1 dir in aead " \
		"rfc4106(gcm(aes)) key "

static char path[32];

static int setup(void **state)
{
	int fd;

	(void)state;
	fake_reset();
	fake_serve();
	snprintf(path, sizeof(path), "/tmp/gemcast-key-XXXXXX");
	fd = mkstemp(path);
	if (fd >= 0)
		close(fd);
	return fd < 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	run_end();
	fake_reset();
	return 0;
}

static void write_key(const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* The key that was sent, its length given, is the bytes of the text. */
static void sent_key(size_t len)
{
	static const uint8_t salt[] = { 0xa0, 0xa1, 0xa2, 0xa3 };
	const struct nlattr *nest, *attr, *key = NULL;
	const uint8_t *byte;
	size_t i;

	nest = mnl_nlmsg_get_payload_offset(fake_sent(),
					    sizeof(struct genlmsghdr));
	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == GEMCAST_A_SA_KEY)
			key = attr;
	assert_non_null(key);
	assert_int_equal(mnl_attr_get_payload_len(key), len + sizeof(salt));
	byte = mnl_attr_get_payload(key);
	for (i = 0; i < len; i++)
		assert_int_equal(byte[i], i);
	assert_memory_equal(byte + len, salt, sizeof(salt));
}

static int add_file(const char *options)
{
	char words[256];

	snprintf(words, sizeof(words), "%s " SA "file %s", options, path);
	return run(words);
}

static void taken(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} good[] = {
		{ HEX128 "\n", 16 }, { HEX256 "\n", 32 }, { HEX128, 16 },
		{ "0x" HEX128 "\n", 16 }, { "0X" HEX256, 32 },
		{ HEX128 "\r\n", 16 },
	};
	struct rlimit limit;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		write_key(good[i].text);
		assert_int_equal(add_file(""), 0);
		assert_string_equal(run_err, "");
		assert_string_equal(run_out, "");
		sent_key(good[i].len);
	}
	assert_true(fake_undumpable());
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(limit.rlim_max, 0);
}

static void bad(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} keys[] = {
		{ "", "empty" },
		{ "\n", "empty" },
		{ "0x\n", "empty" },
		{ "0", "an odd number of hexadecimal digits (1)" },
		{ HEX128 "1", "an odd number of hexadecimal digits (41)" },
		{ "00112233445566778899aabbccddeeff\n",
		  "16 bytes; expected 20 (128 bit key, then salt) or 36 (256 bit key, then salt)" },
		{ "0x00\n",
		  "1 bytes; expected 20 (128 bit key, then salt) or 36 (256 bit key, then salt)" },
		/* a 192 bit key and its salt */
		{ "00112233445566778899aabbccddeeff0011223344556677a0a1a2a3",
		  "28 bytes; expected 20 (128 bit key, then salt) or 36 (256 bit key, then salt)" },
		{ HEX256 "00", "37 bytes; expected 20 (128 bit key, then salt) or 36 (256 bit key, then salt)" },
		{ HEX256 "0000000", "longer than any key" },
		{ "g" HEX128, "column 1 is not a hexadecimal digit" },
		{ "00010203 4050607\n", "column 9 is not a hexadecimal digit" },
		{ "0x0x" HEX128, "column 4 is not a hexadecimal digit" },
		{ HEX128 "\n" HEX128 "\n", "more than one line" },
		{ HEX128 "\n\n", "more than one line" },
	};
	char expected[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		write_key(keys[i].text);
		assert_int_equal(add_file(""), 1);
		snprintf(expected, sizeof(expected),
			 "gemcast: key file %s: %s\n", path, keys[i].error);
		assert_string_equal(run_err, expected);
	}
	assert_int_equal(fake_sent_count(), 0);
}

static void not_there(void **state)
{
	char expected[256];

	(void)state;
	unlink(path);
	assert_int_equal(add_file(""), 1);
	snprintf(expected, sizeof(expected),
		 "gemcast: key file %s: No such file or directory\n", path);
	assert_string_equal(run_err, expected);
	assert_int_equal(run(SA "file /"), 1);
	assert_non_null(strstr(run_err, "gemcast: key file /: "));
	assert_int_equal(run("-f " SA "file /"), 1);
	assert_string_equal(run_err, "gemcast: key file /: Is a directory\n");
	assert_int_equal(fake_sent_count(), 0);
}

static void others_may_read(void **state)
{
	static const mode_t modes[] = { 0640, 0604, 0644, 0440 };
	char expected[256];
	size_t i;

	(void)state;
	write_key(HEX128);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		assert_int_equal(chmod(path, modes[i]), 0);
		assert_int_equal(add_file(""), 1);
		snprintf(expected, sizeof(expected),
			 "gemcast: key file %s: others may read it (mode %04o): chmod 600 it, or use -f\n",
			 path, modes[i]);
		assert_string_equal(run_err, expected);
	}
	assert_int_equal(fake_sent_count(), 0);
	assert_int_equal(add_file("-f"), 0);
	sent_key(16);
	assert_int_equal(chmod(path, 0400), 0);
	assert_int_equal(add_file(""), 0);
	/* -f overrides that, and nothing else. */
	assert_int_equal(chmod(path, 0600), 0);
	write_key("00");
	assert_int_equal(add_file("-f"), 1);
}

static void from_descriptors(void **state)
{
	char words[256];
	int fd;

	(void)state;
	assert_int_equal(run_input(SA "-", HEX128 "\n"), 0);
	sent_key(16);
	assert_int_equal(run_input(SA "fd 0", HEX256), 0);
	sent_key(32);
	assert_int_equal(run_input(SA "-", "zz"), 1);
	assert_string_equal(run_err,
			    "gemcast: key fd 0: column 1 is not a hexadecimal digit\n");
	/* Two keys, one after the other, from the same descriptor. */
	write_key(HEX128 "\n" HEX256 "\n");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	snprintf(words, sizeof(words), SA "fd %d", fd);
	assert_int_equal(run(words), 0);
	sent_key(16);
	assert_int_equal(run(words), 0);
	sent_key(32);
	assert_int_equal(run(words), 1);
	assert_non_null(strstr(run_err, ": empty\n"));
	close(fd);
	assert_int_equal(run(words), 1);
	assert_non_null(strstr(run_err, ": Bad file descriptor\n"));
}

/* A command that is wrong elsewhere has not read the key. */
static void read_last(void **state)
{
	(void)state;
	unlink(path);
	assert_int_equal(run(SA "file /nonexistent replay bad"), 1);
	assert_non_null(strstr(run_err, "replay \"bad\" is not known"));
}

/* No digit of a key is ever printed. */
static void never_printed(void **state)
{
	(void)state;
	write_key("deadbeefdeadbeef" "q" HEX128);
	assert_int_equal(add_file(""), 1);
	assert_null(strstr(run_err, "dead"));
	write_key(HEX128 "\n");
	assert_int_equal(add_file("-j -s"), 0);
	assert_null(strstr(run_err, "0102"));
	assert_string_equal(run_out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(taken, setup, teardown),
		cmocka_unit_test_setup_teardown(bad, setup, teardown),
		cmocka_unit_test_setup_teardown(not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(others_may_read, setup, teardown),
		cmocka_unit_test_setup_teardown(from_descriptors, setup,
						teardown),
		cmocka_unit_test_setup_teardown(read_last, setup, teardown),
		cmocka_unit_test_setup_teardown(never_printed, setup, teardown),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
